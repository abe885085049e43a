//! From an expression over columns to one that the target can say, test by test.
//!
//! For every test there is a short list of ways to say it, the plainest first; the first that the
//! manifest has a template for, and whose text its tables can quote, is taken. When there is none
//! the target refuses, at the author's text.

use std::sync::Arc;

use diagnostic::{Diagnostic, Severity};
use ir::{Case, Expr, Field, Part, Pattern, Predicate, Regex, Shape, Test};
use rustc_hash::FxHashMap;

use crate::codes::{CANNOT_EXPRESS, UNQUOTABLE, UNRESOLVED_PLACEHOLDER};
use crate::flavour::{self, TOO_MUCH_WORK};
use crate::hole::{Hole, Op, Piece};
use crate::legal::{Effect, Leaf, Legal, Note};
use crate::load::Target;
use crate::manifest::{Kind, Version};
use crate::profile::Profile;
use crate::quote::{self, Unquotable};
use crate::ways::{Arg, Search, as_text, cased_ways, describe, settled, ways};

/// A test as it will be written, before neighbours are joined into lists.
struct Call<'a, 'r> {
    op: &'a Op,
    /// The op for several values, if there is one.
    list: Option<&'a Op>,
    field: String,
    arg: Arg<'r>,
    /// The test on its own, as it is written when it is joined with no other.
    leaf: Leaf,
    negated: bool,
}

enum Piecewise<'a, 'r> {
    Call(Box<Call<'a, 'r>>),
    Done(Legal),
}

/// The columns that an expression asks, sorted, with what they hold.
pub fn columns(expr: &Expr, profile: &Profile) -> Vec<(String, Kind)> {
    let mut res = std::collections::BTreeMap::new();
    expr.for_each_test(&mut |test| {
        if let Field::Named(name) = &test.field {
            res.insert(name.to_string(), profile.column(name).0);
        }
    });
    res.into_iter().collect()
}

/// Columns that a query has given a name by then, each with it as it is written.
pub type Given = std::collections::BTreeMap<String, String>;

/// A column as it is written in a query.
pub fn spell(target: &Target, profile: &Profile, name: &str) -> Result<String, Unquotable> {
    let mut notes = Vec::new();
    Legalizer::new(target, profile, &Given::new(), &mut notes).spell(name)
}

/// Legalises an expression; appends what is not exact to `notes`.
pub fn legalize(
    expr: &Expr,
    target: &Target,
    profile: &Profile,
    given: &Given,
    notes: &mut Vec<Note>,
) -> Result<(Legal, Version), Vec<Diagnostic>> {
    let mut it = Legalizer::new(target, profile, given, notes);
    let res = it.expr(expr, false);
    let legal = it.finish(res);
    if it.problems.is_empty() { Ok((legal, it.since)) } else { Err(it.problems) }
}

struct Legalizer<'a> {
    target: &'a Target,
    profile: &'a Profile,
    given: &'a Given,
    notes: &'a mut Vec<Note>,
    problems: Vec<Diagnostic>,
    /// Columns already quoted: a rule asks few of them, often.
    names: FxHashMap<String, String>,
    /// The version that what is said so far needs.
    since: Version,
}

impl<'a> Legalizer<'a> {
    fn new(
        target: &'a Target,
        profile: &'a Profile,
        given: &'a Given,
        notes: &'a mut Vec<Note>,
    ) -> Legalizer<'a> {
        Legalizer {
            target,
            profile,
            given,
            notes,
            problems: Vec::new(),
            names: FxHashMap::default(),
            since: target.manifest.since,
        }
    }

    fn expr<'r>(&mut self, expr: &'r Expr, negated: bool) -> Piecewise<'a, 'r> {
        match expr {
            Expr::All(parts) => {
                let parts = parts
                    .iter()
                    .map(|it| {
                        let it = self.expr(it, negated);
                        self.finish(it)
                    })
                    .collect();
                Piecewise::Done(self.chain(parts, true))
            }
            Expr::Any(parts) => {
                let parts: Vec<Piecewise<'a, 'r>> =
                    parts.iter().map(|it| self.expr(it, negated)).collect();
                let parts = self.join(parts);
                Piecewise::Done(self.chain(parts, false))
            }
            Expr::Not(part) => {
                let part = self.expr(part, !negated);
                Piecewise::Done(match self.finish(part) {
                    Legal::Const(it) => Legal::Const(!it),
                    Legal::Not(it) => *it,
                    it => Legal::Not(Box::new(it)),
                })
            }
            Expr::Const(it) => Piecewise::Done(Legal::Const(*it)),
            Expr::Test(test) => self.test(test, negated),
        }
    }

    /// `All` or `Any` of legal parts: constants folded, long chains nested.
    fn chain(&self, parts: Vec<Legal>, all: bool) -> Legal {
        if parts.iter().any(|it| matches!(it, Legal::Const(value) if *value != all)) {
            return Legal::Const(!all);
        }
        let mut parts: Vec<Legal> =
            parts.into_iter().filter(|it| !matches!(it, Legal::Const(_))).collect();
        let wrap = |mut it: Vec<Legal>| match it.len() {
            0 => Legal::Const(all),
            1 => it.remove(0),
            _ if all => Legal::All(it),
            _ => Legal::Any(it),
        };
        if let Some(most) = self.target.manifest.limits.chain {
            while parts.len() > most {
                let mut rest = parts.into_iter();
                let mut next = Vec::new();
                loop {
                    let some: Vec<Legal> = rest.by_ref().take(most).collect();
                    if some.is_empty() {
                        break;
                    }
                    next.push(wrap(some));
                }
                parts = next;
            }
        }
        wrap(parts)
    }

    /// Neighbours with the same column and op become one list test, where the target has one.
    fn join<'r>(&mut self, parts: Vec<Piecewise<'a, 'r>>) -> Vec<Legal> {
        let mut groups: Vec<Vec<Call<'a, 'r>>> = Vec::new();
        let mut order: Vec<Result<usize, Legal>> = Vec::new();
        let mut index: FxHashMap<(String, usize), usize> = FxHashMap::default();
        for part in parts {
            match part {
                Piecewise::Done(it) => order.push(Err(it)),
                Piecewise::Call(call) => {
                    let Some(list) = call.list else {
                        order.push(Err(self.finish(Piecewise::Call(call))));
                        continue;
                    };
                    // Ops whose lists are written alike share one.
                    let at = *index.entry((call.field.clone(), list.id)).or_insert_with(|| {
                        order.push(Ok(groups.len()));
                        groups.push(Vec::new());
                        groups.len() - 1
                    });
                    groups[at].push(*call);
                }
            }
        }
        let mut groups: Vec<Option<Vec<Call<'a, 'r>>>> = groups.into_iter().map(Some).collect();
        let mut res = Vec::new();
        for place in order {
            match place {
                Err(it) => res.push(it),
                Ok(at) => res.extend(self.list(groups[at].take().unwrap_or_default())),
            }
        }
        res
    }

    fn list<'r>(&mut self, calls: Vec<Call<'a, 'r>>) -> Vec<Legal> {
        if calls.len() > 1 {
            let first = &calls[0];
            let args: Vec<&Arg<'_>> = calls.iter().map(|it| &it.arg).collect();
            if let Some(op) = first.list
                && let Ok(leaf) = self.render(op, &first.field, &args)
            {
                return vec![Legal::Leaf(self.guard(op, leaf, first.negated))];
            }
        }
        calls.into_iter().map(|it| self.finish(Piecewise::Call(Box::new(it)))).collect()
    }

    fn finish<'r>(&mut self, it: Piecewise<'a, 'r>) -> Legal {
        match it {
            Piecewise::Done(it) => it,
            Piecewise::Call(call) => Legal::Leaf(self.guard(call.op, call.leaf, call.negated)),
        }
    }

    /// Makes a test total under a negation, and encloses a loose template.
    fn guard(&mut self, op: &Op, mut leaf: Leaf, negated: bool) -> Leaf {
        self.since = self.since.max(op.spec.since);
        let around = match &self.target.manifest.total {
            Some(total) if op.spec.nullable && negated => (total.before.as_str(), &*total.after),
            _ if op.spec.loose => ("(", ")"),
            _ => return leaf,
        };
        leaf.before.insert_str(0, around.0);
        leaf.after.push_str(around.1);
        leaf
    }

    fn test<'r>(&mut self, test: &'r Test, negated: bool) -> Piecewise<'a, 'r> {
        if let Predicate::Text(pattern, _) = &test.predicate
            && let Some(name) = pattern.placeholders().next()
        {
            self.problem(
                Diagnostic::error(
                    &UNRESOLVED_PLACEHOLDER,
                    test.span,
                    format!("the placeholder `%{name}%` has no value"),
                    "nothing could match it",
                )
                .with_help(format!("give `{name}` a list of values, or remove `expand`")),
            );
            return Piecewise::Done(Legal::Const(false));
        }
        let (name, kind) = match &test.field {
            Field::Anywhere => (String::new(), Kind::Anywhere),
            Field::Named(name) => (name.to_string(), self.profile.column(name).0),
        };
        if let Some(constant) = settled(&test.predicate, kind) {
            let reason = format!("`{name}` holds no text there, so this value is never found");
            let effect = Effect::Narrower.flip(negated);
            self.notes.push(Note { effect, reason, span: test.span });
            return Piecewise::Done(Legal::Const(constant));
        }
        let column = self.profile.column(&name).1.filter(|_| kind != Kind::Anywhere);
        if let Some(column) = column {
            self.since = self.since.max(column.since);
        }
        let other = column.and_then(|it| it.networks.clone());
        let name = match (&test.predicate, other) {
            (Predicate::Net(_), Some(other)) => other,
            _ => name,
        };
        let field = match self.spell(&name) {
            Ok(it) => it,
            Err(it) => return self.unquotable(test, &it),
        };
        if let Predicate::Query(it) = &test.predicate {
            // How tightly its operators bind is not known.
            let before = format!("({})", it.with_field(&field));
            return Piecewise::Done(Legal::Leaf(Leaf { before, ..Leaf::default() }));
        }
        self.note_ascii(test, negated);
        self.note_empty(test, kind, negated);
        let mut unsaid = None;
        let mut said = ways(&test.predicate, kind);
        let folded = said.len();
        if self.target.manifest.only_cased.is_some() {
            said.extend(cased_ways(&test.predicate));
        }
        for (idx, way) in said.into_iter().enumerate() {
            let mut widened = None;
            let arg = match way.arg {
                Arg::Unbounded(regex, search) => {
                    // Only what is too much work is said otherwise, and only where that helps.
                    let Some(Unquotable(what)) = &unsaid else { continue };
                    if what != TOO_MUCH_WORK {
                        continue;
                    }
                    let Some(regex) = regex.unbounded() else { continue };
                    widened = Some(Note {
                        effect: Effect::Wider.flip(negated),
                        reason: format!(
                            "a count has no upper bound there, as `{}` would refuse the expression for its work",
                            self.target.manifest.name
                        ),
                        span: test.span,
                    });
                    Arg::Regex(Arc::new(regex), search)
                }
                Arg::AsRegex(pattern, case, search) => {
                    if self.target.op(kind, way.op).is_none() {
                        continue;
                    }
                    let text = flavour::of_pattern(&pattern);
                    if search == Search::Uncased && !text.is_ascii() {
                        continue;
                    }
                    match Regex::new(&text, case == Case::Insensitive, false, true) {
                        Ok(regex) => Arg::Regex(Arc::new(regex), search),
                        Err(_) => continue,
                    }
                }
                Arg::Other(it) => match self.spell(&it) {
                    Ok(it) => Arg::Other(it),
                    Err(it) => return self.unquotable(test, &it),
                },
                it => it,
            };
            let (op_name, not) = match way.op.strip_prefix("not ") {
                Some(it) => (it, true),
                None => (way.op, false),
            };
            let Some(op) = self.target.op(kind, op_name) else { continue };
            match self.render(op, &field, &[&arg]) {
                Ok(leaf) => {
                    let first = op.spec.effect.map(|it| (it, &op.spec.reason));
                    let also = op.spec.also.as_ref().map(|it| (it.effect, &it.reason));
                    let stated = first.into_iter().chain(also).map(|(effect, reason)| Note {
                        effect: effect.flip(negated ^ not),
                        reason: reason.clone(),
                        span: test.span,
                    });
                    let lost = self.lost(op, &arg).map(|reason| Note {
                        effect: Effect::Wider.flip(negated ^ not),
                        reason: reason.to_owned(),
                        span: test.span,
                    });
                    let lost: Vec<Note> = lost.collect();
                    let cased = self.target.manifest.only_cased.as_ref();
                    let cased = cased.filter(|_| idx >= folded).map(|reason| Note {
                        effect: Effect::Narrower.flip(negated ^ not),
                        reason: reason.clone(),
                        span: test.span,
                    });
                    for note in stated.into_iter().chain(widened).chain(cased).chain(lost) {
                        let known = |it: &Note| it.span == note.span && *it == note;
                        if !self.notes.iter().any(known) {
                            self.notes.push(note);
                        }
                    }
                    let list = self.target.list_op(kind, op_name);
                    let negated = negated ^ not;
                    let call = Call { op, list, field, arg, leaf, negated };
                    let call = Piecewise::Call(Box::new(call));
                    if not {
                        let inner = self.finish(call);
                        return Piecewise::Done(Legal::Not(Box::new(inner)));
                    }
                    return call;
                }
                Err(it) => unsaid = Some(it),
            }
        }
        if let Some(it) = unsaid {
            return self.unquotable(test, &it);
        }
        if let Predicate::Net(net) = &test.predicate
            && matches!(kind, Kind::Text | Kind::Array | Kind::Wildcard)
            && let Some(patterns) = as_text(*net)
        {
            return self.net_as_text(test, patterns, negated);
        }
        let what = describe(&test.predicate);
        let target = &self.target.manifest.name;
        let on = match kind {
            Kind::Anywhere => "anywhere in an event".to_owned(),
            _ => format!("on `{name}`"),
        };
        self.problem(
            Diagnostic::error(&CANNOT_EXPRESS, test.span, format!("`{target}` cannot express {what} {on}"), format!("the manifest of `{target}` has no op for it"))
                .with_help(format!("rewrite the test, or leave the target out: `targets: {{ {target}: {{ skip: true, reason: ... }} }}`")),
        );
        Piecewise::Done(Legal::Const(false))
    }

    /// A network asked of text: it says less than of addresses, and more than the text does.
    fn net_as_text<'r>(
        &mut self,
        test: &Test,
        patterns: Vec<Pattern>,
        negated: bool,
    ) -> Piecewise<'a, 'r> {
        let open = patterns.iter().any(|it| !matches!(it.shape(), Shape::Exact(_)));
        let tests: Vec<Test> = patterns
            .into_iter()
            .map(|it| Test { predicate: Predicate::Text(it, Case::Insensitive), ..test.clone() })
            .collect();
        let parts = tests.iter().map(|it| self.test(it, negated)).collect();
        let parts = self.join(parts);
        let mut note = |effect: Effect, reason: &str| {
            let effect = effect.flip(negated);
            self.notes.push(Note { effect, reason: reason.to_owned(), span: test.span });
        };
        if open {
            note(
                Effect::Wider,
                "the network is asked of text: what begins like one of its addresses passes",
            );
        }
        note(
            Effect::Narrower,
            "the network is asked of text: an address of it that is written otherwise (`::ffff:10.0.0.1`) does not",
        );
        Piecewise::Done(self.chain(parts, false))
    }

    /// A column as it is written in a query.
    fn spell(&mut self, name: &str) -> Result<String, Unquotable> {
        if let Some(it) = self.given.get(name) {
            return Ok(it.clone());
        }
        let Some(spelled) = self.profile.column(name).1.and_then(|it| it.spelled.as_ref()) else {
            return self.quote_name(name);
        };
        let Some((_, rest)) = self.profile.family(name) else { return Ok(spelled.clone()) };
        let parts = rest.split('.').map(|it| self.target.quote_name(it));
        Ok(spelled.replace("{rest}", &parts.collect::<Result<Vec<_>, _>>()?.join(".")))
    }

    fn quote_name(&mut self, name: &str) -> Result<String, Unquotable> {
        if let Some(known) = self.names.get(name) {
            return Ok(known.clone());
        }
        let mut quoted = self.target.quote_name(name)?;
        if let Some(mark) = &self.target.manifest.optional_name
            && !name.is_empty()
            && !self.profile.is_mapped(name)
        {
            quoted.insert_str(0, mark);
        }
        self.names.insert(name.to_owned(), quoted.clone());
        Ok(quoted)
    }

    /// Notes letters whose case the language does not fold.
    fn note_ascii(&mut self, test: &Test, negated: bool) {
        let Predicate::Text(pattern, Case::Insensitive) = &test.predicate else { return };
        let foreign = |it: &Part| match it {
            Part::Literal(text) => {
                text.chars().any(|ch| !ch.is_ascii() && (ch.is_lowercase() || ch.is_uppercase()))
            }
            _ => false,
        };
        if self.target.manifest.ascii_case && pattern.parts().iter().any(foreign) {
            let reason =
                format!("`{}` ignores the case of ASCII letters only", self.target.manifest.name);
            let effect = Effect::Narrower.flip(negated);
            self.notes.push(Note { effect, reason, span: test.span });
        }
    }

    /// Notes a test that the empty text passes, where a missing one looks the same.
    fn note_empty(&mut self, test: &Test, kind: Kind, negated: bool) {
        let Some(reason) = &self.target.manifest.empty_text else { return };
        let passes = match &test.predicate {
            // What is no text is null when it is missing.
            _ if !matches!(kind, Kind::Text | Kind::Wildcard | Kind::Joined | Kind::Any) => false,
            // The op that asks for any value has its own effect.
            Predicate::Text(it, _) if it.shape() == Shape::Anything => false,
            Predicate::Text(it, case) => matcher::covers(it, "", *case),
            Predicate::Regex(it) => it.hir().properties().minimum_len() == Some(0),
            _ => false,
        };
        if passes {
            let effect = Effect::Wider.flip(negated);
            self.notes.push(Note { effect, reason: reason.clone(), span: test.span });
        }
    }

    fn unquotable<'r>(&mut self, test: &Test, what: &Unquotable) -> Piecewise<'a, 'r> {
        let target = &self.target.manifest.name;
        self.problem(
            Diagnostic::error(
                &UNQUOTABLE,
                test.span,
                format!("`{target}` has no spelling for {}", what.0),
                "this text can't be put into a query",
            )
            .with_help("rewrite the value, or leave the target out"),
        );
        Piecewise::Done(Legal::Const(false))
    }

    fn problem(&mut self, problem: Diagnostic) {
        debug_assert!(problem.severity == Severity::Error);
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// A template filled with what one or more tests give it.
    fn render(&self, op: &Op, field: &str, args: &[&Arg<'_>]) -> Result<Leaf, Unquotable> {
        let mut res = Leaf::default();
        for piece in &op.pieces {
            let text = match piece {
                Piece::Text(it) => it.clone(),
                Piece::Field => field.to_owned(),
                Piece::Hole(hole) => {
                    let texts =
                        args.iter().map(|it| self.fill(hole, it)).collect::<Result<Vec<_>, _>>()?;
                    match &hole.separator {
                        Some(separator) if res.items.is_empty() => {
                            res.items = texts;
                            res.separator = separator.clone();
                            continue;
                        }
                        separator => texts.join(separator.as_deref().unwrap_or_default()),
                    }
                }
            };
            let end = if res.items.is_empty() { &mut res.before } else { &mut res.after };
            end.push_str(&text);
        }
        Ok(res)
    }

    /// Why the text of a test is written with a loss.
    fn lost<'t>(&'t self, op: &'t Op, arg: &Arg<'_>) -> impl Iterator<Item = &'t str> {
        let tables = &self.target.manifest.quoting;
        let pattern = match arg {
            Arg::Glob(it) => Some(it.clone()),
            _ => None,
        };
        let holes = op.pieces.iter().filter_map(|it| match it {
            Piece::Hole(hole) if matches!(hole.source.as_str(), "pattern" | "patterns") => {
                hole.filters.iter().find_map(|it| tables.get(it))
            }
            _ => None,
        });
        holes.flat_map(move |table| {
            pattern.iter().flat_map(|it| quote::lost(table, it)).collect::<Vec<_>>()
        })
    }

    fn fill(&self, hole: &Hole, arg: &Arg<'_>) -> Result<String, Unquotable> {
        let tables = &self.target.manifest.quoting;
        let mut text = match (hole.source.as_str(), arg) {
            ("pattern" | "patterns", Arg::Glob(pattern)) => {
                let Some(table) = hole.filters.iter().find_map(|it| tables.get(it)) else {
                    return Err(Unquotable("a pattern".to_owned()));
                };
                return quote::pattern(tables, table, pattern);
            }
            ("value" | "values", Arg::Glob(pattern)) => core(pattern).to_owned(),
            ("value" | "values", Arg::Number(it) | Arg::Time(_, it)) => it.to_string(),
            ("value" | "values", Arg::Bool(it)) => it.to_string(),
            ("value" | "values", Arg::Net(it)) => it.to_string(),
            ("address", Arg::Net(it)) => it.address().to_string(),
            ("bits", Arg::Net(it)) => it.bits().to_string(),
            ("unit", Arg::Time(unit, _)) => (*unit).to_owned(),
            ("other", Arg::Other(it)) => it.clone(),
            ("regex" | "regexes", Arg::Regex(regex, search)) => {
                let Some(table) = &self.target.manifest.regex else {
                    return Err(Unquotable("regular expressions".to_owned()));
                };
                flavour::print(regex, table, *search == Search::Uncased)?
            }
            (source, _) => return Err(Unquotable(format!("`{source}` of this test"))),
        };
        for filter in &hole.filters {
            match filter.as_str() {
                "num" | "raw" | "re" => {}
                "fold" => text.make_ascii_lowercase(),
                name => {
                    let Some(table) = tables.get(name) else { continue };
                    text = quote::text(tables, table, &text)?;
                }
            }
        }
        Ok(text)
    }
}

/// The literal text of a pattern that is `text`, `text*`, `*text` or `*text*`.
fn core(pattern: &Pattern) -> &str {
    match pattern.shape() {
        Shape::Exact(it) | Shape::Prefix(it) | Shape::Suffix(it) | Shape::Infix(it) => it,
        Shape::Anything | Shape::Glob => "",
    }
}
