//! The way of a message, driven through the engine's public face over a scripted mailbox and a real database.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/desk.rs"]
mod desk;

use desk::{Desk, letter, reply};
use mailcase_core::case::CaseStatus;
use mailcase_core::connector::{AutomaticMail, Disposition, FetchMode};
use mailcase_core::message::{DeliveryState, MessageState};
use mailcase_engine::GapReason;
use mailcase_mail::testkit::{Call, FakeFactory, FakeMailbox};
use mailcase_mail::{FolderPath, RemoteAction, SourceError};

const INBOX: &str = "INBOX";

#[tokio::test]
async fn a_message_becomes_a_case_and_is_marked_read() {
    let mailbox = FakeMailbox::new();
    let desk = Desk::open(&mailbox).await;
    let id = mailbox.deliver(INBOX, letter("one"));
    desk.connect(|_| {}).await;
    desk.until_settled(1).await;
    let cases = desk.cases().await;
    assert_eq!(cases.len(), 1);
    assert_eq!(cases[0].title, "one");
    assert!(mailbox.message(INBOX, &id).unwrap().seen);
    assert_eq!(mailbox.times_performed(INBOX, &id), 1);
    assert_eq!(mailbox.times_fetched(&id), 1);
}

#[tokio::test]
async fn what_is_announced_is_taken_without_waiting_for_the_next_poll() {
    let mailbox = FakeMailbox::new();
    mailbox.set_announces(true);
    let desk = Desk::open(&mailbox).await;
    desk.connect(|settings| settings.poll_seconds = 86_400).await;
    desk.until_settled(0).await;
    mailbox.deliver(INBOX, letter("announced"));
    desk.until_settled(1).await;
}

#[tokio::test]
async fn the_same_bytes_in_two_mailboxes_are_one_message_with_two_deliveries() {
    let mailbox = FakeMailbox::new();
    mailbox.add_folder("Copies");
    let desk = Desk::open(&mailbox).await;
    let first = mailbox.deliver(INBOX, letter("twice"));
    let second = mailbox.deliver("Copies", letter("twice"));
    desk.connect(|settings| settings.folders = vec![INBOX.to_owned(), "Copies".to_owned()]).await;
    desk.until_settled(2).await;
    let messages = desk.messages().await;
    assert_eq!(messages.len(), 1);
    assert_eq!(desk.deliveries(&messages[0]).await.len(), 2);
    assert_eq!(desk.cases().await.len(), 1);
    assert!(mailbox.message(INBOX, &first).unwrap().seen && mailbox.message("Copies", &second).unwrap().seen);
}

#[tokio::test]
async fn an_answer_joins_its_case_and_opens_it_again() {
    let mailbox = FakeMailbox::new();
    let desk = Desk::open(&mailbox).await;
    mailbox.deliver(INBOX, letter("question"));
    desk.connect(|_| {}).await;
    desk.until_settled(1).await;
    desk.resolve_the_case().await;
    mailbox.deliver(INBOX, reply("answer", "question", ""));
    desk.until_settled(2).await;
    let cases = desk.cases().await;
    assert_eq!(cases.len(), 1);
    assert_eq!(cases[0].status, CaseStatus::Open);
    assert_eq!(cases[0].message_count, 2);
}

#[tokio::test]
async fn an_answer_in_the_same_batch_joins_too_and_so_does_one_that_comes_first() {
    for order in [["question", "answer"], ["answer", "question"]] {
        let mailbox = FakeMailbox::new();
        for name in order {
            let raw = if name == "question" { letter("question") } else { reply("answer", "question", "") };
            mailbox.deliver(INBOX, raw);
        }
        let desk = Desk::open(&mailbox).await;
        desk.connect(|_| {}).await;
        desk.until_settled(2).await;
        assert_eq!(desk.cases().await.len(), 1, "{order:?}");
    }
}

#[tokio::test]
async fn automatic_mail_joins_without_opening_and_alone_is_kept_with_a_reason() {
    let out_of_office = "Auto-Submitted: auto-replied\r\n";
    let mailbox = FakeMailbox::new();
    let desk = Desk::open(&mailbox).await;
    mailbox.deliver(INBOX, letter("question"));
    desk.connect(|settings| settings.automatic_mail = AutomaticMail::Keep).await;
    desk.until_settled(1).await;
    desk.resolve_the_case().await;
    mailbox.deliver(INBOX, reply("I am away", "question", out_of_office));
    mailbox.deliver(INBOX, reply("also away", "something unknown", out_of_office));
    desk.until_settled(3).await;
    let cases = desk.cases().await;
    assert_eq!(cases.len(), 1);
    assert_eq!(cases[0].status, CaseStatus::Resolved);
    assert_eq!(cases[0].message_count, 2);
    let kept: Vec<_> = desk.messages().await.into_iter().filter(|message| message.case.is_none()).collect();
    assert_eq!(kept.len(), 1);
    assert!(kept[0].reason.is_some());
}

#[tokio::test]
async fn each_disposition_is_carried_out_once_it_is_safe() {
    for (disposition, performed) in [
        (Disposition::MarkRead, Some(RemoteAction::MarkRead)),
        (Disposition::Move { folder: "Done".to_owned() }, Some(RemoteAction::Move(FolderPath::new("Done")))),
        (Disposition::Delete, Some(RemoteAction::Delete)),
        (Disposition::Keep, None),
    ] {
        let mailbox = FakeMailbox::new();
        mailbox.deliver(INBOX, letter("one"));
        let desk = Desk::open(&mailbox).await;
        desk.connect(|settings| settings.disposition = disposition.clone()).await;
        desk.until_settled(1).await;
        let actions: Vec<RemoteAction> = mailbox.performed().into_iter().map(|done| done.action).collect();
        assert_eq!(actions, performed.into_iter().collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_refused_disposition_is_shown_and_the_case_is_there_all_the_same() {
    let mailbox = FakeMailbox::new();
    let id = mailbox.deliver(INBOX, letter("one"));
    mailbox.set_refused(INBOX, &id, Some("read-only mailbox"));
    let desk = Desk::open(&mailbox).await;
    desk.connect(|_| {}).await;
    let message = desk.until_message().await;
    let delivery = desk
        .until(async || {
            desk.deliveries(&message).await.into_iter().find(|delivery| delivery.ack_error.is_some())
        })
        .await;
    assert_eq!(delivery.state, DeliveryState::Stored);
    assert!(delivery.ack_error.unwrap().contains("read-only mailbox"));
    assert_eq!(desk.cases().await.len(), 1);
}

#[tokio::test]
async fn a_message_the_server_will_not_give_blocks_nothing() {
    let mailbox = FakeMailbox::new();
    let poison = mailbox.deliver(INBOX, letter("poison"));
    mailbox.set_unreadable(INBOX, &poison, Some("internal error"));
    for name in ["a", "b", "c"] {
        mailbox.deliver(INBOX, letter(name));
    }
    let desk = Desk::open(&mailbox).await;
    desk.connect(|_| {}).await;
    desk.until(async || (desk.cases().await.len() == 3).then_some(())).await;
    assert!(!mailbox.message(INBOX, &poison).unwrap().seen);
}

#[tokio::test]
async fn a_fetch_that_breaks_off_is_taken_up_again_without_loss_or_double() {
    let mailbox = FakeMailbox::new();
    for number in 0..40 {
        mailbox.deliver(INBOX, letter(&format!("letter {number}")));
    }
    mailbox.cut_next_fetch_after(2_000);
    let desk = Desk::open(&mailbox).await;
    desk.connect(|_| {}).await;
    desk.until_settled(40).await;
    assert_eq!(desk.messages().await.len(), 40);
    assert_eq!(desk.cases().await.len(), 40);
    assert!(mailbox.messages(INBOX).iter().all(|message| message.seen));
}

#[tokio::test]
async fn an_acknowledgement_that_breaks_off_is_repeated() {
    let mailbox = FakeMailbox::new();
    for number in 0..10 {
        mailbox.deliver(INBOX, letter(&format!("letter {number}")));
    }
    mailbox.cut_next_act_after(4);
    let desk = Desk::open(&mailbox).await;
    desk.connect(|_| {}).await;
    desk.until_settled(10).await;
    assert!(mailbox.messages(INBOX).iter().all(|message| message.seen));
    assert_eq!(desk.cases().await.len(), 10);
}

#[tokio::test]
async fn new_identities_on_the_server_make_no_new_cases() {
    let mailbox = FakeMailbox::new();
    let desk = Desk::open(&mailbox).await;
    for name in ["a", "b"] {
        mailbox.deliver(INBOX, letter(name));
    }
    let connector =
        desk.connect(|settings| settings.backfill = mailcase_core::connector::Backfill::All).await;
    desk.until_settled(2).await;
    mailbox.reset_identities(INBOX);
    mailbox.deliver(INBOX, letter("c"));
    desk.handle().poll_now(connector).await;
    desk.until_settled(5).await;
    assert_eq!(desk.messages().await.len(), 3);
    assert_eq!(desk.cases().await.len(), 3);
    assert!(desk.audit().await.iter().any(|action| action == "connector.identities_reset"));
}

/// Two mailboxes number their messages alike, as most servers do.
#[tokio::test]
async fn a_connector_pointed_at_another_mailbox_begins_anew_there() {
    let (first, second) = (FakeMailbox::new(), FakeMailbox::new());
    let mut of_first = Vec::new();
    for name in ["a", "b", "c"] {
        of_first.push(first.deliver(INBOX, letter(name)));
    }
    let read = second.deliver(INBOX, letter("read long ago"));
    second.mark_seen(INBOX, &read);
    let unread = second.deliver(INBOX, letter("unread"));
    assert_eq!((&read, &unread), (&of_first[0], &of_first[1]), "else nothing is tried here");
    // Not acknowledged in the first: it must not be in the second.
    first.set_refused(INBOX, &of_first[1], Some("read-only mailbox"));
    let desk = Desk::open_with(FakeFactory::of(&first).with("second", &second), |_| {}).await;
    let connector = desk.connect(|_| {}).await;
    desk.until_delivered(&[("acknowledged", 2), ("stored", 1)]).await;
    desk.until(async || desk.status(connector).await.last_success).await;
    desk.edit(connector, |settings| {
        settings.connection.insert("mailbox".to_owned(), "second".into());
        settings.disposition = Disposition::Delete;
    })
    .await;
    desk.until_delivered(&[("acknowledged", 3), ("left", 1)]).await;
    assert_eq!(desk.cases().await.len(), 4);
    let left: Vec<_> = second.messages(INBOX).into_iter().map(|message| message.id).collect();
    assert_eq!(left, [read], "what was taken is deleted, and nothing else");
    assert_eq!(first.messages(INBOX).len(), 3);
    assert!(desk.audit().await.iter().any(|action| action == "connector.mailbox_left"));
    let messages = desk.messages().await;
    let refused = messages.iter().find(|message| message.subject.as_deref() == Some("b")).unwrap();
    let states: Vec<_> = desk.deliveries(refused).await.into_iter().map(|delivery| delivery.state).collect();
    assert_eq!(states, [DeliveryState::Left]);
}

/// A mailbox that moved to another server, where somebody read what came while the connector did not look.
#[tokio::test]
async fn what_came_since_the_last_mailbox_was_looked_at_is_taken_though_read() {
    let (first, second) = (FakeMailbox::new(), FakeMailbox::new());
    let old = "2020-01-01T00:00:00Z".parse().unwrap();
    for mailbox in [&first, &second] {
        let id = mailbox.deliver_at(INBOX, letter("old"), old);
        mailbox.mark_seen(INBOX, &id);
        mailbox.deliver(INBOX, letter("known"));
    }
    let desk = Desk::open_with(FakeFactory::of(&first).with("second", &second), |_| {}).await;
    let connector = desk.connect(|_| {}).await;
    desk.until_settled(1).await;
    desk.until(async || desk.status(connector).await.last_success).await;
    let now = jiff::Timestamp::now();
    let meanwhile = second.deliver_at(INBOX, letter("read by a colleague"), now);
    second.mark_seen(INBOX, &meanwhile);
    desk.edit(connector, |settings| {
        settings.connection.insert("mailbox".to_owned(), "second".into());
    })
    .await;
    desk.until_settled(3).await;
    let mut subjects: Vec<_> =
        desk.messages().await.into_iter().filter_map(|message| message.subject).collect();
    subjects.sort();
    assert_eq!(subjects, ["known", "read by a colleague"]);
}

#[tokio::test]
async fn an_unseen_connector_leaves_what_is_read_alone() {
    let mailbox = FakeMailbox::new();
    let read = mailbox.deliver(INBOX, letter("read"));
    mailbox.mark_seen(INBOX, &read);
    mailbox.deliver(INBOX, letter("unread"));
    let desk = Desk::open(&mailbox).await;
    desk.connect(|settings| settings.fetch = FetchMode::Unseen).await;
    desk.until_settled(1).await;
    assert_eq!(desk.cases().await[0].title, "unread");
    assert_eq!(mailbox.times_fetched(&read), 0);
}

#[tokio::test]
async fn a_failed_sign_in_is_shown_raises_an_alarm_and_recovers() {
    let mailbox = FakeMailbox::new();
    let refused = SourceError::SignIn { message: "the server refused the password".to_owned(), hint: None };
    mailbox.fail_always(Call::Discover, refused);
    mailbox.deliver(INBOX, letter("one"));
    let desk = Desk::open(&mailbox).await;
    let connector = desk.connect(|_| {}).await;
    desk.until(async || {
        desk.last_error(connector).await.filter(|error| error.contains("refused the password"))
    })
    .await;
    desk.until(async || (desk.alarms().await == 1).then_some(())).await;
    // Refused for the third time: tried rarely, so that the account is not locked, but whenever somebody asks.
    desk.until(async || {
        let opened = desk.count("SELECT COUNT(*) FROM connector_log WHERE event = 'circuit_open'").await;
        (opened == 1).then_some(())
    })
    .await;
    mailbox.recover(Call::Discover);
    desk.handle().poll_now(connector).await;
    desk.until_settled(1).await;
    desk.until(async || (desk.alarms().await == 0).then_some(())).await;
    desk.until(async || desk.last_error(connector).await.is_none().then_some(())).await;
}

#[tokio::test]
async fn a_missing_folder_does_not_hold_up_the_others() {
    let mailbox = FakeMailbox::new();
    mailbox.deliver(INBOX, letter("one"));
    let desk = Desk::open(&mailbox).await;
    let connector =
        desk.connect(|settings| settings.folders = vec!["Nowhere".to_owned(), INBOX.to_owned()]).await;
    desk.until_settled(1).await;
    desk.until(async || desk.last_error(connector).await.filter(|error| error.contains("Nowhere"))).await;
}

#[tokio::test]
async fn a_folder_that_is_closed_to_us_does_not_hold_up_the_others() {
    let mailbox = FakeMailbox::new();
    mailbox.deliver("Shared", letter("before"));
    mailbox.deliver(INBOX, letter("one"));
    mailbox.close_folder("Shared", Some("permission denied"));
    let desk = Desk::open(&mailbox).await;
    let folders = vec!["Shared".to_owned(), "Nowhere".to_owned(), INBOX.to_owned()];
    let connector = desk.connect(|settings| settings.folders = folders).await;
    desk.until_settled(1).await;
    desk.until(async || {
        let told = "the folder `Shared`: permission denied; there is no folder `Nowhere`";
        desk.last_error(connector).await.filter(|error| error == told)
    })
    .await;
    // What waited there is taken once it is open again.
    mailbox.close_folder("Shared", None);
    mailbox.add_folder("Nowhere");
    desk.handle().poll_now(connector).await;
    desk.until_settled(2).await;
    desk.until(async || desk.last_error(connector).await.is_none().then_some(())).await;
}

#[tokio::test]
async fn a_mailbox_that_is_closed_as_a_whole_is_trouble() {
    let mailbox = FakeMailbox::new();
    mailbox.add_folder("Shared");
    for folder in [INBOX, "Shared"] {
        mailbox.close_folder(folder, Some("permission denied"));
    }
    let desk = Desk::open(&mailbox).await;
    let folders = vec![INBOX.to_owned(), "Shared".to_owned()];
    let connector = desk.connect(|settings| settings.folders = folders).await;
    desk.until(async || desk.last_error(connector).await.filter(|error| error == "permission denied")).await;
    let error = desk.handle().account(desk.organization, connector).await.unwrap_err();
    assert_eq!(error.to_string(), "permission denied");
}

#[tokio::test]
async fn the_books_of_a_folder_that_cannot_be_read_are_open_and_those_of_the_others_made_up() {
    let mailbox = FakeMailbox::new();
    mailbox.deliver(INBOX, letter("one"));
    mailbox.deliver("Shared", letter("two"));
    let desk = Desk::open(&mailbox).await;
    let folders = vec![INBOX.to_owned(), "Shared".to_owned(), "Nowhere".to_owned()];
    let connector = desk.connect(|settings| settings.folders = folders).await;
    desk.until_settled(2).await;
    mailbox.close_folder("Shared", Some("permission denied"));
    let account = async || desk.handle().account(desk.organization, connector).await.unwrap();
    let accounting = account().await;
    let told = "1 = 1, not counted: the folder `Shared`: permission denied; there is no folder `Nowhere`";
    assert_eq!(accounting.summary(), told);
    assert!(!accounting.balanced());
    let uncounted: Vec<_> = accounting.uncounted.iter().map(|one| one.folder.as_str()).collect();
    assert_eq!(uncounted, ["Shared", "Nowhere"]);
    let alarms = desk.store().list_alarms(desk.organization).await.unwrap();
    assert!(alarms.iter().any(|alarm| alarm.text == told), "{alarms:?}");
    // There is nothing to fetch, and it says so instead of failing.
    assert_eq!(desk.handle().fetch_gaps(desk.organization, connector).await.unwrap(), 0);
    mailbox.close_folder("Shared", None);
    mailbox.add_folder("Nowhere");
    assert_eq!(account().await.summary(), "2 = 2");
    assert!(account().await.balanced());
}

#[tokio::test]
async fn a_message_without_any_structure_is_kept_and_becomes_a_case() {
    let mailbox = FakeMailbox::new();
    let raw: Vec<u8> = (0..=255).cycle().take(5_000).collect();
    mailbox.deliver(INBOX, raw.clone());
    let desk = Desk::open(&mailbox).await;
    desk.connect(|_| {}).await;
    desk.until_settled(1).await;
    let messages = desk.messages().await;
    assert_eq!(messages[0].state, MessageState::Decided);
    assert!(messages[0].case.is_some());
    assert_eq!(desk.raw(&messages[0]).await, raw);
}

#[tokio::test]
async fn a_large_message_is_streamed_and_examined() {
    let mailbox = FakeMailbox::new();
    let mut raw = letter("large");
    raw.resize(12 << 20, b'x');
    mailbox.deliver(INBOX, raw.clone());
    let desk = Desk::open(&mailbox).await;
    desk.connect(|_| {}).await;
    desk.until_settled(1).await;
    let messages = desk.messages().await;
    assert_eq!(messages[0].subject.as_deref(), Some("large"));
    assert!(desk.raw(&messages[0]).await == raw);
}

#[tokio::test]
async fn an_edit_takes_effect_at_once_and_a_deactivated_connector_rests() {
    let mailbox = FakeMailbox::new();
    let desk = Desk::open(&mailbox).await;
    let connector = desk.connect(|_| {}).await;
    mailbox.deliver(INBOX, letter("one"));
    desk.until_settled(1).await;
    desk.edit(connector, |settings| settings.disposition = Disposition::Delete).await;
    let second = mailbox.deliver(INBOX, letter("two"));
    desk.until_settled(2).await;
    assert!(mailbox.message(INBOX, &second).is_none());
    desk.set_active(connector, false).await;
    desk.until_resting(connector).await;
    let polls = mailbox.calls(Call::Discover);
    mailbox.deliver(INBOX, letter("three"));
    desk.set_active(connector, true).await;
    desk.until_settled(3).await;
    assert!(mailbox.calls(Call::Discover) > polls);
}

#[tokio::test]
async fn the_books_balance_and_gaps_are_found_and_fetched() {
    let mailbox = FakeMailbox::new();
    for number in 0..5 {
        mailbox.deliver(INBOX, letter(&format!("letter {number}")));
    }
    let desk = Desk::open(&mailbox).await;
    let connector =
        desk.connect(|settings| settings.backfill = mailcase_core::connector::Backfill::All).await;
    desk.until_settled(5).await;
    let handle = desk.handle();
    let accounting = handle.account(desk.organization, connector).await.unwrap();
    assert_eq!(accounting.summary(), "5 = 5");
    // Somebody's tool lost a line of our ledger, or never wrote it.
    desk.forget_delivery(connector).await;
    let accounting = handle.account(desk.organization, connector).await.unwrap();
    assert_eq!(accounting.gap_count(), 1);
    assert_eq!(accounting.folders[0].gaps[0].reason, GapReason::NeverListed);
    assert_eq!(desk.alarms().await, 1);
    assert_eq!(handle.fetch_gaps(desk.organization, connector).await.unwrap(), 1);
    desk.until_settled(5).await;
    let accounting = handle.account(desk.organization, connector).await.unwrap();
    assert!(accounting.balanced(), "{accounting:?}");
    assert_eq!(desk.messages().await.len(), 5);
    assert_eq!(desk.alarms().await, 0);
}

#[tokio::test]
async fn a_folder_that_vanishes_with_mail_to_fetch_does_not_hold_up_the_others() {
    let mailbox = FakeMailbox::new();
    mailbox.add_folder("Archive");
    let poison = mailbox.deliver("Archive", letter("never given"));
    mailbox.set_unreadable("Archive", &poison, Some("internal error"));
    let desk = Desk::open(&mailbox).await;
    let connector =
        desk.connect(|settings| settings.folders = vec!["Archive".to_owned(), INBOX.to_owned()]).await;
    desk.until(async || (mailbox.times_fetched(&poison) > 0 || mailbox.calls(Call::Fetch) > 0).then_some(()))
        .await;
    mailbox.remove_folder("Archive");
    // Its delivery is due again at once, as after a person's retry.
    desk.make_everything_due().await;
    mailbox.deliver(INBOX, letter("still taken"));
    desk.handle().poll_now(connector).await;
    desk.until(async || (desk.cases().await.len() == 1).then_some(())).await;
}

#[tokio::test]
async fn a_message_believed_gone_that_is_listed_again_is_fetched() {
    let mailbox = FakeMailbox::new();
    mailbox.deliver(INBOX, letter("one"));
    let desk = Desk::open(&mailbox).await;
    let connector = desk.connect(|settings| settings.fetch = FetchMode::Unseen).await;
    desk.until_settled(1).await;
    let second = mailbox.deliver(INBOX, letter("two"));
    desk.until_settled(2).await;
    mailbox.mark_unseen(INBOX, &second);
    desk.believe_gone("two").await;
    desk.handle().poll_now(connector).await;
    desk.until_settled(2).await;
}

#[tokio::test]
async fn an_outage_is_no_messages_fault_however_long_it_lasts() {
    let mailbox = FakeMailbox::new();
    mailbox.deliver(INBOX, letter("one"));
    let desk = Desk::open(&mailbox).await;
    desk.connect(|_| {}).await;
    desk.until_settled(1).await;
    desk.without_blobs(async || {
        desk.meddle(
            "UPDATE messages SET state = 'stored', case_id = NULL, attempts = 0, lease_until = 0, fence = 100",
        )
        .await;
        desk.until(async || (desk.count("SELECT fence FROM messages").await >= 105).then_some(())).await;
        assert!(desk.count("SELECT attempts + failures FROM messages").await <= 1);
    })
    .await;
    desk.until_settled(1).await;
}

#[tokio::test]
async fn a_message_the_database_refuses_is_set_aside_and_its_batch_goes_through() {
    let mailbox = FakeMailbox::new();
    for n in 0..5 {
        mailbox.deliver(INBOX, letter(&format!("letter {n}")));
    }
    mailbox.deliver(INBOX, letter("cursed"));
    let desk = Desk::open(&mailbox).await;
    desk.meddle(
        "CREATE TRIGGER curse BEFORE INSERT ON cases WHEN new.title = 'cursed' \
         BEGIN SELECT RAISE(ABORT, 'a curse lies on this title'); END",
    )
    .await;
    desk.connect(|_| {}).await;
    desk.until(async || (desk.cases().await.len() == 5).then_some(())).await;
    desk.until(async || {
        desk.meddle("UPDATE messages SET lease_until = 0 WHERE state = 'stored'").await;
        let set_aside = "SELECT COUNT(*) FROM messages WHERE state = 'needs_attention' \
                         AND last_error LIKE '%a curse lies on this title%'";
        (desk.count(set_aside).await == 1).then_some(())
    })
    .await;
    assert_eq!(desk.count("SELECT COUNT(*) FROM messages WHERE state = 'decided'").await, 5);
}
