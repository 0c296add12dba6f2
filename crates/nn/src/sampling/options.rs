//! The options of a sample and their ranges.

use super::filters::Filters;
use super::penalties::Penalties;
use crate::json::{names, record};
use crate::linear::Quantization;
use crate::message::{number, quoted};
use crate::tokenizer::{REPLACEMENT, Tokenizer};
use crate::{Error, Result};

/// What to do with symbols of the prompt that the model has no symbol for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownSymbols {
    /// Read them as the unknown symbol and their bytes.
    #[default]
    Bytes,
    /// Refuse the prompt.
    Error,
}

names!(UnknownSymbols {
    Bytes = "bytes",
    Error = "error",
});

impl UnknownSymbols {
    /// The tokens of a text.
    pub(crate) fn encode(self, tokenizer: &Tokenizer, text: &str) -> Result<Vec<u32>> {
        match self {
            Self::Error => tokenizer.encode_known(text),
            Self::Bytes => tokenizer.encode(text),
        }
    }
}

/// The options of a sample; in JSON their names are in camel case.
#[derive(Clone, Debug, Default)]
pub struct SampleOptions {
    /// Read before writing; default empty.
    pub prompt: String,
    /// Symbols to write, at most; default 500.
    pub length: Option<usize>,
    /// Symbols before which a text may not end; default 0.
    pub min_length: Option<usize>,
    /// Logits are divided by this; 0 takes the most likely symbol; default 0.7.
    pub temperature: Option<f64>,
    /// So many of the most likely symbols may be drawn; default 0, for all.
    pub top_k: Option<usize>,
    /// The mass of the most typical symbols, which alone may be drawn; default 1.
    pub typical_p: Option<f64>,
    /// The mass of the most likely symbols, which alone may be drawn; default 1.
    pub top_p: Option<f64>,
    /// Symbols must be so likely, as a share of the most likely one; default 0.
    pub min_p: Option<f64>,
    /// Logits of symbols that came are divided by this, or multiplied where they are negative; default 1.
    pub repetition_penalty: Option<f64>,
    /// Subtracted from the logits of symbols that came; default 0.
    pub presence_penalty: Option<f64>,
    /// Subtracted from the logits of symbols as often as they came; default 0.
    pub frequency_penalty: Option<f64>,
    /// How many of the last symbols, those of the prompt among them, the penalties look at; default 64.
    pub repeat_last_n: Option<usize>,
    /// No run of so many symbols comes twice; default 0, for any may.
    pub no_repeat_ngram: Option<usize>,
    /// Added to the logits of the symbols of `bias_symbols`, one for each. Two lists, because a map would cost a parser of
    /// its own.
    pub logit_bias: Vec<f32>,
    /// Default none.
    pub bias_symbols: Vec<String>,
    /// Characters that are not written; default none.
    pub banned: String,
    /// A regular expression that the whole text matches, in the syntax of JavaScript without lookaround, references, word
    /// boundaries and `\p`; default any.
    pub allowed_pattern: Option<String>,
    /// A text ends before the first of these; default none.
    pub stop: Vec<String>,
    /// Of the draws; default 1.
    pub seed: Option<u64>,
    /// What the model is conditioned on; only and always for a model that takes a condition.
    pub condition: Vec<f32>,
    /// Default bytes.
    pub unknown: UnknownSymbols,
    /// Default none.
    pub quantize: Quantization,
    /// Beginnings that are gone on with side by side in search of the likeliest text; default 1, which draws one instead.
    pub beam_width: Option<usize>,
    /// By which power of its length the logarithm of a text's probability is divided, in a search; default 1.
    pub length_penalty: Option<f64>,
    /// Texts to write; default 1.
    pub count: Option<usize>,
    /// Texts beyond `count`, for a caller that leaves some of them out and stops when it has enough; default 0.
    pub spare: Option<usize>,
}

record!(SampleOptions {
    prompt = "prompt",
    length = "length",
    min_length = "minLength",
    temperature = "temperature",
    top_k = "topK",
    typical_p = "typicalP",
    top_p = "topP",
    min_p = "minP",
    repetition_penalty = "repetitionPenalty",
    presence_penalty = "presencePenalty",
    frequency_penalty = "frequencyPenalty",
    repeat_last_n = "repeatLastN",
    no_repeat_ngram = "noRepeatNgram",
    logit_bias = "logitBias",
    bias_symbols = "biasSymbols",
    banned = "banned",
    allowed_pattern = "allowedPattern",
    stop = "stop",
    seed = "seed",
    condition = "condition",
    unknown = "unknown",
    quantize = "quantize",
    beam_width = "beamWidth",
    length_penalty = "lengthPenalty",
    count = "count",
    spare = "spare",
});

/// Most texts.
const MOST_TEXTS: usize = 100_000;
/// Most beginnings of a search: as many texts as are written side by side.
const MOST_BEAMS: usize = 64;
/// Most symbols that the penalties look at: they are counted in 16 bits.
const MOST_REPEAT_LAST_N: usize = 65_535;

impl SampleOptions {
    /// # Errors
    /// [`Error::InvalidOption`].
    pub(super) fn checked_count(&self) -> Result<usize> {
        whole("count", self.count.unwrap_or(1), 1, MOST_TEXTS)
    }

    /// Whether the likeliest text is searched for, instead of drawing one.
    pub fn is_search(&self) -> bool {
        self.beam_width.is_some_and(|width| width > 1)
    }

    /// # Errors
    /// [`Error::InvalidOption`].
    pub(crate) fn checked_beam_width(&self) -> Result<usize> {
        whole("beamWidth", self.beam_width.unwrap_or(1), 1, MOST_BEAMS)
    }

    /// # Errors
    /// [`Error::InvalidOption`].
    pub(super) fn checked_length_penalty(&self) -> Result<f64> {
        let penalty = within("lengthPenalty", self.length_penalty, 1.0, -10.0, 10.0)?;
        Ok(penalty.into())
    }

    /// Refuses what a search has no use for, unless it is off.
    ///
    /// # Errors
    /// [`Error::ContradictoryOptions`].
    pub(super) fn refuse_draws(&self) -> Result<()> {
        let given = [
            ("temperature", self.temperature.is_some()),
            ("topK", self.top_k.is_some_and(|k| k != 0)),
            ("typicalP", self.typical_p.is_some_and(|p| p != 1.0)),
            ("topP", self.top_p.is_some_and(|p| p != 1.0)),
            ("minP", self.min_p.is_some_and(|p| p != 0.0)),
        ];
        let Some((name, _)) = given.into_iter().find(|&(_, is_given)| is_given) else {
            return Ok(());
        };
        Err(Error::ContradictoryOptions(format!(
            "{name} and beamWidth exclude each other: a search takes the likeliest text, and draws no symbol by lot"
        )).into())
    }

    /// Refuses what only a search has a use for, unless it is as by default.
    ///
    /// # Errors
    /// [`Error::InvalidOption`], [`Error::ContradictoryOptions`].
    pub(crate) fn refuse_searches(&self) -> Result<()> {
        self.checked_beam_width()?;
        if self.checked_length_penalty()? == 1.0 {
            return Ok(());
        }
        let reason = "lengthPenalty weighs the texts that a search finds against each other: give a beamWidth above 1, too";
        Err(Error::ContradictoryOptions(reason.into()).into())
    }

    pub(crate) fn length(&self) -> usize {
        self.length.unwrap_or(500)
    }

    /// # Errors
    /// [`Error::InvalidOption`] beyond the length, which would keep no promise.
    pub(super) fn checked_min_length(&self) -> Result<usize> {
        let (min_length, length) = (self.min_length.unwrap_or(0), self.length());
        if min_length > length {
            let expected = format!("at most the length, {length}");
            return Err(wrong("minLength", min_length.to_string(), expected));
        }
        Ok(min_length)
    }

    /// # Errors
    /// [`Error::InvalidOption`].
    pub(super) fn filters(&self, vocab_size: usize) -> Result<Filters> {
        let share = |option, value, default| within(option, value, default, 0.0, 1.0);
        Ok(Filters::new(
            check_temperature(self.temperature.unwrap_or(0.7))?,
            self.top_k.unwrap_or(0),
            share("typicalP", self.typical_p, 1.0)?,
            share("topP", self.top_p, 1.0)?,
            share("minP", self.min_p, 0.0)?,
            vocab_size,
        ))
    }

    /// # Errors
    /// [`Error::InvalidOption`].
    pub(super) fn penalties(&self) -> Result<Penalties> {
        let last = self.repeat_last_n.unwrap_or(64);
        let amount = |option, value| within(option, value, 0.0, -100.0, 100.0);
        Ok(Penalties {
            repetition: within("repetitionPenalty", self.repetition_penalty, 1.0, 0.1, 10.0)?,
            presence: amount("presencePenalty", self.presence_penalty)?,
            frequency: amount("frequencyPenalty", self.frequency_penalty)?,
            last: whole("repeatLastN", last, 1, MOST_REPEAT_LAST_N)?,
        })
    }

    /// The biases by token.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] for a symbol that the model does not know.
    pub(super) fn biases(&self, tokenizer: &Tokenizer) -> Result<Vec<(u32, f32)>> {
        let bias = |(symbol, &bias): (&String, &f32)| {
            if !(-100.0..=100.0).contains(&bias) {
                let got = format!("{} for {}", number(f64::from(bias)), shown(symbol));
                return Err(wrong("logitBias", got, "from -100 to 100".into()));
            }
            let token = tokenizer.token(symbol).ok_or_else(|| {
                let unnamed = if symbol.contains(REPLACEMENT) {
                    "; what its vocabulary shows as \u{fffd} has no name"
                } else {
                    ""
                };
                let expected = format!("for symbols that the model knows{unnamed}");
                wrong("logitBias", format!("for {}", shown(symbol)), expected)
            })?;
            Ok((token, bias))
        };
        let symbols = self.bias_symbols.iter();
        symbols.zip(&self.logit_bias).map(bias).collect()
    }
}

/// # Errors
/// [`Error::InvalidOption`] for one that is not from 0 to 100.
pub(crate) fn check_temperature(temperature: f64) -> Result<f32> {
    within("temperature", Some(temperature), 0.0, 0.0, 100.0)
}

/// The symbol of a string that has no other.
pub(crate) fn only_symbol(text: &str) -> Option<char> {
    let mut symbols = text.chars();
    symbols.next().filter(|_| symbols.next().is_none())
}

// Its many uses would each have a copy.
#[inline(never)]
fn within(
    option: &'static str,
    value: Option<f64>,
    default: f32,
    low: f64,
    high: f64,
) -> Result<f32> {
    let value = value.unwrap_or(default.into());
    if (low..=high).contains(&value) {
        return Ok(value as f32);
    }
    let expected = format!("from {} to {}", number(low), number(high));
    Err(wrong(option, number(value), expected))
}

fn whole(option: &'static str, value: usize, low: usize, high: usize) -> Result<usize> {
    if (low..=high).contains(&value) {
        return Ok(value);
    }
    let expected = format!("a whole number from {low} to {high}");
    Err(wrong(option, value.to_string(), expected))
}

/// A string as a message shows it: quoted, and not too long.
pub(super) fn shown(text: &str) -> String {
    quoted(&shortened(text))
}

/// What a message has room for of a string.
pub(super) fn shortened(text: &str) -> String {
    const MOST_SHOWN: usize = 40;
    match text.char_indices().nth(MOST_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into(),
    }
}

/// [`Error::invalid`] without its type parameters, each use of which would be code of its own.
#[inline(never)]
pub(super) fn wrong(option: &'static str, got: String, expected: String) -> Box<Error> {
    Error::InvalidOption {
        option,
        got,
        expected,
    }
    .into()
}
