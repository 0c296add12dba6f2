//! What is saved and shared: configuration, vocabulary and parameters.

use crate::Result;
use crate::config::options::DEFAULT_SEED;
use crate::config::{ModelConfig, ModelOptions};
use crate::data::Source;
use crate::error::allocate;
use crate::init::initialize;
use crate::params::Layout;
use crate::tokenizer::Tokenizer;

/// A language model: Embedding, recurrent layers, output layer, over the symbols of its tokenizer.
#[derive(Clone, Debug)]
pub struct Model {
    config: ModelConfig,
    tokenizer: Tokenizer,
    layout: Layout,
    params: Vec<f32>,
    version: u64,
}

impl Model {
    /// A new model with the characters of a text or of documents and seeded initial weights.
    ///
    /// # Errors
    /// Those of [`ModelOptions::resolve`] and [`Tokenizer::from_source`], and
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn create<'a>(options: &ModelOptions, source: impl Into<Source<'a>>) -> Result<Self> {
        Self::with_tokenizer(options, Tokenizer::from_source(source)?)
    }

    /// A new model with a vocabulary that there is, and seeded initial weights.
    ///
    /// # Errors
    /// Those of [`ModelOptions::resolve`], and [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn with_tokenizer(options: &ModelOptions, tokenizer: Tokenizer) -> Result<Self> {
        let config = options.resolve(tokenizer.vocab_size())?;
        let mut model = Self::zeroed(config, tokenizer)?;
        initialize(
            &mut model.params,
            &model.layout,
            options.initialization.unwrap_or_default(),
            options.seed.unwrap_or(DEFAULT_SEED),
        )?;
        Ok(model)
    }

    /// A model whose parameters are all zero, to be filled.
    pub(crate) fn zeroed(config: ModelConfig, tokenizer: Tokenizer) -> Result<Self> {
        let layout = Layout::new(&config, tokenizer.vocab_size())?;
        let params = allocate(&[layout.len], "the parameters")?;
        Ok(Self {
            config,
            tokenizer,
            layout,
            params,
            version: 0,
        })
    }

    /// Cell and sizes.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// Values of the vector that each sequence is conditioned on; 0 for a model that takes none.
    pub fn condition_size(&self) -> usize {
        self.config
            .condition()
            .map_or(0, |condition| condition.size)
    }

    /// The vocabulary.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// Where each parameter lies.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The arena of parameters.
    pub fn params(&self) -> &[f32] {
        &self.params
    }

    /// The arena, to be changed: who holds packed weights sees it by [`version`](Self::version).
    pub fn params_mut(&mut self) -> &mut [f32] {
        self.version += 1;
        &mut self.params
    }

    /// Becomes another model; who holds packed weights of this one sees it by [`version`](Self::version).
    pub fn replace(&mut self, other: Self) {
        let version = self.version.max(other.version) + 1;
        *self = Self { version, ..other };
    }

    /// Counts the changes of the parameters.
    pub fn version(&self) -> u64 {
        self.version
    }
}
