//! Organizations never see each other: every query of the desk, with the identifiers of somebody else.

use crate::fixture::{Fixture, decided, deliver, mail};
use mailcase_core::connector::Connector;
use mailcase_core::permission::{Permission, Role};
use mailcase_core::{CaseId, ConnectorId, MessageId, OrganizationId, TokenId, UserId};
use mailcase_evidence::{Evidence, Indicator, IndicatorKind};
use mailcase_store::{
    Actor, AlarmKind, CaseFilter, CaseOrder, CasePatch, ConnectorPatch, Lease, LogLevel, MessageFilter,
    NewAudit, NewCase, NewToken, NewUser, PageRequest, Result, StoreError, UserPatch,
};

/// The other one's things are not there.
fn missing<T: std::fmt::Debug>(result: Result<T>, what: &str) {
    assert!(matches!(result, Err(StoreError::NotFound { .. })), "{what}: {result:?}");
}

pub(crate) async fn organizations_never_see_each_other(fx: &Fixture) {
    let store = &fx.store;
    let mut evidence = mail("Secret subject", "<shared@x>", &[]);
    evidence.indicators = vec![Indicator::new(IndicatorKind::Domain, "evil.example".to_owned())];
    let (message, case) = fx.message("1", evidence.clone()).await;
    let case = case.unwrap();
    let new_user = |username: &str| NewUser {
        username: username.to_owned(),
        display_name: username.to_owned(),
        role: Role::Administrator,
        password_hash: "h".to_owned(),
    };
    let user = store.create_user(fx.org, &new_user("ours")).await.unwrap();
    let token = NewToken { name: "t".into(), permissions: vec![Permission::ReadDesk], expires_at: None };
    let token = store.create_token(fx.org, user.id, &token).await.unwrap().token;
    store.append_connector_log(fx.connector.id, LogLevel::Info, "round", "text").await.unwrap();
    store.raise_alarm(fx.org, fx.connector.id, AlarmKind::Silent, "text").await.unwrap();
    store.save_accounting(fx.org, fx.connector.id, &1).await.unwrap();
    let entry = NewAudit {
        organization: Some(fx.org),
        actor: Actor::System,
        action: "x",
        target: None,
        detail: serde_json::json!({}),
    };
    store.append_audit(entry).await.unwrap();

    let theirs = fx.stranger().await;
    let ours = Ours { message, case, user: user.id, token: token.id };
    lists_are_empty(fx, &ours, theirs.0, theirs.1.id).await;
    single_things_are_missing(fx, &ours, theirs.0).await;
    threads_do_not_cross(fx, &ours, theirs, evidence).await;
}

struct Ours {
    message: MessageId,
    case: CaseId,
    user: UserId,
    token: TokenId,
}

async fn lists_are_empty(fx: &Fixture, ours: &Ours, org: OrganizationId, their_connector: ConnectorId) {
    let (store, id, page) = (&fx.store, fx.connector.id, PageRequest::default());
    assert!(store.list_messages(org, &MessageFilter::default(), &page).await.unwrap().items.is_empty());
    for filter in [
        MessageFilter { q: Some("secret".to_owned()), ..MessageFilter::default() },
        MessageFilter { case: Some(ours.case), ..MessageFilter::default() },
        MessageFilter { connector: Some(id), ..MessageFilter::default() },
    ] {
        assert!(store.list_messages(org, &filter, &page).await.unwrap().items.is_empty());
    }
    for q in ["secret", "1"] {
        let filter = CaseFilter { q: Some(q.to_owned()), ..CaseFilter::default() };
        assert!(store.list_cases(org, &filter, CaseOrder::default(), &page).await.unwrap().items.is_empty());
    }
    assert!(store.list_audit(org, &page).await.unwrap().items.is_empty());
    assert!(store.list_alarms(org).await.unwrap().is_empty());
    assert!(store.list_users(org).await.unwrap().is_empty());
    assert!(store.list_people(org).await.unwrap().is_empty());
    assert!(store.list_tokens(org, ours.user).await.unwrap().is_empty());
    assert!(store.connector_log(org, id, 10).await.unwrap().is_empty());
    assert!(store.connector_secret_names(org, id).await.unwrap().is_empty());
    assert_eq!(store.latest_accounting::<i64>(org, id).await.unwrap(), None);
    let attention = store.needs_attention(org, id).await.unwrap();
    assert!(attention.deliveries.is_empty() && attention.messages.is_empty());
    let listed: Vec<_> = store.list_connectors(org).await.unwrap().into_iter().map(|c| c.id).collect();
    assert_eq!(listed, [their_connector]);
    let listed = store.list_connectors_with_status(org).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(store.connector_by_api_name(org, "phishing").await.unwrap().unwrap().id, their_connector);
}

async fn single_things_are_missing(fx: &Fixture, ours: &Ours, org: OrganizationId) {
    let (store, id, page, actor) = (&fx.store, fx.connector.id, PageRequest::default(), Actor::System);
    let (message, case, user) = (ours.message, ours.case, ours.user);
    missing(store.message(org, message).await, "message");
    missing(store.stored_message(org, message).await, "stored message");
    missing(store.message_evidence(org, message).await, "evidence");
    missing(store.retry_message(org, message).await, "retry message");
    let delivery = store.message(fx.org, message).await.unwrap().deliveries[0].id;
    missing(store.retry_delivery(org, delivery).await, "retry delivery");
    missing(store.connector_of_delivery(org, delivery).await, "connector of a delivery");
    missing(store.case(org, case).await, "case");
    missing(store.case_by_number(org, 1).await, "case by number");
    missing(store.case_messages(org, case, &page).await, "case messages");
    missing(store.case_indicators(org, case, &page).await, "case indicators");
    missing(store.case_attachments(org, case, &page).await, "case attachments");
    missing(store.case_reports(org, case, &page).await, "case reports");
    missing(store.case_timeline(org, case, &page).await, "case timeline");
    missing(store.add_note(org, case, "text", &actor).await, "note");
    missing(store.update_case(org, case, &CasePatch::default(), &actor).await, "update case");
    let new = NewCase {
        title: "t".into(),
        severity: mailcase_core::case::Severity::Low,
        owner: Some(user),
        tags: vec![],
        acl: None,
    };
    missing(store.create_case(org, &new, &actor).await, "owner of another organization");
    missing(store.connector(org, id).await, "connector");
    missing(store.connector_with_status(org, id).await, "connector with status");
    missing(store.update_connector(org, id, &ConnectorPatch::default()).await, "update connector");
    missing(store.set_connector_active(org, id, false).await, "pause connector");
    missing(store.delete_connector(org, id).await, "delete connector");
    missing(store.save_accounting(org, id, &2).await, "accounting");
    missing(store.user(org, user).await, "user");
    missing(store.update_user(org, user, &UserPatch::default()).await, "update user");
    missing(store.revoke_token(org, user, ours.token).await, "revoke token");
    let new = NewToken { name: "t".into(), permissions: vec![], expires_at: None };
    missing(store.create_token(org, user, &new).await, "create token");
    store.clear_alarm(org, id, AlarmKind::Silent).await.unwrap();
    assert_eq!(store.list_alarms(fx.org).await.unwrap()[0].cleared_at, None, "still standing");
}

/// The same bytes, the same Message-ID and an answer: another message, another case, no flag.
async fn threads_do_not_cross(
    fx: &Fixture,
    ours: &Ours,
    (org, connector, lease): (OrganizationId, Connector, Lease),
    evidence: Evidence,
) {
    let store = &fx.store;
    let theirs = deliver(store, &lease, org, "INBOX", "1", "raw bytes of 1").await;
    assert!(theirs.new);
    assert_ne!(theirs.message, ours.message);
    store.commit_decisions(&[decided(&connector, &theirs, evidence)]).await.unwrap();
    let answer = deliver(store, &lease, org, "INBOX", "2", "answer").await;
    let mut answer_decided = decided(&connector, &answer, mail("Re: Secret", "<re@x>", &["<shared@x>"]));
    answer_decided.subject_token = Some(1);
    store.commit_decisions(&[answer_decided]).await.unwrap();
    let found = store.message(org, answer.message).await.unwrap().summary;
    assert!(!found.same_id_other_content);
    assert_ne!(found.case.as_ref().unwrap().id, ours.case);
    assert_eq!(found.case.unwrap().number, 1, "numbers count per organization");
    assert_eq!(store.case(fx.org, ours.case).await.unwrap().message_count, 1);
    let found = store.case_indicators(fx.org, ours.case, &PageRequest::default()).await.unwrap();
    assert_eq!(found.items[0].facts.seen.cases, 0, "other organizations do not count");
}
