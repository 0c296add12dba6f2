//! The normalisation at the head of every part of a block.

use super::{Input, Layer, Outputs, Pass, WindowSizes};
use crate::Result;
use crate::error::allocate;
use mynah_kernels::real::Real;
use std::ops::Range;

/// y = gain o x / sqrt(mean(x^2) + epsilon), row by row (Zhang and Sennrich 2019). docs/maths.md (14a)
pub struct RmsNorm<T> {
    gain: Range<usize>,
    width: usize,
    /// [rows, width]: x / root mean square.
    normed: Vec<T>,
    /// [rows]: 1 / root mean square.
    inverse: Vec<T>,
    outputs: Outputs<T>,
}

impl<T: Real> RmsNorm<T> {
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(gain: Range<usize>, sizes: WindowSizes) -> Result<Self> {
        let width = gain.len();
        Ok(Self {
            gain,
            width,
            normed: allocate(&[sizes.rows(), width], "normalised values")?,
            inverse: allocate(&[sizes.rows()], "normalised values")?,
            outputs: Outputs::new(sizes, width)?,
        })
    }
}

impl<T: Real> Layer<T> for RmsNorm<T> {
    fn forward(&mut self, pass: &Pass<'_, T>, input: Input<'_, T>) {
        let (x, width) = (input.below(), self.width);
        let rows = x.len() / width;
        let normed = &mut self.normed[..x.len()];
        normed.copy_from_slice(x);
        T::rms_norm_forward(normed, width, &mut self.inverse[..rows], rows, width);
        let y = self.outputs.values_mut(pass.steps);
        y.fill(T::default());
        let gain = &pass.params[self.gain.clone()];
        T::gain_forward_acc(y, width, normed, width, gain, rows, width);
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
        _input: Input<'_, T>,
    ) {
        let (width, d_y) = (self.width, self.outputs.gradient(pass.steps));
        let rows = d_y.len() / width;
        let (gain, d_gain) = (
            &pass.params[self.gain.clone()],
            &mut grads[self.gain.clone()],
        );
        let normed = &self.normed[..d_y.len()];
        T::gain_backward(
            d_input, width, d_gain, d_y, width, normed, width, gain, rows, width,
        );
        let inverse = &self.inverse[..rows];
        T::rms_norm_backward(d_input, width, normed, width, inverse, rows, width);
    }
}
