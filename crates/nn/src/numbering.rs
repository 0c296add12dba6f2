//! Numbers for what comes again and again.

/// Marks a free slot.
const NONE: u32 = u32::MAX;
/// Slots of the smallest table.
const LEAST: usize = 64;

/// What a number can be given to.
pub(crate) trait Key: Copy + Eq + Default {
    /// 32 bits in which keys that differ rarely agree, the low ones too.
    fn hash(self) -> u32;
}

impl Key for u32 {
    fn hash(self) -> u32 {
        // The golden ratio spreads neighbours; only the high bits of the product depend on all of the key.
        let hash = self.wrapping_mul(0x9e37_79b1);
        hash ^ hash >> 15
    }
}

/// FNV-1a.
impl Key for &str {
    fn hash(self) -> u32 {
        let start = 0x811c_9dc5;
        let mix = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        self.bytes().fold(start, mix)
    }
}

/// A number for each of some keys, in a table with open addresses that is at most half full: the library's map would be slower, and
/// weigh more in the WebAssembly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Numbering<K> {
    /// Key and number; a power of two of them, or none.
    slots: Vec<(K, u32)>,
    len: usize,
}

impl<K: Key> Numbering<K> {
    /// How many keys have a number.
    pub fn len(&self) -> usize {
        self.len
    }

    /// The number of a key.
    pub fn get(&self, key: K) -> Option<u32> {
        if self.len == 0 {
            return None;
        }
        Some(self.slots[self.slot_of(key)].1).filter(|&number| number != NONE)
    }

    /// The number of a key; if it has none, it gets this one.
    pub fn get_or_insert(&mut self, key: K, number: u32) -> u32 {
        if 2 * self.len >= self.slots.len() {
            self.grow();
        }
        let slot = self.slot_of(key);
        let found = &mut self.slots[slot];
        if found.1 == NONE {
            *found = (key, number);
            self.len += 1;
        }
        found.1
    }

    /// Where a key is, or would be.
    fn slot_of(&self, key: K) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = key.hash() as usize & mask;
        while self.slots[slot].1 != NONE && self.slots[slot].0 != key {
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn grow(&mut self) {
        let size = (2 * self.slots.len()).max(LEAST);
        let old = std::mem::replace(&mut self.slots, vec![(K::default(), NONE); size]);
        for (key, number) in old.into_iter().filter(|&(_, number)| number != NONE) {
            let slot = self.slot_of(key);
            self.slots[slot] = (key, number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Pcg32;
    use std::collections::HashMap;
    use std::fmt::Debug;
    use std::hash::Hash;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn assert_as_the_library<K: Key + Hash + Debug>(keys: impl Iterator<Item = K>, absent: K) {
        let (mut numbering, mut expected) = (Numbering::default(), HashMap::new());
        assert_eq!(numbering.get(absent), None);
        for (key, number) in keys.zip(0..) {
            let own = *expected.entry(key).or_insert(number);
            assert_eq!(numbering.get_or_insert(key, number), own, "{key:?}");
        }
        for (&key, &number) in &expected {
            assert_eq!(numbering.get(key), Some(number), "{key:?}");
        }
        assert_eq!(numbering.len(), expected.len());
        assert_eq!(numbering.get(absent), None);
    }

    #[test]
    fn it_agrees_with_the_library() {
        let mut rng = Pcg32::new(1);
        let numbers: Vec<u32> = (0..5000)
            .map(|k| match k % 3 {
                0 => ((rng.next_u32() % 90) << 16) | (rng.next_u32() % 90),
                1 => u32::MAX - rng.next_u32() % 90,
                // Neighbours.
                _ => (k << 16) | (k + 1),
            })
            .collect();
        assert_as_the_library(numbers.iter().copied(), (200 << 16) | 1);
        let texts: Vec<String> = numbers.iter().map(|k| format!("{:b}", k % 4096)).collect();
        let texts = texts.iter().map(String::as_str);
        assert_as_the_library(["", "a", "b"].into_iter().chain(texts), "2");
    }
}
