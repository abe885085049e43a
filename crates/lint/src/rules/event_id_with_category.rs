//! An event number where the category says it already.

use diagnostic::{Code, Diagnostic};
use syntax::Scalar;

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code {
        id: "L070",
        name: "event-id-with-category",
        page: include_str!("event_id_with_category.md"),
    },
    by_default: true,
    check: Check::Rule(check),
};

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let logsource = &subject.ast.logsource;
    let windows = logsource.product.as_ref().is_some_and(|it| it.value == "windows");
    let Some(category) = logsource.category.as_ref().filter(|_| windows) else { return };
    let Some(ids) = ids(&category.value) else { return };
    for selection in &subject.ast.detection.selections {
        selection.body.items().for_each(|item| {
            let Some(field) = item.field.as_ref().filter(|it| it.value == "EventID") else {
                return;
            };
            let asks = |id: i128| item.values.iter().any(|it| number(&it.value) == Some(id));
            let some = ids.iter().any(|&it| asks(it));
            if some && !ids.iter().all(|&it| asks(it)) {
                // Of the events of the category the rule wants only some: that narrows it.
                return;
            }
            let message = format!("`EventID` is asked for beside `category: {}`", category.value);
            let label = if some {
                "the category implies it, and other sensors have no such number"
            } else {
                "the category has other numbers: with Sysmon or PowerShell this never matches"
            };
            problems.push(
                Diagnostic::warning(code, field.span, message, label)
                    .with_label(category.span, "this already names the kind of event")
                    .with_help("remove `EventID`, or name a `service` instead of the category"),
            );
        });
    }
}

/// The numbers of the events of a category.
fn ids(category: &str) -> Option<&'static [i128]> {
    Some(match category {
        "process_creation" => &[1],
        "file_change" => &[2],
        "network_connection" => &[3],
        "sysmon_status" => &[4, 16],
        "process_termination" => &[5],
        "driver_load" => &[6],
        "image_load" => &[7],
        "create_remote_thread" => &[8],
        "raw_access_thread" => &[9],
        "process_access" => &[10],
        "file_event" => &[11],
        "registry_event" => &[12, 13, 14],
        "registry_add" | "registry_delete" => &[12],
        "registry_set" => &[13],
        "registry_rename" => &[14],
        "create_stream_hash" => &[15],
        "pipe_created" => &[17, 18],
        "wmi_event" => &[19, 20, 21],
        "dns_query" => &[22],
        "file_delete" => &[23],
        "clipboard_capture" => &[24],
        "process_tampering" => &[25],
        "file_delete_detected" => &[26],
        "file_block_executable" => &[27],
        "file_block_shredding" => &[28],
        "file_executable_detected" => &[29],
        "sysmon_error" => &[255],
        "ps_classic_start" => &[400],
        "ps_classic_provider_start" => &[600],
        "ps_classic_script" => &[800],
        "ps_module" => &[4103],
        "ps_script" => &[4104],
        _ => return None,
    })
}

fn number(value: &Scalar) -> Option<i128> {
    match value {
        Scalar::Int(it, _) => Some(*it),
        Scalar::Text(it) => it.parse().ok(),
        _ => None,
    }
}
