//! The engine against PyTorch and Keras, in `f64`: forward pass, final states, every gradient, ten optimiser
//! steps; and in `f32` the same run.
//!
//! Made by `test/golden/pytorch.py` and `test/golden/keras3.py`; seeds and versions stand in the files.

mod common;

use common::{Setup, layer, resolve, wide};
use mynah_kernels::optimizer::AdamStep;
use mynah_kernels::real::Real;
use mynah_nn::config::ModelConfig;
use mynah_nn::learner::{Clipping, Learner};
use mynah_nn::optimizer::{OptimizerConfig, OptimizerName};
use mynah_nn::params::Layout;
use mynah_testing::keras::{self, GateMap, reorder_keras_to_torch, transpose};
use mynah_testing::{Golden, assert_close};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// `f64` here against `f64` there: the order of sums differs.
const TOLERANCE: f64 = 1e-10;
/// `f32` here against `f64` there after ten steps; PyTorch's own `f32` comes as near as 4e-7.
const SINGLE_TOLERANCE: f64 = 3e-6;
/// Keras adds epsilon before the bias correction, which moves parameters by up to 3e-5 in these runs
/// (test/golden/README.md).
const KERAS_ADAM_TOLERANCE: f64 = 5e-5;

macro_rules! golden {
    ($name:literal) => {
        Golden::read(include_bytes!(concat!(
            "../../../test/golden/",
            $name,
            ".safetensors"
        )))
    };
}

/// The parts of a file that both frameworks' files have, with its parameters in our names, layout and order.
struct Case {
    name: &'static str,
    golden: Golden,
    config: ModelConfig,
    layout: Layout,
    initial: Vec<f64>,
    gradient: Vec<f64>,
    after: Vec<f64>,
    vocab: usize,
    /// T
    steps: usize,
    /// B
    batch: usize,
}

impl Case {
    fn new(
        name: &'static str,
        golden: Golden,
        cell: &str,
        embedding: &str,
        arena: impl Fn(&Golden, &Layout, &str) -> Vec<f64>,
    ) -> Self {
        let shape = |name: &str| golden.shape(name).to_vec();
        let (hidden, tokens) = (shape("h0"), shape("tokens"));
        let vocab = shape("logits")[2];
        let config = resolve(&format!(
            r#"{cell},"hiddenSize":{},"numLayers":{},"embeddingSize":{}"#,
            hidden[2],
            hidden[0],
            shape(embedding)[1]
        ));
        let layout = Layout::new(&config, vocab).unwrap();
        let [initial, gradient, after] =
            ["initial", "grad", "after"].map(|prefix| arena(&golden, &layout, prefix));
        Self {
            name,
            golden,
            config,
            layout,
            initial,
            gradient,
            after,
            vocab,
            steps: tokens[1],
            batch: tokens[2],
        }
    }

    fn pytorch(name: &'static str, golden: Golden, cell: &str) -> Self {
        Self::new(
            name,
            golden,
            cell,
            "initial.embedding.weight",
            |golden, layout, prefix| {
                let mut arena = vec![0.0; layout.len];
                for spec in &layout.specs {
                    arena[spec.range.clone()]
                        .copy_from_slice(golden.values(&format!("{prefix}.{}", spec.name)));
                }
                arena
            },
        )
    }

    fn keras(name: &'static str, golden: Golden, cell: &str, gates: GateMap) -> Self {
        Self::new(
            name,
            golden,
            cell,
            "initial.embedding.embeddings",
            |golden, layout, prefix| {
                let get = |name: &str| golden.values(&format!("{prefix}.{name}"));
                let hidden = golden.shape("h0")[2];
                let layer = reorder_keras_to_torch(
                    get("rnn.kernel"),
                    get("rnn.recurrent_kernel"),
                    get("rnn.bias"),
                    hidden,
                    gates,
                );
                let mut arena = vec![0.0; layout.len];
                let at = common::layer(layout, 0);
                let named = |name| layout.range(name);
                for (range, values) in [
                    (
                        &named("embedding.weight"),
                        get("embedding.embeddings").to_vec(),
                    ),
                    (&at.w_ih, layer.w_ih),
                    (&at.w_hh, layer.w_hh),
                    (&at.b_ih, layer.b_ih),
                    (&at.b_hh, layer.b_hh),
                    (
                        &named("linear.weight"),
                        transpose(get("dense.kernel"), get("dense.bias").len()),
                    ),
                    (&named("linear.bias"), get("dense.bias").to_vec()),
                ] {
                    arena[range.clone()].copy_from_slice(&values);
                }
                arena
            },
        )
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
        (part("tokens"), part("targets"))
    }

    /// Whether Keras has one bias where we have two that are only ever summed.
    fn has_one_bias(&self) -> bool {
        self.initial[layer(&self.layout, 0).b_hh]
            .iter()
            .all(|&b| b == 0.0)
    }

    /// One window with given initial states: forward, final states and gradients.
    fn check_single_window(&self) {
        let (name, golden) = (self.name, &self.golden);
        let (tokens, targets) = self.window(0);
        let mut setup = self.setup::<f64>();
        setup.set_states(&self.states("h0", "c0"));
        let (sum, mut grads) = setup.gradient(&tokens, &targets);
        assert_close(
            &[sum.mean()],
            golden.values("loss"),
            TOLERANCE,
            &format!("{name}: loss"),
        );
        assert_close(
            &setup.logits(self.steps),
            golden.values("logits"),
            TOLERANCE,
            &format!("{name}: logits"),
        );
        let top = setup.network.body_outputs(self.steps).to_vec();
        assert_close(
            &top,
            golden.values("hidden"),
            TOLERANCE,
            &format!("{name}: hidden states"),
        );
        let state_gradients = setup.state_gradients();
        let expected_gradients = self.states("grad.h0", "grad.c0");
        assert_eq!(
            state_gradients.len(),
            expected_gradients.len(),
            "{name}: states"
        );
        for (k, (got, expected)) in state_gradients.iter().zip(expected_gradients).enumerate() {
            assert_close(
                got,
                &expected,
                TOLERANCE,
                &format!("{name}: gradient of initial state {k}"),
            );
        }
        setup.network.carry(self.steps);
        let finals = setup.states();
        let expected_finals = self.states("hn", "cn");
        assert_eq!(finals.len(), expected_finals.len(), "{name}: final states");
        for (k, (got, expected)) in finals.iter().zip(expected_finals).enumerate() {
            assert_close(
                got,
                &expected,
                TOLERANCE,
                &format!("{name}: final state {k}"),
            );
        }
        self.drop_second_bias(&mut grads);
        for spec in &self.layout.specs {
            let what = format!("{name}: gradient of {}", spec.name);
            assert_close(
                &grads[spec.range.clone()],
                &self.gradient[spec.range.clone()],
                TOLERANCE,
                &what,
            );
        }
    }

    /// Forgets the gradient of a bias that the framework does not have.
    fn drop_second_bias<T: Real>(&self, grads: &mut [T]) {
        if self.has_one_bias() {
            grads[layer(&self.layout, 0).b_hh].fill(T::default());
        }
    }

    fn adam(&self) -> OptimizerConfig {
        let number = |key: &str| self.golden.number(key);
        OptimizerConfig {
            name: OptimizerName::Adam,
            beta1: number("beta1"),
            beta2: number("beta2"),
            epsilon: number("epsilon"),
            momentum: 0.0,
            weight_decay: 0.0,
        }
    }

    fn clipping(&self) -> Clipping {
        Clipping {
            value: 0.0,
            norm: self.golden.number("clip_norm"),
        }
    }

    /// Ten windows through the [`Learner`], as training runs them.
    fn check_ten_steps<T: Real>(&self, tolerance: f64) {
        let mut params: Vec<T> = self.initial.iter().map(|&p| T::from_f64(p)).collect();
        let mut learner = Learner::new(
            self.setup::<T>().network,
            self.adam(),
            self.clipping(),
            &self.layout,
            &params,
        )
        .unwrap();
        let rate = self.golden.number("learning_rate");
        let (mut losses, mut norms) = (Vec::new(), Vec::new());
        for w in 0..10 {
            let (tokens, targets) = self.window(w);
            let report = learner.step(&mut params, &tokens, &targets, rate);
            losses.push(report.loss.mean());
            norms.push(report.gradient_norm);
        }
        self.check_run(&losses, &norms, &wide(&params), tolerance, tolerance);
    }

    /// Ten windows with Keras' clipping and one bias; the optimiser and the network are the engine's.
    fn check_ten_keras_steps(&self) {
        let OptimizerConfig {
            beta1,
            beta2,
            epsilon,
            ..
        } = self.adam();
        let mut setup = self.setup::<f64>();
        let len = setup.params.len();
        let (mut m, mut v) = (vec![0.0; len], vec![0.0; len]);
        let (mut losses, mut norms) = (Vec::new(), Vec::new());
        for w in 0..10 {
            let (tokens, targets) = self.window(w);
            let (sum, mut grads) = setup.gradient(&tokens, &targets);
            setup.network.carry(self.steps);
            self.drop_second_bias(&mut grads);
            let norm = f64::sum_of_squares(&grads).sqrt();
            let step = AdamStep {
                learning_rate: self.golden.number("learning_rate"),
                beta1,
                beta2,
                epsilon,
                step: w as u64 + 1,
                gradient_scale: (self.clipping().norm / norm).min(1.0),
                decay: 0.0,
            };
            f64::adam(&mut setup.params, &grads, &mut m, &mut v, &step);
            losses.push(sum.mean());
            norms.push(norm);
        }
        self.check_run(
            &losses,
            &norms,
            &setup.params,
            KERAS_ADAM_TOLERANCE,
            KERAS_ADAM_TOLERANCE,
        );
    }

    fn check_run(
        &self,
        losses: &[f64],
        norms: &[f64],
        params: &[f64],
        loss_tolerance: f64,
        tolerance: f64,
    ) {
        let name = self.name;
        assert_close(
            losses,
            self.golden.values("losses"),
            loss_tolerance,
            &format!("{name}: losses"),
        );
        assert_close(
            norms,
            self.golden.values("norms"),
            loss_tolerance,
            &format!("{name}: gradient norms"),
        );
        let clipped = norms
            .iter()
            .filter(|&&norm| norm > self.golden.number("clip_norm"))
            .count();
        assert!(
            (1..10).contains(&clipped),
            "{name}: the file shows clipping only if some steps clip and some do not"
        );
        for spec in &self.layout.specs {
            let what = format!("{name}: {} after ten steps", spec.name);
            assert_close(
                &params[spec.range.clone()],
                &self.after[spec.range.clone()],
                tolerance,
                &what,
            );
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

#[test]
fn forward_states_and_gradients_are_pytorch_s() {
    pytorch_cases().iter().for_each(Case::check_single_window);
}

#[test]
fn forward_states_and_gradients_are_keras_s() {
    keras_cases().iter().for_each(Case::check_single_window);
}

#[test]
fn ten_adam_steps_are_pytorch_s() {
    for case in pytorch_cases() {
        case.check_ten_steps::<f64>(TOLERANCE);
    }
}

#[test]
fn ten_adam_steps_in_single_precision_are_pytorch_s() {
    for case in pytorch_cases() {
        case.check_ten_steps::<f32>(SINGLE_TOLERANCE);
    }
}

#[test]
fn ten_adam_steps_are_keras_s() {
    keras_cases().iter().for_each(Case::check_ten_keras_steps);
}
