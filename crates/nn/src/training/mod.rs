//! A training run: which window comes next, at which rate, until when, and what validations make of it.

mod memory;
mod options;
mod ranges;
mod saved;
mod setup;
mod shard;
mod validation;

use crate::average::Average;
use crate::data::{Source, Window, Windows};
use crate::error::allocate;
use crate::evaluation::{Evaluation, HeldOut};
use crate::layer::output::LossSum;
use crate::learner::{Learner, NonFinite};
use crate::linear::Purpose;
use crate::model::Model;
use crate::network::Network;
use crate::rng::{self, Pcg32};
use crate::schedule::{LearningRate, power};
use crate::{Error, Result};
use options::{Budget, Recipe};
use serde::Serialize;
use setup::{read, schedule};
use shard::{Crew, Shard};
use validation::Validations;

pub use memory::{ListSize, SourceSize, memory_estimate};
pub use options::TrainingOptions;
pub(crate) use saved::SavedState;
pub use validation::{Best, Verdict};

/// What a run will do, for people and progress bars.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
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

/// What a step has done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrainingStep {
    /// Mean loss of its window before the update, nats per token; not finite in some steps that were rolled back.
    pub loss: f64,
    /// Targets of the window.
    pub tokens: usize,
    /// Global norm of the gradient before clipping.
    pub gradient_norm: f64,
    /// The rate of this step.
    pub learning_rate: f64,
    /// That this step failed, and what was done about it.
    pub rollback: Option<Rollback>,
}

/// A step that came to something infinite or not a number. The weights are again those before the last update, the
/// next window starts from the initial state, and the rate is halved for the rest of the run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rollback {
    /// What was not finite: "loss", "gradient norm" or "weights".
    pub reason: &'static str,
    /// The step, from 1.
    pub step: u64,
    /// What all rates are multiplied by from now on.
    pub learning_rate_factor: f64,
}

/// A run is given up when it would have to be rolled back for this time.
const MOST_ROLLBACKS: u32 = 6;

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
    /// [`Error::InvalidOption`] (also for conditions that are not the model's), [`Error::ContradictoryOptions`] for options that exclude each other, and for
    /// documents where the model knows no boundary, [`Error::EmptyText`], [`Error::TextTooShort`],
    /// [`Error::UnknownSymbol`] (only for a vocabulary without an unknown symbol), [`Error::OutOfMemory`].
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
    /// Those of [`new`](Self::new); [`Error::InvalidOption`] for an index that the [plan](Self::plan) has no worker for.
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

    /// One optimiser step. `seconds_done` is the share of a budget in seconds that is used, and not looked at for
    /// other budgets. A step that was rolled back is a step, too: it has read its window and used up its part of
    /// the budget.
    ///
    /// # Errors
    /// [`Error::NonFiniteLoss`] where it would have to be rolled back for the sixth time; the model is then as
    /// after the last good step.
    pub fn step(&mut self, model: &mut Model, seconds_done: f64) -> Result<TrainingStep> {
        self.begin_step(model, seconds_done);
        self.end_step(model)
    }

    /// The first half of a [`step`](Self::step): the gradient of this worker's rows. Of several workers each then
    /// gives its [`gradient`](Self::gradient) and its [`own_loss`](Self::own_loss) to all others, and its
    /// [`carried`](Self::carried) states to the first, and [takes in](Self::take_in) theirs.
    pub fn begin_step(&mut self, model: &mut Model, seconds_done: f64) {
        self.seconds_done = seconds_done;
        self.learning_rate = self.rate_now();
        self.windows.fill(self.steps, &mut self.window);
        let window = match &mut self.crew {
            Some(crew) => {
                crew.read(&self.window);
                &crew.window
            }
            None => &self.window,
        };
        let network = self.learner.network();
        window.prepare(network);
        let purpose = rng::Purpose::Masks {
            step: self.steps,
            worker: self.shard.index as u64,
        };
        network.draw_masks(&mut Pcg32::for_purpose(self.recipe.seed, purpose));
        let weights = match &mut self.average {
            Some(average) => average.raw(),
            None => model.params_mut(),
        };
        let counted = self.window.counted();
        self.own_loss =
            self.learner
                .find_gradient(weights, &window.inputs, &window.targets, counted);
        if let Some(crew) = &mut self.crew {
            crew.begin(self.own_loss);
        }
    }

    /// After [`begin_step`](Self::begin_step): the gradient of this worker's rows, in the order of the parameters.
    pub fn gradient(&mut self) -> &[f32] {
        self.learner.network_and_gradient().1
    }

    /// After [`begin_step`](Self::begin_step): the loss of this worker's rows.
    pub fn own_loss(&self) -> LossSum {
        self.own_loss
    }

    /// After [`begin_step`](Self::begin_step): what this worker's rows carry to the next window. Only the first
    /// worker wants to know it.
    pub fn carried(&mut self) -> Vec<f32> {
        let mut all = Vec::new();
        let network = self.learner.network();
        network.states(&mut |state| all.extend_from_slice(state));
        all
    }

    /// Takes in the part of worker `index`: its [`gradient`](Self::gradient), which `write` is to write, its
    /// [`own_loss`](Self::own_loss) and, in the first worker, its [`carried`](Self::carried) states. To be called
    /// for all other workers in their order.
    ///
    /// # Panics
    /// In another order, or in a run of one worker.
    pub fn take_in(
        &mut self,
        index: usize,
        write: impl FnOnce(&mut [f32]),
        loss: LossSum,
        carried: &[f32],
    ) {
        let crew = self.crew.as_mut().expect("the run has several workers");
        write(crew.incoming());
        let (_, own) = self.learner.network_and_gradient();
        crew.take(index, own, self.own_loss, loss, carried);
    }

    /// The second half of a [`step`](Self::step), the same in all workers.
    ///
    /// # Errors
    /// Those of [`step`](Self::step).
    ///
    /// # Panics
    /// If the part of a worker is missing.
    pub fn end_step(&mut self, model: &mut Model) -> Result<TrainingStep> {
        let loss = match &self.crew {
            Some(crew) => crew.loss(),
            None => self.own_loss,
        };
        let weights = match &mut self.average {
            Some(average) => average.raw(),
            None => model.params_mut(),
        };
        let report = self.learner.update(weights, loss, self.learning_rate);
        self.gradient_norm = report.gradient_norm;
        self.steps += 1;
        let rollback = match report.non_finite {
            Some(what) => Some(self.roll_back(model, what)?),
            None => {
                if let Some(average) = &mut self.average {
                    average.update(model.params_mut());
                }
                None
            }
        };
        Ok(TrainingStep {
            loss: report.loss.mean(),
            tokens: report.loss.count,
            gradient_norm: report.gradient_norm,
            learning_rate: self.learning_rate,
            rollback,
        })
    }

    /// The rate of the next step.
    fn rate_now(&self) -> f64 {
        let scheduled = match self.total_steps {
            Some(total) => self.schedule.at_step(self.steps, total),
            None => self.schedule.at_share(self.steps, self.seconds_done),
        };
        scheduled * power(self.recipe.decay_factor, self.validations.falls) * self.rate_factor()
    }

    /// What rollbacks have left of the rate.
    fn rate_factor(&self) -> f64 {
        power(0.5, self.rollbacks.into())
    }

    /// Gives up a step that was begun and cannot be ended, because a worker is gone: the weights are those of the last
    /// step, and all rows start anew.
    pub fn abandon_step(&mut self) {
        self.learner.network().reset();
        self.start_others_anew();
    }

    fn start_others_anew(&mut self) {
        if let Some(crew) = &mut self.crew {
            crew.start_anew(self.learner.network());
        }
    }

    fn roll_back(&mut self, model: &mut Model, what: NonFinite) -> Result<Rollback> {
        match &mut self.average {
            None => self.learner.roll_back(model.params_mut()),
            Some(average) => {
                self.learner.roll_back(average.raw());
                // Weights that were not finite have not come into the average.
                if what != NonFinite::Weights {
                    average.roll_back(model.params_mut());
                }
            }
        }
        self.start_others_anew();
        self.rollbacks += 1;
        if self.rollbacks >= MOST_ROLLBACKS {
            return Err(Error::NonFiniteLoss {
                what: what.name(),
                step: self.steps,
                learning_rate: self.learning_rate,
            });
        }
        Ok(Rollback {
            reason: what.name(),
            step: self.steps,
            learning_rate_factor: self.rate_factor(),
        })
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
        self.held_out
            .can_be_evaluated()
            .then(|| Evaluation::of(model, self.held_out.clone(), streams))
    }
}
