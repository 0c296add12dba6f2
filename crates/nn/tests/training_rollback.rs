//! Steps that come to something infinite or not a number.

mod runs;

use mynah_nn::model::Model;
use mynah_nn::training::{Rollback, TrainingStep};
use runs::{SENTENCE, create, start, steps};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const RELU: &str = r#"{"cell":"rnn","activation":"relu","initialization":"uniform","hiddenSize":16,"embeddingSize":4}"#;
/// Recipes with which an rnn with relu explodes; their rates.
const EXPLOSIVE: [(&str, f64); 3] = [("rmsprop", 0.1), ("rmsprop", 1.0), ("adamw", 2.0)];

fn explosive(optimizer: &str, rate: f64, more: &str) -> String {
    format!(
        r#"{{"steps":100,"optimizer":"{optimizer}","learningRate":{rate},"clipNorm":0,"warmupSteps":0,"batchSize":4,"seqLength":40,"schedule":"constant"{more}}}"#
    )
}

fn is_finite(model: &Model) -> bool {
    model.params().iter().all(|p| p.is_finite())
}

#[test]
fn a_run_that_explodes_goes_on_from_the_last_good_step_at_half_the_rate() {
    let text = SENTENCE.repeat(10);
    for (optimizer, rate) in EXPLOSIVE {
        let mut model = create(RELU, &text);
        let mut training = start(&model, &text, &explosive(optimizer, rate, "")).unwrap();
        let mut before_update = model.params().to_vec();
        let (mut rollbacks, mut last_loss) = (0, 0.0);
        for step in 1..=100 {
            let before = model.params().to_vec();
            let TrainingStep {
                rollback,
                learning_rate,
                loss,
                ..
            } = training.step(&mut model, 0.0).unwrap();
            last_loss = loss;
            let factor = 0.5f64.powi(rollbacks);
            assert_eq!(learning_rate, rate * factor, "{optimizer}, step {step}");
            assert!(is_finite(&model), "{optimizer}, step {step}");
            assert_eq!(training.steps_done(), step);
            match rollback {
                None => before_update = before,
                Some(rollback) => {
                    rollbacks += 1;
                    assert_eq!(
                        (rollback.step, rollback.learning_rate_factor),
                        (step, factor / 2.0)
                    );
                    assert_eq!(rollback.reason == "loss", !loss.is_finite());
                    assert_eq!(model.params(), before_update, "{optimizer}, step {step}");
                }
            }
        }
        assert!(last_loss.is_finite(), "{optimizer}: it goes on");
        assert!(
            (1..6).contains(&rollbacks),
            "{optimizer}: {rollbacks} rollbacks"
        );
    }
}

#[test]
fn the_average_goes_back_too() {
    let text = SENTENCE.repeat(10);
    let mut model = create(RELU, &text);
    let options = explosive("adamw", 2.0, r#","averageDecay":0.9"#);
    let mut training = start(&model, &text, &options).unwrap();
    let mut before_update = model.params().to_vec();
    let mut rollbacks = 0;
    for _ in 0..100 {
        let before = model.params().to_vec();
        match training.step(&mut model, 0.0).unwrap().rollback {
            None => before_update = before,
            Some(_) => {
                rollbacks += 1;
                assert_eq!(model.params(), before_update);
            }
        }
    }
    assert!(rollbacks > 0);
}

#[test]
fn the_state_starts_anew_after_a_rollback() {
    let text = SENTENCE.repeat(10);
    let mut model = create(
        r#"{"hiddenSize":8,"embeddingSize":4,"initialization":"uniform"}"#,
        &text,
    );
    // Rates that change nothing: only the state can make a difference.
    let options =
        r#"{"steps":20,"learningRate":1e-30,"batchSize":4,"seqLength":8,"weightDecay":0}"#;
    let losses = |model: &mut Model, damaged: Option<u64>| {
        let mut training = start(model, &text, options).unwrap();
        let mut losses = Vec::new();
        for step in 0..6 {
            let good = model.params().to_vec();
            if damaged == Some(step) {
                model.params_mut().fill(f32::NAN);
            }
            let report = training.step(model, 0.0).unwrap();
            assert_eq!(report.rollback.is_some(), damaged == Some(step));
            assert_eq!(model.params(), good);
            losses.push(report.loss);
        }
        losses
    };
    let (whole, damaged) = (losses(&mut model, None), losses(&mut model, Some(2)));
    assert_eq!(whole[..2], damaged[..2]);
    assert_ne!(whole[3], damaged[3], "from the zero state");
}

#[test]
fn the_sixth_time_ends_the_run_and_keeps_the_model() {
    let text = SENTENCE.repeat(10);
    let mut model = create(
        r#"{"hiddenSize":8,"embeddingSize":4,"initialization":"uniform"}"#,
        &text,
    );
    let mut training = start(&model, &text, r#"{"steps":90,"batchSize":4,"seqLength":8}"#).unwrap();
    steps(&mut model, &mut training, 4);
    let before = model.params().to_vec();
    steps(&mut model, &mut training, 1);
    let specs = &model.layout().specs;
    let spec = specs.iter().find(|spec| spec.name == "linear.bias");
    let bias = spec.unwrap().range.start;
    let mut factors = Vec::new();
    let error = loop {
        model.params_mut()[bias] = f32::INFINITY;
        match training.step(&mut model, 0.0) {
            Ok(step) => factors.push(step.rollback.unwrap().learning_rate_factor),
            Err(error) => break error,
        }
        assert!(is_finite(&model));
    };
    assert_eq!(factors, [0.5, 0.25, 0.125, 0.0625, 0.03125]);
    assert_eq!(error.code(), "non-finite-loss");
    assert!(
        error
            .to_string()
            .contains("the loss of training step 11 is not finite"),
        "{error}"
    );
    assert_eq!(model.params(), before, "the last good step");
}

#[test]
fn weights_that_an_update_makes_infinite_are_caught() {
    let text = SENTENCE.repeat(10);
    let mut model = create(
        r#"{"hiddenSize":8,"embeddingSize":4,"initialization":"uniform"}"#,
        &text,
    );
    let options = r#"{"steps":9,"weightDecay":1e42,"warmupSteps":0,"batchSize":4,"seqLength":8}"#;
    let mut training = start(&model, &text, options).unwrap();
    let before = model.params().to_vec();
    let rollback = training.step(&mut model, 0.0).unwrap().rollback;
    let expected = Rollback {
        reason: "weights",
        step: 1,
        learning_rate_factor: 0.5,
    };
    assert_eq!(rollback, Some(expected));
    assert_eq!(model.params(), before);
}
