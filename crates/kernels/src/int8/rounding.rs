//! The rounding of weights and inputs to bytes. docs/maths.md (21)

use super::QUAD;
use crate::real::Real;

/// The largest rounded weight, either way.
pub(super) const MOST_WEIGHT: f32 = 127.0;
/// The largest rounded input, either way. With it no pair of products of bytes leaves 16 bits: 2 x 127 x 127 < 2^15.
pub(super) const MOST_INPUT: f32 = 63.0;
/// What stands for an input of zero: the relaxed build's instructions take one operand from 0 to 127.
pub(super) const ZERO_INPUT: i32 = 64;

/// How values are rounded: to multiples of a size, of which the largest value has a given number.
pub(super) struct Steps<T> {
    /// What one is worth; not finite, if a value is not.
    pub size: T,
    per_unit: T,
}

impl<T: Real> Steps<T> {
    pub fn of(values: &[T], most: f32) -> Self {
        let mut largest = 0.0;
        for value in values.iter().map(|value| value.to_f64().abs()) {
            // NaN stays, and comes of an infinity.
            let sound = value + value * 0.0;
            largest = if sound <= largest || f64::is_nan(largest) {
                largest
            } else {
                sound
            };
        }
        Self::to(T::from_f64(largest), most)
    }

    /// For values of which the largest is `largest`.
    fn to(largest: T, most: f32) -> Self {
        let most = f64::from(most);
        let largest = largest.to_f64();
        let per_unit = if largest < SMALLEST {
            0.0
        } else {
            most / largest
        };
        Self {
            size: T::from_f64(largest / most),
            per_unit: T::from_f64(per_unit),
        }
    }

    /// The nearest number of steps, the even one of two as near.
    pub fn round(&self, value: T) -> i32 {
        (value * self.per_unit).to_f64().round_ties_even() as i32
    }
}

/// Rows with nothing larger count as zero: the number of their steps per unit would be infinite.
const SMALLEST: f64 = 1e-30;

/// Rounds a row of inputs; what one step of them is worth. Not finite, if one of them is not.
pub(super) fn round_inputs(inputs: &mut [u8], x: &[f32]) -> f32 {
    let steps = Steps::to(largest(x), MOST_INPUT);
    for (input, &value) in inputs.iter_mut().zip(x) {
        *input = (value * steps.per_unit + ROUNDING).to_bits() as u8;
    }
    inputs[x.len()..].fill(ZERO_INPUT as u8);
    steps.size
}

/// At 1.5 x 2^23 neighbours are 1 apart, so that adding it rounds to whole numbers, to the even one of two as near;
/// they then stand in the last bits.
const ROUNDING: f32 = 12_582_912.0 + ZERO_INPUT as f32;

/// The largest absolute value; NaN if any is not finite.
fn largest(x: &[f32]) -> f32 {
    let mut most = [0.0f32; QUAD];
    let mut sound = [0.0f32; QUAD];
    let (quads, rest) = x.as_chunks::<QUAD>();
    for quad in quads {
        for lane in 0..QUAD {
            let size = quad[lane].abs();
            most[lane] = if size > most[lane] { size } else { most[lane] };
            // A NaN from an infinity or a NaN, which then stays.
            sound[lane] += quad[lane] * 0.0;
        }
    }
    for &value in rest {
        most[0] = if value.abs() > most[0] {
            value.abs()
        } else {
            most[0]
        };
        sound[0] += value * 0.0;
    }
    let most = most.into_iter().fold(0.0, |a, b| if b > a { b } else { a });
    most + sound.iter().sum::<f32>()
}
