//! Structures as objects: by their names, one loop for all.

use super::{Fault, FromJson, Reader, ToJson};
use crate::message::quoted;

/// A place that a value can be read into.
pub trait Slot {
    /// Reads the next value into it.
    ///
    /// # Errors
    /// [`Fault`] with the reason.
    fn set(&mut self, reader: &mut Reader<'_>) -> Result<(), Fault>;
}

impl<T: FromJson> Slot for T {
    fn set(&mut self, reader: &mut Reader<'_>) -> Result<(), Fault> {
        *self = T::from_json(reader)?;
        Ok(())
    }
}

/// A structure with a name for each of its fields, which `record!` makes of one.
pub trait Record {
    /// The names in JSON.
    fn names(&self) -> &'static [&'static str];

    /// Whether every entry has to be there.
    fn needs_all(&self) -> bool;

    /// Whether entries of other names are stepped over, where they are refused else.
    fn ignores_others(&self) -> bool;

    /// The fields, in the order of the names.
    fn slots(&mut self) -> Vec<&mut dyn Slot>;

    /// The fields, in the order of the names.
    fn values(&self) -> Vec<&dyn ToJson>;
}

/// Objects and lists within each other that are stepped over, fewer than end the stack: serde_json's own bound of 127, less the header of a
/// model file and the entry of a tensor.
const DEEPEST: usize = 125;

/// Reads an object; what it lacks stays as it is.
///
/// # Errors
/// [`Fault`] with the reason.
// Once, whatever the record.
#[inline(never)]
pub(crate) fn read_record(reader: &mut Reader<'_>, record: &mut dyn Record) -> Result<(), Fault> {
    let (names, needs_all) = (record.names(), record.needs_all());
    let ignores_others = record.ignores_others();
    let mut slots = record.slots();
    let mut has = vec![false; names.len()];
    reader.object(&mut |reader, name| {
        let Some(k) = names.iter().position(|known| *known == name) else {
            if ignores_others {
                return reader.skip(DEEPEST);
            }
            return Err(Fault::UnknownName(name));
        };
        if has[k] {
            return Err(Fault::Malformed(format!(
                "{} stands there twice",
                quoted(&name)
            )));
        }
        has[k] = true;
        slots[k].set(reader).map_err(|fault| fault.of_entry(&name))
    })?;
    match has.iter().position(|has| !has) {
        Some(k) if needs_all => Err(Fault::Malformed(format!("{} is missing", quoted(names[k])))),
        _ => Ok(()),
    }
}

/// Makes a structure a [`Record`]: every field with its name in JSON. What is missing has its default, and what is `None` is not
/// written; with `all` everything is, and has to be there; with `all among others` entries of other names may stand there, too.
macro_rules! record {
    ($type:ty { $($field:ident = $name:literal),+ $(,)? }) => {
        $crate::json::record!(false, false, $type { $($field = $name),+ });
    };
    (all among others $type:ty { $($field:ident = $name:literal),+ $(,)? }) => {
        $crate::json::record!(true, true, $type { $($field = $name),+ });
    };
    (all $type:ty { $($field:ident = $name:literal),+ $(,)? }) => {
        $crate::json::record!(true, false, $type { $($field = $name),+ });
    };
    ($needs_all:literal, $ignores_others:literal, $type:ty { $($field:ident = $name:literal),+ }) => {
        impl $crate::json::Record for $type {
            fn names(&self) -> &'static [&'static str] {
                &[$($name),+]
            }

            fn needs_all(&self) -> bool {
                $needs_all
            }

            fn ignores_others(&self) -> bool {
                $ignores_others
            }

            fn slots(&mut self) -> Vec<&mut dyn $crate::json::Slot> {
                let Self { $($field),+ } = self;
                vec![$($field),+]
            }

            fn values(&self) -> Vec<&dyn $crate::json::ToJson> {
                let Self { $($field),+ } = self;
                vec![$($field),+]
            }
        }

        impl $crate::json::FromJson for $type {
            fn from_json(
                reader: &mut $crate::json::Reader<'_>,
            ) -> std::result::Result<Self, $crate::json::Fault> {
                let mut record = Self::default();
                $crate::json::read_record(reader, &mut record)?;
                Ok(record)
            }
        }

        impl $crate::json::ToJson for $type {
            fn write_json(&self, out: &mut String) {
                $crate::json::write_object(out, &$crate::json::entries(self));
            }
        }
    };
}
pub(crate) use record;

/// How a structure is written that nobody reads here: every field with its name in JSON.
macro_rules! report {
    ($type:ty { $($field:ident = $name:literal),+ $(,)? }) => {
        impl $crate::json::ToJson for $type {
            fn write_json(&self, out: &mut String) {
                $crate::json::write_object(out, &[$(($name, &self.$field)),+]);
            }
        }
    };
}
pub(crate) use report;

/// Gives every variant of an enum its word in JSON.
macro_rules! names {
    ($type:ty { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $crate::json::FromJson for $type {
            fn from_json(
                reader: &mut $crate::json::Reader<'_>,
            ) -> std::result::Result<Self, $crate::json::Fault> {
                let k = reader.one_of(&[$($word),+])?;
                Ok([$(Self::$variant),+][k])
            }
        }

        impl $crate::json::ToJson for $type {
            fn write_json(&self, out: &mut String) {
                let word = match self {
                    $(Self::$variant => $word),+
                };
                word.write_json(out);
            }
        }
    };
}
pub(crate) use names;

#[cfg(test)]
mod tests {
    use super::super::{parse, to_json};
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[derive(Debug, Default, PartialEq)]
    struct Options {
        size: Option<usize>,
        name: Option<String>,
    }

    record!(Options { size = "theSize", name = "name" });

    #[derive(Debug, Default, PartialEq)]
    struct State {
        step: u64,
        best: Option<f64>,
    }

    record!(all State { step = "step", best = "best" });

    fn reason<T: FromJson + std::fmt::Debug>(json: &str) -> String {
        parse::<T>(json).unwrap_err().to_string()
    }

    #[test]
    fn what_is_missing_is_none_and_not_written() {
        let read: Options = parse(" { \"theSize\" : 3 } ").unwrap();
        assert_eq!(
            read,
            Options {
                size: Some(3),
                name: None
            }
        );
        assert_eq!(to_json(&read), r#"{"theSize":3}"#);
        assert_eq!(parse("{}"), Ok(Options::default()));
        assert_eq!(parse(r#"{"name":null}"#), Ok(Options::default()));
        assert_eq!(to_json(&Options::default()), "{}");
    }

    #[test]
    fn faults_name_the_entry() {
        assert_eq!(
            parse::<Options>(r#"{"size":1}"#),
            Err(Fault::UnknownName("size".into()))
        );
        for (json, expected) in [
            (r#"{"theSize":"a"}"#, "theSize: expected a number, got"),
            (
                r#"{"theSize":1,"theSize":2}"#,
                "\"theSize\" stands there twice",
            ),
            (r#"{"theSize" 1}"#, "expected \":\""),
            (r#"{theSize:1}"#, "expected a string"),
            ("[]", "expected an object"),
            ("", "expected an object, got the end"),
            ("{} {}", "expected the end"),
        ] {
            let reason = reason::<Options>(json);
            assert!(reason.starts_with(expected), "{json}: {reason}");
        }
    }

    #[test]
    fn a_state_is_complete() {
        let state = State {
            step: 3,
            best: None,
        };
        assert_eq!(to_json(&state), r#"{"step":3,"best":null}"#);
        assert_eq!(parse(&to_json(&state)), Ok(state));
        assert_eq!(reason::<State>(r#"{"step":3}"#), "\"best\" is missing");
    }
}
