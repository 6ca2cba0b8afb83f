//! What is particular to mbox files.

use super::benches::{mbox_of, write_modified};
use super::{fetch, inbox, list, raw, source, source_with};
use mailcase_mail::{Fetched, Interrupt, MailSource, Scope, SourceError, Wake};
use serde_json::json;
use std::fs::OpenOptions;
use std::io::Write;
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::Instant;

fn letters(count: usize) -> Vec<Vec<u8>> {
    (1..=count).map(|number| format!("Subject: {number}\n\nFrom body {number}\n").into_bytes()).collect()
}

fn mbox(content: &[u8]) -> (TempDir, std::path::PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("mail.mbox");
    write_modified(&path, content, 1);
    (directory, path)
}

#[tokio::test]
async fn what_is_appended_is_new_and_alone() {
    let letters = letters(3);
    let (_directory, path) = mbox(&mbox_of(&letters[..2]));
    let mut one = source(&path);
    let (_, cursor) = list(&mut one, None).await;
    write_modified(&path, &mbox_of(&letters), 2);
    let mut two = source(&path);
    let page = two.discover(&inbox(), Scope::NewFromUnread, Some(&cursor), 10).await.unwrap();
    assert_eq!((page.messages.len(), page.reset), (1, None));
    assert_eq!(raw(&mut two, &page.messages[0].id).await, letters[2]);
    assert_eq!(page.messages[0].size, Some(letters[2].len() as u64));
}

#[tokio::test]
async fn the_last_message_is_taken_when_nobody_writes_to_it_any_more() {
    let letters = letters(2);
    let (_directory, path) = mbox(&mbox_of(&letters[..1]));
    let mut source = source(&path);
    let (first, cursor) = list(&mut source, None).await;
    assert_eq!(first.len(), 1);
    let mut file = OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(&mbox_of(&letters[1..])).unwrap();
    let (none, cursor) = list(&mut source, Some(&cursor)).await;
    assert!(none.is_empty(), "it was written just now");
    let until = Instant::now() + Duration::from_secs(60);
    let wake = source.wait(&[inbox()], until, &Interrupt::default()).await.unwrap();
    assert_eq!(wake, Wake::Changed);
    let (heads, _) = list(&mut source, Some(&cursor)).await;
    assert_eq!(raw(&mut source, &heads[0].id).await, letters[1]);
}

#[tokio::test]
async fn a_last_message_that_grew_after_it_was_taken_is_listed_again() {
    let (_directory, path) = mbox(&mbox_of(&[b"Subject: a\n\nhalf\n".to_vec()]));
    let mut source = source(&path);
    let (first, cursor) = list(&mut source, None).await;
    write_modified(&path, &mbox_of(&[b"Subject: a\n\nhalf\n\nand the rest\n".to_vec()]), 2);
    let page = source.discover(&inbox(), Scope::NewFromAll, Some(&cursor), 10).await.unwrap();
    assert!(page.reset.is_some());
    assert_eq!(raw(&mut source, &page.messages[0].id).await, b"Subject: a\n\nhalf\n\nand the rest\n");
    assert_ne!(page.messages[0].id, first[0].id);
    let gone = fetch(&mut source, &first[0].id).await.unwrap();
    assert!(matches!(gone.as_slice(), [Fetched::Gone(_) | Fetched::Begin(_), ..]), "{gone:?}");
}

#[tokio::test]
async fn a_truncated_file_is_a_reset() {
    let letters = letters(3);
    let (_directory, path) = mbox(&mbox_of(&letters));
    let mut source = source(&path);
    let (heads, cursor) = list(&mut source, None).await;
    write_modified(&path, &mbox_of(&letters[1..]), 2);
    let page = source.discover(&inbox(), Scope::NewFromUnread, Some(&cursor), 10).await.unwrap();
    assert!(page.reset.is_some());
    assert_eq!(page.messages.len(), 2);
    for head in &heads {
        assert_eq!(fetch(&mut source, &head.id).await.unwrap(), [Fetched::Gone(head.id.clone())]);
    }
    assert_eq!(source.inventory(&inbox()).await.unwrap(), page.messages);
}

#[tokio::test]
async fn dates_come_from_the_first_line() {
    let lines = [
        ("From a@b Mon Jan  5 10:15:59 2026", Some("2026-01-05T10:15:59Z")),
        ("From a@b Mon Jan  5 10:15 2026", Some("2026-01-05T10:15:00Z")),
        ("From 123@xxx Mon Jan 05 10:15:59 +0000 2026", Some("2026-01-05T10:15:59Z")),
        ("From - Mon Jan 05 10:15:59 2026", Some("2026-01-05T10:15:59Z")),
        ("From a@b Mon Foo 99 10:15:59 2026", None),
        ("From a@b 10:15:59 2026", None),
    ];
    let content: Vec<_> = lines.iter().map(|(line, _)| format!("{line}\nSubject: x\n\n\n")).collect();
    let (_directory, path) = mbox(content.concat().as_bytes());
    let (heads, _) = list(&mut source(&path), None).await;
    let found: Vec<_> = heads.iter().map(|head| head.received).collect();
    let expected: Vec<_> = lines.iter().map(|(_, date)| date.map(|date| date.parse().unwrap())).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn accounting_knows_what_the_first_run_left_out() {
    let content = b"From a Mon Jan  5 10:00:00 2015\nSubject: old\n\n\nFrom a Mon Jan  5 10:00:00 2026\nSubject: new\n\n\n";
    let (_directory, path) = mbox(content);
    let mut source = source(&path);
    let scope = Scope::NewSince(jiff::civil::date(2026, 1, 1));
    let page = source.discover(&inbox(), scope, None, 10).await.unwrap();
    assert_eq!(page.messages.len(), 1);
    let inventory = source.inventory(&inbox()).await.unwrap();
    assert!(source.was_before_first_run(&page.cursor, &inventory[0].id));
    let (_, everything) = list(&mut source, None).await;
    assert!(!source.was_before_first_run(&everything, &inventory[0].id));
}

/// A pipe in place of the file is refused at once, rather than waited on for ever.
#[tokio::test]
async fn a_pipe_is_no_mbox_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    let mut source = source_with(&path, json!({"layout": "mbox"}));
    let error = source.inventory(&inbox()).await.unwrap_err();
    assert!(matches!(error, SourceError::Settings { .. }), "{error:?}");
}
