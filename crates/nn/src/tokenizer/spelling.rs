//! What tokens stand for.

use super::{Lexicon, REPLACEMENT, pairs};
use std::ops::Range;

/// The bytes of all tokens, one after the other, and where those of each end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Spelling {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl Spelling {
    pub fn of(lexicon: &Lexicon, has_unknown: bool, has_boundary: bool) -> Self {
        let mut spelling = Self::default();
        if has_unknown {
            spelling.add_symbol(REPLACEMENT);
        }
        if has_boundary {
            spelling.add(b"");
        }
        match lexicon {
            Lexicon::Symbols(lexicon) => {
                let pieces = lexicon.pieces.iter();
                pieces.for_each(|piece| spelling.add(piece.as_bytes()));
                let symbols = lexicon.symbols.iter();
                symbols.for_each(|&symbol| spelling.add_symbol(symbol));
            }
            Lexicon::Bytes(lexicon) => {
                let first = spelling.len();
                (0..=u8::MAX).for_each(|byte| spelling.add(&[byte]));
                for &both in &lexicon.merges {
                    let (left, right) = pairs::units(both);
                    for unit in [left, right] {
                        let range = spelling.range(first + unit as usize);
                        spelling.bytes.extend_from_within(range);
                    }
                    spelling.add(b"");
                }
            }
        }
        spelling
    }

    /// Ends a token with these bytes.
    fn add(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.ends.push(self.bytes.len() as u32);
    }

    fn add_symbol(&mut self, symbol: char) {
        self.add(symbol.encode_utf8(&mut [0; 4]).as_bytes());
    }

    fn range(&self, token: usize) -> Range<usize> {
        let start = token.checked_sub(1).map_or(0, |before| self.ends[before]);
        start as usize..self.ends[token] as usize
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn get(&self, token: u32) -> &[u8] {
        &self.bytes[self.range(token as usize)]
    }
}
