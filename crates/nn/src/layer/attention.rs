//! Causal self-attention with rotary positions, between the product that makes queries, keys and values and
//! the one that mixes the heads.

use super::{Input, Layer, Outputs, Pass, WindowSizes};
use crate::Result;
use crate::error::allocate;
use crate::linear::Purpose;
use mynah_kernels::gemm::{pack_b, pack_b_transposed, packed_len, scratch_len, scratch_len_tn};
use mynah_kernels::real::Real;
use mynah_kernels::rope::rope_tables;

/// Heads and how far they see.
#[derive(Clone, Copy, Debug)]
pub struct AttentionSizes {
    /// Values per step, d = heads x head size.
    pub width: usize,
    /// Heads.
    pub heads: usize,
    /// Steps that a position looks back on, itself included.
    pub context: usize,
}

impl AttentionSizes {
    fn head_size(&self) -> usize {
        self.width / self.heads
    }
}

/// o = softmax(q k' / sqrt(d_h) + causal mask) v, head by head (Vaswani et al. 2017), q and k turned by their
/// positions (Su et al. 2021). docs/maths.md (15)
///
/// In inference, keys and values of the last steps are carried, so that a step costs one row. In training
/// every window starts without them.
pub struct Attention<T> {
    attention: AttentionSizes,
    window: WindowSizes,
    /// Steps of the past that are kept at most; none in training.
    past: usize,
    /// \[B\]: steps of the past that each sequence has. Numbers, so that they are saved with the states.
    known: Vec<T>,
    /// Tables [past + T, d_h / 2].
    cos: Vec<T>,
    sin: Vec<T>,
    /// [T, B, d]: queries, turned and divided by sqrt(d_h).
    q: Vec<T>,
    /// [past + T, B, d]: keys as they came, so that they can be turned again when the past has moved.
    k: Vec<T>,
    /// [past + T, B, d]: keys, turned.
    turned: Vec<T>,
    /// [past + T, B, d]
    v: Vec<T>,
    /// In training [B, heads, T, T]: all probabilities; else those of one head.
    probs: Vec<T>,
    /// [T, T]
    d_probs: Vec<T>,
    d_q: Vec<T>,
    d_k: Vec<T>,
    d_v: Vec<T>,
    packed: Vec<T>,
    scratch: Vec<T>,
    outputs: Outputs<T>,
}

/// One head of one sequence: where its values lie in matrices of steps.
#[derive(Clone, Copy)]
struct Head {
    /// Before the first value of a step.
    column: usize,
    /// The first step of the past that it has.
    first: usize,
    /// Number among all heads of all sequences.
    index: usize,
}

impl<T: Real> Attention<T> {
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(attention: AttentionSizes, window: WindowSizes) -> Result<Self> {
        let WindowSizes {
            batch,
            seq_len,
            purpose,
        } = window;
        let (width, head_size) = (attention.width, attention.head_size());
        let is_training = purpose == Purpose::Train;
        let past = if is_training {
            0
        } else {
            attention.context - 1
        };
        let steps = past + seq_len;
        let kept_heads = if is_training {
            batch * attention.heads
        } else {
            1
        };
        let gradients = purpose.gradients(seq_len);
        let mut scratch = scratch_len(seq_len, steps.max(head_size));
        if is_training {
            scratch = scratch.max(scratch_len_tn(seq_len, head_size, seq_len));
        }
        let packed = packed_len(head_size, steps).max(packed_len(steps, head_size));
        let table = || allocate(&[steps, head_size / 2], "positions");
        let (mut cos, mut sin) = (table()?, table()?);
        rope_tables(&mut cos, &mut sin, head_size);
        Ok(Self {
            attention,
            window,
            past,
            known: allocate(&[batch], "positions")?,
            cos,
            sin,
            q: allocate(&[seq_len, batch, width], "queries")?,
            k: allocate(&[steps, batch, width], "keys")?,
            turned: allocate(&[steps, batch, width], "keys")?,
            v: allocate(&[steps, batch, width], "values")?,
            probs: allocate(&[kept_heads, seq_len, steps], "attention")?,
            d_probs: allocate(&[gradients, seq_len], "gradients")?,
            d_q: allocate(&[gradients, batch, width], "gradients")?,
            d_k: allocate(&[gradients, batch, width], "gradients")?,
            d_v: allocate(&[gradients, batch, width], "gradients")?,
            packed: allocate(&[packed], "packed operands")?,
            scratch: allocate(&[scratch], "packed operands")?,
            outputs: Outputs::new(window, width)?,
        })
    }

    /// Elements of one step.
    fn step(&self) -> usize {
        self.window.batch * self.attention.width
    }

    /// Heads of all sequences.
    fn head_count(&self) -> usize {
        self.window.batch * self.attention.heads
    }

    /// Steps of the past that sequence `b` has; never more than there are, whatever was restored.
    fn known(&self, b: usize) -> usize {
        (self.known[b].to_f64() as usize).min(self.past)
    }

    fn head(&self, index: usize) -> Head {
        let AttentionSizes { width, heads, .. } = self.attention;
        let (b, head) = (index / heads, index % heads);
        Head {
            column: b * width + head * self.attention.head_size(),
            first: self.past - self.known(b),
            index,
        }
    }

    /// Takes the rows of q, k, v [rows, 3 d] apart, and turns q and k.
    fn read(&mut self, qkv: &[T], steps: usize) {
        let AttentionSizes { width, heads, .. } = self.attention;
        let (step, head_size, batch) = (self.step(), self.attention.head_size(), self.window.batch);
        let past = self.past * step;
        for (row, values) in qkv.chunks_exact(3 * width).enumerate() {
            let at = row * width..(row + 1) * width;
            self.q[at.clone()].copy_from_slice(&values[..width]);
            let at = past + at.start..past + at.end;
            self.k[at.clone()].copy_from_slice(&values[width..2 * width]);
            self.v[at].copy_from_slice(&values[2 * width..]);
        }
        let known = (0..batch).map(|b| self.known(b)).max().unwrap_or(0);
        let (first, end) = (self.past - known, self.past + steps);
        let seen = first * step..end * step;
        self.turned[seen.clone()].copy_from_slice(&self.k[seen.clone()]);
        let (cos, sin) = (&self.cos, &self.sin);
        let (turned, q) = (&mut self.turned[seen], &mut self.q[..steps * step]);
        let keys = end - first;
        T::rope_rows_forward(
            turned, width, cos, sin, first, keys, batch, heads, head_size,
        );
        T::rope_rows_forward(
            q, width, cos, sin, self.past, steps, batch, heads, head_size,
        );
        scale(q, head_size);
    }

    /// The steps that one position of a head looks at: from, to, counted from the head's first.
    fn seen(&self, t: usize, head: Head) -> (usize, usize) {
        let end = self.past + t + 1 - head.first;
        (end.saturating_sub(self.attention.context), end)
    }

    /// Elements before a head's probabilities.
    fn probs_at(&self, head: Head) -> usize {
        if self.window.purpose == Purpose::Train {
            head.index * self.window.seq_len * self.window.seq_len
        } else {
            0
        }
    }

    fn forward_head(&mut self, head: Head, steps: usize) {
        let (step, size) = (self.step(), self.attention.head_size());
        let keys = self.past + steps - head.first;
        let (start, probs_at) = (head.first * step + head.column, self.probs_at(head));
        let probs = &mut self.probs[probs_at..probs_at + steps * keys];
        let (packed, scratch) = (&mut self.packed, &mut self.scratch);
        pack_b_transposed(packed, &self.turned[start..], step, size, keys);
        probs.fill(T::default());
        let q = &self.q[head.column..];
        T::gemm_acc(probs, keys, q, step, packed, steps, keys, size, scratch);
        for t in 0..steps {
            let (from, to) = self.seen(t, head);
            let row = &mut self.probs[probs_at + t * keys..][..keys];
            row[..from].fill(T::default());
            T::causal_softmax_row(&mut row[from..], to - from);
        }
        let probs = &self.probs[probs_at..probs_at + steps * keys];
        let (packed, scratch) = (&mut self.packed, &mut self.scratch);
        pack_b(packed, &self.v[start..], step, keys, size);
        let o = &mut self.outputs.values_mut(steps)[head.column..];
        T::gemm_acc(o, step, probs, keys, packed, steps, size, keys, scratch);
    }

    /// Adds the gradients of the head's turned queries, turned keys and values.
    fn backward_head(&mut self, head: Head, steps: usize) {
        let (step, size) = (self.step(), self.attention.head_size());
        let (column, probs_at) = (head.column, self.probs_at(head));
        let d_o = &self.outputs.gradient(steps)[column..];
        let probs = &self.probs[probs_at..probs_at + steps * steps];
        let (packed, scratch) = (&mut self.packed, &mut self.scratch);
        let d_v = &mut self.d_v[column..];
        T::gemm_tn_acc(
            d_v, step, probs, steps, d_o, step, steps, size, steps, scratch,
        );
        let d_scores = &mut self.d_probs[..steps * steps];
        d_scores.fill(T::default());
        pack_b_transposed(packed, &self.v[column..], step, size, steps);
        T::gemm_acc(
            d_scores, steps, d_o, step, packed, steps, steps, size, scratch,
        );
        let rows = d_scores.chunks_exact_mut(steps);
        for (t, (d_row, row)) in rows.zip(probs.chunks_exact(steps)).enumerate() {
            // Of what a position sees alone, so that the order of the sum does not depend on the steps after it.
            T::softmax_backward_row(&mut d_row[..=t], &row[..=t]);
            d_row[t + 1..].fill(T::default());
        }
        pack_b(packed, &self.turned[column..], step, steps, size);
        let d_q = &mut self.d_q[column..];
        T::gemm_acc(
            d_q, step, d_scores, steps, packed, steps, size, steps, scratch,
        );
        let (d_k, q) = (&mut self.d_k[column..], &self.q[column..]);
        T::gemm_tn_acc(
            d_k, step, d_scores, steps, q, step, steps, size, steps, scratch,
        );
    }

    /// Turns the gradients of q and k back and puts the three side by side again.
    fn write_gradient(&mut self, d_qkv: &mut [T], steps: usize) {
        let AttentionSizes { width, heads, .. } = self.attention;
        let (step, head_size, batch) = (self.step(), self.attention.head_size(), self.window.batch);
        let (cos, sin) = (&self.cos, &self.sin);
        let len = steps * step;
        let (d_q, d_k) = (&mut self.d_q[..len], &mut self.d_k[..len]);
        scale(d_q, head_size);
        for d in [&mut *d_q, &mut *d_k] {
            T::rope_rows_backward(d, width, cos, sin, 0, steps, batch, heads, head_size);
        }
        for (row, d_row) in d_qkv.chunks_exact_mut(3 * width).enumerate() {
            let at = row * width..(row + 1) * width;
            d_row[..width].copy_from_slice(&d_q[at.clone()]);
            d_row[width..2 * width].copy_from_slice(&d_k[at.clone()]);
            d_row[2 * width..].copy_from_slice(&self.d_v[at]);
        }
    }
}

/// Divides by sqrt(d_h), so that scores do not grow with the heads.
fn scale<T: Real>(values: &mut [T], head_size: usize) {
    let factor = T::from_f64(1.0 / (head_size as f64).sqrt());
    for value in values {
        *value = *value * factor;
    }
}

impl<T: Real> Layer<T> for Attention<T> {
    fn forward(&mut self, pass: &Pass<'_, T>, input: Input<'_, T>) {
        self.read(input.below(), pass.steps);
        self.outputs.values_mut(pass.steps).fill(T::default());
        for index in 0..self.head_count() {
            self.forward_head(self.head(index), pass.steps);
        }
    }

    fn outputs(&self, steps: usize) -> &[T] {
        self.outputs.values(steps)
    }

    fn outputs_and_gradient(&mut self, steps: usize) -> (&[T], &mut [T]) {
        self.outputs.both(steps)
    }

    fn backward(
        &mut self,
        _grads: &mut [T],
        d_input: &mut [T],
        pass: &Pass<'_, T>,
        _input: Input<'_, T>,
    ) {
        for d in [&mut self.d_q, &mut self.d_k, &mut self.d_v] {
            d.fill(T::default());
        }
        for index in 0..self.head_count() {
            self.backward_head(self.head(index), pass.steps);
        }
        self.write_gradient(d_input, pass.steps);
    }

    fn carry(&mut self, steps: usize) {
        let step = self.step();
        for values in [&mut self.k, &mut self.v] {
            values.copy_within(steps * step..(steps + self.past) * step, 0);
        }
        for b in 0..self.window.batch {
            let known = (self.known(b) + steps).min(self.past);
            self.known[b] = T::from_f64(known as f64);
        }
    }

    fn reset(&mut self, b: usize) {
        self.known[b] = T::default();
    }

    /// The keys and the values of the past, step by step, and how many of them each sequence has. In training there are
    /// none.
    fn states(&mut self, visit: &mut dyn FnMut(&mut [T])) {
        if self.past == 0 {
            return;
        }
        let step = self.step();
        for values in [&mut self.k, &mut self.v] {
            values
                .chunks_exact_mut(step)
                .take(self.past)
                .for_each(&mut *visit);
        }
        visit(&mut self.known);
    }
}
