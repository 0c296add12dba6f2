//! Writing, as short as it can be: no white space, entries in the order of the structure.

use super::Record;
use crate::decimal;
use std::borrow::Cow;
use std::fmt::Write;

/// What can be written as JSON.
pub trait ToJson {
    /// Appends the value.
    fn write_json(&self, out: &mut String);

    /// Whether records leave it out.
    fn is_none(&self) -> bool {
        false
    }
}

/// Appends an object with these entries, each of which is there whatever it is.
pub fn write_object(out: &mut String, entries: &[(&str, &dyn ToJson)]) {
    out.push('{');
    for (k, (name, value)) in entries.iter().enumerate() {
        write_entry(out, k > 0, name, *value);
    }
    out.push('}');
}

/// The entries but those that are `None`.
pub(crate) fn given<'a>(
    mut entries: Vec<(&'a str, &'a dyn ToJson)>,
) -> Vec<(&'a str, &'a dyn ToJson)> {
    entries.retain(|(_, value)| !value.is_none());
    entries
}

/// What is written of a record, by name.
pub fn entries(record: &dyn Record) -> Vec<(&str, &dyn ToJson)> {
    let names = record.names().iter().copied();
    let all = names.zip(record.values()).collect();
    if record.needs_all() { all } else { given(all) }
}

/// An object whose entries stand in the order of their names.
#[derive(Default)]
pub(crate) struct SortedObject(Vec<(String, String)>);

impl SortedObject {
    /// Adds an entry.
    pub fn insert(&mut self, name: &str, value: &dyn ToJson) {
        let at = self.0.partition_point(|(known, _)| **known < *name);
        self.0.insert(at, (name.into(), super::to_json(value)));
    }
}

impl ToJson for SortedObject {
    fn write_json(&self, out: &mut String) {
        let values: Vec<_> = self.0.iter().map(|(_, json)| Raw(json)).collect();
        let names = self.0.iter().map(|(name, _)| name.as_str());
        let entries: Vec<_> = names
            .zip(values.iter().map(|raw| raw as &dyn ToJson))
            .collect();
        write_object(out, &entries);
    }
}

/// What is JSON already.
struct Raw<'a>(&'a str);

impl ToJson for Raw<'_> {
    fn write_json(&self, out: &mut String) {
        out.push_str(self.0);
    }
}

fn write_entry(out: &mut String, is_further: bool, name: &str, value: &dyn ToJson) {
    if is_further {
        out.push(',');
    }
    name.write_json(out);
    out.push(':');
    value.write_json(out);
}

impl ToJson for str {
    fn write_json(&self, out: &mut String) {
        out.push('"');
        for symbol in self.chars() {
            match symbol {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\u{8}' => out.push_str("\\b"),
                '\u{c}' => out.push_str("\\f"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '\0'..=' ' if symbol != ' ' => {
                    // Writing to a string cannot fail.
                    let _ = write!(out, "\\u{:04x}", symbol as u32);
                }
                _ => out.push(symbol),
            }
        }
        out.push('"');
    }
}

impl ToJson for String {
    fn write_json(&self, out: &mut String) {
        self.as_str().write_json(out);
    }
}

impl ToJson for Cow<'_, str> {
    fn write_json(&self, out: &mut String) {
        str::write_json(self, out);
    }
}

impl ToJson for bool {
    fn write_json(&self, out: &mut String) {
        out.push_str(if *self { "true" } else { "false" });
    }
}

impl ToJson for u64 {
    fn write_json(&self, out: &mut String) {
        let _ = write!(out, "{self}");
    }
}

macro_rules! whole_numbers {
    ($($type:ty),+) => {
        $(impl ToJson for $type {
            fn write_json(&self, out: &mut String) {
                (*self as u64).write_json(out);
            }
        })+
    };
}

whole_numbers!(u16, u32, usize);

/// The shortest digits that give the same bits again; what is not finite is `null`.
impl ToJson for f64 {
    fn write_json(&self, out: &mut String) {
        if self.is_finite() {
            out.push_str(&decimal::written(*self));
        } else {
            out.push_str("null");
        }
    }
}

/// With the digits of the `f64` that it is, which gives the same bits again.
impl ToJson for f32 {
    fn write_json(&self, out: &mut String) {
        f64::from(*self).write_json(out);
    }
}

impl<T: ToJson + ?Sized> ToJson for &T {
    fn write_json(&self, out: &mut String) {
        (**self).write_json(out);
    }

    fn is_none(&self) -> bool {
        (**self).is_none()
    }
}

impl<T: ToJson> ToJson for Option<T> {
    fn write_json(&self, out: &mut String) {
        match self {
            None => out.push_str("null"),
            Some(value) => value.write_json(out),
        }
    }

    fn is_none(&self) -> bool {
        Option::is_none(self)
    }
}

impl<T: ToJson> ToJson for [T] {
    fn write_json(&self, out: &mut String) {
        out.push('[');
        for (k, value) in self.iter().enumerate() {
            if k > 0 {
                out.push(',');
            }
            value.write_json(out);
        }
        out.push(']');
    }
}

impl<T: ToJson> ToJson for Vec<T> {
    fn write_json(&self, out: &mut String) {
        self.as_slice().write_json(out);
    }
}

impl<A: ToJson, B: ToJson> ToJson for (A, B) {
    fn write_json(&self, out: &mut String) {
        out.push('[');
        self.0.write_json(out);
        out.push(',');
        self.1.write_json(out);
        out.push(']');
    }
}

#[cfg(test)]
mod tests {
    use super::super::{parse, to_json};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn numbers_come_back_with_their_bits() {
        let numbers = [
            0.0,
            -0.0,
            1.0,
            0.1,
            1e-5,
            123456.0,
            1e15,
            1e16,
            1.5e300,
            5e-324,
            f64::MAX,
            2.0 / 3.0,
        ];
        for number in numbers {
            let text = to_json(&number);
            let read: f64 = serde_json::from_str(&text).unwrap();
            assert_eq!(read.to_bits(), number.to_bits(), "{text}");
            assert_eq!(parse::<f64>(&text).map(f64::to_bits), Ok(number.to_bits()));
        }
        assert_eq!(to_json(&[f64::NAN, f64::INFINITY].to_vec()), "[null,null]");
    }

    #[test]
    fn every_control_character_is_escaped_as_serde_json_does_it() {
        let text: String = (0..0x100).filter_map(char::from_u32).collect();
        assert_eq!(to_json(&text), serde_json::to_string(&text).unwrap());
    }
}
