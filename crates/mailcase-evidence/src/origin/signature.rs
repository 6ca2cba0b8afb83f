//! One signature as it stands in a header: of DKIM (RFC 6376 §3.5), or of an ARC set (RFC 8617 §4.1).

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use mailcase_indicators::host;

use super::canonical::{BodyHash, Form, Hash};
use super::tags::{Tags, packed};

/// People forget the padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Base64 with its folds.
pub(super) fn decoded(value: &str) -> Option<Vec<u8>> {
    BASE64.decode(packed(value)).ok()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    RsaSha1,
    RsaSha256,
    /// RFC 8463.
    Ed25519Sha256,
}

impl Algorithm {
    fn read(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "rsa-sha1" => Self::RsaSha1,
            "rsa-sha256" => Self::RsaSha256,
            "ed25519-sha256" => Self::Ed25519Sha256,
            _ => return None,
        })
    }

    pub(super) const fn hash(self) -> Hash {
        match self {
            Self::RsaSha1 => Hash::Sha1,
            Self::RsaSha256 | Self::Ed25519Sha256 => Hash::Sha256,
        }
    }

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::RsaSha1 => "rsa-sha1",
            Self::RsaSha256 => "rsa-sha256",
            Self::Ed25519Sha256 => "ed25519-sha256",
        }
    }
}

/// What every signature says about its key.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Signed {
    pub(super) algorithm: Algorithm,
    pub(super) domain: String,
    pub(super) selector: String,
    pub(super) signature: Vec<u8>,
}

/// A signature over headers and body.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Signature {
    pub(super) by: Signed,
    pub(super) header_form: Form,
    pub(super) body: BodyHash,
    pub(super) body_hash: Vec<u8>,
    /// Lower case, in order.
    pub(super) headers: Vec<String>,
    /// `i=`, for whom the domain signs.
    pub(super) identity: Option<String>,
    pub(super) signed_at: Option<i64>,
    pub(super) expires_at: Option<i64>,
}

/// Which header a signature stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Dkim,
    /// `ARC-Message-Signature`: without version and identity.
    Arc,
}

impl Signed {
    pub(super) fn read(tags: &Tags<'_>) -> Result<Self, String> {
        let algorithm = required(tags, "a")?;
        let algorithm = Algorithm::read(algorithm)
            .ok_or_else(|| format!("the algorithm {} is unknown", crate::fields::bounded(algorithm, 40)))?;
        let name = |tag: &str| {
            let value = required(tags, tag)?;
            host::ascii(&packed(value)).ok_or_else(|| format!("{tag}= is no name of the DNS"))
        };
        let signature = decoded(required(tags, "b")?).ok_or("b= is no base64")?;
        Ok(Self { algorithm, domain: name("d")?, selector: name("s")?, signature })
    }
}

impl Signature {
    /// # Errors
    /// Why it is none, for people.
    pub(super) fn read(value: &str, kind: Kind) -> Result<Self, String> {
        let tags = Tags::read(value).ok_or("it is no list of tags")?;
        if kind == Kind::Dkim && required(&tags, "v")? != "1" {
            return Err("it is of a version other than 1".to_owned());
        }
        let by = Signed::read(&tags)?;
        let (header_form, body_form) = forms(tags.get("c").unwrap_or("simple/simple"))?;
        let length = tags.get("l").map(|value| number(value).ok_or("l= is no number")).transpose()?;
        let body = BodyHash { form: body_form, hash: by.algorithm.hash(), length };
        let body_hash = decoded(required(&tags, "bh")?).ok_or("bh= is no base64")?;
        required(&tags, "h")?;
        let headers: Vec<String> =
            tags.list("h").into_iter().flatten().map(str::to_ascii_lowercase).collect();
        if !headers.iter().any(|name| name == "from") {
            return Err("h= does not name From, so that anybody could be the sender".to_owned());
        }
        if kind == Kind::Arc && headers.iter().any(|name| name == "arc-seal") {
            return Err("h= names ARC-Seal, which it must not".to_owned());
        }
        let methods = tags.list("q").map(|mut list| list.any(|one| one.eq_ignore_ascii_case("dns/txt")));
        if kind == Kind::Dkim && methods == Some(false) {
            return Err("its key is not to be had from the DNS".to_owned());
        }
        let identity = tags.get("i").filter(|_| kind == Kind::Dkim).map(packed);
        if let Some(identity) = &identity {
            let host = identity.rsplit_once('@').and_then(|(_, host)| host::ascii(host));
            let host = host.ok_or("i= is no address")?;
            if !is_within(&host, &by.domain) {
                return Err(format!("i= is of {host}, which is not below {}", by.domain));
            }
        }
        let time = |tag: &str| -> Result<Option<i64>, String> {
            let Some(value) = tags.get(tag) else { return Ok(None) };
            let seconds = number(value).ok_or_else(|| format!("{tag}= is no time"))?;
            Ok(Some(i64::try_from(seconds).unwrap_or(i64::MAX)))
        };
        let (signed_at, expires_at) = (time("t")?, time("x")?);
        if signed_at.zip(expires_at).is_some_and(|(signed, expires)| expires <= signed) {
            return Err("it expires before it was made".to_owned());
        }
        Ok(Self { by, header_form, body, body_hash, headers, identity, signed_at, expires_at })
    }
}

fn required<'a>(tags: &Tags<'a>, name: &str) -> Result<&'a str, String> {
    tags.get(name).filter(|value| !value.is_empty()).ok_or_else(|| format!("{name}= is missing"))
}

/// RFC 6376 allows 76 digits, which no number here has.
fn number(value: &str) -> Option<u64> {
    let digits = !value.is_empty() && value.len() <= 76 && value.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| value.parse().unwrap_or(u64::MAX))
}

fn forms(value: &str) -> Result<(Form, Form), String> {
    let form = |word: &str| match word.trim().to_ascii_lowercase().as_str() {
        "simple" => Ok(Form::Simple),
        "relaxed" => Ok(Form::Relaxed),
        _ => Err("c= names a form that is unknown".to_owned()),
    };
    let (header, body) = value.split_once('/').unwrap_or((value, "simple"));
    Ok((form(header)?, form(body)?))
}

/// Whether `name` is `domain` or below it.
pub(super) fn is_within(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The field with the value of `b=` taken out, which nobody can sign.
pub(super) fn without_signature(field: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(field.len());
    let colon = memchr::memchr(b':', field).map_or(0, |at| at + 1);
    let (name, value) = field.split_at_checked(colon).unwrap_or((&[], field));
    out.extend_from_slice(name);
    for (at, tag) in value.split(|byte| *byte == b';').enumerate() {
        if at > 0 {
            out.push(b';');
        }
        let equals = memchr::memchr(b'=', tag);
        match equals.and_then(|equals| tag.split_at_checked(equals + 1)) {
            Some((name, _)) if name.strip_suffix(b"=").unwrap_or_default().trim_ascii() == b"b" => {
                out.extend_from_slice(name);
            }
            _ => out.extend_from_slice(tag),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "v=1; a=rsa-sha256; c=relaxed; d=A.example; s=k; h=From:to; bh=YQ==; b=YQ";

    #[test]
    fn a_signature_is_read() {
        let one = Signature::read(&format!("{GOOD}; l=3; t=1; x=2; i=x@m.a.example; q=dns/txt"), Kind::Dkim);
        let one = one.unwrap();
        assert_eq!((one.by.domain.as_str(), one.by.selector.as_str()), ("a.example", "k"));
        assert_eq!((one.header_form, one.body.form, one.body.length), (Form::Relaxed, Form::Simple, Some(3)));
        assert_eq!((one.signed_at, one.expires_at), (Some(1), Some(2)));
        assert_eq!(
            (one.headers, one.by.signature),
            (vec!["from".to_owned(), "to".to_owned()], b"a".to_vec())
        );
    }

    #[test]
    fn what_is_wrong_with_a_signature_is_told() {
        for (from, to, want) in [
            ("v=1", "v=2", "version"),
            ("v=1;", "", "v= is missing"),
            ("rsa-sha256", "dsa-md5", "dsa-md5"),
            ("d=A.example", "d=", "d= is missing"),
            ("d=A.example", "d=a b", ""),
            ("h=From:to", "h=to", "From"),
            ("bh=YQ==", "bh=*", "bh="),
            ("b=YQ", "b=YQ; b=YQ", "list of tags"),
            ("b=YQ", "b=YQ; x=1; t=2", "expires"),
            ("b=YQ", "b=YQ; l=-1", "l="),
            ("b=YQ", "b=YQ; i=@b.example", "not below"),
            ("b=YQ", "b=YQ; i=@xa.example", "not below"),
            ("b=YQ", "b=YQ; q=paper", "DNS"),
            ("c=relaxed", "c=loose", "c="),
        ] {
            let read = Signature::read(&GOOD.replacen(from, to, 1), Kind::Dkim);
            match read {
                Err(error) => assert!(error.contains(want), "{to}: {error}"),
                Ok(read) => assert!(want.is_empty(), "{to}: {read:?}"),
            }
        }
        assert!(Signature::read(&GOOD.replace("v=1;", ""), Kind::Arc).is_ok());
    }

    #[test]
    fn only_the_signature_itself_is_taken_out() {
        for (field, want) in [
            ("X: a=1; b=abc\r\n def; bh=q=", "X: a=1; b=; bh=q="),
            ("X:b = abc ", "X:b ="),
            ("X: a=b=c; h=b", "X: a=b=c; h=b"),
        ] {
            assert_eq!(String::from_utf8(without_signature(field.as_bytes())).unwrap(), want);
        }
    }
}
