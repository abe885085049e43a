//! What columns hold, where that is known.

use target::{Kind, Profile};

/// What is known of the columns that a query asks.
///
/// Some words of a language mean different things on text and on numbers.
#[derive(Debug, Clone, Copy, Default)]
pub struct Columns<'a> {
    profile: Option<&'a Profile>,
    /// What languages know otherwise, by their keys: a file may hold queries in several.
    others: &'a [(&'static str, &'a Profile)],
}

impl<'a> Columns<'a> {
    /// Nothing is known: what a query asks of a column decides.
    pub fn unknown() -> Columns<'static> {
        Columns::default()
    }

    /// What a profile says of them.
    pub fn of(profile: &'a Profile) -> Columns<'a> {
        Columns { profile: Some(profile), others: &[] }
    }

    /// What is known of them in each of some languages.
    pub fn by_language(others: &'a [(&'static str, &'a Profile)]) -> Columns<'a> {
        Columns { profile: None, others }
    }

    /// What is known in one language.
    pub(crate) fn in_language(self, key: &str) -> Columns<'a> {
        let other = self.others.iter().find(|it| it.0 == key).map(|it| it.1);
        Columns { profile: other.or(self.profile), others: &[] }
    }

    /// What a column holds.
    pub fn kind(&self, name: &str) -> Kind {
        self.profile.map_or(Kind::Any, |it| it.column(name).0)
    }

    /// Whether something is said of this very column.
    pub fn is_known(&self, name: &str) -> bool {
        self.profile.is_some_and(|it| it.columns.contains_key(name))
    }

    /// Columns that a query writes otherwise than by their name, and how.
    pub fn spelled(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.profile.into_iter().flat_map(Profile::spelled)
    }
}
