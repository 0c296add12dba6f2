//! Files: safetensors with mynah's metadata. docs/file-format.md.

pub(crate) mod file;
mod model;
mod state;

pub use file::Sink;
pub(crate) use model::metadata_of;
pub use model::{FORMAT_VERSION, LoadOptions, load, save, save_to};
