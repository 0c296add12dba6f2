//! A matrix product of a cell, y += x W', with what may come between the product and the sum: layer
//! normalisation behind it, dropped weights in it.

use crate::Result;
use crate::error::allocate;
use crate::linear::{PackedLinear, Purpose};
use crate::rng::Pcg32;
use mynah_kernels::real::Real;
use std::ops::Range;

/// The sizes of a product.
#[derive(Clone, Copy, Debug)]
pub struct ProductSizes {
    /// Columns of y.
    pub outputs: usize,
    /// Columns of x.
    pub inputs: usize,
    /// Most rows of all calls of a window together.
    pub max_rows: usize,
    /// Whether a backward pass will come.
    pub purpose: Purpose,
}

/// y += x W', or y += gain o LN(x W'). docs/maths.md (2), (13), (17d)
pub struct Product<T> {
    weight: Range<usize>,
    sizes: ProductSizes,
    linear: PackedLinear<T>,
    norm: Option<GroupNorm<T>>,
    drop: Option<WeightDrop<T>>,
}

/// Rows of x and y, which may lie in wider matrices, and their place in the window.
#[derive(Clone, Copy, Debug)]
pub struct Rows {
    /// Row stride of y.
    pub ldy: usize,
    /// Row stride of x.
    pub ldx: usize,
    /// The first row's number in the window: where the normalised rows are kept for the backward pass.
    pub first: usize,
    /// How many.
    pub count: usize,
}

/// Layer normalisation of groups of columns.
struct GroupNorm<T> {
    gain: Range<usize>,
    /// Widths of the groups.
    groups: Vec<usize>,
    /// [rows, outputs]: normalised values; after the backward pass of a row, the gradient of its x W'.
    rows: Vec<T>,
    /// For every group [rows]: 1 / standard deviation.
    inverse: Vec<T>,
    /// [rows, outputs]
    d_rows: Vec<T>,
}

/// DropConnect: some weights are zero for one update, the others larger (Wan et al. 2013, Merity et al. 2018).
struct WeightDrop<T> {
    rate: f64,
    /// 0 or 1 / (1 - rate)
    mask: Vec<T>,
    /// The weights times the mask.
    weights: Vec<T>,
}

impl<T: Real> Product<T> {
    /// With the weights at `weight` [outputs, inputs].
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(weight: Range<usize>, sizes: ProductSizes) -> Result<Self> {
        let ProductSizes {
            outputs,
            inputs,
            max_rows,
            purpose,
        } = sizes;
        Ok(Self {
            weight,
            sizes,
            linear: PackedLinear::new(outputs, inputs, max_rows, purpose)?,
            norm: None,
            drop: None,
        })
    }

    /// Normalises the product in groups of columns of these widths; `gain` \[outputs\].
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn normalized(mut self, gain: Range<usize>, groups: Vec<usize>) -> Result<Self> {
        let ProductSizes {
            outputs, max_rows, ..
        } = self.sizes;
        let gradients = self.sizes.purpose.gradients(max_rows);
        self.norm = Some(GroupNorm {
            gain,
            rows: allocate(&[max_rows, outputs], "normalised values")?,
            inverse: allocate(&[groups.len(), max_rows], "normalised values")?,
            d_rows: allocate(&[gradients, outputs], "gradients")?,
            groups,
        });
        Ok(self)
    }

    /// Drops weights at this rate from the next [`draw_mask`](Self::draw_mask) on.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn dropping(mut self, rate: f64) -> Result<Self> {
        if rate > 0.0 {
            let mut mask: Vec<T> = allocate(&[self.weight.len()], "the weights' mask")?;
            mask.fill(T::from_f64(1.0));
            self.drop = Some(WeightDrop {
                rate,
                mask,
                weights: allocate(&[self.weight.len()], "the weights' mask")?,
            });
        }
        Ok(self)
    }

    /// Draws which weights the next [`load`](Self::load) drops.
    pub fn draw_mask(&mut self, rng: &mut Pcg32) {
        if let Some(drop) = &mut self.drop {
            rng.fill_dropout_mask(&mut drop.mask, drop.rate);
        }
    }

    /// Packs the weights; called once per update.
    pub fn load(&mut self, params: &[T]) {
        let weights = &params[self.weight.clone()];
        match &mut self.drop {
            None => self.linear.load(weights),
            Some(drop) => {
                drop.weights.copy_from_slice(weights);
                T::multiply(&mut drop.weights, &drop.mask);
                self.linear.load(&drop.weights);
            }
        }
    }

    /// Adds the product of `x` to `y`: `rows.count` rows of `x` [rows, inputs] and `y` [rows, outputs], with the
    /// strides of `rows`. With a norm the normalised rows are kept at `rows.first` for the backward pass.
    pub fn forward_acc(&mut self, params: &[T], y: &mut [T], x: &[T], rows: Rows) {
        let Some(norm) = &mut self.norm else {
            return self.linear.apply_acc(y, rows.ldy, x, rows.ldx, rows.count);
        };
        let outputs = self.sizes.outputs;
        let values = &mut norm.rows[rows.first * outputs..][..rows.count * outputs];
        values.fill(T::default());
        self.linear
            .apply_acc(values, outputs, x, rows.ldx, rows.count);
        norm.each_group(|norm, column, group, inverse| {
            let values = &mut norm.rows[rows.first * outputs + column..];
            let inverse = &mut norm.inverse[inverse..][rows.first..rows.first + rows.count];
            T::layer_norm_forward(values, outputs, inverse, rows.count, group);
        });
        let values = &norm.rows[rows.first * outputs..];
        let gain = &params[norm.gain.clone()];
        T::gain_forward_acc(y, rows.ldy, values, outputs, gain, rows.count, outputs);
    }

    /// Adds the gradient of `x` to `d_x` [rows, inputs], and that of the gain to `grads`, the arena, given the
    /// gradient of y, `d_y` [rows, outputs]. With a norm once for each row, whose kept values it uses up.
    pub fn input_gradient_acc(
        &mut self,
        grads: &mut [T],
        params: &[T],
        d_x: &mut [T],
        d_y: &[T],
        rows: Rows,
    ) {
        let Some(norm) = &mut self.norm else {
            return self
                .linear
                .input_gradient_acc(d_x, rows.ldx, d_y, rows.ldy, rows.count);
        };
        let outputs = self.sizes.outputs;
        norm.backward(grads, params, d_y, outputs, rows);
        let d_product = &norm.rows[rows.first * outputs..];
        self.linear
            .input_gradient_acc(d_x, rows.ldx, d_product, outputs, rows.count);
    }

    /// Adds the gradient of the weights over all rows of the window, `d_y` [rows, outputs] and `x` [rows, inputs],
    /// to `grads`, the arena. With a norm [`input_gradient_acc`](Self::input_gradient_acc) must be done for all of
    /// them, with dropped weights nothing else may have added to these gradients.
    pub fn weight_gradient_acc(&mut self, grads: &mut [T], d_y: &[T], x: &[T], rows: Rows) {
        let d_weights = &mut grads[self.weight.clone()];
        let (d_y, ldy) = match &self.norm {
            None => (d_y, rows.ldy),
            Some(norm) => (&norm.rows[..], self.sizes.outputs),
        };
        self.linear
            .weight_gradient_acc(d_weights, d_y, ldy, x, rows.ldx, rows.count);
        if let Some(drop) = &self.drop {
            T::multiply(d_weights, &drop.mask);
        }
    }
}

impl<T: Real> GroupNorm<T> {
    /// Calls `work(self, first column, width, first inverse)` for every group.
    fn each_group(&mut self, mut work: impl FnMut(&mut Self, usize, usize, usize)) {
        let max_rows = self.inverse.len() / self.groups.len();
        let mut column = 0;
        for g in 0..self.groups.len() {
            let width = self.groups[g];
            work(self, column, width, g * max_rows);
            column += width;
        }
    }

    /// Replaces the normalised rows by the gradient of the product.
    fn backward(&mut self, grads: &mut [T], params: &[T], d_y: &[T], outputs: usize, rows: Rows) {
        let range = rows.first * outputs..(rows.first + rows.count) * outputs;
        let d_rows = &mut self.d_rows[..rows.count * outputs];
        T::gain_backward(
            d_rows,
            outputs,
            &mut grads[self.gain.clone()],
            d_y,
            rows.ldy,
            &self.rows[range.clone()],
            outputs,
            &params[self.gain.clone()],
            rows.count,
            outputs,
        );
        self.each_group(|norm, column, group, inverse| {
            let normed = &norm.rows[rows.first * outputs + column..];
            let inverse = &norm.inverse[inverse..][rows.first..rows.first + rows.count];
            let d = &mut norm.d_rows[column..];
            T::layer_norm_backward(d, outputs, normed, outputs, inverse, rows.count, group);
        });
        let count = rows.count * outputs;
        self.rows[range].copy_from_slice(&self.d_rows[..count]);
    }
}
