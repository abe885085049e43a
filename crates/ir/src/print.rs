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
            let article = if part.word() == "hour" { "an" } else { "a" };
            format!("has {article} {} {} {number}", part.word(), cmp.sign())
        }
        Predicate::Query(it) => format!("passes the query `{}`", it.with_field("{field}")),
    };
    format!("{field} {what}")
}

/// The pattern as a rule would spell it, in quotes.
fn pattern(pattern: &Pattern) -> String {
    format!("'{}'", spell(pattern))
}

/// The pattern as a rule spells it: `*` and `?` are wildcards, a backslash before them takes that away.
pub fn spell(pattern: &Pattern) -> String {
    // Characters, and whether each is a wildcard; a backslash is doubled only where it would
    // otherwise be read together with what follows.
    let mut tokens: Vec<(char, bool)> = Vec::new();
    let mut res = String::new();
    for part in pattern.parts() {
        match part {
            Part::Literal(it) => tokens.extend(it.chars().map(|ch| (ch, false))),
            Part::Run => tokens.push(('*', true)),
            Part::One => tokens.push(('?', true)),
            Part::Placeholder(name) => {
                tokens.extend(format!("%{name}%").chars().map(|ch| (ch, true)))
            }
        }
    }
    for (idx, (ch, wild)) in tokens.iter().enumerate() {
        let next = tokens.get(idx + 1).map(|it| it.0);
        let joins = *ch == '\\' && matches!(next, Some('*' | '?' | '\\'));
        if !wild && (matches!(ch, '*' | '?') || joins) {
            res.push('\\');
        }
        res.push(*ch);
    }
    res
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_differ_where_patterns_do() {
        let lit = |it: &str| Part::Literal(it.to_owned());
        assert_eq!(pattern(&Pattern::literal("a*")), r"'a\*'");
        assert_eq!(pattern(&Pattern::new([lit(r"a\"), Part::Run])), r"'a\\*'");
        assert_eq!(pattern(&Pattern::literal(r"a\*")), r"'a\\\*'");
        assert_eq!(pattern(&Pattern::literal(r"C:\x")), r"'C:\x'");
        assert_eq!(pattern(&Pattern::literal(r"\\host")), r"'\\\host'");
    }
}
