//! What the tests of several kernels share: a written gradient against a measured one.

use mynah_testing::assert_close;

/// Step of the central difference: its error is about the step squared plus `f64`'s rounding over the step, 1e-10.
const STEP: f64 = 1e-5;
/// Ten to a hundred times the error of the central difference, far below that of a wrong term.
const TOLERANCE: f64 = 1e-8;

pub fn widen(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&v| v.into()).collect()
}

/// The sum of products: the loss of the checks, whose gradient towards `a` is `b`.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len(), "lengths differ");
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Fails unless `d_x` is the gradient of `loss` at `x`, by central differences.
#[track_caller]
pub fn assert_gradient(d_x: &[f64], x: &[f64], what: &str, loss: impl Fn(&[f64]) -> f64) {
    let mut moved = x.to_vec();
    let measured: Vec<f64> = (0..x.len())
        .map(|i| {
            let mut at = |value| {
                moved[i] = value;
                loss(&moved)
            };
            let (above, below) = (at(x[i] + STEP), at(x[i] - STEP));
            moved[i] = x[i];
            (above - below) / (2.0 * STEP)
        })
        .collect();
    assert_close(d_x, &measured, TOLERANCE, what);
}
