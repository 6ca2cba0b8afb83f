//! Files that only point elsewhere: Windows links ([MS-SHLLINK]) and URL files, entries of desktops, web locations.

use super::{Found, plain_text};
use crate::contents::Contents;
use crate::filetime;

/// Size of the head of a link, and its class.
const HEAD: usize = 0x4c;
pub(super) const LINK: [u8; 20] =
    [0x4c, 0, 0, 0, 0x01, 0x14, 0x02, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46];

pub(super) fn open(bytes: &[u8]) -> Contents {
    let mut found = Found::new("shortcut");
    if bytes.starts_with(&LINK) {
        if link(bytes, &mut found).is_none() {
            let defect = crate::Defect::new("damaged", "the link is cut; what is before that was read");
            found.contents.defects.push(defect);
        }
        // Blocks behind the strings name paths and machines once more.
        super::legacy::runs(bytes.get(HEAD..).unwrap_or_default(), &mut found);
    } else {
        lines(&plain_text(bytes), &mut found);
    }
    found.finish()
}

fn word(bytes: &[u8], at: usize) -> Option<usize> {
    Some(usize::from(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?)))
}

fn long(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?)).ok()
}

fn link(bytes: &[u8], found: &mut Found) -> Option<()> {
    const STRINGS: [(usize, &str); 5] =
        [(4, "description"), (8, "relative_path"), (16, "folder"), (32, "arguments"), (64, "icon")];
    let flags = long(bytes, 20)?;
    for (at, name) in [(28, "created"), (44, "modified")] {
        let ticks = u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?);
        if let Some(when) = filetime::second(ticks) {
            found.fact(name, &when);
        }
    }
    if long(bytes, 60)? == 7 {
        found.fact("window", "minimized");
    }
    let mut at = HEAD;
    if flags & 1 != 0 {
        at = at.checked_add(2)?.checked_add(word(bytes, at)?)?;
    }
    if flags & 2 != 0 {
        target(bytes.get(at..)?, found);
        at = at.checked_add(long(bytes, at)?.max(4))?;
    }
    for (flag, name) in STRINGS {
        if flags & flag == 0 {
            continue;
        }
        let length = word(bytes, at)?;
        at = at.checked_add(2)?;
        let wide = flags & 128 != 0;
        let raw = bytes.get(at..at.checked_add(if wide { length * 2 } else { length })?)?;
        at += raw.len();
        let charset = if wide { encoding_rs::UTF_16LE } else { encoding_rs::WINDOWS_1252 };
        let text = charset.decode_without_bom_handling(raw).0;
        found.link(&text);
        found.fact(name, &text);
    }
    Some(())
}

/// LinkInfo (§2.3): the path on the disk or share.
fn target(information: &[u8], found: &mut Found) -> Option<()> {
    let flags = long(information, 8)?;
    let at = if flags & 1 != 0 { long(information, 16)? } else { long(information, 20)?.checked_add(20)? };
    let rest = information.get(at..)?;
    let end = memchr::memchr(0, rest)?;
    let path = encoding_rs::WINDOWS_1252.decode_without_bom_handling(rest.get(..end)?).0.into_owned();
    found.link(&path);
    found.fact("target", &path);
    Some(())
}

/// `URL=…` of Windows, `Exec=…` of desktops, `<string>…</string>` of a Mac.
fn lines(text: &str, found: &mut Found) {
    for line in text.lines().take(1_000) {
        let line = line.trim();
        if let Some((key, value)) = line.split_once('=') {
            let name = match key.trim().to_ascii_lowercase().as_str() {
                "url" | "baseurl" => "target",
                "exec" => "command",
                "iconfile" | "icon" => "icon",
                "workingdirectory" | "path" => "folder",
                _ => continue,
            };
            found.fact(name, value);
            found.link(value.trim());
        } else if let Some((_, after)) = line.split_once("<string>") {
            let value = after.split("</string>").next().unwrap_or_default();
            let mut decoded = String::new();
            crate::html::push_decoded(&mut decoded, value);
            found.fact("target", &decoded);
            found.link(&decoded);
        }
    }
}
