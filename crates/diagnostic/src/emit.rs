//! One function per output format; each takes the same diagnostics.

mod concise;
mod github;
mod human;
mod json;

pub use concise::concise;
pub use github::github;
pub use human::human;
pub use json::json;
