//! The training object.

use crate::documents::Documents;
use crate::error::Result;
use crate::evaluation::Evaluation;
use crate::file::JsFile;
use crate::model::Model;
use crate::text::Text;
use js_sys::{Float32Array, Uint8Array};
use mynah_nn::config::parse_options;
use mynah_nn::data::Source;
use mynah_nn::json::to_json;
use mynah_nn::layer::output::LossSum;
use mynah_nn::training::{Training as Inner, TrainingOptions, TrainingStep};
use wasm_bindgen::prelude::wasm_bindgen;

/// A training run over one text or list of documents.
#[wasm_bindgen]
pub struct Training {
    inner: Inner,
    last: Option<TrainingStep>,
}

#[wasm_bindgen]
impl Training {
    /// Prepares a run over a text, or the part of worker `index` in one; `options` as JSON.
    #[wasm_bindgen(constructor)]
    pub fn new(model: &Model, text: &Text, options: &str, index: usize) -> Result<Self> {
        let options: TrainingOptions = parse_options(options)?;
        Ok(Inner::of_worker(&model.0, text.0.text()?, &options, index)?.into())
    }

    /// Prepares a run over documents, or the part of worker `index` in one; `options` as JSON.
    #[wasm_bindgen(js_name = ofDocuments)]
    pub fn of_documents(
        model: &Model,
        documents: &Documents,
        options: &str,
        index: usize,
    ) -> Result<Self> {
        let options: TrainingOptions = parse_options(options)?;
        Ok(Inner::of_worker(&model.0, &documents.0, &options, index)?.into())
    }

    /// What the run will do, as JSON.
    pub fn plan(&self) -> String {
        to_json(&self.inner.plan())
    }

    /// The options with everything filled in, as JSON.
    pub fn options(&self) -> String {
        to_json(&self.inner.options())
    }

    /// One optimiser step; returns the mean loss of its window before the update, in nats per token. `seconds_done`
    /// is the share of a budget in seconds that is used. More is in the getters, so that a step that goes well
    /// allocates nothing.
    pub fn step(&mut self, model: &mut Model, seconds_done: f64) -> Result<f64> {
        let step = self.inner.step(&mut model.0, seconds_done)?;
        self.last = Some(step);
        Ok(step.loss)
    }

    /// The first half of a step, whose parts this worker then shares with the others; `endStep` is the second half.
    #[wasm_bindgen(js_name = beginStep)]
    pub fn begin_step(&mut self, model: &Model, seconds_done: f64) {
        self.inner.begin_step(&model.0, seconds_done);
    }

    /// Numbers in a gradient.
    #[wasm_bindgen(getter)]
    pub fn parameters(&mut self) -> usize {
        self.inner.gradient().len()
    }

    /// After `beginStep`: copies this worker's gradient, a number for each parameter.
    #[wasm_bindgen(js_name = copyGradient)]
    pub fn copy_gradient(&mut self, to: &Float32Array) {
        to.copy_from(self.inner.gradient());
    }

    /// After `beginStep`: the loss of this worker's rows, the right predictions among them, and how many there were.
    #[wasm_bindgen(js_name = ownLoss)]
    pub fn own_loss(&self) -> Vec<f64> {
        let loss = self.inner.own_loss();
        vec![loss.loss, loss.correct as f64, loss.count as f64]
    }

    /// After `beginStep`: what this worker's rows carry to the next window.
    pub fn carried(&mut self) -> Vec<f32> {
        self.inner.carried()
    }

    /// Takes in what `copyGradient`, `ownLoss` and, for the first worker, `carried` gave in worker `index`. For
    /// all other workers, in their order.
    #[wasm_bindgen(js_name = takeIn)]
    pub fn take_in(
        &mut self,
        index: usize,
        gradient: &Float32Array,
        loss: &[f64],
        carried: &[f32],
    ) {
        let loss = LossSum {
            loss: loss[0],
            correct: loss[1] as usize,
            count: loss[2] as usize,
        };
        let write = |incoming: &mut [f32]| gradient.copy_to(incoming);
        self.inner.take_in(index, write, loss, carried);
    }

    /// The second half of a step, the same in all workers; returns what `step` does.
    #[wasm_bindgen(js_name = endStep)]
    pub fn end_step(&mut self, model: &mut Model) -> Result<f64> {
        let step = self.inner.end_step(&mut model.0)?;
        self.last = Some(step);
        Ok(step.loss)
    }

    /// Gives up a step that was begun and cannot be ended.
    #[wasm_bindgen(js_name = abandonStep)]
    pub fn abandon_step(&mut self) {
        self.inner.abandon_step();
    }

    /// Targets of the last step.
    #[wasm_bindgen(getter)]
    pub fn tokens(&self) -> usize {
        self.last.map_or(0, |step| step.tokens)
    }

    /// Those of them that the model held for the most likely symbol.
    #[wasm_bindgen(getter)]
    pub fn correct(&self) -> usize {
        self.last.map_or(0, |step| step.correct)
    }

    /// As JSON, that the last step was rolled back and why; undefined if it was not.
    #[wasm_bindgen(getter)]
    pub fn rollback(&self) -> Option<String> {
        self.last?.rollback.as_ref().map(|report| to_json(report))
    }

    /// Steps that were rolled back since the run began.
    #[wasm_bindgen(getter)]
    pub fn rollbacks(&self) -> u32 {
        self.inner.rollbacks()
    }

    /// An evaluation of what is held out, a text in `streams` parts; undefined if nothing is.
    pub fn validation(&self, model: &Model, streams: usize) -> Result<Option<Evaluation>> {
        Ok(self
            .inner
            .validation(&model.0, streams)
            .transpose()?
            .map(Evaluation))
    }

    /// Takes in the loss of a validation; what it means for the run, as JSON.
    pub fn validated(&mut self, model: &Model, loss: f64) -> String {
        to_json(&self.inner.validated(&model.0, loss))
    }

    /// Ends the run: gives the model the weights of its best validation and returns that as JSON, or undefined if
    /// none are kept.
    pub fn finish(&mut self, model: &mut Model) -> Option<String> {
        self.inner
            .finish(&mut model.0)
            .as_ref()
            .map(|report| to_json(report))
    }

    /// The model and the run in one file, from which `resume` goes on.
    pub fn checkpoint(&mut self, model: &Model) -> Result<Uint8Array> {
        let mut file = JsFile::default();
        self.inner.checkpoint_to(&mut file, &model.0)?;
        Ok(file.into_bytes())
    }

    /// Goes on with the run of a checkpoint over its text, or with the part of worker `index` in it; `model` becomes
    /// the checkpoint's.
    pub fn resume(model: &mut Model, text: &Text, bytes: &[u8], index: usize) -> Result<Self> {
        Self::resume_over(model, text.0.text()?.into(), bytes, index)
    }

    /// Goes on with the run of a checkpoint over its documents, or with the part of worker `index` in it; `model`
    /// becomes the checkpoint's.
    #[wasm_bindgen(js_name = resumeDocuments)]
    pub fn resume_documents(
        model: &mut Model,
        documents: &Documents,
        bytes: &[u8],
        index: usize,
    ) -> Result<Self> {
        Self::resume_over(model, (&documents.0).into(), bytes, index)
    }

    /// Optimiser steps done.
    #[wasm_bindgen(getter, js_name = stepsDone)]
    pub fn steps_done(&self) -> f64 {
        self.inner.steps_done() as f64
    }

    /// The steps after which the last validation was taken in; 0 before the first.
    #[wasm_bindgen(getter, js_name = validatedStep)]
    pub fn validated_step(&self) -> f64 {
        self.inner.validated_step() as f64
    }

    /// Passes over the text done, a fraction.
    #[wasm_bindgen(getter)]
    pub fn epoch(&self) -> f64 {
        self.inner.epoch()
    }

    /// The share of a budget in seconds that was used at the last step.
    #[wasm_bindgen(getter, js_name = secondsDone)]
    pub fn seconds_done(&self) -> f64 {
        self.inner.seconds_done()
    }

    /// Learning rate of the last step.
    #[wasm_bindgen(getter, js_name = learningRate)]
    pub fn learning_rate(&self) -> f64 {
        self.inner.learning_rate()
    }

    /// Global norm of the last step's gradient, before clipping.
    #[wasm_bindgen(getter, js_name = gradientNorm)]
    pub fn gradient_norm(&self) -> f64 {
        self.inner.gradient_norm()
    }

    /// Whether a budget of steps or epochs is used up, or early stopping has ended the run.
    #[wasm_bindgen(getter)]
    pub fn finished(&self) -> bool {
        self.inner.is_finished()
    }
}

impl Training {
    fn resume_over(
        model: &mut Model,
        source: Source<'_>,
        bytes: &[u8],
        index: usize,
    ) -> Result<Self> {
        let (resumed, training) = Inner::resume_worker(bytes, source, index)?;
        model.0.replace(resumed);
        Ok(training.into())
    }
}

impl From<Inner> for Training {
    fn from(inner: Inner) -> Self {
        Self { inner, last: None }
    }
}
