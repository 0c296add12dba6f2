//! Writing: one symbol after the other from the model's own distribution. docs/maths.md (10).

use crate::data::check_condition_size;
use crate::linear::Purpose;
use crate::model::Model;
use crate::network::{Network, Regularisation};
use crate::rng::Pcg32;
use crate::tokenizer::Tokenizer;
use crate::{Error, Result};
use mynah_kernels::softmax::softmax_row_f32;
use serde::Deserialize;
use std::collections::VecDeque;

/// What to do with symbols of the prompt that the model does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UnknownSymbols {
    /// Refuse the prompt.
    #[default]
    Error,
    /// Read them as the unknown symbol.
    Replace,
}

impl UnknownSymbols {
    /// The tokens of a text.
    pub(crate) fn encode(self, tokenizer: &Tokenizer, text: &str) -> Result<Vec<u32>> {
        match self {
            Self::Error => tokenizer.encode_known(text),
            Self::Replace => tokenizer.encode(text),
        }
    }
}

/// The options of a sample, as JSON writes them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SampleOptions {
    /// Read before writing; default empty.
    #[serde(default)]
    pub prompt: String,
    /// Symbols to write; default 500.
    #[serde(default)]
    pub length: Option<usize>,
    /// Logits are divided by this; 0 takes the most likely symbol; default 0.7.
    #[serde(default)]
    pub temperature: Option<f64>,
    /// Of the draws; default 1.
    #[serde(default)]
    pub seed: Option<u64>,
    /// What the model is conditioned on; only and always for a model that takes a condition.
    #[serde(default)]
    pub condition: Vec<f32>,
    /// Default error.
    #[serde(default)]
    pub unknown: UnknownSymbols,
}

/// Writes text after a prompt, a few symbols at a time; a model of documents writes one from its beginning (the
/// prompt, if any) to its end. If the model is trained in between, the weights of
/// its last step are used from then on.
pub struct Sampler {
    network: Network<f32>,
    loaded: Option<u64>,
    /// Still to be read before the next symbol is drawn; never empty.
    pending: VecDeque<u32>,
    length: usize,
    written: usize,
    /// Whether the model has ended its document.
    is_over: bool,
    temperature: f32,
    rng: Pcg32,
}

impl Sampler {
    /// Checks the options and the prompt.
    ///
    /// # Errors
    /// [`Error::InvalidOption`], [`Error::ContradictoryOptions`] for a bidirectional model,
    /// [`Error::UnknownSymbol`], [`Error::OutOfMemory`].
    pub fn new(model: &Model, options: &SampleOptions) -> Result<Self> {
        if model.config().bidirectional {
            let reason = "a bidirectional model cannot write: it needs to know the symbols to the right of each. It can fill in the blanks of a text";
            return Err(Error::ContradictoryOptions(reason.into()));
        }
        let temperature = check_temperature(options.temperature.unwrap_or(0.7))?;
        let tokenizer = model.tokenizer();
        let mut pending = options.unknown.encode(tokenizer, &options.prompt)?;
        match tokenizer.boundary() {
            Some(boundary) => pending.insert(0, boundary),
            None if pending.is_empty() => pending.push(first_symbol(model)),
            None => {}
        }
        check_condition_size("condition", options.condition.len(), model)?;
        let mut network = Network::new(
            model.config(),
            model.layout(),
            tokenizer.vocab_size(),
            1,
            1,
            Purpose::Infer,
            Regularisation::default(),
        )?;
        if !options.condition.is_empty() {
            network.set_condition(&options.condition);
        }
        Ok(Self {
            network,
            loaded: None,
            pending: pending.into(),
            length: options.length.unwrap_or(500),
            written: 0,
            is_over: false,
            temperature,
            rng: Pcg32::new(options.seed.unwrap_or(1)),
        })
    }

    /// Goes on for up to `count` symbols, those of the prompt that are still to be read among them, and
    /// returns what it wrote: nothing, while a long prompt is read.
    ///
    /// # Errors
    /// [`Error::NonFiniteEvaluation`] if the model's weights are damaged.
    pub fn next(&mut self, model: &Model, count: usize) -> Result<String> {
        if self.loaded != Some(model.version()) {
            self.network.load(model.params());
            self.loaded = Some(model.version());
        }
        let mut text = String::new();
        for _ in 0..count {
            if self.is_finished() {
                break;
            }
            let token = self
                .pending
                .pop_front()
                .expect("a token waits until the last one is written");
            self.network.forward(model.params(), &[token], &[]);
            self.network.carry(1);
            if self.pending.is_empty() {
                let written = self.draw(model)?;
                if Some(written) == model.tokenizer().boundary() {
                    self.is_over = true;
                    break;
                }
                self.pending.push_back(written);
                self.written += 1;
                text.push(model.tokenizer().symbol(written));
            }
        }
        Ok(text)
    }

    /// A token from the distribution after the last step; never the unknown one.
    fn draw(&mut self, model: &Model) -> Result<u32> {
        let logits = self.network.logits(model.params(), 0);
        let banned = usize::from(model.tokenizer().unknown().is_some());
        draw(logits, banned, self.temperature, &mut self.rng)
    }

    /// Symbols written so far.
    pub fn written(&self) -> usize {
        self.written
    }

    /// Whether the length asked for has been written, or the model has ended its document.
    pub fn is_finished(&self) -> bool {
        self.is_over || self.written == self.length
    }
}

/// # Errors
/// [`Error::InvalidOption`] for one that is not from 0 to 100.
pub(crate) fn check_temperature(temperature: f64) -> Result<f32> {
    if (0.0..=100.0).contains(&temperature) {
        return Ok(temperature as f32);
    }
    Err(Error::invalid("temperature", temperature, "from 0 to 100"))
}

/// What a model reads where there is no prompt: a line end, after which most texts begin something, or its
/// first symbol.
pub(crate) fn first_symbol(model: &Model) -> u32 {
    let tokenizer = model.tokenizer();
    tokenizer
        .token('\n')
        .or_else(|| tokenizer.token(tokenizer.symbols()[0]))
        .expect("a vocabulary is not empty")
}

/// A token other than the first `banned`, drawn from softmax(logits / temperature); for temperature 0 the most
/// likely one, the first of equals.
pub(crate) fn draw(
    logits: &mut [f32],
    banned: usize,
    temperature: f32,
    rng: &mut Pcg32,
) -> Result<u32> {
    if !logits.iter().all(|logit| logit.is_finite()) {
        return Err(Error::NonFiniteEvaluation);
    }
    let most_likely = (banned..logits.len())
        .reduce(|best, token| {
            if logits[token] > logits[best] {
                token
            } else {
                best
            }
        })
        .expect("a vocabulary has a symbol that may be written");
    // A temperature of 1e-30 would divide to infinity; so low a one is the limit, anyway.
    if temperature < 1e-6 {
        return Ok(most_likely as u32);
    }
    for logit in logits.iter_mut() {
        *logit /= temperature;
    }
    logits[..banned].fill(f32::NEG_INFINITY);
    softmax_row_f32(logits);
    let mut left = rng.unit();
    for token in banned..logits.len() {
        left -= logits[token];
        if left < 0.0 {
            return Ok(token as u32);
        }
    }
    // Rounding left a rest of the last few ULP.
    Ok(most_likely as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn draws_follow_the_distribution() {
        let mut rng = Pcg32::new(3);
        let mut counts = [0u32; 3];
        for _ in 0..30_000 {
            // p = e^(2 l): 1/6, 2/6, 3/6 at temperature 1/2.
            let mut logits = [1.0f32, 2.0, 3.0].map(|p| p.ln() / 2.0);
            counts[draw(&mut logits, 0, 0.5, &mut rng).unwrap() as usize] += 1;
        }
        for (count, expected) in counts.into_iter().zip([5_000.0, 10_000.0, 15_000.0]) {
            // Five standard deviations of a binomial with n = 30,000.
            assert!(
                (f64::from(count) - expected).abs() < 5.0 * 87.0,
                "{counts:?}"
            );
        }
    }

    #[test]
    fn temperature_zero_takes_the_first_of_the_most_likely() {
        assert_eq!(
            draw(&mut [1.0, 3.0, 3.0], 0, 0.0, &mut Pcg32::new(1)).unwrap(),
            1
        );
    }

    #[test]
    fn damaged_logits_are_an_error() {
        for temperature in [0.0, 1.0] {
            assert!(draw(&mut [1.0, f32::NAN], 0, temperature, &mut Pcg32::new(1)).is_err());
        }
    }

    #[test]
    fn the_banned_token_is_never_drawn_even_by_a_zero() {
        // The draw that is exactly 0 (one in 2^24) falls on the first token that has any probability.
        let mut rng = Pcg32::new(7_926_344);
        let mut rng = loop {
            let before = rng.clone();
            if rng.unit() == 0.0 {
                break before;
            }
        };
        assert_eq!(draw(&mut [9.0, 1.0, 2.0], 1, 1.0, &mut rng).unwrap(), 1);
        assert_eq!(draw(&mut [9.0, 1.0, 2.0], 1, 0.0, &mut rng).unwrap(), 2);
    }
}
