//! Correlations in a target's words: a template for each kind of question, filled with the queries
//! of the rules that a correlation sees.
//!
//! Knows: which kinds of question a manifest has a template for, and what the template is given.
//! Does not know: how a language relates events to each other.

mod shape;

use std::collections::BTreeSet;
use std::sync::Arc;

use diagnostic::Diagnostic;
use ir::{
    Case, Correlation, Expr, Field, Formula, LogSource, Number, Pattern, Predicate, Question, Rule,
    Test, normalize,
};
use minijinja::context;
use minijinja::value::{Serde, Value};
use source::Span;

use self::shape::{MOST_CHAINS, bounds, chains, in_order, kind, least, op_word};
use crate::Output;
use crate::codes::{CANNOT_EXPRESS, TARGET_CHECK};
use crate::envelope::{Breach, fragment, trust};
use crate::legal::{Fidelity, Leaf, Legal, Note};
use crate::legalize::{self, Given};
use crate::load::Target;
use crate::manifest::{Kind, QuestionSpec};
use crate::map::{self, Mapped};
use crate::profile::Profile;

/// The kinds of question that a manifest may have a template for.
pub const KINDS: &[&str] = &[
    "events",
    "distinct",
    "sum",
    "average",
    "percentile",
    "share",
    "together_all",
    "together",
    "formula",
    "ordered_all",
    "ordered",
    "ordered_formula",
];

/// The queries of the rules of one place, joined: an event of it is one row.
struct Branch {
    /// What the profile says of the place.
    source: serde_json::Map<String, serde_json::Value>,
    /// The members that are asked there.
    members: Vec<usize>,
    /// The query of each.
    queries: Vec<String>,
    /// The query that any of them passes.
    query: String,
    /// The columns of the group, then of the question.
    columns: Vec<String>,
    /// What these hold.
    kinds: Vec<Kind>,
}

/// A member over columns.
struct Part<'a> {
    mapped: Mapped<'a>,
    columns: Vec<String>,
    kinds: Vec<Kind>,
}

impl Target {
    /// Says a correlation in this target's words. `rules` are those of its members, in their order;
    /// `None` for one that is a correlation itself.
    ///
    /// # Errors
    ///
    /// Located diagnostics that say what the target or its profile can't express.
    pub fn correlate(
        &self,
        it: &Correlation,
        rules: &[Option<&Rule>],
        profile: &str,
        format: &str,
    ) -> Result<Output, Vec<Diagnostic>> {
        let rule = head(it);
        let options = self.options(&rule, profile)?;
        let profile = self.profile(profile).ok_or_else(Vec::new)?;
        let spec = self.question(it, format)?;
        let mut notes = Vec::new();
        let mut parts = Vec::new();
        for (member, rule) in it.members.iter().zip(rules) {
            let Some(rule) = rule else {
                let message =
                    format!("`{}` can't say a correlation of correlations", self.manifest.name);
                let label = "this is a correlation itself";
                let help = "ask about its rules directly, or leave the target out: `skip: true` under `targets`";
                return Err(vec![refusal(member.name.span, message, label, help)]);
            };
            parts.push(self.part(it, member, rule, profile, &options, &mut notes)?);
        }
        let branches = self.branches(it, &parts, profile, &mut notes)?;
        if let Some(most) = spec.most_places
            && branches.len() > most
        {
            let message = format!(
                "`{}` can't say this correlation over events of {} places",
                self.manifest.name,
                branches.len()
            );
            let label = "the rules are about different log sources";
            let help = "split it by log source";
            return Err(vec![refusal(place(it), message, label, help)]);
        }
        for it_is in &spec.notes {
            let note = Note { effect: it_is.effect, reason: it_is.reason.clone(), span: place(it) };
            notes.push(note);
        }
        let source = sources(&branches);
        let text = self
            .envelopes
            .text(&spec.file, self.data(it, spec, profile, &branches))
            .map_err(|err| {
                let message = format!("the correlation can't be filled in: {err:#}");
                vec![refusal(
                    place(it),
                    message,
                    "a part of it has no spelling",
                    "change the text, or choose another target",
                )]
            })?;
        let columns: Vec<(String, Kind)> = match self.speaks_of(format, "columns") {
            true => {
                let all = parts.iter().flat_map(|it| legalize::columns(&it.mapped.expr, profile));
                let unique: std::collections::BTreeMap<_, _> = all.collect();
                unique.into_iter().collect()
            }
            false => Vec::new(),
        };
        let text = text.trim_end();
        let seen = Value::from(Serde(&source));
        let refused = self.broken(&rule, format, &options, Some(seen), text, true);
        if !refused.is_empty() {
            let span = place(it);
            let error = |it: Breach| {
                Diagnostic::error(&TARGET_CHECK, span, it.message, it.label).with_help(it.help)
            };
            return Err(refused.into_iter().map(error).collect());
        }
        let item = self.envelope_whole(&rule, &source, text, &options, &columns, format)?;
        notes.dedup();
        let fidelity = Fidelity::of(&notes);
        let since = self.manifest.since;
        let mut res = Output {
            text: String::new(),
            item,
            query: text.to_owned(),
            refused: Vec::new(),
            since,
            source,
            fidelity,
            notes,
            // What a correlation asks is no question about one event.
            asked: Expr::Const(false),
            said: fidelity,
        };
        res.text = self.bundle(format, &[&res]).unwrap_or_else(|_| res.item.clone());
        Ok(res)
    }

    /// Whether a correlation can be asked about events in the names of a profile.
    ///
    /// # Errors
    ///
    /// That it leaves the target out, or why it can't be asked.
    pub fn asks(&self, it: &Correlation, profile: &str) -> Result<(), Vec<Diagnostic>> {
        self.options(&head(it), profile)?;
        let kept = self.profile(profile).is_some_and(Profile::keeps_names);
        if !kept {
            let message = format!("the profile `{profile}` has no correlations");
            let label = "it gives fields other names";
            let help = "choose a profile that keeps names";
            return Err(vec![refusal(place(it), message, label, help)]);
        }
        Ok(())
    }

    /// The template for a question, if it can say all of it.
    fn question(&self, it: &Correlation, format: &str) -> Result<&QuestionSpec, Vec<Diagnostic>> {
        let name = &self.manifest.name;
        if self.manifest.correlations.is_empty() {
            return Err(vec![refusal(
                place(it),
                format!("`{name}` has no correlations: it judges each event alone"),
                "this is about several events",
                "write it for another target, and leave this one out: `skip: true` under `targets`",
            )]);
        }
        if !self.format(format).is_some_and(|it| it.correlations) {
            return Err(vec![refusal(
                place(it),
                format!("the format `{format}` of `{name}` has no place for correlations"),
                "it holds single rules",
                "choose another format",
            )]);
        }
        let kind = kind(it);
        let Some(spec) = self.manifest.correlations.get(kind) else {
            return Err(vec![refusal(
                place(it),
                format!("`{name}` can't say this correlation: {}", ir::print_question(it)),
                format!("the manifest of `{name}` has no template for `{kind}`"),
                "write it for another target, and leave this one out: `skip: true` under `targets`",
            )]);
        };
        let bounds = bounds(&it.question);
        let range = bounds.and_then(least).map_or((2, 0), |it| (it, it));
        let outside = spec.least.is_some_and(|it| range.0 < it && range.1 > 0)
            || spec.most.is_some_and(|it| range.1 > it);
        let off = bounds.iter().flat_map(|it| &it.0).find(|(op, _)| {
            let known = spec.bounds.is_empty() || spec.bounds.iter().any(|it| it == op_word(*op));
            outside || !known
        });
        let ungrouped = spec.grouped && it.group_by.is_empty();
        let uneven = matches!(it.question, Question::Percentile(Number::Float(_), _));
        if ungrouped || uneven {
            let label = match ungrouped {
                true => "it needs `group-by` there",
                false => "percentiles are whole numbers there",
            };
            return Err(vec![refusal(
                place(it),
                format!("`{name}` can't say this correlation: {}", ir::print_question(it)),
                label,
                "write it for another target, and leave this one out: `skip: true` under `targets`",
            )]);
        }
        if let Some((op, bound)) = off {
            return Err(vec![refusal(
                place(it),
                format!("`{name}` can't say this correlation: {}", ir::print_question(it)),
                format!("it has no words for {} {bound} here", op.sign()),
                "write it for another target, and leave this one out: `skip: true` under `targets`",
            )]);
        }
        if kind == "ordered" && chains(it).is_empty() {
            return Err(vec![refusal(
                place(it),
                format!("`{name}` can't say this correlation: {}", ir::print_question(it)),
                format!("it would be more than {MOST_CHAINS} chains of rules"),
                "ask for all rules, or for fewer",
            )]);
        }
        Ok(spec)
    }

    /// A member's rule over the columns of a profile, with tests that the columns of the group and
    /// of the question hold a value.
    fn part<'a>(
        &self,
        it: &Correlation,
        member: &ir::Member,
        rule: &Rule,
        profile: &'a Profile,
        options: &serde_json::Map<String, serde_json::Value>,
        notes: &mut Vec<Note>,
    ) -> Result<Part<'a>, Vec<Diagnostic>> {
        // A rule that is not to be written by itself may be a part of this.
        let mut own = self.options(rule, "").unwrap_or_default();
        own.extend(options.clone());
        let mut mapped = map::map(rule, profile, &self.manifest.name, &own)?;
        notes.append(&mut mapped.notes);
        let groups = it.group_by.len();
        let numbers = matches!(
            it.question,
            Question::Sum(_) | Question::Average(_) | Question::Percentile(..)
        );
        let (mut columns, mut kinds, mut tests) = (Vec::new(), Vec::new(), Vec::new());
        for (nth, field) in member.fields.iter().enumerate() {
            let written = it.group_by.get(nth).map_or(place(it), |it| it.span);
            let found = map::value_column(rule, profile, &own, field);
            let wrong = |reason: String| {
                let message = format!(
                    "`{}` can't group by or count the field `{field}`: {reason}",
                    self.manifest.name
                );
                let label = format!("asked of the events of `{}`", member.name.value);
                vec![refusal(written, message, label, "choose another field or profile")]
            };
            let (column, note) = found.map_err(wrong)?;
            let kind = profile.column(&column).0;
            if matches!(kind, Kind::Array | Kind::Joined | Kind::Date) {
                return Err(wrong(format!("the column `{column}` is of the kind {}", kind.word())));
            }
            if nth >= groups && numbers && !matches!(kind, Kind::Number | Kind::Any) {
                return Err(wrong(format!("the column `{column}` does not hold numbers")));
            }
            if let Some((effect, reason)) = note {
                notes.push(Note { effect, reason, span: written });
            }
            let test = |predicate| {
                let field = Field::Named(Arc::from(column.as_str()));
                Expr::Test(Test { field, predicate, span: written })
            };
            tests.push(test(Predicate::Text(Pattern::new([ir::Part::Run]), Case::Insensitive)));
            // An empty text is no value here.
            if matches!(kind, Kind::Text | Kind::Any) && self.manifest.empty_text.is_none() {
                let empty = Predicate::Text(Pattern::literal(""), Case::Sensitive);
                tests.push(test(empty).not());
            }
            columns.push(column);
            kinds.push(kind);
        }
        tests.insert(0, mapped.expr);
        mapped.expr = normalize(Expr::all(tests), &mut Vec::new());
        Ok(Part { mapped, columns, kinds })
    }

    /// Members of one place and with the same columns, joined.
    fn branches(
        &self,
        it: &Correlation,
        parts: &[Part<'_>],
        profile: &Profile,
        notes: &mut Vec<Note>,
    ) -> Result<Vec<Branch>, Vec<Diagnostic>> {
        let mut res: Vec<(Branch, Vec<Expr>)> = Vec::new();
        for (nth, part) in parts.iter().enumerate() {
            let mut own = Vec::new();
            let (legal, _) =
                legalize::legalize(&part.mapped.expr, self, profile, &Given::new(), &mut own)?;
            // What a column can't tell apart from no value is no value in a correlation either.
            let spans: Vec<Span> =
                it.group_by.iter().map(|it| it.span).chain([place(it)]).collect();
            own.retain(|it| !spans.contains(&it.span));
            notes.append(&mut own);
            let query = legal.render(&self.manifest);
            let source = part.mapped.source.map(|it| it.with.clone()).unwrap_or_default();
            let same = |it: &&mut (Branch, Vec<Expr>)| it.0.source == source;
            match res.iter_mut().find(same) {
                Some((branch, exprs)) if branch.columns == part.columns => {
                    branch.members.push(nth);
                    branch.queries.push(query);
                    exprs.push(part.mapped.expr.clone());
                }
                Some(_) => {
                    let message = format!(
                        "`{}` can't say this correlation: two rules of one place have different fields",
                        self.manifest.name
                    );
                    let label = "an event that both match would count twice";
                    let help = "use the same field for both";
                    return Err(vec![refusal(it.members[nth].name.span, message, label, help)]);
                }
                None => {
                    let branch = Branch {
                        source,
                        members: vec![nth],
                        queries: vec![query],
                        query: String::new(),
                        columns: part.columns.clone(),
                        kinds: part.kinds.clone(),
                    };
                    res.push((branch, vec![part.mapped.expr.clone()]));
                }
            }
        }
        let mut all = Vec::new();
        for (mut branch, exprs) in res {
            let any = normalize(Expr::any(exprs), &mut Vec::new());
            let (legal, _) =
                legalize::legalize(&any, self, profile, &Given::new(), &mut Vec::new())?;
            branch.query = legal.render(&self.manifest);
            all.push(branch);
        }
        Ok(all)
    }

    /// What a template is given.
    fn data(
        &self,
        it: &Correlation,
        spec: &QuestionSpec,
        profile: &Profile,
        branches: &[Branch],
    ) -> Value {
        let groups = it.group_by.len();
        let column = |name: &str| {
            fragment(legalize::spell(self, profile, name).unwrap_or_else(|_| name.to_owned()))
        };
        let branch = |it: &Branch| {
            let columns: Vec<Value> = it.columns.iter().map(|it| column(it)).collect();
            let (keys, values) = columns.split_at(groups.min(columns.len()));
            let members: Vec<Value> = it
                .members
                .iter()
                .zip(&it.queries)
                .map(|(nth, query)| context! { nth => nth, query => fragment(query.clone()) })
                .collect();
            let kinds: Vec<&str> = it.kinds.iter().map(|it| it.word()).collect();
            context! {
                source => trust(&serde_json::Value::Object(it.source.clone())),
                query => fragment(it.query.clone()),
                members, keys, values, kinds,
            }
        };
        let same_keys = branches.windows(2).all(|it| it[0].columns == it[1].columns);
        let branches: Vec<Value> = branches.iter().map(branch).collect();
        // By member: the branch that it is in, and its query there.
        let each: Vec<Value> = (0..it.members.len()).map(Value::from).collect();
        let bounds_of = bounds(&it.question);
        let bounds: Vec<Value> = bounds_of
            .iter()
            .flat_map(|it| &it.0)
            .map(|(op, bound)| {
                context! { op => op_word(*op), value => fragment(bound.to_string()) }
            })
            .collect();
        let percentile = match &it.question {
            Question::Percentile(it, _) => it.to_string(),
            _ => String::new(),
        };
        let (yes, no) = in_order(it);
        let formula = match &it.question {
            Question::Formula(formula) => {
                let member = spec.member.as_deref().unwrap_or_default();
                fragment(legal(formula, member).render(&self.manifest))
            }
            _ => Value::UNDEFINED,
        };
        context! {
            kind => kind(it),
            seconds => fragment(it.seconds.value.to_string()),
            groups,
            values => it.question.fields(),
            members => each,
            branches,
            bounds,
            percentile => fragment(percentile),
            yes,
            no,
            chains => chains(it),
            formula,
            same_keys,
            least => bounds_of.and_then(least),
            time => fragment(profile.time.clone().unwrap_or_default()),
        }
    }
}

/// A formula with each member spelled as the manifest says.
fn legal(it: &Formula, member: &str) -> Legal {
    let many = |it: &[Formula]| it.iter().map(|it| legal(it, member)).collect::<Vec<_>>();
    let one = |mut it: Vec<Legal>, join: fn(Vec<Legal>) -> Legal| match it.len() {
        1 => it.remove(0),
        _ => join(it),
    };
    match it {
        Formula::All(parts) => one(many(parts), Legal::All),
        Formula::Any(parts) => one(many(parts), Legal::Any),
        Formula::Not(part) => Legal::Not(Box::new(legal(part, member))),
        Formula::Member(at) => {
            let before = member.replace("{nth}", &at.to_string());
            Legal::Leaf(Leaf { before, ..Leaf::default() })
        }
    }
}

/// What formats say of a correlation is what they say of a rule.
fn head(it: &Correlation) -> Rule {
    let mut meta = it.meta.clone();
    // A run must look back over a whole window, and over the time since the run before.
    let schedule = meta.schedule.get_or_insert_default();
    if schedule.lookback.is_none() {
        schedule.lookback = Some(format!("{}s", it.seconds.value.saturating_add(360)));
    }
    Rule {
        meta,
        logsource: LogSource::default(),
        expr: Expr::Const(false),
        native: BTreeSet::new(),
        fixtures: Vec::new(),
        targets: it.targets.clone(),
        span: it.span,
    }
}

/// What the places of all branches say: lists are joined, the rest is kept where it is the same.
fn sources(branches: &[Branch]) -> serde_json::Map<String, serde_json::Value> {
    let mut res = serde_json::Map::new();
    for (nth, branch) in branches.iter().enumerate() {
        let mut lost = Vec::new();
        for (key, value) in &branch.source {
            match (res.get_mut(key), value) {
                (None, it) if nth == 0 || it.is_array() => {
                    drop(res.insert(key.clone(), it.clone()))
                }
                (Some(serde_json::Value::Array(all)), serde_json::Value::Array(more)) => {
                    for it in
                        more.iter().filter(|it| !all.contains(it)).cloned().collect::<Vec<_>>()
                    {
                        all.push(it);
                    }
                }
                (Some(old), new) if old != new => lost.push(key.clone()),
                _ => {}
            }
        }
        for key in lost {
            res.remove(&key);
        }
    }
    res
}

/// Where a correlation as a whole is spoken of.
fn place(it: &Correlation) -> Span {
    it.meta.title_span.unwrap_or(it.span)
}

fn refusal(
    span: Span,
    message: String,
    label: impl Into<String>,
    help: impl Into<String>,
) -> Diagnostic {
    Diagnostic::error(&CANNOT_EXPRESS, span, message, label.into()).with_help(help)
}
