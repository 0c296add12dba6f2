//! The activation of MLPs.

use super::{Input, Layer, Outputs, Pass, WindowSizes};
use crate::Result;
use mynah_kernels::real::Real;

/// y = gelu(x). docs/maths.md (14c)
pub struct Gelu<T> {
    outputs: Outputs<T>,
}

impl<T: Real> Gelu<T> {
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(width: usize, sizes: WindowSizes) -> Result<Self> {
        Ok(Self {
            outputs: Outputs::new(sizes, width)?,
        })
    }
}

impl<T: Real> Layer<T> for Gelu<T> {
    fn forward(&mut self, pass: &Pass<'_, T>, input: Input<'_, T>) {
        T::gelu_forward(self.outputs.values_mut(pass.steps), input.below());
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
        input: Input<'_, T>,
    ) {
        d_input.copy_from_slice(self.outputs.gradient(pass.steps));
        T::gelu_backward(d_input, input.below());
    }
}
