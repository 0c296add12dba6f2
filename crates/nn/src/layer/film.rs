//! A condition that scales and shifts what a layer puts out.

use super::condition::ConditionProduct;
use super::{Input, Layer, Outputs, Pass, WindowSizes};
use crate::Result;
use crate::error::allocate;
use crate::linear::fill_rows;
use mynah_kernels::real::Real;
use std::ops::Range;

/// y = (1 + gamma) o x + beta, gamma and beta from the sequence's condition (Perez et al. 2018). docs/maths.md (18c)
pub struct Film<T> {
    /// [B, 2 width]: gamma and beta of each sequence; in the backward pass their gradients.
    both: ConditionProduct<T>,
    width: usize,
    /// [B, width]
    gamma: Vec<T>,
    /// [B, width]
    beta: Vec<T>,
    outputs: Outputs<T>,
}

impl<T: Real> Film<T> {
    /// With the weights of gamma, then beta at `weight` [2 width, condition].
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(
        weight: Range<usize>,
        condition: usize,
        width: usize,
        sizes: WindowSizes,
    ) -> Result<Self> {
        let batch = sizes.batch;
        Ok(Self {
            both: ConditionProduct::new(weight, condition, sizes)?,
            width,
            gamma: allocate(&[batch, width], "the condition's part")?,
            beta: allocate(&[batch, width], "the condition's part")?,
            outputs: Outputs::new(sizes, width)?,
        })
    }
}

impl<T: Real> Layer<T> for Film<T> {
    fn load(&mut self, params: &[T]) {
        self.both.load(params);
    }

    fn forward(&mut self, pass: &Pass<'_, T>, input: Input<'_, T>) {
        self.both.forward(pass);
        let width = self.width;
        let rows = self.both.values.chunks_exact(2 * width);
        let parts = self
            .gamma
            .chunks_exact_mut(width)
            .zip(self.beta.chunks_exact_mut(width));
        for (row, (gamma, beta)) in rows.zip(parts) {
            gamma.copy_from_slice(&row[..width]);
            beta.copy_from_slice(&row[width..]);
        }
        let (x, y) = (input.below(), self.outputs.values_mut(pass.steps));
        fill_rows(y, &self.beta);
        T::add_acc(y, x);
        let step = self.gamma.len();
        T::gain_forward_acc(y, step, x, step, &self.gamma, pass.steps, step);
    }

    fn outputs(&self, steps: usize) -> &[T] {
        self.outputs.values(steps)
    }

    fn outputs_and_gradient(&mut self, steps: usize) -> (&[T], &mut [T]) {
        self.outputs.both(steps)
    }

    fn backward(
        &mut self,
        grads: &mut [T],
        d_input: &mut [T],
        pass: &Pass<'_, T>,
        input: Input<'_, T>,
    ) {
        let d_y = self.outputs.gradient(pass.steps);
        let (step, width) = (self.gamma.len(), self.width);
        d_input.copy_from_slice(d_y);
        T::gain_forward_acc(d_input, step, d_y, step, &self.gamma, pass.steps, step);
        self.beta.fill(T::default());
        for d_step in d_y.chunks_exact(step) {
            T::add_acc(&mut self.beta, d_step);
        }
        // gamma has done its work; it holds its gradient until the next forward pass.
        self.gamma.fill(T::default());
        let x = input.below();
        T::sum_products_acc(&mut self.gamma, d_y, step, x, step, pass.steps, step);
        let parts = self
            .gamma
            .chunks_exact(width)
            .zip(self.beta.chunks_exact(width));
        for (row, (gamma, beta)) in self.both.values.chunks_exact_mut(2 * width).zip(parts) {
            row[..width].copy_from_slice(gamma);
            row[width..].copy_from_slice(beta);
        }
        self.both.weight_gradient_acc(grads, pass);
    }
}
