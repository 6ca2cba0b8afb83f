//! What analysts see and change.

use crate::fixture::{Fixture, mail};
use mailcase_core::case::{CaseStatus, Severity};
use mailcase_core::message::MessageState;
use mailcase_core::permission::Role;
use mailcase_evidence::{Address, Evidence, Hashes, Indicator, IndicatorKind, Part, PartKind};
use mailcase_store::{
    Actor, CaseFilter, CaseOrder, CasePatch, CaseSort, MessageFilter, NewCase, NewUser, OwnerFilter,
    PageRequest, StoreError,
};
use std::time::Duration;

const FEW: usize = 3;

pub(crate) async fn pages_show_everything_once(fx: &Fixture) {
    // Some arrive in the same microsecond: the clock stands still.
    for n in 0..10 {
        if n % 3 == 0 {
            fx.clock.advance(Duration::from_secs(1));
        }
        fx.message(&n.to_string(), mail(&format!("S{n}"), &format!("<{n}@x>"), &[])).await;
    }
    let mut seen = Vec::new();
    let mut page = PageRequest { cursor: None, limit: FEW };
    loop {
        let found = fx.store.list_messages(fx.org, &MessageFilter::default(), &page).await.unwrap();
        assert!(found.items.len() <= FEW);
        seen.extend(found.items);
        // What arrives meanwhile does not shift the pages.
        if seen.len() == FEW {
            fx.clock.advance(Duration::from_secs(1));
            fx.message("late", mail("late", "<late@x>", &[])).await;
        }
        page.cursor = found.next;
        if page.cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 10);
    assert!(
        seen.windows(2).all(|pair| (pair[0].received_at, pair[0].id) > (pair[1].received_at, pair[1].id))
    );
    for sort in [CaseSort::Updated, CaseSort::Created, CaseSort::Number, CaseSort::Severity] {
        for descending in [true, false] {
            let order = CaseOrder { sort, descending };
            let mut numbers = Vec::new();
            let mut page = PageRequest { cursor: None, limit: FEW };
            loop {
                let found = fx.store.list_cases(fx.org, &CaseFilter::default(), order, &page).await.unwrap();
                numbers.extend(found.items.iter().map(|case| case.number));
                page.cursor = found.next;
                if page.cursor.is_none() {
                    break;
                }
            }
            let mut expected: Vec<i64> = (1..=11).collect();
            if descending {
                expected.reverse();
            }
            assert_eq!(numbers, expected, "{order:?}");
        }
    }
    for cursor in ["", "x", "!!", "bm9uc2Vuc2U"] {
        let page = PageRequest { cursor: Some(cursor.to_owned()), limit: 1 };
        let refused = fx.store.list_messages(fx.org, &MessageFilter::default(), &page).await;
        assert!(matches!(refused, Err(StoreError::Settings(_))), "{cursor}");
    }
}

pub(crate) async fn search_finds_folded_prefixes_and_never_fails(fx: &Fixture) {
    let mut evidence = mail("Überweisung fällig", "<1@x>", &[]);
    evidence.text.as_mut().unwrap().content = "Please visit http://evil.example.com/login.php now".to_owned();
    evidence.envelope.to = vec![Address { name: None, address: Some("Jürgen@Firma.example".to_owned()) }];
    evidence.root.children = vec![attachment("/1", "Rechnung_2026.pdf")];
    let (message, _) = fx.message("1", evidence).await;
    fx.message("2", mail("Something else", "<2@x>", &[])).await;
    for (typed, found) in [
        ("uberweisung", true),
        ("ÜBERWEISUNG fällig", true),
        ("uberw fall", true),
        ("evil.example.com", true),
        ("example", true),
        ("juergen", false),
        ("jurgen@firma", true),
        ("rechnung 2026 pdf", true),
        ("rechnung 2027", false),
        ("weisung", false),
        ("login.php ada", true),
    ] {
        let filter = MessageFilter { q: Some(typed.to_owned()), ..MessageFilter::default() };
        let page = fx.store.list_messages(fx.org, &filter, &PageRequest::default()).await.unwrap();
        let ids: Vec<_> = page.items.iter().filter(|item| item.id == message).collect();
        assert_eq!(!ids.is_empty(), found, "{typed}");
    }
    for typed in [
        "\"", "'", "''", "(", ")", "a AND", "OR", "NOT a", "NEAR(a b", "a* b*", "^a", "-a", "a:b",
        "{a b}: c", "&", "|", "!", "<->", "a & ! b", ":*", "\\", "%", "_", "\0", "💥", "\u{202e}",
        "a\u{301}", "$1", "--", ";", "/*",
    ] {
        for q in [typed.to_owned(), typed.repeat(3000), format!("x {typed} y")] {
            let messages = MessageFilter { q: Some(q.clone()), ..MessageFilter::default() };
            fx.store.list_messages(fx.org, &messages, &PageRequest::default()).await.unwrap();
            let cases = CaseFilter { q: Some(q), ..CaseFilter::default() };
            fx.store.list_cases(fx.org, &cases, CaseOrder::default(), &PageRequest::default()).await.unwrap();
        }
    }
    for (typed, count) in [("#1", 1), ("2", 2), ("weisung", 1), ("login", 1), ("nothing at all", 0)] {
        let filter = CaseFilter { q: Some(typed.to_owned()), ..CaseFilter::default() };
        let page = fx
            .store
            .list_cases(fx.org, &filter, CaseOrder::default(), &PageRequest::default())
            .await
            .unwrap();
        assert_eq!(page.items.len(), count, "{typed}");
    }
}

fn attachment(path: &str, name: &str) -> Part {
    Part {
        path: path.to_owned(),
        kind: PartKind::Attachment,
        content_type: "application/pdf".to_owned(),
        name: Some(name.to_owned()),
        safe_name: Some(name.to_owned()),
        size: 12,
        hashes: Some(Hashes { md5: "m".into(), sha1: "s".into(), sha256: "t".into(), ssdeep: None }),
        ..Part::default()
    }
}

pub(crate) async fn filters_select(fx: &Fixture) {
    let (_, case) = fx.message("1", mail("In a case", "<1@x>", &[])).await;
    let stored = fx.deliver("2", "automatic").await;
    let mut automatic = fx.decided(&stored, mail("Out of office", "<2@x>", &[]));
    automatic.automatic = Some(mailcase_core::message::Automatic::OutOfOffice);
    fx.store.commit_decisions(&[automatic]).await.unwrap();
    fx.deliver("3", "undecided").await;
    let base = MessageFilter::default;
    for (filter, count) in [
        (base(), 3),
        (MessageFilter { state: Some(MessageState::Decided), ..base() }, 2),
        (MessageFilter { state: Some(MessageState::Stored), ..base() }, 1),
        (MessageFilter { state: Some(MessageState::NeedsAttention), ..base() }, 0),
        (MessageFilter { connector: Some(fx.connector.id), ..base() }, 3),
        (MessageFilter { connector: Some(mailcase_core::ConnectorId::new()), ..base() }, 0),
        (MessageFilter { case, ..base() }, 1),
        (MessageFilter { has_case: Some(true), ..base() }, 1),
        (MessageFilter { has_case: Some(false), ..base() }, 2),
        (MessageFilter { automatic: Some(true), ..base() }, 1),
        (MessageFilter { automatic: Some(false), has_case: Some(true), q: Some("case".into()), ..base() }, 1),
    ] {
        let page = fx.store.list_messages(fx.org, &filter, &PageRequest::default()).await.unwrap();
        assert_eq!(page.items.len(), count, "{filter:?}");
    }
}

pub(crate) async fn cases_change_and_tell(fx: &Fixture) {
    let (store, org) = (&fx.store, fx.org);
    let new_user = NewUser {
        username: "ada".to_owned(),
        display_name: "Ada".to_owned(),
        role: Role::Analyst,
        password_hash: "h".to_owned(),
    };
    let ada = store.create_user(org, &new_user).await.unwrap();
    let actor = Actor::User { id: ada.id, name: "Ada".to_owned() };
    let new = NewCase {
        title: "By hand".to_owned(),
        severity: Severity::High,
        owner: None,
        tags: vec!["b".into(), "a".into(), "b ".into()],
        acl: None,
    };
    let made = store.create_case(org, &new, &actor).await.unwrap();
    let case = store.case_by_number(org, made.number).await.unwrap();
    assert_eq!(case.tags, ["a", "b"]);
    assert_eq!((case.acl.as_str(), case.message_count), ("Example case defaults", 0));
    let patch = CasePatch {
        title: Some("Better title".to_owned()),
        status: Some(CaseStatus::InProgress),
        severity: Some(Severity::High),
        owner: Some(Some(ada.id)),
        tags: Some(vec!["c".into()]),
    };
    fx.clock.advance(Duration::from_secs(5));
    let changed = store.update_case(org, made.id, &patch, &actor).await.unwrap();
    assert_eq!((changed.title.as_str(), changed.status), ("Better title", CaseStatus::InProgress));
    assert_eq!(changed.owner.as_ref().unwrap().display_name, "Ada");
    assert_eq!(changed.tags, ["c"]);
    assert!(changed.updated_at > changed.created_at);
    assert_eq!(
        store.update_case(org, made.id, &patch, &actor).await.unwrap(),
        changed,
        "nothing left to change"
    );
    store.add_note(org, made.id, "called the sender", &actor).await.unwrap();
    let unowned = CasePatch { owner: Some(None), ..CasePatch::default() };
    assert_eq!(store.update_case(org, made.id, &unowned, &actor).await.unwrap().owner, None);
    let timeline = store.case_timeline(org, made.id, &PageRequest::default()).await.unwrap();
    let kinds: Vec<_> = timeline.items.iter().map(|entry| entry.kind.as_str()).collect();
    assert_eq!(kinds, ["changed", "note", "changed", "changed", "changed", "changed", "created"]);
    assert_eq!(timeline.items[1].detail["text"], "called the sender");
    assert!(timeline.items.iter().all(|entry| entry.actor == actor));
    for bad in [
        CasePatch { title: Some("  ".to_owned()), ..CasePatch::default() },
        CasePatch { title: Some("x".repeat(301)), ..CasePatch::default() },
        CasePatch { tags: Some(vec![String::new()]), ..CasePatch::default() },
    ] {
        assert!(matches!(
            store.update_case(org, made.id, &bad, &actor).await,
            Err(StoreError::Conflict { .. })
        ));
    }
    let nobody = CasePatch { owner: Some(Some(mailcase_core::UserId::new())), ..CasePatch::default() };
    assert!(matches!(
        store.update_case(org, made.id, &nobody, &actor).await,
        Err(StoreError::NotFound { .. })
    ));
    let base = CaseFilter::default;
    for (filter, count) in [
        (CaseFilter { status: vec![CaseStatus::InProgress, CaseStatus::Open], ..base() }, 1),
        (CaseFilter { status: vec![CaseStatus::Open], ..base() }, 0),
        (CaseFilter { severity: vec![Severity::High], tag: Some("c".into()), ..base() }, 1),
        (CaseFilter { tag: Some("a".into()), ..base() }, 0),
        (CaseFilter { owner: Some(OwnerFilter::Nobody), ..base() }, 1),
        (CaseFilter { owner: Some(OwnerFilter::User(ada.id)), ..base() }, 0),
    ] {
        let page =
            store.list_cases(org, &filter, CaseOrder::default(), &PageRequest::default()).await.unwrap();
        assert_eq!(page.items.len(), count, "{filter:?}");
    }
}

pub(crate) async fn a_timeline_begins_with_what_happened_last(fx: &Fixture) {
    let (store, org) = (&fx.store, fx.org);
    let new = NewCase {
        title: "By hand".to_owned(),
        severity: Severity::Low,
        owner: None,
        tags: Vec::new(),
        acl: None,
    };
    let case = store.create_case(org, &new, &Actor::System).await.unwrap().id;
    for n in 0..7 {
        store.add_note(org, case, &format!("note {n}"), &Actor::System).await.unwrap();
    }
    let mut told = Vec::new();
    let mut page = PageRequest { cursor: None, limit: FEW };
    loop {
        let found = store.case_timeline(org, case, &page).await.unwrap();
        assert!(found.items.len() <= FEW);
        told.extend(found.items.iter().map(|entry| entry.detail["text"].as_str().map(str::to_owned)));
        // What happens meanwhile does not shift the pages.
        if told.len() == FEW {
            store.add_note(org, case, "late", &Actor::System).await.unwrap();
        }
        page.cursor = found.next;
        if page.cursor.is_none() {
            break;
        }
    }
    let mut expected: Vec<_> = (0..7).rev().map(|n| Some(format!("note {n}"))).collect();
    expected.push(None);
    assert_eq!(told, expected);
    let first = store.case_timeline(org, case, &PageRequest { cursor: None, limit: 1 }).await.unwrap();
    assert_eq!(first.items[0].detail["text"], "late");
    let foreign = PageRequest { cursor: Some("bm9uc2Vuc2U".to_owned()), limit: FEW };
    assert!(matches!(store.case_timeline(org, case, &foreign).await, Err(StoreError::Settings(_))));
}

pub(crate) async fn reports_of_a_case(fx: &Fixture) {
    let copied = "Look at this.\n\n-----Original Message-----\nFrom: a@evil.example\nSent: today\nTo: b@x\nSubject: Pay\n\nNow.";
    let mut case = None;
    for n in 0..7_usize {
        let first: &[&str] = if n == 0 { &[] } else { &["<0@x>"] };
        let mut evidence = mail("S", &format!("<{n}@x>"), first);
        if n % 3 == 0 {
            let raw = format!("From: r{n}@x\nSubject: FW: Pay\n\n{copied}\n");
            let examined = mailcase_evidence::examine(raw.as_bytes(), &mailcase_evidence::Means::default());
            assert_eq!(examined.reported.as_ref().map(|report| report.messages.len()), Some(1));
            (evidence.reported, evidence.text, evidence.root) =
                (examined.reported, examined.text, examined.root);
        }
        case = fx.message(&n.to_string(), evidence).await.1;
    }
    let case = case.unwrap();
    for limit in 1..=4 {
        let (mut found, mut page) = (Vec::new(), PageRequest { cursor: None, limit });
        loop {
            let some = fx.store.case_reports(fx.org, case, &page).await.unwrap();
            assert!(some.items.len() <= limit);
            found.extend(some.items);
            page.cursor = some.next;
            if page.cursor.is_none() {
                break;
            }
        }
        let reporters: Vec<_> =
            found.iter().filter_map(|one| one.report.reporter.as_ref()?.address.as_deref()).collect();
        assert_eq!(reporters, ["r0@x", "r3@x", "r6@x"], "oldest first, by {limit}");
        assert!(found.iter().all(|one| one.texts == [Some("Now.".to_owned())]), "{found:?}");
    }
}

pub(crate) async fn findings_of_a_case(fx: &Fixture) {
    let with = |subject: &str, id: &str, answers: &[&str], values: &[&str]| -> Evidence {
        let mut evidence = mail(subject, id, answers);
        evidence.indicators =
            values.iter().map(|value| Indicator::new(IndicatorKind::Domain, (*value).to_owned())).collect();
        evidence.root.children = vec![attachment("/1", "one.pdf"), attachment("/2", "two.pdf")];
        evidence
    };
    let (_, case) = fx.message("1", with("A", "<1@x>", &[], &["evil.example", "only.example"])).await;
    fx.message("2", with("Re: A", "<2@x>", &["<1@x>"], &["evil.example"])).await;
    fx.message("3", with("B", "<3@x>", &[], &["evil.example", "b.example"])).await;
    let case = case.unwrap();
    let mut indicators = Vec::new();
    let mut page = PageRequest { cursor: None, limit: 1 };
    loop {
        let found = fx.store.case_indicators(fx.org, case, &page).await.unwrap();
        indicators.extend(found.items);
        page.cursor = found.next;
        if page.cursor.is_none() {
            break;
        }
    }
    indicators.sort_by(|a, b| a.value.cmp(&b.value));
    let facts: Vec<_> = indicators
        .iter()
        .map(|found| (found.value.as_str(), found.message_count, found.facts.seen.cases))
        .collect();
    assert_eq!(facts, [("evil.example", 2, 1), ("only.example", 1, 0)]);
    let mut attachments = Vec::new();
    let mut page = PageRequest { cursor: None, limit: FEW };
    loop {
        let found = fx.store.case_attachments(fx.org, case, &page).await.unwrap();
        attachments.extend(found.items);
        page.cursor = found.next;
        if page.cursor.is_none() {
            break;
        }
    }
    let names: Vec<_> = attachments.iter().map(|found| found.name.clone().unwrap()).collect();
    assert_eq!(names, ["one.pdf", "two.pdf", "one.pdf", "two.pdf"]);
    assert_eq!(attachments[0].hashes.as_ref().unwrap().sha256, "t");
    let messages = fx.store.case_messages(fx.org, case, &PageRequest::default()).await.unwrap();
    assert_eq!(messages.items.len(), 2);
}
