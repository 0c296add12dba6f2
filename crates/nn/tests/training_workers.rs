//! Several workers: they take the same steps as one, and all of them come to the same weights.

mod runs;

use mynah_nn::data::Source;
use mynah_nn::model::Model;
use mynah_nn::training::{Training, TrainingOptions};
use runs::{MODELS, SENTENCE, bits, create, names, start};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const MODEL: &str = r#"{"cell":"lstm","hiddenSize":7,"embeddingSize":5,"numLayers":2}"#;

/// All workers of a run, in one place.
struct Crew(Vec<(Model, Training)>);

impl Crew {
    fn of(model: &Model, source: Source<'_>, options: &str) -> Self {
        let options: TrainingOptions = mynah_nn::json::parse(options).unwrap();
        let leader = Training::of_worker(model, source, &options, 0).unwrap();
        let mut crew = vec![(model.clone(), leader)];
        for index in 1..crew[0].1.plan().workers {
            let worker = Training::of_worker(model, source, &options, index).unwrap();
            crew.push((model.clone(), worker));
        }
        Self(crew)
    }

    fn resumed(file: &[u8], source: Source<'_>) -> Self {
        let mut crew = vec![Training::resume(file, source).unwrap()];
        for index in 1..crew[0].1.plan().workers {
            crew.push(Training::resume_worker(file, source, index).unwrap());
        }
        Self(crew)
    }

    /// One step of all; the loss, and whether it was rolled back.
    fn step(&mut self) -> (f64, bool) {
        let mut parts = Vec::new();
        for (model, worker) in &mut self.0 {
            worker.begin_step(model, 0.0);
            parts.push((
                worker.gradient().to_vec(),
                worker.own_loss(),
                worker.carried(),
            ));
        }
        let mut results = Vec::new();
        for (k, (model, worker)) in self.0.iter_mut().enumerate() {
            for (index, (gradient, loss, carried)) in parts.iter().enumerate() {
                if index != k {
                    let write = |to: &mut [f32]| to.copy_from_slice(gradient);
                    worker.take_in(index, write, *loss, carried);
                }
            }
            results.push(worker.end_step(model).unwrap());
        }
        let same = bits(&self.0[0].0);
        for (model, _) in &self.0 {
            assert!(bits(model) == same, "all workers have the same weights");
        }
        assert!(
            results
                .iter()
                .all(|result| result.rollback == results[0].rollback)
        );
        (results[0].loss, results[0].rollback.is_some())
    }

    fn leader(&mut self) -> &mut (Model, Training) {
        &mut self.0[0]
    }

    fn checkpoint(&mut self) -> Vec<u8> {
        let (model, training) = self.leader();
        training.checkpoint(model).unwrap()
    }
}

/// The losses of a crew stay near those of one worker, which adds the same numbers in another order.
fn check_against_one(model: &str, source: Source<'_>, options: &str, workers: usize) {
    let mut alone = create(model, source);
    let crew_options = options.replace('}', &format!(r#","workers":{workers}}}"#));
    let mut crew = Crew::of(&alone, source, &crew_options);
    let mut training = start(&alone, source, options).unwrap();
    for step in 0..12 {
        let expected = training.step(&mut alone, 0.0).unwrap().loss;
        let (loss, _) = crew.step();
        assert!(
            (loss - expected).abs() < 2e-4,
            "{model}, {workers} workers, step {step}: {loss} for {expected}"
        );
    }
}

#[test]
fn a_crew_of_any_size_learns_what_one_worker_does() {
    let (text, names) = (SENTENCE.repeat(12), names());
    let options = r#"{"steps":12,"batchSize":5,"seqLength":8,"learningRate":0.001}"#;
    for model in MODELS.iter().filter(|model| !model.contains("zoneout")) {
        for workers in [2, 3, 5] {
            check_against_one(model, Source::from(&text), options, workers);
            check_against_one(model, Source::from(&names), options, workers);
        }
    }
}

#[test]
fn there_are_no_more_workers_than_rows() {
    let text = SENTENCE.repeat(12);
    let model = create(MODEL, &text);
    let options = r#"{"steps":4,"batchSize":3,"seqLength":8,"workers":8}"#;
    let crew = Crew::of(&model, Source::from(&text), options);
    assert_eq!(crew.0.len(), 3);
    let options: TrainingOptions = mynah_nn::json::parse(options).unwrap();
    let error = Training::of_worker(&model, &text, &options, 3)
        .err()
        .unwrap();
    assert_eq!(error.code(), "invalid-option");
    for workers in [0, 65] {
        let options = format!(r#"{{"workers":{workers}}}"#);
        let error = start(&model, &text, &options).err().unwrap();
        assert!(error.to_string().contains("from 1 to 64"), "{error}");
    }
}

#[test]
fn a_resumed_crew_ends_with_the_bytes_of_an_unbroken_one() {
    let (text, names) = (SENTENCE.repeat(12), names());
    let options =
        r#"{"steps":60,"batchSize":5,"seqLength":8,"dropout":0.2,"averageDecay":0.9,"workers":3}"#;
    for model in MODELS {
        for source in [Source::from(&text), Source::from(&names)] {
            let mut unbroken = Crew::of(&create(model, source), source, options);
            for _ in 0..7 {
                unbroken.step();
            }
            let file = unbroken.checkpoint();
            let mut resumed = Crew::resumed(&file, source);
            assert!(resumed.checkpoint() == file, "{model}: as it was");
            for _ in 0..9 {
                assert_eq!(unbroken.step(), resumed.step());
            }
            assert!(unbroken.checkpoint() == resumed.checkpoint(), "{model}");
        }
    }
}

#[test]
fn masks_differ_from_worker_to_worker() {
    // Both rows read the same, so that without masks both workers would find the same loss.
    let text = "ab".repeat(33);
    let options =
        r#"{"steps":4,"batchSize":2,"seqLength":8,"validation":0,"dropout":0.5,"workers":2}"#;
    let mut crew = Crew::of(&create(MODEL, &text), Source::from(&text), options);
    let losses = crew.0.iter_mut().map(|(model, worker)| {
        worker.begin_step(model, 0.0);
        worker.own_loss().loss
    });
    let losses: Vec<f64> = losses.collect();
    assert_ne!(losses[0], losses[1]);
}

#[test]
fn a_rollback_is_one_of_all_workers() {
    const EXPLOSIVE: &str = r#"{"cell":"rnn","activation":"relu","initialization":"uniform","hiddenSize":16,"embeddingSize":4}"#;
    let text = SENTENCE.repeat(12);
    let options = r#"{"steps":60,"batchSize":4,"seqLength":16,"optimizer":"sgd","learningRate":10,"clipNorm":0,"schedule":"constant","warmupSteps":0,"workers":2}"#;
    let mut crew = Crew::of(&create(EXPLOSIVE, &text), Source::from(&text), options);
    let rolled_back = (0..30).find(|_| crew.step().1);
    assert!(rolled_back.is_some(), "the run is made to explode");
    let file = crew.checkpoint();
    let mut resumed = Crew::resumed(&file, Source::from(&text));
    assert!(resumed.checkpoint() == file);
    for _ in 0..2 {
        assert_eq!(crew.step(), resumed.step());
    }
}

#[test]
fn a_step_that_cannot_be_ended_is_given_up() {
    let text = SENTENCE.repeat(12);
    let options = r#"{"steps":60,"batchSize":4,"seqLength":8,"workers":2}"#;
    let mut crew = Crew::of(&create(MODEL, &text), Source::from(&text), options);
    crew.step();
    let before = bits(&crew.0[0].0);
    let (model, leader) = crew.leader();
    leader.begin_step(model, 0.0);
    leader.abandon_step();
    assert!(bits(model) == before);
    assert_eq!(leader.steps_done(), 1);
    let file = crew.checkpoint();
    let (first, second) = (
        Crew::resumed(&file, Source::from(&text)).step(),
        Crew::resumed(&file, Source::from(&text)).step(),
    );
    assert_eq!(first, second);
    assert!(first.0.is_finite());
}
