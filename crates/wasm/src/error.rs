//! Rust errors as JavaScript `Error`s with `name` "MynahError" and a `code`.

use js_sys::{Error as JsError, Reflect};
use mynah_nn::Error;
use wasm_bindgen::JsValue;

/// An error on its way to JavaScript.
pub struct Thrown(Box<Error>);

impl From<Box<Error>> for Thrown {
    fn from(error: Box<Error>) -> Self {
        Self(error)
    }
}

impl From<Thrown> for JsValue {
    fn from(Thrown(error): Thrown) -> Self {
        let thrown = JsError::new(&error.to_string());
        thrown.set_name("MynahError");
        // Setting a property of a fresh object cannot fail.
        let _ = Reflect::set(&thrown, &"code".into(), &error.code().into());
        thrown.into()
    }
}

/// What exported functions return.
pub type Result<T> = std::result::Result<T, Thrown>;
