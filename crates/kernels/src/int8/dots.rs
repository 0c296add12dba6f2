//! Sums of products of bytes, four outputs at a time: WebAssembly's instructions where they exist, plain integers
//! elsewhere. All give the same sums.

#[cfg(not(target_arch = "wasm32"))]
pub use portable::*;
#[cfg(target_arch = "wasm32")]
pub use wasm::*;

#[cfg(target_arch = "wasm32")]
mod wasm {
    use core::arch::wasm32::*;

    #[cfg(not(target_feature = "relaxed-simd"))]
    pub use baseline::*;
    #[cfg(target_feature = "relaxed-simd")]
    pub use relaxed::*;

    /// The sums of four outputs, one in each lane.
    pub type Sums = v128;

    pub const ZERO: Sums = i32x4(0, 0, 0, 0);

    /// The four sums.
    #[inline(always)]
    pub fn totals(sums: Sums) -> [i32; 4] {
        [
            i32x4_extract_lane::<0>(sums),
            i32x4_extract_lane::<1>(sums),
            i32x4_extract_lane::<2>(sums),
            i32x4_extract_lane::<3>(sums),
        ]
    }

    #[cfg(target_feature = "relaxed-simd")]
    mod relaxed {
        use super::*;

        /// Four inputs, from 0 to 127, once for each of four outputs.
        pub type Quad = v128;

        /// Where the weight of one of four outputs and one of four inputs lies in 16 bytes.
        pub const fn place(output: usize, input: usize) -> usize {
            output * 4 + input
        }

        /// Reads four inputs.
        ///
        /// # Safety
        /// `inputs` is valid for reading four bytes.
        #[inline(always)]
        pub unsafe fn read_quad(inputs: *const u8) -> Quad {
            // SAFETY: the caller's promise; the instruction does not mind the alignment.
            unsafe { v128_load32_splat(inputs.cast()) }
        }

        /// Adds four weights of each output times the inputs. `FUSED`: in one instruction.
        ///
        /// # Safety
        /// `weights` is valid for reading 16 bytes.
        #[inline(always)]
        pub unsafe fn add_products<const FUSED: bool>(
            sums: Sums,
            weights: *const i8,
            inputs: Quad,
        ) -> Sums {
            // SAFETY: the caller's promise; the instruction does not mind the alignment.
            let weights = unsafe { v128_load(weights.cast()) };
            // Exact on every machine for inputs from 0 to 127 and weights from -127 to 127: it is inputs with a top bit
            // that may be read either way, and sums of two products above 2^15 that may be cut off.
            if FUSED {
                i32x4_relaxed_dot_i8x16_i7x16_add(weights, inputs, sums)
            } else {
                let pairs = i16x8_relaxed_dot_i8x16_i7x16(weights, inputs);
                // Not by adding neighbours, which LLVM turns into the fused instruction.
                i32x4_add(sums, i32x4_dot_i16x8(pairs, i16x8_splat(1)))
            }
        }
    }

    #[cfg(not(target_feature = "relaxed-simd"))]
    mod baseline {
        use super::*;

        /// Four inputs in 16 bits: the first two, and the last two, once for each of four outputs.
        #[derive(Clone, Copy)]
        pub struct Quad(v128, v128);

        /// Where the weight of one of four outputs and one of four inputs lies in 16 bytes. Two inputs of all outputs
        /// together become the lanes of one instruction, so that four outputs need one vector of sums: with eight of
        /// them for 16 outputs, next to as many vectors of weights, V8 spills one (47 instead of 62 Gop/s, AMD Zen 5,
        /// Node 20, 2026-11-25).
        pub const fn place(output: usize, input: usize) -> usize {
            input / 2 * 8 + output * 2 + input % 2
        }

        /// Reads four inputs.
        ///
        /// # Safety
        /// `inputs` is valid for reading four bytes.
        #[inline(always)]
        pub unsafe fn read_quad(inputs: *const u8) -> Quad {
            // SAFETY: the caller's promise; the instruction does not mind the alignment.
            let bytes = unsafe { v128_load32_splat(inputs.cast()) };
            let wide = u16x8_extend_low_u8x16(bytes);
            Quad(
                i32x4_shuffle::<0, 0, 0, 0>(wide, wide),
                i32x4_shuffle::<1, 1, 1, 1>(wide, wide),
            )
        }

        /// Adds four weights of each output times the inputs.
        ///
        /// # Safety
        /// `weights` is valid for reading 16 bytes.
        #[inline(always)]
        pub unsafe fn add_products<const FUSED: bool>(
            sums: Sums,
            weights: *const i8,
            inputs: Quad,
        ) -> Sums {
            // SAFETY: the caller's promise.
            let (first, last) = unsafe {
                (
                    i16x8_load_extend_i8x8(weights),
                    i16x8_load_extend_i8x8(weights.add(8)),
                )
            };
            let sums = i32x4_add(sums, i32x4_dot_i16x8(first, inputs.0));
            i32x4_add(sums, i32x4_dot_i16x8(last, inputs.1))
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod portable {
    use std::array::from_fn;

    /// The sums of four outputs.
    pub type Sums = [i32; 4];

    pub const ZERO: Sums = [0; 4];

    /// Four inputs.
    pub type Quad = [u8; 4];

    /// Where the weight of one of four outputs and one of four inputs lies in 16 bytes.
    pub const fn place(output: usize, input: usize) -> usize {
        output * 4 + input
    }

    /// The four sums.
    pub fn totals(sums: Sums) -> [i32; 4] {
        sums
    }

    /// Reads four inputs.
    ///
    /// # Safety
    /// `inputs` is valid for reading four bytes.
    pub unsafe fn read_quad(inputs: *const u8) -> Quad {
        // SAFETY: the caller's promise; bytes have no alignment.
        unsafe { inputs.cast::<Quad>().read() }
    }

    /// Adds four weights of each output times the inputs.
    ///
    /// # Safety
    /// `weights` is valid for reading 16 bytes.
    pub unsafe fn add_products<const FUSED: bool>(
        sums: Sums,
        weights: *const i8,
        inputs: Quad,
    ) -> Sums {
        // SAFETY: the caller's promise; bytes have no alignment.
        let weights = unsafe { weights.cast::<[[i8; 4]; 4]>().read() };
        from_fn(|output| {
            let products = weights[output].iter().zip(inputs);
            let sum: i32 = products
                .map(|(&weight, input)| i32::from(weight) * i32::from(input))
                .sum();
            sums[output] + sum
        })
    }
}
