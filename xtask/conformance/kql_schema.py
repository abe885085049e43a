"""Write tables and columns as JSON, {table: {column: Kusto type}}: of Microsoft Defender XDR and of Sentinel.

usage: kql_schema.py DEFENDER.json SENTINEL.json

They come from PyPI pysigma-backend-kusto; those that it lacks are added by hand.
"""

import json
import sys

from sigma.pipelines.azuremonitor.tables import AZURE_MONITOR_TABLES
from sigma.pipelines.microsoftxdr.tables import MICROSOFT_XDR_TABLES
from sigma.pipelines.sentinelasim.tables import SENTINEL_ASIM_TABLES

KUSTO = {
    "bigint": "long", "bool": "bool", "boolean": "bool", "datetime": "datetime", "date/time": "datetime",
    "decimal": "decimal", "double": "real", "dynamic": "dynamic", "array": "dynamic", "list": "dynamic",
    "object": "dynamic", "int": "int", "integer": "int", "long": "long", "nullable bool": "bool",
    "real": "real", "timespan": "timespan",
}

# Defender for Cloud: https://learn.microsoft.com/defender-xdr/advanced-hunting-cloudprocessevents-table
CLOUD_PROCESS_EVENTS = {
    "Timestamp": "datetime", "AzureResourceId": "string", "AwsResourceName": "string",
    "GcpFullResourceName": "string", "ContainerImageName": "string", "KubernetesNamespace": "string",
    "KubernetesPodName": "string", "KubernetesResource": "string", "ContainerName": "string",
    "ContainerId": "string", "ActionType": "string", "FileName": "string", "FolderPath": "string",
    "ProcessId": "long", "ProcessName": "string", "ParentProcessName": "string", "ParentProcessId": "string",
    "ProcessCommandLine": "string", "ProcessCreationTime": "datetime",
    "ProcessCurrentWorkingDirectory": "string", "AccountName": "string", "LogonId": "long",
    "InitiatingProcessId": "string", "AdditionalFields": "string",
}

# https://learn.microsoft.com/defender-xdr/advanced-hunting-entraidsigninevents-table
ENTRA_ID_SIGN_IN_EVENTS = dict.fromkeys([
    "AccountDisplayName", "AccountObjectId", "AccountUpn", "AlternateSignInName", "Application", "ApplicationId",
    "AuthenticationProcessingDetails", "AuthenticationRequirement", "Browser", "City", "ClientAppUsed",
    "ConditionalAccessPolicies", "CorrelationId", "Country", "DeviceName", "DeviceTrustType", "EndpointCall",
    "EntraIdDeviceId", "GatewayJA4", "IPAddress", "Latitude", "LogonType", "Longitude", "NetworkLocationDetails",
    "OSPlatform", "ReportId", "RequestId", "ResourceDisplayName", "ResourceId", "ResourceTenantId", "RiskEventTypes",
    "SessionId", "SourceSystem", "State", "TenantId", "TokenIssuerType", "Type", "UniqueTokenId", "UserAgent",
], "string") | dict.fromkeys([
    "ConditionalAccessStatus", "ErrorCode", "IsCompliant", "IsExternalUser", "IsManaged", "RiskLevelAggregated",
    "RiskLevelDuringSignIn", "RiskState",
], "int") | dict.fromkeys(["IsGuestUser", "IsSignInThroughGlobalSecureAccess"], "bool") | dict.fromkeys([
    "LastPasswordChangeTimestamp", "TimeGenerated", "Timestamp",
], "datetime")

# Functions of Sentinel's solutions, as https://github.com/Azure/Azure-Sentinel has them.
GITHUB_AUDIT_DATA = dict.fromkeys([
    "Organization", "Action", "Repository", "Actor", "Country", "ImpactedUser", "InvitedUserPermission", "Visibility",
    "PreviousVisibility", "CurrentPermission", "PreviousPermission", "TeamName", "BlockedUser",
], "string") | {"TimeGenerated": "datetime"}
OKTA_SSO = dict.fromkeys([
    "actor_alternateId_s", "actor_detailEntry_s", "actor_displayName_s", "actor_id_s", "actor_type_s", "client_device_s",
    "client_ipAddress_s", "client_userAgent_browser_s", "client_userAgent_os_s", "client_userAgent_rawUserAgent_s",
    "client_zone_s", "debugContext_debugData_s", "displayMessage_s", "eventType_s", "legacyEventType_s",
    "outcome_reason_s", "outcome_result_s", "request_ipChain_s", "securityContext_asOrg_s", "securityContext_domain_s",
    "securityContext_isp_s", "severity_s", "target_s", "transaction_id_s", "transaction_type_s",
], "string") | {"TimeGenerated": "datetime", "securityContext_isProxy_b": "bool"}

# Further functions of solutions there: the columns that they end with.
GOOGLE_WORKSPACE = dict.fromkeys([
    "ActorEmail", "ApplicationName", "EventMessage", "EventType", "IdApplicationName", "NeqValue", "Newvalue", "OldValue",
    "Oldvalue", "ProcessName", "RoleName", "SrcIpAddr", "UserEmail",
], "string") | {"TimeGenerated": "datetime"}
ONE_LOGIN = dict.fromkeys([
    "ActorUserName", "EventType", "Message", "SrcIpAddr", "TargetAppName", "UserName",
], "string") | {"TimeGenerated": "datetime", "EventTypeId": "real"}
CISCO_DUO = dict.fromkeys([
    "AuthFactor", "DvcAction", "EventResult", "EventResultDetails", "EventType", "SrcIpAddr",
], "string") | {"TimeGenerated": "datetime"}
CORELIGHT = {
    "TimeGenerated": "datetime", "uid": "string", "id_orig_h": "string", "id_orig_p": "real", "id_resp_h": "string",
    "id_resp_p": "real",
}
CORELIGHT_DNS = CORELIGHT | dict.fromkeys(["query", "qtype_name", "qclass_name", "rcode_name", "rejected"], "string") | {
    "Z": "real", "answers": "dynamic"}
CORELIGHT_HTTP = CORELIGHT | dict.fromkeys(["host", "method", "uri", "status_code", "referrer", "resp_mime_types"], "string") | {
    "request_body_len": "real", "user_agent": "dynamic"}
CORELIGHT_SMB_FILES = CORELIGHT | dict.fromkeys(["action", "name", "path", "file_path_root"], "string")
CORELIGHT_DCE_RPC = CORELIGHT | dict.fromkeys(["operation", "endpoint", "named_pipe"], "string")
CORELIGHT_KERBEROS = CORELIGHT | dict.fromkeys(["request_type", "cipher", "service", "client", "error_msg"], "string")
# A custom table of a text log, as Microsoft's connector for such logs makes it.
TEXT_LOG = {"TimeGenerated": "datetime", "Computer": "string", "FilePath": "string", "RawData": "string"}

#: What ASIM's documentation calls common fields: all of its functions give them, and the package lists them for none.
ASIM_COMMON = dict.fromkeys([
    "Dvc", "DvcAction", "DvcDescription", "DvcDomain", "DvcDomainType", "DvcFQDN", "DvcHostname", "DvcId", "DvcIdType",
    "DvcInterface", "DvcIpAddr", "DvcMacAddr", "DvcOriginalAction", "DvcOs", "DvcOsVersion", "DvcScope", "DvcScopeId",
    "DvcZone", "EventMessage", "EventOriginalResultDetails", "EventOriginalSeverity", "EventOriginalSubType",
    "EventOriginalType", "EventOriginalUid", "EventOwner", "EventProduct", "EventProductVersion", "EventReportUrl",
    "EventResult", "EventResultDetails", "EventSchema", "EventSchemaVersion", "EventSeverity", "EventSubType",
    "EventType", "EventUid", "EventVendor",
], "string") | {
    "AdditionalFields": "dynamic", "EventCount": "int", "EventEndTime": "datetime", "EventStartTime": "datetime",
    "TimeGenerated": "datetime",
}


def kusto_type(documented):
    """The Kusto type for a type as the documentation spells it; what it doesn't know is text."""
    return KUSTO.get(documented.strip().lower(), "string")


def typed(tables):
    """Tables with the Kusto types of their columns."""
    return {
        table: {name: kusto_type(column["data_type"]) for name, column in columns.items()}
        for table, columns in tables.items()
    }


def main():
    defender = typed(MICROSOFT_XDR_TABLES)
    defender.setdefault("CloudProcessEvents", CLOUD_PROCESS_EVENTS)
    defender.setdefault("EntraIdSignInEvents", ENTRA_ID_SIGN_IN_EVENTS)
    # ASIM's functions give columns as tables do.
    asim = {table: {**ASIM_COMMON, **columns} for table, columns in typed(SENTINEL_ASIM_TABLES).items()}
    # A session of the web is one of the network, and has all of its fields.
    asim["imWebSession"] = {**asim["imNetworkSession"], **asim["imWebSession"]}
    sentinel = {**typed(AZURE_MONITOR_TABLES), **asim}
    sentinel |= {"GitHubAuditData": GITHUB_AUDIT_DATA, "OktaSSO": OKTA_SSO}
    sentinel |= {
        "GWorkspaceActivityReports": GOOGLE_WORKSPACE, "OneLogin": ONE_LOGIN, "CiscoDuo": CISCO_DUO,
        "corelight_dns": CORELIGHT_DNS, "corelight_http": CORELIGHT_HTTP, "corelight_smb_files": CORELIGHT_SMB_FILES,
        "corelight_dce_rpc": CORELIGHT_DCE_RPC, "corelight_kerberos": CORELIGHT_KERBEROS,
        "ApacheHTTPServer_CL": TEXT_LOG, "NGINX_CL": TEXT_LOG,
    }
    for path, tables in zip(sys.argv[1:], (defender, sentinel), strict=True):
        with open(path, "w") as out:
            json.dump(tables, out, indent=1)
    print(f"kql: schema of {len(defender)} tables of Defender, {len(sentinel)} of Sentinel")


main()
