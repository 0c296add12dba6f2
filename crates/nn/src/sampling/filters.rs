//! Which part of a distribution a symbol is drawn from. docs/maths.md (10).

use super::draw::{is_greedy, most_likely, pick, softmax_at};
use crate::rng::Pcg32;
use mynah_kernels::activation::ln_f32;

/// The temperature, and how the tail of the distribution is cut off.
pub(crate) struct Filters {
    temperature: f32,
    /// 0 is off.
    top_k: usize,
    /// 1 is off.
    typical_p: f32,
    /// 1 is off.
    top_p: f32,
    /// 0 is off.
    min_p: f32,
    /// A heap, best first, whose memory is used again and again.
    ranks: Vec<Rank>,
}

/// How good a token is.
#[derive(Clone, Copy)]
struct Rank {
    score: f32,
    token: u32,
}

impl Filters {
    pub fn new(
        temperature: f32,
        top_k: usize,
        typical_p: f32,
        top_p: f32,
        min_p: f32,
        vocab_size: usize,
    ) -> Self {
        Self {
            temperature,
            top_k,
            typical_p,
            top_p,
            min_p,
            ranks: Vec::with_capacity(vocab_size),
        }
    }

    /// Whether anything but the temperature counts.
    pub fn is_on(&self) -> bool {
        self.top_k > 0 || self.typical_p < 1.0 || self.top_p < 1.0 || self.min_p > 0.0
    }

    /// Draws one of the tokens whose logit is not -infinity; at temperature 0 the first of the most likely ones, which
    /// then has all of the mass, so that no filter cuts it off. None where there is none.
    ///
    /// - `logits`: overwritten by what is left of the probabilities
    pub fn draw(&mut self, logits: &mut [f32], rng: &mut Pcg32) -> Option<u32> {
        let best = most_likely(logits);
        if logits[best as usize] == f32::NEG_INFINITY {
            return None;
        }
        if is_greedy(self.temperature) {
            return Some(best);
        }
        softmax_at(logits, self.temperature);
        let mass = self.cut_off(logits);
        let drawn = pick(logits, rng.unit() * mass);
        let most_likely = || most_likely(logits);
        // Logits of 1e38 at a low temperature are infinite, and leave no probabilities.
        Some(drawn.unwrap_or_else(|| if mass > 0.0 { most_likely() } else { best }))
    }

    /// Sets what may not be drawn to 0, one filter after the other; the mass that is left, exactly 1 without a filter.
    fn cut_off(&mut self, p: &mut [f32]) -> f32 {
        let mut mass = 1.0;
        if (1..p.len()).contains(&self.top_k) {
            mass = self.keep(p, &|p| p, self.top_k, f32::INFINITY);
        }
        if self.typical_p < 1.0 {
            let entropy = -p.iter().map(|p| p / mass * ln(p / mass)).sum::<f32>();
            let likeness = |p| -(ln(p / mass) + entropy).abs();
            mass = self.keep(p, &likeness, p.len(), self.typical_p * mass);
        }
        if self.top_p < 1.0 {
            mass = self.keep(p, &|p| p, p.len(), self.top_p * mass);
        }
        if self.min_p > 0.0 {
            let least = self.min_p * p.iter().copied().fold(0.0, f32::max);
            p.iter_mut().filter(|p| **p < least).for_each(|p| *p = 0.0);
            mass = p.iter().sum();
        }
        mass
    }

    /// Keeps the tokens with the best scores, of equals the first: until there are `most` of them, or their mass is
    /// `enough`, and one at least. Their mass.
    ///
    /// A heap gives the n best of V in V + n log V steps; sorting all would take V log V.
    fn keep(&mut self, p: &mut [f32], score: &dyn Fn(f32) -> f32, most: usize, enough: f32) -> f32 {
        let ranks = &mut self.ranks;
        ranks.clear();
        for (p, token) in p.iter_mut().zip(0..) {
            if p.is_normal() {
                let score = score(*p);
                ranks.push(Rank { score, token });
            } else {
                *p = 0.0;
            }
        }
        for root in (0..ranks.len() / 2).rev() {
            sift_down(ranks, root);
        }
        let mut mass = 0.0;
        let mut left = ranks.len();
        while left > 0 && (mass == 0.0 || mass < enough) && ranks.len() - left < most {
            mass += p[ranks[0].token as usize];
            left -= 1;
            ranks.swap(0, left);
            sift_down(&mut ranks[..left], 0);
        }
        for rank in &ranks[..left] {
            p[rank.token as usize] = 0.0;
        }
        mass
    }
}

impl Rank {
    fn is_before(self, other: Self) -> bool {
        self.score > other.score || self.score == other.score && self.token < other.token
    }
}

/// Makes a heap of one whose root alone may be out of place.
fn sift_down(heap: &mut [Rank], mut root: usize) {
    loop {
        let mut best = root;
        for child in [2 * root + 1, 2 * root + 2] {
            if child < heap.len() && heap[child].is_before(heap[best]) {
                best = child;
            }
        }
        if best == root {
            return;
        }
        heap.swap(root, best);
        root = best;
    }
}

/// ln p, and 0 for a p so small that p ln p is nothing.
fn ln(p: f32) -> f32 {
    if p.is_normal() { ln_f32(p) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mynah_testing::noise;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// Its entropy is 1.280, from which -ln p differs by 0.364, 0.076, 0.330 and 1.023: the most typical is the second,
    /// then come the third and the first.
    const P: [f32; 4] = [0.4, 0.3, 0.2, 0.1];

    /// top-k, typical, top-p, min-p.
    type Cuts = (usize, f32, f32, f32);
    const OFF: Cuts = (0, 1.0, 1.0, 0.0);

    fn filters((top_k, typical_p, top_p, min_p): Cuts, temperature: f32) -> Filters {
        Filters::new(temperature, top_k, typical_p, top_p, min_p, 4)
    }

    /// Which tokens are left of a distribution.
    fn kept(cuts: Cuts, p: &[f32]) -> Vec<usize> {
        let mut left = p.to_vec();
        let mass = filters(cuts, 1.0).cut_off(&mut left);
        let sum: f32 = left.iter().sum();
        assert!((mass - sum).abs() < 1e-6, "{mass} is not {sum}");
        for (left, p) in left.iter().zip(p) {
            assert!(*left == 0.0 || left == p, "{left} is neither 0 nor {p}");
        }
        (0..p.len()).filter(|&token| left[token] > 0.0).collect()
    }

    #[test]
    fn each_filter_keeps_what_it_should() {
        for (cuts, expected) in [
            (OFF, &[0, 1, 2, 3][..]),
            ((2, 1.0, 1.0, 0.0), &[0, 1]),
            ((4, 1.0, 1.0, 0.0), &[0, 1, 2, 3]),
            ((9, 1.0, 1.0, 0.0), &[0, 1, 2, 3]),
            ((0, 0.2, 1.0, 0.0), &[1]),
            ((0, 0.4, 1.0, 0.0), &[1, 2]),
            ((0, 0.8, 1.0, 0.0), &[0, 1, 2]),
            ((0, 0.95, 1.0, 0.0), &[0, 1, 2, 3]),
            ((0, 0.0, 1.0, 0.0), &[1]),
            ((0, 1.0, 0.3, 0.0), &[0]),
            ((0, 1.0, 0.6, 0.0), &[0, 1]),
            ((0, 1.0, 0.75, 0.0), &[0, 1, 2]),
            ((0, 1.0, 0.0, 0.0), &[0]),
            ((0, 1.0, 1.0, 0.4), &[0, 1, 2]),
            ((0, 1.0, 1.0, 1.0), &[0]),
        ] {
            assert_eq!(kept(cuts, &P), expected, "{cuts:?}");
        }
    }

    #[test]
    fn filters_come_one_after_the_other_each_on_what_is_left() {
        for (cuts, expected) in [
            // Of the first three 0.4 and 0.3 are 0.78 of the mass, of all they would be 0.7.
            ((3, 1.0, 0.75, 0.0), &[0, 1][..]),
            // Of the first two the entropy is 0.683, and the most typical one the first.
            ((2, 0.3, 1.0, 0.0), &[0]),
            // The typical ones, 0.3 and 0.2, are 0.6 and 0.4 of what is left.
            ((0, 0.4, 0.5, 0.0), &[1]),
            ((0, 0.4, 0.7, 0.0), &[1, 2]),
            // Of these two the second is 0.67 as likely as the first, of all it would be half as likely as the likeliest.
            ((0, 0.4, 1.0, 0.6), &[1, 2]),
            ((0, 1.0, 1.0, 0.6), &[0, 1]),
        ] {
            assert_eq!(kept(cuts, &P), expected, "{cuts:?}");
        }
    }

    #[test]
    fn the_first_of_equals_are_kept() {
        assert_eq!(kept((2, 1.0, 1.0, 0.0), &[0.25; 4]), [0, 1]);
        assert_eq!(kept((0, 1.0, 0.4, 0.0), &[0.25; 4]), [0, 1]);
        assert_eq!(kept((0, 0.4, 1.0, 0.0), &[0.25; 4]), [0, 1]);
    }

    /// The filters as they are defined: sorting, and dividing by the sum after each.
    fn cut_off_naive((top_k, typical_p, top_p, min_p): Cuts, p: &mut [f64]) {
        fn keep(p: &mut [f64], score: impl Fn(f64) -> f64, enough: impl Fn(usize, f64) -> bool) {
            let mut order: Vec<usize> = (0..p.len()).filter(|&token| p[token] > 0.0).collect();
            order.sort_by(|&a, &b| score(p[b]).total_cmp(&score(p[a])));
            let mut mass = 0.0;
            for (rank, token) in order.into_iter().enumerate() {
                let is_enough = rank > 0 && enough(rank, mass);
                mass += p[token];
                if is_enough {
                    p[token] = 0.0;
                }
            }
            let sum: f64 = p.iter().sum();
            p.iter_mut().for_each(|p| *p /= sum);
        }
        if top_k > 0 {
            keep(p, |p| p, |rank, _| rank >= top_k);
        }
        let surprise = |p: f64| if p > 0.0 { -p.ln() } else { 0.0 };
        let entropy: f64 = p.iter().map(|&p| p * surprise(p)).sum();
        let typical_p = f64::from(typical_p);
        keep(
            p,
            |p| -(surprise(p) - entropy).abs(),
            |_, mass| mass >= typical_p,
        );
        keep(p, |p| p, |_, mass| mass >= f64::from(top_p));
        let largest = p.iter().copied().fold(0.0, f64::max);
        p.iter_mut()
            .filter(|p| **p < f64::from(min_p) * largest)
            .for_each(|p| *p = 0.0);
    }

    #[test]
    fn filters_agree_with_sorting() {
        let mut compared = 0;
        for (seed, vocab) in (0..400).map(|seed| (seed, 1 + seed as usize % 67)) {
            let mut p: Vec<f32> = noise(vocab, seed).iter().map(|v| v * 6.0).collect();
            softmax_at(&mut p, 1.0);
            let dice = noise(4, seed + 1000);
            let share = |k: usize| (dice[k] + 1.0) / 2.0;
            for cuts in [
                (1 + (share(0) * 20.0) as usize, 1.0, 1.0, 0.0),
                (0, share(1), 1.0, 0.0),
                (0, 1.0, share(2), 0.0),
                (0, 1.0, 1.0, share(3)),
                (
                    9,
                    0.5 + share(1) / 2.0,
                    0.5 + share(2) / 2.0,
                    share(3) / 4.0,
                ),
            ] {
                let mut exact: Vec<f64> = p.iter().map(|&p| p.into()).collect();
                cut_off_naive(cuts, &mut exact);
                let expected: Vec<usize> = (0..vocab).filter(|&token| exact[token] > 0.0).collect();
                assert_eq!(kept(cuts, &p), expected, "{cuts:?} of {p:?}");
                compared += 1;
            }
        }
        assert_eq!(compared, 2000);
    }

    #[test]
    fn draws_follow_what_is_left() {
        let mut rng = Pcg32::new(3);
        let mut counts = [0u32; 4];
        let mut filters = filters((0, 0.4, 1.0, 0.0), 1.0);
        for _ in 0..30_000 {
            let mut logits = P.map(f32::ln);
            counts[filters.draw(&mut logits, &mut rng).unwrap() as usize] += 1;
        }
        assert_eq!([counts[0], counts[3]], [0, 0]);
        // 3/5 of 30,000, and five standard deviations.
        assert!(counts[1].abs_diff(18_000) < 425, "{counts:?}");
    }

    /// How often each token is drawn, in 10,000 times.
    fn drawn(cuts: Cuts, temperature: f32) -> [u32; 4] {
        let mut rng = Pcg32::new(5);
        let mut counts = [0; 4];
        let mut filters = filters(cuts, temperature);
        for _ in 0..10_000 {
            let mut logits = P.map(f32::ln);
            counts[filters.draw(&mut logits, &mut rng).unwrap() as usize] += 1;
        }
        counts
    }

    #[test]
    fn the_temperature_comes_before_the_cuts() {
        // At 1/2 they are 16, 9, 4 and 1 in 30: the first two are 0.83 of the mass, of P they would be 0.7; the second is 0.56 times as
        // likely as the first, of P 0.75 times. -ln p differs from the entropy, 1.08, by 0.13 for the second and by 0.45 for the first, both
        // together 0.83; of P the second and the third, 0.5, would be the typical ones.
        for (cuts, expected) in [
            ((0, 1.0, 0.8, 0.0), [true, true, false, false]),
            ((0, 1.0, 1.0, 0.6), [true, false, false, false]),
            ((0, 0.5, 1.0, 0.0), [true, true, false, false]),
        ] {
            let counts = drawn(cuts, 0.5);
            assert_eq!(counts.map(|count| count > 0), expected, "{cuts:?}");
            // 16 in 25 of 10,000, and five standard deviations.
            let is_expected = !expected[1] || counts[0].abs_diff(6400) < 240;
            assert!(is_expected, "{cuts:?}: {counts:?}");
        }
        // At 2 they are 0.325, 0.282, 0.230 and 0.163: the first two are 0.61 of the mass, of P 0.7.
        let counts = drawn((0, 1.0, 0.65, 0.0), 2.0);
        assert_eq!(counts.map(|count| count > 0), [true, true, true, false]);
    }

    #[test]
    fn temperature_zero_takes_the_likeliest_whatever_the_filters() {
        for cuts in [OFF, (1, 1.0, 1.0, 0.0), (0, 0.2, 0.1, 0.9)] {
            let drawn = filters(cuts, 0.0).draw(&mut [1.0, 3.0, 3.0, 2.0], &mut Pcg32::new(1));
            assert_eq!(drawn, Some(1));
        }
        let banned = &mut [f32::NEG_INFINITY, 3.0, f32::NEG_INFINITY, 4.0];
        assert_eq!(filters(OFF, 0.0).draw(banned, &mut Pcg32::new(1)), Some(3));
    }

    #[test]
    fn without_filters_the_draws_are_those_of_a_sample_without_options() {
        let (mut one, mut other) = (Pcg32::new(8), Pcg32::new(8));
        for seed in 0..2000 {
            let logits: Vec<f32> = noise(23, seed).iter().map(|v| v * 4.0).collect();
            let mut masked = logits.clone();
            masked[0] = f32::NEG_INFINITY;
            let plain = super::super::draw::draw(&mut masked.clone(), 0.7, &mut one);
            assert_eq!(filters(OFF, 0.7).draw(&mut masked, &mut other), Some(plain));
        }
    }

    #[test]
    fn where_all_is_forbidden_nothing_is_drawn() {
        for temperature in [0.0, 1.0] {
            let drawn =
                filters(OFF, temperature).draw(&mut [f32::NEG_INFINITY; 4], &mut Pcg32::new(1));
            assert_eq!(drawn, None);
        }
    }

    #[test]
    fn infinite_quotients_are_the_likeliest_symbol() {
        let mut logits = [f32::NEG_INFINITY, 1e38, 3e38, -1e38];
        let drawn = filters((2, 0.9, 0.9, 0.1), 1e-5).draw(&mut logits, &mut Pcg32::new(1));
        assert_eq!(drawn, Some(2));
    }
}
