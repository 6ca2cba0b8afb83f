//! The conformance suite of mail sources, against a real Dovecot: as it is, and as a poor server without
//! IDLE, MOVE and UIDPLUS.

use crate::support::{plain, secrets, source_at};
use mailcase_imap::ImapSource;
use mailcase_mail::FolderPath;
use mailcase_mail::testkit::{Abilities, Bench, HeldMessage};
use mailcase_testbed::dovecot::{Dovecot, DovecotOptions, PASSWORD, Placement};
use std::time::{Duration, SystemTime};

const USER: &str = "ann@example.org";

struct DovecotBench {
    server: Dovecot,
    encrypted: bool,
    abilities: Abilities,
}

impl DovecotBench {
    async fn start(hidden: &[&str]) -> Self {
        let options = DovecotOptions {
            hidden_capabilities: hidden.iter().map(ToString::to_string).collect(),
            ..DovecotOptions::default()
        };
        let server = Dovecot::start(options).await.unwrap();
        server.create_folder(USER, "Staging").await.unwrap();
        // Dovecot sends CRLF for a bare LF.
        let moves_at_once = !hidden.contains(&"MOVE");
        let abilities = Abilities { keeps_bare_lf: false, moves_at_once, ..Abilities::ALL };
        Self { server, encrypted: hidden.is_empty(), abilities }
    }

    async fn uid_of(&self, raw: &[u8]) -> u32 {
        let messages = self.server.messages(USER, "INBOX").await.unwrap();
        messages.iter().find(|(_, bytes)| bytes == raw).expect("the message is there").0.uid
    }
}

impl Bench for DovecotBench {
    type Source = ImapSource;

    fn abilities(&self) -> Abilities {
        self.abilities
    }

    fn source(&self) -> ImapSource {
        if !self.encrypted {
            return plain(&self.server);
        }
        let more = serde_json::json!({
            "security": "tls", "trusted_certificates": [self.server.authority().certificate_pem()]
        });
        source_at(self.server.ports().imaps, more, &secrets("password", PASSWORD))
    }

    fn inbox(&self) -> FolderPath {
        FolderPath::new("INBOX")
    }

    fn other_folder(&self) -> FolderPath {
        FolderPath::new("Erledigt & geprüft/2026")
    }

    fn missing_folder(&self) -> FolderPath {
        FolderPath::new("Nirgends")
    }

    async fn deliver(&mut self, raw: &[u8]) {
        self.server.inject(USER, "INBOX", &[raw]).unwrap();
    }

    async fn deliver_dated(&mut self, raw: &[u8], received: jiff::Timestamp) {
        let placement = Placement { seen: false, received: Some(SystemTime::from(received)) };
        self.server.inject_with(USER, "INBOX", &[raw], placement).unwrap();
    }

    async fn move_in(&mut self, raw: &[u8]) {
        let old = SystemTime::now() - Duration::from_secs(400 * 86_400);
        let placement = Placement { seen: true, received: Some(old) };
        self.server.inject_with(USER, "Staging", &[raw], placement).unwrap();
        self.server.doveadm(&["move", "-u", USER, "INBOX", "mailbox", "Staging", "all"]).await.unwrap();
    }

    async fn remove(&mut self, raw: &[u8]) {
        let uid = self.uid_of(raw).await.to_string();
        self.server.doveadm(&["expunge", "-u", USER, "mailbox", "INBOX", "uid", &uid]).await.unwrap();
    }

    async fn mark_seen(&mut self, raw: &[u8]) {
        let uid = self.uid_of(raw).await.to_string();
        self.server
            .doveadm(&["flags", "add", "-u", USER, "\\Seen", "mailbox", "INBOX", "uid", &uid])
            .await
            .unwrap();
    }

    async fn reset_identities(&mut self) {
        self.server.reset_uidvalidity(USER, "INBOX").await.unwrap();
    }

    async fn list(&mut self, folder: &FolderPath) -> Vec<HeldMessage> {
        let messages = self.server.messages(USER, folder.as_str()).await.unwrap();
        messages
            .into_iter()
            // Marked as deleted: all a client may do on a server without UIDPLUS.
            .filter(|(held, _)| self.encrypted || !held.flags.iter().any(|flag| flag == "\\Deleted"))
            .map(|(held, raw)| HeldMessage { seen: Some(held.seen()), raw })
            .collect()
    }

    async fn cut_connections(&mut self) -> bool {
        self.server.kick(USER).await.unwrap();
        true
    }
}

mod dovecot {
    use super::DovecotBench;
    mailcase_mail::conformance_suite!(DovecotBench::start(&[]).await);
}

mod poor_server {
    use super::DovecotBench;
    mailcase_mail::conformance_suite!(
        DovecotBench::start(&["IDLE", "MOVE", "UIDPLUS", "SPECIAL-USE", "LITERAL+", "SASL-IR", "ID"]).await
    );
}
