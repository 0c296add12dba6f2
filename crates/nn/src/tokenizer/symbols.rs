//! A lexicon of symbols: characters, and what is longer than one: grapheme clusters, words.

use super::symbol_map::SymbolMap;
use crate::{Error, Result};

/// Symbols that take the longest piece that a text goes on with, and else one character. What is in neither is read as the unknown
/// symbol and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Symbols {
    has_unknown: bool,
    /// Tokens before that of the first piece.
    specials: u32,
    /// Longer symbols, in the order of their bytes.
    pub pieces: Vec<String>,
    /// Characters, whose tokens follow those of the pieces.
    pub symbols: Vec<char>,
    token_of: SymbolMap,
}

/// What the bytes of a symbol outside of the lexicon are written in: a number system whose digits are the first tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Digits {
    /// Bits of a digit: a byte is one of 8, two of 4, or eight of 1.
    pub bits: u32,
    /// The token of digit 0.
    first: u32,
    /// How many tokens there are from `first` on.
    count: u32,
}

impl Symbols {
    /// # Errors
    /// [`Error::BadModelFile`] if there is no character, one that stands there twice, or pieces out of order.
    pub fn new(
        pieces: Vec<String>,
        symbols: Vec<char>,
        has_unknown: bool,
        specials: u32,
    ) -> Result<Self> {
        let mut token_of = SymbolMap::new();
        for (&symbol, token) in symbols.iter().zip(specials + pieces.len() as u32..) {
            token_of.insert(symbol, token);
        }
        let bad = |reason: &str| Error::BadModelFile(reason.into()).into();
        if symbols.is_empty() || token_of.len() != symbols.len() {
            return Err(bad("its vocabulary is empty or names a symbol twice"));
        }
        let is_long = |piece: &String| piece.chars().nth(1).is_some();
        if !pieces.is_sorted_by(|a, b| a < b) || !pieces.iter().all(is_long) {
            return Err(bad(
                "the pieces of its vocabulary are too short or out of order",
            ));
        }
        Ok(Self {
            has_unknown,
            specials,
            pieces,
            symbols,
            token_of,
        })
    }

    /// The token of a symbol, or none if it is not in the lexicon.
    pub fn token(&self, text: &str) -> Option<u32> {
        let mut symbols = text.chars();
        match (symbols.next(), symbols.next()) {
            (Some(symbol), None) => self.token_of.get(symbol),
            _ => {
                let place = self
                    .pieces
                    .binary_search_by(|piece| piece.as_str().cmp(text));
                place.ok().map(|place| self.specials + place as u32)
            }
        }
    }

    /// Whether a character is in the lexicon.
    pub fn knows(&self, symbol: char) -> bool {
        self.token_of.get(symbol).is_some()
    }

    /// The most tokens that a text can have: as many as it has without pieces.
    pub fn most_tokens(&self, text: &str) -> usize {
        let spelt = |bytes: usize| 1 + bytes * (8 / self.digits().bits) as usize;
        let tokens = text.chars().map(|symbol| match self.knows(symbol) {
            true => 1,
            false => spelt(symbol.len_utf8()),
        });
        tokens.sum()
    }

    /// Hands out the tokens of a text. False where it has a symbol that cannot be read.
    pub fn read(&self, text: &str, mut take: impl FnMut(u32)) -> bool {
        if !self.pieces.is_empty() {
            return self.read_pieces(text, &mut take);
        }
        // A long text is read here, so that what it calls is known.
        text.chars().all(|symbol| match self.token_of.get(symbol) {
            Some(token) => {
                take(token);
                true
            }
            None => self.spell(symbol, &mut take),
        })
    }

    #[inline(never)]
    fn read_pieces(&self, text: &str, take: &mut dyn FnMut(u32)) -> bool {
        let mut rest = text;
        while let Some(symbol) = rest.chars().next() {
            let mut len = symbol.len_utf8();
            if let Some((token, piece)) = self.longest_piece(rest) {
                take(token);
                len = piece;
            } else if let Some(token) = self.token_of.get(symbol) {
                take(token);
            } else if !self.spell(symbol, take) {
                return false;
            }
            rest = &rest[len..];
        }
        true
    }

    /// The unknown symbol, then the bytes, the high digits of each first. False where there is none.
    #[inline(never)]
    fn spell(&self, symbol: char, take: &mut dyn FnMut(u32)) -> bool {
        if !self.has_unknown {
            return false;
        }
        take(0);
        let digits = self.digits();
        for &byte in symbol.encode_utf8(&mut [0; 4]).as_bytes() {
            let places = 8 / digits.bits;
            for place in (0..places).rev() {
                take(digits.token(byte >> (place * digits.bits)));
            }
        }
        true
    }

    /// What its tokens are as digits. With a single symbol the unknown one is a digit, too.
    pub fn digits(&self) -> Digits {
        let count = self.pieces.len() + self.symbols.len();
        let bits = match count {
            0..16 => 1,
            16..256 => 4,
            _ => 8,
        };
        Digits {
            bits,
            first: self.specials,
            count: count as u32,
        }
    }

    /// The longest piece that a text begins with, and its bytes.
    fn longest_piece(&self, text: &str) -> Option<(u32, usize)> {
        let (mut first, mut found) = (0, None);
        let mut those = &self.pieces[..];
        for (at, byte) in text.bytes().enumerate() {
            // Those that go on with this byte; what ends before it comes first.
            let next = |piece: &String| piece.as_bytes().get(at).copied();
            let skipped = those.partition_point(|piece| next(piece) < Some(byte));
            let end = those.partition_point(|piece| next(piece) <= Some(byte));
            those = &those[skipped..end];
            first += skipped;
            let Some(shortest) = those.first() else {
                break;
            };
            if shortest.len() == at + 1 {
                found = Some((self.specials + first as u32, at + 1));
            }
        }
        found
    }
}

impl Digits {
    /// The token of the lowest digit of a number.
    fn token(self, number: u8) -> u32 {
        let digit = u32::from(number) & ((1 << self.bits) - 1);
        if digit < self.count {
            self.first + digit
        } else {
            0
        }
    }

    /// The digit of a token, if it is one.
    pub fn digit(self, token: u32) -> Option<u8> {
        let digit = match token.checked_sub(self.first) {
            Some(digit) => digit,
            None => self.count,
        };
        (digit < 1 << self.bits).then_some(digit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn lexicon(pieces: &[&str], symbols: &str) -> Symbols {
        let pieces = pieces.iter().map(|&piece| piece.into()).collect();
        Symbols::new(pieces, symbols.chars().collect(), true, 1).unwrap()
    }

    fn read(lexicon: &Symbols, text: &str) -> Vec<u32> {
        let mut tokens = Vec::new();
        assert!(lexicon.read(text, |token| tokens.push(token)));
        assert!(tokens.len() <= lexicon.most_tokens(text));
        tokens
    }

    #[test]
    fn the_longest_piece_is_taken_and_else_a_character() {
        // Tokens 1 to 4 are pieces, 5 to 9 characters.
        let lexicon = lexicon(&["ab", "abab", "ba", "éa"], "abcé ");
        for (text, tokens) in [
            ("abab", &[2][..]),
            ("ababab", &[2, 1]),
            ("aba", &[1, 5]),
            ("abac", &[1, 5, 7]),
            ("ba", &[3]),
            ("cba", &[7, 3]),
            ("éa é", &[4, 9, 8]),
            ("", &[]),
        ] {
            assert_eq!(read(&lexicon, text), tokens, "{text}");
        }
        assert_eq!(lexicon.token("abab"), Some(2));
        assert_eq!(lexicon.token("é"), Some(8));
        assert_eq!(lexicon.token("abb"), None);
        assert_eq!(lexicon.token(""), None);
    }

    #[test]
    fn it_agrees_with_a_search_for_the_longest() {
        let pieces = ["aa", "aab", "abba", "ba", "bab", "bb", "bbbb"];
        let lexicon = lexicon(&pieces, "abc");
        let mut rng = crate::rng::Pcg32::new(1);
        for _ in 0..300 {
            let random = |_| ['a', 'b', 'c'][rng.next_u32() as usize % 3];
            let text: String = (0..20).map(random).collect();
            let (mut rest, mut expected) = (&text[..], Vec::new());
            while let Some(symbol) = rest.chars().next() {
                let fitting = pieces.iter().filter(|piece| rest.starts_with(**piece));
                let longest = fitting.max_by_key(|piece| piece.len());
                let one = symbol.to_string();
                let piece = longest.copied().unwrap_or(&one);
                expected.push(lexicon.token(piece).unwrap());
                rest = &rest[piece.len()..];
            }
            assert_eq!(read(&lexicon, &text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_unknown_is_spelt_in_the_first_tokens() {
        // é is C3 A9. Of 16 symbols each byte takes two.
        let sixteen = lexicon(&[], "abcdefghijklmnop");
        assert_eq!(read(&sixteen, "é"), [0, 13, 4, 11, 10]);
        // Of fewer eight: 1100 0011, 1010 1001.
        let [zero, one] = [1, 2];
        let bits = [1, 1, 0, 0, 0, 0, 1, 1, 1, 0, 1, 0, 1, 0, 0, 1];
        let digits = |one| bits.map(|bit| if bit == 1 { one } else { zero });
        assert_eq!(read(&lexicon(&[], "ab"), "é")[1..], digits(one));
        assert_eq!(read(&lexicon(&[], "a"), "é")[1..], digits(0));
        let many: String = ('一'..).take(256).collect();
        assert_eq!(read(&lexicon(&[], &many), "é"), [0, 0xc4, 0xaa]);
    }

    #[test]
    fn without_an_unknown_symbol_it_is_not_read() {
        let strict = Symbols::new(Vec::new(), vec!['a'], false, 0).unwrap();
        assert!(strict.read("aa", |_| {}));
        assert!(!strict.read("ab", |_| {}));
    }

    #[test]
    fn pieces_out_of_order_are_refused() {
        let new = |pieces: &[&str]| {
            let pieces = pieces.iter().map(|&piece| piece.into()).collect();
            Symbols::new(pieces, vec!['a'], true, 1)
        };
        assert!(new(&["ab", "b!"]).is_ok());
        for pieces in [&["b!", "ab"][..], &["ab", "ab"], &["a"], &[""]] {
            assert_eq!(new(pieces).unwrap_err().code(), "bad-model-file");
        }
    }
}
