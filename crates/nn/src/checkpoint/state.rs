//! Checkpoints: a model file with everything that a training run needs to go on as if it had never stopped.

use super::file::{File, Sink, Tensor, tensors, write};
use super::model::{LoadOptions, load, metadata_of};
use crate::data::Source;
use crate::json::{self, to_json};
use crate::model::Model;
use crate::training::{SavedState, Training};
use crate::{Error, Result};

/// The key of the metadata that holds the training state, as JSON.
pub(super) const TRAINING: &str = "training";

/// What the names of a training state's tensors start with; what follows is the name of a parameter, or a number.
const PREFIXES: [&str; 6] = [
    "optimizer.",
    "raw.",
    "previous.",
    "previous_average.",
    "best.",
    "state.",
];

/// Whether a tensor of a checkpoint is no part of the model.
pub(super) fn is_training_state(name: &str) -> bool {
    PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

impl Training {
    /// The model and the run in one file, from which [`resume`](Self::resume) goes on: the same steps give the same
    /// bits as if there had been no break. As a model file it holds the model as it is now.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn checkpoint(&mut self, model: &Model) -> Result<Vec<u8>> {
        let mut file = Vec::new();
        self.checkpoint_to(&mut file, model)?;
        Ok(file)
    }

    /// As [`checkpoint`](Self::checkpoint), to where the caller wants it: nothing of the model's size is allocated.
    ///
    /// # Errors
    /// Those of [`Sink::begin`].
    pub fn checkpoint_to(&mut self, sink: &mut dyn Sink, model: &Model) -> Result<()> {
        let layout = model.layout();
        let mut header = metadata_of(model);
        header.insert(TRAINING, &to_json(&self.saved_state()));
        let states = self.all_states();
        let arenas = self.arenas();
        let mut all = tensors("", layout, model.params());
        for (name, arena) in &arenas {
            all.extend(tensors(&format!("{name}."), layout, arena));
        }
        all.extend(states.iter().enumerate().map(|(k, values)| Tensor {
            name: format!("state.{k}"),
            shape: vec![values.len()],
            values,
        }));
        write(sink, header, &all)
    }

    /// Goes on with the run of a checkpoint, over the text or the documents that it began with.
    ///
    /// # Errors
    /// [`Error::BadModelFile`] with the reason, [`Error::NoTrainingState`] for a model file that is no checkpoint,
    /// [`Error::DifferentText`], [`Error::OutOfMemory`].
    pub fn resume<'a>(bytes: &[u8], source: impl Into<Source<'a>>) -> Result<(Model, Self)> {
        Self::resume_worker(bytes, source, 0)
    }

    /// As [`resume`](Self::resume), for worker `index`; see [`of_worker`](Self::of_worker).
    ///
    /// # Errors
    /// Those of [`resume`](Self::resume).
    pub fn resume_worker<'a>(
        bytes: &[u8],
        source: impl Into<Source<'a>>,
        index: usize,
    ) -> Result<(Model, Self)> {
        let source = source.into();
        let model = load(bytes, &LoadOptions::default())?;
        let file = File::read(bytes)?;
        let Some(state) = file.metadata(TRAINING) else {
            return Err(Error::NoTrainingState.into());
        };
        let state: SavedState = json::parse(state)
            .map_err(|error| Error::BadModelFile(format!("its training state: {error}")))?;
        let mut training = Self::from_saved(&model, source, state, index)?;
        training.fill(&model, &file)?;
        Ok((model, training))
    }

    /// Fills everything that has the size of the model or of a state from the file.
    fn fill(&mut self, model: &Model, file: &File<'_>) -> Result<()> {
        let specs = &model.layout().specs;
        let mut known: Vec<String> = specs.iter().map(|spec| spec.name.clone()).collect();
        for (prefix, arena) in self.arenas() {
            for spec in specs {
                let name = format!("{prefix}.{}", spec.name);
                let view = file.view(&name, &spec.shape)?;
                view.copy_to(&mut arena[spec.range.clone()]);
                known.push(name);
            }
        }
        self.set_states(|k, state| {
            let name = format!("state.{k}");
            file.view(&name, &[state.len()])?.copy_to(state);
            known.push(name);
            Ok(())
        })?;
        file.refuse_others(|name| known.iter().any(|known| known == name))
    }
}
