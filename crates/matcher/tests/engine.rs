//! A rule set gives the verdicts of the plain evaluator, whatever the rules and the events.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use ir::{
    Anchor, Case, Cmp, Expr, Field, LogSource, Net, Number, Part, Pattern, Predicate, Regex, Test,
    TimePart,
};
use rulec_matcher::Matcher;
use rulec_matcher::engine::{RuleInfo, RuleSet};
use serde_json::{Map, Value, json};
use source::{FileId, Sources, Span};

/// A small generator of numbers: the same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// Longer than what is compared at once, and than what is learned of the way to a value.
const LONG_NAME: &str = "ParentProcessCommandLineOfTheEvent";
const LONGER_NAME: &str =
    "a name of more than sixty-four bytes, which nobody would give to a field";

const FIELDS: [&str; 11] =
    ["a", "b", "a.b", "a.b.c", "b.c", "Image", "CommandLine", "", ".x", LONG_NAME, LONGER_NAME];
const WORDS: [&str; 30] = [
    "",
    "a",
    "A",
    "ab",
    "aBc",
    "abcd",
    "powershell.exe",
    "\\powershell.exe",
    "C:\\Windows\\Temp",
    "é",
    "É",
    "ß",
    "ſ",
    "s",
    "k",
    "\u{212a}",
    "日本",
    "5",
    "5.0",
    "-1",
    "true",
    "\"quoted\"",
    "x/y",
    "line\nbreak",
    "2024-01-31T23:30:00Z",
    "::ffff:10.0.0.1",
    "A text that goes on for longer than a block of sixty-four bytes, with a \\ at its end",
    "0123456789abcdef0123456789abcde\"",
    "Read_loop@[x]^`~",
    "!#$%&'()*+,-.:;<=>?{|}",
];

fn text(random: &mut Random) -> String {
    let count = 1 + random.below(3);
    (0..count).map(|_| random.one(&WORDS)).collect()
}

fn number(random: &mut Random) -> Number {
    match random.below(4) {
        0 => Number::Float(5.5),
        _ => Number::Int(random.one(&[-1, 0, 5, 10, 9_007_199_254_740_993])),
    }
}

fn pattern(random: &mut Random) -> Pattern {
    let count = 1 + random.below(4);
    Pattern::new((0..count).map(|_| match random.below(6) {
        0 | 1 => Part::Run,
        2 => Part::One,
        _ => Part::Literal(text(random)),
    }))
}

fn predicate(random: &mut Random) -> Predicate {
    let case = if random.chance(30) { Case::Sensitive } else { Case::Insensitive };
    let cmp = random.one(&[Cmp::Eq, Cmp::Eq, Cmp::Lt, Cmp::Lte, Cmp::Gt, Cmp::Gte]);
    match random.below(14) {
        0 => Predicate::Null,
        1 => Predicate::Exists,
        2 => Predicate::Bool(random.chance(50)),
        3 => Predicate::Number(cmp, number(random)),
        4 => {
            let texts =
                ["^a", "b+$", "(?:abc|powershell)", "[kK]x?", "a.c", "é", "^$", "win.*temp", "\\d"];
            let regex = Regex::new(random.one(&texts), random.chance(50), false, random.chance(50));
            Predicate::Regex(Arc::new(regex.unwrap()))
        }
        5 => Predicate::Net(Net::parse(random.one(&["10.0.0.0/8", "::/0", "fe80::/10"])).unwrap()),
        6 => {
            let anchor = random.one(&[Anchor::Whole, Anchor::Start, Anchor::End, Anchor::Within]);
            Predicate::Field(random.one(&FIELDS).into(), anchor, case)
        }
        7 => Predicate::Time(TimePart::Hour, cmp, Number::Int(23)),
        8 => Predicate::Text(Pattern::literal(text(random)), case),
        9 => Predicate::Text(Pattern::literal(text(random)).open(true, false), case),
        10 => Predicate::Text(Pattern::literal(text(random)).open(false, true), case),
        11 => Predicate::Text(Pattern::literal(text(random)).open(true, true), case),
        _ => Predicate::Text(pattern(random), case),
    }
}

fn expr(random: &mut Random, span: Span, depth: usize) -> Expr {
    match random.below(if depth == 0 { 3 } else { 7 }) {
        3 | 4 => {
            Expr::All((0..2 + random.below(2)).map(|_| expr(random, span, depth - 1)).collect())
        }
        5 => Expr::Any((0..2 + random.below(2)).map(|_| expr(random, span, depth - 1)).collect()),
        6 => Expr::Not(Box::new(expr(random, span, depth - 1))),
        _ => {
            let predicate = predicate(random);
            let anywhere = matches!(predicate, Predicate::Text(..) | Predicate::Regex(_));
            let field = if anywhere && random.chance(15) {
                Field::Anywhere
            } else {
                Field::Named(random.one(&FIELDS).into())
            };
            Expr::Test(Test { field, predicate, span })
        }
    }
}

fn value(random: &mut Random, depth: usize) -> Value {
    match random.below(if depth == 0 { 8 } else { 11 }) {
        0 => Value::Null,
        1 => json!(random.chance(50)),
        2 => json!(random.one(&[5_i64, -1, 10, 0, 9_007_199_254_740_993])),
        3 => json!(random.one(&[5.0, 5.5, -0.0, 1e300])),
        8 => Value::Array((0..random.below(4)).map(|_| value(random, depth - 1)).collect()),
        9 | 10 => object(random, depth - 1),
        _ => json!(text(random)),
    }
}

fn object(random: &mut Random, depth: usize) -> Value {
    let others = ["c", "other", "x", "another name of more than thirty-two bytes"];
    let mut res = Map::new();
    for _ in 0..random.below(7) {
        let name = if random.chance(70) { random.one(&FIELDS) } else { random.one(&others) };
        res.insert(name.to_owned(), value(random, depth));
    }
    Value::Object(res)
}

/// JSON with the liberties that writers take: blanks, escapes, a key given twice.
fn written(event: &Value, random: &mut Random, out: &mut String) {
    let blank = |random: &mut Random, out: &mut String| {
        if random.chance(10) {
            out.push_str(random.one(&[" ", "\t", "  ", "\r\n"]));
        }
    };
    match event {
        Value::String(text) => quoted(text, random, out),
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                blank(random, out);
                written(item, random, out);
                blank(random, out);
            }
            out.push(']');
        }
        Value::Object(map) => {
            out.push('{');
            for (at, (name, value)) in map.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                blank(random, out);
                if random.chance(2) {
                    // The last one counts.
                    quoted(name, random, out);
                    out.push_str(":\"a first one\",");
                }
                quoted(name, random, out);
                blank(random, out);
                out.push(':');
                blank(random, out);
                written(value, random, out);
                blank(random, out);
            }
            out.push('}');
        }
        other => out.push_str(&other.to_string()),
    }
}

fn quoted(text: &str, random: &mut Random, out: &mut String) {
    out.push('"');
    for ch in text.chars() {
        match ch {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '/' if random.chance(50) => out.push_str("\\/"),
            it if (it as u32) < 0xd800 && random.chance(2) => {
                out.push_str(&format!("\\u{:04x}", it as u32));
            }
            it => out.push(it),
        }
    }
    out.push('"');
}

#[test]
fn a_rule_set_agrees_with_the_plain_evaluator() {
    let rounds: u64 =
        std::env::var("RULEC_ROUNDS").ok().and_then(|it| it.parse().ok()).unwrap_or(60);
    let mut sources = Sources::default();
    let span = Span::new(sources.add("rule.yml".to_owned(), "x".to_owned()), 0, 1);
    let (mut pairs, mut hits) = (0, 0);
    for round in 1..=rounds {
        let mut random = Random(round.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let exprs: Vec<Expr> = (0..60).map(|_| expr(&mut random, span, 3)).collect();
        let plain: Vec<Matcher> = exprs.iter().map(|it| Matcher::new(it).unwrap()).collect();
        let mut builder = RuleSet::builder();
        for expr in &exprs {
            builder.add(RuleInfo::default(), &LogSource::default(), expr).unwrap();
        }
        let made = builder.build();
        let set = RuleSet::from_bytes(&made.to_bytes().unwrap()).unwrap();
        let mut scanner = set.scanner();
        for _ in 0..80 {
            let event = object(&mut random, 3);
            let mut line = String::new();
            written(&event, &mut random, &mut line);
            let event: Value = serde_json::from_str(&line).unwrap();
            let wanted: Vec<usize> =
                (0..plain.len()).filter(|it| plain[*it].matches(&event)).collect();
            let by_line: Vec<usize> =
                scanner.line(line.as_bytes()).unwrap().map(|it| it.index).collect();
            assert_eq!(by_line, wanted, "{line}");
            let by_value: Vec<usize> = scanner.value(&event).map(|it| it.index).collect();
            assert_eq!(by_value, wanted, "{event}");
            pairs += plain.len();
            hits += wanted.len();
        }
    }
    println!("{pairs} pairs, {hits} matches");
    assert!(hits * 10 > pairs, "{hits} of {pairs}");
}

#[test]
fn a_line_is_taken_exactly_when_it_is_an_object_of_json() {
    let set = {
        let mut builder = RuleSet::builder();
        let field = |it: &str| Field::Named(it.into());
        let mut sources = Sources::default();
        let file: FileId = sources.add("rule.yml".to_owned(), "x".to_owned());
        for name in FIELDS {
            let test = Test {
                field: field(name),
                predicate: Predicate::Null,
                span: Span::new(file, 0, 1),
            };
            builder.add(RuleInfo::default(), &LogSource::default(), &Expr::Test(test)).unwrap();
        }
        builder.build()
    };
    let mut scanner = set.scanner();
    let mut random = Random(7);
    let (mut right, mut wrong) = (0, 0);
    for _ in 0..4000 {
        let mut line = String::new();
        written(&object(&mut random, 3), &mut random, &mut line);
        let mut bytes = line.into_bytes();
        // Some damage, at one or two places.
        for _ in 0..random.below(3) {
            let at = random.below(bytes.len());
            match random.below(3) {
                0 => bytes.truncate(at),
                1 => bytes[at] = random.one(b"\"\\{}[]:,0e.-+ntf\x01\xff u"),
                _ => bytes.insert(at, random.one(b"\"\\{}[]:,0e.-+ntf\x01\xff u")),
            }
            if bytes.is_empty() {
                bytes.push(b'{');
            }
        }
        let read = serde_json::from_slice::<Value>(&bytes).is_ok_and(|it| it.is_object());
        assert_eq!(scanner.line(&bytes).is_ok(), read, "{}", String::from_utf8_lossy(&bytes));
        if read { right += 1 } else { wrong += 1 }
    }
    assert!(right > 1000 && wrong > 500, "{right} {wrong}");
}

#[test]
fn keys_that_never_come_again_are_read() {
    let mut random = Random(23);
    let mut sources = Sources::default();
    let span = Span::new(sources.add("rule.yml".to_owned(), "x".to_owned()), 0, 1);
    let mut builder = RuleSet::builder();
    let exprs: Vec<Expr> = (0..40).map(|_| expr(&mut random, span, 2)).collect();
    for expr in &exprs {
        builder.add(RuleInfo::default(), &LogSource::default(), expr).unwrap();
    }
    let plain: Vec<Matcher> = exprs.iter().map(|it| Matcher::new(it).unwrap()).collect();
    let set = builder.build();
    let mut scanner = set.scanner();
    for at in 0..3000 {
        let mut members = Vec::new();
        for member in 0..random.below(8) {
            // Fields too, and some of them twice in one object.
            let name = if random.chance(50) {
                random.one(&FIELDS[..7]).to_owned()
            } else {
                format!("{at} {member}")
            };
            let mut line = String::new();
            quoted(&name, &mut random, &mut line);
            line.push(':');
            written(&value(&mut random, 2), &mut random, &mut line);
            members.push(line);
        }
        let line = format!("{{{}}}", members.join(","));
        let event: Value = serde_json::from_str(&line).unwrap();
        let wanted: Vec<usize> = (0..plain.len()).filter(|it| plain[*it].matches(&event)).collect();
        let found: Vec<usize> = scanner.line(line.as_bytes()).unwrap().map(|it| it.index).collect();
        assert_eq!(found, wanted, "{line}");
    }
}

#[test]
fn deep_and_long_lines_are_handled() {
    let mut builder = RuleSet::builder();
    let mut sources = Sources::default();
    let span = Span::new(sources.add("rule.yml".to_owned(), "x".to_owned()), 0, 1);
    let predicate = Predicate::Text(Pattern::literal("end").open(true, true), Case::Insensitive);
    let test = Test { field: Field::Anywhere, predicate, span };
    builder.add(RuleInfo::default(), &LogSource::default(), &Expr::Test(test)).unwrap();
    let set = builder.build();
    let mut scanner = set.scanner();
    let nested = |depth: usize| format!("{}\"END\"{}", "{\"a\":".repeat(depth), "}".repeat(depth));
    for depth in [1, 60, 66, 120] {
        assert_eq!(scanner.line(nested(depth).as_bytes()).unwrap().count(), 1, "{depth}");
    }
    assert!(scanner.line(nested(100_000).as_bytes()).is_err());
    let long = format!("{{\"a\":\"{}the end\"}}", "x".repeat(1 << 22));
    assert_eq!(scanner.line(long.as_bytes()).unwrap().count(), 1);
}

#[test]
fn damaged_tables_are_an_error() {
    let mut random = Random(11);
    let mut sources = Sources::default();
    let span = Span::new(sources.add("rule.yml".to_owned(), "x".to_owned()), 0, 1);
    let mut builder = RuleSet::builder();
    for _ in 0..20 {
        let expr = expr(&mut random, span, 3);
        builder.add(RuleInfo::default(), &LogSource::default(), &expr).unwrap();
    }
    let bytes = builder.build().to_bytes().unwrap();
    assert!(RuleSet::from_bytes(b"").is_err());
    let mut refused = 0;
    for _ in 0..2000 {
        let mut bytes = bytes.clone();
        let at = 8 + random.below(bytes.len() - 8);
        bytes[at] = random.below(256) as u8;
        if random.chance(10) {
            bytes.truncate(at);
        }
        match RuleSet::from_bytes(&bytes) {
            // Some damage only makes other rules.
            Ok(set) => {
                let mut scanner = set.scanner();
                for _ in 0..3 {
                    scanner.value(&object(&mut random, 3)).count();
                }
            }
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 200, "{refused}");
}
