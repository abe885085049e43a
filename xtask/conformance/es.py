"""An EQL event query run on an event the way Elasticsearch documents it.

PyPI eql parses it; its own engine isn't used, for it knows no arrays, no case and no `?`. Known here:
any element of an array is enough, `not` is two-valued, `==`, `in`, `like` and `regex` are cased, `:`, `in~`, `like~`
and `regex~` fold ASCII letters only, `*` and `?` have no escape, a regex is Lucene's and covers the whole value.
"""

import ipaddress
import json
import re

from eql.parser import lark_parser
from lark import Token, Tree

ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "'": "'", "\\": "\\"}


def compiled(query):
    """The query as a function of an event."""
    statement = lark_parser.parse(query + "\n", start="piped_query").children[0].children[0]
    if statement.data != "event_query":
        raise NotImplementedError(statement.data)
    category = str(statement.children[0].children[0]).strip('"')
    condition = boolean(statement.children[-1])
    return lambda event: (
        category == "any" or category in values(event, ["event", "category"])
    ) and condition(event)


def values(doc, path):
    """All values of a field: arrays opened, dotted keys and nested ones, `null` dropped."""
    if isinstance(doc, list):
        return [value for it in doc for value in values(it, path)]
    if not path:
        return [] if doc is None or isinstance(doc, dict) else [doc]
    if not isinstance(doc, dict):
        return []
    res = []
    for count in range(1, len(path) + 1):
        key = ".".join(path[:count])
        if key in doc:
            res += values(doc[key], path[count:])
    return res


def boolean(tree):
    kind, parts = tree.data, tree.children
    match kind:
        case "or_expr":
            tests = [boolean(it) for it in parts]
            return lambda event: any(test(event) for test in tests)
        case "and_expr":
            tests = [boolean(it) for it in parts]
            return lambda event: all(test(event) for test in tests)
        case "not_expr":
            test = boolean(parts[-1])
            return (lambda event: not test(event)) if len(parts) % 2 == 0 else test
        case "comparison":
            return comparison(parts[0], str(parts[1]), parts[2])
        case "in_set" | "not_in_set":
            fold = any(isinstance(it, Token) and str(it) == "in~" for it in parts)
            consts = [constant(it) for it in parts[-1].children]
            test = some(parts[0], lambda value: any(same(value, it, fold) for it in consts))
            return test if kind == "in_set" else lambda event: not test(event)
        case "string_predicate":
            operator = str(parts[1])
            compile_one = lucene if operator.startswith("regex") else wildcard
            tests = [compile_one(constant(it), operator in (":", "like~", "regex~")) for it in parts[2:]]
            return some(parts[0], lambda value: any(test.fullmatch(text(value)) for test in tests))
        case "function_call" if str(parts[0]).lower() == "cidrmatch":
            field, *nets = parts[1].children
            nets = [ipaddress.ip_network(constant(it), strict=False) for it in nets]
            return some(field, lambda value: in_nets(value, nets))
        case "literal" if isinstance(constant(tree), bool):
            always = constant(tree)
            return lambda event: always
    raise NotImplementedError(kind)


def comparison(left, operator, right):
    const = constant(right)
    if const is None:
        has = some(left, lambda value: True)
        return has if operator == "!=" else lambda event: not has(event)
    if operator == "!=":
        equal = some(left, lambda value: same(value, const, False))
        return lambda event: not equal(event)
    if operator == "==":
        return some(left, lambda value: same(value, const, False))
    order = {"<": lambda it: it < const, "<=": lambda it: it <= const,
             ">": lambda it: it > const, ">=": lambda it: it >= const}[operator]
    return some(left, lambda value: number(value) is not None and order(number(value)))


def some(field, test):
    """True if a value of the field passes."""
    path = field_path(field)
    return lambda event: any(test(value) for value in values(event, path))


def field_path(tree):
    if tree.data not in ("field", "base_field"):
        raise NotImplementedError(tree.data)
    raw = tree.children[0]
    raw = str(raw if isinstance(raw, Token) else raw.children[0]).lstrip("?")
    names = re.findall(r"`((?:[^`]|``)*)`|([^.\s`]+)", raw)
    return ".".join(quoted.replace("``", "`") if quoted else bare for quoted, bare in names).split(".")


def constant(tree):
    first = tree.children[0] if isinstance(tree, Tree) and tree.children else None
    match tree.data:
        case "literal":
            return constant(first)
        case "string":
            return unquoted(str(first))
        case "number":
            return json.loads(str(first))
        case "boolean":
            return str(first) == "true"
        case "null":
            return None
        case "value" | "signed_single_atom":
            const = constant(tree.children[-1])
            return -const if str(first) == "-" else const
    raise NotImplementedError(tree.data)


def unquoted(raw):
    if raw.startswith('"""'):
        return raw[3:-3]
    return re.sub(r"\\u\{([0-9a-fA-F]{2,8})\}|\\(.)",
                  lambda it: chr(int(it[1], 16)) if it[1] else ESCAPES[it[2]], raw[1:-1])


def text(value):
    return value if isinstance(value, str) else json.dumps(value)


def number(value):
    """The value in a numeric field: text that spells a number is one."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def same(value, const, fold):
    """Equal, in a field of the constant's type."""
    if isinstance(const, str):
        value = text(value)
        return ascii_lower(value) == ascii_lower(const) if fold else value == const
    if isinstance(const, bool):
        return value is const or value == str(const).lower()
    return number(value) == const and number(value) is not None


def ascii_lower(string):
    return re.sub("[A-Z]", lambda it: it[0].lower(), string)


def wildcard(pattern, fold):
    regex = "".join(".*" if it == "*" else "." if it == "?" else re.escape(it) for it in pattern)
    return re.compile(regex, re.S | re.A | (re.I if fold else 0))


def in_nets(value, nets):
    try:
        address = ipaddress.ip_address(text(value))
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in net for net in nets)


def lucene(pattern, fold):
    """Lucene's regex as Python's: `^` and `$` are plain there, ranges don't fold, some characters need an escape."""
    if re.search(r"(?<!\\)\(\?", pattern):
        raise ValueError(f"Lucene has no `(?`: {pattern}")
    res, idx, in_class = [], 0, False
    while idx < len(pattern):
        here = pattern[idx]
        idx += 1
        if here == "\\":
            here += pattern[idx]
            idx += 1
            if here[1] in "dDwWsS":
                res.append(here)
                continue
            if here[1].isalnum():
                raise ValueError(f"Lucene has no `{here}`: {pattern}")
        elif in_class:
            if here == "]":
                in_class = False
                res.append(here)
                continue
            if here in "^-" and (pattern[idx - 2] == "[" or here == "-"):
                res.append(here)
                continue
        elif here == "[":
            in_class = True
            res.append(here)
            continue
        elif here in ".|?*+{}()":
            res.append(here)
            if here == "{":
                end = pattern.index("}", idx) + 1
                res.append(pattern[idx:end])
                idx = end
            continue
        elif here in '"#@&<>~':
            raise ValueError(f"`{here}` is special in Lucene: {pattern}")
        char = here[-1]
        in_range = in_class and (pattern[idx:idx + 1] == "-" and pattern[idx + 1:idx + 2] != "]"
                                 or res[-1] == "-" and res[-2] != "[")
        both = fold and not in_range and char.isascii() and char.isalpha()
        forms = char.lower() + char.upper() if both else re.escape(char)
        res.append(f"[{forms}]" if both and not in_class else forms)
    return re.compile("".join(res), re.S | re.A)
