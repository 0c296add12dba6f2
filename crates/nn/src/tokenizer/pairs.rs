//! Pairs of units, for byte-pair encoding.

use crate::numbering::Numbering;

/// Two units, one after the other. Units are below 65,536.
pub(super) type Pair = u32;

/// A number for each of some pairs.
pub(super) type PairMap = Numbering<Pair>;

/// The pair of two units.
pub(super) fn pair(left: u32, right: u32) -> Pair {
    debug_assert!(left < 0x1_0000 && right < 0x1_0000, "{left} {right}");
    left << 16 | right
}

/// The units of a pair.
pub(super) fn units(pair: Pair) -> (u32, u32) {
    (pair >> 16, pair & 0xffff)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_pair_has_its_units() {
        assert_eq!(units(pair(3, 0xffff)), (3, 0xffff));
        assert_eq!(units(pair(0xffff, 0)), (0xffff, 0));
    }
}
