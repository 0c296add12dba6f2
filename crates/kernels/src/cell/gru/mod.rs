//! Gated recurrent unit in both forms. docs/maths.md (4).
//!
//! Gate order r, z, n, as in PyTorch. *Reset after* the matrix product (cuDNN, PyTorch, Keras' default)
//! multiplies r with W_hn h + b_hn; *reset before* (Cho et al. 2014, arXiv 1406.1078) multiplies r with h.
//! The two also weigh old and new the other way round: here z keeps the old state in the first form and takes
//! the new one in the second.

pub mod after;
pub mod before;

/// Gates per hidden unit.
pub const GATES: usize = 3;
/// Position of the reset gate in a row of gates, in units of `hidden`.
pub const RESET: usize = 0;
/// Position of the update gate.
pub const UPDATE: usize = 1;
/// Position of the candidate, n.
pub const CANDIDATE: usize = 2;

/// Calls `unit(r, z, n, j, b * hidden + j)` with the positions of the unit's gates.
fn for_units(batch: usize, hidden: usize, mut unit: impl FnMut(usize, usize, usize, usize, usize)) {
    for b in 0..batch {
        for j in 0..hidden {
            let at = |gate: usize| (b * GATES + gate) * hidden + j;
            unit(at(RESET), at(UPDATE), at(CANDIDATE), j, b * hidden + j);
        }
    }
}

#[cfg(test)]
mod tests {
    //! What the tests of both forms share.

    use super::GATES;
    use crate::cell::tests::TOLERANCE;
    use mynah_testing::{assert_close, assert_same_bits, noise};

    pub const BATCH: usize = 3;

    /// Gate values as a forward step leaves them: r, z in (0, 1), n in (-1, 1).
    pub fn activated(hidden: usize) -> Vec<f32> {
        noise(GATES * BATCH * hidden, 3)
            .iter()
            .map(|v| 0.5 + 0.4 * v)
            .collect()
    }

    pub fn check<const N: usize>(
        fast: [Vec<f32>; N],
        twin: [Vec<f32>; N],
        exact: [Vec<f64>; N],
        what: &str,
    ) {
        for k in 0..N {
            assert_same_bits(&fast[k], &twin[k]);
            assert_close(
                &fast[k],
                &exact[k],
                TOLERANCE,
                &format!("{what}, output {k}"),
            );
        }
    }
}
