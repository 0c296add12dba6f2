//! What goes on inside a model.

use crate::error::Result;
use crate::model::Model;
use mynah_nn::activations::{Activations as Inner, LayerActivations};
use mynah_nn::input_gradient::{InputGradient as Found, LossOf, input_gradient as find};
use wasm_bindgen::prelude::wasm_bindgen;

/// Reads a text and keeps what goes on inside recurrent layers, in chunks.
#[wasm_bindgen]
pub struct Activations(Inner);

#[wasm_bindgen]
impl Activations {
    /// Prepares a pass over a text, or over one document of a model of documents.
    #[wasm_bindgen(constructor)]
    pub fn new(model: &Model, text: &str, condition: Vec<f32>) -> Result<Self> {
        Ok(Self(Inner::new(&model.0, text, &condition)?))
    }

    /// Reads about `symbols` more; true when all is read.
    pub fn advance(&mut self, model: &Model, symbols: usize) -> bool {
        self.0.advance(&model.0, symbols)
    }

    /// Recurrent layers, once all is read.
    #[wasm_bindgen(getter)]
    pub fn layers(&self) -> usize {
        self.0.layers().len()
    }

    /// Units of a layer.
    #[wasm_bindgen(js_name = hiddenSize)]
    pub fn hidden_size(&self, layer: usize) -> usize {
        self.layer(layer).hidden_size
    }

    /// The names of a layer's gates, with spaces between.
    #[wasm_bindgen(js_name = gateNames)]
    pub fn gate_names(&self, layer: usize) -> String {
        self.layer(layer).gate_names.join(" ")
    }

    /// [T, H], which is empty from then on.
    #[wasm_bindgen(js_name = takeHidden)]
    pub fn take_hidden(&mut self, layer: usize) -> Vec<f32> {
        std::mem::take(&mut self.0.layers_mut()[layer].hidden)
    }

    /// [T, H], or empty.
    #[wasm_bindgen(js_name = takeCell)]
    pub fn take_cell(&mut self, layer: usize) -> Vec<f32> {
        std::mem::take(&mut self.0.layers_mut()[layer].cell)
    }

    /// [T, G H]
    #[wasm_bindgen(js_name = takeGates)]
    pub fn take_gates(&mut self, layer: usize) -> Vec<f32> {
        std::mem::take(&mut self.0.layers_mut()[layer].gates)
    }
}

impl Activations {
    fn layer(&self, layer: usize) -> &LayerActivations {
        &self.0.layers()[layer]
    }
}

/// How much each symbol of a text matters.
#[wasm_bindgen]
pub struct InputGradient(Found);

#[wasm_bindgen]
impl InputGradient {
    /// \[T\]
    #[wasm_bindgen(getter)]
    pub fn norms(&self) -> Vec<f32> {
        self.0.norms.clone()
    }

    /// Nats.
    #[wasm_bindgen(getter)]
    pub fn loss(&self) -> f64 {
        self.0.loss
    }
}

/// The gradient of the loss of a text, or of one document, with respect to each of its symbols; `all`: of the mean loss, instead of that
/// of the last symbol.
#[wasm_bindgen(js_name = inputGradient)]
pub fn input_gradient(
    model: &Model,
    text: &str,
    condition: Vec<f32>,
    all: bool,
) -> Result<InputGradient> {
    let of = if all { LossOf::All } else { LossOf::Last };
    Ok(InputGradient(find(&model.0, text, &condition, of)?))
}
