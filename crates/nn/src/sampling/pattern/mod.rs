//! Texts that match a regular expression, written so that none ends in a dead end. docs/maths.md (10).
//!
//! Literals, classes (`[a-z]`, `[^a-z]`, `\d`, `\w`, `\s` and their opposites, `.`), escapes, groups, `|`, `*`, `+`, `?`
//! and `{m,n}`, as JavaScript reads them without flags. Not there: lookaround, references, word boundaries, `\p`.

mod automaton;
mod letters;
mod parse;
mod set;
mod walk;

use super::options::{shortened, wrong};
use crate::error::allocate;
use crate::message::quoted;
use crate::tokenizer::Tokenizer;
use crate::{GrowsWith, Result};
use automaton::Automaton;
use letters::Letters;
use parse::{Class, parse};
use set::{MOST_PLACES, Set};
use walk::Walk;

/// Symbols that a message names at most.
const MOST_NAMED: usize = 5;

/// The automaton of Glushkov (1961): its states are the places of the pattern that take a symbol, and 0 for the start.
///
/// It is run as it is, with sets of states, and never made deterministic: how far a set is from the end is how far its
/// nearest state is, so that there is nothing to gain but speed, of which there is enough.
pub(crate) struct Pattern {
    /// Of each place those that may come next.
    follow: Vec<Set>,
    /// The places behind which the pattern may end.
    last: Set,
    /// Of each place, how many more symbols the pattern needs to end, if each is one character; none if it cannot.
    distance: Vec<Option<usize>>,
    /// For each number of symbols below the least length: the places that, reached with so many, can still end the
    /// pattern between that length and the most.
    early: Vec<Set>,
    length: usize,
    letters: Letters,
    /// [places, words]: which letters a place takes, a bit for each.
    taken: Vec<u64>,
    words: usize,
}

/// Where in a pattern a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    next: Set,
    /// Whether the text so far matches.
    pub is_complete: bool,
}

/// What a pattern allows next. Its memory is used again and again.
#[derive(Default)]
pub(crate) struct Allowed {
    /// A bit for each token.
    pub tokens: Vec<u64>,
    /// Letters after which the pattern can still be ended, and those that it takes at all.
    alive: Vec<u64>,
    taken: Vec<u64>,
    /// Along tokens of several characters.
    walk: Walk,
}

impl Pattern {
    /// - `banned`: tokens that are never written, in their order
    ///
    /// # Errors
    /// [`crate::Error::InvalidOption`] for one that cannot be read, or that no text of the alphabet and of a length in between
    /// matches; [`crate::Error::OutOfMemory`].
    pub fn new(
        pattern: &str,
        tokenizer: &Tokenizer,
        banned: &[u32],
        min_length: usize,
        length: usize,
    ) -> Result<Self> {
        let wrong = |expected: String| {
            let expected = format!("a regular expression {expected}");
            // As it is: quoted as Rust's strings are, its backslashes would be doubled.
            wrong(
                "allowedPattern",
                format!("\"{}\"", shortened(pattern)),
                expected,
            )
        };
        let node = parse(pattern).map_err(|expected| wrong(expected.into()))?;
        let places = Automaton::new(node)
            .ok_or_else(|| wrong(format!("of fewer than {MOST_PLACES} symbols and classes, those that repeat counted as often as they must or may come")))?;
        let classes = places.classes.clone();
        let mut automaton = Self::of(places, tokenizer, banned, length)?;
        automaton.look_ahead(min_length)?;
        if !automaton.is_alive(0, 0) {
            return Err(wrong(format!(
                "that a text of {min_length} to {length} symbols can match, all of which the model knows and may write{}",
                automaton.what_is_missing(&classes)
            )));
        }
        Ok(automaton)
    }

    fn of(
        automaton: Automaton,
        tokenizer: &Tokenizer,
        banned: &[u32],
        length: usize,
    ) -> Result<Self> {
        let Automaton {
            classes,
            follow,
            last,
        } = automaton;
        let letters = Letters::of(tokenizer, banned);
        let words = letters.characters.len().div_ceil(64);
        let mut taken: Vec<u64> = allocate(&[follow.len(), words], "allowedPattern")
            .map_err(|error| error.growing_with(GrowsWith::AllowedPattern))?;
        for (letter, &character) in letters.characters.iter().enumerate() {
            for (class, place) in classes.iter().zip(1..) {
                if class.has(character) {
                    taken[place * words + letter / 64] |= 1 << (letter % 64);
                }
            }
        }
        Ok(Self {
            distance: vec![None; follow.len()],
            follow,
            last,
            early: Vec::new(),
            length,
            letters,
            taken,
            words,
        })
    }

    /// For a message: the first few symbols of the pattern that cannot be written; of a class its lowest.
    fn what_is_missing(&self, classes: &[Class]) -> String {
        let places = (1..).zip(classes);
        let mut missing: Vec<char> = places
            .filter(|&(place, _)| !self.is_usable(place))
            .filter_map(|(_, class)| class.lowest())
            .collect();
        missing.sort_unstable();
        missing.dedup();
        let more = if missing.len() > MOST_NAMED {
            ", …"
        } else {
            ""
        };
        missing.truncate(MOST_NAMED);
        let named: Vec<String> = missing
            .iter()
            .map(|symbol| quoted(&symbol.to_string()))
            .collect();
        if named.is_empty() {
            return String::new();
        }
        format!(
            "; of its symbols the model does not know, or may not write, {}{more}",
            named.join(", ")
        )
    }

    /// Whether a text can come to a place. One that takes no character which is a symbol of its own is not counted on.
    fn is_usable(&self, place: usize) -> bool {
        let is_met = |taken: &[u64]| {
            let mut letters = taken.iter().zip(&self.letters.own);
            letters.any(|(taken, own)| taken & own != 0)
        };
        place == 0 || is_met(self.taken_by(place))
    }

    /// Finds out from which places the pattern can be ended, and how soon.
    fn look_ahead(&mut self, min_length: usize) -> Result<()> {
        let places = self.follow.len();
        let usable: Vec<usize> = (0..places).filter(|&place| self.is_usable(place)).collect();
        let mut found = Set::default();
        for steps in 0..places {
            let may_end = |&&place: &&usize| match steps {
                0 => self.last.has(place),
                _ => !found.has(place) && self.follow[place].meets(&found),
            };
            let next: Vec<usize> = usable.iter().filter(may_end).copied().collect();
            if next.is_empty() {
                break;
            }
            for place in next {
                self.distance[place] = Some(steps);
                found.insert(place);
            }
        }
        self.early = allocate(&[min_length], "minLength with allowedPattern")
            .map_err(|error| error.growing_with(GrowsWith::MinLength))?;
        for written in (0..min_length).rev() {
            let alive = |place: &usize| {
                self.follow[*place]
                    .iter()
                    .any(|next| self.is_alive(next, written + 1))
            };
            let alive = usable.iter().copied().filter(alive).collect();
            self.early[written] = alive;
        }
        Ok(())
    }

    /// Whether a text that has reached `place` with so many symbols can still end well.
    fn is_alive(&self, place: usize, written: usize) -> bool {
        match self.early.get(written) {
            Some(alive) => alive.has(place),
            None => self.distance[place].is_some_and(|steps| steps <= self.length - written),
        }
    }

    fn taken_by(&self, place: usize) -> &[u64] {
        &self.taken[place * self.words..][..self.words]
    }

    fn takes(&self, place: usize, letter: u32) -> bool {
        has(self.taken_by(place), letter)
    }

    pub fn start(&self) -> Place {
        Place {
            next: self.follow[0],
            is_complete: self.last.has(0),
        }
    }

    /// Whether a text in this place, which has so many symbols, can be given another one.
    pub fn goes_on(&self, place: &Place, written: usize) -> bool {
        written < self.length
            && place
                .next
                .iter()
                .any(|next| self.is_alive(next, written + 1))
    }

    /// Collects the tokens after which the pattern can still be ended; `allowed` is overwritten.
    pub fn allow(&self, place: &Place, written: usize, allowed: &mut Allowed) {
        let Allowed {
            tokens,
            alive,
            taken,
            walk,
        } = allowed;
        walk.begin();
        for letters in [&mut *alive, &mut *taken] {
            letters.clear();
            letters.resize(self.words, 0);
        }
        for next in place.next.iter() {
            add(taken, self.taken_by(next));
            if self.is_alive(next, written + 1) {
                add(alive, self.taken_by(next));
            }
        }
        tokens.clear();
        tokens.resize(self.letters.tokens().div_ceil(64), 0);
        for token in 0..self.letters.tokens() {
            let is_allowed = match *self.letters.of_token(token) {
                [letter] => has(alive, letter),
                [first, ..] => has(taken, first) && self.leads_on(place, token, written + 1, walk),
                [] => false,
            };
            tokens[token / 64] |= u64::from(is_allowed) << (token % 64);
        }
    }

    /// Whether a text can still end well after a token of several characters, with which it has so many symbols.
    fn leads_on(&self, place: &Place, token: usize, written: usize, walk: &mut Walk) -> bool {
        let (&last, before) = match self.letters.of_token(token).split_last() {
            Some(parts) => parts,
            None => return false,
        };
        let place = walk.along(self, place, before);
        let mut reached = place.next.iter().filter(|&next| self.takes(next, last));
        reached.any(|next| self.is_alive(next, written))
    }

    /// Goes on with a token that was allowed.
    pub fn follow(&self, place: &mut Place, token: u32) {
        for &letter in self.letters.of_token(token as usize) {
            self.step(place, letter);
        }
    }

    fn step(&self, place: &mut Place, letter: u32) {
        let reached = std::mem::take(&mut place.next);
        place.is_complete = false;
        for reached in reached
            .iter()
            .filter(|&reached| self.takes(reached, letter))
        {
            place.next.add(&self.follow[reached]);
            place.is_complete |= self.last.has(reached);
        }
    }
}

/// Whether a letter's bit is set.
fn has(letters: &[u64], letter: u32) -> bool {
    letters[letter as usize / 64] >> (letter % 64) & 1 == 1
}

/// Sets the bits of others, too.
fn add(letters: &mut [u64], others: &[u64]) {
    for (letters, others) in letters.iter_mut().zip(others) {
        *letters |= others;
    }
}

#[cfg(test)]
mod tests {
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
}
