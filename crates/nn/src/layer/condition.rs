//! The product of the sequences' conditions with a matrix, which every use of a condition begins with.

use super::product::{Product, ProductSizes, Rows};
use super::{Pass, WindowSizes};
use crate::Result;
use crate::error::allocate;
use mynah_kernels::real::Real;
use std::ops::Range;

/// condition W', once for each sequence of a window. docs/maths.md (18)
pub(super) struct ConditionProduct<T> {
    product: Product<T>,
    rows: Rows,
    /// [B, outputs]: the product; in the backward pass, once it was filled in, its gradient.
    pub values: Vec<T>,
}

impl<T: Real> ConditionProduct<T> {
    /// With W at `weight` [outputs, size].
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(weight: Range<usize>, size: usize, window: WindowSizes) -> Result<Self> {
        let outputs = weight.len() / size;
        let sizes = ProductSizes {
            outputs,
            inputs: size,
            max_rows: window.batch,
            purpose: window.purpose.with_whole_weights(),
        };
        Ok(Self {
            product: Product::new(weight, sizes)?,
            rows: Rows {
                ldy: outputs,
                ldx: size,
                first: 0,
                count: window.batch,
            },
            values: allocate(&[window.batch, outputs], "the condition's part")?,
        })
    }

    /// Packs the weights; called once per update.
    pub fn load(&mut self, params: &[T]) {
        self.product.load(params);
    }

    /// Computes the values.
    pub fn forward(&mut self, pass: &Pass<'_, T>) {
        self.values.fill(T::default());
        self.product
            .forward_acc(pass.params, &mut self.values, pass.condition, self.rows);
    }

    /// Adds the gradient of W to `grads`, the arena, given that of the values in their place.
    pub fn weight_gradient_acc(&mut self, grads: &mut [T], pass: &Pass<'_, T>) {
        self.product
            .weight_gradient_acc(grads, &self.values, pass.condition, self.rows);
    }
}
