//! Files, servers and programs for pipelines.
//!
//! Without `--pipeline-external` a pipeline reads files of its own folder and of the working folder,
//! and nothing else. Servers are asked by `curl`, so that no network code is in this program.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use pipeline::{HttpRequest, Outside};

/// The world outside, as far as the command line lets pipelines have it.
#[derive(Debug)]
pub struct Disk {
    external: bool,
}

impl Disk {
    /// With `external`, everything is allowed.
    pub fn new(external: bool) -> Disk {
        Disk { external }
    }

    fn allowed(&self, what: &str) -> Result<(), String> {
        match self.external {
            true => Ok(()),
            false => Err(format!("{what} only with `--pipeline-external`")),
        }
    }
}

impl Outside for Disk {
    fn file(&self, pipeline: &str, path: &str, most: usize) -> Result<String, String> {
        let own = Path::new(pipeline).parent().unwrap_or(Path::new(""));
        let own = if own.as_os_str().is_empty() { Path::new(".") } else { own };
        let folders = [own, Path::new(".")];
        let found = folders.iter().find_map(|it| it.join(path).canonicalize().ok());
        let found = found.ok_or_else(|| {
            format!("there is no file `{path}` beside the pipeline or in the working folder")
        })?;
        let inside = |it: &&Path| it.canonicalize().is_ok_and(|it| found.starts_with(it));
        if !folders.iter().any(inside) {
            self.allowed(&format!("`{path}` lies outside of the pipeline's folder: it is read"))?;
        }
        read(&found, most)
    }

    fn http(&self, request: &HttpRequest) -> Result<String, String> {
        self.allowed("servers are asked")?;
        let words = request.headers.iter().flat_map(|(a, b)| [a, b]).chain([&request.method]);
        if words.into_iter().any(|it| it.contains(['\n', '\r']) || it.starts_with(['@', '-'])) {
            return Err("a header or the method can't be sent".to_owned());
        }
        let mut url = request.url.clone();
        let query = form(&request.params);
        if !query.is_empty() {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(&query);
        }
        let seconds = request.timeout.as_secs().to_string();
        let most = request.most.to_string();
        let mut command = Command::new("curl");
        // `--disable` first: no file of the user's changes what is asked.
        command.args(["--disable", "--silent", "--show-error", "--fail", "--globoff"]);
        command.args(["--location", "--max-redirs", "5"]);
        command.args(["--proto", "=http,https", "--proto-redir", "=http,https"]);
        command.args(["--max-time", &seconds, "--max-filesize", &most]);
        command.args(["--request", &request.method]);
        for (name, value) in &request.headers {
            command.args(["--header", &format!("{name}: {value}")]);
        }
        let body = match &request.json {
            Some(it) => {
                command.args(["--header", "Content-Type: application/json"]);
                Some(it.to_string())
            }
            None => Some(form(&request.form)).filter(|it| !it.is_empty()),
        };
        if body.is_some() {
            command.args(["--data-binary", "@-"]);
        }
        command.args(["--url", &url]);
        let timeout = request.timeout + Duration::from_secs(1);
        run(command, body.unwrap_or_default(), timeout, request.most)
    }

    fn command(
        &self,
        command: &Result<String, Vec<String>>,
        timeout: Duration,
        most: usize,
    ) -> Result<String, String> {
        self.allowed("commands are run")?;
        let command = match command {
            Ok(line) => {
                let mut it = Command::new("/bin/sh");
                it.args(["-c", line]);
                it
            }
            Err(words) => {
                let (program, rest) = words.split_first().ok_or("the command is empty")?;
                let mut it = Command::new(program);
                it.args(rest);
                it
            }
        };
        run(command, String::new(), timeout, most)
    }
}

fn read(path: &PathBuf, most: usize) -> Result<String, String> {
    let fail = |err: std::io::Error| format!("can't read `{}`: {err}", path.display());
    if !std::fs::metadata(path).map_err(fail)?.is_file() {
        return Err(format!("`{}` is no file", path.display()));
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(fail)?;
    file.take(most as u64 + 1).read_to_end(&mut bytes).map_err(fail)?;
    if bytes.len() > most {
        return Err(format!("`{}` holds more than {most} bytes", path.display()));
    }
    String::from_utf8(bytes).map_err(|_| format!("`{}` is not UTF-8", path.display()))
}

/// `a=b&c=d`, with what means something there written as `%..`.
fn form(pairs: &std::collections::BTreeMap<String, String>) -> String {
    let quote = |it: &String| -> String {
        let byte = |it: u8| match it {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(it).to_string()
            }
            it => format!("%{it:02X}"),
        };
        it.bytes().map(byte).collect()
    };
    let pairs: Vec<String> =
        pairs.iter().map(|(a, b)| format!("{}={}", quote(a), quote(b))).collect();
    pairs.join("&")
}

/// What a program prints, in time and not too much of it.
fn run(
    mut command: Command,
    input: String,
    timeout: Duration,
    most: usize,
) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|err| format!("`{name}` can't run: {err}"))?;
    let (mut stdin, stdout, stderr) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        if let Some(it) = &mut stdin {
            // A program that does not read its input may close it.
            it.write_all(input.as_bytes()).ok();
        }
    });
    let errors = std::thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(it) = stderr {
            it.take(4096).read_to_end(&mut text).ok();
        }
        String::from_utf8_lossy(&text).trim().to_owned()
    });
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let done = stdout.map(|it| it.take(most as u64 + 1).read_to_end(&mut bytes));
        send.send((bytes, done.and_then(Result::err).is_none())).ok();
    });
    let received = receive.recv_timeout(timeout);
    let Ok((bytes, whole)) = received else {
        child.kill().ok();
        child.wait().ok();
        return Err(format!("`{name}` took longer than {} seconds", timeout.as_secs()));
    };
    if bytes.len() > most {
        child.kill().ok();
        child.wait().ok();
        return Err(format!("`{name}` printed more than {most} bytes"));
    }
    // Its output is closed; it has little left to do.
    let end = std::time::Instant::now() + timeout;
    let status = loop {
        match child.try_wait() {
            Ok(Some(it)) => break Ok(it),
            Ok(None) if std::time::Instant::now() < end => {
                std::thread::sleep(Duration::from_millis(5));
            }
            Ok(None) => {
                child.kill().ok();
                child.wait().ok();
                break Err(format!("`{name}` took longer than {} seconds", timeout.as_secs()));
            }
            Err(err) => break Err(format!("`{name}` failed: {err}")),
        }
    }?;
    if !status.success() || !whole {
        let errors = errors.join().unwrap_or_default();
        return Err(format!("`{name}` failed ({status}): {errors}"));
    }
    String::from_utf8(bytes).map_err(|_| format!("what `{name}` prints is not UTF-8"))
}
