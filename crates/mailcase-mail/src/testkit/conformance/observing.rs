//! Clauses about looking: inventory, folders, the connection test. And the views all clauses look through.

use super::super::bench::Bench;
use super::super::letters::letter;
use super::within;
use crate::check::StepStatus;
use crate::error::SourceError;
use crate::fetched::{CHUNK_MAX_BYTES, Fetched};
use crate::remote::{Cursor, Discovery, FolderPath, RemoteHead, RemoteId};
use crate::source::{MailSource, RemoteAction, Scope};
use std::collections::BTreeMap;
use tokio::sync::mpsc;

/// More pages than any clause needs: a listing that goes on longer never ends.
const PAGES_MAX: usize = 1_000;
/// Chunks in flight while a clause collects.
const CHANNEL_CHUNKS: usize = 4;

/// What became of one id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    Raw(Vec<u8>),
    Unreadable,
    Gone,
}

/// Lists until there is no more, checking the rules of a page.
pub(super) async fn list<S: MailSource>(
    source: &mut S,
    folder: &FolderPath,
    scope: Scope,
    after: Option<&Cursor>,
    limit: usize,
) -> (Vec<RemoteHead>, Cursor) {
    let mut heads = Vec::new();
    let mut after = after.cloned();
    for _ in 0..PAGES_MAX {
        let page = page(source, folder, scope, after.as_ref(), limit).await;
        heads.extend(page.messages);
        if !page.more {
            return (heads, page.cursor);
        }
        after = Some(page.cursor);
    }
    panic!("the listing did not end after {PAGES_MAX} pages");
}

/// One page, checked against the rules of a page.
pub(super) async fn page<S: MailSource>(
    source: &mut S,
    folder: &FolderPath,
    scope: Scope,
    after: Option<&Cursor>,
    limit: usize,
) -> Discovery {
    let page =
        within("discover", source.discover(folder, scope, after, limit)).await.expect("discover works");
    assert!(page.messages.len() <= limit, "a page of {} is above the limit {limit}", page.messages.len());
    let mut ids: Vec<_> = page.messages.iter().map(|head| head.id.clone()).collect();
    assert!(
        ids.iter().all(|id| !id.as_str().is_empty() && id.as_str().len() <= RemoteId::MAX_BYTES),
        "every identity is a text of 1 to {} bytes",
        RemoteId::MAX_BYTES
    );
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), page.messages.len(), "a page names no message twice");
    page
}

/// Fetches and checks the grammar of the answers; one answer per id, whatever the order.
pub(super) async fn fetch<S: MailSource>(
    source: &mut S,
    folder: &FolderPath,
    ids: &[RemoteId],
) -> BTreeMap<RemoteId, Answer> {
    let (out, mut received) = mpsc::channel(CHANNEL_CHUNKS);
    let fetching = async {
        let result = source.fetch(folder, ids, &out).await;
        drop(out);
        result
    };
    let collecting = async {
        let mut answers = BTreeMap::new();
        let mut open: Option<(RemoteId, Vec<u8>)> = None;
        while let Some(fetched) = received.recv().await {
            collect(fetched, &mut open, &mut answers);
        }
        assert!(open.is_none(), "a message begun was not ended");
        answers
    };
    let (result, answers) = within("fetch", async { tokio::join!(fetching, collecting) }).await;
    result.expect("fetch works");
    let mut asked = ids.to_vec();
    asked.sort();
    assert_eq!(answers.keys().cloned().collect::<Vec<_>>(), asked, "every id is answered, and nothing else");
    answers
}

fn collect(
    fetched: Fetched,
    open: &mut Option<(RemoteId, Vec<u8>)>,
    answers: &mut BTreeMap<RemoteId, Answer>,
) {
    let (id, answer) = match fetched {
        Fetched::Begin(head) => {
            assert!(open.is_none(), "a message begins before the last one ended");
            *open = Some((head.id, Vec::new()));
            return;
        }
        Fetched::Chunk(bytes) => {
            assert!(!bytes.is_empty() && bytes.len() <= CHUNK_MAX_BYTES, "a chunk of {} bytes", bytes.len());
            open.as_mut().expect("a chunk comes after a beginning").1.extend_from_slice(&bytes);
            return;
        }
        Fetched::End => {
            let (id, raw) = open.take().expect("an end comes after a beginning");
            (id, Answer::Raw(raw))
        }
        Fetched::Unreadable { id, .. } => {
            if let Some((begun, _)) = open.take() {
                assert_eq!(begun, id, "a beginning is taken back for its own message");
            }
            (id, Answer::Unreadable)
        }
        Fetched::Gone(id) => {
            assert!(open.is_none(), "a message is gone while another is open");
            (id, Answer::Gone)
        }
    };
    assert!(answers.insert(id.clone(), answer).is_none(), "{id} was answered twice");
}

/// The raw bytes of each of `heads`, in their order.
pub(super) async fn raws<S: MailSource>(
    source: &mut S,
    folder: &FolderPath,
    heads: &[RemoteHead],
) -> Vec<Vec<u8>> {
    let ids = ids(heads);
    let answers = fetch(source, folder, &ids).await;
    ids.iter()
        .map(|id| match &answers[id] {
            Answer::Raw(raw) => raw.clone(),
            other => panic!("{id} should be readable, not {other:?}"),
        })
        .collect()
}

pub(super) fn ids(heads: &[RemoteHead]) -> Vec<RemoteId> {
    heads.iter().map(|head| head.id.clone()).collect()
}

/// Delivers `count` letters and lists them; their ids in order of delivery.
pub(super) async fn delivered<B: Bench>(
    bench: &mut B,
    source: &mut B::Source,
    count: usize,
) -> (Vec<RemoteId>, Vec<Vec<u8>>, Cursor) {
    let letters: Vec<_> = (1..=count).map(|number| letter(&format!("d{number}"))).collect();
    for letter in &letters {
        bench.deliver(letter).await;
    }
    let (heads, cursor) = list(source, &bench.inbox(), Scope::NewFromAll, None, 100).await;
    assert_eq!(raws(source, &bench.inbox(), &heads).await, letters, "all are listed, oldest first");
    (ids(&heads), letters, cursor)
}

/// What the inbox holds, sorted, so that it can be compared with another look.
pub(super) async fn held<B: Bench>(bench: &mut B) -> Vec<(Vec<u8>, Option<bool>)> {
    let inbox = bench.inbox();
    held_in(bench, &inbox).await
}

pub(super) async fn held_in<B: Bench>(bench: &mut B, folder: &FolderPath) -> Vec<(Vec<u8>, Option<bool>)> {
    let mut held: Vec<_> =
        bench.list(folder).await.into_iter().map(|message| (message.raw, message.seen)).collect();
    held.sort();
    held
}

/// The inventory is everything the folder holds, read or not, under the identities of the listing and with true
/// sizes.
pub async fn inventory_is_the_truth<B: Bench>(bench: &mut B) {
    let mut source = bench.source();
    let inbox = bench.inbox();
    assert!(within("inventory", source.inventory(&inbox)).await.expect("inventory works").is_empty());
    let (mut listed, letters, _) = delivered(bench, &mut source, 5).await;
    if bench.abilities().read_marks {
        bench.mark_seen(&letters[1]).await;
    }
    let heads = within("inventory", source.inventory(&inbox)).await.expect("inventory works");
    for head in &heads {
        let at =
            listed.iter().position(|id| *id == head.id).expect("the inventory uses the listing's identities");
        assert!(head.size.is_none_or(|size| size == letters[at].len() as u64), "a wrong size of {head:?}");
    }
    let mut counted = ids(&heads);
    counted.sort();
    listed.sort();
    assert_eq!(counted, listed);
    if bench.abilities().removes {
        bench.remove(&letters[0]).await;
        let heads = within("inventory", source.inventory(&inbox)).await.expect("inventory works");
        assert_eq!(heads.len(), 4, "what was removed is not counted");
    }
}

/// The folders of the mailbox include the one watched.
pub async fn folders_name_the_inbox<B: Bench>(bench: &mut B) {
    let mut source = bench.source();
    let folders = within("folders", source.folders()).await.expect("folders works");
    let inbox = bench.inbox();
    assert!(
        folders.iter().any(|folder| folder.path == inbox && folder.selectable),
        "{inbox} is missing from {folders:?}"
    );
    assert!(!folders.iter().any(|folder| folder.path == bench.missing_folder()));
}

/// A folder that does not exist is an error that says so, never an empty success; the source stays usable.
pub async fn a_missing_folder_is_an_error<B: Bench>(bench: &mut B) {
    let mut source = bench.source();
    let missing = bench.missing_folder();
    let expected = SourceError::FolderNotFound { folder: missing.clone() };
    let discovered = within("discover", source.discover(&missing, Scope::NewFromAll, None, 10)).await;
    assert_eq!(discovered.expect_err("discover fails"), expected);
    let inventory = within("inventory", source.inventory(&missing)).await;
    assert_eq!(inventory.expect_err("inventory fails"), expected);
    let id = RemoteId::new("1.1");
    let (out, mut received) = mpsc::channel(CHANNEL_CHUNKS);
    let fetched = within("fetch", source.fetch(&missing, std::slice::from_ref(&id), &out)).await;
    assert_eq!(fetched.expect_err("fetch fails"), expected);
    drop(out);
    assert_eq!(received.recv().await, None, "a message of a missing folder is not called gone");
    let acted = within("act", source.act(&missing, &[id], &RemoteAction::MarkRead)).await;
    assert_eq!(acted.expect_err("act fails"), expected);
    delivered(bench, &mut source, 1).await;
}

/// "Test connection" passes on a mailbox that works, and changes nothing.
pub async fn checking_passes_and_changes_nothing<B: Bench>(bench: &mut B) {
    bench.deliver(&letter("unread")).await;
    let before = held(bench).await;
    let mut source = bench.source();
    let report = within("check", source.check(&[bench.inbox()])).await;
    assert!(report.passed(), "{report:?}");
    assert_eq!(held(bench).await, before);
    let mut source = bench.source();
    assert!(within("check", source.check(&[])).await.passed(), "without folders, the connection is tested");
}

/// "Test connection" says which step failed, and that step is `folder` when the folder does not exist.
pub async fn checking_reports_a_missing_folder<B: Bench>(bench: &mut B) {
    let mut source = bench.source();
    let report = within("check", source.check(&[bench.missing_folder()])).await;
    assert!(!report.passed(), "{report:?}");
    let step = report.steps.iter().find(|step| step.status == StepStatus::Failed).expect("a step failed");
    assert_eq!(step.name, "folder", "{report:?}");
    assert!(step.hint.is_some(), "the step says what to do next: {step:?}");
}
