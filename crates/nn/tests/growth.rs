//! Models that get more symbols: what they knew stays, and the new ones can be learnt.

use mynah_nn::checkpoint::{self, LoadOptions};
use mynah_nn::config::{ModelOptions, parse_options};
use mynah_nn::data::list::DocumentList;
use mynah_nn::evaluation::Evaluation;
use mynah_nn::growth::grown;
use mynah_nn::linear::Purpose;
use mynah_nn::model::Model;
use mynah_nn::network::{Network, Regularisation};
use mynah_nn::training::{Training, TrainingOptions};
use std::collections::BTreeMap;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const OLD: &str = "the crow and the fox and the heron. ";
const NEW: &str = "Über 狼 und the fox 🦊!";
/// Symbols of [`NEW`] that [`OLD`] lacks, in the order of their code points.
const ADDED: &str = "!buÜ狼🦊";

const CONFIGS: [&str; 7] = [
    r#""cell":"lstm","embeddingSize":5,"tieWeights":false"#,
    r#""cell":"gru","embeddingSize":5,"numLayers":2,"tieWeights":true"#,
    r#""cell":"rnn","embeddingSize":5,"projectionSize":3,"tieWeights":false"#,
    r#""cell":"gru","embeddingSize":5,"tieWeights":true,"projectionSize":5"#,
    r#""cell":"lstm","embeddingSize":5,"bidirectional":true,"tieWeights":false"#,
    r#""cell":"min-gru","block":true,"numLayers":2"#,
    r#""cell":"transformer","numHeads":2,"contextLength":64"#,
];

/// Differences of the loss that are rounding, in nats per symbol.
const ROUNDING: f64 = 1e-5;

/// A model that has learnt [`OLD`], so that its unknown symbol is unlikely, but not impossible.
fn learnt(config: &str) -> Model {
    let text = OLD.repeat(20);
    let options: ModelOptions = parse_options(&format!(r#"{{{config},"hiddenSize":8}}"#)).unwrap();
    let mut model = Model::create(&options, &text).unwrap();
    train(&mut model, &text, 30);
    model
}

fn train(model: &mut Model, text: &str, steps: usize) -> f64 {
    let json = format!(
        r#"{{"steps":{steps},"batchSize":4,"seqLength":16,"learningRate":0.02,"validation":0}}"#
    );
    let options: TrainingOptions = parse_options(&json).unwrap();
    let mut training = Training::new(model, text, &options).unwrap();
    let mut loss = f64::NAN;
    while !training.is_finished() {
        loss = training.step(model, 0.0).unwrap().loss;
    }
    loss
}

fn loss(model: &Model, text: &str) -> f64 {
    let mut evaluation = Evaluation::new(model, text, 1).unwrap();
    while !evaluation.advance(model, 1000) {}
    evaluation.result().unwrap().loss
}

/// Every row of every parameter under its name and number, as the file of the grown model should have them, but for
/// embeddings that are drawn.
fn naive_rows(model: &Model, added: usize) -> BTreeMap<(String, usize), Vec<f32>> {
    let mut rows = BTreeMap::new();
    let is_tied = model.config().head.tied;
    let vocab_size = model.tokenizer().vocab_size();
    for spec in &model.layout().specs {
        let width = spec.shape.get(1).copied().unwrap_or(1);
        let values = &model.params()[spec.range.clone()];
        for (k, row) in values.chunks(width).enumerate() {
            rows.insert((spec.name.clone(), k), row.to_vec());
        }
        for new in vocab_size..vocab_size + added {
            let unknown = values[..width].to_vec();
            let row = match spec.name.as_str() {
                "linear.weight" => unknown,
                "embedding.weight" if is_tied => unknown,
                "linear.bias" => vec![unknown[0] - ((added + 1) as f32).ln()],
                _ => continue,
            };
            rows.insert((spec.name.clone(), new), row);
        }
    }
    let bias = rows.get_mut(&("linear.bias".into(), 0)).unwrap();
    bias[0] -= ((added + 1) as f32).ln();
    rows
}

#[test]
fn every_row_is_what_a_naive_twin_makes_of_it() {
    for config in CONFIGS {
        let model = learnt(config);
        let grown = grown(&model, NEW).unwrap();
        let added = ADDED.chars().count();
        assert_eq!(
            grown.tokenizer().symbols()[model.tokenizer().symbols().len()..],
            ADDED.chars().collect::<Vec<char>>(),
            "{config}"
        );
        let expected = naive_rows(&model, added);
        let mut drawn = 0;
        for spec in &grown.layout().specs {
            let width = spec.shape.get(1).copied().unwrap_or(1);
            let values = &grown.params()[spec.range.clone()];
            for (k, row) in values.chunks(width).enumerate() {
                match expected.get(&(spec.name.clone(), k)) {
                    Some(expected) => assert_eq!(row, expected, "{config}: {} {k}", spec.name),
                    None => {
                        assert_eq!(spec.name, "embedding.weight", "{config}");
                        assert!(row.iter().all(|value| value.abs() > 0.0), "{config} {k}");
                        drawn += 1;
                    }
                }
            }
        }
        let is_tied = model.config().head.tied;
        assert_eq!(drawn, if is_tied { 0 } else { added }, "{config}");
    }
}

/// The probabilities of what follows each symbol of [`OLD`].
fn probabilities(model: &Model) -> Vec<Vec<f64>> {
    let tokens = model.tokenizer().encode(OLD).unwrap();
    let mut network = Network::<f32>::new(
        model.config(),
        model.layout(),
        model.tokenizer().vocab_size(),
        1,
        tokens.len(),
        Purpose::Infer,
        Regularisation::default(),
    )
    .unwrap();
    network.load(model.params());
    network.forward(model.params(), &tokens, &tokens);
    (0..tokens.len())
        .map(|t| {
            let logits = network.logits(model.params(), t);
            let exp: Vec<f64> = logits.iter().map(|&x| f64::from(x).exp()).collect();
            let sum: f64 = exp.iter().sum();
            exp.iter().map(|x| x / sum).collect()
        })
        .collect()
}

#[test]
fn old_symbols_are_foreseen_as_before_and_the_unknown_one_shares_with_the_new() {
    for config in CONFIGS {
        let model = learnt(config);
        let grown = grown(&model, NEW).unwrap();
        let vocab_size = model.tokenizer().vocab_size();
        for (old, new) in probabilities(&model).iter().zip(probabilities(&grown)) {
            for (symbol, (old, new)) in old.iter().zip(&new).enumerate().skip(1) {
                assert!((old - new).abs() < 1e-6, "{config}: {symbol} {old} {new}");
            }
            let share = old[0] / (ADDED.chars().count() + 1) as f64;
            for p in new[vocab_size..].iter().chain(&new[..1]) {
                assert!(
                    (p - share).abs() < 1e-6 * share.max(1e-3),
                    "{config}: {p} {share}"
                );
            }
        }
        let difference = loss(&grown, OLD) - loss(&model, OLD);
        assert!(difference.abs() < ROUNDING, "{config}: {difference}");
    }
}

#[test]
fn the_new_symbols_can_be_learnt() {
    for config in CONFIGS {
        let mut grown = grown(&learnt(config), NEW).unwrap();
        let text = NEW.repeat(30);
        let before = loss(&grown, &text);
        train(&mut grown, &text, 60);
        let after = loss(&grown, &text);
        assert!(after < 0.7 * before, "{config}: from {before} to {after}");
    }
}

#[test]
fn nothing_new_changes_nothing_and_a_file_keeps_what_has_grown() {
    let model = learnt(CONFIGS[0]);
    let same = grown(&model, "the heron").unwrap();
    assert_eq!(same.params(), model.params());
    assert_eq!(same.tokenizer(), model.tokenizer());
    let grown_model = grown(&model, NEW).unwrap();
    let file = checkpoint::save(&grown_model).unwrap();
    let again = checkpoint::load(&file, &LoadOptions::default()).unwrap();
    assert_eq!(again.params(), grown_model.params());
    assert_eq!(again.tokenizer(), grown_model.tokenizer());
    // In two goes, the second of which draws other embeddings.
    let twice = grown(&grown(&model, "x!").unwrap(), NEW).unwrap();
    assert_eq!(
        twice.tokenizer().encode("!").unwrap(),
        [model.tokenizer().vocab_size() as u32]
    );
    let error = grown(&model, "").unwrap_err();
    assert_eq!(error.code(), "empty-text");
}

#[test]
fn documents_keep_their_boundary() {
    let list = |names: &[&str]| DocumentList::new(names.iter().map(|&it| it.into()).collect());
    let options: ModelOptions = parse_options(r#"{"hiddenSize":8}"#).unwrap();
    let model = Model::create(&options, &list(&["anna", "bob"])).unwrap();
    let grown = grown(&model, &list(&["carla"])).unwrap();
    assert_eq!(grown.tokenizer().boundary(), Some(1));
    assert_eq!(
        grown.tokenizer().symbols(),
        ['a', 'b', 'n', 'o', 'c', 'l', 'r']
    );
}

#[test]
fn without_an_unknown_symbol_the_loss_rises_by_no_more_than_one_part_in_v() {
    let file = include_bytes!("../../../test/golden/pytorch-model.safetensors");
    let options = LoadOptions {
        symbols: Some("abcdefghijklm".into()),
        activation: None,
    };
    let model = checkpoint::load(file, &options).unwrap();
    let grown = grown(&model, "xyz").unwrap();
    let text = "abcdefghijklmmlkjihgfedcba".repeat(4);
    let (before, after) = (loss(&model, &text), loss(&grown, &text));
    let most = (1.0 + 1.0 / 13f64).ln();
    assert!(
        (before - ROUNDING..before + most).contains(&after),
        "{before} {after}"
    );
}
