//! Values that pass tests and look like those of their field.

use ir::{Case, Cmp, Expr, Field, Net, Number, Part, Pattern, Predicate, Test};
use matcher::Matcher;
use serde_json::{Value, json};
use source::{FileId, Span};

use crate::field::Style;
use crate::path;
use crate::sample::sample;
use crate::world::{SID, World};

/// The programs of the event, which command lines begin with.
#[derive(Debug, Default)]
pub struct Program {
    own: Option<String>,
    parent: Option<String>,
}

impl Program {
    /// Notes the value of a field, if it tells a program.
    pub fn note(&mut self, name: &str, value: Option<&Value>) {
        if !matches!(Style::of(name), Style::Program | Style::FileName) {
            return;
        }
        let Some(Value::String(path)) = value else { return };
        let base = path.rsplit(['\\', '/']).next().unwrap_or(path);
        let slot = if Style::is_of_parent(name) { &mut self.parent } else { &mut self.own };
        if Style::of(name) == Style::Program || slot.is_none() {
            *slot = Some(base.to_owned());
        }
    }

    fn of(&self, name: &str) -> Option<&str> {
        if Style::is_of_parent(name) { self.parent.as_deref() } else { self.own.as_deref() }
    }
}

/// A text that must be in the value, and whether something may stand before and after it.
#[derive(Debug, Clone, PartialEq)]
struct Piece {
    text: String,
    before: bool,
    after: bool,
}

/// The tests of one value, ready to be asked.
struct Tests(Vec<Matcher>);

impl Tests {
    fn new(predicates: &[Predicate]) -> Tests {
        let span = Span::new(FileId::FIRST, 0, 0);
        let field = Field::Named("v".into());
        // Whether two fields are alike is asked of the whole event.
        let alone = predicates.iter().filter(|it| !matches!(it, Predicate::Field(..)));
        let ready = alone.filter_map(|it| {
            let test = Test { field: field.clone(), predicate: it.clone(), span };
            Matcher::new(&Expr::Test(test)).ok()
        });
        Tests(ready.collect())
    }

    fn pass(&self, value: &Value) -> bool {
        let event = json!({ "v": value });
        self.0.iter().all(|it| it.matches(&event))
    }
}

/// Values that pass all of the tests, the most natural first.
pub fn candidates(
    name: &str,
    style: Style,
    predicates: &[Predicate],
    world: &World,
    program: &Program,
) -> Vec<Value> {
    let tests = Tests::new(predicates);
    let mut res: Vec<Value> = Vec::new();
    let mut put = |value: Value| {
        if tests.pass(&value) && !res.contains(&value) {
            res.push(value);
        }
    };
    numbers(predicates).into_iter().for_each(&mut put);
    for it in predicates {
        match it {
            Predicate::Bool(it) => put(Value::Bool(*it)),
            Predicate::Net(it) => put(json!(address(*it))),
            Predicate::Time(..) => moments().for_each(&mut put),
            _ => {}
        }
    }
    let pieces = pieces(predicates, style);
    if !pieces.is_empty() {
        // A stock value that happens to pass is the most natural.
        if matches!(style, Style::User | Style::Host) {
            world.stock(style, false).iter().for_each(|it| put(json!(it)));
        }
        compose(name, style, &pieces, world, program).into_iter().for_each(|it| put(json!(it)));
    } else {
        let stock = world.stock(style, Style::is_of_parent(name));
        stock.iter().for_each(|it| put(json!(it)));
    }
    res
}

/// Values that fail one of the tests, those that nearly pass first.
pub fn unlike(
    name: &str,
    style: Style,
    predicates: &[Predicate],
    value: &Value,
    world: &World,
    program: &Program,
) -> Vec<Value> {
    let mut res = Vec::new();
    for it in predicates {
        match it {
            Predicate::Number(cmp, Number::Int(n)) => {
                let near = match cmp {
                    Cmp::Eq => n + 1,
                    Cmp::Gt | Cmp::Lt => *n,
                    Cmp::Gte => n - 1,
                    Cmp::Lte => n + 1,
                };
                res.extend(i64::try_from(near).ok().map(|it| json!(it)));
            }
            Predicate::Bool(it) => res.push(Value::Bool(!it)),
            Predicate::Text(_, Case::Sensitive) => {
                if let Some(text) = value.as_str() {
                    let lower = text.to_lowercase();
                    res.push(json!(if lower == text { text.to_uppercase() } else { lower }));
                }
            }
            _ => {}
        }
    }
    match value {
        Value::Number(_) => res.extend([json!(0), json!(1)]),
        Value::Array(items) if items.len() > 1 => {
            // One of several is missing.
            res.push(list(&items[..items.len() - 1]));
            res.push(list(&items[1..]));
        }
        _ => {}
    }
    if style == Style::Command {
        // The same program, asked for something harmless.
        if let Some(it) = program.of(name) {
            res.push(json!(format!("{it} {}", if world.windows { "/?" } else { "--help" })));
        }
    }
    let texts = world.stock(style, Style::is_of_parent(name)).iter();
    res.extend(texts.filter(|it| Some(**it) != value.as_str()).map(|it| json!(it)));
    res.push(json!("other"));
    let tests = Tests::new(predicates);
    res.retain(|it| !tests.pass(it));
    res
}

/// Several values, or one alone.
fn list(items: &[Value]) -> Value {
    match items {
        [one] => one.clone(),
        some => Value::Array(some.to_vec()),
    }
}

/// A number that lies within all bounds.
fn numbers(predicates: &[Predicate]) -> Vec<Value> {
    let mut res = Vec::new();
    for it in predicates {
        let Predicate::Number(cmp, number) = it else { continue };
        match number {
            Number::Int(n) => {
                let n = match cmp {
                    Cmp::Gt => n + 1,
                    Cmp::Lt => n - 1,
                    _ => *n,
                };
                res.extend(i64::try_from(n).ok().map(|it| json!(it)));
            }
            Number::Float(it) => res.extend([json!(it), json!(it + 1.0), json!(it - 1.0)]),
        }
    }
    res
}

/// An address of the network that looks like one of a machine.
fn address(net: Net) -> String {
    match net.address() {
        std::net::IpAddr::V4(it) => {
            let host = match 32 - net.bits() {
                0 => 0,
                it @ 1..=5 => (1 << it) / 2,
                _ => 20,
            };
            std::net::Ipv4Addr::from(u32::from(it) | host).to_string()
        }
        std::net::IpAddr::V6(it) => {
            let host = if net.bits() > 120 { 0 } else { 9 };
            std::net::Ipv6Addr::from(u128::from(it) | host).to_string()
        }
    }
}

/// Moments of every hour, day and month, and of some minutes and years.
fn moments() -> impl Iterator<Item = Value> {
    let hours = (0..24).map(|it| (1, 15, it, 20));
    let days = (1..=12).flat_map(|month| (1..=28).map(move |day| (month, day, 10, 20)));
    let minutes = (0..60).map(|it| (1, 15, 10, it));
    let late = [(1, 29, 10, 20), (1, 30, 10, 20), (1, 31, 10, 20)];
    let all = hours.chain(days).chain(minutes).chain(late);
    all.map(|(month, day, hour, minute)| {
        json!(format!("2026-{month:02}-{day:02}T{hour:02}:{minute:02}:30Z"))
    })
}

/// What the tests want to see in a text, each once; what lies within another piece is left out.
fn pieces(predicates: &[Predicate], style: Style) -> Vec<Piece> {
    let mut res: Vec<Piece> = Vec::new();
    for it in predicates {
        let piece = match it {
            Predicate::Text(pattern, _) => of_pattern(pattern, style),
            Predicate::Regex(regex) => {
                let found = sample(regex);
                Piece { text: found.text, before: found.before, after: found.after }
            }
            _ => continue,
        };
        if !piece.text.is_empty() || (!piece.before && !piece.after) {
            res.push(piece);
        }
    }
    let mut kept: Vec<Piece> = Vec::new();
    for (at, it) in res.iter().enumerate() {
        let lower = it.text.to_lowercase();
        // Another piece brings it, where it must stand.
        let within = |(other, there): (usize, &Piece)| {
            let text = there.text.to_lowercase();
            let brings = match (it.before, it.after) {
                (true, true) => text.contains(&lower),
                (true, false) => !there.after && text.ends_with(&lower),
                (false, true) => !there.before && text.starts_with(&lower),
                (false, false) => false,
            };
            let closed = |it: &Piece| usize::from(!it.before) + usize::from(!it.after);
            other != at && brings && (text != lower || closed(there) > closed(it) || other < at)
        };
        if !res.iter().enumerate().any(within) {
            kept.push(it.clone());
        }
    }
    kept
}

/// The pattern's text, its inner wildcards filled.
fn of_pattern(pattern: &Pattern, style: Style) -> Piece {
    let parts = pattern.parts();
    let (first, last) = (parts.first() == Some(&Part::Run), parts.last() == Some(&Part::Run));
    let mut text = String::new();
    let inner = parts.len().saturating_sub(usize::from(last));
    for (at, part) in parts.iter().enumerate() {
        match part {
            Part::Literal(it) => text.push_str(it),
            // A drive, mostly.
            Part::One if text.is_empty() && follows(parts, at, ':') => text.push('C'),
            Part::One => text.push('1'),
            Part::Run if at > 0 && at < inner => {
                // Between two borders there is a name, between two words a blank.
                let next = next_char(parts, at);
                let border =
                    |it: Option<char>| it.is_some_and(|it| matches!(it, '\\' | '/' | '.' | '_'));
                let ends = text.chars().last();
                if style == Style::Registry && text.eq_ignore_ascii_case("HKU\\") {
                    text.push_str(SID);
                } else if border(ends) && border(next) {
                    text.push_str("jane");
                } else if matches!(style, Style::Command | Style::Script | Style::Words)
                    && ends != Some(' ')
                    && next != Some(' ')
                {
                    text.push(' ');
                }
            }
            _ => {}
        }
    }
    Piece { text, before: first, after: last }
}

/// The character that follows a wildcard, when it is known.
fn next_char(parts: &[Part], at: usize) -> Option<char> {
    match parts.get(at + 1) {
        Some(Part::Literal(it)) => it.chars().next(),
        _ => None,
    }
}

fn follows(parts: &[Part], at: usize, ch: char) -> bool {
    next_char(parts, at) == Some(ch)
}

/// Texts made of the pieces: what must stand first, then the others, then what must stand last.
fn compose(
    name: &str,
    style: Style,
    pieces: &[Piece],
    world: &World,
    program: &Program,
) -> Vec<String> {
    let mut order: Vec<&Piece> = pieces.iter().filter(|it| !it.before).collect();
    order.extend(pieces.iter().filter(|it| it.before && it.after));
    order.extend(pieces.iter().filter(|it| it.before && !it.after));
    let first = order.first().map_or("", |it| it.text.as_str());
    let opens = order.first().is_some_and(|it| it.before);
    let last_open = order.last().is_some_and(|it| it.after);
    let leads = if opens { leads(name, style, first, world, program) } else { vec![String::new()] };
    let mut res = Vec::new();
    let mut bodies: Vec<Vec<&str>> = vec![order.iter().map(|it| it.text.as_str()).collect()];
    if pieces.len() == 2 && order.iter().all(|it| it.before && it.after) {
        bodies.push(bodies[0].iter().rev().copied().collect());
    }
    for body in &bodies {
        for lead in &leads {
            let mut text = lead.clone();
            for it in body {
                text = joined(text, it, style, world);
            }
            let tail = if last_open { tail(name, style, &text, world) } else { "" };
            if !tail.is_empty() {
                res.push(format!("{text}{tail}"));
            }
            res.push(text.clone());
            if opens && style != Style::Command {
                let plain: String = body.concat();
                res.push(plain);
            }
            // What must be found between words.
            res.push(format!("{lead} {} x", body.join(" ")));
        }
    }
    // Naturalness first: what has a lead and a tail, then the plain ones in their order.
    res
}

/// What may stand before the first piece.
fn leads(name: &str, style: Style, first: &str, world: &World, program: &Program) -> Vec<String> {
    let lower = first.to_lowercase();
    let texts = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect::<Vec<String>>();
    match style {
        Style::Program | Style::Path | Style::Library => path::leads(style, first, &lower, world),
        Style::Command => {
            let own = program.of(name).map(str::to_owned);
            let stem = |it: &str| it.split('.').next().unwrap_or(it).to_lowercase();
            let mut res = Vec::new();
            match own {
                Some(it) if lower.trim_start().starts_with(&stem(&it)) => res.push(String::new()),
                Some(it) => res.push(it),
                None => {}
            }
            let names_program = lower.starts_with(|ch: char| ch.is_alphanumeric());
            if res.is_empty() {
                let shell = if world.windows { "cmd.exe /c" } else { "sh -c" };
                match first.chars().next() {
                    _ if names_program => res.push(String::new()),
                    Some('\\') if first.contains(".exe") => res.push(String::new()),
                    Some('-' | '/') => {
                        res.push(if world.windows { "tool.exe" } else { "tool" }.to_owned())
                    }
                    Some(' ') if lower.trim_start().starts_with(['-', '/']) => {
                        res.push(if world.windows { "tool.exe" } else { "tool" }.to_owned());
                    }
                    _ => res.push(shell.to_owned()),
                }
            }
            res.push(String::new());
            res
        }
        Style::Registry => match first.chars().next() {
            Some('\\') if lower.starts_with("\\software\\") || lower.starts_with("\\system\\") => {
                texts(&["HKLM", "HKU\\.DEFAULT"])
            }
            Some('\\') => {
                texts(&["HKLM\\SOFTWARE", "HKLM\\SYSTEM\\CurrentControlSet", "HKU\\.DEFAULT"])
            }
            _ if lower.starts_with("hk") => texts(&[""]),
            _ => texts(&["HKLM\\", "HKLM\\SOFTWARE\\", "HKU\\.DEFAULT\\"]),
        },
        Style::Host => match first.chars().next() {
            Some('.') => texts(&["host", "www"]),
            _ => texts(&["", "host.", "host"]),
        },
        Style::Uri => match first.chars().next() {
            Some('/') => texts(&["", "https://www.example.com"]),
            Some('.') => texts(&["/index"]),
            Some('?' | '=' | '&') => texts(&["/index"]),
            _ => texts(&["/", "", "https://www.example.com/"]),
        },
        Style::FileName => match first.chars().next() {
            Some('.') => texts(&["report"]),
            Some('\\') => texts(&["C:\\Temp"]),
            Some('/') => texts(&["/tmp"]),
            _ => texts(&["", "x"]),
        },
        Style::Sid => texts(&["S-1-5-21-1004336348-1177238915-682003330", ""]),
        Style::User => match first.chars().next() {
            Some('\\') if lower.starts_with("\\system") || lower.contains("service") => {
                texts(&["NT AUTHORITY"])
            }
            Some('\\') => texts(&["CORP"]),
            Some('$') => texts(&["SRV01"]),
            Some(it) if !it.is_alphanumeric() => texts(&["jane"]),
            _ => texts(&["", "jane", "CORP\\"]),
        },
        _ if first.starts_with(['[', ']', '.', '-', '_', '@', ':', '/', '\\']) => {
            texts(&["name", ""])
        }
        _ => texts(&["", "x"]),
    }
}

/// The text with one more piece.
fn joined(text: String, piece: &str, style: Style, world: &World) -> String {
    let (last, next) = (text.chars().last(), piece.chars().next());
    let (Some(last), Some(next)) = (last, next) else { return text + piece };
    // What both have at their borders stands once: `ftp://` and `://host`.
    let least = if matches!(style, Style::Host | Style::Uri | Style::Plain) { 1 } else { 2 };
    let mut shared = piece.char_indices().map(|it| it.0).filter(|at| *at >= least);
    if let Some(at) = shared.rfind(|at| text.ends_with(&piece[..*at]))
        && !piece[..at].contains(char::is_alphanumeric)
    {
        return format!("{text}{}", &piece[at..]);
    }
    if matches!(last, '/' | '@') && next == '.' && style != Style::Path && style != Style::Program {
        return format!("{text}host{piece}");
    }
    let blank = match style {
        Style::Command | Style::Script | Style::Words => {
            let drive = next == '\\' && !piece.starts_with("\\\\");
            let stands = last.is_whitespace() || next.is_whitespace();
            let filler = match next {
                _ if piece.starts_with("://") => "http",
                '\\' if drive && world.windows && style == Style::Command => "C:",
                '.' if piece.chars().nth(1).is_some_and(char::is_alphanumeric) => "report",
                '?' if piece.starts_with("?\\") => "\\\\",
                ':' | '=' => "x",
                _ => "",
            };
            if text.is_empty() {
                return format!("{filler}{piece}");
            }
            let gap = if stands { "" } else { " " };
            return format!("{text}{gap}{filler}{piece}");
        }
        Style::Program | Style::Path | Style::Library | Style::Registry => {
            // Two pieces of a path meet at a separator, unless they bring one.
            let sep = if world.windows || text.contains('\\') { '\\' } else { '/' };
            let meets = [last, next].iter().any(|it| matches!(it, '\\' | '/'));
            let dotted = next == '.' || next == '_';
            if last == next && matches!(last, '\\' | '/') && !piece.starts_with("\\\\") {
                return format!("{text}{}", &piece[1..]);
            }
            if meets && !(dotted && matches!(last, '\\' | '/')) {
                ""
            } else if dotted {
                if matches!(last, '\\' | '/') { "report" } else { "" }
            } else if text.len() < 4 {
                ""
            } else if sep == '\\' {
                "\\"
            } else {
                "/"
            }
        }
        _ => "",
    };
    format!("{text}{blank}{piece}")
}

/// What may stand after the last piece.
fn tail(name: &str, style: Style, text: &str, world: &World) -> &'static str {
    let last = text.chars().last();
    let separator = matches!(last, Some('\\' | '/'));
    let word = text.rsplit(' ').next().unwrap_or(text);
    match style {
        Style::Program if separator => {
            if world.windows {
                "tool.exe"
            } else {
                "tool"
            }
        }
        Style::Program
            if world.windows && !text.rsplit('\\').next().is_some_and(|it| it.contains('.')) =>
        {
            if text.starts_with("C:\\") && text.matches('\\').count() < 3 {
                "\\tool.exe"
            } else {
                ".exe"
            }
        }
        Style::Library if separator => "tool.dll",
        Style::Path if separator => match name.to_ascii_lowercase() {
            it if it.contains("directory") || it.contains("folder") => "",
            _ => "a.txt",
        },
        Style::Registry if separator => "Setting",
        Style::Command if text.ends_with("://") || text.ends_with("//") => "www.example.com/a",
        Style::Command if last == Some('@') && word.contains("://") => "www.example.com/a",
        Style::Command if last == Some('=') && !word.starts_with(['-', '/']) => "",
        Style::Command if separator || matches!(last, Some(' ' | '=' | ':' | '@')) => "a.txt",
        Style::Command if matches!(last, Some('"' | '\'')) => "",
        Style::Host if last == Some('.') => "example.com",
        Style::Host if !text.contains('.') => ".example.com",
        Style::Uri if last == Some('/') => "index.html",
        Style::User if last == Some('\\') => "jane",
        _ if last == Some('@') => "example.com",
        _ if text.ends_with("://") => "www.example.com/a",
        Style::Words | Style::Plain | Style::User if separator || last == Some(':') => "name",
        Style::Words | Style::Plain | Style::User
            if matches!(last, Some('-' | '_' | '=' | '#')) =>
        {
            "1"
        }
        Style::Words | Style::Plain | Style::Script if last == Some(' ') => "x",
        _ => "",
    }
}
