//! What is particular to Maildirs, and to listing without an order of arrival.

use super::benches::write_modified;
use super::{inbox, list, raw, source};
use mailcase_mail::{ActOutcome, Cursor, FolderPath, MailSource, RemoteAction, Scope, SourceError};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use tempfile::TempDir;

fn maildir() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for name in ["tmp", "new", "cur"] {
        fs::create_dir(directory.path().join(name)).unwrap();
    }
    directory
}

fn put(directory: &TempDir, file: &str, seconds: u64) {
    write_modified(&directory.path().join(file), format!("Subject: {file}\n\n").as_bytes(), seconds);
}

#[tokio::test]
async fn an_identity_survives_new_flags_and_restarts() {
    let directory = maildir();
    put(&directory, "new/1.host", 1);
    let mut one = source(directory.path());
    let (heads, cursor) = list(&mut one, None).await;
    assert_eq!(heads[0].id.as_str(), "1.host");
    fs::rename(directory.path().join("new/1.host"), directory.path().join("cur/1.host:2,FRS")).unwrap();
    // The source that knows it in `new` finds it again, and does not list it again.
    assert_eq!(raw(&mut one, &heads[0].id).await, b"Subject: new/1.host\n\n");
    assert!(list(&mut one, Some(&cursor)).await.0.is_empty());
    let mut two = source(directory.path());
    assert_eq!(raw(&mut two, &heads[0].id).await, b"Subject: new/1.host\n\n");
    assert_eq!(list(&mut two, None).await.0[0].id, heads[0].id);
}

#[tokio::test]
async fn a_directory_of_ten_thousand_messages_is_listed_once() {
    const MESSAGES: u64 = 10_000;
    let directory = maildir();
    for n in 0..MESSAGES {
        put(&directory, &format!("new/{n}.host"), n);
    }
    let mut source = source(directory.path());
    let (mut listed, mut cursor) = (std::collections::HashSet::new(), None);
    loop {
        let page = source.discover(&inbox(), Scope::NewFromAll, cursor.as_ref(), 1_000).await.unwrap();
        for head in page.messages {
            assert!(listed.insert(head.id), "listed twice");
        }
        cursor = Some(page.cursor);
        if !page.more {
            break;
        }
    }
    assert_eq!(listed.len() as u64, MESSAGES);
    put(&directory, "new/late.host", MESSAGES);
    let next = source.discover(&inbox(), Scope::NewFromAll, cursor.as_ref(), 1_000).await.unwrap();
    assert_eq!(next.messages.len(), 1);
}

#[tokio::test]
async fn marking_read_keeps_flags_and_moves_out_of_new() {
    let directory = maildir();
    put(&directory, "new/1.host", 1);
    put(&directory, "cur/2.host:2,F", 2);
    let mut source = source(directory.path());
    let (heads, _) = list(&mut source, None).await;
    let ids: Vec<_> = heads.into_iter().map(|head| head.id).collect();
    let outcomes = source.act(&inbox(), &ids, &RemoteAction::MarkRead).await.unwrap();
    assert_eq!(outcomes, [ActOutcome::Done, ActOutcome::Done]);
    assert!(directory.path().join("cur/1.host:2,S").exists());
    assert!(directory.path().join("cur/2.host:2,FS").exists());
}

#[tokio::test]
async fn nothing_is_moved_over_another_message() {
    let directory = maildir();
    let other = directory.path().join(".Done");
    for name in ["tmp", "new", "cur"] {
        fs::create_dir_all(other.join(name)).unwrap();
    }
    put(&directory, "new/1.host", 1);
    put(&directory, ".Done/new/1.host", 1);
    let mut source = source(directory.path());
    let (heads, _) = list(&mut source, None).await;
    let to = RemoteAction::Move(FolderPath::new("Done"));
    assert_eq!(source.act(&inbox(), &[heads[0].id.clone()], &to).await.unwrap(), [ActOutcome::Done]);
    assert_eq!(fs::read_dir(other.join("new")).unwrap().count(), 2);
    assert_eq!(source.inventory(&FolderPath::new("Done")).await.unwrap().len(), 2);
}

#[tokio::test]
async fn links_are_not_followed() {
    let directory = maildir();
    let outside = tempfile::tempdir().unwrap();
    write_modified(&outside.path().join("secret"), b"secret", 1);
    symlink(outside.path().join("secret"), directory.path().join("cur/1.host:2,")).unwrap();
    for name in ["new", "cur"] {
        fs::create_dir_all(outside.path().join("mail").join(name)).unwrap();
    }
    symlink(outside.path().join("mail"), directory.path().join(".Linked")).unwrap();
    let mut source = source(directory.path());
    assert!(list(&mut source, None).await.0.is_empty());
    let answer = super::fetch(&mut source, &mailcase_mail::RemoteId::new("1.host")).await.unwrap();
    assert!(matches!(answer.as_slice(), [mailcase_mail::Fetched::Gone(_)]), "{answer:?}");
    assert!(source.inventory(&FolderPath::new("Linked")).await.is_err());
}

#[tokio::test]
async fn hostile_names_are_listed_and_read() {
    use std::os::unix::ffi::OsStrExt;
    let directory = maildir();
    let names: [&[u8]; 4] = [b"line\nbreak", b"\xff\xfe", b"%2E%2E%2F..", "\u{202e}gnp.host".as_bytes()];
    for name in names {
        let path = directory.path().join("new").join(std::ffi::OsStr::from_bytes(name));
        write_modified(&path, name, 1);
    }
    let mut source = source(directory.path());
    let (heads, _) = list(&mut source, None).await;
    assert_eq!(heads.len(), names.len());
    for head in heads {
        assert!(!head.id.as_str().chars().any(char::is_control));
        assert!(names.contains(&raw(&mut source, &head.id).await.as_slice()));
    }
}

/// A pass that another source began is finished, and then everything is listed once more: what arrived in between
/// may sort before the place where the pass went on.
#[tokio::test]
async fn a_pass_resumed_by_another_source_skips_nothing() {
    let directory = maildir();
    for number in 1..=4 {
        put(&directory, &format!("new/{number}.host"), 100 + number);
    }
    let first = source(directory.path()).discover(&inbox(), Scope::NewFromAll, None, 2).await.unwrap();
    assert!(first.more);
    put(&directory, "new/old.host", 1);
    let mut two = source(directory.path());
    let (rest, cursor) = list(&mut two, Some(&first.cursor)).await;
    assert_eq!(ids(&rest), ["3.host", "4.host"]);
    let (again, cursor) = list(&mut two, Some(&cursor)).await;
    assert_eq!(ids(&again), ["old.host", "1.host", "2.host", "3.host", "4.host"]);
    assert!(list(&mut two, Some(&cursor)).await.0.is_empty());
}

/// A message that comes back under its name is listed again.
#[tokio::test]
async fn a_message_that_comes_back_is_new() {
    let directory = maildir();
    put(&directory, "new/1.host", 1);
    put(&directory, "new/2.host", 2);
    let mut source = source(directory.path());
    let (_, cursor) = list(&mut source, None).await;
    let (inside, outside) = (directory.path().join("new/1.host"), directory.path().join("tmp/1.host"));
    fs::rename(&inside, &outside).unwrap();
    let (none, cursor) = list(&mut source, Some(&cursor)).await;
    assert!(none.is_empty());
    fs::rename(&outside, &inside).unwrap();
    assert_eq!(ids(&list(&mut source, Some(&cursor)).await.0), ["1.host"]);
}

/// Another directory in the place of the one first listed: nothing of it was left out by the first run.
#[tokio::test]
async fn what_the_first_run_left_out_belongs_to_that_directory() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("mail");
    let make = |path: &Path| {
        for name in ["new", "cur"] {
            fs::create_dir_all(path.join(name)).unwrap();
        }
        write_modified(&path.join("cur/1.host:2,S"), b"Subject: read\n\n", 1);
    };
    make(&path);
    let other = directory.path().join("other");
    make(&other);
    let page = source(&path).discover(&inbox(), Scope::NewFromUnread, None, 10).await.unwrap();
    assert!(page.messages.is_empty());
    let again = source(&path).discover(&inbox(), Scope::NewFromUnread, Some(&page.cursor), 10).await.unwrap();
    assert!(again.messages.is_empty(), "it stays out after a restart");
    fs::rename(&path, directory.path().join("before")).unwrap();
    fs::rename(&other, &path).unwrap();
    let swapped =
        source(&path).discover(&inbox(), Scope::NewFromUnread, Some(&page.cursor), 10).await.unwrap();
    assert_eq!(ids(&swapped.messages), ["1.host"]);
}

#[tokio::test]
async fn a_cursor_of_something_else_is_a_reset() {
    let directory = maildir();
    put(&directory, "new/1.host", 1);
    for text in ["", "{}", "fake1:1:1:n:0", r#"{"mbox":1,"at":5,"last":null,"unseen":false,"floor":0}"#] {
        let cursor = Cursor::new(text);
        let page = source(directory.path())
            .discover(&inbox(), Scope::NewFromUnread, Some(&cursor), 10)
            .await
            .unwrap();
        assert!(page.reset.is_some(), "{text}");
        assert_eq!(ids(&page.messages), ["1.host"]);
    }
}

fn subfolder(directory: &TempDir, name: &str) {
    for part in ["tmp", "new", "cur"] {
        fs::create_dir_all(directory.path().join(name).join(part)).unwrap();
    }
}

/// Most programs write names in modified UTF-7, some as they are: people read and write them in neither way.
#[tokio::test]
async fn folder_names_are_shown_as_people_read_them() {
    let directory = maildir();
    let folders = [
        (".Entw&APw-rfe", "Entwürfe"),
        (".R&-D.&ZeVnLIqe-", "R&D.日本語"),
        (".Ärger", "Ärger"),
        // No modified UTF-7, or none that a program writes: shown as it is.
        (".A&B", "A&B"),
        (".&AEE-", "&AEE-"),
        (".&AAo-", "&AAo-"),
    ];
    for (place, _) in folders {
        subfolder(&directory, place);
        put(&directory, &format!("{place}/new/1.host"), 1);
    }
    let mut source = source(directory.path());
    let listed = source.folders().await.unwrap();
    let mut names: Vec<&str> = listed.iter().map(|folder| folder.path.as_str()).collect();
    let mut expected: Vec<&str> = folders.iter().map(|(_, name)| *name).chain(["INBOX"]).collect();
    names.sort_unstable();
    expected.sort_unstable();
    assert_eq!(names, expected);
    // The name on disk leads there too, as it did before it was decoded.
    for name in names.into_iter().chain(["Entw&APw-rfe"]).filter(|name| *name != "INBOX") {
        let held = source.inventory(&FolderPath::new(name)).await.unwrap();
        assert_eq!(held.len(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_move_finds_the_folder_in_either_way_and_makes_it_in_modified_utf_7() {
    let directory = maildir();
    subfolder(&directory, ".Ärger");
    for number in 1..=2 {
        put(&directory, &format!("new/{number}.host"), number);
    }
    let mut source = source(directory.path());
    let (heads, _) = list(&mut source, None).await;
    for (head, to) in heads.iter().zip(["Ärger", "Gelöscht"]) {
        let to = RemoteAction::Move(FolderPath::new(to));
        let outcomes = source.act(&inbox(), std::slice::from_ref(&head.id), &to).await.unwrap();
        assert_eq!(outcomes, [ActOutcome::Done]);
    }
    assert!(directory.path().join(".Ärger/new/1.host").exists());
    assert!(directory.path().join(".Gel&APY-scht/new/2.host").exists());
    assert_eq!(source.folders().await.unwrap().len(), 3);
}

/// Takes away every permission; false when that keeps this user from nothing, as it does root.
pub(super) fn shut(path: &Path) -> bool {
    fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
    let shut = fs::read_dir(path).is_err();
    if !shut {
        eprintln!("left out: permissions keep this user from nothing");
    }
    shut
}

pub(super) fn reopen(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).unwrap();
}

/// What cannot be looked at is not gone, and the folder it lies in is not missing.
#[tokio::test]
async fn a_directory_that_may_not_be_entered_has_lost_nothing() {
    let directory = maildir();
    for name in ["tmp", "new", "cur"] {
        fs::create_dir_all(directory.path().join(".Done").join(name)).unwrap();
    }
    put(&directory, "cur/1.host:2,", 1);
    let mut source = source(directory.path());
    let (heads, _) = list(&mut source, None).await;
    let (cur, done) = (directory.path().join("cur"), directory.path().join(".Done"));
    if !shut(&cur) {
        return;
    }
    let fetched = super::fetch(&mut source, &heads[0].id).await;
    let acted = source.act(&inbox(), &[heads[0].id.clone()], &RemoteAction::MarkRead).await;
    reopen(&cur);
    for error in [fetched.unwrap_err(), acted.unwrap_err()] {
        assert!(matches!(error, SourceError::Unreachable { .. }), "{error:?}");
        assert!(error.to_string().contains(&directory.path().display().to_string()), "{error}");
        assert!(error.hint().is_some_and(|hint| hint.contains("permission")), "{error:?}");
    }
    assert!(shut(&done));
    let listed = source.inventory(&FolderPath::new("Done")).await;
    let others = source.folders().await;
    reopen(&done);
    assert!(matches!(listed, Err(SourceError::Unreachable { .. })), "{listed:?}");
    assert_eq!(others.unwrap().len(), 1, "one that nobody may enter keeps nobody from the others");
    assert_eq!(raw(&mut source, &heads[0].id).await, b"Subject: cur/1.host:2,\n\n");
}

fn ids(heads: &[mailcase_mail::RemoteHead]) -> Vec<&str> {
    heads.iter().map(|head| head.id.as_str()).collect()
}
