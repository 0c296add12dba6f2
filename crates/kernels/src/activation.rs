//! exp, tanh, sigmoid and ln. docs/maths.md (1).

use crate::simd::{F32x4, Lane};

/// Below this exp is the smallest normal number instead of a subnormal one: ln(2^-126).
const EXP_LOWEST: f32 = -87.336_54;
/// From here on round(x / ln 2) = 128, 2^128 has no `f32` and exp is infinite: a little above 127.5 ln 2.
const EXP_HIGHEST: f32 = 88.38;
/// Adding 1.5 * 2^23 leaves the nearest integer in the low bits of the sum.
const ROUND_SHIFT: f32 = 12_582_912.0;
/// ln 2 in two parts: a multiple of the high one by |n| <= 128 is exact (Cody and Waite).
const LN_2_HIGH: f32 = 355.0 / 512.0;
const LN_2_LOW: f32 = -2.121_944_4e-4;
/// exp(r) = 1 + r + r^2 P(r) for |r| <= ln(2)/2, constant term first: printed by `coefficients/exp.py`, fit error
/// 0.07 x 2^-24.
const EXP_P: [f32; 5] = [
    0.499_999_94,
    0.166_665_21,
    0.041_668_39,
    0.008_368_717,
    0.001_381_459_9,
];

/// tanh is 1 within half an ulp from here on.
const TANH_LIMIT: f32 = 9.0;
/// tanh(x) = x P(x^2) / Q(x^2), constant term first: printed by `coefficients/tanh.py`, fit error 0.35 x 2^-24.
const TANH_P: [f32; 5] = [
    1.0,
    0.133_809_76,
    0.003_495_528,
    2.060_807e-5,
    1.335_323_9e-8,
];
const TANH_Q: [f32; 5] = [
    1.0,
    0.467_142_9,
    0.025_876_757,
    0.000_328_553_52,
    7.775_978_5e-7,
];

/// P(x) by Horner's rule, coefficients with the constant term first.
#[inline(always)]
fn polynomial<L: Lane, const N: usize>(coefficients: &[f32; N], x: L) -> L {
    let mut sum = L::splat(coefficients[N - 1]);
    for k in (0..N - 1).rev() {
        sum = sum.mul_add(x, L::splat(coefficients[k]));
    }
    sum
}

/// e^x = 2^n e^r with n = round(x / ln 2). Error: <= 2 ULP above -87.33 (test `exp_is_within_two_ulp`);
/// infinite from 88.38 on, NaN for NaN.
#[inline(always)]
pub fn exp_lane<L: Lane>(x: L) -> L {
    x.through(|x| {
        let x = x
            .at_least(L::splat(EXP_LOWEST))
            .at_most(L::splat(EXP_HIGHEST));
        let shifted = x.mul_add(L::splat(std::f32::consts::LOG2_E), L::splat(ROUND_SHIFT));
        let n = shifted - L::splat(ROUND_SHIFT);
        let rest = n.mul_add(L::splat(-LN_2_LOW), n.mul_add(L::splat(-LN_2_HIGH), x));
        exp_of_rest(rest, L::splat(1.0) + rest, 1.0) * shifted.exp2_of_shifted()
    })
}

/// 1 + e^-x, with e^-x as [`exp_lane`] of -x but without the negation.
#[inline(always)]
fn one_and_exp_of_minus_lane<L: Lane>(x: L) -> L {
    let one = L::splat(1.0);
    let x = x
        .at_least(L::splat(-EXP_HIGHEST))
        .at_most(L::splat(-EXP_LOWEST));
    let shifted = x.mul_add(L::splat(-std::f32::consts::LOG2_E), L::splat(ROUND_SHIFT));
    let n = shifted - L::splat(ROUND_SHIFT);
    let minus_rest = n.mul_add(L::splat(LN_2_LOW), n.mul_add(L::splat(LN_2_HIGH), x));
    exp_of_rest(minus_rest, one - minus_rest, -1.0).mul_add(shifted.exp2_of_shifted(), one)
}

/// e^(sign r) for |r| <= ln(2)/2 and sign 1 or -1, given `linear` = 1 + sign r. Pairs of terms side by side (Estrin)
/// instead of one after the other: gates wait for the length of this chain.
#[inline(always)]
fn exp_of_rest<L: Lane>(r: L, linear: L, sign: f32) -> L {
    let [c0, c1, c2, c3, c4] = EXP_P;
    let square = r * r;
    let low = L::splat(sign * c1).mul_add(r, L::splat(c0));
    let high = L::splat(sign * c3).mul_add(r, L::splat(c2));
    let high = L::splat(c4).mul_add(square, high);
    square.mul_add(square.mul_add(high, low), linear)
}

/// tanh x. Error: <= 6 ULP (test `tanh_is_within_six_ulp`); never outside [-1, 1], so that 1 - tanh^2 >= 0.
#[inline(always)]
pub fn tanh_lane<L: Lane>(x: L) -> L {
    x.through(|x| {
        let x = x
            .at_least(L::splat(-TANH_LIMIT))
            .at_most(L::splat(TANH_LIMIT));
        let square = x * x;
        let ratio = x * polynomial(&TANH_P, square) / polynomial(&TANH_Q, square);
        // The quotient can round to 1 + 1 ulp.
        ratio.at_least(L::splat(-1.0)).at_most(L::splat(1.0))
    })
}

/// 1 / (1 + e^-x). Error: <= 3 ULP above -87 (test `sigmoid_is_within_three_ulp`). The form through tanh is a
/// little faster and loses the whole left tail.
#[inline(always)]
pub fn sigmoid_lane<L: Lane>(x: L) -> L {
    x.through(|x| L::splat(1.0) / one_and_exp_of_minus_lane(x))
}

/// Natural logarithm of a positive normal number; one value at a time, for sums and seeds rather than inner loops.
///
/// ln x = e ln 2 + ln m with m in [sqrt(1/2), sqrt(2)); ln(1 + f) = f - f^2/2 + f^3 P(f).
/// Error: <= 2 ULP (test `ln_is_within_two_ulp`). Source: Cephes `logf.c` (S. L. Moshier).
///
/// # Panics
/// In debug builds, for zero, subnormal, negative, infinite or NaN arguments.
pub fn ln_f32(x: f32) -> f32 {
    const LN_P: [f32; 9] = [
        0.333_333_3,
        -2.499_999_4e-1,
        2.000_071_5e-1,
        -1.666_805_8e-1,
        1.424_932_3e-1,
        -1.242_014_1e-1,
        1.167_699_9e-1,
        -1.151_461e-1,
        7.037_683_6e-2,
    ];
    debug_assert!(x.is_normal() && x > 0.0, "ln of {x}");
    let bits = x.to_bits();
    let mut exponent = (bits >> 23) as i32 - 126;
    let mut mantissa = f32::from_bits((bits & 0x007f_ffff) | 0x3f00_0000); // in [1/2, 1)
    if mantissa < std::f32::consts::FRAC_1_SQRT_2 {
        exponent -= 1;
        mantissa += mantissa;
    }
    let f = mantissa - 1.0;
    let square = f * f;
    let n = exponent as f32;
    let tail = f * square * polynomial(&LN_P, f) + n * LN_2_LOW - 0.5 * square;
    f + tail + n * LN_2_HIGH
}

/// Applies an activation to every element of a slice, four at a time, the rest one at a time.
macro_rules! over_slice {
    ($(#[$doc:meta])* $name:ident, $scalar:ident, $lane:ident) => {
        $(#[$doc])*
        pub fn $name(values: &mut [f32]) {
            let body = values.len() / F32x4::WIDTH * F32x4::WIDTH;
            for index in (0..body).step_by(F32x4::WIDTH) {
                // SAFETY: index + 4 <= body <= values.len().
                unsafe { $lane(F32x4::load(values, index)).store(values, index) }
            }
            $scalar(&mut values[body..]);
        }

        /// The scalar twin.
        pub fn $scalar(values: &mut [f32]) {
            for value in values {
                *value = $lane(*value);
            }
        }
    };
}

over_slice!(
    /// e^x of every element, in place.
    exp_f32, exp_f32_scalar, exp_lane);
over_slice!(
    /// tanh of every element, in place.
    tanh_f32, tanh_f32_scalar, tanh_lane);
over_slice!(
    /// 1 / (1 + e^-x) of every element, in place.
    sigmoid_f32, sigmoid_f32_scalar, sigmoid_lane);

#[cfg(test)]
mod tests {
    use super::*;
    use mynah_testing::{assert_same_bits, ulp_distance};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// Every 997th `f32` with |x| < 100: about 2.2 million points, all exponents and signs.
    fn sweep() -> impl Iterator<Item = f32> {
        (0..100.0f32.to_bits())
            .step_by(997)
            .flat_map(|bits| [f32::from_bits(bits), -f32::from_bits(bits)])
    }

    fn worst_ulp(
        function: fn(&mut [f32]),
        exact: fn(f64) -> f64,
        domain: fn(f32) -> bool,
    ) -> (u32, f32) {
        let xs: Vec<f32> = sweep().filter(|&x| domain(x)).collect();
        let mut ys = xs.clone();
        function(&mut ys);
        xs.iter()
            .zip(&ys)
            .map(|(&x, &y)| (ulp_distance(y, exact(f64::from(x)) as f32), x))
            .max_by_key(|&(ulp, _)| ulp)
            .unwrap()
    }

    #[test]
    fn exp_is_within_two_ulp() {
        let (ulp, x) = worst_ulp(exp_f32, f64::exp, |x| x > -87.33 && x < 88.37);
        assert!(ulp <= 2, "{ulp} ULP at {x}");
    }

    #[test]
    fn tanh_is_within_six_ulp() {
        let (ulp, x) = worst_ulp(tanh_f32, f64::tanh, |_| true);
        assert!(ulp <= 6, "{ulp} ULP at {x}");
    }

    #[test]
    fn sigmoid_is_within_three_ulp() {
        let (ulp, x) = worst_ulp(sigmoid_f32, |x| 1.0 / (1.0 + (-x).exp()), |x| x > -87.0);
        assert!(ulp <= 3, "{ulp} ULP at {x}");
    }

    #[test]
    fn ln_is_within_two_ulp() {
        for bits in (f32::MIN_POSITIVE.to_bits()..f32::MAX.to_bits()).step_by(4999) {
            let x = f32::from_bits(bits);
            let (got, exact) = (ln_f32(x), f64::from(x).ln() as f32);
            assert!(
                ulp_distance(got, exact) <= 2,
                "ln {x} = {got}, exactly {exact}"
            );
        }
    }

    #[test]
    fn tanh_stays_inside_one() {
        let mut ys: Vec<f32> = sweep().collect();
        tanh_f32(&mut ys);
        assert!(
            ys.iter().all(|y| y.abs() <= 1.0),
            "1 - tanh^2 would be negative"
        );
    }

    #[test]
    fn special_values() {
        let specials = [
            0.0,
            -0.0,
            f32::INFINITY,
            f32::NEG_INFINITY,
            f32::NAN,
            1e-40,
            200.0,
            -200.0,
        ];
        let apply = |function: fn(&mut [f32])| {
            let mut values = specials;
            function(&mut values);
            values
        };
        let exp = apply(exp_f32);
        assert_eq!(
            exp[..4],
            [1.0, 1.0, f32::INFINITY, exp[7]],
            "exp of +-0 and +-inf"
        );
        assert!(
            exp[4].is_nan() && exp[7] > 0.0 && exp[7] < 1.2e-38,
            "exp of NaN and of -200: {exp:?}"
        );
        let tanh = apply(tanh_f32);
        assert_eq!(tanh[..2], [0.0, 0.0], "tanh of +-0");
        assert!(
            ulp_distance(tanh[2], 1.0) <= 2 && tanh[3] == -tanh[2],
            "tanh of +-inf: {tanh:?}"
        );
        assert!(
            tanh[1].is_sign_negative() && tanh[4].is_nan(),
            "tanh keeps the sign of zero and NaN"
        );
        let sigmoid = apply(sigmoid_f32);
        assert_eq!(
            sigmoid[..4],
            [0.5, 0.5, 1.0, 0.0],
            "sigmoid of +-0 and +-inf"
        );
        assert!(sigmoid[4].is_nan(), "sigmoid keeps NaN");
    }

    #[test]
    fn kernels_agree_with_their_scalar_twins_bit_for_bit() {
        for length in [0, 1, 3, 4, 5, 8, 31] {
            let values: Vec<f32> = (0..length).map(|i| (i as f32 - 12.0) * 0.77).collect();
            for (kernel, twin) in [
                (exp_f32 as fn(&mut [f32]), exp_f32_scalar as fn(&mut [f32])),
                (tanh_f32, tanh_f32_scalar),
                (sigmoid_f32, sigmoid_f32_scalar),
            ] {
                let (mut fast, mut slow) = (values.clone(), values.clone());
                kernel(&mut fast);
                twin(&mut slow);
                assert_same_bits(&fast, &slow);
            }
        }
    }
}
