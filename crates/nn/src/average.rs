//! A moving average of the weights, which writes better than the weights themselves. docs/maths.md (9d).

use crate::Result;
use crate::error::allocate;
use mynah_kernels::optimizer::lerp_f32;

/// The weights that are trained, while the model has their average.
///
/// The model's own arena holds the average, so that whoever evaluates, samples or saves the model at any time sees
/// it without a copy.
pub(crate) struct Average {
    decay: f64,
    updates: u64,
    /// The weights that are trained.
    raw: Vec<f32>,
    /// The average before the last update.
    good: Vec<f32>,
}

impl Average {
    /// Starts from the weights `params`.
    pub fn new(decay: f64, params: &[f32]) -> Result<Self> {
        let copy = || -> Result<Vec<f32>> {
            let mut copy = allocate(&[params.len()], "the average of the weights")?;
            copy.copy_from_slice(params);
            Ok(copy)
        };
        Ok(Self {
            decay,
            updates: 0,
            raw: copy()?,
            good: copy()?,
        })
    }

    /// The weights that are trained.
    pub fn raw(&mut self) -> &mut [f32] {
        &mut self.raw
    }

    /// What a checkpoint keeps, with its names.
    pub fn arenas(&mut self) -> [(&'static str, &mut [f32]); 2] {
        [("raw", &mut self.raw), ("previous_average", &mut self.good)]
    }

    /// Updates taken in.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// As if `updates` updates had been taken in.
    pub fn set_updates(&mut self, updates: u64) {
        self.updates = updates;
    }

    /// Moves `average` towards the weights. A young average forgets faster, so that the initial weights do not
    /// weigh on a short run.
    pub fn update(&mut self, average: &mut [f32]) {
        self.good.copy_from_slice(average);
        let t = self.updates as f64;
        let decay = self.decay.min((1.0 + t) / (10.0 + t));
        lerp_f32(average, &self.raw, (1.0 - decay) as f32);
        self.updates += 1;
    }

    /// The average before the last update.
    pub fn roll_back(&self, average: &mut [f32]) {
        average.copy_from_slice(&self.good);
    }
}
