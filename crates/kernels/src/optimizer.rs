//! Adam and the norm of the gradient, over flat arenas. docs/maths.md (9).

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
}

impl AdamStep {
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

/// One Adam step over the whole arena: m and v move towards g and g^2, the parameters by -lr m^ / (sqrt(v^) + epsilon).
///
/// - `params`, `grads`, `m`, `v`: the arenas, of one length
///
/// Source: Kingma and Ba 2015 (arXiv 1412.6980), algorithm 1, with epsilon outside the root as there and in PyTorch.
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
    assert!(
        grads.len() == len && m.len() == len && v.len() == len,
        "arenas of different lengths"
    );
    let body = len / L::WIDTH * L::WIDTH;
    adam_elements::<L>(params, grads, m, v, step, 0, body);
    adam_elements::<f32>(params, grads, m, v, step, body, len);
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
    for at in (from..to).step_by(L::WIDTH) {
        // SAFETY: at + WIDTH <= to <= the length of all four arenas, which the entry point checked.
        unsafe {
            let g = L::load(grads, at) * scale;
            let m_next = beta1.mul_add(L::load(m, at), rest1 * g);
            let v_next = beta2.mul_add(L::load(v, at), rest2 * g * g);
            m_next.store(m, at);
            v_next.store(v, at);
            let change = rate * m_next / ((v_next * correction2).sqrt() + epsilon);
            (L::load(params, at) + change).store(params, at);
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
        params[at] -= step.learning_rate * m_hat / (v_hat.sqrt() + step.epsilon);
    }
}

/// Values that are summed in `f32` before they go into an `f64`: few enough that nothing is lost.
const NORM_BLOCK: usize = 256;

/// The sum of squares, in `f64` over blocks of 256: what global-norm clipping takes the root of. Exact to
/// 1e-6 (test below); a block whose squares overflow `f32` is summed in `f64`. Infinite or NaN values stay
/// so.
pub fn sum_of_squares_f32(values: &[f32]) -> f64 {
    values.chunks(NORM_BLOCK).map(block_sum_of_squares).sum()
}

fn block_sum_of_squares(block: &[f32]) -> f64 {
    let (lanes, rest) = block.as_chunks::<4>();
    let mut sum = F32x4::splat(0.0);
    for lane in lanes {
        // SAFETY: an array of four has four values.
        let x = unsafe { F32x4::load(lane, 0) };
        sum = x.mul_add(x, sum);
    }
    let tail: f32 = rest.iter().map(|x| x * x).sum();
    let sum = sum.to_array().into_iter().sum::<f32>() + tail;
    if sum.is_finite() {
        sum.into()
    } else {
        block.iter().map(|&x| f64::from(x) * f64::from(x)).sum()
    }
}

/// The sum of squares in `f64`.
pub fn sum_of_squares_naive(values: &[f64]) -> f64 {
    values.iter().map(|x| x * x).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mynah_testing::{assert_close, assert_same_bits, noise};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn ten_steps_are_the_equations_and_their_twin() {
        for len in [0, 1, 4, 5, 67] {
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
                };
                adam_f32(&mut fast, &grads, &mut m, &mut v, &step);
                adam_scalar(&mut twin, &grads, &mut m_twin, &mut v_twin, &step);
                let wide: Vec<f64> = grads.iter().map(|&g| g.into()).collect();
                adam_naive(&mut exact, &wide, &mut m_exact, &mut v_exact, &step);
            }
            assert_same_bits(&fast, &twin);
            // Ten roundings of parameters below 1.1.
            assert_close(&fast, &exact, 2e-6, "parameters");
        }
    }

    #[test]
    fn sum_of_squares_is_exact_enough_for_clipping() {
        for len in [0, 1, 3, 255, 256, 257, 10_001] {
            let values = noise(len, 3);
            let exact: f64 = values.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
            assert_close(
                &[sum_of_squares_f32(&values)],
                &[exact],
                1e-6,
                "sum of squares",
            );
        }
        assert_close(
            &[sum_of_squares_f32(&[3e19; 300])],
            &[300.0 * 9e38],
            1e-6,
            "squares beyond f32",
        );
        assert!(sum_of_squares_f32(&[1.0, f32::NAN, 0.0, 0.0, 0.0]).is_nan());
        assert_eq!(sum_of_squares_f32(&[f32::INFINITY; 3]), f64::INFINITY);
    }
}
