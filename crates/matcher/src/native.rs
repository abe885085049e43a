//! What the functions of the target `rust` call: each method is one test of a rule.
//!
//! The answers are those of [`crate::Matcher`], and come from the same code. Patterns are read
//! once per process and kept, so they must come from rules, not from events.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use ir::{Anchor, Case, Cmp, Net, Number, Part, Pattern, TimePart};
use rustc_hash::FxBuildHasher;
use serde_json::Value;

use crate::event::{Scalar, values};
use crate::glob::Glob;
use crate::test::{Question, fields_compare, regex};

/// An event, ready to be asked by a generated function.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a>(&'a Value);

/// A number of a rule. What is not finite compares with nothing.
#[derive(Debug, Clone, Copy)]
pub struct Num(Option<Number>);

// One conversion of whole numbers only: a second one would leave the type of `53.into()` open.
impl From<i128> for Num {
    fn from(value: i128) -> Num {
        Num(Some(Number::Int(value)))
    }
}

impl From<f64> for Num {
    fn from(value: f64) -> Num {
        Num(Number::from_f64(value))
    }
}

impl<'a> Event<'a> {
    /// The event that `value` is.
    pub fn new(value: &'a Value) -> Event<'a> {
        Event(value)
    }

    /// A value has one of these texts, in any case.
    pub fn eq(&self, field: &str, texts: &[&str]) -> bool {
        self.one_of(field, texts, &EQ)
    }

    /// A value has one of these texts.
    pub fn eq_cased(&self, field: &str, texts: &[&str]) -> bool {
        self.one_of(field, texts, &EQ_CASED)
    }

    /// One of these patterns, in Sigma's spelling, covers a value in any case.
    pub fn like(&self, field: &str, patterns: &[&str]) -> bool {
        self.one_of(field, patterns, &LIKE)
    }

    /// One of these patterns, in Sigma's spelling, covers a value.
    pub fn like_cased(&self, field: &str, patterns: &[&str]) -> bool {
        self.one_of(field, patterns, &LIKE_CASED)
    }

    /// The regular expression is found in a value. It is in the syntax of the crate `regex`;
    /// one that is wrong, or too large to run, is found nowhere.
    pub fn search(&self, field: &str, regex: &str) -> bool {
        self.one_of(field, &[regex], &SEARCH)
    }

    /// A value equals the number.
    pub fn num_eq(&self, field: &str, number: Num) -> bool {
        self.number(field, Cmp::Eq, number)
    }

    /// A value is less than the number.
    pub fn num_lt(&self, field: &str, number: Num) -> bool {
        self.number(field, Cmp::Lt, number)
    }

    /// A value is at most the number.
    pub fn num_lte(&self, field: &str, number: Num) -> bool {
        self.number(field, Cmp::Lte, number)
    }

    /// A value is greater than the number.
    pub fn num_gt(&self, field: &str, number: Num) -> bool {
        self.number(field, Cmp::Gt, number)
    }

    /// A value is at least the number.
    pub fn num_gte(&self, field: &str, number: Num) -> bool {
        self.number(field, Cmp::Gte, number)
    }

    /// A value is this boolean, or spells it.
    pub fn is(&self, field: &str, wanted: bool) -> bool {
        Question::Bool(wanted).holds_of(self.0, field)
    }

    /// A value is an address of one of these networks. What is no network holds no address.
    pub fn in_net(&self, field: &str, nets: &[&str]) -> bool {
        self.one_of(field, nets, &NET)
    }

    /// One of these patterns covers a string anywhere in the event, in any case.
    pub fn anywhere_like(&self, patterns: &[&str]) -> bool {
        self.anywhere(patterns, &LIKE)
    }

    /// One of these patterns covers a string anywhere in the event.
    pub fn anywhere_like_cased(&self, patterns: &[&str]) -> bool {
        self.anywhere(patterns, &LIKE_CASED)
    }

    /// The regular expression is found in a string anywhere in the event.
    pub fn anywhere_search(&self, regex: &str) -> bool {
        self.anywhere(&[regex], &SEARCH)
    }

    /// The part `unit` of a value, read as a date, equals the number.
    pub fn time_eq(&self, field: &str, unit: &str, number: Num) -> bool {
        self.time(field, unit, Cmp::Eq, number)
    }

    /// The part `unit` of a value, read as a date, is less than the number.
    pub fn time_lt(&self, field: &str, unit: &str, number: Num) -> bool {
        self.time(field, unit, Cmp::Lt, number)
    }

    /// The part `unit` of a value, read as a date, is at most the number.
    pub fn time_lte(&self, field: &str, unit: &str, number: Num) -> bool {
        self.time(field, unit, Cmp::Lte, number)
    }

    /// The part `unit` of a value, read as a date, is greater than the number.
    pub fn time_gt(&self, field: &str, unit: &str, number: Num) -> bool {
        self.time(field, unit, Cmp::Gt, number)
    }

    /// The part `unit` of a value, read as a date, is at least the number.
    pub fn time_gte(&self, field: &str, unit: &str, number: Num) -> bool {
        self.time(field, unit, Cmp::Gte, number)
    }

    /// The field holds a value that has a text, also an empty one.
    pub fn has_value(&self, field: &str) -> bool {
        values(self.0, field).into_iter().any(|it| Scalar::of(it).text().is_some())
    }

    /// The field holds a value, also an object: it is not null.
    pub fn holds_any(&self, field: &str) -> bool {
        !Question::Null.holds_of(self.0, field)
    }

    /// The field is present, whatever it holds.
    pub fn is_present(&self, field: &str) -> bool {
        Question::Exists.holds_of(self.0, field)
    }

    /// A value of the one field equals a value of the other, in any case.
    pub fn field_eq(&self, field: &str, other: &str) -> bool {
        fields_compare(self.0, field, other, Anchor::Whole, Case::Insensitive)
    }

    /// A value of the one field equals a value of the other.
    pub fn field_eq_cased(&self, field: &str, other: &str) -> bool {
        fields_compare(self.0, field, other, Anchor::Whole, Case::Sensitive)
    }

    /// A value of the one field contains a value of the other, in any case.
    pub fn field_contains(&self, field: &str, other: &str) -> bool {
        fields_compare(self.0, field, other, Anchor::Within, Case::Insensitive)
    }

    /// A value of the one field contains a value of the other.
    pub fn field_contains_cased(&self, field: &str, other: &str) -> bool {
        fields_compare(self.0, field, other, Anchor::Within, Case::Sensitive)
    }

    /// A value of the one field starts with a value of the other, in any case.
    pub fn field_starts_with(&self, field: &str, other: &str) -> bool {
        fields_compare(self.0, field, other, Anchor::Start, Case::Insensitive)
    }

    /// A value of the one field starts with a value of the other.
    pub fn field_starts_with_cased(&self, field: &str, other: &str) -> bool {
        fields_compare(self.0, field, other, Anchor::Start, Case::Sensitive)
    }

    /// A value of the one field ends with a value of the other, in any case.
    pub fn field_ends_with(&self, field: &str, other: &str) -> bool {
        fields_compare(self.0, field, other, Anchor::End, Case::Insensitive)
    }

    /// A value of the one field ends with a value of the other.
    pub fn field_ends_with_cased(&self, field: &str, other: &str) -> bool {
        fields_compare(self.0, field, other, Anchor::End, Case::Sensitive)
    }

    fn one_of(&self, field: &str, patterns: &[&str], kind: &Kind) -> bool {
        let values = values(self.0, field);
        let asks = |it: &Question| values.iter().any(|value| it.passes(Scalar::of(value)));
        !values.is_empty() && patterns.iter().any(|it| kind.read(it).is_some_and(|it| asks(&it)))
    }

    fn anywhere(&self, patterns: &[&str], kind: &Kind) -> bool {
        patterns.iter().any(|it| kind.read(it).is_some_and(|it| it.holds_anywhere(self.0)))
    }

    fn number(&self, field: &str, cmp: Cmp, number: Num) -> bool {
        number.0.is_some_and(|it| Question::Number(cmp, it).holds_of(self.0, field))
    }

    fn time(&self, field: &str, unit: &str, cmp: Cmp, number: Num) -> bool {
        use TimePart::{Day, Hour, Minute, Month, Week, Year};
        let part = [Minute, Hour, Day, Week, Month, Year].into_iter().find(|it| it.word() == unit);
        let (Some(part), Some(number)) = (part, number.0) else { return false };
        Question::Time(part, cmp, number).holds_of(self.0, field)
    }
}

static EQ: Kind = Kind::new(|it| plain(it, Case::Insensitive));
static EQ_CASED: Kind = Kind::new(|it| plain(it, Case::Sensitive));
static LIKE: Kind = Kind::new(|it| Glob::new(&sigma(it), Case::Insensitive).map(Question::Text));
static LIKE_CASED: Kind =
    Kind::new(|it| Glob::new(&sigma(it), Case::Sensitive).map(Question::Text));
static SEARCH: Kind =
    Kind::new(|it| regex(&regex_syntax::parse(it).ok()?).ok().map(Question::Regex));
static NET: Kind = Kind::new(|it| Net::parse(it).map(Question::Net));

/// One way to read patterns, and all that were read so.
struct Kind {
    reads: fn(&str) -> Option<Question>,
    known: RwLock<HashMap<String, Option<Arc<Question>>, FxBuildHasher>>,
}

impl Kind {
    const fn new(reads: fn(&str) -> Option<Question>) -> Kind {
        Kind { reads, known: RwLock::new(HashMap::with_hasher(FxBuildHasher)) }
    }

    /// `None` for what can't be read.
    fn read(&self, pattern: &str) -> Option<Arc<Question>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(it) = known.get(pattern) {
            return it.clone();
        }
        drop(known);
        let res = (self.reads)(pattern).map(Arc::new);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.entry(pattern.to_owned()).or_insert(res).clone()
    }
}

fn plain(text: &str, case: Case) -> Option<Question> {
    Glob::new(&Pattern::literal(text), case).map(Question::Text)
}

/// The pattern that `text` spells in Sigma's way.
fn sigma(text: &str) -> Pattern {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut chars = text.chars().peekable();
    while let Some(ch) = chars.next() {
        let wildcard = match ch {
            '*' => Part::Run,
            '?' => Part::One,
            '\\' => {
                literal.push(chars.next_if(|it| matches!(it, '*' | '?' | '\\')).unwrap_or('\\'));
                continue;
            }
            it => {
                literal.push(it);
                continue;
            }
        };
        parts.push(Part::Literal(std::mem::take(&mut literal)));
        parts.push(wildcard);
    }
    parts.push(Part::Literal(literal));
    Pattern::new(parts)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_is_compared_whole_and_folded() {
        let value =
            json!({"f": ["y", "ÄbC"], "n": 5.0, "b": true, "o": {"g": "x"}, "k": "\u{212a}"});
        let event = Event::new(&value);
        assert!(event.eq("f", &["x", "äBc"]) && !event.eq("f", &["äb"]));
        assert!(event.eq_cased("f", &["ÄbC"]) && !event.eq_cased("f", &["äBc"]));
        assert!(event.eq("n", &["5"]) && !event.eq("n", &["5.0"]) && event.eq("b", &["TRUE"]));
        assert!(event.eq("o.g", &["X"]) && !event.eq("o", &["x"]) && !event.eq("k", &["k"]));
        assert!(!event.eq("f", &["*"]) && !event.eq("f", &[]) && !event.eq("none", &[""]));
    }

    #[test]
    fn globs_are_spelled_in_sigmas_way() {
        let value = json!({"f": r"a*b\c?", "p": r"C:\x", "e": ""});
        let event = Event::new(&value);
        for (glob, covers) in [
            (r"A\*b\\C\?", true),
            (r"a\*b\c\?", true),
            (r"a?b*", true),
            (r"*\\*", true),
            (r"a\?b*", false),
            (r"a\\*", false),
            (r"a*\", false),
            ("*", true),
            ("", false),
        ] {
            assert_eq!(event.like("f", &[glob]), covers, "{glob}");
        }
        assert!(event.like("p", &[r"c:\*x", r"c:\\*"]) && !event.like_cased("p", &[r"c:\\*"]));
        assert!(event.like("e", &["*"]) && event.like("e", &[""]) && !event.like("e", &["?"]));
        assert!(event.anywhere_like(&["z", "c:*"]) && !event.anywhere_like_cased(&["c:*"]));
    }

    #[test]
    fn regexes_are_searched_and_kept() {
        let value = json!({"f": "abbc", "n": 5.0, "deep": [{"x": "Zed"}]});
        let event = Event::new(&value);
        for _ in 0..2 {
            assert!(event.search("f", "b+") && !event.search("f", "B"));
            assert!(event.search("n", "^5$") && event.search("f", r"(?-u:\b)a(?s:.)"));
            assert!(!event.search("f", "(") && !event.search("f", r".{1000}{1000}{1000}"));
            assert!(event.anywhere_search("[Zz]e") && !event.anywhere_search("^5"));
        }
    }

    #[test]
    fn numbers_booleans_and_networks() {
        let value = json!({
            "n": ["9007199254740993", -1.5], "b": "True", "ip": "::ffff:10.0.0.1", "t": true,
        });
        let event = Event::new(&value);
        assert!(event.num_eq("n", 9_007_199_254_740_993.into()));
        assert!(!event.num_eq("n", 9_007_199_254_740_992.into()) && !event.num_eq("t", 1.into()));
        assert!(event.num_lt("n", 53.into()) && event.num_lte("n", (-1.5).into()));
        assert!(event.num_gt("n", 53.into()) && event.num_gte("n", 53.5.into()));
        assert!(!event.num_lt("n", (-2).into()) && !event.num_lt("n", f64::NAN.into()));
        assert!(event.is("b", true) && event.is("t", true) && !event.is("n", true));
        assert!(event.in_net("ip", &["fe80::/10", "10.1.2.3/8"]) && !event.in_net("ip", &["10"]));
    }

    #[test]
    fn parts_of_dates() {
        let value = json!({"f": "2024-12-30T13:45:10Z"});
        let event = Event::new(&value);
        for (unit, number) in
            [("minute", 45), ("hour", 13), ("day", 30), ("week", 1), ("month", 12), ("year", 2024)]
        {
            let number = i128::from(number);
            assert!(event.time_eq("f", unit, number.into()), "{unit}");
            assert!(event.time_lt("f", unit, (number + 1).into()), "{unit}");
            assert!(event.time_lte("f", unit, number.into()), "{unit}");
            assert!(event.time_gt("f", unit, (number - 1).into()), "{unit}");
            assert!(!event.time_gte("f", unit, (number + 1).into()), "{unit}");
        }
        assert!(!event.time_gte("f", "second", 0.into()));
    }

    #[test]
    fn values_null_and_presence() {
        let value = json!({"s": "", "o": {}, "z": null, "a": [null], "n": 5});
        let event = Event::new(&value);
        let asked =
            |field| (event.has_value(field), event.holds_any(field), event.is_present(field));
        assert_eq!(asked("s"), (true, true, true));
        assert_eq!(asked("n"), (true, true, true));
        assert_eq!(asked("o"), (false, true, true));
        assert_eq!(asked("z"), (false, false, true));
        assert_eq!(asked("a"), (false, false, true));
        assert_eq!(asked("none"), (false, false, false));
    }

    #[test]
    fn fields_are_compared_with_fields() {
        let value = json!({"f": ["x", "aBc"], "g": "ABC", "h": "ab", "i": "bC", "j": "B", "n": 5, "m": "5.0"});
        let event = Event::new(&value);
        assert!(event.field_eq("f", "g") && !event.field_eq_cased("f", "g"));
        assert!(event.field_eq_cased("n", "m") && !event.field_eq("f", "none"));
        assert!(event.field_starts_with("f", "h") && !event.field_starts_with_cased("f", "h"));
        assert!(event.field_ends_with("f", "i") && !event.field_ends_with_cased("f", "i"));
        assert!(event.field_contains("f", "i") && event.field_contains_cased("f", "j"));
        assert!(!event.field_contains_cased("f", "i"));
    }
}
