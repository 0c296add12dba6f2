//! One optimiser step: forward, backward through time, clipping, update. docs/maths.md (9), (9a), (9e).

use crate::Result;
use crate::error::allocate;
use crate::layer::output::{LossSum, counted};
use crate::network::Network;
use crate::optimizer::{Optimizer, OptimizerConfig};
use crate::params::Layout;
use mynah_kernels::real::Real;

/// Bounds of the gradient; 0 for none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Clipping {
    /// Elements outside of plus and minus this are set to it.
    pub value: f64,
    /// Gradients whose global norm exceeds this, after the elements were clipped, are scaled down to it.
    pub norm: f64,
}

/// Added to the norm that clipping divides by, as PyTorch's `clip_grad_norm_` does.
const CLIP_EPSILON: f64 = 1e-6;

/// What was not a number (or infinite), so that a step could not be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NonFinite {
    /// The loss of the window.
    Loss,
    /// The gradient, or the square of it, of which second moments are made.
    GradientNorm,
    /// The weights that the update would have given.
    Weights,
}

impl NonFinite {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Loss => "loss",
            Self::GradientNorm => "gradient norm",
            Self::Weights => "weights",
        }
    }
}

/// What a step found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepReport {
    /// Loss and accuracy over the window, before the update.
    pub loss: LossSum,
    /// Global norm of the gradient, before clipping.
    pub gradient_norm: f64,
    /// What was not finite; if anything, the step has not been done: see [`Learner::roll_back`].
    pub non_finite: Option<NonFinite>,
}

/// A network in training: gradients and the optimizer's state beside its parameters.
pub struct Learner<T> {
    network: Network<T>,
    optimizer: Optimizer<T>,
    clipping: Clipping,
    grads: Vec<T>,
    /// The parameters before the last update: the last at which loss and gradient are known to be finite.
    good: Vec<T>,
}

impl<T: Real> Learner<T> {
    /// For the parameters of `layout`, with the values `params` to begin with.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(
        network: Network<T>,
        optimizer: OptimizerConfig,
        clipping: Clipping,
        layout: &Layout,
        params: &[T],
    ) -> Result<Self> {
        let mut good: Vec<T> = allocate(&[layout.len], "the weights to go back to")?;
        good.copy_from_slice(params);
        Ok(Self {
            network,
            optimizer: Optimizer::new(optimizer, layout)?,
            clipping,
            grads: allocate(&[layout.len], "the gradients")?,
            good,
        })
    }

    /// The network: its state and its weights as of the last step.
    pub fn network(&mut self) -> &mut Network<T> {
        &mut self.network
    }

    /// The optimizer and what it remembers.
    pub fn optimizer(&mut self) -> &mut Optimizer<T> {
        &mut self.optimizer
    }

    /// What a checkpoint keeps, with its names: the optimizer's memory, and the parameters before the last update.
    pub fn arenas(&mut self) -> impl Iterator<Item = (&'static str, &mut [T])> {
        let good = std::iter::once(("previous", &mut self.good[..]));
        self.optimizer.arenas().chain(good)
    }

    /// The gradient that the next [`update`](Self::update) follows.
    pub fn gradient(&mut self) -> &mut [T] {
        &mut self.grads
    }

    /// One update of `params` from one window, [steps B] tokens and targets; the state is carried on. If the
    /// report says that something was not finite, [`roll_back`](Self::roll_back) must follow.
    pub fn step(
        &mut self,
        params: &mut [T],
        tokens: &[u32],
        targets: &[u32],
        learning_rate: f64,
    ) -> StepReport {
        let loss = self.find_gradient(params, tokens, targets, counted(targets));
        self.update(params, loss, learning_rate)
    }

    /// The first half of a [`step`](Self::step): the gradient of a window, or of some rows of one with `counted`
    /// targets in all, and the loss of these rows.
    pub fn find_gradient(
        &mut self,
        params: &[T],
        tokens: &[u32],
        targets: &[u32],
        counted: usize,
    ) -> LossSum {
        self.network.load(params);
        self.grads.fill(T::default());
        self.network.forward(params, tokens, targets);
        let loss = self
            .network
            .backward_part(&mut self.grads, params, tokens, targets, counted);
        // Also a state that is not finite: what goes back to the last good step starts anew.
        self.network.carry(tokens.len() / self.network.batch());
        loss
    }

    /// The second half: the update, given the loss of all rows, whose gradients have been added up.
    pub fn update(&mut self, params: &mut [T], loss: LossSum, learning_rate: f64) -> StepReport {
        let gradient_norm = T::sum_of_squares(&self.grads).sqrt();
        let non_finite = if !loss.loss.is_finite() {
            Some(NonFinite::Loss)
        } else if !gradient_norm.is_finite() {
            Some(NonFinite::GradientNorm)
        } else {
            self.follow_gradient(params, learning_rate, gradient_norm)
        };
        StepReport {
            loss,
            gradient_norm,
            non_finite,
        }
    }

    fn follow_gradient(
        &mut self,
        params: &mut [T],
        learning_rate: f64,
        gradient_norm: f64,
    ) -> Option<NonFinite> {
        let mut norm = gradient_norm;
        if self.clipping.value > 0.0 {
            T::clip_elements(&mut self.grads, T::from_f64(self.clipping.value));
            norm = T::sum_of_squares(&self.grads).sqrt();
        }
        let gradient_scale = if self.clipping.norm > 0.0 {
            (self.clipping.norm / (norm + CLIP_EPSILON)).min(1.0)
        } else {
            1.0
        };
        // An infinite second moment would keep its parameter from ever changing again, without a word.
        let scaled = gradient_scale * norm;
        if scaled * scaled > f64::from(f32::MAX) {
            return Some(NonFinite::GradientNorm);
        }
        self.good.copy_from_slice(params);
        self.optimizer
            .update(params, &self.grads, learning_rate, gradient_scale);
        (!T::sum_of_squares(params).is_finite()).then_some(NonFinite::Weights)
    }

    /// Goes back to the last good step: the weights before the last update, and the zero state. What the
    /// optimizer remembers stays, since all of it comes from finite gradients: it makes the next updates of what
    /// had a large gradient smaller.
    pub fn roll_back(&mut self, params: &mut [T]) {
        params.copy_from_slice(&self.good);
        self.network.reset();
    }
}
