//! The ways to say a test: op names and what each is given, plainest first.
//!
//! Knows: which ops amount to which test.
//! Does not know: which of them a target has, how anything is written.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use ir::{Anchor, Case, Cmp, Net, Number, Part, Pattern, Predicate, Regex, Shape};

use crate::flavour;
use crate::manifest::Kind;

/// What a test gives to its template.
#[derive(Debug, Clone)]
pub enum Arg<'r> {
    Glob(Cow<'r, Pattern>),
    Regex(Arc<Regex>, Search),
    /// The expression less its upper bounds, made only when it is too much work with them.
    Unbounded(&'r Regex, Search),
    /// The pattern as a regular expression, made only when the plainer ways fail.
    AsRegex(Cow<'r, Pattern>, Case, Search),
    Number(Number),
    Bool(bool),
    Net(Net),
    Other(String),
    Time(&'static str, Number),
    Nothing,
}

/// How a regular expression is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Search {
    /// As it stands, case spelled out where needed.
    Plain,
    /// For an op that ignores case itself.
    Uncased,
}

/// One way to say a test.
pub struct Way<'r> {
    /// The op's name; `not is_null` is the negation of an op.
    pub op: &'static str,
    /// What it gets.
    pub arg: Arg<'r>,
}

/// Tests that a column's kind decides: text that is no number is in no number
/// column, and text that is in no address in no column of addresses.
pub fn settled(predicate: &Predicate, kind: Kind) -> Option<bool> {
    let Predicate::Text(pattern, _) = predicate else { return None };
    if kind == Kind::Ip {
        let foreign = |it: &Part| match it {
            Part::Literal(it) => {
                it.contains(|ch: char| !ch.is_ascii_hexdigit() && !".:".contains(ch))
            }
            _ => false,
        };
        return pattern.parts().iter().any(foreign).then_some(false);
    }
    let Shape::Exact(text) = pattern.shape() else { return None };
    let can = match kind {
        Kind::Number => Number::parse(text).is_some(),
        Kind::Bool => text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false"),
        _ => true,
    };
    (!can).then_some(false)
}

/// The texts that the addresses of a network begin with, or are; `None` when these are too many, or
/// when their beginnings are not the same.
pub fn as_text(net: Net) -> Option<Vec<Pattern>> {
    let address = match net.address() {
        IpAddr::V4(it) => it,
        IpAddr::V6(it) => return v6_as_text(it, net.bits()),
    };
    let (whole, rest) = (usize::from(net.bits() / 8), net.bits() % 8);
    let octets = address.octets();
    let fixed: Vec<String> = octets[..whole].iter().map(u8::to_string).collect();
    let open = |mut octets: Vec<String>| {
        let all = octets.len() == 4;
        octets.extend((!all).then(String::new));
        Pattern::literal(octets.join(".")).open(false, !all)
    };
    if rest == 0 {
        return (whole > 0).then(|| vec![open(fixed)]);
    }
    let some = 1u16 << (8 - rest);
    let next = (0..some).map(|it| u16::from(octets[whole]) + it);
    Some(next.map(|it| open([fixed.clone(), vec![it.to_string()]].concat())).collect())
}

/// One address as RFC 5952 writes it, or a network that its first group alone decides.
fn v6_as_text(address: Ipv6Addr, bits: u8) -> Option<Vec<Pattern>> {
    if bits == 128 {
        return Some(vec![Pattern::literal(address.to_string())]);
    }
    // Leading zeros are not written, so a network that holds them has no one beginning.
    let group = address.segments()[0];
    if bits == 0 || bits > 16 || group < 0x1000 {
        return None;
    }
    let digits = usize::from(bits.div_ceil(4));
    let first = u32::from(group) >> (16 - 4 * digits);
    let some = 1u32 << (4 * digits - usize::from(bits));
    let text = (0..some).map(|it| format!("{:0digits$x}", first + it));
    Some(text.map(|it| Pattern::literal(it).open(false, true)).collect())
}

/// The ways to say a test on a column of a kind, plainest first.
pub fn ways(predicate: &Predicate, kind: Kind) -> Vec<Way<'_>> {
    fn way<'r>(op: &'static str, arg: Arg<'r>) -> Way<'r> {
        Way { op, arg }
    }
    match predicate {
        Predicate::Text(pattern, case) => {
            let mut res = Vec::new();
            if let Shape::Exact(text) = pattern.shape() {
                if kind == Kind::Number
                    && let Some(number) = Number::parse(text)
                {
                    res.push(way("num_eq", Arg::Number(number)));
                }
                if kind == Kind::Bool {
                    res.push(way("bool_eq", Arg::Bool(text.eq_ignore_ascii_case("true"))));
                }
            }
            if kind == Kind::Joined && pattern.shape() != Shape::Anything {
                return joined_ways(pattern, *case);
            }
            text_ways(Cow::Borrowed(pattern), *case, &mut res);
            res
        }
        Predicate::Regex(regex) => {
            let mut res = Vec::new();
            if regex.ignore_case() && regex.text().is_ascii() {
                res.push(way("regex_uncased", Arg::Regex(regex.clone(), Search::Uncased)));
            }
            res.push(way("regex", Arg::Regex(regex.clone(), Search::Plain)));
            if regex.ignore_case() && regex.text().is_ascii() {
                res.push(way("regex_uncased", Arg::Unbounded(regex, Search::Uncased)));
            }
            res.push(way("regex", Arg::Unbounded(regex, Search::Plain)));
            res
        }
        Predicate::Number(cmp, number) => {
            let mut res = vec![way(
                by_cmp(*cmp, ["num_eq", "num_lt", "num_lte", "num_gt", "num_gte"]),
                Arg::Number(*number),
            )];
            if *cmp == Cmp::Eq {
                text_ways(
                    Cow::Owned(Pattern::literal(number.to_string())),
                    Case::Insensitive,
                    &mut res,
                );
            }
            res
        }
        Predicate::Bool(it) => {
            let mut res = vec![way("bool_eq", Arg::Bool(*it))];
            text_ways(Cow::Owned(Pattern::literal(it.to_string())), Case::Insensitive, &mut res);
            res
        }
        Predicate::Null => vec![way("is_null", Arg::Nothing), way("not any_value", Arg::Nothing)],
        Predicate::Exists => vec![way("exists", Arg::Nothing)],
        Predicate::Net(net) => {
            let op = if net.address().is_ipv4() { "in_net_v4" } else { "in_net_v6" };
            vec![way(op, Arg::Net(*net))]
        }
        Predicate::Field(other, anchor, case) => {
            let sensitive = *case == Case::Sensitive;
            let op = match anchor {
                Anchor::Whole => ["field_eq", "field_eq_cased"],
                Anchor::Start => ["field_starts_with", "field_starts_with_cased"],
                Anchor::End => ["field_ends_with", "field_ends_with_cased"],
                Anchor::Within => ["field_contains", "field_contains_cased"],
            };
            vec![way(op[usize::from(sensitive)], Arg::Other(other.to_string()))]
        }
        Predicate::Time(part, cmp, number) => {
            vec![way(
                by_cmp(*cmp, ["time_eq", "time_lt", "time_lte", "time_gt", "time_gte"]),
                Arg::Time(part.word(), *number),
            )]
        }
        // Is written as it is, before any way is looked for.
        Predicate::Query(_) => Vec::new(),
    }
}

/// The ways to say a test on text as if its case counted, where it does not.
pub fn cased_ways(predicate: &Predicate) -> Vec<Way<'_>> {
    let mut res = Vec::new();
    let literal = |it: String| Cow::Owned(Pattern::literal(it));
    match predicate {
        Predicate::Text(it, Case::Insensitive) => {
            text_ways(Cow::Borrowed(it), Case::Sensitive, &mut res);
        }
        Predicate::Bool(it) => text_ways(literal(it.to_string()), Case::Sensitive, &mut res),
        _ => {}
    }
    res
}

/// One of five names, in the order of [`Cmp`].
fn by_cmp(cmp: Cmp, names: [&'static str; 5]) -> &'static str {
    names[match cmp {
        Cmp::Eq => 0,
        Cmp::Lt => 1,
        Cmp::Lte => 2,
        Cmp::Gt => 3,
        Cmp::Gte => 4,
    }]
}

fn text_ways<'r>(pattern: Cow<'r, Pattern>, case: Case, res: &mut Vec<Way<'r>>) {
    // The plain name, and the one that tells case apart.
    let names = match pattern.shape() {
        Shape::Exact(_) => ["eq", "eq_cased"],
        Shape::Prefix(_) => ["starts_with", "starts_with_cased"],
        Shape::Suffix(_) => ["ends_with", "ends_with_cased"],
        Shape::Infix(_) => ["contains", "contains_cased"],
        Shape::Glob => ["like", "like_cased"],
        Shape::Anything => {
            res.push(Way { op: "any_value", arg: Arg::Nothing });
            res.push(Way { op: "not is_null", arg: Arg::Nothing });
            return;
        }
    };
    let caseless = pattern.parts().iter().all(|it| match it {
        Part::Literal(text) => text.chars().all(|ch| !ch.is_alphabetic()),
        _ => true,
    });
    let mut push = |at: usize| {
        res.push(Way { op: names[at], arg: Arg::Glob(pattern.clone()) });
        if names[0] != "like" {
            res.push(Way { op: ["like", "like_cased"][at], arg: Arg::Glob(pattern.clone()) });
        }
    };
    match case {
        Case::Sensitive => push(1),
        Case::Insensitive => {
            push(0);
            if caseless {
                push(1);
            }
        }
    }
    if case == Case::Insensitive && !caseless {
        let arg = Arg::AsRegex(pattern.clone(), case, Search::Uncased);
        res.push(Way { op: "regex_uncased", arg });
    }
    let case = if caseless { Case::Sensitive } else { case };
    res.push(Way { op: "regex", arg: Arg::AsRegex(pattern.clone(), case, Search::Plain) });
}

/// An element of a joined list is found between blanks, quotes or the ends of the text.
fn joined_ways(pattern: &Pattern, case: Case) -> Vec<Way<'static>> {
    let text = flavour::of_element(pattern);
    let Ok(regex) = Regex::new(&text, case == Case::Insensitive, false, true) else {
        return Vec::new();
    };
    let regex = Arc::new(regex);
    let way = |op: &'static str, search: Search| Way { op, arg: Arg::Regex(regex.clone(), search) };
    match case {
        Case::Insensitive if text.is_ascii() => {
            vec![way("regex_uncased", Search::Uncased), way("regex", Search::Plain)]
        }
        _ => vec![way("regex", Search::Plain)],
    }
}

pub fn describe(predicate: &Predicate) -> &'static str {
    match predicate {
        Predicate::Text(_, Case::Sensitive) => "a case-sensitive comparison",
        Predicate::Text(pattern, _) => match pattern.shape() {
            Shape::Glob => "a pattern with wildcards",
            Shape::Anything => "the presence of a value",
            _ => "a comparison of text",
        },
        Predicate::Regex(_) => "a regular expression",
        Predicate::Number(..) => "a comparison of numbers",
        Predicate::Bool(_) => "a boolean",
        Predicate::Null => "the absence of a value",
        Predicate::Exists => "the presence of a field",
        Predicate::Net(_) => "membership of a network",
        Predicate::Field(..) => "a comparison of two fields",
        Predicate::Time(..) => "a part of a date",
        Predicate::Query(_) => "a piece of a query",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_as_the_beginnings_of_text() {
        let of = |net: &str| {
            let patterns = as_text(Net::parse(net).unwrap())?;
            Some(patterns.iter().map(flavour::of_pattern).collect::<Vec<_>>().join(" "))
        };
        assert_eq!(of("10.0.0.0/8").unwrap(), r"\A10\.");
        assert_eq!(of("172.16.0.0/15").unwrap(), r"\A172\.16\. \A172\.17\.");
        assert_eq!(of("192.168.1.252/31").unwrap(), r"\A192\.168\.1\.252\z \A192\.168\.1\.253\z");
        assert_eq!(of("127.0.0.1").unwrap(), r"\A127\.0\.0\.1\z");
        assert_eq!(of("::1/128").unwrap(), r"\A::1\z");
        assert_eq!(of("fc00::/7").unwrap(), r"\Afc \Afd");
        assert_eq!(of("fe80::/10").unwrap(), r"\Afe8 \Afe9 \Afea \Afeb");
        assert_eq!(of("0.0.0.0/0"), None);
        assert_eq!(of("2001:db8::/32"), None);
        assert_eq!(of("::/8"), None);
    }
}
