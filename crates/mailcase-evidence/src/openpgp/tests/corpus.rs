//! Encrypted and signed mail of the corpus that is not part of the project, with the keys that come with it.

use std::path::Path;

use crate::contents::{Content, Contents};
use crate::keys::{KeyError, Keyring};
use crate::openpgp::open;
use crate::smime::tests::corpus::corpus;
use crate::smime::tests::workshop::room;
use crate::{Lock, SignatureState};

const PEOPLE: [&str; 7] = ["alice", "bob", "charlie", "dom", "elena", "fiona", "pqc"];

fn keyring(folder: &Path, people: &[&str]) -> Keyring {
    let mut keys = Keyring::default();
    for name in people {
        let file = std::fs::read(folder.join(format!("key/{name}-secret.asc"))).unwrap();
        keys.add_openpgp(&file, "").unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    keys
}

fn message(folder: &Path, name: &str, keys: &Keyring) -> Contents {
    let bytes = std::fs::read(folder.join("message").join(name)).unwrap();
    open(&bytes, keys, &mut room())
}

#[test]
fn mail_of_delta_chat_and_thunderbird_is_read() {
    let Some(corpus) = corpus() else { return };
    let folder = corpus.join("chatmail+core/test-data");
    let keys = keyring(&folder, &PEOPLE);
    assert_eq!(keys.facts().count(), PEOPLE.len());
    // Signatures within the encryption; Thunderbird's are a part of the entity inside.
    for (name, signatures) in [
        ("alice_to_bob_no_intended_recipient_fingerprint.eml", 1),
        ("encrypted-group-without-id.eml", 1),
        ("encrypted-signed.eml", 1),
        ("encrypted_with_received_headers.eml", 1),
        ("google-workspace-mixed-up.eml", 0),
        ("group-introduction-no-gossip.eml", 1),
        ("hp_legacy_display.eml", 1),
        ("messed_up_message_id.eml", 0),
        ("mixed-up-long.eml", 0),
        ("rfc1847_encapsulation.eml", 0),
        ("text_from_alice_encrypted.eml", 1),
        ("thunderbird_encrypted_signed.eml", 0),
        ("thunderbird_encrypted_signed_with_pubkey.eml", 0),
        ("thunderbird_encrypted_unsigned.eml", 0),
        ("thunderbird_encrypted_unsigned_with_unencrypted_subject.eml", 0),
        ("thunderbird_with_autocrypt.eml", 0),
        ("verification-gossip-also-sent-to-from.eml", 1),
    ] {
        let contents = message(&folder, name, &keys);
        assert_eq!((contents.format, contents.items.len()), ("pgp_encrypted", 1), "{name}: {contents:?}");
        assert_eq!(contents.defects, [], "{name}");
        let Content::Entity(entity) = &contents.items[0].content else { panic!("{name}: {contents:?}") };
        assert!(entity.starts_with(b"Content-Type: "), "{name}");
        assert_eq!(contents.signatures.len(), signatures, "{name}");
        assert!(contents.signatures.iter().all(|one| one.state == SignatureState::Intact), "{name}");

        let locked = message(&folder, name, &keyring(&folder, &["elena"]));
        assert!(
            matches!(locked.lock, Some(Lock::Key { .. })) && locked.items.is_empty(),
            "{name}: {locked:?}"
        );
    }
    for name in ["text_symmetrically_encrypted.eml", "plaintext-autocrypt-setup.txt"] {
        assert_eq!(message(&folder, name, &keys).lock, Some(Lock::Password), "{name}");
    }
    let inline = message(&folder, "ctext_unsigned.asc", &keys);
    assert!(matches!(&inline.items[0].content, Content::File(text) if text == b"This is a test"));
}

#[test]
fn keys_of_mimekit_are_read() {
    let Some(corpus) = corpus() else { return };
    let folder = corpus.join("jstedfast+MimeKit/UnitTests/TestData/openpgp");
    let secret = std::fs::read(folder.join("mimekit.gpg.sec")).unwrap();
    let mut keys = Keyring::default();
    let facts = keys.add_openpgp(&secret, "no.secret").unwrap();
    assert_eq!(facts.addresses, ["mimekit@example.com"]);
    assert_eq!(keys.add_openpgp(&secret, "secret"), Err(KeyError::WrongPassword));
    let public = std::fs::read(folder.join("mimekit.gpg.pub")).unwrap();
    assert_eq!(keys.add_openpgp(&public, "no.secret"), Err(KeyError::NoPrivateKey));
    assert_eq!(keys.add_openpgp_public(&public).unwrap().fingerprint, facts.fingerprint);
    assert_eq!(keys.facts().count(), 1);
}
