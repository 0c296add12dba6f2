//! The reset gate after the matrix product: cuDNN, PyTorch, Keras' default. docs/maths.md (4b).

use super::{CANDIDATE, GATES, RESET, UPDATE};
use crate::activation::{sigmoid_lane, tanh_lane};
use crate::cell::{assert_lengths, over_units, state_and_gate_len};
use crate::simd::{F32x4, Lane};

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
            let preact_n = r.mul_add(recurrent, L::load(gates, at(CANDIDATE)));
            r.store(gates, at(RESET));
            z.store(gates, at(UPDATE));
            preact_n.store(gates, at(CANDIDATE));
            recurrent.store(recurrent_n, unit);
        }
    }
    // In a loop of its own, as in the LSTM.
    for j in (from..to).step_by(L::WIDTH) {
        let at = |gate: usize| gate_row + gate * hidden + j;
        let unit = b * hidden + j;
        // SAFETY: as above.
        unsafe {
            let z = L::load(gates, at(UPDATE));
            let n = tanh_lane(L::load(gates, at(CANDIDATE)));
            n.store(gates, at(CANDIDATE));
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

/// The equations as written, in `f64`, unit by unit.
pub mod naive {
    use super::super::for_units;
    use crate::real::sigmoid_f64;

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
}
