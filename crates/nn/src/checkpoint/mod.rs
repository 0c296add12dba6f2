//! Files: safetensors with mynah's metadata. docs/file-format.md.

mod file;
mod model;
mod state;

pub use file::Sink;
pub use model::{FORMAT_VERSION, LoadOptions, load, save, save_to};
