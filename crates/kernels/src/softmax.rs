//! Softmax, cross-entropy and its gradient, and the softmax of attention, a row at a time. docs/maths.md (7), (15).

use crate::activation::{exp_lane, ln_f32};
use crate::cell::{assert_lengths, over_units};
use crate::norm::row_dot;
use crate::simd::{F32x4, Lane};

/// What one row says about its target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RowLoss<T> {
    /// -ln p(target), nats; NaN if the row holds a value that is not finite.
    pub loss: T,
    /// Whether the target is the most likely symbol (the first of equals).
    pub correct: bool,
}

/// Turns a row of logits into probabilities, in place: p_j = e^(x_j - max) / sum.
///
/// - `row`: \[vocab\], in: logits; out: probabilities
pub fn softmax_row_f32(row: &mut [f32]) {
    let (_, sum) = exponentials(row);
    scale_row(row, 1.0 / sum);
}

/// The loss of a row of logits, -ln softmax(row)\[target\]; the row becomes `scale` times the loss' gradient,
/// (p - onehot) scale.
///
/// - `row`: \[vocab\] logits; overwritten by the gradient
/// - `scale`: usually 1 / (rows of the window), so that gradients are those of the mean
///
/// # Panics
/// If `target` is not below the row's length.
pub fn softmax_cross_entropy_row_f32(row: &mut [f32], target: usize, scale: f32) -> RowLoss<f32> {
    let target_logit = row[target];
    let (max, sum) = exponentials(row);
    // The largest term is e^0, so a sum of finite logits is at least 1.
    let loss = if sum.is_normal() {
        ln_f32(sum) - (target_logit - max)
    } else {
        f32::NAN
    };
    let correct = row[..target].iter().all(|&e| e < row[target])
        && row[target..].iter().all(|&e| e <= row[target]);
    scale_row(row, scale / sum);
    row[target] -= scale;
    RowLoss { loss, correct }
}

/// The softmax of a causal score row, in place: over its first `n` columns, the rest set to 0.
///
/// - `row`: \[keys\], in: scores, of which those from `n` on may be anything; out: probabilities
///
/// # Panics
/// If `n` is beyond the row.
pub fn causal_softmax_row_f32(row: &mut [f32], n: usize) {
    let (seen, unseen) = row.split_at_mut(n);
    softmax_row_f32(seen);
    unseen.fill(0.0);
}

/// The gradient of a softmax, in place: d_x_j = p_j (d_p_j - sum over k of d_p_k p_k).
///
/// Serves [`causal_softmax_row_f32`] too: where p is 0 so is the gradient, whatever finite value d holds.
///
/// - `d`: in: the gradient of the probabilities; out: of the scores
/// - `probs`: of the same length, the forward step's output
///
/// Error: <= 1e-6 against the equation and [`softmax_backward_row_scalar`], which sums in order.
///
/// # Panics
/// If the lengths differ.
pub fn softmax_backward_row_f32(d: &mut [f32], probs: &[f32]) {
    softmax_backward_row::<F32x4>(d, probs);
}

/// The scalar twin of [`softmax_backward_row_f32`]; it sums in order, the kernel in four lanes.
pub fn softmax_backward_row_scalar(d: &mut [f32], probs: &[f32]) {
    softmax_backward_row::<f32>(d, probs);
}

#[inline(always)]
fn softmax_backward_row<L: Lane>(d: &mut [f32], probs: &[f32]) {
    assert_lengths!(d: probs.len());
    let mean = row_dot::<L>(d, probs);
    over_units!(L, softmax_backward_units, probs.len(), (d, probs, mean));
}

#[inline(always)]
fn softmax_backward_units<L: Lane>(
    d: &mut [f32],
    probs: &[f32],
    mean: f32,
    from: usize,
    to: usize,
) {
    for j in (from..to).step_by(L::WIDTH) {
        // SAFETY: j + WIDTH <= to <= the length of both rows.
        unsafe { (L::load(probs, j) * (L::load(d, j) - L::splat(mean))).store(d, j) }
    }
}

/// Replaces a row by e^(x - max) and returns max and the sum.
fn exponentials(row: &mut [f32]) -> (f32, f32) {
    let body = row.len() / F32x4::WIDTH * F32x4::WIDTH;
    let mut max = F32x4::splat(f32::NEG_INFINITY);
    for j in (0..body).step_by(F32x4::WIDTH) {
        // SAFETY: j + 4 <= body <= row.len().
        max = max.at_least(unsafe { F32x4::load(row, j) });
    }
    let max = max
        .to_array()
        .into_iter()
        .chain(row[body..].iter().copied())
        .fold(f32::NEG_INFINITY, Lane::at_least);
    let mut sum = F32x4::splat(0.0);
    for j in (0..body).step_by(F32x4::WIDTH) {
        // SAFETY: j + 4 <= body <= row.len().
        unsafe {
            let e = exp_lane(F32x4::load(row, j) - F32x4::splat(max));
            e.store(row, j);
            sum = sum + e;
        }
    }
    let mut total: f32 = sum.to_array().into_iter().sum();
    for value in &mut row[body..] {
        *value = exp_lane(*value - max);
        total += *value;
    }
    (max, total)
}

fn scale_row(row: &mut [f32], factor: f32) {
    row.iter_mut().for_each(|value| *value *= factor);
}

/// The scalar twin of [`softmax_cross_entropy_row_f32`]; it sums in order, the kernel in four lanes.
pub fn softmax_cross_entropy_row_scalar(
    row: &mut [f32],
    target: usize,
    scale: f32,
) -> RowLoss<f32> {
    let max = row.iter().copied().fold(f32::NEG_INFINITY, Lane::at_least);
    let loss_shift = row[target] - max;
    let mut sum = 0.0;
    for value in row.iter_mut() {
        *value = exp_lane(*value - max);
        sum += *value;
    }
    let correct =
        (0..row.len()).all(|j| row[j] < row[target] || j >= target && row[j] == row[target]);
    row.iter_mut().for_each(|value| *value *= scale / sum);
    row[target] -= scale;
    RowLoss {
        loss: if sum.is_normal() {
            ln_f32(sum) - loss_shift
        } else {
            f32::NAN
        },
        correct,
    }
}

/// The equations as written, in `f64`.
pub fn softmax_cross_entropy_row_naive(row: &mut [f64], target: usize, scale: f64) -> RowLoss<f64> {
    let most_likely = (0..row.len()).fold(0, |best, j| if row[j] > row[best] { j } else { best });
    softmax_row_naive(row);
    let loss = -row[target].ln();
    for (j, p) in row.iter_mut().enumerate() {
        *p = (*p - f64::from(j == target)) * scale;
    }
    RowLoss {
        loss,
        correct: most_likely == target,
    }
}

/// softmax as written, in `f64`.
pub fn softmax_row_naive(row: &mut [f64]) {
    let max = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    row.iter_mut().for_each(|x| *x = (*x - max).exp());
    let sum: f64 = row.iter().sum();
    row.iter_mut().for_each(|x| *x /= sum);
}

/// As [`causal_softmax_row_f32`], in `f64`.
pub fn causal_softmax_row_naive(row: &mut [f64], n: usize) {
    row[n..].fill(f64::NEG_INFINITY);
    if n > 0 {
        softmax_row_naive(row);
    } else {
        row.fill(0.0);
    }
}

/// As [`softmax_backward_row_f32`], in `f64`: the product with the matrix of slopes, p_j (\[j = k\] - p_k).
pub fn softmax_backward_row_naive(d: &mut [f64], probs: &[f64]) {
    let d_probs = d.to_vec();
    for (j, d) in d.iter_mut().enumerate() {
        let slope = |k: usize| probs[j] * (f64::from(j == k) - probs[k]);
        *d = (0..probs.len()).map(|k| d_probs[k] * slope(k)).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::{assert_gradient, dot, widen};
    use mynah_testing::{assert_close, noise, noise_f64};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// Probabilities carry the 2 ULP of exp and the rounding of a sum.
    const TOLERANCE: f64 = 1e-6;

    #[test]
    fn loss_and_gradient_agree_with_the_equations() {
        for (vocab, stretch) in [
            (1, 1.0),
            (3, 5.0),
            (4, 1.0),
            (65, 3.0),
            (66, 20.0),
            (1000, 1.0),
        ] {
            let logits: Vec<f32> = noise(vocab, 8).iter().map(|v| v * stretch).collect();
            for target in [0, vocab / 2, vocab - 1] {
                let (mut fast, mut twin) = (logits.clone(), logits.clone());
                let mut exact: Vec<f64> = logits.iter().map(|&v| v.into()).collect();
                let got = softmax_cross_entropy_row_f32(&mut fast, target, 0.5);
                let twin_loss = softmax_cross_entropy_row_scalar(&mut twin, target, 0.5);
                let expected = softmax_cross_entropy_row_naive(&mut exact, target, 0.5);
                assert_close(
                    &[got.loss, twin_loss.loss],
                    &[expected.loss; 2],
                    TOLERANCE,
                    "loss",
                );
                assert_eq!(
                    (got.correct, twin_loss.correct),
                    (expected.correct, expected.correct),
                    "most likely"
                );
                if vocab > 1 {
                    assert_close(&fast, &exact, TOLERANCE, "gradient");
                    assert_close(&twin, &exact, TOLERANCE, "gradient of the twin");
                }
            }
        }
    }

    #[test]
    fn probabilities_agree_with_the_equation() {
        let mut row = noise(67, 9);
        let mut exact: Vec<f64> = row.iter().map(|&v| v.into()).collect();
        softmax_row_f32(&mut row);
        softmax_row_naive(&mut exact);
        assert_close(&row, &exact, TOLERANCE, "softmax");
    }

    #[test]
    fn huge_logits_do_not_overflow_and_nan_is_seen() {
        let mut row = [1e30, -1e30, 0.0, 1.0, 2.0];
        assert_eq!(
            softmax_cross_entropy_row_f32(&mut row, 0, 1.0),
            RowLoss {
                loss: 0.0,
                correct: true
            }
        );
        for bad in [f32::NAN, f32::INFINITY] {
            for position in [0, 4] {
                let mut row = [1.0; 5];
                row[position] = bad;
                assert!(
                    softmax_cross_entropy_row_f32(&mut row, 1, 1.0)
                        .loss
                        .is_nan(),
                    "{bad} at {position}"
                );
            }
        }
    }

    #[test]
    fn the_first_of_equals_is_the_most_likely() {
        let correct =
            |target| softmax_cross_entropy_row_f32(&mut [1.0, 2.0, 2.0], target, 1.0).correct;
        assert_eq!([correct(0), correct(1), correct(2)], [false, true, false]);
    }

    /// Lengths one below, at and above a lane group, none, and several groups with a rest.
    const LENGTHS: [usize; 7] = [0, 1, 3, 4, 5, 8, 67];

    #[test]
    fn causal_rows_are_the_equation_and_end_in_zeros() {
        for len in LENGTHS {
            for n in [0, 1, len / 2, len].into_iter().filter(|&n| n <= len) {
                let mut row = noise(len, 10);
                let mut exact = widen(&row);
                // What is not seen yet may hold anything.
                row[n..].fill(f32::NAN);
                causal_softmax_row_f32(&mut row, n);
                causal_softmax_row_naive(&mut exact, n);
                assert_close(&row, &exact, TOLERANCE, &format!("{n} of {len}"));
                assert!(row[n..].iter().all(|&p| p == 0.0), "{n} of {len}: {row:?}");
            }
        }
    }

    #[test]
    fn backward_is_the_equation() {
        for len in LENGTHS {
            for n in [len / 2, len] {
                let (mut probs, d) = (noise(len, 11), noise(len, 12));
                causal_softmax_row_f32(&mut probs, n);
                let mut exact = widen(&d);
                softmax_backward_row_naive(&mut exact, &widen(&probs));
                for kernel in [softmax_backward_row_f32, softmax_backward_row_scalar] {
                    let mut got = d.clone();
                    kernel(&mut got, &probs);
                    assert_close(&got, &exact, TOLERANCE, &format!("{n} of {len}"));
                }
            }
        }
    }

    #[test]
    fn backward_is_the_gradient_of_forward() {
        let (x, weights) = (noise_f64(9, 13), noise_f64(9, 14));
        for n in [1, 6, 9] {
            let probs = |x: &[f64]| {
                let mut row = x.to_vec();
                causal_softmax_row_naive(&mut row, n);
                row
            };
            let mut d = weights.clone();
            softmax_backward_row_naive(&mut d, &probs(&x));
            assert_gradient(&d, &x, &format!("{n} of 9"), |x| dot(&probs(x), &weights));
        }
    }
}
