//! Adam, with the weight decay of AdamW. docs/maths.md (9b).

use crate::cell::{assert_lengths, over_units};
use crate::simd::{F32x4, Lane};

/// What one Adam step needs besides the arenas.
#[derive(Clone, Copy, Debug)]
pub struct AdamStep {
    /// Learning rate of this step.
    pub learning_rate: f64,
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Added to the root of the second moment.
    pub epsilon: f64,
    /// 1 for the first step, 2 for the second, ...: for the bias correction.
    pub step: u64,
    /// Every gradient is multiplied by this first: the clipping factor.
    pub gradient_scale: f64,
    /// Decoupled weight decay: the parameters shrink by learning rate times this before the update (AdamW); 0 is Adam.
    pub decay: f64,
}

impl AdamStep {
    /// What the decay leaves of a parameter.
    fn shrinkage(&self) -> f64 {
        1.0 - self.learning_rate * self.decay
    }

    /// (lr / (1 - beta1^t), 1 / (1 - beta2^t)).
    fn corrections(&self) -> (f64, f64) {
        (
            self.learning_rate / (1.0 - power(self.beta1, self.step)),
            1.0 / (1.0 - power(self.beta2, self.step)),
        )
    }
}

/// base^exponent by repeated squaring: only multiplications, so the same bits on every platform, unlike `powi`.
fn power(mut base: f64, mut exponent: u64) -> f64 {
    let mut result = 1.0;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result *= base;
        }
        base *= base;
        exponent >>= 1;
    }
    result
}

/// One AdamW step: m and v move towards g and g^2, the parameters by -lr decay p - lr m^ / (sqrt(v^) + epsilon).
///
/// - `params`, `grads`, `m`, `v`: the arenas or parts of them, of one length. However an arena is cut into
///   parts, the results have the same bits.
///
/// Error: equal to [`adam_scalar`] bit for bit.
/// Source: Kingma and Ba 2015 (arXiv 1412.6980), algorithm 1, with epsilon outside the root as there and in PyTorch;
/// decay by Loshchilov and Hutter 2019 (arXiv 1711.05101), times the learning rate as in PyTorch.
///
/// # Panics
/// If the lengths differ.
pub fn adam_f32(params: &mut [f32], grads: &[f32], m: &mut [f32], v: &mut [f32], step: &AdamStep) {
    adam::<F32x4>(params, grads, m, v, step);
}

/// The scalar twin of [`adam_f32`].
pub fn adam_scalar(
    params: &mut [f32],
    grads: &[f32],
    m: &mut [f32],
    v: &mut [f32],
    step: &AdamStep,
) {
    adam::<f32>(params, grads, m, v, step);
}

#[inline(always)]
fn adam<L: Lane>(params: &mut [f32], grads: &[f32], m: &mut [f32], v: &mut [f32], step: &AdamStep) {
    let len = params.len();
    assert_lengths!(grads: len, m: len, v: len);
    over_units!(L, adam_elements, len, (params, grads, m, v, step));
}

#[inline(always)]
fn adam_elements<L: Lane>(
    params: &mut [f32],
    grads: &[f32],
    m: &mut [f32],
    v: &mut [f32],
    step: &AdamStep,
    from: usize,
    to: usize,
) {
    let (rate, correction2) = step.corrections();
    let (rate, correction2) = (L::splat(-rate as f32), L::splat(correction2 as f32));
    let (beta1, rest1) = (
        L::splat(step.beta1 as f32),
        L::splat((1.0 - step.beta1) as f32),
    );
    let (beta2, rest2) = (
        L::splat(step.beta2 as f32),
        L::splat((1.0 - step.beta2) as f32),
    );
    let (epsilon, scale) = (
        L::splat(step.epsilon as f32),
        L::splat(step.gradient_scale as f32),
    );
    let keep = L::splat(step.shrinkage() as f32);
    for at in (from..to).step_by(L::WIDTH) {
        // SAFETY: at + WIDTH <= to <= the length of all four arenas, which the entry point checked.
        unsafe {
            let g = L::load(grads, at) * scale;
            let m_next = beta1.mul_add(L::load(m, at), rest1 * g);
            let v_next = beta2.mul_add(L::load(v, at), rest2 * g * g);
            m_next.store(m, at);
            v_next.store(v, at);
            let change = rate * m_next / ((v_next * correction2).sqrt() + epsilon);
            // Without decay this is a product with 1: the same bits as the bare sum, fused or not.
            L::load(params, at).mul_add(keep, change).store(params, at);
        }
    }
}

/// Adam as written, in `f64`.
pub fn adam_naive(
    params: &mut [f64],
    grads: &[f64],
    m: &mut [f64],
    v: &mut [f64],
    step: &AdamStep,
) {
    let correction = |beta: f64| 1.0 - beta.powi(step.step as i32);
    for at in 0..params.len() {
        let g = grads[at] * step.gradient_scale;
        m[at] = step.beta1 * m[at] + (1.0 - step.beta1) * g;
        v[at] = step.beta2 * v[at] + (1.0 - step.beta2) * g * g;
        let m_hat = m[at] / correction(step.beta1);
        let v_hat = v[at] / correction(step.beta2);
        params[at] -= step.learning_rate * step.decay * params[at];
        params[at] -= step.learning_rate * m_hat / (v_hat.sqrt() + step.epsilon);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mynah_testing::{assert_close, assert_same_bits, noise};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// Ten roundings of parameters below 1.1.
    const TOLERANCE: f64 = 2e-6;

    #[test]
    fn ten_steps_are_the_equations_and_their_twin() {
        for (len, decay) in [0, 1, 3, 4, 5, 67]
            .into_iter()
            .flat_map(|len| [(len, 0.0), (len, 0.1)])
        {
            let start = noise(len, 1);
            let (mut fast, mut twin) = (start.clone(), start.clone());
            let mut exact: Vec<f64> = start.iter().map(|&p| p.into()).collect();
            let (mut m, mut v, mut m_twin, mut v_twin) = (
                vec![0.0; len],
                vec![0.0; len],
                vec![0.0; len],
                vec![0.0; len],
            );
            let (mut m_exact, mut v_exact) = (vec![0.0; len], vec![0.0; len]);
            for t in 1..=10 {
                let grads = noise(len, 100 + t);
                let step = AdamStep {
                    learning_rate: 0.01,
                    beta1: 0.9,
                    beta2: 0.99,
                    epsilon: 1e-8,
                    step: t,
                    gradient_scale: 0.7,
                    decay,
                };
                adam_f32(&mut fast, &grads, &mut m, &mut v, &step);
                adam_scalar(&mut twin, &grads, &mut m_twin, &mut v_twin, &step);
                let wide: Vec<f64> = grads.iter().map(|&g| g.into()).collect();
                adam_naive(&mut exact, &wide, &mut m_exact, &mut v_exact, &step);
            }
            assert_same_bits(&fast, &twin);
            assert_close(&fast, &exact, TOLERANCE, "parameters");
        }
    }

    #[test]
    fn parts_of_an_arena_and_no_decay_have_the_bits_of_the_whole() {
        let (start, grads) = (noise(67, 1), noise(67, 2));
        let step = AdamStep {
            learning_rate: 0.01,
            beta1: 0.9,
            beta2: 0.99,
            epsilon: 1e-8,
            step: 3,
            gradient_scale: 0.7,
            decay: 0.0,
        };
        let update = |cuts: &[usize]| {
            let [mut p, mut m, mut v] = [start.clone(), noise(67, 3), vec![0.5; 67]];
            for cut in cuts.windows(2) {
                let part = cut[0]..cut[1];
                let (m, v) = (&mut m[part.clone()], &mut v[part.clone()]);
                adam_f32(&mut p[part.clone()], &grads[part], m, v, &step);
            }
            (p, m)
        };
        let (whole, m) = update(&[0, 67]);
        assert_same_bits(&whole, &update(&[0, 4, 12, 13, 67]).0);
        // v of the whole is 0.99 * 0.5 + 0.01 g^2; the update without any decay, written out:
        let (rate, correction2) = step.corrections();
        for at in 0..67 {
            let g = grads[at] * 0.7;
            let v = Lane::mul_add(0.99f32, 0.5, (1.0 - 0.99f64) as f32 * g * g);
            let change = -rate as f32 * m[at] / ((v * correction2 as f32).sqrt() + 1e-8);
            assert_same_bits(&[whole[at]], &[start[at] + change]);
        }
    }

    #[test]
    fn decay_shrinks_what_has_no_gradient() {
        let mut params = [2.0; 5];
        let step = AdamStep {
            learning_rate: 0.5,
            beta1: 0.9,
            beta2: 0.99,
            epsilon: 1e-8,
            step: 1,
            gradient_scale: 1.0,
            decay: 0.5,
        };
        adam_f32(&mut params, &[0.0; 5], &mut [0.0; 5], &mut [0.0; 5], &step);
        assert_eq!(params, [1.5; 5]);
    }
}
