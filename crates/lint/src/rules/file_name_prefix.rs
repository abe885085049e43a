//! A file whose name does not begin with its log source, as SigmaHQ's do.

use diagnostic::{Code, Diagnostic};

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code { id: "L064", name: "file-name-prefix", page: include_str!("file_name_prefix.md") },
    by_default: false,
    check: Check::Rule(check),
};

/// Product, category, service and the prefix of SigmaHQ's files about them, one a line.
/// `-` stands for a key that is not set, `*` for any value. The first line that fits counts.
const PREFIXES: &str = "
    windows create_remote_thread - create_remote_thread_win_
    windows create_stream_hash - create_stream_hash_
    windows dns_query - dns_query_win_
    windows driver_load - driver_load_win_
    windows file_access - file_access_win_
    windows file_change - file_change_win_
    windows file_delete - file_delete_win_
    windows file_event - file_event_win_
    windows file_executable_detected - file_executable_detected_win_
    windows file_rename - file_rename_win_
    windows image_load - image_load_
    windows network_connection - net_connection_win_
    windows pipe_created - pipe_created_
    windows process_access - proc_access_win_
    windows process_creation - proc_creation_win_
    windows process_tampering - proc_tampering_
    windows ps_classic_provider_start - posh_pc_
    windows ps_classic_start - posh_pc_
    windows ps_module - posh_pm_
    windows ps_script - posh_ps_
    windows registry_add - registry_add_
    windows registry_delete - registry_delete_
    windows registry_event - registry_event_
    windows registry_set - registry_set_
    windows sysmon_error - sysmon_
    windows sysmon_status - sysmon_
    windows wmi_event - sysmon_
    windows - powershell-classic posh_pc_
    windows - sysmon sysmon_
    windows - security win_security_
    windows - system win_system_
    windows - * win_
    linux file_event - file_event_lnx_
    linux network_connection - net_connection_lnx_
    linux process_creation - proc_creation_lnx_
    linux - auditd lnx_auditd_
    linux - * lnx_
    macos file_event - file_event_macos_
    macos process_creation - proc_creation_macos_
    aws - * aws_
    azure - * azure_
    bitbucket - * bitbucket_
    cisco - * cisco_
    gcp - * gcp_
    github - * github_
    kubernetes * * kubernetes_
    m365 - * microsoft365_
    okta - * okta_
    onelogin - * onelogin_
    opencanary * * opencanary_
    rpc_firewall * * rpc_firewall_
    zeek - * zeek_
    - antivirus - av_
    - database - db_
    - dns - net_dns_
    - firewall - net_firewall_
    - proxy - proxy_
    - webserver - web_
    - - apache web_apache_
    - - nginx web_nginx_";

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let name = subject.path.rsplit(['/', '\\']).next().unwrap_or(subject.path);
    // Text that comes from no file has no name, and a file of several rules no one log source.
    if subject.in_file > 1 || !name.contains('.') {
        return;
    }
    let logsource = &subject.ast.logsource;
    let source = [&logsource.product, &logsource.category, &logsource.service]
        .map(|it| it.as_ref().map_or("-", |it| it.value.as_str()));
    let Some(prefix) = prefix(source) else { return };
    if name.starts_with(prefix) {
        return;
    }
    let set = [&logsource.category, &logsource.service, &logsource.product];
    let Some(at) = set.into_iter().flatten().next() else { return };
    let message = format!("the file name `{name}` does not begin with `{prefix}`");
    let label = "SigmaHQ's rules for this log source do, and are found by it";
    problems.push(
        Diagnostic::info(code, at.span, message, label)
            .with_help(format!("rename the file to `{prefix}...`")),
    );
}

fn prefix(source: [&str; 3]) -> Option<&'static str> {
    PREFIXES.lines().find_map(|line| {
        let mut words = line.split_ascii_whitespace();
        let fits =
            source.iter().all(|it| words.next().is_some_and(|word| word == "*" || word == *it));
        if fits { words.next() } else { None }
    })
}
