//! What a run is said to need, against what it takes.
#![cfg(not(target_arch = "wasm32"))]

mod runs;

use mynah_nn::config::{ModelOptions, parse_options};
use mynah_nn::data::Source;
use mynah_nn::data::list::DocumentList;
use mynah_nn::training::{ListSize, SourceSize, Training, TrainingOptions, memory_estimate};
use runs::{SENTENCE, create, start};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
}

/// The system's allocator, adding up what each thread holds.
struct Counting;

fn add(bytes: isize) {
    HELD.set(HELD.get() + bytes);
    MOST.set(MOST.get().max(HELD.get()));
}

// SAFETY: every call goes to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size() as isize);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        add(-(layout.size() as isize));
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What is trained on.
enum Learnt {
    Text(String),
    Documents(DocumentList),
}

impl Learnt {
    fn source(&self) -> Source<'_> {
        match self {
            Self::Text(text) => text.into(),
            Self::Documents(list) => list.into(),
        }
    }

    fn size(&self) -> SourceSize {
        match self {
            Self::Text(text) => SourceSize {
                symbols: text.chars().count(),
                documents: None,
            },
            Self::Documents(list) => {
                let steps = || {
                    list.iter()
                        .map(|document| document.text.chars().count() + 1)
                };
                SourceSize {
                    symbols: steps().sum(),
                    documents: Some(ListSize {
                        count: list.len(),
                        longest: steps().max().unwrap(),
                    }),
                }
            }
        }
    }
}

fn text() -> Learnt {
    Learnt::Text(SENTENCE.repeat(3000))
}

/// Names of 1 to 24 symbols, each with a vector of so many values.
fn list(conditions: usize) -> Learnt {
    let names: Vec<String> = (0..4000)
        .map(|k| SENTENCE[k % 20..][..1 + k % 24].to_owned())
        .collect();
    let values = vec![0.5; names.len() * conditions];
    Learnt::Documents(DocumentList::with_conditions(names, values).unwrap())
}

/// Creates a model, does a step and a validation; holds the estimate against the most bytes that were held, what
/// is learnt from among them, as it is in WebAssembly.
#[track_caller]
fn check(learnt: fn() -> Learnt, model: &str, training: &str) {
    let options = parse_options::<ModelOptions>(model).unwrap();
    let recipe = parse_options::<TrainingOptions>(training).unwrap();
    let before = HELD.get();
    MOST.set(before);
    let learnt = learnt();
    let mut trained = create(model, learnt.source());
    let created = MOST.get() - before;
    let mut run = start(&trained, learnt.source(), training).unwrap();
    let size = learnt.size();
    // Given back as it is there, too, once it was read.
    drop(learnt);
    run.step(&mut trained, 0.0).unwrap();
    if let Some(validation) = run.validation(&trained, 32) {
        validation.unwrap().advance(&trained, 1);
    }
    let taken = (MOST.get() - before) as f64;
    assert!(
        (created as f64) < 0.9 * taken,
        "{model}: {created} of {taken} to create it"
    );
    let vocab = trained.tokenizer().vocab_size();
    let estimate = memory_estimate(&options, &recipe, vocab, size).unwrap();
    let share = estimate / taken;
    assert!(
        (0.9..1.1).contains(&share),
        "{model} {training}: {estimate} is {share} of {taken}"
    );
}

#[test]
fn an_estimate_is_within_ten_percent() {
    for (model, training) in [
        ("{}", "{}"),
        (
            r#"{"cell":"lstm","hiddenSize":128,"numLayers":2,"layerNorm":true}"#,
            r#"{"averageDecay":0.99}"#,
        ),
        // All of it is W_hh: never is the creation a larger part.
        (
            r#"{"cell":"rnn","hiddenSize":512,"embeddingSize":4}"#,
            r#"{"batchSize":1,"seqLength":8,"optimizer":"sgd","momentum":0,"keepBest":false}"#,
        ),
        (
            r#"{"cell":"rnn","layerNorm":true,"trainInitialState":true,"hiddenSize":96}"#,
            r#"{"optimizer":"rmsprop","momentum":0.5,"weightDrop":0.2}"#,
        ),
        (
            r#"{"cell":"gru","resetAfter":false,"layerNorm":true,"zoneout":0.1,"hiddenSize":[96,64]}"#,
            r#"{"dropout":0.2,"averageDecay":0.9,"keepBest":false}"#,
        ),
        (
            r#"{"cell":"gru","numLayers":3,"residual":true,"hiddenSize":80}"#,
            r#"{"optimizer":"rmsprop"}"#,
        ),
        (
            r#"{"cell":"lstm","tieWeights":true,"embeddingSize":48,"hiddenSize":96,"zoneout":0.1,"zoneoutCell":0.1}"#,
            "{}",
        ),
        (
            r#"{"cell":"lstm","projectionSize":32,"hiddenSize":128}"#,
            "{}",
        ),
        (
            r#"{"cell":"min-gru","block":true,"hiddenSize":96}"#,
            r#"{"dropout":0.1,"optimizer":"sgd"}"#,
        ),
        (
            r#"{"cell":"lstm","hiddenSize":160}"#,
            r#"{"optimizer":"muon","batchSize":8}"#,
        ),
        (
            r#"{"cell":"transformer","hiddenSize":64}"#,
            r#"{"optimizer":"muon","batchSize":8}"#,
        ),
        (r#"{"cell":"min-lstm","numLayers":2,"hiddenSize":96}"#, "{}"),
        (
            r#"{"cell":"lstm","block":true,"numLayers":2,"hiddenSize":64}"#,
            r#"{"batchSize":8}"#,
        ),
        (
            r#"{"cell":"transformer","hiddenSize":64}"#,
            r#"{"keepBest":false,"batchSize":8,"seqLength":128}"#,
        ),
        // The window is no longer than the context.
        (
            r#"{"cell":"transformer","hiddenSize":64,"contextLength":16}"#,
            "{}",
        ),
        (
            r#"{"cell":"gru","bidirectional":true,"hiddenSize":64}"#,
            r#"{"validation":0,"batchSize":100}"#,
        ),
        // One stream validates a model that reads from both ends.
        (
            r#"{"cell":"lstm","bidirectional":true,"numLayers":2,"hiddenSize":64}"#,
            r#"{"batchSize":4}"#,
        ),
    ] {
        check(text, model, training);
    }
}

#[test]
fn an_estimate_for_documents_is_within_ten_percent() {
    for (model, training) in [
        ("{}", "{}"),
        (
            r#"{"cell":"lstm","hiddenSize":96,"layerNorm":true}"#,
            r#"{"averageDecay":0.99,"batchSize":64}"#,
        ),
        (
            r#"{"cell":"gru","bidirectional":true,"hiddenSize":64}"#,
            r#"{"seqLength":8}"#,
        ),
        (
            r#"{"cell":"transformer","hiddenSize":64}"#,
            r#"{"validation":0}"#,
        ),
    ] {
        check(|| list(0), model, training);
    }
    for mode in ["initial-state", "bias", "film"] {
        let model = format!(
            r#"{{"cell":"lstm","conditionSize":50,"conditionMode":"{mode}","hiddenSize":64}}"#
        );
        check(|| list(50), &model, r#"{"batchSize":16}"#);
    }
}

/// All workers of a run at once, each with the source while it reads it; one after the other they do their parts of a step.
#[test]
fn an_estimate_for_several_workers_is_within_ten_percent() {
    for (learnt, workers) in [(text as fn() -> Learnt, 2), (text, 3), (|| list(0), 4)] {
        let model = r#"{"cell":"lstm","hiddenSize":96}"#;
        let training = format!(r#"{{"workers":{workers},"averageDecay":0.9}}"#);
        let options = parse_options::<ModelOptions>(model).unwrap();
        let recipe = parse_options::<TrainingOptions>(&training).unwrap();
        let before = HELD.get();
        MOST.set(before);
        let sources: Vec<Learnt> = (0..workers).map(|_| learnt()).collect();
        let size = sources[0].size();
        let start = |(index, source): (usize, &Learnt)| {
            let model = create(model, source.source());
            let run = Training::of_worker(&model, source.source(), &recipe, index).unwrap();
            (model, run)
        };
        let mut crew: Vec<_> = sources.iter().enumerate().map(start).collect();
        drop(sources);
        for (model, run) in &mut crew {
            run.begin_step(model, 0.0);
        }
        let (leader, run) = &crew[0];
        let validation = run.validation(leader, 32).unwrap();
        validation.unwrap().advance(leader, 1);
        let taken = (MOST.get() - before) as f64;
        let vocab = leader.tokenizer().vocab_size();
        let share = memory_estimate(&options, &recipe, vocab, size).unwrap() / taken;
        assert!((0.9..1.1).contains(&share), "{workers}: {share} of {taken}");
    }
}

#[test]
fn what_no_machine_has_is_estimated_without_taking_it() {
    let model = r#"{"hiddenSize":4096,"numLayers":4}"#;
    let model = parse_options::<ModelOptions>(model).unwrap();
    let training = r#"{"batchSize":65536,"seqLength":65536}"#;
    let training = parse_options::<TrainingOptions>(training).unwrap();
    MOST.set(HELD.get());
    let before = HELD.get();
    let size = SourceSize {
        symbols: usize::MAX / 8,
        documents: None,
    };
    let bytes = memory_estimate(&model, &training, 60, size).unwrap();
    assert!(bytes > 1e15, "{bytes}");
    assert!(MOST.get() - before < 1 << 20);
}
