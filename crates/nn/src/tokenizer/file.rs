//! A tokenizer as a model file keeps it, and as options ask for one.

use super::pairs::{pair, units};
use super::{Lexicon, Tokenizer};
use crate::json::{self, Fault, FromJson, Reader, ToJson, given, named, record, write_object};
use crate::{Error, Result};

/// What a text is cut into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Unicode scalar values.
    #[default]
    Characters,
    /// Grapheme clusters: what people take for one character.
    Graphemes,
    /// Words, of the others their characters.
    Words,
    /// The bytes of UTF-8.
    Bytes,
    /// Bytes that often stand together.
    Bpe,
}

/// The names of the kinds; characters have one of their own in files.
const KINDS: [(&str, Kind); 6] = [
    ("char", Kind::Characters),
    ("graphemes", Kind::Graphemes),
    ("words", Kind::Words),
    ("bytes", Kind::Bytes),
    ("bpe", Kind::Bpe),
    ("characters", Kind::Characters),
];

impl Kind {
    /// As files have it.
    pub fn name(self) -> &'static str {
        let named = KINDS.iter().find(|(_, kind)| *kind == self);
        named.map_or("", |(name, _)| name)
    }
}

/// A form of Unicode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Normalization {
    /// Composed.
    Nfc,
    /// Decomposed.
    Nfd,
    /// Composed, without differences of form alone.
    Nfkc,
    /// Decomposed, without differences of form alone.
    Nfkd,
}

const FORMS: [(&str, Normalization); 4] = [
    ("NFC", Normalization::Nfc),
    ("NFD", Normalization::Nfd),
    ("NFKC", Normalization::Nfkc),
    ("NFKD", Normalization::Nfkd),
];

impl Normalization {
    /// As Unicode has it.
    pub fn name(self) -> &'static str {
        let named = FORMS.iter().find(|(_, form)| *form == self);
        named.map_or("", |(name, _)| name)
    }
}

impl FromJson for Kind {
    fn from_json(reader: &mut Reader<'_>) -> std::result::Result<Self, Fault> {
        named(reader, &KINDS)
    }
}

impl FromJson for Normalization {
    fn from_json(reader: &mut Reader<'_>) -> std::result::Result<Self, Fault> {
        named(reader, &FORMS)
    }
}

impl ToJson for Kind {
    fn write_json(&self, out: &mut String) {
        self.name().write_json(out);
    }
}

impl ToJson for Normalization {
    fn write_json(&self, out: &mut String) {
        self.name().write_json(out);
    }
}

/// What is done to a text before it is cut. Who reads and writes texts does it: here they are taken as they come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Folding {
    /// Default none.
    pub normalization: Option<Normalization>,
    /// Whether letters become small ones.
    pub case_folding: bool,
}

/// How a tokenizer stands in a model file; in options, what is given of one. What is off is left out; in JSON names are in camel case.
#[derive(Clone, Debug)]
pub struct TokenizerFile {
    /// What it cuts a text into.
    pub kind: Kind,
    /// Its characters.
    pub symbols: String,
    /// Of grapheme clusters and words: those that are symbols; in options the more important ones first.
    pub pieces: Vec<String>,
    /// Of bpe: two units for each merge. Units are the bytes, then what is merged.
    pub merges: Vec<u16>,
    /// Of bpe: whether GPT-2's contractions are words.
    pub contractions: bool,
    /// Of symbols; missing in a file: true.
    pub has_unknown: bool,
    /// Whether it is of documents.
    pub has_boundary: bool,
    /// Default none.
    pub normalization: Option<Normalization>,
    /// Whether letters become small ones.
    pub case_folding: bool,
    /// In options of words and bpe: symbols, at most.
    pub vocabulary_size: Option<usize>,
}

record!(TokenizerFile {
    kind = "kind",
    symbols = "symbols",
    pieces = "pieces",
    merges = "merges",
    contractions = "contractions",
    has_unknown = "hasUnknown",
    has_boundary = "hasBoundary",
    normalization = "normalization",
    case_folding = "caseFolding",
    vocabulary_size = "vocabularySize",
});

impl Default for TokenizerFile {
    fn default() -> Self {
        Self {
            kind: Kind::Characters,
            symbols: String::new(),
            pieces: Vec::new(),
            merges: Vec::new(),
            contractions: false,
            has_unknown: true,
            has_boundary: false,
            normalization: None,
            case_folding: false,
            vocabulary_size: None,
        }
    }
}

/// What is wrong with merges that cannot be.
pub(super) const BAD_MERGES: &str = "its merges are of what is not there, come twice, or make more or longer symbols than there may be";

impl TokenizerFile {
    pub(super) fn folding(&self) -> Folding {
        Folding {
            normalization: self.normalization,
            case_folding: self.case_folding,
        }
    }
}

impl Tokenizer {
    /// As a model file keeps it.
    pub fn to_json(&self) -> String {
        let (mut symbols, mut pieces, mut merges) = (None, None, None);
        let (mut has_unknown, mut contractions) = (None, None);
        match &self.lexicon {
            Lexicon::Symbols(lexicon) => {
                symbols = Some(lexicon.symbols.iter().collect::<String>());
                has_unknown = Some(self.has_unknown);
                pieces = Some(&lexicon.pieces).filter(|pieces| !pieces.is_empty());
            }
            Lexicon::Bytes(lexicon) => {
                let pairs = lexicon.merges.iter().map(|&both| units(both));
                let units: Vec<u32> = pairs.flat_map(|(left, right)| [left, right]).collect();
                merges = Some(units).filter(|units| !units.is_empty());
                contractions = lexicon.has_contractions.then_some(true);
            }
        }
        let mut file = String::new();
        // In the order of the names.
        write_object(
            &mut file,
            &given(vec![
                ("caseFolding", &self.folding.case_folding.then_some(true)),
                ("contractions", &contractions),
                ("hasBoundary", &self.has_boundary.then_some(true)),
                ("hasUnknown", &has_unknown),
                ("kind", &self.kind),
                ("merges", &merges),
                ("normalization", &self.folding.normalization),
                ("pieces", &pieces),
                ("symbols", &symbols),
            ]),
        );
        file
    }

    /// From a model file.
    ///
    /// # Errors
    /// [`Error::BadModelFile`].
    pub fn from_json(file: &str) -> Result<Self> {
        let bad = |reason: String| Error::BadModelFile(format!("its tokenizer: {reason}")).into();
        let file: TokenizerFile = json::parse(file).map_err(|error| bad(error.to_string()))?;
        let is_of_bytes = matches!(file.kind, Kind::Bytes | Kind::Bpe);
        let has_pieces = matches!(file.kind, Kind::Graphemes | Kind::Words);
        let is_odd = if is_of_bytes {
            !file.symbols.is_empty()
        } else {
            file.contractions
        };
        let has_odd_parts = (!file.pieces.is_empty() && !has_pieces)
            || (!file.merges.is_empty() && file.kind != Kind::Bpe);
        if is_odd || has_odd_parts || file.vocabulary_size.is_some() {
            return Err(bad("it has parts of another kind".into()));
        }
        if is_of_bytes {
            return Self::of_bytes(&file).ok_or_else(|| bad(BAD_MERGES.into()));
        }
        let has_unknown = file.has_unknown;
        let symbols = file.symbols.chars().collect();
        let folding = file.folding();
        let built = Self::of_symbols(
            file.kind,
            file.pieces,
            symbols,
            has_unknown,
            file.has_boundary,
        )?;
        Ok(Self { folding, ..built })
    }

    /// None for merges that cannot be.
    pub(super) fn of_bytes(file: &TokenizerFile) -> Option<Self> {
        let merges = file.merges.chunks_exact(2);
        if !merges.remainder().is_empty() {
            return None;
        }
        let merges = merges.map(|both| pair(both[0].into(), both[1].into()));
        Self::of_merges(file, merges.collect())
    }
}
