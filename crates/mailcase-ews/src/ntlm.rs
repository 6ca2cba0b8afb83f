//! NTLM version 2 (MS-NLMP) as its client: three messages, with a message integrity code, and bound to the encryption of
//! the connection where there is one (Extended Protection). Version 1 is refused; nothing is signed or sealed afterwards.

use hmac::{Hmac, KeyInit as _, Mac as _};
use md4::Md4;
use md5::{Digest as _, Md5};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

const SIGNATURE: &[u8; 8] = b"NTLMSSP\0";
/// MS-NLMP 2.2.2.5: Unicode, the target's name, NTLM, always sign, extended session security, target information,
/// version, 128 bit.
const FLAGS: u32 = 0x0001 | 0x0004 | 0x0200 | 0x8000 | 0x0008_0000 | 0x0080_0000 | 0x0200_0000 | 0x2000_0000;
/// What goes without saying: the texts are in UTF-16.
const UNICODE: u32 = 0x0001;
/// MS-NLMP 2.2.2.10: what we claim to be, for debugging; Windows 10 and revision 15.
const VERSION: [u8; 8] = [10, 0, 0, 0, 0, 0, 0, 15];
/// MS-NLMP 2.2.2.1.
const AV_EOL: u16 = 0;
const AV_FLAGS: u16 = 6;
const AV_TIMESTAMP: u16 = 7;
const AV_TARGET_NAME: u16 = 9;
const AV_CHANNEL_BINDINGS: u16 = 10;
/// In `AV_FLAGS`: the message carries an integrity code.
const HAS_MIC: u32 = 0x2;
/// Where the fixed part of the last message ends.
const PAYLOAD: usize = 88;
const MIC: std::ops::Range<usize> = 72..88;
/// Larger challenges are not from Windows.
const CHALLENGE_MAX_BYTES: usize = 64 << 10;
/// From 1601 to 1970, in the units of Windows: 100 nanoseconds.
const EPOCH: u64 = 116_444_736_000_000_000;

/// Who signs in.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    user: String,
    domain: String,
    password: SecretString,
}

impl Identity {
    /// `DOMAIN\user`, `user@example.org` or `user`.
    pub(crate) fn new(name: &str, password: SecretString) -> Self {
        let (domain, user) = name.split_once('\\').unwrap_or(("", name));
        Self { user: user.to_owned(), domain: domain.to_owned(), password }
    }

    /// NTOWFv2 (MS-NLMP 3.3.2).
    fn key(&self) -> Zeroizing<Vec<u8>> {
        let password = Zeroizing::new(utf16(self.password.expose_secret()));
        let hash = Zeroizing::new(Md4::digest(&password).to_vec());
        let name = format!("{}{}", self.user.to_uppercase(), self.domain);
        Zeroizing::new(hmac_md5(&hash, &[&utf16(&name)]).to_vec())
    }
}

/// What differs from one sign-in to the next.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// A number used once.
    pub(crate) nonce: [u8; 8],
    /// In the units of Windows, for servers that do not tell the time.
    pub(crate) time: u64,
}

impl Moment {
    pub(crate) fn now() -> Self {
        let micros = u64::try_from(jiff::Timestamp::now().as_microsecond()).unwrap_or_default();
        Self { nonce: rand::random(), time: micros.saturating_mul(10).saturating_add(EPOCH) }
    }
}

/// To what the sign-in is bound.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bound<'a> {
    /// The name of the server.
    pub(crate) host: &'a str,
    /// `tls-server-end-point` (RFC 5929 §4).
    pub(crate) channel: Option<&'a [u8]>,
}

/// The first message.
pub(crate) fn negotiate() -> Vec<u8> {
    let mut message = Vec::with_capacity(40);
    message.extend_from_slice(SIGNATURE);
    message.extend_from_slice(&1_u32.to_le_bytes());
    message.extend_from_slice(&FLAGS.to_le_bytes());
    // Neither domain nor workstation are named.
    message.extend_from_slice(&[0; 16]);
    message.extend_from_slice(&VERSION);
    message
}

/// The answer to a challenge, which is the last message; nothing when it is no challenge, or one of version 1.
pub(crate) fn authenticate(
    challenge: &[u8],
    identity: &Identity,
    bound: Bound<'_>,
    moment: Moment,
) -> Option<Vec<u8>> {
    let asked = Challenge::parse(challenge)?;
    let time = asked.pair(AV_TIMESTAMP).and_then(|time| time.try_into().ok());
    let has_mic = time.is_some();
    let mut pairs = asked.pairs.clone();
    pairs.retain(|(id, _)| ![AV_FLAGS, AV_TARGET_NAME, AV_CHANNEL_BINDINGS].contains(id));
    if has_mic {
        pairs.push((AV_FLAGS, HAS_MIC.to_le_bytes().to_vec()));
    }
    pairs.push((AV_CHANNEL_BINDINGS, bound.channel.map_or([0; 16], channel_bindings).to_vec()));
    pairs.push((AV_TARGET_NAME, utf16(&format!("HTTP/{}", bound.host))));
    let key = identity.key();
    let time = time.map_or(moment.time, u64::from_le_bytes);
    let proof = Proof::new(&key, asked.nonce, moment.nonce, time, &written(&pairs)?);
    // MS-NLMP 3.1.5.1.2: who tells the time gets no LM response.
    let lm = if has_mic { vec![0; 24] } else { lm_response(&key, asked.nonce, moment.nonce) };
    let mut message = last(&lm, &proof.response, identity, asked.flags)?;
    if has_mic {
        let first = negotiate();
        let code = hmac_md5(proof.session_key.as_slice(), &[first.as_slice(), challenge, message.as_slice()]);
        message.get_mut(MIC)?.copy_from_slice(&code);
    }
    Some(message)
}

/// The parts of a challenge that matter (MS-NLMP 2.2.1.2).
struct Challenge {
    flags: u32,
    nonce: [u8; 8],
    /// The target information, without its end.
    pairs: Vec<(u16, Vec<u8>)>,
}

impl Challenge {
    fn parse(message: &[u8]) -> Option<Self> {
        let is_challenge = message.len() <= CHALLENGE_MAX_BYTES
            && message.starts_with(SIGNATURE)
            && message.get(8..12)? == 2_u32.to_le_bytes();
        if !is_challenge {
            return None;
        }
        let flags = u32::from_le_bytes(message.get(20..24)?.try_into().ok()?);
        let nonce = message.get(24..32)?.try_into().ok()?;
        let length = usize::from(u16::from_le_bytes(message.get(40..42)?.try_into().ok()?));
        let offset = usize::try_from(u32::from_le_bytes(message.get(44..48)?.try_into().ok()?)).ok()?;
        let mut rest = message.get(offset..offset.checked_add(length)?)?;
        let mut pairs = Vec::new();
        loop {
            let (head, after) = rest.split_at_checked(4)?;
            let id = u16::from_le_bytes(head.get(..2)?.try_into().ok()?);
            let length = usize::from(u16::from_le_bytes(head.get(2..)?.try_into().ok()?));
            if id == AV_EOL {
                return (flags & UNICODE != 0).then_some(Self { flags, nonce, pairs });
            }
            let (value, after) = after.split_at_checked(length)?;
            pairs.push((id, value.to_vec()));
            rest = after;
        }
    }

    fn pair(&self, id: u16) -> Option<&[u8]> {
        self.pairs.iter().find(|(other, _)| *other == id).map(|(_, value)| value.as_slice())
    }
}

fn written(pairs: &[(u16, Vec<u8>)]) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    for (id, value) in pairs {
        text.extend_from_slice(&id.to_le_bytes());
        text.extend_from_slice(&u16::try_from(value.len()).ok()?.to_le_bytes());
        text.extend_from_slice(value);
    }
    text.extend_from_slice(&[0; 4]);
    Some(text)
}

/// The NTLMv2 response (MS-NLMP 3.3.2) and the key that follows from it.
struct Proof {
    response: Vec<u8>,
    session_key: Zeroizing<[u8; 16]>,
}

impl Proof {
    fn new(key: &[u8], theirs: [u8; 8], ours: [u8; 8], time: u64, target: &[u8]) -> Self {
        let mut blob = vec![1, 1, 0, 0, 0, 0, 0, 0];
        blob.extend_from_slice(&time.to_le_bytes());
        blob.extend_from_slice(&ours);
        blob.extend_from_slice(&[0; 4]);
        blob.extend_from_slice(target);
        blob.extend_from_slice(&[0; 4]);
        let proof = hmac_md5(key, &[theirs.as_slice(), blob.as_slice()]);
        let session_key = Zeroizing::new(hmac_md5(key, &[proof.as_slice()]));
        Self { response: [proof.as_slice(), blob.as_slice()].concat(), session_key }
    }
}

fn lm_response(key: &[u8], theirs: [u8; 8], ours: [u8; 8]) -> Vec<u8> {
    let proof = hmac_md5(key, &[theirs.as_slice(), ours.as_slice()]);
    [proof.as_slice(), ours.as_slice()].concat()
}

/// MS-NLMP 2.2.1.3, its integrity code still empty.
fn last(lm: &[u8], nt: &[u8], identity: &Identity, flags: u32) -> Option<Vec<u8>> {
    let (domain, user) = (utf16(&identity.domain), utf16(&identity.user));
    let mut message = Vec::from(*SIGNATURE);
    message.extend_from_slice(&3_u32.to_le_bytes());
    let mut payload: Vec<u8> = Vec::new();
    // The workstation is not named, and no session key is exchanged.
    for field in [lm, nt, domain.as_slice(), user.as_slice(), &[], &[]] {
        let length = u16::try_from(field.len()).ok()?.to_le_bytes();
        let offset = u32::try_from(PAYLOAD.checked_add(payload.len())?).ok()?;
        message.extend_from_slice(&length);
        message.extend_from_slice(&length);
        message.extend_from_slice(&offset.to_le_bytes());
        payload.extend_from_slice(field);
    }
    message.extend_from_slice(&(flags & FLAGS).to_le_bytes());
    message.extend_from_slice(&VERSION);
    message.extend_from_slice(&[0; 16]);
    message.extend_from_slice(&payload);
    Some(message)
}

/// The MD5 of a `gss_channel_bindings_struct` (RFC 2744 §3.11) without addresses.
fn channel_bindings(end_point: &[u8]) -> [u8; 16] {
    const PREFIX: &[u8] = b"tls-server-end-point:";
    let length = u32::try_from(PREFIX.len().saturating_add(end_point.len())).unwrap_or_default();
    let mut hash = Md5::new();
    hash.update([0; 16]);
    hash.update(length.to_le_bytes());
    hash.update(PREFIX);
    hash.update(end_point);
    hash.finalize().into()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn hmac_md5(key: &[u8], parts: &[&[u8]]) -> [u8; 16] {
    // A key of any length is one: what is longer is hashed (RFC 2104 §2).
    let Ok(mut mac) = Hmac::<Md5>::new_from_slice(key) else { return [0; 16] };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests;
