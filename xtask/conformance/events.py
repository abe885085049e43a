"""Events around a rule, made from the rule's own fields and values, read with plain YAML.

Nothing here comes from rulec, so an error it makes in reading a rule can't hide. No verdict is made either: an event
that is less near the rule than meant costs coverage, never correctness.
"""

import base64
import ipaddress
import random
import re
import re._parser as regex_parser

import yaml

EVENTS = 20


class Core(yaml.CSafeLoader):
    """YAML 1.2's core schema: `yes` and dates are text."""


Core.yaml_implicit_resolvers = {}
for _tag, _regex, _first in [
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("int", r"^[-+]?[0-9]+$", "-+0123456789"),
    ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", "-+.0123456789"),
]:
    Core.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_regex), list(_first))
Core.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))


def load(text):
    return yaml.load(text, Core)


def around(rule, rng, count=EVENTS):
    """About `count` events: some that should match, then near misses of them."""
    selections = {
        name: body for name, body in rule["detection"].items()
        if name not in ("condition", "timeframe") and isinstance(body, (dict, list))
    }
    wanted = {name: body for name, body in selections.items() if "filter" not in name}
    bases = [merged(wanted.values(), rng) for _ in range(max(4, count // 5))]
    bases += [merged([body], rng) for body in rng.sample(list(selections.values()), min(3, len(selections)))]
    bases.append(merged(selections.values(), rng))
    bases = [base for base in bases if base]
    if not bases:
        return []
    misses = [edited(rng.choice(bases[:max(4, count // 5)]), rng) for _ in range(count - len(bases) - 1)]
    return bases + misses + [{}]


def merged(selections, rng):
    event = {}
    for body in selections:
        maps = [it for it in body if isinstance(it, dict)] if isinstance(body, list) else [body]
        for item, values in (rng.choice(maps) if maps else {}).items():
            field, *modifiers = item.split("|")
            values = values if isinstance(values, list) else [values]
            if field and values:
                fill(event, field, modifiers, values, rng)
    return event


def fill(event, field, modifiers, values, rng):
    if "neq" in modifiers or values == [None] or (modifiers == ["exists"] and not values[0]):
        return
    if "all" not in modifiers:
        value = example(modifiers, rng.choice(values), rng)
    else:
        parts = [example(modifiers, it, rng) for it in values]
        text = {"contains", "re"} & set(modifiers) and all(isinstance(it, str) for it in parts)
        value = " ".join(rng.sample(parts, len(parts))) if text else parts
    if value is not None:
        event[field] = both(event[field], value, modifiers, rng) if field in event else value


def both(old, new, modifiers, rng):
    """A value that passes what `old` and `new` pass: one text if that can be, else an array."""
    if isinstance(old, str) and isinstance(new, str) and rng.random() < 0.5:
        return old + new if "endswith" in modifiers else new + old
    return [it for part in (old, new) for it in (part if isinstance(part, list) else [part])]


def example(modifiers, value, rng):
    """A value that the item accepts, or nearly so."""
    if "exists" in modifiers:
        return "x"
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (int, float)):
        return value + ("gt" in modifiers) - ("lt" in modifiers)
    if "cidr" in modifiers:
        try:
            net = ipaddress.ip_network(value, strict=False)
            return str(net[min(1, net.num_addresses - 1)])
        except ValueError:
            return value
    if "re" in modifiers:
        try:
            text = sample(regex_parser.parse(value), rng)
        except (re.error, RecursionError):
            return value
        return "".join([rng.choice(["", "x "]), text, rng.choice(["", " x"])])
    text = plain(value, rng)
    encoding = "utf-16-be" if "utf16be" in modifiers else "utf-8"
    encoding = "utf-16-le" if {"wide", "utf16le", "utf16"} & set(modifiers) else encoding
    if "base64" in modifiers:
        text = base64.b64encode(text.encode(encoding)).decode()
    if "base64offset" in modifiers:
        text = base64.b64encode(b"x" * rng.randrange(3) + text.encode(encoding) + b"yz").decode()
    if "windash" in modifiers:
        text = re.sub(r"(^|\s)[-/]", lambda it: it[1] + rng.choice("-/–—―"), text)
    before = rng.choice(["", "x", "C:\\x y\\"]) if {"contains", "endswith"} & set(modifiers) else ""
    after = rng.choice(["", "y", " *y?"]) if {"contains", "startswith"} & set(modifiers) else ""
    return before + text + after


def plain(pattern, rng):
    """Sigma's escapes undone, its wildcards filled."""
    def one(found):
        if found[1]:
            return found[1]
        return rng.choice(["", "z", "z\\z"]) if found[0] == "*" else "q"
    return re.sub(r"\\([*?\\])|[*?]", one, pattern)


def sample(parsed, rng):
    """Some text that the regex finds."""
    return "".join(sample_one(str(op).lower(), arg, rng) for op, arg in parsed)


def sample_one(op, arg, rng):
    match op:
        case "literal":
            return chr(arg)
        case "not_literal":
            return "a" if arg != ord("a") else "b"
        case "any":
            return rng.choice("x.7\n")
        case "in":
            return sample_class(arg, rng)
        case "branch":
            return sample(rng.choice(arg[1]), rng)
        case "subpattern":
            return sample(arg[-1], rng)
        case "max_repeat" | "min_repeat" | "possessive_repeat":
            least, most, inner = arg
            return "".join(sample(inner, rng) for _ in range(rng.randint(least, min(int(most), least + 2))))
        case "atomic_group":
            return sample(arg, rng)
        case _:
            return ""


def sample_class(items, rng):
    categories = {"category_digit": "7", "category_word": "w", "category_space": " "}
    items = [(str(op).lower(), arg) for op, arg in items]
    if items[0][0] == "negate":
        return rng.choice("zZ5-~é")
    op, arg = rng.choice(items)
    if op == "literal":
        return chr(arg)
    if op == "range":
        return chr(rng.randint(*arg))
    return categories.get(str(arg).lower(), "-")


def edited(event, rng):
    """The event with one thing about one field changed."""
    event = dict(event)
    field = rng.choice(list(event))
    value = event[field]
    kind = rng.choice(["missing", "null", "array", "in array", "nested", "value", "value", "value", "value"])
    if kind == "missing":
        del event[field]
    elif kind == "null":
        event[field] = rng.choice([None, []])
    elif kind == "array":
        event[field] = [value]
    elif kind == "in array":
        event[field] = rng.choice([["zz", value], [value, None], [edited_value(value, rng), value]])
    elif kind == "nested" and "." in field:
        first, rest = field.split(".", 1)
        if not any(it.split(".")[0] == first for it in event if it != field):
            event[first] = {rest: event.pop(field)}
    else:
        event[field] = edited_value(value, rng)
    return event


def edited_value(value, rng):
    if isinstance(value, list) and value:
        at = rng.randrange(len(value))
        return [*value[:at], edited_value(value[at], rng), *value[at + 1:]]
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return rng.choice([value + 1, value - 1, str(value), -value])
    if not isinstance(value, str) or not value:
        return "x"
    at = rng.randrange(len(value))
    before, here, after = value[:at], value[at], value[at + 1:]
    return rng.choice([
        before + after,
        before + here + here + after,
        before + "*" + after,
        before + "?" + after,
        before + rng.choice("aé\\/ \n.") + after,
        value.swapcase(),
        value.upper(),
        value.lower(),
        value.replace("k", "\u212a", 1).replace("s", "\u017f", 1),
        value + rng.choice(["x", " ", "\n", "*"]),
        rng.choice(["x", " ", "*"]) + value,
        "",
    ])
