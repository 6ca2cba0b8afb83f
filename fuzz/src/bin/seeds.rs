//! Sorts files, and everything found in them, into a corpus for each target: `seeds CORPUS FOLDER…`.
//!
//! Files of any kind are taken; what they are is told by their first bytes.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Cursor};
use std::path::{Path, PathBuf};

use mailcase_evidence::{Means, Sink, extract_all};
use mailcase_fuzz::{flatten, flatten_packets};
use mailcase_indicators::{Findings, How, Kind, Limits, scan_text};

/// Larger seeds make slow fuzzing; libFuzzer would cut them.
const MOST_BYTES: usize = 96 << 10;
const LARGEST_FILE: u64 = 4 << 20;
/// Formats that the writer of wrapped links knows, and more.
const FORMATS: u8 = 64;

#[derive(Default)]
struct Parts {
    open: BTreeMap<String, Vec<u8>>,
    ended: Vec<Vec<u8>>,
}

impl Sink for Parts {
    fn write(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.open.entry(path.to_owned()).or_default().extend_from_slice(bytes);
        Ok(())
    }

    fn end(&mut self, path: &str) -> io::Result<()> {
        self.ended.extend(self.open.remove(path));
        Ok(())
    }

    fn withdraw(&mut self, path: &str) -> io::Result<()> {
        self.open.remove(path);
        Ok(())
    }
}

fn main() -> io::Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let corpus = arguments.next().expect("usage: seeds CORPUS FOLDER…");
    let mut counts = BTreeMap::new();
    let mut folders: Vec<PathBuf> = arguments.collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let metadata = entry.metadata()?;
            if metadata.is_dir() {
                folders.push(entry.path());
            } else if metadata.len() <= LARGEST_FILE {
                let file = fs::read(entry.path())?;
                let mut parts = Parts::default();
                extract_all(Cursor::new(&file), &mut parts, &Means::default())?;
                let name = entry.path();
                let mail = name.extension().is_some_and(|kind| kind == "eml");
                keep(&corpus, &file, mail, &mut counts)?;
                parts.ended.iter().try_for_each(|part| keep(&corpus, part, false, &mut counts))?;
            }
        }
    }
    for format in 0..FORMATS {
        // One layer, then two of it, around a URL.
        let program = |layers: &[u8]| [&[layers.len() as u8 - 1], layers, b"\0\0a/b?c=d&e=%20#f"].concat();
        for seed in [program(&[format]), program(&[format, format])] {
            put(&corpus, "unwrapping", &seed, &mut counts)?;
        }
    }
    for (target, count) in counts {
        println!("{target}: {count}");
    }
    Ok(())
}

fn keep(corpus: &Path, bytes: &[u8], mail: bool, counts: &mut BTreeMap<&str, usize>) -> io::Result<()> {
    let mut seeds: Vec<(&str, Vec<u8>)> =
        targets(bytes, mail).iter().map(|target| (*target, bytes.to_vec())).collect();
    if bytes.starts_with(&[0x30]) {
        seeds.push(("smime", flatten(bytes)));
        seeds.push(("keys", flatten(bytes)));
    }
    if let Some(packets) = unarmoured(bytes) {
        seeds.push(("openpgp", flatten_packets(&packets)));
        seeds.push(("keys", [&[0], &flatten_packets(&packets)[..]].concat()));
        seeds.push(("openpgp", packets));
    }
    if let Ok(text) = str::from_utf8(bytes) {
        seeds.extend(wrapped(text).into_iter().map(|link| ("unwrapping", link)));
    }
    seeds.iter().try_for_each(|(target, seed)| put(corpus, target, seed, counts))
}

fn put<'a>(
    corpus: &Path,
    target: &'a str,
    seed: &[u8],
    counts: &mut BTreeMap<&'a str, usize>,
) -> io::Result<()> {
    if seed.is_empty() || seed.len() > MOST_BYTES {
        return Ok(());
    }
    let folder = corpus.join(target);
    fs::create_dir_all(&folder)?;
    let file = folder.join(format!("seed-{:08x}-{}", crc32fast::hash(seed), seed.len()));
    if !file.exists() {
        fs::write(file, seed)?;
        *counts.entry(target).or_default() += 1;
    }
    Ok(())
}

/// The links of a text that lead through others.
fn wrapped(text: &str) -> Vec<Vec<u8>> {
    let mut found = Findings::new(Limits { unwrap_depth: 1, ..Limits::default() });
    scan_text(text, &mut found);
    let opened = |pair: &[mailcase_indicators::Finding]| {
        let [link, _, target] = pair else { return None };
        let wraps = link.kind == Kind::Url && target.how == How::Unwrapped && link.span == target.span;
        wraps.then(|| link.value.clone().into_bytes())
    };
    found.as_slice().windows(3).filter_map(opened).collect()
}

/// The targets that read such bytes.
fn targets(bytes: &[u8], mail: bool) -> &'static [&'static str] {
    let text = bytes.trim_ascii_start();
    let begins = |mark: &[u8]| text.get(..mark.len()).is_some_and(|start| start.eq_ignore_ascii_case(mark));
    let any = |marks: &[&[u8]]| marks.iter().any(|mark| begins(mark));
    if mail {
        &["mime", "extraction", "origin", "reported"]
    } else if begins(b"\xd0\xcf\x11\xe0") {
        &["msg", "documents", "extraction"]
    } else if begins(b"\x78\x9f\x3e\x22") {
        &["tnef", "extraction"]
    } else if begins(b"{\\rt") {
        &["rtf", "documents"]
    } else if begins(b"-----BEGIN PGP") {
        &["openpgp", "keys"]
    } else if any(&[b"\x30\x82", b"\x30\x80", b"\x30\x83", b"-----BEGIN", b"MI"]) {
        &["smime", "keys"]
    } else if begins(b"PK") {
        &["archives", "documents", "extraction"]
    } else if any(&[b"7z\xbc", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"Rar!", b"MSCF"])
        || bytes.get(257..262) == Some(b"ustar")
        || bytes.get(32_769..32_774) == Some(b"CD001")
    {
        &["archives"]
    } else if any(&[b"%PDF", b"[InternetShortcut", b"[Desktop", b"\x4c\0\0\0", b"\xe4\x52\x5c\x7b"]) {
        &["documents"]
    } else if begins(b"<") {
        &["documents", "preview", "indicators"]
    } else if any(&[b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"BM"]) {
        &["pictures"]
    } else if any(&[
        b"From",
        b"Received",
        b"Return-Path",
        b"Subject",
        b"To:",
        b"MIME-",
        b"Content-",
        b"Date",
        b"X-",
    ]) {
        &["mime"]
    } else if str::from_utf8(bytes).is_ok() {
        &["indicators"]
    } else {
        &[]
    }
}

/// Binary packets, or those in armour.
fn unarmoured(bytes: &[u8]) -> Option<Vec<u8>> {
    if !bytes.starts_with(b"-----BEGIN PGP") {
        return None;
    }
    let text = String::from_utf8_lossy(bytes).replace('\r', "");
    let body = text.split_once("\n\n")?.1.split("-----END").next()?;
    let digits: String = body.lines().filter(|line| !line.starts_with('=')).collect();
    data_encoding::BASE64.decode(digits.trim().as_bytes()).ok()
}
