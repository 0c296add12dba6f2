//! Beginnings of texts side by side, some of which are gone on with, each in several ways.

use crate::Result;
use crate::linear::Purpose;
use crate::model::Model;
use crate::network::{Network, Regularisation};

/// A beginning that is gone on with: the row that has read it, and the symbol to read next.
pub(crate) type Next = (usize, u32);

/// A network of several rows, whose states are put in another order as beginnings come and go.
pub(crate) struct Rows {
    network: Network<f32>,
    count: usize,
    loaded: Option<u64>,
    tokens: Vec<u32>,
    /// A copy of a state, from which its rows are put in another order.
    scratch: Vec<f32>,
}

impl Rows {
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(model: &Model, count: usize, purpose: Purpose) -> Result<Self> {
        let network = Network::new(
            model.config(),
            model.layout(),
            model.tokenizer().vocab_size(),
            count,
            1,
            purpose,
            Regularisation::default(),
        )?;
        Ok(Self {
            network,
            count,
            loaded: None,
            tokens: vec![0; count],
            scratch: Vec::new(),
        })
    }

    /// How many beginnings there can be.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Sets what all texts depend on, \[C\]; nothing of a model without conditions.
    pub fn set_condition(&mut self, condition: &[f32]) {
        if !condition.is_empty() {
            self.network.set_condition(&condition.repeat(self.count));
        }
    }

    /// Puts what a network of a single row carries, one state after the other, in the first row.
    pub fn enter(&mut self, state: &[f32]) {
        let mut rest = state;
        self.network.states(&mut |rows| {
            let (values, others) = rest.split_at(rows.len() / self.count);
            rows[..values.len()].copy_from_slice(values);
            rest = others;
        });
    }

    /// Reads the same symbol in all rows.
    pub fn read_in_all(&mut self, model: &Model, token: u32) {
        self.tokens.fill(token);
        self.step(model);
    }

    /// Reads the next symbol of each beginning, from where it is; row after row they are those that go on. There are no more than there are
    /// rows.
    pub fn read(&mut self, model: &Model, nexts: impl Iterator<Item = Next> + Clone) {
        let scratch = &mut self.scratch;
        self.network.states(&mut |state| {
            let width = state.len() / self.count;
            scratch.clear();
            scratch.extend_from_slice(state);
            for (row, (from, _)) in state.chunks_exact_mut(width).zip(nexts.clone()) {
                row.copy_from_slice(&scratch[from * width..][..width]);
            }
        });
        for (token, (_, next)) in self.tokens.iter_mut().zip(nexts) {
            *token = next;
        }
        self.step(model);
    }

    /// The logits of what follows, a row for each beginning, \[count, V\]; free to be changed.
    pub fn logits(&mut self, model: &Model) -> &mut [f32] {
        self.network.logits(model.params(), 0)
    }

    /// With the model's weights as they are now.
    fn step(&mut self, model: &Model) {
        if self.loaded != Some(model.version()) {
            self.network.load(model.params());
            self.loaded = Some(model.version());
        }
        self.network.forward(model.params(), &self.tokens, &[]);
        self.network.carry(1);
    }
}
