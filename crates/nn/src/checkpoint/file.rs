//! Reading and writing of the format itself, whatever the tensors mean.

use crate::error::reserve;
use crate::params::Layout;
use crate::{Error, Result};
use safetensors::tensor::{Dtype, Metadata, SafeTensors, TensorView};
use serde_json::{Map, Value, json};

/// A tensor to be written.
pub(crate) struct Tensor<'a> {
    pub name: String,
    pub shape: Vec<usize>,
    pub values: &'a [f32],
}

/// The tensors of an arena, their names with a prefix.
pub(crate) fn tensors<'a>(prefix: &str, layout: &Layout, arena: &'a [f32]) -> Vec<Tensor<'a>> {
    let tensor = |spec: &crate::params::ParamSpec| Tensor {
        name: format!("{prefix}{}", spec.name),
        shape: spec.shape.clone(),
        values: &arena[spec.range.clone()],
    };
    layout.specs.iter().map(tensor).collect()
}

/// Where a file goes, piece by piece: into memory that need not be this module's, since a file is as large as several
/// models.
pub trait Sink {
    /// Makes room for a file of so many bytes.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    fn begin(&mut self, bytes: usize) -> Result<()>;

    /// Appends a piece; all pieces together have the length that was said.
    fn append(&mut self, piece: &[u8]);
}

impl Sink for Vec<u8> {
    fn begin(&mut self, bytes: usize) -> Result<()> {
        *self = reserve(&[bytes], "the model file")?;
        Ok(())
    }

    fn append(&mut self, piece: &[u8]) {
        self.extend_from_slice(piece);
    }
}

/// Values that are turned into bytes at a time.
const PIECE: usize = 1024;

/// Writes a file: the tensors in the given order, the header with sorted keys.
///
/// # Errors
/// Those of [`Sink::begin`].
pub(crate) fn write(
    sink: &mut dyn Sink,
    metadata: Map<String, Value>,
    tensors: &[Tensor<'_>],
) -> Result<()> {
    let mut header = Map::new();
    header.insert("__metadata__".into(), metadata.into());
    let mut offset = 0;
    for tensor in tensors {
        let end = offset + size_of_val(tensor.values);
        header.insert(
            tensor.name.clone(),
            json!({ "dtype": "F32", "shape": tensor.shape, "data_offsets": [offset, end] }),
        );
        offset = end;
    }
    let mut text = Value::Object(header).to_string();
    // Tensors start at a multiple of eight bytes, as the format's own writer has it.
    while !text.len().is_multiple_of(8) {
        text.push(' ');
    }
    sink.begin(8 + text.len() + offset)?;
    sink.append(&(text.len() as u64).to_le_bytes());
    sink.append(text.as_bytes());
    let mut bytes = [[0; 4]; PIECE];
    for piece in tensors
        .iter()
        .flat_map(|tensor| tensor.values.chunks(PIECE))
    {
        let bytes = &mut bytes[..piece.len()];
        for (bytes, value) in bytes.iter_mut().zip(piece) {
            *bytes = value.to_le_bytes();
        }
        sink.append(bytes.as_flattened());
    }
    Ok(())
}

/// Reads the header, and checks it against the file's size.
///
/// # Errors
/// [`Error::BadModelFile`].
pub(crate) fn read(bytes: &[u8]) -> Result<(Metadata, SafeTensors<'_>)> {
    let unreadable = |error: safetensors::SafeTensorError| {
        Error::BadModelFile(format!("it is no complete safetensors file ({error:?})"))
    };
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(unreadable)?;
    let file = SafeTensors::deserialize(bytes).map_err(unreadable)?;
    Ok((header, file))
}

/// An entry of the metadata.
pub(crate) fn metadata<'a>(header: &'a Metadata, key: &str) -> Option<&'a str> {
    header.metadata().as_ref()?.get(key).map(String::as_str)
}

/// The tensor of that name, which must have that shape.
///
/// # Errors
/// [`Error::BadModelFile`].
pub(crate) fn view<'a>(
    file: &SafeTensors<'a>,
    name: &str,
    shape: &[usize],
) -> Result<TensorView<'a>> {
    let view = file
        .tensor(name)
        .map_err(|_| Error::BadModelFile(format!("it lacks the tensor {name:?}")))?;
    if view.dtype() != Dtype::F32 {
        return Err(Error::BadModelFile(format!(
            "{name:?} has type {:?}, expected F32",
            view.dtype()
        )));
    }
    if view.shape() != shape {
        return Err(Error::BadModelFile(format!(
            "{name:?} has shape {:?}, expected {shape:?}",
            view.shape(),
        )));
    }
    Ok(view)
}

/// Copies a tensor's values, as many as `values` has.
pub(crate) fn copy(values: &mut [f32], view: &TensorView<'_>) {
    let (bytes, _) = view.data().as_chunks();
    for (value, &bytes) in values.iter_mut().zip(bytes) {
        *value = f32::from_le_bytes(bytes);
    }
}

/// # Errors
/// [`Error::BadModelFile`] if a value of the tensor is infinite or not a number.
pub(crate) fn refuse_non_finite(name: &str, view: &TensorView<'_>) -> Result<()> {
    let (bytes, _) = view.data().as_chunks();
    let mut values = bytes.iter().map(|&bytes| f32::from_le_bytes(bytes));
    match values.position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(at) => Err(Error::BadModelFile(format!(
            "number {at} of {name:?} is not finite"
        ))),
    }
}

/// # Errors
/// [`Error::BadModelFile`] if there are tensors that `is_known` does not know.
pub(crate) fn refuse_others(file: &SafeTensors<'_>, is_known: impl Fn(&str) -> bool) -> Result<()> {
    let names = file.names().into_iter();
    match names.filter(|name| !is_known(name)).min() {
        None => Ok(()),
        Some(first) => Err(Error::BadModelFile(format!(
            "it has tensors of no use here, {first} for one"
        ))),
    }
}
