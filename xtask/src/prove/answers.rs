//! Every answer about the rules as they stand: a witness is asked again, a proof is tried.

use std::collections::BTreeSet;

use driver::{Loaded, Part, Parts};
use ir::Expr;
use prove::{IdleParts, Prover, Schema, Verdict};

use super::{Tally, rules};

/// Asks everything that there is to ask, and tries the answers.
pub fn judge(loaded: &Loaded, say: &dyn Fn(&str)) -> Result<(), String> {
    let mut tally = Tally::default();
    for (word, schema) in [("one value a field", Schema::single()), ("any event", Schema::many())] {
        let mut prover = Prover::new(&schema);
        let counts = of_each(loaded, &mut prover, &mut tally);
        say(&format!("{word}: {counts}"));
        let counts = of_pairs(loaded, &mut prover, &mut tally);
        say(&format!("{word}: {counts}"));
        let counts = of_search(loaded, &mut prover, &schema, &mut tally);
        say(&format!("{word}: {counts}"));
    }
    tally.report(say)
}

/// Whether what is seen at a glance is what a search finds, of each rule and of each of its parts.
fn of_search(
    loaded: &Loaded,
    prover: &mut Prover<'_>,
    schema: &Schema<'_>,
    tally: &mut Tally,
) -> String {
    let mut slow = Prover::new(schema).searching();
    let (mut rules_asked, mut parts_asked, mut more) = (0, 0, 0);
    for (file, rule) in rules(loaded) {
        let what = name(loaded, file);
        let expr = &rule.expr;
        rules_asked += 1;
        for wanted in [true, false] {
            match (prover.ask(&[(expr, wanted)]), slow.ask(&[(expr, wanted)])) {
                (Verdict::Proved(_), Verdict::Proved(_))
                | (Verdict::Differs(_), Verdict::Differs(_))
                | (Verdict::Unknown(_), Verdict::Unknown(_)) => {}
                (_, Verdict::Unknown(_)) => more += 1,
                (seen, found) => {
                    let it = format!("{what}: seen {seen:?}, and a search finds {found:?}");
                    tally.wrong.push(it);
                }
            }
        }
        let parts = Parts::of(&file.ast);
        let of = |prover: &mut Prover<'_>| prover.idle(expr, &|span| parts.at(span).to_vec());
        let (seen, found) = (of(prover), of(&mut slow));
        parts_asked += found.asked;
        more += found.unknown.len().saturating_sub(seen.unknown.len());
        let open = |part: &Part| found.unknown.iter().any(|it| it.0 == *part);
        let alone = |it: &IdleParts<Part>| -> BTreeSet<Part> {
            let all = it.idle.iter().map(|it| it.part).chain(it.instead.iter().copied());
            all.filter(|it| !open(it)).collect()
        };
        let (a, b) = (alone(&seen), alone(&found));
        for it in a.symmetric_difference(&b) {
            let how = if a.contains(it) { "idle" } else { "needed" };
            tally.wrong.push(format!("{what}: {it:?} is {how}, and a search finds otherwise"));
        }
    }
    format!(
        "{rules_asked} rules and {parts_asked} parts answered as by a search alone, {more} that it \
         leaves open"
    )
}

fn of_each(loaded: &Loaded, prover: &mut Prover<'_>, tally: &mut Tally) -> String {
    let (mut never, mut twins, mut idle, mut unknown) = (0, 0, 0, 0);
    for (file, rule) in rules(loaded) {
        let what = name(loaded, file);
        let (expr, nothing) = (&rule.expr, Expr::Const(false));
        match prover.never_matches(expr) {
            Verdict::Differs(it) => tally.witness(&what, &it.event, expr, &nothing),
            Verdict::Proved(grounds) => {
                never += 1;
                tally.proof(&what, expr, &nothing, true, &grounds);
            }
            Verdict::Unknown(_) => unknown += 1,
        }
        let twin = turned(expr);
        match prover.equivalent(expr, &twin) {
            Verdict::Proved(grounds) => {
                twins += 1;
                tally.proof(&format!("{what} turned"), expr, &twin, true, &grounds);
            }
            Verdict::Differs(it) => {
                tally.wrong.push(format!("{what}: its turned form differs by {}", it.event));
            }
            Verdict::Unknown(_) => unknown += 1,
        }
        let parts = Parts::of(&file.ast);
        let found = prover.idle(expr, &|span| parts.at(span).to_vec());
        unknown += found.unknown.len();
        idle += found.idle.len();
        // Each alone, and all of them together.
        let each = found.idle.iter().map(|it| (vec![it.part], &it.grounds));
        let all = (found.idle.iter().map(|it| it.part).collect(), &found.grounds);
        for (many, grounds) in each.chain([all]).filter(|it| !it.0.is_empty()) {
            let out = |span| parts.at(span).iter().any(|it| many.contains(it));
            let Some(rest) = driver::without(expr, &out) else {
                tally.wrong.push(format!("{what}: nothing would be left of the rule"));
                continue;
            };
            let what = format!("{what} without {:?}", many.last());
            tally.proof(&what, expr, &rest, true, grounds);
        }
    }
    format!(
        "{never} never match, {twins} equal their turned form, {idle} parts idle, {unknown} unknown"
    )
}

fn of_pairs(loaded: &Loaded, prover: &mut Prover<'_>, tally: &mut Tally) -> String {
    let all: Vec<_> = rules(loaded).collect();
    let meanings: Vec<_> = all.iter().map(|it| it.1).collect();
    let found = driver::inclusions(prover, &meanings);
    for it in &found.found {
        let what =
            format!("{} in {}", name(loaded, all[it.narrow].0), name(loaded, all[it.wide].0));
        let (narrow, wide) = (&meanings[it.narrow].expr, &meanings[it.wide].expr);
        tally.proof(&what, narrow, wide, false, &it.grounds);
        if let Verdict::Differs(it) = prover.includes(narrow, wide) {
            tally.witness(&what, &it.event, wide, narrow);
        }
    }
    let pairs = found.pairs.0 + found.pairs.1;
    format!("{} inclusions of {pairs} pairs, {} unknown", found.found.len(), found.unknown.len())
}

fn name(loaded: &Loaded, rule: &driver::LoadedRule) -> String {
    let path = loaded.sources.get(rule.file).map_or("", |it| it.path());
    let name = path.rsplit('/').next().unwrap_or(path);
    format!("{name}#{}", rule.index)
}

/// The same meaning, written the other way round: by De Morgan's laws, in reverse.
fn turned(expr: &Expr) -> Expr {
    let many = |parts: &[Expr]| parts.iter().rev().map(|it| turned(it).not()).collect::<Vec<_>>();
    match expr {
        Expr::All(parts) => Expr::Not(Box::new(Expr::Any(many(parts)))),
        Expr::Any(parts) => Expr::Not(Box::new(Expr::All(many(parts)))),
        Expr::Not(part) => Expr::Not(Box::new(turned(part))),
        it => it.clone(),
    }
}
