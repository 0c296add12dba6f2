//! Sessions: texts that are read and written piece by piece.

mod runs;

use mynah_nn::linear::Quantization;
use mynah_nn::model::Model;
use mynah_nn::sampling::{SampleOptions, Sampler, UnknownSymbols};
use mynah_nn::session::{Completion, Feeding, PromptWriter, Reader, Session, Writer};
use runs::{MODELS, SENTENCE, create, names, start, steps};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Longer than any context of [`MODELS`].
const BEGINNING: &str = "the lazy fox jumps over the brown dog. the qui";

/// One with conditions, and every model that writes.
fn writers() -> impl Iterator<Item = Model> {
    let models = MODELS.into_iter().filter(|m| !m.contains("bidirectional"));
    models.map(|options| create(options, SENTENCE))
}

fn open(model: &Model) -> (Reader, Session) {
    let mut reader = Reader::new(model, Quantization::None).unwrap();
    let session = Session::new(&mut reader, model, &[]).unwrap();
    (reader, session)
}

fn feed(reader: &mut Reader, model: &Model, session: &mut Session, text: &str) {
    let mut feeding = Feeding::new(model, text, UnknownSymbols::Error).unwrap();
    while !feeding.advance(reader, model, session, 5) {}
}

fn options(length: usize) -> SampleOptions {
    SampleOptions {
        length: Some(length),
        temperature: Some(1.0),
        seed: Some(5),
        ..Default::default()
    }
}

fn write(
    reader: &mut Reader,
    model: &Model,
    session: &mut Session,
    options: &SampleOptions,
    steps: usize,
) -> String {
    let mut writer = Writer::new(model, session, options).unwrap();
    let mut text = String::new();
    while !writer.is_finished() {
        text += &writer.next(reader, model, session, steps).unwrap();
    }
    text
}

/// What a sampler writes after a prompt.
fn sampled(model: &Model, prompt: &str, options: &SampleOptions) -> String {
    let prompt = prompt.into();
    let mut sampler = Sampler::new(
        model,
        &SampleOptions {
            prompt,
            ..options.clone()
        },
    )
    .unwrap();
    let mut text = String::new();
    while !sampler.is_finished() {
        text += &sampler.next(model, 7).unwrap();
    }
    text
}

#[test]
fn two_short_feeds_are_one_long_feed_bit_for_bit() {
    for model in writers() {
        let (mut reader, mut whole) = open(&model);
        let mut parts = whole.clone();
        feed(&mut reader, &model, &mut whole, BEGINNING);
        for cut in [0, 1, 7, BEGINNING.len()] {
            let mut pieces = parts.clone();
            feed(&mut reader, &model, &mut pieces, &BEGINNING[..cut]);
            feed(&mut reader, &model, &mut pieces, &BEGINNING[cut..]);
            assert_eq!(pieces, whole, "{cut} {:?}", model.config());
        }
        for at in 0..BEGINNING.len() {
            feed(&mut reader, &model, &mut parts, &BEGINNING[at..=at]);
        }
        assert_eq!(parts, whole);
    }
}

#[test]
fn a_session_writes_what_a_sampler_writes_after_the_same_prompt() {
    let rules = SampleOptions {
        presence_penalty: Some(0.5),
        no_repeat_ngram: Some(3),
        ..options(30)
    };
    for model in writers() {
        for (prompt, options) in [
            (BEGINNING, options(30)),
            ("", options(30)),
            (BEGINNING, rules.clone()),
        ] {
            let (mut reader, mut session) = open(&model);
            feed(&mut reader, &model, &mut session, prompt);
            let text = write(&mut reader, &model, &mut session, &options, 4);
            assert_eq!(text, sampled(&model, prompt, &options));
        }
    }
}

/// Options of texts by themselves, with all that such a text can depend on.
fn of_own_texts() -> Vec<SampleOptions> {
    let prompts = [BEGINNING.to_owned(), "the é".to_owned(), String::new()];
    // Longer than what a session remembers of a text.
    let long = "zx".repeat(200) + &SENTENCE.repeat(100);
    let plain = prompts.into_iter().map(|prompt| SampleOptions {
        prompt,
        ..options(60)
    });
    let prompted = SampleOptions {
        prompt: BEGINNING.into(),
        ..options(60)
    };
    let mut all: Vec<SampleOptions> = plain.collect();
    all.extend([
        SampleOptions {
            frequency_penalty: Some(0.5),
            repeat_last_n: Some(60_000),
            no_repeat_ngram: Some(2),
            prompt: long,
            ..options(20)
        },
        SampleOptions {
            stop: vec!["o".into(), "e qui".into()],
            min_length: Some(5),
            ..prompted.clone()
        },
        SampleOptions {
            allowed_pattern: Some("(the|dog|fox| )+".into()),
            temperature: Some(0.0),
            ..prompted.clone()
        },
        SampleOptions {
            length: Some(0),
            ..prompted.clone()
        },
        SampleOptions {
            quantize: Quantization::Int8,
            ..prompted
        },
    ]);
    all
}

/// What writers with a prompt write that take turns with one reader of each kind, so many symbols at a time.
fn written_in_turn(model: &Model, all: &[SampleOptions], steps: usize) -> Vec<String> {
    let mut readers = [Quantization::None, Quantization::Int8].map(|quantize| {
        let reader = Reader::new(model, quantize).unwrap();
        (quantize, reader)
    });
    let mut texts: Vec<(&SampleOptions, PromptWriter, String)> = Vec::new();
    for options in all {
        let (_, reader) = readers
            .iter_mut()
            .find(|it| it.0 == options.quantize)
            .unwrap();
        let session = Session::new(reader, model, &options.condition).unwrap();
        let before = session.clone();
        let writer = PromptWriter::new(model, &session, options).unwrap();
        assert_eq!(session, before);
        texts.push((options, writer, String::new()));
    }
    while texts.iter().any(|(_, writer, _)| !writer.is_finished()) {
        for (options, writer, text) in &mut texts {
            let (_, reader) = readers
                .iter_mut()
                .find(|it| it.0 == options.quantize)
                .unwrap();
            *text += &writer.next(reader, model, steps).unwrap();
        }
    }
    texts.into_iter().map(|(_, _, text)| text).collect()
}

fn assert_written_alike(model: &Model, all: &[SampleOptions]) {
    let expected: Vec<String> = all
        .iter()
        .map(|it| sampled(model, &it.prompt, it))
        .collect();
    for steps in [1, 4, 5000] {
        assert_eq!(
            written_in_turn(model, all, steps),
            expected,
            "{:?}",
            model.config()
        );
    }
}

#[test]
fn many_texts_with_one_network_are_what_samplers_write_each_with_its_own() {
    let all = of_own_texts();
    for model in writers() {
        assert_written_alike(&model, &all);
    }
    let list = names();
    let mut model = create(MODELS[1], &list);
    let options = r#"{"batchSize":8,"steps":60,"learningRate":0.02}"#;
    let mut training = start(&model, &list, options).unwrap();
    steps(&mut model, &mut training, 60);
    let patterns = |it: &&SampleOptions| it.allowed_pattern.is_none();
    let of_documents: Vec<SampleOptions> = all.iter().filter(patterns).cloned().collect();
    assert_written_alike(&model, &of_documents);
}

#[test]
fn texts_with_one_network_depend_on_conditions_of_their_own() {
    let options = r#"{"cell":"gru","hiddenSize":9,"embeddingSize":5,"conditionSize":2}"#;
    let model = create(options, SENTENCE);
    let conditions = [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]];
    let all = conditions.map(|condition| SampleOptions {
        condition: condition.into(),
        ..of_own_texts().remove(0)
    });
    assert_written_alike(&model, &all);
}

#[test]
fn a_text_after_a_prompt_checks_its_options_at_once() {
    let model = create(MODELS[3], SENTENCE);
    let (_, session) = open(&model);
    let error = |options: &SampleOptions| PromptWriter::new(&model, &session, options).err();
    let prompted = SampleOptions {
        prompt: "the é".into(),
        ..options(9)
    };
    let cases = [
        SampleOptions {
            unknown: UnknownSymbols::Error,
            ..prompted.clone()
        },
        SampleOptions {
            temperature: Some(-1.0),
            ..prompted.clone()
        },
        SampleOptions {
            length_penalty: Some(2.0),
            ..prompted
        },
    ];
    let codes = cases.map(|options| error(&options).unwrap().code());
    assert_eq!(
        codes,
        ["unknown-symbol", "invalid-option", "contradictory-options"]
    );
}

#[test]
fn what_was_written_is_part_of_the_session() {
    let stops = SampleOptions {
        stop: vec!["o".into(), "e qui".into()],
        ..options(200)
    };
    for model in writers() {
        for options in [options(40), stops.clone()] {
            for chunk in [1, 3, 50] {
                let (mut reader, mut session) = open(&model);
                feed(&mut reader, &model, &mut session, BEGINNING);
                let mut fed = session.clone();
                let text = write(&mut reader, &model, &mut session, &options, chunk);
                feed(&mut reader, &model, &mut fed, &text);
                assert_eq!(session, fed, "after {text:?}");
            }
        }
    }
}

#[test]
fn sessions_of_a_model_do_not_see_each_other() {
    for model in writers() {
        let (mut reader, mut first) = open(&model);
        feed(&mut reader, &model, &mut first, BEGINNING);
        let kept = first.clone();
        let mut second = Session::new(&mut reader, &model, &[]).unwrap();
        feed(&mut reader, &model, &mut second, "dog");
        let mut fork = first.clone();
        feed(
            &mut reader,
            &model,
            &mut fork,
            " cat".replace('t', "p").as_str(),
        );
        assert_eq!(first, kept);
        assert_eq!(second, {
            let (mut reader, mut alone) = open(&model);
            feed(&mut reader, &model, &mut alone, "dog");
            alone
        });
    }
}

#[test]
fn a_restored_session_is_the_one_that_was_saved() {
    for model in writers() {
        let (mut reader, mut session) = open(&model);
        for text in ["", BEGINNING] {
            feed(&mut reader, &model, &mut session, text);
            let bytes = session.save(&model).unwrap();
            let (mut other, _) = open(&model);
            assert_eq!(
                Session::restore(&mut other, &model, &bytes).unwrap(),
                session
            );
        }
    }
}

#[test]
fn bytes_that_are_no_session_of_the_model_are_refused() {
    let model = create(MODELS[1], SENTENCE);
    let (mut reader, mut session) = open(&model);
    feed(&mut reader, &model, &mut session, "the");
    let bytes = session.save(&model).unwrap();
    let mut refuse = |bytes: &[u8], words: &str| {
        let error = Session::restore(&mut reader, &model, bytes).unwrap_err();
        assert_eq!(error.code(), "bad-session-state");
        assert!(error.to_string().contains(words), "{error}");
    };
    refuse(&[], "no complete safetensors file");
    refuse(&bytes[..bytes.len() - 1], "no complete safetensors file");
    let mut damaged = bytes.clone();
    let end = damaged.len();
    damaged[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    refuse(&damaged, "not finite");
    let file = mynah_nn::checkpoint::save(&model).unwrap();
    refuse(&file, "not written by a session");
    for other in [
        create(MODELS[2], SENTENCE),
        create(MODELS[1], "other symbols"),
    ] {
        let (_, session) = open(&other);
        refuse(&session.save(&other).unwrap(), "other sizes or symbols");
    }
    assert!(Session::restore(&mut reader, &model, &bytes).is_ok());
}

#[test]
fn a_hostile_length_of_the_past_reads_nothing_out_of_bounds() {
    let model = create(MODELS[10], SENTENCE);
    let (mut reader, mut session) = open(&model);
    feed(&mut reader, &model, &mut session, "the");
    let bytes = session.save(&model).unwrap();
    let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize + 8;
    for at in (header..bytes.len()).step_by(4) {
        let mut damaged = bytes.clone();
        damaged[at..at + 4].copy_from_slice(&1e9f32.to_le_bytes());
        let mut restored = Session::restore(&mut reader, &model, &damaged).unwrap();
        feed(&mut reader, &model, &mut restored, "q");
    }
}

#[test]
fn a_blend_is_the_weighted_mean() {
    for model in writers() {
        let (mut reader, start) = open(&model);
        let (mut first, mut second) = (start.clone(), start.clone());
        feed(&mut reader, &model, &mut first, BEGINNING);
        feed(&mut reader, &model, &mut second, "dog jumps");
        let blend = |weight| first.blend(&model, &second, weight);
        if matches!(
            model.config().body,
            mynah_nn::config::Body::Transformer { .. }
        ) {
            assert_eq!(blend(0.5).unwrap_err().code(), "contradictory-options");
            continue;
        }
        assert_eq!(blend(0.0).unwrap(), first);
        assert_eq!(blend(1.0).unwrap(), second);
        assert_eq!(blend(1.5).unwrap_err().code(), "invalid-option");
        assert_eq!(
            start.blend(&model, &first, 0.5).unwrap_err().code(),
            "contradictory-options"
        );
        let mut next = |session: &Session| {
            let mut all = session.next_symbols(&mut reader, &model, 100).unwrap();
            all.sort_by(|a, b| a.text.cmp(&b.text));
            all
        };
        // Logits are mixed, so that probabilities are but for what makes their sum 1.
        let (mixed, a, b) = (next(&blend(0.25).unwrap()), next(&first), next(&second));
        let mean = |(a, b): (&Completion, &Completion)| {
            a.probability.powf(0.75) * b.probability.powf(0.25)
        };
        let means: Vec<f64> = a.iter().zip(&b).map(mean).collect();
        let sum: f64 = means.iter().sum();
        for (got, mean) in mixed.iter().zip(means) {
            assert!((got.probability - mean / sum).abs() < 1e-5, "{got:?}");
        }
    }
}

#[test]
fn what_was_read_stays_and_later_weights_go_on() {
    let mut model = create(MODELS[3], SENTENCE);
    let (mut reader, mut session) = open(&model);
    feed(&mut reader, &model, &mut session, "the ");
    let (before, old) = (session.clone(), model.clone());
    let text = SENTENCE.repeat(20);
    let mut training = start(&model, &text, r#"{"batchSize":4,"seqLength":8,"steps":9}"#).unwrap();
    steps(&mut model, &mut training, 3);
    assert_eq!(session, before);
    feed(&mut reader, &model, &mut session, "fox");
    let (mut fresh, _) = open(&model);
    let mut expected = before.clone();
    feed(&mut fresh, &model, &mut expected, "fox");
    assert_eq!(session, expected);
    let mut unchanged = before;
    feed(&mut fresh, &old, &mut unchanged, "fox");
    assert_ne!(session, unchanged);
}

/// All next symbols, by a sampler's way: the whole text is read again.
fn symbols_naive(model: &Model, text: &str) -> Vec<Completion> {
    let (mut reader, mut session) = open(model);
    feed(&mut reader, model, &mut session, text);
    session.next_symbols(&mut reader, model, 100).unwrap()
}

#[test]
fn suggested_symbols_are_what_is_drawn() {
    const DRAWS: usize = 4000;
    let model = create(MODELS[0], "abc. ");
    let (mut reader, mut session) = open(&model);
    feed(&mut reader, &model, &mut session, "ab");
    let kept = session.clone();
    let all = session.next_symbols(&mut reader, &model, 100).unwrap();
    assert_eq!(all.len(), 5);
    assert!(all.is_sorted_by(|a, b| a.probability >= b.probability));
    assert!((all.iter().map(|c| c.probability).sum::<f64>() - 1.0).abs() < 1e-6);
    assert_eq!(
        session.next_symbols(&mut reader, &model, 2).unwrap(),
        all[..2]
    );
    assert_eq!(session, kept);
    let mut counts = vec![0; all.len()];
    for seed in 0..DRAWS as u64 {
        let options = SampleOptions {
            seed: Some(seed),
            ..options(1)
        };
        let written = write(&mut reader, &model, &mut session.clone(), &options, 1);
        counts[all.iter().position(|c| c.text == written).unwrap()] += 1;
    }
    for (count, Completion { probability, .. }) in counts.into_iter().zip(all) {
        // Five standard deviations of a binomial.
        let deviation = (probability * (1.0 - probability) * DRAWS as f64).sqrt();
        assert!((f64::from(count) - probability * DRAWS as f64).abs() < 5.0 * deviation);
    }
}

/// Every word of up to `most` symbols and its probability, by looking at all of them.
fn words_naive(model: &Model, text: &str, ends: &str, most: usize) -> Vec<Completion> {
    let mut words = Vec::new();
    let mut open = vec![(String::new(), 1.0)];
    for _ in 0..=most {
        let mut longer = Vec::new();
        for (word, probability) in open {
            let mut end = 0.0;
            for next in symbols_naive(model, &format!("{text}{word}")) {
                if next.text.is_empty() || ends.contains(&next.text) {
                    end += next.probability;
                } else {
                    longer.push((
                        format!("{word}{}", next.text),
                        probability * next.probability,
                    ));
                }
            }
            if !word.is_empty() {
                words.push(Completion {
                    text: word,
                    probability: probability * end,
                });
            }
        }
        open = longer;
    }
    words.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    words
}

#[test]
fn suggested_words_are_those_of_an_exhaustive_search() {
    for options in [MODELS[0], MODELS[3], MODELS[8], MODELS[10]] {
        let mut model = create(options, "ab. ");
        // So that words end soon, and an exhaustive search may, too.
        let text = "ab. ba a. b ab ".repeat(10);
        let mut training = start(
            &model,
            &text,
            r#"{"batchSize":4,"seqLength":8,"steps":30,"learningRate":0.02}"#,
        )
        .unwrap();
        steps(&mut model, &mut training, 30);
        for before in [". ", "ab", "ab. b"] {
            let (mut reader, mut session) = open(&model);
            feed(&mut reader, &model, &mut session, before);
            let kept = session.clone();
            let got = session.next_words(&mut reader, &model, 6, ". ").unwrap();
            let expected = words_naive(&model, before, ". ", 6);
            for (got, expected) in got.iter().zip(&expected) {
                assert!(
                    (got.probability - expected.probability).abs() < 1e-6,
                    "{got:?} {expected:?}"
                );
                let same = expected.probability - got.probability;
                assert!(
                    got.text == expected.text || same.abs() < 1e-6,
                    "{got:?} {expected:?}"
                );
            }
            assert_eq!(got.len(), 6);
            assert_eq!(session, kept);
        }
    }
}

#[test]
fn documents_begin_at_their_boundary_and_end_before_it() {
    let list = names();
    let mut model = create(MODELS[1], &list);
    let mut training = start(
        &model,
        &list,
        r#"{"batchSize":8,"steps":60,"learningRate":0.02}"#,
    )
    .unwrap();
    steps(&mut model, &mut training, 60);
    let (mut reader, mut session) = open(&model);
    let options = options(100);
    let text = write(&mut reader, &model, &mut session, &options, 3);
    assert_eq!(text, sampled(&model, "", &options));
    let next = session.next_symbols(&mut reader, &model, 100).unwrap();
    assert!(
        next.iter().any(|c| c.text.is_empty()),
        "the end is one of them"
    );
}

#[test]
fn a_condition_belongs_to_the_session() {
    let options = r#"{"cell":"gru","hiddenSize":9,"embeddingSize":5,"conditionSize":2}"#;
    for mode in ["bias", "film", "initial-state"] {
        let options = options.replace(
            "\"conditionSize\"",
            &format!("\"conditionMode\":\"{mode}\",\"conditionSize\""),
        );
        let model = create(&options, SENTENCE);
        let mut reader = Reader::new(&model, Quantization::None).unwrap();
        let error = Session::new(&mut reader, &model, &[]).unwrap_err();
        assert_eq!(error.code(), "invalid-option");
        let mut session = |condition: &[f32]| {
            let mut session = Session::new(&mut reader, &model, condition).unwrap();
            feed(&mut reader, &model, &mut session, "the");
            session
        };
        let (first, second) = (session(&[1.0, 0.0]), session(&[0.0, 1.0]));
        let again = session(&[1.0, 0.0]);
        assert_eq!(first, again);
        let bytes = first.save(&model).unwrap();
        assert_eq!(
            Session::restore(&mut reader, &model, &bytes).unwrap(),
            first
        );
        let next = |reader: &mut Reader, session: &Session| {
            session.next_words(reader, &model, 3, " .").unwrap()
        };
        assert_ne!(next(&mut reader, &first), next(&mut reader, &second));
    }
}

#[test]
fn bad_input_is_refused() {
    let both = create(MODELS[12], SENTENCE);
    let error = Reader::new(&both, Quantization::None).err().unwrap();
    assert_eq!(error.code(), "contradictory-options");
    let model = create(MODELS[3], SENTENCE);
    let (mut reader, session) = open(&model);
    let error = Feeding::new(&model, "the €", UnknownSymbols::Error)
        .err()
        .unwrap();
    assert_eq!(error.code(), "unknown-symbol");
    assert!(Feeding::new(&model, "the €", UnknownSymbols::Bytes).is_ok());
    for n in [0, 101] {
        let error = session.next_symbols(&mut reader, &model, n).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("n is {n}, but must be a whole number from 1 to 100")
        );
        assert_eq!(
            session
                .next_words(&mut reader, &model, n, " ")
                .unwrap_err()
                .code(),
            "invalid-option"
        );
    }
}
