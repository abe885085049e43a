//! `rulec.yml`: what a team says once for all of its rules.

use std::collections::BTreeMap;
use std::path::PathBuf;

use diagnostic::{Code, Severity};
use ir::{Expr, Part, Pattern, Predicate, Test};
use lint::{LINTS, Lint};
use serde::Deserialize;

/// The configuration of a folder of rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// A folder of further targets, relative to the file.
    #[serde(default)]
    pub templates: Option<PathBuf>,
    /// Which findings `rulec check` reports.
    #[serde(default)]
    pub check: CheckConfig,
    /// What `rulec convert` does when it isn't told otherwise.
    #[serde(default)]
    pub convert: ConvertConfig,
    /// The values of placeholders: `%name%` under `expand`. Each is written as in a rule, with
    /// wildcards and escapes.
    #[serde(default)]
    pub placeholders: BTreeMap<String, Vec<String>>,
}

/// Defaults of `rulec convert`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConvertConfig {
    /// `TARGET[/PROFILE][:FORMAT]`, used when no `-t` is given.
    #[serde(default)]
    pub targets: Vec<String>,
    /// As `--strict`.
    #[serde(default)]
    pub strict: bool,
    /// As `-p`, used when no `-p` is given.
    #[serde(default)]
    pub pipelines: Vec<String>,
}

/// Which findings `rulec check` reports.
///
/// A finding is named by its id, `L001`, or its name, `unused-selection`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckConfig {
    /// Lints to run: `default`, `all`, and single ones. Nothing means `default`.
    #[serde(default)]
    pub select: Vec<String>,
    /// Findings to leave out.
    #[serde(default)]
    pub ignore: Vec<String>,
    /// Findings to leave out in some files: a path with `*`, and the findings.
    #[serde(default)]
    pub per_file_ignores: BTreeMap<String, Vec<String>>,
    /// Findings that matter more or less than usual: `info`, `warning` or `error`.
    #[serde(default)]
    pub severity: BTreeMap<String, String>,
}

fn is_code(code: &Code, word: &str) -> bool {
    code.id.eq_ignore_ascii_case(word) || code.name == word
}

impl CheckConfig {
    /// The lints to run.
    pub(crate) fn lints(&self) -> Result<Vec<&'static Lint>, String> {
        let words = self.select.iter().chain(&self.ignore);
        let words =
            words.chain(self.per_file_ignores.values().flatten()).chain(self.severity.keys());
        for word in words {
            let known = matches!(word.as_str(), "default" | "all");
            if !known && !crate::codes().any(|it| is_code(it, word)) {
                return Err(format!("`check` names `{word}`, which no finding is"));
            }
        }
        let has = |word: &str| self.select.iter().any(|it| it == word);
        let default = self.select.is_empty() || has("default");
        let wanted = |it: &&&'static Lint| {
            has("all")
                || (default && it.by_default)
                || self.select.iter().any(|word| is_code(&it.code, word))
        };
        Ok(LINTS.iter().filter(wanted).copied().collect())
    }

    /// Whether a finding is left out.
    pub(crate) fn ignores(&self, path: &str, code: &Code) -> bool {
        let path = path.replace('\\', "/");
        let here = |pattern: &str| {
            let pattern = lower::parse_pattern(pattern, false).open(true, false);
            matcher::covers(&pattern, &path, ir::Case::Sensitive)
        };
        self.ignore.iter().any(|it| is_code(code, it))
            || self
                .per_file_ignores
                .iter()
                .any(|(pattern, codes)| here(pattern) && codes.iter().any(|it| is_code(code, it)))
    }

    /// How much a finding matters, where that is said.
    pub(crate) fn severity(&self, code: &Code) -> Result<Option<Severity>, String> {
        let Some((_, word)) = self.severity.iter().find(|(it, _)| is_code(code, it)) else {
            return Ok(None);
        };
        match word.as_str() {
            "info" => Ok(Some(Severity::Info)),
            "warning" => Ok(Some(Severity::Warning)),
            "error" => Ok(Some(Severity::Error)),
            _ => Err(format!("`{word}` is no severity; known: info, warning, error")),
        }
    }
}

impl Config {
    /// Reads the text of a `rulec.yml`; an empty one says nothing.
    ///
    /// # Errors
    ///
    /// A sentence with line and column: what is not YAML, not known, or of the wrong kind.
    pub fn parse(text: &str) -> Result<Config, String> {
        if text.lines().all(|it| it.trim().is_empty() || it.trim_start().starts_with('#')) {
            return Ok(Config::default());
        }
        serde_yaml::from_str(text).map_err(|err| err.to_string())
    }

    /// Puts the values of placeholders into an expression. A pattern with several values becomes
    /// any of them; one without a value stays as it is, for a later stage to refuse.
    pub(crate) fn fill(&self, expr: Expr) -> Expr {
        if self.placeholders.is_empty() {
            return expr;
        }
        match expr {
            Expr::All(parts) => Expr::all(parts.into_iter().map(|it| self.fill(it)).collect()),
            Expr::Any(parts) => Expr::any(parts.into_iter().map(|it| self.fill(it)).collect()),
            Expr::Not(part) => self.fill(*part).not(),
            Expr::Test(test) => self.fill_test(test),
            it => it,
        }
    }

    fn fill_test(&self, test: Test) -> Expr {
        let Predicate::Text(pattern, case) = &test.predicate else { return Expr::Test(test) };
        if !pattern.placeholders().any(|it| self.placeholders.contains_key(it)) {
            return Expr::Test(test);
        }
        let mut forms: Vec<Vec<Part>> = vec![Vec::new()];
        for part in pattern.parts() {
            let values: Vec<Vec<Part>> = match part {
                Part::Placeholder(name) => match self.placeholders.get(name) {
                    Some(values) => values
                        .iter()
                        .map(|it| lower::parse_pattern(it, false).parts().to_vec())
                        .collect(),
                    None => vec![vec![part.clone()]],
                },
                _ => vec![vec![part.clone()]],
            };
            forms = forms
                .iter()
                .flat_map(|form| {
                    values.iter().map(move |value| form.iter().chain(value).cloned().collect())
                })
                .collect();
        }
        let tests = forms.into_iter().map(|parts| {
            let predicate = Predicate::Text(Pattern::new(parts), *case);
            Expr::Test(Test { predicate, ..test.clone() })
        });
        Expr::any(tests.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_an_error_with_its_line() {
        let err = Config::parse("convert:\n  target: [eql]\n").unwrap_err();
        assert!(err.contains("target") && err.contains("line 2"), "{err}");
        assert_eq!(Config::parse("# nothing\n"), Ok(Config::default()));
    }

    #[track_caller]
    fn printed(value: &str) -> String {
        let rule = format!(
            "title: x\nlogsource: {{product: x}}\ndetection:\n  a: {{User|expand: '{value}'}}\n  condition: a\n"
        );
        let config = Config::parse("placeholders: {Admins: [root, 'adm*']}").unwrap();
        let loaded = crate::load_with([("r.yml".to_owned(), rule.into_bytes())], &config);
        ir::print(&loaded.rules[0].lowered.as_ref().unwrap().rule.expr)
    }

    #[test]
    fn placeholders_get_their_values() {
        assert_eq!(printed("%Admins%"), "any of\n  User is 'root'\n  User is 'adm*'\n");
        assert_eq!(
            printed("corp-%Admins%"),
            "any of\n  User is 'corp-root'\n  User is 'corp-adm*'\n"
        );
        assert_eq!(printed(r"\%Admins%"), "User is '%Admins%'\n");
        assert_eq!(printed("%Others%"), "User is '%Others%'\n");
    }
}
