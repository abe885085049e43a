//! Examples run through a target's field map.
//!
//! The event is carried into the columns of a profile, and the rule's question about these columns is
//! asked by the matcher. That judges the map: fields, values, kinds, and what a log source adds. It
//! does not judge the words of the query, which only an engine of the language can.

use serde_json::Value;
use target::Fidelity;

use crate::builtin::Targets;
use crate::convert::Request;
use crate::load::LoadedRule;

/// What a field map makes of an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Through {
    /// The same verdict.
    Agrees,
    /// Another verdict, in the direction in which the output is said not to be exact.
    AsNoted,
    /// Another verdict, which nothing announces.
    Differs,
    /// The columns can't hold the event.
    NotCarried,
    /// The target does not say the rule.
    Refused,
}

impl Through {
    /// A word for it.
    pub fn word(self) -> &'static str {
        match self {
            Through::Agrees => "agrees",
            Through::AsNoted => "differs as noted",
            Through::Differs => "DIFFERS",
            Through::NotCarried => "can't hold it",
            Through::Refused => "refused",
        }
    }
}

impl Request {
    /// Asks the mapped rule about the carried event; `matched` is the verdict of the meaning.
    pub fn through(
        &self,
        rule: &LoadedRule,
        event: &Value,
        matched: bool,
        targets: &Targets,
    ) -> Through {
        let Ok(output) = self.convert(rule, targets, false).result else {
            return Through::Refused;
        };
        let mapped = rule.lowered.as_ref().and_then(|it| {
            let expr = targets.get(&self.target)?.mapped(&it.rule, &self.profile)?;
            matcher::Matcher::new(&expr).ok()
        });
        let (Some(matcher), Some(row)) = (mapped, self.carry(rule, event, targets)) else {
            return Through::NotCarried;
        };
        match (matcher.matches(&row), matched, output.fidelity) {
            (a, b, _) if a == b => Through::Agrees,
            (_, _, Fidelity::Both) => Through::AsNoted,
            (true, false, Fidelity::Wider) => Through::AsNoted,
            (false, true, Fidelity::Narrower) => Through::AsNoted,
            _ => Through::Differs,
        }
    }
}
