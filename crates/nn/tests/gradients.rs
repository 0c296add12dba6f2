//! The engine's backward pass, run in `f64`, against central differences of its forward pass; and in `f32`
//! against `f64`.

mod common;

use common::{CELLS, Setup, config, states, tokens, wide};
use mynah_nn::config::ModelConfig;
use mynah_testing::relative_error;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const VOCAB: usize = 9;
const BATCH: usize = 3;
const STEPS: usize = 4;

/// Central differences with this step are exact to about 1e-10 in `f64`.
const DIFFERENCE: f64 = 1e-5;
/// The bound; what is seen is below 1e-8.
const TOLERANCE: f64 = 1e-5;
/// `f32` against `f64`, relative to the largest gradient of a tensor: some dozen roundings through four steps.
const SINGLE_TOLERANCE: f64 = 1e-5;

fn window() -> (Vec<u32>, Vec<u32>) {
    (
        tokens(BATCH * STEPS, VOCAB, 1),
        tokens(BATCH * STEPS, VOCAB, 2),
    )
}

fn each_model(mut check: impl FnMut(&str, &ModelConfig)) {
    for (name, cell) in CELLS {
        for layers in [1, 2] {
            check(&format!("{name}, {layers} layers"), &config(cell, layers));
        }
    }
}

#[test]
fn every_parameter_s_gradient_is_the_central_difference() {
    let (tokens, targets) = window();
    each_model(|name, config| {
        let params = Setup::<f64>::noisy_params(config, VOCAB);
        let mut setup = Setup::<f64>::new(config, VOCAB, BATCH, STEPS, &params);
        setup.set_states(&states(config, BATCH));
        let (_, grads) = setup.gradient(&tokens, &targets);
        for spec in setup.layout.specs.clone() {
            let numeric: Vec<f64> = spec
                .range
                .clone()
                .map(|at| {
                    let mut loss_at = |value: f64| {
                        setup.params[at] = value;
                        setup.loss(&tokens, &targets)
                    };
                    let difference =
                        loss_at(params[at] + DIFFERENCE) - loss_at(params[at] - DIFFERENCE);
                    setup.params[at] = params[at];
                    difference / (2.0 * DIFFERENCE)
                })
                .collect();
            let error = relative_error(&grads[spec.range], &numeric);
            assert!(error <= TOLERANCE, "{name}, {}: {error:.2e}", spec.name);
        }
    });
}

#[test]
fn every_initial_state_s_gradient_is_the_central_difference() {
    let (tokens, targets) = window();
    each_model(|name, config| {
        let params = Setup::<f64>::noisy_params(config, VOCAB);
        let mut setup = Setup::<f64>::new(config, VOCAB, BATCH, STEPS, &params);
        let start = states(config, BATCH);
        setup.set_states(&start);
        setup.gradient(&tokens, &targets);
        for (k, gradient) in setup.state_gradients().iter().enumerate() {
            let numeric: Vec<f64> = (0..gradient.len())
                .map(|at| {
                    let mut loss_at = |change: f64| {
                        let mut changed = start.clone();
                        changed[k][at] += change;
                        setup.set_states(&changed);
                        setup.loss(&tokens, &targets)
                    };
                    (loss_at(DIFFERENCE) - loss_at(-DIFFERENCE)) / (2.0 * DIFFERENCE)
                })
                .collect();
            let error = relative_error(gradient, &numeric);
            assert!(error <= TOLERANCE, "{name}, state {k}: {error:.2e}");
        }
    });
}

#[test]
fn single_precision_gradients_are_those_in_double_precision() {
    let (tokens, targets) = window();
    each_model(|name, config| {
        let params = Setup::<f64>::noisy_params(config, VOCAB);
        let mut double = Setup::<f64>::new(config, VOCAB, BATCH, STEPS, &params);
        let mut single = Setup::<f32>::new(config, VOCAB, BATCH, STEPS, &params);
        double.set_states(&states(config, BATCH));
        single.set_states(&states(config, BATCH));
        let (_, exact) = double.gradient(&tokens, &targets);
        let (_, grads) = single.gradient(&tokens, &targets);
        for spec in &double.layout.specs {
            let error = relative_error(
                &wide(&grads[spec.range.clone()]),
                &exact[spec.range.clone()],
            );
            assert!(
                error <= SINGLE_TOLERANCE,
                "{name}, {}: {error:.2e}",
                spec.name
            );
        }
        for (k, (got, exact)) in single
            .state_gradients()
            .iter()
            .zip(double.state_gradients())
            .enumerate()
        {
            let error = relative_error(got, &exact);
            assert!(error <= SINGLE_TOLERANCE, "{name}, state {k}: {error:.2e}");
        }
    });
}

#[test]
fn a_wrong_gradient_is_seen() {
    // The comparison itself must be able to fail: one part in ten thousand off.
    let (tokens, targets) = window();
    let config = config(CELLS[4].1, 1);
    let mut setup = Setup::<f64>::new(
        &config,
        VOCAB,
        BATCH,
        STEPS,
        &Setup::<f64>::noisy_params(&config, VOCAB),
    );
    let (_, grads) = setup.gradient(&tokens, &targets);
    let range = setup.layout.layers[0].w_hh.clone();
    let off: Vec<f64> = grads[range.clone()].iter().map(|g| g * 1.0001).collect();
    assert!(relative_error(&off, &grads[range]) > TOLERANCE);
}

#[test]
fn ignored_targets_change_neither_loss_nor_gradient() {
    use mynah_nn::layer::output::IGNORE;
    let (tokens, mut targets) = window();
    let config = config(CELLS[2].1, 2);
    let params = Setup::<f64>::noisy_params(&config, VOCAB);
    // The last step ignored is the window without it.
    targets[(STEPS - 1) * BATCH..].fill(IGNORE);
    let mut whole = Setup::<f64>::new(&config, VOCAB, BATCH, STEPS, &params);
    let mut short = Setup::<f64>::new(&config, VOCAB, BATCH, STEPS, &params);
    let (sum, grads) = whole.gradient(&tokens, &targets);
    let rows = (STEPS - 1) * BATCH;
    let (expected_sum, expected) = short.gradient(&tokens[..rows], &targets[..rows]);
    assert_eq!(sum, expected_sum);
    assert!(relative_error(&grads, &expected) < 1e-14);
}

#[test]
fn gradients_hold_over_several_blocks_of_the_output_layer() {
    // With 20,000 symbols a block of logits holds one step: four blocks for this window.
    let vocab = 20_000;
    let config = config(CELLS[2].1, 1);
    let params = Setup::<f64>::noisy_params(&config, vocab);
    let (tokens, targets) = (
        tokens(BATCH * STEPS, vocab, 1),
        tokens(BATCH * STEPS, vocab, 2),
    );
    let mut setup = Setup::<f64>::new(&config, vocab, BATCH, STEPS, &params);
    let (sum, grads) = setup.gradient(&tokens, &targets);
    assert_eq!(sum.count, BATCH * STEPS);
    assert_eq!(
        setup.loss(&tokens, &targets),
        sum.mean(),
        "with and without a gradient"
    );
    let layout = setup.layout.clone();
    let hidden = config.hidden_size;
    let of_targets = targets
        .iter()
        .map(|&target| layout.output_weight.start + target as usize * hidden + 3);
    for at in of_targets.chain([
        layout.layers[0].w_hh.start + 5,
        layout.layers[0].b_ih.start + 1,
    ]) {
        let mut loss_at = |value: f64| {
            setup.params[at] = value;
            setup.loss(&tokens, &targets)
        };
        let numeric = (loss_at(params[at] + DIFFERENCE) - loss_at(params[at] - DIFFERENCE))
            / (2.0 * DIFFERENCE);
        setup.params[at] = params[at];
        assert!(
            (grads[at] - numeric).abs() <= TOLERANCE * numeric.abs().max(1e-3),
            "{at}: {} and {numeric}",
            grads[at]
        );
    }
}
