//! Messages that were changed on their way, and bytes that never were messages.

use proptest::prelude::*;

use super::workshop::{ENTITY, Workshop, have, room};
use crate::SignatureState;
use crate::contents::{Content, Room};
use crate::keys::Keyring;
use crate::smime::{open, verify_detached};

#[test]
fn changed_messages_are_told_from_good_ones() {
    if !have("openssl") {
        return;
    }
    let workshop = Workshop::new();
    workshop.key("alice", "rsa:2048");
    let keys = workshop.keyring(&["alice"]);
    workshop.write("entity", ENTITY);
    let make = |options: &str| {
        workshop.openssl(&format!("cms -in entity -binary -out message -outform DER {options}"));
        workshop.read("message")
    };

    let signed = make("-sign -nodetach -signer alice.crt -inkey alice.key");
    let at = signed.windows(7).position(|window| window == b"Zweite ").unwrap();
    let mut changed = signed.clone();
    changed[at] = b'E';
    let contents = open(&changed, &keys, &mut room());
    assert_eq!(contents.signatures[0].state, SignatureState::Broken);
    assert_eq!(contents.items.len(), 1, "what is signed wrongly is still shown");
    let mut changed = signed;
    *changed.last_mut().unwrap() ^= 1;
    assert_eq!(open(&changed, &keys, &mut room()).signatures[0].state, SignatureState::Broken);

    let detached = make("-sign -signer alice.crt -inkey alice.key");
    assert_eq!(verify_detached(&detached, ENTITY, &mut room())[0].state, SignatureState::Intact);
    assert_eq!(verify_detached(&detached, b"other", &mut room())[0].state, SignatureState::Broken);
    let alone = open(&detached, &keys, &mut room());
    assert_eq!((alone.format, alone.signatures[0].state), ("smime_signed", SignatureState::Unverified));

    // The tag; and the byte that the length of the padding is made with, so that it is more than a block has.
    for (options, from_end) in
        [("-encrypt -aes-256-gcm -recip alice.crt", 1), ("-encrypt -aes256 -recip alice.crt", 17)]
    {
        let mut encrypted = make(options);
        let at = encrypted.len() - from_end;
        encrypted[at] ^= 0x80;
        let contents = open(&encrypted, &keys, &mut room());
        assert_eq!(contents.defects[0].code, "bad_decryption", "{options}");
        assert!(contents.items.is_empty() && contents.lock.is_none());
    }

    // A wrong key of the content and wrong padding of it look alike; by chance, a wrong key gives something.
    let encrypted = make("-encrypt -aes256 -recip alice.crt");
    let key = encrypted.windows(4).position(|window| window == [0x04, 0x82, 0x01, 0x00]).unwrap() + 4;
    for at in (key + 1..key + 256).step_by(15) {
        let mut changed = encrypted.clone();
        changed[at] ^= 1;
        let contents = open(&changed, &keys, &mut room());
        let codes: Vec<_> = contents.defects.iter().map(|defect| defect.code.as_str()).collect();
        assert!(matches!(codes[..], ["bad_decryption"]) || !contents.items.is_empty(), "{at} {contents:?}");
        assert_eq!(contents.lock, None);
    }
    for end in [1, 10, 100, encrypted.len() - 1] {
        let contents = open(&encrypted[..end], &keys, &mut room());
        assert!(!contents.defects.is_empty() && contents.items.is_empty(), "{end}");
    }
}

#[test]
fn a_message_for_thousands_costs_little() {
    if !have("openssl") {
        return;
    }
    let workshop = Workshop::new();
    workshop.key("alice", "rsa:2048");
    let keys = workshop.keyring(&["alice"]);
    workshop.write("entity", ENTITY);
    // Two hundred times to the same key, and the content does not decrypt.
    let many = "alice.crt ".repeat(200);
    workshop.openssl(&format!("cms -encrypt -in entity -out message -outform DER -aes256 {many}"));
    let mut message = workshop.read("message");
    *message.last_mut().unwrap() ^= 0x55;
    let mut room = Room::new(1 << 20, 1_000_000_000);
    assert_eq!(open(&message, &keys, &mut room).defects[0].code, "bad_decryption");
    assert!(room.spend(900_000_000), "eight tries of ten milliseconds");
    let mut poor = Room::new(1 << 20, 1);
    assert_eq!(open(&message, &keys, &mut poor).defects[0].code, "limit_effort");
}

/// Messages and files to change: made once, as the programs are slow.
struct Seeds {
    keys: Keyring,
    messages: Vec<Vec<u8>>,
    files: Vec<Vec<u8>>,
}

fn seeds() -> &'static Seeds {
    static SEEDS: std::sync::OnceLock<Seeds> = std::sync::OnceLock::new();
    SEEDS.get_or_init(|| {
        let workshop = Workshop::new();
        workshop.key("alice", "rsa:1024");
        workshop.key("bob", "ec -pkeyopt ec_paramgen_curve:P-256");
        workshop.write("entity", ENTITY);
        let keys = workshop.keyring(&["alice", "bob"]);
        let messages = [
            "-encrypt -aes256 alice.crt",
            "-encrypt -aes-256-gcm bob.crt alice.crt",
            "-encrypt -stream -des3 -keyid -recip bob.crt",
            "-sign -nodetach -signer alice.crt -inkey alice.key",
            "-sign -nodetach -stream -signer bob.crt -inkey bob.key",
        ]
        .map(|options| {
            workshop.openssl(&format!("cms -in entity -out message -outform DER {options}"));
            workshop.read("message")
        });
        workshop.openssl(
            "pkcs12 -export -inkey alice.key -in alice.crt -out few.p12 -passout pass:secret -iter 1 -nomac",
        );
        let files = vec![workshop.read("few.p12"), workshop.read("bob.p12")];
        Seeds { keys, messages: messages.to_vec(), files }
    })
}

fn change(seed: &[u8], changes: &[(usize, u8)], cut: usize) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for (at, value) in changes {
        let at = at % bytes.len();
        bytes[at] = *value;
    }
    bytes.truncate(bytes.len() - cut.min(bytes.len()));
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn changed_bytes_are_survived(
        which in 0usize..5,
        changes in prop::collection::vec((any::<usize>(), any::<u8>()), 0..6),
        cut in prop_oneof![4 => Just(0usize), 1 => 0usize..2000],
    ) {
        if have("openssl") {
            let seeds = seeds();
            let bytes = change(&seeds.messages[which], &changes, cut);
            let mut room = Room::new(100_000, 100_000_000);
            let contents = open(&bytes, &seeds.keys, &mut room);
            let size = |content: &Content| match content {
                Content::File(bytes) | Content::Entity(bytes) => bytes.len(),
                Content::Listed { .. } => 0,
            };
            prop_assert!(contents.items.iter().map(|item| size(&item.content)).sum::<usize>() <= bytes.len() + 100);
            verify_detached(&bytes, ENTITY, &mut room);
        }
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let keys = Keyring::default();
        open(&bytes, &keys, &mut Room::new(10_000, 10_000_000));
        open(&[&[0x30, 0x80][..], &bytes].concat(), &keys, &mut Room::new(10_000, 10_000_000));
    }

    #[test]
    fn changed_key_files_are_survived(
        which in 0usize..2,
        changes in prop::collection::vec((any::<usize>(), any::<u8>()), 1..4),
    ) {
        if have("openssl") {
            let bytes = change(&seeds().files[which], &changes, 0);
            let mut keys = Keyring::default();
            match keys.add_pkcs12(&bytes, "secret") {
                Ok(facts) => prop_assert_eq!(keys.facts().next(), Some(&facts)),
                Err(_) => prop_assert!(keys.is_empty()),
            }
        }
    }
}
