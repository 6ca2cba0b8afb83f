//! Key files of all ages.

use super::workshop::{ENTITY, Workshop, decrypted, have};
use crate::keys::{KEY_FILE_BYTES, KeyError, KeyKind, Keyring};
use crate::smime::ber::{INTEGER, OBJECT_ID, OCTET_STRING, Reader, SEQUENCE, context, write};

fn workshop() -> Workshop {
    let workshop = Workshop::new();
    workshop.key("alice", "rsa:2048");
    workshop.key("bob", "ec -pkeyopt ec_paramgen_curve:P-384");
    workshop
}

fn pack(workshop: &Workshop, options: &str) -> Vec<u8> {
    let key = if options.contains("-inkey") { "" } else { "-inkey alice.key -in alice.crt" };
    workshop.openssl(&format!(
        "pkcs12 -export {key} -out packed -passout pass:secret -provider legacy -provider default {options}"
    ));
    workshop.read("packed")
}

fn add(file: &[u8], password: &str) -> Result<crate::KeyFacts, KeyError> {
    Keyring::default().add_pkcs12(file, password)
}

#[test]
fn old_and_new_files_are_read() {
    if !have("openssl") {
        return;
    }
    let workshop = workshop();
    for options in [
        "",
        "-legacy",
        "-keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-RC2-40 -macalg sha1",
        "-keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1",
        "-keypbe PBE-SHA1-2DES -certpbe PBE-SHA1-2DES",
        "-keypbe PBE-SHA1-RC2-128 -certpbe PBE-SHA1-RC2-128",
        "-keypbe AES-128-CBC -certpbe AES-192-CBC -macalg sha512",
        "-keypbe DES-EDE3-CBC -certpbe AES-256-CBC -macalg sha384",
        "-keypbe NONE -certpbe NONE",
        "-certpbe NONE",
        "-nomac",
        "-nomac -legacy",
        "-nomaciter -noiter",
        "-iter 30000",
        "-inkey bob.key -in bob.crt",
        "-inkey bob.key -in bob.crt -legacy",
    ] {
        let file = pack(&workshop, options);
        let facts = add(&file, "secret").unwrap_or_else(|error| panic!("{options}: {error}"));
        assert_eq!(facts.kind, KeyKind::Smime);
        let bob = options.contains("bob");
        assert_eq!(facts.subject, if bob { "O=Example, CN=bob" } else { "O=Example, CN=alice" }, "{options}");
        assert_eq!(facts.addresses, [if bob { "bob@example.com" } else { "alice@example.com" }]);
        assert_eq!(
            (facts.algorithm.as_str(), facts.bits),
            if bob { ("P-384", Some(384)) } else { ("RSA", Some(2048)) }
        );
        if !options.contains("NONE") {
            assert_eq!(add(&file, "wrong"), Err(KeyError::WrongPassword), "{options}");
            assert_eq!(add(&file, ""), Err(KeyError::WrongPassword), "{options}");
        }
    }
}

#[test]
fn passwords_in_every_script() {
    if !have("openssl") {
        return;
    }
    let workshop = workshop();
    for password in ["", "geheim", "Grüße", "пароль", "密码🔑", "with space"] {
        for options in ["-legacy", "-keypbe AES-256-CBC", "-nomac"] {
            let password_argument = format!("pass:{password}");
            let arguments =
                ["pkcs12", "-export", "-inkey", "alice.key", "-in", "alice.crt", "-out", "packed"];
            let mut arguments = arguments.to_vec();
            arguments.extend(["-provider", "legacy", "-provider", "default", "-passout", &password_argument]);
            arguments.extend(options.split(' '));
            workshop.run("openssl", &arguments);
            let file = workshop.read("packed");
            assert!(add(&file, password).is_ok(), "{password} {options}");
            assert_eq!(add(&file, "something else"), Err(KeyError::WrongPassword), "{password} {options}");
        }
    }
}

#[test]
fn what_is_wrong_with_a_file_is_told() {
    if !have("openssl") {
        return;
    }
    let workshop = workshop();
    assert_eq!(add(&vec![0x30; KEY_FILE_BYTES + 1], ""), Err(KeyError::TooLarge));
    assert_eq!(add(b"-----BEGIN CERTIFICATE-----", ""), Err(KeyError::NotPkcs12));
    assert_eq!(add(b"", ""), Err(KeyError::NotPkcs12));
    assert_eq!(add(&workshop.read("alice.crt"), ""), Err(KeyError::NotPkcs12));
    workshop.openssl("x509 -in alice.crt -outform DER -out alice.der");
    assert_eq!(add(&workshop.read("alice.der"), ""), Err(KeyError::NotPkcs12));

    workshop.openssl("pkcs12 -export -nokeys -in alice.crt -out packed -passout pass:secret");
    assert_eq!(add(&workshop.read("packed"), "secret"), Err(KeyError::NoPrivateKey));
    workshop.openssl("pkcs12 -export -nocerts -inkey alice.key -out packed -passout pass:secret");
    assert_eq!(add(&workshop.read("packed"), "secret"), Err(KeyError::NoCertificate));

    workshop.openssl("genpkey -algorithm ed25519 -out ed.key");
    workshop.openssl("req -x509 -key ed.key -out ed.crt -subj /CN=ed -days 30");
    let unsupported = add(&pack(&workshop, "-inkey ed.key -in ed.crt"), "secret");
    assert_eq!(unsupported, Err(KeyError::Unsupported { algorithm: "Ed25519".to_owned() }));

    let mut file = pack(&workshop, "");
    let end = file.len() - 1;
    file[end] ^= 1;
    assert!(add(&file, "secret").is_err());
    assert_eq!(add(&file[..end], "secret"), Err(KeyError::NotPkcs12));

    // Forty million rounds, as no program writes them.
    let costly = pack(&workshop, "-iter 1000");
    let at = costly.windows(4).rposition(|window| window == [0x02, 0x02, 0x03, 0xe8]).unwrap();
    let mut costly = [&costly[..at], &[0x02, 0x04, 0x02, 0x62, 0x5a, 0x00], &costly[at + 4..]].concat();
    // The lengths of the structures around grow by two: the file, and the MAC at its end.
    costly[3] = costly[3].checked_add(2).unwrap();
    let mac = costly.len() - costly.windows(2).rev().position(|window| window == [0x30, 0x41]).unwrap() - 2;
    costly[mac + 1] += 2;
    assert_eq!(add(&costly, "secret"), Err(KeyError::TooCostly));
}

#[test]
fn a_chain_and_several_keys() {
    if !have("openssl") {
        return;
    }
    let workshop = workshop();
    workshop.key("root", "rsa:2048");
    workshop.openssl("req -new -key alice.key -subj /CN=leaf -out leaf.csr");
    workshop.openssl(
        "x509 -req -in leaf.csr -CA root.crt -CAkey root.key -days 0 -set_serial 0x00a1b2 -out leaf.crt",
    );
    let file = pack(&workshop, "-inkey alice.key -in leaf.crt -certfile root.crt");
    let facts = add(&file, "secret").unwrap();
    assert_eq!(facts.chain, ["O=Example, CN=root"]);
    assert_eq!(facts.serial.as_deref(), Some("A1B2"));
    assert_eq!(facts.issuer.as_deref(), Some("O=Example, CN=root"));
    assert!(facts.not_after.unwrap() <= facts.not_before.unwrap(), "an expired one is fine");

    // Both certificates of one key find their mail.
    let file = pack(&workshop, "-inkey alice.key -in leaf.crt -certfile alice.crt");
    let mut keys = Keyring::default();
    keys.add_pkcs12(&file, "secret").unwrap();
    workshop.write("entity", ENTITY);
    for certificate in ["alice.crt", "leaf.crt"] {
        workshop.openssl(&format!(
            "cms -encrypt -binary -in entity -out message -outform DER -aes256 {certificate}"
        ));
        assert_eq!(decrypted(&workshop.read("message"), &keys), ENTITY, "{certificate}");
    }
    assert!(!format!("{keys:?}").contains("leaf"));
    keys.add_pkcs12(&file, "secret").unwrap();
    assert_eq!(keys.facts().count(), 1, "the same key twice is one");
}

/// The safes of a file without a MAC.
fn safes(file: &[u8]) -> Vec<u8> {
    let mut pfx = Reader::new(file).within(SEQUENCE).unwrap();
    pfx.number().unwrap();
    let mut info = pfx.within(SEQUENCE).unwrap();
    info.object_id().unwrap();
    let safe = info.within(context(0)).unwrap().octets().unwrap().into_owned();
    Reader::new(&safe).expect(SEQUENCE).unwrap().body.to_vec()
}

#[test]
fn two_keys_in_one_file_are_refused() {
    if !have("openssl") {
        return;
    }
    let workshop = workshop();
    let open = "-nomac -keypbe NONE -certpbe NONE";
    let alice = safes(&pack(&workshop, open));
    let bob = safes(&pack(&workshop, &format!("-inkey bob.key -in bob.crt {open}")));
    let file = |safes: &[&[u8]]| {
        let data = write(OBJECT_ID, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1]]);
        let safe = write(context(0), &[&write(OCTET_STRING, &[&write(SEQUENCE, safes)])]);
        write(SEQUENCE, &[&write(INTEGER, &[&[3]]), &write(SEQUENCE, &[&data, &safe])])
    };
    assert_eq!(add(&file(&[&alice, &bob]), ""), Err(KeyError::SeveralPrivateKeys));
    // The same key twice is one, whatever comes with it.
    assert_eq!(add(&file(&[&alice, &alice]), "").unwrap().subject, "O=Example, CN=alice");
}
