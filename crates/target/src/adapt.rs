//! A field's values in the form that a column has them.
//!
//! The same fact is written differently in different worlds: `HKLM\` and `HKEY_LOCAL_MACHINE\`,
//! `DWORD (0x00000001)` and `1`, a whole path and a file name. A profile names the difference; this
//! module carries a pattern over, and says what it costs.

use ir::{Number, Part, Pattern, Shape};

use crate::legal::Effect;
use crate::profile::{FieldLong, Form};

/// A pattern in a column's form.
#[derive(Debug, Clone, PartialEq)]
pub struct Adapted {
    /// The pattern to ask of the column.
    pub pattern: Pattern,
    /// The column, where the value itself decides which.
    pub column: Option<String>,
    /// What it costs, and why.
    pub cost: Option<(Effect, String)>,
}

/// Carries a pattern over.
///
/// # Errors
///
/// A sentence that says why the column can't answer.
pub fn adapt(pattern: &Pattern, field: &FieldLong) -> Result<Adapted, String> {
    let mut res = Adapted { pattern: pattern.clone(), column: None, cost: None };
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
    if let Some(Part::Literal(first)) = pattern.parts().first() {
        let found = field.prefixes.iter().find(|(here, _)| starts_with(first, here));
        if let Some((here, there)) = found {
            let rest = first.get(here.len()..).unwrap_or_default();
            let start = Part::Literal(format!("{there}{rest}"));
            res.pattern =
                Pattern::new(std::iter::once(start).chain(pattern.parts()[1..].iter().cloned()));
        }
    }
    match field.form {
        None => Ok(res),
        Some(Form::Decimal) => Ok(decimal(res)),
        Some(Form::BaseName) => base_name(&res.pattern),
    }
}

fn starts_with(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|it| it.eq_ignore_ascii_case(prefix))
}

/// `0x3e7`, `DWORD (0x00000001)` and `QWORD (0x..)` as decimal digits.
fn decimal(mut res: Adapted) -> Adapted {
    let text = res.pattern.parts().iter().find_map(|it| match it {
        Part::Literal(text) => Some(text.clone()),
        _ => None,
    });
    let Some(text) = text else { return res };
    let lower = text.to_ascii_lowercase();
    let Some(at) = lower.find("0x") else { return res };
    let digits: String = lower[at + 2..].chars().take_while(char::is_ascii_hexdigit).collect();
    match (res.pattern.shape(), u64::from_str_radix(&digits, 16)) {
        (Shape::Exact(_), Ok(number)) => {
            res.pattern = Pattern::literal(Number::Int(number.into()).to_string());
        }
        _ => {
            let reason =
                "numbers are written in decimal there, so a part of a hexadecimal one is not found";
            res.cost = Some((Effect::Narrower, reason.to_owned()));
        }
    }
    res
}

/// A pattern about a path, asked of its last part.
fn base_name(pattern: &Pattern) -> Result<Adapted, String> {
    let separator = ['\\', '/'];
    let done = |pattern: Pattern, cost: Option<&str>| Adapted {
        pattern,
        column: None,
        cost: cost.map(|it| (Effect::Wider, it.to_owned())),
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
        column: Some(column.clone()),
        cost: None,
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
        let res = adapt(&Pattern::literal("hklm\\Run").open(false, true), &field).unwrap();
        assert_eq!(res.pattern.shape(), Shape::Prefix("HKEY_LOCAL_MACHINE\\Run"));
    }

    #[test]
    fn numbers_become_decimal() {
        let field = FieldLong { form: Some(Form::Decimal), ..field() };
        let res = adapt(&Pattern::literal("DWORD (0x00000010)"), &field).unwrap();
        assert_eq!(res.pattern, Pattern::literal("16"));
        let res = adapt(&Pattern::literal("0x00000010)").open(true, false), &field).unwrap();
        assert_eq!(res.cost.unwrap().0, Effect::Narrower);
    }

    #[test]
    fn a_path_is_asked_by_its_name() {
        let field = FieldLong { form: Some(Form::BaseName), ..field() };
        let res = adapt(&Pattern::literal("\\cmd.exe").open(true, false), &field).unwrap();
        assert_eq!((res.pattern, res.cost), (Pattern::literal("cmd.exe"), None));
        assert!(adapt(&Pattern::literal("\\Temp\\").open(true, true), &field).is_err());
    }

    #[test]
    fn hashes_go_to_their_columns() {
        let keyed = [("MD5=".to_owned(), "MD5".to_owned())].into();
        let field = FieldLong { keyed, ..field() };
        let res = adapt(&Pattern::literal("md5=0123").open(true, true), &field).unwrap();
        assert_eq!(res.pattern.shape(), Shape::Prefix("0123"));
        assert!(adapt(&Pattern::literal("IMPHASH=0123").open(true, true), &field).is_err());
    }
}
