//! What all tokenizers have in common: whatever the text, its tokens give it back.

use super::decoding::is_whole;
use super::*;
use crate::data::list::DocumentList;
use crate::json;
use crate::rng::Pcg32;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const TEXT: &str = "the crow and the fox, the crow and the heron. né 狼 ";

fn learn<'a>(source: impl Into<Source<'a>>, options: &str) -> Tokenizer {
    try_learn(source, options).unwrap()
}

fn try_learn<'a>(source: impl Into<Source<'a>>, options: &str) -> Result<Tokenizer> {
    Tokenizer::learn(source, json::parse(options).unwrap())
}

/// One of each kind, and some with little to spell in.
fn all() -> Vec<Tokenizer> {
    let list = DocumentList::new(vec!["ab".into(), "ba".into()]);
    vec![
        learn(TEXT, r#"{"kind":"characters"}"#),
        learn(
            TEXT,
            r#"{"kind":"graphemes","pieces":["\r\n","e\u0301","👩‍👩‍👧","🇩🇪"]}"#,
        ),
        learn(
            TEXT,
            r#"{"kind":"words","pieces":[" the"," crow","the"," and"," fox","狼 "]}"#,
        ),
        learn(TEXT, r#"{"kind":"bytes"}"#),
        learn(TEXT, r#"{"kind":"bpe","vocabularySize":270}"#),
        learn(&*TEXT.repeat(3), r#"{"kind":"bpe"}"#),
        learn(&list, r#"{"kind":"characters"}"#),
        learn(&list, r#"{"kind":"bpe"}"#),
        learn("a", r#"{"kind":"characters"}"#),
        learn(&*('一'..).take(300).collect::<String>(), "{}"),
    ]
}

/// Of all lengths of UTF-8, with what the vocabularies have and what they lack.
fn random_text(rng: &mut Pcg32) -> String {
    let parts = [
        "a",
        "b",
        " the",
        " crow",
        "é",
        "e\u{301}",
        "狼",
        "一",
        "\r\n",
        "🇩🇪",
        "👩‍👩‍👧",
        "\u{10ffff}",
        "\0",
        " ",
        "  ",
    ];
    let mut text = String::new();
    for _ in 0..rng.next_u32() % 30 {
        match rng.next_u32() % 3 {
            0 => text.extend(char::from_u32(rng.next_u32() % 0x11_0000)),
            _ => text.push_str(parts[rng.next_u32() as usize % parts.len()]),
        }
    }
    text
}

#[test]
fn every_text_comes_back_from_its_tokens() {
    let mut rng = Pcg32::new(1);
    for tokenizer in all() {
        let kind = tokenizer.kind();
        for _ in 0..300 {
            let text = random_text(&mut rng);
            let tokens = tokenizer.encode(&text).unwrap();
            assert_eq!(tokenizer.decode(&tokens), text, "{kind:?}");
            let parts = tokenizer.decode_each(&tokens);
            assert_eq!((parts.len(), parts.concat()), (tokens.len(), text.clone()));
            assert_eq!(tokenizer.count(&text).unwrap(), tokens.len());
            let mut appended = vec![7];
            tokenizer.encode_into(&mut appended, &text).unwrap();
            assert_eq!(appended[1..], tokens);
            let size = tokenizer.vocab_size() as u32;
            assert!(tokens.iter().all(|&token| token < size), "{kind:?}");
            assert!(
                !tokens
                    .iter()
                    .any(|&token| Some(token) == tokenizer.boundary())
            );
        }
    }
}

#[test]
fn a_file_brings_it_back() {
    for tokenizer in all() {
        let json = tokenizer.to_json();
        assert_eq!(Tokenizer::from_json(&json).unwrap(), tokenizer, "{json}");
    }
    let folded = learn("a", r#"{"normalization":"NFKC","caseFolding":true}"#);
    let json = folded.to_json();
    assert_eq!(
        json,
        r#"{"caseFolding":true,"hasUnknown":true,"kind":"char","normalization":"NFKC","symbols":"a"}"#
    );
    assert_eq!(Tokenizer::from_json(&json).unwrap(), folded);
    // What there was before there were other kinds.
    let old = Tokenizer::from_json(r#"{"kind":"char","symbols":"ab"}"#).unwrap();
    assert_eq!(old, Tokenizer::new(vec!['a', 'b'], true).unwrap());
}

#[test]
fn no_tokens_make_half_a_character() {
    let mut rng = Pcg32::new(2);
    for tokenizer in all() {
        for _ in 0..200 {
            let token = |_| rng.next_u32() % tokenizer.vocab_size() as u32;
            let tokens: Vec<u32> = (0..20).map(token).collect();
            // What is handed out stays as it is, whatever follows: with what is not complete it is the text of the tokens so far.
            let mut decoder = Decoder::default();
            let mut text = String::new();
            for (&token, len) in tokens.iter().zip(1..) {
                decoder.push(&tokenizer, token, &mut text);
                let rest = decoder.rest();
                assert!(rest.len() < 4);
                if tokenizer.has_parts() {
                    let bytes = tokenizer.bytes_of(&tokens[..len]);
                    let whole = &bytes[..bytes.len() - rest.len()];
                    assert_eq!(text, String::from_utf8_lossy(whole), "{bytes:x?}");
                    assert!(bytes.ends_with(rest));
                }
                let mut ended = text.clone();
                decoder.clone().end(&mut ended);
                assert_eq!(ended, tokenizer.decode(&tokens[..len]));
            }
        }
    }
}

#[test]
fn what_is_not_forbidden_becomes_a_character() {
    for tokenizer in all().into_iter().filter(Tokenizer::has_parts) {
        for character in ["", "é", "狼", "🦊", "\u{10ffff}"] {
            for len in 0..character.len() {
                let rest = &character.as_bytes()[..len];
                let mut logits = vec![0.0; tokenizer.vocab_size()];
                tokenizer.forbid(&mut logits, rest);
                for (token, logit) in logits.iter().enumerate().skip(tokenizer.specials()) {
                    let bytes = [rest, tokenizer.bytes(token as u32)].concat();
                    // With the right rest it is a text: with one of these, if any is.
                    let goes_on = |next| {
                        let rest = [next, 0x80, 0x80];
                        (0..=3).any(|more| is_whole(&[&bytes[..], &rest[..more]].concat()))
                    };
                    let fits = [0x80, 0x90, 0xa0].into_iter().any(goes_on);
                    assert_eq!(logit.is_finite(), fits, "{rest:?} {token}");
                }
                let boundary = tokenizer.boundary().map(|token| logits[token as usize]);
                assert!(boundary.is_none_or(|logit| logit.is_finite() == rest.is_empty()));
            }
        }
        let token = tokenizer.token("a").unwrap();
        assert_eq!(tokenizer.completed(&[0xc3], token), None);
        let ending = tokenizer.specials() as u32 + 0xa9;
        assert_eq!(tokenizer.completed(&[0xc3], ending), Some('é'));
    }
}

#[test]
fn what_begins_with_some_bytes_is_between_the_first_and_the_last_of_it() {
    let mut rng = Pcg32::new(3);
    let edges = "\u{80}\u{7ff}\u{800}\u{d7ff}\u{e000}\u{ffff}\u{10000}\u{10ffff}";
    let random: Vec<char> = (0..500)
        .filter_map(|_| char::from_u32(rng.next_u32() % 0x11_0000))
        .collect();
    for character in edges.chars().chain(random) {
        let bytes = character.to_string().into_bytes();
        for len in 1..bytes.len() {
            let range = beginning_with(&bytes[..len]);
            let (low, high) = (*range.start(), *range.end());
            let between = (0..50).map(|_| low + rng.next_u32() % (high - low + 1));
            for code in between.chain([low - 1, low, high, high + 1]) {
                let Some(other) = char::from_u32(code) else {
                    continue;
                };
                let begins = other.to_string().as_bytes().starts_with(&bytes[..len]);
                assert_eq!(begins, range.contains(&code), "{bytes:x?} {len} {code:x}");
            }
        }
    }
    for bytes in [&b""[..], b"a", b"\x80", b"\xc3\xa9a", b"\xff", b"\xe7abc"] {
        assert!(beginning_with(bytes).is_empty(), "{bytes:x?}");
    }
}

#[test]
fn tokens_are_scalar_values_in_code_point_order() {
    let tokenizer = Tokenizer::from_source("b𝄞a\nb").unwrap();
    assert_eq!(tokenizer.symbols(), ['\n', 'a', 'b', '𝄞']);
    assert_eq!(tokenizer.vocab_size(), 5);
    assert_eq!(tokenizer.encode("ab𝄞").unwrap(), [2, 3, 4]);
    // Few symbols have two digits: ? is 0011 1111.
    assert_eq!(
        tokenizer.encode("b?").unwrap(),
        [3, 0, 1, 1, 2, 2, 2, 2, 2, 2]
    );
    assert_eq!(
        [0, 1, 2, 3, 4].map(|token| tokenizer.text(token).into_owned()),
        ["\u{fffd}", "\n", "a", "b", "𝄞"]
    );
}

#[test]
fn the_vocabulary_of_documents_has_a_boundary_after_the_unknown_symbol() {
    let list = DocumentList::new(vec!["ba".into(), String::new(), "a".into()]);
    let tokenizer = Tokenizer::from_source(&list).unwrap();
    assert_eq!(
        (tokenizer.unknown(), tokenizer.boundary()),
        (Some(0), Some(1))
    );
    assert_eq!(tokenizer.encode("ab").unwrap(), [2, 3]);
    assert_eq!(tokenizer.vocab_size(), 4);
    assert_eq!(
        [0, 1, 2, 3].map(|token| tokenizer.text(token).into_owned()),
        ["\u{fffd}", "", "a", "b"]
    );
    let json = tokenizer.to_json();
    assert_eq!(
        json,
        r#"{"hasBoundary":true,"hasUnknown":true,"kind":"char","symbols":"ab"}"#
    );
    let of_text = Tokenizer::from_source("ab").unwrap();
    assert_eq!(of_text.boundary(), None);
    assert!(!of_text.to_json().contains("hasBoundary"));
    let nothing = DocumentList::new(vec![String::new()]);
    let error = Tokenizer::from_source(&nothing).unwrap_err();
    assert_eq!(error.code(), "empty-text");
}

#[test]
fn bytes_have_no_unknown_symbol_and_merge_within_a_document() {
    let list = DocumentList::new(vec!["ab".into(); 3]);
    let tokenizer = learn(&list, r#"{"kind":"bpe"}"#);
    assert_eq!((tokenizer.unknown(), tokenizer.boundary()), (None, Some(0)));
    assert_eq!(tokenizer.vocab_size(), 1 + 256 + 1);
    assert_eq!(tokenizer.encode("abc").unwrap(), [257, 1 + 99]);
    assert_eq!(tokenizer.text(257), "ab");
    assert_eq!(tokenizer.text(1 + 0xc3), "\u{fffd}");
    assert!(tokenizer.is_text(257) && !tokenizer.is_text(1 + 0xc3) && !tokenizer.is_text(0));
    let json = tokenizer.to_json();
    assert_eq!(
        json,
        r#"{"hasBoundary":true,"kind":"bpe","merges":[97,98]}"#
    );
    let bytes = learn("a", r#"{"kind":"bytes"}"#);
    assert_eq!(bytes.vocab_size(), 256);
    assert_eq!(bytes.encode("é").unwrap(), [0xc3, 0xa9]);
    assert_eq!(bytes.encode_known("é").unwrap(), [0xc3, 0xa9]);
}

#[test]
fn what_is_new_follows_what_there_was() {
    let tokenizer = Tokenizer::from_source("dad").unwrap();
    let grown = tokenizer.grown("cab").unwrap();
    assert_eq!(grown.symbols(), ['a', 'd', 'b', 'c']);
    assert_eq!(
        grown.encode("dad").unwrap(),
        tokenizer.encode("dad").unwrap()
    );
    assert_eq!(tokenizer.grown("add").unwrap(), tokenizer);
    let list = DocumentList::new(vec!["e".into()]);
    let of_list = Tokenizer::from_source(&list).unwrap().grown("de").unwrap();
    assert_eq!(
        (of_list.boundary(), of_list.symbols()),
        (Some(1), &['e', 'd'][..])
    );
    let strict = Tokenizer::new(vec!['z', 'a'], false).unwrap();
    assert_eq!(strict.grown("b").unwrap().encode("zab").unwrap(), [0, 1, 2]);
    assert_eq!(tokenizer.grown("").unwrap_err().code(), "empty-text");
    for tokenizer in all() {
        let grown = tokenizer.grown("☃").unwrap();
        let known = tokenizer.vocab_size() as u32;
        if tokenizer.has_parts() {
            assert_eq!(grown, tokenizer);
        } else {
            assert_eq!(grown.encode("☃").unwrap(), [known]);
        }
        let (before, after) = (tokenizer.encode("a a"), grown.encode("a a"));
        let is_known = tokenizer.encode_known("a ").is_ok();
        assert!(!is_known || before.unwrap() == after.unwrap());
        assert_eq!(grown.folding(), tokenizer.folding());
    }
}

#[test]
fn unknown_symbols_are_named() {
    let tokenizer = Tokenizer::from_source("abc").unwrap();
    let error = tokenizer.encode_known("caß\u{1F600}").unwrap_err();
    assert!(error.to_string().contains("\"ß\", \"😀\""), "{error}");
    let many = Tokenizer::from_source("a")
        .unwrap()
        .encode_known("bcdefghi")
        .unwrap_err();
    assert!(many.to_string().contains("and 3 more"), "{many}");
    let strict = Tokenizer::new(vec!['a'], false).unwrap();
    assert_eq!(strict.encode("b").unwrap_err().code(), "unknown-symbol");
    assert_eq!(strict.encode("a").unwrap(), [0]);
}

#[test]
fn the_size_of_a_vocabulary_is_kept() {
    let long = TEXT.repeat(4);
    let size = |options: &str| learn(&long, options).vocab_size();
    assert_eq!(size(r#"{"kind":"bpe","vocabularySize":257}"#), 257);
    assert_eq!(size(r#"{"kind":"bpe","vocabularySize":275}"#), 275);
    let words = r#""kind":"words","pieces":["the "," and"," crow"]"#;
    let characters = Tokenizer::from_source(&long).unwrap().vocab_size();
    assert_eq!(size(&format!("{{{words}}}")), characters + 3);
    let few: String = ('一'..).take(280).collect();
    let of_few = |size| {
        let options = format!(r#"{{{words},"vocabularySize":{size}}}"#);
        try_learn(&*few, &options)
    };
    let tokenizer = of_few(282).unwrap();
    assert_eq!(tokenizer.vocab_size(), 282);
    assert!(tokenizer.token("the ").is_some(), "the first are kept");
    assert!(of_few(281).is_ok());
    for (options, words) in [
        (
            r#"{"kind":"bpe","vocabularySize":256}"#,
            "a whole number from 257 to 65536",
        ),
        (
            r#"{"kind":"words","vocabularySize":65537}"#,
            "a whole number from 257 to 65536",
        ),
        (
            r#"{"kind":"characters","vocabularySize":300}"#,
            "is for words",
        ),
        (r#"{"kind":"bytes","vocabularySize":300}"#, "is for words"),
    ] {
        let error = try_learn(&*long, options).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    let error = of_few(280).unwrap_err().to_string();
    assert!(error.contains("must be at least 281"), "{error}");
}

#[test]
fn bad_vocabularies_are_refused() {
    for options in [r#"{}"#, r#"{"kind":"bpe"}"#, r#"{"kind":"bytes"}"#] {
        assert_eq!(try_learn("", options).unwrap_err().code(), "empty-text");
    }
    for options in [
        r#"{"kind":"bytes","merges":[97,98]}"#,
        r#"{"merges":[97,98]}"#,
    ] {
        let error = try_learn("ab", options).unwrap_err();
        assert_eq!(error.code(), "contradictory-options");
        assert!(error.to_string().contains("merges"), "{error}");
    }
    for json in [
        "",
        "{}",
        r#"{"kind":"bpe","symbols":"a"}"#,
        r#"{"kind":"sentencepiece","symbols":"a"}"#,
        r#"{"kind":"char","symbols":"aa"}"#,
        r#"{"kind":"char","symbols":""}"#,
        r#"{"kind":"char","symbols":"a","merges":[97,98]}"#,
        r#"{"kind":"char","symbols":"a","pieces":["ab"]}"#,
        r#"{"kind":"words","symbols":"a","pieces":["b"]}"#,
        r#"{"kind":"words","symbols":"ab","pieces":["ba","ab"]}"#,
        r#"{"kind":"bytes","merges":[97,98]}"#,
        r#"{"kind":"bpe","symbols":"a","merges":[97,98]}"#,
        r#"{"kind":"bpe","merges":[97,65536]}"#,
        r#"{"kind":"bpe","normalization":"nfc"}"#,
        r#"{"kind":"bpe","merges":[97]}"#,
        r#"{"kind":"bpe","merges":[97,256]}"#,
        r#"{"kind":"bpe","merges":[97,98,97,98]}"#,
        r#"{"kind":"bpe","vocabularySize":300}"#,
    ] {
        assert_eq!(
            Tokenizer::from_json(json).unwrap_err().code(),
            "bad-model-file",
            "{json}"
        );
    }
    // Each of the one before with itself: 2 GiB in a file of 400 bytes.
    let doubled = (256..286).flat_map(|unit| [unit, unit]);
    // One pair of bytes more than there are numbers for.
    let pairs = (0..=255).flat_map(|left| (0..=255).flat_map(move |right| [left, right]));
    for merges in [
        [97, 97].into_iter().chain(doubled).collect::<Vec<u32>>(),
        pairs.take(2 * (65_536 - 256 + 1)).collect(),
    ] {
        let json = format!(r#"{{"kind":"bpe","merges":{merges:?}}}"#);
        let error = Tokenizer::from_json(&json).unwrap_err();
        assert_eq!(error.code(), "bad-model-file");
        assert!(error.to_string().contains("more or longer symbols"));
    }
}
