//! The inner loop: tiles of A times panels of B, with all sums in registers.

use super::pack::tile_heights;
use super::{MR, NR, last_element};
use crate::simd::{F32x4, Lane};
use std::ptr::read_volatile;

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
