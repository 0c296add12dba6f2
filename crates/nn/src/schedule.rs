//! The learning rate over a run. docs/maths.md (9c).

use crate::json::names;
use mynah_kernels::angle::sin_cos;
use std::f64::consts::PI;

/// How the learning rate changes over the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// Stays, after the warm-up.
    Constant,
    /// Half a cosine after the warm-up, down to a tenth at the end of the budget.
    Cosine,
    /// Up from 1/25 of the peak in the first 30 % of the budget, then down to next to nothing at its end; has no
    /// warm-up beside its own.
    OneCycle,
    /// Falls by a factor whenever some validations in a row have brought no improvement.
    Plateau,
    /// Falls by a factor every so many steps.
    Step,
}

names!(Schedule {
    Constant = "constant",
    Cosine = "cosine",
    OneCycle = "one-cycle",
    Plateau = "plateau",
    Step = "step",
});

/// Where the cosine ends, as a share of the learning rate.
const FLOOR: f64 = 0.1;

/// Steps of the warm-up where none are asked for, and the share of the run that they take at most.
const WARMUP_STEPS: u64 = 100;
const MOST_WARMUP: f64 = 0.1;

/// One-cycle: the share of the run in which the rate rises, and where it starts and ends as shares of the peak.
/// Those of Smith and Topin 2018 as PyTorch's `OneCycleLR` has them by default.
const RISE: f64 = 0.3;
const CYCLE_START: f64 = 1.0 / 25.0;
const CYCLE_END: f64 = CYCLE_START / 1e4;

/// What decides the course of the learning rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScheduleConfig {
    /// The highest rate.
    pub peak: f64,
    /// The course.
    pub schedule: Schedule,
    /// Steps of the linear warm-up; where none are asked for 100, but at most a tenth of the run.
    pub warmup_steps: Option<u64>,
    /// Of [`Schedule::Step`] and [`Schedule::Plateau`]: what the rate falls by.
    pub decay_factor: f64,
    /// Of [`Schedule::Step`]: steps between two falls, 1 at least.
    pub decay_steps: u64,
}

/// The learning rate's course: a linear warm-up, then the schedule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LearningRate {
    config: ScheduleConfig,
    warmup_steps: u64,
    /// Share of the run by which the warm-up is over, whatever its steps; only looked at where the steps of
    /// the run are not known.
    warmup_share: f64,
}

impl LearningRate {
    /// For a run of `total_steps`, or of a number of steps that time will tell.
    pub fn new(config: ScheduleConfig, total_steps: Option<u64>) -> Self {
        let most = total_steps.map_or(u64::MAX, |total| (total as f64 * MOST_WARMUP) as u64);
        let warmup_steps = match config.schedule {
            Schedule::OneCycle => 0,
            _ => config.warmup_steps.unwrap_or(WARMUP_STEPS.min(most)),
        };
        Self {
            config,
            warmup_steps,
            warmup_share: if config.warmup_steps.is_some() {
                f64::INFINITY
            } else {
                MOST_WARMUP
            },
        }
    }

    /// The rate of step `step` (from 0) of a budget of `total` steps.
    pub fn at_step(&self, step: u64, total: u64) -> f64 {
        if self.config.schedule == Schedule::OneCycle {
            // The peak is reached at the last step of the rise, the end at the last step of all.
            let top = RISE * total as f64 - 1.0;
            return self.config.peak * one_cycle(step as f64, top, total as f64 - 1.0);
        }
        if step < self.warmup_steps {
            return self.config.peak * (step + 1) as f64 / self.warmup_steps as f64;
        }
        let rest = total.saturating_sub(self.warmup_steps).max(1);
        self.config.peak * self.course(step, (step - self.warmup_steps) as f64 / rest as f64)
    }

    /// The rate of step `step` (from 0) when the share `done`, 0 to 1, of a run of unknown length is over.
    pub fn at_share(&self, step: u64, done: f64) -> f64 {
        if self.config.schedule == Schedule::OneCycle {
            return self.config.peak * one_cycle(done, RISE, 1.0);
        }
        let by_steps = (step + 1) as f64 / self.warmup_steps.max(1) as f64;
        let by_share = done / self.warmup_share;
        self.config.peak * by_steps.max(by_share).min(1.0) * self.course(step, done)
    }

    /// The share of the peak rate at step `step` when `done`, 0 to 1, of what follows the warm-up is over.
    fn course(&self, step: u64, done: f64) -> f64 {
        match self.config.schedule {
            // How often the rate has fallen on a plateau is not a matter of time: the run keeps count.
            Schedule::Constant | Schedule::Plateau | Schedule::OneCycle => 1.0,
            Schedule::Cosine => half_cosine(1.0, FLOOR, done),
            Schedule::Step => power(self.config.decay_factor, step / self.config.decay_steps),
        }
    }
}

/// From 1/25 at 0 up to 1 at `top`, down to the end at `end`.
fn one_cycle(at: f64, top: f64, end: f64) -> f64 {
    if at < top {
        half_cosine(CYCLE_START, 1.0, at / top)
    } else {
        half_cosine(1.0, CYCLE_END, (at - top) / (end - top))
    }
}

/// From `from` to `to` along half a cosine; `done` from 0 to 1.
fn half_cosine(from: f64, to: f64, done: f64) -> f64 {
    to + (from - to) * 0.5 * (1.0 + sin_cos(PI * done.clamp(0.0, 1.0)).1)
}

/// base^exponent by multiplications alone, the same bits on every platform, unlike `powi`.
pub(crate) fn power(mut base: f64, mut exponent: u64) -> f64 {
    let mut result = 1.0;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result *= base;
        }
        base *= base;
        exponent >>= 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn rate(schedule: Schedule, warmup_steps: Option<u64>, total: Option<u64>) -> LearningRate {
        let config = ScheduleConfig {
            peak: 1.0,
            schedule,
            warmup_steps,
            decay_factor: 0.5,
            decay_steps: 30,
        };
        LearningRate::new(config, total)
    }

    #[test]
    fn warms_up_and_falls_to_a_tenth() {
        let cosine = rate(Schedule::Cosine, Some(10), Some(110));
        assert_eq!(cosine.at_step(0, 110), 0.1);
        assert_eq!(cosine.at_step(9, 110), 1.0);
        assert_eq!(cosine.at_step(10, 110), 1.0);
        assert!((cosine.at_step(60, 110) - 0.55).abs() < 1e-12);
        assert!((cosine.at_step(110, 110) - 0.1).abs() < 1e-12);
        let constant = rate(Schedule::Constant, Some(10), Some(110));
        assert_eq!(constant.at_step(100, 110), 1.0);
        let short = rate(Schedule::Cosine, Some(0), Some(1));
        assert_eq!(short.at_step(0, 1), 1.0);
    }

    #[test]
    fn the_warm_up_takes_at_most_a_tenth_of_a_run() {
        let first_at_peak = |total: u64| {
            let rate = rate(Schedule::Constant, None, Some(total));
            (0..total)
                .find(|&step| rate.at_step(step, total) == 1.0)
                .unwrap()
        };
        assert_eq!(
            (first_at_peak(50), first_at_peak(500), first_at_peak(5000)),
            (4, 49, 99)
        );
        let seconds = rate(Schedule::Constant, None, None);
        assert!((seconds.at_share(0, 0.0) - 0.01).abs() < 1e-12);
        assert_eq!(
            (seconds.at_share(3, 0.1), seconds.at_share(99, 0.01)),
            (1.0, 1.0),
            "by share or by steps"
        );
        let asked_for = rate(Schedule::Constant, Some(1000), None);
        assert_eq!(
            asked_for.at_share(99, 0.5),
            0.1,
            "a warm-up that was asked for is kept"
        );
    }

    #[test]
    fn one_cycle_is_pytorch_s() {
        // torch.optim.lr_scheduler.OneCycleLR(sgd, max_lr=1, total_steps=10): the rates of steps 0, 1, ..., 9 as
        // its documentation defines them, computed by hand from the two half cosines (0 to 2, and 2 to 9).
        let cycle = rate(Schedule::OneCycle, None, Some(10));
        let expected = |step: f64| {
            let (from, to, done) = if step <= 2.0 {
                (0.04, 1.0, step / 2.0)
            } else {
                (1.0, 0.04 / 1e4, (step - 2.0) / 7.0)
            };
            to + (from - to) / 2.0 * ((PI * done).cos() + 1.0)
        };
        for step in 0..10 {
            let difference = cycle.at_step(step, 10) - expected(step as f64);
            assert!(difference.abs() < 1e-15, "step {step}: {difference}");
        }
        assert!((cycle.at_step(0, 10) - 0.04).abs() < 1e-15);
        assert_eq!(cycle.at_step(2, 10), 1.0);
        assert!((cycle.at_step(9, 10) - 4e-6).abs() < 1e-15, "the last step");
        assert!((cycle.at_share(0, 0.0) - 0.04).abs() < 1e-15);
        assert_eq!(cycle.at_share(7, 0.3), 1.0);
        assert!((cycle.at_share(9, 1.0) - 4e-6).abs() < 1e-15);
        assert!((cycle.at_share(9, 1.2) - 4e-6).abs() < 1e-15, "overtime");
        for total in [1, 2, 3, 4] {
            for step in 0..total {
                let rate = cycle.at_step(step, total);
                assert!((0.0..=1.0).contains(&rate), "step {step} of {total}");
            }
        }
    }

    #[test]
    fn step_falls_at_its_steps_and_after_the_warm_up_for_every_budget() {
        for (at, total) in [(Some(10), Some(100)), (Some(10), None)] {
            let step = rate(Schedule::Step, at, total);
            let at = |s: u64| match total {
                Some(total) => step.at_step(s, total),
                None => step.at_share(s, s as f64 / 100.0),
            };
            assert_eq!([0, 9, 10, 29].map(at), [0.1, 1.0, 1.0, 1.0]);
            assert_eq!([30, 59, 60, 90, 99].map(at), [0.5, 0.5, 0.25, 0.125, 0.125]);
        }
        let plateau = rate(Schedule::Plateau, Some(10), Some(100));
        assert_eq!([0, 9, 99].map(|s| plateau.at_step(s, 100)), [0.1, 1.0, 1.0]);
    }
}
