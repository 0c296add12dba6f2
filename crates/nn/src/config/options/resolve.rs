//! From options to a configuration: what is missing has its default, and what does not apply is refused.

use super::{
    CellName, DEFAULT_CONTEXT, DEFAULT_EMBEDDING_SIZE, DEFAULT_HIDDEN_SIZE, HiddenSize,
    MOST_LAYERS, ModelOptions, TIES_FROM,
};
use crate::config::{
    Activation, BlockShape, Body, Cell, Condition, ConditionMode, Head, ModelConfig, Recurrence,
};
use crate::message::number;
use crate::{Error, Result};
use std::ops::RangeInclusive;

/// Hidden and embedding sizes. Larger ones do not fit WebAssembly's memory with anything around them.
const SIZES: RangeInclusive<usize> = 1..=8192;
/// Factors of the sizes inside a block.
const FACTORS: RangeInclusive<f64> = 0.25..=8.0;
/// Zoneout of 1 would never let a state change.
const ZONEOUT: RangeInclusive<f64> = 0.0..=0.9;
/// Inner units of a block over its outer ones (lucidrains' minGRU language model).
const DEFAULT_EXPANSION: f64 = 1.5;
/// Units of the MLP over those of the stream: 2 in recurrent blocks, 4 in a Transformer (Vaswani et al. 2017).
const DEFAULT_MLP_FACTOR: [f64; 2] = [2.0, 4.0];
const DEFAULT_HEADS: usize = 4;

impl ModelOptions {
    /// Fills in defaults, of which one depends on the number of symbols, and checks ranges.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] for a size out of range, [`Error::ContradictoryOptions`] for an option of
    /// another architecture.
    pub fn resolve(&self, vocab_size: usize) -> Result<ModelConfig> {
        let body = match self.cell.unwrap_or(CellName::Gru) {
            CellName::Transformer => self.transformer()?,
            _ if self.block == Some(true) => self.blocks()?,
            _ => self.stack()?,
        };
        let embedding_size = self.resolve_embedding_size(&body)?;
        let bidirectional = self.bidirectional.unwrap_or(false);
        if bidirectional && matches!(body, Body::Transformer { .. }) {
            return contradictory("bidirectional is an option of recurrent cells only");
        }
        let mut config = ModelConfig {
            body,
            embedding_size,
            head: Head {
                tied: self.tie_weights.unwrap_or(vocab_size >= TIES_FROM),
                projection: None,
            },
            bidirectional,
        };
        config.head.projection = self.projection(&config)?;
        Ok(config)
    }

    fn stack(&self) -> Result<Body> {
        self.refuse(&[
            ("expansion", "with block only", self.expansion.is_some()),
            (
                "mlpFactor",
                "with block or cell \"transformer\" only",
                self.mlp_factor.is_some(),
            ),
        ])?;
        let recurrence = self.recurrence()?;
        let sizes = self.layer_sizes()?;
        let residual = self.residual.unwrap_or(false);
        if residual && sizes.iter().any(|&size| size != sizes[0]) {
            return contradictory(
                "residual adds a layer's input to its output, so all of hiddenSize must be equal",
            );
        }
        Ok(Body::Stack {
            recurrence,
            sizes,
            residual,
        })
    }

    fn blocks(&self) -> Result<Body> {
        self.refuse(&[("residual", "without block only", self.residual.is_some())])?;
        let recurrence = self.recurrence()?;
        let shape = self.block_shape(DEFAULT_MLP_FACTOR[0])?;
        let expansion = within(
            "expansion",
            self.expansion.unwrap_or(DEFAULT_EXPANSION),
            FACTORS,
        )?;
        Ok(Body::Blocks {
            recurrence,
            inner: times(shape.size, expansion),
            shape,
        })
    }

    fn transformer(&self) -> Result<Body> {
        let recurrent = "with recurrent cells only";
        self.refuse(&[
            ("activation", recurrent, self.activation.is_some()),
            ("resetAfter", recurrent, self.reset_after.is_some()),
            ("residual", recurrent, self.residual.is_some()),
            ("layerNorm", recurrent, self.layer_norm.is_some()),
            ("block", recurrent, self.block.is_some()),
            ("expansion", recurrent, self.expansion.is_some()),
            ("zoneout", recurrent, self.zoneout.is_some()),
            ("zoneoutCell", recurrent, self.zoneout_cell.is_some()),
            (
                "trainInitialState",
                recurrent,
                self.train_initial_state.is_some(),
            ),
        ])?;
        let shape = self.block_shape(DEFAULT_MLP_FACTOR[1])?;
        let heads = self.num_heads.unwrap_or(DEFAULT_HEADS);
        // RoPE turns pairs of values.
        let is_even = |values: usize| values.is_multiple_of(2);
        if heads == 0 || shape.size % heads != 0 || !is_even(shape.size / heads) {
            return Err(Error::invalid(
                "numHeads",
                match self.num_heads {
                    Some(heads) => heads.to_string(),
                    None => format!("{heads} (the default)"),
                },
                format!(
                    "a divisor of hiddenSize ({}) that leaves an even number of values to each head",
                    shape.size
                ),
            ));
        }
        let condition = self.condition(ConditionMode::Film)?;
        if condition.is_some_and(|condition| condition.mode != ConditionMode::Film) {
            return contradictory(
                "a transformer takes its condition by conditionMode \"film\" only",
            );
        }
        Ok(Body::Transformer {
            shape,
            heads,
            context: within(
                "contextLength",
                self.context_length.unwrap_or(DEFAULT_CONTEXT),
                1..=65_536,
            )?,
            condition,
        })
    }

    fn recurrence(&self) -> Result<Recurrence> {
        let of_transformers = "with cell \"transformer\" only";
        self.refuse(&[
            ("numHeads", of_transformers, self.num_heads.is_some()),
            (
                "contextLength",
                of_transformers,
                self.context_length.is_some(),
            ),
        ])?;
        let cell = match self.cell.unwrap_or(CellName::Gru) {
            CellName::Rnn => Cell::Rnn(self.activation.unwrap_or(Activation::Tanh)),
            CellName::Lstm => Cell::Lstm,
            CellName::MinGru => Cell::MinGru,
            CellName::MinLstm => Cell::MinLstm,
            CellName::Gru | CellName::Transformer => Cell::Gru {
                reset_after: self.reset_after.unwrap_or(true),
            },
        };
        let layer_norm = self.layer_norm.unwrap_or(false);
        self.refuse(&[
            (
                "activation",
                "with cell \"rnn\" only",
                self.activation.is_some() && !matches!(cell, Cell::Rnn(_)),
            ),
            (
                "resetAfter",
                "with cell \"gru\" only",
                self.reset_after.is_some() && !matches!(cell, Cell::Gru { .. }),
            ),
            (
                "layerNorm",
                "with cell \"rnn\", \"gru\" or \"lstm\" only",
                layer_norm && !cell.has_recurrent_weights(),
            ),
            (
                "zoneoutCell",
                "with cell \"lstm\" only",
                self.zoneout_cell.is_some() && !cell.has_memory(),
            ),
        ])?;
        Ok(Recurrence {
            cell,
            layer_norm,
            zoneout: within("zoneout", self.zoneout.unwrap_or(0.0), ZONEOUT)?,
            zoneout_cell: within("zoneoutCell", self.zoneout_cell.unwrap_or(0.0), ZONEOUT)?,
            trains_initial_state: self.train_initial_state.unwrap_or(false),
            condition: self.condition(ConditionMode::Bias)?,
        })
    }

    fn condition(&self, default: ConditionMode) -> Result<Option<Condition>> {
        let size = self.condition_size.unwrap_or(0);
        if size == 0 {
            self.refuse(&[(
                "conditionMode",
                "with a conditionSize only",
                self.condition_mode.is_some(),
            )])?;
            return Ok(None);
        }
        Ok(Some(Condition {
            size: within("conditionSize", size, SIZES)?,
            mode: self.condition_mode.unwrap_or(default),
        }))
    }

    fn layer_sizes(&self) -> Result<Vec<usize>> {
        let sizes = match &self.hidden_size {
            Some(HiddenSize::Each(sizes)) => {
                let layers = self.num_layers.unwrap_or(sizes.len());
                if layers != sizes.len() {
                    return contradictory(format!(
                        "hiddenSize names {} layers, but numLayers is {layers}",
                        sizes.len()
                    ));
                }
                sizes.clone()
            }
            _ => vec![self.one_hidden_size()?; self.layers()?],
        };
        within("numLayers", sizes.len(), 1..=MOST_LAYERS)?;
        for &size in &sizes {
            within("hiddenSize", size, SIZES)?;
        }
        Ok(sizes)
    }

    fn layers(&self) -> Result<usize> {
        within("numLayers", self.num_layers.unwrap_or(1), 1..=MOST_LAYERS)
    }

    fn one_hidden_size(&self) -> Result<usize> {
        match self.hidden_size {
            None => Ok(DEFAULT_HIDDEN_SIZE),
            Some(HiddenSize::All(size)) => within("hiddenSize", size, SIZES),
            Some(HiddenSize::Each(_)) => contradictory(
                "hiddenSize may name each layer's size in a plain stack of recurrent layers only",
            ),
        }
    }

    fn block_shape(&self, default_mlp_factor: f64) -> Result<BlockShape> {
        let size = self.one_hidden_size()?;
        let factor = within(
            "mlpFactor",
            self.mlp_factor.unwrap_or(default_mlp_factor),
            FACTORS,
        )?;
        Ok(BlockShape {
            size,
            count: self.layers()?,
            mlp: times(size, factor),
        })
    }

    fn resolve_embedding_size(&self, body: &Body) -> Result<usize> {
        let (Body::Blocks { shape, .. } | Body::Transformer { shape, .. }) = body else {
            let size = self.embedding_size.unwrap_or(DEFAULT_EMBEDDING_SIZE);
            return within("embeddingSize", size, SIZES);
        };
        match self.embedding_size {
            Some(size) if size != shape.size => contradictory(format!(
                "embeddingSize is {size}, but blocks add to what they read: it must be hiddenSize ({})",
                shape.size
            )),
            _ => Ok(shape.size),
        }
    }

    fn projection(&self, config: &ModelConfig) -> Result<Option<usize>> {
        let (inputs, embedding) = (config.head_inputs(), config.embedding_size);
        if !config.head.tied {
            return self
                .projection_size
                .map(|size| within("projectionSize", size, SIZES))
                .transpose();
        }
        match self.projection_size {
            Some(size) if size != embedding => contradictory(format!(
                "projectionSize is {size}, but tied weights need the embeddingSize ({embedding})"
            )),
            Some(size) => Ok(Some(size)),
            None => Ok((inputs != embedding).then_some(embedding)),
        }
    }

    /// Refuses the first option that was given where it has no meaning.
    fn refuse(&self, options: &[(&str, &str, bool)]) -> Result<()> {
        match options.iter().find(|(_, _, is_given)| *is_given) {
            Some((option, place, _)) => contradictory(format!("{option} goes {place}")),
            None => Ok(()),
        }
    }
}

fn contradictory<T>(words: impl Into<String>) -> Result<T> {
    Err(Error::ContradictoryOptions(words.into()).into())
}

/// What a range consists of, in words.
trait Quantity: PartialOrd + Copy {
    const KIND: &str;

    fn shown(self) -> String;
}

impl Quantity for usize {
    const KIND: &str = "a whole number ";

    fn shown(self) -> String {
        self.to_string()
    }
}

impl Quantity for f64 {
    const KIND: &str = "";

    fn shown(self) -> String {
        number(self)
    }
}

/// `value`, if it lies in the range.
fn within<N: Quantity>(option: &'static str, value: N, range: RangeInclusive<N>) -> Result<N> {
    if range.contains(&value) {
        return Ok(value);
    }
    let (from, to) = (range.start().shown(), range.end().shown());
    Err(Error::invalid(
        option,
        value.shown(),
        format!("{}from {from} to {to}", N::KIND),
    ))
}

fn times(size: usize, factor: f64) -> usize {
    ((size as f64 * factor).round() as usize).max(1)
}

#[cfg(test)]
mod tests;
