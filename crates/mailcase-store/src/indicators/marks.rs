//! What an organization thinks of values, domains and networks.

use super::{indicator_hash, kind_name, kind_named, own_domains};
use crate::Store;
use crate::audit::{NewAudit, Recorded, note_in};
use crate::error::{Result, StoreError};
use crate::events::Event;
use crate::page::{Page, PageRequest, pair_cursor, read_pair_cursor};
use crate::sql::{Conditions, Row, args, retrying};
use data_encoding::HEXLOWER;
use ipnet::IpNet;
use jiff::Timestamp;
use mailcase_core::OrganizationId;
use mailcase_core::indicator::{Judgement, MarkScope, MarkSource};
use mailcase_evidence::IndicatorKind;
use mailcase_indicators::host::{self, Host};
use serde_json::json as fact;
use sqlx::AssertSqlSafe;
use std::collections::HashMap;
use std::net::IpAddr;

/// Characters of a note.
pub const MARK_NOTE_MAX_CHARS: usize = 1_000;
/// Marks of domains and networks of one organization: every page of indicators is held against all of them.
const WIDE_MAX: u64 = 1_000;
/// Marks of values of one organization: a list somebody works with, no feed.
const VALUES_MAX: u64 = 100_000;
/// Longest value that is marked, in bytes: evidence keeps no longer ones.
const VALUE_BYTES_MAX: usize = 4 << 10;
/// Characters of a value on the audit trail.
const AUDITED_CHARS: usize = 200;
/// Shortest prefixes of networks: a shorter one is a slip that would fold half the Internet away.
const PREFIX_MIN_V4: u8 = 8;
const PREFIX_MIN_V6: u8 = 16;

/// What is marked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum MarkTarget {
    Value(IndicatorKind, String),
    /// A domain with everything below it.
    Below(String),
    Network(IpNet),
}

impl MarkTarget {
    /// The target that is written so.
    ///
    /// # Errors
    /// [`StoreError::Settings`] with what people may write.
    pub fn read(scope: MarkScope, kind: Option<IndicatorKind>, value: &str) -> Result<Self> {
        let value = value.trim();
        let refused = |text: &str| Err(StoreError::Settings(text.to_owned()));
        match (scope, kind) {
            (MarkScope::Value, Some(kind)) if (1..=VALUE_BYTES_MAX).contains(&value.len()) => {
                // As it stands in messages, however it was typed.
                let found = mailcase_indicators::recognise(value).filter(|(found, _)| *found == kind);
                Ok(Self::Value(kind, found.map_or_else(|| value.to_owned(), |(_, value)| value)))
            }
            (MarkScope::Value, _) => refused("name the kind and the value that is marked"),
            (MarkScope::Below, _) => {
                let typed = value.trim_start_matches("*.").replace("[.]", ".");
                match host::ascii(&typed).filter(|name| !host::is_everybodys(name)) {
                    Some(name) => Ok(Self::Below(name)),
                    None => refused("write a domain somebody can own, such as example.com"),
                }
            }
            (MarkScope::Network, _) => match network(value) {
                Some(network) => Ok(Self::Network(network)),
                None => refused(
                    "write a network such as 192.0.2.0/24 or 2001:db8::/32, or one address; \
                     the shortest prefixes are /8 and /16",
                ),
            },
        }
    }

    pub(crate) const fn scope(&self) -> MarkScope {
        match self {
            Self::Value(..) => MarkScope::Value,
            Self::Below(_) => MarkScope::Below,
            Self::Network(_) => MarkScope::Network,
        }
    }

    /// As it is kept: its kind, if it has one, and its value.
    fn columns(&self) -> (Option<&'static str>, String) {
        match self {
            Self::Value(kind, value) => (Some(kind_name(*kind)), value.replace('\0', "")),
            Self::Below(name) => (None, name.clone()),
            Self::Network(network) => (None, network.to_string()),
        }
    }

    /// A value's is the indicator's own; no kind is called as a scope.
    fn hash(&self, org: OrganizationId) -> Vec<u8> {
        let (kind, value) = self.columns();
        indicator_hash(org, kind.unwrap_or(self.scope().as_str()), &value)
    }
}

/// A network as people write it; one address is a network too.
pub(super) fn network(typed: &str) -> Option<IpNet> {
    let typed = typed.replace("[.]", ".").replace("[:]", ":");
    let network = match typed.parse::<IpNet>() {
        Ok(network) => network.trunc(),
        Err(_) => IpNet::from(typed.parse::<IpAddr>().ok()?),
    };
    let shortest = if matches!(network, IpNet::V4(_)) { PREFIX_MIN_V4 } else { PREFIX_MIN_V6 };
    (network.prefix_len() >= shortest).then_some(network)
}

/// A mark to be set; it takes the place of an earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMark {
    pub target: MarkTarget,
    pub mark: Judgement,
    pub note: String,
}

/// A mark as it was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndicatorMark {
    pub target: MarkTarget,
    pub mark: Judgement,
    pub source: MarkSource,
    pub note: String,
    pub marked_by: Option<String>,
    pub marked_at: Timestamp,
}

/// Which marks to list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MarksFilter {
    pub mark: Option<Judgement>,
    pub scope: Option<MarkScope>,
}

pub(super) const MARK_COLUMNS: &str = "k.scope AS scope, k.kind AS mark_kind, k.value AS mark_value, k.mark AS mark, \
     k.note AS note, k.marked_by AS marked_by, k.marked_at AS marked_at";

/// The mark in a row that has [`MARK_COLUMNS`]; `None` where nothing was joined.
pub(super) fn mark_from(row: &Row) -> Result<Option<IndicatorMark>> {
    let Some(scope) = row.opt_named::<MarkScope>("scope")? else { return Ok(None) };
    let value = row.text("mark_value")?;
    let target = match scope {
        MarkScope::Value => MarkTarget::Value(kind_named(row.text("mark_kind")?)?, value),
        MarkScope::Below => MarkTarget::Below(value),
        MarkScope::Network => MarkTarget::Network(value.parse().map_err(StoreError::decode)?),
    };
    Ok(Some(IndicatorMark {
        target,
        mark: row.named("mark")?,
        source: MarkSource::Mark,
        note: row.text("note")?,
        marked_by: row.opt_text("marked_by")?,
        marked_at: row.time("marked_at")?,
    }))
}

/// The marks of domains and networks of an organization, to hold indicators against.
#[derive(Debug, Default)]
pub(crate) struct MarkList {
    domains: HashMap<String, IndicatorMark>,
    /// Longest prefix first.
    networks: Vec<(IpNet, IndicatorMark)>,
}

impl MarkList {
    fn of(marks: Vec<IndicatorMark>) -> Self {
        let mut list = Self::default();
        for mark in marks {
            match &mark.target {
                MarkTarget::Below(name) => {
                    list.domains.insert(name.clone(), mark);
                }
                MarkTarget::Network(network) => list.networks.push((*network, mark)),
                MarkTarget::Value(..) => {}
            }
        }
        list.networks.sort_by_key(|(network, _)| std::cmp::Reverse(network.prefix_len()));
        list
    }

    /// The mark that reaches an indicator, the nearest one first.
    pub(crate) fn find(&self, kind: IndicatorKind, value: &str) -> Option<&IndicatorMark> {
        if self.domains.is_empty() && self.networks.is_empty() {
            return None;
        }
        let of_ip = |ip: IpAddr| {
            self.networks.iter().find(|(network, _)| network.contains(&ip)).map(|(_, mark)| mark)
        };
        match host::of(kind, value)? {
            Host::Domain(name) => {
                std::iter::successors(Some(name.as_str()), |name| name.split_once('.').map(|(_, rest)| rest))
                    .find_map(|name| self.domains.get(name))
            }
            Host::Ipv4(ip) => of_ip(ip.into()),
            Host::Ipv6(ip) => of_ip(ip.into()),
        }
    }
}

impl Store {
    /// What reaches further than one value.
    pub(crate) async fn mark_list(&self, org: OrganizationId) -> Result<MarkList> {
        let sql = format!(
            "SELECT {MARK_COLUMNS} FROM indicator_marks k WHERE k.organization_id = $1 AND k.scope <> 'value'"
        );
        let rows = self.pool().fetch_all(AssertSqlSafe(sql), args![org]).await?;
        let mut marks: Vec<_> =
            rows.iter().filter_map(|row| mark_from(row).transpose()).collect::<Result<_>>()?;
        // Behind the marks: of the same name the settings count.
        marks.extend(self.own_domain_marks(org).await?);
        Ok(MarkList::of(marks))
    }

    /// What is marked in an organization: its own domains, then what people marked, newest first.
    pub async fn indicator_marks(
        &self,
        org: OrganizationId,
        filter: MarksFilter,
        page: &PageRequest,
    ) -> Result<Page<IndicatorMark>> {
        let Some(listed) = own_domains::listed(page.cursor.as_deref())? else {
            return self.marks_set(org, filter, page).await;
        };
        let own = if filter.takes_own_domains() { self.own_domain_marks(org).await? } else { Vec::new() };
        let size = page.size();
        let mut items: Vec<_> = own.into_iter().skip(listed).take(size).collect();
        if items.len() == size {
            return Ok(Page { items, next: Some(own_domains::cursor(listed.saturating_add(size))) });
        }
        let rest = PageRequest { cursor: None, limit: size.saturating_sub(items.len()) };
        let set = self.marks_set(org, filter, &rest).await?;
        items.extend(set.items);
        Ok(Page { items, next: set.next })
    }

    async fn marks_set(
        &self,
        org: OrganizationId,
        filter: MarksFilter,
        page: &PageRequest,
    ) -> Result<Page<IndicatorMark>> {
        let mut conditions = Conditions::default();
        conditions.equal("k.organization_id", org);
        if let Some(mark) = filter.mark {
            conditions.equal("k.mark", mark.as_str());
        }
        if let Some(scope) = filter.scope {
            conditions.equal("k.scope", scope.as_str());
        }
        if let Some((at, hash)) = page.cursor.as_deref().map(read_mark_cursor).transpose()? {
            let (at, hash) = (conditions.bind(at), conditions.bind(hash));
            conditions.and(&format!("(k.marked_at, k.hash) < ({at}, {hash})"));
        }
        let limit = conditions.bind(page.rows());
        let (clause, values) = conditions.finish();
        let sql = format!(
            "SELECT k.hash AS hash, {MARK_COLUMNS} FROM indicator_marks k{clause} \
             ORDER BY k.marked_at DESC, k.hash DESC LIMIT {limit}"
        );
        let rows = self.pool().fetch_all(AssertSqlSafe(sql), values).await?;
        let read = |row: &Row| {
            let mark = mark_from(row)?.ok_or(StoreError::missing("mark"))?;
            Ok((mark_cursor(mark.marked_at.as_microsecond(), &row.bytes("hash")?), mark))
        };
        let page = page
            .finish(rows.iter().map(read).collect::<Result<_>>()?, |(cursor, _): &(String, _)| {
                cursor.clone()
            })?;
        Ok(Page { items: page.items.into_iter().map(|(_, mark)| mark).collect(), next: page.next })
    }

    async fn mark_indicator_once(
        &self,
        org: OrganizationId,
        new: &NewMark,
        entry: Option<&NewAudit>,
    ) -> Result<()> {
        let (kind, value) = new.target.columns();
        let hash = new.target.hash(org);
        let mut tx = self.pool().begin().await?;
        let wide = new.target.scope() != MarkScope::Value;
        let (counted, most) = if wide {
            (
                "SELECT COUNT(*) AS marks FROM indicator_marks WHERE organization_id = $1 AND scope <> 'value' AND hash <> $2",
                WIDE_MAX,
            )
        } else {
            (
                "SELECT COUNT(*) AS marks FROM indicator_marks WHERE organization_id = $1 AND scope = 'value' AND hash <> $2",
                VALUES_MAX,
            )
        };
        if tx.fetch_one(counted, args![org, hash.clone()]).await?.count("marks")? >= most {
            return Err(StoreError::conflict(format!(
                "there are {most} marks already; take some back first"
            )));
        }
        let sql = "INSERT INTO indicator_marks (hash, organization_id, scope, kind, value, mark, note, marked_by, \
                   marked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (hash) DO UPDATE SET \
                   mark = excluded.mark, note = excluded.note, marked_by = excluded.marked_by, \
                   marked_at = excluded.marked_at";
        let marked_by = entry.and_then(|entry| entry.actor.name());
        let scope = new.target.scope().as_str();
        let values =
            args![hash, org, scope, kind, &value, new.mark.as_str(), &new.note, marked_by, self.now()];
        tx.execute(sql, values).await?;
        let facts = [("mark", fact!(new.mark.as_str())), ("scope", fact!(scope)), ("kind", fact!(kind))];
        note_in(&mut tx, self.now(), entry, audited(&value), &facts).await?;
        tx.commit().await
    }

    async fn unmark_indicator_once(
        &self,
        org: OrganizationId,
        target: &MarkTarget,
        entry: Option<&NewAudit>,
    ) -> Result<()> {
        let (kind, value) = target.columns();
        let mut tx = self.pool().begin().await?;
        let sql = "DELETE FROM indicator_marks WHERE hash = $1 AND organization_id = $2 RETURNING mark";
        let gone = tx.fetch_optional(sql, args![target.hash(org), org]).await?;
        let mark = gone.ok_or(StoreError::missing("mark"))?.text("mark")?;
        let facts = [("mark", fact!(mark)), ("scope", fact!(target.scope().as_str())), ("kind", fact!(kind))];
        note_in(&mut tx, self.now(), entry, audited(&value), &facts).await?;
        tx.commit().await
    }
}

fn audited(value: &str) -> String {
    value.chars().take(AUDITED_CHARS).collect()
}

pub(super) fn mark_cursor(at: i64, hash: &[u8]) -> String {
    pair_cursor(at, &HEXLOWER.encode(hash))
}

pub(super) fn read_mark_cursor(cursor: &str) -> Result<(i64, Vec<u8>)> {
    let (at, hash) = read_pair_cursor(cursor)?;
    let hash = HEXLOWER.decode(hash.as_bytes()).map_err(|_| crate::page::bad_cursor())?;
    Ok((at, hash))
}

impl Recorded<'_> {
    /// Sets a mark.
    ///
    /// # Errors
    /// [`StoreError::Settings`] when more than a value is called malicious, or a domain own beside the settings;
    /// [`StoreError::Conflict`] when there are too many marks.
    pub async fn mark_indicator(&self, org: OrganizationId, new: &NewMark) -> Result<()> {
        if new.mark == Judgement::Malicious && new.target.scope() != MarkScope::Value {
            let text = "only single values are marked malicious; domains and networks are benign or own";
            return Err(StoreError::Settings(text.to_owned()));
        }
        self.store.refuse_beside_own_domains(org, &new.target, new.mark).await?;
        retrying!(self.store.mark_indicator_once(org, new, self.entry()))?;
        self.store.tell(Event::MarksChanged { org });
        Ok(())
    }

    /// Takes a mark back.
    pub async fn unmark_indicator(&self, org: OrganizationId, target: &MarkTarget) -> Result<()> {
        retrying!(self.store.unmark_indicator_once(org, target, self.entry()))?;
        self.store.tell(Event::MarksChanged { org });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_read_as_people_write_them() {
        let read = |scope, kind, value| MarkTarget::read(scope, kind, value).ok();
        let value = |kind, value: &str| Some(MarkTarget::Value(kind, value.to_owned()));
        let url = IndicatorKind::Url;
        assert_eq!(
            read(MarkScope::Value, Some(url), "hxxp://Evil[.]example"),
            value(url, "http://evil.example/")
        );
        let name = IndicatorKind::FileName;
        assert_eq!(read(MarkScope::Value, Some(name), " a b.pdf "), value(name, "a b.pdf"));
        assert_eq!(read(MarkScope::Value, None, "evil.example"), None);
        assert_eq!(read(MarkScope::Value, Some(url), " "), None);
        for (typed, want) in [
            ("*.Example.com", Some("example.com")),
            ("corp.local", Some("corp.local")),
            ("b\u{fc}cher.example", Some("xn--bcher-kva.example")),
            ("com", None),
            ("co.uk", None),
            ("a b", None),
        ] {
            let want = want.map(|name| MarkTarget::Below(name.to_owned()));
            assert_eq!(read(MarkScope::Below, None, typed), want, "{typed}");
        }
        for (typed, want) in [
            ("192.0.2.77/24", Some("192.0.2.0/24")),
            ("192[.]0[.]2[.]7", Some("192.0.2.7/32")),
            ("2001:db8::/32", Some("2001:db8::/32")),
            ("0.0.0.0/0", None),
            ("10.0.0.0/7", None),
            ("::/0", None),
            ("example.com", None),
        ] {
            let want = want.map(|network| MarkTarget::Network(network.parse().unwrap()));
            assert_eq!(read(MarkScope::Network, None, typed), want, "{typed}");
        }
    }

    #[test]
    fn the_nearest_mark_counts() {
        let mark = |target, mark| IndicatorMark {
            target,
            mark,
            source: MarkSource::Mark,
            note: String::new(),
            marked_by: None,
            marked_at: Timestamp::UNIX_EPOCH,
        };
        let below = |name: &str| MarkTarget::Below(name.to_owned());
        let network = |text: &str| MarkTarget::Network(text.parse().unwrap());
        let list = MarkList::of(vec![
            mark(below("example.com"), Judgement::Own),
            mark(below("shop.example.com"), Judgement::Benign),
            mark(network("192.0.0.0/8"), Judgement::Benign),
            mark(network("192.0.2.0/24"), Judgement::Own),
            mark(network("2001:db8::/32"), Judgement::Own),
        ]);
        for (kind, value, want) in [
            (IndicatorKind::Domain, "example.com", Some(Judgement::Own)),
            (IndicatorKind::Url, "https://www.example.com/x", Some(Judgement::Own)),
            (IndicatorKind::Email, "a@shop.example.com", Some(Judgement::Benign)),
            (IndicatorKind::Domain, "notexample.com", None),
            (IndicatorKind::Ipv4, "192.0.2.9", Some(Judgement::Own)),
            (IndicatorKind::Ipv4, "192.1.2.9", Some(Judgement::Benign)),
            (IndicatorKind::Url, "http://[2001:db8::9]/", Some(Judgement::Own)),
            (IndicatorKind::Ipv4, "198.51.100.1", None),
            (IndicatorKind::FileName, "example.com", None),
        ] {
            assert_eq!(list.find(kind, value).map(|mark| mark.mark), want, "{value}");
        }
    }
}
