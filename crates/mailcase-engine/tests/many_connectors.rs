//! Many connectors in one process: what an idle one costs, and that none holds up the others.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/desk.rs"]
mod desk;
#[path = "support/moody.rs"]
mod moody;

use desk::{Desk, letter};
use jiff::{Timestamp, ToSpan};
use mailcase_core::connector::{ConnectorSettings, Disposition, FetchMode};
use mailcase_engine::{EngineConfig, run_once};
use mailcase_mail::testkit::{Call, FakeFactory, FakeMailbox};
use mailcase_store::{ConnectorState, Event};
use moody::{Mood, MoodyFactory, on};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

const INBOX: &str = "INBOX";

/// Counts statements that renew leases (they differ in their time), what else is written, and nothing else.
const WATCH_WRITES: &str = "CREATE TABLE renewals (until INTEGER PRIMARY KEY, rows INTEGER);
    CREATE TABLE other_writes (what TEXT);
    CREATE TRIGGER watch_renewals AFTER UPDATE OF lease_until ON connectors WHEN old.lease_until <> new.lease_until
    BEGIN
        INSERT INTO renewals VALUES (new.lease_until, 1) ON CONFLICT (until) DO UPDATE SET rows = rows + 1;
    END;
    CREATE TRIGGER watch_status AFTER UPDATE ON connectors WHEN old.lease_until = new.lease_until
    BEGIN INSERT INTO other_writes VALUES ('connector'); END;
    CREATE TRIGGER watch_log AFTER INSERT ON connector_log BEGIN INSERT INTO other_writes VALUES ('log'); END;
    CREATE TRIGGER watch_cursor AFTER UPDATE ON connector_folders BEGIN INSERT INTO other_writes VALUES ('cursor'); END;
    CREATE TRIGGER watch_delivery AFTER UPDATE ON deliveries BEGIN INSERT INTO other_writes VALUES ('delivery'); END;";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_connectors_cost_one_statement_for_all_of_them() {
    const CONNECTORS: i64 = 200;
    let mailbox = FakeMailbox::new();
    mailbox.set_announces(false);
    let desk =
        Desk::open_with(FakeFactory::of(&mailbox), |config| config.connector_lease = Duration::from_secs(9))
            .await;
    for n in 0..CONNECTORS {
        desk.connect(|settings| {
            settings.api_name = format!("c{n}");
            settings.poll_seconds = 1;
            // One that keeps listing what it has.
            settings.fetch = FetchMode::Unseen;
            settings.disposition = Disposition::Keep;
        })
        .await;
    }
    mailbox.deliver(INBOX, letter("unread for ever"));
    let settled = "SELECT COUNT(*) FROM connectors c WHERE status_state = 'waiting' AND EXISTS \
                   (SELECT 1 FROM deliveries d WHERE d.connector_id = c.id AND d.state = 'acknowledged') \
                   AND EXISTS (SELECT 1 FROM connector_log l WHERE l.connector_id = c.id AND l.text LIKE '%1 new%')";
    desk.until(async || (desk.count(settled).await == CONNECTORS).then_some(())).await;
    // What was under way when the last one settled is written by now.
    let polls = mailbox.calls(Call::Discover);
    desk.until(async || (mailbox.calls(Call::Discover) >= polls + 400).then_some(())).await;
    desk.meddle(WATCH_WRITES).await;
    let (polls, begun) = (mailbox.calls(Call::Discover), Timestamp::now());
    let polled = "SELECT MIN(last_success_at) FROM connectors";
    desk.until(async || (desk.count("SELECT COUNT(*) FROM renewals").await >= 3).then_some(())).await;
    desk.until(async || (desk.count(polled).await > begun.as_microsecond()).then_some(())).await;
    assert!(mailbox.calls(Call::Discover) > polls + 200, "they were polled meanwhile");
    assert_eq!(desk.count("SELECT COUNT(*) FROM other_writes").await, 0);
    assert_eq!(desk.count("SELECT MIN(rows) FROM renewals").await, CONNECTORS);
    desk.shutdown().await;
}

#[tokio::test]
async fn a_runner_that_stands_still_holds_up_no_other() {
    let (bad, good) = (FakeMailbox::new(), FakeMailbox::new());
    good.set_announces(false);
    let mood = Arc::new(Mood::default());
    let fakes = FakeFactory::default().with("bad", &bad).with("good", &good);
    let factory = MoodyFactory { fakes, mood: Arc::clone(&mood) };
    let desk =
        Desk::open_with(factory, |config| config.runner_stop = Duration::from_secs(24 * 60 * 60)).await;
    let waiting = desk.connect(on("good")).await;
    desk.until(async || (desk.status(waiting).await.state == ConnectorState::Waiting).then_some(())).await;
    bad.deliver(INBOX, letter("never fetched"));
    mood.stuck.store(true, Ordering::SeqCst);
    let stuck = desk.connect(on("bad")).await;
    desk.until(async || (mood.standing.load(Ordering::SeqCst) == 1).then_some(())).await;
    mood.stuck.store(false, Ordering::SeqCst);
    desk.edit(stuck, |settings| settings.description = "edited".to_owned()).await;
    // Only the supervisor can pass these wishes on.
    good.deliver(INBOX, letter("one"));
    desk.handle().poll_now(waiting).await;
    desk.until(async || (desk.cases().await.len() == 1).then_some(())).await;
    good.deliver(INBOX, letter("two"));
    desk.edit(waiting, |settings| settings.description = "edited".to_owned()).await;
    desk.until(async || (desk.cases().await.len() == 2).then_some(())).await;
    assert_eq!(mood.standing.load(Ordering::SeqCst), 1, "never two runners of one connector");
}

#[tokio::test]
async fn a_runner_that_will_not_end_is_replaced_and_does_not_hold_up_the_shutdown() {
    let mailbox = FakeMailbox::new();
    let mood = Arc::new(Mood::default());
    mood.stuck.store(true, Ordering::SeqCst);
    let factory =
        MoodyFactory { fakes: FakeFactory::default().with("bad", &mailbox), mood: Arc::clone(&mood) };
    let desk = Desk::open_with(factory, |config| config.runner_stop = Duration::from_millis(50)).await;
    mailbox.deliver(INBOX, letter("fetched by the second runner"));
    let connector = desk.connect(on("bad")).await;
    desk.until(async || (mood.standing.load(Ordering::SeqCst) == 1).then_some(())).await;
    mood.stuck.store(false, Ordering::SeqCst);
    desk.edit(connector, |settings| settings.description = "edited".to_owned()).await;
    desk.until_settled(1).await;
    mood.stuck.store(true, Ordering::SeqCst);
    mailbox.deliver(INBOX, letter("left for the next start"));
    desk.until(async || (mood.standing.load(Ordering::SeqCst) == 2).then_some(())).await;
    desk.shutdown().await;
}

#[tokio::test]
async fn a_message_a_source_says_nothing_about_is_put_back_with_a_count() {
    let mailbox = FakeMailbox::new();
    let mood = Arc::new(Mood::default());
    mood.forgetful.store(true, Ordering::SeqCst);
    let factory =
        MoodyFactory { fakes: FakeFactory::default().with("bad", &mailbox), mood: Arc::clone(&mood) };
    let desk = Desk::open_with(factory, |_| {}).await;
    for name in ["forgotten", "given"] {
        mailbox.deliver(INBOX, letter(name));
    }
    desk.connect(on("bad")).await;
    desk.until(async || (desk.cases().await.len() == 1).then_some(())).await;
    let put_back =
        "SELECT COUNT(*) FROM deliveries WHERE attempts = 1 AND last_error LIKE '%did not answer%'";
    desk.until(async || (desk.count(put_back).await == 1).then_some(())).await;
    assert!(mailbox.calls(Call::Fetch) < 5, "not asked for again and again");
}

#[tokio::test]
async fn messages_that_break_the_line_do_not_make_the_mailbox_look_down() {
    let mailbox = FakeMailbox::new();
    let mood = Arc::new(Mood::default());
    for n in 0..5 {
        mailbox.deliver(INBOX, letter(&format!("good {n}")));
        let poison = mailbox.deliver(INBOX, letter(&format!("poison {n}")));
        mood.poison.lock().unwrap().insert(poison);
    }
    mailbox.deliver(INBOX, letter("good and last"));
    let factory =
        MoodyFactory { fakes: FakeFactory::default().with("bad", &mailbox), mood: Arc::clone(&mood) };
    let desk = Desk::open_with(factory, |_| {}).await;
    desk.connect(on("bad")).await;
    // With pauses that double at each failure the last one would be minutes away.
    desk.until(async || (desk.cases().await.len() == 6).then_some(())).await;
}

#[tokio::test]
async fn a_server_that_lists_mail_and_gives_none_is_no_messages_fault() {
    let mailbox = FakeMailbox::new();
    let mood = Arc::new(Mood::default());
    for n in 0..6 {
        let poison = mailbox.deliver(INBOX, letter(&format!("letter {n}")));
        mood.poison.lock().unwrap().insert(poison);
    }
    let factory =
        MoodyFactory { fakes: FakeFactory::default().with("bad", &mailbox), mood: Arc::clone(&mood) };
    let desk = Desk::open_with(factory, |_| {}).await;
    let connector = desk.connect(on("bad")).await;
    // Several rounds, hurried along by the person who presses "Poll now".
    desk.until(async || {
        desk.store().publish(Event::ConnectorWake { connector }).await;
        (desk.count("SELECT COUNT(*) FROM connector_log WHERE level = 'error'").await >= 8).then_some(())
    })
    .await;
    assert_eq!(desk.count("SELECT COUNT(*) FROM deliveries WHERE attempts > 0").await, 0);
    mood.poison.lock().unwrap().clear();
    desk.store().publish(Event::ConnectorWake { connector }).await;
    desk.until_settled(6).await;
}

#[tokio::test]
async fn after_interrupted_runs_messages_are_recorded_before_they_are_examined() {
    let mailbox = FakeMailbox::new();
    for n in 0..3 {
        mailbox.deliver(INBOX, letter(&format!("letter {n}")));
    }
    let factory = FakeFactory::of(&mailbox);
    let desk = Desk::open_with(factory.clone(), |_| {}).await;
    let connector = desk.connect(|_| {}).await;
    desk.set_active(connector, false).await;
    desk.until_resting(connector).await;
    mailbox.deliver(INBOX, letter("after the crashes"));
    for _ in 0..4 {
        desk.store().claim_connector(connector, "once:crashed", Duration::ZERO).await.unwrap();
    }
    let connector = desk.store().connector(desk.organization, connector).await.unwrap();
    let config = EngineConfig::default();
    run_once(desk.store(), &factory, &connector, &config, |_| {}).await.unwrap();
    assert_eq!(desk.count("SELECT COUNT(*) FROM connector_log WHERE event = 'caution'").await, 1);
    assert_eq!(desk.count("SELECT COUNT(*) FROM deliveries WHERE state = 'acknowledged'").await, 4);
    assert_eq!(desk.count("SELECT COUNT(*) FROM messages WHERE state = 'decided'").await, 4);
}

#[tokio::test]
async fn a_connection_cut_while_it_waits_is_no_trouble() {
    let mailbox = FakeMailbox::new();
    let desk = Desk::open(&mailbox).await;
    desk.connect(|settings| settings.poll_seconds = 86_400).await;
    desk.until(async || (mailbox.calls(Call::Wait) == 1).then_some(())).await;
    mailbox.cut_connections();
    desk.until(async || (mailbox.calls(Call::Wait) == 2).then_some(())).await;
    assert_eq!(desk.count("SELECT COUNT(*) FROM connector_log WHERE level = 'error'").await, 0);
    // A line that cannot hold is.
    mailbox.cut_connections();
    desk.until(async || {
        let errors = desk.count("SELECT COUNT(*) FROM connector_log WHERE level = 'error'").await;
        (errors == 1).then_some(())
    })
    .await;
    mailbox.deliver(INBOX, letter("taken all the same"));
    desk.until_settled(1).await;
}

#[tokio::test]
async fn a_wish_that_was_lost_with_its_event_is_fulfilled() {
    let mailbox = FakeMailbox::new();
    mailbox.set_announces(false);
    let desk = Desk::open(&mailbox).await;
    let connector = desk.connect(|settings| settings.poll_seconds = 86_400).await;
    desk.until(async || (desk.status(connector).await.state == ConnectorState::Waiting).then_some(())).await;
    mailbox.deliver(INBOX, letter("one"));
    desk.store().publish(Event::Lagged).await;
    desk.until_settled(1).await;
}

#[tokio::test]
async fn with_a_folder_missing_the_others_are_polled_as_usual() {
    let mailbox = FakeMailbox::new();
    let desk = Desk::open(&mailbox).await;
    let connector = desk
        .connect(|settings| {
            settings.folders = vec!["Nowhere".to_owned(), INBOX.to_owned()];
            settings.poll_seconds = 86_400;
        })
        .await;
    let status = desk
        .until(async || {
            let status = desk.status(connector).await;
            status.last_error.is_some().then_some(status)
        })
        .await;
    assert!(status.last_error.unwrap().message.contains("Nowhere"));
    assert!(status.next_poll.unwrap() > Timestamp::now().checked_add(1.hour()).unwrap());
    mailbox.deliver(INBOX, letter("announced"));
    desk.until_settled(1).await;
    // It is well again once the folder is there.
    mailbox.add_folder("Nowhere");
    desk.handle().poll_now(connector).await;
    desk.until(async || desk.last_error(connector).await.is_none().then_some(())).await;
}

#[tokio::test]
async fn mail_that_came_since_the_last_poll_raises_no_alarm() {
    let mailbox = FakeMailbox::new();
    mailbox.set_announces(false);
    mailbox.deliver(INBOX, letter("one"));
    let desk = Desk::open(&mailbox).await;
    let connector = desk.connect(|settings| settings.poll_seconds = 86_400).await;
    desk.until_settled(1).await;
    mailbox.deliver(INBOX, letter("two"));
    let accounting = desk.handle().account(desk.organization, connector).await.unwrap();
    assert_eq!(accounting.summary(), "2 ≠ 1, 1 arrived since the last poll");
    assert!(accounting.balanced());
    assert_eq!(desk.alarms().await, 0);
    // Taking the books changes nothing: the next poll lists it.
    desk.handle().poll_now(connector).await;
    desk.until_settled(2).await;
}

#[tokio::test]
async fn somebody_is_told_before_a_secret_ends() {
    let mailbox = FakeMailbox::new();
    let desk = Desk::open(&mailbox).await;
    let ends = |days: i64| {
        let at = Timestamp::now().checked_add((days * 24).hours()).unwrap();
        move |settings: &mut ConnectorSettings| {
            settings.api_name = format!("ends-{days}");
            settings.connection.insert("ends".to_owned(), at.to_string().into());
        }
    };
    desk.connect(ends(5)).await;
    desk.connect(ends(90)).await;
    let told =
        "SELECT COUNT(*) FROM alarms WHERE kind = 'expiry' AND text LIKE 'the fake secret ends on%7 days%'";
    desk.until(async || (desk.count(told).await == 1).then_some(())).await;
    assert_eq!(desk.alarms().await, 1);
}
