//! Indicators over all messages: marks, where else they were seen, the search.

use crate::fixture::{Fixture, mail};
use mailcase_core::indicator::{Judgement, MarkScope, MarkSource};
use mailcase_core::origin::OriginSettings;
use mailcase_core::{CaseId, MessageId, OrganizationId};
use mailcase_evidence::{Evidence, Indicator, IndicatorKind};
use mailcase_store::{
    Actor, Event, FoundIndicator, IndicatorFilter, IndicatorMatch, MarkFilter, MarkTarget, MarksFilter,
    MessageFilter, NewAudit, NewMark, PageRequest, Seen, SeenElsewhere, Store, StoreError,
};
use std::time::Duration;

use IndicatorKind::{Domain, Email, FileName, Ipv4, Ipv6, Url};

fn with(n: usize, answers: &[&str], indicators: &[(IndicatorKind, &str)]) -> Evidence {
    let mut evidence = mail(&format!("S{n}"), &format!("<{n}@x>"), answers);
    evidence.indicators =
        indicators.iter().map(|(kind, value)| Indicator::new(*kind, (*value).to_owned())).collect();
    evidence
}

fn entry(org: OrganizationId) -> NewAudit {
    let actor = Actor::User { id: mailcase_core::UserId::new(), name: "Ada".to_owned() };
    let detail = serde_json::json!({});
    NewAudit { organization: Some(org), actor, action: "indicator.marked", target: None, detail }
}

async fn mark(store: &Store, org: OrganizationId, target: MarkTarget, mark: Judgement) {
    let new = NewMark { target, mark, note: String::new() };
    store.recorded(entry(org)).mark_indicator(org, &new).await.unwrap();
}

async fn own_domains(store: &Store, org: OrganizationId, revision: i64, names: &[&str]) {
    let domains = names.iter().map(|name| (*name).to_owned()).collect();
    let settings = OriginSettings { domains, ..OriginSettings::default() };
    store.recorded(entry(org)).save_origin_settings(org, &settings, revision).await.unwrap();
}

fn value(kind: IndicatorKind, value: &str) -> MarkTarget {
    MarkTarget::Value(kind, value.to_owned())
}

fn below(name: &str) -> MarkTarget {
    MarkTarget::Below(name.to_owned())
}

async fn search(fx: &Fixture, filter: &IndicatorFilter) -> Vec<FoundIndicator> {
    let mut found = Vec::new();
    let mut page = PageRequest { cursor: None, limit: 2 };
    loop {
        let some = fx.store.search_indicators(fx.org, filter, &page).await.unwrap();
        assert!(some.items.len() <= 2);
        found.extend(some.items);
        page.cursor = some.next;
        if page.cursor.is_none() {
            return found;
        }
    }
}

fn typed(text: &str) -> IndicatorFilter {
    IndicatorFilter { what: IndicatorMatch::typed(text), ..IndicatorFilter::default() }
}

fn values(found: &[FoundIndicator]) -> Vec<&str> {
    let mut values: Vec<_> = found.iter().map(|found| found.value.as_str()).collect();
    values.sort_unstable();
    values
}

pub(crate) async fn marks_are_set_replaced_taken_back_and_written_down(fx: &Fixture) {
    let (store, org) = (&fx.store, fx.org);
    let mut events = store.events();
    let evil = value(Domain, "evil.example");
    mark(store, org, evil.clone(), Judgement::Benign).await;
    fx.clock.advance(Duration::from_secs(1));
    let new = NewMark { target: evil.clone(), mark: Judgement::Malicious, note: "phishing kit".to_owned() };
    store.recorded(entry(org)).mark_indicator(org, &new).await.unwrap();
    while !matches!(events.next().await, Event::MarksChanged { org: told } if told == org) {}
    let all = store.indicator_marks(org, MarksFilter::default(), &PageRequest::default()).await.unwrap();
    assert_eq!(all.items.len(), 1, "a second mark takes the place of the first");
    let kept = &all.items[0];
    assert_eq!((&kept.target, kept.mark, kept.note.as_str()), (&evil, Judgement::Malicious, "phishing kit"));
    assert_eq!((kept.marked_by.as_deref(), kept.marked_at), (Some("Ada"), fx.clock.now()));
    for n in 0..5 {
        fx.clock.advance(Duration::from_secs(n % 2));
        mark(store, org, below(&format!("own{n}.example")), Judgement::Benign).await;
    }
    let mut seen = Vec::new();
    let mut page = PageRequest { cursor: None, limit: 2 };
    let wide = MarksFilter { mark: Some(Judgement::Benign), scope: Some(MarkScope::Below) };
    loop {
        let some = store.indicator_marks(org, wide, &page).await.unwrap();
        seen.extend(some.items);
        page.cursor = some.next;
        if page.cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 5);
    assert!(seen.windows(2).all(|pair| pair[0].marked_at >= pair[1].marked_at));
    let refused = NewMark { target: below("evil.example"), mark: Judgement::Malicious, note: String::new() };
    let refused = store.recorded(entry(org)).mark_indicator(org, &refused).await;
    assert!(matches!(refused, Err(StoreError::Settings(_))), "{refused:?}");
    store.recorded(entry(org)).unmark_indicator(org, &evil).await.unwrap();
    let again = store.recorded(entry(org)).unmark_indicator(org, &evil).await;
    assert!(matches!(again, Err(StoreError::NotFound { .. })), "{again:?}");
    let trail = store.list_audit(org, &PageRequest::default()).await.unwrap().items;
    assert_eq!(trail.len(), 2 + 5 + 1, "what was refused is not on it");
    assert_eq!(trail[0].target.as_deref(), Some("evil.example"));
    assert_eq!((&trail[0].detail["mark"], &trail[0].detail["kind"]), (&"malicious".into(), &"domain".into()));
}

pub(crate) async fn marks_reach_what_is_below_and_within(fx: &Fixture) {
    let (store, org) = (&fx.store, fx.org);
    let all = [
        (Domain, "www.example.com"),
        (Url, "https://mail.example.com/x"),
        (Email, "a@example.com"),
        (Domain, "notexample.com"),
        (Ipv4, "192.0.2.7"),
        (Url, "http://192.0.2.9/x"),
        (Ipv6, "2001:db8::1"),
        (Domain, "bad.example.com"),
    ];
    fx.message("1", with(1, &[], &all)).await;
    own_domains(store, org, 0, &["example.com"]).await;
    mark(store, org, MarkTarget::Network("192.0.2.0/24".parse().unwrap()), Judgement::Benign).await;
    mark(store, org, value(Domain, "bad.example.com"), Judgement::Malicious).await;
    let facts = store.indicator_facts(org, &all, SeenElsewhere::Anywhere).await.unwrap();
    let marks: Vec<_> = facts.iter().map(|facts| facts.mark.as_ref().map(|mark| mark.mark)).collect();
    let (own, benign) = (Some(Judgement::Own), Some(Judgement::Benign));
    assert_eq!(marks, [own, own, own, None, benign, benign, None, Some(Judgement::Malicious)]);
    for (filter, want) in [
        (
            MarkFilter::Is(Judgement::Own),
            vec!["a@example.com", "https://mail.example.com/x", "www.example.com"],
        ),
        (MarkFilter::Is(Judgement::Benign), vec!["192.0.2.7", "http://192.0.2.9/x"]),
        (MarkFilter::Is(Judgement::Malicious), vec!["bad.example.com"]),
        (MarkFilter::Unmarked, vec!["2001:db8::1", "notexample.com"]),
        (MarkFilter::Unfolded, vec!["2001:db8::1", "bad.example.com", "notexample.com"]),
    ] {
        let found = search(fx, &IndicatorFilter { mark: Some(filter), ..IndicatorFilter::default() }).await;
        assert_eq!(values(&found), want, "{filter:?}");
    }
    mark(store, org, value(FileName, "never seen.exe"), Judgement::Malicious).await;
    let malicious = MarkFilter::Is(Judgement::Malicious);
    let found = search(fx, &IndicatorFilter { mark: Some(malicious), ..typed("") }).await;
    assert_eq!(values(&found), ["bad.example.com", "never seen.exe"], "also what was never seen");
    let found = search(fx, &IndicatorFilter { mark: Some(malicious), ..typed("\"NEVER\"") }).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].seen, Seen::default());
    let found = search(fx, &IndicatorFilter { mark: Some(malicious), ..typed("*.example.com") }).await;
    assert_eq!(values(&found), ["bad.example.com"]);
}

pub(crate) async fn own_domains_are_marks_said_in_the_settings(fx: &Fixture) {
    let (store, org) = (&fx.store, fx.org);
    mark(store, org, below("partner.example"), Judgement::Benign).await;
    mark(store, org, below("early.example"), Judgement::Benign).await;
    let mut events = store.events();
    let names = ["early.example", "b\u{fc}cher.example", "xn--bcher-kva.example", "co.uk", "own.example"];
    own_domains(store, org, 0, &names).await;
    while !matches!(events.next().await, Event::MarksChanged { org: told } if told == org) {}
    let asked = [
        (Email, "a@mail.own.example"),
        (Url, "https://xn--bcher-kva.example/"),
        (Domain, "early.example"),
        (Domain, "shop.own.example"),
        (Domain, "somebody.co.uk"),
        (Domain, "partner.example"),
    ];
    mark(store, org, below("shop.own.example"), Judgement::Benign).await;
    let facts = store.indicator_facts(org, &asked, SeenElsewhere::Anywhere).await.unwrap();
    let found: Vec<_> = facts.into_iter().map(|one| one.mark.map(|mark| (mark.mark, mark.source))).collect();
    let own = Some((Judgement::Own, MarkSource::OwnDomains));
    let benign = Some((Judgement::Benign, MarkSource::Mark));
    assert_eq!(found, [own, own, own, benign, None, benign], "the settings before a mark of the same name");

    for (name, judgement) in [("else.example", Judgement::Own), ("own.example", Judgement::Benign)] {
        let new = NewMark { target: below(name), mark: judgement, note: String::new() };
        let refused = store.recorded(entry(org)).mark_indicator(org, &new).await;
        assert!(matches!(refused, Err(StoreError::Settings(_))), "{name}: {refused:?}");
    }

    for (filter, want) in [
        (MarksFilter::default(), 6),
        (MarksFilter { mark: Some(Judgement::Own), scope: None }, 3),
        (MarksFilter { mark: None, scope: Some(MarkScope::Below) }, 6),
        (MarksFilter { mark: Some(Judgement::Benign), scope: None }, 3),
        (MarksFilter { mark: None, scope: Some(MarkScope::Network) }, 0),
    ] {
        for limit in 1..=7 {
            let (mut all, mut page) = (Vec::new(), PageRequest { cursor: None, limit });
            loop {
                let some = store.indicator_marks(org, filter, &page).await.unwrap();
                assert!(some.items.len() <= limit);
                all.extend(some.items);
                page.cursor = some.next;
                if page.cursor.is_none() {
                    break;
                }
            }
            assert_eq!(all.len(), want, "{filter:?} by {limit}");
            assert!(all.is_sorted_by_key(|mark| mark.source == MarkSource::Mark), "own domains come first");
        }
    }
    own_domains(store, org, 1, &[]).await;
    let facts = store.indicator_facts(org, &asked, SeenElsewhere::Anywhere).await.unwrap();
    let judged: Vec<_> = facts.into_iter().map(|one| one.mark.map(|mark| mark.mark)).collect();
    assert_eq!(
        judged,
        [None, None, benign.map(|it| it.0), benign.map(|it| it.0), None, benign.map(|it| it.0)]
    );
}

pub(crate) async fn other_mail_is_counted(fx: &Fixture) {
    let shared = (Domain, "evil.example");
    let (first, case) = fx.message("1", with(1, &[], &[shared, (Domain, "only.example")])).await;
    fx.clock.advance(Duration::from_secs(60));
    fx.message("2", with(2, &["<1@x>"], &[shared])).await;
    fx.clock.advance(Duration::from_secs(60));
    let (last, _) = fx.message("3", with(3, &[], &[shared])).await;
    let received = fx.store.message(fx.org, last).await.unwrap().summary.received_at;
    let asked = [shared, (Domain, "only.example"), (Domain, "nowhere.example")];
    let facts = async |elsewhere| fx.store.indicator_facts(fx.org, &asked, elsewhere).await;
    let counts = |facts: Vec<mailcase_store::IndicatorFacts>| -> Vec<_> {
        facts.iter().map(|facts| (facts.seen.messages, facts.seen.cases, facts.seen.more)).collect()
    };
    let anywhere = facts(SeenElsewhere::Anywhere).await.unwrap();
    assert_eq!(anywhere[0].seen.last, Some(received));
    assert_eq!(counts(anywhere), [(3, 2, false), (1, 1, false), (0, 0, false)]);
    let other = facts(SeenElsewhere::ThanMessage(first)).await.unwrap();
    assert_eq!(counts(other), [(2, 1, false), (0, 0, false), (0, 0, false)]);
    let other = facts(SeenElsewhere::ThanCase(case.unwrap())).await.unwrap();
    assert_eq!(counts(other), [(1, 1, false), (0, 0, false), (0, 0, false)]);
    let missing = facts(SeenElsewhere::ThanMessage(MessageId::new())).await;
    assert!(matches!(missing, Err(StoreError::NotFound { .. })), "{missing:?}");
    let filter =
        MessageFilter { indicator: Some((Domain, "evil.example".to_owned())), ..MessageFilter::default() };
    let page = fx.store.list_messages(fx.org, &filter, &PageRequest::default()).await.unwrap();
    assert_eq!(page.items.len(), 3);
    let filter =
        MessageFilter { indicator: Some((Url, "evil.example".to_owned())), ..MessageFilter::default() };
    let page = fx.store.list_messages(fx.org, &filter, &PageRequest::default()).await.unwrap();
    assert!(page.items.is_empty());
}

pub(crate) async fn the_search_finds_by_what_is_typed(fx: &Fixture) {
    let first = [
        (Domain, "evil.example"),
        (Url, "https://www.evil.example/Login?a=1"),
        (Email, "boss@evil.example"),
        (Domain, "notevil.example"),
        (Ipv4, "198.51.100.7"),
        (Url, "http://198.51.100.9:8080/"),
    ];
    fx.message("1", with(1, &[], &first)).await;
    fx.clock.advance(Duration::from_secs(3600));
    let second = [
        (Ipv4, "198.51.101.1"),
        (Ipv6, "2001:db8::7"),
        (FileName, "Rechnung \u{dc}bersicht 100%.pdf"),
        (Domain, "xn--bcher-kva.example"),
        (Domain, "evil.example"),
    ];
    fx.message("2", with(2, &[], &second)).await;
    for (text, want) in [
        ("evil.example", vec!["boss@evil.example", "evil.example", "https://www.evil.example/Login?a=1"]),
        ("evil[.]example", vec!["boss@evil.example", "evil.example", "https://www.evil.example/Login?a=1"]),
        ("*.www.evil.example", vec!["https://www.evil.example/Login?a=1"]),
        ("hxxps://www.evil[.]example/Login?a=1", vec!["https://www.evil.example/Login?a=1"]),
        ("b\u{fc}cher.example", vec!["xn--bcher-kva.example"]),
        ("boss@evil.example", vec!["boss@evil.example"]),
        ("198.51.100.0/24", vec!["198.51.100.7", "http://198.51.100.9:8080/"]),
        ("198.51.100.9", vec!["http://198.51.100.9:8080/"]),
        ("2001:db8::/64", vec!["2001:db8::7"]),
        ("login", vec!["https://www.evil.example/Login?a=1"]),
        ("ubersicht", vec!["Rechnung \u{dc}bersicht 100%.pdf"]),
        ("100%", vec!["Rechnung \u{dc}bersicht 100%.pdf"]),
        (
            "\"evil.ex\"",
            vec![
                "boss@evil.example",
                "evil.example",
                "https://www.evil.example/Login?a=1",
                "notevil.example",
            ],
        ),
        ("nothing like it", vec![]),
    ] {
        assert_eq!(values(&search(fx, &typed(text)).await), want, "{text}");
    }
    let host = IndicatorFilter {
        what: IndicatorMatch::Host("evil.example".to_owned()),
        ..IndicatorFilter::default()
    };
    assert_eq!(values(&search(fx, &host).await), ["boss@evil.example", "evil.example"]);
    let urls = IndicatorFilter { kinds: vec![Url, Email], ..typed("evil.example") };
    assert_eq!(search(fx, &urls).await.len(), 2);
    let border = fx.clock.now();
    let since = IndicatorFilter { since: Some(border), ..typed("evil.example") };
    assert_eq!(values(&search(fx, &since).await), ["evil.example"]);
    let until = IndicatorFilter { until: Some(border), ..typed("") };
    assert_eq!(search(fx, &until).await.len(), first.len());
    for text in ["'", "%", "_", "\\", "\0", "\"", "*.", ".", "1.2.3.4/99", "[.]", "\u{202e}", "$1", "--"] {
        for text in [text.to_owned(), text.repeat(3_000), format!("x {text} y")] {
            search(fx, &typed(&text)).await;
        }
    }
}

pub(crate) async fn pages_of_the_search_show_everything_once(fx: &Fixture) {
    for n in 0..6_usize {
        let names = [format!("h{n}.evil.example"), format!("198.51.100.{n}")];
        let url = format!("https://h{}.evil.example/{n}", n % 2);
        let found = [(Domain, names[0].as_str()), (Ipv4, names[1].as_str()), (Url, url.as_str())];
        fx.message(&n.to_string(), with(n, &[], &found)).await;
    }
    for (text, count) in [("", 18), ("*.evil.example", 12), ("198.51.100.0/28", 6), ("\"evil\"", 12)] {
        let found = search(fx, &typed(text)).await;
        let mut distinct = values(&found);
        distinct.dedup();
        assert_eq!((found.len(), distinct.len()), (count, count), "{text}");
    }
    for cursor in ["", "x", "!!", "bm9uc2Vuc2U"] {
        for text in ["", "*.evil.example", "198.51.100.0/28"] {
            let page = PageRequest { cursor: Some(cursor.to_owned()), limit: 1 };
            let refused = fx.store.search_indicators(fx.org, &typed(text), &page).await;
            assert!(matches!(refused, Err(StoreError::Settings(_))), "{cursor} {text}");
        }
    }
}

pub(crate) async fn indicators_from_before_are_located(fx: &Fixture) {
    fx.message("1", with(1, &[], &[(Domain, "evil.example"), (Ipv4, "192.0.2.7"), (FileName, "a.exe")]))
        .await;
    assert_eq!(fx.meddle("UPDATE indicators SET located = 0, host_key = NULL, address = NULL").await, 3);
    assert!(search(fx, &typed("evil.example")).await.is_empty());
    let reopened = fx.another_process().await;
    assert_eq!(values(&search(fx, &typed("evil.example")).await), ["evil.example"]);
    assert_eq!(values(&search(fx, &typed("192.0.2.0/24")).await), ["192.0.2.7"]);
    reopened.close().await;
}

pub(crate) async fn organizations_share_neither_marks_nor_finds(fx: &Fixture) {
    let (store, evil) = (&fx.store, (Domain, "evil.example"));
    fx.message("1", with(1, &[], &[evil])).await;
    mark(store, fx.org, value(Domain, "evil.example"), Judgement::Malicious).await;
    mark(store, fx.org, below("example"), Judgement::Benign).await;
    own_domains(store, fx.org, 0, &["evil.example"]).await;
    let (theirs, ..) = fx.stranger().await;
    let page = PageRequest::default();
    assert!(store.indicator_marks(theirs, MarksFilter::default(), &page).await.unwrap().items.is_empty());
    let filters = ["", "evil.example", "\"evil\""].map(typed).into_iter().chain([IndicatorFilter {
        mark: Some(MarkFilter::Is(Judgement::Malicious)),
        ..IndicatorFilter::default()
    }]);
    for filter in filters {
        assert!(
            store.search_indicators(theirs, &filter, &page).await.unwrap().items.is_empty(),
            "{filter:?}"
        );
    }
    let facts = store.indicator_facts(theirs, &[evil], SeenElsewhere::Anywhere).await.unwrap();
    assert_eq!((&facts[0].mark, facts[0].seen), (&None, Seen::default()));
    let target = value(Domain, "evil.example");
    let gone = store.recorded(entry(theirs)).unmark_indicator(theirs, &target).await;
    assert!(matches!(gone, Err(StoreError::NotFound { .. })), "{gone:?}");
    // The same value is another thing to them.
    mark(store, theirs, target, Judgement::Benign).await;
    let facts = store.indicator_facts(fx.org, &[evil], SeenElsewhere::Anywhere).await.unwrap();
    assert_eq!(facts[0].mark.as_ref().map(|mark| mark.mark), Some(Judgement::Malicious));
    let elsewhere = SeenElsewhere::ThanCase(CaseId::new());
    let facts = store.indicator_facts(theirs, &[evil], elsewhere).await.unwrap();
    assert_eq!(facts[0].seen.messages, 0);
}
