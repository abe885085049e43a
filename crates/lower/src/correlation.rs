//! Correlations: names become rules, aliases become fields, conditions become questions.
//!
//! Knows: which rules and correlations there are, and what each is called.
//! Does not know: how a question is answered.

use std::sync::Arc;

use diagnostic::{Diagnostic, nearest};
use ir::{Bounds, Correlation, Formula, Member, Number, Question, Referent, Series};
use source::{Span, Spanned};
use syntax::{
    BoundNumber, CompareAst, ConditionAst, CorrelationAst, CorrelationConditionAst,
    CorrelationType, Quantity, RuleAst, SeriesAst, Wanted, formula_names,
};

use crate::codes::{
    AMBIGUOUS_REFERENCE, BAD_ALIAS, BROKEN_REFERENCE, IMPOSSIBLE_CORRELATION, REFERENCE_CYCLE,
    REPEATED_REFERENCE, UNORDERED_FORMULA, UNRESOLVED_REFERENCE, UNUSED_ALIAS,
};
use crate::condition::fits;
use crate::rule::{errors, meta, options};

/// The most rules of one correlation.
pub const MOST_MEMBERS: usize = 64;

/// What may be referred to: the rules and correlations of a run, in order.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The rules, and whether each can be used.
    pub rules: &'a [(&'a RuleAst, bool)],
    /// The correlations.
    pub correlations: &'a [&'a CorrelationAst],
}

/// What came of one correlation.
#[derive(Debug, Clone, Default)]
pub struct Related {
    /// What it means; `None` when something in it is wrong.
    pub correlation: Option<Correlation>,
    /// What was found about it.
    pub problems: Vec<Diagnostic>,
}

impl Known<'_> {
    fn head(&self, it: Referent) -> Option<&RuleAst> {
        match it {
            Referent::Rule(at) => self.rules.get(at).map(|it| it.0),
            Referent::Correlation(at) => self.correlations.get(at).map(|it| &it.head),
        }
    }

    fn all(&self) -> impl Iterator<Item = Referent> {
        let rules = (0..self.rules.len()).map(Referent::Rule);
        rules.chain((0..self.correlations.len()).map(Referent::Correlation))
    }

    /// Whether a rule or correlation has this id or name.
    fn is_called(&self, it: Referent, name: &str) -> bool {
        self.head(it).is_some_and(|head| is_called(head, name))
    }

    /// The one rule or correlation of this id or name.
    ///
    /// # Errors
    ///
    /// A located diagnostic when there is none, or more than one.
    pub fn find(&self, name: &Spanned<String>) -> Result<Referent, Box<Diagnostic>> {
        let found: Vec<Referent> =
            self.all().filter(|it| self.is_called(*it, &name.value)).collect();
        match found.as_slice() {
            [it] => Ok(*it),
            [] => Err(Box::new(self.missing(name))),
            [first, second, ..] => {
                let place = |it: &Referent| self.head(*it).map(title);
                let mut problem = Diagnostic::error(
                    &AMBIGUOUS_REFERENCE,
                    name.span,
                    format!("{} rules are called `{}`", found.len(), name.value),
                    "it is not clear which one is meant",
                )
                .with_help("give each of them a name or id of its own");
                for span in [place(first), place(second)].into_iter().flatten() {
                    let text = "one of them".to_owned();
                    problem.secondary.push(diagnostic::Label { span, text });
                }
                Err(Box::new(problem))
            }
        }
    }

    fn missing(&self, name: &Spanned<String>) -> Diagnostic {
        let names: Vec<&str> = self
            .all()
            .filter_map(|it| self.head(it))
            .flat_map(|it| [&it.name, &it.id])
            .filter_map(|it| it.as_ref().map(|it| it.value.as_str()))
            .collect();
        let help = match nearest(&name.value, names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "give the paths of all rules that belong together to one command".to_owned(),
        };
        Diagnostic::error(
            &UNRESOLVED_REFERENCE,
            name.span,
            format!("no rule has the id or name `{}`", name.value),
            "it is not among the rules that were read",
        )
        .with_help(help)
    }
}

/// Whether a rule has this id or name.
pub(crate) fn is_called(head: &RuleAst, name: &str) -> bool {
    let named = head.name.as_ref().is_some_and(|it| it.value == name);
    named || head.id.as_ref().is_some_and(|it| it.value.eq_ignore_ascii_case(name))
}

fn title(head: &RuleAst) -> Span {
    head.title.as_ref().map_or(head.span, |it| it.span)
}

/// Works out what correlations mean, each with the rules and correlations it names. `usable` says
/// of each correlation whether it was read without errors.
pub fn correlations(known: Known<'_>, usable: &[bool]) -> Vec<Related> {
    let mut res: Vec<Related> = Vec::new();
    let mut found: Vec<Vec<(Spanned<String>, Referent)>> = Vec::new();
    for it in known.correlations {
        let mut problems = Vec::new();
        found.push(references(known, it, &mut problems));
        res.push(Related { correlation: None, problems });
    }
    // Those that name only what is settled are settled next; what remains is in a circle, or
    // depends on one.
    let count = known.correlations.len();
    let mut settled = vec![false; count];
    loop {
        let ready = |at: usize| {
            found[at].iter().all(|(_, to)| match to {
                Referent::Correlation(to) => settled[*to],
                Referent::Rule(_) => true,
            })
        };
        let Some(at) = (0..count).find(|at| !settled[*at] && ready(*at)) else { break };
        settled[at] = true;
        let broken: Vec<Diagnostic> = found[at]
            .iter()
            .filter(|(_, to)| match to {
                Referent::Rule(to) => !known.rules[*to].1,
                Referent::Correlation(to) => res[*to].correlation.is_none(),
            })
            .map(|(name, to)| broken_reference(known, name, *to))
            .collect();
        let problems = &mut res[at].problems;
        problems.extend(broken);
        let lowered = lower_one(known, known.correlations[at], &found[at], problems);
        let works = usable.get(at).copied().unwrap_or(false) && errors(problems) == 0;
        res[at].correlation = lowered.filter(|_| works);
    }
    for at in (0..count).filter(|it| !settled[*it]) {
        let circular = found[at]
            .iter()
            .find(|(_, to)| matches!(to, Referent::Correlation(to) if !settled[*to]));
        if let Some((name, _)) = circular {
            res[at].problems.push(
                Diagnostic::error(
                    &REFERENCE_CYCLE,
                    name.span,
                    format!("`{}` leads back to a correlation that depends on it", name.value),
                    "a correlation can't see its own matches, nor those of one that sees it",
                )
                .with_help("remove the reference, or name the rules below it"),
            );
        }
    }
    res
}

fn broken_reference(known: Known<'_>, name: &Spanned<String>, to: Referent) -> Diagnostic {
    let mut problem = Diagnostic::error(
        &BROKEN_REFERENCE,
        name.span,
        format!("`{}` can't be used", name.value),
        "it has errors of its own, so this correlation would never see it",
    )
    .with_help("correct its errors first");
    if let Some(head) = known.head(to) {
        let text = "it is here".to_owned();
        problem.secondary.push(diagnostic::Label { span: title(head), text });
    }
    problem
}

/// What a correlation refers to, each once, in the order written.
fn references(
    known: Known<'_>,
    it: &CorrelationAst,
    problems: &mut Vec<Diagnostic>,
) -> Vec<(Spanned<String>, Referent)> {
    let names = match &it.condition {
        Some(CorrelationConditionAst::Formula(formula, _)) if it.rules.is_empty() => {
            formula_names(formula)
        }
        _ => it.rules.clone(),
    };
    let mut res: Vec<(Spanned<String>, Referent)> = Vec::new();
    for name in names {
        match known.find(&name) {
            Ok(to) if res.iter().any(|(_, it)| *it == to) => problems.push(
                Diagnostic::error(
                    &REPEATED_REFERENCE,
                    name.span,
                    format!("`{}` is named twice", name.value),
                    "each rule counts once",
                )
                .with_help("remove it; to count its events, use `event_count`"),
            ),
            Ok(to) => res.push((name, to)),
            Err(problem) => problems.push(*problem),
        }
    }
    if let Some((name, _)) = res.get(MOST_MEMBERS) {
        problems.push(
            Diagnostic::error(
                &IMPOSSIBLE_CORRELATION,
                name.span,
                format!("more than {MOST_MEMBERS} rules in one correlation"),
                "so many can't be kept apart",
            )
            .with_help("join some of them in a correlation of their own"),
        );
    }
    res
}

fn lower_one(
    known: Known<'_>,
    it: &CorrelationAst,
    found: &[(Spanned<String>, Referent)],
    problems: &mut Vec<Diagnostic>,
) -> Option<Correlation> {
    let meta = meta(&it.head, problems);
    let fields = match &it.condition {
        Some(CorrelationConditionAst::Compare(it)) => it.fields.as_slice(),
        _ => &[],
    };
    aliases(known, it, found, fields, problems);
    let members = members(known, it, found, fields, problems);
    let question = question(it, &members, problems)?;
    Some(Correlation {
        meta,
        question,
        group_by: it
            .group_by
            .iter()
            .map(|it| Spanned::new(Arc::from(it.value.as_str()), it.span))
            .collect(),
        seconds: it.timespan.clone()?,
        generate: it.generate.as_ref().is_some_and(|it| it.value),
        fixtures: it.fixtures.iter().map(series).collect(),
        targets: options(&it.head),
        span: it.head.span,
        members,
    })
}

/// Reports aliases that name what the correlation does not see, or that nothing uses.
fn aliases(
    known: Known<'_>,
    it: &CorrelationAst,
    found: &[(Spanned<String>, Referent)],
    fields: &[Spanned<String>],
    problems: &mut Vec<Diagnostic>,
) {
    for alias in &it.aliases {
        let name = &alias.name;
        if !it.group_by.iter().chain(fields).any(|it| it.value == name.value) {
            problems.push(
                Diagnostic::warning(
                    &UNUSED_ALIAS,
                    name.span,
                    format!("nothing uses the alias `{}`", name.value),
                    "neither `group-by` nor `field` names it",
                )
                .with_help("name it under `group-by`, or remove it"),
            );
        }
        for (rule, _) in &alias.fields {
            if found.iter().any(|(as_written, to)| {
                as_written.value == rule.value || known.is_called(*to, &rule.value)
            }) {
                continue;
            }
            let names = found.iter().map(|(it, _)| it.value.as_str());
            let help = match nearest(&rule.value, names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "name one of its `rules`".to_owned(),
            };
            problems.push(
                Diagnostic::error(
                    &BAD_ALIAS,
                    rule.span,
                    format!("the correlation does not see a rule `{}`", rule.value),
                    "so this field is never used",
                )
                .with_help(help),
            );
        }
    }
}

/// The members, each with the places of the fields of `group-by`, then of the question.
fn members(
    known: Known<'_>,
    it: &CorrelationAst,
    found: &[(Spanned<String>, Referent)],
    fields: &[Spanned<String>],
    problems: &mut Vec<Diagnostic>,
) -> Vec<Member> {
    let mut res = Vec::new();
    for (name, to) in found {
        let mut places = Vec::new();
        for field in it.group_by.iter().chain(fields) {
            let Some(alias) = it.aliases.iter().find(|it| it.name.value == field.value) else {
                places.push(Arc::from(field.value.as_str()));
                continue;
            };
            let own = alias
                .fields
                .iter()
                .find(|(rule, _)| rule.value == name.value || known.is_called(*to, &rule.value));
            match (own, to) {
                (Some((_, it)), _) => places.push(Arc::from(it.value.as_str())),
                // A correlation that groups by the same alias has its value under this name.
                (None, Referent::Correlation(at))
                    if known
                        .correlations
                        .get(*at)
                        .is_some_and(|it| it.group_by.iter().any(|it| it.value == field.value)) =>
                {
                    places.push(Arc::from(field.value.as_str()));
                }
                (None, _) => problems.push(
                    Diagnostic::error(
                        &BAD_ALIAS,
                        alias.name.span,
                        format!("the alias `{}` has no field for `{}`", field.value, name.value),
                        "its events would be in no group",
                    )
                    .with_help(format!("add `{}: <field>` to it", name.value)),
                ),
            }
        }
        res.push(Member { to: *to, name: name.clone(), fields: places });
    }
    res
}

fn question(
    it: &CorrelationAst,
    members: &[Member],
    problems: &mut Vec<Diagnostic>,
) -> Option<Question> {
    let kind = it.kind.as_ref()?;
    let all = members.len() as u64;
    let compare = match &it.condition {
        Some(CorrelationConditionAst::Formula(it, span)) => {
            let ordered = kind.value == CorrelationType::TemporalOrdered;
            return match ordered {
                true => ordered_formula(it, *span, members, problems),
                false => any_formula(it, *span, members, problems),
            };
        }
        Some(CorrelationConditionAst::Compare(it)) => Some(it),
        None => None,
    };
    let bounds = match compare {
        Some(it) => bounds(it)?,
        // All of the rules; other types have no condition of their own.
        None if kind.value.is_temporal() => {
            Bounds(vec![(ir::BoundOp::Gte, Number::Int(i128::from(all)))])
        }
        None => return None,
    };
    let percentile = compare.and_then(|it| it.percentile.as_ref());
    let question = match kind.value {
        CorrelationType::EventCount => Question::Events(bounds),
        CorrelationType::ValueCount => {
            Question::Distinct(compare.map_or(0, |it| it.fields.len()), bounds)
        }
        CorrelationType::Temporal => Question::Together(bounds),
        CorrelationType::TemporalOrdered => Question::Ordered(bounds),
        CorrelationType::ValueSum => Question::Sum(bounds),
        CorrelationType::ValueAvg => Question::Average(bounds),
        CorrelationType::ValueMedian => Question::Percentile(Number::Int(50), bounds),
        CorrelationType::ValuePercentile => match percentile {
            Some(it) => Question::Percentile(number(it.value)?, bounds),
            None => Question::Share(bounds),
        },
    };
    let possible = match &question {
        Question::Events(it) | Question::Distinct(_, it) => it.possible(u64::MAX),
        Question::Together(it) | Question::Ordered(it) => it.possible(all),
        Question::Sum(it) | Question::Average(it) | Question::Percentile(_, it) => {
            it.possible_amount()
        }
        Question::Share(it) => it.possible_share(),
        Question::Formula(_) | Question::OrderedFormula(..) => true,
    };
    if !possible && let Some(it) = compare {
        let help = match kind.value.is_temporal() {
            true => format!("at least 1 and at most {all} rules can match"),
            false => "choose bounds that some number is between".to_owned(),
        };
        problems.push(impossible(it.span, &help));
    }
    Some(question)
}

fn impossible(span: Span, help: &str) -> Diagnostic {
    Diagnostic::error(
        &IMPOSSIBLE_CORRELATION,
        span,
        "this condition can never hold",
        "it is asked when an event comes in, which then counts itself",
    )
    .with_help(help)
}

fn number(it: BoundNumber) -> Option<Number> {
    match it {
        BoundNumber::Whole(it) => Some(Number::Int(it)),
        BoundNumber::Fraction(it) => Number::from_f64(it),
    }
}

fn bounds(it: &CompareAst) -> Option<Bounds> {
    let op = |it: syntax::BoundOp| match it {
        syntax::BoundOp::Gt => ir::BoundOp::Gt,
        syntax::BoundOp::Gte => ir::BoundOp::Gte,
        syntax::BoundOp::Lt => ir::BoundOp::Lt,
        syntax::BoundOp::Lte => ir::BoundOp::Lte,
        syntax::BoundOp::Eq => ir::BoundOp::Eq,
        syntax::BoundOp::Neq => ir::BoundOp::Neq,
    };
    let one = |(word, it): &(Spanned<syntax::BoundOp>, Spanned<BoundNumber>)| {
        Some((op(word.value), number(it.value)?))
    };
    it.bounds.iter().map(one).collect::<Option<_>>().map(Bounds)
}

/// A formula over members, in any order.
fn any_formula(
    written: &ConditionAst,
    span: Span,
    members: &[Member],
    problems: &mut Vec<Diagnostic>,
) -> Option<Question> {
    let formula = formula(written, members, problems)?;
    // An event of one member is there whenever it is asked.
    let possible = (0..members.len()).any(|own| satisfiable(&formula, own, members.len()));
    if !possible {
        problems.push(impossible(span, "name at least one rule without `not`"));
    }
    Some(Question::Formula(formula))
}

/// Whether some set of members with `own` in it satisfies the formula. Of many members only those
/// sets are tried that differ from all or none in few.
fn satisfiable(formula: &Formula, own: usize, members: usize) -> bool {
    const TRIED: usize = 12;
    let tried = members.min(TRIED);
    (0..1_u32 << tried).any(|set| {
        [false, true].into_iter().any(|rest| {
            formula.holds(&|at| at == own || if at < tried { set >> at & 1 == 1 } else { rest })
        })
    }) || members > TRIED
}

fn formula(
    written: &ConditionAst,
    members: &[Member],
    problems: &mut Vec<Diagnostic>,
) -> Option<Formula> {
    let mut many = |parts: &[ConditionAst]| {
        let parts: Vec<_> = parts.iter().map(|it| formula(it, members, problems)).collect();
        parts.into_iter().collect::<Option<Vec<_>>>()
    };
    match written {
        ConditionAst::Any(parts) => many(parts).map(Formula::Any),
        ConditionAst::All(parts) => many(parts).map(Formula::All),
        ConditionAst::Not(part) => {
            formula(part, members, problems).map(|it| Formula::Not(Box::new(it)))
        }
        ConditionAst::Name(name) => place(name, members, problems).map(Formula::Member),
        ConditionAst::Of(quantity, wanted) => {
            let found = wanted_members(wanted, members, problems)?;
            let parts = found.into_iter().map(Formula::Member).collect();
            Some(match quantity {
                Quantity::One => Formula::Any(parts),
                Quantity::All => Formula::All(parts),
            })
        }
    }
}

fn wanted_members(
    wanted: &Spanned<Wanted>,
    members: &[Member],
    problems: &mut Vec<Diagnostic>,
) -> Option<Vec<usize>> {
    let found: Vec<usize> =
        (0..members.len()).filter(|at| fits(&wanted.value, &members[*at].name.value)).collect();
    if !found.is_empty() {
        return Some(found);
    }
    problems.push(
        Diagnostic::error(
            &UNRESOLVED_REFERENCE,
            wanted.span,
            "no rule of the correlation fits",
            "this part of the condition has nothing to match",
        )
        .with_help("list the rules under `rules`, by the names meant here"),
    );
    None
}

fn place(
    name: &Spanned<String>,
    members: &[Member],
    problems: &mut Vec<Diagnostic>,
) -> Option<usize> {
    let found = members.iter().position(|it| it.name.value == name.value);
    // What a correlation without `rules` names was looked for before.
    if found.is_none() && !members.iter().all(|it| it.name.span == name.span) {
        let known: Vec<&str> = members.iter().map(|it| it.name.value.as_str()).collect();
        let help = match nearest(&name.value, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it lists: {}", known.join(", ")),
        };
        let missing = !problems.iter().any(|it| it.primary.span == name.span);
        if missing {
            problems.push(
                Diagnostic::error(
                    &UNRESOLVED_REFERENCE,
                    name.span,
                    format!("`{}` is not among the `rules` of the correlation", name.value),
                    "write it as it is written there",
                )
                .with_help(help),
            );
        }
    }
    found
}

/// Names joined by `and`, some of them negated: the former one after the other, the latter not at
/// all.
fn ordered_formula(
    written: &ConditionAst,
    span: Span,
    members: &[Member],
    problems: &mut Vec<Diagnostic>,
) -> Option<Question> {
    let (mut yes, mut no) = (Vec::new(), Vec::new());
    let parts = match written {
        ConditionAst::All(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    for part in parts {
        match part {
            ConditionAst::Name(name) => yes.push(place(name, members, problems)?),
            ConditionAst::Of(Quantity::All, wanted) => {
                yes.extend(wanted_members(wanted, members, problems)?);
            }
            ConditionAst::Not(part) => match part.as_ref() {
                ConditionAst::Name(name) => no.push(place(name, members, problems)?),
                ConditionAst::Of(Quantity::One, wanted) => {
                    no.extend(wanted_members(wanted, members, problems)?);
                }
                _ => return unordered(span, problems),
            },
            _ => return unordered(span, problems),
        }
    }
    if yes.is_empty() || yes.iter().any(|it| no.contains(it)) {
        problems.push(impossible(span, "name at least one rule without `not`, and none with both"));
    }
    // The order is that of the list, where there is one.
    yes.sort_unstable();
    yes.dedup();
    no.sort_unstable();
    no.dedup();
    Some(Question::OrderedFormula(yes, no))
}

fn unordered(span: Span, problems: &mut Vec<Diagnostic>) -> Option<Question> {
    problems.push(
        Diagnostic::error(
            &UNORDERED_FORMULA,
            span,
            "this condition has no order",
            "`temporal_ordered` takes rules joined by `and`, and `not` before single ones",
        )
        .with_help("use `type: temporal`, or write one correlation for each alternative"),
    );
    None
}

/// An example, its events in the order of their times.
fn series(it: &SeriesAst) -> Series {
    let mut events = Vec::new();
    let mut last = 0_i64;
    let millis = |it: u64| i64::try_from(it).unwrap_or(i64::MAX / 1000).saturating_mul(1000);
    for step in &it.events {
        let event = Arc::new(step.event.clone());
        let mut at = step.at.map_or(last, millis);
        for nth in 0..step.repeat {
            if nth > 0 {
                at = at.saturating_add(millis(step.every));
            }
            events.push((at, event.clone()));
        }
        last = at;
    }
    events.sort_by_key(|it| it.0);
    Series { name: it.name.clone(), matches: it.matches, events, span: it.span }
}
