//! What a target can say, ready to print; and how faithful it is.

use source::Span;

use crate::manifest::Manifest;

/// How an approximation differs from the meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// May match more.
    Wider,
    /// May match less.
    Narrower,
}

impl Effect {
    /// The effect as seen through a negation.
    pub fn flip(self, negated: bool) -> Effect {
        match (self, negated) {
            (Effect::Wider, false) | (Effect::Narrower, true) => Effect::Wider,
            _ => Effect::Narrower,
        }
    }
}

/// Why an output is not exact, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What it does to the whole query.
    pub effect: Effect,
    /// Why, as a sentence without its full stop.
    pub reason: String,
    /// The author's text that can't be said exactly.
    pub span: Span,
}

/// How an output relates to the meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fidelity {
    /// The same verdict on every event that the field map can carry.
    Exact,
    /// It may match more.
    Wider,
    /// It may match less.
    Narrower,
    /// It may match more and may match less.
    Both,
}

impl Fidelity {
    /// What the notes amount to.
    pub fn of(notes: &[Note]) -> Fidelity {
        let wider = notes.iter().any(|it| it.effect == Effect::Wider);
        let narrower = notes.iter().any(|it| it.effect == Effect::Narrower);
        match (wider, narrower) {
            (false, false) => Fidelity::Exact,
            (true, false) => Fidelity::Wider,
            (false, true) => Fidelity::Narrower,
            (true, true) => Fidelity::Both,
        }
    }

    /// The word of the command line.
    pub fn word(self) -> &'static str {
        match self {
            Fidelity::Exact => "exact",
            Fidelity::Wider => "wider",
            Fidelity::Narrower => "narrower",
            Fidelity::Both => "both",
        }
    }
}

/// An expression every test of which is already spelled in the target's language.
///
/// Only legalising builds one, so printing can't meet what the target lacks.
#[derive(Debug, Clone)]
pub enum Legal {
    /// All parts.
    All(Vec<Legal>),
    /// Any part.
    Any(Vec<Legal>),
    /// Not the part.
    Not(Box<Legal>),
    /// A finished test.
    Leaf(String),
    /// Always true or false.
    Const(bool),
}

impl Legal {
    /// The query text, laid out over lines when it is long.
    pub fn render(&self, manifest: &Manifest) -> String {
        self.print(manifest, 0, manifest.level(""))
    }

    /// One line, without regard to its length.
    fn flat(&self, manifest: &Manifest, outer: usize) -> String {
        match self {
            Legal::All(parts) | Legal::Any(parts) => {
                let word = self.word(manifest);
                let level = self.level(manifest);
                let parts: Vec<String> = parts.iter().map(|it| it.flat(manifest, level)).collect();
                let text = parts.join(&format!(" {word} "));
                if level >= outer { format!("({text})") } else { text }
            }
            Legal::Not(part) => {
                let level = self.level(manifest);
                let inner = if manifest.not.after.is_empty() { level + 1 } else { usize::MAX };
                let text = format!(
                    "{}{}{}",
                    manifest.not.before,
                    part.flat(manifest, inner),
                    manifest.not.after
                );
                if level >= outer { format!("({text})") } else { text }
            }
            Legal::Leaf(it) => it.clone(),
            Legal::Const(true) => manifest.constants.yes.clone(),
            Legal::Const(false) => manifest.constants.no.clone(),
        }
    }

    fn print(&self, manifest: &Manifest, depth: usize, outer: usize) -> String {
        let flat = self.flat(manifest, outer);
        if depth * manifest.layout.indent + flat.chars().count() <= manifest.layout.width {
            return flat;
        }
        match self {
            Legal::All(parts) | Legal::Any(parts) => {
                let level = self.level(manifest);
                let enclosed = level >= outer;
                let inner = if enclosed { depth + 1 } else { depth };
                let indent = " ".repeat(inner * manifest.layout.indent);
                let parts: Vec<String> =
                    parts.iter().map(|it| it.print(manifest, inner, level)).collect();
                let text = parts.join(&format!("\n{indent}{} ", self.word(manifest)));
                if enclosed {
                    let close = " ".repeat(depth * manifest.layout.indent);
                    format!("(\n{indent}{text}\n{close})")
                } else {
                    text
                }
            }
            Legal::Not(part) => {
                let level = self.level(manifest);
                let inner = if manifest.not.after.is_empty() { level + 1 } else { usize::MAX };
                let text = format!(
                    "{}{}{}",
                    manifest.not.before,
                    part.print(manifest, depth, inner),
                    manifest.not.after
                );
                if level >= outer { format!("({text})") } else { text }
            }
            Legal::Leaf(_) | Legal::Const(_) => flat,
        }
    }

    fn word<'a>(&self, manifest: &'a Manifest) -> &'a str {
        if matches!(self, Legal::All(_)) { &manifest.and } else { &manifest.or }
    }

    /// How loosely the outermost operator binds; 0 is a test.
    fn level(&self, manifest: &Manifest) -> usize {
        match self {
            Legal::All(_) => manifest.level("and"),
            Legal::Any(_) => manifest.level("or"),
            Legal::Not(_) if manifest.not.after.is_empty() => manifest.level("not"),
            _ => 0,
        }
    }
}
