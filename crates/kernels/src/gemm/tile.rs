//! The inner loop: tiles of A times panels of B, with all sums in registers.

use super::pack::TileSplit;
use super::{MR, NR, last_element};
use crate::simd::{F32x4, Lane, volatile_zero};

/// C[..rows, ..n] += tiles · rows `k_start..k_start + depth` of the packed B with `k` rows.
///
/// Panel outside, tile inside: a panel is read from L2 once and stays in L1 for all tiles.
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
    let tiles = &tiles[..rows * depth];
    let split = TileSplit::of(rows);
    for (panel, columns) in (0..n).step_by(NR).enumerate() {
        let b_panel = &b[panel * k * NR + k_start * NR..][..depth * NR];
        if n - columns >= NR {
            multiply_panel(&mut c[columns..], ldc, tiles, b_panel, split, depth);
        } else {
            multiply_edge_panel(
                &mut c[columns..],
                ldc,
                tiles,
                b_panel,
                split,
                depth,
                n - columns,
            );
        }
    }
}

/// Eight columns of C: all tiles times one panel.
fn multiply_panel(
    c: &mut [f32],
    ldc: usize,
    tiles: &[f32],
    b_panel: &[f32],
    split: TileSplit,
    depth: usize,
) {
    let rows = split.rows();
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
    for (height, count) in split.groups() {
        // SAFETY: the lengths are checked above: C has all rows with 8 columns, `tiles` all rows of `depth`
        // values, and the groups come one after the other in both.
        unsafe {
            multiply_tiles(c, ldc, tiles, panel, depth, height, count);
            c = c.wrapping_add(count * height * ldc);
            tiles = tiles.wrapping_add(count * height * depth);
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
    for (height, count) in split.groups() {
        for _ in 0..count {
            let full = &mut full[..height * NR];
            full.fill(0.0);
            let tile = &tiles[row * depth..][..height * depth];
            multiply_panel(full, NR, tile, b_panel, TileSplit::of(height), depth);
            for (r, sums) in full.chunks_exact(NR).enumerate() {
                let c_row = &mut c[(row + r) * ldc..][..width];
                c_row.iter_mut().zip(sums).for_each(|(c, sum)| *c += sum);
            }
            row += height;
        }
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
            6 if MR >= 6 => tiles_of::<6>(c, ldc, tiles, panel, depth, count),
            5 if MR >= 5 => tiles_of::<5>(c, ldc, tiles, panel, depth, count),
            4 => tiles_of::<4>(c, ldc, tiles, panel, depth, count),
            3 => tiles_of::<3>(c, ldc, tiles, panel, depth, count),
            2 => tiles_of::<2>(c, ldc, tiles, panel, depth, count),
            1 => tiles_of::<1>(c, ldc, tiles, panel, depth, count),
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
