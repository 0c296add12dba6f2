//! Writing on in a session.

use super::{Reader, Session};
use crate::Result;
use crate::model::Model;
use crate::rng::Pcg32;
use crate::sampling::{Progress, Rules, SampleOptions, check_finite, check_temperature, draw};
use crate::tokenizer::Tokenizer;

/// Writes on from where a session is, a few symbols at a time, as a [`Sampler`](crate::sampling::Sampler) does after a prompt: what it
/// hands out becomes part of the session.
pub struct Writer {
    /// The session with what is held back.
    pub(super) ahead: Session,
    length: usize,
    temperature: f32,
    rules: Option<Rules>,
    progress: Option<Progress>,
    rng: Pcg32,
    written: usize,
    has_ended: bool,
    /// Written, and not handed out yet.
    pending: Vec<u32>,
    /// Whether `ahead` has read what was taken back.
    is_ahead: bool,
}

impl Writer {
    /// Checks the options, of which the prompt, the condition and the count are not looked at.
    ///
    /// # Errors
    /// [`Error::InvalidOption`](crate::Error::InvalidOption),
    /// [`Error::ContradictoryOptions`](crate::Error::ContradictoryOptions),
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(model: &Model, session: &Session, options: &SampleOptions) -> Result<Self> {
        let history: Vec<u32> = session.recent.iter().copied().collect();
        Self::after(&history, model, session.clone(), options)
    }

    /// [`new`](Self::new), with what the options that look back see of the text before.
    pub(super) fn after(
        history: &[u32],
        model: &Model,
        ahead: Session,
        options: &SampleOptions,
    ) -> Result<Self> {
        options.refuse_searches()?;
        let rules = Rules::new(options, model.tokenizer())?;
        let progress = rules.as_ref().map(|rules| {
            let mut progress = rules.progress();
            rules.start(&mut progress, history);
            progress
        });
        Ok(Self {
            length: options.length(),
            temperature: check_temperature(options.temperature.unwrap_or(0.7))?,
            rng: Pcg32::of_text(options.seed.unwrap_or(1), 0),
            has_ended: progress.as_ref().is_some_and(|progress| progress.is_over),
            ahead,
            rules,
            progress,
            written: 0,
            pending: Vec::new(),
            is_ahead: false,
        })
    }

    /// Up to `steps` more symbols, which `session` has read then: nothing, while what was written may be the beginning of a stop string.
    ///
    /// # Errors
    /// [`Error::NonFiniteEvaluation`](crate::Error::NonFiniteEvaluation) if the model's weights are damaged,
    /// [`Error::NoSymbolLeft`](crate::Error::NoSymbolLeft); the session is as it was.
    pub fn next(
        &mut self,
        reader: &mut Reader,
        model: &Model,
        session: &mut Session,
        steps: usize,
    ) -> Result<String> {
        let piece = self.write(reader, model, steps)?;
        self.follow(reader, model, session, &piece);
        Ok(model.tokenizer().decode(&piece))
    }

    /// Up to `steps` more symbols: those of the text that may be handed out.
    pub(super) fn write(
        &mut self,
        reader: &mut Reader,
        model: &Model,
        steps: usize,
    ) -> Result<Vec<u32>> {
        if !self.is_finished() {
            self.ahead.begin(reader, model);
            reader.enter(model, &self.ahead);
            let end = self.written + steps;
            while self.written < end && !self.is_finished() {
                self.step(reader, model)?;
            }
            reader.leave(&mut self.ahead);
        }
        self.take_pending(model.tokenizer())
    }

    /// Whether all is written.
    pub fn is_finished(&self) -> bool {
        self.has_ended || self.written == self.length
    }

    /// Chooses a symbol and reads it.
    fn step(&mut self, reader: &mut Reader, model: &Model) -> Result<()> {
        let tokenizer = model.tokenizer();
        let logits = reader.logits(model, &self.ahead);
        check_finite(logits)?;
        let rest = tokenizer.rest_of(&self.pending);
        tokenizer.forbid(logits, &rest);
        let token = match (&mut self.rules, &self.progress) {
            (Some(rules), Some(progress)) => {
                rules.choose(tokenizer, logits, progress, &rest, &mut self.rng)?
            }
            _ => Some(draw(logits, self.temperature, &mut self.rng)),
        };
        let Some(token) = token.filter(|_| token != tokenizer.boundary()) else {
            self.has_ended = true;
            return Ok(());
        };
        reader.step(model, &mut self.ahead, token);
        self.ahead.remember(&[token]);
        self.pending.push(token);
        self.written += 1;
        if let (Some(rules), Some(progress)) = (&self.rules, &mut self.progress) {
            let cut = rules.note(tokenizer, progress, token);
            self.has_ended = progress.is_over;
            self.is_ahead |= cut.bytes > 0;
            tokenizer.cut(&mut self.pending, cut.bytes)?;
        }
        Ok(())
    }

    /// What may be handed out: whole characters, and no beginning of a stop string; at the end all but a character that is cut off.
    ///
    /// # Errors
    /// Those of [`Tokenizer::encode`].
    fn take_pending(&mut self, tokenizer: &Tokenizer) -> Result<Vec<u32>> {
        if self.is_finished() {
            let rest = tokenizer.rest_of(&self.pending);
            self.is_ahead |= !rest.is_empty();
            tokenizer.cut(&mut self.pending, rest.len())?;
            return Ok(std::mem::take(&mut self.pending));
        }
        let held_back = self.progress.as_ref().map_or(0, Progress::held_back);
        let mut end = self.pending.len();
        let mut behind = 0;
        while end > 0 && (behind < held_back || !tokenizer.rest_of(&self.pending[..end]).is_empty())
        {
            end -= 1;
            behind += tokenizer.bytes(self.pending[end]).len();
        }
        let rest = self.pending.split_off(end);
        Ok(std::mem::replace(&mut self.pending, rest))
    }

    /// Brings the session to the end of what is handed out.
    fn follow(&self, reader: &mut Reader, model: &Model, session: &mut Session, piece: &[u32]) {
        if piece.is_empty() {
            return;
        }
        if self.is_ahead || !self.pending.is_empty() {
            // Some of what was read is held back, or was taken back.
            session.begin(reader, model);
            reader.read(model, session, piece);
            session.remember(piece);
        } else {
            session.clone_from(&self.ahead);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ModelOptions, parse_options};
    use crate::linear::Quantization;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// Of a part of a character, of more than one, and of both.
    const TOKENIZERS: [&str; 4] = [
        r#"{"kind":"char","symbols":"acehnort \u00e9"}"#,
        r#"{"kind":"words","symbols":"acehnort \u00e9","pieces":[" né"," the","crow"]}"#,
        r#"{"kind":"bytes"}"#,
        // "n" or "e" and the first byte of what follows; all of "né".
        r#"{"kind":"bpe","merges":[110,195,101,195,99,195,256,169,116,195,111,195]}"#,
    ];

    #[test]
    fn a_session_has_read_the_symbols_that_were_handed_out() {
        let options = r#"{"cell":"gru","hiddenSize":8,"embeddingSize":6}"#;
        let options: ModelOptions = parse_options(options).unwrap();
        for json in TOKENIZERS {
            let tokenizer = Tokenizer::from_json(json).unwrap();
            let model = Model::with_tokenizer(&options, tokenizer).unwrap();
            let mut reader = Reader::new(&model, Quantization::None).unwrap();
            let mut begun = Session::new(&mut reader, &model, &[]).unwrap();
            let prompt = model.tokenizer().encode("the").unwrap();
            reader.read(&model, &mut begun, &prompt);
            begun.remember(&prompt);
            for seed in 0..60 {
                let rules = ["", r#","stop":["e","w"]"#, r#","stop":["row","\u0000"]"#][seed % 3];
                let json = format!(r#"{{"seed":{seed},"temperature":1,"length":40{rules}}}"#);
                let mut session = begun.clone();
                let options = parse_options(&json).unwrap();
                let mut writer = Writer::new(&model, &session, &options).unwrap();
                let mut written = String::new();
                while !writer.is_finished() {
                    written += &writer.next(&mut reader, &model, &mut session, 3).unwrap();
                }
                let recent: Vec<u32> = session.recent.iter().copied().collect();
                let read = &recent[prompt.len()..];
                assert_eq!(model.tokenizer().decode(read), written);
                assert!(model.tokenizer().rest_of(read).is_empty());
                let mut alone = begun.clone();
                reader.read(&model, &mut alone, read);
                alone.remember(read);
                assert_eq!(alone, session, "{json}");
            }
        }
    }
}
