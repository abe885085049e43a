//! For people: the line, a caret under the place, why, and what to do.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use source::{File, Sources, Span};

use crate::{Diagnostic, Label, Severity, printable};

/// The most of one line that is shown; longer lines are cut around the place.
const WIDEST: usize = 160;

/// Renders a finding over several lines, with ANSI colours when `colour` is set.
pub fn human(it: &Diagnostic, sources: &Sources, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii);
    let level = match it.severity {
        Severity::Info => Level::INFO,
        Severity::Warning => Level::WARNING,
        Severity::Error => Level::ERROR,
    };
    let message = printable(&it.message).into_owned();
    let mut group = Group::with_title(level.primary_title(message).id(it.code.id));
    // Labels of one file share a snippet, so that the reader sees them in one picture.
    let mut files = vec![it.primary.span.file];
    for label in &it.secondary {
        if !files.contains(&label.span.file) {
            files.push(label.span.file);
        }
    }
    for id in files {
        let Some(file) = sources.get(id) else { continue };
        let secondary = it.secondary.iter().filter(|label| label.span.file == id);
        let primary = (it.primary.span.file == id).then_some(&it.primary);
        for snippet in snippets(file, primary, &secondary.collect::<Vec<_>>()) {
            group = group.element(snippet);
        }
    }
    if let Some(help) = &it.help {
        group = group.element(Level::HELP.message(printable(help).into_owned()));
    }
    if let Some(fix) = &it.fix {
        let note = format!("a fix is available: {}", fix.title);
        group = group.element(Level::NOTE.message(printable(&note).into_owned()));
    }
    renderer.render(&[group])
}

/// The lines that the labels of one file stand on.
fn snippets<'a>(
    file: &'a File,
    primary: Option<&'a Label>,
    secondary: &[&'a Label],
) -> Vec<Snippet<'a, annotate_snippets::Annotation<'a>>> {
    let all = primary.iter().copied().chain(secondary.iter().copied());
    let spans: Vec<Span> = all.clone().map(|label| first_line(file, label.span)).collect();
    let first = spans.iter().map(|it| it.start).min().unwrap_or(0) as usize;
    let last = spans.iter().map(|it| it.end).max().unwrap_or(0) as usize;
    let start_line = file.position(first).line;
    let start = file.line_range(start_line).start;
    let end = file.line_range(file.position(last).line).end.max(start);
    let far = end - start > WIDEST * 40;
    let wide = (start_line..=file.position(last).line)
        .take(200)
        .any(|line| file.line_range(line).len() > WIDEST);
    if wide || far {
        let labels: Vec<&Label> = all.collect();
        return labels.iter().map(|label| window(file, label, primary)).collect();
    }
    let mut snippet = Snippet::source(&file.text()[start..end])
        .path(printable(file.path()).into_owned())
        .line_start(start_line)
        .fold(true);
    for (label, span) in all.zip(&spans) {
        let is_primary = primary.is_some_and(|it| std::ptr::eq(it, label));
        let kind = if is_primary { AnnotationKind::Primary } else { AnnotationKind::Context };
        let range = span.start as usize - start..span.end as usize - start;
        snippet = snippet.annotation(kind.span(range).label(printable(&label.text).into_owned()));
    }
    vec![snippet]
}

/// A piece of one very long line around a label.
fn window<'a>(
    file: &'a File,
    label: &'a Label,
    primary: Option<&'a Label>,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let span = first_line(file, label.span).range();
    let line = file.position(span.start).line;
    let range = file.line_range(line);
    let text = file.text();
    let floor = |mut at: usize| {
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = floor(span.start.saturating_sub(WIDEST / 2).max(range.start));
    let end = floor((start + WIDEST).min(range.end)).max(start);
    let kind = if primary.is_some_and(|it| std::ptr::eq(it, label)) {
        AnnotationKind::Primary
    } else {
        AnnotationKind::Context
    };
    let marked = span.start - start..span.end.min(end).max(span.start) - start;
    Snippet::source(&text[start..end])
        .path(printable(file.path()).into_owned())
        .line_start(line)
        .fold(false)
        .annotation(kind.span(marked).label(printable(&label.text).into_owned()))
}

/// Cuts a span at the end of its first line: a caret under one line says enough.
fn first_line(file: &File, span: Span) -> Span {
    let len = file.text().len();
    let start = (span.start as usize).min(len);
    let line_end = file.line_range(file.position(start).line).end;
    let end = (span.end as usize).min(line_end).max(start);
    let text = file.text().get(start..end).unwrap_or_default();
    Span::new(span.file, start, start + text.trim_end().len())
}
