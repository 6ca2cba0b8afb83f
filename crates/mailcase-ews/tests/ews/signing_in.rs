//! Ways in: Autodiscover, passwords, tokens, impersonation, mailboxes of others.

use crate::support::{ANN, PASSWORD, Tokens, World, basic, ids, inbox, list, ntlm};
use mailcase_ews::{Credential, EwsAccess, EwsSource, ServerAddress};
use mailcase_mail::testkit::letter;
use mailcase_mail::{FolderPath, MailSource, RemoteAction, Scope};
use mailcase_testbed::ews::{self, Account, Caller, ChannelBinding, EwsOptions, Fault, Scheme, TOKEN};

const BOB: &str = "bob@example.org";

fn discovered(world: &World, credential: Credential) -> EwsSource {
    // The first of the two hosts does not answer.
    let bases = vec!["https://127.0.0.1:1".to_owned(), world.server.origin()];
    let access = EwsAccess { server: ServerAddress::Autodiscover(bases), ..world.access(ANN, credential) };
    EwsSource::new(access).unwrap()
}

#[tokio::test]
async fn autodiscover_finds_the_server_once() {
    let world = World::start().await;
    let mut source = discovered(&world, basic(ANN, PASSWORD));
    source.inventory(&inbox()).await.unwrap();
    source.inventory(&inbox()).await.unwrap();
    let asked = world.server.asked();
    let questions: Vec<_> = asked.iter().filter(|asked| asked.line.contains("autodiscover")).collect();
    assert_eq!(questions.len(), 1, "{questions:?}");
    assert!(questions[0].user.is_empty(), "nobody's password was needed");
    let report = discovered(&world, basic(ANN, PASSWORD)).check(&[inbox()]).await;
    assert!(report.passed(), "{report:#?}");
    assert_eq!(report.steps[0].name, "autodiscover");
    assert!(report.steps[0].detail.contains("/EWS/Exchange.asmx"), "{report:#?}");
}

#[tokio::test]
async fn older_servers_are_asked_in_xml_by_whoever_signs_in() {
    for credential in [basic(ANN, PASSWORD), ntlm("EXAMPLE\\ann", PASSWORD)] {
        let schemes = vec![Scheme::Basic, Scheme::Ntlm(ChannelBinding::Allowed)];
        let world = World::with(EwsOptions { schemes, ..EwsOptions::default() }).await;
        world.server.plan_fault("autodiscover.json", 0, usize::MAX, Fault::status(404));
        let mut source = discovered(&world, credential);
        source.inventory(&inbox()).await.unwrap();
        assert!(world.server.asked().iter().any(|asked| asked.line.contains("autodiscover.xml")));
    }
    let world = World::start().await;
    world.server.plan_fault("autodiscover.json", 0, usize::MAX, Fault::status(404));
    let error = discovered(&world, basic(ANN, "wrong")).inventory(&inbox()).await.unwrap_err();
    assert_eq!(error.code(), "sign_in", "{error}");
}

#[tokio::test]
async fn where_autodiscover_knows_nothing_the_server_is_asked_for() {
    let world = World::with(EwsOptions { autodiscover: false, ..EwsOptions::default() }).await;
    let report = discovered(&world, basic(ANN, PASSWORD)).check(&[]).await;
    let step = &report.steps[0];
    assert_eq!(step.name, "autodiscover");
    assert!(step.hint.as_ref().unwrap().contains("Write the server"), "{report:#?}");
    assert!(!report.passed());
}

#[tokio::test]
async fn a_token_that_ends_in_the_middle_of_a_poll_is_replaced() {
    let known = |tokens: &[&str]| {
        let caller = Caller::allowed(None, &["full_access_as_app"]);
        ews::Tokens::Fixed(tokens.iter().map(|token| ((*token).to_owned(), caller.clone())).collect())
    };
    let world = World::with(EwsOptions { tokens: known(&["one"]), ..EwsOptions::default() }).await;
    world.deliver("a");
    let mut source = world.source_by(Credential::Tokens(Tokens::of(&["one", "two"])));
    let (heads, cursor) = list(&mut source, Scope::NewFromAll, None, 10).await;
    assert_eq!(heads.len(), 1);
    world.server.set_tokens(known(&["two"]));
    world.deliver("b");
    let (heads, _) = list(&mut source, Scope::NewFromAll, Some(&cursor), 10).await;
    assert_eq!(heads.len(), 1);
    world.server.set_tokens(known(&["three"]));
    let error = source.inventory(&inbox()).await.unwrap_err();
    assert_eq!(error.code(), "sign_in");
    assert!(!format!("{error:?}{source:?}").contains("two"), "a token is in nobody's log");
}

#[tokio::test]
async fn a_person_reads_their_own_mailbox_and_one_shared_with_them() {
    let caller = Caller::allowed(Some(ANN), &["EWS.AccessAsUser.All"]);
    let tokens = ews::Tokens::Fixed(vec![(TOKEN.to_owned(), caller)]);
    let world = World::with(EwsOptions { tokens, ..EwsOptions::default() }).await;
    world.server.add_mailbox(BOB);
    world.server.add_account(Account::new(ANN, PASSWORD).opening(BOB));
    world.deliver("for ann");
    world.server.deliver(BOB, "Inbox", &letter("for bob"), world.next_second()).unwrap();
    for credential in [Credential::Tokens(Tokens::of(&[TOKEN])), basic(ANN, PASSWORD)] {
        for (mailbox, owner, name) in
            [(ANN.to_owned(), ANN, "for ann"), (format!("{ANN}\\{BOB}"), BOB, "for bob")]
        {
            let access = EwsAccess { impersonate: false, ..world.access(&mailbox, credential.clone()) };
            let mut source = EwsSource::new(access).unwrap();
            let (heads, _) = list(&mut source, Scope::NewFromAll, None, 10).await;
            let (result, got) = crate::support::fetch(&mut source, &ids(&heads)).await;
            result.unwrap();
            assert_eq!(got[&heads[0].id], crate::support::Got::Raw(letter(name)));
            let anchored = world.server.asked();
            assert_eq!(anchored.last().unwrap().anchor, owner);
        }
    }
}

#[tokio::test]
async fn a_service_account_acts_as_the_owner_and_leaves_everything_in_their_mailbox() {
    let world = World::start().await;
    world.server.add_account(Account::new(BOB, "service").impersonating());
    world.deliver("a");
    let access = EwsAccess { impersonate: true, ..world.access(ANN, basic(BOB, "service")) };
    let mut source = EwsSource::new(access).unwrap();
    let (heads, _) = list(&mut source, Scope::NewFromAll, None, 10).await;
    source.act(&inbox(), &ids(&heads), &RemoteAction::Delete).await.unwrap();
    assert_eq!(world.server.messages(ANN, "Deleted Items").unwrap().len(), 1);
}

#[tokio::test]
async fn the_folder_named_with_the_mailbox_is_watched_and_a_missing_one_is_not_the_inbox() {
    let world = World::start().await;
    world.server.add_folder(ANN, "Inbox/Meldungen").unwrap();
    world.deliver("in the inbox");
    world.server.deliver(ANN, "Inbox/Meldungen", &letter("reported"), world.next_second()).unwrap();
    let default = FolderPath::new("inbox");
    for (mailbox, expected) in [("Inbox/Meldungen", Some(1)), ("Meldungen", None), ("Inbox/Nowhere", None)] {
        let access = world.access(&format!("{ANN}:{mailbox}"), basic(ANN, PASSWORD));
        let mut source = EwsSource::new(access).unwrap();
        match (source.discover(&default, Scope::NewFromAll, None, 10).await, expected) {
            (Ok(page), Some(count)) => assert_eq!(page.messages.len(), count),
            (Err(error), None) => assert_eq!(error.code(), "folder_not_found"),
            (other, _) => panic!("{mailbox}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn connections_signed_in_by_ntlm_are_used_again() {
    let schemes = vec![Scheme::Ntlm(ChannelBinding::Off)];
    let world = World::with(EwsOptions { schemes, ..EwsOptions::default() }).await;
    world.deliver("a");
    let mut source = world.source_by(ntlm(ANN, PASSWORD));
    source.inventory(&inbox()).await.unwrap();
    let refusals = || world.server.asked().iter().filter(|asked| asked.status == 401).count();
    let before = refusals();
    for _ in 0..5 {
        source.inventory(&inbox()).await.unwrap();
    }
    assert_eq!(refusals(), before, "nobody had to sign in again");
    // What the server closed is opened again.
    world.server.cut_connections();
    source.inventory(&inbox()).await.unwrap();
}
