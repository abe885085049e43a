//! Values out of a text: lines, CSV, JSON or YAML.

use serde_json::Value as Json;

use crate::model::{Form, Format};
use crate::path::Path;

/// The values that a text holds; the error is a sentence without its full stop.
pub fn values(form: &Form, text: &str) -> Result<Vec<String>, String> {
    let mut res = match &form.format {
        Format::Lines => {
            text.lines().map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned).collect()
        }
        Format::Csv { column, header } => column_of(text, column, *header)?,
        Format::Json(path) => {
            let value =
                serde_json::from_str(text).map_err(|err| format!("this is no JSON: {err}"))?;
            picked(path, &value)?
        }
        Format::Yaml(path) => {
            let value = yaml(text)?;
            picked(path, &value)?
        }
    };
    if let Some(filter) = &form.filter {
        res.retain(|it| filter.is_match(it));
    }
    Ok(res)
}

/// YAML as JSON. Read by the reader of rules, which limits what aliases and nesting may do.
fn yaml(text: &str) -> Result<Json, String> {
    let mut problems = Vec::new();
    let node = syntax::read_document(text, source::FileId::FIRST, 0..text.len(), &mut problems);
    match (problems.first(), node) {
        (Some(it), _) => Err(format!("this is no YAML: {}", it.message)),
        (None, Some(it)) => Ok(it.to_json()),
        (None, None) => Ok(Json::Null),
    }
}

fn picked(path: &Path, value: &Json) -> Result<Vec<String>, String> {
    let mut res = Vec::new();
    for it in path.find(value)? {
        match it {
            Json::Null => {}
            Json::String(it) => res.push(it),
            Json::Number(it) => res.push(it.to_string()),
            Json::Bool(it) => res.push(if it { "True" } else { "False" }.to_owned()),
            Json::Array(_) => {
                return Err("the expression finds a list; end it with `[]`".to_owned());
            }
            Json::Object(_) => {
                return Err("the expression finds an object; name what is wanted of it".to_owned());
            }
        }
    }
    Ok(res)
}

fn column_of(
    text: &str,
    column: &Result<String, usize>,
    header: bool,
) -> Result<Vec<String>, String> {
    let mut rows = rows(text).into_iter();
    let first = if header { rows.next() } else { None };
    let at = match column {
        Err(at) => *at,
        Ok(name) => {
            let names = first.unwrap_or_default();
            // Without any row nothing is asked of the column either.
            match names.iter().position(|it| it == name) {
                Some(at) => at,
                None if rows.len() == 0 => 0,
                None => return Err(format!("there is no column `{name}`")),
            }
        }
    };
    Ok(rows.filter_map(|mut it| (at < it.len()).then(|| it.swap_remove(at))).collect())
}

/// The rows of a CSV text: commas, quotes doubled inside of quotes, lines that quotes may join.
fn rows(text: &str) -> Vec<Vec<String>> {
    let mut res = Vec::new();
    let mut row = Vec::new();
    let mut cell = String::new();
    let mut chars = text.chars().peekable();
    let (mut quoted, mut any) = (false, false);
    while let Some(ch) = chars.next() {
        match ch {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() => (quoted, any) = (true, true),
            ',' if !quoted => {
                row.push(std::mem::take(&mut cell));
                any = true;
            }
            '\r' if !quoted && chars.peek() == Some(&'\n') => {}
            '\n' | '\r' if !quoted => {
                if any || !cell.is_empty() {
                    row.push(std::mem::take(&mut cell));
                    res.push(std::mem::take(&mut row));
                }
                any = false;
            }
            _ => cell.push(ch),
        }
    }
    if any || !cell.is_empty() {
        row.push(cell);
        res.push(row);
    }
    res
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn csv(text: &str, column: Result<&str, usize>, header: bool) -> Result<Vec<String>, String> {
        column_of(text, &column.map(str::to_owned), header)
    }

    #[test]
    fn columns_are_found() {
        let text = "name,ip\r\n\"a,b\",10.0.0.1\n\n\"c \"\"d\"\"\n\",10.0.0.2\n";
        assert_eq!(csv(text, Ok("ip"), true).unwrap(), ["10.0.0.1", "10.0.0.2"]);
        assert_eq!(csv(text, Err(0), true).unwrap(), ["a,b", "c \"d\"\n"]);
        assert_eq!(csv("x\ny", Err(0), false).unwrap(), ["x", "y"]);
        assert!(csv("x\ny", Ok("z"), true).unwrap_err().contains("no column `z`"));
        assert_eq!(csv("a,b\n1", Ok("b"), true).unwrap(), Vec::<String>::new());
    }
}
