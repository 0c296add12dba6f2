//! The arithmetic of mynah, on slices and sizes alone.
//!
//! | module | what it computes |
//! |---|---|
//! | [`gemm`] | matrix products on packed operands; the single-row form serves sampling |
//! | [`int8`] | matrix products with weights of 8 bits, for sampling |
//! | [`activation`] | exp, tanh, sigmoid, ln: our own, so that no platform's libm enters |
//! | [`angle`] | sine and cosine |
//! | [`elementwise`] | sums, GELU, masks, and blending with the previous value, forward and backward |
//! | [`softmax`] | softmax, cross-entropy and its gradient in one pass over a row; attention's causal rows |
//! | [`rope`] | rotary positions of queries and keys |
//! | [`cell`] | one time step of each recurrent cell, forward and backward, fused |
//! | [`norm`] | layer and RMS normalisation of strided rows, and the gains after them |
//! | [`optimizer`] | AdamW, RMSProp, gradient descent; norm and clipping of the gradient; the average of the weights |
//! | [`real`] | the trait through which `mynah-nn` calls these kernels in `f32`, or their naive twins in `f64` |
//! | [`peak`] | the loop that measures what the machine's registers can do at most |
//!
//! There are three tiers. The *kernel* (`f32`, SIMD), its *scalar twin* (suffix `_scalar`: the same
//! operations in the same order, one lane wide) and the *naive oracle* (suffix or module `naive`: the
//! equation as `docs/maths.md` writes it). Kernels are tested against their twins bit for bit in the simd128
//! build, and against their oracles within a stated tolerance. Sums over a row (softmax, the norms) add in
//! another order than one by one and are compared within a tolerance alone.
//!
//! Not here: parameters, layers, text, JavaScript, threads, memory ownership. This is the only crate with unsafe code.

pub mod activation;
pub mod angle;
pub mod cell;
#[cfg(test)]
mod checks;
pub mod elementwise;
pub mod gemm;
pub mod int8;
pub mod norm;
pub mod optimizer;
pub mod peak;
pub mod real;
pub mod rope;
pub mod simd;
pub mod softmax;
