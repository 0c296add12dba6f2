//! A training run: which window comes next, at which rate, until when.

use crate::data::Streams;
use crate::error::allocate;
use crate::evaluation::{Evaluation, HeldOut};
use crate::learner::{AdamConfig, Learner, StepReport};
use crate::linear::Purpose;
use crate::model::Model;
use crate::network::{Network, Regularisation};
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
    /// Default 100, but at most a tenth of the run.
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
/// Largest batch and window. A batch is never larger than the text has windows for.
const MOST: usize = 65_536;

/// When a run is over.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Budget {
    Epochs(f64),
    Steps(u64),
    /// The caller says how much of it is used.
    Seconds,
}

/// The options of a run, checked and filled in.
struct Recipe {
    batch_size: usize,
    seq_length: usize,
    validation: f64,
    budget: Budget,
    peak_rate: f64,
    schedule: Schedule,
    warmup_steps: Option<u64>,
    adam: AdamConfig,
}

impl TrainingOptions {
    /// Fills in defaults and checks ranges.
    fn resolve(&self) -> Result<Recipe> {
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
        let share = |x: f64| (0.0..=0.9).contains(&x);
        let below_one = |x: f64| (0.0..1.0).contains(&x);
        // Smaller ones are zero in `f32`, and 0 / 0 for every parameter without a gradient.
        let epsilon = |x: f64| x >= f64::from(f32::MIN_POSITIVE) && x <= 1.0;
        Ok(Recipe {
            batch_size: size("batchSize", self.batch_size.unwrap_or(32))?,
            seq_length: size("seqLength", self.seq_length.unwrap_or(64))?,
            validation: number(
                "validation",
                self.validation.unwrap_or(0.1),
                share,
                "a share from 0 to 0.9",
            )?,
            budget: self.budget()?,
            peak_rate: number(
                "learningRate",
                self.learning_rate.unwrap_or(0.003),
                |x| x > 0.0 && x <= 10.0,
                "above 0 and at most 10",
            )?,
            schedule: self.schedule.unwrap_or(Schedule::Cosine),
            warmup_steps: self.warmup_steps,
            adam: AdamConfig {
                beta1: number(
                    "beta1",
                    self.beta1.unwrap_or(0.9),
                    below_one,
                    "at least 0 and below 1",
                )?,
                beta2: number(
                    "beta2",
                    self.beta2.unwrap_or(0.99),
                    below_one,
                    "at least 0 and below 1",
                )?,
                epsilon: number(
                    "epsilon",
                    self.epsilon.unwrap_or(1e-8),
                    epsilon,
                    "from 1.2e-38 to 1",
                )?,
                clip_norm: number(
                    "clipNorm",
                    self.clip_norm.unwrap_or(1.0),
                    |x| x >= 0.0 && x.is_finite(),
                    "0 or more",
                )?,
            },
        })
    }

    fn budget(&self) -> Result<Budget> {
        let positive = |option, value: f64| {
            if value > 0.0 && value.is_finite() {
                Ok(value)
            } else {
                Err(Error::invalid(option, value, "above 0"))
            }
        };
        match (self.epochs, self.steps, self.seconds) {
            (None, Some(0), None) => {
                Err(Error::invalid("steps", 0, "a whole number of at least 1"))
            }
            (None, Some(steps), None) => Ok(Budget::Steps(steps)),
            (None, None, Some(seconds)) => positive("seconds", seconds).map(|_| Budget::Seconds),
            (epochs, None, None) => Ok(Budget::Epochs(positive(
                "epochs",
                epochs.unwrap_or(DEFAULT_EPOCHS),
            )?)),
            _ => Err(Error::ContradictoryOptions(
                "epochs, steps and seconds exclude each other: give one of them".into(),
            )),
        }
    }
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
    held_out: HeldOut,
    seq_length: usize,
    /// None for a budget in seconds.
    total_steps: Option<u64>,
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
    /// [`Error::InvalidOption`], [`Error::ContradictoryOptions`] for more than one budget,
    /// [`Error::EmptyText`], [`Error::TextTooShort`], [`Error::UnknownSymbol`] (only for a vocabulary without
    /// an unknown symbol), [`Error::OutOfMemory`].
    pub fn new(model: &Model, text: &str, options: &TrainingOptions) -> Result<Self> {
        let recipe = options.resolve()?;
        if text.is_empty() {
            return Err(Error::EmptyText {
                what: "the training text",
            });
        }
        let (train_text, held_out_text) = split(text, recipe.validation);
        let tokens = model.tokenizer().encode(train_text)?;
        let streams = Streams::new(tokens, recipe.batch_size, recipe.seq_length)?;
        let total_steps = match recipe.budget {
            Budget::Epochs(epochs) => {
                Some(((epochs * streams.windows() as f64).round() as u64).max(1))
            }
            Budget::Steps(steps) => Some(steps),
            Budget::Seconds => None,
        };
        let (layout, batch, seq_length) = (model.layout(), streams.batch(), recipe.seq_length);
        let vocab_size = model.tokenizer().vocab_size();
        let network = Network::new(
            model.config(),
            layout,
            vocab_size,
            batch,
            seq_length,
            Purpose::Train,
            Regularisation::default(),
        )?;
        Ok(Self {
            held_out: HeldOut::new(model.tokenizer().encode(held_out_text)?, held_out_text),
            seq_length,
            total_steps,
            learning_rate: LearningRate::new(
                recipe.peak_rate,
                recipe.schedule,
                recipe.warmup_steps,
                total_steps,
            ),
            learner: Learner::new(network, recipe.adam, layout.len)?,
            inputs: allocate(&[batch, seq_length], "the window")?,
            targets: allocate(&[batch, seq_length], "the window")?,
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
            train_tokens: self.streams.symbols(),
            validation_tokens: self.held_out.symbols(),
            windows_per_epoch: self.streams.windows(),
            tokens_per_step: self.inputs.len(),
            total_steps: self.total_steps,
        }
    }

    /// One optimiser step; returns the mean loss of its window before the update, nats per token.
    /// `seconds_done` is the share of a budget in seconds that is used, and not looked at for other budgets.
    ///
    /// # Errors
    /// [`Error::NonFiniteLoss`]; the model is then as it was before this step.
    pub fn step(&mut self, model: &mut Model, seconds_done: f64) -> Result<f64> {
        let step = self.steps_done();
        self.rate = match self.total_steps {
            Some(total) => self.learning_rate.at_step(step, total),
            None => self.learning_rate.at_share(step, seconds_done),
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
        self.total_steps
            .is_some_and(|total| self.steps_done() >= total)
    }

    /// An evaluation over the held-out end of the text; none if nothing that can be predicted was held out.
    ///
    /// # Errors
    /// Those of [`Evaluation::new`].
    pub fn validation(&self, model: &Model, streams: usize) -> Option<Result<Evaluation>> {
        (self.held_out.symbols() >= 2)
            .then(|| Evaluation::of(model, self.held_out.clone(), streams))
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
