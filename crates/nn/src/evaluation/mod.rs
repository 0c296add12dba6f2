//! The loss of a text or of documents under a model.

mod held_out;
mod reader;

use crate::config::ModelConfig;
use crate::data::{Source, Window};
use crate::json::report;
use crate::layer::output::LossSum;
use crate::linear::Quantization;
use crate::model::Model;
use crate::network::{Network, Regularisation};
use crate::{Error, Result};
use reader::Reader;
use std::f64::consts::LN_2;

pub(crate) use held_out::{HeldOut, target_bytes};

/// Steps per window; the results do not depend on it, but for those of a bidirectional model, which sees no further
/// than the end of the window.
const SEQ_LEN: usize = 64;

/// What an evaluation finds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EvaluationResult {
    /// Nats per token.
    pub loss: f64,
    /// e^loss
    pub perplexity: f64,
    /// loss x tokens / (ln 2 x UTF-8 bytes): compares across tokenizers.
    pub bits_per_byte: f64,
    /// Share of tokens that were the most likely one.
    pub accuracy: f64,
    /// Tokens predicted: all but the first of a text; of documents all, and the end of each.
    pub tokens: usize,
}

report!(EvaluationResult {
    loss = "loss",
    perplexity = "perplexity",
    bits_per_byte = "bitsPerByte",
    accuracy = "accuracy",
    tokens = "tokens",
});

/// How a text is read. Documents are all read alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// In so many parts side by side.
    ///
    /// One is the exact pass: the state is zero before the first symbol and carried to the last. More cut the text into
    /// parts of equal length, which is several times as fast; each but the first reads up to 256 symbols before its part
    /// without counting them, so that the result differs from the exact one in the third decimal at most.
    /// A bidirectional model reads a text in one part, whatever is asked for.
    Streams(usize),
    /// In windows of so many targets, each from the initial state, as the losses of transformers are often measured: a
    /// model foresees the first symbols of each from next to nothing.
    Windows(usize),
}

/// A pass over a text, a few windows at a time.
///
/// Documents each start from the initial state, and what they come to does not depend on what is read beside them.
pub struct Evaluation {
    reader: Reader,
    window: Window,
    target_bytes: usize,
    network: Network<f32>,
    loaded: Option<u64>,
    sum: LossSum,
}

impl Evaluation {
    /// Prepares a pass over a text in `streams` parts, or over documents, with the weights as they are.
    ///
    /// # Errors
    /// [`Error::EmptyText`], [`Error::TextTooShort`] for a text of a single symbol, [`Error::InvalidOption`] for no
    /// streams, windows without a symbol or conditions that are not the model's, [`Error::ContradictoryOptions`] for documents where
    /// the model knows no boundary and for windows of a bidirectional model, [`Error::UnknownSymbol`] (only for a vocabulary without an unknown symbol), [`Error::OutOfMemory`].
    pub fn new<'a>(model: &Model, source: impl Into<Source<'a>>, streams: usize) -> Result<Self> {
        Self::with(model, source, Reading::Streams(streams), Quantization::None)
    }

    /// As [`new`](Self::new), read in another way, or with other weights, to see what they cost.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with<'a>(
        model: &Model,
        source: impl Into<Source<'a>>,
        reading: Reading,
        quantize: Quantization,
    ) -> Result<Self> {
        let source = source.into();
        source.check_conditions(model)?;
        let source = HeldOut::new(model.tokenizer(), source)?;
        Self::of(model, source, reading, quantize)
    }

    /// As [`with`](Self::with), for what has been tokenised.
    pub(crate) fn of(
        model: &Model,
        source: HeldOut,
        reading: Reading,
        quantize: Quantization,
    ) -> Result<Self> {
        check(&source, reading, model.config())?;
        let reading = match reading {
            Reading::Streams(streams) => Reading::Streams(most_streams(model.config(), streams)),
            windows @ Reading::Windows(_) => windows,
        };
        let reader = Reader::new(&source, reading);
        let vocab_size = model.tokenizer().vocab_size();
        let network = Network::new(
            model.config(),
            model.layout(),
            vocab_size,
            reader.batch(),
            SEQ_LEN,
            quantize.purpose(),
            Regularisation::default(),
        )?;
        Ok(Self {
            window: Window::new(reader.batch(), SEQ_LEN, reader.condition_size())?,
            target_bytes: source.target_bytes(),
            reader,
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
        let batch = self.reader.batch();
        let mut left = tokens;
        while !self.reader.is_done() && left > 0 {
            let most_steps = if model.config().bidirectional {
                SEQ_LEN
            } else {
                SEQ_LEN.min(left.div_ceil(batch))
            };
            let first_starts = self.reader.next(most_steps, &mut self.window);
            self.window.prepare(&mut self.network);
            if first_starts {
                self.network.reset_sequence(0);
            }
            let (inputs, targets) = (&self.window.inputs, &self.window.targets);
            self.network.forward(model.params(), inputs, targets);
            self.sum.add(self.network.loss(model.params(), targets));
            self.network.carry(inputs.len() / batch);
            left = left.saturating_sub(inputs.len());
        }
        self.reader.is_done()
    }

    /// The result, once [`advance`](Self::advance) has said that the pass is done.
    ///
    /// # Errors
    /// [`Error::NonFiniteEvaluation`].
    pub fn result(&self) -> Result<EvaluationResult> {
        EvaluationResult::of(self.sum, self.target_bytes)
    }
}

impl EvaluationResult {
    /// What a sum over symbols with so many UTF-8 bytes comes to.
    ///
    /// # Errors
    /// [`Error::NonFiniteEvaluation`].
    pub(crate) fn of(sum: LossSum, target_bytes: usize) -> Result<Self> {
        let LossSum {
            loss,
            correct,
            count,
        } = sum;
        if !loss.is_finite() {
            return Err(Error::NonFiniteEvaluation.into());
        }
        Ok(Self {
            loss: sum.mean(),
            perplexity: sum.mean().exp().min(f64::MAX),
            bits_per_byte: loss / (LN_2 * target_bytes as f64),
            accuracy: correct as f64 / count as f64,
            tokens: count,
        })
    }
}

/// Streams and steps of the window with which a text of `symbols` symbols is read during a training.
pub(crate) fn window_of_text(config: &ModelConfig, symbols: usize) -> (usize, usize) {
    const MOST_STREAMS: usize = 32;
    let most = most_streams(config, MOST_STREAMS);
    let streams = reader::parts(symbols.saturating_sub(1), most);
    (streams.max(1), SEQ_LEN)
}

/// Rows and steps of the window with which so many documents are read.
pub(crate) fn window_of_documents(count: usize) -> (usize, usize) {
    (reader::ROWS.min(count), SEQ_LEN)
}

/// `streams`, but one where a body reads from right to left: to it padding and warm-ups would count.
fn most_streams(config: &ModelConfig, streams: usize) -> usize {
    if config.bidirectional { 1 } else { streams }
}

fn check(source: &HeldOut, reading: Reading, config: &ModelConfig) -> Result<()> {
    let what = "the text to evaluate";
    match source.symbols() {
        0 => return Err(Error::EmptyText { what }.into()),
        1 => {
            return Err(Error::TextTooShort {
                what,
                got: 1,
                needed: 2,
                advice: "the first symbol is only read, the others are predicted".into(),
            }
            .into());
        }
        _ => {}
    }
    match reading {
        Reading::Streams(streams) if !(1..=1024).contains(&streams) => Err(Error::invalid(
            "streams",
            streams,
            "a whole number from 1 to 1024",
        )),
        Reading::Windows(steps) if !(1..=65_536).contains(&steps) => Err(Error::invalid(
            "window",
            steps,
            "a whole number from 1 to 65536",
        )),
        Reading::Windows(_) if config.bidirectional => Err(Error::ContradictoryOptions(
            "window goes with a model that reads from left to right: this one reads both ways"
                .into(),
        )
        .into()),
        _ => Ok(()),
    }
}
