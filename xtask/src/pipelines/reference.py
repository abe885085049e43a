"""What pySigma makes of pipelines and rules.

Usage:
    reference.py cases FILE      each case of a YAML list (pipeline, rule): its result, as JSON lines
    reference.py export NAME     a pipeline of a package as YAML
    reference.py corpus FILE DIR a pipeline of a file, applied to every rule of a folder, as JSON lines
"""

import dataclasses
import json
import re
import sys
from pathlib import Path

import yaml
from sigma.collection import SigmaCollection
from sigma.conditions import ConditionAND
from sigma.correlations import SigmaCorrelationRule
from sigma.processing import finalization, postprocessing
from sigma.processing.conditions import (
    detection_item_conditions,
    field_name_conditions,
    rule_conditions,
)
from sigma.processing.pipeline import ProcessingPipeline
from sigma.processing.transformations import transformations
from sigma.rule import SigmaDetection
from sigma.types import (
    SigmaBool,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaQueryExpression,
    SigmaRegularExpression,
    SigmaString,
    SigmaTimestampPart,
)


def values(value):
    if isinstance(value, SigmaExpansion):
        return [it for inner in value.values for it in values(inner)]
    if isinstance(value, SigmaString):
        return ["text " + str(value)]
    if isinstance(value, SigmaTimestampPart):
        return ["time"]
    if isinstance(value, SigmaNumber):
        return [f"number {value.number}"]
    if isinstance(value, SigmaBool):
        return ["bool " + str(value.boolean).lower()]
    if isinstance(value, SigmaNull):
        return ["null"]
    if isinstance(value, SigmaRegularExpression):
        flags = "".join(sorted(value.sigma_to_re_flag[it] for it in value.flags))
        return [f"regex {value.regexp}/{flags}"]
    if isinstance(value, SigmaExists):
        return ["exists " + str(value.exists).lower()]
    if isinstance(value, SigmaFieldReference):
        return ["field " + value.field]
    if isinstance(value, SigmaCIDRExpression):
        return ["network"]
    if isinstance(value, SigmaCompareExpression):
        return [f"compare {value.number.number}"]
    if isinstance(value, SigmaQueryExpression):
        return ["query " + value.expr.replace("{id}", value.id)]
    return [type(value).__name__]


def tree(it):
    if isinstance(it, SigmaDetection):
        parts = [tree(part) for part in it.detection_items]
        if len(parts) == 1:
            return parts[0]
        return {"all" if it.item_linking is ConditionAND else "any": parts}
    res = {"field": it.field, "values": [v for value in it.value for v in values(value)]}
    if it.value_linking is ConditionAND and len(res["values"]) > 1:
        res["every"] = True
    if it.negated:
        res["negated"] = True
    return res


def detections(rule, names):
    """The selections that were written, and those that were added, innermost first."""
    own, also = {}, []
    condition = rule.detection.parsed_condition[0].condition
    for name, detection in rule.detection.detections.items():
        if name == "timeframe":
            # A key of the old aggregations, which is taken for a selection there.
            continue
        if name in names:
            own[name] = tree(detection)
        else:
            negated = re.search(rf"\bnot {re.escape(name)}\b", condition) is not None
            also.append([tree(detection), negated])
    return own, also


def plain(value):
    return json.loads(json.dumps(value, default=str))


def result(pipeline, rule):
    names = set() if isinstance(rule, SigmaCorrelationRule) else set(rule.detection.detections)
    pipeline.apply(rule)
    res = {"fields": rule.fields, "state": plain(pipeline.state)}
    # Where a correlation is written is no attribute of the author's own.
    custom = {key: it for key, it in rule.custom_attributes.items() if key != "correlation"}
    res["custom"] = plain(custom)
    if isinstance(rule, SigmaCorrelationRule):
        res["group_by"] = rule.group_by
        res["aliases"] = [[a.alias, v] for a in rule.aliases for v in a.mapping.values()]
        ref = getattr(rule.condition, "fieldref", None)
        res["condition"] = ref if isinstance(ref, list) else [ref] if ref else []
        return res
    source = rule.logsource
    res["logsource"] = [source.category, source.product, source.service]
    res["selections"], res["also"] = detections(rule, names)
    return res


def one(case):
    try:
        pipeline = ProcessingPipeline.from_yaml(case["pipeline"])
        rules = SigmaCollection.from_yaml(case["rule"]).rules
        rule = rules[-1]
        if "queries" in case:
            pipeline.apply(rule)
            queries = [pipeline.postprocess_query(rule, query) for query in case["queries"]]
            return {"queries": pipeline.finalize(queries)}
        return result(pipeline, rule)
    except Exception as error:  # whatever it is, it is the answer
        return {"error": type(error).__name__}


def cases(path):
    for case in yaml.safe_load(Path(path).read_text(encoding="utf-8")):
        print(json.dumps({"name": case["name"], **one(case)}))


def parameters(it):
    res = {}
    for field in dataclasses.fields(it):
        value = getattr(it, field.name, None)
        left_out = field.name.startswith("_") or not field.init or value is None
        if left_out or (field.name == "name" and str(value).startswith("_cond_")):
            continue
        if field.default is not dataclasses.MISSING and value == field.default:
            continue
        res[field.name] = value
    return res


def typed(it, table):
    return {"type": next(name for name, cls in table.items() if cls is type(it)), **parameters(it)}


def export(name):
    if name == "sysmon":
        from sigma.pipelines.sysmon import sysmon_pipeline as make
    elif name == "windows-logsources":
        from sigma.pipelines.windows import windows_logsource_pipeline as make
    else:
        from sigma.pipelines.windows import windows_audit_pipeline as make
    pipeline = make()
    steps = []
    for item in pipeline.items:
        step = {"id": item.identifier, **typed(item.transformation, transformations)}
        groups = [("rule", item.rule_conditions, rule_conditions, item.rule_condition_linking, item.rule_condition_negation)]
        groups.append(("detection_item", item.detection_item_conditions, detection_item_conditions, item.detection_item_condition_linking, item.detection_item_condition_negation))
        groups.append(("field_name", item.field_name_conditions, field_name_conditions, item.field_name_condition_linking, item.field_name_condition_negation))
        for prefix, conditions, table, linking, negated in groups:
            if conditions:
                step[f"{prefix}_conditions"] = [typed(it, table) for it in conditions]
                if linking is any:
                    step[f"{prefix}_cond_op"] = "or"
                if negated:
                    step[f"{prefix}_cond_not"] = True
        steps.append(step)
    res = {"name": pipeline.name, "priority": pipeline.priority, "transformations": steps}
    print(yaml.safe_dump(plain(res), sort_keys=False, allow_unicode=True))


def corpus(path, folder):
    # Each use begins with nothing of the one before.
    pipeline = ProcessingPipeline.from_yaml(Path(path).read_text(encoding="utf-8"))
    for file in sorted(Path(folder).rglob("*.yml")):
        try:
            rules = SigmaCollection.from_yaml(file.read_text(encoding="utf-8")).rules
            answers = [result(pipeline, rule) for rule in rules]
        except Exception as error:
            answers = [{"error": type(error).__name__}]
        print(json.dumps({"path": str(file), "rules": answers}))


if __name__ == "__main__":
    {"cases": cases, "export": export, "corpus": corpus}[sys.argv[1]](*sys.argv[2:])
