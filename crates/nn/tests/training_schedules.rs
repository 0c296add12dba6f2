//! The learning rate over a run.

mod runs;

use runs::{SENTENCE, create, start};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

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

/// The rates of `count` steps, each after the share `done` of the time; before step k a validation with loss
/// `losses[k]`, if there is one.
fn rates(options: &str, count: u64, done: fn(u64) -> f64, losses: &[Option<f64>]) -> Vec<f64> {
    let text = SENTENCE.repeat(10);
    let mut model = create(r#"{"hiddenSize":4,"embeddingSize":4}"#, &text);
    let mut training = start(&model, &text, options).unwrap();
    let mut rates = Vec::new();
    for step in 0..count {
        if let Some(&Some(loss)) = losses.get(step as usize) {
            training.validated(&model, loss);
        }
        rates.push(training.step(&mut model, done(step)).unwrap().learning_rate);
    }
    rates
}

#[test]
fn one_cycle_turns_at_three_tenths_and_ends_with_the_budget() {
    // 12 windows to an epoch.
    for (budget, count) in [(r#""steps":20"#, 20), (r#""epochs":2.5"#, 30)] {
        let options = format!(
            r#"{{{budget},"schedule":"one-cycle","learningRate":0.01,"batchSize":4,"seqLength":8}}"#
        );
        let rates = rates(&options, count, |_| 0.0, &[]);
        let top = count as usize * 3 / 10 - 1;
        assert!((rates[0] - 0.01 / 25.0).abs() < 1e-15);
        assert_eq!(rates[top], 0.01);
        assert!(rates[..=top].is_sorted_by(|a, b| a < b), "{rates:?}");
        assert!(rates[top..].is_sorted_by(|a, b| a > b), "{rates:?}");
        assert!((rates[count as usize - 1] - 0.01 / 25e4).abs() < 1e-15);
    }
    let seconds = rates(
        r#"{"seconds":9,"schedule":"one-cycle","learningRate":0.01,"batchSize":4,"seqLength":8}"#,
        11,
        |step| step as f64 / 10.0,
        &[],
    );
    assert!((seconds[0] - 0.01 / 25.0).abs() < 1e-15);
    assert!((seconds[3] - 0.01).abs() < 1e-15);
    assert!((seconds[10] - 0.01 / 25e4).abs() < 1e-15);
}

#[test]
fn step_falls_every_so_many_epochs() {
    for budget in [r#""steps":40"#, r#""seconds":9"#, r#""epochs":9"#] {
        let options = format!(
            r#"{{{budget},"schedule":"step","decayEvery":1.5,"decayFactor":0.25,"warmupSteps":2,"learningRate":0.01,"batchSize":4,"seqLength":8}}"#
        );
        let rates = rates(&options, 37, |step| step as f64 / 40.0, &[]);
        assert_eq!(rates[..3], [0.005, 0.01, 0.01], "{budget}");
        assert_eq!((rates[17], rates[18]), (0.01, 0.0025), "{budget}");
        assert_eq!((rates[35], rates[36]), (0.0025, 0.000625), "{budget}");
    }
}

#[test]
fn plateau_falls_after_validations_without_improvement() {
    let options = r#"{"steps":40,"schedule":"plateau","patience":2,"decayFactor":0.1,"warmupSteps":0,"learningRate":0.01,"batchSize":4,"seqLength":8}"#;
    let losses = [
        None,
        Some(3.0),
        Some(2.0),
        Some(2.0),
        Some(2.5),
        Some(1.9),
        Some(2.0),
        Some(1.8),
    ]
    .into_iter()
    .chain([Some(1.9), Some(1.8), Some(1.8), Some(1.8)])
    .collect::<Vec<_>>();
    let rates = rates(options, 13, |_| 0.0, &losses);
    let expected = [
        0.01, 0.01, 0.01, 0.01, 0.001, 0.001, 0.001, 0.001, 0.001, 0.0001, 0.0001, 0.00001, 0.00001,
    ];
    for (step, (rate, expected)) in rates.iter().zip(expected).enumerate() {
        assert!(
            (rate / expected - 1.0).abs() < 1e-12,
            "step {step}: {rates:?}"
        );
    }
}
