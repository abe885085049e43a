//! Whether one pattern or regular expression takes in another, by determinised automata of a library
//! that shares no code with the prover's.
//!
//! Knows: how to walk three automata at once. Does not know: how the prover decides.

use std::collections::VecDeque;
use std::sync::Arc;

use driver::Loaded;
use ir::{Case, Expr, Field, Part, Pattern, Predicate, Regex, Test};
use prove::{Prover, Schema, Verdict};
use regex_automata::Input;
use regex_automata::dfa::{Automaton, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::primitives::StateID;
use regex_syntax::hir::Hir;
use source::{FileId, Span};

use super::{Random, Tally, rules};

/// Inclusions that are judged.
const PAIRS: usize = 2000;

/// The largest automaton, in bytes, and the most states of three together.
const MOST_BYTES: usize = 40 << 20;
const MOST_STATES: usize = 400_000;

type Dfa = dense::DFA<Vec<u32>>;

/// Judges inclusions, half of them of the rules' own patterns.
pub fn judge(loaded: &Loaded, say: &dyn Fn(&str)) -> Result<(), String> {
    let schema = Schema::single();
    let mut prover = Prover::new(&schema);
    let mut own = Vec::new();
    for (_, rule) in rules(loaded) {
        rule.expr.for_each_test(&mut |it| {
            if matches!(it.predicate, Predicate::Text(..) | Predicate::Regex(_)) {
                own.push(it.predicate.clone());
            }
        });
    }
    let regexes: Vec<Predicate> =
        own.iter().filter(|it| matches!(it, Predicate::Regex(_))).cloned().collect();
    let valid = dfa(&hir(r"(?s)\A.*\z")?).ok_or("UTF-8 has no automaton")?;
    let mut random = Random::of("languages");
    let mut tally = Tally::default();
    let (mut judged, mut inside, mut unknown, mut large, mut of_rules) = (0, 0, 0, 0, 0);
    while judged < PAIRS {
        let from_rules = judged % 2 == 0 && !own.is_empty();
        let few = match random.below(3) {
            _ if !from_rules => made(&mut random),
            0 if !regexes.is_empty() => random.pick(&regexes).cloned(),
            _ => random.pick(&own).cloned(),
        };
        let Some(few) = few else { continue };
        let many = match random.below(4) {
            0 if from_rules => random.pick(&own).cloned(),
            0 => made(&mut random),
            _ => near(&mut random, &few),
        };
        let Some(many) = many else { continue };
        let (few, many) = if random.once_in(4) { (many, few) } else { (few, many) };
        let (Some(a), Some(b)) = (automaton(&few), automaton(&many)) else {
            large += 1;
            continue;
        };
        let Some(truth) = included(&a, &b, &valid) else {
            large += 1;
            continue;
        };
        judged += 1;
        of_rules += usize::from(from_rules);
        inside += usize::from(truth);
        let what = format!("{} in {}", shown(&few), shown(&many));
        let (narrow, wide) = (test(few), test(many));
        match prover.includes(&wide, &narrow) {
            Verdict::Proved(_) if !truth => tally.wrong.push(format!("{what}: proved")),
            Verdict::Differs(it) if truth => {
                tally.wrong.push(format!("{what}: it is, though {} is shown", it.event));
            }
            Verdict::Differs(it) => tally.witness(&what, &it.event, &narrow, &wide),
            Verdict::Proved(_) => {}
            Verdict::Unknown(_) => unknown += 1,
        }
    }
    say(&format!(
        "{judged} inclusions ({of_rules} of the rules' own, {inside} true) agreed with determinised \
         automata, {unknown} unknown; {large} pairs too large for these were left out"
    ));
    tally.report(say)
}

fn test(predicate: Predicate) -> Expr {
    let span = Span::new(FileId::FIRST, 0, 0);
    Expr::Test(Test { field: Field::Named("v".into()), predicate, span })
}

fn shown(it: &Predicate) -> String {
    match it {
        Predicate::Text(pattern, case) => format!("{:?} ({case:?})", pattern.parts()),
        Predicate::Regex(it) => format!("{:?}", it.key()),
        it => format!("{it:?}"),
    }
}

fn hir(text: &str) -> Result<Hir, String> {
    regex_syntax::parse(text).map_err(|err| err.to_string())
}

/// The automaton of a test; `None` where it would be too large.
fn automaton(it: &Predicate) -> Option<Dfa> {
    match it {
        Predicate::Text(pattern, case) => {
            let mut text = String::from(r"(?s)\A");
            for part in pattern.parts() {
                match part {
                    Part::Run => text.push_str(".*"),
                    Part::One => text.push('.'),
                    Part::Literal(it) if *case == Case::Insensitive => {
                        it.chars().for_each(|it| text.push_str(&any_case(it)));
                    }
                    Part::Literal(it) => text.push_str(&regex_syntax::escape(it)),
                    Part::Placeholder(_) => return None,
                }
            }
            text.push_str(r"\z");
            dfa(&hir(&text).ok()?)
        }
        Predicate::Regex(it) => dfa(it.hir()),
        _ => None,
    }
}

/// A regular expression of a character in any case, of which none folds onto ASCII.
fn any_case(ch: char) -> String {
    let escaped = regex_syntax::escape(&ch.to_string());
    match ch {
        'a'..='z' | 'A'..='Z' => {
            format!("[{}{}]", ch.to_ascii_lowercase(), ch.to_ascii_uppercase())
        }
        // The only other characters of which a case is in ASCII.
        '\u{212a}' | '\u{17f}' => escaped,
        it if it.is_ascii() => escaped,
        _ => format!("(?i:{escaped})"),
    }
}

fn dfa(hir: &Hir) -> Option<Dfa> {
    let nfa = thompson::Compiler::new().build_from_hir(hir).ok()?;
    let config = dense::Config::new()
        .dfa_size_limit(Some(MOST_BYTES))
        .determinize_size_limit(Some(MOST_BYTES));
    dense::Builder::new().configure(config).build_from_nfa(&nfa).ok()
}

/// One automaton on its way through a text: its state, or that it has found a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct At(Option<StateID>);

impl At {
    fn start(dfa: &Dfa) -> Option<At> {
        Some(At::of(dfa, dfa.start_state_forward(&Input::new("")).ok()?))
    }

    fn of(dfa: &Dfa, state: StateID) -> At {
        At((!dfa.is_match_state(state)).then_some(state))
    }

    fn next(self, dfa: &Dfa, byte: u8) -> At {
        self.0.map_or(self, |it| At::of(dfa, dfa.next_state(it, byte)))
    }

    fn accepts(self, dfa: &Dfa) -> bool {
        self.0.is_none_or(|it| dfa.is_match_state(dfa.next_eoi_state(it)))
    }

    /// Whether it may still accept.
    fn is_alive(self, dfa: &Dfa) -> bool {
        self.0.is_none_or(|it| !dfa.is_dead_state(it))
    }
}

/// Whether every text of `few` is one of `many`; `None` when there are too many states.
fn included(few: &Dfa, many: &Dfa, valid: &Dfa) -> Option<bool> {
    let mut bytes: Vec<u8> = Vec::new();
    let class = |byte: u8| [few, many, valid].map(|it| it.byte_classes().get(byte));
    let mut seen = std::collections::HashSet::new();
    bytes.extend((0..=u8::MAX).filter(|it| seen.insert(class(*it))));
    let first = (At::start(few)?, At::start(many)?, At::start(valid)?);
    let mut known = std::collections::HashSet::from([first]);
    let mut queue = VecDeque::from([first]);
    while let Some((a, b, text)) = queue.pop_front() {
        if a.accepts(few) && !b.accepts(many) && text.accepts(valid) {
            return Some(false);
        }
        for byte in &bytes {
            let next = (a.next(few, *byte), b.next(many, *byte), text.next(valid, *byte));
            let alive = next.0.is_alive(few) && next.1.0.is_some() && next.2.is_alive(valid);
            if alive && known.insert(next) {
                queue.push_back(next);
            }
        }
        if known.len() > MOST_STATES {
            return None;
        }
    }
    Some(true)
}

/// A pattern or regular expression at random, over few letters so that they meet.
fn made(random: &mut Random) -> Option<Predicate> {
    if random.once_in(2) {
        const PARTS: &[&str] = &["a", "b", "A", "*", "*", "?", "ab", "ß", "K", "."];
        let parts = (0..random.below(6)).filter_map(|_| random.pick(PARTS).copied());
        let parts: Vec<Part> = parts.map(part).collect();
        return Some(Predicate::Text(Pattern::new(parts), case(random)));
    }
    let mut text = String::new();
    term(random, 3, &mut text);
    regex(&text, random.once_in(3), random.once_in(4), random.once_in(3))
}

fn part(text: &str) -> Part {
    match text {
        "*" => Part::Run,
        "?" => Part::One,
        it => Part::Literal(it.to_owned()),
    }
}

fn case(random: &mut Random) -> Case {
    if random.once_in(3) { Case::Sensitive } else { Case::Insensitive }
}

fn regex(text: &str, i: bool, m: bool, s: bool) -> Option<Predicate> {
    Some(Predicate::Regex(Arc::new(Regex::new(text, i, m, s).ok()?)))
}

/// Appends a regular expression of some depth.
fn term(random: &mut Random, depth: usize, res: &mut String) {
    const LEAVES: &[&str] = &[
        "a", "b", "ab", ".", "[ab]", "[^a]", "\\d", "\\w", "\\s", "^", "$", "\\b", "\\A", "\\z",
        "K", "ß", "\n", "[a-c]", "\\.",
    ];
    if depth == 0 {
        res.push_str(random.pick(LEAVES).copied().unwrap_or("a"));
        return;
    }
    match random.below(6) {
        0 => {
            res.push_str("(?:");
            term(random, depth - 1, res);
            res.push('|');
            term(random, depth - 1, res);
            res.push(')');
        }
        1 => {
            res.push_str("(?:");
            term(random, depth - 1, res);
            const TIMES: &[&str] = &[")*", ")+", ")?", "){2}", "){1,3}", "){0,2}"];
            res.push_str(random.pick(TIMES).copied().unwrap_or(")*"));
        }
        2 => term(random, 0, res),
        _ => {
            term(random, depth - 1, res);
            term(random, depth - 1, res);
        }
    }
}

/// A test that is a little wider or narrower, or asks nearly the same in another way.
fn near(random: &mut Random, it: &Predicate) -> Option<Predicate> {
    match it {
        Predicate::Text(pattern, kept) => {
            let mut parts: Vec<Part> = pattern.parts().to_vec();
            let mut kept = *kept;
            for _ in 0..=random.below(2) {
                let at = random.below(parts.len() + 1);
                match random.below(8) {
                    0 => parts.insert(at, Part::Run),
                    1 => parts.insert(0, Part::Run),
                    2 => parts.push(Part::Run),
                    3 if at < parts.len() => drop(parts.remove(at)),
                    4 => kept = case(random),
                    5 if at < parts.len() => parts[at] = Part::One,
                    6 => return from_pattern(random, &parts),
                    _ => shorten(random, &mut parts),
                }
            }
            Some(Predicate::Text(Pattern::new(parts), kept))
        }
        Predicate::Regex(it) => {
            let (text, mut i, mut m, mut s) = it.key();
            let mut text = text.to_owned();
            match random.below(9) {
                0 => i = !i,
                1 => m = !m,
                2 => s = !s,
                3 => text = text.replacen('+', "*", 1),
                4 => text = text.replacen(r"\d", r"\w", 1),
                5 => text = format!("^(?:{text})"),
                6 => text = format!("(?:{text})|b"),
                7 => text = text.trim_start_matches('^').to_owned(),
                _ => text = text.replacen(r"\s", ".", 1),
            }
            regex(&text, i, m, s)
        }
        _ => None,
    }
}

/// Takes a character off a literal.
fn shorten(random: &mut Random, parts: &mut [Part]) {
    let at = random.below(parts.len());
    if let Some(Part::Literal(it)) = parts.get_mut(at) {
        let first = random.once_in(2);
        let cut = if first { it.chars().next() } else { it.chars().last() };
        let Some(cut) = cut else { return };
        if first {
            drop(it.drain(..cut.len_utf8()))
        } else {
            it.truncate(it.len() - cut.len_utf8())
        }
    }
}

/// A regular expression of a pattern.
fn from_pattern(random: &mut Random, parts: &[Part]) -> Option<Predicate> {
    let mut text = String::new();
    let (open, close) = (parts.first() == Some(&Part::Run), parts.last() == Some(&Part::Run));
    if !open {
        text.push('^');
    }
    for part in parts {
        match part {
            Part::Run => text.push_str(if random.once_in(4) { ".+" } else { ".*" }),
            Part::One => text.push('.'),
            Part::Literal(it) => text.push_str(&regex_syntax::escape(it)),
            Part::Placeholder(_) => return None,
        }
    }
    if !close {
        text.push('$');
    }
    regex(&text, random.once_in(2), false, random.once_in(2))
}
