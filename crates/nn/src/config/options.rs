//! [`ModelConfig`] as JSON writes it.

mod resolve;

use super::{
    Activation, BlockShape, Body, Cell, ConditionMode, Initialization, ModelConfig, Recurrence,
};
use crate::json::{self, Fault, FromJson, Reader, ToJson, names, record};
use crate::{Error, Result};

/// Most layers of a model.
pub const MOST_LAYERS: usize = 16;

/// Hidden units where none are asked for.
pub const DEFAULT_HIDDEN_SIZE: usize = 256;
/// Embedding size of a stack where none is asked for. With a table per update (see [`crate::layer::input`])
/// it costs next to nothing.
pub const DEFAULT_EMBEDDING_SIZE: usize = 128;
/// Seed of the initial weights where none is given.
pub const DEFAULT_SEED: u64 = 1;
/// Vocabularies from this size on share their embedding with the output, where nothing else is asked for: a
/// softmax over thousands of symbols otherwise costs more than the recurrent layers and learns rare symbols twice.
pub const TIES_FROM: usize = 500;
/// Symbols that a Transformer looks back on.
pub const DEFAULT_CONTEXT: usize = 256;

/// A cell's name in options and files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellName {
    /// Vanilla recurrent network.
    Rnn,
    /// Gated recurrent unit.
    Gru,
    /// Long short-term memory.
    Lstm,
    /// Minimal gated recurrent unit (Feng et al. 2024).
    MinGru,
    /// Minimal LSTM (Feng et al. 2024).
    MinLstm,
    /// No recurrent cell: attention.
    Transformer,
}

names!(CellName {
    Rnn = "rnn",
    Gru = "gru",
    Lstm = "lstm",
    MinGru = "min-gru",
    MinLstm = "min-lstm",
    Transformer = "transformer",
});

/// Hidden units: of all layers, or of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HiddenSize {
    /// The same in all layers.
    All(usize),
    /// From the bottom up.
    Each(Vec<usize>),
}

impl FromJson for HiddenSize {
    fn from_json(reader: &mut Reader<'_>) -> std::result::Result<Self, Fault> {
        if reader.peek() == Some(b'[') {
            FromJson::from_json(reader).map(Self::Each)
        } else {
            FromJson::from_json(reader).map(Self::All)
        }
    }
}

impl ToJson for HiddenSize {
    fn write_json(&self, out: &mut String) {
        match self {
            Self::All(size) => size.write_json(out),
            Self::Each(sizes) => sizes.write_json(out),
        }
    }
}

/// Every option may be missing, and none may be unknown. The default is described at each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelOptions {
    /// gru
    pub cell: Option<CellName>,
    /// Of an rnn: tanh.
    pub activation: Option<Activation>,
    /// Of a gru: true.
    pub reset_after: Option<bool>,
    /// 256
    pub hidden_size: Option<HiddenSize>,
    /// 1, or as many as sizes are given.
    pub num_layers: Option<usize>,
    /// 128; in blocks and Transformers the hidden size.
    pub embedding_size: Option<usize>,
    /// Of stacks: false.
    pub residual: Option<bool>,
    /// Of rnn, gru and lstm: false.
    pub layer_norm: Option<bool>,
    /// Of recurrent cells: false.
    pub block: Option<bool>,
    /// Of blocks: 1.5.
    pub expansion: Option<f64>,
    /// Of blocks 2, of Transformers 4.
    pub mlp_factor: Option<f64>,
    /// Of Transformers: 4.
    pub num_heads: Option<usize>,
    /// Of Transformers: 256.
    pub context_length: Option<usize>,
    /// From 500 symbols on.
    pub tie_weights: Option<bool>,
    /// None; with tied weights the embedding size, where it differs from that of the body.
    pub projection_size: Option<usize>,
    /// false
    pub bidirectional: Option<bool>,
    /// Of recurrent cells: 0.
    pub zoneout: Option<f64>,
    /// Of an lstm: 0.
    pub zoneout_cell: Option<f64>,
    /// Of recurrent cells: false.
    pub train_initial_state: Option<bool>,
    /// 0: none.
    pub condition_size: Option<usize>,
    /// bias, of a Transformer film.
    pub condition_mode: Option<ConditionMode>,
    /// Of the initial weights: orthogonal. Not part of a file.
    pub initialization: Option<Initialization>,
    /// Of the initial weights: 1. Not part of a file.
    pub seed: Option<u64>,
}

record!(ModelOptions {
    cell = "cell",
    activation = "activation",
    reset_after = "resetAfter",
    hidden_size = "hiddenSize",
    num_layers = "numLayers",
    embedding_size = "embeddingSize",
    residual = "residual",
    layer_norm = "layerNorm",
    block = "block",
    expansion = "expansion",
    mlp_factor = "mlpFactor",
    num_heads = "numHeads",
    context_length = "contextLength",
    tie_weights = "tieWeights",
    projection_size = "projectionSize",
    bidirectional = "bidirectional",
    zoneout = "zoneout",
    zoneout_cell = "zoneoutCell",
    train_initial_state = "trainInitialState",
    condition_size = "conditionSize",
    condition_mode = "conditionMode",
    initialization = "initialization",
    seed = "seed",
});

impl From<&ModelConfig> for ModelOptions {
    /// What is off is left out, so that files of models without a feature do not change when it comes.
    fn from(config: &ModelConfig) -> Self {
        let on = |value: bool| value.then_some(true);
        let mut options = Self {
            embedding_size: Some(config.embedding_size),
            tie_weights: on(config.head.tied),
            projection_size: config.head.projection,
            bidirectional: on(config.bidirectional),
            condition_size: config.condition().map(|condition| condition.size),
            condition_mode: config.condition().map(|condition| condition.mode),
            ..Self::default()
        };
        match &config.body {
            Body::Stack {
                recurrence,
                sizes,
                residual,
            } => {
                options.set_recurrence(recurrence);
                let is_even = sizes.iter().all(|size| size == &sizes[0]);
                options.hidden_size = Some(if is_even {
                    HiddenSize::All(sizes[0])
                } else {
                    HiddenSize::Each(sizes.clone())
                });
                options.num_layers = Some(sizes.len());
                options.residual = on(*residual);
            }
            Body::Blocks {
                recurrence,
                shape,
                inner,
            } => {
                options.set_recurrence(recurrence);
                options.set_shape(shape);
                options.block = Some(true);
                options.expansion = Some(*inner as f64 / shape.size as f64);
            }
            Body::Transformer {
                shape,
                heads,
                context,
                ..
            } => {
                options.cell = Some(CellName::Transformer);
                options.set_shape(shape);
                options.num_heads = Some(*heads);
                options.context_length = Some(*context);
            }
        }
        options
    }
}

impl ModelOptions {
    fn set_recurrence(&mut self, recurrence: &Recurrence) {
        let share = |value: f64| (value > 0.0).then_some(value);
        self.cell = Some(match recurrence.cell {
            Cell::Rnn(activation) => {
                self.activation = Some(activation);
                CellName::Rnn
            }
            Cell::Gru { reset_after } => {
                self.reset_after = Some(reset_after);
                CellName::Gru
            }
            Cell::Lstm => CellName::Lstm,
            Cell::MinGru => CellName::MinGru,
            Cell::MinLstm => CellName::MinLstm,
        });
        self.layer_norm = recurrence.layer_norm.then_some(true);
        self.zoneout = share(recurrence.zoneout);
        self.zoneout_cell = share(recurrence.zoneout_cell);
        self.train_initial_state = recurrence.trains_initial_state.then_some(true);
    }

    fn set_shape(&mut self, shape: &BlockShape) {
        self.hidden_size = Some(HiddenSize::All(shape.size));
        self.num_layers = Some(shape.count);
        self.mlp_factor = Some(shape.mlp as f64 / shape.size as f64);
    }
}

/// Parses options from JSON.
///
/// # Errors
/// [`Error::UnknownOption`] for an unknown name, [`Error::MalformedOptions`] for anything else.
pub fn parse_options<T: FromJson>(options: &str) -> Result<T> {
    json::parse(options).map_err(|fault| {
        Box::new(match fault {
            Fault::UnknownName(_) => Error::UnknownOption(fault.to_string()),
            Fault::Malformed(reason) => Error::MalformedOptions(reason),
        })
    })
}
