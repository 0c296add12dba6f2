//! What a model is: its cell and its sizes.

use crate::{Error, Result};
use mynah_kernels::cell::{gru, lstm, rnn};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// Hidden and embedding sizes. Larger ones do not fit WebAssembly's memory with anything around them.
const SIZES: RangeInclusive<usize> = 1..=8192;
/// Most layers of a model.
pub const MOST_LAYERS: usize = 16;

/// The nonlinearity of the vanilla cell, as it is named in options and files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Activation {
    /// tanh
    Tanh,
    /// max(x, 0)
    Relu,
}

/// A cell's name in options and files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CellName {
    /// Vanilla recurrent network.
    Rnn,
    /// Gated recurrent unit.
    Gru,
    /// Long short-term memory.
    Lstm,
}

/// The recurrent cell, with what only it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// h' = f(W x + U h + b). docs/maths.md (3)
    Rnn(Activation),
    /// docs/maths.md (4)
    Gru {
        /// Whether the reset gate comes after the matrix product (cuDNN, PyTorch) or before it (Cho et al. 2014).
        reset_after: bool,
    },
    /// docs/maths.md (5)
    Lstm,
}

impl Cell {
    /// Gates per hidden unit, G: a cell's weights have G H rows.
    pub fn gates(self) -> usize {
        match self {
            Self::Rnn(_) => rnn::GATES,
            Self::Gru { .. } => gru::GATES,
            Self::Lstm => lstm::GATES,
        }
    }
}

/// The sizes and the cell of a model; what a model file keeps as `config`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelConfig {
    /// The recurrent cell.
    pub cell: Cell,
    /// Hidden units per layer, H.
    pub hidden_size: usize,
    /// Recurrent layers.
    pub num_layers: usize,
    /// Values per embedded symbol, E.
    pub embedding_size: usize,
}

/// [`ModelConfig`] as JSON writes it: every option may be missing, and none may be unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ModelOptions {
    /// The cell; default gru.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell: Option<CellName>,
    /// Of an rnn; default tanh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activation: Option<Activation>,
    /// Of a gru; default true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset_after: Option<bool>,
    /// Default 256.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden_size: Option<usize>,
    /// Default 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub num_layers: Option<usize>,
    /// Default 128.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedding_size: Option<usize>,
    /// Of the initial weights; default 1. Not part of a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

/// Hidden units where none are asked for.
pub const DEFAULT_HIDDEN_SIZE: usize = 256;
/// Embedding size where none is asked for. With a table per update (see [`crate::layer::input`]) it costs
/// next to nothing.
pub const DEFAULT_EMBEDDING_SIZE: usize = 128;
/// Seed of the initial weights where none is given.
pub const DEFAULT_SEED: u64 = 1;

impl ModelOptions {
    /// Fills in defaults and checks ranges.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] for a size out of range, [`Error::ContradictoryOptions`] for an option of another cell.
    pub fn resolve(&self) -> Result<ModelConfig> {
        let cell = match self.cell.unwrap_or(CellName::Gru) {
            CellName::Rnn => Cell::Rnn(self.activation.unwrap_or(Activation::Tanh)),
            CellName::Gru => Cell::Gru {
                reset_after: self.reset_after.unwrap_or(true),
            },
            CellName::Lstm => Cell::Lstm,
        };
        let of_another_cell = |option: &str, owner: &str| {
            Err(Error::ContradictoryOptions(format!(
                "{option} is an option of cell \"{owner}\" only"
            )))
        };
        if self.activation.is_some() && !matches!(cell, Cell::Rnn(_)) {
            return of_another_cell("activation", "rnn");
        }
        if self.reset_after.is_some() && !matches!(cell, Cell::Gru { .. }) {
            return of_another_cell("resetAfter", "gru");
        }
        let within = |option, value: usize, range: RangeInclusive<usize>| {
            if range.contains(&value) {
                return Ok(value);
            }
            Err(Error::invalid(
                option,
                value,
                format!("a whole number from {} to {}", range.start(), range.end()),
            ))
        };
        Ok(ModelConfig {
            cell,
            hidden_size: within(
                "hiddenSize",
                self.hidden_size.unwrap_or(DEFAULT_HIDDEN_SIZE),
                SIZES,
            )?,
            num_layers: within("numLayers", self.num_layers.unwrap_or(1), 1..=MOST_LAYERS)?,
            embedding_size: within(
                "embeddingSize",
                self.embedding_size.unwrap_or(DEFAULT_EMBEDDING_SIZE),
                SIZES,
            )?,
        })
    }
}

impl From<&ModelConfig> for ModelOptions {
    fn from(config: &ModelConfig) -> Self {
        let (cell, activation, reset_after) = match config.cell {
            Cell::Rnn(activation) => (CellName::Rnn, Some(activation), None),
            Cell::Gru { reset_after } => (CellName::Gru, None, Some(reset_after)),
            Cell::Lstm => (CellName::Lstm, None, None),
        };
        Self {
            cell: Some(cell),
            activation,
            reset_after,
            hidden_size: Some(config.hidden_size),
            num_layers: Some(config.num_layers),
            embedding_size: Some(config.embedding_size),
            seed: None,
        }
    }
}

/// Parses options from JSON.
///
/// # Errors
/// With serde's words: [`Error::UnknownOption`] for an unknown name, [`Error::MalformedOptions`] for anything else.
pub fn parse_options<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T> {
    serde_json::from_str(json).map_err(|error| {
        let words = error.to_string();
        if words.starts_with("unknown field") {
            Error::UnknownOption(words)
        } else {
            Error::MalformedOptions(words)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn resolve(json: &str) -> Result<ModelConfig> {
        parse_options::<ModelOptions>(json)?.resolve()
    }

    #[test]
    fn defaults_and_round_trip() {
        for json in [
            "{}",
            r#"{"cell":"rnn","activation":"relu"}"#,
            r#"{"cell":"lstm","hiddenSize":3,"numLayers":2}"#,
        ] {
            let config = resolve(json).unwrap();
            assert_eq!(ModelOptions::from(&config).resolve().unwrap(), config);
        }
        assert_eq!(resolve("{}").unwrap().cell, Cell::Gru { reset_after: true });
    }

    #[test]
    fn bad_options_name_themselves() {
        for (json, code, word) in [
            (r#"{"hiddenSize":0}"#, "invalid-option", "hiddenSize is 0"),
            (r#"{"hiddenSize":8193}"#, "invalid-option", "1 to 8192"),
            (r#"{"numLayers":17}"#, "invalid-option", "numLayers"),
            (r#"{"embeddingSize":0}"#, "invalid-option", "embeddingSize"),
            (
                r#"{"cell":"lstm","activation":"relu"}"#,
                "contradictory-options",
                "activation",
            ),
            (
                r#"{"cell":"rnn","resetAfter":true}"#,
                "contradictory-options",
                "resetAfter",
            ),
            (r#"{"hidden":1}"#, "unknown-option", "hidden"),
            (r#"{"hiddenSize":1.5}"#, "invalid-option", "1.5"),
        ] {
            let error = resolve(json).unwrap_err();
            assert_eq!(error.code(), code, "{json}");
            assert!(error.to_string().contains(word), "{json}: {error}");
        }
    }
}
