//! Steps, one after the other.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use diagnostic::{Code, Diagnostic};
use lower::{Detection, Item};
use source::{Span, Spanned};

use crate::codes::{LIMIT, NOTHING_LEFT, REFUSED};
use crate::model::{Action, AddCondition, Set, Step};
use crate::outside::Outside;
use crate::rule::{Body, Subject};
use crate::{condition, extract, fields, hashes, placeholder, replace, show, values};

/// What a step answers: an error stops the rule.
pub(crate) type Done<T> = Result<T, Box<Diagnostic>>;

/// Pipelines and the outside they may ask, for many rules.
pub struct Runner<'a> {
    pub(crate) set: &'a Set,
    pub(crate) outside: &'a dyn Outside,
    /// What was fetched, by the step that asked: it is the same for every rule.
    pub(crate) fetched: RefCell<BTreeMap<Span, Result<Vec<String>, String>>>,
}

impl std::fmt::Debug for Runner<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runner").field("set", self.set).finish_non_exhaustive()
    }
}

/// What one step did to a rule.
#[derive(Debug, Clone)]
pub struct Change {
    /// The step's id.
    pub id: Arc<str>,
    /// Its type, and where it is written.
    pub kind: Spanned<&'static str>,
    /// Whether its conditions on the rule held.
    pub applied: bool,
    /// The rule before.
    pub before: String,
    /// The rule after.
    pub after: String,
}

impl<'a> Runner<'a> {
    /// Pipelines that may ask `outside`.
    pub fn new(set: &'a Set, outside: &'a dyn Outside) -> Runner<'a> {
        Runner { set, outside, fetched: RefCell::default() }
    }

    /// Whether finalizers make one text of all queries.
    pub fn joins(&self) -> bool {
        self.set.joins()
    }

    /// The ending of that text, where finalizers decide it.
    pub fn extension(&self) -> Option<&'static str> {
        self.set.extension()
    }

    /// Applies every step to a rule or a correlation.
    ///
    /// # Errors
    ///
    /// A diagnostic at the rule or the step, when a step refuses the rule or can't be carried out.
    pub fn apply(&self, subject: &mut Subject) -> Result<(), Box<Diagnostic>> {
        for pipeline in &self.set.pipelines {
            self.steps(&pipeline.steps, subject, &mut None)?;
        }
        Ok(())
    }

    /// The same, and what each step did; on an error what the steps before it did.
    pub fn trace(&self, subject: &mut Subject) -> (Vec<Change>, Option<Box<Diagnostic>>) {
        let mut changes = Some(Vec::new());
        for pipeline in &self.set.pipelines {
            if let Err(problem) = self.steps(&pipeline.steps, subject, &mut changes) {
                return (changes.unwrap_or_default(), Some(problem));
            }
        }
        (changes.unwrap_or_default(), None)
    }

    fn steps(
        &self,
        steps: &[Step],
        subject: &mut Subject,
        changes: &mut Option<Vec<Change>>,
    ) -> Done<()> {
        for step in steps {
            let applied = condition::rule(&step.rule, subject)?;
            if applied {
                // A condition may ask for a step from the moment on that it begins.
                subject.steps.insert(step.id.clone());
            }
            if let (Action::Nest(inner), true) = (&step.action, applied) {
                self.steps(inner, subject, changes)?;
                continue;
            }
            let before = changes.is_some().then(|| show::print(subject));
            if applied {
                self.one(step, subject)?;
                if let Some((what, most)) = subject.beyond() {
                    let label =
                        format!("at most {most} are allowed; after this step there are more");
                    return Err(Box::new(
                        Diagnostic::error(&LIMIT, step.kind.span, what, label)
                            .with_help("make the step say less, or split the rule")
                            .with_label(subject.span, "the rule"),
                    ));
                }
            }
            if let (Some(changes), Some(before)) = (changes.as_mut(), before) {
                let after = if applied { show::print(subject) } else { before.clone() };
                let (id, kind) = (step.id.clone(), step.kind.clone());
                changes.push(Change { id, kind, applied, before, after });
            }
        }
        Ok(())
    }

    fn one(&self, step: &Step, subject: &mut Subject) -> Done<()> {
        match &step.action {
            Action::MapFields(_)
            | Action::MapPrefixes(_)
            | Action::Suffix(_)
            | Action::Prefix(_) => fields::rename(step, subject),
            Action::AddFields(names) => {
                subject.meta.fields.extend(names.iter().cloned());
                Ok(())
            }
            Action::RemoveFields(names) => {
                for name in names {
                    let fields = &mut subject.meta.fields;
                    if let Some(at) = fields.iter().position(|it| it == name) {
                        fields.remove(at);
                    }
                }
                Ok(())
            }
            Action::SetFields(names) => {
                subject.meta.fields = names.clone();
                Ok(())
            }
            Action::DropItem => {
                each_item(step, subject, &mut |_, _| Ok(Some(Detection::Any(Vec::new()))))?;
                for it in subject.detections_mut() {
                    prune(it);
                }
                Ok(())
            }
            Action::Hashes(it) => {
                each_item(step, subject, &mut |item, _| hashes::split(step, it, item))
            }
            Action::Extract(it) => {
                each_item(step, subject, &mut |item, _| extract::split(step, it, item))
            }
            Action::WildcardPlaceholders(_)
            | Action::ValuePlaceholders(_)
            | Action::QueryPlaceholders { .. }
            | Action::SourcePlaceholders { .. } => each_item(step, subject, &mut |item, _| {
                placeholder::fill(self, step, item).map(|it| it.map(Detection::Item))
            }),
            Action::Replace(_)
            | Action::MapText(_)
            | Action::Regex(_)
            | Action::SetValue(_)
            | Action::ToText
            | Action::ToNumber
            | Action::Case(_) => each_item(step, subject, &mut |item, _| {
                values::change(step, item, &replace::form).map(|it| it.map(Detection::Item))
            }),
            Action::AddCondition(it) => add_condition(step, it, subject),
            Action::ChangeLogSource(it) => {
                if matches!(subject.body, Body::Rule(_)) {
                    let span = subject.logsource.span;
                    subject.logsource = ir::LogSource { span, ..it.clone() };
                }
                Ok(())
            }
            Action::SetState(key, value) => {
                subject.state.insert(key.clone(), value.clone());
                Ok(())
            }
            Action::SetAttribute(name, value) => {
                subject.custom.insert(name.clone(), value.clone());
                Ok(())
            }
            Action::RefuseRule(message) => Err(refused(step, subject.span, message)),
            Action::RefuseItem(message) => {
                each_item(step, subject, &mut |item, _| Err(refused(step, item.span, message)))
            }
            Action::RefuseUnmapped => fields::refuse_unmapped(step, subject),
            Action::Nest(_) => Ok(()),
        }
    }
}

fn refused(step: &Step, span: Span, message: &str) -> Box<Diagnostic> {
    problem(&REFUSED, step, span, message, "the pipeline refuses this")
}

/// The finding that steps have left nothing of a rule.
pub fn nothing_left(subject: &Subject) -> Diagnostic {
    let message = "the pipeline leaves nothing of this rule";
    let label = "no item is left that its condition names";
    Diagnostic::error(&NOTHING_LEFT, subject.span, message, label)
        .with_help("give `drop_detection_item` conditions that keep some of it, or refuse the rule with `rule_failure`")
}

/// A finding about a rule, made by a step.
pub(crate) fn problem(
    code: &'static Code,
    step: &Step,
    span: Span,
    message: impl Into<String>,
    label: impl Into<String>,
) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::error(code, span, message, label)
            .with_label(step.kind.span, "by this step of the pipeline")
            .with_help("change the rule, or give the step a condition that leaves it out"),
    )
}

/// What a step makes of an item; `None` leaves it as it is.
type Changed = Done<Option<Detection>>;

/// Calls `change` for every item that the step is for, and puts its answer in the item's place.
pub(crate) fn each_item(
    step: &Step,
    subject: &mut Subject,
    change: &mut dyn FnMut(&Item, &mut Subject) -> Changed,
) -> Done<()> {
    let Body::Rule(draft) = &subject.body else { return Ok(()) };
    let mut draft = draft.clone();
    for detection in draft.detections_mut() {
        walk(step, detection, subject, change)?;
    }
    subject.body = Body::Rule(draft);
    Ok(())
}

fn walk(
    step: &Step,
    it: &mut Detection,
    subject: &mut Subject,
    change: &mut dyn FnMut(&Item, &mut Subject) -> Changed,
) -> Done<()> {
    match it {
        Detection::All(parts) | Detection::Any(parts) => {
            parts.iter_mut().try_for_each(|it| walk(step, it, subject, change))
        }
        Detection::Item(item) => {
            if !condition::item(step, item, subject)? {
                return Ok(());
            }
            if let Some(mut new) = change(item, subject)? {
                mark(&mut new, &step.id);
                *it = new;
            }
            Ok(())
        }
    }
}

/// Notes on items that a step made them.
pub(crate) fn mark(it: &mut Detection, id: &Arc<str>) {
    match it {
        Detection::All(parts) | Detection::Any(parts) => {
            parts.iter_mut().for_each(|it| mark(it, id));
        }
        Detection::Item(item) => drop(item.steps.insert(id.clone())),
    }
}

/// Takes out what is emptied; whether nothing is left. A group that was written empty stays.
fn prune(it: &mut Detection) -> bool {
    let parts = match it {
        Detection::Item(_) => return false,
        Detection::All(parts) if parts.is_empty() => return false,
        Detection::All(parts) | Detection::Any(parts) => parts,
    };
    parts.retain_mut(|it| !prune(it));
    let gone = parts.is_empty();
    if gone {
        *it = Detection::Any(Vec::new());
    }
    gone
}

/// The opposite: exactly what the items do not ask.
pub(crate) fn negate(it: Detection) -> Detection {
    match it {
        Detection::All(parts) => Detection::Any(parts.into_iter().map(negate).collect()),
        Detection::Any(parts) => Detection::All(parts.into_iter().map(negate).collect()),
        Detection::Item(item) => Detection::Item(Item { negated: !item.negated, ..item }),
    }
}

fn add_condition(step: &Step, it: &AddCondition, subject: &mut Subject) -> Done<()> {
    let Body::Rule(_) = subject.body else { return Ok(()) };
    let items = match it.template {
        true => crate::simple::with_source(step, &it.items, subject)?,
        false => it.items.clone(),
    };
    let mut problems = Vec::new();
    let body = syntax::read_selection(&it.text, &items, "conditions", &mut problems);
    let added = body.and_then(|it2| lower::selection(&it2, &it.text, &mut problems));
    let error = problems.into_iter().find(|it| it.severity == diagnostic::Severity::Error);
    if let Some(problem) = error {
        return Err(Box::new(problem));
    }
    let (Some(mut added), Body::Rule(draft)) = (added, &mut subject.body) else { return Ok(()) };
    mark(&mut added, &step.id);
    draft.also.push((added, it.negated));
    Ok(())
}
