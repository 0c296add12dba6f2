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

/// Steps of the warm-up where none are asked for, and the share of the run that they take at most.
const WARMUP_STEPS: u64 = 100;
const MOST_WARMUP: f64 = 0.1;

/// The learning rate's course: a linear warm-up, then the schedule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LearningRate {
    peak: f64,
    schedule: Schedule,
    warmup_steps: u64,
    /// Share of the run by which the warm-up is over, whatever its steps; only looked at where the steps of
    /// the run are not known.
    warmup_share: f64,
}

impl LearningRate {
    /// For a peak rate and a run of `total_steps`, or of a number of steps that time will tell. Without
    /// `warmup_steps` it warms up for 100 steps, but at most for a tenth of the run.
    pub fn new(
        peak: f64,
        schedule: Schedule,
        warmup_steps: Option<u64>,
        total_steps: Option<u64>,
    ) -> Self {
        let most = total_steps.map_or(u64::MAX, |total| (total as f64 * MOST_WARMUP) as u64);
        Self {
            peak,
            schedule,
            warmup_steps: warmup_steps.unwrap_or(WARMUP_STEPS.min(most)),
            warmup_share: if warmup_steps.is_some() {
                f64::INFINITY
            } else {
                MOST_WARMUP
            },
        }
    }

    /// The rate of step `step` (from 0) of a budget of `total` steps.
    pub fn at_step(&self, step: u64, total: u64) -> f64 {
        if step < self.warmup_steps {
            return self.peak * (step + 1) as f64 / self.warmup_steps as f64;
        }
        let rest = total.saturating_sub(self.warmup_steps).max(1);
        self.peak * self.course((step - self.warmup_steps) as f64 / rest as f64)
    }

    /// The rate of step `step` (from 0) when the share `done`, 0 to 1, of a run of unknown length is over.
    pub fn at_share(&self, step: u64, done: f64) -> f64 {
        let by_steps = (step + 1) as f64 / self.warmup_steps.max(1) as f64;
        let by_share = done / self.warmup_share;
        self.peak * by_steps.max(by_share).min(1.0) * self.course(done)
    }

    /// The share of the peak rate when `done`, 0 to 1, is over.
    fn course(&self, done: f64) -> f64 {
        match self.schedule {
            Schedule::Constant => 1.0,
            Schedule::Cosine => {
                FLOOR + (1.0 - FLOOR) * 0.5 * (1.0 + (PI * done.clamp(0.0, 1.0)).cos())
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
        let rate = LearningRate::new(1.0, Schedule::Cosine, Some(10), Some(110));
        assert_eq!(rate.at_step(0, 110), 0.1);
        assert_eq!(rate.at_step(9, 110), 1.0);
        assert_eq!(rate.at_step(10, 110), 1.0);
        assert!((rate.at_step(60, 110) - 0.55).abs() < 1e-12);
        assert!((rate.at_step(110, 110) - 0.1).abs() < 1e-12);
        assert_eq!(
            LearningRate::new(1.0, Schedule::Constant, Some(10), Some(110)).at_step(100, 110),
            1.0
        );
        assert_eq!(
            LearningRate::new(1.0, Schedule::Cosine, Some(0), Some(1)).at_step(0, 1),
            1.0
        );
    }

    #[test]
    fn the_warm_up_takes_at_most_a_tenth_of_a_run() {
        let first_at_peak = |total: u64| {
            let rate = LearningRate::new(1.0, Schedule::Constant, None, Some(total));
            (0..total)
                .find(|&step| rate.at_step(step, total) == 1.0)
                .unwrap()
        };
        assert_eq!(
            (first_at_peak(50), first_at_peak(500), first_at_peak(5000)),
            (4, 49, 99)
        );
        let seconds = LearningRate::new(1.0, Schedule::Constant, None, None);
        assert!((seconds.at_share(0, 0.0) - 0.01).abs() < 1e-12);
        assert_eq!(
            (seconds.at_share(3, 0.1), seconds.at_share(99, 0.01)),
            (1.0, 1.0),
            "by share or by steps"
        );
        let asked_for = LearningRate::new(1.0, Schedule::Constant, Some(1000), None);
        assert_eq!(
            asked_for.at_share(99, 0.5),
            0.1,
            "a warm-up that was asked for is kept"
        );
    }
}
