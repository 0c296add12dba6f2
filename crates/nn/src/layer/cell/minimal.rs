//! minGRU and minLSTM: gates from the input alone, so that a step is elementwise. docs/maths.md (11), (12).

use super::{Cell, LayerParams, StepBack, WindowBack};
use crate::rng::Pcg32;
use mynah_kernels::real::Real;

/// (gates, h_prev, h_next, rows, hidden)
type StepForward<T> = fn(&mut [T], &[T], &mut [T], usize, usize);
/// (gates, h_prev, d_h, rows, hidden)
type StepBackward<T> = fn(&mut [T], &[T], &mut [T], usize, usize);

/// h' = (1 - z) h + z h~, with z and h~ from x.
pub struct Minimal<T> {
    at: LayerParams,
    /// H
    hidden: usize,
    forward: StepForward<T>,
    backward: StepBackward<T>,
}

impl<T: Real> Minimal<T> {
    /// minGRU
    pub fn gru(at: LayerParams, hidden: usize) -> Self {
        Self {
            at,
            hidden,
            forward: T::min_gru_step_forward,
            backward: T::min_gru_step_backward,
        }
    }

    /// minLSTM
    pub fn lstm(at: LayerParams, hidden: usize) -> Self {
        Self {
            at,
            hidden,
            forward: T::min_lstm_step_forward,
            backward: T::min_lstm_step_backward,
        }
    }
}

impl<T: Real> Cell<T> for Minimal<T> {
    fn load(&mut self, _params: &[T]) {}

    fn draw_masks(&mut self, _rng: &mut Pcg32) {}

    fn input_bias(&self, bias: &mut [T], params: &[T]) {
        bias.copy_from_slice(&params[self.at.b_ih.clone()]);
    }

    fn forward_step(
        &mut self,
        _params: &[T],
        _t: usize,
        gates: &mut [T],
        h_prev: &[T],
        h_next: &mut [T],
    ) {
        let rows = h_prev.len() / self.hidden;
        (self.forward)(gates, h_prev, h_next, rows, self.hidden);
    }

    fn backward_step(&mut self, _grads: &mut [T], _params: &[T], step: StepBack<'_, T>) {
        let rows = step.h_prev.len() / self.hidden;
        (self.backward)(step.gates, step.h_prev, step.d_h, rows, self.hidden);
    }

    fn weight_gradients(&mut self, grads: &mut [T], window: WindowBack<'_, T>) {
        T::add_acc(&mut grads[self.at.b_ih.clone()], window.d_bias);
    }
}
