//! Parts of which an event is plain to see that needs them.
//!
//! Knows: how a marked expression decides one event, with a part and without.
//! Does not know: solvers. What is not seen to make a difference may make one all the same.

use ir::Expr;
use serde_json::Value;

use crate::event;
use crate::glance;
use crate::lang::{Langs, Text};
use crate::mark::{Node, Places};
use crate::world::{ANYWHERE, Atom, AtomId, FieldId, Form, World};

/// The most places of one part at which an event is sought.
const MOST_PLACES: usize = 4;

/// A marked expression to look at.
pub(crate) struct Sight<'a> {
    pub(crate) expr: &'a Expr,
    pub(crate) node: &'a Node,
    pub(crate) places: &'a Places,
    pub(crate) world: &'a World,
}

impl Sight<'_> {
    /// Whether an event is seen on which the expression without the part decides otherwise.
    pub(crate) fn needs(&self, part: usize) -> bool {
        self.places.paths(part).take(MOST_PLACES).any(|path| {
            let mut draft = glance::Draft::default();
            if !draft.want_needed(self.expr, path) {
                return false;
            }
            let (whole, without) = Seen::new(&draft, self.world).decides(self.node, part);
            whole != without
        })
    }
}

/// An event of one value a field.
struct Seen<'w> {
    world: &'w World,
    /// Each field that some rule asks for, its text, and whether that is a string.
    fields: Vec<(Option<FieldId>, Text, bool)>,
}

impl<'w> Seen<'w> {
    fn new(draft: &glance::Draft<'_>, world: &'w World) -> Seen<'w> {
        let fields = draft.values().map(|(name, value)| {
            let (text, string) = match value {
                Value::String(it) => (it, true),
                it => (it.to_string(), false),
            };
            (world.known_field(name), Text::new(text), string)
        });
        Seen { world, fields: fields.collect() }
    }

    /// The verdict, and the one when a part is left out.
    fn decides(&self, node: &Node, out: usize) -> (bool, bool) {
        match node {
            Node::Leaf(it) => {
                let it = self.passes(it);
                (it, it)
            }
            Node::Not(part) => {
                let (whole, without) = self.decides(part, out);
                (!whole, !without)
            }
            Node::All(parts) | Node::Any(parts) => {
                let all = matches!(node, Node::All(_));
                let mut res = (all, all);
                for part in parts {
                    let it = self.decides(part, out);
                    res = if all {
                        (res.0 & it.0, res.1 & it.1)
                    } else {
                        (res.0 | it.0, res.1 | it.1)
                    };
                    if res == (!all, !all) {
                        break;
                    }
                }
                res
            }
            Node::Marked(part, marks, without) => {
                let it = self.decides(part, out);
                if marks.contains(&out) { (it.0, *without) } else { it }
            }
        }
    }

    fn passes(&self, form: &Form) -> bool {
        match form {
            Form::All(parts) => parts.iter().all(|it| self.passes(it)),
            Form::Any(parts) => parts.iter().any(|it| self.passes(it)),
            Form::Not(part) => !self.passes(part),
            Form::Atom(it) => self.holds(*it),
            Form::Const(it) => *it,
        }
    }

    fn holds(&self, atom: AtomId) -> bool {
        let langs: &Langs = &self.world.langs;
        match self.world.get(atom) {
            Atom::Exists(field) | Atom::Holds(field) => self.text(*field).is_some(),
            Atom::In(ANYWHERE, lang) => {
                self.fields.iter().any(|(_, text, string)| *string && langs.holds(*lang, text))
            }
            Atom::In(field, lang) => self.text(*field).is_some_and(|it| langs.holds(*lang, it)),
            Atom::Like(..) => self.draft().compares(self.world, atom),
        }
    }

    fn text(&self, field: FieldId) -> Option<&Text> {
        self.fields.iter().find(|it| it.0 == Some(field)).map(|it| &it.1)
    }

    fn draft(&self) -> event::Draft {
        let mut res = event::Draft::default();
        for (field, text, string) in &self.fields {
            let held = event::Held::Values(vec![(text.raw.clone(), !string)]);
            res.fields.extend(field.map(|it| (it, held)));
        }
        res
    }
}
