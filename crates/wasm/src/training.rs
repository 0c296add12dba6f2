//! The training object.

use crate::error::Result;
use crate::evaluation::Evaluation;
use crate::model::Model;
use mynah_nn::config::parse_options;
use mynah_nn::training::{Training as Inner, TrainingOptions};
use wasm_bindgen::prelude::wasm_bindgen;

/// A training run over one text.
#[wasm_bindgen]
pub struct Training(Inner);

#[wasm_bindgen]
impl Training {
    /// Prepares a run; `options` as JSON.
    #[wasm_bindgen(constructor)]
    pub fn new(model: &Model, text: &str, options: &str) -> Result<Self> {
        let options: TrainingOptions = parse_options(options)?;
        Ok(Self(Inner::new(&model.0, text, &options)?))
    }

    /// What the run will do, as JSON.
    pub fn plan(&self) -> String {
        serde_json::to_string(&self.0.plan()).expect("a plan is JSON")
    }

    /// One optimiser step; returns its mean loss in nats per token. `seconds_done` is the share of a budget
    /// in seconds that is used.
    pub fn step(&mut self, model: &mut Model, seconds_done: f64) -> Result<f64> {
        Ok(self.0.step(&mut model.0, seconds_done)?)
    }

    /// An evaluation of the held-out end of the text in `streams` parts; undefined if nothing was held out.
    pub fn validation(&self, model: &Model, streams: usize) -> Result<Option<Evaluation>> {
        Ok(self
            .0
            .validation(&model.0, streams)
            .transpose()?
            .map(Evaluation))
    }

    /// Optimiser steps done.
    #[wasm_bindgen(getter, js_name = stepsDone)]
    pub fn steps_done(&self) -> f64 {
        self.0.steps_done() as f64
    }

    /// Passes over the text done, a fraction.
    #[wasm_bindgen(getter)]
    pub fn epoch(&self) -> f64 {
        self.0.epoch()
    }

    /// Learning rate of the last step.
    #[wasm_bindgen(getter, js_name = learningRate)]
    pub fn learning_rate(&self) -> f64 {
        self.0.learning_rate()
    }

    /// Global norm of the last step's gradient, before clipping.
    #[wasm_bindgen(getter, js_name = gradientNorm)]
    pub fn gradient_norm(&self) -> f64 {
        self.0.gradient_norm()
    }

    /// Whether a budget of steps or epochs is used up.
    #[wasm_bindgen(getter)]
    pub fn finished(&self) -> bool {
        self.0.is_finished()
    }
}
