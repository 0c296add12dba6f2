//! Four `f32` lanes: WebAssembly's `v128` where it exists, four scalars elsewhere with the same results bit for bit.
//!
//! Kernels are written once over [`Lane`]. `F32x4` is the SIMD instance, plain `f32` the scalar twin, which also
//! handles what is left when a row is not a multiple of four.
//!
//! The `simd128` build rounds after every multiplication and every addition, like the scalar code: its
//! results are the same on every machine. The `relaxed` build fuses `mul_add`, which rounds once; that is the
//! only difference between them.

use std::ops::{Add, Div, Mul, Sub};

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
}

/// Bits of 1.0f32: the exponent bias at its place.
const ONE_BITS: u32 = 127 << 23;
const EXPONENT_SHIFT: u32 = 23;

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
}

#[cfg(target_arch = "wasm32")]
pub use wasm::F32x4;

#[cfg(not(target_arch = "wasm32"))]
pub use portable::F32x4;

#[cfg(target_arch = "wasm32")]
mod wasm {
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
}

#[cfg(not(target_arch = "wasm32"))]
mod portable {
    use super::Lane;
    use std::array::from_fn;
    use std::ops::{Add, Div, Mul, Sub};

    /// Four `f32` lanes as an array: what `v128` computes, for machines where only the tests run.
    #[derive(Clone, Copy)]
    pub struct F32x4([f32; 4]);

    impl F32x4 {
        /// Reads four values.
        ///
        /// # Safety
        /// `pointer` is valid for reading four `f32`.
        #[inline(always)]
        pub unsafe fn read(pointer: *const f32) -> Self {
            // SAFETY: the caller's promise; [f32; 4] has the alignment of f32.
            Self(unsafe { pointer.cast::<[f32; 4]>().read() })
        }

        /// Reads one value into all four lanes.
        ///
        /// # Safety
        /// `pointer` is valid for reading one `f32`.
        #[inline(always)]
        pub unsafe fn read_splat(pointer: *const f32) -> Self {
            // SAFETY: the caller's promise.
            Self([unsafe { pointer.read() }; 4])
        }

        /// Writes four values.
        ///
        /// # Safety
        /// `pointer` is valid for writing four `f32`.
        #[inline(always)]
        pub unsafe fn write(self, pointer: *mut f32) {
            // SAFETY: the caller's promise; [f32; 4] has the alignment of f32.
            unsafe { pointer.cast::<[f32; 4]>().write(self.0) }
        }

        /// The columns of four rows.
        #[inline(always)]
        pub fn transpose(rows: [Self; 4]) -> [Self; 4] {
            from_fn(|column| Self(from_fn(|row| rows[row].0[column])))
        }

        /// The value of lane 0.
        #[inline(always)]
        pub fn first(self) -> f32 {
            self.0[0]
        }

        /// The four values.
        #[inline(always)]
        pub fn to_array(self) -> [f32; 4] {
            self.0
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
            Self([value; 4])
        }

        #[inline(always)]
        fn mul_add(self, a: Self, b: Self) -> Self {
            Self(from_fn(|l| self.0[l] * a.0[l] + b.0[l]))
        }

        #[inline(always)]
        fn at_most(self, limit: Self) -> Self {
            Self(from_fn(|l| self.0[l].at_most(limit.0[l])))
        }

        #[inline(always)]
        fn at_least(self, limit: Self) -> Self {
            Self(from_fn(|l| self.0[l].at_least(limit.0[l])))
        }

        #[inline(always)]
        fn sqrt(self) -> Self {
            Self(self.0.map(f32::sqrt))
        }

        #[inline(always)]
        fn where_positive(self, condition: Self) -> Self {
            Self(from_fn(|l| self.0[l].where_positive(condition.0[l])))
        }

        #[inline(always)]
        fn exp2_of_shifted(self) -> Self {
            Self(self.0.map(Lane::exp2_of_shifted))
        }
    }

    macro_rules! operator {
        ($operator:ident, $method:ident) => {
            impl $operator for F32x4 {
                type Output = Self;

                #[inline(always)]
                fn $method(self, other: Self) -> Self {
                    Self(from_fn(|l| self.0[l].$method(other.0[l])))
                }
            }
        };
    }

    operator!(Add, add);
    operator!(Sub, sub);
    operator!(Mul, mul);
    operator!(Div, div);
}
