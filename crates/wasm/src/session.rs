//! The objects of sessions.

use crate::error::Result;
use crate::evaluation::quantization;
use crate::model::Model;
use mynah_nn::config::parse_options;
use mynah_nn::json::to_json;
use mynah_nn::sampling::{SampleOptions, UnknownSymbols};
use mynah_nn::session::{Feeding, PromptWriter, Reader, Searcher, Session as Inner, Writer};
use wasm_bindgen::prelude::wasm_bindgen;

/// What all sessions of a model share.
#[wasm_bindgen]
pub struct SessionReader(Reader);

#[wasm_bindgen]
impl SessionReader {
    /// Makes room for the packed weights. `int8`: in 8 bits.
    #[wasm_bindgen(constructor)]
    pub fn new(model: &Model, int8: bool) -> Result<Self> {
        Ok(Self(Reader::new(&model.0, quantization(int8))?))
    }
}

/// What a model knows of one text.
#[wasm_bindgen]
pub struct Session(Inner);

#[wasm_bindgen]
impl Session {
    /// A text that begins.
    #[wasm_bindgen(constructor)]
    pub fn new(reader: &mut SessionReader, model: &Model, condition: Vec<f32>) -> Result<Self> {
        Ok(Self(Inner::new(&mut reader.0, &model.0, &condition)?))
    }

    /// A session that was saved.
    pub fn restore(reader: &mut SessionReader, model: &Model, bytes: &[u8]) -> Result<Self> {
        Ok(Self(Inner::restore(&mut reader.0, &model.0, bytes)?))
    }

    /// As bytes.
    pub fn save(&self, model: &Model) -> Result<Vec<u8>> {
        Ok(self.0.save(&model.0)?)
    }

    /// A copy.
    pub fn fork(&self) -> Self {
        Self(self.0.clone())
    }

    /// The mean of this one and of another, whose part is `weight`.
    pub fn blend(&self, model: &Model, other: &Self, weight: f64) -> Result<Self> {
        Ok(Self(self.0.blend(&model.0, &other.0, weight)?))
    }

    /// The `n` most likely next symbols, as JSON.
    #[wasm_bindgen(js_name = nextSymbols)]
    pub fn next_symbols(
        &self,
        reader: &mut SessionReader,
        model: &Model,
        n: usize,
    ) -> Result<String> {
        Ok(to_json(&self.0.next_symbols(&mut reader.0, &model.0, n)?))
    }

    /// The `n` most likely ways to go on up to the end of a word, before one of the symbols `ends`, as JSON.
    #[wasm_bindgen(js_name = nextWords)]
    pub fn next_words(
        &self,
        reader: &mut SessionReader,
        model: &Model,
        n: usize,
        ends: &str,
    ) -> Result<String> {
        Ok(to_json(&self.0.next_words(
            &mut reader.0,
            &model.0,
            n,
            ends,
        )?))
    }
}

/// A text on its way into a session, in chunks.
#[wasm_bindgen]
pub struct SessionFeeding(Feeding);

#[wasm_bindgen]
impl SessionFeeding {
    /// Checks the text.
    #[wasm_bindgen(constructor)]
    pub fn new(model: &Model, text: &str, refuses_unknown: bool) -> Result<Self> {
        let unknown = if refuses_unknown {
            UnknownSymbols::Error
        } else {
            UnknownSymbols::Bytes
        };
        Ok(Self(Feeding::new(&model.0, text, unknown)?))
    }

    /// Reads up to `symbols` more; true when all is read.
    pub fn advance(
        &mut self,
        reader: &mut SessionReader,
        model: &Model,
        session: &mut Session,
        symbols: usize,
    ) -> bool {
        self.0
            .advance(&mut reader.0, &model.0, &mut session.0, symbols)
    }
}

enum Writing {
    Draws(Box<Writer>),
    Search(Box<Searcher>),
    AfterPrompt(Box<PromptWriter>),
}

/// Writes on in a session, in chunks: what is drawn by lot, or the likeliest text. Of one with a prompt the session stays where it is.
#[wasm_bindgen]
pub struct SessionWriter(Writing);

#[wasm_bindgen]
impl SessionWriter {
    /// Prepares a sample; `options` as JSON.
    #[wasm_bindgen(constructor)]
    pub fn new(model: &Model, session: &Session, options: &str) -> Result<Self> {
        let options: SampleOptions = parse_options(options)?;
        Ok(Self(if options.is_search() {
            let searcher = Searcher::new(&model.0, &session.0, &options)?;
            Writing::Search(Box::new(searcher))
        } else if !options.prompt.is_empty() {
            let writer = PromptWriter::new(&model.0, &session.0, &options)?;
            Writing::AfterPrompt(Box::new(writer))
        } else {
            let writer = Writer::new(&model.0, &session.0, &options)?;
            Writing::Draws(Box::new(writer))
        }))
    }

    /// Up to `steps` more symbols, which are part of the session then.
    pub fn next(
        &mut self,
        reader: &mut SessionReader,
        model: &Model,
        session: &mut Session,
        steps: usize,
    ) -> Result<String> {
        let (reader, model, session) = (&mut reader.0, &model.0, &mut session.0);
        Ok(match &mut self.0 {
            Writing::Draws(inner) => inner.next(reader, model, session, steps),
            Writing::Search(inner) => inner.next(reader, model, session, steps),
            Writing::AfterPrompt(inner) => inner.next(reader, model, steps),
        }?)
    }

    /// Whether all is written.
    #[wasm_bindgen(getter)]
    pub fn finished(&self) -> bool {
        match &self.0 {
            Writing::Draws(inner) => inner.is_finished(),
            Writing::Search(inner) => inner.is_finished(),
            Writing::AfterPrompt(inner) => inner.is_finished(),
        }
    }
}
