//! Proofpoint URL Defense, versions 1 to 3.
//!
//! The format is published as a decoder (help.proofpoint.com, "How do I decode a rewritten URL?").

use url::Url;

use super::{decoded, from_base64};

/// Characters of a run length: the first stands for two.
const RUN_LENGTHS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

pub(super) fn open(host: &str, url: &Url) -> Option<String> {
    let known = ["urldefense.com", "urldefense.us", "urldefense.proofpoint.com"].contains(&host);
    // The parameters mean something else once they are taken apart: the text as it stands is decoded.
    let text = known.then(|| url.as_str())?;
    match url.path().get(..4)? {
        "/v1/" => first(text),
        "/v2/" => second(text),
        "/v3/" => third(text),
        _ => None,
    }
}

/// The raw value of the parameter `u`.
fn raw_parameter(text: &str) -> Option<&str> {
    let query = text.split_once('?')?.1;
    query.split('&').find_map(|pair| pair.strip_prefix("u="))
}

fn first(text: &str) -> Option<String> {
    decoded(raw_parameter(text)?)
}

/// `-` stands for `%`, `_` for `/`.
fn second(text: &str) -> Option<String> {
    decoded(&raw_parameter(text)?.replace('-', "%").replace('_', "/"))
}

/// `__URL__;BASE64!`: each `*` of the URL stands for the next character of the Base64 text, `**X` for a run of them.
fn third(text: &str) -> Option<String> {
    let body = text.split_once("/v3/__")?.1;
    let (target, tail) = body.split_once("__;")?;
    let characters = from_base64(tail.split('!').next().unwrap_or_default()).unwrap_or_default();
    let mut characters = characters.chars();
    let target = decoded(&two_slashes(target))?;
    let mut out = String::with_capacity(target.len() + 16);
    let mut rest = target.chars();
    while let Some(one) = rest.next() {
        if one != '*' {
            out.push(one);
            continue;
        }
        let mut ahead = rest.clone();
        let run = (ahead.next() == Some('*'))
            .then(|| ahead.next().and_then(|length| RUN_LENGTHS.find(length)))
            .flatten();
        if let Some(index) = run {
            rest = ahead;
            out.extend(characters.by_ref().take(index + 2));
        } else {
            out.push(characters.next()?);
        }
    }
    Some(out)
}

/// Some programs make one slash of two: `https:/example.com`.
fn two_slashes(target: &str) -> String {
    match target.split_once(":/") {
        Some((scheme, rest))
            if !rest.starts_with('/') && scheme.bytes().all(|one| one.is_ascii_alphanumeric()) =>
        {
            format!("{scheme}://{rest}")
        }
        _ => target.to_owned(),
    }
}
