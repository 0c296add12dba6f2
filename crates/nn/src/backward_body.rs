//! The second body of a bidirectional network. docs/maths.md (19)

use crate::Result;
use crate::error::allocate;
use crate::layer::chain::Chain;
use crate::layer::output::IGNORE;
use crate::layer::{Input, Layer, Outputs, Pass, WindowSizes};
use mynah_kernels::real::Real;

/// The body that reads from right to left, and the outputs of both side by side.
pub(crate) struct BackwardBody<T> {
    pub body: Chain<T>,
    /// Values per step of one direction.
    pub size: usize,
    /// [T, B]: what it reads: the targets of each sequence, from the last to the second.
    symbols: Vec<u32>,
    /// [T, B, 2 size]
    pub joined: Outputs<T>,
}

impl<T: Real> BackwardBody<T> {
    pub fn new(body: Chain<T>, size: usize, window: WindowSizes) -> Result<Self> {
        Ok(Self {
            body,
            size,
            symbols: allocate(&[window.rows()], "the window")?,
            joined: Outputs::new(window, 2 * size)?,
        })
    }

    /// Reads the targets from the right, and joins what both bodies put out: a position's target is predicted
    /// from all symbols before it and all after it, never from itself. docs/maths.md (19)
    pub fn forward(&mut self, pass: &Pass<'_, T>, targets: &[u32], forward_body: &Chain<T>) {
        let batch = targets.len() / pass.steps;
        for b in 0..batch {
            let len = length(pass, b);
            for t in 0..pass.steps {
                // Beyond its end a sequence is padded with any symbol.
                let from = if t < len { len - 1 - t } else { t };
                let symbol = targets[from * batch + b];
                self.symbols[t * batch + b] = if symbol == IGNORE { 0 } else { symbol };
            }
            self.body.reset(b);
        }
        let symbols = &self.symbols[..targets.len()];
        self.body.forward(pass, Input::Symbols(symbols));
        let size = self.size;
        let (left, right) = (
            forward_body.outputs(pass.steps),
            self.body.outputs(pass.steps),
        );
        let joined = self.joined.values_mut(pass.steps);
        for (row, values) in joined.chunks_exact_mut(2 * size).enumerate() {
            let (from_left, from_right) = values.split_at_mut(size);
            from_left.copy_from_slice(&left[row * size..(row + 1) * size]);
            match right_row(pass, row, batch) {
                Some(row) => from_right.copy_from_slice(&right[row * size..(row + 1) * size]),
                None => from_right.fill(T::default()),
            }
        }
    }

    /// Reads symbols of the only sequence, the rightmost first, on from the carried state, which moves along. Returns
    /// what comes out after the last of them, \[size\].
    pub fn read(&mut self, pass: &Pass<'_, T>, symbols: &[u32]) -> &[T] {
        self.body.forward(pass, Input::Symbols(symbols));
        self.body.carry(pass.steps);
        let outputs = self.body.outputs(pass.steps);
        &outputs[outputs.len() - self.size..]
    }

    /// Joins, as the only row, what the left-to-right body and this one know of a position, each \[size\].
    pub fn join(&mut self, left: &[T], right: &[T]) {
        let (from_left, from_right) = self.joined.values_mut(1).split_at_mut(self.size);
        from_left.copy_from_slice(left);
        from_right.copy_from_slice(right);
    }

    /// From the gradient of the joined outputs: runs the right-to-left body backwards and hands the other half
    /// to `forward_body`.
    pub fn backward(&mut self, grads: &mut [T], pass: &Pass<'_, T>, forward_body: &mut Chain<T>) {
        let size = self.size;
        let (_, d_left) = forward_body.outputs_and_gradient(pass.steps);
        let (_, d_right) = self.body.outputs_and_gradient(pass.steps);
        let batch = d_left.len() / (pass.steps * size);
        d_right.fill(T::default());
        let d_joined = self.joined.gradient(pass.steps);
        for (row, values) in d_joined.chunks_exact(2 * size).enumerate() {
            d_left[row * size..(row + 1) * size].copy_from_slice(&values[..size]);
            if let Some(row) = right_row(pass, row, batch) {
                d_right[row * size..(row + 1) * size].copy_from_slice(&values[size..]);
            }
        }
        let symbols = &self.symbols[..pass.steps * batch];
        self.body
            .backward(grads, &mut [], pass, Input::Symbols(symbols));
    }
}

/// Steps of sequence `b` that are not padding.
fn length<T>(pass: &Pass<'_, T>, b: usize) -> usize {
    pass.lengths.get(b).copied().unwrap_or(pass.steps)
}

/// The row of the right-to-left body's outputs that has read all targets after that of row `row`; none for
/// the last target, after which there is nothing, and for padding.
fn right_row<T>(pass: &Pass<'_, T>, row: usize, batch: usize) -> Option<usize> {
    let (t, b) = (row / batch, row % batch);
    let read = length(pass, b).checked_sub(t + 2)?;
    Some(read * batch + b)
}
