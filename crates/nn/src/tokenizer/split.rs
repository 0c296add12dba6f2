//! Where a text may be cut before byte pairs are merged: none goes over the end of a word.

/// What words are made of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Space,
    Letter,
    Number,
    Other,
}

/// The endings that GPT-2 takes for words of their own.
const CONTRACTIONS: [&str; 7] = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

fn class_of(symbol: char) -> Class {
    if symbol.is_whitespace() {
        Class::Space
    } else if symbol.is_numeric() {
        Class::Number
    } else if symbol.is_alphabetic() {
        Class::Letter
    } else {
        Class::Other
    }
}

/// The bytes of the word that a text begins with, which is not empty: letters, numbers or anything else but white space, with a space
/// before; or white space, but for a last space that belongs to the next word.
///
/// As a regular expression ` ?[^\P{Alphabetic}\p{N}]+| ?\p{N}+| ?[^\s\p{Alphabetic}\p{N}]+|\s+(?!\S)|\s+`, which is that of GPT-2 (Radford et
/// al. 2019) but for the marks that belong to a word (vowels of Indian scripts), and for the contractions, which are cut off where they are
/// asked for.
pub(super) fn first_word(text: &str, has_contractions: bool) -> usize {
    if has_contractions
        && let Some(ending) = CONTRACTIONS
            .iter()
            .find(|ending| text.starts_with(**ending))
    {
        return ending.len();
    }
    let space = run(text, Class::Space);
    let Some(next) = text[space..].chars().next() else {
        return space;
    };
    match text[..space].chars().next_back() {
        None => run(text, class_of(next)),
        // All but the last.
        Some(last) if last.len_utf8() < space => space - last.len_utf8(),
        Some(' ') => space + run(&text[space..], class_of(next)),
        Some(_) => space,
    }
}

/// The bytes of the first symbols that are of one class.
fn run(text: &str, class: Class) -> usize {
    text.find(|symbol| class_of(symbol) != class)
        .unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn words(mut text: &str, has_contractions: bool) -> Vec<&str> {
        let mut words = Vec::new();
        while !text.is_empty() {
            let (word, rest) = text.split_at(first_word(text, has_contractions));
            words.push(word);
            text = rest;
        }
        words
    }

    #[test]
    fn words_are_those_of_the_expression() {
        for (text, expected) in [
            ("Hello, world!", &["Hello", ",", " world", "!"][..]),
            ("  two\n\n three ", &[" ", " two", "\n\n", " three", " "]),
            ("a1b22 33", &["a", "1", "b", "22", " 33"]),
            ("\tx \n", &["\t", "x", " \n"]),
            ("  ", &["  "]),
            (" -- 狼が来た。", &[" --", " 狼が来た", "。"]),
            (
                "it's 'tis I'LL",
                &["it", "'", "s", " '", "tis", " I", "'", "LL"],
            ),
            ("नमस्ते Ⅷx", &["नमस", "्", "ते", " Ⅷ", "x"]),
            ("", &[]),
        ] {
            assert_eq!(words(text, false), expected);
        }
    }

    #[test]
    fn contractions_are_words_where_they_are_asked_for() {
        assert_eq!(
            words("it's 'tis we've I'LL don't'", true),
            [
                "it", "'s", " '", "tis", " we", "'ve", " I", "'", "LL", " don", "'t", "'"
            ]
        );
    }
}
