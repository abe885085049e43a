//! A value that another value of its list takes in already.

use diagnostic::{Applicability, Code, Diagnostic};
use ir::Part;
use source::Edit;
use syntax::{ItemAst, Scalar, ValueAst};

use super::duplicate_tag::line_of;

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L087", name: "covered-value", page: include_str!("covered_value.md") },
    by_default: true,
    check: Check::Rule(check),
};

/// The most values of a list that are compared with each other.
const MOST: usize = 400;

/// One character of a pattern, folded when case makes no difference.
#[derive(Clone, Copy, PartialEq)]
enum Token {
    Char(char),
    One,
    Run,
}

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for item in subject.ast.detection.items() {
        check_item(code, subject, item, problems);
    }
}

fn check_item(
    code: &'static Code,
    subject: &Subject<'_>,
    item: &ItemAst,
    problems: &mut Vec<Diagnostic>,
) {
    const PLAIN: &[&str] = &["contains", "startswith", "endswith", "cased", "all", "neq"];
    let has = |name: &str| item.modifiers.iter().any(|it| it.value == name);
    let plain = item.modifiers.iter().all(|it| PLAIN.contains(&it.value.as_str()));
    if !plain || !(2..=MOST).contains(&item.values.len()) {
        return;
    }
    let loose = has("contains") || item.field.is_none();
    let (before, after) = (loose || has("endswith"), loose || has("startswith"));
    let (all, cased) = (has("all"), has("cased"));
    let values: Vec<(&ValueAst, Signs)> = item
        .values
        .iter()
        .filter_map(|it| match &it.value {
            Scalar::Text(text) => Some((it, Signs::of(text, before, after, cased))),
            _ => None,
        })
        .collect();
    // A value that takes in everything is the mistake itself, and the others are what was meant.
    let anything = |it: &Signs| it.signs.iter().all(|it| *it == Token::Run) && !it.signs.is_empty();
    if let Some((wide, _)) = values.iter().find(|(_, it)| !all && anything(it)) {
        let message =
            format!("`{}` makes the other values of the list pointless", wide.value.text());
        let label = "every value passes it";
        problems.push(
            Diagnostic::warning(code, wide.span, message, label)
                .with_help("remove it, or write what was meant"),
        );
        return;
    }
    for (value, narrow) in &values {
        // Of a list that is joined by `all`, the wider value is the one too many.
        let other = values.iter().find(|(_, wide)| {
            if all {
                narrow.cover(wide) && !wide.cover(narrow)
            } else {
                wide.cover(narrow) && !narrow.cover(wide)
            }
        });
        let Some((other, _)) = other else { continue };
        let (mine, theirs) = (value.value.text(), other.value.text());
        let label = if all {
            "whatever passes the other passes this one too"
        } else {
            "whatever passes this one passes the other too"
        };
        let message = format!("`{mine}` makes no difference beside `{theirs}`");
        let mut problem = Diagnostic::info(code, value.span, message, label)
            .with_label(other.span, "the other")
            .with_help("remove it, or make the other narrower if that one goes too far");
        if let Some(span) = line_of(subject.text, value.span, "-") {
            let edit = Edit { span, replacement: String::new() };
            problem = problem.with_fix("remove the value", Applicability::Safe, vec![edit]);
        }
        problems.push(problem);
    }
}

/// A value as it is compared with others.
struct Signs {
    signs: Vec<Token>,
    /// A bit for each character, some sharing one: nearly all pairs differ here already.
    chars: u64,
}

impl Signs {
    fn of(text: &str, before: bool, after: bool, cased: bool) -> Signs {
        let mut res = Signs { signs: Vec::with_capacity(text.len() + 2), chars: 0 };
        for part in lower::parse_pattern(text, false).open(before, after).parts() {
            match part {
                Part::Literal(it) => {
                    for ch in it.chars() {
                        let ch = if cased { ch } else { ir::fold::fold(ch) };
                        res.chars |= 1 << (u32::from(ch) % u64::BITS);
                        res.signs.push(Token::Char(ch));
                    }
                }
                Part::One => res.signs.push(Token::One),
                // A placeholder does not come up here: `expand` is not among the plain modifiers.
                Part::Run | Part::Placeholder(_) => res.signs.push(Token::Run),
            }
        }
        res
    }

    /// Whether every text that fits `narrow` fits this one; `false` where it is not plain to see.
    fn cover(&self, narrow: &Signs) -> bool {
        self.chars & !narrow.chars == 0 && covers(&self.signs, &narrow.signs)
    }
}

/// Whether every text that fits `narrow` fits `wide`; `false` where that is not plain to see.
///
/// `wide` is matched over the signs of `narrow`: `*` there is taken in by `*` only, `?` by `?` or
/// `*`, a character by itself, `?` or `*`.
fn covers(wide: &[Token], narrow: &[Token]) -> bool {
    let (mut at, mut over) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while over < narrow.len() {
        let fits = match (wide.get(at), narrow[over]) {
            (Some(Token::Run), _) => {
                back = Some((at + 1, over));
                at += 1;
                continue;
            }
            (Some(Token::One), sign) => sign != Token::Run,
            (Some(sign), other) => *sign == other,
            (None, _) => false,
        };
        if fits {
            (at, over) = (at + 1, over + 1);
        } else if let Some((star, from)) = back {
            back = Some((star, from + 1));
            (at, over) = (star, from + 1);
        } else {
            return false;
        }
    }
    wide.get(at..).is_some_and(|rest| rest.iter().all(|it| *it == Token::Run))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every text of at most `len` of the given signs.
    fn texts(signs: &[char], len: usize) -> Vec<String> {
        let mut res = vec![String::new()];
        let mut from = 0;
        for _ in 0..len {
            let to = res.len();
            for idx in from..to {
                let longer = signs.iter().map(|it| format!("{}{it}", res[idx]));
                res.extend(longer.collect::<Vec<_>>());
            }
            from = to;
        }
        res
    }

    #[test]
    fn what_is_covered_matches_nothing_of_its_own() {
        let patterns = texts(&['a', 'b', '*', '?'], 3);
        let values = texts(&['a', 'b'], 5);
        let matched: Vec<Vec<bool>> = patterns
            .iter()
            .map(|it| lower::parse_pattern(it, false))
            .map(|it| {
                let fits = |text: &String| matcher::covers(&it, text, ir::Case::Sensitive);
                values.iter().map(fits).collect()
            })
            .collect();
        let mut count = 0;
        for (wide, by_wide) in patterns.iter().zip(&matched) {
            for (narrow, by_narrow) in patterns.iter().zip(&matched) {
                let signs = |it| Signs::of(it, false, false, true);
                if signs(wide).cover(&signs(narrow)) {
                    count += 1;
                    let own = by_narrow.iter().zip(by_wide).any(|(narrow, wide)| *narrow && !wide);
                    assert!(!own, "`{wide}` does not cover `{narrow}`");
                }
            }
        }
        assert!(count > 500, "{count}");
    }
}
