//! A text as one vector.

use crate::error::allocate;
use crate::linear::Purpose;
use crate::model::Model;
use crate::text_pass::{PassOptions, TextPass};
use crate::{Error, Result};

/// What of the hidden states of a text becomes its vector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pooling {
    /// The mean over all symbols (Reimers and Gurevych 2019, arXiv 1908.10084, who found it best).
    #[default]
    Mean,
    /// That after the last symbol.
    Last,
}

/// Reads a text, or one document, and comes to what the output layer would have read, pooled.
pub struct Embedder {
    pass: TextPass,
    pooling: Pooling,
    /// \[size\]
    sum: Vec<f64>,
    count: usize,
}

impl Embedder {
    /// # Errors
    /// [`Error::EmptyText`], [`Error::InvalidOption`] for a condition that is not the model's, [`Error::TextTooShort`] for a single
    /// symbol where the model is bidirectional, [`Error::UnknownSymbol`] (only for a vocabulary without an unknown symbol),
    /// [`Error::OutOfMemory`].
    pub fn new(model: &Model, text: &str, condition: &[f32], pooling: Pooling) -> Result<Self> {
        let options = PassOptions {
            what: "the text to embed",
            condition,
            purpose: Purpose::Infer,
            reads_last: true,
        };
        Ok(Self {
            pass: TextPass::new(model, text, &options)?,
            pooling,
            sum: allocate(&[model.config().head_inputs()], "the embedding")?,
            count: 0,
        })
    }

    /// Reads about `symbols` more; true when all is read.
    pub fn advance(&mut self, model: &Model, symbols: usize) -> bool {
        let mut left = symbols;
        while left > 0 {
            let Some(read) = self.pass.next(model, left) else {
                break;
            };
            left = left.saturating_sub(read.len());
            // What stands before a document is no part of it.
            let skipped = self.pass.lead().saturating_sub(read.start);
            let size = self.sum.len();
            let values = self.pass.network().head_values(read.len());
            for row in values.chunks_exact(size).skip(skipped) {
                if self.pooling == Pooling::Last {
                    self.sum.fill(0.0);
                    self.count = 0;
                }
                for (sum, &value) in self.sum.iter_mut().zip(row) {
                    *sum += f64::from(value);
                }
                self.count += 1;
            }
        }
        self.pass.is_done()
    }

    /// The vector \[size\], once [`advance`](Self::advance) has said that it is done.
    ///
    /// # Errors
    /// [`Error::NonFiniteEvaluation`].
    pub fn embedding(&self) -> Result<Vec<f32>> {
        let mean = self.sum.iter().map(|sum| (sum / self.count as f64) as f32);
        let mean: Vec<f32> = mean.collect();
        if mean.iter().all(|value| value.is_finite()) {
            return Ok(mean);
        }
        Err(Error::NonFiniteEvaluation.into())
    }
}
