//! The options of a run: what may be given, and what becomes of it.

use super::ranges::{
    at_least_one, below_one, not_negative, number, only, positive, share, size, workers,
};
use crate::config::ModelConfig;
use crate::json::record;
use crate::learner::Clipping;
use crate::network::Regularisation;
use crate::optimizer::{OptimizerConfig, OptimizerName};
use crate::schedule::Schedule;
use crate::{Error, Result};

/// The options of a run, as JSON writes them; what is missing has its default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrainingOptions {
    /// Sequences side by side, B; default 32.
    pub batch_size: Option<usize>,
    /// Steps per window, T; default 64, but at most the contextLength of a Transformer.
    pub seq_length: Option<usize>,
    /// Budget in passes over the text, may be fractional; default 5 where no budget is given.
    pub epochs: Option<f64>,
    /// Budget in optimiser steps.
    pub steps: Option<u64>,
    /// Budget in seconds, kept by the caller.
    pub seconds: Option<f64>,
    /// After the warm-up; default 0.003.
    pub learning_rate: Option<f64>,
    /// Default cosine.
    pub schedule: Option<Schedule>,
    /// Default 100, but at most a tenth of the run. Not with one-cycle.
    pub warmup_steps: Option<u64>,
    /// Of plateau and step: what the rate falls by; default 0.5.
    pub decay_factor: Option<f64>,
    /// Of step: epochs between two falls; default 5.
    pub decay_every: Option<f64>,
    /// Of plateau: validations without improvement before a fall; default 2.
    pub patience: Option<u64>,
    /// Default adamw.
    pub optimizer: Option<OptimizerName>,
    /// Decoupled, on matrices only; default 0.01 for adamw and muon, 0 for rmsprop and sgd. Not with adam.
    pub weight_decay: Option<f64>,
    /// Of muon (default 0.95), sgd (0.9) and rmsprop (0).
    pub momentum: Option<f64>,
    /// Of adamw, adam and muon; default 0.9.
    pub beta1: Option<f64>,
    /// Of all but sgd; default 0.99.
    pub beta2: Option<f64>,
    /// Of all but sgd; default 1e-8.
    pub epsilon: Option<f64>,
    /// Bound of every element of the gradient; default 0, for none.
    pub clip_value: Option<f64>,
    /// Bound of the gradient's norm; default 1; 0 for none.
    pub clip_norm: Option<f64>,
    /// Share of every layer's outputs left out; default 0.
    pub dropout: Option<f64>,
    /// Share of the recurrent weights left out; default 0.
    pub weight_drop: Option<f64>,
    /// Of the moving average of the weights; default 0, for none.
    pub average_decay: Option<f64>,
    /// Share held out: of a text its end, of documents a choice by seed; default 0.1; 0 for none.
    pub validation: Option<f64>,
    /// Steps between validations, kept by the caller.
    pub evaluate_every: Option<u64>,
    /// Whether the model gets the weights of its best validation at the end; default true.
    pub keep_best: Option<bool>,
    /// Validations without improvement after which to stop; default 0, for never.
    pub early_stopping: Option<u64>,
    /// Instances that share the work of every step; default 1.
    pub workers: Option<usize>,
    /// Of shuffles and masks; default 1.
    pub seed: Option<u64>,
}

record!(TrainingOptions {
    batch_size = "batchSize",
    seq_length = "seqLength",
    epochs = "epochs",
    steps = "steps",
    seconds = "seconds",
    learning_rate = "learningRate",
    schedule = "schedule",
    warmup_steps = "warmupSteps",
    decay_factor = "decayFactor",
    decay_every = "decayEvery",
    patience = "patience",
    optimizer = "optimizer",
    weight_decay = "weightDecay",
    momentum = "momentum",
    beta1 = "beta1",
    beta2 = "beta2",
    epsilon = "epsilon",
    clip_value = "clipValue",
    clip_norm = "clipNorm",
    dropout = "dropout",
    weight_drop = "weightDrop",
    average_decay = "averageDecay",
    validation = "validation",
    evaluate_every = "evaluateEvery",
    keep_best = "keepBest",
    early_stopping = "earlyStopping",
    workers = "workers",
    seed = "seed",
});

/// Steps per window where none are asked for.
const DEFAULT_SEQ_LENGTH: usize = 64;
const DEFAULT_EPOCHS: f64 = 5.0;

/// When a run is over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Budget {
    Epochs(f64),
    Steps(u64),
    /// The caller says how much of it is used.
    Seconds(f64),
}

/// The options of a run, checked and filled in.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Recipe {
    pub batch_size: usize,
    pub seq_length: usize,
    pub budget: Budget,
    pub learning_rate: f64,
    pub schedule: Schedule,
    pub warmup_steps: Option<u64>,
    pub decay_factor: f64,
    pub decay_every: f64,
    pub patience: u64,
    pub optimizer: OptimizerConfig,
    pub clipping: Clipping,
    pub regularisation: Regularisation,
    pub average_decay: f64,
    pub validation: f64,
    pub evaluate_every: Option<u64>,
    pub keep_best: bool,
    pub early_stopping: u64,
    pub workers: usize,
    pub seed: u64,
}

impl TrainingOptions {
    /// As [`resolve`](Self::resolve), with the defaults that depend on the model.
    pub(super) fn resolve_for(&self, model: &ModelConfig) -> Result<Recipe> {
        let mut options = self.clone();
        if let (None, Some(context)) = (options.seq_length, model.context_length()) {
            options.seq_length = Some(context.min(DEFAULT_SEQ_LENGTH));
        }
        options.resolve()
    }

    /// Fills in defaults, checks ranges and refuses what contradicts itself.
    pub(super) fn resolve(&self) -> Result<Recipe> {
        self.check_schedule()?;
        let recipe = Recipe {
            batch_size: size("batchSize", self.batch_size.unwrap_or(32))?,
            seq_length: size("seqLength", self.seq_length.unwrap_or(DEFAULT_SEQ_LENGTH))?,
            budget: self.budget()?,
            learning_rate: number(
                "learningRate",
                self.learning_rate.unwrap_or(0.003),
                |x| x > 0.0 && x <= 10.0,
                "above 0 and at most 10",
            )?,
            schedule: self.schedule.unwrap_or(Schedule::Cosine),
            warmup_steps: self.warmup_steps,
            decay_factor: number(
                "decayFactor",
                self.decay_factor.unwrap_or(0.5),
                |x| x > 0.0 && x < 1.0,
                "above 0 and below 1",
            )?,
            decay_every: positive("decayEvery", self.decay_every.unwrap_or(5.0))?,
            patience: at_least_one("patience", self.patience.unwrap_or(2))?,
            optimizer: self.optimizer()?,
            clipping: Clipping {
                value: not_negative("clipValue", self.clip_value, 0.0)?,
                norm: not_negative("clipNorm", self.clip_norm, 1.0)?,
            },
            regularisation: Regularisation {
                dropout: share("dropout", self.dropout, 0.0)?,
                weight_drop: share("weightDrop", self.weight_drop, 0.0)?,
            },
            average_decay: below_one("averageDecay", self.average_decay, 0.0)?,
            validation: share("validation", self.validation, 0.1)?,
            evaluate_every: self.evaluate_every,
            keep_best: self.keep_best.unwrap_or(true),
            early_stopping: self.early_stopping.unwrap_or(0),
            workers: workers(self.workers.unwrap_or(1))?,
            seed: self.seed.unwrap_or(1),
        };
        recipe.check_validation()?;
        Ok(recipe)
    }

    fn check_schedule(&self) -> Result<()> {
        let schedule = self.schedule.unwrap_or(Schedule::Cosine);
        let falls = matches!(schedule, Schedule::Plateau | Schedule::Step);
        let (step, plateau) = (schedule == Schedule::Step, schedule == Schedule::Plateau);
        only(
            "decayFactor",
            &self.decay_factor,
            falls,
            "is an option of schedule \"plateau\" and \"step\" only",
        )?;
        only(
            "decayEvery",
            &self.decay_every,
            step,
            "is an option of schedule \"step\" only",
        )?;
        only(
            "patience",
            &self.patience,
            plateau,
            "is an option of schedule \"plateau\" only",
        )?;
        only(
            "warmupSteps",
            &self.warmup_steps,
            schedule != Schedule::OneCycle,
            "excludes schedule \"one-cycle\", which rises by itself",
        )
    }

    fn optimizer(&self) -> Result<OptimizerConfig> {
        let name = self.optimizer.unwrap_or(OptimizerName::AdamW);
        let is_sgd = name == OptimizerName::Sgd;
        only(
            "momentum",
            &self.momentum,
            name.has_momentum(),
            "is an option of optimizer \"sgd\", \"rmsprop\" and \"muon\" only; adam and adamw have beta1",
        )?;
        only(
            "beta1",
            &self.beta1,
            name.has_betas(),
            "is an option of optimizer \"adamw\", \"adam\" and \"muon\" only",
        )?;
        let reason = "is no option of optimizer \"sgd\"";
        only("beta2", &self.beta2, !is_sgd, reason)?;
        only("epsilon", &self.epsilon, !is_sgd, reason)?;
        only(
            "weightDecay",
            &self.weight_decay,
            name != OptimizerName::Adam,
            "is no option of optimizer \"adam\": adam with weight decay is \"adamw\"",
        )?;
        let default_decay = match name {
            OptimizerName::AdamW | OptimizerName::Muon => 0.01,
            OptimizerName::Adam | OptimizerName::RmsProp | OptimizerName::Sgd => 0.0,
        };
        let weight_decay = not_negative("weightDecay", self.weight_decay, default_decay)?;
        let default_momentum = match name {
            OptimizerName::Muon => 0.95,
            OptimizerName::Sgd => 0.9,
            OptimizerName::AdamW | OptimizerName::Adam | OptimizerName::RmsProp => 0.0,
        };
        let momentum = below_one("momentum", self.momentum, default_momentum)?;
        let beta1 = below_one("beta1", self.beta1, 0.9)?;
        let beta2 = below_one("beta2", self.beta2, 0.99)?;
        // Smaller ones are zero in `f32`, and 0 / 0 for every parameter without a gradient.
        let epsilon = number(
            "epsilon",
            self.epsilon.unwrap_or(1e-8),
            |x| x >= f64::from(f32::MIN_POSITIVE) && x <= 1.0,
            "from 1.2e-38 to 1",
        )?;
        Ok(OptimizerConfig {
            name,
            beta1,
            beta2,
            epsilon,
            momentum,
            weight_decay,
        })
    }

    fn budget(&self) -> Result<Budget> {
        match (self.epochs, self.steps, self.seconds) {
            (None, Some(steps), None) => Ok(Budget::Steps(at_least_one("steps", steps)?)),
            (None, None, Some(seconds)) => Ok(Budget::Seconds(positive("seconds", seconds)?)),
            (epochs, None, None) => Ok(Budget::Epochs(positive(
                "epochs",
                epochs.unwrap_or(DEFAULT_EPOCHS),
            )?)),
            _ => Err(Error::ContradictoryOptions(
                "\"epochs\", \"steps\" and \"seconds\" exclude each other: give one of them".into(),
            )
            .into()),
        }
    }
}

impl Recipe {
    /// What depends on validations needs something held out, and early stopping something to go back to.
    fn check_validation(&self) -> Result<()> {
        let contradictory = |what: &str| Err(Error::ContradictoryOptions(what.into()).into());
        if self.validation == 0.0 && self.early_stopping > 0 {
            return contradictory("earlyStopping needs validations: validation is 0");
        }
        if self.validation == 0.0 && self.schedule == Schedule::Plateau {
            return contradictory("schedule \"plateau\" needs validations: validation is 0");
        }
        if self.early_stopping > 0 && !self.keep_best {
            return contradictory("earlyStopping restores the best weights: keepBest is false");
        }
        Ok(())
    }

    /// All options that this recipe has, written out: what a checkpoint keeps.
    pub(super) fn options(&self) -> TrainingOptions {
        let schedule = self.schedule;
        let falls = matches!(schedule, Schedule::Plateau | Schedule::Step);
        let OptimizerConfig {
            name,
            beta1,
            beta2,
            epsilon,
            momentum,
            weight_decay,
        } = self.optimizer;
        let is_sgd = name == OptimizerName::Sgd;
        TrainingOptions {
            batch_size: Some(self.batch_size),
            seq_length: Some(self.seq_length),
            epochs: match self.budget {
                Budget::Epochs(epochs) => Some(epochs),
                _ => None,
            },
            steps: match self.budget {
                Budget::Steps(steps) => Some(steps),
                _ => None,
            },
            seconds: match self.budget {
                Budget::Seconds(seconds) => Some(seconds),
                _ => None,
            },
            learning_rate: Some(self.learning_rate),
            schedule: Some(schedule),
            warmup_steps: self.warmup_steps,
            decay_factor: falls.then_some(self.decay_factor),
            decay_every: (schedule == Schedule::Step).then_some(self.decay_every),
            patience: (schedule == Schedule::Plateau).then_some(self.patience),
            optimizer: Some(name),
            weight_decay: (name != OptimizerName::Adam).then_some(weight_decay),
            momentum: name.has_momentum().then_some(momentum),
            beta1: name.has_betas().then_some(beta1),
            beta2: (!is_sgd).then_some(beta2),
            epsilon: (!is_sgd).then_some(epsilon),
            clip_value: Some(self.clipping.value),
            clip_norm: Some(self.clipping.norm),
            dropout: Some(self.regularisation.dropout),
            weight_drop: Some(self.regularisation.weight_drop),
            average_decay: Some(self.average_decay),
            validation: Some(self.validation),
            evaluate_every: self.evaluate_every,
            keep_best: Some(self.keep_best),
            early_stopping: Some(self.early_stopping),
            workers: Some(self.workers),
            seed: Some(self.seed),
        }
    }
}
