//! Symbols of a text: its distinct Unicode scalar values, and one for all others.

use crate::data::Source;
use crate::error::reserve;
use crate::symbol_map::SymbolMap;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// What the unknown symbol is written as.
pub const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// A character tokenizer: one token per Unicode scalar value (not per UTF-16 unit).
///
/// With an unknown symbol, which every vocabulary made by mynah has, that is token 0. The vocabulary of documents has
/// a boundary, which begins and ends each of them, as its next token. The symbols follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokenizer {
    symbols: Vec<char>,
    has_unknown: bool,
    has_boundary: bool,
    token_of: SymbolMap,
}

/// How a tokenizer stands in a model file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TokenizerFile {
    kind: String,
    symbols: String,
    #[serde(default = "yes")]
    has_unknown: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    has_boundary: bool,
}

fn yes() -> bool {
    true
}

impl Tokenizer {
    /// The vocabulary of a text or of documents: its distinct symbols in the order of their code points, after the
    /// unknown symbol and, of documents, the boundary.
    ///
    /// # Errors
    /// [`Error::EmptyText`].
    pub fn from_source<'a>(source: impl Into<Source<'a>>) -> Result<Self> {
        // Not `collect`, which would first gather and sort every character of the text.
        let mut known = SymbolMap::new();
        let mut add = |text: &str| text.chars().for_each(|symbol| known.insert(symbol, 0));
        let (what, has_boundary) = match source.into() {
            Source::Text(text) => {
                add(text);
                ("the text", false)
            }
            Source::Documents(list) => {
                list.iter().for_each(|document| add(document.text));
                ("the list of documents", true)
            }
        };
        if known.len() == 0 {
            return Err(Error::EmptyText { what });
        }
        let symbols = known.symbols().collect();
        Ok(Self::build(symbols, true, has_boundary).expect("a set has no duplicates"))
    }

    /// This vocabulary with the symbols of a source that are not in it after all others, in the order of their code points.
    ///
    /// # Errors
    /// [`Error::EmptyText`].
    pub fn grown<'a>(&self, source: impl Into<Source<'a>>) -> Result<Self> {
        let found = Self::from_source(source)?.symbols;
        let new = found
            .into_iter()
            .filter(|&symbol| self.token(symbol).is_none());
        let symbols = self.symbols.iter().copied().chain(new).collect();
        Self::build(symbols, self.has_unknown, self.has_boundary)
    }

    /// A vocabulary in the given order.
    ///
    /// # Errors
    /// [`Error::BadModelFile`] if a symbol stands in it twice, or there is none.
    pub fn new(symbols: Vec<char>, has_unknown: bool) -> Result<Self> {
        Self::build(symbols, has_unknown, false)
    }

    fn build(symbols: Vec<char>, has_unknown: bool, has_boundary: bool) -> Result<Self> {
        let first = u32::from(has_unknown) + u32::from(has_boundary);
        let mut token_of = SymbolMap::new();
        for (&symbol, token) in symbols.iter().zip(first..) {
            token_of.insert(symbol, token);
        }
        if symbols.is_empty() || token_of.len() != symbols.len() {
            return Err(Error::BadModelFile(
                "its vocabulary is empty or names a symbol twice".into(),
            ));
        }
        Ok(Self {
            symbols,
            has_unknown,
            has_boundary,
            token_of,
        })
    }

    /// Tokens, the unknown symbol included.
    pub fn vocab_size(&self) -> usize {
        self.symbols.len() + self.specials()
    }

    /// Tokens before that of the first symbol.
    pub(crate) fn specials(&self) -> usize {
        usize::from(self.has_unknown) + usize::from(self.has_boundary)
    }

    /// The symbols in the order of their tokens, without the unknown one and the boundary.
    pub fn symbols(&self) -> &[char] {
        &self.symbols
    }

    /// The token of the unknown symbol.
    pub fn unknown(&self) -> Option<u32> {
        self.has_unknown.then_some(0)
    }

    /// The token that begins and ends each document.
    pub fn boundary(&self) -> Option<u32> {
        self.has_boundary.then_some(self.has_unknown.into())
    }

    /// The token of a symbol, or none if it is not in the vocabulary.
    pub fn token(&self, symbol: char) -> Option<u32> {
        self.token_of.get(symbol)
    }

    /// The tokens of a text; symbols outside the vocabulary become the unknown one.
    ///
    /// # Errors
    /// [`Error::UnknownSymbol`] if there are such and the vocabulary has no unknown symbol; [`Error::OutOfMemory`].
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        self.encode_or(text, self.unknown())
    }

    /// Appends the tokens of a text, as [`encode`](Self::encode) gives them.
    ///
    /// # Errors
    /// [`Error::UnknownSymbol`].
    pub fn encode_into(&self, tokens: &mut Vec<u32>, text: &str) -> Result<()> {
        self.append(tokens, text, self.unknown(), |token| token)
    }

    /// The tokens of a text whose symbols must all be known.
    ///
    /// # Errors
    /// [`Error::UnknownSymbol`] naming those that are not; [`Error::OutOfMemory`].
    pub fn encode_known(&self, text: &str) -> Result<Vec<u32>> {
        self.encode_or(text, None)
    }

    /// [`encode`](Self::encode), each token as what `convert` makes of it.
    ///
    /// # Errors
    /// Those of [`encode`](Self::encode).
    pub(crate) fn encode_as<T>(&self, text: &str, convert: impl Fn(u32) -> T) -> Result<Vec<T>> {
        let mut tokens = reserve(&[text.chars().count()], "the text's tokens")?;
        self.append(&mut tokens, text, self.unknown(), convert)?;
        Ok(tokens)
    }

    fn encode_or(&self, text: &str, unknown: Option<u32>) -> Result<Vec<u32>> {
        let mut tokens = reserve(&[text.chars().count()], "the text's tokens")?;
        self.append(&mut tokens, text, unknown, |token| token)?;
        Ok(tokens)
    }

    fn append<T>(
        &self,
        tokens: &mut Vec<T>,
        text: &str,
        unknown: Option<u32>,
        convert: impl Fn(u32) -> T,
    ) -> Result<()> {
        for symbol in text.chars() {
            let token = self.token(symbol).or(unknown);
            tokens.push(convert(token.ok_or_else(|| self.unknown_symbols(text))?));
        }
        Ok(())
    }

    /// The symbol of a token; that of the boundary is a line end.
    ///
    /// # Panics
    /// If there is no such token.
    pub fn symbol(&self, token: u32) -> char {
        if Some(token) == self.unknown() {
            REPLACEMENT
        } else if Some(token) == self.boundary() {
            '\n'
        } else {
            self.symbols[token as usize - self.specials()]
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
        let mut unknown = SymbolMap::new();
        text.chars()
            .filter(|&symbol| self.token(symbol).is_none())
            .for_each(|symbol| unknown.insert(symbol, 0));
        let mut names: Vec<String> = unknown
            .symbols()
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
            has_boundary: self.has_boundary,
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
        Self::build(
            file.symbols.chars().collect(),
            file.has_unknown,
            file.has_boundary,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::list::DocumentList;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn tokens_are_scalar_values_in_code_point_order() {
        let tokenizer = Tokenizer::from_source("b𝄞a\nb").unwrap();
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
    fn the_vocabulary_of_documents_has_a_boundary_after_the_unknown_symbol() {
        let list = DocumentList::new(vec!["ba".into(), String::new(), "a".into()]);
        let tokenizer = Tokenizer::from_source(&list).unwrap();
        assert_eq!(
            (tokenizer.unknown(), tokenizer.boundary()),
            (Some(0), Some(1))
        );
        assert_eq!(tokenizer.encode("abz").unwrap(), [2, 3, 0]);
        assert_eq!(tokenizer.vocab_size(), 4);
        assert_eq!(
            [0, 1, 2, 3].map(|token| tokenizer.symbol(token)),
            [REPLACEMENT, '\n', 'a', 'b']
        );
        let json = tokenizer.to_json();
        assert_eq!(
            json,
            r#"{"kind":"char","symbols":"ab","hasUnknown":true,"hasBoundary":true}"#
        );
        assert_eq!(Tokenizer::from_json(&json).unwrap(), tokenizer);
        let of_text = Tokenizer::from_source("ab").unwrap();
        assert_eq!(of_text.boundary(), None);
        assert!(!of_text.to_json().contains("hasBoundary"));
        let nothing = DocumentList::new(vec![String::new()]);
        let error = Tokenizer::from_source(&nothing).unwrap_err();
        assert_eq!(error.code(), "empty-text");
    }

    #[test]
    fn what_is_new_follows_what_there_was() {
        let tokenizer = Tokenizer::from_source("dad").unwrap();
        let grown = tokenizer.grown("cab").unwrap();
        assert_eq!(grown.symbols(), ['a', 'd', 'b', 'c']);
        assert_eq!(
            grown.encode("dad?").unwrap(),
            tokenizer.encode("dad?").unwrap()
        );
        assert_eq!(tokenizer.grown("add").unwrap(), tokenizer);
        let list = DocumentList::new(vec!["e".into()]);
        let of_list = Tokenizer::from_source(&list).unwrap().grown("de").unwrap();
        assert_eq!(
            (of_list.boundary(), of_list.symbols()),
            (Some(1), &['e', 'd'][..])
        );
        let strict = Tokenizer::new(vec!['z', 'a'], false).unwrap();
        assert_eq!(strict.grown("b").unwrap().encode("zab").unwrap(), [0, 1, 2]);
        assert_eq!(tokenizer.grown("").unwrap_err().code(), "empty-text");
    }

    #[test]
    fn unknown_symbols_are_named() {
        let error = Tokenizer::from_source("abc")
            .unwrap()
            .encode_known("caß\u{1F600}")
            .unwrap_err();
        assert!(error.to_string().contains("\"ß\", \"😀\""), "{error}");
        let many = Tokenizer::from_source("a")
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
        assert_eq!(Tokenizer::from_source("").unwrap_err().code(), "empty-text");
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
