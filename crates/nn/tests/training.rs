//! Training runs: they learn, end when they should, repeat bit for bit, and leave the model whole when
//! something is wrong.

use mynah_kernels::simd::IS_RELAXED;
use mynah_nn::Error;
use mynah_nn::config::{ModelOptions, parse_options};
use mynah_nn::model::Model;
use mynah_nn::sampling::{SampleOptions, Sampler};
use mynah_nn::training::{Training, TrainingOptions};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const SENTENCE: &str = "the quick brown fox jumps over the lazy dog. ";

fn create(options: &str, text: &str) -> Model {
    Model::create(&parse_options::<ModelOptions>(options).unwrap(), text).unwrap()
}

fn start(model: &Model, text: &str, options: &str) -> Result<Training, Error> {
    Training::new(
        model,
        text,
        &parse_options::<TrainingOptions>(options).unwrap(),
    )
}

/// Runs to the end of the budget; the losses.
fn run(model: &mut Model, training: &mut Training) -> Vec<f64> {
    let mut losses = Vec::new();
    while !training.is_finished() {
        losses.push(training.step(model, 0.0).unwrap());
    }
    losses
}

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
        model
            .params()
            .iter()
            .map(|p| p.to_bits())
            .collect::<Vec<_>>()
    };
    assert_eq!(weights(1), weights(1));
    assert_ne!(weights(1), weights(2));
}

/// The losses of this run, recorded on x86-64: the simd128 build gives the same bits in every engine as the
/// scalar code here. A change of any kernel, of the initialisation or of the data order shows here; if it is
/// meant, the failing test prints the new bits.
const RECORDED_LOSSES: [u64; 6] = [
    4614608928795167651,
    4613351874610824161,
    4614742049744700881,
    4614291299434511888,
    4614768253405249040,
    4614386741351785193,
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
        let options = r#"{"steps":10,"batchSize":3,"seqLength":11,"schedule":"constant"}"#;
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

#[test]
fn the_learning_rate_warms_up_and_falls() {
    let text = SENTENCE.repeat(10);
    let mut model = create(r#"{"hiddenSize":4,"embeddingSize":4}"#, &text);
    let mut rates = |options: &str, done: fn(u64) -> f64| {
        let mut training = start(&model, &text, options).unwrap();
        let mut rates = Vec::new();
        for step in 0..20 {
            training.step(&mut model, done(step)).unwrap();
            rates.push(training.learning_rate());
        }
        rates
    };
    let steps = rates(
        r#"{"steps":20,"learningRate":0.01,"warmupSteps":4,"batchSize":2,"seqLength":8}"#,
        |_| 0.0,
    );
    assert_eq!((steps[0], steps[3], steps[4]), (0.0025, 0.01, 0.01));
    assert!(
        steps[19] < 0.0012 && steps.is_sorted_by(|a, b| a >= b || *b <= 0.01),
        "{steps:?}"
    );
    let seconds = rates(
        r#"{"seconds":1,"learningRate":0.01,"warmupSteps":0,"batchSize":2,"seqLength":8}"#,
        |s| s as f64 / 19.0,
    );
    assert!(
        seconds[0] == 0.01 && (seconds[19] - 0.001).abs() < 1e-12,
        "{seconds:?}"
    );
    let constant = rates(
        r#"{"steps":20,"learningRate":0.01,"warmupSteps":0,"schedule":"constant","batchSize":2,"seqLength":8}"#,
        |_| 0.0,
    );
    assert!(constant.iter().all(|&rate| rate == 0.01));
}

#[test]
fn clipping_bounds_the_update() {
    let text = SENTENCE.repeat(10);
    let moved = |clip: &str| {
        let mut model = create(r#"{"hiddenSize":8,"embeddingSize":4}"#, &text);
        let before = model.params().to_vec();
        // A huge epsilon makes Adam's step proportional to the gradient, so that its scale shows.
        let options = format!(
            r#"{{"steps":1,"clipNorm":{clip},"epsilon":1,"warmupSteps":0,"batchSize":2,"seqLength":8}}"#
        );
        let mut training = start(&model, &text, &options).unwrap();
        training.step(&mut model, 0.0).unwrap();
        let change: f64 = model
            .params()
            .iter()
            .zip(&before)
            .map(|(a, b)| f64::from(a - b).powi(2))
            .sum();
        (change.sqrt(), training.gradient_norm())
    };
    let ((free, norm), (clipped, same_norm)) = (moved("0"), moved("0.001"));
    assert_eq!(norm, same_norm, "the norm is reported before clipping");
    assert!(
        clipped < free / 50.0,
        "clipped {clipped}, free {free}, norm {norm}"
    );
}

#[test]
fn a_loss_that_is_not_finite_stops_the_run_and_keeps_the_model() {
    let text = SENTENCE.repeat(10);
    let mut model = create(
        r#"{"cell":"rnn","activation":"relu","hiddenSize":16,"embeddingSize":4}"#,
        &text,
    );
    let options = r#"{"steps":1000,"learningRate":10,"clipNorm":0,"warmupSteps":0,"batchSize":4,"seqLength":40}"#;
    let mut training = start(&model, &text, options).unwrap();
    let (error, before) = loop {
        let before = model.params().to_vec();
        if let Err(error) = training.step(&mut model, 0.0) {
            break (error, before);
        }
    };
    assert_eq!(error.code(), "non-finite-loss");
    assert!(
        error
            .to_string()
            .contains(&format!("step {}", training.steps_done() + 1)),
        "{error}"
    );
    assert_eq!(
        model.params(),
        before,
        "the step that failed changed nothing"
    );
    assert!(model.params().iter().all(|p| p.is_finite()));
}

#[test]
fn bad_options_and_texts_are_refused() {
    let text = SENTENCE.repeat(10);
    let model = create(r#"{"hiddenSize":4,"embeddingSize":4}"#, &text);
    for (options, code, word) in [
        (
            r#"{"steps":1,"epochs":1}"#,
            "contradictory-options",
            "epochs",
        ),
        (
            r#"{"steps":1,"seconds":1}"#,
            "contradictory-options",
            "seconds",
        ),
        (r#"{"steps":0}"#, "invalid-option", "steps"),
        (r#"{"epochs":0}"#, "invalid-option", "epochs"),
        (r#"{"epochs":-1}"#, "invalid-option", "epochs"),
        (r#"{"seconds":0}"#, "invalid-option", "seconds"),
        (r#"{"batchSize":0}"#, "invalid-option", "batchSize"),
        (r#"{"seqLength":0}"#, "invalid-option", "seqLength"),
        (r#"{"learningRate":0}"#, "invalid-option", "learningRate"),
        (r#"{"learningRate":11}"#, "invalid-option", "learningRate"),
        (r#"{"validation":1}"#, "invalid-option", "validation"),
        (r#"{"beta1":1}"#, "invalid-option", "beta1"),
        (r#"{"beta2":-0.1}"#, "invalid-option", "beta2"),
        (r#"{"epsilon":0}"#, "invalid-option", "epsilon"),
        // Zero in f32.
        (r#"{"epsilon":1e-50}"#, "invalid-option", "epsilon"),
        (r#"{"clipNorm":-1}"#, "invalid-option", "clipNorm"),
        (r#"{"seqLength":405}"#, "text-too-short", "seqLength"),
    ] {
        let Err(error) = start(&model, &text, options) else {
            panic!("{options} was taken")
        };
        assert_eq!(error.code(), code, "{options}: {error}");
        assert!(error.to_string().contains(word), "{options}: {error}");
    }
    for (text, code) in [("", "empty-text"), ("a", "text-too-short")] {
        let Err(error) = start(&model, text, "{}") else {
            panic!("{text:?} was taken")
        };
        assert_eq!(error.code(), code, "{error}");
    }
}
