//! Where files live.

use crate::field::Style;
use crate::world::World;

/// Folders of a user; what begins in one of these.
const OF_USER: &[&str] = &[
    "\\appdata\\",
    "\\desktop\\",
    "\\downloads\\",
    "\\documents\\",
    "\\onedrive",
    "\\pictures\\",
    "\\contacts\\",
    "\\favorites\\",
    "\\favourites\\",
    "\\local\\",
    "\\roaming\\",
    "\\music\\",
    "\\videos\\",
];
/// Folders of the system.
const OF_SYSTEM: &[&str] =
    &["\\temp\\", "\\system32\\", "\\syswow64\\", "\\tasks\\", "\\winsxs\\", "\\fonts\\"];

/// Where well-known programs live that are not in the folder of most.
const HOMES: &[(&[&str], &str)] = &[
    (&["explorer.exe", "regedit.exe", "hh.exe", "notepad.exe"], "C:\\Windows"),
    (&["powershell.exe", "powershell_ise.exe"], "C:\\Windows\\System32\\WindowsPowerShell\\v1.0"),
    (&["pwsh.exe"], "C:\\Program Files\\PowerShell\\7"),
    (&["wmic.exe", "wmiprvse.exe", "scrcons.exe"], "C:\\Windows\\System32\\wbem"),
    (
        &[
            "winword.exe",
            "excel.exe",
            "powerpnt.exe",
            "outlook.exe",
            "mspub.exe",
            "onenote.exe",
            "msaccess.exe",
        ],
        "C:\\Program Files\\Microsoft Office\\root\\Office16",
    ),
    (&["chrome.exe"], "C:\\Program Files\\Google\\Chrome\\Application"),
    (&["msedge.exe"], "C:\\Program Files (x86)\\Microsoft\\Edge\\Application"),
    (&["firefox.exe"], "C:\\Program Files\\Mozilla Firefox"),
    (&["sqlservr.exe"], "C:\\Program Files\\Microsoft SQL Server\\MSSQL16\\MSSQL\\Binn"),
    (&["w3wp.exe"], "C:\\Windows\\System32\\inetsrv"),
    (
        &["msbuild.exe", "csc.exe", "installutil.exe", "regasm.exe", "regsvcs.exe"],
        "C:\\Windows\\Microsoft.NET\\Framework64\\v4.0.30319",
    ),
];

/// What may stand before the first piece of a path, most usual first.
pub fn leads(style: Style, first: &str, lower: &str, world: &World) -> Vec<String> {
    let windows = world.windows || first.starts_with('\\');
    let folders: &[&str] = match (windows, style) {
        (true, Style::Library) => {
            &["C:\\Windows\\System32", "C:\\Users\\jane\\Downloads", "C:\\ProgramData", "D:\\Tools"]
        }
        (true, Style::Program) => &[
            "C:\\Windows\\System32",
            "C:\\Program Files\\Tool",
            "C:\\Users\\jane\\Downloads",
            "D:\\Tools",
        ],
        (true, _) => {
            &["C:\\Users\\jane\\Downloads", "C:\\Windows\\System32", "C:\\ProgramData", "D:\\Data"]
        }
        (false, Style::Program) => &["/usr/bin", "/opt/tool", "/tmp", "/home/jane/bin"],
        (false, _) => &["/home/jane", "/etc", "/tmp", "/srv/data"],
    };
    let sep = if windows { '\\' } else { '/' };
    let below = |middle: &str| folders.iter().map(|it| format!("{it}{middle}")).collect::<Vec<_>>();
    let starts = |all: &[&str]| all.iter().any(|it| lower.starts_with(it));
    match first.chars().next() {
        Some('\\') if starts(OF_USER) => vec!["C:\\Users\\jane".to_owned()],
        Some('\\') if starts(OF_SYSTEM) => vec!["C:\\Windows".to_owned(), "C:".to_owned()],
        Some('\\') if first.starts_with("\\\\") => vec![String::new()],
        Some(it) if it == sep && first.trim_end_matches(sep).matches(sep).count() > 1 => {
            let root = if windows { "C:" } else { "" };
            let mut res = vec![root.to_owned()];
            res.extend(below(""));
            res
        }
        Some(it) if it == sep => {
            let known = HOMES.iter().find(|it| windows && it.0.contains(&&lower[1..]));
            if let Some((_, home)) = known {
                let mut res = vec![(*home).to_owned()];
                res.extend(below(""));
                return res;
            }
            // A folder alone stands at the root, a file alone in a folder.
            let mut res = below("");
            if first.ends_with(sep) {
                res.insert(0, if windows { "C:" } else { "" }.to_owned());
            }
            res
        }
        Some(':') => vec!["C".to_owned()],
        Some('.' | '_') => below(&format!("{sep}report")),
        _ if lower.chars().nth(1) == Some(':') => vec![String::new()],
        Some('/') => vec![String::new()],
        _ => below(&sep.to_string()),
    }
}
