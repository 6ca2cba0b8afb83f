//! What the engine does by itself beside taking mail: alarms on mailboxes, the daily accounting.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/desk.rs"]
mod desk;

use desk::{Desk, letter};
use jiff::{Timestamp, ToSpan};
use mailcase_core::connector::Backfill;
use mailcase_engine::Accounting;
use mailcase_mail::testkit::{Call, FakeFactory, FakeMailbox};
use mailcase_mail::{FolderPath, SourceError};
use mailcase_store::AlarmKind;
use std::time::Duration;

const INBOX: &str = "INBOX";

async fn desk_that_looks_often(mailbox: &FakeMailbox) -> Desk {
    Desk::open_with(FakeFactory::of(mailbox), |config| {
        config.look_over = Duration::from_millis(20);
        config.upkeep = Duration::from_millis(20);
    })
    .await
}

async fn standing(desk: &Desk) -> Vec<AlarmKind> {
    let alarms = desk.store().list_alarms(desk.organization).await.unwrap();
    alarms.into_iter().filter(|alarm| alarm.cleared_at.is_none()).map(|alarm| alarm.kind).collect()
}

async fn until_standing(desk: &Desk, wanted: &[AlarmKind]) {
    desk.until(async || (standing(desk).await == wanted).then_some(())).await;
}

#[tokio::test]
async fn a_mailbox_that_cannot_be_polled_for_too_long_raises_an_alarm_until_it_can_or_is_paused() {
    let mailbox = FakeMailbox::new();
    let desk = desk_that_looks_often(&mailbox).await;
    let failure = || SourceError::FolderNotFound { folder: FolderPath::new(INBOX) };
    mailbox.fail_always(Call::Discover, failure());
    let connector = desk.connect(|settings| settings.alarm_after_minutes = 1).await;
    desk.until(async || desk.last_error(connector).await).await;
    assert_eq!(standing(&desk).await, [], "it has a minute and a poll's time");
    desk.meddle("UPDATE connectors SET activated_at = activated_at - 3600000000").await;
    until_standing(&desk, &[AlarmKind::NoSuccess]).await;
    desk.set_active(connector, false).await;
    assert_eq!(standing(&desk).await, []);
    mailbox.recover(Call::Discover);
    desk.set_active(connector, true).await;
    desk.until_settled(0).await;
    mailbox.fail_always(Call::Discover, failure());
    desk.handle().poll_now(connector).await;
    desk.until(async || desk.last_error(connector).await).await;
    desk.meddle(
        "UPDATE connectors SET activated_at = activated_at - 3600000000, last_success_at = last_success_at - 3600000000",
    )
    .await;
    desk.meddle("UPDATE connector_folders SET updated_at = updated_at - 3600000000").await;
    until_standing(&desk, &[AlarmKind::NoSuccess]).await;
    mailbox.recover(Call::Discover);
    desk.handle().poll_now(connector).await;
    until_standing(&desk, &[]).await;
}

/// Ten messages an hour a week ago, at these hours, and none today. That they were all read in at once is no habit.
#[tokio::test]
async fn a_mailbox_silent_against_its_habit_raises_an_alarm_until_mail_comes() {
    let mailbox = FakeMailbox::new();
    let now = Timestamp::now();
    for number in 0..60_i64 {
        let received = now.checked_sub((7 * 24 + number / 10).hours()).unwrap();
        mailbox.deliver_at(INBOX, letter(&format!("letter {number}")), received);
    }
    let desk = desk_that_looks_often(&mailbox).await;
    let connector = desk.connect(|settings| settings.backfill = Backfill::All).await;
    desk.until_settled(60).await;
    assert_eq!(standing(&desk).await, []);
    // Read in five hours ago.
    desk.meddle("UPDATE deliveries SET stored_at = stored_at - 5 * 3600000000").await;
    until_standing(&desk, &[AlarmKind::Silent]).await;
    mailbox.deliver(INBOX, letter("at last"));
    desk.handle().poll_now(connector).await;
    until_standing(&desk, &[]).await;
}

#[tokio::test]
async fn the_books_are_made_up_daily_without_being_asked_and_failure_is_told_once() {
    let mailbox = FakeMailbox::new();
    mailbox.deliver(INBOX, letter("one"));
    let desk = desk_that_looks_often(&mailbox).await;
    let refusal = SourceError::Refused { message: "not now".to_owned() };
    mailbox.fail_always(Call::Inventory, refusal);
    let connector = desk.connect(|_| {}).await;
    let told = async || {
        let log = desk.store().connector_log(desk.organization, connector, 100).await.unwrap();
        log.into_iter().filter(|entry| entry.event == "accounting_failed").count()
    };
    desk.until(async || (told().await > 0).then_some(())).await;
    let tries = mailbox.calls(Call::Inventory);
    desk.until(async || (mailbox.calls(Call::Inventory) > tries + 2).then_some(())).await;
    assert_eq!(told().await, 1);
    mailbox.recover(Call::Inventory);
    let store = desk.store();
    let kept = desk
        .until(async || store.latest_accounting::<Accounting>(desk.organization, connector).await.unwrap())
        .await;
    assert!(kept.result.balanced(), "{}", kept.result.summary());
}
