//! Folders by the path people read. A slash within a name is written `\/`.

use crate::client::{Call, EwsClient};
use crate::items::{folder_id, identity};
use crate::refusal::{Refusal, Trouble};
use crate::wire::{Element, escaped};
use mailcase_mail::{Folder, FolderPath, SourceError};
use std::collections::{HashMap, HashSet};

/// More folders are not listed, whatever the server says.
const FOLDERS_MAX: usize = 20_000;
/// Nobody nests deeper; a tree that does goes in circles.
const DEPTH_MAX: usize = 100;
/// Folders asked for at once.
const PAGE: usize = 1000;
const ROOT: &str = "msgfolderroot";
/// Names Exchange knows whatever the language of the mailbox, with the role they have (RFC 6154).
const WELL_KNOWN: [(&str, &str); 5] = [
    ("inbox", "inbox"),
    ("drafts", "drafts"),
    ("sentitems", "sent"),
    (DELETED_ITEMS, "trash"),
    ("junkemail", "junk"),
];
pub(crate) const DELETED_ITEMS: &str = "deleteditems";
const SHAPE: &str = "<m:FolderShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties>\
    <t:FieldURI FieldURI=\"folder:DisplayName\"/><t:FieldURI FieldURI=\"folder:ParentFolderId\"/>\
    <t:FieldURI FieldURI=\"folder:FolderClass\"/><t:FieldURI FieldURI=\"folder:TotalCount\"/>\
    <t:FieldURI FieldURI=\"folder:UnreadCount\"/></t:AdditionalProperties></m:FolderShape>";
const DOING: &str = "list the folders";

/// A folder as we address it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) id: String,
    pub(crate) total: u64,
    pub(crate) unread: u64,
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

fn escaped_name(name: &str) -> String {
    name.replace('\\', "\\\\").replace('/', "\\/")
}

#[derive(Debug, Clone)]
struct Node {
    found: Found,
    parent: String,
    name: String,
    /// Holds mail, and not appointments or contacts.
    mail: bool,
}

impl Node {
    fn of(element: &Element) -> Option<Self> {
        let count = |name: &str| element.text_at(&[name]).and_then(|text| text.parse().ok()).unwrap_or(0);
        let id = identity(element, "FolderId")?.to_owned();
        Some(Self {
            found: Found { id, total: count("TotalCount"), unread: count("UnreadCount") },
            parent: identity(element, "ParentFolderId").unwrap_or_default().to_owned(),
            name: element.child("DisplayName").map(|name| name.text.clone()).unwrap_or_default(),
            mail: element.name == "Folder",
        })
    }
}

/// The folders of a mailbox at one moment.
#[derive(Debug, Clone, Default)]
struct Tree {
    /// Nothing where we may see single folders only.
    root: Option<String>,
    /// Identity by well-known name.
    known: HashMap<&'static str, String>,
    nodes: HashMap<String, Node>,
}

impl Tree {
    fn child(&self, parent: Option<&str>, name: &str) -> Option<&Node> {
        let is_child = |node: &&Node| match parent.or(self.root.as_deref()) {
            Some(parent) => node.parent == parent,
            None => self.known.values().any(|id| *id == node.found.id),
        };
        let children = || self.nodes.values().filter(is_child);
        if let Some(node) = children().find(|node| node.name == name) {
            return Some(node);
        }
        let lower = name.to_lowercase();
        if parent.is_none()
            && let Some(id) = self.known.get(lower.as_str())
        {
            return self.nodes.get(id);
        }
        // Exchange has no two folders that differ in case alone.
        children().find(|node| node.name.to_lowercase() == lower)
    }

    fn find(&self, names: &[String]) -> Option<&Node> {
        let mut node: Option<&Node> = None;
        for name in names {
            node = Some(self.child(node.map(|node| node.found.id.as_str()), name)?);
        }
        node
    }

    /// The path of a folder, and nothing for one that is not below the top.
    fn path(&self, node: &Node) -> Option<String> {
        let mut path = escaped_name(&node.name);
        let mut parent = node.parent.as_str();
        for _ in 0..DEPTH_MAX {
            let is_top = match &self.root {
                Some(root) => parent == root,
                None => !self.nodes.contains_key(parent),
            };
            if is_top {
                return Some(path);
            }
            let above = self.nodes.get(parent)?;
            path = format!("{}/{path}", escaped_name(&above.name));
            parent = &above.parent;
        }
        None
    }
}

/// The folders of one mailbox.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Folders<'a> {
    client: &'a EwsClient,
}

impl<'a> Folders<'a> {
    pub(crate) const fn new(client: &'a EwsClient) -> Self {
        Self { client }
    }

    /// The folder at a path: by the names people see, or a name Exchange knows in every language.
    pub(crate) async fn find(&self, path: &FolderPath) -> Result<Found, SourceError> {
        let tree = self.tree().await.map_err(|trouble| trouble.into_error("find the folder"))?;
        let found = tree.find(&names(path.as_str())).map(|node| node.found.clone());
        found.ok_or_else(|| SourceError::FolderNotFound { folder: path.clone() })
    }

    /// As [`find`](Self::find), and what is missing is made.
    pub(crate) async fn find_or_make(&self, path: &FolderPath) -> Result<Found, SourceError> {
        let trouble = |trouble: Trouble| trouble.into_error("make a folder");
        let names = names(path.as_str());
        if names.iter().any(|name| name.trim().is_empty()) {
            let message = format!("`{path}` cannot be the path of a folder");
            return Err(SourceError::Settings { message });
        }
        let mut tree = self.tree().await.map_err(trouble)?;
        let mut parent: Option<Found> = None;
        for name in &names {
            let above = parent.as_ref().map(|parent| parent.id.as_str());
            let found = tree.child(above, name).map(|node| node.found.clone());
            parent = Some(match found {
                Some(found) => found,
                None => match self.make(above, name).await.map_err(trouble)? {
                    Some(made) => made,
                    // Somebody else was faster.
                    None => {
                        tree = self.tree().await.map_err(trouble)?;
                        let missing = || SourceError::FolderNotFound { folder: path.clone() };
                        tree.child(above, name).map(|node| node.found.clone()).ok_or_else(missing)?
                    }
                },
            });
        }
        parent.ok_or_else(|| SourceError::FolderNotFound { folder: path.clone() })
    }

    /// Nothing when there is one of this name already.
    async fn make(&self, parent: Option<&str>, name: &str) -> Result<Option<Found>, Trouble> {
        let parent = parent.map_or_else(|| self.client.well_known(ROOT), folder_id);
        let call = Call::new(format!(
            "<m:CreateFolder><m:ParentFolderId>{parent}</m:ParentFolderId><m:Folders><t:Folder>\
             <t:FolderClass>IPF.Note</t:FolderClass><t:DisplayName>{}</t:DisplayName></t:Folder></m:Folders>\
             </m:CreateFolder>",
            escaped(name)
        ));
        let made = match self.client.one(&call).await {
            Ok(made) => made,
            Err(Trouble::Refused(refusal)) if refusal.code == "ErrorFolderExists" => return Ok(None),
            Err(trouble) => return Err(trouble),
        };
        let id = made.at(&["Folders", "Folder"]).and_then(|folder| identity(folder, "FolderId"));
        let id = id.ok_or_else(|| SourceError::Protocol {
            message: "Exchange made a folder without saying which".to_owned(),
        })?;
        Ok(Some(Found { id: id.to_owned(), total: 0, unread: 0 }))
    }

    /// The folder Exchange knows by this name.
    pub(crate) async fn well_known(&self, name: &'static str) -> Result<Found, Trouble> {
        let call = Call::new(format!(
            "<m:GetFolder>{SHAPE}<m:FolderIds>{}</m:FolderIds></m:GetFolder>",
            self.client.well_known(name)
        ));
        let folder = node(&self.client.one(&call).await?).map(|node| node.found);
        folder.ok_or_else(|| {
            SourceError::Protocol { message: "Exchange describes a folder without its identity".to_owned() }
                .into()
        })
    }

    /// Every folder with mail below the top.
    pub(crate) async fn all(&self) -> Result<Vec<Folder>, SourceError> {
        let tree = self.tree().await.map_err(|trouble| trouble.into_error(DOING))?;
        let roles: HashMap<&str, &str> = WELL_KNOWN
            .iter()
            .filter_map(|(name, role)| Some((tree.known.get(name)?.as_str(), *role)))
            .collect();
        let mut all: Vec<Folder> = tree
            .nodes
            .values()
            .filter(|node| node.mail)
            .filter_map(|node| {
                Some(Folder {
                    path: FolderPath::new(tree.path(node)?),
                    delimiter: Some("/".to_owned()),
                    selectable: true,
                    role: roles.get(node.found.id.as_str()).map(|role| (*role).to_owned()),
                })
            })
            .collect();
        all.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(all)
    }

    async fn tree(&self) -> Result<Tree, Trouble> {
        let mut tree = Tree::default();
        let asked: Vec<&'static str> =
            std::iter::once(ROOT).chain(WELL_KNOWN.iter().map(|(name, _)| *name)).collect();
        let found = self
            .client
            .each(&asked, asked.len(), |names| {
                let ids: String = names.iter().map(|name| self.client.well_known(name)).collect();
                format!("<m:GetFolder>{SHAPE}<m:FolderIds>{ids}</m:FolderIds></m:GetFolder>")
            })
            .await?;
        let mut refusal: Option<Refusal> = None;
        for (name, result) in asked.into_iter().zip(found) {
            match result.map(|answer| node(&answer)) {
                Ok(Some(node)) if name == ROOT => tree.root = Some(node.found.id),
                Ok(Some(node)) => {
                    tree.known.insert(name, node.found.id.clone());
                    tree.nodes.insert(node.found.id.clone(), node);
                }
                Ok(None) => {}
                Err(why) if why.is_passing() => return Err(why.into()),
                Err(why) if refusal.is_none() => refusal = Some(why),
                // Not every mailbox has every folder, nor do we always see all of a mailbox that is shared with us.
                Err(_) => {}
            }
        }
        let below = match (&tree.root, tree.known.get("inbox")) {
            (Some(root), _) => root.clone(),
            (None, Some(inbox)) => inbox.clone(),
            (None, None) => match refusal {
                Some(refusal) => return Err(refusal.of_the_mailbox("open the mailbox").into()),
                None => {
                    return Err(
                        SourceError::Protocol { message: "Exchange names no folder".to_owned() }.into()
                    );
                }
            },
        };
        self.below(&below, &mut tree).await?;
        Ok(tree)
    }

    async fn below(&self, top: &str, tree: &mut Tree) -> Result<(), Trouble> {
        let parent = folder_id(top);
        let mut offset: usize = 0;
        let mut listed: HashSet<String> = HashSet::new();
        while tree.nodes.len() < FOLDERS_MAX {
            let call = Call::new(format!(
                "<m:FindFolder Traversal=\"Deep\">{SHAPE}<m:IndexedPageFolderView MaxEntriesReturned=\"{PAGE}\" \
                 Offset=\"{offset}\" BasePoint=\"Beginning\"/><m:ParentFolderIds>{parent}</m:ParentFolderIds>\
                 </m:FindFolder>"
            ));
            let answer = self.client.one(&call).await?;
            let root = answer.child("RootFolder").ok_or_else(|| SourceError::Protocol {
                message: "Exchange answers with a list without its folder".to_owned(),
            })?;
            let folders = root.child("Folders").map(|found| found.children.as_slice()).unwrap_or_default();
            let before = listed.len();
            for node in folders.iter().filter_map(Node::of) {
                listed.insert(node.found.id.clone());
                tree.nodes.insert(node.found.id.clone(), node);
            }
            let complete = root.attribute("IncludesLastItemInRange").is_none_or(|last| last != "false");
            if complete || folders.is_empty() {
                return Ok(());
            }
            if listed.len() == before {
                let message = "Exchange lists the folders without an end".to_owned();
                return Err(SourceError::Protocol { message }.into());
            }
            offset = offset.saturating_add(folders.len());
        }
        Ok(())
    }
}

fn node(answer: &Element) -> Option<Node> {
    answer.child("Folders")?.children.first().and_then(Node::of)
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
            ("a//b", vec!["a", "", "b"]),
        ] {
            assert_eq!(names(path), expected, "{path}");
        }
        for name in ["plain", "a/b", r"a\b", r"\/", r"ends in \"] {
            assert_eq!(names(&escaped_name(name)), [name]);
        }
    }

    fn tree(nodes: &[(&str, &str, &str)]) -> Tree {
        let node = |(id, parent, name): &(&str, &str, &str)| Node {
            found: Found { id: (*id).to_owned(), total: 0, unread: 0 },
            parent: (*parent).to_owned(),
            name: (*name).to_owned(),
            mail: true,
        };
        Tree {
            root: Some("root".to_owned()),
            known: HashMap::from([("inbox", "i".to_owned())]),
            nodes: nodes.iter().map(|entry| (entry.0.to_owned(), node(entry))).collect(),
        }
    }

    #[test]
    fn folders_are_found_by_shown_and_by_known_names_and_never_by_chance() {
        let tree = tree(&[
            ("i", "root", "Posteingang"),
            ("r", "i", "Meldungen"),
            ("x", "root", "meldungen"),
            ("lost", "nowhere", "Lost"),
            ("a", "b", "A"),
            ("b", "a", "B"),
        ]);
        for (path, expected) in [
            ("Posteingang", Some("i")),
            ("posteingang", Some("i")),
            ("Inbox", Some("i")),
            ("INBOX/Meldungen", Some("r")),
            ("Posteingang/meldungen", Some("r")),
            ("Meldungen", Some("x")),
            ("Meldungen/Inbox", None),
            ("Lost", None),
            ("", None),
            ("Inbox/", None),
        ] {
            let found = tree.find(&names(path)).map(|node| node.found.id.as_str());
            assert_eq!(found, expected, "{path}");
        }
        assert_eq!(tree.path(&tree.nodes["r"]).as_deref(), Some("Posteingang/Meldungen"));
        assert_eq!(tree.path(&tree.nodes["lost"]), None);
        assert_eq!(tree.path(&tree.nodes["a"]), None, "folders in a circle are nowhere");
    }
}
