//! Files that are written straight into JavaScript's memory: WebAssembly's never shrinks again, and a checkpoint is as large
//! as several models.

use js_sys::Uint8Array;
use mynah_nn::checkpoint::Sink;
use mynah_nn::{Error, GrowsWith, Result};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// `new Uint8Array(length)`, whose failure can be caught.
    #[wasm_bindgen(js_name = Uint8Array)]
    type Bytes;

    #[wasm_bindgen(constructor, catch, js_class = "Uint8Array")]
    fn new(length: f64) -> std::result::Result<Bytes, JsValue>;
}

/// A file that is being written.
#[derive(Default)]
pub struct JsFile {
    bytes: Uint8Array,
    written: u32,
}

impl JsFile {
    /// What was written.
    pub fn into_bytes(self) -> Uint8Array {
        self.bytes
    }
}

impl Sink for JsFile {
    fn begin(&mut self, bytes: usize) -> Result<()> {
        let out_of_memory = |_| Error::OutOfMemory {
            what: "the model file",
            bytes: bytes as f64,
            grows_with: GrowsWith::Sizes,
        };
        let bytes = Bytes::new(bytes as f64).map_err(out_of_memory)?;
        self.bytes = JsValue::from(bytes).into();
        Ok(())
    }

    fn append(&mut self, piece: &[u8]) {
        let end = self.written + piece.len() as u32;
        self.bytes.subarray(self.written, end).copy_from(piece);
        self.written = end;
    }
}
