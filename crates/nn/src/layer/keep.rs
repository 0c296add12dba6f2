//! Steps at which a state, or a part of it, stays as it is: zoneout, and padding. docs/maths.md (17a), (17b)

use super::Pass;
use super::cell::{CellSizes, Memory};
use crate::Result;
use crate::config::Recurrence;
use crate::error::allocate;
use crate::linear::Purpose;
use crate::rng::Pcg32;
use mynah_kernels::real::Real;

/// Lays the old state over the new one after a step, and leads the gradient past the step on the way back.
pub struct Keep<T> {
    sizes: CellSizes,
    h: Zoneout<T>,
    c: Zoneout<T>,
    /// [B, H]: the gradients that pass a step by, between its beginning and its end.
    passing_h: Vec<T>,
    passing_c: Vec<T>,
}

/// Zoneout of one state (Krueger et al. 2017).
struct Zoneout<T> {
    rate: f64,
    /// In training [T, B, H], 1 for the units that keep their value; else [B, H], the rate, which makes the
    /// expectation. Empty without zoneout.
    mask: Vec<T>,
    state: usize,
    is_random: bool,
}

impl<T: Real> Zoneout<T> {
    fn new(rate: f64, sizes: CellSizes) -> Result<Self> {
        let is_random = sizes.window.purpose == Purpose::Train;
        let steps = if is_random { sizes.window.seq_len } else { 1 };
        let len = if rate > 0.0 { steps } else { 0 };
        let mut mask: Vec<T> = allocate(&[len, sizes.state()], "the zoneout mask")?;
        if !is_random {
            mask.fill(T::from_f64(rate));
        }
        Ok(Self {
            rate,
            mask,
            state: sizes.state(),
            is_random,
        })
    }

    fn draw(&mut self, rng: &mut Pcg32) {
        if self.is_random && !self.mask.is_empty() {
            let (keep, change) = (T::from_f64(1.0), T::default());
            rng.fill_choices(&mut self.mask, self.rate, keep, change);
        }
    }

    /// What step `t` keeps, if there is zoneout.
    fn at(&self, t: usize) -> Option<&[T]> {
        let step = if self.is_random { t } else { 0 };
        let range = step * self.state..(step + 1) * self.state;
        (!self.mask.is_empty()).then(|| &self.mask[range])
    }
}

impl<T: Real> Keep<T> {
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(recurrence: &Recurrence, sizes: CellSizes) -> Result<Self> {
        let passing = sizes.window.purpose.gradients(sizes.state());
        let memory = if recurrence.cell.has_memory() {
            passing
        } else {
            0
        };
        Ok(Self {
            sizes,
            h: Zoneout::new(recurrence.zoneout, sizes)?,
            c: Zoneout::new(recurrence.zoneout_cell, sizes)?,
            passing_h: allocate(&[passing], "gradients")?,
            passing_c: allocate(&[memory], "gradients")?,
        })
    }

    /// Draws the masks of the next window.
    pub fn draw_masks(&mut self, rng: &mut Pcg32) {
        self.h.draw(rng);
        self.c.draw(rng);
    }

    /// Whether there is anything to do in a pass.
    pub fn is_active(&self, pass: &Pass<'_, T>) -> bool {
        !(self.h.mask.is_empty() && self.c.mask.is_empty() && pass.lengths.is_empty())
    }

    /// After step `t`: puts back what is kept of `h_prev` into `h_next`, both [B, H], and the same of the second state.
    pub fn after_forward(
        &self,
        t: usize,
        pass: &Pass<'_, T>,
        h_prev: &[T],
        h_next: &mut [T],
        memory: Option<Memory<'_, T>>,
    ) {
        let state = self.sizes.state();
        self.lay_over(&self.h, t, pass, h_prev, h_next);
        if let Some(memory) = memory {
            let (before, after) = memory.values.split_at_mut((t + 1) * state);
            self.lay_over(&self.c, t, pass, &before[t * state..], &mut after[..state]);
        }
    }

    fn lay_over(
        &self,
        zoneout: &Zoneout<T>,
        t: usize,
        pass: &Pass<'_, T>,
        prev: &[T],
        next: &mut [T],
    ) {
        if let Some(keep) = zoneout.at(t) {
            T::blend(next, prev, keep);
        }
        for row in self.padded_rows(t, pass) {
            next[row.clone()].copy_from_slice(&prev[row]);
        }
    }

    /// Before step `t` backwards: takes away the gradient of what was kept from `d_h` [B, H], and from that of the
    /// second state, so that the step sees none of it.
    pub fn before_backward(
        &mut self,
        t: usize,
        pass: &Pass<'_, T>,
        d_h: &mut [T],
        memory: Option<Memory<'_, T>>,
    ) {
        let mut passing = std::mem::take(&mut self.passing_h);
        self.take_away(&self.h, t, pass, &mut passing, d_h);
        self.passing_h = passing;
        if let Some(memory) = memory {
            let mut passing = std::mem::take(&mut self.passing_c);
            self.take_away(&self.c, t, pass, &mut passing, memory.gradient);
            self.passing_c = passing;
        }
    }

    fn take_away(
        &self,
        zoneout: &Zoneout<T>,
        t: usize,
        pass: &Pass<'_, T>,
        passing: &mut [T],
        d_state: &mut [T],
    ) {
        passing.fill(T::default());
        if let Some(keep) = zoneout.at(t) {
            T::blend_backward(d_state, passing, keep);
        }
        for row in self.padded_rows(t, pass) {
            T::add_acc(&mut passing[row.clone()], &d_state[row.clone()]);
            d_state[row].fill(T::default());
        }
    }

    /// After a step backwards: gives the gradients that passed it by to the state before it.
    pub fn after_backward(&self, d_h: &mut [T], memory: Option<Memory<'_, T>>) {
        T::add_acc(d_h, &self.passing_h);
        if let Some(memory) = memory {
            T::add_acc(memory.gradient, &self.passing_c);
        }
    }

    /// The rows of a state [B, H] whose sequence is over before step `t`.
    fn padded_rows(
        &self,
        t: usize,
        pass: &Pass<'_, T>,
    ) -> impl Iterator<Item = std::ops::Range<usize>> {
        let hidden = self.sizes.hidden;
        let lengths = pass.lengths.iter().enumerate();
        lengths
            .filter(move |&(_, &length)| t >= length)
            .map(move |(b, _)| b * hidden..(b + 1) * hidden)
    }
}
