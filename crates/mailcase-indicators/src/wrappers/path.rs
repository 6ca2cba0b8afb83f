//! Links that carry their target in the path.

use url::Url;

use super::{Wrapper, decoded, from_base64};

pub(super) fn open(host: &str, url: &Url) -> Option<(Wrapper, String)> {
    let text = url.as_str();
    let under =
        |name: &str| host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    if host == "secure-web.cisco.com" {
        return cisco(url).map(|target| (Wrapper::Cisco, target));
    }
    if under("avanan.click") || host == "protect.checkpoint.com" {
        return avanan(text).map(|target| (Wrapper::Avanan, target));
    }
    if under("awstrack.me") {
        return ses(url).map(|target| (Wrapper::AmazonSes, target));
    }
    if host == "linkscan.io" {
        let target = url.path().strip_prefix("/scan/ux/")?;
        return from_base64(target.split('/').next()?).map(|target| (Wrapper::Zix, target));
    }
    if under("search.yahoo.com") {
        let (_, tail) = url.path().split_once("/RU=")?;
        return decoded(tail.split("/R").next()?).map(|target| (Wrapper::Yahoo, target));
    }
    if host == "cdn.ampproject.org" || under("cdn.ampproject.org") {
        return amp(url.path().get(2..)?, url).map(|target| (Wrapper::Google, target));
    }
    if crate::host::registered(host).split('.').next() == Some("google") {
        return amp(url.path().strip_prefix("/amp")?, url).map(|target| (Wrapper::Google, target));
    }
    None
}

/// `/TOKEN/https%3A%2F%2Fexample.com%2F`.
fn cisco(url: &Url) -> Option<String> {
    let (_, target) = url.path().get(1..)?.split_once('/')?;
    decoded(target)
}

/// `/v2/___https://example.com/___.TOKEN`. The obfuscated variants (`/r01/`, `/r02/`) are not published.
fn avanan(text: &str) -> Option<String> {
    let (before, rest) = text.split_once("___")?;
    let (target, _) = rest.rsplit_once("___")?;
    let plain = before.ends_with("/v2/") || before.ends_with("/v1/");
    plain.then(|| target.to_owned())
}

/// Amazon SES: `/L0/https:%2F%2Fexample.com%2F/1/TOKEN`.
fn ses(url: &Url) -> Option<String> {
    let rest = url.path().strip_prefix("/L0/").or_else(|| url.path().strip_prefix("/CL0/"))?;
    decoded(rest.split('/').next()?)
}

/// `/s/example.com/page`: `s` for https.
fn amp(path: &str, url: &Url) -> Option<String> {
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    if let Some(rest) = path.strip_prefix("/s/") {
        return Some(format!("https://{rest}{query}"));
    }
    let rest = path.strip_prefix('/')?;
    let rest = decoded(rest)?;
    let has_scheme = rest.starts_with("http://") || rest.starts_with("https://");
    Some(if has_scheme { format!("{rest}{query}") } else { format!("http://{rest}{query}") })
}
