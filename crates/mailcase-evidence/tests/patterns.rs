//! What patterns of an organization find in a message, and where.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;

use mailcase_evidence::{Evidence, IndicatorKind, Means, examine};
use mailcase_patterns::{Gives, Pattern, PatternSet, Place};

const MAIL: &str = "From: ann@example.org\r\nSubject: Ticket INC-7\r\nMIME-Version: 1.0\r\n\
    Content-Type: multipart/mixed; boundary=cut\r\n\r\n\
    --cut\r\nContent-Type: text/html\r\n\r\n<p>Ticket <b>INC</b>-8, asset=srv17</p>\r\n\
    --cut\r\nContent-Type: text/csv; name=INC-9.csv\r\nContent-Disposition: attachment\r\n\r\nINC-10,host=192.0.2.9\r\n\
    --cut\r\nContent-Type: message/rfc822\r\n\r\nSubject: INC-11\r\n\r\nINC-12\r\n--cut--\r\n";

fn pattern(name: &str, expression: &str, looks_at: &[Place], gives: Gives) -> Pattern {
    Pattern {
        name: name.to_owned(),
        expression: expression.to_owned(),
        ignore_case: false,
        looks_at: looks_at.iter().copied().collect::<BTreeSet<_>>(),
        gives,
    }
}

fn field(name: &str) -> Gives {
    Gives::Field { name: name.to_owned() }
}

fn examined(patterns: impl IntoIterator<Item = Pattern>) -> Evidence {
    let means = Means { patterns: PatternSet::new(patterns).unwrap(), ..Means::default() };
    examine(MAIL.as_bytes(), &means)
}

#[test]
fn each_place_is_looked_at_by_those_that_name_it() {
    let table = [
        (Place::Headers, vec!["INC-7 header:Subject 16", "INC-11 /3 header:Subject 9"]),
        (Place::Body, vec!["INC-8 /1 html 7", "INC-12 /3/1 text 0"]),
        (Place::AttachmentNames, vec!["INC-9 /2 attachment 0"]),
        (Place::AttachmentText, vec!["INC-10 /2 text 0"]),
    ];
    for (place, wanted) in table {
        let evidence = examined([pattern("ticket", r"INC-\d+", &[place], field("ticket"))]);
        let found: Vec<String> = evidence
            .pattern_values
            .iter()
            .map(|one| format!("{} {} {}", one.value, one.place, one.offset))
            .collect();
        assert_eq!(found, wanted, "{place:?}");
    }
}

#[test]
fn values_become_indicators_or_stay_values() {
    let host = Gives::Indicator { kind: IndicatorKind::FileName };
    let evidence = examined([
        pattern("asset", r"asset=(\w+)", &[Place::Body], host),
        pattern("ticket", r"INC-\d+", &[Place::Body], field("ticket")),
    ]);
    let indicator = evidence.indicators.iter().find(|one| one.value == "srv17").unwrap();
    assert_eq!(
        (indicator.kind, indicator.places.as_slice()),
        (IndicatorKind::FileName, &["/1 html".to_owned()][..])
    );
    assert!(evidence.indicators.iter().all(|one| one.value != "INC-8"));
    let back: Evidence = serde_json::from_str(&serde_json::to_string(&evidence).unwrap()).unwrap();
    assert_eq!(back.pattern_values, evidence.pattern_values);
}

#[test]
fn a_mail_full_of_values_keeps_the_first() {
    let mail: String = (0..200)
        .map(|part| {
            let lines: String = (0..9).map(|line| format!("X{part:03}{line}\r\n")).collect();
            format!("--cut\r\n\r\n{lines}")
        })
        .collect();
    let mail = format!("Content-Type: multipart/mixed; boundary=cut\r\n\r\n{mail}--cut--\r\n");
    let patterns = PatternSet::new([pattern("all", r"X\d{4}", &Place::ALL, field("all"))]).unwrap();
    let evidence = examine(mail.as_bytes(), &Means { patterns, ..Means::default() });
    assert_eq!(evidence.pattern_values.len(), 500);
    assert!(evidence.defects.iter().any(|defect| defect.code == "limit_pattern_values"));
}
