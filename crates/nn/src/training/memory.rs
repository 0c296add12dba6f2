//! How much memory a run will take, before it takes any.

use super::options::{Recipe, TrainingOptions};
use crate::Result;
use crate::config::{ModelConfig, ModelOptions};
use crate::data::Window;
use crate::data::tokens::Tokens;
use crate::error::measure;
use crate::evaluation;
use crate::linear::Purpose;
use crate::network::{Network, Regularisation};
use crate::optimizer::Optimizer;
use crate::params::Layout;

/// How large a source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceSize {
    /// Symbols of a text; of documents those of all, each with its end.
    pub symbols: usize,
    /// Where it is a list of documents.
    pub documents: Option<ListSize>,
}

/// How large the documents of a list are, besides the symbols of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListSize {
    /// Documents that are not empty.
    pub count: usize,
    /// Symbols of the longest, with its end.
    pub longest: usize,
}

/// Sequences side by side, and steps.
type WindowSize = (usize, usize);

/// The most bytes that a model and its training will hold at once, its validation included, in all workers together:
/// within 10 % of what is allocated (test `an_estimate_is_within_ten_percent`). The program itself, some 2 MB, is not
/// counted, nor are the files that are made of the model.
///
/// # Errors
/// Those of [`ModelOptions::resolve`] and of the options of training;
/// [`Error::OutOfMemory`](crate::Error::OutOfMemory) where the parameters alone are beyond the address space.
pub fn memory_estimate(
    model: &ModelOptions,
    training: &TrainingOptions,
    vocab_size: usize,
    size: SourceSize,
) -> Result<f64> {
    let config = model.resolve(vocab_size)?;
    let recipe = training.resolve_for(&config)?;
    let layout = Layout::new(&config, vocab_size)?;
    let network = |(batch, steps), purpose, regularisation| {
        measure(|| {
            Window::new(batch, steps, condition_size(&config))?;
            Network::<f32>::new(
                &config,
                &layout,
                vocab_size,
                batch,
                steps,
                purpose,
                regularisation,
            )
        })
    };
    let held_out = held_out(&recipe, size);
    let (batch, steps) = training_window(&recipe, size, held_out);
    let workers = recipe.workers.min(batch);
    let rows = batch.div_ceil(workers);
    let training = network((rows, steps), Purpose::Train, recipe.regularisation)?;
    let validation = match validation_window(&config, size, held_out) {
        Some(window) => network(window, Purpose::Infer, Regularisation::default())?,
        None => 0.0,
    };
    let update = measure(|| Optimizer::<f32>::workspace(&recipe.optimizer, &layout))?;
    let arena = layout.len as f64 * size_of::<f32>() as f64;
    // Only the first one validates.
    let others = (training + update).max(hole_bytes(size));
    let read = read_bytes(&config, vocab_size, size, held_out);
    let worker = read + source_bytes(&config, size) + others;
    // The source is given back before the first validation, which takes its place.
    let validation_beyond_source = (validation - source_bytes(&config, size)).max(0.0);
    let all_arenas = workers * arenas(&recipe, held_out) + arenas_of_crew(workers);
    Ok(workers as f64 * worker + validation_beyond_source + all_arenas as f64 * arena)
}

/// Symbols of a text, or documents of a list, that are validated on.
fn held_out(recipe: &Recipe, size: SourceSize) -> usize {
    let all = size.documents.map_or(size.symbols, |list| list.count);
    (all as f64 * recipe.validation) as usize
}

fn training_window(recipe: &Recipe, size: SourceSize, held_out: usize) -> WindowSize {
    let (batch, steps) = match size.documents {
        None => {
            let train = (size.symbols - held_out).saturating_sub(1);
            (train / recipe.seq_length, recipe.seq_length)
        }
        Some(list) => (list.count - held_out, recipe.seq_length.min(list.longest)),
    };
    (recipe.batch_size.min(batch).max(1), steps.max(1))
}

fn validation_window(
    config: &ModelConfig,
    size: SourceSize,
    held_out: usize,
) -> Option<WindowSize> {
    (held_out > 0).then(|| match size.documents {
        None => evaluation::window_of_text(config, held_out),
        Some(_) => evaluation::window_of_documents(held_out),
    })
}

/// Values of a condition.
fn condition_size(config: &ModelConfig) -> usize {
    config.condition().map_or(0, |condition| condition.size)
}

/// What is kept of a source: tokens, those of a text to train on in as few bytes as they need; of documents also where
/// each begins, its batch, its place there, and its condition.
fn read_bytes(config: &ModelConfig, vocab_size: usize, size: SourceSize, held_out: usize) -> f64 {
    let token = size_of::<u32>();
    let Some(list) = size.documents else {
        let train = (size.symbols - held_out) as f64 * Tokens::width(vocab_size) as f64;
        return train + held_out as f64 * token as f64;
    };
    let document =
        2 * (size_of::<usize>() + size_of::<u32>()) + condition_size(config) * size_of::<f32>();
    size.symbols as f64 * token as f64 + list.count as f64 * document as f64
}

/// The source itself while it is read: UTF-8, between 1 and 4 bytes a symbol. Of documents also the strings' heads
/// and the conditions.
fn source_bytes(config: &ModelConfig, size: SourceSize) -> f64 {
    let document = size_of::<String>() + condition_size(config) * size_of::<f32>();
    let count = size.documents.map_or(0, |list| list.count);
    size.symbols as f64 + count as f64 * document as f64
}

/// The longest document once more, which comes as JSON: where it was is a hole too small for its tokens, which the
/// network and the optimizer fill.
fn hole_bytes(size: SourceSize) -> f64 {
    size.documents.map_or(0.0, |list| list.longest as f64)
}

/// Those that workers need because there are others: for the gradient that comes in, and, but for the first of them,
/// for the sum of those before.
fn arenas_of_crew(workers: usize) -> usize {
    if workers > 1 { 2 * workers - 1 } else { 0 }
}

/// Arenas of the parameters' size.
fn arenas(recipe: &Recipe, held_out: usize) -> usize {
    // Weights, gradients, and the weights to go back to.
    let always = 3;
    let average = if recipe.average_decay > 0.0 { 2 } else { 0 };
    let best = usize::from(recipe.keep_best && held_out > 0);
    always + recipe.optimizer.arenas() + average + best
}
