//! The parts of a network. Each is a [`Layer`]; they are put together in `body.rs`.
//!
//! - [`embedding`], [`input`]: from symbols to vectors, or straight to a first layer's preactivations
//! - [`recurrent`]: the time loop around a [`cell`], forward and backward; [`start`] and [`keep`] are what may
//!   be asked of its state
//! - [`attention`], [`conv`], [`linear`], [`gelu`], [`rms_norm`]: what blocks are made of
//! - [`residual`], [`chain`]: how layers are put together; [`dropout`], [`film`]: what may come between them; `condition`, what
//!   each use of a condition begins with
//! - [`output`]: logits, loss and its gradient
//!
//! Rows are time-major: row t B + b is step t of sequence b.

pub mod attention;
pub mod cell;
pub mod chain;
mod condition;
pub mod conv;
pub mod dropout;
pub mod embedding;
pub mod film;
pub mod gelu;
pub mod input;
pub mod keep;
pub mod linear;
pub mod output;
pub mod product;
pub mod recurrent;
pub mod residual;
pub mod rms_norm;
pub mod start;

use crate::activations::LayerValues;
use crate::linear::Purpose;
use crate::probe::LayerFlow;
use crate::rng::Pcg32;
use mynah_kernels::real::Real;

/// The sizes of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowSizes {
    /// Sequences side by side, B.
    pub batch: usize,
    /// Most time steps, T.
    pub seq_len: usize,
    /// Whether a backward pass will come.
    pub purpose: Purpose,
}

impl WindowSizes {
    /// Most rows of a window.
    pub fn rows(&self) -> usize {
        self.batch * self.seq_len
    }
}

/// What all layers are told of a pass over one window.
#[derive(Clone, Copy)]
pub struct Pass<'a, T> {
    /// The arena of parameters.
    pub params: &'a [T],
    /// Steps of this window, at most T.
    pub steps: usize,
    /// Steps of each sequence that are not padding; empty where all are not.
    pub lengths: &'a [usize],
    /// [B, C]: a vector for each sequence; empty where the model takes none.
    pub condition: &'a [T],
}

/// What a layer reads in one window.
#[derive(Clone, Copy)]
pub enum Input<'a, T> {
    /// One symbol per row.
    Symbols(&'a [u32]),
    /// [rows, D]
    Below(&'a [T]),
}

impl<'a, T> Input<'a, T> {
    /// The rows of the layer below.
    ///
    /// # Panics
    /// If these are symbols, which only a first layer reads.
    pub fn below(self) -> &'a [T] {
        match self {
            Self::Below(x) => x,
            Self::Symbols(_) => unreachable!("only the first layer reads symbols"),
        }
    }
}

/// A part of the network with its buffers for windows of up to T steps of B sequences: nothing is allocated
/// after it was made. Its output is kept until the next forward pass.
pub trait Layer<T: Real> {
    /// Packs the weights; called after every change of the parameters, once.
    fn load(&mut self, _params: &[T]) {}

    /// Runs a window from the carried state, which stays as it is; see [`carry`](Layer::carry). `input`: [steps, B],
    /// symbols or rows of values.
    fn forward(&mut self, pass: &Pass<'_, T>, input: Input<'_, T>);

    /// The values of the last window, [steps, B, outputs].
    fn outputs(&self, steps: usize) -> &[T];

    /// The values of the last window and their gradient, which is to be filled before
    /// [`backward`](Layer::backward); both [steps, B, outputs].
    fn outputs_and_gradient(&mut self, steps: usize) -> (&[T], &mut [T]);

    /// From the gradient of the outputs: adds to the parameters' gradients, `grads`, an arena, and writes that of
    /// the input, `d_input` [steps, B, inputs], unless it is symbols (then it is empty). May overwrite the gradient
    /// of the outputs. `pass` and `input` are those of the forward pass, whose values it uses up.
    fn backward(
        &mut self,
        grads: &mut [T],
        d_input: &mut [T],
        pass: &Pass<'_, T>,
        input: Input<'_, T>,
    );

    /// Makes the state after `steps` steps the one that the next window starts from.
    fn carry(&mut self, _steps: usize) {}

    /// Makes sequence `b` start anew.
    fn reset(&mut self, _b: usize) {}

    /// Visits every carried state in a fixed order, each [B, any width]: to save and to restore them.
    fn states(&mut self, _visit: &mut dyn FnMut(&mut [T])) {}

    /// Visits the gradients of the carried states' values before the window, after a backward pass: of h, then of
    /// the second state where there is one, layer by layer.
    fn state_gradients(&mut self, _visit: &mut dyn FnMut(&[T])) {}

    /// Makes recurrent layers note how the gradient flows through them, from the next window on.
    fn watch_gradients(&mut self) {}

    /// Visits what recurrent layers have noted, from the bottom up.
    fn flows(&self, _visit: &mut dyn FnMut(&LayerFlow)) {}

    /// Visits what went on inside recurrent layers in the last window of an only sequence, from the bottom up.
    fn look(&mut self, _steps: usize, _visit: &mut dyn FnMut(LayerValues<'_, T>)) {}

    /// Draws what is random in a training step.
    fn draw_masks(&mut self, _rng: &mut Pcg32) {}
}

/// A layer, whatever its kind.
pub type BoxedLayer<T> = Box<dyn Layer<T>>;

/// An output of a layer and its gradient.
pub(crate) struct Outputs<T> {
    /// B times the width.
    step: usize,
    values: Vec<T>,
    gradient: Vec<T>,
}

impl<T: Real> Outputs<T> {
    pub(crate) fn new(sizes: WindowSizes, width: usize) -> crate::Result<Self> {
        let gradients = sizes.purpose.gradients(sizes.rows());
        Ok(Self {
            step: sizes.batch * width,
            values: crate::error::allocate(&[sizes.rows(), width], "a layer's outputs")?,
            gradient: crate::error::allocate(&[gradients, width], "gradients")?,
        })
    }

    pub(crate) fn values(&self, steps: usize) -> &[T] {
        &self.values[..steps * self.step]
    }

    pub(crate) fn values_mut(&mut self, steps: usize) -> &mut [T] {
        &mut self.values[..steps * self.step]
    }

    pub(crate) fn gradient(&self, steps: usize) -> &[T] {
        &self.gradient[..steps * self.step]
    }

    pub(crate) fn both(&mut self, steps: usize) -> (&[T], &mut [T]) {
        let len = steps * self.step;
        (&self.values[..len], &mut self.gradient[..len])
    }
}
