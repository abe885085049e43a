//! Paths into JSON, in the words of jq: the part of its language that picks values.
//!
//! Knows: names, places, iteration, `?`, `|`, `,` and `select` with a comparison.
//! Does not know: the rest of jq, which computes; such an expression is refused when it is read.

use serde_json::Value as Json;

/// The most values that a path may find.
const MOST: usize = 100_000;
/// The deepest nesting of `select` and parentheses.
const DEPTH: usize = 32;

/// A path.
#[derive(Debug, Clone, PartialEq)]
pub struct Path(Vec<Vec<Piece>>);

#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Name(String, bool),
    At(i64, bool),
    All(bool),
    Select(Path, Option<(bool, Json)>),
    Then(Path),
}

impl Path {
    /// Reads a path; the error is a sentence without its full stop.
    pub fn parse(text: &str) -> Result<Path, String> {
        let mut parser = Parser { text, at: 0, depth: 0 };
        let res = parser.path()?;
        parser.blank();
        match parser.rest().is_empty() {
            true => Ok(res),
            false => Err(format!("`{}` is not known", parser.rest())),
        }
    }

    /// What it picks out of a value; the error is a sentence without its full stop.
    pub fn find(&self, value: &Json) -> Result<Vec<Json>, String> {
        let mut res = Vec::new();
        for branch in &self.0 {
            let mut found = vec![value.clone()];
            for piece in branch {
                let mut next = Vec::new();
                for it in &found {
                    piece.find(it, &mut next)?;
                    if next.len() > MOST {
                        return Err(format!("the expression finds more than {MOST} values"));
                    }
                }
                found = next;
            }
            res.extend(found);
        }
        Ok(res)
    }
}

impl Piece {
    fn find(&self, value: &Json, res: &mut Vec<Json>) -> Result<(), String> {
        let kind = match value {
            Json::Null => "null",
            Json::Bool(_) => "a boolean",
            Json::Number(_) => "a number",
            Json::String(_) => "text",
            Json::Array(_) => "a list",
            Json::Object(_) => "an object",
        };
        let (what, lenient) = match self {
            Piece::Name(name, lenient) => match value {
                Json::Object(it) => {
                    res.push(it.get(name).cloned().unwrap_or_default());
                    return Ok(());
                }
                Json::Null => {
                    res.push(Json::Null);
                    return Ok(());
                }
                _ => (format!("`.{name}`"), lenient),
            },
            Piece::At(at, lenient) => match value {
                Json::Array(it) => {
                    let len = i64::try_from(it.len()).unwrap_or(i64::MAX);
                    let at = if *at < 0 { len + at } else { *at };
                    let found = usize::try_from(at).ok().and_then(|at| it.get(at));
                    res.push(found.cloned().unwrap_or_default());
                    return Ok(());
                }
                Json::Null => {
                    res.push(Json::Null);
                    return Ok(());
                }
                _ => (format!("`[{at}]`"), lenient),
            },
            Piece::All(lenient) => match value {
                Json::Array(it) => {
                    res.extend(it.iter().cloned());
                    return Ok(());
                }
                Json::Object(it) => {
                    res.extend(it.values().cloned());
                    return Ok(());
                }
                _ => ("`[]`".to_owned(), lenient),
            },
            Piece::Select(path, test) => {
                for it in path.find(value)? {
                    let holds = match test {
                        Some((equal, wanted)) => (it == *wanted) == *equal,
                        None => !matches!(it, Json::Null | Json::Bool(false)),
                    };
                    if holds {
                        res.push(value.clone());
                    }
                }
                return Ok(());
            }
            Piece::Then(path) => return path.find(value).map(|it| res.extend(it)),
        };
        if *lenient { Ok(()) } else { Err(format!("{what} is asked of {kind}")) }
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn blank(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn take(&mut self, word: &str) -> bool {
        self.blank();
        let found = self.rest().starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    /// `a | b, c`: pipes bind the loosest.
    fn path(&mut self) -> Result<Path, String> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err("the expression is nested too deep".to_owned());
        }
        let mut stages = vec![self.branches()?];
        while self.take("|") {
            stages.push(self.branches()?);
        }
        self.depth -= 1;
        Ok(match stages.len() {
            1 => stages.remove(0),
            _ => Path(vec![stages.into_iter().map(Piece::Then).collect()]),
        })
    }

    fn branches(&mut self) -> Result<Path, String> {
        let mut res = vec![self.branch()?];
        while self.take(",") {
            res.push(self.branch()?);
        }
        Ok(Path(res))
    }

    fn branch(&mut self) -> Result<Vec<Piece>, String> {
        self.blank();
        if self.take("(") {
            let inner = self.path()?;
            self.close(")")?;
            return Ok(vec![Piece::Then(inner)]);
        }
        if self.rest().starts_with("select") {
            self.at += "select".len();
            self.close("(")?;
            let path = self.path()?;
            let equal = if self.take("==") {
                Some(true)
            } else if self.take("!=") {
                Some(false)
            } else {
                None
            };
            let test = match equal {
                Some(equal) => Some((equal, self.literal()?)),
                None => None,
            };
            self.close(")")?;
            return Ok(vec![Piece::Select(path, test)]);
        }
        if !self.rest().starts_with('.') {
            return Err(match self.rest() {
                "" => "it ends too early".to_owned(),
                rest => format!("`{rest}` is not known"),
            });
        }
        let mut res = Vec::new();
        loop {
            let dot = self.rest().starts_with('.');
            if dot {
                self.at += 1;
            }
            let rest = self.rest();
            if rest.starts_with('[') {
                self.at += 1;
                let piece = self.bracket()?;
                res.push(piece);
            } else if dot && rest.starts_with('"') {
                let name = self.quoted()?;
                res.push(Piece::Name(name, self.lenient()));
            } else if dot {
                let plain = |ch: char| !(ch.is_alphanumeric() || ch == '_');
                let name = &rest[..rest.find(plain).unwrap_or(rest.len())];
                self.at += name.len();
                match (name.is_empty(), res.is_empty()) {
                    (true, true) => return Ok(res),
                    (true, false) => return Err("a name is missing after `.`".to_owned()),
                    _ => {}
                }
                let lenient = self.lenient();
                res.push(Piece::Name(name.to_owned(), lenient));
            } else {
                return Ok(res);
            }
        }
    }

    fn lenient(&mut self) -> bool {
        let found = self.rest().starts_with('?');
        self.at += usize::from(found);
        found
    }

    /// What stands after `[`.
    fn bracket(&mut self) -> Result<Piece, String> {
        self.blank();
        if self.take("]") {
            return Ok(Piece::All(self.lenient()));
        }
        if self.rest().starts_with('"') {
            let name = self.quoted()?;
            self.close("]")?;
            return Ok(Piece::Name(name, self.lenient()));
        }
        let rest = self.rest();
        let number = &rest[..rest.find(']').unwrap_or(rest.len())];
        let at = number.trim().parse().map_err(|_| format!("`[{number}]` is not known"))?;
        self.at += number.len();
        self.close("]")?;
        Ok(Piece::At(at, self.lenient()))
    }

    fn close(&mut self, word: &str) -> Result<(), String> {
        if self.take(word) { Ok(()) } else { Err(format!("a `{word}` is missing")) }
    }

    fn literal(&mut self) -> Result<Json, String> {
        self.blank();
        let mut stream = serde_json::Deserializer::from_str(self.rest()).into_iter::<Json>();
        match stream.next() {
            Some(Ok(it)) => {
                self.at += stream.byte_offset();
                Ok(it)
            }
            _ => Err(format!("`{}` is no value", self.rest())),
        }
    }

    fn quoted(&mut self) -> Result<String, String> {
        match self.literal()? {
            Json::String(it) => Ok(it),
            it => Err(format!("`{it}` is no name")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// What the reference implementation's own engine, jq, gives for each.
    #[test]
    fn paths_find_what_jq_finds() {
        let value = json!({"items": [{"n": "a", "on": true, "x y": [1]}, {"n": "b", "on": false}], "k": {"a": 1, "b": 2}});
        for (text, wanted) in [
            (".", json!([value])),
            (".items[].n", json!(["a", "b"])),
            (".items[0].n, .k.a", json!(["a", 1])),
            (".items | .[-1] | .n", json!(["b"])),
            (".items[0][\"x y\"][]", json!([1])),
            (".items[0].\"x y\"[0]", json!([1])),
            (".k[]", json!([1, 2])),
            (".none.n", json!([null])),
            (".items[] | select(.on) | .n", json!(["a"])),
            (".items[] | select(.n == \"b\") | .n", json!(["b"])),
            (".items[] | select(.n != \"b\").n", json!(["a"])),
            ("(.k, .none) | .a", json!([1, null])),
            (".k.a[]?", json!([])),
        ] {
            let path = Path::parse(text);
            // `select(..).n` needs a pipe here.
            let Ok(path) = path else {
                assert!(text.contains(").n"), "{text}: {path:?}");
                continue;
            };
            assert_eq!(Json::from(path.find(&value).unwrap()), wanted, "{text}");
        }
        assert!(Path::parse(".k.a[]").unwrap().find(&value).unwrap_err().contains("a number"));
    }

    #[test]
    fn the_rest_of_jq_is_refused() {
        for text in ["", "map(.a)", ".a | length", ".a..b", ".[1:2]", ".a]", "def f: f; f", ".a +"]
        {
            assert!(Path::parse(text).is_err(), "{text}");
        }
        assert!(Path::parse(&"(".repeat(1000)).is_err());
    }
}
