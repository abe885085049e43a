//! Jinja templates, in a sandbox.
//!
//! Knows: what templates see, and how Jinja prints it.
//! Does not know: what the finished text is for.
//!
//! A template has so much fuel, its text may grow so long, and it reads no file but those of its own
//! folder, through [`Outside`].

use std::fmt;
use std::sync::Arc;

use diagnostic::Diagnostic;
use minijinja::value::{Object, Serde};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Value};
use serde_json::Value as Json;
use source::{Span, Spanned};

use crate::codes::TEMPLATE;
use crate::limits;
use crate::model::{Set, Template};
use crate::outside::Outside;
use crate::rule::Subject;

/// Whether a template can be read.
pub fn check(it: &Template) -> Result<(), Box<Diagnostic>> {
    let mut env = environment(it);
    env.add_template_owned("template", it.text.clone()).map_err(|err| failed(it.span, &err))
}

/// The template, filled.
pub fn render(
    it: &Template,
    context: Value,
    outside: &dyn Outside,
) -> Result<String, Box<Diagnostic>> {
    let mut env = environment(it);
    let mut out = Limited(Vec::new());
    let name = match &it.folder {
        None => {
            env.add_template_owned("template", it.text.clone())
                .map_err(|err| failed(it.span, &err))?;
            "template"
        }
        Some(folder) => {
            load(&mut env, it, folder, outside).map_err(|err| failed(it.span, &err))?;
            it.text.as_str()
        }
    };
    let template = env.get_template(name).map_err(|err| failed(it.span, &err))?;
    template.render_captured_to(context, &mut out).map_err(|err| failed(it.span, &err))?;
    Ok(String::from_utf8_lossy(&out.0).into_owned())
}

/// Reads the template and those that it names into the environment: all are read before it runs.
fn load(
    env: &mut Environment<'_>,
    it: &Template,
    folder: &str,
    outside: &dyn Outside,
) -> Result<(), Error> {
    const MOST: usize = 100;
    let mut wanted = vec![it.text.clone()];
    let mut known = Vec::new();
    while let Some(name) = wanted.pop() {
        if known.contains(&name) {
            continue;
        }
        if known.len() == MOST {
            let message = format!("more than {MOST} templates belong to it");
            return Err(Error::new(ErrorKind::InvalidOperation, message));
        }
        let path = format!("{}/{name}", folder.trim_end_matches('/'));
        let text = outside
            .file(&it.pipeline, &path, limits::OUTSIDE)
            .map_err(|message| Error::new(ErrorKind::TemplateNotFound, message))?;
        wanted.extend(named(&text));
        env.add_template_owned(name.clone(), text)?;
        known.push(name);
    }
    Ok(())
}

/// The templates that a text includes, extends or imports by a plain name.
fn named(text: &str) -> Vec<String> {
    let words = ["include", "extends", "import", "from"];
    let mut res = Vec::new();
    for tag in text.split("{%").skip(1) {
        let tag = tag.split("%}").next().unwrap_or_default();
        let tag = tag.trim_start_matches(['-', '+']).trim_start();
        let Some(word) = words.iter().find(|it| tag.starts_with(**it)) else { continue };
        let rest = tag[word.len()..].trim_start();
        let Some(quote) = rest.chars().next().filter(|it| matches!(it, '"' | '\'')) else {
            continue;
        };
        res.extend(rest[1..].split_once(quote).map(|it| it.0.to_owned()));
    }
    res
}

fn environment(it: &Template) -> Environment<'static> {
    let mut env = Environment::new();
    let escape = if it.escape_html { AutoEscape::Html } else { AutoEscape::None };
    env.set_auto_escape_callback(move |_| escape.clone());
    env.set_fuel(Some(limits::FUEL));
    env.set_recursion_limit(64);
    env.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    env.set_formatter(|out, state, value| {
        let word = match value.kind() {
            minijinja::value::ValueKind::None => "None",
            minijinja::value::ValueKind::Bool if value.is_true() => "True",
            minijinja::value::ValueKind::Bool => "False",
            _ => return minijinja::escape_formatter(out, state, value),
        };
        Ok(out.write_str(word)?)
    });
    env
}

/// Bytes up to the limit of a finished text.
struct Limited(Vec<u8>);

impl std::io::Write for Limited {
    fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + buf.len() > limits::OUTPUT {
            let message = format!("the text becomes longer than {} bytes", limits::OUTPUT);
            return Err(std::io::Error::other(message));
        }
        self.0.extend_from_slice(buf);
        Ok(buf.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn failed(span: Span, err: &Error) -> Box<Diagnostic> {
    let mut message = err.to_string();
    let mut source = std::error::Error::source(err);
    while let Some(it) = source {
        message.push_str(&format!(": {it}"));
        source = it.source();
    }
    let line = err.line().map_or(String::new(), |it| format!(" (line {it} of it)"));
    Box::new(
        Diagnostic::error(
            &TEMPLATE,
            span,
            format!("the template can't be filled: {message}"),
            format!("this template{line}"),
        )
        .with_help("a template has the filters and tests of Jinja, limited work, and sees `query`, `rule` and `pipeline`"),
    )
}

/// A word that also has the parts that the reference implementation's own type has.
#[derive(Debug)]
struct Word {
    text: String,
    parts: Vec<(&'static str, Value)>,
}

impl Object for Word {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let key = key.as_str()?;
        self.parts.iter().find(|it| it.0 == key).map(|it| it.1.clone())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What templates see of a rule.
fn rule(it: &Subject) -> Value {
    let meta = it.meta.clone();
    let ranked = |word: &str, rank: usize| {
        let parts =
            vec![("name", Value::from(word.to_uppercase())), ("value", Value::from(rank + 1))];
        Value::from_object(Word { text: word.to_owned(), parts })
    };
    let level = meta.level.and_then(|it| {
        let rank = ir::Level::ALL.iter().position(|other| *other == it)?;
        Some(ranked(it.word(), rank))
    });
    let status = meta.status.and_then(|it| {
        let rank = ir::Status::ALL.iter().position(|other| *other == it)?;
        Some(ranked(it.word(), rank))
    });
    let tags: Vec<Value> = meta
        .tags
        .iter()
        .map(|tag| {
            let (space, name) = tag.split_once('.').unwrap_or(("", tag));
            let parts = vec![("namespace", Value::from(space)), ("name", Value::from(name))];
            Value::from_object(Word { text: tag.clone(), parts })
        })
        .collect();
    let source = &it.logsource;
    let logsource = minijinja::context! {
        category => source.category.as_deref(),
        product => source.product.as_deref(),
        service => source.service.as_deref(),
    };
    minijinja::context! {
        title => meta.title,
        id => meta.id,
        name => meta.name,
        taxonomy => meta.taxonomy.unwrap_or("sigma".to_owned()),
        status => status,
        description => meta.description,
        license => meta.license,
        author => meta.author,
        references => meta.references,
        date => meta.date,
        modified => meta.modified,
        fields => meta.fields,
        falsepositives => meta.falsepositives,
        level => level,
        tags => tags,
        logsource => logsource,
        custom_attributes => Value::from(Serde(&it.custom)),
    }
}

/// What templates see of the pipelines; without a rule there is no state.
fn pipeline(set: &Set, subject: Option<&Subject>) -> Value {
    let vars: serde_json::Map<String, Json> =
        set.vars.iter().map(|(key, Spanned { value, .. })| (key.clone(), value.clone())).collect();
    let state = subject.map(|it| &it.state);
    let applied: Vec<String> =
        subject.into_iter().flat_map(|it| &it.steps).map(|it| it.to_string()).collect();
    minijinja::context! {
        vars => Value::from(Serde(&vars)),
        state => Value::from(Serde(state.cloned().unwrap_or_default())),
        applied_ids => applied,
        name => match set.pipelines.as_slice() {
            [one] => one.name.clone(),
            _ => None,
        },
    }
}

/// What a template of postprocessing sees.
pub fn of_query(query: &str, subject: &Subject, set: &Set) -> Value {
    minijinja::context! {
        query => query,
        rule => rule(subject),
        pipeline => pipeline(set, Some(subject)),
    }
}

/// What a template of a finalizer sees: the state is that of the last rule, as there.
pub fn of_queries(queries: Value, subject: Option<&Subject>, set: &Set) -> Value {
    minijinja::context! { queries => queries, pipeline => pipeline(set, subject) }
}
