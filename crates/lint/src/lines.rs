//! Lines of a file, for fixes that take one out.

use source::Span;

/// The whole line of a value, its end included, if only `before` and the value stand in it.
pub fn line_of(text: &str, value: Span, before: &str) -> Option<Span> {
    let range = value.range();
    let start = text.get(..range.start)?.rfind('\n').map_or(0, |it| it + 1);
    let end = range.end + text.get(range.end..)?.find('\n')? + 1;
    let alone = text.get(start..range.start)?.trim() == before
        && text.get(range.end..end)?.trim().is_empty()
        && !text.get(range)?.contains('\n');
    alone.then(|| Span::new(value.file, start, end))
}
