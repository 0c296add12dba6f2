//! The input's part of a layer's preactivations: from symbols through a table, or from the layer below
//! through one product.

use super::Input;
use super::product::{Product, Rows};
use crate::Result;
use crate::error::{allocate, reserve};
use crate::linear::{Purpose, column_sums_acc, fill_rows};
use mynah_kernels::real::Real;
use std::ops::Range;

/// The first layer's input.
///
/// A symbol's row of the embedding times W_ih', plus the bias, depends on nothing but the symbol, so it is
/// computed once per update and distinct symbol, in a table whose rows are then gathered; backwards,
/// gradients are summed by symbol first and multiplied once. Both are exact, and replace two products over
/// all rows of a window by two over its distinct symbols (2,048 against 65 for Tiny Shakespeare).
/// docs/maths.md (6).
pub struct SymbolTable<T> {
    embedding: Range<usize>,
    embedding_size: usize,
    width: usize,
    product: Product<T>,
    /// The row of each symbol, or [`NO_ROW`].
    row_of: Vec<u32>,
    /// The symbol of each row.
    symbols: Vec<u32>,
    /// [rows, E]
    embedded: Vec<T>,
    /// [rows, G H]
    rows: Vec<T>,
    /// [rows, G H]
    d_rows: Vec<T>,
    /// [rows, E]
    d_embedded: Vec<T>,
    capacity: usize,
}

/// Rows kept while nothing is trained: all symbols of most alphabets, the usual ones of Chinese.
const INFERENCE_ROWS: usize = 1024;
/// Marks a symbol without a row.
const NO_ROW: u32 = u32::MAX;

impl<T: Real> SymbolTable<T> {
    /// Rows that a table of `vocab_size` symbols needs for windows of up to `max_tokens`.
    pub fn capacity(vocab_size: usize, max_tokens: usize, purpose: Purpose) -> usize {
        // In training the table lives for one window; in inference it serves until the weights change, or
        // until it is full.
        let rows = if purpose == Purpose::Train {
            max_tokens
        } else {
            max_tokens.max(INFERENCE_ROWS)
        };
        vocab_size.min(rows)
    }

    /// For the symbols of `embedding` [V, E]; `product`, from E to `width` = G H, serves as many rows as
    /// [`capacity`](Self::capacity) says.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(
        embedding: Range<usize>,
        embedding_size: usize,
        width: usize,
        capacity: usize,
        product: Product<T>,
        purpose: Purpose,
    ) -> Result<Self> {
        let gradients = purpose.gradients(capacity);
        let mut row_of: Vec<u32> =
            allocate(&[embedding.len() / embedding_size], "the symbol table")?;
        row_of.fill(NO_ROW);
        Ok(Self {
            embedding,
            embedding_size,
            width,
            product,
            row_of,
            symbols: reserve(&[capacity], "the symbol table")?,
            embedded: allocate(&[capacity, embedding_size], "the symbol table")?,
            rows: allocate(&[capacity, width], "the symbol table")?,
            d_rows: allocate(&[gradients, width], "the symbol table")?,
            d_embedded: allocate(&[gradients, embedding_size], "the symbol table")?,
            capacity,
        })
    }

    fn load(&mut self, params: &[T]) {
        self.product.load(params);
        self.clear();
    }

    fn clear(&mut self) {
        for symbol in self.symbols.drain(..) {
            self.row_of[symbol as usize] = NO_ROW;
        }
    }

    /// Fills `gates` [tokens, G H] with the tokens' rows, which [`add_rows`](Self::add_rows) has computed.
    fn gather(&self, gates: &mut [T], tokens: &[u32]) {
        for (gates_row, &token) in gates.chunks_exact_mut(self.width).zip(tokens) {
            let row = self.row_of[token as usize] as usize * self.width;
            gates_row.copy_from_slice(&self.rows[row..row + self.width]);
        }
    }

    /// Computes the rows of those tokens that have none yet.
    fn add_rows(&mut self, params: &[T], bias: &[T], tokens: &[u32]) {
        let known = self.symbols.len();
        for &token in tokens {
            if self.row_of[token as usize] != NO_ROW {
                continue;
            }
            if self.symbols.len() == self.capacity {
                // Full of other windows' symbols: start over, this window's own always fit.
                self.clear();
                return self.add_rows(params, bias, tokens);
            }
            self.row_of[token as usize] = self.symbols.len() as u32;
            self.symbols.push(token);
        }
        let (width, size) = (self.width, self.embedding_size);
        let new_symbols = &self.symbols[known..];
        if new_symbols.is_empty() {
            return;
        }
        let embedded = &mut self.embedded[known * size..self.symbols.len() * size];
        for (target, &symbol) in embedded.chunks_exact_mut(size).zip(new_symbols) {
            let start = self.embedding.start + symbol as usize * size;
            target.copy_from_slice(&params[start..start + size]);
        }
        let rows = &mut self.rows[known * width..self.symbols.len() * width];
        fill_rows(rows, bias);
        let place = Rows {
            ldy: width,
            ldx: size,
            first: known,
            count: new_symbols.len(),
        };
        self.product.forward_acc(params, rows, embedded, place);
    }

    /// Forgets the gradients of the rows.
    fn begin_backward(&mut self) {
        let rows = self.symbols.len();
        self.d_rows[..rows * self.width].fill(T::default());
    }

    /// Adds the tokens' gradients, `d_gates` [tokens, G H], to those of their rows.
    fn scatter(&mut self, d_gates: &[T], tokens: &[u32]) {
        let width = self.width;
        for (d_gates_row, &token) in d_gates.chunks_exact(width).zip(tokens) {
            let row = self.row_of[token as usize] as usize * width;
            T::add_acc(&mut self.d_rows[row..row + width], d_gates_row);
        }
    }

    /// Adds the gradients of the embedding and W_ih, given those of the rows; `d_bias` [G H] becomes their sum.
    fn backward(&mut self, grads: &mut [T], params: &[T], d_bias: &mut [T]) {
        let (width, size, count) = (self.width, self.embedding_size, self.symbols.len());
        let d_rows = &mut self.d_rows[..count * width];
        d_bias.fill(T::default());
        column_sums_acc(d_bias, d_rows);
        let embedded = &self.embedded[..count * size];
        let d_embedded = &mut self.d_embedded[..count * size];
        d_embedded.fill(T::default());
        let place = Rows {
            ldy: width,
            ldx: size,
            first: 0,
            count,
        };
        self.product
            .input_gradient_acc(grads, params, d_embedded, d_rows, place);
        self.product
            .weight_gradient_acc(grads, d_rows, embedded, place);
        for (d_row, &symbol) in d_embedded.chunks_exact(size).zip(&self.symbols) {
            let start = self.embedding.start + symbol as usize * size;
            T::add_acc(&mut grads[start..start + size], d_row);
        }
    }
}

/// The input of layers that read vectors: one product over all rows of the window.
pub struct Projection<T> {
    inputs: usize,
    width: usize,
    product: Product<T>,
}

impl<T: Real> Projection<T> {
    /// By `product`, from `inputs` to `width` = G H.
    pub fn new(inputs: usize, width: usize, product: Product<T>) -> Self {
        Self {
            inputs,
            width,
            product,
        }
    }

    fn all_rows(&self, x: &[T]) -> Rows {
        Rows {
            ldy: self.width,
            ldx: self.inputs,
            first: 0,
            count: x.len() / self.inputs,
        }
    }
}

/// Where a recurrent layer's input comes from.
pub enum InputStage<T> {
    /// Symbols: a first layer.
    Symbols(SymbolTable<T>),
    /// The layer below.
    Below(Projection<T>),
}

impl<T: Real> InputStage<T> {
    /// Packs W_ih; called once per update.
    pub fn load(&mut self, params: &[T]) {
        match self {
            Self::Symbols(table) => table.load(params),
            Self::Below(projection) => projection.product.load(params),
        }
    }

    /// Fills `gates` [rows, G H] with x W_ih' + bias; where x are symbols, [`forward_step`](Self::forward_step) does it.
    pub fn forward(&mut self, gates: &mut [T], params: &[T], bias: &[T], input: Input<'_, T>) {
        match (self, input) {
            (Self::Symbols(table), Input::Symbols(tokens)) => table.add_rows(params, bias, tokens),
            (Self::Below(projection), Input::Below(x)) => {
                fill_rows(gates, bias);
                let rows = projection.all_rows(x);
                projection.product.forward_acc(params, gates, x, rows);
            }
            _ => unreachable!("a first layer reads symbols, every other one the layer below"),
        }
    }

    /// Fills the gates of a step, `gates` [B, G H] of rows from `first_row` on, where x are symbols: right before the step
    /// uses them, so that they are still in the cache.
    pub fn forward_step(&self, gates: &mut [T], first_row: usize, input: Input<'_, T>) {
        if let (Self::Symbols(table), Input::Symbols(tokens)) = (self, input) {
            let rows = gates.len() / table.width;
            table.gather(gates, &tokens[first_row..first_row + rows]);
        }
    }

    /// To be called before the first [`backward_step`](Self::backward_step) of a window.
    pub fn begin_backward(&mut self) {
        if let Self::Symbols(table) = self {
            table.begin_backward();
        }
    }

    /// Takes in the gradients of a step's gates, `d_gates` [B, G H] of rows from `first_row` on, where x are symbols: right
    /// after the step has computed them.
    pub fn backward_step(&mut self, d_gates: &[T], first_row: usize, input: Input<'_, T>) {
        if let (Self::Symbols(table), Input::Symbols(tokens)) = (self, input) {
            let rows = d_gates.len() / table.width;
            table.scatter(d_gates, &tokens[first_row..first_row + rows]);
        }
    }

    /// Adds the gradients of W_ih (and of the embedding), sets `d_bias` [G H] to the sum of the rows of
    /// `d_gates`, and writes the gradient of what was read into `d_below` [rows, D], unless it was symbols.
    pub fn backward(
        &mut self,
        grads: &mut [T],
        params: &[T],
        d_bias: &mut [T],
        d_below: &mut [T],
        d_gates: &[T],
        input: Input<'_, T>,
    ) {
        match (self, input) {
            (Self::Symbols(table), Input::Symbols(_)) => table.backward(grads, params, d_bias),
            (Self::Below(projection), Input::Below(x)) => {
                d_bias.fill(T::default());
                column_sums_acc(d_bias, d_gates);
                d_below.fill(T::default());
                let rows = projection.all_rows(x);
                let product = &mut projection.product;
                product.input_gradient_acc(grads, params, d_below, d_gates, rows);
                product.weight_gradient_acc(grads, d_gates, x, rows);
            }
            _ => unreachable!("a first layer reads symbols, every other one the layer below"),
        }
    }
}
