//! Folders by the path people read. A slash within a name is written `\/`.

use crate::client::{AT_ONCE, Call, GraphClient};
use crate::refusal::Trouble;
use crate::wire::{BatchItem, FolderShape, Page, quoted, relative, segment};
use futures::StreamExt as _;
use mailcase_mail::{Folder, FolderPath, SourceError};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// More folders are not listed, whatever the server says.
const FOLDERS_MAX: usize = 20_000;
/// Nobody nests deeper; a tree that does goes in circles.
const DEPTH_MAX: usize = 100;
const PAGE: usize = 250;
/// More pages of one folder's children there are not.
const PAGES_MAX: usize = 1_000;
/// Names Graph knows whatever the language of the mailbox, with the role they have (RFC 6154).
const WELL_KNOWN: [(&str, &str); 6] = [
    ("inbox", "inbox"),
    ("drafts", "drafts"),
    ("sentitems", "sent"),
    ("deleteditems", "trash"),
    ("junkemail", "junk"),
    ("archive", "archive"),
];
const DOING: &str = "list the folders";

/// A folder as we address it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) id: String,
    pub(crate) total: u64,
    pub(crate) unread: u64,
}

impl From<FolderShape> for Found {
    fn from(shape: FolderShape) -> Self {
        Self { id: shape.id, total: shape.total_item_count, unread: shape.unread_item_count }
    }
}

/// The names of a path.
fn names(path: &str) -> Vec<String> {
    let mut names = vec![String::new()];
    let mut rest = path.chars();
    while let Some(c) = rest.next() {
        match c {
            '/' => names.push(String::new()),
            c => {
                // A backslash before anything else is a backslash.
                let c = if c == '\\' && rest.as_str().starts_with(['/', '\\']) {
                    rest.next().unwrap_or(c)
                } else {
                    c
                };
                if let Some(name) = names.last_mut() {
                    name.push(c);
                }
            }
        }
    }
    names
}

fn escaped(name: &str) -> String {
    name.replace('\\', "\\\\").replace('/', "\\/")
}

/// The folders of one mailbox.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Folders<'a> {
    client: &'a GraphClient,
    /// `/users/…`.
    root: &'a str,
}

impl<'a> Folders<'a> {
    pub(crate) const fn new(client: &'a GraphClient, root: &'a str) -> Self {
        Self { client, root }
    }

    /// The folder at a path: by the names people see, or a name Graph knows in every language.
    pub(crate) async fn find(&self, path: &FolderPath) -> Result<Found, SourceError> {
        let missing = || SourceError::FolderNotFound { folder: path.clone() };
        let mut parent: Option<Found> = None;
        for name in names(path.as_str()) {
            if name.is_empty() {
                return Err(missing());
            }
            let found = self.child(parent.as_ref(), &name).await;
            let found = found.map_err(|trouble| trouble.of_folder(path, "find the folder"))?;
            parent = Some(found.ok_or_else(missing)?);
        }
        parent.ok_or_else(missing)
    }

    /// As [`find`](Self::find), and what is missing is made.
    pub(crate) async fn find_or_make(&self, path: &FolderPath) -> Result<Found, SourceError> {
        let mut parent: Option<Found> = None;
        for name in names(path.as_str()) {
            if name.trim().is_empty() {
                let message = format!("`{path}` cannot be the path of a folder");
                return Err(SourceError::Settings { message });
            }
            let doing = "make a folder";
            let found =
                self.child(parent.as_ref(), &name).await.map_err(|trouble| trouble.into_error(doing))?;
            parent = Some(match found {
                Some(found) => found,
                None => {
                    self.make(parent.as_ref(), &name).await.map_err(|trouble| trouble.into_error(doing))?
                }
            });
        }
        parent.ok_or_else(|| SourceError::FolderNotFound { folder: path.clone() })
    }

    fn children(&self, parent: Option<&Found>) -> String {
        match parent {
            Some(parent) => format!("{}/mailFolders/{}/childFolders", self.root, segment(&parent.id)),
            None => format!("{}/mailFolders", self.root),
        }
    }

    async fn child(&self, parent: Option<&Found>, name: &str) -> Result<Option<Found>, Trouble> {
        let path =
            format!("{}?$filter=displayName%20eq%20{}&$top={PAGE}", self.children(parent), quoted(name));
        let page: Page<FolderShape> = self.client.json(&Call::get(path)).await?;
        let mut alike: Vec<FolderShape> = page.value;
        if let Some(at) = alike.iter().position(|folder| folder.display_name == name) {
            return Ok(Some(alike.swap_remove(at).into()));
        }
        let lower = name.to_ascii_lowercase();
        if parent.is_none() && WELL_KNOWN.iter().any(|(known, _)| *known == lower) {
            let call = Call::get(format!("{}/mailFolders/{lower}", self.root));
            match self.client.json::<FolderShape>(&call).await {
                Ok(found) => return Ok(Some(found.into())),
                Err(trouble) if trouble.refusal().is_some_and(|refusal| refusal.is_absence()) => {}
                Err(trouble) => return Err(trouble),
            }
        }
        // Exchange has no two folders that differ in case alone.
        Ok(alike.into_iter().next().map(Found::from))
    }

    async fn make(&self, parent: Option<&Found>, name: &str) -> Result<Found, Trouble> {
        let call = Call::post(self.children(parent), &json!({"displayName": name}));
        match self.client.json::<FolderShape>(&call).await {
            Ok(made) => Ok(made.into()),
            // Somebody else was faster.
            Err(trouble) if trouble.refusal().is_some_and(|refusal| refusal.status == 409) => {
                self.child(parent, name).await?.ok_or(trouble)
            }
            Err(trouble) => Err(trouble),
        }
    }

    /// Every folder below the top.
    pub(crate) async fn all(&self) -> Result<Vec<Folder>, SourceError> {
        let roles = self.roles().await?;
        let mut all = Vec::new();
        let mut level: Vec<(String, Option<Found>)> = vec![(String::new(), None)];
        for _ in 0..DEPTH_MAX {
            let listing: Vec<_> = level.iter().map(|(_, parent)| self.list(parent.as_ref())).collect();
            let listed: Vec<_> = futures::stream::iter(listing).buffered(AT_ONCE).collect().await;
            let mut next = Vec::new();
            for ((before, _), found) in level.iter().zip(listed) {
                let found = found.map_err(|trouble| trouble.into_error(DOING))?;
                for shape in found {
                    let path = format!("{before}{}", escaped(&shape.display_name));
                    if shape.child_folder_count > 0 {
                        next.push((format!("{path}/"), Some(Found::from(shape.clone()))));
                    }
                    all.push(Folder {
                        path: FolderPath::new(path),
                        delimiter: Some("/".to_owned()),
                        selectable: true,
                        role: roles.get(&shape.id).map(|role| (*role).to_owned()),
                    });
                }
            }
            if next.is_empty() || all.len() >= FOLDERS_MAX {
                break;
            }
            level = next;
        }
        all.truncate(FOLDERS_MAX);
        Ok(all)
    }

    async fn list(&self, parent: Option<&Found>) -> Result<Vec<FolderShape>, Trouble> {
        let mut path =
            format!("{}?$select=id,displayName,childFolderCount&$top={PAGE}", self.children(parent));
        let mut all = Vec::new();
        for _ in 0..PAGES_MAX {
            let page: Page<FolderShape> = match self.client.json(&Call::get(path)).await {
                Ok(page) => page,
                // It was deleted while we looked.
                Err(trouble) if parent.is_some() && trouble.refusal().is_some_and(|r| r.is_absence()) => {
                    return Ok(all);
                }
                Err(trouble) => return Err(trouble),
            };
            all.extend(page.value);
            match page.next {
                Some(next) if all.len() < FOLDERS_MAX => path = self.follow(&next)?,
                _ => return Ok(all),
            }
        }
        Err(SourceError::Protocol { message: "Graph lists the folders without an end".to_owned() }.into())
    }

    fn follow(&self, link: &str) -> Result<String, SourceError> {
        relative(self.client.base(), link).ok_or_else(|| SourceError::Protocol {
            message: "Graph sent a link to another server".to_owned(),
        })
    }

    /// Which folder has which role, by identity.
    async fn roles(&self) -> Result<BTreeMap<String, &'static str>, SourceError> {
        let items: Vec<BatchItem> = WELL_KNOWN
            .iter()
            .map(|(name, _)| {
                BatchItem::new("GET", format!("{}/mailFolders/{name}?$select=id", self.root), None)
            })
            .collect();
        let mut roles = BTreeMap::new();
        for ((_, role), result) in WELL_KNOWN.iter().zip(self.client.batch(&items).await?) {
            match result {
                Ok(folder) => {
                    if let Some(id) = folder.get("id").and_then(Value::as_str) {
                        roles.insert(id.to_owned(), *role);
                    }
                }
                // Not every mailbox has an archive.
                Err(refusal) if refusal.is_absence() => {}
                Err(refusal) => return Err(refusal.into_error(DOING)),
            }
        }
        Ok(roles)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_taken_apart_where_people_mean_it() {
        for (path, expected) in [
            ("Inbox", vec!["Inbox"]),
            ("Inbox/Reports/2026", vec!["Inbox", "Reports", "2026"]),
            (r"Inbox/A\/B", vec!["Inbox", "A/B"]),
            (r"C:\temp", vec![r"C:\temp"]),
            (r"a\\/b", vec![r"a\", "b"]),
            ("a//b", vec!["a", "", "b"]),
        ] {
            assert_eq!(names(path), expected, "{path}");
        }
        for name in ["plain", "a/b", r"a\b", r"\/", r"ends in \"] {
            assert_eq!(names(&escaped(name)), [name]);
        }
    }
}
