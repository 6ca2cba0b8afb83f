//! Records as programs write them, and broken ones.

use proptest::prelude::*;

use super::*;

fn read(kind: &str, text: &str) -> Contents {
    open(kind, text, &mut Room::new(1 << 20, 0)).unwrap()
}

fn facts(contents: &Contents) -> Vec<(&str, &str)> {
    contents.facts.iter().map(|fact| (fact.name.as_str(), fact.value.as_str())).collect()
}

const INVITATION: &str = "BEGIN:VCALENDAR\r\nPRODID:-//Example//EN\r\nMETHOD:REQUEST\r\nBEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\n\
BEGIN:STANDARD\r\nDTSTART:16010101T030000\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\nUID:1@example.com\r\n\
SUMMARY;LANGUAGE=en:Pay\\, or\\; else\r\nORGANIZER;CN=\"Boss: the one\":mailto:boss@example.com\r\n\
ATTENDEE;CN=Ann;PARTSTAT=ACCEPTED:MAILTO:ann@example.com\r\nDTSTART;TZID=Europe/Berlin:20261121T093000\r\n\
DTEND:20261121T103000Z\r\nLOCATION:https://meet.example/abc\r\nDESCRIPTION:Join here:\\nhttps://evil.example/a/very/lo\r\n \
ng/path\r\nX-ALT-DESC;FMTTYPE=text/html:<a href=\"https://hidden.example/\">go</a>\r\n\
ATTACH;FMTTYPE=text/plain;ENCODING=BASE64;VALUE=BINARY;X-FILENAME=n.txt:SGVs\r\n bG8=\r\n\
ATTACH:https://files.example/x.zip\r\nBEGIN:VALARM\r\nSUMMARY:ring\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

#[test]
fn an_invitation() {
    let contents = read("text/calendar", INVITATION);
    assert_eq!(
        facts(&contents),
        [
            ("product", "-//Example//EN"),
            ("method", "request"),
            ("uid", "1@example.com"),
            ("summary", "Pay, or; else"),
            ("organizer", "Boss: the one <boss@example.com>"),
            ("attendee", "Ann <ann@example.com>, accepted"),
            ("start", "2026-11-21T09:30:00 Europe/Berlin"),
            ("end", "2026-11-21T10:30:00Z"),
            ("location", "https://meet.example/abc"),
            ("attachment", "https://files.example/x.zip"),
        ]
    );
    assert!(contents.words.contains("https://evil.example/a/very/long/path\n"));
    assert!(contents.words.contains("https://hidden.example/"));
    let item = &contents.items[0];
    assert_eq!((item.name.as_deref(), item.content_type.as_str()), (Some("n.txt"), "text/plain"));
    assert!(matches!(&item.content, Content::File(bytes) if bytes == b"Hello"));
}

#[test]
fn cards_of_all_versions() {
    let contents = read(
        "text/vcard",
        "BEGIN:VCARD\nVERSION:2.1\nFN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:J=FCrgen=\n=20K\nitem1.EMAIL;PREF:j@example.com\n\
URL:https://j.example/\nPHOTO;ENCODING=b;TYPE=JPEG:/9j/\n\nLOGO:data:image/png;base64,iVBORw0K\nEND:VCARD\n",
    );
    assert_eq!(
        facts(&contents),
        [("name", "Jürgen K"), ("email", "j@example.com"), ("url", "https://j.example/")]
    );
    let kinds: Vec<_> = contents.items.iter().map(|item| item.content_type.as_str()).collect();
    assert_eq!(kinds, ["image/jpeg", "image/png"]);
}

#[test]
fn a_bounce() {
    let contents = read(
        "message/delivery-status",
        "Reporting-MTA: dns; mx.example.com\r\nArrival-Date: Sat, 21 Nov 2026 10:00:00 +0000\r\n\r\n\
Final-Recipient: rfc822; nobody@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1\r\n <nobody@example.org> unknown\r\n\
not a field\r\n\r\nFinal-Recipient: X-local; root\r\nAction: delayed\r\n",
    );
    assert_eq!(
        facts(&contents),
        [
            ("reporting_mta", "mx.example.com"),
            ("arrival_date", "Sat, 21 Nov 2026 10:00:00 +0000"),
            ("final_recipient", "nobody@example.org"),
            ("action", "failed"),
            ("status", "5.1.1"),
            ("diagnostic_code", "550 5.1.1 <nobody@example.org> unknown"),
            ("final_recipient", "X-local; root"),
            ("action", "delayed"),
        ]
    );
}

#[test]
fn receipts_and_complaints() {
    let contents = read(
        "message/disposition-notification",
        "Reporting-UA: pc; Mail\r\nFinal-Recipient: rfc822;a@example.com\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n",
    );
    assert_eq!(
        facts(&contents)[1..],
        [("final_recipient", "a@example.com"), ("disposition", "manual-action/MDN-sent-manually; displayed")]
    );
    let contents = read(
        "message/feedback-report",
        "Feedback-Type: auth-failure\r\nSource-IP: 192.0.2.1\r\nAuth-Failure: dmarc\r\nReported-Domain: example.com\r\n",
    );
    assert_eq!(
        facts(&contents),
        [
            ("feedback_type", "auth-failure"),
            ("source_ip", "192.0.2.1"),
            ("auth_failure", "dmarc"),
            ("reported_domain", "example.com")
        ]
    );
}

const AGGREGATE: &str = "<?xml version=\"1.0\"?><feedback><report_metadata><org_name>Mail &amp; Co</org_name>\
<email>dmarc@mail.example</email><report_id>42</report_id><date_range><begin>1763683200</begin><end>1763769599</end></date_range>\
</report_metadata><policy_published><domain>example.com</domain><p>reject</p></policy_published>\
<record><row><source_ip>192.0.2.1</source_ip><count>3</count><policy_evaluated><disposition>none</disposition><dkim>pass</dkim>\
<spf>fail</spf></policy_evaluated></row><identifiers><header_from>example.com</header_from></identifiers></record>\
<record><row><source_ip>198.51.100.7</source_ip><count>2</count><policy_evaluated><disposition>reject</disposition><dkim>fail</dkim>\
<spf>fail</spf></policy_evaluated></row><identifiers><header_from>example.com</header_from></identifiers></record></feedback>";

#[test]
fn an_aggregate_report() {
    let contents = read("application/xml", AGGREGATE);
    assert_eq!(contents.format, "dmarc_report");
    assert_eq!(
        facts(&contents),
        [
            ("reporter", "Mail & Co"),
            ("reporter_address", "dmarc@mail.example"),
            ("report_id", "42"),
            ("begin", "2025-11-21T00:00:00Z"),
            ("end", "2025-11-21T23:59:59Z"),
            ("domain", "example.com"),
            ("policy", "reject"),
            ("rows", "2"),
            ("messages", "5"),
            ("messages_failed", "2"),
            ("source", "192.0.2.1 3 example.com disposition=none dkim=pass spf=fail"),
            ("source", "198.51.100.7 2 example.com disposition=reject dkim=fail spf=fail"),
        ]
    );
    let room = &mut Room::new(1 << 20, 0);
    assert!(open("text/xml", "<?xml version='1.0'?><html/>", room).is_none());
    assert!(open("text/plain", "x", room).is_none());
    assert!(!knows("text/plain") && knows("text/calendar"));
}

#[test]
fn records_are_bounded() {
    let many = format!("BEGIN:VCALENDAR\n{}", "SUMMARY:x\nATTACH;ENCODING=BASE64:AAAA\n".repeat(1_000));
    let contents = read("text/calendar", &many);
    assert_eq!((contents.facts.len(), contents.items.len()), (FACTS, FILES));
    assert_eq!(contents.defects[0].code, "limit_facts");
    let deep = format!("BEGIN:VCARD\nNOTE:{}\n", "x".repeat(10_000));
    assert_eq!(read("text/vcard", &deep).facts[0].value.len(), FACT_BYTES);
}

proptest! {
    #[test]
    fn mutated_records_are_bounded(
        which in 0..4_usize,
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<char>()), 0..20),
    ) {
        let (kind, text) = [
            ("text/calendar", INVITATION),
            ("text/vcard", INVITATION),
            ("message/delivery-status", INVITATION),
            ("application/xml", AGGREGATE),
        ][which];
        let mut text: Vec<char> = text.chars().collect();
        for (at, one) in flips {
            let at = at.index(text.len());
            text[at] = one;
        }
        let text: String = text.into_iter().collect();
        if let Some(contents) = open(kind, &text, &mut Room::new(1_000, 0)) {
            prop_assert!(contents.facts.len() <= FACTS && contents.words.len() <= WORDS_BYTES + 1);
        }
    }
}
