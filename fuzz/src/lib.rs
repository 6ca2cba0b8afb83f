//! What the fuzz targets share: how random bytes become a message, and what must hold for the evidence of every
//! message. docs/fuzzing.md says how to run them and how a crash becomes a test.

mod carry;
mod check;
mod compound;
mod cost;
mod der;
mod indicators;
mod markup;
mod means;
mod office;
mod origin;
mod packets;
mod program;
mod repair;
mod reported;
mod tnef;
mod whole;
mod wrapped;
mod zip;

pub use check::message;
pub use der::flatten;
pub use indicators::indicators;
pub use markup::page;
pub use means::start;
pub use origin::origin;
pub use packets::flatten as flatten_packets;
pub use reported::report;
pub use whole::message as whole_message;
pub use wrapped::unwrapping;

use mailcase_evidence::Keyring;

use carry::{Mail, digits};

const COMPOUND_FILE: [u8; 8] = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
const TNEF: [u8; 4] = [0x78, 0x9f, 0x3e, 0x22];

/// Outlook messages: a compound file as it is, else a program for a writer of one.
pub fn outlook(data: &[u8]) {
    if data.starts_with(&COMPOUND_FILE) {
        message(data);
    } else if let Some(file) = compound::message(data) {
        message(&file);
    }
}

/// TNEF with checksums made right, else a program for a writer of it.
pub fn transport(data: &[u8]) {
    message(&if data.starts_with(&TNEF) { repair::tnef(data) } else { tnef::stream(data) });
}

/// RTF as a file, as a body that is not packed, and, when it does not look like RTF, as what is packed.
pub fn rich_text(data: &[u8]) {
    if !data.starts_with(b"{\\rt") {
        return message(&tnef::rich_text(data, tnef::Packing::Packed));
    }
    let mail = Mail::new("See the letter.").file("application/rtf", "letter.rtf", data).file(
        "application/ms-tnef",
        "winmail.dat",
        &tnef::rich_text(data, tnef::Packing::Stored),
    );
    message(&mail.finish());
}

/// CMS to and by the keys of `keys/`: what is encrypted or signed, and a signature beside what it signs.
pub fn secure_mime(data: &[u8]) {
    let built = digits(data).is_none().then(|| der::build(data));
    let structure = built.as_deref().unwrap_or(data);
    let signed = "Content-Type: text/plain\r\n\r\nsigned\r\n";
    message(
        &Mail::new("Encrypted.")
            .file("application/pkcs7-mime", "smime.p7m", structure)
            .signed(signed, "application/pkcs7-signature", structure)
            .finish(),
    );
}

/// Archives with checksums made right, else a program for a writer of ZIP; the password stands in the text.
pub fn archive(data: &[u8]) {
    let (name, file) = match data {
        [b'P', b'K', ..] => ("a.zip", data.to_vec()),
        _ if data.get(32_769..32_774) == Some(b"CD001") => ("a.iso", data.to_vec()),
        _ if repair::is_archive(data) => ("a.bin", repair::archive(data)),
        _ => ("a.zip", zip::archive(data)),
    };
    message(&Mail::new("The password is: Sesame-42").file("application/octet-stream", name, &file).finish());
}

/// Documents as they are, else a program for a writer of Office files.
pub fn document(data: &[u8]) {
    let text = data.trim_ascii_start();
    let name = match text {
        [b'%', b'P', b'D', b'F', ..] => "a.pdf",
        [b'<', ..] => "a.html",
        [b'[', ..] => "a.url",
        [b'{' | 0xd0 | 0x4c | 0xe4, ..] | [b'P', b'K', ..] => "a.bin",
        _ => {
            let mail = Mail::new("Password: Sesame-42");
            return message(
                &mail.file("application/octet-stream", "a.docx", &office::document(data)).finish(),
            );
        }
    };
    message(&Mail::new("Password: Sesame-42").file("application/octet-stream", name, data).finish());
}

/// OpenPGP: armoured in a text, binary as an encrypted message, as a key and as a signature beside what it signs.
pub fn pretty_good(data: &[u8]) {
    if data.starts_with(b"-----BEGIN PGP") {
        return message(&[b"Subject: a\r\nContent-Type: text/plain\r\n\r\nHello,\r\n", data].concat());
    }
    let built = data.first().is_some_and(|tag| tag & 0x80 == 0).then(|| packets::build(data));
    let packets = built.as_deref().unwrap_or(data);
    let signed = "Content-Type: text/plain\r\n\r\nsigned\r\n";
    message(
        &Mail::new("Encrypted.")
            .file("application/pgp-encrypted", "a.gpg", packets)
            .signed(signed, "application/pgp-signature", packets)
            .finish(),
    );
}

/// Key files that people upload.
pub fn key_file(data: &[u8]) {
    let built = (digits(data).is_none() && !data.starts_with(b"-----")).then(|| match data.split_first() {
        Some((0, rest)) => packets::build(rest),
        _ => der::build(data),
    });
    let file = built.as_deref().unwrap_or(data);
    let mut keys = Keyring::default();
    let taken = cost::bounded(cost::KEY_FILE, || {
        [
            keys.add_pkcs12(file, means::PASSWORD),
            keys.add_openpgp(file, means::PASSWORD),
            keys.add_openpgp_public(file),
        ]
    });
    for facts in taken.iter().flatten() {
        assert!(!facts.fingerprint.is_empty() && !facts.algorithm.is_empty());
        let known: Vec<_> = keys.facts().filter(|other| other.fingerprint == facts.fingerprint).collect();
        assert_eq!(known.len(), 1, "a key is there once");
    }
    assert_eq!(keys.is_empty(), taken.iter().all(Result::is_err));
}

/// Pictures with and without codes in them.
pub fn picture(data: &[u8]) {
    message(&Mail::new("Scan this.").file("application/octet-stream", "a", data).finish());
}
