//! Evaluation and sampling.

use mynah_nn::config::{ModelOptions, parse_options};
use mynah_nn::evaluation::{Evaluation, EvaluationResult, Reading};
use mynah_nn::linear::Quantization;
use mynah_nn::model::Model;
use mynah_nn::sampling::{SampleOptions, Sampler, UnknownSymbols};
use mynah_nn::training::{Training, TrainingOptions};
use std::f64::consts::LN_2;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const TEXT: &str = "Der Müller sprach: „Gib mir 鳥 zurück!“\nDie Krähe schwieg. ";

fn trained() -> (Model, String) {
    let text = TEXT.repeat(30);
    let options: ModelOptions =
        parse_options(r#"{"cell":"gru","hiddenSize":32,"embeddingSize":16}"#).unwrap();
    let mut model = Model::create(&options, &text).unwrap();
    let options: TrainingOptions =
        parse_options(r#"{"steps":40,"batchSize":8,"seqLength":16,"learningRate":0.01}"#).unwrap();
    let mut training = Training::new(&model, &text, &options).unwrap();
    while !training.is_finished() {
        training.step(&mut model, 0.0).unwrap();
    }
    (model, text)
}

fn evaluate(model: &Model, text: &str, streams: usize, chunk: usize) -> EvaluationResult {
    let mut evaluation = Evaluation::new(model, text, streams).unwrap();
    while !evaluation.advance(model, chunk) {}
    evaluation.result().unwrap()
}

#[test]
fn evaluation_reports_consistent_numbers_whatever_the_chunks() {
    let (model, text) = trained();
    let result = evaluate(&model, &text, 1, usize::MAX);
    assert_eq!(
        evaluate(&model, &text, 1, 1),
        result,
        "chunks do not matter"
    );
    assert_eq!(result.tokens, text.chars().count() - 1);
    assert!((result.perplexity - result.loss.exp()).abs() < 1e-12);
    let bytes = text.len() - 1; // the first symbol, D, is only read
    let bits = result.loss * result.tokens as f64 / (LN_2 * bytes as f64);
    assert!((result.bits_per_byte - bits).abs() < 1e-12);
    assert!(result.accuracy > 0.5 && result.accuracy < 1.0, "{result:?}");
}

#[test]
fn every_stream_reads_up_to_256_symbols_before_its_part_and_the_first_starts_from_zero() {
    const WARM_UP: usize = 256;
    let (model, text) = trained();
    // A text that the model has not learnt by heart, so that what came before matters.
    let mixed: Vec<char> = text
        .chars()
        .enumerate()
        .map(|(i, c)| if i % 7 == 3 { 'D' } else { c })
        .collect();
    let text: String = mixed.iter().collect();
    let targets = mixed.len() - 1;
    for streams in [2, 3, 5] {
        let part = targets.div_ceil(streams);
        assert!(part > WARM_UP, "a full warm-up fits");
        let total = |from: usize, to: usize| {
            let text: String = mixed[from..=to].iter().collect();
            let result = evaluate(&model, &text, 1, usize::MAX);
            result.loss * result.tokens as f64
        };
        // The same sums by exact passes over pieces of the text.
        let expected: f64 = (0..streams)
            .map(|stream| {
                let (start, end) = (stream * part, targets.min((stream + 1) * part));
                let warm = start.saturating_sub(WARM_UP);
                total(warm, end)
                    - if warm < start {
                        total(warm, start)
                    } else {
                        0.0
                    }
            })
            .sum();
        let result = evaluate(&model, &text, streams, 100);
        assert_eq!(result.tokens, targets, "every symbol counts once");
        let mean = expected / targets as f64;
        assert!(
            (result.loss - mean).abs() < 1e-9,
            "{streams} streams: {}, expected {mean}",
            result.loss
        );
        let exact = evaluate(&model, &text, 1, usize::MAX).loss;
        assert!(
            (result.loss - exact).abs() < 0.01 && result.loss != exact,
            "near the exact pass: {exact}"
        );
    }
    assert_eq!(
        evaluate(&model, &text, 1000, 100).tokens,
        targets,
        "no more streams than warm-ups fit"
    );
}

#[test]
fn windows_each_start_from_nothing_and_count_every_symbol_once() {
    let (model, text) = trained();
    let symbols: Vec<char> = text.chars().take(300).collect();
    let text: String = symbols.iter().collect();
    let in_windows = |len: usize, chunk: usize| {
        let reading = Reading::Windows(len);
        let mut evaluation = Evaluation::with(&model, &text, reading, Quantization::None).unwrap();
        while !evaluation.advance(&model, chunk) {}
        evaluation.result().unwrap()
    };
    // 299 targets: more windows than are read side by side, fewer, some that go into it, and one longer than the text.
    for len in [1, 7, 13, 23, 64, 299, 1000] {
        let targets = symbols.len() - 1;
        let expected: f64 = (0..targets)
            .step_by(len)
            .map(|start| {
                let end = targets.min(start + len);
                let piece: String = symbols[start..=end].iter().collect();
                let result = evaluate(&model, &piece, 1, usize::MAX);
                result.loss * result.tokens as f64
            })
            .sum();
        let result = in_windows(len, 100);
        assert_eq!(result.tokens, targets, "{len}");
        let mean = expected / targets as f64;
        assert!(
            (result.loss - mean).abs() < 1e-9,
            "{len}: {} {mean}",
            result.loss
        );
        let in_steps = in_windows(len, 1);
        assert!((in_steps.loss - result.loss).abs() < 1e-9, "{len}: chunks");
    }
    assert_eq!(
        in_windows(1000, 100).loss,
        evaluate(&model, &text, 1, 100).loss
    );
}

#[test]
fn an_evaluation_goes_on_with_weights_that_changed() {
    let (model, text) = trained();
    let result = |change: bool| {
        let mut evaluation = Evaluation::new(&model.clone(), &text, 1).unwrap();
        let mut model = model.clone();
        evaluation.advance(&model, 100);
        if change {
            model.params_mut().iter_mut().for_each(|p| *p *= 1.5);
        }
        while !evaluation.advance(&model, 1000) {}
        evaluation.result().unwrap().loss
    };
    assert_ne!(result(true), result(false));
}

#[test]
fn evaluation_sees_a_worse_text_and_unknown_symbols() {
    let (model, text) = trained();
    let known = evaluate(&model, &text, 1, usize::MAX).loss;
    let reversed: String = text.chars().rev().collect();
    assert!(evaluate(&model, &reversed, 1, usize::MAX).loss > known + 1.0);
    let unknown = text.replace('e', "ж");
    assert!(
        evaluate(&model, &unknown, 1, usize::MAX).loss > known + 0.5,
        "an unknown symbol does not hide its loss"
    );
}

/// Once all symbols are in the first layer's table, the unknown one too, a window has nothing to add to it.
#[test]
fn every_cell_reads_on_when_it_has_seen_all_symbols() {
    let text = "abc".repeat(100);
    for cell in ["rnn", "gru", "lstm", "min-gru"] {
        let layer_norm = cell != "min-gru";
        let json = format!(r#"{{"cell":"{cell}","hiddenSize":8,"layerNorm":{layer_norm}}}"#);
        let options: ModelOptions = parse_options(&json).unwrap();
        let model = Model::create(&options, &text).unwrap();
        let seen = format!("{text}☃{text}");
        let loss = evaluate(&model, &seen, 1, 64).loss;
        assert!((loss - evaluate(&model, &seen, 1, usize::MAX).loss).abs() < 1e-12);
    }
}

#[test]
fn too_little_text_is_refused() {
    let (model, _) = trained();
    for (text, streams, code) in [
        ("", 1, "empty-text"),
        ("D", 1, "text-too-short"),
        (TEXT, 0, "invalid-option"),
        (TEXT, 1025, "invalid-option"),
    ] {
        let Err(error) = Evaluation::new(&model, text, streams) else {
            panic!("{text:?} was taken")
        };
        assert_eq!(error.code(), code, "{error}");
    }
}

/// The first `count` symbols that a sampler writes.
fn first(sampler: &mut Sampler, model: &Model, count: usize) -> String {
    let until = sampler.written() + count;
    let mut text = String::new();
    while sampler.written() < until {
        text += &sampler.next(model, 1).unwrap();
    }
    text
}

fn options(prompt: &str, temperature: f64, seed: u64) -> SampleOptions {
    SampleOptions {
        prompt: prompt.into(),
        length: Some(120),
        temperature: Some(temperature),
        seed: Some(seed),
        ..Default::default()
    }
}

#[test]
fn samples_repeat_by_seed_and_do_not_depend_on_the_chunks() {
    let (model, _) = trained();
    let write = |temperature: f64, seed: u64, chunk: usize| {
        let mut sampler = Sampler::new(&model, &options("Der ", temperature, seed)).unwrap();
        let mut text = String::new();
        while !sampler.is_finished() {
            text += &sampler.next(&model, chunk).unwrap();
        }
        assert_eq!((text.chars().count(), sampler.written()), (120, 120));
        text
    };
    assert_eq!(write(1.0, 7, 1), write(1.0, 7, 1000));
    assert_ne!(write(1.0, 7, 50), write(1.0, 8, 50));
    assert_eq!(
        write(0.0, 7, 50),
        write(0.0, 8, 50),
        "temperature 0 draws nothing"
    );
    assert!(
        !write(5.0, 3, 50).contains(char::REPLACEMENT_CHARACTER),
        "the unknown symbol is never written"
    );
}

#[test]
fn the_prompt_matters_and_may_be_empty() {
    let (model, _) = trained();
    let first = |prompt: &str| {
        first(
            &mut Sampler::new(&model, &options(prompt, 0.0, 1)).unwrap(),
            &model,
            6,
        )
    };
    assert_ne!(first("Der Müll"), first("Die Kräh"));
    assert_eq!(
        first(""),
        first("\n"),
        "a model without a prompt reads a line end"
    );
}

#[test]
fn unknown_symbols_of_a_prompt_are_refused_or_read_as_bytes() {
    let (model, _) = trained();
    let lenient = options("Die Katze 猫", 0.0, 1);
    let strict = SampleOptions {
        unknown: UnknownSymbols::Error,
        ..lenient.clone()
    };
    let error = Sampler::new(&model, &strict).err().unwrap();
    assert_eq!(error.code(), "unknown-symbol");
    assert!(error.to_string().contains('猫'), "{error}");
    assert_eq!(
        first(&mut Sampler::new(&model, &lenient).unwrap(), &model, 5)
            .chars()
            .count(),
        5
    );
}

#[test]
fn a_sampler_sees_the_weights_of_the_last_step() {
    let (mut model, text) = trained();
    let mut sampler = Sampler::new(&model, &options("Der ", 0.0, 1)).unwrap();
    let mut untouched = Sampler::new(&model, &options("Der ", 0.0, 1)).unwrap();
    let frozen = model.clone();
    assert_eq!(
        first(&mut sampler, &model, 5),
        first(&mut untouched, &frozen, 5)
    );
    // A thousandfold rate wrecks the weights.
    let training: TrainingOptions = parse_options(
        r#"{"steps":3,"learningRate":3,"warmupSteps":0,"batchSize":8,"seqLength":16}"#,
    )
    .unwrap();
    let mut training = Training::new(&model, &text, &training).unwrap();
    for _ in 0..3 {
        training.step(&mut model, 0.0).unwrap();
    }
    assert_ne!(
        first(&mut sampler, &model, 50),
        first(&mut untouched, &frozen, 50)
    );
}

#[test]
fn options_out_of_range_are_refused() {
    let (model, _) = trained();
    for temperature in [-0.1, 101.0, f64::NAN] {
        let error = Sampler::new(&model, &options("", temperature, 1))
            .err()
            .unwrap();
        assert!(error.to_string().starts_with("temperature is"), "{error}");
    }
    assert_eq!(
        parse_options::<SampleOptions>(r#"{"temp":1}"#)
            .unwrap_err()
            .code(),
        "unknown-option"
    );
}
