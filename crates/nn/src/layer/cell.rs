//! What a recurrent cell must do; everything else is common to all cells.

use super::{gru, lstm, rnn};
use crate::Result;
use crate::config;
use crate::linear::Purpose;
use crate::params::LayerParams;
use mynah_kernels::real::Real;

/// The sizes of a layer's buffers.
#[derive(Clone, Copy, Debug)]
pub struct CellSizes {
    /// Sequences side by side, B.
    pub batch: usize,
    /// Time steps per window, T.
    pub seq_len: usize,
    /// Hidden units, H.
    pub hidden: usize,
    /// Whether a backward pass will come.
    pub purpose: Purpose,
}

impl CellSizes {
    /// Elements of one state: B H.
    pub fn state(&self) -> usize {
        self.batch * self.hidden
    }
}

/// One kind of cell: its recurrent weights, what it keeps between the passes, and its step.
///
/// The layer around it fills `gates` with the input's part of the preactivations (x W_ih' +
/// [`input_bias`](Cell::input_bias)) before the forward pass; after the backward pass `gates` holds their
/// gradients, from which the layer computes those of the input and of W_ih.
pub trait Cell<T: Real> {
    /// Packs the recurrent weights; called once per update.
    fn load(&mut self, params: &[T], at: &LayerParams);

    /// The bias that goes to the input's part of the preactivations, `bias` [G H]: usually b_ih + b_hh.
    fn input_bias(&self, bias: &mut [T], params: &[T], at: &LayerParams);

    /// Step `t`: from `gates` [B, G H] and `h_prev` [B, H] to `h_next` [B, H]; `gates` then holds what the
    /// backward step needs.
    fn forward_step(&mut self, t: usize, gates: &mut [T], h_prev: &[T], h_next: &mut [T]);

    /// Step `t` backwards: `d_h` [B, H] is the whole gradient of `h_next` and becomes that of `h_prev`;
    /// `gates` becomes the gradient of the input's part of the preactivations.
    fn backward_step(
        &mut self,
        t: usize,
        gates: &mut [T],
        h_prev: &[T],
        h_next: &[T],
        d_h: &mut [T],
    );

    /// Adds the gradients of W_hh, b_ih and b_hh after all steps.
    ///
    /// - `d_gates` [rows, G H], `h_prev` [rows, H]: all time steps
    /// - `d_bias` [G H]: the sum over the rows of `d_gates`
    fn weight_gradients(
        &mut self,
        grads: &mut [T],
        at: &LayerParams,
        d_gates: &[T],
        h_prev: &[T],
        d_bias: &[T],
        rows: usize,
    );

    /// A second state that travels with h (the LSTM's c), as it was before the first step of the window;
    /// empty for cells without one.
    fn memory(&mut self) -> &mut [T] {
        &mut []
    }

    /// Makes the second state after `steps` steps the one before the first of the next window.
    fn carry(&mut self, _steps: usize) {}

    /// Forgets the gradient of the second state, before a backward pass.
    fn begin_backward(&mut self) {}

    /// The gradient of [`memory`](Cell::memory) after a backward pass.
    fn memory_gradient(&self) -> &[T] {
        &[]
    }
}

/// The cell that a configuration names. This is the one place that lists them.
///
/// # Errors
/// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
pub fn build<T: Real>(cell: config::Cell, sizes: CellSizes) -> Result<Box<dyn Cell<T>>> {
    Ok(match cell {
        config::Cell::Rnn(activation) => Box::new(rnn::Rnn::new(activation, sizes)?),
        config::Cell::Gru { reset_after: true } => Box::new(gru::GruResetAfter::new(sizes)?),
        config::Cell::Gru { reset_after: false } => Box::new(gru::GruResetBefore::new(sizes)?),
        config::Cell::Lstm => Box::new(lstm::Lstm::new(sizes)?),
    })
}

/// bias = b_ih + b_hh.
pub(super) fn sum_of_biases<T: Real>(bias: &mut [T], params: &[T], at: &LayerParams) {
    bias.copy_from_slice(&params[at.b_ih.clone()]);
    crate::linear::add(bias, &params[at.b_hh.clone()]);
}

/// Gives both biases the same gradient, where they are only ever used as their sum.
pub(super) fn gradient_of_both_biases<T: Real>(grads: &mut [T], at: &LayerParams, d_bias: &[T]) {
    crate::linear::add(&mut grads[at.b_ih.clone()], d_bias);
    crate::linear::add(&mut grads[at.b_hh.clone()], d_bias);
}
