//! One recurrent layer: the time loop around a cell, forward and backward through time.

mod parameters;

use super::cell::{self, Cell, CellSizes, LayerParams, StepBack, WindowBack};
use super::condition::ConditionProduct;
use super::embedding::EMBEDDING;
use super::input::{InputStage, Projection, SymbolTable};
use super::keep::Keep;
use super::product::{Product, ProductSizes};
use super::start::Start;
use super::{Input, Layer, Pass, WindowSizes};
use crate::Result;
use crate::activations::LayerValues;
use crate::config;
use crate::error::allocate;
use crate::params::Layout;
use crate::probe::{LayerFlow, Watch};
use crate::rng::Pcg32;
use mynah_kernels::real::Real;
use parameters::condition_size;

pub use parameters::{RecurrentSpec, declare};

/// A layer with the buffers for windows of up to T steps of B sequences.
pub struct RecurrentLayer<T> {
    sizes: CellSizes,
    /// G H
    width: usize,
    cell: Box<dyn Cell<T>>,
    input: InputStage<T>,
    start: Start<T>,
    keep: Keep<T>,
    /// Its part of the gates. docs/maths.md (18b)
    condition: Option<ConditionProduct<T>>,
    cell_kind: config::Cell,
    is_normalized: bool,
    watch: Option<Box<Watch>>,
    /// \[G H\]: what every row of gates starts from.
    bias: Vec<T>,
    /// [T, B, G H]: preactivations, then gates, then gradients of the preactivations.
    gates: Vec<T>,
    /// [T + 1, B, H]: h before the first step, then after each.
    h: Vec<T>,
    /// [T, B, H]: the gradient of the layer's outputs, written by what stands above.
    d_outputs: Vec<T>,
    /// [B, H]: the gradient that travels back through time; after a backward pass, that of the initial h.
    d_h: Vec<T>,
    /// \[G H\]
    d_bias: Vec<T>,
}

impl<T: Real> RecurrentLayer<T> {
    /// `weight_drop`: the share of W_hh that a training step leaves out.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(
        layout: &Layout,
        spec: &RecurrentSpec<'_>,
        window: WindowSizes,
        weight_drop: f64,
    ) -> Result<Self> {
        let RecurrentSpec {
            recurrence,
            name,
            hidden,
            ..
        } = spec;
        let sizes = CellSizes {
            window,
            hidden: *hidden,
        };
        let width = recurrence.cell.gates() * hidden;
        let (steps, state) = (window.seq_len, sizes.state());
        let at = LayerParams::find(layout, name);
        let condition = condition_size(recurrence).map(|size| {
            let weight = layout.range(&name.param("condition"));
            ConditionProduct::new(weight, size, window)
        });
        Ok(Self {
            sizes,
            width,
            input: input_stage(layout, spec, &at, window)?,
            cell: cell::build(recurrence.cell, at, sizes, weight_drop)?,
            start: Start::new(layout, name, recurrence, sizes)?,
            keep: Keep::new(recurrence, sizes)?,
            condition: condition.transpose()?,
            cell_kind: recurrence.cell,
            is_normalized: recurrence.layer_norm,
            watch: None,
            bias: allocate(&[width], "biases")?,
            gates: allocate(&[steps, window.batch, width], "gates")?,
            h: allocate(&[steps + 1, state], "hidden states")?,
            d_outputs: allocate(&[window.purpose.gradients(steps), state], "gradients")?,
            d_h: allocate(&[state], "gradients")?,
            d_bias: allocate(&[width], "gradients")?,
        })
    }

    /// How many sequences step `t` is done for: up to the last one that is not over, and one at least. Those after it
    /// cost nothing, those before it are done in vain where they are over, so the longest should stand first.
    fn rows_of_step(&self, pass: &Pass<'_, T>, t: usize) -> usize {
        let batch = self.sizes.window.batch;
        // Normalised rows are kept in the product until the gradient of its weights, those of no step among them.
        if self.is_normalized || self.watch.is_some() || pass.lengths.is_empty() {
            return batch;
        }
        let last = pass.lengths.iter().rposition(|&length| t < length);
        last.unwrap_or(0) + 1
    }

    /// One step of the cell, and what is kept of the state before it.
    fn forward_step(&mut self, pass: &Pass<'_, T>, input: Input<'_, T>, t: usize) {
        let state = self.sizes.state();
        let batch = self.sizes.window.batch;
        let rows = self.rows_of_step(pass, t);
        let gates = &mut self.gates[t * batch * self.width..][..rows * self.width];
        self.input.forward_step(gates, t * batch, input);
        if let Some(condition) = &self.condition {
            T::add_acc(gates, &condition.values[..gates.len()]);
        }
        let (before, after) = self.h.split_at_mut((t + 1) * state);
        let (h_prev, h_next) = (&before[t * state..], &mut after[..state]);
        let len = rows * self.sizes.hidden;
        self.cell
            .forward_step(pass.params, t, gates, &h_prev[..len], &mut h_next[..len]);
        if self.keep.is_active(pass) {
            let memory = self.cell.memory();
            self.keep.after_forward(t, pass, h_prev, h_next, memory);
        }
    }

    fn backward_step(
        &mut self,
        grads: &mut [T],
        pass: &Pass<'_, T>,
        input: Input<'_, T>,
        t: usize,
    ) {
        let (state, batch) = (self.sizes.state(), self.sizes.window.batch);
        let rows = self.rows_of_step(pass, t);
        let is_kept = self.keep.is_active(pass);
        T::add_acc(&mut self.d_h, &self.d_outputs[t * state..(t + 1) * state]);
        if let Some(watch) = &mut self.watch {
            watch.note_gradient(&self.d_h, self.sizes.window.batch);
        }
        if is_kept {
            let memory = self.cell.memory();
            self.keep.before_backward(t, pass, &mut self.d_h, memory);
        }
        let (before, after) = self.h.split_at((t + 1) * state);
        let len = rows * self.sizes.hidden;
        let gates = &mut self.gates[t * batch * self.width..][..batch * self.width];
        let (gates, left_out) = gates.split_at_mut(rows * self.width);
        left_out.fill(T::default());
        let step = StepBack {
            t,
            gates,
            h_prev: &before[t * state..][..len],
            h_next: &after[..len],
            d_h: &mut self.d_h[..len],
        };
        self.cell.backward_step(grads, pass.params, step);
        let d_gates = &self.gates[t * batch * self.width..][..rows * self.width];
        self.input.backward_step(d_gates, t * batch, input);
        if is_kept {
            self.keep.after_backward(&mut self.d_h, self.cell.memory());
        }
    }
}

/// The product W_ih, normalised where the layer has gains, behind a table of symbols or the layer below.
fn input_stage<T: Real>(
    layout: &Layout,
    spec: &RecurrentSpec<'_>,
    at: &LayerParams,
    window: WindowSizes,
) -> Result<InputStage<T>> {
    let RecurrentSpec {
        recurrence,
        inputs,
        hidden,
        reads_symbols,
        ..
    } = *spec;
    let width = recurrence.cell.gates() * hidden;
    let embedding = layout.range(EMBEDDING);
    let (rows, purpose) = if reads_symbols {
        let symbols = embedding.len() / inputs;
        let rows = SymbolTable::<T>::capacity(symbols, window.rows(), window.purpose);
        // Once per symbol of the alphabet.
        (rows, window.purpose.with_whole_weights())
    } else {
        (window.rows(), window.purpose)
    };
    let sizes = ProductSizes {
        outputs: width,
        inputs,
        max_rows: rows,
        purpose,
    };
    let mut product = Product::new(at.w_ih.clone(), sizes)?;
    if recurrence.layer_norm {
        let groups = recurrence.cell.norm_groups();
        let widths = groups.iter().map(|gates| gates * hidden).collect();
        product = product.normalized(at.norm_ih.clone(), widths)?;
    }
    Ok(if reads_symbols {
        let table = SymbolTable::new(embedding, inputs, width, rows, product, window.purpose)?;
        InputStage::Symbols(table)
    } else {
        InputStage::Below(Projection::new(inputs, width, product))
    })
}

impl<T: Real> Layer<T> for RecurrentLayer<T> {
    fn load(&mut self, params: &[T]) {
        self.cell.load(params);
        self.input.load(params);
        self.start.load(params);
        if let Some(condition) = &mut self.condition {
            condition.load(params);
        }
        self.cell.input_bias(&mut self.bias, params);
    }

    fn forward(&mut self, pass: &Pass<'_, T>, input: Input<'_, T>) {
        let state = self.sizes.state();
        let gates = &mut self.gates[..pass.steps * self.sizes.window.batch * self.width];
        self.input.forward(gates, pass.params, &self.bias, input);
        if let Some(condition) = &mut self.condition {
            condition.forward(pass);
        }
        let memory = self.cell.memory();
        let c = memory.map(|memory| &mut memory.values[..state]);
        self.start.forward(pass, &mut self.h[..state], c);
        for t in 0..pass.steps {
            self.forward_step(pass, input, t);
        }
    }

    fn outputs(&self, steps: usize) -> &[T] {
        let state = self.sizes.state();
        &self.h[state..(steps + 1) * state]
    }

    fn outputs_and_gradient(&mut self, steps: usize) -> (&[T], &mut [T]) {
        let state = self.sizes.state();
        (
            &self.h[state..(steps + 1) * state],
            &mut self.d_outputs[..steps * state],
        )
    }

    /// Backpropagation through the window's steps. What comes from later windows is cut off (truncated).
    fn backward(
        &mut self,
        grads: &mut [T],
        d_input: &mut [T],
        pass: &Pass<'_, T>,
        input: Input<'_, T>,
    ) {
        self.d_h.fill(T::default());
        if let Some(memory) = self.cell.memory() {
            memory.gradient.fill(T::default());
        }
        if let Some(watch) = &mut self.watch {
            let hidden = self.sizes.hidden;
            let rows = pass.steps * self.sizes.window.batch;
            let states = &self.h[self.sizes.state()..][..rows * hidden];
            watch.note_gates(&self.gates[..rows * self.width], states, hidden);
        }
        self.input.begin_backward();
        for t in (0..pass.steps).rev() {
            self.backward_step(grads, pass, input, t);
        }
        let memory = self.cell.memory();
        let d_c = memory.map(|memory| &*memory.gradient);
        self.start.backward(grads, pass, &self.d_h, d_c);
        let rows = pass.steps * self.sizes.window.batch;
        let d_gates = &self.gates[..rows * self.width];
        if let Some(condition) = &mut self.condition {
            // The same at every step, so that its gradient is the sum.
            condition.values.fill(T::default());
            for step in d_gates.chunks_exact(condition.values.len()) {
                T::add_acc(&mut condition.values, step);
            }
            condition.weight_gradient_acc(grads, pass);
        }
        let d_bias = &mut self.d_bias;
        self.input
            .backward(grads, pass.params, d_bias, d_input, d_gates, input);
        let window = WindowBack {
            d_gates,
            h_prev: &self.h[..rows * self.sizes.hidden],
            d_bias,
            rows,
        };
        self.cell.weight_gradients(grads, window);
    }

    fn carry(&mut self, steps: usize) {
        let state = self.sizes.state();
        let last = steps * state..(steps + 1) * state;
        self.h.copy_within(last.clone(), 0);
        if let Some(memory) = self.cell.memory() {
            memory.values.copy_within(last, 0);
        }
        self.start.go_on();
    }

    fn reset(&mut self, b: usize) {
        self.start.reset(b);
    }

    /// h, the second state where there is one, and which sequences start anew.
    fn states(&mut self, visit: &mut dyn FnMut(&mut [T])) {
        let state = self.sizes.state();
        visit(&mut self.h[..state]);
        if let Some(memory) = self.cell.memory() {
            visit(&mut memory.values[..state]);
        }
        visit(self.start.fresh());
    }

    fn state_gradients(&mut self, visit: &mut dyn FnMut(&[T])) {
        visit(&self.d_h);
        if let Some(memory) = self.cell.memory() {
            visit(memory.gradient);
        }
    }

    fn watch_gradients(&mut self) {
        self.watch = Some(Box::new(Watch::new(self.cell_kind)));
    }

    fn flows(&self, visit: &mut dyn FnMut(&LayerFlow)) {
        if let Some(watch) = &self.watch {
            visit(watch.flow());
        }
    }

    fn look(&mut self, steps: usize, visit: &mut dyn FnMut(LayerValues<'_, T>)) {
        let after = self.sizes.state()..(steps + 1) * self.sizes.state();
        let rows = steps * self.sizes.window.batch;
        let memory = self.cell.memory();
        visit(LayerValues {
            cell: self.cell_kind,
            hidden_size: self.sizes.hidden,
            hidden: &self.h[after.clone()],
            memory: memory.map(|memory| &memory.values[after]),
            gates: &self.gates[..rows * self.width],
        });
    }

    fn draw_masks(&mut self, rng: &mut Pcg32) {
        self.cell.draw_masks(rng);
        self.keep.draw_masks(rng);
    }
}
