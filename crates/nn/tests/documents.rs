//! Lists of documents: one per row, from the boundary to the boundary, and none sees another.

mod common;
mod runs;

use common::tokens;
use mynah_nn::data::Window;
use mynah_nn::data::documents::Documents;
use mynah_nn::data::list::DocumentList;
use mynah_nn::evaluation::{Evaluation, EvaluationResult};
use mynah_nn::layer::output::{IGNORE, LossSum};
use mynah_nn::linear::Purpose;
use mynah_nn::model::Model;
use mynah_nn::network::{Network, Regularisation};
use mynah_nn::sampling::{SampleOptions, Sampler};
use mynah_nn::tokenizer::Tokenizer;
use runs::{MODELS, create, names, run, start};
use std::collections::BTreeSet;
use std::f64::consts::LN_2;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const MODEL: &str = r#"{"hiddenSize":24,"embeddingSize":8}"#;

fn list(documents: &[&str]) -> DocumentList {
    DocumentList::new(documents.iter().map(|&d| d.to_owned()).collect())
}

/// What all rows of an epoch read, as text, boundaries as bars; checks every window on the way.
fn read_epoch(tokenizer: &Tokenizer, documents: &mut Documents, epoch: u64) -> Vec<String> {
    let (batch, seq_len) = (documents.batch(), documents.seq_len());
    let boundary = tokenizer.boundary().unwrap();
    let mut window = Window::new(batch, seq_len, 0).unwrap();
    let mut open: Vec<String> = Vec::new();
    let mut done = Vec::new();
    for at in 0..documents.windows() {
        documents.fill(epoch * documents.windows() + at, &mut window);
        let steps = window.inputs.len() / batch;
        assert!((1..=seq_len).contains(&steps));
        assert_eq!(
            window.lengths.iter().max(),
            Some(&steps),
            "no padding for nothing"
        );
        if window.starts_anew {
            done.append(&mut open);
            open = vec![String::new(); batch];
        }
        for b in 0..batch {
            for t in 0..steps {
                let (input, target) = (window.inputs[t * batch + b], window.targets[t * batch + b]);
                if t >= window.lengths[b] {
                    assert_eq!((input, target), (boundary, IGNORE), "padding");
                    continue;
                }
                let symbol = |token| match tokenizer.text(token).chars().next() {
                    Some(symbol) if token != boundary => symbol,
                    _ => '|',
                };
                if open[b].is_empty() {
                    open[b].push(symbol(input));
                }
                assert_eq!(
                    open[b].chars().last(),
                    Some(symbol(input)),
                    "inputs follow targets"
                );
                open[b].push(symbol(target));
            }
        }
    }
    done.append(&mut open);
    done.retain(|row| !row.is_empty());
    done
}

#[test]
fn every_pass_reads_every_document_once_from_boundary_to_boundary() {
    let list = names();
    let tokenizer = Tokenizer::from_source(&list).unwrap();
    let mut expected: Vec<String> = list.iter().map(|d| format!("|{}|", d.text)).collect();
    expected.sort();
    for (batch, seq_len) in [(1, 3), (4, 5), (5, 64), (7, 4), (100, 2)] {
        let all = (0..list.len()).collect();
        let mut documents = Documents::new(&tokenizer, &list, all, batch, seq_len, 1, 3).unwrap();
        let orders: Vec<Vec<String>> = (0..3)
            .map(|epoch| read_epoch(&tokenizer, &mut documents, epoch))
            .collect();
        for order in &orders {
            let mut sorted = order.clone();
            sorted.sort();
            assert_eq!(sorted, expected, "batch {batch}, {seq_len} steps");
        }
        assert!(
            batch == 100 || orders[0] != orders[1],
            "every pass has its own order"
        );
        assert_eq!(
            read_epoch(&tokenizer, &mut documents, 0),
            orders[0],
            "by its number"
        );
        let all = (0..list.len()).collect();
        let mut other = Documents::new(&tokenizer, &list, all, batch, seq_len, 1, 4).unwrap();
        assert!(
            batch == 100 || read_epoch(&tokenizer, &mut other, 0) != orders[0],
            "and seed"
        );
    }
}

#[test]
fn documents_of_like_length_stand_together() {
    let texts: Vec<String> = (0..64).map(|k| "x".repeat(1 + k % 32)).collect();
    let list = DocumentList::new(texts);
    let tokenizer = Tokenizer::from_source(&list).unwrap();
    let documents = Documents::new(&tokenizer, &list, (0..64).collect(), 8, 4, 1, 1).unwrap();
    // Their ends included 2 to 33 symbols, 1 to 9 windows: eight batches that need 9 + 8 + ... + 1 - 1.
    let needed: u64 = (0..64u64).map(|k| (2 + k % 32).div_ceil(4)).sum();
    assert!(
        documents.windows() * 8 <= needed + 9 * 8,
        "{}",
        documents.windows()
    );
}

#[test]
fn each_worker_has_rows_of_all_lengths_the_longest_first() {
    let texts: Vec<String> = (0..50).map(|k| "x".repeat(1 + k * 7 % 16)).collect();
    let list = DocumentList::new(texts);
    let tokenizer = Tokenizer::from_source(&list).unwrap();
    for (batch, workers) in [(1, 4), (7, 1), (8, 2), (11, 3), (64, 2)] {
        let all = (0..list.len()).collect();
        let mut documents = Documents::new(&tokenizer, &list, all, batch, 64, workers, 1).unwrap();
        let batch = documents.batch();
        let workers = workers.min(batch);
        let mut window = Window::new(batch, documents.seq_len(), 0).unwrap();
        for step in 0..2 * documents.windows() {
            documents.fill(step, &mut window);
            let parts: Vec<&[usize]> = (0..workers)
                .map(|w| &window.lengths[w * batch / workers..(w + 1) * batch / workers])
                .collect();
            for part in &parts {
                assert!(part.is_sorted_by(|a, b| a >= b), "{part:?}");
            }
            let longest = parts.iter().map(|part| part[0]);
            let rows = window.lengths.iter().filter(|&&length| length > 0).count();
            assert!(
                rows < workers || longest.clone().min() > Some(0),
                "a worker of {workers} has nothing to do: {parts:?}"
            );
        }
    }
}

#[test]
fn what_is_held_out_repeats_nothing_that_is_trained_on() {
    let list = names();
    for (share, seed) in [(0.1, 1), (0.3, 2), (0.9, 3)] {
        let (train, held_out) = list.split(share, seed);
        assert_eq!(train.len() + held_out.len(), list.len());
        let texts = |which: &[usize]| {
            which
                .iter()
                .map(|&k| list.get(k).text)
                .collect::<BTreeSet<_>>()
        };
        assert!(texts(&train).is_disjoint(&texts(&held_out)));
        // 26 distinct names.
        assert_eq!(texts(&held_out).len(), 26 - ((1.0 - share) * 26.0) as usize);
        assert_eq!(list.split(share, seed), (train, held_out));
    }
    assert_ne!(list.split(0.3, 1), list.split(0.3, 2));
    assert_eq!(list.split(0.0, 1).1, [] as [usize; 0]);
    let same = runs_of("a", 5);
    assert_eq!(same.split(0.5, 1).0.len(), 5, "one stays to train on");
}

fn runs_of(text: &str, count: usize) -> DocumentList {
    DocumentList::new(vec![text.to_owned(); count])
}

/// Loss and gradient of rows of these lengths, padded to `padded_steps` steps, in a network with room for `room`.
fn padded(
    model: &Model,
    lengths: &[usize],
    padded_steps: usize,
    room: usize,
) -> (LossSum, Vec<f32>) {
    let (batch, vocab) = (lengths.len(), model.tokenizer().vocab_size());
    let longest = *lengths.iter().max().unwrap();
    let (symbols, next) = (
        tokens(longest * batch, vocab, 3),
        tokens(longest * batch, vocab, 4),
    );
    let (mut inputs, mut targets) = (Vec::new(), Vec::new());
    for row in 0..padded_steps * batch {
        let is_real = row / batch < lengths[row % batch];
        inputs.push(if is_real { symbols[row] } else { 1 });
        targets.push(if is_real { next[row] } else { IGNORE });
    }
    let (config, layout) = (model.config(), model.layout());
    let (purpose, nothing) = (Purpose::Train, Regularisation::default());
    let mut network = Network::new(config, layout, vocab, batch, room, purpose, nothing).unwrap();
    let mut grads = vec![0.0; layout.len];
    network.load(model.params());
    network.set_lengths(lengths);
    network.reset();
    network.forward(model.params(), &inputs, &targets);
    let loss = network.backward(&mut grads, model.params(), &inputs, &targets);
    (loss, grads)
}

#[test]
fn any_amount_of_padding_gives_the_same_loss_and_gradient_bits() {
    let list = names();
    for model in MODELS {
        let model = create(
            &model.replace(r#""contextLength":8"#, r#""contextLength":16"#),
            &list,
        );
        let most = model.config().context_length().unwrap_or(200);
        for lengths in [&[9][..], &[9, 6, 3], &[1, 9, 6, 9, 3, 0, 9, 2]] {
            let expected = padded(&model, lengths, 9, 9);
            for (steps, room) in [(9, 20), (10, 10), (13, 64), (64, 64), (200, 200)] {
                let (steps, room) = (most.min(steps), most.min(room));
                let got = padded(&model, lengths, steps, room);
                let what = format!("{:?}, {lengths:?} in {steps} steps", model.config());
                assert_eq!(got.0, expected.0, "{what}");
                assert!(got.1 == expected.1, "{what}");
            }
        }
    }
}

fn evaluate(model: &Model, list: &DocumentList, chunk: usize) -> EvaluationResult {
    let mut evaluation = Evaluation::new(model, list, 1).unwrap();
    while !evaluation.advance(model, chunk) {}
    evaluation.result().unwrap()
}

#[test]
fn an_evaluation_sums_over_documents_that_do_not_see_each_other() {
    let list = names();
    let mut model = create(MODEL, &list);
    let options = r#"{"steps":40,"batchSize":8,"learningRate":0.01}"#;
    let mut training = start(&model, &list, options).unwrap();
    run(&mut model, &mut training);
    let result = evaluate(&model, &list, usize::MAX);
    let alone: Vec<EvaluationResult> = list
        .iter()
        .map(|document| evaluate(&model, &runs_of(document.text, 1), usize::MAX))
        .collect();
    let total: f64 = alone.iter().map(|r| r.loss * r.tokens as f64).sum();
    let tokens: usize = list.iter().map(|d| d.text.chars().count() + 1).sum();
    assert_eq!(result.tokens, tokens, "with the end of each");
    assert!((result.loss * tokens as f64 - total).abs() < 1e-9 * total);
    let bytes: usize = list.iter().map(|d| d.text.len() + 1).sum();
    assert!((result.bits_per_byte - total / (LN_2 * bytes as f64)).abs() < 1e-9);
    for chunk in [1, 7, 100] {
        let chunked = evaluate(&model, &list, chunk);
        assert_eq!(
            (chunked.tokens, chunked.accuracy),
            (result.tokens, result.accuracy)
        );
        assert!((chunked.loss - result.loss).abs() < 1e-12);
    }
}

#[test]
fn training_sees_the_losses_of_an_evaluation() {
    let list = names();
    let mut model = create(MODEL, &list);
    let expected = evaluate(&model, &list, usize::MAX);
    for (batch, seq_len) in [(1, 64), (4, 3), (32, 64)] {
        let options = format!(
            r#"{{"epochs":1,"learningRate":1e-30,"weightDecay":0,"validation":0,"batchSize":{batch},"seqLength":{seq_len}}}"#
        );
        let mut training = start(&model, &list, &options).unwrap();
        let (mut loss, mut tokens) = (0.0, 0);
        while !training.is_finished() {
            let step = training.step(&mut model, 0.0).unwrap();
            loss += step.loss * step.tokens as f64;
            tokens += step.tokens;
        }
        assert_eq!(tokens, expected.tokens);
        assert!(
            (loss / tokens as f64 - expected.loss).abs() < 1e-9,
            "batch {batch}, {seq_len} steps"
        );
        assert_eq!(training.epoch(), 1.0);
        let plan = training.plan();
        assert_eq!((plan.train_tokens, plan.validation_tokens), (tokens, 0));
    }
}

#[test]
fn a_model_of_documents_learns_them_and_ends_them() {
    let list = list(&["anna", "bernd", "chiara", "dmitri", "elif", "fumiko"]);
    let mut model = create(MODEL, &list);
    let options = r#"{"steps":250,"batchSize":3,"learningRate":0.01,"validation":0}"#;
    let mut training = start(&model, &list, options).unwrap();
    let losses = run(&mut model, &mut training);
    assert!(
        losses[249] < 0.5,
        "nothing but the first symbol is uncertain: {}",
        losses[249]
    );
    let write = |prompt: &str, temperature: f64, seed: u64| {
        let options = SampleOptions {
            prompt: prompt.into(),
            temperature: Some(temperature),
            seed: Some(seed),
            ..Default::default()
        };
        let mut sampler = Sampler::new(&model, &options).unwrap();
        let text = sampler.next(&model, 1000).unwrap();
        assert!(sampler.is_finished());
        assert_eq!(sampler.written(), text.chars().count());
        assert_eq!(sampler.next(&model, 1000).unwrap(), "", "it is over");
        text
    };
    assert_eq!(write("ch", 0.0, 1), "iara");
    assert_eq!(write("anna", 0.0, 1), "");
    let known: BTreeSet<String> = list.iter().map(|d| d.text.to_owned()).collect();
    let written: BTreeSet<String> = (0..40).map(|seed| write("", 0.5, seed)).collect();
    assert!(
        written.is_subset(&known) && written.len() >= 4,
        "{written:?}"
    );
}

#[test]
fn a_model_writes_what_its_condition_says() {
    let documents: Vec<String> = (0..40)
        .map(|k| ["anna", "otto"][k % 2].to_owned())
        .collect();
    let conditions: Vec<f32> = (0..40)
        .flat_map(|k| [[1.0, 0.0], [0.0, 1.0]][k % 2])
        .collect();
    let list = DocumentList::with_conditions(documents, conditions).unwrap();
    for mode in ["initial-state", "bias", "film"] {
        let model = format!(
            r#"{{"hiddenSize":16,"embeddingSize":8,"conditionSize":2,"conditionMode":"{mode}"}}"#
        );
        let mut model = create(&model, &list);
        let options = r#"{"steps":200,"batchSize":8,"learningRate":0.02,"validation":0}"#;
        let mut training = start(&model, &list, options).unwrap();
        let losses = run(&mut model, &mut training);
        assert!(
            losses[199] < 0.02,
            "{mode}: nothing is uncertain: {}",
            losses[199]
        );
        assert!(evaluate(&model, &list, usize::MAX).loss < 0.02, "{mode}");
        for (condition, name) in [([1.0, 0.0], "anna"), ([0.0, 1.0], "otto")] {
            let options = SampleOptions {
                condition: condition.to_vec(),
                temperature: Some(0.0),
                ..Default::default()
            };
            let mut sampler = Sampler::new(&model, &options).unwrap();
            assert_eq!(sampler.next(&model, 100).unwrap(), name, "{mode}");
        }
        let without = DocumentList::new(vec!["anna".into()]);
        let error = start(&model, &without, "{}").err().unwrap();
        assert!(error.to_string().contains("of 2 values each"), "{error}");
    }
}

#[test]
fn conditions_stay_with_their_documents() {
    let documents = ["aa", "", "bbbb", "c"].map(str::to_owned).to_vec();
    let list =
        DocumentList::with_conditions(documents, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0])
            .unwrap();
    assert_eq!(
        list.get(1).condition,
        [5.0, 6.0],
        "the empty one has taken its own along"
    );
    let tokenizer = Tokenizer::from_source(&list).unwrap();
    let mut documents = Documents::new(&tokenizer, &list, vec![0, 1, 2], 2, 2, 1, 1).unwrap();
    let mut window = Window::new(2, 2, 2).unwrap();
    let mut seen = 0;
    for step in 0..3 * documents.windows() {
        documents.fill(step, &mut window);
        for b in 0..2 {
            let expected = match window.inputs.get(2 + b) {
                Some(&token) if token != tokenizer.boundary().unwrap() => {
                    match &*tokenizer.text(token) {
                        "a" => [1.0, 2.0],
                        "b" => [5.0, 6.0],
                        _ => [7.0, 8.0],
                    }
                }
                _ => continue,
            };
            assert_eq!(window.conditions[2 * b..2 * b + 2], expected);
            seen += 1;
        }
    }
    assert!(seen > 3);
}

#[test]
fn what_does_not_fit_is_refused() {
    let list = names();
    let of_text = create(MODEL, "a text without a boundary");
    let model = create(MODEL, &list);
    let code = |result: Option<Box<mynah_nn::Error>>| result.unwrap().code();
    assert_eq!(
        code(start(&of_text, &list, "{}").err()),
        "contradictory-options"
    );
    assert_eq!(
        code(Evaluation::new(&of_text, &list, 1).err()),
        "contradictory-options"
    );
    let conditioned = DocumentList::with_conditions(vec!["ada".into()], vec![1.0, 2.0]).unwrap();
    let error = start(&model, &conditioned, "{}").err().unwrap();
    assert!(
        error
            .to_string()
            .contains("conditions is of 2 values, but must be left out"),
        "{error}"
    );
    assert_eq!(
        code(Evaluation::new(&model, &conditioned, 1).err()),
        "invalid-option"
    );
    let options = SampleOptions {
        condition: vec![1.0],
        ..Default::default()
    };
    assert_eq!(code(Sampler::new(&model, &options).err()), "invalid-option");
    let both_ways = create(r#"{"hiddenSize":4,"bidirectional":true}"#, &list);
    let refused = Sampler::new(&both_ways, &SampleOptions::default()).err();
    assert_eq!(code(refused), "contradictory-options");
    let nothing = DocumentList::new(vec![String::new()]);
    assert_eq!(code(start(&model, &nothing, "{}").err()), "empty-text");
    assert_eq!(
        code(Evaluation::new(&model, &nothing, 1).err()),
        "empty-text"
    );
    for (json, conditions) in [
        ("{}", &[][..]),
        ("[1]", &[]),
        (r#"["a","b"]"#, &[1.0]),
        ("[]", &[1.0]),
    ] {
        let error = DocumentList::from_json(json, conditions.to_vec()).unwrap_err();
        assert_eq!(error.code(), "invalid-option", "{json}");
    }
    assert!(DocumentList::from_json(r#"["a"]"#, vec![f32::NAN]).is_err());
}
