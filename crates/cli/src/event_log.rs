//! Records of Windows event logs as flat events.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use evtx::err::EvtxError;
use evtx::{EvtxChunkData, EvtxParser, IntoIterChunks, ParserSettings};
use serde_json::{Map, Value};

/// A file that is read in pieces of 64 KiB.
pub struct EventLog {
    pieces: IntoIterChunks<File>,
    settings: Arc<ParserSettings>,
}

impl EventLog {
    pub fn open(path: &Path) -> Result<EventLog, EvtxError> {
        let settings = ParserSettings::default().separate_json_attributes(false);
        let parser = EvtxParser::from_path(path)?.with_configuration(settings.clone());
        Ok(EventLog { pieces: parser.into_chunks(), settings: Arc::new(settings) })
    }

    pub fn next(&mut self) -> Option<Packed> {
        Some(Packed { piece: self.pieces.next()?, settings: self.settings.clone() })
    }
}

/// Some records.
pub struct Packed {
    piece: Result<EvtxChunkData, EvtxError>,
    settings: Arc<ParserSettings>,
}

impl std::fmt::Debug for Packed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Packed").finish_non_exhaustive()
    }
}

impl Packed {
    /// Writes each record as a line of flat JSON. One that is damaged becomes a line that is no JSON,
    /// so that it is reported like one.
    pub fn write(self, to: &mut impl Write) -> std::io::Result<()> {
        let mut piece = match self.piece {
            Ok(it) => it,
            Err(err) => return damaged(to, err),
        };
        let mut piece = match piece.parse(self.settings) {
            Ok(it) => it,
            Err(err) => return damaged(to, err),
        };
        for record in piece.iter() {
            let recovered = record.as_ref().is_ok_and(|it| it.recovered);
            match record.and_then(|it| it.into_json_value()) {
                Ok(it) => {
                    serde_json::to_writer(&mut *to, &flat(&it.data))?;
                    to.write_all(b"\n")?;
                }
                // What was found in the rest of older records may be no record.
                Err(_) if recovered => {}
                Err(err) => damaged(to, err)?,
            }
        }
        Ok(())
    }
}

fn damaged(to: &mut impl Write, err: impl std::fmt::Display) -> std::io::Result<()> {
    writeln!(to, "{}", err.to_string().replace('\n', " "))
}

/// A record with the names that rules use: those of `System` as `Provider_Name`, `EventID` and
/// so on, and the data by their own names, without blanks.
pub fn flat(record: &Value) -> Value {
    let mut res = Map::new();
    let event = record.get("Event").unwrap_or(record);
    if let Some(Value::Object(system)) = event.get("System") {
        for (name, value) in system {
            add_system(name, value, &mut res);
        }
    }
    for part in ["EventData", "UserData"] {
        if let Some(data) = event.get(part) {
            add_data(part, data, &mut res);
        }
    }
    Value::Object(res)
}

fn add_system(name: &str, value: &Value, res: &mut Map<String, Value>) {
    let Value::Object(inner) = value else {
        if !value.is_null() {
            res.insert(name.to_owned(), value.clone());
        }
        return;
    };
    if let Some(text) = inner.get("#text") {
        res.insert(name.to_owned(), text.clone());
    }
    let Some(Value::Object(attributes)) = inner.get("#attributes") else { return };
    for (attribute, value) in attributes {
        // The time has a name of its own in every tool.
        let name = match (name, attribute.as_str()) {
            ("TimeCreated", "SystemTime") => "SystemTime".to_owned(),
            (name, attribute) => format!("{name}_{attribute}"),
        };
        if !value.is_null() {
            res.insert(name, value.clone());
        }
    }
}

fn add_data(part: &str, data: &Value, res: &mut Map<String, Value>) {
    let Value::Object(fields) = data else { return };
    for (name, value) in fields {
        if name == "#attributes" {
            if let Value::Object(attributes) = value {
                for (attribute, value) in attributes {
                    res.insert(format!("{part}_{attribute}"), value.clone());
                }
            }
            continue;
        }
        match value {
            // A template of `UserData`, or data without names.
            Value::Object(inner) => match inner.get("#text") {
                Some(text) => insert(name, text, res),
                None => add_data(name, value, res),
            },
            Value::Null => {}
            it => insert(name, it, res),
        }
    }
}

fn insert(name: &str, value: &Value, res: &mut Map<String, Value>) {
    let name: String = name.chars().filter(|it| !it.is_whitespace()).collect();
    // What the system says of an event is not overwritten by data of the same name.
    res.entry(name).or_insert_with(|| value.clone());
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_record_is_flattened() {
        let record = json!({"Event": {
            "#attributes": {"xmlns": "x"},
            "System": {
                "Provider": {"#attributes": {"Name": "P", "Guid": "G"}},
                "EventID": {"#attributes": {"Qualifiers": 0}, "#text": 7045},
                "TimeCreated": {"#attributes": {"SystemTime": "2024-01-01T00:00:00Z"}},
                "Execution": {"#attributes": {"ProcessID": 4, "ThreadID": 8}},
                "Channel": "System",
                "Correlation": null,
            },
            "EventData": {"#attributes": {"Name": "N"}, "Threat Name": "T", "Channel": "other"},
        }});
        assert_eq!(
            flat(&record),
            json!({
                "Provider_Name": "P", "Provider_Guid": "G", "EventID_Qualifiers": 0,
                "EventID": 7045, "SystemTime": "2024-01-01T00:00:00Z", "Execution_ProcessID": 4,
                "Execution_ThreadID": 8, "Channel": "System", "EventData_Name": "N",
                "ThreatName": "T",
            })
        );
        let user = json!({"Event": {"UserData": {"Change": {"#attributes": {"n": 1}, "Op": "x"}}}});
        assert_eq!(flat(&user), json!({"Change_n": 1, "Op": "x"}));
    }
}
