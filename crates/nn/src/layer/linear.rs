//! A matrix product as a layer of its own.

use super::{Input, Layer, Outputs, Pass, WindowSizes};
use crate::Result;
use crate::linear::{PackedLinear, column_sums_acc, fill_rows};
use mynah_kernels::real::Real;
use std::ops::Range;

/// y = x W' + b
pub struct Linear<T> {
    weight: Range<usize>,
    bias: Option<Range<usize>>,
    inputs: usize,
    width: usize,
    linear: PackedLinear<T>,
    outputs: Outputs<T>,
}

impl<T: Real> Linear<T> {
    /// With W [outputs, inputs] at `weight`, and b \[outputs\] at `bias`, if there is one.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(
        weight: Range<usize>,
        bias: Option<Range<usize>>,
        inputs: usize,
        sizes: WindowSizes,
    ) -> Result<Self> {
        let width = weight.len() / inputs;
        Ok(Self {
            weight,
            bias,
            inputs,
            width,
            linear: PackedLinear::new(width, inputs, sizes.rows(), sizes.purpose)?,
            outputs: Outputs::new(sizes, width)?,
        })
    }
}

impl<T: Real> Layer<T> for Linear<T> {
    fn load(&mut self, params: &[T]) {
        self.linear.load(&params[self.weight.clone()]);
    }

    fn forward(&mut self, pass: &Pass<'_, T>, input: Input<'_, T>) {
        let x = input.below();
        let y = self.outputs.values_mut(pass.steps);
        match &self.bias {
            Some(bias) => fill_rows(y, &pass.params[bias.clone()]),
            None => y.fill(T::default()),
        }
        let rows = x.len() / self.inputs;
        self.linear.apply_acc(y, self.width, x, self.inputs, rows);
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
        let (x, d_y) = (input.below(), self.outputs.gradient(pass.steps));
        let rows = x.len() / self.inputs;
        let d_weight = &mut grads[self.weight.clone()];
        self.linear
            .weight_gradient_acc(d_weight, d_y, self.width, x, self.inputs, rows);
        if let Some(bias) = &self.bias {
            column_sums_acc(&mut grads[bias.clone()], d_y);
        }
        d_input.fill(T::default());
        self.linear
            .input_gradient_acc(d_input, self.inputs, d_y, self.width, rows);
    }
}
