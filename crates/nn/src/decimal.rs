//! Numbers in decimal digits, both ways and without a rounding too many. The standard library does the same faster, with tables and
//! code of 20 KB, which a page would have to load for a handful of numbers.
//!
//! Both ways compare whole numbers of any length: reading divides one by another (Clinger 1990, "How to read floating point numbers
//! accurately"), writing takes digit after digit until no other number of 64 bits is as near (Steele and White 1990, "How to print
//! floating-point numbers accurately").

mod whole;

use std::fmt::Write;
use whole::Whole;

/// Bits of a mantissa, the hidden one included.
const MANTISSA_BITS: i64 = 53;

/// Binary digits of a quotient after its first, which may be 0.
const QUOTIENT_BITS: i64 = MANTISSA_BITS + 2;

/// The power of two of the smallest number above 0.
const LEAST_POWER: i64 = -1074;

/// Digits that are read; those after them count as one more that is not 0. No number half-way between two of 64 bits has as many.
const MOST_DIGITS: usize = 800;

/// The nearest number of 64 bits, the even one of two that are as near; infinite where it is too large.
///
/// - `text`: a number as JSON has it
pub fn parse(text: &str) -> f64 {
    let (is_negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let fraction = mantissa
        .split_once('.')
        .map_or("", |(_, fraction)| fraction);
    let digits = mantissa.bytes().filter(|&byte| byte != b'.');
    let mut digits: Vec<u8> = digits.skip_while(|&digit| digit == b'0').collect();
    // Beyond this the number is 0 or infinite, whatever its digits.
    let exponent = saturated(exponent) - fraction.len() as i64;
    let exponent = exponent + shorten(&mut digits);
    let value = magnitude(&digits, exponent);
    if is_negative { -value } else { value }
}

/// A whole number of any length, held between bounds that no exponent of use is near.
fn saturated(digits: &str) -> i64 {
    let most = i64::from(i32::MAX);
    let (is_negative, digits) = match digits.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, digits.strip_prefix('+').unwrap_or(digits)),
    };
    let value = digits.bytes().fold(0, |value, digit| {
        (value * 10 + i64::from(digit - b'0')).min(most)
    });
    if is_negative { -value } else { value }
}

/// Leaves away what is beyond [`MOST_DIGITS`], and returns how many powers of ten that was.
fn shorten(digits: &mut Vec<u8>) -> i64 {
    let Some(dropped) = digits.len().checked_sub(MOST_DIGITS + 1) else {
        return 0;
    };
    let is_more = digits[MOST_DIGITS..].iter().any(|&digit| digit != b'0');
    digits.truncate(MOST_DIGITS);
    digits.push(b'0' + u8::from(is_more));
    dropped as i64
}

/// `digits` times 10^`exponent`.
fn magnitude(digits: &[u8], exponent: i64) -> f64 {
    // The place of the decimal point decides for what is far beyond the largest and below the smallest.
    let point = digits.len() as i64 + exponent;
    if digits.is_empty() || point < -400 {
        return 0.0;
    }
    if point > 400 {
        return f64::INFINITY;
    }
    let up = exponent.max(0) as u32;
    let down = (-exponent).max(0) as u32;
    if digits.len() <= 15 && up <= 22 && down <= 22 {
        // Both are exact, so that there is one rounding.
        let mantissa = digits
            .iter()
            .fold(0, |value, digit| value * 10 + u64::from(digit - b'0'))
            as f64;
        return mantissa * power_of_ten(up) / power_of_ten(down);
    }
    let mut upper = Whole::of_digits(digits);
    upper.multiply_by_ten_to(up);
    let mut lower = Whole::from(1);
    lower.multiply_by_ten_to(down);
    quotient(upper, lower)
}

/// 10^`exponent`, exact up to 22.
fn power_of_ten(exponent: u32) -> f64 {
    (0..exponent).fold(1.0, |power, _| power * 10.0)
}

/// The nearest number to `upper` / `lower`, neither of which is 0.
fn quotient(mut upper: Whole, mut lower: Whole) -> f64 {
    // With as many bits the quotient is at least a half, and below two.
    let power = upper.bits() - lower.bits();
    upper.shift(-power);
    lower.shift(power);
    let mut mantissa = 0u64;
    let is_more = if let (Some(mut upper), Some(lower)) = (upper.short(), lower.short()) {
        // Most numbers that people and programs write; several times as fast.
        for _ in 0..=QUOTIENT_BITS {
            let is_one = upper >= lower;
            mantissa = mantissa << 1 | u64::from(is_one);
            upper = (upper - if is_one { lower } else { 0 }) << 1;
        }
        upper != 0
    } else {
        for _ in 0..=QUOTIENT_BITS {
            mantissa <<= 1;
            if upper.at_least(&lower) {
                upper.subtract(&lower);
                mantissa |= 1;
            }
            upper.shift(1);
        }
        !upper.is_zero()
    };
    rounded(mantissa, power - QUOTIENT_BITS, is_more)
}

/// The nearest number to (`mantissa`, and a little `more`) times 2^`power`.
fn rounded(mantissa: u64, power: i64, more: bool) -> f64 {
    let length = i64::from(u64::BITS - mantissa.leading_zeros());
    // Numbers near 0 have fewer bits.
    let dropped = (length - MANTISSA_BITS).max(LEAST_POWER - power);
    let (kept, rest, half) = if dropped < i64::from(u64::BITS) {
        let kept = mantissa >> dropped;
        (kept, mantissa - (kept << dropped), 1 << (dropped - 1))
    } else {
        (0, 0, 1)
    };
    let is_above = rest > half || rest == half && (more || kept % 2 == 1);
    let kept = kept + u64::from(is_above);
    // Exact, and a product of two powers of two, of which one alone may be too small.
    let power = power + dropped;
    let first = power.max(-1000);
    kept as f64 * power_of_two(first) * power_of_two(power - first)
}

/// 2^`power`, of numbers with all bits; infinite above.
fn power_of_two(power: i64) -> f64 {
    let biased = (power + 1023).clamp(0, 2047) as u64;
    f64::from_bits(biased << (MANTISSA_BITS - 1))
}

/// The shortest digits that [`parse`] gives the same bits for, with a fraction or an exponent, as Rust's `{:?}` has them.
pub fn written(value: f64) -> String {
    let mut text = String::new();
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_sign_negative() {
        text.push('-');
    }
    let value = value.abs();
    if value == 0.0 {
        text.push_str("0.0");
    } else if value.is_infinite() {
        text.push_str("inf");
    } else {
        let (digits, point) = shortest(value);
        push_digits(&mut text, &digits, point);
    }
    text
}

/// - `point`: digits before the decimal point
fn push_digits(text: &mut String, digits: &str, point: i64) {
    let length = digits.len() as i64;
    if (-3..=16).contains(&point) {
        let zeros = |count: i64| "0".repeat(count.max(0) as usize);
        let (whole, fraction) = digits.split_at(point.clamp(0, length) as usize);
        text.push_str(if point <= 0 { "0" } else { whole });
        text.push_str(&zeros(point - length));
        text.push('.');
        text.push_str(&zeros(-point));
        text.push_str(if fraction.is_empty() { "0" } else { fraction });
        return;
    }
    let (first, rest) = digits.split_at(1);
    text.push_str(first);
    if !rest.is_empty() {
        text.push('.');
        text.push_str(rest);
    }
    // Writing to a string cannot fail.
    let _ = write!(text, "e{}", point - 1);
}

/// The digits of a number above 0, and how many of them stand before the decimal point: 0.d1 d2 ... times 10^point.
fn shortest(value: f64) -> (String, i64) {
    let (mut place, mut point) = Place::of(value);
    if place.reaches_next() {
        point += 1;
        place.unit.multiply_by_ten_to(1);
    }
    (place.digits(), point)
}

/// Where a number stands between its neighbours: it is `rest` / `unit`, and half-way to the ones below and above are (`rest` - `below`) /
/// `unit` and (`rest` + `above`) / `unit`.
struct Place {
    rest: Whole,
    unit: Whole,
    below: Whole,
    above: Whole,
    /// Whether what is half-way is read as this number, which is even.
    includes_ends: bool,
}

impl Place {
    /// The place of a number above 0 divided by 10^point, with the point that it has, or one less.
    fn of(value: f64) -> (Self, i64) {
        let bits = value.to_bits();
        let hidden = 1 << (MANTISSA_BITS - 1);
        let fraction = bits & (hidden - 1);
        let biased = (bits >> (MANTISSA_BITS - 1)) as i64;
        let mantissa = fraction + if biased == 0 { 0 } else { hidden };
        let power = LEAST_POWER + biased.max(1) - 1;
        // Below a power of two the next number is half as far away as above it.
        let is_edge = i64::from(fraction == 0 && biased > 1);
        let shifted = |value: u64, by: i64| {
            let mut whole = Whole::from(value);
            whole.shift(by);
            whole
        };
        let (up, down) = (power.max(0), (-power).max(0));
        let mut place = Self {
            rest: shifted(mantissa, up + 1 + is_edge),
            unit: shifted(1, down + 1 + is_edge),
            below: shifted(1, up),
            above: shifted(1, up + is_edge),
            includes_ends: mantissa.is_multiple_of(2),
        };
        let length = i64::from(u64::BITS - mantissa.leading_zeros());
        // The logarithm of 2 to the base 10, times 2^32.
        let point = ((length + power) * 1_292_913_986) >> 32;
        place.unit.multiply_by_ten_to(point.max(0) as u32);
        place.multiply_by_ten_to((-point).max(0) as u32);
        (place, point)
    }

    fn multiply_by_ten_to(&mut self, exponent: u32) {
        for part in [&mut self.rest, &mut self.below, &mut self.above] {
            part.multiply_by_ten_to(exponent);
        }
    }

    /// Whether one whole unit is read as this number.
    fn reaches_next(&self) -> bool {
        let end = self.rest.plus(&self.above);
        end.at_least(&self.unit) && (self.includes_ends || !self.unit.at_least(&end))
    }

    /// Whether nothing is.
    fn reaches_down(&self) -> bool {
        let Self { rest, below, .. } = self;
        below.at_least(rest) && (self.includes_ends || !rest.at_least(below))
    }

    /// The digits after the point, up to the first with which no other number is meant.
    fn digits(mut self) -> String {
        let mut digits = String::new();
        loop {
            self.multiply_by_ten_to(1);
            let mut digit = b'0';
            while self.rest.at_least(&self.unit) {
                self.rest.subtract(&self.unit);
                digit += 1;
            }
            let (may_end, may_round_up) = (self.reaches_down(), self.reaches_next());
            let is_nearer_above = self.rest.plus(&self.rest).at_least(&self.unit);
            let rounds_up = may_round_up && (!may_end || is_nearer_above);
            digits.push(char::from(digit + u8::from(rounds_up)));
            if may_end || may_round_up {
                return digits;
            }
        }
    }
}

#[cfg(test)]
mod tests;
