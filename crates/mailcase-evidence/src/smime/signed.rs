//! Signed content: SignedData (RFC 5652 §5), with the content in it or beside it.

use std::borrow::Cow;

use x509_parser::prelude::FromDer as _;

use super::ber::{BerError, OCTET_STRING, Reader, SEQUENCE, SET, Value, context, write};
use super::cipher::algorithm;
use super::recipient::{Algorithm, CertificateId};
use super::verify::{Digest, Verdict, verify};
use super::{inner, names};
use crate::contents::{Contents, Room};
use crate::keys::CertificateInfo;
use crate::{Defect, Fact, Signature, SignatureState};

/// Certificates read of one message; a chain has three or four.
const CERTIFICATES: usize = 100;
/// Certificates named in the evidence.
const NAMED: usize = 20;
/// Signatures read of one message.
const SIGNERS: usize = 50;
/// One verification, in units of [`Room::spend`].
const VERIFICATION: u64 = 3_000_000;

struct SignedData<'a> {
    content_type: String,
    /// None when it stands beside.
    content: Option<Cow<'a, [u8]>>,
    certificates: Vec<CertificateInfo>,
    signers: Vec<Signer<'a>>,
    /// Signers that make no sense.
    broken: usize,
}

struct Signer<'a> {
    id: CertificateId<'a>,
    digest: String,
    /// The attributes that are signed in place of the content.
    attributes: Option<Value<'a>>,
    algorithm: Algorithm<'a>,
    signature: Cow<'a, [u8]>,
}

/// Opens signed content; the content becomes an item when it is there.
pub(super) fn open(content: Reader<'_>, room: &mut Room) -> Result<Contents, BerError> {
    let data = SignedData::read(content)?;
    let bare = data.signers.is_empty() && data.content.as_ref().is_none_or(|content| content.is_empty());
    let format = if bare { "smime_certificates" } else { "smime_signed" };
    let mut contents = Contents { format, ..Contents::default() };
    let named = data.certificates.iter().take(NAMED);
    contents.facts = named.map(|certificate| Fact::new("certificate", certificate.subject.clone())).collect();
    if data.broken > 0 {
        contents.defects.push(Defect::new("bad_signer", "a signature makes no sense and was passed over"));
    }
    contents.signatures = data.signatures(data.content.as_deref(), room);
    if contents.signatures.iter().any(|signature| signature.weak) {
        let message = "it is signed with a digest that can be forged";
        contents.defects.push(Defect::new("weak_digest", message));
    }
    if bare {
        return Ok(contents);
    }
    if let Some(content) = data.content {
        match room.take(content.len()) {
            Ok(()) => contents.items.push(inner::item(&data.content_type, content.into_owned())),
            Err(short) => contents.defects.push(short.defect()),
        }
    }
    Ok(contents)
}

/// Verifies the signatures over content that stands beside them.
pub(super) fn verify_detached(
    signature: Reader<'_>,
    content: &[u8],
    room: &mut Room,
) -> Result<Vec<Signature>, BerError> {
    Ok(SignedData::read(signature)?.signatures(Some(content), room))
}

impl<'a> SignedData<'a> {
    fn read(mut content: Reader<'a>) -> Result<Self, BerError> {
        let mut data = content.within(SEQUENCE)?;
        data.number()?;
        data.within(SET)?;
        let mut info = data.within(SEQUENCE)?;
        let content_type = info.object_id()?;
        let content = match info.optional(context(0))? {
            // PKCS #7 1.5 signs the content of whatever value stands here (RFC 5652 §5.2.1).
            Some(value) => Some(match value.reader().any()? {
                octets if octets.is(OCTET_STRING) => octets.octets()?,
                other => Cow::Borrowed(other.body),
            }),
            None => None,
        };
        let mut certificates = Vec::new();
        if let Some(set) = data.optional(context(0))? {
            let mut set = set.reader();
            while !set.is_empty() && certificates.len() < CERTIFICATES {
                // One that is damaged costs no other.
                let Ok(value) = set.any() else { break };
                certificates.extend(CertificateInfo::read(value.whole));
            }
        }
        data.optional(context(1))?;
        let mut infos = data.within(SET)?;
        let (mut signers, mut broken) = (Vec::new(), 0usize);
        while !infos.is_empty() && signers.len() < SIGNERS {
            match infos.within(SEQUENCE).and_then(Signer::read) {
                Ok(signer) => signers.push(signer),
                Err(_) if broken < SIGNERS => broken = broken.saturating_add(1),
                Err(_) => break,
            }
        }
        Ok(Self { content_type, content, certificates, signers, broken })
    }

    fn signatures(&self, content: Option<&[u8]>, room: &mut Room) -> Vec<Signature> {
        let mut digests = Digests { content, known: Vec::new() };
        self.signers.iter().map(|signer| self.signature(signer, &mut digests, room)).collect()
    }

    fn signature(&self, signer: &Signer<'_>, digests: &mut Digests<'_>, room: &mut Room) -> Signature {
        let mut signature = Signature { signed_at: signer.signed_at(), ..Signature::default() };
        let Some(certificate) = self.certificates.iter().find(|own| signer.id.is_of(own)) else {
            signature.signer = Some(signer.id.text());
            return signature;
        };
        signature.signer = Some(certificate.subject.clone());
        signature.addresses.clone_from(&certificate.addresses);
        signature.issuer = Some(certificate.issuer.clone());
        signature.serial = Some(certificate.serial());
        signature.not_before = certificate.not_before;
        signature.not_after = certificate.not_after;
        signature.fingerprint = Some(certificate.fingerprint());
        let Some(digest) = Digest::read(&signer.digest) else { return signature };
        signature.weak = digest.is_weak();
        let (algorithm, _) = certificate.algorithm();
        signature.algorithm = Some(format!("{algorithm} with {}", names::name(&signer.digest)));
        if digests.content.is_some() && room.spend(VERIFICATION) {
            signature.state = self.verdict(signer, certificate, digest, digests).into();
        }
        signature
    }

    fn verdict(
        &self,
        signer: &Signer<'_>,
        certificate: &CertificateInfo,
        digest: Digest,
        digests: &mut Digests<'_>,
    ) -> Verdict {
        let hash = digests.of(digest);
        let Some(attributes) = signer.attributes else {
            return verify(
                certificate,
                &signer.algorithm,
                digest,
                &mut |wanted| digests.of(wanted),
                &signer.signature,
            );
        };
        let content_type = signer.attribute(names::CONTENT_TYPE).and_then(|value| value.object_id().ok());
        let named = signer.attribute(names::MESSAGE_DIGEST).and_then(|value| value.octets().ok());
        if content_type.is_some_and(|kind| kind != self.content_type)
            || named.as_deref() != Some(hash.as_slice())
        {
            return Verdict::Broken;
        }
        // Signed as a SET, sent as `[0]` (RFC 5652 §5.4).
        let signed = write(SET, &[attributes.body]);
        verify(certificate, &signer.algorithm, digest, &mut |wanted| wanted.of(&signed), &signer.signature)
    }
}

/// Digests of the content, each made once.
struct Digests<'a> {
    content: Option<&'a [u8]>,
    known: Vec<(Digest, Vec<u8>)>,
}

impl Digests<'_> {
    fn of(&mut self, digest: Digest) -> Vec<u8> {
        if let Some((_, hash)) = self.known.iter().find(|(known, _)| *known == digest) {
            return hash.clone();
        }
        let hash = digest.of(self.content.unwrap_or_default());
        self.known.push((digest, hash.clone()));
        hash
    }
}

impl<'a> Signer<'a> {
    fn read(mut reader: Reader<'a>) -> Result<Self, BerError> {
        reader.number()?;
        let id = CertificateId::read(reader.any()?)?;
        let (digest, _) = algorithm(&mut reader)?;
        let attributes = reader.optional(context(0))?;
        let algorithm = algorithm(&mut reader)?;
        Ok(Self { id, digest, attributes, algorithm, signature: reader.octets()? })
    }

    /// The one value of a signed attribute.
    fn attribute(&self, wanted: &str) -> Option<Value<'a>> {
        let mut attributes = self.attributes?.reader();
        while !attributes.is_empty() {
            let mut attribute = attributes.within(SEQUENCE).ok()?;
            if attribute.object_id().ok()? == wanted {
                return attribute.within(SET).ok()?.any().ok();
            }
        }
        None
    }

    fn signed_at(&self) -> Option<jiff::Timestamp> {
        let value = self.attribute(names::SIGNING_TIME)?;
        let (_, time) = x509_parser::time::ASN1Time::from_der(value.whole).ok()?;
        jiff::Timestamp::from_second(time.timestamp()).ok()
    }
}

impl From<Verdict> for SignatureState {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Intact => Self::Intact,
            Verdict::Broken => Self::Broken,
            Verdict::Unknown => Self::Unverified,
        }
    }
}
