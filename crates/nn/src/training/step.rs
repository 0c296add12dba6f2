//! A step of a run: alone, or together with other workers.

use super::Training;
use crate::json::report;
use crate::layer::output::{LossSum, counted};
use crate::learner::NonFinite;
use crate::model::Model;
use crate::rng::{self, Pcg32};
use crate::schedule::power;
use crate::{Error, Result};

/// What a step has done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrainingStep {
    /// Mean loss of its window before the update, nats per token; not finite in some steps that were rolled back.
    pub loss: f64,
    /// Targets of the window.
    pub tokens: usize,
    /// Those of them that the model held for the most likely symbol.
    pub correct: usize,
    /// Global norm of the gradient before clipping.
    pub gradient_norm: f64,
    /// The rate of this step.
    pub learning_rate: f64,
    /// That this step failed, and what was done about it.
    pub rollback: Option<Rollback>,
}

/// A step that came to something infinite or not a number. The weights are again those before the last update, the
/// next window starts from the initial state, and the rate is halved for the rest of the run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rollback {
    /// What was not finite: "loss", "gradient norm" or "weights".
    pub reason: &'static str,
    /// The step, from 1.
    pub step: u64,
    /// What all rates are multiplied by from now on.
    pub learning_rate_factor: f64,
}

report!(Rollback {
    reason = "reason",
    step = "step",
    learning_rate_factor = "learningRateFactor",
});

/// A run is given up when it would have to be rolled back for this time.
const MOST_ROLLBACKS: u32 = 6;

impl Training {
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
    pub fn begin_step(&mut self, model: &Model, seconds_done: f64) {
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
            None => model.params(),
        };
        let all_counted = counted(&self.window.targets);
        self.own_loss =
            self.learner
                .find_gradient(weights, &window.inputs, &window.targets, all_counted);
        if let Some(crew) = &mut self.crew {
            crew.begin(self.own_loss);
        }
    }

    /// After [`begin_step`](Self::begin_step): the gradient of this worker's rows, in the order of the parameters.
    pub fn gradient(&mut self) -> &[f32] {
        self.learner.gradient()
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
        crew.take(index, self.learner.gradient(), self.own_loss, loss, carried);
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
            correct: report.loss.correct,
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
            }
            .into());
        }
        Ok(Rollback {
            reason: what.name(),
            step: self.steps,
            learning_rate_factor: self.rate_factor(),
        })
    }
}
