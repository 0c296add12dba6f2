//! The vanilla cell. docs/maths.md (3).

use super::{
    Cell, CellSizes, LayerParams, StepBack, WindowBack, gradient_of_both_biases, recurrent_product,
    sum_of_biases,
};
use crate::Result;
use crate::config::Activation;
use crate::layer::product::{Product, Rows};
use crate::rng::Pcg32;
use mynah_kernels::cell::rnn::{GATES, Nonlinearity};
use mynah_kernels::real::Real;

/// h' = f(x W_ih' + b_ih + h W_hh' + b_hh)
pub struct Rnn<T> {
    at: LayerParams,
    sizes: CellSizes,
    nonlinearity: Nonlinearity,
    recurrent: Product<T>,
}

impl<T: Real> Rnn<T> {
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(
        activation: Activation,
        at: LayerParams,
        sizes: CellSizes,
        weight_drop: f64,
    ) -> Result<Self> {
        let nonlinearity = match activation {
            Activation::Tanh => Nonlinearity::Tanh,
            Activation::Relu => Nonlinearity::Relu,
        };
        Ok(Self {
            recurrent: recurrent_product(&at, 0..GATES, sizes, weight_drop)?,
            at,
            sizes,
            nonlinearity,
        })
    }

    /// `count` rows from step `first_step` on.
    fn rows(&self, first_step: usize, count: usize) -> Rows {
        let CellSizes { window, hidden } = self.sizes;
        Rows {
            ldy: hidden,
            ldx: hidden,
            first: first_step * window.batch,
            count,
        }
    }
}

impl<T: Real> Cell<T> for Rnn<T> {
    fn load(&mut self, params: &[T]) {
        self.recurrent.load(params);
    }

    fn draw_masks(&mut self, rng: &mut Pcg32) {
        self.recurrent.draw_mask(rng);
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
        let rows = self.rows(t, h_prev.len() / self.sizes.hidden);
        self.recurrent.forward_acc(params, gates, h_prev, rows);
        T::rnn_step_forward(gates, h_next, self.nonlinearity);
    }

    fn backward_step(&mut self, grads: &mut [T], params: &[T], step: StepBack<'_, T>) {
        T::rnn_step_backward(step.gates, step.h_next, step.d_h, self.nonlinearity);
        step.d_h.fill(T::default());
        let rows = self.rows(step.t, step.h_prev.len() / self.sizes.hidden);
        self.recurrent
            .input_gradient_acc(grads, params, step.d_h, step.gates, rows);
    }

    fn weight_gradients(&mut self, grads: &mut [T], window: WindowBack<'_, T>) {
        let rows = self.rows(0, window.rows);
        self.recurrent
            .weight_gradient_acc(grads, window.d_gates, window.h_prev, rows);
        gradient_of_both_biases(grads, &self.at, window.d_bias);
    }
}
