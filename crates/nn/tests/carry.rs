//! State that is carried: two short calls are one long call.

mod common;

use common::{CELLS, Setup, config, resolve, states, tokens, wide};
use mynah_nn::linear::Purpose;
use mynah_nn::network::Regularisation;
use mynah_testing::assert_close;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const VOCAB: usize = 9;

#[test]
fn two_short_calls_with_carried_state_are_one_long_call_bit_for_bit() {
    for (name, cell) in CELLS {
        for layers in [1, 2] {
            for (batch, first, second) in [(1, 3, 5), (3, 4, 4), (7, 1, 6)] {
                let config = config(cell, layers);
                let params = Setup::<f64>::noisy_params(&config, VOCAB);
                let tokens = tokens(batch * (first + second), VOCAB, 5);
                let start = states(&config, batch);
                let mut long = Setup::<f32>::new(&config, VOCAB, batch, first + second, &params);
                let mut short = Setup::<f32>::new(&config, VOCAB, batch, first + second, &params);
                long.set_states(&start);
                short.set_states(&start);
                long.forward(&tokens);
                let expected = long.logits(first + second);
                short.forward(&tokens[..batch * first]);
                let mut got = short.logits(first);
                short.network.carry(first);
                short
                    .network
                    .forward(&short.params.clone(), &tokens[batch * first..], &[]);
                got.extend(short.logits(second));
                assert_close(
                    &got,
                    &expected,
                    0.0,
                    &format!("{name}, {layers} layers, batch {batch}"),
                );
            }
        }
    }
}

/// Models of other shapes than a plain stack, and how near two short calls come: a Transformer turns its
/// keys by other angles when its past has grown.
const OTHERS: [(&str, f64); 7] = [
    (r#""cell":"lstm","hiddenSize":[7,5],"layerNorm":true"#, 0.0),
    (
        r#""cell":"gru","hiddenSize":7,"numLayers":3,"residual":true,"zoneout":0.2"#,
        0.0,
    ),
    (
        r#""cell":"lstm","hiddenSize":7,"zoneout":0.2,"zoneoutCell":0.3,"trainInitialState":true"#,
        0.0,
    ),
    (
        r#""cell":"min-gru","block":true,"hiddenSize":7,"numLayers":2"#,
        0.0,
    ),
    (
        r#""cell":"min-lstm","block":true,"hiddenSize":7,"conditionSize":3,"conditionMode":"film""#,
        0.0,
    ),
    (
        r#""cell":"transformer","hiddenSize":12,"numHeads":3,"numLayers":2"#,
        1e-5,
    ),
    (
        r#""cell":"transformer","hiddenSize":12,"numHeads":3,"numLayers":2,"contextLength":3"#,
        1e-5,
    ),
];

#[test]
fn what_is_read_step_by_step_is_what_is_read_at_once() {
    for (options, tolerance) in OTHERS {
        let (config, batch, steps) = (resolve(options), 2, 9);
        let params = Setup::<f64>::noisy_params(&config, VOCAB);
        let tokens = tokens(batch * steps, VOCAB, 5);
        let setup = |steps| {
            let (sizes, whole) = ([batch, steps], Regularisation::default());
            Setup::<f32>::of(&config, VOCAB, sizes, &params, Purpose::Infer, whole)
        };
        let mut long = setup(steps);
        long.forward(&tokens);
        let mut step_by_step = setup(1);
        let got: Vec<f64> = tokens
            .chunks(batch)
            .flat_map(|tokens| {
                step_by_step.forward(tokens);
                step_by_step.network.carry(1);
                step_by_step.logits(1)
            })
            .collect();
        assert_close(&got, &long.logits(steps), tolerance, options);
    }
}

#[test]
fn a_transformer_sees_as_far_back_as_its_context_and_no_further() {
    let config = resolve(r#""cell":"transformer","hiddenSize":8,"numHeads":2,"contextLength":3"#);
    let params = Setup::<f64>::noisy_params(&config, VOCAB);
    let last = |tokens: &[u32]| {
        let mut setup = Setup::<f64>::new(&config, VOCAB, 1, tokens.len(), &params);
        setup.forward(tokens);
        wide(setup.network.logits(&setup.params, tokens.len() - 1))
    };
    let seen = last(&[1, 2, 3, 4]);
    assert_close(
        &last(&[7, 2, 3, 4]),
        &seen,
        1e-12,
        "the first of four is out of sight",
    );
    assert!(
        last(&[1, 7, 3, 4]) != seen,
        "the third from the end is in sight"
    );
}

#[test]
fn resetting_one_sequence_leaves_the_others() {
    for (name, cell) in CELLS {
        let config = config(cell, 2);
        let params = Setup::<f64>::noisy_params(&config, VOCAB);
        let (batch, tokens) = (3, tokens(3, VOCAB, 6));
        let run = |reset: &dyn Fn(&mut Setup<f32>)| {
            let mut setup = Setup::<f32>::new(&config, VOCAB, batch, 1, &params);
            setup.set_states(&states(&config, batch));
            reset(&mut setup);
            setup.forward(&tokens);
            wide(setup.network.body_outputs(1))
        };
        let (untouched, one, all) = (
            run(&|_| ()),
            run(&|setup| setup.network.reset_sequence(1)),
            run(&|setup| setup.network.reset()),
        );
        let h = config.body_size();
        assert_eq!(
            (&one[..h], &one[2 * h..]),
            (&untouched[..h], &untouched[2 * h..]),
            "{name}: the others"
        );
        assert_eq!(
            one[h..2 * h],
            all[h..2 * h],
            "{name}: the one that was reset"
        );
        assert_ne!(
            untouched[h..2 * h],
            all[h..2 * h],
            "{name}: a reset does something"
        );
    }
}

#[test]
fn windows_of_other_symbols_under_the_same_weights_are_computed_anew() {
    // The symbol table of a network in training has room for one window: the second window here starts it over.
    let config = config(CELLS[4].1, 1);
    let params = Setup::<f64>::noisy_params(&config, VOCAB);
    let (first, second) = ([0, 1, 2], [3, 4, 1]);
    let mut used = Setup::<f32>::new(&config, VOCAB, 1, 3, &params);
    used.forward(&first);
    used.network.forward(&used.params.clone(), &second, &[]);
    let mut fresh = Setup::<f32>::new(&config, VOCAB, 1, 3, &params);
    fresh.forward(&second);
    assert_close(&used.logits(3), &fresh.logits(3), 0.0, "logits");
}
