//! What is read, beside serde_json.

use super::super::{parse, to_json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// What the library makes of a text that is a number by its rules; ours must take the same ones, to the bit.
#[test]
fn numbers_are_those_of_serde_json() {
    let texts = "0 -0 1 12 1.5 -2.25e3 1e-8 1E+5 0.1e-2 123456789012345678 5e-324 1.7976931348623157e308 0.30000000000000004 \
        01 1. .5 +1 - -- 1e 1e+ 1.e5 1.2.3 1-2 inf nan 0x1 1_000 00 -01 1e999 -1e999 2.2250738585072011e-308 9007199254740993";
    for text in texts.split(' ') {
        let expected = serde_json::from_str::<f64>(text).ok();
        let found = parse::<f64>(text).ok();
        assert_eq!(
            found.map(f64::to_bits),
            expected.map(f64::to_bits),
            "{text}"
        );
    }
}

#[test]
fn whole_numbers_have_bounds() {
    assert_eq!(parse::<u64>("18446744073709551615"), Ok(u64::MAX));
    assert_eq!(parse::<u16>("65535"), Ok(65535));
    for wrong in ["65536", "-1", "1.0", "1e2", "\"1\"", "", "null"] {
        assert!(parse::<u16>(wrong).is_err(), "{wrong}");
    }
    let reason = parse::<usize>("1.5").unwrap_err().to_string();
    assert_eq!(reason, "expected a whole number, got \"1.5\"");
}

#[test]
fn strings_are_those_of_serde_json() {
    let texts = [
        r#""""#,
        r#""plain, ä, 中, 🦜""#,
        r#""\" \\ \/ \b \f \n \r \t \u0041 \u00e4 \ud83e\udd9c""#,
        r#""\x""#,
        r#""\u12g4""#,
        r#""\u+123""#,
        r#""\u12""#,
        r#""open"#,
        r#""open\"#,
        "\"line\nend\"",
        "\"nul\0\"",
        r#""a" "b""#,
        "'a'",
    ];
    for text in texts {
        let expected = serde_json::from_str::<String>(text).ok();
        assert_eq!(parse::<String>(text).ok(), expected, "{text}");
        if let Some(string) = expected {
            assert_eq!(
                to_json(&string),
                serde_json::to_string(&string).unwrap(),
                "{text}"
            );
        }
    }
}

#[test]
fn half_of_a_pair_is_replaced() {
    for (text, expected) in [
        (r#""a\ud83e""#, "a\u{fffd}"),
        (r#""\udd9cb""#, "\u{fffd}b"),
        (r#""\ud83e\u0041""#, "\u{fffd}A"),
        (r#""\ud83e\ud83e\udd9c""#, "\u{fffd}🦜"),
    ] {
        assert_eq!(parse::<String>(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn lists_are_those_of_serde_json() {
    for text in [
        "[]",
        " [ 1 ,\t2,\r\n3 ] ",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1",
        "1]",
        "[1]]",
        "{}",
        "[\"a\"]",
    ] {
        let expected = serde_json::from_str::<Vec<u32>>(text).ok();
        assert_eq!(parse::<Vec<u32>>(text).ok(), expected, "{text}");
    }
}

#[test]
fn pairs_have_two_values() {
    assert_eq!(parse::<Option<(f64, u64)>>("[0.5,3]"), Ok(Some((0.5, 3))));
    assert_eq!(parse::<Option<(f64, u64)>>("null"), Ok(None));
    for wrong in ["[0.5]", "[]", "[0.5,3,4]"] {
        assert!(parse::<(f64, u64)>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_fault_shows_the_place() {
    let long = format!("[1, {}", "x".repeat(100));
    let reason = parse::<Vec<u32>>(&long).unwrap_err().to_string();
    let expected = format!("expected a number, got \"{}\"...", "x".repeat(20));
    assert_eq!(reason, expected);
    let reason = parse::<Vec<u32>>("[1,").unwrap_err().to_string();
    assert_eq!(reason, "expected a number, got the end");
}
