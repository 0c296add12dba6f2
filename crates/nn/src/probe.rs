//! How the gradient travels back through time, and how many gates are stuck: what makes a cell remember, and
//! what a lesson about vanishing gradients shows. Nothing of it runs in training. docs/maths.md (20)

use crate::config::{Activation, Body, Cell};
use crate::data::Streams;
use crate::error::allocate;
use crate::json::{record, report};
use crate::layer::output::IGNORE;
use crate::linear::Purpose;
use crate::model::Model;
use crate::network::{Network, Regularisation};
use crate::{Error, Result};
use mynah_kernels::cell::{gru, lstm, min_gru, min_lstm};
use mynah_kernels::real::{Real, sigmoid_f64};

/// Longest window, and most windows side by side.
const MOST: usize = 4096;

/// The options of a measurement, as JSON writes them.
#[derive(Clone, Copy, Debug, Default)]
pub struct GradientFlowOptions {
    /// Steps back in time; default 64.
    pub seq_length: Option<usize>,
    /// Windows that the norms are averaged over, fewer where the text is short; default 32.
    pub batch_size: Option<usize>,
}

record!(GradientFlowOptions {
    seq_length = "seqLength",
    batch_size = "batchSize",
});

/// What a measurement finds, from the bottom layer up.
#[derive(Clone, Debug, PartialEq)]
pub struct GradientFlow {
    /// Each recurrent layer.
    pub layers: Vec<LayerFlow>,
}

report!(GradientFlow {
    layers = "layers",
});

/// One recurrent layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerFlow {
    /// The norm of dL/dh_(T-lag), L the loss of the last step T, by lag from 0; the mean over the windows.
    pub norms: Vec<f64>,
    /// How many gates are stuck.
    pub saturation: Saturation,
}

report!(LayerFlow {
    norms = "norms",
    saturation = "saturation",
});

/// The share of the gates (of an rnn: of the states) that are nearly shut or nearly open, so that hardly any
/// gradient reaches what they are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Saturation {
    /// At most 0.1 (tanh: -0.9; relu: 0).
    pub low: f64,
    /// At least 0.9 (relu: none is; it has no upper bound).
    pub high: f64,
}

report!(Saturation {
    low = "low",
    high = "high",
});

/// Runs `model` over the second window of a text, its states carried from the first, and sends the gradient
/// of the last step's loss back through all of it.
///
/// # Errors
/// [`Error::InvalidOption`], [`Error::TextTooShort`], [`Error::ContradictoryOptions`] for a model without
/// recurrent layers, [`Error::OutOfMemory`].
pub fn gradient_flow(
    model: &Model,
    text: &str,
    options: &GradientFlowOptions,
) -> Result<GradientFlow> {
    if matches!(model.config().body, Body::Transformer { .. }) {
        let words = "a transformer has no state through which a gradient could go back in time";
        return Err(Error::ContradictoryOptions(words.into()).into());
    }
    let size = |option, value: Option<usize>, default, least| {
        let value = value.unwrap_or(default);
        if (least..=MOST).contains(&value) {
            return Ok(value);
        }
        let expected = format!("a whole number from {least} to {MOST}");
        Err(Error::invalid(option, value, expected))
    };
    let steps = size("seqLength", options.seq_length, 64, 2)?;
    let batch = size("batchSize", options.batch_size, 32, 1)?;
    let tokens = model.tokenizer().encode(text)?;
    // Two windows to each stream: one to get under way, one to measure.
    if tokens.len() <= 2 * steps {
        return Err(Error::TextTooShort {
            what: "the text to measure",
            got: tokens.len(),
            needed: 2 * steps + 1,
            advice: format!(
                "two windows of seqLength {steps} and the last target; a smaller seqLength needs less"
            ),
        }.into());
    }
    let streams = Streams::new(tokens, batch, 2 * steps)?;
    let batch = streams.batch();
    let (mut inputs, mut targets): (Vec<u32>, Vec<u32>) = (
        allocate(&[batch, 2 * steps], "the window")?,
        allocate(&[batch, 2 * steps], "the window")?,
    );
    streams.write(0, &mut inputs, &mut targets);
    let (before, window) = inputs.split_at(batch * steps);
    let window_targets = &mut targets[batch * steps..];
    window_targets[..batch * (steps - 1)].fill(IGNORE);

    let mut network = Network::<f32>::new(
        model.config(),
        model.layout(),
        model.tokenizer().vocab_size(),
        batch,
        steps,
        Purpose::Train,
        Regularisation::default(),
    )?;
    let mut grads: Vec<f32> = allocate(&[model.layout().len], "the gradients")?;
    network.load(model.params());
    network.forward(model.params(), before, before);
    network.carry(steps);
    network.watch_gradients();
    network.forward(model.params(), window, window_targets);
    network.backward(&mut grads, model.params(), window, window_targets);
    let mut layers = Vec::new();
    network.flows(&mut |flow| layers.push(flow.clone()));
    Ok(GradientFlow { layers })
}

/// What a recurrent layer notes down while it is watched.
pub(crate) struct Watch {
    cell: Cell,
    flow: LayerFlow,
}

impl Watch {
    pub(crate) fn new(cell: Cell) -> Self {
        Self {
            cell,
            flow: LayerFlow::default(),
        }
    }

    pub(crate) fn flow(&self) -> &LayerFlow {
        &self.flow
    }

    /// Notes the gates [rows, G H] and the states [rows, H] of a forward pass, before a backward pass
    /// overwrites the gates.
    pub(crate) fn note_gates<T: Real>(&mut self, gates: &[T], h: &[T], hidden: usize) {
        self.flow.norms.clear();
        let (low, high) = bounds(self.cell);
        self.flow.saturation = match sigmoid_gates(self.cell) {
            None => saturation(h.iter().map(|h| h.to_f64()), low, high),
            Some((columns, is_preactivation)) => {
                let gate_count = self.cell.gates();
                let rows = gates.chunks_exact(gate_count * hidden);
                let values = rows.flat_map(|row| {
                    let gates = columns.iter();
                    gates.flat_map(|&gate| &row[gate * hidden..(gate + 1) * hidden])
                });
                let values = values.map(|value| {
                    let value = value.to_f64();
                    if is_preactivation {
                        sigmoid_f64(value)
                    } else {
                        value
                    }
                });
                saturation(values, low, high)
            }
        };
    }

    /// Notes the gradient of a step's state, [B, H]; from the last step to the first.
    pub(crate) fn note_gradient<T: Real>(&mut self, d_h: &[T], batch: usize) {
        let rows = d_h.chunks_exact(d_h.len() / batch);
        // The gradient is that of the mean over the batch: each row's own is that many times as large.
        let norms = rows.map(|row| T::sum_of_squares(row).sqrt() * batch as f64);
        // The smaller of the two, and never NaN.
        let mean = (norms.sum::<f64>() / batch as f64).min(f64::MAX);
        self.flow.norms.push(mean);
    }
}

/// The gates between 0 and 1 of a cell, and whether a forward pass leaves them as preactivations; none where
/// the state itself is what saturates.
fn sigmoid_gates(cell: Cell) -> Option<(&'static [usize], bool)> {
    match cell {
        Cell::Rnn(_) => None,
        Cell::Gru { .. } => Some((&[gru::RESET, gru::UPDATE], false)),
        Cell::Lstm => Some((&[lstm::INPUT, lstm::FORGET, lstm::OUTPUT], false)),
        Cell::MinGru => Some((&[min_gru::UPDATE], false)),
        Cell::MinLstm => Some((&[min_lstm::FORGET, min_lstm::INPUT], true)),
    }
}

/// From where on, downwards and upwards, a gate or a state counts as stuck.
fn bounds(cell: Cell) -> (f64, f64) {
    match cell {
        Cell::Rnn(Activation::Tanh) => (-0.9, 0.9),
        // Where relu puts out 0 its slope is 0, everywhere else 1.
        Cell::Rnn(Activation::Relu) => (0.0, f64::INFINITY),
        _ => (0.1, 0.9),
    }
}

/// The shares of the values at or below `low` and at or above `high`.
fn saturation(values: impl Iterator<Item = f64>, low: f64, high: f64) -> Saturation {
    let (mut count, mut lows, mut highs) = (0usize, 0usize, 0usize);
    for value in values {
        count += 1;
        lows += usize::from(value <= low);
        highs += usize::from(value >= high);
    }
    Saturation {
        low: lows as f64 / count as f64,
        high: highs as f64 / count as f64,
    }
}
