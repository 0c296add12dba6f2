//! Strings at which a text ends.

use super::options::wrong;
use crate::Result;

/// Most strings, and most characters of one.
const MOST_STOPS: usize = 64;
const MOST_SYMBOLS: usize = 1000;

/// Stop strings, looked for in the bytes of the text by the automaton of Knuth, Morris and Pratt (1977).
pub(crate) struct Stops {
    stops: Vec<Stop>,
    /// Bytes of the longest.
    pub longest: usize,
}

struct Stop {
    bytes: Vec<u8>,
    /// Of each beginning of `bytes`, how much of its end is a beginning of them, too.
    borders: Vec<usize>,
}

/// A stop string that has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Its bytes.
    pub len: usize,
    /// Bytes of the piece that stand behind it.
    pub behind: usize,
}

impl Stops {
    /// # Errors
    /// [`crate::Error::InvalidOption`] for an empty one, and for too many.
    pub fn new(strings: &[String]) -> Result<Self> {
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
        Ok(Self {
            stops: strings.iter().map(|string| Stop::new(string)).collect(),
            longest: strings.iter().map(String::len).max().unwrap_or(0),
        })
    }

    pub fn is_empty(&self) -> bool {
        self.stops.is_empty()
    }

    pub fn len(&self) -> usize {
        self.stops.len()
    }

    /// Follows the text, which goes on with `piece`: `matched` is, of each string, how many of its first bytes the text ends
    /// with. The first string that is whole now; of several that end in the same place, the longest.
    pub fn follow(&self, matched: &mut [usize], piece: &[u8]) -> Option<Found> {
        for (at, &byte) in piece.iter().enumerate() {
            let mut longest = None;
            for (stop, matched) in self.stops.iter().zip(&mut *matched) {
                *matched = stop.next(*matched, byte);
                if *matched == stop.bytes.len() {
                    longest = longest.max(Some(*matched));
                }
            }
            if let Some(len) = longest {
                let behind = piece.len() - at - 1;
                return Some(Found { len, behind });
            }
        }
        None
    }
}

impl Stop {
    fn new(string: &str) -> Self {
        let bytes = string.as_bytes().to_vec();
        let mut stop = Self {
            borders: vec![0; bytes.len()],
            bytes,
        };
        for at in 1..stop.bytes.len() {
            stop.borders[at] = stop.next(stop.borders[at - 1], stop.bytes[at]);
        }
        stop
    }

    /// How many of the first bytes a text ends with, that ended with `matched`, not all, before it got `byte`.
    fn next(&self, mut matched: usize, byte: u8) -> usize {
        while self.bytes[matched] != byte {
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

    /// The text up to the first stop string: what it is cut to, and after each piece how much was held back.
    fn cut(strings: &[&str], pieces: &[&str]) -> (String, Vec<usize>) {
        let strings: Vec<String> = strings.iter().map(|&string| string.into()).collect();
        let stops = Stops::new(&strings).unwrap();
        let mut matched = vec![0; stops.len()];
        let (mut written, mut held_back) = (String::new(), Vec::new());
        for piece in pieces {
            written.push_str(piece);
            if let Some(found) = stops.follow(&mut matched, piece.as_bytes()) {
                written.truncate(written.len() - found.behind - found.len);
                break;
            }
            held_back.push(matched.iter().copied().max().unwrap_or(0));
        }
        (written, held_back)
    }

    fn letters(text: &str) -> Vec<&str> {
        text.split_inclusive(|_| true).collect()
    }

    #[test]
    fn a_text_ends_before_the_first_of_them() {
        let cut = |strings: &[&str], text| cut(strings, &letters(text));
        assert_eq!(cut(&["bc"], "abcabc"), ("a".into(), vec![0, 1]));
        assert_eq!(cut(&["aab"], "aaab"), ("a".into(), vec![1, 2, 2]));
        assert_eq!(cut(&["abac"], "ababac"), ("ab".into(), vec![1, 2, 3, 2, 3]));
        // Both end at the same symbol: the longer one goes.
        assert_eq!(cut(&["c", "bc"], "abc"), ("a".into(), vec![0, 1]));
        assert_eq!(cut(&["a"], "abc"), (String::new(), vec![]));
        assert_eq!(cut(&[], "ab"), ("ab".into(), vec![0, 0]));
        assert_eq!(cut(&["bz"], "ab"), ("ab".into(), vec![0, 1]));
        assert_eq!(cut(&["é狼"], "aé狼b"), ("a".into(), vec![0, 2]));
    }

    #[test]
    fn it_may_stand_within_a_piece_or_over_the_end_of_one() {
        assert_eq!(cut(&["lo w"], &["hel", "lo world"]).0, "hel");
        assert_eq!(cut(&["o w"], &["hel", "lo world"]).0, "hell");
        assert_eq!(cut(&["ld", "o"], &["hello world"]).0, "hell");
        assert_eq!(cut(&["ld", "o w"], &["hello world"]).0, "hell");
        assert_eq!(
            cut(&["ldx"], &["hello world"]),
            ("hello world".into(), vec![2])
        );
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
            let (written, held_back) = cut(&strings, &letters(&text));
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
            let size = 1 + round % 7;
            let pieces: Vec<&str> = letters(&text);
            let pieces: Vec<String> = pieces.chunks(size).map(<[&str]>::concat).collect();
            let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
            assert_eq!(cut(&strings, &pieces).0, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn empty_long_and_many_strings_are_refused() {
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
            let error = Stops::new(&strings).err().unwrap();
            assert_eq!(error.to_string(), words);
        }
        assert!(Stops::new(&vec!["a".repeat(1000); 64]).is_ok());
    }
}
