//! What the counters of the engine count, for those who watch them.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// Says what each metric of the engine means. Called once, after the recorder was installed.
pub fn describe_metrics() {
    describe_gauge!("mailcase_connectors_running", "Connectors this process runs.");
    describe_histogram!("mailcase_poll_seconds", Unit::Seconds, "How long polls of mailboxes took.");
    describe_counter!("mailcase_poll_failures_total", "Polls of mailboxes that failed, by kind of error.");
    describe_counter!(
        "mailcase_announcements_total",
        "Times a server said by itself that a mailbox changed."
    );
    describe_counter!(
        "mailcase_deliveries_stored_total",
        "Deliveries stored, copies of known messages among them."
    );
    describe_counter!("mailcase_stored_bytes_total", Unit::Bytes, "Bytes of the messages that were stored.");
    describe_counter!("mailcase_messages_filtered_out_total", "Messages that pre-filters left out.");
    describe_counter!(
        "mailcase_messages_decided_total",
        "Messages that became or joined a case, or were kept without."
    );
    describe_counter!("mailcase_stage_failures_total", "Failed tries to examine and decide a message.");
    describe_counter!(
        "mailcase_examination_panics_total",
        "Examinations that ended in a panic, which is a bug."
    );
    describe_counter!(
        "mailcase_deliveries_acknowledged_total",
        "Messages marked, moved, deleted or kept on their server after they were decided."
    );
    describe_counter!(
        "mailcase_acknowledgement_failures_total",
        "Failed tries of that, each repeated later."
    );
    describe_counter!("mailcase_dns_questions_total", "Questions to name servers about senders, by result.");
}
