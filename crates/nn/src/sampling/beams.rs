//! The likeliest texts after a prompt.

use super::{Prompt, Rows, SampleOptions, Search, read_prompt};
use crate::Result;
use crate::model::Model;
use std::collections::VecDeque;

/// Searches for the likeliest texts after a prompt, where a [`Sampler`](super::Sampler) draws some by lot: all are known at the end of the
/// search, and handed out the best first. docs/maths.md (10c).
pub struct BeamSearch {
    rows: Rows,
    search: Search,
    prompt: Vec<u32>,
    /// Tokens of the prompt that have been read.
    read: usize,
    /// Once the search is over: the texts that have not been taken.
    found: Option<VecDeque<String>>,
    written: usize,
}

impl BeamSearch {
    /// Checks the options and the prompt.
    ///
    /// # Errors
    /// [`Error::InvalidOption`](crate::Error::InvalidOption),
    /// [`Error::ContradictoryOptions`](crate::Error::ContradictoryOptions), also for options of the draw,
    /// [`Error::UnknownSymbol`](crate::Error::UnknownSymbol), [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(model: &Model, options: &SampleOptions) -> Result<Self> {
        let mut search = Search::new(options, model.tokenizer())?;
        let Prompt { tokens, lead } = read_prompt(model, options)?;
        search.begin(model.tokenizer(), &tokens[lead..]);
        let mut rows = Rows::new(model, search.width(), options.quantize.purpose())?;
        rows.set_condition(&options.condition);
        let mut beams = Self {
            rows,
            search,
            prompt: tokens,
            read: 0,
            found: None,
            written: 0,
        };
        beams.end_if_over();
        Ok(beams)
    }

    /// Goes on for up to `steps` symbols of every text under way, those of the prompt that are still to be read among them.
    ///
    /// # Errors
    /// [`Error::NonFiniteEvaluation`](crate::Error::NonFiniteEvaluation) if the model's weights are damaged;
    /// [`Error::NoSymbolLeft`](crate::Error::NoSymbolLeft).
    pub fn advance(&mut self, model: &Model, steps: usize) -> Result<()> {
        for _ in 0..steps {
            if self.found.is_some() {
                break;
            }
            self.step(model)?;
            self.end_if_over();
        }
        Ok(())
    }

    /// [`advance`](Self::advance) for the best text alone: it, at the end of the search, and nothing before.
    ///
    /// # Errors
    /// As [`advance`](Self::advance).
    pub fn next(&mut self, model: &Model, steps: usize) -> Result<String> {
        self.advance(model, steps)?;
        Ok(self.take().unwrap_or_default())
    }

    /// The next text, in the order of their scores; none before the end of the search.
    pub fn take(&mut self) -> Option<String> {
        self.found.as_mut()?.pop_front()
    }

    /// Symbols of all texts that were found.
    pub fn written(&self) -> usize {
        self.written
    }

    /// Whether the search is over.
    pub fn is_finished(&self) -> bool {
        self.found.is_some()
    }

    fn step(&mut self, model: &Model) -> Result<()> {
        if let Some(&token) = self.prompt.get(self.read) {
            self.rows.read_in_all(model, token);
            self.read += 1;
            if self.read < self.prompt.len() {
                return Ok(());
            }
        } else {
            self.rows.read(model, self.search.nexts());
        }
        self.search
            .extend(model.tokenizer(), self.rows.logits(model))
    }

    fn end_if_over(&mut self) {
        if !self.search.is_over() {
            return;
        }
        let found = self.search.found();
        self.written = found.iter().map(|it| it.tokens.len()).sum();
        self.found = Some(found.iter().map(|it| it.text.clone()).collect());
    }
}
