//! A rule's own examples, run on the matcher.

use ir::Fixture;
use source::Span;

use crate::load::LoadedRule;

/// What came of one example.
#[derive(Debug, Clone)]
pub struct FixtureResult<'a> {
    /// The example.
    pub fixture: &'a Fixture,
    /// Whether the rule matched.
    pub matched: bool,
    /// Each test of the rule in order, and whether it passed.
    pub why: Vec<(Span, bool)>,
}

impl FixtureResult<'_> {
    /// Whether the rule did what the example says.
    pub fn passed(&self) -> bool {
        self.matched == self.fixture.matches
    }
}

/// Runs a rule's examples; `None` when the rule can't be matched at all.
pub fn run_fixtures(rule: &LoadedRule) -> Option<Vec<FixtureResult<'_>>> {
    let lowered = rule.lowered.as_ref()?;
    let matcher = matcher::Matcher::new(&lowered.rule.expr).ok()?;
    let run = |fixture| {
        let fixture: &Fixture = fixture;
        let matched = matcher.matches(&fixture.event);
        FixtureResult { fixture, matched, why: matcher.why(&fixture.event) }
    };
    Some(lowered.rule.fixtures.iter().map(run).collect())
}

/// Whether a rule matches an event, and which of its tests held; `None` when the rule can't be
/// matched at all.
pub fn why(rule: &lower::Lowered, event: &serde_json::Value) -> Option<(bool, Vec<(Span, bool)>)> {
    let matcher = matcher::Matcher::new(&rule.rule.expr).ok()?;
    Some((matcher.matches(event), matcher.why(event)))
}
