//! What goes on inside recurrent layers while they read a text.

use crate::config::{Body, Cell};
use crate::error::reserve;
use crate::linear::Purpose;
use crate::model::Model;
use crate::text_pass::{PassOptions, TextPass};
use crate::{Error, GrowsWith, Result};
use mynah_kernels::cell::min_lstm;
use mynah_kernels::real::sigmoid_f64;

/// The values of one recurrent layer in a window, of B = 1.
pub struct LayerValues<'a, T> {
    /// What it is made of.
    pub cell: Cell,
    /// H
    pub hidden_size: usize,
    /// [steps, H]: after each step.
    pub hidden: &'a [T],
    /// [steps, H]: the second state after each step, of a cell that has one.
    pub memory: Option<&'a [T]>,
    /// [steps, G H]: as the cell's forward step leaves them.
    pub gates: &'a [T],
}

/// One recurrent layer through a text.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerActivations {
    /// H
    pub hidden_size: usize,
    /// The names of the gates, in the order of their values; none of an rnn.
    pub gate_names: &'static [&'static str],
    /// [T, H]: the hidden state after each symbol.
    pub hidden: Vec<f32>,
    /// [T, H]: the cell state after each symbol, of an lstm; else empty.
    pub cell: Vec<f32>,
    /// [T, G H]: gate after gate, what each was at each symbol.
    pub gates: Vec<f32>,
}

/// Reads a text, or one document, a few symbols at a time, and keeps what goes on inside. Takes memory for all of it at the beginning.
pub struct Activations {
    pass: TextPass,
    layers: Vec<LayerActivations>,
}

impl Activations {
    /// # Errors
    /// [`Error::ContradictoryOptions`] for a model without recurrent layers and for a bidirectional one, [`Error::EmptyText`],
    /// [`Error::InvalidOption`] for a condition that is not the model's, [`Error::UnknownSymbol`] (only for a vocabulary without an
    /// unknown symbol), [`Error::OutOfMemory`].
    pub fn new(model: &Model, text: &str, condition: &[f32]) -> Result<Self> {
        let refuse = |reason: &str| Err(Error::ContradictoryOptions(reason.into()).into());
        if matches!(model.config().body, Body::Transformer { .. }) {
            return refuse("a transformer has no hidden state that goes from symbol to symbol");
        }
        if model.config().bidirectional {
            return refuse(
                "a bidirectional model has two hidden states for each symbol, neither of which knows the whole text before it",
            );
        }
        let options = PassOptions {
            what: "the text to read",
            condition,
            purpose: Purpose::Infer,
            reads_last: true,
        };
        let mut pass = TextPass::new(model, text, &options)?;
        let layers = layers_with_room(&mut pass)?;
        Ok(Self { pass, layers })
    }

    /// Reads about `symbols` more; true when all is read.
    pub fn advance(&mut self, model: &Model, symbols: usize) -> bool {
        let mut left = symbols;
        while left > 0 {
            let Some(read) = self.pass.next(model, left) else {
                break;
            };
            left = left.saturating_sub(read.len());
            // What stands before a document is no part of it.
            let skipped = self.pass.lead().saturating_sub(read.start);
            let (mut k, layers) = (0, &mut self.layers);
            self.pass.network().look(read.len(), &mut |values| {
                layers[k].add(&values, skipped);
                k += 1;
            });
        }
        self.pass.is_done()
    }

    /// Every recurrent layer from the bottom up, once [`advance`](Self::advance) has said that it is done.
    pub fn layers(&self) -> &[LayerActivations] {
        &self.layers
    }

    /// [`layers`](Self::layers), to take the values out of: they may be a large part of the memory.
    pub fn layers_mut(&mut self) -> &mut [LayerActivations] {
        &mut self.layers
    }
}

/// The recurrent layers before the first symbol. What there is no room for is told now: later it would end the whole instance.
fn layers_with_room(pass: &mut TextPass) -> Result<Vec<LayerActivations>> {
    let (symbols, mut layers) = (pass.symbols(), Vec::new());
    // No step, only the sizes.
    pass.network().look(0, &mut |values| {
        layers.push(LayerActivations::with_room(&values, symbols));
    });
    layers.into_iter().collect()
}

impl LayerActivations {
    fn with_room(values: &LayerValues<'_, f32>, symbols: usize) -> Result<Self> {
        let (size, gate_names) = (values.hidden_size, gate_names(values.cell));
        let room = |width: usize| {
            reserve(&[symbols, width], "the states and gates at every symbol")
                .map_err(|error| error.growing_with(GrowsWith::Text))
        };
        Ok(Self {
            hidden_size: size,
            gate_names,
            hidden: room(size)?,
            cell: room(values.memory.map_or(0, |_| size))?,
            gates: room(gate_names.len() * size)?,
        })
    }

    /// Adds all steps of a window but the first `skipped`.
    fn add(&mut self, values: &LayerValues<'_, f32>, skipped: usize) {
        let size = values.hidden_size;
        self.hidden.extend(&values.hidden[skipped * size..]);
        if let Some(memory) = values.memory {
            self.cell.extend(&memory[skipped * size..]);
        }
        let width = self.gate_names.len() * size;
        if width == 0 {
            return;
        }
        for row in values.gates.chunks_exact(width).skip(skipped) {
            let gates = row.iter().enumerate();
            self.gates
                .extend(gates.map(|(j, &value)| activated(values.cell, j / size, value)));
        }
    }
}

/// The names of a cell's gates in their stored order. That of an rnn is its state.
fn gate_names(cell: Cell) -> &'static [&'static str] {
    match cell {
        Cell::Rnn(_) => &[],
        Cell::Gru { .. } => &["reset", "update", "candidate"],
        Cell::Lstm => &["input", "forget", "candidate", "output"],
        Cell::MinGru => &["update", "candidate"],
        Cell::MinLstm => &["forget", "input", "candidate"],
    }
}

/// What a forward step leaves of a gate is the gate, but for the first two of a minLSTM, which are preactivations.
fn activated(cell: Cell, gate: usize, value: f32) -> f32 {
    let is_preactivation =
        matches!(cell, Cell::MinLstm) && [min_lstm::FORGET, min_lstm::INPUT].contains(&gate);
    if is_preactivation {
        sigmoid_f64(value.into()) as f32
    } else {
        value
    }
}
