//! How much memory a run will take, before it takes any.

use super::options::{Recipe, TrainingOptions};
use crate::Result;
use crate::config::ModelOptions;
use crate::error::measure;
use crate::evaluation;
use crate::linear::Purpose;
use crate::network::{Network, Regularisation};
use crate::params::Layout;

/// The most bytes that a model and its training over a text of `symbols` symbols will hold at once, its
/// validation included: within 10 % of what is allocated (test `an_estimate_is_within_ten_percent`). The
/// program itself, some 2 MB, is not counted. For documents, `symbols` is those of all, each with its end.
///
/// # Errors
/// Those of [`ModelOptions::resolve`] and of the options of training;
/// [`Error::OutOfMemory`](crate::Error::OutOfMemory) where the parameters alone are beyond the address space.
pub fn memory_estimate(
    model: &ModelOptions,
    training: &TrainingOptions,
    vocab_size: usize,
    symbols: usize,
) -> Result<f64> {
    let recipe = training.resolve()?;
    let config = model.resolve(vocab_size)?;
    let layout = Layout::new(&config, vocab_size)?;
    let arena = layout.len as f64 * size_of::<f32>() as f64;
    let held_out = (symbols as f64 * recipe.validation) as usize;
    // Tokens, and the text in UTF-8 while they are made of it: between 1 and 4 bytes a symbol.
    let text = symbols as f64 * (size_of::<u32>() + 1) as f64;
    let batch = recipe
        .batch_size
        .min((symbols - held_out).saturating_sub(1) / recipe.seq_length)
        .max(1);
    let network = |batch, steps, purpose, regularisation| {
        let size = vocab_size;
        measure(|| {
            Network::<f32>::new(
                &config,
                &layout,
                size,
                batch,
                steps,
                purpose,
                regularisation,
            )
        })
    };
    let training = network(
        batch,
        recipe.seq_length,
        Purpose::Train,
        recipe.regularisation,
    )?;
    let (streams, steps) = evaluation::window_of(held_out);
    let validation = if held_out > 0 {
        network(streams, steps, Purpose::Infer, Regularisation::default())?
    } else {
        0.0
    };
    Ok(text + arenas(&recipe, held_out) as f64 * arena + training + validation)
}

/// Arenas of the parameters' size.
fn arenas(recipe: &Recipe, held_out: usize) -> usize {
    // Weights, gradients, and the weights to go back to.
    let always = 3;
    let average = if recipe.average_decay > 0.0 { 2 } else { 0 };
    let best = usize::from(recipe.keep_best && held_out > 0);
    always + recipe.optimizer.arenas() + average + best
}
