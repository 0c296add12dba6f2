//! Reading: a cursor over the text that hands out one value after another.

use crate::decimal;
use crate::message::quoted;
use std::fmt::{Display, Formatter};

/// Why a text is not the JSON expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An object has an entry of this name, which nothing reads.
    UnknownName(String),
    /// Anything else.
    Malformed(String),
}

impl Display for Fault {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownName(name) => write!(formatter, "there is no {}", quoted(name)),
            Self::Malformed(reason) => formatter.write_str(reason),
        }
    }
}

impl Fault {
    /// The same, of the entry `name`.
    pub(crate) fn of_entry(self, name: &str) -> Self {
        match self {
            Self::Malformed(reason) => Self::Malformed(format!("{name}: {reason}")),
            unknown => unknown,
        }
    }
}

/// What JSON can be read as.
pub trait FromJson: Sized {
    /// The value that comes next.
    ///
    /// # Errors
    /// [`Fault`] with the reason.
    fn from_json(reader: &mut Reader<'_>) -> Result<Self, Fault>;
}

/// A place in a text of JSON.
pub struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    /// At the beginning of a text.
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// What is wrong at this place.
    #[inline(never)]
    pub fn fault(&self, expected: &str) -> Fault {
        let rest = &self.text[self.at..];
        let got = match rest.char_indices().nth(20) {
            None if rest.is_empty() => "the end".to_owned(),
            None => quoted(rest),
            Some((end, _)) => format!("{}...", quoted(&rest[..end])),
        };
        Fault::Malformed(format!("expected {expected}, got {got}"))
    }

    /// The first byte of the next value; none at the end.
    pub fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while matches!(bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    /// Steps over these characters, if they come next.
    pub fn take(&mut self, token: &str) -> bool {
        self.peek();
        let found = self.text[self.at..].starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    /// # Errors
    /// [`Fault`] if anything but white space is left.
    pub fn end(&mut self) -> Result<(), Fault> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.fault("the end")),
        }
    }

    /// A list, each of whose elements `each` reads.
    ///
    /// # Errors
    /// [`Fault`] with the reason.
    pub fn list(
        &mut self,
        each: &mut dyn FnMut(&mut Self) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.sequence(["[", "]"], "a list", each)
    }

    /// An object, each of whose values `each` reads, by name.
    ///
    /// # Errors
    /// [`Fault`] with the reason.
    pub fn object(
        &mut self,
        each: &mut dyn FnMut(&mut Self, String) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.sequence(["{", "}"], "an object", &mut |reader| {
            let name = reader.string()?;
            if !reader.take(":") {
                return Err(reader.fault("\":\""));
            }
            each(reader, name)
        })
    }

    fn sequence(
        &mut self,
        [open, close]: [&str; 2],
        what: &str,
        each: &mut dyn FnMut(&mut Self) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        if !self.take(open) {
            return Err(self.fault(what));
        }
        if self.take(close) {
            return Ok(());
        }
        loop {
            each(self)?;
            if self.take(close) {
                return Ok(());
            }
            if !self.take(",") {
                return Err(self.fault("\",\" or the end of a list"));
            }
        }
    }

    /// A string. Half of a surrogate pair, which `JSON.stringify` writes as an escape, becomes U+FFFD.
    ///
    /// # Errors
    /// [`Fault`] with the reason.
    pub fn string(&mut self) -> Result<String, Fault> {
        if !self.take("\"") {
            return Err(self.fault("a string"));
        }
        let mut string = String::new();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest
                .bytes()
                .position(|byte| byte == b'"' || byte == b'\\' || byte < b' ');
            let length = plain.ok_or_else(|| self.fault("the end of a string"))?;
            string.push_str(&rest[..length]);
            self.at += length;
            match rest.as_bytes()[length] {
                b'"' => {
                    self.at += 1;
                    return Ok(string);
                }
                b'\\' => string.push(self.escape()?),
                _ => return Err(self.fault("no control character in a string")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Fault> {
        let escaped = self.text.as_bytes().get(self.at + 1);
        let symbol = match escaped {
            Some(b'u') => return self.unicode(),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(&byte @ (b'"' | b'\\' | b'/')) => byte.into(),
            _ => return Err(self.fault("an escape")),
        };
        self.at += 2;
        Ok(symbol)
    }

    fn unicode(&mut self) -> Result<char, Fault> {
        let first = self.unit().ok_or_else(|| self.fault("an escape"))?;
        self.at += 6;
        if (0xd800..0xdc00).contains(&first)
            && let Some(second @ 0xdc00..0xe000) = self.unit()
        {
            self.at += 6;
            let scalar = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            return Ok(char::from_u32(scalar).expect("a pair is a scalar value"));
        }
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// The UTF-16 unit of an escape that stands here.
    fn unit(&self) -> Option<u32> {
        let escape = self.text.get(self.at..self.at + 6)?;
        let digits = escape.strip_prefix("\\u")?;
        let are_digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        u32::from_str_radix(digits, 16).ok().filter(|_| are_digits)
    }

    /// A number as it is written.
    fn number(&mut self) -> Result<&'a str, Fault> {
        self.peek();
        let rest = &self.text[self.at..];
        let is_part =
            |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E');
        let number = &rest[..rest.bytes().take_while(is_part).count()];
        if !is_number(number) {
            return Err(self.fault("a number"));
        }
        self.at += number.len();
        Ok(number)
    }

    /// Steps over a value of any kind, with at most so many objects and lists within each other.
    ///
    /// # Errors
    /// [`Fault`] with the reason.
    pub fn skip(&mut self, deepest: usize) -> Result<(), Fault> {
        match self.peek() {
            Some(b'{' | b'[') if deepest == 0 => Err(self.fault("fewer objects within objects")),
            Some(b'{') => self.object(&mut |reader, _| reader.skip(deepest - 1)),
            Some(b'[') => self.list(&mut |reader| reader.skip(deepest - 1)),
            Some(b'"') => self.string().map(drop),
            Some(b't' | b'f') => bool::from_json(self).map(drop),
            _ => Option::<f64>::from_json(self).map(drop),
        }
    }

    /// A whole number from 0 to `most`.
    ///
    /// # Errors
    /// [`Fault`] with the reason.
    pub fn whole(&mut self, most: u64) -> Result<u64, Fault> {
        let before = self.at;
        let number = self.number()?.parse().ok();
        number.filter(|&number| number <= most).ok_or_else(|| {
            self.at = before;
            self.fault("a whole number")
        })
    }

    /// One of these words, as its index.
    ///
    /// # Errors
    /// [`Fault`] with the reason.
    pub fn one_of(&mut self, words: &[&str]) -> Result<usize, Fault> {
        let before = self.at;
        let word = self.string()?;
        let found = words.iter().position(|known| *known == word);
        found.ok_or_else(|| {
            self.at = before;
            self.fault(&format!("one of {}", words.join(", ")))
        })
    }
}

/// RFC 8259, section 6; Rust reads more than that as a number.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let are_digits =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let has_needless_zero = whole.len() > 1 && whole.starts_with('0');
    are_digits(whole) && are_digits(fraction) && are_digits(exponent) && !has_needless_zero
}

/// The value of a word in a table.
pub(crate) fn named<T: Copy>(reader: &mut Reader<'_>, table: &[(&str, T)]) -> Result<T, Fault> {
    let words: Vec<&str> = table.iter().map(|&(word, _)| word).collect();
    Ok(table[reader.one_of(&words)?].1)
}

impl FromJson for bool {
    fn from_json(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        if reader.take("true") {
            Ok(true)
        } else if reader.take("false") {
            Ok(false)
        } else {
            Err(reader.fault("true or false"))
        }
    }
}

macro_rules! whole_numbers {
    ($($type:ty),+) => {
        $(impl FromJson for $type {
            fn from_json(reader: &mut Reader<'_>) -> Result<Self, Fault> {
                Ok(reader.whole(<$type>::MAX as u64)? as $type)
            }
        })+
    };
}

whole_numbers!(u16, u32, u64, usize);

impl FromJson for f64 {
    fn from_json(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        let before = reader.at;
        let number = decimal::parse(reader.number()?);
        if number.is_finite() {
            return Ok(number);
        }
        reader.at = before;
        Err(reader.fault("a number that 64 bits can hold"))
    }
}

impl FromJson for f32 {
    fn from_json(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        Ok(f64::from_json(reader)? as f32)
    }
}

impl FromJson for String {
    fn from_json(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        reader.string()
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        let mut values = Self::new();
        reader.list(&mut |reader| {
            values.push(T::from_json(reader)?);
            Ok(())
        })?;
        Ok(values)
    }
}

impl<T: FromJson> FromJson for Option<T> {
    fn from_json(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        if reader.take("null") {
            Ok(None)
        } else {
            T::from_json(reader).map(Some)
        }
    }
}

/// A list of two.
impl<A: FromJson, B: FromJson> FromJson for (A, B) {
    fn from_json(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        let (mut first, mut second) = (None, None);
        reader.list(&mut |reader| {
            match (&first, &second) {
                (None, _) => first = Some(A::from_json(reader)?),
                (_, None) => second = Some(B::from_json(reader)?),
                _ => return Err(reader.fault("the end of a pair")),
            }
            Ok(())
        })?;
        first
            .zip(second)
            .ok_or_else(|| reader.fault("two values before"))
    }
}

#[cfg(test)]
mod tests;
