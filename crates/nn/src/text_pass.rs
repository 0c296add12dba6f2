//! One text, or one document, on its way through a network: what scores, embeddings and activations have in common.

use crate::data::check_condition_size;
use crate::layer::output::IGNORE;
use crate::linear::Purpose;
use crate::model::Model;
use crate::network::{Network, Regularisation};
use crate::{Error, Result};
use std::ops::Range;

/// Steps per window, as in an evaluation: a bidirectional model sees no further than the end of one.
const SEQ_LEN: usize = 64;

/// What is read, and how.
pub(crate) struct PassOptions<'a> {
    /// What the text is for, in errors.
    pub what: &'static str,
    /// What the model is conditioned on.
    pub condition: &'a [f32],
    /// With whole weights, or in 8 bits.
    pub purpose: Purpose,
    /// Whether the last symbol is read, too, after which nothing is foreseen.
    pub reads_last: bool,
}

/// A text, read a few symbols at a time. A document has its boundary before it and after it.
///
/// If the model is trained in between, the weights of its last step are used from then on.
pub(crate) struct TextPass {
    /// The boundary, the text, the boundary; of a model of one text the text alone.
    tokens: Vec<u32>,
    /// Tokens before the text.
    lead: usize,
    /// The next token to be read, and the one at which all is read.
    at: usize,
    end: usize,
    targets: Vec<u32>,
    network: Network<f32>,
    loaded: Option<u64>,
}

impl TextPass {
    /// # Errors
    /// [`Error::EmptyText`], [`Error::TextTooShort`] for a text of a single symbol of which nothing could be foreseen,
    /// [`Error::InvalidOption`] for a condition that is not the model's, [`Error::UnknownSymbol`] (only for a vocabulary without an
    /// unknown symbol), [`Error::OutOfMemory`].
    pub fn new(model: &Model, text: &str, options: &PassOptions<'_>) -> Result<Self> {
        let what = options.what;
        check_condition_size("condition", options.condition.len(), model)?;
        if text.is_empty() {
            return Err(Error::EmptyText { what }.into());
        }
        let mut tokens = model.tokenizer().encode(text)?;
        let boundary = model.tokenizer().boundary();
        tokens.splice(0..0, boundary);
        let reads_last = options.reads_last && !model.config().bidirectional;
        let end = tokens.len() - usize::from(boundary.is_none() && !reads_last);
        tokens.extend(boundary);
        if end == 0 {
            return Err(Error::TextTooShort {
                what,
                got: 1,
                needed: 2,
                advice: "the first symbol is only read, the others are predicted".into(),
            }
            .into());
        }
        let mut network = Network::new(
            model.config(),
            model.layout(),
            model.tokenizer().vocab_size(),
            1,
            SEQ_LEN,
            options.purpose,
            Regularisation::default(),
        )?;
        if !options.condition.is_empty() {
            network.set_condition(options.condition);
        }
        Ok(Self {
            tokens,
            lead: boundary.into_iter().count(),
            at: 0,
            end,
            targets: Vec::with_capacity(SEQ_LEN),
            network,
            loaded: None,
        })
    }

    /// Reads up to `most` symbols more, of a bidirectional model a whole window, and returns which of the [tokens](Self::tokens) they
    /// are; none when all is read.
    pub fn next(&mut self, model: &Model, most: usize) -> Option<Range<usize>> {
        if self.is_done() {
            return None;
        }
        if self.loaded != Some(model.version()) {
            self.network.load(model.params());
            self.loaded = Some(model.version());
        }
        let most = if model.config().bidirectional {
            SEQ_LEN
        } else {
            SEQ_LEN.min(most.max(1))
        };
        let read = self.at..self.end.min(self.at + most);
        self.targets.clear();
        let next = read.clone().map(|at| self.tokens.get(at + 1));
        self.targets
            .extend(next.map(|token| token.copied().unwrap_or(IGNORE)));
        let inputs = &self.tokens[read.clone()];
        self.network.forward(model.params(), inputs, &self.targets);
        self.network.carry(inputs.len());
        self.at = read.end;
        Some(read)
    }

    /// Whether all is read.
    pub fn is_done(&self) -> bool {
        self.at == self.end
    }

    /// Everything that is read or foreseen.
    pub fn tokens(&self) -> &[u32] {
        &self.tokens
    }

    /// How many of them are read, without those before the text.
    pub fn symbols(&self) -> usize {
        self.end - self.lead
    }

    /// Tokens before the text: 1 for a document.
    pub fn lead(&self) -> usize {
        self.lead
    }

    /// The network, with the values of the last window.
    pub fn network(&mut self) -> &mut Network<f32> {
        &mut self.network
    }
}
