//! Models: mynah's own files, and the models of others in the same format.

use super::file::{File, Sink, TensorView, refuse_non_finite, tensors, write};
use super::state::{TRAINING, is_training_state};
use crate::config::options::{CellName, HiddenSize, MOST_LAYERS};
use crate::config::{Activation, ModelConfig, ModelOptions};
use crate::json::{self, SortedObject, record, to_json};
use crate::message::quoted;
use crate::model::Model;
use crate::params::{Layout, ParamSpec};
use crate::tokenizer::Tokenizer;
use crate::{Error, Result};

/// `format` of the metadata.
const FORMAT: &str = "mynah";
/// `version` of the metadata: what this code writes and the only one it reads.
pub const FORMAT_VERSION: &str = "1";

/// Writes a model: an 8-byte length, a JSON header with sorted keys, the tensors as little-endian `f32` in
/// the arena's order. The same model gives the same bytes.
///
/// # Errors
/// [`Error::OutOfMemory`]; the model is untouched.
pub fn save(model: &Model) -> Result<Vec<u8>> {
    let mut file = Vec::new();
    save_to(&mut file, model)?;
    Ok(file)
}

/// As [`save`], to where the caller wants it.
///
/// # Errors
/// Those of [`Sink::begin`].
pub fn save_to(sink: &mut dyn Sink, model: &Model) -> Result<()> {
    let all = tensors("", model.layout(), model.params());
    write(sink, metadata_of(model), &all)
}

/// The metadata of a model's file.
pub(crate) fn metadata_of(model: &Model) -> SortedObject {
    let mut metadata = SortedObject::default();
    metadata.insert("format", &FORMAT);
    metadata.insert("version", &FORMAT_VERSION);
    metadata.insert("config", &to_json(&ModelOptions::from(model.config())));
    metadata.insert("tokenizer", &model.tokenizer().to_json());
    metadata
}

/// What a file without mynah's metadata does not say; not looked at for other files.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// The vocabulary in the order of its tokens: as many symbols as the embedding has rows, or one less, if
    /// row 0 is for unknown ones.
    pub symbols: Option<String>,
    /// The nonlinearity of an rnn, which its weights do not show; default tanh.
    pub activation: Option<Activation>,
}

record!(LoadOptions {
    symbols = "symbols",
    activation = "activation",
});

/// Reads a model file (of a checkpoint the model alone), or, where it has no metadata of mynah's, a PyTorch
/// language model Embedding -> RNN, GRU or LSTM -> Linear with the help of `options`.
///
/// # Errors
/// [`Error::BadModelFile`] with the reason; [`Error::OutOfMemory`].
pub fn load(bytes: &[u8], options: &LoadOptions) -> Result<Model> {
    let file = File::read(bytes)?;
    let is_ours = file
        .metadata("format")
        .is_some_and(|format| format == FORMAT);
    let (config, tokenizer, names) = if is_ours {
        read_ours(&file)?
    } else {
        infer_foreign(&file, options)?
    };
    let has_training_state = is_ours && file.metadata(TRAINING).is_some();
    fill(config, tokenizer, &file, &names, has_training_state)
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
            "linear" => &self.output,
            // Only our own files have such.
            _ => return spec.name.clone(),
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

fn read_ours(file: &File<'_>) -> Result<(ModelConfig, Tokenizer, Names)> {
    let bad = |reason: String| Error::BadModelFile(reason).into();
    let entry = |key| {
        file.metadata(key)
            .ok_or_else(|| bad(format!("its metadata lacks {}", quoted(key))))
    };
    let version = entry("version")?;
    if version != FORMAT_VERSION {
        return Err(bad(format!(
            "it has format version {}, this mynah reads {}",
            quoted(version),
            quoted(FORMAT_VERSION)
        )));
    }
    let tokenizer = Tokenizer::from_json(entry("tokenizer")?)?;
    let options: ModelOptions =
        json::parse(entry("config")?).map_err(|error| bad(format!("its config: {error}")))?;
    // What is off is not written; the default of new models depends on the vocabulary.
    let tie_weights = Some(options.tie_weights.unwrap_or(false));
    let config = ModelOptions {
        tie_weights,
        ..options.clone()
    }
    .resolve(tokenizer.vocab_size())
    .map_err(|error| bad(format!("its config: {error}")))?;
    // A file says everything else: what it left open would change its meaning with the defaults of a later version.
    if ModelOptions::from(&config) != options {
        return Err(bad("its config is incomplete".into()));
    }
    Ok((config, tokenizer, Names::ours()))
}

fn foreign(reason: String) -> Box<Error> {
    Error::BadModelFile(format!("it was not written by mynah, and {reason}")).into()
}

/// The cell and sizes of a file without metadata, from the shapes of its tensors.
fn infer_foreign(
    file: &File<'_>,
    options: &LoadOptions,
) -> Result<(ModelConfig, Tokenizer, Names)> {
    let names = infer_names(file)?;
    let shape = |name: String| -> Result<[usize; 2]> {
        let view = file
            .tensor(&name)
            .ok_or_else(|| foreign(format!("lacks {}", quoted(&name))))?;
        view.shape
            .as_slice()
            .try_into()
            .map_err(|_| foreign(format!("{} is no matrix", quoted(&name))))
    };
    let [rows, hidden_size] = shape(join(&names.recurrent, "weight_hh_l0"))?;
    let [vocab_size, embedding_size] = shape(join(&names.embedding, "weight"))?;
    let cell = match rows.checked_div(hidden_size) {
        Some(1) => CellName::Rnn,
        Some(3) => CellName::Gru,
        Some(4) => CellName::Lstm,
        _ => {
            return Err(foreign(
                "its recurrent weights are of no known cell (1, 3 or 4 gates)".into(),
            ));
        }
    };
    let has_layer = |k: &usize| {
        file.tensor(&join(&names.recurrent, &format!("weight_hh_l{k}")))
            .is_some()
    };
    let config = ModelOptions {
        cell: Some(cell),
        activation: options.activation,
        hidden_size: Some(HiddenSize::All(hidden_size)),
        num_layers: Some((0..=MOST_LAYERS).take_while(has_layer).count()),
        embedding_size: Some(embedding_size),
        tie_weights: Some(false),
        ..ModelOptions::default()
    };
    let config = config
        .resolve(vocab_size)
        .map_err(|error| foreign(error.to_string()))?;
    Ok((config, foreign_tokenizer(options, vocab_size)?, names))
}

/// The recurrent layer is the one with `weight_ih_l0`; the output layer has a weight and a bias, the
/// embedding a weight alone.
fn infer_names(file: &File<'_>) -> Result<Names> {
    let with_suffix = |suffix: &str| -> Vec<&str> {
        let stripped = file.names().filter_map(|name| name.strip_suffix(suffix));
        stripped
            .filter_map(|prefix| {
                if prefix.is_empty() {
                    Some("")
                } else {
                    prefix.strip_suffix('.')
                }
            })
            .collect()
    };
    let only = |found: Vec<&str>, what: &str| match found[..] {
        [prefix] => Ok(prefix.to_owned()),
        _ => Err(foreign(format!("has not exactly one {what}"))),
    };
    let (biases, weights) = (with_suffix("bias"), with_suffix("weight"));
    Ok(Names {
        recurrent: only(with_suffix("weight_ih_l0"), "tensor named weight_ih_l0")?,
        output: only(
            weights
                .iter()
                .copied()
                .filter(|name| biases.contains(name))
                .collect(),
            "output layer (a weight with a bias)",
        )?,
        embedding: only(
            weights
                .iter()
                .copied()
                .filter(|name| !biases.contains(name))
                .collect(),
            "embedding (a weight without a bias)",
        )?,
    })
}

fn foreign_tokenizer(options: &LoadOptions, vocab_size: usize) -> Result<Tokenizer> {
    let Some(symbols) = &options.symbols else {
        return Err(foreign(
            "has no vocabulary: give its symbols in the option symbols".into(),
        ));
    };
    let symbols: Vec<char> = symbols.chars().collect();
    if symbols.len() != vocab_size && symbols.len() + 1 != vocab_size {
        let fewer = vocab_size.saturating_sub(1);
        return Err(Error::invalid(
            "symbols",
            format!("{} symbols", symbols.len()),
            format!(
                "{vocab_size}, one for each row of the embedding, or {fewer} where the first row is for unknown ones"
            ),
        ));
    }
    let has_unknown = symbols.len() < vocab_size;
    Tokenizer::new(symbols, has_unknown).map_err(|_| {
        let got = "empty, or has one of them twice";
        Error::invalid("symbols", got, "all that there are, each once")
    })
}

/// Checks every tensor's shape and values before memory is taken, then copies them.
fn fill(
    config: ModelConfig,
    tokenizer: Tokenizer,
    file: &File<'_>,
    names: &Names,
    has_training_state: bool,
) -> Result<Model> {
    let layout = Layout::new(&config, tokenizer.vocab_size())?;
    let views: Vec<&TensorView<'_>> = layout
        .specs
        .iter()
        .map(|spec| file.view(&names.of(spec), &spec.shape))
        .collect::<Result<_>>()?;
    let known: Vec<String> = layout.specs.iter().map(|spec| names.of(spec)).collect();
    file.refuse_others(|name| {
        known.iter().any(|known| known == name) || (has_training_state && is_training_state(name))
    })?;
    for (spec, view) in layout.specs.iter().zip(&views) {
        refuse_non_finite(&names.of(spec), view)?;
    }
    let mut model = Model::zeroed(config, tokenizer)?;
    for (spec, view) in layout.specs.iter().zip(views) {
        view.copy_to(&mut model.params_mut()[spec.range.clone()]);
    }
    Ok(model)
}
