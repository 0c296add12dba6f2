//! Four `f32` lanes: WebAssembly's `v128` where it exists, four scalars elsewhere with the same results bit for bit.
//!
//! Kernels are written once over [`Lane`]. `F32x4` is the SIMD instance, plain `f32` the scalar twin, which also
//! handles what is left when a row is not a multiple of four.
//!
//! The `simd128` build rounds after every multiplication and every addition, like the scalar code: its
//! results are the same on every machine. The `relaxed` build fuses `mul_add`, which rounds once; that is the
//! only difference between them.

#[cfg(not(target_arch = "wasm32"))]
mod portable;
#[cfg(target_arch = "wasm32")]
mod wasm;

use std::ops::{Add, Div, Mul, Sub};

#[cfg(not(target_arch = "wasm32"))]
pub use portable::F32x4;
#[cfg(target_arch = "wasm32")]
pub use wasm::F32x4;

/// True in the relaxed-SIMD build, whose `mul_add` rounds once on machines with a fused multiply-add.
pub const IS_RELAXED: bool = cfg!(all(target_arch = "wasm32", target_feature = "relaxed-simd"));

/// Always zero, which LLVM cannot know. An inner loop adds it to the pointers that it advances.
///
/// Without it LLVM's loop strength reduction rewrites them as `base + constant` and then orders the loads so that V8
/// spills registers: in a 6x8 tile of a matrix product 5-10 at each step, 38 instead of 58 GFLOP/s (Node 26 relaxed,
/// 2026-11-23); in the product of one row a sum, 22 instead of 42 (AMD Zen 5, Node 20, 2026-11-25). The load that it
/// takes costs nothing measurable.
#[inline(always)]
pub(crate) fn volatile_zero() -> usize {
    static ZERO: usize = 0;
    // SAFETY: a static is always there.
    unsafe { std::ptr::read_volatile(&raw const ZERO) }
}

/// One or four `f32` values that move through a kernel together.
pub trait Lane:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self>
{
    /// Values per lane group: 1 or 4.
    const WIDTH: usize;

    /// Reads `WIDTH` values from `slice[index..]`.
    ///
    /// # Safety
    /// `index + WIDTH <= slice.len()`.
    unsafe fn load(slice: &[f32], index: usize) -> Self;

    /// Writes `WIDTH` values to `slice[index..]`.
    ///
    /// # Safety
    /// `index + WIDTH <= slice.len()`.
    unsafe fn store(self, slice: &mut [f32], index: usize);

    /// The same value in every lane.
    fn splat(value: f32) -> Self;

    /// `self * a + b`; rounded twice in the simd128 build, once in the relaxed one where the machine fuses.
    fn mul_add(self, a: Self, b: Self) -> Self;

    /// `limit` where it is less than `self`, else `self`; a NaN in `self` stays.
    fn at_most(self, limit: Self) -> Self;

    /// `limit` where it is greater than `self`, else `self`; a NaN in `self` stays.
    fn at_least(self, limit: Self) -> Self;

    /// IEEE square root.
    fn sqrt(self) -> Self;

    /// `self` where `condition > 0`, else 0.
    fn where_positive(self, condition: Self) -> Self;

    /// 2^n for `self` = n + 1.5 * 2^23, n an integer in -127..=128: the low bits of the sum hold n, see
    /// [`exp`](crate::activation::exp_lane).
    fn exp2_of_shifted(self) -> Self;

    /// What `function` makes of `self`: of four values in place, of one by a call that all kernels share. What is left at the end of a row
    /// is not worth the size of a copy in each.
    fn through(self, function: impl Fn(Self) -> Self) -> Self;
}

/// Bits of 1.0f32: the exponent bias at its place.
const ONE_BITS: u32 = 127 << 23;
const EXPONENT_SHIFT: u32 = 23;

/// [`Lane::through`] of one value: not in place, so that there is one copy of each function.
#[inline(never)]
fn by_a_call(value: f32, function: impl Fn(f32) -> f32) -> f32 {
    function(value)
}

impl Lane for f32 {
    const WIDTH: usize = 1;

    #[inline(always)]
    unsafe fn load(slice: &[f32], index: usize) -> Self {
        debug_assert!(index < slice.len(), "load at {index} of {}", slice.len());
        // SAFETY: the caller keeps index + 1 <= slice.len().
        unsafe { *slice.get_unchecked(index) }
    }

    #[inline(always)]
    unsafe fn store(self, slice: &mut [f32], index: usize) {
        debug_assert!(index < slice.len(), "store at {index} of {}", slice.len());
        // SAFETY: the caller keeps index + 1 <= slice.len().
        unsafe { *slice.get_unchecked_mut(index) = self }
    }

    #[inline(always)]
    fn splat(value: f32) -> Self {
        value
    }

    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        // Through the vector form in the relaxed build, so that a row's tail rounds as its body does.
        if IS_RELAXED {
            F32x4::splat(self)
                .mul_add(F32x4::splat(a), F32x4::splat(b))
                .first()
        } else {
            self * a + b
        }
    }

    #[inline(always)]
    fn at_most(self, limit: Self) -> Self {
        if limit < self { limit } else { self }
    }

    #[inline(always)]
    fn at_least(self, limit: Self) -> Self {
        if self < limit { limit } else { self }
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        f32::sqrt(self)
    }

    #[inline(always)]
    fn where_positive(self, condition: Self) -> Self {
        if condition > 0.0 { self } else { 0.0 }
    }

    #[inline(always)]
    fn exp2_of_shifted(self) -> Self {
        f32::from_bits((self.to_bits() << EXPONENT_SHIFT).wrapping_add(ONE_BITS))
    }

    #[inline(always)]
    fn through(self, function: impl Fn(Self) -> Self) -> Self {
        by_a_call(self, function)
    }
}
