//! The sampler object.

use crate::error::Result;
use crate::model::Model;
use mynah_nn::config::parse_options;
use mynah_nn::sampling::{BeamSearch, SampleOptions, Sampler as Draws};
use wasm_bindgen::prelude::wasm_bindgen;

enum Inner {
    Draws(Draws),
    Search(BeamSearch),
}

/// Writes one text, or several side by side, after a prompt, in chunks: drawn by lot, or the likeliest ones.
#[wasm_bindgen]
pub struct Sampler(Inner);

#[wasm_bindgen]
impl Sampler {
    /// Prepares a sample; `options` as JSON.
    #[wasm_bindgen(constructor)]
    pub fn new(model: &Model, options: &str) -> Result<Self> {
        let options: SampleOptions = parse_options(options)?;
        Ok(Self(if options.is_search() {
            Inner::Search(BeamSearch::new(&model.0, &options)?)
        } else {
            Inner::Draws(Draws::new(&model.0, &options)?)
        }))
    }

    /// Up to `steps` more symbols of a single text.
    pub fn next(&mut self, model: &Model, steps: usize) -> Result<String> {
        Ok(match &mut self.0 {
            Inner::Draws(inner) => inner.next(&model.0, steps),
            Inner::Search(inner) => inner.next(&model.0, steps),
        }?)
    }

    /// Goes on for up to `steps` symbols of each text under way, of several.
    pub fn advance(&mut self, model: &Model, steps: usize) -> Result<()> {
        Ok(match &mut self.0 {
            Inner::Draws(inner) => inner.advance(&model.0, steps),
            Inner::Search(inner) => inner.advance(&model.0, steps),
        }?)
    }

    /// The next whole text in order, of several; undefined while it is not done.
    pub fn take(&mut self) -> Option<String> {
        match &mut self.0 {
            Inner::Draws(inner) => inner.take(),
            Inner::Search(inner) => inner.take(),
        }
    }

    /// Whether all is written.
    #[wasm_bindgen(getter)]
    pub fn finished(&self) -> bool {
        match &self.0 {
            Inner::Draws(inner) => inner.is_finished(),
            Inner::Search(inner) => inner.is_finished(),
        }
    }
}
