//! A text that comes in pieces, so that nobody else has to hold it as a whole.

use crate::error::reserve;
use crate::{Error, GrowsWith, Result};

/// A text in UTF-8, put together from its pieces.
#[derive(Clone, Debug, Default)]
pub struct Pieces {
    bytes: Vec<u8>,
}

impl Pieces {
    /// Room for a text of so many bytes.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn new(bytes: usize) -> Result<Self> {
        let bytes =
            reserve(&[bytes], "the text").map_err(|error| error.growing_with(GrowsWith::Text))?;
        Ok(Self { bytes })
    }

    /// Appends a piece of so many bytes, which `write` fills in. It may end within a symbol.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`], of a text that turns out longer than was said.
    pub fn push_with(&mut self, len: usize, write: impl FnOnce(&mut [u8])) -> Result<()> {
        let start = self.bytes.len();
        let out_of_memory = |_| Error::OutOfMemory {
            what: "the text",
            bytes: (start + len) as f64,
            grows_with: GrowsWith::Text,
        };
        self.bytes.try_reserve_exact(len).map_err(out_of_memory)?;
        self.bytes.resize(start + len, 0);
        write(&mut self.bytes[start..]);
        Ok(())
    }

    /// The whole text.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] if it is no UTF-8.
    pub fn text(&self) -> Result<&str> {
        str::from_utf8(&self.bytes).map_err(|error| {
            let got = format!(
                "bytes of which number {} fits no symbol",
                error.valid_up_to()
            );
            Error::invalid("text", got, "UTF-8")
        })
    }
}

impl From<String> for Pieces {
    fn from(text: String) -> Self {
        Self {
            bytes: text.into_bytes(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn joined(pieces: &[&[u8]]) -> Pieces {
        // Too little room: what was said about the length is only a hint.
        let mut text = Pieces::new(1).unwrap();
        for piece in pieces {
            text.push_with(piece.len(), |place| place.copy_from_slice(piece))
                .unwrap();
        }
        text
    }

    #[test]
    fn pieces_may_end_within_a_symbol() {
        let bytes = "a狼🙂".as_bytes();
        for at in 0..=bytes.len() {
            let (first, second) = bytes.split_at(at);
            assert_eq!(joined(&[first, &[], second]).text().unwrap(), "a狼🙂");
        }
        assert_eq!(Pieces::from(String::from("狼")).text().unwrap(), "狼");
        assert_eq!(joined(&[]).text().unwrap(), "");
    }

    #[test]
    fn what_is_no_text_is_refused_with_its_place() {
        let error = joined(&[b"ab", &[0xff]]).text().unwrap_err();
        assert_eq!(error.code(), "invalid-option");
        assert!(error.to_string().contains("number 2"), "{error}");
    }
}
