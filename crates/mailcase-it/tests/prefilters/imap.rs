//! A real Dovecot, whose search is asked first.

use crate::{MESSAGES, SEED, Server, USER, messages, taken_by_the_filter_alone};
use anyhow::Result;
use mailcase_it::ImapOnly;
use mailcase_store::KnownRemote;
use mailcase_testbed::dovecot::{Dovecot, DovecotOptions, PASSWORD};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const FILTERS: usize = 40;

impl Server for Dovecot {
    type Factory = ImapOnly;

    fn factory(&self) -> ImapOnly {
        ImapOnly
    }

    fn connection(&self) -> (&'static str, Value, &'static str) {
        let connection = json!({
            "host": self.host(), "port": self.ports().imap, "security": "none", "username": USER,
        });
        ("imap", connection, "INBOX")
    }

    fn secrets(&self) -> BTreeMap<String, SecretString> {
        BTreeMap::from([("password".to_owned(), SecretString::from(PASSWORD))])
    }

    fn size_of(&self, remote: &KnownRemote) -> Option<u64> {
        remote.size
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_finds_never_changes_what_is_taken() -> Result<()> {
    let mut random = StdRng::seed_from_u64(SEED);
    let messages = messages(&mut random);
    let dovecot = Dovecot::start(DovecotOptions::default()).await?;
    dovecot.inject(USER, "INBOX", &messages)?;
    let spared = taken_by_the_filter_alone(&dovecot, &mut random, &messages, FILTERS).await?;
    assert!(spared > MESSAGES, "the server's search spares fetching: {spared}");
    Ok(())
}
