//! Several texts at once, and weights in 8 bits.

mod runs;

use mynah_nn::evaluation::{Evaluation, Reading};
use mynah_nn::linear::Quantization;
use mynah_nn::model::Model;
use mynah_nn::sampling::{SampleOptions, Sampler};
use runs::{MODELS, SENTENCE, create, names, run, start};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Models that write.
fn writers() -> impl Iterator<Item = &'static str> {
    MODELS.into_iter().filter(|m| !m.contains("bidirectional"))
}

fn options(count: Option<usize>, length: usize) -> SampleOptions {
    SampleOptions {
        prompt: "the ".into(),
        length: Some(length),
        temperature: Some(1.0),
        seed: Some(5),
        count,
        ..Default::default()
    }
}

/// All texts, a few symbols at a time.
fn write(model: &Model, options: &SampleOptions, steps: usize) -> Vec<String> {
    let mut sampler = Sampler::new(model, options).unwrap();
    let mut texts = Vec::new();
    while !sampler.is_finished() {
        sampler.advance(model, steps).unwrap();
        while let Some(text) = sampler.take() {
            texts.push(text);
        }
    }
    let symbols: usize = texts.iter().map(|text| text.chars().count()).sum();
    assert_eq!(sampler.written(), symbols);
    assert_eq!(sampler.take(), None);
    texts
}

#[test]
fn a_text_does_not_depend_on_how_many_there_are_nor_on_the_chunks() {
    for model in writers() {
        let model = create(model, SENTENCE);
        for quantize in [Quantization::None, Quantization::Int8] {
            let write = |count, steps| {
                let options = SampleOptions {
                    quantize,
                    ..options(count, 20)
                };
                write(&model, &options, steps)
            };
            // 150 texts take three turns: what a text leaves behind must not reach the next one in its place.
            let (few, many) = (write(Some(3), 1), write(Some(150), 7));
            assert_eq!((few.len(), many.len()), (3, 150));
            assert_eq!(few, many[..3]);
            assert_eq!(write(None, 1000), few[..1]);
            let different: std::collections::BTreeSet<&String> = many.iter().collect();
            assert_eq!(different.len(), 150, "each has draws of its own");
            assert_eq!(write(Some(61), 1000)[60], many[60]);
        }
    }
}

#[test]
fn documents_of_different_lengths_come_in_order() {
    let list = names();
    let mut model = create(r#"{"cell":"gru","hiddenSize":12,"embeddingSize":5}"#, &list);
    let options = r#"{"steps":60,"batchSize":4,"learningRate":0.02,"validation":0}"#;
    let mut training = start(&model, &list, options).unwrap();
    run(&mut model, &mut training);
    let options = SampleOptions {
        seed: Some(3),
        temperature: Some(1.0),
        ..Default::default()
    };
    let many = |count| {
        let options = SampleOptions {
            count: Some(count),
            ..options.clone()
        };
        write(&model, &options, 3)
    };
    let texts = many(200);
    assert_eq!(texts.len(), 200);
    let lengths: std::collections::BTreeSet<usize> = texts.iter().map(String::len).collect();
    assert!(lengths.len() > 3, "{lengths:?}");
    assert_eq!(many(5), texts[..5]);
    assert_eq!(write(&model, &options, 1), texts[..1]);
}

#[test]
fn nothing_is_written_where_nothing_is_wanted() {
    let model = create(MODELS[0], SENTENCE);
    assert_eq!(write(&model, &options(Some(70), 0), 4), vec![""; 70]);
}

#[test]
fn counts_out_of_range_are_refused() {
    let model = create(MODELS[0], SENTENCE);
    for count in [0, 100_001] {
        let error = Sampler::new(&model, &options(Some(count), 1))
            .err()
            .unwrap();
        assert_eq!(
            error.to_string(),
            format!("count is {count}, but must be a whole number from 1 to 100000")
        );
    }
}

#[test]
fn damaged_weights_are_noticed_in_8_bits_too() {
    for model in writers().filter(|m| m.contains("lstm") || m.contains("block")) {
        let mut model = create(model, SENTENCE);
        // In a matrix that is rounded, and nowhere else.
        let layout = model.layout();
        let name = layout
            .specs
            .iter()
            .map(|spec| spec.name.clone())
            .rfind(|name| name.contains("weight_hh") || name == "linear.weight")
            .unwrap();
        let first = layout.range(&name).start;
        model.params_mut()[first] = f32::NAN;
        for quantize in [Quantization::None, Quantization::Int8] {
            let options = SampleOptions {
                quantize,
                ..options(None, 5)
            };
            let mut sampler = Sampler::new(&model, &options).unwrap();
            let error = sampler.next(&model, 50).unwrap_err();
            assert_eq!(error.code(), "non-finite-loss");
        }
    }
}

/// Nats per symbol of a text under a model.
fn loss(model: &Model, text: &str, quantize: Quantization) -> f64 {
    let mut evaluation = Evaluation::with(model, text, Reading::Streams(4), quantize).unwrap();
    while !evaluation.advance(model, usize::MAX) {}
    evaluation.result().unwrap().loss
}

#[test]
fn weights_in_8_bits_cost_less_than_a_hundredth_of_a_bit() {
    let text = SENTENCE.repeat(60);
    for options in [
        r#"{"cell":"lstm","hiddenSize":48,"embeddingSize":24}"#,
        r#"{"cell":"gru","hiddenSize":48,"numLayers":2,"embeddingSize":24}"#,
        r#"{"cell":"gru","resetAfter":false,"hiddenSize":48,"embeddingSize":24,"layerNorm":true}"#,
        r#"{"cell":"min-gru","hiddenSize":48,"numLayers":2,"block":true}"#,
        r#"{"cell":"transformer","hiddenSize":48,"contextLength":32}"#,
    ] {
        let mut model = create(options, &text);
        // Not to the end, where every loss is next to nothing.
        let training = r#"{"steps":40,"batchSize":8,"seqLength":24,"validation":0}"#;
        let mut training = start(&model, &text, training).unwrap();
        run(&mut model, &mut training);
        let held_out = "the lazy fox jumps over the quick dog. brown dog jumps. ".repeat(20);
        let (whole, int8) = [Quantization::None, Quantization::Int8]
            .map(|quantize| loss(&model, &held_out, quantize))
            .into();
        assert_ne!(whole, int8, "{options}: nothing was rounded");
        let bits = (int8 - whole).abs() / std::f64::consts::LN_2;
        assert!(bits < 0.01, "{options}: {whole} and {int8}");
    }
}
