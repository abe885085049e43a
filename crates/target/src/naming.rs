//! Names for columns that a query writes as expressions.
//!
//! A profile may have a column that its table keeps inside of another: a member of JSON, two columns
//! joined. What is asked of one again and again makes a query that nobody can read, and that may be
//! too long. In a language that filters in steps, such a column is given a name first, by the field
//! that the rule asks; the filters that do without it come before.

use std::collections::{BTreeMap, BTreeSet};

use diagnostic::Diagnostic;
use ir::{Expr, Field, Predicate};

use crate::legal::Legal;
use crate::legalize::{self, Given, legalize};
use crate::load::Target;
use crate::manifest::Steps;
use crate::map::Mapped;
use crate::profile::Profile;

/// The whole query of a rule: its condition, or the steps that come to it.
pub fn query(
    target: &Target,
    profile: &Profile,
    mapped: &Mapped<'_>,
    legal: &Legal,
) -> Result<String, Vec<Diagnostic>> {
    let manifest = &target.manifest;
    let text = legal.render(manifest);
    let Some(steps) = &manifest.steps else { return Ok(text) };
    let given = Names { target, profile, mapped }.given(&text);
    if given.is_empty() {
        return Ok(filter(steps, &text));
    }
    let parts = match &mapped.expr {
        Expr::All(parts) => parts.clone(),
        it => vec![it.clone()],
    };
    let (named, plain): (Vec<Expr>, Vec<Expr>) =
        parts.into_iter().partition(|it| columns(it).iter().any(|it| given.contains_key(it)));
    let mut lines = Vec::new();
    let say = |parts: Vec<Expr>, lines: &mut Vec<String>| -> Result<(), Vec<Diagnostic>> {
        // What is not exact was noted when the whole was said.
        let expr = Expr::all(parts);
        let (legal, _) = legalize(&expr, target, profile, &given, &mut Vec::new())?;
        if !matches!(legal, Legal::Const(true)) {
            lines.push(filter(steps, &legal.render(manifest)));
        }
        Ok(())
    };
    say(plain, &mut lines)?;
    for (column, name) in &given {
        let spelled = legalize::spell(target, profile, column).unwrap_or_default();
        lines.push(steps.name.replace("{name}", name).replace("{column}", &spelled));
    }
    say(named, &mut lines)?;
    Ok(lines.join("\n"))
}

fn filter(steps: &Steps, condition: &str) -> String {
    format!("{}{condition}", steps.filter)
}

/// The columns that an expression asks.
fn columns(expr: &Expr) -> BTreeSet<String> {
    let mut res = BTreeSet::new();
    expr.for_each_test(&mut |test| {
        if let Field::Named(name) = &test.field {
            res.insert(name.to_string());
        }
        if let Predicate::Field(other, ..) = &test.predicate {
            res.insert(other.to_string());
        }
    });
    res
}

struct Names<'a> {
    target: &'a Target,
    profile: &'a Profile,
    mapped: &'a Mapped<'a>,
}

impl Names<'_> {
    /// The columns that get a name in a query whose condition is `text`, each with it.
    fn given(&self, text: &str) -> Given {
        let mut res = Given::new();
        let mut everywhere = false;
        self.mapped.expr.for_each_test(&mut |it| everywhere |= it.field == Field::Anywhere);
        // What is looked for in all columns would be looked for in these too.
        if everywhere {
            return res;
        }
        let asked = columns(&self.mapped.expr);
        let spelled: BTreeMap<&String, String> = asked
            .iter()
            .filter(|it| self.is_expression(it))
            .filter_map(|it| Some((it, legalize::spell(self.target, self.profile, it).ok()?)))
            .collect();
        let repeated = |it: &String| text.matches(it.as_str()).nth(1).is_some();
        if !spelled.values().any(repeated) {
            return res;
        }
        let mut taken = self.of_the_table();
        taken.extend(asked.iter().filter(|it| !spelled.contains_key(it)).cloned());
        taken.extend(spelled.values().flat_map(|it| words(it)));
        // Two names that differ in case alone are easily taken for each other.
        let mut taken: BTreeSet<String> = taken.iter().map(|it| it.to_lowercase()).collect();
        for (column, spelled) in spelled.iter().filter(|(_, spelled)| repeated(spelled)) {
            let own = column.rsplit('.').next().unwrap_or(column);
            let field = self.mapped.asked_as.get(*column).map_or(own, String::as_str);
            let mut names = [field.to_owned(), own.to_owned()].into_iter().chain(
                // Longer and longer, so one is free.
                std::iter::successors(Some(format!("{own}_")), |it| Some(format!("{it}_"))),
            );
            let Some(name) = names.find(|it| !taken.contains(&it.to_lowercase())) else { continue };
            let Ok(quoted) = self.target.quote_name(&name) else { continue };
            // A name that is longer than what it names makes nothing shorter, and nothing plainer.
            if quoted.len() < spelled.len() {
                taken.insert(name.to_lowercase());
                res.insert((*column).clone(), quoted);
            }
        }
        res
    }

    /// Whether a column is written as more than a name.
    fn is_expression(&self, column: &str) -> bool {
        let spelled = self.profile.column(column).1.and_then(|it| it.spelled.as_deref());
        spelled.is_some_and(|it| words(it).next().is_none_or(|word| word != it))
    }

    /// The names of the table's columns, as far as the profile tells, and of what is called there.
    fn of_the_table(&self) -> BTreeSet<String> {
        let mut res: BTreeSet<String> = self.profile.reserved.iter().cloned().collect();
        res.extend(self.profile.time.clone());
        for column in self.mapped.source.iter().flat_map(|it| self.profile.columns_of(it)) {
            match self.profile.column(column).1.and_then(|it| it.spelled.as_deref()) {
                Some(spelled) => res.extend(words(spelled)),
                None => drop(res.insert(column.to_owned())),
            }
        }
        res
    }
}

/// The names in an expression: its words, but for texts and for members of JSON.
fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    let word = |it: char| it.is_ascii_alphanumeric() || it == '_';
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let ch = rest.chars().next()?;
            let len = match ch {
                '\'' | '"' => literal_len(rest, ch),
                it if word(it) || it == '.' => {
                    let tail = &rest[1..];
                    1 + tail.find(|it| !word(it)).unwrap_or(tail.len())
                }
                it => it.len_utf8(),
            };
            let (this, after) = rest.split_at(len);
            rest = after;
            if word(ch) {
                return Some(this.to_owned());
            }
        }
    })
}

/// How long the text is that an expression begins with, quotes included.
fn literal_len(text: &str, quote: char) -> usize {
    let mut escaped = false;
    let end = text[1..].find(|it| {
        let ends = it == quote && !escaped;
        escaped = it == '\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |it| it + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_and_texts_are_no_names() {
        let found: Vec<String> =
            words(r"f(A.b, iff(C == 'd\'e.f', G_1, '\\'), H.{rest}.i)").collect();
        assert_eq!(found, ["f", "A", "iff", "C", "G_1", "H", "rest"]);
    }
}
