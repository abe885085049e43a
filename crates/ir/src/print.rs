//! Expressions for people.

use crate::{Anchor, Case, Expr, Field, Part, Pattern, Predicate, Test};

/// The expression as indented lines, one test a line.
pub fn print(expr: &Expr) -> String {
    let mut res = String::new();
    write(expr, 0, &mut res);
    res
}

fn write(expr: &Expr, depth: usize, res: &mut String) {
    let indent = "  ".repeat(depth);
    let group = |word: &str, parts: &[Expr], res: &mut String| {
        res.push_str(&format!("{indent}{word}\n"));
        for part in parts {
            write(part, depth + 1, res);
        }
    };
    match expr {
        Expr::All(parts) => group("all of", parts, res),
        Expr::Any(parts) => group("any of", parts, res),
        Expr::Not(part) => group("not", std::slice::from_ref(part), res),
        Expr::Test(it) => res.push_str(&format!("{indent}{}\n", test(it))),
        Expr::Const(it) => res.push_str(&format!("{indent}{it}\n")),
    }
}

fn test(test: &Test) -> String {
    let field = match &test.field {
        Field::Named(name) => name.to_string(),
        Field::Anywhere => "any text in the event".to_owned(),
    };
    let what = match &test.predicate {
        Predicate::Text(it, Case::Insensitive) => format!("is {}", pattern(it)),
        Predicate::Text(it, Case::Sensitive) => format!("is exactly in case {}", pattern(it)),
        Predicate::Regex(it) => {
            let flags = [(it.ignore_case(), "i"), (it.multi_line(), "m"), (it.dot_all(), "s")];
            let flags: String = flags.iter().filter(|it| it.0).map(|it| it.1).collect();
            format!("holds a match of /{}/{flags}", it.text())
        }
        Predicate::Number(cmp, number) => format!("{} {number}", cmp.sign()),
        Predicate::Bool(it) => format!("is {it}"),
        Predicate::Null => "holds no value".to_owned(),
        Predicate::Exists => "is present".to_owned(),
        Predicate::Net(net) => format!("is an address in {net}"),
        Predicate::Field(other, anchor, case) => {
            let how = match anchor {
                Anchor::Whole => "equals",
                Anchor::Start => "starts with",
                Anchor::End => "ends with",
                Anchor::Within => "contains",
            };
            let case = if *case == Case::Sensitive { ", in the same case" } else { "" };
            format!("{how} the field {other}{case}")
        }
        Predicate::Time(part, cmp, number) => {
            format!("has a {} {} {number}", part.word(), cmp.sign())
        }
    };
    format!("{field} {what}")
}

/// The pattern as a rule would spell it, in quotes.
fn pattern(pattern: &Pattern) -> String {
    let mut res = String::from("'");
    for part in pattern.parts() {
        match part {
            Part::Literal(it) => {
                for ch in it.chars() {
                    if matches!(ch, '*' | '?') {
                        res.push('\\');
                    }
                    res.push(ch);
                }
            }
            Part::Run => res.push('*'),
            Part::One => res.push('?'),
            Part::Placeholder(name) => res.push_str(&format!("%{name}%")),
        }
    }
    res.push('\'');
    res
}
