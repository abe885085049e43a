//! One line a finding: `path:line:column: severity[code] message`.

use source::Sources;

use crate::{Diagnostic, printable};

/// Renders one line, without its end.
pub fn concise(it: &Diagnostic, sources: &Sources) -> String {
    let place = sources.get(it.primary.span.file).map_or_else(String::new, |file| {
        let at = file.position(it.primary.span.start as usize);
        format!("{}:{}:{}: ", printable(file.path()), at.line, at.column)
    });
    format!("{place}{}[{}] {}", it.severity.word(), it.code.id, printable(&it.message))
}
