//! Sine and cosine of angles that are not far from 0, in radians. The standard library's take any angle there is, with 4 KB of code for
//! those beyond a million.

use std::f64::consts::FRAC_2_PI;

/// Largest angle, either way, in radians: 2^20, more than the last of the 65,536 positions of a context has.
pub const MOST: f64 = 1_048_576.0;

/// The first 33 bits of pi / 2, so that no product with a number of quarter turns up to [`MOST`] is rounded: that has 20 bits at most.
const QUARTER: f64 = f64::from_bits(0x3ff9_21fb_5440_0000);

/// The rest of pi / 2.
const QUARTER_REST: f64 = f64::from_bits(0x3dd0_b461_1a62_6331);

/// Sine and cosine of an angle in radians.
///
/// The angle is taken to within an eighth of a turn of 0, where the series of Taylor end below 2^-54.
///
/// Error: <= 2^-52 of the standard library's (test `they_are_those_of_the_standard_library`). Source: fdlibm's `e_rem_pio2.c`, which has
/// pi / 2 in the same two parts.
///
/// # Panics
/// With debug assertions, beyond [`MOST`].
pub fn sin_cos(angle: f64) -> (f64, f64) {
    debug_assert!(angle.abs() <= MOST, "{angle} is too far from 0");
    let quarters = (angle * FRAC_2_PI).round();
    let rest = (angle - quarters * QUARTER) - quarters * QUARTER_REST;
    let square = rest * rest;
    // From the last term inwards: 1 - x^2 / (n (n - 1)) (1 - ...).
    let series = |last: u32| {
        let factors = (0..8).map(|k| f64::from(last - 2 * k));
        factors.fold(1.0, |sum, n| 1.0 - square / (n * (n - 1.0)) * sum)
    };
    let (sine, cosine) = (rest * series(17), series(16));
    match quarters as i64 & 3 {
        0 => (sine, cosine),
        1 => (cosine, -sine),
        2 => (-sine, -cosine),
        _ => (-cosine, sine),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn assert_as_std(angle: f64) {
        let ((sine, cosine), expected) = (sin_cos(angle), angle.sin_cos());
        let error = (sine - expected.0).abs().max((cosine - expected.1).abs());
        assert!(error <= f64::EPSILON, "{angle}: {error:e}");
    }

    #[test]
    fn they_are_those_of_the_standard_library() {
        for k in -20_000..20_000 {
            let angle = f64::from(k) / 1000.0;
            assert_as_std(angle);
            assert_as_std(angle.powi(3) * 100.0);
            assert_as_std(f64::from(k) * std::f64::consts::FRAC_PI_4);
        }
        for angle in [0.0, -0.0, 1e-300, MOST, -MOST, std::f64::consts::PI] {
            assert_as_std(angle);
        }
    }
}
