//! What is likely to come next: symbols, or the rest of a word.

use super::reader::to_probabilities;
use super::{Reader, Session};
use crate::linear::Purpose;
use crate::model::Model;
use crate::network::{Network, Regularisation};
use crate::{Error, Result};
use serde::Serialize;

/// Most completions of a list.
pub const MOST_COMPLETIONS: usize = 100;
/// Beginnings of words that are looked at side by side, at least: fewer miss words of the list, more take longer for nothing.
const LEAST_ROWS: usize = 16;
/// Symbols of a word, at most: what goes on for longer is none.
const MOST_SYMBOLS: usize = 32;

/// What may come next.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Completion {
    /// Of a symbol that ends the document: empty.
    pub text: String,
    /// That this comes next, as the model believes at temperature 1.
    pub probability: f64,
}

/// Beginnings of words in a network of several rows.
pub(super) struct Beam {
    network: Network<f32>,
    rows: usize,
    loaded: Option<u64>,
    tokens: Vec<u32>,
    /// A copy of a state, from which its rows are put in another order.
    scratch: Vec<f32>,
}

/// A beginning of a word, whose last symbol is still to be read.
#[derive(Clone, Copy)]
struct Beginning {
    probability: f64,
    /// The last symbol.
    token: u32,
    /// Where the state before it is, and what the word begins with up to it.
    row: usize,
}

impl Session {
    /// The `n` most likely next symbols, the most likely first, but for parts of characters. In a model of documents the end is one of
    /// them, as an empty text.
    ///
    /// # Errors
    /// [`Error::InvalidOption`], [`Error::NonFiniteEvaluation`] if the model's weights are damaged.
    pub fn next_symbols(
        &self,
        reader: &mut Reader,
        model: &Model,
        n: usize,
    ) -> Result<Vec<Completion>> {
        check_count(n)?;
        let mut session = self.clone();
        session.begin(reader, model);
        let tokenizer = model.tokenizer();
        let probabilities = reader.probabilities(model, &session)?.iter();
        let symbols = probabilities
            .zip(0..)
            .filter(|&(_, token)| tokenizer.is_text(token) || Some(token) == tokenizer.boundary());
        let mut found: Vec<Completion> = symbols
            .map(|(&probability, token)| Completion {
                text: tokenizer.text(token).into_owned(),
                probability: probability.into(),
            })
            .collect();
        keep_best(&mut found, n);
        Ok(found)
    }

    /// The `n` most likely ways to go on up to the end of a word, the most likely first: each of at least one symbol, none of which
    /// begins with one of the characters `ends`, and before one that does, or before the end of a document.
    ///
    /// A beam search over copies of the state. A beginning is never more likely than its words are together, so that one which is less
    /// likely than all words of the list is left; the list is exact as long as no more beginnings than the search has rows are likelier.
    ///
    /// # Errors
    /// [`Error::InvalidOption`], [`Error::NonFiniteEvaluation`] if the model's weights are damaged, [`Error::OutOfMemory`].
    pub fn next_words(
        &self,
        reader: &mut Reader,
        model: &Model,
        n: usize,
        ends: &str,
    ) -> Result<Vec<Completion>> {
        check_count(n)?;
        let mut session = self.clone();
        session.begin(reader, model);
        let is_end = ends_of_words(model, ends);
        let (mut open, mut found) = (Vec::new(), Vec::new());
        let first = reader.probabilities(model, &session)?;
        extend(&mut open, &is_end, first, 1.0, 0);
        let mut beam = match reader.beam.take() {
            Some(beam) if beam.rows >= n => beam,
            _ => Beam::new(model, n.max(LEAST_ROWS))?,
        };
        beam.enter(model, &session);
        let mut words = vec![Vec::new()];
        for _ in 0..MOST_SYMBOLS {
            let beginnings = beam.likeliest(&mut open, &found, n);
            if beginnings.is_empty() {
                break;
            }
            words = lengthen(&words, model, &beginnings);
            let logits = beam.read(model, &beginnings);
            let rows = logits.chunks_exact_mut(is_end.len());
            for (row, (beginning, logits)) in beginnings.iter().zip(rows).enumerate() {
                let (word, rest) = whole_part(&words[row]);
                to_probabilities(logits, model.tokenizer(), rest)?;
                let ends = logits.iter().zip(&is_end).filter(|&(_, &is_end)| is_end);
                let end: f64 = ends.map(|(&probability, _)| f64::from(probability)).sum();
                if end > 0.0 && rest.is_empty() {
                    found.push(Completion {
                        text: word.into(),
                        probability: beginning.probability * end,
                    });
                }
                extend(&mut open, &is_end, logits, beginning.probability, row);
            }
            keep_best(&mut found, n);
        }
        reader.beam = Some(beam);
        Ok(found)
    }
}

impl Beam {
    fn new(model: &Model, rows: usize) -> Result<Self> {
        let network = Network::new(
            model.config(),
            model.layout(),
            model.tokenizer().vocab_size(),
            rows,
            1,
            Purpose::Infer,
            Regularisation::default(),
        )?;
        Ok(Self {
            network,
            rows,
            loaded: None,
            tokens: vec![0; rows],
            scratch: Vec::new(),
        })
    }

    /// Puts the state of a session in the first row.
    fn enter(&mut self, model: &Model, session: &Session) {
        if self.loaded != Some(model.version()) {
            self.network.load(model.params());
            self.loaded = Some(model.version());
        }
        let mut rest = &session.state[..];
        self.network.states(&mut |state| {
            let (values, others) = rest.split_at(state.len() / self.rows);
            state[..values.len()].copy_from_slice(values);
            rest = others;
        });
        if !session.condition.is_empty() {
            self.network
                .set_condition(&session.condition.repeat(self.rows));
        }
    }

    /// Takes all beginnings, and of them those that may still lead to a word of the list, as many as there are rows.
    fn likeliest(
        &self,
        open: &mut Vec<Beginning>,
        found: &[Completion],
        n: usize,
    ) -> Vec<Beginning> {
        let least = found.get(n - 1).map_or(0.0, |worst| worst.probability);
        let mut open = std::mem::take(open);
        open.retain(|beginning| beginning.probability > least);
        open.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        open.truncate(self.rows);
        open
    }

    /// Reads the last symbol of each, from the state before it; the logits after it, a row for each.
    fn read(&mut self, model: &Model, beginnings: &[Beginning]) -> &mut [f32] {
        let scratch = &mut self.scratch;
        self.network.states(&mut |state| {
            let width = state.len() / self.rows;
            scratch.clear();
            scratch.extend_from_slice(state);
            for (row, beginning) in state.chunks_exact_mut(width).zip(beginnings) {
                row.copy_from_slice(&scratch[beginning.row * width..][..width]);
            }
        });
        for (token, beginning) in self.tokens.iter_mut().zip(beginnings) {
            *token = beginning.token;
        }
        self.network.forward(model.params(), &self.tokens, &[]);
        self.network.carry(1);
        self.network.logits(model.params(), 0)
    }
}

/// Of each token, whether a word ends before it; the unknown symbol has no probability anyway.
fn ends_of_words(model: &Model, ends: &str) -> Vec<bool> {
    let tokenizer = model.tokenizer();
    let is_end = |token| {
        let first = tokenizer.text(token).chars().next();
        first.map_or(Some(token) == tokenizer.boundary(), |first| {
            ends.contains(first)
        })
    };
    (0..tokenizer.vocab_size() as u32).map(is_end).collect()
}

/// What of the bytes of a word is whole characters, and the rest.
fn whole_part(word: &[u8]) -> (&str, &[u8]) {
    let whole = str::from_utf8(word).map_or_else(|error| error.valid_up_to(), str::len);
    let (whole, rest) = word.split_at(whole);
    (str::from_utf8(whole).unwrap_or_default(), rest)
}

/// Adds the beginnings that are one symbol longer than one of that probability in that row.
fn extend(open: &mut Vec<Beginning>, is_end: &[bool], next: &[f32], probability: f64, row: usize) {
    for (token, (&next, &is_end)) in (0..).zip(next.iter().zip(is_end)) {
        if !is_end && next > 0.0 {
            open.push(Beginning {
                probability: probability * f64::from(next),
                token,
                row,
            });
        }
    }
}

/// The words so far, with the last symbol of each.
fn lengthen(words: &[Vec<u8>], model: &Model, beginnings: &[Beginning]) -> Vec<Vec<u8>> {
    let word = |beginning: &Beginning| {
        let last = model.tokenizer().bytes(beginning.token);
        [words[beginning.row].as_slice(), last].concat()
    };
    beginnings.iter().map(word).collect()
}

/// The `n` most likely, in order; of equals the one that was found first.
fn keep_best(found: &mut Vec<Completion>, n: usize) {
    found.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    found.truncate(n);
}

/// # Errors
/// [`Error::InvalidOption`].
fn check_count(n: usize) -> Result<()> {
    if (1..=MOST_COMPLETIONS).contains(&n) {
        return Ok(());
    }
    let expected = format!("a whole number from 1 to {MOST_COMPLETIONS}");
    Err(Error::invalid("n", n, expected))
}
