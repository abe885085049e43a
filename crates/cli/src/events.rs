//! Events on disk: NDJSON, plain or compressed.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use serde_json::Value;

/// The longest line that is read, in bytes.
const MOST: u64 = 16 * 1024 * 1024;

/// Calls `visit` with every event of a file and the number of its line; blank lines are none.
pub fn each(path: &Path, visit: &mut dyn FnMut(usize, &Value)) -> Result<(), String> {
    let shown = path.display();
    let fail = |err: &dyn std::fmt::Display| format!("can't read `{shown}`: {err}");
    let file = BufReader::new(File::open(path).map_err(|err| fail(&err))?);
    let reader: Box<dyn Read> = match path.extension().and_then(|it| it.to_str()) {
        Some("gz") => Box::new(flate2::read::MultiGzDecoder::new(file)),
        Some("zst") => {
            Box::new(ruzstd::decoding::StreamingDecoder::new(file).map_err(|err| fail(&err))?)
        }
        _ => Box::new(file),
    };
    let mut reader = BufReader::new(reader);
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read =
            (&mut reader).take(MOST).read_until(b'\n', &mut line).map_err(|err| fail(&err))?;
        if read == 0 {
            break;
        }
        if read as u64 == MOST {
            return Err(format!("{shown}:{number}: an event of more than {MOST} bytes"));
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let event = serde_json::from_slice(&line)
            .map_err(|err| format!("{shown}:{number}:{}: not a JSON event: {err}", err.column()))?;
        visit(number, &event);
    }
    Ok(())
}
