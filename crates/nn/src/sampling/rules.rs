//! What a text must keep to, symbol by symbol, and in which order: docs/maths.md (10).

use super::SampleOptions;
use super::banned::Banned;
use super::filters::Filters;
use super::pattern::{Allowed, Pattern, Place};
use super::penalties::{NgramIndex, Penalties};
use super::stops::Stops;
use crate::message::quoted;
use crate::rng::Pcg32;
use crate::tokenizer::Tokenizer;
use crate::{Error, Result};

/// All options of a sample but the temperature. A sample without any has no rules, and is drawn from the distribution as it
/// is.
pub(crate) struct Rules {
    banned: Banned,
    boundary: Option<u32>,
    biases: Vec<(u32, f32)>,
    penalties: Penalties,
    no_repeat_ngram: usize,
    min_length: usize,
    pattern: Option<Pattern>,
    stops: Stops,
    filters: Filters,
    vocab_size: usize,
    /// What the pattern allows.
    allowed: Allowed,
    /// As of [`Progress`], after a token that might come.
    matched: Vec<usize>,
}

/// What the rules have to know of one text.
#[derive(Clone)]
pub(crate) struct Progress {
    /// The prompt and what was written; empty where nothing looks back.
    history: Vec<u32>,
    counts: Vec<u16>,
    ngrams: NgramIndex,
    place: Option<Place>,
    /// Of each stop string, how many of its first bytes the text ends with.
    matched: Vec<usize>,
    /// Bytes of each symbol of the text; empty where there is no stop string.
    lengths: Vec<usize>,
    written: usize,
    /// Whether nothing may follow.
    pub is_over: bool,
}

/// What is cut off a text that has come to a stop string.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cut {
    /// Bytes, those of a character that is not complete among them.
    pub bytes: usize,
    /// Symbols of which nothing is left.
    pub symbols: usize,
}

impl Rules {
    /// None where no option asks for any.
    ///
    /// # Errors
    /// [`Error::InvalidOption`], [`Error::ContradictoryOptions`], [`Error::OutOfMemory`].
    pub fn new(options: &SampleOptions, tokenizer: &Tokenizer) -> Result<Option<Self>> {
        if options.allowed_pattern.is_some() && !options.stop.is_empty() {
            let reason = "allowedPattern and \"stop\" exclude each other: the pattern says itself where a text may end";
            return Err(Error::ContradictoryOptions(reason.into()).into());
        }
        let (min_length, length) = (options.checked_min_length()?, options.length());
        let banned = Banned::new(tokenizer, &options.banned);
        let pattern = options.allowed_pattern.as_deref();
        let pattern = pattern
            .map(|pattern| Pattern::new(pattern, tokenizer, &banned.tokens, min_length, length))
            .transpose()?;
        let rules = Self {
            biases: options.biases(tokenizer)?,
            penalties: options.penalties()?,
            no_repeat_ngram: options.no_repeat_ngram.unwrap_or(0),
            stops: Stops::new(&options.stop)?,
            filters: options.filters(tokenizer.vocab_size())?,
            boundary: tokenizer.boundary(),
            vocab_size: tokenizer.vocab_size(),
            allowed: Allowed::default(),
            matched: Vec::new(),
            banned,
            min_length,
            pattern,
        };
        let is_needed = !rules.banned.is_empty() || rules.look_at_text() || rules.filters.is_on();
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

    /// Memory for what they have to know of a text.
    pub fn progress(&self) -> Progress {
        let counted = usize::from(self.penalties.apply_at_all()) * self.vocab_size;
        Progress {
            history: Vec::new(),
            counts: vec![0; counted],
            ngrams: NgramIndex::new(self.no_repeat_ngram),
            place: None,
            matched: vec![0; self.stops.len()],
            lengths: Vec::new(),
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
        progress.lengths.clear();
        progress.written = 0;
        for &token in prompt {
            self.look_back_on(progress, token);
        }
        progress.is_over = self.is_over(progress);
    }

    /// Chooses from a row of logits, which are overwritten; none where the text must end.
    ///
    /// - `rest`: the bytes of a character that is not complete yet
    ///
    /// # Errors
    /// [`Error::NoSymbolLeft`] where the rules forbid every symbol and the text may not end, either.
    pub fn choose(
        &mut self,
        tokenizer: &Tokenizer,
        logits: &mut [f32],
        progress: &Progress,
        rest: &[u8],
        rng: &mut Pcg32,
    ) -> Result<Option<u32>> {
        self.apply(tokenizer, logits, progress, rest);
        match self.filters.draw(logits, rng) {
            Some(token) => Ok(Some(token)),
            None if self.may_stop_here(progress) => Ok(None),
            None => Err(self.no_symbol_left(progress)),
        }
    }

    /// Changes a row of logits by all that comes before the temperature; false where every token is forbidden.
    ///
    /// - `rest`: as in [`choose`](Self::choose)
    pub fn apply(
        &mut self,
        tokenizer: &Tokenizer,
        logits: &mut [f32],
        progress: &Progress,
        rest: &[u8],
    ) -> bool {
        self.forbid(logits, progress);
        self.banned.forbid_completing(tokenizer, logits, rest);
        self.forbid_early(tokenizer, logits, progress);
        for &(token, bias) in &self.biases {
            logits[token as usize] += bias;
        }
        self.penalties.apply(logits, &progress.counts);
        logits.iter().any(|&logit| logit > f32::NEG_INFINITY)
    }

    /// Whether a text for which no symbol is left ends with that.
    pub fn may_stop_here(&self, progress: &Progress) -> bool {
        self.pattern.is_some() && self.may_end(progress)
    }

    /// Whether a symbol can end a text by being written.
    pub fn end_texts(&self) -> bool {
        !self.stops.is_empty() || self.pattern.is_some()
    }

    /// Sets the logits of all tokens that may not come to -infinity.
    fn forbid(&mut self, logits: &mut [f32], progress: &Progress) {
        if let (Some(pattern), Some(place)) = (&self.pattern, &progress.place) {
            pattern.allow(place, progress.written, &mut self.allowed);
            for (token, logit) in logits.iter_mut().enumerate() {
                let is_allowed = self.allowed.tokens[token / 64] >> (token % 64) & 1 == 1;
                if !is_allowed && Some(token as u32) != self.boundary {
                    *logit = f32::NEG_INFINITY;
                }
            }
        }
        let mut forbid = |token: u32| logits[token as usize] = f32::NEG_INFINITY;
        self.banned.tokens.iter().copied().for_each(&mut forbid);
        let boundary = self.boundary.filter(|_| !self.may_end(progress));
        boundary.into_iter().for_each(&mut forbid);
        progress.ngrams.for_repeats(&progress.history, &mut forbid);
    }

    /// Forbids what would make a stop string that leaves too short a text.
    fn forbid_early(&mut self, tokenizer: &Tokenizer, logits: &mut [f32], progress: &Progress) {
        let written = progress.written + 1;
        let is_long = written >= self.min_length + self.stops.longest;
        if self.stops.is_empty() || self.min_length == 0 || is_long {
            return;
        }
        for (token, logit) in (0..).zip(logits) {
            let bytes = tokenizer.bytes(token);
            self.matched.clone_from(&progress.matched);
            if let Some(found) = self.stops.follow(&mut self.matched, bytes) {
                let lengths = progress.lengths.iter().copied().chain([bytes.len()]);
                let cut = gone(lengths, found.len + found.behind);
                if written - cut < self.min_length {
                    *logit = f32::NEG_INFINITY;
                }
            }
        }
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

    /// Takes note of a symbol that was written. What is cut off the text, where it has come to a stop string now.
    pub fn note(&self, tokenizer: &Tokenizer, progress: &mut Progress, token: u32) -> Cut {
        self.look_back_on(progress, token);
        progress.written += 1;
        if let (Some(pattern), Some(place)) = (&self.pattern, &mut progress.place) {
            pattern.follow(place, token);
        }
        let mut cut = Cut::default();
        if !self.stops.is_empty() {
            let bytes = tokenizer.bytes(token);
            progress.lengths.push(bytes.len());
            if let Some(found) = self.stops.follow(&mut progress.matched, bytes) {
                cut.bytes = found.len + found.behind;
                cut.symbols = gone(progress.lengths.iter().copied(), cut.bytes);
            }
        }
        progress.is_over = cut.bytes > 0 || self.is_over(progress);
        cut
    }

    fn look_back_on(&self, progress: &mut Progress, token: u32) {
        if self.looks_back() {
            progress.ngrams.add(&progress.history);
            progress.history.push(token);
            self.penalties
                .count(&mut progress.counts, &progress.history);
        }
    }

    /// What it means that no symbol is left, and the text may not end.
    pub fn no_symbol_left(&self, progress: &Progress) -> Box<Error> {
        let reasons = [
            ("banned", !self.banned.is_empty()),
            ("allowedPattern", self.pattern.is_some()),
            ("noRepeatNgram", self.no_repeat_ngram > 0),
            ("minLength", self.min_length > 0),
        ];
        let names: Vec<String> = reasons
            .into_iter()
            .filter(|(_, counts)| *counts)
            .map(|(name, _)| quoted(name))
            .collect();
        Error::NoSymbolLeft {
            written: progress.written,
            options: names.join(", "),
        }
        .into()
    }
}

impl Progress {
    /// Bytes at the end of the text that may be the beginning of a stop string.
    pub fn held_back(&self) -> usize {
        self.matched.iter().copied().max().unwrap_or(0)
    }
}

/// How many symbols of these lengths are gone with the last bytes.
fn gone(lengths: impl DoubleEndedIterator<Item = usize>, bytes: usize) -> usize {
    let mut left = bytes;
    let is_gone = |length: &usize| match left.checked_sub(*length) {
        Some(rest) if left > 0 => {
            left = rest;
            true
        }
        _ => false,
    };
    lengths.rev().take_while(is_gone).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse_options;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// Whether every token was looked at for a stop string that comes too early, at the beginning of a text.
    fn looks_ahead(options: &str) -> bool {
        let tokenizer = Tokenizer::from_source("abc").unwrap();
        let options: SampleOptions = parse_options(options).unwrap();
        let mut rules = Rules::new(&options, &tokenizer).unwrap().unwrap();
        let mut progress = rules.progress();
        rules.start(&mut progress, &[]);
        rules.apply(&tokenizer, &mut [0.0; 4], &progress, &[]);
        // A copy of how far each stop string has come, for a token that might come.
        !rules.matched.is_empty()
    }

    /// What becomes of the logits of "a", "b" and "c" after a prompt.
    fn changed(options: &str, prompt: &str, logits: [f32; 3]) -> [f32; 3] {
        let tokenizer = Tokenizer::from_source("abc").unwrap();
        let options: SampleOptions = parse_options(options).unwrap();
        let mut rules = Rules::new(&options, &tokenizer).unwrap().unwrap();
        let mut progress = rules.progress();
        let prompt: Vec<u32> = prompt
            .chars()
            .map(|symbol| tokenizer.token(symbol.encode_utf8(&mut [0; 4])).unwrap())
            .collect();
        rules.start(&mut progress, &prompt);
        // Before them come those that stand for no symbol.
        let first = tokenizer.specials();
        let mut all = [&vec![f32::NEG_INFINITY; first], &logits[..]].concat();
        assert!(rules.apply(&tokenizer, &mut all, &progress, &[]));
        [all[first], all[first + 1], all[first + 2]]
    }

    #[test]
    fn a_bias_multiplies_the_odds_by_its_exponential() {
        // 1/2, 1/4 and 1/4; of the second twice as much, and of the third half as much: 4, 4 and 1 in 9.
        let logits = [0.5f32, 0.25, 0.25].map(f32::ln);
        let options = r#"{"biasSymbols":["b","c"],"logitBias":[0.6931472,-0.6931472]}"#;
        let mut p = changed(options, "", logits);
        crate::sampling::to_probabilities(&mut p);
        for (p, expected) in p.into_iter().zip([4.0 / 9.0, 4.0 / 9.0, 1.0 / 9.0]) {
            assert!((p - expected).abs() < 1e-6, "{p} is not {expected}");
        }
        // Of a size that is no rounding's.
        let [a, b, c] = changed(
            r#"{"biasSymbols":["b"],"logitBias":[0.125]}"#,
            "",
            [1.0, 1.0, 1.0],
        );
        assert_eq!([a, b, c], [1.0, 1.125, 1.0]);
    }

    #[test]
    fn a_bias_comes_before_the_penalties_and_the_repetition_before_the_others() {
        let biases = r#""biasSymbols":["a","b","c"],"logitBias":[-3,3,0.5]"#;
        let logits = [2.0, -2.0, 1.0];
        // 2 - 3 is below zero, and is doubled; -2 + 3 is above, and is halved; "c" has not come before.
        let repetition = format!(r#"{{{biases},"repetitionPenalty":2}}"#);
        assert_eq!(changed(&repetition, "aab", logits), [-2.0, 0.5, 1.5]);
        // Then 1/4 is taken off, and 1/2 for each time.
        let all = format!(
            r#"{{{biases},"repetitionPenalty":2,"presencePenalty":0.25,"frequencyPenalty":0.5}}"#
        );
        assert_eq!(changed(&all, "aab", logits), [-3.25, -0.25, 1.5]);
    }

    #[test]
    fn a_bias_gives_back_nothing_that_is_banned() {
        let options = r#"{"banned":"b","biasSymbols":["b"],"logitBias":[100]}"#;
        let expected = [1.0, f32::NEG_INFINITY, 1.0];
        assert_eq!(changed(options, "", [1.0; 3]), expected);
    }

    #[test]
    fn a_stop_string_that_may_come_at_any_time_costs_nothing() {
        assert!(looks_ahead(r#"{"stop":["ab"],"minLength":1}"#));
        assert!(!looks_ahead(r#"{"stop":["ab"]}"#));
        assert!(!looks_ahead(r#"{"minLength":1}"#));
    }
}
