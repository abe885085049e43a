//! What is said about a query where it stands.

use ir::{Level, Status};
use serde_json::{Map, Value};

/// What is said about a query where it stands.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// Its title.
    pub title: Option<String>,
    /// Its id, if it is a UUID.
    pub id: Option<String>,
    /// What it detects.
    pub description: Option<String>,
    /// How mature it is.
    pub status: Option<Status>,
    /// SPDX id of its licence, or its name.
    pub license: Option<String>,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// Where to read more.
    pub references: Vec<String>,
    /// What else it may match.
    pub falsepositives: Vec<String>,
    /// Tags as a rule has them: `attack.t1059`.
    pub tags: Vec<String>,
    /// When it was written, `YYYY-MM-DD`.
    pub date: Option<String>,
    /// When it was last changed.
    pub modified: Option<String>,
    /// How bad a match is.
    pub level: Option<Level>,
    /// 0-100.
    pub risk_score: Option<u64>,
    /// Version, from 1.
    pub version: Option<u64>,
    /// Between runs: `5m`.
    pub every: Option<String>,
    /// How far back each run looks.
    pub lookback: Option<String>,
    /// The most alerts of one run.
    pub max_alerts: Option<u64>,
    /// The operating system or product, where it is told.
    pub product: Option<String>,
    /// What only targets of the language know.
    pub options: Map<String, Value>,
}

/// A text that is a UUID.
pub(crate) fn uuid(text: &str) -> Option<String> {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths = groups.iter().map(|it| it.len()).eq([8, 4, 4, 4, 12]);
    let digits = groups.iter().all(|it| it.bytes().all(|byte| byte.is_ascii_hexdigit()));
    (lengths && digits).then(|| text.to_ascii_lowercase())
}

/// ATT&CK's tactic as a tag, if it is one: `Credential Access` and `CredentialAccess` are
/// `attack.credential-access`.
pub(crate) fn tactic(name: &str) -> Option<String> {
    let letters = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphabetic).map(|it| it.to_ascii_lowercase()).collect()
    };
    let wanted = letters(name);
    let found = attack::tactics().iter().find(|it| letters(it.short) == wanted)?;
    Some(format!("attack.{}", found.short))
}

/// ATT&CK's technique as a tag, if it is one.
pub(crate) fn technique(id: &str) -> Option<String> {
    let digits = id.strip_prefix(['T', 't'])?;
    let plain = digits.chars().all(|it| it.is_ascii_digit() || it == '.');
    (plain && digits.len() >= 4).then(|| format!("attack.t{digits}"))
}

/// Adds a tag that is not there yet.
pub(crate) fn add(tags: &mut Vec<String>, tag: String) {
    if !tags.contains(&tag) {
        tags.push(tag);
    }
}

/// A text of a map.
pub(crate) fn text(map: &Map<String, Value>, key: &str) -> Option<String> {
    match map.get(key)? {
        Value::String(it) if !it.trim().is_empty() => Some(it.trim().to_owned()),
        Value::Number(it) => Some(it.to_string()),
        _ => None,
    }
}

/// A list of texts of a map; one text is a list of one.
pub(crate) fn texts(map: &Map<String, Value>, key: &str) -> Vec<String> {
    match map.get(key) {
        Some(Value::Array(items)) => {
            items.iter().filter_map(|it| it.as_str().map(str::to_owned)).collect()
        }
        Some(Value::String(it)) if !it.is_empty() => vec![it.clone()],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tactics_and_techniques_are_tags() {
        for name in ["Credential Access", "CredentialAccess", "credential_access"] {
            assert_eq!(tactic(name).unwrap(), "attack.credential-access");
        }
        assert_eq!(tactic("CommandandControl").unwrap(), "attack.command-and-control");
        assert_eq!(tactic("Ransomware"), None);
        assert_eq!(technique("T1059.004").unwrap(), "attack.t1059.004");
        assert_eq!(technique("Test"), None);
        assert!(uuid("E3768a83-8c03-4d23-a022-51394ec0f000").is_some() && uuid("x").is_none());
    }
}
