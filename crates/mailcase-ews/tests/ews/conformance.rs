//! The conformance suite of mail sources: against Exchange as it is, over TLS with Basic; by NTLM under Extended
//! Protection; by an application that impersonates; and against a poor server without notifications and with small pages.

use crate::support::{ANN, PASSWORD, Tokens, World, inbox, ntlm};
use mailcase_ews::{Credential, EwsSource};
use mailcase_mail::FolderPath;
use mailcase_mail::testkit::{Abilities, Bench, HeldMessage};
use mailcase_testbed::ews::{ChannelBinding, EwsOptions, Scheme, TOKEN};

struct EwsBench {
    world: World,
    credential: Credential,
}

impl EwsBench {
    fn over(world: World, credential: Credential) -> Self {
        world.server.add_folder(ANN, "Staging").unwrap();
        Self { world, credential }
    }

    async fn basic() -> Self {
        let world = World::encrypted(EwsOptions::default()).await;
        Self::over(world, crate::support::basic(ANN, PASSWORD))
    }

    async fn ntlm() -> Self {
        let schemes = vec![Scheme::Ntlm(ChannelBinding::Required)];
        let world = World::encrypted(EwsOptions { schemes, ..EwsOptions::default() }).await;
        Self::over(world, ntlm("EXAMPLE\\ann", PASSWORD))
    }

    async fn application() -> Self {
        let world = World::with(EwsOptions { streaming: false, ..EwsOptions::default() }).await;
        Self::over(world, Credential::Tokens(Tokens::of(&[TOKEN])))
    }

    async fn poor() -> Self {
        let world = World::with(EwsOptions::poor()).await;
        Self::over(world, crate::support::basic(ANN, PASSWORD))
    }
}

impl Bench for EwsBench {
    type Source = EwsSource;

    fn abilities(&self) -> Abilities {
        // Identities change when a message moves, and never where it stays.
        Abilities { resets: false, ..Abilities::ALL }
    }

    fn source(&self) -> EwsSource {
        self.world.source_by(self.credential.clone())
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
        self.world.deliver_raw(raw);
    }

    async fn deliver_dated(&mut self, raw: &[u8], received: jiff::Timestamp) {
        self.world.server.deliver(ANN, "Inbox", raw, received).unwrap();
    }

    async fn move_in(&mut self, raw: &[u8]) {
        let old = "2024-02-29T12:00:00Z".parse().unwrap();
        let id = self.world.server.deliver(ANN, "Staging", raw, old).unwrap();
        self.world.server.relocate(ANN, &id, "Inbox").unwrap();
    }

    async fn remove(&mut self, raw: &[u8]) {
        self.world.server.purge(ANN, &self.world.id_of("Inbox", raw)).unwrap();
    }

    async fn mark_seen(&mut self, raw: &[u8]) {
        self.world.server.mark_read(ANN, &self.world.id_of("Inbox", raw)).unwrap();
    }

    async fn reset_identities(&mut self) {
        unreachable!("Exchange has no such thing");
    }

    async fn list(&mut self, folder: &FolderPath) -> Vec<HeldMessage> {
        let held = self.world.server.messages(ANN, folder.as_str()).unwrap();
        held.into_iter()
            .map(|message| HeldMessage { raw: message.raw.to_vec(), seen: Some(message.read) })
            .collect()
    }

    async fn cut_connections(&mut self) -> bool {
        self.world.server.cut_connections();
        true
    }
}

mod basic {
    use super::EwsBench;
    mailcase_mail::conformance_suite!(EwsBench::basic().await);
}

mod ntlm {
    use super::EwsBench;
    mailcase_mail::conformance_suite!(EwsBench::ntlm().await);
}

mod application {
    use super::EwsBench;
    mailcase_mail::conformance_suite!(EwsBench::application().await);
}

mod poor {
    use super::EwsBench;
    mailcase_mail::conformance_suite!(EwsBench::poor().await);
}
