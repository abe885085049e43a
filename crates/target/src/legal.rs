//! What a target can say, ready to print; and how faithful it is.

use source::Span;

use crate::manifest::{Layout, Manifest};

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
    Leaf(Leaf),
    /// Always true or false.
    Const(bool),
}

/// A test as it is written; a list may be broken between its items.
#[derive(Debug, Clone, Default)]
pub struct Leaf {
    /// All of it, or what stands before the list.
    pub before: String,
    /// The items of the list.
    pub items: Vec<String>,
    /// What stands between them.
    pub separator: String,
    /// What stands after the list.
    pub after: String,
}

impl Leaf {
    fn flat(&self) -> String {
        format!("{}{}{}", self.before, self.items.join(&self.separator), self.after)
    }

    /// The list filled into lines no wider than the layout's width.
    fn broken(&self, layout: &Layout, depth: usize) -> String {
        let separator = self.separator.trim_end();
        let indent = " ".repeat((depth + 1) * layout.indent);
        let mut res = self.before.clone();
        let mut width = usize::MAX;
        for (idx, item) in self.items.iter().enumerate() {
            let last = idx + 1 == self.items.len();
            let text = if last { item.clone() } else { format!("{item}{separator}") };
            let len = text.chars().count();
            if width.saturating_add(len + 1) > layout.width {
                res.push('\n');
                res.push_str(&indent);
                width = indent.len();
            } else {
                res.push(' ');
                width += 1;
            }
            res.push_str(&text);
            width += len;
        }
        let close = " ".repeat(depth * layout.indent);
        format!("{res}\n{close}{}", self.after)
    }
}

impl Legal {
    /// The query text, laid out over lines when it is long. `start` is the depth of the lines
    /// after the first.
    pub fn render(&self, manifest: &Manifest) -> String {
        self.print(manifest, manifest.layout.start, manifest.level(""))
    }

    /// One line, without regard to its length.
    fn flat(&self, manifest: &Manifest, outer: usize) -> String {
        let text = match self {
            Legal::All(parts) | Legal::Any(parts) => {
                let level = self.level(manifest);
                let parts: Vec<String> = parts.iter().map(|it| it.flat(manifest, level)).collect();
                parts.join(&format!(" {} ", self.word(manifest)))
            }
            Legal::Not(part) => {
                let not = &manifest.not;
                let inner = part.flat(manifest, manifest.inside_not());
                format!("{}{inner}{}", not.before, not.after)
            }
            Legal::Leaf(it) => it.flat(),
            Legal::Const(true) => manifest.constants.yes.clone(),
            Legal::Const(false) => manifest.constants.no.clone(),
        };
        if self.level(manifest) >= outer { format!("({text})") } else { text }
    }

    fn print(&self, manifest: &Manifest, depth: usize, outer: usize) -> String {
        let layout = &manifest.layout;
        let room = layout.width.saturating_sub(depth * layout.indent);
        if self.fits(manifest, room).is_some() {
            let flat = self.flat(manifest, outer);
            if flat.chars().count() <= room {
                return flat;
            }
        }
        match self {
            Legal::All(parts) | Legal::Any(parts) => {
                // Over several lines every inner group is enclosed: `and` and `or` at one
                // indentation can't be told apart at a glance.
                let enclosed = self.level(manifest) >= outer;
                let inner = if enclosed { depth + 1 } else { depth };
                let indent = " ".repeat(inner * layout.indent);
                let level = self.level(manifest);
                let outer = |it: &Legal| match it {
                    Legal::All(_) | Legal::Any(_) => 1,
                    _ => level,
                };
                let parts: Vec<String> =
                    parts.iter().map(|it| it.print(manifest, inner, outer(it))).collect();
                let text = parts.join(&format!("\n{indent}{} ", self.word(manifest)));
                if !enclosed {
                    return text;
                }
                let close = " ".repeat(depth * layout.indent);
                format!("(\n{indent}{text}\n{close})")
            }
            Legal::Not(part) if manifest.not.after.is_empty() => {
                let text = part.print(manifest, depth, manifest.inside_not());
                let text = format!("{}{text}", manifest.not.before);
                if self.level(manifest) >= outer { format!("({text})") } else { text }
            }
            Legal::Not(part) => {
                let indent = " ".repeat((depth + 1) * layout.indent);
                let close = " ".repeat(depth * layout.indent);
                let text = part.print(manifest, depth + 1, usize::MAX);
                let not = &manifest.not;
                format!("{}\n{indent}{text}\n{close}{}", not.before, not.after)
            }
            Legal::Leaf(it) if it.items.len() > 1 => it.broken(layout, depth),
            Legal::Leaf(_) | Legal::Const(_) => self.flat(manifest, outer),
        }
    }

    /// What is left of `room` bytes after this on one line, parentheses not counted; `None` as soon
    /// as it is too long. Characters may be fewer than bytes, so a line of other scripts is broken
    /// a little early.
    fn fits(&self, manifest: &Manifest, room: usize) -> Option<usize> {
        match self {
            Legal::All(parts) | Legal::Any(parts) => {
                let word = self.word(manifest).len() + 2;
                let room = room.checked_sub(word * (parts.len() - 1))?;
                parts.iter().try_fold(room, |room, it| it.fits(manifest, room))
            }
            Legal::Not(part) => {
                let not = &manifest.not;
                part.fits(manifest, room.checked_sub(not.before.len() + not.after.len())?)
            }
            Legal::Leaf(it) => {
                let room = room.checked_sub(it.before.len() + it.after.len())?;
                let between = it.separator.len() * it.items.len().saturating_sub(1);
                it.items
                    .iter()
                    .try_fold(room.checked_sub(between)?, |room, it| room.checked_sub(it.len()))
            }
            Legal::Const(_) => Some(room),
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
