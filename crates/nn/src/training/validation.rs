//! What validations decide: which weights are kept, when the rate falls, when to stop. docs/maths.md (9f).

use super::options::Recipe;
use crate::json::{record, report};
use crate::schedule::Schedule;

/// What a validation means for the run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// Whether the loss is lower than any before.
    pub improved: bool,
    /// The lowest loss so far.
    pub best: f64,
    /// Whether to stop, because too many validations in a row have brought no improvement.
    pub stop: bool,
}

report!(Verdict {
    improved = "improved",
    best = "best",
    stop = "stop",
});

/// The weights that a run ends with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Best {
    /// Their loss at their validation.
    pub loss: f64,
    /// The steps after which that was.
    pub step: u64,
}

report!(Best {
    loss = "loss",
    step = "step",
});

/// What validations have found so far; part of a checkpoint.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Validations {
    /// Lowest loss and the steps after which it was found.
    pub best: Option<(f64, u64)>,
    /// The steps after which the last one was.
    pub last: u64,
    /// Validations since the best.
    pub since_best: u64,
    /// Validations without improvement since the rate last fell.
    pub since_fall: u64,
    /// How often the rate has fallen.
    pub falls: u64,
    /// Whether to stop.
    pub stopped: bool,
}

record!(all Validations {
    best = "best",
    last = "last",
    since_best = "sinceBest",
    since_fall = "sinceFall",
    falls = "falls",
    stopped = "stopped",
});

impl Validations {
    /// Takes in the loss of a validation after `step` steps.
    pub fn add(&mut self, loss: f64, step: u64, recipe: &Recipe) -> Verdict {
        self.last = step;
        let improved = self.best.is_none_or(|(best, _)| loss < best);
        if improved {
            self.best = Some((loss, step));
            (self.since_best, self.since_fall) = (0, 0);
        } else {
            self.since_best += 1;
            self.since_fall += 1;
        }
        if recipe.schedule == Schedule::Plateau && self.since_fall >= recipe.patience {
            self.falls += 1;
            self.since_fall = 0;
        }
        if recipe.early_stopping > 0 && self.since_best >= recipe.early_stopping {
            self.stopped = true;
        }
        Verdict {
            improved,
            best: self.best.map_or(loss, |(best, _)| best),
            stop: self.stopped,
        }
    }
}
