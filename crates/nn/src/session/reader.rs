//! The network that all sessions of a model share.

use super::Session;
use crate::linear::Quantization;
use crate::model::Model;
use crate::network::{Network, Regularisation};
use crate::sampling::{Rows, check_finite, to_probabilities};
use crate::tokenizer::Tokenizer;
use crate::{Error, Result};

/// Reads on in sessions, one at a time: their states are put in its place and taken out again, so that the weights are packed
/// once for all of them. A symbol costs the same however long the text is.
pub struct Reader {
    network: Network<f32>,
    loaded: Option<u64>,
    /// For words to come; made when they are first asked for.
    pub(super) rows: Option<Rows>,
}

impl Reader {
    /// For the sessions of a model, its weights as they are or in 8 bits.
    ///
    /// # Errors
    /// [`Error::ContradictoryOptions`] for a bidirectional model, [`Error::OutOfMemory`].
    pub fn new(model: &Model, quantize: Quantization) -> Result<Self> {
        if model.config().bidirectional {
            let reason = "a bidirectional model has no sessions: it needs to know the symbols to the right of each. It can fill in the blanks of a text";
            return Err(Error::ContradictoryOptions(reason.into()).into());
        }
        // One step at a time, whatever is read: so the bits do not depend on the pieces that a text comes in.
        let network = Network::new(
            model.config(),
            model.layout(),
            model.tokenizer().vocab_size(),
            1,
            1,
            quantize.purpose(),
            Regularisation::default(),
        )?;
        Ok(Self {
            network,
            loaded: None,
            rows: None,
        })
    }

    /// What a text begins with.
    pub(super) fn initial_state(&mut self) -> Vec<f32> {
        // What other sessions left behind would not be seen, but would be saved.
        self.network.states(&mut |state| state.fill(0.0));
        self.network.reset();
        let mut all = Vec::new();
        self.network
            .states(&mut |state| all.extend_from_slice(state));
        all
    }

    /// Puts a session in its place, with the model's weights as they are now.
    pub(super) fn enter(&mut self, model: &Model, session: &Session) {
        if self.loaded != Some(model.version()) {
            self.network.load(model.params());
            self.loaded = Some(model.version());
        }
        let mut rest = &session.state[..];
        self.network.states(&mut |state| {
            let (values, others) = rest.split_at(state.len());
            state.copy_from_slice(values);
            rest = others;
        });
        if !session.condition.is_empty() {
            self.network.set_condition(&session.condition);
        }
    }

    /// Reads a symbol of the session that was [entered](Self::enter); its state stays in here.
    pub(super) fn step(&mut self, model: &Model, session: &mut Session, token: u32) {
        self.network.forward(model.params(), &[token], &[]);
        self.network.carry(1);
        session
            .outputs
            .copy_from_slice(self.network.body_outputs(1));
    }

    /// Takes the state of the session that was [entered](Self::enter) out again.
    pub(super) fn leave(&mut self, session: &mut Session) {
        let mut at = 0;
        self.network.states(&mut |state| {
            session.state[at..at + state.len()].copy_from_slice(state);
            at += state.len();
        });
        session.has_read = true;
    }

    /// Reads on in a session.
    pub(super) fn read(&mut self, model: &Model, session: &mut Session, tokens: &[u32]) {
        if tokens.is_empty() {
            return;
        }
        self.enter(model, session);
        for &token in tokens {
            self.step(model, session, token);
        }
        self.leave(session);
    }

    /// The logits \[V\] of the symbol that follows in the session that was [entered](Self::enter); free to be changed.
    pub(super) fn logits(&mut self, model: &Model, session: &Session) -> &mut [f32] {
        self.network.logits_of(model.params(), &session.outputs)
    }

    /// The probabilities \[V\] of what may follow in a session, without what is never written.
    ///
    /// # Errors
    /// [`Error::NonFiniteEvaluation`] if the model's weights are damaged.
    pub(super) fn probabilities(&mut self, model: &Model, session: &Session) -> Result<&mut [f32]> {
        self.enter(model, session);
        let logits = self.logits(model, session);
        probabilities_after(logits, model.tokenizer(), &[])?;
        Ok(logits)
    }
}

/// Logits as probabilities, in place, without those of what is never written.
///
/// - `rest`: the bytes of a character that is not complete yet
///
/// # Errors
/// [`Error::NonFiniteEvaluation`].
pub(super) fn probabilities_after(
    logits: &mut [f32],
    tokenizer: &Tokenizer,
    rest: &[u8],
) -> Result<()> {
    check_finite(logits)?;
    tokenizer.forbid(logits, rest);
    to_probabilities(logits);
    Ok(())
}
