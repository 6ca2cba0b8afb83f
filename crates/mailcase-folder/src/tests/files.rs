//! What is particular to directories of message files.

use super::benches::{wait_for_a_tick, write_modified};
use super::directories::{reopen, shut};
use super::{fetch, inbox, list, raw, source, source_with};
use mailcase_mail::{
    ActOutcome, Fetched, FolderPath, Interrupt, MailSource, RemoteAction, RemoteHead, Scope, SourceError,
    Wake,
};
use serde_json::json;
use std::fs;
use std::os::unix::fs::symlink;
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

#[tokio::test]
async fn a_file_being_written_is_listed_when_it_is_finished() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.eml");
    fs::write(&path, "Subject: half").unwrap();
    let mut source = source(directory.path());
    let (none, cursor) = list(&mut source, None).await;
    assert!(none.is_empty(), "it was modified just now");
    // The wait looks again by itself once the file has settled, without any event.
    let until = Instant::now() + Duration::from_secs(60);
    let wake = source.wait(&[inbox()], until, &Interrupt::default()).await.unwrap();
    assert_eq!(wake, Wake::Changed);
    let (heads, _) = list(&mut source, Some(&cursor)).await;
    assert_eq!(raw(&mut source, &heads[0].id).await, b"Subject: half");
}

#[tokio::test]
async fn a_file_dated_in_the_future_is_not_waited_for() {
    let directory = tempfile::tempdir().unwrap();
    let tomorrow = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() + 86_400;
    write_modified(&directory.path().join("a.eml"), b"Subject: a\n\n", tomorrow);
    assert_eq!(list(&mut source(directory.path()), None).await.0.len(), 1);
}

#[tokio::test]
async fn a_file_written_over_is_another_message() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.eml");
    write_modified(&path, b"Subject: one\n\n", 1);
    let mut source = source(directory.path());
    let (first, cursor) = list(&mut source, None).await;
    write_modified(&path, b"Subject: two\n\n", 2);
    assert_eq!(fetch(&mut source, &first[0].id).await.unwrap(), [Fetched::Gone(first[0].id.clone())]);
    let delete = source.act(&inbox(), &[first[0].id.clone()], &RemoteAction::Delete).await.unwrap();
    assert_eq!(delete, [ActOutcome::Gone]);
    let (second, _) = list(&mut source, Some(&cursor)).await;
    assert_eq!(raw(&mut source, &second[0].id).await, b"Subject: two\n\n");
}

#[tokio::test]
async fn only_regular_message_files_count() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    for name in ["a.eml", "b.MSG", "c.txt", ".d.eml", "e.eml.part"] {
        write_modified(&at(name), name.as_bytes(), 1);
    }
    fs::create_dir(at("dir.eml")).unwrap();
    symlink(at("c.txt"), at("link.eml")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, at("pipe.eml"), rustix::fs::FileType::Fifo, 0o600.into(), 0)
        .unwrap();
    let mut source = source(directory.path());
    let (heads, _) = list(&mut source, None).await;
    let mut found = Vec::new();
    for head in &heads {
        found.push(raw(&mut source, &head.id).await);
    }
    assert_eq!(found, [b"a.eml".to_vec(), b"b.MSG".to_vec()]);
    let linked = mailcase_mail::RemoteId::new("link.eml|5|1000000000");
    assert_eq!(fetch(&mut source, &linked).await.unwrap(), [Fetched::Gone(linked)]);
}

/// A tree with a message on each level, one of them behind a name too long for an identity.
fn tree() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let mut path = directory.path().to_owned();
    write_modified(&path.join("0.eml"), b"level 0", 10);
    for level in 1..=5 {
        path.push(format!("{level}{}", "x".repeat(220)));
        fs::create_dir(&path).unwrap();
        write_modified(&path.join("m.eml"), format!("level {level}").as_bytes(), 10 + level);
    }
    directory
}

async fn all(source: &mut crate::FolderSource, heads: &[RemoteHead]) -> Vec<String> {
    let mut found = Vec::new();
    for head in heads {
        found.push(String::from_utf8(raw(source, &head.id).await).unwrap());
    }
    found
}

#[tokio::test]
async fn a_tree_is_one_folder_when_subdirectories_are_included() {
    let directory = tree();
    let outside = tempfile::tempdir().unwrap();
    write_modified(&outside.path().join("secret.eml"), b"secret", 1);
    symlink(outside.path(), directory.path().join("linked")).unwrap();
    let recursive = || source_with(directory.path(), json!({"recursive": true}));
    let mut one = recursive();
    let (heads, _) = list(&mut one, None).await;
    let expected: Vec<_> = (0..=5).map(|level| format!("level {level}")).collect();
    assert_eq!(all(&mut one, &heads).await, expected);
    assert!(heads.last().unwrap().id.as_str().starts_with("#sha256:"));
    // Identities are enough for a source that never listed the tree.
    assert_eq!(all(&mut recursive(), &heads).await, expected);
    let folders = one.folders().await.unwrap();
    assert_eq!(folders.len(), 1);
    let to = RemoteAction::Move(FolderPath::new("done"));
    let error = one.act(&inbox(), &[heads[0].id.clone()], &to).await.unwrap_err();
    assert!(matches!(error, SourceError::Unsupported { hint: Some(_), .. }), "{error:?}");
    let last = heads.last().unwrap().id.clone();
    assert_eq!(
        one.act(&inbox(), std::slice::from_ref(&last), &RemoteAction::Delete).await.unwrap(),
        [ActOutcome::Done]
    );
    assert_eq!(fetch(&mut one, &last).await.unwrap(), [Fetched::Gone(last)]);
    let beside = mailcase_mail::RemoteId::new("linked/secret.eml|6|1000000000");
    assert_eq!(fetch(&mut one, &beside).await.unwrap(), [Fetched::Gone(beside)]);
}

#[tokio::test]
async fn each_directory_is_a_folder_otherwise() {
    let directory = tree();
    let mut source = source(directory.path());
    assert_eq!(list(&mut source, None).await.0.len(), 1);
    let folders = source.folders().await.unwrap();
    assert_eq!(folders.len(), 6);
    for folder in &folders {
        assert_eq!(source.inventory(&folder.path).await.unwrap().len(), 1, "{}", folder.path);
    }
}

/// A directory that cannot be entered stops the listing by name: what lies in it would be missed without a word.
#[tokio::test]
async fn a_file_behind_a_shut_directory_is_not_gone() {
    let directory = tempfile::tempdir().unwrap();
    let below = directory.path().join("below");
    fs::create_dir(&below).unwrap();
    write_modified(&below.join("a.eml"), b"Subject: a\n\n", 1);
    let recursive = || source_with(directory.path(), json!({"recursive": true}));
    let mut one = recursive();
    let (heads, _) = list(&mut one, None).await;
    if !shut(&below) {
        return;
    }
    let errors = [
        fetch(&mut one, &heads[0].id).await.unwrap_err(),
        one.act(&inbox(), &[heads[0].id.clone()], &RemoteAction::Delete).await.unwrap_err(),
        recursive().inventory(&inbox()).await.unwrap_err(),
    ];
    let named = source(directory.path()).folders().await;
    reopen(&below);
    for error in errors {
        assert!(matches!(error, SourceError::Unreachable { .. }), "{error:?}");
        assert!(error.to_string().contains("below") || error.to_string().contains("look for"), "{error}");
    }
    assert_eq!(named.unwrap().len(), 2, "it can still be named");
    assert_eq!(raw(&mut one, &heads[0].id).await, b"Subject: a\n\n");
}

/// A directory moved in while nobody looked brings old files along; they arrived with it.
#[tokio::test]
async fn a_directory_moved_in_is_new_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let (root, outside) = (directory.path().join("mail"), directory.path().join("old"));
    for path in [&root, &outside] {
        fs::create_dir(path).unwrap();
    }
    write_modified(&outside.join("moved.eml"), b"moved", 1);
    write_modified(&root.join("left out.eml"), b"left out", 2);
    let recursive = || source_with(&root, json!({"recursive": true}));
    let scope = Scope::NewSince(jiff::civil::date(2026, 1, 1));
    let page = recursive().discover(&inbox(), scope, None, 10).await.unwrap();
    assert!(page.messages.is_empty());
    wait_for_a_tick(&root);
    fs::rename(&outside, root.join("old")).unwrap();
    let mut fresh = recursive();
    let page = fresh.discover(&inbox(), scope, Some(&page.cursor), 10).await.unwrap();
    assert_eq!(all(&mut fresh, &page.messages).await, ["moved"]);
}
