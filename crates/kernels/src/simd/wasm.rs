//! Four lanes in one of WebAssembly's vectors.

use super::{EXPONENT_SHIFT, Lane, ONE_BITS};
use std::arch::wasm32::*;
use std::ops::{Add, Div, Mul, Sub};

#[cfg(not(target_feature = "simd128"))]
compile_error!(
    "mynah's WebAssembly needs SIMD: build with RUSTFLAGS=\"-C target-feature=+simd128\" (npm run build does)"
);

/// Four `f32` lanes in one `v128`.
#[derive(Clone, Copy)]
pub struct F32x4(v128);

impl F32x4 {
    /// Reads four values.
    ///
    /// # Safety
    /// `pointer` is valid for reading four `f32`; no alignment is needed beyond that of `f32`.
    #[inline(always)]
    pub unsafe fn read(pointer: *const f32) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { v128_load(pointer.cast()) })
    }

    /// Reads one value into all four lanes.
    ///
    /// # Safety
    /// `pointer` is valid for reading one `f32`.
    #[inline(always)]
    pub unsafe fn read_splat(pointer: *const f32) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { v128_load32_splat(pointer.cast()) })
    }

    /// Writes four values.
    ///
    /// # Safety
    /// `pointer` is valid for writing four `f32`.
    #[inline(always)]
    pub unsafe fn write(self, pointer: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { v128_store(pointer.cast(), self.0) }
    }

    /// The columns of four rows.
    #[inline(always)]
    pub fn transpose([a, b, c, d]: [Self; 4]) -> [Self; 4] {
        let low = i32x4_shuffle::<0, 4, 1, 5>(a.0, b.0);
        let high = i32x4_shuffle::<2, 6, 3, 7>(a.0, b.0);
        let other_low = i32x4_shuffle::<0, 4, 1, 5>(c.0, d.0);
        let other_high = i32x4_shuffle::<2, 6, 3, 7>(c.0, d.0);
        [
            Self(i64x2_shuffle::<0, 2>(low, other_low)),
            Self(i64x2_shuffle::<1, 3>(low, other_low)),
            Self(i64x2_shuffle::<0, 2>(high, other_high)),
            Self(i64x2_shuffle::<1, 3>(high, other_high)),
        ]
    }

    /// The value of lane 0.
    #[inline(always)]
    pub fn first(self) -> f32 {
        f32x4_extract_lane::<0>(self.0)
    }

    /// The four values.
    #[inline(always)]
    pub fn to_array(self) -> [f32; 4] {
        [
            f32x4_extract_lane::<0>(self.0),
            f32x4_extract_lane::<1>(self.0),
            f32x4_extract_lane::<2>(self.0),
            f32x4_extract_lane::<3>(self.0),
        ]
    }
}

impl Lane for F32x4 {
    const WIDTH: usize = 4;

    #[inline(always)]
    unsafe fn load(slice: &[f32], index: usize) -> Self {
        debug_assert!(
            index + 4 <= slice.len(),
            "load at {index} of {}",
            slice.len()
        );
        // SAFETY: the caller keeps index + 4 <= slice.len().
        unsafe { Self::read(slice.as_ptr().add(index)) }
    }

    #[inline(always)]
    unsafe fn store(self, slice: &mut [f32], index: usize) {
        debug_assert!(
            index + 4 <= slice.len(),
            "store at {index} of {}",
            slice.len()
        );
        // SAFETY: the caller keeps index + 4 <= slice.len().
        unsafe { self.write(slice.as_mut_ptr().add(index)) }
    }

    #[inline(always)]
    fn splat(value: f32) -> Self {
        Self(f32x4_splat(value))
    }

    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        #[cfg(target_feature = "relaxed-simd")]
        return Self(f32x4_relaxed_madd(self.0, a.0, b.0));
        #[cfg(not(target_feature = "relaxed-simd"))]
        return Self(f32x4_add(f32x4_mul(self.0, a.0), b.0));
    }

    // One instruction each. In the relaxed build LLVM turns `pmin` and `pmax` into relaxed ones with the operands
    // the other way round, which lose a NaN, and with it every sign that a run has diverged; written out, with
    // `self` second, x64 gives `self` where it is NaN, and ARM NaN wherever there is one.
    #[inline(always)]
    fn at_most(self, limit: Self) -> Self {
        #[cfg(target_feature = "relaxed-simd")]
        return Self(f32x4_relaxed_min(limit.0, self.0));
        #[cfg(not(target_feature = "relaxed-simd"))]
        return Self(f32x4_pmin(self.0, limit.0));
    }

    #[inline(always)]
    fn at_least(self, limit: Self) -> Self {
        #[cfg(target_feature = "relaxed-simd")]
        return Self(f32x4_relaxed_max(limit.0, self.0));
        #[cfg(not(target_feature = "relaxed-simd"))]
        return Self(f32x4_pmax(self.0, limit.0));
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(f32x4_sqrt(self.0))
    }

    #[inline(always)]
    fn where_positive(self, condition: Self) -> Self {
        Self(v128_and(self.0, f32x4_gt(condition.0, f32x4_splat(0.0))))
    }

    #[inline(always)]
    fn exp2_of_shifted(self) -> Self {
        Self(i32x4_add(
            i32x4_shl(self.0, EXPONENT_SHIFT),
            i32x4_splat(ONE_BITS as i32),
        ))
    }

    #[inline(always)]
    fn through(self, function: impl Fn(Self) -> Self) -> Self {
        function(self)
    }
}

macro_rules! operator {
    ($operator:ident, $method:ident, $intrinsic:ident) => {
        impl $operator for F32x4 {
            type Output = Self;

            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Self($intrinsic(self.0, other.0))
            }
        }
    };
}

operator!(Add, add, f32x4_add);
operator!(Sub, sub, f32x4_sub);
operator!(Mul, mul, f32x4_mul);
operator!(Div, div, f32x4_div);
