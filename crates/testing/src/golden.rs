//! Golden files: safetensors written by the scripts in `test/golden/`, with versions and seed in their metadata.

use safetensors::{Dtype, SafeTensors};
use std::collections::HashMap;

/// The tensors and metadata of one golden file.
pub struct Golden {
    tensors: HashMap<String, (Vec<usize>, Vec<f64>)>,
    metadata: HashMap<String, String>,
}

impl Golden {
    /// Reads a file's bytes (`include_bytes!`, so that the same test runs on WebAssembly, which has no files).
    ///
    /// # Panics
    /// If the bytes are not safetensors, or hold a type other than F64, F32 and I64.
    pub fn read(bytes: &[u8]) -> Self {
        let (_, header) =
            SafeTensors::read_metadata(bytes).expect("golden file has a safetensors header");
        let file = SafeTensors::deserialize(bytes).expect("golden file is safetensors");
        let tensors = file
            .iter()
            .map(|(name, view)| {
                let data = view.data();
                let values = match view.dtype() {
                    Dtype::F64 => data
                        .as_chunks()
                        .0
                        .iter()
                        .map(|&b| f64::from_le_bytes(b))
                        .collect(),
                    Dtype::F32 => data
                        .as_chunks()
                        .0
                        .iter()
                        .map(|&b| f64::from(f32::from_le_bytes(b)))
                        .collect(),
                    Dtype::I64 => data
                        .as_chunks()
                        .0
                        .iter()
                        .map(|&b| i64::from_le_bytes(b) as f64)
                        .collect(),
                    other => panic!("golden tensor {name} has type {other:?}"),
                };
                (name.to_owned(), (view.shape().to_vec(), values))
            })
            .collect();
        Self {
            tensors,
            metadata: header
                .metadata()
                .iter()
                .flatten()
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect(),
        }
    }

    /// The values of a tensor, row-major.
    ///
    /// # Panics
    /// If the file has none of that name.
    #[track_caller]
    pub fn values(&self, name: &str) -> &[f64] {
        &self.tensor(name).1
    }

    /// The shape of a tensor.
    ///
    /// # Panics
    /// If the file has none of that name.
    #[track_caller]
    pub fn shape(&self, name: &str) -> &[usize] {
        &self.tensor(name).0
    }

    /// The values of an integer tensor as symbols.
    ///
    /// # Panics
    /// If the file has none of that name.
    #[track_caller]
    pub fn symbols(&self, name: &str) -> Vec<u32> {
        self.values(name).iter().map(|&v| v as u32).collect()
    }

    /// Whether the file has a tensor of that name.
    pub fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// A metadata entry.
    ///
    /// # Panics
    /// If the file has none of that name.
    #[track_caller]
    pub fn text(&self, key: &str) -> &str {
        self.metadata.get(key).unwrap_or_else(|| {
            panic!(
                "golden file has no metadata {key:?}, but {:?}",
                self.metadata.keys()
            )
        })
    }

    /// A metadata entry that is a number.
    ///
    /// # Panics
    /// If the file has none of that name, or it is no number.
    #[track_caller]
    pub fn number(&self, key: &str) -> f64 {
        self.text(key)
            .parse()
            .unwrap_or_else(|_| panic!("metadata {key:?} is no number"))
    }

    #[track_caller]
    fn tensor(&self, name: &str) -> &(Vec<usize>, Vec<f64>) {
        self.tensors.get(name).unwrap_or_else(|| {
            let mut names: Vec<_> = self.tensors.keys().collect();
            names.sort();
            panic!("golden file has no tensor {name:?}, but {names:?}")
        })
    }
}
