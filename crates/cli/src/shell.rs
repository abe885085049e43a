//! Standard output and error: data on the first, everything else on the second.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use crate::args::Color;

/// How a run ended, as a CI job sees it.
///
/// `Findings` and `Unusable` differ so that "the rules are bad" can fail a pull request while
/// "the tool was called wrongly" calls its maintainers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// 0
    Clean,
    /// 1
    Findings,
    /// 2
    Unusable,
}

impl Outcome {
    pub fn code(self) -> ExitCode {
        ExitCode::from(self as u8)
    }
}

/// `1 rule`, `2 rules`, `3 fixes`.
pub fn count(number: usize, one: &str) -> String {
    let ending = match number {
        1 => "",
        _ if one.ends_with('x') => "es",
        _ => "s",
    };
    format!("{number} {one}{ending}")
}

/// Where output goes.
pub struct Shell {
    out: std::io::BufWriter<std::io::Stdout>,
    colour: bool,
    failed: Option<std::io::Error>,
}

impl Shell {
    pub fn new(color: Color) -> Shell {
        let colour = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                std::io::stderr().is_terminal()
                    && std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty())
            }
        };
        Shell { out: std::io::BufWriter::new(std::io::stdout()), colour, failed: None }
    }

    /// Whether messages are coloured.
    pub fn colour(&self) -> bool {
        self.colour
    }

    /// Writes data and a newline.
    pub fn out(&mut self, text: &str) {
        if self.failed.is_none()
            && let Err(err) =
                self.out.write_all(text.as_bytes()).and_then(|()| self.out.write_all(b"\n"))
        {
            self.failed = Some(err);
        }
    }

    /// Writes a message; when standard error is gone there is nobody to tell.
    pub fn err(&mut self, text: &str) {
        let _ = self.out.flush();
        let _ = writeln!(std::io::stderr(), "{text}");
    }

    /// Flushes. A reader that went away, as `head` does, is no error.
    pub fn finish(mut self, outcome: Outcome) -> Outcome {
        let failed = self.out.flush().err().or(self.failed.take());
        match failed {
            Some(err) if err.kind() != std::io::ErrorKind::BrokenPipe => {
                let _ = writeln!(std::io::stderr(), "error: can't write standard output: {err}");
                Outcome::Unusable
            }
            _ => outcome,
        }
    }
}
