//! Repeatable numbers without a dependency: splitmix64 (Steele, Lea, Flood 2014).

fn splitmix64(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// `len` values in [-1, 1), the same for the same seed.
pub fn noise_f64(len: usize, seed: u64) -> Vec<f64> {
    let mut state = seed;
    (0..len)
        .map(|_| (splitmix64(&mut state) >> 11) as f64 / (1u64 << 52) as f64 - 1.0)
        .collect()
}

/// As [`noise_f64`], rounded to `f32`.
pub fn noise(len: usize, seed: u64) -> Vec<f32> {
    noise_f64(len, seed)
        .into_iter()
        .map(|value| value as f32)
        .collect()
}
