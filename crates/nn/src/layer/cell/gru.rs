//! Gated recurrent units, reset after and before the matrix product. docs/maths.md (4).
//!
//! W_hh is packed in two parts in both: the rows of r and z, and those of n, because n's product is used apart.

use super::{
    Cell, CellSizes, LayerParams, StepBack, WindowBack, gradient_of_both_biases, recurrent_product,
    sum_of_biases,
};
use crate::Result;
use crate::error::allocate;
use crate::layer::product::{Product, Rows};
use crate::linear::column_sums_acc;
use crate::rng::Pcg32;
use mynah_kernels::cell::gru::{CANDIDATE, GATES};
use mynah_kernels::real::Real;

/// The recurrent weights of r and z, and those of n.
struct RecurrentParts<T> {
    sizes: CellSizes,
    gates: Product<T>,
    candidate: Product<T>,
}

impl<T: Real> RecurrentParts<T> {
    fn new(at: &LayerParams, sizes: CellSizes, weight_drop: f64) -> Result<Self> {
        Ok(Self {
            sizes,
            gates: recurrent_product(at, 0..CANDIDATE, sizes, weight_drop)?,
            candidate: recurrent_product(at, CANDIDATE..GATES, sizes, weight_drop)?,
        })
    }

    fn load(&mut self, params: &[T]) {
        self.gates.load(params);
        self.candidate.load(params);
    }

    fn draw_masks(&mut self, rng: &mut Pcg32) {
        self.gates.draw_mask(rng);
        self.candidate.draw_mask(rng);
    }

    /// `count` rows from step `first_step` on, whose products lie in matrices of `ldy` columns.
    fn rows(&self, first_step: usize, count: usize, ldy: usize) -> Rows {
        Rows {
            ldy,
            ldx: self.sizes.hidden,
            first: first_step * self.sizes.window.batch,
            count,
        }
    }
}

/// Reset after: n = tanh(x W_in' + b_in + r (h W_hn' + b_hn)), h' = (1 - z) n + z h
pub struct GruResetAfter<T> {
    at: LayerParams,
    sizes: CellSizes,
    recurrent: RecurrentParts<T>,
    /// \[H\]
    b_hn: Vec<T>,
    /// [T, B, H]: h W_hn' + b_hn, in the backward pass its gradient.
    recurrent_n: Vec<T>,
}

impl<T: Real> GruResetAfter<T> {
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(at: LayerParams, sizes: CellSizes, weight_drop: f64) -> Result<Self> {
        Ok(Self {
            sizes,
            recurrent: RecurrentParts::new(&at, sizes, weight_drop)?,
            b_hn: allocate(&[sizes.hidden], "biases")?,
            recurrent_n: allocate(&[sizes.window.seq_len, sizes.state()], "gates")?,
            at,
        })
    }
}

impl<T: Real> Cell<T> for GruResetAfter<T> {
    fn load(&mut self, params: &[T]) {
        self.recurrent.load(params);
        self.b_hn
            .copy_from_slice(&params[self.at.b_hh.clone()][CANDIDATE * self.sizes.hidden..]);
    }

    fn draw_masks(&mut self, rng: &mut Pcg32) {
        self.recurrent.draw_masks(rng);
    }

    /// b_ih + b_hh for r and z; n's b_hn stays with the recurrent part, where r multiplies it.
    fn input_bias(&self, bias: &mut [T], params: &[T]) {
        bias.copy_from_slice(&params[self.at.b_ih.clone()]);
        let gates = CANDIDATE * self.sizes.hidden;
        T::add_acc(&mut bias[..gates], &params[self.at.b_hh.clone()][..gates]);
    }

    fn forward_step(
        &mut self,
        params: &[T],
        t: usize,
        gates: &mut [T],
        h_prev: &[T],
        h_next: &mut [T],
    ) {
        let (hidden, state) = (self.sizes.hidden, self.sizes.state());
        let count = h_prev.len() / hidden;
        // Of sequences that are left out it is the gradient, which is 0.
        let recurrent_n = &mut self.recurrent_n[t * state..(t + 1) * state];
        recurrent_n.fill(T::default());
        let recurrent_n = &mut recurrent_n[..h_prev.len()];
        let parts = &mut self.recurrent;
        let rows = parts.rows(t, count, GATES * hidden);
        parts.gates.forward_acc(params, gates, h_prev, rows);
        let rows = parts.rows(t, count, hidden);
        parts
            .candidate
            .forward_acc(params, recurrent_n, h_prev, rows);
        T::gru_after_step_forward(
            gates,
            recurrent_n,
            &self.b_hn,
            h_prev,
            h_next,
            count,
            hidden,
        );
    }

    fn backward_step(&mut self, grads: &mut [T], params: &[T], step: StepBack<'_, T>) {
        let (hidden, state) = (self.sizes.hidden, self.sizes.state());
        let StepBack {
            t,
            gates,
            h_prev,
            d_h,
            ..
        } = step;
        let count = h_prev.len() / hidden;
        let recurrent_n = &mut self.recurrent_n[t * state..][..h_prev.len()];
        T::gru_after_step_backward(gates, recurrent_n, h_prev, d_h, count, hidden);
        let parts = &mut self.recurrent;
        let rows = parts.rows(t, count, GATES * hidden);
        parts
            .gates
            .input_gradient_acc(grads, params, d_h, gates, rows);
        let rows = parts.rows(t, count, hidden);
        parts
            .candidate
            .input_gradient_acc(grads, params, d_h, recurrent_n, rows);
    }

    fn weight_gradients(&mut self, grads: &mut [T], window: WindowBack<'_, T>) {
        let hidden = self.sizes.hidden;
        let d_recurrent_n = &self.recurrent_n[..window.rows * hidden];
        let parts = &mut self.recurrent;
        let rows = parts.rows(0, window.rows, GATES * hidden);
        parts
            .gates
            .weight_gradient_acc(grads, window.d_gates, window.h_prev, rows);
        let rows = parts.rows(0, window.rows, hidden);
        parts
            .candidate
            .weight_gradient_acc(grads, d_recurrent_n, window.h_prev, rows);
        T::add_acc(&mut grads[self.at.b_ih.clone()], window.d_bias);
        let (d_b_gates, d_b_hn) = grads[self.at.b_hh.clone()].split_at_mut(CANDIDATE * hidden);
        T::add_acc(d_b_gates, &window.d_bias[..CANDIDATE * hidden]);
        column_sums_acc(d_b_hn, d_recurrent_n);
    }
}

/// Reset before: n = tanh(x W_in' + b_in + (r h) W_hn' + b_hn), h' = (1 - z) h + z n
pub struct GruResetBefore<T> {
    at: LayerParams,
    sizes: CellSizes,
    recurrent: RecurrentParts<T>,
    /// [T, B, H]: r h.
    reset_h: Vec<T>,
    /// [B, H]
    d_reset_h: Vec<T>,
}

impl<T: Real> GruResetBefore<T> {
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(at: LayerParams, sizes: CellSizes, weight_drop: f64) -> Result<Self> {
        Ok(Self {
            sizes,
            recurrent: RecurrentParts::new(&at, sizes, weight_drop)?,
            reset_h: allocate(&[sizes.window.seq_len, sizes.state()], "gates")?,
            d_reset_h: allocate(&[sizes.state()], "gates")?,
            at,
        })
    }
}

impl<T: Real> Cell<T> for GruResetBefore<T> {
    fn load(&mut self, params: &[T]) {
        self.recurrent.load(params);
    }

    fn draw_masks(&mut self, rng: &mut Pcg32) {
        self.recurrent.draw_masks(rng);
    }

    fn input_bias(&self, bias: &mut [T], params: &[T]) {
        sum_of_biases(bias, params, &self.at);
    }

    fn forward_step(
        &mut self,
        params: &[T],
        t: usize,
        gates: &mut [T],
        h_prev: &[T],
        h_next: &mut [T],
    ) {
        let (hidden, state) = (self.sizes.hidden, self.sizes.state());
        let count = h_prev.len() / hidden;
        let reset_h = &mut self.reset_h[t * state..(t + 1) * state];
        // Of sequences that are left out it meets a gradient of 0, which what an earlier window left might make no number.
        reset_h[h_prev.len()..].fill(T::default());
        let reset_h = &mut reset_h[..h_prev.len()];
        let parts = &mut self.recurrent;
        let rows = parts.rows(t, count, GATES * hidden);
        parts.gates.forward_acc(params, gates, h_prev, rows);
        T::gru_before_gates_forward(gates, h_prev, reset_h, count, hidden);
        let preact_n = &mut gates[CANDIDATE * hidden..];
        parts.candidate.forward_acc(params, preact_n, reset_h, rows);
        T::gru_before_state_forward(gates, h_prev, h_next, count, hidden);
    }

    fn backward_step(&mut self, grads: &mut [T], params: &[T], step: StepBack<'_, T>) {
        let hidden = self.sizes.hidden;
        let StepBack {
            t,
            gates,
            h_prev,
            d_h,
            ..
        } = step;
        let count = h_prev.len() / hidden;
        T::gru_before_state_backward(gates, h_prev, d_h, count, hidden);
        let d_reset_h = &mut self.d_reset_h[..h_prev.len()];
        d_reset_h.fill(T::default());
        let parts = &mut self.recurrent;
        let rows = parts.rows(t, count, GATES * hidden);
        let d_candidate = &gates[CANDIDATE * hidden..];
        parts
            .candidate
            .input_gradient_acc(grads, params, d_reset_h, d_candidate, rows);
        T::gru_before_gates_backward(gates, h_prev, d_reset_h, d_h, count, hidden);
        parts
            .gates
            .input_gradient_acc(grads, params, d_h, gates, rows);
    }

    fn weight_gradients(&mut self, grads: &mut [T], window: WindowBack<'_, T>) {
        let hidden = self.sizes.hidden;
        let parts = &mut self.recurrent;
        let rows = parts.rows(0, window.rows, GATES * hidden);
        parts
            .gates
            .weight_gradient_acc(grads, window.d_gates, window.h_prev, rows);
        let d_candidate = &window.d_gates[CANDIDATE * hidden..];
        parts
            .candidate
            .weight_gradient_acc(grads, d_candidate, &self.reset_h, rows);
        gradient_of_both_biases(grads, &self.at, window.d_bias);
    }
}
