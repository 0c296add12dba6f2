//! The float types that the engine runs in: `f32` by the kernels, `f64` by their naive twins.
//!
//! `mynah-nn` is written once over [`Real`]. Users get the `f32` instance. The `f64` instance exists for
//! tests: there the engine's own forward and backward passes are checked against finite differences to 1e-5
//! and better, which `f32` is too coarse for.

use crate::cell::rnn::Nonlinearity;
use crate::int8::Int8Weights;
use crate::optimizer::{AdamStep, RmspropStep, SgdStep};
use crate::softmax::RowLoss;
use std::fmt::Debug;
use std::ops::{AddAssign, Mul};

/// 1 / (1 + e^-x) as written.
pub fn sigmoid_f64(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// What `f32` runs: the kernels.
mod single {
    pub use crate::cell::gru::after::{
        gru_after_step_backward_f32 as gru_after_step_backward,
        gru_after_step_forward_f32 as gru_after_step_forward,
    };
    pub use crate::cell::gru::before::{
        gru_before_gates_backward_f32 as gru_before_gates_backward,
        gru_before_gates_forward_f32 as gru_before_gates_forward,
        gru_before_state_backward_f32 as gru_before_state_backward,
        gru_before_state_forward_f32 as gru_before_state_forward,
    };
    pub use crate::cell::lstm::{
        lstm_step_backward_f32 as lstm_step_backward, lstm_step_forward_f32 as lstm_step_forward,
    };
    pub use crate::cell::lstm_norm::{
        lstm_cell_backward_f32 as lstm_cell_backward, lstm_cell_forward_f32 as lstm_cell_forward,
        lstm_output_backward_f32 as lstm_output_backward,
        lstm_output_forward_f32 as lstm_output_forward,
    };
    pub use crate::cell::min_gru::{
        min_gru_step_backward_f32 as min_gru_step_backward,
        min_gru_step_forward_f32 as min_gru_step_forward,
    };
    pub use crate::cell::min_lstm::{
        min_lstm_step_backward_f32 as min_lstm_step_backward,
        min_lstm_step_forward_f32 as min_lstm_step_forward,
    };
    pub use crate::cell::rnn::{
        rnn_step_backward_f32 as rnn_step_backward, rnn_step_forward_f32 as rnn_step_forward,
    };
    pub use crate::elementwise::{
        add_acc_f32 as add_acc, blend_backward_f32 as blend_backward, blend_f32 as blend,
        gelu_backward_f32 as gelu_backward, gelu_forward_f32 as gelu_forward,
        multiply_f32 as multiply,
    };
    pub use crate::gemm::{gemm_acc, gemm_tn_acc};
    pub use crate::int8::{int8_acc_f32 as int8_acc, int8_pack};
    pub use crate::norm::gain::{
        gain_backward_f32 as gain_backward, gain_forward_acc_f32 as gain_forward_acc,
        sum_products_acc_f32 as sum_products_acc,
    };
    pub use crate::norm::{
        layer_norm_backward_f32 as layer_norm_backward,
        layer_norm_forward_f32 as layer_norm_forward, rms_norm_backward_f32 as rms_norm_backward,
        rms_norm_forward_f32 as rms_norm_forward,
    };
    pub use crate::optimizer::adam::adam_f32 as adam;
    pub use crate::optimizer::rmsprop::rmsprop_f32 as rmsprop;
    pub use crate::optimizer::sgd::sgd_f32 as sgd;
    pub use crate::optimizer::{
        clip_elements_f32 as clip_elements, lerp_f32 as lerp, sum_of_squares_f32 as sum_of_squares,
    };
    pub use crate::rope::{
        rope_rows_backward_f32 as rope_rows_backward, rope_rows_forward_f32 as rope_rows_forward,
    };
    pub use crate::softmax::{
        causal_softmax_row_f32 as causal_softmax_row,
        softmax_backward_row_f32 as softmax_backward_row,
        softmax_cross_entropy_row_f32 as softmax_cross_entropy_row, softmax_row_f32 as softmax_row,
    };
}

/// What `f64` runs: the equations as written.
mod double {
    use crate::gemm::{gemm_acc_naive, gemm_acc_scalar};

    pub use crate::cell::gru::after::naive::{gru_after_step_backward, gru_after_step_forward};
    pub use crate::cell::gru::before::naive::{
        gru_before_gates_backward, gru_before_gates_forward, gru_before_state_backward,
        gru_before_state_forward,
    };
    pub use crate::cell::lstm::naive::{lstm_step_backward, lstm_step_forward};
    pub use crate::cell::lstm_norm::naive::{
        lstm_cell_backward, lstm_cell_forward, lstm_output_backward, lstm_output_forward,
    };
    pub use crate::cell::min_gru::naive::{min_gru_step_backward, min_gru_step_forward};
    pub use crate::cell::min_lstm::naive::{min_lstm_step_backward, min_lstm_step_forward};
    pub use crate::cell::rnn::naive::{rnn_step_backward, rnn_step_forward};
    pub use crate::elementwise::naive::{
        add_acc, blend, blend_backward, gelu_backward, gelu_forward, multiply,
    };
    pub use crate::int8::{int8_acc_naive as int8_acc, int8_pack};
    pub use crate::norm::gain::naive::{gain_backward, gain_forward_acc, sum_products_acc};
    pub use crate::norm::naive::{
        layer_norm_backward, layer_norm_forward, rms_norm_backward, rms_norm_forward,
    };
    pub use crate::optimizer::adam::adam_naive as adam;
    pub use crate::optimizer::rmsprop::rmsprop_naive as rmsprop;
    pub use crate::optimizer::sgd::sgd_naive as sgd;
    pub use crate::optimizer::{
        clip_elements_naive as clip_elements, lerp_naive as lerp,
        sum_of_squares_naive as sum_of_squares,
    };
    pub use crate::rope::naive::{rope_rows_backward, rope_rows_forward};
    pub use crate::softmax::{
        causal_softmax_row_naive as causal_softmax_row,
        softmax_backward_row_naive as softmax_backward_row,
        softmax_cross_entropy_row_naive as softmax_cross_entropy_row,
        softmax_row_naive as softmax_row,
    };

    pub fn gemm_acc(
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
        gemm_acc_scalar(c, ldc, a, lda, b, m, n, k);
    }

    pub fn gemm_tn_acc(
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
        gemm_acc_naive(
            c,
            ldc,
            |i, l| a[l * lda + i],
            |l, j| b[l * ldb + j],
            m,
            n,
            k,
        );
    }
}

/// Makes the trait of a list of kernels, and both its implementations.
macro_rules! real {
    ($(fn $name:ident($($argument:ident: $kind:ty),+) $(-> $result:ty)?;)+) => {
        /// A float type with every kernel that the engine needs. Each method is described at the kernel of its name.
        #[allow(missing_docs, reason = "every method is the kernel of its name, documented there")]
        pub trait Real: Copy + Default + PartialOrd + Debug + AddAssign + Mul<Output = Self> + 'static {
            fn from_f64(value: f64) -> Self;
            fn to_f64(self) -> f64;
            $(fn $name($($argument: $kind),+) $(-> $result)?;)+
        }

        impl Real for f32 {
            fn from_f64(value: f64) -> Self {
                value as f32
            }

            fn to_f64(self) -> f64 {
                self.into()
            }

            $(#[inline]
            fn $name($($argument: $kind),+) $(-> $result)? {
                single::$name($($argument),+)
            })+
        }

        impl Real for f64 {
            fn from_f64(value: f64) -> Self {
                value
            }

            fn to_f64(self) -> f64 {
                self
            }

            $(fn $name($($argument: $kind),+) $(-> $result)? {
                double::$name($($argument),+)
            })+
        }
    };
}

real! {
    fn gemm_acc(c: &mut [Self], ldc: usize, a: &[Self], lda: usize, b: &[Self], m: usize, n: usize, k: usize, scratch: &mut [Self]);
    fn gemm_tn_acc(c: &mut [Self], ldc: usize, a: &[Self], lda: usize, b: &[Self], ldb: usize, m: usize, n: usize, k: usize, scratch: &mut [Self]);
    fn int8_pack(packed: &mut [i8], scales: &mut [Self], sums: &mut [i32], w: &[Self], n: usize, k: usize);
    fn int8_acc(y: &mut [Self], ldy: usize, x: &[Self], ldx: usize, weights: Int8Weights<'_, Self>, m: usize, scratch: &mut [u8]);

    fn softmax_row(row: &mut [Self]);
    fn softmax_cross_entropy_row(row: &mut [Self], target: usize, scale: Self) -> RowLoss<Self>;

    fn causal_softmax_row(row: &mut [Self], n: usize);
    fn softmax_backward_row(d: &mut [Self], probs: &[Self]);

    fn rope_rows_forward(values: &mut [Self], ld: usize, cos: &[Self], sin: &[Self], offset: usize, seq_len: usize, batch: usize, heads: usize, head_size: usize);
    fn rope_rows_backward(d_values: &mut [Self], ld: usize, cos: &[Self], sin: &[Self], offset: usize, seq_len: usize, batch: usize, heads: usize, head_size: usize);

    fn add_acc(sums: &mut [Self], values: &[Self]);
    fn gelu_forward(y: &mut [Self], x: &[Self]);
    fn gelu_backward(d: &mut [Self], x: &[Self]);
    fn multiply(values: &mut [Self], mask: &[Self]);
    fn blend(next: &mut [Self], prev: &[Self], keep: &[Self]);
    fn blend_backward(d_next: &mut [Self], d_prev: &mut [Self], keep: &[Self]);

    fn rnn_step_forward(preact: &[Self], h_next: &mut [Self], nonlinearity: Nonlinearity);
    fn rnn_step_backward(d_preact: &mut [Self], h_next: &[Self], d_h: &[Self], nonlinearity: Nonlinearity);

    fn gru_after_step_forward(gates: &mut [Self], recurrent_n: &mut [Self], b_hn: &[Self], h_prev: &[Self], h_next: &mut [Self], batch: usize, hidden: usize);
    fn gru_after_step_backward(gates: &mut [Self], recurrent_n: &mut [Self], h_prev: &[Self], d_h: &mut [Self], batch: usize, hidden: usize);
    fn gru_before_gates_forward(gates: &mut [Self], h_prev: &[Self], reset_h: &mut [Self], batch: usize, hidden: usize);
    fn gru_before_state_forward(gates: &mut [Self], h_prev: &[Self], h_next: &mut [Self], batch: usize, hidden: usize);
    fn gru_before_state_backward(gates: &mut [Self], h_prev: &[Self], d_h: &mut [Self], batch: usize, hidden: usize);
    fn gru_before_gates_backward(gates: &mut [Self], h_prev: &[Self], d_reset_h: &[Self], d_h: &mut [Self], batch: usize, hidden: usize);

    fn lstm_step_forward(gates: &mut [Self], c_prev: &[Self], c_next: &mut [Self], tanh_c: &mut [Self], h_next: &mut [Self], batch: usize, hidden: usize);
    fn lstm_step_backward(gates: &mut [Self], c_prev: &[Self], tanh_c: &[Self], d_h: &[Self], d_c: &mut [Self], batch: usize, hidden: usize);
    fn lstm_cell_forward(gates: &mut [Self], c_prev: &[Self], c_next: &mut [Self], batch: usize, hidden: usize);
    fn lstm_output_forward(gates: &[Self], norm_c: &mut [Self], h_next: &mut [Self], batch: usize, hidden: usize);
    fn lstm_output_backward(gates: &mut [Self], tanh_c: &[Self], d_h: &[Self], d_norm_c: &mut [Self], batch: usize, hidden: usize);
    fn lstm_cell_backward(gates: &mut [Self], c_prev: &[Self], d_c: &mut [Self], batch: usize, hidden: usize);

    fn min_gru_step_forward(gates: &mut [Self], h_prev: &[Self], h_next: &mut [Self], batch: usize, hidden: usize);
    fn min_gru_step_backward(gates: &mut [Self], h_prev: &[Self], d_h: &mut [Self], batch: usize, hidden: usize);
    fn min_lstm_step_forward(gates: &mut [Self], h_prev: &[Self], h_next: &mut [Self], batch: usize, hidden: usize);
    fn min_lstm_step_backward(gates: &mut [Self], h_prev: &[Self], d_h: &mut [Self], batch: usize, hidden: usize);

    fn layer_norm_forward(x: &mut [Self], ldx: usize, inverse_std: &mut [Self], rows: usize, width: usize);
    fn layer_norm_backward(d: &mut [Self], ldd: usize, xhat: &[Self], ldx: usize, inverse_std: &[Self], rows: usize, width: usize);
    fn rms_norm_forward(x: &mut [Self], ldx: usize, inverse_rms: &mut [Self], rows: usize, width: usize);
    fn rms_norm_backward(d: &mut [Self], ldd: usize, xhat: &[Self], ldx: usize, inverse_rms: &[Self], rows: usize, width: usize);
    fn gain_forward_acc(y: &mut [Self], ldy: usize, x: &[Self], ldx: usize, gain: &[Self], rows: usize, width: usize);
    fn gain_backward(d_x: &mut [Self], ldd: usize, d_gain: &mut [Self], d_y: &[Self], ldy: usize, x: &[Self], ldx: usize, gain: &[Self], rows: usize, width: usize);
    fn sum_products_acc(sum: &mut [Self], a: &[Self], lda: usize, b: &[Self], ldb: usize, rows: usize, width: usize);

    fn adam(params: &mut [Self], grads: &[Self], m: &mut [Self], v: &mut [Self], step: &AdamStep);
    fn rmsprop(params: &mut [Self], grads: &[Self], v: &mut [Self], buffer: &mut [Self], step: &RmspropStep);
    fn sgd(params: &mut [Self], grads: &[Self], buffer: &mut [Self], step: &SgdStep);
    fn clip_elements(values: &mut [Self], limit: Self);
    fn lerp(average: &mut [Self], params: &[Self], weight: Self);
    fn sum_of_squares(values: &[Self]) -> f64;
}
