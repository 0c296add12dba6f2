//! One time step of each recurrent cell for a whole batch, forward and backward, fused: every value is read
//! and written once.
//!
//! The matrix products are [`gemm`](crate::gemm)'s; what stands here is all between them. Equations and
//! shapes: docs/maths.md (3) to (6). A new cell is a new file here; see docs/adding-a-cell.md.

pub mod gru;
pub mod lstm;
pub mod rnn;

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
