//! The conformance suite: one public function per clause of the contract of [`MailSource`](crate::MailSource).
//!
//! A clause gets a fresh [`Bench`](super::Bench) with an empty inbox and panics when the source breaks it. Clauses wait
//! for events with a deadline and never for a fixed time. [`conformance_suite!`](crate::conformance_suite) names
//! them all.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a clause is an assertion: it panics with the reason when the source breaks it"
)]

mod acting;
mod cancelling;
mod fetching;
mod first_runs;
mod listing;
mod observing;
mod resetting;
mod waiting;

pub use acting::*;
pub use cancelling::*;
pub use fetching::*;
pub use first_runs::*;
pub use listing::*;
pub use observing::*;
pub use resetting::*;
pub use waiting::*;

use std::future::Future;
use std::time::Duration;

/// How long one clause may take, on a slow machine with a real server.
pub const CLAUSE_DEADLINE: Duration = Duration::from_secs(120);
/// How long a single thing a clause waits for may take.
const STEP_DEADLINE: Duration = Duration::from_secs(60);

/// Makes every clause of the conformance suite a test of its own.
///
/// The expression makes a fresh [`Bench`](crate::testkit::Bench) and may await:
/// `mailcase_mail::conformance_suite!(DovecotBench::start().await);`. Use it in a module of its own, in a crate
/// that depends on tokio.
#[macro_export]
macro_rules! conformance_suite {
    ($bench:expr) => {
        $crate::conformance_suite! { @clauses $bench =>
            // listing
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
            // first runs
            a_first_run_takes_the_unread,
            a_first_run_takes_all,
            a_first_run_takes_those_since_a_day,
            a_first_run_takes_the_unread_and_those_since_a_day,
            what_the_first_run_left_out_stays_out,
            what_the_first_run_left_out_is_known,
            // fetching
            bytes_are_exact,
            bare_line_feeds_are_kept,
            a_missing_line_end_is_kept,
            a_large_message_comes_in_bounded_chunks,
            fetching_nothing_says_nothing,
            every_id_is_answered_once,
            fetching_twice_gives_the_same,
            fetching_and_listing_mark_nothing_read,
            a_glance_gives_the_first_bytes_and_changes_nothing,
            vanished_messages_are_gone,
            an_unknown_identity_is_gone,
            a_slow_receiver_gets_everything,
            a_dropped_receiver_abandons_the_fetch,
            // acting
            acting_on_nothing_does_nothing,
            marking_read_marks_only_those,
            marking_read_twice_is_once,
            moving_creates_the_folder_and_keeps_the_bytes,
            moving_twice_is_once,
            deleting_removes_only_those,
            outcomes_come_in_order,
            an_action_the_mailbox_lacks_fails_clearly,
            // observing
            inventory_is_the_truth,
            folders_name_the_inbox,
            a_missing_folder_is_an_error,
            checking_passes_and_changes_nothing,
            checking_reports_a_missing_folder,
            // waiting
            a_wait_times_out,
            a_wait_is_interrupted,
            a_notification_before_the_wait_counts,
            new_mail_is_announced,
            mail_that_came_before_the_wait_is_announced,
            a_dropped_wait_leaves_a_usable_source,
            // dropping and failing
            a_fetch_dropped_after_the_first_chunk_can_be_repeated,
            listings_dropped_midway_can_be_repeated,
            actions_dropped_midway_can_be_repeated,
            a_cut_connection_fails_the_call_and_is_made_anew,
            // resetting
            reset_identities_are_reported_and_listed_anew,
            old_identities_name_nothing_after_a_reset,
        }
    };
    (@clauses $bench:expr => $($clause:ident,)*) => {
        $(
            #[tokio::test]
            async fn $clause() {
                let mut bench = $bench;
                let clause = $crate::testkit::conformance::$clause(&mut bench);
                let ended = tokio::time::timeout(
                    $crate::testkit::conformance::CLAUSE_DEADLINE,
                    Box::pin(clause),
                );
                assert!(ended.await.is_ok(), "the clause did not end in time");
            }
        )*
    };
}

/// Awaits `future`; panics with `what` when it takes longer than [`STEP_DEADLINE`].
async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(STEP_DEADLINE, future).await {
        Ok(value) => value,
        Err(_) => panic!("{what} did not end in {STEP_DEADLINE:?}"),
    }
}

/// Says that a clause cannot be asked of this bench.
#[expect(clippy::print_stderr, reason = "a clause left out must be visible in the output of the tests")]
fn left_out(clause: &str, because: &str) {
    eprintln!("left out: {clause}: {because}");
}

/// Lets others run `times` times.
async fn yield_times(times: usize) {
    for _ in 0..times {
        tokio::task::yield_now().await;
    }
}
