//! Layer and root-mean-square normalisation of the rows of a strided matrix; the gains after them are in
//! [`gain`]. docs/maths.md (13), (14a).
//!
//! A matrix here is a slice, its leading dimension (elements from one row to the next) right after it, and
//! at the end of the arguments `rows` and `width`: a group of gates is normalised where it stands among
//! others. The order of arguments is outputs, inputs, sizes.
//!
//! The statistics of a row are summed in four lanes, one after another in the scalar twins: those agree
//! within a tolerance only.

pub mod gain;

use crate::cell::over_units;
use crate::simd::{F32x4, Lane};

/// Added to the variance or the mean square, so that a row of equal values is divided by no zero; PyTorch's
/// default of LayerNorm. With activations near 1 it changes the sixth digit.
pub const EPSILON: f64 = 1e-5;

/// Asserts that a matrix of `rows` rows with `width` values, `ld` apart, lies within its slice.
macro_rules! assert_matrix {
    ($($slice:ident, $ld:ident),+; $rows:ident, $width:ident) => {
        $(assert!(
            $ld >= $width && ($rows == 0 || ($rows - 1)
                .checked_mul($ld)
                .and_then(|start| start.checked_add($width))
                .is_some_and(|end| end <= $slice.len())),
            "{} of {} values has no {} rows of {}, {} apart",
            stringify!($slice), $slice.len(), $rows, $width, $ld
        );)+
    };
}
pub(crate) use assert_matrix;

/// Subtracts the mean of each row and divides by its standard deviation, in place.
///
/// xhat = (x - mean x) / sqrt(var x + epsilon), the variance over `width`, not `width - 1`
///
/// - `x`: [rows, width], in: x; out: xhat
/// - `inverse_std`: \[rows\], out: 1 / sqrt(var x + epsilon), kept for the backward step
///
/// Error: <= 2e-6 against the equation and [`layer_norm_forward_scalar`] (tests below).
/// Source: Ba, Kiros and Hinton 2016 (arXiv 1607.06450), equation 3.
///
/// # Panics
/// If the sizes do not fit the slices.
pub fn layer_norm_forward_f32(
    x: &mut [f32],
    ldx: usize,
    inverse_std: &mut [f32],
    rows: usize,
    width: usize,
) {
    norm_forward::<F32x4, true>(x, ldx, inverse_std, rows, width);
}

/// The scalar twin of [`layer_norm_forward_f32`]; it sums in order, the kernel in four lanes.
pub fn layer_norm_forward_scalar(
    x: &mut [f32],
    ldx: usize,
    inverse_std: &mut [f32],
    rows: usize,
    width: usize,
) {
    norm_forward::<f32, true>(x, ldx, inverse_std, rows, width);
}

/// Divides each row by its root mean square, in place: xhat = x / sqrt(mean x^2 + epsilon).
///
/// Arguments and error as in [`layer_norm_forward_f32`]; `inverse_rms` is 1 / sqrt(mean x^2 + epsilon).
/// Source: Zhang and Sennrich 2019 (arXiv 1910.07467), equation 4.
///
/// # Panics
/// If the sizes do not fit the slices.
pub fn rms_norm_forward_f32(
    x: &mut [f32],
    ldx: usize,
    inverse_rms: &mut [f32],
    rows: usize,
    width: usize,
) {
    norm_forward::<F32x4, false>(x, ldx, inverse_rms, rows, width);
}

/// The scalar twin of [`rms_norm_forward_f32`]; it sums in order, the kernel in four lanes.
pub fn rms_norm_forward_scalar(
    x: &mut [f32],
    ldx: usize,
    inverse_rms: &mut [f32],
    rows: usize,
    width: usize,
) {
    norm_forward::<f32, false>(x, ldx, inverse_rms, rows, width);
}

/// Both norms: without `CENTRED` the mean counts as 0.
#[inline(always)]
fn norm_forward<L: Lane, const CENTRED: bool>(
    x: &mut [f32],
    ldx: usize,
    inverse: &mut [f32],
    rows: usize,
    width: usize,
) {
    assert_matrix!(x, ldx; rows, width);
    assert_eq!(inverse.len(), rows, "one inverse per row");
    let share = 1.0 / width as f32;
    for r in 0..rows {
        let row = &mut x[r * ldx..][..width];
        if CENTRED {
            // The mean is subtracted before the squares are summed: E x^2 - (E x)^2 cancels.
            let mean = row_sum::<L>(row) * share;
            over_units!(L, subtract_units, width, (row, mean));
        }
        let mean_square = row_dot::<L>(row, row) * share;
        inverse[r] = 1.0 / (mean_square + EPSILON as f32).sqrt();
        over_units!(L, scale_units, width, (row, inverse[r]));
    }
}

/// The gradient of [`layer_norm_forward_f32`], in place.
///
/// d_x = (d_xhat - mean d_xhat - xhat mean(d_xhat xhat)) / std
///
/// - `d`: [rows, width], in: d_xhat; out: d_x
/// - `xhat`: [rows, width], `inverse_std`: \[rows\], as the forward step left them
///
/// Error: <= 2e-6 against the equation and [`layer_norm_backward_scalar`] (tests below).
///
/// # Panics
/// If the sizes do not fit the slices.
pub fn layer_norm_backward_f32(
    d: &mut [f32],
    ldd: usize,
    xhat: &[f32],
    ldx: usize,
    inverse_std: &[f32],
    rows: usize,
    width: usize,
) {
    norm_backward::<F32x4, true>(d, ldd, xhat, ldx, inverse_std, rows, width);
}

/// The scalar twin of [`layer_norm_backward_f32`]; it sums in order, the kernel in four lanes.
pub fn layer_norm_backward_scalar(
    d: &mut [f32],
    ldd: usize,
    xhat: &[f32],
    ldx: usize,
    inverse_std: &[f32],
    rows: usize,
    width: usize,
) {
    norm_backward::<f32, true>(d, ldd, xhat, ldx, inverse_std, rows, width);
}

/// The gradient of [`rms_norm_forward_f32`], in place: d_x = (d_xhat - xhat mean(d_xhat xhat)) / rms.
///
/// Arguments and error as in [`layer_norm_backward_f32`].
///
/// # Panics
/// If the sizes do not fit the slices.
pub fn rms_norm_backward_f32(
    d: &mut [f32],
    ldd: usize,
    xhat: &[f32],
    ldx: usize,
    inverse_rms: &[f32],
    rows: usize,
    width: usize,
) {
    norm_backward::<F32x4, false>(d, ldd, xhat, ldx, inverse_rms, rows, width);
}

/// The scalar twin of [`rms_norm_backward_f32`]; it sums in order, the kernel in four lanes.
pub fn rms_norm_backward_scalar(
    d: &mut [f32],
    ldd: usize,
    xhat: &[f32],
    ldx: usize,
    inverse_rms: &[f32],
    rows: usize,
    width: usize,
) {
    norm_backward::<f32, false>(d, ldd, xhat, ldx, inverse_rms, rows, width);
}

#[inline(always)]
fn norm_backward<L: Lane, const CENTRED: bool>(
    d: &mut [f32],
    ldd: usize,
    xhat: &[f32],
    ldx: usize,
    inverse: &[f32],
    rows: usize,
    width: usize,
) {
    assert_matrix!(d, ldd, xhat, ldx; rows, width);
    assert_eq!(inverse.len(), rows, "one inverse per row");
    let share = 1.0 / width as f32;
    for r in 0..rows {
        let (row, xhat) = (&mut d[r * ldd..][..width], &xhat[r * ldx..][..width]);
        let mean = if CENTRED {
            row_sum::<L>(row) * share
        } else {
            0.0
        };
        let slope = row_dot::<L>(row, xhat) * share;
        over_units!(
            L,
            norm_backward_units,
            width,
            (row, xhat, mean, slope, inverse[r])
        );
    }
}

#[inline(always)]
fn norm_backward_units<L: Lane>(
    d: &mut [f32],
    xhat: &[f32],
    mean: f32,
    slope: f32,
    inverse: f32,
    from: usize,
    to: usize,
) {
    let (mean, slope, inverse) = (L::splat(mean), L::splat(slope), L::splat(inverse));
    for j in (from..to).step_by(L::WIDTH) {
        // SAFETY: j + WIDTH <= to <= width, the length of both rows.
        unsafe {
            let centred = L::load(d, j) - mean;
            ((centred - L::load(xhat, j) * slope) * inverse).store(d, j);
        }
    }
}

#[inline(always)]
fn subtract_units<L: Lane>(row: &mut [f32], value: f32, from: usize, to: usize) {
    for j in (from..to).step_by(L::WIDTH) {
        // SAFETY: j + WIDTH <= to <= the length of the row.
        unsafe { (L::load(row, j) - L::splat(value)).store(row, j) }
    }
}

#[inline(always)]
fn scale_units<L: Lane>(row: &mut [f32], factor: f32, from: usize, to: usize) {
    for j in (from..to).step_by(L::WIDTH) {
        // SAFETY: j + WIDTH <= to <= the length of the row.
        unsafe { (L::load(row, j) * L::splat(factor)).store(row, j) }
    }
}

/// The sum of a row, in as many lanes as `L` has.
#[inline(always)]
pub(crate) fn row_sum<L: Lane>(row: &[f32]) -> f32 {
    let body = row.len() / L::WIDTH * L::WIDTH;
    let mut sum = L::splat(0.0);
    for j in (0..body).step_by(L::WIDTH) {
        // SAFETY: j + WIDTH <= body <= row.len().
        sum = sum + unsafe { L::load(row, j) };
    }
    row[body..].iter().fold(sum_of_lanes(sum), |sum, x| sum + x)
}

/// The sum of products of two rows of one length, in as many lanes as `L` has.
#[inline(always)]
pub(crate) fn row_dot<L: Lane>(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len(), "rows of different lengths");
    let body = a.len() / L::WIDTH * L::WIDTH;
    let mut sum = L::splat(0.0);
    for j in (0..body).step_by(L::WIDTH) {
        // SAFETY: j + WIDTH <= body <= the length of both rows.
        sum = unsafe { L::load(a, j).mul_add(L::load(b, j), sum) };
    }
    let rest = a[body..].iter().zip(&b[body..]);
    rest.fold(sum_of_lanes(sum), |sum, (a, b)| sum + a * b)
}

#[inline(always)]
fn sum_of_lanes<L: Lane>(sum: L) -> f32 {
    let mut lanes = [0.0; 4];
    // SAFETY: no lane group is wider than four.
    unsafe { sum.store(&mut lanes, 0) };
    lanes[..L::WIDTH].iter().sum()
}

/// The equations as written, in `f64`.
pub mod naive {
    use super::EPSILON;

    /// As [`layer_norm_forward_f32`](super::layer_norm_forward_f32).
    pub fn layer_norm_forward(
        x: &mut [f64],
        ldx: usize,
        inverse_std: &mut [f64],
        rows: usize,
        width: usize,
    ) {
        for r in 0..rows {
            let row = &mut x[r * ldx..][..width];
            let mean = row.iter().sum::<f64>() / width as f64;
            let variance = row.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / width as f64;
            inverse_std[r] = 1.0 / (variance + EPSILON).sqrt();
            row.iter_mut()
                .for_each(|x| *x = (*x - mean) * inverse_std[r]);
        }
    }

    /// As [`rms_norm_forward_f32`](super::rms_norm_forward_f32).
    pub fn rms_norm_forward(
        x: &mut [f64],
        ldx: usize,
        inverse_rms: &mut [f64],
        rows: usize,
        width: usize,
    ) {
        for r in 0..rows {
            let row = &mut x[r * ldx..][..width];
            let mean_square = row.iter().map(|x| x * x).sum::<f64>() / width as f64;
            inverse_rms[r] = 1.0 / (mean_square + EPSILON).sqrt();
            row.iter_mut().for_each(|x| *x *= inverse_rms[r]);
        }
    }

    /// As [`layer_norm_backward_f32`](super::layer_norm_backward_f32).
    pub fn layer_norm_backward(
        d: &mut [f64],
        ldd: usize,
        xhat: &[f64],
        ldx: usize,
        inverse_std: &[f64],
        rows: usize,
        width: usize,
    ) {
        for r in 0..rows {
            let (row, xhat) = (&mut d[r * ldd..][..width], &xhat[r * ldx..][..width]);
            let mean = row.iter().sum::<f64>() / width as f64;
            let slope = row.iter().zip(xhat).map(|(d, x)| d * x).sum::<f64>() / width as f64;
            for (d, x) in row.iter_mut().zip(xhat) {
                *d = (*d - mean - x * slope) * inverse_std[r];
            }
        }
    }

    /// As [`rms_norm_backward_f32`](super::rms_norm_backward_f32).
    pub fn rms_norm_backward(
        d: &mut [f64],
        ldd: usize,
        xhat: &[f64],
        ldx: usize,
        inverse_rms: &[f64],
        rows: usize,
        width: usize,
    ) {
        for r in 0..rows {
            let (row, xhat) = (&mut d[r * ldd..][..width], &xhat[r * ldx..][..width]);
            let slope = row.iter().zip(xhat).map(|(d, x)| d * x).sum::<f64>() / width as f64;
            for (d, x) in row.iter_mut().zip(xhat) {
                *d = (*d - x * slope) * inverse_rms[r];
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::checks::{assert_gradient, dot, widen};
    use mynah_testing::{assert_close, noise, noise_f64};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// Sums of up to a thousand values in another order, relative to the largest result.
    pub const TOLERANCE: f64 = 2e-6;

    pub const ROWS: usize = 3;
    /// One below, at and above a lane group, several with a rest, and a large one.
    pub const WIDTHS: [usize; 7] = [1, 3, 4, 5, 8, 19, 1001];

    type Forward<T> = fn(&mut [T], usize, &mut [T], usize, usize);
    type Backward<T> = fn(&mut [T], usize, &[T], usize, &[T], usize, usize);

    const FORWARD: [(Forward<f32>, Forward<f32>, Forward<f64>); 2] = [
        (
            layer_norm_forward_f32,
            layer_norm_forward_scalar,
            naive::layer_norm_forward,
        ),
        (
            rms_norm_forward_f32,
            rms_norm_forward_scalar,
            naive::rms_norm_forward,
        ),
    ];
    const BACKWARD: [(Backward<f32>, Backward<f32>, Backward<f64>); 2] = [
        (
            layer_norm_backward_f32,
            layer_norm_backward_scalar,
            naive::layer_norm_backward,
        ),
        (
            rms_norm_backward_f32,
            rms_norm_backward_scalar,
            naive::rms_norm_backward,
        ),
    ];

    #[test]
    fn forward_is_the_equations_and_leaves_what_is_between_the_rows() {
        for width in WIDTHS {
            for (n, (fast, twin, exact)) in FORWARD.into_iter().enumerate() {
                let (ld, what) = (width + 2, format!("norm {n}, width {width}"));
                // Away from zero, so that a forgotten mean is seen; the last row has no stride's rest after it.
                let x: Vec<f32> = noise(ROWS * ld - 2, 1).iter().map(|v| v + 0.7).collect();
                let (mut expected, mut inverse) = (widen(&x), vec![0.0; ROWS]);
                exact(&mut expected, ld, &mut inverse, ROWS, width);
                for kernel in [fast, twin] {
                    let (mut xhat, mut got) = (x.clone(), vec![0.0; ROWS]);
                    kernel(&mut xhat, ld, &mut got, ROWS, width);
                    assert_close(&got, &inverse, TOLERANCE, &what);
                    assert_close(&xhat, &expected, TOLERANCE, &what);
                    assert_eq!(xhat[width..ld], x[width..ld], "between the rows");
                }
            }
        }
    }

    #[test]
    fn backward_is_the_equations() {
        for width in WIDTHS {
            for (n, (fast, twin, exact)) in BACKWARD.into_iter().enumerate() {
                let (ldd, ldx, what) = (width + 1, width + 3, format!("norm {n}, width {width}"));
                let (d, xhat) = (noise(ROWS * ldd, 2), noise(ROWS * ldx, 3));
                let inverse = [0.5, 1.5, 0.9];
                let mut expected = widen(&d);
                let (wide_xhat, wide_inverse) = (widen(&xhat), widen(&inverse));
                exact(
                    &mut expected,
                    ldd,
                    &wide_xhat,
                    ldx,
                    &wide_inverse,
                    ROWS,
                    width,
                );
                for kernel in [fast, twin] {
                    let mut got = d.clone();
                    kernel(&mut got, ldd, &xhat, ldx, &inverse, ROWS, width);
                    assert_close(&got, &expected, TOLERANCE, &what);
                }
            }
        }
    }

    #[test]
    fn backward_is_the_gradient_of_forward() {
        let (width, ld) = (5, 6);
        let (x, weights) = (noise_f64(ROWS * ld, 4), noise_f64(ROWS * width, 5));
        for n in 0..FORWARD.len() {
            let (forward, backward) = (FORWARD[n].2, BACKWARD[n].2);
            let run = |x: &[f64]| {
                let (mut xhat, mut inverse) = (x.to_vec(), vec![0.0; ROWS]);
                forward(&mut xhat, ld, &mut inverse, ROWS, width);
                (xhat, inverse)
            };
            let (xhat, inverse) = run(&x);
            let mut d = weights.clone();
            backward(&mut d, width, &xhat, ld, &inverse, ROWS, width);
            let loss = |x: &[f64]| {
                let (xhat, _) = run(x);
                let rows = xhat.chunks(ld).zip(weights.chunks(width));
                rows.map(|(x, w)| dot(&x[..width], w)).sum()
            };
            // What stands between the rows has no gradient.
            let mut d_x = vec![0.0; ROWS * ld];
            for r in 0..ROWS {
                d_x[r * ld..][..width].copy_from_slice(&d[r * width..][..width]);
            }
            assert_gradient(&d_x, &x, &format!("norm {n}"), loss);
        }
    }

    #[test]
    fn equal_values_and_no_rows_are_no_special_case() {
        let (mut x, mut inverse) = ([3.0; 5], [0.0]);
        layer_norm_forward_f32(&mut x, 5, &mut inverse, 1, 5);
        assert_eq!(x, [0.0; 5], "a row without variance");
        assert!(
            (inverse[0] - 316.227_77).abs() < 1e-3,
            "1 / sqrt(1e-5): {inverse:?}"
        );
        rms_norm_forward_f32(&mut [], 5, &mut [], 0, 5);
    }

    #[test]
    #[should_panic(expected = "has no 2 rows of 5")]
    fn a_matrix_beyond_its_slice_is_refused() {
        rms_norm_forward_f32(&mut [0.0; 9], 5, &mut [0.0; 2], 2, 5);
    }
}
