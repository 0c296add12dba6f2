//! Model files: what is written is read back, and nothing else is.

use mynah_nn::Result;
use mynah_nn::checkpoint::{self, LoadOptions};
use mynah_nn::config::{Body, Cell, ModelOptions, parse_options};
use mynah_nn::linear::Purpose;
use mynah_nn::model::Model;
use mynah_nn::network::{Network, Regularisation};
use mynah_testing::{Golden, assert_close};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const CONFIGS: [&str; 5] = [
    r#"{"cell":"rnn","hiddenSize":3,"embeddingSize":2}"#,
    r#"{"cell":"rnn","activation":"relu","hiddenSize":4,"embeddingSize":2}"#,
    r#"{"cell":"gru","hiddenSize":5,"embeddingSize":3,"numLayers":2}"#,
    r#"{"cell":"gru","resetAfter":false,"hiddenSize":5,"embeddingSize":3}"#,
    r#"{"cell":"lstm","hiddenSize":6,"embeddingSize":4,"numLayers":3}"#,
];

fn save(model: &Model) -> Vec<u8> {
    checkpoint::save(model).unwrap()
}

fn load(bytes: &[u8], symbols: Option<&str>) -> Result<Model> {
    checkpoint::load(
        bytes,
        &LoadOptions {
            symbols: symbols.map(str::to_owned),
            activation: None,
        },
    )
}

fn model(options: &str) -> Model {
    let options: ModelOptions = parse_options(options).unwrap();
    Model::create(&options, "abc\u{1F600}道\n\"\\").unwrap()
}

#[test]
fn a_saved_model_is_read_back_bit_for_bit() {
    for options in CONFIGS {
        let model = model(options);
        let file = save(&model);
        let again = load(&file, None).unwrap();
        assert_eq!(
            (again.config(), again.tokenizer()),
            (model.config(), model.tokenizer())
        );
        assert_eq!(again.params(), model.params());
        assert_eq!(save(&again), file, "the same model gives the same bytes");
    }
}

#[test]
fn names_and_metadata_are_as_documented() {
    let file = save(&model(CONFIGS[4]));
    let golden = Golden::read(&file);
    assert_eq!(
        (golden.text("format"), golden.text("version")),
        ("mynah", "1")
    );
    assert_eq!(
        golden.text("config"),
        r#"{"cell":"lstm","hiddenSize":6,"numLayers":3,"embeddingSize":4}"#
    );
    for (name, shape) in [
        ("embedding.weight", vec![9, 4]),
        ("rnn.weight_ih_l0", vec![24, 4]),
        ("rnn.weight_hh_l2", vec![24, 6]),
        ("rnn.bias_ih_l1", vec![24]),
        ("rnn.bias_hh_l0", vec![24]),
        ("linear.weight", vec![9, 6]),
        ("linear.bias", vec![9]),
    ] {
        assert_eq!(golden.shape(name), shape, "{name}");
    }
    let header = u64::from_le_bytes(file[..8].try_into().unwrap());
    assert_eq!(header % 8, 0, "tensors are aligned");
}

#[test]
fn every_truncation_is_refused() {
    let file = save(&model(CONFIGS[0]));
    for len in 0..file.len() {
        let error = load(&file[..len], None).unwrap_err();
        assert_eq!(error.code(), "bad-model-file", "{len} bytes: {error}");
    }
    let longer = [&file[..], &[0]].concat();
    assert_eq!(
        load(&longer, None).unwrap_err().code(),
        "bad-model-file",
        "a byte too many"
    );
}

#[test]
fn every_flipped_header_byte_is_refused_or_harmless() {
    let file = save(&model(CONFIGS[2]));
    let header = 8 + u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
    for at in 0..header {
        for flip in [0x01, 0x10, 0x80] {
            let mut damaged = file.clone();
            damaged[at] ^= flip;
            // No panic, and no memory beyond the file's size: the sizes are checked first.
            match load(&damaged, None) {
                Ok(model) => assert_eq!(
                    model.params().len(),
                    load(&file, None).unwrap().params().len()
                ),
                Err(error) => assert_eq!(error.code(), "bad-model-file", "byte {at}: {error}"),
            }
        }
    }
}

#[test]
fn weights_that_are_not_finite_are_refused_with_their_place() {
    let file = save(&model(CONFIGS[0]));
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut damaged = file.clone();
        let third_last = file.len() - 3 * size_of::<f32>();
        damaged[third_last..][..size_of::<f32>()].copy_from_slice(&bad.to_le_bytes());
        let error = load(&damaged, None).unwrap_err();
        assert_eq!(error.code(), "bad-model-file", "{bad}");
        // Of nine symbols.
        let words = "number 6 of \"linear.bias\" is not finite";
        assert!(error.to_string().contains(words), "{bad}: {error}");
    }
}

/// A file with our metadata and the given header changes.
fn with_header(change: impl Fn(String) -> String) -> Vec<u8> {
    let file = save(&model(CONFIGS[0]));
    let header = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
    let text = change(String::from_utf8(file[8..8 + header].to_vec()).unwrap());
    [
        &(text.len() as u64).to_le_bytes(),
        text.as_bytes(),
        &file[8 + header..],
    ]
    .concat()
}

#[test]
fn hostile_and_foreign_headers_are_refused_with_a_reason() {
    let replace = |from: &'static str, to: &'static str| {
        with_header(move |header| {
            assert!(header.contains(from), "{from} stands in {header}");
            header.replace(from, to)
        })
    };
    for (file, reason) in [
        (
            replace(r#"\"hiddenSize\":3"#, r#"\"hiddenSize\":8192"#),
            "shape",
        ),
        (
            replace(r#"\"hiddenSize\":3"#, r#"\"hiddenSize\":4294967295"#),
            "hiddenSize",
        ),
        (
            replace(r#"\"numLayers\":1"#, r#"\"numLayers\":2"#),
            "lacks the tensor",
        ),
        (replace(r#""version":"1""#, r#""version":"2""#), "version"),
        (replace(r#""tokenizer":"#, r#""other":"#), "tokenizer"),
        (
            replace(r#"\"cell\":\"rnn\""#, r#"\"cell\":\"elm\""#),
            "config",
        ),
        (
            replace(r#""linear.bias""#, r#""linear.bios""#),
            "lacks the tensor \"linear.bias\"",
        ),
        (replace(r#""dtype":"F32""#, r#""dtype":"I32""#), "type"),
        (b"PK\x03\x04 not a model at all".to_vec(), "safetensors"),
        (Vec::new(), "safetensors"),
    ] {
        let error = load(&file, None).unwrap_err();
        assert_eq!(error.code(), "bad-model-file");
        assert!(error.to_string().contains(reason), "{reason}: {error}");
    }
}

#[test]
fn an_incomplete_config_and_additional_tensors_are_refused() {
    let incomplete = with_header(|header| header.replace(r#"\"numLayers\":1,"#, ""));
    assert!(
        load(&incomplete, None)
            .unwrap_err()
            .to_string()
            .contains("incomplete")
    );
    // An empty tensor is well-formed safetensors.
    let additional = with_header(|header| {
        let open = header.trim_end().trim_end_matches('}').to_owned();
        open + r#"},"zzz":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#
    });
    let error = load(&additional, None).unwrap_err();
    assert!(error.to_string().contains("zzz"), "{error}");
}

#[test]
fn foreign_files_of_every_cell_and_depth_are_read() {
    for options in CONFIGS {
        let ours = model(options);
        let file = save(&ours);
        let header = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
        let text = String::from_utf8(file[8..8 + header].to_vec()).unwrap();
        // As PyTorch would save it: no metadata, names of the user's choice, one of the modules without any.
        let (_, tensors) = text.split_once(r#""},""#).unwrap();
        let text = format!(r#"{{"{tensors}"#)
            .replace("rnn.", "net.core.")
            .replace("linear.", "")
            .replace("embedding.", "emb.");
        let foreign = [
            &(text.len() as u64).to_le_bytes(),
            text.as_bytes(),
            &file[8 + header..],
        ]
        .concat();
        let symbols: String = ours.tokenizer().symbols().iter().collect();
        let mut expected = ours.config().clone();
        let Body::Stack { recurrence, .. } = &mut expected.body else {
            panic!("{options} is a stack");
        };
        let activation = match &mut recurrence.cell {
            Cell::Rnn(activation) => Some(*activation),
            // A GRU's two forms look alike in a file: what PyTorch writes is the reset-after form.
            Cell::Gru { reset_after } => {
                *reset_after = true;
                None
            }
            _ => None,
        };
        let read = checkpoint::load(
            &foreign,
            &LoadOptions {
                symbols: Some(symbols),
                activation,
            },
        );
        let read = read.unwrap();
        assert_eq!(
            (read.config(), read.params(), read.tokenizer()),
            (&expected, ours.params(), ours.tokenizer()),
            "{options}"
        );
    }
}

const PYTORCH_MODEL: &[u8] = include_bytes!("../../../test/golden/pytorch-model.safetensors");

#[test]
fn a_pytorch_language_model_is_read_and_gives_pytorch_s_logits() {
    let expected = Golden::read(include_bytes!(
        "../../../test/golden/pytorch-model.expected.safetensors"
    ));
    let (tokens, shape) = (expected.symbols("tokens"), expected.shape("tokens"));
    for symbols in ["abcdefghijkl", "abcdefghijklm"] {
        let model = load(PYTORCH_MODEL, Some(symbols)).unwrap();
        assert_eq!(
            model.tokenizer().unknown().is_some(),
            symbols.len() == 12,
            "one symbol less leaves row 0 for unknown ones"
        );
        let (config, layout, vocab) = (
            model.config(),
            model.layout(),
            model.tokenizer().vocab_size(),
        );
        let mut network = Network::<f32>::new(
            config,
            layout,
            vocab,
            shape[1],
            shape[0],
            Purpose::Infer,
            Regularisation::default(),
        )
        .unwrap();
        network.load(model.params());
        network.forward(model.params(), &tokens, &[]);
        let logits: Vec<f32> = (0..shape[0])
            .flat_map(|step| network.logits(model.params(), step).to_vec())
            .collect();
        // PyTorch computed these in f32, too.
        assert_close(&logits, expected.values("logits"), 2e-6, "logits");
    }
}

#[test]
fn a_foreign_file_needs_a_vocabulary_that_fits() {
    for (symbols, code, reason) in [
        (None, "bad-model-file", "symbols"),
        (
            Some("abc"),
            "invalid-option",
            "symbols is 3 symbols, but must be 13",
        ),
        (Some("aacdefghijklm"), "invalid-option", "twice"),
    ] {
        let error = load(PYTORCH_MODEL, symbols).unwrap_err();
        assert_eq!(error.code(), code);
        assert!(error.to_string().contains(reason), "{error}");
    }
}
