//! The modifiers: their names, and where each may stand.

use diagnostic::{Diagnostic, nearest};
use ir::{Cmp, TimePart};
use source::Spanned;

use crate::codes::{MODIFIER_ORDER, UNKNOWN_MODIFIER};
use crate::encode::Utf16;

/// A modifier by its meaning; two spellings of one are one here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Modifier {
    /// `contains`
    Contains,
    /// `startswith`
    StartsWith,
    /// `endswith`
    EndsWith,
    /// `all`
    All,
    /// `neq`
    Neq,
    /// `cased`
    Cased,
    /// `exists`
    Exists,
    /// `re`
    Re,
    /// `i`, `m` or `s` after `re`
    Flag(char),
    /// `base64`
    Base64,
    /// `base64offset`
    Base64Offset,
    /// `wide`, `utf16le`, `utf16be`, `utf16`
    Utf16(Utf16),
    /// `windash`
    Windash,
    /// `lt`, `lte`, `gt`, `gte`
    Compare(Cmp),
    /// `minute` and the others
    Time(TimePart),
    /// `cidr`
    Cidr,
    /// `expand`
    Expand,
    /// `fieldref`
    FieldRef,
}

/// Every spelling, and its meaning.
pub const MODIFIERS: &[(&str, Modifier)] = &[
    ("contains", Modifier::Contains),
    ("startswith", Modifier::StartsWith),
    ("endswith", Modifier::EndsWith),
    ("all", Modifier::All),
    ("neq", Modifier::Neq),
    ("cased", Modifier::Cased),
    ("exists", Modifier::Exists),
    ("re", Modifier::Re),
    ("i", Modifier::Flag('i')),
    ("ignorecase", Modifier::Flag('i')),
    ("m", Modifier::Flag('m')),
    ("multiline", Modifier::Flag('m')),
    ("s", Modifier::Flag('s')),
    ("dotall", Modifier::Flag('s')),
    ("base64", Modifier::Base64),
    ("base64offset", Modifier::Base64Offset),
    ("wide", Modifier::Utf16(Utf16::Little)),
    ("utf16le", Modifier::Utf16(Utf16::Little)),
    ("utf16be", Modifier::Utf16(Utf16::Big)),
    ("utf16", Modifier::Utf16(Utf16::Marked)),
    ("windash", Modifier::Windash),
    ("lt", Modifier::Compare(Cmp::Lt)),
    ("lte", Modifier::Compare(Cmp::Lte)),
    ("gt", Modifier::Compare(Cmp::Gt)),
    ("gte", Modifier::Compare(Cmp::Gte)),
    ("minute", Modifier::Time(TimePart::Minute)),
    ("hour", Modifier::Time(TimePart::Hour)),
    ("day", Modifier::Time(TimePart::Day)),
    ("week", Modifier::Time(TimePart::Week)),
    ("month", Modifier::Time(TimePart::Month)),
    ("year", Modifier::Time(TimePart::Year)),
    ("cidr", Modifier::Cidr),
    ("expand", Modifier::Expand),
    ("fieldref", Modifier::FieldRef),
];

/// Resolves the names of an item's modifiers and checks what may stand together.
pub fn resolve(
    written: &[Spanned<String>],
    has_field: bool,
    problems: &mut Vec<Diagnostic>,
) -> Option<Vec<Spanned<Modifier>>> {
    let before = problems.len();
    let mut res: Vec<Spanned<Modifier>> = Vec::new();
    for name in written {
        match MODIFIERS.iter().find(|(it, _)| *it == name.value) {
            Some((_, modifier)) => res.push(Spanned::new(*modifier, name.span)),
            None => problems.push(unknown(name)),
        }
    }
    for (idx, it) in res.iter().enumerate() {
        let earlier = &res[..idx];
        let has = |wanted: &dyn Fn(Modifier) -> bool| earlier.iter().any(|it| wanted(it.value));
        let wrong = match it.value {
            Modifier::Re
                if has(&|it| !matches!(it, Modifier::Expand | Modifier::All | Modifier::Neq)) =>
            {
                Some((
                    "`re` must be the first modifier",
                    "the ones before it would change the pattern's text",
                ))
            }
            Modifier::Cidr if has(&|it| !matches!(it, Modifier::All | Modifier::Neq)) => Some((
                "`cidr` must be the first modifier",
                "the ones before it would change the network's text",
            )),
            Modifier::FieldRef
                if has(&|it| !matches!(it, Modifier::All | Modifier::Neq | Modifier::Cased)) =>
            {
                Some((
                    "`fieldref` stands before the modifiers that say how fields are compared",
                    "the ones before it would be lost",
                ))
            }
            Modifier::Flag(_) if !has(&|it| it == Modifier::Re) => {
                Some(("this is a flag of regular expressions", "there is no `re` before it"))
            }
            Modifier::Exists
                if res.iter().any(|it| !matches!(it.value, Modifier::Exists | Modifier::Neq)) =>
            {
                Some(("`exists` stands alone", "it asks about the field, not about a value"))
            }
            Modifier::Exists if !has_field => {
                Some(("`exists` needs a field", "there is none before the `|`"))
            }
            Modifier::FieldRef if !has_field => {
                Some(("`fieldref` needs a field", "there is none before the `|`"))
            }
            Modifier::Expand
                if res.iter().any(|it| {
                    matches!(it.value, Modifier::Re | Modifier::Cidr | Modifier::FieldRef)
                }) =>
            {
                Some((
                    "placeholders are filled in texts only",
                    "a regular expression, a network or a field name can't hold one",
                ))
            }
            Modifier::Cased if has(&|it| it == Modifier::Re) => Some((
                "`cased` has no effect on `re`",
                "regular expressions tell case apart already",
            )),
            _ => None,
        };
        if let Some((message, label)) = wrong {
            problems.push(
                Diagnostic::error(&MODIFIER_ORDER, it.span, message, label)
                    .with_help("modifiers apply from left to right: `field|re|i`, `field|wide|base64offset|contains`"),
            );
        }
    }
    (problems.len() == before).then_some(res)
}

fn unknown(name: &Spanned<String>) -> Diagnostic {
    let known = MODIFIERS.iter().map(|(it, _)| *it);
    let problem = Diagnostic::error(
        &UNKNOWN_MODIFIER,
        name.span,
        format!("unknown modifier `{}`", name.value),
        "this changes what the rule matches, so it is not ignored",
    );
    match nearest(&name.value, known.clone()) {
        Some(near) => problem.with_help(format!("did you mean `{near}`?")).with_fix(
            format!("write `{near}`"),
            diagnostic::Applicability::Unsafe,
            vec![source::Edit { span: name.span, replacement: near.to_owned() }],
        ),
        None => problem.with_help(format!("known: {}", known.collect::<Vec<_>>().join(", "))),
    }
}
