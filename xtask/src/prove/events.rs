//! Events around the values of rules: what matches, nearly matches, or is of another kind.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use ir::{Expr, Field, Net, Number, Part, Pattern, Predicate};
use prove::Grounds;
use regex_syntax::hir::{Class, Hir, HirKind};
use serde_json::{Map, Value, json};

use super::Random;

/// A stream of events.
pub struct Events<'a> {
    random: Random,
    exprs: Vec<&'a Expr>,
    /// What is asked of each field, of both rules.
    asked: BTreeMap<Arc<str>, Vec<&'a Predicate>>,
    /// Fields that hold at most one value.
    single: BTreeSet<Arc<str>>,
}

/// The field of texts that keywords are to find.
const MESSAGE: &str = "message";

impl<'a> Events<'a> {
    /// Events around the values of some rules, of which the grounds of a proof hold.
    pub fn new(exprs: &[&'a Expr], grounds: &Grounds, seed: &str) -> Events<'a> {
        let mut asked: BTreeMap<Arc<str>, Vec<&Predicate>> = BTreeMap::new();
        for expr in exprs {
            expr.for_each_test(&mut |test| {
                asked.entry(name(&test.field)).or_default().push(&test.predicate);
                if let Predicate::Field(other, ..) = &test.predicate {
                    asked.entry(other.clone()).or_default();
                }
            });
        }
        Events {
            random: Random::of(seed),
            exprs: exprs.to_vec(),
            asked,
            single: grounds.single.iter().cloned().collect(),
        }
    }

    /// The next event: one that a rule may well match, or something near it.
    pub fn next(&mut self) -> Value {
        let mut wanted: BTreeMap<Arc<str>, Vec<&'a Predicate>> = BTreeMap::new();
        if let Some(expr) = self.random.pick(&self.exprs).copied() {
            self.want(expr, true, &mut wanted);
        }
        let mut fields: BTreeMap<Arc<str>, Option<Value>> = BTreeMap::new();
        for (field, predicates) in &wanted {
            let held = self.held(predicates);
            fields.insert(field.clone(), held);
        }
        for (field, predicates) in &wanted {
            for predicate in predicates {
                if let Predicate::Field(other, ..) = predicate {
                    let mine = fields.get(field).cloned().flatten();
                    fields.insert(other.clone(), mine);
                }
            }
        }
        let names: Vec<Arc<str>> = self.asked.keys().cloned().collect();
        if !self.random.once_in(3) {
            for _ in 0..=self.random.below(3) {
                let Some(field) = self.random.pick(&names).cloned() else { break };
                let old = fields.get(&field).cloned().flatten();
                let new = self.changed(&field, old);
                fields.insert(field, new);
            }
        }
        let nested = self.random.once_in(4);
        let mut res = Map::new();
        for (field, held) in fields {
            let Some(held) = held else { continue };
            if nested {
                insert(&mut res, &field, held)
            } else {
                drop(res.insert(field.to_string(), held))
            }
        }
        Value::Object(res)
    }

    /// Notes what must be asked of fields so that the expression is likely as wished.
    fn want(
        &mut self,
        expr: &'a Expr,
        yes: bool,
        wanted: &mut BTreeMap<Arc<str>, Vec<&'a Predicate>>,
    ) {
        match expr {
            Expr::Not(part) => self.want(part, !yes, wanted),
            Expr::All(parts) | Expr::Any(parts) => {
                if matches!(expr, Expr::All(_)) == yes {
                    parts.iter().for_each(|it| self.want(it, yes, wanted));
                } else if let Some(one) = self.random.pick(parts) {
                    self.want(one, yes, wanted);
                }
            }
            Expr::Test(test) if yes => {
                wanted.entry(name(&test.field)).or_default().push(&test.predicate);
            }
            Expr::Test(_) | Expr::Const(_) => {}
        }
    }

    /// A value that all of the predicates are likely to pass; `None`: no value.
    fn held(&mut self, predicates: &[&Predicate]) -> Option<Value> {
        let mut patterns = Vec::new();
        let mut others = Vec::new();
        for it in predicates {
            match it {
                Predicate::Null => return self.random.once_in(2).then_some(Value::Null),
                Predicate::Text(pattern, _) => patterns.push(pattern),
                Predicate::Exists | Predicate::Field(..) | Predicate::Query(_) => {}
                it => others.push(*it),
            }
        }
        if let Some(other) = self.random.pick(&others) {
            let mut text = self.text(other);
            // Beside a regular expression, the pieces of patterns may stand anywhere.
            for pattern in patterns {
                let piece = self.joined(&[pattern]);
                text =
                    if self.random.once_in(2) { format!("{piece}{text}") } else { text + &piece };
            }
            return Some(self.typed(text));
        }
        if patterns.is_empty() {
            return Some(json!("x"));
        }
        let text = self.joined(&patterns);
        Some(self.typed(text))
    }

    /// A number or boolean for its text, now and then.
    fn typed(&mut self, text: String) -> Value {
        match serde_json::from_str::<Value>(&text) {
            Ok(it @ (Value::Number(_) | Value::Bool(_))) if self.random.once_in(2) => it,
            _ => Value::String(text),
        }
    }

    /// A text in which the pieces of patterns stand as each wants them.
    fn joined(&mut self, patterns: &[&Pattern]) -> String {
        let (mut first, mut middle, mut last) = (String::new(), Vec::new(), String::new());
        let mut open = (true, true);
        for pattern in patterns {
            let mut pieces = vec![String::new()];
            for part in pattern.parts() {
                match part {
                    Part::Run => pieces.push(String::new()),
                    Part::One => pieces.last_mut().iter_mut().for_each(|it| it.push('q')),
                    Part::Literal(text) => {
                        pieces.last_mut().iter_mut().for_each(|it| it.push_str(text));
                    }
                    Part::Placeholder(_) => {}
                }
            }
            let end =
                if pieces.len() > 1 { pieces.pop().unwrap_or_default() } else { String::new() };
            let start = pieces.remove(0);
            open = (
                open.0 && start.is_empty(),
                open.1 && (end.is_empty() && pattern.parts().contains(&Part::Run)),
            );
            if start.len() > first.len() {
                first = start;
            }
            if end.len() > last.len() {
                last = end;
            }
            middle.extend(pieces.into_iter().filter(|it| !it.is_empty()));
        }
        let mut res = if open.0 && self.random.once_in(2) { self.filler() } else { String::new() };
        res.push_str(&first);
        while !middle.is_empty() {
            let at = if self.random.once_in(2) { 0 } else { self.random.below(middle.len()) };
            res.push_str(&self.filler());
            res.push_str(&middle.remove(at));
        }
        if !last.is_empty() {
            res.push_str(&self.filler());
        }
        res.push_str(&last);
        if open.1 {
            res.push_str(&self.filler());
        }
        self.cased(res)
    }

    fn filler(&mut self) -> String {
        const FILLERS: &[&str] =
            &["", "", "", " ", "x", "\\", "/", "0", "C:\\Temp", " -a ", "ä", "\n", "."];
        self.random.pick(FILLERS).map_or_else(String::new, |it| (*it).to_owned())
    }

    fn cased(&mut self, text: String) -> String {
        match self.random.below(6) {
            0 => text.to_uppercase(),
            1 => text.to_lowercase(),
            _ => text,
        }
    }

    /// A text that is likely to pass a test.
    fn text(&mut self, predicate: &Predicate) -> String {
        match predicate {
            Predicate::Text(it, _) => self.joined(&[it]),
            Predicate::Regex(it) => {
                let mut res = self.filler();
                self.regex(it.hir(), &mut res);
                res.push_str(&self.filler());
                res
            }
            Predicate::Number(_, it) => self.number(*it),
            Predicate::Bool(it) => it.to_string(),
            Predicate::Net(it) => self.address(*it),
            Predicate::Time(_, _, it) => self.date(*it),
            Predicate::Null | Predicate::Exists | Predicate::Field(..) | Predicate::Query(_) => {
                "x".to_owned()
            }
        }
    }

    fn number(&mut self, it: Number) -> String {
        let shift = [0, 0, 1, -1, 7].get(self.random.below(5)).copied().unwrap_or(0);
        match it {
            Number::Int(it) => match self.random.below(8) {
                0 => format!("{it}.0"),
                1 => format!("{it}.5"),
                _ => (it + shift).to_string(),
            },
            Number::Float(it) => (it + shift as f64).to_string(),
        }
    }

    fn address(&mut self, net: Net) -> String {
        let bits = u32::from(net.bits());
        let noise = u128::from(self.random.next()) << 64 | u128::from(self.random.next());
        // Now and then a neighbour: the bit before those that are free turned.
        let near = self.random.once_in(4);
        match net.address() {
            IpAddr::V4(it) => {
                let host = u32::MAX.checked_shr(bits).unwrap_or(0);
                let noise = u32::try_from(noise & u128::from(u32::MAX)).unwrap_or(0);
                let turned = if near { host.wrapping_add(1) } else { 0 };
                let it = Ipv4Addr::from((u32::from(it) | (noise & host)) ^ turned);
                match self.random.below(6) {
                    0 => it.to_ipv6_mapped().to_string(),
                    _ => it.to_string(),
                }
            }
            IpAddr::V6(it) => {
                let host = u128::MAX.checked_shr(bits).unwrap_or(0);
                let turned = if near { host.wrapping_add(1) } else { 0 };
                Ipv6Addr::from((u128::from(it) | (noise & host)) ^ turned).to_string()
            }
        }
    }

    fn date(&mut self, it: Number) -> String {
        let wanted = match it {
            Number::Int(it) => usize::try_from(it).unwrap_or(1),
            Number::Float(_) => 1,
        };
        let mut one =
            |end: usize| if self.random.once_in(2) { wanted } else { self.random.below(end) };
        let (year, month, day) = (2000 + one(40), one(13), one(32));
        let (hour, minute) = (one(24), one(60));
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:00Z")
    }

    /// Appends what a regular expression may match; looks are taken as they come.
    fn regex(&mut self, hir: &Hir, res: &mut String) {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(it) => res.push_str(&String::from_utf8_lossy(&it.0)),
            HirKind::Class(Class::Unicode(it)) => {
                let Some(range) = self.random.pick(it.ranges()).copied() else { return };
                let (start, end) = (u32::from(range.start()), u32::from(range.end()));
                let width = usize::try_from(end - start).unwrap_or(0).min(100) + 1;
                let at = start + u32::try_from(self.random.below(width)).unwrap_or(0);
                res.extend(char::from_u32(at));
            }
            HirKind::Class(Class::Bytes(it)) => {
                let range = self.random.pick(it.ranges()).copied();
                res.extend(range.map(|it| char::from(it.start())));
            }
            HirKind::Capture(it) => self.regex(&it.sub, res),
            HirKind::Concat(parts) => parts.iter().for_each(|it| self.regex(it, res)),
            HirKind::Alternation(parts) => {
                if let Some(it) = self.random.pick(parts) {
                    self.regex(it, res);
                }
            }
            HirKind::Repetition(it) => {
                let more = it.max.map_or(3, |max| (max - it.min).min(3));
                let more = self.random.below(usize::try_from(more).unwrap_or(0) + 1);
                for _ in 0..usize::try_from(it.min).unwrap_or(0) + more {
                    self.regex(&it.sub, res);
                }
            }
        }
    }

    /// Something else than a field holds: a near miss, another value of a rule, another kind.
    fn changed(&mut self, field: &Arc<str>, old: Option<Value>) -> Option<Value> {
        let asked = self.asked.get(field).cloned().unwrap_or_default();
        let another = |events: &mut Self| {
            let predicate = events.random.pick(&asked).copied();
            predicate.map_or_else(|| "x".to_owned(), |it| events.text(it))
        };
        match self.random.below(12) {
            0 => None,
            1 => Some(Value::Null),
            2 => Some(json!("")),
            3 | 4 => Some(Value::String(another(self))),
            5 => {
                let text = another(self);
                Some(self.typed(text))
            }
            6 | 7 if !self.single.contains(field) => {
                let mut list = vec![Value::String(another(self)), Value::String(another(self))];
                list.extend(old);
                Some(Value::Array(list))
            }
            8 if !self.single.contains(field) => {
                Some(self.random.pick(&[json!({}), json!([]), json!({ "x": "y" })])?.clone())
            }
            9 => self.random.pick(&[json!(true), json!(0), json!(1.5), json!(false)]).cloned(),
            _ => match old {
                Some(Value::String(text)) => Some(Value::String(self.near(&text))),
                _ => Some(Value::String(another(self))),
            },
        }
    }

    /// A text that differs a little.
    fn near(&mut self, text: &str) -> String {
        let mut chars: Vec<char> = text.chars().collect();
        let at = self.random.below(chars.len());
        match self.random.below(7) {
            0 if !chars.is_empty() => drop(chars.remove(at)),
            1 => chars.insert(at, 'x'),
            2 => chars.truncate(at),
            3 => drop(chars.drain(..at)),
            4 => return text.to_uppercase(),
            5 => chars.push('x'),
            _ => {
                for it in chars.iter_mut().skip(at).take(1) {
                    *it = if it.is_lowercase() {
                        it.to_ascii_uppercase()
                    } else {
                        it.to_ascii_lowercase()
                    };
                }
            }
        }
        chars.into_iter().collect()
    }
}

fn name(field: &Field) -> Arc<str> {
    match field {
        Field::Named(it) => it.clone(),
        Field::Anywhere => MESSAGE.into(),
    }
}

/// Puts a value where the name leads, at every dot one level deeper; what stands in the way goes.
fn insert(at: &mut Map<String, Value>, name: &str, held: Value) {
    let Some((first, rest)) = name.split_once('.') else {
        at.insert(name.to_owned(), held);
        return;
    };
    let inner = at.entry(first.to_owned()).or_insert_with(|| json!({}));
    if !inner.is_object() {
        *inner = json!({});
    }
    if let Value::Object(inner) = inner {
        insert(inner, rest, held);
    }
}
