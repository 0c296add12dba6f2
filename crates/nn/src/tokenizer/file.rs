//! A tokenizer as a model file keeps it, and as options ask for one.

use super::pairs::{pair, units};
use super::{Lexicon, Tokenizer};
use crate::{Error, Result};
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use std::fmt::Formatter;

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

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Serialize for Normalization {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
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

/// Where the value of a part goes.
enum Slot<'a> {
    Text(&'a mut String),
    Texts(&'a mut Vec<String>),
    Units(&'a mut Vec<u16>),
    Flag(&'a mut bool),
    Size(&'a mut Option<usize>),
}

/// By hand, as the options of a sample are, because what serde derives would be more WebAssembly.
impl<'de> Deserialize<'de> for TokenizerFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct File;

        impl<'de> Visitor<'de> for File {
            type Value = TokenizerFile;

            fn expecting(&self, formatter: &mut Formatter) -> std::fmt::Result {
                formatter.write_str("a tokenizer")
            }

            fn visit_map<M: MapAccess<'de>>(
                self,
                mut map: M,
            ) -> std::result::Result<TokenizerFile, M::Error> {
                let mut file = TokenizerFile::default();
                let (mut kind, mut form) = (String::new(), String::new());
                while let Some(name) = map.next_key::<String>()? {
                    let slot = match &*name {
                        "kind" => Slot::Text(&mut kind),
                        "symbols" => Slot::Text(&mut file.symbols),
                        "pieces" => Slot::Texts(&mut file.pieces),
                        "merges" => Slot::Units(&mut file.merges),
                        "contractions" => Slot::Flag(&mut file.contractions),
                        "hasUnknown" => Slot::Flag(&mut file.has_unknown),
                        "hasBoundary" => Slot::Flag(&mut file.has_boundary),
                        "normalization" => Slot::Text(&mut form),
                        "caseFolding" => Slot::Flag(&mut file.case_folding),
                        "vocabularySize" => Slot::Size(&mut file.vocabulary_size),
                        _ => return Err(M::Error::custom(format_args!("unknown field `{name}`"))),
                    };
                    match slot {
                        Slot::Text(text) => *text = map.next_value()?,
                        Slot::Texts(texts) => *texts = map.next_value()?,
                        Slot::Units(units) => *units = map.next_value()?,
                        Slot::Flag(flag) => *flag = map.next_value()?,
                        Slot::Size(size) => *size = map.next_value()?,
                    }
                }
                let strange = |name: &str| M::Error::custom(format_args!("there is no {name:?}"));
                if !kind.is_empty() {
                    file.kind = named(&KINDS, &kind).ok_or_else(|| strange(&kind))?;
                }
                if !form.is_empty() {
                    let known = named(&FORMS, &form).ok_or_else(|| strange(&form))?;
                    file.normalization = Some(known);
                }
                Ok(file)
            }
        }

        deserializer.deserialize_map(File)
    }
}

fn named<T: Copy>(names: &[(&str, T)], name: &str) -> Option<T> {
    let found = names.iter().find(|(known, _)| *known == name);
    found.map(|&(_, value)| value)
}

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
        let mut parts = vec![("kind", Value::from(self.kind.name()))];
        match &self.lexicon {
            Lexicon::Symbols(lexicon) => {
                let symbols: String = lexicon.symbols.iter().collect();
                parts.push(("symbols", symbols.into()));
                parts.push(("hasUnknown", self.has_unknown.into()));
                if !lexicon.pieces.is_empty() {
                    parts.push(("pieces", lexicon.pieces.clone().into()));
                }
            }
            Lexicon::Bytes(lexicon) => {
                let pairs = lexicon.merges.iter().map(|&both| units(both));
                let merges: Vec<u32> = pairs.flat_map(|(left, right)| [left, right]).collect();
                if !merges.is_empty() {
                    parts.push(("merges", merges.into()));
                }
                if lexicon.has_contractions {
                    parts.push(("contractions", true.into()));
                }
            }
        }
        if let Some(form) = self.folding.normalization {
            parts.push(("normalization", form.name().into()));
        }
        for (name, is_so) in [
            ("hasBoundary", self.has_boundary),
            ("caseFolding", self.folding.case_folding),
        ] {
            if is_so {
                parts.push((name, true.into()));
            }
        }
        // Not `collect`, which would bring a sort of its own.
        let mut file = Map::new();
        for (name, value) in parts {
            file.insert(name.into(), value);
        }
        Value::Object(file).to_string()
    }

    /// From a model file.
    ///
    /// # Errors
    /// [`Error::BadModelFile`].
    pub fn from_json(json: &str) -> Result<Self> {
        let bad = |reason: String| Error::BadModelFile(format!("its tokenizer: {reason}"));
        let file: TokenizerFile =
            serde_json::from_str(json).map_err(|error| bad(error.to_string()))?;
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
