//! Long short-term memory. docs/maths.md (5), with layer normalisation (13).

use super::{
    Cell, CellSizes, LayerParams, Memory, StepBack, WindowBack, gradient_of_both_biases,
    recurrent_product, sum_of_biases,
};
use crate::Result;
use crate::error::allocate;
use crate::layer::product::{Product, Rows};
use crate::linear::{column_sums_acc, fill_rows};
use crate::rng::Pcg32;
use mynah_kernels::cell::lstm::GATES;
use mynah_kernels::real::Real;
use std::ops::Range;

/// i, f, g, o = x W_ih' + b_ih + h W_hh' + b_hh, activated; c' = f c + i g; h' = o tanh c', or o tanh LN(c')
pub struct Lstm<T> {
    at: LayerParams,
    sizes: CellSizes,
    recurrent: Product<T>,
    /// [T + 1, B, H]: c before the first step, then after each.
    c: Vec<T>,
    /// [T, B, H]; when not training, [1, B, H], overwritten by every step.
    tanh_c: Vec<T>,
    /// [B, H]
    d_c: Vec<T>,
    norm: Option<CellNorm<T>>,
}

/// The normalisation of c inside its tanh; c itself is carried as it is (Ba, Kiros and Hinton 2016).
struct CellNorm<T> {
    /// As `tanh_c`: normalised c.
    normed: Vec<T>,
    /// [T, B]: 1 / standard deviation.
    inverse: Vec<T>,
    /// [B, H]
    d_norm: Vec<T>,
    /// [B, H]
    d_normed: Vec<T>,
}

impl<T: Real> CellNorm<T> {
    fn new(sizes: CellSizes) -> Result<Self> {
        let steps = sizes.kept_steps();
        let gradients = sizes.window.purpose.gradients(sizes.state());
        Ok(Self {
            normed: allocate(&[steps, sizes.state()], "normalised values")?,
            inverse: allocate(&[steps, sizes.window.batch], "normalised values")?,
            d_norm: allocate(&[gradients], "gradients")?,
            d_normed: allocate(&[gradients], "gradients")?,
        })
    }
}

impl<T: Real> Lstm<T> {
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(at: LayerParams, sizes: CellSizes, weight_drop: f64) -> Result<Self> {
        let norm = (!at.norm_c.is_empty()).then(|| CellNorm::new(sizes));
        let steps = sizes.window.seq_len;
        Ok(Self {
            sizes,
            recurrent: recurrent_product(&at, 0..GATES, sizes, weight_drop)?,
            c: allocate(&[steps + 1, sizes.state()], "cell states")?,
            tanh_c: allocate(&[sizes.kept_steps(), sizes.state()], "cell states")?,
            d_c: allocate(&[sizes.state()], "cell states")?,
            norm: norm.transpose()?,
            at,
        })
    }

    /// Where step `t` keeps values of `width` for each of the first `rows` sequences for the backward pass.
    fn kept(&self, t: usize, rows: usize, width: usize) -> Range<usize> {
        let start = t % self.sizes.kept_steps() * self.sizes.window.batch * width;
        start..start + rows * width
    }

    /// `count` rows from step `first_step` on.
    fn rows(&self, first_step: usize, count: usize) -> Rows {
        let CellSizes { window, hidden } = self.sizes;
        Rows {
            ldy: GATES * hidden,
            ldx: hidden,
            first: first_step * window.batch,
            count,
        }
    }

    /// tanh_c = tanh(gain o LN(c') + bias), h' = o tanh_c
    fn normalized_output(&mut self, params: &[T], t: usize, gates: &[T], h_next: &mut [T]) {
        let (hidden, state) = (self.sizes.hidden, self.sizes.state());
        let rows = h_next.len() / hidden;
        let (kept, kept_rows) = (self.kept(t, rows, hidden), self.kept(t, rows, 1));
        let norm = self.norm.as_mut().expect("called where there is one");
        let normed = &mut norm.normed[kept.clone()];
        normed.copy_from_slice(&self.c[(t + 1) * state..][..rows * hidden]);
        T::layer_norm_forward(normed, hidden, &mut norm.inverse[kept_rows], rows, hidden);
        let tanh_c = &mut self.tanh_c[kept];
        fill_rows(tanh_c, &params[self.at.norm_c_bias.clone()]);
        let gain = &params[self.at.norm_c.clone()];
        T::gain_forward_acc(tanh_c, hidden, normed, hidden, gain, rows, hidden);
        T::lstm_output_forward(gates, tanh_c, h_next, rows, hidden);
    }

    /// The way back through [`normalized_output`](Self::normalized_output): adds to d_c.
    fn normalized_output_backward(
        &mut self,
        grads: &mut [T],
        params: &[T],
        t: usize,
        gates: &mut [T],
        d_h: &[T],
    ) {
        let hidden = self.sizes.hidden;
        let (rows, len) = (d_h.len() / hidden, d_h.len());
        let (kept, kept_rows) = (self.kept(t, rows, hidden), self.kept(t, rows, 1));
        let norm = self.norm.as_mut().expect("called where there is one");
        let tanh_c = &self.tanh_c[kept.clone()];
        let (d_norm, d_normed) = (&mut norm.d_norm[..len], &mut norm.d_normed[..len]);
        T::lstm_output_backward(gates, tanh_c, d_h, d_norm, rows, hidden);
        column_sums_acc(&mut grads[self.at.norm_c_bias.clone()], d_norm);
        let normed = &norm.normed[kept];
        T::gain_backward(
            d_normed,
            hidden,
            &mut grads[self.at.norm_c.clone()],
            d_norm,
            hidden,
            normed,
            hidden,
            &params[self.at.norm_c.clone()],
            rows,
            hidden,
        );
        let inverse = &norm.inverse[kept_rows];
        T::layer_norm_backward(d_normed, hidden, normed, hidden, inverse, rows, hidden);
        T::add_acc(&mut self.d_c[..len], d_normed);
    }
}

impl<T: Real> Cell<T> for Lstm<T> {
    fn load(&mut self, params: &[T]) {
        self.recurrent.load(params);
    }

    fn draw_masks(&mut self, rng: &mut Pcg32) {
        self.recurrent.draw_mask(rng);
    }

    fn input_bias(&self, bias: &mut [T], params: &[T]) {
        sum_of_biases(bias, params, &self.at);
    }

    fn forward_step(
        &mut self,
        params: &[T],
        t: usize,
        gates: &mut [T],
        h_prev: &[T],
        h_next: &mut [T],
    ) {
        let (hidden, state) = (self.sizes.hidden, self.sizes.state());
        let (rows, len) = (h_prev.len() / hidden, h_prev.len());
        self.recurrent
            .forward_acc(params, gates, h_prev, self.rows(t, rows));
        let kept = self.kept(t, rows, hidden);
        let (before, after) = self.c.split_at_mut((t + 1) * state);
        let (c_prev, c_next) = (&before[t * state..][..len], &mut after[..len]);
        if self.norm.is_some() {
            T::lstm_cell_forward(gates, c_prev, c_next, rows, hidden);
            self.normalized_output(params, t, gates, h_next);
        } else {
            let tanh_c = &mut self.tanh_c[kept];
            T::lstm_step_forward(gates, c_prev, c_next, tanh_c, h_next, rows, hidden);
        }
    }

    fn backward_step(&mut self, grads: &mut [T], params: &[T], step: StepBack<'_, T>) {
        let (hidden, state) = (self.sizes.hidden, self.sizes.state());
        let StepBack { t, gates, d_h, .. } = step;
        let (rows, len) = (d_h.len() / hidden, d_h.len());
        if self.norm.is_some() {
            self.normalized_output_backward(grads, params, t, gates, d_h);
            let c_prev = &self.c[t * state..][..len];
            T::lstm_cell_backward(gates, c_prev, &mut self.d_c[..len], rows, hidden);
        } else {
            let (c_prev, tanh_c) = (
                &self.c[t * state..][..len],
                &self.tanh_c[self.kept(t, rows, hidden)],
            );
            let d_c = &mut self.d_c[..len];
            T::lstm_step_backward(gates, c_prev, tanh_c, d_h, d_c, rows, hidden);
        }
        d_h.fill(T::default());
        let rows = self.rows(t, rows);
        self.recurrent
            .input_gradient_acc(grads, params, d_h, gates, rows);
    }

    fn weight_gradients(&mut self, grads: &mut [T], window: WindowBack<'_, T>) {
        let rows = self.rows(0, window.rows);
        self.recurrent
            .weight_gradient_acc(grads, window.d_gates, window.h_prev, rows);
        gradient_of_both_biases(grads, &self.at, window.d_bias);
    }

    fn memory(&mut self) -> Option<Memory<'_, T>> {
        Some(Memory {
            values: &mut self.c,
            gradient: &mut self.d_c,
        })
    }
}
