//! Writing on in a session what is likeliest.

use super::{Reader, Session};
use crate::Result;
use crate::model::Model;
use crate::sampling::{Rows, SampleOptions, Search};

/// Searches for the likeliest text from where a session is, as a [`BeamSearch`](crate::sampling::BeamSearch) does after a prompt: at the end
/// it becomes part of the session.
pub struct Searcher {
    rows: Rows,
    search: Search,
    has_begun: bool,
    is_finished: bool,
}

impl Searcher {
    /// Checks the options, of which the prompt and the condition are not looked at. Of several texts (count) only the best is handed out.
    ///
    /// # Errors
    /// [`Error::InvalidOption`](crate::Error::InvalidOption),
    /// [`Error::ContradictoryOptions`](crate::Error::ContradictoryOptions),
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(model: &Model, session: &Session, options: &SampleOptions) -> Result<Self> {
        let mut search = Search::new(options, model.tokenizer())?;
        let history: Vec<u32> = session.recent.iter().copied().collect();
        search.begin(model.tokenizer(), &history);
        Ok(Self {
            rows: Rows::new(model, search.width(), options.quantize.purpose())?,
            search,
            has_begun: false,
            is_finished: false,
        })
    }

    /// Goes on for up to `steps` symbols: the text, at the end of the search, which `session` has read then; nothing before.
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
        for _ in 0..steps {
            if self.search.is_over() {
                break;
            }
            self.step(reader, model, session)?;
        }
        if self.is_finished || !self.search.is_over() {
            return Ok(String::new());
        }
        self.is_finished = true;
        let Some(found) = self.search.found().first() else {
            return Ok(String::new());
        };
        if !found.tokens.is_empty() {
            session.begin(reader, model);
            reader.read(model, session, &found.tokens);
            session.remember(&found.tokens);
        }
        Ok(found.text.clone())
    }

    /// Whether the text was handed out.
    pub fn is_finished(&self) -> bool {
        self.is_finished
    }

    fn step(&mut self, reader: &mut Reader, model: &Model, session: &Session) -> Result<()> {
        if self.has_begun {
            self.rows.read(model, self.search.nexts());
            return self
                .search
                .extend(model.tokenizer(), self.rows.logits(model));
        }
        self.has_begun = true;
        let mut start = session.clone();
        start.begin(reader, model);
        self.rows.enter(&start.state);
        self.rows.set_condition(&start.condition);
        reader.enter(model, &start);
        self.search
            .extend(model.tokenizer(), reader.logits(model, &start))
    }
}
