//! Documents side by side, one per row: each begins with the initial state, none sees another.
//!
//! Rows of a batch that end before the longest are padded: their targets are
//! [`IGNORE`], which count for nothing, so that padding changes neither a loss nor a gradient. docs/maths.md (9g).

use super::list::DocumentList;
use super::{Window, rows_of_worker};
use crate::error::reserve;
use crate::layer::output::IGNORE;
use crate::rng::{Pcg32, Purpose};
use crate::tokenizer::Tokenizer;
use crate::{Error, Result};
use std::ops::Range;

/// Tokenised documents: row k reads the boundary and its symbols, and is to predict its symbols and the boundary.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    /// The documents one after the other, with a boundary before, between and after them.
    tokens: Vec<u32>,
    /// Where the boundary before each row stands, and after them all that of the last.
    starts: Vec<usize>,
    boundary: u32,
    /// [rows, C]
    conditions: Vec<f32>,
    condition_size: usize,
    /// UTF-8 bytes, one for each document's end among them.
    pub bytes: usize,
}

/// The places of ranks, the highest first; equals stay in their order. (A counting sort: the generic ones weigh more in the
/// WebAssembly than a whole cell.)
fn highest_first(ranks: &[usize]) -> Vec<usize> {
    let most = ranks.iter().copied().max().unwrap_or(0);
    let mut places = vec![0; most + 1];
    ranks.iter().for_each(|&rank| places[rank] += 1);
    let mut end = ranks.len();
    for place in &mut places {
        end -= *place;
        *place = end;
    }
    let mut sorted = vec![0; ranks.len()];
    for (k, &rank) in ranks.iter().enumerate() {
        sorted[places[rank]] = k;
        places[rank] += 1;
    }
    sorted
}

/// Of documents of one window its steps, of longer ones no more than how many windows they need: the longest would have
/// more ranks than there are documents.
fn rank(steps: usize, seq_len: usize) -> usize {
    match steps.div_ceil(seq_len) {
        1 => steps,
        windows => seq_len - 1 + windows,
    }
}

impl Rows {
    /// Of the documents `which` of `list`, sorted from the longest to the shortest, those of more than one window of
    /// `seq_len` steps by the number of their windows; equals stay in their order.
    pub fn new(
        tokenizer: &Tokenizer,
        list: &DocumentList,
        which: Vec<usize>,
        seq_len: usize,
    ) -> Result<Self> {
        let Some(boundary) = tokenizer.boundary() else {
            let reason = "documents need a model that was created from documents: this one was created from a text and has no symbol for their beginning and end";
            return Err(Error::ContradictoryOptions(reason.into()).into());
        };
        let mut ranks = Vec::with_capacity(which.len());
        let mut total = 0;
        for &k in &which {
            let symbols = tokenizer.count(list.get(k).text)?;
            total += symbols;
            ranks.push(rank(symbols + 1, seq_len));
        }
        let which = highest_first(&ranks).into_iter().map(|at| which[at]);
        let what = "the documents' tokens";
        let mut rows = Self {
            tokens: reserve(&[total + ranks.len() + 1], what)?,
            starts: reserve(&[ranks.len() + 1], what)?,
            boundary,
            conditions: reserve(&[ranks.len(), list.condition_size()], what)?,
            condition_size: list.condition_size(),
            bytes: 0,
        };
        for k in which {
            let document = list.get(k);
            rows.starts.push(rows.tokens.len());
            rows.tokens.push(boundary);
            tokenizer.encode_into(&mut rows.tokens, document.text)?;
            rows.conditions.extend(document.condition);
            rows.bytes += document.text.len() + 1;
        }
        rows.starts.push(rows.tokens.len());
        rows.tokens.push(boundary);
        Ok(rows)
    }

    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Steps of row `k`: its symbols and its end.
    pub fn steps(&self, k: usize) -> usize {
        self.starts[k + 1] - self.starts[k]
    }

    /// Targets of all rows.
    pub fn targets(&self) -> usize {
        self.starts[self.len()]
    }

    /// Values of a condition.
    pub fn condition_size(&self) -> usize {
        self.condition_size
    }

    /// Writes steps `from` to `from + steps` of the rows `which`, which stand side by side; what is left of the
    /// batch, and of rows that are over, is padding, as are [`NO_ROW`]s.
    pub fn write(
        &self,
        which: impl Iterator<Item = u32>,
        from: usize,
        steps: usize,
        window: &mut Window,
    ) {
        window.set_steps(steps);
        let batch = window.batch;
        window.lengths.clear();
        let mut which = which.map(|k| (k != NO_ROW).then_some(k as usize));
        for b in 0..batch {
            let row = which.next().flatten();
            let length = row.map_or(0, |k| self.steps(k).saturating_sub(from).min(steps));
            window.lengths.push(length);
            for t in 0..steps {
                let at = t * batch + b;
                (window.inputs[at], window.targets[at]) = match row {
                    Some(k) if t < length => {
                        let at = self.starts[k] + from + t;
                        (self.tokens[at], self.tokens[at + 1])
                    }
                    _ => (self.boundary, IGNORE),
                };
            }
            let size = self.condition_size;
            let condition = &mut window.conditions[b * size..(b + 1) * size];
            match row {
                Some(k) => condition.copy_from_slice(&self.conditions[k * size..(k + 1) * size]),
                None => condition.fill(0.0),
            }
        }
    }
}

/// Stands where a batch has no row.
const NO_ROW: u32 = u32::MAX;

/// Documents to train on, in batches of B rows whose order is shuffled anew for every pass.
///
/// Documents that need equally many windows of T steps stand side by side as far as they go, so that every pass has the
/// same number of windows. In a batch each worker's rows are sorted, the longest first, because a step costs as much as
/// the rows before the last one that is not over.
#[derive(Clone, Debug)]
pub struct Documents {
    rows: Rows,
    batch: usize,
    seq_len: usize,
    seed: u64,
    /// Rows that need equally many windows.
    classes: Vec<Range<usize>>,
    windows: u64,
    /// The pass that what follows is arranged for.
    epoch: Option<u64>,
    /// The rows of the batches, one batch after the other, or [`NO_ROW`]s.
    order: Vec<u32>,
    /// Where in a batch the longest row stands, the second, and so on.
    places: Vec<usize>,
    /// The batch of each row.
    batch_of: Vec<u32>,
    /// How many rows of each batch have their place.
    placed: Vec<usize>,
    /// The batches in the order in which they are read, and the window of the pass that each starts with.
    batches: Vec<u32>,
    starts: Vec<u64>,
}

impl Documents {
    /// Of the documents `which` of `list`, up to `batch` side by side, whose rows `workers` share.
    ///
    /// # Errors
    /// [`Error::EmptyText`] for none, [`Error::ContradictoryOptions`] for a tokenizer without a boundary,
    /// [`Error::UnknownSymbol`] (only for a vocabulary without an unknown symbol), [`Error::OutOfMemory`].
    pub fn new(
        tokenizer: &Tokenizer,
        list: &DocumentList,
        which: Vec<usize>,
        batch: usize,
        seq_len: usize,
        workers: usize,
        seed: u64,
    ) -> Result<Self> {
        let rows = Rows::new(tokenizer, list, which, seq_len)?;
        let count = rows.len();
        if count == 0 {
            return Err(Error::EmptyText {
                what: "the list of documents",
            }
            .into());
        }
        let batch = batch.min(count);
        // No window is longer than the longest document, and no buffer need be.
        let longest = (0..count).map(|row| rows.steps(row)).max();
        let seq_len = seq_len.min(longest.unwrap_or(1));
        let windows_of = |row: usize| rows.steps(row).div_ceil(seq_len);
        let mut classes: Vec<Range<usize>> = Vec::new();
        for row in 0..count {
            match classes.last_mut() {
                Some(class) if windows_of(class.start) == windows_of(row) => class.end = row + 1,
                _ => classes.push(row..row + 1),
            }
        }
        let windows = (0..count)
            .step_by(batch)
            .map(|first| windows_of(first) as u64)
            .sum();
        let batches = count.div_ceil(batch);
        Ok(Self {
            batch,
            seq_len,
            seed,
            classes,
            windows,
            epoch: None,
            order: vec![NO_ROW; batches * batch],
            places: dealt(batch, workers.min(batch)),
            batch_of: vec![0; count],
            placed: vec![0; batches],
            batches: vec![0; batches],
            starts: vec![0; batches],
            rows,
        })
    }

    /// Rows side by side.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// Steps of the longest window.
    pub fn seq_len(&self) -> usize {
        self.seq_len
    }

    /// Targets in all: symbols and ends.
    pub fn targets(&self) -> usize {
        self.rows.targets()
    }

    /// Windows in one pass.
    pub fn windows(&self) -> u64 {
        self.windows
    }

    /// Values of a condition.
    pub fn condition_size(&self) -> usize {
        self.rows.condition_size()
    }

    /// Windows of batch `batch`: those of its first row, because rows are sorted and shuffled among equals.
    fn windows_of(&self, batch: u32) -> u64 {
        let first = batch as usize * self.batch;
        self.rows.steps(first).div_ceil(self.seq_len) as u64
    }

    /// Shuffles for pass `epoch`: it depends on nothing but the seed and that number.
    fn arrange(&mut self, epoch: u64) {
        let mut rng = Pcg32::for_purpose(self.seed, Purpose::Shuffle(epoch));
        let count = self.rows.len();
        (0..)
            .zip(&mut self.order[..count])
            .for_each(|(k, row)| *row = k);
        for class in &self.classes {
            rng.shuffle(&mut self.order[class.clone()]);
        }
        self.sort_batches();
        (0..).zip(&mut self.batches).for_each(|(k, b)| *b = k);
        rng.shuffle(&mut self.batches);
        let mut start = 0;
        for k in 0..self.batches.len() {
            self.starts[k] = start;
            start += self.windows_of(self.batches[k]);
        }
        self.epoch = Some(epoch);
    }

    /// Sorts the rows of each batch, and deals them out to the workers. Rows are numbered from the longest on.
    fn sort_batches(&mut self) {
        for (at, &row) in self.order[..self.rows.len()].iter().enumerate() {
            self.batch_of[row as usize] = (at / self.batch) as u32;
        }
        self.order.fill(NO_ROW);
        self.placed.fill(0);
        for (row, &batch) in (0..).zip(&self.batch_of) {
            let batch = batch as usize;
            self.order[batch * self.batch + self.places[self.placed[batch]]] = row;
            self.placed[batch] += 1;
        }
    }

    /// Writes the window of step `step`, counted from the start of the first pass.
    pub fn fill(&mut self, step: u64, window: &mut Window) {
        let (epoch, at) = (step / self.windows, step % self.windows);
        if self.epoch != Some(epoch) {
            self.arrange(epoch);
        }
        let k = self.starts.partition_point(|&start| start <= at) - 1;
        let from = (at - self.starts[k]) as usize * self.seq_len;
        let first = self.batches[k] as usize * self.batch;
        let which = &self.order[first..first + self.batch];
        let there = which.iter().filter(|&&row| row != NO_ROW);
        let longest = there.map(|&row| self.rows.steps(row as usize)).max();
        // A window ends with its longest row: more padding would cost time and change nothing.
        let steps = self.seq_len.min(longest.expect("a batch has a row") - from);
        window.starts_anew = from == 0;
        self.rows.write(which.iter().copied(), from, steps, window);
    }
}

/// Where the first of `batch` rows goes, the second, and so on, when they are dealt out to `workers` one by one, each of
/// which has a part of the batch for itself.
fn dealt(batch: usize, workers: usize) -> Vec<usize> {
    let parts = (0..workers).map(|index| rows_of_worker(index, workers, batch));
    let parts: Vec<Range<usize>> = parts.collect();
    let most = batch.div_ceil(workers);
    (0..most)
        .flat_map(|k| parts.iter().filter_map(move |part| part.clone().nth(k)))
        .collect()
}
