//! What holds for the evidence of any bytes.

use mailcase_evidence::{Evidence, Limits, Means, Part, examine, safe_file_name};

use crate::{cost, means};

/// Parts a message may lie below the limit of depth: what is there is told, but not opened.
const BEYOND: usize = 1;
/// Defects of one part, and those that what it comes from says of it.
const DEFECTS: usize = 100;
/// Evidence in JSON beside the bytes it is about: every part has names, hashes and headers of its own.
const JSON_BYTES: usize = 64 << 20;

/// Examines the message and checks what is cheap to check.
pub fn message(raw: &[u8]) {
    dump(raw);
    let means = means::of(raw);
    let evidence = cost::bounded(cost::MESSAGE, || examine(raw, &means));
    evidence_of(raw, &evidence, &means);
}

/// Keeps the message that was made of the random bytes, when `MAILCASE_FUZZ_DUMP` names a file to keep it in.
pub(crate) fn dump(raw: &[u8]) {
    if let Some(file) = std::env::var_os("MAILCASE_FUZZ_DUMP") {
        std::fs::write(file, raw).expect("the file can be written");
    }
}

pub(crate) fn evidence_of(raw: &[u8], evidence: &Evidence, means: &Means) {
    let limits = &means.limits;
    assert!(evidence.defects.iter().all(|defect| defect.code != "parser_failed"), "a panic cost the message");
    assert_eq!(evidence.size, raw.len() as u64);
    assert!(evidence.headers.len() <= limits.headers, "headers");
    assert!(evidence.indicators.len() <= limits.indicators, "indicators");
    for body in evidence.text.iter().chain(&evidence.html) {
        assert!(body.content.len() <= limits.body_bytes, "a body beyond its limit");
    }
    tree(raw, &evidence.root, limits);
    crate::reported::holds(evidence);
    crate::indicators::holds(evidence);
    let json = serde_json::to_vec(evidence).expect("evidence is JSON");
    assert!(json.len() <= JSON_BYTES + 16 * raw.len(), "{} bytes of evidence", json.len());
    let mut again: Evidence = serde_json::from_slice(&json).expect("evidence is read again");
    // What there is to hold against the DNS is not stored.
    again.origin.clone_from(&evidence.origin);
    assert!(again == *evidence, "evidence changes on its way through JSON");
}

fn tree(raw: &[u8], root: &Part, limits: &Limits) {
    assert_eq!(root.path, "/");
    let (mut parts, mut content) = (0, 0_u64);
    for part in root.walk() {
        parts += 1;
        one(part, limits);
        let prefix = part.path.trim_end_matches('/');
        for (number, child) in part.children.iter().enumerate() {
            assert_eq!(child.path, format!("{prefix}/{}", number + 1));
        }
        if part.hashes.is_some() && part.children.is_empty() {
            content += part.size;
        }
    }
    assert!(parts <= limits.parts.max(1), "{parts} parts");
    let most = raw.len() as u64 + limits.expanded_bytes;
    assert!(content <= most, "{content} bytes of content of {} bytes", raw.len());
}

fn one(part: &Part, limits: &Limits) {
    let depth = part.path.split('/').filter(|number| !number.is_empty()).count();
    assert!(depth <= limits.depth + BEYOND, "a part {depth} deep");
    assert!(part.defects.len() <= DEFECTS, "{} defects", part.defects.len());
    if let Some(name) = &part.safe_name {
        assert_eq!(&safe_file_name(name), name, "a safe name is not");
        assert!(!name.is_empty() && !name.contains(['/', '\\', '\0']) && name != "." && name != "..");
    }
    if let Some(hashes) = &part.hashes {
        let hex =
            |text: &str| text.bytes().all(|digit| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit));
        for (text, length) in [(&hashes.md5, 32), (&hashes.sha1, 40), (&hashes.sha256, 64)] {
            assert!(text.len() == length && hex(text));
        }
    }
    for header in &part.headers {
        assert!(header.raw.len() <= limits.header_bytes, "a header beyond its limit");
    }
}
