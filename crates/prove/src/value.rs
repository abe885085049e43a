//! One value: a text that is in some languages and not in others, or the proof that there is none.
//!
//! Knows: languages. Does not know: fields, boolean structure.
//!
//! Guesses first: nearly every question ends with a plausible text. Then pairs of languages of
//! which one lies within the other, then automata, of which only those enter that the last
//! candidate violated.

use std::rc::Rc;

use ir::{Number, Pattern};
use rustc_hash::FxHashMap;

use crate::lang::{Kind, LangId, Langs, Text, net_range};
use crate::nfa::Nfa;
use crate::number;
use crate::pieces::{Lead, Pieces, literal};
use crate::product::{Found, search};
use crate::verdict::Unknown;

/// What a question about one value came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// There is such a text.
    Text(String),
    /// There is none, and these are reasons, each sufficient.
    Never(Vec<Core>),
    /// It is not known.
    Unknown(Unknown),
}

/// Languages of which no text is in all of `within` and none of `without`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Core {
    pub(crate) within: Vec<LangId>,
    pub(crate) without: Vec<LangId>,
}

/// Answers questions, and keeps the answers.
#[derive(Debug)]
pub(crate) struct Values {
    known: FxHashMap<(Vec<LangId>, Vec<LangId>), Rc<Answer>>,
    /// Branches that one product of automata may make.
    pub(crate) per_product: usize,
}

/// With more languages to avoid, an answer is not asked for twice.
const MOST_KEPT: usize = 40;

/// With more languages to avoid, a reason is not made minimal.
const MOST_MINIMIZED: usize = 16;

impl Values {
    pub(crate) fn new(per_product: usize) -> Values {
        Values { known: FxHashMap::default(), per_product }
    }

    /// A text in all of `within` and none of `without`. Branches are taken from `budget`.
    pub(crate) fn find(
        &mut self,
        langs: &Langs,
        within: &[LangId],
        without: &[LangId],
        budget: &mut usize,
    ) -> Rc<Answer> {
        let question = Question { langs, within, without, per_product: self.per_product };
        if without.len() > MOST_KEPT {
            return Rc::new(question.answer(budget));
        }
        let key = (within.to_vec(), without.to_vec());
        if let Some(it) = self.known.get(&key) {
            return it.clone();
        }
        let res = Rc::new(question.answer(budget));
        // What ended for want of a budget may end otherwise with more of it.
        if !matches!(*res, Answer::Unknown(_)) {
            self.known.insert(key, res.clone());
        }
        res
    }
}

struct Question<'a> {
    langs: &'a Langs,
    within: &'a [LangId],
    without: &'a [LangId],
    per_product: usize,
}

impl Question<'_> {
    fn answer(&self, budget: &mut usize) -> Answer {
        let candidates = match self.candidates() {
            Ok(it) => it,
            Err(core) => return Answer::Never(vec![core]),
        };
        let mut first = None;
        for raw in candidates.texts {
            let text = Text::new(raw);
            if self.holds(&text) {
                return Answer::Text(text.raw);
            }
            first.get_or_insert(text);
        }
        if let Some(text) = &first {
            let cores = self.pairs(text, candidates.only);
            if !cores.is_empty() {
                return Answer::Never(cores);
            }
        }
        self.by_automata(budget)
    }

    fn holds(&self, text: &Text) -> bool {
        self.within.iter().all(|it| self.langs.holds(*it, text))
            && !self.without.iter().any(|it| self.langs.holds(*it, text))
    }

    /// Reasons of one language to be in and one to avoid, or of one text and what it fails.
    fn pairs(&self, text: &Text, only: Option<LangId>) -> Vec<Core> {
        let langs = self.langs;
        let pair = |within: Vec<LangId>, without: Vec<LangId>| Core { within, without };
        let mut res = Vec::new();
        for many in self.without.iter().filter(|it| langs.holds(**it, text)) {
            if self.within.is_empty() && langs.is_anything(*many) {
                res.push(pair(Vec::new(), vec![*many]));
            }
            let few = self.within.iter().find(|few| langs.within(**few, *many));
            res.extend(few.map(|few| pair(vec![*few], vec![*many])));
        }
        let Some(only) = only else { return res };
        let uncased = |it: LangId| !langs.get(it).cased;
        if !uncased(only) {
            // One text: what it fails is the reason.
        } else if !self.within.iter().chain(self.without).all(|it| uncased(*it)) {
            return res;
        }
        for other in self.within.iter().filter(|it| !langs.holds(**it, text)) {
            res.push(pair(vec![only, *other], Vec::new()));
        }
        if res.is_empty() {
            let failed = self.without.iter().filter(|it| langs.holds(**it, text));
            res.extend(failed.map(|it| pair(vec![only], vec![*it])));
        }
        res
    }

    /// Texts to try. An error is a reason why no text can do.
    fn candidates(&self) -> Result<Candidates, Core> {
        let mut res = Candidates::default();
        for id in self.within {
            if let Kind::Glob(glob, shown) = &self.langs.get(*id).kind
                && glob.only_text().is_some()
            {
                // A cased text is the only one; prefer it to one of which the case is free.
                let cased = self.langs.get(*id).cased;
                if cased || res.only.is_none() {
                    res.texts = vec![literal(shown)];
                    res.only = Some(*id);
                }
                if cased {
                    break;
                }
            }
        }
        if res.only.is_some() {
            return Ok(res);
        }
        self.numbers(&mut res)?;
        self.networks(&mut res)?;
        self.made_of_patterns(&mut res.texts);
        if self.within.is_empty() {
            res.texts.extend(["x", "-", "", "0", "other"].map(str::to_owned));
        }
        Ok(res)
    }

    fn numbers(&self, res: &mut Candidates) -> Result<(), Core> {
        let of = |ids: &[LangId]| -> Vec<(LangId, (ir::Cmp, Number))> {
            ids.iter()
                .filter_map(|id| match &self.langs.get(*id).kind {
                    Kind::Number(cmp, it) => Some((*id, (*cmp, *it))),
                    _ => None,
                })
                .collect()
        };
        let (must, mustnt) = (of(self.within), of(self.without));
        if must.is_empty() {
            return Ok(());
        }
        let plain =
            |it: &[(LangId, (ir::Cmp, Number))]| it.iter().map(|it| it.1).collect::<Vec<_>>();
        let Some(found) = number::candidates(&plain(&must), &plain(&mustnt)) else { return Ok(()) };
        if found.is_empty() {
            let mut core = (must, mustnt);
            let empty = |core: &(Vec<_>, Vec<_>)| {
                number::candidates(&plain(&core.0), &plain(&core.1)).is_some_and(|it| it.is_empty())
            };
            minimize(&mut core, &empty);
            let ids = |it: Vec<(LangId, _)>| it.into_iter().map(|it| it.0).collect();
            return Err(Core { within: ids(core.0), without: ids(core.1) });
        }
        let spelled = found.iter().map(|it| number::spellings(*it));
        res.texts.extend(spelled.clone().filter_map(|it| it.into_iter().next()));
        res.texts.extend(spelled.flat_map(|it| it.into_iter().skip(1)));
        Ok(())
    }

    fn networks(&self, res: &mut Candidates) -> Result<(), Core> {
        let of = |ids: &[LangId]| -> Vec<Range> {
            ids.iter()
                .filter_map(|id| match &self.langs.get(*id).kind {
                    Kind::Net(it) => Some((*id, net_range(*it))),
                    _ => None,
                })
                .collect()
        };
        let (must, mustnt) = (of(self.within), of(self.without));
        if must.is_empty() {
            return Ok(());
        }
        let found = addresses(&must, &mustnt);
        if found.is_empty() {
            let mut core = (must, mustnt);
            minimize(&mut core, &|it| addresses(&it.0, &it.1).is_empty());
            let ids = |it: Vec<(LangId, _)>| it.into_iter().map(|it| it.0).collect();
            return Err(Core { within: ids(core.0), without: ids(core.1) });
        }
        for at in found {
            let address = std::net::Ipv6Addr::from(at);
            if let Some(it) = address.to_ipv4_mapped() {
                res.texts.extend([it.to_string(), format!("::ffff:{it}")]);
            } else {
                res.texts.push(address.to_string());
            }
        }
        Ok(())
    }

    /// Texts made of the pieces of the patterns, joined in several ways.
    fn made_of_patterns(&self, texts: &mut Vec<String>) {
        let patterns: Vec<&Pattern> = self
            .within
            .iter()
            .filter_map(|it| match &self.langs.get(*it).kind {
                Kind::Glob(_, shown) => Some(shown),
                _ => None,
            })
            .collect();
        if patterns.is_empty() {
            return;
        }
        let fresh = self.langs.fresh().to_string();
        let cased = self.within.iter().chain(self.without).any(|it| self.langs.get(*it).cased);
        // What stands for a wildcard of one character, and between, before and after the pieces.
        let ways: [(&str, &str, Lead<'_>, &str); 11] = [
            ("x", " ", Lead::Place, ""),
            ("x", "", Lead::Nothing, ""),
            ("x", " ", Lead::Nothing, ""),
            ("x", "x", Lead::Text("x"), "x"),
            ("x", "\\", Lead::Place, "x"),
            ("0", " ", Lead::Text("x "), " x"),
            ("q", "qz", Lead::Text("qz"), "qz"),
            ("7", "_7_", Lead::Place, "7"),
            (&fresh, &fresh, Lead::Text(&fresh), &fresh),
            (&fresh, &fresh, Lead::Nothing, &fresh),
            (&fresh, &fresh, Lead::Text(&fresh), ""),
        ];
        let from = texts.len();
        for (one, between, lead, tail) in ways {
            let pieces = Pieces::of(patterns.iter().copied(), one);
            let text = pieces.join(between, lead, tail);
            if !texts[from..].contains(&text) {
                texts.push(text);
            }
        }
        if cased {
            let made: Vec<String> = texts[from..].iter().take(3).cloned().collect();
            texts.extend(made.iter().map(|it| it.to_uppercase()));
            texts.extend(made.iter().map(|it| it.to_lowercase()));
        }
    }

    /// By products of automata: exactly where they are exact, else between two bounds.
    fn by_automata(&self, budget: &mut usize) -> Answer {
        match self.refine(true, budget) {
            Refined::Text(it) => Answer::Text(it),
            Refined::Nothing(core) => Answer::Never(vec![core]),
            Refined::Spent => Answer::Unknown(Unknown::Budget),
            Refined::Inexact => match self.refine(false, budget) {
                Refined::Text(it) => Answer::Text(it),
                Refined::Spent => Answer::Unknown(Unknown::Budget),
                Refined::Nothing(_) | Refined::Inexact => Answer::Unknown(Unknown::Inexact),
            },
        }
    }

    /// Adds one language after the other, each time one that the last text violates. With `loose`
    /// bounds, that there is nothing is a proof; with tight ones, that there is a text.
    fn refine(&self, loose: bool, budget: &mut usize) -> Refined {
        let (mut within, mut without): (Vec<LangId>, Vec<LangId>) = (Vec::new(), Vec::new());
        let narrow =
            |it: &&LangId| !matches!(self.langs.get(**it).kind, Kind::Glob(..) | Kind::Number(..));
        let start = self.within.iter().find(narrow).or(self.within.first());
        within.extend(start.filter(|it| !loose || self.bound(**it, true).is_some()));
        loop {
            match self.product(&within, &without, loose, budget) {
                Found::Spent => return Refined::Spent,
                Found::Nothing if loose => {
                    return Refined::Nothing(self.minimal(within, without, budget));
                }
                Found::Nothing => return Refined::Inexact,
                Found::Text(raw) => {
                    let text = Text::new(raw);
                    let missed = |it: &&LangId| !self.langs.holds(**it, &text);
                    let hit = |it: &&LangId| self.langs.holds(**it, &text);
                    // A bound that is in already is not tight; another may still exclude the text.
                    let more = |it: &&LangId| {
                        !within.contains(*it) && self.bound(**it, loose).is_some() && missed(it)
                    };
                    let less = |it: &&LangId| {
                        !without.contains(*it) && self.bound(**it, !loose).is_some() && hit(it)
                    };
                    if let Some(it) = self.within.iter().find(more) {
                        within.push(*it);
                    } else if let Some(it) = self.without.iter().find(less) {
                        without.push(*it);
                    } else if !self.holds(&text) {
                        return Refined::Inexact;
                    } else {
                        return Refined::Text(text.raw);
                    }
                }
            }
        }
    }

    /// The automaton around the language, or within it.
    fn bound(&self, lang: LangId, over: bool) -> Option<&Nfa> {
        let it = self.langs.bounds(lang);
        if over { it.over.as_deref() } else { it.under.as_deref() }
    }

    fn product(
        &self,
        within: &[LangId],
        without: &[LangId],
        loose: bool,
        budget: &mut usize,
    ) -> Found {
        let accept: Vec<_> = within.iter().filter_map(|it| self.bound(*it, loose)).collect();
        let reject: Vec<_> = without.iter().filter_map(|it| self.bound(*it, !loose)).collect();
        let mut mine = self.per_product.min(*budget);
        let before = mine;
        let res = search(&accept, &reject, &mut mine);
        *budget -= before - mine;
        res
    }

    /// Leaves out of a reason what it does not need.
    fn minimal(&self, within: Vec<LangId>, without: Vec<LangId>, budget: &mut usize) -> Core {
        let mut core = (within, without);
        if core.0.len() + core.1.len() > 2 && core.1.len() <= MOST_MINIMIZED {
            let budget = std::cell::RefCell::new(budget);
            minimize(&mut core, &|it| {
                self.product(&it.0, &it.1, true, &mut budget.borrow_mut()) == Found::Nothing
            });
        }
        Core { within: core.0, without: core.1 }
    }
}

enum Refined {
    Text(String),
    Nothing(Core),
    Spent,
    Inexact,
}

#[derive(Default)]
struct Candidates {
    texts: Vec<String>,
    /// The language that holds one text, but for case.
    only: Option<LangId>,
}

/// What to be in, and what to avoid.
type Both<T> = (Vec<T>, Vec<T>);

/// Takes out one after the other what can be missed.
fn minimize<T: Clone>(core: &mut Both<T>, enough: &dyn Fn(&Both<T>) -> bool) {
    for first in [false, true] {
        let mut at = 0;
        loop {
            let mut fewer = core.clone();
            let part = if first { &mut fewer.0 } else { &mut fewer.1 };
            // Without any language to be in, a reason says nothing of values.
            if at >= part.len() || (first && part.len() == 1) {
                break;
            }
            part.remove(at);
            if enough(&fewer) { *core = fewer } else { at += 1 }
        }
    }
}

/// A network's language, and its first and last address.
type Range = (LangId, (u128, u128));

/// Addresses in all of one and none of the other ranges; empty only when there is none.
fn addresses(must: &[Range], mustnt: &[Range]) -> Vec<u128> {
    let first = must.iter().map(|it| it.1.0).max().unwrap_or(0);
    let last = must.iter().map(|it| it.1.1).min().unwrap_or(u128::MAX);
    // The first address of a gap is the first of all, or follows a range.
    let after = mustnt.iter().filter_map(|it| it.1.1.checked_add(1));
    let shown = [first.checked_add(1), first.checked_add(5), Some(first)].into_iter().flatten();
    let mut res: Vec<u128> = shown
        .chain(after)
        .filter(|at| first <= *at && *at <= last)
        .filter(|at| !mustnt.iter().any(|it| it.1.0 <= *at && *at <= it.1.1))
        .collect();
    res.truncate(8);
    res
}
