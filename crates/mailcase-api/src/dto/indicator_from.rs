//! From indicators as the store knows them to indicators as they are shown, and from queries to filters.

use super::evidence::{EvidenceIndicator, EvidenceView, IndicatorKindView, WrappingView};
use super::evidence_from::{defanged, word};
use super::indicator::{
    FoundIndicator, IndicatorMarkView, IndicatorQuery, KnownIndicator, MarkChoice, SearchBy,
    SearchExportQuery, SeenView,
};
use mailcase_core::indicator::Judgement;
use mailcase_evidence as model;
use mailcase_indicators::host;
use mailcase_store::{
    IndicatorFacts, IndicatorFilter, IndicatorMark, IndicatorMatch, MarkFilter, MarkTarget, Seen,
};
use std::collections::HashMap;

impl From<IndicatorMark> for IndicatorMarkView {
    fn from(mark: IndicatorMark) -> Self {
        let scope = match &mark.target {
            MarkTarget::Value(..) => mailcase_core::indicator::MarkScope::Value,
            MarkTarget::Below(_) => mailcase_core::indicator::MarkScope::Below,
            MarkTarget::Network(_) => mailcase_core::indicator::MarkScope::Network,
        };
        let (kind, value, defanged) = match mark.target {
            MarkTarget::Value(kind, value) => (Some(kind.into()), value.clone(), defanged(kind, &value)),
            MarkTarget::Below(name) => (None, name.clone(), defanged(model::IndicatorKind::Domain, &name)),
            MarkTarget::Network(network) => {
                let text = network.to_string();
                (None, text.clone(), defanged(model::IndicatorKind::Ipv4, &text))
            }
        };
        let IndicatorMark { mark, source, note, marked_by: by, marked_at: at, .. } = mark;
        Self { scope, kind, value, defanged, mark, source, note, by, at }
    }
}

impl From<Seen> for SeenView {
    fn from(seen: Seen) -> Self {
        Self { messages: seen.messages, cases: seen.cases, more: seen.more, last: seen.last }
    }
}

impl From<mailcase_store::FoundIndicator> for FoundIndicator {
    fn from(found: mailcase_store::FoundIndicator) -> Self {
        Self {
            kind: found.kind.into(),
            defanged: defanged(found.kind, &found.value),
            value: found.value,
            mark: found.mark.map(Into::into),
            seen: found.seen.into(),
        }
    }
}

impl KnownIndicator {
    pub(crate) fn of(found: EvidenceIndicator, set_aside: bool, facts: IndicatorFacts) -> Self {
        Self { found, set_aside, mark: facts.mark.map(Into::into), seen: facts.seen.into() }
    }
}

impl FoundIndicator {
    pub(crate) fn of(kind: model::IndicatorKind, value: String, facts: IndicatorFacts) -> Self {
        Self {
            kind: kind.into(),
            defanged: defanged(kind, &value),
            value,
            mark: facts.mark.map(Into::into),
            seen: facts.seen.into(),
        }
    }
}

impl IndicatorQuery {
    pub(crate) fn filter(&self) -> IndicatorFilter {
        let typed = self.q.as_deref().unwrap_or_default().trim();
        let named = |name: &str| host::ascii(&name.trim_start_matches("*.").replace("[.]", "."));
        let what = match self.by {
            _ if typed.is_empty() => IndicatorMatch::Anything,
            SearchBy::Typed => IndicatorMatch::typed(typed),
            SearchBy::Contains => IndicatorMatch::Contains(typed.to_owned()),
            SearchBy::Host => named(typed).map_or(IndicatorMatch::typed(typed), IndicatorMatch::Host),
            SearchBy::Below => named(typed).map_or(IndicatorMatch::typed(typed), IndicatorMatch::Below),
        };
        IndicatorFilter {
            what,
            kinds: self.kind.iter().copied().map(Into::into).collect(),
            mark: self.mark.map(|mark| match mark {
                MarkChoice::Malicious => MarkFilter::Is(Judgement::Malicious),
                MarkChoice::Benign => MarkFilter::Is(Judgement::Benign),
                MarkChoice::Own => MarkFilter::Is(Judgement::Own),
                MarkChoice::None => MarkFilter::Unmarked,
                MarkChoice::Unfolded => MarkFilter::Unfolded,
            }),
            since: self.since,
            until: self.until,
        }
    }
}

impl From<SearchExportQuery> for IndicatorQuery {
    fn from(query: SearchExportQuery) -> Self {
        let SearchExportQuery { q, by, kind, mark, since, until, .. } = query;
        Self { q, by, kind, mark, since, until, cursor: None, limit: None }
    }
}

/// Where an observable stands: what is taken out of a link stands where the link does.
type Spot<'a> = (&'a str, usize, usize);

fn spots(indicator: &model::Indicator) -> impl Iterator<Item = Spot<'_>> {
    indicator
        .sightings
        .iter()
        .filter_map(|one| Some((indicator.places.get(one.place)?.as_str(), one.offset, one.length)))
}

/// The indicators of a message as they are shown, with the links they were taken out of, outermost first.
pub(crate) fn shown(indicators: Vec<model::Indicator>) -> Vec<EvidenceIndicator> {
    let mut urls: HashMap<Spot<'_>, Vec<&model::Indicator>> = HashMap::new();
    for url in indicators.iter().filter(|one| one.kind == model::IndicatorKind::Url) {
        for spot in spots(url) {
            urls.entry(spot).or_default().push(url);
        }
    }
    let chains: Vec<Vec<WrappingView>> = indicators.iter().map(|one| chain(one, &urls)).collect();
    let views = indicators.iter().cloned().map(EvidenceIndicator::from).zip(chains);
    views.map(|(view, wrapped_in)| EvidenceIndicator { wrapped_in, ..view }).collect()
}

/// The URLs that were found at the same spot before it, each with whose link it is: what the next one was taken out of.
fn chain(
    indicator: &model::Indicator,
    urls: &HashMap<Spot<'_>, Vec<&model::Indicator>>,
) -> Vec<WrappingView> {
    let unwrapped = indicator.sightings.iter().find(|one| one.wrapper.is_some());
    let Some(sighting) = unwrapped else { return Vec::new() };
    let Some(place) = indicator.places.get(sighting.place) else { return Vec::new() };
    let at = (place.as_str(), sighting.offset, sighting.length);
    let whose = |url: &model::Indicator| {
        let position = spots(url).position(|spot| spot == at);
        position.and_then(|position| url.sightings.get(position)).and_then(|one| one.wrapper)
    };
    let all = urls.get(&at).map(Vec::as_slice).unwrap_or_default();
    // A host was taken out of the same link as the URL that names it, which is no link around it.
    let wrapper = sighting.wrapper;
    let before: Vec<&model::Indicator> = all
        .iter()
        .copied()
        .take_while(|url| {
            url.value != indicator.value
                && (indicator.kind == model::IndicatorKind::Url || whose(url) != wrapper)
        })
        .collect();
    let owners = before.iter().skip(1).map(|url| whose(url)).chain([wrapper]);
    before
        .iter()
        .zip(owners)
        .map(|(url, owner)| WrappingView {
            wrapper: owner.as_ref().map(word).unwrap_or_default(),
            value: url.value.clone(),
            defanged: defanged(url.kind, &url.value),
        })
        .collect()
}

impl EvidenceView {
    /// Indicators in the order people read them: by kind, then as they stand in the message.
    pub(crate) fn ordered(mut indicators: Vec<EvidenceIndicator>) -> Vec<EvidenceIndicator> {
        indicators.sort_by_key(|one| rank(one.kind));
        indicators
    }
}

const fn rank(kind: IndicatorKindView) -> u8 {
    match kind {
        IndicatorKindView::Url => 0,
        IndicatorKindView::Domain => 1,
        IndicatorKindView::Ipv4 => 2,
        IndicatorKindView::Ipv6 => 3,
        IndicatorKindView::Email => 4,
        IndicatorKindView::FileName => 5,
        IndicatorKindView::Sha256 => 6,
        IndicatorKindView::Sha1 => 7,
        IndicatorKindView::Md5 => 8,
        IndicatorKindView::Sha512 => 9,
        IndicatorKindView::Cve => 10,
        IndicatorKindView::RegistryPath => 11,
        IndicatorKindView::CryptoAddress => 12,
        IndicatorKindView::PaymentCard => 13,
        IndicatorKindView::Phone => 14,
        IndicatorKindView::DateTime => 15,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mailcase_evidence::{Means, examine};

    #[test]
    fn a_link_in_links_names_them_outermost_first() {
        let link = "https://nam02.safelinks.protection.outlook.com/?url=https%3A%2F%2Furldefense.com%2Fv3%2F__https%3A%2F%2Fevil.example%2Fx__%3B!!a!b%24&data=1";
        let raw = format!("Subject: x\r\nContent-Type: text/plain\r\n\r\nPay {link} now\r\n");
        let found = shown(examine(raw.as_bytes(), &Means::default()).indicators);
        let of = |value: &str| {
            let one = found.iter().find(|one| one.value == value).unwrap();
            one.wrapped_in.iter().map(|link| link.wrapper.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(of("https://evil.example/x"), ["safe_links", "proofpoint"]);
        assert_eq!(of("evil.example"), ["safe_links", "proofpoint"]);
        assert_eq!(of("urldefense.com"), ["safe_links"]);
        assert_eq!(of("nam02.safelinks.protection.outlook.com"), Vec::<&str>::new());
    }
}
