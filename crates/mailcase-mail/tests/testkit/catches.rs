//! The suite catches a source that breaks the contract: each fault makes a clause fail that names it.

use crate::faulty::{Fault, FaultyBench};

macro_rules! catches {
    ($($test:ident: $fault:ident breaks $clause:ident;)*) => {
        $(
            // Time is simulated: what is waited for in vain is given up at once.
            #[tokio::test(start_paused = true)]
            async fn $test() {
                let judged = tokio::spawn(async {
                    let mut bench = FaultyBench::new(Fault::$fault);
                    mailcase_mail::testkit::conformance::$clause(&mut bench).await;
                });
                let verdict = judged.await;
                assert!(verdict.is_err_and(|error| error.is_panic()), "the clause let it pass");
            }
        )*
    };
}

catches! {
    a_skipped_message: SkipsTheLastOfAPage breaks lists_everything_oldest_first;
    the_wrong_order: ListsNewestFirst breaks lists_everything_oldest_first;
    a_cursor_ignored: IgnoresTheCursor breaks lists_only_what_is_new_after_the_cursor;
    a_listing_that_never_ends: IgnoresTheCursor breaks lists_completely_in_pages_of_one;
    read_messages_listed_as_unseen: IgnoresReadMarks breaks unseen_lists_the_unread_on_every_pass;
    a_first_run_of_everything: IgnoresReadMarks breaks a_first_run_takes_the_unread;
    old_messages_in_a_first_run: IgnoresReadMarks breaks a_first_run_takes_those_since_a_day;
    read_messages_in_a_first_run: IgnoresReadMarks breaks a_first_run_takes_the_unread_and_those_since_a_day;
    what_was_left_out_coming_back: IgnoresReadMarks breaks what_the_first_run_left_out_stays_out;
    gaps_where_nothing_was_wanted: ForgetsTheFirstRun breaks what_the_first_run_left_out_is_known;
    a_limit_ignored: IgnoresTheLimit breaks lists_completely_in_pages_of_two;
    a_reset_hidden: HidesResets breaks reset_identities_are_reported_and_listed_anew;
    an_empty_success: EmptyForMissingFolders breaks a_missing_folder_is_an_error;
    a_fetch_that_marks_read: FetchMarksRead breaks fetching_and_listing_mark_nothing_read;
    line_ends_made_alike: MakesLineEndsCrlf breaks bare_line_feeds_are_kept;
    text_decoded: MakesLineEndsCrlf breaks bytes_are_exact;
    a_byte_missing: DropsTheLastLineEnd breaks bytes_are_exact;
    a_chunk_too_large: ChunksWithoutBound breaks a_large_message_comes_in_bounded_chunks;
    an_id_without_answer: ForgetsGoneMessages breaks vanished_messages_are_gone;
    a_message_without_answer: ForgetsTheLast breaks every_id_is_answered_once;
    an_id_answered_twice: AnswersTwice breaks an_unknown_identity_is_gone;
    a_cut_taken_for_success: OkAfterACut breaks a_cut_connection_fails_the_call_and_is_made_anew;
    nobody_listening_taken_for_success: OkWithoutReceiver breaks a_dropped_receiver_abandons_the_fetch;
    outcomes_out_of_order: OutcomesReversed breaks outcomes_come_in_order;
    a_delete_of_everything: DeletesAll breaks deleting_removes_only_those;
    a_move_that_moves_nothing: MoveCopies breaks moving_creates_the_folder_and_keeps_the_bytes;
    a_second_move_that_fails: RefusesWhatIsGone breaks moving_twice_is_once;
    an_inventory_of_half: InventoryOfUnread breaks inventory_is_the_truth;
    a_wait_without_end: WaitsForever breaks a_wait_times_out;
    an_interrupt_unheard: DeafToInterrupts breaks a_wait_is_interrupted;
    a_notification_lost: DeafToInterrupts breaks a_notification_before_the_wait_counts;
    new_mail_unheard: NeverAnnounces breaks new_mail_is_announced;
    mail_before_the_wait_unheard: NeverAnnounces breaks mail_that_came_before_the_wait_is_announced;
    a_check_of_nothing: CheckIgnoresFolders breaks checking_reports_a_missing_folder;
}
