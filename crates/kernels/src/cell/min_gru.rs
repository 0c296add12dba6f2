//! Minimal GRU (Feng et al. 2024, arXiv 2410.01201, appendix B, without the logarithms): its gates see the
//! input alone, so that there is no recurrent matrix. docs/maths.md (11).
//!
//! Gate order z, h. The candidate's g keeps it positive without bounding it.

use super::{assert_lengths, over_units, positive_lane, positive_slope_lane, state_and_gate_len};
use crate::activation::sigmoid_lane;
use crate::simd::{F32x4, Lane};

/// Gates per hidden unit.
pub const GATES: usize = 2;
/// Position of the update gate, z, in a row of gates, in units of `hidden`.
pub const UPDATE: usize = 0;
/// Position of the candidate.
pub const CANDIDATE: usize = 1;

/// One minGRU step for a whole batch.
///
/// z = sigmoid(k); h~ = g(v); h' = (1 - z) h + z h~; g(v) = v + 0.5 where v >= 0, else sigmoid(v)
///
/// - `gates`: [batch, 2 hidden], in: preactivations k, v; out: z and h~
/// - `h_prev`, `h_next`: [batch, hidden]
///
/// Error: equal to [`min_gru_step_forward_scalar`] bit for bit; <= 1e-6 against the equations (tests below).
///
/// # Panics
/// If a slice has another length.
pub fn min_gru_step_forward_f32(
    gates: &mut [f32],
    h_prev: &[f32],
    h_next: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    min_gru_step_forward::<F32x4>(gates, h_prev, h_next, batch, hidden);
}

/// The scalar twin of [`min_gru_step_forward_f32`].
pub fn min_gru_step_forward_scalar(
    gates: &mut [f32],
    h_prev: &[f32],
    h_next: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    min_gru_step_forward::<f32>(gates, h_prev, h_next, batch, hidden);
}

#[inline(always)]
fn min_gru_step_forward<L: Lane>(
    gates: &mut [f32],
    h_prev: &[f32],
    h_next: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    let (state, gate_len) = state_and_gate_len(batch, hidden, GATES);
    assert_lengths!(gates: gate_len, h_prev: state, h_next: state);
    for b in 0..batch {
        over_units!(L, forward_units, hidden, (gates, h_prev, h_next, b, hidden));
    }
}

/// Units `from..to` of row `b`.
#[inline(always)]
fn forward_units<L: Lane>(
    gates: &mut [f32],
    h_prev: &[f32],
    h_next: &mut [f32],
    b: usize,
    hidden: usize,
    from: usize,
    to: usize,
) {
    let gate_row = b * GATES * hidden;
    for j in (from..to).step_by(L::WIDTH) {
        let at = |gate: usize| gate_row + gate * hidden + j;
        let unit = b * hidden + j;
        // SAFETY: j + WIDTH <= to <= hidden and the slices hold `batch` whole rows, which the entry point checked.
        unsafe {
            let z = sigmoid_lane(L::load(gates, at(UPDATE)));
            let candidate = positive_lane(L::load(gates, at(CANDIDATE)));
            let h = (L::splat(1.0) - z).mul_add(L::load(h_prev, unit), z * candidate);
            z.store(gates, at(UPDATE));
            candidate.store(gates, at(CANDIDATE));
            h.store(h_next, unit);
        }
    }
}

/// The gradient of one minGRU step.
///
/// d_k = d_h' (h~ - h) z (1 - z), d_v = d_h' z g'(v), d_h = d_h' (1 - z)
///
/// - `gates`: [batch, 2 hidden], in: the gates of the forward step; out: gradients of the preactivations
/// - `h_prev`: [batch, hidden], as in the forward step
/// - `d_h`: [batch, hidden], in: the gradient of h'; out: of h
///
/// # Panics
/// If a slice has another length.
pub fn min_gru_step_backward_f32(
    gates: &mut [f32],
    h_prev: &[f32],
    d_h: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    min_gru_step_backward::<F32x4>(gates, h_prev, d_h, batch, hidden);
}

/// The scalar twin of [`min_gru_step_backward_f32`].
pub fn min_gru_step_backward_scalar(
    gates: &mut [f32],
    h_prev: &[f32],
    d_h: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    min_gru_step_backward::<f32>(gates, h_prev, d_h, batch, hidden);
}

#[inline(always)]
fn min_gru_step_backward<L: Lane>(
    gates: &mut [f32],
    h_prev: &[f32],
    d_h: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    let (state, gate_len) = state_and_gate_len(batch, hidden, GATES);
    assert_lengths!(gates: gate_len, h_prev: state, d_h: state);
    for b in 0..batch {
        over_units!(L, backward_units, hidden, (gates, h_prev, d_h, b, hidden));
    }
}

#[inline(always)]
fn backward_units<L: Lane>(
    gates: &mut [f32],
    h_prev: &[f32],
    d_h: &mut [f32],
    b: usize,
    hidden: usize,
    from: usize,
    to: usize,
) {
    let gate_row = b * GATES * hidden;
    for j in (from..to).step_by(L::WIDTH) {
        let at = |gate: usize| gate_row + gate * hidden + j;
        let unit = b * hidden + j;
        // SAFETY: as in `forward_units`.
        unsafe {
            let z = L::load(gates, at(UPDATE));
            let candidate = L::load(gates, at(CANDIDATE));
            let (keep, d) = (L::splat(1.0) - z, L::load(d_h, unit));
            (d * (candidate - L::load(h_prev, unit)) * z * keep).store(gates, at(UPDATE));
            (d * z * positive_slope_lane(candidate)).store(gates, at(CANDIDATE));
            (d * keep).store(d_h, unit);
        }
    }
}

/// The equations as written, in `f64`, unit by unit.
pub mod naive {
    use super::{CANDIDATE, GATES, UPDATE};
    use crate::cell::naive::{positive, positive_slope};
    use crate::real::sigmoid_f64;

    /// As [`min_gru_step_forward_f32`](super::min_gru_step_forward_f32).
    pub fn min_gru_step_forward(
        gates: &mut [f64],
        h_prev: &[f64],
        h_next: &mut [f64],
        batch: usize,
        hidden: usize,
    ) {
        for b in 0..batch {
            for j in 0..hidden {
                let at = |gate: usize| (b * GATES + gate) * hidden + j;
                let unit = b * hidden + j;
                let z = sigmoid_f64(gates[at(UPDATE)]);
                let candidate = positive(gates[at(CANDIDATE)]);
                h_next[unit] = (1.0 - z) * h_prev[unit] + z * candidate;
                (gates[at(UPDATE)], gates[at(CANDIDATE)]) = (z, candidate);
            }
        }
    }

    /// As [`min_gru_step_backward_f32`](super::min_gru_step_backward_f32).
    pub fn min_gru_step_backward(
        gates: &mut [f64],
        h_prev: &[f64],
        d_h: &mut [f64],
        batch: usize,
        hidden: usize,
    ) {
        for b in 0..batch {
            for j in 0..hidden {
                let at = |gate: usize| (b * GATES + gate) * hidden + j;
                let unit = b * hidden + j;
                let (z, candidate) = (gates[at(UPDATE)], gates[at(CANDIDATE)]);
                let d_z = d_h[unit] * (candidate - h_prev[unit]);
                let d_candidate = d_h[unit] * z;
                gates[at(UPDATE)] = d_z * (z * (1.0 - z));
                gates[at(CANDIDATE)] = d_candidate * positive_slope(candidate);
                d_h[unit] *= 1.0 - z;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{HIDDEN_SIZES, TOLERANCE, widen};
    use super::*;
    use crate::checks::{assert_gradient, dot};
    use mynah_testing::{assert_close, assert_same_bits, noise, noise_f64};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const BATCH: usize = 2;

    #[test]
    fn forward_is_the_equations_and_its_twin() {
        for hidden in HIDDEN_SIZES {
            let state = BATCH * hidden;
            let preact: Vec<f32> = noise(GATES * state, 1).iter().map(|v| v * 6.0).collect();
            let h_prev = noise(state, 2);
            let run = |step: fn(&mut [f32], &[f32], &mut [f32], usize, usize)| {
                let (mut gates, mut h) = (preact.clone(), vec![0.0; state]);
                step(&mut gates, &h_prev, &mut h, BATCH, hidden);
                [gates, h]
            };
            let fast = run(min_gru_step_forward_f32);
            let twin = run(min_gru_step_forward_scalar);
            let (mut gates, mut h) = (widen(&preact), vec![0.0; state]);
            naive::min_gru_step_forward(&mut gates, &widen(&h_prev), &mut h, BATCH, hidden);
            for (k, exact) in [gates, h].iter().enumerate() {
                assert_same_bits(&fast[k], &twin[k]);
                let what = format!("output {k}, hidden {hidden}");
                assert_close(&fast[k], exact, TOLERANCE, &what);
            }
        }
    }

    #[test]
    fn backward_is_the_equations_and_its_twin() {
        for hidden in HIDDEN_SIZES {
            let state = BATCH * hidden;
            // In 0.1..0.9, so that candidates lie on both sides of the kink of g at 0.5.
            let gates: Vec<f32> = noise(GATES * state, 3)
                .iter()
                .map(|v| 0.5 + 0.4 * v)
                .collect();
            let (h_prev, d_h) = (noise(state, 4), noise(state, 5));
            let run = |step: fn(&mut [f32], &[f32], &mut [f32], usize, usize)| {
                let (mut gates, mut d_h) = (gates.clone(), d_h.clone());
                step(&mut gates, &h_prev, &mut d_h, BATCH, hidden);
                [gates, d_h]
            };
            let fast = run(min_gru_step_backward_f32);
            let twin = run(min_gru_step_backward_scalar);
            let (mut exact, mut d) = (widen(&gates), widen(&d_h));
            naive::min_gru_step_backward(&mut exact, &widen(&h_prev), &mut d, BATCH, hidden);
            for (k, exact) in [exact, d].iter().enumerate() {
                assert_same_bits(&fast[k], &twin[k]);
                let what = format!("output {k}, hidden {hidden}");
                assert_close(&fast[k], exact, TOLERANCE, &what);
            }
        }
    }

    #[test]
    fn backward_is_the_gradient_of_forward() {
        let (batch, hidden) = (BATCH, 5);
        let (preact, h_prev) = (noise_f64(20, 6), noise_f64(10, 7));
        let d_next = noise_f64(10, 8);
        let loss = |preact: &[f64], h_prev: &[f64]| {
            let mut h = vec![0.0; 10];
            naive::min_gru_step_forward(&mut preact.to_vec(), h_prev, &mut h, batch, hidden);
            dot(&h, &d_next)
        };
        let (mut gates, mut d_h) = (preact.clone(), d_next.clone());
        naive::min_gru_step_forward(&mut gates, &h_prev, &mut [0.0; 10], batch, hidden);
        naive::min_gru_step_backward(&mut gates, &h_prev, &mut d_h, batch, hidden);
        assert_gradient(&gates, &preact, "preactivations", |x| loss(x, &h_prev));
        assert_gradient(&d_h, &h_prev, "h", |x| loss(&preact, x));
    }
}
