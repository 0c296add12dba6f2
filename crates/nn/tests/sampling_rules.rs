//! The options that shape what is written, on whole models: that they hold, and that texts side by side do not disturb each
//! other.

mod runs;

use mynah_nn::Result;
use mynah_nn::config::parse_options;
use mynah_nn::model::Model;
use mynah_nn::sampling::{SampleOptions, Sampler};
use runs::{MODELS, SENTENCE, create, names, run, start};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// An untrained model, to which nearly all symbols are as likely.
fn model() -> Model {
    create(MODELS[1], SENTENCE)
}

/// A model of documents that has seen a little of them.
fn model_of_names() -> Model {
    let list = names();
    let mut model = create(r#"{"cell":"gru","hiddenSize":12,"embeddingSize":5}"#, &list);
    let options = r#"{"steps":60,"batchSize":4,"learningRate":0.02,"validation":0}"#;
    let mut training = start(&model, &list, options).unwrap();
    run(&mut model, &mut training);
    model
}

/// All texts, a few symbols at a time.
fn try_write(model: &Model, options: &str, steps: usize) -> Result<Vec<String>> {
    let options: SampleOptions = parse_options(options)?;
    let mut sampler = Sampler::new(model, &options)?;
    let mut texts = Vec::new();
    while !sampler.is_finished() {
        sampler.advance(model, steps)?;
        texts.extend(std::iter::from_fn(|| sampler.take()));
    }
    let symbols: usize = texts.iter().map(|text| text.chars().count()).sum();
    assert_eq!(sampler.written(), symbols);
    Ok(texts)
}

fn write(model: &Model, options: &str) -> Vec<String> {
    try_write(model, options, 7).unwrap()
}

fn error(model: &Model, options: &str) -> String {
    try_write(model, options, 7).unwrap_err().to_string()
}

#[test]
fn options_that_do_nothing_change_nothing() {
    let model = model();
    let plain = write(&model, r#"{"seed":3,"count":70,"length":60}"#);
    for options in [
        r#""topK":0,"topP":1,"minP":0,"typicalP":1,"noRepeatNgram":0,"banned":"","stop":[],"minLength":0"#,
        r#""repetitionPenalty":1,"presencePenalty":0,"frequencyPenalty":0,"repeatLastN":3"#,
        // Rules that hold anyway.
        r#""minLength":60"#,
        r#""topK":1000,"stop":["?!"]"#,
        r#""banned":"§","biasSymbols":["a"],"logitBias":[0]"#,
        r#""allowedPattern":"[^]*""#,
        r#""noRepeatNgram":60"#,
    ] {
        let options = format!(r#"{{"seed":3,"count":70,"length":60,{options}}}"#);
        assert_eq!(write(&model, &options), plain, "{options}");
    }
}

/// Something of everything.
const RULES: [&str; 6] = [
    r#""topK":9,"typicalP":0.9,"topP":0.95,"minP":0.01"#,
    r#""repetitionPenalty":1.3,"presencePenalty":0.2,"frequencyPenalty":0.4,"repeatLastN":9"#,
    r#""noRepeatNgram":2,"banned":"e""#,
    r#""biasSymbols":["a","b"],"logitBias":[3,-2],"temperature":1.2"#,
    r#""allowedPattern":"([a-m]+ [n-z]{2,5}\\.? )*""#,
    r#""stop":["o","ab","the"],"minLength":3"#,
];

#[test]
fn a_text_does_not_depend_on_the_others_nor_on_the_chunks() {
    for model in MODELS.into_iter().filter(|m| !m.contains("bidirectional")) {
        let model = create(model, SENTENCE);
        for rules in RULES {
            let write = |count, steps| {
                let options =
                    format!(r#"{{"prompt":"the ","seed":5,"length":20,"count":{count},{rules}}}"#);
                try_write(&model, &options, steps).unwrap()
            };
            // Those in the second and third turn stand where others have stood.
            let (few, many) = (write(3, 1), write(150, 7));
            assert_eq!(few, many[..3], "{rules}");
            assert_eq!(write(100, 1000)[..], many[..100], "{rules}");
        }
    }
}

#[test]
fn penalties_and_bans_look_at_the_prompt_but_not_at_what_stands_in_for_it() {
    let model = create(MODELS[1], "ab\n");
    let options = |prompt: &str, rules: &str| {
        format!(r#"{{"prompt":"{prompt}","length":1,"temperature":0,{rules}}}"#)
    };
    // Each symbol at most once.
    let written = |prompt| write(&model, &options(prompt, r#""noRepeatNgram":1"#))[0].clone();
    assert_eq!(written("ab"), "\n");
    assert_eq!(written("\\nb"), "a");
    // Without a prompt the model reads a line end, which is no part of the text.
    let all = write(&model, r#"{"length":3,"noRepeatNgram":1}"#);
    assert!(all[0].contains('\n'), "{all:?}");
    let far = write(
        &model,
        &options("aab", r#""frequencyPenalty":50,"repeatLastN":3"#),
    );
    assert_eq!(far, ["\n"]);
    let near = write(
        &model,
        &options("\\nab", r#""frequencyPenalty":50,"repeatLastN":2"#),
    );
    assert_eq!(near, ["\n"]);
}

#[test]
fn what_is_banned_is_not_written_and_what_is_favoured_is() {
    let model = model();
    let text = &write(&model, r#"{"seed":1,"length":400,"banned":"aeiou §"}"#)[0];
    assert!(!text.contains(['a', 'e', 'i', 'o', 'u', ' ']), "{text}");
    let text = &write(
        &model,
        r#"{"seed":1,"length":40,"biasSymbols":["z"],"logitBias":[100]}"#,
    )[0];
    assert_eq!(text, &"z".repeat(40));
    let text = &write(
        &model,
        r#"{"seed":1,"length":40,"biasSymbols":["z"],"logitBias":[100],"banned":"z"}"#,
    )[0];
    assert!(!text.contains('z'), "a ban is stronger: {text}");
}

#[test]
fn no_run_comes_twice() {
    let model = model();
    for size in [2, 3, 5] {
        let options = format!(r#"{{"seed":2,"length":300,"topK":3,"noRepeatNgram":{size}}}"#);
        let text: Vec<char> = write(&model, &options)[0].chars().collect();
        let runs: std::collections::BTreeSet<&[char]> = text.windows(size).collect();
        assert_eq!(runs.len(), text.len() + 1 - size, "{size}");
    }
}

#[test]
fn a_text_ends_before_its_stop_string_and_no_piece_shows_a_part_of_it() {
    let model = model();
    let whole = &write(&model, r#"{"seed":8,"length":200}"#)[0];
    for at in [0, 1, 50, 150, 196] {
        let stop = &whole[at..at + 3];
        let expected = &whole[..whole.find(stop).unwrap()];
        for steps in [1, 3, 1000] {
            let options = format!(r#"{{"seed":8,"length":200,"stop":["§","{stop}"]}}"#);
            let options: SampleOptions = parse_options(&options).unwrap();
            let mut sampler = Sampler::new(&model, &options).unwrap();
            let mut text = String::new();
            while !sampler.is_finished() {
                text += &sampler.next(&model, steps).unwrap();
                assert!(
                    expected.starts_with(&text),
                    "{text} is more than {expected}"
                );
            }
            assert_eq!(
                (text.as_str(), sampler.written()),
                (expected, expected.len())
            );
        }
    }
    // What was held back for a string that does not come is not lost.
    let half = format!("{}a", &whole[197..]);
    let options = format!(r#"{{"seed":8,"length":200,"stop":["{half}"]}}"#);
    assert_eq!(&write(&model, &options)[0], whole);
}

#[test]
fn documents_are_as_long_as_they_must_be() {
    let model = model_of_names();
    let lengths = |options: &str| -> Vec<usize> {
        let options = format!(r#"{{"seed":4,"count":100,{options}}}"#);
        write(&model, &options).iter().map(String::len).collect()
    };
    assert!(lengths(r#""length":20"#).iter().any(|&length| length < 4));
    for rules in ["", r#","stop":["a"]"#, r#","allowedPattern":"[a-y]+""#] {
        let lengths = lengths(&format!(r#""minLength":4,"length":20{rules}"#));
        assert!(
            lengths.iter().all(|&length| (4..=20).contains(&length)),
            "{lengths:?}"
        );
        assert!(lengths.iter().any(|&length| length < 20), "{lengths:?}");
    }
}

#[test]
fn every_text_matches_the_pattern() {
    let (names, text) = (model_of_names(), model());
    for count in [1, 100] {
        for length in [7, 12] {
            let options = format!(
                r#"{{"seed":1,"count":{count},"length":{length},"temperature":2,"allowedPattern":"^(ab|c[de]+f){{2,3}}$"}}"#
            );
            for model in [&names, &text] {
                for written in write(model, &options) {
                    let mut rest = written.as_str();
                    let mut parts = 0;
                    while !rest.is_empty() {
                        rest = match rest.strip_prefix("ab") {
                            Some(rest) => rest,
                            None => {
                                let after = rest.strip_prefix('c').unwrap();
                                let middle = after.trim_start_matches(['d', 'e']);
                                assert!(middle.len() < after.len(), "{written}");
                                middle.strip_prefix('f').unwrap()
                            }
                        };
                        parts += 1;
                    }
                    assert!(
                        (2..=3).contains(&parts) && written.len() <= length,
                        "{written}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_pattern_without_a_way_on_ends_the_text() {
    let model = model();
    assert_eq!(
        write(&model, r#"{"length":50,"allowedPattern":"fox"}"#),
        ["fox"]
    );
    assert_eq!(
        write(&model, r#"{"count":2,"length":50,"allowedPattern":""}"#),
        ["", ""]
    );
    // Once more would repeat a run: it may end there, and has to.
    let options = r#"{"length":50,"allowedPattern":"(ab)*","noRepeatNgram":3}"#;
    assert_eq!(write(&model, options), ["abab"]);
}

#[test]
fn where_no_symbol_is_left_an_error_says_why() {
    let model = create(MODELS[1], "ab");
    for (options, words) in [
        (
            r#""banned":"ab""#,
            r#"after 0 symbols of a text: every one is forbidden by "banned""#,
        ),
        (
            r#""noRepeatNgram":1"#,
            r#"after 2 symbols of a text: every one is forbidden by "noRepeatNgram""#,
        ),
        (
            r#""allowedPattern":"aab","noRepeatNgram":1"#,
            r#"forbidden by "allowedPattern", "noRepeatNgram""#,
        ),
        (
            r#""stop":["a","b"],"minLength":3"#,
            r#"after 0 symbols of a text: every one is forbidden by "minLength""#,
        ),
    ] {
        let options = format!(r#"{{"length":9,{options}}}"#);
        let error = try_write(&model, &options, 1).unwrap_err();
        assert_eq!(error.code(), "no-symbol-left");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn numbers_out_of_range_are_refused() {
    let model = model();
    for (option, low, high, range) in [
        ("temperature", "-0.1", "100.1", "from 0 to 100"),
        ("typicalP", "-0.1", "1.1", "from 0 to 1"),
        ("topP", "-0.1", "1.1", "from 0 to 1"),
        ("minP", "-0.1", "1.1", "from 0 to 1"),
        ("repetitionPenalty", "0", "10.1", "from 0.1 to 10"),
        ("presencePenalty", "-100.1", "100.1", "from -100 to 100"),
        ("frequencyPenalty", "-100.1", "100.1", "from -100 to 100"),
        (
            "repeatLastN",
            "0",
            "65536",
            "a whole number from 1 to 65535",
        ),
    ] {
        for value in [low, high] {
            let error = error(&model, &format!(r#"{{"{option}":{value}}}"#));
            assert_eq!(error, format!("{option} is {value}, but must be {range}"));
        }
    }
    for (options, words) in [
        (
            r#""minLength":6,"length":5"#,
            "minLength is 6, but must be at most the length, 5",
        ),
        (
            r#""biasSymbols":["§"],"logitBias":[1]"#,
            "logitBias is for \"§\", but must be for symbols that the model knows",
        ),
        (
            r#""biasSymbols":["a"],"logitBias":[101]"#,
            "logitBias is 101 for \"a\", but must be from -100 to 100",
        ),
        (
            r#""biasSymbols":["\ufffd"],"logitBias":[1]"#,
            "what its vocabulary shows as \u{fffd} has no name",
        ),
        (
            r#""stop":["a"],"allowedPattern":"a""#,
            r#"allowedPattern and "stop" exclude each other"#,
        ),
        (r#""allowedPattern":"(?=a)""#, "without lookahead"),
        (
            r#""allowedPattern":"(?=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa)""#,
            "allowedPattern is \"(?=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…\", but",
        ),
        (r#""topQ":1"#, "there is no \"topQ\""),
        (r#""topK":-1"#, "topK: expected a whole number"),
    ] {
        let error = error(&model, &format!("{{{options}}}"));
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn texts_to_spare_follow_those_that_were_asked_for() {
    let model = model();
    let many = write(&model, r#"{"seed":3,"count":30,"length":9}"#);
    for options in [r#""count":10,"spare":20"#, r#""count":1,"spare":29"#] {
        let options = format!(r#"{{"seed":3,"length":9,{options}}}"#);
        assert_eq!(write(&model, &options), many);
    }
}
