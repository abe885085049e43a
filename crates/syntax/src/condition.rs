//! Conditions: names of selections joined by words.

use pest::Parser;
use pest::iterators::Pair;
use source::{Span, Spanned};

use diagnostic::Diagnostic;

use crate::codes::{BAD_CONDITION, OLD_AGGREGATION};
use crate::mark;

/// The deepest nesting of parentheses that is read.
const MAX_DEPTH: usize = 100;
/// The longest condition that is read, in bytes.
const MAX_LEN: usize = 100_000;

#[derive(pest_derive::Parser)]
#[grammar = "condition.pest"]
struct ConditionParser;

/// A condition as it was written.
#[derive(Debug, Clone, PartialEq)]
pub enum ConditionAst {
    /// `a or b`
    Any(Vec<ConditionAst>),
    /// `a and b`
    All(Vec<ConditionAst>),
    /// `not a`
    Not(Box<ConditionAst>),
    /// `a`
    Name(Spanned<String>),
    /// `1 of a*`
    Of(Quantity, Spanned<Wanted>),
}

/// How many of the named selections must match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// `1 of`, `any of`
    One,
    /// `all of`
    All,
}

/// Which selections `1 of` and `all of` speak of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// `them`: all whose name does not begin with `_`.
    Them,
    /// A name, with `*` for any run of characters.
    Pattern(String),
}

/// Reads a condition.
///
/// `text` is the file's text, `at` the place of the scalar in it, `value` what the scalar means.
///
/// # Errors
///
/// A located diagnostic that says what stands where something else was expected.
pub fn parse_condition(text: &str, at: Span, value: &str) -> Result<ConditionAst, Box<Diagnostic>> {
    let place = |from: usize, to: usize| mark::inside(text, at, value, from, to);
    if let Some(pipe) = value.find('|') {
        return Err(Box::new(
            Diagnostic::error(
                &OLD_AGGREGATION,
                place(pipe, value.len()),
                "aggregations after a pipe were removed from Sigma",
                "this counts or relates several events",
            )
            .with_help("write a correlation rule (`type: event_count`, `value_count`, `temporal`) that names this rule"),
        ));
    }
    if let Some(problem) = limits(value) {
        return Err(Box::new(
            Diagnostic::error(
                &BAD_CONDITION,
                place(problem, problem + 1),
                "the condition is nested too deep or too long",
                format!("at most {MAX_DEPTH} open parentheses and {MAX_LEN} characters are read"),
            )
            .with_help("split the rule"),
        ));
    }
    let mut pairs = ConditionParser::parse(Rule::condition, value).map_err(|err| {
        let offset = match err.location {
            pest::error::InputLocation::Pos(it) | pest::error::InputLocation::Span((it, _)) => it,
        };
        Box::new(explain(value, offset, &place))
    })?;
    let any = pairs.next().and_then(|it| it.into_inner().next());
    match any {
        Some(pair) => Ok(build(pair, &place)),
        None => Err(Box::new(explain(value, 0, &place))),
    }
}

/// Where the condition passes a limit, if it does. Checked before the parser, which recurses.
fn limits(value: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (idx, ch) in value.char_indices() {
        match ch {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH || idx > MAX_LEN {
            return Some(idx);
        }
    }
    None
}

/// A syntax error in words.
fn explain(value: &str, offset: usize, place: &dyn Fn(usize, usize) -> Span) -> Diagnostic {
    let rest = value.get(offset..).unwrap_or_default();
    let word_len =
        rest.find(|ch: char| ch.is_whitespace() || "()".contains(ch)).unwrap_or(rest.len());
    let len = word_len.max(rest.chars().next().map_or(0, char::len_utf8));
    let word = &rest[..len];
    let span = place(offset, offset + len);
    let lower = word.to_ascii_lowercase();
    if word != lower && matches!(lower.as_str(), "and" | "or" | "not" | "of" | "all" | "any") {
        return Diagnostic::error(
            &BAD_CONDITION,
            span,
            format!("`{word}` must be in lower case"),
            format!("write `{lower}`"),
        )
        .with_help(format!(
            "`and`, `or`, `not` and `of` are words only in lower case: write `{lower}`"
        ))
        .with_fix(
            format!("write `{lower}`"),
            diagnostic::Applicability::Safe,
            vec![source::Edit { span, replacement: lower.clone() }],
        );
    }
    let (message, label) = if word.is_empty() {
        ("the condition ends too early".to_owned(), "a name was expected here".to_owned())
    } else if word.bytes().all(|it| it.is_ascii_digit()) {
        (
            format!("`{word} of` is not a quantity"),
            "only `1 of`, `any of` and `all of` exist".to_owned(),
        )
    } else {
        (format!("the condition can't be read at `{word}`"), "this does not fit here".to_owned())
    };
    Diagnostic::error(&BAD_CONDITION, span, message, label)
        .with_help("a condition is names of selections joined by `and`, `or`, `not`, parentheses, `1 of name*`, `all of them`")
}

fn build(pair: Pair<'_, Rule>, place: &dyn Fn(usize, usize) -> Span) -> ConditionAst {
    let span = pair.as_span();
    let at = |it: &Pair<'_, Rule>| place(it.as_span().start(), it.as_span().end());
    let many = |pair: Pair<'_, Rule>, wrap: fn(Vec<ConditionAst>) -> ConditionAst| {
        let mut parts: Vec<ConditionAst> = pair
            .into_inner()
            .filter(|it| !matches!(it.as_rule(), Rule::kw_or | Rule::kw_and))
            .map(|it| build(it, place))
            .collect();
        if parts.len() == 1 { parts.remove(0) } else { wrap(parts) }
    };
    match pair.as_rule() {
        Rule::any => many(pair, ConditionAst::Any),
        Rule::all => many(pair, ConditionAst::All),
        Rule::not => {
            let mut negated = false;
            let mut res = None;
            for it in pair.into_inner() {
                match it.as_rule() {
                    Rule::negation => negated = !negated,
                    _ => res = Some(build(it, place)),
                }
            }
            let res = res.unwrap_or(ConditionAst::Any(Vec::new()));
            if negated { ConditionAst::Not(Box::new(res)) } else { res }
        }
        Rule::quantified => {
            let mut quantity = Quantity::One;
            let mut wanted = Spanned::new(Wanted::Them, place(span.start(), span.end()));
            for it in pair.into_inner() {
                match it.as_rule() {
                    Rule::quantity if it.as_str() == "all" => quantity = Quantity::All,
                    Rule::wanted => {
                        let value = match it.as_str() {
                            "them" => Wanted::Them,
                            name => Wanted::Pattern(name.to_owned()),
                        };
                        wanted = Spanned::new(value, at(&it));
                    }
                    _ => {}
                }
            }
            ConditionAst::Of(quantity, wanted)
        }
        _ => ConditionAst::Name(Spanned::new(pair.as_str().to_owned(), at(&pair))),
    }
}
