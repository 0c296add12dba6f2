//! The choice of a symbol. docs/maths.md (10).

use crate::rng::Pcg32;
use crate::{Error, Result};
use mynah_kernels::softmax::softmax_row_f32;

/// A token drawn from softmax(logits / temperature), whose logit is not -infinity; for temperature 0 the most likely one, the
/// first of equals.
pub(crate) fn draw(logits: &mut [f32], temperature: f32, rng: &mut Pcg32) -> u32 {
    let most_likely = most_likely(logits);
    if is_greedy(temperature) {
        return most_likely;
    }
    softmax_at(logits, temperature);
    pick(logits, rng.unit()).unwrap_or(most_likely)
}

/// # Errors
/// [`Error::NonFiniteEvaluation`].
pub(crate) fn check_finite(logits: &[f32]) -> Result<()> {
    if logits.iter().all(|logit| logit.is_finite()) {
        return Ok(());
    }
    Err(Error::NonFiniteEvaluation.into())
}

/// Turns a row of logits into probabilities, in place: 0 for a logit of -infinity, of which softmax leaves a little.
pub(crate) fn to_probabilities(logits: &mut [f32]) {
    softmax_row_f32(logits);
    let is_forbidden = |probability: &&mut f32| !probability.is_normal();
    let forbidden = logits.iter_mut().filter(is_forbidden);
    forbidden.for_each(|probability| *probability = 0.0);
}

/// The first of the largest logits.
pub(super) fn most_likely(logits: &[f32]) -> u32 {
    let most_likely = (0..logits.len()).reduce(|best, token| {
        if logits[token] > logits[best] {
            token
        } else {
            best
        }
    });
    most_likely.expect("a vocabulary has a symbol that may be written") as u32
}

/// A temperature of 1e-30 would divide to infinity; so low a one is the limit, anyway.
pub(super) fn is_greedy(temperature: f32) -> bool {
    temperature < 1e-6
}

/// softmax(logits / temperature), in place.
pub(super) fn softmax_at(logits: &mut [f32], temperature: f32) {
    for logit in logits.iter_mut() {
        *logit /= temperature;
    }
    softmax_row_f32(logits);
}

/// The token at which the cumulated sum exceeds `left`; none where rounding left a rest of the last few ULP. Of a logit of -infinity
/// softmax leaves a probability that is no normal number, which a `left` of 0 must not find.
pub(super) fn pick(probabilities: &[f32], mut left: f32) -> Option<u32> {
    let possible = (0..).zip(probabilities).filter(|(_, p)| p.is_normal());
    for (token, probability) in possible {
        left -= probability;
        if left < 0.0 {
            return Some(token);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn draws_follow_the_distribution() {
        let mut rng = Pcg32::new(3);
        let mut counts = [0u32; 3];
        for _ in 0..30_000 {
            // p = e^(2 l): 1/6, 2/6, 3/6 at temperature 1/2.
            let mut logits = [1.0f32, 2.0, 3.0].map(|p| p.ln() / 2.0);
            counts[draw(&mut logits, 0.5, &mut rng) as usize] += 1;
        }
        for (count, expected) in counts.into_iter().zip([5_000.0, 10_000.0, 15_000.0]) {
            // Five standard deviations of a binomial with n = 30,000.
            assert!(
                (f64::from(count) - expected).abs() < 5.0 * 87.0,
                "{counts:?}"
            );
        }
    }

    #[test]
    fn temperature_zero_takes_the_first_of_the_most_likely() {
        assert_eq!(draw(&mut [1.0, 3.0, 3.0], 0.0, &mut Pcg32::new(1)), 1);
    }

    #[test]
    fn damaged_logits_are_an_error() {
        assert!(check_finite(&[1.0, f32::NAN]).is_err());
        assert!(check_finite(&[1.0, f32::NEG_INFINITY]).is_err());
        assert!(check_finite(&[1.0, f32::MAX]).is_ok());
    }

    #[test]
    fn what_is_forbidden_is_never_drawn_even_by_a_zero() {
        // The draw that is exactly 0 (one in 2^24) falls on the first token that has any probability.
        let mut rng = Pcg32::new(7_926_344);
        let mut rng = loop {
            let before = rng.clone();
            if rng.unit() == 0.0 {
                break before;
            }
        };
        let logits = [f32::NEG_INFINITY, 1.0, 2.0];
        assert_eq!(draw(&mut logits.clone(), 1.0, &mut rng), 1);
        assert_eq!(draw(&mut logits.clone(), 0.0, &mut rng), 2);
    }
}
