//! `hashes_fields`: values such as `MD5=...` become values of a field for each algorithm.

use ir::{Part, Pattern, Predicate};
use lower::{Detection, Item, Value};

use crate::apply::{Done, negate, problem};
use crate::codes::NOTHING_LEFT;
use crate::model::{Hashes, Step};
use crate::pattern::plain;
use crate::values::field;

/// How long a hash is, by algorithm.
const LENGTHS: [(usize, &str); 5] =
    [(32, "MD5"), (40, "SHA1"), (64, "SHA256"), (128, "SHA512"), (32, "IMPHASH")];

/// The item as one for each algorithm; `None` leaves it.
pub fn split(step: &Step, it: &Hashes, item: &Item) -> Done<Option<Detection>> {
    let text = |form: &Predicate| matches!(form, Predicate::Text(..));
    let named = |name: &str| it.fields.iter().any(|it| it == name);
    if !item.field.as_deref().is_some_and(named)
        || item.values.is_empty()
        || !item.values.iter().flat_map(|it| &it.forms).all(text)
    {
        return Ok(None);
    }
    // By field, in the order of the first value of each; `None` keeps its field.
    let mut groups: Vec<(Option<String>, Vec<Value>)> = Vec::new();
    for value in &item.values {
        for form in &value.forms {
            let (name, form) = match one(it, form) {
                Some((algorithm, form)) => {
                    let drop = it.drop_algorithm;
                    let algorithm = if drop { "" } else { algorithm.as_str() };
                    (Some(format!("{}{algorithm}", it.prefix)), form)
                }
                None => (None, form.clone()),
            };
            let new = Value { forms: vec![form], ..value.clone() };
            match groups.iter_mut().find(|it| it.0 == name) {
                Some((_, values)) => values.push(new),
                None => groups.push((name, vec![new])),
            }
        }
    }
    if groups.iter().all(|it| it.0.is_none()) {
        let message = "no value begins with an algorithm that the pipeline knows";
        let label = format!("known: {}", it.algorithms.join(", "));
        return Err(problem(&NOTHING_LEFT, step, item.span, message, label));
    }
    let items = groups.into_iter().map(|(name, values)| {
        let name = match name {
            Some(name) if name == "keyword" => None,
            Some(name) => field(name),
            None => item.field.clone(),
        };
        let negated = false;
        Detection::Item(Item { field: name, values, negated, ..item.clone() })
    });
    let whole = match item.all {
        true => Detection::All(items.collect()),
        false => Detection::Any(items.collect()),
    };
    Ok(Some(if item.negated { negate(whole) } else { whole }))
}

/// The algorithm of a value, and its hash.
fn one(it: &Hashes, form: &Predicate) -> Option<(String, Predicate)> {
    let Predicate::Text(pattern, case) = form else { return None };
    let text = plain(pattern);
    let pieces: Vec<&str> = text.split(if text.contains('|') { '|' } else { '=' }).collect();
    let bare = |it: &str| it.trim_matches(['*', '?']).to_owned();
    let (algorithm, hash) = match pieces.as_slice() {
        [algorithm, hash] => (algorithm.trim_start_matches('*').to_uppercase(), bare(hash)),
        [first, ..] => {
            let hash = bare(first);
            let known = LENGTHS.iter().find(|it| it.0 == hash.chars().count());
            (known.map_or(String::new(), |it| it.1.to_owned()), hash)
        }
        [] => return None,
    };
    if !it.algorithms.contains(&algorithm) {
        return None;
    }
    let mut pattern = Pattern::new(lower::parse_pattern(&hash, false).parts().to_vec());
    // A part of a hash, open at its end, is not the whole of it.
    let whole = LENGTHS.iter().any(|it| it.1 == algorithm && it.0 == hash.chars().count());
    let known = LENGTHS.iter().any(|it| it.1 == algorithm);
    let open = matches!(form, Predicate::Text(it, _) if it.parts().last() == Some(&Part::Run));
    if known && !whole && open {
        pattern = pattern.open(false, true);
    }
    Some((algorithm, Predicate::Text(pattern, *case)))
}
