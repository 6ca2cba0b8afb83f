//! Tables of attribute values and what they lead to.

use super::*;
use crate::Limits;

fn scan(link: Link<'_>) -> Vec<Finding> {
    let mut out = Findings::new(Limits::default());
    scan_link(&link, &mut out);
    out.into_vec()
}

#[track_caller]
fn check(element: &str, attribute: &str, value: &str, want: &[&str]) {
    let found = scan(Link { element, attribute, value, ..Link::default() });
    let shown: Vec<String> = found
        .iter()
        .filter(|one| one.kind != Kind::Domain)
        .map(|one| format!("{} {}", serde_json::to_value(one.how).unwrap().as_str().unwrap(), one.value))
        .collect();
    assert_eq!(shown, want, "{value}");
}

#[test]
fn attributes() {
    check("a", "href", "https://evil.example/x y", &["link https://evil.example/x%20y"]);
    check("a", "href", " ht\ntps://evil.example/x", &["link https://evil.example/x"]);
    check("a", "href", "//evil.example/x", &["link https://evil.example/x"]);
    check("a", "href", "www.evil.com/x", &["link http://www.evil.com/x"]);
    check("a", "href", "hxxps://evil[.]example/x", &["link https://evil.example/x"]);
    check(
        "a",
        "href",
        "mailto:a@evil.example?subject=x&cc=b%40evil.example",
        &["link a@evil.example", "link b@evil.example"],
    );
    check("a", "href", "cid:part@host.com", &[]);
    check("a", "href", "#top", &[]);
    check("a", "href", "/relative/path.com", &[]);
    check("a", "href", "tel:+15551234567", &[]);
    check("img", "src", "https://evil.example/p.gif", &["resource https://evil.example/p.gif"]);
    check("img", "src", "image001.png", &[]);
    check(
        "img",
        "srcset",
        "https://a.example/1 1x, https://b.example/2 2x",
        &["resource https://a.example/1", "resource https://b.example/2"],
    );
    check("form", "action", "https://evil.example/post", &["form https://evil.example/post"]);
    check("button", "formaction", "https://evil.example/post", &["form https://evil.example/post"]);
    check("meta", "content", "0; URL='https://evil.example/'", &["refresh https://evil.example/"]);
    check("meta", "content", "width=device-width", &[]);
    check(
        "td",
        "style",
        "background: url(https://evil.example/i.png)",
        &["style https://evil.example/i.png"],
    );
    check("use", "xlink:href", "https://evil.example/i.svg#x", &["resource https://evil.example/i.svg#x"]);
    check(
        "a",
        "href",
        "data:text/html,<a href=\"https://evil.example/x\">",
        &["data_url https://evil.example/x"],
    );
    check(
        "iframe",
        "src",
        "data:text/html;base64,PGEgaHJlZj0iaHR0cHM6Ly9ldmlsLmV4YW1wbGUveCI+",
        &["data_url https://evil.example/x"],
    );
    check("img", "src", "data:image/png;base64,aHR0cHM6Ly9ldmlsLmV4YW1wbGUveA==", &[]);
    check("a", "href", "javascript:location='https://evil.example/x'", &["script https://evil.example/x"]);
}

#[test]
fn base() {
    let found = scan(Link {
        element: "a",
        attribute: "href",
        value: "login.php",
        text: None,
        base: Some("https://evil.example/a/"),
    });
    assert_eq!(found.first().map(|one| one.value.as_str()), Some("https://evil.example/a/login.php"));
}

#[test]
fn styles() {
    let mut out = Findings::new(Limits::default());
    scan_style(
        "@import \"https://a.example/1.css\"; p { background: URL( 'https://b.example/2.png' ) }",
        &mut out,
    );
    let urls: Vec<_> =
        out.into_vec().into_iter().filter(|one| one.kind == Kind::Url).map(|one| one.value).collect();
    assert_eq!(urls, ["https://b.example/2.png", "https://a.example/1.css"]);
}

#[test]
fn text_that_names_another_host() {
    for (value, text, want) in [
        ("https://evil.example/", "https://bank.example/login", true),
        ("https://evil.example/", "www.bank.com", true),
        ("https://login.bank.com/", "bank.com", false),
        ("https://evil.example/", "Click here", false),
        ("https://evil.example/", "bank.example is safe", false),
        ("https://evil.example/", "someone@bank.example", false),
        (
            "https://nam02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fwww.bank.com",
            "www.bank.com",
            false,
        ),
        ("http://192.0.2.1/", "http://192.0.2.1/", false),
    ] {
        let found = scan(Link { element: "a", attribute: "href", value, text: Some(text), base: None });
        let marked = found.iter().any(|one| one.marks.contains(&Mark::TextDiffers));
        assert_eq!(marked, want, "{value} {text}");
    }
}
