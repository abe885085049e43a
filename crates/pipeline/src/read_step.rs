//! Steps, postprocessing steps and finalizers.

use std::sync::Arc;
use std::time::Duration;

use source::{Span, Spanned};
use syntax::{Node, NodeKind, Scalar};

use crate::limits;
use crate::model::{
    Action, AddCondition, Chosen, Extract, Finalizer, Form, Format, Hashes, Letters, Mapping,
    Method, Post, PostAction, Replace, Source, Step, Template,
};
use crate::outside::HttpRequest;
use crate::python::Replacement;
use crate::read::{Reader, is_null};
use crate::read_condition;

/// Keys that every step has.
const COMMON: &[&str] = &[
    "type",
    "id",
    "rule_conditions",
    "rule_cond_op",
    "rule_cond_not",
    "rule_cond_expr",
    "detection_item_conditions",
    "detection_item_cond_op",
    "detection_item_cond_not",
    "detection_item_cond_expr",
    "field_name_conditions",
    "field_name_cond_op",
    "field_name_cond_not",
    "field_name_cond_expr",
];

/// Keys that every step on a query has.
const POST_COMMON: &[&str] =
    &["type", "id", "rule_conditions", "rule_cond_op", "rule_cond_not", "rule_cond_expr"];

/// Keys of the steps that fetch values.
const FETCH: &[&str] =
    &["format", "filter", "csv_column", "csv_has_header", "jq_expression", "include", "exclude"];

/// A type of step: its name, its keys, whether it has those of [`FETCH`] too, and what reads it.
struct Kind {
    name: &'static str,
    keys: &'static [&'static str],
    fetches: bool,
    read: fn(&mut Reader<'_>, &Node) -> Option<Action>,
}

const fn kind(
    name: &'static str,
    keys: &'static [&'static str],
    read: fn(&mut Reader<'_>, &Node) -> Option<Action>,
) -> Kind {
    Kind { name, keys, fetches: false, read }
}

const KINDS: &[Kind] = &[
    kind("field_name_mapping", &["mapping"], |reader, node| {
        mapping(reader, node, true).map(Action::MapFields)
    }),
    kind("field_name_prefix_mapping", &["mapping"], |reader, node| {
        mapping(reader, node, false).map(Action::MapPrefixes)
    }),
    kind("field_name_suffix", &["suffix"], |reader, node| {
        reader.need(node, "suffix", "the step").map(|it| Action::Suffix(it.value))
    }),
    kind("field_name_prefix", &["prefix"], |reader, node| {
        reader.need(node, "prefix", "the step").map(|it| Action::Prefix(it.value))
    }),
    kind(
        "field_name_transform",
        &["transform_func", "mapping", "apply_keyword"],
        |reader, node| {
            let help = "write what it does as `field_name_mapping`, `field_name_prefix` or `field_name_suffix`";
            reader.bad(node.span, "`field_name_transform` calls a Python function", help);
            None
        },
    ),
    kind("drop_detection_item", &[], |_, _| Some(Action::DropItem)),
    kind(
        "hashes_fields",
        &["valid_hash_algos", "field_prefix", "drop_algo_prefix", "field_to_parse"],
        hashes,
    ),
    kind("extract_fields", &["regex", "field_prefix", "preserve_unmatched"], extract),
    kind("wildcard_placeholders", &["include", "exclude"], |reader, node| {
        chosen(reader, node).map(Action::WildcardPlaceholders)
    }),
    kind("value_placeholders", &["include", "exclude"], |reader, node| {
        chosen(reader, node).map(Action::ValuePlaceholders)
    }),
    kind(
        "query_expression_placeholders",
        &["include", "exclude", "expression", "mapping"],
        query_placeholders,
    ),
    Kind { name: "file_placeholders", keys: &["path"], fetches: true, read: file },
    Kind {
        name: "http_placeholders",
        keys: &[
            "url",
            "method",
            "timeout",
            "headers",
            "params",
            "form_data",
            "json_body",
            "max_body_size",
        ],
        fetches: true,
        read: http,
    },
    Kind {
        name: "command_placeholders",
        keys: &["cmd", "timeout", "max_stdout"],
        fetches: true,
        read: command,
    },
    kind("add_condition", &["conditions", "name", "template", "negated"], add_condition),
    kind("change_logsource", &["category", "product", "service"], |reader, node| {
        read_condition::source_of(reader, node).map(Action::ChangeLogSource)
    }),
    kind("add_field", &["field"], |reader, node| {
        let field = reader.need_node(node, "field", "the step")?;
        reader.one_or_many(field, "`field`").map(Action::AddFields)
    }),
    kind("remove_field", &["field"], |reader, node| {
        let field = reader.need_node(node, "field", "the step")?;
        reader.one_or_many(field, "`field`").map(Action::RemoveFields)
    }),
    kind("set_field", &["fields"], |reader, node| {
        let fields = reader.need_node(node, "fields", "the step")?;
        let fields = reader.spanned_texts(fields).into_iter().map(|it| it.value);
        Some(Action::SetFields(fields.collect()))
    }),
    kind(
        "replace_string",
        &["regex", "replacement", "skip_special", "interpret_special"],
        |reader, node| {
            let (pattern, replacement) = replacement(reader, node, "regex")?;
            Some(Action::Replace(Replace {
                pattern,
                replacement,
                skip_special: reader.flag_of(node, "skip_special", false),
                interpret_special: reader.flag_of(node, "interpret_special", false),
            }))
        },
    ),
    kind("map_string", &["mapping"], |reader, node| {
        let map = reader.need_node(node, "mapping", "the step")?;
        let pairs = reader.mapping(map, "`mapping`")?;
        let mut res = Vec::new();
        for (key, value) in pairs {
            res.push((key.value.clone(), reader.one_or_many(value, "the new value")?));
        }
        Some(Action::MapText(res))
    }),
    kind("set_state", &["key", "val"], |reader, node| {
        let key = reader.need(node, "key", "the step")?.value;
        let value = reader.need_node(node, "val", "the step")?;
        Some(Action::SetState(key, value.to_json()))
    }),
    kind("regex", &["method"], |reader, node| {
        let known = [
            ("plain", Method::Plain),
            ("ignore_case_flag", Method::Flag),
            ("ignore_case_brackets", Method::Brackets),
        ];
        word(reader, node, "method", &known, Method::Brackets).map(Action::Regex)
    }),
    kind("set_value", &["value", "force_type"], set_value),
    kind("convert_type", &["target_type"], |reader, node| {
        let wanted = reader.need(node, "target_type", "the step")?;
        match wanted.value.as_str() {
            "str" => Some(Action::ToText),
            "num" => Some(Action::ToNumber),
            other => {
                reader.bad(
                    wanted.span,
                    format!("there is no type `{other}`"),
                    "write `str` or `num`",
                );
                None
            }
        }
    }),
    kind("case", &["method"], |reader, node| {
        let known =
            [("lower", Letters::Lower), ("upper", Letters::Upper), ("snake_case", Letters::Snake)];
        word(reader, node, "method", &known, Letters::Lower).map(Action::Case)
    }),
    kind("rule_failure", &["message"], |reader, node| {
        reader.need(node, "message", "the step").map(|it| Action::RefuseRule(it.value))
    }),
    kind("detection_item_failure", &["message"], |reader, node| {
        reader.need(node, "message", "the step").map(|it| Action::RefuseItem(it.value))
    }),
    kind("strict_field_mapping_failure", &[], |_, _| Some(Action::RefuseUnmapped)),
    kind("set_custom_attribute", &["attribute", "value"], |reader, node| {
        let name = reader.need(node, "attribute", "the step")?.value;
        let value = reader.need_node(node, "value", "the step")?;
        Some(Action::SetAttribute(name, value.to_json()))
    }),
    kind("nest", &["items"], |_, _| None),
];

/// The steps of a list; `prefix` is the place of the list in the pipeline.
pub fn steps(reader: &mut Reader<'_>, node: &Node, prefix: &str, depth: usize) -> Vec<Step> {
    let mut res = Vec::new();
    if too_deep(reader, node, depth) {
        return res;
    }
    for (at, node) in reader.list(node, "`transformations`").unwrap_or_default().iter().enumerate()
    {
        let place = format!("{prefix}{}", at + 1);
        res.extend(step(reader, node, &place, depth));
    }
    res
}

fn too_deep(reader: &mut Reader<'_>, node: &Node, depth: usize) -> bool {
    let deep = depth > limits::STEP_DEPTH;
    if deep {
        let most = limits::STEP_DEPTH;
        reader.problems.push(limits::passed(node.span, "steps are nested too deep", most));
    }
    deep
}

/// Counts a step; false when there are too many.
fn count(reader: &mut Reader<'_>, span: Span) -> bool {
    reader.steps += 1;
    if reader.steps == limits::STEPS + 1 {
        let most = limits::STEPS;
        reader.problems.push(limits::passed(span, "the pipeline has too many steps", most));
    }
    reader.steps <= limits::STEPS
}

fn step(reader: &mut Reader<'_>, node: &Node, place: &str, depth: usize) -> Option<Step> {
    if !count(reader, node.span) {
        return None;
    }
    let (span, kind) = reader.kind(node, "step", KINDS, |it| it.name)?;
    let fetch = if kind.fetches { FETCH } else { &[] };
    let keys: Vec<&str> = kind.keys.iter().chain(fetch).chain(COMMON).copied().collect();
    let what = format!("a step of type `{}`", kind.name);
    reader.known(node.as_mapping().unwrap_or_default(), &what, &keys);
    let rule = read_condition::rule(reader, node);
    let item = read_condition::item(reader, node);
    let field = read_condition::field(reader, node);
    let action = match kind.name {
        "nest" => {
            let items = reader.need_node(node, "items", "the step")?;
            Action::Nest(steps(reader, items, &format!("{place}."), depth + 1))
        }
        _ => (kind.read)(reader, node)?,
    };
    let id = id(reader, node, place);
    let path = reader.path.clone();
    Some(Step { id, kind: Spanned::new(kind.name, span), path, action, rule, item, field })
}

/// `id`, or a name that no author writes by chance.
fn id(reader: &mut Reader<'_>, node: &Node, place: &str) -> Arc<str> {
    match reader.text_of(node, "id").filter(|it| !it.value.is_empty()) {
        Some(it) => Arc::from(it.value),
        None => Arc::from(format!("{}#{place}", reader.path)),
    }
}

fn mapping(reader: &mut Reader<'_>, node: &Node, keywords: bool) -> Option<Mapping> {
    let map = reader.need_node(node, "mapping", "the step")?;
    let pairs = reader.mapping(map, "`mapping`")?;
    let mut res = Mapping::new();
    for (key, value) in pairs {
        let null = reader.is_null_key(key);
        if null && !keywords {
            reader.bad(key.span, "keywords have no name that could begin so", "remove the entry");
            return None;
        }
        let names = reader.one_or_many(value, "the new name")?;
        if names.is_empty() {
            let help = "name at least one field, or use `drop_detection_item`";
            reader.bad(value.span, format!("`{}` becomes no field at all", key.value), help);
            return None;
        }
        res.push(((!null).then(|| key.value.clone()), names));
    }
    Some(res)
}

fn hashes(reader: &mut Reader<'_>, node: &Node) -> Option<Action> {
    let list = reader.need_node(node, "valid_hash_algos", "the step")?;
    let algorithms: Vec<String> =
        reader.spanned_texts(list).into_iter().map(|it| it.value).collect();
    let prefix = reader.text_of(node, "field_prefix").map_or(String::new(), |it| it.value);
    let drop_algorithm = reader.flag_of(node, "drop_algo_prefix", false);
    let default = || vec!["Hashes".to_owned(), "Hash".to_owned()];
    let fields = match node.get("field_to_parse").filter(|it| !is_null(it)) {
        Some(it) => reader.one_or_many(it, "`field_to_parse`")?,
        None => default(),
    };
    if drop_algorithm && prefix.is_empty() {
        let help = "set `field_prefix` to the name of the field, or remove `drop_algo_prefix`";
        reader.bad(node.span, "the new fields would have no name", help);
        return None;
    }
    Some(Action::Hashes(Hashes { algorithms, prefix, drop_algorithm, fields }))
}

fn extract(reader: &mut Reader<'_>, node: &Node) -> Option<Action> {
    let text = reader.need(node, "regex", "the step")?;
    let pattern = reader.regex(&text)?;
    if pattern.capture_names().flatten().next().is_none() {
        let help = "name the parts that become fields: `(?P<name>...)`";
        reader.bad(text.span, "the expression has no named group", help);
        return None;
    }
    let prefix = reader.text_of(node, "field_prefix").map(|it| it.value);
    let prefix = prefix.filter(|it| !it.is_empty());
    let keep_unmatched = reader.flag_of(node, "preserve_unmatched", false);
    Some(Action::Extract(Extract { pattern, prefix, keep_unmatched }))
}

fn chosen(reader: &mut Reader<'_>, node: &Node) -> Option<Chosen> {
    let include = reader.texts_of(node, "include");
    let exclude = reader.texts_of(node, "exclude");
    if include.is_some() && exclude.is_some() {
        let message = "`include` and `exclude` exclude each other";
        reader.bad(node.span, message, "leave out one of the two");
        return None;
    }
    Some(Chosen { include, exclude })
}

fn query_placeholders(reader: &mut Reader<'_>, node: &Node) -> Option<Action> {
    let chosen = chosen(reader, node)?;
    let expression = reader.need(node, "expression", "the step")?;
    if let Err(message) = crate::placeholder::check_expression(&expression.value) {
        reader.bad(
            expression.span,
            message,
            "only `{field}` and `{id}` are filled in; write `{{` for a brace",
        );
        return None;
    }
    let mapping = reader.dictionary_of(node, "mapping").unwrap_or_default();
    Some(Action::QueryPlaceholders { chosen, expression: expression.value, mapping })
}

fn source(reader: &mut Reader<'_>, node: &Node, source: Source) -> Option<Action> {
    let chosen = chosen(reader, node)?;
    let filter = match reader.text_of(node, "filter") {
        Some(it) => Some(reader.regex(&it)?),
        None => None,
    };
    let word = reader.text_of(node, "format");
    let format = match word.as_ref().map_or("plaintext", |it| it.value.as_str()) {
        "plaintext" => Format::Lines,
        "csv" => csv(reader, node)?,
        "json" => Format::Json(jq(reader, node)?),
        "yaml" => Format::Yaml(jq(reader, node)?),
        other => {
            let span = word.as_ref().map_or(node.span, |it| it.span);
            let help = "known: plaintext, csv, json, yaml";
            reader.bad(span, format!("there is no format `{other}`"), help);
            return None;
        }
    };
    Some(Action::SourcePlaceholders {
        chosen,
        source: Box::new(source),
        form: Form { format, filter },
    })
}

fn csv(reader: &mut Reader<'_>, node: &Node) -> Option<Format> {
    let header = reader.flag_of(node, "csv_has_header", true);
    let column = reader.need_node(node, "csv_column", "the format `csv`")?;
    let column = match &column.kind {
        NodeKind::Scalar(Scalar::Int(..)) => {
            Err(reader.integer_of(node, "csv_column", 0, 100_000)? as usize)
        }
        _ => Ok(reader.text(column, "`csv_column`")?),
    };
    match column {
        Ok(name) if !header => {
            let help = "give the number of the column, from 0, or `csv_has_header: true`";
            reader.bad(name.span, "without a header no column has a name", help);
            None
        }
        Ok(name) => Some(Format::Csv { column: Ok(name.value), header }),
        Err(at) => Some(Format::Csv { column: Err(at), header }),
    }
}

fn jq(reader: &mut Reader<'_>, node: &Node) -> Option<crate::path::Path> {
    let text = reader.need(node, "jq_expression", "the format")?;
    match crate::path::Path::parse(&text.value) {
        Ok(it) => Some(it),
        Err(message) => {
            let help = "known: `.name`, `.\"a name\"`, `[0]`, `[]`, `?`, `|`, `,` and `select(.name == \"value\")`";
            reader.bad(text.span, format!("the expression can't be read: {message}"), help);
            None
        }
    }
}

fn file(reader: &mut Reader<'_>, node: &Node) -> Option<Action> {
    let path = reader.need(node, "path", "the step")?.value;
    source(reader, node, Source::File(path))
}

fn seconds(reader: &mut Reader<'_>, node: &Node, default: i64) -> Duration {
    let it = reader.integer_of(node, "timeout", 1, 3600).unwrap_or(default);
    Duration::from_secs(it.unsigned_abs())
}

fn size(reader: &mut Reader<'_>, node: &Node, key: &str) -> usize {
    let most = limits::OUTSIDE as i64;
    reader.integer_of(node, key, 1, most).unwrap_or(most).unsigned_abs() as usize
}

fn http(reader: &mut Reader<'_>, node: &Node) -> Option<Action> {
    let url = reader.need(node, "url", "the step")?;
    if !["http://", "https://"].iter().any(|it| url.value.starts_with(it)) {
        reader.bad(url.span, "this is no address of a server", "begin with `https://`");
        return None;
    }
    let method = reader.text_of(node, "method").map_or("GET".to_owned(), |it| it.value);
    let request = HttpRequest {
        url: url.value,
        method,
        timeout: seconds(reader, node, 10),
        headers: reader.dictionary_of(node, "headers").unwrap_or_default(),
        params: reader.dictionary_of(node, "params").unwrap_or_default(),
        form: reader.dictionary_of(node, "form_data").unwrap_or_default(),
        json: node.get("json_body").filter(|it| !is_null(it)).map(Node::to_json),
        most: size(reader, node, "max_body_size"),
    };
    source(reader, node, Source::Http(request))
}

fn command(reader: &mut Reader<'_>, node: &Node) -> Option<Action> {
    let cmd = reader.need_node(node, "cmd", "the step")?;
    let command = match &cmd.kind {
        NodeKind::Sequence(_) => Err(reader.one_or_many(cmd, "`cmd`")?),
        _ => Ok(reader.text(cmd, "`cmd`")?.value),
    };
    let empty = match &command {
        Ok(it) => it.trim().is_empty(),
        Err(it) => it.is_empty(),
    };
    if empty {
        reader.bad(cmd.span, "the command is empty", "name a program");
        return None;
    }
    let timeout = seconds(reader, node, 30);
    let most = size(reader, node, "max_stdout");
    source(reader, node, Source::Command { command, timeout, most })
}

fn add_condition(reader: &mut Reader<'_>, node: &Node) -> Option<Action> {
    let items = reader.need_node(node, "conditions", "the step")?;
    let pairs = reader.mapping(items, "`conditions`")?;
    if pairs.is_empty() {
        reader.bad(items.span, "no condition is added", "write at least one field and its value");
        return None;
    }
    reader.text_of(node, "name");
    let template = reader.flag_of(node, "template", false);
    let negated = reader.flag_of(node, "negated", false);
    if !template {
        // What is wrong with the items is told when the pipeline is read.
        let before = reader.problems.len();
        let text = reader.text;
        let body = syntax::read_selection(text, items, "conditions", reader.problems)?;
        lower::selection(&body, text, reader.problems)?;
        if reader.problems.len() > before {
            return None;
        }
    }
    Some(Action::AddCondition(AddCondition {
        items: items.clone(),
        text: reader.kept.clone(),
        template,
        negated,
    }))
}

fn replacement(
    reader: &mut Reader<'_>,
    node: &Node,
    key: &str,
) -> Option<(regex::Regex, Replacement)> {
    let pattern = reader.need(node, key, "the step")?;
    let pattern = reader.regex(&pattern)?;
    let text = reader.need(node, "replacement", "the step")?;
    match Replacement::parse(&text.value, &pattern) {
        Ok(it) => Some((pattern, it)),
        Err(message) => {
            let help = "a group is `\\1` or `\\g<name>`, a backslash is `\\\\`";
            reader.bad(text.span, message, help);
            None
        }
    }
}

fn word<T: Copy>(
    reader: &mut Reader<'_>,
    node: &Node,
    key: &str,
    known: &[(&str, T)],
    default: T,
) -> Option<T> {
    let Some(word) = reader.text_of(node, key) else { return Some(default) };
    let found = known.iter().find(|it| it.0 == word.value).map(|it| it.1);
    if found.is_none() {
        let words: Vec<&str> = known.iter().map(|it| it.0).collect();
        let message = format!("there is no {key} `{}`", word.value);
        reader.bad(word.span, message, format!("known: {}", words.join(", ")));
    }
    found
}

fn set_value(reader: &mut Reader<'_>, node: &Node) -> Option<Action> {
    use ir::{Cmp, Number, Predicate};
    let written = reader.need_node(node, "value", "the step")?;
    let Some(force) = reader.text_of(node, "force_type") else {
        return reader.value(written).map(Action::SetValue);
    };
    let text = reader.text(written, "a value of a forced type")?;
    match force.value.as_str() {
        "str" => {
            let pattern = lower::parse_pattern(&text.value, false);
            Some(Action::SetValue(lower::Value::text(pattern, text.span)))
        }
        "num" => match Number::parse(&text.value) {
            Some(it) => {
                let value = lower::Value::one(Predicate::Number(Cmp::Eq, it), text.span);
                Some(Action::SetValue(value))
            }
            None => {
                reader.bad(text.span, format!("`{}` is no number", text.value), "write a number");
                None
            }
        },
        other => {
            reader.bad(force.span, format!("there is no type `{other}`"), "write `str` or `num`");
            None
        }
    }
}

/// A type of step on a query: its name, its keys, and what reads it.
type PostKind =
    (&'static str, &'static [&'static str], fn(&mut Reader<'_>, &Node) -> Option<PostAction>);

const POST_KINDS: &[PostKind] = &[
    ("embed", &["prefix", "suffix"], |reader, node| {
        let mut part = |key: &str| reader.text_of(node, key).map_or(String::new(), |it| it.value);
        Some(PostAction::Embed { prefix: part("prefix"), suffix: part("suffix") })
    }),
    ("simple_template", &["template"], |reader, node| {
        let text = reader.need(node, "template", "the step")?;
        match crate::simple::Simple::parse(&text.value) {
            Ok(it) => Some(PostAction::Simple(it)),
            Err(message) => {
                reader.bad(
                    text.span,
                    message,
                    "write `{query}`, `{rule.title}`, and `{{` for a brace",
                );
                None
            }
        }
    }),
    ("template", TEMPLATE, |reader, node| template(reader, node).map(PostAction::Template)),
    ("json", &["json_template"], |reader, node| {
        let text = reader.need(node, "json_template", "the step")?;
        match serde_json::from_str(&text.value) {
            Ok(it) => Some(PostAction::Json(it)),
            Err(err) => {
                reader.bad(
                    text.span,
                    format!("this is no JSON: {err}"),
                    "write JSON with `\"%QUERY%\"` where the query belongs",
                );
                None
            }
        }
    }),
    ("replace", &["pattern", "replacement"], |reader, node| {
        let (pattern, it) = replacement(reader, node, "pattern")?;
        Some(PostAction::Replace(pattern, it))
    }),
    ("nest", &["items"], |_, _| None),
];

/// Keys of templates.
const TEMPLATE: &[&str] = &["template", "path", "autoescape", "vars"];

fn template(reader: &mut Reader<'_>, node: &Node) -> Option<Template> {
    let text = reader.need(node, "template", "the template")?;
    if let Some(vars) = reader.text_of(node, "vars") {
        let help =
            "put plain values under the pipeline's own `vars`, and read them as `pipeline.vars`";
        reader.bad(vars.span, "`vars` of a template is a Python program, which is not run", help);
        return None;
    }
    let folder = reader.text_of(node, "path").map(|it| it.value);
    let escape_html = reader.flag_of(node, "autoescape", false);
    let pipeline = reader.path.clone();
    let res = Template { text: text.value, folder, escape_html, span: text.span, pipeline };
    if let (None, Err(problem)) = (&res.folder, crate::template::check(&res)) {
        reader.problems.push(*problem);
        return None;
    }
    Some(res)
}

/// The steps of `postprocessing`.
pub fn posts(reader: &mut Reader<'_>, node: &Node, prefix: &str, depth: usize) -> Vec<Post> {
    let mut res = Vec::new();
    if too_deep(reader, node, depth) {
        return res;
    }
    for (at, node) in reader.list(node, "`postprocessing`").unwrap_or_default().iter().enumerate() {
        let place = format!("{prefix}{}", at + 1);
        res.extend(post(reader, node, &place, depth));
    }
    res
}

fn post(reader: &mut Reader<'_>, node: &Node, place: &str, depth: usize) -> Option<Post> {
    if !count(reader, node.span) {
        return None;
    }
    let (span, (name, keys, read)) = reader.kind(node, "postprocessing", POST_KINDS, |it| it.0)?;
    let keys: Vec<&str> = keys.iter().chain(POST_COMMON).copied().collect();
    let what = format!("postprocessing of type `{name}`");
    reader.known(node.as_mapping().unwrap_or_default(), &what, &keys);
    let rule = read_condition::rule(reader, node);
    let action = match *name {
        "nest" => {
            let items = reader.need_node(node, "items", "the step")?;
            PostAction::Nest(posts(reader, items, &format!("{place}."), depth + 1))
        }
        _ => read(reader, node)?,
    };
    let id = id(reader, node, &format!("post{place}"));
    Some(Post { id, kind: Spanned::new(name, span), action, rule })
}

/// A type of finalizer: its name, its keys, and what reads it.
type FinalKind =
    (&'static str, &'static [&'static str], fn(&mut Reader<'_>, &Node) -> Option<Finalizer>);

const FINAL_KINDS: &[FinalKind] = &[
    ("concat", &["separator", "prefix", "suffix"], |reader, node| {
        let mut part = |key: &str, default: &str| {
            reader.text_of(node, key).map_or(default.to_owned(), |it| it.value)
        };
        let separator = part("separator", "\n");
        let (prefix, suffix) = (part("prefix", ""), part("suffix", ""));
        Some(Finalizer::Concat { separator, prefix, suffix, span: node.span })
    }),
    ("json", &["indent"], |reader, node| {
        let indent = reader.integer_of(node, "indent", 0, 32);
        Some(Finalizer::Json { indent: indent.map(|it| it.unsigned_abs() as usize) })
    }),
    ("yaml", &["indent"], |reader, node| {
        // How deep lists are indented makes no difference to a list of texts.
        reader.integer_of(node, "indent", 1, 32);
        Some(Finalizer::Yaml)
    }),
    ("template", TEMPLATE, |reader, node| template(reader, node).map(Finalizer::Template)),
    ("nested", &["finalizers"], |_, _| None),
];

/// The entries of `finalizers`.
pub fn finalizers(reader: &mut Reader<'_>, node: &Node, depth: usize) -> Vec<Finalizer> {
    let mut res = Vec::new();
    if too_deep(reader, node, depth) {
        return res;
    }
    for node in reader.list(node, "`finalizers`").unwrap_or_default() {
        if !count(reader, node.span) {
            break;
        }
        let Some((_, (name, keys, read))) = reader.kind(node, "finalizer", FINAL_KINDS, |it| it.0)
        else {
            continue;
        };
        let keys: Vec<&str> = keys.iter().chain(&["type"]).copied().collect();
        let what = format!("a finalizer of type `{name}`");
        reader.known(node.as_mapping().unwrap_or_default(), &what, &keys);
        if *name == "nested" {
            if let Some(inner) = reader.need_node(node, "finalizers", "the finalizer") {
                res.push(Finalizer::Nested(finalizers(reader, inner, depth + 1)));
            }
            continue;
        }
        res.extend(read(reader, node));
    }
    res
}
