//! What is kept of one group's events, and the answer to a correlation's question about them.
//!
//! Each kind of question keeps only what can still change an answer.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use ir::{Bounds, Formula, Number, Question};

use super::exact::{Sum, rank};
use super::save::Row;

/// A point in time before all others.
pub(super) const NEVER: i64 = i64::MIN;

/// A question, ready to be asked.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    question: Question,
    /// The length of the window, in microseconds.
    pub(super) length: i64,
    /// How many members there are.
    members: usize,
    /// The count from which on answers stay the same.
    ceiling: usize,
    /// Whether only a chain of all members satisfies it.
    whole_chain: bool,
}

/// What one event brings to a group.
#[derive(Debug, Clone, Default)]
pub(super) struct Brought {
    /// The members that it is a hit of, by bit.
    pub(super) members: u64,
    /// The values of the question's field, or sets of values spelled as one text.
    pub(super) values: Vec<Arc<str>>,
}

/// What is kept of a group's events.
#[derive(Debug, Clone)]
pub(super) enum Window {
    /// When the newest events were.
    Times(VecDeque<i64>),
    /// The different values, each with its last time.
    Distinct(Latest),
    /// The numbers.
    Numbers(Numbers),
    /// All values.
    Texts(Texts),
    /// When each member was hit last.
    Members(Vec<i64>),
    /// For each member, the latest start of a chain of it and of all before it; then, when the
    /// members after the last of the chain were hit.
    Chain(Vec<i64>),
    /// The same for chains of each length: row by length, column by last member.
    Longest(Vec<i64>),
}

#[derive(Debug, Clone, Default)]
pub(super) struct Latest {
    last: HashMap<Arc<str>, i64>,
    /// In the order of time; what is no longer in `last` at this time is stale.
    order: VecDeque<(i64, Arc<str>)>,
    text: usize,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Numbers {
    entries: VecDeque<(i64, Number)>,
    sum: Sum,
    /// In order, for percentiles only.
    sorted: Vec<Number>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Texts {
    entries: VecDeque<(i64, Arc<str>)>,
    counts: HashMap<Arc<str>, u32>,
    text: usize,
}

impl Asked {
    pub(super) fn new(question: &Question, seconds: u64, members: usize) -> Asked {
        let micros = i64::try_from(seconds).ok().and_then(|it| it.checked_mul(1_000_000));
        let ceiling = match question {
            Question::Events(it) | Question::Distinct(_, it) => it.ceiling(),
            _ => u64::MAX,
        };
        let whole_chain = match question {
            Question::Ordered(it) => {
                let holds = |count: usize| it.hold(Number::Int(count as i128));
                holds(members) && !(1..members).any(holds)
            }
            _ => false,
        };
        Asked {
            question: question.clone(),
            length: micros.unwrap_or(i64::MAX),
            members,
            ceiling: usize::try_from(ceiling).unwrap_or(usize::MAX),
            whole_chain,
        }
    }

    /// Whether events that were forgotten can only have made it fail.
    pub(super) fn only_grows(&self) -> bool {
        fn plain(it: &Formula) -> bool {
            match it {
                Formula::All(parts) | Formula::Any(parts) => parts.iter().all(plain),
                Formula::Not(_) => false,
                Formula::Member(_) => true,
            }
        }
        match &self.question {
            Question::Events(it)
            | Question::Distinct(_, it)
            | Question::Together(it)
            | Question::Ordered(it) => it.only_grow(),
            Question::Formula(it) => plain(it),
            Question::OrderedFormula(_, no) => no.is_empty(),
            Question::Sum(_)
            | Question::Average(_)
            | Question::Percentile(..)
            | Question::Share(_) => false,
        }
    }

    pub(super) fn window(&self) -> Window {
        match &self.question {
            Question::Events(_) => Window::Times(VecDeque::new()),
            Question::Distinct(..) => Window::Distinct(Latest::default()),
            Question::Sum(_) | Question::Average(_) | Question::Percentile(..) => {
                Window::Numbers(Numbers::default())
            }
            Question::Share(_) => Window::Texts(Texts::default()),
            Question::Together(_) | Question::Formula(_) => {
                Window::Members(vec![NEVER; self.members])
            }
            Question::Ordered(_) if self.whole_chain => Window::Chain(vec![NEVER; self.members]),
            Question::Ordered(_) => Window::Longest(vec![NEVER; self.members * self.members]),
            Question::OrderedFormula(yes, no) => Window::Chain(vec![NEVER; yes.len() + no.len()]),
        }
    }

    /// Takes in an event; whether the question holds with it. `at` never goes back.
    pub(super) fn take(&self, window: &mut Window, at: i64, it: &Brought) -> bool {
        let start = at.saturating_sub(self.length);
        match (window, &self.question) {
            (Window::Times(times), Question::Events(bounds)) => {
                times.push_back(at);
                while times.front().is_some_and(|it| *it < start) || times.len() > self.ceiling {
                    times.pop_front();
                }
                bounds.hold(Number::Int(times.len() as i128))
            }
            (Window::Distinct(latest), Question::Distinct(_, bounds)) => {
                latest.take(at, start, self.ceiling, &it.values);
                bounds.hold(Number::Int(latest.last.len() as i128))
            }
            (Window::Numbers(numbers), question) => {
                numbers.take(at, start, &it.values, matches!(question, Question::Percentile(..)));
                numbers.answer(question)
            }
            (Window::Texts(texts), Question::Share(bounds)) => {
                texts.take(at, start, &it.values);
                texts.answer(bounds, &it.values)
            }
            (Window::Members(last), question) => {
                for (nth, last) in last.iter_mut().enumerate() {
                    if it.members >> nth & 1 == 1 {
                        *last = at;
                    }
                }
                let seen =
                    |nth: usize| last.get(nth).is_some_and(|it| *it >= start && *it != NEVER);
                match question {
                    Question::Together(bounds) => {
                        let count = (0..last.len()).filter(|it| seen(*it)).count();
                        bounds.hold(Number::Int(count as i128))
                    }
                    Question::Formula(formula) => formula.holds(&seen),
                    _ => false,
                }
            }
            (Window::Chain(marks), Question::OrderedFormula(yes, no)) => {
                let (chain, not) = marks.split_at_mut(yes.len());
                for (mark, member) in not.iter_mut().zip(no) {
                    if it.members >> member & 1 == 1 {
                        *mark = at;
                    }
                }
                let complete = grow(chain, yes.iter().copied(), it.members, at, start);
                complete && !not.iter().any(|it| *it >= start && *it != NEVER)
            }
            (Window::Chain(marks), Question::Ordered(_)) => {
                grow(marks, 0..self.members, it.members, at, start)
            }
            (Window::Longest(marks), Question::Ordered(bounds)) => {
                let count = longest(marks, self.members, it.members, at, start);
                bounds.hold(Number::Int(count as i128))
            }
            // A window is always made by the question that is asked of it.
            _ => false,
        }
    }
}

/// Lets an event continue chains of the members in order; whether it completes one.
fn grow(
    starts: &mut [i64],
    members: impl DoubleEndedIterator<Item = usize> + ExactSizeIterator,
    hit: u64,
    at: i64,
    from: i64,
) -> bool {
    let mut complete = false;
    let count = starts.len();
    // From the last to the first, so that one event does not continue what it began itself.
    for (nth, member) in members.enumerate().rev() {
        if hit >> member & 1 == 0 {
            continue;
        }
        let before = if nth == 0 { at } else { starts[nth - 1] };
        if before == NEVER || before < from {
            continue;
        }
        starts[nth] = before;
        complete |= nth + 1 == count;
    }
    complete
}

/// Lets an event continue chains of any length; the length of the longest that it ends.
fn longest(starts: &mut [i64], members: usize, hit: u64, at: i64, from: i64) -> usize {
    let mut res = 0;
    for length in (0..members).rev() {
        let mut before = NEVER;
        for member in 0..members {
            // The latest start of a chain one shorter that ends in a member before this one.
            if length > 0 && member > 0 {
                before = before.max(starts[(length - 1) * members + member - 1]);
            }
            if hit >> member & 1 == 0 {
                continue;
            }
            let start = if length == 0 { at } else { before };
            if start != NEVER && start >= from {
                starts[length * members + member] = start;
                res = res.max(length + 1);
            }
        }
    }
    res
}

impl Latest {
    fn take(&mut self, at: i64, start: i64, ceiling: usize, values: &[Arc<str>]) {
        for value in values {
            match self.last.get_mut(value) {
                Some(last) if *last == at => continue,
                Some(last) => *last = at,
                None => {
                    self.text += value.len();
                    self.last.insert(value.clone(), at);
                }
            }
            self.order.push_back((at, value.clone()));
        }
        while let Some((time, value)) = self.order.front() {
            let stale = self.last.get(value) != Some(time);
            let enough = self.last.len() > ceiling;
            if !(stale || *time < start || enough) {
                break;
            }
            let value = value.clone();
            self.order.pop_front();
            if !stale {
                self.text -= value.len();
                self.last.remove(&value);
            }
        }
        if self.order.len() > 2 * self.last.len() + 16 {
            let last = &self.last;
            self.order.retain(|(time, value)| last.get(value) == Some(time));
        }
    }
}

impl Numbers {
    fn take(&mut self, at: i64, start: i64, values: &[Arc<str>], sorts: bool) {
        let place = |sorted: &[Number], it: &Number| sorted.partition_point(|other| other < it);
        for it in values.iter().filter_map(|it| Number::parse(it)) {
            self.entries.push_back((at, it));
            match sorts {
                true => self.sorted.insert(place(&self.sorted, &it), it),
                false => self.sum.add(it),
            }
        }
        while let Some((time, it)) = self.entries.front().copied()
            && time < start
        {
            self.entries.pop_front();
            match sorts {
                true => drop(self.sorted.remove(place(&self.sorted, &it))),
                false => self.sum.remove(it),
            }
        }
    }

    fn answer(&self, question: &Question) -> bool {
        let count = self.entries.len();
        let all = |bounds: &Bounds, times: usize| {
            bounds.0.iter().all(|(op, bound)| op.holds(self.sum.compare(*bound, times as u64)))
        };
        match question {
            Question::Sum(bounds) => all(bounds, 1),
            Question::Average(bounds) => all(bounds, count),
            Question::Percentile(percentile, bounds) => {
                let found = self.sorted.get(rank(*percentile, count) - 1);
                found.is_some_and(|it| bounds.hold(*it))
            }
            _ => false,
        }
    }
}

impl Texts {
    fn take(&mut self, at: i64, start: i64, values: &[Arc<str>]) {
        for value in values {
            self.text += value.len();
            *self.counts.entry(value.clone()).or_default() += 1;
            self.entries.push_back((at, value.clone()));
        }
        while self.entries.front().is_some_and(|(time, _)| *time < start) {
            let Some((_, value)) = self.entries.pop_front() else { break };
            self.text -= value.len();
            if let Some(count) = self.counts.get_mut(&value) {
                *count -= 1;
                if *count == 0 {
                    self.counts.remove(&value);
                }
            }
        }
    }

    /// Whether any of the newest values has such a share of all.
    fn answer(&self, bounds: &Bounds, values: &[Arc<str>]) -> bool {
        values.iter().any(|value| {
            let count = self.counts.get(value).copied().unwrap_or(0);
            let mut sum = Sum::default();
            sum.add(Number::Int(i128::from(count) * 100));
            let all = self.entries.len() as u64;
            bounds.0.iter().all(|(op, bound)| op.holds(sum.compare(*bound, all)))
        })
    }
}

impl Window {
    /// The memory that it takes besides itself, in bytes, about.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Window::Times(it) => it.capacity() * size_of::<i64>(),
            // An entry of a hash table, and the text with its two counters.
            Window::Distinct(it) => {
                it.text
                    + it.last.capacity() * 44
                    + it.order.capacity() * size_of::<(i64, Arc<str>)>()
            }
            Window::Numbers(it) => {
                it.entries.capacity() * size_of::<(i64, Number)>()
                    + it.sorted.capacity() * size_of::<Number>()
                    + it.sum.bytes()
            }
            Window::Texts(it) => {
                it.text
                    + it.counts.capacity() * 40
                    + it.entries.capacity() * (16 + size_of::<(i64, Arc<str>)>())
            }
            Window::Members(it) | Window::Chain(it) | Window::Longest(it) => {
                it.capacity() * size_of::<i64>()
            }
        }
    }

    /// What it holds, to be saved: events with their values, or points in time.
    pub(super) fn rows(&self) -> (Vec<Row>, Vec<Option<i64>>) {
        let row = |at: i64, value: Option<String>| Row { at, values: value.into_iter().collect() };
        let rows = match self {
            Window::Times(it) => it.iter().map(|at| row(*at, None)).collect(),
            Window::Distinct(it) => {
                let fresh = it.order.iter().filter(|(at, value)| it.last.get(value) == Some(at));
                fresh.map(|(at, value)| row(*at, Some(value.to_string()))).collect()
            }
            Window::Numbers(it) => {
                it.entries.iter().map(|(at, it)| row(*at, Some(it.to_string()))).collect()
            }
            Window::Texts(it) => {
                it.entries.iter().map(|(at, it)| row(*at, Some(it.to_string()))).collect()
            }
            Window::Members(it) | Window::Chain(it) | Window::Longest(it) => {
                let marks = it.iter().map(|it| (*it != NEVER).then_some(*it));
                return (Vec::new(), marks.collect());
            }
        };
        (rows, Vec::new())
    }
}

impl Asked {
    /// A window with what was saved of it; `None` when it does not fit the question.
    pub(super) fn restored(&self, rows: &[Row], marks: &[Option<i64>]) -> Option<Window> {
        let mut res = self.window();
        match &mut res {
            Window::Members(it) | Window::Chain(it) | Window::Longest(it) => {
                if it.len() != marks.len() || !rows.is_empty() {
                    return None;
                }
                *it = marks.iter().map(|it| it.unwrap_or(NEVER)).collect();
            }
            _ => {
                let mut last = NEVER;
                for row in rows {
                    if row.at < last {
                        return None;
                    }
                    last = row.at;
                    let values = row.values.iter().map(|it| Arc::from(it.as_str())).collect();
                    self.take(&mut res, row.at, &Brought { members: 0, values });
                }
            }
        }
        Some(res)
    }
}
