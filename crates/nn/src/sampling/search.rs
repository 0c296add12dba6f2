//! The search for the likeliest texts: which beginnings are gone on with. docs/maths.md (10c).

use super::draw::{check_finite, to_probabilities};
use super::rows::Next;
use super::rules::{Progress, Rules};
use super::{SampleOptions, options::wrong};
use crate::tokenizer::Tokenizer;
use crate::{Error, Result};
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// A beam search: of all texts that are one symbol longer the likeliest `width` are gone on with, until none of them can become better than
/// those that are whole.
pub(crate) struct Search {
    width: usize,
    /// Texts to be found.
    wanted: usize,
    length: usize,
    length_penalty: f64,
    rules: Option<Rules>,
    boundary: Option<u32>,
    vocab_size: usize,
    /// The likeliest first.
    live: Vec<Beginning>,
    /// The best first; of equals the one that was found first.
    found: Vec<Found>,
    candidates: Vec<Candidate>,
}

/// A text that is not whole yet.
struct Beginning {
    /// ln p of its symbols together.
    log_probability: f64,
    tokens: Vec<u32>,
    /// Where there are rules.
    progress: Option<Progress>,
    /// Where it was before its last symbol.
    row: usize,
}

/// A whole text.
pub(crate) struct Found {
    pub text: String,
    /// Of a vocabulary whose symbols overlap, one way to write it.
    pub tokens: Vec<u32>,
    /// ln p / n^`length_penalty`.
    score: f64,
}

/// One of the live texts with one more symbol. The likelier one is larger, of equals the first, wherever it was found.
struct Candidate {
    log_probability: f64,
    from: usize,
    token: u32,
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_probability = self.log_probability.total_cmp(&other.log_probability);
        by_probability.then_with(|| (other.from, other.token).cmp(&(self.from, self.token)))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Candidate {}

impl Search {
    /// Checks the options.
    ///
    /// # Errors
    /// [`Error::InvalidOption`], [`Error::ContradictoryOptions`] for options of the draw, [`Error::OutOfMemory`].
    pub fn new(options: &SampleOptions, tokenizer: &Tokenizer) -> Result<Self> {
        let width = options.checked_beam_width()?;
        options.refuse_draws()?;
        let count = options.checked_count()?;
        if count > width {
            let expected = format!("at most beamWidth, {width}");
            return Err(wrong("count", count.to_string(), expected));
        }
        Ok(Self {
            width,
            wanted: count + options.spare.unwrap_or(0),
            length: options.length(),
            length_penalty: options.checked_length_penalty()?,
            rules: Rules::new(options, tokenizer)?,
            boundary: tokenizer.boundary(),
            vocab_size: tokenizer.vocab_size(),
            live: Vec::new(),
            found: Vec::new(),
            candidates: Vec::new(),
        })
    }

    /// Beginnings that there are at most.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Begins with the empty text.
    ///
    /// - `history`: the symbols before it that the rules look back on
    pub fn begin(&mut self, tokenizer: &Tokenizer, history: &[u32]) {
        let progress = self.rules.as_ref().map(|rules| {
            let mut progress = rules.progress();
            rules.start(&mut progress, history);
            progress
        });
        let is_over = progress.as_ref().is_some_and(|progress| progress.is_over);
        if is_over || self.length == 0 {
            self.finish(tokenizer, &[], 0.0, 0);
            return;
        }
        self.live.push(Beginning {
            log_probability: 0.0,
            tokens: Vec::new(),
            progress,
            row: 0,
        });
    }

    /// Whether nothing better can be found.
    pub fn is_over(&self) -> bool {
        let mut live = self.live.iter();
        live.all(|live| self.is_beaten(live.log_probability, live.tokens.len()))
    }

    /// What the beginnings read next, the likeliest first; not before the first [`extend`](Self::extend).
    pub fn nexts(&self) -> impl Iterator<Item = Next> + Clone {
        let last = |live: &Beginning| live.tokens.last().copied().unwrap_or(0);
        self.live.iter().map(move |live| (live.row, last(live)))
    }

    /// The texts that were found, the best first.
    pub fn found(&self) -> &[Found] {
        &self.found
    }

    /// Goes on by a symbol.
    ///
    /// - `logits`: \[live or more, V\], a row for each beginning in the order of [`nexts`](Self::nexts); overwritten
    ///
    /// # Errors
    /// [`Error::NonFiniteEvaluation`]; [`Error::NoSymbolLeft`] where the rules allow no text at all.
    pub fn extend(&mut self, tokenizer: &Tokenizer, logits: &mut [f32]) -> Result<()> {
        self.candidates.clear();
        let live = std::mem::take(&mut self.live);
        for (from, row) in logits.chunks_exact_mut(self.vocab_size).enumerate() {
            if let Some(live) = live.get(from) {
                self.propose(tokenizer, live, from, row)?;
            }
        }
        if self.candidates.is_empty() && self.found.is_empty() {
            return Err(self.no_text(&live));
        }
        self.choose(tokenizer, &live)
    }

    /// Adds what may follow a beginning to the candidates, or, where it may end, it to what was found.
    fn propose(
        &mut self,
        tokenizer: &Tokenizer,
        live: &Beginning,
        from: usize,
        row: &mut [f32],
    ) -> Result<()> {
        check_finite(row)?;
        let rest = tokenizer.rest_of(&live.tokens);
        tokenizer.forbid(row, &rest);
        let must_end = match (&mut self.rules, &live.progress) {
            (Some(rules), Some(progress)) => !rules.apply(tokenizer, row, progress, &rest),
            _ => false,
        };
        let so_far = live.log_probability;
        if must_end {
            let may_end = match (&self.rules, &live.progress) {
                (Some(rules), Some(progress)) => rules.may_stop_here(progress),
                _ => false,
            };
            if may_end {
                self.finish(tokenizer, &live.tokens, so_far, live.tokens.len());
            }
            return Ok(());
        }
        to_probabilities(row);
        let ln = |p: f32| so_far + f64::from(p).ln();
        if let Some(boundary) = self.boundary {
            let p = std::mem::take(&mut row[boundary as usize]);
            if p > 0.0 {
                self.finish(tokenizer, &live.tokens, ln(p), live.tokens.len() + 1);
            }
        }
        let is_last = live.tokens.len() + 1 == self.length;
        for token in self.likeliest(row, is_last && tokenizer.has_parts()) {
            let log_probability = ln(row[token as usize]);
            self.candidates.push(Candidate {
                log_probability,
                from,
                token,
            });
        }
        Ok(())
    }

    /// Tokens that may be gone on with after one beginning: no more of them have a chance.
    ///
    /// - `may_be_cut_off`: whether some of them may begin a character that cannot be ended, and is left out
    fn likeliest(&self, probabilities: &[f32], may_be_cut_off: bool) -> Vec<u32> {
        let mut tokens: Vec<u32> = (0..).take(probabilities.len()).collect();
        tokens.retain(|&token| probabilities[token as usize] > 0.0);
        // Where some of them end their text, or make the same one, they leave their place to others.
        let leave_places = may_be_cut_off || self.rules.as_ref().is_some_and(Rules::end_texts);
        if !leave_places && self.width < tokens.len() {
            tokens.select_nth_unstable_by(self.width, |&a, &b| {
                let by_probability =
                    probabilities[b as usize].total_cmp(&probabilities[a as usize]);
                by_probability.then(a.cmp(&b))
            });
            tokens.truncate(self.width);
        }
        tokens
    }

    /// Goes on with the likeliest candidates.
    fn choose(&mut self, tokenizer: &Tokenizer, before: &[Beginning]) -> Result<()> {
        let count = before.first().map_or(0, |live| live.tokens.len()) + 1;
        // A heap, because few of width · V are looked at: all have as many symbols, so that after one that is beaten all are.
        let mut candidates = BinaryHeap::from(std::mem::take(&mut self.candidates));
        while self.live.len() < self.width
            && let Some(candidate) = candidates.pop()
            && !self.is_beaten(candidate.log_probability, count)
        {
            self.go_on(tokenizer, &before[candidate.from], &candidate)?;
        }
        self.candidates = candidates.into_vec();
        Ok(())
    }

    fn go_on(
        &mut self,
        tokenizer: &Tokenizer,
        before: &Beginning,
        candidate: &Candidate,
    ) -> Result<()> {
        let &Candidate {
            log_probability,
            from: row,
            token,
        } = candidate;
        let mut tokens = Vec::with_capacity(before.tokens.len() + 1);
        tokens.extend_from_slice(&before.tokens);
        tokens.push(token);
        let mut progress = before.progress.clone();
        let count = tokens.len();
        let mut is_over = count == self.length;
        if let (Some(rules), Some(progress)) = (&self.rules, &mut progress) {
            let cut = rules.note(tokenizer, progress, token);
            tokenizer.cut(&mut tokens, cut.bytes)?;
            is_over |= progress.is_over;
        }
        if is_over {
            // A character that the length cuts off.
            let rest = tokenizer.rest_of(&tokens).len();
            tokenizer.cut(&mut tokens, rest)?;
            self.finish(tokenizer, &tokens, log_probability, count);
            return Ok(());
        }
        self.live.push(Beginning {
            log_probability,
            tokens,
            progress,
            row,
        });
        Ok(())
    }

    /// Takes note of a whole text, for which `count` choices were made.
    fn finish(
        &mut self,
        tokenizer: &Tokenizer,
        tokens: &[u32],
        log_probability: f64,
        count: usize,
    ) {
        let score = self.score(log_probability, count);
        if score <= self.least_score() {
            return;
        }
        let text = tokenizer.decode(tokens);
        // Before a stop string or where its document ends, or written in other symbols: the text is the same.
        let same = self.found.iter().position(|it| it.text == text);
        match same {
            Some(same) if self.found[same].score >= score => return,
            Some(same) => drop(self.found.remove(same)),
            None => {}
        }
        let place = self.found.partition_point(|found| found.score >= score);
        let found = Found {
            text,
            tokens: tokens.to_vec(),
            score,
        };
        self.found.insert(place, found);
        self.found.truncate(self.wanted);
    }

    fn score(&self, log_probability: f64, count: usize) -> f64 {
        // count^penalty; powf would be code that nothing else needs.
        log_probability / ((count.max(1) as f64).ln() * self.length_penalty).exp()
    }

    /// What a text has to be better than; -infinity while there is room for another.
    fn least_score(&self) -> f64 {
        let worst = self.found.get(self.wanted - 1);
        worst.map_or(f64::NEG_INFINITY, |worst| worst.score)
    }

    /// Whether a text of `count` choices can become none that is better than those that were found: its probability only falls, and of what
    /// it is divided by the extremes are at either end.
    fn is_beaten(&self, log_probability: f64, count: usize) -> bool {
        let least = self.least_score();
        self.score(log_probability, count) <= least
            && self.score(log_probability, self.length) <= least
    }

    fn no_text(&self, live: &[Beginning]) -> Box<Error> {
        match (
            &self.rules,
            live.first().and_then(|live| live.progress.as_ref()),
        ) {
            (Some(rules), Some(progress)) => rules.no_symbol_left(progress),
            // Without rules there is always a symbol that may follow, of some probability.
            _ => Error::NonFiniteEvaluation.into(),
        }
    }
}

#[cfg(test)]
mod tests;
