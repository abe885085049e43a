//! GitHub Actions workflow commands, which become annotations on a pull request.

use source::Sources;

use crate::{Diagnostic, Severity};

/// Renders one `::error file=..,line=..::..` command, without its end.
pub fn github(it: &Diagnostic, sources: &Sources) -> String {
    let command = match it.severity {
        Severity::Info => "notice",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let place = sources.get(it.primary.span.file).map_or_else(String::new, |file| {
        let start = file.position(it.primary.span.start as usize);
        let end = file.position(it.primary.span.end as usize);
        format!(
            "file={},line={},col={},endLine={},endColumn={},",
            property(file.path()),
            start.line,
            start.column,
            end.line,
            end.column
        )
    });
    let title = property(&format!("{} ({})", it.code.id, it.code.name));
    let mut text = it.message.clone();
    if !it.primary.text.is_empty() {
        text = format!("{text}: {}", it.primary.text);
    }
    if let Some(help) = &it.help {
        text = format!("{text}\n{help}");
    }
    format!("::{command} {place}title={title}::{}", data(&text))
}

/// Escapes the text after the last `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the value of a property, where `:` and `,` mean something too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
