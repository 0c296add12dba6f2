//! Products with weights of 8 bits: y += x W', for sampling, and for
//! evaluations that show what it costs. docs/maths.md (21).
//!
//! Sampling reads every weight once per symbol, so that a large model waits for memory, of which this takes a quarter:
//! an LSTM of 512 units writes 1.3 times as fast (simd128) or 2.3 times (relaxed; 2.8 in Node 26), one of 128 gains
//! nothing in the simd128 build (AMD Zen 5, Node 20, 2026-11-25). Each row of W has a scale of its own, so that its
//! largest weight becomes ±127; x is rounded at each product, so that its largest value becomes ±63. Their products are
//! summed exactly, as integers: the only rounding is that of the operands.
//!
//! W is packed into panels of 16 outputs: panel p holds outputs 16p..16p+16, four inputs after four inputs, and of
//! those four outputs after four outputs. So 16 bytes are four outputs with four inputs each, the shape
//! of the instructions that multiply bytes; in which order they lie there, these say. Rows and columns are padded with
//! zeros.

mod dots;
mod rounding;

use crate::real::Real;
use crate::simd::{IS_RELAXED, volatile_zero};
use rounding::{MOST_INPUT, MOST_WEIGHT, Steps, ZERO_INPUT, round_inputs};
use std::array::from_fn;
use std::ops::Range;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// Outputs of a panel.
const PANEL: usize = 16;
/// Inputs that lie side by side.
const QUAD: usize = 4;
/// Panels worked on side by side. Each has four vectors of sums, and in the simd128 build eight of weights, because
/// LLVM reads all of them first; there are 15 registers.
const PANELS: usize = if IS_RELAXED { 3 } else { 1 };
/// Rows of x that share a reading of the weights: so many stay in the first cache beside a panel.
const ROWS: usize = 32;

/// W [n, k] in 8 bits, as [`int8_pack`] writes it.
#[derive(Clone, Copy, Debug)]
pub struct Int8Weights<'a, T> {
    /// [`int8_packed_len`]`(n, k)`
    pub packed: &'a [i8],
    /// \[n\]: what one step of a row's weights is worth.
    pub scales: &'a [T],
    /// \[n\]: the sums of the rows of rounded weights.
    pub sums: &'a [i32],
    /// Outputs.
    pub n: usize,
    /// Inputs.
    pub k: usize,
}

/// Bytes of W [n, k] in packed form.
pub const fn int8_packed_len(n: usize, k: usize) -> usize {
    n.next_multiple_of(PANEL) * k.next_multiple_of(QUAD)
}

/// Bytes of scratch for products of up to `m` rows of `k` inputs.
pub const fn int8_scratch_len(m: usize, k: usize) -> usize {
    (if m < ROWS { m } else { ROWS }) * k.next_multiple_of(QUAD)
}

/// Where W[output, input] lies.
const fn place(output: usize, input: usize, k: usize) -> usize {
    let panel = output / PANEL * PANEL * k.next_multiple_of(QUAD);
    let block = input / QUAD * QUAD * PANEL + output % PANEL / QUAD * QUAD * QUAD;
    panel + block + dots::place(output % QUAD, input % QUAD)
}

/// Most inputs: with more a sum might leave 32 bits. docs/maths.md (21)
const MOST_INPUTS: usize = (i32::MAX / (127 * 127)) as usize;

/// Rounds and packs W [n, k], row-major, for any float type: once per load, so that plain loops do.
///
/// A row with a weight that is not finite gets a scale that is not finite either, so that its products are none.
///
/// # Panics
/// If a slice is shorter than its matrix, or k is 0 or above 133,144.
pub fn int8_pack<T: Real>(
    packed: &mut [i8],
    scales: &mut [T],
    sums: &mut [i32],
    w: &[T],
    n: usize,
    k: usize,
) {
    assert!((1..=MOST_INPUTS).contains(&k), "{k} inputs");
    packed.fill(0);
    for (output, row) in w[..n * k].chunks_exact(k).enumerate() {
        let steps = Steps::of(row, MOST_WEIGHT);
        scales[output] = steps.size;
        sums[output] = 0;
        for (input, &weight) in row.iter().enumerate() {
            let rounded = steps.round(weight);
            sums[output] += rounded;
            packed[place(output, input, k)] = rounded as i8;
        }
    }
}

/// y += x W' for `m` rows.
///
/// - `y`: [m, n] with row stride `ldy`; added to
/// - `x`: [m, k] with row stride `ldx`
/// - `scratch`: at least [`int8_scratch_len`]`(m, k)`; contents do not matter
///
/// A row of `x` with a value that is not finite has no finite products.
///
/// # Panics
/// If a slice is shorter than its matrix, or k is 0.
pub fn int8_acc_f32(
    y: &mut [f32],
    ldy: usize,
    x: &[f32],
    ldx: usize,
    weights: Int8Weights<'_, f32>,
    m: usize,
    scratch: &mut [u8],
) {
    let Int8Weights { packed, n, k, .. } = weights;
    assert!(
        packed.len() >= int8_packed_len(n, k),
        "packed weights have {} bytes, [{n}, {k}] needs {}",
        packed.len(),
        int8_packed_len(n, k)
    );
    let depth = k.next_multiple_of(QUAD);
    for first in (0..m).step_by(ROWS) {
        let rows = first..m.min(first + ROWS);
        let inputs = &mut scratch[..rows.len() * depth];
        let mut steps = [0.0; ROWS];
        for ((inputs, step), row) in inputs
            .chunks_exact_mut(depth)
            .zip(&mut steps)
            .zip(rows.clone())
        {
            *step = round_inputs(inputs, &x[row * ldx..][..k]);
        }
        for start in (0..n).step_by(PANELS * PANEL) {
            let outputs = start..n.min(start + PANELS * PANEL);
            for ((inputs, step), row) in inputs.chunks_exact(depth).zip(steps).zip(rows.clone()) {
                let y = &mut y[row * ldy..][..n];
                add_group(y, &weights, outputs.clone(), inputs, step);
            }
        }
    }
}

/// y += one row of x W', for the outputs of up to [`PANELS`] panels.
fn add_group(
    y: &mut [f32],
    weights: &Int8Weights<'_, f32>,
    outputs: Range<usize>,
    inputs: &[u8],
    step: f32,
) {
    let panels = &weights.packed[outputs.start * inputs.len()..];
    let mut totals = [0; PANELS * PANEL];
    if outputs.len() > (PANELS - 1) * PANEL {
        dot_panels::<PANELS>(&mut totals, panels, inputs);
    } else {
        let panels = panels.chunks_exact(PANEL * inputs.len());
        let count = outputs.len().div_ceil(PANEL);
        for (totals, panel) in totals.chunks_exact_mut(PANEL).zip(panels).take(count) {
            dot_panels::<1>(totals, panel, inputs);
        }
    }
    let columns = weights.scales[outputs.clone()]
        .iter()
        .zip(&weights.sums[outputs.clone()]);
    for ((value, total), (&of_row, &sum)) in y[outputs].iter_mut().zip(totals).zip(columns) {
        *value += (total - ZERO_INPUT * sum) as f32 * (of_row * step);
    }
}

/// The sums of weights times inputs of each output of `COUNT` panels: `totals` [COUNT 16], `inputs` a whole number of
/// quads.
fn dot_panels<const COUNT: usize>(totals: &mut [i32], panels: &[i8], inputs: &[u8]) {
    let depth = inputs.len();
    assert!(
        depth.is_multiple_of(QUAD) && panels.len() >= COUNT * PANEL * depth,
        "{COUNT} panels of {depth} inputs"
    );
    let (panels, inputs) = (panels.as_ptr(), inputs.as_ptr());
    // SAFETY: the lengths are checked above.
    let sums = unsafe {
        if fused_sums_are_right() {
            sum_panels::<COUNT, true>(panels, inputs, depth)
        } else {
            sum_panels::<COUNT, false>(panels, inputs, depth)
        }
    };
    totals.copy_from_slice(sums.as_flattened().as_flattened());
}

/// Whether the relaxed build's instruction that multiplies and adds at once works in this engine: in Node 20, which has
/// it behind a flag, it loses sums until the function that it stands in has been optimised. Found out at the first
/// product, before anything has been.
fn fused_sums_are_right() -> bool {
    /// 0 while nothing is known.
    static KNOWN: AtomicU8 = AtomicU8::new(0);
    const RIGHT: u8 = 1;
    const WRONG: u8 = 2;
    if !IS_RELAXED {
        return true;
    }
    if KNOWN.load(Relaxed) == 0 {
        const DEPTH: usize = 4 * QUAD;
        // As many panels as nearly all products have: it depends on the function.
        let panels: [i8; PANELS * PANEL * DEPTH] = from_fn(|at| (at * 37 % 255) as i8);
        let inputs: [u8; DEPTH] = from_fn(|at| (at * 53 % 128) as u8);
        let (panels, inputs) = (panels.as_ptr(), inputs.as_ptr());
        // SAFETY: `PANELS` panels of `DEPTH` inputs, a multiple of `QUAD`.
        let are_right = unsafe {
            sum_panels::<PANELS, true>(panels, inputs, DEPTH)
                == sum_panels::<PANELS, false>(panels, inputs, DEPTH)
                && sum_panels::<1, true>(panels, inputs, DEPTH)
                    == sum_panels::<1, false>(panels, inputs, DEPTH)
        };
        KNOWN.store(if are_right { RIGHT } else { WRONG }, Relaxed);
    }
    KNOWN.load(Relaxed) == RIGHT
}

/// # Safety
/// `depth` is a multiple of [`QUAD`]; `inputs` is valid for `depth` bytes and `panels` for `COUNT * PANEL * depth`.
#[inline(never)]
unsafe fn sum_panels<const COUNT: usize, const FUSED: bool>(
    panels: *const i8,
    inputs: *const u8,
    depth: usize,
) -> [[[i32; QUAD]; PANEL / QUAD]; COUNT] {
    let mut sums = [[dots::ZERO; PANEL / QUAD]; COUNT];
    let mut panels: [*const i8; COUNT] =
        from_fn(|panel| panels.wrapping_add(panel * PANEL * depth));
    for quad in 0..depth / QUAD {
        let zero = volatile_zero();
        // SAFETY: the caller's promise.
        unsafe {
            let factors = dots::read_quad(inputs.add(quad * QUAD));
            for (panel, sums) in panels.iter_mut().zip(&mut sums) {
                for (four, sum) in sums.iter_mut().enumerate() {
                    let weights = panel.add(four * QUAD * QUAD);
                    *sum = dots::add_products::<FUSED>(*sum, weights, factors);
                }
                *panel = panel.wrapping_add(QUAD * PANEL + zero);
            }
        }
    }
    sums.map(|panel| panel.map(dots::totals))
}

/// The equation, for any float type; equal to the kernel bit for bit.
pub fn int8_acc_naive<T: Real>(
    y: &mut [T],
    ldy: usize,
    x: &[T],
    ldx: usize,
    weights: Int8Weights<'_, T>,
    m: usize,
    _scratch: &mut [u8],
) {
    let Int8Weights { packed, n, k, .. } = weights;
    for row in 0..m {
        let x = &x[row * ldx..][..k];
        let steps = Steps::of(x, MOST_INPUT);
        for output in 0..n {
            let mut total = 0;
            for (input, &value) in x.iter().enumerate() {
                total += i32::from(packed[place(output, input, k)]) * steps.round(value);
            }
            y[row * ldy + output] +=
                T::from_f64(total.into()) * (weights.scales[output] * steps.size);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mynah_testing::{assert_close, assert_same_bits, noise};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// Rows, outputs and inputs: at, below and above panels, pairs of panels, quads and shared readings.
    const SHAPES: [(usize, usize, usize); 12] = [
        (0, 4, 4),
        (2, 0, 4),
        (1, 1, 1),
        (1, 16, 4),
        (1, 17, 5),
        (3, 15, 7),
        (2, 32, 16),
        (1, 33, 130),
        (5, 65, 256),
        (31, 48, 9),
        (33, 64, 40),
        (65, 31, 3),
    ];

    struct Packed<T> {
        packed: Vec<i8>,
        scales: Vec<T>,
        sums: Vec<i32>,
        n: usize,
        k: usize,
    }

    impl<T: Real> Packed<T> {
        fn of(w: &[T], n: usize, k: usize) -> Self {
            let mut it = Self {
                packed: vec![55; int8_packed_len(n, k)],
                scales: vec![T::default(); n],
                sums: vec![9; n],
                n,
                k,
            };
            int8_pack(&mut it.packed, &mut it.scales, &mut it.sums, w, n, k);
            it
        }

        fn weights(&self) -> Int8Weights<'_, T> {
            Int8Weights {
                packed: &self.packed,
                scales: &self.scales,
                sums: &self.sums,
                n: self.n,
                k: self.k,
            }
        }
    }

    /// y + x W' by the kernel.
    fn product(
        y: &[f32],
        ldy: usize,
        x: &[f32],
        ldx: usize,
        w: &Packed<f32>,
        m: usize,
    ) -> Vec<f32> {
        let mut y = y.to_vec();
        let mut scratch = vec![201; int8_scratch_len(m, w.k)];
        int8_acc_f32(&mut y, ldy, x, ldx, w.weights(), m, &mut scratch);
        y
    }

    #[test]
    fn the_product_is_what_the_equation_says_to_the_bit() {
        for (m, n, k) in SHAPES {
            let (ldx, ldy) = (k + 3, n + 5);
            let (w, x, y) = (noise(n * k, 1), noise(m * ldx, 2), noise(m * ldy, 3));
            let packed = Packed::of(&w, n, k);
            let mut naive = y.clone();
            int8_acc_naive(&mut naive, ldy, &x, ldx, packed.weights(), m, &mut []);
            let fast = product(&y, ldy, &x, ldx, &packed, m);
            assert_same_bits(&fast, &naive);
        }
    }

    #[test]
    fn largest_products_do_not_overflow() {
        // All at the ends of their ranges, either sign.
        let (n, k) = (33, 512);
        for (weight, value) in [(1.0, 1.0), (-1.0, 1.0), (1.0, -1.0), (-1.0, -1.0)] {
            let packed = Packed::of(&vec![weight; n * k], n, k);
            let y = product(&vec![0.0; n], n, &vec![value; k], k, &packed, 1);
            assert_close(
                &y,
                &vec![f64::from(weight * value) * k as f64; n],
                1e-6,
                "ends",
            );
        }
    }

    #[test]
    fn rounding_costs_half_a_step_of_each_operand_at_most() {
        let (n, k) = (40, 300);
        let (w, x) = (noise(n * k, 4), noise(k, 5));
        let y = product(&vec![0.0; n], n, &x, k, &Packed::of(&w, n, k), 1);
        let most = |values: &[f32]| values.iter().fold(0.0f32, |a, b| a.max(b.abs()));
        for (output, row) in w.chunks_exact(k).enumerate() {
            let (of_w, of_x) = (most(row) / MOST_WEIGHT / 2.0, most(&x) / MOST_INPUT / 2.0);
            let exact: f64 = row.iter().zip(&x).map(|(w, x)| f64::from(w * x)).sum();
            let bound: f32 = row
                .iter()
                .zip(&x)
                .map(|(w, x)| w.abs() * of_x + x.abs() * of_w + of_w * of_x)
                .sum();
            let error = (f64::from(y[output]) - exact).abs();
            assert!(error <= f64::from(bound), "{error} above {bound}");
            assert!(error > 0.0, "nothing was rounded");
        }
    }

    #[test]
    fn zeros_and_numbers_next_to_zero_are_nothing() {
        let w = Packed::of(&[0.0, 0.0, 1e-38, -1e-38, 0.5, 1.0], 3, 2);
        assert_eq!(product(&[7.0; 3], 3, &[0.0, -0.0], 2, &w, 1), [7.0; 3]);
        assert_eq!(product(&[7.0; 3], 3, &[1e-40, -1e-40], 2, &w, 1), [7.0; 3]);
        assert_eq!(product(&[7.0; 3], 3, &[1.0, 1.0], 2, &w, 1)[..2], [7.0; 2]);
    }

    #[test]
    fn what_is_not_finite_travels_wherever_it_stands() {
        let (w, x) = (noise(3 * 9, 6), noise(2 * 9, 7));
        let of = |w: &[f32], x: &[f32]| product(&[0.0; 6], 3, x, 9, &Packed::of(w, 3, 9), 2);
        let sound = of(&w, &x);
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            for at in 0..9 {
                let mut damaged = w.clone();
                damaged[9 + at] = bad;
                let y = of(&damaged, &x);
                assert!(!y[1].is_finite() && !y[4].is_finite(), "{at}: {y:?}");
                assert_eq!(
                    [y[0], y[2], y[3], y[5]],
                    [sound[0], sound[2], sound[3], sound[5]]
                );
                let mut damaged = x.clone();
                damaged[at] = bad;
                let y = of(&w, &damaged);
                assert!(y[..3].iter().all(|v| !v.is_finite()), "{at}: {y:?}");
                assert_eq!(y[3..], sound[3..]);
            }
        }
    }
}
