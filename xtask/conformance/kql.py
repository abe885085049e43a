"""Judge of the `kql` target: its queries run over tables on PyPI duckdb-kql (MIT), verdicts beside the matcher's.

usage: python -I kql.py RULEC WORK_FOLDER PROFILES_FOLDER PATH...

Every profile of the folder is judged, with the types of `kql_PROFILE.json` in the work folder, if that is there. Events are made around each rule, carried through the profile's map into a row of
the table that the query names, and the rows it returns are those that must match: all and only where the fidelity is
`exact`, none lost where it is `wider`, none added where it is `narrower`. What the engine refuses is counted apart.
"""

import collections
import datetime
import json
import multiprocessing
import pathlib
import re
import sys
import warnings
import xml.sax.saxutils

import yaml

sys.dont_write_bytecode = True  # this folder is under version control
sys.path.append(str(pathlib.Path(__file__).parent))
import kusto  # noqa: E402
from judging import Apart, compare, events_of, ground_truth, json_lines, matcher, show, single  # noqa: E402

warnings.filterwarnings("ignore")

KINDS = {"number": "long", "bool": "bool", "date": "datetime"}

#: By why: of the rules of a profile, the part that may go without a verdict. The engine has no condition on all columns;
#: such a query is neither exact nor one-sided, so that a verdict would settle nothing.
KEYWORDS = "a keyword is asked of all columns"
MOST_APART = {KEYWORDS: 0.05, None: 0.02}

#: Texts that a part may stand in, `@` being the part.
AROUND = ("@", "https://@:443/x", "https://example.org@", "https://example.org/x?@", "https://example.org/a/x.@?y",
          ";FTNTFGTcfgpath=@", ";FTNTFGTcfgobj=@", " id=@", " unit=\"@\"", " nametype=@")

TOKEN = re.compile(r"'(?:[^'\\]|\\.)*'|[A-Za-z_]\w*|\S", re.S)


def main():
    rulec, work, profiles, *paths = sys.argv[1:]
    truths = ground_truth(paths)
    ok = True
    with multiprocessing.Pool(2) as pool:
        pool.apply(kusto.selftest)  # not here: the engine doesn't live through a fork
        for file in sorted(pathlib.Path(profiles).glob("*.yml")):
            target = f"kql/{file.stem}"
            profile = yaml.safe_load(file.read_text())
            schema = pathlib.Path(work) / f"kql_{file.stem}.json"
            tables = json.loads(schema.read_text()) if schema.exists() else {}
            outputs = json_lines([rulec, "convert", "--target", target, "--jsonl", *paths])
            tested = [it for it in outputs if it["query"] is not None and single(it["path"])]
            asked = dict(enumerate(pool.map(events_of, [it["path"] for it in tested], chunksize=50)))
            for idx, it in enumerate(tested):
                asked[idx] += truths.get(it["id"], [])[:50]
            verdicts = matcher(rulec, pathlib.Path(work), tested, asked, target)
            jobs = []
            for idx, it in enumerate(tested):
                rows = [verdicts.get((idx, number), (None, None))[1] for number in range(len(asked[idx]))]
                jobs.append((it["query"], rows, profile.get("columns", {}), profile.get("default_kind"), tables))
            answers = pool.map(answer, jobs, chunksize=25)
            ok = compare(target, tested, asked, verdicts, answers, MOST_APART) and ok
    return ok


def answer(job):
    """For each row whether the query returns it; None for a row that the table can't hold; or why it was not run."""
    query, rows, columns, default, tables = job
    table = query.split()[0]
    ours = {name: it for name, it in columns.items() if isinstance(it, dict) and "spelled" in it}
    known = tables.get(table)
    if "*" in (token for token in TOKEN.findall(query) if token[0] != "'"):
        return Apart(KEYWORDS)
    try:
        flat = [row if row is None else parts(row, ours) for row in rows]
        types = {}
        for name in set(names(query)) | {name for row in flat for name in row or {}}:
            kind = columns.get(name, default)
            kind = kind.get("kind", "text") if isinstance(kind, dict) else kind
            if known is not None and name in known:
                types[name] = known[name]
            elif kind == "any":
                types[name] = asked_type(query, name)
            else:
                types[name] = KINDS.get(kind, "string")
        held = [None if row is None else typed(row, types) for row in flat]
        return kusto.returned(query, table, types, held)
    except kusto.Refused as why:
        return Apart(str(why))


def parts(row, ours):
    """The row with the columns of ours put back into those that they are made of; None where no row spells it so."""
    res = {}
    for name, value in row.items():
        column, path = ours.get(name), None
        if column is None:
            family = max((it for it in ours if it.endswith(".*") and name.startswith(it[:-1])), key=len, default=None)
            if family is None:
                # A column of ours may have said otherwise of it already.
                if res.setdefault(name, value) != value:
                    return None
                continue
            column, path = ours[family], name[len(family) - 1:].split(".")
        # Where nothing is said about lists, such a column holds none.
        if isinstance(value, list) and "effect" not in column and not re.fullmatch(r"\w+", column["spelled"]):
            return None
        if not put_back(res, column["spelled"], path, value):
            return None
    return res


def put_back(res, form, path, value):
    """Gives the columns of a spelling what makes it the value; False where nothing does."""
    if re.fullmatch(r"\w+", form):
        res[form] = " ".join(value) if isinstance(value, list) else value
        return True
    trimmed = re.fullmatch(r"trim_start\('\(\?i\)([^']*)', (.*)\)", form)
    if trimmed:
        return isinstance(value, str) and put_back(res, trimmed[2], path, trimmed[1].replace("\\\\\\\\", "\\") + value)
    member = re.fullmatch(r"to(?:string|int)\((?:parse_json\((\w+)\)|(\w+))((?:\.\w+)*(?:\.\{rest\})?)\)", form)
    if member:
        # All of the data of an event: the texts without names stand there as `Data`.
        keys = [it for it in member[3].split(".") if it] or ["Data"]
        keys = keys[:-1] + path if keys[-1] == "{rest}" else keys
        # What is looked for in all of the JSON is JSON already.
        if not member[3] and isinstance(value, str) and value.startswith("["):
            res[member[1] or member[2]] = json.loads(value)
            return True
        data = res.setdefault(member[1] or member[2], {})
        return isinstance(data, dict) and nest(data, keys, value)
    if isinstance(value, list):
        return False
    optional = re.fullmatch(r"strcat\((\w+), iff\(isempty\((\w+)\), '', strcat\('(\\\\|.)', (\w+)\)\)\)", form)
    joined = re.fullmatch(r"(?:iff\(isempty\(\w+\), '', )?strcat\((\w+), '(\\\\|.)', (\w+)\)\)?", form)
    beside = re.fullmatch(
        r"iff\(isempty\((\w+)\) or (\w+) endswith strcat\('(\\\\|.)', \1\), \2, strcat\(\2, '(\\\\|.)', \1\)\)", form)
    chosen = re.fullmatch(r"iff\((\w+) == '(\w+)', (\w+), ''\)", form)
    part = re.fullmatch(r"extract\('((?:[^'\\]|\\.)*)', 1, (\w+)\)", form)
    element = re.fullmatch(r"extract\('(<Data Name=\"\w+\">)\(\[\^<\]\*\)', 1, (\w+)\)", form)
    if optional and optional[2] == optional[4]:
        head, _, tail = value.rpartition(optional[3][0])
        res.update({optional[1]: head, optional[2]: tail} if head and tail else {optional[1]: value})
    elif joined:
        if joined[2][0] not in value:
            return False
        res[joined[1]], _, res[joined[3]] = value.rpartition(joined[2][0])
    elif beside:
        # Rows of both kinds: with the name in the folder's column, and without.
        head, separator, tail = value.rpartition(beside[3][0])
        whole = not tail or not head or len(value) % 2
        res.update({beside[2]: value if whole else head} | ({beside[1]: tail} if separator and tail else {}))
    elif chosen:
        # It is empty but in rows of one kind.
        if value and res.get(chosen[1], chosen[2]) != chosen[2]:
            return False
        res[chosen[1]] = chosen[2] if value else res.get(chosen[1], "")
        res[chosen[3]] = value
    elif element:
        res[element[2]] = f"{res.get(element[2], '')}{element[1]}{xml.sax.saxutils.escape(value)}</Data>"
    elif part:
        # The first surroundings out of which the very value is taken, in rows of both kinds.
        if not isinstance(res.get(part[2], ""), str):
            return False
        regex = kusto.unquoted(f"'{part[1]}'")
        around = AROUND[::-1] if len(value) % 2 else AROUND
        whole = [res.get(part[2], "") + it.replace("@", value) for it in around]
        taken = [it for it in whole if (found := re.search(regex, it)) and found[1] == value]
        if not taken or not value:
            return False
        res[part[2]] = taken[0]
    else:
        raise kusto.Refused(f"a column is spelled in a form that the judge can't fill: {form[:80]}")
    return True


def nest(data, keys, value):
    """Puts a value into JSON; False where a text stands in its way."""
    *way, last = keys
    for key in way:
        data = data.setdefault(key, {})
        if not isinstance(data, dict):
            return False
    return data.setdefault(last, value) is value


def names(query):
    """The columns that a query may name: bare words before an operator or in a call, and quoted names."""
    body = query.split("\n", 1)[1]
    tokens = TOKEN.findall(body)
    given = set()
    for at, token in enumerate(tokens):
        if tokens[at - 1:at] == ["."] or tokens[at - 2:at] == [".", "["]:
            continue  # a member of a column
        quoted = token[0] == "'" and tokens[at - 1] == "[" and tokens[at + 1] == "]"
        name = kusto.unquoted(token) if quoted else token
        # A name that the query gives is no column of the table.
        if name in given or tokens[at - 1 - quoted] == "extend":
            given.add(name)
        elif quoted:
            yield name
        elif re.match(r"[A-Za-z_]", token) and token not in kusto.WORDS and tokens[at + 1:at + 2] != ["("]:
            yield token


def asked_type(query, name):
    """The type of a column that only the query tells."""
    quoted = "['" + name.replace("\\", "\\\\").replace("'", "\\'") + "']"
    word = re.escape(name if re.fullmatch(r"\w+", name) else quoted)
    code = re.sub(r"\['(?:[^'\\]|\\.)*'\]|'(?:[^'\\]|\\.)*'", lambda it: it[0] if it[0][0] == "[" else "''", query)
    number = re.search(rf"(?<!\w){word} (?:(?:==|<=?|>=?) -?\d|in \(\s*-?\d)", code)
    boolean = re.search(rf"(?<!\w){word} == (?:true|false)", code)
    text = re.search(rf"(?<!\w){word} (?:=~|in~|== '|in \(\s*'|contains|startswith|endswith|matches)"
                     rf"|(?:todouble|empty)\({word}\)|_range\({word}", code)
    time = re.search(rf"datetime_part\('', {word}\)", code)
    found = [kind for kind, it in (("long", number), ("bool", boolean), ("string", text), ("datetime", time)) if it]
    if len(found) > 1:
        raise kusto.Refused(f"one column is asked as {' and '.join(found)}, which no Kusto column is")
    return found[0] if found else "string"


def typed(row, types):
    """The row in its columns' types, or None when they can't hold it."""
    res = {}
    for name, value in row.items():
        kind = types[name]
        if isinstance(value, list):
            return None
        text = value if isinstance(value, str) and kind != "dynamic" else json.dumps(value, ensure_ascii=False)
        if isinstance(value, float) and value.is_integer():
            text = str(int(value))
        if kind in ("string", "dynamic", "guid"):
            if any(it.lower() != it.casefold() or it.lower().isascii() for it in text if not it.isascii()):
                return None  # DuckDB's lower() folds these otherwise than Kusto, which ignores case character by character.
            res[name] = text
        elif kind in ("int", "long", "real"):
            try:
                value = json.loads(text)
            except ValueError:
                return None
            if isinstance(value, bool) or not isinstance(value, (int, float)) or kind != "real" and (value % 1 or abs(value) >= 2**63):
                return None
            res[name] = value if kind == "real" else int(value)
        elif kind == "bool":
            if text.lower() not in ("true", "false"):
                return None
            res[name] = text.lower() == "true"
        else:
            try:
                at = datetime.datetime.fromisoformat(text)
            except ValueError:
                return None
            if at.utcoffset():
                return None  # A datetime of Kusto is in UTC; the rule asks for the time as written.
            res[name] = at.replace(tzinfo=None)
    return res


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
