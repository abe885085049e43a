"""Correlations and streams of events for their judge, made at random around the borders that matter."""

import collections

SPAN = 10
LENGTH = 60  # no stream is longer, in seconds
#: From the start of one stream to that of the next, when all are joined: no window reaches into two.
GAP = LENGTH + 3 * SPAN
CORRELATIONS = 20  # of each kind
STREAMS = 20  # of each correlation
LEAST = 200  # streams that are judged of a kind, where any is
SHOWING = 10  # streams of a kind that show each border

RULES = [{"title": f"r{nth}", "name": f"r{nth}", "logsource": {"product": "test"},
          "detection": {"selection": {f"k{nth}": "y"}, "condition": "selection"}} for nth in range(3)]


def bounds(rand, most, words=("gte", "gt", "lte", "lt", "eq", "neq")):
    if rand.random() < 0.2:
        low = rand.randint(1, most)
        return {"gte": low, "lte": low + rand.randint(0, 2)}
    word = rand.choice(words)
    return {word: rand.randint(2 if word == "lt" else 1, most)}


def amount(rand, most):
    """Amounts may be compared with fractions."""
    fraction = rand.choice([0, 0, 0.5])
    return {word: it + fraction for word, it in bounds(rand, most).items()}


def near(rand, values):
    """Bounds at values that there are."""
    low = rand.choice(values)
    if rand.random() < 0.2:
        return {"gte": low, "lte": rand.choice([it for it in values if it >= low])}
    return {rand.choice(("gte", "gt", "lte", "lt", "eq", "neq")): low + rand.choice([0, 0, 0, 0.5])}


#: By kind: the most rules, and a condition.
KINDS = {
    "event_count": (3, lambda rand: bounds(rand, 5)),
    "event_count_growing": (3, lambda rand: {rand.choice(["gte", "gt"]): rand.randint(2, 4)}),
    "value_count": (2, lambda rand: {"field": rand.choice(["f", ["f", "g"]]), **bounds(rand, 4)}),
    "value_count_growing": (2, lambda rand: {"field": "f", "gte": rand.randint(1, 3)}),
    "value_sum": (2, lambda rand: {"field": "n", **amount(rand, 40)}),
    "value_avg": (2, lambda rand: {"field": "n", **amount(rand, 12)}),
    "value_median": (2, lambda rand: {"field": "n", **near(rand, [1, 2, 3, 10])}),
    "value_percentile": (2, lambda rand: {"field": "n", "percentile": rand.choice([0, 1, 25, 90, 99, 100]),
                                          **near(rand, [1, 2, 3, 10])}),
    "value_percentile_share": (2, lambda rand: {"field": "f", **near(rand, [25, 50, 75])}),
    "temporal": (3, lambda rand: None),
    "temporal_number": (3, lambda rand: rand.choice([{"gte": 2}, {"gte": 1}, {"eq": 2}, {"lt": 3}])),
    "temporal_formula": (3, lambda rand: rand.choice(["r0 and not r1", "r0 and (r1 or r2)", "1 of them and not r2",
                                                      "r0 or not r1 and not r2"])),
    "temporal_ordered": (3, lambda rand: None),
    "temporal_ordered_number": (3, lambda rand: rand.choice([{"gte": 2}, {"gt": 1}, {"gte": 1}])),
    "temporal_ordered_formula": (3, lambda rand: rand.choice(["r0 and r2", "r0 and r1"])),
    "temporal_ordered_formula_not": (3, lambda rand: rand.choice(["r0 and r2 and not r1", "r1 and not r0 and not r2"])),
}
#: Words after a type's own only tell kinds apart.
WORDS = ("_not", "_growing", "_share", "_number", "_formula")


def make(rand, kind, nth):
    """A correlation of a kind, with its streams as examples."""
    rules, condition = KINDS[kind]
    type_ = kind
    for word in WORDS:
        type_ = type_.removesuffix(word)
    count = rand.randint(2 if type_.startswith("temporal") else 1, rules)
    if "_formula" in kind or kind == "temporal_ordered_number":
        count = rules
    body = {"type": type_, "rules": [f"r{it}" for it in range(count)], "timespan": f"{SPAN}s"}
    if rand.random() < 0.8:
        body["group-by"] = rand.choice([["u"], ["u", "g"]]) if kind != "value_count" else ["u"]
    found = condition(rand)
    if found is not None:
        body["condition"] = found
    tests = [{"match": True, "events": stream(rand, STYLES[it % len(STYLES)])} for it in range(STREAMS)]
    return {"title": f"{kind} {nth}", "name": f"{kind}_{nth}", "correlation": body, "tests": tests}


def spread(rand):
    """Times anywhere."""
    return [rand.randint(0, LENGTH - 10) for _ in range(rand.randint(2, 25))]


def edges(rand):
    """Steps of just a window, a second more, a second less, or none."""
    res = [0]
    while res[-1] <= LENGTH - SPAN - 1:
        res.append(res[-1] + rand.choice([0, 1, SPAN - 1, SPAN, SPAN + 1, SPAN // 2]))
    return res


def crowds(rand):
    """Several events at each of few times."""
    at = rand.sample(range(0, LENGTH, SPAN // 2), rand.randint(2, 5))
    return [it for it in at for _ in range(rand.randint(1, 4))]


#: How times are chosen, then the names that groups have, and those that they have in the last third alone.
STYLES = [
    (spread, ["a", "a", "b", "A", "", None], []),
    (edges, ["a"] * 7 + ["b", "", None], []),
    (crowds, ["a"] * 5 + ["A", "", None], []),
    (spread, ["a", "b", "A", None], ["late"] * 4),
]


def stream(rand, style):
    times, names, late = style
    res = []
    for at in sorted(times(rand)):
        event = {f"k{it}": rand.choice("yyn") for it in range(3)}
        users = names + (late if at > LENGTH * 2 / 3 - 10 else [])
        for name, values in (("u", users), ("g", ["p", "p", "p", "q", ""]),
                             ("f", ["x", "y", "z", "X", "", None]), ("n", [1, 2, 3, 10, -4, 25, None])):
            value = rand.choice(values)
            if value is not None:
                event[name] = value
        res.append({"at": f"{at}s", "event": event})
    return res


def steps(test):
    """The times and the events of a stream."""
    return [(int(it["at"][:-1]), it["event"]) for it in test["events"]]


def joined(streams):
    """Streams one after the other, so far apart that no window reaches into two."""
    return [(nth * GAP + at, event) for nth, it in enumerate(streams) for at, event in it]


def borders(correlation, events):
    """Which borders a stream shows of a correlation."""
    body = correlation["correlation"]
    seen = [[it for it in body["rules"] if event[f"k{it[1:]}"] == "y"] for _, event in events]
    groups = collections.defaultdict(list)
    res = set()
    for (at, event), rules in zip(events, seen):
        key = tuple(event.get(it) or None for it in body.get("group-by", []))
        if not rules:
            continue
        if None in key:
            res.add("no value of the group")
            continue
        if len(rules) > 1:
            res.add("one event of several rules")
        groups[key].append(at)
    for times in groups.values():
        apart = {b - a for nth, a in enumerate(times) for b in times[nth + 1:]}
        res |= {word for word, it in (("a window apart", SPAN), ("a second more", SPAN + 1), ("at one time", 0)) if it in apart}
        if times[0] > events[0][0] + SPAN and len(times) > 1:
            res.add("a group that begins late")
    return res


def wanted(correlation):
    """The borders that some of its streams must show."""
    body = correlation["correlation"]
    res = {"a window apart", "a second more", "at one time"}
    if len(body["rules"]) > 1:
        res.add("one event of several rules")
    if "group-by" in body:
        res |= {"no value of the group", "a group that begins late"}
    return res
