//! Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000).
//! docs/maths.md (5).
//!
//! Gate order i, f, g, o, as in PyTorch.

use super::{assert_lengths, over_units, state_and_gate_len};
use crate::activation::{sigmoid_lane, tanh_lane};
use crate::simd::{F32x4, Lane};

/// Gates per hidden unit.
pub const GATES: usize = 4;
/// Position of the input gate in a row of gates, in units of `hidden`.
pub const INPUT: usize = 0;
/// Position of the forget gate.
pub const FORGET: usize = 1;
/// Position of the candidate, g.
pub const CANDIDATE: usize = 2;
/// Position of the output gate.
pub const OUTPUT: usize = 3;

/// One LSTM step for a whole batch: gates, cell state and hidden state.
///
/// i, f, o = sigmoid; g = tanh; c' = f c + i g; h' = o tanh(c')
///
/// - `gates`: [batch, 4 hidden], in: preactivations in the order i, f, g, o; out: the gates
/// - `c_prev`, `c_next`: [batch, hidden]
/// - `tanh_c`: [batch, hidden], out: tanh(c'), kept for the backward step
/// - `h_next`: [batch, hidden], out
///
/// Error: equal to [`lstm_step_forward_scalar`] bit for bit; <= 1e-6 against the equations (tests below).
///
/// # Panics
/// If a slice has another length.
pub fn lstm_step_forward_f32(
    gates: &mut [f32],
    c_prev: &[f32],
    c_next: &mut [f32],
    tanh_c: &mut [f32],
    h_next: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    lstm_step_forward::<F32x4>(gates, c_prev, c_next, tanh_c, h_next, batch, hidden);
}

/// The scalar twin of [`lstm_step_forward_f32`].
pub fn lstm_step_forward_scalar(
    gates: &mut [f32],
    c_prev: &[f32],
    c_next: &mut [f32],
    tanh_c: &mut [f32],
    h_next: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    lstm_step_forward::<f32>(gates, c_prev, c_next, tanh_c, h_next, batch, hidden);
}

#[inline(always)]
fn lstm_step_forward<L: Lane>(
    gates: &mut [f32],
    c_prev: &[f32],
    c_next: &mut [f32],
    tanh_c: &mut [f32],
    h_next: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    let (state, gate_len) = state_and_gate_len(batch, hidden, GATES);
    assert_lengths!(gates: gate_len, c_prev: state, c_next: state, tanh_c: state, h_next: state);
    for b in 0..batch {
        over_units!(
            L,
            forward_units,
            hidden,
            (gates, c_prev, c_next, tanh_c, h_next, b, hidden)
        );
    }
}

/// Units `from..to` of row `b`. h' has a loop of its own: with tanh(c') behind the gates in one, the chain of each unit is
/// so long that the processor finds too little to do beside it (27 instead of 30 us for [32, 256], AMD Zen 5, Node 20,
/// simd128, 2026-11-25).
#[inline(always)]
fn forward_units<L: Lane>(
    gates: &mut [f32],
    c_prev: &[f32],
    c_next: &mut [f32],
    tanh_c: &mut [f32],
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
            let i = sigmoid_lane(L::load(gates, at(INPUT)));
            let f = sigmoid_lane(L::load(gates, at(FORGET)));
            let o = sigmoid_lane(L::load(gates, at(OUTPUT)));
            let g = tanh_lane(L::load(gates, at(CANDIDATE)));
            let c = f.mul_add(L::load(c_prev, unit), i * g);
            i.store(gates, at(INPUT));
            f.store(gates, at(FORGET));
            o.store(gates, at(OUTPUT));
            g.store(gates, at(CANDIDATE));
            c.store(c_next, unit);
        }
    }
    for j in (from..to).step_by(L::WIDTH) {
        let unit = b * hidden + j;
        // SAFETY: as above.
        unsafe {
            let o = L::load(gates, gate_row + OUTPUT * hidden + j);
            let tanh = tanh_lane(L::load(c_next, unit));
            tanh.store(tanh_c, unit);
            (o * tanh).store(h_next, unit);
        }
    }
}

/// The gradient of one LSTM step.
///
/// With dc = d_c + d_h o (1 - tanh(c')^2): d_o = d_h tanh(c'), d_i = dc g, d_g = dc i, d_f = dc c, d_c <- dc
/// f; each gate's times its activation's slope.
///
/// - `gates`: [batch, 4 hidden], in: the gates of the forward step; out: gradients of the preactivations
/// - `c_prev`, `tanh_c`: [batch, hidden], as in the forward step
/// - `d_h`: [batch, hidden], the gradient of h'
/// - `d_c`: [batch, hidden], in: the gradient that reaches c' from the next step; out: the gradient of c
///
/// # Panics
/// If a slice has another length.
pub fn lstm_step_backward_f32(
    gates: &mut [f32],
    c_prev: &[f32],
    tanh_c: &[f32],
    d_h: &[f32],
    d_c: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    lstm_step_backward::<F32x4>(gates, c_prev, tanh_c, d_h, d_c, batch, hidden);
}

/// The scalar twin of [`lstm_step_backward_f32`].
pub fn lstm_step_backward_scalar(
    gates: &mut [f32],
    c_prev: &[f32],
    tanh_c: &[f32],
    d_h: &[f32],
    d_c: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    lstm_step_backward::<f32>(gates, c_prev, tanh_c, d_h, d_c, batch, hidden);
}

#[inline(always)]
fn lstm_step_backward<L: Lane>(
    gates: &mut [f32],
    c_prev: &[f32],
    tanh_c: &[f32],
    d_h: &[f32],
    d_c: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    let (state, gate_len) = state_and_gate_len(batch, hidden, GATES);
    assert_lengths!(gates: gate_len, c_prev: state, tanh_c: state, d_h: state, d_c: state);
    for b in 0..batch {
        over_units!(
            L,
            backward_units,
            hidden,
            (gates, c_prev, tanh_c, d_h, d_c, b, hidden)
        );
    }
}

#[inline(always)]
fn backward_units<L: Lane>(
    gates: &mut [f32],
    c_prev: &[f32],
    tanh_c: &[f32],
    d_h: &[f32],
    d_c: &mut [f32],
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
        // SAFETY: as in `forward_units`.
        unsafe {
            let (i, f) = (L::load(gates, at(INPUT)), L::load(gates, at(FORGET)));
            let (g, o) = (L::load(gates, at(CANDIDATE)), L::load(gates, at(OUTPUT)));
            let (tanh, d_h) = (L::load(tanh_c, unit), L::load(d_h, unit));
            let d_cell = (d_h * o).mul_add(one - tanh * tanh, L::load(d_c, unit));
            (d_cell * g * i * (one - i)).store(gates, at(INPUT));
            (d_cell * L::load(c_prev, unit) * f * (one - f)).store(gates, at(FORGET));
            (d_cell * i * (one - g * g)).store(gates, at(CANDIDATE));
            (d_h * tanh * o * (one - o)).store(gates, at(OUTPUT));
            (d_cell * f).store(d_c, unit);
        }
    }
}

/// The equations as written, in `f64`, gate by gate.
pub mod naive {
    use super::{CANDIDATE, FORGET, GATES, INPUT, OUTPUT};
    use crate::real::sigmoid_f64;

    /// As [`lstm_step_forward_f32`](super::lstm_step_forward_f32).
    pub fn lstm_step_forward(
        gates: &mut [f64],
        c_prev: &[f64],
        c_next: &mut [f64],
        tanh_c: &mut [f64],
        h_next: &mut [f64],
        batch: usize,
        hidden: usize,
    ) {
        for b in 0..batch {
            for j in 0..hidden {
                let at = |gate: usize| (b * GATES + gate) * hidden + j;
                let unit = b * hidden + j;
                let (i, f) = (
                    sigmoid_f64(gates[at(INPUT)]),
                    sigmoid_f64(gates[at(FORGET)]),
                );
                let (g, o) = (gates[at(CANDIDATE)].tanh(), sigmoid_f64(gates[at(OUTPUT)]));
                c_next[unit] = f * c_prev[unit] + i * g;
                tanh_c[unit] = c_next[unit].tanh();
                h_next[unit] = o * tanh_c[unit];
                (
                    gates[at(INPUT)],
                    gates[at(FORGET)],
                    gates[at(CANDIDATE)],
                    gates[at(OUTPUT)],
                ) = (i, f, g, o);
            }
        }
    }

    /// As [`lstm_step_backward_f32`](super::lstm_step_backward_f32).
    pub fn lstm_step_backward(
        gates: &mut [f64],
        c_prev: &[f64],
        tanh_c: &[f64],
        d_h: &[f64],
        d_c: &mut [f64],
        batch: usize,
        hidden: usize,
    ) {
        for b in 0..batch {
            for j in 0..hidden {
                let at = |gate: usize| (b * GATES + gate) * hidden + j;
                let unit = b * hidden + j;
                let (i, f, g, o) = (
                    gates[at(INPUT)],
                    gates[at(FORGET)],
                    gates[at(CANDIDATE)],
                    gates[at(OUTPUT)],
                );
                let d_o = d_h[unit] * tanh_c[unit];
                let d_cell = d_c[unit] + d_h[unit] * o * (1.0 - tanh_c[unit] * tanh_c[unit]);
                gates[at(INPUT)] = d_cell * g * (i * (1.0 - i));
                gates[at(FORGET)] = d_cell * c_prev[unit] * (f * (1.0 - f));
                gates[at(CANDIDATE)] = d_cell * i * (1.0 - g * g);
                gates[at(OUTPUT)] = d_o * (o * (1.0 - o));
                d_c[unit] = d_cell * f;
            }
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
    fn forward_is_the_equations_and_its_twin() {
        for hidden in HIDDEN_SIZES {
            let (batch, state) = (3, 3 * hidden);
            let preact: Vec<f32> = noise(GATES * state, 1).iter().map(|v| v * 6.0).collect();
            let c_prev = noise(state, 2);
            let run =
                |step: fn(&mut [f32], &[f32], &mut [f32], &mut [f32], &mut [f32], usize, usize)| {
                    let (mut gates, mut c, mut tanh_c, mut h) = (
                        preact.clone(),
                        vec![0.0; state],
                        vec![0.0; state],
                        vec![0.0; state],
                    );
                    step(
                        &mut gates,
                        &c_prev,
                        &mut c,
                        &mut tanh_c,
                        &mut h,
                        batch,
                        hidden,
                    );
                    [gates, c, tanh_c, h]
                };
            let (fast, twin) = (run(lstm_step_forward_f32), run(lstm_step_forward_scalar));
            let (mut gates, mut c, mut tanh_c, mut h) = (
                widen(&preact),
                vec![0.0; state],
                vec![0.0; state],
                vec![0.0; state],
            );
            naive::lstm_step_forward(
                &mut gates,
                &widen(&c_prev),
                &mut c,
                &mut tanh_c,
                &mut h,
                batch,
                hidden,
            );
            for (k, exact) in [gates, c, tanh_c, h].iter().enumerate() {
                assert_same_bits(&fast[k], &twin[k]);
                assert_close(
                    &fast[k],
                    exact,
                    TOLERANCE,
                    &format!("output {k}, hidden {hidden}"),
                );
            }
        }
    }

    #[test]
    fn backward_is_the_equations_and_its_twin() {
        for hidden in HIDDEN_SIZES {
            let (batch, state) = (2, 2 * hidden);
            let activated: Vec<f32> = noise(GATES * state, 3)
                .iter()
                .map(|v| 0.5 + 0.4 * v)
                .collect();
            let (c_prev, tanh_c, d_h, d_c) = (
                noise(state, 4),
                noise(state, 5),
                noise(state, 6),
                noise(state, 7),
            );
            let run = |step: fn(&mut [f32], &[f32], &[f32], &[f32], &mut [f32], usize, usize)| {
                let (mut gates, mut d_c) = (activated.clone(), d_c.clone());
                step(&mut gates, &c_prev, &tanh_c, &d_h, &mut d_c, batch, hidden);
                [gates, d_c]
            };
            let (fast, twin) = (run(lstm_step_backward_f32), run(lstm_step_backward_scalar));
            let (mut gates, mut d_c) = (widen(&activated), widen(&d_c));
            naive::lstm_step_backward(
                &mut gates,
                &widen(&c_prev),
                &widen(&tanh_c),
                &widen(&d_h),
                &mut d_c,
                batch,
                hidden,
            );
            for (k, exact) in [gates, d_c].iter().enumerate() {
                assert_same_bits(&fast[k], &twin[k]);
                assert_close(
                    &fast[k],
                    exact,
                    TOLERANCE,
                    &format!("output {k}, hidden {hidden}"),
                );
            }
        }
    }
}
