"""Judge of correlations: their queries, run by engines that nobody here wrote over streams made at random.

usage: python -I correlations.py RULEC WORK_FOLDER

`rulec test` gives the times and groups at which each correlation matches each stream. All streams of a correlation are
then run as one, so far apart that no window reaches into two. A query of `kql/none`, run by duckdb-kql, must report the
same times and groups. A query of `eql/none`, run by the sequence engine of PyPI eql, must report nothing else, and every
match that it does not report must follow a report of the same group by no more than the timespan: a sequence that was
completed is not told again; where the output calls itself narrower, only the first is asked.

A query with a border moved must be found out, or the judge proves nothing. The queries for Kusto are left in the work
folder with the types of their table, for its own parser.
"""

import collections
import datetime
import itertools
import json
import pathlib
import random
import re
import subprocess
import sys

import duckdb_kql
import eql
from duckdb_kql.translate import functions
from eql.engine import PythonEngine
from eql.parser import allow_runs, elasticsearch_syntax

sys.dont_write_bytecode = True  # this folder is under version control
sys.path.append(str(pathlib.Path(__file__).parent))
from streams import (  # noqa: E402
    CORRELATIONS, GAP, KINDS, LEAST, RULES, SHOWING, SPAN, STREAMS, borders, joined, make, steps, wanted)

START = datetime.datetime(2024, 1, 1)
COLUMNS = {"Timestamp": "TIMESTAMP", "k0": "VARCHAR", "k1": "VARCHAR", "k2": "VARCHAR", "u": "VARCHAR", "f": "VARCHAR",
           "g": "VARCHAR", "n": "BIGINT", "Arrival": "BIGINT"}
# duckdb-kql has no `row_number`; the rows that it counts are sorted where it stands. It sorts numbers as texts.
for name, arguments, sql in (
        ("row_number", 0, "row_number() OVER ()"),
        ("array_sort_asc", 1, "to_json(list_sort(list_transform(CAST(to_json({0}) AS JSON[]), lambda it: CAST(it AS DOUBLE))))")):
    functions.SCALAR_FUNCTIONS[name] = functions.FunctionSpec(name, "template", sql, (arguments,))
NUMBERS = itertools.count()
SHOWN = 10
TRIED = 15  # correlations of a kind in which a border is moved without being found out


def main():
    rulec, work = sys.argv[1:]
    con = duckdb_kql.connect()
    con.execute("SET threads = 1")
    selftest(con)
    rand = random.Random(7)
    all_ = [make(rand, kind, nth) for kind in KINDS for nth in range(CORRELATIONS)]
    ok = shown(all_)
    bare = write(work, "correlations.yml", [{key: it[key] for key in it if key != "tests"} for it in all_])
    known = matches(rulec, write(work, "correlations_tests.yml", all_), all_)
    for target, judge in (("kql", Judge(lambda *it: kusto(con, *it), same, {}, set(KINDS), KQL_MOVED)),
                          ("eql", Judge(elastic, reported, {"narrower": within}, SEQUENCES, EQL_MOVED))):
        outputs = lines([rulec, "convert", "--target", f"{target}/none", "--jsonl", str(bare)])
        outputs = {it["title"]: it for it in outputs if it["title"] in known}
        if target == "kql":
            for_parser(work, outputs.values())
        ok = judge.judge(target, all_, outputs, known) and ok
    return ok


#: What `eql` says of correlations: exactly, or so that it finds nothing else.
SEQUENCES = {"temporal_ordered", "temporal_ordered_formula", "event_count_growing"}


def moved(pattern, by):
    return lambda query: re.sub(pattern, by, query)


def strict(query):
    """Bounds with their border on the other side."""
    other = {">=": ">", ">": ">=", "<=": "<", "<": "<="}
    return re.sub(r"\bAmount (>=|>|<=|<) ", lambda it: f"Amount {other[it[1]]} ", query)


KQL_MOVED = {
    "a window without its border": moved(rf"<= {SPAN}s\b", f"< {SPAN}s"),
    "a window of a second more": moved(rf"<= {SPAN}s\b", f"<= {SPAN + 1}s"),
    "a bound without its border": strict,
    "an event that does not count itself": moved(r"\bNth1 <= Nth\b", "Nth1 < Nth"),
    "an event that stands twice in a chain": moved(r"\b(Nth\d) > (Nth\d)\b", r"\1 >= \2"),
    "an exclusion that comes later": moved(r"\bNthNot <= Nth and ", ""),
    "a group of all": moved(r"\bKey1 = u\b", "Key1 = '-'"),
}
EQL_MOVED = {
    "a window of a second less": moved(rf"maxspan={SPAN}s", f"maxspan={SPAN - 1}s"),
    "a window of a second more": moved(rf"maxspan={SPAN}s", f"maxspan={SPAN + 1}s"),
    "a run shorter by one": moved(r"runs=(\d+)", lambda it: f"runs={int(it[1]) - 1}"),
    "a group of all": moved(r"sequence by \S+(?:, \S+)* with", "sequence with"),
}


#: What lets a query say less, which is no finding where it calls itself narrower.
NARROWING = {"a window of a second less"}


class Judge:
    """How the queries of a target are run, and what they must report.

    `also` has what must hold of outputs that are not exact, by their fidelity; `must` the kinds that may not all be
    refused; `borders` what a query is changed to that must be found out.
    """

    def __init__(self, run, agrees, also, must, borders):
        self.run, self.agrees = run, {"exact": agrees, **also}
        self.must, self.borders = must, borders

    def judge(self, target, all_, outputs, known):
        counts, bad = collections.defaultdict(collections.Counter), []
        undetected, detected = collections.Counter(), set()
        for it in all_:
            output, kind = outputs[it["title"]], it["title"].split()[0]
            count, agrees = counts[kind], self.agrees.get(output["fidelity"])
            if output["query"] is None:
                count["refused"] += 1
                continue
            count[output["fidelity"]] += 1
            if agrees is None:
                continue
            expected, streams = known[it["title"]], [steps(test) for test in it["tests"]]
            try:
                found = apart(self.run(output["query"], joined(streams)))
            except Exception as error:  # whatever the engine says is a finding
                bad.append(f"{it['title']}: {type(error).__name__}: {error}".replace("\n", " ")[:300])
                continue
            count["streams"] += len(streams)
            count["matches"] += sum(map(len, expected))
            for events, one, other in zip(streams, found, expected):
                if not agrees(one, other):
                    bad.append(f"{it['title']}: reported {sorted(one)}, matches {sorted(other)}: {events}")
            for border, change in self.borders.items():
                query, case = change(output["query"]), (kind, border)
                shows = output["fidelity"] != "narrower" or border not in NARROWING
                if shows and query != output["query"] and case not in detected and undetected[case] < TRIED:
                    found = apart(self.run(query, joined(streams)))
                    if all(map(agrees, found, expected)):
                        undetected[case] += 1
                    else:
                        detected.add(case)
        for kind, count in counts.items():
            print(f"{target} {kind}: " + ", ".join(f"{number} {word}" for word, number in count.items()))
            if kind in self.must and (count["streams"] < LEAST or not count["matches"]):
                bad.append(f"{kind}: fewer than {LEAST} streams were judged, or none matches")
        bad += [f"{kind}: {border} was not found out" for kind, border in undetected if (kind, border) not in detected]
        streams = sum(it["streams"] for it in counts.values())
        print(f"{target}: {streams} streams, {len(bad)} disagreements; {len(detected)} moved borders found out")
        for it in bad[:SHOWN]:
            print(f"  {it}")
        return not bad and streams > 0


def shown(all_):
    """Whether the streams of each kind show each border often enough."""
    counts = collections.Counter()
    for it in all_:
        for test in it["tests"]:
            for border in borders(it, steps(test)) & wanted(it):
                counts[it["title"].split()[0], border] += 1
    each = collections.Counter()
    for (_, border), count in counts.items():
        each[border] += count
    print(f"{len(all_) * STREAMS} streams; " + ", ".join(f"{count} with {word}" for word, count in each.most_common()))
    few = [(kind, border) for it in all_ for kind in [it["title"].split()[0]] for border in wanted(it)
           if counts[kind, border] < SHOWING]
    for kind, border in sorted(set(few)):
        print(f"  {kind}: fewer than {SHOWING} streams with {border}")
    return not few


def write(work, name, correlations):
    path = pathlib.Path(work) / name
    path.write_text("\n---\n".join(json.dumps(it) for it in [*RULES, *correlations]), encoding="utf-8")
    return path


def for_parser(work, outputs):
    """The queries, and the types of the columns that they may name."""
    types = {"TIMESTAMP": "datetime", "VARCHAR": "string", "BIGINT": "long"}
    columns = {name: types[kind] for name, kind in COLUMNS.items() if name != "Arrival"}
    folder = pathlib.Path(work)
    (folder / "correlations_schema.json").write_text(json.dumps({"T": columns}))
    (folder / "correlations_outputs.jsonl").write_text("".join(f"{json.dumps(it)}\n" for it in outputs))


def matches(rulec, path, all_):
    """By title, for each stream: the times and groups at which the correlation matches."""
    rows = iter(lines([rulec, "test", "--format", "json", str(path)]))
    res = {}
    for it in all_:
        res[it["title"]] = []
        for test in it["tests"]:
            row = next(rows)
            at = [at for at, _ in steps(test)]
            found = {(at[hit["event"] - 1], tuple(hit["group"])) for hit in row["hits"]}
            assert row["events"] == len(at), row
            res[it["title"]].append(found)
    return res


def lines(command):
    # Its status tells of examples that fail, which is no concern here.
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return [json.loads(it) for it in done.stdout.decode().splitlines()]


def apart(found):
    """What was reported of joined streams, for each of them."""
    res = [set() for _ in range(STREAMS)]
    for at, group in found:
        res[at // GAP].add((at % GAP, group))
    return res


def same(found, expected):
    return found == expected


def within(found, expected):
    return found <= expected


def reported(found, expected):
    follows = lambda it: any(group == it[1] and 0 <= it[0] - at <= SPAN for at, group in found)
    return found <= expected and all(follows(it) for it in expected)


def kusto(con, query, events):
    con.execute("CREATE OR REPLACE TABLE T(" + ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items()) + ")")
    values = []
    for nth, (at, event) in enumerate(events):
        row = {"Timestamp": START + datetime.timedelta(seconds=at), "Arrival": nth, **event}
        # Kusto keeps a missing text as an empty one.
        values += [row.get(name, None if kind == "BIGINT" else "") for name, kind in COLUMNS.items()]
    marks = "(" + ", ".join("?" * len(COLUMNS)) + ")"
    con.execute(f"INSERT INTO T VALUES {', '.join([marks] * len(events))}", values)
    # The order of rows of one time is the store's own: here it is that of their arrival.
    query, asked = re.subn(r"\bproject Time = Timestamp\b", "project Time = Timestamp, Arrival", query)
    query, sorted_ = re.subn(r"\bTime asc\n", "Time asc, Arrival asc\n", query)
    assert (asked, sorted_) == (1, 1), query
    # The engine needs to know the columns of what is joined: the first statement becomes a table.
    parts = re.fullmatch(r"let (\w+) = materialize\((.*?)\);\n(.*)", query, re.DOTALL)
    name, first, rest = parts.groups()
    # It keeps the types of the columns of a name.
    fresh = f"{name}{next(NUMBERS)}"
    duckdb_kql.query(con, first).create(fresh)
    try:
        seconds = lambda it: int((it - START).total_seconds())
        rows = duckdb_kql.query(con, re.sub(rf"\b{name}\b", fresh, rest)).fetchall()
        return {(seconds(row[0]), tuple(row[1:])) for row in rows}
    finally:
        con.execute(f"DROP TABLE {fresh}")


def elastic(query, events):
    """The times and groups of the last events of the sequences that are found."""
    found = set()
    with elasticsearch_syntax, allow_runs:
        parsed = eql.parse_query(query)
        second = eql.parse_query("sequence with maxspan=1s [any where true] [any where true]").first.max_span
    keys = re.search(r"sequence(?: by (\S+(?:, \S+)*))? with", query).group(1)
    keys = [it.lstrip("?") for it in keys.split(", ")] if keys else []
    engine = PythonEngine()
    engine.add_query(parsed)

    # This engine ignores the case of keys, where Elasticsearch tells it apart.
    def take(result):
        last = result.events[-1]
        found.add((last.data["seconds"], tuple(last.data[it].replace("other", "A") for it in keys)))

    engine.add_output_hook(take)
    ticks = engine.convert_time_range(second)
    for at, event in events:
        event = {name: "other" if value == "A" else value for name, value in event.items()}
        engine.stream_event(eql.Event("any", at * ticks, {**event, "seconds": at}))
    engine.finalize()
    return found


def selftest(con):
    """A judge that never says no proves nothing."""
    assert not same({(1, ())}, set()) and not same(set(), {(1, ())})
    assert not within({(1, ())}, set()) and within(set(), {(1, ())})
    assert reported({(1, ())}, {(1, ()), (11, ())}) and not reported({(1, ())}, {(1, ()), (12, ())})
    assert not reported({(1, ())}, set()) and not reported({(2, ())}, {(1, ()), (2, ())})
    assert apart({(0, ()), (GAP + 1, ("a",))})[:3] == [{(0, ())}, {(1, ("a",))}, set()]
    query = 'sequence by ?u with maxspan=10s\n  [any where ?k0 : "y"]\n  [any where ?k1 : "y"]'
    event = lambda at, key: (at, {key: "y", "u": "a"})
    assert elastic(query, [event(0, "k0"), event(10, "k1")]) == {(10, ("a",))}
    assert elastic(query, [event(0, "k0"), event(11, "k1")]) == set()
    assert elastic(query, [event(0, "k1"), event(1, "k0")]) == set()
    assert elastic(query.replace("10s", "11s"), [event(0, "k0"), event(11, "k1")]) == {(11, ("a",))}
    query = ("let Hits = materialize(\nT\n| where k0 =~ 'y'\n| project Time = Timestamp, Key1 = u\n| order by Key1 asc, Time asc\n"
             "| extend Nth = row_number());\nHits\n| where Nth > 1\n| project Timestamp = Time, Key1")
    assert kusto(con, query, [event(3, "k0"), event(2, "k1"), event(1, "k0")]) == {(3, ("a",))}


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
