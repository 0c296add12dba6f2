//! What a model thought of every symbol, and a text as one vector.

mod runs;

use mynah_nn::data::list::DocumentList;
use mynah_nn::embedding::{Embedder, Pooling};
use mynah_nn::evaluation::{Evaluation, EvaluationResult};
use mynah_nn::linear::Quantization;
use mynah_nn::model::Model;
use mynah_nn::sampling::UnknownSymbols;
use mynah_nn::scoring::{ScoreOptions, Scorer, Scores};
use mynah_nn::session::{Feeding, Reader, Session};
use runs::{MODELS, SENTENCE, create, names};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Longer than two windows, with a symbol that the models do not know.
fn text() -> String {
    format!("{}€{}", SENTENCE.repeat(3), &SENTENCE[..20])
}

fn score(
    model: &Model,
    text: &str,
    alternatives: usize,
    chunk: usize,
) -> (Scores, EvaluationResult) {
    let options = ScoreOptions {
        alternatives,
        ..Default::default()
    };
    let mut scorer = Scorer::new(model, text, &options).unwrap();
    let mut all = Scores::default();
    loop {
        let is_done = scorer.advance(model, chunk);
        let scores = scorer.take();
        all.log_probabilities.extend(scores.log_probabilities);
        all.ranks.extend(scores.ranks);
        all.entropies.extend(scores.entropies);
        all.alternatives.extend(scores.alternatives);
        all.alternative_probabilities
            .extend(scores.alternative_probabilities);
        if is_done {
            return (all, scorer.result().unwrap());
        }
    }
}

fn evaluate(mut evaluation: Evaluation, model: &Model) -> EvaluationResult {
    while !evaluation.advance(model, 1000) {}
    evaluation.result().unwrap()
}

#[test]
fn the_loss_is_that_of_an_evaluation_bit_for_bit() {
    let text = text();
    for options in MODELS {
        let model = create(options, SENTENCE);
        let expected = evaluate(Evaluation::new(&model, &text, 1).unwrap(), &model);
        for chunk in [1, 7, 1000] {
            // A transformer turns its keys by other angles in windows of another length.
            let (scores, result) = score(&model, &text, 0, chunk);
            if options.contains("transformer") && chunk != 1000 {
                assert!((result.loss - expected.loss).abs() < 1e-6, "{options}");
            } else {
                assert_eq!(result, expected, "{options}");
            }
            let symbols = model.tokenizer().count(&text).unwrap();
            assert_eq!(scores.ranks.len(), symbols - 1);
            let sum: f64 = scores.log_probabilities.iter().map(|&p| f64::from(p)).sum();
            assert!((result.loss + sum / result.tokens as f64).abs() < 1e-9);
            let first = scores.ranks.iter().filter(|&&rank| rank == 1).count();
            assert_eq!(first as f64 / result.tokens as f64, result.accuracy);
        }
    }
}

#[test]
fn a_document_is_scored_from_its_boundary_to_its_end() {
    let list = names();
    for options in [MODELS[1], MODELS[7], MODELS[12]] {
        let model = create(options, &list);
        let one = DocumentList::new(vec!["wilhelmina".into()]);
        let expected = evaluate(Evaluation::new(&model, &one, 1).unwrap(), &model);
        let (scores, result) = score(&model, "wilhelmina", 2, 1000);
        assert_eq!(result, expected, "{options}");
        assert_eq!(scores.ranks.len(), "wilhelmina".len() + 1);
    }
}

#[test]
fn ranks_entropies_and_alternatives_are_those_of_the_distribution() {
    let text = &SENTENCE[..30];
    let model = create(MODELS[3], SENTENCE);
    let vocab_size = model.tokenizer().vocab_size();
    let (scores, _) = score(&model, text, 1000, 5);
    let tokens = model.tokenizer().encode(text).unwrap();
    let places = scores.alternatives.chunks_exact(vocab_size);
    let probabilities = scores.alternative_probabilities.chunks_exact(vocab_size);
    let mut reader = Reader::new(&model, Quantization::None).unwrap();
    for (at, (order, probabilities)) in places.zip(probabilities).enumerate() {
        let rank = scores.ranks[at] as usize - 1;
        assert_eq!(order[rank], tokens[at + 1]);
        assert!((probabilities[rank].ln() - scores.log_probabilities[at]).abs() < 1e-5);
        assert!(probabilities.is_sorted_by(|a, b| a >= b));
        let sum: f64 = probabilities.iter().map(|&p| f64::from(p)).sum();
        assert!((sum - 1.0).abs() < 1e-5);
        let entropy: f64 = probabilities
            .iter()
            .map(|&p| -f64::from(p) * f64::from(p).ln())
            .sum();
        assert!((entropy - f64::from(scores.entropies[at])).abs() < 1e-5);
        // A session at this place finds the same, but leaves the unknown symbol out.
        let mut session = Session::new(&mut reader, &model, &[]).unwrap();
        let mut feeding = Feeding::new(&model, &text[..=at], UnknownSymbols::Error).unwrap();
        feeding.advance(&mut reader, &model, &mut session, 1000);
        let next = session.next_symbols(&mut reader, &model, 1).unwrap();
        let best = order.iter().find(|&&token| token != 0).unwrap();
        assert_eq!(next[0].text, model.tokenizer().text(*best));
    }
    let (few, _) = score(&model, text, 3, 5);
    for (few, all) in few
        .alternatives
        .chunks_exact(3)
        .zip(scores.alternatives.chunks_exact(vocab_size))
    {
        assert_eq!(few, &all[..3]);
    }
}

/// The embedding, so many symbols at a time.
fn embed(model: &Model, text: &str, pooling: Pooling, chunk: usize) -> Vec<f32> {
    let mut embedder = Embedder::new(model, text, &[], pooling).unwrap();
    while !embedder.advance(model, chunk) {}
    embedder.embedding().unwrap()
}

#[test]
fn an_embedding_is_the_mean_of_what_is_known_after_each_symbol() {
    for options in MODELS {
        let model = create(options, SENTENCE);
        let text = &SENTENCE[..20];
        let whole = embed(&model, text, Pooling::Mean, 1000);
        assert_eq!(whole.len(), model.config().head_inputs());
        if options.contains("bidirectional") {
            continue;
        }
        let last = |end: usize| embed(&model, &text[..end], Pooling::Last, 3);
        let all: Vec<Vec<f32>> = (1..=text.len()).map(last).collect();
        for (j, &got) in whole.iter().enumerate() {
            let sum: f64 = all.iter().map(|values| f64::from(values[j])).sum();
            assert!(
                (f64::from(got) - sum / all.len() as f64).abs() < 1e-5,
                "{options}"
            );
        }
    }
}

#[test]
fn bad_input_is_refused() {
    let model = create(MODELS[3], SENTENCE);
    let options = ScoreOptions::default();
    let code = |text: &str, options: &ScoreOptions| {
        Scorer::new(&model, text, options).err().unwrap().code()
    };
    assert_eq!(code("", &options), "empty-text");
    assert_eq!(code("a", &options), "text-too-short");
    let alternatives = 1001;
    assert_eq!(
        code(
            "the",
            &ScoreOptions {
                alternatives,
                ..options.clone()
            }
        ),
        "invalid-option"
    );
    let condition = vec![1.0];
    assert_eq!(
        code(
            "the",
            &ScoreOptions {
                condition,
                ..options
            }
        ),
        "invalid-option"
    );
    let error = Embedder::new(&model, "", &[], Pooling::Mean).err().unwrap();
    assert_eq!(error.code(), "empty-text");
    assert_eq!(
        embed(&model, "a", Pooling::Mean, 1),
        embed(&model, "a", Pooling::Last, 1)
    );
    let both = create(MODELS[12], SENTENCE);
    let error = Embedder::new(&both, "a", &[], Pooling::Mean).err().unwrap();
    assert_eq!(error.code(), "text-too-short");
}

#[test]
fn damaged_weights_are_an_error() {
    let mut model = create(MODELS[3], SENTENCE);
    model.params_mut().fill(f32::NAN);
    let mut scorer = Scorer::new(&model, "the fox", &ScoreOptions::default()).unwrap();
    assert!(scorer.advance(&model, 100));
    assert_eq!(scorer.result().unwrap_err().code(), "non-finite-loss");
    let mut embedder = Embedder::new(&model, "the fox", &[], Pooling::Mean).unwrap();
    assert!(embedder.advance(&model, 100));
    assert_eq!(embedder.embedding().unwrap_err().code(), "non-finite-loss");
}
