//! A model that gets more symbols, and keeps what it knows of those it has.

use crate::Result;
use crate::data::Source;
use crate::init::Init;
use crate::layer::embedding::EMBEDDING;
use crate::model::Model;
use crate::network::{OUTPUT_BIAS, OUTPUT_WEIGHT};
use crate::params::ParamSpec;
use crate::rng::Pcg32;

/// The model with the characters of a source that it lacks as further tokens, in the order of their code points. One of bytes lacks none.
///
/// Tokens keep their numbers. Where there is an unknown symbol, which stood before the bytes of the new ones so far, it shares its
/// probability with them in equal parts: p' = p / (k + 1) for it and each of k new symbols. All others foresee, and are
/// foreseen, as before: their logits have the same bits, and the loss over them changes by less than 1e-5 nats per symbol, which
/// is rounding. Without an unknown symbol, the new ones begin like the mean of all, with one part in V of the
/// probability together: the loss rises by at most ln(1 + 1/V). What is unknown still may be spelt in other symbols than before: in fewer
/// where there are 16 or 256 now.
///
/// As inputs the new symbols begin with embeddings of their own, drawn as for a new model; where the output's weights are the
/// embedding's, with that of the unknown symbol, or the mean.
///
/// # Errors
/// [`Error::EmptyText`](crate::Error::EmptyText), [`Error::OutOfMemory`](crate::Error::OutOfMemory).
pub fn grown<'a>(model: &Model, source: impl Into<Source<'a>>) -> Result<Model> {
    grown_by(model, source.into())
}

// Apart from `grown`, which there is once for each type of source.
fn grown_by(model: &Model, source: Source<'_>) -> Result<Model> {
    let tokenizer = model.tokenizer().grown(source)?;
    let vocab_size = model.tokenizer().vocab_size();
    let added = tokenizer.vocab_size() - vocab_size;
    let mut grown = Model::zeroed(model.config().clone(), tokenizer)?;
    let specs = grown.layout().specs.clone();
    let params = grown.params_mut();
    for (old, new) in model.layout().specs.iter().zip(&specs) {
        // Rows follow each other by their tokens, so that what there was comes first.
        let values = &model.params()[old.range.clone()];
        let (kept, fresh) = params[new.range.clone()].split_at_mut(values.len());
        kept.copy_from_slice(values);
        if added > 0 {
            begin_rows(model, old, kept, fresh, added);
        }
    }
    Ok(grown)
}

/// First values of the rows `fresh` of new symbols, after those `kept` of a parameter.
fn begin_rows(model: &Model, spec: &ParamSpec, kept: &mut [f32], fresh: &mut [f32], added: usize) {
    let is_tied = model.config().head.tied;
    match (spec.name.as_str(), spec.init) {
        (EMBEDDING, Init::Normal(deviation)) if !is_tied => {
            // Other numbers for those that come with a later growth.
            let mut rng = Pcg32::new(model.tokenizer().vocab_size() as u64);
            fresh.fill_with(|| rng.normal() * deviation);
        }
        (EMBEDDING | OUTPUT_WEIGHT, _) => {
            let row = typical_row(model, spec, kept);
            for fresh_row in fresh.chunks_exact_mut(row.len()) {
                fresh_row.copy_from_slice(&row);
            }
        }
        (OUTPUT_BIAS, _) => {
            let sharing = added + usize::from(model.tokenizer().unknown().is_some());
            let bias = typical_row(model, spec, kept)[0] - (sharing as f32).ln();
            fresh.fill(bias);
            if let Some(unknown) = model.tokenizer().unknown() {
                kept[unknown as usize] = bias;
            }
        }
        _ => {}
    }
}

/// The row of the unknown symbol; without one the mean of all rows, whose logit is the mean of all, so that by
/// Jensen's inequality its probability is at most 1/V.
fn typical_row(model: &Model, spec: &ParamSpec, rows: &[f32]) -> Vec<f32> {
    let width = spec.shape.get(1).copied().unwrap_or(1);
    if let Some(unknown) = model.tokenizer().unknown() {
        return rows[unknown as usize * width..][..width].to_vec();
    }
    let count = (rows.len() / width) as f32;
    let column_mean = |column| rows[column..].iter().step_by(width).sum::<f32>() / count;
    (0..width).map(column_mean).collect()
}
