//! What a text must keep to, symbol by symbol, and in which order: docs/maths.md (10).

use super::SampleOptions;
use super::draw::check_finite;
use super::filters::Filters;
use super::pattern::{Pattern, Place};
use super::penalties::{NgramIndex, Penalties};
use super::stops::Stops;
use crate::rng::Pcg32;
use crate::tokenizer::Tokenizer;
use crate::{Error, Result};

/// All options of a sample but the temperature. A sample without any has no rules, and is drawn from the distribution as it
/// is.
pub(crate) struct Rules {
    /// Tokens that are never written.
    banned: Vec<u32>,
    /// Whether others than the unknown symbol are among them.
    bans_symbols: bool,
    boundary: Option<u32>,
    biases: Vec<(u32, f32)>,
    penalties: Penalties,
    no_repeat_ngram: usize,
    min_length: usize,
    pattern: Option<Pattern>,
    stops: Stops,
    filters: Filters,
    vocab_size: usize,
    /// What the pattern allows; its memory is used again and again.
    allowed: Vec<u64>,
}

/// What the rules have to know of one text.
pub(crate) struct Progress {
    /// The prompt and what was written; empty where nothing looks back.
    history: Vec<u32>,
    counts: Vec<u16>,
    ngrams: NgramIndex,
    place: Option<Place>,
    /// Of each stop string, how many of its first symbols the text ends with.
    matched: Vec<usize>,
    written: usize,
    /// Whether nothing may follow.
    pub is_over: bool,
}

impl Rules {
    /// None where no option asks for any.
    ///
    /// # Errors
    /// [`Error::InvalidOption`], [`Error::ContradictoryOptions`], [`Error::OutOfMemory`].
    pub fn new(options: &SampleOptions, tokenizer: &Tokenizer) -> Result<Option<Self>> {
        if options.allowed_pattern.is_some() && !options.stop.is_empty() {
            let reason = "allowedPattern and stop exclude each other: the pattern says itself where a text may end";
            return Err(Error::ContradictoryOptions(reason.into()));
        }
        let (min_length, length) = (options.checked_min_length()?, options.length());
        let unknown = tokenizer.unknown().into_iter();
        let banned = options.banned.chars();
        let banned: Vec<u32> = unknown
            .chain(banned.filter_map(|symbol| tokenizer.token(symbol)))
            .collect();
        let pattern = options.allowed_pattern.as_deref();
        let pattern = pattern
            .map(|pattern| Pattern::new(pattern, tokenizer, &banned, min_length, length))
            .transpose()?;
        let rules = Self {
            biases: options.biases(tokenizer)?,
            penalties: options.penalties()?,
            bans_symbols: !options.banned.is_empty(),
            no_repeat_ngram: options.no_repeat_ngram.unwrap_or(0),
            stops: Stops::new(&options.stop, tokenizer)?,
            filters: options.filters(tokenizer.vocab_size())?,
            boundary: tokenizer.boundary(),
            vocab_size: tokenizer.vocab_size(),
            allowed: Vec::new(),
            banned,
            min_length,
            pattern,
        };
        let is_needed = rules.bans_symbols || rules.look_at_text() || rules.filters.is_on();
        Ok((is_needed || !rules.biases.is_empty()).then_some(rules))
    }

    /// Whether what may come next depends on what came before.
    fn look_at_text(&self) -> bool {
        self.looks_back() || self.min_length > 0 || self.pattern.is_some() || !self.stops.is_empty()
    }

    /// Whether symbols that came before count, those of the prompt too.
    fn looks_back(&self) -> bool {
        self.penalties.apply_at_all() || self.no_repeat_ngram > 0
    }

    /// Whether symbols can be taken back, or held back because they might be.
    pub fn may_take_back(&self) -> bool {
        !self.stops.is_empty()
    }

    /// Memory for what they have to know of a text.
    pub fn progress(&self) -> Progress {
        let counted = usize::from(self.penalties.apply_at_all()) * self.vocab_size;
        Progress {
            history: Vec::new(),
            counts: vec![0; counted],
            ngrams: NgramIndex::new(self.no_repeat_ngram),
            place: None,
            matched: vec![0; self.stops.len()],
            written: 0,
            is_over: false,
        }
    }

    /// Begins a text.
    pub fn start(&self, progress: &mut Progress, prompt: &[u32]) {
        progress.history.clear();
        progress.counts.fill(0);
        progress.ngrams.clear();
        progress.place = self.pattern.as_ref().map(Pattern::start);
        progress.matched.fill(0);
        progress.written = 0;
        for &token in prompt {
            self.look_back_on(progress, token);
        }
        progress.is_over = self.is_over(progress);
    }

    /// Chooses from a row of logits, which are overwritten; none where the text must end.
    ///
    /// # Errors
    /// [`Error::NonFiniteEvaluation`]; [`Error::NoSymbolLeft`] where the rules forbid every symbol and the text may not
    /// end, either.
    pub fn choose(
        &mut self,
        logits: &mut [f32],
        progress: &Progress,
        rng: &mut Pcg32,
    ) -> Result<Option<u32>> {
        check_finite(logits)?;
        self.forbid(logits, progress);
        for &(token, bias) in &self.biases {
            logits[token as usize] += bias;
        }
        self.penalties.apply(logits, &progress.counts);
        match self.filters.draw(logits, rng) {
            Some(token) => Ok(Some(token)),
            None if self.pattern.is_some() && self.may_end(progress) => Ok(None),
            None => Err(self.no_symbol_left(progress)),
        }
    }

    /// Sets the logits of all tokens that may not come to -infinity.
    fn forbid(&mut self, logits: &mut [f32], progress: &Progress) {
        if let (Some(pattern), Some(place)) = (&self.pattern, &progress.place) {
            pattern.allow(place, progress.written, &mut self.allowed);
            for (token, logit) in logits.iter_mut().enumerate() {
                let is_allowed = self.allowed[token / 64] >> (token % 64) & 1 == 1;
                if !is_allowed && Some(token as u32) != self.boundary {
                    *logit = f32::NEG_INFINITY;
                }
            }
        }
        let mut forbid = |token: u32| logits[token as usize] = f32::NEG_INFINITY;
        self.banned.iter().copied().for_each(&mut forbid);
        let boundary = self.boundary.filter(|_| !self.may_end(progress));
        boundary.into_iter().for_each(&mut forbid);
        progress.ngrams.for_repeats(&progress.history, &mut forbid);
        let (written, min_length) = (progress.written, self.min_length);
        self.stops
            .for_early(&progress.matched, written, min_length, &mut forbid);
    }

    fn may_end(&self, progress: &Progress) -> bool {
        progress.written >= self.min_length && progress.place.is_none_or(|place| place.is_complete)
    }

    /// Whether the pattern allows no other symbol.
    fn is_over(&self, progress: &Progress) -> bool {
        match (&self.pattern, &progress.place) {
            (Some(pattern), Some(place)) => !pattern.goes_on(place, progress.written),
            _ => false,
        }
    }

    /// Takes note of a symbol that was written. Of a stop string that the text now ends with, and that is no part of it, how
    /// many symbols it has.
    pub fn note(&self, progress: &mut Progress, token: u32) -> usize {
        self.look_back_on(progress, token);
        progress.written += 1;
        if let (Some(pattern), Some(place)) = (&self.pattern, &mut progress.place) {
            pattern.follow(place, token);
        }
        let stop = self.stops.follow(&mut progress.matched, token);
        progress.is_over = stop.is_some() || self.is_over(progress);
        stop.unwrap_or(0)
    }

    fn look_back_on(&self, progress: &mut Progress, token: u32) {
        if self.looks_back() {
            progress.ngrams.add(&progress.history);
            progress.history.push(token);
            self.penalties
                .count(&mut progress.counts, &progress.history);
        }
    }

    fn no_symbol_left(&self, progress: &Progress) -> Error {
        let reasons = [
            ("banned", self.bans_symbols),
            ("allowedPattern", self.pattern.is_some()),
            ("noRepeatNgram", self.no_repeat_ngram > 0),
            ("minLength", self.min_length > 0),
        ];
        let names: Vec<&str> = reasons
            .into_iter()
            .filter_map(|(name, counts)| counts.then_some(name))
            .collect();
        Error::NoSymbolLeft {
            written: progress.written,
            options: names.join(", "),
        }
    }
}

impl Progress {
    /// Symbols at the end of the text that may be the beginning of a stop string.
    pub fn held_back(&self) -> usize {
        self.matched.iter().copied().max().unwrap_or(0)
    }
}
