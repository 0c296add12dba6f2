//! Sessions as bytes: a safetensors file of what they carry. docs/file-format.md

use super::{Reader, Session};
use crate::checkpoint::file::{File, Tensor, refuse_non_finite, write};
use crate::checkpoint::metadata_of;
use crate::data::fnv_of;
use crate::json::{SortedObject, to_json};
use crate::message::quoted;
use crate::model::Model;
use crate::tokenizer::Tokenizer;
use crate::{Error, Result};

/// `format` of the metadata.
const FORMAT: &str = "mynah-session";
/// `version` of the metadata: what this code writes and the only one it reads.
const VERSION: &str = "1";

const STATE: &str = "state";
const OUTPUTS: &str = "outputs";
const CONDITION: &str = "condition";

impl Session {
    /// As bytes, from which [`restore`](Self::restore) makes it again.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn save(&self, model: &Model) -> Result<Vec<u8>> {
        let recent: Vec<String> = self.recent.iter().map(u32::to_string).collect();
        let entries = [
            ("format", FORMAT.to_owned()),
            ("version", VERSION.to_owned()),
            ("model", fingerprint(model)),
            ("recent", recent.join(" ")),
            ("hasRead", self.has_read.to_string()),
        ];
        let mut header = SortedObject::default();
        for (key, value) in &entries {
            header.insert(key, value);
        }
        let mut tensors = vec![tensor(STATE, &self.state), tensor(OUTPUTS, &self.outputs)];
        if !self.condition.is_empty() {
            tensors.push(tensor(CONDITION, &self.condition));
        }
        let mut file = Vec::new();
        write(&mut file, header, &tensors)?;
        Ok(file)
    }

    /// The session that was saved, of this model or of one that is made alike: trained further, for instance.
    ///
    /// # Errors
    /// [`Error::BadSessionState`] with the reason.
    pub fn restore(reader: &mut Reader, model: &Model, bytes: &[u8]) -> Result<Self> {
        Self::try_restore(reader, model, bytes).map_err(|error| {
            Box::new(match *error {
                Error::BadModelFile(reason) => Error::BadSessionState(reason),
                other => other,
            })
        })
    }

    fn try_restore(reader: &mut Reader, model: &Model, bytes: &[u8]) -> Result<Self> {
        let file = File::read(bytes)?;
        check_header(&file, model)?;
        let entry = |key| file.metadata(key).unwrap_or_default();
        let mut session = Self {
            state: reader.initial_state(),
            outputs: vec![0.0; model.config().body_size()],
            condition: vec![0.0; model.condition_size()],
            recent: Default::default(),
            has_read: entry("hasRead") == "true",
        };
        session.remember(&tokens(entry("recent"), model.tokenizer())?);
        let parts = [
            (STATE, &mut session.state),
            (OUTPUTS, &mut session.outputs),
            (CONDITION, &mut session.condition),
        ];
        for (name, values) in parts.into_iter().filter(|(_, values)| !values.is_empty()) {
            let found = file.view(name, &[values.len()])?;
            refuse_non_finite(name, found)?;
            found.copy_to(values);
        }
        file.refuse_others(|name| {
            [STATE, OUTPUTS].contains(&name) || (name == CONDITION && model.condition_size() > 0)
        })?;
        Ok(session)
    }
}

fn tensor<'a>(name: &str, values: &'a [f32]) -> Tensor<'a> {
    Tensor {
        name: name.into(),
        shape: vec![values.len()],
        values,
    }
}

/// The symbols that are remembered, as numbers with spaces between.
///
/// # Errors
/// [`Error::BadModelFile`] for what is no token.
fn tokens(recent: &str, tokenizer: &Tokenizer) -> Result<Vec<u32>> {
    let token = |number: &str| {
        let token = number.parse().ok();
        let known = token.filter(|&token: &u32| (token as usize) < tokenizer.vocab_size());
        known.ok_or_else(|| {
            Error::BadModelFile(format!("it remembers {}, no symbol", quoted(number))).into()
        })
    };
    recent.split_whitespace().map(token).collect()
}

/// # Errors
/// [`Error::BadModelFile`].
fn check_header(file: &File<'_>, model: &Model) -> Result<()> {
    let wanted = [
        (
            "format",
            FORMAT.to_owned(),
            "it was not written by a session",
        ),
        (
            "version",
            VERSION.to_owned(),
            "it was written by another version of mynah",
        ),
        (
            "model",
            fingerprint(model),
            "it is of a model with other sizes or symbols",
        ),
    ];
    for (key, value, reason) in wanted {
        if file.metadata(key) != Some(&value) {
            return Err(Error::BadModelFile(reason.into()).into());
        }
    }
    Ok(())
}

/// What a state's meaning depends on, but for the weights: these may be trained further.
fn fingerprint(model: &Model) -> String {
    let metadata = to_json(&metadata_of(model));
    format!("{:016x}", fnv_of(metadata.as_bytes()))
}
