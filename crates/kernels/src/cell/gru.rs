//! Gated recurrent unit in both forms. docs/maths.md (4).
//!
//! Gate order r, z, n, as in PyTorch. *Reset after* the matrix product (cuDNN, PyTorch, Keras' default)
//! multiplies r with W_hn h + b_hn; *reset before* (Cho et al. 2014, arXiv 1406.1078) multiplies r with h.
//! The two also weigh old and new the other way round: here z keeps the old state in the first form and takes
//! the new one in the second.

use super::{assert_lengths, over_units, state_and_gate_len};
use crate::activation::{sigmoid_lane, tanh_lane};
use crate::simd::{F32x4, Lane};

/// Gates per hidden unit.
pub const GATES: usize = 3;
/// Position of the reset gate in a row of gates, in units of `hidden`.
pub const RESET: usize = 0;
/// Position of the update gate.
pub const UPDATE: usize = 1;
/// Position of the candidate, n.
pub const CANDIDATE: usize = 2;

/// One step of the reset-after form for a whole batch.
///
/// r, z = sigmoid; n = tanh(x_n + r (W_hn h + b_hn)); h' = (1 - z) n + z h
///
/// - `gates`: [batch, 3 hidden], in: preactivations, r and z with both their parts, n with the input's part
///   alone; out: the gates
/// - `recurrent_n`: [batch, hidden], in: W_hn h; out: W_hn h + b_hn, kept for the backward step
/// - `b_hn`: \[hidden\]
/// - `h_prev`, `h_next`: [batch, hidden]
///
/// # Panics
/// If a slice has another length.
pub fn gru_after_step_forward_f32(
    gates: &mut [f32],
    recurrent_n: &mut [f32],
    b_hn: &[f32],
    h_prev: &[f32],
    h_next: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    gru_after_step_forward::<F32x4>(gates, recurrent_n, b_hn, h_prev, h_next, batch, hidden);
}

/// The scalar twin of [`gru_after_step_forward_f32`].
pub fn gru_after_step_forward_scalar(
    gates: &mut [f32],
    recurrent_n: &mut [f32],
    b_hn: &[f32],
    h_prev: &[f32],
    h_next: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    gru_after_step_forward::<f32>(gates, recurrent_n, b_hn, h_prev, h_next, batch, hidden);
}

#[inline(always)]
fn gru_after_step_forward<L: Lane>(
    gates: &mut [f32],
    recurrent_n: &mut [f32],
    b_hn: &[f32],
    h_prev: &[f32],
    h_next: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    let (state, gate_len) = state_and_gate_len(batch, hidden, GATES);
    assert_lengths!(gates: gate_len, recurrent_n: state, b_hn: hidden, h_prev: state, h_next: state);
    for b in 0..batch {
        over_units!(
            L,
            after_forward_units,
            hidden,
            (gates, recurrent_n, b_hn, h_prev, h_next, b, hidden)
        );
    }
}

#[inline(always)]
fn after_forward_units<L: Lane>(
    gates: &mut [f32],
    recurrent_n: &mut [f32],
    b_hn: &[f32],
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
            let r = sigmoid_lane(L::load(gates, at(RESET)));
            let z = sigmoid_lane(L::load(gates, at(UPDATE)));
            let recurrent = L::load(recurrent_n, unit) + L::load(b_hn, j);
            let n = tanh_lane(r.mul_add(recurrent, L::load(gates, at(CANDIDATE))));
            r.store(gates, at(RESET));
            z.store(gates, at(UPDATE));
            n.store(gates, at(CANDIDATE));
            recurrent.store(recurrent_n, unit);
            z.mul_add(L::load(h_prev, unit) - n, n).store(h_next, unit);
        }
    }
}

/// The gradient of one step of the reset-after form.
///
/// dn = d_h (1 - z) (1 - n^2), the preactivation's; d_z = d_h (h - n), d_r = dn (W_hn h + b_hn), each times
/// its gate's slope.
///
/// - `gates`: [batch, 3 hidden], in: the gates; out: gradients of the input's preactivations
/// - `recurrent_n`: [batch, hidden], in: W_hn h + b_hn; out: its gradient, dn r
/// - `h_prev`: [batch, hidden]
/// - `d_h`: [batch, hidden], in: the gradient of h'; out: the part of the gradient of h that does not pass
///   through a matrix, d_h z
///
/// # Panics
/// If a slice has another length.
pub fn gru_after_step_backward_f32(
    gates: &mut [f32],
    recurrent_n: &mut [f32],
    h_prev: &[f32],
    d_h: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    gru_after_step_backward::<F32x4>(gates, recurrent_n, h_prev, d_h, batch, hidden);
}

/// The scalar twin of [`gru_after_step_backward_f32`].
pub fn gru_after_step_backward_scalar(
    gates: &mut [f32],
    recurrent_n: &mut [f32],
    h_prev: &[f32],
    d_h: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    gru_after_step_backward::<f32>(gates, recurrent_n, h_prev, d_h, batch, hidden);
}

#[inline(always)]
fn gru_after_step_backward<L: Lane>(
    gates: &mut [f32],
    recurrent_n: &mut [f32],
    h_prev: &[f32],
    d_h: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    let (state, gate_len) = state_and_gate_len(batch, hidden, GATES);
    assert_lengths!(gates: gate_len, recurrent_n: state, h_prev: state, d_h: state);
    for b in 0..batch {
        over_units!(
            L,
            after_backward_units,
            hidden,
            (gates, recurrent_n, h_prev, d_h, b, hidden)
        );
    }
}

#[inline(always)]
fn after_backward_units<L: Lane>(
    gates: &mut [f32],
    recurrent_n: &mut [f32],
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
            let (r, z, n) = (
                L::load(gates, at(RESET)),
                L::load(gates, at(UPDATE)),
                L::load(gates, at(CANDIDATE)),
            );
            let (recurrent, d) = (L::load(recurrent_n, unit), L::load(d_h, unit));
            let d_n = d * (one - z) * (one - n * n);
            (d_n * recurrent * r * (one - r)).store(gates, at(RESET));
            (d * (L::load(h_prev, unit) - n) * z * (one - z)).store(gates, at(UPDATE));
            d_n.store(gates, at(CANDIDATE));
            (d_n * r).store(recurrent_n, unit);
            (d * z).store(d_h, unit);
        }
    }
}

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
    use super::{CANDIDATE, GATES, RESET, UPDATE};
    use crate::real::sigmoid_f64;

    /// Calls `unit(r, z, n, j, b * hidden + j)` with the positions of the unit's gates.
    fn for_units(
        batch: usize,
        hidden: usize,
        mut unit: impl FnMut(usize, usize, usize, usize, usize),
    ) {
        for b in 0..batch {
            for j in 0..hidden {
                let at = |gate: usize| (b * GATES + gate) * hidden + j;
                unit(at(RESET), at(UPDATE), at(CANDIDATE), j, b * hidden + j);
            }
        }
    }

    /// As [`gru_after_step_forward_f32`](super::gru_after_step_forward_f32).
    pub fn gru_after_step_forward(
        gates: &mut [f64],
        recurrent_n: &mut [f64],
        b_hn: &[f64],
        h_prev: &[f64],
        h_next: &mut [f64],
        batch: usize,
        hidden: usize,
    ) {
        for_units(batch, hidden, |r, z, n, j, unit| {
            gates[r] = sigmoid_f64(gates[r]);
            gates[z] = sigmoid_f64(gates[z]);
            recurrent_n[unit] += b_hn[j];
            gates[n] = (gates[n] + gates[r] * recurrent_n[unit]).tanh();
            h_next[unit] = (1.0 - gates[z]) * gates[n] + gates[z] * h_prev[unit];
        });
    }

    /// As [`gru_after_step_backward_f32`](super::gru_after_step_backward_f32).
    pub fn gru_after_step_backward(
        gates: &mut [f64],
        recurrent_n: &mut [f64],
        h_prev: &[f64],
        d_h: &mut [f64],
        batch: usize,
        hidden: usize,
    ) {
        for_units(batch, hidden, |at_r, at_z, at_n, _, unit| {
            let (r, z, n) = (gates[at_r], gates[at_z], gates[at_n]);
            let d_z = d_h[unit] * (h_prev[unit] - n);
            let d_n = d_h[unit] * (1.0 - z) * (1.0 - n * n);
            let d_r = d_n * recurrent_n[unit];
            gates[at_r] = d_r * (r * (1.0 - r));
            gates[at_z] = d_z * (z * (1.0 - z));
            gates[at_n] = d_n;
            recurrent_n[unit] = d_n * r;
            d_h[unit] *= z;
        });
    }

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
    use super::super::tests::{HIDDEN_SIZES, TOLERANCE, widen};
    use super::*;
    use mynah_testing::{assert_close, assert_same_bits, noise};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const BATCH: usize = 3;

    /// Gate values as a forward step leaves them: r, z in (0, 1), n in (-1, 1).
    fn activated(hidden: usize) -> Vec<f32> {
        noise(GATES * BATCH * hidden, 3)
            .iter()
            .map(|v| 0.5 + 0.4 * v)
            .collect()
    }

    fn check<const N: usize>(
        fast: [Vec<f32>; N],
        twin: [Vec<f32>; N],
        exact: [Vec<f64>; N],
        what: &str,
    ) {
        for k in 0..N {
            assert_same_bits(&fast[k], &twin[k]);
            assert_close(
                &fast[k],
                &exact[k],
                TOLERANCE,
                &format!("{what}, output {k}"),
            );
        }
    }

    #[test]
    fn reset_after_forward_is_the_equations_and_its_twin() {
        for hidden in HIDDEN_SIZES {
            let state = BATCH * hidden;
            let preact: Vec<f32> = noise(GATES * state, 1).iter().map(|v| v * 6.0).collect();
            let (recurrent, b_hn, h_prev) = (noise(state, 2), noise(hidden, 4), noise(state, 5));
            let run =
                |step: fn(&mut [f32], &mut [f32], &[f32], &[f32], &mut [f32], usize, usize)| {
                    let (mut gates, mut recurrent, mut h) =
                        (preact.clone(), recurrent.clone(), vec![0.0; state]);
                    step(
                        &mut gates,
                        &mut recurrent,
                        &b_hn,
                        &h_prev,
                        &mut h,
                        BATCH,
                        hidden,
                    );
                    [gates, recurrent, h]
                };
            let (mut gates, mut rec, mut h) = (widen(&preact), widen(&recurrent), vec![0.0; state]);
            naive::gru_after_step_forward(
                &mut gates,
                &mut rec,
                &widen(&b_hn),
                &widen(&h_prev),
                &mut h,
                BATCH,
                hidden,
            );
            check(
                run(gru_after_step_forward_f32),
                run(gru_after_step_forward_scalar),
                [gates, rec, h],
                "reset after",
            );
        }
    }

    #[test]
    fn reset_after_backward_is_the_equations_and_its_twin() {
        for hidden in HIDDEN_SIZES {
            let state = BATCH * hidden;
            let (recurrent, h_prev, d_h) = (noise(state, 6), noise(state, 7), noise(state, 8));
            let run = |step: fn(&mut [f32], &mut [f32], &[f32], &mut [f32], usize, usize)| {
                let (mut gates, mut recurrent, mut d_h) =
                    (activated(hidden), recurrent.clone(), d_h.clone());
                step(&mut gates, &mut recurrent, &h_prev, &mut d_h, BATCH, hidden);
                [gates, recurrent, d_h]
            };
            let (mut gates, mut rec, mut d) =
                (widen(&activated(hidden)), widen(&recurrent), widen(&d_h));
            naive::gru_after_step_backward(
                &mut gates,
                &mut rec,
                &widen(&h_prev),
                &mut d,
                BATCH,
                hidden,
            );
            check(
                run(gru_after_step_backward_f32),
                run(gru_after_step_backward_scalar),
                [gates, rec, d],
                "reset after",
            );
        }
    }

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
