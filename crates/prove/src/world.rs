//! Questions about an event: the tests of all expressions, each once.
//!
//! Knows: fields and languages. Does not know: boolean structure beyond copying it.

use std::sync::Arc;

use ir::{Anchor, Case, Expr, Field, Pattern, Predicate, Test};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::lang::{LangId, Langs};

/// Names a field of a [`World`]; [`ANYWHERE`] is every string of the event.
pub(crate) type FieldId = u32;

/// The strings of the event, wherever they stand.
pub(crate) const ANYWHERE: FieldId = 0;

/// Names an [`Atom`] of a [`World`].
pub(crate) type AtomId = u32;

/// A question about an event.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Atom {
    /// The field is there.
    Exists(FieldId),
    /// The field holds a value.
    Holds(FieldId),
    /// A value of the field is in the language.
    In(FieldId, LangId),
    /// A value of the first compares so with one of the second.
    Like(FieldId, FieldId, Anchor, Case),
}

/// All fields, languages and questions.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) langs: Langs,
    fields: Vec<Arc<str>>,
    by_name: FxHashMap<Arc<str>, FieldId>,
    atoms: Vec<Atom>,
    by_atom: FxHashMap<Atom, AtomId>,
    likes: Vec<(AtomId, FieldId, FieldId)>,
    /// Fields that some rule compares with a number or a boolean.
    typed: FxHashSet<FieldId>,
}

/// An expression over questions.
#[derive(Debug, Clone)]
pub(crate) enum Form {
    All(Vec<Form>),
    Any(Vec<Form>),
    Not(Box<Form>),
    Atom(AtomId),
    Const(bool),
}

impl World {
    pub(crate) fn new() -> World {
        World {
            langs: Langs::default(),
            // The first stands for all strings; the empty name is no field's.
            fields: vec![Arc::from("")],
            by_name: FxHashMap::default(),
            atoms: Vec::new(),
            by_atom: FxHashMap::default(),
            likes: Vec::new(),
            typed: FxHashSet::default(),
        }
    }

    pub(crate) fn field(&mut self, name: &Arc<str>) -> FieldId {
        if let Some(it) = self.by_name.get(name) {
            return *it;
        }
        let id = FieldId::try_from(self.fields.len()).unwrap_or(FieldId::MAX);
        self.fields.push(name.clone());
        self.by_name.insert(name.clone(), id);
        id
    }

    pub(crate) fn name(&self, field: FieldId) -> &Arc<str> {
        &self.fields[field as usize]
    }

    pub(crate) fn atom(&mut self, atom: Atom) -> AtomId {
        if let Some(it) = self.by_atom.get(&atom) {
            return *it;
        }
        let id = AtomId::try_from(self.atoms.len()).unwrap_or(AtomId::MAX);
        if let Atom::Like(a, b, ..) = atom {
            self.likes.push((id, a, b));
        }
        self.atoms.push(atom.clone());
        self.by_atom.insert(atom, id);
        id
    }

    pub(crate) fn known_atom(&self, atom: &Atom) -> Option<AtomId> {
        self.by_atom.get(atom).copied()
    }

    pub(crate) fn get(&self, atom: AtomId) -> &Atom {
        &self.atoms[atom as usize]
    }

    /// All comparisons of two fields.
    pub(crate) fn likes(&self) -> &[(AtomId, FieldId, FieldId)] {
        &self.likes
    }

    /// Whether some rule asks for the field.
    pub(crate) fn knows(&self, field: &str) -> bool {
        self.known_field(field).is_some()
    }

    /// The field of a name that some rule asks for.
    pub(crate) fn known_field(&self, name: &str) -> Option<FieldId> {
        self.by_name.get(name).copied()
    }

    /// Whether some rule compares the field with a number or a boolean.
    pub(crate) fn is_typed(&self, field: FieldId) -> bool {
        self.typed.contains(&field)
    }

    /// The expression over questions. A test that nothing passes is `false`.
    pub(crate) fn form(&mut self, expr: &Expr) -> Form {
        match expr {
            Expr::All(parts) => Form::All(parts.iter().map(|it| self.form(it)).collect()),
            Expr::Any(parts) => Form::Any(parts.iter().map(|it| self.form(it)).collect()),
            Expr::Not(part) => Form::Not(Box::new(self.form(part))),
            Expr::Const(it) => Form::Const(*it),
            Expr::Test(test) => self.test(test),
        }
    }

    fn test(&mut self, test: &Test) -> Form {
        let field = match &test.field {
            Field::Named(name) => self.field(name),
            // Only text is asked of all strings (M66 to M69).
            Field::Anywhere => match &test.predicate {
                Predicate::Text(..) | Predicate::Regex(_) => ANYWHERE,
                _ => return Form::Const(false),
            },
        };
        if matches!(test.predicate, Predicate::Number(..) | Predicate::Bool(_)) {
            self.typed.insert(field);
        }
        match &test.predicate {
            Predicate::Null => Form::Not(Box::new(Form::Atom(self.atom(Atom::Holds(field))))),
            Predicate::Exists => Form::Atom(self.atom(Atom::Exists(field))),
            Predicate::Field(other, anchor, case) => {
                let other = self.field(other);
                if other == field {
                    return self.any_text(field);
                }
                // Which of the two is named first makes no difference when they are equal.
                let swap = *anchor == Anchor::Whole && other < field;
                let (a, b) = if swap { (other, field) } else { (field, other) };
                Form::Atom(self.atom(Atom::Like(a, b, *anchor, *case)))
            }
            predicate => match self.langs.of_test(predicate) {
                Some(lang) => Form::Atom(self.atom(Atom::In(field, lang))),
                None => Form::Const(false),
            },
        }
    }

    /// A value of the field is like itself when it has a text.
    fn any_text(&mut self, field: FieldId) -> Form {
        let everything = Pattern::new([ir::Part::Run]);
        match self.langs.glob(&everything, Case::Insensitive) {
            Some(lang) => Form::Atom(self.atom(Atom::In(field, lang))),
            None => Form::Const(false),
        }
    }
}
