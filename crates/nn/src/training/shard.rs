//! Data parallelism: every worker reads its rows of each window, and all of them take the same step with the sum of
//! all gradients. docs/training.md, "Several workers".
//!
//! A sum of floating-point numbers depends on its order, and all workers must come to the same bits: gradients are
//! added in the order of the workers, whichever comes first.

use crate::data::{Window, rows_of_worker};
use crate::error::allocate;
use crate::layer::output::LossSum;
use crate::network::Network;
use crate::{Error, Result};
use mynah_kernels::real::Real;
use std::ops::Range;

/// One of several workers. The first of them leads: it alone validates, and writes checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shard {
    pub index: usize,
    pub count: usize,
}

impl Shard {
    /// Worker `index` of `count`, or of as many as there are rows.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] for a worker that has no rows.
    pub fn new(index: usize, count: usize, batch: usize) -> Result<Self> {
        let count = count.min(batch);
        if index >= count {
            return Err(Error::invalid(
                "workers",
                index + 1,
                format!("at most {count}, for a batch of {batch}"),
            ));
        }
        Ok(Self { index, count })
    }

    /// The rows of worker `index` of a window of `batch`.
    pub fn rows_of(self, index: usize, batch: usize) -> Range<usize> {
        rows_of_worker(index, self.count, batch)
    }

    /// The rows of this worker.
    pub fn rows(self, batch: usize) -> Range<usize> {
        self.rows_of(self.index, batch)
    }

    fn leads(self) -> bool {
        self.index == 0
    }
}

/// What this worker's part of a step waits for, and what it has of the others.
pub(super) struct Crew {
    shard: Shard,
    batch: usize,
    /// This worker's rows of the window.
    pub window: Window,
    /// Whose gradient comes next; the number of workers when all are there.
    next: usize,
    loss: LossSum,
    /// The gradient that has just come.
    incoming: Vec<f32>,
    /// The sum of the gradients before this worker's own; empty for the first.
    before: Vec<f32>,
    /// Of the leader: the carried states of each of the others, one after the other.
    states: Vec<Vec<f32>>,
}

impl Crew {
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn new(
        shard: Shard,
        window: &Window,
        parameters: usize,
        network: &mut Network<f32>,
    ) -> Result<Self> {
        let batch = window.batch();
        let what = "the other workers' gradients";
        let before = if shard.leads() { 0 } else { parameters };
        let mut crew = Self {
            shard,
            batch,
            window: window.of_rows(shard.rows(batch).len())?,
            next: 0,
            loss: LossSum::default(),
            incoming: allocate(&[parameters], what)?,
            before: allocate(&[before], what)?,
            states: Vec::new(),
        };
        if shard.leads() {
            let mut per_row = 0;
            let own = shard.rows(batch).len();
            network.states(&mut |state| per_row += state.len() / own);
            for index in 1..shard.count {
                let rows = shard.rows_of(index, batch).len();
                crew.states
                    .push(allocate(&[rows, per_row], "the other workers' states")?);
            }
            crew.start_anew(network);
        }
        Ok(crew)
    }

    /// Takes this worker's rows of a window.
    pub fn read(&mut self, window: &Window) {
        window.copy_rows(self.shard.rows(self.batch), &mut self.window);
    }

    /// Begins the sum with this worker's own part.
    pub fn begin(&mut self, loss: LossSum) {
        (self.next, self.loss) = (0, LossSum::default());
        if self.shard.leads() {
            self.add_own(loss);
        }
    }

    fn add_own(&mut self, loss: LossSum) {
        self.loss.add(loss);
        self.next += 1;
    }

    /// Where the next gradient is to be written.
    pub fn incoming(&mut self) -> &mut [f32] {
        &mut self.incoming
    }

    /// Adds what has been written to [`incoming`](Self::incoming) to the sum; after that of all others,
    /// `own` \[parameters\] is the sum of all.
    ///
    /// # Panics
    /// If it is not the turn of worker `index`.
    pub fn take(
        &mut self,
        index: usize,
        own: &mut [f32],
        own_loss: LossSum,
        loss: LossSum,
        states: &[f32],
    ) {
        assert_eq!(index, self.next, "gradients are added in order");
        if index > self.shard.index {
            f32::add_acc(own, &self.incoming);
        } else if index == 0 {
            std::mem::swap(&mut self.before, &mut self.incoming);
        } else {
            f32::add_acc(&mut self.before, &self.incoming);
        }
        self.loss.add(loss);
        self.next += 1;
        if self.shard.leads() {
            self.states[index - 1].copy_from_slice(states);
        }
        if self.next == self.shard.index {
            f32::add_acc(own, &self.before);
            self.add_own(own_loss);
        }
    }

    /// The loss of all workers' rows.
    ///
    /// # Panics
    /// If a worker's part is missing.
    pub fn loss(&self) -> LossSum {
        assert_eq!(self.next, self.shard.count, "a gradient is missing");
        self.loss
    }

    /// Says that all sequences start anew, as this worker's have just done: every row becomes as its first.
    pub fn start_anew(&mut self, network: &mut Network<f32>) {
        let own = self.shard.rows(self.batch).len();
        let mut at = 0;
        network.states(&mut |state| {
            let width = state.len() / own;
            for (index, theirs) in (1..).zip(&mut self.states) {
                let rows = self.shard.rows_of(index, self.batch).len();
                for row in theirs[at * rows..][..rows * width].chunks_exact_mut(width.max(1)) {
                    row.copy_from_slice(&state[..width]);
                }
            }
            at += width;
        });
    }

    /// The carried states of all rows, each [B, any width].
    pub fn gather(&self, network: &mut Network<f32>) -> Vec<Vec<f32>> {
        let own = self.shard.rows(self.batch).len();
        let (mut all, mut at) = (Vec::new(), 0);
        network.states(&mut |state| {
            let width = state.len() / own;
            let mut whole = state.to_vec();
            for (index, theirs) in (1..).zip(&self.states) {
                let rows = self.shard.rows_of(index, self.batch).len();
                whole.extend_from_slice(&theirs[at * rows..][..rows * width]);
            }
            all.push(whole);
            at += width;
        });
        all
    }

    /// Takes this worker's rows, and the leader those of all others, of a state of all rows, [B, width], to which
    /// `at` values a row have come before.
    pub fn scatter(&mut self, whole: &[f32], at: usize, own: &mut [f32]) {
        let width = whole.len() / self.batch;
        let part = |rows: Range<usize>| &whole[rows.start * width..rows.end * width];
        own.copy_from_slice(part(self.shard.rows(self.batch)));
        for (index, theirs) in (1..).zip(&mut self.states) {
            let rows = self.shard.rows_of(index, self.batch);
            theirs[at * rows.len()..][..rows.len() * width].copy_from_slice(part(rows));
        }
    }
}
