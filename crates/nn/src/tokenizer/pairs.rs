//! A map from pairs of units, made for byte-pair encoding.

/// Marks a free slot.
const NONE: u32 = u32::MAX;
/// Slots of the smallest table.
const LEAST: usize = 64;

/// Two units, one after the other. Units are below 65,536.
pub(super) type Pair = u32;

/// The pair of two units.
pub(super) fn pair(left: u32, right: u32) -> Pair {
    debug_assert!(left < 0x1_0000 && right < 0x1_0000, "{left} {right}");
    left << 16 | right
}

/// The units of a pair.
pub(super) fn units(pair: Pair) -> (u32, u32) {
    (pair >> 16, pair & 0xffff)
}

/// A number for each of some pairs, in a table with open addresses that is at most half full: the library's map would be slower, and
/// weigh more in the WebAssembly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PairMap {
    /// Pair and number; a power of two of them, or none.
    slots: Vec<(Pair, u32)>,
    len: usize,
}

impl PairMap {
    pub fn get(&self, pair: Pair) -> Option<u32> {
        if self.len == 0 {
            return None;
        }
        Some(self.slots[self.slot_of(pair)].1).filter(|&number| number != NONE)
    }

    /// The number of a pair; if it has none, it gets this one.
    pub fn get_or_insert(&mut self, pair: Pair, number: u32) -> u32 {
        if 2 * self.len >= self.slots.len() {
            self.grow();
        }
        let slot = self.slot_of(pair);
        let found = &mut self.slots[slot];
        if found.1 == NONE {
            *found = (pair, number);
            self.len += 1;
        }
        found.1
    }

    /// Where a pair is, or would be.
    fn slot_of(&self, pair: Pair) -> usize {
        let mask = self.slots.len() - 1;
        // The golden ratio spreads neighbours; only the high bits of the product depend on all of the pair.
        let hash = pair.wrapping_mul(0x9e37_79b1);
        let mut slot = (hash ^ hash >> 15) as usize & mask;
        while self.slots[slot].1 != NONE && self.slots[slot].0 != pair {
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn grow(&mut self) {
        let size = (2 * self.slots.len()).max(LEAST);
        let old = std::mem::replace(&mut self.slots, vec![(0, NONE); size]);
        for (pair, number) in old.into_iter().filter(|&(_, number)| number != NONE) {
            let slot = self.slot_of(pair);
            self.slots[slot] = (pair, number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn it_agrees_with_the_library() {
        let (mut map, mut expected) = (PairMap::default(), HashMap::new());
        assert_eq!(map.get(pair(0, 0)), None);
        let mut rng = crate::rng::Pcg32::new(1);
        for number in 0..5000 {
            let [left, right] = [0; 2].map(|_| rng.next_u32() % 90);
            // Neighbours, and the largest there are.
            let pair = match number % 3 {
                0 => pair(left, right),
                1 => pair(0xffff - left, 0xffff - right),
                _ => pair(number, number + 1),
            };
            let own = *expected.entry(pair).or_insert(number);
            assert_eq!(map.get_or_insert(pair, number), own);
        }
        for (&pair, &number) in &expected {
            assert_eq!(map.get(pair), Some(number));
        }
        assert_eq!(map.get(pair(200, 1)), None);
        assert_eq!(units(pair(3, 0xffff)), (3, 0xffff));
    }
}
