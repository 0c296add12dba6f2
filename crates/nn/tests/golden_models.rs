//! Every kind of model against PyTorch: forward, final states, gradients and ten optimiser steps.
//! test/golden/README.md

mod common;

use common::{Recipe, Setup, wide};
use mynah_kernels::real::Real;
use mynah_nn::config::{ModelConfig, ModelOptions, parse_options};
use mynah_nn::layer::output::IGNORE;
use mynah_nn::learner::Learner;
use mynah_nn::linear::Purpose;
use mynah_nn::network::Regularisation;
use mynah_nn::params::Layout;
use mynah_testing::{Golden, assert_near};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// `f64` here against `f64` there: the order of sums differs.
const TOLERANCE: f64 = 1e-10;
/// `f32` here against `f64` there, in a window and after ten steps.
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
        setup.network.set_lengths(&self.lengths(0));
        if self.golden.has("condition") {
            let condition = self.golden.values("condition").iter();
            let condition: Vec<T> = condition.map(|&c| T::from_f64(c)).collect();
            setup.network.set_condition(&condition);
        }
        setup
    }

    /// Steps of each row of window `w` that are not padding; none where all are not.
    fn lengths(&self, w: usize) -> Vec<usize> {
        if !self.golden.has("lengths") {
            return Vec::new();
        }
        let lengths = self.golden.symbols("lengths");
        let rows = lengths.chunks(self.sizes[1]).nth(w).unwrap();
        rows.iter().map(|&length| length as usize).collect()
    }

    /// Whether each row of window `w`, [T, B], is not padding.
    fn counted(&self, w: usize) -> Vec<bool> {
        let ([steps, batch], lengths) = (self.sizes, self.lengths(w));
        let counts = |row: usize| {
            let length = lengths.get(row % batch);
            length.is_none_or(|&length| row / batch < length)
        };
        (0..steps * batch).map(counts).collect()
    }

    /// Inputs and targets of window `w`.
    fn window(&self, w: usize) -> (Vec<u32>, Vec<u32>) {
        let size = self.sizes[0] * self.sizes[1];
        let part = |name: &str| self.golden.symbols(name)[w * size..(w + 1) * size].to_vec();
        let targets = part("targets").into_iter().zip(self.counted(w));
        let targets = targets.map(|(target, counts)| if counts { target } else { IGNORE });
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

    /// Of what the first window gave, [T, B, .], the rows that are not padding.
    fn counted_rows(&self, values: &[f64]) -> Vec<f64> {
        let rows = values.chunks(values.len() / (self.sizes[0] * self.sizes[1]));
        let counted = rows.zip(self.counted(0)).filter(|&(_, counts)| counts);
        counted.flat_map(|(row, _)| row.to_vec()).collect()
    }

    /// What the file calls hidden, after a forward pass; of two directions the first.
    fn check_hidden<T: Real>(&self, setup: &Setup<T>, tolerance: f64) {
        let got = wide(setup.network.body_outputs(self.sizes[0]));
        let rows = self.sizes[0] * self.sizes[1];
        let (size, expected) = (got.len() / rows, self.golden.values("hidden"));
        let expected = expected.chunks(expected.len() / rows);
        let expected: Vec<f64> = expected.flat_map(|row| row[..size].to_vec()).collect();
        let (got, expected) = (self.counted_rows(&got), self.counted_rows(&expected));
        assert_near(
            &got,
            &expected,
            tolerance,
            &format!("{}: hidden", self.name),
        );
    }

    /// One window with given initial states: forward, final states and, for networks in training, gradients.
    fn check_single_window<T: Real>(&self, purpose: Purpose, tolerance: f64) {
        let golden = self.golden;
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
        let mut setup = self.setup::<T>(purpose);
        let start = self.states("0", "");
        if !start.is_empty() {
            setup.set_states(&start);
        }
        let mut grads = Vec::new();
        let loss = if purpose == Purpose::Train {
            let (sum, gradient) = setup.gradient(&tokens, &targets);
            grads = wide(&gradient);
            sum.mean()
        } else {
            setup.loss(&tokens, &targets)
        };
        check(&[loss], golden.values("loss"), "loss");
        self.check_hidden(&setup, tolerance);
        let logits = self.counted_rows(&setup.logits(self.sizes[0]));
        let expected = self.counted_rows(golden.values("logits"));
        check(&logits, &expected, "logits");
        // Of a model that makes its initial states the file has the gradients of what they are made of: below.
        if purpose == Purpose::Train && !start.is_empty() {
            let (got, expected) = (setup.state_gradients(), self.states("0", "grad."));
            check_all(&got, &expected, "gradient of initial state");
        }
        setup.network.carry(self.sizes[0]);
        let (got, expected) = (setup.states(), self.states("n", ""));
        check_all(&got, &expected, "final state");
        if purpose == Purpose::Train {
            let expected = self.arena("grad");
            for spec in &self.layout.specs {
                let (range, what) = (spec.range.clone(), format!("gradient of {}", spec.name));
                check(&grads[range.clone()], &expected[range], &what);
            }
        }
    }

    /// Ten windows through the [`Learner`], as training runs them; results under `prefix`.
    fn check_ten_steps<T: Real>(&self, recipe: &Recipe, prefix: &str, tolerance: f64) {
        let setup = self.setup::<T>(Purpose::Train);
        let (network, mut params) = (setup.network, setup.params);
        let (optimizer, clipping) = (recipe.optimizer(), recipe.clipping());
        let mut learner =
            Learner::new(network, optimizer, clipping, &self.layout, &params).unwrap();
        let (mut losses, mut norms) = (Vec::new(), Vec::new());
        for w in 0..10 {
            let (tokens, targets) = self.window(w);
            learner.network().set_lengths(&self.lengths(w));
            let report = learner.step(&mut params, &tokens, &targets, recipe.learning_rate);
            assert_eq!(report.non_finite, None, "{}, step {w}", self.name);
            losses.push(report.loss.mean());
            norms.push(report.gradient_norm);
        }
        let check = |got: &[f64], name: &str| {
            let name = format!("{prefix}{name}");
            let what = format!("{}: {name} of ten steps", self.name);
            assert_near(got, self.golden.values(&name), tolerance, &what);
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
        let case = Case::new(name, &golden);
        case.check_single_window::<f64>(Purpose::Train, TOLERANCE);
        case.check_single_window::<f32>(Purpose::Train, SINGLE_TOLERANCE);
    }
}

/// Rows of several lengths, padded at their ends, others in each window.
fn masked_models() -> impl IntoIterator<Item = (&'static str, Golden)> {
    golden![
        "masked-gru",
        "masked-lstm",
        "masked-lstm-2-layers",
        "masked-lstm-bidirectional",
    ]
}

#[test]
fn padded_rows_are_pytorch_s_packed_sequences() {
    for (name, golden) in masked_models() {
        let case = Case::new(name, &golden);
        let lengths = case.lengths(0);
        assert!(lengths.iter().any(|&length| length < case.sizes[0]));
        case.check_single_window::<f64>(Purpose::Train, TOLERANCE);
        case.check_single_window::<f32>(Purpose::Train, SINGLE_TOLERANCE);
    }
}

#[test]
fn zoneout_s_expectation_is_pytorch_s() {
    for (name, golden) in golden!["zoneout-gru", "zoneout-lstm"] {
        let case = Case::new(name, &golden);
        case.check_single_window::<f64>(Purpose::Infer, TOLERANCE);
        case.check_single_window::<f32>(Purpose::Infer, SINGLE_TOLERANCE);
    }
}

#[test]
fn ten_steps_are_pytorch_s() {
    for (name, golden) in models().into_iter().chain(masked_models()) {
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
    assert_eq!(groups.len(), 9);
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
        let expected = golden.values("sliding.logits");
        assert_near(&logits, expected, TOLERANCE, &format!("{name}: sliding"));
    }
}
