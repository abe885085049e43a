//! A provider where the category says it already.

use diagnostic::{Code, Diagnostic};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code {
        id: "L071",
        name: "provider-with-category",
        page: include_str!("provider_with_category.md"),
    },
    by_default: true,
    check: Check::Rule(check),
};

const SYSMON: &[&str] = &["Microsoft-Windows-Sysmon"];
const PROCESSES: &[&str] = &["Microsoft-Windows-Sysmon", "Microsoft-Windows-Security-Auditing"];
const POWERSHELL: &[&str] = &["Microsoft-Windows-PowerShell", "PowerShellCore"];

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let logsource = &subject.ast.logsource;
    let windows = logsource.product.as_ref().is_some_and(|it| it.value == "windows");
    let Some(category) = logsource.category.as_ref().filter(|_| windows) else { return };
    let providers = providers(&category.value);
    for selection in &subject.ast.detection.selections {
        selection.body.items().for_each(|item| {
            if item.field.as_ref().is_none_or(|it| it.value != "Provider_Name") {
                return;
            }
            for value in &item.values {
                let text = value.value.text();
                if !providers.iter().any(|it| it.eq_ignore_ascii_case(&text)) {
                    continue;
                }
                let message = format!("the provider is one of `category: {}`", category.value);
                let label = "tied to it, the rule misses the same event from other sensors";
                problems.push(
                    Diagnostic::warning(code, value.span, message, label)
                        .with_label(category.span, "this already names the kind of event")
                        .with_help("remove `Provider_Name`"),
                );
            }
        });
    }
}

/// Who writes the events of a category.
fn providers(category: &str) -> &'static [&'static str] {
    match category {
        "process_creation" | "process_termination" => PROCESSES,
        "ps_module" | "ps_script" => POWERSHELL,
        "ps_classic_start" | "ps_classic_provider_start" | "ps_classic_script" => &["PowerShell"],
        "file_access" | "file_rename" => &["Microsoft-Windows-Kernel-File"],
        "clipboard_capture"
        | "create_remote_thread"
        | "create_stream_hash"
        | "dns_query"
        | "driver_load"
        | "file_block_executable"
        | "file_block_shredding"
        | "file_change"
        | "file_delete"
        | "file_delete_detected"
        | "file_event"
        | "file_executable_detected"
        | "image_load"
        | "network_connection"
        | "pipe_created"
        | "process_access"
        | "process_tampering"
        | "raw_access_thread"
        | "registry_add"
        | "registry_delete"
        | "registry_event"
        | "registry_rename"
        | "registry_set"
        | "sysmon_error"
        | "sysmon_status"
        | "wmi_event" => SYSMON,
        _ => &[],
    }
}
