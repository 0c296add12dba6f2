//! Minimal LSTM (Feng et al. 2024, arXiv 2410.01201, appendix B, without the logarithms): its gates see the
//! input alone, so that there is no recurrent matrix, and are scaled to a sum of 1, so that h needs no
//! further bound. docs/maths.md (12).
//!
//! Gate order f, i, h. The candidate's g is minGRU's.

use super::{assert_lengths, over_units, positive_lane, positive_slope_lane, state_and_gate_len};
use crate::activation::exp_lane;
use crate::simd::{F32x4, Lane};

/// Gates per hidden unit.
pub const GATES: usize = 3;
/// Position of the forget gate in a row of gates, in units of `hidden`.
pub const FORGET: usize = 0;
/// Position of the input gate.
pub const INPUT: usize = 1;
/// Position of the candidate.
pub const CANDIDATE: usize = 2;

/// One minLSTM step for a whole batch.
///
/// f, i = sigmoid; h' = f / (f + i) h + i / (f + i) g(v); g(v) = v + 0.5 where v >= 0, else sigmoid(v)
///
/// - `gates`: [batch, 3 hidden], in: preactivations of f, i and the candidate; out: the first two unchanged,
///   then g(v). No single number per gate has both the share f / (f + i) and the slope of f where f and i
///   underflow, so the backward step computes them again.
/// - `h_prev`, `h_next`: [batch, hidden]
///
/// Error: equal to [`min_lstm_step_forward_scalar`] bit for bit; <= 1e-6 against the equations (tests below).
///
/// # Panics
/// If a slice has another length.
pub fn min_lstm_step_forward_f32(
    gates: &mut [f32],
    h_prev: &[f32],
    h_next: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    min_lstm_step_forward::<F32x4>(gates, h_prev, h_next, batch, hidden);
}

/// The scalar twin of [`min_lstm_step_forward_f32`].
pub fn min_lstm_step_forward_scalar(
    gates: &mut [f32],
    h_prev: &[f32],
    h_next: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    min_lstm_step_forward::<f32>(gates, h_prev, h_next, batch, hidden);
}

#[inline(always)]
fn min_lstm_step_forward<L: Lane>(
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

/// What both steps need of the forget and the input gate, from their preactivations.
struct Shares<L> {
    /// f / (f + i)
    forget: L,
    /// i / (f + i)
    input: L,
    /// The slope of `forget` towards the forget gate's preactivation: forget input (1 - f).
    forget_slope: L,
    /// Minus the slope of `forget` towards the input gate's preactivation: forget input (1 - i).
    input_slope: L,
}

/// With 1/f = 1 + e^-a and 1/i = 1 + e^-b the share f / (f + i) is (1/i) / (1/f + 1/i). As in a softmax, all
/// terms are scaled by the largest: none overflows and the sum is at least 1, whereas f / (f + i) itself is
/// 0/0 once both gates underflow (a, b < -88).
#[inline(always)]
fn shares<L: Lane>(a: L, b: L) -> Shares<L> {
    let zero = L::splat(0.0);
    let (minus_a, minus_b) = (zero - a, zero - b);
    let max = minus_a.at_least(minus_b).at_least(zero);
    let unit = exp_lane(zero - max);
    let (exp_a, exp_b) = (exp_lane(minus_a - max), exp_lane(minus_b - max));
    let (over_f, over_i) = (unit + exp_a, unit + exp_b);
    let scale = L::splat(1.0) / (over_f + over_i);
    let (forget, input) = (over_i * scale, over_f * scale);
    // 1 - f = e^-a / (1 + e^-a), and the denominator is the numerator of `input`.
    Shares {
        forget,
        input,
        forget_slope: forget * (exp_a * scale),
        input_slope: input * (exp_b * scale),
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
            let share = shares(L::load(gates, at(FORGET)), L::load(gates, at(INPUT)));
            let candidate = positive_lane(L::load(gates, at(CANDIDATE)));
            let h = share
                .forget
                .mul_add(L::load(h_prev, unit), share.input * candidate);
            candidate.store(gates, at(CANDIDATE));
            h.store(h_next, unit);
        }
    }
}

/// The gradient of one minLSTM step.
///
/// With F = f / (f + i), I = i / (f + i): d_F = d_h' (h - h~), d_f = d_F F I (1 - f), d_i = -d_F F I (1 - i)
/// (of the preactivations), d_v = d_h' I g'(v), d_h = d_h' F.
///
/// - `gates`: [batch, 3 hidden], in: as the forward step left them; out: gradients of the preactivations
/// - `h_prev`: [batch, hidden], as in the forward step
/// - `d_h`: [batch, hidden], in: the gradient of h'; out: of h
///
/// # Panics
/// If a slice has another length.
pub fn min_lstm_step_backward_f32(
    gates: &mut [f32],
    h_prev: &[f32],
    d_h: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    min_lstm_step_backward::<F32x4>(gates, h_prev, d_h, batch, hidden);
}

/// The scalar twin of [`min_lstm_step_backward_f32`].
pub fn min_lstm_step_backward_scalar(
    gates: &mut [f32],
    h_prev: &[f32],
    d_h: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    min_lstm_step_backward::<f32>(gates, h_prev, d_h, batch, hidden);
}

#[inline(always)]
fn min_lstm_step_backward<L: Lane>(
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
            let share = shares(L::load(gates, at(FORGET)), L::load(gates, at(INPUT)));
            let candidate = L::load(gates, at(CANDIDATE));
            let (h, d) = (L::load(h_prev, unit), L::load(d_h, unit));
            (d * (h - candidate) * share.forget_slope).store(gates, at(FORGET));
            (d * (candidate - h) * share.input_slope).store(gates, at(INPUT));
            (d * share.input * positive_slope_lane(candidate)).store(gates, at(CANDIDATE));
            (d * share.forget).store(d_h, unit);
        }
    }
}

/// The equations as written, in `f64`, unit by unit.
pub mod naive {
    use super::{CANDIDATE, FORGET, GATES, INPUT};
    use crate::cell::naive::{positive, positive_slope};
    use crate::real::sigmoid_f64;

    /// As [`min_lstm_step_forward_f32`](super::min_lstm_step_forward_f32).
    pub fn min_lstm_step_forward(
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
                let (f, i) = (
                    sigmoid_f64(gates[at(FORGET)]),
                    sigmoid_f64(gates[at(INPUT)]),
                );
                gates[at(CANDIDATE)] = positive(gates[at(CANDIDATE)]);
                h_next[unit] = f / (f + i) * h_prev[unit] + i / (f + i) * gates[at(CANDIDATE)];
            }
        }
    }

    /// As [`min_lstm_step_backward_f32`](super::min_lstm_step_backward_f32).
    pub fn min_lstm_step_backward(
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
                let (f, i) = (
                    sigmoid_f64(gates[at(FORGET)]),
                    sigmoid_f64(gates[at(INPUT)]),
                );
                let candidate = gates[at(CANDIDATE)];
                let (forget, input) = (f / (f + i), i / (f + i));
                let d_forget = d_h[unit] * (h_prev[unit] - candidate);
                gates[at(FORGET)] = d_forget * forget * input * (1.0 - f);
                gates[at(INPUT)] = -d_forget * forget * input * (1.0 - i);
                gates[at(CANDIDATE)] = d_h[unit] * input * positive_slope(candidate);
                d_h[unit] *= forget;
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

    type Step = fn(&mut [f32], &[f32], &mut [f32], usize, usize);

    /// Kernel, twin and equations on the same `gates`, `h_prev` and third argument, which becomes the second result.
    fn check(
        (fast, twin): (Step, Step),
        exact: fn(&mut [f64], &[f64], &mut [f64], usize, usize),
        (gates, h_prev, last): (&[f32], &[f32], &[f32]),
        hidden: usize,
        what: &str,
    ) {
        let batch = h_prev.len() / hidden;
        let run = |step: Step| {
            let (mut gates, mut last) = (gates.to_vec(), last.to_vec());
            step(&mut gates, h_prev, &mut last, batch, hidden);
            [gates, last]
        };
        let (fast, twin) = (run(fast), run(twin));
        let (mut gates, mut last) = (widen(gates), widen(last));
        exact(&mut gates, &widen(h_prev), &mut last, batch, hidden);
        for (k, exact) in [gates, last].iter().enumerate() {
            assert_same_bits(&fast[k], &twin[k]);
            let what = format!("{what}: output {k}, hidden {hidden}");
            assert_close(&fast[k], exact, TOLERANCE, &what);
        }
    }

    const FORWARD: (Step, Step) = (min_lstm_step_forward_f32, min_lstm_step_forward_scalar);
    const BACKWARD: (Step, Step) = (min_lstm_step_backward_f32, min_lstm_step_backward_scalar);

    #[test]
    fn steps_are_the_equations_and_their_twins() {
        for hidden in HIDDEN_SIZES {
            let state = BATCH * hidden;
            let preact: Vec<f32> = noise(GATES * state, 1).iter().map(|v| v * 6.0).collect();
            let (h_prev, d_h) = (noise(state, 2), noise(state, 3));
            let forward = naive::min_lstm_step_forward;
            let inputs = (&preact[..], &h_prev[..], &vec![0.0; state][..]);
            check(FORWARD, forward, inputs, hidden, "forward");

            let mut gates = preact.clone();
            min_lstm_step_forward_f32(&mut gates, &h_prev, &mut vec![0.0; state], BATCH, hidden);
            let inputs = (&gates[..], &h_prev[..], &d_h[..]);
            let backward = naive::min_lstm_step_backward;
            check(BACKWARD, backward, inputs, hidden, "backward");
        }
    }

    #[test]
    fn gates_that_underflow_keep_their_ratio_and_slopes() {
        // f and i of these are 0 in f32 (but not in f64), or one of them is, or both are 1.
        let pairs = [(-200.0, -201.0), (-200.0, -200.0), (-201.5, -200.0)]
            .into_iter()
            .chain([(-150.0, 150.0), (150.0, -150.0), (150.0, 149.0)]);
        for (f, i) in pairs {
            // The second unit is an ordinary one: next to it 1e-65 may be 1e-38.
            let gates = [f, 0.1, i, 0.2, 0.8, 0.7];
            let forward = naive::min_lstm_step_forward;
            let what = format!("forward at {f}, {i}");
            check(FORWARD, forward, (&gates, &[2.0, 1.0], &[0.0; 2]), 2, &what);
            let backward = naive::min_lstm_step_backward;
            let what = format!("backward at {f}, {i}");
            check(
                BACKWARD,
                backward,
                (&gates, &[2.0, 1.0], &[1.0; 2]),
                2,
                &what,
            );
        }
    }

    #[test]
    fn nan_is_seen() {
        for bad in 0..GATES {
            let (mut gates, mut h) = ([0.5; GATES], [0.0]);
            gates[bad] = f32::NAN;
            min_lstm_step_forward_f32(&mut gates, &[1.0], &mut h, 1, 1);
            assert!(h[0].is_nan(), "gate {bad}: {h:?}");
        }
    }

    #[test]
    fn backward_is_the_gradient_of_forward() {
        let (batch, hidden) = (BATCH, 5);
        let (preact, h_prev) = (noise_f64(30, 6), noise_f64(10, 7));
        let d_next = noise_f64(10, 8);
        let loss = |preact: &[f64], h_prev: &[f64]| {
            let mut h = vec![0.0; 10];
            naive::min_lstm_step_forward(&mut preact.to_vec(), h_prev, &mut h, batch, hidden);
            dot(&h, &d_next)
        };
        let (mut gates, mut d_h) = (preact.clone(), d_next.clone());
        naive::min_lstm_step_forward(&mut gates, &h_prev, &mut [0.0; 10], batch, hidden);
        naive::min_lstm_step_backward(&mut gates, &h_prev, &mut d_h, batch, hidden);
        assert_gradient(&gates, &preact, "preactivations", |x| loss(x, &h_prev));
        assert_gradient(&d_h, &h_prev, "h", |x| loss(&preact, x));
    }
}
