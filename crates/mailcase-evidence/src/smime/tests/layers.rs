//! Signed then encrypted, encrypted then signed, three layers; opaque and clear.

use super::workshop::{ENTITY, Workshop, have, unfold};

/// What `cms` is asked for, as MIME.
fn layer(workshop: &Workshop, from: &str, to: &str, options: &str) {
    workshop.openssl(&format!("cms -in {from} -out {to} -outform SMIME {options}"));
}

#[test]
fn signatures_and_encryption_in_every_order() {
    if !have("openssl") {
        return;
    }
    let workshop = Workshop::new();
    workshop.key("alice", "rsa:2048");
    workshop.key("bob", "ec -pkeyopt ec_paramgen_curve:P-256");
    let keys = workshop.keyring(&["alice", "bob"]);
    workshop.write("entity", ENTITY);
    let signers = [
        "-signer alice.crt -inkey alice.key -md sha256",
        "-signer alice.crt -inkey alice.key -md sha512 -keyopt rsa_padding_mode:pss",
        "-signer bob.crt -inkey bob.key -md sha256",
    ];
    let encryptions = [
        "-encrypt -binary -aes256 -recip alice.crt",
        "-encrypt -binary -des3 -recip alice.crt",
        "-encrypt -binary -aes-256-gcm -recip alice.crt -keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha256",
        "-encrypt -binary -aes-128-gcm -recip bob.crt",
        "-encrypt -binary -aes128 -recip bob.crt -stream",
    ];
    for signer in signers {
        for shape in ["-nodetach", ""] {
            let sign = format!("-sign {shape} {signer}");
            let signed = if shape.is_empty() { "multipart_signed" } else { "smime_signed" };
            for encrypt in encryptions {
                layer(&workshop, "entity", "signed", &sign);
                layer(&workshop, "signed", "both", encrypt);
                let found = unfold(&workshop.read("both"), &keys);
                assert_eq!(found.formats, ["smime_enveloped", signed], "{sign} then {encrypt}");
                assert_eq!(found.content, ENTITY, "{sign} then {encrypt}");
                assert!(found.all_intact() && found.signatures.len() == 1, "{found:?}");

                layer(&workshop, "entity", "encrypted", encrypt);
                layer(&workshop, "encrypted", "both", &sign);
                let found = unfold(&workshop.read("both"), &keys);
                assert_eq!(found.formats, [signed, "smime_enveloped"], "{encrypt} then {sign}");
                assert_eq!(found.content, ENTITY, "{encrypt} then {sign}");
                assert!(found.all_intact() && found.signatures.len() == 1, "{found:?}");

                layer(&workshop, "both", "encrypted", encrypt);
                layer(&workshop, "encrypted", "three", &sign);
                let found = unfold(&workshop.read("three"), &keys);
                assert_eq!(found.formats.len(), 4, "{sign} and {encrypt} twice");
                assert_eq!(found.content, ENTITY);
                assert!(found.all_intact() && found.signatures.len() == 2, "{found:?}");
            }
        }
    }
}
