//! Where each parameter lies in the flat arena. Gradients, the optimiser's state and anything else of that
//! size use the same layout.

use crate::config::ModelConfig;
use crate::init::Init;
use crate::network;
use crate::{Error, GrowsWith, Result};
use std::ops::Range;

/// Parameters start at multiples of this many elements, so that SIMD passes over the arena never straddle two
/// of them. The padding is zero and stays zero.
const ALIGNMENT: u64 = 4;

/// Most elements of one parameter: safetensors counts a tensor's bits in 32 bits on WebAssembly, and would not read back a larger one.
const MOST_ELEMENTS: u64 = (1 << 27) - 1;

/// One parameter: its name as PyTorch has it, its shape, its place and its first value.
#[derive(Clone, Debug, PartialEq)]
pub struct ParamSpec {
    /// `embedding.weight`, `rnn.weight_ih_l0`, ...
    pub name: String,
    /// Rows and columns, or one length.
    pub shape: Vec<usize>,
    /// Elements of the arena.
    pub range: Range<usize>,
    /// What training starts from.
    pub init: Init,
}

/// Collects the parameters of a model; each layer declares its own.
#[derive(Default)]
pub struct ParamList {
    specs: Vec<ParamSpec>,
    len: u64,
}

impl ParamList {
    /// Declares one more. Layers find it again by its name with [`Layout::range`].
    pub fn add(&mut self, name: impl Into<String>, shape: &[usize], init: Init) {
        // Sizes are below 2^21 and there are two in a shape: the sum of them all is far below 2^64.
        let start = self.len;
        let end = start + elements(shape);
        self.len = end.next_multiple_of(ALIGNMENT);
        self.specs.push(ParamSpec {
            name: name.into(),
            shape: shape.to_vec(),
            // Where this wraps, the check of the whole refuses it.
            range: start as usize..end as usize,
            init,
        });
    }
}

/// The arena of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// In the order of the arena.
    pub specs: Vec<ParamSpec>,
    /// Elements of the arena, padding included.
    pub len: usize,
}

impl Layout {
    /// Lays out a model for a vocabulary of `vocab_size` symbols.
    ///
    /// # Errors
    /// [`Error::ParameterTooLarge`]; [`Error::OutOfMemory`] if it is beyond the address space.
    pub fn new(config: &ModelConfig, vocab_size: usize) -> Result<Self> {
        let mut list = ParamList::default();
        network::declare(&mut list, config, vocab_size);
        let ParamList { specs, len } = list;
        let largest = specs
            .iter()
            .map(|spec| elements(&spec.shape))
            .max()
            .unwrap_or(0);
        if largest > MOST_ELEMENTS {
            let mib = |elements: u64| {
                elements
                    .saturating_mul(size_of::<f32>() as u64)
                    .div_ceil(1 << 20)
            };
            return Err(Error::ParameterTooLarge {
                mib: mib(largest),
                most_mib: mib(MOST_ELEMENTS),
            }
            .into());
        }
        let bytes = len as f64 * size_of::<f32>() as f64;
        if bytes > isize::MAX as f64 {
            return Err(Error::OutOfMemory {
                what: "the parameters",
                bytes,
                grows_with: GrowsWith::Sizes,
            }
            .into());
        }
        Ok(Self {
            specs,
            len: len as usize,
        })
    }

    /// Where the parameter of this name lies.
    ///
    /// # Panics
    /// If no layer declared it.
    pub fn range(&self, name: &str) -> Range<usize> {
        self.find(name)
            .unwrap_or_else(|| panic!("no parameter is named {name}"))
    }

    /// Where the parameter of this name lies, if the model has it.
    pub fn find(&self, name: &str) -> Option<Range<usize>> {
        let spec = self.specs.iter().find(|spec| spec.name == name);
        spec.map(|spec| spec.range.clone())
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
    use crate::config::{ModelOptions, parse_options};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn config(json: &str) -> ModelConfig {
        parse_options::<ModelOptions>(json)
            .unwrap()
            .resolve(9)
            .unwrap()
    }

    #[test]
    fn parameters_follow_each_other_aligned_and_do_not_overlap() {
        let config = config(r#"{"cell":"lstm","hiddenSize":3,"numLayers":2,"embeddingSize":5}"#);
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
        let layout = |hidden: usize, layers: usize, vocab| {
            let json = format!(
                r#"{{"cell":"lstm","embeddingSize":8,"hiddenSize":{hidden},"numLayers":{layers}}}"#
            );
            Layout::new(&config(&json), vocab)
        };
        for (hidden, layers, vocab) in [(5800, 1, 9), (8192, 16, 9), (8, 1, 1 << 25)] {
            assert_eq!(
                layout(hidden, layers, vocab).unwrap_err().code(),
                "out-of-memory",
                "{hidden} {layers} {vocab}"
            );
        }
        let message = layout(5800, 1, 9).unwrap_err().to_string();
        let words = "would take 514 MiB, and a model file holds at most 512 MiB of one";
        assert!(message.contains(words), "{message}");
        assert!(
            !message.contains("batchSize"),
            "it does not count: {message}"
        );
        assert!(layout(5792, 1, 9).is_ok());
    }
}
