//! URLs once their bounds are known: normalised, their host told, their wrappers opened.

use std::net::IpAddr;

use url::{Host, Url};

use crate::wrappers::{self, Target};
use crate::{Finding, Findings, How, Kind, Mark, Span, Worth, Wrapper, host, noise};

/// Schemes whose URLs name a host.
const SCHEMES: &[&str] = &[
    "http", "https", "ftp", "ftps", "sftp", "smb", "ws", "wss", "tftp", "ldap", "ldaps", "rtsp", "ssh",
    "git", "file", "feed",
];

/// Where a value was found and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) span: Span,
    pub(crate) how: How,
    pub(crate) wrapper: Option<Wrapper>,
}

pub(crate) fn is_scheme(word: &str) -> bool {
    SCHEMES.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Takes `text` as one URL: itself, its host, and what it wraps.
pub fn scan_url(text: &str, how: How, out: &mut Findings) {
    let span = Span { offset: 0, length: text.len() };
    add(out, text.trim(), Place { span, how, wrapper: None }, 0);
}

pub(crate) fn add(out: &mut Findings, link: &str, place: Place, depth: usize) {
    if link.len() > out.limits.url_bytes {
        return;
    }
    let Ok(url) = Url::parse(link) else { return };
    if !is_scheme(url.scheme()) {
        return;
    }
    let mut marks = Vec::new();
    if !url.username().is_empty() {
        marks.push(Mark::UserInfo);
    }
    if url.port().is_some() {
        marks.push(Mark::Port);
    }
    match url.host() {
        Some(Host::Domain(name)) => {
            let Some(name) = host::ascii(name) else { return };
            let worth = noise::of_url(&name, url.path());
            let (unicode, odd) = shown(&name);
            marks.extend(odd.iter().copied());
            push_url(out, &url, place, worth, marks, unicode.clone());
            if host::is_registrable(&name) {
                out.push(finding(Kind::Domain, name, place, worth, odd, unicode));
            }
        }
        Some(Host::Ipv4(ip)) => {
            if !link.contains(&ip.to_string()) {
                marks.push(Mark::DisguisedIp);
            }
            push_url(out, &url, place, noise::of_ip(ip.into()), marks, None);
            add_ip(out, ip.into(), place);
        }
        Some(Host::Ipv6(ip)) => {
            push_url(out, &url, place, noise::of_ip(ip.into()), marks, None);
            add_ip(out, ip.into(), place);
        }
        None => return,
    }
    open(out, &url, place, depth);
}

fn shown(name: &str) -> (Option<String>, Vec<Mark>) {
    host::shown(name).map_or((None, Vec::new()), |(unicode, marks)| (Some(unicode), marks))
}

fn push_url(
    out: &mut Findings,
    url: &Url,
    place: Place,
    worth: Worth,
    marks: Vec<Mark>,
    unicode: Option<String>,
) {
    out.push(finding(Kind::Url, url.as_str().to_owned(), place, worth, marks, unicode));
}

/// A host name (lower case, ASCII, below a public suffix) that stands alone.
pub(crate) fn add_host(out: &mut Findings, name: String, place: Place) {
    let (unicode, marks) = shown(&name);
    let worth = noise::of_host(&name);
    out.push(finding(Kind::Domain, name, place, worth, marks, unicode));
}

pub(crate) fn add_ip(out: &mut Findings, ip: IpAddr, place: Place) {
    let kind = if ip.is_ipv4() { Kind::Ipv4 } else { Kind::Ipv6 };
    out.push(finding(kind, ip.to_string(), place, noise::of_ip(ip), Vec::new(), None));
}

pub(crate) fn finding(
    kind: Kind,
    value: String,
    place: Place,
    worth: Worth,
    marks: Vec<Mark>,
    unicode: Option<String>,
) -> Finding {
    let Place { span, how, wrapper } = place;
    Finding { kind, value, span, how, wrapper, detail: None, unicode, marks, worth }
}

fn open(out: &mut Findings, url: &Url, place: Place, depth: usize) {
    if depth >= out.limits.unwrap_depth {
        return;
    }
    let Some((wrapper, target)) = wrappers::unwrap_or_host(url) else { return };
    let place = Place { how: How::Unwrapped, wrapper: Some(wrapper), ..place };
    match target {
        Target::Url(target) => add(out, &target, place, depth + 1),
        Target::Host(name) => add_host(out, name, place),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    fn values(link: &str) -> Vec<(Kind, String, Option<Wrapper>)> {
        let mut out = Findings::new(Limits::default());
        scan_url(link, How::Link, &mut out);
        out.into_vec().into_iter().map(|one| (one.kind, one.value, one.wrapper)).collect()
    }

    #[test]
    fn wrappers_within_wrappers() {
        let link = "https://nam02.safelinks.protection.outlook.com/?url=https%3A%2F%2Furldefense.com%2Fv3%2F__https%3A%2F%2Fevil.example%2Fx__%3B!!a!b%24&data=1";
        let last = values(link).into_iter().rfind(|(kind, ..)| *kind == Kind::Url).unwrap();
        assert_eq!(last, (Kind::Url, "https://evil.example/x".to_owned(), Some(Wrapper::Proofpoint)));
        assert_eq!(values(link).len(), 6);
    }

    #[test]
    fn depth_is_bounded() {
        let mut link = "https://evil.example/".to_owned();
        for _ in 0..8 {
            let encoded: String = url::form_urlencoded::byte_serialize(link.as_bytes()).collect();
            link = format!("https://slack-redir.net/link?url={encoded}");
        }
        let urls = values(&link).into_iter().filter(|(kind, ..)| *kind == Kind::Url).count();
        assert_eq!(urls, 1 + Limits::default().unwrap_depth);
    }

    #[test]
    fn marks() {
        for (link, want) in [
            ("https://bank.example@evil.example/", vec![Mark::UserInfo]),
            ("http://0x7f.1/", vec![Mark::DisguisedIp]),
            ("http://3221225985:8080/", vec![Mark::Port, Mark::DisguisedIp]),
            ("http://192.0.2.1/", vec![]),
            ("https://b\u{fc}cher.example/", vec![Mark::Idn]),
        ] {
            let mut out = Findings::new(Limits::default());
            scan_url(link, How::Text, &mut out);
            let url = out.as_slice().iter().find(|one| one.kind == Kind::Url).unwrap();
            assert_eq!(url.marks, want, "{link}");
        }
    }
}
