//! The scripted fake as a world for the conformance suite.

use bytes::Bytes;
use mailcase_mail::testkit::{Abilities, Bench, FakeMailbox, FakeSource, HeldMessage, INBOX};
use mailcase_mail::{FolderPath, RemoteId};

pub(crate) struct FakeBench(pub(crate) FakeMailbox);

impl FakeBench {
    fn find(&self, raw: &[u8]) -> RemoteId {
        let messages = self.0.messages(INBOX);
        messages.into_iter().find(|message| message.raw == raw).expect("the message is there").id
    }
}

impl Bench for FakeBench {
    type Source = FakeSource;

    fn abilities(&self) -> Abilities {
        Abilities::ALL
    }

    fn source(&self) -> FakeSource {
        self.0.source()
    }

    fn inbox(&self) -> FolderPath {
        FolderPath::new(INBOX)
    }

    fn other_folder(&self) -> FolderPath {
        FolderPath::new("Archive/2026")
    }

    fn missing_folder(&self) -> FolderPath {
        FolderPath::new("No such folder")
    }

    async fn deliver(&mut self, raw: &[u8]) {
        self.0.deliver(INBOX, Bytes::copy_from_slice(raw));
    }

    async fn deliver_dated(&mut self, raw: &[u8], received: jiff::Timestamp) {
        self.0.deliver_at(INBOX, Bytes::copy_from_slice(raw), received);
    }

    async fn move_in(&mut self, raw: &[u8]) {
        let id = self.0.deliver_at("Elsewhere", Bytes::copy_from_slice(raw), jiff::Timestamp::UNIX_EPOCH);
        self.0.move_message("Elsewhere", INBOX, &id).expect("it is moved");
    }

    async fn remove(&mut self, raw: &[u8]) {
        assert!(self.0.remove(INBOX, &self.find(raw)));
    }

    async fn mark_seen(&mut self, raw: &[u8]) {
        self.0.mark_seen(INBOX, &self.find(raw));
    }

    async fn reset_identities(&mut self) {
        self.0.reset_identities(INBOX);
    }

    async fn list(&mut self, folder: &FolderPath) -> Vec<HeldMessage> {
        let messages = self.0.messages(folder.as_str());
        messages
            .into_iter()
            .map(|message| HeldMessage { raw: message.raw.to_vec(), seen: Some(message.seen) })
            .collect()
    }

    async fn cut_connections(&mut self) -> bool {
        self.0.cut_connections();
        true
    }
}
