//! What options come to, and which are refused.

use super::*;
use crate::config::parse_options;
use crate::json::to_json;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const VOCAB: usize = 60;

fn resolve(json: &str) -> Result<ModelConfig> {
    parse_options::<ModelOptions>(json)?.resolve(VOCAB)
}

#[test]
fn what_a_file_says_is_what_was_asked_for() {
    for json in [
        "{}",
        r#"{"cell":"rnn","activation":"relu"}"#,
        r#"{"cell":"gru","resetAfter":false,"layerNorm":true,"zoneout":0.05}"#,
        r#"{"cell":"lstm","hiddenSize":3,"numLayers":2,"residual":true,"zoneoutCell":0.5}"#,
        r#"{"cell":"lstm","hiddenSize":[7,5],"bidirectional":true,"projectionSize":4}"#,
        r#"{"cell":"min-gru","block":true,"hiddenSize":6,"expansion":1.4,"mlpFactor":1.7,"numLayers":2}"#,
        r#"{"cell":"min-lstm","trainInitialState":true,"conditionSize":4,"conditionMode":"initial-state"}"#,
        r#"{"cell":"transformer","hiddenSize":12,"numHeads":3,"contextLength":9,"tieWeights":true,"conditionSize":2}"#,
    ] {
        let config = resolve(json).unwrap();
        let again = ModelOptions::from(&config);
        assert_eq!(again.resolve(VOCAB).unwrap(), config, "{json}");
        let written = to_json(&again);
        assert_eq!(
            ModelOptions::from(&resolve(&written).unwrap()),
            again,
            "{json}"
        );
    }
}

#[test]
fn a_large_vocabulary_shares_its_embedding_with_the_output() {
    let heads = [
        (499, "{}"),
        (500, "{}"),
        (500, r#"{"embeddingSize":256}"#),
        (500, r#"{"tieWeights":false}"#),
        (60, r#"{"tieWeights":true}"#),
    ]
    .map(|(vocab, json)| {
        parse_options::<ModelOptions>(json)
            .unwrap()
            .resolve(vocab)
            .unwrap()
            .head
    });
    let head = |tied, projection| Head { tied, projection };
    assert_eq!(
        heads,
        [
            head(false, None),
            head(true, Some(128)),
            head(true, None),
            head(false, None),
            head(true, Some(128))
        ]
    );
}

#[test]
fn bad_options_name_themselves() {
    for (json, code, word) in [
        (r#"{"hiddenSize":0}"#, "invalid-option", "hiddenSize is 0"),
        (r#"{"hiddenSize":8193}"#, "invalid-option", "1 to 8192"),
        (r#"{"hiddenSize":[3,0]}"#, "invalid-option", "hiddenSize"),
        (r#"{"hiddenSize":[]}"#, "invalid-option", "numLayers"),
        (r#"{"numLayers":17}"#, "invalid-option", "numLayers"),
        (r#"{"embeddingSize":0}"#, "invalid-option", "embeddingSize"),
        (r#"{"zoneout":1}"#, "invalid-option", "zoneout is 1"),
        (
            r#"{"cell":"transformer","numHeads":3}"#,
            "invalid-option",
            "numHeads is 3",
        ),
        // Twice as many are 0, of 32 bits and of 64.
        (
            r#"{"cell":"transformer","numHeads":2147483648}"#,
            "invalid-option",
            "numHeads",
        ),
        (
            r#"{"cell":"transformer","numHeads":9223372036854775808}"#,
            "invalid-option",
            "numHeads",
        ),
        (
            r#"{"cell":"transformer","hiddenSize":6}"#,
            "invalid-option",
            "numHeads is 4 (the default)",
        ),
        (
            r#"{"cell":"transformer","zoneout":0.1}"#,
            "contradictory-options",
            "zoneout goes with recurrent cells only",
        ),
        (r#"{"hidden":1}"#, "unknown-option", "hidden"),
        (r#"{"hiddenSize":1.5}"#, "invalid-option", "hiddenSize"),
    ] {
        let error = resolve(json).unwrap_err();
        assert_eq!(error.code(), code, "{json}");
        assert!(error.to_string().contains(word), "{json}: {error}");
    }
}

#[test]
fn options_of_another_architecture_name_themselves() {
    for (json, word) in [
        (r#"{"cell":"lstm","activation":"relu"}"#, "activation"),
        (r#"{"cell":"rnn","resetAfter":true}"#, "resetAfter"),
        (r#"{"cell":"gru","zoneoutCell":0.1}"#, "zoneoutCell"),
        (r#"{"cell":"min-gru","layerNorm":true}"#, "layerNorm"),
        (r#"{"cell":"gru","numHeads":4}"#, "numHeads"),
        (r#"{"cell":"gru","contextLength":4}"#, "contextLength"),
        (r#"{"expansion":2}"#, "expansion"),
        (r#"{"mlpFactor":2}"#, "mlpFactor"),
        (r#"{"block":true,"residual":true}"#, "residual"),
        (r#"{"block":true,"hiddenSize":[4,4]}"#, "hiddenSize"),
        (r#"{"hiddenSize":[4,5],"residual":true}"#, "residual"),
        (r#"{"hiddenSize":[4,5],"numLayers":3}"#, "numLayers is 3"),
        (r#"{"block":true,"embeddingSize":7}"#, "embeddingSize"),
        (r#"{"conditionMode":"film"}"#, "conditionMode"),
        (
            r#"{"tieWeights":true,"projectionSize":7}"#,
            "projectionSize",
        ),
        (
            r#"{"cell":"transformer","bidirectional":true}"#,
            "bidirectional",
        ),
        (
            r#"{"cell":"transformer","conditionSize":2,"conditionMode":"bias"}"#,
            "film",
        ),
        (r#"{"cell":"transformer","layerNorm":true}"#, "layerNorm"),
    ] {
        let error = resolve(json).unwrap_err();
        assert_eq!(error.code(), "contradictory-options", "{json}");
        assert!(error.to_string().contains(word), "{json}: {error}");
    }
}
