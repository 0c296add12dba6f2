//! Neither training nor writing allocates anything step by step: memory is sized once, from the options.
#![cfg(not(target_arch = "wasm32"))]

mod runs;

use mynah_nn::activations::Activations;
use mynah_nn::config::parse_options;
use mynah_nn::filling::{FillOptions, Filler};
use mynah_nn::linear::Quantization;
use mynah_nn::sampling::{SampleOptions, Sampler, UnknownSymbols};
use mynah_nn::session::{Feeding, Reader, Session};
use runs::{MODELS, SENTENCE, create, names, start, steps};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator, counting for each thread.
struct Counting;

// SAFETY: every call goes to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations() -> usize {
    ALLOCATIONS.with(Cell::get)
}

#[test]
fn allocations_are_counted() {
    let before = allocations();
    drop(std::hint::black_box(vec![1u8; 3]));
    assert_eq!(allocations(), before + 1);
}

#[test]
fn a_step_allocates_nothing() {
    let (text, names) = (SENTENCE.repeat(10), names());
    for model in MODELS {
        for options in [
            r#""optimizer":"adamw""#,
            r#""optimizer":"adamw","averageDecay":0.9,"dropout":0.2"#,
            r#""optimizer":"sgd","averageDecay":0.9,"clipValue":0.1,"schedule":"step""#,
            r#""optimizer":"rmsprop","momentum":0.5,"schedule":"one-cycle""#,
            r#""optimizer":"muon""#,
        ] {
            let options = format!(r#"{{"steps":1000,"batchSize":4,"seqLength":8,{options}}}"#);
            let mut of_text = create(model, &text);
            let mut of_names = create(model, &names);
            let mut text_run = start(&of_text, &text, &options).unwrap();
            let mut names_run = start(&of_names, &names, &options).unwrap();
            let before = allocations();
            // Many passes: their beginnings are among the steps.
            steps(&mut of_text, &mut text_run, 200);
            text_run.validated(&of_text, 1.0);
            steps(&mut of_names, &mut names_run, 200);
            assert_eq!(allocations(), before, "{model}, {options}");
        }
    }
}

#[test]
fn filling_allocates_nothing() {
    let text = SENTENCE.repeat(3);
    for model in MODELS.into_iter().filter(|m| m.contains("bidirectional")) {
        let model = create(model, &text);
        let options = FillOptions {
            text: text.replace('o', "_"),
            ..Default::default()
        };
        let mut filler = Filler::new(&model, &options).unwrap();
        let before = allocations();
        while !filler.advance(&model, 16).unwrap() {}
        assert_eq!(allocations(), before);
    }
}

/// What grows meanwhile ends the instance where there is no more memory, instead of being refused.
#[test]
fn a_look_inside_has_its_memory_from_the_beginning() {
    let (text, documents) = (SENTENCE.repeat(10), names());
    let has_inside = |model: &&str| {
        !["bidirectional", "transformer"]
            .iter()
            .any(|kind| model.contains(kind))
    };
    for options in MODELS.iter().filter(|model| has_inside(model)) {
        let of_text = create(options, &text);
        let of_names = create(options, &documents);
        for (model, read) in [(of_text, &text[..]), (of_names, "ada")] {
            let mut activations = Activations::new(&model, read, &[]).unwrap();
            let before = allocations();
            while !activations.advance(&model, 7) {}
            assert_eq!(allocations(), before, "{options}");
        }
    }
}

#[test]
fn writing_under_all_rules_allocates_nothing() {
    for rules in [
        r#""stop":["the lazy q","quick z"],"minLength":9"#,
        r#""allowedPattern":"([a-z]+[ .])*""#,
    ] {
        let model = create(MODELS[1], SENTENCE);
        let options = format!(
            r#"{{"count":5,"length":2000,"topK":20,"typicalP":0.95,"topP":0.95,"minP":0.01,"repetitionPenalty":1.1,"presencePenalty":0.1,"frequencyPenalty":0.1,"noRepeatNgram":9,"biasSymbols":["e"],"logitBias":[-1],"banned":"x",{rules}}}"#
        );
        let options: SampleOptions = parse_options(&options).unwrap();
        let mut sampler = Sampler::new(&model, &options).unwrap();
        // Texts double their memory at 1,024 symbols and at 2,048.
        sampler.advance(&model, 1200).unwrap();
        let (before, written) = (allocations(), sampler.written());
        sampler.advance(&model, 700).unwrap();
        assert_eq!(allocations(), before);
        assert!(sampler.written() > written);
    }
}

/// Neither what a session holds nor what is done for a symbol grows with what was fed: the same bytes are saved, as large as ever, and
/// the next symbols, which end alike, are read with as many allocations.
#[test]
fn a_session_costs_the_same_after_ten_thousand_symbols_and_after_a_hundred_thousand() {
    for options in [MODELS[1], MODELS[7], MODELS[10]] {
        let model = create(options, SENTENCE);
        let mut reader = Reader::new(&model, Quantization::None).unwrap();
        let mut session = Session::new(&mut reader, &model, &[]).unwrap();
        let mut feed = |session: &mut Session, symbols: usize| {
            let text = SENTENCE.repeat(symbols / SENTENCE.len());
            let before = allocations();
            let mut feeding = Feeding::new(&model, &text, UnknownSymbols::Error).unwrap();
            while !feeding.advance(&mut reader, &model, session, 100) {}
            drop(feeding);
            allocations() - before
        };
        let costs = [10_000, 90_000].map(|symbols| {
            feed(&mut session, symbols);
            let allocated = feed(&mut session, 5_000);
            (allocated, session.save(&model).unwrap().len())
        });
        assert_eq!(costs[0], costs[1], "{options}");
    }
}

#[test]
fn ten_thousand_steps_allocate_nothing() {
    let (text, names) = (SENTENCE.repeat(10), names());
    for model in [
        r#"{"cell":"gru","hiddenSize":[5,4],"embeddingSize":3,"trainInitialState":true}"#,
        r#"{"cell":"transformer","hiddenSize":4,"numHeads":2,"contextLength":8}"#,
    ] {
        let options = r#"{"steps":10000,"batchSize":2,"seqLength":4,"averageDecay":0.9,"dropout":0.2,"schedule":"plateau"}"#;
        let mut of_text = create(model, &text);
        let mut of_names = create(model, &names);
        let mut text_run = start(&of_text, &text, options).unwrap();
        let mut names_run = start(&of_names, &names, options).unwrap();
        let before = allocations();
        for part in 0..10 {
            steps(&mut of_text, &mut text_run, 1000);
            steps(&mut of_names, &mut names_run, 1000);
            text_run.validated(&of_text, 10.0 - f64::from(part));
        }
        assert!(text_run.is_finished() && names_run.is_finished());
        assert_eq!(allocations(), before, "{model}");
    }
}
