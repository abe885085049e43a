//! What ordinary events say.
//!
//! Knows some values that events are full of, and about how many of a thousand events of their kind
//! hold each. Does not know rules. A wrong guess costs time, never a match.

use std::sync::LazyLock;

use memchr::memmem::Finder;

/// Folded values, each with the events of a thousand that hold it.
const VALUES: &[(f32, &str)] = &[
    // Programs, as paths.
    (150.0, r"c:\windows\system32\svchost.exe"),
    (60.0, r"c:\windows\system32\services.exe"),
    (60.0, r"c:\windows\system32\lsass.exe"),
    (80.0, r"c:\windows\system32\wbem\wmiprvse.exe"),
    (60.0, r"c:\windows\system32\windowspowershell\v1.0\powershell.exe"),
    (60.0, r"c:\windows\system32\cmd.exe"),
    (40.0, r"c:\windows\system32\conhost.exe"),
    (40.0, r"c:\windows\explorer.exe"),
    (30.0, r"c:\windows\system32\dllhost.exe"),
    (20.0, r"c:\windows\system32\rundll32.exe"),
    (20.0, r"c:\windows\system32\taskhostw.exe"),
    (20.0, r"c:\windows\syswow64\msiexec.exe"),
    (40.0, r"c:\program files\common files\microsoft shared\clicktorun\officeclicktorun.exe"),
    (40.0, r"c:\program files (x86)\google\chrome\application\chrome.exe"),
    (40.0, r"c:\programdata\microsoft\windows defender\platform\4.18\msmpeng.exe"),
    // Files that programs load and write.
    (100.0, r"c:\windows\system32\kernel32.dll"),
    (40.0, r"c:\windows\winsxs\amd64_microsoft\comctl32.dll"),
    (40.0, r"c:\windows\temp\1.tmp"),
    (60.0, r"c:\users\user\appdata\local\temp\1.tmp"),
    (40.0, r"c:\users\user\appdata\roaming\microsoft\windows\recent\1.lnk"),
    (40.0, r"c:\programdata\microsoft\windows\1.dat"),
    (300.0, r"c:\windows\system32\ntdll.dll+9d4c4|c:\windows\system32\kernelbase.dll+2c13e"),
    // What they are started with.
    (60.0, r"c:\windows\system32\svchost.exe -k netsvcs -p -s schedule"),
    (40.0, r#"c:\windows\system32\cmd.exe /c "c:\program files\1.bat""#),
    (40.0, r#"powershell.exe -noprofile -executionpolicy bypass -command "get-process""#),
    (20.0, r"c:\windows\system32\conhost.exe 0xffffffff -forcev1"),
    // Keys of the registry.
    (80.0, r"hklm\software\microsoft\windows\currentversion\explorer"),
    (60.0, r"hklm\software\microsoft\windows nt\currentversion\winlogon"),
    (100.0, r"hklm\system\currentcontrolset\services\tcpip\parameters"),
    (40.0, r"hklm\system\currentcontrolset\control\lsa"),
    (60.0, r"\registry\machine\system\controlset001\services"),
    (40.0, r"hkcr\clsid\{0}\inprocserver32\(default)"),
    // Who, and with which rights.
    (200.0, r"nt authority\system"),
    (300.0, "0x3e7"),
    (300.0, "s-1-5-18"),
    (60.0, "s-1-0-0"),
    (60.0, "localsystem"),
    (100.0, "system"),
    (60.0, "high"),
    (200.0, "%%1538 %%1541 %%4416 %%4423 %%4424"),
    (100.0, "0x120089"),
    (100.0, "0x100080"),
    (300.0, "0x0"),
    // Where a program is from.
    (300.0, "valid"),
    (300.0, "microsoft corporation"),
    (200.0, "microsoft windows"),
    (200.0, "microsoft® windows® operating system"),
    // Words of events.
    (300.0, "true"),
    (300.0, "false"),
    (200.0, "security"),
    (200.0, "service control manager"),
    (60.0, "security account manager"),
    (60.0, r"\\*\ipc$"),
    (200.0, "key"),
    (200.0, "file"),
    (200.0, "setvalue"),
    (200.0, "createkey"),
    (200.0, "allowed"),
    (200.0, "success"),
    (200.0, "failure"),
    (200.0, "tcp"),
    (200.0, "udp"),
    (200.0, "windows"),
    (200.0, "execve"),
    (200.0, "syscall"),
    (200.0, "path"),
    (60.0, "/usr/bin/bash"),
    (60.0, "/bin/sh"),
    (60.0, "https://www.microsoft.com"),
];

/// All values in one text, which most signs are not in.
static ALL: LazyLock<String> =
    LazyLock::new(|| VALUES.iter().fold(String::new(), |all, (_, value)| all + value + "\n"));

/// About how many events of a thousand hold a value in which `text` is, and which passes.
pub(crate) fn share(text: &str, passes: impl Fn(&str) -> bool) -> f32 {
    let finder = Finder::new(text);
    if finder.find(ALL.as_bytes()).is_none() {
        return 0.0;
    }
    let holds = |value: &str| finder.find(value.as_bytes()).is_some() && passes(value);
    VALUES.iter().filter(|it| holds(it.1)).map(|it| it.0).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_ordinary_values_is_common() {
        assert_eq!(share("mimikatz", |_| true), 0.0);
        assert!(share(r"\windows\", |_| true) > 300.0);
        assert!(share(r"\windows\", |it| it.starts_with(r"\windows\")) == 0.0);
        assert!(share(r"\cmd.exe", |it| it.ends_with(r"\cmd.exe")) > 0.0);
        for (_, value) in VALUES {
            assert_eq!(*value, ir::fold::fold_text(value));
        }
    }
}
