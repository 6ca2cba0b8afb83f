//! A real Dovecot.

use crate::{Mailbox, USER, killed_again_and_again};
use anyhow::Result;
use mailcase_testbed::dovecot::{Dovecot, DovecotOptions, PASSWORD};
use serde_json::{Value, json};

impl Mailbox for Dovecot {
    fn connector(&self) -> Value {
        json!({
            "active": true,
            "secrets": {"password": PASSWORD},
            "settings": {
                "name": "Reports", "api_name": "reports", "kind": "imap",
                "connection": {
                    "host": self.host(), "port": self.ports().imap, "security": "none", "username": USER,
                },
                "backfill": {"take": "all"}, "poll_seconds": 5,
            },
        })
    }

    fn deliver(&self, messages: &[Vec<u8>]) -> Result<()> {
        self.inject(USER, "INBOX", messages).map(drop)
    }

    async fn unread(&self) -> Result<(usize, Vec<String>)> {
        let held = self.inventory(USER, "INBOX").await?;
        let unread = held.iter().filter(|message| !message.seen()).map(|message| message.uid.to_string());
        Ok((held.len(), unread.collect()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_however_often_it_is_killed() -> Result<()> {
    killed_again_and_again(&Dovecot::start(DovecotOptions::default()).await?, 50, 2_000).await
}
