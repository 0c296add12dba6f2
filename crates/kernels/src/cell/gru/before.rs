//! The reset gate before the matrix product: Cho et al. 2014, arXiv 1406.1078. docs/maths.md (4a).
//!
//! The candidate's product needs r h, so a step comes in two halves with that product between them.

use super::{CANDIDATE, GATES, RESET, UPDATE};
use crate::activation::{sigmoid_lane, tanh_lane};
use crate::cell::{assert_lengths, over_units, state_and_gate_len};
use crate::simd::{F32x4, Lane};

/// First half of a step of the reset-before form: r, z = sigmoid, and r h for the candidate's product.
///
/// - `gates`: [batch, 3 hidden], in: preactivations of r and z; out: r and z; n is left alone
/// - `h_prev`: [batch, hidden]
/// - `reset_h`: [batch, hidden], out: r h
///
/// # Panics
/// If a slice has another length.
pub fn gru_before_gates_forward_f32(
    gates: &mut [f32],
    h_prev: &[f32],
    reset_h: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    gru_before_gates_forward::<F32x4>(gates, h_prev, reset_h, batch, hidden);
}

/// The scalar twin of [`gru_before_gates_forward_f32`].
pub fn gru_before_gates_forward_scalar(
    gates: &mut [f32],
    h_prev: &[f32],
    reset_h: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    gru_before_gates_forward::<f32>(gates, h_prev, reset_h, batch, hidden);
}

#[inline(always)]
fn gru_before_gates_forward<L: Lane>(
    gates: &mut [f32],
    h_prev: &[f32],
    reset_h: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    let (state, gate_len) = state_and_gate_len(batch, hidden, GATES);
    assert_lengths!(gates: gate_len, h_prev: state, reset_h: state);
    for b in 0..batch {
        over_units!(
            L,
            before_gates_forward_units,
            hidden,
            (gates, h_prev, reset_h, b, hidden)
        );
    }
}

#[inline(always)]
fn before_gates_forward_units<L: Lane>(
    gates: &mut [f32],
    h_prev: &[f32],
    reset_h: &mut [f32],
    b: usize,
    hidden: usize,
    from: usize,
    to: usize,
) {
    let gate_row = b * GATES * hidden;
    for j in (from..to).step_by(L::WIDTH) {
        let at = |gate: usize| gate_row + gate * hidden + j;
        let unit = b * hidden + j;
        // SAFETY: as in `after_forward_units`.
        unsafe {
            let r = sigmoid_lane(L::load(gates, at(RESET)));
            r.store(gates, at(RESET));
            sigmoid_lane(L::load(gates, at(UPDATE))).store(gates, at(UPDATE));
            (r * L::load(h_prev, unit)).store(reset_h, unit);
        }
    }
}

/// Second half of a step of the reset-before form: n = tanh, h' = (1 - z) h + z n.
///
/// - `gates`: [batch, 3 hidden], in: r, z, and the preactivation of n with both its parts; out: n activated
/// - `h_prev`, `h_next`: [batch, hidden]
///
/// # Panics
/// If a slice has another length.
pub fn gru_before_state_forward_f32(
    gates: &mut [f32],
    h_prev: &[f32],
    h_next: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    gru_before_state_forward::<F32x4>(gates, h_prev, h_next, batch, hidden);
}

/// The scalar twin of [`gru_before_state_forward_f32`].
pub fn gru_before_state_forward_scalar(
    gates: &mut [f32],
    h_prev: &[f32],
    h_next: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    gru_before_state_forward::<f32>(gates, h_prev, h_next, batch, hidden);
}

#[inline(always)]
fn gru_before_state_forward<L: Lane>(
    gates: &mut [f32],
    h_prev: &[f32],
    h_next: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    let (state, gate_len) = state_and_gate_len(batch, hidden, GATES);
    assert_lengths!(gates: gate_len, h_prev: state, h_next: state);
    for b in 0..batch {
        over_units!(
            L,
            before_state_forward_units,
            hidden,
            (gates, h_prev, h_next, b, hidden)
        );
    }
}

#[inline(always)]
fn before_state_forward_units<L: Lane>(
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
        // SAFETY: as in `after_forward_units`.
        unsafe {
            let (z, n, h) = (
                L::load(gates, at(UPDATE)),
                tanh_lane(L::load(gates, at(CANDIDATE))),
                L::load(h_prev, unit),
            );
            n.store(gates, at(CANDIDATE));
            z.mul_add(n - h, h).store(h_next, unit);
        }
    }
}

/// The gradient of [`gru_before_state_forward_f32`]: d_n = d_h z (1 - n^2), d_z = d_h (n - h) z (1 - z), d_h
/// <- d_h (1 - z).
///
/// - `gates`: [batch, 3 hidden], in: the gates; out: z and n hold gradients of their preactivations, r is left alone
/// - `h_prev`: [batch, hidden]
/// - `d_h`: [batch, hidden], in: the gradient of h'; out: the direct part of the gradient of h
///
/// # Panics
/// If a slice has another length.
pub fn gru_before_state_backward_f32(
    gates: &mut [f32],
    h_prev: &[f32],
    d_h: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    gru_before_state_backward::<F32x4>(gates, h_prev, d_h, batch, hidden);
}

/// The scalar twin of [`gru_before_state_backward_f32`].
pub fn gru_before_state_backward_scalar(
    gates: &mut [f32],
    h_prev: &[f32],
    d_h: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    gru_before_state_backward::<f32>(gates, h_prev, d_h, batch, hidden);
}

#[inline(always)]
fn gru_before_state_backward<L: Lane>(
    gates: &mut [f32],
    h_prev: &[f32],
    d_h: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    let (state, gate_len) = state_and_gate_len(batch, hidden, GATES);
    assert_lengths!(gates: gate_len, h_prev: state, d_h: state);
    for b in 0..batch {
        over_units!(
            L,
            before_state_backward_units,
            hidden,
            (gates, h_prev, d_h, b, hidden)
        );
    }
}

#[inline(always)]
fn before_state_backward_units<L: Lane>(
    gates: &mut [f32],
    h_prev: &[f32],
    d_h: &mut [f32],
    b: usize,
    hidden: usize,
    from: usize,
    to: usize,
) {
    let one = L::splat(1.0);
    let gate_row = b * GATES * hidden;
    for j in (from..to).step_by(L::WIDTH) {
        let at = |gate: usize| gate_row + gate * hidden + j;
        let unit = b * hidden + j;
        // SAFETY: as in `after_forward_units`.
        unsafe {
            let (z, n, d) = (
                L::load(gates, at(UPDATE)),
                L::load(gates, at(CANDIDATE)),
                L::load(d_h, unit),
            );
            (d * (n - L::load(h_prev, unit)) * z * (one - z)).store(gates, at(UPDATE));
            (d * z * (one - n * n)).store(gates, at(CANDIDATE));
            (d * (one - z)).store(d_h, unit);
        }
    }
}

/// The gradient of [`gru_before_gates_forward_f32`] with respect to r, once that of r h is known.
///
/// - `gates`: [batch, 3 hidden], in: r; out: r holds the gradient of its preactivation, d_reset_h h r (1 - r)
/// - `h_prev`: [batch, hidden]
/// - `d_reset_h`: [batch, hidden], the gradient of r h
/// - `d_h`: [batch, hidden], added to: d_reset_h r
///
/// # Panics
/// If a slice has another length.
pub fn gru_before_gates_backward_f32(
    gates: &mut [f32],
    h_prev: &[f32],
    d_reset_h: &[f32],
    d_h: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    gru_before_gates_backward::<F32x4>(gates, h_prev, d_reset_h, d_h, batch, hidden);
}

/// The scalar twin of [`gru_before_gates_backward_f32`].
pub fn gru_before_gates_backward_scalar(
    gates: &mut [f32],
    h_prev: &[f32],
    d_reset_h: &[f32],
    d_h: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    gru_before_gates_backward::<f32>(gates, h_prev, d_reset_h, d_h, batch, hidden);
}

#[inline(always)]
fn gru_before_gates_backward<L: Lane>(
    gates: &mut [f32],
    h_prev: &[f32],
    d_reset_h: &[f32],
    d_h: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    let (state, gate_len) = state_and_gate_len(batch, hidden, GATES);
    assert_lengths!(gates: gate_len, h_prev: state, d_reset_h: state, d_h: state);
    for b in 0..batch {
        over_units!(
            L,
            before_gates_backward_units,
            hidden,
            (gates, h_prev, d_reset_h, d_h, b, hidden)
        );
    }
}

#[inline(always)]
fn before_gates_backward_units<L: Lane>(
    gates: &mut [f32],
    h_prev: &[f32],
    d_reset_h: &[f32],
    d_h: &mut [f32],
    b: usize,
    hidden: usize,
    from: usize,
    to: usize,
) {
    let gate_row = b * GATES * hidden;
    for j in (from..to).step_by(L::WIDTH) {
        let at = gate_row + RESET * hidden + j;
        let unit = b * hidden + j;
        // SAFETY: as in `after_forward_units`.
        unsafe {
            let (r, d) = (L::load(gates, at), L::load(d_reset_h, unit));
            (d * L::load(h_prev, unit) * r * (L::splat(1.0) - r)).store(gates, at);
            d.mul_add(r, L::load(d_h, unit)).store(d_h, unit);
        }
    }
}

/// The equations as written, in `f64`, unit by unit.
pub mod naive {
    use super::super::for_units;
    use crate::real::sigmoid_f64;

    /// As [`gru_before_gates_forward_f32`](super::gru_before_gates_forward_f32).
    pub fn gru_before_gates_forward(
        gates: &mut [f64],
        h_prev: &[f64],
        reset_h: &mut [f64],
        batch: usize,
        hidden: usize,
    ) {
        for_units(batch, hidden, |r, z, _, _, unit| {
            gates[r] = sigmoid_f64(gates[r]);
            gates[z] = sigmoid_f64(gates[z]);
            reset_h[unit] = gates[r] * h_prev[unit];
        });
    }

    /// As [`gru_before_state_forward_f32`](super::gru_before_state_forward_f32).
    pub fn gru_before_state_forward(
        gates: &mut [f64],
        h_prev: &[f64],
        h_next: &mut [f64],
        batch: usize,
        hidden: usize,
    ) {
        for_units(batch, hidden, |_, z, n, _, unit| {
            gates[n] = gates[n].tanh();
            h_next[unit] = (1.0 - gates[z]) * h_prev[unit] + gates[z] * gates[n];
        });
    }

    /// As [`gru_before_state_backward_f32`](super::gru_before_state_backward_f32).
    pub fn gru_before_state_backward(
        gates: &mut [f64],
        h_prev: &[f64],
        d_h: &mut [f64],
        batch: usize,
        hidden: usize,
    ) {
        for_units(batch, hidden, |_, at_z, at_n, _, unit| {
            let (z, n) = (gates[at_z], gates[at_n]);
            gates[at_z] = d_h[unit] * (n - h_prev[unit]) * (z * (1.0 - z));
            gates[at_n] = d_h[unit] * z * (1.0 - n * n);
            d_h[unit] *= 1.0 - z;
        });
    }

    /// As [`gru_before_gates_backward_f32`](super::gru_before_gates_backward_f32).
    pub fn gru_before_gates_backward(
        gates: &mut [f64],
        h_prev: &[f64],
        d_reset_h: &[f64],
        d_h: &mut [f64],
        batch: usize,
        hidden: usize,
    ) {
        for_units(batch, hidden, |at_r, _, _, _, unit| {
            let r = gates[at_r];
            gates[at_r] = d_reset_h[unit] * h_prev[unit] * (r * (1.0 - r));
            d_h[unit] += d_reset_h[unit] * r;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{BATCH, activated, check};
    use super::*;
    use crate::cell::tests::{HIDDEN_SIZES, widen};
    use mynah_testing::noise;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn reset_before_forward_is_the_equations_and_its_twin() {
        for hidden in HIDDEN_SIZES {
            let state = BATCH * hidden;
            let (preact, h_prev) = (noise(GATES * state, 9), noise(state, 10));
            let run =
                |first: fn(&mut [f32], &[f32], &mut [f32], usize, usize),
                 second: fn(&mut [f32], &[f32], &mut [f32], usize, usize)| {
                    let (mut gates, mut reset_h, mut h) =
                        (preact.clone(), vec![0.0; state], vec![0.0; state]);
                    first(&mut gates, &h_prev, &mut reset_h, BATCH, hidden);
                    second(&mut gates, &h_prev, &mut h, BATCH, hidden);
                    [gates, reset_h, h]
                };
            let (mut gates, mut reset_h, mut h) =
                (widen(&preact), vec![0.0; state], vec![0.0; state]);
            naive::gru_before_gates_forward(
                &mut gates,
                &widen(&h_prev),
                &mut reset_h,
                BATCH,
                hidden,
            );
            naive::gru_before_state_forward(&mut gates, &widen(&h_prev), &mut h, BATCH, hidden);
            let fast = run(gru_before_gates_forward_f32, gru_before_state_forward_f32);
            let twin = run(
                gru_before_gates_forward_scalar,
                gru_before_state_forward_scalar,
            );
            check(fast, twin, [gates, reset_h, h], "reset before");
        }
    }

    #[test]
    fn reset_before_backward_is_the_equations_and_its_twin() {
        type StateBackward = fn(&mut [f32], &[f32], &mut [f32], usize, usize);
        type GatesBackward = fn(&mut [f32], &[f32], &[f32], &mut [f32], usize, usize);
        for hidden in HIDDEN_SIZES {
            let state = BATCH * hidden;
            let (h_prev, d_h, d_reset_h) = (noise(state, 11), noise(state, 12), noise(state, 13));
            let run = |first: StateBackward, second: GatesBackward| {
                let (mut gates, mut d_h) = (activated(hidden), d_h.clone());
                first(&mut gates, &h_prev, &mut d_h, BATCH, hidden);
                second(&mut gates, &h_prev, &d_reset_h, &mut d_h, BATCH, hidden);
                [gates, d_h]
            };
            let (mut gates, mut d) = (widen(&activated(hidden)), widen(&d_h));
            naive::gru_before_state_backward(&mut gates, &widen(&h_prev), &mut d, BATCH, hidden);
            naive::gru_before_gates_backward(
                &mut gates,
                &widen(&h_prev),
                &widen(&d_reset_h),
                &mut d,
                BATCH,
                hidden,
            );
            let fast = run(gru_before_state_backward_f32, gru_before_gates_backward_f32);
            let twin = run(
                gru_before_state_backward_scalar,
                gru_before_gates_backward_scalar,
            );
            check(fast, twin, [gates, d], "reset before");
        }
    }
}
