//! Tables of what is found in text and what is not.

use super::*;
use crate::{Limits, Worth};

fn scan(text: &str) -> Vec<Finding> {
    let mut out = Findings::new(Limits::default());
    scan_text(text, &mut out);
    out.into_vec()
}

fn name(kind: Kind) -> String {
    serde_json::to_value(kind).unwrap().as_str().unwrap().to_owned()
}

/// What is found but for noise.
#[track_caller]
fn check(text: &str, want: &[&str]) {
    let found: Vec<String> = scan(text)
        .into_iter()
        .filter(|one| one.worth != Worth::Noise)
        .map(|one| format!("{} {}", name(one.kind), one.value))
        .collect();
    assert_eq!(found, want, "{text}");
}

#[test]
fn urls() {
    check("see https://Evil.example/a?b=c.", &["url https://evil.example/a?b=c", "domain evil.example"]);
    check("(http://a.example/x(1))", &["url http://a.example/x(1)", "domain a.example"]);
    check("hxxps[://]evil[.]example/x,", &["url https://evil.example/x", "domain evil.example"]);
    check("<https://evil.example>", &["url https://evil.example/", "domain evil.example"]);
    check("http://192.0.2.7:8080/x", &["url http://192.0.2.7:8080/x", "ipv4 192.0.2.7"]);
    check("http://[2001:db8::1]/x", &["url http://[2001:db8::1]/x", "ipv6 2001:db8::1"]);
    check("http://bücher.example/", &["url http://xn--bcher-kva.example/", "domain xn--bcher-kva.example"]);
    check("http://www.w3.org/1999/xhtml http://schemas.microsoft.com/office/2004/12/omml", &[]);
    check("请访问https://evil.example/a。谢谢", &["url https://evil.example/a", "domain evil.example"]);
    check("链接https://evil.example/a请点击", &["url https://evil.example/a", "domain evil.example"]);
    check("ftp://files.example/x", &["url ftp://files.example/x", "domain files.example"]);
    check("http://localhost:80/ http:// https://. http:///x", &[]);
    check("http://server01/share", &["url http://server01/share"]);
    check("clickhttps://evil.example/x", &["url https://evil.example/x", "domain evil.example"]);
}

#[test]
fn bounds_of_urls() {
    let one = |text: &str, want: &str| {
        let urls: Vec<String> =
            scan(text).into_iter().filter(|one| one.kind == Kind::Url).map(|one| one.value).collect();
        assert_eq!(urls, [want], "{text}");
    };
    one("[here](https://evil.example/a_b)", "https://evil.example/a_b");
    one("<https://evil.example/x|click>", "https://evil.example/x");
    one("click<https://evil.example/x>now", "https://evil.example/x");
    one("'https://evil.example/x'", "https://evil.example/x");
    one("\"https://evil.example/x\",", "https://evil.example/x");
    one("*https://evil.example/x*", "https://evil.example/x");
    one("https://evil.example/x&gt; y", "https://evil.example/x");
    one("https://en.example/wiki/A_(b)", "https://en.example/wiki/A_(b)");
    one("(see https://en.example/wiki/A_(b)).", "https://en.example/wiki/A_(b)");
    one("https://evil.example/?a=[1]", "https://evil.example/?a=[1]");
    one("https://evil.example/x\u{3002}", "https://evil.example/x");
    one("https://evil.example/x\u{201d}", "https://evil.example/x");
    one("https://evil.example/x…", "https://evil.example/x");
    one("{\"u\":\"https://evil.example/x\\n\"}", "https://evil.example/x");
    one("<https://evil.example/long\n path/x>", "https://evil.example/longpath/x");
    one("https://ev\u{ad}il.exa\u{200b}mple/x", "https://evil.example/x");
    check(
        "https://a.example/1,https://b.example/2",
        &["url https://a.example/1", "domain a.example", "url https://b.example/2", "domain b.example"],
    );
    check(
        "[https://a.example/1](https://b.example/2)",
        &["url https://a.example/1", "domain a.example", "url https://b.example/2", "domain b.example"],
    );
}

#[test]
fn wrapped_links() {
    check(
        "https://nam02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fevil.example%2Fx&data=05",
        &[
            "url https://nam02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fevil.example%2Fx&data=05",
            "domain nam02.safelinks.protection.outlook.com",
            "url https://evil.example/x",
            "domain evil.example",
        ],
    );
}

#[test]
fn hosts_and_addresses() {
    check("write to Some.One@Evil.Example now", &["email some.one@evil.example"]);
    check("someone [at] evil [dot] com", &["email someone@evil.com"]);
    check(
        "<mailto:a@evil.example>;b@evil.example,c@evil.example",
        &["email a@evil.example", "email b@evil.example", "email c@evil.example"],
    );
    check(
        "email=a@evil.example bounces-a=b.com@lists.example",
        &["email a@evil.example", "email bounces-a=b.com@lists.example"],
    );
    check("SRS0=abc=de=b.com=user@fwd.example", &["email srs0=abc=de=b.com=user@fwd.example"]);
    check("<owner/project/issues/2@evil.example>", &[]);
    check("root@srv.local user@host logo@2x.png", &["email root@srv.local"]);
    check("Message-ID: <abc.1@evil.example>\nReferences: <a@b.example>\n <c@d.example>\n x@y.example", &[]);
    check("To: <abc.1@evil.example>", &["email abc.1@evil.example"]);
    check("go to evil.com, or www.bad.co.uk.", &["domain evil.com", "domain www.bad.co.uk"]);
    check("evil[.]com", &["domain evil.com"]);
    check("evil.com:8080", &["domain evil.com"]);
    check("www.evil.com/login?x=1.", &["url http://www.evil.com/login?x=1", "domain www.evil.com"]);
    check("evil.com/", &["domain evil.com"]);
    check("the end.It was so.To say e.g. this, i.e. that", &[]);
    check("EVIL.COM", &["domain evil.com"]);
    check("a.click() x.com", &["domain x.com"]);
    check("ASP.NET java.net.Socket com.example.app System.IO", &[]);
    check("see\u{a0}evil.com\u{a0}and „bad.com“", &["domain evil.com", "domain bad.com"]);
    check("пример.рф", &["domain xn--e1afmkfd.xn--p1ai"]);
    check("@handle.com \\\\server.com\\x /path/evil.com", &[]);
}

#[test]
fn files() {
    check(
        "see invoice.pdf, run.sh, a.zip and C:\\Windows\\evil.exe",
        &["file_name invoice.pdf", "file_name run.sh", "file_name a.zip", "file_name evil.exe"],
    );
    check("/tmp/dropper.ps1 [cid:image001.png]", &["file_name dropper.ps1"]);
}

#[test]
fn ip_addresses() {
    check(
        "from 192.0.2.7, 10.0.0.1 and 192[.]0[.]2[.]8:443",
        &["ipv4 192.0.2.7", "ipv4 10.0.0.1", "ipv4 192.0.2.8"],
    );
    check("v1.2.3.4 version 1.2.3.5 Build: 1.2.3.6 0.0.0.0 1.2.3.4.5 999.1.1.1 Chrome/120.0.0.1", &[]);
    check("1.2.3.4 Scope of work\n8.8.8.8 Google", &["ipv4 8.8.8.8"]);
    check("block 203.0.113.0/24 and 203.0.113.7/x", &["ipv4 203.0.113.0", "ipv4 203.0.113.7"]);
    check("192.0.2.1-192.0.2.9", &["ipv4 192.0.2.1", "ipv4 192.0.2.9"]);
    check("OID 1.3.6.1.4.1 id 14.2.222.2; [IPv6:::ffff:192.0.2.5]", &["ipv4 192.0.2.5"]);
    check(
        "at 2001:DB8::1 and fe80::1%eth0, 12:30:45, 00:11:22:33:44:55, std::x, 2001:db8::/32",
        &["ipv6 2001:db8::1", "ipv6 fe80::1", "ipv6 2001:db8::"],
    );
    check("[IPv6:2001:db8::7]", &["ipv6 2001:db8::7"]);
    check("[2001:db8:1:2:3:4:5:6]", &["ipv6 2001:db8:1:2:3:4:5:6"]);
    check("00:11:22:ff:fe:33:44:55 a::b", &[]);
}

#[test]
fn digits_that_identify_something_else_are_no_digests() {
    let digits = "d41d8cd98f00b204e9800998ecf8427e";
    for (text, worth) in [
        ("Message-ID: {}&x", Worth::Noise),
        ("<report_id>{}</report_id>", Worth::Noise),
        ("{\"sessionId\": \"{}\"}", Worth::Noise),
        ("X-7FA49CB5: {}", Worth::Noise),
        ("token={}", Worth::Noise),
        ("the hash of the file is\n{}", Worth::Normal),
        ("{}  setup.exe", Worth::Normal),
        ("File ID: {}", Worth::Normal),
        ("id: {}", Worth::Normal),
        ("fileid={}", Worth::Normal),
        ("hash: {}", Worth::Normal),
        ("he is afraid {}", Worth::Normal),
    ] {
        let found = scan(&text.replacen("{}", digits, 1));
        let digests = found.iter().filter(|one| one.kind == Kind::Md5);
        assert_eq!(digests.map(|one| one.worth).collect::<Vec<_>>(), [worth], "{text}");
    }
}

#[test]
fn digests_and_names() {
    check("MD5: D41D8CD98F00B204E9800998ECF8427E", &["md5 d41d8cd98f00b204e9800998ecf8427e"]);
    check(
        "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709.",
        &["sha1 da39a3ee5e6b4b0d3255bfef95601890afd80709"],
    );
    check(&"0".repeat(32), &[]);
    check(&format!("{0}{0}a1", "d41d8cd98f00b204e9800998ecf8427e"), &[]);
    check("x-d41d8cd98f00b204e9800998ecf8427e d41d8cd98f00b204e9800998ecf8427e-x", &[]);
    check("D41d8cd98f00b204e9800998ecf8427e", &[]);
    check("fixes cve-2021-44228 and CVE-2014-0160.", &["cve CVE-2021-44228", "cve CVE-2014-0160"]);
    check("CVE-20-1", &[]);
    check(
        r"HKLM\Software\Microsoft\Windows NT\CurrentVersion\Run was set, HKCU:\Software\x.",
        &[
            r"registry_path HKEY_LOCAL_MACHINE\Software\Microsoft\Windows NT\CurrentVersion\Run",
            r"registry_path HKEY_CURRENT_USER\Software\x",
        ],
    );
}

#[test]
fn money() {
    let detail = |text: &str| {
        let found =
            scan(text).into_iter().map(|one| format!("{} {}", one.detail.unwrap_or_default(), one.value));
        found.collect::<Vec<_>>()
    };
    assert_eq!(detail("4111 1111 1111 1111"), ["Visa 411111******1111"]);
    assert_eq!(detail("5555-5555-5555-4444,"), ["Mastercard 555555******4444"]);
    assert_eq!(detail("3782 822463 10005"), ["American Express 378282*****0005"]);
    assert_eq!(detail("pay to 6011111111111117 now"), ["Discover 601111******1117"]);
    assert_eq!(detail("Maestro 6759649826438453"), ["Maestro 675964******8453"]);
    assert_eq!(detail("6759649826438453"), [""; 0]);
    assert_eq!(detail("order id 4111111111111111"), [""; 0]);
    assert_eq!(detail("4111111111111112 41111111111111110000"), [""; 0]);
    assert_eq!(
        detail("send to 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa."),
        ["Bitcoin 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"]
    );
    assert_eq!(
        detail("BTC:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
        ["Bitcoin bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"]
    );
}

#[test]
fn phones_and_dates() {
    check("call +1 (555) 123-4567 or +49 (0)30 1234567.", &["phone +15551234567", "phone +49301234567"]);
    check("+0000 +1 2 3 a+4915112345678 +999123456789", &[]);
    check(
        "2025-01-06T08:00:00+01:00 at 2025-01-06 08:00",
        &["date_time 2025-01-06T07:00:00Z", "date_time 2025-01-06T08:00:00"],
    );
    check("Mon, 6 Jan 2025 08:00:00 -0500 (EST)", &["date_time 2025-01-06T13:00:00Z"]);
    check("6 Jan 2025, 2025-13-06T08:00:00Z 2025-01-06", &[]);
}

#[test]
fn places() {
    for (text, want) in [
        ("ä hxxps://evil[.]example/x!", vec!["hxxps://evil[.]example/x", "hxxps://evil[.]example/x"]),
        ("\u{200b}a[@]b[.]example", vec!["a[@]b[.]example"]),
        ("call +1 (555) 123-4567.", vec!["+1 (555) 123-4567"]),
    ] {
        let found = scan(text);
        let spans: Vec<&str> = found
            .iter()
            .filter_map(|one| text.get(one.span.offset..one.span.offset + one.span.length))
            .collect();
        assert_eq!(spans, want, "{text}");
    }
    assert_eq!(scan("evil[.]com").first().map(|one| one.how), Some(How::Refanged));
    assert_eq!(scan("[.] evil.com").first().map(|one| one.how), Some(How::Text));
}

#[test]
fn findings_are_bounded() {
    let limits = Limits { findings: 3, ..Limits::default() };
    let mut out = Findings::new(limits);
    scan_text("a.com b.com c.com d.com", &mut out);
    assert!(out.is_full());
    assert_eq!(out.as_slice().len(), 3);
}
