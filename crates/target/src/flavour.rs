//! Regular expressions, printed in a language's own flavour.
//!
//! The expression was parsed once; what is printed is its structure, never its text. A language
//! that always matches the whole text gets `.*` where the expression is open.

use ir::{Part, Pattern, Regex, fold_class};
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Look, Repetition};

use crate::manifest::Flavour;
use crate::quote::Unquotable;
use crate::work;

/// What can't be spelled when an expression is more work than an engine takes.
pub const TOO_MUCH_WORK: &str = "a regular expression that is so much work";

/// A pattern as a regular expression for the flags `s` and, without case, `i`.
pub fn of_pattern(pattern: &Pattern) -> String {
    let mut res = String::from(r"\A");
    for part in pattern.parts() {
        match part {
            Part::Literal(it) => res.push_str(&regex_syntax::escape(it)),
            Part::Run => res.push_str(".*"),
            Part::One => res.push('.'),
            Part::Placeholder(_) => {}
        }
    }
    // `*` at either end needs no words: a search is open there.
    let res = res.strip_prefix(r"\A.*").map_or(res.clone(), str::to_owned);
    match res.strip_suffix(".*") {
        Some(it) if pattern.parts().last() == Some(&Part::Run) => it.to_owned(),
        _ => format!(r"{res}\z"),
    }
}

/// A pattern about one element of a list that was joined by blanks, as a regular expression for
/// the flag `s`. An element may hold blanks itself, so this finds all that match, and maybe more.
pub fn of_element(pattern: &Pattern) -> String {
    let mut res = String::from(r#"(?:\A|[\s"'])"#);
    for part in pattern.parts() {
        match part {
            Part::Literal(it) => res.push_str(&regex_syntax::escape(it)),
            Part::Run => res.push_str(".*"),
            Part::One => res.push('.'),
            Part::Placeholder(_) => {}
        }
    }
    res.push_str(r#"(?:[\s"']|\z)"#);
    res
}

/// Prints a regular expression; `uncased` when the op it is for ignores case itself.
pub fn print(regex: &Regex, flavour: &Flavour, uncased: bool) -> Result<String, Unquotable> {
    let folded;
    let hir = if uncased && flavour.ignore_case.is_none() {
        folded = fold_classes(regex.plain_hir());
        &folded
    } else if uncased {
        regex.plain_hir()
    } else {
        regex.hir()
    };
    let printer = Printer { flavour, folding: uncased && flavour.ignore_case.is_some() };
    if !flavour.anchored {
        let text = printer.term(hir, 0)?;
        let flags = match &flavour.ignore_case {
            Some(flags) if uncased => flags,
            _ => &flavour.flags,
        };
        return Ok(format!("{flags}{text}"));
    }
    let any = format!("{}*", flavour.any);
    let mut branches = Vec::new();
    for (before, rest) in edges(hir, Look::Start) {
        for (after, part) in edges(&rest, Look::End) {
            let mut whole = vec![part.clone()];
            let mut text = printer.term(&part, 1)?;
            match &before {
                Edge::Closed => {}
                Edge::Open => text.insert_str(0, &any),
                Edge::Border(border) => {
                    let border = printer.term(border, 1)?;
                    text.insert_str(0, &format!("{}{any}{border})?", flavour.group));
                }
            }
            match &after {
                Edge::Closed => {}
                Edge::Open => text.push_str(&any),
                Edge::Border(border) => {
                    let border = printer.term(border, 1)?;
                    text.push_str(&format!("{}{border}{any})?", flavour.group));
                }
            }
            if let Some(most) = flavour.most_work {
                whole.insert(0, before.hir(Look::Start));
                whole.push(after.hir(Look::End));
                if !work::is_within(&Hir::concat(whole), most) {
                    return Err(Unquotable(TOO_MUCH_WORK.to_owned()));
                }
            }
            if matches!((&before, &after), (Edge::Closed, Edge::Closed)) {
                text = printer.term(&part, 0)?;
            }
            branches.push(text);
        }
    }
    Ok(branches.join("|"))
}

/// How the whole text may begin, or end, around a part of an expression.
enum Edge {
    /// With the part.
    Closed,
    /// With anything.
    Open,
    /// With the part, or with anything that this stands between.
    Border(Hir),
}

impl Edge {
    fn hir(&self, look: Look) -> Hir {
        match self {
            Edge::Closed => Hir::empty(),
            Edge::Open => any_text(),
            Edge::Border(border) => {
                let (any, border) = (any_text(), border.clone());
                let parts = if look == Look::Start { vec![any, border] } else { vec![border, any] };
                Hir::alternation(vec![Hir::concat(parts), Hir::empty()])
            }
        }
    }
}

/// The expression as a union of parts without this anchor, each with how the text goes on there.
fn edges(hir: &Hir, look: Look) -> Vec<(Edge, Hir)> {
    if let Some((border, rest)) = border(hir, look) {
        return vec![(Edge::Border(border), rest)];
    }
    let (fixed, free) = split(hir, look);
    let fixed = fixed.map(|it| (Edge::Closed, it));
    fixed.into_iter().chain(free.map(|it| (Edge::Open, it))).collect()
}

/// `(?:\A|x)y` as `x` and `y`: the text begins with `y`, or `x` stands before it.
fn border(hir: &Hir, look: Look) -> Option<(Hir, Hir)> {
    let HirKind::Concat(parts) = hir.kind() else { return None };
    let at = if look == Look::Start { 0 } else { parts.len() - 1 };
    let HirKind::Alternation(branches) = parts[at].kind() else { return None };
    let (anchors, others): (Vec<&Hir>, Vec<&Hir>) =
        branches.iter().partition(|it| *it.kind() == HirKind::Look(look));
    let plain = others.iter().all(|it| it.properties().look_set().is_empty());
    if anchors.is_empty() || others.is_empty() || !plain {
        return None;
    }
    let mut rest = parts.clone();
    rest.remove(at);
    Some((Hir::alternation(others.into_iter().cloned().collect()), Hir::concat(rest)))
}

/// The expression as the union of what must begin (or end) at the anchor, and what need not.
/// The anchor is gone from both.
fn split(hir: &Hir, look: Look) -> (Option<Hir>, Option<Hir>) {
    match hir.kind() {
        HirKind::Look(it) if *it == look => (Some(Hir::empty()), None),
        HirKind::Capture(it) => split(&it.sub, look),
        HirKind::Alternation(parts) => {
            let mut fixed = Vec::new();
            let mut free = Vec::new();
            for part in parts {
                let (a, b) = split(part, look);
                fixed.extend(a);
                free.extend(b);
            }
            let union = |it: Vec<Hir>| (!it.is_empty()).then(|| Hir::alternation(it));
            (union(fixed), union(free))
        }
        HirKind::Concat(parts) => {
            let at = if look == Look::Start { 0 } else { parts.len() - 1 };
            let (fixed, free) = split(&parts[at], look);
            let put = |it: Hir| {
                let mut parts = parts.clone();
                parts[at] = it;
                Hir::concat(parts)
            };
            (fixed.map(put), free.map(put))
        }
        HirKind::Repetition(it)
            if it.min == 0
                && it.max == Some(1)
                && it.sub.properties().look_set().contains(look) =>
        {
            let (fixed, free) = split(&it.sub, look);
            let free = free.map_or(Hir::empty(), |it| Hir::alternation(vec![it, Hir::empty()]));
            (fixed, Some(free))
        }
        _ => (None, Some(hir.clone())),
    }
}

/// Prints one expression in one flavour.
struct Printer<'a> {
    flavour: &'a Flavour,
    /// Whether a flag makes the language ignore case. It then takes the Kelvin sign for `k` and the
    /// long s for `s`; the meaning does not, so these letters are spelled out.
    folding: bool,
}

impl Printer<'_> {
    /// `outer`: 0 anything, 1 part of a concatenation, 2 under a repetition.
    fn term(&self, hir: &Hir, outer: usize) -> Result<String, Unquotable> {
        let flavour = self.flavour;
        let group = |text: String, level: usize| {
            if outer > level { format!("{}{text})", flavour.group) } else { text }
        };
        Ok(match hir.kind() {
            HirKind::Empty => group(String::new(), 1),
            HirKind::Literal(it) => {
                let text = std::str::from_utf8(&it.0)
                    .map_err(|_| Unquotable("bytes that are not text".to_owned()))?;
                let res: String = text.chars().map(|ch| self.literal(ch)).collect();
                if text.chars().count() > 1 { group(res, 1) } else { res }
            }
            HirKind::Class(it) => self.class(it),
            HirKind::Look(look) => {
                let found = match look {
                    Look::Start => &flavour.start,
                    Look::End => &flavour.end,
                    Look::WordAscii | Look::WordUnicode => &flavour.word,
                    Look::WordAsciiNegate | Look::WordUnicodeNegate => &flavour.not_word,
                    Look::StartLF => &flavour.start.as_ref().map(|_| "(?m:^)".to_owned()),
                    Look::EndLF => &flavour.end.as_ref().map(|_| "(?m:$)".to_owned()),
                    _ => &None,
                };
                let what = match look {
                    Look::WordAscii | Look::WordAsciiNegate => {
                        "a word boundary `\\b` in a regular expression"
                    }
                    _ => "an anchor inside a regular expression",
                };
                found.clone().ok_or_else(|| Unquotable(what.to_owned()))?
            }
            HirKind::Repetition(it) => {
                let inner = self.term(&it.sub, 2)?;
                let most = flavour.most_repeats.unwrap_or(u32::MAX);
                if it.min > most || it.max.is_some_and(|it| it > most) {
                    return Err(Unquotable(format!("a repetition of more than {most}")));
                }
                let count = match (it.min, it.max) {
                    (0, None) => "*".to_owned(),
                    (1, None) => "+".to_owned(),
                    (0, Some(1)) => "?".to_owned(),
                    (min, None) => format!("{{{min},}}"),
                    (min, Some(max)) if min == max => format!("{{{min}}}"),
                    (min, Some(max)) => format!("{{{min},{max}}}"),
                };
                group(format!("{inner}{count}"), 1)
            }
            HirKind::Capture(it) => self.term(&it.sub, outer)?,
            HirKind::Concat(parts) => {
                let parts =
                    parts.iter().map(|it| self.term(it, 1)).collect::<Result<Vec<_>, _>>()?;
                group(counted(parts), 1)
            }
            HirKind::Alternation(parts) => {
                // An empty branch is an error to some engines, so it becomes a `?`.
                let (empty, parts): (Vec<&Hir>, Vec<&Hir>) =
                    parts.iter().partition(|it| matches!(it.kind(), HirKind::Empty));
                let parts =
                    parts.into_iter().map(|it| self.term(it, 0)).collect::<Result<Vec<_>, _>>()?;
                if empty.is_empty() {
                    group(parts.join("|"), 0)
                } else {
                    group(format!("{}{})?", flavour.group, parts.join("|")), 1)
                }
            }
        })
    }

    /// A literal outside of a class.
    fn literal(&self, ch: char) -> String {
        let text = escaped(ch, self.flavour, &self.flavour.escape);
        if self.folding && is_shared(ch) {
            let (low, high) = (ch.to_ascii_lowercase(), ch.to_ascii_uppercase());
            return format!("(?-i:[{high}{low}])");
        }
        text
    }

    fn class(&self, class: &Class) -> String {
        let flavour = self.flavour;
        let unicode = match class {
            Class::Unicode(it) => it.clone(),
            Class::Bytes(it) => it.to_unicode_class().unwrap_or_else(ClassUnicode::empty),
        };
        let ranges = unicode.ranges();
        if let [one] = ranges
            && one.start() == one.end()
        {
            return self.literal(one.start());
        }
        if let [one] = ranges
            && one.start() == '\0'
            && one.end() == char::MAX
        {
            return flavour.any.clone();
        }
        let negated = ranges.last().is_some_and(|it| it.end() == char::MAX);
        let mut shown = unicode.clone();
        if negated {
            shown.negate();
        }
        // The flag folds what is written, also what is left out.
        let fold = self.folding && shown.ranges().iter().any(|it| reaches_shared(*it));
        if fold {
            shown = fold_class(&shown);
        }
        let mut res = String::from(if negated { "[^" } else { "[" });
        for range in shown.ranges() {
            let (start, end) = (range.start(), range.end());
            res.push_str(&escaped(start, flavour, &flavour.class_escape));
            if end != start {
                if end as u32 > start as u32 + 1 {
                    res.push('-');
                }
                res.push_str(&escaped(end, flavour, &flavour.class_escape));
            }
        }
        res.push(']');
        if fold { format!("(?-i:{res})") } else { res }
    }
}

/// Whether Unicode folds a character from beyond ASCII onto this letter.
fn is_shared(ch: char) -> bool {
    matches!(ch, 'k' | 'K' | 's' | 'S')
}

fn reaches_shared(range: ClassUnicodeRange) -> bool {
    ['k', 'K', 's', 'S'].iter().any(|it| (range.start()..=range.end()).contains(it))
}

/// Joins the parts of a concatenation; four or more equal single parts in a row are counted.
fn counted(parts: Vec<String>) -> String {
    let mut res = String::new();
    let mut parts = parts.into_iter().peekable();
    while let Some(part) = parts.next() {
        let mut count = 1;
        while parts.peek() == Some(&part) {
            parts.next();
            count += 1;
        }
        let single = part.chars().count() == 1 || part.starts_with('[') || part.starts_with('(');
        if count >= 4 && single && !part.ends_with(['*', '+', '?', '}']) {
            res.push_str(&format!("{part}{{{count}}}"));
        } else {
            (0..count).for_each(|_| res.push_str(&part));
        }
    }
    res
}

fn escaped(ch: char, flavour: &Flavour, special: &str) -> String {
    if let Some(it) = flavour.controls.get(&ch) {
        it.clone()
    } else if special.contains(ch) {
        format!("\\{ch}")
    } else {
        ch.to_string()
    }
}

/// Classes get all cases of their members, literals stay: for an op that ignores case of
/// literals but not of ranges.
fn fold_classes(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Class(Class::Unicode(it)) if !is_all(it) => {
            Hir::class(Class::Unicode(fold_class(it)))
        }
        HirKind::Repetition(it) => {
            Hir::repetition(Repetition { sub: Box::new(fold_classes(&it.sub)), ..it.clone() })
        }
        HirKind::Capture(it) => fold_classes(&it.sub),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(fold_classes).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(fold_classes).collect()),
        _ => hir.clone(),
    }
}

/// Any text at all.
fn any_text() -> Hir {
    let all = ClassUnicode::new([ClassUnicodeRange::new('\0', char::MAX)]);
    Hir::repetition(Repetition {
        min: 0,
        max: None,
        greedy: true,
        sub: Box::new(Hir::class(Class::Unicode(all))),
    })
}

fn is_all(class: &ClassUnicode) -> bool {
    class.ranges() == [ClassUnicodeRange::new('\0', char::MAX)]
}
