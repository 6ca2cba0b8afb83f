//! Alarms on mailboxes: sign-in failure, no successful poll for too long, silence against the mailbox's own habit.

use crate::error::EngineError;
use crate::silence::{HABIT_WEEKS, Habit, is_suspicious, may_be_suspicious};
use jiff::{SignedDuration, Timestamp, ToSpan};
use mailcase_core::ConnectorId;
use mailcase_core::connector::{Connector, ConnectorSettings};
use mailcase_mail::SourceError;
use mailcase_store::{AlarmKind, ConnectorState, ConnectorVitals, Store};
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

pub(crate) async fn raise_sign_in(
    store: &Store,
    connector: &Connector,
    error: &SourceError,
) -> Result<(), EngineError> {
    let text = match error.hint() {
        Some(hint) => format!("{error}. {hint}"),
        None => error.to_string(),
    };
    Ok(store.raise_alarm(connector.organization, connector.id, AlarmKind::SignIn, &text).await?)
}

/// Whatever else is wrong, the server knows us.
pub(crate) async fn clear_sign_in(store: &Store, connector: &Connector) -> Result<(), EngineError> {
    Ok(store.clear_alarms(connector.organization, connector.id, &[AlarmKind::SignIn]).await?)
}

/// After a successful poll nothing is wrong with the connection.
pub(crate) async fn clear_connection(store: &Store, connector: &Connector) -> Result<(), EngineError> {
    let kinds = [AlarmKind::SignIn, AlarmKind::NoSuccess];
    Ok(store.clear_alarms(connector.organization, connector.id, &kinds).await?)
}

/// Looks over all active connectors `every` so often. Every replica may do so: raising twice is raising once.
pub(crate) async fn watch(store: Store, every: Duration, cancel: CancellationToken) {
    let mut habits = Habits::default();
    loop {
        tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(every) => {}
        }
        tokio::select! {
            () = cancel.cancelled() => return,
            looked = look_over(&store, &mut habits, Timestamp::now()) => if let Err(error) = looked {
                tracing::error!(%error, "connectors could not be looked over for alarms");
            }
        }
    }
}

/// Costs two queries as long as nothing is wrong and habits are known.
async fn look_over(store: &Store, habits: &mut Habits, now: Timestamp) -> Result<(), EngineError> {
    let all = store.connector_vitals().await?;
    let standing = store.standing_alarms().await?;
    habits.keep_only(&all);
    for (connector, vitals) in all {
        let (organization, id) = (connector.organization, connector.id);
        let stands = |kind| standing.contains(&(id, kind));
        if is_overdue(&connector.settings, &vitals, now) {
            let text = match vitals.last_success {
                Some(at) => format!("no successful poll since {at:.0}"),
                None => "no successful poll since it was activated".to_owned(),
            };
            store.raise_alarm(organization, id, AlarmKind::NoSuccess, &text).await?;
            continue;
        }
        if stands(AlarmKind::NoSuccess) {
            store.clear_alarms(organization, id, &[AlarmKind::NoSuccess]).await?;
        }
        let Some(last_message) = vitals.last_message else { continue };
        let silent = may_be_suspicious(last_message, now)
            && is_suspicious(habits.of(store, id, now).await?, last_message, now);
        if silent {
            let text = format!(
                "no message since {last_message:.0}, although this mailbox usually receives some by now"
            );
            store.raise_alarm(organization, id, AlarmKind::Silent, &text).await?;
        } else if stands(AlarmKind::Silent) {
            store.clear_alarms(organization, id, &[AlarmKind::Silent]).await?;
        }
    }
    Ok(())
}

/// Whether no poll succeeded for longer than the connector allows, counted from when one was due. A round that goes on
/// and brings mail is as good as one that ended: a first import may take a day.
fn is_overdue(settings: &ConnectorSettings, vitals: &ConnectorVitals, now: Timestamp) -> bool {
    let under_way = !matches!(vitals.state, ConnectorState::BackingOff | ConnectorState::Failed);
    let progress = vitals.last_progress.filter(|_| under_way);
    let since =
        [vitals.last_success, progress].into_iter().flatten().fold(vitals.activated_at, Timestamp::max);
    let patience =
        i64::from(settings.alarm_after_minutes).minutes().seconds(i64::from(settings.poll_seconds));
    since.checked_add(patience).is_ok_and(|deadline| deadline < now)
}

/// The habits of mailboxes, each counted anew now and then: counting reads four weeks of the ledger.
#[derive(Debug, Default)]
struct Habits(HashMap<ConnectorId, (Timestamp, Habit)>);

/// A habit of four weeks changes little within this time.
const HABIT_KEPT: SignedDuration = SignedDuration::from_hours(6);

impl Habits {
    fn keep_only(&mut self, connectors: &[(Connector, ConnectorVitals)]) {
        let present: HashSet<ConnectorId> = connectors.iter().map(|(connector, _)| connector.id).collect();
        self.0.retain(|connector, _| present.contains(connector));
    }

    async fn of(
        &mut self,
        store: &Store,
        connector: ConnectorId,
        now: Timestamp,
    ) -> Result<&Habit, EngineError> {
        let kept = |counted: Timestamp| now.duration_since(counted) < HABIT_KEPT;
        let habit = match self.0.remove(&connector) {
            Some((counted, habit)) if kept(counted) => (counted, habit),
            _ => (now, count_habit(store, connector, now).await?),
        };
        Ok(&self.0.entry(connector).or_insert(habit).1)
    }
}

async fn count_habit(store: &Store, connector: ConnectorId, now: Timestamp) -> Result<Habit, EngineError> {
    let from = now.checked_sub((HABIT_WEEKS.saturating_mul(7).saturating_mul(24)).hours());
    let from = from.unwrap_or(Timestamp::MIN);
    Ok(Habit::of(&store.arrivals_by_hour(connector, from).await?, now))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("2026-03-01T{text}:00Z").parse().unwrap()
    }

    #[test]
    fn a_round_that_goes_on_is_no_silence_and_one_that_fails_is() {
        let settings: ConnectorSettings = serde_json::from_value(serde_json::json!({
            "name": "n", "api_name": "n", "kind": "fake", "poll_seconds": 300, "alarm_after_minutes": 30
        }))
        .unwrap();
        let (none, bf) = (None, ConnectorState::BackingOff);
        for (last_success, last_progress, state, now, overdue, why) in [
            (none, none, ConnectorState::Starting, "10:35", false, "just activated"),
            (none, none, ConnectorState::Starting, "10:36", true, "never succeeded"),
            (none, Some("12:59"), ConnectorState::Polling, "13:00", false, "a first import goes on"),
            (none, Some("12:24"), ConnectorState::Polling, "13:00", true, "a first import stands still"),
            (Some("11:00"), Some("12:59"), bf, "13:00", true, "mail comes, and every round fails"),
            (Some("12:30"), none, bf, "13:00", false, "failing, but not for long"),
            (Some("12:24"), none, ConnectorState::Waiting, "13:00", true, "the runner stands still"),
        ] {
            let vitals = ConnectorVitals {
                state,
                last_success: last_success.map(at),
                activated_at: at("10:00"),
                last_progress: last_progress.map(at),
                last_message: None,
            };
            assert_eq!(is_overdue(&settings, &vitals, at(now)), overdue, "{why}");
        }
    }
}
