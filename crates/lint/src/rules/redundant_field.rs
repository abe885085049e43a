//! A field that every event of the log source has with this value.

use diagnostic::{Code, Diagnostic};
use syntax::{ItemAst, LogSourceAst};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L072", name: "redundant-field", page: include_str!("redundant_field.md") },
    by_default: true,
    check: Check::Rule(check),
};

/// A service or category of Windows, a field, and the value it always has there.
const FIXED: &[(&str, &str, &str)] = &[
    ("application", "Channel", "Application"),
    ("bits-client", "Channel", "Microsoft-Windows-Bits-Client/Operational"),
    ("codeintegrity-operational", "Channel", "Microsoft-Windows-CodeIntegrity/Operational"),
    ("dns-server", "Channel", "DNS Server"),
    ("msexchange-management", "Channel", "MSExchange Management"),
    ("ntlm", "Channel", "Microsoft-Windows-NTLM/Operational"),
    ("openssh", "Channel", "OpenSSH/Operational"),
    ("powershell", "Channel", "Microsoft-Windows-PowerShell/Operational"),
    ("powershell-classic", "Channel", "Windows PowerShell"),
    ("ps_classic_provider_start", "Channel", "Windows PowerShell"),
    ("ps_classic_script", "Channel", "Windows PowerShell"),
    ("ps_classic_start", "Channel", "Windows PowerShell"),
    ("registry_rename", "EventType", "RenameKey"),
    ("registry_set", "EventType", "SetValue"),
    ("security", "Channel", "Security"),
    ("sysmon", "Channel", "Microsoft-Windows-Sysmon/Operational"),
    ("sysmon", "Provider_Name", "Microsoft-Windows-Sysmon"),
    ("system", "Channel", "System"),
    ("taskscheduler", "Channel", "Microsoft-Windows-TaskScheduler/Operational"),
    ("windefend", "Channel", "Microsoft-Windows-Windows Defender/Operational"),
    ("wmi", "Channel", "Microsoft-Windows-WMI-Activity/Operational"),
];

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let logsource = &subject.ast.logsource;
    if logsource.product.as_ref().is_none_or(|it| it.value != "windows") {
        return;
    }
    for selection in &subject.ast.detection.selections {
        selection.body.items().for_each(|item| check_item(code, logsource, item, problems));
    }
}

fn check_item(
    code: &'static Code,
    logsource: &LogSourceAst,
    item: &ItemAst,
    problems: &mut Vec<Diagnostic>,
) {
    let Some(field) = &item.field else { return };
    if !matches!(field.value.as_str(), "Channel" | "EventType" | "Provider_Name") {
        return;
    }
    let named = [&logsource.service, &logsource.category];
    for source in named.into_iter().flatten() {
        let mut known = FIXED
            .iter()
            .filter(|(it, name, _)| *it == source.value.as_str() && *name == field.value.as_str());
        let Some((_, _, fixed)) = known.next() else { continue };
        let says = |it: &syntax::ValueAst| it.value.text().eq_ignore_ascii_case(fixed);
        if item.values.is_empty() || !item.values.iter().all(says) {
            continue;
        }
        let message = format!("`{}` is `{fixed}` in every event here", field.value);
        let label = "it narrows nothing, and fails where the field is not collected";
        problems.push(
            Diagnostic::warning(code, field.span, message, label)
                .with_label(source.span, "the log source implies it")
                .with_help(format!("remove `{}`", field.value)),
        );
    }
}
