//! Options of a run that are refused, and how.

mod runs;

use mynah_nn::config::parse_options;
use mynah_nn::training::TrainingOptions;
use runs::{SENTENCE, create, start};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

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
        (
            r#"{"schedule":"one-cycle","warmupSteps":3}"#,
            "contradictory-options",
            "warmupSteps",
        ),
        (
            r#"{"decayFactor":0.5}"#,
            "contradictory-options",
            "decayFactor",
        ),
        (
            r#"{"schedule":"step","decayFactor":1}"#,
            "invalid-option",
            "decayFactor",
        ),
        (
            r#"{"schedule":"plateau","decayEvery":2}"#,
            "contradictory-options",
            "decayEvery",
        ),
        (
            r#"{"schedule":"step","decayEvery":0}"#,
            "invalid-option",
            "decayEvery",
        ),
        (
            r#"{"schedule":"step","patience":2}"#,
            "contradictory-options",
            "patience",
        ),
        (
            r#"{"schedule":"plateau","patience":0}"#,
            "invalid-option",
            "patience",
        ),
        (
            r#"{"schedule":"plateau","validation":0}"#,
            "contradictory-options",
            "plateau",
        ),
        (
            r#"{"optimizer":"adam","weightDecay":0.1}"#,
            "contradictory-options",
            "weightDecay",
        ),
        (r#"{"weightDecay":-1}"#, "invalid-option", "weightDecay"),
        (r#"{"momentum":0.9}"#, "contradictory-options", "momentum"),
        (
            r#"{"optimizer":"adam","momentum":0.9}"#,
            "contradictory-options",
            "momentum",
        ),
        (
            r#"{"optimizer":"sgd","momentum":1}"#,
            "invalid-option",
            "momentum",
        ),
        (
            r#"{"optimizer":"rmsprop","beta1":0.9}"#,
            "contradictory-options",
            "beta1",
        ),
        (
            r#"{"optimizer":"sgd","beta1":0.9}"#,
            "contradictory-options",
            "beta1",
        ),
        (
            r#"{"optimizer":"sgd","beta2":0.9}"#,
            "contradictory-options",
            "beta2",
        ),
        (
            r#"{"optimizer":"sgd","epsilon":0.1}"#,
            "contradictory-options",
            "epsilon",
        ),
        (r#"{"clipValue":-1}"#, "invalid-option", "clipValue"),
        (r#"{"dropout":0.95}"#, "invalid-option", "dropout"),
        (r#"{"weightDrop":-0.1}"#, "invalid-option", "weightDrop"),
        (r#"{"averageDecay":1}"#, "invalid-option", "averageDecay"),
        (
            r#"{"earlyStopping":2,"validation":0}"#,
            "contradictory-options",
            "earlyStopping",
        ),
        (
            r#"{"earlyStopping":2,"keepBest":false}"#,
            "contradictory-options",
            "keepBest",
        ),
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

#[test]
fn unknown_names_are_refused() {
    for (options, code) in [
        (r#"{"optimizer":"adagrad"}"#, "invalid-option"),
        (r#"{"schedule":"linear"}"#, "invalid-option"),
        (r#"{"weight_decay":0.1}"#, "unknown-option"),
    ] {
        let error = parse_options::<TrainingOptions>(options).unwrap_err();
        assert_eq!(error.code(), code, "{options}: {error}");
    }
}

#[test]
fn what_the_model_cannot_do_is_refused() {
    let text = SENTENCE.repeat(10);
    let transformer = r#"{"cell":"transformer","hiddenSize":8,"numHeads":2,"contextLength":16}"#;
    let model = create(transformer, &text);
    let error = start(&model, &text, r#"{"seqLength":17}"#).err().unwrap();
    assert_eq!(error.code(), "invalid-option");
    assert!(error.to_string().contains("at most 16"), "{error}");
    let plan = start(&model, &text, "{}").unwrap().plan();
    assert_eq!(plan.seq_length, 16, "the default is what fits");
    for model in [transformer, r#"{"cell":"min-gru","hiddenSize":4}"#] {
        let model = create(model, &text);
        let error = start(&model, &text, r#"{"weightDrop":0.1,"seqLength":8}"#)
            .err()
            .unwrap();
        assert_eq!(error.code(), "contradictory-options");
    }
}

#[test]
fn what_is_filled_in_reads_back_as_itself() {
    let text = SENTENCE.repeat(10);
    let model = create(r#"{"hiddenSize":4,"embeddingSize":4}"#, &text);
    for options in [
        "{}",
        r#"{"optimizer":"adam","steps":7,"evaluateEvery":3,"clipValue":0.25}"#,
        r#"{"optimizer":"sgd","seconds":2.5,"schedule":"plateau","patience":3}"#,
        r#"{"optimizer":"rmsprop","momentum":0.3,"schedule":"step","decayEvery":0.7}"#,
        r#"{"optimizer":"muon","momentum":0.9}"#,
        r#"{"schedule":"one-cycle","earlyStopping":3,"averageDecay":0.99,"dropout":0.1}"#,
        r#"{"warmupSteps":3,"validation":0,"keepBest":false,"weightDrop":0.2,"seed":9}"#,
    ] {
        let filled_in = start(&model, &text, options).unwrap().options();
        let json = mynah_nn::json::to_json(&filled_in);
        let again = start(&model, &text, &json).unwrap().options();
        assert_eq!(again, filled_in, "{options}");
    }
}
