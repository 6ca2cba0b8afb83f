//! The fake's script does what it says.

use mailcase_mail::testkit::{Call, FakeFactory, FakeMailbox, FakeSource, INBOX, letter};
use mailcase_mail::{
    ActOutcome, Deadlines, Fetched, FolderPath, MailSource, RemoteAction, RemoteId, Scope, SourceError,
    SourceFactory,
};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::mpsc;

fn inbox() -> FolderPath {
    FolderPath::new(INBOX)
}

async fn fetch(source: &mut FakeSource, ids: &[RemoteId]) -> (Result<(), SourceError>, Vec<Fetched>) {
    let (out, mut received) = mpsc::channel(100);
    let result = source.fetch(&inbox(), ids, &out).await;
    drop(out);
    let mut said = Vec::new();
    while let Some(fetched) = received.recv().await {
        said.push(fetched);
    }
    (result, said)
}

fn failure() -> SourceError {
    SourceError::Throttled { message: "slow down".to_owned(), retry_after: Some(Duration::from_secs(7)) }
}

#[tokio::test]
async fn failures_queue_up_and_end() {
    let mailbox = FakeMailbox::new();
    let mut source = mailbox.source();
    mailbox.fail_next(Call::Discover, failure());
    mailbox.fail_next(Call::Discover, failure());
    for _ in 0..2 {
        assert_eq!(source.discover(&inbox(), Scope::Unseen, None, 1).await, Err(failure()));
    }
    assert!(source.discover(&inbox(), Scope::Unseen, None, 1).await.is_ok());
    assert_eq!(mailbox.calls(Call::Discover), 3);
    mailbox.fail_always(Call::Inventory, failure());
    assert_eq!(source.inventory(&inbox()).await, Err(failure()));
    assert_eq!(source.inventory(&inbox()).await, Err(failure()));
    mailbox.recover(Call::Inventory);
    assert!(source.inventory(&inbox()).await.is_ok());
}

#[tokio::test]
async fn a_gate_holds_one_call() {
    let mailbox = FakeMailbox::new();
    let mut source = mailbox.source();
    let gate = mailbox.hold_next(Call::Inventory);
    let inbox = inbox();
    let held = source.inventory(&inbox);
    let opening = async {
        gate.reached().await;
        mailbox.deliver(INBOX, letter("while it stood there"));
        gate.release();
    };
    let (heads, ()) = tokio::join!(held, opening);
    assert_eq!(heads.expect("it goes on").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_ends_with_its_deadline() {
    let mailbox = FakeMailbox::new();
    let deadlines = Deadlines { silence: Duration::from_secs(5), ..Deadlines::default() };
    let mut source = mailbox.source().with_deadlines(deadlines);
    mailbox.hang_next(Call::Folders);
    let error = source.folders().await.expect_err("it hangs");
    assert!(matches!(error, SourceError::TimedOut { after, .. } if after == deadlines.silence), "{error:?}");
}

#[tokio::test]
async fn a_cut_fetch_gives_the_bytes_before_the_cut() {
    let mailbox = FakeMailbox::new();
    let ids = [mailbox.deliver(INBOX, "0123456789"), mailbox.deliver(INBOX, "0123456789")];
    mailbox.set_chunk_bytes(4);
    mailbox.cut_next_fetch_after(15);
    let mut source = mailbox.source();
    let (result, said) = fetch(&mut source, &ids).await;
    assert!(matches!(result, Err(SourceError::Unreachable { .. })), "{result:?}");
    let sent: usize =
        said.iter().map(|fetched| if let Fetched::Chunk(chunk) = fetched { chunk.len() } else { 0 }).sum();
    assert_eq!(sent, 15);
    assert_eq!(ids.each_ref().map(|id| mailbox.times_fetched(id)), [1, 0]);
    assert!(fetch(&mut source, &ids).await.0.is_ok());
}

#[tokio::test]
async fn a_cut_act_has_acted_without_saying_so() {
    let mailbox = FakeMailbox::new();
    let ids = ["a", "b", "c"].map(|name| mailbox.deliver(INBOX, letter(name)));
    let mut source = mailbox.source();
    mailbox.cut_next_act_after(2);
    let result = source.act(&inbox(), &ids, &RemoteAction::MarkRead).await;
    assert!(matches!(result, Err(SourceError::Unreachable { .. })), "{result:?}");
    let seen: Vec<_> = mailbox.messages(INBOX).into_iter().map(|message| message.seen).collect();
    assert_eq!(seen, [true, true, false]);
    assert_eq!(mailbox.performed().len(), 2);
    assert_eq!(mailbox.times_performed(INBOX, &ids[0]), 1);
}

#[tokio::test]
async fn single_messages_may_be_unreadable_or_refused() {
    let mailbox = FakeMailbox::new();
    let ids = ["a", "b"].map(|name| mailbox.deliver(INBOX, letter(name)));
    mailbox.set_unreadable(INBOX, &ids[0], Some("locked"));
    mailbox.set_refused(INBOX, &ids[1], Some("read-only"));
    let mut source = mailbox.source();
    let (result, said) = fetch(&mut source, &ids).await;
    assert!(result.is_ok());
    assert_eq!(said[0], Fetched::Unreadable { id: ids[0].clone(), reason: "locked".to_owned() });
    assert_eq!(said.last(), Some(&Fetched::End));
    let outcomes = source.act(&inbox(), &ids, &RemoteAction::Delete).await.expect("act works");
    assert_eq!(outcomes, [ActOutcome::Done, ActOutcome::Refused { reason: "read-only".to_owned() }]);
    assert_eq!(mailbox.messages(INBOX).len(), 1);
}

#[tokio::test]
async fn accounting_knows_what_was_there_before_the_first_run() {
    let mailbox = FakeMailbox::new();
    let old = mailbox.deliver(INBOX, letter("old"));
    mailbox.mark_seen(INBOX, &old);
    let mut source = mailbox.source();
    let page = source.discover(&inbox(), Scope::NewFromUnread, None, 10).await.expect("discover works");
    let new = mailbox.deliver(INBOX, letter("new"));
    assert!(source.was_before_first_run(&page.cursor, &old));
    assert!(!source.was_before_first_run(&page.cursor, &new));
}

#[test]
fn the_factory_opens_mailboxes_by_name() {
    let (one, two) = (FakeMailbox::new(), FakeMailbox::new());
    let factory = FakeFactory::of(&one).with("two", &two);
    let open = |kind: &str, connection: serde_json::Value| {
        factory.open(kind, connection.as_object().expect("an object"), &BTreeMap::new()).map(drop)
    };
    assert_eq!(open("fake", serde_json::json!({})), Ok(()));
    assert_eq!(open("fake", serde_json::json!({"mailbox": "two"})), Ok(()));
    for (kind, connection) in [
        ("imap", serde_json::json!({})),
        ("fake", serde_json::json!({"mailbox": "three"})),
        ("fake", serde_json::json!({"mailbox": 3})),
    ] {
        assert!(matches!(open(kind, connection), Err(SourceError::Settings { .. })));
    }
}
