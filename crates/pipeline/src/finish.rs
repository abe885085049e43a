//! What follows the query: postprocessing of each, and finalizers for all.

use diagnostic::Diagnostic;
use minijinja::Value;
use minijinja::value::Serde;
use serde_json::Value as Json;
use source::Span;

use crate::apply::{Done, Runner};
use crate::codes::{BAD_VALUE, TEMPLATE};
use crate::condition;
use crate::limits;
use crate::model::{Finalizer, Post, PostAction};
use crate::rule::Subject;
use crate::template;

/// Finished queries on their way through finalizers.
#[derive(Debug, Clone, PartialEq)]
pub enum Queries {
    /// Each for itself.
    Many(Vec<String>),
    /// As one text.
    One(String),
}

impl Runner<'_> {
    /// Applies the steps under `postprocessing` to a finished query.
    ///
    /// # Errors
    ///
    /// A diagnostic at the step that can't be carried out.
    pub fn postprocess(
        &self,
        subject: &mut Subject,
        query: String,
    ) -> Result<String, Box<Diagnostic>> {
        let mut query = query;
        for pipeline in &self.set.pipelines {
            query = self.posts(&pipeline.post, subject, query)?;
        }
        Ok(query)
    }

    fn posts(&self, posts: &[Post], subject: &mut Subject, query: String) -> Done<String> {
        let mut query = query;
        for post in posts {
            if !condition::rule(&post.rule, subject)? {
                continue;
            }
            subject.steps.insert(post.id.clone());
            query = self.post(post, subject, query)?;
            if query.len() > limits::OUTPUT {
                let what = "the query becomes too long";
                return Err(Box::new(limits::passed(post.kind.span, what, limits::OUTPUT)));
            }
        }
        Ok(query)
    }

    fn post(&self, post: &Post, subject: &mut Subject, query: String) -> Done<String> {
        match &post.action {
            PostAction::Embed { prefix, suffix } => Ok(format!("{prefix}{query}{suffix}")),
            PostAction::Simple(it) => {
                let context = template::of_query(&query, subject, self.set);
                it.fill(&context).map_err(|message| failed(post.kind.span, &message))
            }
            PostAction::Template(it) => {
                let context = template::of_query(&query, subject, self.set);
                template::render(it, context, self.outside)
            }
            PostAction::Json(it) => Ok(python_json(&embedded(it, &query), None, 0)),
            PostAction::Replace(pattern, replacement) => {
                replacement.replace(pattern, &query, limits::OUTPUT).ok_or_else(|| {
                    let what = "the query becomes too long";
                    Box::new(limits::passed(post.kind.span, what, limits::OUTPUT))
                })
            }
            PostAction::Nest(posts) => self.posts(posts, subject, query),
        }
    }

    /// Applies the finalizers to all queries; `last` is the last rule.
    ///
    /// # Errors
    ///
    /// A diagnostic at the finalizer that can't be carried out.
    pub fn finalize(
        &self,
        queries: Vec<String>,
        last: Option<&Subject>,
    ) -> Result<Queries, Box<Diagnostic>> {
        let mut queries = Queries::Many(queries);
        for it in self.set.pipelines.iter().flat_map(|it| &it.finalizers) {
            queries = self.finalizer(it, queries, last)?;
        }
        Ok(queries)
    }

    fn finalizer(&self, it: &Finalizer, queries: Queries, last: Option<&Subject>) -> Done<Queries> {
        let json = |it: &Queries| match it {
            Queries::Many(it) => Json::from(it.clone()),
            Queries::One(it) => Json::from(it.clone()),
        };
        Ok(Queries::One(match (it, &queries) {
            (Finalizer::Concat { separator, prefix, suffix, .. }, Queries::Many(it)) => {
                format!("{prefix}{}{suffix}", it.join(separator))
            }
            (Finalizer::Concat { span, .. }, Queries::One(_)) => {
                let message = "there are no queries left to join";
                let label = "a finalizer before it has made one text of them";
                return Err(Box::new(
                    Diagnostic::error(&BAD_VALUE, *span, message, label)
                        .with_help("put `concat` first, or leave one of the two out"),
                ));
            }
            (Finalizer::Json { indent }, it) => python_json(&json(it), *indent, 0),
            (Finalizer::Yaml, it) => serde_yaml::to_string(&json(it)).unwrap_or_default(),
            (Finalizer::Template(template), it) => {
                let context = template::of_queries(Value::from(Serde(json(it))), last, self.set);
                template::render(template, context, self.outside)?
            }
            (Finalizer::Nested(parts), _) => {
                let mut queries = queries.clone();
                for it in parts {
                    queries = self.finalizer(it, queries, last)?;
                }
                return Ok(queries);
            }
        }))
    }
}

fn failed(span: Span, message: &str) -> Box<Diagnostic> {
    let message = format!("the template can't be filled: {message}");
    Box::new(
        Diagnostic::error(&TEMPLATE, span, message, "this template")
            .with_help("it sees `query`, `rule` and `pipeline`"),
    )
}

/// The value with the query in place of each text `%QUERY%`.
fn embedded(it: &Json, query: &str) -> Json {
    match it {
        Json::String(it) if it == "%QUERY%" => Json::String(query.to_owned()),
        Json::Array(items) => items.iter().map(|it| embedded(it, query)).collect(),
        Json::Object(pairs) => {
            Json::Object(pairs.iter().map(|(key, it)| (key.clone(), embedded(it, query))).collect())
        }
        it => it.clone(),
    }
}

/// JSON as Python writes it: blanks after commas and colons, nothing beyond ASCII.
fn python_json(it: &Json, indent: Option<usize>, depth: usize) -> String {
    let line = |depth: usize| match indent {
        Some(indent) => format!("\n{}", " ".repeat(indent * depth)),
        None => String::new(),
    };
    let join = |parts: Vec<String>, open: char, close: char| {
        if parts.is_empty() {
            return format!("{open}{close}");
        }
        let between =
            if indent.is_some() { format!(",{}", line(depth + 1)) } else { ", ".to_owned() };
        format!("{open}{}{}{}{close}", line(depth + 1), parts.join(&between), line(depth))
    };
    match it {
        Json::Array(items) => {
            join(items.iter().map(|it| python_json(it, indent, depth + 1)).collect(), '[', ']')
        }
        Json::Object(pairs) => {
            let pair = |(key, it): (&String, &Json)| {
                format!("{}: {}", ascii(key), python_json(it, indent, depth + 1))
            };
            join(pairs.iter().map(pair).collect(), '{', '}')
        }
        Json::String(it) => ascii(it),
        it => it.to_string(),
    }
}

fn ascii(text: &str) -> String {
    let mut res = String::new();
    for ch in Json::from(text).to_string().chars() {
        if ch.is_ascii() {
            res.push(ch);
        } else {
            let mut units = [0; 2];
            for unit in ch.encode_utf16(&mut units) {
                res.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    res
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_is_written_as_python_writes_it() {
        let value = json!({"a": ["ä\u{1f600}", 1, null], "b": {}, "c": []});
        assert_eq!(
            python_json(&value, None, 0),
            r#"{"a": ["\u00e4\ud83d\ude00", 1, null], "b": {}, "c": []}"#
        );
        assert_eq!(python_json(&json!(["x", "y"]), Some(2), 0), "[\n  \"x\",\n  \"y\"\n]");
    }
}
