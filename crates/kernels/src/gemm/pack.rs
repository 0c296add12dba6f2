//! Operands laid out in the order in which the inner loops read them.

use super::{MR, NR, packed_len};
use crate::simd::{F32x4, Lane};

/// Strips of columns that are packed at once, so that whole cache lines of each row are read instead of a part of one
/// after the other.
const STRIPS: usize = 4;

/// Packs B [K, N], row-major with row stride `ld`, into panels.
///
/// # Panics
/// If `packed` is shorter than [`packed_len`] or `b` than the matrix.
pub fn pack_b<T: Copy + Default>(packed: &mut [T], b: &[T], ld: usize, k: usize, n: usize) {
    let (panels, edge) = packed[..packed_len(k, n)].split_at_mut(n / NR * NR * k);
    copy_strips::<NR, T>(panels, b, ld, k);
    let columns = n / NR * NR;
    for (row, packed_row) in edge.chunks_exact_mut(NR).enumerate() {
        let source = &b[row * ld + columns..row * ld + n];
        packed_row[..source.len()].copy_from_slice(source);
        packed_row[source.len()..].fill(T::default());
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

/// How rows are split into tiles: as many of [`MR`] rows as there are, and what is left in tiles that run nearly as fast.
/// Those of 2 rows come last, because they are worked on two panels at a time; what they cannot make up together with
/// whole tiles is one tile between. With MR = 6, 32 = 5 x 6 + 2 and 33 = 4 x 6 + 5 + 2 + 2; with MR = 4, 50 = 12 x 4 + 2.
#[derive(Clone, Copy)]
pub(super) struct TileSplit {
    whole: usize,
    /// Rows of the tile between; 0 if there is none.
    between: usize,
    pairs: usize,
}

impl TileSplit {
    pub(super) fn of(rows: usize) -> Self {
        let (mut whole, mut left) = (rows / MR, rows % MR);
        // An odd rest is the one tile of MR - 1 rows, which is odd, too, and pairs.
        if left % 2 == 1 && left < MR - 1 && whole > 0 {
            whole -= 1;
            left += MR;
        }
        let between = if left % 2 == 0 { 0 } else { left.min(MR - 1) };
        Self {
            whole,
            between,
            pairs: (left - between) / 2,
        }
    }

    /// Rows of all tiles but the pairs.
    pub(super) fn upper_rows(self) -> usize {
        self.whole * MR + self.between
    }

    /// Height and number of the tiles above the pairs.
    pub(super) fn upper(self) -> [(usize, usize); 2] {
        [
            (MR, self.whole),
            (self.between, usize::from(self.between > 0)),
        ]
    }

    /// Tiles of 2 rows.
    pub(super) fn pairs(self) -> usize {
        self.pairs
    }

    /// Height and number of all tiles.
    fn groups(self) -> impl Iterator<Item = (usize, usize)> {
        self.upper().into_iter().chain([(2, self.pairs)])
    }

    /// The height of every tile.
    pub(super) fn heights(self) -> impl Iterator<Item = usize> {
        self.groups()
            .flat_map(|(height, count)| std::iter::repeat_n(height, count))
    }
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
    for height in TileSplit::of(rows).heights() {
        let tile = &mut packed[offset..offset + height * depth];
        let a = &a[row * lda + k_start..];
        match height {
            6 if MR == 6 => transpose_rows::<6>(tile, a, lda, depth),
            5 if MR == 6 => transpose_rows::<5>(tile, a, lda, depth),
            4 if MR == 4 => transpose_rows::<4>(tile, a, lda, depth),
            3 => transpose_rows::<3>(tile, a, lda, depth),
            2 => transpose_rows::<2>(tile, a, lda, depth),
            _ => transpose_rows::<1>(tile, a, lda, depth),
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
    for (height, count) in TileSplit::of(rows).groups() {
        let tiles = &mut packed[offset..offset + count * height * depth];
        let a = &a[k_start * lda + row..];
        if height == MR {
            copy_strips::<MR, f32>(tiles, a, lda, depth);
        } else {
            copy_low_tiles(tiles, a, lda, depth, height);
        }
        row += count * height;
        offset += count * height * depth;
    }
}

/// Tiles of less than [`MR`] rows, of which there are three at most.
fn copy_low_tiles(tiles: &mut [f32], a: &[f32], lda: usize, depth: usize, height: usize) {
    for (at, tile) in tiles.chunks_exact_mut((height * depth).max(1)).enumerate() {
        let a = &a[at * height..];
        match height {
            5 if MR == 6 => copy_strips_at_once::<5, 1, f32>(tile, a, lda, depth),
            3 => copy_strips_at_once::<3, 1, f32>(tile, a, lda, depth),
            2 => copy_strips_at_once::<2, 1, f32>(tile, a, lda, depth),
            _ => copy_strips_at_once::<1, 1, f32>(tile, a, lda, depth),
        }
    }
}

/// Writes N rows of a matrix with row stride `ld` as `depth` columns of N values: four columns at a time through
/// registers, the rest one by one.
///
/// The last 4 rows of 5 or 6 overlap the first 4, and what both hold is written twice.
fn transpose_rows<const N: usize>(tile: &mut [f32], rows: &[f32], ld: usize, depth: usize) {
    let row = |r: usize| &rows[r * ld..][..depth];
    let (columns, _) = tile.as_chunks_mut::<N>();
    let (fours, _) = columns.as_chunks_mut::<4>();
    let whole = match N {
        2 => {
            transpose_pair(fours.as_flattened_mut().as_flattened_mut(), row(0), row(1));
            fours.len() * 4
        }
        4.. => {
            transpose_four(fours, 0, [row(0), row(1), row(2), row(3)]);
            if N > 4 {
                let first = N - 4;
                let rows = [row(first), row(first + 1), row(first + 2), row(first + 3)];
                transpose_four(fours, first, rows);
            }
            fours.len() * 4
        }
        _ => 0,
    };
    for r in 0..N {
        for (column, &value) in columns[whole..].iter_mut().zip(&row(r)[whole..]) {
            column[r] = value;
        }
    }
}

/// Rows `first..first + 4` of whole blocks of four columns.
fn transpose_four<const N: usize>(fours: &mut [[[f32; N]; 4]], first: usize, rows: [&[f32]; 4]) {
    assert!(
        first + 4 <= N && rows.iter().all(|row| row.len() >= 4 * fours.len()),
        "rows of whole blocks"
    );
    for (at, columns) in fours.iter_mut().enumerate() {
        // SAFETY: every row has 4 values for each block.
        let block = rows.map(|row| unsafe { F32x4::load(row, 4 * at) });
        for (column, values) in columns.iter_mut().zip(F32x4::transpose(block)) {
            // SAFETY: a column has N >= first + 4 values.
            unsafe { values.store(column, first) };
        }
    }
}

/// Both rows of whole blocks of four columns.
fn transpose_pair(columns: &mut [f32], low: &[f32], high: &[f32]) {
    let (eights, _) = columns.as_chunks_mut::<8>();
    let rows = [low, high].map(|row| row.as_chunks::<4>().0);
    for ((eight, low), high) in eights.iter_mut().zip(rows[0]).zip(rows[1]) {
        for (k, column) in eight.as_chunks_mut::<2>().0.iter_mut().enumerate() {
            *column = [low[k], high[k]];
        }
    }
}

/// Cuts `matrix`, of `depth` rows with row stride `ld`, into strips of N columns and copies each without gaps: [depth, N],
/// as many as `packed` holds.
fn copy_strips<const N: usize, T: Copy>(packed: &mut [T], matrix: &[T], ld: usize, depth: usize) {
    let mut groups = packed.chunks_exact_mut((STRIPS * N * depth).max(1));
    let mut columns = 0;
    for group in &mut groups {
        copy_strips_at_once::<N, STRIPS, T>(group, &matrix[columns..], ld, depth);
        columns += STRIPS * N;
    }
    for strip in groups.into_remainder().chunks_exact_mut((N * depth).max(1)) {
        copy_strips_at_once::<N, 1, T>(strip, &matrix[columns..], ld, depth);
        columns += N;
    }
}

/// N and COUNT are constants, or every row would be a call of the engine's memory copy.
fn copy_strips_at_once<const N: usize, const COUNT: usize, T: Copy>(
    packed: &mut [T],
    matrix: &[T],
    ld: usize,
    depth: usize,
) {
    let (packed, _) = packed.as_chunks_mut::<N>();
    for row in 0..depth {
        let (source, _) = matrix[row * ld..][..COUNT * N].as_chunks::<N>();
        for strip in 0..COUNT {
            packed[strip * depth + row] = source[strip];
        }
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
    fn tiles_cover_the_rows() {
        for rows in 0..200 {
            let split = TileSplit::of(rows);
            let heights: Vec<usize> = split.heights().collect();
            assert_eq!(heights.iter().sum::<usize>(), rows, "{heights:?}");
            assert!(heights.iter().all(|&height| height <= MR), "{heights:?}");
            assert!(
                rows < MR || !heights.contains(&1),
                "{rows}: a lone row runs at a sixth of the speed, {heights:?}"
            );
            let whole = heights.iter().filter(|&&height| height == MR).count();
            assert!(whole + 1 >= rows / MR, "{rows}: {heights:?}");
            assert!(heights.is_sorted_by(|a, b| a >= b), "{heights:?}");
        }
    }
}
