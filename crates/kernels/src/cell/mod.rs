//! One time step of each recurrent cell for a whole batch, forward and backward, fused: every value is read
//! and written once.
//!
//! The matrix products are [`gemm`](crate::gemm)'s; what stands here is all between them. Equations and
//! shapes: docs/maths.md (3) to (5), (11) to (13). A new cell is a new file here; see docs/adding-a-cell.md.

pub mod gru;
pub mod lstm;
pub mod lstm_norm;
pub mod min_gru;
pub mod min_lstm;
pub mod rnn;

use crate::activation::sigmoid_lane;
use crate::simd::Lane;

/// Runs `$body::<$lane>` over the whole lane groups of a row's units and `$body::<f32>` over the rest.
/// `$body` is a function generic over the lane that takes (arguments.., from, to); with `f32` for the lane
/// this is the scalar twin.
macro_rules! over_units {
    ($lane:ident, $body:ident, $hidden:expr, ($($argument:expr),*)) => {{
        let body = $hidden / $lane::WIDTH * $lane::WIDTH;
        $body::<$lane>($($argument,)* 0, body);
        $body::<f32>($($argument,)* body, $hidden);
    }};
}
pub(crate) use over_units;

/// Elements of a state [batch, hidden] and of its gates [batch, gates hidden].
///
/// # Panics
/// If they are more than the address space: unchecked loads rely on these products.
pub(crate) fn state_and_gate_len(batch: usize, hidden: usize, gates: usize) -> (usize, usize) {
    let state = batch.checked_mul(hidden);
    let sizes = state.and_then(|state| Some((state, state.checked_mul(gates)?)));
    sizes.unwrap_or_else(|| panic!("batch {batch}, hidden {hidden} and {gates} gates overflow"))
}

/// Asserts that each slice has the stated length; called once per step, outside the loops.
macro_rules! assert_lengths {
    ($($slice:ident: $length:expr),+ $(,)?) => {
        $(assert_eq!($slice.len(), $length, concat!(stringify!($slice), " has a wrong length"));)+
    };
}
pub(crate) use assert_lengths;

/// The candidate's activation of minGRU and minLSTM: g(v) = v + 0.5 where v >= 0, else sigmoid(v); docs/maths.md
/// (11). Without a comparison: one of the two terms is 0 or sigmoid(0) = 0.5, exactly. NaN stays.
#[inline(always)]
pub(crate) fn positive_lane<L: Lane>(v: L) -> L {
    let zero = L::splat(0.0);
    v.at_least(zero) + sigmoid_lane(v.at_most(zero))
}

/// The slope of [`positive_lane`] by its value: 1 where g >= 0.5, else that of the sigmoid, g (1 - g).
#[inline(always)]
pub(crate) fn positive_slope_lane<L: Lane>(g: L) -> L {
    let below_half = L::splat(0.5f32.next_down());
    let sigmoid = g.at_most(L::splat(0.5));
    // From 0.5 on the sigmoid's slope is 0.25.
    sigmoid * (L::splat(1.0) - sigmoid) + L::splat(0.75).where_positive(g - below_half)
}

/// What the equations of several cells share, in `f64`.
pub(crate) mod naive {
    use crate::real::sigmoid_f64;

    /// As [`positive_lane`](super::positive_lane).
    pub fn positive(v: f64) -> f64 {
        if v >= 0.0 { v + 0.5 } else { sigmoid_f64(v) }
    }

    /// As [`positive_slope_lane`](super::positive_slope_lane).
    pub fn positive_slope(g: f64) -> f64 {
        if g >= 0.5 { 1.0 } else { g * (1.0 - g) }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    //! What the tests of all cells share.

    /// Fused steps in `f32` against the equations in `f64`, relative to the largest value (the issue asks for 1e-6).
    pub const TOLERANCE: f64 = 1e-6;

    /// Hidden sizes one below, at and above a lane group, and several groups with a rest.
    pub const HIDDEN_SIZES: [usize; 6] = [1, 3, 4, 5, 8, 19];

    pub use crate::checks::widen;
    use crate::simd::{F32x4, Lane};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn positive_has_its_kink_at_zero() {
        let below = -f32::MIN_POSITIVE;
        for (v, g, slope) in [
            (0.0, 0.5, 1.0),
            (-0.0, 0.5, 1.0),
            (3.0, 3.5, 1.0),
            (f32::INFINITY, f32::INFINITY, 1.0),
            (f32::NEG_INFINITY, 0.0, 0.0),
            (below, 0.5, 1.0),
        ] {
            let got = super::positive_lane(v);
            assert_eq!((got, super::positive_slope_lane(got)), (g, slope), "at {v}");
        }
        let half = super::positive_slope_lane(0.5f32.next_down());
        assert!((half - 0.25).abs() < 1e-6, "just below the kink: {half}");
        let wide = super::positive_slope_lane(super::positive_lane(F32x4::splat(f32::NAN)));
        assert!(wide.first().is_nan(), "NaN stays");
    }
}
