//! A map from symbols, made for reading long texts.

/// Code points of a block.
const BLOCK: usize = 256;
/// Marks what is not there.
const NO_VALUE: u32 = u32::MAX;
const NO_BLOCK: u16 = u16::MAX;

/// A number for each of some symbols: a table by code point in blocks of 256, of which most alphabets need one or two and
/// Chinese about 80. Looking a symbol up takes two reads. Two maps are equal if the same was put in in the same order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SymbolMap {
    /// Which block holds the code points from 256 k on.
    block_of: Vec<u16>,
    blocks: Vec<[u32; BLOCK]>,
    len: usize,
}

impl SymbolMap {
    pub fn new() -> Self {
        Self {
            block_of: vec![NO_BLOCK; char::MAX as usize / BLOCK + 1],
            blocks: Vec::new(),
            len: 0,
        }
    }

    /// How many symbols are in it.
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn get(&self, symbol: char) -> Option<u32> {
        let code = symbol as usize;
        let block = self.blocks.get(usize::from(self.block_of[code / BLOCK]))?;
        Some(block[code % BLOCK]).filter(|&value| value != NO_VALUE)
    }

    /// Gives `symbol` this number, which is not the largest of all. It replaces another.
    pub fn insert(&mut self, symbol: char, value: u32) {
        debug_assert!(value != NO_VALUE, "{symbol:?}");
        let code = symbol as usize;
        let number = &mut self.block_of[code / BLOCK];
        if *number == NO_BLOCK {
            *number = self.blocks.len() as u16;
            self.blocks.push([NO_VALUE; BLOCK]);
        }
        let place = &mut self.blocks[usize::from(*number)][code % BLOCK];
        self.len += usize::from(*place == NO_VALUE);
        *place = value;
    }

    /// Its symbols in the order of their code points.
    pub fn symbols(&self) -> impl Iterator<Item = char> {
        let starts = self.block_of.iter().enumerate();
        starts.flat_map(|(k, &number)| {
            let block = self.blocks.get(usize::from(number));
            let places = block.into_iter().flatten().enumerate();
            places
                .filter(|&(_, &value)| value != NO_VALUE)
                .filter_map(move |(at, _)| char::from_u32((k * BLOCK + at) as u32))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn what_was_put_in_is_found_and_in_order() {
        let mut map = SymbolMap::new();
        let symbols = ['乌', 'b', '\0', 'ÿ', 'Ā', '𝄞', char::MAX, 'a'];
        for (symbol, value) in symbols.into_iter().zip(10..) {
            assert_eq!(map.get(symbol), None);
            map.insert(symbol, value);
        }
        for (symbol, value) in symbols.into_iter().zip(10..) {
            assert_eq!(map.get(symbol), Some(value), "{symbol:?}");
        }
        map.insert('a', 0);
        assert_eq!((map.get('a'), map.len()), (Some(0), symbols.len()));
        let mut sorted = symbols.to_vec();
        sorted.sort_unstable();
        assert_eq!(map.symbols().collect::<Vec<char>>(), sorted);
        assert_eq!([map.get('c'), map.get('鸟')], [None, None]);
    }
}
