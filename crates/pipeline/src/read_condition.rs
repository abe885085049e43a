//! Conditions of steps.

use source::Spanned;
use syntax::{ConditionAst, Node, NodeKind};

use crate::codes::BAD_VALUE;
use crate::model::{
    AttributeTest, FieldCondition, Formula, Group, ItemCondition, Link, Names, Op, RuleCondition,
    StateTest,
};
use crate::read::{Reader, is_null};

/// A type of condition: its name, its keys, and what reads it.
type Kind<C> = (&'static str, &'static [&'static str], fn(&mut Reader<'_>, &Node) -> Option<C>);

const RULE: &[Kind<RuleCondition>] = &[
    ("logsource", &["category", "product", "service"], log_source),
    ("contains_detection_item", &["field", "value"], |reader, node| {
        let field = reader.need(node, "field", "the condition")?.value;
        let value = reader.need_node(node, "value", "the condition")?;
        Some(RuleCondition::ContainsItem(field, reader.value(value)?))
    }),
    ("contains_field", &["field"], |reader, node| {
        Some(RuleCondition::ContainsField(reader.need(node, "field", "the condition")?.value))
    }),
    ("processing_item_applied", &["processing_item_id"], |reader, node| {
        Some(RuleCondition::Applied(item_id(reader, node)?))
    }),
    ("processing_state", &["key", "val", "op"], |reader, node| {
        state(reader, node).map(RuleCondition::State)
    }),
    ("is_sigma_rule", &[], |_, _| Some(RuleCondition::IsRule)),
    ("is_sigma_correlation_rule", &[], |_, _| Some(RuleCondition::IsCorrelation)),
    ("rule_attribute", &["attribute", "value", "op"], |reader, node| {
        let attribute = reader.need(node, "attribute", "the condition")?.value;
        let value = scalar(reader, node, "value")?;
        let op = op(reader, node, &Op::ALL)?;
        Some(RuleCondition::Attribute(AttributeTest { attribute, value, op }))
    }),
    ("tag", &["tag"], |reader, node| {
        let tag = reader.need(node, "tag", "the condition")?;
        if !tag.value.contains('.') {
            let message = format!("`{}` is no tag", tag.value);
            reader.bad(tag.span, message, "write the namespace and the name: `attack.t1059`");
            return None;
        }
        Some(RuleCondition::Tag(tag.value))
    }),
];

const ITEM: &[Kind<ItemCondition>] = &[
    ("match_string", &["cond", "pattern", "negate"], |reader, node| {
        let all = every(reader, node)?;
        let pattern = reader.need(node, "pattern", "the condition")?;
        let pattern = reader.regex(&pattern)?;
        let negate = reader.flag_of(node, "negate", false);
        Some(ItemCondition::MatchString { all, pattern, negate })
    }),
    ("match_value", &["cond", "value"], |reader, node| {
        let all = every(reader, node)?;
        let value = reader.need_node(node, "value", "the condition")?;
        Some(ItemCondition::MatchValue { all, value: reader.value(value)? })
    }),
    ("contains_wildcard", &["cond"], |reader, node| {
        every(reader, node).map(|all| ItemCondition::Wildcard { all })
    }),
    ("is_null", &["cond"], |reader, node| {
        every(reader, node).map(|all| ItemCondition::Null { all })
    }),
    ("processing_item_applied", &["processing_item_id"], |reader, node| {
        Some(ItemCondition::Applied(item_id(reader, node)?))
    }),
    ("processing_state", &["key", "val", "op"], |reader, node| {
        state(reader, node).map(ItemCondition::State)
    }),
];

const FIELD: &[Kind<FieldCondition>] = &[
    ("include_fields", &["fields", "mode"], |reader, node| {
        names(reader, node).map(FieldCondition::Include)
    }),
    ("exclude_fields", &["fields", "mode"], |reader, node| {
        names(reader, node).map(FieldCondition::Exclude)
    }),
    ("processing_item_applied", &["processing_item_id"], |reader, node| {
        Some(FieldCondition::Applied(item_id(reader, node)?))
    }),
    ("processing_state", &["key", "val", "op"], |reader, node| {
        state(reader, node).map(FieldCondition::State)
    }),
];

impl Op {
    const ALL: [(Op, &'static str); 8] = [
        (Op::Eq, "eq"),
        (Op::Ne, "ne"),
        (Op::Gte, "gte"),
        (Op::Gt, "gt"),
        (Op::Lte, "lte"),
        (Op::Lt, "lt"),
        (Op::In, "in"),
        (Op::NotIn, "not_in"),
    ];
}

/// `rule_conditions` and what belongs to them.
pub fn rule(reader: &mut Reader<'_>, node: &Node) -> Group<RuleCondition> {
    group(reader, node, "rule", RULE)
}

/// `detection_item_conditions` and what belongs to them.
pub fn item(reader: &mut Reader<'_>, node: &Node) -> Group<ItemCondition> {
    group(reader, node, "detection_item", ITEM)
}

/// `field_name_conditions` and what belongs to them.
pub fn field(reader: &mut Reader<'_>, node: &Node) -> Group<FieldCondition> {
    group(reader, node, "field_name", FIELD)
}

fn group<C>(
    reader: &mut Reader<'_>,
    node: &Node,
    prefix: &str,
    kinds: &'static [Kind<C>],
) -> Group<C> {
    let mut names: Vec<Option<Spanned<String>>> = Vec::new();
    let mut conditions = Vec::new();
    let list = node.get(&format!("{prefix}_conditions")).filter(|it| !is_null(it));
    let written: Vec<(Option<Spanned<String>>, &Node)> = match list.map(|it| &it.kind) {
        Some(NodeKind::Sequence(items)) => items.iter().map(|it| (None, it)).collect(),
        Some(NodeKind::Mapping(pairs)) => {
            pairs.iter().map(|(name, it)| (Some(name.clone()), it)).collect()
        }
        Some(_) => {
            if let Some(list) = list {
                reader.wrong(list, "conditions", "a list, or a mapping of names to conditions");
            }
            Vec::new()
        }
        None => Vec::new(),
    };
    for (name, condition) in written {
        if let Some(it) = one(reader, condition, kinds) {
            names.push(name);
            conditions.push(Spanned::new(it, condition.span));
        }
    }
    let negated = reader.flag_of(node, &format!("{prefix}_cond_not"), false);
    let link = link(reader, node, prefix, &names).unwrap_or(Link::All);
    Group { conditions, link, negated }
}

fn one<C>(reader: &mut Reader<'_>, node: &Node, kinds: &'static [Kind<C>]) -> Option<C> {
    let (_, (name, keys, read)) = reader.kind(node, "condition", kinds, |it| it.0)?;
    let known: Vec<&str> = keys.iter().copied().chain(["type"]).collect();
    let what = format!("a condition of type `{name}`");
    reader.known(node.as_mapping().unwrap_or_default(), &what, &known);
    read(reader, node)
}

/// How the conditions are joined.
fn link(
    reader: &mut Reader<'_>,
    node: &Node,
    prefix: &str,
    names: &[Option<Spanned<String>>],
) -> Option<Link> {
    let op = reader.text_of(node, &format!("{prefix}_cond_op"));
    let text = reader.text_of(node, &format!("{prefix}_cond_expr"));
    let Some(text) = text else {
        let op = op?;
        return match op.value.as_str() {
            "and" => Some(Link::All),
            "or" => Some(Link::Any),
            _ => {
                let message = format!("`{}` joins no conditions", op.value);
                reader.bad(op.span, message, "write `and` or `or`");
                None
            }
        };
    };
    if let Some(op) = op {
        let message = format!("`{prefix}_cond_op` and `{prefix}_cond_expr` exclude each other");
        reader.bad(op.span, message, "leave out one of the two");
        return None;
    }
    if names.iter().any(Option::is_none) {
        let message = format!("`{prefix}_cond_expr` needs conditions with names");
        let help = format!("write `{prefix}_conditions` as a mapping of names to conditions");
        reader.bad(text.span, message, help);
        return None;
    }
    let ast = match syntax::parse_condition(reader.text, text.span, &text.value) {
        Ok(it) => it,
        Err(mut problem) => {
            problem.code = &BAD_VALUE;
            problem.fix = None;
            problem.help = Some(
                "an expression is names of conditions joined by `and`, `or`, `not` and parentheses"
                    .to_owned(),
            );
            reader.problems.push(*problem);
            return None;
        }
    };
    let mut used = vec![false; names.len()];
    let formula = formula(reader, &ast, names, &mut used)?;
    for (name, used) in names.iter().flatten().zip(used) {
        if !used {
            let message =
                format!("the expression does not speak of the condition `{}`", name.value);
            reader.bad(name.span, message, "name it in the expression, or remove it");
        }
    }
    Some(Link::Formula(formula))
}

fn formula(
    reader: &mut Reader<'_>,
    ast: &ConditionAst,
    names: &[Option<Spanned<String>>],
    used: &mut [bool],
) -> Option<Formula> {
    let mut many = |parts: &[ConditionAst], reader: &mut Reader<'_>| {
        parts.iter().map(|it| formula(reader, it, names, used)).collect::<Option<Vec<_>>>()
    };
    match ast {
        ConditionAst::All(parts) => many(parts, reader).map(Formula::All),
        ConditionAst::Any(parts) => many(parts, reader).map(Formula::Any),
        ConditionAst::Not(part) => {
            formula(reader, part, names, used).map(|it| Formula::Not(Box::new(it)))
        }
        ConditionAst::Name(name) => {
            let known = || names.iter().flatten().map(|it| it.value.as_str());
            match known().position(|it| it == name.value) {
                Some(at) => {
                    used[at] = true;
                    Some(Formula::One(at))
                }
                None => {
                    let message = format!("there is no condition `{}`", name.value);
                    let known: Vec<&str> = known().collect();
                    reader.bad(name.span, message, format!("known: {}", known.join(", ")));
                    None
                }
            }
        }
        ConditionAst::Of(_, wanted) => {
            let message = "`1 of` and `all of` are for selections of rules";
            reader.bad(wanted.span, message, "name the conditions one by one");
            None
        }
    }
}

fn log_source(reader: &mut Reader<'_>, node: &Node) -> Option<RuleCondition> {
    source_of(reader, node).map(RuleCondition::LogSource)
}

/// Category, product and service, at least one of them.
pub fn source_of(reader: &mut Reader<'_>, node: &Node) -> Option<ir::LogSource> {
    let mut part =
        |key: &str| reader.text_of(node, key).map(|it| std::sync::Arc::from(it.value.as_str()));
    let (category, product, service) = (part("category"), part("product"), part("service"));
    if category.is_none() && product.is_none() && service.is_none() {
        let help = "write `category`, `product` or `service`";
        reader.bad(node.span, "a log source can't be empty", help);
        return None;
    }
    Some(ir::LogSource { category, product, service, span: None })
}

fn item_id(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    reader.need(node, "processing_item_id", "the condition").map(|it| it.value)
}

/// `cond`: whether all values must pass.
fn every(reader: &mut Reader<'_>, node: &Node) -> Option<bool> {
    let word = reader.need(node, "cond", "the condition")?;
    match word.value.as_str() {
        "all" => Some(true),
        "any" => Some(false),
        _ => {
            reader.bad(
                word.span,
                format!("`{}` is neither any nor all", word.value),
                "write `any` or `all`",
            );
            None
        }
    }
}

fn scalar(reader: &mut Reader<'_>, node: &Node, key: &str) -> Option<serde_json::Value> {
    let value = reader.need_node(node, key, "the condition")?;
    match &value.kind {
        NodeKind::Scalar(it) if !is_null(value) => Some(it.to_json()),
        _ => {
            reader.wrong(value, &format!("`{key}`"), "a text, a number or a boolean");
            None
        }
    }
}

fn op(reader: &mut Reader<'_>, node: &Node, known: &[(Op, &'static str)]) -> Option<Op> {
    let Some(word) = reader.text_of(node, "op") else { return Some(Op::Eq) };
    let found = known.iter().find(|it| it.1 == word.value).map(|it| it.0);
    if found.is_none() {
        let words: Vec<&str> = known.iter().map(|it| it.1).collect();
        let message = format!("`{}` is no comparison", word.value);
        reader.bad(word.span, message, format!("known: {}", words.join(", ")));
    }
    found
}

fn state(reader: &mut Reader<'_>, node: &Node) -> Option<StateTest> {
    let key = reader.need(node, "key", "the condition")?.value;
    let value = scalar(reader, node, "val")?;
    let op = op(reader, node, &Op::ALL[..6])?;
    Some(StateTest { key, value, op })
}

fn names(reader: &mut Reader<'_>, node: &Node) -> Option<Names> {
    let fields = reader.need_node(node, "fields", "the condition")?;
    let fields = reader.spanned_texts(fields);
    let mode = reader.text_of(node, "mode");
    match mode.as_ref().map_or("plain", |it| it.value.as_str()) {
        "plain" => Some(Names::Plain(fields.into_iter().map(|it| it.value).collect())),
        "re" => {
            let all: Option<Vec<_>> = fields.iter().map(|it| reader.regex(it)).collect();
            all.map(Names::Patterns)
        }
        other => {
            let span = mode.as_ref().map_or(node.span, |it| it.span);
            reader.bad(span, format!("there is no mode `{other}`"), "write `plain` or `re`");
            None
        }
    }
}
