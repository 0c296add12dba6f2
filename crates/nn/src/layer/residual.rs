//! A shortcut around layers.

use super::{Input, Layer, Outputs, Pass, WindowSizes};
use crate::Result;
use crate::activations::LayerValues;
use crate::layer::chain::Chain;
use crate::probe::LayerFlow;
use crate::rng::Pcg32;
use mynah_kernels::real::Real;

/// y = x + f(x), f a chain of layers. docs/maths.md (14)
pub struct Residual<T> {
    inner: Chain<T>,
    outputs: Outputs<T>,
}

impl<T: Real> Residual<T> {
    /// Around layers that put out as many values as they read.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(inner: Chain<T>, width: usize, sizes: WindowSizes) -> Result<Self> {
        Ok(Self {
            inner,
            outputs: Outputs::new(sizes, width)?,
        })
    }
}

impl<T: Real> Layer<T> for Residual<T> {
    fn load(&mut self, params: &[T]) {
        self.inner.load(params);
    }

    fn forward(&mut self, pass: &Pass<'_, T>, input: Input<'_, T>) {
        self.inner.forward(pass, input);
        let values = self.outputs.values_mut(pass.steps);
        values.copy_from_slice(input.below());
        T::add_acc(values, self.inner.outputs(pass.steps));
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
        let d_outputs = self.outputs.gradient(pass.steps);
        let (_, d_inner) = self.inner.outputs_and_gradient(pass.steps);
        d_inner.copy_from_slice(d_outputs);
        self.inner.backward(grads, d_input, pass, input);
        T::add_acc(d_input, d_outputs);
    }

    fn carry(&mut self, steps: usize) {
        self.inner.carry(steps);
    }

    fn reset(&mut self, b: usize) {
        self.inner.reset(b);
    }

    fn states(&mut self, visit: &mut dyn FnMut(&mut [T])) {
        self.inner.states(visit);
    }

    fn state_gradients(&mut self, visit: &mut dyn FnMut(&[T])) {
        self.inner.state_gradients(visit);
    }

    fn watch_gradients(&mut self) {
        self.inner.watch_gradients();
    }

    fn flows(&self, visit: &mut dyn FnMut(&LayerFlow)) {
        self.inner.flows(visit);
    }

    fn look(&mut self, steps: usize, visit: &mut dyn FnMut(LayerValues<'_, T>)) {
        self.inner.look(steps, visit);
    }

    fn draw_masks(&mut self, rng: &mut Pcg32) {
        self.inner.draw_masks(rng);
    }
}
