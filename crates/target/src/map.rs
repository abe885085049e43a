//! Fields and log source in a profile's words.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use diagnostic::{Diagnostic, nearest};
use ir::{Case, Expr, Field, Part, Pattern, Predicate, Rule, Shape, Test, normalize};
use serde_json::Value;
use source::Span;

use crate::adapt::{IN_ALL_OF_IT, adapt};
use crate::carry::start;
use crate::codes::{NO_COLUMN, NO_SOURCE};
use crate::legal::{Effect, Note};
use crate::profile::{FieldSpec, Form, Options, Profile, SourceSpec, Where};

/// A rule's expression over columns.
pub struct Mapped<'a> {
    /// Fields are columns now.
    pub expr: Expr,
    /// The log source's place.
    pub source: Option<&'a SourceSpec>,
    /// What the map could not carry exactly.
    pub notes: Vec<Note>,
    /// The field that each column was first asked for.
    pub asked_as: BTreeMap<String, String>,
}

/// Maps a rule.
pub fn map<'a>(
    rule: &Rule,
    profile: &'a Profile,
    target: &str,
    options: &Options,
) -> Result<Mapped<'a>, Vec<Diagnostic>> {
    let source = profile.source(rule);
    if source.is_none() && !profile.any_source {
        return Err(vec![no_source(rule, profile, target)]);
    }
    let mut mapper = Mapper {
        profile,
        source,
        rule,
        target,
        options,
        notes: Vec::new(),
        problems: Vec::new(),
        asked_as: BTreeMap::new(),
    };
    let expr = mapper.expr(&rule.expr, false);
    if !mapper.problems.is_empty() {
        return Err(mapper.problems);
    }
    if let Some((source, effect)) = source.and_then(|it| Some((it, profile.effect_of(it, &expr)?)))
    {
        let span = rule.logsource.span.unwrap_or(rule.span);
        let note = Note { effect, reason: source.reason.clone(), span };
        mapper.notes.insert(0, note);
    }
    let mut parts: Vec<Expr> = source
        .map(|it| condition(&it.condition, rule.logsource.span.unwrap_or(rule.span)))
        .into_iter()
        .collect();
    parts.push(expr);
    // What the profile adds may stand in the rule already; that is no finding.
    let expr = normalize(Expr::all(parts), &mut Vec::new());
    Ok(Mapped { expr, source, notes: mapper.notes, asked_as: mapper.asked_as })
}

/// The one column that holds the very values of a field, and how it differs if it does.
///
/// # Errors
///
/// Why there is none, as a sentence without its full stop.
pub fn value_column(
    rule: &Rule,
    profile: &Profile,
    options: &Options,
    field: &str,
) -> Result<(String, Option<(Effect, String)>), String> {
    let source = profile.source(rule);
    let spec = profile.field(rule, source, field, options);
    let spec = spec.ok_or_else(|| "the profile has no column for it".to_owned())?;
    let plain = |columns: &[String]| match columns {
        [one] => Ok(one.clone()),
        [] => Err("it has no column of its own".to_owned()),
        many => Err(format!("it is in {} columns", many.len())),
    };
    let (column, note) = match &*spec {
        FieldSpec::One(it) => (it.clone(), None),
        FieldSpec::Many(it) => (plain(it)?, None),
        FieldSpec::Long(it) => {
            let same = it.values.is_empty()
                && it.prefixes.is_empty()
                && it.form.is_none()
                && it.split.is_none()
                && it.keyed.is_empty()
                && it.cases.is_empty()
                && it.tail.is_none();
            if !same {
                return Err("its values are written in another way there".to_owned());
            }
            (plain(&it.columns)?, it.effect.map(|effect| (effect, it.reason.clone())))
        }
    };
    let known = profile.column(&column).1;
    let note = note.or(known.and_then(|it| Some((it.effect?, it.reason.clone()))));
    match known.and_then(|it| it.max_length) {
        Some(most) => Err(format!("the column holds at most {most} characters")),
        None => Ok((column, note)),
    }
}

fn no_source(rule: &Rule, profile: &Profile, target: &str) -> Diagnostic {
    let span = rule.logsource.span.unwrap_or(rule.span);
    let message = match profile.absent(rule) {
        Some(reason) => reason.to_owned(),
        None => format!("`{target}/{}` has no source for {}", profile.name, rule.logsource.key()),
    };
    Diagnostic::warning(&NO_SOURCE, span, message, "the profile has no place for these events")
        .with_help(format!("choose another profile of `{target}`, or leave it out: `targets: {{ {target}: {{ skip: true, reason: ... }} }}`"))
}

struct Mapper<'a> {
    profile: &'a Profile,
    source: Option<&'a SourceSpec>,
    rule: &'a Rule,
    target: &'a str,
    options: &'a Options,
    notes: Vec<Note>,
    problems: Vec<Diagnostic>,
    asked_as: BTreeMap<String, String>,
}

impl<'a> Mapper<'a> {
    fn expr(&mut self, expr: &Expr, negated: bool) -> Expr {
        match expr {
            Expr::All(parts) => Expr::all(parts.iter().map(|it| self.expr(it, negated)).collect()),
            Expr::Any(parts) => Expr::any(parts.iter().map(|it| self.expr(it, negated)).collect()),
            Expr::Not(part) => self.expr(part, !negated).not(),
            Expr::Const(it) => Expr::Const(*it),
            Expr::Test(test) => self.test(test, negated),
        }
    }

    fn note(&mut self, effect: Effect, reason: &str, span: Span, negated: bool) {
        let note = Note { effect: effect.flip(negated), reason: reason.to_owned(), span };
        // The place differs most often, so it is compared first.
        let known = |it: &Note| it.span == note.span && *it == note;
        if !self.notes.iter().any(known) {
            self.notes.push(note);
        }
    }

    fn test(&mut self, test: &Test, negated: bool) -> Expr {
        let Field::Named(name) = &test.field else { return self.keyword(test, negated) };
        let Some(spec) = self.find(name, test.span) else { return Expr::Const(false) };
        let long = match &*spec {
            FieldSpec::One(it) => return self.columns(std::slice::from_ref(it), test, negated),
            FieldSpec::Many(many) => return self.columns(many, test, negated),
            FieldSpec::Long(it) => it,
        };
        let tail = long.tail.as_ref().filter(|_| match &test.predicate {
            Predicate::Text(pattern, _) => pattern.shape() != Shape::Anything,
            _ => false,
        });
        if let Some(tail) = tail {
            self.note(Effect::Wider, &tail.reason, test.span, negated);
        } else if let Some(effect) = long.effect {
            self.note(effect, &long.reason, test.span, negated);
        }
        if let Some(present) = &long.present {
            let asks = match &test.predicate {
                Predicate::Exists => Some(true),
                Predicate::Null => Some(false),
                Predicate::Text(it, _) if it.shape() == Shape::Anything => Some(true),
                _ => None,
            };
            match asks {
                Some(true) => return condition(present, test.span),
                Some(false) => return condition(present, test.span).not(),
                None => {}
            }
        }
        if long.closed && !named(&long.cases, test) {
            self.no_column(name, test.span, "events with this value are not in the table");
            return Expr::Const(false);
        }
        if !long.cases.is_empty() && !named(&long.cases, test) {
            let reason = format!("`{name}` has no such value there, so nothing matches this");
            self.note(Effect::Narrower, &reason, test.span, negated);
        }
        if !long.cases.is_empty() {
            return cases(&long.cases, test);
        }
        let inside = long.form == Some(Form::Inside);
        let in_json = |it: &Predicate| {
            use Predicate::{Exists, Null, Regex, Text};
            matches!(it, Text(..) | Regex(_) | Null | Exists)
        };
        if inside && !in_json(&test.predicate) {
            self.no_column(name, test.span, "it is a part of a text there");
            return Expr::Const(false);
        }
        // JSON that is there may have other values only.
        match &test.predicate {
            Predicate::Exists if inside => {
                self.note(Effect::Wider, IN_ALL_OF_IT, test.span, negated);
            }
            Predicate::Null if inside => {
                self.note(Effect::Narrower, IN_ALL_OF_IT, test.span, negated);
            }
            _ => {}
        }
        if matches!(test.predicate, Predicate::Regex(_))
            && (inside || !(long.prefixes.is_empty() && long.parts.is_empty()))
        {
            let reason = "values are spelled otherwise there, and the expression is asked of that";
            self.note(Effect::Narrower, reason, test.span, negated);
            self.note(Effect::Wider, reason, test.span, negated);
        }
        let mut test = test.clone();
        let mut columns = long.columns.clone();
        let mut also = Vec::new();
        if let Predicate::Text(pattern, case) = &mut test.predicate {
            match adapt(pattern, *case, long) {
                Ok(it) => {
                    *pattern = it.pattern;
                    also = it.also.into_iter().map(|it| Predicate::Text(it, *case)).collect();
                    for (effect, reason) in &it.costs {
                        self.note(*effect, reason, test.span, negated);
                    }
                    columns = it.column.map_or(columns, |it| vec![it]);
                }
                Err(reason) => {
                    self.no_column(name, test.span, &reason);
                    return Expr::Const(false);
                }
            }
        }
        if columns.is_empty() {
            let reason = match long.keyed.is_empty() {
                true => "only whether it is there can be asked",
                false => "its parts have columns of their own",
            };
            self.no_column(name, test.span, reason);
            return Expr::Const(false);
        }
        let also = also.into_iter().map(|predicate| Test { predicate, ..test.clone() });
        let all = std::iter::once(test.clone()).chain(also);
        let mut parts: Vec<Expr> = all.map(|it| self.columns(&columns, &it, negated)).collect();
        if let Some(tail) = tail {
            let predicate = test.predicate.clone();
            let test = |name: &str, predicate: Predicate| {
                let field = Field::Named(Arc::from(name));
                Expr::Test(Test { field, predicate, span: test.span })
            };
            let most = i128::try_from(columns.len().saturating_sub(1)).unwrap_or_default();
            let longer = Predicate::Number(ir::Cmp::Gt, ir::Number::Int(most));
            let found = test(&tail.column, predicate);
            parts.push(Expr::all(vec![test(&tail.count, longer), found]));
        }
        Expr::any(parts)
    }

    fn no_column(&mut self, name: &str, span: Span, reason: &str) {
        let target = self.target;
        let message = format!("`{target}` can't ask this of the field `{name}`: {reason}");
        self.problems.push(
            Diagnostic::error(
                &NO_COLUMN,
                span,
                message,
                "this has no counterpart in the profile's columns",
            )
            .with_help(format!("rewrite the test, or leave `{target}` out of this rule's targets")),
        );
    }

    /// A keyword, asked of the columns that the rule's option `keywords` or the source names for it.
    fn keyword(&mut self, test: &Test, negated: bool) -> Expr {
        let chosen: Vec<String> = match self.options.get("keywords") {
            Some(Value::Array(names)) => {
                names.iter().filter_map(|it| it.as_str().map(str::to_owned)).collect()
            }
            Some(Value::String(name)) => vec![name.clone()],
            _ => Vec::new(),
        };
        let columns = match self.source {
            Some(source) if chosen.is_empty() => source.keywords.as_slice(),
            _ => chosen.as_slice(),
        };
        if columns.is_empty() {
            return Expr::Test(test.clone());
        }
        let reason = format!("keywords are looked for in {} only", columns.join(", "));
        self.note(Effect::Narrower, &reason, test.span, negated);
        self.columns(columns, test, negated)
    }

    /// The field's columns, or a diagnostic.
    fn find(&mut self, name: &str, span: Span) -> Option<Cow<'a, FieldSpec>> {
        if let Some(spec) = self.profile.field(self.rule, self.source, name, self.options) {
            return Some(spec);
        }
        let groups = self.source.map(|it| it.fields.as_slice()).unwrap_or_default();
        if !self.problems.iter().any(|it| it.primary.text.contains(&format!("`{name}`"))) {
            let known =
                groups.iter().filter_map(|it| self.profile.groups.get(it)).flat_map(|it| it.keys());
            let help = match nearest(name, known.map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!(
                    "choose another profile, or leave `{}` out of this rule's targets",
                    self.target
                ),
            };
            self.problems.push(
                Diagnostic::error(
                    &NO_COLUMN,
                    span,
                    format!("`{}` has no column for the field `{name}`", self.target),
                    format!(
                        "`{name}` is not in the profile's map for {}",
                        self.rule.logsource.key()
                    ),
                )
                .with_help(help),
            );
        }
        None
    }

    fn columns(&mut self, columns: &[String], test: &Test, negated: bool) -> Expr {
        let parts = columns.iter().map(|it| self.column(it, test, negated)).collect();
        // A field holds no value when none of its columns does.
        if matches!(test.predicate, Predicate::Null) { Expr::all(parts) } else { Expr::any(parts) }
    }

    fn column(&mut self, name: &str, test: &Test, negated: bool) -> Expr {
        if let Field::Named(field) = &test.field
            && !self.asked_as.contains_key(name)
        {
            self.asked_as.insert(name.to_owned(), field.to_string());
        }
        let mut test = Test { field: Field::Named(Arc::from(name)), ..test.clone() };
        let profile = self.profile;
        if let (_, Some(column)) = profile.column(name) {
            if let Some(effect) = column.effect {
                self.note(effect, &column.reason, test.span, negated);
            }
            if column.empty_when_missing && passes(&test, "") {
                let reason = format!("`{name}` is an empty text where there is no value");
                self.note(Effect::Wider, &reason, test.span, negated);
            }
            if let Some(most) = column.max_length
                && let Predicate::Text(pattern, _) = &mut test.predicate
                && let Some(short) = cut(pattern, most)
            {
                *pattern = short;
                let reason = format!(
                    "`{name}` holds at most {most} characters, so longer values look alike"
                );
                self.note(Effect::Wider, &reason, test.span, negated);
            }
        }
        if let Predicate::Field(other, _, _) = &mut test.predicate {
            let spec = self.find(&other.clone(), test.span);
            let column = spec.as_deref().and_then(|it| match it {
                FieldSpec::One(it) => Some(it),
                FieldSpec::Many(it) if it.len() == 1 => it.first(),
                FieldSpec::Long(it) if it.columns.len() == 1 => it.columns.first(),
                _ => None,
            });
            if let Some(column) = column {
                *other = Arc::from(column.as_str());
            }
        }
        Expr::Test(test)
    }
}

/// The first `most` bytes of an exact text, when it is longer.
fn cut(pattern: &Pattern, most: usize) -> Option<Pattern> {
    let Shape::Exact(text) = pattern.shape() else { return None };
    if text.len() <= most {
        return None;
    }
    Some(Pattern::literal(start(text, most)))
}

/// Whether some case passes the test, or it asks for no value in particular.
fn named(cases: &BTreeMap<String, Where>, test: &Test) -> bool {
    matches!(test.predicate, Predicate::Exists | Predicate::Null)
        || cases.keys().any(|it| passes(test, it))
}

/// Whether a value, as text, passes a test.
fn passes(test: &Test, value: &str) -> bool {
    match &test.predicate {
        Predicate::Text(pattern, case) => matcher::covers(pattern, value, *case),
        Predicate::Exists => true,
        Predicate::Bool(it) => value.eq_ignore_ascii_case(if *it { "true" } else { "false" }),
        Predicate::Number(cmp, number) => {
            ir::Number::parse(value).is_some_and(|it| cmp.holds(it.cmp(number)))
        }
        Predicate::Regex(_) => asked_alone(test, value),
        _ => false,
    }
}

/// Whether an expression plainly can't be true unless one of the conditions is.
pub(crate) fn implies(expr: &Expr, conditions: &Where) -> bool {
    match expr {
        Expr::All(parts) => parts.iter().any(|it| implies(it, conditions)),
        Expr::Any(parts) => parts.iter().all(|it| implies(it, conditions)),
        Expr::Const(it) => !it,
        Expr::Not(_) => false,
        Expr::Test(test) => conditions.iter().any(|(key, value)| {
            let (column, modifier) = key.split_once('|').unwrap_or((key, ""));
            if !matches!(&test.field, Field::Named(it) if **it == *column) {
                return false;
            }
            match (modifier, &test.predicate) {
                ("exists", Predicate::Text(pattern, case)) => !matcher::covers(pattern, "", *case),
                ("exists", Predicate::Regex(it)) => {
                    it.hir().properties().minimum_len().is_some_and(|it| it > 0)
                }
                ("exists", it) => !matches!(it, Predicate::Null),
                ("contains", Predicate::Text(pattern, _)) => {
                    let part = value.as_str().unwrap_or_default().to_ascii_lowercase();
                    let holds = |it: &Part| match it {
                        Part::Literal(text) => text.to_ascii_lowercase().contains(&part),
                        _ => false,
                    };
                    pattern.parts().iter().any(holds)
                }
                _ => false,
            }
        }),
    }
}

/// The meaning's own answer for one value.
fn asked_alone(test: &Test, value: &str) -> bool {
    let test = Test { field: Field::Named(Arc::from("value")), ..test.clone() };
    let event = serde_json::json!({ "value": value });
    matcher::Matcher::new(&Expr::Test(test)).is_ok_and(|it| it.matches(&event))
}

/// A test on a field with a fixed set of values: the conditions of those that pass.
fn cases(cases: &BTreeMap<String, Where>, test: &Test) -> Expr {
    let all = cases.iter();
    if matches!(test.predicate, Predicate::Null) {
        return Expr::any(all.map(|(_, it)| condition(it, test.span)).collect()).not();
    }
    Expr::any(
        all.filter(|(value, _)| passes(test, value))
            .map(|(_, it)| condition(it, test.span))
            .collect(),
    )
}

/// A condition of a profile as an expression over columns.
pub fn condition(entries: &Where, span: Span) -> Expr {
    let parts = entries.iter().map(|(key, value)| {
        let mut pieces = key.split('|');
        let field = Field::Named(Arc::from(pieces.next().unwrap_or_default()));
        let modifiers: Vec<&str> = pieces.collect();
        let has = |it: &str| modifiers.contains(&it);
        let case = if has("cased") { Case::Sensitive } else { Case::Insensitive };
        let one = |value: &Value| {
            let predicate = match value {
                Value::Bool(true) if has("exists") => Predicate::Exists,
                Value::Null => Predicate::Null,
                Value::Bool(it) => Predicate::Bool(*it),
                Value::Number(it) => match ir::Number::parse(&it.to_string()) {
                    Some(number) => Predicate::Number(ir::Cmp::Eq, number),
                    None => Predicate::Null,
                },
                other => {
                    let text = other.as_str().unwrap_or_default();
                    let pattern =
                        Pattern::new(text.split('*').enumerate().flat_map(|(idx, it)| {
                            let run = (idx > 0).then_some(Part::Run);
                            run.into_iter().chain([Part::Literal(it.to_owned())])
                        }));
                    let contains = has("contains");
                    Predicate::Text(
                        pattern.open(contains || has("endswith"), contains || has("startswith")),
                        case,
                    )
                }
            };
            Expr::Test(Test { field: field.clone(), predicate, span })
        };
        let expr = match value {
            Value::Array(items) => Expr::any(items.iter().map(one).collect()),
            it => one(it),
        };
        if has("neq") { expr.not() } else { expr }
    });
    Expr::all(parts.collect())
}
