//! The recurrent language model of mynah, in safe Rust: it knows layers and text, not JavaScript, workers or files.
//!
//! How a training step runs, top down:
//!
//! - [`training::Training`] cuts the text into windows ([`data`]), sets the learning rate ([`schedule`]) and calls
//! - [`learner::Learner`], which runs the network forward and backward, clips and updates ([`mynah_kernels::optimizer`]);
//! - [`network::Network`] is the model for one batch size and window length: it packs the weights once per update and owns every buffer;
//! - [`layer`] holds its parts: the input stage, one recurrent layer per level around a cell, the output layer.
//!
//! [`model::Model`] is what is saved: configuration, vocabulary and one flat arena of parameters. [`evaluation`] and [`sampling`] run
//! a network forward over it. Equations: `docs/maths.md`.

pub mod checkpoint;
pub mod config;
pub mod data;
mod error;
pub mod evaluation;
pub mod init;
pub mod layer;
pub mod learner;
pub mod linear;
pub mod model;
pub mod network;
pub mod params;
pub mod rng;
pub mod sampling;
pub mod schedule;
pub mod tokenizer;
pub mod training;

pub use error::{Error, Result};
