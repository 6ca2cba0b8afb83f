//! The IMAP source against DavMail, which makes IMAP out of Exchange Web Services: a server by others, with habits no
//! Dovecot has. The clauses of the conformance suite share one, each with a mailbox of its own, because starting it
//! takes longer than any of them.

use crate::support::{secrets, source_at};
use futures::{FutureExt as _, StreamExt as _};
use mailcase_imap::ImapSource;
use mailcase_mail::FolderPath;
use mailcase_mail::testkit::conformance::{self, CLAUSE_DEADLINE};
use mailcase_mail::testkit::{Abilities, Bench, HeldMessage};
use mailcase_testbed::davmail::Davmail;
use mailcase_testbed::ews::{EwsOptions, EwsServer};
use std::sync::Arc;

const PASSWORD: &str = "correct horse";

struct Gateway {
    server: EwsServer,
    davmail: Davmail,
}

struct DavmailBench {
    gateway: Arc<Gateway>,
    user: String,
}

impl DavmailBench {
    fn new(gateway: &Arc<Gateway>, clause: &str) -> Self {
        let user = format!("{}@example.org", clause.replace('_', "-"));
        gateway.server.add_user(&user, PASSWORD);
        gateway.server.add_folder(&user, "Staging").unwrap();
        Self { gateway: Arc::clone(gateway), user }
    }

    fn id_of(&self, raw: &[u8]) -> String {
        let held = self.gateway.server.messages(&self.user, "Inbox").unwrap();
        held.into_iter().find(|held| held.raw == raw).expect("the message is there").id
    }
}

impl Bench for DavmailBench {
    type Source = ImapSource;

    fn abilities(&self) -> Abilities {
        // It makes UIDVALIDITY up, and always the same.
        Abilities { resets: false, ..Abilities::ALL }
    }

    fn source(&self) -> ImapSource {
        let more = serde_json::json!({ "username": self.user });
        source_at(self.gateway.davmail.imap_port(), more, &secrets("password", PASSWORD))
    }

    fn inbox(&self) -> FolderPath {
        FolderPath::new("INBOX")
    }

    fn other_folder(&self) -> FolderPath {
        // It makes no folder whose parent is not there.
        FolderPath::new("Erledigt & geprüft")
    }

    fn missing_folder(&self) -> FolderPath {
        FolderPath::new("Nirgends")
    }

    async fn deliver(&mut self, raw: &[u8]) {
        self.gateway.server.deliver_now(&self.user, raw).unwrap();
    }

    async fn deliver_dated(&mut self, raw: &[u8], received: jiff::Timestamp) {
        self.gateway.server.deliver(&self.user, "Inbox", raw, received).unwrap();
    }

    async fn move_in(&mut self, raw: &[u8]) {
        let old = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(400 * 24);
        let id = self.gateway.server.deliver(&self.user, "Staging", raw, old).unwrap();
        self.gateway.server.mark_read(&self.user, &id).unwrap();
        self.gateway.server.relocate(&self.user, &id, "Inbox").unwrap();
    }

    async fn remove(&mut self, raw: &[u8]) {
        self.gateway.server.purge(&self.user, &self.id_of(raw)).unwrap();
    }

    async fn mark_seen(&mut self, raw: &[u8]) {
        self.gateway.server.mark_read(&self.user, &self.id_of(raw)).unwrap();
    }

    async fn reset_identities(&mut self) {
        unreachable!("it cannot");
    }

    async fn list(&mut self, folder: &FolderPath) -> Vec<HeldMessage> {
        let held = self.gateway.server.messages(&self.user, folder.as_str()).unwrap();
        held.into_iter().map(|held| HeldMessage { seen: Some(held.read), raw: held.raw.to_vec() }).collect()
    }
}

/// How many clauses run at once: DavMail waits more than it works.
const SIDE_BY_SIDE: usize = 6;

macro_rules! clauses {
    ($gateway:expr => $($clause:ident,)*) => {
        [$({
            let mut bench = DavmailBench::new(&$gateway, stringify!($clause));
            async move {
                let clause = Box::pin(conformance::$clause(&mut bench));
                let ended = tokio::time::timeout(CLAUSE_DEADLINE, clause).await;
                assert!(ended.is_ok(), "{} did not end in time", stringify!($clause));
                eprintln!("held: {}", stringify!($clause));
            }
            .boxed()
        },)*]
    };
}

/// Left out, because DavMail cannot: new mail is announced (it looks once a minute), the first bytes of a message (it
/// takes a wish for part of one for an error), messages that are gone (it breaks off in the middle of a line), missing
/// folders (it refuses to list them), deleting one message (it has no UIDPLUS, so that they are only marked).
#[tokio::test]
async fn the_conformance_suite_holds_through_davmail() {
    let server = EwsServer::start(EwsOptions::default()).await.unwrap();
    let davmail = Davmail::start(&server.url()).await.unwrap();
    let gateway = Arc::new(Gateway { server, davmail });
    let clauses = clauses! { gateway =>
        an_empty_folder_lists_nothing,
        lists_everything_oldest_first,
        lists_completely_in_pages_of_one,
        lists_completely_in_pages_of_two,
        lists_only_what_is_new_after_the_cursor,
        the_same_cursor_again_skips_nothing,
        a_fresh_source_goes_on_from_the_cursor,
        identities_are_the_same_for_a_fresh_source,
        mail_arriving_between_pages_is_listed_once,
        mail_moved_in_is_new_however_old,
        new_mail_read_by_somebody_else_is_still_new,
        unseen_lists_the_unread_on_every_pass,
        a_cursor_of_another_scope_loses_nothing,
        a_first_run_takes_the_unread,
        a_first_run_takes_all,
        a_first_run_takes_those_since_a_day,
        a_first_run_takes_the_unread_and_those_since_a_day,
        what_the_first_run_left_out_stays_out,
        what_the_first_run_left_out_is_known,
        bytes_are_exact,
        bare_line_feeds_are_kept,
        a_missing_line_end_is_kept,
        a_large_message_comes_in_bounded_chunks,
        fetching_nothing_says_nothing,
        every_id_is_answered_once,
        fetching_twice_gives_the_same,
        fetching_and_listing_mark_nothing_read,
        an_unknown_identity_is_gone,
        a_slow_receiver_gets_everything,
        a_dropped_receiver_abandons_the_fetch,
        acting_on_nothing_does_nothing,
        marking_read_marks_only_those,
        marking_read_twice_is_once,
        moving_creates_the_folder_and_keeps_the_bytes,
        moving_twice_is_once,
        outcomes_come_in_order,
        an_action_the_mailbox_lacks_fails_clearly,
        inventory_is_the_truth,
        folders_name_the_inbox,
        checking_passes_and_changes_nothing,
        a_wait_times_out,
        a_wait_is_interrupted,
        a_notification_before_the_wait_counts,
        a_dropped_wait_leaves_a_usable_source,
        a_fetch_dropped_after_the_first_chunk_can_be_repeated,
        listings_dropped_midway_can_be_repeated,
        actions_dropped_midway_can_be_repeated,
    };
    futures::stream::iter(clauses).buffer_unordered(SIDE_BY_SIDE).collect::<Vec<()>>().await;
    assert_eq!(gateway.server.problems(), Vec::<String>::new());
}
