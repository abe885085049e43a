//! Languages: which texts of a value pass a test.
//!
//! Knows: the texts that pass, automata for them, and which language lies within another.
//! Does not know: fields, boolean structure.
//!
//! A test of one value depends on the value's text alone (docs/semantics.md, M36 to M51): a number
//! or boolean passes exactly what its text, as a string, would pass. So a language is a set of
//! texts.

use std::cell::OnceCell;
use std::net::IpAddr;
use std::sync::Arc;

use ir::{Case, Cmp, Net, Number, Part, Pattern, Predicate, Regex, Test, TimePart};
use regex_syntax::hir::{Hir, HirKind, Repetition};
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Value, json};

use crate::date;
use crate::glob::Glob;
use crate::nfa::Nfa;
use crate::number;

/// Names a language of a [`Langs`].
pub(crate) type LangId = u32;

/// The languages of all rules seen, each once.
#[derive(Debug, Default)]
pub(crate) struct Langs {
    all: Vec<Lang>,
    by_key: FxHashMap<Key, LangId>,
    /// Private characters that stand in some pattern, so that they are no fresh ones.
    used: FxHashSet<char>,
}

/// A set of texts.
#[derive(Debug)]
pub(crate) struct Lang {
    pub(crate) kind: Kind,
    /// Whether two texts that differ in case only may differ in passing.
    pub(crate) cased: bool,
    bounds: OnceCell<Bounds>,
}

/// How the texts of a language are told.
#[derive(Debug)]
pub(crate) enum Kind {
    /// Those that the pattern covers; the pattern as first written, for examples.
    Glob(Glob, Pattern),
    /// Those in which it is found.
    Regex(Arc<Regex>, Box<matcher::Matcher>),
    /// Those that spell a number that compares so.
    Number(Cmp, Number),
    /// Those that are an address of it.
    Net(Net),
    /// Those that are a date of which this part compares so.
    Time(TimePart, Box<matcher::Matcher>),
}

/// Automata around a language: one that accepts no more, and one that accepts no less.
#[derive(Debug, Default)]
pub(crate) struct Bounds {
    pub(crate) under: Option<Arc<Nfa>>,
    pub(crate) over: Option<Arc<Nfa>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Glob(Pattern, Case),
    Regex(String, bool, bool, bool),
    /// What a regular expression searches for, with everything spelled out.
    Search(String),
    Number(Cmp, NumberKey),
    Net(Net),
    Time(TimePart, Cmp, NumberKey),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum NumberKey {
    Int(i128),
    Float(u64),
}

/// A text, and what languages want to know of it.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) raw: String,
    chars: Vec<char>,
    folded: Vec<char>,
    number: Option<Number>,
    address: Option<u128>,
}

impl Text {
    pub(crate) fn new(raw: String) -> Text {
        let chars: Vec<char> = raw.chars().collect();
        let folded = chars.iter().map(|it| ir::fold::fold(*it)).collect();
        let number = Number::parse(&raw);
        let address = address(&raw);
        Text { raw, chars, folded, number, address }
    }
}

/// An address as a number of 128 bits; an IPv4 address as the IPv6 address that maps it.
pub(crate) fn address(text: &str) -> Option<u128> {
    text.parse::<IpAddr>().ok().map(as_number)
}

fn as_number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(it) => it.to_ipv6_mapped().into(),
        IpAddr::V6(it) => it.into(),
    }
}

/// The addresses of a network, as [`address`] counts them, the last included.
pub(crate) fn net_range(net: Net) -> (u128, u128) {
    let bits = match net.address() {
        IpAddr::V4(_) => u32::from(net.bits()) + 96,
        IpAddr::V6(_) => net.bits().into(),
    };
    let host = u128::MAX.checked_shr(bits).unwrap_or(0);
    let first = as_number(net.address());
    (first, first | host)
}

impl Langs {
    /// The language of a test of one value; `None` when the test is of another kind, or holds a
    /// placeholder.
    pub(crate) fn of_test(&mut self, predicate: &Predicate) -> Option<LangId> {
        match predicate {
            Predicate::Text(pattern, case) => self.glob(pattern, *case),
            // A boolean, and the text that spells it in any case, is what the plain word covers.
            Predicate::Bool(it) => {
                self.glob(&Pattern::literal(if *it { "true" } else { "false" }), Case::Insensitive)
            }
            Predicate::Regex(it) => {
                let (text, i, m, s) = it.key();
                let key = Key::Regex(text.to_owned(), i, m, s);
                if let Some(&id) = self.by_key.get(&key) {
                    return Some(id);
                }
                self.note(text);
                // Of two ways to write the same search the second is the first.
                let same = Key::Search(without_groups(it.hir()).to_string());
                let id = self.add(same, || {
                    let matcher = ask(predicate)?;
                    Some((Kind::Regex(it.clone(), matcher), !i))
                })?;
                self.by_key.insert(key, id);
                Some(id)
            }
            Predicate::Number(cmp, it) => self
                .add(Key::Number(*cmp, number_key(*it)), || Some((Kind::Number(*cmp, *it), false))),
            Predicate::Net(it) => self.add(Key::Net(*it), || Some((Kind::Net(*it), false))),
            Predicate::Time(part, cmp, it) => self
                .add(Key::Time(*part, *cmp, number_key(*it)), || {
                    Some((Kind::Time(*part, ask(predicate)?), false))
                }),
            Predicate::Null | Predicate::Exists | Predicate::Field(..) | Predicate::Query(_) => {
                None
            }
        }
    }

    /// The language of a pattern.
    pub(crate) fn glob(&mut self, pattern: &Pattern, case: Case) -> Option<LangId> {
        // Without letters of two cases, case is no matter.
        let cased = case == Case::Sensitive && pattern.parts().iter().any(has_cases);
        let case = if cased { Case::Sensitive } else { Case::Insensitive };
        let glob = Glob::new(pattern, case)?;
        let folded = Pattern::new(pattern.parts().iter().map(|it| match it {
            Part::Literal(it) if !cased => Part::Literal(ir::fold::fold_text(it)),
            it => it.clone(),
        }));
        for part in pattern.parts() {
            if let Part::Literal(it) = part {
                self.note(it);
            }
        }
        self.add(Key::Glob(folded, case), || Some((Kind::Glob(glob, pattern.clone()), cased)))
    }

    /// The texts that a number or a boolean of an event has, and some more.
    pub(crate) fn typed(&mut self) -> Option<LangId> {
        let text = r"\A(?:true|false|-?(?:0|[1-9][0-9]*)(?:\.[0-9]*[1-9])?)\z";
        let regex = Regex::new(text, false, false, false).ok()?;
        self.of_test(&Predicate::Regex(Arc::new(regex)))
    }

    fn note(&mut self, text: &str) {
        self.used.extend(text.chars().filter(|it| is_private(*it)));
    }

    fn add(&mut self, key: Key, make: impl FnOnce() -> Option<(Kind, bool)>) -> Option<LangId> {
        if let Some(&id) = self.by_key.get(&key) {
            return Some(id);
        }
        let (kind, cased) = make()?;
        let id = LangId::try_from(self.all.len()).ok()?;
        self.all.push(Lang { kind, cased, bounds: OnceCell::new() });
        self.by_key.insert(key, id);
        Some(id)
    }

    pub(crate) fn get(&self, id: LangId) -> &Lang {
        &self.all[id as usize]
    }

    /// Whether the text is in the language.
    pub(crate) fn holds(&self, id: LangId, text: &Text) -> bool {
        let lang = self.get(id);
        match &lang.kind {
            Kind::Glob(it, _) => it.covers(if lang.cased { &text.chars } else { &text.folded }),
            Kind::Regex(_, it) | Kind::Time(_, it) => it.matches(&json!({ "v": text.raw })),
            Kind::Number(cmp, it) => text.number.is_some_and(|num| cmp.holds(num.cmp(it))),
            Kind::Net(it) => text.address.is_some_and(|at| {
                let (first, last) = net_range(*it);
                first <= at && at <= last
            }),
        }
    }

    /// Whether every text of `few` is in `many`, decided without automata; `false` may also mean
    /// that it is not known.
    ///
    /// A character that no pattern holds can only be covered by a wildcard. So when `many` has no
    /// wildcard of exactly one character, and covers `few` with such a character for each of its
    /// wildcards, it covers whatever stands in their place.
    pub(crate) fn within(&self, few: LangId, many: LangId) -> bool {
        if few == many {
            return true;
        }
        let (a, b) = (self.get(few), self.get(many));
        match (&a.kind, &b.kind) {
            (Kind::Glob(glob, _), Kind::Glob(other, _)) => {
                if other.has_one() || (b.cased && !a.cased) {
                    return false;
                }
                let sample = glob.filled(self.fresh());
                if a.cased && !b.cased {
                    let folded: Vec<char> = sample.into_iter().map(ir::fold::fold).collect();
                    return other.covers(&folded);
                }
                other.covers(&sample)
            }
            (Kind::Net(a), Kind::Net(b)) => {
                let (a, b) = (net_range(*a), net_range(*b));
                b.0 <= a.0 && a.1 <= b.1
            }
            (Kind::Glob(glob, _), _) if !b.cased => glob
                .only_text()
                .is_some_and(|it| self.holds(many, &Text::new(it.into_iter().collect()))),
            _ => self.is_anything(many),
        }
    }

    /// Whether every text is in the language.
    pub(crate) fn is_anything(&self, id: LangId) -> bool {
        matches!(&self.get(id).kind, Kind::Glob(it, _)
            if it.segments().len() > 1 && it.segments().iter().all(Vec::is_empty))
    }

    /// A private character that no pattern holds.
    pub(crate) fn fresh(&self) -> char {
        PRIVATE.clone().find(|it| !self.used.contains(it)).unwrap_or('\u{e000}')
    }

    /// Automata around the language.
    pub(crate) fn bounds(&self, id: LangId) -> &Bounds {
        let lang = self.get(id);
        lang.bounds.get_or_init(|| {
            let exact = |it: Option<Nfa>| {
                let it = it.map(Arc::new);
                Bounds { under: it.clone(), over: it }
            };
            match &lang.kind {
                Kind::Glob(it, _) => exact(Some(Nfa::of_glob(it, !lang.cased))),
                Kind::Regex(it, _) => exact(Nfa::of_search(it.hir()).ok()),
                Kind::Time(part, it) => exact(date::automaton(*part, it)),
                Kind::Number(cmp, it) => number::bounds(*cmp, *it),
                Kind::Net(it) => net_bounds(*it),
            }
        })
    }
}

/// The same search, of which no part is kept.
fn without_groups(hir: &Hir) -> Hir {
    let all = |parts: &[Hir]| parts.iter().map(without_groups).collect();
    match hir.kind() {
        HirKind::Capture(it) => without_groups(&it.sub),
        HirKind::Concat(parts) => Hir::concat(all(parts)),
        HirKind::Alternation(parts) => Hir::alternation(all(parts)),
        HirKind::Repetition(it) => {
            Hir::repetition(Repetition { sub: Box::new(without_groups(&it.sub)), ..it.clone() })
        }
        _ => hir.clone(),
    }
}

const PRIVATE: std::ops::RangeInclusive<char> = '\u{f0000}'..='\u{ffffd}';

fn is_private(ch: char) -> bool {
    PRIVATE.contains(&ch)
}

fn number_key(number: Number) -> NumberKey {
    match number {
        Number::Int(it) => NumberKey::Int(it),
        Number::Float(it) => NumberKey::Float(it.to_bits()),
    }
}

fn has_cases(part: &Part) -> bool {
    let Part::Literal(text) = part else { return false };
    text.chars().any(|ch| {
        if ch.is_ascii() {
            return ch.is_ascii_alphabetic();
        }
        let range = regex_syntax::hir::ClassUnicodeRange::new(ch, ch);
        let class = ir::fold_class(&regex_syntax::hir::ClassUnicode::new([range]));
        class.ranges() != [range]
    })
}

/// The matcher that asks one value, the field `v`.
fn ask(predicate: &Predicate) -> Option<Box<matcher::Matcher>> {
    let test = Test {
        field: ir::Field::Named("v".into()),
        predicate: predicate.clone(),
        span: source::Span::new(source::FileId::FIRST, 0, 0),
    };
    matcher::Matcher::new(&ir::Expr::Test(test)).ok().map(Box::new)
}

/// Plain IPv4 addresses exactly; IPv6 addresses, and those that map IPv4, as anything that looks
/// like one.
fn net_bounds(net: Net) -> Bounds {
    let octet = |from: u32, to: u32| match (from, to) {
        (0, 255) => "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])".to_owned(),
        _ => {
            let all: Vec<String> = (from..=to).map(|it| it.to_string()).collect();
            format!("(?:{})", all.join("|"))
        }
    };
    let all = u128::from(u32::MAX);
    let (first, last) = net_range(net);
    let mapped: u128 = 0xffff << 32;
    let plain = if first <= mapped && mapped + all <= last {
        Some((0, u32::MAX))
    } else if first >> 32 == 0xffff && last >> 32 == 0xffff {
        u32::try_from(first & all).ok().zip(u32::try_from(last & all).ok())
    } else {
        None
    };
    let plain = plain.map(|(first, last)| {
        let octets: Vec<String> = first
            .to_be_bytes()
            .into_iter()
            .zip(last.to_be_bytes())
            .map(|(a, b)| octet(a.into(), b.into()))
            .collect();
        octets.join(r"\.")
    });
    let like_v6 = r"[0-9A-Fa-f:]*:[0-9A-Fa-f:]*(?:[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+)?".to_owned();
    let under = plain.clone();
    let over = plain.map_or(like_v6.clone(), |it| format!("{it}|{like_v6}"));
    Bounds { under: under.and_then(|it| whole(&it)), over: whole(&over) }
}

/// The automaton of the texts that the regular expression is as a whole.
pub(crate) fn whole(text: &str) -> Option<Arc<Nfa>> {
    let hir = regex_syntax::parse(text).ok()?;
    Nfa::of_whole(&hir).ok().map(Arc::new)
}

/// The value of an event that has the text: a number or boolean when `typed` and it is the text of
/// one.
pub(crate) fn value(text: &str, typed: bool) -> Value {
    let string = || Value::String(text.to_owned());
    match typed.then(|| serde_json::from_str::<Value>(text)) {
        Some(Ok(it @ Value::Bool(_))) => it,
        Some(Ok(it @ Value::Number(_))) => {
            let whole = it.as_i64().map(i128::from).or_else(|| it.as_u64().map(i128::from));
            let number = whole.map(Number::Int).or_else(|| it.as_f64().and_then(Number::from_f64));
            if number.is_some_and(|it| it.to_string() == text) { it } else { string() }
        }
        _ => string(),
    }
}
