//! The conformance suite of mail sources: against Graph as it is, over TLS, and against a poor one without deltas and
//! batches, with small pages.

use crate::support::{ANN, World, inbox};
use mailcase_graph::GraphSource;
use mailcase_mail::FolderPath;
use mailcase_mail::testkit::{Abilities, Bench, HeldMessage};
use mailcase_testbed::graph::GraphOptions;

struct GraphBench(World);

impl GraphBench {
    fn over(world: World) -> Self {
        world.server.add_folder(ANN, "Staging").unwrap();
        Self(world)
    }

    async fn rich() -> Self {
        Self::over(World::encrypted().await)
    }

    /// What some gateways and sovereign clouds leave of it, for a mailbox whose quota is used up.
    async fn poor() -> Self {
        let options = GraphOptions { delta: false, batch: false, page_max: 3, ..GraphOptions::default() };
        Self::over(World::with(options).await)
    }
}

impl Bench for GraphBench {
    type Source = GraphSource;

    fn abilities(&self) -> Abilities {
        // Immutable identities are never given anew.
        Abilities { resets: false, ..Abilities::ALL }
    }

    fn source(&self) -> GraphSource {
        self.0.source()
    }

    fn inbox(&self) -> FolderPath {
        inbox()
    }

    fn other_folder(&self) -> FolderPath {
        FolderPath::new("Erledigt & geprüft/2026")
    }

    fn missing_folder(&self) -> FolderPath {
        FolderPath::new("Nirgends/Ann's")
    }

    async fn deliver(&mut self, raw: &[u8]) {
        self.0.deliver_raw(raw);
    }

    async fn deliver_dated(&mut self, raw: &[u8], received: jiff::Timestamp) {
        self.0.server.deliver(ANN, "Inbox", raw, received).unwrap();
    }

    async fn move_in(&mut self, raw: &[u8]) {
        let old = "2024-02-29T12:00:00Z".parse().unwrap();
        let id = self.0.server.deliver(ANN, "Staging", raw, old).unwrap();
        self.0.server.relocate(ANN, &id, "Inbox").unwrap();
    }

    async fn remove(&mut self, raw: &[u8]) {
        self.0.server.purge(ANN, &self.0.id_of("Inbox", raw)).unwrap();
    }

    async fn mark_seen(&mut self, raw: &[u8]) {
        self.0.server.mark_read(ANN, &self.0.id_of("Inbox", raw)).unwrap();
    }

    async fn reset_identities(&mut self) {
        unreachable!("Graph has no such thing");
    }

    async fn list(&mut self, folder: &FolderPath) -> Vec<HeldMessage> {
        let held = self.0.server.messages(ANN, folder.as_str()).unwrap();
        held.into_iter()
            .map(|message| HeldMessage { raw: message.raw.to_vec(), seen: Some(message.read) })
            .collect()
    }

    async fn cut_connections(&mut self) -> bool {
        self.0.server.cut_connections();
        true
    }
}

mod rich {
    use super::GraphBench;
    mailcase_mail::conformance_suite!(GraphBench::rich().await);
}

mod poor {
    use super::GraphBench;
    mailcase_mail::conformance_suite!(GraphBench::poor().await);
}
