//! JSON (RFC 8259), as options, reports and the headers of files have it.
//!
//! Without a library, for the size of what a page loads: serde_json, with what serde derives for the same structures, takes
//! ten times as much WebAssembly. Here a structure is a list of names and one of places (see [`Record`]), and one loop reads all of them.

mod read;
mod record;
mod write;

pub(crate) use read::named;
pub use read::{Fault, FromJson, Reader};
pub use record::{Record, Slot};
pub(crate) use record::{names, read_record, record, report};
pub(crate) use write::{SortedObject, given};
pub use write::{ToJson, entries, write_object};

/// A value of any kind that can be read as a whole.
///
/// # Errors
/// [`Fault`] with the reason.
pub fn parse<T: FromJson>(json: &str) -> Result<T, Fault> {
    let mut reader = Reader::new(json);
    let value = T::from_json(&mut reader)?;
    reader.end()?;
    Ok(value)
}

/// A value as text.
pub fn to_json(value: &dyn ToJson) -> String {
    let mut out = String::new();
    value.write_json(&mut out);
    out
}
