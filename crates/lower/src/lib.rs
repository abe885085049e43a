//! From the written rule to its meaning: modifiers, lists, wildcards and names go away.
//!
//! Knows: what each modifier does to a value, what a condition selects.
//! Does not know: targets, field maps.

mod codes;
mod condition;
mod correlation;
mod draft;
mod encode;
mod filter;
mod item;
mod modifier;
mod rule;
mod text;

pub use codes::CODES;
pub use correlation::{Known, MOST_MEMBERS, Related, correlations};
pub use draft::{Detection, Draft, Item, Value};
pub use filter::{Filter, apply, filter};
pub use modifier::{MODIFIERS, Modifier};
pub use rule::{Lowered, draft, finish, logsource, lower, meta, selection};
pub use text::parse_pattern;
