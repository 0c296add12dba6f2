//! Initial weights. docs/maths.md (8).

mod orthogonal;

use crate::Result;
use crate::config::Initialization;
use crate::params::{Layout, ParamSpec};
use crate::rng::Pcg32;
use mynah_kernels::real::Real;
use orthogonal::Orthogonal;

/// What a parameter starts from.
///
/// `fan` is what [`Initialization::Uniform`] goes by, +-1/sqrt(fan), as PyTorch does: H for every parameter of an
/// `nn.RNN`, `nn.GRU` or `nn.LSTM`, the inputs for both of an `nn.Linear`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// Zero: biases of blocks, trained initial states.
    Zeros,
    /// One: the gains of normalisation.
    Ones,
    /// Normal with this standard deviation: embeddings, and the matrices of blocks.
    Normal(f32),
    /// A matrix of so many gates over one another, each [H, D]: Xavier uniform per gate, +-sqrt(6 / (H + D)).
    Xavier {
        /// G
        gates: usize,
        /// See [`Init`].
        fan: usize,
    },
    /// So many gates over one another, each [H, H]: each orthogonal.
    Orthogonal {
        /// G
        gates: usize,
    },
    /// The bias of an output layer: zero.
    Bias {
        /// See [`Init`].
        fan: usize,
    },
    /// A bias [G H]: zero, but for one gate.
    GateBias {
        /// G
        gates: usize,
        /// See [`Init`].
        fan: usize,
        /// The gate that decides how much a new cell remembers, and its first value.
        memory: Option<(usize, f32)>,
    },
}

impl Init {
    /// The weights of a linear layer of so many inputs.
    pub fn linear(inputs: usize) -> Self {
        Self::Xavier {
            gates: 1,
            fan: inputs,
        }
    }
}

/// Fills an arena with initial values, the same for the same seed.
///
/// # Errors
/// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
pub fn initialize<T: Real>(
    params: &mut [T],
    layout: &Layout,
    kind: Initialization,
    seed: u64,
) -> Result<()> {
    let mut rng = Pcg32::new(seed);
    for spec in &layout.specs {
        let values = &mut params[spec.range.clone()];
        match kind {
            Initialization::Orthogonal => fill(values, spec, &mut rng)?,
            Initialization::Uniform => fill_uniform(values, spec, &mut rng)?,
        }
    }
    Ok(())
}

fn fill<T: Real>(values: &mut [T], spec: &ParamSpec, rng: &mut Pcg32) -> Result<()> {
    match spec.init {
        Init::Zeros | Init::Bias { .. } => values.fill(T::default()),
        Init::Ones => values.fill(T::from_f64(1.0)),
        Init::Normal(deviation) => fill_with(values, || rng.normal() * deviation),
        Init::Xavier { gates, .. } => {
            let (rows, columns) = (spec.shape[0] / gates, spec.shape[1]);
            let limit = (6.0 / (rows + columns) as f32).sqrt();
            fill_with(values, || rng.symmetric(limit));
        }
        Init::Orthogonal { gates } => {
            let size = spec.shape[1];
            let mut orthogonal = Orthogonal::new(size)?;
            for gate in values.chunks_exact_mut(size * size).take(gates) {
                orthogonal.fill(gate, rng);
            }
        }
        Init::GateBias { gates, memory, .. } => {
            values.fill(T::default());
            set_memory(values, gates, memory);
        }
    }
    Ok(())
}

/// PyTorch's defaults of recurrent and linear layers.
fn fill_uniform<T: Real>(values: &mut [T], spec: &ParamSpec, rng: &mut Pcg32) -> Result<()> {
    let fan = match spec.init {
        Init::Xavier { fan, .. } | Init::Bias { fan } | Init::GateBias { fan, .. } => fan,
        Init::Orthogonal { .. } => spec.shape[1],
        Init::Zeros | Init::Ones | Init::Normal(_) => return fill(values, spec, rng),
    };
    let limit = 1.0 / (fan as f32).sqrt();
    fill_with(values, || rng.symmetric(limit));
    Ok(())
}

fn fill_with<T: Real>(values: &mut [T], mut draw: impl FnMut() -> f32) {
    for value in values {
        *value = T::from_f64(draw().into());
    }
}

fn set_memory<T: Real>(bias: &mut [T], gates: usize, memory: Option<(usize, f32)>) {
    if let Some((gate, value)) = memory {
        let hidden = bias.len() / gates;
        bias[gate * hidden..(gate + 1) * hidden].fill(T::from_f64(value.into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ModelOptions, parse_options};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn spec(shape: &[usize], init: Init) -> ParamSpec {
        ParamSpec {
            name: "weight".into(),
            shape: shape.to_vec(),
            range: 0..shape.iter().product(),
            init,
        }
    }

    fn largest(values: &[f64]) -> f64 {
        values.iter().fold(0.0, |most: f64, v| most.max(v.abs()))
    }

    fn filled(shape: &[usize], init: Init, kind: Initialization) -> Vec<f64> {
        let spec = spec(shape, init);
        let len = spec.range.len();
        let layout = Layout {
            specs: vec![spec],
            len,
        };
        let mut values = vec![f64::NAN; len];
        initialize(&mut values, &layout, kind, 3).unwrap();
        values
    }

    #[test]
    fn limits_and_biases_are_those_of_each_kind() {
        let filled = |shape: &[usize], init| filled(shape, init, Initialization::Orthogonal);
        let xavier = filled(&[300, 50], Init::Xavier { gates: 3, fan: 100 });
        assert!((0.97 * 0.2..=0.2).contains(&largest(&xavier)));
        let memory = Some((1, 1.0));
        let (gates, fan) = (3, 100);
        let bias = filled(&[300], Init::GateBias { gates, fan, memory });
        assert!(bias[..100].iter().chain(&bias[200..]).all(|&b| b == 0.0));
        assert!(bias[100..200].iter().all(|&b| b == 1.0));
        let normal = filled(&[40, 40], Init::Normal(0.5));
        let deviation = (normal.iter().map(|v| v * v).sum::<f64>() / 1600.0).sqrt();
        assert!((deviation - 0.5).abs() < 0.03, "{deviation}");
    }

    /// Parts of names, and what PyTorch divides by: `None` for what is no default of PyTorch's.
    type Fans = [(&'static str, Option<usize>)];

    /// Every parameter of a model is uniform in +-1/sqrt(fan), in which it fills nearly all of the range.
    fn check_uniform(model: &str, fans: &Fans) {
        let options: ModelOptions = parse_options(&format!("{{{model}}}")).unwrap();
        let layout = Layout::new(&options.resolve(VOCAB).unwrap(), VOCAB).unwrap();
        let mut values = vec![f64::NAN; layout.len];
        initialize(&mut values, &layout, Initialization::Uniform, 3).unwrap();
        for spec in &layout.specs {
            let mut known = fans.iter().filter(|(part, _)| spec.name.contains(part));
            let &(_, fan) = known
                .next()
                .unwrap_or_else(|| panic!("{model}: {}", spec.name));
            let Some(fan) = fan else { continue };
            let limit = 1.0 / (fan as f64).sqrt();
            let largest = largest(&values[spec.range.clone()]) / limit;
            // f32 rounds the limit.
            assert!(
                (0.9..=1.0 + 1e-6).contains(&largest),
                "{model}: {} reaches {largest} of {limit}",
                spec.name
            );
        }
    }

    const VOCAB: usize = 90;
    /// The same in every model.
    const OTHERS: [(&str, Option<usize>); 2] = [("embedding", None), ("norm", None)];

    #[test]
    fn uniform_is_pytorch_s_default_for_every_parameter_of_every_cell() {
        let sizes = r#""hiddenSize":50,"embeddingSize":120,"tieWeights":false"#;
        let recurrent = [("rnn", Some(50)), ("linear", Some(50))];
        for cell in [
            r#""cell":"rnn""#,
            r#""cell":"rnn","layerNorm":true"#,
            r#""cell":"gru""#,
            r#""cell":"gru","resetAfter":false,"numLayers":2"#,
            r#""cell":"lstm""#,
        ] {
            check_uniform(
                &format!("{cell},{sizes}"),
                &[&OTHERS, &recurrent[..]].concat(),
            );
        }
        // Linear layers, whose inputs are 120 below and 50 above.
        let minimal = [("l0", Some(120)), ("l1", Some(50)), ("linear", Some(50))];
        for cell in [r#""cell":"min-gru""#, r#""cell":"min-lstm""#] {
            let model = format!(r#"{cell},"numLayers":2,{sizes}"#);
            check_uniform(&model, &[&OTHERS, &minimal[..]].concat());
        }
    }

    #[test]
    fn uniform_is_pytorch_s_default_for_what_stands_around_the_cells() {
        let head = [
            ("projection", Some(50)),
            ("linear", Some(30)),
            ("rnn", Some(50)),
        ];
        let sizes = r#""hiddenSize":50,"embeddingSize":120,"tieWeights":false"#;
        let factorised = format!(r#""cell":"rnn","projectionSize":30,{sizes}"#);
        check_uniform(&factorised, &[&OTHERS, &head[..]].concat());
        let both = [("rnn", Some(50)), ("linear", Some(100))];
        let model = format!(r#""cell":"gru","bidirectional":true,{sizes}"#);
        check_uniform(&model, &[&OTHERS, &both[..]].concat());
        for (mode, fan) in [("initial-state", 20), ("film", 20), ("bias", 50)] {
            let model =
                format!(r#""cell":"lstm","conditionSize":20,"conditionMode":"{mode}",{sizes}"#);
            let fans = [
                ("condition", Some(fan)),
                ("rnn", Some(50)),
                ("linear", Some(50)),
            ];
            check_uniform(&model, &[&OTHERS, &fans[..]].concat());
        }
        // The matrices of blocks keep theirs.
        let blocks = [
            ("cell", Some(80)),
            ("linear", Some(40)),
            ("conv", None),
            ("down", None),
            ("mlp", None),
        ];
        let model = r#""cell":"gru","hiddenSize":40,"block":true,"expansion":2,"tieWeights":false"#;
        check_uniform(model, &[&OTHERS, &blocks[..]].concat());
    }
}
