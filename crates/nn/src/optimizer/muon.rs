//! Muon: the momentum of a matrix, made orthogonal. docs/maths.md (9b).

use crate::Result;
use crate::error::allocate;
use crate::params::{Layout, ParamSpec};
use mynah_kernels::gemm::{pack_b, packed_len, scratch_len, scratch_len_tn};
use mynah_kernels::real::Real;
use std::ops::Range;

/// p(σ) = a σ + b σ³ + c σ⁵ brings a singular value between 0 and 1 closer to 1, and is steep at 0 (Jordan et al. 2024).
const COEFFICIENTS: (f64, f64, f64) = (3.4445, -4.7750, 2.0315);

/// Five are usual. Three bring Tiny Shakespeare as far (lstm 256, 3.6 passes in PyTorch: 1.474 against 1.473), at less than two thirds
/// of the time.
const ITERATIONS: usize = 3;

/// The least that a matrix is divided by, as in PyTorch's `Muon`; one that is zero stays so.
const LEAST_NORM: f64 = 1e-7;

/// Times the root of its longer side, what an orthogonal matrix is multiplied by: its elements are then as large as those of a step of
/// Adam, so that one learning rate serves both (Liu et al. 2025).
const ADAM_LIKENESS: f64 = 0.2;

/// Columns of a symmetric product that are worked out together, from the diagonal down.
const BLOCK: usize = 64;

/// Matrices between vectors. Those that look symbols up or weigh them against each other are left to Adam, as are kernels of convolutions
/// (Jordan et al. 2024).
const NAMES: [&str; 6] = [
    "weight_ih",
    "weight_hh",
    "attention.qkv.weight",
    "attention.out.weight",
    "mlp.up.weight",
    "down.weight",
];

/// Whether Muon takes care of a parameter.
pub(super) fn is_hidden_matrix(spec: &ParamSpec) -> bool {
    spec.shape.len() == 2 && NAMES.iter().any(|name| spec.name.contains(name))
}

/// The numbers of one update.
pub(crate) struct MuonStep {
    pub learning_rate: f64,
    pub momentum: f64,
    /// Share by which a matrix shrinks per unit of the learning rate.
    pub decay: f64,
    /// What the gradient is multiplied by first.
    pub gradient_scale: f64,
}

/// The matrices that it takes care of, and room to work on the largest of them.
pub(crate) struct Muon<T> {
    matrices: Vec<Matrix>,
    /// [R, C], R >= C: the matrix, or its transpose.
    x: Vec<T>,
    /// As `x`: what it is multiplied into.
    product: Vec<T>,
    square: Squares<T>,
}

struct Matrix {
    range: Range<usize>,
    rows: usize,
    columns: usize,
}

/// Room for polynomials of a symmetric matrix, each [C, C].
struct Squares<T> {
    gram: Vec<T>,
    polynomial: Vec<T>,
    total: Vec<T>,
    product: Vec<T>,
    packed: Vec<T>,
    scratch: Vec<T>,
}

impl<T: Real> Muon<T> {
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(layout: &Layout) -> Result<Self> {
        let matrices: Vec<Matrix> = (layout.specs.iter().filter(|spec| is_hidden_matrix(spec)))
            .map(|spec| Matrix {
                range: spec.range.clone(),
                rows: spec.shape[0],
                columns: spec.shape[1],
            })
            .collect();
        let most = |of: fn(&Matrix) -> usize| matrices.iter().map(of).max().unwrap_or(0);
        let elements = most(|matrix| matrix.range.len());
        let (long, short) = (most(Matrix::longer), most(Matrix::shorter));
        let what = "the optimizer's matrices";
        Ok(Self {
            x: allocate(&[elements], what)?,
            product: allocate(&[elements], what)?,
            square: Squares {
                gram: allocate(&[short, short], what)?,
                polynomial: allocate(&[short, short], what)?,
                total: allocate(&[short, short], what)?,
                product: allocate(&[short, short], what)?,
                packed: allocate(&[packed_len(short, short)], what)?,
                scratch: allocate(
                    &[scratch_len_tn(short, BLOCK, long).max(scratch_len(long, short))],
                    what,
                )?,
            },
            matrices,
        })
    }

    /// One update of the matrices among `params`; `momenta` is of the same layout.
    pub fn update(&mut self, params: &mut [T], grads: &[T], momenta: &mut [T], step: &MuonStep) {
        for matrix in &self.matrices {
            let Matrix { range, .. } = matrix;
            let len = range.len();
            let (x, product) = (&mut self.x[..len], &mut self.product[..len]);
            look_ahead(x, &grads[range.clone()], &mut momenta[range.clone()], step);
            let (long, short) = (matrix.longer(), matrix.shorter());
            let is_wide = matrix.columns > matrix.rows;
            if is_wide {
                transpose(product, x, matrix.rows, matrix.columns);
                x.copy_from_slice(product);
            }
            self.square.orthogonalise(product, x, long, short);
            let direction = if is_wide {
                transpose(x, product, matrix.columns, matrix.rows);
                &*x
            } else {
                &*product
            };
            let rate = step.learning_rate * ADAM_LIKENESS * (long as f64).sqrt();
            let kept = T::from_f64(1.0 - step.learning_rate * step.decay);
            let rate = T::from_f64(-rate);
            for (param, &direction) in params[range.clone()].iter_mut().zip(direction) {
                *param = *param * kept;
                *param += direction * rate;
            }
        }
    }
}

impl Matrix {
    fn longer(&self) -> usize {
        self.rows.max(self.columns)
    }

    fn shorter(&self) -> usize {
        self.rows.min(self.columns)
    }
}

/// m ← μ m + (1 − μ) g, and x the next m if the gradient stayed as it is (Nesterov), divided by its norm.
fn look_ahead<T: Real>(x: &mut [T], grads: &[T], m: &mut [T], step: &MuonStep) {
    let scale = T::from_f64(step.gradient_scale);
    for (x, &gradient) in x.iter_mut().zip(grads) {
        *x = gradient * scale;
    }
    T::lerp(m, x, T::from_f64(1.0 - step.momentum));
    T::lerp(x, m, T::from_f64(step.momentum));
    let inverse = T::from_f64(1.0 / T::sum_of_squares(x).sqrt().max(LEAST_NORM));
    x.iter_mut().for_each(|x| *x = *x * inverse);
}

impl<T: Real> Squares<T> {
    /// `y` [rows, n] becomes nearly orthogonal, with the singular vectors of `x` [rows, n], rows >= n.
    ///
    /// X ← p(X) three times is X Q₁ Q₂ Q₃ with Q = a I + b G + c G², G = X'X of the X at that time, which is Q G Q of the one before.
    /// All of them are polynomials of the first G: symmetric, [n, n], and in any order.
    fn orthogonalise(&mut self, y: &mut [T], x: &[T], rows: usize, n: usize) {
        let Self {
            gram,
            polynomial,
            total,
            product,
            packed,
            scratch,
        } = self;
        let [gram, polynomial, total, product] =
            [gram, polynomial, total, product].map(|square| &mut square[..n * n]);
        symmetric(gram, n, |c, from, columns| {
            let (a, b) = (&x[from..], &x[from..]);
            T::gemm_tn_acc(c, n, a, n, b, n, n - from, columns, rows, scratch);
        });
        // Of two that commute.
        let mut multiply = |c: &mut [T], a: &[T], b: &[T]| {
            pack_b(packed, b, n, n, n);
            symmetric(c, n, |c, from, columns| {
                let (a, b) = (&a[from * n..], &packed[from * n..]);
                T::gemm_acc(c, n, a, n, b, n - from, columns, n, scratch);
            });
        };
        for iteration in 1..=ITERATIONS {
            multiply(polynomial, gram, gram);
            into_polynomial(polynomial, gram, n);
            if iteration == 1 {
                total.copy_from_slice(polynomial);
            } else {
                multiply(product, total, polynomial);
                total.copy_from_slice(product);
            }
            if iteration < ITERATIONS {
                multiply(product, gram, polynomial);
                multiply(gram, product, polynomial);
            }
        }
        pack_b(packed, total, n, n, n);
        y.fill(T::default());
        T::gemm_acc(y, n, x, n, packed, rows, n, n, scratch);
    }
}

/// G² becomes a I + b G + c G².
fn into_polynomial<T: Real>(square: &mut [T], gram: &[T], n: usize) {
    let (a, b, c) = COEFFICIENTS;
    let [a, b, c] = [a, b, c].map(T::from_f64);
    for (square, &gram) in square.iter_mut().zip(gram) {
        *square = *square * c;
        *square += gram * b;
    }
    square
        .iter_mut()
        .step_by(n + 1)
        .for_each(|diagonal| *diagonal += a);
}

/// A symmetric matrix [n, n] of which `add_product(c, from, columns)` adds the part from row and column `from` on, so many columns
/// wide, to `c`.
fn symmetric<T: Real>(
    matrix: &mut [T],
    n: usize,
    mut add_product: impl FnMut(&mut [T], usize, usize),
) {
    matrix.fill(T::default());
    for from in (0..n).step_by(BLOCK) {
        let columns = BLOCK.min(n - from);
        add_product(&mut matrix[from * n + from..], from, columns);
        for row in from + 1..n {
            let (above, below) = matrix.split_at_mut(row * n);
            for column in from..row.min(from + columns) {
                above[column * n + row] = below[column];
            }
        }
    }
}

/// `to` [columns, rows] = `from` [rows, columns]'
fn transpose<T: Real>(to: &mut [T], from: &[T], rows: usize, columns: usize) {
    for (row, values) in from.chunks_exact(columns).enumerate() {
        for (column, &value) in values.iter().enumerate() {
            to[column * rows + row] = value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::Init;
    use mynah_kernels::gemm::gemm_acc_naive;
    use mynah_testing::{assert_close, noise};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// Below, at and above the width of a block; square, tall and wide; a row and a column.
    const SHAPES: [(usize, usize); 9] = [
        (1, 1),
        (1, 5),
        (7, 1),
        (12, 5),
        (5, 12),
        (64, 64),
        (130, 65),
        (65, 130),
        (256, 72),
    ];

    /// Nothing but roundings of float32 lies between the two.
    const TOLERANCE: f64 = 2e-5;

    fn layout(shapes: &[(usize, usize)]) -> Layout {
        let mut specs = Vec::new();
        let mut len = 0;
        for (k, &(rows, columns)) in shapes.iter().enumerate() {
            specs.push(ParamSpec {
                name: format!("rnn.weight_ih_l{k}"),
                shape: vec![rows, columns],
                range: len..len + rows * columns,
                init: Init::Zeros,
            });
            len += rows * columns;
        }
        Layout { specs, len }
    }

    /// X ← a X + b X X'X + c X X'X X'X, written out, from X / ‖X‖.
    fn orthogonal_naive(x: &[f64], rows: usize, columns: usize) -> Vec<f64> {
        let norm = x.iter().map(|x| x * x).sum::<f64>().sqrt().max(LEAST_NORM);
        let mut x: Vec<f64> = x.iter().map(|x| x / norm).collect();
        let times_own_square = |y: &[f64], x: &[f64]| {
            let mut square = vec![0.0; columns * columns];
            let (left, right) = (|i, l| x[l * columns + i], |l, j| x[l * columns + j]);
            gemm_acc_naive(&mut square, columns, left, right, columns, columns, rows);
            let mut product = vec![0.0; rows * columns];
            let (left, right) = (|i, l| y[i * columns + l], |l, j| square[l * columns + j]);
            gemm_acc_naive(&mut product, columns, left, right, rows, columns, columns);
            product
        };
        let (a, b, c) = COEFFICIENTS;
        for _ in 0..ITERATIONS {
            let cubed = times_own_square(&x, &x);
            let fifth = times_own_square(&cubed, &x);
            for ((x, cubed), fifth) in x.iter_mut().zip(cubed).zip(fifth) {
                *x = a * *x + b * cubed + c * fifth;
            }
        }
        x
    }

    #[test]
    fn two_updates_of_every_shape_are_those_of_the_equations() {
        let layout = layout(&SHAPES);
        let step = MuonStep {
            learning_rate: 0.1,
            momentum: 0.8,
            decay: 0.3,
            gradient_scale: 0.5,
        };
        let (mut params, mut momenta) = (noise(layout.len, 1), vec![0.0; layout.len]);
        let mut expected: Vec<f64> = params.iter().map(|&p| p.into()).collect();
        let mut m = vec![0.0; layout.len];
        let mut muon = Muon::new(&layout).unwrap();
        for seed in [2, 3] {
            let grads = noise(layout.len, seed);
            muon.update(&mut params, &grads, &mut momenta, &step);
            for (spec, &(rows, columns)) in layout.specs.iter().zip(&SHAPES) {
                let ahead: Vec<f64> = (spec.range.clone())
                    .map(|at| {
                        let gradient = 0.5 * f64::from(grads[at]);
                        m[at] = 0.8 * m[at] + 0.2 * gradient;
                        0.2 * gradient + 0.8 * m[at]
                    })
                    .collect();
                let direction = orthogonal_naive(&ahead, rows, columns);
                let rate = 0.1 * 0.2 * (rows.max(columns) as f64).sqrt();
                for (param, direction) in expected[spec.range.clone()].iter_mut().zip(direction) {
                    *param = *param * (1.0 - 0.1 * 0.3) - rate * direction;
                }
            }
            assert_close(&params, &expected, TOLERANCE, &format!("after seed {seed}"));
        }
    }

    #[test]
    fn a_matrix_becomes_nearly_orthogonal() {
        let (rows, columns) = (40, 6);
        let layout = layout(&[(rows, columns)]);
        let mut params = vec![0.0; layout.len];
        let step = MuonStep {
            learning_rate: -1.0,
            momentum: 0.0,
            decay: 0.0,
            gradient_scale: 1.0,
        };
        let grads: Vec<f64> = noise(layout.len, 1).into_iter().map(f64::from).collect();
        let mut momenta = vec![0.0; layout.len];
        Muon::new(&layout)
            .unwrap()
            .update(&mut params, &grads, &mut momenta, &step);
        let scale = ADAM_LIKENESS * (rows as f64).sqrt();
        for i in 0..columns {
            for j in 0..=i {
                let dot = |k: usize| params[k * columns + i] * params[k * columns + j];
                let product = (0..rows).map(dot).sum::<f64>() / (scale * scale);
                // The polynomial leaves singular values between 0.68 and 1.14.
                let range = if i == j { 0.45..1.35 } else { -0.35..0.35 };
                assert!(range.contains(&product), "{i} {j}: {product}");
            }
        }
    }

    #[test]
    fn without_a_gradient_nothing_moves() {
        let layout = layout(&[(12, 5)]);
        let (mut params, mut momenta) = (noise(layout.len, 1), vec![0.0; layout.len]);
        let before = params.clone();
        let step = MuonStep {
            learning_rate: 1.0,
            momentum: 0.9,
            decay: 0.0,
            gradient_scale: 1.0,
        };
        Muon::new(&layout).unwrap().update(
            &mut params,
            &vec![0.0; layout.len],
            &mut momenta,
            &step,
        );
        assert_eq!(params, before);
    }
}
