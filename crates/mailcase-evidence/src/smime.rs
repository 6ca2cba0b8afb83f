//! Opens S/MIME (RFC 8551): the CMS structures (RFC 5652) that mail is signed, encrypted and compressed with.
//!
//! What is read here was written by strangers and meant for us: nothing is believed, no difference between a wrong key
//! and wrong content is told, and what lets its content be changed unnoticed is marked. Which certificate to trust is
//! decided elsewhere.

pub(crate) mod ber;
pub(crate) mod cipher;
mod enveloped;
pub(crate) mod inner;
pub(crate) mod names;
mod recipient;
mod signed;
#[cfg(test)]
pub(crate) mod tests;
mod unwrap;
mod verify;

use std::borrow::Cow;

use ber::{BerError, Reader, SEQUENCE, context};
use flate2::read::ZlibDecoder;

use crate::contents::{Contents, Item, Room};
use crate::keys::Keyring;
use crate::{Defect, Fact, Lock, Signature};

/// Opens a CMS structure in BER, DER, PEM (RFC 7468) or bare base64.
pub(crate) fn open(bytes: &[u8], keys: &Keyring, room: &mut Room) -> Contents {
    let bytes = binary(bytes);
    opened(&bytes, keys, room).unwrap_or_else(|error| Contents {
        format: "smime",
        defects: vec![damaged(error)],
        ..Contents::default()
    })
}

/// Verifies a signature that stands beside what it signs (RFC 8551 §3.5.3). `content` are the bytes as they were
/// signed: canonical, lines ended by CR LF.
pub(crate) fn verify_detached(signature: &[u8], content: &[u8], room: &mut Room) -> Vec<Signature> {
    let bytes = binary(signature);
    let verified = content_info(&bytes).and_then(|(kind, content_of)| {
        if kind != names::SIGNED_DATA {
            return Err(BerError::Unexpected);
        }
        signed::verify_detached(content_of, content, room)
    });
    verified.unwrap_or_default()
}

fn opened(bytes: &[u8], keys: &Keyring, room: &mut Room) -> Result<Contents, BerError> {
    let (kind, content) = content_info(bytes)?;
    match kind.as_str() {
        names::SIGNED_DATA => signed::open(content, room),
        names::ENVELOPED_DATA => enveloped::open(content, enveloped::Kind::Enveloped, keys, room),
        names::AUTH_ENVELOPED_DATA => enveloped::open(content, enveloped::Kind::Authenticated, keys, room),
        names::COMPRESSED_DATA => compressed(content, room),
        names::ENCRYPTED_DATA => {
            Ok(Contents { format: "smime_encrypted", lock: Some(Lock::Password), ..Contents::default() })
        }
        names::DATA => {
            let mut content = content;
            let data = content.octets()?;
            Ok(with_item("smime_data", inner::item(names::DATA, data.into_owned())))
        }
        other => Ok(Contents {
            format: "smime",
            facts: vec![Fact::new("content_type", other)],
            defects: vec![Defect::new(
                "unsupported_content",
                "this kind of cryptographic message is not known",
            )],
            ..Contents::default()
        }),
    }
}

/// RFC 5652 §3: the kind, and a reader of what it is made of.
fn content_info(bytes: &[u8]) -> Result<(String, Reader<'_>), BerError> {
    let mut info = Reader::new(bytes).within(SEQUENCE)?;
    let kind = info.object_id()?;
    Ok((kind, info.within(context(0))?))
}

/// RFC 3274.
fn compressed(mut content: Reader<'_>, room: &mut Room) -> Result<Contents, BerError> {
    let mut data = content.within(SEQUENCE)?;
    data.number()?;
    let (algorithm, _) = cipher::algorithm(&mut data)?;
    let mut info = data.within(SEQUENCE)?;
    let kind = info.object_id()?;
    let packed = info.within(context(0))?.octets()?;
    let mut contents = Contents { format: "smime_compressed", ..Contents::default() };
    if algorithm != names::ZLIB {
        let message = "the content is compressed in a way that is not known";
        contents.defects.push(Defect::new("unsupported_compression", message));
        return Ok(contents);
    }
    match room.read(ZlibDecoder::new(packed.as_ref())) {
        Ok(unpacked) => contents.items.push(inner::item(&kind, unpacked)),
        Err(short) => contents.defects.push(short.defect()),
    }
    Ok(contents)
}

fn with_item(format: &'static str, item: Item) -> Contents {
    Contents { format, items: vec![item], ..Contents::default() }
}

fn damaged(error: BerError) -> Defect {
    match error {
        BerError::Truncated => {
            Defect::new("truncated", "the cryptographic message is cut short and was not read")
        }
        BerError::Unexpected => Defect::new("damaged", "this is no cryptographic message, or a damaged one"),
    }
}

/// Strips PEM or bare base64, which some gateways leave where bytes should be.
fn binary(bytes: &[u8]) -> Cow<'_, [u8]> {
    let start = bytes.trim_ascii_start();
    if start.first() == Some(&SEQUENCE) {
        return Cow::Borrowed(start);
    }
    let body = if start.starts_with(b"-----BEGIN ") {
        let body = start.iter().position(|byte| *byte == b'\n').and_then(|at| start.get(at..));
        let body = body.unwrap_or_default();
        memchr::memmem::find(body, b"-----END").and_then(|end| body.get(..end)).unwrap_or(body)
    } else {
        start
    };
    let digits: Vec<u8> =
        body.iter().copied().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=').collect();
    match data_encoding::BASE64_NOPAD.decode(&digits) {
        Ok(binary) => Cow::Owned(binary),
        Err(_) => Cow::Borrowed(bytes),
    }
}
