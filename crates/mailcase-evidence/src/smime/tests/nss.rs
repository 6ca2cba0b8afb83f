//! Network Security Services, as Thunderbird and Firefox use them: a second maker of everything.

use super::workshop::{ENTITY, Workshop, decrypted, entity, have, room};
use crate::SignatureState;
use crate::keys::Keyring;
use crate::smime::{open, verify_detached};

/// A database with alice, who is trusted.
fn workshop() -> Option<Workshop> {
    if !(have("openssl") && have("certutil") && have("pk12util") && have("cmsutil")) {
        return None;
    }
    let workshop = Workshop::new();
    workshop.key("alice", "rsa:2048");
    workshop.openssl(
        "pkcs12 -export -inkey alice.key -in alice.crt -name alice -out alice.p12 -passout pass:secret",
    );
    workshop.run("certutil", &["-N", "-d", "sql:.", "--empty-password"]);
    workshop.run("pk12util", &["-i", "alice.p12", "-d", "sql:.", "-W", "secret"]);
    workshop.run("certutil", &["-M", "-n", "alice", "-t", "CTu,CTu,CTu", "-d", "sql:."]);
    workshop.write("entity", ENTITY);
    Some(workshop)
}

#[test]
fn what_nss_encrypts_and_signs_is_read() {
    let Some(workshop) = workshop() else { return };
    let keys = workshop.keyring(&["alice"]);
    workshop
        .run("cmsutil", &["-E", "-d", "sql:.", "-r", "alice@example.com", "-i", "entity", "-o", "message"]);
    assert_eq!(decrypted(&workshop.read("message"), &keys), ENTITY);

    let sign = ["-S", "-d", "sql:.", "-N", "alice", "-i", "entity", "-o", "message"];
    for digest in ["SHA1", "SHA256", "SHA384", "SHA512"] {
        for options in [&["-G"][..], &["-G", "-P", "-T"]] {
            let arguments: Vec<&str> =
                sign.into_iter().chain(["-H", digest]).chain(options.iter().copied()).collect();
            workshop.run("cmsutil", &arguments);
            let message = workshop.read("message");
            let signatures = if options.contains(&"-T") {
                verify_detached(&message, ENTITY, &mut room())
            } else {
                let contents = open(&message, &keys, &mut room());
                let signatures = contents.signatures.clone();
                if digest != "SHA1" {
                    assert_eq!(entity(contents), ENTITY);
                }
                signatures
            };
            assert_eq!(signatures.len(), 1);
            assert_eq!(signatures[0].state, SignatureState::Intact, "{arguments:?}");
            assert!(signatures[0].signed_at.is_some());
        }
    }

    workshop.run("cmsutil", &["-S", "-d", "sql:.", "-N", "alice", "-i", "entity", "-o", "signed"]);
    workshop.run("cmsutil", &["-E", "-d", "sql:.", "-r", "alice@example.com", "-i", "signed", "-o", "both"]);
    let contents = open(&workshop.read("both"), &keys, &mut room());
    assert_eq!((contents.format, contents.items.len()), ("smime_enveloped", 1));
}

#[test]
fn keys_that_nss_packs_are_read() {
    let Some(workshop) = workshop() else { return };
    for (key, certificate) in [
        ("", ""),
        (
            "PKCS #12 V2 PBE With SHA-1 And 3KEY Triple DES-CBC",
            "PKCS #12 V2 PBE With SHA-1 And 40 Bit RC2 CBC",
        ),
    ] {
        let mut arguments = vec!["-o", "packed", "-n", "alice", "-d", "sql:.", "-W", "Schlüssel"];
        if !key.is_empty() {
            arguments.extend(["-c", key, "-C", certificate]);
        }
        workshop.run("pk12util", &arguments);
        let file = workshop.read("packed");
        let facts = Keyring::default().add_pkcs12(&file, "Schlüssel");
        let facts = facts.unwrap_or_else(|error| panic!("{key} {certificate}: {error}"));
        assert_eq!(facts.addresses, ["alice@example.com"]);
        std::fs::remove_file(workshop.path("packed")).unwrap();
    }
}
