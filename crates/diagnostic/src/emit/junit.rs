//! JUnit's XML, which build servers show as a list of tests.

use source::Sources;

use crate::{Diagnostic, Severity, concise};

/// A group of cases: the rules of a file, or the examples of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suite {
    /// What it is about.
    pub name: String,
    /// Its cases.
    pub cases: Vec<Case>,
}

/// One thing that holds or does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// What it says.
    pub name: String,
    /// The file.
    pub path: String,
    /// The line in the file, from 1.
    pub line: usize,
    /// Why it does not hold.
    pub failure: Option<Failure>,
    /// What else there is to say.
    pub output: String,
}

/// Why a case does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// One line.
    pub message: String,
    /// Its kind: the id of a finding.
    pub kind: String,
    /// All of it.
    pub text: String,
}

/// Renders suites as one document.
pub fn junit(name: &str, suites: &[Suite]) -> String {
    let failures = |suite: &Suite| suite.cases.iter().filter(|it| it.failure.is_some()).count();
    let tests: usize = suites.iter().map(|it| it.cases.len()).sum();
    let failed: usize = suites.iter().map(failures).sum();
    let mut res = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    res.push_str(&format!(
        "<testsuites name=\"{}\" tests=\"{tests}\" failures=\"{failed}\" errors=\"0\">\n",
        escaped(name)
    ));
    for suite in suites {
        res.push_str(&format!(
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"0\">\n",
            escaped(&suite.name),
            suite.cases.len(),
            failures(suite)
        ));
        suite.cases.iter().for_each(|it| case(it, &suite.name, &mut res));
        res.push_str("  </testsuite>\n");
    }
    res.push_str("</testsuites>");
    res
}

fn case(it: &Case, suite: &str, res: &mut String) {
    res.push_str(&format!(
        "    <testcase name=\"{}\" classname=\"{}\" file=\"{}\" line=\"{}\"",
        escaped(&it.name),
        escaped(suite),
        escaped(&it.path),
        it.line
    ));
    if it.failure.is_none() && it.output.is_empty() {
        res.push_str("/>\n");
        return;
    }
    res.push_str(">\n");
    if let Some(failure) = &it.failure {
        res.push_str(&format!(
            "      <failure message=\"{}\" type=\"{}\">{}</failure>\n",
            escaped(&failure.message),
            escaped(&failure.kind),
            element(&failure.text)
        ));
    }
    if !it.output.is_empty() {
        res.push_str(&format!("      <system-out>{}</system-out>\n", element(&it.output)));
    }
    res.push_str("    </testcase>\n");
}

/// The findings of a run as suites, one a file; a finding that `fails` is a failure, and another is
/// output of a case that holds. A file without findings is one case that holds.
pub fn findings_as_suites(
    findings: &[&Diagnostic],
    sources: &Sources,
    fails: &dyn Fn(Severity) -> bool,
) -> Vec<Suite> {
    let suite = |(id, file): (_, &source::File)| {
        let path = file.path().to_owned();
        let mine = findings.iter().filter(|it| it.primary.span.file == id);
        let mut cases: Vec<Case> = mine
            .map(|it| {
                let text = crate::human(it, sources, false);
                let failure = fails(it.severity).then(|| Failure {
                    message: it.message.clone(),
                    kind: it.code.id.to_owned(),
                    text: text.clone(),
                });
                let output = if failure.is_some() { String::new() } else { concise(it, sources) };
                let line = file.position(it.primary.span.start as usize).line;
                let name = format!("{} {} at line {line}", it.code.id, it.code.name);
                Case { name, path: path.clone(), line, failure, output }
            })
            .collect();
        if cases.is_empty() {
            let (name, output) = ("no findings".to_owned(), String::new());
            cases.push(Case { name, path: path.clone(), line: 1, failure: None, output });
        }
        Suite { name: path, cases }
    };
    sources.iter().map(suite).collect()
}

/// Text between tags, where lines may stay as they are.
fn element(text: &str) -> String {
    escaped(text).replace("&#10;", "\n")
}

/// Text for an attribute or an element; characters that XML can't hold become U+FFFD.
fn escaped(text: &str) -> String {
    let mut res = String::with_capacity(text.len());
    for ch in text.chars() {
        match ch {
            '&' => res.push_str("&amp;"),
            '<' => res.push_str("&lt;"),
            '>' => res.push_str("&gt;"),
            '"' => res.push_str("&quot;"),
            '\'' => res.push_str("&apos;"),
            '\n' => res.push_str("&#10;"),
            '\t' => res.push_str("&#9;"),
            '\r' => res.push_str("&#13;"),
            '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => {
                res.push('\u{fffd}')
            }
            _ => res.push(ch),
        }
    }
    res
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_can_not_leave_its_place() {
        assert_eq!(escaped("a\"><b>\u{1b}&"), "a&quot;&gt;&lt;b&gt;\u{fffd}&amp;");
    }
}
