//! Ranges of options, each with the words in which it is refused.

use crate::{Error, Result, message};

/// Largest batch and window. A batch is never larger than the text has windows for.
const MOST: usize = 65_536;

/// More than any machine that this runs on has use for.
const MOST_WORKERS: usize = 64;

pub fn number(
    option: &'static str,
    value: f64,
    fits: impl Fn(f64) -> bool,
    expected: &str,
) -> Result<f64> {
    if fits(value) {
        Ok(value)
    } else {
        Err(Error::invalid(option, message::number(value), expected))
    }
}

pub fn share(option: &'static str, value: Option<f64>, default: f64) -> Result<f64> {
    let value = value.unwrap_or(default);
    number(
        option,
        value,
        |x| (0.0..=0.9).contains(&x),
        "a share from 0 to 0.9",
    )
}

pub fn below_one(option: &'static str, value: Option<f64>, default: f64) -> Result<f64> {
    let value = value.unwrap_or(default);
    number(
        option,
        value,
        |x| (0.0..1.0).contains(&x),
        "at least 0 and below 1",
    )
}

pub fn not_negative(option: &'static str, value: Option<f64>, default: f64) -> Result<f64> {
    let value = value.unwrap_or(default);
    number(option, value, |x| x >= 0.0 && x.is_finite(), "0 or more")
}

pub fn positive(option: &'static str, value: f64) -> Result<f64> {
    number(option, value, |x| x > 0.0 && x.is_finite(), "above 0")
}

pub fn at_least_one(option: &'static str, value: u64) -> Result<u64> {
    if value == 0 {
        return Err(Error::invalid(option, 0, "a whole number of at least 1"));
    }
    Ok(value)
}

pub fn size(option: &'static str, value: usize) -> Result<usize> {
    if (1..=MOST).contains(&value) {
        return Ok(value);
    }
    Err(Error::invalid(
        option,
        value,
        format!("a whole number from 1 to {MOST}"),
    ))
}

pub fn workers(value: usize) -> Result<usize> {
    if (1..=MOST_WORKERS).contains(&value) {
        return Ok(value);
    }
    Err(Error::invalid(
        "workers",
        value,
        format!("a whole number from 1 to {MOST_WORKERS}"),
    ))
}

/// Refuses `option` where it was given although `reason` makes it meaningless.
pub fn only<T>(option: &str, value: &Option<T>, has_effect: bool, reason: &str) -> Result<()> {
    if value.is_none() || has_effect {
        return Ok(());
    }
    Err(Error::ContradictoryOptions(format!("{option} {reason}")).into())
}
