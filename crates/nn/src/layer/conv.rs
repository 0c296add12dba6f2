//! The short convolution over time at the head of a block.

use super::{Input, Layer, Outputs, Pass, WindowSizes};
use crate::Result;
use crate::error::allocate;
use crate::linear::{column_sums_acc, fill_rows};
use mynah_kernels::real::Real;
use std::ops::Range;

/// Steps that the convolution sees, its own included: the width of Mamba and of the minGRU paper's blocks.
pub const TAPS: usize = 4;

/// y_t = bias + sum over k of w_k o x_(t-3+k): each value looks back on itself alone (depthwise), and never
/// forward (causal). What a window needs of the one before is carried. docs/maths.md (14b)
pub struct CausalConv<T> {
    weight: Range<usize>,
    bias: Range<usize>,
    width: usize,
    batch: usize,
    /// [TAPS, width]: the weights, which are stored [width, TAPS] as in PyTorch.
    taps: Vec<T>,
    d_taps: Vec<T>,
    /// [TAPS - 1 + T, B, width]: the last inputs of the window before, then this window's.
    x: Vec<T>,
    d_x: Vec<T>,
    outputs: Outputs<T>,
}

impl<T: Real> CausalConv<T> {
    /// With the weights at `weight` [width, TAPS] and the bias at `bias` \[width\].
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(weight: Range<usize>, bias: Range<usize>, sizes: WindowSizes) -> Result<Self> {
        let width = bias.len();
        let steps = TAPS - 1 + sizes.seq_len;
        let gradients = sizes.purpose.gradients(steps);
        Ok(Self {
            weight,
            bias,
            width,
            batch: sizes.batch,
            taps: allocate(&[TAPS, width], "packed weights")?,
            d_taps: allocate(&[TAPS, width], "gradients")?,
            x: allocate(&[steps, sizes.batch, width], "a layer's inputs")?,
            d_x: allocate(&[gradients, sizes.batch, width], "gradients")?,
            outputs: Outputs::new(sizes, width)?,
        })
    }

    /// Elements of one step.
    fn step(&self) -> usize {
        self.batch * self.width
    }
}

impl<T: Real> Layer<T> for CausalConv<T> {
    fn load(&mut self, params: &[T]) {
        for (c, row) in params[self.weight.clone()].chunks_exact(TAPS).enumerate() {
            for (k, &value) in row.iter().enumerate() {
                self.taps[k * self.width + c] = value;
            }
        }
    }

    fn forward(&mut self, pass: &Pass<'_, T>, input: Input<'_, T>) {
        let (step, width) = (self.step(), self.width);
        let (rows, past) = (pass.steps * self.batch, (TAPS - 1) * step);
        self.x[past..past + pass.steps * step].copy_from_slice(input.below());
        let y = self.outputs.values_mut(pass.steps);
        fill_rows(y, &pass.params[self.bias.clone()]);
        for (k, tap) in self.taps.chunks_exact(width).enumerate() {
            T::gain_forward_acc(y, width, &self.x[k * step..], width, tap, rows, width);
        }
    }

    fn outputs(&self, steps: usize) -> &[T] {
        self.outputs.values(steps)
    }

    fn outputs_and_gradient(&mut self, steps: usize) -> (&[T], &mut [T]) {
        self.outputs.both(steps)
    }

    /// What would go to the window before is cut off (truncated).
    fn backward(
        &mut self,
        grads: &mut [T],
        d_input: &mut [T],
        pass: &Pass<'_, T>,
        _input: Input<'_, T>,
    ) {
        let (step, width) = (self.step(), self.width);
        let (rows, past) = (pass.steps * self.batch, (TAPS - 1) * step);
        let d_y = self.outputs.gradient(pass.steps);
        self.d_x.fill(T::default());
        self.d_taps.fill(T::default());
        let taps = self.taps.chunks_exact(width);
        for (k, (tap, d_tap)) in taps.zip(self.d_taps.chunks_exact_mut(width)).enumerate() {
            let d_x = &mut self.d_x[k * step..];
            T::gain_forward_acc(d_x, width, d_y, width, tap, rows, width);
            T::sum_products_acc(d_tap, d_y, width, &self.x[k * step..], width, rows, width);
        }
        d_input.copy_from_slice(&self.d_x[past..past + pass.steps * step]);
        column_sums_acc(&mut grads[self.bias.clone()], d_y);
        let d_weight = grads[self.weight.clone()].chunks_exact_mut(TAPS);
        for (c, row) in d_weight.enumerate() {
            for (k, value) in row.iter_mut().enumerate() {
                *value += self.d_taps[k * width + c];
            }
        }
    }

    fn carry(&mut self, steps: usize) {
        let step = self.step();
        let last = steps * step..(steps + TAPS - 1) * step;
        self.x.copy_within(last, 0);
    }

    fn reset(&mut self, b: usize) {
        let (step, width) = (self.step(), self.width);
        for past in self.x.chunks_exact_mut(step).take(TAPS - 1) {
            past[b * width..(b + 1) * width].fill(T::default());
        }
    }

    fn states(&mut self, visit: &mut dyn FnMut(&mut [T])) {
        let step = self.step();
        for past in self.x.chunks_exact_mut(step).take(TAPS - 1) {
            visit(past);
        }
    }
}
