//! Maildirs and directories of files: listing, fetching, acting and waiting on a tree of directories.

mod view;

use crate::blocking::Lane;
use crate::cursor::Position;
use crate::index::Index;
use crate::{files, maildir, sending, watching};
use mailcase_mail::{
    ActOutcome, Cursor, Discovery, FetchedSender, Folder, FolderPath, Interrupt, RemoteAction, RemoteHead,
    RemoteId, Scope, SourceError, Wake,
};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tokio::time::Instant;
use view::{SCANS_FOR_GONE, View};

/// How messages lie in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tree {
    Maildir,
    Files { recursive: bool },
}

/// A mailbox that is a tree of directories.
#[derive(Debug)]
pub(crate) struct Directory {
    root: PathBuf,
    tree: Tree,
    /// Tells the numbers of this source's memory from those of another.
    instance: u64,
    indexes: HashMap<FolderPath, Arc<Mutex<Index>>>,
    lane: Lane,
}

impl Directory {
    pub(crate) fn new(root: &Path, tree: Tree, lane: Lane) -> Self {
        Self { root: root.to_owned(), tree, instance: rand::random(), indexes: HashMap::new(), lane }
    }

    pub(crate) const fn tree(&self) -> Tree {
        self.tree
    }

    fn view(&mut self, folder: &FolderPath) -> View {
        let instance = self.instance;
        let index =
            self.indexes.entry(folder.clone()).or_insert_with(|| Arc::new(Mutex::new(Index::new(instance))));
        View { root: self.root.clone(), tree: self.tree, folder: folder.clone(), index: Arc::clone(index) }
    }

    pub(crate) async fn folders(&self) -> Result<Vec<Folder>, SourceError> {
        let (root, tree) = (self.root.clone(), self.tree);
        self.lane
            .run("listing the folders", move || {
                let listed = match tree {
                    Tree::Maildir => maildir::folders(&root),
                    Tree::Files { recursive } => files::folders(&root, recursive),
                };
                listed.map_err(|error| crate::reading::unreachable("list", &root, &error))
            })
            .await
    }

    pub(crate) async fn discover(
        &mut self,
        folder: &FolderPath,
        scope: Scope,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Discovery, SourceError> {
        let view = self.view(folder);
        let after = after.cloned();
        self.lane.run("listing the folder", move || view.discover(scope, after.as_ref(), limit)).await
    }

    pub(crate) async fn inventory(&mut self, folder: &FolderPath) -> Result<Vec<RemoteHead>, SourceError> {
        let view = self.view(folder);
        self.lane.run("listing the folder", move || view.inventory()).await
    }

    pub(crate) async fn fetch(
        &mut self,
        folder: &FolderPath,
        ids: &[RemoteId],
        out: &FetchedSender,
    ) -> Result<(), SourceError> {
        let view = self.view(folder);
        let checked = view.clone();
        self.lane.run("opening the folder", move || checked.place()).await?;
        let patience = Arc::new(Mutex::new(SCANS_FOR_GONE));
        for id in ids {
            let (view, patience, wanted) = (view.clone(), Arc::clone(&patience), id.clone());
            sending::send(&self.lane, id, out, move || view.open(&wanted, &patience)).await?;
        }
        Ok(())
    }

    pub(crate) async fn act(
        &mut self,
        folder: &FolderPath,
        ids: &[RemoteId],
        action: &RemoteAction,
    ) -> Result<Vec<ActOutcome>, SourceError> {
        let view = self.view(folder);
        let (checked, wanted) = (view.clone(), action.clone());
        self.lane
            .run("opening the folder", move || {
                checked.place()?;
                checked.check_action(&wanted)
            })
            .await?;
        let patience = Arc::new(Mutex::new(SCANS_FOR_GONE));
        let mut outcomes = Vec::with_capacity(ids.len());
        // One step per message: dropped in between, the rest is left alone.
        for id in ids {
            let (view, patience) = (view.clone(), Arc::clone(&patience));
            let (id, action) = (id.clone(), action.clone());
            outcomes
                .push(self.lane.run("changing a message", move || view.act(&id, &action, &patience)).await?);
        }
        Ok(outcomes)
    }

    /// Whether the first run left the message out, as far as the last look at its folder knows. The cursor names the
    /// directory, and with it the folder.
    pub(crate) fn was_before_first_run(&self, cursor: &Cursor, id: &RemoteId) -> bool {
        let Some(first_run) = Position::read(cursor).and_then(|position| position.first_run) else {
            return false;
        };
        // One that is locked is just being looked at by a step that was given up.
        let indexes = self.indexes.values().filter_map(|index| index.try_lock().ok());
        indexes.into_iter().any(|index| index.was_before_first_run(&first_run, id.as_str()))
    }

    pub(crate) async fn wait(
        &mut self,
        folder: &FolderPath,
        until: Instant,
        interrupt: &Interrupt,
    ) -> Result<Wake, SourceError> {
        let view = self.view(folder);
        let lane = &self.lane;
        watching::wait(lane, until, interrupt, |thorough| {
            let view = view.clone();
            lane.run("looking at the folder", move || view.look(thorough))
        })
        .await
    }
}
