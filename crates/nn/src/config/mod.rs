//! What a model is: its architecture and its sizes, checked and complete. [`options`] is how JSON writes it.

pub mod options;

pub use options::{ModelOptions, parse_options};

use crate::json::names;
use mynah_kernels::cell::{gru, lstm, min_gru, min_lstm, rnn};

/// The nonlinearity of the vanilla cell, as it is named in options and files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// tanh
    Tanh,
    /// max(x, 0)
    Relu,
}

names!(Activation {
    Tanh = "tanh",
    Relu = "relu",
});

/// A recurrent cell, with what only it has.
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
    /// Gates from the input alone. docs/maths.md (11)
    MinGru,
    /// Gates from the input alone. docs/maths.md (12)
    MinLstm,
}

impl Cell {
    /// Gates per hidden unit, G: a cell's weights have G H rows.
    pub fn gates(self) -> usize {
        match self {
            Self::Rnn(_) => rnn::GATES,
            Self::Gru { .. } => gru::GATES,
            Self::Lstm => lstm::GATES,
            Self::MinGru => min_gru::GATES,
            Self::MinLstm => min_lstm::GATES,
        }
    }

    /// Whether the gates look at the state through W_hh.
    pub fn has_recurrent_weights(self) -> bool {
        !matches!(self, Self::MinGru | Self::MinLstm)
    }

    /// Whether a second state, c, travels with h.
    pub fn has_memory(self) -> bool {
        self == Self::Lstm
    }

    /// Gates that layer normalisation takes together, in the order of the weights' rows. docs/maths.md (13)
    pub fn norm_groups(self) -> &'static [usize] {
        match self {
            Self::Rnn(_) => &[1],
            Self::Gru { .. } => &[2, 1],
            Self::Lstm => &[4],
            Self::MinGru | Self::MinLstm => &[],
        }
    }
}

/// What all recurrent layers of a model have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct Recurrence {
    /// The cell.
    pub cell: Cell,
    /// Whether both products are normalised, and the LSTM's c inside its tanh. docs/maths.md (13)
    pub layer_norm: bool,
    /// Share of the units of h that keep their value in a training step. docs/maths.md (17)
    pub zoneout: f64,
    /// The same of the LSTM's c.
    pub zoneout_cell: f64,
    /// Whether the state that a sequence starts from is trained, instead of zero.
    pub trains_initial_state: bool,
    /// What the layer is told of each sequence.
    pub condition: Option<Condition>,
}

/// How a vector per sequence gets into the layers. docs/maths.md (18)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConditionMode {
    /// Added to the state that a sequence starts from.
    InitialState,
    /// Added to the gates at every step.
    Bias,
    /// Scales and shifts the outputs of every layer (Perez et al. 2018).
    Film,
}

names!(ConditionMode {
    InitialState = "initial-state",
    Bias = "bias",
    Film = "film",
});

/// A vector per sequence that the text depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Numbers in the vector, C.
    pub size: usize,
    /// Where it enters.
    pub mode: ConditionMode,
}

/// What stands between the embedding and the output layer.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Recurrent layers directly on top of each other.
    Stack {
        /// The layers' kind.
        recurrence: Recurrence,
        /// Hidden units of each layer, from the bottom up.
        sizes: Vec<usize>,
        /// Whether each layer from the second on adds its input to its output.
        residual: bool,
    },
    /// Blocks of convolution, recurrent layer and MLP. docs/maths.md (14)
    Blocks {
        /// Their recurrent layers' kind.
        recurrence: Recurrence,
        /// Their common sizes.
        shape: BlockShape,
        /// Hidden units of each block's recurrent layer.
        inner: usize,
    },
    /// Blocks of attention and MLP. docs/maths.md (15)
    Transformer {
        /// Their common sizes.
        shape: BlockShape,
        /// Attention heads, each of size / heads values.
        heads: usize,
        /// Symbols that a position can look back on, itself included.
        context: usize,
        /// What each block is told of each sequence: by FiLM.
        condition: Option<Condition>,
    },
}

/// Sizes of a model of blocks around one residual stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockShape {
    /// Values per step in the stream, d.
    pub size: usize,
    /// Blocks.
    pub count: usize,
    /// Units inside each MLP.
    pub mlp: usize,
}

/// What turns the body's output into logits. docs/maths.md (7), (16)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Whether the embedding serves as output weights.
    pub tied: bool,
    /// Size of a projection before the output weights: the factorised softmax.
    pub projection: Option<usize>,
}

/// The architecture and the sizes of a model; what a model file keeps as `config`.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelConfig {
    /// Between the embedding and the head.
    pub body: Body,
    /// Values per embedded symbol, E.
    pub embedding_size: usize,
    /// The output.
    pub head: Head,
    /// Whether a second body reads the symbols to the right of the predicted one.
    pub bidirectional: bool,
}

impl ModelConfig {
    /// Values per step that one direction of the body puts out.
    pub fn body_size(&self) -> usize {
        match &self.body {
            Body::Stack { sizes, .. } => *sizes.last().expect("a stack has a layer"),
            Body::Blocks { shape, .. } | Body::Transformer { shape, .. } => shape.size,
        }
    }

    /// Values per step that the head reads.
    pub fn head_inputs(&self) -> usize {
        self.body_size() * if self.bidirectional { 2 } else { 1 }
    }

    /// The vector per sequence, if the model takes one.
    pub fn condition(&self) -> Option<Condition> {
        match &self.body {
            Body::Stack { recurrence, .. } | Body::Blocks { recurrence, .. } => {
                recurrence.condition
            }
            Body::Transformer { condition, .. } => *condition,
        }
    }

    /// Whether layers add to a stream that is as wide as the embedding.
    pub fn has_stream(&self) -> bool {
        !matches!(self.body, Body::Stack { .. })
    }

    /// Symbols that a position can look back on; none for recurrent models, which have no such limit.
    pub fn context_length(&self) -> Option<usize> {
        match self.body {
            Body::Transformer { context, .. } => Some(context),
            _ => None,
        }
    }
}

/// How initial weights are drawn. docs/maths.md (8)
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Initialization {
    /// Recurrent weights orthogonal per gate, the others Xavier uniform.
    #[default]
    Orthogonal,
    /// Recurrent and linear layers as PyTorch's: all uniform in +-1/sqrt(H), or of the inputs.
    Uniform,
}

names!(Initialization {
    Orthogonal = "orthogonal",
    Uniform = "uniform",
});
