//! The random numbers of mynah: PCG32 (XSH RR 64/32; M. E. O'Neill, 2014, pcg-random.org), the same on every machine.

use mynah_kernels::activation::ln_f32;
use mynah_kernels::real::Real;

const MULTIPLIER: u64 = 6_364_136_223_846_793_005;
/// The stream of the reference implementation's demo.
const STREAM: u64 = 54;

/// What random numbers of a training run are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Dropout and the like.
    Masks {
        /// Steps done before.
        step: u64,
        /// Which worker; see [`training`](crate::training).
        worker: u64,
    },
    /// The choice of documents to validate on.
    HoldOut,
    /// The order of the documents in a pass.
    Shuffle(u64),
    /// The symbols of a text by its number, of several.
    Text(u64),
}

/// SplitMix64's finalizer (S. Vigna, 2015): seeds that differ in one bit become unrelated.
fn mix(seed: u64) -> u64 {
    let x = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// A generator with 64 bits of state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pcg32 {
    state: u64,
    increment: u64,
}

impl Pcg32 {
    /// A generator whose sequence depends on `seed` alone.
    pub fn new(seed: u64) -> Self {
        let mut rng = Self {
            state: 0,
            increment: STREAM << 1 | 1,
        };
        rng.next_u32();
        rng.state = rng.state.wrapping_add(seed);
        rng.next_u32();
        rng
    }

    /// A generator of its own for every purpose, so that more draws for one do not change those for another.
    pub fn for_purpose(seed: u64, purpose: Purpose) -> Self {
        let (number, part) = match purpose {
            Purpose::Masks { step, worker } => (1, mix(step) ^ worker),
            Purpose::HoldOut => (2, 0),
            Purpose::Shuffle(epoch) => (3, epoch),
            Purpose::Text(number) => (4, number),
        };
        Self::new(mix(mix(mix(seed) ^ number) ^ part))
    }

    /// A generator for a text among several, by its number from 0. The first draws what a single text would.
    pub fn of_text(seed: u64, number: u64) -> Self {
        match number {
            0 => Self::new(seed),
            _ => Self::for_purpose(seed, Purpose::Text(number)),
        }
    }

    /// 32 random bits.
    pub fn next_u32(&mut self) -> u32 {
        let old = self.state;
        self.state = old.wrapping_mul(MULTIPLIER).wrapping_add(self.increment);
        let shifted = (((old >> 18) ^ old) >> 27) as u32;
        shifted.rotate_right((old >> 59) as u32)
    }

    /// Uniform in 0 to `count` - 1, without bias: draws from the incomplete last range are drawn again.
    pub fn below(&mut self, count: u32) -> u32 {
        let incomplete = count.wrapping_neg() % count;
        loop {
            let draw = self.next_u32();
            if draw >= incomplete {
                return draw % count;
            }
        }
    }

    /// Puts `items` into a random order (Fisher and Yates; Durstenfeld 1964): every order is equally likely.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u32 + 1) as usize);
        }
    }

    /// Uniform in [0, 1), a multiple of 2^-24.
    pub fn unit(&mut self) -> f32 {
        (self.next_u32() >> 8) as f32 * (1.0 / (1 << 24) as f32)
    }

    /// Uniform in [-limit, limit).
    pub fn symmetric(&mut self, limit: f32) -> f32 {
        (self.unit() * 2.0 - 1.0) * limit
    }

    /// Fills a mask with 0, at this rate, and 1 / (1 - rate), so that its mean is 1.
    pub fn fill_dropout_mask<T: Real>(&mut self, mask: &mut [T], rate: f64) {
        let kept = T::from_f64(1.0 / (1.0 - rate));
        self.fill_choices(mask, rate, T::default(), kept);
    }

    /// Fills with `value` at this rate, with `other` else.
    pub fn fill_choices<T: Copy>(&mut self, values: &mut [T], rate: f64, value: T, other: T) {
        // A share of all 32-bit numbers; rates are below 1.
        let threshold = (rate * f64::from(u32::MAX)) as u32;
        for target in values {
            *target = if self.next_u32() < threshold {
                value
            } else {
                other
            };
        }
    }

    /// Standard normal, by Marsaglia's polar method: it needs no sine, so that no libm enters.
    pub fn normal(&mut self) -> f32 {
        loop {
            let (x, y) = (self.symmetric(1.0), self.symmetric(1.0));
            let square = x * x + y * y;
            if square > 0.0 && square < 1.0 {
                return x * (-2.0 * ln_f32(square) / square).sqrt();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn sequence_is_the_reference_implementation_s() {
        // pcg32_srandom(42, 54), first six values of the demo of pcg-c-basic.
        let mut rng = Pcg32::new(42);
        let expected = [
            0xa15c_02b7,
            0x7b47_f409,
            0xba1d_3330,
            0x83d2_f293,
            0xbfa4_784b,
            0xcbed_606e,
        ];
        assert_eq!(expected.map(|_| rng.next_u32()), expected);
    }

    #[test]
    fn shuffles_are_permutations_and_every_one_is_equally_likely() {
        let mut rng = Pcg32::for_purpose(1, Purpose::Shuffle(0));
        let mut counts = std::collections::BTreeMap::new();
        for _ in 0..24_000 {
            let mut items = [0, 1, 2, 3];
            rng.shuffle(&mut items);
            *counts.entry(items).or_insert(0u32) += 1;
        }
        assert_eq!(counts.len(), 24);
        // Five standard deviations of a binomial with n = 24,000, p = 1/24.
        assert!(
            counts.values().all(|&n| n.abs_diff(1000) < 155),
            "{counts:?}"
        );
        let mut other = Pcg32::for_purpose(1, Purpose::Shuffle(1));
        assert_ne!(
            other.next_u32(),
            Pcg32::for_purpose(1, Purpose::Shuffle(0)).next_u32()
        );
    }

    #[test]
    fn distributions_have_their_moments() {
        let mut rng = Pcg32::new(1);
        let n = 100_000;
        let moments = |mut draw: Box<dyn FnMut() -> f32>| {
            let values: Vec<f64> = (0..n).map(|_| draw().into()).collect();
            let mean = values.iter().sum::<f64>() / n as f64;
            (
                mean,
                values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n as f64,
            )
        };
        let mut other = rng.clone();
        let (mean, variance) = moments(Box::new(move || rng.normal()));
        assert!(
            mean.abs() < 0.02 && (variance - 1.0).abs() < 0.02,
            "normal: {mean} {variance}"
        );
        let (mean, variance) = moments(Box::new(move || other.unit()));
        assert!(
            (mean - 0.5).abs() < 0.01 && (variance - 1.0 / 12.0).abs() < 0.01,
            "unit: {mean} {variance}"
        );
    }
}
