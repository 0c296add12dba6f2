//! Matrix products on packed operands: C += A B.
//!
//! The right-hand operand is packed into *panels* of [`NR`] = 8 columns: panel p holds rows 0..K of columns
//! 8p..8p+8, row after row, padded with zeros. Weights are packed once per optimiser step and serve every
//! time step of it. The left-hand operand is packed on the way into *tiles* of up to [`MR`] rows, 6 in the
//! relaxed build and 4 in the others, so that the inner loop reads both one after the other.
//!
//! The inner kernel keeps MR x 8 sums in registers. V8 has 15 vector registers on x64: with a fused
//! multiply-add 6 x 2 vectors of sums + 2 of B + 1 of A fit. A separate product needs one more, and 6 rows spill
//! (24 against 31 GFLOP/s for a whole LSTM step, AMD Zen 4, Node 20, 2026-11-23); of the others 4 rows are never
//! slower than 5 (61 against 55 GFLOP/s for [32, 256] [256, 1024], AMD Zen 5, Node 26, 2026-11-25; the same in
//! Node 20), so the simd128 build takes 4. One call per tile: with the loop over tiles around the sums Node 20
//! spills in the relaxed build (41 against 59).

mod gemv;
mod pack;
mod tile;

use gemv::gemv_acc;
use pack::{pack_a, pack_a_transposed};
use tile::multiply_block;

pub use pack::{pack_b, pack_b_transposed};

/// Most rows of a tile.
pub const MR: usize = if crate::simd::IS_RELAXED { 6 } else { 4 };
/// Columns of a panel.
pub const NR: usize = 8;
/// Rows of B (the summed dimension) worked on at a time: a 512 x 8 panel is 16 KB and stays in L1.
const KC: usize = 512;
/// Rows of A packed at a time: 96 x 512 values are 192 KB and stay in L2.
const MC: usize = 96;

/// Elements of a [K, N] matrix in packed form: N rounded up to whole panels.
pub const fn packed_len(k: usize, n: usize) -> usize {
    k * n.next_multiple_of(NR)
}

/// Elements of scratch that a product with `m` rows and `k` summed needs for its packed left operand.
pub const fn scratch_len(m: usize, k: usize) -> usize {
    let rows = if m < MC { m } else { MC };
    let depth = if k < KC { k } else { KC };
    rows * depth
}

/// Elements of scratch for [`gemm_tn_acc`]: both operands are packed.
pub const fn scratch_len_tn(m: usize, n: usize, k: usize) -> usize {
    let depth = if k < KC { k } else { KC };
    scratch_len(m, k) + packed_len(depth, n)
}

/// C += A B for a packed B.
///
/// - `c`: [m, n] with row stride `ldc`; added to
/// - `a`: [m, k] with row stride `lda`
/// - `b`: [k, n] packed by [`pack_b`] or [`pack_b_transposed`]
/// - `scratch`: at least [`scratch_len`]`(m, k)` elements; contents do not matter
///
/// Every element is summed in the same order whatever the number of rows, so a row's result has the same bits
/// alone and among others.
///
/// ```
/// use mynah_kernels::gemm::{gemm_acc, pack_b, packed_len, scratch_len};
///
/// let (m, n, k) = (2, 2, 3);
/// let a = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
/// let b = [1.0, 0.0, 0.0, 1.0, 1.0, 1.0];
/// let mut packed = vec![0.0; packed_len(k, n)];
/// pack_b(&mut packed, &b, n, k, n);
/// let mut c = [10.0, 0.0, 0.0, 0.0];
/// gemm_acc(&mut c, n, &a, k, &packed, m, n, k, &mut vec![0.0; scratch_len(m, k)]);
/// assert_eq!(c, [14.0, 5.0, 10.0, 11.0]);
/// ```
///
/// # Panics
/// If a slice is shorter than its matrix.
pub fn gemm_acc(
    c: &mut [f32],
    ldc: usize,
    a: &[f32],
    lda: usize,
    b: &[f32],
    m: usize,
    n: usize,
    k: usize,
    scratch: &mut [f32],
) {
    check_sizes(c.len(), ldc, m, n);
    check_sizes(a.len(), lda, m, k);
    assert!(
        b.len() >= packed_len(k, n),
        "packed B has {} elements, [{k}, {n}] needs {}",
        b.len(),
        packed_len(k, n)
    );
    if m == 1 {
        return gemv_acc(&mut c[..n], &a[..k], b);
    }
    assert!(
        scratch.len() >= scratch_len(m, k),
        "scratch has {} elements, needs {}",
        scratch.len(),
        scratch_len(m, k)
    );
    for k_start in (0..k).step_by(KC) {
        let depth = KC.min(k - k_start);
        for m_start in (0..m).step_by(MC) {
            let rows = MC.min(m - m_start);
            pack_a(scratch, a, lda, m_start, rows, k_start, depth);
            multiply_block(
                &mut c[m_start * ldc..],
                ldc,
                scratch,
                b,
                k,
                k_start,
                rows,
                n,
                depth,
            );
        }
    }
}

/// C += A' B for two row-major operands: the weight gradient, summed over all rows of a window at once.
///
/// - `c`: [m, n] with row stride `ldc`; added to
/// - `a`: [k, m] with row stride `lda`
/// - `b`: [k, n] with row stride `ldb`
/// - `scratch`: at least [`scratch_len_tn`]`(m, n, k)` elements
///
/// # Panics
/// If a slice is shorter than its matrix.
pub fn gemm_tn_acc(
    c: &mut [f32],
    ldc: usize,
    a: &[f32],
    lda: usize,
    b: &[f32],
    ldb: usize,
    m: usize,
    n: usize,
    k: usize,
    scratch: &mut [f32],
) {
    check_sizes(c.len(), ldc, m, n);
    check_sizes(a.len(), lda, k, m);
    check_sizes(b.len(), ldb, k, n);
    assert!(
        scratch.len() >= scratch_len_tn(m, n, k),
        "scratch has {} elements, needs {}",
        scratch.len(),
        scratch_len_tn(m, n, k)
    );
    let (tiles, panels) = scratch.split_at_mut(scratch_len(m, k));
    for k_start in (0..k).step_by(KC) {
        let depth = KC.min(k - k_start);
        pack_b(panels, &b[k_start * ldb..], ldb, depth, n);
        for m_start in (0..m).step_by(MC) {
            let rows = MC.min(m - m_start);
            pack_a_transposed(tiles, a, lda, m_start, rows, k_start, depth);
            multiply_block(
                &mut c[m_start * ldc..],
                ldc,
                tiles,
                panels,
                depth,
                0,
                rows,
                n,
                depth,
            );
        }
    }
}

fn check_sizes(len: usize, ld: usize, rows: usize, columns: usize) {
    assert!(
        ld >= columns,
        "row stride {ld} is less than a row of {columns}"
    );
    assert!(
        rows == 0 || last_element(rows, ld, columns).is_some_and(|end| len >= end),
        "{len} elements do not hold [{rows}, {columns}] with row stride {ld}"
    );
}

/// One past the last element of a matrix with row stride `ld`; none if that is beyond the address space.
fn last_element(rows: usize, ld: usize, columns: usize) -> Option<usize> {
    (rows - 1).checked_mul(ld)?.checked_add(columns)
}

/// The scalar twin of [`gemm_acc`] on the same packed B, for any float type: sums over k in order, block by
/// block, then adds to C. Equal to the kernel bit for bit in the simd128 build.
pub fn gemm_acc_scalar<T>(
    c: &mut [T],
    ldc: usize,
    a: &[T],
    lda: usize,
    b: &[T],
    m: usize,
    n: usize,
    k: usize,
) where
    T: Copy + Default + std::ops::Add<Output = T> + std::ops::Mul<Output = T>,
{
    for k_start in (0..k).step_by(KC) {
        for row in 0..m {
            for column in 0..n {
                let panel = &b[column / NR * k * NR..];
                let mut sum = T::default();
                for kk in k_start..(k_start + KC).min(k) {
                    sum = a[row * lda + kk] * panel[kk * NR + column % NR] + sum;
                }
                c[row * ldc + column] = c[row * ldc + column] + sum;
            }
        }
    }
}

/// The equation, for any float type: C[i, j] += sum over l of A(i, l) B(l, j), with A and B given as
/// functions. docs/maths.md (2).
pub fn gemm_acc_naive<T>(
    c: &mut [T],
    ldc: usize,
    a: impl Fn(usize, usize) -> T,
    b: impl Fn(usize, usize) -> T,
    m: usize,
    n: usize,
    k: usize,
) where
    T: Copy + std::ops::AddAssign + std::ops::Mul<Output = T>,
{
    for i in 0..m {
        for j in 0..n {
            for l in 0..k {
                c[i * ldc + j] += a(i, l) * b(l, j);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::IS_RELAXED;
    use mynah_testing::{assert_close, assert_same_bits, noise};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// One below, at and above the sizes of tiles, panels and blocks, and the empty matrix.
    const SHAPES: [(usize, usize, usize); 19] = [
        (0, 8, 8),
        (8, 0, 8),
        (8, 8, 0),
        (1, 1, 1),
        (1, 65, 37),
        (1, 16, 515),
        (2, 7, 5),
        (3, 9, 6),
        (5, 8, 7),
        (6, 8, 8),
        (6, 24, 9),
        (7, 15, 9),
        (8, 40, 12),
        (13, 17, 31),
        (32, 64, 16),
        (50, 33, 65),
        (95, 8, 511),
        (97, 16, 513),
        (193, 24, 40),
    ];

    /// Relative to the largest value of the result: k roundings of 2^-24 each, with room.
    const TOLERANCE: f64 = 2e-6;

    fn naive(
        c: &[f32],
        a: impl Fn(usize, usize) -> f64,
        b: impl Fn(usize, usize) -> f64,
        m: usize,
        n: usize,
        k: usize,
        ldc: usize,
    ) -> Vec<f64> {
        let mut exact: Vec<f64> = c.iter().map(|&v| f64::from(v)).collect();
        gemm_acc_naive(&mut exact, ldc, a, b, m, n, k);
        exact
    }

    #[test]
    fn product_agrees_with_the_equation_and_with_the_scalar_twin() {
        for (m, n, k) in SHAPES {
            let (lda, ldc) = (k + 3, n + 5);
            let (a, b, c) = (noise(m * lda, 1), noise(k * n, 2), noise(m * ldc, 3));
            let mut packed = vec![f32::NAN; packed_len(k, n)];
            pack_b(&mut packed, &b, n, k, n);
            let mut fast = c.clone();
            gemm_acc(
                &mut fast,
                ldc,
                &a,
                lda,
                &packed,
                m,
                n,
                k,
                &mut vec![f32::NAN; scratch_len(m, k)],
            );
            let exact = naive(
                &c,
                |i, l| a[i * lda + l].into(),
                |l, j| b[l * n + j].into(),
                m,
                n,
                k,
                ldc,
            );
            assert_close(&fast, &exact, TOLERANCE, &format!("[{m}, {k}] [{k}, {n}]"));
            let mut twin = c.clone();
            gemm_acc_scalar(&mut twin, ldc, &a, lda, &packed, m, n, k);
            if !IS_RELAXED {
                assert_same_bits(&fast, &twin);
            }
        }
    }

    #[test]
    fn product_with_a_transposed_left_operand_agrees_with_the_equation() {
        for (m, n, k) in SHAPES {
            let (lda, ldb, ldc) = (m + 2, n + 1, n + 4);
            let (a, b, c) = (noise(k * lda, 5), noise(k * ldb, 6), noise(m * ldc, 7));
            let mut fast = c.clone();
            gemm_tn_acc(
                &mut fast,
                ldc,
                &a,
                lda,
                &b,
                ldb,
                m,
                n,
                k,
                &mut vec![f32::NAN; scratch_len_tn(m, n, k)],
            );
            let exact = naive(
                &c,
                |i, l| a[l * lda + i].into(),
                |l, j| b[l * ldb + j].into(),
                m,
                n,
                k,
                ldc,
            );
            assert_close(&fast, &exact, TOLERANCE, &format!("[{k}, {m}]' [{k}, {n}]"));
        }
    }

    #[test]
    fn a_row_has_the_same_bits_alone_and_among_others() {
        for (n, k) in [(1, 1), (8, 40), (24, 12), (37, 515), (64, 1030)] {
            for m in 2..=9 {
                let (a, b) = (noise(m * k, 8), noise(k * n, 9));
                let mut packed = vec![0.0; packed_len(k, n)];
                pack_b(&mut packed, &b, n, k, n);
                let mut scratch = vec![0.0; scratch_len(m, k)];
                let mut many = vec![0.5; m * n];
                gemm_acc(&mut many, n, &a, k, &packed, m, n, k, &mut scratch);
                for (row, many) in many.chunks_exact(n).enumerate() {
                    let mut one = vec![0.5; n];
                    let a = &a[row * k..];
                    gemm_acc(&mut one, n, a, k, &packed, 1, n, k, &mut scratch);
                    assert_same_bits(many, &one);
                }
            }
        }
    }
}
