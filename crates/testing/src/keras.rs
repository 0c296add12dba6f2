//! Keras' layout and gate order, and the way from there to ours.

/// A Keras recurrent layer in our layout and order.
pub struct TorchLayer {
    /// [G H, D]
    pub w_ih: Vec<f64>,
    /// [G H, H]
    pub w_hh: Vec<f64>,
    /// \[G H\]
    pub b_ih: Vec<f64>,
    /// \[G H\]; zero where Keras has one bias.
    pub b_hh: Vec<f64>,
}

/// For each of our gates, Keras' gate and the sign of its weights.
pub type GateMap = &'static [(usize, f64)];

/// One gate.
pub const SIMPLE_RNN: GateMap = &[(0, 1.0)];
/// Keras i, f, c, o to i, f, g, o.
pub const LSTM: GateMap = &[(0, 1.0), (1, 1.0), (2, 1.0), (3, 1.0)];
/// Keras z, r, h to r, z, n.
pub const GRU_RESET_AFTER: GateMap = &[(1, 1.0), (0, 1.0), (2, 1.0)];
/// Keras z, r, h to r, z, n; our z takes what Keras' keeps, so its weights change sign (docs/maths.md (4)).
pub const GRU_RESET_BEFORE: GateMap = &[(1, 1.0), (0, -1.0), (2, 1.0)];

/// Weights, or gradients, of a Keras layer in our layout: `kernel` [D, G H] and `recurrent_kernel` [H, G H]
/// transposed, `bias` [G H] or [2, G H], gates in our order.
pub fn reorder_keras_to_torch(
    kernel: &[f64],
    recurrent_kernel: &[f64],
    bias: &[f64],
    hidden: usize,
    gates: GateMap,
) -> TorchLayer {
    let width = gates.len() * hidden;
    let b_hh = if bias.len() == 2 * width {
        reorder_rows(&bias[width..], hidden, gates)
    } else {
        vec![0.0; width]
    };
    TorchLayer {
        w_ih: reorder_rows(kernel, hidden, gates),
        w_hh: reorder_rows(recurrent_kernel, hidden, gates),
        b_ih: reorder_rows(&bias[..width], hidden, gates),
        b_hh,
    }
}

/// [rows, G H] to [G H, rows] with the gates in our order.
fn reorder_rows(matrix: &[f64], hidden: usize, gates: GateMap) -> Vec<f64> {
    let width = gates.len() * hidden;
    let rows = matrix.len() / width;
    let mut result = Vec::with_capacity(matrix.len());
    for &(gate, sign) in gates {
        for j in 0..hidden {
            result.extend((0..rows).map(|row| sign * matrix[row * width + gate * hidden + j]));
        }
    }
    result
}

/// [rows, columns] to [columns, rows].
pub fn transpose(matrix: &[f64], columns: usize) -> Vec<f64> {
    (0..columns)
        .flat_map(|column| matrix.iter().skip(column).step_by(columns).copied())
        .collect()
}
