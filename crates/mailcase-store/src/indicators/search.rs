//! The search over all indicators of an organization. What has an index answers at once; everything else looks through a
//! bounded number of indicators per page and says where to go on.

use super::marks::{MARK_COLUMNS, mark_cursor, mark_from, network, read_mark_cursor};
use super::seen::{COUNTED_MAX, SeenElsewhere, effective};
use super::{IndicatorMark, Seen, address_key, host_key, kind_name, kind_of};
use crate::Store;
use crate::error::Result;
use crate::page::{Page, PageRequest, bad_cursor, number_cursor, read_number_cursor, read_pair_cursor};
use crate::search::fold;
use crate::sql::{Conditions, Row, Value};
use data_encoding::HEXLOWER;
use ipnet::IpNet;
use jiff::Timestamp;
use mailcase_core::OrganizationId;
use mailcase_core::indicator::Judgement;
use mailcase_evidence::IndicatorKind;
use mailcase_indicators::host;
use sqlx::AssertSqlSafe;

/// Indicators one page looks through: some tens of milliseconds.
const LOOKED_AT_MAX: usize = 20_000;
/// Indicators fetched at once while looking.
const CHUNK: usize = 2_000;
/// Characters of a text that is looked for.
const TYPED_MAX_CHARS: usize = 4_096;

/// What is looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum IndicatorMatch {
    #[default]
    Anything,
    /// Exactly this one.
    Value(IndicatorKind, String),
    /// Whatever names this host: the domain, URLs on it, addresses at it.
    Host(String),
    /// The same with everything below it.
    Below(String),
    /// Addresses of a network, and URLs that name them.
    Network(IpNet),
    /// The text somewhere in the value, in any case.
    Contains(String),
}

impl IndicatorMatch {
    /// What a person means who types this: a network or address, `*.domain` or a domain for all below it, an observable
    /// however it is defanged, anything else as a part of a value. In quotes it is always a part of a value.
    #[must_use]
    pub fn typed(text: &str) -> Self {
        let text = text.trim();
        let text = text.get(..text.floor_char_boundary(TYPED_MAX_CHARS)).unwrap_or_default();
        if text.is_empty() {
            return Self::Anything;
        }
        if let Some(quoted) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            return if quoted.is_empty() { Self::Anything } else { Self::Contains(quoted.to_owned()) };
        }
        if let Some(network) = network(text) {
            return Self::Network(network);
        }
        if let Some(below) = text.strip_prefix("*.").or_else(|| text.strip_prefix('.')) {
            return match host::ascii(&below.replace("[.]", ".")) {
                Some(name) => Self::Below(name),
                None => Self::Contains(text.to_owned()),
            };
        }
        match mailcase_indicators::recognise(text) {
            Some((IndicatorKind::Domain, name)) => Self::Below(name),
            Some((kind, value)) => Self::Value(kind, value),
            None => Self::Contains(text.to_owned()),
        }
    }
}

/// Whose mark counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkFilter {
    Is(Judgement),
    Unmarked,
    /// Neither benign nor own.
    Unfolded,
}

impl MarkFilter {
    fn holds(self, mark: Option<&IndicatorMark>) -> bool {
        let mark = mark.map(|mark| mark.mark);
        match self {
            Self::Is(wanted) => mark == Some(wanted),
            Self::Unmarked => mark.is_none(),
            Self::Unfolded => matches!(mark, None | Some(Judgement::Malicious)),
        }
    }
}

/// Which indicators to list. What is empty does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IndicatorFilter {
    pub what: IndicatorMatch,
    pub kinds: Vec<IndicatorKind>,
    pub mark: Option<MarkFilter>,
    /// In a message received then or later. Of an indicator that is everywhere only the newest messages are looked at.
    pub since: Option<Timestamp>,
    /// In a message received before.
    pub until: Option<Timestamp>,
}

/// An indicator of the organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundIndicator {
    pub kind: IndicatorKind,
    pub value: String,
    pub mark: Option<IndicatorMark>,
    pub seen: Seen,
}

/// What the list is ordered by, which is what it is found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Axis {
    /// Newest first.
    Age,
    Host,
    Address,
    /// Newest mark first; also what was never seen.
    Mark(Judgement),
}

/// One row on its way to the page.
struct Candidate {
    cursor: String,
    hash: Vec<u8>,
    kind: IndicatorKind,
    value: String,
    mark: Option<IndicatorMark>,
    in_time: bool,
}

impl IndicatorFilter {
    const fn axis(&self) -> Axis {
        match (&self.what, self.mark) {
            (IndicatorMatch::Host(_) | IndicatorMatch::Below(_), _) => Axis::Host,
            (IndicatorMatch::Network(_), _) => Axis::Address,
            // Few among many: found by their marks. The others are also marked by domain and network.
            (IndicatorMatch::Anything | IndicatorMatch::Contains(_), Some(MarkFilter::Is(mark)))
                if matches!(mark, Judgement::Malicious) =>
            {
                Axis::Mark(mark)
            }
            _ => Axis::Age,
        }
    }

    /// Whether a row of the database may not be on the page.
    const fn is_narrowed_here(&self) -> bool {
        matches!(self.what, IndicatorMatch::Contains(_))
            || self.mark.is_some()
            || self.since.is_some()
            || self.until.is_some()
    }
}

impl Store {
    /// The indicators that match. A page may be short, even empty, and still have a next one: each looks through a bounded
    /// number of indicators.
    pub async fn search_indicators(
        &self,
        org: OrganizationId,
        filter: &IndicatorFilter,
        page: &PageRequest,
    ) -> Result<Page<FoundIndicator>> {
        let list = self.mark_list(org).await?;
        let text = match &filter.what {
            IndicatorMatch::Contains(text) => Some(fold(text)),
            _ => None,
        };
        let wanted = page.rows();
        let (mut found, mut looked_at, mut cursor) = (Vec::new(), 0_usize, page.cursor.clone());
        let mut further = true;
        while further && found.len() < wanted && looked_at < LOOKED_AT_MAX {
            let size = if filter.is_narrowed_here() { CHUNK } else { wanted };
            let some = self.candidates(org, filter, cursor.as_deref(), size).await?;
            further = some.len() == size;
            looked_at = looked_at.saturating_add(some.len());
            cursor = some.last().map(|last| last.cursor.clone());
            for mut one in some {
                one.mark = effective(one.mark, &list, one.kind, &one.value);
                let fits = one.in_time
                    && filter.mark.is_none_or(|wanted| wanted.holds(one.mark.as_ref()))
                    && text.as_ref().is_none_or(|text| fold(&one.value).contains(text.as_str()));
                if fits {
                    found.push(one);
                }
            }
        }
        let stopped = if further { cursor } else { None };
        let page = page.finish(found, |one: &Candidate| one.cursor.clone())?;
        let next = page.next.or(stopped);
        Ok(Page { items: self.with_seen(org, page.items).await?, next })
    }

    async fn with_seen(&self, org: OrganizationId, rows: Vec<Candidate>) -> Result<Vec<FoundIndicator>> {
        let hashes: Vec<_> = rows.iter().map(|row| row.hash.clone()).collect();
        let seen = self.seen_of(org, &hashes, SeenElsewhere::Anywhere).await?;
        let rows = rows.into_iter().zip(seen).map(|(row, seen)| {
            let Candidate { kind, value, mark, .. } = row;
            FoundIndicator { kind, value, mark, seen }
        });
        Ok(rows.collect())
    }

    /// The next rows along the axis, narrowed by what the database has an index for.
    async fn candidates(
        &self,
        org: OrganizationId,
        filter: &IndicatorFilter,
        cursor: Option<&str>,
        size: usize,
    ) -> Result<Vec<Candidate>> {
        let axis = filter.axis();
        let mut conditions = Conditions::default();
        let in_time = in_time(&mut conditions, filter);
        let from = match axis {
            Axis::Mark(mark) => {
                conditions.equal("k.organization_id", org);
                conditions.equal("k.scope", "value");
                conditions.equal("k.mark", mark.as_str());
                "indicator_marks k LEFT JOIN indicators i ON i.hash = k.hash"
            }
            _ => {
                conditions.equal("i.organization_id", org);
                "indicators i LEFT JOIN indicator_marks k ON k.hash = i.hash"
            }
        };
        let kind = if matches!(axis, Axis::Mark(_)) { "k.kind" } else { "i.kind" };
        conditions.one_of(kind, filter.kinds.iter().map(|kind| kind_name(*kind)));
        narrow(&mut conditions, &filter.what, org);
        let order = behind(&mut conditions, axis, cursor)?;
        let limit = conditions.bind(size);
        let (clause, values) = conditions.finish();
        let sql = format!(
            "SELECT i.id AS id, i.host_key AS host_key, i.address AS address, \
             COALESCE(i.hash, k.hash) AS hash, COALESCE(i.kind, k.kind) AS kind, \
             COALESCE(i.value, k.value) AS value, {in_time} AS in_time, {MARK_COLUMNS} \
             FROM {from}{clause} ORDER BY {order} LIMIT {limit}"
        );
        let rows = self.pool().fetch_all(AssertSqlSafe(sql), values).await?;
        rows.iter().map(|row| candidate(row, axis)).collect()
    }
}

/// An expression that is 1 when the indicator was seen within the time.
fn in_time(conditions: &mut Conditions, filter: &IndicatorFilter) -> String {
    if filter.since.is_none() && filter.until.is_none() {
        return "CAST(1 AS BIGINT)".to_owned();
    }
    let mut received = String::new();
    for (than, time) in [(">=", filter.since), ("<", filter.until)] {
        if let Some(time) = time {
            let bound = conditions.bind(time);
            received.push_str(&format!(" AND m.received_at {than} {bound}"));
        }
    }
    format!(
        "CAST(CASE WHEN EXISTS (SELECT 1 FROM (SELECT s.message_seq AS seq FROM sightings s \
         WHERE s.indicator_id = i.id ORDER BY s.message_seq DESC LIMIT {COUNTED_MAX}) t \
         JOIN messages m ON m.seq = t.seq{received}) THEN 1 ELSE 0 END AS BIGINT)"
    )
}

fn narrow(conditions: &mut Conditions, what: &IndicatorMatch, org: OrganizationId) {
    match what {
        IndicatorMatch::Anything | IndicatorMatch::Contains(_) => {}
        IndicatorMatch::Value(kind, value) => {
            conditions.equal("i.hash", super::indicator_hash(org, kind_name(*kind), value));
        }
        IndicatorMatch::Host(name) => conditions.equal("i.host_key", host_key(name)),
        IndicatorMatch::Below(name) => {
            let key = host_key(name);
            // `/` follows the dot that ends each label.
            let end = format!("{}/", key.trim_end_matches('.'));
            between(conditions, "i.host_key", key, end, "<");
        }
        IndicatorMatch::Network(network) => {
            let (first, last) = (address_key(network.network()), address_key(network.broadcast()));
            between(conditions, "i.address", first, last, "<=");
        }
    }
}

fn between(
    conditions: &mut Conditions,
    column: &str,
    first: impl Into<Value>,
    last: impl Into<Value>,
    than: &str,
) {
    let (first, last) = (conditions.bind(first), conditions.bind(last));
    conditions.and(&format!("{column} >= {first} AND {column} {than} {last}"));
}

/// Adds what is behind the cursor; returns the order.
fn behind(conditions: &mut Conditions, axis: Axis, cursor: Option<&str>) -> Result<&'static str> {
    let order = match axis {
        Axis::Age => "i.id DESC",
        Axis::Host => "i.host_key, i.id",
        Axis::Address => "i.address, i.id",
        Axis::Mark(_) => "k.marked_at DESC, k.hash DESC",
    };
    let Some(cursor) = cursor else { return Ok(order) };
    match axis {
        Axis::Age => {
            let id = conditions.bind(read_number_cursor(cursor)?);
            conditions.and(&format!("i.id < {id}"));
        }
        Axis::Host => {
            let (id, key) = read_pair_cursor(cursor)?;
            let (key, id) = (conditions.bind(key), conditions.bind(id));
            conditions.and(&format!("(i.host_key, i.id) > ({key}, {id})"));
        }
        Axis::Address => {
            let (id, key) = read_pair_cursor(cursor)?;
            let key = HEXLOWER.decode(key.as_bytes()).map_err(|_| bad_cursor())?;
            let (key, id) = (conditions.bind(key), conditions.bind(id));
            conditions.and(&format!("(i.address, i.id) > ({key}, {id})"));
        }
        Axis::Mark(_) => {
            let (at, hash) = read_mark_cursor(cursor)?;
            let (at, hash) = (conditions.bind(at), conditions.bind(hash));
            conditions.and(&format!("(k.marked_at, k.hash) < ({at}, {hash})"));
        }
    }
    Ok(order)
}

fn candidate(row: &Row, axis: Axis) -> Result<Candidate> {
    let hash = row.bytes("hash")?;
    let cursor = match axis {
        Axis::Age => number_cursor(row.int("id")?),
        Axis::Host => crate::page::pair_cursor(row.int("id")?, &row.text("host_key")?),
        Axis::Address => crate::page::pair_cursor(row.int("id")?, &HEXLOWER.encode(&row.bytes("address")?)),
        Axis::Mark(_) => mark_cursor(row.int("marked_at")?, &hash),
    };
    Ok(Candidate {
        cursor,
        hash,
        kind: kind_of(row)?,
        value: row.text("value")?,
        mark: mark_from(row)?,
        in_time: row.flag("in_time")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type() {
        let value = |kind, value: &str| IndicatorMatch::Value(kind, value.to_owned());
        let below = |name: &str| IndicatorMatch::Below(name.to_owned());
        let contains = |text: &str| IndicatorMatch::Contains(text.to_owned());
        let network = |text: &str| IndicatorMatch::Network(text.parse().unwrap());
        for (typed, want) in [
            ("", IndicatorMatch::Anything),
            ("\"\"", IndicatorMatch::Anything),
            (" evil[.]example ", below("evil.example")),
            ("*.evil.example", below("evil.example")),
            (".local", below("local")),
            ("hxxps://evil[.]example/x", value(IndicatorKind::Url, "https://evil.example/x")),
            ("a@evil.example", value(IndicatorKind::Email, "a@evil.example")),
            ("198.51.100.0/24", network("198.51.100.0/24")),
            ("198[.]51[.]100[.]7", network("198.51.100.7/32")),
            ("2001:db8::/32", network("2001:db8::/32")),
            ("\"evil.example\"", contains("evil.example")),
            ("login", contains("login")),
            ("/wp-admin", contains("/wp-admin")),
            ("0.0.0.0/0", contains("0.0.0.0/0")),
        ] {
            assert_eq!(IndicatorMatch::typed(typed), want, "{typed}");
        }
        let IndicatorMatch::Contains(text) = IndicatorMatch::typed(&"\u{1f4a5}".repeat(9_000)) else {
            panic!("a text that is nothing is a part of a value");
        };
        assert!(text.len() <= TYPED_MAX_CHARS);
    }
}
