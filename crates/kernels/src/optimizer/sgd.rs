//! Stochastic gradient descent with momentum, in PyTorch's form. docs/maths.md (9b).

use crate::cell::{assert_lengths, over_units};
use crate::simd::{F32x4, Lane};

/// What one step of gradient descent needs besides the arenas.
#[derive(Clone, Copy, Debug)]
pub struct SgdStep {
    /// Learning rate of this step.
    pub learning_rate: f64,
    /// Share of the last update that is kept; with 0 the buffer is not used.
    pub momentum: f64,
    /// Every gradient is multiplied by this first: the clipping factor.
    pub gradient_scale: f64,
    /// Decoupled weight decay: the parameters shrink by learning rate times this before the update.
    pub decay: f64,
}

/// One step: buffer <- momentum buffer + g; p <- p - lr decay p - lr buffer.
///
/// - `params`, `grads`: the arenas or parts of them, of one length
/// - `buffer`: of the same length and zero at first, which makes the first step's g, as in PyTorch; with
///   momentum 0 unread, and may be empty
///
/// Decay is decoupled as in AdamW (PyTorch's SGD adds it to the gradient instead).
/// Error: equal to [`sgd_scalar`] bit for bit. Source: Polyak 1964, without the dampening.
///
/// # Panics
/// If the lengths differ.
pub fn sgd_f32(params: &mut [f32], grads: &[f32], buffer: &mut [f32], step: &SgdStep) {
    sgd::<F32x4>(params, grads, buffer, step);
}

/// The scalar twin of [`sgd_f32`].
pub fn sgd_scalar(params: &mut [f32], grads: &[f32], buffer: &mut [f32], step: &SgdStep) {
    sgd::<f32>(params, grads, buffer, step);
}

#[inline(always)]
fn sgd<L: Lane>(params: &mut [f32], grads: &[f32], buffer: &mut [f32], step: &SgdStep) {
    let len = params.len();
    assert_lengths!(grads: len);
    if step.momentum == 0.0 {
        over_units!(L, plain_elements, len, (params, grads, step));
    } else {
        assert_lengths!(buffer: len);
        over_units!(L, momentum_elements, len, (params, grads, buffer, step));
    }
}

#[inline(always)]
fn plain_elements<L: Lane>(
    params: &mut [f32],
    grads: &[f32],
    step: &SgdStep,
    from: usize,
    to: usize,
) {
    let keep = L::splat((1.0 - step.learning_rate * step.decay) as f32);
    let rate = L::splat(-step.learning_rate as f32);
    let scale = L::splat(step.gradient_scale as f32);
    for at in (from..to).step_by(L::WIDTH) {
        // SAFETY: at + WIDTH <= to <= the length of the slices, which the entry point checked.
        unsafe {
            let change = rate * (L::load(grads, at) * scale);
            L::load(params, at).mul_add(keep, change).store(params, at);
        }
    }
}

#[inline(always)]
fn momentum_elements<L: Lane>(
    params: &mut [f32],
    grads: &[f32],
    buffer: &mut [f32],
    step: &SgdStep,
    from: usize,
    to: usize,
) {
    let keep = L::splat((1.0 - step.learning_rate * step.decay) as f32);
    let rate = L::splat(-step.learning_rate as f32);
    let (scale, momentum) = (
        L::splat(step.gradient_scale as f32),
        L::splat(step.momentum as f32),
    );
    for at in (from..to).step_by(L::WIDTH) {
        // SAFETY: at + WIDTH <= to <= the length of the slices, which the entry point checked.
        unsafe {
            let g = L::load(grads, at) * scale;
            let update = momentum.mul_add(L::load(buffer, at), g);
            update.store(buffer, at);
            let change = rate * update;
            L::load(params, at).mul_add(keep, change).store(params, at);
        }
    }
}

/// Gradient descent as written, in `f64`.
pub fn sgd_naive(params: &mut [f64], grads: &[f64], buffer: &mut [f64], step: &SgdStep) {
    for at in 0..params.len() {
        let mut update = grads[at] * step.gradient_scale;
        if step.momentum != 0.0 {
            buffer[at] = step.momentum * buffer[at] + update;
            update = buffer[at];
        }
        params[at] -= step.learning_rate * step.decay * params[at];
        params[at] -= step.learning_rate * update;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::widen;
    use mynah_testing::{assert_close, assert_same_bits, noise};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// Ten roundings of parameters of a few units.
    const TOLERANCE: f64 = 2e-6;

    #[test]
    fn ten_steps_are_the_equations_and_their_twin() {
        for len in [0, 1, 3, 4, 5, 67] {
            for (momentum, decay) in [(0.0, 0.0), (0.0, 0.1), (0.9, 0.0), (0.9, 0.1)] {
                let start = noise(len, 1);
                let buffer = if momentum == 0.0 { 0 } else { len };
                let (mut fast, mut fast_buffer) = (start.clone(), vec![0.0; buffer]);
                let (mut twin, mut twin_buffer) = (start.clone(), vec![0.0; buffer]);
                let (mut exact, mut exact_buffer) = (widen(&start), vec![0.0; buffer]);
                let step = SgdStep {
                    learning_rate: 0.1,
                    momentum,
                    gradient_scale: 0.7,
                    decay,
                };
                for t in 1..=10 {
                    let grads = noise(len, 100 + t);
                    sgd_f32(&mut fast, &grads, &mut fast_buffer, &step);
                    sgd_scalar(&mut twin, &grads, &mut twin_buffer, &step);
                    sgd_naive(&mut exact, &widen(&grads), &mut exact_buffer, &step);
                }
                let what = format!("{len} values, momentum {momentum}, decay {decay}");
                assert_same_bits(&fast, &twin);
                assert_same_bits(&fast_buffer, &twin_buffer);
                assert_close(&fast, &exact, TOLERANCE, &what);
            }
        }
    }

    /// torch.optim.SGD([1.0], lr=0.1, momentum=0.9), gradients 2 and -1, by hand.
    #[test]
    fn two_steps_by_hand() {
        let [mut p, mut buffer] = [[1.0], [0.0]];
        let step = SgdStep {
            learning_rate: 0.1,
            momentum: 0.9,
            gradient_scale: 1.0,
            decay: 0.0,
        };
        sgd_naive(&mut p, &[2.0], &mut buffer, &step);
        assert_close(&p, &[0.8], 1e-15, "first step");
        sgd_naive(&mut p, &[-1.0], &mut buffer, &step);
        assert_close(&p, &[0.72], 1e-15, "second step");
    }
}
