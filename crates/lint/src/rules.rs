//! The lints, by name. Written by `cargo xtask codegen`.

mod no_difference;
mod unused_selection;

use crate::Lint;

/// Every lint.
#[rustfmt::skip]
pub static LINTS: &[&Lint] = &[
    &no_difference::LINT,
    &unused_selection::LINT,
];
