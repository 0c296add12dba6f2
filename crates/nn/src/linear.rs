//! A weight matrix packed for its three products. docs/maths.md (2).

use crate::Result;
use crate::error::allocate;
use crate::json::names;
use mynah_kernels::gemm::{pack_b, pack_b_transposed, packed_len, scratch_len, scratch_len_tn};
use mynah_kernels::int8::{Int8Weights, int8_packed_len, int8_scratch_len};
use mynah_kernels::real::Real;

/// What a network is built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Forward and backward: everything that a gradient needs is allocated.
    Train,
    /// Forward only.
    Infer,
    /// Forward only, the weights that are read at every symbol in 8 bits. docs/maths.md (21)
    InferInt8,
}

impl Purpose {
    /// `count` where gradients are needed, else none: for the sizes of their buffers.
    pub(crate) fn gradients(self, count: usize) -> usize {
        if self == Self::Train { count } else { 0 }
    }

    /// The same with whole weights: for products that are not made at every symbol.
    pub(crate) fn with_whole_weights(self) -> Self {
        match self {
            Self::InferInt8 => Self::Infer,
            whole => whole,
        }
    }
}

/// How the weights are held of a model that writes or is evaluated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quantization {
    /// As they are, in `f32`.
    #[default]
    None,
    /// [`Purpose::InferInt8`]
    Int8,
}

names!(Quantization {
    None = "none",
    Int8 = "int8",
});

impl Quantization {
    /// What a network is built for.
    pub fn purpose(self) -> Purpose {
        match self {
            Self::None => Purpose::Infer,
            Self::Int8 => Purpose::InferInt8,
        }
    }
}

/// W [outputs, inputs], row-major in the arena, packed once per update as W' (for y = x W') and, when
/// training, as W (for d_x = d_y W).
pub struct PackedLinear<T> {
    outputs: usize,
    inputs: usize,
    forward: Forward<T>,
    backward: Vec<T>,
    scratch: Vec<T>,
}

/// The weights of y = x W'.
enum Forward<T> {
    Whole(Vec<T>),
    Int8(Int8<T>),
}

/// As [`Int8Weights`] has them.
struct Int8<T> {
    packed: Vec<i8>,
    scales: Vec<T>,
    sums: Vec<i32>,
    scratch: Vec<u8>,
}

impl<T: Real> PackedLinear<T> {
    /// For products of up to `max_rows` rows.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(outputs: usize, inputs: usize, max_rows: usize, purpose: Purpose) -> Result<Self> {
        let train = purpose == Purpose::Train;
        if purpose == Purpose::InferInt8 {
            return Ok(Self {
                outputs,
                inputs,
                forward: Forward::Int8(Int8::new(outputs, inputs, max_rows)?),
                backward: Vec::new(),
                scratch: Vec::new(),
            });
        }
        let mut scratch = scratch_len(max_rows, inputs);
        if train {
            scratch = scratch
                .max(scratch_len(max_rows, outputs))
                .max(scratch_len_tn(outputs, inputs, max_rows));
        }
        Ok(Self {
            outputs,
            inputs,
            forward: Forward::Whole(allocate(&[packed_len(inputs, outputs)], "packed weights")?),
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
        match &mut self.forward {
            Forward::Whole(packed) => {
                pack_b_transposed(packed, w, self.inputs, self.inputs, self.outputs);
            }
            Forward::Int8(int8) => {
                let Int8 {
                    packed,
                    scales,
                    sums,
                    ..
                } = int8;
                T::int8_pack(packed, scales, sums, w, self.outputs, self.inputs);
            }
        }
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
        let (n, k) = (self.outputs, self.inputs);
        match &mut self.forward {
            Forward::Whole(packed) => {
                T::gemm_acc(y, ldy, x, ldx, packed, rows, n, k, &mut self.scratch);
            }
            Forward::Int8(int8) => {
                let weights = Int8Weights {
                    packed: &int8.packed,
                    scales: &int8.scales,
                    sums: &int8.sums,
                    n,
                    k,
                };
                T::int8_acc(y, ldy, x, ldx, weights, rows, &mut int8.scratch);
            }
        }
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

impl<T: Real> Int8<T> {
    fn new(outputs: usize, inputs: usize, max_rows: usize) -> Result<Self> {
        Ok(Self {
            packed: allocate(&[int8_packed_len(outputs, inputs)], "packed weights")?,
            scales: allocate(&[outputs], "packed weights")?,
            sums: allocate(&[outputs], "packed weights")?,
            scratch: allocate(&[int8_scratch_len(max_rows, inputs)], "packed operands")?,
        })
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
