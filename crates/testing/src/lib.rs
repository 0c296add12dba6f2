//! What the tests of the other crates share: comparisons that name what differs, repeatable noise, golden files.
//!
//! Not here: anything that a user runs.

mod compare;
mod golden;
pub mod keras;
mod noise;

pub use compare::{assert_close, assert_near, assert_same_bits, relative_error, ulp_distance};
pub use golden::Golden;
pub use noise::{noise, noise_f64};
