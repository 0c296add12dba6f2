//! What a recurrent cell must do; everything else is common to all cells.

mod gru;
mod lstm;
mod minimal;
mod rnn;

use super::WindowSizes;
use super::product::{Product, ProductSizes};
use crate::Result;
use crate::config;
use crate::params::Layout;
use crate::rng::Pcg32;
use mynah_kernels::real::Real;
use std::ops::Range;

/// The sizes of a layer's buffers.
#[derive(Clone, Copy, Debug)]
pub struct CellSizes {
    /// Sequences, steps, and whether a backward pass will come.
    pub window: WindowSizes,
    /// Hidden units, H.
    pub hidden: usize,
}

impl CellSizes {
    /// Elements of one state: B H.
    pub fn state(&self) -> usize {
        self.window.batch * self.hidden
    }

    /// Steps whose values are kept for a backward pass; without one, a single step's place is used over and over.
    fn kept_steps(&self) -> usize {
        self.window.purpose.gradients(self.window.seq_len).max(1)
    }
}

/// Where the parameters of one recurrent layer lie; empty where the cell has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LayerParams {
    /// W_ih [G H, D]
    pub w_ih: Range<usize>,
    /// W_hh [G H, H]
    pub w_hh: Range<usize>,
    /// b_ih [G H]
    pub b_ih: Range<usize>,
    /// b_hh [G H]
    pub b_hh: Range<usize>,
    /// Gain of the normalised x W_ih' [G H].
    pub norm_ih: Range<usize>,
    /// Gain of the normalised h W_hh' [G H].
    pub norm_hh: Range<usize>,
    /// Gain of the normalised c \[H\].
    pub norm_c: Range<usize>,
    /// Bias of the normalised c \[H\].
    pub norm_c_bias: Range<usize>,
}

/// The name of a recurrent layer: what stands before and after the names of its parameters.
#[derive(Clone, Debug)]
pub struct LayerName {
    prefix: String,
    suffix: String,
}

impl LayerName {
    /// Layer `k` of a stack, as PyTorch names it.
    pub fn of_stack(k: usize, is_backward: bool) -> Self {
        let direction = if is_backward { "_reverse" } else { "" };
        Self {
            prefix: "rnn".into(),
            suffix: format!("_l{k}{direction}"),
        }
    }

    /// The only layer of a block.
    pub fn of_block(prefix: String) -> Self {
        Self {
            prefix,
            suffix: "_l0".into(),
        }
    }

    /// A parameter of the layer: `rnn.weight_ih_l0` for `weight_ih`.
    #[inline(never)]
    pub fn param(&self, what: &str) -> String {
        format!("{}.{what}{}", self.prefix, self.suffix)
    }
}

impl LayerParams {
    /// Looks them up.
    pub fn find(layout: &Layout, name: &LayerName) -> Self {
        let range = |what| layout.find(&name.param(what)).unwrap_or_default();
        Self {
            w_ih: range("weight_ih"),
            w_hh: range("weight_hh"),
            b_ih: range("bias_ih"),
            b_hh: range("bias_hh"),
            norm_ih: range("norm_ih"),
            norm_hh: range("norm_hh"),
            norm_c: range("norm_c"),
            norm_c_bias: range("norm_c_bias"),
        }
    }
}

/// A step's values of the first R sequences, each [R, H] but the gates [R, G H].
pub struct StepBack<'a, T> {
    /// The step, from 0.
    pub t: usize,
    /// What the forward step left; becomes the gradient of the input's part of the preactivations.
    pub gates: &'a mut [T],
    /// The state before the step.
    pub h_prev: &'a [T],
    /// The state after it.
    pub h_next: &'a [T],
    /// The whole gradient of `h_next`; becomes that of `h_prev`.
    pub d_h: &'a mut [T],
}

/// All steps of a window together, after the last step backwards.
pub struct WindowBack<'a, T> {
    /// [rows, G H]
    pub d_gates: &'a [T],
    /// [rows, H]: the state before every step.
    pub h_prev: &'a [T],
    /// \[G H\]: the sum over the rows of `d_gates`.
    pub d_bias: &'a [T],
    /// T B
    pub rows: usize,
}

/// One kind of cell: its recurrent weights, what it keeps between the passes, and its step.
///
/// The layer around it fills `gates` with the input's part of the preactivations (x W_ih' +
/// [`input_bias`](Cell::input_bias)) before the forward pass; after the backward pass `gates` holds their
/// gradients, from which the layer computes those of the input and of W_ih.
pub trait Cell<T: Real> {
    /// Packs the recurrent weights; called once per update.
    fn load(&mut self, params: &[T]);

    /// Draws which recurrent weights the next training step leaves out.
    fn draw_masks(&mut self, rng: &mut Pcg32);

    /// The bias that goes to the input's part of the preactivations, `bias` [G H]: usually b_ih + b_hh.
    fn input_bias(&self, bias: &mut [T], params: &[T]);

    /// Step `t`: from `gates` [R, G H] and `h_prev` [R, H] to `h_next` [R, H] of the first R of the B sequences; `gates`
    /// then holds what the backward step needs.
    fn forward_step(
        &mut self,
        params: &[T],
        t: usize,
        gates: &mut [T],
        h_prev: &[T],
        h_next: &mut [T],
    );

    /// A step backwards, of the sequences of the forward step; adds what can only be added step by step to `grads`.
    fn backward_step(&mut self, grads: &mut [T], params: &[T], step: StepBack<'_, T>);

    /// Adds the gradients of W_hh, b_ih and b_hh after all steps. Rows of sequences that a step left out have a gradient
    /// of 0.
    fn weight_gradients(&mut self, grads: &mut [T], window: WindowBack<'_, T>);

    /// The second state that travels with h (the LSTM's c), for cells that have one.
    fn memory(&mut self) -> Option<Memory<'_, T>> {
        None
    }
}

/// The second state of a cell.
pub struct Memory<'a, T> {
    /// [T + 1, B, H]: before the first step, then after each.
    pub values: &'a mut [T],
    /// [B, H]: the gradient that travels back through time.
    pub gradient: &'a mut [T],
}

/// The cell that a configuration names, with its parameters at `at`. This is the one place that lists them.
///
/// # Errors
/// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
pub fn build<T: Real>(
    cell: config::Cell,
    at: LayerParams,
    sizes: CellSizes,
    weight_drop: f64,
) -> Result<Box<dyn Cell<T>>> {
    Ok(match cell {
        config::Cell::Rnn(activation) => {
            Box::new(rnn::Rnn::new(activation, at, sizes, weight_drop)?)
        }
        config::Cell::Gru { reset_after: true } => {
            Box::new(gru::GruResetAfter::new(at, sizes, weight_drop)?)
        }
        config::Cell::Gru { reset_after: false } => {
            Box::new(gru::GruResetBefore::new(at, sizes, weight_drop)?)
        }
        config::Cell::Lstm => Box::new(lstm::Lstm::new(at, sizes, weight_drop)?),
        config::Cell::MinGru => Box::new(minimal::Minimal::gru(at, sizes.hidden)),
        config::Cell::MinLstm => Box::new(minimal::Minimal::lstm(at, sizes.hidden)),
    })
}

/// The product with the rows of W_hh of gates `gates`, normalised as one group where the layer has gains.
fn recurrent_product<T: Real>(
    at: &LayerParams,
    gates: Range<usize>,
    sizes: CellSizes,
    weight_drop: f64,
) -> Result<Product<T>> {
    let hidden = sizes.hidden;
    let part = |of: &Range<usize>, width: usize| {
        of.start + gates.start * width..of.start + gates.end * width
    };
    let outputs = gates.len() * hidden;
    let product_sizes = ProductSizes {
        outputs,
        inputs: hidden,
        max_rows: sizes.window.rows(),
        purpose: sizes.window.purpose,
    };
    let product =
        Product::new(part(&at.w_hh, hidden * hidden), product_sizes)?.dropping(weight_drop)?;
    if at.norm_hh.is_empty() {
        return Ok(product);
    }
    product.normalized(part(&at.norm_hh, hidden), vec![outputs])
}

/// bias = b_ih + b_hh.
fn sum_of_biases<T: Real>(bias: &mut [T], params: &[T], at: &LayerParams) {
    bias.copy_from_slice(&params[at.b_ih.clone()]);
    T::add_acc(bias, &params[at.b_hh.clone()]);
}

/// Gives both biases the same gradient, where they are only ever used as their sum.
fn gradient_of_both_biases<T: Real>(grads: &mut [T], at: &LayerParams, d_bias: &[T]) {
    T::add_acc(&mut grads[at.b_ih.clone()], d_bias);
    T::add_acc(&mut grads[at.b_hh.clone()], d_bias);
}
