//! A network with its parameters, for tests that look inside.
#![allow(dead_code, reason = "each test file uses its own part")]

use mynah_kernels::real::Real;
use mynah_nn::config::{Activation, Cell, ModelConfig};
use mynah_nn::layer::output::LossSum;
use mynah_nn::linear::Purpose;
use mynah_nn::network::{Network, Regularisation};
use mynah_nn::params::Layout;
use mynah_testing::noise_f64;

/// Every cell, with a name for messages.
pub const CELLS: [(&str, Cell); 5] = [
    ("rnn tanh", Cell::Rnn(Activation::Tanh)),
    ("rnn relu", Cell::Rnn(Activation::Relu)),
    ("gru reset after", Cell::Gru { reset_after: true }),
    ("gru reset before", Cell::Gru { reset_after: false }),
    ("lstm", Cell::Lstm),
];

/// Sizes that are no multiple of a lane group or panel.
pub fn config(cell: Cell, num_layers: usize) -> ModelConfig {
    ModelConfig {
        cell,
        hidden_size: 7,
        num_layers,
        embedding_size: 5,
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
    /// Parameters as given, in `f64`.
    pub fn new(
        config: &ModelConfig,
        vocab: usize,
        batch: usize,
        steps: usize,
        params: &[f64],
    ) -> Self {
        let layout = Layout::new(config, vocab).unwrap();
        let network = Network::new(
            config,
            &layout,
            vocab,
            batch,
            steps,
            Purpose::Train,
            Regularisation::default(),
        )
        .unwrap();
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

    /// Sets the initial states: per layer h, then the second state, where there is one.
    pub fn set_states(&mut self, states: &[Vec<f64>]) {
        let mut states = states.iter();
        for layer in self.network.layers() {
            for target in [true, false] {
                let slice = if target {
                    layer.state()
                } else {
                    layer.memory()
                };
                if !slice.is_empty() {
                    for (to, &from) in slice.iter_mut().zip(states.next().unwrap()) {
                        *to = T::from_f64(from);
                    }
                }
            }
        }
    }

    /// Forward over a window; the state is not carried.
    pub fn forward(&mut self, tokens: &[u32]) {
        self.network.load(&self.params);
        self.network.forward(&self.params, tokens);
    }

    pub fn loss(&mut self, tokens: &[u32], targets: &[u32]) -> f64 {
        self.forward(tokens);
        self.network.loss(&self.params, targets).mean()
    }

    /// Forward and backward: loss and the gradient of every parameter.
    pub fn gradient(&mut self, tokens: &[u32], targets: &[u32]) -> (LossSum, Vec<T>) {
        self.forward(tokens);
        let mut grads = vec![T::default(); self.layout.len];
        let sum = self
            .network
            .backward(&mut grads, &self.params, tokens, targets);
        (sum, grads)
    }

    /// Gradients of the initial states in the order of [`set_states`](Self::set_states).
    pub fn state_gradients(&mut self) -> Vec<Vec<f64>> {
        let mut all = Vec::new();
        for layer in self.network.layers() {
            let (d_h, d_memory) = layer.state_gradients();
            all.extend(
                [d_h, d_memory]
                    .into_iter()
                    .filter(|d| !d.is_empty())
                    .map(wide),
            );
        }
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
    let per_layer = if config.cell == Cell::Lstm { 2 } else { 1 };
    (0..per_layer * config.num_layers)
        .map(|k| noise_f64(batch * config.hidden_size, 50 + k as u64))
        .collect()
}
