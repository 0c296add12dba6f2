//! RMSProp (Tieleman and Hinton 2012, lecture 6.5), in PyTorch's form. docs/maths.md (9b).

use crate::cell::{assert_lengths, over_units};
use crate::simd::{F32x4, Lane};

/// What one RMSProp step needs besides the arenas.
#[derive(Clone, Copy, Debug)]
pub struct RmspropStep {
    /// Learning rate of this step.
    pub learning_rate: f64,
    /// Memory of the mean square; PyTorch's alpha.
    pub alpha: f64,
    /// Share of the last update that is kept; with 0 the buffer is not used.
    pub momentum: f64,
    /// Added to the root of the mean square.
    pub epsilon: f64,
    /// Every gradient is multiplied by this first: the clipping factor.
    pub gradient_scale: f64,
    /// Decoupled weight decay: the parameters shrink by learning rate times this before the update.
    pub decay: f64,
}

/// One RMSProp step: v <- alpha v + (1 - alpha) g^2; u = g / (sqrt(v) + epsilon); buffer <- momentum buffer
/// + u; p <- p - lr decay p - lr buffer.
///
/// - `params`, `grads`, `v`: the arenas or parts of them, of one length
/// - `buffer`: of the same length and zero at first; with momentum 0 unread, and may be empty
///
/// Decay is decoupled as in AdamW (PyTorch's RMSprop adds it to the gradient instead).
/// Error: equal to [`rmsprop_scalar`] bit for bit.
///
/// # Panics
/// If the lengths differ.
pub fn rmsprop_f32(
    params: &mut [f32],
    grads: &[f32],
    v: &mut [f32],
    buffer: &mut [f32],
    step: &RmspropStep,
) {
    rmsprop::<F32x4>(params, grads, v, buffer, step);
}

/// The scalar twin of [`rmsprop_f32`].
pub fn rmsprop_scalar(
    params: &mut [f32],
    grads: &[f32],
    v: &mut [f32],
    buffer: &mut [f32],
    step: &RmspropStep,
) {
    rmsprop::<f32>(params, grads, v, buffer, step);
}

#[inline(always)]
fn rmsprop<L: Lane>(
    params: &mut [f32],
    grads: &[f32],
    v: &mut [f32],
    buffer: &mut [f32],
    step: &RmspropStep,
) {
    let len = params.len();
    assert_lengths!(grads: len, v: len);
    if step.momentum == 0.0 {
        over_units!(L, plain_elements, len, (params, grads, v, step));
    } else {
        assert_lengths!(buffer: len);
        over_units!(L, momentum_elements, len, (params, grads, v, buffer, step));
    }
}

/// Moves the mean square at `at` and returns the update, u.
///
/// # Safety
/// `at + WIDTH` is at most the length of both slices.
#[inline(always)]
unsafe fn scaled_gradient<L: Lane>(
    grads: &[f32],
    v: &mut [f32],
    step: &RmspropStep,
    at: usize,
) -> L {
    let alpha = L::splat(step.alpha as f32);
    let rest = L::splat((1.0 - step.alpha) as f32);
    // SAFETY: the caller's promise.
    unsafe {
        let g = L::load(grads, at) * L::splat(step.gradient_scale as f32);
        let v_next = alpha.mul_add(L::load(v, at), rest * g * g);
        v_next.store(v, at);
        g / (v_next.sqrt() + L::splat(step.epsilon as f32))
    }
}

#[inline(always)]
fn plain_elements<L: Lane>(
    params: &mut [f32],
    grads: &[f32],
    v: &mut [f32],
    step: &RmspropStep,
    from: usize,
    to: usize,
) {
    let keep = L::splat((1.0 - step.learning_rate * step.decay) as f32);
    let rate = L::splat(-step.learning_rate as f32);
    for at in (from..to).step_by(L::WIDTH) {
        // SAFETY: at + WIDTH <= to <= the length of the slices, which the entry point checked.
        unsafe {
            let change = rate * scaled_gradient::<L>(grads, v, step, at);
            L::load(params, at).mul_add(keep, change).store(params, at);
        }
    }
}

#[inline(always)]
fn momentum_elements<L: Lane>(
    params: &mut [f32],
    grads: &[f32],
    v: &mut [f32],
    buffer: &mut [f32],
    step: &RmspropStep,
    from: usize,
    to: usize,
) {
    let keep = L::splat((1.0 - step.learning_rate * step.decay) as f32);
    let rate = L::splat(-step.learning_rate as f32);
    let momentum = L::splat(step.momentum as f32);
    for at in (from..to).step_by(L::WIDTH) {
        // SAFETY: at + WIDTH <= to <= the length of the slices, which the entry point checked.
        unsafe {
            let update = scaled_gradient::<L>(grads, v, step, at);
            let update = momentum.mul_add(L::load(buffer, at), update);
            update.store(buffer, at);
            let change = rate * update;
            L::load(params, at).mul_add(keep, change).store(params, at);
        }
    }
}

/// RMSProp as written, in `f64`.
pub fn rmsprop_naive(
    params: &mut [f64],
    grads: &[f64],
    v: &mut [f64],
    buffer: &mut [f64],
    step: &RmspropStep,
) {
    for at in 0..params.len() {
        let g = grads[at] * step.gradient_scale;
        v[at] = step.alpha * v[at] + (1.0 - step.alpha) * g * g;
        let mut update = g / (v[at].sqrt() + step.epsilon);
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

    /// Ten updates of up to 0.1, rounded, where a gradient near 0 is divided by a root near 0.
    const TOLERANCE: f64 = 4e-6;

    #[test]
    fn ten_steps_are_the_equations_and_their_twin() {
        for len in [0, 1, 3, 4, 5, 67] {
            for (momentum, decay) in [(0.0, 0.0), (0.0, 0.1), (0.9, 0.0), (0.9, 0.1)] {
                let start = noise(len, 1);
                let buffer = if momentum == 0.0 { 0 } else { len };
                let mut fast = (start.clone(), vec![0.0; len], vec![0.0; buffer]);
                let mut twin = fast.clone();
                let mut exact = (widen(&start), vec![0.0; len], vec![0.0; buffer]);
                let step = RmspropStep {
                    learning_rate: 0.01,
                    alpha: 0.99,
                    momentum,
                    epsilon: 1e-8,
                    gradient_scale: 0.7,
                    decay,
                };
                for t in 1..=10 {
                    let grads = noise(len, 100 + t);
                    let wide = widen(&grads);
                    rmsprop_f32(&mut fast.0, &grads, &mut fast.1, &mut fast.2, &step);
                    rmsprop_scalar(&mut twin.0, &grads, &mut twin.1, &mut twin.2, &step);
                    rmsprop_naive(&mut exact.0, &wide, &mut exact.1, &mut exact.2, &step);
                }
                let what = format!("{len} values, momentum {momentum}, decay {decay}");
                assert_same_bits(&fast.0, &twin.0);
                assert_same_bits(&fast.2, &twin.2);
                assert_close(&fast.0, &exact.0, TOLERANCE, &what);
            }
        }
    }

    /// torch.optim.RMSprop([1.0], lr=0.1, alpha=0.9, eps=1e-8, momentum=0.5), gradients 2 and -1, by hand:
    /// v = 0.4, 0.46; u = 3.162277645, -1.474419540; buffer = 3.162277645, 0.106719283.
    #[test]
    fn two_steps_by_hand() {
        let [mut p, mut v, mut buffer] = [[1.0], [0.0], [0.0]];
        let step = RmspropStep {
            learning_rate: 0.1,
            alpha: 0.9,
            momentum: 0.5,
            epsilon: 1e-8,
            gradient_scale: 1.0,
            decay: 0.0,
        };
        rmsprop_naive(&mut p, &[2.0], &mut v, &mut buffer, &step);
        assert_close(&p, &[1.0 - 0.316_227_76], 1e-7, "first step");
        rmsprop_naive(&mut p, &[-1.0], &mut v, &mut buffer, &step);
        assert_close(&p, &[0.683_772_24 - 0.010_671_928], 1e-7, "second step");
    }
}
