//! Filling in the blanks of a text, by a bidirectional model. docs/maths.md (19)

use crate::data::check_condition_size;
use crate::error::{allocate, reserve};
use crate::linear::Purpose;
use crate::message::quoted;
use crate::model::Model;
use crate::network::{Network, Regularisation};
use crate::rng::Pcg32;
use crate::sampling::{
    UnknownSymbols, check_finite, check_temperature, draw, first_symbol, only_symbol,
};
use crate::{Error, GrowsWith, Result};

/// Symbols read at a time, at most; the results do not depend on it.
const PIECE: usize = 64;
/// Most sweeps.
const MOST_SWEEPS: usize = 10_000;
/// Of letters taken from fables that a GRU of 96 units had not seen, runs of three, this many restore 43 %, half as
/// many 40 %, twice as many 44 % (temperature 0, 979 letters, 2026-11-25).
const DEFAULT_SWEEPS: usize = 20;
/// The temperature of the first symbols. With none but temperature 0, 20 sweeps restore 36 % of those letters.
const WARMEST: f32 = 1.0;

/// The options of a filling; every one but `text` has a default.
#[derive(Clone, Debug, Default)]
pub struct FillOptions {
    /// A text with blanks; of a model of documents, one whole document.
    pub text: String,
    /// The symbol that stands for a blank, exactly one; default `_`.
    pub blank: Option<String>,
    /// What logits are divided by in the last sweep; 0 takes the most likely symbol; default 0.
    pub temperature: Option<f64>,
    /// Times that each blank is filled anew after it got its first symbol; default 20.
    pub sweeps: Option<usize>,
    /// Of the draws; default 1.
    pub seed: Option<u64>,
    /// What the model is conditioned on; only and always for a model that takes a condition.
    pub condition: Vec<f32>,
    /// What to do with symbols of the text, but for blanks, that the model has no symbol for; default bytes.
    pub unknown: UnknownSymbols,
}

/// Which way the text is being read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    /// To learn what stands to the right of each blank.
    FromRight,
    /// Filling the blanks.
    FromLeft,
}

/// Draws every blank from the model's distribution of it given all other symbols, from left to right, several times,
/// ever less boldly: Gibbs sampling with annealing (Geman and Geman 1984), as Berglund et al. (2015, arXiv 1504.01575)
/// have it for bidirectional recurrent models. docs/maths.md (19)
///
/// What a blank is drawn from is exact, with every other blank as it is at that moment: what stands to its right was
/// read before the sweep and is as it was, because the sweep has not come there yet; what stands to its left is read
/// along with the sweep. So a sweep reads the text twice, whatever the number of blanks.
///
/// The whole text is one window, however long it is. If the model is trained in between, the weights of its last step
/// are used from then on.
pub struct Filler {
    network: Network<f32>,
    loaded: Option<u64>,
    text: String,
    blank: char,
    /// The text and what stands around it; a blank's token is read only after the blank was filled.
    tokens: Vec<u32>,
    /// Where the blanks stand among the tokens; the first token is none.
    blanks: Vec<usize>,
    /// [blanks, size]: what the right-to-left body knows of each.
    from_right: Vec<f32>,
    /// Up to a piece, the rightmost symbol first.
    reversed: Vec<u32>,
    /// The states before the symbol that the first blank follows, and after all that follows the last one: neither
    /// changes from sweep to sweep. Empty until they are known.
    left_state: Vec<f32>,
    right_state: Vec<f32>,
    direction: Direction,
    /// Whether this reading began at an end of the text and with the weights of now: then the states that it comes by
    /// are those to keep.
    is_whole: bool,
    /// From the right: the symbols from here on have been read. From the left: those before.
    at: usize,
    /// The blank that is next.
    next: usize,
    /// Sweeps done, the one that gives first symbols among them.
    done: usize,
    sweeps: usize,
    temperature: f32,
    rng: Pcg32,
}

impl Filler {
    /// Checks the options and the text.
    ///
    /// # Errors
    /// [`Error::ContradictoryOptions`] for a model that is not bidirectional, [`Error::EmptyText`],
    /// [`Error::InvalidOption`], for a text without a blank too, [`Error::UnknownSymbol`], [`Error::OutOfMemory`].
    pub fn new(model: &Model, options: &FillOptions) -> Result<Self> {
        if !model.config().bidirectional {
            let reason = "this model cannot fill in blanks: it reads from left to right alone, and would not know what follows a blank; create one with the option \"bidirectional\"";
            return Err(Error::ContradictoryOptions(reason.into()).into());
        }
        let temperature = check_temperature(options.temperature.unwrap_or(0.0))?;
        let sweeps = options.sweeps.unwrap_or(DEFAULT_SWEEPS);
        if sweeps > MOST_SWEEPS {
            let expected = format!("a whole number from 0 to {MOST_SWEEPS}");
            return Err(Error::invalid("sweeps", sweeps, expected));
        }
        let blank = one_symbol(options.blank.as_deref().unwrap_or("_"))?;
        let (tokens, blanks) = encode(model, options, blank)?;
        check_condition_size("condition", options.condition.len(), model)?;
        let mut network = Network::new(
            model.config(),
            model.layout(),
            model.tokenizer().vocab_size(),
            1,
            PIECE,
            Purpose::Infer,
            Regularisation::default(),
        )?;
        if !options.condition.is_empty() {
            network.set_condition(&options.condition);
        }
        let (mut left, mut right) = (0, 0);
        network.states(&mut |state| left += state.len());
        network.states_from_right(&mut |state| right += state.len());
        let mut filler = Self {
            network,
            loaded: None,
            tokens,
            text: options.text.clone(),
            blank,
            from_right: allocate(&[blanks.len(), model.config().body_size()], "the blanks")
                .map_err(|error| error.growing_with(GrowsWith::Text))?,
            reversed: reserve(&[PIECE], "the window")?,
            left_state: reserve(&[left], "states")?,
            right_state: reserve(&[right], "states")?,
            direction: Direction::FromRight,
            is_whole: false,
            at: 0,
            next: 0,
            done: 0,
            // The only blank has all others to go by at once.
            sweeps: if blanks.len() == 1 { 0 } else { sweeps },
            temperature,
            rng: Pcg32::new(options.seed.unwrap_or(1)),
            blanks,
        };
        filler.turn_to(Direction::FromRight);
        Ok(filler)
    }

    /// Reads about `symbols` more; true when all is filled.
    ///
    /// # Errors
    /// [`Error::NonFiniteEvaluation`] if the model's weights are damaged.
    pub fn advance(&mut self, model: &Model, symbols: usize) -> Result<bool> {
        if self.loaded != Some(model.version()) {
            self.network.load(model.params());
            self.loaded = Some(model.version());
            // They come from other weights, and so does what has been read of the text.
            self.left_state.clear();
            self.right_state.clear();
            self.is_whole &= self.is_at_the_end();
        }
        let mut left = symbols;
        while left > 0 && !self.is_finished() {
            let most = left.min(PIECE);
            left -= match self.direction {
                Direction::FromRight => self.read_from_right(model, most),
                Direction::FromLeft => self.fill_from_left(model, most)?,
            };
        }
        Ok(self.is_finished())
    }

    /// Whether nothing has been read yet of this reading of the whole text.
    fn is_at_the_end(&self) -> bool {
        match self.direction {
            Direction::FromRight => self.at == self.tokens.len(),
            Direction::FromLeft => self.at == 0,
        }
    }

    fn is_finished(&self) -> bool {
        self.done > self.sweeps
    }

    /// That of the sweep under way: it cools down evenly to the one asked for.
    fn temperature(&self) -> f32 {
        if self.sweeps == 0 {
            return self.temperature;
        }
        let left = 1.0 - self.done as f32 / self.sweeps as f32;
        self.temperature + (WARMEST - self.temperature).max(0.0) * left
    }

    /// The text with its blanks filled, once [`advance`](Self::advance) has said that all are.
    pub fn text(&self, model: &Model) -> String {
        let mut filled = self.blanks.iter().map(|&at| self.tokens[at]);
        let mut text = String::new();
        for symbol in self.text.chars() {
            if symbol == self.blank {
                let token = filled.next().expect("each blank has a token");
                text += &model.tokenizer().text(token);
            } else {
                text.push(symbol);
            }
        }
        text
    }

    /// Goes to that end of the text, or as near to the blanks as the state is known.
    fn turn_to(&mut self, direction: Direction) {
        self.direction = direction;
        let kept = match direction {
            Direction::FromRight => &self.right_state,
            Direction::FromLeft => &self.left_state,
        };
        self.is_whole = kept.is_empty();
        let last = self.blanks.len() - 1;
        (self.at, self.next) = match direction {
            Direction::FromRight if self.right_state.is_empty() => {
                self.network.reset_from_right();
                (self.tokens.len(), last)
            }
            Direction::FromRight => {
                let mut from = &self.right_state[..];
                self.network
                    .states_from_right(&mut |to| copy(to, &mut from));
                (self.blanks[last] + 1, last - 1)
            }
            Direction::FromLeft if self.left_state.is_empty() => {
                self.network.reset();
                (0, 0)
            }
            Direction::FromLeft => {
                let mut from = &self.left_state[..];
                self.network.states(&mut |to| copy(to, &mut from));
                (self.blanks[0] - 1, 0)
            }
        };
    }

    /// Reads up to `most` symbols towards the next blank to the left, and on reaching it keeps what is known of it.
    /// For its first symbol nothing is known beyond the blank that follows it.
    fn read_from_right(&mut self, model: &Model, most: usize) -> usize {
        let (blank, last) = (self.blanks[self.next], self.blanks.len() - 1);
        let steps = most.min(self.at - (blank + 1));
        let size = model.config().body_size();
        let known = &mut self.from_right[self.next * size..(self.next + 1) * size];
        if steps == 0 {
            known.fill(0.0);
        } else {
            let symbols = self.tokens[self.at - steps..self.at].iter().rev();
            self.reversed.clear();
            self.reversed.extend(symbols);
            let outputs = self.network.read_from_right(model.params(), &self.reversed);
            self.at -= steps;
            if self.at > blank + 1 {
                return steps;
            }
            known.copy_from_slice(outputs);
        }
        if self.next == last && self.is_whole && self.right_state.is_empty() {
            let states = &mut self.right_state;
            self.network
                .states_from_right(&mut |state| states.extend_from_slice(state));
        }
        if self.done == 0 {
            self.network.reset_from_right();
            self.at = blank;
        }
        match self.next {
            0 => self.turn_to(Direction::FromLeft),
            _ => self.next -= 1,
        }
        steps
    }

    /// Reads up to `most` symbols towards the next blank to the right, and on reaching it draws its symbol.
    fn fill_from_left(&mut self, model: &Model, most: usize) -> Result<usize> {
        let before_first = self.blanks[0] - 1;
        if self.at == before_first && self.is_whole && self.left_state.is_empty() {
            let states = &mut self.left_state;
            self.network
                .states(&mut |state| states.extend_from_slice(state));
        }
        let blank = self.blanks[self.next];
        let end = if self.at < before_first {
            before_first
        } else {
            blank
        };
        let steps = most.min(end - self.at);
        let symbols = &self.tokens[self.at..self.at + steps];
        self.network.read_from_left(model.params(), symbols);
        self.at += steps;
        if self.at == blank {
            let (temperature, size) = (self.temperature(), model.config().body_size());
            let right = &self.from_right[self.next * size..(self.next + 1) * size];
            let logits = self.network.logits_between(model.params(), steps, right);
            check_finite(logits)?;
            // Nothing but whole characters: what stands beside a blank would complete no others.
            let tokenizer = model.tokenizer();
            for (token, logit) in (0..).zip(&mut *logits) {
                if !tokenizer.is_text(token) {
                    *logit = f32::NEG_INFINITY;
                }
            }
            let token = draw(logits, temperature, &mut self.rng);
            self.tokens[blank] = token;
            self.next += 1;
            if self.next == self.blanks.len() {
                self.done += 1;
                if !self.is_finished() {
                    self.turn_to(Direction::FromRight);
                }
            }
        }
        Ok(steps)
    }
}

/// The next values of `from`.
fn copy(to: &mut [f32], from: &mut &[f32]) {
    let (values, rest) = from.split_at(to.len());
    to.copy_from_slice(values);
    *from = rest;
}

fn one_symbol(blank: &str) -> Result<char> {
    let wrong = || Error::invalid("blank", quoted(blank), "exactly one symbol");
    only_symbol(blank).ok_or_else(wrong)
}

/// The tokens to read, and which of them are blanks. What begins and ends a document stands around it; a blank that
/// begins a text follows what a sample without a prompt does.
fn encode(model: &Model, options: &FillOptions, blank: char) -> Result<(Vec<u32>, Vec<usize>)> {
    let FillOptions { text, unknown, .. } = options;
    if text.is_empty() {
        let what = "the text to fill";
        return Err(Error::EmptyText { what }.into());
    }
    let count = text.chars().filter(|&symbol| symbol == blank).count();
    if count == 0 {
        let expected = format!(
            "a text with {} where a symbol is to be filled in",
            quoted(blank.encode_utf8(&mut [0; 4]))
        );
        return Err(Error::invalid("text", "without a blank", expected));
    }
    let tokenizer = model.tokenizer();
    let parts = text.split(blank);
    let most: usize = parts.map(|part| tokenizer.most_tokens(part)).sum();
    // With what stands around them.
    let of_text = |error: Box<Error>| error.growing_with(GrowsWith::Text);
    let mut tokens = reserve(&[most + count + 2], "the text's tokens").map_err(of_text)?;
    let mut blanks = reserve(&[count], "the blanks").map_err(of_text)?;
    let boundary = tokenizer.boundary();
    let before = text.starts_with(blank).then(|| first_symbol(model));
    tokens.extend(boundary.or(before));
    for (k, given) in text.split(blank).enumerate() {
        if k > 0 {
            blanks.push(tokens.len());
            // Any token: it is not read.
            tokens.push(0);
        }
        tokens.extend(unknown.encode(tokenizer, given)?);
    }
    tokens.extend(boundary);
    Ok((tokens, blanks))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ModelOptions, parse_options};
    use crate::error::measure;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// Reads what lies outside of the outermost blanks, with the weights of now.
    fn states(filler: &mut Filler, model: &Model) -> (Vec<f32>, Vec<f32>) {
        let (mut left, mut right) = (Vec::new(), Vec::new());
        let network = &mut filler.network;
        network.reset();
        for &token in &filler.tokens[..filler.blanks[0] - 1] {
            network.read_from_left(model.params(), &[token]);
        }
        network.states(&mut |state| left.extend_from_slice(state));
        network.reset_from_right();
        let last = filler.blanks[filler.blanks.len() - 1];
        for &token in filler.tokens[last + 1..].iter().rev() {
            network.read_from_right(model.params(), &[token]);
        }
        network.states_from_right(&mut |state| right.extend_from_slice(state));
        (left, right)
    }

    #[test]
    fn memory_for_all_tokens_is_asked_for_first() {
        let options: ModelOptions =
            parse_options(r#"{"hiddenSize":4,"bidirectional":true}"#).unwrap();
        let model = Model::create(&options, "the cat").unwrap();
        let options = FillOptions {
            text: "the c_t".into(),
            ..Default::default()
        };
        let bytes = measure(|| encode(&model, &options, '_')).unwrap();
        // The six of both parts by themselves, and with the blank and what may stand around.
        let tokens = size_of::<u32>() * (6 + (6 + 1 + 2));
        assert_eq!(bytes, (tokens + size_of::<usize>()) as f64);
    }

    #[test]
    fn no_state_of_former_weights_is_kept() {
        let text = "the cat sat on the mat and the rat sat on the cat";
        let options: ModelOptions = parse_options(
            r#"{"cell":"gru","hiddenSize":4,"embeddingSize":4,"bidirectional":true}"#,
        )
        .unwrap();
        let options_of_filling = FillOptions {
            text: "the c_t s_t on".into(),
            sweeps: Some(6),
            ..Default::default()
        };
        for calls in 0..60 {
            let mut model = Model::create(&options, text).unwrap();
            let mut filler = Filler::new(&model, &options_of_filling).unwrap();
            for _ in 0..calls {
                filler.advance(&model, 1).unwrap();
            }
            model.params_mut().iter_mut().for_each(|w| *w *= 0.5);
            while !filler.advance(&model, 1).unwrap() {}
            let kept = (filler.left_state.clone(), filler.right_state.clone());
            let exact = states(&mut filler, &model);
            assert!(
                kept.0 == exact.0 || kept.0.is_empty(),
                "from the left, after {calls} calls"
            );
            assert!(
                kept.1 == exact.1 || kept.1.is_empty(),
                "from the right, after {calls} calls"
            );
            if calls < 10 {
                assert_eq!(kept, exact, "known again after {calls} calls");
            }
        }
    }
}
