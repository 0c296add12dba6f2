//! What an evaluation reads, tokenised once and shared between evaluations.

use crate::Result;
use crate::data::Source;
use crate::data::documents::Rows;
use crate::data::list::DocumentList;
use crate::tokenizer::Tokenizer;
use std::rc::Rc;

/// A text or documents to evaluate.
#[derive(Clone, Debug)]
pub(crate) enum HeldOut {
    Text {
        tokens: Rc<[u32]>,
        /// UTF-8 bytes of all symbols but the first, which is only read.
        target_bytes: usize,
    },
    Documents(Rc<Rows>),
}

impl HeldOut {
    pub fn new(tokenizer: &Tokenizer, source: Source<'_>) -> Result<Self> {
        match source {
            Source::Text(text) => Self::text(tokenizer, text),
            Source::Documents(list) => Self::documents(tokenizer, list, (0..list.len()).collect()),
        }
    }

    pub fn text(tokenizer: &Tokenizer, text: &str) -> Result<Self> {
        let tokens = tokenizer.encode(text)?;
        let target_bytes = target_bytes(tokenizer, &tokens, text);
        Ok(Self::Text {
            tokens: tokens.into(),
            target_bytes,
        })
    }

    /// The documents `which` of `list`.
    pub fn documents(
        tokenizer: &Tokenizer,
        list: &DocumentList,
        which: Vec<usize>,
    ) -> Result<Self> {
        // Sorted by their very length, so that next to nothing is padded.
        Rows::new(tokenizer, list, which, 1).map(|rows| Self::Documents(Rc::new(rows)))
    }

    /// Symbols; of documents with one for the end of each.
    pub fn symbols(&self) -> usize {
        match self {
            Self::Text { tokens, .. } => tokens.len(),
            Self::Documents(rows) => rows.targets(),
        }
    }

    /// UTF-8 bytes of what is to be predicted, one for the end of each document among them.
    pub fn target_bytes(&self) -> usize {
        match self {
            Self::Text { target_bytes, .. } => *target_bytes,
            Self::Documents(rows) => rows.bytes,
        }
    }

    /// Whether there is anything to predict: the first symbol of a text is only read.
    pub fn can_be_evaluated(&self) -> bool {
        match self {
            Self::Text { tokens, .. } => tokens.len() >= 2,
            Self::Documents(rows) => rows.len() > 0,
        }
    }
}

/// UTF-8 bytes of all symbols of a text but the first.
pub(crate) fn target_bytes(tokenizer: &Tokenizer, tokens: &[u32], text: &str) -> usize {
    // What announces a symbol that is spelt has none of its bytes.
    let first = tokens
        .first()
        .filter(|&&first| Some(first) != tokenizer.unknown());
    text.len() - first.map_or(0, |&first| tokenizer.bytes(first).len())
}
