//! What is done to messages, and mail that leaves.

use crate::support::{ANN, World, ids, inbox, list};
use mailcase_ews::EwsSource;
use mailcase_mail::testkit::letter;
use mailcase_mail::{ActOutcome, FolderPath, MailSource, RemoteAction, RemoteId, Scope};
use mailcase_testbed::ews::{Event, Fault};
use std::time::Duration;

const BOB: &str = "bob@example.org";

async fn letters(world: &World, count: usize) -> (EwsSource, Vec<RemoteId>) {
    for n in 0..count {
        world.deliver(&format!("m{n}"));
    }
    let mut source = world.source();
    let (heads, _) = list(&mut source, Scope::NewFromAll, None, 1_000).await;
    (source, ids(&heads))
}

#[tokio::test]
async fn a_delete_repeated_destroys_nothing() {
    let world = World::start().await;
    let (mut source, asked) = letters(&world, 1).await;
    // The answer to the first is lost on the way.
    world.server.plan_fault("DeleteItem", 0, 1, Fault::NoAnswer);
    assert_eq!(source.act(&inbox(), &asked, &RemoteAction::Delete).await.unwrap(), [ActOutcome::Gone]);
    assert_eq!(source.act(&inbox(), &asked, &RemoteAction::Delete).await.unwrap(), [ActOutcome::Gone]);
    assert_eq!(world.server.messages(ANN, "Deleted Items").unwrap().len(), 1);
    // From the deleted items themselves it goes for good.
    let trash = FolderPath::new("Deleted Items");
    let page = source.discover(&trash, Scope::NewFromAll, None, 10).await.unwrap();
    let there = ids(&page.messages);
    assert_eq!(source.act(&trash, &there, &RemoteAction::Delete).await.unwrap(), [ActOutcome::Done]);
    assert_eq!(world.server.messages(ANN, "Deleted Items").unwrap(), []);
}

#[tokio::test]
async fn a_message_somebody_moved_is_left_alone() {
    let world = World::start().await;
    let (mut source, asked) = letters(&world, 1).await;
    world.server.relocate(ANN, &world.id_of("Inbox", &letter("m0")), "Archive").unwrap();
    for action in
        [RemoteAction::MarkRead, RemoteAction::Delete, RemoteAction::Move(FolderPath::new("Junk Email"))]
    {
        assert_eq!(source.act(&inbox(), &asked, &action).await.unwrap(), [ActOutcome::Gone]);
    }
    let held = world.server.messages(ANN, "Archive").unwrap();
    assert_eq!((held.len(), held[0].read), (1, false));
}

#[tokio::test]
async fn hundreds_of_messages_are_changed_in_a_few_requests() {
    let world = World::start().await;
    let (mut source, asked) = letters(&world, 250).await;
    let done = source.act(&inbox(), &asked, &RemoteAction::MarkRead).await.unwrap();
    assert_eq!(done, vec![ActOutcome::Done; 250]);
    assert_eq!(world.server.count("UpdateItem"), 3);
    let to = RemoteAction::Move(FolderPath::new("Done/2026"));
    assert_eq!(source.act(&inbox(), &asked, &to).await.unwrap(), done);
    assert_eq!((world.server.count("MoveItem"), world.server.count("CreateFolder")), (3, 2));
    assert!(world.server.messages(ANN, "Done/2026").unwrap().iter().all(|message| message.read));
}

#[tokio::test]
async fn items_fail_alone_and_are_asked_again_when_they_are_refused_for_a_while() {
    let world = World::start().await;
    let (mut source, asked) = letters(&world, 5).await;
    world.server.plan_fault("UpdateItem", 0, 1, Fault::item(1, "ErrorIrresolvableConflict"));
    let outcomes = source.act(&inbox(), &asked, &RemoteAction::MarkRead).await.unwrap();
    assert!(
        matches!(&outcomes[1], ActOutcome::Refused { reason } if reason.contains("ErrorIrresolvableConflict"))
    );
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == ActOutcome::Done).count(), 4);
    let busy = Fault::Item {
        index: 3,
        code: "ErrorServerBusy".to_owned(),
        back_off: Some(Duration::from_millis(1)),
    };
    world.server.plan_fault("UpdateItem", 0, 1, busy);
    let outcomes = source.act(&inbox(), &asked, &RemoteAction::MarkRead).await.unwrap();
    assert_eq!(outcomes, vec![ActOutcome::Done; 5]);
    assert!(world.server.messages(ANN, "Inbox").unwrap().iter().all(|message| message.read));
}

#[tokio::test]
async fn a_folder_taken_away_is_made_again() {
    let world = World::start().await;
    let (mut source, asked) = letters(&world, 2).await;
    let to = RemoteAction::Move(FolderPath::new("Done"));
    assert_eq!(source.act(&inbox(), &asked[..1], &to).await.unwrap(), [ActOutcome::Done]);
    world.server.remove_folder(ANN, "Done").unwrap();
    assert_eq!(source.act(&inbox(), &asked[1..], &to).await.unwrap(), [ActOutcome::Done]);
    assert_eq!(world.server.messages(ANN, "Done").unwrap().len(), 1);
}

#[tokio::test]
async fn answers_lost_on_the_way_leave_every_change_done_once() {
    let world = World::start().await;
    let (mut source, asked) = letters(&world, 5).await;
    world.server.plan_fault("UpdateItem", 0, 1, Fault::NoAnswer);
    let done = source.act(&inbox(), &asked, &RemoteAction::MarkRead).await.unwrap();
    assert_eq!(done, vec![ActOutcome::Done; 5]);
    let to = RemoteAction::Move(FolderPath::new("Done"));
    world.server.plan_fault("CreateFolder", 0, 1, Fault::NoAnswer);
    world.server.plan_fault("MoveItem", 0, 1, Fault::NoAnswer);
    let moved = source.act(&inbox(), &asked, &to).await.unwrap();
    assert_eq!(moved, vec![ActOutcome::Gone; 5], "they had gone the first time");
    assert_eq!(world.server.messages(ANN, "Done").unwrap().len(), 5);
    assert_eq!(source.folders().await.unwrap().iter().filter(|one| one.path.as_str() == "Done").count(), 1);
}

#[tokio::test]
async fn mail_is_sent_to_the_byte_and_keeps_its_thread() {
    let world = World::start().await;
    world.server.add_mailbox(BOB);
    let answer = b"From: ann@example.org\r\nTo: bob@example.org\r\nSubject: RE: question\r\nIn-Reply-To: <question@suite.example>\r\n\r\nyes\r\n";
    let mut source = world.source();
    source.send(answer).await.unwrap();
    assert_eq!(world.server.messages(BOB, "Inbox").unwrap()[0].raw.as_ref(), answer);
    let sent = world.server.messages(ANN, "Sent Items").unwrap();
    assert_eq!((sent.len(), sent[0].raw.as_ref()), (1, answer.as_slice()));
    let left = || world.server.ledger().iter().filter(|entry| entry.event == Event::Sent).count();
    assert_eq!(left(), 1);
    let too_large = [letter("large"), vec![b'x'; 26 << 20]].concat();
    assert_eq!(source.send(&too_large).await.unwrap_err().code(), "unsupported");
    // A connection that breaks leaves open whether it was sent: it is not sent again by itself.
    world.server.plan_fault("CreateItem", 0, 1, Fault::NoAnswer);
    assert_eq!(source.send(answer).await.unwrap_err().code(), "unreachable");
    assert_eq!((left(), world.server.count("CreateItem")), (2, 2));
    // Who asks for patience did nothing yet.
    world.server.plan_fault("CreateItem", 0, 1, Fault::busy(Duration::from_millis(1)));
    source.send(answer).await.unwrap();
    assert_eq!(left(), 3);
}
