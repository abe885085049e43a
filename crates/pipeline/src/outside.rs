//! What steps ask of the world outside of a pipeline.

use std::collections::BTreeMap;
use std::time::Duration;

/// A request for values from a server.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpRequest {
    /// Where to.
    pub url: String,
    /// `GET` and others.
    pub method: String,
    /// How long it may take.
    pub timeout: Duration,
    /// Headers.
    pub headers: BTreeMap<String, String>,
    /// What stands after the `?`.
    pub params: BTreeMap<String, String>,
    /// A form as the body.
    pub form: BTreeMap<String, String>,
    /// JSON as the body.
    pub json: Option<serde_json::Value>,
    /// The most bytes of the answer.
    pub most: usize,
}

/// Files, servers and programs, as far as the caller lets a pipeline have them.
///
/// Every error is a sentence without its full stop.
pub trait Outside {
    /// The text of a file that the pipeline at `pipeline` names.
    ///
    /// # Errors
    ///
    /// When it can't be read, is too large, or lies where the pipeline may not look.
    fn file(&self, pipeline: &str, path: &str, most: usize) -> Result<String, String>;

    /// The answer of a server.
    ///
    /// # Errors
    ///
    /// When this is not allowed, or fails.
    fn http(&self, request: &HttpRequest) -> Result<String, String>;

    /// What a program prints: a line for the shell, or a program and its arguments.
    ///
    /// # Errors
    ///
    /// When this is not allowed, or fails.
    fn command(
        &self,
        command: &Result<String, Vec<String>>,
        timeout: Duration,
        most: usize,
    ) -> Result<String, String>;
}

/// An outside that has nothing: every question is refused.
#[derive(Debug, Clone, Copy, Default)]
pub struct Closed;

/// What is said where nothing outside is allowed.
const CLOSED: &str = "a pipeline may ask nothing outside here";

impl Outside for Closed {
    fn file(&self, _: &str, _: &str, _: usize) -> Result<String, String> {
        Err(CLOSED.to_owned())
    }

    fn http(&self, _: &HttpRequest) -> Result<String, String> {
        Err(CLOSED.to_owned())
    }

    fn command(
        &self,
        _: &Result<String, Vec<String>>,
        _: Duration,
        _: usize,
    ) -> Result<String, String> {
        Err(CLOSED.to_owned())
    }
}
