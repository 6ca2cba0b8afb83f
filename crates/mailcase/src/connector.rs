//! `mailcase connector list`, `mailcase connector test` and `mailcase connector run`.

use crate::config::Config;
use crate::progress::Bar;
use crate::terminal::{line, plain, print, table};
use crate::wire::Sources;
use crate::{Outcome, state};
use anyhow::{Context as _, bail};
use mailcase_core::OrganizationId;
use mailcase_core::connector::{Connector, Origin};
use mailcase_engine::{Engine, EngineError, PassSummary, Trial, run_once};
use mailcase_mail::{CheckReport, StepStatus};
use mailcase_store::{ConnectorWithStatus, Store, StoreError};
use std::sync::Arc;

pub(crate) async fn list(config: Config) -> anyhow::Result<Outcome> {
    let (store, organization) = state::open_existing(&config).await?;
    let connectors = store.list_connectors_with_status(organization).await?;
    store.close().await;
    if connectors.is_empty() {
        line("There are no connectors yet.")?;
        return Ok(Outcome::Done);
    }
    let heading =
        ["API NAME", "NAME", "KIND", "STATE", "STORED", "WAITING", "ATTENTION", "LAST SUCCESS", "FROM"];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    rows.extend(connectors.iter().map(row));
    print(&table(&rows))?;
    Ok(Outcome::Done)
}

fn row(entry: &ConnectorWithStatus) -> Vec<String> {
    let ConnectorWithStatus { connector, status, counts, .. } = entry;
    vec![
        connector.settings.api_name.clone(),
        plain(&connector.settings.name),
        connector.settings.kind.clone(),
        if connector.active { status.state.as_str().to_owned() } else { "paused".to_owned() },
        counts.stored.to_string(),
        counts.discovered.to_string(),
        counts.needs_attention.to_string(),
        status.last_success.map_or_else(|| "never".to_owned(), |at| format!("{at:.0}")),
        match &connector.origin {
            Origin::Api => "browser or API".to_owned(),
            Origin::File { path } => plain(path),
        },
    ]
}

pub(crate) async fn test(config: Config, api_name: &str) -> anyhow::Result<Outcome> {
    let (store, organization) = state::open_existing(&config).await?;
    let connector = named(&store, organization, api_name).await?;
    let secrets = store.connector_secrets(connector.id).await?;
    let handle = Engine::handle_only(store.clone(), Arc::new(Sources));
    let granted_to = Some(connector.id);
    let report = handle.check(&Trial { settings: connector.settings, secrets, granted_to }).await;
    store.close().await;
    print(&describe(&report))?;
    Ok(if report.passed() { Outcome::Done } else { Outcome::NeedsAttention })
}

pub(crate) async fn run(config: Config, api_name: &str) -> anyhow::Result<Outcome> {
    let (store, organization) = state::open_existing(&config).await?;
    let connector = named(&store, organization, api_name).await?;
    let bar = Bar::new(&connector.settings.name);
    let engine = state::engine_config(&config);
    let outcome = run_once(&store, &Sources, &connector, &engine, |progress| bar.show(progress)).await;
    bar.finish();
    let summary = match outcome {
        Ok(summary) => summary,
        Err(EngineError::Store(StoreError::Conflict { .. })) => {
            let leased_by = store.connector_with_status(organization, connector.id).await?.status.leased_by;
            bail!(
                "`{api_name}` is being run by {} already: press “Poll now” on its page, or pause it there and try \
                 again (a server that was killed gives it up within half a minute)",
                plain(leased_by.as_deref().unwrap_or("another process"))
            )
        }
        Err(error) => return Err(error).with_context(|| format!("`{api_name}` could not be run")),
    };
    store.close().await;
    line(passed(&summary))?;
    Ok(if summary.needs_attention == 0 { Outcome::Done } else { Outcome::NeedsAttention })
}

/// What a pass did, on one line.
fn passed(summary: &PassSummary) -> String {
    let PassSummary { discovered, fetched, new_messages, acknowledged, needs_attention } = summary;
    format!(
        "{discovered} newly listed, {fetched} fetched, {new_messages} of them new messages, {acknowledged} acknowledged, \
         {needs_attention} need attention"
    )
}

/// The connector with this API name; the error lists those there are.
pub(crate) async fn named(
    store: &Store,
    organization: OrganizationId,
    api_name: &str,
) -> anyhow::Result<Connector> {
    if let Some(connector) = store.connector_by_api_name(organization, api_name).await? {
        return Ok(connector);
    }
    let known: Vec<_> = store
        .list_connectors(organization)
        .await?
        .into_iter()
        .map(|connector| connector.settings.api_name)
        .collect();
    if known.is_empty() {
        bail!("there is no connector `{api_name}`; there are none yet");
    }
    bail!("there is no connector `{api_name}`; known are: {}", known.join(", "))
}

/// The report as text: one line per step, its hint below.
fn describe(report: &CheckReport) -> String {
    let mut text = String::new();
    for step in &report.steps {
        let mark = match step.status {
            StepStatus::Passed => "ok     ",
            StepStatus::Warning => "warning",
            StepStatus::Failed => "FAILED ",
            StepStatus::Skipped => "-      ",
        };
        text.push_str(&format!("{mark}  {}", plain(&step.title)));
        if !step.detail.is_empty() {
            text.push_str(&format!(": {}", plain(&step.detail)));
        }
        text.push_str(&format!(" ({} ms)\n", step.millis));
        if let Some(hint) = &step.hint {
            text.push_str(&format!("         {}\n", plain(hint)));
        }
    }
    let of_proxy = report.proxy_chain.iter().map(|certificate| ("proxy certificate", certificate));
    let of_server = report.chain.iter().map(|certificate| ("certificate", certificate));
    for (whose, certificate) in of_proxy.chain(of_server) {
        text.push_str(&format!(
            "{whose}  {} · issued by {} · valid until {} · SHA-256 {}\n",
            plain(&certificate.subject),
            plain(&certificate.issuer),
            certificate.not_after.map_or_else(|| "?".to_owned(), |at| format!("{at:.0}")),
            certificate.sha256,
        ));
    }
    if report.proxy_untrusted {
        text.push_str(
            "The proxy's certificate is trusted by nobody this machine trusts. If the fingerprint is the right one, trust \
             it for the proxy of this connector in the browser.\n",
        );
    }
    if report.untrusted {
        text.push_str(
            "The server's certificate is trusted by nobody this machine trusts. If the fingerprint is the right one, \
             trust it for this connector in the browser.\n",
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use mailcase_mail::CheckStep;

    #[test]
    fn a_report_reads_from_top_to_bottom() {
        let step = |name: &str, status, detail: &str, hint: Option<&str>| CheckStep {
            name: name.to_owned(),
            title: format!("Step {name}"),
            status,
            detail: detail.to_owned(),
            hint: hint.map(str::to_owned),
            millis: 3,
            beginning: None,
        };
        let report = CheckReport {
            steps: vec![
                step("dns", StepStatus::Passed, "192.0.2.1", None),
                step("tls", StepStatus::Failed, "expired\u{1b}[2J", Some("Renew the certificate.")),
                step("sign_in", StepStatus::Skipped, "", None),
            ],
            ..CheckReport::default()
        };
        insta::assert_snapshot!(describe(&report), @r"
        ok       Step dns: 192.0.2.1 (3 ms)
        FAILED   Step tls: expired [2J (3 ms)
                 Renew the certificate.
        -        Step sign_in (3 ms)
        ");
    }
}
