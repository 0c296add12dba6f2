//! What a checkpoint keeps of a run beside its tensors.

use super::validation::Validations;
use super::{Training, TrainingOptions};
use crate::data::Source;
use crate::json::record;
use crate::model::Model;
use crate::{Error, Result};

/// The state of a run as JSON. Numbers of 64 bits stand as strings, because JavaScript would round them.
#[derive(Default)]
pub(crate) struct SavedState {
    /// With everything filled in.
    options: TrainingOptions,
    /// Steps done: the position in the text or in the documents follows from it.
    step: u64,
    /// Updates of the optimizer.
    updates: u64,
    /// Updates that the average has taken in; 0 without one.
    averaged: u64,
    validations: Validations,
    rollbacks: u32,
    /// Share of a budget in seconds.
    seconds_done: f64,
    /// Hash of the training text.
    text: String,
}

record!(all SavedState {
    options = "options",
    step = "step",
    updates = "updates",
    averaged = "averaged",
    validations = "validations",
    rollbacks = "rollbacks",
    seconds_done = "secondsDone",
    text = "text",
});

/// Beyond this, JSON of others has no whole numbers.
const MOST: u64 = 1 << 53;

impl SavedState {
    /// Refuses what no run can have come to.
    fn check(&self) -> Result<()> {
        let best = self.validations.best.unwrap_or_default();
        let counts = [
            self.step,
            self.validations.since_best,
            self.validations.since_fall,
            self.validations.falls,
            self.validations.last,
        ];
        let is_possible = counts.iter().all(|&count| count <= MOST)
            && self.updates <= self.step
            && self.averaged <= self.updates
            && u64::from(self.rollbacks) <= self.step
            && best.1 <= self.validations.last
            && self.validations.last <= self.step
            && best.0.is_finite()
            && (0.0..=1e9).contains(&self.seconds_done);
        if is_possible {
            return Ok(());
        }
        Err(bad("its numbers contradict each other".into()))
    }
}

fn bad(reason: String) -> Box<Error> {
    Error::BadModelFile(format!("its training state: {reason}")).into()
}

impl Training {
    pub(crate) fn saved_state(&mut self) -> SavedState {
        SavedState {
            options: self.options(),
            step: self.steps,
            updates: self.learner.optimizer().updates(),
            averaged: self.average.as_ref().map_or(0, |average| average.updates()),
            validations: self.validations.clone(),
            rollbacks: self.rollbacks,
            seconds_done: self.seconds_done,
            text: hexadecimal(self.fingerprint),
        }
    }

    /// A run with this state; what has the size of the model is still to be [filled](Self::arenas).
    pub(crate) fn from_saved(
        model: &Model,
        source: Source<'_>,
        state: SavedState,
        index: usize,
    ) -> Result<Self> {
        state.check()?;
        let recipe = state
            .options
            .resolve()
            .map_err(|error| bad(error.to_string()))?;
        // A file says everything: what it left open would change its meaning with the defaults of a later version.
        if recipe.options() != state.options {
            return Err(bad("its options are incomplete".into()));
        }
        if hexadecimal(source.fingerprint()) != state.text {
            return Err(Error::DifferentText.into());
        }
        let mut training = match Self::with_recipe(model, source, recipe, index) {
            Err(error) if matches!(*error, Error::OutOfMemory { .. }) => return Err(error),
            // The run has begun with this text, so that what does not fit it is the file.
            result => result.map_err(|error| bad(error.to_string()))?,
        };
        if let Some(total) = training.total_steps.filter(|&total| state.step > total) {
            return Err(bad(format!("it is at step {} of {total}", state.step)));
        }
        training.steps = state.step;
        training.learner.optimizer().set_updates(state.updates);
        if let Some(average) = &mut training.average {
            average.set_updates(state.averaged);
        }
        training.validations = state.validations;
        training.rollbacks = state.rollbacks;
        training.seconds_done = state.seconds_done;
        Ok(training)
    }

    /// Everything of the size of the model, with its name in a checkpoint.
    pub(crate) fn arenas(&mut self) -> Vec<(&'static str, &mut [f32])> {
        let mut arenas: Vec<_> = self.learner.arenas().collect();
        if let Some(average) = &mut self.average {
            arenas.extend(average.arenas());
        }
        // Before the first validation there is nothing in it.
        if !self.best.is_empty() && self.validations.best.is_some() {
            arenas.push(("best", &mut self.best));
        }
        arenas
    }

    /// Everything that is carried from window to window: states of all rows, each [B, any width].
    pub(crate) fn all_states(&mut self) -> Vec<Vec<f32>> {
        let network = self.learner.network();
        if let Some(crew) = &self.crew {
            return crew.gather(network);
        }
        let mut states = Vec::new();
        network.states(&mut |state| states.push(state.to_vec()));
        states
    }

    /// Sets what [`all_states`](Self::all_states) gave: `read` fills state number k.
    pub(crate) fn set_states(
        &mut self,
        mut read: impl FnMut(usize, &mut [f32]) -> Result<()>,
    ) -> Result<()> {
        let (batch, own_rows) = (self.windows.batch(), self.shard.rows(self.windows.batch()));
        let (mut result, mut k, mut at) = (Ok(()), 0, 0);
        let crew = &mut self.crew;
        self.learner.network().states(&mut |state| {
            if result.is_err() {
                return;
            }
            let Some(crew) = crew else {
                result = read(k, state);
                k += 1;
                return;
            };
            let width = state.len() / own_rows.len();
            let mut whole = vec![0.0; batch * width];
            result = read(k, &mut whole);
            crew.scatter(&whole, at, state);
            k += 1;
            at += width;
        });
        result
    }
}

fn hexadecimal(hash: u64) -> String {
    format!("{hash:016x}")
}
