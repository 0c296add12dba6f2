//! The output layer: logits, their loss and its gradient, a block of rows at a time. docs/maths.md (7).

use crate::Result;
use crate::error::allocate;
use crate::layer::WindowSizes;
use crate::linear::{PackedLinear, column_sums_acc, fill_rows};
use mynah_kernels::real::Real;
use std::ops::Range;

/// A target that counts for nothing: no loss, no gradient.
pub const IGNORE: u32 = u32::MAX;

/// Targets that count.
pub fn counted(targets: &[u32]) -> usize {
    targets.iter().filter(|&&target| target != IGNORE).count()
}

/// Logits held at a time, in elements: 256 KB stay in L2, and a vocabulary of thousands costs no memory by the window.
const BLOCK: usize = 1 << 16;
/// Most rows of a block: the depth that the weight gradient's product is best at.
const MAX_ROWS: usize = 512;

/// Sums over the rows of a window.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LossSum {
    /// Sum of -ln p(target), nats.
    pub loss: f64,
    /// Targets that were the most likely symbol.
    pub correct: usize,
    /// Targets that counted.
    pub count: usize,
}

impl LossSum {
    /// Adds another sum to this one.
    pub fn add(&mut self, other: Self) {
        self.loss += other.loss;
        self.correct += other.correct;
        self.count += other.count;
    }

    /// Nats per target.
    pub fn mean(&self) -> f64 {
        self.loss / self.count as f64
    }
}

/// logits = h W' + b
pub struct OutputLayer<T> {
    weight: Range<usize>,
    bias: Range<usize>,
    vocab_size: usize,
    hidden: usize,
    block_rows: usize,
    linear: PackedLinear<T>,
    /// [block rows, V]: logits, then their gradient.
    logits: Vec<T>,
}

impl<T: Real> OutputLayer<T> {
    /// With the weights at `weight` [V, H] and the bias at `bias` \[V\]. A block holds at least one step.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(
        weight: Range<usize>,
        bias: Range<usize>,
        vocab_size: usize,
        window: WindowSizes,
    ) -> Result<Self> {
        let hidden = weight.len() / vocab_size;
        let block_rows = (BLOCK / vocab_size)
            .clamp(1, MAX_ROWS)
            .min(window.rows())
            .max(window.batch);
        Ok(Self {
            weight,
            bias,
            vocab_size,
            hidden,
            block_rows,
            linear: PackedLinear::new(vocab_size, hidden, block_rows, window.purpose)?,
            logits: allocate(&[block_rows, vocab_size], "logits")?,
        })
    }

    /// Packs the weights; called once per update.
    pub fn load(&mut self, params: &[T]) {
        self.linear.load(&params[self.weight.clone()]);
    }

    /// The logits of up to one block of rows of `h` [rows, H]: [rows, V].
    pub fn logits(&mut self, params: &[T], h: &[T]) -> &mut [T] {
        let rows = h.len() / self.hidden;
        let logits = &mut self.logits[..rows * self.vocab_size];
        fill_rows(logits, &params[self.bias.clone()]);
        self.linear
            .apply_acc(logits, self.vocab_size, h, self.hidden, rows);
        logits
    }

    /// The loss of all rows of `h` [rows, H] at `targets` \[rows\], those that are [`IGNORE`] left out.
    pub fn loss(&mut self, params: &[T], h: &[T], targets: &[u32]) -> LossSum {
        let mut sum = LossSum::default();
        for (h, targets) in self.blocks(h, targets) {
            self.logits(params, h);
            sum.add(self.block_loss(targets, T::default()));
        }
        sum
    }

    /// The loss of all rows and its gradient, which is that of the sum times `scale`.
    ///
    /// - `grads`: the arena; those of the weights and the bias are added to
    /// - `d_h`: [rows, H], out
    /// - `h`: [rows, H]
    /// - `targets`: \[rows\]; one that is [`IGNORE`] has neither loss nor gradient
    /// - `scale`: 1 over the targets that count, for the gradient of their mean
    pub fn loss_and_gradient(
        &mut self,
        grads: &mut [T],
        d_h: &mut [T],
        params: &[T],
        h: &[T],
        targets: &[u32],
        scale: f64,
    ) -> LossSum {
        let mut sum = LossSum::default();
        let (vocab_size, hidden) = (self.vocab_size, self.hidden);
        for ((h, targets), d_h) in self
            .blocks(h, targets)
            .zip(d_h.chunks_mut(self.block_rows * hidden))
        {
            self.logits(params, h);
            sum.add(self.block_loss(targets, T::from_f64(scale)));
            let rows = targets.len();
            let d_logits = &self.logits[..rows * vocab_size];
            self.linear.weight_gradient_acc(
                &mut grads[self.weight.clone()],
                d_logits,
                vocab_size,
                h,
                hidden,
                rows,
            );
            column_sums_acc(&mut grads[self.bias.clone()], d_logits);
            d_h.fill(T::default());
            self.linear
                .input_gradient_acc(d_h, hidden, d_logits, vocab_size, rows);
        }
        sum
    }

    fn blocks<'a>(
        &self,
        h: &'a [T],
        targets: &'a [u32],
    ) -> impl Iterator<Item = (&'a [T], &'a [u32])> + use<'a, T> {
        h.chunks(self.block_rows * self.hidden)
            .zip(targets.chunks(self.block_rows))
    }

    /// Turns the block's logits into their gradient and sums their loss.
    fn block_loss(&mut self, targets: &[u32], scale: T) -> LossSum {
        let mut sum = LossSum::default();
        for (row, &target) in self.logits.chunks_exact_mut(self.vocab_size).zip(targets) {
            if target == IGNORE {
                row.fill(T::default());
                continue;
            }
            let row_loss = T::softmax_cross_entropy_row(row, target as usize, scale);
            sum.add(LossSum {
                loss: row_loss.loss.to_f64(),
                correct: row_loss.correct.into(),
                count: 1,
            });
        }
        sum
    }
}
