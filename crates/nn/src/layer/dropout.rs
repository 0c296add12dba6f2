//! Dropout between layers.

use super::{Input, Layer, Outputs, Pass, WindowSizes};
use crate::Result;
use crate::error::allocate;
use crate::rng::Pcg32;
use mynah_kernels::real::Real;

/// y = x o m, with one mask for each sequence that stays for all steps of a window: "locked" or variational
/// dropout (Gal and Ghahramani 2016). m is 0 or 1 / (1 - rate). Only training networks have it. docs/maths.md (17c)
pub struct LockedDropout<T> {
    rate: f64,
    /// [B, width]
    mask: Vec<T>,
    outputs: Outputs<T>,
}

impl<T: Real> LockedDropout<T> {
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(rate: f64, width: usize, sizes: WindowSizes) -> Result<Self> {
        let mut mask: Vec<T> = allocate(&[sizes.batch, width], "the dropout mask")?;
        mask.fill(T::from_f64(1.0));
        Ok(Self {
            rate,
            mask,
            outputs: Outputs::new(sizes, width)?,
        })
    }
}

/// values o mask, step by step.
fn multiply_steps<T: Real>(values: &mut [T], mask: &[T]) {
    for step in values.chunks_exact_mut(mask.len()) {
        T::multiply(step, mask);
    }
}

impl<T: Real> Layer<T> for LockedDropout<T> {
    fn forward(&mut self, pass: &Pass<'_, T>, input: Input<'_, T>) {
        let values = self.outputs.values_mut(pass.steps);
        values.copy_from_slice(input.below());
        multiply_steps(values, &self.mask);
    }

    fn outputs(&self, steps: usize) -> &[T] {
        self.outputs.values(steps)
    }

    fn outputs_and_gradient(&mut self, steps: usize) -> (&[T], &mut [T]) {
        self.outputs.both(steps)
    }

    fn backward(
        &mut self,
        _grads: &mut [T],
        d_input: &mut [T],
        pass: &Pass<'_, T>,
        _input: Input<'_, T>,
    ) {
        d_input.copy_from_slice(self.outputs.gradient(pass.steps));
        multiply_steps(d_input, &self.mask);
    }

    fn draw_masks(&mut self, rng: &mut Pcg32) {
        rng.fill_dropout_mask(&mut self.mask, self.rate);
    }
}
