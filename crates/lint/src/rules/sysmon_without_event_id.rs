//! A rule over all of Sysmon's events that does not say which ones.

use diagnostic::{Code, Diagnostic};
use syntax::Selection;

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code {
        id: "L067",
        name: "sysmon-without-event-id",
        page: include_str!("sysmon_without_event_id.md"),
    },
    by_default: true,
    check: Check::Rule(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let service = subject.ast.logsource.service.as_ref().filter(|it| it.value == "sysmon");
    let Some(service) = service else { return };
    if subject.ast.detection.selections.iter().any(|it| has_event_id(&it.body)) {
        return;
    }
    let message = "the rule reads all of Sysmon's events, but asks for no `EventID`";
    let label = "the events of Sysmon differ in their fields and their meaning";
    problems.push(
        Diagnostic::warning(code, service.span, message, label)
            .with_help("add `EventID`, or name a category such as `process_creation` instead"),
    );
}

fn has_event_id(body: &Selection) -> bool {
    match body {
        Selection::All(items) => {
            items.iter().any(|it| it.field.as_ref().is_some_and(|it| it.value == "EventID"))
        }
        Selection::Any(parts) => parts.iter().any(has_event_id),
        Selection::Keywords(_) => false,
    }
}
