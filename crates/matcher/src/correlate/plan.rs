//! Which correlation sees whose hits, and where it finds its fields in them.

use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::fast::RandomState;
use ir::{Correlation, Question, Referent};
use serde::{Deserialize, Serialize};

use super::note::Text;
use super::window::Asked;

/// What of a correlation its answers depend on; it can be written into a built matcher.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Shape {
    pub(super) question: Question,
    pub(super) members: Vec<Member>,
    pub(super) group_by: Vec<Arc<str>>,
    pub(super) seconds: u64,
}

/// Whose hits it sees.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Member {
    pub(super) to: Referent,
    pub(super) name: String,
    /// Where the fields of the group, then those of the question, are found in them.
    pub(super) fields: Vec<Arc<str>>,
}

impl Shape {
    pub(super) fn of(it: &Correlation) -> Shape {
        let member = |it: &ir::Member| Member {
            to: it.to,
            name: it.name.value.clone(),
            fields: it.fields.clone(),
        };
        Shape {
            question: it.question.clone(),
            members: it.members.iter().map(member).collect(),
            group_by: it.group_by.iter().map(|it| it.value.clone()).collect(),
            seconds: it.seconds.value,
        }
    }

    /// Whether every number in it is that of something.
    pub(super) fn is_sound(&self, rules: usize, correlations: usize) -> bool {
        let members = self.members.len();
        let fields = self.group_by.len() + self.question.fields();
        let questions = match &self.question {
            Question::Formula(it) => it.places().iter().all(|it| *it < members),
            Question::OrderedFormula(yes, no) => yes.iter().chain(no).all(|it| *it < members),
            _ => true,
        };
        let known = |it: &Member| match it.to {
            Referent::Rule(at) => at < rules,
            Referent::Correlation(at) => at < correlations,
        };
        let whole = |it: &Member| it.fields.len() == fields && known(it);
        questions && members <= 64 && self.members.iter().all(whole)
    }
}

/// A correlation ready to run.
#[derive(Debug)]
pub(super) struct Task {
    /// Its place in the list that it was given in.
    pub(super) place: usize,
    pub(super) asked: Asked,
    /// By member: the names of the fields of the group, then of the question.
    pub(super) fields: Vec<Vec<Name>>,
    /// The names of `group-by`, under which its hits have the values of their group.
    pub(super) group_by: Vec<Name>,
    /// Whether the question is about numbers.
    pub(super) numbers: bool,
    /// Who sees its hits: task and member.
    pub(super) seen_by: Vec<(usize, usize)>,
    /// All that its state depends on, as text: state of another text is not its own.
    pub(super) identity: String,
}

/// A field's name, by its place among all that are asked for.
pub(super) type Name = usize;

/// All correlations, each after those it sees.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) tasks: Vec<Task>,
    /// Who sees a rule's hits: task and member, in their order.
    pub(super) rule_seen_by: Vec<Vec<(usize, usize)>>,
    /// The fields that are kept of a rule's events.
    pub(super) rule_fields: Vec<Vec<Name>>,
    pub(super) names: Vec<Arc<str>>,
    /// Its seed is drawn anew in each run: what events hold can't be made to collide.
    hasher: RandomState,
}

impl Plan {
    /// Arranges `all`; what is `None`, and what refers to it or to nothing that is there, is left
    /// out.
    pub(super) fn new(all: &[Option<&Shape>]) -> Plan {
        let mut res = Plan::default();
        let mut names: BTreeMap<Arc<str>, Name> = BTreeMap::new();
        // By place in the list: its task.
        let mut tasks: Vec<Option<usize>> = vec![None; all.len()];
        loop {
            let ready = |it: &Shape| {
                it.members.iter().all(|it| match it.to {
                    Referent::Rule(_) => true,
                    Referent::Correlation(to) => tasks.get(to).copied().flatten().is_some(),
                })
            };
            let next = all.iter().enumerate().find_map(|(at, it)| {
                let it = it.filter(|it| tasks[at].is_none() && ready(it))?;
                Some((at, it))
            });
            let Some((place, it)) = next else { break };
            tasks[place] = Some(res.tasks.len());
            res.add(place, it, &tasks, &mut names);
        }
        res.fields();
        res
    }

    /// Whether any correlation sees this rule.
    pub(super) fn sees(&self, rule: usize) -> bool {
        self.rule_seen_by.get(rule).is_some_and(|it| !it.is_empty())
    }

    pub(super) fn hash(&self, text: &str) -> u64 {
        self.hasher.hash_one(text)
    }

    /// The hash of the values of a group.
    pub(super) fn hash_all(&self, key: &[Text]) -> u64 {
        match key {
            [one] => one.hash,
            all => self.hasher.hash_one(all.iter().map(|it| it.hash).collect::<Vec<_>>()),
        }
    }

    fn add(
        &mut self,
        place: usize,
        it: &Shape,
        tasks: &[Option<usize>],
        names: &mut BTreeMap<Arc<str>, Name>,
    ) {
        let own = self.tasks.len();
        let mut name = |it: &Arc<str>| match names.get(it) {
            Some(found) => *found,
            None => {
                let res = self.names.len();
                self.names.push(it.clone());
                names.insert(it.clone(), res);
                res
            }
        };
        let fields: Vec<Vec<Name>> =
            it.members.iter().map(|it| it.fields.iter().map(&mut name).collect()).collect();
        let group_by: Vec<Name> = it.group_by.iter().map(&mut name).collect();
        for (nth, member) in it.members.iter().enumerate() {
            match member.to {
                Referent::Rule(rule) => {
                    if self.rule_seen_by.len() <= rule {
                        self.rule_seen_by.resize_with(rule + 1, Vec::new);
                    }
                    self.rule_seen_by[rule].push((own, nth));
                }
                Referent::Correlation(to) => {
                    if let Some(Some(task)) = tasks.get(to)
                        && let Some(task) = self.tasks.get_mut(*task)
                    {
                        task.seen_by.push((own, nth));
                    }
                }
            }
        }
        let named: Vec<_> = it.members.iter().map(|it| (&it.name, &it.fields)).collect();
        let (groups, seconds) = (&it.group_by, it.seconds);
        self.tasks.push(Task {
            place,
            asked: Asked::new(&it.question, seconds, it.members.len()),
            fields,
            group_by,
            numbers: matches!(
                it.question,
                Question::Sum(_) | Question::Average(_) | Question::Percentile(..)
            ),
            seen_by: Vec::new(),
            identity: format!("{:?} {named:?} {groups:?} {seconds}", it.question),
        });
    }
    /// Works out which fields of which events are asked for, also by way of other correlations.
    fn fields(&mut self) {
        // From the last to the first, each knows what those that see it ask for.
        let mut wanted: Vec<Vec<Name>> = vec![Vec::new(); self.tasks.len()];
        let ask = |wanted: &[Vec<Name>], task: &Task, at: usize, member: usize| {
            let mut res = task.fields[member].clone();
            res.extend(&wanted[at]);
            res
        };
        for at in (0..self.tasks.len()).rev() {
            let mut all = Vec::new();
            for (upper, member) in &self.tasks[at].seen_by {
                all.extend(ask(&wanted, &self.tasks[*upper], *upper, *member));
            }
            all.sort_unstable();
            all.dedup();
            wanted[at] = all;
        }
        self.rule_fields = self
            .rule_seen_by
            .iter()
            .map(|seen_by| {
                let each = seen_by.iter();
                let mut res: Vec<Name> =
                    each.flat_map(|(at, nth)| ask(&wanted, &self.tasks[*at], *at, *nth)).collect();
                res.sort_unstable();
                res.dedup();
                res
            })
            .collect();
    }
}
