//! Four lanes as an array, with the same results bit for bit.

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

    #[inline(always)]
    fn through(self, function: impl Fn(Self) -> Self) -> Self {
        function(self)
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
