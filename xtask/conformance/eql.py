"""Judge of the `eql` target, with PyPI eql 1.0.1 (AGPL: a tool of the tests, never shipped or linked).

usage: python -I eql.py RULEC WORK_FOLDER PATH...     (`-I`, or `import eql` finds this file)

Every query of `eql/ecs` and `eql/none` must pass the package's full parser, types included. Every query of `eql/none`
must give the verdicts of `rulec test` on the rule's own examples and on events made around the rule: the same where
the fidelity is `exact`, none lost where it is `wider`, none added where it is `narrower`. The patterns in all of them
must mean to Lucene what they mean here.
"""

import collections
import json
import multiprocessing
import pathlib
import random
import re
import shutil
import subprocess
import sys

import eql
from eql.parser import allow_negation, allow_runs, allow_sample, elasticsearch_syntax

sys.dont_write_bytecode = True  # this folder is under version control
sys.path.append(str(pathlib.Path(__file__).parent))
import es  # noqa: E402
import events  # noqa: E402
import lucene  # noqa: E402

SHOWN = 10


def main():
    rulec, work, *paths = sys.argv[1:]
    selftest()
    ok = True
    truths = ground_truth(paths)
    patterns = set()
    with multiprocessing.Pool(2) as pool:
        for profile in ("ecs", "none"):
            target = f"eql/{profile}"
            outputs = json_lines([rulec, "convert", "--target", target, "--jsonl", *paths])
            queries = [it for it in outputs if it["query"] is not None]
            errors = pool.map(parse_error, [it["query"] for it in queries], chunksize=50)
            bad = [f"{it['path']}: {error}" for it, error in zip(queries, errors) if error]
            show(f"{target}: {len(queries)} queries parsed, {len(bad)} with errors "
                 f"({len(outputs) - len(queries)} rules without output)", bad)
            ok = ok and queries and not bad
            patterns.update(*pool.map(lucene.patterns, [it["query"] for it in queries], chunksize=50))
            tested = [it for it in queries if single(it["path"])]
            asked = dict(enumerate(pool.map(events_of, [it["path"] for it in tested], chunksize=50)))
            for idx, it in enumerate(tested):
                asked[idx] += truths.get(it["id"], [])
            verdicts = matcher(rulec, pathlib.Path(work), tested, asked, target)
            jobs = [(it["query"], [seen(it["query"], profile, asked[idx], verdicts, idx, number)
                                   for number in range(len(asked[idx]))]) for idx, it in enumerate(tested)]
            answers = pool.map(elastic, jobs, chunksize=50)
            ok = compare(target, tested, asked, verdicts, answers) and ok
        head, bad = lucene.judge(patterns, pathlib.Path(work), pool)
        show(head, bad)
    return ok and not bad


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


def seen(query, profile, asked, verdicts, idx, number):
    """The event as the index holds it: as it is, or carried through the profile's map; None when it can't be."""
    if profile == "none":
        return asked[number]
    carried = verdicts.get((idx, number), (None, None))[1]
    return carried and {"event.category": query.split()[0], **carried}


def selftest():
    """A judge that never says no proves nothing."""
    for wrong in ('any where a : "\\*"', "any where c-uri : 1", "any where a : 5"):
        assert parse_error(wrong), wrong
    assert not parse_error('any where `c-uri` : "x"')
    for query, event, verdict in [
        ('a : "K*"', {"a": ["x", "kz"]}, True), ('a : "k"', {"a": "\u212a"}, False), ('a == "K"', {"a": "k"}, False),
        ('not a == "x"', {}, True), ("a == 5", {"a": "5.0"}, True), ("a == 1", {"a": True}, False),
        ('a regex "b"', {"a": "abc"}, False), ('a regex~ "[a-c]"', {"a": "B"}, False),
        ('a regex~ "[abc]"', {"a": "B"}, True), ('`a`.b : "x"', {"a.b": "x"}, True),
    ]:
        assert es.compiled("any where " + query)(event) == verdict, query


def json_lines(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    return [json.loads(line) for line in done.stdout.split("\n") if line]


def parse_error(query):
    try:
        with elasticsearch_syntax, allow_sample, allow_runs, allow_negation:
            eql.parse_query(query)
    except Exception as error:  # noqa: BLE001  whatever the package throws, the query is refused
        return " ".join(str(error).split())[:300] or type(error).__name__
    return None


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


def elastic(job):
    query, asked = job
    try:
        test = es.compiled(query)
    except Exception as error:  # noqa: BLE001  reported with the rule
        return f"{type(error).__name__}: {error}"
    return [None if event is None else test(event) for event in asked]


def compare(target, tested, asked, verdicts, answers):
    table = collections.defaultdict(collections.Counter)
    bad, unjudged = [], []
    for idx, (it, found) in enumerate(zip(tested, answers)):
        row = table[it["fidelity"]]
        row["rules"] += 1
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
            wrong = matched and not said if it["fidelity"] == "wider" else \
                said and not matched if it["fidelity"] == "narrower" else said != matched
            if wrong:
                row["disagreements"] += 1
                shown = json.dumps(event, ensure_ascii=False)
                bad.append(f"{it['path']} ({it['fidelity']}): matcher {matched}, eql {said}: {shown}")
    columns = ("rules", "pairs", "true", "not carried", "disagreements")
    print(f"{target} verdicts: {'fidelity':<10}" + "".join(f"{it:>15}" for it in columns))
    for fidelity, row in sorted(table.items()):
        print(f"                   {fidelity:<10}" + "".join(f"{row[it]:>15}" for it in columns))
    show(f"{len(unjudged)} rules unjudged", unjudged)
    show(f"{len(bad)} disagreements", bad)
    return not bad and len(unjudged) * 20 <= len(tested) and any(row["true"] for row in table.values())


def show(head, lines):
    print(head)
    for line in lines[:SHOWN]:
        print(f"  {line}")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
