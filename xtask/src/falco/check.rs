//! What Falco's loader refuses or warns of, for what is emitted here.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde_json::Value;

use super::condition::{Comparison, Condition, Operand, parse, split};

/// The fields of the engine: name, type, flags.
#[derive(Debug, Default)]
pub struct Catalogue {
    fields: BTreeMap<String, (String, Vec<String>)>,
}

const RULE_KEYS: &[&str] = &[
    "rule",
    "desc",
    "condition",
    "output",
    "priority",
    "tags",
    "source",
    "enabled",
    "exceptions",
    "override",
    "warn_evttypes",
    "skip-if-unknown-filter",
    "capture",
    "capture_duration",
];
const PRIORITIES: &[&str] =
    &["EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFORMATIONAL", "DEBUG"];

/// The engine version that first has a feature.
const SINCE: &[(&str, [u32; 3])] = &[
    ("iglob", [0, 40, 0]),
    ("tolower", [0, 40, 0]),
    ("toupper", [0, 40, 0]),
    ("b64", [0, 40, 0]),
    ("val", [0, 40, 0]),
    ("regex", [0, 43, 0]),
    ("basename", [0, 43, 0]),
    ("len", [0, 46, 0]),
    ("proc.args[", [0, 50, 0]),
    ("container.", [0, 50, 0]),
    ("k8s.", [0, 50, 0]),
];

impl Catalogue {
    /// Reads the table of fields: name, type, flags, class, separated by tabs.
    pub fn read(text: &str) -> Catalogue {
        let rows = text.lines().skip(1).filter_map(|line| {
            let mut cells = line.split('\t');
            let (name, kind) = (cells.next()?, cells.next()?);
            let flags = cells.next().unwrap_or_default().split(',').map(str::to_owned).collect();
            Some((name.to_owned(), (kind.to_owned(), flags)))
        });
        Catalogue { fields: rows.collect() }
    }

    fn field(&self, field: &str, problems: &mut Vec<String>) -> Option<(&str, &[String])> {
        let (name, argument) = split(field);
        let Some((kind, flags)) = self.fields.get(name) else {
            problems.push(format!("there is no field `{name}`"));
            return None;
        };
        let has = |flag: &str| flags.iter().any(|it| it == flag);
        match argument {
            Some(_) if !has("ARG_ALLOWED") && !has("ARG_REQUIRED") => {
                problems.push(format!("`{name}` takes no argument"));
            }
            None if has("ARG_REQUIRED") => problems.push(format!("`{name}` needs an argument")),
            _ => {}
        }
        if has("EPF_TABLE_ONLY") || has("EPF_DEPRECATED") {
            problems.push(format!("`{name}` is not for conditions, or deprecated"));
        }
        Some((kind, flags))
    }
}

/// A whole rules file; returns its conditions by rule name.
pub fn file(
    text: &str,
    catalogue: &Catalogue,
    problems: &mut Vec<String>,
) -> Vec<(String, Condition)> {
    let items: Value = match serde_yaml::from_str(text) {
        Ok(it) => it,
        Err(err) => {
            problems.push(format!("not YAML: {err}"));
            return Vec::new();
        }
    };
    let mut res = Vec::new();
    let mut names = BTreeSet::new();
    let (mut needed, mut declared) = ([0, 0, 0], None);
    let mut plugins = false;
    for item in items.as_array().into_iter().flatten() {
        let Some(pairs) = item.as_object() else {
            problems.push("an item is not a mapping".to_owned());
            continue;
        };
        if let Some(version) = pairs.get("required_engine_version") {
            declared = version.as_str().and_then(semver);
            if declared.is_none() || pairs.len() > 1 {
                problems.push(format!("not an engine version: {item}"));
            }
            continue;
        }
        if let Some(list) = pairs.get("required_plugin_versions") {
            plugins = true;
            for it in list.as_array().into_iter().flatten() {
                if it["name"].as_str().is_none()
                    || it["version"].as_str().and_then(semver).is_none()
                {
                    problems.push(format!("not a plugin version: {it}"));
                }
            }
            continue;
        }
        let Some(name) = pairs.get("rule").and_then(Value::as_str) else {
            problems.push(format!("neither rule nor version: {item}"));
            continue;
        };
        let before = problems.len();
        if !names.insert(name.to_owned()) {
            problems
                .push("the name stands twice: the first rule is gone without a word".to_owned());
        }
        for key in pairs.keys().filter(|it| !RULE_KEYS.contains(&it.as_str())) {
            problems.push(format!("LOAD_UNKNOWN_KEY `{key}`"));
        }
        for key in ["desc", "condition", "output", "priority"] {
            if pairs.get(key).and_then(Value::as_str).is_none_or(|it| it.trim().is_empty()) {
                problems.push(format!("no `{key}`"));
            }
        }
        let text = |key: &str| pairs.get(key).and_then(Value::as_str).unwrap_or_default();
        if !PRIORITIES.contains(&text("priority")) {
            problems.push(format!("no priority: {}", text("priority")));
        }
        if !text("desc").ends_with('.') {
            problems.push("`desc` ends without a full stop".to_owned());
        }
        output(text("output"), catalogue, problems);
        let condition = text("condition");
        for (word, since) in SINCE {
            let used = match word.strip_suffix(['.', '[']) {
                Some(_) => condition.contains(word),
                None => {
                    condition.split(|ch: char| !ch.is_ascii_alphanumeric()).any(|it| it == *word)
                }
            };
            if used {
                needed = needed.max(*since);
            }
        }
        if (condition.contains("container.") || condition.contains("k8s.")) && !plugins {
            problems.push("container fields without `required_plugin_versions`".to_owned());
        }
        match parse(condition) {
            Ok(tree) => {
                check(&tree, catalogue, problems);
                if text("source").is_empty() && !bound(&tree) {
                    problems.push("NO_EVTTYPE: the condition matches every event type".to_owned());
                }
                res.push((name.to_owned(), tree));
            }
            Err(err) => problems.push(err),
        }
        for it in &mut problems[before..] {
            *it = format!("{name}: {it}");
        }
    }
    if declared.is_none_or(|it| it < needed) {
        problems.push(format!("required_engine_version {declared:?} is less than {needed:?}"));
    }
    res
}

fn semver(text: &str) -> Option<[u32; 3]> {
    let parts: Option<Vec<u32>> = text.split('.').map(|it| it.parse().ok()).collect();
    parts.and_then(|it| it.try_into().ok())
}

/// `%field` of an output line are fields too.
fn output(text: &str, catalogue: &Catalogue, problems: &mut Vec<String>) {
    for piece in text.split('%').skip(1) {
        let end = piece.find(|ch: char| !(ch.is_ascii_alphanumeric() || "._[]".contains(ch)));
        let name = piece[..end.unwrap_or(piece.len())].trim_end_matches('.');
        if name.contains('.') {
            catalogue.field(name, problems);
        }
    }
}

/// Whether every way to be true names event types.
fn bound(condition: &Condition) -> bool {
    match condition {
        Condition::All(parts) => parts.iter().any(bound),
        Condition::Any(parts) => parts.iter().all(bound),
        Condition::Not(_) => false,
        Condition::Test(it) => it.field == "evt.type" && matches!(it.operator.as_str(), "=" | "in"),
    }
}

fn check(condition: &Condition, catalogue: &Catalogue, problems: &mut Vec<String>) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => {
            parts.iter().for_each(|it| check(it, catalogue, problems));
        }
        Condition::Not(part) => check(part, catalogue, problems),
        Condition::Test(it) => comparison(it, catalogue, problems),
    }
}

fn comparison(it: &Comparison, catalogue: &Catalogue, problems: &mut Vec<String>) {
    let Some((kind, flags)) = catalogue.field(&it.field, problems) else { return };
    let has = |flag: &str| flags.iter().any(|it| it == flag);
    let operator = it.operator.as_str();
    if it.transform.is_some() && (has("EPF_NO_TRANSFORMER") || kind != "CHARBUF") {
        problems.push(format!("`{}` takes no transformer", it.field));
    }
    let text = matches!(kind, "CHARBUF" | "BYTEBUF");
    let words = ["contains", "icontains", "startswith", "endswith", "glob", "iglob", "regex"];
    if words.contains(&operator) && !text {
        problems.push(format!("`{operator}` on `{}`, which is {kind}", it.field));
    }
    let numeric = kind.contains("INT") || matches!(kind, "PORT" | "DOUBLE" | "RELTIME" | "ABSTIME");
    if matches!(operator, "<" | "<=" | ">" | ">=") && !numeric {
        problems.push(format!("`{operator}` on `{}`, which is {kind}", it.field));
    }
    if operator != "exists" && it.values.is_empty() {
        problems.push(format!("`{operator}` without a value"));
    }
    for value in &it.values {
        let shown = match value {
            Operand::Field(name) => {
                if catalogue
                    .field(name, problems)
                    .is_some_and(|(_, flags)| flags.iter().any(|it| it == "EPF_NO_RHS"))
                {
                    problems.push(format!("`{name}` can't stand on the right"));
                }
                continue;
            }
            Operand::Quoted(it) | Operand::Bare(it) => it.as_str(),
        };
        let good = match kind {
            "BOOL" => matches!(shown, "true" | "false"),
            "IPADDR" => shown.parse::<IpAddr>().is_ok(),
            "IPNET" => ir_net(shown),
            "PORT" => shown.parse::<u16>().is_ok(),
            "DOUBLE" => shown.parse::<f64>().is_ok(),
            "CHARBUF" | "BYTEBUF" => true,
            _ => shown.parse::<i128>().is_ok(),
        };
        if !good {
            problems.push(format!("`{}` is {kind} and can't be `{shown}`", it.field));
        }
        if operator == "regex"
            && let Err(err) = posix(shown)
        {
            problems.push(format!("the regex `{shown}`: {err}"));
        }
    }
}

fn ir_net(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    let width = match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    bits.parse::<u8>().is_ok_and(|it| it <= width)
}

/// A regular expression in RE2's POSIX syntax, as one of Rust's that covers the whole text.
pub fn posix(text: &str) -> Result<regex::Regex, String> {
    let mut chars = text.chars().peekable();
    let mut class = false;
    while let Some(ch) = chars.next() {
        match ch {
            '\\' => match chars.next() {
                Some(it) if it.is_ascii_alphanumeric() => {
                    return Err(format!("`\\{it}` is not POSIX"));
                }
                None => return Err("a backslash at the end".to_owned()),
                _ => {}
            },
            '[' if !class => class = true,
            '[' if chars.peek() == Some(&':') => {
                chars.by_ref().find(|it| *it == ']');
            }
            ']' => class = false,
            '(' if !class && chars.peek() == Some(&'?') => {
                return Err("`(?` is not POSIX".to_owned());
            }
            _ => {}
        }
    }
    regex::Regex::new(&format!(r"\A(?:{text})\z")).map_err(|err| err.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: &str = "field\ttype\tflags\tclass\nevt.type\tCHARBUF\t\tevt\nproc.name\tCHARBUF\t\tproc\n\
        fd.rport\tPORT\t\tfd\nproc.args\tCHARBUF\tARG_ALLOWED\tproc\nfd.rip\tIPADDR\t\tfd\nfd.rnet\tIPNET\tEPF_NO_RHS,EPF_NO_TRANSFORMER\tfd\n\
        evt.failed\tBOOL\t\tevt\ncontainer.id\tCHARBUF\t\tcontainer\nfd.rip.name\tCHARBUF\tEPF_NO_TRANSFORMER\tfd\n";

    fn problems(file_text: &str) -> Vec<String> {
        let mut res = Vec::new();
        file(file_text, &Catalogue::read(FIELDS), &mut res);
        res
    }

    fn with(condition: &str) -> String {
        format!(
            "- required_engine_version: 0.43.0\n- rule: A\n  desc: A.\n  condition: {}\n  output: x %proc.name\n  priority: ERROR\n",
            Value::from(condition)
        )
    }

    #[test]
    fn a_good_file_passes() {
        let found =
            problems(&with("evt.type in (\"execve\") and proc.name regex \"a[[:digit:]]+\""));
        assert!(found.is_empty(), "{found:?}");
    }

    /// Each trap of the loader, and the word that names it.
    #[test]
    fn traps_are_refused() {
        for (condition, word) in [
            ("proc.name = \"a\"", "NO_EVTTYPE"),
            ("evt.type = execve and proc.nam = \"a\"", "no field"),
            ("evt.type = execve and fd.rport icontains \"4\"", "PORT"),
            ("evt.type = execve and fd.rport = \"http x\"", "can't be"),
            ("evt.type = execve and proc.name < 4", "CHARBUF"),
            ("evt.type = execve and proc.name[0] = a", "no argument"),
            ("evt.type = execve and fd.rip = \"10.0.0.0/8\"", "IPADDR"),
            ("evt.type = execve and fd.rnet = \"10.0.0.1\"", "IPNET"),
            ("evt.type = execve and evt.failed = yes", "BOOL"),
            ("evt.type = execve and proc.name regex \"a\\\\d\"", "POSIX"),
            ("evt.type = execve and proc.name regex \"(?i)a\"", "POSIX"),
            ("evt.type = execve and tolower(fd.rip.name) = \"a\"", "transformer"),
            ("evt.type = execve and container.id = \"a\"", "plugin"),
            ("evt.type = execve and proc.args[1] = \"a\"", "engine_version"),
            ("evt.type = execve and proc.name iendswith \"a\"", "expected"),
            ("evt.type = execve or proc.name = \"a\"", "NO_EVTTYPE"),
            ("not evt.type = execve", "NO_EVTTYPE"),
        ] {
            let found = problems(&with(condition)).join("\n");
            assert!(found.contains(word), "{condition}: {found:?}");
        }
        let good = with("evt.type = execve");
        for (change, word) in [
            (good.replace("priority: ERROR", "priority: HIGH"), "priority"),
            (good.replace("  desc: A.\n", ""), "desc"),
            (good.replace("desc: A.", "desc: A"), "full stop"),
            (good.replace("  priority", "  level: x\n  priority"), "LOAD_UNKNOWN_KEY"),
            (good.replace("%proc.name", "%proc.nam.e"), "no field"),
            (format!("{good}{}", good.split_once('\n').map_or("", |it| it.1)), "twice"),
            (good.replace("0.43.0", "43"), "engine version"),
            ("- rule: [".to_owned(), "YAML"),
        ] {
            let found = problems(&change).join("\n");
            assert!(found.contains(word), "{change}: {found:?}");
        }
    }
}
