//! Symbols of a text: its distinct Unicode scalar values, and one for all others.

use crate::error::reserve;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};

/// What the unknown symbol is written as.
pub const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// A character tokenizer: one token per Unicode scalar value (not per UTF-16 unit).
///
/// With an unknown symbol, which every vocabulary made by mynah has, that is token 0 and the symbols follow from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokenizer {
    symbols: Vec<char>,
    has_unknown: bool,
    token_of: HashMap<char, u32>,
}

/// How a tokenizer stands in a model file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TokenizerFile {
    kind: String,
    symbols: String,
    #[serde(default = "yes")]
    has_unknown: bool,
}

fn yes() -> bool {
    true
}

impl Tokenizer {
    /// The vocabulary of a text: its distinct symbols in the order of their code points, after the unknown symbol.
    ///
    /// # Errors
    /// [`Error::EmptyText`].
    pub fn from_text(text: &str) -> Result<Self> {
        // Not `collect`, which would first gather and sort every character of the text.
        let mut symbols = BTreeSet::new();
        text.chars().for_each(|symbol| _ = symbols.insert(symbol));
        if symbols.is_empty() {
            return Err(Error::EmptyText { what: "the text" });
        }
        Ok(Self::new(symbols.into_iter().collect(), true).expect("a set has no duplicates"))
    }

    /// A vocabulary in the given order.
    ///
    /// # Errors
    /// [`Error::BadModelFile`] if a symbol stands in it twice, or there is none.
    pub fn new(symbols: Vec<char>, has_unknown: bool) -> Result<Self> {
        let first = u32::from(has_unknown);
        let token_of: HashMap<char, u32> = symbols
            .iter()
            .zip(first..)
            .map(|(&symbol, token)| (symbol, token))
            .collect();
        if symbols.is_empty() || token_of.len() != symbols.len() {
            return Err(Error::BadModelFile(
                "its vocabulary is empty or names a symbol twice".into(),
            ));
        }
        Ok(Self {
            symbols,
            has_unknown,
            token_of,
        })
    }

    /// Tokens, the unknown symbol included.
    pub fn vocab_size(&self) -> usize {
        self.symbols.len() + usize::from(self.has_unknown)
    }

    /// The symbols in the order of their tokens, without the unknown one.
    pub fn symbols(&self) -> &[char] {
        &self.symbols
    }

    /// The token of the unknown symbol.
    pub fn unknown(&self) -> Option<u32> {
        self.has_unknown.then_some(0)
    }

    /// The token of a symbol, or none if it is not in the vocabulary.
    pub fn token(&self, symbol: char) -> Option<u32> {
        self.token_of.get(&symbol).copied()
    }

    /// The tokens of a text; symbols outside the vocabulary become the unknown one.
    ///
    /// # Errors
    /// [`Error::UnknownSymbol`] if there are such and the vocabulary has no unknown symbol; [`Error::OutOfMemory`].
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        self.encode_or(text, self.unknown())
    }

    /// The tokens of a text whose symbols must all be known.
    ///
    /// # Errors
    /// [`Error::UnknownSymbol`] naming those that are not; [`Error::OutOfMemory`].
    pub fn encode_known(&self, text: &str) -> Result<Vec<u32>> {
        self.encode_or(text, None)
    }

    fn encode_or(&self, text: &str, unknown: Option<u32>) -> Result<Vec<u32>> {
        let mut tokens = reserve(&[text.chars().count()], "the text's tokens")?;
        for symbol in text.chars() {
            let token = self.token(symbol).or(unknown);
            tokens.push(token.ok_or_else(|| self.unknown_symbols(text))?);
        }
        Ok(tokens)
    }

    /// The symbol of a token.
    ///
    /// # Panics
    /// If there is no such token.
    pub fn symbol(&self, token: u32) -> char {
        match (token, self.has_unknown) {
            (0, true) => REPLACEMENT,
            (token, has_unknown) => self.symbols[token as usize - usize::from(has_unknown)],
        }
    }

    /// The error that names the first few distinct symbols of `text` outside the vocabulary.
    fn unknown_symbols(&self, text: &str) -> Error {
        let advice = if self.has_unknown {
            "leave them out, or set unknown to \"replace\" to have them read as the unknown symbol"
        } else {
            "leave them out: its vocabulary has no unknown symbol to read them as"
        };
        Error::UnknownSymbol {
            symbols: self.name_unknown(text),
            advice,
        }
    }

    /// The first few distinct symbols of `text` outside the vocabulary, quoted.
    fn name_unknown(&self, text: &str) -> String {
        const SHOWN: usize = 5;
        let unknown: BTreeSet<char> = text
            .chars()
            .filter(|&symbol| self.token(symbol).is_none())
            .collect();
        let mut names: Vec<String> = unknown
            .iter()
            .take(SHOWN)
            .map(|symbol| format!("{:?}", symbol.to_string()))
            .collect();
        if unknown.len() > SHOWN {
            names.push(format!("and {} more", unknown.len() - SHOWN));
        }
        names.join(", ")
    }

    /// As a model file keeps it.
    pub fn to_json(&self) -> String {
        let file = TokenizerFile {
            kind: "char".into(),
            symbols: self.symbols.iter().collect(),
            has_unknown: self.has_unknown,
        };
        serde_json::to_string(&file).expect("strings are JSON")
    }

    /// From a model file.
    ///
    /// # Errors
    /// [`Error::BadModelFile`].
    pub fn from_json(json: &str) -> Result<Self> {
        let file: TokenizerFile = serde_json::from_str(json)
            .map_err(|error| Error::BadModelFile(format!("its tokenizer: {error}")))?;
        if file.kind != "char" {
            return Err(Error::BadModelFile(format!(
                "its tokenizer is of kind {:?}, this version reads \"char\"",
                file.kind
            )));
        }
        Self::new(file.symbols.chars().collect(), file.has_unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn tokens_are_scalar_values_in_code_point_order() {
        let tokenizer = Tokenizer::from_text("b𝄞a\nb").unwrap();
        assert_eq!(tokenizer.symbols(), ['\n', 'a', 'b', '𝄞']);
        assert_eq!(tokenizer.vocab_size(), 5);
        assert_eq!(tokenizer.encode("ab?𝄞").unwrap(), [2, 3, 0, 4]);
        assert_eq!(
            [0, 1, 2, 3, 4].map(|token| tokenizer.symbol(token)),
            [REPLACEMENT, '\n', 'a', 'b', '𝄞']
        );
        assert_eq!(
            Tokenizer::from_json(&tokenizer.to_json()).unwrap(),
            tokenizer
        );
    }

    #[test]
    fn unknown_symbols_are_named() {
        let error = Tokenizer::from_text("abc")
            .unwrap()
            .encode_known("caß\u{1F600}")
            .unwrap_err();
        assert!(error.to_string().contains("\"ß\", \"😀\""), "{error}");
        let many = Tokenizer::from_text("a")
            .unwrap()
            .encode_known("bcdefghi")
            .unwrap_err();
        assert!(many.to_string().contains("and 3 more"), "{many}");
        let strict = Tokenizer::new(vec!['a'], false).unwrap();
        assert_eq!(strict.encode("b").unwrap_err().code(), "unknown-symbol");
        assert_eq!(strict.encode("a").unwrap(), [0]);
    }

    #[test]
    fn bad_vocabularies_are_refused() {
        assert_eq!(Tokenizer::from_text("").unwrap_err().code(), "empty-text");
        for json in [
            "",
            "{}",
            r#"{"kind":"bpe","symbols":"a"}"#,
            r#"{"kind":"char","symbols":"aa"}"#,
            r#"{"kind":"char","symbols":""}"#,
        ] {
            assert_eq!(
                Tokenizer::from_json(json).unwrap_err().code(),
                "bad-model-file",
                "{json}"
            );
        }
    }
}
