//! Symbols as vectors. (A first recurrent layer does without: see [`super::input`].)

use super::{Input, Layer, Outputs, Pass, WindowSizes};
use crate::Result;
use crate::params::Layout;
use mynah_kernels::real::Real;
use std::ops::Range;

/// The embedding's name.
pub const EMBEDDING: &str = "embedding.weight";

/// The row of the embedding of each symbol.
pub struct Embedding<T> {
    weight: Range<usize>,
    size: usize,
    outputs: Outputs<T>,
}

impl<T: Real> Embedding<T> {
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(layout: &Layout, size: usize, sizes: WindowSizes) -> Result<Self> {
        Ok(Self {
            weight: layout.range(EMBEDDING),
            size,
            outputs: Outputs::new(sizes, size)?,
        })
    }

    fn row(&self, symbol: u32) -> Range<usize> {
        let start = self.weight.start + symbol as usize * self.size;
        start..start + self.size
    }
}

fn symbols<'a, T>(input: Input<'a, T>) -> &'a [u32] {
    match input {
        Input::Symbols(symbols) => symbols,
        Input::Below(_) => unreachable!("an embedding reads symbols"),
    }
}

impl<T: Real> Layer<T> for Embedding<T> {
    fn forward(&mut self, pass: &Pass<'_, T>, input: Input<'_, T>) {
        for (k, &symbol) in symbols(input).iter().enumerate() {
            let row = self.row(symbol);
            let target = &mut self.outputs.values_mut(pass.steps)[k * self.size..][..self.size];
            target.copy_from_slice(&pass.params[row]);
        }
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
        _d_input: &mut [T],
        pass: &Pass<'_, T>,
        input: Input<'_, T>,
    ) {
        let d_rows = self.outputs.gradient(pass.steps).chunks_exact(self.size);
        for (d_row, &symbol) in d_rows.zip(symbols(input)) {
            T::add_acc(&mut grads[self.row(symbol)], d_row);
        }
    }
}
