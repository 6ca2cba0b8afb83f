//! Signing in for real: an OpenID provider in the layout of Microsoft Entra gives the tokens, the simulator checks
//! their signatures.

use crate::support::{ANN, World, ids, inbox, list};
use mailcase_graph::{GraphAccess, GraphSource, MailboxName};
use mailcase_mail::{Deadlines, MailSource, Scope, StepStatus};
use mailcase_testbed::graph::{GraphOptions, Tokens};
use mailcase_testbed::oidc::{Oidc, OidcClient, OidcOptions, TENANT};
use mailcase_transport::http::HttpClient;
use mailcase_transport::oauth::{AccessTokens, ClientCredential, Cloud, Grant, OauthClient, Provider};
use mailcase_transport::{Route, Trust};
use std::sync::Arc;

const SECRET: &str = "a secret of some length";

async fn provider() -> Oidc {
    let client =
        OidcClient { id: "app".to_owned(), secret: Some(SECRET.to_owned()), ..OidcClient::default() };
    Oidc::start(OidcOptions { clients: vec![client], ..OidcOptions::default() }).await.unwrap()
}

async fn world(oidc: &Oidc) -> World {
    let tokens = Tokens::Signed {
        issuer: format!("{}/{TENANT}/v2.0", oidc.base()),
        audience: "https://graph.microsoft.com".to_owned(),
        keys: oidc.keys().await.unwrap(),
    };
    World::with(GraphOptions { tokens, ..GraphOptions::default() }).await
}

fn source(world: &World, oidc: &Oidc, secret: &str) -> GraphSource {
    let trust = Trust::new(&[oidc.authority().certificate_pem()], false).unwrap();
    let http = HttpClient::new(Route::direct(), trust, Deadlines::default());
    let provider = Provider::microsoft_at(&oidc.base(), TENANT).unwrap();
    let credential = ClientCredential::Secret(secret.into());
    let client = OauthClient::new(http.clone(), provider, "app", credential);
    GraphSource::new(GraphAccess {
        origin: world.server.origin(),
        mailbox: MailboxName::parse(ANN).unwrap(),
        http,
        tokens: Arc::new(AccessTokens::new(client, Grant::Application, Cloud::default().graph_scope())),
    })
}

#[tokio::test]
async fn an_application_signs_in_and_reads() {
    let oidc = provider().await;
    let world = world(&oidc).await;
    let id = world.deliver("a");
    let mut source = source(&world, &oidc, SECRET);
    let report = source.check(&[inbox()]).await;
    assert!(report.passed(), "{report:#?}");
    let (heads, _) = list(&mut source, Scope::NewFromAll, None, 10).await;
    assert_eq!(ids(&heads), [id]);
    let ledger = oidc.ledger().await.unwrap();
    assert!(ledger.iter().all(|request| request.status == 200), "{ledger:?}");
}

#[tokio::test]
async fn a_wrong_secret_fails_the_sign_in_with_the_number_microsoft_gives_it() {
    let oidc = provider().await;
    let world = world(&oidc).await;
    let report = source(&world, &oidc, "wrong").check(&[inbox()]).await;
    let step = report.steps.iter().find(|step| step.status == StepStatus::Failed).expect("a step failed");
    assert_eq!(step.name, "token", "{report:#?}");
    assert!(step.detail.contains("AADSTS7000215"), "{}", step.detail);
    assert!(step.hint.is_some());
}
