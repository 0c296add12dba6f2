//! The filling object.

use crate::error::Result;
use crate::model::Model;
use mynah_nn::filling::{FillOptions, Filler as Inner};
use mynah_nn::sampling::UnknownSymbols;
use wasm_bindgen::prelude::wasm_bindgen;

/// Fills in the blanks of a text, in chunks.
#[wasm_bindgen]
pub struct Filler(Inner);

#[wasm_bindgen]
impl Filler {
    /// Prepares a filling; what is undefined has its default. One by one, because they are few and JSON would cost a
    /// parser of their own.
    #[wasm_bindgen(constructor)]
    pub fn new(
        model: &Model,
        text: String,
        blank: Option<String>,
        temperature: Option<f64>,
        sweeps: Option<usize>,
        seed: Option<f64>,
        refuses_unknown: bool,
        condition: Vec<f32>,
    ) -> Result<Self> {
        let options = FillOptions {
            text,
            blank,
            temperature,
            sweeps,
            seed: seed.map(|seed| seed as u64),
            condition,
            unknown: if refuses_unknown {
                UnknownSymbols::Error
            } else {
                UnknownSymbols::Bytes
            },
        };
        Ok(Self(Inner::new(&model.0, &options)?))
    }

    /// Reads about `symbols` more; true when all is filled.
    pub fn advance(&mut self, model: &Model, symbols: usize) -> Result<bool> {
        Ok(self.0.advance(&model.0, symbols)?)
    }

    /// The text with its blanks filled.
    pub fn text(&self, model: &Model) -> String {
        self.0.text(&model.0)
    }
}
