//! Keys and signed mail of the corpus that is not part of the project.

use std::path::{Path, PathBuf};

use super::workshop::{halves, room};
use crate::SignatureState;
use crate::keys::{KeyError, Keyring};
use crate::smime::verify_detached;

pub(crate) fn corpus() -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let folder = std::env::var_os("MAILCASE_CORPUS").map_or(default, PathBuf::from);
    if !folder.exists() {
        eprintln!("skipped: no corpus at {}", folder.display());
        return None;
    }
    Some(folder)
}

#[test]
fn keys_of_mimekit_are_read() {
    let Some(corpus) = corpus() else { return };
    let folder = corpus.join("jstedfast+MimeKit/UnitTests/TestData/smime");
    let mut read = 0;
    for name in [
        "rsa/smime.pfx",
        "ec/smime.pfx",
        "dnsnames/smime.pfx",
        "nochain/smime.pfx",
        "revoked/smime.pfx",
        "revokednochain/smime.pfx",
        "revokedsubca/smime.pfx",
        "certificate-authority.pfx",
        "intermediate1.pfx",
        "intermediate2.pfx",
        "revoked-intermediate.pfx",
    ] {
        let Ok(file) = std::fs::read(folder.join(name)) else { continue };
        let mut keys = Keyring::default();
        let facts = keys.add_pkcs12(&file, "no.secret").unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!facts.subject.is_empty() && facts.bits.is_some(), "{name}: {facts:?}");
        assert_eq!(keys.add_pkcs12(&file, "secret"), Err(KeyError::WrongPassword), "{name}");
        read += 1;
    }
    assert!(read >= 9, "{read}");
    let dsa = std::fs::read(folder.join("dsa/smime.pfx")).unwrap();
    let refused = Keyring::default().add_pkcs12(&dsa, "no.secret");
    assert_eq!(refused, Err(KeyError::Unsupported { algorithm: "DSA".to_owned() }));
}

#[test]
fn signatures_of_mail_programs_are_verified() {
    let Some(corpus) = corpus() else { return };
    let folder = corpus.join("jstedfast+MimeKit/UnitTests/TestData/smime");
    let mail = std::fs::read(folder.join("thunderbird-signed.txt")).unwrap();
    let (content, signature) = halves(&mail);
    let signatures = verify_detached(&signature, &content, &mut room());
    assert_eq!(signatures.len(), 1);
    assert_eq!(signatures[0].state, SignatureState::Intact, "{signatures:?}");
}
