//! The state that a sequence starts from: zero, trained, or made from its condition. docs/maths.md (18a)

use super::cell::{CellSizes, LayerName};
use super::condition::ConditionProduct;
use super::{Pass, WindowSizes};
use crate::Result;
use crate::config::{ConditionMode, Recurrence};
use crate::error::allocate;
use crate::init::Init;
use crate::linear::fill_rows;
use crate::params::{Layout, ParamList};
use mynah_kernels::cell::rnn::Nonlinearity;
use mynah_kernels::real::Real;
use std::ops::Range;

/// Fills the states of sequences that start anew, and takes the gradients of what they start from.
pub struct Start<T> {
    h: StartOfState<T>,
    c: Option<StartOfState<T>>,
    /// \[B\]: 1 for sequences that start anew in the next window, 0 for those that go on. Numbers, so that they
    /// are saved with the states.
    fresh: Vec<T>,
}

/// The start of h or of c.
struct StartOfState<T> {
    hidden: usize,
    trained: Option<Range<usize>>,
    condition: Option<FromCondition<T>>,
    /// [B, H]
    values: Vec<T>,
    /// [B, H]
    gradient: Vec<T>,
}

/// tanh(condition W') for h, which is bounded, condition W' for c, which is not.
struct FromCondition<T> {
    /// [B, H]
    preact: ConditionProduct<T>,
    is_bounded: bool,
    /// [B, H]
    values: Vec<T>,
}

impl<T: Real> Start<T> {
    /// Declares what is trained: `h0`, `c0` \[H\], `condition_h0`, `condition_c0` [H, C].
    pub fn declare(list: &mut ParamList, name: &LayerName, recurrence: &Recurrence, hidden: usize) {
        let condition = condition_size(recurrence);
        for state in states(recurrence) {
            if recurrence.trains_initial_state {
                list.add(name.param(&format!("{state}0")), &[hidden], Init::Zeros);
            }
            if let Some(size) = condition {
                let init = Init::linear(size);
                let name = name.param(&format!("condition_{state}0"));
                list.add(name, &[hidden, size], init);
            }
        }
    }

    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(
        layout: &Layout,
        name: &LayerName,
        recurrence: &Recurrence,
        sizes: CellSizes,
    ) -> Result<Self> {
        let of = |state| StartOfState::new(layout, name, recurrence, sizes, state);
        let mut fresh: Vec<T> = allocate(&[sizes.window.batch], "states")?;
        fresh.fill(T::from_f64(1.0));
        Ok(Self {
            h: of("h")?,
            c: recurrence.cell.has_memory().then(|| of("c")).transpose()?,
            fresh,
        })
    }

    /// Packs the weights; called once per update.
    pub fn load(&mut self, params: &[T]) {
        let states = [Some(&mut self.h), self.c.as_mut()];
        for condition in states
            .into_iter()
            .flatten()
            .filter_map(|s| s.condition.as_mut())
        {
            condition.preact.load(params);
        }
    }

    /// Makes sequence `b` start anew.
    pub fn reset(&mut self, b: usize) {
        self.fresh[b] = T::from_f64(1.0);
    }

    /// Lets all sequences go on from the states they have.
    pub fn go_on(&mut self) {
        self.fresh.fill(T::default());
    }

    /// 1 for sequences that start anew, \[B\].
    pub fn fresh(&mut self) -> &mut [T] {
        &mut self.fresh
    }

    /// Writes the states of those that start anew, each [B, H].
    pub fn forward(&mut self, pass: &Pass<'_, T>, h: &mut [T], c: Option<&mut [T]>) {
        if self.fresh.iter().all(|&fresh| fresh == T::default()) {
            return;
        }
        self.h.forward(pass, h, &self.fresh);
        if let (Some(start), Some(c)) = (&mut self.c, c) {
            start.forward(pass, c, &self.fresh);
        }
    }

    /// Adds the gradients of what the states were made from, given those of the states.
    pub fn backward(&mut self, grads: &mut [T], pass: &Pass<'_, T>, d_h: &[T], d_c: Option<&[T]>) {
        self.h.backward(grads, pass, d_h, &self.fresh);
        if let (Some(start), Some(d_c)) = (&mut self.c, d_c) {
            start.backward(grads, pass, d_c, &self.fresh);
        }
    }
}

/// The names of a cell's states.
fn states(recurrence: &Recurrence) -> &'static [&'static str] {
    if recurrence.cell.has_memory() {
        &["h", "c"]
    } else {
        &["h"]
    }
}

/// The condition's size, if it enters here.
fn condition_size(recurrence: &Recurrence) -> Option<usize> {
    let condition = recurrence.condition?;
    (condition.mode == ConditionMode::InitialState).then_some(condition.size)
}

impl<T: Real> StartOfState<T> {
    fn new(
        layout: &Layout,
        name: &LayerName,
        recurrence: &Recurrence,
        sizes: CellSizes,
        state: &str,
    ) -> Result<Self> {
        let CellSizes { window, hidden } = sizes;
        let condition = condition_size(recurrence).map(|size| {
            let weight = layout.range(&name.param(&format!("condition_{state}0")));
            FromCondition::new(weight, size, window, state == "h")
        });
        let gradients = window.purpose.gradients(sizes.state());
        Ok(Self {
            hidden,
            trained: layout.find(&name.param(&format!("{state}0"))),
            condition: condition.transpose()?,
            values: allocate(&[sizes.state()], "states")?,
            gradient: allocate(&[gradients], "gradients")?,
        })
    }

    fn forward(&mut self, pass: &Pass<'_, T>, state: &mut [T], fresh: &[T]) {
        match &self.trained {
            Some(range) => fill_rows(&mut self.values, &pass.params[range.clone()]),
            None => self.values.fill(T::default()),
        }
        if let Some(condition) = &mut self.condition {
            condition.forward_acc(pass, &mut self.values);
        }
        let rows = state.chunks_exact_mut(self.hidden);
        let starts = self.values.chunks_exact(self.hidden);
        for ((row, start), &fresh) in rows.zip(starts).zip(fresh) {
            if fresh != T::default() {
                row.copy_from_slice(start);
            }
        }
    }

    fn backward(&mut self, grads: &mut [T], pass: &Pass<'_, T>, d_state: &[T], fresh: &[T]) {
        if self.trained.is_none() && self.condition.is_none() {
            return;
        }
        let rows = self.gradient.chunks_exact_mut(self.hidden);
        let d_rows = d_state.chunks_exact(self.hidden);
        for ((row, d_row), &fresh) in rows.zip(d_rows).zip(fresh) {
            if fresh == T::default() {
                row.fill(T::default());
            } else {
                row.copy_from_slice(d_row);
            }
        }
        if let Some(range) = &self.trained {
            for row in self.gradient.chunks_exact(self.hidden) {
                T::add_acc(&mut grads[range.clone()], row);
            }
        }
        if let Some(condition) = &mut self.condition {
            condition.backward(grads, pass, &self.gradient);
        }
    }
}

impl<T: Real> FromCondition<T> {
    fn new(
        weight: Range<usize>,
        size: usize,
        window: WindowSizes,
        is_bounded: bool,
    ) -> Result<Self> {
        let preact = ConditionProduct::new(weight, size, window)?;
        Ok(Self {
            values: allocate(&[preact.values.len()], "states")?,
            preact,
            is_bounded,
        })
    }

    fn forward_acc(&mut self, pass: &Pass<'_, T>, state: &mut [T]) {
        self.preact.forward(pass);
        let (preact, values) = (&self.preact.values, &mut self.values);
        if self.is_bounded {
            T::rnn_step_forward(preact, values, Nonlinearity::Tanh);
        } else {
            values.copy_from_slice(preact);
        }
        T::add_acc(state, values);
    }

    fn backward(&mut self, grads: &mut [T], pass: &Pass<'_, T>, d_state: &[T]) {
        let d_preact = &mut self.preact.values;
        if self.is_bounded {
            T::rnn_step_backward(d_preact, &self.values, d_state, Nonlinearity::Tanh);
        } else {
            d_preact.copy_from_slice(d_state);
        }
        self.preact.weight_gradient_acc(grads, pass);
    }
}
