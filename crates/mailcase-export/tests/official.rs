//! What is exported is valid to those who wrote the formats: the validators of OASIS and MISP, installed by
//! `scripts/need validators`.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use jiff::Timestamp;
use mailcase_export::{Export, Item, Organization, Verdict};
use mailcase_indicators::Kind;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use uuid::Uuid;

const KINDS: [Kind; 16] = [
    Kind::Ipv4,
    Kind::Ipv6,
    Kind::Url,
    Kind::Domain,
    Kind::Email,
    Kind::Md5,
    Kind::Sha1,
    Kind::Sha256,
    Kind::Sha512,
    Kind::FileName,
    Kind::RegistryPath,
    Kind::Cve,
    Kind::CryptoAddress,
    Kind::Phone,
    Kind::DateTime,
    Kind::PaymentCard,
];

/// What a validator says of a document.
#[derive(Debug)]
struct Verdicts {
    errors: Vec<String>,
    warnings: Vec<String>,
}

fn validate(format: &str, documents: &[Value]) -> Vec<Verdicts> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/validators");
    let python = folder.join(".venv/bin/python");
    assert!(python.exists(), "the validators are missing: run scripts/need validators");
    let scratch = tempfile::tempdir().unwrap();
    let files: Vec<PathBuf> = documents
        .iter()
        .enumerate()
        .map(|(n, document)| {
            let path = scratch.path().join(format!("{n}.json"));
            std::fs::write(&path, document.to_string()).unwrap();
            path
        })
        .collect();
    let output =
        Command::new(python).arg(folder.join("validate.py")).arg(format).args(&files).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let list = |value: &Value| value.as_array().unwrap().iter().map(Value::to_string).collect();
    let verdicts: Vec<_> = lines
        .filter(|line| line["errors"].is_array())
        .map(|line| Verdicts { errors: list(&line["errors"]), warnings: list(&line["warnings"]) })
        .collect();
    assert_eq!(verdicts.len(), documents.len(), "{text}");
    verdicts
}

fn item(kind: Kind, value: &str, verdict: Option<Verdict>) -> Item {
    Item {
        kind,
        value: value.to_owned(),
        verdict,
        note: "kit of March, \"login\"".to_owned(),
        judged_at: verdict.map(|_| "2026-03-01T12:00:00Z".parse().unwrap()),
        last_seen: Some("2026-02-28T08:15:30.123456Z".parse().unwrap()),
        messages: 3,
        detail: (kind == Kind::CryptoAddress).then(|| "bitcoin".to_owned()),
        places: vec!["/1 text".to_owned(), "header:From".to_owned()],
    }
}

fn export(items: Vec<Item>) -> Export {
    Export {
        organization: Organization {
            id: Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001),
            name: "Northwind \u{201c}Security\u{201d}".to_owned(),
            since: "2026-01-01T00:00:00Z".parse().unwrap(),
        },
        title: "FW: Your invoice \u{202e}\0 is overdue\r\n".to_owned(),
        subject: Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0002),
        made_at: "2026-03-02T09:00:00Z".parse().unwrap(),
        items,
    }
}

/// One good value of each kind, as the scanner writes them.
const GOOD: [(Kind, &str); 20] = [
    (Kind::Ipv4, "198.51.100.7"),
    (Kind::Ipv6, "2001:db8::7"),
    (Kind::Url, "https://evil.example/login?a=1#top"),
    (Kind::Url, "http://198.51.100.7:8080/x%20y"),
    (Kind::Url, "https://evil.example/a|b?c={d}[e]"),
    (Kind::Domain, "evil.example"),
    (Kind::Domain, "xn--pypal-4ve.example"),
    (Kind::Email, "boss@evil.example"),
    (Kind::Md5, "d41d8cd98f00b204e9800998ecf8427e"),
    (Kind::Sha1, "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    (Kind::Sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    (
        Kind::Sha512,
        "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
    ),
    (Kind::FileName, "invoice.pdf.exe"),
    (Kind::FileName, "\u{dc}bersicht \u{202e}fdp.exe"),
    (Kind::RegistryPath, "HKEY_LOCAL_MACHINE\\Software\\Microsoft\\Windows\\CurrentVersion\\Run"),
    (Kind::Cve, "CVE-2024-3094"),
    (Kind::CryptoAddress, "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
    (Kind::Phone, "+493012345678"),
    (Kind::DateTime, "2026-03-01T12:00:00Z"),
    (Kind::PaymentCard, "411111******1111"),
];

/// What senders, broken scanners and people may put in the place of a value.
const HOSTILE: [&str; 26] = [
    "",
    " ",
    "'",
    "\"",
    "\\",
    "a' OR '1'='1",
    "'] OR [file:name = 'x",
    "=cmd|' /C calc'!A0",
    "\u{202e}gnp.exe",
    "\0",
    "a\r\nb",
    "https://",
    "https://evil.example/\u{7f}",
    "https://[::1",
    "https://evil.example/%zz%",
    "https://a b.example/",
    "https://evil.example/{}|\\^`<>\"",
    "http://user:pa[ss@evil.example/",
    "evil..example",
    "-evil-.example",
    "xn--ls8h.la",
    "a@b",
    "\"a b\"@evil.example",
    "999.999.999.999",
    "hklm\\software",
    "\u{1f4a9}.example",
];

fn good(verdict: Option<Verdict>) -> Vec<Item> {
    GOOD.iter().map(|(kind, value)| item(*kind, value, verdict)).collect()
}

fn hostile(verdict: Option<Verdict>) -> Vec<Item> {
    let all = KINDS.iter().flat_map(|kind| HOSTILE.iter().map(move |value| (*kind, *value)));
    all.map(|(kind, value)| Item { note: value.to_owned(), ..item(kind, value, verdict) }).collect()
}

fn exports() -> Vec<Export> {
    let mut mixed = good(None);
    mixed.extend(good(Some(Verdict::Malicious)));
    mixed.extend(good(Some(Verdict::Own)));
    let mut ancient = export(good(None));
    ancient.made_at = Timestamp::MIN;
    let nameless = Organization { name: String::new(), ..export(vec![]).organization };
    vec![
        export(vec![]),
        export(good(None)),
        export(good(Some(Verdict::Malicious))),
        export(good(Some(Verdict::Benign))),
        export(mixed),
        export(hostile(None)),
        export(hostile(Some(Verdict::Malicious))),
        ancient,
        Export { organization: nameless, title: String::new(), ..export(good(None)) },
    ]
}

#[test]
fn stix_is_valid() {
    let documents: Vec<Value> = exports().iter().map(mailcase_export::stix).collect();
    for (n, verdicts) in validate("stix", &documents).into_iter().enumerate() {
        assert_eq!(verdicts.errors, Vec::<String>::new(), "export {n}");
        assert_eq!(verdicts.warnings, Vec::<String>::new(), "export {n}");
    }
    let types = |document: &Value, name: &str| {
        document["objects"].as_array().unwrap().iter().filter(|object| object["type"] == name).count()
    };
    // Nothing of what is good gets lost on the way to validity.
    let quiet = &documents[1];
    assert_eq!((types(quiet, "url"), types(quiet, "domain-name"), types(quiet, "file")), (3, 2, 6));
    assert_eq!((types(quiet, "indicator"), types(quiet, "vulnerability"), types(quiet, "note")), (0, 1, 1));
    let loud = &documents[2];
    assert_eq!((types(loud, "indicator"), types(loud, "relationship")), (15, 15));
    assert_eq!(mailcase_export::stix(&exports()[2]), *loud, "the same export is the same document");
}

#[test]
fn misp_is_valid() {
    let documents: Vec<Value> = exports().iter().map(mailcase_export::misp).collect();
    for (n, verdicts) in validate("misp", &documents).into_iter().enumerate() {
        assert_eq!(verdicts.errors, Vec::<String>::new(), "export {n}");
    }
    let attributes = |n: usize| documents[n]["Event"]["Attribute"].as_array().unwrap().clone();
    assert_eq!(attributes(1).len(), GOOD.len());
    assert!(attributes(1).iter().all(|one| one["to_ids"] == false));
    let detecting = attributes(2).iter().filter(|one| one["to_ids"] == true).count();
    assert_eq!(detecting, GOOD.len() - 4, "all but CVE, phone, time and card");
}

/// A validator that takes everything proves nothing.
#[test]
fn broken_documents_are_refused() {
    let mut documents = Vec::new();
    let whole = mailcase_export::stix(&exports()[2]);
    let broken: [fn(&mut Value); 6] = [
        |document| document["objects"][0]["id"] = json!("identity--1"),
        |document| document["objects"][0]["created"] = json!("yesterday"),
        |document| find(document, "indicator")["pattern"] = json!("[url:value = 'x"),
        |document| find(document, "ipv4-addr")["value"] = json!("999.1.1.1"),
        |document| find(document, "url")["value"] = json!("https://a b/{"),
        |document| find(document, "report")["object_refs"] = json!([]),
    ];
    for breaking in broken {
        let mut document = whole.clone();
        breaking(&mut document);
        documents.push(document);
    }
    for (n, verdicts) in validate("stix", &documents).into_iter().enumerate() {
        assert!(!verdicts.errors.is_empty(), "broken document {n} was taken");
    }
    let whole = mailcase_export::misp(&exports()[1]);
    let broken: [fn(&mut Value); 4] = [
        |document| document["Event"]["Attribute"][0]["type"] = json!("no such type"),
        |document| document["Event"]["Attribute"][0]["category"] = json!("Person"),
        |document| document["Event"]["Attribute"][0]["to_ids"] = json!("yes"),
        |document| document["Event"]["surprise"] = json!(1),
    ];
    let documents: Vec<Value> = broken
        .into_iter()
        .map(|breaking| {
            let mut document = whole.clone();
            breaking(&mut document);
            document
        })
        .collect();
    for (n, verdicts) in validate("misp", &documents).into_iter().enumerate() {
        assert!(!verdicts.errors.is_empty(), "broken document {n} was taken");
    }
}

fn find<'a>(document: &'a mut Value, name: &str) -> &'a mut Value {
    document["objects"].as_array_mut().unwrap().iter_mut().find(|object| object["type"] == name).unwrap()
}

#[test]
fn tables_and_lists_have_a_line_for_each() {
    for (export, count) in
        [(export(good(None)), GOOD.len()), (export(hostile(None)), HOSTILE.len() * KINDS.len())]
    {
        for defanged in [false, true] {
            assert_eq!(mailcase_export::text(&export, defanged).lines().count(), count);
            let table = mailcase_export::csv(&export, defanged);
            assert_eq!(table.matches("\r\n").count(), count + 1);
            assert!(!table.replace("\r\n", "").contains(['\r', '\n', '\0']));
            for cell in table.split("\r\n").flat_map(|row| row.split("\",\"")) {
                assert!(!cell.trim_start_matches('"').starts_with(['=', '@', '+']), "{cell}");
            }
        }
    }
    let defanged = mailcase_export::text(&export(good(None)), true);
    assert!(defanged.contains("hxxps[://]evil[.]example/login?a=1#top\n"), "{defanged}");
    assert!(mailcase_export::csv(&export(good(None)), true).contains("\"boss[@]evil[.]example\""));
    assert!(mailcase_export::csv(&export(good(None)), false).contains("\"boss@evil.example\""));
}
