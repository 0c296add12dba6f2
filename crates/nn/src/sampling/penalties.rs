//! Penalties for symbols that came before, and runs that may not come twice. docs/maths.md (10).

/// What is taken off the logits of symbols that are among the last ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Penalties {
    /// Keskar et al. 2019 (arXiv 1909.05858), section 4.1; 1 is off.
    pub repetition: f32,
    /// 0 is off.
    pub presence: f32,
    /// For each time; 0 is off.
    pub frequency: f32,
    /// How many of the last symbols count, at most 65,535.
    pub last: usize,
}

impl Penalties {
    /// Whether they do anything.
    pub fn apply_at_all(&self) -> bool {
        self.repetition != 1.0 || self.presence != 0.0 || self.frequency != 0.0
    }

    /// - `counts`: how often each token is among the last ones; none at all where no penalty applies
    pub fn apply(&self, logits: &mut [f32], counts: &[u16]) {
        for (logit, &count) in logits.iter_mut().zip(counts) {
            if count > 0 {
                if *logit > 0.0 {
                    *logit /= self.repetition;
                } else {
                    *logit *= self.repetition;
                }
                *logit -= self.presence + self.frequency * f32::from(count);
            }
        }
    }

    /// Counts the token that `history` ends with, and no longer the one that has become too old.
    pub fn count(&self, counts: &mut [u16], history: &[u32]) {
        if let (Some(&token), false) = (history.last(), counts.is_empty()) {
            counts[token as usize] += 1;
            if let Some(old) = history.len().checked_sub(self.last + 1) {
                counts[history[old] as usize] -= 1;
            }
        }
    }
}

/// Marks the end of a chain.
const NONE: u32 = u32::MAX;
/// Chains of an index: a text of 100,000 symbols has 25 places in each.
const CHAINS: usize = 4096;

/// Where in a text which runs of `size` - 1 symbols end: what followed them must not follow again.
///
/// Places whose runs have the same hash form a chain, the last one first, as in LZ77; so a choice looks at few places
/// however long the text is.
#[derive(Clone)]
pub(crate) struct NgramIndex {
    size: usize,
    /// The last place of each chain; none where the index is not in use.
    heads: Vec<u32>,
    /// Of each place of the text the one before it in its chain.
    links: Vec<u32>,
}

impl NgramIndex {
    /// An index of runs of `size` symbols; of no use for 0.
    pub fn new(size: usize) -> Self {
        let chains = if size == 0 { 0 } else { CHAINS };
        Self {
            size,
            heads: vec![NONE; chains],
            links: Vec::new(),
        }
    }

    pub fn clear(&mut self) {
        self.heads.fill(NONE);
        self.links.clear();
    }

    /// Calls `ban` with each token that followed the last `size` - 1 symbols of `history` before, which all have been
    /// [added](Self::add).
    pub fn for_repeats(&self, history: &[u32], mut ban: impl FnMut(u32)) {
        let Some(run) = self.last_run(history) else {
            return;
        };
        let mut place = self.heads[chain_of(run)];
        while place != NONE {
            let at = place as usize;
            if &history[at - run.len()..at] == run {
                ban(history[at]);
            }
            place = self.links[at];
        }
    }

    /// Adds the place behind `history`, before it is written.
    pub fn add(&mut self, history: &[u32]) {
        if self.heads.is_empty() {
            return;
        }
        let mut link = NONE;
        if let Some(run) = self.last_run(history) {
            let head = &mut self.heads[chain_of(run)];
            link = std::mem::replace(head, history.len() as u32);
        }
        self.links.push(link);
    }

    fn last_run<'a>(&self, history: &'a [u32]) -> Option<&'a [u32]> {
        let start = history.len().checked_sub(self.size.checked_sub(1)?)?;
        Some(&history[start..])
    }
}

/// FNV-1a (Fowler, Noll and Vo), a token at a time.
fn chain_of(run: &[u32]) -> usize {
    let hash = run.iter().fold(0x811c_9dc5_u32, |hash, &token| {
        (hash ^ token).wrapping_mul(0x0100_0193)
    });
    (hash ^ hash >> 16) as usize % CHAINS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Pcg32;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const OFF: Penalties = Penalties {
        repetition: 1.0,
        presence: 0.0,
        frequency: 0.0,
        last: 64,
    };

    fn applied(penalties: Penalties) -> [f32; 4] {
        assert!(penalties.apply_at_all());
        let mut logits = [2.0, -2.0, 1.0, -1.0];
        penalties.apply(&mut logits, &[3, 1, 0, 0]);
        logits
    }

    #[test]
    fn each_penalty_is_its_equation() {
        let repetition = applied(Penalties {
            repetition: 2.0,
            ..OFF
        });
        assert_eq!(repetition, [1.0, -4.0, 1.0, -1.0]);
        let presence = applied(Penalties {
            presence: 0.5,
            ..OFF
        });
        assert_eq!(presence, [1.5, -2.5, 1.0, -1.0]);
        let frequency = applied(Penalties {
            frequency: 0.5,
            ..OFF
        });
        assert_eq!(frequency, [0.5, -2.5, 1.0, -1.0]);
        let all = applied(Penalties {
            repetition: 2.0,
            presence: 0.25,
            frequency: 0.5,
            ..OFF
        });
        assert_eq!(all, [1.0 - 0.25 - 1.5, -4.0 - 0.25 - 0.5, 1.0, -1.0]);
        assert!(!OFF.apply_at_all());
    }

    #[test]
    fn what_is_forbidden_stays_so() {
        let all = Penalties {
            repetition: 2.0,
            presence: -3.0,
            frequency: -1.0,
            ..OFF
        };
        let mut logits = [f32::NEG_INFINITY; 2];
        all.apply(&mut logits, &[2, 0]);
        assert_eq!(logits, [f32::NEG_INFINITY; 2]);
    }

    /// Tokens below `vocab`, by lot.
    fn random_tokens(len: usize, vocab: u32, seed: u64) -> Vec<u32> {
        let mut rng = Pcg32::new(seed);
        (0..len).map(|_| rng.next_u32() % vocab).collect()
    }

    #[test]
    fn counts_are_those_of_the_last_ones() {
        let history = random_tokens(200, 5, 1);
        for last in [1, 2, 7, 64, 200, 65_535] {
            let penalties = Penalties { last, ..OFF };
            let mut counts = [0; 5];
            for len in 1..=history.len() {
                penalties.count(&mut counts, &history[..len]);
                let window = &history[len.saturating_sub(last)..len];
                let counted = |token| window.iter().filter(|&&other| other == token).count();
                assert_eq!(counts.map(usize::from), [0, 1, 2, 3, 4].map(counted));
            }
        }
    }

    #[test]
    fn repeats_are_those_that_a_search_finds() {
        for size in 0..6 {
            for vocab in [1, 2, 3, 200] {
                let history = random_tokens(300, vocab, size as u64);
                let mut index = NgramIndex::new(size);
                // The second time in memory that has been used.
                for _ in 0..2 {
                    index.clear();
                    for len in 0..=history.len() {
                        let (past, mut banned) = (&history[..len], Vec::new());
                        index.for_repeats(past, |token| banned.push(token));
                        banned.sort_unstable();
                        assert_eq!(banned, repeats_naive(past, size), "{size} at {len}");
                        index.add(past);
                    }
                }
            }
        }
    }

    /// What followed each earlier run of `size` - 1 symbols like the last one, sorted.
    fn repeats_naive(history: &[u32], size: usize) -> Vec<u32> {
        let runs = history.windows(size.max(1)).filter(|run| {
            let before = &run[..run.len() - 1];
            size > 0 && history.ends_with(before)
        });
        let mut followers: Vec<u32> = runs.map(|run| run[size - 1]).collect();
        followers.sort_unstable();
        followers
    }
}
