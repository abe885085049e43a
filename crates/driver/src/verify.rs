//! Outputs read back: does what was written say what was asked?
//!
//! A reader of the language, which shares nothing with the target that writes it, gives the meaning
//! of the output. The prover compares it with the question that the field map put to the rows of the
//! target's tables. So the words of the query are judged, for all events; the field map is not.

use std::collections::BTreeMap;
use std::sync::Arc;

use ::import::{Columns, Language, Reading, Shelf};
use ir::{Case, Cmp, Expr, Field, Net, Part, Pattern, Predicate, Regex, Test, normalize};
use prove::{Prover, Schema};
use serde_json::Value;
use source::{FileId, Span};
use target::{Fidelity, Kind, Output, Profile, Target};

use crate::builtin::Targets;
use crate::convert::Request;
use crate::relation::same;

/// What came of reading an output back.
#[derive(Debug, Clone, PartialEq)]
pub enum Verified {
    /// It says what was asked, or errs only in the direction that its fidelity names.
    Proved,
    /// It does not, and this event of the target's tables shows it.
    Differs {
        /// The event.
        event: Value,
        /// Whether the output matches it; the rule's question has the other answer.
        output: bool,
    },
    /// It could not be decided.
    Unknown(String),
}

impl Verified {
    /// The word of the command line.
    pub fn word(&self) -> &'static str {
        match self {
            Verified::Proved => "proved",
            Verified::Differs { .. } => "differs",
            Verified::Unknown(_) => "unknown",
        }
    }

    /// Why it is not proved, as a sentence without its full stop.
    pub fn reason(&self) -> Option<String> {
        match self {
            Verified::Proved => None,
            Verified::Differs { event, output } => {
                let how = if *output { "matches" } else { "does not match" };
                Some(format!("the output {how} {event}, and the rule says otherwise"))
            }
            Verified::Unknown(why) => Some(why.clone()),
        }
    }
}

impl Request {
    /// Reads an output of this request back, and compares.
    pub fn verify(&self, output: &Output, targets: &Targets) -> Verified {
        let unknown = |why: &str| Verified::Unknown(why.to_owned());
        let Some(target) = targets.get(&self.target) else { return unknown("no such target") };
        let Some(profile) = target.profile(&self.profile) else {
            return unknown("no such profile");
        };
        let Some(language) = target.manifest.reader.as_deref().and_then(Language::get) else {
            return unknown("the target names no reader of its language");
        };
        let columns = Columns::of(profile);
        let read = language.documents(&output.text, FileId::FIRST, &columns, &mut Shelf::default());
        let query = match read.map(|mut it| (it.pop(), it.pop())) {
            Ok((Some(document), None)) => document.query,
            Ok(_) => return unknown("it is not one query"),
            Err(problems) => Err(problems),
        };
        let query = match query {
            Ok(Reading::Event(it)) => it,
            Ok(Reading::Chain(_)) => return unknown("it is about several events"),
            Err(problems) => {
                let why = problems.first().map_or("nothing was read", |it| it.message.as_str());
                return Verified::Unknown(format!("it can't be read back: {why}"));
            }
        };
        for (key, found) in &query.place {
            let wanted = output.source.get(*key).and_then(Value::as_str);
            if wanted.is_some_and(|it| it != found) {
                let why = format!("its {key} reads `{found}`, which is not the profile's");
                return Verified::Unknown(why);
            }
        }
        let plain = |it: Expr| normalize(numbers_as_text(it), &mut Vec::new());
        let (asked, read) = (plain(profile.in_rows(&output.asked)), plain(query.expr));
        compare(&asked, &read, output.said, target, profile)
    }
}

/// Whether `read` stands to `asked` as `fidelity` says.
pub(crate) fn compare(
    asked: &Expr,
    read: &Expr,
    fidelity: Fidelity,
    target: &Target,
    profile: &Profile,
) -> Verified {
    if same(asked, read) {
        return Verified::Proved;
    }
    let mut questions = Vec::new();
    if matches!(fidelity, Fidelity::Exact | Fidelity::Wider) {
        questions.push((asked, read, false));
    }
    if matches!(fidelity, Fidelity::Exact | Fidelity::Narrower) {
        questions.push((read, asked, true));
    }
    if questions.is_empty() {
        let why = "it may match more and less, so there is nothing to prove";
        return Verified::Unknown(why.to_owned());
    }
    let plain = |name: &str| {
        matches!(profile.column(name).0, Kind::Number | Kind::Bool | Kind::Ip | Kind::Date)
    };
    let schema = Schema::new(|name| !target.manifest.single && !plain(name));
    let mut prover = Prover::new(&schema);
    let rows = rows(&[asked, read], target, profile);
    let mut res = Verified::Proved;
    for (one, other, output) in questions {
        // What is true of all events is true of rows; and fewer tests are decided more often.
        if prover.ask(&[(one, true), (other, false)]).is_proved() {
            continue;
        }
        match prover.ask(&[(one, true), (other, false), (&rows, true)]) {
            prove::Verdict::Proved(_) => {}
            prove::Verdict::Differs(it) => return Verified::Differs { event: it.event, output },
            prove::Verdict::Unknown(why) => res = Verified::Unknown(why.to_string()),
        }
    }
    res
}

/// The expression with each test for a number as one for its text: rows spell a number in one way.
fn numbers_as_text(expr: Expr) -> Expr {
    let all = |parts: Vec<Expr>| parts.into_iter().map(numbers_as_text).collect();
    match expr {
        Expr::All(parts) => Expr::All(all(parts)),
        Expr::Any(parts) => Expr::Any(all(parts)),
        Expr::Not(part) => Expr::Not(Box::new(numbers_as_text(*part))),
        Expr::Test(Test { field, predicate: Predicate::Number(Cmp::Eq, number), span }) => {
            let text = Pattern::literal(number.to_string());
            Expr::Test(Test { field, predicate: Predicate::Text(text, Case::Sensitive), span })
        }
        it => it,
    }
}

/// What is true of every row of the tables, as far as the two expressions ask about it.
///
/// A column of numbers, booleans or addresses holds these, spelled in one way. A number that is kept
/// as text is spelled as the meaning spells numbers. No column holds an object.
fn rows(exprs: &[&Expr], target: &Target, profile: &Profile) -> Expr {
    let span = Span::new(FileId::FIRST, 0, 0);
    let mut fields: BTreeMap<Arc<str>, Vec<&Predicate>> = BTreeMap::new();
    for expr in exprs {
        expr.for_each_test(&mut |it| {
            if let Predicate::Field(other, ..) = &it.predicate {
                fields.entry(other.clone()).or_default().push(&it.predicate);
            }
            if let Field::Named(name) = &it.field {
                fields.entry(name.clone()).or_default().push(&it.predicate);
            }
        });
    }
    let mut parts = Vec::new();
    for (name, predicates) in fields {
        let test = |predicate: Predicate| {
            Expr::Test(Test { field: Field::Named(name.clone()), predicate, span })
        };
        let or_none = |it: Vec<Predicate>| {
            let all = it.into_iter().chain([Predicate::Null]).map(test);
            Expr::any(all.collect())
        };
        if predicates.iter().any(|it| matches!(it, Predicate::Exists)) {
            parts.push(Expr::all(vec![test(Predicate::Exists), test(Predicate::Null)]).not());
        }
        match profile.column(&name).0 {
            Kind::Number => parts.extend(regex(PLAIN_NUMBER).map(|it| or_none(vec![it]))),
            Kind::Bool => parts.push(or_none(vec![Predicate::Bool(true), Predicate::Bool(false)])),
            Kind::Ip => {
                parts.extend(Net::parse("::/0").map(|it| or_none(vec![Predicate::Net(it)])))
            }
            kind => {
                // A list without elements is missing, and so is what two columns are compared in.
                let compared = predicates.iter().any(|it| matches!(it, Predicate::Field(..)));
                if target.manifest.empty_text.is_some() && (kind == Kind::Joined || compared) {
                    parts.push(test(Predicate::Text(Pattern::default(), Case::Sensitive)).not());
                }
                if predicates.iter().any(|it| matches!(it, Predicate::Null)) {
                    let any = Pattern::new([Part::Run]);
                    parts.push(or_none(vec![Predicate::Text(any, Case::Insensitive)]));
                }
                if predicates.iter().any(|it| matches!(it, Predicate::Number(..))) {
                    parts.extend(regex(ODD_NUMBER).map(|it| test(it).not()));
                }
            }
        }
    }
    Expr::all(parts)
}

/// A number as the meaning spells it.
const PLAIN_NUMBER: &str = r"\A(?:0|-?[1-9][0-9]*|-?(?:0|[1-9][0-9]*)\.[0-9]*[1-9])\z";
/// A number in JSON's way that the meaning spells otherwise.
const ODD_NUMBER: &str = r"\A(?:-0|-?[0-9]+\.[0-9]*0|-?[0-9]+(?:\.[0-9]+)?[eE][+-]?[0-9]+)\z";

fn regex(text: &str) -> Option<Predicate> {
    Some(Predicate::Regex(Arc::new(Regex::new(text, false, false, false).ok()?)))
}
