//! Texts that match a regular expression, written so that none ends in a dead end. docs/maths.md (10).
//!
//! Literals, classes (`[a-z]`, `[^a-z]`, `\d`, `\w`, `\s` and their opposites, `.`), escapes, groups, `|`, `*`, `+`, `?`
//! and `{m,n}`, as JavaScript reads them without flags. Not there: lookaround, references, word boundaries, `\p`.

mod automaton;
mod letters;
mod parse;
mod set;
#[cfg(test)]
mod tests;
mod walk;

use super::options::{shortened, wrong};
use crate::error::allocate;
use crate::message::quoted;
use crate::tokenizer::Tokenizer;
use crate::{GrowsWith, Result};
use automaton::Automaton;
use letters::Letters;
use parse::{Class, parse};
use set::{MOST_PLACES, Set};
use walk::Walk;

/// Symbols that a message names at most.
const MOST_NAMED: usize = 5;

/// The automaton of Glushkov (1961): its states are the places of the pattern that take a symbol, and 0 for the start.
///
/// It is run as it is, with sets of states, and never made deterministic: how far a set is from the end is how far its
/// nearest state is, so that there is nothing to gain but speed, of which there is enough.
pub(crate) struct Pattern {
    /// Of each place those that may come next.
    follow: Vec<Set>,
    /// The places behind which the pattern may end.
    last: Set,
    /// Of each place, how many more symbols the pattern needs to end, if each is one character; none if it cannot.
    distance: Vec<Option<usize>>,
    /// For each number of symbols below the least length: the places that, reached with so many, can still end the
    /// pattern between that length and the most.
    early: Vec<Set>,
    length: usize,
    letters: Letters,
    /// [places, words]: which letters a place takes, a bit for each.
    taken: Vec<u64>,
    words: usize,
}

/// Where in a pattern a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    next: Set,
    /// Whether the text so far matches.
    pub is_complete: bool,
}

/// What a pattern allows next. Its memory is used again and again.
#[derive(Default)]
pub(crate) struct Allowed {
    /// A bit for each token.
    pub tokens: Vec<u64>,
    /// Letters after which the pattern can still be ended, and those that it takes at all.
    alive: Vec<u64>,
    taken: Vec<u64>,
    /// Along tokens of several characters.
    walk: Walk,
}

impl Pattern {
    /// - `banned`: tokens that are never written, in their order
    ///
    /// # Errors
    /// [`crate::Error::InvalidOption`] for one that cannot be read, or that no text of the alphabet and of a length in between
    /// matches; [`crate::Error::OutOfMemory`].
    pub fn new(
        pattern: &str,
        tokenizer: &Tokenizer,
        banned: &[u32],
        min_length: usize,
        length: usize,
    ) -> Result<Self> {
        let wrong = |expected: String| {
            let expected = format!("a regular expression {expected}");
            // As it is: quoted as Rust's strings are, its backslashes would be doubled.
            wrong(
                "allowedPattern",
                format!("\"{}\"", shortened(pattern)),
                expected,
            )
        };
        let node = parse(pattern).map_err(|expected| wrong(expected.into()))?;
        let places = Automaton::new(node)
            .ok_or_else(|| wrong(format!("of fewer than {MOST_PLACES} symbols and classes, those that repeat counted as often as they must or may come")))?;
        let classes = places.classes.clone();
        let mut automaton = Self::of(places, tokenizer, banned, length)?;
        automaton.look_ahead(min_length)?;
        if !automaton.is_alive(0, 0) {
            return Err(wrong(format!(
                "that a text of {min_length} to {length} symbols can match, all of which the model knows and may write{}",
                automaton.what_is_missing(&classes)
            )));
        }
        Ok(automaton)
    }

    fn of(
        automaton: Automaton,
        tokenizer: &Tokenizer,
        banned: &[u32],
        length: usize,
    ) -> Result<Self> {
        let Automaton {
            classes,
            follow,
            last,
        } = automaton;
        let letters = Letters::of(tokenizer, banned);
        let words = letters.characters.len().div_ceil(64);
        let mut taken: Vec<u64> = allocate(&[follow.len(), words], "allowedPattern")
            .map_err(|error| error.growing_with(GrowsWith::AllowedPattern))?;
        for (letter, &character) in letters.characters.iter().enumerate() {
            for (class, place) in classes.iter().zip(1..) {
                if class.has(character) {
                    taken[place * words + letter / 64] |= 1 << (letter % 64);
                }
            }
        }
        Ok(Self {
            distance: vec![None; follow.len()],
            follow,
            last,
            early: Vec::new(),
            length,
            letters,
            taken,
            words,
        })
    }

    /// For a message: the first few symbols of the pattern that cannot be written; of a class its lowest.
    fn what_is_missing(&self, classes: &[Class]) -> String {
        let places = (1..).zip(classes);
        let mut missing: Vec<char> = places
            .filter(|&(place, _)| !self.is_usable(place))
            .filter_map(|(_, class)| class.lowest())
            .collect();
        missing.sort_unstable();
        missing.dedup();
        let more = if missing.len() > MOST_NAMED {
            ", …"
        } else {
            ""
        };
        missing.truncate(MOST_NAMED);
        let named: Vec<String> = missing
            .iter()
            .map(|symbol| quoted(&symbol.to_string()))
            .collect();
        if named.is_empty() {
            return String::new();
        }
        format!(
            "; of its symbols the model does not know, or may not write, {}{more}",
            named.join(", ")
        )
    }

    /// Whether a text can come to a place. One that takes no character which is a symbol of its own is not counted on.
    fn is_usable(&self, place: usize) -> bool {
        let is_met = |taken: &[u64]| {
            let mut letters = taken.iter().zip(&self.letters.own);
            letters.any(|(taken, own)| taken & own != 0)
        };
        place == 0 || is_met(self.taken_by(place))
    }

    /// Finds out from which places the pattern can be ended, and how soon.
    fn look_ahead(&mut self, min_length: usize) -> Result<()> {
        let places = self.follow.len();
        let usable: Vec<usize> = (0..places).filter(|&place| self.is_usable(place)).collect();
        let mut found = Set::default();
        for steps in 0..places {
            let may_end = |&&place: &&usize| match steps {
                0 => self.last.has(place),
                _ => !found.has(place) && self.follow[place].meets(&found),
            };
            let next: Vec<usize> = usable.iter().filter(may_end).copied().collect();
            if next.is_empty() {
                break;
            }
            for place in next {
                self.distance[place] = Some(steps);
                found.insert(place);
            }
        }
        self.early = allocate(&[min_length], "minLength with allowedPattern")
            .map_err(|error| error.growing_with(GrowsWith::MinLength))?;
        for written in (0..min_length).rev() {
            let alive = |place: &usize| {
                self.follow[*place]
                    .iter()
                    .any(|next| self.is_alive(next, written + 1))
            };
            let alive = usable.iter().copied().filter(alive).collect();
            self.early[written] = alive;
        }
        Ok(())
    }

    /// Whether a text that has reached `place` with so many symbols can still end well.
    fn is_alive(&self, place: usize, written: usize) -> bool {
        match self.early.get(written) {
            Some(alive) => alive.has(place),
            None => self.distance[place].is_some_and(|steps| steps <= self.length - written),
        }
    }

    fn taken_by(&self, place: usize) -> &[u64] {
        &self.taken[place * self.words..][..self.words]
    }

    fn takes(&self, place: usize, letter: u32) -> bool {
        has(self.taken_by(place), letter)
    }

    pub fn start(&self) -> Place {
        Place {
            next: self.follow[0],
            is_complete: self.last.has(0),
        }
    }

    /// Whether a text in this place, which has so many symbols, can be given another one.
    pub fn goes_on(&self, place: &Place, written: usize) -> bool {
        written < self.length
            && place
                .next
                .iter()
                .any(|next| self.is_alive(next, written + 1))
    }

    /// Collects the tokens after which the pattern can still be ended; `allowed` is overwritten.
    pub fn allow(&self, place: &Place, written: usize, allowed: &mut Allowed) {
        let Allowed {
            tokens,
            alive,
            taken,
            walk,
        } = allowed;
        walk.begin();
        for letters in [&mut *alive, &mut *taken] {
            letters.clear();
            letters.resize(self.words, 0);
        }
        for next in place.next.iter() {
            add(taken, self.taken_by(next));
            if self.is_alive(next, written + 1) {
                add(alive, self.taken_by(next));
            }
        }
        tokens.clear();
        tokens.resize(self.letters.tokens().div_ceil(64), 0);
        for token in 0..self.letters.tokens() {
            let is_allowed = match *self.letters.of_token(token) {
                [letter] => has(alive, letter),
                [first, ..] => has(taken, first) && self.leads_on(place, token, written + 1, walk),
                [] => false,
            };
            tokens[token / 64] |= u64::from(is_allowed) << (token % 64);
        }
    }

    /// Whether a text can still end well after a token of several characters, with which it has so many symbols.
    fn leads_on(&self, place: &Place, token: usize, written: usize, walk: &mut Walk) -> bool {
        let (&last, before) = match self.letters.of_token(token).split_last() {
            Some(parts) => parts,
            None => return false,
        };
        let place = walk.along(self, place, before);
        let mut reached = place.next.iter().filter(|&next| self.takes(next, last));
        reached.any(|next| self.is_alive(next, written))
    }

    /// Goes on with a token that was allowed.
    pub fn follow(&self, place: &mut Place, token: u32) {
        for &letter in self.letters.of_token(token as usize) {
            self.step(place, letter);
        }
    }

    fn step(&self, place: &mut Place, letter: u32) {
        let reached = std::mem::take(&mut place.next);
        place.is_complete = false;
        for reached in reached
            .iter()
            .filter(|&reached| self.takes(reached, letter))
        {
            place.next.add(&self.follow[reached]);
            place.is_complete |= self.last.has(reached);
        }
    }
}

/// Whether a letter's bit is set.
fn has(letters: &[u64], letter: u32) -> bool {
    letters[letter as usize / 64] >> (letter % 64) & 1 == 1
}

/// Sets the bits of others, too.
fn add(letters: &mut [u64], others: &[u64]) {
    for (letters, others) in letters.iter_mut().zip(others) {
        *letters |= others;
    }
}
