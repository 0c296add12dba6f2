//! The loss of a text under a model.

use crate::layer::output::{IGNORE, LossSum};
use crate::linear::Purpose;
use crate::model::Model;
use crate::network::{Network, Regularisation};
use crate::{Error, Result};
use serde::Serialize;
use std::f64::consts::LN_2;
use std::rc::Rc;

/// Steps per window; the results do not depend on it.
const SEQ_LEN: usize = 64;
/// Symbols that a stream after the first reads before its loss counts, so that it starts with a state like
/// the carried one.
const WARM_UP: usize = 256;

/// What an evaluation finds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvaluationResult {
    /// Nats per token.
    pub loss: f64,
    /// e^loss
    pub perplexity: f64,
    /// loss x tokens / (ln 2 x UTF-8 bytes): compares across tokenizers.
    pub bits_per_byte: f64,
    /// Share of tokens that were the most likely one.
    pub accuracy: f64,
    /// Tokens predicted: all but the first.
    pub tokens: usize,
}

/// A text to evaluate: its tokens, shared between evaluations, and the bytes that they stand for.
#[derive(Clone, Debug)]
pub(crate) struct HeldOut {
    tokens: Rc<[u32]>,
    /// UTF-8 bytes of all symbols but the first, which is only read.
    target_bytes: usize,
}

impl HeldOut {
    /// `tokens` are those of `text`.
    pub(crate) fn new(tokens: Vec<u32>, text: &str) -> Self {
        let first_bytes = text.chars().next().map_or(0, char::len_utf8);
        Self {
            tokens: tokens.into(),
            target_bytes: text.len() - first_bytes,
        }
    }

    pub(crate) fn symbols(&self) -> usize {
        self.tokens.len()
    }
}

/// A pass over a text, a few windows at a time.
///
/// One stream is the exact pass: the state is zero before the first symbol and carried to the last. More
/// streams cut the text into parts of equal length that run side by side, which is several times as fast;
/// each but the first reads up to 256 symbols before its part without counting them, so that the result
/// differs from the exact one in the third decimal at most.
pub struct Evaluation {
    text: HeldOut,
    streams: usize,
    part: usize,
    /// Steps from the start of the warm-up; the counted part begins at `warm_up`.
    step: usize,
    warm_up: usize,
    network: Network<f32>,
    loaded: Option<u64>,
    sum: LossSum,
}

impl Evaluation {
    /// Prepares a pass over `text` in `streams` parts.
    ///
    /// # Errors
    /// [`Error::EmptyText`], [`Error::TextTooShort`] for a single symbol, [`Error::InvalidOption`] for no
    /// streams, [`Error::UnknownSymbol`] (only for a vocabulary without an unknown symbol),
    /// [`Error::OutOfMemory`].
    pub fn new(model: &Model, text: &str, streams: usize) -> Result<Self> {
        Self::of(
            model,
            HeldOut::new(model.tokenizer().encode(text)?, text),
            streams,
        )
    }

    /// As [`new`](Self::new), for a text whose tokens are at hand.
    pub(crate) fn of(model: &Model, text: HeldOut, streams: usize) -> Result<Self> {
        let what = "the text to evaluate";
        match text.symbols() {
            0 => return Err(Error::EmptyText { what }),
            1 => {
                let advice = "the first symbol is only read, the others are predicted".into();
                return Err(Error::TextTooShort {
                    what,
                    got: 1,
                    needed: 2,
                    advice,
                });
            }
            _ => {}
        }
        if !(1..=1024).contains(&streams) {
            return Err(Error::invalid(
                "streams",
                streams,
                "a whole number from 1 to 1024",
            ));
        }
        let targets = text.symbols() - 1;
        // Parts shorter than their warm-up would cost more than they save.
        let streams = streams.min(targets.div_ceil(WARM_UP));
        let part = targets.div_ceil(streams);
        let vocab_size = model.tokenizer().vocab_size();
        let network = Network::new(
            model.config(),
            model.layout(),
            vocab_size,
            streams,
            SEQ_LEN,
            Purpose::Infer,
            Regularisation::default(),
        )?;
        Ok(Self {
            text,
            warm_up: if streams == 1 { 0 } else { WARM_UP.min(part) },
            streams,
            part,
            step: 0,
            network,
            loaded: None,
            sum: LossSum::default(),
        })
    }

    /// Evaluates about `tokens` more; true when the pass is done.
    pub fn advance(&mut self, model: &Model, tokens: usize) -> bool {
        if self.loaded != Some(model.version()) {
            self.network.load(model.params());
            self.loaded = Some(model.version());
        }
        let mut left = tokens;
        while self.step < self.warm_up + self.part && left > 0 {
            // A window does not cross the end of the warm-up, where the first stream starts from zero.
            let end = if self.step < self.warm_up {
                self.warm_up
            } else {
                self.warm_up + self.part
            };
            let steps = SEQ_LEN
                .min(end - self.step)
                .min(left.div_ceil(self.streams));
            if self.step == self.warm_up {
                self.network.reset_sequence(0);
            }
            let (inputs, targets) = self.window(steps);
            self.network.forward(model.params(), &inputs, &targets);
            self.sum.add(self.network.loss(model.params(), &targets));
            self.network.carry(steps);
            self.step += steps;
            left = left.saturating_sub(inputs.len());
        }
        self.step == self.warm_up + self.part
    }

    /// The next `steps` inputs and targets of all streams, time-major.
    fn window(&self, steps: usize) -> (Vec<u32>, Vec<u32>) {
        let tokens = &self.text.tokens;
        let last = tokens.len() - 1;
        let rows = (self.step..self.step + steps)
            .flat_map(|step| (0..self.streams).map(move |stream| (step, stream)));
        rows.map(|(step, stream)| {
            // The stream's own position; the first stream's warm-up lies before the text and reads anything.
            let at = (stream * self.part + step)
                .saturating_sub(self.warm_up)
                .min(last);
            let counts = step >= self.warm_up && at < last;
            (tokens[at], if counts { tokens[at + 1] } else { IGNORE })
        })
        .unzip()
    }

    /// The result, once [`advance`](Self::advance) has said that the pass is done.
    ///
    /// # Errors
    /// [`Error::NonFiniteEvaluation`].
    pub fn result(&self) -> Result<EvaluationResult> {
        let LossSum {
            loss,
            correct,
            count,
        } = self.sum;
        if !loss.is_finite() {
            return Err(Error::NonFiniteEvaluation);
        }
        Ok(EvaluationResult {
            loss: self.sum.mean(),
            perplexity: self.sum.mean().exp(),
            bits_per_byte: loss / (LN_2 * self.text.target_bytes as f64),
            accuracy: correct as f64 / count as f64,
            tokens: count,
        })
    }
}
