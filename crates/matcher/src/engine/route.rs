//! Which log sources an event comes from.
//!
//! Knows what a profile says about the values of a few fields. What is decided for one combination
//! of values is kept, so that an event costs a few look-ups.

use ir::LogSource;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::keys::{FieldId, Keys};
use super::memo::{Known, Memo};
use super::slots::Slots;

/// How the log sources of events are told.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Routing {
    /// Every route whose conditions hold adds its log sources.
    #[serde(default)]
    pub routes: Vec<Route>,
}

/// Events of one kind.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Route {
    /// Fields and the values of which each must hold one, in any case; `*` is any value.
    #[serde(default)]
    pub when: Vec<Condition>,
    /// Where such events come from; one with no part set adds none.
    #[serde(default)]
    pub sources: Vec<Source>,
    /// Fields of the event that hold the log source itself, as `category`, `product`, `service`.
    #[serde(default)]
    pub read: Option<Source>,
    /// Names that rules use, each with the name that such events use.
    #[serde(default)]
    pub aliases: Vec<(String, String)>,
    /// Whether it counts only for events that no route before it takes.
    #[serde(default)]
    pub otherwise: bool,
}

/// What one field must hold.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// The field.
    pub field: String,
    /// The values, one of which is enough; `*` is any value.
    pub values: Vec<String>,
}

/// The parts of a log source, as texts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// `process_creation`, `webserver`, ...
    pub category: Option<String>,
    /// `windows`, `linux`, ...
    pub product: Option<String>,
    /// `security`, `sshd`, ...
    pub service: Option<String>,
}

/// What a route tells of an event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Told {
    pub(crate) sources: Vec<LogSource>,
    /// From and to.
    pub(crate) aliases: Vec<(FieldId, FieldId)>,
}

/// A profile made ready for the fields of a rule set.
#[derive(Debug, Default)]
pub(crate) struct Router {
    /// The fields whose values are asked for, each with the folded values that make a difference.
    fields: Vec<(FieldId, FxHashMap<Box<str>, u32>)>,
    /// By field, its place in `fields` and one more; 0 is none.
    places: Vec<u16>,
    /// The fields that are read as text.
    read: Vec<FieldId>,
    routes: Vec<Ready>,
}

#[derive(Debug)]
struct Ready {
    /// Place in `fields`, and values; none is any.
    when: Vec<(usize, Vec<u32>)>,
    sources: Vec<LogSource>,
    /// Places in `read` of category, product and service.
    read: Option<[Option<usize>; 3]>,
    aliases: Vec<(FieldId, FieldId)>,
    otherwise: bool,
}

/// A text longer than this is no part of a log source.
const LONGEST: usize = 64;

impl Source {
    fn log_source(&self) -> LogSource {
        let part = |it: &Option<String>| it.as_deref().map(Into::into);
        LogSource {
            category: part(&self.category),
            product: part(&self.product),
            service: part(&self.service),
            span: None,
        }
    }

    fn parts(&self) -> [Option<&str>; 3] {
        [self.category.as_deref(), self.product.as_deref(), self.service.as_deref()]
    }
}

impl Routing {
    /// Every field that is asked for its value.
    pub(crate) fn condition_names(&self) -> impl Iterator<Item = &str> {
        self.routes.iter().flat_map(|it| &it.when).map(|it| it.field.as_str())
    }

    /// Every field that is asked for.
    pub(crate) fn field_names(&self) -> impl Iterator<Item = &str> {
        self.routes.iter().flat_map(|it| {
            let when = it.when.iter().map(|it| it.field.as_str());
            let read = it.read.iter().flat_map(Source::parts).flatten();
            let aliases = it.aliases.iter().flat_map(|(to, from)| [to.as_str(), from.as_str()]);
            when.chain(read).chain(aliases)
        })
    }
}

impl Router {
    pub(crate) fn new(routing: &Routing, keys: &Keys) -> Router {
        let mut res = Router::default();
        for route in &routing.routes {
            let mut when = Vec::new();
            for condition in &route.when {
                let Some(field) = keys.field(&condition.field) else { continue };
                let at = res.fields.iter().position(|it| it.0 == field).unwrap_or_else(|| {
                    res.fields.push((field, FxHashMap::default()));
                    res.fields.len() - 1
                });
                let known = &mut res.fields[at].1;
                let mut values = Vec::new();
                for value in condition.values.iter().filter(|it| *it != "*") {
                    let next = known.len() as u32 + 1;
                    values.push(*known.entry(ir::fold::fold_text(value).into()).or_insert(next));
                }
                when.push((at, values));
            }
            let read = route.read.as_ref().map(|it| {
                it.parts().map(|name| {
                    let field = keys.field(name?)?;
                    Some(res.read.iter().position(|it| *it == field).unwrap_or_else(|| {
                        res.read.push(field);
                        res.read.len() - 1
                    }))
                })
            });
            let aliases = route
                .aliases
                .iter()
                .filter_map(|(to, from)| Some((keys.field(from)?, keys.field(to)?)));
            let aliases = aliases.collect();
            let sources = route.sources.iter().map(Source::log_source).collect();
            let otherwise = route.otherwise;
            res.routes.push(Ready { when, sources, read, aliases, otherwise });
        }
        res.places = vec![0; keys.fields()];
        for (place, (field, _)) in (1..).zip(&res.fields) {
            res.places[*field as usize] = place;
        }
        res
    }

    /// Those who ask a [`Memo`]: one for each field.
    pub(crate) fn askers(&self) -> u32 {
        self.fields.len() as u32 + 1
    }

    /// Writes to `key` what of the event makes a difference.
    #[inline]
    pub(crate) fn key(&self, line: &str, slots: &mut Slots, memo: &mut Memo, key: &mut Vec<u32>) {
        key.clear();
        for at in 0..slots.held().len() {
            let field = slots.held()[at];
            let place = u32::from(self.places[field as usize]);
            let Some((_, known)) = self.fields.get((place as usize).wrapping_sub(1)) else {
                continue;
            };
            let mut next = slots.first(field);
            if next.is_some() {
                key.push(place << 16);
            }
            // Only the values that make a difference are looked at.
            while let Some(value) = next.filter(|_| !known.is_empty()) {
                next = slots.next(value);
                let raw = slots.raw(line, value);
                let to_keep = match raw.map_or(Known::Never, |it| memo.look(place, it)) {
                    Known::Found(ids) => {
                        key.extend(ids.iter().map(|id| place << 16 | id));
                        continue;
                    }
                    Known::New(it) => Some(it),
                    Known::Never => None,
                };
                let Some(range) = slots.fold(line, value) else { continue };
                let text = std::str::from_utf8(slots.folded(range)).unwrap_or_default();
                let id = known.get(text);
                key.extend(id.map(|id| place << 16 | id));
                if let (Some(it), Some(raw)) = (to_keep, raw) {
                    memo.keep(it, place, raw, id.map_or(&[], std::slice::from_ref));
                }
            }
        }
        key.sort_unstable();
        if self.read.is_empty() {
            return;
        }
        key.push(u32::MAX);
        for field in &self.read {
            if let Some(value) = slots.first(*field)
                && let Some(range) = slots.fold(line, value)
                && range.1 - range.0 <= LONGEST
            {
                key.extend(slots.folded(range).iter().map(|it| u32::from(*it)));
            }
            key.push(u32::MAX);
        }
    }

    /// What the profile tells about events of that key.
    pub(crate) fn told(&self, key: &[u32]) -> Told {
        let (values, rest) = match key.iter().position(|it| *it == u32::MAX) {
            Some(at) => (&key[..at], &key[at + 1..]),
            None => (key, &[][..]),
        };
        let texts: Vec<String> = rest
            .split(|it| *it == u32::MAX)
            .map(|it| {
                let bytes: Vec<u8> = it.iter().map(|it| *it as u8).collect();
                String::from_utf8_lossy(&bytes).into_owned()
            })
            .collect();
        let mut res = Told::default();
        let mut taken = false;
        for route in &self.routes {
            if route.otherwise && taken {
                continue;
            }
            let holds = route.when.iter().all(|(at, wanted)| {
                let place = (*at as u32 + 1) << 16;
                let has = |it: &u32| values.contains(&(place | it));
                if wanted.is_empty() { has(&0) } else { wanted.iter().any(has) }
            });
            if !holds {
                continue;
            }
            taken = true;
            res.sources.extend(route.sources.iter().cloned());
            res.aliases.extend(&route.aliases);
            if let Some(read) = &route.read {
                read_sources(read, &texts, &mut res.sources);
            }
        }
        let all_parts = |it: &LogSource| {
            (it.category.is_some() || it.product.is_some() || it.service.is_some()).then_some(())
        };
        res.sources.retain(|it| all_parts(it).is_some());
        res.sources.sort_by_cached_key(LogSource::key);
        res.sources.dedup();
        res.aliases.sort_unstable();
        res.aliases.dedup();
        res
    }
}

/// Log sources from texts; `+` stands between the categories of an event that has several.
fn read_sources(read: &[Option<usize>; 3], texts: &[String], sources: &mut Vec<LogSource>) {
    let text = |at: usize| {
        let text = read[at].and_then(|it| texts.get(it)).map(String::as_str);
        text.filter(|it| !it.is_empty())
    };
    let categories: Vec<Option<&str>> = match text(0) {
        Some(it) => it.split('+').map(Some).collect(),
        None => vec![None],
    };
    for category in categories {
        sources.push(LogSource {
            category: category.map(Into::into),
            product: text(1).map(Into::into),
            service: text(2).map(Into::into),
            span: None,
        });
    }
}
