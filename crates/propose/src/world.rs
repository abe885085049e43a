//! What is usual in the events of a log source.

use ir::LogSource;

use crate::field::Style;

/// The number of a user of a domain.
pub const SID: &str = "S-1-5-21-1004336348-1177238915-682003330-1001";

/// What the events of a log source have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct World {
    pub windows: bool,
    /// Requests to web servers and through proxies.
    web: bool,
}

impl World {
    /// What is known of a log source.
    pub fn of(logsource: &LogSource) -> World {
        let is = |it: &Option<std::sync::Arc<str>>, word: &str| it.as_deref() == Some(word);
        let category = logsource.category.as_deref().unwrap_or_default();
        let unix = ["linux", "macos", "kubernetes"].iter().any(|it| is(&logsource.product, it));
        World {
            windows: is(&logsource.product, "windows")
                || (logsource.product.is_none()
                    && matches!(category, "process_creation" | "image_load" | "registry_set"))
                || (!unix && category.starts_with("registry")),
            web: matches!(category, "webserver" | "proxy"),
        }
    }

    /// Where a text stands that is looked for anywhere.
    pub fn keyword_field(&self) -> &'static str {
        if self.web { "cs-uri-query" } else { "message" }
    }

    /// Values of a field of which nothing more is known, most usual first.
    pub fn stock(&self, style: Style, parent: bool) -> &'static [&'static str] {
        let windows = self.windows;
        match style {
            Style::Program if windows && parent => {
                &["C:\\Windows\\explorer.exe", "C:\\Windows\\System32\\cmd.exe"]
            }
            Style::Program if windows => &[
                "C:\\Windows\\System32\\notepad.exe",
                "C:\\Windows\\System32\\cmd.exe",
                "C:\\Program Files\\Tool\\tool.exe",
                "C:\\Users\\jane\\Downloads\\setup.exe",
            ],
            Style::Program if parent => &["/usr/bin/bash", "/usr/sbin/sshd"],
            Style::Program => &["/usr/bin/cat", "/usr/bin/bash", "/opt/tool/tool", "/tmp/x"],
            Style::Path if windows => &[
                "C:\\Users\\jane\\Documents\\report.docx",
                "C:\\Windows\\System32\\kernel32.dll",
                "C:\\Temp\\a.txt",
            ],
            Style::Path => &["/home/jane/report.txt", "/etc/hosts", "/tmp/a"],
            Style::FileName if windows => &["notepad.exe", "tool.exe", "a.txt"],
            Style::FileName => &["cat", "bash", "sleep", "a.txt"],
            Style::Library if windows => {
                &["C:\\Windows\\System32\\kernel32.dll", "C:\\Program Files\\Tool\\tool.dll"]
            }
            Style::Library => &["/usr/lib/libc.so.6", "/tmp/a.so"],
            Style::Script => &["Get-ChildItem C:\\Temp", "exit 0"],
            Style::Command if windows => &["notepad.exe a.txt", "cmd.exe /c dir"],
            Style::Command => &["cat a.txt", "sh -c ls"],
            Style::Registry => {
                &["HKLM\\SOFTWARE\\Vendor\\Setting", "HKU\\.DEFAULT\\Software\\Vendor\\Setting"]
            }
            Style::User if windows => {
                &["CORP\\jane", "NT AUTHORITY\\SYSTEM", "jane", "SYSTEM", "SRV01$", "Administrator"]
            }
            Style::User => &["jane", "root", "www-data", "jane@example.com"],
            Style::Host => &["www.example.com", "srv01.corp.example", "srv01"],
            Style::Address => {
                &["203.0.113.9", "10.20.30.40", "192.168.1.20", "127.0.0.1", "2001:db8::9"]
            }
            Style::Uri => &["/index.html", "https://www.example.com/index.html"],
            Style::Hash => &["d41d8cd98f00b204e9800998ecf8427e"],
            Style::Time => &["2026-01-15T10:20:30Z"],
            Style::Sid => &[SID, "S-1-5-18"],
            Style::Words => &["an ordinary message"],
            Style::Plain => &["other", "x"],
        }
    }
}
