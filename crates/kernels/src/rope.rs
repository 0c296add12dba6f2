//! Rotary position embedding of queries and keys (Su et al. 2021, arXiv 2104.09864, equation 34), in the
//! form of GPT-NeoX: x_j is paired with x_{j + dh/2}, not with its neighbour.
//!
//! A head's scores then depend on the distance between two positions alone. docs/maths.md (15).

use crate::angle::sin_cos;
use crate::cell::over_units;
use crate::norm::assert_matrix;
use crate::real::Real;
use crate::simd::{F32x4, Lane};

/// Ratio of the longest wavelength to the shortest; the paper's, section 3.3.
const BASE: f64 = 10_000.0;

/// Fills the tables of cosines and sines of the angles position base^(-2 j / head_size), computed in `f64`.
///
/// - `cos`, `sin`: [positions, head_size / 2]; their lengths say how many positions
///
/// # Panics
/// If the lengths differ or are no whole number of rows, or `head_size` is odd or 0.
pub fn rope_tables<T: Real>(cos: &mut [T], sin: &mut [T], head_size: usize) {
    let half = half_of(head_size);
    assert_eq!(cos.len(), sin.len(), "cos and sin of different lengths");
    assert_eq!(cos.len() % half, 0, "no whole number of rows of {half}");
    for (at, (cos, sin)) in cos.iter_mut().zip(sin).enumerate() {
        let (position, j) = (at / half, at % half);
        // BASE^(-2j / head_size); powf would be code that nothing else needs.
        let frequency = (-2.0 * j as f64 / head_size as f64 * BASE.ln()).exp();
        let (s, c) = sin_cos(position as f64 * frequency);
        (*cos, *sin) = (T::from_f64(c), T::from_f64(s));
    }
}

fn half_of(head_size: usize) -> usize {
    assert!(
        head_size > 0 && head_size.is_multiple_of(2),
        "a head of {head_size} values has no halves"
    );
    head_size / 2
}

/// Rotates every head of every row by its position, in place.
///
/// (x_j, x_{j+dh/2}) <- (x_j cos - x_{j+dh/2} sin, x_j sin + x_{j+dh/2} cos)
///
/// - `values`: [seq_len batch, heads head_size], time-major: row t batch + b is at position `offset` + t
/// - `ld`: elements from one row to the next
/// - `cos`, `sin`: of [`rope_tables`], with `offset` + `seq_len` positions at least
///
/// Error: equal to [`rope_rows_forward_scalar`] bit for bit; <= 1e-6 against the equation (tests below).
///
/// # Panics
/// If the sizes do not fit the slices, or `head_size` is odd or 0.
pub fn rope_rows_forward_f32(
    values: &mut [f32],
    ld: usize,
    cos: &[f32],
    sin: &[f32],
    offset: usize,
    seq_len: usize,
    batch: usize,
    heads: usize,
    head_size: usize,
) {
    rope_rows::<F32x4>(
        values, ld, cos, sin, 1.0, offset, seq_len, batch, heads, head_size,
    );
}

/// The scalar twin of [`rope_rows_forward_f32`].
pub fn rope_rows_forward_scalar(
    values: &mut [f32],
    ld: usize,
    cos: &[f32],
    sin: &[f32],
    offset: usize,
    seq_len: usize,
    batch: usize,
    heads: usize,
    head_size: usize,
) {
    rope_rows::<f32>(
        values, ld, cos, sin, 1.0, offset, seq_len, batch, heads, head_size,
    );
}

/// The gradient of [`rope_rows_forward_f32`], in place: the rotation back. Arguments, error and panics as there.
pub fn rope_rows_backward_f32(
    d_values: &mut [f32],
    ld: usize,
    cos: &[f32],
    sin: &[f32],
    offset: usize,
    seq_len: usize,
    batch: usize,
    heads: usize,
    head_size: usize,
) {
    rope_rows::<F32x4>(
        d_values, ld, cos, sin, -1.0, offset, seq_len, batch, heads, head_size,
    );
}

/// The scalar twin of [`rope_rows_backward_f32`].
pub fn rope_rows_backward_scalar(
    d_values: &mut [f32],
    ld: usize,
    cos: &[f32],
    sin: &[f32],
    offset: usize,
    seq_len: usize,
    batch: usize,
    heads: usize,
    head_size: usize,
) {
    rope_rows::<f32>(
        d_values, ld, cos, sin, -1.0, offset, seq_len, batch, heads, head_size,
    );
}

/// Asserts that the rows fit `values` and the positions the tables; returns the rows.
fn assert_rope<T>(
    values: &[T],
    ld: usize,
    (cos, sin): (&[T], &[T]),
    (offset, seq_len): (usize, usize),
    (batch, heads, head_size): (usize, usize, usize),
) -> usize {
    let sizes = (seq_len.checked_mul(batch)).zip(heads.checked_mul(head_size));
    let (rows, width) = sizes.expect("the sizes overflow");
    assert_matrix!(values, ld; rows, width);
    let positions = cos.len() / half_of(head_size);
    assert!(
        cos.len() == sin.len()
            && offset
                .checked_add(seq_len)
                .is_some_and(|end| end <= positions),
        "the tables have {positions} positions, not {seq_len} from {offset} on"
    );
    rows
}

/// Rotates by the angle of the tables times `direction`, 1 or -1.
#[inline(always)]
fn rope_rows<L: Lane>(
    values: &mut [f32],
    ld: usize,
    cos: &[f32],
    sin: &[f32],
    direction: f32,
    offset: usize,
    seq_len: usize,
    batch: usize,
    heads: usize,
    head_size: usize,
) {
    let sizes = (batch, heads, head_size);
    let rows = assert_rope(values, ld, (cos, sin), (offset, seq_len), sizes);
    let half = half_of(head_size);
    for r in 0..rows {
        let position = offset + r / batch;
        let (cos, sin) = (
            &cos[position * half..][..half],
            &sin[position * half..][..half],
        );
        for head in 0..heads {
            let pair = &mut values[r * ld + head * head_size..][..head_size];
            let (low, high) = pair.split_at_mut(half);
            over_units!(L, rotate_units, half, (low, high, cos, sin, direction));
        }
    }
}

#[inline(always)]
fn rotate_units<L: Lane>(
    low: &mut [f32],
    high: &mut [f32],
    cos: &[f32],
    sin: &[f32],
    direction: f32,
    from: usize,
    to: usize,
) {
    for j in (from..to).step_by(L::WIDTH) {
        // SAFETY: j + WIDTH <= to <= the length of the four slices, half a head.
        unsafe {
            let (cos, sin) = (L::load(cos, j), L::load(sin, j) * L::splat(direction));
            let (x, y) = (L::load(low, j), L::load(high, j));
            (x * cos - y * sin).store(low, j);
            x.mul_add(sin, y * cos).store(high, j);
        }
    }
}

/// The equations as written, in `f64`.
pub mod naive {
    /// As [`rope_rows_forward_f32`](super::rope_rows_forward_f32).
    pub fn rope_rows_forward(
        values: &mut [f64],
        ld: usize,
        cos: &[f64],
        sin: &[f64],
        offset: usize,
        seq_len: usize,
        batch: usize,
        heads: usize,
        head_size: usize,
    ) {
        let half = head_size / 2;
        for r in 0..seq_len * batch {
            for j in 0..heads * half {
                let (head, j) = (j / half, j % half);
                let at = r * ld + head * head_size + j;
                let angle = (offset + r / batch) * half + j;
                let (x, y) = (values[at], values[at + half]);
                values[at] = x * cos[angle] - y * sin[angle];
                values[at + half] = x * sin[angle] + y * cos[angle];
            }
        }
    }

    /// As [`rope_rows_backward_f32`](super::rope_rows_backward_f32).
    pub fn rope_rows_backward(
        d_values: &mut [f64],
        ld: usize,
        cos: &[f64],
        sin: &[f64],
        offset: usize,
        seq_len: usize,
        batch: usize,
        heads: usize,
        head_size: usize,
    ) {
        let back: Vec<f64> = sin.iter().map(|s| -s).collect();
        rope_rows_forward(
            d_values, ld, cos, &back, offset, seq_len, batch, heads, head_size,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::{assert_gradient, dot, widen};
    use mynah_testing::{assert_close, assert_same_bits, noise, noise_f64};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// Two products and a sum, rounded.
    const TOLERANCE: f64 = 1e-6;
    /// Halves of one below, at and above a lane group, and several groups with a rest.
    const HEAD_SIZES: [usize; 6] = [2, 6, 8, 10, 16, 38];

    type Rotation<T> = fn(&mut [T], usize, &[T], &[T], usize, usize, usize, usize, usize);

    fn tables<T: Real>(positions: usize, head_size: usize) -> (Vec<T>, Vec<T>) {
        let len = positions * head_size / 2;
        let (mut cos, mut sin) = (vec![T::default(); len], vec![T::default(); len]);
        rope_tables(&mut cos, &mut sin, head_size);
        (cos, sin)
    }

    #[test]
    fn rotations_are_the_equations_and_their_twins() {
        let kernels: [[Rotation<f32>; 2]; 2] = [
            [rope_rows_forward_f32, rope_rows_forward_scalar],
            [rope_rows_backward_f32, rope_rows_backward_scalar],
        ];
        let exact: [Rotation<f64>; 2] = [naive::rope_rows_forward, naive::rope_rows_backward];
        let (offset, seq_len, batch, heads) = (2, 3, 2, 2);
        for head_size in HEAD_SIZES {
            let ld = heads * head_size + 3;
            let values = noise(seq_len * batch * ld, 1);
            let (cos, sin) = tables::<f32>(offset + seq_len, head_size);
            for (kernels, exact) in kernels.iter().zip(exact) {
                let [fast, twin] = kernels.map(|kernel| {
                    let mut values = values.clone();
                    kernel(
                        &mut values,
                        ld,
                        &cos,
                        &sin,
                        offset,
                        seq_len,
                        batch,
                        heads,
                        head_size,
                    );
                    values
                });
                let mut expected = widen(&values);
                let (cos, sin) = tables::<f64>(offset + seq_len, head_size);
                exact(
                    &mut expected,
                    ld,
                    &cos,
                    &sin,
                    offset,
                    seq_len,
                    batch,
                    heads,
                    head_size,
                );
                assert_same_bits(&fast, &twin);
                assert_close(
                    &fast,
                    &expected,
                    TOLERANCE,
                    &format!("heads of {head_size}"),
                );
                assert_eq!(fast[ld - 3..ld], values[ld - 3..ld], "between the rows");
            }
        }
    }

    #[test]
    fn tables_hold_the_angles() {
        let (cos, sin) = tables::<f64>(3, 4);
        // Angles: position, and position / 100.
        let angles = [0.0, 0.0, 1.0, 0.01, 2.0, 0.02];
        assert_close(&cos, &angles.map(f64::cos), 1e-15, "cos");
        assert_close(&sin, &angles.map(f64::sin), 1e-15, "sin");
    }

    #[test]
    fn scores_depend_on_the_distance_alone() {
        let (q, k) = (noise_f64(8, 2), noise_f64(8, 3));
        let (cos, sin) = tables::<f64>(12, 8);
        let at = |x: &[f64], position| {
            let mut x = x.to_vec();
            naive::rope_rows_forward(&mut x, 8, &cos, &sin, position, 1, 1, 1, 8);
            x
        };
        let near = dot(&at(&q, 4), &at(&k, 1));
        assert_close(
            &[dot(&at(&q, 11), &at(&k, 8))],
            &[near],
            1e-12,
            "distance 3",
        );
        let other = dot(&at(&q, 11), &at(&k, 9));
        assert!(
            (other - near).abs() > 1e-3,
            "{other} at distance 2, {near} at 3"
        );
    }

    #[test]
    fn backward_is_the_gradient_of_forward() {
        let (x, weights) = (noise_f64(16, 4), noise_f64(16, 5));
        let (cos, sin) = tables::<f64>(5, 4);
        let mut d = weights.clone();
        naive::rope_rows_backward(&mut d, 8, &cos, &sin, 3, 2, 1, 2, 4);
        assert_gradient(&d, &x, "x", |x| {
            let mut y = x.to_vec();
            naive::rope_rows_forward(&mut y, 8, &cos, &sin, 3, 2, 1, 2, 4);
            dot(&y, &weights)
        });
    }

    #[test]
    fn no_rows_are_no_special_case() {
        let (cos, sin) = tables::<f32>(1, 4);
        rope_rows_forward_f32(&mut [], 4, &cos, &sin, 0, 0, 0, 1, 4);
        rope_rows_forward_f32(&mut [], 4, &cos, &sin, 0, 1, 0, 1, 4);
    }

    #[test]
    #[should_panic(expected = "have 2 positions, not 2 from 1 on")]
    fn positions_beyond_the_tables_are_refused() {
        let (cos, sin) = tables::<f32>(2, 4);
        rope_rows_forward_f32(&mut [0.0; 8], 4, &cos, &sin, 1, 2, 1, 1, 4);
    }
}
