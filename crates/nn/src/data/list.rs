//! A list of documents, and its split into those to train on and those held out.

use crate::json;
use crate::message::number;
use crate::numbering::Numbering;
use crate::rng::{Pcg32, Purpose};
use crate::{Error, Result};

/// Documents that each begin anew, and what each is conditioned on. Empty ones are left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DocumentList {
    documents: Vec<String>,
    /// [documents, C]
    conditions: Vec<f32>,
    condition_size: usize,
}

/// One document of a list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Document<'a> {
    /// Its text, without any sign of its beginning or end.
    pub text: &'a str,
    /// \[C\]; empty in a list without conditions.
    pub condition: &'a [f32],
}

impl DocumentList {
    /// A list without conditions.
    pub fn new(documents: Vec<String>) -> Self {
        Self::with_conditions(documents, Vec::new()).expect("no conditions fit any list")
    }

    /// A list with conditions [documents, C].
    ///
    /// # Errors
    /// [`Error::InvalidOption`] if their number is no multiple of the number of documents, or if they are not all
    /// finite.
    pub fn with_conditions(mut documents: Vec<String>, mut conditions: Vec<f32>) -> Result<Self> {
        let count = documents.len();
        if !conditions.len().is_multiple_of(count.max(1)) || (count == 0 && !conditions.is_empty())
        {
            return Err(Error::invalid(
                "conditions",
                format!("{} values for {count} documents", conditions.len()),
                "as many vectors of one size as there are documents",
            ));
        }
        if let Some(value) = conditions.iter().find(|value| !value.is_finite()) {
            return Err(Error::invalid(
                "conditions",
                number(f64::from(*value)),
                "finite numbers",
            ));
        }
        let condition_size = conditions.len() / count.max(1);
        // In place: a list may be most of what a training holds.
        let mut kept = 0;
        for (k, document) in documents.iter().enumerate() {
            if !document.is_empty() {
                let from = k * condition_size;
                conditions.copy_within(from..from + condition_size, kept * condition_size);
                kept += 1;
            }
        }
        conditions.truncate(kept * condition_size);
        documents.retain(|document| !document.is_empty());
        Ok(Self {
            documents,
            conditions,
            condition_size,
        })
    }

    /// A list from a JSON array of strings, and conditions [documents, C].
    ///
    /// # Errors
    /// [`Error::MalformedOptions`], and those of [`with_conditions`](Self::with_conditions).
    pub fn from_json(list: &str, conditions: Vec<f32>) -> Result<Self> {
        let documents: Vec<String> = json::parse(list)
            .map_err(|error| Error::MalformedOptions(format!("documents: {error}")))?;
        Self::with_conditions(documents, conditions)
    }

    /// Documents.
    pub fn len(&self) -> usize {
        self.documents.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// Values of a condition, C; 0 without conditions.
    pub fn condition_size(&self) -> usize {
        self.condition_size
    }

    /// Document `k`.
    pub fn get(&self, k: usize) -> Document<'_> {
        Document {
            text: &self.documents[k],
            condition: &self.conditions[k * self.condition_size..(k + 1) * self.condition_size],
        }
    }

    /// All documents in their order.
    pub fn iter(&self) -> impl Iterator<Item = Document<'_>> {
        (0..self.len()).map(|k| self.get(k))
    }

    /// Splits into those to train on and those held out, as indices. Of the distinct documents a share chosen by
    /// `seed` is held out, with all their repetitions: none of the one part repeats one of the other. At least
    /// one stays to train on.
    pub fn split(&self, share: f64, seed: u64) -> (Vec<usize>, Vec<usize>) {
        let mut number_of = Numbering::default();
        let numbers: Vec<usize> = self
            .documents
            .iter()
            .map(|document| {
                let next = number_of.len() as u32;
                number_of.get_or_insert(document.as_str(), next) as usize
            })
            .collect();
        let distinct = number_of.len();
        let kept = (((1.0 - share) * distinct as f64) as usize).max(1);
        let mut order: Vec<usize> = (0..distinct).collect();
        Pcg32::for_purpose(seed, Purpose::HoldOut).shuffle(&mut order);
        let mut is_kept = vec![false; distinct];
        order.iter().take(kept).for_each(|&k| is_kept[k] = true);
        (0..self.len()).partition(|&k| is_kept[numbers[k]])
    }
}
