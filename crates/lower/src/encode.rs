//! Encodings of values: Base64 with its shifts, UTF-16, and the dashes of Windows options.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ir::{Part, Pattern};

/// The dashes that Windows programs take for each other, and the slash.
const DASHES: [char; 5] = ['-', '/', '–', '—', '―'];

/// The most options of one value that are varied: 5 forms each.
pub const MAX_DASHES: usize = 3;

/// The order of the two bytes of UTF-16.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Utf16 {
    /// Low byte first (`utf16le`, `wide`).
    Little,
    /// High byte first.
    Big,
    /// Low byte first, after the mark FF FE.
    Marked,
}

/// The bytes of `text` in UTF-16.
pub fn utf16(text: &str, order: Utf16) -> Vec<u8> {
    let mut res = if order == Utf16::Marked { vec![0xff, 0xfe] } else { Vec::new() };
    for unit in text.encode_utf16() {
        res.extend(if order == Utf16::Big { unit.to_be_bytes() } else { unit.to_le_bytes() });
    }
    res
}

/// Base64 of the bytes.
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// What Base64 of a longer text shows of the bytes, for each of the three places they can start.
///
/// The first and last characters that depend on neighbouring bytes are cut off.
pub fn base64_offsets(bytes: &[u8]) -> Vec<String> {
    (0..3)
        .map(|shift| {
            let mut padded = vec![b' '; shift];
            padded.extend_from_slice(bytes);
            let encoded = STANDARD.encode(&padded);
            let start = [0, 2, 3][shift];
            let cut = [0, 3, 2][padded.len() % 3];
            encoded.get(start..encoded.len() - cut).unwrap_or_default().to_owned()
        })
        .collect()
}

/// Every form of the pattern with its options' dashes exchanged, itself first; `None` when there
/// are more than [`MAX_DASHES`] options.
///
/// A dash or slash starts an option when no word character stands before it and one stands after.
pub fn windash(pattern: &Pattern) -> Option<Vec<Pattern>> {
    let mut forms: Vec<Vec<Part>> = vec![Vec::new()];
    let mut count = 0;
    for part in pattern.parts() {
        let Part::Literal(text) = part else {
            forms.iter_mut().for_each(|it| it.push(part.clone()));
            continue;
        };
        let chars: Vec<(usize, char)> = text.char_indices().collect();
        let mut from = 0;
        for (idx, &(at, ch)) in chars.iter().enumerate() {
            let before = idx.checked_sub(1).map(|it| chars[it].1);
            let after = chars.get(idx + 1).map(|it| it.1);
            if !matches!(ch, '-' | '/')
                || before.is_some_and(is_word)
                || !after.is_some_and(is_word)
            {
                continue;
            }
            count += 1;
            if count > MAX_DASHES {
                return None;
            }
            let text = &text[from..at];
            let mut dashes = vec![ch];
            dashes.extend(DASHES.iter().copied().filter(|it| *it != ch));
            forms = forms
                .iter()
                .flat_map(|form| {
                    dashes.iter().map(move |dash| {
                        let mut form = form.clone();
                        form.push(Part::Literal(format!("{text}{dash}")));
                        form
                    })
                })
                .collect();
            from = at + ch.len_utf8();
        }
        forms.iter_mut().for_each(|it| it.push(Part::Literal(text[from..].to_owned())));
    }
    Some(forms.into_iter().map(Pattern::new).collect())
}

fn is_word(ch: char) -> bool {
    ch.is_alphanumeric() || ch == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_show_what_is_fixed() {
        // The example of the specification's own implementation.
        assert_eq!(base64_offsets(b"foobar"), ["Zm9vYmFy", "Zvb2Jhc", "mb29iYX"]);
    }

    #[test]
    fn wide_and_marked() {
        assert_eq!(utf16("ab", Utf16::Little), b"a\0b\0");
        assert_eq!(utf16("a", Utf16::Marked), [0xff, 0xfe, b'a', 0]);
        assert_eq!(utf16("a", Utf16::Big), [0, b'a']);
    }

    #[test]
    fn dashes_of_options_vary_and_others_stay() {
        let forms = windash(&Pattern::literal("a-b -c /d")).unwrap();
        assert_eq!(forms.len(), 25);
        assert_eq!(forms[0], Pattern::literal("a-b -c /d"));
        assert!(forms.contains(&Pattern::literal("a-b /c –d")));
        assert!(windash(&Pattern::literal("-a -b -c -d")).is_none());
    }
}
