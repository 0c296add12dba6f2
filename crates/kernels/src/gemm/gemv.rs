//! The product of a single row, which sampling is made of.

use super::{KC, NR};
use crate::simd::{F32x4, Lane, volatile_zero};
use std::array::from_fn;

/// Panels that the single-row product works on side by side: 8 vectors of sums hide the latency that one
/// panel would wait for.
const GEMV_PANELS: usize = 4;

/// c += a B for one row, in the order of sums of the tiles, so that a row's result does not depend on how
/// many rows there are.
pub(super) fn gemv_acc(c: &mut [f32], a: &[f32], b: &[f32]) {
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
    let mut panels: [*const f32; PANELS] =
        from_fn(|panel| panels.wrapping_add(panel * panel_stride));
    for row in 0..depth {
        let zero = volatile_zero();
        // SAFETY: row < depth, and every panel has that row.
        unsafe {
            let factor = F32x4::read_splat(a.add(row));
            for (panel, [low, high]) in panels.iter_mut().zip(&mut sums) {
                *low = factor.mul_add(F32x4::read(*panel), *low);
                *high = factor.mul_add(F32x4::read(panel.add(4)), *high);
                *panel = panel.wrapping_add(NR + zero);
            }
        }
    }
    sums.map(|halves| halves.map(F32x4::to_array))
}
