//! Checkpoints: a run that is broken off and resumed ends with the bytes of one that is not.

mod runs;

use mynah_nn::checkpoint::{self, LoadOptions};
use mynah_nn::data::Source;
use mynah_nn::data::list::DocumentList;
use mynah_nn::model::Model;
use mynah_nn::training::Training;
use mynah_testing::Golden;
use runs::{MODELS, SENTENCE, create, names, start, steps};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const MODEL: &str = r#"{"cell":"lstm","hiddenSize":7,"embeddingSize":5,"numLayers":2}"#;
const EXPLOSIVE: &str = r#"{"cell":"rnn","activation":"relu","initialization":"uniform","hiddenSize":16,"embeddingSize":4}"#;

/// Recipes, every one of which keeps something else.
const RECIPES: [&str; 10] = [
    "",
    r#","optimizer":"adam","schedule":"constant""#,
    r#","optimizer":"rmsprop","schedule":"one-cycle""#,
    r#","optimizer":"rmsprop","momentum":0.5,"schedule":"step","decayEvery":0.4"#,
    r#","optimizer":"sgd","learningRate":0.1,"clipValue":0.02"#,
    r#","optimizer":"sgd","momentum":0,"learningRate":0.1"#,
    r#","optimizer":"muon""#,
    r#","averageDecay":0.95"#,
    r#","averageDecay":0.8,"optimizer":"sgd","schedule":"plateau","patience":1"#,
    r#","dropout":0.1,"weightDrop":0.1,"seed":7,"earlyStopping":9"#,
];

/// `count` steps, with a validation after every fourth step of the run, whose loss depends on nothing but the step.
fn go_on(model: &mut Model, training: &mut Training, count: u64) {
    for _ in 0..count {
        training.step(model, 0.0).unwrap();
        let step = training.steps_done();
        if step.is_multiple_of(4) {
            training.validated(model, [2.5, 3.0, 2.0, 2.25][step as usize / 4 % 4]);
        }
    }
}

fn check<'a>(model: &str, source: impl Into<Source<'a>>, options: &str, n: u64) {
    let source = source.into();
    let mut unbroken = create(model, source);
    let mut broken = unbroken.clone();
    let mut run = start(&unbroken, source, options).unwrap();
    let mut first = start(&broken, source, options).unwrap();
    go_on(&mut unbroken, &mut run, 2 * n);
    go_on(&mut broken, &mut first, n);
    let file = first.checkpoint(&broken).unwrap();
    let (mut resumed, mut second) = Training::resume(&file, source).unwrap();
    assert_eq!(resumed.params(), broken.params());
    assert_eq!(
        second.checkpoint(&resumed).unwrap(),
        file,
        "{options}: as it was"
    );
    go_on(&mut resumed, &mut second, n);
    let (expected, got) = (run.checkpoint(&unbroken), second.checkpoint(&resumed));
    assert!(
        expected.unwrap() == got.unwrap(),
        "{options}: the same bytes"
    );
    assert_eq!(run.finish(&mut unbroken), second.finish(&mut resumed));
    assert_eq!(unbroken.params(), resumed.params());
}

#[test]
fn a_resumed_run_ends_with_the_bytes_of_an_unbroken_one() {
    let text = SENTENCE.repeat(12);
    for recipe in RECIPES {
        // 15 windows to an epoch: in the first, and in the middle of the second.
        for (n, budget) in [
            (6, r#""steps":60"#),
            (21, r#""epochs":4"#),
            (6, r#""seconds":9"#),
        ] {
            let options = format!(r#"{{{budget},"batchSize":4,"seqLength":8{recipe}}}"#);
            check(MODEL, &text, &options, n);
        }
    }
}

#[test]
fn runs_over_documents_resume_in_the_middle_of_a_batch_and_of_an_epoch() {
    let names = names();
    for recipe in RECIPES {
        for n in [1, 2, 3, 4, 5, 9, 16] {
            let options = format!(r#"{{"steps":60,"batchSize":4,"seqLength":5{recipe}}}"#);
            check(MODEL, &names, &options, n);
        }
    }
}

#[test]
fn models_of_every_kind_resume_with_their_masks_and_conditions() {
    let (text, names) = (SENTENCE.repeat(12), names());
    let options = r#"{"steps":60,"batchSize":4,"seqLength":8,"dropout":0.2,"weightDrop":0.2,"averageDecay":0.9}"#;
    // These have no recurrent weights.
    let others = options.replace(r#""weightDrop":0.2,"#, "");
    for model in MODELS {
        let options = if model.contains("transformer") || model.contains("min-") {
            &others
        } else {
            options
        };
        check(model, &text, options, 6);
        for n in [3, 4, 9] {
            check(model, &names, options, n);
        }
    }
    let documents: Vec<String> = names.iter().map(|d| d.text.to_owned()).collect();
    let conditions: Vec<f32> = (0..2 * documents.len())
        .map(|k| (k as f32).sqrt() - 3.0)
        .collect();
    let names = DocumentList::with_conditions(documents, conditions).unwrap();
    for mode in ["initial-state", "bias", "film"] {
        let model = format!(
            r#"{{"cell":"lstm","hiddenSize":7,"embeddingSize":5,"conditionSize":2,"conditionMode":"{mode}"}}"#
        );
        for n in [1, 2, 3, 4] {
            check(&model, &names, &options.replace(":8,", ":3,"), n);
        }
    }
}

#[test]
fn runs_resume_around_a_rollback() {
    let text = SENTENCE.repeat(10);
    for average in ["", r#","averageDecay":0.9"#] {
        let options = format!(
            r#"{{"steps":90,"optimizer":"rmsprop","learningRate":0.1,"clipNorm":0,"warmupSteps":0,"batchSize":4,"seqLength":40,"schedule":"constant"{average}}}"#
        );
        let mut model = create(EXPLOSIVE, &text);
        let mut training = start(&model, &text, &options).unwrap();
        let mut failed = 1;
        while training.step(&mut model, 0.0).unwrap().rollback.is_none() {
            failed += 1;
        }
        // Right before the step that fails, right after it, and later: the unbroken run fails there, too.
        for n in [failed - 1, failed, failed + 3] {
            check(EXPLOSIVE, &text, &options, n);
        }
    }
}

/// A checkpoint in the middle of a run, and its text.
fn file(options: &str) -> (Vec<u8>, String) {
    let text = SENTENCE.repeat(10);
    let mut model = create(r#"{"hiddenSize":4,"embeddingSize":4}"#, &text);
    let options = format!(r#"{{"steps":20,"batchSize":4,"seqLength":8{options}}}"#);
    let mut training = start(&model, &text, &options).unwrap();
    steps(&mut model, &mut training, 5);
    training.validated(&model, 2.0);
    (training.checkpoint(&model).unwrap(), text)
}

#[test]
fn a_checkpoint_is_a_model_file() {
    let (file, text) = file(r#","averageDecay":0.9"#);
    let model = checkpoint::load(&file, &LoadOptions::default()).unwrap();
    let (resumed, _) = Training::resume(&file, &text).unwrap();
    assert_eq!(model.params(), resumed.params());
    let plain = checkpoint::save(&model).unwrap();
    assert!(plain.len() < file.len() / 5);
    let names: Vec<String> = [
        "",
        "raw.",
        "previous.",
        "previous_average.",
        "optimizer.m.",
        "optimizer.v.",
        "best.",
    ]
    .map(|prefix| format!("{prefix}rnn.weight_hh_l0"))
    .to_vec();
    let golden = Golden::read(&file);
    for name in names {
        assert_eq!(golden.shape(&name), [12, 4], "{name}");
    }
    assert_eq!(golden.shape("state.0"), [16]);
    let Err(error) = Training::resume(&plain, &text) else {
        panic!("a plain model has been resumed")
    };
    assert_eq!(error.code(), "no-training-state");
}

#[test]
fn another_text_is_refused() {
    let (file, text) = file("");
    let names = names();
    for source in [
        Source::Text(&text[1..]),
        Source::Text(&text.replace('q', "k")),
        Source::Text(""),
        Source::Documents(&names),
    ] {
        let Err(error) = Training::resume(&file, source) else {
            panic!("another text has been taken")
        };
        assert_eq!(error.code(), "different-text");
    }
}

#[test]
fn options_and_progress_come_back() {
    let (file, text) = file(r#","schedule":"step","decayEvery":0.3,"evaluateEvery":3"#);
    let (_, training) = Training::resume(&file, &text).unwrap();
    let options = training.options();
    assert_eq!(
        (options.decay_every, options.evaluate_every),
        (Some(0.3), Some(3))
    );
    assert_eq!(training.steps_done(), 5);
}

fn refused(file: &[u8], text: &str, what: &str) {
    match Training::resume(file, text) {
        Ok(_) => panic!("{what}: taken"),
        Err(error) => assert_eq!(error.code(), "bad-model-file", "{what}: {error}"),
    }
}

/// The file with another header of the same meaning for the tensors.
fn with_header(file: &[u8], from: &str, to: &str) -> Vec<u8> {
    let len = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
    let header = std::str::from_utf8(&file[8..8 + len]).unwrap();
    assert!(header.contains(from), "{from} stands in {header}");
    let header = header.replacen(from, to, 1);
    [
        &(header.len() as u64).to_le_bytes(),
        header.as_bytes(),
        &file[8 + len..],
    ]
    .concat()
}

#[test]
fn hostile_checkpoints_are_refused() {
    let (file, text) = file(r#","averageDecay":0.9"#);
    for (from, to) in [
        (r#"\"step\":5"#, r#"\"step\":9007199254740993"#),
        (r#"\"step\":5"#, r#"\"step\":-1"#),
        (r#"\"step\":5"#, r#"\"step\":4"#),
        // The run has 20.
        (r#"\"step\":5"#, r#"\"step\":21"#),
        (r#"\"step\":5"#, r#"\"stop\":5"#),
        (r#"\"updates\":5"#, r#"\"updates\":6"#),
        (r#"\"averaged\":5"#, r#"\"averaged\":50"#),
        (r#"\"rollbacks\":0"#, r#"\"rollbacks\":4000000000"#),
        (r#"\"falls\":0"#, r#"\"falls\":18446744073709551615"#),
        (r#"\"workers\":1"#, r#"\"workers\":0"#),
        (r#"\"secondsDone\":0.0"#, r#"\"secondsDone\":1e300"#),
        (r#"\"best\":[2.0,5]"#, r#"\"best\":[2.0,6]"#),
        (r#"\"best\":[2.0,5]"#, r#"\"best\":[1e999,5]"#),
        (r#"\"batchSize\":4"#, r#"\"batchSize\":5"#),
        (r#"\"batchSize\":4"#, r#"\"batchSize\":0"#),
        (r#"\"batchSize\":4"#, r#"\"batchSize\":4000000000000"#),
        (r#"\"seqLength\":8"#, r#"\"seqLength\":60000"#),
        (r#"\"seqLength\":8,"#, ""),
        (r#"\"optimizer\":\"adamw\""#, r#"\"optimizer\":\"sgd\""#),
        (r#"\"averageDecay\":0.9"#, r#"\"averageDecay\":0.0"#),
        (r#"\"keepBest\":true"#, r#"\"keepBest\":false"#),
        (
            r#""optimizer.m.linear.bias""#,
            r#""optimizer.w.linear.bias""#,
        ),
        (r#""best.linear.bias""#, r#""bist.linear.bias""#),
        (r#""state.0""#, r#""state.1""#),
        (r#""raw.linear.bias":{"data"#, r#""raw.linear.bios":{"data"#),
    ] {
        refused(
            &with_header(&file, from, to),
            &text,
            &format!("{from} to {to}"),
        );
    }
    for len in (0..file.len()).step_by(97) {
        refused(&file[..len], &text, "cut off");
    }
}

#[test]
fn flipped_bytes_of_a_checkpoint_are_refused_or_harmless() {
    let (file, text) = file("");
    let header = 8 + u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
    for at in 0..header {
        for flip in [0x01, 0x10] {
            let mut damaged = file.clone();
            damaged[at] ^= flip;
            // No panic, no memory beyond what the text and the file are worth.
            if let Ok((mut model, mut training)) = Training::resume(&damaged, &text) {
                let _ = training.step(&mut model, 0.0);
            }
        }
    }
}
