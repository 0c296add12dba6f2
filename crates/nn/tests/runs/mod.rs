//! Small training runs, for tests of what a run does.
#![allow(dead_code, reason = "each test file uses its own part")]

use mynah_nn::Result;
use mynah_nn::config::{ModelOptions, parse_options};
use mynah_nn::data::Source;
use mynah_nn::data::list::DocumentList;
use mynah_nn::model::Model;
use mynah_nn::training::{Training, TrainingOptions};

pub const SENTENCE: &str = "the quick brown fox jumps over the lazy dog. ";

/// One model of every kind, and of every way in which something is carried from window to window.
pub const MODELS: [&str; 14] = [
    r#"{"cell":"rnn","activation":"relu","hiddenSize":9,"embeddingSize":5,"layerNorm":true}"#,
    r#"{"cell":"gru","hiddenSize":[9,6],"embeddingSize":5,"trainInitialState":true}"#,
    r#"{"cell":"gru","resetAfter":false,"hiddenSize":9,"embeddingSize":5,"layerNorm":true}"#,
    r#"{"cell":"lstm","hiddenSize":8,"numLayers":3,"embeddingSize":5,"residual":true}"#,
    r#"{"cell":"lstm","hiddenSize":9,"embeddingSize":5,"layerNorm":true,"zoneout":0.2,"zoneoutCell":0.1}"#,
    r#"{"cell":"min-gru","hiddenSize":9,"embeddingSize":5,"tieWeights":true}"#,
    r#"{"cell":"min-lstm","hiddenSize":9,"embeddingSize":5,"projectionSize":4}"#,
    r#"{"cell":"gru","hiddenSize":8,"numLayers":2,"block":true}"#,
    r#"{"cell":"min-gru","hiddenSize":8,"numLayers":2,"block":true,"zoneout":0.1}"#,
    r#"{"cell":"lstm","hiddenSize":8,"block":true,"trainInitialState":true}"#,
    r#"{"cell":"transformer","hiddenSize":8,"numHeads":2,"contextLength":16}"#,
    r#"{"cell":"transformer","hiddenSize":8,"numHeads":2,"numLayers":2,"contextLength":8,"tieWeights":true}"#,
    r#"{"cell":"gru","hiddenSize":7,"embeddingSize":5,"bidirectional":true}"#,
    r#"{"cell":"lstm","hiddenSize":7,"numLayers":2,"embeddingSize":5,"bidirectional":true}"#,
];

pub fn create<'a>(options: &str, source: impl Into<Source<'a>>) -> Model {
    Model::create(&parse_options::<ModelOptions>(options).unwrap(), source).unwrap()
}

pub fn start<'a>(model: &Model, source: impl Into<Source<'a>>, options: &str) -> Result<Training> {
    Training::new(
        model,
        source,
        &parse_options::<TrainingOptions>(options).unwrap(),
    )
}

/// Runs to the end of the budget; the losses.
pub fn run(model: &mut Model, training: &mut Training) -> Vec<f64> {
    let mut losses = Vec::new();
    while !training.is_finished() {
        losses.push(training.step(model, 0.0).unwrap().loss);
    }
    losses
}

/// Does `steps` steps.
pub fn steps(model: &mut Model, training: &mut Training, steps: u64) {
    for _ in 0..steps {
        training.step(model, 0.0).unwrap();
    }
}

pub fn bits(model: &Model) -> Vec<u32> {
    model.params().iter().map(|p| p.to_bits()).collect()
}

/// Names of different lengths, some of them longer than the windows of the tests, some repeated.
pub fn names() -> DocumentList {
    let names = [
        "ada",
        "bo",
        "clementine",
        "dee",
        "eustace",
        "flo",
        "gwendolyn",
        "hal",
        "ida",
        "jo",
        "kit",
        "leopoldine",
        "mo",
        "nan",
        "otto",
        "pip",
        "quentin",
        "rue",
        "sol",
        "tess",
        "uma",
        "vi",
        "wilhelmina",
        "xi",
        "yan",
        "zoe",
        "ada",
        "bo",
        "",
    ];
    DocumentList::new(names.map(str::to_owned).to_vec())
}
