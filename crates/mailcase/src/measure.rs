//! The recorder of the metrics, in the form Prometheus reads.

use anyhow::Context as _;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::time::Duration;

/// Bounds of the histograms of durations, in seconds: from a cached page to the inventory of a large mailbox.
const SECONDS: &[f64] = &[0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 60.0, 600.0];
/// How often old samples are folded together; without it they would only pile up while nobody reads them.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// Installs the recorder. Called once; needs the runtime.
pub(crate) fn start() -> anyhow::Result<PrometheusHandle> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)
        .context("the metrics are set up wrongly")?
        .install_recorder()
        .context("the recorder of the metrics could not be installed")?;
    mailcase_engine::describe_metrics();
    mailcase_api::describe_metrics();
    let upkeep = handle.clone();
    tokio::spawn(async move {
        let mut tick = tokio::time::interval(UPKEEP_EVERY);
        loop {
            tick.tick().await;
            upkeep.run_upkeep();
        }
    });
    Ok(handle)
}
