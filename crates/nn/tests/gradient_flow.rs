//! The gradient's way back through time, as it is shown to people.

use mynah_nn::config::{ModelOptions, parse_options};
use mynah_nn::linear::Purpose;
use mynah_nn::model::Model;
use mynah_nn::network::{Network, Regularisation};
use mynah_nn::probe::{GradientFlow, GradientFlowOptions, gradient_flow};
use mynah_testing::assert_close;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Some dozen roundings of `f32`; a missing factor is far more.
const TOLERANCE: f64 = 1e-5;

fn model(options: &str, text: &str) -> Model {
    Model::create(&parse_options::<ModelOptions>(options).unwrap(), text).unwrap()
}

fn text() -> String {
    "the crow and the fox and the heron. ".repeat(40)
}

fn flow(model: &Model, options: &str) -> GradientFlow {
    let options: GradientFlowOptions = parse_options(options).unwrap();
    gradient_flow(model, &text(), &options).unwrap()
}

/// The parts of the text that a measurement with `batch` streams of two windows of `steps` symbols reads, each
/// with its last target.
fn streams(batch: usize, steps: usize) -> impl Iterator<Item = String> {
    let text = text();
    let len = (text.len() - 1) / batch;
    (0..batch).map(move |b| text[b * len..][..2 * steps + 1].to_owned())
}

/// p - onehot of the last symbol of `stream`, which is read from the start by a network of its own.
fn last_logit_gradient(model: &Model, stream: &str) -> Vec<f64> {
    let mut tokens = model.tokenizer().encode(stream).unwrap();
    let target = tokens.pop().unwrap() as usize;
    let (steps, vocab) = (tokens.len(), model.tokenizer().vocab_size());
    let (purpose, whole) = (Purpose::Infer, Regularisation::default());
    let (config, layout) = (model.config(), model.layout());
    let mut network = Network::<f32>::new(config, layout, vocab, 1, steps, purpose, whole).unwrap();
    network.load(model.params());
    network.forward(model.params(), &tokens, &[]);
    let logits = network.logits(model.params(), steps - 1);
    let powers: Vec<f64> = logits.iter().map(|&logit| f64::from(logit).exp()).collect();
    let sum: f64 = powers.iter().sum();
    let mut gradient: Vec<f64> = powers.iter().map(|power| power / sum).collect();
    gradient[target] -= 1.0;
    gradient
}

#[test]
fn a_vanilla_network_with_small_weights_forgets_faster_than_an_lstm_that_remembers() {
    let flow_of = |cell: &str| {
        let json = format!(r#"{{"cell":"{cell}","hiddenSize":24,"numLayers":2}}"#);
        let mut model = model(&json, &text());
        for k in 0..2 {
            let layout = model.layout();
            if cell == "rnn" {
                // Orthogonal weights keep the norm; at half of it the gradient halves with every step.
                let weights = layout.range(&format!("rnn.weight_hh_l{k}"));
                let weights = &mut model.params_mut()[weights];
                weights.iter_mut().for_each(|w| *w *= 0.5);
            } else {
                // Forget gates that are almost open.
                let bias = layout.range(&format!("rnn.bias_ih_l{k}"));
                model.params_mut()[bias][24..48].fill(5.0);
            }
        }
        flow(&model, r#"{"seqLength":20,"batchSize":8}"#)
    };
    let (rnn, lstm) = (flow_of("rnn"), flow_of("lstm"));
    assert_eq!((rnn.layers.len(), lstm.layers.len()), (2, 2));
    let shrinks = |flow: &GradientFlow| flow.layers[1].norms[19] / flow.layers[1].norms[0];
    assert!(shrinks(&rnn) < 0.5f64.powi(19) * 1.01, "{}", shrinks(&rnn));
    assert!(shrinks(&lstm) > 1e-3, "{}", shrinks(&lstm));
    for layer in rnn.layers.iter().chain(&lstm.layers) {
        assert_eq!(layer.norms.len(), 20);
        assert!(
            layer
                .norms
                .iter()
                .all(|norm| norm.is_finite() && *norm >= 0.0)
        );
    }
}

#[test]
fn the_first_norm_is_that_of_the_output_layer() {
    // At lag 0 of the top layer only the output stands in between: d_h = (p - onehot) W_o, row by row.
    let model = model(r#"{"hiddenSize":8}"#, &text());
    let norms = &flow(&model, r#"{"seqLength":5,"batchSize":4}"#).layers[0].norms;
    let range = model.layout().range("linear.weight");
    let output_weights = &model.params()[range];
    let expected = streams(4, 5).map(|stream| {
        let d_logits = last_logit_gradient(&model, &stream);
        let mut d_h = [0.0f64; 8];
        for (d_logit, row) in d_logits.iter().zip(output_weights.chunks_exact(8)) {
            for (d, &weight) in d_h.iter_mut().zip(row) {
                *d += d_logit * f64::from(weight);
            }
        }
        d_h.iter().map(|d| d * d).sum::<f64>().sqrt()
    });
    let expected = expected.sum::<f64>() / 4.0;
    assert_close(&norms[..1], &[expected], TOLERANCE, "lag 0");
}

#[test]
fn the_norms_of_several_streams_are_the_mean_of_those_of_each_alone() {
    for cell in ["rnn", "gru", "lstm", "min-gru", "min-lstm"] {
        let json = format!(r#"{{"cell":"{cell}","hiddenSize":8,"numLayers":2}}"#);
        let model = model(&json, &text());
        let together = flow(&model, r#"{"seqLength":9,"batchSize":3}"#);
        let alone = streams(3, 9).map(|stream| {
            let options = parse_options(r#"{"seqLength":9,"batchSize":1}"#).unwrap();
            gradient_flow(&model, &stream, &options).unwrap()
        });
        let alone: Vec<GradientFlow> = alone.collect();
        assert_eq!((alone.len(), together.layers.len()), (3, 2), "{cell}");
        for (k, layer) in together.layers.iter().enumerate() {
            assert_eq!(layer.norms.len(), 9, "{cell}");
            for (lag, &norm) in layer.norms.iter().enumerate() {
                let norms = alone.iter().map(|flow| flow.layers[k].norms[lag]);
                let expected = norms.sum::<f64>() / 3.0;
                let what = format!("{cell}, layer {k}, lag {lag}");
                assert_close(&[norm], &[expected], TOLERANCE, &what);
            }
        }
    }
}

#[test]
fn saturation_counts_gates_that_are_shut_or_open() {
    for cell in ["rnn", "gru", "lstm", "min-gru", "min-lstm"] {
        let json = format!(r#"{{"cell":"{cell}","hiddenSize":8}}"#);
        let mut model = model(&json, &text());
        let at_first = flow(&model, "{}").layers[0].saturation;
        assert!(at_first.low + at_first.high < 0.5, "{cell}: {at_first:?}");
        let bias = model.layout().range("rnn.bias_ih_l0");
        model.params_mut()[bias.clone()].fill(20.0);
        let open = flow(&model, "{}").layers[0].saturation;
        assert_eq!((open.low, open.high), (0.0, 1.0), "{cell}");
        model.params_mut()[bias].fill(-20.0);
        let shut = flow(&model, "{}").layers[0].saturation;
        assert_eq!((shut.low, shut.high), (1.0, 0.0), "{cell}");
    }
}

#[test]
fn a_relu_saturates_at_zero_and_nowhere_above() {
    let mut model = model(
        r#"{"cell":"rnn","activation":"relu","hiddenSize":8}"#,
        &text(),
    );
    let share = flow(&model, "{}").layers[0].saturation;
    assert!(share.low > 0.1 && share.low < 0.9, "{share:?}");
    assert_eq!(share.high, 0.0);
    // Without them the biases have the last word.
    let recurrent = model.layout().range("rnn.weight_hh_l0");
    model.params_mut()[recurrent].fill(0.0);
    let bias = model.layout().range("rnn.bias_ih_l0");
    model.params_mut()[bias.clone()].fill(20.0);
    let open = flow(&model, "{}").layers[0].saturation;
    assert_eq!(
        (open.low, open.high),
        (0.0, 0.0),
        "all of them pass the gradient"
    );
    model.params_mut()[bias].fill(-20.0);
    let dead = flow(&model, "{}").layers[0].saturation;
    assert_eq!((dead.low, dead.high), (1.0, 0.0), "none of them does");
}

#[test]
fn what_cannot_be_measured_says_why() {
    let options = |json: &str| parse_options::<GradientFlowOptions>(json).unwrap();
    let gru = model(r#"{"hiddenSize":8}"#, &text());
    let transformer = model(r#"{"cell":"transformer","hiddenSize":8}"#, &text());
    for (model, json, code) in [
        (&gru, r#"{"seqLength":1}"#, "invalid-option"),
        (&gru, r#"{"batchSize":0}"#, "invalid-option"),
        (&gru, r#"{"seqLength":4000}"#, "text-too-short"),
        (&transformer, "{}", "contradictory-options"),
    ] {
        let error = gradient_flow(model, &text(), &options(json)).unwrap_err();
        assert_eq!(error.code(), code, "{json}");
    }
    let (short, just) = ("a".repeat(16), "a".repeat(17));
    let error = gradient_flow(&gru, &short, &options(r#"{"seqLength":8}"#)).unwrap_err();
    let words = "the text to measure is too short: it has 16 symbols, but at least 17 are needed: two windows of seqLength 8";
    assert!(error.to_string().starts_with(words), "{error}");
    assert!(gradient_flow(&gru, &just, &options(r#"{"seqLength":8}"#)).is_ok());
}

#[test]
fn a_gradient_that_leaves_the_range_of_floats_is_still_a_number() {
    let text = "the cat sat on the mat. ".repeat(40);
    let options: ModelOptions =
        parse_options(r#"{"cell":"rnn","activation":"relu","hiddenSize":8}"#).unwrap();
    let mut model = Model::create(&options, &text).unwrap();
    model.params_mut().iter_mut().for_each(|w| *w *= 30.0);
    let options = parse_options(r#"{"seqLength":64,"batchSize":2}"#).unwrap();
    let flow = gradient_flow(&model, &text, &options).unwrap();
    let norms = &flow.layers[0].norms;
    assert!(norms.iter().all(|norm| norm.is_finite()), "{norms:?}");
    assert!(norms.contains(&f64::MAX), "{norms:?}");
}
