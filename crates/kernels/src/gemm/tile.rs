//! The inner loop: tiles of A times panels of B, with all sums in registers.

use super::pack::TileSplit;
use super::{MR, NR, last_element};
use crate::simd::{F32x4, Lane, volatile_zero};

/// C[..rows, ..n] += tiles · rows `k_start..k_start + depth` of the packed B with `k` rows.
///
/// Panel outside, tile inside: a panel is read from L2 once and stays in L1 for all tiles. Tiles of 2 rows take two
/// panels at once: the 4 vectors of sums of one would wait for each other.
pub(super) fn multiply_block(
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
    let split = TileSplit::of(rows);
    let (upper, pairs) = tiles[..rows * depth].split_at(split.upper_rows() * depth);
    for (panel, columns) in (0..n).step_by(NR).enumerate() {
        let b = &b[(panel * k + k_start) * NR..];
        let b_panel = &b[..depth * NR];
        let (c, left) = (&mut c[columns..], n - columns);
        if left < NR {
            multiply_edge_panel(c, ldc, tiles, b_panel, split, depth, left);
            break;
        }
        if !upper.is_empty() {
            multiply_panel(c, ldc, upper, b_panel, &split.upper(), depth);
        }
        if pairs.is_empty() {
            continue;
        }
        let c = &mut c[split.upper_rows() * ldc..];
        let is_second = panel % 2 == 1;
        if !is_second && left >= 2 * NR {
            multiply_two_panels(c, ldc, pairs, b, k * NR, depth);
        } else if !is_second {
            multiply_panel(c, ldc, pairs, b_panel, &[(2, split.pairs())], depth);
        }
    }
}

/// Eight columns of C: tiles of these heights and numbers, under one another, times one panel.
fn multiply_panel(
    c: &mut [f32],
    ldc: usize,
    tiles: &[f32],
    b_panel: &[f32],
    groups: &[(usize, usize)],
    depth: usize,
) {
    let rows = groups.iter().map(|(height, count)| height * count).sum();
    assert!(
        rows > 0 && last_element(rows, ldc, NR).is_some_and(|end| c.len() >= end),
        "C panel of {} elements",
        c.len()
    );
    assert!(
        tiles.len() == rows * depth && b_panel.len() == depth * NR,
        "tiles and panel of depth {depth}"
    );
    let (mut c, mut tiles, panel) = (c.as_mut_ptr(), tiles.as_ptr(), b_panel.as_ptr());
    for &(height, count) in groups {
        // SAFETY: the lengths are checked above: C has all rows with 8 columns, `tiles` all rows of `depth`
        // values, and the groups come one after the other in both.
        unsafe {
            multiply_tiles(c, ldc, tiles, panel, depth, height, count);
            c = c.wrapping_add(count * height * ldc);
            tiles = tiles.wrapping_add(count * height * depth);
        }
    }
}

/// Sixteen columns of C: tiles of 2 rows times two panels, which start `panel_stride` values apart.
fn multiply_two_panels(
    c: &mut [f32],
    ldc: usize,
    tiles: &[f32],
    b: &[f32],
    panel_stride: usize,
    depth: usize,
) {
    let count = tiles.len() / (2 * depth);
    assert!(
        last_element(2 * count, ldc, 2 * NR).is_some_and(|end| c.len() >= end),
        "two C panels of {} elements",
        c.len()
    );
    assert!(
        b.len() >= panel_stride + depth * NR,
        "two panels of depth {depth}"
    );
    for (at, tile) in tiles.chunks_exact(2 * depth).enumerate() {
        // SAFETY: the lengths are checked above: C has 2 count rows with 16 columns, and both panels are whole.
        unsafe {
            let c = c.as_mut_ptr().add(at * 2 * ldc);
            gemm_f32_tile_2x16(c, ldc, tile.as_ptr(), b.as_ptr(), panel_stride, depth);
        }
    }
}

/// The panel at the right edge, where C has fewer than eight columns: tile by tile through a full one.
fn multiply_edge_panel(
    c: &mut [f32],
    ldc: usize,
    tiles: &[f32],
    b_panel: &[f32],
    split: TileSplit,
    depth: usize,
    width: usize,
) {
    let (mut row, mut full) = (0, [0.0; MR * NR]);
    for height in split.heights() {
        let full = &mut full[..height * NR];
        full.fill(0.0);
        let tile = &tiles[row * depth..][..height * depth];
        multiply_panel(full, NR, tile, b_panel, &[(height, 1)], depth);
        for (r, sums) in full.chunks_exact(NR).enumerate() {
            let c_row = &mut c[(row + r) * ldc..][..width];
            c_row.iter_mut().zip(sums).for_each(|(c, sum)| *c += sum);
        }
        row += height;
    }
}

/// `count` tiles of `height` rows, at most [`MR`], under one another.
///
/// # Safety
/// `c` is valid for count * height rows of 8 values with stride `ldc`, `tiles` for count * height * depth and
/// `panel` for depth * 8 values.
unsafe fn multiply_tiles(
    c: *mut f32,
    ldc: usize,
    tiles: *const f32,
    panel: *const f32,
    depth: usize,
    height: usize,
    count: usize,
) {
    // The guards leave heights that this build has not out of it.
    // SAFETY: the caller's promise.
    unsafe {
        match height {
            6 if MR == 6 => tiles_of::<6>(c, ldc, tiles, panel, depth, count),
            5 if MR == 6 => tiles_of::<5>(c, ldc, tiles, panel, depth, count),
            4 if MR == 4 => tiles_of::<4>(c, ldc, tiles, panel, depth, count),
            3 => tiles_of::<3>(c, ldc, tiles, panel, depth, count),
            2 => tiles_of::<2>(c, ldc, tiles, panel, depth, count),
            1 => tiles_of::<1>(c, ldc, tiles, panel, depth, count),
            _ if count == 0 => {}
            _ => unreachable!("tiles have at most {MR} rows, got {height}"),
        }
    }
}

/// [`multiply_tiles`] for a height that is known, so that the kernel is called directly.
///
/// # Safety
/// As there.
unsafe fn tiles_of<const ROWS: usize>(
    c: *mut f32,
    ldc: usize,
    tiles: *const f32,
    panel: *const f32,
    depth: usize,
    count: usize,
) {
    for at in 0..count {
        // SAFETY: at < count.
        unsafe {
            let (c, tile) = (c.add(at * ROWS * ldc), tiles.add(at * ROWS * depth));
            gemm_f32_tile::<ROWS>(c, ldc, tile, panel, depth);
        }
    }
}

/// C[ROWS, 8] += tile [depth, ROWS] ' · panel [depth, 8], with all sums in registers.
///
/// Not unrolled over `depth`: that makes LLVM finish one sum before the next, and V8 spills.
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
        let zero = volatile_zero();
        // SAFETY: step s of depth reads panel[8 s..8 s + 8] and tile[ROWS s..ROWS s + ROWS].
        unsafe {
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

/// C[2, 16] += tile [depth, 2] ' · two panels [depth, 8], which start `panel_stride` values apart; as [`gemm_f32_tile`].
/// (One function for both, generic over the panels, makes LLVM order the loads so that V8 spills.)
///
/// # Safety
/// `c` is valid for 2 rows of 16 values with stride `ldc`, `tile` for depth * 2 values, and `panel` for depth * 8 values
/// here and `panel_stride` further on.
#[inline(never)]
unsafe fn gemm_f32_tile_2x16(
    c: *mut f32,
    ldc: usize,
    mut tile: *const f32,
    mut panel: *const f32,
    panel_stride: usize,
    depth: usize,
) {
    let mut sums = [[F32x4::splat(0.0); 4]; 2];
    let mut second = panel.wrapping_add(panel_stride);
    for _ in 0..depth {
        let zero = volatile_zero();
        // SAFETY: step s of depth reads 8 values of each panel from 8 s on and tile[2 s..2 s + 2].
        unsafe {
            let b = [
                F32x4::read(panel),
                F32x4::read(panel.add(4)),
                F32x4::read(second),
                F32x4::read(second.add(4)),
            ];
            for row in 0..2 {
                let a = F32x4::read_splat(tile.add(row));
                sums[row][0] = a.mul_add(b[0], sums[row][0]);
                sums[row][1] = a.mul_add(b[1], sums[row][1]);
                sums[row][2] = a.mul_add(b[2], sums[row][2]);
                sums[row][3] = a.mul_add(b[3], sums[row][3]);
            }
            tile = tile.wrapping_add(2 + zero);
            panel = panel.wrapping_add(NR + zero);
            second = second.wrapping_add(NR + zero);
        }
    }
    for (row, sums) in sums.into_iter().enumerate() {
        for (at, sum) in sums.into_iter().enumerate() {
            // SAFETY: row < 2, and C has 16 columns there.
            unsafe {
                let c = c.add(row * ldc + 4 * at);
                (F32x4::read(c) + sum).write(c);
            }
        }
    }
}
