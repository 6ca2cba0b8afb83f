//! Listing and creating folders.

use crate::connection::{Answer, verdict};
use crate::refusal::{broken, refused};
use crate::session::{Session, folder_command};
use crate::wire::command::Command;
use crate::wire::response::{ListEntry, Response};
use mailcase_mail::{Folder, FolderPath, SourceError, utf7};

/// More folders than this are not listed: somebody would have to choose among them.
const FOLDERS_MAX: usize = 100_000;
/// Attributes of RFC 6154 that say what a folder is for.
const ROLES: [&str; 8] = ["all", "archive", "drafts", "flagged", "junk", "sent", "trash", "important"];

impl Session {
    /// Every folder of the account.
    pub(crate) async fn folders(&mut self) -> Result<Vec<Folder>, SourceError> {
        let command = if self.has("SPECIAL-USE") && self.has("LIST-EXTENDED") {
            Command::new("LIST \"\" \"*\" RETURN (SPECIAL-USE)")
        } else {
            Command::new("LIST \"\" \"*\"")
        };
        let mut folders: Vec<Folder> = self.list(&command).await?.iter().filter_map(folder).collect();
        folders.sort_by(|a, b| {
            (a.role.as_deref() != Some("inbox"), &a.path).cmp(&(b.role.as_deref() != Some("inbox"), &b.path))
        });
        folders.dedup_by(|a, b| a.path == b.path);
        Ok(folders)
    }

    /// Whether the account has this folder, as far as LIST knows.
    pub(crate) async fn folder_exists(&mut self, path: &FolderPath) -> Result<bool, SourceError> {
        let command = folder_command("LIST \"\" ", path)?;
        // `*` and `%` in the name make it a pattern: others may come as well.
        Ok(self.list(&command).await?.iter().filter_map(folder).any(|found| {
            found.selectable
                && (found.path == *path || is_inbox(found.path.as_str()) && is_inbox(path.as_str()))
        }))
    }

    /// Creates a folder; one that is there already is as good.
    pub(crate) async fn create_folder(&mut self, path: &FolderPath) -> Result<(), SourceError> {
        let command = folder_command("CREATE ", path)?;
        match self.run(&command, &mut |_| ()).await? {
            Answer::Ok(_) => Ok(()),
            Answer::No(_) if self.folder_exists(path).await? => Ok(()),
            Answer::No(line) => Err(refused("to create the folder", &line)),
        }
    }

    async fn list(&mut self, command: &Command) -> Result<Vec<ListEntry>, SourceError> {
        let mut entries = Vec::new();
        let line = self
            .try_run(command, &mut |response| {
                if let Response::List(entry) = response {
                    if entries.len() >= FOLDERS_MAX {
                        return Err(broken(format!("the server lists more than {FOLDERS_MAX} folders")));
                    }
                    entries.push(entry);
                }
                Ok(())
            })
            .await?;
        verdict(line)?.ok("to list the folders")?;
        Ok(entries)
    }
}

fn folder(entry: &ListEntry) -> Option<Folder> {
    // A name that is no modified UTF-7 is shown as it is; servers with raw UTF-8 names find it again.
    let path = utf7::decode(&entry.name).unwrap_or_else(|| String::from_utf8_lossy(&entry.name).into_owned());
    let has = |attribute: &str| entry.attributes.iter().any(|other| other == attribute);
    if path.is_empty() || path.chars().any(char::is_control) || has("\\nonexistent") {
        return None;
    }
    let role = if is_inbox(&path) {
        Some("inbox".to_owned())
    } else {
        ROLES.iter().find(|role| has(&format!("\\{role}"))).map(|role| (*role).to_owned())
    };
    Some(Folder {
        path: FolderPath::new(path),
        delimiter: entry.delimiter.clone().filter(|delimiter| !delimiter.is_empty()),
        selectable: !has("\\noselect"),
        role,
    })
}

/// INBOX is the one name that is not case-sensitive (RFC 3501 §5.1).
fn is_inbox(path: &str) -> bool {
    path.eq_ignore_ascii_case("INBOX")
}
