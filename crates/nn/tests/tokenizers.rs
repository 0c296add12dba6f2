//! Whole models with every tokenizer: they learn, are saved, evaluated, scored and written with, and the options that speak of symbols
//! hold for texts.

mod runs;

use mynah_nn::checkpoint::{self, LoadOptions};
use mynah_nn::config::{ModelOptions, parse_options};
use mynah_nn::data::Source;
use mynah_nn::data::list::DocumentList;
use mynah_nn::evaluation::Evaluation;
use mynah_nn::growth::grown;
use mynah_nn::linear::Quantization;
use mynah_nn::model::Model;
use mynah_nn::sampling::{BeamSearch, SampleOptions, Sampler};
use mynah_nn::scoring::{ScoreOptions, Scorer};
use mynah_nn::session::{Feeding, PromptWriter, Reader, Session, Writer};
use mynah_nn::tokenizer::Tokenizer;
use runs::{run, start};
use std::collections::BTreeSet;
use std::f64::consts::LN_2;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const TEXT: &str = "né the crow and the fox 狼 and né the heron 🦊, the crow. ";

const TOKENIZERS: [&str; 6] = [
    r#"{"kind":"characters"}"#,
    r#"{"kind":"graphemes","pieces":["🦊,","né"]}"#,
    r#"{"kind":"words","pieces":[" the"," crow"," and","né"]}"#,
    r#"{"kind":"bytes"}"#,
    r#"{"kind":"bpe","vocabularySize":270}"#,
    r#"{"kind":"bpe"}"#,
];

fn of<'a>(tokenizer: &str, source: impl Into<Source<'a>>) -> Model {
    let options = r#"{"cell":"gru","hiddenSize":8,"embeddingSize":6}"#;
    let options: ModelOptions = parse_options(options).unwrap();
    let asked = parse_options(tokenizer).unwrap();
    let tokenizer = Tokenizer::learn(source, asked).unwrap();
    Model::with_tokenizer(&options, tokenizer).unwrap()
}

/// A little trained, on whole bytes and words alike.
fn learnt(tokenizer: &str) -> Model {
    let text = TEXT.repeat(20);
    let mut model = of(tokenizer, &text);
    let options = r#"{"steps":40,"batchSize":2,"seqLength":8,"learningRate":0.03,"validation":0}"#;
    let mut training = start(&model, &text, options).unwrap();
    run(&mut model, &mut training);
    model
}

fn write(model: &Model, options: &str) -> Vec<String> {
    let options: SampleOptions = parse_options(options).unwrap();
    let mut sampler = Sampler::new(model, &options).unwrap();
    let mut texts = Vec::new();
    while !sampler.is_finished() {
        sampler.advance(model, 5).unwrap();
        texts.extend(std::iter::from_fn(|| sampler.take()));
    }
    texts
}

/// Piece by piece.
fn stream(model: &Model, options: &str, steps: usize) -> Vec<String> {
    let options: SampleOptions = parse_options(options).unwrap();
    let mut sampler = Sampler::new(model, &options).unwrap();
    let mut pieces = Vec::new();
    while !sampler.is_finished() {
        pieces.push(sampler.next(model, steps).unwrap());
    }
    pieces
}

#[test]
fn a_model_learns_and_its_file_brings_it_back() {
    for tokenizer in TOKENIZERS {
        let model = learnt(tokenizer);
        let file = checkpoint::save(&model).unwrap();
        let again = checkpoint::load(&file, &LoadOptions::default()).unwrap();
        assert_eq!(again.tokenizer(), model.tokenizer());
        assert_eq!(again.params(), model.params());
        let untrained = of(tokenizer, &TEXT.repeat(20));
        let loss = |model: &Model| {
            let mut evaluation = Evaluation::new(model, TEXT, 1).unwrap();
            while !evaluation.advance(model, 1000) {}
            evaluation.result().unwrap()
        };
        assert!(loss(&model).loss < loss(&untrained).loss, "{tokenizer}");
    }
}

#[test]
fn bits_are_by_the_bytes_of_the_text() {
    // With characters that it lacks.
    let text = format!("{TEXT}ÄZ狐");
    for tokenizer in TOKENIZERS {
        let model = learnt(tokenizer);
        let tokens = model.tokenizer().encode(&text).unwrap();
        let first = model.tokenizer().bytes(tokens[0]).len();
        let mut evaluation = Evaluation::new(&model, &text, 1).unwrap();
        while !evaluation.advance(&model, 7) {}
        let result = evaluation.result().unwrap();
        assert_eq!(result.tokens, tokens.len() - 1);
        let bits = result.loss * result.tokens as f64 / LN_2;
        let per_byte = bits / (text.len() - first) as f64;
        assert!(
            (result.bits_per_byte - per_byte).abs() < 1e-12,
            "{tokenizer}"
        );
        let mut scorer = Scorer::new(&model, &text, &ScoreOptions::default()).unwrap();
        while !scorer.advance(&model, 7) {}
        assert_eq!(scorer.result().unwrap(), result);
        let sum: f64 = scorer
            .take()
            .log_probabilities
            .iter()
            .map(|&p| f64::from(p))
            .sum();
        assert!((sum + bits * LN_2).abs() < 1e-3, "{tokenizer}");
    }
}

#[test]
fn what_is_written_is_whole_characters_however_it_is_cut_into_pieces() {
    for tokenizer in TOKENIZERS {
        let model = learnt(tokenizer);
        for (seed, temperature) in [(1, 1.0), (2, 3.0), (3, 100.0)] {
            let options = format!(r#"{{"seed":{seed},"temperature":{temperature},"length":200}}"#);
            let whole = write(&model, &options).remove(0);
            assert!(!whole.contains('\u{fffd}'), "{tokenizer}: {whole}");
            for steps in [1, 3, 1000] {
                assert_eq!(stream(&model, &options, steps).concat(), whole);
            }
        }
    }
}

#[test]
fn a_text_ends_before_its_stop_string_wherever_that_stands() {
    for tokenizer in TOKENIZERS {
        let model = learnt(tokenizer);
        let options = |rest: &str| format!(r#"{{"seed":5,"temperature":1,"length":150{rest}}}"#);
        let whole = write(&model, &options("")).remove(0);
        let symbols: Vec<char> = whole.chars().collect();
        for at in [0, 7, 20, symbols.len() - 5] {
            let stop: String = symbols[at..at + 3].iter().collect();
            let expected = &whole[..whole.find(&stop).unwrap()];
            let json = serde_json::to_string(&[&stop]).unwrap();
            let options = options(&format!(r#","stop":{json}"#));
            assert_eq!(write(&model, &options), [expected], "{tokenizer} {stop}");
            for steps in [1, 1000] {
                let mut text = String::new();
                for piece in stream(&model, &options, steps) {
                    text += &piece;
                    assert!(expected.starts_with(&text), "{tokenizer}: {text}");
                }
                assert_eq!(text, expected);
            }
        }
    }
}

#[test]
fn a_stop_string_leaves_as_many_symbols_as_there_must_be() {
    for tokenizer in TOKENIZERS {
        let model = learnt(tokenizer);
        // Of each text by itself: how many symbols it has.
        let symbols = |rules: &str| -> Vec<usize> {
            let written = (0..60).map(|seed| {
                let json = format!(
                    r#"{{"seed":{seed},"length":40,"temperature":1,"stop":["o"," t","é"]{rules}}}"#
                );
                let options: SampleOptions = parse_options(&json).unwrap();
                let mut sampler = Sampler::new(&model, &options).unwrap();
                let text = sampler.next(&model, 1000).unwrap();
                assert!(!text.contains(['o', 'é']) && !text.contains(" t"), "{text}");
                sampler.written()
            });
            written.collect()
        };
        let (free, long) = (symbols(""), symbols(r#","minLength":9"#));
        assert!(free.iter().any(|&count| count < 9), "{tokenizer}: {free:?}");
        assert!(
            long.iter().all(|&count| count >= 9),
            "{tokenizer}: {long:?}"
        );
        assert!(
            long.iter().any(|&count| count < 40),
            "{tokenizer}: {long:?}"
        );
    }
}

#[test]
fn banned_characters_are_in_nothing_that_is_written() {
    for tokenizer in TOKENIZERS {
        let model = learnt(tokenizer);
        let json = r#"{"seed":4,"count":20,"length":100,"temperature":2,"banned":"oé狼🦊"}"#;
        for text in write(&model, json) {
            assert!(
                !text.contains(['o', 'é', '狼', '🦊']),
                "{tokenizer}: {text}"
            );
        }
    }
}

#[test]
fn banned_characters_lead_into_no_dead_end() {
    // All that one first byte can become.
    let banned: String = ('À'..='ÿ').collect();
    for tokenizer in TOKENIZERS {
        // To one that has learnt nothing all symbols are as likely.
        let model = of(tokenizer, &TEXT.repeat(20));
        let json = format!(r#"{{"count":40,"seed":1,"length":100,"banned":"{banned}"}}"#);
        let texts = write(&model, &json).concat();
        assert!(
            !texts.contains(|it: char| banned.contains(it)),
            "{tokenizer}"
        );
    }
}

#[test]
fn every_text_matches_the_pattern() {
    for tokenizer in TOKENIZERS {
        let model = learnt(tokenizer);
        let json = r#"{"seed":4,"count":20,"length":30,"temperature":2,"allowedPattern":"( the| (crow|fox),? )+[^aeiou]"}"#;
        for text in write(&model, json) {
            let (words, last) = text.split_at(text.char_indices().next_back().unwrap().0);
            assert!(!"aeiou".contains(last), "{tokenizer}: {text}");
            let mut rest = words;
            while !rest.is_empty() {
                let parts = [" the", " crow, ", " crow ", " fox, ", " fox "];
                let part = parts.iter().find(|part| rest.starts_with(**part));
                rest = &rest[part.unwrap_or_else(|| panic!("{tokenizer}: {text}")).len()..];
            }
        }
    }
}

#[test]
fn biases_are_of_symbols_of_the_vocabulary() {
    let words = learnt(TOKENIZERS[2]);
    let json = r#"{"length":20,"biasSymbols":[" crow"],"logitBias":[100]}"#;
    assert_eq!(write(&words, json), [" crow".repeat(20)]);
    let characters = learnt(TOKENIZERS[0]);
    let options: SampleOptions = parse_options(json).unwrap();
    let error = Sampler::new(&characters, &options).err().unwrap();
    assert_eq!(error.code(), "invalid-option");
    assert!(error.to_string().contains("\" crow\""), "{error}");
}

#[test]
fn a_session_writes_what_is_written_after_a_prompt() {
    for tokenizer in TOKENIZERS {
        let model = learnt(tokenizer);
        for rules in [
            "",
            r#","stop":["e fo","狼"]"#,
            r#","stop":[" crow"],"topK":5"#,
        ] {
            let json = format!(r#"{{"seed":9,"temperature":1,"length":60{rules}}}"#);
            let options: SampleOptions = parse_options(&json).unwrap();
            let mut reader = Reader::new(&model, Quantization::None).unwrap();
            let mut session = Session::new(&mut reader, &model, &[]).unwrap();
            let mut feeding = Feeding::new(&model, "the ", Default::default()).unwrap();
            feeding.advance(&mut reader, &model, &mut session, 1000);
            let mut writer = Writer::new(&model, &session, &options).unwrap();
            let mut written = String::new();
            while !writer.is_finished() {
                let piece = writer.next(&mut reader, &model, &mut session, 3).unwrap();
                written += &piece;
                if !piece.is_empty() && rules.is_empty() {
                    // It can be saved and gone on with at any time.
                    let bytes = session.save(&model).unwrap();
                    assert_eq!(
                        Session::restore(&mut reader, &model, &bytes).unwrap(),
                        session
                    );
                }
            }
            let prompted = json.replace('{', r#"{"prompt":"the ","#);
            assert_eq!(write(&model, &prompted), [written.clone()], "{tokenizer}");
            let prompted = parse_options(&prompted).unwrap();
            let fresh = Session::new(&mut reader, &model, &[]).unwrap();
            let mut writer = PromptWriter::new(&model, &fresh, &prompted).unwrap();
            let mut by_itself = String::new();
            while !writer.is_finished() {
                by_itself += &writer.next(&mut reader, &model, 3).unwrap();
            }
            assert_eq!(by_itself, written, "{tokenizer}");
        }
    }
}

#[test]
fn what_the_length_cuts_off_is_as_much_in_a_session() {
    // Letters and the first byte of a character that follows, as one symbol.
    let merges: Vec<u8> = (b'a'..=b'z').flat_map(|letter| [letter, 0xc3]).collect();
    let tokenizer = format!(r#"{{"kind":"bpe","merges":{merges:?}}}"#);
    let model = of(&tokenizer, TEXT);
    for seed in 0..100 {
        let json = format!(r#"{{"prompt":"n","length":3,"temperature":1,"seed":{seed}}}"#);
        let options: SampleOptions = parse_options(&json).unwrap();
        let mut reader = Reader::new(&model, Quantization::None).unwrap();
        let mut session = Session::new(&mut reader, &model, &[]).unwrap();
        let mut feeding = Feeding::new(&model, "n", Default::default()).unwrap();
        feeding.advance(&mut reader, &model, &mut session, 1000);
        let mut writer = Writer::new(&model, &session, &options).unwrap();
        let mut written = String::new();
        while !writer.is_finished() {
            written += &writer.next(&mut reader, &model, &mut session, 1).unwrap();
        }
        assert_eq!(write(&model, &json), [written.as_str()]);
    }
}

#[test]
fn suggestions_are_whole_characters_and_words() {
    for tokenizer in TOKENIZERS {
        let model = learnt(tokenizer);
        let mut reader = Reader::new(&model, Quantization::None).unwrap();
        let mut session = Session::new(&mut reader, &model, &[]).unwrap();
        let mut feeding = Feeding::new(&model, "né", Default::default()).unwrap();
        feeding.advance(&mut reader, &model, &mut session, 1000);
        for next in session.next_symbols(&mut reader, &model, 100).unwrap() {
            assert!(!next.text.contains('\u{fffd}') && !next.text.is_empty());
        }
        let words = session.next_words(&mut reader, &model, 20, " .,").unwrap();
        assert!(!words.is_empty(), "{tokenizer}");
        let sum: f64 = words.iter().map(|word| word.probability).sum();
        assert!(sum <= 1.0 + 1e-5, "{tokenizer}: {sum}");
        for word in words {
            assert!(
                !word.text.starts_with([' ', '.', ',']),
                "{tokenizer}: {word:?}"
            );
            assert!(!word.text.contains('\u{fffd}'), "{tokenizer}: {word:?}");
        }
    }
}

#[test]
fn a_word_ends_before_punctuation_of_several_bytes() {
    let text = "狐狸。乌鸦、the。狐狸。the、乌鸦。".repeat(20);
    for tokenizer in [
        r#"{"kind":"bytes"}"#,
        r#"{"kind":"bpe","vocabularySize":258}"#,
        r#"{"kind":"bpe"}"#,
        r#"{"kind":"words","pieces":["狐狸","the"]}"#,
    ] {
        let mut model = of(tokenizer, &text);
        let options =
            r#"{"steps":300,"batchSize":2,"seqLength":24,"learningRate":0.03,"validation":0}"#;
        let mut training = start(&model, &text, options).unwrap();
        run(&mut model, &mut training);
        let mut reader = Reader::new(&model, Quantization::None).unwrap();
        let mut session = Session::new(&mut reader, &model, &[]).unwrap();
        let mut feeding = Feeding::new(&model, "狐狸。", Default::default()).unwrap();
        feeding.advance(&mut reader, &model, &mut session, 1000);
        let words = session.next_words(&mut reader, &model, 20, "。、").unwrap();
        for expected in ["乌鸦", "the"] {
            let is_there = words.iter().any(|word| word.text == expected);
            assert!(is_there, "{tokenizer}: {words:?}");
        }
        for word in &words {
            assert!(!word.text.contains(['。', '、']), "{tokenizer}: {word:?}");
        }
    }
}

#[test]
fn a_word_that_can_be_written_in_several_ways_is_suggested_once() {
    let model = of(r#"{"kind":"words","pieces":["aa","aaa"]}"#, "a.");
    let mut reader = Reader::new(&model, Quantization::None).unwrap();
    let mut session = Session::new(&mut reader, &model, &[]).unwrap();
    let mut feeding = Feeding::new(&model, ".", Default::default()).unwrap();
    feeding.advance(&mut reader, &model, &mut session, 10);
    let words = session.next_words(&mut reader, &model, 10, ".").unwrap();
    let different: BTreeSet<&String> = words.iter().map(|word| &word.text).collect();
    assert_eq!(different.len(), words.len(), "{words:?}");
    // Symbol by symbol: what is fed by itself is read by itself.
    let mut probability_of = |symbols: &[&str]| -> f64 {
        let mut session = session.clone();
        let each = symbols.iter().map(|symbol| {
            let next = session.next_symbols(&mut reader, &model, 100).unwrap();
            let mut feeding = Feeding::new(&model, symbol, Default::default()).unwrap();
            feeding.advance(&mut reader, &model, &mut session, 10);
            let found = next.iter().find(|next| next.text == *symbol);
            found.unwrap().probability
        });
        each.product()
    };
    let ways = [&["aa", "."][..], &["a", "a", "."]];
    let expected: f64 = ways.into_iter().map(&mut probability_of).sum();
    let found = words.iter().find(|word| word.text == "aa").unwrap();
    assert!(
        (found.probability - expected).abs() < 1e-6,
        "{found:?} {expected}"
    );
}

fn search(model: &Model, options: &str) -> Vec<String> {
    let options: SampleOptions = parse_options(options).unwrap();
    let mut search = BeamSearch::new(model, &options).unwrap();
    while !search.is_finished() {
        search.advance(model, 5).unwrap();
    }
    std::iter::from_fn(|| search.take()).collect()
}

#[test]
fn a_search_finds_texts_of_whole_characters_each_of_them_once() {
    for tokenizer in TOKENIZERS {
        let model = learnt(tokenizer);
        let find = |rules: &str| {
            search(
                &model,
                &format!(r#"{{"prompt":"né","beamWidth":8,"count":8{rules}}}"#),
            )
        };
        for rules in [
            r#","length":30"#,
            // Perhaps in the middle of a character.
            r#","length":13"#,
            r#","length":40,"stop":["e fo","狼"]"#,
            r#","length":40,"minLength":9,"stop":["o"," t"]"#,
            r#","length":30,"banned":"oé狼🦊""#,
            r#","length":30,"allowedPattern":"( the| (crow|fox),?)+""#,
        ] {
            let found = find(rules);
            assert_eq!(found.len(), 8, "{tokenizer} {rules}");
            let different: BTreeSet<&String> = found.iter().collect();
            assert_eq!(different.len(), 8, "{tokenizer}: {found:?}");
            for text in &found {
                assert!(!text.contains('\u{fffd}'), "{tokenizer}: {text}");
                let may_have = |part: &str| !rules.contains(&format!("\"{part}\""));
                for stop in ["e fo", "狼", "o", " t"] {
                    assert!(may_have(stop) || !text.contains(stop), "{rules}: {text}");
                }
                if rules.contains("banned") {
                    assert!(!text.contains(['o', 'é', '狼', '🦊']), "{text}");
                }
                if rules.contains("allowedPattern") {
                    let bare = text.replace(',', "");
                    let mut words = bare.split(' ').skip(1);
                    assert!(words.all(|word| ["the", "crow", "fox"].contains(&word)));
                }
            }
        }
        let next = write(&model, r#"{"prompt":"né","length":1,"temperature":0}"#);
        assert_eq!(find(r#","length":1"#)[..1], next, "{tokenizer}");
    }
}

#[test]
fn a_search_finds_chinese_texts_wherever_their_length_ends() {
    let text = "狐狸和乌鸦，乌鸦和狐狸；乌鸦唱歌，狐狸吃肉。".repeat(12);
    for tokenizer in [
        r#"{"kind":"bytes"}"#,
        r#"{"kind":"bpe","vocabularySize":270}"#,
    ] {
        let mut model = of(tokenizer, &text);
        let options =
            r#"{"steps":60,"batchSize":2,"seqLength":24,"learningRate":0.03,"validation":0}"#;
        let mut training = start(&model, &text, options).unwrap();
        run(&mut model, &mut training);
        for length in 1..16 {
            let json = format!(r#"{{"beamWidth":8,"count":8,"length":{length}}}"#);
            let found = search(&model, &json);
            let different: BTreeSet<&String> = found.iter().collect();
            assert_eq!(different.len(), found.len(), "{found:?}");
            assert!(!found.concat().contains('\u{fffd}'), "{found:?}");
            // What ends with whole characters differs in them.
            let all = tokenizer.contains("bpe") || length % 3 == 0;
            assert!(!all || found.len() == 8, "{tokenizer} {length}: {found:?}");
        }
    }
}

#[test]
fn documents_end_where_a_character_does() {
    let list = DocumentList::new(vec!["né".into(), "狼狼".into(), "the crow".into()]);
    for tokenizer in TOKENIZERS {
        let mut model = of(tokenizer, &list);
        let options =
            r#"{"steps":60,"batchSize":3,"seqLength":16,"learningRate":0.03,"validation":0}"#;
        let mut training = start(&model, &list, options).unwrap();
        run(&mut model, &mut training);
        let texts = write(&model, r#"{"count":60,"length":40,"temperature":1.5}"#);
        assert!(texts.iter().all(|text| !text.contains('\u{fffd}')));
        assert!(
            texts.iter().any(|text| text.chars().count() < 8),
            "{texts:?}"
        );
        let mut evaluation = Evaluation::new(&model, &list, 1).unwrap();
        while !evaluation.advance(&model, 100) {}
        let count = |text: &str| model.tokenizer().count(text).unwrap() + 1;
        let expected: usize = list.iter().map(|document| count(document.text)).sum();
        assert_eq!(evaluation.result().unwrap().tokens, expected);
    }
}

#[test]
fn growing_gives_characters_to_those_that_lack_them() {
    for tokenizer in TOKENIZERS {
        let model = learnt(tokenizer);
        let grown = grown(&model, "Zebra").unwrap();
        let is_of_bytes = tokenizer.contains("bytes") || tokenizer.contains("bpe");
        let added = grown.tokenizer().vocab_size() - model.tokenizer().vocab_size();
        assert_eq!(added, if is_of_bytes { 0 } else { 2 }, "{tokenizer}");
        if is_of_bytes {
            assert_eq!(grown.params(), model.params());
        }
        assert!(grown.tokenizer().token("Z").is_some());
    }
}
