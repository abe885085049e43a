"""What the judges share: rules and events in, verdicts of `matcher` beside those of an engine, a table out."""

import collections
import json
import pathlib
import random
import re
import shutil
import subprocess
import sys

import events

SHOWN = 10

#: In place of an engine's verdicts: why it gives none. It is counted, and is no disagreement.
Apart = collections.namedtuple("Apart", "why")


def json_lines(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    return [json.loads(line) for line in done.stdout.split("\n") if line]


def ground_truth(paths):
    """Real events of the corpus, by the id of their rule."""
    res = collections.defaultdict(list)
    for path in paths:
        table = pathlib.Path(path).parent / "ground_truth.jsonl"
        if path.endswith("/rules") and table.exists():
            for line in table.read_text().splitlines():
                row = json.loads(line)
                res[row["rule_id"]].append(row["event"])
    return res


def single(path):
    return not re.search(r"^---\s*$", pathlib.Path(path).read_text().lstrip("-\n "), re.M)


def events_of(path):
    rule = events.load(pathlib.Path(path).read_text())
    own = [test["event"] for test in rule.get("tests", [])]
    return own + events.around(rule, random.Random(rule["title"]))


def matcher(rulec, work, tested, asked, target):
    """The matcher's verdicts and the carried events, by rule and event: it runs copies of the rules that have the events as their tests."""
    folder = work / "rules"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for idx, it in enumerate(tested):
        rule = re.sub(r"^tests:.*\n(?:[ \t#-].*\n|\n)*", "", pathlib.Path(it["path"]).read_text() + "\n", flags=re.M)
        tests = [{"name": str(number), "match": False, "event": event} for number, event in enumerate(asked[idx])]
        lines = "".join(f"  - {json.dumps(test, ensure_ascii=False)}\n" for test in tests)
        (folder / f"{idx}.yml").write_text(f"{rule}\ntests:\n{lines}")
    results = json_lines([rulec, "test", "--format", "json", "--carry", target, str(folder)])
    return {(int(pathlib.Path(it["path"]).stem), int(it["name"])): (it["matched"], it["carried"]) for it in results}


#: A target's outputs and what is asked of them: all queries, how many rules have none, those that are asked, and by
#: their place there the events; by place and event the matcher's verdict and the carried event.
Questions = collections.namedtuple("Questions", "queries without tested asked verdicts")


def questions(rulec, work, target, paths, truths, pool):
    outputs = json_lines([rulec, "convert", "--target", target, "--jsonl", *paths])
    queries = [it for it in outputs if it["query"] is not None]
    tested = [it for it in queries if single(it["path"])]
    asked = dict(enumerate(pool.map(events_of, [it["path"] for it in tested], chunksize=50)))
    for idx, it in enumerate(tested):
        asked[idx] += truths.get(it["id"], [])
    verdicts = matcher(rulec, pathlib.Path(work), tested, asked, target)
    return Questions(queries, len(outputs) - len(queries), tested, asked, verdicts)


def compare(target, tested, asked, verdicts, answers, most_apart=None):
    """Prints both sides' verdicts side by side. `most_apart`: of the rules, the part that may go without a verdict, by
    why; `None` is for every other reason."""
    most_apart = most_apart or {None: 0.05}
    table = collections.defaultdict(collections.Counter)
    bad, unjudged, apart = [], [], collections.Counter()
    for idx, (it, found) in enumerate(zip(tested, answers)):
        row = table[it["fidelity"]]
        row["rules"] += 1
        if isinstance(found, Apart):
            row["apart"] += 1
            apart[found.why] += 1
            continue
        if isinstance(found, str):
            bad.append(f"{it['path']}: not run: {found}")
            row["disagreements"] += 1
            continue
        for number, (event, said) in enumerate(zip(asked[idx], found)):
            matched = verdicts.get((idx, number), (None, None))[0]
            if said is None and matched is not None:
                row["not carried"] += 1
                continue
            if matched is None:
                unjudged.append(f"{it['path']}: no verdict of the matcher")
                break
            row["pairs"] += 1
            row["true"] += matched
            lost, added = matched and not said, said and not matched
            wrong = {"exact": lost or added, "wider": lost, "narrower": added, "both": False}[it["fidelity"]]
            if wrong:
                row["disagreements"] += 1
                shown = json.dumps(event, ensure_ascii=False)
                bad.append(f"{it['path']} ({it['fidelity']}): matcher {matched}, engine {said}: {shown}")
    columns = ("rules", "pairs", "true", "not carried", "apart", "disagreements")
    print(f"{target} verdicts: {'fidelity':<10}" + "".join(f"{it:>15}" for it in columns))
    for fidelity, row in sorted(table.items()):
        print(f"                   {fidelity:<10}" + "".join(f"{row[it]:>15}" for it in columns))
    show(f"{len(unjudged)} rules unjudged", unjudged)
    if apart:
        show(f"{apart.total()} rules that the engine does not run", [f"{count} x {why}" for why, count in apart.most_common()])
    show(f"{len(bad)} disagreements", bad)
    found = collections.Counter({None: len(unjudged)})
    for why, count in apart.items():
        found[why if why in most_apart else None] += count
    too_many = [why for why, part in most_apart.items() if found[why] > part * len(tested)]
    for why in too_many:
        print(f"too many without a verdict: {why or 'for other reasons'}: {found[why]} of {len(tested)} rules")
    return not bad and not too_many and any(row["true"] for row in table.values())


def show(head, lines):
    print(head)
    for line in lines[:SHOWN]:
        print(f"  {line}")
    sys.stdout.flush()
