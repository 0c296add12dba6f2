//! The sampler object.

use crate::error::Result;
use crate::model::Model;
use mynah_nn::config::parse_options;
use mynah_nn::sampling::{SampleOptions, Sampler as Inner};
use wasm_bindgen::prelude::wasm_bindgen;

/// Writes text after a prompt, in chunks.
#[wasm_bindgen]
pub struct Sampler(Inner);

#[wasm_bindgen]
impl Sampler {
    /// Prepares a sample; `options` as JSON.
    #[wasm_bindgen(constructor)]
    pub fn new(model: &Model, options: &str) -> Result<Self> {
        let options: SampleOptions = parse_options(options)?;
        Ok(Self(Inner::new(&model.0, &options)?))
    }

    /// Up to `count` more symbols.
    pub fn next(&mut self, model: &Model, count: usize) -> Result<String> {
        Ok(self.0.next(&model.0, count)?)
    }

    /// Symbols written so far.
    #[wasm_bindgen(getter)]
    pub fn written(&self) -> usize {
        self.0.written()
    }

    /// Whether the length asked for has been written.
    #[wasm_bindgen(getter)]
    pub fn finished(&self) -> bool {
        self.0.is_finished()
    }
}
