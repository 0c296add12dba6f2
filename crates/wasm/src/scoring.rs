//! The objects that score and embed a text.

use crate::error::Result;
use crate::evaluation::quantization;
use crate::model::Model;
use mynah_nn::embedding::{Embedder as InnerEmbedder, Pooling};
use mynah_nn::json::to_json;
use mynah_nn::scoring::{ScoreOptions, Scorer as Inner, Scores};
use wasm_bindgen::prelude::wasm_bindgen;

/// Notes what a model thought of every symbol of a text, in chunks.
#[wasm_bindgen]
pub struct Scorer {
    inner: Inner,
    scores: Scores,
}

#[wasm_bindgen]
impl Scorer {
    /// Prepares a pass over a text, or over one document of a model of documents. `int8`: with weights in 8 bits.
    #[wasm_bindgen(constructor)]
    pub fn new(
        model: &Model,
        text: &str,
        alternatives: usize,
        condition: Vec<f32>,
        int8: bool,
    ) -> Result<Self> {
        let options = ScoreOptions {
            alternatives,
            condition,
            quantize: quantization(int8),
        };
        Ok(Self {
            inner: Inner::new(&model.0, text, &options)?,
            scores: Scores::default(),
        })
    }

    /// Scores about `symbols` more; true when all are.
    pub fn advance(&mut self, model: &Model, symbols: usize) -> bool {
        self.inner.advance(&model.0, symbols)
    }

    /// Alternatives of every symbol.
    #[wasm_bindgen(getter)]
    pub fn alternatives(&self) -> usize {
        self.inner.alternatives()
    }

    /// Makes what was scored since the last time ready to be taken.
    pub fn collect(&mut self) {
        self.scores = self.inner.take();
    }

    /// ln p of each.
    #[wasm_bindgen(js_name = takeLogProbabilities)]
    pub fn take_log_probabilities(&mut self) -> Vec<f32> {
        std::mem::take(&mut self.scores.log_probabilities)
    }

    /// The rank of each, from 1.
    #[wasm_bindgen(js_name = takeRanks)]
    pub fn take_ranks(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.scores.ranks)
    }

    /// The entropy before each, nats.
    #[wasm_bindgen(js_name = takeEntropies)]
    pub fn take_entropies(&mut self) -> Vec<f32> {
        std::mem::take(&mut self.scores.entropies)
    }

    /// The tokens of the alternatives.
    #[wasm_bindgen(js_name = takeAlternatives)]
    pub fn take_alternatives(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.scores.alternatives)
    }

    /// The probabilities of the alternatives.
    #[wasm_bindgen(js_name = takeAlternativeProbabilities)]
    pub fn take_alternative_probabilities(&mut self) -> Vec<f32> {
        std::mem::take(&mut self.scores.alternative_probabilities)
    }

    /// What all comes to, as JSON.
    pub fn result(&self) -> Result<String> {
        Ok(to_json(&self.inner.result()?))
    }
}

/// Reads a text for its vector, in chunks.
#[wasm_bindgen]
pub struct Embedder(InnerEmbedder);

#[wasm_bindgen]
impl Embedder {
    /// Prepares a pass over a text, or over one document of a model of documents. `last`: of the state after the last symbol
    /// alone.
    #[wasm_bindgen(constructor)]
    pub fn new(model: &Model, text: &str, condition: Vec<f32>, last: bool) -> Result<Self> {
        let pooling = if last { Pooling::Last } else { Pooling::Mean };
        Ok(Self(InnerEmbedder::new(
            &model.0, text, &condition, pooling,
        )?))
    }

    /// Reads about `symbols` more; true when all is read.
    pub fn advance(&mut self, model: &Model, symbols: usize) -> bool {
        self.0.advance(&model.0, symbols)
    }

    /// The vector.
    pub fn embedding(&self) -> Result<Vec<f32>> {
        Ok(self.0.embedding()?)
    }
}
