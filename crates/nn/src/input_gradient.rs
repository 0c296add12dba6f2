//! How much each symbol of a text matters for what is foreseen: the gradient of the loss with respect to its vector.

use crate::config::ModelConfig;
use crate::data::check_condition_size;
use crate::error::{allocate, reserve};
use crate::layer::embedding::EMBEDDING;
use crate::layer::output::IGNORE;
use crate::linear::Purpose;
use crate::model::Model;
use crate::network::{Network, OUTPUT_BIAS, OUTPUT_WEIGHT, Regularisation};
use crate::params::Layout;
use crate::{Error, Result};

/// Most symbols: all are one window.
const MOST_SYMBOLS: usize = 2048;
/// A logit with no probability, and far from infinity.
const NEVER: f32 = -1e30;

/// Of which symbols the loss is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LossOf {
    /// The last one.
    #[default]
    Last,
    /// The mean over all that are foreseen.
    All,
}

/// What is found of a text of T symbols.
#[derive(Clone, Debug, PartialEq)]
pub struct InputGradient {
    /// \[T\]: the norm of the gradient of the loss with respect to the vector of each symbol; 0 of the last, which is only foreseen.
    pub norms: Vec<f32>,
    /// The loss, nats.
    pub loss: f64,
}

/// Reads a text, or one document, in one window from its beginning, and goes back through all of it.
///
/// So that each symbol has a gradient of its own, each gets a vector of its own: the vocabulary is made longer by the text, its vectors
/// being those of the text's symbols, and its output weights such that none of them is ever foreseen. So it works for every kind of model.
///
/// # Errors
/// [`Error::ContradictoryOptions`] for a bidirectional model, [`Error::TextTooShort`], [`Error::InvalidOption`] for a text that is too long and for a condition that is not the model's,
/// [`Error::UnknownSymbol`] (only for a vocabulary without an unknown symbol), [`Error::NonFiniteEvaluation`],
/// [`Error::OutOfMemory`].
pub fn input_gradient(
    model: &Model,
    text: &str,
    condition: &[f32],
    of: LossOf,
) -> Result<InputGradient> {
    check_condition_size("condition", condition.len(), model)?;
    if model.config().bidirectional {
        let reason = "a bidirectional model foresees a symbol from both sides: there is no text before it that alone matters";
        return Err(Error::ContradictoryOptions(reason.into()).into());
    }
    let tokens = tokens_of(model, text)?;
    let lead = model.tokenizer().boundary().into_iter().count();
    let (steps, vocab_size) = (tokens.len() - 1, model.tokenizer().vocab_size());
    let config = untied(model.config());
    let layout = Layout::new(&config, vocab_size + steps)?;
    let params = lengthened(model, &layout, &tokens[..steps])?;
    let mut network = Network::<f32>::new(
        &config,
        &layout,
        vocab_size + steps,
        1,
        steps,
        Purpose::Train,
        Regularisation::default(),
    )?;
    if !condition.is_empty() {
        network.set_condition(condition);
    }
    let mut grads: Vec<f32> = allocate(&[layout.len], "the gradients")?;
    let inputs: Vec<u32> = (vocab_size as u32..).take(steps).collect();
    let mut targets = tokens[1..].to_vec();
    if of == LossOf::Last {
        targets[..steps - 1].fill(IGNORE);
    }
    network.load(&params);
    network.forward(&params, &inputs, &targets);
    let loss = network
        .backward(&mut grads, &params, &inputs, &targets)
        .mean();
    let size = model.config().embedding_size;
    let embedding = &grads[layout.range(EMBEDDING)];
    let rows = embedding.chunks_exact(size).skip(vocab_size + lead);
    let norm = |row: &[f32]| {
        let squares = row.iter().map(|&value| f64::from(value).powi(2));
        squares.sum::<f64>().sqrt() as f32
    };
    let mut norms: Vec<f32> = rows.map(norm).collect();
    norms.push(0.0);
    if loss.is_finite() && norms.iter().all(|norm| norm.is_finite()) {
        return Ok(InputGradient { norms, loss });
    }
    Err(Error::NonFiniteEvaluation.into())
}

/// The text, behind the boundary of a document.
fn tokens_of(model: &Model, text: &str) -> Result<Vec<u32>> {
    let what = "the text to read";
    let mut tokens = model.tokenizer().encode(text)?;
    let symbols = tokens.len();
    if symbols < 2 {
        return Err(Error::TextTooShort {
            what,
            got: symbols,
            needed: 2,
            advice: "the last symbol is foreseen from those before it".into(),
        }
        .into());
    }
    if symbols > MOST_SYMBOLS {
        let got = format!("of {symbols} symbols");
        let expected = format!("of at most {MOST_SYMBOLS}: all of it is one window");
        return Err(Error::invalid("text", got, expected));
    }
    tokens.splice(0..0, model.tokenizer().boundary());
    Ok(tokens)
}

/// With output weights of their own, so that what they do is no part of the embedding's gradient.
fn untied(config: &ModelConfig) -> ModelConfig {
    let mut config = config.clone();
    config.head.tied = false;
    config
}

/// The model's parameters, with a symbol of its own for each of `inputs` behind the vocabulary.
fn lengthened(model: &Model, layout: &Layout, inputs: &[u32]) -> Result<Vec<f32>> {
    let mut params: Vec<f32> = reserve(&[layout.len], "the parameters")?;
    params.resize(layout.len, 0.0);
    let own = |name: &str| &model.params()[model.layout().range(name)];
    let size = model.config().embedding_size;
    for spec in &layout.specs {
        let target = &mut params[spec.range.clone()];
        let source = match spec.name.as_str() {
            OUTPUT_WEIGHT if model.config().head.tied => own(EMBEDDING),
            name => own(name),
        };
        let (known, new) = target.split_at_mut(source.len());
        known.copy_from_slice(source);
        if spec.name == EMBEDDING {
            for (row, &token) in new.chunks_exact_mut(size).zip(inputs) {
                row.copy_from_slice(&source[token as usize * size..][..size]);
            }
        } else if spec.name == OUTPUT_BIAS {
            new.fill(NEVER);
        }
    }
    Ok(params)
}
