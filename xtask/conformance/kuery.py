"""Judge of the `kuery` target, with PyPI kibana-ql 0.2 (MIT) and npm @cybernetex/kbn-es-query 1.0.2 (Apache-2.0).

usage: python -I kuery.py RULEC WORK_FOLDER NODE_FOLDER PROFILES_FOLDER PATH...

Every query of `kuery/ecs` and `kuery/none` must pass both parsers, and ask the same fields by both. The first is a
Python program after the grammar of a newer Kibana, the second is Kibana's code of an older release: they share no line,
but one author's grammar. The DSL that the second makes is run on the events that the judge of `eql` has: the verdict
must be that of `rulec test` where the fidelity is `exact`, no match may be lost where it is `wider`, none added where
it is `narrower`. Where case alone makes the difference, it is run again with case ignored, and then must be exact.
"""

import json
import multiprocessing
import pathlib
import re
import subprocess
import sys

import yaml
from kibana_ql import KqlParser

sys.dont_write_bytecode = True  # this folder is under version control
sys.path.append(str(pathlib.Path(__file__).parent))
import dsl  # noqa: E402
from judging import compare, ground_truth, questions, show  # noqa: E402

PARSER = KqlParser()
#: Why a query is not exact that only tells case apart.
CASE = "Kibana compares text as it is written, and the case of letters counts"


def main():
    rulec, work, node, profiles, *paths = sys.argv[1:]
    translate = ["node", "--stack-size=4000", str(pathlib.Path(__file__).with_name("kuery.js")), node]
    selftest(translate)
    ok = True
    truths = ground_truth(paths)
    with multiprocessing.Pool(2) as pool:
        for profile in ("ecs", "none"):
            target = f"kuery/{profile}"
            asking = questions(rulec, work, target, paths, truths, pool)
            queries = [it["query"] for it in asking.queries]
            made = dict(zip(queries, translated(translate, queries)))
            read = dict(zip(queries, pool.map(fields_read, queries, chunksize=20)))
            bad = []
            for it in asking.queries:
                query = it["query"]
                if "error" in made[query] or isinstance(read[query], str):
                    bad.append(f"{it['path']}: {made[query].get('error')}; {read[query]}")
                elif sorted(map(str, read[query])) != sorted(map(str, dsl.fields_of(made[query]["dsl"]))):
                    bad.append(f"{it['path']}: the parsers read different fields")
            show(f"{target}: {len(queries)} queries parsed twice, {len(bad)} with errors "
                 f"({asking.without} rules without output)", bad)
            ok = ok and queries and not bad
            kinds = kinds_of(pathlib.Path(profiles), profile)
            carried = [[seen(profile, asking, idx, number) for number in range(len(asking.asked[idx]))]
                       for idx in range(len(asking.tested))]
            made = [made[it["query"]].get("dsl") for it in asking.tested]
            jobs = [(*it, kinds, False, events) for it, events in zip(zip(made), carried)]
            answers = pool.map(elastic, jobs, chunksize=50)
            ok = compare(target, asking.tested, asking.asked, asking.verdicts, answers) and ok
            # Most differ by case alone; without it they must be exact, but for those that mean it in places.
            chosen = [idx for idx, it in enumerate(asking.tested) if {note["reason"] for note in it["notes"]} == {CASE}
                      and "|cased" not in pathlib.Path(it["path"]).read_text()]
            jobs = [(made[idx], kinds, True, carried[idx]) for idx in chosen]
            answers = pool.map(elastic, jobs, chunksize=50)
            rules = [{**asking.tested[idx], "fidelity": "exact"} for idx in chosen]
            asked = [asking.asked[idx] for idx in chosen]
            place = {idx: at for at, idx in enumerate(chosen)}
            verdicts = {(place[idx], number): it for (idx, number), it in asking.verdicts.items() if idx in place}
            ok = compare(f"{target}, case apart,", rules, asked, verdicts, answers) and ok
    return ok


def kinds_of(folder, profile):
    """Kinds of fields that aren't keywords; with `none` a query says by itself of which kind a field is."""
    if profile == "none":
        return Anything()
    res = {}
    for path in (folder / "eql/profiles/ecs.yml", folder / "kuery/profiles/ecs.yml"):
        for name, it in yaml.safe_load(path.read_text())["columns"].items():
            res[name] = it if isinstance(it, str) else it.get("kind", "text")
    return {name: kind for name, kind in res.items() if kind != "text"}


class Anything(dict):
    def get(self, key, default=None):
        return "any"


def seen(profile, asking, idx, number):
    """The event as the index holds it: as it is, or carried through the profile's map; None when it can't be."""
    return asking.asked[idx][number] if profile == "none" else asking.verdicts.get((idx, number), (None, None))[1]


def older(query):
    """The query with escapes that the older release doesn't know undone: braces are plain there, and there is no `\\u`."""
    def one(found):
        code, char = found.groups()
        return chr(int(code, 16)) if code else char if char in "{}" else found[0]
    return re.sub(r"\\(?:u([0-9a-fA-F]{4})|(.))", one, query, flags=re.S)


def translated(translate, queries):
    lines = "".join(json.dumps(older(it)) + "\n" for it in queries)
    done = subprocess.run(translate, input=lines, stdout=subprocess.PIPE, text=True, check=True)
    answers = [json.loads(it) for it in done.stdout.splitlines()]
    assert len(answers) == len(queries), f"{len(answers)} answers to {len(queries)} queries"
    return answers


def fields_read(query):
    """The fields of all tests as the Python parser reads them, or why it does not read the query."""
    try:
        return fields(PARSER.parse(query))
    except RecursionError:
        return "nested too deep for the parser"
    except Exception as error:  # noqa: BLE001  whatever the package throws, the query is refused
        return " ".join(str(error).split())[:200] or type(error).__name__


def fields(node):
    """The tree's own nodes, since the package's reading of them drops escapes."""
    name = node.expr_name
    if name in ("FieldRangeExpression", "FieldValueExpression"):
        field = node.children[0].text.strip()
        field = re.sub(r"\\(.)", r"\1", field[1:-1]) if field.startswith('"') else field
        return [field] * (values(node.children[-1]) if name == "FieldValueExpression" else 1)
    if name == "ValueExpression":
        return [None]
    return [it for child in node.children for it in fields(child)]


def values(node):
    return 1 if node.expr_name == "Value" else sum(values(it) for it in node.children)


def selftest(translate):
    """A judge that never says no proves nothing."""
    wrong = ["a: (x", 'a: "x', "a: b c: d", "not not a: b", "a: x)"]
    for query, answer in zip(wrong, translated(translate, wrong)):
        assert "error" in answer and isinstance(fields_read(query), str), query
    cases = [
        ("a: *", {"a": ""}, True), ("a: *", {"a": None}, False), ('a: "B"', {"a": "b"}, False), ("a: *B*", {"a": "xbx"}, False),
        ('a: "x*"', {"a": "xy"}, False), (r"a: x\*y*", {"a": "x*yz"}, True), (r"a: x\*y*", {"a": "xxyz"}, False),
        (r"a: *c\\d*", {"a": "c\\de"}, True), (r"a: *c\\d*", {"a": "cde"}, False), ("a: *b c*", {"a": "ab cd"}, True),
        ("a: *b c*", {"a": "ab"}, False), (r"a: *b \or c*", {"a": "ab or cd"}, True), ("w: *b c*", {"w": "ab"}, True),
        ("w: *b c*", {"w": "ab cd"}, False), ("w: *b*c*", {"w": "ab cd"}, True), ("a: 5", {"a": "5.0"}, True),
        ("a < 5", {"a": [7, 4]}, True), ("not a: 5", {}, True), ("a: true", {"a": 1}, False), ("*b*", {"c": {"d": ["ab"]}}, True),
        ("*b*", {"b": 1}, False), ('n: "10.0.0.0/8"', {"n": "10.1.1.1"}, True), ('a: ("x" or "y") and not b: *', {"a": "y"}, True),
        ('"c-uri": "x"', {"c-uri": "x"}, True),
    ]
    for (query, event, verdict), answer in zip(cases, translated(translate, [it[0] for it in cases])):
        assert fields_read(query) == dsl.fields_of(answer["dsl"]), query
        assert dsl.compiled(answer["dsl"], {"w": "wildcard", "n": "ip"})(event) == verdict, (query, event)


def elastic(job):
    made, kinds, fold, asked = job
    try:
        test = dsl.compiled(made, kinds, fold)
    except Exception as error:  # noqa: BLE001  reported with the rule
        return f"{type(error).__name__}: {error}"
    return [None if event is None else test(event) for event in asked]


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
