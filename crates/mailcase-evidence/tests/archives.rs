//! Archives and documents attached to mail, through the whole examination.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::io::{Cursor, Write};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mailcase_evidence::{Evidence, Form, IndicatorKind, Lock, Means, Part, examine, extract};

/// A mail with this text and these files.
fn mail(text: &str, files: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut raw = format!(
        "Subject: files\r\nContent-Type: multipart/mixed; boundary=cut\r\n\r\n--cut\r\n\r\n{text}\r\n"
    );
    for (name, kind, bytes) in files {
        let encoded = STANDARD.encode(bytes);
        raw += &format!(
            "--cut\r\nContent-Type: {kind}\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{encoded}\r\n"
        );
    }
    (raw + "--cut--\r\n").into_bytes()
}

fn part<'a>(evidence: &'a Evidence, path: &str) -> &'a Part {
    evidence.root.walk().find(|part| part.path == path).unwrap()
}

fn fact<'a>(part: &'a Part, name: &str) -> Option<&'a str> {
    part.facts.iter().find(|fact| fact.name == name).map(|fact| fact.value.as_str())
}

fn content(raw: &[u8], path: &str) -> Vec<u8> {
    let mut out = Vec::new();
    extract(Cursor::new(raw), path, Form::Content, &mut out, &Means::default()).unwrap();
    out
}

fn urls(evidence: &Evidence) -> Vec<&str> {
    let urls = evidence.indicators.iter().filter(|one| one.kind == IndicatorKind::Url);
    urls.map(|one| one.value.as_str()).collect()
}

fn tape(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tape = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        tape.append_data(&mut header, name, *bytes).unwrap();
    }
    tape.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

/// An archive locked with a password, by the library whose reader is used.
fn locked(password: &str) -> Vec<u8> {
    let mut rar =
        rars::Builder::new(rars::ArchiveVersion::Rar50).password(Some(password.as_bytes().to_vec()));
    rar.add_bytes(
        b"invoice.html".to_vec(),
        b"<a href='https://inside.example/pay'>pay</a>".to_vec(),
        None,
        None,
    )
    .unwrap();
    rar.to_bytes().unwrap()
}

#[test]
fn archives_within_archives_have_paths_to_everything() {
    let inner = tape(&[("a.txt", b"see https://inside.example/a"), ("b.bin", b"\x00\x01")]);
    let raw = mail("hello", &[("files.tar.gz", "application/gzip", &gzip(&inner))]);
    let evidence = examine(&raw, &Means::default());
    assert_eq!(part(&evidence, "/2").format.as_deref(), Some("gzip"));
    assert_eq!(part(&evidence, "/2/1").format.as_deref(), Some("tar"));
    assert_eq!(part(&evidence, "/2/1/1").name.as_deref(), Some("a.txt"));
    assert_eq!(content(&raw, "/2/1/2"), b"\x00\x01");
    assert_eq!(urls(&evidence), ["https://inside.example/a"]);
}

#[test]
fn a_member_without_a_name_has_none() {
    let mut nameless = flate2::GzBuilder::new().filename("").write(Vec::new(), flate2::Compression::fast());
    nameless.write_all(b"text").unwrap();
    let raw = mail("hello", &[("a.gz", "application/gzip", &nameless.finish().unwrap())]);
    let evidence = examine(&raw, &Means::default());
    assert_eq!(part(&evidence, "/2/1").size, 4);
    for one in &evidence.indicators {
        assert!(!one.value.trim().is_empty(), "{one:?}");
    }
}

#[test]
fn the_password_in_the_text_opens_the_archive() {
    let bytes = locked("KD8812");
    let raw =
        mail("The password is KD8812. Please open it.", &[("invoice.rar", "application/vnd.rar", &bytes)]);
    let evidence = examine(&raw, &Means::default());
    assert_eq!(fact(part(&evidence, "/2"), "password"), Some("KD8812"));
    assert_eq!(part(&evidence, "/2").lock, None);
    assert!(urls(&evidence).contains(&"https://inside.example/pay"), "{:?}", urls(&evidence));
    let raw = mail("Ask me for it.", &[("invoice.rar", "application/vnd.rar", &bytes)]);
    let evidence = examine(&raw, &Means::default());
    assert_eq!(part(&evidence, "/2").lock, Some(Lock::Password));
    assert_eq!(part(&evidence, "/2/1").name.as_deref(), Some("invoice.html"));
    let means = Means { passwords: vec!["KD8812".to_owned()], ..Means::default() };
    assert_eq!(part(&examine(&raw, &means), "/2").lock, None);
}

#[test]
fn documents_give_their_links_and_files() {
    let pdf = b"%PDF-1.4\n1 0 obj\n<< /Type /Page /A << /S /URI /URI (https://pdf.example/x) >> >>\nendobj\n";
    let link = b"[InternetShortcut]\r\nURL=https://shortcut.example/\r\n";
    let page = b"<html><script>var l='aHR0cHM6Ly9zY3JpcHQuZXhhbXBsZS8=';</script><form action='https://form.example/'></html>";
    let raw = mail(
        "hello",
        &[
            ("a.pdf", "application/pdf", pdf),
            ("go.url", "application/octet-stream", link),
            ("page.htm", "text/html", page),
        ],
    );
    let evidence = examine(&raw, &Means::default());
    for (path, format) in [("/2", "pdf"), ("/3", "shortcut"), ("/4", "page")] {
        assert_eq!(part(&evidence, path).format.as_deref(), Some(format));
    }
    let mut found = urls(&evidence);
    found.sort_unstable();
    assert_eq!(
        found,
        [
            "https://form.example/",
            "https://pdf.example/x",
            "https://script.example/",
            "https://shortcut.example/"
        ]
    );
}

#[test]
fn reports_of_the_corpus_are_opened() {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let corpus = std::env::var_os("MAILCASE_CORPUS").map_or(default, Into::into);
    let folder = corpus.join("domainaware+parsedmarc/samples");
    if !folder.is_dir() {
        println!("SKIPPED: there is no corpus at {}", corpus.display());
        return;
    }
    let mut opened = 0;
    for kind in ["aggregate", "extract_report"] {
        let mut paths: Vec<_> =
            std::fs::read_dir(folder.join(kind)).unwrap().map(|one| one.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if !["zip", "gz"].iter().any(|ending| name.ends_with(ending)) {
                continue;
            }
            let raw = mail("report", &[(&name, "application/octet-stream", &std::fs::read(&path).unwrap())]);
            let evidence = examine(&raw, &Means::default());
            let report = evidence.root.walk().find(|part| part.format.as_deref() == Some("dmarc_report"));
            let whole = kind == "aggregate";
            assert!(report.is_some() || !whole, "{name}: {:?}", evidence.root);
            assert!(part(&evidence, "/2/1").size > 0, "{name}");
            if let Some(report) = report {
                assert!(fact(report, "reporter").is_some() && fact(report, "domain").is_some(), "{name}");
                opened += 1;
            }
        }
    }
    assert!(opened >= 2, "{opened}");
}
