//! Model files: safetensors with mynah's metadata, and the models of others in the same format. docs/file-format.md.

use crate::config::{Activation, CellName, ModelConfig, ModelOptions};
use crate::model::Model;
use crate::params::ParamSpec;
use crate::tokenizer::Tokenizer;
use crate::{Error, Result};
use safetensors::tensor::{Dtype, Metadata, SafeTensors, TensorView};
use serde_json::{Map, Value, json};

/// `format` of the metadata.
const FORMAT: &str = "mynah";
/// `version` of the metadata: what this code writes and the only one it reads.
pub const FORMAT_VERSION: &str = "1";

/// Writes a model: an 8-byte length, a JSON header with sorted keys, the tensors as little-endian `f32` in the arena's order. The same model gives the
/// same bytes.
pub fn save(model: &Model) -> Vec<u8> {
    let specs = &model.layout().specs;
    let mut header = Map::new();
    let config = serde_json::to_string(&ModelOptions::from(model.config()))
        .expect("a configuration is JSON");
    let tokenizer = model.tokenizer().to_json();
    header.insert(
        "__metadata__".into(),
        json!({ "format": FORMAT, "version": FORMAT_VERSION, "config": config, "tokenizer": tokenizer }),
    );
    let mut offset = 0;
    for spec in specs {
        let end = offset + spec.range.len() * size_of::<f32>();
        header.insert(
            spec.name.clone(),
            json!({ "dtype": "F32", "shape": spec.shape, "data_offsets": [offset, end] }),
        );
        offset = end;
    }
    let mut text = Value::Object(header).to_string();
    // Tensors start at a multiple of eight bytes, as the format's own writer has it.
    while !text.len().is_multiple_of(8) {
        text.push(' ');
    }
    let mut file = Vec::with_capacity(8 + text.len() + offset);
    file.extend_from_slice(&(text.len() as u64).to_le_bytes());
    file.extend_from_slice(text.as_bytes());
    for spec in specs {
        for value in &model.params()[spec.range.clone()] {
            file.extend_from_slice(&value.to_le_bytes());
        }
    }
    file
}

/// Reads a model file, or, where it has no metadata of mynah's, a PyTorch language model Embedding -> RNN, GRU or LSTM -> Linear, whose vocabulary `symbols`
/// then gives in the order of its tokens: as many symbols as the embedding has rows, or one less, if row 0 is for unknown ones.
///
/// # Errors
/// [`Error::BadModelFile`] with the reason; [`Error::OutOfMemory`].
pub fn load(bytes: &[u8], symbols: Option<&str>) -> Result<Model> {
    let unreadable = |error: safetensors::SafeTensorError| {
        Error::BadModelFile(format!("it is no complete safetensors file ({error})"))
    };
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(unreadable)?;
    let file = SafeTensors::deserialize(bytes).map_err(unreadable)?;
    let is_ours = metadata(&header, "format").is_some_and(|format| format == FORMAT);
    let (config, tokenizer, names) = if is_ours {
        read_ours(&header)?
    } else {
        infer_foreign(&file, symbols)?
    };
    fill(config, tokenizer, &file, &names)
}

fn metadata<'a>(header: &'a Metadata, key: &str) -> Option<&'a str> {
    header.metadata().as_ref()?.get(key).map(String::as_str)
}

/// How a file's names differ from ours.
struct Names {
    embedding: String,
    recurrent: String,
    output: String,
}

impl Names {
    fn ours() -> Self {
        Self {
            embedding: "embedding".into(),
            recurrent: "rnn".into(),
            output: "linear".into(),
        }
    }

    /// The file's name for one of our parameters.
    fn of(&self, spec: &ParamSpec) -> String {
        let (prefix, rest) = spec.name.split_once('.').expect("names have a prefix");
        let prefix = match prefix {
            "embedding" => &self.embedding,
            "rnn" => &self.recurrent,
            _ => &self.output,
        };
        join(prefix, rest)
    }
}

fn join(prefix: &str, rest: &str) -> String {
    if prefix.is_empty() {
        rest.into()
    } else {
        format!("{prefix}.{rest}")
    }
}

fn read_ours(header: &Metadata) -> Result<(ModelConfig, Tokenizer, Names)> {
    let entry = |key| {
        metadata(header, key)
            .ok_or_else(|| Error::BadModelFile(format!("its metadata lacks {key:?}")))
    };
    let version = entry("version")?;
    if version != FORMAT_VERSION {
        return Err(Error::BadModelFile(format!(
            "it has format version {version:?}, this mynah reads {FORMAT_VERSION:?}"
        )));
    }
    let options: ModelOptions = serde_json::from_str(entry("config")?)
        .map_err(|error| Error::BadModelFile(format!("its config: {error}")))?;
    let config = options
        .resolve()
        .map_err(|error| Error::BadModelFile(format!("its config: {error}")))?;
    Ok((
        config,
        Tokenizer::from_json(entry("tokenizer")?)?,
        Names::ours(),
    ))
}

/// The cell and sizes of a file without metadata, from the shapes of its tensors.
fn infer_foreign(
    file: &SafeTensors<'_>,
    symbols: Option<&str>,
) -> Result<(ModelConfig, Tokenizer, Names)> {
    let bad =
        |reason: &str| Error::BadModelFile(format!("it was not written by mynah, and {reason}"));
    let names = file.names();
    let with_suffix = |suffix: &str| -> Vec<String> {
        let stripped = names.iter().filter_map(|name| name.strip_suffix(suffix));
        stripped
            .filter(|prefix| prefix.is_empty() || prefix.ends_with('.'))
            .map(|p| p.trim_end_matches('.').into())
            .collect()
    };
    let [recurrent] = with_suffix("weight_ih_l0")
        .try_into()
        .map_err(|_| bad("has not exactly one tensor named ...weight_ih_l0"))?;
    let biased = with_suffix("bias");
    let (outputs, embeddings): (Vec<_>, Vec<_>) = with_suffix("weight")
        .into_iter()
        .partition(|prefix| biased.contains(prefix));
    let [output] = outputs
        .try_into()
        .map_err(|_| bad("has not exactly one output layer with weight and bias"))?;
    let [embedding] = embeddings
        .try_into()
        .map_err(|_| bad("has not exactly one embedding (a weight without a bias)"))?;

    let shape = |name: String| -> Result<[usize; 2]> {
        let view = file
            .tensor(&name)
            .map_err(|_| bad(&format!("lacks {name}")))?;
        view.shape()
            .try_into()
            .map_err(|_| bad(&format!("{name} is no matrix")))
    };
    let [rows, hidden_size] = shape(join(&recurrent, "weight_hh_l0"))?;
    let [vocab_size, embedding_size] = shape(join(&embedding, "weight"))?;
    let cell = match rows.checked_div(hidden_size) {
        Some(1) => CellName::Rnn,
        Some(3) => CellName::Gru,
        Some(4) => CellName::Lstm,
        _ => {
            return Err(bad(
                "its recurrent weights are of no known cell (1, 3 or 4 gates)",
            ));
        }
    };
    let layers = (0..)
        .take_while(|k| names.contains(&join(&recurrent, &format!("weight_hh_l{k}")).as_str()))
        .count();
    let activation = (cell == CellName::Rnn).then_some(Activation::Tanh);
    let config = ModelOptions {
        cell: Some(cell),
        activation,
        hidden_size: Some(hidden_size),
        num_layers: Some(layers),
        embedding_size: Some(embedding_size),
        ..ModelOptions::default()
    };
    let config = config.resolve().map_err(|error| bad(&error.to_string()))?;
    let symbols: Vec<char> = symbols
        .ok_or_else(|| bad("has no vocabulary: give its symbols in the option symbols"))?
        .chars()
        .collect();
    if symbols.len() != vocab_size && symbols.len() + 1 != vocab_size {
        let reason = format!(
            "its embedding has {vocab_size} rows, which {} symbols do not fit",
            symbols.len()
        );
        return Err(bad(&reason));
    }
    let has_unknown = symbols.len() < vocab_size;
    Ok((
        config,
        Tokenizer::new(symbols, has_unknown)?,
        Names {
            embedding,
            recurrent,
            output,
        },
    ))
}

/// Checks every tensor's shape before memory is taken, then copies them.
fn fill(
    config: ModelConfig,
    tokenizer: Tokenizer,
    file: &SafeTensors<'_>,
    names: &Names,
) -> Result<Model> {
    let layout = crate::params::Layout::new(&config, tokenizer.vocab_size());
    let views: Vec<TensorView<'_>> = layout
        .specs
        .iter()
        .map(|spec| view(file, &names.of(spec), spec))
        .collect::<Result<_>>()?;
    if file.len() != views.len() {
        let known: Vec<String> = layout.specs.iter().map(|spec| names.of(spec)).collect();
        let other: Vec<_> = file
            .names()
            .into_iter()
            .filter(|name| !known.iter().any(|k| k == name))
            .take(3)
            .collect();
        return Err(Error::BadModelFile(format!(
            "it has tensors of no use here: {}",
            other.join(", ")
        )));
    }
    let mut model = Model::zeroed(config, tokenizer)?;
    for (spec, view) in layout.specs.iter().zip(views) {
        let (values, _) = view.data().as_chunks();
        for (param, &bytes) in model.params_mut()[spec.range.clone()]
            .iter_mut()
            .zip(values)
        {
            *param = f32::from_le_bytes(bytes);
        }
    }
    Ok(model)
}

fn view<'a>(file: &SafeTensors<'a>, name: &str, spec: &ParamSpec) -> Result<TensorView<'a>> {
    let view = file
        .tensor(name)
        .map_err(|_| Error::BadModelFile(format!("it lacks the tensor {name}")))?;
    if view.dtype() != Dtype::F32 {
        return Err(Error::BadModelFile(format!(
            "{name} has type {:?}, expected F32",
            view.dtype()
        )));
    }
    if view.shape() != spec.shape {
        return Err(Error::BadModelFile(format!(
            "{name} has shape {:?}, expected {:?}",
            view.shape(),
            spec.shape
        )));
    }
    Ok(view)
}
