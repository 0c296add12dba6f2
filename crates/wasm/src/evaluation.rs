//! The evaluation object.

use crate::documents::Documents;
use crate::error::Result;
use crate::model::Model;
use crate::text::Text;
use mynah_nn::evaluation::{Evaluation as Inner, Reading};
use mynah_nn::json::to_json;
use mynah_nn::linear::Quantization;
use wasm_bindgen::prelude::wasm_bindgen;

/// A pass over a text, in chunks.
#[wasm_bindgen]
pub struct Evaluation(pub(crate) Inner);

#[wasm_bindgen]
impl Evaluation {
    /// Prepares a pass in `streams` parts, of which 1 is the exact one, or in windows of `window` symbols that know nothing of
    /// each other. `int8`: with weights in 8 bits.
    #[wasm_bindgen(constructor)]
    pub fn new(
        model: &Model,
        text: &Text,
        streams: usize,
        window: Option<usize>,
        int8: bool,
    ) -> Result<Self> {
        let reading = window.map_or(Reading::Streams(streams), Reading::Windows);
        let inner = Inner::with(&model.0, text.0.text()?, reading, quantization(int8))?;
        Ok(Self(inner))
    }

    /// Prepares a pass over documents.
    #[wasm_bindgen(js_name = ofDocuments)]
    pub fn of_documents(model: &Model, documents: &Documents, int8: bool) -> Result<Self> {
        let reading = Reading::Streams(1);
        let inner = Inner::with(&model.0, &documents.0, reading, quantization(int8))?;
        Ok(Self(inner))
    }

    /// Evaluates about `tokens` more; true when done.
    pub fn advance(&mut self, model: &Model, tokens: usize) -> bool {
        self.0.advance(&model.0, tokens)
    }

    /// The result as JSON.
    pub fn result(&self) -> Result<String> {
        Ok(to_json(&self.0.result()?))
    }
}

pub(crate) fn quantization(int8: bool) -> Quantization {
    if int8 {
        Quantization::Int8
    } else {
        Quantization::None
    }
}
