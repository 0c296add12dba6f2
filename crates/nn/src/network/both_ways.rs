//! What a bidirectional network can do besides: read from either end, symbol by symbol.

use super::{Network, pass};
use crate::layer::{Input, Layer};
use mynah_kernels::real::Real;

const BIDIRECTIONAL: &str = "a bidirectional model";

impl<T: Real> Network<T> {
    /// Reads symbols of a bidirectional model's only sequence, at most T, on from the carried state, which moves along.
    pub fn read_from_left(&mut self, params: &[T], symbols: &[u32]) {
        let pass = pass(params, symbols.len(), &[], &self.condition);
        self.body.forward(&pass, Input::Symbols(symbols));
        self.body.carry(symbols.len());
    }

    /// As [`read_from_left`](Self::read_from_left) with the other body and the rightmost symbol first; what it then
    /// knows of the symbol to the left of them, \[size\].
    ///
    /// # Panics
    /// If the model is not bidirectional.
    pub fn read_from_right(&mut self, params: &[T], symbols: &[u32]) -> &[T] {
        let pass = pass(params, symbols.len(), &[], &self.condition);
        let backward = self.backward_body.as_mut().expect(BIDIRECTIONAL);
        backward.read(&pass, symbols)
    }

    /// Makes the right-to-left body start anew, which [`forward`](Self::forward) does by itself.
    ///
    /// # Panics
    /// If the model is not bidirectional.
    pub fn reset_from_right(&mut self) {
        let backward = self.backward_body.as_mut().expect(BIDIRECTIONAL);
        backward.body.reset(0);
    }

    /// [`states`](Self::states) of the right-to-left body.
    ///
    /// # Panics
    /// If the model is not bidirectional.
    pub fn states_from_right(&mut self, visit: &mut dyn FnMut(&mut [T])) {
        let backward = self.backward_body.as_mut().expect(BIDIRECTIONAL);
        backward.body.states(visit);
    }

    /// The logits \[V\] of the symbol between the last `steps` symbols that were read from the left and those that
    /// `right` \[size\] stands for; zero stands for none. Free to be changed.
    ///
    /// # Panics
    /// If the model is not bidirectional.
    pub fn logits_between(&mut self, params: &[T], steps: usize, right: &[T]) -> &mut [T] {
        let left = self.body.outputs(steps);
        let backward = self.backward_body.as_mut().expect(BIDIRECTIONAL);
        backward.join(&left[left.len() - right.len()..], right);
        if let Some(projection) = &mut self.projection {
            let pass = pass(params, 1, &[], &self.condition);
            projection.forward(&pass, Input::Below(backward.joined.values(1)));
        }
        self.logits(params, 0)
    }
}
