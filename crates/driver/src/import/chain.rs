//! Queries whose matches stand one after the other, as a correlation and its rules.

use ::import::{About, Body, Chain, NOT_IMPORTED, Relation};
use diagnostic::Diagnostic;
use ir::{BoundOp, Bounds, Correlation, Number, Question};
use source::Span;

use super::{Placed, Way, loaded, slug, wrong};

impl Way<'_> {
    /// A correlation, and a rule for each query that it relates.
    pub(super) fn chain(
        &self,
        chain: &Chain,
        about: &About,
        span: Span,
    ) -> Result<String, Box<Diagnostic>> {
        let title = about.title.clone().unwrap_or_default();
        let name = slug(&title);
        let (mut rules, mut keys, mut placed) = (Vec::new(), Vec::new(), Vec::new());
        let mut texts = Vec::new();
        for (nth, link) in (1..).zip(&chain.links) {
            let it = self.placed(&link.query, about, link.span)?;
            let part = About { title: Some(format!("{title}, event {nth}")), ..About::default() };
            rules.push(format!("{name}_{nth}"));
            keys.push(self.keys(&link.keys, &it, link.span)?);
            let body = Body::Rule(&it.expr, &it.logsource);
            texts.push(self.written(&part, rules.last().map(String::as_str), body, link.span)?);
            placed.push(it);
        }
        let relation =
            Relation { rules: &rules, keys: &keys, runs: chain.runs, seconds: chain.seconds };
        let first = self.written(about, None, Body::Relation(relation), span)?;
        texts.insert(0, first);
        let text = texts.join("---\n");
        let loaded = loaded(&text);
        let [correlation] = loaded.correlations.as_slice() else {
            return Err(wrong(span, "it is not one correlation"));
        };
        if loaded.rules.len() != placed.len() {
            return Err(wrong(span, "a rule of it is missing"));
        }
        for ((rule, it), link) in loaded.rules.iter().zip(&placed).zip(&chain.links) {
            self.confirm(rule, &loaded, it, &link.query, link.span)?;
        }
        match &correlation.correlation {
            Some(it) if is(it, chain, &keys) => Ok(text),
            _ => {
                let all = correlation.problems.iter().chain(&loaded.problems);
                let why = all.map(|it| it.message.as_str()).next();
                Err(wrong(span, why.unwrap_or("it asks something else")))
            }
        }
    }

    /// The keys of a query in the words of its rule.
    fn keys(
        &self,
        keys: &[String],
        placed: &Placed<'_>,
        span: Span,
    ) -> Result<Vec<String>, Box<Diagnostic>> {
        let name = |key: &String| match (self.profile, placed.source) {
            (Some(profile), Some(source)) => profile.field_of(source, key).ok_or_else(|| {
                let message = format!("no field of the profile is `{key}` and nothing else");
                let label = "its events are joined by this";
                Box::new(Diagnostic::error(&NOT_IMPORTED, span, message, label))
            }),
            _ => Ok(key.clone()),
        };
        keys.iter().map(name).collect()
    }
}

/// Whether a correlation that was read says what the chain says. Its members are in the order of the list.
fn is(it: &Correlation, chain: &Chain, keys: &[Vec<String>]) -> bool {
    let least = |count: i128| Bounds(vec![(BoundOp::Gte, Number::Int(count))]);
    let wanted = match chain.runs {
        Some(runs) => Question::Events(least(runs.into())),
        None => Question::Ordered(least(chain.links.len() as i128)),
    };
    let fields = it.members.iter().zip(keys).all(|(member, keys)| {
        member.fields.iter().map(|it| &**it).eq(keys.iter().map(String::as_str))
    });
    it.question == wanted
        && fields
        && it.members.len() == keys.len()
        && it.seconds.value == chain.seconds
}
