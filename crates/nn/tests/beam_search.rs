//! The search for the likeliest texts, against a look at all texts there are.

mod runs;

use mynah_nn::config::parse_options;
use mynah_nn::data::list::DocumentList;
use mynah_nn::linear::Quantization;
use mynah_nn::model::Model;
use mynah_nn::sampling::{BeamSearch, SampleOptions, Sampler, UnknownSymbols};
use mynah_nn::session::{Feeding, Reader, Searcher, Session};
use mynah_nn::{Error, Result};
use runs::{MODELS, SENTENCE, create, run, start};
use std::collections::{BTreeMap, BTreeSet};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Symbols of a text, of which there are then 3^4 and those that end before.
const LENGTH: usize = 4;
/// Beginnings of all texts but for their last symbol: with so many beams nothing is passed by.
const ALL: usize = 27;

/// Scores are sums of f32 logarithms, added up in another order.
const TOLERANCE: f64 = 1e-5;

fn writers() -> impl Iterator<Item = &'static str> {
    MODELS.into_iter().filter(|m| !m.contains("bidirectional"))
}

/// A model of texts with three symbols.
fn model(options: &str) -> Model {
    create(options, "abcab")
}

/// One of documents with as many, which it has learnt a little.
fn model_of_documents() -> Model {
    let documents = ["a", "ab", "abb", "cab", "c", "acca", "ba"].repeat(6);
    let list = DocumentList::new(documents.into_iter().map(str::to_owned).collect());
    let mut model = create(r#"{"cell":"gru","hiddenSize":12,"embeddingSize":5}"#, &list);
    let options = r#"{"steps":40,"batchSize":4,"learningRate":0.02,"validation":0}"#;
    let mut training = start(&model, &list, options).unwrap();
    run(&mut model, &mut training);
    model
}

fn options(json: &str) -> SampleOptions {
    parse_options(json).unwrap()
}

fn try_search(model: &Model, options: &SampleOptions, steps: usize) -> Result<Vec<String>> {
    let mut search = BeamSearch::new(model, options)?;
    while !search.is_finished() {
        assert_eq!(search.take(), None, "nothing is handed out before the end");
        search.advance(model, steps)?;
    }
    let texts: Vec<String> = std::iter::from_fn(|| search.take()).collect();
    let symbols: usize = texts.iter().map(|text| text.chars().count()).sum();
    assert_eq!(search.written(), symbols);
    Ok(texts)
}

fn search(model: &Model, json: &str) -> Vec<String> {
    try_search(model, &options(json), 3).unwrap()
}

/// All texts that a model can write, each with its score.
struct Oracle<'a> {
    model: &'a Model,
    reader: Reader,
    penalty: f64,
    /// What the probability of a symbol, or of the end, after a text is multiplied by: 0 forbids it.
    weight: &'a dyn Fn(&str, Option<char>) -> f64,
    /// At which a text ends.
    stop: &'a str,
    /// The best score of each text: with a stop string some can come about in two ways.
    scores: BTreeMap<String, f64>,
}

impl<'a> Oracle<'a> {
    fn new(model: &'a Model, prompt: &str) -> (Self, Session) {
        let mut reader = Reader::new(model, Quantization::None).unwrap();
        let mut session = Session::new(&mut reader, model, &[]).unwrap();
        feed(&mut reader, model, &mut session, prompt);
        let oracle = Self {
            model,
            reader,
            penalty: 1.0,
            weight: &|_, _| 1.0,
            stop: "§",
            scores: BTreeMap::new(),
        };
        (oracle, session)
    }

    /// The texts, the best first.
    fn look_at_all(mut self, session: &Session) -> Vec<(String, f64)> {
        self.go_on(session, "", 0.0);
        let mut all: Vec<(String, f64)> = self.scores.into_iter().collect();
        all.sort_by(|a, b| b.1.total_cmp(&a.1));
        all
    }

    fn go_on(&mut self, session: &Session, text: &str, log_probability: f64) {
        let (model, weight) = (self.model, self.weight);
        let next = session.next_symbols(&mut self.reader, model, 100).unwrap();
        let weigh = |it: &str, p: f64| p * weight(text, it.chars().next());
        let sum: f64 = next.iter().map(|it| weigh(&it.text, it.probability)).sum();
        for it in &next {
            let p = weigh(&it.text, it.probability) / sum;
            if p == 0.0 {
                continue;
            }
            let longer = format!("{text}{}", it.text);
            let (so_far, count) = (log_probability + p.ln(), text.len() + 1);
            if let Some(whole) = longer.strip_suffix(self.stop) {
                self.note(whole, so_far, count);
            } else if it.text.is_empty() || longer.len() == LENGTH {
                self.note(&longer, so_far, count);
            } else {
                let mut session = session.clone();
                feed(&mut self.reader, model, &mut session, &it.text);
                self.go_on(&session, &longer, so_far);
            }
        }
    }

    fn note(&mut self, text: &str, log_probability: f64, count: usize) {
        let score = log_probability / (count as f64).powf(self.penalty);
        let known = self.scores.entry(text.into()).or_insert(score);
        *known = known.max(score);
    }
}

fn feed(reader: &mut Reader, model: &Model, session: &mut Session, text: &str) {
    let mut feeding = Feeding::new(model, text, UnknownSymbols::Error).unwrap();
    while !feeding.advance(reader, model, session, 100) {}
}

/// The texts that were found are the best of all, in their order.
fn assert_best(found: &[String], all: &[(String, f64)]) {
    let scores: BTreeMap<&str, f64> = all.iter().map(|(text, s)| (text.as_str(), *s)).collect();
    for (text, (best, expected)) in found.iter().zip(all) {
        let score = scores[text.as_str()];
        assert!(
            (score - expected).abs() < TOLERANCE * (1.0 + expected.abs()),
            "{text:?} with {score}, where {best:?} has {expected}"
        );
    }
}

#[test]
fn with_room_for_all_beginnings_it_finds_the_best_of_all_texts() {
    for options in writers() {
        let model = model(options);
        let (oracle, session) = Oracle::new(&model, "cab");
        let all = oracle.look_at_all(&session);
        assert_eq!(all.len(), 81);
        let json = format!(r#"{{"prompt":"cab","length":4,"beamWidth":{ALL},"count":27}}"#);
        let found = search(&model, &json);
        assert_eq!(found.len(), 27, "{options}");
        assert_best(&found, &all);
    }
}

#[test]
fn of_documents_it_weighs_the_length_as_it_is_told() {
    let model = model_of_documents();
    let mut best = Vec::new();
    for penalty in [-2.0, 0.0, 0.5, 1.0, 3.0] {
        let (mut oracle, session) = Oracle::new(&model, "");
        oracle.penalty = penalty;
        let all = oracle.look_at_all(&session);
        assert_eq!(all.len(), 1 + 3 + 9 + 27 + 81);
        let json =
            format!(r#"{{"length":4,"beamWidth":{ALL},"count":20,"lengthPenalty":{penalty}}}"#);
        let found = search(&model, &json);
        assert_best(&found, &all);
        best.push(found[0].chars().count());
    }
    assert!(best.is_sorted() && best[0] < best[4], "{best:?}");
}

#[test]
fn it_keeps_to_the_rules() {
    let model = model_of_documents();
    let bias: f64 = 1.5;
    let weights: [(&str, &dyn Fn(&str, Option<char>) -> f64); 5] = [
        (r#""banned":"a""#, &|_, next| f64::from(next != Some('a'))),
        (r#""minLength":3"#, &|text, next| {
            f64::from(next.is_some() || text.len() >= 3)
        }),
        (r#""biasSymbols":["c"],"logitBias":[1.5]"#, &|_, next| {
            if next == Some('c') { bias.exp() } else { 1.0 }
        }),
        (r#""noRepeatNgram":1"#, &|text, next| {
            f64::from(next.is_none_or(|next| !text.contains(next)))
        }),
        (r#""allowedPattern":"(ab|c)*""#, &|text, next| match next {
            // One symbol more has to fit after an "a".
            Some('a') => f64::from(!text.ends_with('a') && text.len() < 3),
            Some('b') => f64::from(text.ends_with('a')),
            _ => f64::from(!text.ends_with('a')),
        }),
    ];
    for (rule, weight) in weights {
        let (mut oracle, session) = Oracle::new(&model, "");
        oracle.weight = weight;
        let all = oracle.look_at_all(&session);
        let json = format!(r#"{{"length":4,"beamWidth":{ALL},"count":5,{rule}}}"#);
        let found = search(&model, &json);
        assert_eq!(found.len(), 5, "{rule}");
        assert_best(&found, &all);
    }
    let (mut oracle, session) = Oracle::new(&model, "");
    oracle.stop = "ab";
    let all = oracle.look_at_all(&session);
    let json = format!(r#"{{"length":4,"beamWidth":{ALL},"stop":["ab"],"count":10}}"#);
    let found = search(&model, &json);
    let different: BTreeSet<&String> = found.iter().collect();
    assert_eq!(different.len(), 10, "{found:?}");
    assert_best(&found, &all);
}

#[test]
fn fewer_beams_find_texts_that_are_good_and_the_same_in_all_chunks() {
    let model = model_of_documents();
    let (oracle, session) = Oracle::new(&model, "");
    let all = oracle.look_at_all(&session);
    let scores: BTreeMap<String, f64> = all.iter().cloned().collect();
    for width in [2, 3, 8] {
        let json = format!(r#"{{"length":4,"beamWidth":{width},"count":{width}}}"#);
        let found = search(&model, &json);
        let of_found: Vec<f64> = found.iter().map(|text| scores[text]).collect();
        assert!(
            of_found.is_sorted_by(|a, b| a >= b),
            "{found:?} {of_found:?}"
        );
        // The best of 121 texts is among those that two beams come by.
        assert_eq!(found[0], all[0].0);
        for steps in [1, 1000] {
            assert_eq!(try_search(&model, &options(&json), steps).unwrap(), found);
        }
    }
}

#[test]
fn in_a_session_it_goes_on_from_there_and_is_read_then() {
    for options_of_model in writers() {
        let model = create(options_of_model, SENTENCE);
        for (prompt, rules) in [
            ("the quick br", ""),
            ("", r#","stop":["o"]"#),
            ("lazy", r#","noRepeatNgram":2"#),
        ] {
            let json = format!(r#"{{"length":9,"beamWidth":5{rules}}}"#);
            let mut reader = Reader::new(&model, Quantization::None).unwrap();
            let mut session = Session::new(&mut reader, &model, &[]).unwrap();
            feed(&mut reader, &model, &mut session, prompt);
            let before = session.clone();
            let mut searcher = Searcher::new(&model, &session, &options(&json)).unwrap();
            let mut text = String::new();
            while !searcher.is_finished() {
                assert_eq!((text.as_str(), &session), ("", &before));
                let next = searcher.next(&mut reader, &model, &mut session, 2);
                text += &next.unwrap();
            }
            let with_prompt = SampleOptions {
                prompt: prompt.into(),
                ..options(&json)
            };
            let expected = try_search(&model, &with_prompt, 4).unwrap();
            assert_eq!([text.clone()], expected[..], "{options_of_model} {json}");
            let mut fed = before;
            if prompt.is_empty() {
                // What a text without a prompt follows.
                continue;
            }
            feed(&mut reader, &model, &mut fed, &text);
            assert_eq!(session, fed);
        }
    }
}

#[test]
fn texts_of_no_symbol_are_found_at_once() {
    let model = model(MODELS[1]);
    assert_eq!(search(&model, r#"{"length":0,"beamWidth":2}"#), [""]);
    let nothing = r#"{"length":5,"beamWidth":2,"allowedPattern":"b?c?","banned":"abc"}"#;
    assert_eq!(search(&model, nothing), [""]);
}

#[test]
fn weights_in_8_bits_are_searched_too() {
    let model = create(
        r#"{"cell":"lstm","hiddenSize":64,"embeddingSize":16}"#,
        SENTENCE,
    );
    let json = |quantize| {
        format!(r#"{{"prompt":"the ","length":30,"beamWidth":4,"quantize":"{quantize}"}}"#)
    };
    let found = search(&model, &json("int8"));
    assert_eq!(found[0].chars().count(), 30);
    assert_eq!(found, search(&model, &json("int8")));
}

#[test]
fn what_is_off_goes_with_it_and_its_own_options_are_off_without_it() {
    let model = model(MODELS[1]);
    let off = r#""topK":0,"typicalP":1,"topP":1,"minP":0"#;
    let plain = search(&model, r#"{"length":4,"beamWidth":3}"#);
    let with_all = format!(r#"{{"length":4,"beamWidth":3,"lengthPenalty":1,{off}}}"#);
    assert_eq!(search(&model, &with_all), plain);
    let write = |json: &str| {
        let mut sampler = Sampler::new(&model, &options(json)).unwrap();
        sampler.next(&model, 100).unwrap()
    };
    assert_eq!(
        write(r#"{"length":9,"beamWidth":1,"lengthPenalty":1}"#),
        write(r#"{"length":9}"#)
    );
}

#[test]
fn what_does_not_go_with_it_is_refused() {
    let model = model(MODELS[1]);
    let error = |json: &str| try_search(&model, &options(json), 1).unwrap_err();
    for (draw, value) in [
        ("temperature", 0.7),
        ("topK", 1.0),
        ("typicalP", 0.9),
        ("topP", 0.9),
        ("minP", 0.1),
    ] {
        let error = error(&format!(r#"{{"beamWidth":2,"{draw}":{value}}}"#));
        assert!(matches!(*error, Error::ContradictoryOptions(_)), "{error}");
        assert!(error.to_string().contains(draw), "{error}");
    }
    for (json, words) in [
        (
            r#"{"beamWidth":65}"#,
            "beamWidth is 65, but must be a whole number from 1 to 64",
        ),
        (
            r#"{"beamWidth":2,"count":3}"#,
            "count is 3, but must be at most beamWidth, 2",
        ),
        (
            r#"{"beamWidth":2,"lengthPenalty":11}"#,
            "lengthPenalty is 11, but must be from -10 to 10",
        ),
        (r#"{"beamWidth":2,"banned":"abc"}"#, "banned"),
    ] {
        let error = error(json).to_string();
        assert!(error.contains(words), "{error}");
    }
    for (json, words) in [
        (r#"{"beamWidth":0}"#, "beamWidth is 0"),
        (r#"{"lengthPenalty":0}"#, "beamWidth above 1"),
        (r#"{"beamWidth":1,"lengthPenalty":2}"#, "lengthPenalty"),
    ] {
        let options = options(json);
        assert!(!options.is_search());
        let error = Sampler::new(&model, &options).err().unwrap().to_string();
        assert!(error.contains(words), "{error}");
    }
    let both = create(MODELS[12], SENTENCE);
    let error = BeamSearch::new(&both, &options(r#"{"beamWidth":2}"#))
        .err()
        .unwrap();
    assert!(error.to_string().contains("bidirectional"), "{error}");
}
