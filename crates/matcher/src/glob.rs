//! Patterns against text.

use ir::{Case, Part, Pattern};
use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

/// Whether the pattern covers the whole text. A placeholder covers nothing.
pub fn covers(pattern: &Pattern, text: &str, case: Case) -> bool {
    Glob::new(pattern, case).is_some_and(|it| it.covers(text))
}

/// A pattern as a row of steps of one character or one run.
#[derive(Debug, Clone)]
pub(crate) struct Glob(Vec<Step>);

#[derive(Debug, Clone)]
enum Step {
    /// This character.
    Char(char),
    /// This ASCII letter, given in lower case, in either case.
    Letter(char),
    /// One of these characters, which differ in case only.
    Cases(Box<[char]>),
    /// Any character.
    One,
    /// Any run of characters.
    Run,
}

impl Glob {
    /// `None` when there is a placeholder in the pattern.
    pub(crate) fn new(pattern: &Pattern, case: Case) -> Option<Glob> {
        let mut steps = Vec::new();
        for part in pattern.parts() {
            match part {
                Part::Literal(it) => steps.extend(it.chars().map(|ch| Step::new(ch, case))),
                Part::Run => steps.push(Step::Run),
                Part::One => steps.push(Step::One),
                Part::Placeholder(_) => return None,
            }
        }
        Some(Glob(steps))
    }

    /// Whether the pattern covers the whole text.
    ///
    /// Only the last run is ever made longer: what an earlier one leaves is never worse.
    pub(crate) fn covers(&self, text: &str) -> bool {
        let steps = self.0.as_slice();
        let (mut step, mut at) = (0, 0);
        // The step after the last run, and where in the text that run ends.
        let mut retry: Option<(usize, usize)> = None;
        loop {
            if let Some(Step::Run) = steps.get(step) {
                step += 1;
                if step == steps.len() {
                    return true;
                }
                retry = Some((step, at));
                continue;
            }
            match (steps.get(step), text[at..].chars().next()) {
                (None, None) => return true,
                (Some(it), Some(ch)) if it.takes(ch) => {
                    step += 1;
                    at += ch.len_utf8();
                    continue;
                }
                // The text is used up, and a longer run would leave even less of it.
                (Some(_), None) => return false,
                _ => {}
            }
            let Some((after, end)) = retry else { return false };
            let Some(ch) = text[end..].chars().next() else { return false };
            retry = Some((after, end + ch.len_utf8()));
            (step, at) = (after, end + ch.len_utf8());
        }
    }
}

impl Step {
    fn new(ch: char, case: Case) -> Step {
        if case == Case::Sensitive {
            return Step::Char(ch);
        }
        if ch.is_ascii() {
            let letter = ch.is_ascii_alphabetic();
            return if letter { Step::Letter(ch.to_ascii_lowercase()) } else { Step::Char(ch) };
        }
        let cases = cases(ch);
        if cases.len() > 1 { Step::Cases(cases) } else { Step::Char(ch) }
    }

    fn takes(&self, ch: char) -> bool {
        match self {
            Step::Char(it) => *it == ch,
            Step::Letter(it) => *it == ch.to_ascii_lowercase(),
            Step::Cases(all) => !ch.is_ascii() && all.contains(&ch),
            Step::One => true,
            Step::Run => false,
        }
    }
}

/// All characters that [`ir::fold::fold`] makes equal to `ch`, which is not ASCII.
fn cases(ch: char) -> Box<[char]> {
    let mut class = ClassUnicode::new([ClassUnicodeRange::new(ch, ch)]);
    if class.try_case_fold_simple().is_err() {
        return Box::new([ch]);
    }
    let all = class.ranges().iter().flat_map(|it| it.start()..=it.end());
    all.filter(|it| !it.is_ascii()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::new(text.chars().map(|ch| match ch {
            '*' => Part::Run,
            '?' => Part::One,
            it => Part::Literal(it.to_string()),
        }))
    }

    /// The definition, by trying everything.
    fn slow(pattern: &[char], text: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('*', rest)) => (0..=text.len()).any(|it| slow(rest, &text[it..])),
            Some(('?', rest)) => !text.is_empty() && slow(rest, &text[1..]),
            Some((ch, rest)) => text.first() == Some(ch) && slow(rest, &text[1..]),
        }
    }

    fn words(letters: &[char], len: u32) -> Vec<String> {
        let mut res = vec![String::new()];
        let mut from = 0;
        for _ in 0..len {
            let to = res.len();
            for idx in from..to {
                for ch in letters {
                    res.push(format!("{}{ch}", res[idx]));
                }
            }
            from = to;
        }
        res
    }

    #[test]
    fn globs_agree_with_trying_everything() {
        let texts = words(&['a', 'é'], 5);
        for glob in words(&['a', 'é', '*', '?'], 5) {
            let glob_chars: Vec<char> = glob.chars().collect();
            for text in &texts {
                let chars: Vec<char> = text.chars().collect();
                assert_eq!(
                    covers(&pattern(&glob), text, Case::Insensitive),
                    slow(&glob_chars, &chars),
                    "{glob} {text}"
                );
            }
        }
    }

    #[test]
    fn hard_globs_end_soon() {
        let glob = pattern(&"*a".repeat(50)).open(false, true);
        assert!(!covers(
            &pattern(&format!("{}b", "*a".repeat(50))),
            &"a".repeat(20_000),
            Case::Sensitive
        ));
        assert!(covers(&glob, &"a".repeat(20_000), Case::Sensitive));
    }

    #[test]
    fn cases_are_those_of_the_fold() {
        for ch in ('\u{80}'..='\u{2fff}').chain('\u{a640}'..='\u{abff}') {
            for it in cases(ch) {
                assert_eq!(ir::fold::fold(it), ir::fold::fold(ch));
            }
            assert!(cases(ch).contains(&ir::fold::fold(ch)), "{ch}");
        }
    }
}
