//! The search on distributions that are small enough to be seen through.

use super::*;
use crate::config::parse_options;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// A model by hand: what follows a text, as probabilities of "a", "b" and "c".
type Follows = fn(&str) -> [f32; 3];

/// The texts that a search finds.
fn search(follows: Follows, options: &str) -> Vec<String> {
    let tokenizer = Tokenizer::from_source("abc").unwrap();
    let options: SampleOptions = parse_options(options).unwrap();
    let mut search = Search::new(&options, &tokenizer).unwrap();
    search.begin(&tokenizer, &[]);
    while !search.is_over() {
        let rows = search.live.iter().flat_map(|live| {
            // The unknown symbol's logit is the largest: it is never written.
            let known = follows(&tokenizer.decode(&live.tokens)).map(f32::ln);
            [9.0].into_iter().chain(known)
        });
        let mut logits: Vec<f32> = rows.collect();
        search.extend(&tokenizer, &mut logits).unwrap();
    }
    search.found().iter().map(|it| it.text.clone()).collect()
}

/// Searches in a vocabulary of bytes, of which these begin a text with these probabilities; for one symbol.
fn search_bytes(tokenizer: &str, first: &[(u32, f32)], options: &str) -> Vec<String> {
    let tokenizer = Tokenizer::from_json(tokenizer).unwrap();
    let options: SampleOptions = parse_options(options).unwrap();
    let mut search = Search::new(&options, &tokenizer).unwrap();
    search.begin(&tokenizer, &[]);
    let mut logits = vec![-20.0; tokenizer.vocab_size()];
    for &(token, p) in first {
        logits[token as usize] = p.ln();
    }
    search.extend(&tokenizer, &mut logits).unwrap();
    assert!(search.is_over());
    search.found().iter().map(|it| it.text.clone()).collect()
}

#[test]
fn of_a_symbol_that_is_cut_off_its_whole_characters_are_left() {
    // "n" and the first byte of "é" are one symbol.
    let tokenizer = r#"{"kind":"bpe","merges":[110,195]}"#;
    let first = [(256, 0.7), (97, 0.2)];
    let found = search_bytes(tokenizer, &first, r#"{"length":1,"beamWidth":2,"count":2}"#);
    assert_eq!(found, ["n", "a"]);
}

#[test]
fn characters_that_are_cut_off_leave_their_places() {
    // The first bytes of Chinese characters: all of them leave the same text.
    let first = [
        (0xe4, 0.3),
        (0xe5, 0.25),
        (0xe7, 0.2),
        (97, 0.1),
        (98, 0.05),
    ];
    let options = r#"{"length":1,"beamWidth":3,"count":3}"#;
    let found = search_bytes(r#"{"kind":"bytes"}"#, &first, options);
    assert_eq!(found, ["", "a", "b"]);
}

#[test]
fn what_cannot_be_better_is_not_looked_at() {
    let tokenizer = Tokenizer::from_json(r#"{"kind":"bytes"}"#).unwrap();
    let json = r#"{"length":2,"beamWidth":4,"count":2,"stop":["zz"]}"#;
    let options: SampleOptions = parse_options(json).unwrap();
    let mut search = Search::new(&options, &tokenizer).unwrap();
    search.begin(&tokenizer, &[]);
    for live in [1, 4] {
        let mut logits = vec![0.0; live * 256];
        search.extend(&tokenizer, &mut logits).unwrap();
    }
    assert!(search.is_over());
    assert_eq!(search.found().len(), 2);
    // Of four beginnings, each with all that may begin a character, two texts and the one after them.
    let starts = 128 + (0xc2..=0xf4).count();
    assert_eq!(search.candidates.len(), 4 * starts - 3);
}

/// The likeliest symbol leads into a wide field, the second to one text.
fn garden(text: &str) -> [f32; 3] {
    match text {
        "" => [0.5, 0.4, 0.1],
        _ if text.starts_with('a') => [0.4, 0.35, 0.25],
        _ => [0.05, 0.9, 0.05],
    }
}

#[test]
fn two_beams_find_what_a_greedy_choice_passes_by() {
    // 0.4 * 0.9 * 0.9 against 0.5 * 0.4 * 0.4.
    assert_eq!(search(garden, r#"{"length":3,"beamWidth":2}"#), ["bbb"]);
    // Between them 0.1 * 0.9 * 0.9.
    let three = r#"{"length":3,"beamWidth":9,"count":3}"#;
    assert_eq!(search(garden, three), ["bbb", "cbb", "aaa"]);
}

#[test]
fn of_equals_the_first_comes_first() {
    let found = search(
        |_| [0.25, 0.5, 0.25],
        r#"{"length":2,"beamWidth":9,"count":5}"#,
    );
    assert_eq!(found, ["bb", "ba", "bc", "ab", "cb"]);
}

#[test]
fn what_ends_early_is_weighed_by_its_length() {
    // "c" ends a text.
    let follows: Follows = |text| match text {
        "a" => [0.1, 0.3, 0.6],
        _ => [0.9, 0.05, 0.05],
    };
    let find = |penalty: f64| {
        let options =
            format!(r#"{{"length":6,"beamWidth":27,"stop":["c"],"lengthPenalty":{penalty}}}"#);
        search(follows, &options).remove(0)
    };
    // Of "a" and its stop, which is a choice, too; and of the likeliest six symbols.
    let (of_two, of_six) = (f64::ln(0.9 * 0.6), f64::ln(0.9 * 0.3 * 0.9f64.powi(4)));
    assert!(of_two > of_six && of_two / 2.0 < of_six / 6.0);
    assert_eq!(find(0.0), "a");
    assert_eq!(find(1.0), "abaaaa");
    assert_eq!(find(-2.0), "a");
}
