//! The characters that tokens are made of.

use crate::tokenizer::{SymbolMap, Tokenizer};

/// What a pattern sees of a vocabulary: tokens as rows of letters, which are its distinct characters.
///
/// Of a vocabulary of bytes only those tokens count that are whole characters, so that nothing is written by halves which the pattern would
/// not let be completed.
pub(super) struct Letters {
    /// By the number of the letter.
    pub characters: Vec<char>,
    /// A bit for each letter: whether it is a token by itself.
    pub own: Vec<u64>,
    /// Those of all tokens, one token after the other, and where each one's end. Tokens that are not written have none.
    letters: Vec<u32>,
    ends: Vec<usize>,
}

impl Letters {
    /// - `banned`: tokens that are not written, in their order
    pub fn of(tokenizer: &Tokenizer, banned: &[u32]) -> Self {
        let mut number_of = SymbolMap::new();
        let mut found = Self {
            characters: Vec::new(),
            own: Vec::new(),
            letters: Vec::new(),
            ends: Vec::new(),
        };
        let is_written = |token| tokenizer.is_text(token) && banned.binary_search(&token).is_err();
        for token in 0..tokenizer.vocab_size() as u32 {
            let start = found.letters.len();
            if is_written(token) {
                for character in tokenizer.text(token).chars() {
                    let next = found.characters.len() as u32;
                    let letter = number_of.get(character).unwrap_or(next);
                    if letter == next {
                        number_of.insert(character, letter);
                        found.characters.push(character);
                    }
                    found.letters.push(letter);
                }
            }
            found.ends.push(found.letters.len());
            if let [letter] = found.letters[start..] {
                found.own.resize(found.characters.len().div_ceil(64), 0);
                found.own[letter as usize / 64] |= 1 << (letter % 64);
            }
        }
        found.own.resize(found.characters.len().div_ceil(64), 0);
        found
    }

    pub fn tokens(&self) -> usize {
        self.ends.len()
    }

    pub fn of_token(&self, token: usize) -> &[u32] {
        let start = token.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.letters[start..self.ends[token]]
    }
}
