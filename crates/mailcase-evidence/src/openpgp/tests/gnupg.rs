//! Every algorithm, as GnuPG makes it; changed messages; bytes that never were messages.

use std::sync::OnceLock;

use proptest::prelude::*;

use crate::contents::{Content, Contents, Room};
use crate::keys::{KeyError, KeyKind, Keyring};
use crate::openpgp::{open, verify_detached};
use crate::smime::tests::workshop::{ENTITY, Workshop, have, room};
use crate::{Lock, SignatureState};

const QUIET: [&str; 9] = [
    "--batch",
    "--yes",
    "--quiet",
    "--no-tty",
    "--pinentry-mode",
    "loopback",
    "--trust-model",
    "always",
    "--passphrase",
];

struct Gnupg {
    workshop: Workshop,
    password: &'static str,
}

impl Drop for Gnupg {
    fn drop(&mut self) {
        self.workshop.command("gpgconf", &["--kill", "all"]);
    }
}

impl Gnupg {
    /// Keys without a password are read faster: nothing is derived from it.
    fn with_password(password: &'static str) -> Option<Self> {
        if !(have("gpg") && have("gpg-agent") && have("gpgconf")) {
            return None;
        }
        let workshop = Workshop::new();
        workshop.write("gpg-agent.conf", b"allow-loopback-pinentry\ns2k-count 65536\n");
        workshop.write("entity", ENTITY);
        Some(Self { workshop, password })
    }

    fn run(&self, arguments: &str) -> Vec<u8> {
        let arguments: Vec<&str> =
            QUIET.into_iter().chain([self.password]).chain(arguments.split_whitespace()).collect();
        self.workshop.run("gpg", &arguments)
    }

    /// Makes `name@example.com` with a key to sign and, if told, one to encrypt.
    fn key(&self, name: &str, sign: &str, encrypt: &str) {
        let id = format!("{name}@example.com");
        let arguments: Vec<&str> = QUIET
            .into_iter()
            .chain([self.password, "--quick-gen-key", &id, sign, "cert,sign", "2y"])
            .collect();
        self.workshop.run("gpg", &arguments);
        if !encrypt.is_empty() {
            let listed = String::from_utf8(self.run(&format!("--with-colons --list-keys {id}"))).unwrap();
            let print =
                listed.lines().find(|line| line.starts_with("fpr:")).unwrap().split(':').nth(9).unwrap();
            self.run(&format!("--quick-add-key {print} {encrypt} encr 2y"));
        }
    }

    fn secret(&self, name: &str, options: &str) -> Vec<u8> {
        self.run(&format!("{options} --export-secret-keys {name}@example.com"))
    }

    fn message(&self, options: &str) -> Vec<u8> {
        self.run(&format!("--output message {options} entity"));
        self.workshop.read("message")
    }
}

fn entity(contents: &Contents) -> &[u8] {
    assert_eq!(contents.defects, [], "{contents:?}");
    match &contents.items[..] {
        [item] => match &item.content {
            Content::Entity(bytes) => bytes,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_kind_of_key_is_read_and_opens_its_mail() {
    let Some(gnupg) = Gnupg::with_password("") else { return };
    for (name, sign, encrypt, algorithm, bits) in [
        ("rsa", "rsa2048", "rsa2048", "RSA", Some(2048)),
        ("curve", "ed25519", "cv25519", "EdDSA", None),
        ("nist", "nistp256", "nistp256", "ECDSA", None),
        ("large", "nistp384", "nistp521", "ECDSA", None),
    ] {
        gnupg.key(name, sign, encrypt);
        let mut keys = Keyring::default();
        let facts = keys.add_openpgp(&gnupg.secret(name, "--armor"), "").unwrap();
        assert_eq!(facts.kind, KeyKind::Openpgp);
        assert_eq!(facts.addresses, [format!("{name}@example.com")]);
        assert_eq!((facts.algorithm.as_str(), facts.bits), (algorithm, bits));
        assert!(facts.not_after > facts.not_before);
        assert_eq!(facts.subkey_ids.len(), 1);
        let both = format!("--local-user {name}@example.com --recipient {name}@example.com --sign --encrypt");
        for options in ["", "--armor --compress-algo none", "--compress-algo zip", "--compress-algo bzip2"] {
            let message = gnupg.message(&format!("{options} {both}"));
            let contents = open(&message, &keys, &mut room());
            assert_eq!(entity(&contents), ENTITY, "{name} {options}");
            assert_eq!(contents.format, "pgp_encrypted");
            assert_eq!(contents.signatures[0].state, SignatureState::Intact, "{name} {options}");
            let nobody = open(&message, &Keyring::default(), &mut room());
            let Some(Lock::Key { recipients }) = nobody.lock else { panic!("{nobody:?}") };
            assert_eq!(recipients, [format!("key id {}", facts.subkey_ids[0])]);
        }
        let hidden = gnupg.message(&format!("--throw-keyids {both}"));
        assert_eq!(entity(&open(&hidden, &keys, &mut room())), ENTITY, "{name}");
        let nobody = open(&hidden, &Keyring::default(), &mut room());
        assert_eq!(nobody.lock, Some(Lock::Key { recipients: Vec::new() }));
    }
}

#[test]
fn keys_are_opened_with_their_password_alone() {
    let Some(gnupg) = Gnupg::with_password("geheim") else { return };
    gnupg.key("alice", "ed25519", "cv25519");
    let file = gnupg.secret("alice", "--armor");
    let mut keys = Keyring::default();
    assert_eq!(keys.add_openpgp(&file, "wrong"), Err(KeyError::WrongPassword));
    assert!(keys.is_empty());
    keys.add_openpgp(&file, "geheim").unwrap();
    let message = gnupg.message("--recipient alice@example.com --encrypt");
    assert_eq!(entity(&open(&message, &keys, &mut room())), ENTITY);
}

#[test]
fn every_cipher_and_every_shape() {
    let Some(gnupg) = Gnupg::with_password("") else { return };
    gnupg.key("alice", "ed25519", "cv25519");
    gnupg.key("bob", "rsa2048", "rsa2048");
    let mut alice = Keyring::default();
    alice.add_openpgp(&gnupg.secret("alice", ""), "").unwrap();
    let both = gnupg.run("--export-secret-keys alice@example.com bob@example.com");
    assert_eq!(alice.add_openpgp(&both, ""), Err(KeyError::SeveralPrivateKeys));
    let mut bob = Keyring::default();
    bob.add_openpgp(&gnupg.secret("bob", ""), "").unwrap();
    // GnuPG 2.4 wants to be asked twice for those with small blocks; 2.2 does not know the question.
    let insist = "--allow-old-cipher-algos";
    let known = String::from_utf8(gnupg.run("--dump-options")).unwrap();
    let insist = if known.lines().any(|option| option == insist) { insist } else { "" };
    for cipher in
        ["3DES", "CAST5", "BLOWFISH", "AES", "AES192", "AES256", "TWOFISH", "CAMELLIA128", "CAMELLIA256"]
    {
        let options = "--recipient alice@example.com --recipient bob@example.com --encrypt";
        let message = gnupg.message(&format!("{insist} --cipher-algo {cipher} {options}"));
        for keys in [&alice, &bob] {
            assert_eq!(entity(&open(&message, keys, &mut room())), ENTITY, "{cipher}");
        }
    }
    let password = gnupg.message("--passphrase open --symmetric");
    assert_eq!(open(&password, &alice, &mut room()).lock, Some(Lock::Password));
    let either = gnupg.message("--passphrase open --symmetric --encrypt --recipient alice@example.com");
    assert_eq!(entity(&open(&either, &alice, &mut room())), ENTITY);

    let signed = gnupg.message("--local-user alice@example.com --sign");
    let contents = open(&signed, &alice, &mut room());
    assert_eq!((contents.format, entity(&contents)), ("pgp_compressed", ENTITY));
    assert_eq!(contents.signatures[0].state, SignatureState::Intact);
    assert_eq!(contents.signatures[0].addresses, ["alice@example.com"]);
    let stranger = open(&signed, &bob, &mut room());
    assert_eq!(stranger.signatures[0].state, SignatureState::Unverified);
    let mut public = Keyring::default();
    public.add_openpgp_public(&gnupg.run("--armor --export alice@example.com")).unwrap();
    assert_eq!(open(&signed, &public, &mut room()).signatures[0].state, SignatureState::Intact);
    // Without compression, a change of the text is a change of what is signed.
    let mut changed = gnupg.message("--compress-algo none --local-user alice@example.com --sign");
    let at = changed.windows(7).position(|window| window == b"Zweite ").unwrap();
    changed[at] = b'E';
    assert_eq!(open(&changed, &alice, &mut room()).signatures[0].state, SignatureState::Broken);

    for digest in ["SHA256", "SHA384", "SHA512", "SHA224", "SHA1"] {
        let options = format!("--digest-algo {digest} --local-user bob@example.com");
        for kind in ["--detach-sign", "--armor --detach-sign", "--textmode --detach-sign"] {
            let signature = gnupg.message(&format!("{options} {kind}"));
            let verified = verify_detached(&signature, ENTITY, &bob, &mut room());
            let state = if digest == "SHA1" { verified[0].state } else { SignatureState::Intact };
            assert_eq!((verified.len(), verified[0].state), (1, state), "{digest} {kind}");
            assert_ne!(verified[0].state, SignatureState::Broken);
            assert_eq!(verified[0].weak, digest == "SHA1");
            let other = verify_detached(&signature, b"other", &bob, &mut room());
            assert_ne!(other[0].state, SignatureState::Intact);
            assert_eq!(open(&signature, &bob, &mut room()).signatures[0].state, SignatureState::Unverified);
        }
    }
}

#[test]
fn cleartext_signatures_within_a_text() {
    let Some(gnupg) = Gnupg::with_password("") else { return };
    gnupg.key("alice", "ed25519", "");
    let mut keys = Keyring::default();
    keys.add_openpgp(&gnupg.secret("alice", ""), "").unwrap();
    gnupg.workshop.write("entity", "Erste Zeile   \n- mit Strich\nFrom hier\n\nGrüße\n".as_bytes());
    let signed = gnupg.message("--local-user alice@example.com --clear-sign");
    let mail = [b"Hallo,\n\n", &signed[..], b"\n-- \nAlice\n"].concat();
    for text in [mail.clone(), String::from_utf8(mail.clone()).unwrap().replace('\n', "\r\n").into_bytes()] {
        let contents = open(&text, &keys, &mut room());
        assert_eq!(contents.format, "pgp_signed");
        assert_eq!(contents.signatures[0].state, SignatureState::Intact);
        let Content::File(text) = &contents.items[0].content else { panic!("{contents:?}") };
        assert_eq!(text, "Erste Zeile\r\n- mit Strich\r\nFrom hier\r\n\r\nGrüße".as_bytes());
    }
    let changed = String::from_utf8(mail).unwrap().replace("Erste", "Letzte");
    assert_eq!(open(changed.as_bytes(), &keys, &mut room()).signatures[0].state, SignatureState::Broken);

    let public = gnupg.run("--armor --export alice@example.com");
    let contents = open(&public, &keys, &mut room());
    assert_eq!(contents.format, "pgp_keys");
    assert!(contents.facts.iter().any(|fact| fact.name == "user_id" && fact.value == "alice@example.com"));
    let secret = gnupg.secret("alice", "--armor");
    let contents = open(&secret, &keys, &mut room());
    assert!(contents.facts.iter().any(|fact| fact.name == "private_key"));
    assert_eq!(keys.add_openpgp(b"no key", ""), Err(KeyError::NotOpenpgp));
}

struct Seeds {
    keys: Keyring,
    messages: Vec<Vec<u8>>,
    secret: Vec<u8>,
}

fn seeds() -> Option<&'static Seeds> {
    static SEEDS: OnceLock<Option<Seeds>> = OnceLock::new();
    SEEDS
        .get_or_init(|| {
            let gnupg = Gnupg::with_password("")?;
            gnupg.key("alice", "ed25519", "cv25519");
            let mut keys = Keyring::default();
            let secret = gnupg.secret("alice", "");
            keys.add_openpgp(&secret, "").unwrap();
            let alice = "--local-user alice@example.com --recipient alice@example.com";
            let messages = [
                format!("{alice} --sign --encrypt"),
                format!("{alice} --compress-algo none --sign"),
                format!("{alice} --armor --encrypt"),
                format!("{alice} --clear-sign"),
                format!("{alice} --detach-sign"),
                format!("{alice} --compress-algo zip --sign"),
            ]
            .map(|options| gnupg.message(&options));
            Some(Seeds { keys, messages: messages.to_vec(), secret })
        })
        .as_ref()
}

#[test]
fn changed_encryption_is_not_shown() {
    let Some(seeds) = seeds() else { return };
    let message = &seeds.messages[0];
    for back in [1, 10, 30] {
        let mut changed = message.clone();
        let at = changed.len() - back;
        changed[at] ^= 1;
        let contents = open(&changed, &seeds.keys, &mut room());
        assert!(contents.items.is_empty() && !contents.defects.is_empty(), "{contents:?}");
    }
    let mut poor = Room::new(10, 1_000_000_000);
    assert_eq!(open(message, &seeds.keys, &mut poor).defects[0].code, "limit_expanded_bytes");
    let mut poor = Room::new(10_000, 10);
    assert_eq!(open(message, &seeds.keys, &mut poor).defects[0].code, "limit_effort");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn changed_bytes_are_survived(
        which in 0usize..6,
        changes in prop::collection::vec((any::<usize>(), any::<u8>()), 0..6),
        cut in prop_oneof![4 => Just(0usize), 1 => 0usize..1000],
    ) {
        if let Some(seeds) = seeds() {
            let mut bytes = seeds.messages[which].clone();
            for (at, value) in changes {
                let at = at % bytes.len();
                bytes[at] = value;
            }
            bytes.truncate(bytes.len().saturating_sub(cut));
            let mut room = Room::new(100_000, 200_000_000);
            open(&bytes, &seeds.keys, &mut room);
            verify_detached(&bytes, ENTITY, &seeds.keys, &mut room);
        }
    }

    #[test]
    fn changed_keys_are_survived(changes in prop::collection::vec((any::<usize>(), any::<u8>()), 1..6)) {
        if let Some(seeds) = seeds() {
            let mut bytes = seeds.secret.clone();
            for (at, value) in changes {
                let at = at % bytes.len();
                bytes[at] = value;
            }
            let mut keys = Keyring::default();
            match keys.add_openpgp(&bytes, "") {
                Ok(facts) => prop_assert_eq!(keys.facts().next(), Some(&facts)),
                Err(_) => prop_assert!(keys.is_empty()),
            }
            open(&bytes, &keys, &mut Room::new(10_000, 10_000_000));
        }
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200), tag in 0u8..64) {
        let keys = Keyring::default();
        open(&bytes, &keys, &mut Room::new(10_000, 10_000_000));
        let packet = [&[0xc0 | tag, u8::try_from(bytes.len().min(190)).unwrap()][..], &bytes].concat();
        open(&packet, &keys, &mut Room::new(10_000, 10_000_000));
    }
}
