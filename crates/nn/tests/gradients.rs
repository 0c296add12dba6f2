//! The engine's backward pass, run in `f64`, against central differences of its forward pass; and in `f32`
//! against `f64`.

mod common;

use common::{CELLS, Setup, config, layer, resolve, tokens, wide};
use mynah_kernels::real::Real;
use mynah_nn::config::ModelConfig;
use mynah_nn::linear::Purpose;
use mynah_nn::network::Regularisation;
use mynah_testing::relative_error;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const VOCAB: usize = 9;
const BATCH: usize = 3;
const STEPS: usize = 4;

/// Larger steps are further off by the third derivative, smaller ones by rounding.
const DIFFERENCE: f64 = 1e-5;
/// What is seen is 5e-10 at the median and 5.3e-7 at worst, behind a layer norm. It is the difference that is off
/// there, not the gradient: with a tenth of the step it comes a hundred times nearer.
const TOLERANCE: f64 = 1e-6;
/// `f32` against `f64`, relative to the largest gradient of a tensor: some dozen roundings through four steps.
const SINGLE_TOLERANCE: f64 = 2e-5;

/// What training may drop, all at once.
const DROPPING: Regularisation = Regularisation {
    dropout: 0.3,
    weight_drop: 0.4,
};

fn window() -> (Vec<u32>, Vec<u32>) {
    (
        tokens(BATCH * STEPS, VOCAB, 1),
        tokens(BATCH * STEPS, VOCAB, 2),
    )
}

/// One model to check.
struct Case {
    options: String,
    regularisation: Regularisation,
    lengths: &'static [usize],
}

impl Case {
    fn of(options: impl Into<String>) -> Self {
        Self {
            options: options.into(),
            regularisation: Regularisation::default(),
            lengths: &[],
        }
    }

    fn setup<T: Real>(&self, params: &[f64]) -> Setup<T> {
        let (config, sizes) = (self.config(), [BATCH, STEPS]);
        let regularisation = self.regularisation;
        let mut setup = Setup::of(
            &config,
            VOCAB,
            sizes,
            params,
            Purpose::Train,
            regularisation,
        );
        setup.network.set_lengths(self.lengths);
        setup
    }

    fn config(&self) -> ModelConfig {
        resolve(&self.options)
    }

    fn params(&self) -> Vec<f64> {
        Setup::<f64>::noisy_params(&self.config(), VOCAB)
    }

    /// States that the window goes on from.
    fn states(&self) -> Vec<Vec<f64>> {
        common::states(&self.config(), BATCH)
    }
}

/// Every combination that the issue names: cell, layers, layer norm, dropout with fixed masks, condition, tied
/// weights.
fn combinations() -> Vec<Case> {
    let mut cases = Vec::new();
    for (_, cell) in CELLS {
        for layers in [1, 2] {
            for norm in ["", r#","layerNorm":true"#] {
                if !norm.is_empty() && cell.contains("min-") {
                    continue;
                }
                for condition in ["", "initial-state", "bias", "film"] {
                    let condition = match condition {
                        "" => String::new(),
                        mode => format!(r#","conditionSize":2,"conditionMode":"{mode}""#),
                    };
                    for tied in [false, true] {
                        let options = format!(
                            r#"{cell},"hiddenSize":4,"embeddingSize":3,"numLayers":{layers},"tieWeights":{tied}{norm}{condition}"#
                        );
                        for regularisation in [Regularisation::default(), DROPPING] {
                            cases.push(Case {
                                regularisation,
                                ..Case::of(&options)
                            });
                        }
                    }
                }
            }
        }
    }
    cases
}

/// What else a model can be.
fn others() -> Vec<Case> {
    let mut cases: Vec<Case> = [
        r#""cell":"lstm","hiddenSize":[5,3,4],"embeddingSize":3"#,
        r#""cell":"gru","hiddenSize":4,"numLayers":3,"residual":true,"embeddingSize":3"#,
        r#""cell":"lstm","hiddenSize":4,"zoneout":0.4,"zoneoutCell":0.5,"numLayers":2,"embeddingSize":3"#,
        r#""cell":"gru","resetAfter":false,"hiddenSize":4,"zoneout":0.4,"embeddingSize":3"#,
        r#""cell":"rnn","hiddenSize":4,"zoneout":0.4,"embeddingSize":3"#,
        r#""cell":"min-gru","hiddenSize":4,"zoneout":0.4,"embeddingSize":3"#,
        r#""cell":"lstm","hiddenSize":4,"trainInitialState":true,"numLayers":2,"embeddingSize":3"#,
        r#""cell":"gru","hiddenSize":4,"trainInitialState":true,"conditionSize":2,"conditionMode":"initial-state","embeddingSize":3"#,
        r#""cell":"gru","hiddenSize":4,"projectionSize":3,"embeddingSize":3"#,
        r#""cell":"lstm","hiddenSize":4,"bidirectional":true,"embeddingSize":3"#,
        r#""cell":"gru","hiddenSize":4,"numLayers":2,"bidirectional":true,"tieWeights":true,"embeddingSize":3"#,
        r#""cell":"min-gru","block":true,"hiddenSize":4,"numLayers":2"#,
        r#""cell":"min-lstm","block":true,"hiddenSize":4,"tieWeights":true,"conditionSize":2,"conditionMode":"film""#,
        r#""cell":"gru","block":true,"hiddenSize":4,"layerNorm":true"#,
        r#""cell":"min-gru","block":true,"hiddenSize":4,"bidirectional":true"#,
        r#""cell":"transformer","hiddenSize":8,"numHeads":2,"numLayers":2"#,
        r#""cell":"transformer","hiddenSize":4,"numHeads":1,"contextLength":2,"tieWeights":true,"conditionSize":2"#,
    ]
    .map(Case::of)
    .into();
    for k in 0..cases.len() {
        cases.push(Case {
            regularisation: DROPPING,
            ..Case::of(cases[k].options.clone())
        });
    }
    // Padding, which the state passes by and a right-to-left body begins before.
    for options in [
        r#""cell":"lstm","hiddenSize":4,"numLayers":2,"embeddingSize":3"#,
        r#""cell":"gru","hiddenSize":4,"bidirectional":true,"embeddingSize":3"#,
        r#""cell":"lstm","hiddenSize":4,"zoneout":0.4,"embeddingSize":3"#,
    ] {
        cases.push(Case {
            lengths: &[4, 2, 3],
            ..Case::of(options)
        });
    }
    cases
}

/// Central differences of the loss in the parameter at each place.
fn differences(
    setup: &mut Setup<f64>,
    places: impl Iterator<Item = usize>,
    window: &(Vec<u32>, Vec<u32>),
) -> Vec<f64> {
    places
        .map(|at| {
            let value = setup.params[at];
            let mut loss_at = |value: f64| {
                setup.params[at] = value;
                setup.loss(&window.0, &window.1)
            };
            let difference = loss_at(value + DIFFERENCE) - loss_at(value - DIFFERENCE);
            setup.params[at] = value;
            difference / (2.0 * DIFFERENCE)
        })
        .collect()
}

fn check_parameters(case: &Case, goes_on: bool) {
    let window = window();
    let mut setup = case.setup::<f64>(&case.params());
    if goes_on {
        setup.set_states(&case.states());
    }
    let (_, grads) = setup.gradient(&window.0, &window.1);
    for spec in setup.layout.specs.clone() {
        let numeric = differences(&mut setup, spec.range.clone(), &window);
        let error = relative_error(&grads[spec.range], &numeric);
        let options = &case.options;
        assert!(error <= TOLERANCE, "{options}, {}: {error:.2e}", spec.name);
        // A sequence that goes on does not look at what others start from; and a gradient that is zero for
        // another reason would check nothing.
        let is_start = ["h0", "c0"].iter().any(|part| spec.name.contains(part));
        let is_used = numeric.iter().any(|&d| d != 0.0);
        let is_checked = is_used || is_start && goes_on;
        assert!(is_checked, "{options}, {}: no gradient at all", spec.name);
    }
}

#[test]
fn every_parameter_s_gradient_is_the_central_difference_in_every_combination() {
    for case in combinations() {
        // Both kinds of window: in half of the cases the sequences start anew.
        check_parameters(&case, case.options.contains("initial-state"));
        if case.options.contains("initial-state") {
            check_parameters(&case, false);
        }
    }
}

#[test]
fn every_parameter_s_gradient_is_the_central_difference_in_other_models() {
    for case in others() {
        check_parameters(&case, false);
        check_parameters(&case, true);
    }
}

#[test]
fn every_initial_state_s_gradient_is_the_central_difference() {
    let (tokens, targets) = window();
    let cases = combinations().into_iter().chain(others());
    // Convolutions and attention cut the gradient at the window's start; these carry h, and c.
    for case in cases
        .filter(|case| !case.options.contains("block") && !case.options.contains("transformer"))
    {
        let mut setup = case.setup::<f64>(&case.params());
        let start = case.states();
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
            assert!(
                error <= TOLERANCE,
                "{}, state {k}: {error:.2e}",
                case.options
            );
        }
    }
}

#[test]
fn single_precision_gradients_are_those_in_double_precision() {
    let (tokens, targets) = window();
    for case in combinations().into_iter().chain(others()) {
        let params = case.params();
        let mut double = case.setup::<f64>(&params);
        let mut single = case.setup::<f32>(&params);
        double.set_states(&case.states());
        single.set_states(&case.states());
        let (_, exact) = double.gradient(&tokens, &targets);
        let (_, grads) = single.gradient(&tokens, &targets);
        for spec in &double.layout.specs {
            let (got, exact) = (&grads[spec.range.clone()], &exact[spec.range.clone()]);
            let error = relative_error(&wide(got), exact);
            let options = &case.options;
            assert!(
                error <= SINGLE_TOLERANCE,
                "{options}, {}: {error:.2e}",
                spec.name
            );
        }
        for (got, exact) in single
            .state_gradients()
            .iter()
            .zip(double.state_gradients())
        {
            let error = relative_error(got, &exact);
            assert!(
                error <= SINGLE_TOLERANCE,
                "{}, states: {error:.2e}",
                case.options
            );
        }
    }
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
    let range = layer(&setup.layout, 0).w_hh;
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
    let (hidden, at) = (config.body_size(), layer(&layout, 0));
    let output = layout.range("linear.weight");
    let of_targets = targets
        .iter()
        .map(|&target| output.start + target as usize * hidden + 3);
    let places: Vec<usize> = of_targets
        .chain([at.w_hh.start + 5, at.b_ih.start + 1])
        .collect();
    let numeric = differences(&mut setup, places.iter().copied(), &(tokens, targets));
    for (at, numeric) in places.into_iter().zip(numeric) {
        assert!(
            (grads[at] - numeric).abs() <= TOLERANCE * numeric.abs().max(1e-3),
            "{at}: {} and {numeric}",
            grads[at]
        );
    }
}
