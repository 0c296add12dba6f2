//! The model object.

use crate::documents::Documents;
use crate::error::Result;
use crate::file::JsFile;
use crate::text::Text;
use js_sys::Uint8Array;
use mynah_nn::checkpoint::{self, FORMAT_VERSION, LoadOptions};
use mynah_nn::config::{ModelOptions, parse_options};
use mynah_nn::data::Source;
use mynah_nn::growth::grown;
use mynah_nn::model::Model as Inner;
use mynah_nn::tokenizer::{Kind, Normalization, Tokenizer, TokenizerFile};
use serde::Serialize;
use std::borrow::Cow;
use wasm_bindgen::prelude::wasm_bindgen;

/// A language model: configuration, vocabulary and weights.
#[wasm_bindgen]
pub struct Model(pub(crate) Inner);

/// What `describe` returns.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Info<'a> {
    #[serde(flatten)]
    options: ModelOptions,
    tokenizer: Kind,
    normalization: Option<Normalization>,
    case_folding: bool,
    vocabulary_size: usize,
    symbols: String,
    vocabulary: Vec<Cow<'a, str>>,
    has_unknown: bool,
    has_boundary: bool,
    parameters: usize,
    bytes: usize,
    format_version: &'a str,
    tensors: Vec<TensorInfo<'a>>,
}

#[derive(Serialize)]
struct TensorInfo<'a> {
    name: &'a str,
    shape: &'a [usize],
}

#[wasm_bindgen]
impl Model {
    /// A new model: `options` and what is given of the `tokenizer` as JSON, the vocabulary from `text`.
    pub fn create(options: &str, tokenizer: &str, text: &Text) -> Result<Self> {
        create(options, tokenizer, text.0.text()?.into())
    }

    /// A new model: `options` and what is given of the `tokenizer` as JSON, the vocabulary from documents.
    #[wasm_bindgen(js_name = createFromDocuments)]
    pub fn create_from_documents(
        options: &str,
        tokenizer: &str,
        documents: &Documents,
    ) -> Result<Self> {
        create(options, tokenizer, (&documents.0).into())
    }

    /// A model from a safetensors file; `options` as JSON, for files without mynah's metadata: `symbols`, `activation`.
    pub fn load(bytes: &[u8], options: &str) -> Result<Self> {
        let options: LoadOptions = parse_options(options)?;
        Ok(Self(checkpoint::load(bytes, &options)?))
    }

    /// Adds the symbols of a text that it lacks.
    pub fn grow(&mut self, text: &Text) -> Result<()> {
        let grown = grown(&self.0, text.0.text()?)?;
        self.0.replace(grown);
        Ok(())
    }

    /// Adds the symbols of documents that it lacks.
    #[wasm_bindgen(js_name = growByDocuments)]
    pub fn grow_by_documents(&mut self, documents: &Documents) -> Result<()> {
        let grown = grown(&self.0, &documents.0)?;
        self.0.replace(grown);
        Ok(())
    }

    /// The tokens of a text.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        Ok(self.0.tokenizer().encode(text)?)
    }

    /// How many tokens a text has.
    pub fn count(&self, text: &Text) -> Result<usize> {
        Ok(self.0.tokenizer().count(text.0.text()?)?)
    }

    /// What each of these tokens adds to the text, as JSON; they are below the vocabulary's size.
    #[wasm_bindgen(js_name = decodeEach)]
    pub fn decode_each(&self, tokens: &[u32]) -> String {
        let texts = self.0.tokenizer().decode_each(tokens);
        serde_json::to_string(&texts).expect("strings are JSON")
    }

    /// The tokenizer as the model file has it, JSON.
    #[wasm_bindgen(getter)]
    pub fn tokenizer(&self) -> String {
        self.0.tokenizer().to_json()
    }

    /// The model as a safetensors file.
    pub fn save(&self) -> Result<Uint8Array> {
        let mut file = JsFile::default();
        checkpoint::save_to(&mut file, &self.0)?;
        Ok(file.into_bytes())
    }

    /// Configuration, vocabulary and sizes as JSON.
    pub fn describe(&self) -> String {
        let (layout, tokenizer) = (self.0.layout(), self.0.tokenizer());
        let tensors = layout
            .specs
            .iter()
            .map(|spec| TensorInfo {
                name: &spec.name,
                shape: &spec.shape,
            })
            .collect();
        let tokens = 0..tokenizer.vocab_size() as u32;
        let info = Info {
            options: self.0.config().into(),
            tokenizer: tokenizer.kind(),
            normalization: tokenizer.folding().normalization,
            case_folding: tokenizer.folding().case_folding,
            vocabulary_size: tokenizer.vocab_size(),
            vocabulary: tokens.map(|token| tokenizer.text(token)).collect(),
            symbols: tokenizer.symbols().iter().collect(),
            has_unknown: tokenizer.unknown().is_some(),
            has_boundary: tokenizer.boundary().is_some(),
            parameters: layout.parameter_count(),
            bytes: layout.parameter_count() * size_of::<f32>(),
            format_version: FORMAT_VERSION,
            tensors,
        };
        serde_json::to_string(&info).expect("a description is JSON")
    }
}

#[inline(never)]
fn create(options: &str, tokenizer: &str, source: Source<'_>) -> Result<Model> {
    let options: ModelOptions = parse_options(options)?;
    let asked: TokenizerFile = parse_options(tokenizer)?;
    let tokenizer = Tokenizer::learn(source, asked)?;
    Ok(Model(Inner::with_tokenizer(&options, tokenizer)?))
}
