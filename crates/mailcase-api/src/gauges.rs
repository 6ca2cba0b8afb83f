//! What is measured when somebody asks: how far every connector is, as the database knows it, on whichever replica it runs.

use jiff::Timestamp;
use mailcase_core::ConnectorId;
use mailcase_store::{AlarmKind, ConnectorGauges, Result, Store};
use metrics::{Unit, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::PrometheusBuilder;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How long the database may take; whoever watches us gives up after some seconds more.
const GATHERED_WITHIN: Duration = Duration::from_secs(5);
/// How long an answer is good for: whoever asks more often asks us, not the database.
const GOOD_FOR: Duration = Duration::from_secs(5);

/// The metrics of connectors as text, found out once for everybody who asks.
#[derive(Debug, Clone)]
pub(crate) struct Gauges {
    store: Store,
    last: Arc<Mutex<Option<(Instant, String)>>>,
}

impl Gauges {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, last: Arc::default() }
    }

    pub(crate) async fn text(&self) -> String {
        let mut last = self.last.lock().await;
        if let Some((_, text)) = last.as_ref().filter(|(at, _)| at.elapsed() < GOOD_FOR) {
            return text.clone();
        }
        let gathered = tokio::time::timeout(GATHERED_WITHIN, self.gather()).await;
        let text = match gathered {
            Ok(Ok((connectors, alarms))) => written(Some((&connectors, &alarms))),
            Ok(Err(error)) => {
                tracing::warn!(%error, "the metrics of connectors could not be found out");
                written(None)
            }
            Err(_) => {
                tracing::warn!("the database does not say in time how far the connectors are");
                written(None)
            }
        };
        *last = Some((Instant::now(), text.clone()));
        text
    }

    async fn gather(&self) -> Result<(Vec<ConnectorGauges>, Standing)> {
        Ok((self.store.connector_gauges().await?, self.store.standing_alarms().await?))
    }
}

type Standing = HashSet<(ConnectorId, AlarmKind)>;

/// In the text format of Prometheus; nothing but that nothing is known when nothing is.
fn written(known: Option<(&[ConnectorGauges], &Standing)>) -> String {
    // A recorder of its own: a connector that was deleted leaves nothing behind.
    let recorder = PrometheusBuilder::new().build_recorder();
    metrics::with_local_recorder(&recorder, || {
        describe_connectors();
        gauge!("mailcase_connectors_known").set(f64::from(u8::from(known.is_some())));
        if let Some((connectors, alarms)) = known {
            connectors.iter().for_each(|connector| measure(connector, alarms));
        }
    });
    recorder.handle().render()
}

fn measure(connector: &ConnectorGauges, alarms: &Standing) {
    let labels =
        [("organization", connector.organization.clone()), ("connector", connector.api_name.clone())];
    let with = |name: &'static str, value: &'static str| {
        let mut labels = labels.to_vec();
        labels.push((name, value.to_owned()));
        labels
    };
    gauge!("mailcase_connector_active", &labels).set(f64::from(u8::from(connector.active)));
    let seconds = |at: Option<Timestamp>| at.map_or(0.0, |at| at.as_duration().as_secs_f64().floor());
    gauge!("mailcase_connector_last_success_timestamp_seconds", &labels).set(seconds(connector.last_success));
    let lag = connector
        .waiting_since
        .map_or(0.0, |since| Timestamp::now().duration_since(since).as_secs_f64().max(0.0));
    gauge!("mailcase_connector_lag_seconds", &labels).set(lag);
    for (stage, count) in [
        ("fetch", connector.to_fetch),
        ("decide", connector.to_decide),
        ("acknowledge", connector.to_acknowledge),
    ] {
        gauge!("mailcase_connector_backlog_messages", &with("waiting_for", stage)).set(counted(count));
    }
    gauge!("mailcase_connector_needs_attention_messages", &labels).set(counted(connector.needs_attention));
    for kind in AlarmKind::ALL {
        let stands = alarms.contains(&(connector.id, *kind));
        gauge!("mailcase_connector_alarms", &with("kind", kind.as_str())).set(f64::from(u8::from(stands)));
    }
}

/// Beyond four thousand million nobody counts.
fn counted(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

fn describe_connectors() {
    describe_gauge!(
        "mailcase_connectors_known",
        "1 when the database said how far the connectors are, 0 when it did not and their metrics are missing."
    );
    describe_gauge!("mailcase_connector_active", "1 when the connector is active, 0 when it is paused.");
    describe_gauge!(
        "mailcase_connector_last_success_timestamp_seconds",
        Unit::Seconds,
        "When the last poll of the mailbox succeeded, in seconds since 1970; 0 when none did."
    );
    describe_gauge!(
        "mailcase_connector_lag_seconds",
        Unit::Seconds,
        "How long the oldest message that was listed and not fetched has been waiting; 0 when none waits."
    );
    describe_gauge!(
        "mailcase_connector_backlog_messages",
        "Messages that were listed and wait: to be fetched, to be decided, or to be acknowledged on the server."
    );
    describe_gauge!(
        "mailcase_connector_needs_attention_messages",
        "Messages that could not be fetched or decided and wait for a person."
    );
    describe_gauge!("mailcase_connector_alarms", "1 for each kind of alarm that stands, 0 for the others.");
}

/// Says what each metric of the web side means. Called once, after the recorder was installed.
pub fn describe_metrics() {
    describe_counter!("mailcase_http_requests_total", "Requests answered, by method, route and status.");
    describe_histogram!(
        "mailcase_http_request_seconds",
        Unit::Seconds,
        "How long answers took, by method and route."
    );
    describe_counter!("mailcase_http_panics_total", "Requests that ended in a panic, which is a bug.");
    describe_counter!("mailcase_sign_ins_total", "Tries to sign in, by outcome.");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_connector_is_measured_and_every_metric_explained() {
        let id = ConnectorId::new();
        let connector = ConnectorGauges {
            id,
            api_name: "phishing".to_owned(),
            organization: "Odd \"names\"\n".to_owned(),
            active: true,
            last_success: Some("2026-03-01T11:00:00.5Z".parse().unwrap()),
            to_fetch: 3,
            to_decide: 2,
            to_acknowledge: 1,
            waiting_since: None,
            needs_attention: 7,
        };
        let alarms = HashSet::from([(id, AlarmKind::Silent)]);
        let text = written(Some((std::slice::from_ref(&connector), &alarms)));
        let labels = r#"organization="Odd \"names\"\n",connector="phishing""#;
        for line in [
            "mailcase_connectors_known 1".to_owned(),
            format!("mailcase_connector_active{{{labels}}} 1"),
            format!("mailcase_connector_last_success_timestamp_seconds{{{labels}}} 1772362800"),
            format!("mailcase_connector_lag_seconds{{{labels}}} 0"),
            format!(r#"mailcase_connector_backlog_messages{{{labels},waiting_for="fetch"}} 3"#),
            format!(r#"mailcase_connector_backlog_messages{{{labels},waiting_for="decide"}} 2"#),
            format!(r#"mailcase_connector_backlog_messages{{{labels},waiting_for="acknowledge"}} 1"#),
            format!("mailcase_connector_needs_attention_messages{{{labels}}} 7"),
            format!(r#"mailcase_connector_alarms{{{labels},kind="silent"}} 1"#),
            format!(r#"mailcase_connector_alarms{{{labels},kind="sign_in"}} 0"#),
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\nis missing in\n{text}");
        }
        let names = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
        for name in names {
            assert!(text.contains(&format!("# HELP {name} ")), "{name} is not explained");
        }
        let waiting = ConnectorGauges { waiting_since: Some(Timestamp::UNIX_EPOCH), ..connector };
        let text = written(Some((&[waiting], &alarms)));
        assert!(!text.contains(&format!("mailcase_connector_lag_seconds{{{labels}}} 0\n")), "{text}");
    }

    #[test]
    fn a_database_that_says_nothing_is_told_from_one_without_connectors() {
        let text = written(None);
        assert!(
            text.contains("mailcase_connectors_known 0\n") && !text.contains("mailcase_connector_"),
            "{text}"
        );
        assert!(written(Some((&[], &HashSet::new()))).contains("mailcase_connectors_known 1\n"));
    }
}
