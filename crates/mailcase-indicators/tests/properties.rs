//! What holds for any text: no panic, places on character boundaries, refang undoes defang, work grows with the text.

use mailcase_indicators::{
    DefangOptions, Finding, Findings, Kind, Limits, Link, defang_with, scan_link, scan_style, scan_text,
};
use proptest::prelude::*;

fn scan(text: &str) -> Vec<Finding> {
    let mut out = Findings::new(Limits::default());
    scan_text(text, &mut out);
    out.into_vec()
}

/// Text made of what the scanner looks at.
fn tricky() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("https://".to_owned()),
        Just("hxxp[://]".to_owned()),
        Just("[.]".to_owned()),
        Just(" (at) ".to_owned()),
        Just("\u{200b}".to_owned()),
        Just("\u{ad}".to_owned()),
        Just("evil.example".to_owned()),
        Just("\r\n> ".to_owned()),
        Just("HKLM\\".to_owned()),
        Just("4111 1111 1111 1111".to_owned()),
        Just("2001:db8::".to_owned()),
        Just("2025-01-06T08:00".to_owned()),
        Just("+1 (".to_owned()),
        Just("xn--".to_owned()),
        Just("/v3/__".to_owned()),
        Just("url=https%3A%2F%2F".to_owned()),
        "[ -~]{1,6}",
        "\\PC{1,3}",
        "[0-9a-f]{1,40}",
        "[0-9.:]{1,12}",
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn never_panics_and_places_are_text(text in tricky()) {
        for found in scan(&text) {
            let span = found.span;
            prop_assert!(text.get(span.offset..span.offset + span.length).is_some(), "{found:?} in {text:?}");
            prop_assert!(!found.value.is_empty());
        }
    }

    #[test]
    fn links_never_panic(element in "[a-z]{1,6}", attribute in "(href|src|srcset|style|content|action)", value in tricky(), text in tricky()) {
        let mut out = Findings::new(Limits::default());
        let link = Link { element: &element, attribute: &attribute, value: &value, text: Some(&text), base: Some("https://base.example/") };
        scan_link(&link, &mut out);
        scan_style(&value, &mut out);
        for found in out.into_vec() {
            prop_assert!(found.span.offset + found.span.length <= value.len());
        }
    }

    #[test]
    fn refang_undoes_defang(
        scheme in "(http|https|ftp)",
        host in "[a-z][a-z0-9]{0,8}(\\.[a-z][a-z0-9]{0,8}){0,2}",
        path in "(/[a-zA-Z0-9]{1,8}){0,3}",
        slashes: bool,
        all_dots: bool,
        hide: bool,
    ) {
        let url = format!("{scheme}://{host}.example{path}");
        let want: Vec<String> = scan(&url).into_iter().map(|one| one.value).collect();
        prop_assert_eq!(want.len(), 2);
        let options = DefangOptions { scheme: hide, slashes, all_dots };
        let written = defang_with(&url, options);
        let got: Vec<String> = scan(&format!("see {written} now")).into_iter().map(|one| one.value).collect();
        prop_assert_eq!(got, want, "{}", written);
    }

    #[test]
    fn refang_undoes_defang_of_addresses(local in "[a-z][a-z0-9]{0,8}", host in "[a-z][a-z0-9]{1,8}", a: u8, b: u8, c: u8) {
        for value in [format!("{local}@{host}.example"), format!("{host}-x.com"), format!("11.{a}.{b}.{c}")] {
            let written = defang_with(&value, DefangOptions::default());
            let found = scan(&written);
            prop_assert_eq!(found.first().map(|one| one.value.clone()), Some(value), "{}", written);
        }
    }
}

/// Counts instead of time: a text `n` times as long has `n` times the findings, whatever is repeated.
#[test]
fn repeated_text_is_found_every_time() {
    let limits = Limits { findings: usize::MAX, ..Limits::default() };
    for line in [
        "see https://evil.example/x?y=1 now\n",
        "a@b.example, 192.0.2.1\n",
        "hxxp://a[.]example <https://b.example/\n c>\n",
    ] {
        let count = |times: usize| {
            let mut out = Findings::new(limits);
            scan_text(&line.repeat(times), &mut out);
            out.as_slice().len()
        };
        assert_eq!(count(2_000), 2_000 * count(1), "{line}");
    }
}

/// Repetitions that make careless scanners quadratic end well within the deadline of a test run.
#[test]
fn hostile_repetitions_end() {
    for piece in [
        "https://",
        "a@",
        "@",
        "://",
        "[.]",
        "<https://a",
        "<https://a\n",
        "1.",
        "1:",
        ":",
        "::",
        "\\",
        "HKLM\\ ",
        "+1 ",
        "1 ",
        "/",
        "a.",
        "url(",
        "http://a/?u=",
        "(",
        "((((http://a)",
        "\u{200b}",
        "xn--",
        "=",
        "a=b@",
        "Message-ID: a@b.com\n ",
    ] {
        let text = piece.repeat((128 << 10) / piece.len());
        let mut out = Findings::new(Limits::default());
        scan_text(&text, &mut out);
        scan_style(&text, &mut out);
        assert!(out.as_slice().len() <= Limits::default().findings);
    }
}

#[test]
fn cards_never_show_in_full() {
    let found = scan("4111 1111 1111 1111");
    assert_eq!(found.first().unwrap().kind, Kind::PaymentCard);
    assert!(!format!("{found:?}").contains("4111111111111111"));
}
