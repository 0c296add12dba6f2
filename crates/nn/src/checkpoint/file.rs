//! Reading and writing of the format itself, whatever the tensors mean.

use crate::error::reserve;
use crate::json::{Fault, FromJson, Reader, SortedObject, ToJson, record, to_json, write_object};
use crate::message::quoted;
use crate::params::Layout;
use crate::{Error, Result};

/// Where the metadata stand among the tensors of a header.
const METADATA: &str = "__metadata__";
/// The type of every tensor here, as the format calls it.
const DTYPE: &str = "F32";

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

/// A tensor of a file to be written, as the header has it.
struct Place<'a> {
    shape: &'a [usize],
    offsets: (usize, usize),
}

impl ToJson for Place<'_> {
    fn write_json(&self, out: &mut String) {
        write_object(
            out,
            &[
                ("data_offsets", &self.offsets),
                ("dtype", &DTYPE),
                ("shape", &self.shape),
            ],
        );
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
    metadata: SortedObject,
    tensors: &[Tensor<'_>],
) -> Result<()> {
    let mut header = SortedObject::default();
    header.insert(METADATA, &metadata);
    let mut offset = 0;
    for tensor in tensors {
        let end = offset + size_of_val(tensor.values);
        let (shape, offsets) = (&tensor.shape, (offset, end));
        header.insert(&tensor.name, &Place { shape, offsets });
        offset = end;
    }
    let mut text = to_json(&header);
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

/// Bytes of an element of each type of whole bytes that the format has.
const ELEMENTS: [(&str, usize); 19] = [
    ("BOOL", 1),
    ("U8", 1),
    ("I8", 1),
    ("F8_E4M3", 1),
    ("F8_E5M2", 1),
    ("F8_E8M0", 1),
    ("F8_E4M3FNUZ", 1),
    ("F8_E5M2FNUZ", 1),
    ("U16", 2),
    ("I16", 2),
    ("F16", 2),
    ("BF16", 2),
    ("U32", 4),
    ("I32", 4),
    ("F32", 4),
    ("U64", 8),
    ("I64", 8),
    ("F64", 8),
    ("C64", 8),
];

/// A file whose header has been read, and checked against its size.
pub(crate) struct File<'a> {
    metadata: Metadata,
    tensors: Vec<(String, TensorView<'a>)>,
}

/// What the header says of a tensor.
#[derive(Default)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: (usize, usize),
}

record!(all among others Entry {
    dtype = "dtype",
    shape = "shape",
    data_offsets = "data_offsets",
});

/// A tensor of a file.
pub(crate) struct TensorView<'a> {
    dtype: String,
    pub shape: Vec<usize>,
    data: &'a [u8],
}

impl<'a> File<'a> {
    /// Reads the header.
    ///
    /// # Errors
    /// [`Error::BadModelFile`].
    pub fn read(bytes: &'a [u8]) -> Result<Self> {
        Self::try_read(bytes).map_err(|reason| {
            Error::BadModelFile(format!("it is no complete safetensors file ({reason})")).into()
        })
    }

    /// The format's own rules: the tensors cover what follows the header, each byte once.
    fn try_read(bytes: &'a [u8]) -> std::result::Result<Self, String> {
        let (length, rest) = bytes
            .split_first_chunk()
            .ok_or("it has not even a header's length")?;
        let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
        let (header, data) = rest
            .split_at_checked(length)
            .ok_or("it ends inside its header")?;
        let header = std::str::from_utf8(header).map_err(|_| "its header is not UTF-8")?;
        let (metadata, mut entries) = read_header(header).map_err(|fault| fault.to_string())?;
        entries.sort_unstable_by_key(|(_, entry)| entry.data_offsets);
        let (mut tensors, mut at) = (Vec::new(), 0);
        for (name, entry) in entries {
            let (start, end) = entry.data_offsets;
            if entry.element().is_none() {
                return Err(format!(
                    "{} has the unknown type {}",
                    quoted(&name),
                    quoted(&entry.dtype)
                ));
            }
            if start != at || entry.bytes() != end.checked_sub(start) {
                return Err(format!(
                    "{} has not the place that its size asks for",
                    quoted(&name)
                ));
            }
            let data = data
                .get(start..end)
                .ok_or_else(|| format!("it ends inside of {}", quoted(&name)))?;
            let Entry { dtype, shape, .. } = entry;
            tensors.push((name, TensorView { dtype, shape, data }));
            at = end;
        }
        if at != data.len() {
            return Err("it goes on after its last tensor".into());
        }
        Ok(Self { metadata, tensors })
    }

    /// An entry of the metadata; of several with this key the last, as the format's own reader has it.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        let found = self.metadata.iter().rfind(|(known, _)| known == key);
        found.map(|(_, value)| value.as_str())
    }

    /// The names of the tensors.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.iter().map(|(name, _)| name.as_str())
    }

    /// The tensor of that name, whatever it is.
    pub fn tensor(&self, name: &str) -> Option<&TensorView<'a>> {
        let found = self.tensors.iter().find(|(known, _)| known == name);
        found.map(|(_, tensor)| tensor)
    }

    /// The tensor of that name, which must have that shape.
    ///
    /// # Errors
    /// [`Error::BadModelFile`].
    pub fn view(&self, name: &str, shape: &[usize]) -> Result<&TensorView<'a>> {
        let bad = |reason: String| Err(Error::BadModelFile(reason).into());
        let Some(view) = self.tensor(name) else {
            return bad(format!("it lacks the tensor {}", quoted(name)));
        };
        if view.dtype != DTYPE {
            return bad(format!(
                "{} has type {}, expected {DTYPE}",
                quoted(name),
                view.dtype
            ));
        }
        if view.shape != shape {
            return bad(format!(
                "{} has shape {:?}, expected {shape:?}",
                quoted(name),
                view.shape,
            ));
        }
        Ok(view)
    }

    /// # Errors
    /// [`Error::BadModelFile`] if there are tensors that `is_known` does not know.
    pub fn refuse_others(&self, is_known: impl Fn(&str) -> bool) -> Result<()> {
        match self.names().filter(|name| !is_known(name)).min() {
            None => Ok(()),
            Some(first) => Err(Error::BadModelFile(format!(
                "it has tensors of no use here, {first} for one"
            ))
            .into()),
        }
    }
}

/// Keys with their values, in the order of the file.
type Metadata = Vec<(String, String)>;

/// The metadata, and the names of the tensors with what is said of each.
type Header = (Metadata, Vec<(String, Entry)>);

fn read_header(header: &str) -> std::result::Result<Header, Fault> {
    let (mut metadata, mut entries) = (None, Vec::<(String, Entry)>::new());
    let twice = |name: &str| Fault::Malformed(format!("{} stands there twice", quoted(name)));
    let mut reader = Reader::new(header);
    reader.object(&mut |reader, name| {
        let in_entry = |fault: Fault| fault.of_entry(&quoted(&name));
        if name == METADATA {
            if metadata.is_some() {
                return Err(twice(&name));
            }
            metadata = Some(read_metadata(reader).map_err(in_entry)?);
            return Ok(());
        }
        let entry = Entry::from_json(reader).map_err(in_entry)?;
        entries.push((name, entry));
        Ok(())
    })?;
    reader.end()?;
    // Sorted, because a file of others may have any number of them.
    entries.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    match entries.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        None => Ok((metadata.unwrap_or_default(), entries)),
        Some(pair) => Err(twice(&pair[0].0)),
    }
}

fn read_metadata(reader: &mut Reader<'_>) -> std::result::Result<Metadata, Fault> {
    let mut metadata = Metadata::new();
    if reader.take("null") {
        return Ok(metadata);
    }
    reader.object(&mut |reader, key| {
        let value = reader.string().map_err(|fault| fault.of_entry(&key))?;
        metadata.push((key, value));
        Ok(())
    })?;
    Ok(metadata)
}

impl Entry {
    /// Bytes of an element, of a type that is known.
    fn element(&self) -> Option<usize> {
        let known = ELEMENTS.iter().find(|(name, _)| *name == self.dtype);
        known.map(|&(_, bytes)| bytes)
    }

    /// What its values take; none beyond the address space, or of a type that is not known.
    fn bytes(&self) -> Option<usize> {
        let mut sizes = self.shape.iter();
        sizes.try_fold(self.element()?, |product, &size| product.checked_mul(size))
    }
}

impl TensorView<'_> {
    /// The values, of a tensor of `f32`.
    fn values(&self) -> impl Iterator<Item = f32> {
        let (bytes, _) = self.data.as_chunks();
        bytes.iter().map(|&bytes| f32::from_le_bytes(bytes))
    }

    /// Copies the values, as many as `values` has.
    pub fn copy_to(&self, values: &mut [f32]) {
        for (value, own) in values.iter_mut().zip(self.values()) {
            *value = own;
        }
    }
}

/// # Errors
/// [`Error::BadModelFile`] if a value of the tensor is infinite or not a number.
pub(crate) fn refuse_non_finite(name: &str, view: &TensorView<'_>) -> Result<()> {
    match view.values().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(at) => Err(Error::BadModelFile(format!(
            "number {at} of {} is not finite",
            quoted(name)
        ))
        .into()),
    }
}

#[cfg(test)]
mod tests;
