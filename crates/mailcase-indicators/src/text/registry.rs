//! Paths of the Windows registry.

use super::Scan;
use crate::Kind;

/// Longest path looked at: a key name has at most 255 characters, depth at most 512; real ones are short.
const PATH_BYTES: usize = 512;

/// Roots, short and long.
const ROOTS: &[(&str, &str)] = &[
    ("HKEY_LOCAL_MACHINE", "HKEY_LOCAL_MACHINE"),
    ("HKEY_CURRENT_USER", "HKEY_CURRENT_USER"),
    ("HKEY_CLASSES_ROOT", "HKEY_CLASSES_ROOT"),
    ("HKEY_USERS", "HKEY_USERS"),
    ("HKEY_CURRENT_CONFIG", "HKEY_CURRENT_CONFIG"),
    ("HKLM", "HKEY_LOCAL_MACHINE"),
    ("HKCU", "HKEY_CURRENT_USER"),
    ("HKCR", "HKEY_CLASSES_ROOT"),
    ("HKU", "HKEY_USERS"),
    ("HKCC", "HKEY_CURRENT_CONFIG"),
];

impl Scan<'_> {
    /// Takes the registry path that begins in the chunk `start..end`; it may go on over blanks.
    pub(super) fn registry(&mut self, start: usize, end: usize) {
        let chunk = self.slice(start, end);
        let Some(slash) = chunk.find('\\') else { return };
        let head = chunk.get(..slash).unwrap_or_default();
        let root_at = head
            .rfind(|one: char| !(one.is_ascii_alphabetic() || matches!(one, '_' | ':')))
            .map_or(0, |at| {
                at + head.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
            });
        let name = head.get(root_at..).unwrap_or_default().trim_end_matches(':');
        let Some((_, root)) = ROOTS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) else {
            return;
        };
        let from = start + slash;
        let window = self.text.floor_char_boundary((from + PATH_BYTES).min(self.text.len()));
        let length = path_length(self.slice(from, window));
        let path = self.slice(from, from + length);
        if path.len() < 2 {
            return;
        }
        let path = path.replace("\\\\", "\\");
        self.add(Kind::RegistryPath, format!("{root}{path}"), start + root_at, from + length);
        self.done = from + length;
    }
}

/// Bytes of `text` (from its first backslash) that are of the path: names may hold blanks as long as another backslash
/// follows them.
fn path_length(text: &str) -> usize {
    let stop = text
        .find(|one: char| {
            one.is_control() || matches!(one, '"' | '<' | '>' | '|' | ',' | ';' | '*' | '?' | '=' | ']')
        })
        .unwrap_or(text.len());
    let line = text.get(..stop).unwrap_or_default();
    let last = line.rfind('\\').map_or(0, |at| at + 1);
    // A path that goes on after a blank belongs to another sentence when a drive or a root begins there.
    let mut end = 0;
    for piece in line.get(..last).unwrap_or_default().split_inclusive('\\') {
        if piece.trim_start_matches(|one: char| one != ' ').contains(": ") || piece.contains(":\\") {
            break;
        }
        end += piece.len();
    }
    let name = line.get(end..).unwrap_or_default();
    let name = name.split(' ').next().unwrap_or_default();
    let length = end + name.len();
    line.get(..length).unwrap_or_default().trim_end_matches(['.', ')', '\'', ':', '\\']).len()
}
