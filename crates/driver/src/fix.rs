//! Fixes carried out: edits of the files, everything else left as it is.

use diagnostic::{Applicability, Diagnostic, Fix};
use source::{Edit, FileId};

use crate::config::CheckConfig;
use crate::load::{Loaded, load};

/// How often a file is read again after its fixes; a fix may uncover another.
const MOST_PASSES: usize = 10;

/// A file that fixes change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    /// Its path, as given.
    pub path: String,
    /// As it was.
    pub before: String,
    /// As it is now.
    pub after: String,
    /// How many fixes were made.
    pub count: usize,
}

/// Fixes what can be fixed in all files of a run; with `risky`, also what may change a meaning.
///
/// Each file is fixed, read again and checked until nothing is left to fix, so that a second run
/// changes nothing. With `prove`, what is proved to make no difference goes too, after all else: a
/// part may be idle only as long as another one stands, which a lint would take out.
///
/// # Errors
///
/// When the configuration names a lint that there is not.
pub fn fix(
    loaded: &Loaded,
    config: &CheckConfig,
    risky: bool,
    prove: bool,
) -> Result<Vec<Fixed>, String> {
    let mut res = Vec::new();
    for (_, file) in loaded.sources.iter() {
        let before = file.text().to_owned();
        let (mut text, mut count) = (before.clone(), 0);
        for _ in 0..MOST_PASSES {
            let again = load([(file.path().to_owned(), text.clone().into_bytes())]);
            let findings = crate::check::check(&again, config, Vec::new())?;
            let mut edits = chosen(&findings, FileId::FIRST, risky);
            if prove && edits.is_none() {
                let findings = crate::check::check(&again, config, crate::proved::idle(&again))?;
                edits = chosen(&findings, FileId::FIRST, risky);
            }
            let Some((edits, fixes)) = edits else { break };
            match source::apply(&text, &edits) {
                Ok(new) if new != text => text = new,
                _ => break,
            }
            count += fixes;
        }
        if text != before {
            res.push(Fixed { path: file.path().to_owned(), before, after: text, count });
        }
    }
    Ok(res)
}

/// The edits of the fixes that may be made together, the first found first; and how many fixes.
fn chosen(findings: &[Diagnostic], file: FileId, risky: bool) -> Option<(Vec<Edit>, usize)> {
    let mut edits: Vec<Edit> = Vec::new();
    let mut count = 0;
    let allowed = |it: &&Fix| risky || it.applicability == Applicability::Safe;
    for fix in findings.iter().filter_map(|it| it.fix.as_ref()).filter(allowed) {
        let touches = |a: &Edit, b: &Edit| {
            a.span.start < b.span.end && b.span.start < a.span.end || a.span == b.span
        };
        let mine = fix.edits.iter().all(|it| it.span.file == file);
        let apart = fix.edits.iter().all(|it| !edits.iter().any(|known| touches(known, it)));
        if mine && apart {
            edits.extend(fix.edits.iter().cloned());
            count += 1;
        }
    }
    (count > 0).then_some((edits, count))
}
