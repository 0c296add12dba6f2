use super::*;
use crate::rng::Pcg32;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn assert_as_std(text: &str) {
    let expected: f64 = text.parse().unwrap();
    let got = parse(text);
    assert_eq!(
        got.to_bits(),
        expected.to_bits(),
        "{text}: {got:e}, not {expected:e}"
    );
}

/// Numbers with any bits, which have any exponent.
fn numbers() -> impl Iterator<Item = f64> {
    let mut rng = Pcg32::new(1);
    let mut word = move || u64::from(rng.next_u32());
    let any = std::iter::repeat_with(move || f64::from_bits(word() << 32 | word()));
    let powers = (0..2047).map(|exponent| f64::from_bits(exponent << 52));
    let ends = [
        f64::MIN_POSITIVE,
        f64::MAX,
        f64::from_bits(1),
        0.1,
        0.3,
        1e16,
        1e15,
        123.0,
    ];
    let plain = (0..2000).map(|k| f64::from(k) / 100.0);
    let singles = (1..2000).map(|k| f64::from(1.0 / k as f32));
    let any = any.filter(|value| value.is_finite()).take(5000);
    powers.chain(ends).chain(plain).chain(singles).chain(any)
}

#[test]
fn digits_are_those_of_the_standard_library() {
    for number in numbers().flat_map(|number| [number, -number]) {
        assert_eq!(written(number), format!("{number:?}"));
    }
    for number in [f64::NAN, f64::INFINITY, -f64::INFINITY, 0.0, -0.0] {
        assert_eq!(written(number), format!("{number:?}"));
    }
}

#[test]
fn what_is_written_is_read_as_the_standard_library_reads_it() {
    for number in numbers() {
        for text in [
            format!("{number:?}"),
            format!("{number:e}"),
            format!("{number:.17e}"),
        ] {
            assert_as_std(&text);
        }
    }
}

#[test]
fn what_lies_between_two_numbers_goes_to_the_nearer_one() {
    for number in numbers().filter(|number| (1e-20..1e15).contains(number)) {
        let next = f64::from_bits(number.to_bits() + 1);
        // A float has at most 1,100 digits, so that these are exact.
        let half = half_way(number, next);
        assert_as_std(&half);
        assert_as_std(&format!("{half}00000000000001"));
        let below = format!(
            "{}49999999",
            half.strip_suffix('5').expect("a half ends so")
        );
        assert_as_std(&below);
    }
}

/// (a + b) / 2 in all its digits: that sum has one bit more than 64-bit numbers have, and of a tenth of them none is missing.
fn half_way(a: f64, b: f64) -> String {
    let digits = |value: f64| format!("{value:.1100}");
    let (a, b) = (digits(a), digits(b));
    let mut carry = 0;
    let mut sum: Vec<u8> = Vec::new();
    for (a, b) in a.bytes().rev().zip(b.bytes().rev()) {
        if a == b'.' {
            sum.push(a);
            continue;
        }
        let total = a - b'0' + b - b'0' + carry;
        sum.push(b'0' + total % 10);
        carry = total / 10;
    }
    // Both may differ in length where one is a power of ten: then the longer one's first digit is missing.
    assert_eq!(a.len(), b.len());
    sum.push(b'0' + carry);
    let mut rest = 0;
    let halves = sum.iter().rev().map(|&digit| {
        if digit == b'.' {
            return '.';
        }
        let value = rest * 10 + (digit - b'0');
        rest = value % 2;
        char::from(b'0' + value / 2)
    });
    let text: String = halves.collect();
    text.trim_end_matches('0').into()
}

/// Quotients are taken in 128 bits where both numbers have room there.
#[test]
fn numbers_of_any_length_are_read_as_the_standard_library_reads_them() {
    let mut rng = Pcg32::new(2);
    for length in 1..60 {
        for exponent in -70..70 {
            let digits = (0..length).map(|_| char::from(b'0' + (rng.next_u32() % 10) as u8));
            assert_as_std(&format!("1{}e{exponent}", digits.collect::<String>()));
        }
    }
}

#[test]
fn what_is_too_large_or_too_small_is_infinite_or_zero() {
    for text in [
        "1e309",
        "-1e309",
        "1.7976931348623157e308",
        "1.7976931348623159e308",
        "179769313486231580793e289",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "-5e-324",
        "1e-400",
        "0e999",
        "1e99999999999999999999",
        "1e-99999999999999999999",
        "0.0",
        "-0",
        "123456789012345678901234567890",
        "2.2250738585072011e-308",
    ] {
        assert_as_std(text);
    }
    let long = "1".repeat(5000);
    assert_as_std(&long);
    assert_as_std(&format!("0.{}{long}", "0".repeat(300)));
    assert_as_std(&format!("{long}e-4990"));
}
