//! The pattern against a naive matcher, and what is refused.

use super::parse::Node;
use super::*;
use std::collections::BTreeSet;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Where a match of `node` can end that begins at `at`: by trying everything.
fn ends_naive(node: &Node, text: &[char], at: usize) -> BTreeSet<usize> {
    let from_all = |ends: BTreeSet<usize>, node: &Node| -> BTreeSet<usize> {
        ends.into_iter()
            .flat_map(|at| ends_naive(node, text, at))
            .collect()
    };
    match node {
        Node::Symbol(class) => {
            let is_there = text.get(at).is_some_and(|&symbol| class.has(symbol));
            is_there.then_some(at + 1).into_iter().collect()
        }
        Node::All(nodes) => nodes.iter().fold([at].into(), from_all),
        Node::Any(nodes) => nodes
            .iter()
            .flat_map(|node| ends_naive(node, text, at))
            .collect(),
        Node::Repeat(node, least, most) => {
            let mut ends: BTreeSet<usize> = [at].into();
            for _ in 0..*least {
                ends = from_all(ends, node);
            }
            let mut all = ends.clone();
            // More often than there are symbols brings nothing new.
            for _ in *least..most.unwrap_or(text.len()).min(least + text.len()) {
                ends = from_all(ends, node);
                all.extend(&ends);
            }
            all
        }
    }
}

fn matches_naive(pattern: &str, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    ends_naive(&parse(pattern).unwrap(), &text, 0).contains(&text.len())
}

fn pattern(pattern: &str, alphabet: &str, min_length: usize, length: usize) -> Result<Pattern> {
    let tokenizer = Tokenizer::from_source(alphabet).unwrap();
    Pattern::new(pattern, &tokenizer, &[], min_length, length)
}

/// All texts of these symbols up to a length, the shortest first.
fn texts(alphabet: &str, length: usize) -> Vec<String> {
    let mut texts = vec![String::new()];
    let mut from = 0;
    for _ in 0..length {
        let longer: Vec<String> = texts[from..]
            .iter()
            .flat_map(|text| {
                alphabet
                    .chars()
                    .map(move |symbol| format!("{text}{symbol}"))
            })
            .collect();
        from = texts.len();
        texts.extend(longer);
    }
    texts
}

const PATTERNS: [&str; 26] = [
    "",
    "a",
    "ab|ba|",
    "a*",
    "a+b?",
    "(ab)*",
    "(a|b)*abb",
    "(a*)*b",
    "(a|ab)(c|bcd)?(b*)",
    "a{2}",
    "a{2,}b",
    "(ab?){1,3}",
    "(a{0,2}){2}",
    "((a|b){2}){1,2}",
    "a{0}b",
    "(){3}a",
    "(a?){3}b{0,1}",
    "[ab]c",
    "[^a]+",
    ".{2,4}",
    "(?:a|(?<name>bc))*?",
    "^ab*$",
    "^a$|^bb$",
    "a(b|)c",
    "a+?b??",
    "([ab]c|a[^b])*",
];

/// Follows a text; none where it is led out of the pattern.
fn place_after(pattern: &Pattern, text: &str) -> Place {
    let mut place = pattern.start();
    for symbol in text.chars() {
        // The alphabet begins with a, whose token is 1.
        pattern.follow(&mut place, symbol as u32 - 'a' as u32 + 1);
    }
    place
}

#[test]
fn the_automaton_matches_what_the_pattern_does() {
    for source in PATTERNS {
        let pattern = pattern(source, "abc", 0, 6).unwrap();
        let mut matching = 0;
        for text in texts("abc", 6) {
            let expected = matches_naive(source, &text);
            assert_eq!(
                place_after(&pattern, &text).is_complete,
                expected,
                "{source} {text}"
            );
            matching += usize::from(expected);
        }
        assert!(matching > 0, "{source} matches nothing");
    }
}

#[test]
fn what_is_allowed_is_what_can_be_ended_in_time() {
    for source in PATTERNS {
        for (min_length, length) in [(0, 5), (0, 3), (2, 4), (3, 3), (4, 5)] {
            let fitting: Vec<String> = texts("abc", length)
                .into_iter()
                .filter(|text| text.len() >= min_length && matches_naive(source, text))
                .collect();
            let pattern = pattern(source, "abc", min_length, length);
            if fitting.is_empty() {
                assert_eq!(pattern.err().unwrap().code(), "invalid-option", "{source}");
                continue;
            }
            let pattern = pattern.unwrap();
            for text in texts("abc", length - 1) {
                let can_be = |text: &str| fitting.iter().any(|whole| whole.starts_with(text));
                if !can_be(&text) {
                    continue;
                }
                let place = place_after(&pattern, &text);
                let mut allowed = Allowed::default();
                pattern.allow(&place, text.len(), &mut allowed);
                let mut goes_on = false;
                for (token, symbol) in ["a", "b", "c"].into_iter().enumerate() {
                    let expected = can_be(&format!("{text}{symbol}"));
                    let is_allowed = allowed.tokens[0] >> (token + 1) & 1 == 1;
                    let at = format!("{source} of {min_length} to {length}: {text}{symbol}");
                    assert_eq!(is_allowed, expected, "{at}");
                    goes_on |= expected;
                }
                assert_eq!(
                    pattern.goes_on(&place, text.len()),
                    goes_on,
                    "{source} {text}"
                );
            }
        }
    }
}

/// Tokens of several characters lead where their characters do, and into no dead end.
#[test]
fn longer_symbols_are_allowed_where_their_characters_are() {
    let json = r#"{"kind":"words","symbols":"abc","pieces":["aa","ab","abb","bca","ca"]}"#;
    let tokenizer = Tokenizer::from_json(json).unwrap();
    let tokens = 1..tokenizer.vocab_size() as u32;
    for source in PATTERNS {
        for (min_length, length) in [(0, 5), (2, 4), (3, 3)] {
            let Ok(pattern) = Pattern::new(source, &tokenizer, &[], min_length, length) else {
                continue;
            };
            // All that can be written, a token at a time.
            let mut open = vec![(String::new(), pattern.start())];
            let mut whole = 0;
            for written in 0..=length {
                let mut longer = Vec::new();
                for (text, place) in &open {
                    assert_eq!(
                        place.is_complete,
                        matches_naive(source, text),
                        "{source} {text}"
                    );
                    let may_end = place.is_complete && written >= min_length;
                    whole += usize::from(may_end);
                    let goes_on = pattern.goes_on(place, written);
                    assert!(may_end || goes_on, "{source}: {text} is a dead end");
                    if written == length {
                        continue;
                    }
                    let mut allowed = Allowed::default();
                    pattern.allow(place, written, &mut allowed);
                    for token in tokens.clone() {
                        if allowed.tokens[0] >> token & 1 == 1 {
                            let mut place = *place;
                            pattern.follow(&mut place, token);
                            longer.push((format!("{text}{}", tokenizer.text(token)), place));
                        }
                    }
                }
                // More of them would only take time.
                longer.truncate(2000);
                open = longer;
            }
            assert!(whole > 0, "{source}");
        }
    }
}

#[test]
fn classes_and_escapes_are_those_of_javascript() {
    for (source, inside, outside) in [
        (r"\d", "0189", "a-\u{660}"),
        (r"\D", "a-\u{660}", "09"),
        (r"\w", "azAZ09_", "-é "),
        (r"\W", "-é ", "azAZ09_"),
        (
            r"\s",
            " \t\n\r\u{b}\u{c}\u{a0}\u{2003}\u{feff}",
            "a_\u{200b}",
        ),
        (r"\S", "a_\u{200b}", " \t\n"),
        (".", "a.\t é", "\n\r\u{2028}\u{2029}"),
        (r"\.", ".", "a\\"),
        (r"\\", "\\", "a"),
        (r"\n", "\n", "n"),
        (r"\t|\r|\v|\f|\0", "\t\r\u{b}\u{c}\0", "trvf0"),
        (r"\x41|\u00e9|\u{1f600}", "Aé😀", "x4u"),
        ("[a-cx]", "abcx", "dy-"),
        ("[^a-cx]", "dy-\n", "abcx"),
        (r"[\d_\-]", "05_-", "a\\"),
        (r"[^\s\w]", "-é", " a_"),
        ("[a-]", "a-", "b"),
        ("[-a]", "a-", "b"),
        ("[.*+?(){}|^$]", ".*+?(){}|^$", "a"),
        ("[é-ü]", "éêü", "aý"),
        ("[]a]?|b", "b", ""),
    ] {
        for (symbols, expected) in [(inside, true), (outside, false)] {
            for symbol in symbols.chars() {
                let got = matches_naive(source, &symbol.to_string());
                assert_eq!(got, expected, "{source} and {symbol:?}");
            }
        }
    }
}

#[test]
fn symbols_that_are_missing_are_named() {
    for (source, words) in [
        (r"\d{3}", r#"does not know, or may not write, "0""#),
        ("(a|x)[y-z]q", r#"may not write, "q", "x", "y""#),
        ("ghijklm", r#""g", "h", "i", "j", "k", …"#),
        ("a{9}", "may write"),
    ] {
        let error = pattern(source, "ab", 0, 5).err().unwrap().to_string();
        assert!(error.ends_with(words), "{source}: {error}");
        assert!(
            error.contains(&format!("\"{source}\"")),
            "as it is: {error}"
        );
    }
}

#[test]
fn what_is_not_supported_is_named() {
    for (source, words) in [
        ("(?=a)", "without lookahead"),
        ("a(?!b)", "without lookahead"),
        ("(?<=a)b", "without lookbehind"),
        ("(?<!a)b", "without lookbehind"),
        ("(?i:a)", "without groups that set flags"),
        (r"(a)\1", "without references to groups"),
        (r"(?<n>a)\k<n>", "without references to groups"),
        (r"a\b", "without word boundaries"),
        (r"\p{L}", "without classes of Unicode"),
        (r"\cA", "without escapes but"),
        ("a^b", "with ^ and $ at its ends alone"),
        ("(^a)", "with ^ and $ at its ends alone"),
        ("a$b", "with ^ and $ at its ends alone"),
        ("(a", "with a \")\" for each \"(\""),
        ("a)", "with a \"(\" for each \")\""),
        ("[a", "with a \"]\" for each \"[\""),
        ("[a-", "with a \"]\" for each \"[\""),
        ("*a", "with something to repeat"),
        ("a**", "with something to repeat"),
        ("a|+", "with something to repeat"),
        ("a{", "with {m}, {m,} or {m,n}"),
        ("a{,2}", "with {m}, {m,} or {m,n}"),
        ("a{3,2}", "with {m}, {m,} or {m,n}"),
        ("a{1001}", "with {m}, {m,} or {m,n}"),
        ("a{99999999999999999999}", "with {m}, {m,} or {m,n}"),
        ("[c-a]", "from the lower symbol to the higher"),
        (r"[a-\d]", "from one symbol to another"),
        ("a\\", "with something after each \\"),
        (r"\u{d800}", "with the number of a symbol"),
        (r"\xg", "with the number of a symbol"),
        ("a{999}b{26}", "of fewer than 1024 symbols"),
        ("(a{1000}){1000}", "of fewer than 1024 symbols"),
    ] {
        let error = pattern(source, "ab", 0, 9).err().unwrap().to_string();
        let beginning =
            format!("allowedPattern is \"{source}\", but must be a regular expression ");
        assert!(error.starts_with(&beginning), "{error}");
        assert!(error.contains(words), "{source}: {error}");
    }
    let deep = format!("{}a{}", "(".repeat(101), ")".repeat(101));
    let error = pattern(&deep, "ab", 0, 9).err().unwrap().to_string();
    assert!(error.contains("fewer parentheses"), "{error}");
    assert!(pattern(&deep[1..202], "ab", 0, 9).is_ok());
    // Repeating what has no symbols takes no time.
    assert!(pattern("(((){1000}){1000}){1000}a", "ab", 0, 9).is_ok());
    assert!(pattern("(a{0,1000})*", "ab", 0, 9).is_ok());
}

#[test]
fn a_pattern_that_nothing_can_match_is_refused() {
    let tokenizer = Tokenizer::from_source("ab").unwrap();
    let refused = |source: &str, banned: &[u32], min_length, length| {
        Pattern::new(source, &tokenizer, banned, min_length, length).is_err()
    };
    assert!(refused("xyz", &[], 0, 9), "not in the alphabet");
    assert!(refused("a{5}", &[], 0, 4), "too long");
    assert!(refused("a{2}", &[], 3, 4), "too short");
    assert!(refused("(a{3})*", &[], 4, 5), "never of that length");
    assert!(refused("ab", &[2], 0, 4), "b is banned");
    assert!(refused("[]", &[], 0, 4), "nothing");
    assert!(!refused("a(b|c)|x", &[], 2, 2));
    assert!(!refused("a*|b", &[1], 1, 1));
}
