//! The kernels as a WebAssembly module of their own, for `bench/kernels.mjs`: one call prepares a piece of work, the
//! next ones run it so many times. Nothing of this reaches the package.

use mynah_kernels::activation::{sigmoid_f32, tanh_f32};
use mynah_kernels::cell::{gru, lstm};
use mynah_kernels::gemm::{
    gemm_acc, gemm_tn_acc, pack_b, pack_b_transposed, packed_len, scratch_len, scratch_len_tn,
};
use mynah_kernels::int8::{
    Int8Weights, int8_acc_f32, int8_pack, int8_packed_len, int8_scratch_len,
};
use mynah_kernels::optimizer::AdamStep;
use mynah_kernels::optimizer::adam::adam_f32;
use mynah_kernels::peak::register_peak;
use mynah_kernels::softmax::softmax_cross_entropy_row_f32;
use std::cell::RefCell;
use std::hint::black_box;

type Work = Box<dyn FnMut()>;

thread_local! {
    static WORK: RefCell<Work> = RefCell::new(Box::new(|| ()));
}

/// Values between -1 and 1 that differ.
fn values(len: usize) -> Vec<f32> {
    let mut state = 1u32;
    (0..len)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        })
        .collect()
}

fn prepare(work: impl FnMut() + 'static) {
    WORK.set(Box::new(work));
}

/// Runs what was prepared last.
#[unsafe(no_mangle)]
pub extern "C" fn run(times: u32) {
    WORK.with_borrow_mut(|work| (0..times).for_each(|_| work()));
}

/// `iterations` rounds of the loop of [`register_peak`]; returns its floating point operations.
#[unsafe(no_mangle)]
pub extern "C" fn peak(iterations: u32) -> f64 {
    let (operations, total) = register_peak(iterations);
    black_box(total);
    operations
}

/// C [m, n] += A [m, k] B for a packed B.
#[unsafe(no_mangle)]
pub extern "C" fn gemm(m: usize, n: usize, k: usize) {
    let (a, b) = (values(m * k), values(k * n));
    let (mut c, mut packed) = (vec![0.0; m * n], vec![0.0; packed_len(k, n)]);
    let mut scratch = vec![0.0; scratch_len(m, k)];
    pack_b(&mut packed, &b, n, k, n);
    prepare(move || gemm_acc(&mut c, n, &a, k, &packed, m, n, k, &mut scratch));
}

/// Y [m, n] += X W' for W [n, k] in 8 bits.
#[unsafe(no_mangle)]
pub extern "C" fn int8(m: usize, n: usize, k: usize) {
    let (x, w) = (values(m * k), values(n * k));
    let mut y = vec![0.0; m * n];
    let mut packed = vec![0; int8_packed_len(n, k)];
    let (mut scales, mut sums) = (vec![0.0; n], vec![0; n]);
    let mut scratch = vec![0; int8_scratch_len(m, k)];
    int8_pack(&mut packed, &mut scales, &mut sums, &w, n, k);
    prepare(move || {
        let weights = Int8Weights {
            packed: &packed,
            scales: &scales,
            sums: &sums,
            n,
            k,
        };
        int8_acc_f32(&mut y, n, &x, k, weights, m, &mut scratch);
    });
}

/// C [m, n] += A' B for A [k, m], B [k, n].
#[unsafe(no_mangle)]
pub extern "C" fn gemm_tn(m: usize, n: usize, k: usize) {
    let (a, b) = (values(k * m), values(k * n));
    let mut c = vec![0.0; m * n];
    let mut scratch = vec![0.0; scratch_len_tn(m, n, k)];
    prepare(move || gemm_tn_acc(&mut c, n, &a, m, &b, n, m, n, k, &mut scratch));
}

/// Packs W [n, k] both ways, as after every update.
#[unsafe(no_mangle)]
pub extern "C" fn pack(n: usize, k: usize) {
    let w = values(n * k);
    let mut forward = vec![0.0; packed_len(k, n)];
    let mut backward = vec![0.0; packed_len(n, k)];
    prepare(move || {
        pack_b_transposed(&mut forward, &w, k, k, n);
        pack_b(&mut backward, &w, k, n, k);
    });
}

/// The gates of an LSTM step, forward.
#[unsafe(no_mangle)]
pub extern "C" fn lstm_forward(batch: usize, hidden: usize) {
    let state = batch * hidden;
    let (preact, c_prev) = (values(4 * state), values(state));
    let (mut gates, mut c, mut tanh_c, mut h) = (
        vec![0.0; 4 * state],
        vec![0.0; state],
        vec![0.0; state],
        vec![0.0; state],
    );
    prepare(move || {
        gates.copy_from_slice(&preact);
        lstm::lstm_step_forward_f32(
            &mut gates,
            &c_prev,
            &mut c,
            &mut tanh_c,
            &mut h,
            batch,
            hidden,
        );
    });
}

/// The gates of an LSTM step, backward.
#[unsafe(no_mangle)]
pub extern "C" fn lstm_backward(batch: usize, hidden: usize) {
    let state = batch * hidden;
    let (saved, c_prev, tanh_c, d_h) = (
        values(4 * state),
        values(state),
        values(state),
        values(state),
    );
    let (mut gates, mut d_c) = (vec![0.0; 4 * state], vec![0.0; state]);
    prepare(move || {
        gates.copy_from_slice(&saved);
        lstm::lstm_step_backward_f32(&mut gates, &c_prev, &tanh_c, &d_h, &mut d_c, batch, hidden);
    });
}

/// The gates of a GRU step with the reset after the product, forward.
#[unsafe(no_mangle)]
pub extern "C" fn gru_forward(batch: usize, hidden: usize) {
    let state = batch * hidden;
    let (preact, product, b_hn, h_prev) = (
        values(3 * state),
        values(state),
        values(hidden),
        values(state),
    );
    let (mut gates, mut recurrent_n, mut h) =
        (vec![0.0; 3 * state], vec![0.0; state], vec![0.0; state]);
    prepare(move || {
        gates.copy_from_slice(&preact);
        recurrent_n.copy_from_slice(&product);
        gru::after::gru_after_step_forward_f32(
            &mut gates,
            &mut recurrent_n,
            &b_hn,
            &h_prev,
            &mut h,
            batch,
            hidden,
        );
    });
}

/// Softmax, loss and gradient of `rows` rows.
#[unsafe(no_mangle)]
pub extern "C" fn softmax(rows: usize, vocab: usize) {
    let logits = values(rows * vocab);
    let mut work = vec![0.0; rows * vocab];
    prepare(move || {
        work.copy_from_slice(&logits);
        for (at, row) in work.chunks_exact_mut(vocab).enumerate() {
            black_box(softmax_cross_entropy_row_f32(row, at % vocab, 1e-3));
        }
    });
}

/// One AdamW update of `len` parameters.
#[unsafe(no_mangle)]
pub extern "C" fn adam(len: usize) {
    let (mut params, grads) = (values(len), values(len));
    let (mut m, mut v) = (vec![0.0; len], vec![0.0; len]);
    let step = AdamStep {
        learning_rate: 1e-3,
        beta1: 0.9,
        beta2: 0.99,
        epsilon: 1e-8,
        step: 10,
        gradient_scale: 0.5,
        decay: 0.01,
    };
    prepare(move || adam_f32(&mut params, &grads, &mut m, &mut v, &step));
}

/// sigmoid of `len` values.
#[unsafe(no_mangle)]
pub extern "C" fn sigmoid(len: usize) {
    let x = values(len);
    let mut y = vec![0.0; len];
    prepare(move || {
        y.copy_from_slice(&x);
        sigmoid_f32(&mut y);
    });
}

/// tanh of `len` values.
#[unsafe(no_mangle)]
pub extern "C" fn tanh(len: usize) {
    let x = values(len);
    let mut y = vec![0.0; len];
    prepare(move || {
        y.copy_from_slice(&x);
        tanh_f32(&mut y);
    });
}
