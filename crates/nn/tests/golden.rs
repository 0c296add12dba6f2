//! The engine against PyTorch and Keras, in `f64` and in `f32`: forward pass, final states, every gradient, ten
//! optimiser steps; and Keras' masks.
//!
//! Made by `test/golden/pytorch.py`, `test/golden/keras3.py` and `test/golden/keras_masked.py`; seeds and versions
//! stand in the files.

mod common;

use common::{Recipe, Setup, layer, resolve, wide};
use mynah_kernels::optimizer::AdamStep;
use mynah_kernels::real::Real;
use mynah_nn::config::ModelConfig;
use mynah_nn::layer::WindowSizes;
use mynah_nn::layer::output::{IGNORE, OutputLayer};
use mynah_nn::learner::Learner;
use mynah_nn::linear::Purpose;
use mynah_nn::optimizer::OptimizerName;
use mynah_nn::params::Layout;
use mynah_testing::keras::{self, GateMap, reorder_keras_to_torch, transpose};
use mynah_testing::{Golden, assert_near};
use serde::Deserialize;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// `f64` here against `f64` there: the order of sums differs.
const TOLERANCE: f64 = 1e-10;
/// `f32` here against `f64` there. Of the ten steps of PyTorch's files its own `f32` comes as near as 4e-7.
const SINGLE_TOLERANCE: f64 = 3e-6;
/// Ours against Keras' optimisers, whose clipping divides by the norm alone and not by 1e-6 more, as ours and PyTorch's.
const KERAS_TOLERANCE: f64 = 1e-5;

macro_rules! golden {
    ($name:literal) => {
        Golden::read(include_bytes!(concat!(
            "../../../test/golden/",
            $name,
            ".safetensors"
        )))
    };
}

/// A golden file, and the model that it is of.
struct Case {
    name: &'static str,
    golden: Golden,
    /// Keras' gates; none of a PyTorch file.
    gates: Option<GateMap>,
    config: ModelConfig,
    layout: Layout,
    initial: Vec<f64>,
    vocab: usize,
    /// T
    steps: usize,
    /// B
    batch: usize,
}

impl Case {
    fn new(name: &'static str, golden: Golden, cell: &str, gates: Option<GateMap>) -> Self {
        let shape = |name: &str| golden.shape(name).to_vec();
        let (layers, hidden, embedding) = match gates {
            None => (
                shape("h0")[0],
                shape("h0")[2],
                shape("initial.embedding.weight"),
            ),
            Some(_) => (
                1,
                shape("initial.rnn.recurrent_kernel")[0],
                shape("initial.embedding.embeddings"),
            ),
        };
        let config = resolve(&format!(
            r#"{cell},"hiddenSize":{hidden},"numLayers":{layers},"embeddingSize":{}"#,
            embedding[1]
        ));
        let (tokens, vocab) = (shape("tokens"), embedding[0]);
        let mut case = Self {
            name,
            golden,
            gates,
            layout: Layout::new(&config, vocab).unwrap(),
            config,
            initial: Vec::new(),
            vocab,
            steps: tokens[1],
            batch: tokens[2],
        };
        case.initial = case.arena("initial");
        case
    }

    fn pytorch(name: &'static str, golden: Golden, cell: &str) -> Self {
        Self::new(name, golden, cell, None)
    }

    fn keras(name: &'static str, golden: Golden, cell: &str, gates: GateMap) -> Self {
        Self::new(name, golden, cell, Some(gates))
    }

    /// The tensors under a prefix of the parameters' names, in our names, layout and order.
    fn arena(&self, prefix: &str) -> Vec<f64> {
        let get = |name: &str| self.golden.values(&format!("{prefix}.{name}"));
        let mut arena = vec![0.0; self.layout.len];
        let Some(gates) = self.gates else {
            for spec in &self.layout.specs {
                arena[spec.range.clone()].copy_from_slice(get(&spec.name));
            }
            return arena;
        };
        let recurrent = reorder_keras_to_torch(
            get("rnn.kernel"),
            get("rnn.recurrent_kernel"),
            get("rnn.bias"),
            self.config.body_size(),
            gates,
        );
        let at = layer(&self.layout, 0);
        let named = |name| self.layout.range(name);
        let dense = transpose(get("dense.kernel"), get("dense.bias").len());
        for (range, values) in [
            (named("embedding.weight"), get("embedding.embeddings")),
            (at.w_ih, &recurrent.w_ih),
            (at.w_hh, &recurrent.w_hh),
            (at.b_ih, &recurrent.b_ih),
            (at.b_hh, &recurrent.b_hh),
            (named("linear.weight"), &dense),
            (named("linear.bias"), get("dense.bias")),
        ] {
            arena[range].copy_from_slice(values);
        }
        arena
    }

    fn setup<T: Real>(&self) -> Setup<T> {
        Setup::new(
            &self.config,
            self.vocab,
            self.batch,
            self.steps,
            &self.initial,
        )
    }

    /// Steps of each row of window `w` that are not padding; none where all are not.
    fn lengths(&self, w: usize) -> Vec<usize> {
        if !self.golden.has("lengths") {
            return Vec::new();
        }
        let lengths = self.golden.symbols("lengths");
        let rows = lengths.chunks(self.batch).nth(w).unwrap();
        rows.iter().map(|&length| length as usize).collect()
    }

    /// Whether each row of window `w`, [T, B], is not padding.
    fn counted(&self, w: usize) -> Vec<bool> {
        let (batch, lengths) = (self.batch, self.lengths(w));
        let counts = |row: usize| {
            let length = lengths.get(row % batch);
            length.is_none_or(|&length| row / batch < length)
        };
        (0..self.steps * batch).map(counts).collect()
    }

    /// Of what the first window gave, [T, B, .], the rows that are not padding.
    fn counted_rows(&self, values: &[f64]) -> Vec<f64> {
        let rows = values.chunks(values.len() / (self.steps * self.batch));
        let counted = rows.zip(self.counted(0)).filter(|&(_, counts)| counts);
        counted.flat_map(|(row, _)| row.to_vec()).collect()
    }

    /// Initial states per layer, in the order of [`Setup::set_states`].
    fn states(&self, h: &str, c: &str) -> Vec<Vec<f64>> {
        let size = self.batch * self.config.body_size();
        let layer =
            |name: &str, k: usize| self.golden.values(name)[k * size..(k + 1) * size].to_vec();
        (0..self.golden.shape(h)[0])
            .flat_map(|k| {
                let memory = self.golden.has(c).then(|| layer(c, k));
                [Some(layer(h, k)), memory].into_iter().flatten()
            })
            .collect()
    }

    /// Inputs and targets of window `w`.
    fn window(&self, w: usize) -> (Vec<u32>, Vec<u32>) {
        let size = self.steps * self.batch;
        let part = |name: &str| self.golden.symbols(name)[w * size..(w + 1) * size].to_vec();
        let targets = part("targets").into_iter().zip(self.counted(w));
        let targets = targets.map(|(target, counts)| if counts { target } else { IGNORE });
        (part("tokens"), targets.collect())
    }

    /// Whether Keras has one bias where we have two that are only ever summed.
    fn has_one_bias(&self) -> bool {
        self.initial[layer(&self.layout, 0).b_hh]
            .iter()
            .all(|&b| b == 0.0)
    }

    /// One window with given initial states: forward, final states and gradients.
    fn check_single_window<T: Real>(&self, tolerance: f64) {
        let check = |got: &[f64], expected: &[f64], what: &str| {
            assert_near(got, expected, tolerance, &format!("{}: {what}", self.name));
        };
        let check_all = |got: &[Vec<f64>], expected: &[Vec<f64>], what: &str| {
            assert_eq!(got.len(), expected.len(), "{}: {what}s", self.name);
            for (k, (got, expected)) in got.iter().zip(expected).enumerate() {
                check(got, expected, &format!("{what} {k}"));
            }
        };
        let (tokens, targets) = self.window(0);
        let mut setup = self.setup::<T>();
        setup.set_states(&self.states("h0", "c0"));
        setup.network.set_lengths(&self.lengths(0));
        let (sum, mut grads) = setup.gradient(&tokens, &targets);
        check(&[sum.mean()], self.golden.values("loss"), "loss");
        let logits = setup.logits(self.steps);
        let hidden = wide(setup.network.body_outputs(self.steps));
        for (got, name) in [(logits, "logits"), (hidden, "hidden")] {
            let expected = self.counted_rows(self.golden.values(name));
            check(&self.counted_rows(&got), &expected, name);
        }
        let expected = self.states("grad.h0", "grad.c0");
        let what = "gradient of initial state";
        check_all(&setup.state_gradients(), &expected, what);
        setup.network.carry(self.steps);
        check_all(&setup.states(), &self.states("hn", "cn"), "final state");
        self.drop_second_bias(&mut grads);
        let (grads, expected) = (wide(&grads), self.arena("grad"));
        for spec in &self.layout.specs {
            let (range, what) = (spec.range.clone(), format!("gradient of {}", spec.name));
            check(&grads[range.clone()], &expected[range], &what);
        }
    }

    /// Forgets the gradient of a bias that the framework does not have.
    fn drop_second_bias<T: Real>(&self, grads: &mut [T]) {
        if self.has_one_bias() {
            grads[layer(&self.layout, 0).b_hh].fill(T::default());
        }
    }

    /// The recipe of all files without another one.
    fn adam(&self) -> Recipe {
        let number = |key: &str| self.golden.number(key);
        Recipe {
            optimizer: OptimizerName::Adam,
            learning_rate: number("learning_rate"),
            beta1: number("beta1"),
            beta2: number("beta2"),
            epsilon: number("epsilon"),
            momentum: 0.0,
            weight_decay: 0.0,
            clip_norm: number("clip_norm"),
            clip_value: 0.0,
        }
    }

    /// Ten windows through the [`Learner`], as training runs them; results under `prefix`.
    fn check_ten_steps<T: Real>(&self, recipe: &Recipe, prefix: &str, tolerance: f64) {
        let mut params: Vec<T> = self.initial.iter().map(|&p| T::from_f64(p)).collect();
        let mut learner = Learner::new(
            self.setup::<T>().network,
            recipe.optimizer(),
            recipe.clipping(),
            &self.layout,
            &params,
        )
        .unwrap();
        let (mut losses, mut norms) = (Vec::new(), Vec::new());
        for w in 0..10 {
            let (tokens, targets) = self.window(w);
            let report = learner.step(&mut params, &tokens, &targets, recipe.learning_rate);
            losses.push(report.loss.mean());
            norms.push(report.gradient_norm);
        }
        self.check_run(recipe, prefix, &losses, &norms, &wide(&params), tolerance);
    }

    /// Ten windows with Keras' clipping, epsilon and one bias; the optimiser and the network are the engine's.
    fn check_ten_keras_steps<T: Real>(&self, tolerance: f64) {
        let recipe = self.adam();
        let mut setup = self.setup::<T>();
        let len = setup.params.len();
        let (mut m, mut v) = (vec![T::default(); len], vec![T::default(); len]);
        let (mut losses, mut norms) = (Vec::new(), Vec::new());
        for w in 0..10 {
            let (tokens, targets) = self.window(w);
            setup.network.set_lengths(&self.lengths(w));
            let (sum, mut grads) = setup.gradient(&tokens, &targets);
            setup.network.carry(self.steps);
            self.drop_second_bias(&mut grads);
            let norm = T::sum_of_squares(&grads).sqrt();
            let step = AdamStep {
                learning_rate: recipe.learning_rate,
                beta1: recipe.beta1,
                beta2: recipe.beta2,
                // Keras adds it to sqrt(v) before the bias correction.
                epsilon: recipe.epsilon / (1.0 - recipe.beta2.powi(w as i32 + 1)).sqrt(),
                step: w as u64 + 1,
                gradient_scale: (recipe.clip_norm / norm).min(1.0),
                decay: 0.0,
            };
            T::adam(&mut setup.params, &grads, &mut m, &mut v, &step);
            losses.push(sum.mean());
            norms.push(norm);
        }
        let params = wide(&setup.params);
        self.check_run(&recipe, "", &losses, &norms, &params, tolerance);
    }

    fn check_run(
        &self,
        recipe: &Recipe,
        prefix: &str,
        losses: &[f64],
        norms: &[f64],
        params: &[f64],
        tolerance: f64,
    ) {
        let check = |got: &[f64], name: &str| {
            let (name, what) = (format!("{prefix}{name}"), self.name);
            let expected = self.golden.values(&name);
            assert_near(got, expected, tolerance, &format!("{what}: {name}"));
        };
        check(losses, "losses");
        // Norms there are those after clipping by value, ours before any.
        if recipe.clip_value == 0.0 {
            check(norms, "norms");
            let clipped = norms.iter().filter(|&&norm| norm > recipe.clip_norm);
            assert!(
                (1..10).contains(&clipped.count()),
                "{}: the file shows clipping only if some steps clip and some do not",
                self.name
            );
        }
        let after = self.arena(&format!("{prefix}after"));
        for spec in &self.layout.specs {
            let range = spec.range.clone();
            let what = format!("{}: {prefix}{} after ten steps", self.name, spec.name);
            assert_near(&params[range.clone()], &after[range], tolerance, &what);
        }
    }
}

fn pytorch_cases() -> [Case; 6] {
    let gru = r#""cell":"gru""#;
    [
        Case::pytorch("rnn tanh", golden!("pytorch-rnn-tanh"), r#""cell":"rnn""#),
        Case::pytorch(
            "rnn relu",
            golden!("pytorch-rnn-relu"),
            r#""cell":"rnn","activation":"relu""#,
        ),
        Case::pytorch("gru", golden!("pytorch-gru"), gru),
        Case::pytorch("gru, 2 layers", golden!("pytorch-gru-2-layers"), gru),
        Case::pytorch("lstm", golden!("pytorch-lstm"), r#""cell":"lstm""#),
        Case::pytorch(
            "lstm, 2 layers",
            golden!("pytorch-lstm-2-layers"),
            r#""cell":"lstm""#,
        ),
    ]
}

fn keras_cases() -> [Case; 4] {
    let (after, before) = (r#""cell":"gru""#, r#""cell":"gru","resetAfter":false"#);
    [
        Case::keras(
            "SimpleRNN",
            golden!("keras-simple-rnn"),
            r#""cell":"rnn""#,
            keras::SIMPLE_RNN,
        ),
        Case::keras(
            "GRU, reset after",
            golden!("keras-gru-reset-after"),
            after,
            keras::GRU_RESET_AFTER,
        ),
        Case::keras(
            "GRU, reset before",
            golden!("keras-gru-reset-before"),
            before,
            keras::GRU_RESET_BEFORE,
        ),
        Case::keras(
            "LSTM",
            golden!("keras-lstm"),
            r#""cell":"lstm""#,
            keras::LSTM,
        ),
    ]
}

/// Rows of several lengths, padded at their ends.
fn keras_masked_cases() -> [Case; 2] {
    [
        Case::keras(
            "LSTM, masked",
            golden!("keras-masked-lstm"),
            r#""cell":"lstm""#,
            keras::LSTM,
        ),
        Case::keras(
            "GRU, masked",
            golden!("keras-masked-gru-reset-after"),
            r#""cell":"gru""#,
            keras::GRU_RESET_AFTER,
        ),
    ]
}

#[test]
fn forward_states_and_gradients_are_pytorch_s() {
    for case in pytorch_cases() {
        case.check_single_window::<f64>(TOLERANCE);
        case.check_single_window::<f32>(SINGLE_TOLERANCE);
    }
}

#[test]
fn forward_states_and_gradients_are_keras_s() {
    for case in keras_cases() {
        case.check_single_window::<f64>(TOLERANCE);
        case.check_single_window::<f32>(SINGLE_TOLERANCE);
    }
}

#[test]
fn padded_rows_are_keras_s_masks() {
    for case in keras_masked_cases() {
        assert!(case.lengths(0).iter().any(|&length| length < case.steps));
        case.check_single_window::<f64>(TOLERANCE);
        case.check_single_window::<f32>(SINGLE_TOLERANCE);
    }
}

#[test]
fn ten_adam_steps_are_pytorch_s() {
    for case in pytorch_cases() {
        case.check_ten_steps::<f64>(&case.adam(), "", TOLERANCE);
    }
}

#[test]
fn ten_adam_steps_in_single_precision_are_pytorch_s() {
    for case in pytorch_cases() {
        case.check_ten_steps::<f32>(&case.adam(), "", SINGLE_TOLERANCE);
    }
}

#[test]
fn ten_adam_steps_are_keras_s() {
    for case in keras_cases().into_iter().chain(keras_masked_cases()) {
        case.check_ten_keras_steps::<f64>(TOLERANCE);
        case.check_ten_keras_steps::<f32>(SINGLE_TOLERANCE);
    }
}

#[test]
fn ten_steps_of_every_optimizer_are_keras_s() {
    let gates = keras::GRU_RESET_AFTER;
    let golden = golden!("keras-optimizers");
    let groups: std::collections::BTreeMap<String, Recipe> =
        serde_json::from_str(golden.text("groups")).unwrap();
    let case = Case::keras("optimizers", golden, r#""cell":"gru""#, gates);
    assert_eq!(groups.len(), 7);
    for (group, recipe) in groups {
        let prefix = format!("{group}.");
        case.check_ten_steps::<f64>(&recipe, &prefix, KERAS_TOLERANCE);
        case.check_ten_steps::<f32>(&recipe, &prefix, KERAS_TOLERANCE);
    }
}

/// `test/golden/keras-sequences.json`, as far as it is about losses.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sequences {
    cross_entropy: Vec<CrossEntropy>,
}

/// Keras' mean losses of one set of logits, in nats.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CrossEntropy {
    /// [N, V]
    logits: Vec<Vec<f64>>,
    /// \[N\]
    labels: Vec<u32>,
    /// [N, V]
    one_hot: Vec<Vec<f64>>,
    categorical_cross_entropy: f64,
    sparse_categorical_cross_entropy: f64,
}

impl CrossEntropy {
    /// The engine's losses of integer targets, and of each class weighted as the one-hot targets have it.
    fn check<T: Real>(&self, tolerance: f64) {
        let (rows, vocab) = (self.logits.len(), self.logits[0].len());
        let sizes = WindowSizes {
            batch: 1,
            seq_len: rows,
            purpose: Purpose::Infer,
        };
        // Weights of one and no bias: the logits are what the layer reads.
        let mut params = vec![T::default(); vocab * vocab + vocab];
        for j in 0..vocab {
            params[j * vocab + j] = T::from_f64(1.0);
        }
        let (weight, bias) = (0..vocab * vocab, vocab * vocab..params.len());
        let mut output = OutputLayer::new(weight, bias, vocab, sizes).unwrap();
        output.load(&params);
        let h: Vec<T> = self
            .logits
            .iter()
            .flatten()
            .map(|&x| T::from_f64(x))
            .collect();
        let sparse = output.loss(&params, &h, &self.labels).mean();
        let mut categorical = 0.0;
        for (h, one_hot) in h.chunks(vocab).zip(&self.one_hot) {
            for (j, share) in one_hot.iter().enumerate() {
                categorical += share * output.loss(&params, h, &[j as u32]).loss / rows as f64;
            }
        }
        for (got, expected, what) in [
            (sparse, self.sparse_categorical_cross_entropy, "sparse"),
            (categorical, self.categorical_cross_entropy, "categorical"),
            (sparse, categorical, "sparse and categorical"),
        ] {
            assert_near(&[got], &[expected], tolerance, what);
        }
    }
}

#[test]
fn cross_entropy_is_keras_s_of_integers_and_of_one_hot_vectors() {
    let file = include_str!("../../../test/golden/keras-sequences.json");
    let Sequences { cross_entropy } = serde_json::from_str(file).unwrap();
    assert!(!cross_entropy.is_empty());
    for case in cross_entropy {
        case.check::<f64>(TOLERANCE);
        case.check::<f32>(SINGLE_TOLERANCE);
    }
}
