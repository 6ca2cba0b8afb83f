//! Links that carry their target in Base64.

use url::Url;

use super::{Wrapper, from_base64, parameter};

/// Longest JSON of a Mandrill link looked at.
const JSON_BYTES: usize = 8 << 10;

pub(super) fn open(host: &str, url: &Url) -> Option<(Wrapper, String)> {
    let under =
        |name: &str| host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    if under("protection.sophos.com") {
        return from_base64(&parameter(url, "u")?).map(|target| (Wrapper::Sophos, target));
    }
    if under("bing.com") && url.path() == "/ck/a" {
        let target = parameter(url, "u")?;
        return from_base64(target.strip_prefix("a1")?).map(|target| (Wrapper::Bing, target));
    }
    if under("mandrillapp.com") && url.path().starts_with("/track/click/") {
        return mandrill(&parameter(url, "p")?).map(|target| (Wrapper::Mandrill, target));
    }
    None
}

/// Base64 of JSON whose `p` is JSON again, with the `url`.
fn mandrill(text: &str) -> Option<String> {
    let outer = from_base64(text).filter(|json| json.len() <= JSON_BYTES)?;
    let outer: serde_json::Value = serde_json::from_str(&outer).ok()?;
    let inner: serde_json::Value = serde_json::from_str(outer.get("p")?.as_str()?).ok()?;
    inner.get("url")?.as_str().map(str::to_owned)
}
