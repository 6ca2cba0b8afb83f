//! Whole evidence of mail written for these tests, kept as snapshots.

use mailcase_evidence::{Means, examine};

fn check(name: &str, raw: &[u8]) {
    insta::assert_json_snapshot!(name, examine(raw, &Means::default()));
}

#[test]
fn a_reported_phish() {
    check("reported-phish", include_bytes!("fixtures/reported-phish.eml"));
}

#[test]
fn a_bounce() {
    check("bounce", include_bytes!("fixtures/bounce.eml"));
}

#[test]
fn a_broken_message() {
    check("broken", include_bytes!("fixtures/broken.eml"));
}
