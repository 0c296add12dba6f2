//! What a recurrent layer is built from, and the parameters that it has.

use crate::config::{self, ConditionMode, Recurrence};
use crate::init::Init;
use crate::layer::cell::LayerName;
use crate::layer::start::Start;
use crate::params::ParamList;
use mynah_kernels::cell::{gru, lstm, min_gru, min_lstm};

/// What a layer is built from.
pub struct RecurrentSpec<'a> {
    /// Cell and what all layers have in common.
    pub recurrence: &'a Recurrence,
    /// Names its parameters.
    pub name: LayerName,
    /// D
    pub inputs: usize,
    /// H
    pub hidden: usize,
    /// Whether it reads symbols through the embedding, instead of vectors.
    pub reads_symbols: bool,
}

/// The gate that decides how much of the old state stays, and the bias with which sigma(1), about 73 %, of it does;
/// in a minLSTM sigma(1) / (sigma(1) + sigma(0)), about 59 %.
fn memory_gate(cell: config::Cell) -> Option<(usize, f32)> {
    match cell {
        config::Cell::Rnn(_) => None,
        config::Cell::Gru { reset_after: true } => Some((gru::UPDATE, 1.0)),
        config::Cell::Gru { reset_after: false } => Some((gru::UPDATE, -1.0)),
        config::Cell::Lstm => Some((lstm::FORGET, 1.0)),
        config::Cell::MinGru => Some((min_gru::UPDATE, -1.0)),
        config::Cell::MinLstm => Some((min_lstm::FORGET, 1.0)),
    }
}

/// Declares the parameters of a layer.
pub fn declare(list: &mut ParamList, spec: &RecurrentSpec<'_>) {
    let RecurrentSpec {
        recurrence,
        name,
        inputs,
        hidden,
        ..
    } = spec;
    let (cell, gates) = (recurrence.cell, recurrence.cell.gates());
    let width = gates * hidden;
    // Gates that look at the input alone are a linear layer.
    let fan = if cell.has_recurrent_weights() {
        *hidden
    } else {
        *inputs
    };
    let bias = |memory| Init::GateBias { gates, fan, memory };
    let memory = memory_gate(cell);
    let weight = Init::Xavier { gates, fan };
    list.add(name.param("weight_ih"), &[width, *inputs], weight);
    if cell.has_recurrent_weights() {
        let init = Init::Orthogonal { gates };
        list.add(name.param("weight_hh"), &[width, *hidden], init);
    }
    list.add(name.param("bias_ih"), &[width], bias(memory));
    if cell.has_recurrent_weights() {
        let none = memory.map(|(gate, _)| (gate, 0.0));
        list.add(name.param("bias_hh"), &[width], bias(none));
    }
    if recurrence.layer_norm {
        list.add(name.param("norm_ih"), &[width], Init::Ones);
        list.add(name.param("norm_hh"), &[width], Init::Ones);
        if cell.has_memory() {
            list.add(name.param("norm_c"), &[*hidden], Init::Ones);
            list.add(name.param("norm_c_bias"), &[*hidden], Init::Zeros);
        }
    }
    Start::<f32>::declare(list, name, recurrence, *hidden);
    if let Some(size) = condition_size(recurrence) {
        // As if the condition were part of the input.
        list.add(name.param("condition"), &[width, size], weight);
    }
}

/// The condition's size, if it goes to the gates.
pub(super) fn condition_size(recurrence: &Recurrence) -> Option<usize> {
    let condition = recurrence.condition?;
    (condition.mode == ConditionMode::Bias).then_some(condition.size)
}
