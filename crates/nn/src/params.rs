//! Where each parameter lies in the flat arena. Gradients, Adam's moments and anything else of that size use
//! the same layout.

use crate::config::ModelConfig;
use crate::{Error, Result};
use std::ops::Range;

/// Parameters start at multiples of this many elements, so that SIMD passes over the arena never straddle two
/// of them. The padding is zero and stays zero.
const ALIGNMENT: u64 = 4;

/// Most elements of one parameter: safetensors counts a tensor's bits in 32 bits on WebAssembly, and would not read back a larger one.
const MOST_ELEMENTS: u64 = (1 << 27) - 1;

/// One parameter: its name as PyTorch has it, its shape and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParamSpec {
    /// `embedding.weight`, `rnn.weight_ih_l0`, ...
    pub name: String,
    /// Rows and columns, or one length.
    pub shape: Vec<usize>,
    /// Elements of the arena.
    pub range: Range<usize>,
}

/// The parameters of one recurrent layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerParams {
    /// W_ih [G H, D]
    pub w_ih: Range<usize>,
    /// W_hh [G H, H]
    pub w_hh: Range<usize>,
    /// b_ih [G H]
    pub b_ih: Range<usize>,
    /// b_hh [G H]
    pub b_hh: Range<usize>,
}

/// The arena of a model: embedding, recurrent layers from the bottom up, output layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// In the order of the arena.
    pub specs: Vec<ParamSpec>,
    /// [V, E]
    pub embedding: Range<usize>,
    /// From the bottom up.
    pub layers: Vec<LayerParams>,
    /// [V, H]
    pub output_weight: Range<usize>,
    /// \[V\]
    pub output_bias: Range<usize>,
    /// Elements of the arena, padding included.
    pub len: usize,
}

impl Layout {
    /// Lays out a model for a vocabulary of `vocab_size` symbols.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] if it is beyond the address space.
    pub fn new(config: &ModelConfig, vocab_size: usize) -> Result<Self> {
        let mut specs = Vec::new();
        // Sizes are below 2^21 and there are two in a shape: the sum of them all is far below 2^64.
        let mut len: u64 = 0;
        let mut add = |name: String, shape: &[usize]| -> Range<usize> {
            let start = len;
            let end = start + elements(shape);
            len = end.next_multiple_of(ALIGNMENT);
            // Where this wraps, the check at the end refuses the whole.
            let range = start as usize..end as usize;
            specs.push(ParamSpec {
                name,
                shape: shape.to_vec(),
                range: range.clone(),
            });
            range
        };
        let hidden = config.hidden_size;
        let rows = config.cell.gates() * hidden;
        let embedding = add(
            "embedding.weight".into(),
            &[vocab_size, config.embedding_size],
        );
        let layers = (0..config.num_layers)
            .map(|k| LayerParams {
                w_ih: add(
                    format!("rnn.weight_ih_l{k}"),
                    &[
                        rows,
                        if k == 0 {
                            config.embedding_size
                        } else {
                            hidden
                        },
                    ],
                ),
                w_hh: add(format!("rnn.weight_hh_l{k}"), &[rows, hidden]),
                b_ih: add(format!("rnn.bias_ih_l{k}"), &[rows]),
                b_hh: add(format!("rnn.bias_hh_l{k}"), &[rows]),
            })
            .collect();
        let output_weight = add("linear.weight".into(), &[vocab_size, hidden]);
        let output_bias = add("linear.bias".into(), &[vocab_size]);
        let largest = specs
            .iter()
            .map(|spec| elements(&spec.shape))
            .max()
            .unwrap_or(0);
        if largest > MOST_ELEMENTS {
            let what = "the largest of the parameters (512 MB are the most that a model file can hold of one)";
            return Err(Error::OutOfMemory {
                what,
                bytes: largest as f64 * size_of::<f32>() as f64,
            });
        }
        let bytes = len as f64 * size_of::<f32>() as f64;
        if bytes > isize::MAX as f64 {
            return Err(Error::OutOfMemory {
                what: "the parameters",
                bytes,
            });
        }
        Ok(Self {
            specs,
            embedding,
            layers,
            output_weight,
            output_bias,
            len: len as usize,
        })
    }

    /// Numbers that training adjusts, without padding.
    pub fn parameter_count(&self) -> usize {
        self.specs.iter().map(|spec| spec.range.len()).sum()
    }
}

fn elements(shape: &[usize]) -> u64 {
    shape.iter().map(|&size| size as u64).product()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Cell;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn parameters_follow_each_other_aligned_and_do_not_overlap() {
        let config = ModelConfig {
            cell: Cell::Lstm,
            hidden_size: 3,
            num_layers: 2,
            embedding_size: 5,
        };
        let layout = Layout::new(&config, 7).unwrap();
        let mut end = 0;
        for spec in &layout.specs {
            assert!(
                spec.range.start >= end && spec.range.start.is_multiple_of(4),
                "{}",
                spec.name
            );
            assert_eq!(
                spec.range.len(),
                spec.shape.iter().product::<usize>(),
                "{}",
                spec.name
            );
            end = spec.range.end;
        }
        assert!(layout.len >= end);
        assert_eq!(
            layout.parameter_count(),
            7 * 5 + 12 * (5 + 3 + 2) + 12 * (3 + 3 + 2) + 7 * 3 + 7
        );
    }

    #[test]
    fn what_no_file_could_hold_is_refused_before_it_is_allocated() {
        let config = |hidden_size, num_layers| ModelConfig {
            cell: Cell::Lstm,
            hidden_size,
            num_layers,
            embedding_size: 8,
        };
        for (config, vocab) in [
            (config(5800, 1), 9),
            (config(8192, 16), 9),
            (config(8, 1), 1 << 25),
        ] {
            assert_eq!(
                Layout::new(&config, vocab).unwrap_err().code(),
                "out-of-memory",
                "{config:?}"
            );
        }
        assert!(Layout::new(&config(5792, 1), 9).is_ok());
    }
}
