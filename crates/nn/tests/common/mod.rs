//! A network with its parameters, for tests that look inside.
#![allow(dead_code, reason = "each test file uses its own part")]

use mynah_kernels::real::Real;
use mynah_nn::config::{ModelConfig, ModelOptions, parse_options};
use mynah_nn::json;
use mynah_nn::layer::cell::{LayerName, LayerParams};
use mynah_nn::layer::output::LossSum;
use mynah_nn::learner::Clipping;
use mynah_nn::linear::Purpose;
use mynah_nn::network::{Network, Regularisation};
use mynah_nn::optimizer::{OptimizerConfig, OptimizerName};
use mynah_nn::params::Layout;
use mynah_nn::rng::Pcg32;
use mynah_testing::noise_f64;
use serde::Deserialize;

/// Every cell as options write it, with a name for messages.
pub const CELLS: [(&str, &str); 7] = [
    ("rnn tanh", r#""cell":"rnn""#),
    ("rnn relu", r#""cell":"rnn","activation":"relu""#),
    ("gru reset after", r#""cell":"gru""#),
    ("gru reset before", r#""cell":"gru","resetAfter":false"#),
    ("lstm", r#""cell":"lstm""#),
    ("minGRU", r#""cell":"min-gru""#),
    ("minLSTM", r#""cell":"min-lstm""#),
];

/// The configuration that options, without the outer braces, stand for. Weights are untied where they do not
/// say otherwise.
pub fn resolve(options: &str) -> ModelConfig {
    let mut options: ModelOptions = parse_options(&format!("{{{options}}}")).unwrap();
    options.tie_weights.get_or_insert(false);
    options.resolve(2).unwrap()
}

/// Sizes that are no multiple of a lane group or panel.
pub fn config(cell: &str, num_layers: usize) -> ModelConfig {
    resolve(&format!(
        r#"{cell},"hiddenSize":7,"numLayers":{num_layers},"embeddingSize":5"#
    ))
}

/// Where layer `k` of a stack lies.
pub fn layer(layout: &Layout, k: usize) -> LayerParams {
    LayerParams::find(layout, &LayerName::of_stack(k, false))
}

/// How a golden file's ten steps were made, named as the options of training are.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recipe {
    #[serde(deserialize_with = "optimizer_name")]
    pub optimizer: OptimizerName,
    pub learning_rate: f64,
    #[serde(default)]
    pub beta1: f64,
    #[serde(default)]
    pub beta2: f64,
    #[serde(default)]
    pub epsilon: f64,
    #[serde(default)]
    pub momentum: f64,
    #[serde(default)]
    pub weight_decay: f64,
    pub clip_norm: f64,
    pub clip_value: f64,
}

fn optimizer_name<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<OptimizerName, D::Error> {
    let name = String::deserialize(deserializer)?;
    json::parse(&json::to_json(&name)).map_err(serde::de::Error::custom)
}

impl Recipe {
    pub fn optimizer(&self) -> OptimizerConfig {
        OptimizerConfig {
            name: self.optimizer,
            beta1: self.beta1,
            beta2: self.beta2,
            epsilon: self.epsilon,
            momentum: self.momentum,
            weight_decay: self.weight_decay,
        }
    }

    pub fn clipping(&self) -> Clipping {
        Clipping {
            value: self.clip_value,
            norm: self.clip_norm,
        }
    }
}

/// A network for `batch` sequences of `steps` steps over `vocab` symbols.
pub struct Setup<T> {
    pub layout: Layout,
    pub params: Vec<T>,
    pub network: Network<T>,
    pub batch: usize,
}

impl<T: Real> Setup<T> {
    /// Parameters as given, in `f64`; made for training.
    pub fn new(
        config: &ModelConfig,
        vocab: usize,
        batch: usize,
        steps: usize,
        params: &[f64],
    ) -> Self {
        Self::of(
            config,
            vocab,
            [batch, steps],
            params,
            Purpose::Train,
            Regularisation::default(),
        )
    }

    pub fn of(
        config: &ModelConfig,
        vocab: usize,
        [batch, steps]: [usize; 2],
        params: &[f64],
        purpose: Purpose,
        regularisation: Regularisation,
    ) -> Self {
        let layout = Layout::new(config, vocab).unwrap();
        let mut network = Network::new(
            config,
            &layout,
            vocab,
            batch,
            steps,
            purpose,
            regularisation,
        )
        .unwrap();
        network.draw_masks(&mut Pcg32::new(8));
        if let Some(condition) = config.condition() {
            let values = noise_f64(batch * condition.size, 21);
            let values: Vec<T> = values.into_iter().map(T::from_f64).collect();
            network.set_condition(&values);
        }
        Self {
            layout,
            params: params.iter().map(|&p| T::from_f64(p)).collect(),
            network,
            batch,
        }
    }

    /// Repeatable parameters in [-0.7, 0.7): large enough that no gate is linear.
    pub fn noisy_params(config: &ModelConfig, vocab: usize) -> Vec<f64> {
        let len = Layout::new(config, vocab).unwrap().len;
        noise_f64(len, 11).into_iter().map(|v| 0.7 * v).collect()
    }

    /// Sets the states that sequences go on from: per layer h, then the second state, where there is one.
    pub fn set_states(&mut self, states: &[Vec<f64>]) {
        let mut states = states.iter();
        let batch = self.batch;
        self.network.states(&mut |slice| {
            if slice.len() == batch {
                // Nobody starts anew: that would overwrite the states.
                return slice.fill(T::default());
            }
            for (to, &from) in slice.iter_mut().zip(states.next().unwrap()) {
                *to = T::from_f64(from);
            }
        });
    }

    /// What [`set_states`](Self::set_states) takes.
    pub fn states(&mut self) -> Vec<Vec<f64>> {
        let (mut all, batch) = (Vec::new(), self.batch);
        self.network.states(&mut |slice| {
            if slice.len() != batch {
                all.push(wide(slice));
            }
        });
        all
    }

    /// Forward over a window; the state is not carried.
    pub fn forward(&mut self, tokens: &[u32]) {
        self.forward_with(tokens, tokens);
    }

    /// As [`forward`](Self::forward), with the targets, which a bidirectional model reads.
    pub fn forward_with(&mut self, tokens: &[u32], targets: &[u32]) {
        self.network.load(&self.params);
        self.network.forward(&self.params, tokens, targets);
    }

    pub fn loss(&mut self, tokens: &[u32], targets: &[u32]) -> f64 {
        self.forward_with(tokens, targets);
        self.network.loss(&self.params, targets).mean()
    }

    /// Forward and backward: loss and the gradient of every parameter.
    pub fn gradient(&mut self, tokens: &[u32], targets: &[u32]) -> (LossSum, Vec<T>) {
        self.forward_with(tokens, targets);
        let mut grads = vec![T::default(); self.layout.len];
        let sum = self
            .network
            .backward(&mut grads, &self.params, tokens, targets);
        (sum, grads)
    }

    /// Gradients of the initial states in the order of [`set_states`](Self::set_states).
    pub fn state_gradients(&mut self) -> Vec<Vec<f64>> {
        let mut all = Vec::new();
        self.network.state_gradients(&mut |d| all.push(wide(d)));
        all
    }

    /// Logits of every step, [steps, B, V].
    pub fn logits(&mut self, steps: usize) -> Vec<f64> {
        (0..steps)
            .flat_map(|step| wide(self.network.logits(&self.params, step)))
            .collect()
    }
}

pub fn wide<T: Real>(values: &[T]) -> Vec<f64> {
    values.iter().map(|v| v.to_f64()).collect()
}

/// Repeatable tokens below `vocab`.
pub fn tokens(len: usize, vocab: usize, seed: u64) -> Vec<u32> {
    noise_f64(len, seed)
        .into_iter()
        .map(|v| ((v + 1.0) / 2.0 * vocab as f64) as u32)
        .collect()
}

/// Repeatable initial states for [`Setup::set_states`].
pub fn states(config: &ModelConfig, batch: usize) -> Vec<Vec<f64>> {
    let params = Setup::<f64>::noisy_params(config, 2);
    let mut setup = Setup::<f64>::new(config, 2, batch, 1, &params);
    let sizes = setup.states().into_iter().map(|state| state.len());
    sizes
        .enumerate()
        .map(|(k, len)| noise_f64(len, 50 + k as u64))
        .collect()
}
