//! Gains: one factor per column of a strided matrix. Laid out and ordered as in [`norm`](super); elementwise,
//! so that kernels and scalar twins agree bit for bit. docs/maths.md (13), (14a), (14b), (18c).

use super::assert_matrix;
use crate::cell::over_units;
use crate::simd::{F32x4, Lane};

/// Adds x times a gain per column: y += x gain. With the gain for a tap's weights this is also one tap of a
/// causal depthwise convolution, and its gradient towards x.
///
/// - `y`, `x`: [rows, width]
/// - `gain`: \[width\]
///
/// Error: equal to [`gain_forward_acc_scalar`] bit for bit.
///
/// # Panics
/// If the sizes do not fit the slices.
pub fn gain_forward_acc_f32(
    y: &mut [f32],
    ldy: usize,
    x: &[f32],
    ldx: usize,
    gain: &[f32],
    rows: usize,
    width: usize,
) {
    gain_forward_acc::<F32x4>(y, ldy, x, ldx, gain, rows, width);
}

/// The scalar twin of [`gain_forward_acc_f32`].
pub fn gain_forward_acc_scalar(
    y: &mut [f32],
    ldy: usize,
    x: &[f32],
    ldx: usize,
    gain: &[f32],
    rows: usize,
    width: usize,
) {
    gain_forward_acc::<f32>(y, ldy, x, ldx, gain, rows, width);
}

#[inline(always)]
fn gain_forward_acc<L: Lane>(
    y: &mut [f32],
    ldy: usize,
    x: &[f32],
    ldx: usize,
    gain: &[f32],
    rows: usize,
    width: usize,
) {
    assert_matrix!(y, ldy, x, ldx; rows, width);
    assert_eq!(gain.len(), width, "one gain per column");
    for r in 0..rows {
        let (y, x) = (&mut y[r * ldy..][..width], &x[r * ldx..][..width]);
        over_units!(L, product_acc_units, width, (y, x, gain));
    }
}

/// y += a b, elements `from..to` of three rows.
#[inline(always)]
fn product_acc_units<L: Lane>(y: &mut [f32], a: &[f32], b: &[f32], from: usize, to: usize) {
    for j in (from..to).step_by(L::WIDTH) {
        // SAFETY: j + WIDTH <= to <= the length of the three rows.
        unsafe {
            L::load(a, j)
                .mul_add(L::load(b, j), L::load(y, j))
                .store(y, j)
        }
    }
}

/// The gradient of [`gain_forward_acc_f32`]: d_x = d_y gain; adds the sum over the rows of d_y x to `d_gain`.
///
/// - `d_x`: [rows, width], out
/// - `d_gain`: \[width\], added to
/// - `d_y`, `x`: [rows, width]
/// - `gain`: \[width\]
///
/// Error: equal to [`gain_backward_scalar`] bit for bit.
///
/// # Panics
/// If the sizes do not fit the slices.
pub fn gain_backward_f32(
    d_x: &mut [f32],
    ldd: usize,
    d_gain: &mut [f32],
    d_y: &[f32],
    ldy: usize,
    x: &[f32],
    ldx: usize,
    gain: &[f32],
    rows: usize,
    width: usize,
) {
    gain_backward::<F32x4>(d_x, ldd, d_gain, d_y, ldy, x, ldx, gain, rows, width);
}

/// The scalar twin of [`gain_backward_f32`].
pub fn gain_backward_scalar(
    d_x: &mut [f32],
    ldd: usize,
    d_gain: &mut [f32],
    d_y: &[f32],
    ldy: usize,
    x: &[f32],
    ldx: usize,
    gain: &[f32],
    rows: usize,
    width: usize,
) {
    gain_backward::<f32>(d_x, ldd, d_gain, d_y, ldy, x, ldx, gain, rows, width);
}

#[inline(always)]
fn gain_backward<L: Lane>(
    d_x: &mut [f32],
    ldd: usize,
    d_gain: &mut [f32],
    d_y: &[f32],
    ldy: usize,
    x: &[f32],
    ldx: usize,
    gain: &[f32],
    rows: usize,
    width: usize,
) {
    assert_matrix!(d_x, ldd; rows, width);
    assert_eq!(gain.len(), width, "one gain per column");
    sum_products_acc::<L>(d_gain, d_y, ldy, x, ldx, rows, width);
    for r in 0..rows {
        let (d_x, d_y) = (&mut d_x[r * ldd..][..width], &d_y[r * ldy..][..width]);
        over_units!(L, product_units, width, (d_x, d_y, gain));
    }
}

/// y = a b, elements `from..to` of three rows.
#[inline(always)]
fn product_units<L: Lane>(y: &mut [f32], a: &[f32], b: &[f32], from: usize, to: usize) {
    for j in (from..to).step_by(L::WIDTH) {
        // SAFETY: j + WIDTH <= to <= the length of the three rows.
        unsafe { (L::load(a, j) * L::load(b, j)).store(y, j) }
    }
}

/// Adds the sums down the columns of a b to `sum`: the gradient of a gain, or of a convolution's tap, alone.
///
/// - `sum`: \[width\], added to
/// - `a`, `b`: [rows, width]
///
/// Error: equal to [`sum_products_acc_scalar`] bit for bit: each column is summed row by row.
///
/// # Panics
/// If the sizes do not fit the slices.
pub fn sum_products_acc_f32(
    sum: &mut [f32],
    a: &[f32],
    lda: usize,
    b: &[f32],
    ldb: usize,
    rows: usize,
    width: usize,
) {
    sum_products_acc::<F32x4>(sum, a, lda, b, ldb, rows, width);
}

/// The scalar twin of [`sum_products_acc_f32`].
pub fn sum_products_acc_scalar(
    sum: &mut [f32],
    a: &[f32],
    lda: usize,
    b: &[f32],
    ldb: usize,
    rows: usize,
    width: usize,
) {
    sum_products_acc::<f32>(sum, a, lda, b, ldb, rows, width);
}

#[inline(always)]
fn sum_products_acc<L: Lane>(
    sum: &mut [f32],
    a: &[f32],
    lda: usize,
    b: &[f32],
    ldb: usize,
    rows: usize,
    width: usize,
) {
    assert_matrix!(a, lda, b, ldb; rows, width);
    assert_eq!(sum.len(), width, "one sum per column");
    for r in 0..rows {
        let (a, b) = (&a[r * lda..][..width], &b[r * ldb..][..width]);
        over_units!(L, product_acc_units, width, (sum, a, b));
    }
}

/// The equations as written, in `f64`.
pub mod naive {
    /// As [`gain_forward_acc_f32`](super::gain_forward_acc_f32).
    pub fn gain_forward_acc(
        y: &mut [f64],
        ldy: usize,
        x: &[f64],
        ldx: usize,
        gain: &[f64],
        rows: usize,
        width: usize,
    ) {
        for r in 0..rows {
            for j in 0..width {
                y[r * ldy + j] += x[r * ldx + j] * gain[j];
            }
        }
    }

    /// As [`gain_backward_f32`](super::gain_backward_f32).
    pub fn gain_backward(
        d_x: &mut [f64],
        ldd: usize,
        d_gain: &mut [f64],
        d_y: &[f64],
        ldy: usize,
        x: &[f64],
        ldx: usize,
        gain: &[f64],
        rows: usize,
        width: usize,
    ) {
        for r in 0..rows {
            for j in 0..width {
                d_gain[j] += d_y[r * ldy + j] * x[r * ldx + j];
                d_x[r * ldd + j] = d_y[r * ldy + j] * gain[j];
            }
        }
    }

    /// As [`sum_products_acc_f32`](super::sum_products_acc_f32).
    pub fn sum_products_acc(
        sum: &mut [f64],
        a: &[f64],
        lda: usize,
        b: &[f64],
        ldb: usize,
        rows: usize,
        width: usize,
    ) {
        for r in 0..rows {
            for j in 0..width {
                sum[j] += a[r * lda + j] * b[r * ldb + j];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{ROWS, TOLERANCE, WIDTHS};
    use super::*;
    use crate::checks::{assert_gradient, dot, widen};
    use mynah_testing::{assert_close, assert_same_bits, noise, noise_f64};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn gains_are_the_equations_and_their_twins() {
        for width in WIDTHS {
            let (ldy, ldx) = (width + 1, width + 2);
            let (y, x) = (noise(ROWS * ldy, 6), noise(ROWS * ldx, 7));
            let (gain, d_gain) = (noise(width, 8), noise(width, 9));
            let (wide_x, wide_gain) = (widen(&x), widen(&gain));
            let what = format!("width {width}");

            let (mut fast, mut twin, mut exact) = (y.clone(), y.clone(), widen(&y));
            gain_forward_acc_f32(&mut fast, ldy, &x, ldx, &gain, ROWS, width);
            gain_forward_acc_scalar(&mut twin, ldy, &x, ldx, &gain, ROWS, width);
            naive::gain_forward_acc(&mut exact, ldy, &wide_x, ldx, &wide_gain, ROWS, width);
            assert_same_bits(&fast, &twin);
            assert_close(&fast, &exact, TOLERANCE, &what);

            let run = |kernel: fn(
                &mut [f32],
                usize,
                &mut [f32],
                &[f32],
                usize,
                &[f32],
                usize,
                &[f32],
                usize,
                usize,
            )| {
                let (mut d_x, mut sum) = (vec![0.0; ROWS * width], d_gain.clone());
                kernel(
                    &mut d_x, width, &mut sum, &y, ldy, &x, ldx, &gain, ROWS, width,
                );
                [d_x, sum]
            };
            let (fast, twin) = (run(gain_backward_f32), run(gain_backward_scalar));
            let (mut d_x, mut sum) = (vec![0.0; ROWS * width], widen(&d_gain));
            let wide_y = widen(&y);
            naive::gain_backward(
                &mut d_x, width, &mut sum, &wide_y, ldy, &wide_x, ldx, &wide_gain, ROWS, width,
            );
            for (k, exact) in [d_x, sum].iter().enumerate() {
                assert_same_bits(&fast[k], &twin[k]);
                assert_close(&fast[k], exact, TOLERANCE, &what);
            }

            let (mut alone, mut twin_alone) = (d_gain.clone(), d_gain.clone());
            sum_products_acc_f32(&mut alone, &y, ldy, &x, ldx, ROWS, width);
            sum_products_acc_scalar(&mut twin_alone, &y, ldy, &x, ldx, ROWS, width);
            assert_same_bits(&alone, &fast[1]);
            assert_same_bits(&twin_alone, &fast[1]);
            let mut exact = widen(&d_gain);
            naive::sum_products_acc(&mut exact, &wide_y, ldy, &wide_x, ldx, ROWS, width);
            assert_close(&alone, &exact, TOLERANCE, &what);
        }
    }

    #[test]
    fn backward_of_the_gain_is_the_gradient_of_forward() {
        let (width, x, gain) = (5, noise_f64(15, 10), noise_f64(5, 11));
        let d_y = noise_f64(15, 12);
        let loss = |x: &[f64], gain: &[f64]| {
            let mut y = vec![0.0; 15];
            naive::gain_forward_acc(&mut y, width, x, width, gain, ROWS, width);
            dot(&y, &d_y)
        };
        let (mut d_x, mut d_gain) = ([0.0; 15], [0.0; 5]);
        naive::gain_backward(
            &mut d_x,
            width,
            &mut d_gain,
            &d_y,
            width,
            &x,
            width,
            &gain,
            ROWS,
            width,
        );
        assert_gradient(&d_x, &x, "x", |x| loss(x, &gain));
        assert_gradient(&d_gain, &gain, "gain", |gain| loss(&x, gain));
    }
}
