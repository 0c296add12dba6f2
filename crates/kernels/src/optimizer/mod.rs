//! The optimisers, the norm and the clipping of the gradient, and the moving average of the weights, over
//! flat arenas or parts of them. docs/maths.md (9a), (9b), (9d).

pub mod adam;
pub mod rmsprop;
pub mod sgd;

use crate::cell::{assert_lengths, over_units};
use crate::simd::{F32x4, Lane};

pub use adam::AdamStep;
pub use rmsprop::RmspropStep;
pub use sgd::SgdStep;

/// Values that are summed in `f32` before they go into an `f64`: few enough that nothing is lost.
const NORM_BLOCK: usize = 256;

/// The sum of squares, in `f64` over blocks of 256: what global-norm clipping takes the root of. Exact to
/// 1e-6 (test below); a block whose squares overflow `f32` is summed in `f64`. Infinite or NaN values stay
/// so.
pub fn sum_of_squares_f32(values: &[f32]) -> f64 {
    values.chunks(NORM_BLOCK).map(block_sum_of_squares).sum()
}

fn block_sum_of_squares(block: &[f32]) -> f64 {
    let (lanes, rest) = block.as_chunks::<4>();
    let mut sum = F32x4::splat(0.0);
    for lane in lanes {
        // SAFETY: an array of four has four values.
        let x = unsafe { F32x4::load(lane, 0) };
        sum = x.mul_add(x, sum);
    }
    let tail: f32 = rest.iter().map(|x| x * x).sum();
    let sum = sum.to_array().into_iter().sum::<f32>() + tail;
    if sum.is_finite() {
        sum.into()
    } else {
        block.iter().map(|&x| f64::from(x) * f64::from(x)).sum()
    }
}

/// The sum of squares in `f64`.
pub fn sum_of_squares_naive(values: &[f64]) -> f64 {
    values.iter().map(|x| x * x).sum()
}

/// Limits every value to -`limit`..=`limit`, in place; NaN stays, so that a run that has diverged is seen.
///
/// Error: equal to [`clip_elements_scalar`] bit for bit.
pub fn clip_elements_f32(values: &mut [f32], limit: f32) {
    over_units!(F32x4, clip_units, values.len(), (values, limit));
}

/// The scalar twin of [`clip_elements_f32`].
pub fn clip_elements_scalar(values: &mut [f32], limit: f32) {
    over_units!(f32, clip_units, values.len(), (values, limit));
}

#[inline(always)]
fn clip_units<L: Lane>(values: &mut [f32], limit: f32, from: usize, to: usize) {
    let (lowest, highest) = (L::splat(-limit), L::splat(limit));
    for at in (from..to).step_by(L::WIDTH) {
        // SAFETY: at + WIDTH <= to <= values.len().
        unsafe {
            let value = L::load(values, at);
            value.at_most(highest).at_least(lowest).store(values, at);
        }
    }
}

/// As [`clip_elements_f32`], in `f64`.
pub fn clip_elements_naive(values: &mut [f64], limit: f64) {
    // Unlike `min` and `max`, `clamp` keeps NaN.
    values.iter_mut().for_each(|v| *v = v.clamp(-limit, limit));
}

/// Moves the average of the weights towards the weights: a += weight (p - a).
///
/// - `average`, `params`: arenas of one length
/// - `weight`: 1 - d for a <- d a + (1 - d) p; this form keeps an average that has arrived exactly where it is
///
/// Error: equal to [`lerp_scalar`] bit for bit.
///
/// # Panics
/// If the lengths differ.
pub fn lerp_f32(average: &mut [f32], params: &[f32], weight: f32) {
    lerp::<F32x4>(average, params, weight);
}

/// The scalar twin of [`lerp_f32`].
pub fn lerp_scalar(average: &mut [f32], params: &[f32], weight: f32) {
    lerp::<f32>(average, params, weight);
}

#[inline(always)]
fn lerp<L: Lane>(average: &mut [f32], params: &[f32], weight: f32) {
    assert_lengths!(params: average.len());
    over_units!(L, lerp_units, average.len(), (average, params, weight));
}

#[inline(always)]
fn lerp_units<L: Lane>(average: &mut [f32], params: &[f32], weight: f32, from: usize, to: usize) {
    let weight = L::splat(weight);
    for at in (from..to).step_by(L::WIDTH) {
        // SAFETY: at + WIDTH <= to <= the length of both slices.
        unsafe {
            let old = L::load(average, at);
            let way = L::load(params, at) - old;
            weight.mul_add(way, old).store(average, at);
        }
    }
}

/// As [`lerp_f32`], in `f64`.
pub fn lerp_naive(average: &mut [f64], params: &[f64], weight: f64) {
    for (a, p) in average.iter_mut().zip(params) {
        *a = (1.0 - weight) * *a + weight * p;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::widen;
    use mynah_testing::{assert_close, assert_same_bits, noise};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn sum_of_squares_is_exact_enough_for_clipping() {
        for len in [0, 1, 3, 255, 256, 257, 10_001] {
            let values = noise(len, 3);
            let exact: f64 = values.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
            assert_close(
                &[sum_of_squares_f32(&values)],
                &[exact],
                1e-6,
                "sum of squares",
            );
        }
        assert_close(
            &[sum_of_squares_f32(&[3e19; 300])],
            &[300.0 * 9e38],
            1e-6,
            "squares beyond f32",
        );
        assert!(sum_of_squares_f32(&[1.0, f32::NAN, 0.0, 0.0, 0.0]).is_nan());
        assert_eq!(sum_of_squares_f32(&[f32::INFINITY; 3]), f64::INFINITY);
    }

    /// Lengths one below, at and above a lane group, none, and several groups with a rest.
    const LENGTHS: [usize; 6] = [0, 1, 3, 4, 5, 67];

    #[test]
    fn clipping_is_the_equation_and_its_twin() {
        for len in LENGTHS {
            let values = noise(len, 4);
            let (mut fast, mut twin, mut exact) = (values.clone(), values.clone(), widen(&values));
            clip_elements_f32(&mut fast, 0.25);
            clip_elements_scalar(&mut twin, 0.25);
            clip_elements_naive(&mut exact, 0.25);
            assert_same_bits(&fast, &twin);
            assert_close(&fast, &exact, 0.0, "clipped");
        }
    }

    #[test]
    fn clipping_keeps_nan_and_limits_infinity() {
        let special = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.5, f32::NAN];
        for clip in [clip_elements_f32, clip_elements_scalar] {
            let mut values = special;
            clip(&mut values, 2.0);
            assert!(values[0].is_nan() && values[4].is_nan(), "{values:?}");
            assert_eq!(values[1..4], [2.0, -2.0, -0.5]);
        }
        let mut values = [f64::NAN, 3.0];
        clip_elements_naive(&mut values, 2.0);
        assert!(values[0].is_nan() && values[1] == 2.0, "{values:?}");
    }

    #[test]
    fn averages_are_the_equation_and_their_twin() {
        for len in LENGTHS {
            let (average, params) = (noise(len, 5), noise(len, 6));
            for weight in [0.0, 0.01, 1.0] {
                let (mut fast, mut twin) = (average.clone(), average.clone());
                let mut exact = widen(&average);
                lerp_f32(&mut fast, &params, weight);
                lerp_scalar(&mut twin, &params, weight);
                lerp_naive(&mut exact, &widen(&params), weight.into());
                assert_same_bits(&fast, &twin);
                // Two roundings of values below 2.
                assert_close(&fast, &exact, 1e-6, "average");
            }
        }
        let mut arrived = [0.1, 1e-30, -3e7];
        lerp_f32(&mut arrived, &[0.1, 1e-30, -3e7], 0.3);
        assert_eq!(
            arrived,
            [0.1, 1e-30, -3e7],
            "an average that has arrived stays"
        );
    }
}
