//! The learning rate over a run. docs/maths.md (9).

use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// How the learning rate changes after the warm-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Schedule {
    /// Stays.
    Constant,
    /// Half a cosine, down to a tenth at the end of the budget.
    Cosine,
}

/// What the cosine falls to, as a share of the learning rate.
const FLOOR: f64 = 0.1;

/// The learning rate's course: a linear warm-up, then the schedule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LearningRate {
    /// After the warm-up.
    pub peak: f64,
    /// Steps of the warm-up.
    pub warmup_steps: u64,
    /// What follows.
    pub schedule: Schedule,
}

impl LearningRate {
    /// The rate of step `step` (from 0) of a budget of `total` steps.
    pub fn at_step(&self, step: u64, total: u64) -> f64 {
        let rest = total.saturating_sub(self.warmup_steps).max(1);
        self.at(
            step,
            step.saturating_sub(self.warmup_steps) as f64 / rest as f64,
        )
    }

    /// The rate of step `step` (from 0) when `done`, 0 to 1, of what follows the warm-up is over.
    pub fn at(&self, step: u64, done: f64) -> f64 {
        if step < self.warmup_steps {
            return self.peak * (step + 1) as f64 / self.warmup_steps as f64;
        }
        match self.schedule {
            Schedule::Constant => self.peak,
            Schedule::Cosine => {
                self.peak
                    * (FLOOR + (1.0 - FLOOR) * 0.5 * (1.0 + (PI * done.clamp(0.0, 1.0)).cos()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn warms_up_and_falls_to_a_tenth() {
        let rate = LearningRate {
            peak: 1.0,
            warmup_steps: 10,
            schedule: Schedule::Cosine,
        };
        assert_eq!(rate.at_step(0, 110), 0.1);
        assert_eq!(rate.at_step(9, 110), 1.0);
        assert_eq!(rate.at_step(10, 110), 1.0);
        assert!((rate.at_step(60, 110) - 0.55).abs() < 1e-12);
        assert!((rate.at_step(110, 110) - 0.1).abs() < 1e-12);
        assert_eq!(
            LearningRate {
                schedule: Schedule::Constant,
                ..rate
            }
            .at_step(100, 110),
            1.0
        );
        assert_eq!(
            LearningRate {
                warmup_steps: 0,
                ..rate
            }
            .at_step(0, 1),
            1.0
        );
    }
}
