//! Identifiers and words: the same export names the same things the same way.

use jiff::Timestamp;
use mailcase_indicators::Kind;
use uuid::{Builder, Uuid};

/// Of everything here that is no cyber-observable object.
const OURS: Uuid = Uuid::from_u128(0x6d61_696c_6361_7365_8e78_706f_7274_0001);

/// A name for what is `role` of `key` within `scope`. Written as version 4, which STIX 2.1 (2.9) asks of its domain
/// objects, and made from its meaning, so that who reads an export twice has everything once.
pub(crate) fn named(scope: Uuid, role: &str, key: &str) -> Uuid {
    let within = Uuid::new_v5(&OURS, scope.as_bytes());
    let made = Uuid::new_v5(&within, format!("{role}\0{key}").as_bytes());
    Builder::from_random_bytes(made.into_bytes()).into_uuid()
}

/// The stable word of a kind.
pub(crate) const fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Ipv4 => "ipv4",
        Kind::Ipv6 => "ipv6",
        Kind::Url => "url",
        Kind::Domain => "domain",
        Kind::Email => "email",
        Kind::Md5 => "md5",
        Kind::Sha1 => "sha1",
        Kind::Sha256 => "sha256",
        Kind::Sha512 => "sha512",
        Kind::FileName => "file_name",
        Kind::RegistryPath => "registry_path",
        Kind::Cve => "cve",
        Kind::CryptoAddress => "crypto_address",
        Kind::Phone => "phone",
        Kind::DateTime => "date_time",
        Kind::PaymentCard => "payment_card",
    }
}

/// Mail may claim to be older than time; formats do not know that.
pub(crate) fn sane(at: Timestamp) -> Timestamp {
    at.max(Timestamp::UNIX_EPOCH)
}
