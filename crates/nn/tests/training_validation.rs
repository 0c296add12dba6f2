//! What validations decide: the best weights are kept, a run stops early.

mod runs;

use mynah_nn::training::Best;
use runs::{SENTENCE, bits, create, start, steps};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const MODEL: &str = r#"{"hiddenSize":8,"embeddingSize":4}"#;

#[test]
fn the_model_ends_with_the_weights_of_its_best_validation() {
    let text = SENTENCE.repeat(10);
    for (options, keeps) in [
        ("", true),
        (r#","averageDecay":0.5"#, true),
        (r#","keepBest":false"#, false),
        (r#","validation":0"#, false),
    ] {
        let mut model = create(MODEL, &text);
        let options = format!(r#"{{"steps":90,"batchSize":4,"seqLength":8{options}}}"#);
        let mut training = start(&model, &text, &options).unwrap();
        let mut seen = Vec::new();
        for loss in [3.0, 2.0, 2.5] {
            steps(&mut model, &mut training, 5);
            let verdict = training.validated(&model, loss);
            assert_eq!(verdict.improved, loss < 2.5 || seen.is_empty());
            assert_eq!(verdict.best, if seen.is_empty() { 3.0 } else { 2.0 });
            assert!(!verdict.stop);
            seen.push(bits(&model));
        }
        steps(&mut model, &mut training, 2);
        let last = bits(&model);
        let best = training.finish(&mut model);
        if keeps {
            assert_eq!(
                best,
                Some(Best {
                    loss: 2.0,
                    step: 10
                }),
                "{options}"
            );
            assert_eq!(bits(&model), seen[1], "{options}");
        } else {
            assert_eq!(best, None, "{options}");
            assert_eq!(bits(&model), last, "{options}");
        }
    }
}

#[test]
fn without_a_validation_the_last_weights_stay() {
    let text = SENTENCE.repeat(10);
    let mut model = create(MODEL, &text);
    let mut training = start(&model, &text, r#"{"steps":9,"batchSize":4,"seqLength":8}"#).unwrap();
    steps(&mut model, &mut training, 3);
    let last = bits(&model);
    assert_eq!(training.finish(&mut model), None);
    assert_eq!(bits(&model), last);
}

#[test]
fn early_stopping_ends_the_run_after_so_many_validations_without_improvement() {
    let text = SENTENCE.repeat(10);
    let stops = |options: &str| {
        let mut model = create(MODEL, &text);
        let options = format!(r#"{{"steps":90,"batchSize":4,"seqLength":8{options}}}"#);
        let mut training = start(&model, &text, &options).unwrap();
        let losses = [3.0, 2.9, 3.1, 2.9, 2.8, 2.81, 2.8, 2.9, 3.0];
        let stop = losses.into_iter().position(|loss| {
            steps(&mut model, &mut training, 1);
            assert!(!training.is_finished());
            training.validated(&model, loss).stop
        });
        assert_eq!(training.is_finished(), stop.is_some());
        stop
    };
    assert_eq!(stops(""), None);
    assert_eq!(stops(r#","earlyStopping":2"#), Some(3));
    assert_eq!(stops(r#","earlyStopping":3"#), Some(7));
    assert_eq!(stops(r#","earlyStopping":5"#), None);
}
