//! The way through a pattern along the letters of a token.

use super::{Pattern, Place};

/// The way along the letters of one token after the other. In a vocabulary of words neighbours begin alike, and what they have in common is
/// gone once.
#[derive(Default)]
pub(super) struct Walk {
    letters: Vec<u32>,
    /// After each of the letters.
    places: Vec<Place>,
}

impl Walk {
    /// Goes back to where all tokens begin.
    pub fn begin(&mut self) {
        self.turn_to(&[]);
    }

    /// Where a text in the place `start`, which is the same for all tokens since the [beginning](Self::begin), is after these letters.
    pub fn along(&mut self, pattern: &Pattern, start: &Place, letters: &[u32]) -> Place {
        let known = self.turn_to(letters);
        let mut place = self.places.last().copied().unwrap_or(*start);
        for &letter in &letters[known..] {
            pattern.step(&mut place, letter);
            self.letters.push(letter);
            self.places.push(place);
        }
        place
    }

    /// Goes back to where the way to these letters branches off, and tells how many of them lie before.
    fn turn_to(&mut self, letters: &[u32]) -> usize {
        let both = self.letters.iter().zip(letters);
        let known = both.take_while(|(a, b)| a == b).count();
        self.letters.truncate(known);
        self.places.truncate(known);
        known
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokenizer::Tokenizer;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn what_tokens_have_in_common_is_gone_once() {
        let tokenizer = Tokenizer::from_source("abc").unwrap();
        let pattern = Pattern::new("(ab|a)*c?", &tokenizer, &[], 0, 9).unwrap();
        let start = pattern.start();
        let mut walk = Walk::default();
        for (letters, known) in [
            (&[0, 1, 0][..], 0),
            (&[0, 1, 0, 2], 3),
            (&[0, 1, 2], 2),
            (&[0, 1], 2),
            (&[1, 1], 0),
            (&[], 0),
        ] {
            assert_eq!(walk.turn_to(letters), known, "{letters:?}");
            let place = walk.along(&pattern, &start, letters);
            let mut expected = start;
            letters
                .iter()
                .for_each(|&letter| pattern.step(&mut expected, letter));
            assert_eq!(place, expected, "{letters:?}");
        }
    }
}
