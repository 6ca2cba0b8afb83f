//! Alarms on mailboxes: sign-in failure, no successful poll for too long, silence against the mailbox's own habit.

use crate::error::EngineError;
use crate::silence::{HABIT_WEEKS, Habit, WEEK_HOURS, is_suspicious};
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use mailcase_core::connector::Connector;
use mailcase_mail::SourceError;
use mailcase_store::{AlarmKind, Store};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often connectors are looked over.
const ROUND: Duration = Duration::from_secs(30);

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

/// After a successful poll nothing is wrong with the connection.
pub(crate) async fn clear_connection(store: &Store, connector: &Connector) -> Result<(), EngineError> {
    for kind in [AlarmKind::SignIn, AlarmKind::NoSuccess] {
        store.clear_alarm(connector.organization, connector.id, kind).await?;
    }
    Ok(())
}

/// Looks over all active connectors again and again. Every replica may do so: raising twice is raising once.
pub(crate) async fn watch(store: Store, cancel: CancellationToken) {
    loop {
        tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(ROUND) => {}
        }
        if let Err(error) = look_over(&store).await {
            tracing::error!(%error, "connectors could not be looked over for alarms");
        }
    }
}

async fn look_over(store: &Store) -> Result<(), EngineError> {
    let now = Timestamp::now();
    for (connector, vitals) in store.connector_vitals().await? {
        let (organization, id) = (connector.organization, connector.id);
        let patience = i64::from(connector.settings.alarm_after_minutes);
        let since = vitals.last_success.map_or(vitals.activated_at, |at| at.max(vitals.activated_at));
        let overdue = since.checked_add(patience.minutes()).is_ok_and(|deadline| deadline < now);
        if overdue {
            let text = match vitals.last_success {
                Some(at) => format!("no successful poll since {at:.0}"),
                None => "no successful poll since it was activated".to_owned(),
            };
            store.raise_alarm(organization, id, AlarmKind::NoSuccess, &text).await?;
            continue;
        }
        let Some(last_message) = vitals.last_message else { continue };
        if is_suspicious(&habit(store, &connector, now).await?, last_message, now) {
            let text = format!(
                "no message since {last_message:.0}, although this mailbox usually receives some by now"
            );
            store.raise_alarm(organization, id, AlarmKind::Silent, &text).await?;
        } else {
            store.clear_alarm(organization, id, AlarmKind::Silent).await?;
        }
    }
    Ok(())
}

async fn habit(store: &Store, connector: &Connector, now: Timestamp) -> Result<Habit, EngineError> {
    let mut habit = [0; WEEK_HOURS];
    let Ok(from) = now.checked_sub((HABIT_WEEKS.saturating_mul(7).saturating_mul(24)).hours()) else {
        return Ok(habit);
    };
    for (hour, messages) in store.arrivals_by_hour(connector.id, from).await? {
        let zoned = hour.to_zoned(TimeZone::UTC);
        let day = usize::try_from(zoned.weekday().to_monday_zero_offset()).unwrap_or(0);
        let slot = day.saturating_mul(24).saturating_add(usize::try_from(zoned.hour()).unwrap_or(0));
        if let Some(count) = habit.get_mut(slot) {
            *count = u32::saturating_add(*count, u32::try_from(messages).unwrap_or(u32::MAX));
        }
    }
    Ok(habit)
}
