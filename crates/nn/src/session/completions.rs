//! What is likely to come next: symbols, or the rest of a word.

use super::reader::probabilities_after;
use super::{Reader, Session};
use crate::linear::Purpose;
use crate::model::Model;
use crate::sampling::Rows;
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
        let mut rows = match reader.rows.take() {
            Some(rows) if rows.count() >= n => rows,
            _ => Rows::new(model, n.max(LEAST_ROWS), Purpose::Infer)?,
        };
        rows.enter(&session.state);
        rows.set_condition(&session.condition);
        let mut words = vec![Vec::new()];
        for _ in 0..MOST_SYMBOLS {
            let beginnings = likeliest(&mut open, rows.count(), &found, n);
            if beginnings.is_empty() {
                break;
            }
            words = lengthen(&words, model, &beginnings);
            rows.read(model, beginnings.iter().map(|it| (it.row, it.token)));
            let logits = rows.logits(model).chunks_exact_mut(is_end.len());
            for (row, (beginning, logits)) in beginnings.iter().zip(logits).enumerate() {
                let (word, rest) = whole_part(&words[row]);
                probabilities_after(logits, model.tokenizer(), rest)?;
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
        reader.rows = Some(rows);
        Ok(found)
    }
}

/// Takes all beginnings, and of them those that may still lead to a word of the list, as many as there are rows.
fn likeliest(
    open: &mut Vec<Beginning>,
    rows: usize,
    found: &[Completion],
    n: usize,
) -> Vec<Beginning> {
    let least = found.get(n - 1).map_or(0.0, |worst| worst.probability);
    let mut open = std::mem::take(open);
    open.retain(|beginning| beginning.probability > least);
    open.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    open.truncate(rows);
    open
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
