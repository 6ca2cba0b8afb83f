//! Warns of what ends by itself before it does: client secrets, certificates. 30, 7 and 1 days before, and when it has.

use crate::error::EngineError;
use crate::remote::{Remote, Trial};
use jiff::{SignedDuration, Timestamp};
use mailcase_core::ConnectorId;
use mailcase_core::connector::Connector;
use mailcase_mail::Expiry;
use mailcase_store::{AlarmKind, Store};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often it is looked. What is found in settings is remembered: opening a file with a key takes its time.
const ROUND: Duration = Duration::from_secs(300);
/// The first look, once the connectors run.
const FIRST: Duration = Duration::from_secs(5);
/// Days before the end at which somebody is told, and told again.
const WARNINGS: [i64; 3] = [1, 7, 30];

/// What ends, of the revision of a connector it was found in.
type Known = HashMap<ConnectorId, (i64, Vec<Expiry>)>;

/// Looks over the connectors `owner` runs, again and again.
pub(crate) async fn watch(store: Store, owner: String, remote: Arc<dyn Remote>, cancel: CancellationToken) {
    let mut known = Known::new();
    let mut pause = FIRST;
    loop {
        tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = ROUND;
        tokio::select! {
            () = cancel.cancelled() => return,
            looked = look_over(&store, &owner, &*remote, &mut known, Timestamp::now()) => {
                if let Err(error) = looked {
                    tracing::error!(%error, "connectors could not be looked over for what ends soon");
                }
            }
        }
    }
}

async fn look_over(
    store: &Store,
    owner: &str,
    remote: &dyn Remote,
    known: &mut Known,
    now: Timestamp,
) -> Result<(), EngineError> {
    let connectors = store.connectors_run_by(owner).await?;
    known.retain(|id, _| connectors.iter().any(|connector| connector.id == *id));
    for connector in connectors {
        let found = match known.get(&connector.id) {
            Some((revision, found)) if *revision == connector.revision => found,
            _ => {
                let found = find(store, remote, &connector).await?;
                &known.entry(connector.id).insert_entry((connector.revision, found)).into_mut().1
            }
        };
        let (organization, id) = (connector.organization, connector.id);
        match warning(found, now) {
            Some(text) => store.raise_alarm(organization, id, AlarmKind::Expiry, &text).await?,
            None => store.clear_alarm(organization, id, AlarmKind::Expiry).await?,
        }
    }
    Ok(())
}

async fn find(store: &Store, remote: &dyn Remote, connector: &Connector) -> Result<Vec<Expiry>, EngineError> {
    let secrets = match store.connector_secrets(connector.id).await {
        Ok(secrets) => secrets,
        Err(error) if error.is_outage() => return Err(error.into()),
        // Secrets that cannot be opened are told of by the runner.
        Err(_) => return Ok(Vec::new()),
    };
    let trial = Trial { settings: connector.settings.clone(), secrets, granted_to: None };
    Ok(remote.expiries(trial).await)
}

/// What to say of things that end soon, the most urgent first; nothing when there is time. Changes on the days of
/// [`WARNINGS`] only.
fn warning(expiries: &[Expiry], now: Timestamp) -> Option<String> {
    let mut soon: Vec<(&Expiry, i64)> = expiries
        .iter()
        .filter_map(|expiry| {
            let left = expiry.at.duration_since(now);
            if left <= SignedDuration::ZERO {
                return Some((expiry, 0));
            }
            let within = |days: &i64| left <= SignedDuration::from_hours(days.saturating_mul(24));
            WARNINGS.into_iter().find(within).map(|days| (expiry, days))
        })
        .collect();
    soon.sort_by_key(|(expiry, _)| expiry.at);
    if soon.is_empty() {
        return None;
    }
    let told = soon.into_iter().map(|(Expiry { what, at }, days)| {
        let day = at.strftime("%Y-%m-%d");
        match days {
            0 => format!("the {what} ended on {day}: replace it"),
            1 => format!("the {what} ends on {day}, within a day: replace it now"),
            days => format!("the {what} ends on {day}, within {days} days: replace it in time"),
        }
    });
    Some(told.collect::<Vec<_>>().join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_come_in_time_and_change_rarely() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let ends = |what: &str, hours: i64| Expiry {
            what: what.to_owned(),
            at: now + SignedDuration::from_hours(hours),
        };
        let warning = |expiries: &[Expiry]| warning(expiries, now);
        assert_eq!(warning(&[]), None);
        assert_eq!(warning(&[ends("client secret", 31 * 24)]), None);
        let text = warning(&[ends("client secret", 30 * 24)]).unwrap();
        assert_eq!(text, "the client secret ends on 2026-12-21, within 30 days: replace it in time");
        assert!(warning(&[ends("client secret", 6 * 24)]).unwrap().contains("within 7 days"));
        assert!(warning(&[ends("client secret", 2 * 24)]).unwrap().contains("within 7 days"));
        assert!(warning(&[ends("client secret", 23)]).unwrap().contains("within a day"));
        let text = warning(&[ends("a", 100), ends("b", -1), ends("c", 9_999)]).unwrap();
        assert!(text.starts_with("the b ended on 2026-11-21: replace it; the a ends on"), "{text}");
    }
}
