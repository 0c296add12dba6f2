//! What a text is cut into: tokens, each a symbol of the model.
//!
//! There are two kinds of lexicon, of `symbols` (characters, and what is longer: grapheme clusters, words) and of `bytes` (single
//! ones, or learnt to stand together: `bpe`). Whatever the text, [decoding](Tokenizer::decode) its tokens gives it back, but for a
//! vocabulary of another program that knows no unknown symbol.

mod bpe;
mod bytes;
mod decoding;
mod file;
mod learning;
mod pairs;
mod spelling;
mod split;
mod symbol_map;
mod symbols;
#[cfg(test)]
mod tests;

use crate::data::Source;
use crate::error::reserve;
use crate::message::quoted;
use crate::{Error, GrowsWith, Result};
use bytes::Bytes;
use decoding::begins_well;
use pairs::Pair;
use spelling::Spelling;
use std::borrow::Cow;
use symbols::Symbols;

pub(crate) use decoding::{Decoder, beginning_with, unfinished};
pub use file::{Folding, Kind, Normalization, TokenizerFile};
pub(crate) use symbol_map::SymbolMap;

/// What the unknown symbol is shown as.
pub const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// From texts to tokens, and back.
///
/// With an unknown symbol, which every vocabulary of symbols made by mynah has, that is token 0: whatever is in no other token is read as it,
/// followed by its UTF-8 bytes, which are spelt in the first symbols. The vocabulary of documents has a boundary, which begins and ends each of
/// them, as its next token. The others follow: of symbols the longer ones, then the characters (Unicode scalar values, not UTF-16
/// units); of bytes the 256 of them, then what is put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokenizer {
    kind: Kind,
    lexicon: Lexicon,
    has_unknown: bool,
    has_boundary: bool,
    folding: Folding,
    spelling: Spelling,
    /// Tokens that no character begins with: bytes that go on with one.
    broken: Vec<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Lexicon {
    Symbols(Symbols),
    Bytes(Bytes),
}

impl Tokenizer {
    /// The characters of a text or of documents: its distinct symbols in the order of their code points, after the
    /// unknown symbol and, of documents, the boundary.
    ///
    /// # Errors
    /// [`Error::EmptyText`].
    pub fn from_source<'a>(source: impl Into<Source<'a>>) -> Result<Self> {
        Self::learn(source, TokenizerFile::default())
    }

    /// This vocabulary with the characters of a source that are not in it after all others, in the order of their code points. To one
    /// of bytes nothing is new.
    ///
    /// # Errors
    /// [`Error::EmptyText`].
    pub fn grown<'a>(&self, source: impl Into<Source<'a>>) -> Result<Self> {
        let (found, _) = learning::characters_of(source.into())?;
        let Lexicon::Symbols(lexicon) = &self.lexicon else {
            return Ok(self.clone());
        };
        let new = found.into_iter().filter(|&symbol| !lexicon.knows(symbol));
        let symbols = lexicon.symbols.iter().copied().chain(new).collect();
        let grown = Self::of_symbols(
            self.kind,
            lexicon.pieces.clone(),
            symbols,
            self.has_unknown,
            self.has_boundary,
        )?;
        Ok(Self {
            folding: self.folding,
            ..grown
        })
    }

    /// Characters in the given order.
    ///
    /// # Errors
    /// [`Error::BadModelFile`] if a symbol stands in it twice, or there is none.
    pub fn new(symbols: Vec<char>, has_unknown: bool) -> Result<Self> {
        Self::of_symbols(Kind::Characters, Vec::new(), symbols, has_unknown, false)
    }

    fn of_symbols(
        kind: Kind,
        pieces: Vec<String>,
        symbols: Vec<char>,
        has_unknown: bool,
        has_boundary: bool,
    ) -> Result<Self> {
        let specials = u32::from(has_unknown) + u32::from(has_boundary);
        let lexicon = Lexicon::Symbols(Symbols::new(pieces, symbols, has_unknown, specials)?);
        Ok(Self {
            kind,
            has_unknown,
            has_boundary,
            folding: Folding::default(),
            spelling: Spelling::of(&lexicon, has_unknown, has_boundary),
            lexicon,
            broken: Vec::new(),
        })
    }

    /// None for merges that cannot be.
    fn of_merges(file: &TokenizerFile, merges: Vec<Pair>) -> Option<Self> {
        let lexicon = Bytes::new(merges, file.contractions, file.has_boundary.into())?;
        let lexicon = Lexicon::Bytes(lexicon);
        let spelling = Spelling::of(&lexicon, false, file.has_boundary);
        let tokens = 0..spelling.len() as u32;
        Some(Self {
            kind: file.kind,
            lexicon,
            has_unknown: false,
            has_boundary: file.has_boundary,
            folding: file.folding(),
            broken: tokens
                .filter(|&token| !begins_well(spelling.get(token)))
                .collect(),
            spelling,
        })
    }

    /// What it cuts a text into.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What is done to a text before.
    pub fn folding(&self) -> Folding {
        self.folding
    }

    /// Tokens, the unknown symbol and the boundary included.
    pub fn vocab_size(&self) -> usize {
        self.spelling.len()
    }

    /// Tokens before that of the first symbol.
    pub(crate) fn specials(&self) -> usize {
        usize::from(self.has_unknown) + usize::from(self.has_boundary)
    }

    /// The characters in the order of their tokens; none of a lexicon of bytes.
    pub fn symbols(&self) -> &[char] {
        match &self.lexicon {
            Lexicon::Symbols(lexicon) => &lexicon.symbols,
            Lexicon::Bytes(_) => &[],
        }
    }

    /// The token of the unknown symbol.
    pub fn unknown(&self) -> Option<u32> {
        self.has_unknown.then_some(0)
    }

    /// The token that begins and ends each document.
    pub fn boundary(&self) -> Option<u32> {
        self.has_boundary.then_some(self.has_unknown.into())
    }

    /// The token that stands for a text, or none if there is no such.
    pub fn token(&self, text: &str) -> Option<u32> {
        match &self.lexicon {
            Lexicon::Symbols(lexicon) => lexicon.token(text),
            Lexicon::Bytes(_) => {
                let mut tokens = self.specials() as u32..self.vocab_size() as u32;
                tokens.find(|&token| self.bytes(token) == text.as_bytes())
            }
        }
    }

    /// What a token stands for: of a lexicon of bytes perhaps only a part of a character; of the boundary nothing.
    ///
    /// # Panics
    /// If there is no such token.
    pub fn bytes(&self, token: u32) -> &[u8] {
        self.spelling.get(token)
    }

    /// What a token stands for, with [`REPLACEMENT`] for parts of a character.
    ///
    /// # Panics
    /// If there is no such token.
    pub fn text(&self, token: u32) -> Cow<'_, str> {
        String::from_utf8_lossy(self.bytes(token))
    }

    /// The tokens of a text.
    ///
    /// # Errors
    /// [`Error::UnknownSymbol`] if it has symbols that the vocabulary lacks, and there is no unknown symbol; [`Error::OutOfMemory`].
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        self.encode_as(text, |token| token)
    }

    /// Appends the tokens of a text, as [`encode`](Self::encode) gives them.
    ///
    /// # Errors
    /// [`Error::UnknownSymbol`].
    pub fn encode_into(&self, tokens: &mut Vec<u32>, text: &str) -> Result<()> {
        self.read(text, |token| tokens.push(token))
    }

    /// The tokens of a text whose symbols must all be known.
    ///
    /// # Errors
    /// [`Error::UnknownSymbol`] naming those that are not; [`Error::OutOfMemory`].
    pub fn encode_known(&self, text: &str) -> Result<Vec<u32>> {
        if let Lexicon::Symbols(lexicon) = &self.lexicon
            && !text.chars().all(|symbol| lexicon.knows(symbol))
        {
            return Err(self.unknown_symbols(text));
        }
        self.encode(text)
    }

    /// [`encode`](Self::encode), each token as what `convert` makes of it.
    ///
    /// # Errors
    /// Those of [`encode`](Self::encode).
    pub(crate) fn encode_as<T>(&self, text: &str, convert: impl Fn(u32) -> T) -> Result<Vec<T>> {
        let mut tokens = reserve(&[self.most_tokens(text)], "the text's tokens")
            .map_err(|error| error.growing_with(GrowsWith::Text))?;
        self.read(text, |token| tokens.push(convert(token)))?;
        tokens.shrink_to_fit();
        Ok(tokens)
    }

    /// The most tokens that a text can have.
    pub(crate) fn most_tokens(&self, text: &str) -> usize {
        match &self.lexicon {
            Lexicon::Symbols(lexicon) => lexicon.most_tokens(text),
            Lexicon::Bytes(_) => text.len(),
        }
    }

    /// How many tokens a text has.
    ///
    /// # Errors
    /// [`Error::UnknownSymbol`].
    pub fn count(&self, text: &str) -> Result<usize> {
        let mut count = 0;
        self.read(text, |_| count += 1)?;
        Ok(count)
    }

    fn read(&self, text: &str, mut take: impl FnMut(u32)) -> Result<()> {
        match &self.lexicon {
            Lexicon::Symbols(lexicon) => {
                if !lexicon.read(text, take) {
                    return Err(self.unknown_symbols(text));
                }
            }
            Lexicon::Bytes(lexicon) => lexicon.read(text, &mut take),
        }
        Ok(())
    }

    /// The error that names the first few distinct symbols of `text` outside the vocabulary.
    fn unknown_symbols(&self, text: &str) -> Box<Error> {
        let advice = if self.has_unknown {
            "leave them out, or set unknown to \"bytes\" to have them read as their bytes"
        } else {
            "leave them out: its vocabulary has no unknown symbol to read them as"
        };
        Error::UnknownSymbol {
            symbols: self.name_unknown(text),
            advice,
        }
        .into()
    }

    /// The first few distinct symbols of `text` outside the vocabulary, quoted.
    fn name_unknown(&self, text: &str) -> String {
        const SHOWN: usize = 5;
        let known = match &self.lexicon {
            Lexicon::Symbols(lexicon) => |symbol| lexicon.knows(symbol),
            Lexicon::Bytes(_) => return String::new(),
        };
        let mut unknown = SymbolMap::new();
        text.chars()
            .filter(|&symbol| !known(symbol))
            .for_each(|symbol| unknown.insert(symbol, 0));
        let mut names: Vec<String> = unknown
            .symbols()
            .take(SHOWN)
            .map(|symbol| quoted(&symbol.to_string()))
            .collect();
        if unknown.len() > SHOWN {
            names.push(format!("and {} more", unknown.len() - SHOWN));
        }
        names.join(", ")
    }
}
