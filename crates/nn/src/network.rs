//! The whole model for one batch size and window length, with every buffer that a step needs: nothing is
//! allocated after [`Network::new`].

mod both_ways;

use crate::Result;
use crate::activations::LayerValues;
use crate::backward_body::BackwardBody;
use crate::body;
pub use crate::body::Regularisation;
use crate::config::ModelConfig;
use crate::error::allocate;
use crate::init::Init;
use crate::layer::chain::Chain;
use crate::layer::embedding::EMBEDDING;
use crate::layer::linear::Linear;
use crate::layer::output::{LossSum, OutputLayer, counted};
use crate::layer::{Input, Layer, Pass, WindowSizes};
use crate::linear::Purpose;
use crate::params::{Layout, ParamList};
use crate::probe::LayerFlow;
use crate::rng::Pcg32;
use mynah_kernels::real::Real;

/// Names of the head's parameters.
const PROJECTION: &str = "projection.weight";
pub(crate) const OUTPUT_WEIGHT: &str = "linear.weight";
pub(crate) const OUTPUT_BIAS: &str = "linear.bias";

/// Declares the parameters of a model, in the order of its files.
pub fn declare(list: &mut ParamList, config: &ModelConfig, vocab_size: usize) {
    let size = config.embedding_size;
    let deviation = if config.head.tied || config.has_stream() {
        // As output weights, rows of length 1 make logits of the size of the hidden values.
        1.0 / (size as f32).sqrt()
    } else {
        1.0
    };
    list.add(EMBEDDING, &[vocab_size, size], Init::Normal(deviation));
    body::declare(list, config, false);
    if config.bidirectional {
        body::declare(list, config, true);
    }
    let mut inputs = config.head_inputs();
    if let Some(projection) = config.head.projection {
        list.add(PROJECTION, &[projection, inputs], Init::linear(inputs));
        inputs = projection;
    }
    if !config.head.tied {
        list.add(OUTPUT_WEIGHT, &[vocab_size, inputs], Init::linear(inputs));
    }
    list.add(OUTPUT_BIAS, &[vocab_size], Init::Bias { fan: inputs });
}

/// Embedding, body and head over windows of up to T steps of B sequences side by side.
/// Tokens and targets are time-major: step t of sequence b is at t B + b.
pub struct Network<T> {
    window: WindowSizes,
    body: Chain<T>,
    backward_body: Option<BackwardBody<T>>,
    projection: Option<Linear<T>>,
    output: OutputLayer<T>,
    /// Steps of each sequence of the next windows that are not padding; empty where all are not.
    lengths: Vec<usize>,
    /// [B, C]
    condition: Vec<T>,
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
        regularisation: Regularisation,
    ) -> Result<Self> {
        let window = WindowSizes {
            batch,
            seq_len,
            purpose,
        };
        let backward_body = config.bidirectional.then(|| {
            let body = body::build(config, layout, window, regularisation, true)?;
            BackwardBody::new(body, config.body_size(), window)
        });
        let inputs = config.head_inputs();
        let projection = config
            .head
            .projection
            .map(|_| Linear::new(layout.range(PROJECTION), None, inputs, window));
        let weight = if config.head.tied {
            EMBEDDING
        } else {
            OUTPUT_WEIGHT
        };
        let output = OutputLayer::new(
            layout.range(weight),
            layout.range(OUTPUT_BIAS),
            vocab_size,
            window,
        )?;
        let condition = config.condition().map_or(0, |condition| condition.size);
        Ok(Self {
            window,
            body: body::build(config, layout, window, regularisation, false)?,
            backward_body: backward_body.transpose()?,
            projection: projection.transpose()?,
            output,
            lengths: Vec::with_capacity(batch),
            condition: allocate(&[batch, condition], "the condition")?,
        })
    }

    /// Packs the weights: after every change of the parameters, once.
    pub fn load(&mut self, params: &[T]) {
        self.body.load(params);
        if let Some(backward) = &mut self.backward_body {
            backward.body.load(params);
        }
        if let Some(projection) = &mut self.projection {
            projection.load(params);
        }
        self.output.load(params);
    }

    /// Sequences side by side, B.
    pub fn batch(&self) -> usize {
        self.window.batch
    }

    /// Makes all sequences start anew.
    pub fn reset(&mut self) {
        for b in 0..self.window.batch {
            self.body.reset(b);
        }
    }

    /// Makes sequence `b` start anew and leaves the others.
    pub fn reset_sequence(&mut self, b: usize) {
        self.body.reset(b);
    }

    /// Sets the vector of each sequence for the next windows, [B, C]. It starts as zero.
    ///
    /// # Panics
    /// If the model takes no condition, or one of another size.
    pub fn set_condition(&mut self, condition: &[T]) {
        self.condition.copy_from_slice(condition);
    }

    /// Says how many steps of each sequence of the next windows are not padding, \[B\]; none for all. A state
    /// stays as it is through padding, and a right-to-left body begins before it. Left to right, padding at the
    /// end is harmless anyway as long as its targets are
    /// [`IGNORE`](crate::layer::output::IGNORE).
    ///
    /// # Panics
    /// If there are neither none nor B lengths.
    pub fn set_lengths(&mut self, lengths: &[usize]) {
        assert!(
            lengths.is_empty() || lengths.len() == self.window.batch,
            "{} lengths for batch {}",
            lengths.len(),
            self.window.batch
        );
        self.lengths.clear();
        self.lengths.extend_from_slice(lengths);
    }

    /// Draws what is random in a training step: dropout's and zoneout's masks.
    pub fn draw_masks(&mut self, rng: &mut Pcg32) {
        self.body.draw_masks(rng);
        if let Some(backward) = &mut self.backward_body {
            backward.body.draw_masks(rng);
        }
    }

    /// Visits every state that is carried from window to window, in a fixed order: to save and to restore them.
    pub fn states(&mut self, visit: &mut dyn FnMut(&mut [T])) {
        self.body.states(visit);
    }

    /// Visits the gradients of the states that the last window started from, after a backward pass.
    pub fn state_gradients(&mut self, visit: &mut dyn FnMut(&[T])) {
        self.body.state_gradients(visit);
    }

    /// Makes recurrent layers note how the gradient flows through them; see [`probe`](crate::probe).
    pub fn watch_gradients(&mut self) {
        self.body.watch_gradients();
    }

    /// Visits what recurrent layers have noted, from the bottom up.
    pub fn flows(&self, visit: &mut dyn FnMut(&LayerFlow)) {
        self.body.flows(visit);
    }

    /// Runs a window of `tokens.len() / B` steps from the carried state and leaves that state as it is; see
    /// [`carry`](Self::carry).
    ///
    /// - `params`: the arena that [`load`](Self::load) has packed
    /// - `tokens`: [steps, B]
    /// - `targets`: [steps, B], the symbols to be predicted, which only a bidirectional model reads
    ///
    /// # Panics
    /// If the steps are no whole number or more than T.
    pub fn forward(&mut self, params: &[T], tokens: &[u32], targets: &[u32]) {
        let steps = self.steps(tokens);
        let pass = pass(params, steps, &self.lengths, &self.condition);
        self.body.forward(&pass, Input::Symbols(tokens));
        if let Some(backward) = &mut self.backward_body {
            backward.forward(&pass, targets, &self.body);
        }
        if let Some(projection) = &mut self.projection {
            let top = top(&self.body, &self.backward_body, steps);
            projection.forward(&pass, Input::Below(top));
        }
    }

    /// Makes the state after the last window's `steps` steps the one that the next starts from.
    pub fn carry(&mut self, steps: usize) {
        self.body.carry(steps);
    }

    /// The loss of the last [`forward`](Self::forward) at `targets` [steps, B], without a gradient.
    pub fn loss(&mut self, params: &[T], targets: &[u32]) -> LossSum {
        let steps = self.steps(targets);
        let features = features(&self.body, &self.backward_body, &self.projection, steps);
        self.output.loss(params, features, targets)
    }

    /// The loss of the last [`forward`](Self::forward) over `tokens`, adding the gradient of its mean over the targets
    /// that count to `grads`, an arena; `tokens`, `targets`: [steps, B]. Once for each forward pass, whose values it
    /// uses up.
    pub fn backward(
        &mut self,
        grads: &mut [T],
        params: &[T],
        tokens: &[u32],
        targets: &[u32],
    ) -> LossSum {
        self.backward_part(grads, params, tokens, targets, counted(targets))
    }

    /// As [`backward`](Self::backward), for a window that is a part of one with `counted` targets that count: the
    /// gradients of all parts add up to that of the mean over the whole.
    pub fn backward_part(
        &mut self,
        grads: &mut [T],
        params: &[T],
        tokens: &[u32],
        targets: &[u32],
        counted: usize,
    ) -> LossSum {
        let steps = self.steps(tokens);
        let scale = 1.0 / counted.max(1) as f64;
        let pass = pass(params, steps, &self.lengths, &self.condition);
        let (values, gradient) = match (&mut self.projection, &mut self.backward_body) {
            (Some(projection), _) => projection.outputs_and_gradient(steps),
            (None, Some(backward)) => backward.joined.both(steps),
            (None, None) => self.body.outputs_and_gradient(steps),
        };
        let sum = self
            .output
            .loss_and_gradient(grads, gradient, params, values, targets, scale);
        if let Some(projection) = &mut self.projection {
            let (values, gradient) = match &mut self.backward_body {
                Some(backward) => backward.joined.both(steps),
                None => self.body.outputs_and_gradient(steps),
            };
            projection.backward(grads, gradient, &pass, Input::Below(values));
        }
        if let Some(backward) = &mut self.backward_body {
            backward.backward(grads, &pass, &mut self.body);
        }
        self.body
            .backward(grads, &mut [], &pass, Input::Symbols(tokens));
        sum
    }

    /// The logits of step `step` of the last window, [B, V]; free to be changed.
    pub fn logits(&mut self, params: &[T], step: usize) -> &mut [T] {
        let steps = step + 1;
        let features = features(&self.body, &self.backward_body, &self.projection, steps);
        let row = features.len() / steps;
        self.output.logits(params, &features[step * row..])
    }

    /// The logits \[V\] of an only sequence for which the body last put out `outputs` \[size\]; free to be changed.
    pub fn logits_of(&mut self, params: &[T], outputs: &[T]) -> &mut [T] {
        if let Some(projection) = &mut self.projection {
            let pass = pass(params, 1, &[], &self.condition);
            projection.forward(&pass, Input::Below(outputs));
            return self.output.logits(params, projection.outputs(1));
        }
        self.output.logits(params, outputs)
    }

    /// What the body put out in the last window: [steps, B, size].
    pub fn body_outputs(&self, steps: usize) -> &[T] {
        self.body.outputs(steps)
    }

    /// Visits what went on inside the recurrent layers in the last window of an only sequence, from the bottom up.
    pub fn look(&mut self, steps: usize, visit: &mut dyn FnMut(LayerValues<'_, T>)) {
        self.body.look(steps, visit);
    }

    /// What the head reads in the last window: [steps, B, head inputs], of a bidirectional model what both bodies put out.
    pub fn head_values(&self, steps: usize) -> &[T] {
        top(&self.body, &self.backward_body, steps)
    }

    fn steps(&self, rows: &[u32]) -> usize {
        let WindowSizes { batch, seq_len, .. } = self.window;
        let steps = rows.len() / batch;
        assert!(
            steps * batch == rows.len() && steps <= seq_len,
            "{} rows for batch {batch}",
            rows.len(),
        );
        steps
    }
}

fn pass<'a, T>(
    params: &'a [T],
    steps: usize,
    lengths: &'a [usize],
    condition: &'a [T],
) -> Pass<'a, T> {
    Pass {
        params,
        steps,
        lengths,
        condition,
    }
}

/// What the head reads.
fn top<'a, T: Real>(
    body: &'a Chain<T>,
    backward: &'a Option<BackwardBody<T>>,
    steps: usize,
) -> &'a [T] {
    match backward {
        Some(backward) => backward.joined.values(steps),
        None => body.outputs(steps),
    }
}

/// What the output weights multiply.
fn features<'a, T: Real>(
    body: &'a Chain<T>,
    backward: &'a Option<BackwardBody<T>>,
    projection: &'a Option<Linear<T>>,
    steps: usize,
) -> &'a [T] {
    match projection {
        Some(projection) => projection.outputs(steps),
        None => top(body, backward, steps),
    }
}
