//! A target is a folder: a manifest of op templates, quoting tables, profiles and envelopes.
//!
//! Knows: templates, quoting, precedence, field maps, types, fidelity.
//! Does not know: any particular target by name, how rules are written.

mod adapt;
mod borrow;
mod carry;
mod codes;
mod correlate;
mod envelope;
mod flavour;
mod hole;
mod legal;
mod legalize;
mod load;
mod manifest;
mod map;
mod naming;
mod profile;
mod quote;
mod routes;
mod rows;
mod ways;
mod work;

pub use codes::{CODES, NO_SOURCE, TARGET_CHECK};
pub use envelope::Breach;
pub use legal::{Effect, Fidelity, Note};
pub use load::{Folder, LoadError, Target};
pub use manifest::{Format, Kind, Manifest, OptionSpec, Version};
pub use profile::{Profile, SourceSpec};

use std::borrow::Cow;

use diagnostic::Diagnostic;
use ir::{Expr, Rule};

/// A rule in a target's words.
#[derive(Debug, Clone)]
pub struct Output {
    /// The finished text, in the format asked for.
    pub text: String,
    /// The part of it that is this rule's alone, for a file of many rules.
    pub item: String,
    /// The query alone.
    pub query: String,
    /// Why what takes the format would refuse it; the texts are empty then.
    pub refused: Vec<Breach>,
    /// The version of the language that it needs.
    pub since: Version,
    /// What the profile says of its log source.
    pub source: serde_json::Map<String, serde_json::Value>,
    /// How faithful it is.
    pub fidelity: Fidelity,
    /// Where and why it is not exact.
    pub notes: Vec<Note>,
    /// What it has to say of the rows of the profile's tables.
    pub asked: Expr,
    /// How what is written relates to `asked`: the part of the fidelity that is the language's, and
    /// not the field map's.
    pub said: Fidelity,
}

impl Target {
    /// Says a rule in this target's words.
    ///
    /// # Errors
    ///
    /// Located diagnostics that say what the target or its profile can't express.
    pub fn convert(
        &self,
        rule: &Rule,
        profile: &str,
        format: &str,
    ) -> Result<Output, Vec<Diagnostic>> {
        let options = self.options(rule, profile)?;
        let profile = self.profile(profile).ok_or_else(Vec::new)?;
        let mapped = map::map(rule, profile, &self.manifest.name, &options)?;
        let mut own = Vec::new();
        let (legal, since) =
            legalize::legalize(&mapped.expr, self, profile, &legalize::Given::new(), &mut own)?;
        if let legal::Legal::Const(value) = legal {
            return Err(vec![self.decided(rule, value)]);
        }
        let query = naming::query(self, profile, &mapped, &legal)?;
        let columns = match self.speaks_of(format, "columns") {
            true => legalize::columns(&mapped.expr, profile),
            false => Vec::new(),
        };
        let said = Fidelity::of(&own);
        let mut notes = mapped.notes;
        own.retain(|it| !notes.contains(it));
        notes.extend(own);
        let seen = mapped.source.map(|it| envelope::seen(it).plain.clone());
        let refused = self.broken(rule, format, &options, seen, &query, true);
        let fidelity = Fidelity::of(&notes);
        let shown = match self.speaks_of(format, "examples") && !profile.keeps_names() {
            true => Cow::Owned(carried(rule, profile, &options, fidelity)),
            false => Cow::Borrowed(rule),
        };
        let item = match refused.is_empty() {
            true => self.envelope(&shown, mapped.source, &query, &options, &columns, format)?,
            false => String::new(),
        };
        let source = mapped.source.map(|it| it.with.clone()).unwrap_or_default();
        let text = String::new();
        let asked = mapped.expr;
        let mut res =
            Output { text, item, query, refused, since, source, fidelity, notes, asked, said };
        if !res.refused.is_empty() {
            return Ok(res);
        }
        res.text = self.bundle(format, &[&res]).unwrap_or_else(|_| res.item.clone());
        Ok(res)
    }
}

impl Target {
    /// A query that is the same for every event is of no use, and hides that a part was lost.
    fn decided(&self, rule: &Rule, value: bool) -> Diagnostic {
        let span = rule.meta.title_span.unwrap_or(rule.span);
        let name = &self.manifest.name;
        let (message, label) = if value {
            (
                format!("the rule would match every event in `{name}`"),
                "all of its tests are true there",
            )
        } else {
            (
                format!("the rule could match no event in `{name}`"),
                "its tests are never true there together",
            )
        };
        Diagnostic::error(&codes::CANNOT_EXPRESS, span, message, label).with_help(format!(
            "see what the profile makes of its fields, or leave the target out: `targets: {{ {name}: {{ skip: true, reason: ... }} }}`"
        ))
    }

    /// A rule's question about the columns of a profile, before it is put into words; `None` when
    /// the profile has no place for it.
    pub fn mapped(&self, rule: &Rule, profile: &str) -> Option<Expr> {
        let options = self.options(rule, profile).ok()?;
        let mapped = map::map(rule, self.profile(profile)?, &self.manifest.name, &options);
        mapped.ok().map(|it| it.expr)
    }

    /// Whether a profile has a place for a rule's events and a column for each of its fields.
    pub fn takes(&self, rule: &Rule, profile: &str) -> bool {
        let Some(known) = self.profile(profile) else { return false };
        let Some(options) = known.source(rule).and(self.options(rule, profile).ok()) else {
            return false;
        };
        known.has_fields(rule, &options)
    }

    /// A rule's question about events in the names of a profile, and what the names make of it.
    ///
    /// # Errors
    ///
    /// Why the profile has no place for it, or that the rule leaves the target out.
    pub fn asked(&self, rule: &Rule, profile: &str) -> Result<(Expr, Fidelity), Vec<Diagnostic>> {
        let options = self.options(rule, profile)?;
        let profile = self.profile(profile).ok_or_else(Vec::new)?;
        if profile.keeps_names() {
            return Ok((rule.expr.clone(), Fidelity::Exact));
        }
        let mapped = map::map(rule, profile, &self.manifest.name, &options)?;
        Ok((mapped.expr, Fidelity::of(&mapped.notes)))
    }

    /// An event as a profile's tables hold it; `None` when they can't.
    pub fn carry(
        &self,
        rule: &Rule,
        profile: &str,
        event: &serde_json::Value,
    ) -> Option<serde_json::Value> {
        let options = self.options(rule, profile).ok()?;
        carry::carry(rule, self.profile(profile)?, &options, event)
    }
}

/// An approximation as an error, for runs that take only exact output.
pub fn not_exact(note: &Note) -> Diagnostic {
    let how = match note.effect {
        Effect::Wider => "more",
        Effect::Narrower => "less",
    };
    Diagnostic::error(
        &codes::NOT_EXACT,
        note.span,
        format!("the output may match {how} than the rule"),
        note.reason.clone(),
    )
    .with_help("rewrite the test, or accept approximations by leaving out `--strict`")
}

/// The rule with its examples as a profile's tables hold them: those that they can hold, and of which
/// the verdict is sure.
fn carried(rule: &Rule, profile: &Profile, options: &profile::Options, fidelity: Fidelity) -> Rule {
    let sure = |it: &&ir::Fixture| match fidelity {
        Fidelity::Exact => true,
        Fidelity::Wider => it.matches,
        Fidelity::Narrower => !it.matches,
        Fidelity::Both => false,
    };
    let carried = |it: &ir::Fixture| {
        let event = carry::carry(rule, profile, options, &it.event)?;
        Some(ir::Fixture { event, ..it.clone() })
    };
    let fixtures = rule.fixtures.iter().filter(sure).filter_map(carried).collect();
    Rule { fixtures, ..rule.clone() }
}
