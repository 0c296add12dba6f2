//! Characters that are never written.

use crate::tokenizer::{REPLACEMENT, SymbolMap, Tokenizer, beginning_with, unfinished};

/// Characters that are banned, and what would lead to them.
pub(crate) struct Banned {
    characters: SymbolMap,
    /// Tokens that have one of them in them, or end with bytes that can become no other. In their order.
    pub tokens: Vec<u32>,
}

impl Banned {
    pub fn new(tokenizer: &Tokenizer, characters: &str) -> Self {
        let mut banned = Self {
            characters: SymbolMap::new(),
            tokens: Vec::new(),
        };
        for character in characters.chars() {
            banned.characters.insert(character, 0);
        }
        if !banned.is_empty() {
            let tokens = tokenizer.specials() as u32..tokenizer.vocab_size() as u32;
            let is_banned = |&token: &u32| banned.is_in(tokenizer, token);
            banned.tokens = tokens.filter(is_banned).collect();
        }
        banned
    }

    pub fn is_empty(&self) -> bool {
        self.characters.len() == 0
    }

    /// Forbids what would make a banned character of `rest`, the bytes of one that is not complete yet, or only lead to such.
    pub fn forbid_completing(&self, tokenizer: &Tokenizer, logits: &mut [f32], rest: &[u8]) {
        if rest.is_empty() || self.is_empty() {
            return;
        }
        for (token, logit) in (0..).zip(logits) {
            let is_banned = match tokenizer.completed(rest, token) {
                Some(character) => self.has(character),
                None => self.has_all(&[rest, tokenizer.bytes(token)].concat()),
            };
            if is_banned {
                *logit = f32::NEG_INFINITY;
            }
        }
    }

    fn has(&self, character: char) -> bool {
        self.characters.get(character).is_some()
    }

    fn is_in(&self, tokenizer: &Tokenizer, token: u32) -> bool {
        // What stands for a part of a character is none.
        let is_there = |character| character != REPLACEMENT || tokenizer.is_text(token);
        let text = tokenizer.text(token);
        text.chars().any(|it| self.has(it) && is_there(it))
            || self.has_all(unfinished(tokenizer.bytes(token)))
    }

    /// Whether all characters are banned that the first bytes of one can become.
    fn has_all(&self, bytes: &[u8]) -> bool {
        let mut characters = beginning_with(bytes).filter_map(char::from_u32);
        !beginning_with(bytes).is_empty() && characters.all(|character| self.has(character))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// The tokens that may follow `rest`.
    fn allowed(banned: &Banned, tokenizer: &Tokenizer, rest: &[u8]) -> Vec<u32> {
        let mut logits = vec![0.0; tokenizer.vocab_size()];
        tokenizer.forbid(&mut logits, rest);
        for &token in &banned.tokens {
            logits[token as usize] = f32::NEG_INFINITY;
        }
        banned.forbid_completing(tokenizer, &mut logits, rest);
        let tokens = (0..tokenizer.vocab_size() as u32).zip(logits);
        tokens
            .filter_map(|(token, logit)| logit.is_finite().then_some(token))
            .collect()
    }

    #[test]
    fn nothing_banned_is_written_and_no_beginning_of_a_character_is_a_dead_end() {
        // Symbols that are parts of characters, before and behind others, too: n and the first byte of é, the second one and n, all of né.
        let merges = r#"{"kind":"bpe","merges":[110,195,169,110,256,169,227,128,97,259]}"#;
        let all_of_one_byte: String = ('À'..='ÿ').collect();
        let all_of_two_bytes: String = ('\u{3000}'..='\u{303f}').collect();
        for json in [r#"{"kind":"bytes"}"#, merges] {
            let tokenizer = Tokenizer::from_json(json).unwrap();
            for characters in ["", "é", "n狼", &all_of_one_byte, &all_of_two_bytes] {
                let banned = Banned::new(&tokenizer, characters);
                let mut rests = vec![Vec::new()];
                while let Some(rest) = rests.pop() {
                    let tokens = allowed(&banned, &tokenizer, &rest);
                    assert!(!tokens.is_empty(), "{characters}: nothing after {rest:x?}");
                    for token in tokens {
                        let bytes = [&rest[..], tokenizer.bytes(token)].concat();
                        let text = String::from_utf8_lossy(&bytes);
                        assert!(
                            !text.contains(|it: char| characters.contains(it)),
                            "{bytes:x?}"
                        );
                        let next = unfinished(&bytes);
                        // The third byte of four bans nothing here.
                        if (rest.len() + 1..3).contains(&next.len()) {
                            rests.push(next.to_vec());
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_not_banned_is_left() {
        let tokenizer = Tokenizer::from_json(r#"{"kind":"bytes"}"#).unwrap();
        let all_but_one: String = ('À'..='þ').collect();
        let banned = Banned::new(&tokenizer, &all_but_one);
        assert!(banned.tokens.is_empty());
        assert_eq!(allowed(&banned, &tokenizer, &[0xc3]), [0xbf]);
        let all = Banned::new(&tokenizer, &format!("{all_but_one}ÿ"));
        assert_eq!(all.tokens, [0xc3]);
    }
}
