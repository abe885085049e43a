//! Rules changed on purpose, as an edit by hand would change them: each is told apart, or proved the
//! same.

use std::collections::BTreeMap;

use driver::Loaded;
use ir::Expr;
use prove::{Prover, Relation, Schema, Unknown};
use source::{Span, Spanned};
use syntax::{ConditionAst, ItemAst, Quantity, RuleAst, Selection};

use super::{Random, Tally, rules};

/// Mutants of one kind of one rule.
const MOST: usize = 4;

/// Of so many mutants one may stay undecided.
const UNKNOWN: usize = 500;

/// Makes a mutant at a place among those that fit, or says there are no more.
type Mutate = fn(&mut RuleAst, usize) -> Option<()>;

const KINDS: &[(&str, Mutate)] = &[
    ("value dropped", drop_value),
    ("filter dropped", drop_filter),
    ("modifier changed", change_modifier),
    ("case changed", change_case),
    ("condition edited", edit_condition),
];

#[derive(Debug, Default)]
struct Row {
    mutants: usize,
    apart: usize,
    equal: usize,
    /// Those with a placeholder, or else beyond the matcher: nobody can decide them.
    unmatchable: usize,
    unknown: BTreeMap<String, usize>,
}

/// Makes mutants of all rules and compares each with its rule.
pub fn judge(loaded: &Loaded, say: &dyn Fn(&str)) -> Result<(), String> {
    let schema = Schema::single();
    let mut prover = Prover::new(&schema);
    let mut tally = Tally::default();
    let mut table: Vec<Row> = KINDS.iter().map(|_| Row::default()).collect();
    for (file, rule) in rules(loaded) {
        let Some(source) = loaded.sources.get(file.file) else { continue };
        for ((kind, mutate), row) in KINDS.iter().zip(&mut table) {
            let what = format!("{}#{}, {kind}", source.path(), file.index);
            for mutant in mutants(&file.ast, &what, *mutate) {
                let lowered = lower::lower(&mutant, source.text(), &mut Vec::new());
                let Some(lowered) = lowered else { continue };
                compare(&mut prover, &what, (&rule.expr, &lowered.rule.expr), row, &mut tally);
            }
        }
    }
    report(&table, say)?;
    tally.report(say)
}

fn compare(
    prover: &mut Prover<'_>,
    what: &str,
    (rule, mutant): (&Expr, &Expr),
    row: &mut Row,
    tally: &mut Tally,
) {
    row.mutants += 1;
    let mut seen = |event, by_mutant: bool| {
        let (by, not_by) = if by_mutant { (mutant, rule) } else { (rule, mutant) };
        tally.witness(what, event, by, not_by);
    };
    match prover.compare(rule, mutant) {
        Relation::Same(grounds) => {
            row.equal += 1;
            tally.proof(what, rule, mutant, true, &grounds);
        }
        Relation::Wider(it) => {
            row.apart += 1;
            seen(&it.event, true);
        }
        Relation::Narrower(it) => {
            row.apart += 1;
            seen(&it.event, false);
        }
        Relation::Changed { gained, lost } => {
            row.apart += 1;
            seen(&gained.event, true);
            seen(&lost.event, false);
        }
        Relation::Unknown { why: Unknown::Unmatchable(_), .. } => row.unmatchable += 1,
        Relation::Unknown { gained, lost, why } => {
            if gained.is_some() || lost.is_some() {
                row.apart += 1;
            } else {
                *row.unknown.entry(why.to_string()).or_default() += 1;
            }
            gained.iter().for_each(|it| seen(&it.event, true));
            lost.iter().for_each(|it| seen(&it.event, false));
        }
    }
}

fn report(table: &[Row], say: &dyn Fn(&str)) -> Result<(), String> {
    say(&format!(
        "{:<18} {:>8} {:>8} {:>8} {:>11} {:>8}",
        "mutants", "", "apart", "equal", "unmatchable", "unknown"
    ));
    let (mut all, mut unknown) = (0, 0);
    for ((kind, _), row) in KINDS.iter().zip(table) {
        let open: usize = row.unknown.values().sum();
        all += row.mutants;
        unknown += open;
        say(&format!(
            "{kind:<18} {:>8} {:>8} {:>8} {:>11} {open:>8}",
            row.mutants, row.apart, row.equal, row.unmatchable
        ));
        row.unknown.iter().for_each(|(why, count)| say(&format!("  {count} unknown: {why}")));
    }
    say(&format!("{all} mutants, {unknown} unknown"));
    if unknown * UNKNOWN > all {
        return Err(format!("{unknown} of {all} mutants are undecided"));
    }
    Ok(())
}

/// Some mutants of a rule, all of a kind where they are few.
fn mutants(ast: &RuleAst, seed: &str, mutate: Mutate) -> Vec<RuleAst> {
    let make = |at: usize| {
        let mut it = ast.clone();
        mutate(&mut it, at).map(|()| it)
    };
    let mut count = 0;
    while make(count).is_some() {
        count += 1;
    }
    let mut random = Random::of(seed);
    let mut places: Vec<usize> = (0..count).collect();
    while places.len() > MOST {
        places.remove(random.below(places.len()));
    }
    places.into_iter().filter_map(make).collect()
}

fn items(ast: &mut RuleAst) -> Vec<&mut ItemAst> {
    fn add<'a>(body: &'a mut Selection, res: &mut Vec<&'a mut ItemAst>) {
        match body {
            Selection::All(items) => res.extend(items),
            Selection::Any(entries) => entries.iter_mut().for_each(|it| add(it, res)),
            Selection::Keywords(item) => res.push(item),
        }
    }
    let mut res = Vec::new();
    ast.detection.selections.iter_mut().for_each(|it| add(&mut it.body, &mut res));
    res
}

/// One value fewer in a list.
fn drop_value(ast: &mut RuleAst, mut at: usize) -> Option<()> {
    for item in items(ast).into_iter().filter(|it| it.values.len() > 1) {
        if at < item.values.len() {
            item.values.remove(at);
            return Some(());
        }
        at -= item.values.len();
    }
    None
}

/// What follows `and not` is gone.
fn drop_filter(ast: &mut RuleAst, mut at: usize) -> Option<()> {
    fn find(it: &mut ConditionAst, at: &mut usize) -> Option<()> {
        match it {
            ConditionAst::All(parts) => {
                for idx in 0..parts.len() {
                    if matches!(parts[idx], ConditionAst::Not(_)) {
                        if *at == 0 {
                            parts.remove(idx);
                            return Some(());
                        }
                        *at -= 1;
                    }
                }
                parts.iter_mut().find_map(|it| find(it, at))
            }
            ConditionAst::Any(parts) => parts.iter_mut().find_map(|it| find(it, at)),
            ConditionAst::Not(part) => find(part, at),
            ConditionAst::Name(_) | ConditionAst::Of(..) => None,
        }
    }
    ast.detection.conditions.iter_mut().find_map(|it| find(it, &mut at))
}

/// Words that one may be taken for another; the empty one is no modifier at all.
const ANCHORS: &[&str] = &["contains", "startswith", "endswith", ""];
const COMPARISONS: &[&str] = &["lt", "lte", "gt", "gte"];

/// Another anchor or comparison, or `all` where there was none, or none where it was.
fn change_modifier(ast: &mut RuleAst, mut at: usize) -> Option<()> {
    for item in items(ast) {
        for words in [ANCHORS, COMPARISONS] {
            let place = item.modifiers.iter().position(|it| words.contains(&it.value.as_str()));
            let now = place.map(|it| item.modifiers[it].value.clone());
            let Some(now) = now.or((words == ANCHORS).then(String::new)) else { continue };
            // What is matched otherwise takes no anchor.
            if place.is_none() && !item.modifiers.is_empty() || item.field.is_none() {
                continue;
            }
            let others: Vec<&&str> = words.iter().filter(|it| **it != now).collect();
            if let Some(word) = others.get(at) {
                match place {
                    Some(it) if word.is_empty() => drop(item.modifiers.remove(it)),
                    Some(it) => item.modifiers[it].value = (**word).to_owned(),
                    None => item.modifiers.push(Spanned::new((**word).to_owned(), item.span)),
                }
                return Some(());
            }
            at -= others.len();
        }
        if item.values.len() > 1 && item.field.is_some() {
            if at == 0 {
                match item.modifiers.iter().position(|it| it.value == "all") {
                    Some(it) => drop(item.modifiers.remove(it)),
                    None => item.modifiers.push(Spanned::new("all".to_owned(), item.span)),
                }
                return Some(());
            }
            at -= 1;
        }
    }
    None
}

/// `cased` where it was not, or none where it was; for a regular expression, `i`.
fn change_case(ast: &mut RuleAst, mut at: usize) -> Option<()> {
    for item in items(ast) {
        let has = |word: &str| item.modifiers.iter().position(|it| it.value == word);
        let word = if has("re").is_some() { "i" } else { "cased" };
        if ["cidr", "exists", "lt", "gt", "lte", "gte"].iter().any(|it| has(it).is_some()) {
            continue;
        }
        if at == 0 {
            match has(word) {
                Some(it) => drop(item.modifiers.remove(it)),
                None => item.modifiers.push(Spanned::new(word.to_owned(), item.span)),
            }
            return Some(());
        }
        at -= 1;
    }
    None
}

/// `and` for `or`, `all of` for `1 of`, one `not` more or fewer, one part fewer, or another name.
fn edit_condition(ast: &mut RuleAst, mut at: usize) -> Option<()> {
    let names: Vec<String> =
        ast.detection.selections.iter().map(|it| it.name.value.clone()).collect();
    ast.detection.conditions.iter_mut().find_map(|it| edit(it, &names, &mut at))
}

fn edit(it: &mut ConditionAst, names: &[String], at: &mut usize) -> Option<()> {
    let mut edits: Vec<ConditionAst> = Vec::new();
    match &*it {
        ConditionAst::All(parts) | ConditionAst::Any(parts) => {
            edits.push(match it {
                ConditionAst::All(_) => ConditionAst::Any(parts.clone()),
                _ => ConditionAst::All(parts.clone()),
            });
            for idx in 0..parts.len() {
                let mut fewer = parts.clone();
                // Leaving out what is negated is another kind of mutant.
                if !matches!(fewer.remove(idx), ConditionAst::Not(_)) {
                    edits.push(match it {
                        ConditionAst::All(_) => ConditionAst::All(fewer),
                        _ => ConditionAst::Any(fewer),
                    });
                }
            }
        }
        ConditionAst::Not(part) => edits.push((**part).clone()),
        ConditionAst::Name(name) => {
            edits.push(ConditionAst::Not(Box::new(it.clone())));
            let other = names.iter().find(|it| **it != name.value);
            edits.extend(other.map(|it| ConditionAst::Name(named(it, name.span))));
        }
        ConditionAst::Of(quantity, wanted) => {
            let other = match quantity {
                Quantity::One => Quantity::All,
                Quantity::All => Quantity::One,
            };
            edits.push(ConditionAst::Of(other, wanted.clone()));
            edits.push(ConditionAst::Not(Box::new(it.clone())));
        }
    }
    if *at < edits.len() {
        *it = edits.remove(*at);
        return Some(());
    }
    *at -= edits.len();
    match it {
        ConditionAst::All(parts) | ConditionAst::Any(parts) => {
            parts.iter_mut().find_map(|it| edit(it, names, at))
        }
        ConditionAst::Not(part) => edit(part, names, at),
        ConditionAst::Name(_) | ConditionAst::Of(..) => None,
    }
}

fn named(name: &str, span: Span) -> Spanned<String> {
    Spanned::new(name.to_owned(), span)
}
