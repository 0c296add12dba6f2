//! Writing a text of its own.

use super::{Feeding, Reader, Session, Writer};
use crate::Result;
use crate::model::Model;
use crate::sampling::SampleOptions;

/// Writes after a prompt what a [`Sampler`](crate::sampling::Sampler) writes, with the network that sessions share: the text keeps no more
/// than a session does, where a sampler has a network of its own. For many texts at a time, each of which is written a little in turn; one
/// that is written without a break takes a little longer than with a sampler.
pub struct PromptWriter {
    prompt: Feeding,
    is_read: bool,
    writer: Writer,
}

impl PromptWriter {
    /// Checks the options, but for the condition and the count, which are not looked at, and the prompt.
    ///
    /// - `session`: that has read nothing, with the condition; it stays so
    ///
    /// # Errors
    /// [`Error::InvalidOption`](crate::Error::InvalidOption),
    /// [`Error::ContradictoryOptions`](crate::Error::ContradictoryOptions),
    /// [`Error::UnknownSymbol`](crate::Error::UnknownSymbol), [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(model: &Model, session: &Session, options: &SampleOptions) -> Result<Self> {
        let prompt = Feeding::new(model, &options.prompt, options.unknown)?;
        // All of it, of which a session would remember the end.
        let writer = Writer::after(&prompt.tokens, model, session.clone(), options)?;
        Ok(Self {
            prompt,
            is_read: false,
            writer,
        })
    }

    /// Reads up to `steps` symbols of the prompt, or, where it is read, up to as many more of the text: nothing, while what was written may be
    /// the beginning of a stop string.
    ///
    /// # Errors
    /// [`Error::NonFiniteEvaluation`](crate::Error::NonFiniteEvaluation) if the model's weights are damaged,
    /// [`Error::NoSymbolLeft`](crate::Error::NoSymbolLeft).
    pub fn next(&mut self, reader: &mut Reader, model: &Model, steps: usize) -> Result<String> {
        if !self.is_read {
            let ahead = &mut self.writer.ahead;
            self.is_read = self.prompt.advance(reader, model, ahead, steps);
            return Ok(String::new());
        }
        let piece = self.writer.write(reader, model, steps)?;
        Ok(model.tokenizer().decode(&piece))
    }

    /// Whether all is written.
    pub fn is_finished(&self) -> bool {
        self.writer.is_finished()
    }
}
