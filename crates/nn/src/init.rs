//! Initial weights. docs/maths.md (8).

use crate::config::Initialization;
use crate::params::{Layout, ParamSpec};
use crate::rng::Pcg32;
use mynah_kernels::real::Real;

/// What a parameter starts from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// Zero: biases of blocks, trained initial states.
    Zeros,
    /// One: the gains of normalisation.
    Ones,
    /// Normal with this standard deviation: embeddings, and the matrices of blocks.
    Normal(f32),
    /// A cell's matrix of so many gates over one another, each [H, D]: Xavier uniform per gate, +-sqrt(6 / (H + D)).
    Xavier {
        /// G
        gates: usize,
    },
    /// A matrix [outputs, inputs] that belongs to no cell: Xavier uniform, +-sqrt(6 / (outputs + inputs)).
    Linear,
    /// So many square gates over one another, each orthogonal.
    Orthogonal {
        /// G
        gates: usize,
    },
    /// The bias of an output layer: zero.
    Bias {
        /// Columns of its matrix.
        inputs: usize,
    },
    /// A bias [G H]: zero, but for one gate.
    GateBias {
        /// G
        gates: usize,
        /// The gate that decides how much a new cell remembers, and its first value.
        memory: Option<(usize, f32)>,
    },
}

/// Fills an arena with initial values, the same for the same seed.
pub fn initialize<T: Real>(params: &mut [T], layout: &Layout, kind: Initialization, seed: u64) {
    let mut rng = Pcg32::new(seed);
    for spec in &layout.specs {
        let values = &mut params[spec.range.clone()];
        match kind {
            Initialization::Orthogonal => fill(values, spec, &mut rng),
            Initialization::Uniform => fill_uniform(values, spec, &mut rng),
        }
    }
}

fn fill<T: Real>(values: &mut [T], spec: &ParamSpec, rng: &mut Pcg32) {
    match spec.init {
        Init::Zeros | Init::Bias { .. } => values.fill(T::default()),
        Init::Ones => values.fill(T::from_f64(1.0)),
        Init::Normal(deviation) => fill_with(values, || rng.normal() * deviation),
        Init::Xavier { gates } => fill_xavier(values, spec, gates, rng),
        Init::Linear => fill_xavier(values, spec, 1, rng),
        Init::Orthogonal { gates } => {
            let size = spec.shape[1];
            for gate in values.chunks_exact_mut(size * size).take(gates) {
                fill_orthogonal(gate, size, rng);
            }
        }
        Init::GateBias { gates, memory } => {
            values.fill(T::default());
            set_memory(values, gates, memory);
        }
    }
}

fn fill_xavier<T: Real>(values: &mut [T], spec: &ParamSpec, gates: usize, rng: &mut Pcg32) {
    let (rows, columns) = (spec.shape[0] / gates, spec.shape[1]);
    let limit = (6.0 / (rows + columns) as f32).sqrt();
    fill_with(values, || rng.symmetric(limit));
}

/// PyTorch's defaults, weights and biases: uniform in +-1/sqrt(H), H the hidden units of a cell and the inputs of
/// any other layer.
fn fill_uniform<T: Real>(values: &mut [T], spec: &ParamSpec, rng: &mut Pcg32) {
    let hidden = match spec.init {
        Init::Xavier { gates } | Init::GateBias { gates, .. } => spec.shape[0] / gates,
        Init::Linear | Init::Orthogonal { .. } => spec.shape[1],
        Init::Bias { inputs } => inputs,
        _ => return fill(values, spec, rng),
    };
    let limit = 1.0 / (hidden as f32).sqrt();
    fill_with(values, || rng.symmetric(limit));
}

fn fill_with<T: Real>(values: &mut [T], mut draw: impl FnMut() -> f32) {
    for value in values {
        *value = T::from_f64(draw().into());
    }
}

fn set_memory<T: Real>(bias: &mut [T], gates: usize, memory: Option<(usize, f32)>) {
    if let Some((gate, value)) = memory {
        let hidden = bias.len() / gates;
        bias[gate * hidden..(gate + 1) * hidden].fill(T::from_f64(value.into()));
    }
}

/// Rows of independent normal values, made orthonormal one after the other (modified Gram-Schmidt, in `f64`
/// and twice, which is enough to be orthogonal to the last digits: Giraud et al. 2005). The result is uniform
/// over all orthogonal matrices.
fn fill_orthogonal<T: Real>(values: &mut [T], size: usize, rng: &mut Pcg32) {
    let mut rows: Vec<Vec<f64>> = Vec::with_capacity(size);
    for target in values.chunks_exact_mut(size) {
        let mut row: Vec<f64> = (0..size).map(|_| f64::from(rng.normal())).collect();
        for _ in 0..2 {
            for earlier in &rows {
                let along: f64 = row.iter().zip(earlier).map(|(x, y)| x * y).sum();
                row.iter_mut()
                    .zip(earlier)
                    .for_each(|(x, y)| *x -= along * y);
            }
        }
        let length = row.iter().map(|x| x * x).sum::<f64>().sqrt();
        row.iter_mut().for_each(|x| *x /= length);
        for (to, &from) in target.iter_mut().zip(&row) {
            *to = T::from_f64(from);
        }
        rows.push(row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn spec(shape: &[usize], init: Init) -> ParamSpec {
        ParamSpec {
            name: "weight".into(),
            shape: shape.to_vec(),
            range: 0..shape.iter().product(),
            init,
        }
    }

    fn filled(shape: &[usize], init: Init, kind: Initialization) -> Vec<f64> {
        let spec = spec(shape, init);
        let len = spec.range.len();
        let layout = Layout {
            specs: vec![spec],
            len,
        };
        let mut values = vec![f64::NAN; len];
        initialize(&mut values, &layout, kind, 3);
        values
    }

    #[test]
    fn every_gate_s_recurrent_weights_are_orthogonal_and_the_gates_differ() {
        let (gates, size) = (3, 37);
        let init = Init::Orthogonal { gates };
        let values = filled(&[gates * size, size], init, Initialization::Orthogonal);
        for gate in values.chunks_exact(size * size) {
            let row = |i: usize| &gate[i * size..(i + 1) * size];
            for i in 0..size {
                for j in 0..size {
                    let product: f64 = row(i).iter().zip(row(j)).map(|(x, y)| x * y).sum();
                    assert!(
                        (product - f64::from(i == j)).abs() < 1e-12,
                        "rows {i}, {j}: {product}"
                    );
                }
            }
        }
        assert_ne!(values[..size * size], values[size * size..2 * size * size]);
    }

    #[test]
    fn limits_and_biases_are_those_of_each_kind() {
        let largest = |values: &[f64]| values.iter().fold(0.0, |most: f64, v| most.max(v.abs()));
        let both = |shape: &[usize], init| {
            [Initialization::Orthogonal, Initialization::Uniform]
                .map(|kind| filled(shape, init, kind))
        };
        let [xavier, uniform] = both(&[300, 50], Init::Xavier { gates: 3 });
        for (values, limit) in [(xavier, 0.2), (uniform, 0.1)] {
            assert!((0.97 * limit..=limit).contains(&largest(&values)));
        }
        // Of one gate 100 units: what a cell reads does not count, what any other layer reads does.
        let [_, cell] = both(&[100, 25], Init::Xavier { gates: 1 });
        let [xavier, linear] = both(&[100, 25], Init::Linear);
        for (values, limit) in [(cell, 0.1), (xavier, 0.219), (linear, 0.2)] {
            assert!((0.97 * limit..=1.001 * limit).contains(&largest(&values)));
        }
        let memory = Some((1, 1.0));
        let [zero, uniform] = both(&[300], Init::GateBias { gates: 3, memory });
        assert!(zero[..100].iter().chain(&zero[200..]).all(|&b| b == 0.0));
        assert!(zero[100..200].iter().all(|&b| b == 1.0));
        assert!((0.09..=0.1).contains(&largest(&uniform)));
        let [normal, same] = both(&[40, 40], Init::Normal(0.5));
        assert_eq!(normal, same);
        let deviation = (normal.iter().map(|v| v * v).sum::<f64>() / 1600.0).sqrt();
        assert!((deviation - 0.5).abs() < 0.03, "{deviation}");
    }
}
