//! A weight matrix packed for its three products. docs/maths.md (2).

use crate::Result;
use crate::error::allocate;
use mynah_kernels::gemm::{pack_b, pack_b_transposed, packed_len, scratch_len, scratch_len_tn};
use mynah_kernels::real::Real;

/// What a network is built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Forward and backward: everything that a gradient needs is allocated.
    Train,
    /// Forward only.
    Infer,
}

impl Purpose {
    /// `count` where gradients are needed, else none: for the sizes of their buffers.
    pub(crate) fn gradients(self, count: usize) -> usize {
        if self == Self::Train { count } else { 0 }
    }
}

/// W [outputs, inputs], row-major in the arena, packed once per update as W' (for y = x W') and, when
/// training, as W (for d_x = d_y W).
pub struct PackedLinear<T> {
    outputs: usize,
    inputs: usize,
    forward: Vec<T>,
    backward: Vec<T>,
    scratch: Vec<T>,
}

impl<T: Real> PackedLinear<T> {
    /// For products of up to `max_rows` rows.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(outputs: usize, inputs: usize, max_rows: usize, purpose: Purpose) -> Result<Self> {
        let train = purpose == Purpose::Train;
        let mut scratch = scratch_len(max_rows, inputs);
        if train {
            scratch = scratch
                .max(scratch_len(max_rows, outputs))
                .max(scratch_len_tn(outputs, inputs, max_rows));
        }
        Ok(Self {
            outputs,
            inputs,
            forward: allocate(&[packed_len(inputs, outputs)], "packed weights")?,
            backward: allocate(
                &[if train {
                    packed_len(outputs, inputs)
                } else {
                    0
                }],
                "packed weights",
            )?,
            scratch: allocate(&[scratch], "packed operands")?,
        })
    }

    /// Packs the weights `w` [outputs, inputs].
    pub fn load(&mut self, w: &[T]) {
        pack_b_transposed(&mut self.forward, w, self.inputs, self.inputs, self.outputs);
        if !self.backward.is_empty() {
            pack_b(
                &mut self.backward,
                w,
                self.inputs,
                self.outputs,
                self.inputs,
            );
        }
    }

    /// y += x W' for `rows` rows; `y` [rows, outputs] with row stride `ldy`, `x` [rows, inputs] with row stride `ldx`.
    pub fn apply_acc(&mut self, y: &mut [T], ldy: usize, x: &[T], ldx: usize, rows: usize) {
        T::gemm_acc(
            y,
            ldy,
            x,
            ldx,
            &self.forward,
            rows,
            self.outputs,
            self.inputs,
            &mut self.scratch,
        );
    }

    /// d_x += d_y W, the gradient of the input; `d_x` [rows, inputs] with row stride `ldx`, `d_y` [rows, outputs]
    /// with row stride `ldy`. Only of a network built for [`Purpose::Train`].
    pub fn input_gradient_acc(
        &mut self,
        d_x: &mut [T],
        ldx: usize,
        d_y: &[T],
        ldy: usize,
        rows: usize,
    ) {
        T::gemm_acc(
            d_x,
            ldx,
            d_y,
            ldy,
            &self.backward,
            rows,
            self.inputs,
            self.outputs,
            &mut self.scratch,
        );
    }

    /// d_w += d_y' x, the gradient of the weights, summed over `rows` rows; `d_w` [outputs, inputs] without gaps,
    /// `d_y` [rows, outputs] with row stride `ldy`, `x` [rows, inputs] with row stride `ldx`.
    pub fn weight_gradient_acc(
        &mut self,
        d_w: &mut [T],
        d_y: &[T],
        ldy: usize,
        x: &[T],
        ldx: usize,
        rows: usize,
    ) {
        T::gemm_tn_acc(
            d_w,
            self.inputs,
            d_y,
            ldy,
            x,
            ldx,
            self.outputs,
            self.inputs,
            rows,
            &mut self.scratch,
        );
    }
}

/// Adds the rows of `matrix` [rows, columns] to `sums` [columns]: the gradient of a bias.
pub(crate) fn column_sums_acc<T: Real>(sums: &mut [T], matrix: &[T]) {
    for row in matrix.chunks_exact(sums.len()) {
        T::add_acc(sums, row);
    }
}

/// Copies `row` into every row of `matrix`.
pub(crate) fn fill_rows<T: Copy>(matrix: &mut [T], row: &[T]) {
    for target in matrix.chunks_exact_mut(row.len()) {
        target.copy_from_slice(row);
    }
}
