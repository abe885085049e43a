//! The fields that the events of a log source have, where that is known.
//!
//! Knows: `data/fields.txt`, and how it is written.
//! Does not know: which targets or products can name these fields.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use source::Spanned;
use syntax::LogSourceAst;

const DATA: &str = include_str!("../data/fields.txt");

/// The fields of a log source.
#[derive(Debug, Default)]
pub struct Fields {
    /// Whether its events have no others.
    pub complete: bool,
    /// Their names.
    pub names: BTreeSet<&'static str>,
}

/// Product, category and service; `-` where one is not set.
type Source = [&'static str; 3];

fn table() -> &'static BTreeMap<Source, Fields> {
    static TABLE: OnceLock<BTreeMap<Source, Fields>> = OnceLock::new();
    TABLE.get_or_init(|| read(DATA))
}

fn read(text: &'static str) -> BTreeMap<Source, Fields> {
    let mut sets: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut res: BTreeMap<Source, Fields> = BTreeMap::new();
    let mut at: Vec<&str> = Vec::new();
    for line in text.lines().filter(|it| !it.starts_with('#')) {
        let words = line.split_ascii_whitespace();
        if !line.starts_with(' ') {
            at = words.collect();
            continue;
        }
        let mut names: BTreeSet<&str> = BTreeSet::new();
        for word in words {
            match sets.get(word) {
                Some(set) => names.extend(set),
                None => drop(names.insert(word)),
            }
        }
        match at.as_slice() {
            [set] => sets.entry(set).or_default().extend(names),
            [kind, product, category, service] => {
                let fields = res.entry([product, category, service]).or_default();
                fields.complete = *kind == "all";
                fields.names.extend(names);
            }
            _ => {}
        }
    }
    res
}

/// The fields of a rule's log source; `None` where they are not known.
pub fn of(logsource: &LogSourceAst) -> Option<&'static Fields> {
    let word = |it: &Option<Spanned<String>>, known: &str| {
        it.as_ref().map_or("-", |it| it.value.as_str()) == known
    };
    let LogSourceAst { product, category, service, .. } = logsource;
    let here = |[a, b, c]: &Source| word(product, a) && word(category, b) && word(service, c);
    table().iter().find(|(it, _)| here(it)).map(|(_, fields)| fields)
}

/// Whether any log source of a product has the field.
pub fn is_known(product: &str, field: &str) -> bool {
    table().iter().any(|(source, it)| source[0] == product && it.names.contains(field))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_is_whole() {
        let table = table();
        assert!(table.len() > 40, "{}", table.len());
        for (source, fields) in table {
            assert!(fields.names.len() >= 2, "{source:?}");
            let loose: Vec<_> = fields.names.iter().filter(|it| it.starts_with('@')).collect();
            assert!(loose.is_empty(), "{source:?}: no set of that name: {loose:?}");
        }
        for line in DATA.lines().filter(|it| !it.starts_with(['#', ' ', '@']) && !it.is_empty()) {
            let words: Vec<&str> = line.split(' ').collect();
            assert!(words.len() == 4 && ["all", "some"].contains(&words[0]), "{line}");
        }
    }
}
