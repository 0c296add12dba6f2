//! What can be said of a model or a run without training.

use crate::error::Result;
use crate::model::Model;
use crate::text::Text;
use mynah_nn::config::{ModelOptions, parse_options};
use mynah_nn::json::to_json;
use mynah_nn::params::Layout;
use mynah_nn::probe::{self, GradientFlowOptions};
use mynah_nn::training::{self, ListSize, SourceSize, TrainingOptions};
use wasm_bindgen::prelude::wasm_bindgen;

/// How the gradient flows back through time over `text`, as JSON; `options` as JSON.
#[wasm_bindgen(js_name = gradientFlow)]
pub fn gradient_flow(model: &Model, text: &Text, options: &str) -> Result<String> {
    let options: GradientFlowOptions = parse_options(options)?;
    let flow = probe::gradient_flow(&model.0, text.0.text()?, &options)?;
    Ok(to_json(&flow))
}

/// Numbers that the training of a model adjusts; options as JSON.
#[wasm_bindgen(js_name = parameterCount)]
pub fn parameter_count(model: &str, vocabulary_size: usize) -> Result<usize> {
    let config = parse_options::<ModelOptions>(model)?.resolve(vocabulary_size)?;
    Ok(Layout::new(&config, vocabulary_size)?.parameter_count())
}

/// The most bytes that a model and its training will hold; options as JSON. `symbols` are those of a text, or of
/// `documents` documents that are not empty, each with its end, the longest of `longest` symbols; 0 and 0 for a text.
#[wasm_bindgen(js_name = memoryEstimate)]
pub fn memory_estimate(
    model: &str,
    training: &str,
    vocabulary_size: usize,
    symbols: usize,
    documents: usize,
    longest: usize,
) -> Result<f64> {
    let model: ModelOptions = parse_options(model)?;
    let training: TrainingOptions = parse_options(training)?;
    let list = ListSize {
        count: documents,
        longest,
    };
    let size = SourceSize {
        symbols,
        documents: (documents > 0).then_some(list),
    };
    Ok(training::memory_estimate(
        &model,
        &training,
        vocabulary_size,
        size,
    )?)
}
