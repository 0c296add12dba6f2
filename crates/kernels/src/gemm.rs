//! Matrix products on packed operands: C += A B.
//!
//! The right-hand operand is packed into *panels* of [`NR`] = 8 columns: panel p holds rows 0..K of columns
//! 8p..8p+8, row after row, padded with zeros. Weights are packed once per optimiser step and serve every
//! time step of it. The left-hand operand is packed on the way into *tiles* of up to [`MR`] = 6 rows, so that
//! the inner loop reads both one after the other.
//!
//! The inner kernel keeps MR x 8 sums in registers. V8 has 15 vector registers on x64: with a fused
//! multiply-add 6 x 2 vectors of sums + 2 of B + 1 of A fit; a separate product needs one more, so the
//! simd128 build takes 5 rows (6 spill one sum per step: 24 against 31 GFLOP/s for a whole LSTM step, AMD Zen
//! 4, Node 20, 2026-11-23). Wider tiles spill in both.

use crate::simd::{F32x4, Lane};
use std::ptr::read_volatile;

/// Most rows of a tile.
pub const MR: usize = if crate::simd::IS_RELAXED { 6 } else { 5 };
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

/// Packs B [K, N], row-major with row stride `ld`, into panels.
///
/// # Panics
/// If `packed` is shorter than [`packed_len`] or `b` than the matrix.
pub fn pack_b<T: Copy + Default>(packed: &mut [T], b: &[T], ld: usize, k: usize, n: usize) {
    for (panel, columns) in packed[..packed_len(k, n)]
        .chunks_exact_mut((k * NR).max(1))
        .zip((0..n).step_by(NR))
    {
        let width = NR.min(n - columns);
        for (row, packed_row) in panel.chunks_exact_mut(NR).enumerate() {
            let start = row * ld + columns;
            packed_row[..width].copy_from_slice(&b[start..start + width]);
            packed_row[width..].fill(T::default());
        }
    }
}

/// Packs the transpose of W [N, K], row-major with row stride `ld`, into panels: B = W', the form for x W'.
///
/// # Panics
/// As [`pack_b`].
pub fn pack_b_transposed<T: Copy + Default>(
    packed: &mut [T],
    w: &[T],
    ld: usize,
    k: usize,
    n: usize,
) {
    for (panel, columns) in packed[..packed_len(k, n)]
        .chunks_exact_mut((k * NR).max(1))
        .zip((0..n).step_by(NR))
    {
        for j in 0..NR {
            if columns + j < n {
                let start = (columns + j) * ld;
                for (packed_row, &value) in panel.chunks_exact_mut(NR).zip(&w[start..start + k]) {
                    packed_row[j] = value;
                }
            } else {
                panel
                    .iter_mut()
                    .skip(j)
                    .step_by(NR)
                    .for_each(|value| *value = T::default());
            }
        }
    }
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

/// Splits `rows` into tiles of at most [`MR`] rows of nearly equal height: a lone row in a last tile would
/// run at a sixth of the speed. With MR = 6, 32 = 6 6 5 5 5 5; with MR = 5, 32 = 5 5 5 5 4 4 4.
fn tile_heights(rows: usize) -> impl Iterator<Item = usize> {
    let count = rows.div_ceil(MR);
    (0..count).map(move |tile| rows / count + usize::from(tile < rows % count))
}

/// Packs rows `m_start..m_start + rows`, columns `k_start..k_start + depth` of a row-major A tile by tile:
/// [depth, height] each.
fn pack_a(
    packed: &mut [f32],
    a: &[f32],
    lda: usize,
    m_start: usize,
    rows: usize,
    k_start: usize,
    depth: usize,
) {
    let (mut row, mut offset) = (m_start, 0);
    for height in tile_heights(rows) {
        let tile = &mut packed[offset..offset + height * depth];
        for r in 0..height {
            let start = (row + r) * lda + k_start;
            for (column, &value) in tile.chunks_exact_mut(height).zip(&a[start..start + depth]) {
                column[r] = value;
            }
        }
        row += height;
        offset += height * depth;
    }
}

/// As [`pack_a`] for A stored transposed, [K, M].
fn pack_a_transposed(
    packed: &mut [f32],
    a: &[f32],
    lda: usize,
    m_start: usize,
    rows: usize,
    k_start: usize,
    depth: usize,
) {
    let (mut row, mut offset) = (m_start, 0);
    for height in tile_heights(rows) {
        let tile = &mut packed[offset..offset + height * depth];
        for (k, column) in tile.chunks_exact_mut(height).enumerate() {
            let start = (k_start + k) * lda + row;
            column.copy_from_slice(&a[start..start + height]);
        }
        row += height;
        offset += height * depth;
    }
}

/// C[..rows, ..n] += tiles · rows `k_start..k_start + depth` of the packed B with `k` rows.
///
/// Panel outside, tile inside: a panel is read from L2 once and stays in L1 for all tiles.
fn multiply_block(
    c: &mut [f32],
    ldc: usize,
    tiles: &[f32],
    b: &[f32],
    k: usize,
    k_start: usize,
    rows: usize,
    n: usize,
    depth: usize,
) {
    for (panel, columns) in (0..n).step_by(NR).enumerate() {
        let b_panel = &b[panel * k * NR + k_start * NR..][..depth * NR];
        let width = NR.min(n - columns);
        let (mut row, mut offset) = (0, 0);
        for height in tile_heights(rows) {
            let tile = &tiles[offset..offset + height * depth];
            let c_tile = &mut c[row * ldc + columns..];
            if width == NR {
                multiply_tile(c_tile, ldc, tile, b_panel, height, depth);
            } else {
                multiply_edge_tile(c_tile, ldc, tile, b_panel, height, depth, width);
            }
            row += height;
            offset += height * depth;
        }
    }
}

/// A tile at the right edge, where C has fewer than eight columns: through a full tile of its own.
fn multiply_edge_tile(
    c: &mut [f32],
    ldc: usize,
    tile: &[f32],
    b_panel: &[f32],
    height: usize,
    depth: usize,
    width: usize,
) {
    let mut full = [0.0; MR * NR];
    for r in 0..height {
        full[r * NR..r * NR + width].copy_from_slice(&c[r * ldc..r * ldc + width]);
    }
    multiply_tile(&mut full, NR, tile, b_panel, height, depth);
    for r in 0..height {
        c[r * ldc..r * ldc + width].copy_from_slice(&full[r * NR..r * NR + width]);
    }
}

fn multiply_tile(
    c: &mut [f32],
    ldc: usize,
    tile: &[f32],
    b_panel: &[f32],
    height: usize,
    depth: usize,
) {
    assert!(
        last_element(height, ldc, NR).is_some_and(|end| c.len() >= end),
        "C tile of {} elements",
        c.len()
    );
    assert!(
        tile.len() == height * depth && b_panel.len() == depth * NR,
        "tile and panel of depth {depth}"
    );
    let (c, tile, b) = (c.as_mut_ptr(), tile.as_ptr(), b_panel.as_ptr());
    // SAFETY: the lengths are checked above; `height` selects the kernel for that many rows.
    unsafe {
        match height {
            6 => gemm_f32_tile::<6>(c, ldc, tile, b, depth),
            5 => gemm_f32_tile::<5>(c, ldc, tile, b, depth),
            4 => gemm_f32_tile::<4>(c, ldc, tile, b, depth),
            3 => gemm_f32_tile::<3>(c, ldc, tile, b, depth),
            2 => gemm_f32_tile::<2>(c, ldc, tile, b, depth),
            1 => gemm_f32_tile::<1>(c, ldc, tile, b, depth),
            _ => unreachable!("tiles have at most {MR} rows, got {height}"),
        }
    }
}

/// Always zero, but read as volatile in the inner loop; see [`gemm_f32_tile`].
static ZERO: usize = 0;

/// C[ROWS, 8] += tile [depth, ROWS] ' · panel [depth, 8], with all sums in registers.
///
/// The pointers advance by a constant plus a volatile zero. Without it LLVM's loop strength reduction
/// rewrites them as `base + constant` and then orders the loads so that V8 spills 5-10 registers per step: 38
/// instead of 58 GFLOP/s (Node 26 relaxed, 6x8, 2026-11-23). The extra load costs nothing measurable. Not
/// unrolled over `depth`: that makes LLVM finish one sum before the next and spills again.
///
/// # Safety
/// `c` is valid for ROWS rows of 8 values with stride `ldc`, `tile` for depth * ROWS and `panel` for depth * 8 values.
#[inline(never)]
unsafe fn gemm_f32_tile<const ROWS: usize>(
    c: *mut f32,
    ldc: usize,
    mut tile: *const f32,
    mut panel: *const f32,
    depth: usize,
) {
    let mut sums = [[F32x4::splat(0.0); 2]; ROWS];
    for _ in 0..depth {
        // SAFETY: step s of depth reads panel[8 s..8 s + 8] and tile[ROWS s..ROWS s + ROWS]; the static is
        // always readable.
        unsafe {
            let zero = read_volatile(&raw const ZERO);
            let b_low = F32x4::read(panel);
            let b_high = F32x4::read(panel.add(4));
            for row in 0..ROWS {
                let a = F32x4::read_splat(tile.add(row));
                sums[row][0] = a.mul_add(b_low, sums[row][0]);
                sums[row][1] = a.mul_add(b_high, sums[row][1]);
            }
            tile = tile.wrapping_add(ROWS + zero);
            panel = panel.wrapping_add(NR + zero);
        }
    }
    for (row, [low, high]) in sums.into_iter().enumerate() {
        // SAFETY: row < ROWS, and C has 8 columns there.
        unsafe {
            let c_row = c.add(row * ldc);
            (F32x4::read(c_row) + low).write(c_row);
            (F32x4::read(c_row.add(4)) + high).write(c_row.add(4));
        }
    }
}

/// Panels that the single-row product works on side by side: 8 vectors of sums hide the latency that one
/// panel would wait for.
const GEMV_PANELS: usize = 4;

/// c += a B for one row, in the order of sums of the tiles, so that a row's result does not depend on how
/// many rows there are.
fn gemv_acc(c: &mut [f32], a: &[f32], b: &[f32]) {
    let k = a.len();
    for k_start in (0..k).step_by(KC) {
        let a = &a[k_start..(k_start + KC).min(k)];
        for (group, c) in c.chunks_mut(GEMV_PANELS * NR).enumerate() {
            let panels = &b[group * GEMV_PANELS * k * NR..][..c.len().div_ceil(NR) * k * NR];
            if c.len() > (GEMV_PANELS - 1) * NR {
                gemv_group::<GEMV_PANELS>(c, a, panels, k, k_start);
            } else {
                for (c, panel) in c.chunks_mut(NR).zip(panels.chunks_exact(k * NR)) {
                    gemv_group::<1>(c, a, panel, k, k_start);
                }
            }
        }
    }
}

/// c += a · rows `k_start..` of the panels of `k` rows each.
fn gemv_group<const PANELS: usize>(
    c: &mut [f32],
    a: &[f32],
    panels: &[f32],
    k: usize,
    k_start: usize,
) {
    assert!(
        panels.len() == PANELS * k * NR && k_start + a.len() <= k,
        "{PANELS} panels of {k} rows"
    );
    // SAFETY: each panel holds k rows of 8 values, and k_start + the length of a is at most k.
    let sums = unsafe {
        gemv_f32_panels::<PANELS>(
            a.as_ptr(),
            panels.as_ptr().add(k_start * NR),
            k * NR,
            a.len(),
        )
    };
    for (value, sum) in c.iter_mut().zip(sums.as_flattened().as_flattened()) {
        *value += sum;
    }
}

/// a [depth] · each of the panels [depth, 8], which start `panel_stride` values apart.
///
/// # Safety
/// `a` is valid for `depth` values, and `panels` for `depth` rows of 8 values at each of the strides.
#[inline(never)]
unsafe fn gemv_f32_panels<const PANELS: usize>(
    a: *const f32,
    panels: *const f32,
    panel_stride: usize,
    depth: usize,
) -> [[[f32; 4]; 2]; PANELS] {
    let mut sums = [[F32x4::splat(0.0); 2]; PANELS];
    for row in 0..depth {
        // SAFETY: row < depth, and every panel has that row.
        unsafe {
            let factor = F32x4::read_splat(a.add(row));
            for (panel, [low, high]) in sums.iter_mut().enumerate() {
                let b = panels.add(panel * panel_stride + row * NR);
                *low = factor.mul_add(F32x4::read(b), *low);
                *high = factor.mul_add(F32x4::read(b.add(4)), *high);
            }
        }
    }
    sums.map(|halves| halves.map(F32x4::to_array))
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
    const SHAPES: [(usize, usize, usize); 17] = [
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
        (7, 15, 9),
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
    fn transposed_packing_is_packing_of_the_transpose() {
        for (n, k) in [(1, 1), (7, 3), (8, 8), (65, 20)] {
            let w = noise(n * k, 4);
            let transposed: Vec<f32> = (0..k * n).map(|at| w[at % n * k + at / n]).collect();
            let (mut one, mut other) = (
                vec![f32::NAN; packed_len(k, n)],
                vec![f32::NAN; packed_len(k, n)],
            );
            pack_b_transposed(&mut one, &w, k, k, n);
            pack_b(&mut other, &transposed, n, k, n);
            assert_same_bits(&one, &other);
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
    fn tiles_cover_the_rows_evenly() {
        for rows in 0..200 {
            let heights: Vec<usize> = tile_heights(rows).collect();
            assert_eq!(heights.iter().sum::<usize>(), rows);
            assert_eq!(
                heights.len(),
                rows.div_ceil(MR),
                "{rows}: no more tiles than needed"
            );
            let (low, high) = (heights.iter().min(), heights.iter().max());
            assert!(
                rows == 0 || high.unwrap() - low.unwrap() <= 1,
                "{rows}: {heights:?}"
            );
        }
    }

    #[test]
    fn a_row_has_the_same_bits_alone_and_among_others() {
        for (n, k) in [(1, 1), (8, 40), (37, 515), (64, 1030)] {
            let (a, b) = (noise(7 * k, 8), noise(k * n, 9));
            let mut packed = vec![0.0; packed_len(k, n)];
            pack_b(&mut packed, &b, n, k, n);
            let mut scratch = vec![0.0; scratch_len(7, k)];
            let (mut many, mut one) = (vec![0.5; 7 * n], vec![0.5; n]);
            gemm_acc(&mut many, n, &a, k, &packed, 7, n, k, &mut scratch);
            gemm_acc(&mut one, n, &a[3 * k..], k, &packed, 1, n, k, &mut scratch);
            assert_same_bits(&many[3 * n..4 * n], &one);
        }
    }
}
