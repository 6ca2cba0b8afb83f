//! The mail store of the private Dovecot: messages put in and read out as files, byte for byte.

use super::{Dovecot, HeldMessage, give_to_server};
use anyhow::{Context, Result, bail, ensure};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

/// How [`Dovecot::inject_with`] places messages.
#[derive(Debug, Clone, Copy, Default)]
pub struct Placement {
    pub seen: bool,
    /// When the server is to say it received them; now if absent.
    pub received: Option<SystemTime>,
}

impl Dovecot {
    /// Puts messages into a folder byte for byte as they are, unread, received now.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn inject<M: AsRef<[u8]>>(&self, user: &str, folder: &str, messages: &[M]) -> Result<()> {
        self.inject_with(user, folder, messages, Placement::default())
    }

    /// Puts messages into a folder byte for byte as they are. The folder is created when it does not exist.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn inject_with<M: AsRef<[u8]>>(
        &self,
        user: &str,
        folder: &str,
        messages: &[M],
        placement: Placement,
    ) -> Result<()> {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let maildir = self.maildir(user, folder)?;
        let (target, flags) = if placement.seen { ("cur", ":2,S") } else { ("new", "") };
        for message in messages {
            let count = COUNTER.fetch_add(1, Ordering::Relaxed);
            let bytes = message.as_ref();
            // S and W say the size on disk and on the wire: the bytes are served as they are.
            let name = format!(
                "{}.M{count:09}P{}.testbed,S={size},W={size}{flags}",
                1_700_000_000 + count,
                std::process::id(),
                size = bytes.len()
            );
            let draft = maildir.join("tmp").join(&name);
            std::fs::write(&draft, bytes).with_context(|| format!("write {}", draft.display()))?;
            if let Some(received) = placement.received {
                std::fs::File::options().write(true).open(&draft)?.set_modified(received)?;
            }
            give_to_server(&draft)?;
            std::fs::rename(&draft, maildir.join(target).join(&name))?;
        }
        Ok(())
    }

    /// What a folder holds, with the exact bytes of each message as they lie on disk. Empty when there is no
    /// such folder.
    ///
    /// # Errors
    /// When doveadm fails or the mail store is not as it should be.
    pub async fn messages(&self, user: &str, folder: &str) -> Result<Vec<(HeldMessage, Vec<u8>)>> {
        let maildir = self.maildir_path(user, folder)?;
        if !maildir.join("cur").exists() {
            return Ok(Vec::new());
        }
        let inventory = self.inventory(user, folder).await?;
        let names = uid_names(&maildir)?;
        let mut messages = Vec::new();
        for held in inventory {
            let name = names.get(&held.uid).with_context(|| format!("no file for UID {}", held.uid))?;
            let path = message_file(&maildir, name)?;
            messages.push((held, std::fs::read(path)?));
        }
        Ok(messages)
    }

    /// Takes the server's right to a folder away, or gives it back: sign-in and all other folders work on.
    ///
    /// # Errors
    /// When there is no such folder.
    pub fn set_permitted(&self, user: &str, folder: &str, permitted: bool) -> Result<()> {
        let maildir = self.maildir_path(user, folder)?;
        let mode = std::fs::Permissions::from_mode(if permitted { 0o700 } else { 0 });
        std::fs::set_permissions(&maildir, mode).with_context(|| format!("change {}", maildir.display()))
    }

    fn maildir_path(&self, user: &str, folder: &str) -> Result<PathBuf> {
        ensure!(!folder.contains('.'), "a folder in Maildir++ cannot have a dot in its name");
        let root = self.folder.path().join("mail").join(user).join("Maildir");
        if folder.eq_ignore_ascii_case("INBOX") {
            return Ok(root);
        }
        Ok(root.join(format!(".{}", folder.replace('/', "."))))
    }

    /// The Maildir of a folder, made if need be.
    pub(super) fn maildir(&self, user: &str, folder: &str) -> Result<PathBuf> {
        let maildir = self.maildir_path(user, folder)?;
        let home = self.folder.path().join("mail").join(user);
        let mut made = vec![home.clone(), home.join("Maildir"), maildir.clone()];
        made.extend(["cur", "new", "tmp"].map(|part| maildir.join(part)));
        for path in made {
            if !path.exists() {
                std::fs::create_dir_all(&path)?;
                give_to_server(&path)?;
            }
        }
        Ok(maildir)
    }
}

/// UIDs with the file names Dovecot keeps for them in `dovecot-uidlist`.
fn uid_names(maildir: &Path) -> Result<BTreeMap<u32, String>> {
    let list = std::fs::read_to_string(maildir.join("dovecot-uidlist")).context("read the UID list")?;
    let named = |line: &str| {
        let (fields, name) = line.split_once(" :")?;
        Some((fields.split(' ').next()?.parse().ok()?, name.to_owned()))
    };
    Ok(list.lines().skip(1).filter_map(named).collect())
}

/// The file of a message, whatever its flags.
fn message_file(maildir: &Path, name: &str) -> Result<PathBuf> {
    let base = name.split(':').next().unwrap_or(name);
    for part in ["cur", "new"] {
        for entry in std::fs::read_dir(maildir.join(part))? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().split(':').next() == Some(base) {
                return Ok(entry.path());
            }
        }
    }
    bail!("the file {base} is gone")
}
