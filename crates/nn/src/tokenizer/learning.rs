//! A vocabulary from a text or from documents.

use super::bytes::BYTES;
use super::file::BAD_MERGES;
use super::symbol_map::SymbolMap;
use super::{Kind, Tokenizer, TokenizerFile, bpe};
use crate::data::Source;
use crate::{Error, Result};
use std::collections::BinaryHeap;

/// Symbols of a vocabulary whose size can be chosen: all bytes and a boundary, at least; tokens of two bytes, at most.
const SIZES: std::ops::RangeInclusive<usize> = 257..=65_536;
/// Of bpe: about two characters of English for a token, and an output that is no larger than a layer.
const DEFAULT_BPE_SIZE: usize = 1024;
/// Of words.
const DEFAULT_WORDS_SIZE: usize = 8192;

impl Tokenizer {
    /// A vocabulary of the kind that is asked for.
    ///
    /// - `asked`: what is given of it, in options; grapheme clusters and words are, where there shall be any, because who
    ///   tells them apart knows languages. Without merges those of bpe are learnt
    ///
    /// # Errors
    /// [`Error::EmptyText`], [`Error::InvalidOption`] for a size, [`Error::ContradictoryOptions`] for one, and for merges, of another kind,
    /// [`Error::BadModelFile`] for merges that cannot be.
    pub fn learn<'a>(source: impl Into<Source<'a>>, asked: TokenizerFile) -> Result<Self> {
        Self::learn_from(source.into(), asked)
    }

    // Its several uses would each have a copy.
    #[inline(never)]
    fn learn_from(source: Source<'_>, asked: TokenizerFile) -> Result<Self> {
        if !asked.merges.is_empty() && asked.kind != Kind::Bpe {
            let reason = "merges are for bpe: other tokenizers put no bytes together";
            return Err(Error::ContradictoryOptions(reason.into()).into());
        }
        let (symbols, has_boundary) = characters_of(source)?;
        let file = TokenizerFile {
            has_boundary,
            ..asked
        };
        let size = checked_size(&file)?;
        match file.kind {
            Kind::Bytes | Kind::Bpe => Self::learn_bytes(source, &file, size),
            Kind::Characters | Kind::Graphemes | Kind::Words => {
                Self::learn_symbols(symbols, file, size)
            }
        }
    }

    fn learn_bytes(source: Source<'_>, file: &TokenizerFile, size: usize) -> Result<Self> {
        let is_given = file.kind == Kind::Bytes || !file.merges.is_empty();
        let learnt = if is_given {
            Self::of_bytes(file)
        } else {
            let most = size - BYTES - usize::from(file.has_boundary);
            let merges = bpe::learn(texts_of(source), file.contractions, most);
            Self::of_merges(file, merges)
        };
        learnt.ok_or_else(|| Error::BadModelFile(BAD_MERGES.into()).into())
    }

    fn learn_symbols(symbols: Vec<char>, file: TokenizerFile, size: usize) -> Result<Self> {
        // With the unknown symbol.
        let least = symbols.len() + 1 + usize::from(file.has_boundary);
        let folding = file.folding();
        let mut pieces = file.pieces;
        if file.kind == Kind::Words {
            if file.vocabulary_size.is_some_and(|size| size < least) {
                let expected = format!("at least {least}, which its characters take");
                return Err(Error::invalid("vocabularySize", size, expected));
            }
            pieces.truncate(size.saturating_sub(least));
        } else if file.kind == Kind::Characters {
            pieces.clear();
        }
        // The library's sort would weigh more than all of this.
        let heap: BinaryHeap<String> = pieces.into_iter().collect();
        let mut pieces = heap.into_sorted_vec();
        pieces.dedup();
        let built = Self::of_symbols(file.kind, pieces, symbols, true, file.has_boundary)?;
        Ok(Self { folding, ..built })
    }
}

/// The size that is asked for, or the default; of kinds whose size follows from the text it means nothing.
fn checked_size(file: &TokenizerFile) -> Result<usize> {
    let is_learnt = file.merges.is_empty() && matches!(file.kind, Kind::Words | Kind::Bpe);
    match file.vocabulary_size {
        None if file.kind == Kind::Words => Ok(DEFAULT_WORDS_SIZE),
        None => Ok(DEFAULT_BPE_SIZE),
        Some(size) if !SIZES.contains(&size) => Err(Error::invalid(
            "vocabularySize",
            size,
            format!("a whole number from {} to {}", SIZES.start(), SIZES.end()),
        )),
        Some(_) if !is_learnt => Err(Error::ContradictoryOptions(
            "vocabularySize is for words, and for bpe that is learnt: other tokenizers are as large as their text, or what is given, makes them".into(),
        ).into()),
        Some(size) => Ok(size),
    }
}

fn texts_of(source: Source<'_>) -> impl Iterator<Item = &str> {
    let (text, list) = match source {
        Source::Text(text) => (Some(text), None),
        Source::Documents(list) => (None, Some(list)),
    };
    let documents = list.into_iter().flat_map(|list| list.iter());
    text.into_iter()
        .chain(documents.map(|document| document.text))
}

/// The distinct characters of a source, in the order of their code points, and whether it is of documents.
///
/// # Errors
/// [`Error::EmptyText`].
#[inline(never)]
pub(super) fn characters_of(source: Source<'_>) -> Result<(Vec<char>, bool)> {
    // Not `collect`, which would first gather and sort every character of the text.
    let mut known = SymbolMap::new();
    for text in texts_of(source) {
        text.chars().for_each(|symbol| known.insert(symbol, 0));
    }
    let (what, has_boundary) = match source {
        Source::Text(_) => ("the text", false),
        Source::Documents(_) => ("the list of documents", true),
    };
    if known.len() == 0 {
        return Err(Error::EmptyText { what }.into());
    }
    Ok((known.symbols().collect(), has_boundary))
}
