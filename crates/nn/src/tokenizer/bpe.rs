//! Learning which bytes of a text belong together: byte-pair encoding (Gage 1994; Sennrich et al. 2016, arXiv 1508.07909).

use super::bytes::BYTES;
use super::pairs::{Pair, PairMap, pair, units};
use super::split::first_word;
use crate::numbering::Numbering;
use std::collections::BinaryHeap;

/// Longer words are learnt from in parts of about so many bytes: a merge looks at all of each word that it changes.
const MOST_BYTES: usize = 128;
/// A pair that comes once teaches nothing.
const LEAST_COUNT: u32 = 2;

/// The words of a text, each once, and what stands next to each other in them.
struct Words {
    /// The units of all words, one word after the other; a word that was merged uses less of its place.
    units: Vec<u32>,
    places: Vec<Place>,
    number_of: PairMap,
    pairs: Vec<Counted>,
}

struct Place {
    start: u32,
    len: u32,
    /// How often the word comes.
    count: u32,
}

struct Counted {
    pair: Pair,
    /// How often it comes, in all words.
    count: u32,
    /// Words that had it once, some of them more than once; in some it is gone.
    words: Vec<u32>,
}

/// Which pairs to merge, in their order, up to so many: always the most frequent one, of equals the one with the smallest units.
///
/// Pairs are counted once. After a merge only the words that it changed are looked at again, and the next most frequent pair comes from a
/// heap whose entries are corrected when they come to the top: so 1,000 merges of a text take little longer than reading it.
pub(super) fn learn<'a>(
    texts: impl Iterator<Item = &'a str>,
    has_contractions: bool,
    most: usize,
) -> Vec<Pair> {
    let mut words = Words::of(texts, has_contractions);
    let mut open: BinaryHeap<u64> = BinaryHeap::new();
    let mut known = 0;
    let mut merges = Vec::new();
    while merges.len() < most {
        for number in known..words.pairs.len() {
            open.push(key(&words.pairs[number]));
        }
        known = words.pairs.len();
        let Some(number) = most_frequent(&words, &mut open) else {
            break;
        };
        merges.push(words.pairs[number].pair);
        words.merge(number, (BYTES + merges.len() - 1) as u32);
    }
    merges
}

/// Larger for pairs that come more often, then for smaller pairs.
fn key(counted: &Counted) -> u64 {
    u64::from(counted.count) << 32 | u64::from(!counted.pair)
}

fn most_frequent(words: &Words, open: &mut BinaryHeap<u64>) -> Option<usize> {
    loop {
        let top = open.pop()?;
        let number = words.number_of.get(!(top as u32))? as usize;
        let counted = &words.pairs[number];
        if counted.count < LEAST_COUNT {
            // It never comes more often again.
            continue;
        }
        if key(counted) == top {
            return Some(number);
        }
        open.push(key(counted));
    }
}

impl Words {
    fn of<'a>(texts: impl Iterator<Item = &'a str>, has_contractions: bool) -> Self {
        let mut words = Self {
            units: Vec::new(),
            places: Vec::new(),
            number_of: PairMap::default(),
            pairs: Vec::new(),
        };
        let mut known = Numbering::default();
        let find = |text: &str| first_word(text, has_contractions);
        for text in texts {
            for_parts(text, find, |part| {
                let number = known.get_or_insert(part, words.places.len() as u32) as usize;
                if number == words.places.len() {
                    words.places.push(Place {
                        start: words.units.len() as u32,
                        len: part.len() as u32,
                        count: 0,
                    });
                    words.units.extend(part.bytes().map(u32::from));
                }
                words.places[number].count += 1;
            });
        }
        for number in 0..words.places.len() {
            words.count(number as u32, |_| true);
        }
        words
    }

    fn units_of(&self, word: u32) -> &[u32] {
        let Place { start, len, .. } = self.places[word as usize];
        &self.units[start as usize..][..len as usize]
    }

    /// Counts the pairs of a word, and notes the word at those that are new in it.
    fn count(&mut self, word: u32, is_new: impl Fn(Pair) -> bool) {
        let Place { start, len, count } = self.places[word as usize];
        for at in start as usize..(start + len) as usize - 1 {
            let both = pair(self.units[at], self.units[at + 1]);
            let next = self.pairs.len() as u32;
            let number = self.number_of.get_or_insert(both, next);
            if number == next {
                self.pairs.push(Counted {
                    pair: both,
                    count: 0,
                    words: Vec::new(),
                });
            }
            let counted = &mut self.pairs[number as usize];
            counted.count += count;
            if is_new(both) && counted.words.last() != Some(&word) {
                counted.words.push(word);
            }
        }
    }

    /// Takes the pairs of a word off the counts.
    fn discount(&mut self, word: u32) {
        let Place { start, len, count } = self.places[word as usize];
        for at in start as usize..(start + len) as usize - 1 {
            let both = pair(self.units[at], self.units[at + 1]);
            if let Some(number) = self.number_of.get(both) {
                self.pairs[number as usize].count -= count;
            }
        }
    }

    /// Makes one unit of a pair, everywhere.
    fn merge(&mut self, number: usize, whole: u32) {
        let (left, right) = units(self.pairs[number].pair);
        for word in std::mem::take(&mut self.pairs[number].words) {
            if !self
                .units_of(word)
                .windows(2)
                .any(|both| both == [left, right])
            {
                continue;
            }
            self.discount(word);
            let Place { start, len, .. } = self.places[word as usize];
            let (start, end) = (start as usize, (start + len) as usize);
            let (mut from, mut to) = (start, start);
            while from < end {
                let is_there =
                    from + 1 < end && self.units[from] == left && self.units[from + 1] == right;
                self.units[to] = if is_there { whole } else { self.units[from] };
                from += if is_there { 2 } else { 1 };
                to += 1;
            }
            self.places[word as usize].len = (to - start) as u32;
            let has_whole = |both| {
                let (left, right) = units(both);
                left == whole || right == whole
            };
            self.count(word, has_whole);
        }
    }
}

/// Hands out the words of a text, long ones in parts.
///
/// - `find`: the bytes of the word that a text begins with. It looks through all of the word, so that it is asked once for each
fn for_parts<'a>(text: &'a str, find: impl Fn(&str) -> usize, mut take: impl FnMut(&'a str)) {
    let mut rest = text;
    while !rest.is_empty() {
        let (mut word, after) = rest.split_at(find(rest));
        rest = after;
        while !word.is_empty() {
            let is_end = |at: &usize| word.is_char_boundary(*at);
            let end = (MOST_BYTES..word.len()).find(is_end);
            let (part, others) = word.split_at(end.unwrap_or(word.len()));
            take(part);
            word = others;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Pcg32;
    use std::cell::Cell;
    use std::collections::HashMap;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// Counts everything anew for every merge.
    fn learn_naive(text: &str, most: usize) -> Vec<Pair> {
        let mut words: Vec<Vec<u32>> = Vec::new();
        for_parts(
            text,
            |text| first_word(text, false),
            |part| words.push(part.bytes().map(u32::from).collect()),
        );
        let mut merges = Vec::new();
        while merges.len() < most {
            let mut counts: HashMap<Pair, u32> = HashMap::new();
            for both in words.iter().flat_map(|word| word.windows(2)) {
                *counts.entry(pair(both[0], both[1])).or_default() += 1;
            }
            let best = counts.into_iter().max_by_key(|&(both, n)| (n, !both));
            let Some((both, _)) = best.filter(|&(_, n)| n >= LEAST_COUNT) else {
                break;
            };
            let whole = (BYTES + merges.len()) as u32;
            merges.push(both);
            for word in &mut words {
                let mut at = 0;
                while at + 1 < word.len() {
                    if pair(word[at], word[at + 1]) == both {
                        word.splice(at..at + 2, [whole]);
                    }
                    at += 1;
                }
            }
        }
        merges
    }

    #[test]
    fn the_most_frequent_pair_comes_first_and_of_equals_the_smallest() {
        let [a, b, c, space] = [97, 98, 99, 32];
        let merges = learn("abc abc abd".split_inclusive(' '), false, 9);
        // ab comes three times, and c follows it twice.
        assert_eq!(merges[..2], [pair(a, b), pair(256, c)]);
        let equal = learn(["ba ba ab ab"].into_iter(), false, 2);
        assert_eq!(equal[0], pair(space, a), "{equal:?}");
        assert!(learn(["abcdef"].into_iter(), false, 9).is_empty());
        assert!(learn(["abab"].into_iter(), false, 0).is_empty());
    }

    #[test]
    fn it_agrees_with_a_naive_twin() {
        let mut rng = Pcg32::new(7);
        for round in 0..60 {
            let letters: Vec<char> = ["ab ", "abcd é狼\n", "aa b"][round % 3].chars().collect();
            let letter = |_| letters[rng.next_u32() as usize % letters.len()];
            let mut text: String = (0..400).map(letter).collect();
            text += &"aaa".repeat(round);
            assert_eq!(
                learn([&text[..]].into_iter(), false, 60),
                learn_naive(&text, 60),
                "{text}"
            );
        }
        let prose = "the crow and the fox and the heron, and a theatre. ".repeat(9);
        let merges = learn([&prose[..]].into_iter(), false, 500);
        assert_eq!(merges, learn_naive(&prose, 500));
        assert!(merges.len() > 15, "{}", merges.len());
    }

    #[test]
    fn a_long_word_is_found_once_and_learnt_in_parts() {
        let text = format!("{} né {}", "7".repeat(1000), "狼".repeat(1000));
        let looked_at = Cell::new(0);
        let find = |text: &str| {
            let len = first_word(text, false);
            looked_at.set(looked_at.get() + len);
            len
        };
        let mut parts = Vec::new();
        for_parts(&text, find, |part| parts.push(part));
        assert_eq!(looked_at.get(), text.len());
        assert_eq!(parts.concat(), text);
        let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
        assert_eq!(lengths[..9], [128, 128, 128, 128, 128, 128, 128, 104, 4]);
        // Of characters of three bytes 43 are the first to reach 128; the first part begins with a space.
        assert_eq!(lengths[9..11], [130, 129]);
        assert!(learn([&text[..]].into_iter(), false, 20).contains(&pair(55, 55)));
    }

    #[test]
    fn texts_do_not_run_into_each_other() {
        let apart = learn(["ab", "cb", "ab", "cb"].into_iter(), false, 9);
        assert_eq!(apart, [pair(97, 98), pair(99, 98)]);
    }
}
