//! Every algorithm, as OpenSSL makes it.

use super::workshop::{ENTITY, Workshop, decrypted, entity, have, room};
use crate::contents::Contents;
use crate::keys::Keyring;
use crate::smime::open;
use crate::{Lock, SignatureState};

const CIPHERS: [&str; 10] = [
    "-des3",
    "-aes128",
    "-aes192",
    "-aes256",
    "-aes-128-gcm",
    "-aes-192-gcm",
    "-aes-256-gcm",
    "-rc2-40",
    "-rc2-64",
    "-rc2-128",
];
const LEGACY: &str = "-provider legacy -provider default";

fn encrypt(workshop: &Workshop, options: &str) -> Vec<u8> {
    workshop.write("entity", ENTITY);
    workshop
        .openssl(&format!("cms -encrypt -binary -in entity -out message -outform DER {LEGACY} {options}"));
    workshop.read("message")
}

#[test]
fn every_cipher_to_every_kind_of_key() {
    if !have("openssl") {
        return;
    }
    let workshop = Workshop::new();
    workshop.key("rsa", "rsa:2048");
    for curve in ["P-256", "P-384", "P-521"] {
        workshop.key(curve, &format!("ec -pkeyopt ec_paramgen_curve:{curve}"));
    }
    let names = ["rsa", "P-256", "P-384", "P-521"];
    let keys = workshop.keyring(&names);
    for cipher in CIPHERS {
        for name in names {
            // Keys that short cannot be wrapped with AES.
            if matches!(cipher, "-rc2-40" | "-rc2-64") && name != "rsa" {
                continue;
            }
            for shape in ["", "-stream", "-keyid", "-keyid -stream"] {
                let message = encrypt(&workshop, &format!("{cipher} {shape} -recip {name}.crt"));
                assert_eq!(decrypted(&message, &keys), ENTITY, "{cipher} {name} {shape}");
            }
        }
        let message = encrypt(&workshop, &format!("{cipher} -recip rsa.crt -keyopt rsa_padding_mode:oaep"));
        let contents = open(&message, &keys, &mut room());
        let unauthenticated = contents.facts.iter().any(|fact| fact.name == "unauthenticated_encryption");
        assert_eq!(unauthenticated, !cipher.ends_with("gcm"), "{cipher}");
        assert_eq!(entity(contents), ENTITY, "{cipher}");
    }
}

#[test]
fn every_padding_of_rsa() {
    if !have("openssl") {
        return;
    }
    let workshop = Workshop::new();
    let digests = ["sha1", "sha224", "sha256", "sha384", "sha512"];
    for bits in ["1024", "2048", "4096"] {
        workshop.key(bits, &format!("rsa:{bits}"));
    }
    let keys = workshop.keyring(&["1024", "2048", "4096"]);
    for bits in ["1024", "2048", "4096"] {
        let message = encrypt(&workshop, &format!("-aes256 -recip {bits}.crt"));
        assert_eq!(decrypted(&message, &keys), ENTITY, "{bits}");
    }
    for digest in digests {
        for mask in digests {
            let options = format!(
                "-aes-256-gcm -recip 2048.crt -keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:{digest} \
                 -keyopt rsa_mgf1_md:{mask}"
            );
            assert_eq!(decrypted(&encrypt(&workshop, &options), &keys), ENTITY, "{digest} {mask}");
        }
    }
    let labelled = "-aes256 -recip 2048.crt -keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_label:0badcafe";
    assert_eq!(decrypted(&encrypt(&workshop, labelled), &keys), ENTITY);
}

#[test]
fn every_key_agreement() {
    if !have("openssl") {
        return;
    }
    let workshop = Workshop::new();
    workshop.key("ec", "ec -pkeyopt ec_paramgen_curve:P-256");
    let keys = workshop.keyring(&["ec"]);
    for digest in ["sha1", "sha224", "sha256", "sha384", "sha512"] {
        for wrap in ["-aes128-wrap", "-aes192-wrap", "-aes256-wrap", "-des3-wrap"] {
            for cofactor in ["0", "1"] {
                let cipher = if wrap == "-des3-wrap" { "-des3" } else { "-aes256" };
                let message = encrypt(
                    &workshop,
                    &format!(
                        "{cipher} {wrap} -recip ec.crt -keyopt ecdh_kdf_md:{digest} \
                         -keyopt ecdh_cofactor_mode:{cofactor}"
                    ),
                );
                assert_eq!(decrypted(&message, &keys), ENTITY, "{digest} {wrap} {cofactor}");
            }
        }
    }
}

#[test]
fn recipients_are_told_and_found() {
    if !have("openssl") {
        return;
    }
    let workshop = Workshop::new();
    workshop.key("alice", "rsa:2048");
    workshop.key("bob", "rsa:2048");
    workshop.key("eve", "ec -pkeyopt ec_paramgen_curve:P-256");
    let message = encrypt(&workshop, "-aes256 alice.crt bob.crt eve.crt");
    for name in ["alice", "bob", "eve"] {
        assert_eq!(decrypted(&message, &workshop.keyring(&[name])), ENTITY, "{name}");
    }

    let message = encrypt(&workshop, "-aes256 alice.crt bob.crt");
    let contents = open(&message, &workshop.keyring(&["eve"]), &mut room());
    assert_eq!(contents.format, "smime_enveloped");
    assert!(contents.items.is_empty() && contents.defects.is_empty(), "{contents:?}");
    let Some(Lock::Key { recipients }) = contents.lock else { panic!("{contents:?}") };
    assert_eq!(recipients.len(), 2);
    for name in ["alice", "bob"] {
        let start = format!("O=Example, CN={name}, serial number ");
        assert!(recipients.iter().any(|recipient| recipient.starts_with(&start)), "{recipients:?}");
    }

    let message = encrypt(&workshop, "-aes256 -keyid -recip alice.crt");
    let contents = open(&message, &Keyring::default(), &mut room());
    let Some(Lock::Key { recipients }) = contents.lock else { panic!("{contents:?}") };
    let keys = workshop.keyring(&["alice"]);
    let id = keys.facts().next().unwrap().key_id.clone().unwrap();
    assert_eq!(recipients, [format!("key id {id}")]);

    let message = encrypt(&workshop, "-aes256 -pwri_password open");
    assert_eq!(open(&message, &keys, &mut room()).lock, Some(Lock::Password));
    let message = encrypt(&workshop, "-aes256 -pwri_password open -recip alice.crt");
    assert_eq!(decrypted(&message, &keys), ENTITY);
    let secret = "-secretkey 000102030405060708090a0b0c0d0e0f -secretkeyid 01";
    let message = encrypt(&workshop, &format!("-aes128 {secret} -recip alice.crt"));
    assert_eq!(decrypted(&message, &keys), ENTITY);
}

#[test]
fn armour_is_taken_off() {
    if !have("openssl") {
        return;
    }
    let workshop = Workshop::new();
    workshop.key("alice", "rsa:2048");
    let keys = workshop.keyring(&["alice"]);
    workshop.write("entity", ENTITY);
    workshop.openssl("cms -encrypt -binary -in entity -out message -outform PEM -aes256 -recip alice.crt");
    assert_eq!(decrypted(&workshop.read("message"), &keys), ENTITY);
    workshop.openssl("base64 -e -in message -out twice");
    let bare = String::from_utf8(workshop.read("message")).unwrap();
    let bare: Vec<&str> = bare.lines().filter(|line| !line.starts_with("--")).collect();
    assert_eq!(decrypted(bare.join("\r\n").as_bytes(), &keys), ENTITY);
}

fn sign(workshop: &Workshop, options: &str) -> Contents {
    workshop.write("entity", ENTITY);
    workshop.openssl(&format!("cms -sign -binary -nodetach -in entity -out message -outform DER {options}"));
    open(&workshop.read("message"), &Keyring::default(), &mut room())
}

#[test]
fn every_signature() {
    if !have("openssl") {
        return;
    }
    let workshop = Workshop::new();
    workshop.key("rsa", "rsa:2048");
    for curve in ["P-256", "P-384", "P-521"] {
        workshop.key(curve, &format!("ec -pkeyopt ec_paramgen_curve:{curve}"));
    }
    for digest in ["sha1", "sha224", "sha256", "sha384", "sha512", "md5"] {
        for signer in ["rsa", "P-256", "P-384", "P-521"] {
            if digest == "md5" && signer != "rsa" {
                continue;
            }
            for options in ["", "-stream", "-noattr", "-keyid"] {
                let options = format!("-signer {signer}.crt -inkey {signer}.key -md {digest} {options}");
                let contents = sign(&workshop, &options);
                assert_eq!(contents.format, "smime_signed");
                assert_eq!(contents.signatures.len(), 1);
                let signature = contents.signatures[0].clone();
                assert_eq!(signature.state, SignatureState::Intact, "{options}");
                assert_eq!(signature.addresses, [format!("{}@example.com", signer.to_lowercase())]);
                assert_eq!(signature.signed_at.is_some(), !options.contains("-noattr"));
                let weak = matches!(digest, "sha1" | "md5");
                assert_eq!((signature.weak, contents.defects.len()), (weak, usize::from(weak)), "{options}");
                if !weak {
                    assert_eq!(entity(contents), ENTITY);
                }
            }
        }
        if digest == "md5" {
            continue;
        }
        for salt in ["max", "digest", "20"] {
            let options = format!(
                "-signer rsa.crt -inkey rsa.key -md {digest} -keyopt rsa_padding_mode:pss \
                 -keyopt rsa_pss_saltlen:{salt}"
            );
            assert_eq!(sign(&workshop, &options).signatures[0].state, SignatureState::Intact, "{options}");
        }
    }
    let two = sign(&workshop, "-signer rsa.crt -inkey rsa.key -signer P-256.crt -inkey P-256.key");
    assert_eq!(two.signatures.len(), 2);
    assert!(two.signatures.iter().all(|signature| signature.state == SignatureState::Intact));
    let bare = sign(&workshop, "-signer rsa.crt -inkey rsa.key -nocerts");
    assert_eq!(bare.signatures[0].state, SignatureState::Unverified);
    assert_eq!(entity(bare), ENTITY);
}

#[test]
fn certificates_alone_and_packed_content() {
    if !have("openssl") {
        return;
    }
    let workshop = Workshop::new();
    workshop.key("alice", "rsa:2048");
    workshop.openssl("crl2pkcs7 -nocrl -certfile alice.crt -outform DER -out certificates");
    let contents = open(&workshop.read("certificates"), &Keyring::default(), &mut room());
    assert_eq!(contents.format, "smime_certificates");
    assert_eq!(contents.facts[0].value, "O=Example, CN=alice");
    assert!(contents.items.is_empty() && contents.defects.is_empty());

    let long = [ENTITY, &[b'x'; 200_000]].concat();
    workshop.write("entity", &long);
    if workshop.command("openssl", &["cms", "-compress", "-in", "entity"]).status.success() {
        workshop.openssl("cms -compress -binary -in entity -out message -outform DER");
        let message = workshop.read("message");
        assert!(message.len() < long.len());
        let contents = open(&message, &Keyring::default(), &mut room());
        assert_eq!(contents.format, "smime_compressed");
        assert_eq!(entity(contents), long);
        let mut small = crate::contents::Room::new(10_000, 0);
        assert_eq!(open(&message, &Keyring::default(), &mut small).defects[0].code, "limit_expanded_bytes");
    } else {
        eprintln!("skipped: this openssl does not compress");
    }
}
