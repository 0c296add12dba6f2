//! Long short-term memory. docs/maths.md (5).

use super::cell::{Cell, CellSizes, gradient_of_both_biases, sum_of_biases};
use crate::Result;
use crate::error::allocate;
use crate::linear::{PackedLinear, Purpose};
use crate::params::LayerParams;
use mynah_kernels::cell::lstm::GATES;
use mynah_kernels::real::Real;

/// i, f, g, o = x W_ih' + b_ih + h W_hh' + b_hh, activated; c' = f c + i g; h' = o tanh c'
pub struct Lstm<T> {
    sizes: CellSizes,
    recurrent: PackedLinear<T>,
    /// [T + 1, B, H]: c before the first step, then after each.
    c: Vec<T>,
    /// [T, B, H]; when not training, [1, B, H], overwritten by every step.
    tanh_c: Vec<T>,
    /// [B, H]
    d_c: Vec<T>,
}

impl<T: Real> Lstm<T> {
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(sizes: CellSizes) -> Result<Self> {
        let rows = sizes.batch * sizes.seq_len;
        let kept_steps = if sizes.purpose == Purpose::Train {
            sizes.seq_len
        } else {
            1
        };
        Ok(Self {
            sizes,
            recurrent: PackedLinear::new(GATES * sizes.hidden, sizes.hidden, rows, sizes.purpose)?,
            c: allocate(&[sizes.seq_len + 1, sizes.state()], "cell states")?,
            tanh_c: allocate(&[kept_steps, sizes.state()], "cell states")?,
            d_c: allocate(&[sizes.state()], "cell states")?,
        })
    }

    /// Where step `t` keeps tanh(c').
    fn tanh_c_at(&self, t: usize) -> std::ops::Range<usize> {
        let state = self.sizes.state();
        let kept = if self.sizes.purpose == Purpose::Train {
            t
        } else {
            0
        };
        kept * state..(kept + 1) * state
    }
}

impl<T: Real> Cell<T> for Lstm<T> {
    fn load(&mut self, params: &[T], at: &LayerParams) {
        self.recurrent.load(&params[at.w_hh.clone()]);
    }

    fn input_bias(&self, bias: &mut [T], params: &[T], at: &LayerParams) {
        sum_of_biases(bias, params, at);
    }

    fn forward_step(&mut self, t: usize, gates: &mut [T], h_prev: &[T], h_next: &mut [T]) {
        let CellSizes { batch, hidden, .. } = self.sizes;
        let state = self.sizes.state();
        self.recurrent
            .apply_acc(gates, GATES * hidden, h_prev, hidden, batch);
        let tanh_c = self.tanh_c_at(t);
        let (before, after) = self.c.split_at_mut((t + 1) * state);
        T::lstm_step_forward(
            gates,
            &before[t * state..],
            &mut after[..state],
            &mut self.tanh_c[tanh_c],
            h_next,
            batch,
            hidden,
        );
    }

    fn backward_step(
        &mut self,
        t: usize,
        gates: &mut [T],
        _h_prev: &[T],
        _h_next: &[T],
        d_h: &mut [T],
    ) {
        let CellSizes { batch, hidden, .. } = self.sizes;
        let state = self.sizes.state();
        let (c_prev, tanh_c) = (
            &self.c[t * state..(t + 1) * state],
            &self.tanh_c[self.tanh_c_at(t)],
        );
        T::lstm_step_backward(gates, c_prev, tanh_c, d_h, &mut self.d_c, batch, hidden);
        d_h.fill(T::default());
        self.recurrent
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
        self.recurrent.weight_gradient_acc(
            &mut grads[at.w_hh.clone()],
            d_gates,
            GATES * hidden,
            h_prev,
            hidden,
            rows,
        );
        gradient_of_both_biases(grads, at, d_bias);
    }

    fn memory(&mut self) -> &mut [T] {
        &mut self.c[..self.sizes.state()]
    }

    fn carry(&mut self, steps: usize) {
        let state = self.sizes.state();
        self.c.copy_within(steps * state..(steps + 1) * state, 0);
    }

    fn begin_backward(&mut self) {
        self.d_c.fill(T::default());
    }

    fn memory_gradient(&self) -> &[T] {
        &self.d_c
    }
}
