//! The master key: 32 random bytes as 64 hexadecimal digits, in a file or in the environment.

use crate::config::{Config, Database, MasterKeySource};
use anyhow::{Context as _, bail};
use data_encoding::HEXLOWER_PERMISSIVE;
use rand::Rng as _;
use secrecy::{ExposeSecret as _, SecretSlice};
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

/// Length of the key in bytes.
pub(crate) const KEY_BYTES: usize = 32;

/// Reads 64 hexadecimal digits; the error never repeats them.
pub(crate) fn parse(text: &str) -> Result<[u8; KEY_BYTES], String> {
    HEXLOWER_PERMISSIVE
        .decode(text.trim().as_bytes())
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| format!("the master key must be {} hexadecimal digits", KEY_BYTES * 2))
}

/// The configured key. With SQLite a missing file is made, unless a database is there already: its secrets could
/// not be read with a new key.
pub(crate) fn obtain(config: &Config) -> anyhow::Result<[u8; KEY_BYTES]> {
    match &config.master_key {
        MasterKeySource::Given(key) => parse(key.expose_secret()).map_err(anyhow::Error::msg),
        MasterKeySource::File(path) => {
            if path.exists() {
                return read(path);
            }
            match &config.database {
                Database::Sqlite(database) if !database.exists() => create(path),
                Database::Sqlite(database) => bail!(
                    "the master key {} is missing, but the database {} exists and its secrets need that key: \
                     bring the key back from your backup",
                    path.display(),
                    database.display()
                ),
                Database::Postgres(_) => bail!(
                    "the master key {} is missing: make one with `umask 077; openssl rand -hex 32 > {}` \
                     and give the same one to every replica",
                    path.display(),
                    path.display()
                ),
            }
        }
    }
}

/// Reads the key file.
pub(crate) fn read(path: &Path) -> anyhow::Result<[u8; KEY_BYTES]> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("the master key {} cannot be read", path.display()))?;
    parse(&text).map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))
}

/// Whether somebody else than the owner may read the file.
pub(crate) fn is_exposed(path: &Path) -> std::io::Result<bool> {
    Ok(std::fs::metadata(path)?.permissions().mode() & 0o077 != 0)
}

fn create(path: &Path) -> anyhow::Result<[u8; KEY_BYTES]> {
    let mut key = [0_u8; KEY_BYTES];
    rand::rng().fill_bytes(&mut key);
    let text: SecretSlice<u8> = format!("{}\n", data_encoding::HEXLOWER.encode(&key)).into_bytes().into();
    let write = || -> std::io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(text.expose_secret())?;
        file.sync_all()?;
        // The name must last as long as the database that needs it.
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        std::fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    };
    write().with_context(|| format!("the master key {} cannot be written", path.display()))?;
    tracing::info!(file = %path.display(), "made a master key: keep a copy of it apart from the database");
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Flags, load};

    fn config(folder: &Path) -> Config {
        let flags = Flags { data: Some(folder.to_owned()), ..Flags::default() };
        load(flags, std::iter::empty()).unwrap()
    }

    #[test]
    fn it_is_made_once_and_only_its_owner_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = obtain(&config(folder.path())).unwrap();
        assert_eq!(obtain(&config(folder.path())).unwrap(), first);
        assert_ne!(first, [0; KEY_BYTES]);
        let path = folder.path().join("master.key");
        assert!(!is_exposed(&path).unwrap());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(is_exposed(&path).unwrap());
    }

    #[test]
    fn a_key_is_never_made_beside_an_old_database() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("mailcase.db"), "").unwrap();
        assert!(obtain(&config(folder.path())).unwrap_err().to_string().contains("backup"));
        assert!(!folder.path().join("master.key").exists());
    }

    #[test]
    fn wrong_keys_are_refused_without_being_repeated() {
        for wrong in ["", "00", &"g".repeat(64), &"0".repeat(63), &"0".repeat(66)] {
            let error = parse(wrong).unwrap_err();
            assert_eq!(error, "the master key must be 64 hexadecimal digits");
        }
        assert_eq!(parse(&format!("{}\n", "Ff".repeat(32))), Ok([255; KEY_BYTES]));
    }
}
