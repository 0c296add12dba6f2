//! What a model learns from, and the windows that a step reads of it.
//!
//! A [text](Source::Text) is read as parallel [streams], a [list of documents](Source::Documents) as one
//! [document per row](documents). Both give the same thing: a [`Window`].

pub mod documents;
pub mod list;
pub mod pieces;
pub mod streams;
pub mod tokens;

use crate::error::{allocate, reserve};
use crate::model::Model;
use crate::network::Network;
use crate::{Error, Result};
use documents::Documents;
use list::DocumentList;
use std::ops::Range;
pub(crate) use streams::Streams;

/// What a model is made for, trained on or evaluated with.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// Prose: one sequence from its first symbol to its last.
    Text(&'a str),
    /// Documents that have nothing to do with each other: names, poems.
    Documents(&'a DocumentList),
}

impl<'a> From<&'a str> for Source<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Source<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a DocumentList> for Source<'a> {
    fn from(documents: &'a DocumentList) -> Self {
        Self::Documents(documents)
    }
}

impl Source<'_> {
    /// # Errors
    /// [`Error::InvalidOption`] if the model is conditioned on vectors of another size than the documents have.
    pub(crate) fn check_conditions(&self, model: &Model) -> Result<()> {
        let got = match self {
            Self::Text(_) => 0,
            Self::Documents(list) => list.condition_size(),
        };
        check_condition_size("conditions", got, model)
    }

    /// A hash of the content (FNV-1a, 64 bits), by which a checkpoint knows its training text again.
    pub fn fingerprint(&self) -> u64 {
        match self {
            Self::Text(text) => fnv(fnv(FNV_START, b"text"), text.as_bytes()),
            Self::Documents(list) => {
                let start = fnv(FNV_START, b"documents");
                let hash = list.iter().fold(start, |hash, document| {
                    // With the length, so that moving a symbol to the next document makes a difference.
                    let length = (document.text.len() as u64).to_le_bytes();
                    fnv(fnv(hash, &length), document.text.as_bytes())
                });
                list.iter()
                    .flat_map(|document| document.condition)
                    .fold(hash, |hash, value| {
                        fnv(hash, &value.to_bits().to_le_bytes())
                    })
            }
        }
    }
}

/// # Errors
/// [`Error::InvalidOption`] if the model is conditioned on vectors of another size.
pub(crate) fn check_condition_size(option: &'static str, got: usize, model: &Model) -> Result<()> {
    let expected = match model.condition_size() {
        size if size == got => return Ok(()),
        0 => "left out: the model takes no condition".into(),
        size => format!("of {size} values each, the model's conditionSize"),
    };
    Err(Error::invalid(option, format!("of {got} values"), expected))
}

/// A hash of bytes: FNV-1a (Fowler, Noll and Vo), 64 bits.
pub(crate) fn fnv_of(bytes: &[u8]) -> u64 {
    fnv(FNV_START, bytes)
}

const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;

fn fnv(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The rows of worker `index` of `workers` in a window of `batch`: as many as the others have, or one more or less.
pub(crate) fn rows_of_worker(index: usize, workers: usize, batch: usize) -> Range<usize> {
    index * batch / workers..(index + 1) * batch / workers
}

/// What one step reads.
#[derive(Clone, Debug)]
pub struct Window {
    batch: usize,
    /// [steps, B], time-major: step t of row b at t B + b.
    pub inputs: Vec<u32>,
    /// [steps, B]; [`IGNORE`](crate::layer::output::IGNORE) where a row is over.
    pub targets: Vec<u32>,
    /// Steps of each row that are not padding; none where all are not.
    pub lengths: Vec<usize>,
    /// Whether all rows start from the initial state, instead of the one that the last window ended with.
    pub starts_anew: bool,
    /// [B, C]: what each row is conditioned on; empty for a model without conditions.
    pub conditions: Vec<f32>,
}

impl Window {
    /// For up to `seq_len` steps of `batch` rows and vectors of `condition_size` values.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn new(batch: usize, seq_len: usize, condition_size: usize) -> Result<Self> {
        Ok(Self {
            batch,
            inputs: allocate(&[batch, seq_len], "the window")?,
            targets: allocate(&[batch, seq_len], "the window")?,
            lengths: reserve(&[batch], "the window")?,
            starts_anew: true,
            conditions: allocate(&[batch, condition_size], "the window")?,
        })
    }

    /// Rows side by side, B.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// An empty window of so many rows, else as large as this one.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn of_rows(&self, rows: usize) -> Result<Self> {
        let batch = self.batch;
        Self::new(
            rows,
            self.inputs.len() / batch,
            self.conditions.len() / batch,
        )
    }

    /// Copies some of the rows to a window that has just as many.
    pub fn copy_rows(&self, rows: Range<usize>, to: &mut Self) {
        to.set_steps(self.inputs.len() / self.batch);
        for (from, to_symbols) in [
            (&self.inputs, &mut to.inputs),
            (&self.targets, &mut to.targets),
        ] {
            let steps = from.chunks_exact(self.batch);
            for (step, part) in steps.zip(to_symbols.chunks_exact_mut(to.batch)) {
                part.copy_from_slice(&step[rows.clone()]);
            }
        }
        to.lengths.clear();
        if !self.lengths.is_empty() {
            to.lengths.extend_from_slice(&self.lengths[rows.clone()]);
        }
        to.starts_anew = self.starts_anew;
        let size = self.conditions.len() / self.batch;
        to.conditions
            .copy_from_slice(&self.conditions[rows.start * size..rows.end * size]);
    }

    /// Tells the network what a window is besides its symbols: where its rows end, what they are conditioned on, and
    /// whether they start anew.
    pub(crate) fn prepare(&self, network: &mut Network<f32>) {
        network.set_lengths(&self.lengths);
        if !self.conditions.is_empty() {
            network.set_condition(&self.conditions);
        }
        if self.starts_anew {
            network.reset();
        }
    }

    /// Makes room for `steps` steps: no more than it was made for, so that nothing is allocated.
    pub(crate) fn set_steps(&mut self, steps: usize) {
        self.inputs.resize(steps * self.batch, 0);
        self.targets.resize(steps * self.batch, 0);
    }
}

/// A source cut into windows.
#[derive(Clone, Debug)]
pub enum Windows {
    /// Of a text.
    Text(Streams),
    /// Of documents.
    Documents(Box<Documents>),
}

impl Windows {
    /// Rows side by side, B.
    pub fn batch(&self) -> usize {
        match self {
            Self::Text(streams) => streams.batch(),
            Self::Documents(documents) => documents.batch(),
        }
    }

    /// Steps of the longest window.
    pub fn seq_len(&self) -> usize {
        match self {
            Self::Text(streams) => streams.seq_len(),
            Self::Documents(documents) => documents.seq_len(),
        }
    }

    /// Symbols to train on; of documents the targets, the ends among them.
    pub fn symbols(&self) -> usize {
        match self {
            Self::Text(streams) => streams.symbols(),
            Self::Documents(documents) => documents.targets(),
        }
    }

    /// Windows in one pass: the same number in every pass.
    pub fn per_epoch(&self) -> u64 {
        match self {
            Self::Text(streams) => streams.windows(),
            Self::Documents(documents) => documents.windows(),
        }
    }

    /// Values of a condition.
    pub fn condition_size(&self) -> usize {
        match self {
            Self::Text(_) => 0,
            Self::Documents(documents) => documents.condition_size(),
        }
    }

    /// Writes the window of step `step`, counted from the start of the first pass.
    pub fn fill(&mut self, step: u64, window: &mut Window) {
        match self {
            Self::Text(streams) => streams.fill(step, window),
            Self::Documents(documents) => documents.fill(step, window),
        }
    }
}
