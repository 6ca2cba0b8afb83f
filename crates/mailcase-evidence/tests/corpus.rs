//! Real mail that nobody here wrote. Reads the folder named by `MAILCASE_CORPUS`, by default `shared/corpus` beside
//! the workspace; says so when it is not there.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests fail as tests do")]

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mailcase_evidence::{
    Form, Limits, Means, PartKind, examine, examine_headers, examine_reader, extract, preview,
};

/// A message that takes this long hangs: without optimisation the slowest takes a tenth of a second, and the machine
/// may be busy with other tests.
const MESSAGE_TIME: Duration = Duration::from_secs(20);
/// What is fetched of a message to learn its headers.
const BEGINNING: usize = 16 << 10;

fn corpus() -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let folder = std::env::var_os("MAILCASE_CORPUS").map_or(default, PathBuf::from);
    let there = folder.is_dir();
    if !there {
        println!("SKIPPED: there is no corpus at {}", folder.display());
    }
    there.then_some(folder)
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

#[test]
fn every_file_gives_evidence_in_time_and_the_same_from_a_stream() {
    let Some(folder) = corpus() else { return };
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    assert!(paths.len() > 500, "only {} files", paths.len());
    let streaming = Means::from(Limits { in_memory_bytes: 0, ..Limits::default() });
    let mut told = 0;
    let count = paths.len();
    let mut slowest = (Duration::ZERO, PathBuf::new());
    for path in paths {
        let raw = std::fs::read(&path).unwrap();
        let begun = Instant::now();
        let evidence = examine(&raw, &Means::default());
        let took = begun.elapsed();
        if took > slowest.0 {
            slowest = (took, path.clone());
        }
        assert!(!evidence.headers.is_empty() || !evidence.defects.is_empty(), "{}", path.display());
        assert!(evidence.defects.iter().all(|defect| defect.code != "parser_failed"), "{}", path.display());
        let streamed = examine_reader(Cursor::new(&raw), raw.len() as u64, &streaming).unwrap();
        assert_eq!(evidence, streamed, "{}", path.display());
        let beginning = raw.get(..BEGINNING).unwrap_or(&raw);
        if let Some(known) = examine_headers(beginning, &Limits::default()) {
            told += 1;
            assert_eq!(known.headers, evidence.headers, "{}", path.display());
            assert_eq!(known.envelope, evidence.envelope, "{}", path.display());
        }
        for part in evidence.root.walk().filter(|part| part.kind != PartKind::Multipart) {
            let mut out = Vec::new();
            let info =
                extract(Cursor::new(&raw), &part.path, Form::Content, &mut out, &Means::default()).unwrap();
            assert_eq!(info.part.hashes, part.hashes, "{} {}", path.display(), part.path);
            assert_eq!(out.len() as u64, part.size, "{} {}", path.display(), part.path);
        }
        if let Some(html) = &evidence.html {
            preview::sanitize(&html.content, |_| None);
        }
    }
    assert!(told * 2 > count, "the headers of only {told} of {count} end within {BEGINNING} bytes");
    println!("slowest: {:?} {}", slowest.0, slowest.1.display());
    assert!(slowest.0 < MESSAGE_TIME, "{} took {:?}", slowest.1.display(), slowest.0);
}

#[test]
fn what_is_reported_lies_where_it_says() {
    let Some(folder) = corpus() else { return };
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    for path in paths {
        let evidence = examine(&std::fs::read(&path).unwrap(), &Means::default());
        let Some(report) = &evidence.reported else { continue };
        let tool = report.tool.as_ref().map(|tool| tool.kind);
        println!("{} {tool:?} {:?}", path.display(), evidence.envelope.subject);
        for message in &report.messages {
            assert!(evidence.root.walk().any(|part| part.path == message.path), "{}", path.display());
            let because = message.place.as_ref().map(|place| place.because.as_str());
            println!("  {:?} {} {because:?} {:?}", message.within, message.path, message.subject);
            let kept =
                [&evidence.text, &evidence.html].into_iter().flatten().any(|body| body.path == message.path);
            assert_eq!(message.text(&evidence).is_some(), because.is_some() && kept, "{}", path.display());
        }
    }
}
