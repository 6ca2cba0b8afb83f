//! Private keys for one run of the command.

use crate::terminal::secret;
use anyhow::Context as _;
use mailcase_evidence::{KEY_FILE_BYTES, KeyError, Keyring};
use secrecy::{ExposeSecret as _, SecretString};
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Holds the password of the keys, for scripts: arguments are seen by every user of the machine.
const PASSWORD_VARIABLE: &str = "MAILCASE_KEY_PASSWORD";

/// Reads the keys in these files; asks for the password of those that have one.
pub(crate) fn read(files: &[PathBuf]) -> anyhow::Result<Keyring> {
    let mut keys = Keyring::default();
    for file in files {
        add(&mut keys, file).with_context(|| format!("the key {} cannot be used", file.display()))?;
    }
    Ok(keys)
}

fn add(keys: &mut Keyring, file: &Path) -> anyhow::Result<()> {
    let mut bytes = Vec::new();
    File::open(file)?.take(KEY_FILE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    let mut with = |password: &str| match keys.add_pkcs12(&bytes, password) {
        Err(KeyError::NotPkcs12) => keys.add_openpgp(&bytes, password),
        answer => answer,
    };
    match with("") {
        Err(KeyError::WrongPassword) => {
            let password = match std::env::var(PASSWORD_VARIABLE) {
                Ok(password) => SecretString::from(password),
                Err(_) => secret(&format!("Password of {}: ", file.display()))?,
            };
            with(password.expose_secret())?;
        }
        answer => {
            answer?;
        }
    }
    Ok(())
}
