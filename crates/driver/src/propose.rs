//! Examples for a rule that its own leave out: proposed, and written into its file.
//!
//! Each selection, and each entry of one that is a list, is to be reached by an example in which it
//! alone decides. A filter is to keep out an event that the rule would match without it, and to let
//! one pass that differs in one field. A rule has an example that must match and one that must not.

mod write;

use std::collections::BTreeMap;

use ::propose::{Flat, Found, Maker, Wish, nest};
use ir::{Expr, Fixture};
use lower::{Detection, Draft, Item, Value as ItemValue};
use matcher::Matcher;
use serde_json::Value;
use source::Span;

use crate::config::Config;
use crate::coverage::{Part, parts};
use crate::load::{Loaded, LoadedRule};

pub use write::{Written, flow, snippet, written};

/// What is proposed for a rule.
#[derive(Debug, Default)]
pub struct Proposal {
    /// The examples, in the order of what they are for.
    pub examples: Vec<Example>,
    /// Why there is none for a part of the rule, one sentence each without its full stop.
    pub notes: Vec<String>,
}

/// An example that is proposed.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// What it is for, in a few words.
    pub name: String,
    /// Whether the rule matches it.
    pub matches: bool,
    /// The event.
    pub event: Value,
}

/// Proposes examples for a rule; `None` when the rule is broken or can't be matched.
pub fn propose(loaded: &Loaded, rule: &LoadedRule, config: &Config) -> Option<Proposal> {
    let lowered = rule.lowered.as_ref()?;
    let text = loaded.sources.get(rule.file)?.text();
    let (draft, _) = lower::draft(&rule.ast, text, &mut Vec::new())?;
    let matcher = Matcher::new(&lowered.rule.expr).ok()?;
    let unused: Vec<&str> = lowered.unused.iter().map(|it| it.value.as_str()).collect();
    let mut run = Run {
        maker: Maker::new(&lowered.rule.logsource),
        matcher,
        own: &lowered.rule.expr,
        whole: meaning(&draft, config)?,
        fixtures: &lowered.rule.fixtures,
        draft: &draft,
        config,
        res: Proposal::default(),
        made: Vec::new(),
    };
    let all = parts(&draft, &unused);
    let (against, with): (Vec<&Part>, Vec<&Part>) = all.iter().partition(|it| run.is_filter(it));
    with.iter().for_each(|it| run.selection(it, &with));
    if !run.has(true) {
        run.any();
    }
    against.iter().for_each(|it| run.filter(it, &with));
    if !run.has(false) {
        run.nearly(&with);
    }
    let Run { mut res, made, .. } = run;
    res.examples = made.into_iter().map(|it| it.0).collect();
    Some(res)
}

struct Run<'a> {
    maker: Maker,
    matcher: Matcher,
    /// What the rule means, filters of other files included.
    own: &'a Expr,
    /// What its own items mean.
    whole: Expr,
    fixtures: &'a [Fixture],
    draft: &'a Draft,
    config: &'a Config,
    res: Proposal,
    made: Vec<(Example, Flat)>,
}

/// The expression of a rule's items.
fn meaning(draft: &Draft, config: &Config) -> Option<Expr> {
    let mut used = vec![false; draft.selections.len()];
    draft.expr(&mut used, &mut Vec::new()).map(|it| config.fill(it))
}

impl Run<'_> {
    fn has(&self, matches: bool) -> bool {
        self.fixtures.iter().any(|it| it.matches == matches)
            || self.made.iter().any(|it| it.0.matches == matches)
    }

    /// What the rule means with something else in the place of a part.
    fn instead(&self, part: &Part, by: Detection) -> Option<Expr> {
        let mut draft = self.draft.clone();
        let (_, detection) = draft.selections.get_mut(part.selection)?;
        match (part.entry, detection) {
            (None, it) => *it = by,
            (Some(at), Detection::Any(entries)) => *entries.get_mut(at)? = by,
            _ => return None,
        }
        meaning(&draft, self.config)
    }

    /// Whether the rule is the less likely to match for this part.
    fn is_filter(&self, part: &Part) -> bool {
        let mark = "\u{0}";
        let test = ItemValue::one(ir::Predicate::Exists, part.span);
        let Some(expr) = self.instead(part, item(Some(mark), vec![test], part.span)) else {
            return false;
        };
        let mut found = (false, false);
        signs(&expr, false, mark, &mut found);
        found == (false, true)
    }

    fn is_reached(&self, part: &Part) -> Option<bool> {
        let expr = self.config.fill(part.expr.clone()?);
        let matcher = Matcher::new(&expr).ok()?;
        let events = self.fixtures.iter().map(|it| it.event.clone());
        let mut events = events.chain(self.made.iter().map(|it| it.0.event.clone()));
        Some(events.any(|it| matcher.matches(&it)))
    }

    fn reaches(&self, part: &Part, event: &Flat) -> bool {
        let expr = part.expr.clone().map(|it| self.config.fill(it));
        let matcher = expr.and_then(|it| Matcher::new(&it).ok());
        matcher.is_some_and(|it| it.matches(&event.flat()))
    }

    /// An example that reaches a selection, in which it alone decides if there is one.
    fn selection(&mut self, part: &Part, with: &[&Part]) {
        let (Some(false), Some(expr)) = (self.is_reached(part), &part.expr) else { return };
        let expr = self.config.fill(expr.clone());
        let Some(without) = self.instead(part, never(part.span)) else { return };
        let own = self.own;
        let whole = self.whole.clone();
        let alone = vec![(own, true), (&without, false), (&expr, true)];
        let among = vec![(own, true), (&expr, true)];
        for goals in [alone, among] {
            if let Some(event) = self.wish(part, goals, vec![&expr, &whole]) {
                let first: Vec<String> = with
                    .iter()
                    .filter(|it| self.is_reached(it) == Some(false) && self.reaches(it, &event))
                    .map(|it| it.name())
                    .collect();
                self.put(format!("matched by {}", listed(&first)), event);
                return;
            }
        }
        // What never matches the whole rule is still to be seen.
        let name = format!("{}, which does not decide", part.name());
        match self.ask(part, vec![(&expr, true)], vec![&expr]) {
            Ok(event) => self.put(name, event),
            Err(why) => self.res.notes.push(format!("no event reaches {}: {why}", part.name())),
        }
    }

    /// An example that only the filter keeps out, and one that differs in one field.
    fn filter(&mut self, part: &Part, with: &[&Part]) {
        let (Some(false), Some(expr)) = (self.is_reached(part), &part.expr) else { return };
        let expr = self.config.fill(expr.clone());
        let Some(without) = self.instead(part, never(part.span)) else { return };
        let (own, whole) = (self.own, self.whole.clone());
        let alone = vec![(own, false), (&without, true), (&expr, true)];
        if let Some(event) = self.wish(part, alone, vec![&expr, &whole]) {
            self.put(format!("kept out by {}", part.name()), event.clone());
            let goals = [(own, true), (&expr, false)];
            if let Some((near, field)) = self.maker.near(&event, &[&expr], &goals) {
                self.put(format!("almost kept out by {}: another {field}", part.name()), near);
            }
            return;
        }
        let base: Vec<&Expr> = with.iter().filter_map(|it| it.expr.as_ref()).collect();
        let made_of: Vec<&Expr> = [&expr].into_iter().chain(base).collect();
        match self.ask(part, vec![(own, false), (&expr, true)], made_of) {
            Ok(event) => {
                let name = format!("{}, which alone keeps nothing out", part.name());
                self.put(name, event);
            }
            Err(why) => self.res.notes.push(format!("no event reaches {}: {why}", part.name())),
        }
    }

    /// Any event that the rule matches.
    fn any(&mut self) {
        let (own, whole) = (self.own, self.whole.clone());
        let wish = Wish { goals: vec![(own, true)], made_of: vec![&whole], prefer: &[] };
        match self.maker.event(&wish) {
            Found::Event(it) => self.put("matched".to_owned(), it),
            Found::Never => self.res.notes.push("the rule matches no event".to_owned()),
            Found::Unknown(why) => self.res.notes.push(format!("no event was found: {why}")),
        }
    }

    /// An event that differs in one field from one that the rule matches.
    fn nearly(&mut self, with: &[&Part]) {
        let known = self.fixtures.iter().filter(|it| it.matches).map(|it| flat(&it.event));
        let events: Vec<Flat> = self
            .made
            .iter()
            .filter(|it| it.0.matches)
            .map(|it| it.1.clone())
            .chain(known)
            .collect();
        let tests: Vec<&Expr> = with.iter().filter_map(|it| it.expr.as_ref()).collect();
        let goals = [(self.own, false)];
        for event in events {
            if let Some((near, field)) = self.maker.near(&event, &tests, &goals) {
                self.put(format!("almost matched: another {field}"), near);
                return;
            }
        }
    }

    fn wish(&self, part: &Part, goals: Vec<(&Expr, bool)>, of: Vec<&Expr>) -> Option<Flat> {
        self.ask(part, goals, of).ok()
    }

    fn ask(
        &self,
        part: &Part,
        goals: Vec<(&Expr, bool)>,
        made_of: Vec<&Expr>,
    ) -> Result<Flat, String> {
        match self.maker.event(&Wish { goals, made_of, prefer: &part.spans }) {
            Found::Event(it) => Ok(it),
            Found::Never => Err("it is proved that there is none".to_owned()),
            Found::Unknown(why) => Err(why),
        }
    }

    fn put(&mut self, name: String, mut flat: Flat) {
        // The order is that of the rule.
        let mut order: BTreeMap<String, u32> = BTreeMap::new();
        self.whole.for_each_test(&mut |it| {
            if let ir::Field::Named(name) = &it.field {
                let place = order.entry(name.to_string()).or_insert(it.span.start);
                *place = it.span.start.min(*place);
            }
        });
        flat.0.sort_by_key(|it| order.get(&it.0).copied().unwrap_or(u32::MAX));
        let matches = self.matcher.matches(&flat.flat());
        let event = nest(&flat, &[(self.own, matches), (&self.whole, self.holds(&flat))]);
        if self.made.iter().any(|it| it.0.event == event) {
            return;
        }
        self.made.push((Example { name, matches, event }, flat));
    }

    fn holds(&self, event: &Flat) -> bool {
        Matcher::new(&self.whole).is_ok_and(|it| it.matches(&event.flat()))
    }
}

/// `a, b and c`
fn listed(names: &[String]) -> String {
    match names {
        [] => "it".to_owned(),
        [one] => one.clone(),
        [some @ .., last] if names.len() < 5 => format!("{} and {last}", some.join(", ")),
        [a, b, rest @ ..] => format!("{a}, {b} and {} more", rest.len()),
    }
}

/// An event of a file, its nested fields under their whole names.
fn flat(event: &Value) -> Flat {
    fn walk(at: &str, value: &Value, res: &mut Flat) {
        match value {
            Value::Object(map) if !map.is_empty() || at.is_empty() => {
                for (key, value) in map {
                    let name = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
                    walk(&name, value, res);
                }
            }
            it => res.0.push((at.to_owned(), it.clone())),
        }
    }
    let mut res = Flat::default();
    walk("", event, &mut res);
    res
}

/// Whether the marked field is asked plainly, and whether under a negation.
fn signs(expr: &Expr, negated: bool, mark: &str, found: &mut (bool, bool)) {
    match expr {
        Expr::All(parts) | Expr::Any(parts) => {
            parts.iter().for_each(|it| signs(it, negated, mark, found));
        }
        Expr::Not(part) => signs(part, !negated, mark, found),
        Expr::Test(test) => {
            if matches!(&test.field, ir::Field::Named(it) if **it == *mark) {
                *(if negated { &mut found.1 } else { &mut found.0 }) = true;
            }
        }
        Expr::Const(_) => {}
    }
}

fn item(field: Option<&str>, values: Vec<ItemValue>, span: Span) -> Detection {
    Detection::Item(Item {
        field: field.map(Into::into),
        values,
        all: false,
        negated: false,
        span,
        steps: Default::default(),
    })
}

/// What nothing passes.
fn never(span: Span) -> Detection {
    item(None, vec![ItemValue { forms: Vec::new(), negated: false, span }], span)
}
