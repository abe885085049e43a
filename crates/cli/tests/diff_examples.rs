//! `docs/diff-examples.md`: what `rulec diff` says of edits that are often made.
//!
//! The page is what the command prints; `UPDATE_DOCS=1` writes it anew.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;
use std::process::Command;

const RULE: &str = r"title: Certutil Fetches A File
id: 6f0d2c1e-7a52-4f0e-9d43-1b8c5a3e2f10
status: test
description: Certutil is asked to fetch a program from the network, wich it seldom has to.
author: Jane Doe
date: 2025-01-15
tags: [attack.command-and-control, attack.t1105]
logsource: { product: windows, category: process_creation }
detection:
    selection_image:
        - Image|endswith: '\certutil.exe'
        - OriginalFileName: CertUtil.exe
    selection_option:
        CommandLine|contains:
            - 'urlcache'
            - 'verifyctl'
    selection_program:
        CommandLine|contains|all:
            - '://'
            - '.exe'
    filter_main_agent:
        ParentImage|startswith: 'C:\Program Files\Agent\'
    condition: all of selection_* and not 1 of filter_main_*
level: high
tests:
    - name: a download
      match: true
      event: { Image: C:\Windows\System32\certutil.exe, CommandLine: certutil -urlcache -f http://198.51.100.7/a.exe a.exe }
    - name: the agent updates itself
      match: false
      event:
          Image: C:\Windows\System32\certutil.exe
          CommandLine: certutil -urlcache -f https://updates.example.com/agent.exe agent.exe
          ParentImage: C:\Program Files\Agent\agent.exe
";

const CORRELATION: &str = r"title: Guessed Password
id: 0b9a3f52-63f1-4f6e-8a55-2f0f6c1f7d31
status: test
description: A user fails to log on ten times in a quarter of an hour, as when a password is guessed.
author: Jane Doe
date: 2025-01-15
tags: [attack.credential-access, attack.t1110.001]
correlation:
    type: event_count
    rules: [failed_logon]
    group-by: [TargetUserName]
    timespan: 15m
    condition: { gte: 10 }
level: high
tests:
    - name: ten failures
      match: true
      events:
          - { at: 0s, repeat: 10, every: 20s, event: { EventID: 4625, LogonType: 3, TargetUserName: jo, IpAddress: 198.51.100.7 } }
    - name: five of each of two users
      match: false
      events:
          - { at: 0s, repeat: 5, every: 2s, event: { EventID: 4625, LogonType: 3, TargetUserName: jo, IpAddress: 198.51.100.7 } }
          - { at: 1s, repeat: 5, every: 2s, event: { EventID: 4625, LogonType: 3, TargetUserName: al, IpAddress: 198.51.100.7 } }
---
title: Failed Logon
id: 4c1d8e07-2f64-4b8a-9c0e-7d53a1b2c3d4
name: failed_logon
status: test
description: A user fails to log on.
author: Jane Doe
date: 2025-01-15
logsource: { product: windows, service: security }
detection:
    selection: { EventID: 4625, LogonType: 3 }
    condition: selection
level: informational
";

/// An edit: what it is, why it is shown, and texts with what takes their place.
type Edit = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const EDITS: &[Edit] = &[
    (
        "A value is added",
        "The rule matches more. The event is one that the new value brings.",
        &[(
            "            - 'verifyctl'\n",
            "            - 'verifyctl'\n            - 'encodehex'\n",
        )],
    ),
    (
        "A value is dropped",
        "The rule matches less. The event is one that is missed from now on.",
        &[("            - 'verifyctl'\n", "")],
    ),
    (
        "A filter is added",
        "The event shows what the filter hides: a parent anywhere on the disk that is called so.",
        &[(
            "    condition:",
            "    filter_main_setup:\n        ParentImage|endswith: '\\setup.exe'\n    condition:",
        )],
    ),
    (
        "A filter asks the wrong field",
        "The author wanted another filter and has broken the one there was. The rule's own example tells.",
        &[("        ParentImage|startswith: 'C:", "        ParentCommandLine|startswith: 'C:")],
    ),
    (
        "contains becomes startswith",
        "A command line begins with the program, so the rule is as good as dead. Its own example tells.",
        &[(
            "        CommandLine|contains:\n            - 'urlcache'",
            "        CommandLine|startswith:\n            - 'urlcache'",
        )],
    ),
    (
        "all is dropped",
        "What had to hold together is now enough alone.",
        &[("contains|all:", "contains:")],
    ),
    (
        "Case is told apart",
        "Attackers write options as they like; the event is one that gets away.",
        &[("        CommandLine|contains:\n", "        CommandLine|contains|cased:\n")],
    ),
    (
        "and becomes or",
        "A parenthesis is missing: `and not` binds to the last name only.",
        &[(
            "condition: all of selection_* and not",
            "condition: selection_image and selection_program or selection_option and not",
        )],
    ),
    (
        "A wildcard moves",
        "The program is looked for elsewhere than in the last part of the path.",
        &[("Image|endswith: '\\certutil.exe'", "Image|startswith: '\\certutil.exe'")],
    ),
    (
        "A refactoring",
        "A list becomes two selections, and the end of a path an expression. That it changes nothing is proved.",
        &[
            (
                "        - Image|endswith: '\\certutil.exe'\n        - OriginalFileName: CertUtil.exe\n",
                "        Image|re|i: '\\\\certutil\\.exe$'\n    selection_name:\n        OriginalFileName: certutil.exe\n",
            ),
            (
                "condition: all of selection_* and not 1 of filter_main_*",
                "condition: (selection_image or selection_name) and selection_option and selection_program and not filter_main_agent",
            ),
        ],
    ),
    (
        "A typo and what is said about the rule",
        "Nothing is matched otherwise, and the review is over in a line.",
        &[
            (", wich it", ", which it"),
            ("level: high", "level: critical"),
            ("attack.t1105]", "attack.t1105, attack.s0160]"),
        ],
    ),
];

const CORRELATION_EDITS: &[Edit] = &[
    (
        "A lower threshold and a longer window",
        "Each of the two makes it match more often, and so do both together.",
        &[("gte: 10", "gte: 8"), ("15m", "30m")],
    ),
    (
        "A longer window and a higher threshold",
        "One makes it match more often, the other less, so that nothing is certain. An example tells of one case.",
        &[("gte: 10", "gte: 12"), ("15m", "30m")],
    ),
    (
        "Another group",
        "The failures of one address are counted in place of those of one user. That the query of a target changes is shown too.",
        &[("group-by: [TargetUserName]", "group-by: [IpAddress]")],
    ),
    (
        "Another type",
        "What is counted are the users now, of whom an address tries many.",
        &[
            ("type: event_count", "type: value_count"),
            ("group-by: [TargetUserName]", "group-by: [IpAddress]"),
            ("{ gte: 10 }", "{ field: TargetUserName, gte: 10 }"),
        ],
    ),
    (
        "A rule that it sees matches more",
        "The correlation itself is as it was, and yet it matches more often.",
        &[(
            "selection: { EventID: 4625, LogonType: 3 }",
            "selection: { EventID: [529, 4625], LogonType: 3 }",
        )],
    ),
];

fn diff(root: &Path, format: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rulec"));
    // Of the targets that say counts exactly, one whose names are those of the log.
    let target = if root.join("before/logons.yml").exists() { "kql/sentinel" } else { "eql" };
    let args = ["diff", "before", "after", "-t", target, "--format", format];
    let output = command.args(args).current_dir(root).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    text.trim_end().to_owned()
}

/// An edit as a part of the page.
fn shown(root: &Path, path: &str, before: &str, (title, why, changes): &Edit) -> String {
    let mut after = before.to_owned();
    for (from, to) in *changes {
        assert_eq!(after.matches(from).count(), 1, "{title}: {from}");
        after = after.replace(from, to);
    }
    std::fs::write(root.join("after").join(path), &after).unwrap();
    let edit = similar::TextDiff::from_lines(before, after.as_str());
    let edit = edit.unified_diff().context_radius(0).to_string();
    let lines = edit.lines().filter(|it| !it.starts_with("@@"));
    let edit: Vec<&str> = lines.collect();
    let mut res = format!(
        "\n## {title}\n\n{why}\n\n```diff\n{}\n```\n\n```text\n{}\n```\n",
        edit.join("\n"),
        diff(root, "human")
    );
    let as_comment =
        ["A value is dropped", "A filter asks the wrong field", "Another group"].contains(title);
    if as_comment {
        res.push_str(&format!(
            "\nAs a comment on a pull request (`--format markdown`):\n\n````markdown\n{}\n````\n",
            diff(root, "markdown")
        ));
    }
    res
}

#[test]
fn the_page_is_what_the_command_says() {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("diff_examples");
    let _ = std::fs::remove_dir_all(&root);
    for folder in ["before", "after"] {
        std::fs::create_dir_all(root.join(folder)).unwrap();
    }
    let mut page = "# What `rulec diff` says of an edit\n\n\
         Each part below is an edit of one rule, or of one correlation, and what a reviewer of it reads.\n\
         The page is written by a test from what the command prints.\n\n\
         The first line says what became of the rule, the second how the events that it matches changed.\n\
         `wider`, `narrower` and `same` are proved for all events there can be, not seen in some.\n\
         An event of each difference is shown as one would write it under `tests`.\n"
        .to_owned();
    let about = "What is `wider` or `narrower` follows from its parts, for all streams of events there can be.\n\
         Where parts work against each other, or one may do both, the report says so, and what the examples show.\n\n";
    let parts = [
        ("The rule", "", "certutil.yml", RULE, EDITS),
        ("The correlation", about, "logons.yml", CORRELATION, CORRELATION_EDITS),
    ];
    for (heading, about, path, before, edits) in parts {
        page.push_str(&format!("\n## {heading}\n\n{about}```yaml\n{}\n```\n", before.trim_end()));
        std::fs::write(root.join("before").join(path), before).unwrap();
        for edit in edits {
            page.push_str(&shown(&root, path, before, edit));
        }
        for folder in ["before", "after"] {
            std::fs::remove_file(root.join(folder).join(path)).unwrap();
        }
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/diff-examples.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, &page).unwrap();
    }
    let known = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        known == page,
        "docs/diff-examples.md is not current: run this test with UPDATE_DOCS=1"
    );
}
