"""Judge of es.py's patterns: Lucene itself, from the jar inside PyPI nlp4j-local-search (Apache-2.0).

`regex`, `like` and `:` are automata of Lucene once Elasticsearch runs them; es.py has Python's `re` in their place.
Both get the patterns of all queries, on values made around each pattern, and must agree on every one.
Lucene.java asks Lucene. No JDK or no jar: a notice, and no judgement.
"""

import base64
import io
import os
import pathlib
import random
import re
import re._parser as regex_parser
import shutil
import subprocess
import sys
import tempfile
import zipfile

from lark import Token, Tree

import es
import events

PACKAGE = "nlp4j-local-search==0.8.1.0"
JAVA = 21  # Lucene 10 asks for it
FIELD = Tree("field", [Token("NAME", "a")])

KNOWN = [
    (":", "K*", "kz", True), (":", "k", "\u212a", False), (":", "a\\?", "A\\\n", True), (":", "é", "É", False),
    ("like", "a*", "Ab", False), ("like", "a\\*", "a\\b", True), ("like", "?", "\U0001f600", True),
    ("regex", "b", "abc", False), ("regex", "a.c", "a\nc", True), ("regex", "^a", "a", False),
    ("regex~", "k", "K", True), ("regex~", "[a-c]", "B", False), ("regex~", "[abc]", "B", True),
]


def patterns(query):
    """What its string predicates compare with, each with the operator."""
    tree = es.lark_parser.parse(query + "\n", start="piped_query")
    return {(str(it.children[1]), es.constant(pattern))
            for it in tree.find_data("string_predicate") for pattern in it.children[2:]}


def judge(asked, work, pool):
    """A line about it all, and the differences."""
    try:
        java, jar = find_java(), find_jar(work / "lucene")
    except (OSError, LookupError, subprocess.SubprocessError, zipfile.BadZipFile) as error:
        return f"notice: {error}; Lucene isn't asked", []
    ask = [java, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", jar, pathlib.Path(__file__).with_name("Lucene.java")]
    for (*question, verdict), answer in zip(KNOWN, lucene(ask, [(operator, it, [value]) for operator, it, value, _ in KNOWN])):
        assert answer == "01"[verdict], (question, answer)
    asked = sorted(asked)
    made = pool.starmap(es_answer, asked, chunksize=200)
    answers = lucene(ask, [(*it, values) for it, (values, _) in zip(asked, made)])
    bad = []
    for (operator, pattern), (values, mine), answer in zip(asked, made, answers):
        for value, one, other in zip(values, verdicts(mine, values), verdicts(answer, values)):
            if one != other or one not in "01":
                bad.append(f"{operator} {pattern!r} on {value!r}: Lucene {other}, es.py {one}")
    pairs = sum(len(values) for values, _ in made)
    true = sum(it.count("1") for it in answers if not it.startswith("error"))
    head = f"Lucene: {len(asked)} patterns, {pairs} pairs with values, {true} true, {len(bad)} differences"
    return head, bad if true else [*bad, "nothing matched"]


def verdicts(answer, values):
    return [answer] * len(values) if answer.startswith("error") else answer


def es_answer(operator, pattern):
    """Values around the pattern, and es.py's verdicts in the form of Lucene.java."""
    values = around(operator, pattern, random.Random(pattern))
    try:
        test = es.boolean(Tree("string_predicate", [FIELD, operator, Tree("string", [f'"""{pattern}"""'])]))
    except Exception as error:  # noqa: BLE001  a pattern that es.py can't read is a difference
        return values, f"error: {error}"
    return values, "".join("01"[test({"a": it})] for it in values)


def around(operator, pattern, rng):
    """About 20 values: some that should match, near misses of them, and what is far from either."""
    make = sampled if operator.startswith("regex") else filled
    good = [make(pattern, rng) for _ in range(8)]
    near = [events.edited_value(rng.choice(good), rng) for _ in range(8)]
    far = [pattern, good[0].swapcase(), good[1] + "\n", "x\n" + good[2], "", "\U0001f600 Ωmega\t7"]
    return [it for it in dict.fromkeys(good + near + far) if fair(operator, it)]


def fair(operator, value):
    """Not half a surrogate pair; no case beyond ASCII for `regex~`: from 10.2 on, Lucene folds that too."""
    foreign = (it for it in value if not it.isascii())
    return not any("\ud800" <= it <= "\udfff" or operator == "regex~" and it.swapcase() != it for it in foreign)


def filled(pattern, rng):
    """The literal pieces, with something in place of the wildcards."""
    fillings = {"*": ["", "z", "z\\z", "a\nb", "é *?"], "?": ["q", "\n", "\\", "\U0001f600", ""]}
    return re.sub(r"[*?]", lambda it: rng.choice(fillings[it[0]]), pattern)


def sampled(pattern, rng):
    """Text that the regex accepts, read as Python's, which is near enough."""
    try:
        return events.sample(regex_parser.parse(pattern), rng)
    except re.error:
        return pattern


def lucene(ask, questions):
    lines = ["\t".join([operator, *(base64.b64encode(it.encode()).decode() for it in (pattern, *values))])
             for operator, pattern, values in questions]
    done = subprocess.run(ask, input="\n".join(lines) + "\n", stdout=subprocess.PIPE, text=True, check=True)
    answers = done.stdout.splitlines()
    assert len(answers) == len(questions), f"{len(answers)} answers to {len(questions)} questions"
    return answers


def find_java():
    home = os.environ.get("JAVA_HOME")
    found = [home and f"{home}/bin/java", shutil.which("java"), *sorted(pathlib.Path("/usr/lib/jvm").glob("*/bin/java"))]
    for java in filter(None, found):
        # A JDK, not a mere runtime: it has to compile.
        said = subprocess.run([java, "--describe-module", "jdk.compiler"], capture_output=True, text=True, check=False)
        version = re.match(r"jdk\.compiler@(\d+)", said.stdout)
        if version and int(version[1]) >= JAVA:
            return java
    raise LookupError(f"no JDK {JAVA} or newer")


def find_jar(folder):
    jar = next(folder.glob("lucene-core-*.jar"), None)
    if jar:
        return jar
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as fresh:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*pip, "--dest", fresh, PACKAGE], check=True)
        name, content = inner(next(pathlib.Path(fresh).glob("*.whl")).read_bytes())
        whole = pathlib.Path(fresh) / name
        whole.write_bytes(content)
        return whole.rename(folder / name)


def inner(archive):
    """The jar, which is in a jar of the wheel."""
    with zipfile.ZipFile(io.BytesIO(archive)) as box:
        for name in box.namelist():
            if re.fullmatch(r"(?:.*/)?lucene-core-[\d.]+\.jar", name):
                return name.rpartition("/")[2], box.read(name)
        for name in box.namelist():
            if name.endswith(".jar"):
                return inner(box.read(name))
    raise LookupError(f"{PACKAGE} has no lucene-core")
