//! What one thread can do at most: a loop of independent multiply-adds in registers, without memory.
//!
//! Every speed that mynah reports is also given as a share of this, measured in the same process, because the machines
//! that run benchmarks are shared and drift.

use crate::simd::{F32x4, Lane};

/// Independent accumulators: 13 hide the latency of mul + add and of FMA on current x86 and ARM cores, and
/// leave two of V8's 15 usable vector registers, for the operand and for what a separate product needs. (With
/// two operands and 12 accumulators, mul + add just missed the peak of AMD Zen 5: 59 instead of 66 GFLOP/s.)
const ACCUMULATORS: usize = 13;

/// Runs `iterations` rounds of 13 four-lane multiply-adds and returns the floating point operations done (a
/// multiply-add is two).
///
/// The sum of the accumulators is returned, too, so that the loop cannot be optimised away.
#[inline(never)]
pub fn register_peak(iterations: u32) -> (f64, f32) {
    let half = F32x4::splat(std::hint::black_box(0.5));
    let mut sums = [F32x4::splat(1.0); ACCUMULATORS];
    for _ in 0..iterations {
        for sum in &mut sums {
            *sum = sum.mul_add(half, half);
        }
    }
    let total = sums
        .into_iter()
        .reduce(|a, b| a + b)
        .map_or(0.0, |sum| sum.to_array().into_iter().sum());
    (
        f64::from(iterations) * (2 * F32x4::WIDTH * ACCUMULATORS) as f64,
        total,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn counts_what_it_does() {
        let (operations, total) = register_peak(1000);
        assert_eq!(operations, 104_000.0);
        // x -> x / 2 + 1 / 2 has the fixed point 1, where it starts.
        assert_eq!(total, 52.0);
    }
}
