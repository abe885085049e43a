//! How a profile tells the log sources of events, for a target that meets events itself.

use std::collections::BTreeMap;

use matcher::engine::{Condition, Route, Routing, Source};
use serde::Deserialize;

/// Events of one kind, as a profile writes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteSpec {
    /// Fields and the values of which each holds one, in any case; `*` is any value.
    #[serde(default)]
    pub when: BTreeMap<String, Values>,
    /// Where such events come from.
    #[serde(default)]
    pub source: Option<SourceSpec>,
    /// Fields of the event that hold the log source.
    #[serde(default)]
    pub read: Option<SourceSpec>,
    /// Names that rules use, each with the name that such events use.
    #[serde(default)]
    pub aliases: BTreeMap<String, String>,
    /// Whether it counts only for events that no route before it takes.
    #[serde(default)]
    pub otherwise: bool,
}

/// The parts of a log source; an event may be of several categories.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceSpec {
    /// `windows`, `linux`, ...
    #[serde(default)]
    pub product: Option<String>,
    /// `process_creation`, `webserver`, ...
    #[serde(default)]
    pub category: Option<Values>,
    /// `security`, `sshd`, ...
    #[serde(default)]
    pub service: Option<String>,
}

/// One value or several.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Values {
    /// One.
    One(Scalar),
    /// Several.
    Many(Vec<Scalar>),
}

/// A value by its text.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Scalar {
    /// A whole number.
    Number(i64),
    /// A boolean.
    Bool(bool),
    /// A text.
    Text(String),
}

impl Values {
    fn texts(&self) -> Vec<String> {
        let values = match self {
            Values::One(it) => std::slice::from_ref(it),
            Values::Many(it) => it,
        };
        let text = |it: &Scalar| match it {
            Scalar::Number(it) => it.to_string(),
            Scalar::Bool(it) => it.to_string(),
            Scalar::Text(it) => it.clone(),
        };
        values.iter().map(text).collect()
    }
}

impl SourceSpec {
    fn sources(&self) -> Vec<Source> {
        let one = |category: Option<String>| Source {
            category,
            product: self.product.clone(),
            service: self.service.clone(),
        };
        match &self.category {
            None => vec![one(None)],
            Some(it) => it.texts().into_iter().map(|it| one(Some(it))).collect(),
        }
    }
}

/// The routes in the words of the matcher.
pub(crate) fn routing(specs: &[RouteSpec]) -> Routing {
    let route = |spec: &RouteSpec| Route {
        when: spec
            .when
            .iter()
            .map(|(field, values)| Condition { field: field.clone(), values: values.texts() })
            .collect(),
        sources: spec.source.as_ref().map(SourceSpec::sources).unwrap_or_default(),
        read: spec.read.as_ref().and_then(|it| it.sources().into_iter().next()),
        aliases: spec.aliases.iter().map(|(to, from)| (to.clone(), from.clone())).collect(),
        otherwise: spec.otherwise,
    };
    Routing { routes: specs.iter().map(route).collect() }
}
