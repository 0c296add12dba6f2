//! The recurrent language model of mynah, in safe Rust: it knows layers and text, not JavaScript, workers or files.
//!
//! How a training step runs, top down:
//!
//! - [`training::Training`] cuts the text or the documents into windows ([`data`]), sets the learning rate
//!   ([`schedule`]), heeds validations and calls
//! - [`learner::Learner`], which runs the network forward and backward, clips and updates ([`optimizer`]);
//! - [`network::Network`] is the model for one batch size and window length: it packs the weights once per
//!   update and owns every buffer;
//! - [`layer`] holds its parts: the input stage, one recurrent layer per level around a cell, the output layer.
//!
//! [`model::Model`] is what is saved: configuration, vocabulary and one flat arena of parameters.
//! [`evaluation`], [`sampling`], [`session`] and [`filling`] run a network forward over it. Equations: `docs/maths.md`.
//!
//! ```
//! use mynah_nn::config::ModelOptions;
//! use mynah_nn::config::options::HiddenSize;
//! use mynah_nn::model::Model;
//! use mynah_nn::sampling::{SampleOptions, Sampler};
//! use mynah_nn::training::{Training, TrainingOptions};
//!
//! let text = "the crow and the fox and the heron. ".repeat(20);
//! let options = ModelOptions { hidden_size: Some(HiddenSize::All(16)), ..Default::default() };
//! let mut model = Model::create(&options, &text)?;
//!
//! let options = TrainingOptions { steps: Some(20), batch_size: Some(4), ..Default::default() };
//! let mut training = Training::new(&model, &text, &options)?;
//! let first = training.step(&mut model, 0.0)?.loss;
//! let mut last = first;
//! while !training.is_finished() {
//!     last = training.step(&mut model, 0.0)?.loss;
//! }
//! assert!(last < first, "it learns");
//!
//! let options = SampleOptions { prompt: "the ".into(), length: Some(10), ..Default::default() };
//! let written = Sampler::new(&model, &options)?.next(&model, 100)?;
//! assert_eq!(written.chars().count(), 10);
//! # Ok::<(), Box<mynah_nn::Error>>(())
//! ```

pub mod activations;
mod average;
mod backward_body;
pub mod body;
pub mod checkpoint;
pub mod config;
pub mod data;
mod decimal;
pub mod embedding;
mod error;
pub mod evaluation;
pub mod filling;
pub mod growth;
pub mod init;
pub mod input_gradient;
pub mod json;
pub mod layer;
pub mod learner;
pub mod linear;
mod message;
pub mod model;
pub mod network;
mod numbering;
pub mod optimizer;
pub mod params;
pub mod probe;
pub mod rng;
pub mod sampling;
pub mod schedule;
pub mod scoring;
pub mod session;
mod text_pass;
pub mod tokenizer;
pub mod training;

pub use error::{Error, GrowsWith, Result};
