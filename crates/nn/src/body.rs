//! Puts layers together: what stands between the symbols and the head, in one direction.

use crate::Result;
use crate::config::{BlockShape, Body, Condition, ConditionMode, ModelConfig, Recurrence};
use crate::init::Init;
use crate::layer::attention::{Attention, AttentionSizes};
use crate::layer::cell::LayerName;
use crate::layer::chain::Chain;
use crate::layer::conv::{CausalConv, TAPS};
use crate::layer::dropout::LockedDropout;
use crate::layer::embedding::Embedding;
use crate::layer::film::Film;
use crate::layer::gelu::Gelu;
use crate::layer::linear::Linear;
use crate::layer::recurrent::{self, RecurrentLayer, RecurrentSpec};
use crate::layer::residual::Residual;
use crate::layer::rms_norm::RmsNorm;
use crate::layer::{BoxedLayer, WindowSizes};
use crate::linear::Purpose;
use crate::params::{Layout, ParamList};
use mynah_kernels::real::Real;

/// Standard deviation of the matrices in blocks (GPT-2).
const BLOCK_DEVIATION: f32 = 0.02;

/// What training does against overfitting inside the network; nothing of it is part of a model.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Regularisation {
    /// Share of every layer's outputs that are dropped, the same in all steps of a window.
    pub dropout: f64,
    /// Share of the recurrent weights that are dropped for one update.
    pub weight_drop: f64,
}

/// The names of a body's parameters.
struct Names {
    is_backward: bool,
}

impl Names {
    /// Recurrent layer `k` of a stack.
    fn layer(&self, k: usize) -> LayerName {
        LayerName::of_stack(k, self.is_backward)
    }

    /// `what` of block `k`.
    fn block(&self, k: usize, what: &str) -> String {
        format!("{}blocks.{k}.{what}", self.prefix())
    }

    /// The recurrent layer of block `k`.
    fn cell(&self, k: usize) -> LayerName {
        LayerName::of_block(self.block(k, "cell"))
    }

    /// The gain of the last normalisation.
    fn norm(&self) -> String {
        format!("{}norm.weight", self.prefix())
    }

    fn prefix(&self) -> &str {
        if self.is_backward { "reverse." } else { "" }
    }
}

/// Declares the parameters of one direction.
pub fn declare(list: &mut ParamList, config: &ModelConfig, is_backward: bool) {
    let names = Names { is_backward };
    match &config.body {
        Body::Stack {
            recurrence, sizes, ..
        } => {
            for k in 0..sizes.len() {
                let spec = stack_layer(recurrence, sizes, config.embedding_size, k, &names);
                recurrent::declare(list, &spec);
                let name = names.layer(k).param("condition");
                declare_film(list, name, recurrence.condition, sizes[k]);
            }
        }
        Body::Blocks {
            recurrence,
            shape,
            inner,
        } => {
            for k in 0..shape.count {
                declare_block(list, recurrence, shape, *inner, k, &names);
            }
            list.add(names.norm(), &[shape.size], Init::Ones);
        }
        Body::Transformer {
            shape, condition, ..
        } => {
            for k in 0..shape.count {
                declare_attention(list, shape, k, &names);
                declare_mlp(list, shape, k, &names);
                let name = names.block(k, "condition");
                declare_film(list, name, *condition, shape.size);
            }
            list.add(names.norm(), &[shape.size], Init::Ones);
        }
    }
}

/// Layer `k` of a stack.
fn stack_layer<'a>(
    recurrence: &'a Recurrence,
    sizes: &[usize],
    embedding_size: usize,
    k: usize,
    names: &Names,
) -> RecurrentSpec<'a> {
    RecurrentSpec {
        recurrence,
        name: names.layer(k),
        inputs: if k == 0 { embedding_size } else { sizes[k - 1] },
        hidden: sizes[k],
        reads_symbols: k == 0,
    }
}

/// The recurrent layer of block `k`.
fn block_layer<'a>(
    recurrence: &'a Recurrence,
    shape: &BlockShape,
    inner: usize,
    k: usize,
    names: &Names,
) -> RecurrentSpec<'a> {
    RecurrentSpec {
        recurrence,
        name: names.cell(k),
        inputs: shape.size,
        hidden: inner,
        reads_symbols: false,
    }
}

fn declare_block(
    list: &mut ParamList,
    recurrence: &Recurrence,
    shape: &BlockShape,
    inner: usize,
    k: usize,
    names: &Names,
) {
    let size = shape.size;
    let name = |what| names.block(k, what);
    let small = Init::Normal(1.0 / (TAPS as f32).sqrt());
    list.add(name("conv_norm.weight"), &[size], Init::Ones);
    list.add(name("conv.weight"), &[size, TAPS], small);
    list.add(name("conv.bias"), &[size], Init::Zeros);
    list.add(name("cell_norm.weight"), &[size], Init::Ones);
    recurrent::declare(list, &block_layer(recurrence, shape, inner, k, names));
    list.add(name("down.weight"), &[size, inner], residual_init(shape));
    declare_mlp(list, shape, k, names);
    declare_film(list, name("condition"), recurrence.condition, size);
}

fn declare_attention(list: &mut ParamList, shape: &BlockShape, k: usize, names: &Names) {
    let size = shape.size;
    let name = |what| names.block(k, what);
    let matrix = Init::Normal(BLOCK_DEVIATION);
    list.add(name("attention_norm.weight"), &[size], Init::Ones);
    list.add(name("attention.qkv.weight"), &[3 * size, size], matrix);
    list.add(
        name("attention.out.weight"),
        &[size, size],
        residual_init(shape),
    );
}

fn declare_mlp(list: &mut ParamList, shape: &BlockShape, k: usize, names: &Names) {
    let BlockShape { size, mlp, .. } = *shape;
    let name = |what| names.block(k, what);
    list.add(name("mlp_norm.weight"), &[size], Init::Ones);
    list.add(
        name("mlp.up.weight"),
        &[mlp, size],
        Init::Normal(BLOCK_DEVIATION),
    );
    list.add(name("mlp.up.bias"), &[mlp], Init::Zeros);
    list.add(name("mlp.down.weight"), &[size, mlp], residual_init(shape));
    list.add(name("mlp.down.bias"), &[size], Init::Zeros);
}

/// What adds to the stream starts smaller the more add to it, two in a block (GPT-2).
fn residual_init(shape: &BlockShape) -> Init {
    Init::Normal(BLOCK_DEVIATION / (2.0 * shape.count as f32).sqrt())
}

fn declare_film(list: &mut ParamList, name: String, condition: Option<Condition>, width: usize) {
    if let Some(size) = film_size(condition) {
        let init = Init::Xavier {
            gates: 2,
            fan: size,
        };
        list.add(name, &[2 * width, size], init);
    }
}

/// The condition's size, if it scales and shifts outputs.
fn film_size(condition: Option<Condition>) -> Option<usize> {
    let condition = condition?;
    (condition.mode == ConditionMode::Film).then_some(condition.size)
}

/// Builds one direction.
///
/// # Errors
/// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
pub fn build<T: Real>(
    config: &ModelConfig,
    layout: &Layout,
    window: WindowSizes,
    regularisation: Regularisation,
    is_backward: bool,
) -> Result<Chain<T>> {
    let builder = Builder {
        layout,
        window,
        regularisation,
        names: Names { is_backward },
    };
    let mut layers = Vec::new();
    match &config.body {
        Body::Stack {
            recurrence,
            sizes,
            residual,
        } => {
            for k in 0..sizes.len() {
                let spec = stack_layer(recurrence, sizes, config.embedding_size, k, &builder.names);
                let mut layer = builder.recurrent(&spec)?;
                if *residual && k > 0 {
                    layer = builder.residual(vec![layer], sizes[k])?;
                }
                layers.push(layer);
                let name = spec.name.param("condition");
                layers.extend(builder.film(&name, recurrence.condition, sizes[k])?);
                layers.extend(builder.dropout(sizes[k])?);
            }
        }
        Body::Blocks {
            recurrence,
            shape,
            inner,
        } => {
            layers.push(builder.embedding(shape)?);
            for k in 0..shape.count {
                let cell = block_layer(recurrence, shape, *inner, k, &builder.names);
                layers.push(builder.conv(k, shape)?);
                layers.push(builder.cell(k, shape, &cell)?);
                layers.push(builder.mlp(k, shape)?);
                let name = builder.names.block(k, "condition");
                layers.extend(builder.film(&name, recurrence.condition, shape.size)?);
            }
            layers.push(builder.last_norm()?);
        }
        Body::Transformer {
            shape,
            heads,
            context,
            condition,
        } => {
            let attention = AttentionSizes {
                width: shape.size,
                heads: *heads,
                context: *context,
            };
            layers.push(builder.embedding(shape)?);
            for k in 0..shape.count {
                layers.push(builder.attention(k, attention)?);
                layers.push(builder.mlp(k, shape)?);
                let name = builder.names.block(k, "condition");
                layers.extend(builder.film(&name, *condition, shape.size)?);
            }
            layers.push(builder.last_norm()?);
        }
    }
    Ok(Chain::new(layers))
}

/// What every layer of a body is built with.
struct Builder<'a> {
    layout: &'a Layout,
    window: WindowSizes,
    regularisation: Regularisation,
    names: Names,
}

impl Builder<'_> {
    fn embedding<T: Real>(&self, shape: &BlockShape) -> Result<BoxedLayer<T>> {
        let embedding = Embedding::new(self.layout, shape.size, self.window)?;
        Ok(Box::new(embedding))
    }

    fn recurrent<T: Real>(&self, spec: &RecurrentSpec<'_>) -> Result<BoxedLayer<T>> {
        let weight_drop = if self.window.purpose == Purpose::Train {
            self.regularisation.weight_drop
        } else {
            0.0
        };
        let layer = RecurrentLayer::new(self.layout, spec, self.window, weight_drop)?;
        Ok(Box::new(layer))
    }

    fn residual<T: Real>(&self, inner: Vec<BoxedLayer<T>>, width: usize) -> Result<BoxedLayer<T>> {
        let residual = Residual::new(Chain::new(inner), width, self.window)?;
        Ok(Box::new(residual))
    }

    /// x + inner(norm(x)), with dropout on what is added.
    fn part<T: Real>(
        &self,
        norm: &str,
        inner: Vec<BoxedLayer<T>>,
        width: usize,
    ) -> Result<BoxedLayer<T>> {
        let norm = RmsNorm::new(self.layout.range(norm), self.window)?;
        let mut layers: Vec<BoxedLayer<T>> = vec![Box::new(norm)];
        layers.extend(inner);
        layers.extend(self.dropout(width)?);
        self.residual(layers, width)
    }

    fn linear<T: Real>(&self, name: &str, inputs: usize, has_bias: bool) -> Result<BoxedLayer<T>> {
        let weight = self.layout.range(&format!("{name}.weight"));
        let bias = has_bias.then(|| self.layout.range(&format!("{name}.bias")));
        Ok(Box::new(Linear::new(weight, bias, inputs, self.window)?))
    }

    fn conv<T: Real>(&self, k: usize, shape: &BlockShape) -> Result<BoxedLayer<T>> {
        let range = |what| self.layout.range(&self.names.block(k, what));
        let conv = CausalConv::new(range("conv.weight"), range("conv.bias"), self.window)?;
        let norm = self.names.block(k, "conv_norm.weight");
        self.part(&norm, vec![Box::new(conv)], shape.size)
    }

    fn cell<T: Real>(
        &self,
        k: usize,
        shape: &BlockShape,
        spec: &RecurrentSpec<'_>,
    ) -> Result<BoxedLayer<T>> {
        let down = self.linear(&self.names.block(k, "down"), spec.hidden, false)?;
        let norm = self.names.block(k, "cell_norm.weight");
        self.part(&norm, vec![self.recurrent(spec)?, down], shape.size)
    }

    fn mlp<T: Real>(&self, k: usize, shape: &BlockShape) -> Result<BoxedLayer<T>> {
        let up = self.linear(&self.names.block(k, "mlp.up"), shape.size, true)?;
        let gelu = Box::new(Gelu::new(shape.mlp, self.window)?);
        let down = self.linear(&self.names.block(k, "mlp.down"), shape.mlp, true)?;
        let norm = self.names.block(k, "mlp_norm.weight");
        self.part(&norm, vec![up, gelu, down], shape.size)
    }

    fn attention<T: Real>(&self, k: usize, sizes: AttentionSizes) -> Result<BoxedLayer<T>> {
        let qkv = self.linear(&self.names.block(k, "attention.qkv"), sizes.width, false)?;
        let heads = Box::new(Attention::new(sizes, self.window)?);
        let out = self.linear(&self.names.block(k, "attention.out"), sizes.width, false)?;
        let norm = self.names.block(k, "attention_norm.weight");
        self.part(&norm, vec![qkv, heads, out], sizes.width)
    }

    fn last_norm<T: Real>(&self) -> Result<BoxedLayer<T>> {
        let norm = RmsNorm::new(self.layout.range(&self.names.norm()), self.window)?;
        Ok(Box::new(norm))
    }

    fn film<T: Real>(
        &self,
        name: &str,
        condition: Option<Condition>,
        width: usize,
    ) -> Result<Option<BoxedLayer<T>>> {
        let Some(size) = film_size(condition) else {
            return Ok(None);
        };
        let film = Film::new(self.layout.range(name), size, width, self.window)?;
        Ok(Some(Box::new(film)))
    }

    fn dropout<T: Real>(&self, width: usize) -> Result<Option<BoxedLayer<T>>> {
        let rate = self.regularisation.dropout;
        if rate == 0.0 || self.window.purpose != Purpose::Train {
            return Ok(None);
        }
        let dropout = LockedDropout::new(rate, width, self.window)?;
        Ok(Some(Box::new(dropout)))
    }
}
