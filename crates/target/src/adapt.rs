//! A field's values in the form that a column has them.
//!
//! The same fact is written differently in different worlds: `HKLM\` and `HKEY_LOCAL_MACHINE\`,
//! `DWORD (0x00000001)` and `1`, a whole path and a file name. A profile names the difference; this
//! module carries a pattern over, and says what it costs.

use ir::{Case, Number, Part, Pattern, Shape};

use crate::legal::Effect;
use crate::profile::{FieldLong, Form};

/// A pattern in a column's form.
#[derive(Debug, Clone, PartialEq)]
pub struct Adapted {
    /// The pattern to ask of the column.
    pub pattern: Pattern,
    /// Further values to ask for: those that the pattern covers and that are written otherwise there.
    pub also: Vec<Pattern>,
    /// The column, where the value itself decides which.
    pub column: Option<String>,
    /// What it costs, and why.
    pub costs: Vec<(Effect, String)>,
}

/// Carries a pattern over.
///
/// # Errors
///
/// A sentence that says why the column can't answer.
pub fn adapt(pattern: &Pattern, case: Case, field: &FieldLong) -> Result<Adapted, String> {
    let mut res =
        Adapted { pattern: pattern.clone(), also: Vec::new(), column: None, costs: Vec::new() };
    if !field.keyed.is_empty() {
        return keyed(pattern, field);
    }
    if let Shape::Exact(text) = pattern.shape()
        && let Some((_, there)) =
            field.values.iter().find(|(here, _)| here.eq_ignore_ascii_case(text))
    {
        res.pattern = Pattern::literal(there.as_str());
        return Ok(res);
    }
    let covered = field.values.iter().filter(|(here, _)| matcher::covers(pattern, here, case));
    let also: Vec<Pattern> = covered.map(|(_, there)| Pattern::literal(there.as_str())).collect();
    if let Some(Part::Literal(first)) = pattern.parts().first() {
        let found = field.prefixes.iter().find(|(here, _)| starts_with(first, here));
        if let Some((here, there)) = found {
            let rest = first.get(here.len()..).unwrap_or_default();
            let start = Part::Literal(format!("{there}{rest}"));
            res.pattern =
                Pattern::new(std::iter::once(start).chain(pattern.parts()[1..].iter().cloned()));
        }
    }
    let res = match field.form {
        None => Ok(res),
        Some(Form::Decimal) => Ok(decimal(res)),
        Some(Form::BaseName) => base_name(&res.pattern),
        Some(Form::Inside) => Ok(inside(res)),
    };
    let mut res = res.map(|it| Adapted { also, ..it })?;
    respell(&mut res, field);
    Ok(res)
}

/// The spellings that the columns have for parts of values.
fn respell(res: &mut Adapted, field: &FieldLong) {
    let mut all: Vec<Pattern> = vec![res.pattern.clone()];
    all.append(&mut res.also);
    for (here, spec) in &field.parts {
        if !all.iter().any(|it| names(it, here)) {
            continue;
        }
        if let Some(effect) = spec.effect {
            res.costs.push((effect, spec.reason.clone()));
        }
        if !spec.there.is_empty() {
            let spellings = |it: &Pattern| -> Vec<Pattern> {
                if !names(it, here) {
                    return vec![it.clone()];
                }
                spec.there.iter().map(|there| replaced(it, here, there)).collect()
            };
            all = all.iter().flat_map(spellings).collect();
        }
    }
    let mut all = all.into_iter();
    res.pattern = all.next().unwrap_or_else(|| res.pattern.clone());
    res.also = all.collect();
}

fn names(pattern: &Pattern, part: &str) -> bool {
    let part = part.to_ascii_lowercase();
    let named =
        |it: &Part| matches!(it, Part::Literal(text) if text.to_ascii_lowercase().contains(&part));
    pattern.parts().iter().any(named)
}

/// The pattern with another spelling of a part of it.
fn replaced(pattern: &Pattern, here: &str, there: &str) -> Pattern {
    let mut res = Vec::new();
    for part in pattern.parts() {
        let Part::Literal(text) = part else {
            res.push(part.clone());
            continue;
        };
        for (idx, rest) in split_at_each(text, here).into_iter().enumerate() {
            if idx > 0 {
                for (idx, it) in there.split('?').enumerate() {
                    res.extend((idx > 0).then_some(Part::One));
                    res.push(Part::Literal(it.to_owned()));
                }
            }
            res.push(Part::Literal(rest.to_owned()));
        }
    }
    Pattern::new(res)
}

/// The text between the places where `part` stands, in any case of its ASCII letters.
pub fn split_at_each<'a>(text: &'a str, part: &str) -> Vec<&'a str> {
    let (lower, part) = (text.to_ascii_lowercase(), part.to_ascii_lowercase());
    let mut from = 0;
    let mut res = Vec::new();
    for (at, found) in lower.match_indices(&part) {
        res.push(&text[from..at]);
        from = at + found.len();
    }
    res.push(&text[from..]);
    res
}

fn starts_with(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|it| it.eq_ignore_ascii_case(prefix))
}

/// The number that `0x3e7`, `DWORD (0x00000001)` or `QWORD (0x..)` spells, in any case.
pub fn hexadecimal(text: &str) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let boxed = |word: &str, digits: usize| {
        let inner = lower.strip_prefix(word)?.strip_prefix(" (0x")?.strip_suffix(')')?;
        (inner.len() == digits).then_some(inner)
    };
    let digits = lower.strip_prefix("0x").or(boxed("dword", 8)).or(boxed("qword", 16))?;
    let plain = !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_hexdigit());
    plain.then(|| u64::from_str_radix(digits, 16).ok()).flatten()
}

/// Hexadecimal numbers as decimal digits.
fn decimal(mut res: Adapted) -> Adapted {
    if let Shape::Exact(text) = res.pattern.shape() {
        if let Some(number) = hexadecimal(text) {
            res.pattern = Pattern::literal(Number::Int(number.into()).to_string());
        }
        return res;
    }
    // A part of a number's spelling, such as `0x00000001)`, is not a part of its decimal digits.
    let touches = |it: &Part| match it {
        Part::Literal(text) => {
            let lower = text.to_ascii_lowercase();
            ["0x", "dword", "qword", "00000"].iter().any(|it| lower.contains(it))
        }
        _ => false,
    };
    if res.pattern.parts().iter().any(touches) {
        let reason =
            "numbers are written in decimal there, so a part of a hexadecimal one is not found";
        res.costs.push((Effect::Narrower, reason.to_owned()));
    }
    res
}

/// Why a value in JSON is found too often.
pub const IN_ALL_OF_IT: &str = "the value is looked for in all of the JSON that it stands in";

/// A pattern about one value, asked of the JSON that it stands in.
fn inside(mut res: Adapted) -> Adapted {
    res.costs.push((Effect::Wider, IN_ALL_OF_IT.to_owned()));
    if res.pattern.shape() == Shape::Anything {
        return res;
    }
    let escaped = |it: char| matches!(it, '"' | '\\') || it.is_control();
    let touches = |it: &Part| matches!(it, Part::Literal(text) if text.contains(escaped));
    if res.pattern.parts().iter().any(touches) {
        let reason = "inside of JSON a quote or a backslash has a backslash before it";
        res.costs.push((Effect::Narrower, reason.to_owned()));
    }
    res.pattern = res.pattern.open(true, true);
    res
}

/// A pattern about a path, asked of its last part.
fn base_name(pattern: &Pattern) -> Result<Adapted, String> {
    let separator = ['\\', '/'];
    let done = |pattern: Pattern, cost: Option<&str>| Adapted {
        pattern,
        also: Vec::new(),
        column: None,
        costs: cost.map(|it| (Effect::Wider, it.to_owned())).into_iter().collect(),
    };
    let folder = "only the file name is there, not its folder";
    match pattern.shape() {
        Shape::Suffix(text) => Ok(match text.rfind(separator) {
            Some(0) => done(Pattern::literal(&text[1..]), None),
            Some(at) => done(Pattern::literal(&text[at + 1..]), Some(folder)),
            None => done(pattern.clone(), None),
        }),
        Shape::Exact(text) => Ok(match text.rfind(separator) {
            Some(at) => done(Pattern::literal(&text[at + 1..]), Some(folder)),
            None => done(pattern.clone(), None),
        }),
        Shape::Anything => Ok(done(pattern.clone(), None)),
        _ => Err("the column has only the file name, and this asks about the path".to_owned()),
    }
}

/// `MD5=0123...` in a list of hashes, asked of the hash's own column.
fn keyed(pattern: &Pattern, field: &FieldLong) -> Result<Adapted, String> {
    let text = match pattern.shape() {
        Shape::Exact(it) | Shape::Prefix(it) | Shape::Infix(it) | Shape::Suffix(it) => it,
        Shape::Anything | Shape::Glob => "",
    };
    let Some((key, column)) = field.keyed.iter().find(|(key, _)| starts_with(text, key)) else {
        let known: Vec<&str> = field.keyed.keys().map(String::as_str).collect();
        return Err(format!("its parts have columns of their own: {}", known.join(" ")));
    };
    let value = &text[key.len()..];
    let whole =
        matches!(value.len(), 32 | 40 | 64 | 128) || matches!(pattern.shape(), Shape::Suffix(_));
    let literal = Pattern::literal(value);
    Ok(Adapted {
        pattern: if whole { literal } else { literal.open(false, true) },
        also: Vec::new(),
        column: Some(column.clone()),
        costs: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field() -> FieldLong {
        FieldLong::default()
    }

    #[test]
    fn registry_roots_are_spelled_out() {
        let prefixes = [("HKLM\\".to_owned(), "HKEY_LOCAL_MACHINE\\".to_owned())].into();
        let field = FieldLong { prefixes, ..field() };
        let res =
            adapt(&Pattern::literal("hklm\\Run").open(false, true), Case::Insensitive, &field)
                .unwrap();
        assert_eq!(res.pattern.shape(), Shape::Prefix("HKEY_LOCAL_MACHINE\\Run"));
    }

    #[test]
    fn a_part_is_asked_in_all_of_its_spellings() {
        let part = |there: &[&str], effect: Option<Effect>| crate::profile::PartSpec {
            there: there.iter().map(|it| (*it).to_owned()).collect(),
            effect,
            reason: String::new(),
        };
        let parts = [
            ("CurrentControlSet".to_owned(), part(&["CurrentControlSet", "ControlSet00?"], None)),
            ("(Default)".to_owned(), part(&[], Some(Effect::Narrower))),
        ];
        let field = FieldLong { parts: parts.into(), ..field() };
        let asked = |text: &str| {
            let pattern = Pattern::literal(text).open(true, false);
            adapt(&pattern, Case::Insensitive, &field).unwrap()
        };
        let res = asked("\\currentcontrolset\\Control");
        assert_eq!(res.pattern.shape(), Shape::Suffix("\\CurrentControlSet\\Control"));
        let covers = |text: &str| matcher::covers(&res.also[0], text, Case::Insensitive);
        assert!(covers("x\\ControlSet001\\control") && !covers("x\\ControlSet00\\control"));
        assert_eq!((res.also.len(), res.costs.len()), (1, 0));
        let res = asked("\\open\\(default)");
        assert_eq!(res.pattern.shape(), Shape::Suffix("\\open\\(default)"));
        assert_eq!((res.also.len(), res.costs.len()), (0, 1));
    }

    #[test]
    fn numbers_become_decimal() {
        let field = FieldLong { form: Some(Form::Decimal), ..field() };
        let res =
            adapt(&Pattern::literal("DWORD (0x00000010)"), Case::Insensitive, &field).unwrap();
        assert_eq!(res.pattern, Pattern::literal("16"));
        let res =
            adapt(&Pattern::literal("0x00000010)").open(true, false), Case::Insensitive, &field)
                .unwrap();
        assert_eq!(res.costs[0].0, Effect::Narrower);
    }

    #[test]
    fn a_value_inside_of_json_is_found_in_all_of_it() {
        let field = FieldLong { form: Some(Form::Inside), ..field() };
        let asked = |text: &str| adapt(&Pattern::literal(text), Case::Sensitive, &field).unwrap();
        let effects = |it: &Adapted| it.costs.iter().map(|it| it.0).collect::<Vec<_>>();
        let plain = asked("admin");
        assert_eq!(plain.pattern.shape(), Shape::Infix("admin"));
        assert_eq!(effects(&plain), [Effect::Wider]);
        assert_eq!(effects(&asked("a\"b")), [Effect::Wider, Effect::Narrower]);
        // JSON with anything in it need not have this value.
        let any = adapt(&Pattern::new([Part::Run]), Case::Sensitive, &field).unwrap();
        assert_eq!(effects(&any), [Effect::Wider]);
    }

    #[test]
    fn a_path_is_asked_by_its_name() {
        let field = FieldLong { form: Some(Form::BaseName), ..field() };
        let res =
            adapt(&Pattern::literal("\\cmd.exe").open(true, false), Case::Insensitive, &field)
                .unwrap();
        assert_eq!((res.pattern, res.costs), (Pattern::literal("cmd.exe"), vec![]));
        assert!(
            adapt(&Pattern::literal("\\Temp\\").open(true, true), Case::Insensitive, &field)
                .is_err()
        );
    }

    #[test]
    fn hashes_go_to_their_columns() {
        let keyed = [("MD5=".to_owned(), "MD5".to_owned())].into();
        let field = FieldLong { keyed, ..field() };
        let res = adapt(&Pattern::literal("md5=0123").open(true, true), Case::Insensitive, &field)
            .unwrap();
        assert_eq!(res.pattern.shape(), Shape::Prefix("0123"));
        assert!(
            adapt(&Pattern::literal("IMPHASH=0123").open(true, true), Case::Insensitive, &field)
                .is_err()
        );
    }
}
