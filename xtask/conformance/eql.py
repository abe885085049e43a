"""Judge of the `eql` target, with PyPI eql 1.0.1 (AGPL: a tool of the tests, never shipped or linked).

usage: python -I eql.py RULEC WORK_FOLDER PATH...     (`-I`, or `import eql` finds this file)

Every query of `eql/ecs` and `eql/none` must pass the package's full parser, types included. Every query of `eql/none`
must give the verdicts of `rulec test` on the rule's own examples and on events made around the rule: the same where
the fidelity is `exact`, none lost where it is `wider`, none added where it is `narrower`. The patterns in all of them
must mean to Lucene what they mean here.
"""

import multiprocessing
import pathlib
import re
import sys

import eql
from eql.parser import allow_negation, allow_runs, allow_sample, elasticsearch_syntax

sys.dont_write_bytecode = True  # this folder is under version control
sys.path.append(str(pathlib.Path(__file__).parent))
import es  # noqa: E402
import lucene  # noqa: E402
from judging import compare, ground_truth, questions, show  # noqa: E402


def main():
    rulec, work, *paths = sys.argv[1:]
    selftest()
    ok = True
    truths = ground_truth(paths)
    patterns = set()
    with multiprocessing.Pool(2) as pool:
        for profile in ("ecs", "none"):
            target = f"eql/{profile}"
            asking = questions(rulec, work, target, paths, truths, pool)
            queries, tested, asked, verdicts = asking.queries, asking.tested, asking.asked, asking.verdicts
            errors = pool.map(parse_error, [it["query"] for it in queries], chunksize=50)
            bad = [f"{it['path']}: {error}" for it, error in zip(queries, errors) if error]
            show(f"{target}: {len(queries)} queries parsed, {len(bad)} with errors "
                 f"({asking.without} rules without output)", bad)
            ok = ok and queries and not bad
            patterns.update(*pool.map(lucene.patterns, [it["query"] for it in queries], chunksize=50))
            jobs = [(it["query"], [seen(it["query"], profile, asked[idx], verdicts, idx, number)
                                   for number in range(len(asked[idx]))]) for idx, it in enumerate(tested)]
            answers = pool.map(elastic, jobs, chunksize=50)
            ok = compare(target, tested, asked, verdicts, answers) and ok
        head, bad = lucene.judge(patterns, pathlib.Path(work), pool)
        show(head, bad)
    return ok and not bad


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


def parse_error(query):
    try:
        with elasticsearch_syntax, allow_sample, allow_runs, allow_negation:
            eql.parse_query(query)
    except Exception as error:  # noqa: BLE001  whatever the package throws, the query is refused
        return " ".join(str(error).split())[:300] or type(error).__name__
    return None


def elastic(job):
    query, asked = job
    try:
        test = es.compiled(query)
    except Exception as error:  # noqa: BLE001  reported with the rule
        return f"{type(error).__name__}: {error}"
    return [None if event is None else test(event) for event in asked]


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
