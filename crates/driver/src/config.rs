//! `rulec.yml`: what a team says once for all of its rules.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ir::{Expr, Part, Pattern, Predicate, Test};
use serde::Deserialize;

/// The configuration of a folder of rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// A folder of further targets, relative to the file.
    #[serde(default)]
    pub templates: Option<PathBuf>,
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
