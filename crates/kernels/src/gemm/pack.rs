//! Operands laid out in the order in which the inner loops read them.

use super::{MR, NR, packed_len};

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

/// Splits `rows` into tiles of at most [`MR`] rows of nearly equal height: a lone row in a last tile would
/// run at a sixth of the speed. With MR = 6, 32 = 6 6 5 5 5 5; with MR = 5, 32 = 5 5 5 5 4 4 4.
pub(super) fn tile_heights(rows: usize) -> impl Iterator<Item = usize> {
    let count = rows.div_ceil(MR);
    (0..count).map(move |tile| rows / count + usize::from(tile < rows % count))
}

/// Packs rows `m_start..m_start + rows`, columns `k_start..k_start + depth` of a row-major A tile by tile:
/// [depth, height] each.
pub(super) fn pack_a(
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
pub(super) fn pack_a_transposed(
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

#[cfg(test)]
mod tests {
    use super::*;
    use mynah_testing::{assert_same_bits, noise};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

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
}
