//! One recurrent layer: the time loop around a cell, forward and backward through time.

use super::cell::{self, Cell, CellSizes};
use super::input::{Input, InputStage};
use crate::Result;
use crate::config;
use crate::error::allocate;
use crate::linear::{Purpose, add};
use crate::params::LayerParams;
use mynah_kernels::real::Real;

/// A layer with the buffers for windows of up to T steps of B sequences.
pub struct RecurrentLayer<T> {
    at: LayerParams,
    sizes: CellSizes,
    /// G H
    width: usize,
    cell: Box<dyn Cell<T>>,
    input: InputStage<T>,
    /// \[G H\]: what every row of gates starts from.
    bias: Vec<T>,
    /// [T, B, G H]: preactivations, then gates, then gradients of the preactivations.
    gates: Vec<T>,
    /// [T + 1, B, H]: h before the first step, then after each.
    h: Vec<T>,
    /// [T, B, H]: the gradient of the layer's outputs, written by what stands above.
    d_outputs: Vec<T>,
    /// [B, H]: the gradient that travels back through time; after a backward pass, that of the initial h.
    d_h: Vec<T>,
    /// \[G H\]
    d_bias: Vec<T>,
}

impl<T: Real> RecurrentLayer<T> {
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(
        at: LayerParams,
        cell: config::Cell,
        input: InputStage<T>,
        sizes: CellSizes,
    ) -> Result<Self> {
        let width = cell.gates() * sizes.hidden;
        let state = sizes.state();
        let output_steps = if sizes.purpose == Purpose::Train {
            sizes.seq_len
        } else {
            0
        };
        Ok(Self {
            at,
            sizes,
            width,
            cell: cell::build(cell, sizes)?,
            input,
            bias: allocate(&[width], "biases")?,
            gates: allocate(&[sizes.seq_len, sizes.batch, width], "gates")?,
            h: allocate(&[sizes.seq_len + 1, state], "hidden states")?,
            d_outputs: allocate(&[output_steps, state], "gradients")?,
            d_h: allocate(&[state], "gradients")?,
            d_bias: allocate(&[width], "gradients")?,
        })
    }

    /// Packs the weights; called once per update.
    pub fn load(&mut self, params: &[T]) {
        self.cell.load(params, &self.at);
        self.input.load(params, &self.at);
        self.cell.input_bias(&mut self.bias, params, &self.at);
    }

    /// Runs `steps` steps from the carried state; [`outputs`](Self::outputs) then holds the hidden states.
    pub fn forward(&mut self, params: &[T], input: Input<'_, T>, steps: usize) {
        let state = self.sizes.state();
        let step_width = self.sizes.batch * self.width;
        self.input.forward(
            &mut self.gates[..steps * step_width],
            params,
            &self.bias,
            input,
        );
        for (t, gates) in self
            .gates
            .chunks_exact_mut(step_width)
            .take(steps)
            .enumerate()
        {
            let (before, after) = self.h.split_at_mut((t + 1) * state);
            self.cell
                .forward_step(t, gates, &before[t * state..], &mut after[..state]);
        }
    }

    /// Backpropagation through the window's `steps` steps, from the gradient of its outputs: adds to the
    /// parameters' gradients and writes the gradient of the layer below's outputs, where there is one. What
    /// comes from later windows is cut off (truncated).
    pub fn backward(
        &mut self,
        grads: &mut [T],
        d_below: &mut [T],
        input: Input<'_, T>,
        steps: usize,
    ) {
        let state = self.sizes.state();
        let step_width = self.sizes.batch * self.width;
        self.d_h.fill(T::default());
        self.cell.begin_backward();
        for (t, gates) in self
            .gates
            .chunks_exact_mut(step_width)
            .take(steps)
            .enumerate()
            .rev()
        {
            add(&mut self.d_h, &self.d_outputs[t * state..(t + 1) * state]);
            let (before, after) = self.h.split_at((t + 1) * state);
            self.cell.backward_step(
                t,
                gates,
                &before[t * state..],
                &after[..state],
                &mut self.d_h,
            );
        }
        let rows = steps * self.sizes.batch;
        let d_gates = &self.gates[..steps * step_width];
        self.input
            .backward(grads, &mut self.d_bias, d_below, &self.at, d_gates, input);
        self.cell.weight_gradients(
            grads,
            &self.at,
            d_gates,
            &self.h[..rows * self.sizes.hidden],
            &self.d_bias,
            rows,
        );
    }

    /// Makes the state after `steps` steps the one that the next window starts from.
    pub fn carry(&mut self, steps: usize) {
        let state = self.sizes.state();
        self.h.copy_within(steps * state..(steps + 1) * state, 0);
        self.cell.carry(steps);
    }

    /// The hidden states of the last window, [steps, B, H].
    pub fn outputs(&self, steps: usize) -> &[T] {
        let state = self.sizes.state();
        &self.h[state..(steps + 1) * state]
    }

    /// The hidden states of the last window and their gradient, which is to be filled before
    /// [`backward`](Self::backward); both [steps, B, H].
    pub fn outputs_and_gradient(&mut self, steps: usize) -> (&[T], &mut [T]) {
        let state = self.sizes.state();
        (
            &self.h[state..(steps + 1) * state],
            &mut self.d_outputs[..steps * state],
        )
    }

    /// h before the first step of the next window, [B, H].
    pub fn state(&mut self) -> &mut [T] {
        let state = self.sizes.state();
        &mut self.h[..state]
    }

    /// The cell's second state before the first step of the next window, [B, H], or empty.
    pub fn memory(&mut self) -> &mut [T] {
        self.cell.memory()
    }

    /// The gradients of the initial states after a backward pass: that of h, and that of the second state or empty.
    pub fn state_gradients(&self) -> (&[T], &[T]) {
        (&self.d_h, self.cell.memory_gradient())
    }
}
