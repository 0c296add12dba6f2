//! Whole numbers of any length, as far as reading and writing decimals needs them.

/// Decimal digits that 32 bits have room for, whatever they are.
const TENS: usize = 9;

fn power_of_ten(exponent: usize) -> u32 {
    10u32.pow(exponent as u32)
}

/// A number from 0 on: digits to the base 2^32, the lowest first, the last of which is not 0.
#[derive(Clone)]
pub(super) struct Whole(Vec<u32>);

impl From<u64> for Whole {
    fn from(value: u64) -> Self {
        let mut whole = Self(vec![value as u32, (value >> 32) as u32]);
        whole.trim();
        whole
    }
}

impl Whole {
    /// The number with these decimal digits, in ASCII.
    pub fn of_digits(digits: &[u8]) -> Self {
        let mut whole = Self(Vec::new());
        for digits in digits.chunks(TENS) {
            let add = |sum, digit: &u8| sum * 10 + u32::from(digit - b'0');
            whole.multiply_and_add(power_of_ten(digits.len()), digits.iter().fold(0, add));
        }
        whole
    }

    /// The number, with room for another bit in 128.
    pub fn short(&self) -> Option<u128> {
        let join = |number, &digit: &u32| number << 32 | u128::from(digit);
        (self.bits() < 128).then(|| self.0.iter().rev().fold(0, join))
    }

    pub fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    /// Binary digits.
    pub fn bits(&self) -> i64 {
        let last = self.0.last().map_or(0, |last| last.leading_zeros());
        self.0.len() as i64 * 32 - i64::from(last)
    }

    pub fn multiply_by_ten_to(&mut self, exponent: u32) {
        let mut left = exponent as usize;
        while left > 0 {
            let tens = left.min(TENS);
            self.multiply_and_add(power_of_ten(tens), 0);
            left -= tens;
        }
    }

    fn multiply_and_add(&mut self, factor: u32, summand: u32) {
        let mut carry = u64::from(summand);
        for digit in &mut self.0 {
            carry += u64::from(*digit) * u64::from(factor);
            *digit = carry as u32;
            carry >>= 32;
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
    }

    /// Times 2^`by`; as it is where that is no whole number of times.
    pub fn shift(&mut self, by: i64) {
        if by <= 0 || self.is_zero() {
            return;
        }
        self.multiply_and_add(1 << (by % 32), 0);
        // Even without one of them this takes its time.
        if by >= 32 {
            let zeros = std::iter::repeat_n(0, by as usize / 32);
            self.0.splice(0..0, zeros);
        }
    }

    pub fn at_least(&self, other: &Self) -> bool {
        let lengths = (self.0.len(), other.0.len());
        if lengths.0 != lengths.1 {
            return lengths.0 > lengths.1;
        }
        self.0.iter().rev().ge(other.0.iter().rev())
    }

    pub fn plus(&self, other: &Self) -> Self {
        let (long, short) = if self.0.len() < other.0.len() {
            (other, self)
        } else {
            (self, other)
        };
        let mut sum = long.clone();
        let mut carry = 0;
        let rest = short.0.iter().chain(std::iter::repeat(&0));
        for (digit, &summand) in sum.0.iter_mut().zip(rest) {
            carry += u64::from(*digit) + u64::from(summand);
            *digit = carry as u32;
            carry >>= 32;
        }
        if carry > 0 {
            sum.0.push(carry as u32);
        }
        sum
    }

    /// Minus a number that is not larger.
    pub fn subtract(&mut self, other: &Self) {
        let mut borrowed = 0;
        let rest = other.0.iter().chain(std::iter::repeat(&0));
        for (digit, &taken) in self.0.iter_mut().zip(rest) {
            let difference = i64::from(*digit) - i64::from(taken) - borrowed;
            *digit = difference as u32;
            borrowed = i64::from(difference < 0);
        }
        self.trim();
    }

    fn trim(&mut self) {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }
}
