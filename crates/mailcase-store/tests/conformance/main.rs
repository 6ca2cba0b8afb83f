//! What the store promises, on every pair of a database and a blob store: real SQLite and PostgreSQL, real folders
//! and a real S3 server.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, reason = "tests")]

mod arrivals;
mod audit;
mod blobs;
mod connectors;
mod decisions;
mod decryption_keys;
mod desk;
mod events;
mod fixture;
mod grants;
mod identity;
mod indicators;
mod isolation;
mod leases;
mod ledger;
mod open;
mod origin_settings;
mod other_sources;
mod patterns;
mod people;
mod reclaim;
mod reexamination;
mod secrets;
mod text;

/// Runs each test on each pair.
macro_rules! on_every_store {
    ($($module:ident :: $test:ident),+ $(,)?) => {
        on_every_store!(@pair sqlite_disk, Sqlite, Disk, $($module::$test),+);
        on_every_store!(@pair sqlite_s3, Sqlite, S3, $($module::$test),+);
        on_every_store!(@pair postgres_disk, Postgres, Disk, $($module::$test),+);
        on_every_store!(@pair postgres_s3, Postgres, S3, $($module::$test),+);
    };
    (@pair $pair:ident, $database:ident, $blobs:ident, $($module:ident :: $test:ident),+) => {
        mod $pair {
            use crate::fixture::{Blobs, Database, Fixture};
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    crate::$module::$test(&Fixture::new(Database::$database, Blobs::$blobs).await).await;
                }
            )+
        }
    };
}

on_every_store! {
    arrivals::what_arrives_is_stored_and_decided_at_once,
    arrivals::the_same_mail_arriving_twice_at_once_is_kept_once,
    audit::the_trail_is_append_only,
    audit::a_change_and_its_entry_are_one,
    blobs::what_is_put_is_read_back,
    blobs::many_puts_at_once_are_all_kept,
    blobs::damage_is_noticed,
    blobs::a_blob_store_that_went_away_is_noticed,
    blobs::an_abandoned_large_blob_leaves_nothing,
    blobs::an_upload_that_breaks_off_leaves_nothing,
    blobs::two_processes_share_a_blob_store,
    connectors::settings_secrets_and_names,
    connectors::one_revision_is_changed_once,
    connectors::declared_connectors_follow_their_files,
    connectors::alarms_accounting_and_log,
    connectors::one_that_cannot_be_read_is_shown_and_holds_up_nobody,
    decisions::a_batch_threads_into_its_own_cases,
    decisions::answers_join_and_reopen_and_machines_do_not,
    decisions::tokens_tie_to_cases,
    decisions::a_decision_is_taken_once,
    decisions::case_numbers_have_no_gaps_or_doubles_under_contention,
    decisions::failures_set_a_message_aside,
    decisions::abandoned_messages_are_claimed_once,
    decisions::large_batches_are_written_whole,
    decryption_keys::keys_are_kept_for_their_mail_and_forgotten,
    patterns::patterns_are_kept_changed_and_forgotten,
    patterns::there_are_no_more_patterns_than_can_be_run,
    decryption_keys::keys_are_sealed_and_a_new_master_key_opens_them,
    desk::pages_show_everything_once,
    desk::a_timeline_begins_with_what_happened_last,
    desk::search_finds_folded_prefixes_and_never_fails,
    desk::filters_select,
    desk::cases_change_and_tell,
    desk::reports_of_a_case,
    desk::findings_of_a_case,
    events::watchers_hear_of_changes_on_every_replica,
    identity::the_same_bytes_are_one_message,
    indicators::marks_are_set_replaced_taken_back_and_written_down,
    indicators::marks_reach_what_is_below_and_within,
    indicators::own_domains_are_marks_said_in_the_settings,
    indicators::other_mail_is_counted,
    indicators::the_search_finds_by_what_is_typed,
    indicators::pages_of_the_search_show_everything_once,
    indicators::indicators_from_before_are_located,
    indicators::organizations_share_neither_marks_nor_finds,
    identity::one_message_id_with_two_contents_is_flagged,
    isolation::organizations_never_see_each_other,
    leases::a_connector_has_one_holder,
    leases::a_lost_lease_is_refused_everywhere,
    leases::runs_that_end_without_giving_the_lease_back_are_counted,
    leases::many_claimants_never_share,
    leases::all_leases_of_a_process_are_kept_at_once,
    leases::messages_in_hand_are_kept_and_given_back_untouched,
    leases::a_long_transaction_holds_off_claims_and_not_renewals,
    leases::an_outage_is_known_as_one,
    grants::a_grant_is_brought_back_once_in_time_and_by_its_own_session,
    grants::a_grant_is_kept_sealed_renewed_withdrawn_and_written_down,
    grants::a_refresh_token_is_used_by_one_at_a_time,
    ledger::discovery_is_idempotent_and_keeps_the_cursor,
    ledger::what_is_filtered_out_is_known_counted_and_looked_at_again_on_request,
    ledger::failed_fetches_back_off_and_are_set_aside,
    ledger::acknowledgement_waits_for_the_decision,
    ledger::another_mailbox_begins_a_ledger_of_its_own,
    ledger::a_mailbox_left_in_its_first_import_is_left,
    other_sources::a_connector_goes_on_with_another_source_and_back,
    other_sources::comparisons_are_due_counted_and_kept,
    open::many_processes_open_a_new_store_at_once,
    open::a_volume_that_is_not_mounted_is_an_outage_and_no_damage,
    origin_settings::settings_are_kept_with_their_revision,
    people::set_up_happens_once,
    people::users_and_the_last_administrator,
    people::sessions_end,
    people::tokens_end_and_shrink_with_the_role,
    reexamination::new_evidence_takes_the_place_of_the_old,
    reexamination::a_job_passes_on_and_counts_nothing_twice,
    reexamination::a_job_is_cancelled_and_old_ones_are_forgotten,
    reexamination::a_key_has_the_mail_that_waits_for_it_examined_again,
    reexamination::mail_examined_before_a_key_came_is_not_missed,
    reclaim::garbage_goes_and_named_blobs_stay,
    reclaim::a_crash_in_the_middle_loses_nothing,
    secrets::no_secret_is_readable_at_rest,
    secrets::another_master_key_is_refused,
    secrets::the_master_key_is_changed_and_nothing_is_lost,
    secrets::a_process_with_the_old_key_seals_nothing_more,
    secrets::a_server_at_work_is_seen,
    text::hostile_text_is_kept,
}
