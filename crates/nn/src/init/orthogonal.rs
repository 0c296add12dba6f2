//! Random orthogonal matrices, made of reflections. docs/maths.md (8).

use crate::Result;
use crate::error::allocate;
use crate::rng::Pcg32;
use mynah_kernels::gemm::{pack_b, pack_b_transposed, packed_len, scratch_len};
use mynah_kernels::real::Real;

/// Reflections that are applied together. Narrower products are slower, wider blocks have more to do beside them: 8
/// matrices of 1024 x 1024 take 378, 353 and 377 ms in blocks of 32, 64 and 128, of 256 x 256 12, 13 and 19 ms (AMD
/// Zen 4, Node 20, simd128, processor time, 2026-11-25).
const BLOCK: usize = 64;

/// Makes matrices [size, size] that are uniform over all orthogonal ones.
///
/// Row by row from the last to the first, one reflection H = I - 2 v' v each, v the unit vector that turns a random
/// direction into an axis (Stewart 1980, SIAM J. Numer. Anal. 17; the signs: Mezzadri 2007, Notices AMS 54). That is
/// a third of the operations that it takes to make random rows orthogonal to each other (Gram-Schmidt, twice), with
/// half of the random numbers, and nothing that would have to be made orthogonal again.
pub(super) struct Orthogonal<T> {
    size: usize,
    /// V [block, columns]: the vectors of a block, and later T V.
    vectors: Vec<T>,
    /// V V' [block, block].
    products: Vec<T>,
    /// T [block, block].
    mixing: Vec<T>,
    /// What the rows of the matrix have along each vector, [columns, block].
    along: Vec<T>,
    packed: Vec<T>,
    scratch: Vec<T>,
}

impl<T: Real> Orthogonal<T> {
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(size: usize) -> Result<Self> {
        let block = BLOCK.min(size);
        let packed = packed_len(block, size).max(packed_len(size, block));
        let memory = |len| allocate(&[len], "the initial weights");
        Ok(Self {
            size,
            vectors: memory(block * size)?,
            products: memory(block * block)?,
            mixing: memory(block * block)?,
            along: memory(size * block)?,
            packed: memory(packed)?,
            scratch: memory(scratch_len(size, size))?,
        })
    }

    /// Fills `matrix` [size, size].
    pub fn fill(&mut self, matrix: &mut [T], rng: &mut Pcg32) {
        let size = self.size;
        matrix.fill(T::default());
        for first in (0..size).step_by(BLOCK).rev() {
            let (columns, count) = (size - first, BLOCK.min(size - first));
            for k in (0..count).rev() {
                let vector = &mut self.vectors[k * columns..(k + 1) * columns];
                let sign = draw_reflection(vector, k, rng);
                matrix[(first + k) * (size + 1)] = T::from_f64(sign);
            }
            self.reflect(&mut matrix[first * (size + 1)..], count, columns);
        }
    }

    /// matrix <- matrix H_last ... H_first, [columns, columns] with row stride `size`, for the `count` reflections
    /// whose vectors are the rows of V: matrix + (matrix V') (T V), see [`mix`].
    fn reflect(&mut self, matrix: &mut [T], count: usize, columns: usize) {
        let (size, scratch) = (self.size, &mut self.scratch[..]);
        let vectors = &mut self.vectors[..count * columns];
        let (along, packed) = (&mut self.along[..columns * count], &mut self.packed[..]);
        let (products, mixing) = (&mut self.products[..], &mut self.mixing[..]);

        pack_b_transposed(packed, vectors, columns, columns, count);
        products.fill(T::default());
        T::gemm_acc(
            products, count, vectors, columns, packed, count, count, columns, scratch,
        );
        along.fill(T::default());
        T::gemm_acc(
            along, count, matrix, size, packed, columns, count, columns, scratch,
        );

        mix(mixing, products, count);
        pack_b(packed, vectors, columns, count, columns);
        vectors.fill(T::default());
        T::gemm_acc(
            vectors, columns, mixing, count, packed, count, columns, count, scratch,
        );

        pack_b(packed, vectors, columns, count, columns);
        T::gemm_acc(
            matrix, size, along, count, packed, columns, columns, count, scratch,
        );
    }
}

/// Draws v, zero before `k`, and the sign of the diagonal before the reflection: together they turn e_k into the
/// random direction, which the reflection alone would turn it into or into the opposite of.
fn draw_reflection<T: Real>(vector: &mut [T], k: usize, rng: &mut Pcg32) -> f64 {
    vector[..k].fill(T::default());
    let v = &mut vector[k..];
    v.fill_with(|| T::from_f64(rng.normal().into()));
    normalise(v);
    // Away from the axis, so that nothing cancels.
    let sign = if v[0] < T::default() { -1.0 } else { 1.0 };
    v[0] += T::from_f64(sign);
    normalise(v);
    -sign
}

fn normalise<T: Real>(v: &mut [T]) {
    let length = v.iter().map(|x| x.to_f64().powi(2)).sum::<f64>().sqrt();
    // A single value may have been drawn as zero.
    let length = length.max(f64::MIN_POSITIVE);
    v.iter_mut()
        .for_each(|x| *x = T::from_f64(x.to_f64() / length));
}

/// T [count, count], lower triangular, of H_last ... H_first = I + V' T V (Schreiber and Van Loan 1989, SIAM J. Sci.
/// Stat. Comput. 10), from the products V V': a row of T V is -2 v, reflected by all before it.
fn mix<T: Real>(mixing: &mut [T], products: &[T], count: usize) {
    for (l, row) in mixing.chunks_exact_mut(count).take(count).enumerate() {
        row.fill(T::default());
        row[l] = T::from_f64(-2.0);
        for j in (0..l).rev() {
            let along: f64 = (j + 1..=l)
                .map(|i| row[i].to_f64() * products[i * count + j].to_f64())
                .sum();
            row[j] = T::from_f64(-2.0 * along);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mynah_testing::assert_close;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// One below, at and above the sizes of lane groups, panels and blocks.
    const SIZES: [usize; 9] = [1, 2, 3, 9, 63, 64, 65, 130, 257];

    fn filled<T: Real>(size: usize, seed: u64) -> Vec<T> {
        let mut matrix = vec![T::from_f64(f64::NAN); size * size];
        let mut orthogonal = Orthogonal::new(size).unwrap();
        orthogonal.fill(&mut matrix, &mut Pcg32::new(seed));
        matrix
    }

    /// The equation: one reflection after the other, I - 2 x' x / |x|^2 on every row.
    fn naive(size: usize, seed: u64) -> Vec<f64> {
        let mut rng = Pcg32::new(seed);
        let mut matrix = vec![0.0; size * size];
        for k in (0..size).rev() {
            let mut x: Vec<f64> = (k..size).map(|_| rng.normal().into()).collect();
            let length = x.iter().map(|x| x * x).sum::<f64>().sqrt();
            let sign = if x[0] < 0.0 { -1.0 } else { 1.0 };
            matrix[k * size + k] = -sign;
            x[0] += sign * length;
            let square: f64 = x.iter().map(|x| x * x).sum();
            for row in matrix.chunks_exact_mut(size) {
                let along: f64 = row[k..].iter().zip(&x).map(|(q, x)| q * x).sum();
                for (q, x) in row[k..].iter_mut().zip(&x) {
                    *q -= 2.0 * along / square * x;
                }
            }
        }
        matrix
    }

    /// The largest element of Q Q' - I.
    fn skew<T: Real>(matrix: &[T], size: usize) -> f64 {
        let mut largest: f64 = 0.0;
        for (i, a) in matrix.chunks_exact(size).enumerate() {
            for (j, b) in matrix.chunks_exact(size).enumerate() {
                let products = a.iter().zip(b).map(|(x, y)| x.to_f64() * y.to_f64());
                largest = largest.max((products.sum::<f64>() - f64::from(i == j)).abs());
            }
        }
        largest
    }

    #[test]
    fn blocks_come_to_what_single_reflections_come_to() {
        for size in SIZES {
            let exact = naive(size, 7);
            let what = format!("size {size}");
            assert_close(&filled::<f32>(size, 7), &exact, 2e-6, &what);
            assert_close(&filled::<f64>(size, 7), &exact, 1e-12, &what);
        }
    }

    #[test]
    fn rows_are_orthonormal_to_the_last_digits() {
        for size in SIZES {
            let (single, double) = (filled::<f32>(size, 1), filled::<f64>(size, 1));
            // A few units in the last place of 1; in f32 that is 6e-8.
            assert!(
                skew(&single, size) < 1e-6,
                "{size}: {}",
                skew(&single, size)
            );
            assert!(
                skew(&double, size) < 1e-14,
                "{size}: {}",
                skew(&double, size)
            );
        }
    }

    #[test]
    fn every_orthogonal_matrix_is_equally_likely() {
        // Of uniform ones the trace has mean 0 and variance 1 (Diaconis and Shahshahani 1994), an element mean 0 and
        // variance 1 / n, a half has determinant 1; bounds are five standard deviations.
        let (size, count) = (3, 20_000);
        let mut rng = Pcg32::new(5);
        let mut orthogonal = Orthogonal::<f64>::new(size).unwrap();
        let (mut traces, mut squares, mut turns) = (0.0, 0.0, 0);
        let (mut sums, mut sums_of_squares) = ([0.0; 9], [0.0; 9]);
        for _ in 0..count {
            let mut q = [0.0; 9];
            orthogonal.fill(&mut q, &mut rng);
            let trace = q[0] + q[4] + q[8];
            traces += trace;
            squares += trace * trace;
            let determinant = q[0] * (q[4] * q[8] - q[5] * q[7])
                - q[1] * (q[3] * q[8] - q[5] * q[6])
                + q[2] * (q[3] * q[7] - q[4] * q[6]);
            turns += usize::from(determinant > 0.0);
            for i in 0..9 {
                sums[i] += q[i];
                sums_of_squares[i] += q[i] * q[i];
            }
        }
        let n = f64::from(count);
        assert!((traces / n).abs() < 0.036, "{}", traces / n);
        assert!((squares / n - 1.0).abs() < 0.05, "{}", squares / n);
        assert!(turns.abs_diff(10_000) < 354, "{turns}");
        for i in 0..9 {
            assert!((sums[i] / n).abs() < 0.021, "{i}: {}", sums[i] / n);
            let variance = sums_of_squares[i] / n;
            assert!((variance - 1.0 / 3.0).abs() < 0.011, "{i}: {variance}");
        }
    }

    #[test]
    fn a_value_drawn_as_zero_makes_no_hole() {
        let mut v = [0.0f64];
        normalise(&mut v);
        assert_eq!(v, [0.0]);
        v[0] += 1.0;
        normalise(&mut v);
        assert_eq!(v, [1.0]);
    }
}
