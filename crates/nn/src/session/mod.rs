//! Texts that are read and written piece by piece: what a model has read of each is kept as its state, and never read again.

mod completions;
mod prompt_writer;
mod reader;
mod saved;
mod searcher;
mod writer;

use crate::config::Body;
use crate::data::check_condition_size;
use crate::message::number;
use crate::model::Model;
use crate::sampling::{UnknownSymbols, first_symbol};
use crate::{Error, Result};
use std::collections::VecDeque;

pub use completions::{Completion, MOST_COMPLETIONS};
pub use prompt_writer::PromptWriter;
pub use reader::Reader;
pub use searcher::Searcher;
pub use writer::Writer;

/// Symbols that a session remembers, beside its state, for the options of writing that look back. In text that is worth
/// reading nothing is so far apart that a penalty should see it; 16 KB.
const RECENT: usize = 4096;

/// What a model knows of one text. A copy is a session of its own; all sessions of a model share a [`Reader`].
///
/// If the model is trained in between, what was read stays as it was read, and the weights of the last step go on from there.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// Every state that the network carries, one after the other.
    state: Vec<f32>,
    /// \[size\]: what the body put out after the last symbol, of which the next one's distribution is made.
    outputs: Vec<f32>,
    /// \[C\]
    condition: Vec<f32>,
    /// The last symbols of the text, [`RECENT`] at most.
    recent: VecDeque<u32>,
    /// Whether the model has read anything: a boundary, or a symbol.
    has_read: bool,
}

impl Session {
    /// A text that begins: of a model of documents after the boundary.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] for a condition that is not the model's.
    pub fn new(reader: &mut Reader, model: &Model, condition: &[f32]) -> Result<Self> {
        check_condition_size("condition", condition.len(), model)?;
        let mut session = Self {
            state: reader.initial_state(),
            outputs: vec![0.0; model.config().body_size()],
            condition: condition.to_vec(),
            recent: VecDeque::new(),
            has_read: false,
        };
        if let Some(boundary) = model.tokenizer().boundary() {
            reader.read(model, &mut session, &[boundary]);
        }
        Ok(session)
    }

    /// A session between two: the weighted mean of all that they carry, `1 - weight` of this one and `weight` of the other.
    /// The logits of the next symbol are mixed alike; the symbols that are looked back on are those of the heavier one.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] for a weight that is not from 0 to 1, [`Error::ContradictoryOptions`] for a transformer and for a session
    /// that has read nothing.
    pub fn blend(&self, model: &Model, other: &Self, weight: f64) -> Result<Self> {
        if !(0.0..=1.0).contains(&weight) {
            return Err(Error::invalid("weight", number(weight), "from 0 to 1"));
        }
        let refuse = |reason: &str| Err(Error::ContradictoryOptions(reason.into()).into());
        if matches!(model.config().body, Body::Transformer { .. }) {
            return refuse(
                "sessions of a transformer cannot be blended: it remembers symbols one by one, and there is no mean of two texts",
            );
        }
        if !(self.has_read && other.has_read) {
            return refuse(
                "a session that has read nothing cannot be blended: feed it a text first",
            );
        }
        let weight = weight as f32;
        let mix = |a: &[f32], b: &[f32]| -> Vec<f32> {
            let pairs = a.iter().zip(b);
            pairs
                .map(|(a, b)| a * (1.0 - weight) + b * weight)
                .collect()
        };
        let heavier = if weight < 0.5 { self } else { other };
        Ok(Self {
            state: mix(&self.state, &other.state),
            outputs: mix(&self.outputs, &other.outputs),
            condition: mix(&self.condition, &other.condition),
            recent: heavier.recent.clone(),
            has_read: true,
        })
    }

    /// Lets the model read what it reads where there is no prompt, if it has read nothing yet.
    fn begin(&mut self, reader: &mut Reader, model: &Model) {
        if !self.has_read {
            reader.read(model, self, &[first_symbol(model)]);
        }
    }

    /// Takes note of symbols that belong to the text.
    fn remember(&mut self, tokens: &[u32]) {
        let last = &tokens[tokens.len().saturating_sub(RECENT)..];
        self.recent.extend(last);
        let surplus = self.recent.len().saturating_sub(RECENT);
        self.recent.drain(..surplus);
    }
}

/// A text on its way into a session, a few symbols at a time.
pub struct Feeding {
    tokens: Vec<u32>,
    at: usize,
}

impl Feeding {
    /// Checks the text: nothing of one with unknown symbols is read.
    ///
    /// # Errors
    /// [`Error::UnknownSymbol`], [`Error::OutOfMemory`].
    pub fn new(model: &Model, text: &str, unknown: UnknownSymbols) -> Result<Self> {
        let tokens = unknown.encode(model.tokenizer(), text)?;
        Ok(Self { tokens, at: 0 })
    }

    /// Reads up to `symbols` more; true when all is read.
    pub fn advance(
        &mut self,
        reader: &mut Reader,
        model: &Model,
        session: &mut Session,
        symbols: usize,
    ) -> bool {
        let end = self.tokens.len().min(self.at + symbols);
        let piece = &self.tokens[self.at..end];
        reader.read(model, session, piece);
        session.remember(piece);
        self.at = end;
        end == self.tokens.len()
    }
}
