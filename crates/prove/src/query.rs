//! One question: a SAT solver over the boolean structure, and a theory of fields.
//!
//! Knows: forms and questions. Does not know: rules.
//!
//! The solver proposes which tests pass. For each field a value is looked for that passes exactly
//! those. Where there is none, the reason becomes a clause, and the solver proposes anew.
//!
//! What a clause takes for granted is a literal of its own, assumed in every solution: when there is
//! none, the solver says which of these assumptions the contradiction needs.

use std::collections::BTreeMap;
use std::rc::Rc;

use batsat::{BasicCallbacks, Callbacks, ClauseKind, Lit, Solver, SolverInterface, Var, lbool};
use ir::{Anchor, Case, Part, Pattern};
use rustc_hash::FxHashMap;
use serde_json::Value;

use crate::event::{Draft, Held};
use crate::lang::{LangId, Text};
use crate::schema::{Budget, Schema};
use crate::value::{Answer, Values};
use crate::verdict::{Grounds, Unknown};
use crate::world::{ANYWHERE, Atom, AtomId, FieldId, Form, World};

/// What a question came to.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// This event makes it so; it is not confirmed yet.
    Event(Draft),
    /// No event does.
    Never,
    /// It is not known.
    Unknown(Unknown),
}

/// Stops the solver after a number of conflicts.
#[derive(Default)]
struct Counter {
    left: usize,
    basic: BasicCallbacks,
}

impl Callbacks for Counter {
    fn on_new_clause(&mut self, clause: &[Lit], kind: ClauseKind) {
        if kind == ClauseKind::Learnt {
            self.left = self.left.saturating_sub(1);
        }
        self.basic.on_new_clause(clause, kind);
    }

    fn stop(&self) -> bool {
        self.left == 0
    }
}

/// A solver, and the questions that it knows.
pub(crate) struct Query<'w, 's> {
    pub(crate) world: &'w mut World,
    values: &'w mut Values,
    schema: &'w Schema<'s>,
    budget: Budget,
    solver: Solver<Counter>,
    vars: FxHashMap<AtomId, Var>,
    /// The questions about each field.
    fields: BTreeMap<FieldId, Vec<AtomId>>,
    /// For fields of which a clause uses that they hold one value, the literal that says so.
    single: BTreeMap<FieldId, Lit>,
    /// The literal that says that what was ruled out without a proof is impossible, and why it was
    /// ruled out.
    doubt: Option<(Lit, Unknown)>,
    /// The fields that the last contradiction takes to hold one value.
    used: Vec<FieldId>,
}

/// What the solver proposes for one field.
struct Wanted {
    exists: bool,
    holds: bool,
    within: Vec<LangId>,
    without: Vec<LangId>,
}

impl<'w, 's> Query<'w, 's> {
    pub(crate) fn new(
        world: &'w mut World,
        values: &'w mut Values,
        schema: &'w Schema<'s>,
        budget: Budget,
    ) -> Query<'w, 's> {
        Query {
            world,
            values,
            schema,
            budget,
            solver: Solver::new(Default::default(), Counter::default()),
            vars: FxHashMap::default(),
            fields: BTreeMap::new(),
            single: BTreeMap::new(),
            doubt: None,
            used: Vec::new(),
        }
    }

    /// A new variable; false unless something needs it to be true.
    pub(crate) fn fresh(&mut self) -> Lit {
        Lit::new(self.solver.new_var(lbool::FALSE, true), true)
    }

    pub(crate) fn clause(&mut self, clause: impl IntoIterator<Item = Lit>) {
        let mut clause: Vec<Lit> = clause.into_iter().collect();
        self.solver.add_clause_reuse(&mut clause);
    }

    /// A literal that is true exactly when `form` is.
    pub(crate) fn literal(&mut self, form: &Form) -> Lit {
        match form {
            Form::Atom(it) => Lit::new(self.var(*it), true),
            Form::Not(part) => !self.literal(part),
            Form::Const(it) => {
                let lit = self.fresh();
                self.clause([if *it { lit } else { !lit }]);
                lit
            }
            Form::All(parts) | Form::Any(parts) => {
                let parts: Vec<Lit> = parts.iter().map(|it| self.literal(it)).collect();
                self.gate(parts, matches!(form, Form::All(_)))
            }
        }
    }

    /// A literal that is true exactly when all, or any, of the parts are.
    pub(crate) fn gate(&mut self, parts: Vec<Lit>, all: bool) -> Lit {
        if let [only] = parts.as_slice() {
            return *only;
        }
        let out = self.fresh();
        // An `any` is an `all` with every sign turned.
        let sign = |it: Lit| if all { it } else { !it };
        for part in &parts {
            self.clause([!sign(out), sign(*part)]);
        }
        self.clause(std::iter::once(sign(out)).chain(parts.into_iter().map(|it| !sign(it))));
        out
    }

    fn var(&mut self, atom: AtomId) -> Var {
        if let Some(it) = self.vars.get(&atom) {
            return *it;
        }
        let var = self.solver.new_var(lbool::FALSE, true);
        self.vars.insert(atom, var);
        let lit = Lit::new(var, true);
        match self.world.get(atom).clone() {
            Atom::Exists(field) => self.fields.entry(field).or_default().push(atom),
            Atom::Holds(field) => {
                self.fields.entry(field).or_default().push(atom);
                let exists = self.world.atom(Atom::Exists(field));
                let exists = Lit::new(self.var(exists), true);
                self.clause([!lit, exists]);
            }
            Atom::In(field, _) => {
                self.fields.entry(field).or_default().push(atom);
                if field != ANYWHERE {
                    self.needs_value(lit, field);
                }
            }
            Atom::Like(a, b, ..) => {
                self.fields.entry(a).or_default();
                self.needs_value(lit, a);
                self.needs_value(lit, b);
            }
        }
        var
    }

    fn needs_value(&mut self, lit: Lit, field: FieldId) {
        let holds = self.world.atom(Atom::Holds(field));
        let holds = Lit::new(self.var(holds), true);
        self.clause([!lit, holds]);
    }

    /// Looks for an event under which the assumed literals hold.
    pub(crate) fn solve(&mut self, assumed: &[Lit]) -> Outcome {
        let mut steps = self.budget.per_question;
        self.solver.cb_mut().left = self.budget.conflicts;
        for _ in 0..self.budget.rounds {
            let granted = self.single.values().copied().chain(self.doubt.as_ref().map(|it| it.0));
            let all: Vec<Lit> = granted.chain(assumed.iter().copied()).collect();
            let found = self.solver.solve_limited(&all);
            if found == lbool::FALSE {
                return self.contradiction(assumed);
            }
            if found != lbool::TRUE {
                return Outcome::Unknown(Unknown::Budget);
            }
            match self.realize(&mut steps) {
                Ok(draft) => return Outcome::Event(draft),
                Err(clauses) => clauses.into_iter().for_each(|it| self.clause(it)),
            }
        }
        Outcome::Unknown(Unknown::Budget)
    }

    /// What it means that nothing satisfies the clauses.
    fn contradiction(&mut self, assumed: &[Lit]) -> Outcome {
        if let Some((doubt, why)) = self.doubt.clone()
            && self.solver.unsat_core_contains_var(doubt.var())
        {
            // There may be a reason that is beyond doubt.
            let granted = self.single.values().copied().chain([!doubt]);
            let all: Vec<Lit> = granted.chain(assumed.iter().copied()).collect();
            if self.solver.solve_limited(&all) != lbool::FALSE {
                return Outcome::Unknown(why);
            }
        }
        let needs = |it: &Lit| self.solver.unsat_core_contains_var(it.var());
        self.used = self.single.iter().filter(|it| needs(it.1)).map(|it| *it.0).collect();
        Outcome::Never
    }

    /// What the last answer takes for granted.
    pub(crate) fn grounds(&self) -> Grounds {
        let mut single: Vec<_> = self.used.iter().map(|it| self.world.name(*it).clone()).collect();
        single.sort();
        Grounds { single }
    }

    /// Rules out the last assignment of these fields without a proof.
    fn give_up(&mut self, fields: &[FieldId], why: Unknown) -> Vec<Lit> {
        let known = self.doubt.as_ref().map(|it| it.0);
        let doubt = known.unwrap_or_else(|| self.fresh());
        self.doubt.get_or_insert((doubt, why));
        let atoms = fields.iter().filter_map(|it| self.fields.get(it)).flatten();
        let mut res: Vec<Lit> = atoms.filter_map(|it| self.refuted(*it)).collect();
        res.push(!doubt);
        for (atom, a, b) in self.likes() {
            if fields.contains(&a) || fields.contains(&b) {
                res.extend(self.refuted(atom));
            }
        }
        res
    }

    /// Rules out the whole last assignment: the matcher does not confirm its event.
    pub(crate) fn distrust(&mut self) {
        let fields: Vec<FieldId> = self.fields.keys().copied().collect();
        let clause = self.give_up(&fields, Unknown::Unconfirmed);
        self.clause(clause);
    }

    fn is_true(&self, atom: AtomId) -> bool {
        self.vars.get(&atom).is_some_and(|it| self.solver.value_var(*it) == lbool::TRUE)
    }

    /// The literal of a question that the last assignment makes false.
    fn refuted(&self, atom: AtomId) -> Option<Lit> {
        self.vars.get(&atom).map(|it| Lit::new(*it, !self.is_true(atom)))
    }

    /// The comparisons of two fields that are asked here.
    fn likes(&self) -> Vec<(AtomId, FieldId, FieldId)> {
        let all = self.world.likes().iter().copied();
        all.filter(|it| self.vars.contains_key(&it.0)).collect()
    }

    fn wanted(&self, field: FieldId) -> Wanted {
        let mut res =
            Wanted { exists: false, holds: false, within: Vec::new(), without: Vec::new() };
        for atom in self.fields.get(&field).into_iter().flatten() {
            let yes = self.is_true(*atom);
            match self.world.get(*atom) {
                Atom::Exists(_) => res.exists = yes,
                Atom::Holds(_) => res.holds = yes,
                Atom::In(_, lang) if yes => res.within.push(*lang),
                Atom::In(_, lang) => res.without.push(*lang),
                Atom::Like(..) => {}
            }
        }
        res.within.sort_unstable();
        res.without.sort_unstable();
        res
    }

    /// Values for every field, or clauses that rule the assignment out.
    fn realize(&mut self, steps: &mut usize) -> Result<Draft, Vec<Vec<Lit>>> {
        let mut draft = Draft::default();
        let mut clauses: Vec<Vec<Lit>> = Vec::new();
        let anywhere = self.wanted(ANYWHERE);
        for lang in &anywhere.within {
            match &*self.find(&[*lang], &anywhere.without, steps) {
                Answer::Text(it) => draft.keywords.push(it.clone()),
                it => clauses.extend(self.explain(ANYWHERE, it, &[*lang], &[])),
            }
        }
        let fields: Vec<FieldId> =
            self.fields.keys().copied().filter(|it| *it != ANYWHERE).collect();
        for field in fields {
            let wanted = self.wanted(field);
            if !wanted.holds {
                if wanted.exists {
                    draft.fields.insert(field, Held::Null);
                }
                continue;
            }
            match self.hold(field, &wanted, &anywhere.without, steps) {
                Ok(it) => {
                    draft.fields.insert(field, it);
                }
                Err(it) => clauses.extend(it),
            }
        }
        if !clauses.is_empty() {
            return Err(clauses);
        }
        self.compare(&mut draft, &anywhere.without, steps)?;
        Ok(draft)
    }

    fn find(&mut self, within: &[LangId], without: &[LangId], steps: &mut usize) -> Rc<Answer> {
        self.values.find(&self.world.langs, within, without, steps)
    }

    /// What the field holds so that exactly the wanted tests pass; or clauses.
    fn hold(
        &mut self,
        field: FieldId,
        wanted: &Wanted,
        strings: &[LangId],
        steps: &mut usize,
    ) -> Result<Held, Vec<Vec<Lit>>> {
        let many = self.is_many(field);
        if many && wanted.within.is_empty() {
            return Ok(match self.text(field, &[], &wanted.without, strings, steps) {
                Ok(it) => Held::Values(vec![it]),
                Err(_) => Held::Object,
            });
        }
        if !many {
            let value = self.text(field, &wanted.within, &wanted.without, strings, steps)?;
            return Ok(Held::Values(vec![value]));
        }
        let mut values: Vec<(String, bool)> = Vec::new();
        let mut clauses = Vec::new();
        for lang in &wanted.within {
            let held =
                |it: &(String, bool)| self.world.langs.holds(*lang, &Text::new(it.0.clone()));
            if values.iter().any(held) {
                continue;
            }
            match self.text(field, &[*lang], &wanted.without, strings, steps) {
                Ok(it) => values.push(it),
                Err(it) => clauses.extend(it),
            }
        }
        if clauses.is_empty() { Ok(Held::Values(values)) } else { Err(clauses) }
    }

    /// One value, and whether it is a number or a boolean rather than a string: only strings are
    /// seen by keywords, so a value that they exclude may still be one of the former.
    fn text(
        &mut self,
        field: FieldId,
        within: &[LangId],
        without: &[LangId],
        strings: &[LangId],
        steps: &mut usize,
    ) -> Result<(String, bool), Vec<Vec<Lit>>> {
        let mut all: Vec<LangId> = without.iter().chain(strings).copied().collect();
        all.sort_unstable();
        all.dedup();
        let first = self.find(within, &all, steps);
        if let Answer::Text(it) = &*first {
            return Ok((it.clone(), false));
        }
        if strings.is_empty() {
            return Err(self.explain(field, &first, within, without));
        }
        let Some(typed) = self.world.langs.typed() else { return Err(Vec::new()) };
        let mut also = within.to_vec();
        also.push(typed);
        also.sort_unstable();
        match &*self.find(&also, without, steps) {
            Answer::Text(it) => Ok((it.clone(), true)),
            second => {
                let first = self.explain(field, &first, within, without);
                let second = self.explain(field, second, within, without);
                // Both ways are closed: each pair of reasons, one of either, is a reason.
                let both = first.iter().take(4).flat_map(|a| {
                    second.iter().take(4).map(move |b| a.iter().chain(b).copied().collect())
                });
                Err(both.collect())
            }
        }
    }

    /// Clauses that say why there is no value.
    fn explain(
        &mut self,
        field: FieldId,
        answer: &Answer,
        within: &[LangId],
        without: &[LangId],
    ) -> Vec<Vec<Lit>> {
        let cores = match answer {
            Answer::Text(_) => return Vec::new(),
            Answer::Never(it) => it,
            Answer::Unknown(why) => return vec![self.give_up(&[field, ANYWHERE], why.clone())],
        };
        let mut res = Vec::new();
        for core in cores {
            let mut clause = Vec::new();
            // A language that only stands for "a number or a boolean" is always to be had.
            for lang in core.within.iter().filter(|it| within.contains(it)) {
                clause.extend(self.lit_of(field, *lang).map(|it| !it));
            }
            for lang in &core.without {
                let at = if without.contains(lang) { field } else { ANYWHERE };
                clause.extend(self.lit_of(at, *lang));
            }
            let mine = core.within.iter().filter(|it| within.contains(it)).count();
            if mine == 0 && field == ANYWHERE {
                clause.extend(within.iter().filter_map(|it| self.lit_of(field, *it)).map(|it| !it));
            } else if mine == 0 {
                let holds = self.world.atom(Atom::Holds(field));
                clause.extend(self.vars.get(&holds).map(|it| Lit::new(*it, false)));
            }
            // That one value passes two tests, or that there is a text at all.
            if mine != 1 && field != ANYWHERE && !self.is_many(field) {
                let known = self.single.get(&field).copied();
                let single = known.unwrap_or_else(|| self.fresh());
                self.single.insert(field, single);
                clause.push(!single);
            }
            res.push(clause);
        }
        res
    }

    fn lit_of(&self, field: FieldId, lang: LangId) -> Option<Lit> {
        let atom = self.world.known_atom(&Atom::In(field, lang))?;
        self.vars.get(&atom).map(|it| Lit::new(*it, true))
    }

    fn is_many(&self, field: FieldId) -> bool {
        self.schema.is_many(self.world.name(field))
    }

    /// Makes the values of two fields compare as proposed, or gives up on the assignment.
    fn compare(
        &mut self,
        draft: &mut Draft,
        strings: &[LangId],
        steps: &mut usize,
    ) -> Result<(), Vec<Vec<Lit>>> {
        let likes = self.likes();
        if likes.is_empty() {
            return Ok(());
        }
        for pass in 0..2 {
            for (atom, a, b) in &likes {
                let wanted = self.is_true(*atom);
                if draft.compares(self.world, *atom) == wanted {
                    continue;
                }
                let done = if wanted {
                    self.make_alike(draft, (*atom, *a, *b), strings, steps)
                } else {
                    self.make_unlike(draft, (*atom, *a, *b), strings, steps)
                };
                if !done && pass == 1 {
                    return Err(vec![self.give_up(&[*a, *b], Unknown::Fields)]);
                }
            }
        }
        match likes.iter().find(|it| draft.compares(self.world, it.0) != self.is_true(it.0)) {
            None => Ok(()),
            Some((_, a, b)) => {
                // Another pair may share a field with this one.
                let mut all: Vec<FieldId> = likes.iter().flat_map(|it| [it.1, it.2]).collect();
                all.extend([*a, *b]);
                Err(vec![self.give_up(&all, Unknown::Fields)])
            }
        }
    }

    /// One value for both fields; or for the first, one made of the value of the second.
    fn make_alike(
        &mut self,
        draft: &mut Draft,
        (atom, a, b): (AtomId, FieldId, FieldId),
        strings: &[LangId],
        steps: &mut usize,
    ) -> bool {
        let (first, second) = (self.wanted(a), self.wanted(b));
        let (many_a, many_b) = (self.is_many(a), self.is_many(b));
        let of = |it: &Wanted, many: bool| if many { Vec::new() } else { it.within.clone() };
        let mut within = of(&first, many_a);
        within.extend(of(&second, many_b));
        let mut without: Vec<LangId> =
            first.without.iter().chain(&second.without).chain(strings).copied().collect();
        for it in [&mut within, &mut without] {
            it.sort_unstable();
            it.dedup();
        }
        if let Answer::Text(it) = &*self.find(&within, &without, steps) {
            draft.put(a, it.clone(), many_a);
            draft.put(b, it.clone(), many_b);
            return draft.compares(self.world, atom);
        }
        let Some(lang) = self.lang_of(draft, atom, b) else { return false };
        let mut within = of(&first, many_a);
        within.push(lang);
        within.sort_unstable();
        let mut without: Vec<LangId> = first.without.iter().chain(strings).copied().collect();
        without.sort_unstable();
        match &*self.find(&within, &without, steps) {
            Answer::Text(it) => draft.put(a, it.clone(), many_a),
            _ => return false,
        }
        draft.compares(self.world, atom)
    }

    /// Another value for the first field, or for the second.
    fn make_unlike(
        &mut self,
        draft: &mut Draft,
        (atom, a, b): (AtomId, FieldId, FieldId),
        strings: &[LangId],
        steps: &mut usize,
    ) -> bool {
        for (mine, other) in [(a, b), (b, a)] {
            let wanted = self.wanted(mine);
            let Some(lang) = self.lang_of(draft, atom, other) else { continue };
            let mut without: Vec<LangId> = wanted.without.iter().chain(strings).copied().collect();
            without.push(lang);
            without.sort_unstable();
            without.dedup();
            if let Answer::Text(it) = &*self.find(&wanted.within, &without, steps) {
                draft.fields.insert(mine, Held::Values(vec![(it.clone(), false)]));
                if !draft.compares(self.world, atom) {
                    return true;
                }
            }
        }
        false
    }

    /// The texts that compare so with the first value of the field.
    fn lang_of(&mut self, draft: &Draft, atom: AtomId, field: FieldId) -> Option<LangId> {
        let Atom::Like(_, _, anchor, case) = self.world.get(atom).clone() else { return None };
        let text = draft.text(field)?;
        let run = |open: bool| open.then_some(Part::Run);
        let before = run(matches!(anchor, Anchor::End | Anchor::Within));
        let after = run(matches!(anchor, Anchor::Start | Anchor::Within));
        let parts = before.into_iter().chain([Part::Literal(text)]).chain(after);
        let pattern = Pattern::new(parts);
        let case = if case == Case::Sensitive { Case::Sensitive } else { Case::Insensitive };
        self.world.langs.glob(&pattern, case)
    }
}

/// The event of a draft, confirmed by every matcher; made smaller where that changes nothing.
pub(crate) fn confirm(
    world: &World,
    draft: &Draft,
    goals: &[(&matcher::Matcher, bool)],
) -> Option<Value> {
    let holds = |event: &Value| goals.iter().all(|(it, wanted)| it.matches(event) == *wanted);
    let mut draft = draft.clone();
    if !holds(&draft.event(world, false)) {
        return None;
    }
    // The last fields first: those of filters, mostly.
    let fields: Vec<FieldId> = draft.fields.keys().rev().copied().collect();
    for field in fields {
        let Some(held) = draft.fields.remove(&field) else { continue };
        if holds(&draft.event(world, false)) {
            continue;
        }
        if matches!(held, Held::Null | Held::Object) {
            // A text is more like an event than nothing.
            draft.fields.insert(field, Held::Values(vec![("x".to_owned(), false)]));
            if holds(&draft.event(world, false)) {
                continue;
            }
        }
        draft.fields.insert(field, held);
    }
    let nested = draft.event(world, true);
    if holds(&nested) { Some(nested) } else { Some(draft.event(world, false)) }
}
