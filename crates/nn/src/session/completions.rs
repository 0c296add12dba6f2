//! What is likely to come next: symbols, or the rest of a word.

use super::reader::probabilities_after;
use super::{Reader, Session};
use crate::json::report;
use crate::linear::Purpose;
use crate::model::Model;
use crate::sampling::Rows;
use crate::tokenizer::{SymbolMap, Tokenizer};
use crate::{Error, Result};

/// Most completions of a list.
pub const MOST_COMPLETIONS: usize = 100;
/// Beginnings of words that are looked at side by side, at least: fewer miss words of the list, more take longer for nothing.
const LEAST_ROWS: usize = 16;
/// Symbols of a word, at most: what goes on for longer is none.
const MOST_SYMBOLS: usize = 32;

/// What may come next.
#[derive(Clone, Debug, PartialEq)]
pub struct Completion {
    /// Of a symbol that ends the document: empty.
    pub text: String,
    /// That this comes next, as the model believes at temperature 1.
    pub probability: f64,
}

report!(Completion {
    text = "text",
    probability = "probability",
});

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
    /// Where a text can be written in several ways, it is there once, with the probability of those that were found: a lower bound.
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
        let tokenizer = model.tokenizer();
        let ends = Ends::new(tokenizer, ends);
        let (mut open, mut found) = (Vec::new(), Vec::new());
        let first = reader.probabilities(model, &session)?;
        ends.take(tokenizer, first, &[]);
        extend(&mut open, first, 1.0, 0);
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
            let logits = rows.logits(model).chunks_exact_mut(tokenizer.vocab_size());
            for (row, (beginning, logits)) in beginnings.iter().zip(logits).enumerate() {
                let (word, rest) = whole_part(&words[row]);
                probabilities_after(logits, tokenizer, rest)?;
                let end = ends.take(tokenizer, logits, rest);
                add(&mut found, word, beginning.probability * end);
                extend(&mut open, logits, beginning.probability, row);
            }
            keep_best(&mut found, n);
        }
        reader.rows = Some(rows);
        Ok(found)
    }
}

/// What words end before.
struct Ends {
    characters: SymbolMap,
    /// Of each token, whether a word ends before it; the unknown symbol has no probability anyway.
    tokens: Vec<bool>,
}

impl Ends {
    fn new(tokenizer: &Tokenizer, ends: &str) -> Self {
        let mut characters = SymbolMap::new();
        ends.chars()
            .for_each(|character| characters.insert(character, 0));
        let is_end = |token| {
            let first = tokenizer.text(token).chars().next();
            first.map_or(Some(token) == tokenizer.boundary(), |first| {
                characters.get(first).is_some()
            })
        };
        let tokens = 0..tokenizer.vocab_size() as u32;
        Self {
            tokens: tokens.map(is_end).collect(),
            characters,
        }
    }

    /// The probability that a word ends here, which becomes 0 where it comes from.
    ///
    /// - `rest`: the bytes of a character that is not complete yet: the word ended before it, if it turns out to be an end
    fn take(&self, tokenizer: &Tokenizer, next: &mut [f32], rest: &[u8]) -> f64 {
        let mut sum = 0.0;
        for (token, probability) in (0..).zip(next) {
            let is_end = if rest.is_empty() {
                self.tokens[token as usize]
            } else {
                let character = tokenizer.completed(rest, token);
                character.is_some_and(|it| self.characters.get(it).is_some())
            };
            if is_end {
                sum += f64::from(std::mem::take(probability));
            }
        }
        sum
    }
}

/// Adds a word, or a further way to write it. None are words of no symbol, and what cannot end.
fn add(found: &mut Vec<Completion>, word: &str, probability: f64) {
    if word.is_empty() || probability == 0.0 {
        return;
    }
    match found.iter_mut().find(|known| known.text == word) {
        Some(known) => known.probability += probability,
        None => found.push(Completion {
            text: word.into(),
            probability,
        }),
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

/// What of the bytes of a word is whole characters, and the rest.
fn whole_part(word: &[u8]) -> (&str, &[u8]) {
    let whole = str::from_utf8(word).map_or_else(|error| error.valid_up_to(), str::len);
    let (whole, rest) = word.split_at(whole);
    (str::from_utf8(whole).unwrap_or_default(), rest)
}

/// Adds the beginnings that are one symbol longer than one of that probability in that row.
fn extend(open: &mut Vec<Beginning>, next: &[f32], probability: f64, row: usize) {
    for (token, &next) in (0..).zip(next) {
        if next > 0.0 {
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
