//! A lexicon of bytes, single ones or put together by byte-pair encoding (Sennrich et al. 2016, on bytes as Radford et al. 2019).

use super::pairs::{Pair, PairMap, pair, units};
use super::split::first_word;
use crate::numbering::Numbering;
use std::collections::BinaryHeap;

/// The bytes are units, too, the first ones.
pub(super) const BYTES: usize = 256;
/// Units are numbers of 16 bits, in pairs and in files.
const MOST_UNITS: usize = 1 << 16;
/// Bytes of a unit, at most: a file of a few merges, each of the one before with itself, would ask for gigabytes. What is learnt
/// has no more than 131, of which all units together have less than 9 MB.
const MOST_BYTES_OF_UNIT: usize = 1 << 16;
const MOST_BYTES_OF_ALL: usize = 1 << 24;
/// Words whose tokens are remembered while a text is read: a text has few that come often.
const MOST_WORDS: usize = 1 << 16;
/// Marks a unit that is part of another by now, and the end of a word.
const GONE: u32 = u32::MAX;

/// Bytes, of which those that often stand together are one unit. Units have numbers from 0, in the order in which they were made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bytes {
    /// Tokens before that of the first byte.
    specials: u32,
    /// What is merged, and in which order: unit 256 + n is the n-th pair.
    pub merges: Vec<Pair>,
    ranks: PairMap,
    /// Whether GPT-2's contractions are words of their own.
    pub has_contractions: bool,
}

/// A word in the making: units that are linked, so that merging two moves nothing.
#[derive(Default)]
struct Word {
    units: Vec<u32>,
    before: Vec<u32>,
    after: Vec<u32>,
    /// What can be merged, the pair that was made first on top, the leftmost of equals; as the complement, because the
    /// heap has the largest on top.
    open: BinaryHeap<u64>,
}

impl Bytes {
    /// # Errors
    /// None for merges of units that are not made yet, of which one comes twice, and for more or longer units than there may be.
    pub fn new(merges: Vec<Pair>, has_contractions: bool, specials: u32) -> Option<Self> {
        if merges.len() > MOST_UNITS - BYTES {
            return None;
        }
        let mut ranks = PairMap::default();
        // Of the units that are made.
        let mut lengths = vec![1; BYTES];
        let mut sum = BYTES;
        for (&both, rank) in merges.iter().zip(0..) {
            let (left, right) = units(both);
            let len: usize = lengths.get(left as usize)? + lengths.get(right as usize)?;
            sum += len;
            let is_long = len > MOST_BYTES_OF_UNIT || sum > MOST_BYTES_OF_ALL;
            if is_long || ranks.get_or_insert(both, rank) != rank {
                return None;
            }
            lengths.push(len);
        }
        Some(Self {
            specials,
            merges,
            ranks,
            has_contractions,
        })
    }

    /// Hands out the tokens of a text.
    pub fn read(&self, text: &str, take: &mut dyn FnMut(u32)) {
        let mut take = |unit: u32| take(unit + self.specials);
        if self.merges.is_empty() {
            text.bytes().for_each(|byte| take(byte.into()));
            return;
        }
        // Of a word where its tokens are in `kept`: their number, then they.
        let mut known = Numbering::default();
        let mut kept: Vec<u32> = Vec::new();
        let mut making = Word::default();
        let mut rest = text;
        while !rest.is_empty() {
            let (word, after) = rest.split_at(first_word(rest, self.has_contractions));
            rest = after;
            if let Some(at) = known.get(word) {
                let at = at as usize;
                let len = kept[at] as usize;
                let units = &kept[at + 1..][..len];
                units.iter().for_each(|&unit| take(unit));
                continue;
            }
            self.merge(word, &mut making);
            let merged = making.units.iter().copied().filter(|&unit| unit != GONE);
            merged.clone().for_each(&mut take);
            if known.len() < MOST_WORDS {
                known.get_or_insert(word, kept.len() as u32);
                kept.push(merged.clone().count() as u32);
                kept.extend(merged);
            }
        }
    }

    /// Merges the pairs of a word, always the one that was made first, until there are none.
    fn merge(&self, text: &str, word: &mut Word) {
        let len = text.len() as u32;
        word.units.clear();
        word.units.extend(text.bytes().map(u32::from));
        word.before.clear();
        // Before the first there is none.
        word.before
            .extend((0..len).map(|at| at.checked_sub(1).unwrap_or(GONE)));
        word.after.clear();
        word.after
            .extend((1..=len).map(|at| if at < len { at } else { GONE }));
        for at in 0..len {
            self.open(word, at);
        }
        while let Some(next) = word.open.pop() {
            let (rank, at) = ((!next >> 32) as u32, !next as u32);
            // What has changed since is in the heap anew, or gone.
            if self.rank_at(word, at) == Some(rank) {
                let right = word.after[at as usize];
                let end = word.after[right as usize];
                word.units[at as usize] = BYTES as u32 + rank;
                word.units[right as usize] = GONE;
                word.after[at as usize] = end;
                if end != GONE {
                    word.before[end as usize] = at;
                }
                self.open(word, at);
                let before = word.before[at as usize];
                if before != GONE {
                    self.open(word, before);
                }
            }
        }
    }

    /// The rank of the pair that begins at a place; none where nothing is to be merged.
    fn rank_at(&self, word: &Word, at: u32) -> Option<u32> {
        let left = word.units[at as usize];
        let right = word.after[at as usize];
        if left == GONE || right == GONE {
            return None;
        }
        self.ranks.get(pair(left, word.units[right as usize]))
    }

    fn open(&self, word: &mut Word, at: u32) {
        if let Some(rank) = self.rank_at(word, at) {
            word.open.push(!(u64::from(rank) << 32 | u64::from(at)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Pcg32;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// Merges of letters and of what was merged before, the n-th as unit 256 + n.
    fn lexicon(merges: &[(u32, u32)]) -> Bytes {
        let merges = merges
            .iter()
            .map(|&(left, right)| pair(left, right))
            .collect();
        Bytes::new(merges, false, 3).unwrap()
    }

    fn read(lexicon: &Bytes, text: &str) -> Vec<u32> {
        let mut tokens = Vec::new();
        lexicon.read(text, &mut |token| tokens.push(token - 3));
        tokens
    }

    /// Merges all of one pair, in the order in which pairs were made.
    fn read_naive(merges: &[(u32, u32)], text: &str) -> Vec<u32> {
        let mut tokens = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (word, after) = rest.split_at(first_word(rest, false));
            rest = after;
            let mut units: Vec<u32> = word.bytes().map(u32::from).collect();
            for (rank, &(left, right)) in merges.iter().enumerate() {
                let mut at = 0;
                while at + 1 < units.len() {
                    if (units[at], units[at + 1]) == (left, right) {
                        units.splice(at..at + 2, [256 + rank as u32]);
                    }
                    at += 1;
                }
            }
            tokens.extend(units);
        }
        tokens
    }

    #[test]
    fn what_was_merged_first_is_merged_first() {
        let [a, b, c] = [97, 98, 99];
        let lexicon = lexicon(&[(b, c), (a, b), (257, 257), (a, 256)]);
        // ab comes after bc.
        assert_eq!(read(&lexicon, "abc"), [259]);
        assert_eq!(read(&lexicon, "ababab"), [258, 257]);
        assert_eq!(read(&lexicon, "ab abc"), [257, 32, 259]);
        assert_eq!(read(&lexicon, "é"), [0xc3, 0xa9]);
        let single = Bytes::new(Vec::new(), false, 3).unwrap();
        assert_eq!(read(&single, "é"), [0xc3, 0xa9]);
    }

    #[test]
    fn it_agrees_with_a_naive_twin() {
        let mut rng = Pcg32::new(1);
        for _ in 0..200 {
            let mut merges = Vec::new();
            for made in 0..12 {
                let mut unit = || match rng.next_u32() % 2 {
                    1 if made > 0 => 256 + rng.next_u32() % made,
                    _ => 97 + rng.next_u32() % 3,
                };
                let both = (unit(), unit());
                if !merges.contains(&both) {
                    merges.push(both);
                }
                if merges.len() <= made as usize {
                    break;
                }
            }
            let mut letters = |len| -> String {
                let letter = |_| ['a', 'b', 'c', 'a', 'b', ' '][rng.next_u32() as usize % 6];
                (0..len).map(letter).collect()
            };
            let text = letters(60) + &"ab".repeat(40) + &letters(20);
            let lexicon = lexicon(&merges);
            assert_eq!(
                read(&lexicon, &text),
                read_naive(&merges, &text),
                "{merges:?} {text}"
            );
        }
    }

    #[test]
    fn merges_of_what_is_not_there_are_refused() {
        assert!(Bytes::new(vec![pair(97, 256)], false, 0).is_none());
        assert!(Bytes::new(vec![pair(97, 98), pair(97, 98)], false, 0).is_none());
        assert!(Bytes::new(vec![pair(97, 98), pair(256, 256)], false, 0).is_some());
    }

    #[test]
    fn more_units_than_pairs_can_have_are_refused() {
        // Each byte with each: all different, and made.
        let pairs = (0..256).flat_map(|left| (0..256).map(move |right| pair(left, right)));
        let merges: Vec<Pair> = pairs.take(MOST_UNITS - BYTES + 1).collect();
        assert!(Bytes::new(merges.clone(), false, 0).is_none());
        let most = Bytes::new(merges[1..].to_vec(), false, 0).unwrap();
        assert_eq!(most.merges.len() + BYTES, MOST_UNITS);
    }

    #[test]
    fn units_of_too_many_bytes_are_refused() {
        let doubled = |times: u32| {
            let more = (1..times).map(|made| pair(255 + made, 255 + made));
            [pair(97, 97)]
                .into_iter()
                .chain(more)
                .collect::<Vec<Pair>>()
        };
        assert!(Bytes::new(doubled(16), false, 0).is_some());
        assert!(Bytes::new(doubled(17), false, 0).is_none());
        // 16 KiB with each byte, then with those, and so on: none is too long, but all are together.
        let mut merges = doubled(14);
        for row in 0..3 {
            let first = if row == 0 { 0 } else { 256 * row + 14 };
            merges.extend((first..first + 256).map(|unit| pair(269, unit)));
            let fits = row < 2;
            assert_eq!(
                Bytes::new(merges.clone(), false, 0).is_some(),
                fits,
                "{row}"
            );
        }
    }
}
