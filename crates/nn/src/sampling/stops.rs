//! Strings at which a text ends.

use super::options::wrong;
use crate::Result;
use crate::tokenizer::Tokenizer;

/// Most strings, and most symbols of one.
const MOST_STOPS: usize = 64;
const MOST_SYMBOLS: usize = 1000;

/// Stop strings, looked for by the automaton of Knuth, Morris and Pratt (1977).
pub(crate) struct Stops {
    stops: Vec<Stop>,
}

struct Stop {
    tokens: Vec<u32>,
    /// Of each beginning of `tokens`, how much of its end is a beginning of them, too.
    borders: Vec<usize>,
}

impl Stops {
    /// A string with a symbol that the model does not know is never written, and left out.
    ///
    /// # Errors
    /// [`crate::Error::InvalidOption`] for an empty one, and for too many.
    pub fn new(strings: &[String], tokenizer: &Tokenizer) -> Result<Self> {
        let is_fine = |string: &String| (1..=MOST_SYMBOLS).contains(&string.chars().count());
        if let Some(string) = strings.iter().find(|string| !is_fine(string)) {
            let got = if string.is_empty() {
                "empty"
            } else {
                "too long"
            };
            let expected = format!("of 1 to {MOST_SYMBOLS} symbols");
            return Err(wrong("stop", got.into(), expected));
        }
        if strings.len() > MOST_STOPS {
            let got = format!("a list of {}", strings.len());
            let expected = format!("one string, or at most {MOST_STOPS}");
            return Err(wrong("stop", got, expected));
        }
        let known = strings.iter().filter_map(|string| {
            string
                .chars()
                .map(|symbol| tokenizer.token(symbol))
                .collect()
        });
        let stops = known.map(Stop::new).collect();
        Ok(Self { stops })
    }

    pub fn is_empty(&self) -> bool {
        self.stops.is_empty()
    }

    pub fn len(&self) -> usize {
        self.stops.len()
    }

    /// Follows the text, which has got one more symbol: `matched` is, of each string, how many of its first symbols the
    /// text ends with. If it now ends with all of one, how many symbols that has; of several, the longest.
    pub fn follow(&self, matched: &mut [usize], token: u32) -> Option<usize> {
        let mut found = None;
        for (stop, matched) in self.stops.iter().zip(matched) {
            *matched = stop.next(*matched, token);
            if *matched == stop.tokens.len() {
                found = found.max(Some(*matched));
            }
        }
        found
    }

    /// Calls `ban` with each token that would end a text of `written` symbols while it is shorter than `min_length`.
    pub fn for_early(
        &self,
        matched: &[usize],
        written: usize,
        min_length: usize,
        mut ban: impl FnMut(u32),
    ) {
        for (stop, &matched) in self.stops.iter().zip(matched) {
            let len = stop.tokens.len();
            if matched + 1 == len && written + 1 < min_length + len {
                ban(stop.tokens[matched]);
            }
        }
    }
}

impl Stop {
    fn new(tokens: Vec<u32>) -> Self {
        let mut stop = Self {
            borders: vec![0; tokens.len()],
            tokens,
        };
        for at in 1..stop.tokens.len() {
            stop.borders[at] = stop.next(stop.borders[at - 1], stop.tokens[at]);
        }
        stop
    }

    /// How many of the first symbols a text ends with, that ended with `matched`, not all, before it got `token`.
    fn next(&self, mut matched: usize, token: u32) -> usize {
        while self.tokens[matched] != token {
            if matched == 0 {
                return 0;
            }
            matched = self.borders[matched - 1];
        }
        matched + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Pcg32;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn stops(strings: &[&str]) -> (Stops, Tokenizer) {
        let tokenizer = Tokenizer::from_source("abc").unwrap();
        let strings: Vec<String> = strings.iter().map(|&string| string.into()).collect();
        (Stops::new(&strings, &tokenizer).unwrap(), tokenizer)
    }

    /// The text up to the first stop string: what it is cut to, and at each symbol how much was held back.
    fn cut(strings: &[&str], text: &str) -> (String, Vec<usize>) {
        let (stops, tokenizer) = stops(strings);
        let mut matched = vec![0; stops.len()];
        let (mut written, mut held_back) = (String::new(), Vec::new());
        for symbol in text.chars() {
            written.push(symbol);
            if let Some(len) = stops.follow(&mut matched, tokenizer.token(symbol).unwrap()) {
                written.truncate(written.len() - len);
                break;
            }
            held_back.push(matched.iter().copied().max().unwrap_or(0));
        }
        (written, held_back)
    }

    #[test]
    fn a_text_ends_before_the_first_of_them() {
        assert_eq!(cut(&["bc"], "abcabc"), ("a".into(), vec![0, 1]));
        assert_eq!(cut(&["aab"], "aaab"), ("a".into(), vec![1, 2, 2]));
        assert_eq!(cut(&["abac"], "ababac"), ("ab".into(), vec![1, 2, 3, 2, 3]));
        // Both end at the same symbol: the longer one goes.
        assert_eq!(cut(&["c", "bc"], "abc"), ("a".into(), vec![0, 1]));
        assert_eq!(cut(&["a"], "abc"), (String::new(), vec![]));
        assert_eq!(cut(&[], "ab"), ("ab".into(), vec![0, 0]));
        // A symbol of no text of this model.
        assert_eq!(cut(&["bz"], "ab"), ("ab".into(), vec![0, 0]));
    }

    #[test]
    fn the_automaton_agrees_with_a_search() {
        let mut rng = Pcg32::new(5);
        let mut random = |len| -> String {
            let mut symbol = |_| ['a', 'b'][rng.next_u32() as usize % 2];
            (0..len).map(&mut symbol).collect()
        };
        for round in 0..500 {
            let strings = [random(1 + round % 5), random(3), random(6)];
            let text = random(30);
            let strings: Vec<&str> = strings.iter().map(String::as_str).collect();
            let (written, held_back) = cut(&strings, &text);
            // The first that ends, and of those that end there the longest.
            let ends =
                (1..=text.len()).find(|&end| strings.iter().any(|s| text[..end].ends_with(s)));
            let longest = |end: usize| {
                let those = strings.iter().filter(|s| text[..end].ends_with(**s));
                those.map(|s| s.len()).max().unwrap()
            };
            let expected = ends.map_or(&text[..], |end| &text[..end - longest(end)]);
            assert_eq!(written, expected, "{strings:?} in {text}");
            for (at, &held) in held_back.iter().enumerate() {
                let begun = |len: &usize| {
                    let end = &text[at + 1 - len..=at];
                    strings.iter().any(|s| s.len() > *len && s.starts_with(end))
                };
                assert_eq!(held, (0..=at + 1).filter(begun).max().unwrap());
            }
        }
    }

    #[test]
    fn what_would_end_a_text_too_early_is_named() {
        let (stops, _) = stops(&["b", "ab", "cc"]);
        let early = |matched: &[usize], written, min_length| {
            let mut banned = Vec::new();
            stops.for_early(matched, written, min_length, |token| banned.push(token));
            banned
        };
        // Of "ab" the a is there; b alone would leave one symbol, "ab" none.
        assert!(early(&[0, 1, 0], 1, 0).is_empty());
        assert_eq!(early(&[0, 1, 0], 1, 1), [2]);
        assert_eq!(early(&[0, 1, 0], 1, 2), [2, 2]);
        assert_eq!(early(&[0, 0, 1], 3, 3), [3]);
        assert!(early(&[0, 0, 1], 4, 3).is_empty());
    }

    #[test]
    fn empty_long_and_many_strings_are_refused() {
        let tokenizer = Tokenizer::from_source("abc").unwrap();
        for (strings, words) in [
            (
                vec![String::new()],
                "stop is empty, but must be of 1 to 1000 symbols",
            ),
            (
                vec!["a".repeat(1001)],
                "stop is too long, but must be of 1 to 1000 symbols",
            ),
            (
                vec!["a".into(); 65],
                "stop is a list of 65, but must be one string, or at most 64",
            ),
        ] {
            let error = Stops::new(&strings, &tokenizer).err().unwrap();
            assert_eq!(error.to_string(), words);
        }
        assert!(Stops::new(&vec!["a".repeat(1000); 64], &tokenizer).is_ok());
    }
}
