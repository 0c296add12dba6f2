//! From tokens to the text that they stand for, never a part of a character.

use super::{Lexicon, REPLACEMENT, Tokenizer};
use crate::Result;
use std::ops::RangeInclusive;

/// Puts a text together from its tokens.
#[derive(Clone, Debug, Default)]
pub(crate) struct Decoder {
    /// What may still become a character.
    rest: Vec<u8>,
    /// Of a symbol that is spelt: bits of its next byte, with a 1 before them.
    spelt: Option<u16>,
}

impl Decoder {
    /// The bytes of a character that is not complete yet.
    pub fn rest(&self) -> &[u8] {
        &self.rest
    }

    /// Appends to `text` what a token completes.
    pub fn push(&mut self, tokenizer: &Tokenizer, token: u32, text: &mut String) {
        if let Some(bits) = self.spelt {
            match digit(tokenizer, token) {
                Some((digit, width)) => return self.push_digit(bits, digit, width, text),
                None => self.end(text),
            }
        }
        if Some(token) == tokenizer.unknown() {
            self.end(text);
            self.spelt = Some(1);
            return;
        }
        self.push_bytes(tokenizer.bytes(token), text);
    }

    /// What is not complete becomes [`REPLACEMENT`].
    pub fn end(&mut self, text: &mut String) {
        if self.spelt.take().is_some() || !self.rest.is_empty() {
            text.push(REPLACEMENT);
        }
        self.rest.clear();
    }

    fn push_digit(&mut self, bits: u16, digit: u8, width: u32, text: &mut String) {
        let bits = bits << width | u16::from(digit);
        if bits < 0x100 {
            self.spelt = Some(bits);
            return;
        }
        self.push_bytes(&[bits as u8], text);
        // A symbol has no more bytes than its first one says.
        self.spelt = (!self.rest.is_empty()).then_some(1);
    }

    fn push_bytes(&mut self, bytes: &[u8], text: &mut String) {
        self.rest.extend_from_slice(bytes);
        let mut at = 0;
        while at < self.rest.len() {
            match str::from_utf8(&self.rest[at..]) {
                Ok(whole) => {
                    text.push_str(whole);
                    at = self.rest.len();
                }
                Err(error) => {
                    let whole = at + error.valid_up_to();
                    text.push_str(str::from_utf8(&self.rest[at..whole]).unwrap_or_default());
                    at = whole;
                    let Some(wrong) = error.error_len() else {
                        break;
                    };
                    text.push(REPLACEMENT);
                    at += wrong;
                }
            }
        }
        self.rest.drain(..at);
    }
}

/// What a token is as a digit, and how many bits that are.
fn digit(tokenizer: &Tokenizer, token: u32) -> Option<(u8, u32)> {
    match &tokenizer.lexicon {
        Lexicon::Symbols(lexicon) => {
            let digits = lexicon.digits();
            digits.digit(token).map(|digit| (digit, digits.bits))
        }
        Lexicon::Bytes(_) => None,
    }
}

/// Whether a character begins with a byte.
fn is_start(byte: u8) -> bool {
    byte & 0xc0 != 0x80
}

/// The code points of characters that begin with these bytes, which are not all of one.
pub(crate) fn beginning_with(bytes: &[u8]) -> RangeInclusive<u32> {
    let (len, least, mask): (usize, u32, u8) = match bytes {
        [0xc2..=0xdf, ..] => (2, 0x80, 0x1f),
        [0xe0..=0xef, ..] => (3, 0x800, 0xf),
        [0xf0..=0xf4, ..] => (4, 0x1_0000, 7),
        _ => (0, 0, 0),
    };
    let (Some((first, others)), Some(missing)) =
        (bytes.split_first(), len.checked_sub(bytes.len()))
    else {
        return RangeInclusive::new(1, 0);
    };
    let known = others.iter().fold(u32::from(first & mask), |known, byte| {
        known << 6 | u32::from(byte & 0x3f)
    });
    let (low, high) = (known << (6 * missing), (known + 1) << (6 * missing));
    low.max(least)..=(high - 1).min(char::MAX.into())
}

/// The bytes at the end that are no whole character yet.
pub(crate) fn unfinished(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().rposition(|&byte| is_start(byte));
    let last = &bytes[start.unwrap_or(0)..];
    if is_whole(last) { &[] } else { last }
}

/// Whether bytes are whole characters.
pub(super) fn is_whole(bytes: &[u8]) -> bool {
    str::from_utf8(bytes).is_ok()
}

/// Whether bytes are whole characters and perhaps the beginning of one more.
pub(super) fn begins_well(bytes: &[u8]) -> bool {
    str::from_utf8(bytes).map_or_else(|error| error.error_len().is_none(), |_| true)
}

impl Tokenizer {
    /// The text of tokens. What they leave incomplete, or cannot be, becomes [`REPLACEMENT`].
    ///
    /// # Panics
    /// If there is no such token.
    pub fn decode(&self, tokens: &[u32]) -> String {
        self.decode_each(tokens).concat()
    }

    /// What each token adds to the text: of those that make a character together, the last one all of it.
    ///
    /// # Panics
    /// If there is no such token.
    pub fn decode_each(&self, tokens: &[u32]) -> Vec<String> {
        let mut decoder = Decoder::default();
        let mut texts: Vec<String> = tokens
            .iter()
            .map(|&token| {
                let mut text = String::new();
                decoder.push(self, token, &mut text);
                text
            })
            .collect();
        if let Some(last) = texts.last_mut() {
            decoder.end(last);
        }
        texts
    }

    /// What these tokens stand for, one after the other.
    pub(crate) fn bytes_of(&self, tokens: &[u32]) -> Vec<u8> {
        let bytes = tokens.iter().map(|&token| self.bytes(token));
        bytes.collect::<Vec<&[u8]>>().concat()
    }

    /// The bytes at the end of tokens that are no whole character yet.
    pub(crate) fn rest_of(&self, tokens: &[u32]) -> Vec<u8> {
        if !self.has_parts() {
            return Vec::new();
        }
        // A character has four bytes, and a token one at least.
        let bytes = self.bytes_of(&tokens[tokens.len().saturating_sub(4)..]);
        unfinished(&bytes).to_vec()
    }

    /// Takes so many bytes off the end of tokens. What is left of the last one is read as what it is by itself, from the beginning of a
    /// character on; so a character must end where the bytes begin.
    ///
    /// # Errors
    /// Those of [`encode`](Self::encode).
    pub(crate) fn cut(&self, tokens: &mut Vec<u32>, mut bytes: usize) -> Result<()> {
        let mut left = Vec::new();
        while bytes > 0 || left.first().is_some_and(|&byte| !is_start(byte)) {
            let Some(token) = tokens.pop() else {
                break;
            };
            let last = self.bytes(token);
            let kept = last.len().saturating_sub(bytes);
            bytes = bytes.saturating_sub(last.len());
            left.splice(..0, last[..kept].iter().copied());
        }
        tokens.extend(self.encode(&String::from_utf8_lossy(&left))?);
        Ok(())
    }

    /// Whether a token is whole characters: no special one, and no part of a character.
    pub(crate) fn is_text(&self, token: u32) -> bool {
        token as usize >= self.specials() && is_whole(self.bytes(token))
    }

    /// Whether some tokens are parts of characters.
    pub(crate) fn has_parts(&self) -> bool {
        matches!(self.lexicon, Lexicon::Bytes(_))
    }

    /// Sets the logits of all that is never written to -infinity: the unknown symbol, and what would make no character of `rest`, the
    /// bytes of one that is not complete yet.
    pub(crate) fn forbid(&self, logits: &mut [f32], rest: &[u8]) {
        if let Some(unknown) = self.unknown() {
            logits[unknown as usize] = f32::NEG_INFINITY;
        }
        if rest.is_empty() {
            for &token in &self.broken {
                logits[token as usize] = f32::NEG_INFINITY;
            }
            return;
        }
        if let Some(boundary) = self.boundary() {
            logits[boundary as usize] = f32::NEG_INFINITY;
        }
        let mut bytes = rest.to_vec();
        for token in self.specials()..self.vocab_size() {
            bytes.truncate(rest.len());
            bytes.extend_from_slice(self.bytes(token as u32));
            if !begins_well(&bytes) {
                logits[token] = f32::NEG_INFINITY;
            }
        }
    }

    /// The character that `rest`, not empty, becomes with a token, if it becomes one.
    pub(crate) fn completed(&self, rest: &[u8], token: u32) -> Option<char> {
        let bytes = [rest, self.bytes(token)].concat();
        let whole = match str::from_utf8(&bytes) {
            Ok(whole) => whole,
            Err(error) => str::from_utf8(&bytes[..error.valid_up_to()]).ok()?,
        };
        whole.chars().next()
    }
}
