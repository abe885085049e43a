//! What is wrong with a pipeline is said at its place, and nothing hostile goes unchecked.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::{Duration, Instant};

use rulec_pipeline::{Closed, HttpRequest, Outside, Runner, Set, Subject, read};
use source::FileId;
use syntax::Document;

/// The first problem: its code, the text it points at, and all that it says.
fn problem(pipeline: &str) -> (String, String, String) {
    let mut problems = Vec::new();
    assert!(read(pipeline, FileId::FIRST, "p.yml", &mut problems).is_none(), "{pipeline}");
    let it = problems.first().unwrap();
    let at = pipeline.get(it.primary.span.range()).unwrap_or_default().to_owned();
    let help = it.help.clone().unwrap_or_default();
    (it.code.id.to_owned(), at, format!("{} / {} / {help}", it.message, it.primary.text))
}

#[test]
fn errors_are_at_their_place() {
    let step = |it: &str| format!("transformations:\n  - {it}\n");
    for (pipeline, code, at, text) in [
        ("", "P003", "", "empty"),
        ("[a]", "P003", "[a", "must be a mapping"),
        ("transformation: []", "P001", "transformation", "did you mean `transformations`"),
        ("priority: high", "P003", "high", "a whole number"),
        (&step("{id: x}"), "P004", "id", "needs the key `type`"),
        (&step("{type: field_name_maping}"), "P002", "field_name_maping", "`field_name_mapping`"),
        (&step("{type: field_name_suffix, sufix: x}"), "P001", "sufix", "`suffix`"),
        (&step("{type: field_name_suffix}"), "P004", "type", "`suffix`"),
        (&step("{type: field_name_mapping, mapping: [a]}"), "P003", "[a", "a mapping"),
        (&step("{type: field_name_mapping, mapping: {a: []}}"), "P003", "[", "no field at all"),
        (&step("{type: field_name_mapping, mapping: {a: {b: c}}}"), "P003", "{b: c", "a text"),
        (
            &step("{type: replace_string, regex: '(', replacement: x}"),
            "P003",
            "'('",
            "can't be used",
        ),
        (
            &step("{type: replace_string, regex: 'a(?=b)', replacement: x}"),
            "P003",
            "'a(?=b)'",
            "look-around",
        ),
        (
            &step("{type: replace_string, regex: 'a', replacement: '\\1'}"),
            "P003",
            "'\\1'",
            "no group 1",
        ),
        (&step("{type: regex, method: fast}"), "P003", "fast", "known: plain"),
        (&step("{type: case, method: title}"), "P003", "title", "snake_case"),
        (&step("{type: convert_type, target_type: bool}"), "P003", "bool", "`str` or `num`"),
        (&step("{type: set_value, value: x, force_type: num}"), "P003", "x", "no number"),
        (
            &step("{type: add_condition, conditions: {'a|containz': b}}"),
            "M001",
            "containz",
            "contains",
        ),
        (&step("{type: add_condition, conditions: {}}"), "P003", "{", "no condition"),
        (&step("{type: change_logsource}"), "P003", "{type: change_logsource", "can't be empty"),
        (&step("{type: extract_fields, regex: 'a(b)'}"), "P003", "'a(b)'", "no named group"),
        (
            &step("{type: wildcard_placeholders, include: [a], exclude: [b]}"),
            "P003",
            "{type: wildcard_placeholders, include: [a], exclude: [b",
            "exclude each other",
        ),
        (
            &step("{type: query_expression_placeholders, expression: '{x}'}"),
            "P003",
            "'{x}'",
            "not filled",
        ),
        (&step("{type: file_placeholders, path: x, format: csv}"), "P004", "type", "csv_column"),
        (
            &step("{type: file_placeholders, path: x, format: json, jq_expression: 'map(.)'}"),
            "P003",
            "'map(.)'",
            "can't be read",
        ),
        (
            &step("{type: http_placeholders, url: 'file:///etc/passwd'}"),
            "P003",
            "'file:///etc/passwd'",
            "no address",
        ),
        (&step("{type: command_placeholders, cmd: ''}"), "P003", "''", "empty"),
        (&step("{type: field_name_transform}"), "P003", "{type: field_name_transform", "Python"),
        (
            &step("{type: drop_detection_item, rule_conditions: [{type: logsorce}]}"),
            "P002",
            "logsorce",
            "`logsource`",
        ),
        (
            &step("{type: drop_detection_item, rule_conditions: [{type: logsource}]}"),
            "P003",
            "{type: logsource",
            "can't be empty",
        ),
        (
            &step("{type: drop_detection_item, rule_conditions: [{type: tag, tag: x}]}"),
            "P003",
            "x",
            "no tag",
        ),
        (&step("{type: drop_detection_item, rule_cond_op: xor}"), "P003", "xor", "`and` or `or`"),
        (
            &step(
                "{type: drop_detection_item, detection_item_conditions: [{type: is_null, cond: some}]}",
            ),
            "P003",
            "some",
            "`any` or `all`",
        ),
        (
            &step(
                "{type: drop_detection_item, field_name_conditions: [{type: include_fields, fields: [a], mode: glob}]}",
            ),
            "P003",
            "glob",
            "`plain` or `re`",
        ),
        (
            &step(
                "{type: drop_detection_item, rule_cond_expr: a, rule_conditions: [{type: is_sigma_rule}]}",
            ),
            "P003",
            "a",
            "with names",
        ),
        (
            &step(
                "{type: drop_detection_item, rule_cond_expr: a and, rule_conditions: {a: {type: is_sigma_rule}}}",
            ),
            "P003",
            "",
            "ends too early",
        ),
        (
            &step(
                "{type: drop_detection_item, rule_cond_expr: b, rule_conditions: {a: {type: is_sigma_rule}}}",
            ),
            "P003",
            "b",
            "no condition `b`",
        ),
        (
            &step(
                "{type: drop_detection_item, rule_cond_expr: a, rule_conditions: {a: {type: is_sigma_rule}, b: {type: is_sigma_rule}}}",
            ),
            "P003",
            "b",
            "does not speak",
        ),
        (
            &step(
                "{type: drop_detection_item, rule_cond_expr: a, rule_cond_op: or, rule_conditions: {a: {type: is_sigma_rule}}}",
            ),
            "P003",
            "or",
            "exclude each other",
        ),
        (&step("{type: nest}"), "P004", "type", "`items`"),
        (
            "postprocessing: [{type: simple_template, template: '{other}'}]",
            "P003",
            "'{other}'",
            "neither",
        ),
        (
            "postprocessing: [{type: template, template: '{{ x'}]",
            "P010",
            "'{{ x'",
            "can't be filled",
        ),
        ("postprocessing: [{type: template, template: x, vars: v.py}]", "P003", "v.py", "Python"),
        ("postprocessing: [{type: json, json_template: '{'}]", "P003", "'{'", "no JSON"),
        ("finalizers: [{type: csv}]", "P002", "csv", "known: concat"),
        ("finalizers: [{type: json, indent: 99}]", "P003", "99", "from 0 to 32"),
    ] {
        let (found, place, said) = problem(pipeline);
        assert_eq!((found.as_str(), place.as_str()), (code, at), "{pipeline}\n{said}");
        assert!(said.contains(text), "{pipeline}\n{said}");
    }
}

fn subject(text: &str) -> Subject {
    let parsed = syntax::parse(text, FileId::FIRST);
    let Document::Rule(ast) = &parsed.documents[0] else { panic!("no rule") };
    let (draft, meta) = lower::draft(ast, text, &mut Vec::new()).unwrap();
    Subject::rule(ast, draft, meta, lower::logsource(&ast.logsource))
}

const RULE: &str = "title: x\nlogsource: {product: windows}\ndetection:\n  sel:\n    User|expand: ['%a%%b%', 'xx']\n    Image: aaaa\n  condition: sel\n";

/// The code of the error that a pipeline ends with.
fn refused(pipeline: &str) -> String {
    let start = Instant::now();
    let mut problems = Vec::new();
    let res = match read(pipeline, FileId::FIRST, "p.yml", &mut problems) {
        None => problems[0].code.id.to_owned(),
        Some(it) => {
            let set = Set::new(vec![it]);
            let runner = Runner::new(&set, &Closed);
            let mut subject = subject(RULE);
            let done = runner.apply(&mut subject);
            let done = done.and_then(|()| runner.postprocess(&mut subject, "q".to_owned()));
            done.unwrap_err().code.id.to_owned()
        }
    };
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    res
}

#[test]
fn hostile_pipelines_end_with_an_error() {
    let many = |it: &str, count: usize| {
        format!("transformations:\n{}", format!("  - {it}\n").repeat(count))
    };
    // Fields that double, and texts that do.
    assert_eq!(
        refused(&many("{type: field_name_mapping, mapping: {Image: [Image, Image]}}", 40)),
        "P008"
    );
    assert_eq!(
        refused(&many("{type: replace_string, regex: '(.)', replacement: '\\1\\1'}", 60)),
        "P008"
    );
    assert_eq!(refused(&many("{type: field_name_suffix, suffix: x}", 20_000)), "P008");
    // Steps in steps, beyond the reader's limit and beyond ours.
    let nested = |depth: usize| {
        format!(
            "transformations: {}[]{}",
            "[{type: nest, items: ".repeat(depth),
            "}]".repeat(depth)
        )
    };
    assert_eq!(refused(&nested(20)), "P008");
    assert!(refused(&nested(5000)).starts_with(['Y', 'R', 'P']));
    // Variables that multiply.
    let list = "x, ".repeat(2_000);
    let vars = format!(
        "vars: {{a: [{list}], b: [{list}]}}\ntransformations: [{{type: value_placeholders}}]"
    );
    assert_eq!(refused(&vars), "P008");
    // Expressions.
    assert_eq!(
        refused(&many(
            "{type: replace_string, regex: '((((a{99}){99}){99}){99})', replacement: x}",
            1
        )),
        "P003"
    );
    let groups = "(".repeat(5_000);
    assert_eq!(
        refused(&many(&format!("{{type: replace_string, regex: '{groups}', replacement: x}}"), 1)),
        "P003"
    );
    let condition = "(".repeat(5_000);
    assert_eq!(
        refused(&many(
            &format!(
                "{{type: regex, rule_cond_expr: '{condition}', rule_conditions: {{a: {{type: is_sigma_rule}}}}}}"
            ),
            1
        )),
        "P003"
    );
    // Templates.
    let template = |it: &str| format!("postprocessing: [{{type: template, template: \"{it}\"}}]");
    assert_eq!(
        refused(&template(
            "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}"
        )),
        "P010"
    );
    assert_eq!(refused(&template("{{ 'x' * 999999999999 }}")), "P010");
    assert_eq!(refused(&template("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}")), "P010");
    assert_eq!(refused(&template("{% include '/etc/passwd' %}")), "P010");
    assert_eq!(refused("postprocessing: [{type: template, template: passwd, path: /etc}]"), "P010");
    let embed = format!(
        "postprocessing:\n{}",
        "  - {type: replace, pattern: '(q+)', replacement: '\\1\\1'}\n".repeat(40)
    );
    assert_eq!(refused(&embed), "P008");
}

/// What a pipeline asked for.
struct Asked(std::cell::RefCell<Vec<String>>, &'static str);

impl Outside for Asked {
    fn file(&self, pipeline: &str, path: &str, _: usize) -> Result<String, String> {
        self.0.borrow_mut().push(format!("{pipeline} {path}"));
        Ok(self.1.to_owned())
    }

    fn http(&self, request: &HttpRequest) -> Result<String, String> {
        self.0
            .borrow_mut()
            .push(format!("{} {} {:?}", request.method, request.url, request.params));
        Ok(self.1.to_owned())
    }

    fn command(
        &self,
        command: &Result<String, Vec<String>>,
        timeout: Duration,
        most: usize,
    ) -> Result<String, String> {
        self.0.borrow_mut().push(format!("{command:?} {timeout:?} {most}"));
        Ok(self.1.to_owned())
    }
}

#[track_caller]
fn fetched(step: &str, text: &'static str, asked: &str, users: &str) {
    let pipeline = format!("transformations: [{{{step}}}]");
    let mut problems = Vec::new();
    let pipeline = read(&pipeline, FileId::FIRST, "p.yml", &mut problems);
    let set = Set::new(vec![pipeline.unwrap_or_else(|| panic!("{problems:?}"))]);
    let outside = Asked(Default::default(), text);
    let runner = Runner::new(&set, &outside);
    let rule = RULE.replace("'%a%%b%', 'xx'", "'%a%'");
    for _ in 0..2 {
        let mut subject = subject(&rule);
        runner.apply(&mut subject).unwrap();
        let data = rulec_pipeline::data(&subject);
        assert_eq!(data["selections"]["sel"]["all"][0]["values"].to_string(), users);
    }
    // What is outside is asked once for all rules.
    assert_eq!(*outside.0.borrow(), [asked]);
}

#[test]
fn values_come_from_outside() {
    fetched(
        "type: file_placeholders, path: users.txt",
        " root \n\nadm*\n",
        "p.yml users.txt",
        r#"["text root","text adm*"]"#,
    );
    fetched(
        "type: file_placeholders, path: u, filter: '^r'",
        "root\nadm\n",
        "p.yml u",
        r#"["text root"]"#,
    );
    fetched(
        "type: file_placeholders, path: u, format: csv, csv_column: n",
        "i,n\n1,root\n2,\"a,b\"\n",
        "p.yml u",
        r#"["text root","text a,b"]"#,
    );
    fetched(
        "type: file_placeholders, path: u, format: csv, csv_column: 0, csv_has_header: false",
        "a,b\n",
        "p.yml u",
        r#"["text a"]"#,
    );
    fetched(
        "type: http_placeholders, url: 'https://h/x', params: {a: b}, format: json, jq_expression: '.u[].n'",
        r#"{"u":[{"n":"a"},{"n":7}]}"#,
        r#"GET https://h/x {"a": "b"}"#,
        r#"["text a","text 7"]"#,
    );
    fetched(
        "type: command_placeholders, cmd: [ls, -l], timeout: 3, max_stdout: 9, format: yaml, jq_expression: '.[]'",
        "- a\n- b\n",
        r#"Err(["ls", "-l"]) 3s 9"#,
        r#"["text a","text b"]"#,
    );
}

#[test]
fn without_permission_nothing_is_asked() {
    for step in [
        "type: file_placeholders, path: x",
        "type: http_placeholders, url: 'https://h'",
        "type: command_placeholders, cmd: ls",
    ] {
        assert_eq!(refused(&format!("transformations: [{{{step}}}]")), "P007", "{step}");
    }
}

#[test]
fn what_is_emptied_is_an_error() {
    let list = "transformations: [{type: map_string, mapping: {aaaa: []}}]";
    assert_eq!(refused(list), "P009");
}
