//! Signed and encrypted mail through the whole examination, made by OpenSSL.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic")]

use std::io::Cursor;
use std::path::Path;
use std::process::Command;

use mailcase_evidence::{
    Evidence, Form, Keyring, Lock, Means, PartKind, SignatureState, UnreadReason, examine, extract,
};
use tempfile::TempDir;

/// A folder with a key, and OpenSSL working in it.
struct Workshop(TempDir);

impl Workshop {
    /// None, said visibly, where OpenSSL is missing.
    fn open() -> Option<Self> {
        if Command::new("openssl").arg("version").output().is_err() {
            println!("SKIPPED: openssl is not installed");
            return None;
        }
        let workshop = Self(tempfile::tempdir().unwrap());
        workshop.run(&[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            "key.pem",
            "-out",
            "cert.pem",
            "-days",
            "30",
            "-subj",
            "/CN=Anna Desk/emailAddress=desk@soc.example",
            "-addext",
            "subjectAltName=email:desk@soc.example",
        ]);
        workshop.run(&[
            "pkcs12",
            "-export",
            "-inkey",
            "key.pem",
            "-in",
            "cert.pem",
            "-out",
            "key.p12",
            "-passout",
            "pass:secret",
        ]);
        Some(workshop)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn run(&self, arguments: &[&str]) {
        let done = Command::new("openssl").args(arguments).current_dir(self.path()).output().unwrap();
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    }

    /// Passes `entity` through `openssl cms` and puts the headers of a message in front.
    fn cms(&self, entity: &[u8], arguments: &[&str]) -> Vec<u8> {
        std::fs::write(self.path().join("in"), entity).unwrap();
        self.run(&[&["cms", "-in", "in", "-out", "out"], arguments].concat());
        let done = std::fs::read(self.path().join("out")).unwrap();
        [b"From: eve@bad.example\r\nTo: desk@soc.example\r\nSubject: secured\r\n".as_slice(), &done].concat()
    }

    fn signed(&self, entity: &[u8], more: &[&str]) -> Vec<u8> {
        self.cms(
            entity,
            &[&["-sign", "-signer", "cert.pem", "-inkey", "key.pem", "-md", "sha256"], more].concat(),
        )
    }

    fn encrypted(&self, entity: &[u8]) -> Vec<u8> {
        self.cms(entity, &["-encrypt", "-aes-256-cbc", "cert.pem"])
    }

    fn means(&self) -> Means {
        let mut keys = Keyring::default();
        keys.add_pkcs12(&std::fs::read(self.path().join("key.p12")).unwrap(), "secret").unwrap();
        Means { keys, ..Means::default() }
    }
}

const ENTITY: &[u8] = b"Content-Type: multipart/mixed; boundary=within\r\n\r\n--within\r\nContent-Type: text/plain\r\n\r\n\
    Transfer to https://bad.example/pay today\r\n--within\r\nContent-Type: application/octet-stream; name=notes.bin\r\n\
    Content-Transfer-Encoding: base64\r\n\r\nAAECAw==\r\n--within--\r\n";

fn check_opened(evidence: &Evidence) {
    assert_eq!(
        evidence.text.as_ref().unwrap().content.trim_end(),
        "Transfer to https://bad.example/pay today"
    );
    assert!(evidence.indicators.iter().any(|one| one.value == "https://bad.example/pay"));
    let names: Vec<_> = evidence.root.walk().filter_map(|part| part.name.as_deref()).collect();
    assert!(names.contains(&"notes.bin"), "{names:?}");
    assert!(evidence.unread().is_empty(), "{:?}", evidence.unread());
}

fn states(evidence: &Evidence) -> Vec<SignatureState> {
    evidence.root.walk().flat_map(|part| &part.signatures).map(|signature| signature.state).collect()
}

#[test]
fn a_message_without_a_key_says_so_and_with_it_reads_like_any_other() {
    let Some(workshop) = Workshop::open() else { return };
    let raw = workshop.encrypted(ENTITY);
    let locked = examine(&raw, &Means::default());
    let [unread] = &locked.unread()[..] else { panic!("{:?}", locked.unread()) };
    assert_eq!((unread.reason, unread.part.unwrap().path.as_str()), (UnreadReason::NeedsKey, "/"));
    assert!(matches!(&locked.root.lock, Some(Lock::Key { recipients }) if recipients.len() == 1));
    assert_eq!(locked.root.kind, PartKind::Layer);
    assert!(locked.text.is_none());

    let means = workshop.means();
    let opened = examine(&raw, &means);
    check_opened(&opened);
    let notes = opened.root.walk().find(|part| part.name.as_deref() == Some("notes.bin")).unwrap();
    let mut out = Vec::new();
    extract(Cursor::new(&raw), &notes.path, Form::Content, &mut out, &means).unwrap();
    assert_eq!(out, [0, 1, 2, 3]);
}

#[test]
fn signatures_are_held_against_what_they_sign() {
    let Some(workshop) = Workshop::open() else { return };
    for (how, more) in [("clear", &[][..]), ("opaque", &["-nodetach"][..])] {
        let raw = workshop.signed(ENTITY, more);
        let evidence = examine(&raw, &Means::default());
        check_opened(&evidence);
        assert_eq!(states(&evidence), [SignatureState::Intact], "{how}");
        let signature = evidence.root.walk().flat_map(|part| &part.signatures).next().unwrap();
        assert_eq!(signature.addresses, ["desk@soc.example"], "{how}");
        // As mail stores keep it that end lines by LF alone.
        let stored = String::from_utf8(raw.clone()).unwrap().replace("\r\n", "\n");
        assert_eq!(states(&examine(stored.as_bytes(), &Means::default())), [SignatureState::Intact], "{how}");
    }
    let altered = String::from_utf8(workshop.signed(ENTITY, &[])).unwrap().replace("today", "never");
    assert_eq!(states(&examine(altered.as_bytes(), &Means::default())), [SignatureState::Broken]);
}

#[test]
fn layers_are_opened_whatever_their_order() {
    let Some(workshop) = Workshop::open() else { return };
    let entity_of = |message: Vec<u8>| {
        let text = String::from_utf8(message).unwrap();
        text.split_once("Subject: secured\r\n").unwrap().1.as_bytes().to_vec()
    };
    let signed_first = workshop.encrypted(&entity_of(workshop.signed(ENTITY, &[])));
    let encrypted_first = workshop.signed(&entity_of(workshop.encrypted(ENTITY)), &[]);
    let thrice = workshop.signed(&entity_of(signed_first.clone()), &["-nodetach"]);
    for (raw, signatures) in [(signed_first, 1), (encrypted_first, 1), (thrice, 2)] {
        let evidence = examine(&raw, &workshop.means());
        check_opened(&evidence);
        assert_eq!(states(&evidence), vec![SignatureState::Intact; signatures]);
    }
}
