"""Judge of correlations: their queries, run by engines that nobody here wrote over streams made at random.

usage: python -I correlations.py RULEC WORK_FOLDER

`rulec test` gives the times and groups at which each correlation matches each stream. An exact query of `kql/none`,
run by duckdb-kql, must report the same times and groups. An exact query of `eql/none`, run by the sequence engine of
PyPI eql, must report nothing else, and every match that it does not report must follow a report of the same group by
no more than the timespan: a sequence that was completed is not told again.
"""

import collections
import datetime
import json
import pathlib
import random
import re
import subprocess
import sys

import duckdb
import duckdb_kql
import eql
from duckdb_kql.translate import functions
from eql.engine import PythonEngine
from eql.parser import allow_runs, elasticsearch_syntax

STREAMS = 10  # of each correlation
CORRELATIONS = 20  # of each type
SPAN = 10
START = datetime.datetime(2024, 1, 1)
COLUMNS = {"Timestamp": "TIMESTAMP", "k0": "VARCHAR", "k1": "VARCHAR", "k2": "VARCHAR", "u": "VARCHAR", "f": "VARCHAR",
           "g": "VARCHAR", "n": "BIGINT"}
# duckdb-kql has no `row_number`; the rows that it counts are sorted where it stands.
functions.SCALAR_FUNCTIONS["row_number"] = functions.FunctionSpec("row_number", "template", "row_number() OVER ()", (0,))


def main():
    rulec, work = sys.argv[1:]
    selftest()
    rand = random.Random(7)
    all_ = [make(rand, kind, nth) for kind in TYPES for nth in range(CORRELATIONS)]
    path = pathlib.Path(work) / "correlations.yml"
    path.write_text("\n---\n".join(json.dumps(it) for it in [*RULES, *all_]), encoding="utf-8")
    known = matches(rulec, path, all_)
    ok = True
    for target, run, agrees in (("kql", kusto, same), ("eql", elastic, reported)):
        outputs = lines([rulec, "convert", "--target", f"{target}/none", "--jsonl", str(path)])
        outputs = {it["title"]: it for it in outputs if it["title"] in known}
        counts, bad = collections.defaultdict(collections.Counter), []
        for it in all_:
            output, count = outputs[it["title"]], counts[it["title"].split()[0]]
            if output["query"] is None:
                count["refused"] += 1
                continue
            if output["fidelity"] != "exact":
                count[output["fidelity"]] += 1
                continue
            for stream, expected in zip(it["tests"], known[it["title"]]):
                events = [(step["at"], step["event"]) for step in stream["events"]]
                try:
                    found = run(output["query"], events)
                except Exception as error:  # whatever the engine says is a finding
                    bad.append(f"{it['title']}: {type(error).__name__}: {error}".replace("\n", " ")[:300])
                    break
                count["streams"] += 1
                count["matches"] += len(expected)
                if not agrees(found, expected):
                    bad.append(f"{it['title']}: reported {sorted(found)}, matches {sorted(expected)}: {events}")
        for kind, count in counts.items():
            print(f"{target} {kind}: " + ", ".join(f"{number} {word}" for word, number in count.items()))
            judged = count["streams"] > 0
            ok = ok and (not judged or (count["streams"] >= 200 * (1 - count["refused"] / CORRELATIONS)
                                        and count["matches"] > 0))
        print(f"{target}: {sum(it['streams'] for it in counts.values())} streams, {len(bad)} disagreements")
        for it in bad[:10]:
            print(f"  {it}")
        ok = ok and not bad and any(it["streams"] for it in counts.values())
    return ok


RULES = [{"title": f"r{nth}", "name": f"r{nth}", "logsource": {"product": "test"},
          "detection": {"selection": {f"k{nth}": "y"}, "condition": "selection"}} for nth in range(3)]


def bounds(rand, most, words=("gte", "gt", "lte", "lt", "eq", "neq")):
    if rand.random() < 0.2:
        low = rand.randint(1, most)
        return {"gte": low, "lte": low + rand.randint(0, 2)}
    word = rand.choice(words)
    return {word: rand.randint(2 if word == "lt" else 1, most)}


# By type: how many rules, and a condition. At one time the order of rows is the engine's own; types whose answers can
# depend on it get streams without equal times.
TYPES = {
    "event_count": (3, lambda rand: bounds(rand, 5), True),
    "event_count_growing": (3, lambda rand: {rand.choice(["gte", "gt"]): rand.randint(2, 4)}, True),
    "value_count": (2, lambda rand: {"field": rand.choice(["f", ["f", "g"]]), **bounds(rand, 4)}, False),
    "value_count_growing": (2, lambda rand: {"field": "f", "gte": rand.randint(1, 3)}, True),
    "value_sum": (2, lambda rand: {"field": "n", **bounds(rand, 40)}, False),
    "value_avg": (2, lambda rand: {"field": "n", **bounds(rand, 12)}, False),
    "value_median": (1, lambda rand: {"field": "n", **bounds(rand, 12)}, False),
    "value_percentile": (1, lambda rand: {"field": "n", "percentile": rand.choice([0, 1, 25, 90, 99, 100]),
                                          **bounds(rand, 12)}, False),
    "value_percentile_share": (1, lambda rand: {"field": "f", **bounds(rand, 90)}, False),
    "temporal": (3, lambda rand: None, True),
    "temporal_number": (3, lambda rand: rand.choice([{"gte": 2}, {"gte": 1}]), True),
    "temporal_formula": (3, lambda rand: rand.choice(["r0 and not r1", "r0 and (r1 or r2)", "1 of them and not r2",
                                                      "r0 or not r1 and not r2"]), False),
    "temporal_ordered": (3, lambda rand: None, False),
    "temporal_ordered_formula": (3, lambda rand: rand.choice(["r0 and r2", "r0 and r1"]), False),
}
# Words after the type's own only tell cases apart.
WORDS = ("_growing", "_share", "_number", "_formula")


def make(rand, kind, nth):
    rules, condition, ties = TYPES[kind]
    type_ = kind
    for word in WORDS:
        type_ = type_.removesuffix(word)
    count = rand.randint(2 if type_.startswith("temporal") else 1, rules)
    if kind.endswith("_formula"):
        count = rules
    body = {"type": type_, "rules": [f"r{it}" for it in range(count)], "timespan": f"{SPAN}s"}
    if rand.random() < 0.8:
        body["group-by"] = rand.choice([["u"], ["u", "g"]]) if kind != "value_count" else ["u"]
    found = condition(rand)
    if found is not None:
        body["condition"] = found
    tests = [{"match": True, "events": stream(rand, ties)} for _ in range(STREAMS)]
    return {"title": f"{kind} {nth}", "name": f"{kind}_{nth}", "correlation": body, "tests": tests}


def stream(rand, ties):
    length = rand.randint(2, 25)
    times = [rand.randint(0, 50) for _ in range(length)] if ties else rand.sample(range(60), length)
    res = []
    for at in sorted(times):
        event = {f"k{it}": rand.choice("yyn") for it in range(3)}
        for name, values in (("u", ["a", "a", "b", "A", "", None]), ("g", ["p", "p", "p", "q", ""]),
                             ("f", ["x", "y", "z", "X", "", None]), ("n", [1, 2, 3, 10, -4, 25, None])):
            value = rand.choice(values)
            if value is not None:
                event[name] = value
        res.append({"at": f"{at}s", "event": event})
    return res


def matches(rulec, path, all_):
    """By title, for each stream: the times and groups at which the correlation matches."""
    rows = iter(lines([rulec, "test", "--format", "json", str(path)]))
    res = {}
    for it in all_:
        res[it["title"]] = []
        for test in it["tests"]:
            row = next(rows)
            at = [int(step["at"][:-1]) for step in test["events"]]
            found = {(at[hit["event"] - 1], tuple(hit["group"])) for hit in row["hits"]}
            assert row["events"] == len(at), row
            res[it["title"]].append(found)
    return res


def lines(command):
    # Its status tells of examples that fail, which is no concern here.
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    return [json.loads(it) for it in done.stdout.decode().splitlines()]


def same(found, expected):
    return found == expected


def reported(found, expected):
    follows = lambda it: any(group == it[1] and 0 <= it[0] - at <= SPAN for at, group in found)
    return found <= expected and all(follows(it) for it in expected)


def kusto(query, events):
    con = duckdb_kql.connect() if hasattr(duckdb_kql, "connect") else duckdb.connect()
    con.execute("CREATE TABLE T(" + ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items()) + ")")
    for at, event in events:
        row = {"Timestamp": START + datetime.timedelta(seconds=int(at[:-1])), **event}
        # Kusto keeps a missing text as an empty one.
        values = [row.get(name, None if kind == "BIGINT" else "") for name, kind in COLUMNS.items()]
        con.execute("INSERT INTO T VALUES (" + ", ".join("?" * len(values)) + ")", values)
    # The engine needs to know the columns of what is joined: the first statement becomes a table.
    parts = re.fullmatch(r"let (\w+) = materialize\((.*?)\);\n(.*)", query, re.DOTALL)
    name, first, rest = parts.groups()
    duckdb_kql.query(con, first).create(name)
    seconds = lambda it: int((it - START).total_seconds())
    return {(seconds(row[0]), tuple(row[1:])) for row in duckdb_kql.query(con, rest).fetchall()}


def elastic(query, events):
    """The times and groups of the last events of the sequences that are found."""
    found = set()
    with elasticsearch_syntax, allow_runs:
        parsed = eql.parse_query(query)
    keys = re.search(r"sequence(?: by (\S+(?:, \S+)*))? with", query).group(1)
    keys = [it.lstrip("?") for it in keys.split(", ")] if keys else []
    engine = PythonEngine()
    engine.add_query(parsed)

    # This engine ignores the case of keys, where Elasticsearch tells it apart.
    def take(result):
        last = result.events[-1]
        found.add((last.data["seconds"], tuple(last.data[it].replace("other", "A") for it in keys)))

    engine.add_output_hook(take)
    ticks = engine.convert_time_range(parsed.first.max_span) // SPAN
    for at, event in events:
        seconds = int(at[:-1])
        event = {name: "other" if value == "A" else value for name, value in event.items()}
        engine.stream_event(eql.Event("any", seconds * ticks, {**event, "seconds": seconds}))
    engine.finalize()
    return found


def selftest():
    """A judge that never says no proves nothing."""
    assert not same({(1, ())}, set()) and not same(set(), {(1, ())})
    assert reported({(1, ())}, {(1, ()), (11, ())}) and not reported({(1, ())}, {(1, ()), (12, ())})
    assert not reported({(1, ())}, set()) and not reported({(2, ())}, {(1, ()), (2, ())})
    query = 'sequence by ?u with maxspan=10s\n  [any where ?k0 : "y"]\n  [any where ?k1 : "y"]'
    event = lambda at, key: (f"{at}s", {key: "y", "u": "a"})
    assert elastic(query, [event(0, "k0"), event(10, "k1")]) == {(10, ("a",))}
    assert elastic(query, [event(0, "k0"), event(11, "k1")]) == set()
    assert elastic(query, [event(0, "k1"), event(1, "k0")]) == set()


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
