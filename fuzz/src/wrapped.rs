//! Links within links: random ones opened to their end, and ones written by the published formats, whose target must
//! come out again.

use std::fmt::Write as _;

use data_encoding::{BASE64, BASE64URL, BASE64URL_NOPAD};
use mailcase_indicators::wrappers::{Target, unwrap, unwrap_or_host};
use mailcase_indicators::{Findings, How, Kind, Limits, Link, Wrapper, scan_link};
use url::Url;

use crate::cost;
use crate::program::Program;

/// What opening may add: the scheme of a target without one, and a slash that some program took away.
const ADDED: usize = 9;
/// Wrappers around each other, and bytes of the URL within them.
const LAYERS: usize = 5;
const TARGET_BYTES: usize = 300;
/// Characters of a run length of Proofpoint; the first stands for two.
const RUN_LENGTHS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Formats with the target as a parameter of the query, which comes last.
const QUERIES: [(Wrapper, &str); 37] = [
    (Wrapper::SafeLinks, "https://nam02.safelinks.protection.outlook.com/?data=05%7C02&reserved=0&url="),
    (Wrapper::SafeLinks, "https://usg02.safelinks.protection.office365.us/?url="),
    (Wrapper::SafeLinks, "https://chn01.safelinks.protection.partner.outlook.cn/?URL="),
    (
        Wrapper::SafeLinks,
        "https://statics.teams.cdn.office.net/evergreen-assets/safelinks/1/atp-safelinks.html?url=",
    ),
    (Wrapper::Exchange, "https://mail.corp.example/owa/redir.aspx?C=a&URL="),
    (Wrapper::Exchange, "https://mail.corp.example/exchweb/bin/redir.asp?URL="),
    (Wrapper::Barracuda, "https://linkprotect.cudasvc.com/url?c=E,1,a&a="),
    (Wrapper::TrendMicro, "https://imsva91-ctp.trendmicro.com/wis/clicktime/v1/query?umid=A&url="),
    (Wrapper::Symantec, "https://clicktime.symantec.com/a/1/abc=?d=def&u="),
    (Wrapper::Fortinet, "https://fortimail.corp.example/fmlurlsvc/?fewReq=:B:abc&url="),
    (Wrapper::FireEye, "https://protect2.fireeye.com/v1/url?k=1-2&q=1&e=3&u="),
    (Wrapper::FireEye, "https://protect.trellix.com/v1/url?u="),
    (Wrapper::EdgePilot, "https://link.edgepilot.com/s/ab/cd?u="),
    (Wrapper::Esva, "https://urlsand.esvalabs.com/?e=1&u="),
    (Wrapper::Google, "https://www.google.com/url?sa=D&q="),
    (Wrapper::Google, "https://www.google.co.uk/url?sa=t&url="),
    (Wrapper::Google, "https://www.google.com/imgres?imgurl="),
    (Wrapper::Google, "https://www.google.com/linkredirect?dest="),
    (Wrapper::Google, "https://translate.google.com/translate?sl=de&u="),
    (Wrapper::Google, "https://www.googleadservices.com/pagead/aclk?sa=L&adurl="),
    (Wrapper::Google, "https://adclick.g.doubleclick.net/pcs/click?x=1&adurl="),
    (Wrapper::Facebook, "https://l.facebook.com/l.php?h=AT&u="),
    (Wrapper::Facebook, "https://www.facebook.com/l.php?u="),
    (Wrapper::Facebook, "https://l.instagram.com/?u="),
    (Wrapper::LinkedIn, "https://www.linkedin.com/redir/redirect?url="),
    (Wrapper::LinkedIn, "https://www.linkedin.com/safety/go?url="),
    (Wrapper::Slack, "https://slack-redir.net/link?url="),
    (Wrapper::YouTube, "https://www.youtube.com/redirect?event=a&q="),
    (Wrapper::Reddit, "https://out.reddit.com/t3_a?url="),
    (Wrapper::Steam, "https://steamcommunity.com/linkfilter/?url="),
    (Wrapper::Tumblr, "https://t.umblr.com/redirect?z="),
    (Wrapper::Vk, "https://vk.com/away.php?to="),
    (Wrapper::DuckDuckGo, "https://duckduckgo.com/l/?kh=1&uddg="),
    (Wrapper::Proofpoint, "https://urldefense.proofpoint.com/v1/url?k=a&u="),
    (Wrapper::Cisco, "https://secure-web.cisco.com/1AbCdEf-gh_i/"),
    (Wrapper::Yahoo, "https://r.search.yahoo.com/_ylt=A/RV=2/RU="),
    (Wrapper::AmazonSes, "https://abc.r.eu-west-1.awstrack.me/L0/"),
];
/// Those with a writer of their own.
const WRITTEN: [fn(&str) -> Option<(Wrapper, String)>; 9] =
    [proofpoint_second, proofpoint_third, proofpoint_runs, avanan, sophos, bing, mandrill, zix, amp];

const HOSTS: [&str; 6] = [
    "evil.example",
    "www.evil.example:8443",
    "192.0.2.7",
    "[2001:db8::1]",
    "b\u{fc}cher.example",
    "u:p@a.test",
];

/// A URL as it is, when the bytes begin like one, else the arguments of a writer of wrapped ones.
pub fn unwrapping(data: &[u8]) {
    if data.starts_with(b"http") || data.starts_with(b"ftp") {
        let text = String::from_utf8_lossy(data);
        if let Ok(url) = Url::parse(&text) {
            cost::bounded(cost::MESSAGE, || opened(url));
        }
        scan(&text);
    } else {
        built(&mut Program::new(data));
    }
}

/// Opens layer after layer to the end, which comes.
fn opened(mut url: Url) {
    // Each layer takes at least its own host away, but what it held may be written longer: percent for each byte.
    for _ in 0..=url.as_str().len() {
        let before = url.as_str().len();
        assert_eq!(Url::parse(url.as_str()).as_ref(), Ok(&url), "it is read otherwise again");
        match (unwrap(&url), unwrap_or_host(&url)) {
            (Some((wrapper, target)), known) => {
                assert_eq!(known, Some((wrapper, target.clone())), "a URL tells more than its host");
                let Target::Url(target) = target else { panic!("a host of {url}") };
                assert!(target.len() <= before + ADDED, "{} of {before} bytes", target.len());
                let Ok(next) = Url::parse(&target) else { return };
                assert!(next != url, "{url} leads to itself");
                url = next;
            }
            (None, Some((_, Target::Host(host)))) => {
                let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
                return assert!(host.len() <= 253 && host.bytes().all(plain), "{host}");
            }
            (None, Some((_, Target::Url(target)))) => panic!("only then there is {target}"),
            (None, None) => return,
        }
    }
    panic!("it has no end: {url}");
}

/// What a link leads to is told layer by layer, as deep as the limits allow.
fn scan(link: &str) {
    for unwrap_depth in [0, 1, LAYERS] {
        let mut found = Findings::new(Limits { unwrap_depth, ..Limits::default() });
        cost::bounded(cost::MESSAGE, || scan_link(&anchor(link), &mut found));
        let urls = found.as_slice().iter().filter(|one| one.kind == Kind::Url);
        // What is no URL as a whole is a text, and may hold several.
        let (opened, written): (Vec<_>, Vec<_>) = urls.partition(|one| one.how == How::Unwrapped);
        assert!(opened.len() <= unwrap_depth * written.len(), "{} layers", opened.len());
    }
}

fn anchor(value: &str) -> Link<'_> {
    Link { element: "a", attribute: "href", value, text: None, base: None }
}

/// Wraps a URL up to [`LAYERS`] times; each layer opens to what was put into it.
fn built(program: &mut Program<'_>) {
    let layers: Vec<u8> = (0..1 + usize::from(program.byte()) % LAYERS).map(|_| program.byte()).collect();
    let scheme = program.one_of(&["https", "http"]);
    let host = program.one_of(&HOSTS);
    let rest = String::from_utf8_lossy(program.take(TARGET_BYTES));
    let Ok(target) = Url::parse(&format!("{scheme}://{host}/{rest}")) else { return };
    let mut chain = vec![(None, target)];
    for layer in layers {
        let (_, inner) = chain.last().expect("there is the target");
        let Some((wrapper, link)) = wrap(layer, inner.as_str()) else { continue };
        let outer = Url::parse(&link).unwrap_or_else(|error| panic!("{link}: {error}"));
        match unwrap(&outer) {
            Some((by, Target::Url(text))) => {
                assert_eq!((by, &Url::parse(&text).expect("a URL")), (wrapper, inner), "of {outer}");
            }
            other => panic!("{other:?} of {outer}"),
        }
        chain.push((Some(wrapper), outer));
    }
    let (_, outermost) = chain.last().expect("there is the target");
    if chain.iter().any(|(_, url)| url.as_str().len() > Limits::default().url_bytes) {
        return;
    }
    let mut found = Findings::new(Limits { unwrap_depth: LAYERS, ..Limits::default() });
    scan_link(&anchor(outermost.as_str()), &mut found);
    let told: Vec<_> = found.as_slice().iter().filter(|one| one.kind == Kind::Url).collect();
    for (one, layer) in told.iter().skip(1).zip(chain.windows(2).rev()) {
        let [(_, inner), (by, _)] = layer else { continue };
        assert_eq!((one.value.as_str(), one.wrapper), (inner.as_str(), *by));
    }
    assert!(told.len() >= chain.len(), "{} of {} layers are told", told.len(), chain.len());
}

fn wrap(layer: u8, target: &str) -> Option<(Wrapper, String)> {
    let layer = usize::from(layer) % (QUERIES.len() + WRITTEN.len());
    match QUERIES.get(layer) {
        Some((wrapper, before)) => Some((*wrapper, format!("{before}{}", escaped(target)))),
        None => WRITTEN[layer - QUERIES.len()](target),
    }
}

/// Percent-encoded, all but letters and digits.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// `-` stands for `%`, `_` for `/`.
fn proofpoint_second(target: &str) -> Option<(Wrapper, String)> {
    let encoded = escaped(target).replace("%2F", "_").replace('%', "-");
    Some((Wrapper::Proofpoint, format!("https://urldefense.proofpoint.com/v2/url?u={encoded}&d=DwMBaQ&c=Vx")))
}

/// Every other character than these stands as `*` in the link and by itself in Base64 behind it.
fn is_kept(one: char) -> bool {
    one.is_ascii_alphanumeric() || matches!(one, ':' | '/' | '.' | '?' | '=' | '&' | '@' | '[' | ']')
}

fn third(target: &str, runs: bool) -> (Wrapper, String) {
    let (mut link, mut taken) = (String::new(), String::new());
    // Dots of a fragment would be taken for steps of a path.
    let plain = target.find('#').unwrap_or(target.len());
    let mut rest = target.char_indices().peekable();
    while let Some((at, one)) = rest.next() {
        if at < plain && is_kept(one) {
            link.push(one);
            continue;
        }
        taken.push(one);
        let mut length = 1;
        while let Some((_, one)) =
            rest.next_if(|(at, one)| runs && length <= RUN_LENGTHS.len() && (*at >= plain || !is_kept(*one)))
        {
            taken.push(one);
            length += 1;
        }
        match length {
            1 => link.push('*'),
            _ => {
                link.push_str("**");
                link.push(char::from(RUN_LENGTHS[length - 2]));
            }
        }
    }
    let link =
        format!("https://urldefense.com/v3/__{link}__;{}!!abc!def$", BASE64URL.encode(taken.as_bytes()));
    (Wrapper::Proofpoint, link)
}

fn proofpoint_third(target: &str) -> Option<(Wrapper, String)> {
    // Two asterisks in a row and a letter are a run.
    Some(third(target, false)).filter(|(_, link)| !link.contains("**"))
}

fn proofpoint_runs(target: &str) -> Option<(Wrapper, String)> {
    Some(third(target, true))
}

fn avanan(target: &str) -> Option<(Wrapper, String)> {
    // The target stands as it is: where it holds what ends it, nobody can tell.
    let link = format!("https://url.avanan.click/v2/___{target}___.YXAzOmFi");
    (!target.contains("___")).then_some((Wrapper::Avanan, link))
}

fn sophos(target: &str) -> Option<(Wrapper, String)> {
    let encoded = escaped(&BASE64.encode(target.as_bytes()));
    Some((
        Wrapper::Sophos,
        format!("https://eu-west-1.protection.sophos.com/?d=evil.example&u={encoded}&i=1"),
    ))
}

fn bing(target: &str) -> Option<(Wrapper, String)> {
    let encoded = BASE64URL_NOPAD.encode(target.as_bytes());
    Some((Wrapper::Bing, format!("https://www.bing.com/ck/a?!&&p=1&u=a1{encoded}&ntb=1")))
}

fn mandrill(target: &str) -> Option<(Wrapper, String)> {
    let inner = serde_json::json!({ "u": 1, "v": 1, "url": target, "id": "a" }).to_string();
    let outer = serde_json::json!({ "s": "a", "v": 1, "p": inner }).to_string();
    // More than this is not read.
    let fits = outer.len() <= 8 << 10;
    let encoded = BASE64URL_NOPAD.encode(outer.as_bytes());
    let link = format!("https://mandrillapp.com/track/click/1/evil.example?p={encoded}");
    fits.then_some((Wrapper::Mandrill, link))
}

fn zix(target: &str) -> Option<(Wrapper, String)> {
    Some((Wrapper::Zix, format!("https://linkscan.io/scan/ux/{}/a", BASE64URL.encode(target.as_bytes()))))
}

/// A page kept by Google: no fragment, and what is not `https` stands there decoded once.
fn amp(target: &str) -> Option<(Wrapper, String)> {
    let rest = target.strip_prefix("https://").filter(|rest| !rest.contains('#'))?;
    Some((Wrapper::Google, format!("https://www.google.com/amp/s/{rest}")))
}
