//! The JavaScript boundary of mynah: objects with coarse methods, options as JSON, errors as JavaScript
//! errors with a code. Nothing is computed here.
//!
//! Every object must be freed by its owner (`free()`); the wasm instance is single-threaded, so a worker has
//! one of its own. A panic ends the instance: it shows as a `RuntimeError`, after which nothing of the
//! instance may be used.

mod documents;
mod error;
mod evaluation;
mod file;
mod filling;
mod insight;
mod measure;
mod model;
mod sampling;
mod scoring;
mod session;
mod text;
mod training;

use mynah_kernels::{peak, simd};
use wasm_bindgen::prelude::wasm_bindgen;

/// The version of this build, the same as the package's.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").into()
}

/// Whether this is the relaxed-SIMD build.
#[wasm_bindgen(js_name = isRelaxed)]
pub fn is_relaxed() -> bool {
    simd::IS_RELAXED
}

/// Runs the register-peak loop and returns the floating point operations done: what benchmarks divide by.
#[wasm_bindgen(js_name = registerPeak)]
pub fn register_peak(iterations: u32) -> f64 {
    let (operations, sum) = peak::register_peak(iterations);
    std::hint::black_box(sum);
    operations
}
