//! "Did you mean": the known word nearest to a mistyped one.

/// The word of `known` that `word` is most likely a slip of, if any is near enough.
///
/// Near enough: an edit distance of at most a third of the word's length, and at least one edit
/// allowed. Case is ignored. The first of equally near ones wins.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    nearest_within(word, (word.chars().count() / 3).max(1), known)
}

/// The same, for an edit distance of at most `most`.
pub fn nearest_within<'a>(
    word: &str,
    most: usize,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let word = word.to_lowercase();
    // Words of very different length are far apart; that is seen without comparing them.
    let near = |it: &&str| {
        let widest = if it.is_ascii() && word.is_ascii() { 1 } else { 4 };
        it.len().abs_diff(word.len()) <= most * widest
    };
    known
        .into_iter()
        .filter(near)
        .map(|it| (strsim::osa_distance(&word, &it.to_lowercase()), it))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, it)| it)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_word_and_a_stranger_none() {
        let known = ["contains", "startswith", "endswith", "re"];
        assert_eq!(nearest("endwith", known), Some("endswith"));
        assert_eq!(nearest("Contians", known), Some("contains"));
        assert_eq!(nearest("base64", known), None);
    }
}
