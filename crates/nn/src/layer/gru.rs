//! Gated recurrent units, reset after and before the matrix product. docs/maths.md (4).
//!
//! W_hh is packed in two parts in both: the rows of r and z, and those of n, because n's product is used apart.

use super::cell::{Cell, CellSizes, gradient_of_both_biases, sum_of_biases};
use crate::Result;
use crate::error::allocate;
use crate::linear::{PackedLinear, add, column_sums_acc};
use crate::params::LayerParams;
use mynah_kernels::cell::gru::{CANDIDATE, GATES};
use mynah_kernels::real::Real;

/// The recurrent weights of r and z, and those of n.
struct RecurrentParts<T> {
    gates: PackedLinear<T>,
    candidate: PackedLinear<T>,
    /// Elements of W_hh before the candidate's rows.
    split: usize,
}

impl<T: Real> RecurrentParts<T> {
    fn new(sizes: CellSizes) -> Result<Self> {
        let rows = sizes.batch * sizes.seq_len;
        let hidden = sizes.hidden;
        Ok(Self {
            gates: PackedLinear::new(CANDIDATE * hidden, hidden, rows, sizes.purpose)?,
            candidate: PackedLinear::new(hidden, hidden, rows, sizes.purpose)?,
            split: CANDIDATE * hidden * hidden,
        })
    }

    fn load(&mut self, w_hh: &[T]) {
        let (gates, candidate) = w_hh.split_at(self.split);
        self.gates.load(gates);
        self.candidate.load(candidate);
    }
}

/// Reset after: n = tanh(x W_in' + b_in + r (h W_hn' + b_hn)), h' = (1 - z) n + z h
pub struct GruResetAfter<T> {
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
    pub fn new(sizes: CellSizes) -> Result<Self> {
        Ok(Self {
            sizes,
            recurrent: RecurrentParts::new(sizes)?,
            b_hn: allocate(&[sizes.hidden], "biases")?,
            recurrent_n: allocate(&[sizes.seq_len, sizes.state()], "gates")?,
        })
    }
}

impl<T: Real> Cell<T> for GruResetAfter<T> {
    fn load(&mut self, params: &[T], at: &LayerParams) {
        self.recurrent.load(&params[at.w_hh.clone()]);
        self.b_hn
            .copy_from_slice(&params[at.b_hh.clone()][CANDIDATE * self.sizes.hidden..]);
    }

    /// b_ih + b_hh for r and z; n's b_hn stays with the recurrent part, where r multiplies it.
    fn input_bias(&self, bias: &mut [T], params: &[T], at: &LayerParams) {
        bias.copy_from_slice(&params[at.b_ih.clone()]);
        let gates = CANDIDATE * self.sizes.hidden;
        add(&mut bias[..gates], &params[at.b_hh.clone()][..gates]);
    }

    fn forward_step(&mut self, t: usize, gates: &mut [T], h_prev: &[T], h_next: &mut [T]) {
        let CellSizes { batch, hidden, .. } = self.sizes;
        let state = self.sizes.state();
        let recurrent_n = &mut self.recurrent_n[t * state..(t + 1) * state];
        recurrent_n.fill(T::default());
        self.recurrent
            .gates
            .apply_acc(gates, GATES * hidden, h_prev, hidden, batch);
        self.recurrent
            .candidate
            .apply_acc(recurrent_n, hidden, h_prev, hidden, batch);
        T::gru_after_step_forward(
            gates,
            recurrent_n,
            &self.b_hn,
            h_prev,
            h_next,
            batch,
            hidden,
        );
    }

    fn backward_step(
        &mut self,
        t: usize,
        gates: &mut [T],
        h_prev: &[T],
        _h_next: &[T],
        d_h: &mut [T],
    ) {
        let CellSizes { batch, hidden, .. } = self.sizes;
        let state = self.sizes.state();
        let recurrent_n = &mut self.recurrent_n[t * state..(t + 1) * state];
        T::gru_after_step_backward(gates, recurrent_n, h_prev, d_h, batch, hidden);
        self.recurrent
            .gates
            .input_gradient_acc(d_h, hidden, gates, GATES * hidden, batch);
        self.recurrent
            .candidate
            .input_gradient_acc(d_h, hidden, recurrent_n, hidden, batch);
    }

    fn weight_gradients(
        &mut self,
        grads: &mut [T],
        at: &LayerParams,
        d_gates: &[T],
        h_prev: &[T],
        d_bias: &[T],
        rows: usize,
    ) {
        let hidden = self.sizes.hidden;
        let d_recurrent_n = &self.recurrent_n[..rows * hidden];
        let (d_gates_part, d_candidate_part) =
            grads[at.w_hh.clone()].split_at_mut(self.recurrent.split);
        self.recurrent.gates.weight_gradient_acc(
            d_gates_part,
            d_gates,
            GATES * hidden,
            h_prev,
            hidden,
            rows,
        );
        self.recurrent.candidate.weight_gradient_acc(
            d_candidate_part,
            d_recurrent_n,
            hidden,
            h_prev,
            hidden,
            rows,
        );
        add(&mut grads[at.b_ih.clone()], d_bias);
        let (d_b_gates, d_b_hn) = grads[at.b_hh.clone()].split_at_mut(CANDIDATE * hidden);
        add(d_b_gates, d_bias);
        column_sums_acc(d_b_hn, d_recurrent_n);
    }
}

/// Reset before: n = tanh(x W_in' + b_in + (r h) W_hn' + b_hn), h' = (1 - z) h + z n
pub struct GruResetBefore<T> {
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
    pub fn new(sizes: CellSizes) -> Result<Self> {
        Ok(Self {
            sizes,
            recurrent: RecurrentParts::new(sizes)?,
            reset_h: allocate(&[sizes.seq_len, sizes.state()], "gates")?,
            d_reset_h: allocate(&[sizes.state()], "gates")?,
        })
    }
}

impl<T: Real> Cell<T> for GruResetBefore<T> {
    fn load(&mut self, params: &[T], at: &LayerParams) {
        self.recurrent.load(&params[at.w_hh.clone()]);
    }

    fn input_bias(&self, bias: &mut [T], params: &[T], at: &LayerParams) {
        sum_of_biases(bias, params, at);
    }

    fn forward_step(&mut self, t: usize, gates: &mut [T], h_prev: &[T], h_next: &mut [T]) {
        let CellSizes { batch, hidden, .. } = self.sizes;
        let state = self.sizes.state();
        let reset_h = &mut self.reset_h[t * state..(t + 1) * state];
        self.recurrent
            .gates
            .apply_acc(gates, GATES * hidden, h_prev, hidden, batch);
        T::gru_before_gates_forward(gates, h_prev, reset_h, batch, hidden);
        self.recurrent.candidate.apply_acc(
            &mut gates[CANDIDATE * hidden..],
            GATES * hidden,
            reset_h,
            hidden,
            batch,
        );
        T::gru_before_state_forward(gates, h_prev, h_next, batch, hidden);
    }

    fn backward_step(
        &mut self,
        _t: usize,
        gates: &mut [T],
        h_prev: &[T],
        _h_next: &[T],
        d_h: &mut [T],
    ) {
        let CellSizes { batch, hidden, .. } = self.sizes;
        T::gru_before_state_backward(gates, h_prev, d_h, batch, hidden);
        self.d_reset_h.fill(T::default());
        let d_candidate = &gates[CANDIDATE * hidden..];
        self.recurrent.candidate.input_gradient_acc(
            &mut self.d_reset_h,
            hidden,
            d_candidate,
            GATES * hidden,
            batch,
        );
        T::gru_before_gates_backward(gates, h_prev, &self.d_reset_h, d_h, batch, hidden);
        self.recurrent
            .gates
            .input_gradient_acc(d_h, hidden, gates, GATES * hidden, batch);
    }

    fn weight_gradients(
        &mut self,
        grads: &mut [T],
        at: &LayerParams,
        d_gates: &[T],
        h_prev: &[T],
        d_bias: &[T],
        rows: usize,
    ) {
        let hidden = self.sizes.hidden;
        let (d_gates_part, d_candidate_part) =
            grads[at.w_hh.clone()].split_at_mut(self.recurrent.split);
        let d_candidate = &d_gates[CANDIDATE * hidden..];
        self.recurrent.gates.weight_gradient_acc(
            d_gates_part,
            d_gates,
            GATES * hidden,
            h_prev,
            hidden,
            rows,
        );
        self.recurrent.candidate.weight_gradient_acc(
            d_candidate_part,
            d_candidate,
            GATES * hidden,
            &self.reset_h,
            hidden,
            rows,
        );
        gradient_of_both_biases(grads, at, d_bias);
    }
}
