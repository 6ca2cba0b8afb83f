//! Whole mails, signed and encrypted by OpenSSL in every order, examined with keys and without.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

use std::path::Path;
use std::process::Command;

use mailcase_evidence::{
    Evidence, Form, Keyring, Lock, Means, Part, PartKind, Signature, SignatureState, UnreadReason, examine,
    extract,
};

/// What the sender wrote: a text and a file.
const ENTITY: &str = "Content-Type: multipart/mixed; boundary=\"inner\"\r\n\r\n--inner\r\n\
    Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\
    Grüße, siehe https://example.com/rechnung\r\n--inner\r\n\
    Content-Type: application/pdf; name=\"rechnung.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\
    Content-Disposition: attachment; filename=\"rechnung.pdf\"\r\n\r\nJVBERi0xLjcKAAECAwQF\r\n--inner--\r\n";
const FILE: &[u8] = b"%PDF-1.7\n\x00\x01\x02\x03\x04\x05";

fn openssl(folder: &Path, arguments: &str) {
    let output =
        Command::new("openssl").args(arguments.split_whitespace()).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
}

struct Post {
    folder: tempfile::TempDir,
    means: Means,
}

impl Post {
    fn new() -> Option<Self> {
        if Command::new("openssl").arg("version").output().is_err() {
            assert!(std::env::var_os("CI").is_none(), "openssl is missing: run scripts/need cryptography");
            eprintln!("skipped: openssl is missing; scripts/need cryptography installs it");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let mut keys = Keyring::default();
        for (name, algorithm) in [("alice", "rsa:2048"), ("bob", "ec -pkeyopt ec_paramgen_curve:P-256")] {
            openssl(
                folder.path(),
                &format!(
                    "req -x509 -nodes -newkey {algorithm} -keyout {name}.key -out {name}.crt -days 30 \
                     -subj /CN={name} -addext subjectAltName=email:{name}@example.com"
                ),
            );
            let pack = "pkcs12 -export -passout pass:secret";
            openssl(folder.path(), &format!("{pack} -inkey {name}.key -in {name}.crt -out {name}.p12"));
            let file = std::fs::read(folder.path().join(format!("{name}.p12"))).unwrap();
            keys.add_pkcs12(&file, "secret").unwrap();
        }
        std::fs::write(folder.path().join("entity"), ENTITY).unwrap();
        Some(Self { folder, means: Means { keys, ..Means::default() } })
    }

    /// Puts layers around the entity, then the headers of a mail.
    fn mail(&self, layers: &[&str]) -> Vec<u8> {
        let path = self.folder.path();
        std::fs::copy(path.join("entity"), path.join("layer")).unwrap();
        for layer in layers {
            openssl(path, &format!("cms -in layer -out next -outform SMIME {layer}"));
            std::fs::rename(path.join("next"), path.join("layer")).unwrap();
        }
        let mut mail = b"From: Bob <bob@example.com>\nTo: alice@example.com\nSubject: Rechnung\n".to_vec();
        mail.extend(std::fs::read(path.join("layer")).unwrap());
        mail
    }
}

const ENCRYPTIONS: [&str; 4] = [
    "-encrypt -binary -aes256 -recip alice.crt",
    "-encrypt -binary -des3 -stream -recip alice.crt",
    "-encrypt -binary -aes-256-gcm -recip alice.crt -keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha256",
    "-encrypt -binary -aes-128-gcm -keyid -recip bob.crt",
];
const SIGNATURES: [&str; 4] = [
    "-sign -nodetach -signer alice.crt -inkey alice.key",
    "-sign -nodetach -signer bob.crt -inkey bob.key -md sha384",
    "-sign -signer alice.crt -inkey alice.key",
    "-sign -signer bob.crt -inkey bob.key",
];

fn signatures(evidence: &Evidence) -> Vec<&Signature> {
    evidence.root.walk().flat_map(|part| &part.signatures).collect()
}

fn find<'a>(evidence: &'a Evidence, name: &str) -> &'a Part {
    let found = evidence.root.walk().find(|part| part.name.as_deref() == Some(name));
    found.unwrap_or_else(|| panic!("{name}: {:#?}", evidence.root))
}

/// Everything the sender wrote is there, byte for byte.
fn all_there(mail: &[u8], means: &Means, what: &str) -> Evidence {
    let evidence = examine(mail, means);
    assert_eq!(
        evidence.text.as_ref().map(|body| body.content.trim_end()),
        Some("Grüße, siehe https://example.com/rechnung"),
        "{what}: {:#?}",
        evidence.root
    );
    let file = find(&evidence, "rechnung.pdf");
    assert_eq!(file.kind, PartKind::Attachment, "{what}");
    let mut content = Vec::new();
    extract(std::io::Cursor::new(mail), &file.path, Form::Content, &mut content, means).unwrap();
    assert_eq!(content, FILE, "{what}");
    assert!(evidence.indicators.iter().any(|found| found.value == "https://example.com/rechnung"), "{what}");
    let locked = evidence.unread().iter().any(|unread| unread.reason == UnreadReason::NeedsKey);
    assert!(!locked, "{what}: {:?}", evidence.unread());
    evidence
}

#[test]
fn signed_and_encrypted_mail_in_every_order() {
    let Some(post) = Post::new() else { return };
    for encrypt in ENCRYPTIONS {
        all_there(&post.mail(&[encrypt]), &post.means, encrypt);
        for sign in SIGNATURES {
            for layers in [[sign, encrypt], [encrypt, sign]] {
                let what = format!("{layers:?}");
                let evidence = all_there(&post.mail(&layers), &post.means, &what);
                let [signature] = signatures(&evidence)[..] else { panic!("{what}: {:#?}", evidence.root) };
                assert_eq!(signature.state, SignatureState::Intact, "{what}");
                let signer = if sign.contains("alice") { "alice@example.com" } else { "bob@example.com" };
                assert_eq!(signature.addresses, [signer], "{what}");
            }
        }
    }
    let thrice = [SIGNATURES[2], ENCRYPTIONS[0], SIGNATURES[1]];
    let evidence = all_there(&post.mail(&thrice), &post.means, "signed within and without");
    assert_eq!(signatures(&evidence).len(), 2);
}

#[test]
fn a_clear_signature_is_held_against_what_it_signs() {
    let Some(post) = Post::new() else { return };
    for sign in &SIGNATURES[2..] {
        let mail = String::from_utf8(post.mail(&[sign])).unwrap();
        let state = |mail: &str| signatures(&examine(mail.as_bytes(), &Means::default()))[0].state;
        assert_eq!(state(&mail), SignatureState::Intact);
        assert_eq!(state(&mail.replace("\r\n", "\n")), SignatureState::Intact, "as mail stores keep it");
        assert_eq!(state(&mail.replace("siehe", "Siehe")), SignatureState::Broken);
    }
}

#[test]
fn without_a_key_the_rest_of_the_mail_is_there() {
    let Some(post) = Post::new() else { return };
    let mail = post.mail(&[ENCRYPTIONS[0]]);
    let evidence = examine(&mail, &Means::default());
    assert_eq!(evidence.envelope.subject.as_deref(), Some("Rechnung"));
    let locked: Vec<&Part> = evidence.root.walk().filter(|part| part.lock.is_some()).collect();
    let [locked] = locked[..] else { panic!("{:#?}", evidence.root) };
    let Some(Lock::Key { recipients }) = &locked.lock else { panic!("{locked:?}") };
    assert!(recipients[0].starts_with("CN=alice, serial number "), "{recipients:?}");
    assert_eq!((locked.format.as_deref(), locked.kind), (Some("smime_enveloped"), PartKind::Layer));
    let [unread] = &evidence.unread()[..] else { panic!("{:?}", evidence.unread()) };
    assert_eq!((unread.reason, unread.part.unwrap().path.as_str()), (UnreadReason::NeedsKey, "/"));
    assert!(evidence.text.is_none());
    // With the key it is another evidence, and without it always the same.
    assert_eq!(evidence, examine(&mail, &Means::default()));
    assert_ne!(evidence, examine(&mail, &post.means));
}
