//! A log and an event number where Sigma has a category for both.

use diagnostic::{Code, Diagnostic};
use syntax::Scalar;

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code {
        id: "L069",
        name: "specific-logsource",
        page: include_str!("specific_logsource.md"),
    },
    by_default: true,
    check: Check::Rule(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let logsource = &subject.ast.logsource;
    let windows = logsource.product.as_ref().is_some_and(|it| it.value == "windows");
    let Some(service) = logsource.service.as_ref().filter(|_| windows) else { return };
    let category = match service.value.as_str() {
        "sysmon" => of_sysmon,
        "security" => of_security,
        _ => return,
    };
    for selection in &subject.ast.detection.selections {
        selection.body.items().for_each(|item| {
            if item.field.as_ref().is_none_or(|it| it.value != "EventID") {
                return;
            }
            for value in &item.values {
                let Some(category) = number(&value.value).and_then(category) else { continue };
                let message = format!("Sigma has a category for this event: `{category}`");
                let label = "tied to this log, the rule misses the same event from other sensors";
                let help = format!("write `category: {category}` for `service`, and no `EventID`");
                problems.push(
                    Diagnostic::warning(code, value.span, message, label)
                        .with_label(service.span, "the log it is tied to")
                        .with_help(help),
                );
            }
        });
    }
}

fn number(value: &Scalar) -> Option<i128> {
    match value {
        Scalar::Int(it, _) => Some(*it),
        Scalar::Text(it) => it.parse().ok(),
        _ => None,
    }
}

fn of_security(id: i128) -> Option<&'static str> {
    (id == 4688).then_some("process_creation")
}

fn of_sysmon(id: i128) -> Option<&'static str> {
    Some(match id {
        1 => "process_creation",
        2 => "file_change",
        3 => "network_connection",
        4 | 16 => "sysmon_status",
        5 => "process_termination",
        6 => "driver_load",
        7 => "image_load",
        8 => "create_remote_thread",
        9 => "raw_access_thread",
        10 => "process_access",
        11 => "file_event",
        12 => "registry_event",
        13 => "registry_set",
        14 => "registry_rename",
        15 => "create_stream_hash",
        17 | 18 => "pipe_created",
        19..=21 => "wmi_event",
        22 => "dns_query",
        23 => "file_delete",
        24 => "clipboard_capture",
        25 => "process_tampering",
        26 => "file_delete_detected",
        27 => "file_block_executable",
        28 => "file_block_shredding",
        29 => "file_executable_detected",
        255 => "sysmon_error",
        _ => return None,
    })
}
