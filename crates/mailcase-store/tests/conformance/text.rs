//! Text as attackers write it.

use crate::fixture::{Fixture, mail};
use mailcase_core::case::TITLE_MAX_CHARS;
use mailcase_evidence::{Address, Hashes, Indicator, IndicatorKind, Part, PartKind};
use mailcase_store::{Actor, MessageFilter, PageRequest};

pub(crate) async fn hostile_text_is_kept(fx: &Fixture) {
    let odd = "nul\0 \u{202e}rtl \u{fffd} 💥 'quote\" $1 ?1 %s \\ \u{1}\u{7f} ﷺ";
    let mut evidence = mail(odd, "<odd\0@x>", &["<other\0@x>"]);
    evidence.envelope.from = vec![Address { name: Some(odd.to_owned()), address: Some("a\0@b".to_owned()) }];
    evidence.envelope.to = vec![Address { name: None, address: Some(odd.repeat(100)) }];
    evidence.indicators = vec![
        Indicator { places: vec![odd.to_owned()], ..Indicator::new(IndicatorKind::Url, odd.repeat(500)) },
        Indicator::new(IndicatorKind::Url, "http://x/\0".to_owned()),
        Indicator::new(IndicatorKind::Url, "http://x/".to_owned()),
    ];
    let hash = |c: &str| c.repeat(32);
    evidence.root.children = vec![Part {
        path: "/1".to_owned(),
        kind: PartKind::Attachment,
        content_type: "x/\0y".to_owned(),
        name: Some(odd.repeat(50)),
        safe_name: Some("safe".to_owned()),
        hashes: Some(Hashes { md5: hash("a"), sha1: hash("b"), sha256: hash("c"), ssdeep: None }),
        ..Part::default()
    }];
    let (message, case) = fx.message("odd id", evidence.clone()).await;
    let detail = fx.store.message(fx.org, message).await.unwrap();
    assert_eq!(detail.evidence, Some(evidence), "evidence is kept to the bit");
    assert_eq!(detail.summary.subject, Some(odd.replace('\0', "")));
    assert_eq!(detail.summary.attachment_count, 1);
    let case = case.unwrap();
    let page = PageRequest::default();
    assert_eq!(
        fx.store.case_indicators(fx.org, case, &page).await.unwrap().items.len(),
        2,
        "NUL makes no difference"
    );
    let attachments = fx.store.case_attachments(fx.org, case, &page).await.unwrap();
    assert_eq!(attachments.items[0].safe_name.as_deref(), Some("safe"));
    fx.store.add_note(fx.org, case, odd, &Actor::System).await.unwrap();
    let timeline = fx.store.case_timeline(fx.org, case, &page).await.unwrap();
    assert_eq!(timeline.items[0].detail["text"], odd, "JSON keeps even NUL");

    // Too long for an index: kept by its hash, and still threads.
    let endless = format!("<{}@x>", "m".repeat(60_000));
    let (first, case) = fx.message("long", mail(&"long ".repeat(2000), &endless, &[])).await;
    let (_, joined) = fx.message("answer", mail("Re", "<re@x>", &[&endless])).await;
    assert!(case.is_some());
    assert_eq!(joined, case);
    let title = fx.store.message(fx.org, first).await.unwrap().summary.case.unwrap().title;
    assert_eq!(title.chars().count(), TITLE_MAX_CHARS);
    let filter = MessageFilter { q: Some("long\0".to_owned()), ..MessageFilter::default() };
    assert_eq!(fx.store.list_messages(fx.org, &filter, &page).await.unwrap().items.len(), 1);
}
