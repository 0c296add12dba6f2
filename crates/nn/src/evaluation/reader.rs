//! The order in which an evaluation reads.

use super::Reading;
use super::held_out::HeldOut;
use crate::data::Window;
use crate::data::documents::Rows;
use crate::layer::output::IGNORE;
use std::rc::Rc;

/// Symbols that a stream after the first reads before its loss counts, so that it starts with a state like
/// the carried one.
const WARM_UP: usize = 256;
/// Documents side by side. None sees another, so that the result does not depend on it.
pub(super) const ROWS: usize = 32;

/// Where an evaluation is.
pub(super) enum Reader {
    Text(TextReader),
    Windows(WindowReader),
    Documents(DocumentReader),
}

impl Reader {
    /// For something that can be evaluated; documents are read in one way only.
    pub fn new(source: &HeldOut, reading: Reading) -> Self {
        match source {
            HeldOut::Text { tokens, .. } => match reading {
                Reading::Streams(streams) => Self::Text(TextReader::new(tokens.clone(), streams)),
                Reading::Windows(steps) => Self::Windows(WindowReader::new(tokens.clone(), steps)),
            },
            HeldOut::Documents(rows) => Self::Documents(DocumentReader {
                rows: rows.clone(),
                row: 0,
                from: 0,
            }),
        }
    }

    /// Sequences side by side.
    pub fn batch(&self) -> usize {
        match self {
            Self::Text(reader) => reader.streams,
            Self::Windows(reader) => ROWS.min(reader.windows()),
            Self::Documents(reader) => ROWS.min(reader.rows.len()),
        }
    }

    /// Values of a condition.
    pub fn condition_size(&self) -> usize {
        match self {
            Self::Text(_) | Self::Windows(_) => 0,
            Self::Documents(reader) => reader.rows.condition_size(),
        }
    }

    pub fn is_done(&self) -> bool {
        match self {
            Self::Text(reader) => reader.step == reader.warm_up + reader.part,
            Self::Windows(reader) => reader.first == reader.windows(),
            Self::Documents(reader) => reader.row == reader.rows.len(),
        }
    }

    /// Writes the next window, of up to `most_steps` steps. Returns whether the first stream of a text starts with
    /// it, after the others' warm-up.
    pub fn next(&mut self, most_steps: usize, window: &mut Window) -> bool {
        match self {
            Self::Text(reader) => reader.next(most_steps, window),
            Self::Windows(reader) => {
                reader.next(most_steps, window);
                false
            }
            Self::Documents(reader) => {
                reader.next(most_steps, window);
                false
            }
        }
    }
}

/// The parts that a text of so many targets is read in: up to `streams`, because parts shorter than their
/// warm-up would cost more than they save.
pub(super) fn parts(targets: usize, streams: usize) -> usize {
    streams.min(targets.div_ceil(WARM_UP))
}

/// A text in parts of equal length, side by side.
pub(super) struct TextReader {
    tokens: Rc<[u32]>,
    streams: usize,
    part: usize,
    /// Steps from the start of the warm-up; the counted part begins at `warm_up`.
    step: usize,
    warm_up: usize,
}

impl TextReader {
    fn new(tokens: Rc<[u32]>, streams: usize) -> Self {
        let targets = tokens.len() - 1;
        let streams = parts(targets, streams);
        let part = targets.div_ceil(streams);
        Self {
            tokens,
            warm_up: if streams == 1 { 0 } else { WARM_UP.min(part) },
            streams,
            part,
            step: 0,
        }
    }

    fn next(&mut self, most_steps: usize, window: &mut Window) -> bool {
        // A window does not cross the end of the warm-up, where the first stream starts from zero.
        let end = if self.step < self.warm_up {
            self.warm_up
        } else {
            self.warm_up + self.part
        };
        let steps = most_steps.min(end - self.step);
        window.starts_anew = self.step == 0;
        let first_starts = self.step == self.warm_up;
        window.set_steps(steps);
        let last = self.tokens.len() - 1;
        for t in 0..steps {
            let step = self.step + t;
            for stream in 0..self.streams {
                // The stream's own position; the first stream's warm-up lies before the text and reads anything.
                let at = (stream * self.part + step)
                    .saturating_sub(self.warm_up)
                    .min(last);
                let counts = step >= self.warm_up && at < last;
                let row = t * self.streams + stream;
                window.inputs[row] = self.tokens[at];
                window.targets[row] = if counts { self.tokens[at + 1] } else { IGNORE };
            }
        }
        self.step += steps;
        first_starts
    }
}

/// A text in windows that know nothing of each other, [`ROWS`] side by side.
pub(super) struct WindowReader {
    tokens: Rc<[u32]>,
    /// Targets of a window.
    len: usize,
    /// The first window of the batch.
    first: usize,
    /// Steps of the batch that are done.
    from: usize,
}

impl WindowReader {
    fn new(tokens: Rc<[u32]>, len: usize) -> Self {
        Self {
            len: len.min(tokens.len() - 1),
            tokens,
            first: 0,
            from: 0,
        }
    }

    fn windows(&self) -> usize {
        (self.tokens.len() - 1).div_ceil(self.len)
    }

    fn next(&mut self, most_steps: usize, window: &mut Window) {
        window.starts_anew = self.from == 0;
        let steps = most_steps.min(self.len - self.from);
        window.set_steps(steps);
        let batch = window.batch();
        let last = self.tokens.len() - 1;
        for row in 0..batch {
            let start = (self.first + row) * self.len + self.from;
            for t in 0..steps {
                // Beyond the end, in the last window and in rows that have none, it reads anything.
                let at = (start + t).min(last);
                window.inputs[t * batch + row] = self.tokens[at];
                window.targets[t * batch + row] = if at < last {
                    self.tokens[at + 1]
                } else {
                    IGNORE
                };
            }
        }
        self.from += steps;
        if self.from == self.len {
            self.first = self.windows().min(self.first + batch);
            self.from = 0;
        }
    }
}

/// Documents side by side, batch after batch.
pub(super) struct DocumentReader {
    rows: Rc<Rows>,
    /// The first row of the batch.
    row: usize,
    /// Steps of the batch that are done.
    from: usize,
}

impl DocumentReader {
    fn next(&mut self, most_steps: usize, window: &mut Window) {
        let end = (self.row + ROWS).min(self.rows.len());
        window.starts_anew = self.from == 0;
        // Rows are sorted: the first is the longest.
        let longest = self.rows.steps(self.row);
        let steps = most_steps.min(longest - self.from);
        self.rows
            .write(self.row as u32..end as u32, self.from, steps, window);
        self.from += steps;
        if self.from == longest {
            (self.row, self.from) = (end, 0);
        }
    }
}
