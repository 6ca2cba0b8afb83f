//! GnuPG's S/MIME, a third maker.

use super::workshop::{ENTITY, Workshop, decrypted, entity, have, room};
use crate::SignatureState;
use crate::smime::{open, verify_detached};

const QUIET: [&str; 10] = [
    "--batch",
    "--yes",
    "--disable-crl-checks",
    "--disable-dirmngr",
    "--include-certs",
    "1",
    "--pinentry-mode",
    "loopback",
    "--passphrase-fd",
    "0",
];

struct Agent<'a>(&'a Workshop);

impl Drop for Agent<'_> {
    fn drop(&mut self) {
        self.0.command("gpgconf", &["--kill", "all"]);
    }
}

impl Agent<'_> {
    fn gpgsm(&self, arguments: &[&str]) {
        let arguments: Vec<&str> = QUIET.iter().chain(arguments).copied().collect();
        self.0.run("gpgsm", &arguments);
    }
}

#[test]
fn what_gpgsm_encrypts_and_signs_is_read() {
    if !(have("openssl") && have("gpgsm") && have("gpg-agent")) {
        return;
    }
    let workshop = Workshop::new();
    workshop.key("alice", "rsa:2048");
    let keys = workshop.keyring(&["alice"]);
    workshop.write("entity", ENTITY);
    // gpgsm reads old PKCS#12 only. The empty password comes from standard input, which is empty.
    workshop.openssl(
        "pkcs12 -export -inkey alice.key -in alice.crt -out old.p12 -passout pass: -keypbe PBE-SHA1-3DES \
         -certpbe PBE-SHA1-3DES -macalg sha1",
    );
    let print = workshop.openssl("x509 -in alice.crt -noout -fingerprint -sha1");
    let print = String::from_utf8(print).unwrap();
    workshop
        .write("trustlist.txt", format!("{} S relax\n", print.trim().split('=').nth(1).unwrap()).as_bytes());
    workshop.write("gpg-agent.conf", b"allow-loopback-pinentry\n");
    let agent = Agent(&workshop);
    agent.gpgsm(&["--import", "old.p12"]);

    for cipher in ["3DES", "AES", "AES192", "AES256"] {
        for shape in [&[][..], &["--armor"], &["--base64"]] {
            let encrypt =
                ["--cipher-algo", cipher, "--encrypt", "-r", "alice@example.com", "-o", "message", "entity"];
            let arguments: Vec<&str> = shape.iter().copied().chain(encrypt).collect();
            agent.gpgsm(&arguments);
            assert_eq!(decrypted(&workshop.read("message"), &keys), ENTITY, "{cipher} {shape:?}");
        }
    }
    for digest in ["SHA1", "SHA256", "SHA512"] {
        agent.gpgsm(&[
            "--digest-algo",
            digest,
            "-u",
            "alice@example.com",
            "--sign",
            "-o",
            "message",
            "entity",
        ]);
        let contents = open(&workshop.read("message"), &keys, &mut room());
        assert_eq!(contents.signatures[0].state, SignatureState::Intact, "{digest}");
        if digest != "SHA1" {
            assert_eq!(entity(contents), ENTITY);
        }
        agent.gpgsm(&[
            "--digest-algo",
            digest,
            "-u",
            "alice@example.com",
            "--detach-sign",
            "-o",
            "message",
            "entity",
        ]);
        let signatures = verify_detached(&workshop.read("message"), ENTITY, &mut room());
        assert_eq!(signatures[0].state, SignatureState::Intact, "{digest}");
    }

    agent.gpgsm(&["-u", "alice@example.com", "--sign", "-o", "signed", "entity"]);
    agent.gpgsm(&["--encrypt", "-r", "alice@example.com", "-o", "both", "signed"]);
    let contents = open(&workshop.read("both"), &keys, &mut room());
    assert_eq!((contents.format, contents.items.len()), ("smime_enveloped", 1));
}
