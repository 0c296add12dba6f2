//! The text object.

use crate::error::Result;
use js_sys::Uint8Array;
use mynah_nn::data::pieces::Pieces;
use wasm_bindgen::prelude::wasm_bindgen;

/// A text to create a model from, to train on or to evaluate with.
#[wasm_bindgen]
pub struct Text(pub(crate) Pieces);

#[wasm_bindgen]
impl Text {
    /// An empty one with room for so many bytes of UTF-8.
    #[wasm_bindgen(constructor)]
    pub fn new(bytes: usize) -> Result<Self> {
        Ok(Self(Pieces::new(bytes)?))
    }

    /// The text of a string; half of a surrogate pair becomes U+FFFD.
    pub fn of(text: String) -> Self {
        Self(text.into())
    }

    /// Appends a piece of UTF-8.
    pub fn push(&mut self, piece: &Uint8Array) -> Result<()> {
        let len = piece.length() as usize;
        Ok(self.0.push_with(len, |place| piece.copy_to(place))?)
    }
}
