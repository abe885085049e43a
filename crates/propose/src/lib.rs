//! Events to try a rule with: small ones, that look like those of its log source.
//!
//! Knows: how values of well-known fields look, and how to make them pass tests.
//! Does not know: YAML, what an example is for.
//!
//! A plan says which tests an event is to pass. It is read off the expressions, and where that fails,
//! off an event of the prover, which exists whenever an event does. Values are then tried that look
//! like those of the field.
//!
//! **Invariant:** every event is confirmed by `matcher`.

mod field;
mod path;
mod plan;
mod sample;
mod value;
mod world;

use ir::{Expr, LogSource};
use matcher::Matcher;
use prove::{Prover, Schema, Verdict};
use serde_json::Value;
use source::Span;

use crate::plan::Plan;
use crate::world::World;

pub use plan::{Flat, nest};

/// What an event must do.
#[derive(Debug)]
pub struct Wish<'a> {
    /// Expressions, and whether each is to be true of it.
    pub goals: Vec<(&'a Expr, bool)>,
    /// Expressions whose first alternatives the event is made of, if that is possible.
    pub made_of: Vec<&'a Expr>,
    /// Alternatives with a test at one of these places are preferred.
    pub prefer: &'a [Span],
}

/// What came of a wish.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// This event does so.
    Event(Flat),
    /// No event does.
    Never,
    /// It is not known; a sentence without its full stop.
    Unknown(String),
}

/// Makes events for the rules of one log source.
#[derive(Debug)]
pub struct Maker {
    world: World,
}

impl Maker {
    /// For the events of a log source.
    pub fn new(logsource: &LogSource) -> Maker {
        Maker { world: World::of(logsource) }
    }

    /// An event that does what is wished.
    pub fn event(&self, wish: &Wish<'_>) -> Found {
        let goals = match Goals::new(&wish.goals) {
            Ok(it) => it,
            Err(why) => return Found::Unknown(why),
        };
        let plan = Plan::of(&wish.made_of, wish.prefer, &self.world);
        if let Some(it) = plan.event(&self.world, &goals) {
            return Found::Event(it);
        }
        let mut why = None;
        // Fields of one value make the more natural event.
        for schema in [Schema::single(), Schema::many()] {
            match Prover::new(&schema).ask(&wish.goals) {
                Verdict::Differs(it) => {
                    return Found::Event(plan::dressed(
                        &it.event,
                        &wish.goals,
                        &self.world,
                        &goals,
                    ));
                }
                Verdict::Unknown(it) => why = Some(it.to_string()),
                Verdict::Proved(_) => why = None,
            }
        }
        why.map_or(Found::Never, Found::Unknown)
    }

    /// The event with another value in one field, so that it does what is wished; and that field.
    ///
    /// `tests` are those that the value is to fail. The last field that can be changed is.
    pub fn near(
        &self,
        event: &Flat,
        tests: &[&Expr],
        goals: &[(&Expr, bool)],
    ) -> Option<(Flat, String)> {
        let goals = Goals::new(goals).ok()?;
        plan::near(event, tests, &self.world, &goals)
    }
}

/// Goals, ready to be asked about events.
#[derive(Debug)]
pub(crate) struct Goals(Vec<(Matcher, bool)>);

impl Goals {
    fn new(goals: &[(&Expr, bool)]) -> Result<Goals, String> {
        let ready = |(expr, wanted): &(&Expr, bool)| {
            Matcher::new(expr).map(|it| (it, *wanted)).map_err(|it| it.reason)
        };
        goals.iter().map(ready).collect::<Result<_, _>>().map(Goals)
    }

    /// Whether the event does all of it.
    pub(crate) fn hold(&self, event: &Flat) -> bool {
        let event = event.flat();
        self.0.iter().all(|(it, wanted)| it.matches(&event) == *wanted)
    }

    pub(crate) fn hold_nested(&self, event: &Value) -> bool {
        self.0.iter().all(|(it, wanted)| it.matches(event) == *wanted)
    }
}
