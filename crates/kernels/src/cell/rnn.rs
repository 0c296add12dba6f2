//! The vanilla recurrent cell (Elman 1990): h' = f(preactivation), f = tanh or relu. docs/maths.md (3).

use super::{assert_lengths, over_units};
use crate::activation::tanh_lane;
use crate::simd::{F32x4, Lane};

/// Gates per hidden unit.
pub const GATES: usize = 1;

/// The cell's nonlinearity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nonlinearity {
    /// f(x) = tanh x
    Tanh,
    /// f(x) = max(x, 0)
    Relu,
}

/// One step for a whole batch: h' = f(preact).
///
/// - `preact`, `h_next`: [batch, hidden]
///
/// # Panics
/// If the lengths differ.
pub fn rnn_step_forward_f32(preact: &[f32], h_next: &mut [f32], nonlinearity: Nonlinearity) {
    rnn_step_forward::<F32x4>(preact, h_next, nonlinearity);
}

/// The scalar twin of [`rnn_step_forward_f32`].
pub fn rnn_step_forward_scalar(preact: &[f32], h_next: &mut [f32], nonlinearity: Nonlinearity) {
    rnn_step_forward::<f32>(preact, h_next, nonlinearity);
}

#[inline(always)]
fn rnn_step_forward<L: Lane>(preact: &[f32], h_next: &mut [f32], nonlinearity: Nonlinearity) {
    assert_lengths!(h_next: preact.len());
    match nonlinearity {
        Nonlinearity::Tanh => over_units!(L, tanh_units, preact.len(), (preact, h_next)),
        Nonlinearity::Relu => over_units!(L, relu_units, preact.len(), (preact, h_next)),
    }
}

#[inline(always)]
fn tanh_units<L: Lane>(preact: &[f32], h_next: &mut [f32], from: usize, to: usize) {
    for j in (from..to).step_by(L::WIDTH) {
        // SAFETY: j + WIDTH <= to <= the length of both slices.
        unsafe { tanh_lane(L::load(preact, j)).store(h_next, j) }
    }
}

#[inline(always)]
fn relu_units<L: Lane>(preact: &[f32], h_next: &mut [f32], from: usize, to: usize) {
    for j in (from..to).step_by(L::WIDTH) {
        // SAFETY: j + WIDTH <= to <= the length of both slices. `at_least` keeps NaN, so that it is seen in the loss.
        unsafe { L::load(preact, j).at_least(L::splat(0.0)).store(h_next, j) }
    }
}

/// The gradient of one step: d_preact = d_h f'(preact), written with h' = f(preact).
///
/// - `d_preact`: [batch, hidden], out
/// - `h_next`: [batch, hidden], the forward step's output
/// - `d_h`: [batch, hidden], the gradient of h'
///
/// # Panics
/// If the lengths differ.
pub fn rnn_step_backward_f32(
    d_preact: &mut [f32],
    h_next: &[f32],
    d_h: &[f32],
    nonlinearity: Nonlinearity,
) {
    rnn_step_backward::<F32x4>(d_preact, h_next, d_h, nonlinearity);
}

/// The scalar twin of [`rnn_step_backward_f32`].
pub fn rnn_step_backward_scalar(
    d_preact: &mut [f32],
    h_next: &[f32],
    d_h: &[f32],
    nonlinearity: Nonlinearity,
) {
    rnn_step_backward::<f32>(d_preact, h_next, d_h, nonlinearity);
}

#[inline(always)]
fn rnn_step_backward<L: Lane>(
    d_preact: &mut [f32],
    h_next: &[f32],
    d_h: &[f32],
    nonlinearity: Nonlinearity,
) {
    let size = d_preact.len();
    assert_lengths!(h_next: size, d_h: size);
    match nonlinearity {
        Nonlinearity::Tanh => over_units!(L, tanh_slope_units, size, (d_preact, h_next, d_h)),
        Nonlinearity::Relu => over_units!(L, relu_slope_units, size, (d_preact, h_next, d_h)),
    }
}

#[inline(always)]
fn tanh_slope_units<L: Lane>(
    d_preact: &mut [f32],
    h_next: &[f32],
    d_h: &[f32],
    from: usize,
    to: usize,
) {
    for j in (from..to).step_by(L::WIDTH) {
        // SAFETY: j + WIDTH <= to <= the length of the slices.
        unsafe {
            let h = L::load(h_next, j);
            (L::load(d_h, j) * (L::splat(1.0) - h * h)).store(d_preact, j);
        }
    }
}

#[inline(always)]
fn relu_slope_units<L: Lane>(
    d_preact: &mut [f32],
    h_next: &[f32],
    d_h: &[f32],
    from: usize,
    to: usize,
) {
    for j in (from..to).step_by(L::WIDTH) {
        // SAFETY: j + WIDTH <= to <= the length of the slices.
        unsafe {
            L::load(d_h, j)
                .where_positive(L::load(h_next, j))
                .store(d_preact, j)
        }
    }
}

/// The equations as written, in `f64`.
pub mod naive {
    use super::Nonlinearity;

    /// As [`rnn_step_forward_f32`](super::rnn_step_forward_f32).
    pub fn rnn_step_forward(preact: &[f64], h_next: &mut [f64], nonlinearity: Nonlinearity) {
        for (h, &x) in h_next.iter_mut().zip(preact) {
            *h = match nonlinearity {
                Nonlinearity::Tanh => x.tanh(),
                Nonlinearity::Relu => x.max(0.0),
            };
        }
    }

    /// As [`rnn_step_backward_f32`](super::rnn_step_backward_f32).
    pub fn rnn_step_backward(
        d_preact: &mut [f64],
        h_next: &[f64],
        d_h: &[f64],
        nonlinearity: Nonlinearity,
    ) {
        for ((d, &h), &d_h) in d_preact.iter_mut().zip(h_next).zip(d_h) {
            *d = match nonlinearity {
                Nonlinearity::Tanh => d_h * (1.0 - h * h),
                Nonlinearity::Relu => d_h * f64::from(h > 0.0),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{HIDDEN_SIZES, TOLERANCE, widen};
    use super::*;
    use mynah_testing::{assert_close, assert_same_bits, noise};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn steps_are_the_equations_and_their_twins() {
        for hidden in HIDDEN_SIZES {
            for nonlinearity in [Nonlinearity::Tanh, Nonlinearity::Relu] {
                let (preact, d_h) = (noise(hidden, 1), noise(hidden, 2));
                let what = format!("{nonlinearity:?}, hidden {hidden}");
                let (mut fast, mut twin, mut exact) =
                    (vec![0.0; hidden], vec![0.0; hidden], vec![0.0; hidden]);
                rnn_step_forward_f32(&preact, &mut fast, nonlinearity);
                rnn_step_forward_scalar(&preact, &mut twin, nonlinearity);
                naive::rnn_step_forward(&widen(&preact), &mut exact, nonlinearity);
                assert_same_bits(&fast, &twin);
                assert_close(&fast, &exact, TOLERANCE, &what);

                let h = fast.clone();
                rnn_step_backward_f32(&mut fast, &h, &d_h, nonlinearity);
                rnn_step_backward_scalar(&mut twin, &h, &d_h, nonlinearity);
                naive::rnn_step_backward(&mut exact, &widen(&h), &widen(&d_h), nonlinearity);
                assert_same_bits(&fast, &twin);
                assert_close(&fast, &exact, TOLERANCE, &what);
            }
        }
    }

    #[test]
    fn relu_keeps_nan() {
        let mut h = [0.0; 5];
        rnn_step_forward_f32(
            &[f32::NAN, -1.0, 2.0, 0.0, f32::NAN],
            &mut h,
            Nonlinearity::Relu,
        );
        assert!(
            h[0].is_nan() && h[4].is_nan(),
            "a NaN must reach the loss: {h:?}"
        );
        assert_eq!(h[1..4], [0.0, 2.0, 0.0]);
    }
}
