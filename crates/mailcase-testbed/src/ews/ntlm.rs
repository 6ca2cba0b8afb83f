//! The server's side of NTLM over HTTP, written from MS-NLMP and MS-NTHT: version 2 alone, with the integrity code
//! over all three messages, and bound to the channel when that is demanded.

use super::accounts::{Account, ChannelBinding};
use hmac::{Hmac, KeyInit as _, Mac as _};
use md4::{Digest as _, Md4};
use md5::Md5;
use rc4::{Rc4, StreamCipher as _};
use sha2::Sha256;

const SIGNATURE: &[u8; 8] = b"NTLMSSP\0";
const DOMAIN: &str = "TESTBED";
const COMPUTER: &str = "EXCHANGE";
const DNS_DOMAIN: &str = "testbed.example";
const DNS_COMPUTER: &str = "exchange.testbed.example";

/// MS-NLMP 2.2.2.5.
const UNICODE: u32 = 0x0000_0001;
const OEM: u32 = 0x0000_0002;
const REQUEST_TARGET: u32 = 0x0000_0004;
const NTLM: u32 = 0x0000_0200;
const ALWAYS_SIGN: u32 = 0x0000_8000;
const TARGET_TYPE_DOMAIN: u32 = 0x0001_0000;
const EXTENDED_SESSION_SECURITY: u32 = 0x0008_0000;
const TARGET_INFO: u32 = 0x0080_0000;
const VERSION: u32 = 0x0200_0000;
const KEY_EXCHANGE: u32 = 0x4000_0000;
/// Taken over from the client when it offers them: signing, sealing, keys of 128 and 56 bits.
const OFFERED: u32 = 0x0000_0010 | 0x0000_0020 | 0x2000_0000 | 0x8000_0000 | KEY_EXCHANGE;

/// MS-NLMP 2.2.2.1.
const AV_END: u16 = 0;
const AV_FLAGS: u16 = 6;
const AV_TIMESTAMP: u16 = 7;
const AV_CHANNEL_BINDINGS: u16 = 10;
const AV_FLAG_MIC: u32 = 2;

/// Between 1601 and 1970, in seconds.
const WINDOWS_EPOCH: u64 = 11_644_473_600;

/// Why somebody is not let in; the client never learns.
pub(crate) type Refused = &'static str;

/// A handshake under way.
#[derive(Debug, Clone)]
pub(crate) struct Handshake {
    negotiate: Vec<u8>,
    challenge: Vec<u8>,
    nonce: [u8; 8],
}

/// What kind of message this is.
pub(crate) fn kind(message: &[u8]) -> Option<u32> {
    message.starts_with(SIGNATURE).then(|| number(message, 8)).flatten()
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

/// What the length and offset at `at` point to.
fn field(message: &[u8], at: usize) -> Option<&[u8]> {
    let length = usize::from(short(message, at)?);
    let offset = usize::try_from(number(message, at.checked_add(4)?)?).ok()?;
    message.get(offset..offset.checked_add(length)?)
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn narrow(bytes: &[u8]) -> String {
    let units: Vec<u16> =
        bytes.chunks_exact(2).filter_map(|pair| Some(u16::from_le_bytes(pair.try_into().ok()?))).collect();
    String::from_utf16_lossy(&units)
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 16] {
    let Ok(mut mac) = Hmac::<Md5>::new_from_slice(key) else { return [0; 16] };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn pair(id: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
    [&id.to_le_bytes()[..], &length.to_le_bytes(), value].concat()
}

/// The value of a pair in a list of them.
fn pair_of(list: &[u8], wanted: u16) -> Option<&[u8]> {
    let mut at = 0;
    loop {
        let id = short(list, at)?;
        let length = usize::from(short(list, at.checked_add(2)?)?);
        let value = list.get(at.checked_add(4)?..at.checked_add(4)?.checked_add(length)?)?;
        if id == wanted {
            return Some(value);
        }
        if id == AV_END {
            return None;
        }
        at = at.checked_add(4)?.checked_add(length)?;
    }
}

impl Handshake {
    /// Answers a NEGOTIATE message; `nonce` must never have been used before.
    pub(crate) fn begin(negotiate: &[u8], nonce: [u8; 8], now: jiff::Timestamp) -> Option<Self> {
        let offered = number(negotiate, 12)?;
        if offered & (UNICODE | OEM) == 0 || offered & NTLM == 0 {
            return None;
        }
        let unicode = offered & UNICODE != 0;
        let flags = if unicode { UNICODE } else { OEM }
            | REQUEST_TARGET
            | NTLM
            | ALWAYS_SIGN
            | TARGET_TYPE_DOMAIN
            | EXTENDED_SESSION_SECURITY
            | TARGET_INFO
            | VERSION
            | (offered & OFFERED);
        let seconds = u64::try_from(now.as_second()).unwrap_or_default().saturating_add(WINDOWS_EPOCH);
        let info = [
            pair(2, &wide(DOMAIN)),
            pair(1, &wide(COMPUTER)),
            pair(4, &wide(DNS_DOMAIN)),
            pair(3, &wide(DNS_COMPUTER)),
            pair(5, &wide(DNS_DOMAIN)),
            pair(AV_TIMESTAMP, &seconds.saturating_mul(10_000_000).to_le_bytes()),
            pair(AV_END, &[]),
        ]
        .concat();
        let name = if unicode { wide(DOMAIN) } else { DOMAIN.as_bytes().to_vec() };
        let name_length = u16::try_from(name.len()).ok()?.to_le_bytes();
        let info_length = u16::try_from(info.len()).ok()?.to_le_bytes();
        let info_at = u32::try_from(56 + name.len()).ok()?.to_le_bytes();
        let challenge = [
            &SIGNATURE[..],
            &2u32.to_le_bytes(),
            &name_length,
            &name_length,
            &56u32.to_le_bytes(),
            &flags.to_le_bytes(),
            &nonce,
            &[0; 8],
            &info_length,
            &info_length,
            &info_at,
            // Windows Server 2016, NTLMSSP revision 15.
            &[10, 0, 0x39, 0x38, 0, 0, 0, 15],
            &name,
            &info,
        ]
        .concat();
        Some(Self { negotiate: negotiate.to_vec(), challenge, nonce })
    }

    pub(crate) fn challenge(&self) -> &[u8] {
        &self.challenge
    }

    /// Reads an AUTHENTICATE message: whose it is. `channel` is the hash of the server's certificate (RFC 5929 §4).
    pub(crate) fn finish<'a>(
        &self,
        message: &[u8],
        accounts: &'a [Account],
        binding: ChannelBinding,
        channel: Option<&[u8]>,
    ) -> Result<&'a Account, Refused> {
        let broken = "a broken message";
        let response = field(message, 20).ok_or(broken)?;
        let flags = number(message, 60).ok_or(broken)?;
        let text = |at: usize| -> Result<String, Refused> {
            let bytes = field(message, at).ok_or(broken)?;
            Ok(if flags & UNICODE != 0 { narrow(bytes) } else { String::from_utf8_lossy(bytes).into_owned() })
        };
        let (domain, user) = (text(28)?, text(36)?);
        let Some((proof, temp)) = response.split_at_checked(16).filter(|(_, temp)| temp.len() >= 28) else {
            return Err("NTLM version 1");
        };
        let full = if domain.is_empty() { user.clone() } else { format!("{domain}\\{user}") };
        let account =
            accounts.iter().find(|account| account.is_called(&full)).ok_or("nobody of that name")?;
        let hash = Md4::digest(wide(&account.password));
        let key = hmac(&hash, &[&wide(&user.to_uppercase()), &wide(&domain)]);
        if hmac(&key, &[&self.nonce, temp]) != proof {
            return Err("a wrong password");
        }
        let pairs = temp.get(28..).ok_or(broken)?;
        let av_flags = pair_of(pairs, AV_FLAGS).and_then(|value| number(value, 0)).unwrap_or_default();
        if av_flags & AV_FLAG_MIC != 0 {
            self.check_integrity(message, flags, hmac(&key, &[proof]))?;
        } else if binding != ChannelBinding::Off {
            return Err("no integrity code");
        }
        let given = pair_of(pairs, AV_CHANNEL_BINDINGS).filter(|value| value.iter().any(|byte| *byte != 0));
        match (binding, given, channel) {
            (ChannelBinding::Off, ..) | (ChannelBinding::Allowed, None, _) | (_, _, None) => Ok(account),
            (ChannelBinding::Required, None, Some(_)) => Err("not bound to the channel"),
            (_, Some(given), Some(channel)) if given == bindings(channel) => Ok(account),
            (_, Some(_), Some(_)) => Err("bound to another channel"),
        }
    }

    fn check_integrity(&self, message: &[u8], flags: u32, session: [u8; 16]) -> Result<(), Refused> {
        let broken = "a broken message";
        let key = if flags & KEY_EXCHANGE == 0 {
            session
        } else {
            let mut key: [u8; 16] =
                field(message, 52).and_then(|key| key.try_into().ok()).ok_or("no session key")?;
            let mut cipher = Rc4::new_from_slice(&session).map_err(|_| broken)?;
            cipher.apply_keystream(&mut key);
            key
        };
        let (before, rest) = message.split_at_checked(72).ok_or(broken)?;
        let (code, after) = rest.split_at_checked(16).ok_or(broken)?;
        let expected = hmac(&key, &[&self.negotiate, &self.challenge, before, &[0; 16], after]);
        if expected == code { Ok(()) } else { Err("a wrong integrity code") }
    }
}

/// The hash of `gss_channel_bindings_struct` (MS-NLMP 2.2.2.1, RFC 2744 §3.11) with that of the certificate in it.
fn bindings(channel: &[u8]) -> [u8; 16] {
    let data = [b"tls-server-end-point:", channel].concat();
    let length = u32::try_from(data.len()).unwrap_or_default().to_le_bytes();
    Md5::digest([&[0; 16][..], &length, &data].concat()).into()
}

/// What a connection to a server with this certificate is bound to. Certificates here are signed with SHA-256.
pub(crate) fn end_point(certificate: &[u8]) -> Vec<u8> {
    Sha256::digest(certificate).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// MS-NLMP 4.2.4: the worked example of version 2.
    #[test]
    fn the_worked_example_of_the_specification_comes_out() {
        let key = hmac(&Md4::digest(wide("Password")), &[&wide("USER"), &wide("Domain")]);
        assert_eq!(data_encoding::HEXLOWER.encode(&key), "0c868a403bfd7a93a3001ef22ef02e3f");
        let temp = [
            &[1, 1, 0, 0, 0, 0, 0, 0][..],
            &[0; 8],
            &[0xaa; 8],
            &[0; 4],
            &pair(2, &wide("Domain")),
            &pair(1, &wide("Server")),
            &pair(AV_END, &[]),
            &[0; 4],
        ]
        .concat();
        let nonce = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];
        let proof = hmac(&key, &[&nonce, &temp]);
        assert_eq!(data_encoding::HEXLOWER.encode(&proof), "68cd0ab851e51c96aabc927bebef6a1c");
        let session = hmac(&key, &[&proof]);
        assert_eq!(data_encoding::HEXLOWER.encode(&session), "8de40ccadbc14a82f15cb0ad0de95ca3");
        let mut random = [0x55; 16];
        Rc4::new_from_slice(&session).unwrap().apply_keystream(&mut random);
        assert_eq!(data_encoding::HEXLOWER.encode(&random), "c5dad2544fc9799094ce1ce90bc9d03e");
    }

    #[test]
    fn lists_of_pairs_are_read_and_broken_ones_end() {
        let list = [pair(2, b"ab"), pair(7, b"12345678"), pair(AV_END, &[])].concat();
        assert_eq!(pair_of(&list, 7), Some(&b"12345678"[..]));
        assert_eq!(pair_of(&list, 10), None);
        for length in 0..list.len() {
            assert_eq!(pair_of(list.get(..length).unwrap_or_default(), 10), None);
        }
    }
}
