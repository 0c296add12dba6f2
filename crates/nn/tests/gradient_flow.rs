//! The gradient's way back through time, as it is shown to people.

use mynah_nn::config::{ModelOptions, parse_options};
use mynah_nn::model::Model;
use mynah_nn::probe::{GradientFlow, GradientFlowOptions, gradient_flow};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

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
    let largest = model.params()[range].chunks_exact(8).map(|row| {
        let squares: f32 = row.iter().map(|w| w * w).sum();
        f64::from(squares.sqrt())
    });
    let bound = 2.0 * largest.fold(0.0, f64::max);
    assert!(norms[0] > 0.0 && norms[0] < bound, "{norms:?}, {bound}");
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
}
