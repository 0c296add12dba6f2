//! The documents object.

use crate::error::Result;
use mynah_nn::data::list::DocumentList;
use wasm_bindgen::prelude::wasm_bindgen;

/// A list of documents to create a model from, to train on or to evaluate with.
#[wasm_bindgen]
pub struct Documents(pub(crate) DocumentList);

#[wasm_bindgen]
impl Documents {
    /// `documents` is a JSON array of strings; `conditions` one vector after the other, or empty.
    #[wasm_bindgen(constructor)]
    pub fn new(documents: &str, conditions: Vec<f32>) -> Result<Self> {
        Ok(Self(DocumentList::from_json(documents, conditions)?))
    }

    /// Documents that are not empty.
    #[wasm_bindgen(getter)]
    pub fn count(&self) -> usize {
        self.0.len()
    }
}
