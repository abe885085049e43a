//! Quoting: the only way from a rule's text into a query.

use std::collections::BTreeMap;

use ir::{Part, Pattern};

use crate::manifest::{Plain, Quoting};

/// A text that a table has no spelling for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unquotable(pub String);

/// `text` in the words of a table.
pub fn text(
    tables: &BTreeMap<String, Quoting>,
    table: &Quoting,
    text: &str,
) -> Result<String, Unquotable> {
    if let Some(plain) = &table.plain {
        if is_plain(plain, text) {
            return Ok(text.to_owned());
        }
        // A table without quotes has no way to write anything else.
        if table.open.is_empty() && table.inside.is_none() {
            return Err(Unquotable(format!("`{}`", text.escape_debug())));
        }
    }
    let mut res = String::with_capacity(text.len() + 2);
    res.push_str(&table.open);
    for ch in text.chars() {
        push(table, ch, &mut res)?;
    }
    res.push_str(&table.close);
    outer(tables, table, res)
}

/// `pattern` in the words of a table with wildcards.
pub fn pattern(
    tables: &BTreeMap<String, Quoting>,
    table: &Quoting,
    pattern: &Pattern,
) -> Result<String, Unquotable> {
    let missing = |what: &str| Unquotable(what.to_owned());
    let mut res = table.open.clone();
    // Several runs side by side are one.
    let mut run_ends = None;
    let mut push_run = |res: &mut String, run: &str| {
        if run_ends != Some(res.len()) {
            res.push_str(run);
        }
        run_ends = Some(res.len());
    };
    let any = || table.any.as_deref().ok_or_else(|| missing("the wildcard `*`"));
    let edges = edges(table, pattern);
    let last = pattern.parts().len().saturating_sub(1);
    for (idx, part) in pattern.parts().iter().enumerate() {
        match part {
            Part::Literal(text) => {
                let (start, end) = (edges.0 && idx == 0, edges.1 && idx == last);
                let mut text = text.as_str();
                if start {
                    text = text.trim_start_matches(is_blank);
                    push_run(&mut res, any()?);
                }
                if end {
                    text = text.trim_end_matches(is_blank);
                }
                for (at, ch) in text.char_indices() {
                    if let Some(words) = &table.words
                        && words.of.iter().any(|it| stands(text, at, it))
                    {
                        res.push_str(&words.mark);
                    }
                    let wild =
                        [&table.any, &table.one].into_iter().flatten().any(|it| it.contains(ch));
                    if wild && !table.escapes.contains_key(&ch) {
                        return Err(missing(&format!("a literal `{ch}` beside wildcards")));
                    }
                    match table.escapes.get(&ch) {
                        Some(it) if table.any.as_ref() == Some(it) => push_run(&mut res, it),
                        _ => push(table, ch, &mut res)?,
                    }
                }
                if end && !text.is_empty() {
                    push_run(&mut res, any()?);
                }
            }
            Part::Run => push_run(&mut res, any()?),
            Part::One => match table.one.as_ref().ok_or_else(|| missing("the wildcard `?`"))? {
                it if table.any.as_ref() == Some(it) => push_run(&mut res, it),
                it => res.push_str(it),
            },
            Part::Placeholder(name) => return Err(missing(&format!("the placeholder `%{name}%`"))),
        }
    }
    res.push_str(&table.close);
    outer(tables, table, res)
}

/// Why a pattern is written with a loss, once for each reason.
pub fn lost<'t>(table: &'t Quoting, pattern: &Pattern) -> Vec<&'t str> {
    let edges = edges(table, pattern);
    let has = |name: &str| match name {
        "one" => pattern.parts().contains(&Part::One),
        "edge" => edges.0 || edges.1,
        it => pattern.parts().iter().any(|part| match part {
            Part::Literal(text) => text.contains(it),
            _ => false,
        }),
    };
    let mut res: Vec<&str> = Vec::new();
    for (name, reason) in &table.wider {
        if has(name) && !res.contains(&reason.as_str()) {
            res.push(reason);
        }
    }
    res
}

/// Whether a pattern begins and ends with blanks that the language would drop.
fn edges(table: &Quoting, pattern: &Pattern) -> (bool, bool) {
    if !table.wider.contains_key("edge") {
        return (false, false);
    }
    let blank = |it: Option<&Part>, of: fn(&str) -> Option<char>| match it {
        Some(Part::Literal(text)) => of(text).is_some_and(is_blank),
        _ => false,
    };
    let parts = pattern.parts();
    (blank(parts.first(), |it| it.chars().next()), blank(parts.last(), |it| it.chars().next_back()))
}

fn is_blank(ch: char) -> bool {
    ch.is_whitespace() || ch == '\u{feff}'
}

/// Whether a word stands at a place of a text; the ends of the text are as good as a blank.
fn stands(text: &str, at: usize, word: &str) -> bool {
    let bare = word.trim();
    let Some((before, rest)) = text.split_at_checked(at) else { return false };
    let Some((here, after)) = rest.split_at_checked(bare.len()) else { return false };
    let open = |it: Option<char>| it.is_none_or(is_blank);
    here.eq_ignore_ascii_case(bare)
        && (!word.starts_with(' ') || open(before.chars().next_back()))
        && (!word.ends_with(' ') || open(after.chars().next()))
}

fn outer(
    tables: &BTreeMap<String, Quoting>,
    table: &Quoting,
    inner: String,
) -> Result<String, Unquotable> {
    match table.inside.as_ref().and_then(|it| tables.get(it)) {
        Some(around) => text(tables, around, &inner),
        None => Ok(inner),
    }
}

fn push(table: &Quoting, ch: char, res: &mut String) -> Result<(), Unquotable> {
    let bare = table.bare.get_or_init(|| {
        let is_bare = |ch: &char| {
            !table.escapes.contains_key(ch) && !table.refuse.contains(*ch) && !ch.is_control()
        };
        ('\0'..='\x7f').filter(is_bare).fold(0, |bits, ch| bits | 1 << (ch as u32))
    });
    if ch.is_ascii() && bare >> (ch as u32) & 1 == 1 {
        res.push(ch);
    } else if let Some(escaped) = table.escapes.get(&ch) {
        res.push_str(escaped);
    } else if table.refuse.contains(ch) {
        return Err(Unquotable(format!("the character {ch:?}")));
    } else if ch.is_control() && table.inside.is_none() {
        match &table.control {
            Some(form) => res.push_str(
                &form
                    .replace("%x", &format!("{:x}", ch as u32))
                    .replace("%4x", &format!("{:04x}", ch as u32)),
            ),
            None => return Err(Unquotable(format!("the control character {ch:?}"))),
        }
    } else {
        res.push(ch);
    }
    Ok(())
}

fn is_plain(plain: &Plain, text: &str) -> bool {
    if let Some(between) = plain.between {
        let part = Plain { between: None, ..plain.clone() };
        return text.split(between).all(|it| is_plain(&part, it));
    }
    let mut chars = text.chars();
    chars.next().is_some_and(|ch| in_set(&plain.first, ch))
        && chars.all(|ch| in_set(&plain.rest, ch))
        && !plain.not.iter().any(|it| it.eq_ignore_ascii_case(text))
}

/// Whether `ch` is in a set such as `A-Za-z_`; a `-` at the end is itself.
fn in_set(set: &str, ch: char) -> bool {
    let mut rest = set.chars();
    while let Some(from) = rest.next() {
        let mut ahead = rest.clone();
        let to = match (ahead.next(), ahead.next()) {
            (Some('-'), Some(to)) => {
                rest = ahead;
                to
            }
            _ => from,
        };
        if (from..=to).contains(&ch) {
            return true;
        }
    }
    false
}
