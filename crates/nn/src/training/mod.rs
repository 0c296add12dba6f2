//! A training run: which window comes next, at which rate, until when, and what validations make of it.

mod memory;
mod options;
mod ranges;
mod saved;
mod setup;
mod shard;
mod step;
mod validation;

use crate::Result;
use crate::average::Average;
use crate::data::{Source, Window, Windows};
use crate::error::allocate;
use crate::evaluation::{Evaluation, HeldOut, Reading};
use crate::json::report;
use crate::layer::output::LossSum;
use crate::learner::Learner;
use crate::linear::{Purpose, Quantization};
use crate::model::Model;
use crate::network::Network;
use crate::schedule::LearningRate;
use options::{Budget, Recipe};
use setup::{read, schedule};
use shard::{Crew, Shard};
use validation::Validations;

pub use memory::{ListSize, SourceSize, memory_estimate};
pub use options::TrainingOptions;
pub(crate) use saved::SavedState;
pub use step::{Rollback, TrainingStep};
pub use validation::{Best, Verdict};

/// What a run will do, for people and progress bars.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingPlan {
    /// Sequences side by side; fewer than asked for where the text is short.
    pub batch_size: usize,
    /// Steps per window; fewer than asked for where all documents are shorter.
    pub seq_length: usize,
    /// Symbols to train on; of documents with one for the end of each.
    pub train_tokens: usize,
    /// Symbols held out.
    pub validation_tokens: usize,
    /// Windows in one pass.
    pub windows_per_epoch: u64,
    /// Targets per step; of documents on average.
    pub tokens_per_step: usize,
    /// Workers that share the batch; fewer than asked for where it is smaller.
    pub workers: usize,
    /// Steps in all; none for a budget in seconds.
    pub total_steps: Option<u64>,
}

report!(TrainingPlan {
    batch_size = "batchSize",
    seq_length = "seqLength",
    train_tokens = "trainTokens",
    validation_tokens = "validationTokens",
    windows_per_epoch = "windowsPerEpoch",
    tokens_per_step = "tokensPerStep",
    workers = "workers",
    total_steps = "totalSteps",
});

/// A run over one text or list of documents. The model is lent to every step, so that it can be sampled from in
/// between.
///
/// With `averageDecay` the model has the moving average of the weights at any time, and the run the weights that are
/// trained.
pub struct Training {
    recipe: Recipe,
    windows: Windows,
    window: Window,
    held_out: HeldOut,
    /// None for a budget in seconds.
    total_steps: Option<u64>,
    schedule: LearningRate,
    learner: Learner<f32>,
    average: Option<Average>,
    validations: Validations,
    /// A copy of the best weights; empty where they are not kept.
    best: Vec<f32>,
    shard: Shard,
    /// None for a run of one worker.
    crew: Option<Crew>,
    /// Of this worker's rows in the step under way, or in the last one.
    own_loss: LossSum,
    steps: u64,
    rollbacks: u32,
    seconds_done: f64,
    learning_rate: f64,
    gradient_norm: f64,
    /// Of the text.
    fingerprint: u64,
}

impl Training {
    /// Checks the options, splits the text or the documents and allocates everything.
    ///
    /// # Errors
    /// [`InvalidOption`](crate::Error::InvalidOption) (also for conditions that are not the model's),
    /// [`ContradictoryOptions`](crate::Error::ContradictoryOptions) for options that exclude each other, and for
    /// documents where the model knows no boundary, [`EmptyText`](crate::Error::EmptyText),
    /// [`TextTooShort`](crate::Error::TextTooShort), [`UnknownSymbol`](crate::Error::UnknownSymbol) (only for a
    /// vocabulary without an unknown symbol), [`OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new<'a>(
        model: &Model,
        source: impl Into<Source<'a>>,
        options: &TrainingOptions,
    ) -> Result<Self> {
        Self::of_worker(model, source, options, 0)
    }

    /// As [`new`](Self::new), for worker `index` of as many as the options say. The first leads: it alone validates and
    /// writes checkpoints. All take their steps together, see [`begin_step`](Self::begin_step), and come to the same
    /// weights.
    ///
    /// # Errors
    /// Those of [`new`](Self::new); [`InvalidOption`](crate::Error::InvalidOption) for an index that the
    /// [plan](Self::plan) has no worker for.
    pub fn of_worker<'a>(
        model: &Model,
        source: impl Into<Source<'a>>,
        options: &TrainingOptions,
        index: usize,
    ) -> Result<Self> {
        let recipe = options.resolve_for(model.config())?;
        Self::with_recipe(model, source.into(), recipe, index)
    }

    fn with_recipe(
        model: &Model,
        source: Source<'_>,
        recipe: Recipe,
        index: usize,
    ) -> Result<Self> {
        let (windows, held_out) = read(model, source, &recipe)?;
        let (batch, seq_len) = (windows.batch(), windows.seq_len());
        let shard = Shard::new(index, recipe.workers, batch)?;
        let total_steps = match recipe.budget {
            Budget::Epochs(epochs) => {
                Some(((epochs * windows.per_epoch() as f64).round() as u64).max(1))
            }
            Budget::Steps(steps) => Some(steps),
            Budget::Seconds(_) => None,
        };
        let layout = model.layout();
        let mut network = Network::new(
            model.config(),
            layout,
            model.tokenizer().vocab_size(),
            shard.rows(batch).len(),
            seq_len,
            Purpose::Train,
            recipe.regularisation,
        )?;
        let params = model.params();
        let has_average = recipe.average_decay > 0.0;
        let keeps_best = recipe.keep_best && held_out.can_be_evaluated();
        let window = Window::new(batch, recipe.seq_length, windows.condition_size())?;
        let crew = (shard.count > 1)
            .then(|| Crew::new(shard, &window, params.len(), &mut network))
            .transpose()?;
        Ok(Self {
            window,
            schedule: LearningRate::new(schedule(&recipe, windows.per_epoch()), total_steps),
            learner: Learner::new(network, recipe.optimizer, recipe.clipping, layout, params)?,
            average: has_average
                .then(|| Average::new(recipe.average_decay, params))
                .transpose()?,
            validations: Validations::default(),
            best: allocate(
                &[if keeps_best { params.len() } else { 0 }],
                "the best weights",
            )?,
            shard,
            crew,
            own_loss: LossSum::default(),
            steps: 0,
            rollbacks: 0,
            seconds_done: 0.0,
            learning_rate: 0.0,
            gradient_norm: 0.0,
            fingerprint: source.fingerprint(),
            recipe,
            windows,
            held_out,
            total_steps,
        })
    }

    /// What the run will do.
    pub fn plan(&self) -> TrainingPlan {
        let tokens_per_step = match &self.windows {
            Windows::Text(_) => self.window.inputs.len(),
            Windows::Documents(documents) => {
                (documents.targets() as f64 / documents.windows() as f64).round() as usize
            }
        };
        TrainingPlan {
            batch_size: self.windows.batch(),
            seq_length: self.windows.seq_len(),
            train_tokens: self.windows.symbols(),
            validation_tokens: self.held_out.symbols(),
            windows_per_epoch: self.windows.per_epoch(),
            tokens_per_step,
            workers: self.shard.count,
            total_steps: self.total_steps,
        }
    }

    /// The options with everything filled in.
    pub fn options(&self) -> TrainingOptions {
        self.recipe.options()
    }

    /// Takes in the loss of a [`validation`](Self::validation) of the model as it is now: keeps a copy of the best
    /// weights, lowers the rate on a plateau, says when to stop.
    pub fn validated(&mut self, model: &Model, loss: f64) -> Verdict {
        let verdict = self.validations.add(loss, self.steps, &self.recipe);
        if verdict.improved && !self.best.is_empty() {
            self.best.copy_from_slice(model.params());
        }
        verdict
    }

    /// Ends the run: with `keepBest` the model gets the weights of its best validation, if there was one.
    pub fn finish(&mut self, model: &mut Model) -> Option<Best> {
        let (loss, step) = self.validations.best?;
        if self.best.is_empty() {
            return None;
        }
        if model.params() != self.best {
            model.params_mut().copy_from_slice(&self.best);
        }
        Some(Best { loss, step })
    }

    /// Steps done, those among them that were rolled back.
    pub fn steps_done(&self) -> u64 {
        self.steps
    }

    /// Steps that were rolled back.
    pub fn rollbacks(&self) -> u32 {
        self.rollbacks
    }

    /// The steps after which the last validation was taken in; 0 before the first. A run that was left between a step and
    /// its validation still lacks that one.
    pub fn validated_step(&self) -> u64 {
        self.validations.last
    }

    /// Passes over the text done, a fraction.
    pub fn epoch(&self) -> f64 {
        self.steps as f64 / self.windows.per_epoch() as f64
    }

    /// The share of a budget in seconds that was used at the last step.
    pub fn seconds_done(&self) -> f64 {
        self.seconds_done
    }

    /// The learning rate of the last step.
    pub fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    /// The global norm of the last step's gradient, before clipping.
    pub fn gradient_norm(&self) -> f64 {
        self.gradient_norm
    }

    /// Whether a budget of steps or epochs is used up, or early stopping has ended the run.
    pub fn is_finished(&self) -> bool {
        self.validations.stopped || self.total_steps.is_some_and(|total| self.steps >= total)
    }

    /// An evaluation of what is held out; none if nothing that can be predicted is.
    ///
    /// # Errors
    /// Those of [`Evaluation::new`].
    pub fn validation(&self, model: &Model, streams: usize) -> Option<Result<Evaluation>> {
        self.held_out.can_be_evaluated().then(|| {
            let reading = Reading::Streams(streams);
            Evaluation::of(model, self.held_out.clone(), reading, Quantization::None)
        })
    }
}
