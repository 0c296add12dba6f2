//! The whole model for one batch size and window length, with every buffer that a step needs: nothing is
//! allocated after [`Network::new`].

use crate::Result;
use crate::config::ModelConfig;
use crate::layer::cell::CellSizes;
use crate::layer::input::{Input, InputStage, Projection, SymbolTable};
use crate::layer::output::{IGNORE, LossSum, OutputLayer};
use crate::layer::recurrent::RecurrentLayer;
use crate::linear::Purpose;
use crate::params::Layout;
use crate::rng::Pcg32;
use mynah_kernels::real::Real;

/// What a network leaves out in training, by chance. Nothing by default, as in inference.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Regularisation {
    /// Share of every layer's outputs; one choice per sequence and window.
    pub dropout: f64,
    /// Share of the recurrent weights; one choice per update.
    pub weight_drop: f64,
}

/// Embedding, recurrent layers and output layer over windows of up to T steps of B sequences side by side.
/// Tokens and targets are time-major: step t of sequence b is at t B + b.
pub struct Network<T> {
    batch: usize,
    seq_len: usize,
    layers: Vec<RecurrentLayer<T>>,
    output: OutputLayer<T>,
}

impl<T: Real> Network<T> {
    /// Allocates for B = `batch`, T = `seq_len`; [`load`](Self::load) must follow.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(
        config: &ModelConfig,
        layout: &Layout,
        vocab_size: usize,
        batch: usize,
        seq_len: usize,
        purpose: Purpose,
        _regularisation: Regularisation,
    ) -> Result<Self> {
        let (hidden, rows) = (config.hidden_size, batch * seq_len);
        let width = config.cell.gates() * hidden;
        let sizes = CellSizes {
            batch,
            seq_len,
            hidden,
            purpose,
        };
        let layers = layout.layers.iter().enumerate().map(|(k, at)| {
            let input = if k == 0 {
                let size = config.embedding_size;
                InputStage::Symbols(SymbolTable::new(
                    layout, vocab_size, size, width, rows, purpose,
                )?)
            } else {
                InputStage::Below(Projection::new(hidden, width, rows, purpose)?)
            };
            RecurrentLayer::new(at.clone(), config.cell, input, sizes)
        });
        Ok(Self {
            batch,
            seq_len,
            layers: layers.collect::<Result<_>>()?,
            output: OutputLayer::new(layout, vocab_size, hidden, batch, seq_len, purpose)?,
        })
    }

    /// Packs the weights: after every change of the parameters, once.
    pub fn load(&mut self, params: &[T]) {
        for layer in &mut self.layers {
            layer.load(params);
        }
        self.output.load(params);
    }

    /// Chooses what the next window leaves out: before every [`load`](Self::load) of a training step, once.
    pub fn draw_masks(&mut self, _rng: &mut Pcg32) {}

    /// What each sequence is conditioned on, [B, C], until the next call.
    pub fn set_condition(&mut self, _conditions: &[T]) {}

    /// How many steps of each sequence of the next window are not padding, \[B\]; none for all.
    pub fn set_lengths(&mut self, _lengths: &[usize]) {}

    /// Visits everything that is carried from window to window, always in the same order.
    pub fn states(&mut self, visit: &mut dyn FnMut(&mut [T])) {
        for layer in &mut self.layers {
            visit(layer.state());
            if !layer.memory().is_empty() {
                visit(layer.memory());
            }
        }
    }

    /// Sequences side by side, B.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// Starts all sequences from the zero state.
    pub fn reset(&mut self) {
        for layer in &mut self.layers {
            layer.state().fill(T::default());
            layer.memory().fill(T::default());
        }
    }

    /// Starts sequence `b` from the zero state and leaves the others.
    pub fn reset_sequence(&mut self, b: usize) {
        let clear = |state: &mut [T]| {
            let width = state.len() / self.batch;
            state[b * width..(b + 1) * width].fill(T::default());
        };
        for layer in &mut self.layers {
            clear(layer.state());
            clear(layer.memory());
        }
    }

    /// Runs a window of `tokens.len() / B` steps from the carried state and leaves that state as it is; see
    /// [`carry`](Self::carry).
    pub fn forward(&mut self, params: &[T], tokens: &[u32]) {
        let steps = self.steps(tokens);
        for k in 0..self.layers.len() {
            let (below, rest) = self.layers.split_at_mut(k);
            rest[0].forward(params, layer_input(below, tokens, steps), steps);
        }
    }

    /// Makes the state after the last window's `steps` steps the one that the next starts from.
    pub fn carry(&mut self, steps: usize) {
        for layer in &mut self.layers {
            layer.carry(steps);
        }
    }

    /// The loss of the last [`forward`](Self::forward), without a gradient.
    pub fn loss(&mut self, params: &[T], targets: &[u32]) -> LossSum {
        let steps = self.steps(targets);
        let top = self.layers.last().expect("a model has a layer");
        self.output.loss(params, top.outputs(steps), targets)
    }

    /// The loss of the last [`forward`](Self::forward) over `tokens`, adding the gradient of its mean to `grads`.
    pub fn backward(
        &mut self,
        grads: &mut [T],
        params: &[T],
        tokens: &[u32],
        targets: &[u32],
    ) -> LossSum {
        let steps = self.steps(tokens);
        let counted = targets.iter().filter(|&&target| target != IGNORE).count();
        let scale = 1.0 / counted.max(1) as f64;
        let top = self.layers.last_mut().expect("a model has a layer");
        let (h, d_h) = top.outputs_and_gradient(steps);
        let sum = self
            .output
            .loss_and_gradient(grads, d_h, params, h, targets, scale);
        for k in (0..self.layers.len()).rev() {
            let (below, rest) = self.layers.split_at_mut(k);
            let (input, d_below) = match below.last_mut() {
                None => (Input::Symbols(tokens), &mut [] as &mut [T]),
                Some(layer) => {
                    let (h, d_h) = layer.outputs_and_gradient(steps);
                    (Input::Below(h), d_h)
                }
            };
            rest[0].backward(grads, d_below, input, steps);
        }
        sum
    }

    /// The logits of step `step` of the last window, [B, V]; free to be changed.
    pub fn logits(&mut self, params: &[T], step: usize) -> &mut [T] {
        let top = self.layers.last().expect("a model has a layer");
        let h = top.outputs(step + 1);
        let state = h.len() / (step + 1);
        self.output.logits(params, &h[step * state..])
    }

    /// The recurrent layers, from the bottom up: their states and gradients.
    pub fn layers(&mut self) -> &mut [RecurrentLayer<T>] {
        &mut self.layers
    }

    fn steps(&self, rows: &[u32]) -> usize {
        let steps = rows.len() / self.batch;
        assert!(
            steps * self.batch == rows.len() && steps <= self.seq_len,
            "{} rows for batch {}",
            rows.len(),
            self.batch
        );
        steps
    }
}

/// What the layer above `below` reads.
fn layer_input<'a, T: Real>(
    below: &'a [RecurrentLayer<T>],
    tokens: &'a [u32],
    steps: usize,
) -> Input<'a, T> {
    below.last().map_or(Input::Symbols(tokens), |layer| {
        Input::Below(layer.outputs(steps))
    })
}
