//! MITRE ATT&CK's tactics and techniques: ids, names, and which technique serves which tactic.
//!
//! Knows: the Enterprise matrix of one release, and how Sigma's tags name its parts.
//! Does not know: rules.
//!
//! The tables in `data/` are written by `cargo xtask attack`. ATT&CK is a registered trademark of
//! The MITRE Corporation; its content is reproduced with MITRE's permission.

use std::collections::HashMap;
use std::sync::OnceLock;

/// The release of ATT&CK that is built in.
pub const VERSION: &str = include_str!("../data/VERSION").trim_ascii();

/// A goal of an adversary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tactic {
    /// Its place in the matrix, from 0.
    pub order: usize,
    /// `TA0002`
    pub id: &'static str,
    /// `execution`
    pub short: &'static str,
    /// `Execution`
    pub name: &'static str,
}

/// A way to reach a goal; a sub-technique has a dot in its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Technique {
    /// `T1059.004`
    pub id: &'static str,
    /// `Unix Shell`
    pub name: &'static str,
    /// The short names of the tactics it serves.
    pub tactics: Vec<&'static str>,
    /// Whether it is still in use.
    pub state: State,
}

/// Whether a technique is still in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is.
    Active,
    /// MITRE advises against it.
    Deprecated,
    /// Another took its place.
    Revoked,
}

/// A tactic with the techniques that a rule names under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Threat {
    /// The tactic.
    pub tactic: Tactic,
    /// Its techniques, in order of their ids, each with the sub-techniques named.
    pub techniques: Vec<(&'static Technique, Vec<&'static Technique>)>,
}

struct Tables {
    tactics: Vec<Tactic>,
    techniques: HashMap<&'static str, Technique>,
}

fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(|| {
        let rows = |text: &'static str| {
            text.lines().skip(1).map(|line| line.split('\t').collect::<Vec<&'static str>>())
        };
        let tactics =
            rows(include_str!("../data/tactics.tsv")).enumerate().filter_map(|(order, row)| {
                let [_, id, short, name] = row[..] else { return None };
                Some(Tactic { order, id, short, name })
            });
        let techniques = rows(include_str!("../data/techniques.tsv")).filter_map(|row| {
            let [id, state, tactics, name] = row[..] else { return None };
            let state = match state {
                "revoked" => State::Revoked,
                "deprecated" => State::Deprecated,
                _ => State::Active,
            };
            Some((id, Technique { id, name, tactics: tactics.split(',').collect(), state }))
        });
        Tables { tactics: tactics.collect(), techniques: techniques.collect() }
    })
}

/// All tactics, in the order of the matrix.
pub fn tactics() -> &'static [Tactic] {
    &tables().tactics
}

/// The tactic of an id, `TA0002`, or a short name, `execution`; `_` counts as `-`.
pub fn tactic(word: &str) -> Option<&'static Tactic> {
    let word = word.replace('_', "-");
    tactics().iter().find(|it| it.id.eq_ignore_ascii_case(&word) || it.short == word)
}

/// The technique or sub-technique of an id, in any case.
pub fn technique(id: &str) -> Option<&'static Technique> {
    tables().techniques.get(id.to_ascii_uppercase().as_str())
}

impl Tactic {
    /// Its page.
    pub fn reference(&self) -> String {
        format!("https://attack.mitre.org/tactics/{}/", self.id)
    }
}

impl Technique {
    /// Its page.
    pub fn reference(&self) -> String {
        format!("https://attack.mitre.org/techniques/{}/", self.id.replace('.', "/"))
    }

    /// The technique that a sub-technique refines.
    pub fn parent(&self) -> Option<&'static Technique> {
        self.id.split_once('.').and_then(|(id, _)| technique(id))
    }
}

/// What a rule's tags say of ATT&CK: a tactic each, in the order of the matrix.
///
/// A technique stands under every tactic of the rule that it serves. A rule that names techniques
/// only gets the first tactic each of them serves.
pub fn threats<'a>(tags: impl IntoIterator<Item = &'a str>) -> Vec<Threat> {
    let words: Vec<&str> = tags.into_iter().filter_map(|it| it.strip_prefix("attack.")).collect();
    let mut found: Vec<Tactic> = words.iter().filter_map(|it| tactic(it)).copied().collect();
    let mut techniques: Vec<&'static Technique> =
        words.iter().filter_map(|it| technique(it)).collect();
    techniques.sort_by_key(|it| it.id);
    techniques.dedup_by_key(|it| it.id);
    for it in &techniques {
        if !it.tactics.iter().any(|short| found.iter().any(|known| known.short == *short)) {
            found.extend(it.tactics.first().and_then(|short| tactic(short)));
        }
    }
    found.sort();
    found.dedup();
    found
        .into_iter()
        .map(|tactic| {
            let mut groups: Vec<(&'static Technique, Vec<&'static Technique>)> = Vec::new();
            for it in techniques.iter().filter(|it| it.tactics.contains(&tactic.short)) {
                let parent = it.parent();
                let top = parent.unwrap_or(it);
                if !groups.iter().any(|(known, _)| known.id == top.id) {
                    groups.push((top, Vec::new()));
                }
                if let (Some(_), Some((_, subs))) =
                    (parent, groups.iter_mut().find(|(known, _)| known.id == top.id))
                {
                    subs.push(it);
                }
            }
            Threat { tactic, techniques: groups }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_become_tactics_with_their_techniques() {
        let found = threats(["attack.execution", "attack.t1059", "attack.t1059.004", "tlp.red"]);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].tactic.id, found[0].tactic.name), ("TA0002", "Execution"));
        let (top, subs) = &found[0].techniques[0];
        assert_eq!((top.id, top.name), ("T1059", "Command and Scripting Interpreter"));
        assert_eq!((subs[0].id, subs[0].name), ("T1059.004", "Unix Shell"));
        assert_eq!(subs[0].reference(), "https://attack.mitre.org/techniques/T1059/004/");
    }

    #[test]
    fn a_technique_alone_brings_its_tactic() {
        let found = threats(["attack.t1059.001"]);
        assert_eq!(found[0].tactic.short, "execution");
        assert_eq!(tactic("lateral_movement").map(|it| it.id), Some("TA0008"));
        assert!(tactics().len() >= 15 && VERSION.starts_with("19"));
    }

    #[test]
    fn the_tactic_that_was_parted_is_still_known_and_served() {
        let short = |tags: &[&str]| -> Vec<&str> {
            threats(tags.iter().copied()).iter().map(|it| it.tactic.short).collect()
        };
        assert_eq!(short(&["attack.defense-impairment", "attack.t1685"]), ["defense-impairment"]);
        assert_eq!(short(&["attack.defense-evasion", "attack.t1055"]), ["defense-evasion"]);
        assert_eq!(short(&["attack.t1027"]), ["stealth"]);
        assert_eq!(tactic("TA0005").map(|it| it.short), Some("stealth"));
        assert_eq!(technique("T1562").map(|it| it.state), Some(State::Revoked));
    }
}
