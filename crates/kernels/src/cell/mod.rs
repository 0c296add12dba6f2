//! One time step of each recurrent cell for a whole batch, forward and backward, fused: every value is read and written once.
//!
//! The matrix products are [`gemm`](crate::gemm)'s; what stands here is all between them. Equations and shapes: docs/maths.md (3) to (6).
//! A new cell is a new file here; see docs/adding-a-cell.md.

pub mod gru;
pub mod lstm;
pub mod rnn;

/// Runs `row::<F32x4>` over the whole groups of four units and `row::<f32>` over the rest, for each row of the batch.
/// `$body` is a function generic over the lane that takes (arguments.., from, to).
macro_rules! over_units {
    ($body:ident, $hidden:expr, ($($argument:expr),*)) => {{
        let body = $hidden / <$crate::simd::F32x4 as $crate::simd::Lane>::WIDTH * <$crate::simd::F32x4 as $crate::simd::Lane>::WIDTH;
        $body::<$crate::simd::F32x4>($($argument,)* 0, body);
        $body::<f32>($($argument,)* body, $hidden);
    }};
}
pub(crate) use over_units;

/// Asserts that each slice has the stated length; called once per step, outside the loops.
macro_rules! assert_lengths {
    ($($slice:ident: $length:expr),+ $(,)?) => {
        $(assert_eq!($slice.len(), $length, concat!(stringify!($slice), " has a wrong length"));)+
    };
}
pub(crate) use assert_lengths;

#[cfg(test)]
pub(crate) mod tests {
    //! What the tests of all cells share.

    /// Fused steps in `f32` against the equations in `f64`, relative to the largest value (the issue asks for 1e-6).
    pub const TOLERANCE: f64 = 1e-6;

    /// Hidden sizes one below, at and above a lane group, and several groups with a rest.
    pub const HIDDEN_SIZES: [usize; 6] = [1, 3, 4, 5, 8, 19];

    pub fn widen(values: &[f32]) -> Vec<f64> {
        values.iter().map(|&v| v.into()).collect()
    }
}
