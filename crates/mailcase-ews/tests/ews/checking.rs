//! "Test connection" says what is wrong and what to do.

use crate::support::{ANN, PASSWORD, Tokens, World, basic, inbox, ntlm};
use mailcase_ews::{Credential, EwsAccess, EwsSource, ServerAddress};
use mailcase_mail::{CheckReport, FolderPath, MailSource, StepStatus};
use mailcase_testbed::ews::{Account, ChannelBinding, EwsOptions, Fault, Product, Scheme, TOKEN};

fn failed(report: &CheckReport) -> (&str, &str, &str) {
    let step = report.steps.iter().find(|step| step.status == StepStatus::Failed).expect("a step failed");
    (&step.name, &step.detail, step.hint.as_deref().unwrap_or_default())
}

#[tokio::test]
async fn every_step_is_told() {
    let world =
        World::encrypted(EwsOptions { product: Product::Exchange2019, ..EwsOptions::default() }).await;
    world.deliver("a");
    let report = world.source().check(&[inbox()]).await;
    assert!(report.passed(), "{report:#?}");
    let names: Vec<_> = report.steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(names, ["dns", "tcp", "tls", "sign_in", "capabilities", "folder", "unread", "newest"]);
    assert!(report.steps[4].detail.contains("Exchange 2019 (15.2.1544)"), "{report:#?}");
    assert!(report.steps[5].detail.contains("1 messages") && report.steps[6].detail.contains("1 unread"));
    let beginning = report.steps[7].beginning.as_deref().unwrap_or_default();
    assert!(String::from_utf8_lossy(beginning).contains("Subject: letter a"), "{report:#?}");
    assert!(!report.chain.is_empty());
    assert!(!world.server.messages(ANN, "Inbox").unwrap()[0].read, "nothing was changed");
}

#[tokio::test]
async fn an_untrusted_server_is_shown_with_its_chain() {
    let mut world = World::encrypted(EwsOptions::default()).await;
    world.distrust();
    let report = world.source().check(&[]).await;
    assert!(report.untrusted && !report.chain.is_empty());
    assert_eq!(failed(&report).0, "tls");
}

#[tokio::test]
async fn what_is_wrong_with_an_account_is_named_with_its_remedy() {
    let world = World::start().await;
    world.server.add_user("bob@example.org", "secret");
    let check = async |mailbox: &str, credential: Credential, impersonate: bool, folder: &str| {
        let access = EwsAccess { impersonate, ..world.access(mailbox, credential) };
        EwsSource::new(access).unwrap().check(&[FolderPath::new(folder)]).await
    };
    let own = || basic(ANN, PASSWORD);
    for (mailbox, credential, impersonate, folder, step, word, remedy) in [
        (ANN, basic(ANN, "wrong"), false, "Inbox", "sign_in", "user name or password", "DOMAIN"),
        (ANN, ntlm(ANN, PASSWORD), false, "Inbox", "sign_in", "does not offer to sign in with NTLM", "Basic"),
        (
            ANN,
            Credential::Tokens(Tokens::of(&["expired"])),
            true,
            "Inbox",
            "sign_in",
            "access token",
            "full_access_as_app",
        ),
        (
            "bob@example.org",
            own(),
            true,
            "Inbox",
            "sign_in",
            "may not act as the owner",
            "ApplicationImpersonation",
        ),
        (
            "bob@example.org",
            own(),
            false,
            "Inbox",
            "sign_in",
            "shows nothing of the mailbox",
            "access to the mailbox",
        ),
        ("nobody@example.org", own(), false, "Inbox", "sign_in", "no such mailbox", "primary address"),
        (ANN, own(), false, "Nowhere", "folder", "there is no folder `Nowhere`", "live list"),
        (ANN, own(), false, "Inbox/Inbox", "folder", "there is no folder `Inbox/Inbox`", "live list"),
    ] {
        let report = check(mailbox, credential, impersonate, folder).await;
        let (name, detail, hint) = failed(&report);
        assert_eq!(name, step, "{report:#?}");
        assert!(detail.contains(word), "{detail}");
        assert!(hint.contains(remedy), "{detail}: {hint}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_server_is_named_with_its_remedy() {
    let world = World::start().await;
    for (fault, word, remedy) in [
        (Fault::LoginPage, "web page instead of EWS", "/EWS/Exchange.asmx"),
        (Fault::status(302), "web page instead of EWS", "/EWS/Exchange.asmx"),
        (Fault::Disabled, "HTTP 403", "EwsEnabled"),
        (Fault::status(403), "HTTP 403", "EwsEnabled"),
        (Fault::status(404), "no EWS at this URL", "/EWS/Exchange.asmx"),
        (Fault::soap("ErrorInvalidServerVersion"), "older than Exchange 2013", "IMAP"),
        (Fault::soap("ErrorPasswordExpired"), "ErrorPasswordExpired", "password"),
        (Fault::soap("ErrorMailboxStoreUnavailable"), "stumbled", "event log"),
    ] {
        world.server.plan_fault("POST", 0, usize::MAX, fault.clone());
        let report = world.source().check(&[inbox()]).await;
        world.server.clear_faults();
        let (name, detail, hint) = failed(&report);
        assert_eq!(name, "sign_in", "{fault:?}: {report:#?}");
        assert!(detail.contains(word), "{fault:?}: {detail}");
        assert!(hint.contains(remedy), "{fault:?}: {detail}: {hint}");
        assert_eq!(report.steps.last().unwrap().status, StepStatus::Skipped);
    }
}

#[tokio::test]
async fn a_wrong_path_is_no_ews() {
    let world = World::start().await;
    let url = format!("{}/owa/", world.server.origin()).parse().unwrap();
    let access = EwsAccess { server: ServerAddress::Url(url), ..world.access(ANN, basic(ANN, PASSWORD)) };
    let report = EwsSource::new(access).unwrap().check(&[]).await;
    let (name, detail, hint) = failed(&report);
    assert_eq!(name, "sign_in");
    assert!(detail.contains("EWS") && hint.contains("/EWS/Exchange.asmx"), "{detail}: {hint}");
}

#[tokio::test]
async fn extended_protection_is_kept_and_a_wrong_password_is_not_a_right_one() {
    let schemes = vec![Scheme::Ntlm(ChannelBinding::Required)];
    let world = World::encrypted(EwsOptions { schemes, ..EwsOptions::default() }).await;
    world.server.add_account(Account::new("bob@example.org", "x").impersonating());
    for (user, password, passes) in [
        (ANN, PASSWORD, true),
        ("EXAMPLE\\ann", PASSWORD, true),
        ("example\\ANN", PASSWORD, true),
        (ANN, "wrong", false),
        ("nobody", PASSWORD, false),
    ] {
        let report = world.source_by(ntlm(user, password)).check(&[inbox()]).await;
        assert_eq!(report.passed(), passes, "{user}: {report:#?}");
        if !passes {
            let (name, detail, hint) = failed(&report);
            assert_eq!(name, "sign_in");
            assert!(detail.contains("NTLM") && hint.contains("Extended Protection"), "{detail}: {hint}");
        }
    }
    let report = world.source_by(basic(ANN, PASSWORD)).check(&[]).await;
    assert!(failed(&report).2.contains("Choose NTLM"), "{report:#?}");
}

#[tokio::test]
async fn a_token_is_a_step_of_its_own() {
    let world = World::with(EwsOptions { product: Product::Online, ..EwsOptions::default() }).await;
    let report = world.source_by(Credential::Tokens(Tokens::of(&[TOKEN]))).check(&[inbox()]).await;
    assert!(report.passed(), "{report:#?}");
    assert_eq!(report.steps[3].name, "token");
    let version = report.steps.iter().find(|step| step.name == "capabilities").unwrap();
    assert!(
        version.detail.contains("Exchange Online") && version.status == StepStatus::Warning,
        "{version:?}"
    );
}
