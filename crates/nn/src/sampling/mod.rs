//! Writing: one symbol after the other from the model's own distribution. docs/maths.md (10).

mod banned;
mod beams;
mod draw;
mod filters;
mod options;
mod pattern;
mod penalties;
mod rows;
mod rules;
mod search;
mod stops;

use crate::data::check_condition_size;
use crate::model::Model;
use crate::network::{Network, Regularisation};
use crate::rng::Pcg32;
use crate::tokenizer::{Decoder, Tokenizer};
use crate::{Error, Result};
use std::collections::VecDeque;

pub use beams::BeamSearch;
pub(crate) use draw::{check_finite, draw, to_probabilities};
pub use options::{SampleOptions, UnknownSymbols};
pub(crate) use options::{check_temperature, only_symbol};
pub(crate) use rows::Rows;
use rules::Cut;
pub(crate) use rules::{Progress, Rules};
pub(crate) use search::Search;

/// Texts written side by side, at most; more wait for their turn. An LSTM of 256 units writes 84,000 symbols a second with
/// 16 and 87,000 with 64 (AMD Zen 5, Node 20, 2026-11-25), so that more would only take memory.
const MOST_ROWS: usize = 64;

/// Writes texts after a prompt, all of them side by side and a few symbols at a time; a model of documents writes each
/// from its beginning (the prompt, if any) to its end. If the model is trained in between, the weights of its last step
/// are used from then on.
///
/// A text depends on the seed and its number alone, not on how many others there are.
pub struct Sampler {
    network: Network<f32>,
    loaded: Option<u64>,
    prompt: Vec<u32>,
    /// Tokens before the prompt that the model reads, but that are no part of the text.
    lead: usize,
    count: usize,
    length: usize,
    temperature: f32,
    rules: Option<Rules>,
    seed: u64,
    rows: Vec<Row>,
    /// What each row reads next.
    tokens: Vec<u32>,
    /// Texts that have been begun.
    begun: usize,
    /// Texts that have been taken.
    taken: usize,
    /// From the next one to be taken on: texts that are done.
    done: VecDeque<Option<String>>,
    written: usize,
}

/// The place of one text after the other in the network.
struct Row {
    /// The text's number; none when there are no more.
    number: Option<usize>,
    /// Tokens of the prompt that have been read.
    read: usize,
    last: u32,
    written: usize,
    /// Whether the model has ended its document.
    has_ended: bool,
    text: String,
    /// Of a vocabulary of bytes: what is no character yet, and no part of the text.
    decoder: Decoder,
    rng: Pcg32,
    /// Where there are rules.
    progress: Option<Progress>,
}

impl Sampler {
    /// Checks the options and the prompt.
    ///
    /// # Errors
    /// [`Error::InvalidOption`], [`Error::ContradictoryOptions`], for a bidirectional model too,
    /// [`Error::UnknownSymbol`], [`Error::OutOfMemory`].
    pub fn new(model: &Model, options: &SampleOptions) -> Result<Self> {
        let temperature = check_temperature(options.temperature.unwrap_or(0.7))?;
        let count = options.checked_count()?;
        options.refuse_searches()?;
        let tokenizer = model.tokenizer();
        let Prompt {
            tokens: prompt,
            lead,
        } = read_prompt(model, options)?;
        // As few rows as take the same number of turns.
        let rows = count.div_ceil(count.div_ceil(MOST_ROWS));
        let mut network = Network::new(
            model.config(),
            model.layout(),
            tokenizer.vocab_size(),
            rows,
            1,
            options.quantize.purpose(),
            Regularisation::default(),
        )?;
        if !options.condition.is_empty() {
            network.set_condition(&options.condition.repeat(rows));
        }
        let mut sampler = Self {
            network,
            loaded: None,
            prompt,
            lead,
            count: count + options.spare.unwrap_or(0),
            length: options.length(),
            temperature,
            rules: Rules::new(options, tokenizer)?,
            seed: options.seed.unwrap_or(1),
            rows: Vec::with_capacity(rows),
            tokens: vec![0; rows],
            begun: 0,
            taken: 0,
            done: VecDeque::new(),
            written: 0,
        };
        for _ in 0..rows {
            let row = sampler.begin_text(None);
            sampler.rows.push(row);
        }
        Ok(sampler)
    }

    /// Goes on for up to `steps` symbols of every text under way, those of the prompt that are still to be read among
    /// them.
    ///
    /// # Errors
    /// [`Error::NonFiniteEvaluation`] if the model's weights are damaged; [`Error::NoSymbolLeft`].
    pub fn advance(&mut self, model: &Model, steps: usize) -> Result<()> {
        if self.loaded != Some(model.version()) {
            self.network.load(model.params());
            self.loaded = Some(model.version());
        }
        for _ in 0..steps {
            self.end_texts();
            if self.is_finished() {
                break;
            }
            self.step(model)?;
        }
        self.end_texts();
        Ok(())
    }

    /// [`advance`](Self::advance) for a single text, and what it wrote: nothing, while a long prompt is read, or while what was
    /// written may be the beginning of a stop string.
    ///
    /// # Errors
    /// [`Error::NonFiniteEvaluation`] if the model's weights are damaged; [`Error::NoSymbolLeft`].
    pub fn next(&mut self, model: &Model, steps: usize) -> Result<String> {
        debug_assert_eq!(self.count, 1, "there is one text");
        self.advance(model, steps)?;
        let end = self.take();
        Ok(end.unwrap_or_else(|| self.rows[0].take_text()))
    }

    /// The next whole text, in the order of their numbers; none while it is not done.
    pub fn take(&mut self) -> Option<String> {
        let text = self.done.front_mut()?.take()?;
        self.done.pop_front();
        self.taken += 1;
        Some(text)
    }

    /// Symbols written so far, of all texts.
    pub fn written(&self) -> usize {
        self.written
    }

    /// Whether every text has the length asked for, or its end before.
    pub fn is_finished(&self) -> bool {
        self.begun == self.count && self.rows.iter().all(|row| row.number.is_none())
    }

    /// Reads a symbol in every row, and writes one where the prompt is over.
    fn step(&mut self, model: &Model) -> Result<()> {
        let mut is_written = false;
        for (token, row) in self.tokens.iter_mut().zip(&mut self.rows) {
            *token = row.next_token(&self.prompt);
            is_written |= row.is_writing(&self.prompt);
        }
        self.network.forward(model.params(), &self.tokens, &[]);
        self.network.carry(1);
        if !is_written {
            return Ok(());
        }
        let tokenizer = model.tokenizer();
        let logits = self.network.logits(model.params(), 0);
        let rows = logits
            .chunks_exact_mut(tokenizer.vocab_size())
            .zip(&mut self.rows);
        for (logits, row) in rows.filter(|(_, row)| row.is_writing(&self.prompt)) {
            check_finite(logits)?;
            let rest = row.decoder.rest();
            tokenizer.forbid(logits, rest);
            let token = match (&mut self.rules, &row.progress) {
                (Some(rules), Some(progress)) => {
                    rules.choose(tokenizer, logits, progress, rest, &mut row.rng)?
                }
                _ => Some(draw(logits, self.temperature, &mut row.rng)),
            };
            let Some(token) = token.filter(|_| token != tokenizer.boundary()) else {
                row.has_ended = true;
                continue;
            };
            row.write(token, tokenizer);
            self.written += 1;
            if let (Some(rules), Some(progress)) = (&self.rules, &mut row.progress) {
                let cut = rules.note(tokenizer, progress, token);
                row.has_ended = progress.is_over;
                row.take_back(cut);
                self.written -= cut.symbols;
            }
        }
        Ok(())
    }

    /// Makes room for the texts that wait, where others are over.
    fn end_texts(&mut self) {
        for b in 0..self.rows.len() {
            // One that begins may be over at once, where the length is 0.
            while self.rows[b].is_over(self.length) {
                self.end_text(b);
            }
        }
    }

    /// Puts the row's text with those that are done, and begins the next one in its place.
    fn end_text(&mut self, b: usize) {
        let progress = self.rows[b].progress.take();
        let next = self.begin_text(progress);
        let row = std::mem::replace(&mut self.rows[b], next);
        if let Some(number) = row.number {
            let place = number - self.taken;
            if self.done.len() <= place {
                self.done.resize(place + 1, None);
            }
            self.done[place] = Some(row.text);
        }
        self.network.reset_sequence(b);
    }

    /// - `former`: of the text that stood in the row, whose memory is used again
    fn begin_text(&mut self, former: Option<Progress>) -> Row {
        let number = (self.begun < self.count).then_some(self.begun);
        self.begun += usize::from(number.is_some());
        let progress = self.rules.as_ref().map(|rules| {
            let mut progress = former.unwrap_or_else(|| rules.progress());
            rules.start(&mut progress, &self.prompt[self.lead..]);
            progress
        });
        Row {
            number,
            read: 0,
            last: self.prompt[0],
            written: 0,
            has_ended: progress.as_ref().is_some_and(|progress| progress.is_over),
            text: String::new(),
            decoder: Decoder::default(),
            rng: Pcg32::of_text(self.seed, number.unwrap_or(0) as u64),
            progress,
        }
    }
}

impl Row {
    /// The next symbol of the prompt, or the one written last.
    fn next_token(&mut self, prompt: &[u32]) -> u32 {
        if self.read == prompt.len() {
            return self.last;
        }
        self.read += 1;
        prompt[self.read - 1]
    }

    fn write(&mut self, token: u32, tokenizer: &Tokenizer) {
        self.last = token;
        self.written += 1;
        self.decoder.push(tokenizer, token, &mut self.text);
    }

    /// Removes the end of the text.
    fn take_back(&mut self, cut: Cut) {
        // A stop string begins and ends with whole characters.
        let bytes = cut.bytes.saturating_sub(self.decoder.rest().len());
        self.text.truncate(self.text.len() - bytes);
    }

    /// What may be handed out before the text is whole.
    fn take_text(&mut self) -> String {
        let held_back = self.progress.as_ref().map_or(0, Progress::held_back);
        let held_back = held_back.saturating_sub(self.decoder.rest().len());
        let rest = self.text.split_off(self.text.len() - held_back);
        std::mem::replace(&mut self.text, rest)
    }

    fn is_writing(&self, prompt: &[u32]) -> bool {
        self.number.is_some() && self.read == prompt.len()
    }

    fn is_over(&self, length: usize) -> bool {
        self.number.is_some() && (self.has_ended || self.written == length)
    }
}

/// What is read before a text.
struct Prompt {
    tokens: Vec<u32>,
    /// How many of the first of them are no part of the text.
    lead: usize,
}

/// # Errors
/// [`Error::ContradictoryOptions`] for a bidirectional model, [`Error::UnknownSymbol`], [`Error::InvalidOption`] for a condition that is not
/// the model's.
fn read_prompt(model: &Model, options: &SampleOptions) -> Result<Prompt> {
    if model.config().bidirectional {
        let reason = "a bidirectional model cannot write: it needs to know the symbols to the right of each. It can fill in the blanks of a text";
        return Err(Error::ContradictoryOptions(reason.into()).into());
    }
    let tokenizer = model.tokenizer();
    let mut tokens = options.unknown.encode(tokenizer, &options.prompt)?;
    let stand_in = tokens.is_empty().then(|| first_symbol(model));
    let lead = tokenizer.boundary().or(stand_in);
    tokens.splice(0..0, lead);
    check_condition_size("condition", options.condition.len(), model)?;
    Ok(Prompt {
        tokens,
        lead: lead.into_iter().count(),
    })
}

/// What a model reads where there is no prompt: a line end, after which most texts begin something, or its
/// first symbol.
pub(crate) fn first_symbol(model: &Model) -> u32 {
    let tokenizer = model.tokenizer();
    let first = tokenizer.specials() as u32;
    tokenizer.token("\n").unwrap_or(first)
}
