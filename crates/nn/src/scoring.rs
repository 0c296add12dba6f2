//! What a model thought of every symbol of a text.

use crate::evaluation::{EvaluationResult, target_bytes};
use crate::layer::output::LossSum;
use crate::linear::Quantization;
use crate::model::Model;
use crate::text_pass::{PassOptions, TextPass};
use crate::{Error, Result};
use mynah_kernels::softmax::{softmax_cross_entropy_row_f32, softmax_row_f32};

/// Most alternatives of a symbol.
const MOST_ALTERNATIVES: usize = 1000;

/// The options of a score.
#[derive(Clone, Debug, Default)]
pub struct ScoreOptions {
    /// So many of the most likely symbols are told at every place; default 0.
    pub alternatives: usize,
    /// What the model is conditioned on; only and always for a model that takes a condition.
    pub condition: Vec<f32>,
    /// Default none.
    pub quantize: Quantization,
}

/// Of every symbol that is foreseen, one after the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scores {
    /// ln p of the symbol that came, nats.
    pub log_probabilities: Vec<f32>,
    /// 1 for the most likely symbol; of equals the first.
    pub ranks: Vec<u32>,
    /// -sum of p ln p over all symbols, nats: how unsure the model was.
    pub entropies: Vec<f32>,
    /// The most likely symbols, as tokens, so many for each.
    pub alternatives: Vec<u32>,
    /// Their probabilities.
    pub alternative_probabilities: Vec<f32>,
}

/// Reads a text, or one document, a few symbols at a time, and notes what the model thought of each. The loss is, bit for bit, what
/// an exact [`Evaluation`](crate::evaluation::Evaluation) finds.
pub struct Scorer {
    pass: TextPass,
    alternatives: usize,
    target_bytes: usize,
    sum: LossSum,
    scores: Scores,
    /// \[V\]
    probabilities: Vec<f32>,
    /// Tokens in the order of their probability.
    order: Vec<u32>,
}

impl Scorer {
    /// # Errors
    /// [`Error::EmptyText`], [`Error::TextTooShort`] for a text of a single symbol, [`Error::InvalidOption`],
    /// [`Error::UnknownSymbol`] (only for a vocabulary without an unknown symbol), [`Error::OutOfMemory`].
    pub fn new(model: &Model, text: &str, options: &ScoreOptions) -> Result<Self> {
        if options.alternatives > MOST_ALTERNATIVES {
            let expected = format!("a whole number from 0 to {MOST_ALTERNATIVES}");
            return Err(Error::invalid(
                "alternatives",
                options.alternatives,
                expected,
            ));
        }
        let pass = TextPass::new(
            model,
            text,
            &PassOptions {
                what: "the text to score",
                condition: &options.condition,
                purpose: options.quantize.purpose(),
                reads_last: false,
            },
        )?;
        let tokenizer = model.tokenizer();
        let vocab_size = tokenizer.vocab_size();
        Ok(Self {
            // The end of a document counts as a byte, as in an evaluation.
            target_bytes: match pass.lead() {
                0 => target_bytes(tokenizer, pass.tokens(), text),
                lead => text.len() + lead,
            },
            pass,
            alternatives: options.alternatives.min(vocab_size),
            sum: LossSum::default(),
            scores: Scores::default(),
            probabilities: vec![0.0; vocab_size],
            order: (0..vocab_size as u32).collect(),
        })
    }

    /// Scores about `symbols` more; true when all are.
    pub fn advance(&mut self, model: &Model, symbols: usize) -> bool {
        let mut left = symbols;
        while left > 0 {
            let Some(read) = self.pass.next(model, left) else {
                break;
            };
            for (step, at) in read.clone().enumerate() {
                self.note(model, step, self.pass.tokens()[at + 1]);
            }
            left = left.saturating_sub(read.len());
        }
        self.pass.is_done()
    }

    /// What was scored since this was called last.
    pub fn take(&mut self) -> Scores {
        std::mem::take(&mut self.scores)
    }

    /// Alternatives of every symbol: those asked for, or as many symbols as there are.
    pub fn alternatives(&self) -> usize {
        self.alternatives
    }

    /// What all comes to, once [`advance`](Self::advance) has said that it is done.
    ///
    /// # Errors
    /// [`Error::NonFiniteEvaluation`].
    pub fn result(&self) -> Result<EvaluationResult> {
        EvaluationResult::of(self.sum, self.target_bytes)
    }

    /// Notes what was thought of `target`, after step `step` of the last window.
    fn note(&mut self, model: &Model, step: usize, target: u32) {
        let logits = self.pass.network().logits(model.params(), step);
        let own = logits[target as usize];
        let before = |(token, &logit): (usize, &f32)| {
            logit > own || (logit == own && token < target as usize)
        };
        let rank = 1 + logits
            .iter()
            .enumerate()
            .filter(|&logit| before(logit))
            .count();
        self.probabilities.copy_from_slice(logits);
        softmax_row_f32(&mut self.probabilities);
        let row_loss = softmax_cross_entropy_row_f32(logits, target as usize, 0.0);
        self.sum.add(LossSum {
            loss: row_loss.loss.into(),
            correct: row_loss.correct.into(),
            count: 1,
        });
        self.scores.log_probabilities.push(-row_loss.loss);
        self.scores.ranks.push(rank as u32);
        self.scores.entropies.push(entropy(&self.probabilities));
        self.note_alternatives();
    }

    fn note_alternatives(&mut self) {
        if self.alternatives == 0 {
            return;
        }
        let (order, probabilities) = (&mut self.order, &self.probabilities);
        // With the token, so that equals are in an order, too.
        order.sort_unstable_by(|&a, &b| {
            let by_probability = probabilities[b as usize].total_cmp(&probabilities[a as usize]);
            by_probability.then(a.cmp(&b))
        });
        let best = &order[..self.alternatives];
        self.scores.alternatives.extend_from_slice(best);
        let best = best.iter().map(|&token| probabilities[token as usize]);
        self.scores.alternative_probabilities.extend(best);
    }
}

/// -sum of p ln p, nats.
fn entropy(probabilities: &[f32]) -> f32 {
    let terms = probabilities.iter().filter(|&&p| p > 0.0);
    let sum: f64 = terms.map(|&p| f64::from(p) * f64::from(p).ln()).sum();
    // Not -0.
    (0.0 - sum) as f32
}
