//! The errors of this crate. Each has a stable code, which JavaScript sees as `error.code`.

use crate::message::number;
use std::cell::Cell;

/// Shorthand for this crate's results. Errors are in a box, because every function on the way out passes them on: with a pointer the
/// WebAssembly is 5 % smaller than with the whole error.
pub type Result<T, E = Box<Error>> = std::result::Result<T, E>;

/// What can go wrong. Messages name the option or the part, what was got and what is wanted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A text without a single symbol.
    #[error("{what} is empty: give a text with at least one character")]
    EmptyText {
        /// Which text.
        what: &'static str,
    },
    /// A text with fewer symbols than the work needs.
    #[error(
        "{what} is too short: it has {got} symbol{}, but at least {needed} are needed: {advice}",
        if *got == 1 { "" } else { "s" }
    )]
    TextTooShort {
        /// Which text.
        what: &'static str,
        /// Symbols it has.
        got: usize,
        /// Symbols it needs.
        needed: usize,
        /// What to do.
        advice: String,
    },
    /// An option outside its range.
    #[error("{option} is {got}, but must be {expected}")]
    InvalidOption {
        /// The option's public name.
        option: &'static str,
        /// The value given.
        got: String,
        /// The values allowed.
        expected: String,
    },
    /// Options that exclude each other.
    #[error("{0}")]
    ContradictoryOptions(String),
    /// Options that name one that does not exist.
    #[error("options: {0}")]
    UnknownOption(String),
    /// Options that are not the JSON object expected: a value of a wrong type, for instance.
    #[error("options: {0}")]
    MalformedOptions(String),
    /// A model file that is truncated, damaged, foreign or inconsistent.
    #[error("not a usable model file: {0}")]
    BadModelFile(String),
    /// A session's state that is truncated, damaged or of another model.
    #[error("not a usable session state: {0}")]
    BadSessionState(String),
    /// A model file without the state of a run, from which training was to go on.
    #[error(
        "the model file holds no training state: only a checkpoint can be resumed; a finished model can be trained further from where it is"
    )]
    NoTrainingState,
    /// A checkpoint of a run over another text.
    #[error(
        "the text is not the one that the checkpoint was trained on: resuming needs the same text, documents and conditions, unchanged"
    )]
    DifferentText,
    /// A text with symbols that the model has never seen, where they may not be read as the unknown symbol.
    #[error("the text has symbols that the model does not know: {symbols}; {advice}")]
    UnknownSymbol {
        /// The symbols, quoted, the first few.
        symbols: String,
        /// What to do.
        advice: &'static str,
    },
    /// Too many steps of a run that came to something infinite or not a number; the model keeps the weights of the
    /// last good step.
    #[error(
        "the {what} of training step {step} is not finite, for the sixth time in this run, although the learning rate was halved each time (now {}); the weights are those of the last good step: try a lower learningRate, or clipNorm 1",
        number(*learning_rate)
    )]
    NonFiniteLoss {
        /// "loss", "gradient norm" or "weights".
        what: &'static str,
        /// The step, from 1.
        step: u64,
        /// The learning rate of that step.
        learning_rate: f64,
    },
    /// An evaluation or a sample that came to no finite number.
    #[error(
        "what the model computes is not finite: its weights are damaged; load an earlier file of it, or train a new one"
    )]
    NonFiniteEvaluation,
    /// A sample whose rules forbid every symbol.
    #[error(
        "no symbol is left to write after {written} symbols of a text: every one is forbidden by {options}; forbid less"
    )]
    NoSymbolLeft {
        /// Symbols of the text so far.
        written: usize,
        /// The options that forbid symbols, each in quotes.
        options: String,
    },
    /// A parameter that no model file could hold.
    #[error(
        "the largest parameter of the model would take {mib} MiB, and a model file holds at most {most_mib} MiB of one; a smaller hiddenSize, embeddingSize or alphabet takes less"
    )]
    ParameterTooLarge {
        /// What it would take, in units of 2^20 bytes.
        mib: u64,
        /// What it may take.
        most_mib: u64,
    },
    /// More memory than there is.
    #[error(
        "out of memory: {what} needs {} bytes; {} needs less",
        number(*bytes),
        grows_with.smaller()
    )]
    OutOfMemory {
        /// What the memory is for.
        what: &'static str,
        /// How much of it; a float, because it may be beyond the address space.
        bytes: f64,
        /// What it grows with.
        grows_with: GrowsWith,
    },
}

/// What memory grows with, so that less of it takes less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrowsWith {
    /// The model and the windows that it reads at once.
    Sizes,
    /// A text.
    Text,
    /// The pattern that a text has to match.
    AllowedPattern,
    /// The least length of a text that has to match a pattern.
    MinLength,
}

impl GrowsWith {
    fn smaller(self) -> &'static str {
        match self {
            Self::Sizes => "a smaller hiddenSize, batchSize or seqLength",
            Self::Text => "a shorter text",
            Self::AllowedPattern => "a shorter allowedPattern",
            Self::MinLength => "a smaller minLength",
        }
    }
}

impl Error {
    /// The stable code: what JavaScript, the command line and tests go by.
    pub fn code(&self) -> &'static str {
        match self {
            Self::EmptyText { .. } => "empty-text",
            Self::TextTooShort { .. } => "text-too-short",
            Self::InvalidOption { .. } | Self::MalformedOptions(_) => "invalid-option",
            Self::ContradictoryOptions(_) => "contradictory-options",
            Self::UnknownOption(_) => "unknown-option",
            Self::BadModelFile(_) => "bad-model-file",
            Self::BadSessionState(_) => "bad-session-state",
            Self::NoTrainingState => "no-training-state",
            Self::DifferentText => "different-text",
            Self::UnknownSymbol { .. } => "unknown-symbol",
            Self::NonFiniteLoss { .. } | Self::NonFiniteEvaluation => "non-finite-loss",
            Self::NoSymbolLeft { .. } => "no-symbol-left",
            Self::ParameterTooLarge { .. } | Self::OutOfMemory { .. } => "out-of-memory",
        }
    }

    /// An [`Error::OutOfMemory`] of memory that grows with this; any other error as it is.
    pub(crate) fn growing_with(self, grows_with: GrowsWith) -> Self {
        match self {
            Self::OutOfMemory { what, bytes, .. } => Self::OutOfMemory {
                what,
                bytes,
                grows_with,
            },
            other => other,
        }
    }

    /// An [`Error::InvalidOption`] in one line.
    pub(crate) fn invalid(
        option: &'static str,
        got: impl ToString,
        expected: impl ToString,
    ) -> Box<Self> {
        Box::new(Self::InvalidOption {
            option,
            got: got.to_string(),
            expected: expected.to_string(),
        })
    }
}

/// As many default values as the product of `sizes`, or [`Error::OutOfMemory`] where that product is beyond
/// the address space (4 GiB in WebAssembly) or the allocation fails, which would otherwise end the whole
/// instance. It says that the memory grows with the sizes of model and windows; of other memory [`Error::growing_with`] says with what.
#[inline(never)]
pub(crate) fn allocate<T: Clone + Default>(sizes: &[usize], what: &'static str) -> Result<Vec<T>> {
    let room = reserve(sizes, what)?;
    if is_measuring() {
        return Ok(room);
    }
    // Given back and at once taken again, because `vec!` has zeros filled in by one instruction, and the library has no
    // form of it that can fail.
    drop(room);
    Ok(vec![T::default(); sizes.iter().product()])
}

thread_local! {
    /// While [`measure`] runs, the bytes asked for so far.
    static MEASURED: Cell<Option<f64>> = const { Cell::new(None) };
}

fn is_measuring() -> bool {
    MEASURED.get().is_some()
}

/// The bytes that `build` asks [`allocate`] and [`reserve`] for, without taking them: what it builds is empty
/// and must only be dropped. So an estimate can never differ from what is really allocated.
pub(crate) fn measure<R>(build: impl FnOnce() -> Result<R>) -> Result<f64> {
    MEASURED.set(Some(0.0));
    let built = build();
    let bytes = MEASURED.take().unwrap_or(0.0);
    built.map(|_| bytes)
}

/// An empty vector with room for the product of `sizes`.
///
/// # Errors
/// As [`allocate`].
#[inline(never)]
pub(crate) fn reserve<T>(sizes: &[usize], what: &'static str) -> Result<Vec<T>> {
    let mut values = Vec::new();
    let (len, bytes) = room(sizes, size_of::<T>());
    if !is_measuring() {
        let reserved = len.map(|len| values.try_reserve_exact(len));
        if !matches!(reserved, Some(Ok(()))) {
            return Err(Error::OutOfMemory {
                what,
                bytes,
                grows_with: GrowsWith::Sizes,
            }
            .into());
        }
    }
    Ok(values)
}

/// How many values that are, none for more than can be counted, and how many bytes, which are added up while [`measure`] runs.
// Apart from `reserve`, which there is once for each type.
#[inline(never)]
fn room(sizes: &[usize], size_of_one: usize) -> (Option<usize>, f64) {
    let len = sizes
        .iter()
        .try_fold(1usize, |len, &size| len.checked_mul(size));
    // As a float the number of bytes cannot wrap.
    let bytes = sizes
        .iter()
        .fold(size_of_one as f64, |bytes, &size| bytes * size as f64);
    if let Some(measured) = MEASURED.get() {
        MEASURED.set(Some(measured + bytes));
    }
    (len, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn advice_is_of_what_the_memory_grows_with_and_not_of_the_words() {
        let refused = |what| reserve::<u64>(&[usize::MAX, 2], what).unwrap_err();
        for what in ["gates", "the text", "minLength with allowedPattern"] {
            let message = refused(what).to_string();
            assert!(message.contains(what), "{message}");
            assert!(message.ends_with("; a smaller hiddenSize, batchSize or seqLength needs less"));
        }
        for (grows_with, words) in [
            (GrowsWith::Text, "a shorter text"),
            (GrowsWith::AllowedPattern, "a shorter allowedPattern"),
            (GrowsWith::MinLength, "a smaller minLength"),
        ] {
            let message = refused("gates").growing_with(grows_with).to_string();
            assert!(
                message.ends_with(&format!("; {words} needs less")),
                "{message}"
            );
        }
        let other = Error::NoTrainingState.growing_with(GrowsWith::Text);
        assert_eq!(other.code(), "no-training-state");
    }
}
