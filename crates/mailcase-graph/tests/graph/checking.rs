//! "Test connection" says what is wrong and what to do.

use crate::support::{ANN, Tokens, World, inbox, short};
use base64::Engine as _;
use mailcase_mail::{CheckReport, Deadlines, MailSource, StepStatus};
use mailcase_testbed::graph::{Caller, Fault, GraphOptions, TOKEN};

fn failed(report: &CheckReport) -> (&str, &str, &str) {
    let step = report.steps.iter().find(|step| step.status == StepStatus::Failed).expect("a step failed");
    (&step.name, &step.detail, step.hint.as_deref().unwrap_or_default())
}

#[tokio::test]
async fn every_step_is_told() {
    let world = World::encrypted().await;
    world.deliver("a");
    let report = world.source().check(&[inbox()]).await;
    assert!(report.passed(), "{report:#?}");
    let names: Vec<_> = report.steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(names, ["dns", "tcp", "tls", "token", "sign_in", "folder", "unread", "newest"]);
    assert!(report.steps[5].detail.contains("1 messages") && report.steps[6].detail.contains("1 unread"));
    let beginning = report.steps[7].beginning.as_deref().unwrap_or_default();
    assert!(String::from_utf8_lossy(beginning).contains("Subject: letter a"), "{report:#?}");
    assert!(!report.chain.is_empty());
    assert!(!world.server.messages(ANN, "Inbox").unwrap()[0].read, "nothing was changed");
}

#[tokio::test]
async fn an_untrusted_server_is_shown_with_its_chain() {
    let mut world = World::encrypted().await;
    world.distrust();
    let report = world.source().check(&[]).await;
    assert!(report.untrusted && !report.chain.is_empty());
    assert_eq!(failed(&report).0, "tls");
}

#[tokio::test]
async fn what_is_wrong_is_named_with_its_remedy() {
    let tokens = mailcase_testbed::graph::Tokens::Fixed(vec![
        (TOKEN.to_owned(), Caller::application()),
        ("no permission".to_owned(), Caller::allowed(None, &["User.Read.All"])),
    ]);
    let world = World::with(GraphOptions { tokens, ..GraphOptions::default() }).await;
    let check = async |mailbox: &str, token: &str, folder: &str| {
        let mut source = world.source_of(mailbox, Tokens::of(&[token]), Deadlines::default());
        source.check(&[mailcase_mail::FolderPath::new(folder)]).await
    };
    for (mailbox, token, folder, step, word, remedy) in [
        (ANN, "expired", "Inbox", "sign_in", "401 InvalidAuthenticationToken", "tenant"),
        (ANN, "no permission", "Inbox", "sign_in", "403 ErrorAccessDenied", "Mail.ReadWrite"),
        ("nobody@example.org", TOKEN, "Inbox", "sign_in", "ErrorInvalidUser", "Check the address"),
        (ANN, TOKEN, "Nowhere", "folder", "there is no folder `Nowhere`", "live list"),
    ] {
        let report = check(mailbox, token, folder).await;
        let (name, detail, hint) = failed(&report);
        assert_eq!(name, step, "{report:#?}");
        assert!(detail.contains(word), "{detail}");
        assert!(hint.contains(remedy), "{hint}");
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_ends_the_test_in_time() {
    let world = World::start().await;
    world.server.plan_fault("/mailFolders", 0, usize::MAX, Fault::Stall);
    let mut source = world.source_of(ANN, Tokens::of(&[TOKEN]), short());
    let report = source.check(&[inbox()]).await;
    assert_eq!(failed(&report).0, "sign_in");
    assert_eq!(report.steps.last().unwrap().status, StepStatus::Skipped);
}

#[tokio::test]
async fn an_application_that_may_read_alone_is_told_before_it_fails() {
    // Nobody signed it: the simulator takes it by its text, and the test reads what it says.
    let token = |claims: &str| format!("e30.{}.c2ln", base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(claims));
    let (reader, writer) = (token(r#"{"roles":["Mail.Read"]}"#), token(r#"{"roles":["Mail.ReadWrite"]}"#));
    let tokens = mailcase_testbed::graph::Tokens::Fixed(vec![
        (reader.clone(), Caller::allowed(None, &["Mail.Read"])),
        (writer.clone(), Caller::application()),
    ]);
    let world = World::with(GraphOptions { tokens, ..GraphOptions::default() }).await;
    for (token, expected) in [(reader, StepStatus::Warning), (writer, StepStatus::Passed)] {
        let mut source = world.source_of(ANN, Tokens::of(&[&token]), Deadlines::default());
        let report = source.check(&[inbox()]).await;
        let step = report.steps.iter().find(|step| step.name == "capabilities").expect("the step is there");
        assert_eq!(step.status, expected, "{report:#?}");
        assert_eq!(
            step.hint.as_ref().is_some_and(|hint| hint.contains("Mail.ReadWrite")),
            expected == StepStatus::Warning
        );
        assert!(report.passed(), "reading works");
    }
}
