//! The traps of the loader, each refused.

use super::*;

const FIELDS: &str = "field\ttype\tflags\tclass\nevt.type\tCHARBUF\t\tevt\nproc.name\tCHARBUF\t\tproc\n\
    fd.rport\tPORT\t\tfd\nproc.args\tCHARBUF\tARG_ALLOWED\tproc\nfd.rip\tIPADDR\t\tfd\nfd.rnet\tIPNET\tEPF_NO_RHS,EPF_NO_TRANSFORMER\tfd\n\
    evt.failed\tBOOL\t\tevt\ncontainer.id\tCHARBUF\t\tcontainer\nfd.rip.name\tCHARBUF\tEPF_NO_TRANSFORMER\tfd\nproc.aname\tCHARBUF\tARG_ALLOWED,EPF_NO_RHS\tproc\n\
    evt.arg\tCHARBUF\tARG_REQUIRED\tevt\nevt.latency\tRELTIME\tEPF_DEPRECATED\tevt\n";

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

#[track_caller]
fn refused(text: &str, word: &str) {
    let found = problems(text).join("\n");
    assert!(found.contains(word), "{text}: {found:?}");
}

#[test]
fn a_good_file_passes() {
    let condition = r#"evt.type in ("execve") and proc.name regex "a[[:digit:]]+" and proc.name iglob "*\\[x\\*" and proc.name = val(fd.rip.name)"#;
    let found = problems(&with(condition));
    assert!(found.is_empty(), "{found:?}");
}

/// Each trap of the loader in a condition, and the word that names it.
#[test]
fn traps_of_conditions_are_refused() {
    for (condition, word) in [
        // A test on every event type.
        ("proc.name = \"a\"", "NO_EVTTYPE"),
        ("evt.type = execve or proc.name = \"a\"", "NO_EVTTYPE"),
        ("not evt.type = execve", "NO_EVTTYPE"),
        // Fields and their arguments.
        ("evt.type = execve and proc.nam = \"a\"", "no field"),
        ("evt.type = execve and proc.name[0] = a", "no argument"),
        ("evt.type = execve and evt.arg = a", "needs an argument"),
        ("evt.type = execve and evt.latency < 5", "deprecated"),
        // Operators and types.
        ("evt.type = execve and fd.rport icontains \"4\"", "PORT"),
        ("evt.type = execve and fd.rport = \"http x\"", "can't be"),
        ("evt.type = execve and proc.name < 4", "CHARBUF"),
        ("evt.type = execve and fd.rport < many", "can't be"),
        ("evt.type = execve and fd.rip = \"10.0.0.0/8\"", "IPADDR"),
        ("evt.type = execve and fd.rnet = \"10.0.0.1\"", "IPNET"),
        ("evt.type = execve and evt.failed = yes", "BOOL"),
        ("evt.type = execve and tolower(fd.rip.name) = \"a\"", "transformer"),
        // Regular expressions: RE2's POSIX syntax.
        ("evt.type = execve and proc.name regex \"a\\\\d\"", "POSIX"),
        ("evt.type = execve and proc.name regex \"\\\\bx\"", "POSIX"),
        ("evt.type = execve and proc.name regex \"(?i)a\"", "POSIX"),
        ("evt.type = execve and proc.name regex \"(?:a)b\"", "POSIX"),
        ("evt.type = execve and proc.name regex \"a*?\"", "POSIX"),
        ("evt.type = execve and proc.name regex \"a(\"", "the regex"),
        // Patterns: `[` and a backslash are special.
        ("evt.type = execve and proc.name iglob \"*[x\"", "opens a set"),
        ("evt.type = execve and proc.name glob \"a\\\\\"", "backslash at the end"),
        ("evt.type = execve and proc.name glob \"a\\\\b\"", "backslash before"),
        // The right side.
        ("evt.type = execve and proc.name = val(proc.aname)", "on the right"),
        ("evt.type = execve and proc.name = val(fd.rport)", "on its right"),
        ("evt.type = execve and proc.name = val(nope)", "no field"),
        // Versions.
        ("evt.type = execve and container.id = \"a\"", "plugin"),
        ("evt.type = execve and proc.args[1] = \"a\"", "engine_version"),
        // A field of another source.
        ("evt.type = execve and ka.verb = \"get\"", "k8s_audit"),
        // Words.
        ("evt.type = execve and proc.name iendswith \"a\"", "expected"),
        ("evt.type = execve and proc.name istartswith \"a\"", "expected"),
        ("evt.type = execve and proc.name not in (\"a\")", "expected"),
        ("evt.type = execve and !proc.name = \"a\"", "expected"),
        ("evt.type = execve AND proc.name = a", "expected"),
        ("evt.type = execve and NOT proc.name = a", "expected"),
        ("evt.type = execve and proc.name CONTAINS a", "expected"),
        ("evt.type = execve and proc.name icontains\"a\"", "expected"),
        ("evt.type = execve and proc.name in(\"a\")", "expected"),
        ("evt.type = execve and proc.args[0]startswith \"a\"", "expected"),
        // Texts and bare words.
        ("evt.type = execve and proc.name = \"a\\d\"", "expected"),
        ("evt.type = execve and proc.name = \"a\\'\"", "expected"),
        ("evt.type = execve and proc.name = \"a", "expected"),
        ("evt.type = execve and proc.name = a b", "expected"),
        ("evt.type = execve and proc.name = a(b", "expected"),
        ("evt.type = execve and proc.name in (a=b)", "expected"),
        ("evt.type = execve and proc.name in ()", "expected"),
        // A macro that is not there.
        ("evt.type = execve and spawned", "no macro"),
    ] {
        refused(&with(condition), word);
    }
}

#[test]
fn traps_of_files_are_refused() {
    let good = with("evt.type = execve");
    for (change, word) in [
        (good.replace("priority: ERROR", "priority: HIGH"), "priority"),
        (good.replace("priority: ERROR", "priority: error"), "priority"),
        (good.replace("  desc: A.\n", ""), "desc"),
        (good.replace("desc: A.", "desc: A"), "full stop"),
        (good.replace("  priority", "  level: x\n  priority"), "LOAD_UNKNOWN_KEY"),
        (good.replace("%proc.name", "%proc.nam.e"), "no field"),
        (good.replace("x %proc.name", "100% sure"), "no field"),
        (format!("{good}{}", good.split_once('\n').map_or("", |it| it.1)), "twice"),
        (good.replace("0.43.0", "43"), "engine version"),
        (
            good.replace(
                "- rule",
                "- required_plugin_versions: [{ name: json, version: 7 }]\n- rule",
            ),
            "plugin version",
        ),
        ("- rule: [".to_owned(), "YAML"),
        ("- text".to_owned(), "not a mapping"),
    ] {
        refused(&change, word);
    }
}

#[test]
fn needed_versions_are_those_of_what_is_used_and_not_of_what_is_spelled() {
    let spelled = with("evt.type = execve and proc.name = \"regex len container.id proc.args[0]\"");
    assert!(problems(&spelled.replace("0.43.0", "0.31.0")).is_empty());
    for condition in ["tolower(proc.name) = a", "proc.name iglob a", "proc.name = val(proc.name)"] {
        let text = with(&format!("evt.type = execve and {condition}"));
        assert!(problems(&text.replace("0.43.0", "0.40.0")).is_empty(), "{condition}");
        refused(&text.replace("0.43.0", "0.39.0"), "engine_version");
    }
    let regex = with("evt.type = execve and proc.name regex a");
    refused(&regex.replace("0.43.0", "0.42.0"), "engine_version");
}

#[test]
fn lists_are_pasted_without_regard_to_quotes() {
    let list = |items: &str, condition: &str| {
        with(condition).replace("- rule", &format!("- list: nc\n  items: {items}\n- rule"))
    };
    let good = list("[ncat, netcat]", "evt.type = execve and proc.name in (nc, x)");
    assert!(problems(&good).is_empty(), "{:?}", problems(&good));
    refused(
        &list("[ncat]", "evt.type = execve and proc.name contains \"run nc -l\""),
        "put into a quoted text",
    );
    // A longer word is another.
    let other = list("[ncat]", "evt.type = execve and proc.name contains \"run ncx\"");
    assert!(problems(&other).is_empty(), "{:?}", problems(&other));
    refused(&list("['(x)']", "evt.type = execve"), "pasted without quotes");
    assert!(problems(&list("['\"(x)\"']", "evt.type = execve")).is_empty());
}

#[test]
fn a_macro_sees_earlier_macros_only() {
    let macros = |first: &str, second: &str| {
        with("spawned").replace("- rule", &format!("{first}\n{second}\n- rule"))
    };
    let exec = "- macro: exec\n  condition: evt.type = execve";
    let spawned = "- macro: spawned\n  condition: exec and proc.name = a";
    assert!(problems(&macros(exec, spawned)).is_empty(), "{:?}", problems(&macros(exec, spawned)));
    refused(&macros(spawned, exec), "no macro `exec`");
}
