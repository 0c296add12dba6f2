//! The reader and the writer beside those of the format's own library, and what is refused.

use super::*;
use safetensors::SafeTensors;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn file() -> Vec<u8> {
    let mut metadata = SortedObject::default();
    metadata.insert("format", &"test");
    let tensor = |name: &str, shape: &[usize], values| Tensor {
        name: name.into(),
        shape: shape.to_vec(),
        values,
    };
    let mut file = Vec::new();
    let tensors = [
        tensor("b", &[2, 3], &[1.0, -2.5, 0.0, 3.0, 4.0, 5.0]),
        tensor("a.weight", &[1], &[7.0]),
        tensor("empty", &[0, 4], &[]),
    ];
    write(&mut file, metadata, &tensors).unwrap();
    file
}

/// Whether both take the file; then what is in it is the same.
fn is_taken(bytes: &[u8]) -> bool {
    let library = SafeTensors::deserialize(bytes);
    let Ok(own) = File::read(bytes) else {
        // Of what stands in these tests; the library also takes types of less than a byte, and a name that comes twice.
        let text = String::from_utf8_lossy(bytes);
        assert!(library.is_err(), "the library reads {text}");
        return false;
    };
    let library = library.expect("what we read is safetensors");
    assert_eq!(own.names().count(), library.len());
    for (name, tensor) in library.tensors() {
        let found = own.tensor(&name).expect("the same names");
        assert_eq!(found.shape, tensor.shape(), "{name}");
        assert_eq!(found.data, tensor.data(), "{name}");
        assert_eq!(found.dtype, tensor.dtype().to_string(), "{name}");
    }
    true
}

#[test]
fn whole_and_cut_files_are_those_of_the_library() {
    let file = file();
    assert!(is_taken(&file));
    for length in 0..file.len() {
        assert!(!is_taken(&file[..length]), "cut after {length} bytes");
    }
    assert!(!is_taken(&[&file[..], b"0"].concat()));
}

#[test]
fn files_with_a_wrong_byte_are_those_of_the_library() {
    let file = file();
    let end = 8 + usize::from(file[0]) + usize::from(file[1]) * 256;
    let mut taken = 0;
    for at in 0..end {
        for byte in *b"09 \"{}[]:,.eF-\\n\0" {
            let mut bytes = file.clone();
            bytes[at] = byte;
            taken += usize::from(is_taken(&bytes));
        }
    }
    assert!(taken > 0, "some bytes are those of a name or a space");
}

/// A file of a header alone.
fn of_header(header: &str) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(header.as_bytes());
    bytes
}

/// An entry of a tensor without elements, with this besides.
fn entry(more: &str) -> String {
    format!(r#"{{"dtype":"F32",{more}"shape":[0],"data_offsets":[0,0]}}"#)
}

#[test]
fn entries_of_a_tensor_that_others_made_up_are_stepped_over_as_the_library_does() {
    for value in [
        "1",
        "-1.5e3",
        "null",
        "true",
        "false",
        r#""a\"b""#,
        "[]",
        r#"[1, {"a": []}]"#,
        r#"{"b": {"c": "d"}, "shape": [7]}"#,
    ] {
        let header = format!(r#"{{"a":{}}}"#, entry(&format!(r#""more":{value},"#)));
        assert!(is_taken(&of_header(&header)), "{header}");
    }
    for value in ["", "nul", "1e999", "[1", "{1:2}", "tru", "\"", "}"] {
        let header = format!(r#"{{"a":{}}}"#, entry(&format!(r#""more":{value},"#)));
        assert!(!is_taken(&of_header(&header)), "{header}");
    }
    for (levels, is_fine) in [(100, true), (200, false), (1_000_000, false)] {
        let nested = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        let header = format!(r#"{{"a":{}}}"#, entry(&format!(r#""more":{nested},"#)));
        assert_eq!(is_taken(&of_header(&header)), is_fine, "{levels} levels");
    }
}

#[test]
fn of_a_key_that_comes_twice_the_last_counts_as_in_the_library() {
    let bytes = of_header(r#"{"__metadata__":{"a":"1","b":"2","a":"3"}}"#);
    let file = File::read(&bytes).map_err(|error| error.to_string());
    let (_, library) = SafeTensors::read_metadata(&bytes).unwrap();
    let library = library.metadata().as_ref().unwrap();
    let file = file.unwrap_or_else(|error| panic!("{error}"));
    for key in ["a", "b", "c"] {
        let expected = library.get(key).map(String::as_str);
        assert_eq!(file.metadata(key), expected, "{key}");
    }
    assert_eq!(file.metadata("a"), Some("3"));
    assert!(is_taken(&of_header(r#"{"__metadata__":null}"#)));
    let twice = r#"{"__metadata__":{"a":"1"},"__metadata__":{"b":"2"}}"#;
    assert!(!is_taken(&of_header(twice)), "two of them");
}

#[test]
fn faults_name_the_tensor() {
    let missing = r#"{"dtype":"F32","shape":[0]}"#;
    let twice = entry(r#""shape":[0],"#);
    let odd = entry("").replace("F32", "F33");
    for (header, expected) in [
        (
            format!(r#"{{"a":{missing}}}"#),
            r#""a": "data_offsets" is missing"#,
        ),
        (
            format!(r#"{{"a":{twice}}}"#),
            r#""a": "shape" stands there twice"#,
        ),
        (
            format!(r#"{{"a":{odd}}}"#),
            r#""a" has the unknown type "F33""#,
        ),
        (r#"{"a":7}"#.into(), r#""a": expected an object, got "7}""#),
        (
            r#"{"__metadata__":{"k":7}}"#.into(),
            r#""__metadata__": k: expected a string"#,
        ),
        (
            format!(r#"{{"a":{0},"b":{0},"a":{0}}}"#, entry("")),
            r#""a" stands there twice"#,
        ),
    ] {
        let Err(error) = File::read(&of_header(&header)) else {
            panic!("{header} is no header");
        };
        let error = error.to_string();
        assert!(error.contains(expected), "{header}: {error}");
    }
}
