//! From the options and the source to what a run reads, and at which rates.

use super::options::Recipe;
use crate::data::documents::Documents;
use crate::data::streams::Streams;
use crate::data::tokens::Tokens;
use crate::data::{Source, Windows};
use crate::evaluation::HeldOut;
use crate::model::Model;
use crate::schedule::ScheduleConfig;
use crate::{Error, Result};

/// Refuses what the model cannot be trained with.
fn check_fit(model: &Model, recipe: &Recipe) -> Result<()> {
    if let Some(context) = model.config().context_length()
        && recipe.seq_length > context
    {
        return Err(Error::invalid(
            "seqLength",
            recipe.seq_length,
            format!("at most {context}, the model's contextLength"),
        ));
    }
    let mut specs = model.layout().specs.iter();
    let is_recurrent = specs.any(|spec| spec.name.contains("weight_hh"));
    if recipe.regularisation.weight_drop > 0.0 && !is_recurrent {
        let reason = "weightDrop leaves out recurrent weights, of which this model has none";
        return Err(Error::ContradictoryOptions(reason.into()).into());
    }
    Ok(())
}

/// What is trained on, and what is held out.
pub(super) fn read(
    model: &Model,
    source: Source<'_>,
    recipe: &Recipe,
) -> Result<(Windows, HeldOut)> {
    source.check_conditions(model)?;
    check_fit(model, recipe)?;
    let tokenizer = model.tokenizer();
    let (batch, seq_len) = (recipe.batch_size, recipe.seq_length);
    match source {
        Source::Text("") => Err(Error::EmptyText {
            what: "the training text",
        }
        .into()),
        Source::Text(text) => {
            let (train, held_out) = split(text, recipe.validation);
            let streams = Streams::new(Tokens::encode(tokenizer, train)?, batch, seq_len)?;
            Ok((Windows::Text(streams), HeldOut::text(tokenizer, held_out)?))
        }
        Source::Documents(list) => {
            let (train, held_out) = list.split(recipe.validation, recipe.seed);
            let (workers, seed) = (recipe.workers, recipe.seed);
            let documents = Documents::new(tokenizer, list, train, batch, seq_len, workers, seed)?;
            let held_out = HeldOut::documents(tokenizer, list, held_out)?;
            Ok((Windows::Documents(Box::new(documents)), held_out))
        }
    }
}

/// The first part to train on, the last `share` of the symbols to validate on.
fn split(text: &str, share: f64) -> (&str, &str) {
    let symbols = text.chars().count();
    let train = ((1.0 - share) * symbols as f64) as usize;
    let at = text
        .char_indices()
        .nth(train)
        .map_or(text.len(), |(at, _)| at);
    text.split_at(at)
}

pub(super) fn schedule(recipe: &Recipe, windows_per_epoch: u64) -> ScheduleConfig {
    ScheduleConfig {
        peak: recipe.learning_rate,
        schedule: recipe.schedule,
        warmup_steps: recipe.warmup_steps,
        decay_factor: recipe.decay_factor,
        decay_steps: ((recipe.decay_every * windows_per_epoch as f64).round() as u64).max(1),
    }
}
