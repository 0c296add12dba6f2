//! The float types that the engine runs in: `f32` by the kernels, `f64` by their naive twins.
//!
//! `mynah-nn` is written once over [`Real`]. Users get the `f32` instance. The `f64` instance exists for tests: there the engine's own forward and
//! backward passes are checked against finite differences to 1e-5 and better, which `f32` is too coarse for.

use crate::cell::gru::{self, naive as gru_naive};
use crate::cell::lstm::{self, naive as lstm_naive};
use crate::cell::rnn::{self, Nonlinearity, naive as rnn_naive};
use crate::gemm;
use crate::optimizer::{self, AdamStep};
use crate::softmax::{self, RowLoss};
use std::fmt::Debug;
use std::ops::{AddAssign, Mul};

/// 1 / (1 + e^-x) as written.
pub fn sigmoid_f64(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// A float type with every kernel the engine needs. Each method is described at the `f32` kernel of the same name.
#[allow(
    missing_docs,
    reason = "every method is the kernel of the same name, documented there"
)]
pub trait Real:
    Copy + Default + PartialOrd + Debug + AddAssign + Mul<Output = Self> + 'static
{
    fn from_f64(value: f64) -> Self;
    fn to_f64(self) -> f64;

    fn gemm_acc(
        c: &mut [Self],
        ldc: usize,
        a: &[Self],
        lda: usize,
        b: &[Self],
        m: usize,
        n: usize,
        k: usize,
        scratch: &mut [Self],
    );
    fn gemm_tn_acc(
        c: &mut [Self],
        ldc: usize,
        a: &[Self],
        lda: usize,
        b: &[Self],
        ldb: usize,
        m: usize,
        n: usize,
        k: usize,
        scratch: &mut [Self],
    );

    fn softmax_row(row: &mut [Self]);
    fn softmax_cross_entropy_row(row: &mut [Self], target: usize, scale: Self) -> RowLoss<Self>;

    fn rnn_step_forward(preact: &[Self], h_next: &mut [Self], nonlinearity: Nonlinearity);
    fn rnn_step_backward(
        d_preact: &mut [Self],
        h_next: &[Self],
        d_h: &[Self],
        nonlinearity: Nonlinearity,
    );

    fn gru_after_step_forward(
        gates: &mut [Self],
        recurrent_n: &mut [Self],
        b_hn: &[Self],
        h_prev: &[Self],
        h_next: &mut [Self],
        batch: usize,
        hidden: usize,
    );
    fn gru_after_step_backward(
        gates: &mut [Self],
        recurrent_n: &mut [Self],
        h_prev: &[Self],
        d_h: &mut [Self],
        batch: usize,
        hidden: usize,
    );
    fn gru_before_gates_forward(
        gates: &mut [Self],
        h_prev: &[Self],
        reset_h: &mut [Self],
        batch: usize,
        hidden: usize,
    );
    fn gru_before_state_forward(
        gates: &mut [Self],
        h_prev: &[Self],
        h_next: &mut [Self],
        batch: usize,
        hidden: usize,
    );
    fn gru_before_state_backward(
        gates: &mut [Self],
        h_prev: &[Self],
        d_h: &mut [Self],
        batch: usize,
        hidden: usize,
    );
    fn gru_before_gates_backward(
        gates: &mut [Self],
        h_prev: &[Self],
        d_reset_h: &[Self],
        d_h: &mut [Self],
        batch: usize,
        hidden: usize,
    );

    fn lstm_step_forward(
        gates: &mut [Self],
        c_prev: &[Self],
        c_next: &mut [Self],
        tanh_c: &mut [Self],
        h_next: &mut [Self],
        batch: usize,
        hidden: usize,
    );
    fn lstm_step_backward(
        gates: &mut [Self],
        c_prev: &[Self],
        tanh_c: &[Self],
        d_h: &[Self],
        d_c: &mut [Self],
        batch: usize,
        hidden: usize,
    );

    fn adam(params: &mut [Self], grads: &[Self], m: &mut [Self], v: &mut [Self], step: &AdamStep);
    fn sum_of_squares(values: &[Self]) -> f64;
}

/// Writes the kernels of one float type as the trait's methods: `name(arguments) => path`.
macro_rules! kernels {
    ($float:ty: $($name:ident($($argument:ident: $type:ty),*) $(-> $result:ty)? => $kernel:path;)+) => {
        $(#[inline]
        fn $name($($argument: $type),*) $(-> $result)? {
            $kernel($($argument),*)
        })+
    };
}

/// The methods that both types take from kernels of one shape, with the module prefix and suffix of the type.
macro_rules! cell_kernels {
    ($float:ty, $rnn_forward:path, $rnn_backward:path, $after_forward:path, $after_backward:path, $gates_forward:path, $state_forward:path,
     $state_backward:path, $gates_backward:path, $lstm_forward:path, $lstm_backward:path, $adam:path, $softmax:path, $loss:path) => {
        kernels! { $float:
            rnn_step_forward(preact: &[$float], h_next: &mut [$float], nonlinearity: Nonlinearity) => $rnn_forward;
            rnn_step_backward(d_preact: &mut [$float], h_next: &[$float], d_h: &[$float], nonlinearity: Nonlinearity) => $rnn_backward;
            gru_after_step_forward(gates: &mut [$float], recurrent_n: &mut [$float], b_hn: &[$float], h_prev: &[$float], h_next: &mut [$float],
                batch: usize, hidden: usize) => $after_forward;
            gru_after_step_backward(gates: &mut [$float], recurrent_n: &mut [$float], h_prev: &[$float], d_h: &mut [$float], batch: usize,
                hidden: usize) => $after_backward;
            gru_before_gates_forward(gates: &mut [$float], h_prev: &[$float], reset_h: &mut [$float], batch: usize, hidden: usize) => $gates_forward;
            gru_before_state_forward(gates: &mut [$float], h_prev: &[$float], h_next: &mut [$float], batch: usize, hidden: usize) => $state_forward;
            gru_before_state_backward(gates: &mut [$float], h_prev: &[$float], d_h: &mut [$float], batch: usize, hidden: usize) => $state_backward;
            gru_before_gates_backward(gates: &mut [$float], h_prev: &[$float], d_reset_h: &[$float], d_h: &mut [$float], batch: usize,
                hidden: usize) => $gates_backward;
            lstm_step_forward(gates: &mut [$float], c_prev: &[$float], c_next: &mut [$float], tanh_c: &mut [$float], h_next: &mut [$float],
                batch: usize, hidden: usize) => $lstm_forward;
            lstm_step_backward(gates: &mut [$float], c_prev: &[$float], tanh_c: &[$float], d_h: &[$float], d_c: &mut [$float], batch: usize,
                hidden: usize) => $lstm_backward;
            adam(params: &mut [$float], grads: &[$float], m: &mut [$float], v: &mut [$float], step: &AdamStep) => $adam;
            softmax_row(row: &mut [$float]) => $softmax;
            softmax_cross_entropy_row(row: &mut [$float], target: usize, scale: $float) -> RowLoss<$float> => $loss;
        }
    };
}

impl Real for f32 {
    fn from_f64(value: f64) -> Self {
        value as f32
    }

    fn to_f64(self) -> f64 {
        self.into()
    }

    cell_kernels!(
        f32,
        rnn::rnn_step_forward_f32,
        rnn::rnn_step_backward_f32,
        gru::gru_after_step_forward_f32,
        gru::gru_after_step_backward_f32,
        gru::gru_before_gates_forward_f32,
        gru::gru_before_state_forward_f32,
        gru::gru_before_state_backward_f32,
        gru::gru_before_gates_backward_f32,
        lstm::lstm_step_forward_f32,
        lstm::lstm_step_backward_f32,
        optimizer::adam_f32,
        softmax::softmax_row_f32,
        softmax::softmax_cross_entropy_row_f32
    );
    kernels! { f32:
        gemm_acc(c: &mut [f32], ldc: usize, a: &[f32], lda: usize, b: &[f32], m: usize, n: usize, k: usize, scratch: &mut [f32])
            => gemm::gemm_acc;
        gemm_tn_acc(c: &mut [f32], ldc: usize, a: &[f32], lda: usize, b: &[f32], ldb: usize, m: usize, n: usize, k: usize,
            scratch: &mut [f32]) => gemm::gemm_tn_acc;
        sum_of_squares(values: &[f32]) -> f64 => optimizer::sum_of_squares_f32;
    }
}

impl Real for f64 {
    fn from_f64(value: f64) -> Self {
        value
    }

    fn to_f64(self) -> f64 {
        self
    }

    cell_kernels!(
        f64,
        rnn_naive::rnn_step_forward,
        rnn_naive::rnn_step_backward,
        gru_naive::gru_after_step_forward,
        gru_naive::gru_after_step_backward,
        gru_naive::gru_before_gates_forward,
        gru_naive::gru_before_state_forward,
        gru_naive::gru_before_state_backward,
        gru_naive::gru_before_gates_backward,
        lstm_naive::lstm_step_forward,
        lstm_naive::lstm_step_backward,
        optimizer::adam_naive,
        softmax::softmax_row_naive,
        softmax::softmax_cross_entropy_row_naive
    );

    fn gemm_acc(
        c: &mut [f64],
        ldc: usize,
        a: &[f64],
        lda: usize,
        b: &[f64],
        m: usize,
        n: usize,
        k: usize,
        _scratch: &mut [f64],
    ) {
        gemm::gemm_acc_scalar(c, ldc, a, lda, b, m, n, k);
    }

    fn gemm_tn_acc(
        c: &mut [f64],
        ldc: usize,
        a: &[f64],
        lda: usize,
        b: &[f64],
        ldb: usize,
        m: usize,
        n: usize,
        k: usize,
        _scratch: &mut [f64],
    ) {
        gemm::gemm_acc_naive(
            c,
            ldc,
            |i, l| a[l * lda + i],
            |l, j| b[l * ldb + j],
            m,
            n,
            k,
        );
    }

    fn sum_of_squares(values: &[f64]) -> f64 {
        values.iter().map(|x| x * x).sum()
    }
}
