//! The parts of a network.
//!
//! - [`input`]: from symbols, or from the layer below, to preactivations
//! - [`recurrent`]: the time loop around a [`cell`], forward and backward
//! - [`cell`]: what differs between cells; [`rnn`], [`gru`] and [`lstm`] implement it
//! - [`output`]: logits, loss and its gradient
//!
//! Rows are time-major: row t B + b is step t of sequence b.

pub mod cell;
pub mod gru;
pub mod input;
pub mod lstm;
pub mod output;
pub mod recurrent;
pub mod rnn;
