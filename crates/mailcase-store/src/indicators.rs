//! Indicators over all messages of an organization: what people think of them, where else they were seen, and the search.
//! Where in a message one stands, the message's evidence tells.

use crate::Store;
use crate::error::{Result, StoreError};
use crate::sql::{Pool, Row, args, insert_rows, retrying};
use mailcase_core::OrganizationId;
use mailcase_evidence::IndicatorKind;
use mailcase_indicators::host::{self, Host};
use sha2::{Digest, Sha256};
use std::net::IpAddr;

mod marks;
mod own_domains;
mod search;
mod seen;

pub(crate) use marks::MarkList;
pub use marks::{IndicatorMark, MARK_NOTE_MAX_CHARS, MarkTarget, MarksFilter, NewMark};
pub use search::{FoundIndicator, IndicatorFilter, IndicatorMatch, MarkFilter};
pub use seen::{IndicatorFacts, Seen, SeenElsewhere};

/// Bytes of an indicator's hash: collisions are out of reach.
const HASH_BYTES: usize = 16;
/// Longest host name that is looked for: the DNS has 253 bytes.
const HOST_BYTES: usize = 255;

/// By what an indicator is found: the start of SHA-256 over organization, kind and value.
pub(crate) fn indicator_hash(org: OrganizationId, kind: &str, value: &str) -> Vec<u8> {
    let mut hasher = Sha256::new();
    hasher.update(org.uuid().as_bytes());
    hasher.update(kind.as_bytes());
    hasher.update([0]);
    hasher.update(value.as_bytes());
    hasher.finalize().iter().copied().take(HASH_BYTES).collect()
}

pub(crate) const fn kind_name(kind: IndicatorKind) -> &'static str {
    match kind {
        IndicatorKind::Ipv4 => "ipv4",
        IndicatorKind::Ipv6 => "ipv6",
        IndicatorKind::Url => "url",
        IndicatorKind::Domain => "domain",
        IndicatorKind::Email => "email",
        IndicatorKind::Md5 => "md5",
        IndicatorKind::Sha1 => "sha1",
        IndicatorKind::Sha256 => "sha256",
        IndicatorKind::Sha512 => "sha512",
        IndicatorKind::FileName => "file_name",
        IndicatorKind::Cve => "cve",
        IndicatorKind::RegistryPath => "registry_path",
        IndicatorKind::CryptoAddress => "crypto_address",
        IndicatorKind::Phone => "phone",
        IndicatorKind::DateTime => "date_time",
        IndicatorKind::PaymentCard => "payment_card",
    }
}

pub(crate) fn kind_of(row: &Row) -> Result<IndicatorKind> {
    kind_named(row.text("kind")?)
}

fn kind_named(name: String) -> Result<IndicatorKind> {
    serde_json::from_value(serde_json::Value::String(name)).map_err(StoreError::decode)
}

/// Where an indicator points, as it is searched by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Locus {
    /// Labels of the host, last to first, a dot behind each: what is below a domain is a range.
    pub(crate) host_key: Option<String>,
    /// The address as IPv6; IPv4 mapped into it.
    pub(crate) address: Option<Vec<u8>>,
}

impl Locus {
    pub(crate) fn of(kind: IndicatorKind, value: &str) -> Self {
        match host::of(kind, value) {
            Some(Host::Domain(name)) if name.len() <= HOST_BYTES => {
                Self { host_key: Some(host_key(&name)), address: None }
            }
            Some(Host::Ipv4(ip)) => Self { host_key: None, address: Some(address_key(ip.into())) },
            Some(Host::Ipv6(ip)) => Self { host_key: None, address: Some(address_key(ip.into())) },
            _ => Self::default(),
        }
    }
}

fn host_key(name: &str) -> String {
    let mut key = String::with_capacity(name.len().saturating_add(1));
    for label in name.rsplit('.') {
        key.push_str(label);
        key.push('.');
    }
    key
}

fn address_key(ip: IpAddr) -> Vec<u8> {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped().octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    }
}

/// Indicators located at once by [`locate_all`].
const LOCATED_AT_ONCE: usize = 512;

/// Tells where the indicators point that were written before this was asked.
pub(crate) async fn locate_all(pool: &Pool) -> Result<()> {
    while retrying!(locate_some(pool))? {}
    Ok(())
}

async fn locate_some(pool: &Pool) -> Result<bool> {
    let sql = "SELECT id, kind, value FROM indicators WHERE located = 0 ORDER BY id LIMIT $1";
    let rows = pool.fetch_all(sql, args![LOCATED_AT_ONCE]).await?;
    if rows.is_empty() {
        return Ok(false);
    }
    let mut located = Vec::with_capacity(rows.len());
    for row in &rows {
        let Locus { host_key, address } = Locus::of(kind_of(row)?, &row.text("value")?);
        located.push(args![row.int("id")?, host_key, address]);
    }
    let mut tx = pool.begin().await?;
    let head = "UPDATE indicators SET located = 1, host_key = v.column2, address = v.column3 FROM (";
    insert_rows(&mut tx, head, ") AS v WHERE indicators.id = v.column1", located).await?;
    tx.commit().await.map(|()| true)
}

impl Store {
    /// The hashes of values, in their order.
    fn hashes(org: OrganizationId, values: &[(IndicatorKind, &str)]) -> Vec<Vec<u8>> {
        values.iter().map(|(kind, value)| indicator_hash(org, kind_name(*kind), value)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_below_a_domain_is_a_range() {
        let key = |kind, value| Locus::of(kind, value).host_key;
        let evil = key(IndicatorKind::Domain, "evil.example").unwrap();
        assert_eq!(evil, "example.evil.");
        for (kind, value, below) in [
            (IndicatorKind::Url, "https://www.evil.example/x", true),
            (IndicatorKind::Email, "a@mail.evil.example", true),
            (IndicatorKind::Domain, "evil.example", true),
            (IndicatorKind::Domain, "notevil.example", false),
            (IndicatorKind::Domain, "evil-x.example", false),
            (IndicatorKind::Domain, "example", false),
        ] {
            let key = key(kind, value).unwrap();
            assert_eq!(key.starts_with(&evil), below, "{value}");
        }
        let address = Locus::of(IndicatorKind::Url, "http://192.0.2.1/x").address.unwrap();
        assert_eq!(address, Locus::of(IndicatorKind::Ipv4, "192.0.2.1").address.unwrap());
        assert_eq!(Locus::of(IndicatorKind::FileName, "evil.example"), Locus::default());
    }
}
