//! Comparisons that can fail: NaN never passes, and a wrong value where 0 is expected does not hide.

/// How many `f32` values lie between two of them: 0 for equal ones (0 and -0 count as equal), `u32::MAX` if
/// either is NaN.
pub fn ulp_distance(a: f32, b: f32) -> u32 {
    if a.is_nan() || b.is_nan() {
        return u32::MAX;
    }
    // Sign and magnitude to a number line: -0 and 0 fall together.
    let line = |x: f32| {
        let bits = x.to_bits() as i32;
        i64::from(if bits < 0 { i32::MIN - bits } else { bits })
    };
    u32::try_from((line(a) - line(b)).abs()).unwrap_or(u32::MAX)
}

/// max |a - b| / max(|b|), the error relative to the largest expected value; absolute where all expected values are 0.
/// Infinite if any value is NaN or the lengths differ.
pub fn relative_error(got: &[f64], expected: &[f64]) -> f64 {
    if got.len() != expected.len() || got.iter().chain(expected).any(|v| v.is_nan()) {
        return f64::INFINITY;
    }
    let scale = expected.iter().fold(0.0, |max: f64, v| max.max(v.abs()));
    let worst = got
        .iter()
        .zip(expected)
        .fold(0.0, |max: f64, (g, e)| max.max((g - e).abs()));
    if scale == 0.0 { worst } else { worst / scale }
}

/// Fails unless every value is within `tolerance` of the expected one, relative to the largest expected value.
///
/// # Panics
/// With the name, the error and the first value that is off.
#[track_caller]
pub fn assert_close<G: Copy + Into<f64>>(got: &[G], expected: &[f64], tolerance: f64, what: &str) {
    let got: Vec<f64> = got.iter().map(|&v| v.into()).collect();
    assert_eq!(
        got.len(),
        expected.len(),
        "{what}: {} values, expected {}",
        got.len(),
        expected.len()
    );
    let error = relative_error(&got, expected);
    if error > tolerance {
        let scale = expected
            .iter()
            .fold(0.0, |max: f64, v| max.max(v.abs()))
            .max(f64::MIN_POSITIVE);
        let first = (0..got.len())
            .find(|&i| (got[i] - expected[i]).abs() > tolerance * scale || got[i].is_nan())
            .unwrap_or(0);
        panic!(
            "{what}: error {error:.3e} > {tolerance:.1e}; [{first}] is {}, expected {}",
            got[first], expected[first]
        );
    }
}

/// Fails unless every value is within `tolerance` of the expected one, both relative to the largest expected value and
/// absolutely.
///
/// # Panics
/// As [`assert_close`].
#[track_caller]
pub fn assert_near<G: Copy + Into<f64>>(got: &[G], expected: &[f64], tolerance: f64, what: &str) {
    let scale = expected.iter().fold(1.0, |max: f64, v| max.max(v.abs()));
    // The stricter of the two: relative below 1, absolute above it.
    assert_close(got, expected, tolerance / scale, what);
}

/// Fails unless both slices hold the same bits, NaN included.
///
/// # Panics
/// With the first index that differs.
#[track_caller]
pub fn assert_same_bits(a: &[f32], b: &[f32]) {
    assert_eq!(a.len(), b.len(), "lengths differ");
    if let Some(i) = (0..a.len()).find(|&i| a[i].to_bits() != b[i].to_bits()) {
        panic!(
            "[{i}]: {} ({:08x}) and {} ({:08x})",
            a[i],
            a[i].to_bits(),
            b[i],
            b[i].to_bits()
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ulp_counts_across_zero() {
        assert_eq!(ulp_distance(0.0, -0.0), 0);
        assert_eq!(ulp_distance(f32::from_bits(1), -f32::from_bits(1)), 2);
        assert_eq!(ulp_distance(1.0, 1.0f32.next_up()), 1);
        assert!(
            ulp_distance(0.0, 1e-20) > 1_000_000,
            "a wrong value at 0 must not pass"
        );
        assert_eq!(ulp_distance(f32::NAN, 0.0), u32::MAX);
    }

    #[test]
    fn relative_error_sees_nan_lengths_and_zeros() {
        assert_eq!(relative_error(&[f64::NAN], &[0.0]), f64::INFINITY);
        assert_eq!(relative_error(&[1.0], &[]), f64::INFINITY);
        assert_eq!(relative_error(&[0.5], &[0.0]), 0.5);
        assert_eq!(relative_error(&[2.0, 0.0], &[1.0, 0.0]), 1.0);
    }

    #[test]
    #[should_panic(expected = "expected 2")]
    fn a_difference_fails() {
        assert_close(&[1.0, 1.0], &[1.0, 2.0], 0.1, "values");
    }

    #[test]
    #[should_panic(expected = "[0] is 100.2")]
    fn near_is_absolute_for_large_values() {
        assert_near(&[100.05, 1.0], &[100.0, 1.0], 0.1, "within both");
        assert_near(&[100.2, 1.0], &[100.0, 1.0], 0.1, "values");
    }

    #[test]
    #[should_panic(expected = "[1] is 0.012")]
    fn near_is_relative_for_small_values() {
        assert_near(&[0.01, 0.0105], &[0.01, 0.01], 0.1, "within both");
        assert_near(&[0.01, 0.012], &[0.01, 0.01], 0.1, "values");
    }
}
