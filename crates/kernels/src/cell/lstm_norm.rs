//! The LSTM step in two halves, for layer normalisation of the cell state between them (Ba, Kiros and Hinton
//! 2016, arXiv 1607.06450, equation 22): h' = o tanh(norm(c')), with the raw c' carried on. docs/maths.md (13).
//!
//! Gates as in [`lstm`](super::lstm); the norm itself is [`norm`](crate::norm)'s.

use super::lstm::{CANDIDATE, FORGET, GATES, INPUT, OUTPUT};
use super::{assert_lengths, over_units, state_and_gate_len};
use crate::activation::{sigmoid_lane, tanh_lane};
use crate::simd::{F32x4, Lane};

/// The first half of the step: gates and cell state.
///
/// i, f, o = sigmoid; g = tanh; c' = f c + i g
///
/// - `gates`: [batch, 4 hidden], in: preactivations in the order i, f, g, o; out: the gates
/// - `c_prev`, `c_next`: [batch, hidden]
///
/// Error: equal to [`lstm_cell_forward_scalar`] bit for bit; <= 1e-6 against the equations (tests below).
///
/// # Panics
/// If a slice has another length.
pub fn lstm_cell_forward_f32(
    gates: &mut [f32],
    c_prev: &[f32],
    c_next: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    lstm_cell_forward::<F32x4>(gates, c_prev, c_next, batch, hidden);
}

/// The scalar twin of [`lstm_cell_forward_f32`].
pub fn lstm_cell_forward_scalar(
    gates: &mut [f32],
    c_prev: &[f32],
    c_next: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    lstm_cell_forward::<f32>(gates, c_prev, c_next, batch, hidden);
}

#[inline(always)]
fn lstm_cell_forward<L: Lane>(
    gates: &mut [f32],
    c_prev: &[f32],
    c_next: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    let (state, gate_len) = state_and_gate_len(batch, hidden, GATES);
    assert_lengths!(gates: gate_len, c_prev: state, c_next: state);
    for b in 0..batch {
        over_units!(
            L,
            cell_forward_units,
            hidden,
            (gates, c_prev, c_next, b, hidden)
        );
    }
}

/// Units `from..to` of row `b`.
#[inline(always)]
fn cell_forward_units<L: Lane>(
    gates: &mut [f32],
    c_prev: &[f32],
    c_next: &mut [f32],
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
            let g = tanh_lane(L::load(gates, at(CANDIDATE)));
            let o = sigmoid_lane(L::load(gates, at(OUTPUT)));
            i.store(gates, at(INPUT));
            f.store(gates, at(FORGET));
            g.store(gates, at(CANDIDATE));
            o.store(gates, at(OUTPUT));
            f.mul_add(L::load(c_prev, unit), i * g).store(c_next, unit);
        }
    }
}

/// The second half of the step: the hidden state, h' = o tanh(norm(c')).
///
/// - `gates`: [batch, 4 hidden], the gates of the first half
/// - `norm_c`: [batch, hidden], in: c' normalised, with gain and bias; out: tanh of it, kept for the backward step
/// - `h_next`: [batch, hidden], out
///
/// Error: equal to [`lstm_output_forward_scalar`] bit for bit; <= 1e-6 against the equations (tests below).
///
/// # Panics
/// If a slice has another length.
pub fn lstm_output_forward_f32(
    gates: &[f32],
    norm_c: &mut [f32],
    h_next: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    lstm_output_forward::<F32x4>(gates, norm_c, h_next, batch, hidden);
}

/// The scalar twin of [`lstm_output_forward_f32`].
pub fn lstm_output_forward_scalar(
    gates: &[f32],
    norm_c: &mut [f32],
    h_next: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    lstm_output_forward::<f32>(gates, norm_c, h_next, batch, hidden);
}

#[inline(always)]
fn lstm_output_forward<L: Lane>(
    gates: &[f32],
    norm_c: &mut [f32],
    h_next: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    let (state, gate_len) = state_and_gate_len(batch, hidden, GATES);
    assert_lengths!(gates: gate_len, norm_c: state, h_next: state);
    for b in 0..batch {
        over_units!(
            L,
            output_forward_units,
            hidden,
            (gates, norm_c, h_next, b, hidden)
        );
    }
}

#[inline(always)]
fn output_forward_units<L: Lane>(
    gates: &[f32],
    norm_c: &mut [f32],
    h_next: &mut [f32],
    b: usize,
    hidden: usize,
    from: usize,
    to: usize,
) {
    let o_row = (b * GATES + OUTPUT) * hidden;
    for j in (from..to).step_by(L::WIDTH) {
        let unit = b * hidden + j;
        // SAFETY: as in `cell_forward_units`.
        unsafe {
            let tanh = tanh_lane(L::load(norm_c, unit));
            tanh.store(norm_c, unit);
            (L::load(gates, o_row + j) * tanh).store(h_next, unit);
        }
    }
}

/// The gradient of the second half.
///
/// d_o = d_h' tanh, times its slope o (1 - o); d_norm_c = d_h' o (1 - tanh^2)
///
/// - `gates`: [batch, 4 hidden], in: the gates; out: at o's place the gradient of its preactivation
/// - `tanh_c`: [batch, hidden], tanh(norm(c')) of the forward step
/// - `d_h`: [batch, hidden], the gradient of h'
/// - `d_norm_c`: [batch, hidden], out: the gradient of norm(c')
///
/// # Panics
/// If a slice has another length.
pub fn lstm_output_backward_f32(
    gates: &mut [f32],
    tanh_c: &[f32],
    d_h: &[f32],
    d_norm_c: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    lstm_output_backward::<F32x4>(gates, tanh_c, d_h, d_norm_c, batch, hidden);
}

/// The scalar twin of [`lstm_output_backward_f32`].
pub fn lstm_output_backward_scalar(
    gates: &mut [f32],
    tanh_c: &[f32],
    d_h: &[f32],
    d_norm_c: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    lstm_output_backward::<f32>(gates, tanh_c, d_h, d_norm_c, batch, hidden);
}

#[inline(always)]
fn lstm_output_backward<L: Lane>(
    gates: &mut [f32],
    tanh_c: &[f32],
    d_h: &[f32],
    d_norm_c: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    let (state, gate_len) = state_and_gate_len(batch, hidden, GATES);
    assert_lengths!(gates: gate_len, tanh_c: state, d_h: state, d_norm_c: state);
    for b in 0..batch {
        over_units!(
            L,
            output_backward_units,
            hidden,
            (gates, tanh_c, d_h, d_norm_c, b, hidden)
        );
    }
}

#[inline(always)]
fn output_backward_units<L: Lane>(
    gates: &mut [f32],
    tanh_c: &[f32],
    d_h: &[f32],
    d_norm_c: &mut [f32],
    b: usize,
    hidden: usize,
    from: usize,
    to: usize,
) {
    let one = L::splat(1.0);
    let o_row = (b * GATES + OUTPUT) * hidden;
    for j in (from..to).step_by(L::WIDTH) {
        let unit = b * hidden + j;
        // SAFETY: as in `cell_forward_units`.
        unsafe {
            let o = L::load(gates, o_row + j);
            let (tanh, d) = (L::load(tanh_c, unit), L::load(d_h, unit));
            (d * tanh * o * (one - o)).store(gates, o_row + j);
            (d * o * (one - tanh * tanh)).store(d_norm_c, unit);
        }
    }
}

/// The gradient of the first half.
///
/// d_i = d_c' g, d_g = d_c' i, d_f = d_c' c, each times its activation's slope; d_c = d_c' f
///
/// - `gates`: [batch, 4 hidden], in: the gates; out: gradients of the preactivations of i, f and g. The place
///   of o is left alone: [`lstm_output_backward_f32`] has filled it.
/// - `c_prev`: [batch, hidden], as in the forward step
/// - `d_c`: [batch, hidden], in: the whole gradient of c', through the norm and from the next step; out: of c
///
/// # Panics
/// If a slice has another length.
pub fn lstm_cell_backward_f32(
    gates: &mut [f32],
    c_prev: &[f32],
    d_c: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    lstm_cell_backward::<F32x4>(gates, c_prev, d_c, batch, hidden);
}

/// The scalar twin of [`lstm_cell_backward_f32`].
pub fn lstm_cell_backward_scalar(
    gates: &mut [f32],
    c_prev: &[f32],
    d_c: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    lstm_cell_backward::<f32>(gates, c_prev, d_c, batch, hidden);
}

#[inline(always)]
fn lstm_cell_backward<L: Lane>(
    gates: &mut [f32],
    c_prev: &[f32],
    d_c: &mut [f32],
    batch: usize,
    hidden: usize,
) {
    let (state, gate_len) = state_and_gate_len(batch, hidden, GATES);
    assert_lengths!(gates: gate_len, c_prev: state, d_c: state);
    for b in 0..batch {
        over_units!(
            L,
            cell_backward_units,
            hidden,
            (gates, c_prev, d_c, b, hidden)
        );
    }
}

#[inline(always)]
fn cell_backward_units<L: Lane>(
    gates: &mut [f32],
    c_prev: &[f32],
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
        // SAFETY: as in `cell_forward_units`.
        unsafe {
            let (i, f) = (L::load(gates, at(INPUT)), L::load(gates, at(FORGET)));
            let (g, d) = (L::load(gates, at(CANDIDATE)), L::load(d_c, unit));
            (d * g * i * (one - i)).store(gates, at(INPUT));
            (d * L::load(c_prev, unit) * f * (one - f)).store(gates, at(FORGET));
            (d * i * (one - g * g)).store(gates, at(CANDIDATE));
            (d * f).store(d_c, unit);
        }
    }
}

/// The equations as written, in `f64`, unit by unit.
pub mod naive {
    use super::{CANDIDATE, FORGET, GATES, INPUT, OUTPUT};
    use crate::real::sigmoid_f64;

    /// As [`lstm_cell_forward_f32`](super::lstm_cell_forward_f32).
    pub fn lstm_cell_forward(
        gates: &mut [f64],
        c_prev: &[f64],
        c_next: &mut [f64],
        batch: usize,
        hidden: usize,
    ) {
        for b in 0..batch {
            for j in 0..hidden {
                let at = |gate: usize| (b * GATES + gate) * hidden + j;
                let unit = b * hidden + j;
                for gate in [INPUT, FORGET, OUTPUT] {
                    gates[at(gate)] = sigmoid_f64(gates[at(gate)]);
                }
                gates[at(CANDIDATE)] = gates[at(CANDIDATE)].tanh();
                c_next[unit] =
                    gates[at(FORGET)] * c_prev[unit] + gates[at(INPUT)] * gates[at(CANDIDATE)];
            }
        }
    }

    /// As [`lstm_output_forward_f32`](super::lstm_output_forward_f32).
    pub fn lstm_output_forward(
        gates: &[f64],
        norm_c: &mut [f64],
        h_next: &mut [f64],
        batch: usize,
        hidden: usize,
    ) {
        for b in 0..batch {
            for j in 0..hidden {
                let unit = b * hidden + j;
                norm_c[unit] = norm_c[unit].tanh();
                h_next[unit] = gates[(b * GATES + OUTPUT) * hidden + j] * norm_c[unit];
            }
        }
    }

    /// As [`lstm_output_backward_f32`](super::lstm_output_backward_f32).
    pub fn lstm_output_backward(
        gates: &mut [f64],
        tanh_c: &[f64],
        d_h: &[f64],
        d_norm_c: &mut [f64],
        batch: usize,
        hidden: usize,
    ) {
        for b in 0..batch {
            for j in 0..hidden {
                let (at_o, unit) = ((b * GATES + OUTPUT) * hidden + j, b * hidden + j);
                let (o, tanh) = (gates[at_o], tanh_c[unit]);
                let d_o = d_h[unit] * tanh;
                gates[at_o] = d_o * (o * (1.0 - o));
                d_norm_c[unit] = d_h[unit] * o * (1.0 - tanh * tanh);
            }
        }
    }

    /// As [`lstm_cell_backward_f32`](super::lstm_cell_backward_f32).
    pub fn lstm_cell_backward(
        gates: &mut [f64],
        c_prev: &[f64],
        d_c: &mut [f64],
        batch: usize,
        hidden: usize,
    ) {
        for b in 0..batch {
            for j in 0..hidden {
                let at = |gate: usize| (b * GATES + gate) * hidden + j;
                let unit = b * hidden + j;
                let (i, f, g) = (gates[at(INPUT)], gates[at(FORGET)], gates[at(CANDIDATE)]);
                gates[at(INPUT)] = d_c[unit] * g * (i * (1.0 - i));
                gates[at(FORGET)] = d_c[unit] * c_prev[unit] * (f * (1.0 - f));
                gates[at(CANDIDATE)] = d_c[unit] * i * (1.0 - g * g);
                d_c[unit] *= f;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{HIDDEN_SIZES, TOLERANCE, widen};
    use super::*;
    use crate::cell::lstm;
    use crate::checks::{assert_gradient, dot};
    use mynah_testing::{assert_close, assert_same_bits, noise, noise_f64};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const BATCH: usize = 2;

    #[track_caller]
    fn check<const N: usize>(
        fast: [Vec<f32>; N],
        twin: [Vec<f32>; N],
        exact: [Vec<f64>; N],
        what: &str,
    ) {
        for k in 0..N {
            assert_same_bits(&fast[k], &twin[k]);
            let what = format!("{what}: output {k} of {} values", exact[k].len());
            assert_close(&fast[k], &exact[k], TOLERANCE, &what);
        }
    }

    #[test]
    fn forward_is_the_equations_and_its_twin() {
        for hidden in HIDDEN_SIZES {
            let state = BATCH * hidden;
            let preact: Vec<f32> = noise(GATES * state, 1).iter().map(|v| v * 6.0).collect();
            let (c_prev, norm_c) = (noise(state, 2), noise(state, 3));
            let run =
                |cell: fn(&mut [f32], &[f32], &mut [f32], usize, usize),
                 output: fn(&[f32], &mut [f32], &mut [f32], usize, usize)| {
                    let (mut gates, mut c) = (preact.clone(), vec![0.0; state]);
                    let (mut tanh, mut h) = (norm_c.clone(), vec![0.0; state]);
                    cell(&mut gates, &c_prev, &mut c, BATCH, hidden);
                    output(&gates, &mut tanh, &mut h, BATCH, hidden);
                    [gates, c, tanh, h]
                };
            let (mut gates, mut c) = (widen(&preact), vec![0.0; state]);
            let (mut tanh, mut h) = (widen(&norm_c), vec![0.0; state]);
            naive::lstm_cell_forward(&mut gates, &widen(&c_prev), &mut c, BATCH, hidden);
            naive::lstm_output_forward(&gates, &mut tanh, &mut h, BATCH, hidden);
            check(
                run(lstm_cell_forward_f32, lstm_output_forward_f32),
                run(lstm_cell_forward_scalar, lstm_output_forward_scalar),
                [gates, c, tanh, h],
                "forward",
            );
        }
    }

    #[test]
    fn backward_is_the_equations_and_its_twin() {
        for hidden in HIDDEN_SIZES {
            let state = BATCH * hidden;
            let activated: Vec<f32> = noise(GATES * state, 4)
                .iter()
                .map(|v| 0.5 + 0.4 * v)
                .collect();
            let (c_prev, tanh_c) = (noise(state, 5), noise(state, 6));
            let (d_h, d_c) = (noise(state, 7), noise(state, 8));
            let run =
                |output: fn(&mut [f32], &[f32], &[f32], &mut [f32], usize, usize),
                 cell: fn(&mut [f32], &[f32], &mut [f32], usize, usize)| {
                    let (mut gates, mut d_c) = (activated.clone(), d_c.clone());
                    let mut d_norm_c = vec![0.0; state];
                    output(&mut gates, &tanh_c, &d_h, &mut d_norm_c, BATCH, hidden);
                    cell(&mut gates, &c_prev, &mut d_c, BATCH, hidden);
                    [gates, d_norm_c, d_c]
                };
            let (mut gates, mut d_c_exact) = (widen(&activated), widen(&d_c));
            let mut d_norm_c = vec![0.0; state];
            let (tanh_c, d_h) = (widen(&tanh_c), widen(&d_h));
            naive::lstm_output_backward(&mut gates, &tanh_c, &d_h, &mut d_norm_c, BATCH, hidden);
            naive::lstm_cell_backward(&mut gates, &widen(&c_prev), &mut d_c_exact, BATCH, hidden);
            check(
                run(lstm_output_backward_f32, lstm_cell_backward_f32),
                run(lstm_output_backward_scalar, lstm_cell_backward_scalar),
                [gates, d_norm_c, d_c_exact],
                "backward",
            );
        }
    }

    #[test]
    fn without_a_norm_the_halves_are_the_whole_step() {
        let (hidden, state) = (7, 14);
        let (preact, c_prev) = (noise(GATES * state, 9), noise(state, 10));
        let [mut gates, mut whole_gates] = [preact.clone(), preact];
        let [
            mut c,
            mut tanh,
            mut h,
            mut whole_c,
            mut whole_tanh,
            mut whole_h,
        ] = [const { [0.0; 14] }; 6];
        lstm_cell_forward_f32(&mut gates, &c_prev, &mut c, BATCH, hidden);
        tanh.copy_from_slice(&c);
        lstm_output_forward_f32(&gates, &mut tanh, &mut h, BATCH, hidden);
        lstm::lstm_step_forward_f32(
            &mut whole_gates,
            &c_prev,
            &mut whole_c,
            &mut whole_tanh,
            &mut whole_h,
            BATCH,
            hidden,
        );
        assert_same_bits(&gates, &whole_gates);
        for (half, whole) in [(c, whole_c), (tanh, whole_tanh), (h, whole_h)] {
            assert_same_bits(&half, &whole);
        }
    }

    #[test]
    fn backward_is_the_gradient_of_forward() {
        let (batch, hidden, state) = (BATCH, 5, 10);
        let (preact, c_prev) = (noise_f64(GATES * state, 11), noise_f64(state, 12));
        let (norm_c, d_h) = (noise_f64(state, 13), noise_f64(state, 14));
        let d_c_next = noise_f64(state, 15);
        let run = |preact: &[f64], c_prev: &[f64], norm_c: &[f64]| {
            let (mut gates, mut tanh) = (preact.to_vec(), norm_c.to_vec());
            let (mut c, mut h) = (vec![0.0; state], vec![0.0; state]);
            naive::lstm_cell_forward(&mut gates, c_prev, &mut c, batch, hidden);
            naive::lstm_output_forward(&gates, &mut tanh, &mut h, batch, hidden);
            (dot(&h, &d_h) + dot(&c, &d_c_next), gates, tanh)
        };
        let (_, mut gates, tanh) = run(&preact, &c_prev, &norm_c);
        let (mut d_norm_c, mut d_c) = (vec![0.0; state], d_c_next.clone());
        naive::lstm_output_backward(&mut gates, &tanh, &d_h, &mut d_norm_c, batch, hidden);
        naive::lstm_cell_backward(&mut gates, &c_prev, &mut d_c, batch, hidden);
        assert_gradient(&gates, &preact, "preactivations", |x| {
            run(x, &c_prev, &norm_c).0
        });
        assert_gradient(&d_c, &c_prev, "c", |x| run(&preact, x, &norm_c).0);
        assert_gradient(&d_norm_c, &norm_c, "norm_c", |x| run(&preact, &c_prev, x).0);
    }
}
