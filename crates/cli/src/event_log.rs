//! Records of Windows event logs as flat events.

use serde_json::{Map, Value};

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
