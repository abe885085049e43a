//! What a question comes to.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

/// The answer to a question about all events.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It is so for every event, on these grounds.
    Proved(Grounds),
    /// It is not so for this event.
    Differs(Witness),
    /// It could not be decided.
    Unknown(Unknown),
}

/// How the meaning of one expression, the new one, stands to that of another, the old one.
#[derive(Debug, Clone, PartialEq)]
pub enum Relation {
    /// They match the same events.
    Same(Grounds),
    /// The new one matches all that the old one did, and this.
    Wider(Witness),
    /// The new one matches less than the old one: no longer this.
    Narrower(Witness),
    /// The new one matches something that the old one did not, and not all that it did.
    Changed {
        /// An event that only the new one matches.
        gained: Witness,
        /// An event that only the old one matches.
        lost: Witness,
    },
    /// It could not be decided.
    Unknown {
        /// An event that only the new one matches, if one is known.
        gained: Option<Witness>,
        /// An event that only the old one matches, if one is known.
        lost: Option<Witness>,
        /// Why the rest is not known.
        why: Unknown,
    },
}

/// What a proof takes for granted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grounds {
    /// Fields of which the proof uses that they hold at most one value, and no object.
    pub single: Vec<Arc<str>>,
}

/// An event that shows a difference. The matcher was asked, and confirms it.
#[derive(Debug, Clone, PartialEq)]
pub struct Witness {
    /// The event.
    pub event: Value,
}

/// Why something could not be decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unknown {
    /// An expression can't be evaluated at all.
    Unmatchable(matcher::Unmatchable),
    /// The budget of steps was used up.
    Budget,
    /// A test compares two fields, and no values were found for them.
    Fields,
    /// Numbers, addresses or a regular expression are mixed with other tests of the same field in
    /// a way that is not followed exactly.
    Inexact,
    /// The matcher does not confirm the event that was found.
    Unconfirmed,
}

impl Verdict {
    /// Whether it is proved.
    pub fn is_proved(&self) -> bool {
        matches!(self, Verdict::Proved(_))
    }

    /// The event that shows a difference.
    pub fn witness(&self) -> Option<&Witness> {
        match self {
            Verdict::Differs(it) => Some(it),
            _ => None,
        }
    }
}

impl fmt::Display for Grounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.single.as_slice() {
            [] => f.write_str("whatever the fields hold"),
            [one] => write!(f, "if `{one}` holds at most one value"),
            many => {
                let names: Vec<String> = many.iter().map(|it| format!("`{it}`")).collect();
                write!(f, "if each of {} holds at most one value", names.join(", "))
            }
        }
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unknown::Unmatchable(it) => it.fmt(f),
            Unknown::Budget => f.write_str("it takes more steps than are allowed"),
            Unknown::Fields => f.write_str("a test compares two fields"),
            Unknown::Inexact => f.write_str(
                "numbers, addresses or a large regular expression are mixed with other tests of \
                 the same field",
            ),
            Unknown::Unconfirmed => f.write_str("the matcher does not confirm what was found"),
        }
    }
}
