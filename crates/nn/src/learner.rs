//! One optimiser step: forward, backward through time, clipping, Adam. docs/maths.md (9).

use crate::Result;
use crate::error::allocate;
use crate::layer::output::LossSum;
use crate::network::Network;
use mynah_kernels::optimizer::AdamStep;
use mynah_kernels::real::Real;

/// Adam's constants and the clipping norm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamConfig {
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Added to the root of the second moment.
    pub epsilon: f64,
    /// Gradients whose global norm exceeds this are scaled down to it; 0 for no clipping.
    pub clip_norm: f64,
}

/// Added to the norm that clipping divides by, as PyTorch's `clip_grad_norm_` does.
const CLIP_EPSILON: f64 = 1e-6;

/// What a step found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepReport {
    /// Loss and accuracy over the window, before the update.
    pub loss: LossSum,
    /// Global norm of the gradient, before clipping.
    pub gradient_norm: f64,
}

impl StepReport {
    /// Whether loss and gradient are numbers; if not, the step changed nothing.
    pub fn is_finite(&self) -> bool {
        self.loss.loss.is_finite() && self.gradient_norm.is_finite()
    }
}

/// A network in training: gradients and moments beside its parameters.
pub struct Learner<T> {
    network: Network<T>,
    config: AdamConfig,
    grads: Vec<T>,
    m: Vec<T>,
    v: Vec<T>,
    updates: u64,
}

impl<T: Real> Learner<T> {
    /// For an arena of `len` parameters.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(network: Network<T>, config: AdamConfig, len: usize) -> Result<Self> {
        Ok(Self {
            network,
            config,
            grads: allocate(&[len], "the gradients")?,
            m: allocate(&[len], "the optimizer state")?,
            v: allocate(&[len], "the optimizer state")?,
            updates: 0,
        })
    }

    /// The network: its state and its weights as of the last step.
    pub fn network(&mut self) -> &mut Network<T> {
        &mut self.network
    }

    /// Updates done.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// One update of `params` from one window, [steps B] tokens and targets; the state is carried on. If loss
    /// or gradient are not finite, neither parameters nor moments change.
    pub fn step(
        &mut self,
        params: &mut [T],
        tokens: &[u32],
        targets: &[u32],
        learning_rate: f64,
    ) -> StepReport {
        self.network.load(params);
        self.grads.fill(T::default());
        self.network.forward(params, tokens, targets);
        let loss = self
            .network
            .backward(&mut self.grads, params, tokens, targets);
        let gradient_norm = T::sum_of_squares(&self.grads).sqrt();
        let report = StepReport {
            loss,
            gradient_norm,
        };
        if report.is_finite() {
            self.network.carry(tokens.len() / self.network.batch());
            self.update(params, learning_rate, gradient_norm);
        }
        report
    }

    fn update(&mut self, params: &mut [T], learning_rate: f64, gradient_norm: f64) {
        let AdamConfig {
            beta1,
            beta2,
            epsilon,
            clip_norm,
        } = self.config;
        let gradient_scale = if clip_norm > 0.0 {
            (clip_norm / (gradient_norm + CLIP_EPSILON)).min(1.0)
        } else {
            1.0
        };
        self.updates += 1;
        let step = AdamStep {
            learning_rate,
            beta1,
            beta2,
            epsilon,
            step: self.updates,
            gradient_scale,
            decay: 0.0,
        };
        T::adam(params, &self.grads, &mut self.m, &mut self.v, &step);
    }
}
