//! What is done to messages, and mail that leaves.

use crate::support::{ANN, World, inbox};
use mailcase_mail::testkit::letter;
use mailcase_mail::{ActOutcome, FolderPath, MailSource, RemoteAction};
use mailcase_testbed::graph::{Event, Fault};

const BOB: &str = "bob@example.org";

#[tokio::test]
async fn a_delete_repeated_destroys_nothing() {
    let world = World::start().await;
    let id = world.deliver("a");
    let mut source = world.source();
    // The answer to the first is lost on the way.
    let asked = std::slice::from_ref(&id);
    assert_eq!(source.act(&inbox(), asked, &RemoteAction::Delete).await.unwrap(), [ActOutcome::Done]);
    assert_eq!(source.act(&inbox(), asked, &RemoteAction::Delete).await.unwrap(), [ActOutcome::Gone]);
    assert_eq!(world.server.messages(ANN, "Deleted Items").unwrap().len(), 1);
    // From the deleted items themselves it goes for good.
    let trash = FolderPath::new("Deleted Items");
    assert_eq!(source.act(&trash, asked, &RemoteAction::Delete).await.unwrap(), [ActOutcome::Done]);
    assert_eq!(world.server.messages(ANN, "Deleted Items").unwrap(), []);
}

#[tokio::test]
async fn a_message_somebody_moved_is_left_alone() {
    let world = World::start().await;
    let id = world.deliver("a");
    world.server.relocate(ANN, id.as_str(), "Archive").unwrap();
    let mut source = world.source();
    for action in
        [RemoteAction::MarkRead, RemoteAction::Delete, RemoteAction::Move(FolderPath::new("Junk Email"))]
    {
        let outcomes = source.act(&inbox(), std::slice::from_ref(&id), &action).await.unwrap();
        assert_eq!(outcomes, [ActOutcome::Gone]);
    }
    let held = world.server.messages(ANN, "Archive").unwrap();
    assert_eq!((held.len(), held[0].read), (1, false));
}

#[tokio::test]
async fn a_hundred_messages_are_marked_in_ten_requests() {
    let world = World::start().await;
    let ids: Vec<_> = (0..100).map(|n| world.deliver(&format!("m{n}"))).collect();
    let mut source = world.source();
    source.inventory(&inbox()).await.unwrap();
    let done = source.act(&inbox(), &ids, &RemoteAction::MarkRead).await.unwrap();
    assert_eq!(done, vec![ActOutcome::Done; 100]);
    assert_eq!(world.statuses("POST /$batch").len(), 10);
}

#[tokio::test]
async fn one_message_the_server_will_not_change_is_refused_alone() {
    let world = World::start().await;
    let ids = ["a", "b", "c"].map(|name| world.deliver(name));
    world.server.plan_fault(
        &format!("PATCH /users/{ANN}/messages/{}", ids[1]),
        0,
        1,
        Fault::error(412, "ErrorIrresolvableConflict"),
    );
    let outcomes = world.source().act(&inbox(), &ids, &RemoteAction::MarkRead).await.unwrap();
    assert!(
        matches!(&outcomes[1], ActOutcome::Refused { reason } if reason.contains("ErrorIrresolvableConflict"))
    );
    assert_eq!((&outcomes[0], &outcomes[2]), (&ActOutcome::Done, &ActOutcome::Done));
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
    assert_eq!(world.server.ledger().iter().filter(|entry| entry.event == Event::Sent).count(), 1);
    let too_large = [letter("large"), vec![b'x'; 3 << 20]].concat();
    assert_eq!(source.send(&too_large).await.unwrap_err().code(), "unsupported");
    // A connection that breaks leaves open whether it was sent: it is not sent again by itself.
    world.server.plan_fault("/sendMail", 0, 1, Fault::NoAnswer);
    assert_eq!(source.send(answer).await.unwrap_err().code(), "unreachable");
    assert_eq!(world.statuses("/sendMail"), [202, 202]);
}

#[tokio::test]
async fn answers_lost_on_the_way_leave_every_change_done_once() {
    let world = World::start().await;
    let ids: Vec<_> = (0..5).map(|n| world.deliver(&format!("m{n}"))).collect();
    let mut source = world.source();
    // Of the question where they are, of the change itself, and of the folder that is made.
    for passes in [0, 1] {
        world.server.plan_fault("POST /$batch", passes, 1, Fault::NoAnswer);
        let outcomes = source.act(&inbox(), &ids, &RemoteAction::MarkRead).await.unwrap();
        assert_eq!(outcomes, vec![ActOutcome::Done; 5]);
    }
    let to = RemoteAction::Move(FolderPath::new("Done"));
    world.server.plan_fault("POST /users/", 0, 1, Fault::NoAnswer);
    assert_eq!(source.act(&inbox(), &ids, &to).await.unwrap_err().code(), "unreachable");
    world.server.plan_fault("POST /$batch", 1, 1, Fault::NoAnswer);
    let outcomes = source.act(&inbox(), &ids, &to).await.unwrap();
    assert!(
        outcomes.iter().all(|outcome| matches!(outcome, ActOutcome::Done | ActOutcome::Gone)),
        "{outcomes:?}"
    );
    assert_eq!(world.server.messages(ANN, "Done").unwrap().len(), 5);
    assert_eq!(source.folders().await.unwrap().iter().filter(|one| one.path.as_str() == "Done").count(), 1);
    world.server.plan_fault("POST /$batch", 1, 1, Fault::NoAnswer);
    let done = FolderPath::new("Done");
    source.act(&done, &ids, &RemoteAction::Delete).await.unwrap();
    assert_eq!(
        world.server.messages(ANN, "Deleted Items").unwrap().len(),
        5,
        "deleted once, and not for good"
    );
}
