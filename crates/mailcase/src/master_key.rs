//! The master key: 32 random bytes as 64 hexadecimal digits, in a file or in the environment. While it is being
//! changed, earlier keys stand behind it, separated by lines or commas.

use crate::config::{Config, Database, MasterKeySource};
use anyhow::{Context as _, bail};
use data_encoding::HEXLOWER_PERMISSIVE;
use mailcase_store::MasterKey;
use rand::Rng as _;
use secrecy::{ExposeSecret as _, SecretSlice};
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

/// Length of the key in bytes.
pub(crate) const KEY_BYTES: usize = 32;

/// The master key, and earlier ones that still open what is sealed under them.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct KeyRing {
    pub(crate) current: [u8; KEY_BYTES],
    pub(crate) previous: Vec<[u8; KEY_BYTES]>,
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyRing(…)")
    }
}

impl KeyRing {
    /// A new key, and nothing behind it.
    fn random() -> Self {
        let mut current = [0_u8; KEY_BYTES];
        rand::rng().fill_bytes(&mut current);
        Self { current, previous: Vec::new() }
    }

    /// A new key, with all of these behind it.
    pub(crate) fn renewed(&self) -> Self {
        let previous = std::iter::once(self.current).chain(self.previous.iter().copied()).collect();
        Self { previous, ..Self::random() }
    }

    /// The key alone.
    pub(crate) fn alone(&self) -> Self {
        Self { current: self.current, previous: Vec::new() }
    }

    /// As the store takes it.
    pub(crate) fn master_key(&self) -> MasterKey {
        self.previous.iter().copied().fold(MasterKey::new(self.current), MasterKey::with_previous)
    }

    /// As it stands in a file: a line for each key.
    fn text(&self) -> SecretSlice<u8> {
        let mut text = String::new();
        for key in std::iter::once(&self.current).chain(&self.previous) {
            text.push_str(&data_encoding::HEXLOWER.encode(key));
            text.push('\n');
        }
        text.into_bytes().into()
    }
}

/// Reads keys of 64 hexadecimal digits; the error never repeats them.
pub(crate) fn parse(text: &str) -> Result<KeyRing, String> {
    let mistake = || format!("the master key must be {} hexadecimal digits", KEY_BYTES * 2);
    let mut keys = text
        .split(|c: char| c.is_whitespace() || c == ',')
        .filter(|key| !key.is_empty())
        .map(|key| HEXLOWER_PERMISSIVE.decode(key.as_bytes()).ok()?.try_into().ok())
        .collect::<Option<Vec<[u8; KEY_BYTES]>>>()
        .ok_or_else(mistake)?
        .into_iter();
    Ok(KeyRing { current: keys.next().ok_or_else(mistake)?, previous: keys.collect() })
}

/// The configured key. With SQLite a missing file is made, unless a database is there already: its secrets could
/// not be read with a new key.
pub(crate) fn obtain(config: &Config) -> anyhow::Result<KeyRing> {
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
pub(crate) fn read(path: &Path) -> anyhow::Result<KeyRing> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("the master key {} cannot be read", path.display()))?;
    parse(&text).map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))
}

/// Whether somebody else than the owner may read the file.
pub(crate) fn is_exposed(path: &Path) -> std::io::Result<bool> {
    Ok(std::fs::metadata(path)?.permissions().mode() & 0o077 != 0)
}

fn create(path: &Path) -> anyhow::Result<KeyRing> {
    let ring = KeyRing::random();
    let write = || -> std::io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(ring.text().expose_secret())?;
        file.sync_all()?;
        // The name must last as long as the database that needs it.
        sync_folder_of(path)
    };
    write().with_context(|| format!("the master key {} cannot be written", path.display()))?;
    tracing::info!(file = %path.display(), "made a master key: keep a copy of it apart from the database");
    Ok(ring)
}

/// Puts other keys into the file: whoever reads it finds the old ones or these, also after a crash. It stays its
/// owner's, who alone may read it.
pub(crate) fn replace(path: &Path, ring: &KeyRing) -> std::io::Result<()> {
    // A link to the file stays a link.
    let path = path.canonicalize()?;
    let owner = path.metadata()?;
    let folder = path.parent().ok_or(std::io::ErrorKind::InvalidInput)?;
    let mut file = tempfile::Builder::new().prefix(".master.key.").tempfile_in(folder)?;
    std::os::unix::fs::fchown(file.as_file(), Some(owner.uid()), Some(owner.gid()))?;
    file.write_all(ring.text().expose_secret())?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    sync_folder_of(&path)
}

fn sync_folder_of(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    std::fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
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
        assert_ne!(first.current, [0; KEY_BYTES]);
        assert_eq!(first.previous.len(), 0);
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
        let one_wrong = format!("{},{}", "0".repeat(64), "0".repeat(62));
        for wrong in ["", " ,\n", "00", &"g".repeat(64), &"0".repeat(63), &"0".repeat(66), &one_wrong] {
            let error = parse(wrong).unwrap_err();
            assert_eq!(error, "the master key must be 64 hexadecimal digits");
        }
        assert_eq!(parse(&format!("{}\n", "Ff".repeat(32))).unwrap().current, [255; KEY_BYTES]);
    }

    #[test]
    fn a_key_in_change_has_the_earlier_ones_behind_it() {
        let folder = tempfile::tempdir().unwrap();
        let old = obtain(&config(folder.path())).unwrap();
        let both = old.renewed();
        assert_ne!(both.current, old.current);
        assert_eq!(both.previous, [old.current]);
        let path = folder.path().join("master.key");
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        replace(&link, &both).unwrap();
        assert!(link.is_symlink());
        assert_eq!(read(&path).unwrap(), both);
        assert!(!is_exposed(&path).unwrap());
        replace(&path, &both.alone()).unwrap();
        assert_eq!(read(&link).unwrap(), KeyRing { current: both.current, previous: vec![] });
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left lying about");
        // In the environment, on one line.
        let lines = String::from_utf8(both.text().expose_secret().to_vec()).unwrap();
        assert_eq!(parse(&lines.trim().replace('\n', ", ")).unwrap(), both);
    }
}
