//! What kind of value a field holds, told by its name.

/// How values of a field look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// The path of a program.
    Program,
    /// A path of a file or a folder.
    Path,
    /// A name of a file, without a path.
    FileName,
    /// The path of a library that is loaded.
    Library,
    /// A command line.
    Command,
    /// A script.
    Script,
    /// A key or a value of the registry.
    Registry,
    /// A name of a user.
    User,
    /// The number of an account of Windows.
    Sid,
    /// A name of a host.
    Host,
    /// An address.
    Address,
    /// A part of a request's address.
    Uri,
    /// A hash, or several.
    Hash,
    /// A moment.
    Time,
    /// Words.
    Words,
    /// Anything else.
    Plain,
}

/// Last words of names, lower case and without separators, and what the field then holds. The first
/// that fits decides.
const ENDS: &[(&str, Style)] = &[
    ("parentcommandline", Style::Command),
    ("commandline", Style::Command),
    ("cmdline", Style::Command),
    ("servicefilename", Style::Command),
    ("imagepath", Style::Command),
    ("scriptblocktext", Style::Script),
    ("hostapplication", Style::Command),
    ("contextinfo", Style::Words),
    ("payload", Style::Words),
    ("message", Style::Words),
    ("text", Style::Words),
    ("data", Style::Words),
    ("description", Style::Words),
    ("uriquery", Style::Plain),
    ("originalfilename", Style::FileName),
    ("processname", Style::Program),
    ("process.name", Style::FileName),
    ("parent.name", Style::FileName),
    ("file.name", Style::FileName),
    ("image", Style::Program),
    ("imageloaded", Style::Library),
    ("executable", Style::Program),
    ("exepath", Style::Program),
    ("exe", Style::Program),
    ("processpath", Style::Program),
    ("targetobject", Style::Registry),
    ("registry.path", Style::Registry),
    ("objectname", Style::Path),
    ("filename", Style::Path),
    ("filepath", Style::Path),
    ("file.path", Style::Path),
    ("fd.name", Style::Path),
    ("directory", Style::Path),
    ("folder", Style::Path),
    ("path", Style::Path),
    ("username", Style::User),
    ("user.name", Style::User),
    ("accountname", Style::User),
    ("user", Style::User),
    ("sid", Style::Sid),
    ("details", Style::Path),
    ("userid", Style::User),
    ("principalname", Style::User),
    ("principalemail", Style::User),
    ("email", Style::User),
    ("caller", Style::User),
    ("actor", Style::User),
    ("alternateid", Style::User),
    ("account", Style::User),
    ("hashes", Style::Hash),
    ("imphash", Style::Hash),
    ("md5", Style::Hash),
    ("sha1", Style::Hash),
    ("sha256", Style::Hash),
    ("useragent", Style::Plain),
    ("hostname", Style::Host),
    ("cshost", Style::Host),
    ("host", Style::Host),
    ("domain", Style::Host),
    ("queryname", Style::Host),
    ("question.name", Style::Host),
    ("query", Style::Host),
    ("curi", Style::Uri),
    ("uristem", Style::Uri),
    ("url", Style::Uri),
    ("referer", Style::Uri),
    ("ipaddress", Style::Address),
    ("ip", Style::Address),
    ("addr", Style::Address),
    ("timestamp", Style::Time),
    ("utctime", Style::Time),
    ("timegenerated", Style::Time),
];

impl Style {
    /// What the field of this name holds.
    pub fn of(name: &str) -> Style {
        let lower = name.to_ascii_lowercase();
        let plain: String = lower.chars().filter(|it| !matches!(it, '_' | '-' | '@')).collect();
        let found = ENDS.iter().find(|(end, _)| plain.ends_with(end));
        match found {
            // `IpV6` ends so, `Zip` does too: an address stands alone or after a capital or a dot.
            Some((end @ ("ip" | "exe"), _)) if !is_word(name, end) => Style::Plain,
            Some((_, it)) => *it,
            None => Style::Plain,
        }
    }

    /// Whether the field is about the parent of a process.
    pub fn is_of_parent(name: &str) -> bool {
        name.to_ascii_lowercase().contains("parent")
    }
}

/// Whether the last letters of the name are a word of their own.
fn is_word(name: &str, end: &str) -> bool {
    let at = name.len() - end.len();
    let before = name[..at].chars().last();
    let starts = name[at..].starts_with(char::is_uppercase);
    before.is_none_or(|it| !it.is_alphanumeric() || (starts && it.is_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_a_field_holds() {
        for (name, style) in [
            ("ParentImage", Style::Program),
            ("process.parent.executable", Style::Program),
            ("ParentCommandLine", Style::Command),
            ("TargetFilename", Style::Path),
            ("OriginalFileName", Style::FileName),
            ("process.name", Style::FileName),
            ("DestinationIp", Style::Address),
            ("source.ip", Style::Address),
            ("Zip", Style::Plain),
            ("cs-uri-query", Style::Plain),
            ("cs-uri-stem", Style::Uri),
            ("@timestamp", Style::Time),
            ("EventID", Style::Plain),
        ] {
            assert_eq!(Style::of(name), style, "{name}");
        }
    }
}
