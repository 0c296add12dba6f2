//! How values stand in messages. The standard library's own ways bring tables and code of 15 KB along.

use crate::decimal;
use crate::json::ToJson;
use std::fmt::Write;

/// A text in quotes, with escapes for what cannot be seen.
pub(crate) fn quoted(text: &str) -> String {
    let mut json = String::new();
    text.write_json(&mut json);
    let mut quoted = String::with_capacity(json.len());
    for symbol in json.chars() {
        if is_invisible(symbol) {
            // Writing to a string cannot fail.
            let _ = write!(quoted, "\\u{{{:x}}}", symbol as u32);
        } else {
            quoted.push(symbol);
        }
    }
    quoted
}

/// Control characters, blanks that look like others or like none, marks that merge with what stands before them.
fn is_invisible(symbol: char) -> bool {
    matches!(symbol,
        '\u{7f}'..='\u{a0}'
        | '\u{ad}'
        | '\u{300}'..='\u{36f}'
        | '\u{2000}'..='\u{200f}'
        | '\u{2028}'..='\u{202f}'
        | '\u{205f}'..='\u{206f}'
        | '\u{3000}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// A number, without a fraction that is 0.
pub(crate) fn number(value: f64) -> String {
    let digits = decimal::written(value);
    match digits.strip_suffix(".0") {
        Some(whole) => whole.into(),
        None => digits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn what_cannot_be_seen_is_escaped() {
        assert_eq!(quoted("a \"b\"\n\t\u{1}"), r#""a \"b\"\n\t\u0001""#);
        assert_eq!(quoted("é鸟😀"), "\"é鸟😀\"");
        assert_eq!(
            quoted("a\u{200b}b\u{301}\u{feff}\u{a0}\u{e0041}"),
            r#""a\u{200b}b\u{301}\u{feff}\u{a0}\u{e0041}""#
        );
    }

    #[test]
    fn numbers_have_no_fraction_that_is_zero() {
        let numbers = [5.0, -0.25, 1e300, 0.0].map(number);
        assert_eq!(numbers, ["5", "-0.25", "1e300", "0"]);
    }
}
