//! Whether the conditions of a step hold.

use std::cmp::Ordering;

use diagnostic::Diagnostic;
use ir::{Level, Part, Predicate, Status};
use lower::{Detection, Item, Value};
use serde_json::Value as Json;
use source::{Span, Spanned};

use crate::codes::BAD_VALUE;
use crate::model::{
    AttributeTest, FieldCondition, Formula, Group, ItemCondition, Link, Names, Op, RuleCondition,
    StateTest, Step,
};
use crate::pattern::plain;
use crate::python::at_start;
use crate::rule::{Body, Subject};

type Asked = Result<bool, Box<Diagnostic>>;

impl<C> Group<C> {
    /// Whether the group holds; one without conditions does, whatever else is said.
    fn holds(&self, ask: &mut dyn FnMut(&Spanned<C>) -> Asked) -> Asked {
        if self.conditions.is_empty() {
            return Ok(true);
        }
        let holds = match &self.link {
            Link::All => {
                let mut res = true;
                for it in &self.conditions {
                    res &= ask(it)?;
                }
                res
            }
            Link::Any => {
                let mut res = false;
                for it in &self.conditions {
                    res |= ask(it)?;
                }
                res
            }
            Link::Formula(it) => self.formula(it, ask)?,
        };
        Ok(holds != self.negated)
    }

    fn formula(&self, it: &Formula, ask: &mut dyn FnMut(&Spanned<C>) -> Asked) -> Asked {
        match it {
            Formula::All(parts) => {
                for it in parts {
                    if !self.formula(it, ask)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Formula::Any(parts) => {
                for it in parts {
                    if self.formula(it, ask)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Formula::Not(part) => Ok(!self.formula(part, ask)?),
            Formula::One(at) => self.conditions.get(*at).map_or(Ok(false), ask),
        }
    }
}

/// Whether a step is for a rule.
pub fn rule(group: &Group<RuleCondition>, subject: &Subject) -> Asked {
    group.holds(&mut |it| rule_holds(it, subject))
}

/// Whether a step is for an item: its own conditions, and those on the names of fields, of which
/// the item's own or a referred one must pass.
pub fn item(step: &Step, it: &Item, subject: &Subject) -> Asked {
    if !step.item.holds(&mut |condition| item_holds(condition, it, subject))? {
        return Ok(false);
    }
    if own_name(step, it, subject)? {
        return Ok(true);
    }
    for name in references(it) {
        if self::name(step, Some(name), subject)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a step's conditions on names hold for the field of an item.
pub fn own_name(step: &Step, it: &Item, subject: &Subject) -> Asked {
    let own = it.field.as_deref();
    step.field.holds(&mut |condition| match &condition.value {
        FieldCondition::Applied(id) => {
            Ok(it.steps.contains(id.as_str()) || name_holds(condition, own, subject)?)
        }
        _ => name_holds(condition, own, subject),
    })
}

/// Whether a step's conditions on names hold for a name.
pub fn name(step: &Step, name: Option<&str>, subject: &Subject) -> Asked {
    step.field.holds(&mut |condition| name_holds(condition, name, subject))
}

/// The other fields that an item refers to.
pub fn references(it: &Item) -> impl Iterator<Item = &str> {
    it.values.iter().flat_map(|it| &it.forms).filter_map(|it| match it {
        Predicate::Field(name, ..) => Some(&**name),
        _ => None,
    })
}

fn rule_holds(it: &Spanned<RuleCondition>, subject: &Subject) -> Asked {
    Ok(match &it.value {
        RuleCondition::LogSource(wanted) => match &subject.body {
            Body::Rule(_) => wanted.covers(&subject.logsource),
            Body::Correlation(_, sources) => sources.iter().any(|it| wanted.covers(it)),
        },
        RuleCondition::ContainsItem(field, value) => any_item(subject, &mut |it| {
            it.field.as_deref() == Some(field) && forms(it).any(|form| same(form, value))
        }),
        RuleCondition::ContainsField(field) => {
            any_item(subject, &mut |it| it.field.as_deref() == Some(field))
        }
        RuleCondition::Applied(id) => subject.steps.contains(id.as_str()),
        RuleCondition::State(test) => state(test, it.span, subject)?,
        RuleCondition::IsRule => matches!(subject.body, Body::Rule(_)),
        RuleCondition::IsCorrelation => matches!(subject.body, Body::Correlation(..)),
        RuleCondition::Attribute(test) => attribute(test, it.span, subject)?,
        RuleCondition::Tag(tag) => subject.meta.tags.contains(tag),
    })
}

fn any_item(subject: &Subject, wanted: &mut dyn FnMut(&Item) -> bool) -> bool {
    fn search(it: &Detection, wanted: &mut dyn FnMut(&Item) -> bool) -> bool {
        match it {
            Detection::All(parts) | Detection::Any(parts) => {
                parts.iter().any(|it| search(it, wanted))
            }
            Detection::Item(item) => wanted(item),
        }
    }
    subject.draft().is_some_and(|it| it.detections().any(|it| search(it, wanted)))
}

fn forms(it: &Item) -> impl Iterator<Item = &Predicate> {
    it.values.iter().flat_map(|it| &it.forms)
}

/// Whether a value asks the same as one of a condition; case is told apart, whatever the item says.
fn same(form: &Predicate, value: &Value) -> bool {
    match (form, value.forms.as_slice()) {
        (Predicate::Text(a, _), [Predicate::Text(b, _)]) => a == b,
        (a, [b]) => a == b,
        _ => false,
    }
}

fn item_holds(condition: &Spanned<ItemCondition>, it: &Item, subject: &Subject) -> Asked {
    let every = |all: bool, test: &dyn Fn(&Predicate) -> bool| match all {
        true => forms(it).all(test),
        false => forms(it).any(test),
    };
    Ok(match &condition.value {
        ItemCondition::MatchString { all, pattern, negate } => every(*all, &|form| {
            let found = match form {
                Predicate::Text(it, _) => at_start(pattern, &plain(it)).is_some(),
                _ => false,
            };
            found != *negate
        }),
        ItemCondition::MatchValue { all, value } => every(*all, &|form| same(form, value)),
        ItemCondition::Wildcard { all } => every(*all, &|form| match form {
            Predicate::Text(it, _) => {
                it.parts().iter().any(|it| matches!(it, Part::Run | Part::One))
            }
            _ => false,
        }),
        ItemCondition::Null { all } => every(*all, &|form| matches!(form, Predicate::Null)),
        ItemCondition::Applied(id) => it.steps.contains(id.as_str()),
        ItemCondition::State(test) => state(test, condition.span, subject)?,
    })
}

fn name_holds(condition: &Spanned<FieldCondition>, name: Option<&str>, subject: &Subject) -> Asked {
    Ok(match &condition.value {
        FieldCondition::Include(names) => names.hold(name),
        FieldCondition::Exclude(names) => !names.hold(name),
        FieldCondition::Applied(id) => {
            name.and_then(|it| subject.named_by.get(it)).is_some_and(|it| it.contains(id.as_str()))
        }
        FieldCondition::State(test) => state(test, condition.span, subject)?,
    })
}

impl Names {
    fn hold(&self, name: Option<&str>) -> bool {
        let Some(name) = name else { return false };
        match self {
            Names::Plain(all) => all.iter().any(|it| it == name),
            Names::Patterns(all) => all.iter().any(|it| at_start(it, name).is_some()),
        }
    }
}

fn state(test: &StateTest, span: Span, subject: &Subject) -> Asked {
    match subject.state.get(&test.key) {
        Some(value) => {
            compare(value, test.op, &test.value, span, &format!("the state `{}`", test.key))
        }
        None => Ok(false),
    }
}

/// Compares two values; such as can't be put in order are an error.
fn compare(value: &Json, op: Op, wanted: &Json, span: Span, what: &str) -> Asked {
    let ordering = match (value, wanted) {
        (Json::Number(a), Json::Number(b)) => a.as_f64().and_then(|a| a.partial_cmp(&b.as_f64()?)),
        (Json::String(a), Json::String(b)) => Some(a.cmp(b)),
        (Json::Bool(a), Json::Bool(b)) => Some(a.cmp(b)),
        (a, b) if a == b => Some(Ordering::Equal),
        _ => None,
    };
    ordered(ordering, op).ok_or_else(|| {
        let message = format!("{what} can't be compared with this");
        let label = format!("it holds `{value}`, and `{wanted}` is of another kind");
        Box::new(
            Diagnostic::error(&BAD_VALUE, span, message, label)
                .with_help("compare values of one kind, or use `eq` or `ne`"),
        )
    })
}

fn ordered(ordering: Option<Ordering>, op: Op) -> Option<bool> {
    match op {
        Op::Eq => Some(ordering == Some(Ordering::Equal)),
        Op::Ne => Some(ordering != Some(Ordering::Equal)),
        Op::Gt => ordering.map(Ordering::is_gt),
        Op::Gte => ordering.map(Ordering::is_ge),
        Op::Lt => ordering.map(Ordering::is_lt),
        Op::Lte => ordering.map(Ordering::is_le),
        Op::In | Op::NotIn => None,
    }
}

/// An attribute of a rule, as far as conditions can ask of it.
enum Attribute {
    /// Nothing is said of it.
    Absent,
    Text(String),
    /// `YYYY-MM-DD`
    Date(String),
    Level(Option<Level>),
    Status(Option<Status>),
    Many(Vec<Json>),
    Plain(Json),
    /// What conditions can't ask about.
    Other,
}

fn attribute_of(name: &str, subject: &Subject) -> Attribute {
    let meta = &subject.meta;
    let text = |it: &Option<String>| it.clone().map_or(Attribute::Absent, Attribute::Text);
    let date = |it: &Option<String>| it.clone().map_or(Attribute::Absent, Attribute::Date);
    let many =
        |it: &[String]| Attribute::Many(it.iter().map(|it| Json::String(it.clone())).collect());
    match name {
        "title" => Attribute::Text(meta.title.clone()),
        "id" => text(&meta.id.as_ref().map(|it| it.to_ascii_lowercase())),
        "name" => text(&meta.name),
        "taxonomy" => Attribute::Text(meta.taxonomy.clone().unwrap_or("sigma".to_owned())),
        "description" => text(&meta.description),
        "license" => text(&meta.license),
        "author" => text(&meta.author),
        "date" => date(&meta.date),
        "modified" => date(&meta.modified),
        "level" => Attribute::Level(meta.level),
        "status" => Attribute::Status(meta.status),
        "references" => many(&meta.references),
        "tags" => many(&meta.tags),
        "fields" => many(&meta.fields),
        "falsepositives" => many(&meta.falsepositives),
        "logsource" | "detection" | "related" | "correlation" => Attribute::Other,
        name => match subject.custom.get(name) {
            None | Some(Json::Null) => Attribute::Absent,
            Some(Json::String(it)) => Attribute::Text(it.clone()),
            Some(Json::Array(it)) => Attribute::Many(it.clone()),
            Some(Json::Object(_)) => Attribute::Other,
            Some(it) => Attribute::Plain(it.clone()),
        },
    }
}

fn attribute(test: &AttributeTest, span: Span, subject: &Subject) -> Asked {
    let name = &test.attribute;
    let wrong = |label: String| {
        let message = format!("`{name}` can't be asked so");
        let help = "see the table of attributes and comparisons in docs/pipelines.md";
        Err(Box::new(Diagnostic::error(&BAD_VALUE, span, message, label).with_help(help)))
    };
    let word = test.value.as_str();
    let answer = |ordering: Ordering| ordered(Some(ordering), test.op);
    let found = match attribute_of(name, subject) {
        Attribute::Absent | Attribute::Level(None) | Attribute::Status(None) => return Ok(false),
        Attribute::Other => {
            return wrong("it is neither a text, a number, a date nor a list".to_owned());
        }
        Attribute::Many(all) => {
            let has = all.iter().any(|it| same_json(it, &test.value));
            return Ok(match test.op {
                Op::In => has,
                Op::NotIn => !has,
                // A list is no single value.
                Op::Ne => true,
                _ => false,
            });
        }
        Attribute::Text(text) => {
            let same = match word {
                Some(it) if name == "id" => text.eq_ignore_ascii_case(it),
                Some(it) => text == it,
                None => false,
            };
            match test.op {
                Op::Eq => Some(same),
                Op::Ne => Some(!same),
                _ => None,
            }
        }
        Attribute::Date(date) => match word.filter(|it| is_date(it)) {
            Some(wanted) => answer(date.replace('/', "-").as_str().cmp(wanted)),
            None => return wrong(format!("`{}` is no date `YYYY-MM-DD`", test.value)),
        },
        Attribute::Level(Some(level)) => {
            match Level::ALL
                .iter()
                .find(|it| word.is_some_and(|w| w.eq_ignore_ascii_case(it.word())))
            {
                Some(wanted) => answer(level.cmp(wanted)),
                None => return wrong(format!("`{}` is no level", test.value)),
            }
        }
        Attribute::Status(Some(status)) => {
            match Status::ALL
                .iter()
                .find(|it| word.is_some_and(|w| w.eq_ignore_ascii_case(it.word())))
            {
                Some(wanted) => answer(status.cmp(wanted)),
                None => return wrong(format!("`{}` is no status", test.value)),
            }
        }
        Attribute::Plain(Json::Number(number)) => {
            let wanted = match &test.value {
                Json::Number(it) => it.as_f64(),
                Json::String(it) => it.trim().parse().ok(),
                _ => None,
            };
            match (number.as_f64(), wanted) {
                (Some(a), Some(b)) => a.partial_cmp(&b).and_then(answer),
                _ => return wrong(format!("`{}` is no number", test.value)),
            }
        }
        Attribute::Plain(it) => match test.op {
            Op::Eq => Some(same_json(&it, &test.value)),
            Op::Ne => Some(!same_json(&it, &test.value)),
            _ => None,
        },
    };
    match found {
        Some(it) => Ok(it),
        None => wrong("this comparison is not for it".to_owned()),
    }
}

fn same_json(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => a.as_f64() == b.as_f64(),
        _ => a == b,
    }
}

fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 10
        && bytes.iter().enumerate().all(|(at, it)| match at {
            4 | 7 => *it == b'-',
            _ => it.is_ascii_digit(),
        })
}
