"""Write the tables and columns of Microsoft Defender XDR as JSON: {table: {column: Kusto type}}.

usage: kql_schema.py OUTPUT.json

They come from PyPI pysigma-backend-kusto; the one table it lacks is added by hand.
"""

import json
import sys

from sigma.pipelines.microsoftxdr.tables import MICROSOFT_XDR_TABLES

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


def kusto_type(documented):
    """The Kusto type for a type as the documentation spells it; what it doesn't know is text."""
    return KUSTO.get(documented.strip().lower(), "string")


def main():
    tables = {
        table: {name: kusto_type(column["data_type"]) for name, column in columns.items()}
        for table, columns in MICROSOFT_XDR_TABLES.items()
    }
    tables.setdefault("CloudProcessEvents", CLOUD_PROCESS_EVENTS)
    with open(sys.argv[1], "w") as out:
        json.dump(tables, out, indent=1)
    print(f"kql: schema of {len(tables)} tables")


main()
