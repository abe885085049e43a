"""A Kusto query run over rows, on duckdb-kql, with what that engine lacks or does otherwise put right.

Put right, each by Kusto's documentation:
- `ipv4_is_in_range`, `ipv4_is_in_any_range` and `ipv6_is_in_range` are missing; null where the text is no address.
- Regular expressions are run by RE2, Kusto's are those of the Rust crate: `(?-u:\\b)` is `\\b` there.
"""

import functools
import ipaddress
import json
import re
import warnings

warnings.filterwarnings("ignore")

TYPES = {"bool": "BOOLEAN", "int": "INTEGER", "long": "BIGINT", "real": "DOUBLE", "string": "VARCHAR", "guid": "VARCHAR",
         "datetime": "TIMESTAMP", "timespan": "INTERVAL", "dynamic": "JSON", "decimal": "DECIMAL(38,9)"}

WORDS = {"where", "and", "or", "not", "in", "true", "false", "contains", "contains_cs", "startswith", "startswith_cs",
         "endswith", "endswith_cs", "matches", "regex", "union", "project", "coalesce", "extend"}

ROW = "row_of_judge"


class Refused(Exception):
    """The engine can't run this; no verdict."""


@functools.cache
def start():
    """The engine; one a process."""
    import duckdb_kql
    from duckdb_kql.translate import functions

    con = duckdb_kql.connect()
    con.execute("SET threads = 1")
    make = functools.partial(con.create_function, null_handling="special")
    make("judge_v4", in_v4, ["VARCHAR", "VARCHAR"], "BOOLEAN")
    make("judge_v4_any", in_any_v4, ["VARCHAR", "VARCHAR[]"], "BOOLEAN")
    make("judge_v6", in_v6, ["VARCHAR", "VARCHAR"], "BOOLEAN")

    class AnyRange(functions.FunctionSpec):
        def render(self, args):
            return f"judge_v4_any({args[0]}, [{', '.join(args[1:])}])"

    known = functions.SCALAR_FUNCTIONS
    known["ipv4_is_in_range"] = functions.FunctionSpec("ipv4_is_in_range", "template", "judge_v4({0}, {1})", (2,))
    known["ipv6_is_in_range"] = functions.FunctionSpec("ipv6_is_in_range", "template", "judge_v6({0}, {1})", (2,))
    known["ipv4_is_in_any_range"] = AnyRange("ipv4_is_in_any_range", "template", "", ())
    return duckdb_kql, con


def in_v4(address, net):
    """Both may have a prefix; the shorter one counts."""
    try:
        one, other = ipaddress.IPv4Interface(address), ipaddress.IPv4Interface(net)
    except ValueError:
        return None
    bits = 32 - min(one.network.prefixlen, other.network.prefixlen)
    return int(one.ip) >> bits == int(other.ip) >> bits


def in_any_v4(address, nets):
    found = [in_v4(address, net) for net in nets]
    return True if True in found else None if found and all(it is None for it in found) else False


def in_v6(address, net):
    def read(text):
        try:
            return ipaddress.IPv6Interface(text)
        except ValueError:
            four = ipaddress.IPv4Interface(text)
            return ipaddress.IPv6Interface(f"::ffff:{four.ip}/{96 + four.network.prefixlen}")
    try:
        return read(address).ip in read(net).network
    except ValueError:
        return None


def unquoted(literal):
    escapes = {"n": "\n", "r": "\r", "t": "\t"}
    return re.sub(r"\\(?:u([0-9a-fA-F]{4})|(.))", lambda it: chr(int(it[1], 16)) if it[1] else escapes.get(it[2], it[2]),
                  literal[1:-1], flags=re.S)


def returned(query, table, types, rows):
    """Which rows the query returns; None for those that are None."""
    engine, con = start()
    try:
        # Columns that differ in case alone are two in Kusto and one in DuckDB.
        if len({it.lower() for it in types}) < len(types):
            raise Refused("names that differ in case alone")
        columns = [f'"{ROW}" BIGINT']
        for name, kind in types.items():
            quoted = name.replace('"', '""')
            columns.append(f'"{quoted}" {TYPES[kind]}')
        con.execute(f'CREATE OR REPLACE TABLE "{table}" ({", ".join(columns)})')
        values = []
        for number, row in enumerate(rows):
            if row is not None:
                # A missing text is an empty one, and anything else that is missing is null.
                values += [number, *(row.get(name, "" if kind in ("string", "guid") else None) for name, kind in types.items())]
        if values:
            marks = "(" + ", ".join("?" * len(columns)) + ")"
            count = len(values) // len(columns)
            con.execute(f'INSERT INTO "{table}" VALUES ' + ", ".join([marks] * count), values)
        text = query.replace("(?-u:\\\\b)", "\\\\b").replace("(?-u:\\\\B)", "\\\\B")
        found = {row[0] for row in engine.query(con, f"{text}\n| project {ROW}").fetchall()}
    except Refused:
        raise
    except Exception as error:  # noqa: BLE001  whatever the engine throws, there is no verdict
        raise Refused(f"{type(error).__name__}: {' '.join(str(error).split())[:160]}") from error
    return [None if row is None else number in found for number, row in enumerate(rows)]


def selftest():
    """A judge that never says no proves nothing."""
    types = {"a": "string", "b": "string", "n": "long", "t": "datetime", "d": "dynamic"}
    rows = [{"a": "Foo-x\ny.BAR", "b": "foo-x\ny.bar", "n": 5}, {"a": "10.1.1.1"}, {"n": 9, "b": "x", "d": '{"x": {"y-z": "Q"}}'}, None]
    for condition, numbers in [
        ("a =~ b and isnotempty(a)", [0]), ("a == b", []), ("a contains_cs 'BAR'", [0]), ("a contains_cs 'bar'", []),
        ("a matches regex '(?is)^foo.*\\\\.bar$'", [0]), ("isempty(a)", [2]), ("isnull(n)", [1]), ("not(n > 5)", [0]),
        ("not(coalesce(n > 5, false))", [0, 1]), ("ipv4_is_in_range(a, '10.0.0.0/8')", [1]),
        ("not(coalesce(ipv4_is_in_any_range(a, '10.0.0.0/8', '11.0.0.0/8'), false))", [0, 2]),
        ("a matches regex '(?-u:\\\\b)x(?-u:\\\\b)'", [0]), ("['a'] in~ ('FOO', '10.1.1.1')", [1]),
        ("tostring(d.x.['y-z']) =~ 'q'", [2]), ("isempty(tostring(d.x))", [0, 1]), ("tostring(parse_json(b).x) == ''", [0, 1, 2]),
    ]:
        found = returned(f"T\n| where {condition}", "T", types, rows)
        assert [at for at, it in enumerate(found) if it] == numbers and found[3] is None, (condition, found)
