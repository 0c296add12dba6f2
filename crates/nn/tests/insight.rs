//! What goes on inside a model: states, gates, and how much each symbol matters.

mod runs;

use mynah_nn::activations::{Activations, LayerActivations};
use mynah_nn::config::Body;
use mynah_nn::evaluation::Evaluation;
use mynah_nn::input_gradient::{LossOf, input_gradient};
use mynah_nn::layer::embedding::EMBEDDING;
use mynah_nn::layer::output::IGNORE;
use mynah_nn::linear::{Purpose, Quantization};
use mynah_nn::model::Model;
use mynah_nn::network::{Network, Regularisation};
use mynah_nn::sampling::UnknownSymbols;
use mynah_nn::session::{Feeding, Reader, Session};
use runs::{MODELS, SENTENCE, create, names};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn activations(model: &Model, text: &str, chunk: usize) -> Vec<LayerActivations> {
    let mut activations = Activations::new(model, text, &[]).unwrap();
    while !activations.advance(model, chunk) {}
    activations.layers().to_vec()
}

/// Each cell's equation of the state, from the gates of a step and the states before it.
fn state_naive(names: &[&str], gates: &[f32], h: f32, c: f32) -> Option<f32> {
    let gate = |name| gates[names.iter().position(|&other| other == name).unwrap()];
    match names {
        ["reset", "update", "candidate"] => None,
        ["input", "forget", "candidate", "output"] => {
            let c = gate("forget") * c + gate("input") * gate("candidate");
            Some(gate("output") * c.tanh())
        }
        ["update", "candidate"] => {
            Some((1.0 - gate("update")) * h + gate("update") * gate("candidate"))
        }
        ["forget", "input", "candidate"] => {
            let sum = gate("forget") + gate("input");
            Some(gate("forget") / sum * h + gate("input") / sum * gate("candidate"))
        }
        _ => None,
    }
}

#[test]
fn gates_and_states_fit_the_equations_of_the_cell() {
    for options in [
        r#"{"cell":"lstm","hiddenSize":6,"numLayers":2,"embeddingSize":5}"#,
        r#"{"cell":"min-gru","hiddenSize":6,"embeddingSize":5}"#,
        r#"{"cell":"min-lstm","hiddenSize":6,"embeddingSize":5}"#,
    ] {
        let model = create(options, SENTENCE);
        for layer in activations(&model, &SENTENCE[..30], 4) {
            let (size, gates) = (layer.hidden_size, layer.gate_names.len());
            assert_eq!(layer.hidden.len(), 30 * size);
            assert_eq!(layer.gates.len(), 30 * gates * size);
            for (at, &got) in layer.hidden.iter().enumerate() {
                let (t, j) = (at / size, at % size);
                let before = |values: &[f32]| match t.checked_sub(1) {
                    Some(t) if !values.is_empty() => values[t * size + j],
                    _ => 0.0,
                };
                let row = &layer.gates[t * gates * size..];
                let own: Vec<f32> = (0..gates).map(|g| row[g * size + j]).collect();
                let (h, c) = (before(&layer.hidden), before(&layer.cell));
                let expected = state_naive(layer.gate_names, &own, h, c).unwrap();
                assert!(
                    (got - expected).abs() < 1e-5,
                    "{options} {t} {j}: {got} {expected}"
                );
            }
        }
    }
}

#[test]
fn both_forms_of_the_gru_fit_their_equations() {
    for (form, sign) in [("true", 1.0), ("false", -1.0)] {
        let options =
            format!(r#"{{"cell":"gru","resetAfter":{form},"hiddenSize":6,"embeddingSize":5}}"#);
        let model = create(&options, SENTENCE);
        let layers = activations(&model, &SENTENCE[..30], 100);
        let [layer] = &layers[..] else {
            panic!("one layer")
        };
        for t in 1..30 {
            for j in 0..6 {
                let gate = |g: usize| layer.gates[(t * 3 + g) * 6 + j];
                let (update, candidate, h) = (gate(1), gate(2), layer.hidden[(t - 1) * 6 + j]);
                // Of the old state z, or 1 - z.
                let keep = if sign > 0.0 { update } else { 1.0 - update };
                let expected = keep * h + (1.0 - keep) * candidate;
                assert!((layer.hidden[t * 6 + j] - expected).abs() < 1e-5);
            }
        }
    }
}

#[test]
fn what_is_seen_does_not_depend_on_the_chunks() {
    for options in MODELS {
        let model = create(options, SENTENCE);
        if options.contains("bidirectional") || options.contains("transformer") {
            let error = Activations::new(&model, "the", &[]).err().unwrap();
            assert_eq!(error.code(), "contradictory-options");
            continue;
        }
        let text = SENTENCE.repeat(3);
        let whole = activations(&model, &text, 1000);
        assert_eq!(activations(&model, &text, 3), whole, "{options}");
        let layers = match &model.config().body {
            Body::Stack { sizes, .. } => sizes.len(),
            Body::Blocks { shape, .. } | Body::Transformer { shape, .. } => shape.count,
        };
        assert_eq!(whole.len(), layers);
        assert!(
            whole
                .iter()
                .all(|layer| layer.hidden.len() == text.len() * layer.hidden_size)
        );
    }
}

#[test]
fn a_document_has_a_row_for_each_of_its_symbols() {
    let model = create(MODELS[1], &names());
    let layers = activations(&model, "ada", 1);
    assert_eq!(layers[0].hidden.len(), 3 * layers[0].hidden_size);
    assert_eq!(layers, activations(&model, "ada", 100));
}

/// The norms of the rows of the embedding's gradient, by the network itself: right where no symbol comes twice.
fn norms_naive(model: &Model, text: &str, of: LossOf) -> Vec<f64> {
    let tokens = model.tokenizer().encode(text).unwrap();
    let steps = tokens.len() - 1;
    let mut network = Network::<f32>::new(
        model.config(),
        model.layout(),
        model.tokenizer().vocab_size(),
        1,
        steps,
        Purpose::Train,
        Regularisation::default(),
    )
    .unwrap();
    let (inputs, mut targets) = (&tokens[..steps], tokens[1..].to_vec());
    if of == LossOf::Last {
        targets[..steps - 1].fill(IGNORE);
    }
    let mut grads = vec![0.0; model.layout().len];
    network.load(model.params());
    network.forward(model.params(), inputs, &targets);
    network.backward(&mut grads, model.params(), inputs, &targets);
    let size = model.config().embedding_size;
    let embedding = &grads[model.layout().range(EMBEDDING)];
    let row = |&token: &u32| &embedding[token as usize * size..][..size];
    let norm = |row: &[f32]| {
        row.iter()
            .map(|&x| f64::from(x).powi(2))
            .sum::<f64>()
            .sqrt()
    };
    inputs.iter().map(row).map(norm).collect()
}

#[test]
fn the_gradient_by_each_symbol_is_that_of_its_row_where_it_comes_once() {
    for options in MODELS {
        let model = create(options, SENTENCE);
        if options.contains("bidirectional") {
            let error = input_gradient(&model, "quick", &[], LossOf::Last).unwrap_err();
            assert_eq!(error.code(), "contradictory-options");
            continue;
        }
        for of in [LossOf::Last, LossOf::All] {
            let found = input_gradient(&model, "quick", &[], of).unwrap();
            assert_eq!((found.norms.len(), found.norms[4]), (5, 0.0));
            if !options.contains("tieWeights") {
                for (got, expected) in found.norms.iter().zip(norms_naive(&model, "quick", of)) {
                    assert!(
                        (f64::from(*got) - expected).abs() < 1e-5 * expected.max(1e-2),
                        "{options}"
                    );
                }
            }
        }
        // Zoneout keeps nothing in a window that is gone back through.
        if !options.contains("zoneout") {
            let found = input_gradient(&model, "the fox", &[], LossOf::All).unwrap();
            let mut evaluation = Evaluation::new(&model, "the fox", 1).unwrap();
            assert!(evaluation.advance(&model, 100));
            assert!(
                (found.loss - evaluation.result().unwrap().loss).abs() < 1e-5,
                "{options}"
            );
        }
    }
}

#[test]
fn symbols_that_come_again_have_gradients_of_their_own() {
    let model = create(MODELS[3], SENTENCE);
    let found = input_gradient(&model, "aaaab", &[], LossOf::Last).unwrap();
    assert!(found.norms[..4].windows(2).all(|pair| pair[0] != pair[1]));
}

#[test]
fn a_document_is_foreseen_from_its_boundary() {
    let model = create(MODELS[1], &names());
    let found = input_gradient(&model, "ada", &[], LossOf::All).unwrap();
    assert_eq!(found.norms.len(), 3);
    let mut reader = Reader::new(&model, Quantization::None).unwrap();
    let mut loss = 0.0;
    for (at, symbol) in "ada".char_indices() {
        let mut session = Session::new(&mut reader, &model, &[]).unwrap();
        let mut feeding = Feeding::new(&model, &"ada"[..at], UnknownSymbols::Error).unwrap();
        feeding.advance(&mut reader, &model, &mut session, 100);
        let next = session.next_symbols(&mut reader, &model, 100).unwrap();
        let own = next
            .iter()
            .find(|next| next.text == symbol.to_string())
            .unwrap();
        loss -= own.probability.ln() / 3.0;
    }
    // A session leaves the unknown symbol out.
    assert!((found.loss - loss).abs() < 0.1);
}

#[test]
fn bad_input_is_refused() {
    let model = create(MODELS[3], SENTENCE);
    let code = |text: &str, condition: &[f32]| {
        input_gradient(&model, text, condition, LossOf::Last)
            .unwrap_err()
            .code()
    };
    assert_eq!(code("", &[]), "text-too-short");
    assert_eq!(code("a", &[]), "text-too-short");
    assert_eq!(code(&"a".repeat(2049), &[]), "invalid-option");
    assert_eq!(code("the", &[1.0]), "invalid-option");
    assert_eq!(
        Activations::new(&model, "", &[]).err().unwrap().code(),
        "empty-text"
    );
}
