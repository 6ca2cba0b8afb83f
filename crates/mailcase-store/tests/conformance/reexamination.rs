//! Evidence made anew.

use crate::fixture::{Fixture, mail};
use mailcase_core::OrganizationId;
use mailcase_evidence::{Evidence, Hashes, Indicator, IndicatorKind, PARSER_VERSION, Part, PartKind};
use mailcase_store::{ExaminedBefore, MessageFilter, PackedEvidence, PageRequest};

fn attachment(name: &str) -> Part {
    Part {
        path: "/1".to_owned(),
        kind: PartKind::Attachment,
        content_type: "application/pdf".to_owned(),
        name: Some(name.to_owned()),
        hashes: Some(Hashes { sha256: format!("{name} sha256"), ..Hashes::default() }),
        ..Part::default()
    }
}

fn with(subject: &str, version: u32, indicators: &[&str], parts: &[&str]) -> Evidence {
    let indicator = |value: &&str| Indicator {
        kind: IndicatorKind::Domain,
        value: (*value).to_owned(),
        places: Vec::new(),
    };
    let mut evidence = mail(subject, "<a@x>", &[]);
    evidence.parser_version = version;
    evidence.indicators = indicators.iter().map(indicator).collect();
    evidence.root.children = parts.iter().map(|name| attachment(name)).collect();
    evidence
}

async fn found_by(fx: &Fixture, search: &str) -> usize {
    let filter = MessageFilter { q: Some(search.to_owned()), ..MessageFilter::default() };
    fx.store.list_messages(fx.org, &filter, &PageRequest::default()).await.unwrap().items.len()
}

pub(crate) async fn new_evidence_takes_the_place_of_the_old(fx: &Fixture) {
    let old = with("Encrypted parcel", 1, &["old.example", "both.example"], &["smime.p7m"]);
    let (message, case) = fx.message("1", old.clone()).await;
    let which = |organization| ExaminedBefore { organization, version: PARSER_VERSION };
    for organization in [None, Some(fx.org)] {
        assert_eq!(fx.store.count_examined_before(&which(organization)).await.unwrap(), 1);
    }
    assert_eq!(fx.store.count_examined_before(&which(Some(OrganizationId::new()))).await.unwrap(), 0);
    let listed = fx.store.examined_before(&which(None), 0, 10).await.unwrap();
    assert_eq!((listed[0].id, listed[0].organization, listed[0].parser_version), (message, fx.org, 1));
    assert!(fx.store.examined_before(&which(None), listed[0].seq, 10).await.unwrap().is_empty());

    let new = with(
        "Unsealed letter",
        PARSER_VERSION,
        &["new.example", "both.example"],
        &["invoice.pdf", "invoice.pdf"],
    );
    let mut new = new;
    new.root.children[1].path = "/2".to_owned();
    let packed = PackedEvidence::new(fx.org, &new).unwrap();
    let stranger = OrganizationId::new();
    assert_eq!(fx.store.replace_evidence(stranger, message, &packed).await.unwrap(), None);
    assert_eq!(fx.store.replace_evidence(fx.org, message, &packed).await.unwrap(), Some(old));

    assert_eq!(fx.store.message_evidence(fx.org, message).await.unwrap(), Some(new.clone()));
    assert_eq!(fx.store.count_examined_before(&which(None)).await.unwrap(), 0);
    let detail = fx.store.message(fx.org, message).await.unwrap();
    assert_eq!(detail.summary.subject.as_deref(), Some("Unsealed letter"));
    assert_eq!((detail.summary.case.map(|case| case.id), detail.summary.attachment_count), (case, 2));
    assert_eq!(
        (found_by(fx, "parcel").await, found_by(fx, "smime").await),
        (0, 0),
        "old words are forgotten"
    );
    assert_eq!((found_by(fx, "unsealed").await, found_by(fx, "invoice").await), (1, 1));
    let case = case.unwrap();
    assert_eq!(detail.summary.indicator_count, 2);
    let page = PageRequest::default();
    let indicators = fx.store.case_indicators(fx.org, case, &page).await.unwrap().items;
    let mut values: Vec<&str> = indicators.iter().map(|one| one.value.as_str()).collect();
    values.sort_unstable();
    assert_eq!(values, ["both.example", "new.example"]);

    // The same once more changes nothing, and words are not forgotten twice.
    assert_eq!(fx.store.replace_evidence(fx.org, message, &packed).await.unwrap(), Some(new));
    assert_eq!(found_by(fx, "unsealed").await, 1);
}
