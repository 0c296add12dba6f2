//! Optimizers, clipping and the average of the weights, seen from outside.

mod runs;

use mynah_nn::model::Model;
use runs::{SENTENCE, bits, create, run, start, steps};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const MODEL: &str = r#"{"cell":"lstm","hiddenSize":9,"embeddingSize":5}"#;

/// The model after a run with these options beside the usual ones.
fn trained(options: &str) -> Model {
    let text = SENTENCE.repeat(10);
    let mut model = create(MODEL, &text);
    let options = format!(r#"{{"batchSize":4,"seqLength":8,"warmupSteps":0{options}}}"#);
    let mut training = start(&model, &text, &options).unwrap();
    run(&mut model, &mut training);
    model
}

#[test]
fn every_optimizer_learns_and_none_is_another() {
    let text = SENTENCE.repeat(10);
    let mut all = Vec::new();
    for options in [
        r#""optimizer":"adam","learningRate":0.01"#,
        r#""optimizer":"adamw","learningRate":0.01,"weightDecay":1"#,
        r#""optimizer":"rmsprop","learningRate":0.01"#,
        r#""optimizer":"rmsprop","learningRate":0.002,"momentum":0.9"#,
        r#""optimizer":"sgd","learningRate":1"#,
        r#""optimizer":"sgd","learningRate":5,"momentum":0"#,
        r#""optimizer":"muon","learningRate":0.01"#,
    ] {
        let mut model = create(MODEL, &text);
        let options = format!(r#"{{"steps":150,"batchSize":4,"seqLength":8,{options}}}"#);
        let mut training = start(&model, &text, &options).unwrap();
        let losses = run(&mut model, &mut training);
        assert!(losses[149] < losses[0] - 1.0, "{options}: {}", losses[149]);
        all.push(bits(&model));
    }
    for (k, weights) in all.iter().enumerate() {
        assert!(all[..k].iter().all(|others| others != weights));
    }
}

#[test]
fn every_constant_of_an_optimizer_makes_a_difference() {
    for (optimizer, constants) in [
        (
            "adamw",
            &[
                r#""beta1":0.8"#,
                r#""beta2":0.9"#,
                r#""epsilon":0.1"#,
                r#""weightDecay":0.5"#,
            ][..],
        ),
        (
            "adam",
            &[r#""beta1":0.8"#, r#""beta2":0.9"#, r#""epsilon":0.1"#],
        ),
        (
            "rmsprop",
            &[
                r#""momentum":0.5"#,
                r#""beta2":0.9"#,
                r#""epsilon":0.1"#,
                r#""weightDecay":0.5"#,
            ],
        ),
        ("sgd", &[r#""momentum":0.5"#, r#""weightDecay":0.5"#]),
        (
            "muon",
            &[
                r#""momentum":0.5"#,
                r#""beta1":0.8"#,
                r#""beta2":0.9"#,
                r#""epsilon":0.1"#,
                r#""weightDecay":0.5"#,
            ],
        ),
    ] {
        let run = |constant: &str| {
            bits(&trained(&format!(
                r#","steps":3,"optimizer":"{optimizer}"{constant}"#
            )))
        };
        let usual = run("");
        for constant in constants {
            assert_ne!(
                run(&format!(",{constant}")),
                usual,
                "{optimizer}, {constant}"
            );
        }
    }
    let adam = bits(&trained(r#","steps":3,"optimizer":"adam""#));
    let without_decay = bits(&trained(r#","steps":3,"weightDecay":0"#));
    assert_eq!(adam, without_decay, "adamw without decay is adam");
}

#[test]
fn matrices_decay_by_the_rate_times_the_decay_and_nothing_else_does() {
    let text = SENTENCE.repeat(10);
    let initial = create(MODEL, &text);
    for optimizer in ["adamw", "rmsprop", "sgd", "muon"] {
        let after = |decay: f64| {
            trained(&format!(
                r#","steps":1,"learningRate":0.01,"schedule":"constant","optimizer":"{optimizer}","weightDecay":{decay}"#
            ))
        };
        let (with, without) = (after(10.0), after(0.0));
        for spec in &initial.layout().specs {
            for at in spec.range.clone() {
                let shrunk = if spec.shape.len() == 2 {
                    0.1 * initial.params()[at]
                } else {
                    0.0
                };
                let difference = without.params()[at] - with.params()[at];
                assert!(
                    (difference - shrunk).abs() < 1e-6,
                    "{optimizer}, {}",
                    spec.name
                );
            }
        }
    }
}

#[test]
fn clipping_bounds_the_update() {
    let text = SENTENCE.repeat(10);
    let moved = |clip: &str| {
        let mut model = create(r#"{"hiddenSize":8,"embeddingSize":4}"#, &text);
        let before = model.params().to_vec();
        // A huge epsilon makes Adam's step proportional to the gradient, so that its scale shows.
        let options = format!(
            r#"{{"steps":1,"clipNorm":{clip},"epsilon":1,"weightDecay":0,"warmupSteps":0,"batchSize":2,"seqLength":8}}"#
        );
        let mut training = start(&model, &text, &options).unwrap();
        training.step(&mut model, 0.0).unwrap();
        let change: f64 = model
            .params()
            .iter()
            .zip(&before)
            .map(|(a, b)| f64::from(a - b).powi(2))
            .sum();
        (change.sqrt(), training.gradient_norm())
    };
    let ((free, norm), (clipped, same_norm)) = (moved("0"), moved("0.001"));
    assert_eq!(norm, same_norm, "the norm is reported before clipping");
    assert!(
        clipped < free / 50.0,
        "clipped {clipped}, free {free}, norm {norm}"
    );
}

#[test]
fn values_are_clipped_before_the_norm_is() {
    // One step of gradient descent at rate 1 moves by the clipped gradient.
    let text = SENTENCE.repeat(10);
    let initial = create(MODEL, &text);
    let moved = |clipping: &str| -> Vec<f64> {
        let model = trained(&format!(
            r#","steps":1,"optimizer":"sgd","learningRate":1,"schedule":"constant"{clipping}"#
        ));
        let pairs = initial.params().iter().zip(model.params());
        pairs.map(|(a, b)| f64::from(*a) - f64::from(*b)).collect()
    };
    let norm = |g: &[f64]| g.iter().map(|g| g * g).sum::<f64>().sqrt();
    let free = moved(r#","clipNorm":0"#);
    let clipped = moved(r#","clipNorm":0,"clipValue":0.01"#);
    for (clipped, free) in clipped.iter().zip(&free) {
        // Differences of weights below 4.
        assert!((clipped - free.clamp(-0.01, 0.01)).abs() < 1e-6);
    }
    assert!(norm(&clipped) < norm(&free) / 1.5, "something was clipped");
    let bound = norm(&clipped) / 2.0;
    let both = moved(&format!(r#","clipNorm":{bound},"clipValue":0.01"#));
    for (both, clipped) in both.iter().zip(&clipped) {
        assert!((both - clipped / 2.0).abs() < 1e-6);
    }
}

#[test]
fn the_model_has_the_moving_average_of_the_weights() {
    let text = SENTENCE.repeat(10);
    let options = |average: &str| {
        format!(r#"{{"steps":30,"learningRate":0.01,"batchSize":4,"seqLength":8{average}}}"#)
    };
    let mut plain = create(MODEL, &text);
    let mut averaged = plain.clone();
    let mut run = start(&plain, &text, &options("")).unwrap();
    let mut averaging = start(&plain, &text, &options(r#","averageDecay":0.9"#)).unwrap();
    let mut expected: Vec<f64> = plain.params().iter().map(|&p| p.into()).collect();
    for t in 0..30 {
        steps(&mut plain, &mut run, 1);
        steps(&mut averaged, &mut averaging, 1);
        let decay = 0.9f64.min((1.0 + f64::from(t)) / (10.0 + f64::from(t)));
        for (a, &w) in expected.iter_mut().zip(plain.params()) {
            *a = decay * *a + (1.0 - decay) * f64::from(w);
        }
        assert_eq!(
            run.gradient_norm(),
            averaging.gradient_norm(),
            "the same run"
        );
        for (got, expected) in averaged.params().iter().zip(&expected) {
            assert!((f64::from(*got) - expected).abs() < 1e-5, "step {t}");
        }
    }
    assert_ne!(bits(&plain), bits(&averaged));
}
