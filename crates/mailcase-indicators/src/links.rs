//! What HTML says about where it leads: one attribute value at a time.

mod style;

use url::Url;

pub use style::scan_style;

use crate::locators::{self, Place};
use crate::text::{scan_within, whole};
use crate::{Finding, Findings, How, Kind, Mark, Worth, address, host};

/// Candidates of one `srcset` that are looked at.
const CANDIDATES: usize = 50;
/// Addresses of one `mailto:` that are looked at.
const RECIPIENTS: usize = 100;

/// An attribute that leads somewhere, as a reader of HTML found it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Link<'a> {
    /// Name of the element, lower case.
    pub element: &'a str,
    /// Name of the attribute, lower case.
    pub attribute: &'a str,
    /// Its value, character references decoded.
    pub value: &'a str,
    /// What a person sees of the link.
    pub text: Option<&'a str>,
    /// `<base href>` of the page.
    pub base: Option<&'a str>,
}

/// Finds where a link leads. Spans are bytes of its value.
pub fn scan_link(link: &Link<'_>, out: &mut Findings) {
    let from = out.len();
    match link.attribute {
        "srcset" | "imagesrcset" => candidates(link.value).for_each(|value| one(link, value, out)),
        "style" => scan_style(link.value, out),
        "content" if link.element == "meta" => {
            if let Some(value) = refresh(link.value) {
                one(link, value, out);
            }
        }
        "ping" | "archive" => {
            link.value.split_whitespace().take(CANDIDATES).for_each(|value| one(link, value, out))
        }
        _ => one(link, link.value, out),
    }
    if let Some(text) = link.text.filter(|_| out.len() > from) {
        compare(text, out.since(from));
    }
}

/// How a value of this attribute of this element is used.
fn how(link: &Link<'_>) -> How {
    match (link.element, link.attribute) {
        ("a" | "area", "href" | "xlink:href") => How::Link,
        (_, "action" | "formaction") => How::Form,
        ("meta", _) => How::Refresh,
        _ => How::Resource,
    }
}

fn one(link: &Link<'_>, value: &str, out: &mut Findings) {
    // Browsers drop these (URL standard: strip C0 controls and blanks, remove tabs and newlines).
    let value = value.trim_matches(|one: char| one <= ' ');
    let cleaned: String;
    let value = if value.contains(['\t', '\n', '\r']) {
        cleaned = value.replace(['\t', '\n', '\r'], "");
        cleaned.as_str()
    } else {
        value
    };
    let place = Place { span: whole(link.value.len()), how: how(link), wrapper: None };
    let scheme = value.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    match scheme.as_deref() {
        Some(scheme) if locators::is_scheme(scheme) => locators::add(out, value, place, 0),
        Some("mailto") => mailto(value.get(7..).unwrap_or_default(), place, out),
        Some("data") => data(value, place, out),
        Some("javascript" | "vbscript") => script(value, place, out),
        Some("cid" | "mid" | "about" | "tel" | "sms" | "blob" | "callto" | "skype") => {}
        _ if value.starts_with("//") => {
            locators::add(out, &format!("https:{value}"), place, 0);
        }
        _ if value.starts_with('#') || value.is_empty() => {}
        _ => relative(link, value, place, out),
    }
}

/// A value without scheme: below the base, or else text that may name something.
fn relative(link: &Link<'_>, value: &str, place: Place, out: &mut Findings) {
    if let Some(url) = link.base.and_then(|base| Url::parse(base).ok()).and_then(|base| base.join(value).ok())
    {
        locators::add(out, url.as_str(), place, 0);
    } else if place.how == How::Link {
        // `href="www.evil.example/x"`, `href="hxxp://…"`: a person reads it as a link all the same.
        scan_within(value, Some(place), out);
    }
}

fn mailto(rest: &str, place: Place, out: &mut Findings) {
    let (list, query) = rest.split_once('?').unwrap_or((rest, ""));
    let fields = query.split('&').filter_map(|field| {
        let (name, value) = field.split_once('=')?;
        matches!(name.to_ascii_lowercase().as_str(), "to" | "cc" | "bcc").then_some(value)
    });
    for list in std::iter::once(list).chain(fields) {
        let list = percent_encoding::percent_decode_str(list).decode_utf8_lossy();
        let name = |one: &str| {
            one.rsplit_once('<').map_or(one, |(_, inside)| inside).trim_end_matches('>').to_owned()
        };
        for value in list.split([',', ';']).take(RECIPIENTS).filter_map(|one| address(&name(one))) {
            out.push(locators::finding(Kind::Email, value, place, Worth::Normal, Vec::new(), None));
        }
    }
}

/// What a `data:` URL of text holds.
fn data(value: &str, place: Place, out: &mut Findings) {
    let Some((head, body)) = value.get(5..).unwrap_or_default().split_once(',') else { return };
    let head = head.to_ascii_lowercase();
    let is_text = head.is_empty()
        || head.starts_with(';')
        || head.starts_with("text/")
        || head.contains("xml")
        || head.contains("javascript");
    if !is_text {
        return;
    }
    let body = body.get(..body.floor_char_boundary(out.limits.data_bytes)).unwrap_or_default();
    let bytes: Vec<u8> = percent_encoding::percent_decode_str(body).collect();
    let bytes = if head.ends_with(";base64") { base64(bytes) } else { bytes };
    let text = String::from_utf8_lossy(&bytes);
    scan_within(&text, Some(Place { how: How::DataUrl, ..place }), out);
}

fn base64(mut bytes: Vec<u8>) -> Vec<u8> {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD_NO_PAD;

    bytes.retain(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'));
    // A cut value ends within its last group.
    bytes.truncate(bytes.len() - bytes.len() % 4);
    STANDARD_NO_PAD.decode(&bytes).unwrap_or_default()
}

fn script(value: &str, place: Place, out: &mut Findings) {
    let value = value.get(..value.floor_char_boundary(out.limits.data_bytes)).unwrap_or_default();
    let code = percent_encoding::percent_decode_str(value).decode_utf8_lossy();
    scan_within(&code.replace('\'', "\""), Some(Place { how: How::Script, ..place }), out);
}

/// The URLs of a `srcset`: each up to a blank, separated by commas.
fn candidates(value: &str) -> impl Iterator<Item = &str> {
    value
        .split(", ")
        .flat_map(|piece| piece.split(",\n"))
        .filter_map(|piece| piece.split_whitespace().next())
        .map(|one| one.trim_end_matches(','))
        .take(CANDIDATES)
}

/// The URL of `5; url='https://…'`.
fn refresh(value: &str) -> Option<&str> {
    let at = value.to_ascii_lowercase().find("url")?;
    let rest = value.get(at + 3..)?.trim_start().strip_prefix('=')?.trim();
    let quote = rest.chars().next().filter(|one| matches!(one, '"' | '\''));
    match quote {
        Some(quote) => rest.get(1..)?.split(quote).next(),
        None => Some(rest),
    }
}

/// Marks the target when the text of its link names another host.
fn compare(text: &str, found: &mut [Finding]) {
    let Some(seen) = seen_host(text) else { return };
    let hosts =
        || found.iter().filter(|one| one.kind == Kind::Domain).map(|one| host::registered(&one.value));
    // A wrapper's target counts as well as the wrapper.
    let differs = hosts().all(|target| target != host::registered(&seen));
    let is_ip = found.iter().any(|one| matches!(one.kind, Kind::Ipv4 | Kind::Ipv6) && one.value == seen);
    if differs && !is_ip {
        found
            .iter_mut()
            .filter(|one| one.kind == Kind::Url)
            .for_each(|one| one.marks.push(Mark::TextDiffers));
    }
}

/// The host that a link's text names, when it is all the text says.
fn seen_host(text: &str) -> Option<String> {
    let text = text.trim();
    let one_word = text.len() <= 2_048 && !text.contains(char::is_whitespace);
    if !one_word || text.contains('@') {
        return None;
    }
    let mut seen = Findings::new(out_limits());
    crate::scan_text(text, &mut seen);
    seen.into_vec().into_iter().find(|one| matches!(one.kind, Kind::Domain | Kind::Ipv4)).map(|one| one.value)
}

/// A link's text is one word.
const fn out_limits() -> crate::Limits {
    crate::Limits { findings: 4, url_bytes: 2_048, unwrap_depth: 0, data_bytes: 0 }
}

#[cfg(test)]
mod tests;
