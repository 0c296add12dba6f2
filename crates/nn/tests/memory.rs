//! What a run is said to need, against what it takes.
#![cfg(not(target_arch = "wasm32"))]

mod runs;

use mynah_nn::config::{ModelOptions, parse_options};
use mynah_nn::training::{TrainingOptions, memory_estimate};
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

#[test]
fn an_estimate_is_within_ten_percent() {
    let text = SENTENCE.repeat(3000);
    for (model, training) in [
        ("{}", "{}"),
        (
            r#"{"cell":"lstm","hiddenSize":128,"numLayers":2,"layerNorm":true}"#,
            r#"{"averageDecay":0.99}"#,
        ),
        (
            r#"{"cell":"min-gru","block":true,"hiddenSize":96}"#,
            r#"{"dropout":0.1,"optimizer":"sgd"}"#,
        ),
        (
            r#"{"cell":"transformer","hiddenSize":64}"#,
            r#"{"keepBest":false,"batchSize":8,"seqLength":128}"#,
        ),
        (
            r#"{"cell":"gru","bidirectional":true,"hiddenSize":64}"#,
            r#"{"validation":0,"batchSize":100}"#,
        ),
    ] {
        let options = parse_options::<ModelOptions>(model).unwrap();
        let recipe = parse_options::<TrainingOptions>(training).unwrap();
        let before = HELD.get();
        let mut trained = create(model, &text);
        let vocab = trained.tokenizer().vocab_size();
        let symbols = text.chars().count();
        let estimate = memory_estimate(&options, &recipe, vocab, symbols).unwrap();
        MOST.set(HELD.get());
        let mut run = start(&trained, &text, training).unwrap();
        run.step(&mut trained, 0.0).unwrap();
        if let Some(validation) = run.validation(&trained, 32) {
            validation.unwrap().advance(&trained, 1);
        }
        let taken = (MOST.get() - before) as f64;
        let share = estimate / taken;
        assert!(
            (0.9..1.1).contains(&share),
            "{model} {training}: {estimate} of {taken}"
        );
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
    let bytes = memory_estimate(&model, &training, 60, usize::MAX / 8).unwrap();
    assert!(bytes > 1e15, "{bytes}");
    assert!(MOST.get() - before < 1 << 20);
}
