//! The tokens of a long text, in as few bytes as its vocabulary needs.

use crate::Result;
use crate::tokenizer::Tokenizer;

/// A token sequence: of most alphabets a byte each, where a model of Chinese takes two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tokens {
    /// Of up to 256 symbols.
    Bytes(Vec<u8>),
    /// Of up to 65,536.
    Pairs(Vec<u16>),
    /// Of more, and what was no text to begin with.
    Words(Vec<u32>),
}

impl Tokens {
    /// The tokens of a text; symbols outside the vocabulary become the unknown one.
    ///
    /// # Errors
    /// Those of [`Tokenizer::encode`].
    pub fn encode(tokenizer: &Tokenizer, text: &str) -> Result<Self> {
        Ok(match Self::width(tokenizer.vocab_size()) {
            1 => Self::Bytes(tokenizer.encode_as(text, |token| token as u8)?),
            2 => Self::Pairs(tokenizer.encode_as(text, |token| token as u16)?),
            _ => Self::Words(tokenizer.encode(text)?),
        })
    }

    /// Bytes that a token of such a vocabulary takes.
    pub fn width(vocab_size: usize) -> usize {
        match vocab_size {
            0..=0x100 => 1,
            0x101..=0x1_0000 => 2,
            _ => 4,
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Bytes(tokens) => tokens.len(),
            Self::Pairs(tokens) => tokens.len(),
            Self::Words(tokens) => tokens.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Token number `at`.
    ///
    /// # Panics
    /// If there are no more than `at`.
    pub fn get(&self, at: usize) -> u32 {
        match self {
            Self::Bytes(tokens) => tokens[at].into(),
            Self::Pairs(tokens) => tokens[at].into(),
            Self::Words(tokens) => tokens[at],
        }
    }
}

impl From<Vec<u32>> for Tokens {
    fn from(tokens: Vec<u32>) -> Self {
        Self::Words(tokens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// So many symbols, from the first one of Chinese on.
    fn alphabet(len: u32) -> String {
        ('\u{4e00}'..).take(len as usize).collect()
    }

    #[test]
    fn the_tokens_are_those_of_the_tokenizer_in_every_width() {
        // With the unknown symbol, 255 and 65,535 symbols just fit.
        for (symbols, width) in [(255, 1), (256, 2), (65_535, 2), (65_536, 4)] {
            let text = alphabet(symbols);
            let tokenizer = Tokenizer::from_source(&text).unwrap();
            assert_eq!(Tokens::width(tokenizer.vocab_size()), width, "{symbols}");
            let read = format!("{text}?");
            let tokens = Tokens::encode(&tokenizer, &read).unwrap();
            let all: Vec<u32> = (0..tokens.len()).map(|at| tokens.get(at)).collect();
            assert_eq!(all, tokenizer.encode(&read).unwrap(), "{symbols}");
            let is_so = match tokens {
                Tokens::Bytes(_) => width == 1,
                Tokens::Pairs(_) => width == 2,
                Tokens::Words(_) => width == 4,
            };
            assert!(is_so, "{symbols}");
        }
    }
}
