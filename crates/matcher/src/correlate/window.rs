//! What is kept of one group's events, and the answer to a correlation's question about them.
//!
//! Each kind of question keeps only what can still change an answer.

use std::collections::VecDeque;

use hashbrown::HashTable;
use ir::{Bounds, Number, Question};

use super::exact::{Sum, rank};
use super::note::Text;
use super::plan::Plan;
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
#[derive(Debug, Clone, Copy)]
pub(super) struct Brought<'a> {
    /// The members that it is a hit of, by bit.
    pub(super) members: u64,
    /// The values of the question's field, or sets of values spelled as one text.
    pub(super) values: &'a [Text],
}

/// What is kept of a group's events.
#[derive(Debug, Clone)]
pub(super) enum Window {
    /// When the newest events were.
    Times(VecDeque<i64>),
    /// The different values, each with its last time.
    Distinct(Box<Latest>),
    /// The numbers.
    Numbers(Box<Numbers>),
    /// All values.
    Texts(Box<Texts>),
    /// When each member was hit last.
    Members(Box<[i64]>),
    /// For each member, the latest start of a chain of it and of all before it; then, when the
    /// members after the last of the chain were hit.
    Chain(Box<[i64]>),
    /// The same for chains of each length: row by length, column by last member.
    Longest(Box<[i64]>),
}

#[derive(Debug, Clone, Default)]
pub(super) struct Latest {
    last: HashTable<(Text, i64)>,
    /// In the order of time; what is no longer in `last` at this time is stale.
    order: VecDeque<(i64, Text)>,
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
    entries: VecDeque<(i64, Text)>,
    counts: HashTable<(Text, u32)>,
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
        self.question.only_grows()
    }

    pub(super) fn window(&self) -> Window {
        match &self.question {
            Question::Events(_) => Window::Times(VecDeque::new()),
            Question::Distinct(..) => Window::Distinct(Box::default()),
            Question::Sum(_) | Question::Average(_) | Question::Percentile(..) => {
                Window::Numbers(Box::default())
            }
            Question::Share(_) => Window::Texts(Box::default()),
            Question::Together(_) | Question::Formula(_) => Window::Members(never(self.members)),
            Question::Ordered(_) if self.whole_chain => Window::Chain(never(self.members)),
            Question::Ordered(_) => Window::Longest(never(self.members * self.members)),
            Question::OrderedFormula(yes, no) => Window::Chain(never(yes.len() + no.len())),
        }
    }

    /// Takes in an event; whether the question holds with it. `at` never goes back.
    pub(super) fn take(&self, window: &mut Window, at: i64, it: Brought<'_>) -> bool {
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
                latest.take(at, start, self.ceiling, it.values);
                bounds.hold(Number::Int(latest.last.len() as i128))
            }
            (Window::Numbers(numbers), question) => {
                numbers.take(at, start, it.values, matches!(question, Question::Percentile(..)));
                numbers.answer(question)
            }
            (Window::Texts(texts), Question::Share(bounds)) => {
                texts.take(at, start, it.values);
                texts.answer(bounds, it.values)
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

fn never(count: usize) -> Box<[i64]> {
    vec![NEVER; count].into_boxed_slice()
}

/// The entry of a value, by its hash.
fn entry<'a, T>(table: &'a mut HashTable<(Text, T)>, value: &Text) -> Option<&'a mut T> {
    table.find_mut(value.hash, |it| it.0 == *value).map(|it| &mut it.1)
}

fn insert<T>(table: &mut HashTable<(Text, T)>, value: &Text, it: T) {
    table.insert_unique(value.hash, (value.clone(), it), |it| it.0.hash);
}

fn remove<T>(table: &mut HashTable<(Text, T)>, value: &Text) {
    if let Ok(it) = table.find_entry(value.hash, |it| it.0 == *value) {
        it.remove();
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
    fn take(&mut self, at: i64, start: i64, ceiling: usize, values: &[Text]) {
        for value in values {
            match entry(&mut self.last, value) {
                Some(last) if *last == at => continue,
                Some(last) => *last = at,
                None => {
                    self.text += value.text.len();
                    insert(&mut self.last, value, at);
                }
            }
            self.order.push_back((at, value.clone()));
        }
        while let Some((time, value)) = self.order.front() {
            let stale = !self.is_last(*time, value);
            let enough = self.last.len() > ceiling;
            if !(stale || *time < start || enough) {
                break;
            }
            let Some((_, value)) = self.order.pop_front() else { break };
            if !stale {
                self.text -= value.text.len();
                remove(&mut self.last, &value);
            }
        }
        if self.order.len() > 2 * self.last.len() + 16 {
            let mut order = std::mem::take(&mut self.order);
            order.retain(|(time, value)| self.is_last(*time, value));
            self.order = order;
        }
    }

    /// Whether this is the last time of the value.
    fn is_last(&self, at: i64, value: &Text) -> bool {
        self.last.find(value.hash, |it| it.0 == *value).is_some_and(|it| it.1 == at)
    }
}

impl Numbers {
    fn take(&mut self, at: i64, start: i64, values: &[Text], sorts: bool) {
        let place = |sorted: &[Number], it: &Number| sorted.partition_point(|other| other < it);
        for it in values.iter().filter_map(|it| Number::parse(&it.text)) {
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
    fn take(&mut self, at: i64, start: i64, values: &[Text]) {
        for value in values {
            self.text += value.text.len();
            match entry(&mut self.counts, value) {
                Some(count) => *count += 1,
                None => insert(&mut self.counts, value, 1),
            }
            self.entries.push_back((at, value.clone()));
        }
        while self.entries.front().is_some_and(|(time, _)| *time < start) {
            let Some((_, value)) = self.entries.pop_front() else { break };
            self.text -= value.text.len();
            if let Some(count) = entry(&mut self.counts, &value) {
                *count -= 1;
                if *count == 0 {
                    remove(&mut self.counts, &value);
                }
            }
        }
    }

    /// Whether any of the newest values has such a share of all.
    fn answer(&mut self, bounds: &Bounds, values: &[Text]) -> bool {
        let all = self.entries.len() as u64;
        values.iter().any(|value| {
            let count = entry(&mut self.counts, value).copied().unwrap_or(0);
            let mut sum = Sum::default();
            sum.add(Number::Int(i128::from(count) * 100));
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
                size_of::<Latest>()
                    + it.text
                    + it.last.capacity() * (size_of::<(Text, i64)>() + 18)
                    + it.order.capacity() * size_of::<(i64, Text)>()
            }
            Window::Numbers(it) => {
                size_of::<Numbers>()
                    + it.entries.capacity() * size_of::<(i64, Number)>()
                    + it.sorted.capacity() * size_of::<Number>()
                    + it.sum.bytes()
            }
            Window::Texts(it) => {
                size_of::<Texts>()
                    + it.text
                    + it.counts.capacity() * (size_of::<(Text, u32)>() + 2)
                    + it.entries.capacity() * (16 + size_of::<(i64, Text)>())
            }
            Window::Members(it) | Window::Chain(it) | Window::Longest(it) => size_of_val(&**it),
        }
    }

    /// What it holds, to be saved: events with their values, or points in time.
    pub(super) fn rows(&self) -> (Vec<Row>, Vec<Option<i64>>) {
        let row = |at: i64, value: Option<String>| Row { at, values: value.into_iter().collect() };
        let rows = match self {
            Window::Times(it) => it.iter().map(|at| row(*at, None)).collect(),
            Window::Distinct(it) => {
                let fresh = it.order.iter().filter(|(at, value)| it.is_last(*at, value));
                fresh.map(|(at, value)| row(*at, Some(value.text.to_string()))).collect()
            }
            Window::Numbers(it) => {
                it.entries.iter().map(|(at, it)| row(*at, Some(it.to_string()))).collect()
            }
            Window::Texts(it) => {
                it.entries.iter().map(|(at, it)| row(*at, Some(it.text.to_string()))).collect()
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
    pub(super) fn restored(
        &self,
        plan: &Plan,
        rows: &[Row],
        marks: &[Option<i64>],
    ) -> Option<Window> {
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
                    let values: Vec<Text> =
                        row.values.iter().map(|it| Text::new(plan, it)).collect();
                    self.take(&mut res, row.at, Brought { members: 0, values: &values });
                }
            }
        }
        Some(res)
    }
}
