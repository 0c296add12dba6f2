//! Initial weights: PyTorch's defaults, and a forget gate that starts open. docs/maths.md (8).

use crate::config::{Cell, ModelConfig};
use crate::params::Layout;
use crate::rng::Pcg32;
use mynah_kernels::cell::lstm::FORGET;
use mynah_kernels::real::Real;

/// Fills an arena with initial values, the same for the same seed.
///
/// - embedding: normal, variance 1
/// - recurrent and output layers, weights and biases: uniform in +-1/sqrt(H)
/// - LSTM: the forget gate's bias is 1 (b_ih 1, b_hh 0), so that a new cell remembers (Jozefowicz et al. 2015)
pub fn initialize<T: Real>(params: &mut [T], config: &ModelConfig, layout: &Layout, seed: u64) {
    let mut rng = Pcg32::new(seed);
    let hidden = config.hidden_size;
    let limit = 1.0 / (hidden as f32).sqrt();
    for spec in &layout.specs {
        for value in &mut params[spec.range.clone()] {
            let draw = if spec.range == layout.embedding {
                rng.normal()
            } else {
                rng.symmetric(limit)
            };
            *value = T::from_f64(draw.into());
        }
    }
    if config.cell == Cell::Lstm {
        for layer in &layout.layers {
            let forget = FORGET * hidden..(FORGET + 1) * hidden;
            params[layer.b_ih.clone()][forget.clone()].fill(T::from_f64(1.0));
            params[layer.b_hh.clone()][forget].fill(T::default());
        }
    }
}
