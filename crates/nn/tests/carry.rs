//! State that is carried: two short calls are one long call.

mod common;

use common::{CELLS, Setup, config, states, tokens, wide};
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
                    .forward(&short.params.clone(), &tokens[batch * first..]);
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
            wide(setup.network.layers()[1].outputs(1))
        };
        let (untouched, one, all) = (
            run(&|_| ()),
            run(&|setup| setup.network.reset_sequence(1)),
            run(&|setup| setup.network.reset()),
        );
        let h = config.hidden_size;
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
    used.network.forward(&used.params.clone(), &second);
    let mut fresh = Setup::<f32>::new(&config, VOCAB, 1, 3, &params);
    fresh.forward(&second);
    assert_close(&used.logits(3), &fresh.logits(3), 0.0, "logits");
}
