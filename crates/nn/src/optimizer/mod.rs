//! The update of the parameters from their gradient. docs/maths.md (9b).

mod muon;

use crate::Result;
use crate::error::allocate;
use crate::json::names;
use crate::params::Layout;
use muon::{Muon, MuonStep};
use mynah_kernels::optimizer::{AdamStep, RmspropStep, SgdStep};
use mynah_kernels::real::Real;
use std::ops::Range;

/// An optimizer's name in options and files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptimizerName {
    /// Adam with decoupled weight decay (Loshchilov and Hutter 2019).
    AdamW,
    /// Adam (Kingma and Ba 2015).
    Adam,
    /// RMSProp (Tieleman and Hinton 2012), with PyTorch's epsilon outside of the root.
    RmsProp,
    /// Stochastic gradient descent with momentum, in PyTorch's form.
    Sgd,
    /// Muon (Jordan et al. 2024) for the matrices between vectors, AdamW for the rest.
    Muon,
}

names!(OptimizerName {
    AdamW = "adamw",
    Adam = "adam",
    RmsProp = "rmsprop",
    Sgd = "sgd",
    Muon = "muon",
});

impl OptimizerName {
    /// Whether it is Adam, for some of the parameters at least.
    pub(crate) fn has_betas(self) -> bool {
        matches!(self, Self::AdamW | Self::Adam | Self::Muon)
    }

    /// Whether it has a momentum by that name.
    pub(crate) fn has_momentum(self) -> bool {
        matches!(self, Self::RmsProp | Self::Sgd | Self::Muon)
    }
}

/// An optimizer and its constants; what it has no use for is not looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OptimizerConfig {
    /// Which one.
    pub name: OptimizerName,
    /// Adam's decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment: Adam's, and RMSProp's, which PyTorch calls alpha.
    pub beta2: f64,
    /// Added to the root of the second moment.
    pub epsilon: f64,
    /// Of SGD, RMSProp and Muon.
    pub momentum: f64,
    /// Share by which matrices shrink per unit of the learning rate.
    pub weight_decay: f64,
}

impl OptimizerConfig {
    /// Whether a first moment (Adam's m, or the velocity) is kept.
    fn has_first(&self) -> bool {
        self.name.has_betas() || self.momentum > 0.0
    }

    /// How many arenas of the parameters' size are kept.
    pub(crate) fn arenas(&self) -> usize {
        usize::from(self.has_first()) + usize::from(self.has_second())
    }

    /// Whether a second moment is kept.
    fn has_second(&self) -> bool {
        self.name != OptimizerName::Sgd
    }
}

/// An optimizer with what it remembers of earlier gradients: as many arenas as it needs.
pub struct Optimizer<T> {
    config: OptimizerConfig,
    /// The arena in parts, and whether the weights of each decay; without what Muon takes care of.
    segments: Vec<(Range<usize>, bool)>,
    muon: Option<Muon<T>>,
    /// Adam's m, or the velocity; empty without one.
    first: Vec<T>,
    /// The second moment; empty without one.
    second: Vec<T>,
    updates: u64,
}

impl<T: Real> Optimizer<T> {
    /// For the parameters of `layout`.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(config: OptimizerConfig, layout: &Layout) -> Result<Self> {
        let arena = |is_needed: bool| {
            let len = if is_needed { layout.len } else { 0 };
            allocate(&[len], "the optimizer state")
        };
        let muon = Self::workspace(&config, layout)?;
        Ok(Self {
            segments: segments(layout, config.weight_decay > 0.0, muon.is_some()),
            muon,
            first: arena(config.has_first())?,
            second: arena(config.has_second())?,
            config,
            updates: 0,
        })
    }

    /// What it needs besides its [`arenas`](OptimizerConfig::arenas).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub(crate) fn workspace(config: &OptimizerConfig, layout: &Layout) -> Result<Option<Muon<T>>> {
        let is_muon = config.name == OptimizerName::Muon;
        is_muon.then(|| Muon::<T>::new(layout)).transpose()
    }

    /// Updates done.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// One update of `params` from `grads`, whose every element is multiplied by `gradient_scale` first.
    pub fn update(
        &mut self,
        params: &mut [T],
        grads: &[T],
        learning_rate: f64,
        gradient_scale: f64,
    ) {
        self.updates += 1;
        for (range, decays) in &self.segments {
            let part = |arena: &[T]| {
                if arena.is_empty() {
                    0..0
                } else {
                    range.clone()
                }
            };
            let (first, second) = (part(&self.first), part(&self.second));
            let (first, second) = (&mut self.first[first], &mut self.second[second]);
            let (params, grads) = (&mut params[range.clone()], &grads[range.clone()]);
            let OptimizerConfig {
                name,
                beta1,
                beta2,
                epsilon,
                momentum,
                weight_decay,
            } = self.config;
            let decay = if *decays { weight_decay } else { 0.0 };
            match name {
                OptimizerName::AdamW | OptimizerName::Adam | OptimizerName::Muon => {
                    let step = AdamStep {
                        learning_rate,
                        beta1,
                        beta2,
                        epsilon,
                        step: self.updates,
                        gradient_scale,
                        decay,
                    };
                    T::adam(params, grads, first, second, &step);
                }
                OptimizerName::RmsProp => {
                    let step = RmspropStep {
                        learning_rate,
                        alpha: beta2,
                        momentum,
                        epsilon,
                        gradient_scale,
                        decay,
                    };
                    T::rmsprop(params, grads, second, first, &step);
                }
                OptimizerName::Sgd => {
                    let step = SgdStep {
                        learning_rate,
                        momentum,
                        gradient_scale,
                        decay,
                    };
                    T::sgd(params, grads, first, &step);
                }
            }
        }
        if let Some(muon) = &mut self.muon {
            let step = MuonStep {
                learning_rate,
                momentum: self.config.momentum,
                decay: self.config.weight_decay,
                gradient_scale,
            };
            muon.update(params, grads, &mut self.first, &step);
        }
    }

    /// As if `updates` updates had been done.
    pub fn set_updates(&mut self, updates: u64) {
        self.updates = updates;
    }

    /// What it remembers, with the names in a checkpoint.
    pub fn arenas(&mut self) -> impl Iterator<Item = (&'static str, &mut [T])> {
        [
            ("optimizer.m", &mut self.first[..]),
            ("optimizer.v", &mut self.second[..]),
        ]
        .into_iter()
        .filter(|(_, arena)| !arena.is_empty())
    }
}

/// The arena cut where decaying tensors (those with rows and columns) and others meet; the padding between two
/// tensors goes with the first. One segment where nothing decays. With Muon, without its matrices.
fn segments(layout: &Layout, has_decay: bool, is_muon: bool) -> Vec<(Range<usize>, bool)> {
    let mut segments: Vec<(Range<usize>, bool)> = Vec::new();
    for (k, spec) in layout.specs.iter().enumerate() {
        if is_muon && muon::is_hidden_matrix(spec) {
            continue;
        }
        let start = spec.range.start;
        let end = layout
            .specs
            .get(k + 1)
            .map_or(layout.len, |next| next.range.start);
        let decays = has_decay && spec.shape.len() >= 2;
        match segments.last_mut() {
            Some((range, same)) if *same == decays && range.end == start => range.end = end,
            _ => segments.push((start..end, decays)),
        }
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ModelOptions;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn matrices_decay_and_nothing_else_does() {
        let config = ModelOptions {
            hidden_size: Some(crate::config::options::HiddenSize::All(3)),
            embedding_size: Some(3),
            ..Default::default()
        };
        let layout = Layout::new(&config.resolve(5).unwrap(), 5).unwrap();
        let segments = segments(&layout, true, false);
        for spec in &layout.specs {
            let (_, decays) = segments
                .iter()
                .find(|(range, _)| range.start <= spec.range.start && spec.range.end <= range.end)
                .unwrap();
            assert_eq!(*decays, spec.shape.len() == 2, "{}", spec.name);
        }
        let ends: Vec<usize> = segments.iter().map(|(range, _)| range.end).collect();
        let starts: Vec<usize> = segments.iter().map(|(range, _)| range.start).collect();
        assert_eq!(starts[1..], ends[..ends.len() - 1], "without gaps");
        assert_eq!((starts[0], ends[ends.len() - 1]), (0, layout.len));
        assert_eq!(
            super::segments(&layout, false, false),
            [(0..layout.len, false)]
        );
    }
}
