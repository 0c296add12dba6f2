//! Layers one after the other.

use super::{BoxedLayer, Input, Layer, Pass};
use crate::activations::LayerValues;
use crate::probe::LayerFlow;
use crate::rng::Pcg32;
use mynah_kernels::real::Real;

/// Each layer reads the one before it; what the chain puts out is what the last one puts out.
pub struct Chain<T> {
    layers: Vec<BoxedLayer<T>>,
}

impl<T: Real> Chain<T> {
    /// # Panics
    /// If there is no layer.
    pub fn new(layers: Vec<BoxedLayer<T>>) -> Self {
        assert!(!layers.is_empty(), "a chain of no layers");
        Self { layers }
    }

    fn last(&self) -> &BoxedLayer<T> {
        self.layers.last().expect("a chain has a layer")
    }
}

impl<T: Real> Layer<T> for Chain<T> {
    fn load(&mut self, params: &[T]) {
        for layer in &mut self.layers {
            layer.load(params);
        }
    }

    fn forward(&mut self, pass: &Pass<'_, T>, input: Input<'_, T>) {
        for k in 0..self.layers.len() {
            let (below, rest) = self.layers.split_at_mut(k);
            let input = below
                .last()
                .map_or(input, |layer| Input::Below(layer.outputs(pass.steps)));
            rest[0].forward(pass, input);
        }
    }

    fn outputs(&self, steps: usize) -> &[T] {
        self.last().outputs(steps)
    }

    fn outputs_and_gradient(&mut self, steps: usize) -> (&[T], &mut [T]) {
        let last = self.layers.last_mut().expect("a chain has a layer");
        last.outputs_and_gradient(steps)
    }

    fn backward(
        &mut self,
        grads: &mut [T],
        d_input: &mut [T],
        pass: &Pass<'_, T>,
        input: Input<'_, T>,
    ) {
        for k in (1..self.layers.len()).rev() {
            let (below, rest) = self.layers.split_at_mut(k);
            let (values, d_values) = below[k - 1].outputs_and_gradient(pass.steps);
            rest[0].backward(grads, d_values, pass, Input::Below(values));
        }
        self.layers[0].backward(grads, d_input, pass, input);
    }

    fn carry(&mut self, steps: usize) {
        for layer in &mut self.layers {
            layer.carry(steps);
        }
    }

    fn reset(&mut self, b: usize) {
        for layer in &mut self.layers {
            layer.reset(b);
        }
    }

    fn states(&mut self, visit: &mut dyn FnMut(&mut [T])) {
        for layer in &mut self.layers {
            layer.states(visit);
        }
    }

    fn state_gradients(&mut self, visit: &mut dyn FnMut(&[T])) {
        for layer in &mut self.layers {
            layer.state_gradients(visit);
        }
    }

    fn watch_gradients(&mut self) {
        for layer in &mut self.layers {
            layer.watch_gradients();
        }
    }

    fn flows(&self, visit: &mut dyn FnMut(&LayerFlow)) {
        for layer in &self.layers {
            layer.flows(visit);
        }
    }

    fn look(&mut self, steps: usize, visit: &mut dyn FnMut(LayerValues<'_, T>)) {
        for layer in &mut self.layers {
            layer.look(steps, visit);
        }
    }

    fn draw_masks(&mut self, rng: &mut Pcg32) {
        for layer in &mut self.layers {
            layer.draw_masks(rng);
        }
    }
}
