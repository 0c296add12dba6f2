//! Filling in blanks: against the network run over the whole text for every single draw, and on a text in which only
//! what follows a blank tells what it was.

mod common;
mod runs;

use common::{Setup, resolve, tokens};
use mynah_nn::config::{ModelOptions, parse_options};
use mynah_nn::data::Source;
use mynah_nn::filling::{FillOptions, Filler};
use mynah_nn::linear::Purpose;
use mynah_nn::model::Model;
use mynah_nn::network::{Network, Regularisation};
use mynah_nn::rng::Pcg32;
use mynah_nn::sampling::UnknownSymbols;
use runs::{SENTENCE, create, names, run, start};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// One of every kind, and of every way in which something is carried or comes between the bodies and the logits.
const BOTH_WAYS: [&str; 9] = [
    r#""cell":"rnn","activation":"relu","hiddenSize":9,"embeddingSize":5,"layerNorm":true"#,
    r#""cell":"gru","hiddenSize":[9,6],"embeddingSize":5,"trainInitialState":true"#,
    r#""cell":"gru","resetAfter":false,"hiddenSize":7,"embeddingSize":7,"tieWeights":true"#,
    r#""cell":"lstm","hiddenSize":8,"numLayers":3,"embeddingSize":5,"residual":true,"projectionSize":4"#,
    r#""cell":"lstm","hiddenSize":9,"embeddingSize":5,"layerNorm":true,"zoneout":0.2,"zoneoutCell":0.1"#,
    r#""cell":"min-gru","hiddenSize":8,"numLayers":2,"block":true,"zoneout":0.1"#,
    r#""cell":"min-lstm","hiddenSize":9,"embeddingSize":5,"conditionSize":3,"conditionMode":"film""#,
    r#""cell":"gru","hiddenSize":8,"block":true,"conditionSize":3,"conditionMode":"initial-state""#,
    r#""cell":"lstm","hiddenSize":7,"embeddingSize":5,"conditionSize":3,"conditionMode":"bias""#,
];

const CONDITION: [f32; 3] = [0.5, -1.0, 2.0];

fn both_ways<'a>(options: &str, source: impl Into<Source<'a>>) -> Model {
    let mut model = create(&format!(r#"{{{options},"bidirectional":true}}"#), source);
    // As an initial model has them, logits are too small for one symbol to depend much on another.
    model.params_mut().iter_mut().for_each(|p| *p *= 2.0);
    model
}

fn options(text: &str, temperature: f64, sweeps: usize, seed: u64) -> FillOptions {
    FillOptions {
        text: text.into(),
        temperature: Some(temperature),
        sweeps: Some(sweeps),
        seed: Some(seed),
        ..Default::default()
    }
}

fn fill_in_chunks(model: &Model, options: &FillOptions, symbols: usize) -> String {
    let mut filler = Filler::new(model, options).unwrap();
    while !filler.advance(model, symbols).unwrap() {}
    filler.text(model)
}

fn fill(model: &Model, options: &FillOptions) -> String {
    fill_in_chunks(model, options, 100)
}

#[test]
fn reading_from_both_ends_gives_the_logits_of_the_whole_window() {
    const STEPS: usize = 12;
    let text = tokens(STEPS + 1, 6, 3);
    let (inputs, targets) = (&text[..STEPS], &text[1..]);
    for options in BOTH_WAYS {
        let config = resolve(&format!(r#"{options},"bidirectional":true"#));
        let params = Setup::<f32>::noisy_params(&config, 6);
        let setup = || {
            let (purpose, no) = (Purpose::Infer, Regularisation::default());
            let mut setup = Setup::<f32>::of(&config, 6, [1, STEPS], &params, purpose, no);
            setup.network.load(&setup.params);
            setup
        };
        let mut whole = setup();
        whole.forward_with(inputs, targets);
        for t in 0..STEPS {
            let expected = whole.network.logits(&whole.params, t).to_vec();
            let Setup {
                params,
                mut network,
                ..
            } = setup();
            // In two pieces each, as far as there are two.
            let mut right = vec![0.0; config.body_size()];
            let reversed: Vec<u32> = targets[t + 1..].iter().rev().copied().collect();
            let (some, others) = reversed.split_at(reversed.len() / 2);
            for piece in [some, others].into_iter().filter(|piece| !piece.is_empty()) {
                right.copy_from_slice(network.read_from_right(&params, piece));
            }
            let (some, others) = inputs[..t + 1].split_at(t.div_ceil(2));
            if !some.is_empty() {
                network.read_from_left(&params, some);
            }
            network.read_from_left(&params, others);
            let logits = network.logits_between(&params, others.len(), &right);
            assert_eq!(logits, expected, "{options}, step {t}");
        }
    }
}

/// A filling as docs/maths.md (19) has it, with a run over the whole text for every draw.
fn naive(model: &Model, options: &FillOptions) -> String {
    let (tokenizer, config) = (model.tokenizer(), model.config());
    let boundary = tokenizer.boundary();
    let line_end = options.text.starts_with('_').then(|| tokenizer.token("\n"));
    let before = boundary.or(line_end.map(|token| token.unwrap_or(1)));
    let mut text: Vec<u32> = before.into_iter().collect();
    let first = text.len();
    // Whatever stands in the place of a blank, as long as it is one symbol.
    let known = options.text.replace('_', "a");
    text.extend(tokenizer.encode_known(&known).unwrap());
    text.extend(boundary);
    let is_blank = |(_, symbol): &(usize, char)| *symbol == '_';
    let symbols = options.text.chars().enumerate();
    let blanks: Vec<usize> = symbols.filter(is_blank).map(|(at, _)| first + at).collect();
    let mut network = Network::<f32>::new(
        config,
        model.layout(),
        tokenizer.vocab_size(),
        1,
        text.len(),
        Purpose::Infer,
        Regularisation::default(),
    )
    .unwrap();
    network.load(model.params());
    if !options.condition.is_empty() {
        network.set_condition(&options.condition);
    }
    let mut rng = Pcg32::new(options.seed.unwrap());
    let sweeps = match blanks.len() {
        1 => 0,
        _ => options.sweeps.unwrap(),
    };
    for sweep in 0..=sweeps {
        for (k, &blank) in blanks.iter().enumerate() {
            // At first the window ends before the next blank.
            let end = match blanks.get(k + 1) {
                Some(&next) if sweep == 0 => next,
                _ => text.len(),
            };
            network.reset();
            network.forward(model.params(), &text[..end - 1], &text[1..end]);
            let logits = network.logits(model.params(), blank - 1);
            let specials = tokenizer.vocab_size() - tokenizer.symbols().len();
            let last = options.temperature.unwrap();
            let cooled = if sweeps == 0 {
                1.0
            } else {
                sweep as f64 / sweeps as f64
            };
            let temperature = last + (1.0 - last).max(0.0) * (1.0 - cooled);
            text[blank] = draw(logits, specials, temperature, &mut rng);
        }
    }
    tokenizer.decode(&text[first..first + options.text.chars().count()])
}

fn draw(logits: &[f32], specials: usize, temperature: f64, rng: &mut Pcg32) -> u32 {
    let allowed = specials..logits.len();
    let most_likely = allowed
        .clone()
        .rev()
        .max_by(|&a, &b| logits[a].total_cmp(&logits[b]))
        .unwrap();
    if temperature == 0.0 {
        return most_likely as u32;
    }
    let weights = allowed.map(|token| (f64::from(logits[token]) / temperature).exp());
    let weights: Vec<f64> = weights.collect();
    let mut left = f64::from(rng.unit()) * weights.iter().sum::<f64>();
    let token = weights.iter().position(|weight| {
        left -= weight;
        left < 0.0
    });
    token.map_or(most_likely, |token| specials + token) as u32
}

#[test]
fn every_draw_is_from_the_network_s_distribution_given_all_other_symbols() {
    let long = format!("_he qu{}l_zy d_g. ", "ick brown fox ".repeat(11));
    let texts = [
        "the q___k brown fo_ ju_ps over_the lazy d__",
        "__e quick br_wn",
        "the la_y dog. ",
        "_",
        "____",
        &long,
    ];
    let text = SENTENCE.repeat(3);
    let mut fillings = 0;
    for (k, model) in BOTH_WAYS.into_iter().enumerate() {
        let of_text = both_ways(model, &text);
        let of_documents = both_ways(model, &names());
        for (model, holes) in texts
            .iter()
            .map(|&text| (&of_text, text))
            .chain([(&of_documents, "b_rt_"), (&of_documents, "___a")])
        {
            for (temperature, sweeps) in [(0.0, 3), (1.0, 0), (0.8, 1), (1.0, 3)] {
                let mut options = options(holes, temperature, sweeps, k as u64);
                if model.condition_size() > 0 {
                    options.condition = CONDITION.into();
                }
                let expected = naive(model, &options);
                for chunk in [1, 7, 1000] {
                    let got = fill_in_chunks(model, &options, chunk);
                    assert_eq!(got, expected, "{options:?}, {chunk} at a time");
                }
                fillings += usize::from(expected != holes);
            }
        }
    }
    assert_eq!(fillings, 9 * 8 * 4, "none is left as it was");
}

#[test]
fn the_seed_and_the_sweeps_decide_and_nothing_but_blanks_changes() {
    let model = both_ways(BOTH_WAYS[1], &SENTENCE.repeat(3));
    let holes = "t__ qui__ brown _ox jump_ ove_ the l__y dog. ";
    let write = |sweeps, seed| fill(&model, &options(holes, 1.0, sweeps, seed));
    assert_eq!(write(5, 7), write(5, 7));
    assert_ne!(write(5, 7), write(5, 8));
    assert_ne!(write(5, 7), write(4, 7));
    assert_eq!(
        write(0, 7),
        fill_in_chunks(&model, &options(holes, 1.0, 0, 7), 1)
    );
    for (given, filled) in holes.chars().zip(write(5, 7).chars()) {
        assert!(given == '_' || given == filled, "{given} became {filled}");
    }
    let coolest = |seed| fill(&model, &options(holes, 0.0, 0, seed));
    assert_eq!(coolest(7), coolest(8), "nothing is left to chance");
}

#[test]
fn neither_the_unknown_symbol_nor_the_boundary_is_ever_filled_in() {
    let model = both_ways(BOTH_WAYS[0], &names());
    let filled = fill(&model, &options(&"_".repeat(2000), 100.0, 1, 1));
    let symbols: std::collections::BTreeSet<char> = filled.chars().collect();
    assert_eq!(Vec::from_iter(symbols), model.tokenizer().symbols());
}

#[test]
fn unknown_symbols_are_refused_or_stay_as_they_are() {
    let model = both_ways(BOTH_WAYS[1], SENTENCE);
    let lenient = options("the 狐 j_mps", 0.0, 1, 1);
    let strict = FillOptions {
        unknown: UnknownSymbols::Error,
        ..lenient.clone()
    };
    let error = Filler::new(&model, &strict).err().unwrap();
    assert_eq!(error.code(), "unknown-symbol");
    assert!(error.to_string().contains('狐'), "{error}");
    let filled = fill(&model, &lenient);
    assert!(filled.starts_with("the 狐 j") && filled.ends_with("mps"));
    let other_blank = FillOptions {
        blank: Some("狐".into()),
        text: "the 狐ox".into(),
        ..Default::default()
    };
    assert!(!fill(&model, &other_blank).contains('狐'));
    // A blank is one wherever it stands, also where the model knows it as a symbol.
    let known_blank = FillOptions {
        blank: Some("x".into()),
        ..options("the fox", 0.0, 0, 1)
    };
    assert!(fill(&model, &known_blank).starts_with("the fo"));
}

#[test]
fn what_cannot_be_filled_is_refused() {
    let model = both_ways(BOTH_WAYS[1], SENTENCE);
    let conditioned = both_ways(BOTH_WAYS[6], SENTENCE);
    let one_way = create(r#"{"hiddenSize":4}"#, SENTENCE);
    let good = options("the _ox", 0.5, 1, 1);
    let with = |change: &dyn Fn(&mut FillOptions)| {
        let mut options = good.clone();
        change(&mut options);
        options
    };
    for (model, options, code, words) in [
        (
            &one_way,
            with(&|_| ()),
            "contradictory-options",
            "bidirectional",
        ),
        (
            &model,
            with(&|o| o.text.clear()),
            "empty-text",
            "the text to fill",
        ),
        (
            &model,
            with(&|o| o.text = "fox".into()),
            "invalid-option",
            "text is without a blank",
        ),
        (
            &model,
            with(&|o| o.blank = Some("".into())),
            "invalid-option",
            "blank is \"\"",
        ),
        (
            &model,
            with(&|o| o.blank = Some("__".into())),
            "invalid-option",
            "exactly one symbol",
        ),
        (
            &model,
            with(&|o| o.temperature = Some(-0.1)),
            "invalid-option",
            "temperature is -0.1",
        ),
        (
            &model,
            with(&|o| o.temperature = Some(f64::NAN)),
            "invalid-option",
            "temperature is NaN",
        ),
        (
            &model,
            with(&|o| o.sweeps = Some(10_001)),
            "invalid-option",
            "from 0 to 10000",
        ),
        (
            &model,
            with(&|o| o.condition = vec![1.0]),
            "invalid-option",
            "takes no condition",
        ),
        (
            &conditioned,
            with(&|_| ()),
            "invalid-option",
            "conditionSize",
        ),
    ] {
        let error = Filler::new(model, &options).err().unwrap();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
    let mut damaged = model.clone();
    damaged.params_mut().fill(f32::NAN);
    let error = Filler::new(&damaged, &good).unwrap().advance(&damaged, 100);
    assert_eq!(error.unwrap_err().code(), "non-finite-loss");
}

/// Twelve animals, of which no two end alike: what comes before one says nothing of it, what comes after its first
/// letter says all.
const ANIMALS: [&str; 12] = [
    "crow", "stag", "hare", "wolf", "mole", "frog", "newt", "dove", "lynx", "ibis", "kite", "boar",
];

fn animals(count: usize, seed: u64) -> String {
    let mut rng = Pcg32::new(seed);
    (0..count).fold(String::new(), |text, _| {
        text + ANIMALS[rng.below(12) as usize] + " "
    })
}

fn trained_on_animals() -> (Model, Model) {
    let text = animals(1500, 1);
    let options: ModelOptions =
        parse_options(r#"{"cell":"gru","hiddenSize":32,"embeddingSize":16,"bidirectional":true}"#)
            .unwrap();
    let untrained = Model::create(&options, &text).unwrap();
    let mut model = untrained.clone();
    let settings = r#"{"steps":200,"batchSize":8,"seqLength":32,"learningRate":0.01}"#;
    let mut training = start(&model, &text, settings).unwrap();
    run(&mut model, &mut training);
    (untrained, model)
}

#[test]
fn it_restores_what_only_the_right_side_tells() {
    let (_, model) = trained_on_animals();
    let unseen = animals(200, 2);
    let share = |pattern: &str| {
        let pattern: Vec<char> = pattern.chars().cycle().take(unseen.len()).collect();
        let holes = unseen.chars().zip(&pattern);
        let holes: String = holes
            .map(|(c, &p)| if p == '_' { '_' } else { c })
            .collect();
        let filled = fill(&model, &self::options(&holes, 0.0, 20, 1));
        let pairs = unseen.chars().zip(filled.chars()).zip(&pattern);
        let right = pairs.filter(|((a, b), p)| **p == '_' && a == b).count();
        right as f64 / holes.matches('_').count() as f64
    };
    // From the left alone the best guess at a first letter is right once in twelve times, and so is that at the first
    // two letters together, of which the second then follows from the first.
    let first = share("_xxxx");
    assert!(first > 0.97, "first letters: {first}, by chance 0.083");
    // The two must come to suit each other, sweep by sweep: without sweeps it is a quarter.
    let first_two = share("__xxx");
    assert!(
        first_two > 0.7,
        "first two letters: {first_two}, by chance 0.083"
    );
}

#[test]
fn a_filler_sees_the_weights_of_the_last_step() {
    let (untrained, trained) = trained_on_animals();
    let whole = animals(20, 3);
    let holes: String = whole
        .chars()
        .enumerate()
        .map(|(k, symbol)| if k % 5 == 0 && k > 20 { '_' } else { symbol })
        .collect();
    let options = options(&holes, 0.0, 3, 1);
    assert_ne!(fill(&untrained, &options), whole);
    let mut model = untrained;
    let mut filler = Filler::new(&model, &options).unwrap();
    // Past the first sweep, which has read both ends and keeps their states.
    for _ in 0..2 * whole.len() {
        assert!(!filler.advance(&model, 1).unwrap());
    }
    model.params_mut().copy_from_slice(trained.params());
    while !filler.advance(&model, 1).unwrap() {}
    assert_eq!(filler.text(&model), whole);
}
