//! The vanilla cell. docs/maths.md (3).

use super::cell::{Cell, CellSizes, gradient_of_both_biases, sum_of_biases};
use crate::Result;
use crate::config::Activation;
use crate::linear::PackedLinear;
use crate::params::LayerParams;
use mynah_kernels::cell::rnn::Nonlinearity;
use mynah_kernels::real::Real;

/// h' = f(x W_ih' + b_ih + h W_hh' + b_hh)
pub struct Rnn<T> {
    sizes: CellSizes,
    nonlinearity: Nonlinearity,
    recurrent: PackedLinear<T>,
}

impl<T: Real> Rnn<T> {
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(activation: Activation, sizes: CellSizes) -> Result<Self> {
        let nonlinearity = match activation {
            Activation::Tanh => Nonlinearity::Tanh,
            Activation::Relu => Nonlinearity::Relu,
        };
        let rows = sizes.batch * sizes.seq_len;
        Ok(Self {
            sizes,
            nonlinearity,
            recurrent: PackedLinear::new(sizes.hidden, sizes.hidden, rows, sizes.purpose)?,
        })
    }
}

impl<T: Real> Cell<T> for Rnn<T> {
    fn load(&mut self, params: &[T], at: &LayerParams) {
        self.recurrent.load(&params[at.w_hh.clone()]);
    }

    fn input_bias(&self, bias: &mut [T], params: &[T], at: &LayerParams) {
        sum_of_biases(bias, params, at);
    }

    fn forward_step(&mut self, _t: usize, gates: &mut [T], h_prev: &[T], h_next: &mut [T]) {
        let CellSizes { batch, hidden, .. } = self.sizes;
        self.recurrent
            .apply_acc(gates, hidden, h_prev, hidden, batch);
        T::rnn_step_forward(gates, h_next, self.nonlinearity);
    }

    fn backward_step(
        &mut self,
        _t: usize,
        gates: &mut [T],
        _h_prev: &[T],
        h_next: &[T],
        d_h: &mut [T],
    ) {
        let CellSizes { batch, hidden, .. } = self.sizes;
        T::rnn_step_backward(gates, h_next, d_h, self.nonlinearity);
        d_h.fill(T::default());
        self.recurrent
            .input_gradient_acc(d_h, hidden, gates, hidden, batch);
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
            hidden,
            h_prev,
            hidden,
            rows,
        );
        gradient_of_both_biases(grads, at, d_bias);
    }
}
