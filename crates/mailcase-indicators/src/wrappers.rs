//! Links of mail security products and redirectors, opened offline by their published formats.
//!
//! Each format is a pure function of the URL. What carries its target encrypted or behind a number stays as it is.

mod encoded;
mod named;
mod path;
mod proofpoint;
mod query;

use serde::{Deserialize, Serialize};
use url::Url;

/// Whose link it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wrapper {
    AmazonSes,
    Avanan,
    Barracuda,
    Bing,
    Cisco,
    Disqus,
    DuckDuckGo,
    EdgePilot,
    Esva,
    Exchange,
    Facebook,
    FireEye,
    Fortinet,
    Google,
    LinkedIn,
    Mandrill,
    Mimecast,
    Proofpoint,
    Reddit,
    SafeLinks,
    Slack,
    Sophos,
    Steam,
    Symantec,
    TrendMicro,
    Tumblr,
    Vk,
    Yahoo,
    YouTube,
    Zix,
}

/// What a wrapped link says about its target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The URL, as the sender wrote it.
    Url(String),
    /// Only the host; the rest is kept by the product.
    Host(String),
}

/// Opens one layer of `url`, when it is one of a known format.
#[must_use]
pub fn unwrap(url: &Url) -> Option<(Wrapper, Target)> {
    let host = url.host_str()?;
    // The hosts of products come first: what they wrap as it stands may end like a format of any host.
    let (wrapper, target) = proofpoint::open(host, url)
        .map(|target| (Wrapper::Proofpoint, target))
        .or_else(|| path::open(host, url))
        .or_else(|| query::open(host, url))
        .or_else(|| encoded::open(host, url))?;
    Some((wrapper, Target::Url(absolute(&target)?)))
}

/// Opens one layer, also where only the host of the target is told.
#[must_use]
pub fn unwrap_or_host(url: &Url) -> Option<(Wrapper, Target)> {
    unwrap(url).or_else(|| {
        let (wrapper, host) = named::open(url.host_str()?, url)?;
        Some((wrapper, Target::Host(host)))
    })
}

/// A target with its scheme; nothing for what leads nowhere else.
fn absolute(target: &str) -> Option<String> {
    let target = target.trim();
    let scheme = target.get(..8).unwrap_or(target).to_ascii_lowercase();
    if scheme.starts_with("http://") || scheme.starts_with("https://") || scheme.starts_with("ftp://") {
        return Some(target.to_owned());
    }
    if let Some(rest) = target.strip_prefix("//") {
        return Some(format!("https://{rest}"));
    }
    // A host without its scheme.
    let host = target.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let host = crate::host::ascii(host)?;
    crate::host::is_registrable(&host).then(|| format!("http://{target}"))
}

/// The value of the first query parameter of that name (any case), decoded.
fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs()
        .take(100)
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.into_owned())
        .filter(|value| !value.is_empty())
}

/// Percent-decoded, when that is text.
fn decoded(text: &str) -> Option<String> {
    percent_encoding::percent_decode_str(text).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

/// Base64 in either alphabet, padded or not, when that is text.
fn from_base64(text: &str) -> Option<String> {
    use base64::Engine as _;
    use base64::alphabet;
    use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

    const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
    const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
    let engine = if text.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
    String::from_utf8(engine.decode(text).ok()?).ok()
}

#[cfg(test)]
mod tests;
