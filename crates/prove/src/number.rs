//! Numbers: which constraints go together, and automata around a comparison.
//!
//! Knows: comparisons with constants. Does not know: text patterns.

use ir::{Cmp, Number};

use crate::lang::{Bounds, whole};

/// Numbers that pass all of `must` and none of `mustnt`, one for each stretch between constants;
/// `None` when that can't be told.
pub(crate) fn candidates(must: &[(Cmp, Number)], mustnt: &[(Cmp, Number)]) -> Option<Vec<Number>> {
    let mut points: Vec<Number> = must.iter().chain(mustnt).map(|it| it.1).collect();
    // Whole neighbours, so that examples are whole where they can be.
    for at in points.clone() {
        if let Number::Int(it) = at {
            points.extend(
                [it.checked_sub(1), it.checked_add(1)].into_iter().flatten().map(Number::Int),
            );
        }
        if let Number::Float(it) = at {
            points.extend([it.floor(), it.ceil()].into_iter().filter_map(Number::from_f64));
        }
    }
    points.sort();
    points.dedup();
    let mut between = Vec::new();
    for pair in points.windows(2) {
        let [low, high] = pair else { continue };
        match middle(*low, *high) {
            Ok(it) => between.extend(it),
            Err(Unsure) => return None,
        }
    }
    points.extend(between);
    let fits = |it: &Number| {
        must.iter().all(|(cmp, at)| cmp.holds(it.cmp(at)))
            && !mustnt.iter().any(|(cmp, at)| cmp.holds(it.cmp(at)))
    };
    let mut res: Vec<Number> = points.into_iter().filter(fits).collect();
    // Whole and not negative is what most fields hold.
    res.sort_by_key(|it| (matches!(it, Number::Float(_)), *it < Number::Int(0)));
    Some(res)
}

/// Whether there is a number strictly between two is not known.
struct Unsure;

/// A number strictly between the two, when there is one.
fn middle(low: Number, high: Number) -> Result<Option<Number>, Unsure> {
    const EXACT: i128 = 1 << 51;
    match (low, high) {
        (Number::Int(a), Number::Int(b)) if b.checked_sub(a).is_none_or(|it| it > 1) => {
            Ok(Some(Number::Int(a + 1)))
        }
        // Beyond this no number of an event has a fraction.
        (Number::Int(a), Number::Int(_)) if a.abs() < EXACT => Ok(Number::from_f64(a as f64 + 0.5)),
        (Number::Int(a), Number::Int(_)) if a.abs() > EXACT * 8 => Ok(None),
        (Number::Int(_), Number::Int(_)) => Err(Unsure),
        _ => {
            let (a, b) = (as_f64(low), as_f64(high));
            let found = Number::from_f64(a + (b - a) / 2.0).filter(|it| low < *it && *it < high);
            found.map(|it| Ok(Some(it))).unwrap_or(Err(Unsure))
        }
    }
}

fn as_f64(number: Number) -> f64 {
    match number {
        Number::Int(it) => it as f64,
        Number::Float(it) => it,
    }
}

/// Spellings of a number, the shortest first.
pub(crate) fn spellings(number: Number) -> Vec<String> {
    let plain = number.to_string();
    let more = match number {
        Number::Int(_) => vec![format!("{plain}.0"), format!("{plain}e0"), format!("{plain}.00")],
        Number::Float(_) => vec![format!("{plain}0"), format!("{plain}e0")],
    };
    std::iter::once(plain).chain(more).filter(|it| Number::parse(it) == Some(number)).collect()
}

/// Digits of whole numbers that are compared exactly.
const EXACT_DIGITS: usize = 36;

/// Automata around the texts that spell a number that compares so: whole numbers without fraction
/// and exponent exactly, others not at all or all of them.
pub(crate) fn bounds(cmp: Cmp, number: Number) -> Bounds {
    let other = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+(?:[eE][+-]?[0-9]+)?|[eE][+-]?[0-9]+)";
    let long = format!(r"-?[1-9][0-9]{{{EXACT_DIGITS},}}");
    // Which whole numbers pass, as those from `low` to `high`.
    let (low, high) = match (cmp, number) {
        (Cmp::Eq, Number::Int(it)) => (Some(it), Some(it)),
        (Cmp::Eq, Number::Float(_)) => (Some(1), Some(0)),
        (Cmp::Lt, Number::Int(it)) => (None, it.checked_sub(1)),
        (Cmp::Lte, Number::Int(it)) => (None, Some(it)),
        (Cmp::Gt, Number::Int(it)) => (it.checked_add(1), None),
        (Cmp::Gte, Number::Int(it)) => (Some(it), None),
        (_, Number::Float(it)) if it.abs() >= 1e27 => return Bounds::default(),
        (Cmp::Lt | Cmp::Lte, Number::Float(it)) => (None, Some(it.floor() as i128)),
        (Cmp::Gt | Cmp::Gte, Number::Float(it)) => (Some(it.ceil() as i128), None),
    };
    let limit = 10i128.pow(27);
    if [low, high].into_iter().flatten().any(|it| it.abs() >= limit) {
        return Bounds::default();
    }
    let plain = whole_numbers(low, high);
    let over = match &plain {
        Some(it) => format!("{it}|{other}|{long}"),
        None => format!("{other}|{long}"),
    };
    Bounds { under: whole(&plain.unwrap_or_else(|| "[a&&b]".into())), over: whole(&over) }
}

/// A regular expression of the whole numbers from `low` to `high`, of at most [`EXACT_DIGITS`].
fn whole_numbers(low: Option<i128>, high: Option<i128>) -> Option<String> {
    let mut parts = Vec::new();
    // Not negative: from max(low, 0) to high.
    if high.is_none_or(|it| it >= 0) {
        let from = low.map_or(0, |it| it.max(0));
        if high.is_none_or(|it| it >= from) {
            parts.extend(magnitudes(from, high));
        }
    }
    // Negative, and `-0`: magnitudes from max(-high, 0) to -low.
    if low.is_none_or(|it| it <= 0) {
        let from = high.map_or(0, |it| (-it).max(0));
        let to = low.map(|it| -it);
        if to.is_none_or(|it| it >= from) {
            parts.extend(magnitudes(from, to).into_iter().map(|it| format!("-(?:{it})")));
        }
    }
    (!parts.is_empty()).then(|| parts.join("|"))
}

/// Regular expressions of the whole numbers from `from` to `to`, neither of them negative.
fn magnitudes(from: i128, to: Option<i128>) -> Vec<String> {
    let first = from.to_string();
    let Some(to) = to else {
        let mut res = same_length(&first, &"9".repeat(first.len()));
        res.push(format!("[1-9][0-9]{{{},{}}}", first.len(), EXACT_DIGITS - 1));
        return res;
    };
    let last = to.to_string();
    let mut res = Vec::new();
    for length in first.len()..=last.len() {
        let low = if length == first.len() {
            first.clone()
        } else {
            format!("1{}", "0".repeat(length - 1))
        };
        let high = if length == last.len() { last.clone() } else { "9".repeat(length) };
        res.extend(same_length(&low, &high));
    }
    res
}

/// Regular expressions of the digits from `low` to `high`, which are of one length.
fn same_length(low: &str, high: &str) -> Vec<String> {
    if low == high {
        return vec![low.to_owned()];
    }
    let shared = low.bytes().zip(high.bytes()).take_while(|(a, b)| a == b).count();
    let (prefix, low, high) = (&low[..shared], &low[shared..], &high[shared..]);
    let digit = |it: &str| it.bytes().next().map_or(0, |it| it - b'0');
    let class = |from: u8, to: u8| (from <= to).then(|| format!("[{from}-{to}]"));
    let any = |count: usize| format!("[0-9]{{{count}}}");
    let rest = low.len() - 1;
    let mut res = Vec::new();
    let (a, b) = (digit(low), digit(high));
    if rest == 0 {
        res.extend(class(a, b));
    } else {
        res.extend(
            same_length(&low[1..], &"9".repeat(rest)).into_iter().map(|it| format!("{a}{it}")),
        );
        if a + 1 < b {
            res.extend(class(a + 1, b - 1).map(|it| format!("{it}{}", any(rest))));
        }
        res.extend(
            same_length(&"0".repeat(rest), &high[1..]).into_iter().map(|it| format!("{b}{it}")),
        );
    }
    res.into_iter().map(|it| format!("{prefix}{it}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_of_a_range_are_those_and_no_others() {
        for (low, high) in [(0, 0), (-7, 7), (5, 1024), (-120, -9), (99, 101), (1, 0), (-1, 200)] {
            let regex = whole_numbers(Some(low), Some(high));
            let test = |it: i128| {
                regex.as_ref().is_some_and(|regex| {
                    let hir =
                        ir::Regex::new(&format!("^(?:{regex})$"), false, false, false).unwrap();
                    let predicate = ir::Predicate::Regex(std::sync::Arc::new(hir));
                    matches_text(&predicate, &it.to_string())
                })
            };
            for it in -130..1100 {
                assert_eq!(test(it), low <= it && it <= high, "{it} in {low}..={high}");
            }
        }
    }

    fn matches_text(predicate: &ir::Predicate, text: &str) -> bool {
        let test = ir::Test {
            field: ir::Field::Named("v".into()),
            predicate: predicate.clone(),
            span: source::Span::new(source::FileId::FIRST, 0, 0),
        };
        let matcher = matcher::Matcher::new(&ir::Expr::Test(test)).unwrap();
        matcher.matches(&serde_json::json!({ "v": text }))
    }

    #[test]
    fn candidates_cover_every_stretch() {
        let int = Number::Int;
        let some = |must: &[(Cmp, Number)], mustnt: &[(Cmp, Number)]| {
            candidates(must, mustnt).unwrap().first().copied()
        };
        assert_eq!(some(&[(Cmp::Gt, int(5)), (Cmp::Lt, int(6))], &[]), Number::from_f64(5.5));
        assert_eq!(
            some(&[(Cmp::Gt, int(5)), (Cmp::Lt, int(7))], &[(Cmp::Eq, int(6))]),
            Number::from_f64(5.5)
        );
        assert_eq!(some(&[(Cmp::Lt, int(5))], &[(Cmp::Lt, int(5))]), None);
        assert_eq!(some(&[(Cmp::Gte, int(5))], &[(Cmp::Gt, int(5))]), Some(int(5)));
        let large = 9_007_199_254_740_992i128 * 4;
        assert_eq!(some(&[(Cmp::Gt, int(large)), (Cmp::Lt, int(large + 1))], &[]), None);
    }
}
