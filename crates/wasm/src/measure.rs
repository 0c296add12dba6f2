//! What can be said of a model or a run without training.

use crate::error::Result;
use crate::model::Model;
use mynah_nn::config::{ModelOptions, parse_options};
use mynah_nn::probe::{self, GradientFlowOptions};
use mynah_nn::training::{self, TrainingOptions};
use wasm_bindgen::prelude::wasm_bindgen;

/// How the gradient flows back through time over `text`, as JSON; `options` as JSON.
#[wasm_bindgen(js_name = gradientFlow)]
pub fn gradient_flow(model: &Model, text: &str, options: &str) -> Result<String> {
    let options: GradientFlowOptions = parse_options(options)?;
    let flow = probe::gradient_flow(&model.0, text, &options)?;
    Ok(serde_json::to_string(&flow).expect("a measurement is JSON"))
}

/// The most bytes that a model and its training over a text of `symbols` symbols will hold; options as JSON.
#[wasm_bindgen(js_name = memoryEstimate)]
pub fn memory_estimate(
    model: &str,
    training: &str,
    vocabulary_size: usize,
    symbols: usize,
) -> Result<f64> {
    let model: ModelOptions = parse_options(model)?;
    let training: TrainingOptions = parse_options(training)?;
    Ok(training::memory_estimate(
        &model,
        &training,
        vocabulary_size,
        symbols,
    )?)
}
