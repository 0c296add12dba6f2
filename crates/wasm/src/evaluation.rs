//! The evaluation object.

use crate::documents::Documents;
use crate::error::Result;
use crate::model::Model;
use mynah_nn::evaluation::Evaluation as Inner;
use mynah_nn::linear::Quantization;
use wasm_bindgen::prelude::wasm_bindgen;

/// A pass over a text, in chunks.
#[wasm_bindgen]
pub struct Evaluation(pub(crate) Inner);

#[wasm_bindgen]
impl Evaluation {
    /// Prepares a pass in `streams` parts; 1 is the exact one. `int8`: with weights in 8 bits.
    #[wasm_bindgen(constructor)]
    pub fn new(model: &Model, text: &str, streams: usize, int8: bool) -> Result<Self> {
        let quantize = quantization(int8);
        Ok(Self(Inner::quantized(&model.0, text, streams, quantize)?))
    }

    /// Prepares a pass over documents.
    #[wasm_bindgen(js_name = ofDocuments)]
    pub fn of_documents(model: &Model, documents: &Documents, int8: bool) -> Result<Self> {
        let quantize = quantization(int8);
        let inner = Inner::quantized(&model.0, &documents.0, 1, quantize)?;
        Ok(Self(inner))
    }

    /// Evaluates about `tokens` more; true when done.
    pub fn advance(&mut self, model: &Model, tokens: usize) -> bool {
        self.0.advance(&model.0, tokens)
    }

    /// The result as JSON.
    pub fn result(&self) -> Result<String> {
        Ok(serde_json::to_string(&self.0.result()?).expect("a result is JSON"))
    }
}

fn quantization(int8: bool) -> Quantization {
    if int8 {
        Quantization::Int8
    } else {
        Quantization::None
    }
}
