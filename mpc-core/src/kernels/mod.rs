//! The innermost loops, each in the widest form that the processor has. The only chapter with unsafe code.
//!
//! | kernel | does | forms |
//! |---|---|---|
//! | [`popcount`] | bits that two bitmaps have in common, for 4 x 4 pairs of bitmaps at once | AVX-512, AVX2, POPCNT, NEON, portable |
//! | [`planes`] | 64 clamped numbers to bit planes | AVX-512, AVX2, portable |
//! | [`cipher`] | streams of AES-128 added up over a field, hashes of blocks | VAES with AVX-512, VAES with AVX2, AES-NI, portable |
//! | [`field`] | products in GF(2^128), added up | PCLMULQDQ, portable |
//! | [`transpose`] | rows of bits to columns | AVX-512, AVX2, portable |
//! | [`dots`] | inner products of columns, 3 by 3, of numbers of 32, 16 and 1 bits | AVX2, portable |
//! | [`subset_sums`] | sums of rows of numbers of 32 bits over many subsets | AVX-512, AVX2, portable |
//! | [`tables`] | chooses from, and makes, one-time tables of 64 elements a word | AVX-512, AVX2, portable |
//! | [`subsets`] | the same of rows of 64 bits, which are remainders | AVX2, portable |
//! | [`butterflies`] | the number-theoretic transform | AVX2, portable |
//! | [`ristretto`] | elements of Ristretto255, all times one scalar | AVX-512 with IFMA, portable |
//!
//! The form is chosen at run time, once, and all forms give the same result: each has the portable one as its twin, and
//! a test compares the two for every form that the machine supports. What is unsafe is of two kinds only: calling
//! a function compiled for features of a processor, which [`level`] has found there, and reading or writing vectors
//! through pointers, in loops over a length that was checked. The functions that other chapters see are safe.
#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]

pub(crate) mod butterflies;
pub(crate) mod cipher;
pub(crate) mod dots;
pub(crate) mod field;
mod in_use;
mod level;
pub(crate) mod planes;
pub(crate) mod popcount;
pub(crate) mod ristretto;
pub(crate) mod subset_sums;
pub(crate) mod subsets;
pub(crate) mod tables;
pub(crate) mod transpose;

pub use in_use::KernelsInUse;
use level::Level;
use std::sync::OnceLock;

/// One form of every kernel.
struct Kernels {
    tile: popcount::Tile,
    row: popcount::Row,
    pack: planes::Pack,
    select: tables::Select,
    rotate: tables::Rotate,
    transpose: transpose::Transpose,
    low: transpose::Low,
    subsets: subsets::Add,
    butterflies: (butterflies::Transform, butterflies::Transform),
    dots: dots::Dots,
    subset_sums: subset_sums::Add,
}

impl Kernels {
    /// The form of a level. To call its functions is sound where [`Level::supported`] lists the level.
    fn at(level: Level) -> Self {
        let (tile, row) = popcount::at(level);
        let (select, rotate) = tables::at(level);
        let (transpose, low) = transpose::at(level);
        let (pack, subsets, butterflies) = (planes::at(level), subsets::at(level), butterflies::at(level));
        let (dots, subset_sums) = (dots::at(level), subset_sums::at(level));
        Self { tile, row, pack, select, rotate, transpose, low, subsets, butterflies, dots, subset_sums }
    }

    /// The widest form that this processor supports.
    fn widest() -> &'static Self {
        static WIDEST: OnceLock<Kernels> = OnceLock::new();
        WIDEST.get_or_init(|| Self::at(Level::widest()))
    }
}
