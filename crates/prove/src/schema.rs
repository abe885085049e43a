//! What is known of fields, and how much may be spent on a question.

use std::fmt;

/// What fields hold.
///
/// A field that holds one value holds nothing, `null`, or one text, number or boolean. Any other
/// field holds anything: several values, or objects. A rule may well be impossible for the former
/// and possible for the latter, so answers say which fields they take to be single.
pub struct Schema<'a> {
    many: Box<dyn Fn(&str) -> bool + 'a>,
}

impl<'a> Schema<'a> {
    /// Every field holds one value.
    pub fn single() -> Schema<'static> {
        Schema { many: Box::new(|_| false) }
    }

    /// Every field may hold anything: what is proved then is so for all events.
    pub fn many() -> Schema<'static> {
        Schema { many: Box::new(|_| true) }
    }

    /// A field holds several values when the function says so.
    pub fn new(many: impl Fn(&str) -> bool + 'a) -> Schema<'a> {
        Schema { many: Box::new(many) }
    }

    /// Whether the field may hold several values.
    pub fn is_many(&self, field: &str) -> bool {
        (self.many)(field)
    }
}

impl fmt::Debug for Schema<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schema").finish_non_exhaustive()
    }
}

impl Default for Schema<'_> {
    fn default() -> Self {
        Schema::single()
    }
}

/// How much may be spent. Counted in steps, so that the answer does not depend on the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Branches of one product of automata.
    pub per_product: usize,
    /// Branches of all products of one question.
    pub per_question: usize,
    /// Assignments that one question may try.
    pub rounds: usize,
    /// Conflicts of the SAT solver in one question.
    pub conflicts: usize,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget { per_product: 20_000, per_question: 100_000, rounds: 20_000, conflicts: 200_000 }
    }
}
