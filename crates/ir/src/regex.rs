//! Regular expressions: checked, and kept as what they match.
//!
//! A search, not a full match; case-sensitive unless `i`. `\d`, `\w`, `\s` and `\b` are ASCII, as
//! in PCRE's default. Parsed once, by regex-syntax; look-around and back-references are errors.

use std::sync::OnceLock;

use regex_syntax::ast::{self, Ast};
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Repetition};

/// A regular expression and its flags.
#[derive(Debug, Clone)]
pub struct Regex {
    text: String,
    ignore_case: bool,
    multi_line: bool,
    dot_all: bool,
    plain: Hir,
    /// With case spelled out, made when it is asked for: many never need it.
    folded: OnceLock<Hir>,
}

impl PartialEq for Regex {
    fn eq(&self, other: &Regex) -> bool {
        self.key() == other.key()
    }
}

/// Written as text and flags, which decide everything else.
impl serde::Serialize for Regex {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.key().serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for Regex {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Regex, D::Error> {
        let (text, i, m, s) = <(String, bool, bool, bool)>::deserialize(deserializer)?;
        Regex::new(&text, i, m, s).map_err(|err| serde::de::Error::custom(err.message))
    }
}

/// Why a text is not a regular expression that a linear-time engine takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegexError {
    /// What is wrong, as a sentence without its full stop.
    pub message: String,
    /// Where in the text, in bytes.
    pub range: std::ops::Range<usize>,
}

impl Regex {
    /// Parses `text` under the flags `i`, `m` and `s`.
    ///
    /// # Errors
    ///
    /// When it is not a regular expression, or needs more than a linear-time engine.
    pub fn new(
        text: &str,
        ignore_case: bool,
        multi_line: bool,
        dot_all: bool,
    ) -> Result<Regex, RegexError> {
        let ast = ast::parse::ParserBuilder::new()
            .nest_limit(100)
            .build()
            .parse(text)
            .map_err(|err| ast_error(&err))?;
        let mut ascii = to_ascii_classes(text, &ast);
        if ignore_case && (ascii.contains("[^") || ascii.contains("\\P")) {
            ascii = close_classes(&ascii, multi_line, dot_all).unwrap_or(ascii);
        }
        let hir = regex_syntax::ParserBuilder::new()
            .nest_limit(120)
            .multi_line(multi_line)
            .dot_matches_new_line(dot_all)
            .build()
            .parse(&ascii)
            .map_err(|err| RegexError {
                message: first_line(&err.to_string()),
                range: 0..text.len(),
            })?;
        Ok(Regex {
            text: text.to_owned(),
            ignore_case,
            multi_line,
            dot_all,
            plain: hir,
            folded: OnceLock::new(),
        })
    }

    /// The text as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether `i` is set.
    pub fn ignore_case(&self) -> bool {
        self.ignore_case
    }

    /// Whether `m` is set: `^` and `$` match at every line.
    pub fn multi_line(&self) -> bool {
        self.multi_line
    }

    /// Whether `s` is set: `.` matches a newline too.
    pub fn dot_all(&self) -> bool {
        self.dot_all
    }

    /// What is searched for, with case spelled out in classes and flags gone.
    pub fn hir(&self) -> &Hir {
        if self.ignore_case {
            self.folded.get_or_init(|| fold_hir(&self.plain))
        } else {
            &self.plain
        }
    }

    /// What is searched for, as if case were told apart.
    pub fn plain_hir(&self) -> &Hir {
        &self.plain
    }

    /// The expression with no upper bound on any repetition, which finds all that this one does;
    /// `None` when there was none. It is for engines to which such a count is too much work.
    pub fn unbounded(&self) -> Option<Regex> {
        let mut found = false;
        let plain = without_bounds(&self.plain, &mut found);
        found.then(|| Regex {
            text: plain.to_string(),
            plain,
            folded: OnceLock::new(),
            ..self.clone()
        })
    }

    /// Text and flags, which decide equality.
    pub fn key(&self) -> (&str, bool, bool, bool) {
        (&self.text, self.ignore_case, self.multi_line, self.dot_all)
    }
}

fn without_bounds(hir: &Hir, found: &mut bool) -> Hir {
    match hir.kind() {
        HirKind::Repetition(it) => {
            let bounded = it.max.is_some_and(|max| max > 1 && max > it.min);
            *found |= bounded;
            Hir::repetition(Repetition {
                max: it.max.filter(|_| !bounded),
                sub: Box::new(without_bounds(&it.sub, found)),
                ..it.clone()
            })
        }
        HirKind::Capture(it) => without_bounds(&it.sub, found),
        HirKind::Concat(parts) => {
            Hir::concat(parts.iter().map(|it| without_bounds(it, found)).collect())
        }
        HirKind::Alternation(parts) => {
            Hir::alternation(parts.iter().map(|it| without_bounds(it, found)).collect())
        }
        _ => hir.clone(),
    }
}

fn ast_error(err: &ast::Error) -> RegexError {
    use ast::ErrorKind as Kind;
    let range = err.span().start.offset..err.span().end.offset;
    let message = match err.kind() {
        Kind::UnsupportedLookAround => {
            "look-around can't be matched in linear time, and few targets have it".to_owned()
        }
        Kind::UnsupportedBackreference => {
            "back-references can't be matched in linear time, and few targets have them".to_owned()
        }
        kind => first_line(&kind.to_string()),
    };
    RegexError { message, range }
}

fn first_line(text: &str) -> String {
    text.lines().last().unwrap_or(text).trim_start_matches("error: ").to_owned()
}

/// Rewrites `\d \w \s \b` and their negations so that they mean ASCII only.
fn to_ascii_classes(text: &str, ast: &Ast) -> String {
    struct Finder(Vec<(std::ops::Range<usize>, String)>);
    impl ast::Visitor for Finder {
        type Output = Vec<(std::ops::Range<usize>, String)>;
        type Err = std::convert::Infallible;
        fn finish(self) -> Result<Self::Output, Self::Err> {
            Ok(self.0)
        }
        fn visit_pre(&mut self, ast: &Ast) -> Result<(), Self::Err> {
            match ast {
                Ast::ClassPerl(it) => self.0.push(perl(it, true)),
                Ast::Assertion(it) => {
                    let word = match it.kind {
                        ast::AssertionKind::WordBoundary => r"(?-u:\b)",
                        ast::AssertionKind::NotWordBoundary => r"(?-u:\B)",
                        _ => return Ok(()),
                    };
                    self.0.push((it.span.start.offset..it.span.end.offset, word.to_owned()));
                }
                _ => {}
            }
            Ok(())
        }
        fn visit_class_set_item_pre(&mut self, item: &ast::ClassSetItem) -> Result<(), Self::Err> {
            if let ast::ClassSetItem::Perl(it) = item {
                self.0.push(perl(it, false));
            }
            Ok(())
        }
    }
    fn perl(it: &ast::ClassPerl, _alone: bool) -> (std::ops::Range<usize>, String) {
        let inner = match it.kind {
            ast::ClassPerlKind::Digit => "0-9",
            ast::ClassPerlKind::Space => r"\t\n\x0B\x0C\r\x20",
            ast::ClassPerlKind::Word => "0-9A-Za-z_",
        };
        let not = if it.negated { "^" } else { "" };
        (it.span.start.offset..it.span.end.offset, format!("[{not}{inner}]"))
    }
    let Ok(found) = ast::visit(ast, Finder(Vec::new()));
    let mut res = String::with_capacity(text.len());
    let mut done = 0;
    for (range, replacement) in found {
        res.push_str(&text[done..range.start]);
        res.push_str(&replacement);
        done = range.end;
    }
    res.push_str(&text[done..]);
    res
}

/// Spells out classes that leave something out, so that they leave out all of its cases: `[^a]` without
/// case is `[^Aa]`, where the cases of all other characters would be everything.
fn close_classes(text: &str, multi_line: bool, dot_all: bool) -> Option<String> {
    struct Finder<'t>(&'t str, Vec<(std::ops::Range<usize>, ClassUnicode)>);
    impl ast::Visitor for Finder<'_> {
        type Output = Vec<(std::ops::Range<usize>, ClassUnicode)>;
        type Err = ();
        fn finish(self) -> Result<Self::Output, ()> {
            Ok(self.1)
        }
        fn visit_pre(&mut self, ast: &Ast) -> Result<(), ()> {
            let (span, class) = match ast {
                Ast::ClassBracketed(it) => (it.span, closed_bracket(self.0, it)),
                Ast::ClassUnicode(it) if it.is_negated() => {
                    (it.span, closed_leaf(self.0, &it.span, true))
                }
                _ => return Ok(()),
            };
            self.1.push((span.start.offset..span.end.offset, class.ok_or(())?));
            Ok(())
        }
    }
    let ast = ast::parse::ParserBuilder::new().nest_limit(120).build().parse(text).ok()?;
    let found = ast::visit(&ast, Finder(text, Vec::new())).ok()?;
    let mut res = String::with_capacity(text.len());
    let mut done = 0;
    for (range, class) in found {
        res.push_str(&text[done..range.start]);
        done = range.end;
        if !text[range.clone()].contains("[^") && !text[range.clone()].contains("\\P") {
            res.push_str(&text[range]);
            continue;
        }
        res.push('[');
        if class.ranges().is_empty() {
            res.push_str("a&&b");
        }
        for it in class.ranges() {
            let (from, to) = (u32::from(it.start()), u32::from(it.end()));
            res.push_str(&format!("\\x{{{from:x}}}-\\x{{{to:x}}}"));
        }
        res.push(']');
    }
    res.push_str(&text[done..]);
    // What can't be read any more would be worse than what is read too widely.
    let mut parser = regex_syntax::ParserBuilder::new();
    parser.nest_limit(120).multi_line(multi_line).dot_matches_new_line(dot_all);
    parser.build().parse(&res).ok().map(|_| res)
}

/// What a class in brackets holds, all cases of what it names.
fn closed_bracket(text: &str, class: &ast::ClassBracketed) -> Option<ClassUnicode> {
    let mut res = closed_set(text, &class.kind)?;
    if class.negated {
        res.negate();
    }
    Some(res)
}

fn closed_set(text: &str, set: &ast::ClassSet) -> Option<ClassUnicode> {
    match set {
        ast::ClassSet::Item(it) => closed_item(text, it),
        ast::ClassSet::BinaryOp(it) => {
            let mut left = closed_set(text, &it.lhs)?;
            let right = closed_set(text, &it.rhs)?;
            match it.kind {
                ast::ClassSetBinaryOpKind::Intersection => left.intersect(&right),
                ast::ClassSetBinaryOpKind::Difference => left.difference(&right),
                ast::ClassSetBinaryOpKind::SymmetricDifference => left.symmetric_difference(&right),
            }
            Some(left)
        }
    }
}

fn closed_item(text: &str, item: &ast::ClassSetItem) -> Option<ClassUnicode> {
    match item {
        ast::ClassSetItem::Empty(_) => Some(ClassUnicode::empty()),
        ast::ClassSetItem::Bracketed(it) => closed_bracket(text, it),
        ast::ClassSetItem::Union(it) => {
            let mut res = ClassUnicode::empty();
            for it in &it.items {
                res.union(&closed_item(text, it)?);
            }
            Some(res)
        }
        ast::ClassSetItem::Unicode(it) => closed_leaf(text, &it.span, it.is_negated()),
        ast::ClassSetItem::Perl(it) => closed_leaf(text, &it.span, it.negated),
        ast::ClassSetItem::Ascii(it) => closed_leaf(text, &it.span, it.negated),
        ast::ClassSetItem::Literal(it) => closed_leaf(text, &it.span, false),
        ast::ClassSetItem::Range(it) => closed_leaf(text, &it.span, false),
    }
}

/// A part of a class that stands for itself.
fn closed_leaf(text: &str, span: &ast::Span, negated: bool) -> Option<ClassUnicode> {
    let part = format!("[{}]", text.get(span.start.offset..span.end.offset)?);
    let mut res = match regex_syntax::parse(&part).ok()?.into_kind() {
        HirKind::Class(Class::Unicode(it)) => it,
        HirKind::Literal(it) => {
            let text = std::str::from_utf8(&it.0).ok()?;
            ClassUnicode::new(text.chars().map(|ch| ClassUnicodeRange::new(ch, ch)))
        }
        _ => return None,
    };
    if negated {
        res.negate();
    }
    let mut res = fold_class(&res);
    if negated {
        res.negate();
    }
    Some(res)
}

/// Spells case out: each letter becomes the class of its cases, by the folding of [`crate::fold`].
fn fold_hir(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Literal(it) => match std::str::from_utf8(&it.0) {
            Ok(text) => Hir::concat(
                text.chars()
                    .map(|ch| {
                        let range = ClassUnicodeRange::new(ch, ch);
                        Hir::class(Class::Unicode(fold_class(&ClassUnicode::new([range]))))
                    })
                    .collect(),
            ),
            Err(_) => hir.clone(),
        },
        HirKind::Class(Class::Unicode(it)) => Hir::class(Class::Unicode(fold_class(it))),
        HirKind::Repetition(it) => {
            Hir::repetition(Repetition { sub: Box::new(fold_hir(&it.sub)), ..it.clone() })
        }
        HirKind::Capture(it) => Hir::capture(regex_syntax::hir::Capture {
            sub: Box::new(fold_hir(&it.sub)),
            ..it.clone()
        }),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(fold_hir).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(fold_hir).collect()),
        HirKind::Empty | HirKind::Class(_) | HirKind::Look(_) => hir.clone(),
    }
}

/// The class with all cases of its members; ASCII and other characters fold apart.
pub fn fold_class(class: &ClassUnicode) -> ClassUnicode {
    let ascii = ClassUnicode::new([ClassUnicodeRange::new('\0', '\x7f')]);
    let mut low = class.clone();
    low.intersect(&ascii);
    let mut high = class.clone();
    high.difference(&ascii);
    low.case_fold_simple();
    low.intersect(&ascii);
    // All of it has all of its cases; folding a range of a million characters is slow.
    let beyond = ClassUnicodeRange::new('\u{80}', char::MAX);
    if !high.ranges().is_empty() && high.ranges() != [beyond] {
        high.case_fold_simple();
        high.difference(&ascii);
    }
    low.union(&high);
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_around_is_an_error_with_a_place() {
        let err = Regex::new("a(?=b)", false, false, false).unwrap_err();
        assert!(err.message.contains("look-around"), "{}", err.message);
        assert_eq!(err.range, 1..4);
        assert!(Regex::new(r"(a)\1", false, false, false).is_err());
    }

    #[test]
    fn a_class_leaves_out_all_cases_of_what_it_names() {
        let class = |text: &str| {
            let regex = Regex::new(text, true, false, false).unwrap();
            match regex.hir().kind() {
                HirKind::Class(Class::Unicode(it)) => it.clone(),
                it => panic!("{it:?}"),
            }
        };
        let holds = |text: &str, ch: char| {
            class(text).ranges().iter().any(|it| it.start() <= ch && ch <= it.end())
        };
        for text in ["[^a]", "[^A-C]", r"[^\x61-\x63]", "[^[:lower:]]", r"[\w&&[^a]]", r"\P{Lu}"] {
            assert!(!holds(text, 'a') && !holds(text, 'A'), "{text}");
        }
        assert!(holds("[^a]", 'b') && holds("[^a]", 'ä') && holds("[^a]", '\u{212a}'));
        // The Kelvin sign is no `k`, so leaving out `k` does not leave it out.
        assert!(!holds("[^k]", 'K') && holds("[^k]", '\u{212a}') && !holds("[^ä]", 'Ä'));
    }

    #[test]
    fn case_is_spelled_out_within_ascii() {
        let regex = Regex::new("k", true, false, false).unwrap();
        let HirKind::Class(Class::Unicode(class)) = regex.hir().kind() else { panic!() };
        assert_eq!(class.ranges().len(), 2);
    }
}
