//! Windows of a text: B contiguous streams side by side, so that the state can be carried from window to window.
//! docs/maths.md (9g).

use super::Window;
use super::tokens::Tokens;
use crate::{Error, Result};

/// A token sequence cut into B streams of equal length, read T steps at a time.
///
/// Stream b reads symbols b L to (b + 1) L, L = (symbols - 1) / B, and predicts each one's successor. What is
/// left over at the end of a stream (less than a window) is not read.
#[derive(Clone, Debug)]
pub struct Streams {
    tokens: Tokens,
    batch: usize,
    seq_len: usize,
    stream_len: usize,
}

impl Streams {
    /// Cuts `tokens` into up to `batch` streams; fewer where the text is too short for so many windows.
    ///
    /// # Errors
    /// [`Error::TextTooShort`] if there is not one window of `seq_len` + 1 symbols.
    pub fn new(tokens: impl Into<Tokens>, batch: usize, seq_len: usize) -> Result<Self> {
        let tokens = tokens.into();
        if tokens.len() <= seq_len {
            return Err(Error::TextTooShort {
                what: "the part of the text to train on",
                got: tokens.len(),
                needed: seq_len + 1,
                advice: match seq_len {
                    1 => "one that is read, and one to foresee".into(),
                    _ => format!(
                        "one window of seqLength {seq_len} and its last target; a smaller seqLength needs less"
                    ),
                },
            }.into());
        }
        let batch = batch.min((tokens.len() - 1) / seq_len);
        let stream_len = (tokens.len() - 1) / batch;
        Ok(Self {
            tokens,
            batch,
            seq_len,
            stream_len,
        })
    }

    /// Streams side by side.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// Steps of a window.
    pub fn seq_len(&self) -> usize {
        self.seq_len
    }

    /// Symbols in all.
    pub fn symbols(&self) -> usize {
        self.tokens.len()
    }

    /// Windows in one pass over the text.
    pub fn windows(&self) -> u64 {
        (self.stream_len / self.seq_len) as u64
    }

    /// Writes the window of step `step`, counted from the start of the first pass. The state starts anew with
    /// every pass.
    pub fn fill(&self, step: u64, window: &mut Window) {
        let at = step % self.windows();
        window.starts_anew = at == 0;
        window.set_steps(self.seq_len);
        window.lengths.clear();
        self.write(at as usize, &mut window.inputs, &mut window.targets);
    }

    /// Writes window `window` of a pass, time-major: step t of stream b at t B + b.
    pub fn write(&self, window: usize, inputs: &mut [u32], targets: &mut [u32]) {
        for b in 0..self.batch {
            let start = b * self.stream_len + window * self.seq_len;
            for t in 0..self.seq_len {
                inputs[t * self.batch + b] = self.tokens.get(start + t);
                targets[t * self.batch + b] = self.tokens.get(start + t + 1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn windows_follow_each_other_in_every_stream() {
        let streams = Streams::new((0..21).collect::<Vec<u32>>(), 2, 4).unwrap();
        assert_eq!((streams.batch(), streams.windows()), (2, 2));
        let (mut inputs, mut targets) = ([0; 8], [0; 8]);
        streams.write(0, &mut inputs, &mut targets);
        assert_eq!(inputs, [0, 10, 1, 11, 2, 12, 3, 13]);
        assert_eq!(targets, inputs.map(|i| i + 1));
        streams.write(1, &mut inputs, &mut targets);
        assert_eq!(inputs, [4, 14, 5, 15, 6, 16, 7, 17]);
    }

    #[test]
    fn short_texts_make_fewer_streams_or_an_error() {
        assert_eq!(Streams::new(vec![0u32; 9], 32, 4).unwrap().batch(), 2);
        assert_eq!(Streams::new(vec![0u32; 5], 32, 4).unwrap().batch(), 1);
        assert_eq!(
            Streams::new(vec![0u32; 8], 32, 4).unwrap().windows(),
            1,
            "the last symbol is a target only"
        );
        let error = Streams::new(vec![0u32; 4], 32, 4).unwrap_err();
        assert_eq!(error.code(), "text-too-short");
        assert!(
            error.to_string().contains("has 4 symbols, but at least 5"),
            "{error}"
        );
        let error = Streams::new(vec![0u32; 1], 32, 1).unwrap_err().to_string();
        assert!(
            error.contains("is too short: it has 1 symbol, but"),
            "{error}"
        );
        assert!(!error.contains("seqLength"), "none is smaller: {error}");
    }
}
