//! A log source that Sigma's taxonomy does not have.

use diagnostic::{Code, Diagnostic, nearest};
use source::Spanned;

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code {
        id: "L066",
        name: "unknown-logsource",
        page: include_str!("unknown_logsource.md"),
    },
    by_default: false,
    check: Check::Rule(check),
};

/// A product, `-` for none, its categories, and its services: from the taxonomy of Sigma 2.1 and,
/// where that is behind, from SigmaHQ's rules. `category/service` stands for the two together.
const KNOWN: &[(&str, &str, &str)] = &[
    (
        "windows",
        "clipboard_capture create_remote_thread create_stream_hash dns_query driver_load \
         file_access file_block_executable file_block_shredding file_change file_delete \
         file_delete_detected file_event file_executable_detected file_rename image_load \
         network_connection pipe_created process_access process_creation process_tampering \
         process_termination ps_classic_provider_start ps_classic_script ps_classic_start \
         ps_module ps_script raw_access_thread registry_add registry_delete registry_event \
         registry_rename registry_set sysmon_error sysmon_status wmi_event",
        "application application-experience applocker appmodel-runtime appxdeployment-server \
         appxpackaging-om bitlocker bits-client capi2 certificateservicesclient-lifecycle-system \
         codeintegrity-operational dhcp diagnosis-scripted dns-client dns-server \
         dns-server-analytic dns-server-audit driver-framework firewall-as hyper-v-worker \
         iis-configuration kernel-event-tracing kernel-shimengine ldap lsa-server \
         microsoft-servicebus-client msexchange-management ntfs ntlm openssh powershell \
         powershell-classic printservice-admin printservice-operational security \
         security-mitigations sense servicebus-client shell-core \
         smbclient-security smbserver-connectivity sysmon system taskscheduler \
         terminalservices-localsessionmanager vhdmp windefend wmi",
    ),
    (
        "linux",
        "file_event network_connection process_creation",
        "auditd auth clamav cron guacamole sshd sudo syslog vsftpd",
    ),
    ("macos", "file_event process_creation", ""),
    ("apache", "", "access error"),
    ("aws", "", "cloudtrail"),
    ("azure", "", "activitylogs auditlogs pim riskdetection signinlogs"),
    ("bitbucket", "", "audit"),
    ("cisco", "", "aaa bgp duo ldp syslog"),
    ("django", "application", ""),
    ("fortigate", "", "event"),
    ("fortios", "", "sslvpnd"),
    ("gcp", "", "gcp.audit google_workspace.admin google_workspace.login"),
    ("github", "", "audit"),
    ("huawei", "", "bgp ldp"),
    ("juniper", "", "bgp ldp"),
    ("jvm", "application", ""),
    ("kubernetes", "application application/audit", "audit"),
    ("m365", "", "audit exchange threat_detection threat_management"),
    ("modsecurity", "", ""),
    ("nodejs", "application", ""),
    ("okta", "", "okta"),
    ("onelogin", "", "onelogin.events"),
    ("opencanary", "application", ""),
    ("paloalto", "appliance/globalprotect file_event/globalprotect", ""),
    ("python", "application", ""),
    ("qualys", "", ""),
    ("rpc_firewall", "application", ""),
    ("ruby_on_rails", "application", ""),
    ("spring", "application", ""),
    ("sql", "application", ""),
    ("velocity", "application", ""),
    ("zeek", "", "dce_rpc dns http kerberos rdp smb_files x509"),
    (
        "-",
        "antivirus database dns file_event firewall network network/connection network/dns \
         network_connection process_creation proxy webserver",
        "apache netflow nginx",
    ),
];

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let logsource = &subject.ast.logsource;
    let named = |words: &str, it: &str| words.split_ascii_whitespace().any(|word| word == it);
    let product = logsource.product.as_ref().map_or("-", |it| it.value.as_str());
    let Some((_, categories, services)) = KNOWN.iter().find(|(it, ..)| *it == product) else {
        let near = nearest(product, KNOWN.iter().map(|(it, ..)| *it));
        problems.extend(logsource.product.as_ref().map(|it| problem(code, it, "product", near)));
        return;
    };
    let (known, (word, key, words)) = match (&logsource.category, &logsource.service) {
        (None, None) => return,
        (Some(it), None) => (named(categories, &it.value), (it, "category", *categories)),
        (None, Some(it)) => (named(services, &it.value), (it, "service", *services)),
        (Some(category), Some(it)) => {
            let mut pairs = categories.split_ascii_whitespace().filter_map(|it| it.split_once('/'));
            let known = pairs.any(|pair| pair == (category.value.as_str(), it.value.as_str()));
            (known, (it, "service", ""))
        }
    };
    if !known {
        problems.push(problem(code, word, key, nearest(&word.value, words.split_whitespace())));
    }
}

fn problem(
    code: &'static Code,
    word: &Spanned<String>,
    key: &str,
    near: Option<&str>,
) -> Diagnostic {
    let message = format!("Sigma knows no log source with the {key} `{}` here", word.value);
    let label = "no field map or index pattern of others fits it";
    Diagnostic::warning(code, word.span, message, label).with_help(near.map_or_else(
        || "use a log source of Sigma's taxonomy, or map this one yourself".to_owned(),
        |it| format!("did you mean `{it}`?"),
    ))
}
