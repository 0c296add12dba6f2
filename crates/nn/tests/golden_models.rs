//! Every kind of model against PyTorch: forward, final states, gradients and ten optimiser steps.
//! test/golden/README.md

mod common;

use common::{Setup, wide};
use mynah_kernels::real::Real;
use mynah_nn::config::{ModelConfig, ModelOptions, parse_options};
use mynah_nn::layer::output::IGNORE;
use mynah_nn::learner::{Clipping, Learner};
use mynah_nn::linear::Purpose;
use mynah_nn::network::Regularisation;
use mynah_nn::optimizer::{OptimizerConfig, OptimizerName};
use mynah_nn::params::Layout;
use mynah_testing::{Golden, assert_close};
use serde::Deserialize;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// `f64` here against `f64` there: the order of sums differs.
const TOLERANCE: f64 = 1e-10;
/// `f32` here against `f64` there after ten steps. The bound is 1e-5.
const SINGLE_TOLERANCE: f64 = 1e-5;

macro_rules! golden {
    ($($name:literal),+ $(,)?) => {
        [$(($name, Golden::read(include_bytes!(concat!(
            "../../../test/golden/pytorch-",
            $name,
            ".safetensors"
        ))))),+]
    };
}

/// The recipe of a file's ten steps, named as the options of training are.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recipe {
    optimizer: OptimizerName,
    learning_rate: f64,
    #[serde(default)]
    beta1: f64,
    #[serde(default)]
    beta2: f64,
    #[serde(default)]
    epsilon: f64,
    #[serde(default)]
    momentum: f64,
    #[serde(default)]
    weight_decay: f64,
    clip_norm: f64,
    clip_value: f64,
}

/// A golden file and what it says about its model.
struct Case<'a> {
    name: &'a str,
    golden: &'a Golden,
    config: ModelConfig,
    layout: Layout,
    vocab: usize,
    /// T, B
    sizes: [usize; 2],
}

impl<'a> Case<'a> {
    fn new(name: &'a str, golden: &'a Golden) -> Self {
        let mut options: ModelOptions = parse_options(golden.text("config")).unwrap();
        options.tie_weights.get_or_insert(false);
        let vocab = golden.shape("initial.embedding.weight")[0];
        let config = options.resolve(vocab).unwrap();
        let tokens = golden.shape("tokens");
        Self {
            name,
            golden,
            layout: Layout::new(&config, vocab).unwrap(),
            config,
            vocab,
            sizes: [tokens[1], tokens[2]],
        }
    }

    /// The parameters under a prefix of their names, as an arena.
    fn arena(&self, prefix: &str) -> Vec<f64> {
        let mut arena = vec![0.0; self.layout.len];
        for spec in &self.layout.specs {
            let name = format!("{prefix}.{}", spec.name);
            assert_eq!(
                self.golden.shape(&name),
                spec.shape,
                "{}: {name}",
                self.name
            );
            arena[spec.range.clone()].copy_from_slice(self.golden.values(&name));
        }
        arena
    }

    fn setup<T: Real>(&self, purpose: Purpose) -> Setup<T> {
        let ([steps, batch], whole) = (self.sizes, Regularisation::default());
        let params = self.arena("initial");
        let mut setup = Setup::of(
            &self.config,
            self.vocab,
            [batch, steps],
            &params,
            purpose,
            whole,
        );
        if self.golden.has("lengths") {
            setup.network.set_lengths(&self.lengths());
        }
        if self.golden.has("condition") {
            let condition = self.golden.values("condition").iter();
            let condition: Vec<T> = condition.map(|&c| T::from_f64(c)).collect();
            setup.network.set_condition(&condition);
        }
        setup
    }

    fn lengths(&self) -> Vec<usize> {
        let lengths = self.golden.symbols("lengths");
        lengths.into_iter().map(|length| length as usize).collect()
    }

    /// Whether row `row` of a window is not padding.
    fn counts(&self, row: usize) -> bool {
        let (t, b) = (row / self.sizes[1], row % self.sizes[1]);
        !self.golden.has("lengths") || t < self.lengths()[b]
    }

    /// Inputs and targets of window `w`.
    fn window(&self, w: usize) -> (Vec<u32>, Vec<u32>) {
        let size = self.sizes[0] * self.sizes[1];
        let part = |name: &str| self.golden.symbols(name)[w * size..(w + 1) * size].to_vec();
        let targets = part("targets").into_iter().enumerate();
        let targets = targets.map(|(row, target)| if self.counts(row) { target } else { IGNORE });
        (part("tokens"), targets.collect())
    }

    /// The states of all layers under these names, in the order of [`Setup::set_states`]: before the window
    /// `conv0`, `h0`, `c0`, after it `convn`, `hn`, `cn`. A convolution has three steps of inputs.
    fn states(&self, when: &str, prefix: &str) -> Vec<Vec<f64>> {
        let mut all = Vec::new();
        for k in 0..16 {
            for (state, steps) in [("conv", 3), ("h", 1), ("c", 1)] {
                let name = format!("{prefix}{state}{when}_l{k}");
                // What is cut off at the window's start has no gradient here.
                if self.golden.has(&name) && !(prefix == "grad." && state == "conv") {
                    let values = self.golden.values(&name);
                    all.extend(values.chunks(values.len() / steps).map(<[f64]>::to_vec));
                }
            }
        }
        all
    }

    fn check(&self, got: &[f64], expected: &[f64], what: &str) {
        assert_close(got, expected, TOLERANCE, &format!("{}: {what}", self.name));
    }

    /// Of a matrix of steps, the rows that are not padding.
    fn counted_rows(&self, values: &[f64]) -> Vec<f64> {
        let rows = values.chunks(values.len() / (self.sizes[0] * self.sizes[1]));
        let counted = rows.enumerate().filter(|&(row, _)| self.counts(row));
        counted.flat_map(|(_, row)| row.to_vec()).collect()
    }

    /// One window with given initial states: forward, final states and, for networks in training, gradients.
    fn check_single_window(&self, purpose: Purpose) {
        let golden = self.golden;
        let (tokens, targets) = self.window(0);
        let mut setup = self.setup::<f64>(purpose);
        let start = self.states("0", "");
        if !start.is_empty() {
            setup.set_states(&start);
        }
        let mut grads = Vec::new();
        if purpose == Purpose::Train {
            let (sum, gradient) = setup.gradient(&tokens, &targets);
            self.check(&[sum.mean()], golden.values("loss"), "loss");
            grads = gradient;
        } else {
            let loss = setup.loss(&tokens, &targets);
            self.check(&[loss], golden.values("loss"), "loss");
        }
        let logits = setup.logits(self.sizes[0]);
        let expected = golden.values("logits");
        self.check(
            &self.counted_rows(&logits),
            &self.counted_rows(expected),
            "logits",
        );
        for (k, (got, expected)) in setup
            .state_gradients()
            .iter()
            .zip(self.states("0", "grad."))
            .enumerate()
        {
            self.check(got, &expected, &format!("gradient of initial state {k}"));
        }
        setup.network.carry(self.sizes[0]);
        let (finals, expected) = (setup.states(), self.states("n", ""));
        assert_eq!(finals.len(), expected.len(), "{}: final states", self.name);
        for (k, (got, expected)) in finals.iter().zip(expected).enumerate() {
            self.check(got, &expected, &format!("final state {k}"));
        }
        if purpose == Purpose::Train {
            let expected = self.arena("grad");
            for spec in &self.layout.specs {
                let range = spec.range.clone();
                let what = format!("gradient of {}", spec.name);
                self.check(&grads[range.clone()], &expected[range], &what);
            }
        }
    }

    /// Ten windows through the [`Learner`], as training runs them; results under `prefix`.
    fn check_ten_steps<T: Real>(&self, recipe: &Recipe, prefix: &str, tolerance: f64) {
        let optimizer = OptimizerConfig {
            name: recipe.optimizer,
            beta1: recipe.beta1,
            beta2: recipe.beta2,
            epsilon: recipe.epsilon,
            momentum: recipe.momentum,
            weight_decay: recipe.weight_decay,
        };
        let clipping = Clipping {
            value: recipe.clip_value,
            norm: recipe.clip_norm,
        };
        let setup = self.setup::<T>(Purpose::Train);
        let (network, mut params) = (setup.network, setup.params);
        let mut learner =
            Learner::new(network, optimizer, clipping, &self.layout, &params).unwrap();
        let (mut losses, mut norms) = (Vec::new(), Vec::new());
        for w in 0..10 {
            let (tokens, targets) = self.window(w);
            let report = learner.step(&mut params, &tokens, &targets, recipe.learning_rate);
            assert_eq!(report.non_finite, None, "{}, step {w}", self.name);
            losses.push(report.loss.mean());
            norms.push(report.gradient_norm);
        }
        let check = |got: &[f64], name: &str| {
            let name = format!("{prefix}{name}");
            let what = format!("{}: {name} of ten steps", self.name);
            assert_close(got, self.golden.values(&name), tolerance, &what);
        };
        check(&losses, "losses");
        // Norms there are those after clipping by value, ours before any.
        if recipe.clip_value == 0.0 {
            check(&norms, "norms");
        }
        for spec in &self.layout.specs {
            let values = wide(&params[spec.range.clone()]);
            check(&values, &format!("after.{}", spec.name));
        }
    }
}

/// Whole recipes: a window with gradients, then ten steps.
fn models() -> impl IntoIterator<Item = (&'static str, Golden)> {
    golden![
        "gru-reset-before",
        "layer-norm-rnn",
        "layer-norm-gru",
        "layer-norm-gru-reset-before",
        "layer-norm-lstm",
        "lstm-7-5",
        "gru-3-layers-residual",
        "lstm-bidirectional",
        "lstm-2-layers-bidirectional",
        "min-gru",
        "min-lstm",
        "block-gru",
        "block-min-gru",
        "block-min-lstm",
        "transformer",
        "transformer-tied",
        "lstm-tied",
        "lstm-factorised",
        "lstm-initial-state",
        "lstm-condition-initial-state",
        "lstm-condition-bias",
        "lstm-condition-film",
    ]
}

#[test]
fn forward_states_and_gradients_are_pytorch_s() {
    for (name, golden) in models() {
        Case::new(name, &golden).check_single_window(Purpose::Train);
    }
}

#[test]
fn padded_rows_are_pytorch_s_packed_sequences() {
    let masked = golden![
        "masked-gru",
        "masked-lstm",
        "masked-lstm-2-layers",
        "masked-lstm-bidirectional",
    ];
    for (name, golden) in masked {
        let case = Case::new(name, &golden);
        assert!(case.lengths().iter().any(|&length| length < case.sizes[0]));
        case.check_single_window(Purpose::Train);
    }
}

#[test]
fn zoneout_s_expectation_is_pytorch_s() {
    for (name, golden) in golden!["zoneout-gru", "zoneout-lstm"] {
        Case::new(name, &golden).check_single_window(Purpose::Infer);
    }
}

#[test]
fn ten_steps_are_pytorch_s() {
    for (name, golden) in models() {
        let case = Case::new(name, &golden);
        let recipe: Recipe = serde_json::from_str(golden.text("train")).unwrap();
        case.check_ten_steps::<f64>(&recipe, "", TOLERANCE);
        case.check_ten_steps::<f32>(&recipe, "", SINGLE_TOLERANCE);
    }
}

#[test]
fn ten_steps_of_every_optimizer_are_pytorch_s() {
    let [(name, golden)] = golden!["optimizers"];
    let case = Case::new(name, &golden);
    let groups: std::collections::BTreeMap<String, Recipe> =
        serde_json::from_str(golden.text("groups")).unwrap();
    assert_eq!(groups.len(), 8);
    for (group, recipe) in groups {
        let prefix = format!("{group}.");
        case.check_ten_steps::<f64>(&recipe, &prefix, TOLERANCE);
        case.check_ten_steps::<f32>(&recipe, &prefix, SINGLE_TOLERANCE);
    }
}

#[test]
fn a_sliding_window_of_keys_is_pytorch_s() {
    for (name, golden) in golden!["transformer", "transformer-tied"] {
        let case = Case::new(name, &golden);
        let mut setup = case.setup::<f64>(Purpose::Infer);
        let windows = golden.shape("sliding.logits")[0] / case.sizes[0];
        let mut logits = Vec::new();
        for w in 0..windows {
            setup.forward(&case.window(w).0);
            logits.extend(setup.logits(case.sizes[0]));
            setup.network.carry(case.sizes[0]);
        }
        case.check(&logits, golden.values("sliding.logits"), "sliding logits");
    }
}
