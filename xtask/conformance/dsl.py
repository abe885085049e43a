"""Elasticsearch's query DSL, as Kibana makes it of KQL, run on an event.

Fields are of type keyword, but for those that are said to be of another kind. Known here: any element of an array is
enough, `must_not` is two-valued, `match_phrase` and patterns are cased, a pattern covers the whole value and `\\` takes
a character's meaning from it, a query string is cut at its blanks. Kibana sends a pattern to a keyword field whole, as
a `wildcard` query, where the translator asked here still makes a query string of it; the text of both is the same.
"""

import ipaddress
import re

import es


def compiled(query, kinds, fold=False):
    """The query as a function of an event; `kinds` are the kinds of fields that aren't keywords.

    With `fold` case makes no difference, as if every field had a normalizer.
    """
    (name, body), = query.items()
    match name:
        case "match_all":
            return lambda event: True
        case "bool":
            unknown = set(body) - {"should", "minimum_should_match", "filter", "must_not"}
            if unknown:
                raise NotImplementedError(f"bool {unknown}")
            every = [compiled(it, kinds, fold) for it in body.get("filter", [])]
            none = [compiled(it, kinds, fold) for it in one_or_more(body.get("must_not", []))]
            some = [compiled(it, kinds, fold) for it in body.get("should", [])]
            return lambda event: (all(test(event) for test in every) and not any(test(event) for test in none)
                                  and (not some or any(test(event) for test in some)))
        case "exists":
            return of_field(body["field"], lambda value: True)
        case "match_phrase":
            (field, text), = body.items()
            return of_field(field, phrase(text, kinds.get(field), fold))
        case "match":
            (field, const), = body.items()
            if isinstance(const, str):
                raise NotImplementedError(f"words without quotes: {const}")
            return of_field(field, lambda value: es.same(value, const, False))
        case "range":
            (field, bounds), = body.items()
            tests = [ORDER[name](bound) for name, bound in bounds.items()]
            return of_field(field, lambda value: es.number(value) is not None
                            and all(test(es.number(value)) for test in tests))
        case "query_string":
            return query_string(body["query"], body.get("fields"), kinds, fold)
    raise NotImplementedError(name)


ORDER = {
    "lt": lambda bound: lambda it: it < bound, "lte": lambda bound: lambda it: it <= bound,
    "gt": lambda bound: lambda it: it > bound, "gte": lambda bound: lambda it: it >= bound,
}


def one_or_more(it):
    return it if isinstance(it, list) else [it]


def of_field(field, test):
    path = field.split(".")
    return lambda event: any(test(value) for value in es.values(event, path))


def phrase(text, kind, fold):
    if kind == "analyzed":
        raise NotImplementedError("a phrase in analyzed text")
    if kind in ("ip", "any") and "/" in text or kind == "ip":
        try:
            nets = [ipaddress.ip_network(text, strict=False)]
            return lambda value: es.in_nets(value, nets)
        except ValueError:
            pass
    return lambda value: folded(es.text(value), fold) == folded(text, fold)


def folded(text, fold):
    """Letters in lower case, one by one, and none that becomes ASCII."""
    if not fold:
        return text
    lower = ((it, it.lower()) for it in text)
    return "".join(low if len(low) == 1 and (it.isascii() or not low.isascii()) else it for it, low in lower)


def query_string(query, fields, kinds, fold):
    query = folded(query, fold)
    # An escaped blank is none; here there are no such.
    pieces = [pattern(it) for it in re.split(r"[ \t\r\n\u3000]+", query) if it]
    if fields is None:
        return lambda event: any(it.fullmatch(folded(value, fold)) for value in strings(event) for it in pieces)
    (field,) = fields
    kind = kinds.get(field)
    if kind in (None, "any"):
        pieces = [pattern(query)]
    elif kind != "wildcard":
        raise NotImplementedError(f"a pattern in a field of {kind}")
    return of_field(field, lambda value: any(it.fullmatch(folded(es.text(value), fold)) for it in pieces))


def pattern(text):
    """A pattern with `*` and `\\` before what is itself."""
    def one(found):
        if found[1]:
            return re.escape(found[1])
        if found[0] == "?":
            return "."
        if found[0].startswith("*"):
            return ".*"
        if found[0] == "\\":
            raise ValueError(f"a backslash at the end of {text}")
        return re.escape(found[0])
    return re.compile(re.sub(r"\\(.)|\*+|.", one, text, flags=re.S), re.S)


def strings(value):
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [it for part in parts for it in strings(part)]


def fields_of(query):
    """The fields of all tests, in order; None is a test of all."""
    (name, body), = query.items()
    match name:
        case "bool":
            parts = [it for key in ("should", "filter", "must_not") for it in one_or_more(body.get(key, []))]
            return [field for it in parts for field in fields_of(it)]
        case "exists":
            return [body["field"]]
        case "query_string":
            return body.get("fields", [None])
        case "match_all":
            return ["*"]
    return list(body)
