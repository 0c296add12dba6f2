//! The equations of docs/maths.md, written out per unit and in `f64`, against what the engine runs in both precisions.

mod common;

use common::{CELLS, Setup, config, layer, states, tokens, wide};
use mynah_nn::config::{Activation, Body, Cell};
use mynah_testing::assert_close;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const VOCAB: usize = 6;
/// Fused steps in `f32` against the equations, relative to the largest value (the bound).
const TOLERANCE: f64 = 1e-6;
/// The `f64` instance against the equations: the order of sums is all that differs.
const DOUBLE_TOLERANCE: f64 = 1e-13;

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// g of (11): continuous and above zero.
fn positive(v: f64) -> f64 {
    if v >= 0.0 { v + 0.5 } else { sigmoid(v) }
}

/// The weights of one gate of layer 0, as matrices to be read by row and column.
struct Gate<'a> {
    w: &'a [f64],
    u: &'a [f64],
    b_w: &'a [f64],
    b_u: &'a [f64],
    inputs: usize,
    hidden: usize,
}

impl Gate<'_> {
    /// (W x + b_w)_j
    fn input_part(&self, j: usize, x: &[f64]) -> f64 {
        (0..self.inputs)
            .map(|d| self.w[j * self.inputs + d] * x[d])
            .sum::<f64>()
            + self.b_w[j]
    }

    /// (U h + b_u)_j
    fn state_part(&self, j: usize, h: &[f64]) -> f64 {
        (0..self.hidden)
            .map(|l| self.u[j * self.hidden + l] * h[l])
            .sum::<f64>()
            + self.b_u[j]
    }

    /// (W x + b_w + U h + b_u)_j
    fn both(&self, j: usize, x: &[f64], h: &[f64]) -> f64 {
        self.input_part(j, x) + self.state_part(j, h)
    }
}

/// One step of one sequence as docs/maths.md writes it: (h', c').
fn literal_step(
    cell: Cell,
    gates: &[Gate<'_>],
    x: &[f64],
    h: &[f64],
    c: &[f64],
) -> (Vec<f64>, Vec<f64>) {
    let hidden = h.len();
    let mut c_next = vec![0.0; hidden];
    let h_next = match cell {
        // (3) h' = f(W_xh x + W_hh h + b_h)
        Cell::Rnn(activation) => (0..hidden)
            .map(|j| match activation {
                Activation::Tanh => gates[0].both(j, x, h).tanh(),
                Activation::Relu => gates[0].both(j, x, h).max(0.0),
            })
            .collect(),
        // (4a) h' = (1 - z) h + z h~, h~ = tanh(W_hh (r h) + W_xh x + b_h)
        Cell::Gru { reset_after: false } => {
            let r: Vec<f64> = (0..hidden)
                .map(|j| sigmoid(gates[0].both(j, x, h)))
                .collect();
            let reset_h: Vec<f64> = (0..hidden).map(|j| r[j] * h[j]).collect();
            (0..hidden)
                .map(|j| {
                    let z = sigmoid(gates[1].both(j, x, h));
                    let candidate = gates[2].both(j, x, &reset_h).tanh();
                    (1.0 - z) * h[j] + z * candidate
                })
                .collect()
        }
        // (4b) h' = (1 - z) n + z h, n = tanh(W_in x + b_in + r (W_hn h + b_hn))
        Cell::Gru { reset_after: true } => (0..hidden)
            .map(|j| {
                let r = sigmoid(gates[0].both(j, x, h));
                let z = sigmoid(gates[1].both(j, x, h));
                let n = (gates[2].input_part(j, x) + r * gates[2].state_part(j, h)).tanh();
                (1.0 - z) * n + z * h[j]
            })
            .collect(),
        // (5) c' = f c + i g, h' = o tanh(c')
        Cell::Lstm => (0..hidden)
            .map(|j| {
                let [i, f, g, o] = [0, 1, 2, 3].map(|gate: usize| gates[gate].both(j, x, h));
                c_next[j] = sigmoid(f) * c[j] + sigmoid(i) * g.tanh();
                sigmoid(o) * c_next[j].tanh()
            })
            .collect(),
        // (11) h' = (1 - z) h + z g(v), z and v from x alone
        Cell::MinGru => (0..hidden)
            .map(|j| {
                let z = sigmoid(gates[0].input_part(j, x));
                (1.0 - z) * h[j] + z * positive(gates[1].input_part(j, x))
            })
            .collect(),
        // (12) h' = f / (f + i) h + i / (f + i) g(v)
        Cell::MinLstm => (0..hidden)
            .map(|j| {
                let [f, i] = [0, 1].map(|gate: usize| sigmoid(gates[gate].input_part(j, x)));
                let candidate = positive(gates[2].input_part(j, x));
                f / (f + i) * h[j] + i / (f + i) * candidate
            })
            .collect(),
    };
    (h_next, c_next)
}

#[test]
fn the_engine_runs_the_equations() {
    let (batch, steps) = (3, 5);
    for (name, cell) in CELLS {
        let config = config(cell, 1);
        let Body::Stack { recurrence, .. } = &config.body else {
            panic!("{name} is a stack");
        };
        let cell = recurrence.cell;
        let (hidden, inputs) = (config.body_size(), config.embedding_size);
        let params = Setup::<f64>::noisy_params(&config, VOCAB);
        let (tokens, start) = (tokens(batch * steps, VOCAB, 3), states(&config, batch));

        let mut double = Setup::<f64>::new(&config, VOCAB, batch, steps, &params);
        let mut single = Setup::<f32>::new(&config, VOCAB, batch, steps, &params);
        double.set_states(&start);
        single.set_states(&start);
        double.forward(&tokens);
        single.forward(&tokens);

        let at = layer(&double.layout, 0);
        let embedding = double.layout.range("embedding.weight");
        let part = |range: &std::ops::Range<usize>, gate: usize| {
            // A minimal cell has no recurrent weights.
            let len = range.len() / cell.gates();
            &params[range.start + gate * len..range.start + (gate + 1) * len]
        };
        let gates: Vec<Gate<'_>> = (0..cell.gates())
            .map(|g| Gate {
                w: part(&at.w_ih, g),
                u: part(&at.w_hh, g),
                b_w: part(&at.b_ih, g),
                b_u: part(&at.b_hh, g),
                inputs,
                hidden,
            })
            .collect();
        let mut expected = vec![0.0; steps * batch * hidden];
        for b in 0..batch {
            let mut h = start[0][b * hidden..(b + 1) * hidden].to_vec();
            let mut c = start.get(1).map_or(vec![0.0; hidden], |c| {
                c[b * hidden..(b + 1) * hidden].to_vec()
            });
            for t in 0..steps {
                let row = embedding.start + tokens[t * batch + b] as usize * inputs;
                (h, c) = literal_step(cell, &gates, &params[row..row + inputs], &h, &c);
                expected[(t * batch + b) * hidden..][..hidden].copy_from_slice(&h);
            }
        }
        assert_close(
            double.network.body_outputs(steps),
            &expected,
            DOUBLE_TOLERANCE,
            &format!("{name} in f64"),
        );
        assert_close(
            &wide(single.network.body_outputs(steps)),
            &expected,
            TOLERANCE,
            &format!("{name} in f32"),
        );
    }
}

#[test]
fn negating_the_update_gate_turns_one_convention_into_the_other() {
    // sigma(-a) = 1 - sigma(a). With W_hn and the biases of n zero on the recurrent side the place of the
    // reset gate does not matter, and what is left is how z weighs old and new.
    let (after, before) = (config(CELLS[2].1, 1), config(CELLS[3].1, 1));
    let mut params = Setup::<f64>::noisy_params(&after, VOCAB);
    let mut setup = Setup::<f64>::new(&after, VOCAB, 2, 3, &params);
    let (at, hidden) = (layer(&setup.layout, 0), after.body_size());
    let candidate_rows =
        |range: &std::ops::Range<usize>| range.start + range.len() / 3 * 2..range.end;
    let update_rows = |range: &std::ops::Range<usize>| {
        range.start + range.len() / 3..range.start + range.len() / 3 * 2
    };
    params[candidate_rows(&at.w_hh)].fill(0.0);
    params[candidate_rows(&at.b_hh)].fill(0.0);
    setup.params = params.clone();
    for range in [&at.w_ih, &at.w_hh, &at.b_ih, &at.b_hh] {
        params[update_rows(range)]
            .iter_mut()
            .for_each(|value| *value = -*value);
    }
    let mut negated = Setup::<f64>::new(&before, VOCAB, 2, 3, &params);
    let (tokens, start) = (tokens(6, VOCAB, 4), states(&after, 2));
    for setup in [&mut setup, &mut negated] {
        setup.set_states(&start);
        setup.forward(&tokens);
    }
    let expected = negated.network.body_outputs(3).to_vec();
    assert_eq!(expected.len(), 3 * 2 * hidden);
    assert_close(
        setup.network.body_outputs(3),
        &expected,
        DOUBLE_TOLERANCE,
        "hidden states",
    );
}
