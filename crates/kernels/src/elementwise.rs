//! Elementwise functions: sums, GELU of the feed-forward parts, dropout's masks, zoneout's blending. docs/maths.md (14c), (17).

use crate::activation::sigmoid_lane;
use crate::cell::{assert_lengths, over_units};
use crate::simd::{F32x4, Lane};

/// 2 sqrt(2 / pi): twice the factor of [`gelu_forward_f32`]'s tanh.
const GELU_FACTOR: f64 = 1.595_769_121_605_731;
/// Weight of the cube in GELU's tanh, fitted by its authors.
const GELU_CUBE: f64 = 0.044_715;

/// The Gaussian error linear unit by its tanh form: y = 0.5 x (1 + tanh u), u = sqrt(2/pi) (x + 0.044715 x^3).
///
/// Computed as x sigmoid(2 u), the same function: 1 + tanh u cancels on the left, where the error would be
/// many times the value.
///
/// - `y`, `x`: of one length
///
/// Error: equal to [`gelu_forward_scalar`] bit for bit; <= 2e-6 against the equation (tests below).
/// Source: Hendrycks and Gimpel 2016 (arXiv 1606.08415), section 2; PyTorch's `approximate="tanh"`.
///
/// # Panics
/// If the lengths differ.
pub fn gelu_forward_f32(y: &mut [f32], x: &[f32]) {
    gelu_forward::<F32x4>(y, x);
}

/// The scalar twin of [`gelu_forward_f32`].
pub fn gelu_forward_scalar(y: &mut [f32], x: &[f32]) {
    gelu_forward::<f32>(y, x);
}

#[inline(always)]
fn gelu_forward<L: Lane>(y: &mut [f32], x: &[f32]) {
    assert_lengths!(y: x.len());
    over_units!(L, gelu_units, x.len(), (y, x));
}

/// sigmoid(2 u) of x, and x^2.
#[inline(always)]
fn gelu_share<L: Lane>(x: L) -> (L, L) {
    let (factor, cube) = (GELU_FACTOR as f32, (GELU_FACTOR * GELU_CUBE) as f32);
    let square = x * x;
    let slope = L::splat(cube).mul_add(square, L::splat(factor));
    (sigmoid_lane(x * slope), square)
}

#[inline(always)]
fn gelu_units<L: Lane>(y: &mut [f32], x: &[f32], from: usize, to: usize) {
    for j in (from..to).step_by(L::WIDTH) {
        // SAFETY: j + WIDTH <= to <= the length of both slices.
        unsafe {
            let x = L::load(x, j);
            (x * gelu_share(x).0).store(y, j);
        }
    }
}

/// The gradient of [`gelu_forward_f32`], in place: with s = sigmoid(2 u), d_x = d_y (s + x s (1 - s) (2 u)').
///
/// - `d`: in: d_y; out: d_x
/// - `x`: as in the forward step
///
/// Error: equal to [`gelu_backward_scalar`] bit for bit; <= 2e-6 against the equation (tests below).
///
/// # Panics
/// If the lengths differ.
pub fn gelu_backward_f32(d: &mut [f32], x: &[f32]) {
    gelu_backward::<F32x4>(d, x);
}

/// The scalar twin of [`gelu_backward_f32`].
pub fn gelu_backward_scalar(d: &mut [f32], x: &[f32]) {
    gelu_backward::<f32>(d, x);
}

#[inline(always)]
fn gelu_backward<L: Lane>(d: &mut [f32], x: &[f32]) {
    assert_lengths!(d: x.len());
    over_units!(L, gelu_backward_units, x.len(), (d, x));
}

#[inline(always)]
fn gelu_backward_units<L: Lane>(d: &mut [f32], x: &[f32], from: usize, to: usize) {
    let (factor, cube) = (GELU_FACTOR as f32, (3.0 * GELU_FACTOR * GELU_CUBE) as f32);
    for j in (from..to).step_by(L::WIDTH) {
        // SAFETY: j + WIDTH <= to <= the length of both slices.
        unsafe {
            let x = L::load(x, j);
            let (share, square) = gelu_share(x);
            let slope = L::splat(cube).mul_add(square, L::splat(factor));
            let bend = x * share * (L::splat(1.0) - share);
            (L::load(d, j) * bend.mul_add(slope, share)).store(d, j);
        }
    }
}

/// Multiplies by a mask, in place: dropout's forward step, and its gradient.
///
/// - `values`, `mask`: of one length
///
/// Error: equal to [`multiply_scalar`] bit for bit.
///
/// # Panics
/// If the lengths differ.
pub fn multiply_f32(values: &mut [f32], mask: &[f32]) {
    multiply::<F32x4>(values, mask);
}

/// The scalar twin of [`multiply_f32`].
pub fn multiply_scalar(values: &mut [f32], mask: &[f32]) {
    multiply::<f32>(values, mask);
}

#[inline(always)]
fn multiply<L: Lane>(values: &mut [f32], mask: &[f32]) {
    assert_lengths!(mask: values.len());
    over_units!(L, multiply_units, values.len(), (values, mask));
}

#[inline(always)]
fn multiply_units<L: Lane>(values: &mut [f32], mask: &[f32], from: usize, to: usize) {
    for j in (from..to).step_by(L::WIDTH) {
        // SAFETY: j + WIDTH <= to <= the length of both slices.
        unsafe { (L::load(values, j) * L::load(mask, j)).store(values, j) }
    }
}

/// Adds to every element: sums += values.
///
/// - `sums`, `values`: of one length
///
/// Error: equal to [`add_acc_scalar`] bit for bit.
///
/// # Panics
/// If the lengths differ.
pub fn add_acc_f32(sums: &mut [f32], values: &[f32]) {
    add_acc::<F32x4>(sums, values);
}

/// The scalar twin of [`add_acc_f32`].
pub fn add_acc_scalar(sums: &mut [f32], values: &[f32]) {
    add_acc::<f32>(sums, values);
}

#[inline(always)]
fn add_acc<L: Lane>(sums: &mut [f32], values: &[f32]) {
    assert_lengths!(values: sums.len());
    over_units!(L, add_units, sums.len(), (sums, values));
}

#[inline(always)]
fn add_units<L: Lane>(sums: &mut [f32], values: &[f32], from: usize, to: usize) {
    for j in (from..to).step_by(L::WIDTH) {
        // SAFETY: j + WIDTH <= to <= the length of both slices.
        unsafe { (L::load(sums, j) + L::load(values, j)).store(sums, j) }
    }
}

/// Keeps a share of the previous value, in place: next <- keep prev + (1 - keep) next.
///
/// Zoneout, with its mask or its expectation for `keep`, and steps without a symbol, with 1. With 1 and with 0
/// the result is `prev` and `next` exactly, which next + keep (prev - next) would not be.
///
/// - `next`: in: the new values; out: the blended ones
/// - `prev`, `keep`: of the same length
///
/// Error: equal to [`blend_scalar`] bit for bit.
///
/// # Panics
/// If the lengths differ.
pub fn blend_f32(next: &mut [f32], prev: &[f32], keep: &[f32]) {
    blend::<F32x4>(next, prev, keep);
}

/// The scalar twin of [`blend_f32`].
pub fn blend_scalar(next: &mut [f32], prev: &[f32], keep: &[f32]) {
    blend::<f32>(next, prev, keep);
}

#[inline(always)]
fn blend<L: Lane>(next: &mut [f32], prev: &[f32], keep: &[f32]) {
    let len = next.len();
    assert_lengths!(prev: len, keep: len);
    over_units!(L, blend_units, len, (next, prev, keep));
}

#[inline(always)]
fn blend_units<L: Lane>(next: &mut [f32], prev: &[f32], keep: &[f32], from: usize, to: usize) {
    for j in (from..to).step_by(L::WIDTH) {
        // SAFETY: j + WIDTH <= to <= the length of the slices.
        unsafe {
            let keep = L::load(keep, j);
            let new = (L::splat(1.0) - keep) * L::load(next, j);
            keep.mul_add(L::load(prev, j), new).store(next, j);
        }
    }
}

/// The gradient of [`blend_f32`]: d_prev = keep d, d_next <- (1 - keep) d.
///
/// - `d_next`: in: the gradient of the blended values, d; out: of the new ones
/// - `d_prev`: of the same length, out (not added to)
/// - `keep`: as in the forward step
///
/// Error: equal to [`blend_backward_scalar`] bit for bit.
///
/// # Panics
/// If the lengths differ.
pub fn blend_backward_f32(d_next: &mut [f32], d_prev: &mut [f32], keep: &[f32]) {
    blend_backward::<F32x4>(d_next, d_prev, keep);
}

/// The scalar twin of [`blend_backward_f32`].
pub fn blend_backward_scalar(d_next: &mut [f32], d_prev: &mut [f32], keep: &[f32]) {
    blend_backward::<f32>(d_next, d_prev, keep);
}

#[inline(always)]
fn blend_backward<L: Lane>(d_next: &mut [f32], d_prev: &mut [f32], keep: &[f32]) {
    let len = d_next.len();
    assert_lengths!(d_prev: len, keep: len);
    over_units!(L, blend_backward_units, len, (d_next, d_prev, keep));
}

#[inline(always)]
fn blend_backward_units<L: Lane>(
    d_next: &mut [f32],
    d_prev: &mut [f32],
    keep: &[f32],
    from: usize,
    to: usize,
) {
    for j in (from..to).step_by(L::WIDTH) {
        // SAFETY: j + WIDTH <= to <= the length of the slices.
        unsafe {
            let (d, keep) = (L::load(d_next, j), L::load(keep, j));
            (keep * d).store(d_prev, j);
            ((L::splat(1.0) - keep) * d).store(d_next, j);
        }
    }
}

/// The equations as written, in `f64`.
pub mod naive {
    /// sqrt(2/pi) of x + 0.044715 x^3, and its slope.
    fn gelu_argument(x: f64) -> (f64, f64) {
        let factor = (2.0 / std::f64::consts::PI).sqrt();
        (
            factor * (x + 0.044715 * x * x * x),
            factor * (1.0 + 3.0 * 0.044715 * x * x),
        )
    }

    /// As [`gelu_forward_f32`](super::gelu_forward_f32).
    pub fn gelu_forward(y: &mut [f64], x: &[f64]) {
        for (y, &x) in y.iter_mut().zip(x) {
            *y = 0.5 * x * (1.0 + gelu_argument(x).0.tanh());
        }
    }

    /// As [`gelu_backward_f32`](super::gelu_backward_f32).
    pub fn gelu_backward(d: &mut [f64], x: &[f64]) {
        for (d, &x) in d.iter_mut().zip(x) {
            let (u, slope) = gelu_argument(x);
            let tanh = u.tanh();
            *d *= 0.5 * (1.0 + tanh) + 0.5 * x * (1.0 - tanh * tanh) * slope;
        }
    }

    /// As [`add_acc_f32`](super::add_acc_f32).
    pub fn add_acc(sums: &mut [f64], values: &[f64]) {
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum += value;
        }
    }

    /// As [`multiply_f32`](super::multiply_f32).
    pub fn multiply(values: &mut [f64], mask: &[f64]) {
        values.iter_mut().zip(mask).for_each(|(v, m)| *v *= m);
    }

    /// As [`blend_f32`](super::blend_f32).
    pub fn blend(next: &mut [f64], prev: &[f64], keep: &[f64]) {
        for (j, next) in next.iter_mut().enumerate() {
            *next = keep[j] * prev[j] + (1.0 - keep[j]) * *next;
        }
    }

    /// As [`blend_backward_f32`](super::blend_backward_f32).
    pub fn blend_backward(d_next: &mut [f64], d_prev: &mut [f64], keep: &[f64]) {
        for (j, d) in d_next.iter_mut().enumerate() {
            d_prev[j] = keep[j] * *d;
            *d *= 1.0 - keep[j];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::{assert_gradient, dot, widen};
    use mynah_testing::{assert_close, assert_same_bits, noise, noise_f64};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// The 3 ULP of the sigmoid, and the rounding of its argument times that, relative to the largest value.
    const TOLERANCE: f64 = 2e-6;
    /// Lengths one below, at and above a lane group, none, and several groups with a rest.
    const LENGTHS: [usize; 7] = [0, 1, 3, 4, 5, 8, 67];

    /// Kernel, twin and equation of a function that changes its first argument.
    #[track_caller]
    fn check(
        kernels: [fn(&mut [f32], &[f32]); 2],
        exact: fn(&mut [f64], &[f64]),
        (first, second): (&[f32], &[f32]),
        what: &str,
    ) {
        let [fast, twin] = kernels.map(|kernel| {
            let mut first = first.to_vec();
            kernel(&mut first, second);
            first
        });
        let mut expected = widen(first);
        exact(&mut expected, &widen(second));
        assert_same_bits(&fast, &twin);
        assert_close(&fast, &expected, TOLERANCE, what);
    }

    #[test]
    fn gelu_is_the_equation_and_its_twin() {
        for len in LENGTHS {
            for stretch in [1.0, 12.0] {
                let x: Vec<f32> = noise(len, 1).iter().map(|v| v * stretch).collect();
                let d = noise(len, 2);
                let forward = [gelu_forward_f32, gelu_forward_scalar];
                let backward = [gelu_backward_f32, gelu_backward_scalar];
                check(forward, naive::gelu_forward, (&d, &x), "forward");
                check(backward, naive::gelu_backward, (&d, &x), "backward");
            }
        }
    }

    #[test]
    fn gelu_keeps_its_left_tail_and_nan() {
        let mut y = [0.0; 5];
        gelu_forward_f32(&mut y, &[-4.0, -1e6, 1e6, 0.0, f32::NAN]);
        // 0.5 x (1 + tanh u) in 50 digits at -4.
        assert_close(&y[..1], &[-7.024_594_8e-5], TOLERANCE, "at -4");
        assert_eq!(y[1..4], [0.0, 1e6, 0.0]);
        assert!(y[4].is_nan(), "{y:?}");
        let mut d = [1.0; 5];
        gelu_backward_f32(&mut d, &[-1e6, 1e6, 0.0, -30.0, f32::NAN]);
        assert_eq!(d[..4], [0.0, 1.0, 0.5, 0.0]);
        assert!(d[4].is_nan(), "{d:?}");
    }

    #[test]
    fn masks_and_sums_are_the_equations_and_their_twins() {
        for len in LENGTHS {
            let (values, mask) = (noise(len, 3), noise(len, 4));
            let kernels = [multiply_f32, multiply_scalar];
            check(kernels, naive::multiply, (&values, &mask), "mask");
            let kernels = [add_acc_f32, add_acc_scalar];
            check(kernels, naive::add_acc, (&values, &mask), "sum");
        }
    }

    #[test]
    fn blending_is_the_equation_and_its_twin() {
        for len in LENGTHS {
            let (next, prev) = (noise(len, 5), noise(len, 6));
            let keep: Vec<f32> = noise(len, 7).iter().map(|v| 0.5 + 0.5 * v).collect();
            let (wide_prev, wide_keep) = (widen(&prev), widen(&keep));

            let (mut fast, mut twin, mut exact) = (next.clone(), next.clone(), widen(&next));
            blend_f32(&mut fast, &prev, &keep);
            blend_scalar(&mut twin, &prev, &keep);
            naive::blend(&mut exact, &wide_prev, &wide_keep);
            assert_same_bits(&fast, &twin);
            assert_close(&fast, &exact, TOLERANCE, "forward");

            let [mut fast, mut twin] = [next.clone(), next.clone()];
            let [mut fast_prev, mut twin_prev] = [vec![7.0; len], vec![8.0; len]];
            let (mut exact, mut exact_prev) = (widen(&next), vec![9.0; len]);
            blend_backward_f32(&mut fast, &mut fast_prev, &keep);
            blend_backward_scalar(&mut twin, &mut twin_prev, &keep);
            naive::blend_backward(&mut exact, &mut exact_prev, &wide_keep);
            assert_same_bits(&fast, &twin);
            assert_same_bits(&fast_prev, &twin_prev);
            assert_close(&fast, &exact, TOLERANCE, "d_next");
            assert_close(&fast_prev, &exact_prev, TOLERANCE, "d_prev");
        }
    }

    #[test]
    fn keeping_all_or_nothing_is_exact() {
        let mut next = [1.0, 0.1, 3.3, 1e30, 1e-30, 0.7];
        let prev = [2.0, 0.3, -3.3, 1e-30, 1e30, 0.9];
        blend_f32(&mut next, &prev, &[0.0, 1.0, 0.0, 1.0, 0.0, 1.0]);
        assert_eq!(next, [1.0, 0.3, 3.3, 1e-30, 1e-30, 0.9]);
    }

    #[test]
    fn backward_is_the_gradient_of_forward() {
        let x: Vec<f64> = noise_f64(9, 8).iter().map(|v| v * 3.0).collect();
        let (weights, prev) = (noise_f64(9, 9), noise_f64(9, 10));
        let mut d = weights.clone();
        naive::gelu_backward(&mut d, &x);
        assert_gradient(&d, &x, "gelu", |x| {
            let mut y = vec![0.0; 9];
            naive::gelu_forward(&mut y, x);
            dot(&y, &weights)
        });

        let keep: Vec<f64> = noise_f64(9, 11).iter().map(|v| 0.5 + 0.5 * v).collect();
        let loss = |next: &[f64], prev: &[f64]| {
            let mut next = next.to_vec();
            naive::blend(&mut next, prev, &keep);
            dot(&next, &weights)
        };
        let (mut d_next, mut d_prev) = (weights.clone(), vec![0.0; 9]);
        naive::blend_backward(&mut d_next, &mut d_prev, &keep);
        assert_gradient(&d_next, &x, "next", |next| loss(next, &prev));
        assert_gradient(&d_prev, &prev, "prev", |prev| loss(&x, prev));
    }
}
