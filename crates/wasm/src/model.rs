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
use mynah_nn::json::{ToJson, entries, to_json, write_object};
use mynah_nn::model::Model as Inner;
use mynah_nn::params::ParamSpec;
use mynah_nn::tokenizer::{Tokenizer, TokenizerFile};
use std::borrow::Cow;
use wasm_bindgen::prelude::wasm_bindgen;

/// A language model: configuration, vocabulary and weights.
#[wasm_bindgen]
pub struct Model(pub(crate) Inner);

/// A tensor, as `describe` has it.
struct TensorInfo<'a>(&'a ParamSpec);

impl ToJson for TensorInfo<'_> {
    fn write_json(&self, out: &mut String) {
        write_object(out, &[("name", &self.0.name), ("shape", &self.0.shape)]);
    }
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
        to_json(&texts)
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
        let tensors: Vec<TensorInfo> = layout.specs.iter().map(TensorInfo).collect();
        let tokens = 0..tokenizer.vocab_size() as u32;
        let vocabulary: Vec<Cow<str>> = tokens.map(|token| tokenizer.text(token)).collect();
        let options = ModelOptions::from(self.0.config());
        let mut info = String::new();
        // One statement, for as long as which the values live.
        write_object(
            &mut info,
            &[
                entries(&options),
                vec![
                    ("tokenizer", &tokenizer.kind()),
                    ("normalization", &tokenizer.folding().normalization),
                    ("caseFolding", &tokenizer.folding().case_folding),
                    ("vocabularySize", &tokenizer.vocab_size()),
                    ("symbols", &tokenizer.symbols().iter().collect::<String>()),
                    ("vocabulary", &vocabulary),
                    ("hasUnknown", &tokenizer.unknown().is_some()),
                    ("hasBoundary", &tokenizer.boundary().is_some()),
                    ("parameters", &layout.parameter_count()),
                    ("bytes", &(layout.parameter_count() * size_of::<f32>())),
                    ("formatVersion", &FORMAT_VERSION),
                    ("tensors", &tensors),
                ],
            ]
            .concat(),
        );
        info
    }
}

#[inline(never)]
fn create(options: &str, tokenizer: &str, source: Source<'_>) -> Result<Model> {
    let options: ModelOptions = parse_options(options)?;
    let asked: TokenizerFile = parse_options(tokenizer)?;
    let tokenizer = Tokenizer::learn(source, asked)?;
    Ok(Model(Inner::with_tokenizer(&options, tokenizer)?))
}
