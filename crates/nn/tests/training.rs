//! Training runs: they learn, end when they should, and repeat bit for bit.

mod runs;

use mynah_kernels::simd::IS_RELAXED;
use mynah_nn::sampling::{SampleOptions, Sampler};
use runs::{SENTENCE, bits, create, run, start};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn every_cell_learns_a_sentence_by_heart_and_writes_it() {
    let text = SENTENCE.repeat(20);
    for cell in ["rnn", "gru", "lstm"] {
        let mut model = create(
            &format!(r#"{{"cell":"{cell}","hiddenSize":48,"embeddingSize":16}}"#),
            &text,
        );
        let options =
            r#"{"steps":250,"batchSize":8,"seqLength":24,"learningRate":0.01,"validation":0}"#;
        let mut training = start(&model, &text, options).unwrap();
        let losses = run(&mut model, &mut training);
        assert!(
            losses[0] > 2.5 && losses[249] < 0.1,
            "{cell}: from {} to {}",
            losses[0],
            losses[249]
        );
        let again = start(&model, &text, options)
            .unwrap()
            .step(&mut model.clone(), 0.0)
            .unwrap();
        assert!(
            10 * again.correct > 9 * again.tokens,
            "{cell}: foresees {} of {}",
            again.correct,
            again.tokens
        );
        let options = SampleOptions {
            prompt: "the quick".into(),
            length: Some(36),
            temperature: Some(0.0),
            ..Default::default()
        };
        let written = Sampler::new(&model, &options)
            .unwrap()
            .next(&model, 100)
            .unwrap();
        assert_eq!(written, SENTENCE[9..], "{cell}");
    }
}

#[test]
fn the_same_seed_gives_the_same_bits_and_another_gives_others() {
    let text = SENTENCE.repeat(9);
    let weights = |seed: u64| {
        let mut model = create(
            &format!(r#"{{"cell":"lstm","hiddenSize":9,"embeddingSize":5,"seed":{seed}}}"#),
            &text,
        );
        let mut training =
            start(&model, &text, r#"{"steps":12,"batchSize":4,"seqLength":8}"#).unwrap();
        run(&mut model, &mut training);
        bits(&model)
    };
    assert_eq!(weights(1), weights(1));
    assert_ne!(weights(1), weights(2));
}

/// The losses of this run, recorded on x86-64: the simd128 build gives the same bits in every engine as the
/// scalar code here. A change of any kernel, of the initialisation or of the data order shows here; if it is
/// meant, the failing test prints the new bits.
const RECORDED_LOSSES: [u64; 6] = [
    4614871214882935156,
    4613811463866095430,
    4614822736968850215,
    4614334815538821679,
    4614790196230476148,
    4614417360547821134,
];

#[test]
fn losses_are_the_same_bits_on_every_machine() {
    let text = SENTENCE.repeat(9);
    let mut losses = Vec::new();
    for cell in ["rnn", "gru", "lstm"] {
        let mut model = create(
            &format!(r#"{{"cell":"{cell}","hiddenSize":21,"embeddingSize":10,"numLayers":2}}"#),
            &text,
        );
        let options =
            r#"{"steps":10,"batchSize":3,"seqLength":11,"schedule":"constant","optimizer":"adam"}"#;
        let mut training = start(&model, &text, options).unwrap();
        let run = run(&mut model, &mut training);
        losses.extend([run[0], run[9]]);
    }
    let bits: Vec<u64> = losses.iter().map(|loss| loss.to_bits()).collect();
    if IS_RELAXED {
        for (loss, recorded) in losses.iter().zip(RECORDED_LOSSES.map(f64::from_bits)) {
            assert!(
                (loss - recorded).abs() < 1e-4,
                "{loss}, recorded {recorded}"
            );
        }
    } else {
        assert_eq!(bits, RECORDED_LOSSES, "{losses:?}");
    }
}

#[test]
fn every_epoch_starts_from_the_zero_state_and_windows_carry_it() {
    let text = SENTENCE.repeat(10);
    let mut model = create(r#"{"cell":"lstm","hiddenSize":8,"embeddingSize":4}"#, &text);
    // A rate that changes no weight: only the state can make a difference.
    let options = r#"{"epochs":2,"learningRate":1e-30,"batchSize":4,"seqLength":8}"#;
    let mut training = start(&model, &text, options).unwrap();
    let losses = run(&mut model, &mut training);
    assert_eq!(losses[..12], losses[12..], "both epochs of 12 windows");
    // The second window alone, from the zero state: the text from its first symbol on, with the same streams.
    let shifted: String = text.chars().skip(8).collect();
    let mut alone = start(
        &model,
        &shifted,
        r#"{"steps":1,"learningRate":1e-30,"batchSize":4,"seqLength":8}"#,
    )
    .unwrap();
    assert_ne!(
        run(&mut model, &mut alone)[0],
        losses[1],
        "the state is carried into the second window"
    );
}

#[test]
fn budgets_end_where_they_should() {
    let text = SENTENCE.repeat(10);
    let mut model = create(r#"{"hiddenSize":4,"embeddingSize":4}"#, &text);
    for (options, steps) in [
        (r#"{"steps":3,"seqLength":8,"batchSize":4}"#, Some(3)),
        // 405 symbols to train on: 4 streams of 101, 12 windows of 8.
        (r#"{"epochs":2,"seqLength":8,"batchSize":4}"#, Some(24)),
        (r#"{"epochs":0.5,"seqLength":8,"batchSize":4}"#, Some(6)),
        (r#"{"seconds":9,"seqLength":8,"batchSize":4}"#, None),
        (r#"{"seqLength":8,"batchSize":4}"#, Some(60)),
    ] {
        let mut training = start(&model, &text, options).unwrap();
        let plan = training.plan();
        assert_eq!(plan.total_steps, steps, "{options}");
        assert_eq!(
            (
                plan.train_tokens,
                plan.validation_tokens,
                plan.tokens_per_step
            ),
            (405, 45, 32)
        );
        if let Some(steps) = steps {
            assert_eq!(run(&mut model, &mut training).len() as u64, steps);
            assert!((training.epoch() - steps as f64 / 12.0).abs() < 1e-12);
        }
    }
    assert_eq!(
        start(&model, &text, r#"{"batchSize":500,"seqLength":10}"#)
            .unwrap()
            .plan()
            .batch_size,
        40,
        "shrunk to the text"
    );
}
