//! A well-known field in the wrong letter case.

use diagnostic::{Applicability, Code, Diagnostic};
use source::Edit;
use syntax::ItemAst;

use crate::{Check, Lint, Subject};

pub static LINT: Lint = Lint {
    code: Code {
        id: "L058",
        name: "field-letter-case",
        page: include_str!("field_letter_case.md"),
    },
    by_default: true,
    check: Check::Rule(check),
};

/// Fields of Sysmon, of the Security log and of PowerShell that have one spelling only.
const FIELDS: &str = "AccessList AccessMask AttributeLDAPDisplayName AttributeValue \
    AuditPolicyChanges AuthenticationPackageName CallTrace CallerProcessName Channel CommandLine \
    Company Computer ContextInfo CreationUtcTime CurrentDirectory Description DestinationHostname \
    DestinationIp DestinationIsIpv6 DestinationPort DestinationPortName Details EventID EventType \
    ExceptionCode FailureReason FileVersion GrantedAccess Hashes Image ImageLoaded ImagePath \
    ImpersonationLevel Initiated IntegrityLevel IpAddress IpPort KeyLength Keywords LogonGuid \
    LogonId LogonProcessName LogonType MemberName MemberSid NewProcessId NewProcessName \
    NewTargetUserName NewThreadId NewUacValue ObjectClass ObjectDN ObjectName ObjectServer \
    ObjectType ObjectValueName OldTargetUserName OldUacValue OriginalFileName ParentCommandLine \
    ParentImage ParentProcessGuid ParentProcessId ParentProcessName ParentUser PipeName \
    PreAuthType PreviousCreationUtcTime PrivilegeList ProcessGuid ProcessId ProcessName Product \
    Properties Protocol Provider_Name QueryName QueryResults QueryStatus RelativeTargetName \
    RuleName SamAccountName ScriptBlockId ScriptBlockText ServiceFileName ServiceName \
    ServicePrincipalNames ServiceStartType ServiceType ShareLocalPath ShareName SignatureStatus \
    Signed SourceHostname SourceImage SourceIp SourceIsIpv6 SourcePort SourcePortName \
    SourceProcessGuid SourceProcessGUID SourceProcessId StartAddress StartFunction StartModule \
    SubStatus SubcategoryGuid SubjectDomainName SubjectLogonId SubjectUserName SubjectUserSid \
    TargetDomainName TargetFilename TargetImage TargetLogonId TargetObject TargetProcessGuid \
    TargetProcessGUID TargetProcessId TargetServerName TargetUserName TargetUserSid TaskContent \
    TaskName TerminalSessionId TicketEncryptionType TicketOptions TokenElevationType User UtcTime \
    WorkstationName";

fn check(code: &'static Code, subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    if subject.ast.logsource.product.as_ref().is_none_or(|it| it.value != "windows") {
        return;
    }
    for selection in &subject.ast.detection.selections {
        selection.body.items().for_each(|it| check_item(code, it, problems));
    }
}

fn check_item(code: &'static Code, item: &ItemAst, problems: &mut Vec<Diagnostic>) {
    let Some(field) = &item.field else { return };
    let Some(right) = right_case(&field.value) else { return };
    let message = format!("the field is spelled `{right}`, not `{}`", field.value);
    let label = "where field names have a case, this one is never there";
    let edits = vec![Edit { span: field.span, replacement: right.to_owned() }];
    problems.push(
        Diagnostic::warning(code, field.span, message, label)
            .with_help(format!("write `{right}`"))
            .with_fix("correct the letter case", Applicability::Unsafe, edits),
    );
}

/// How a known field is spelled, if `name` spells it otherwise.
pub(super) fn right_case(name: &str) -> Option<&'static str> {
    let mut res = None;
    for known in FIELDS.split_ascii_whitespace().filter(|it| it.eq_ignore_ascii_case(name)) {
        if known == name {
            return None;
        }
        res = Some(known);
    }
    res
}
