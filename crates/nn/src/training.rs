//! A training run: which window comes next, at which rate, until when.

use crate::data::Streams;
use crate::evaluation::Evaluation;
use crate::learner::{AdamConfig, Learner, StepReport};
use crate::linear::Purpose;
use crate::model::Model;
use crate::network::Network;
use crate::schedule::{LearningRate, Schedule};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// The options of a run, as JSON writes them; what is missing has its default.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrainingOptions {
    /// Streams side by side, B; default 32.
    #[serde(default)]
    pub batch_size: Option<usize>,
    /// Steps per window, T; default 64.
    #[serde(default)]
    pub seq_length: Option<usize>,
    /// Budget in passes over the text, may be fractional; default 5 where no budget is given.
    #[serde(default)]
    pub epochs: Option<f64>,
    /// Budget in optimiser steps.
    #[serde(default)]
    pub steps: Option<u64>,
    /// Budget in seconds, kept by the caller.
    #[serde(default)]
    pub seconds: Option<f64>,
    /// After the warm-up; default 0.003.
    #[serde(default)]
    pub learning_rate: Option<f64>,
    /// Default cosine.
    #[serde(default)]
    pub schedule: Option<Schedule>,
    /// Default 100, but at most a tenth of the steps.
    #[serde(default)]
    pub warmup_steps: Option<u64>,
    /// Default 1; 0 for no clipping.
    #[serde(default)]
    pub clip_norm: Option<f64>,
    /// Default 0.9.
    #[serde(default)]
    pub beta1: Option<f64>,
    /// Default 0.99.
    #[serde(default)]
    pub beta2: Option<f64>,
    /// Default 1e-8.
    #[serde(default)]
    pub epsilon: Option<f64>,
    /// Share of the text held out at its end; default 0.1; 0 for none.
    #[serde(default)]
    pub validation: Option<f64>,
}

const DEFAULT_EPOCHS: f64 = 5.0;
const DEFAULT_WARMUP_STEPS: u64 = 100;
/// Of a run whose warm-up was not asked for, at most this share warms up.
const MOST_WARMUP: u64 = 10;
/// Largest batch and window: keeps products of sizes far from overflow on a 32-bit machine.
const MOST: usize = 65_536;

/// When a run is over.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Budget {
    Steps(u64),
    /// The caller says how much of it is used.
    Seconds,
}

/// What a run will do, for people and progress bars.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrainingPlan {
    /// Streams side by side; fewer than asked for where the text is short.
    pub batch_size: usize,
    /// Steps per window.
    pub seq_length: usize,
    /// Symbols to train on.
    pub train_tokens: usize,
    /// Symbols held out.
    pub validation_tokens: usize,
    /// Windows in one pass.
    pub windows_per_epoch: usize,
    /// Targets per step.
    pub tokens_per_step: usize,
    /// Steps in all; none for a budget in seconds.
    pub total_steps: Option<u64>,
}

/// A run over one text. The model is lent to every step, so that it can be sampled from in between.
pub struct Training {
    streams: Streams,
    validation: Vec<u32>,
    validation_text: String,
    seq_length: usize,
    budget: Budget,
    learning_rate: LearningRate,
    learner: Learner<f32>,
    inputs: Vec<u32>,
    targets: Vec<u32>,
    rate: f64,
    gradient_norm: f64,
}

impl Training {
    /// Checks the options, splits the text and allocates everything.
    ///
    /// # Errors
    /// [`Error::InvalidOption`], [`Error::ContradictoryOptions`] for more than one budget, [`Error::EmptyText`], [`Error::TextTooShort`],
    /// [`Error::UnknownSymbol`] (only for a vocabulary without an unknown symbol), [`Error::OutOfMemory`].
    pub fn new(model: &Model, text: &str, options: &TrainingOptions) -> Result<Self> {
        let number = |option, value: f64, fits: fn(f64) -> bool, expected: &str| {
            if fits(value) {
                Ok(value)
            } else {
                Err(Error::invalid(option, value, expected))
            }
        };
        let size = |option, value: usize| {
            if (1..=MOST).contains(&value) {
                return Ok(value);
            }
            Err(Error::invalid(
                option,
                value,
                format!("a whole number from 1 to {MOST}"),
            ))
        };
        let batch_size = size("batchSize", options.batch_size.unwrap_or(32))?;
        let seq_length = size("seqLength", options.seq_length.unwrap_or(64))?;
        let below_one = |x: f64| (0.0..1.0).contains(&x);
        let validation = number(
            "validation",
            options.validation.unwrap_or(0.1),
            |x| (0.0..=0.9).contains(&x),
            "a share from 0 to 0.9",
        )?;
        let adam = AdamConfig {
            beta1: number(
                "beta1",
                options.beta1.unwrap_or(0.9),
                below_one,
                "at least 0 and below 1",
            )?,
            beta2: number(
                "beta2",
                options.beta2.unwrap_or(0.99),
                below_one,
                "at least 0 and below 1",
            )?,
            epsilon: number(
                "epsilon",
                options.epsilon.unwrap_or(1e-8),
                |x| x > 0.0 && x <= 1.0,
                "above 0 and at most 1",
            )?,
            clip_norm: number(
                "clipNorm",
                options.clip_norm.unwrap_or(1.0),
                |x| x >= 0.0 && x.is_finite(),
                "0 or more",
            )?,
        };
        let peak = options.learning_rate.unwrap_or(0.003);
        let peak = number(
            "learningRate",
            peak,
            |x| x > 0.0 && x <= 10.0,
            "above 0 and at most 10",
        )?;

        let (train_text, validation_text) = split(text, validation);
        if text.is_empty() {
            return Err(Error::EmptyText {
                what: "the training text",
            });
        }
        let streams = Streams::new(
            model.tokenizer().encode(train_text)?,
            batch_size,
            seq_length,
        )?;
        let budget = budget(options, streams.windows())?;
        let most = if let Budget::Steps(total) = budget {
            total / MOST_WARMUP
        } else {
            u64::MAX
        };
        let warmup_steps = options
            .warmup_steps
            .unwrap_or(DEFAULT_WARMUP_STEPS.min(most));
        let (config, layout, batch) = (model.config(), model.layout(), streams.batch());
        let vocab_size = model.tokenizer().vocab_size();
        let network = Network::new(
            config,
            layout,
            vocab_size,
            batch,
            seq_length,
            Purpose::Train,
        )?;
        Ok(Self {
            validation: model.tokenizer().encode(validation_text)?,
            validation_text: validation_text.to_owned(),
            seq_length,
            budget,
            learning_rate: LearningRate {
                peak,
                warmup_steps,
                schedule: options.schedule.unwrap_or(Schedule::Cosine),
            },
            learner: Learner::new(network, adam, layout.len)?,
            inputs: vec![0; batch * seq_length],
            targets: vec![0; batch * seq_length],
            rate: 0.0,
            gradient_norm: 0.0,
            streams,
        })
    }

    /// What the run will do.
    pub fn plan(&self) -> TrainingPlan {
        TrainingPlan {
            batch_size: self.streams.batch(),
            seq_length: self.seq_length,
            train_tokens: self.streams.len(),
            validation_tokens: self.validation.len(),
            windows_per_epoch: self.streams.windows(),
            tokens_per_step: self.inputs.len(),
            total_steps: match self.budget {
                Budget::Steps(total) => Some(total),
                Budget::Seconds => None,
            },
        }
    }

    /// One optimiser step; returns the mean loss of its window before the update, nats per token. `seconds_done` is the share of a budget in seconds
    /// that is used, and not looked at for other budgets.
    ///
    /// # Errors
    /// [`Error::NonFiniteLoss`]; the model is then as it was before this step.
    pub fn step(&mut self, model: &mut Model, seconds_done: f64) -> Result<f64> {
        let step = self.steps_done();
        self.rate = match self.budget {
            Budget::Steps(total) => self.learning_rate.at_step(step, total),
            Budget::Seconds => self.learning_rate.at(step, seconds_done),
        };
        let window = (step % self.streams.windows() as u64) as usize;
        if window == 0 {
            self.learner.network().reset();
        }
        self.streams
            .window(window, &mut self.inputs, &mut self.targets);
        let report = self
            .learner
            .step(model.params_mut(), &self.inputs, &self.targets, self.rate);
        let StepReport {
            loss,
            gradient_norm,
        } = report;
        self.gradient_norm = gradient_norm;
        if !report.is_finite() {
            let what = if loss.loss.is_finite() {
                "the gradient norm"
            } else {
                "the loss"
            };
            return Err(Error::NonFiniteLoss {
                what,
                step: step + 1,
                learning_rate: self.rate,
            });
        }
        Ok(loss.mean())
    }

    /// Optimiser steps done.
    pub fn steps_done(&self) -> u64 {
        self.learner.updates()
    }

    /// Passes over the text done, a fraction.
    pub fn epoch(&self) -> f64 {
        self.steps_done() as f64 / self.streams.windows() as f64
    }

    /// The learning rate of the last step.
    pub fn learning_rate(&self) -> f64 {
        self.rate
    }

    /// The global norm of the last step's gradient, before clipping.
    pub fn gradient_norm(&self) -> f64 {
        self.gradient_norm
    }

    /// Whether a budget of steps or epochs is used up.
    pub fn is_finished(&self) -> bool {
        matches!(self.budget, Budget::Steps(total) if self.steps_done() >= total)
    }

    /// An evaluation over the held-out end of the text; none if nothing that can be predicted was held out.
    ///
    /// # Errors
    /// Those of [`Evaluation::new`].
    pub fn validation(&self, model: &Model, streams: usize) -> Option<Result<Evaluation>> {
        (self.validation.len() >= 2).then(|| {
            Evaluation::of_tokens(
                model,
                self.validation.clone(),
                &self.validation_text,
                streams,
            )
        })
    }
}

/// The first part to train on, the last `share` of the symbols to validate on.
fn split(text: &str, share: f64) -> (&str, &str) {
    let symbols = text.chars().count();
    let train = ((1.0 - share) * symbols as f64) as usize;
    let at = text
        .char_indices()
        .nth(train)
        .map_or(text.len(), |(at, _)| at);
    text.split_at(at)
}

fn budget(options: &TrainingOptions, windows: usize) -> Result<Budget> {
    let positive = |option, value: f64| {
        if value > 0.0 && value.is_finite() {
            Ok(value)
        } else {
            Err(Error::invalid(option, value, "above 0"))
        }
    };
    match (options.epochs, options.steps, options.seconds) {
        (None, Some(0), None) => Err(Error::invalid("steps", 0, "a whole number of at least 1")),
        (None, Some(steps), None) => Ok(Budget::Steps(steps)),
        (None, None, Some(seconds)) => positive("seconds", seconds).map(|_| Budget::Seconds),
        (epochs, None, None) => {
            let epochs = positive("epochs", epochs.unwrap_or(DEFAULT_EPOCHS))?;
            Ok(Budget::Steps(
                ((epochs * windows as f64).round() as u64).max(1),
            ))
        }
        _ => Err(Error::ContradictoryOptions(
            "epochs, steps and seconds exclude each other: give one of them".into(),
        )),
    }
}
