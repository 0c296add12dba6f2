//! The sampler object.

use crate::error::Result;
use crate::model::Model;
use mynah_nn::config::parse_options;
use mynah_nn::sampling::{SampleOptions, Sampler as Inner};
use wasm_bindgen::prelude::wasm_bindgen;

/// Writes one text, or several side by side, after a prompt, in chunks.
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

    /// Up to `steps` more symbols of a single text.
    pub fn next(&mut self, model: &Model, steps: usize) -> Result<String> {
        Ok(self.0.next(&model.0, steps)?)
    }

    /// Goes on for up to `steps` symbols of each text under way, of several.
    pub fn advance(&mut self, model: &Model, steps: usize) -> Result<()> {
        Ok(self.0.advance(&model.0, steps)?)
    }

    /// The next whole text in order, of several; undefined while it is not done.
    pub fn take(&mut self) -> Option<String> {
        self.0.take()
    }

    /// Whether all is written.
    #[wasm_bindgen(getter)]
    pub fn finished(&self) -> bool {
        self.0.is_finished()
    }
}
