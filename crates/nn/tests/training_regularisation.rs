//! What is left out by chance in training, and nowhere else.

mod runs;

use mynah_nn::evaluation::Evaluation;
use mynah_nn::model::Model;
use runs::{SENTENCE, create, run, start};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Losses of a run that changes nothing.
fn losses(model: &str, options: &str) -> Vec<f64> {
    let text = SENTENCE.repeat(10);
    let mut model = create(model, &text);
    let options = format!(
        r#"{{"steps":4,"learningRate":1e-30,"weightDecay":0,"batchSize":4,"seqLength":8{options}}}"#
    );
    let mut training = start(&model, &text, &options).unwrap();
    run(&mut model, &mut training)
}

#[test]
fn dropout_and_weight_drop_act_by_seed() {
    const MODEL: &str = r#"{"cell":"lstm","hiddenSize":9,"embeddingSize":5,"numLayers":2}"#;
    let whole = losses(MODEL, "");
    for option in [r#","dropout":0.3"#, r#","weightDrop":0.3"#] {
        let masked = losses(MODEL, option);
        for (step, (masked, whole)) in masked.iter().zip(&whole).enumerate() {
            assert_ne!(masked, whole, "{option}, step {step}");
        }
        assert_eq!(losses(MODEL, option), masked);
        assert_ne!(losses(MODEL, &format!(r#"{option},"seed":2"#)), masked);
    }
    assert_eq!(
        losses(MODEL, r#","dropout":0,"weightDrop":0,"seed":2"#),
        whole
    );
}

#[test]
fn zoneout_acts_by_seed() {
    let model = |zoneout| format!(r#"{{"hiddenSize":9,"embeddingSize":5,"zoneout":{zoneout}}}"#);
    let masked = losses(&model(0.3), "");
    assert_ne!(masked, losses(&model(0.0), ""));
    assert_ne!(masked, losses(&model(0.3), r#","seed":2"#));
}

fn evaluate(model: &Model, text: &str, chunk: usize) -> f64 {
    let mut evaluation = Evaluation::new(model, text, 4).unwrap();
    while !evaluation.advance(model, chunk) {}
    evaluation.result().unwrap().loss
}

#[test]
fn evaluations_leave_nothing_out_and_do_not_depend_on_the_chunks() {
    let text = SENTENCE.repeat(30);
    for model in runs::MODELS {
        let model = create(model, &text);
        let loss = evaluate(&model, &text, usize::MAX);
        assert_eq!(evaluate(&model, &text, usize::MAX), loss);
        assert!(
            (evaluate(&model, &text, 100) - loss).abs() < 1e-9,
            "{:?}",
            model.config()
        );
    }
}
