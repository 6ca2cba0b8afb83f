//! An OpenID provider in the layout of Microsoft Entra: npm `oidc-provider` with Entra's URLs and error bodies
//! (`oidc/entra.mjs`).

use crate::certificates::{Authority, Issued};
use crate::dovecot::TokenIssuer;
use crate::process::{OwnedProcess, START_DEADLINE, find_program};
use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// A tenant that exists.
pub const TENANT: &str = "11111111-1111-1111-1111-111111111111";
/// The name the provider has in the world, for which its certificate is good as well.
pub const MICROSOFT: &str = "login.microsoftonline.com";
/// Whoever comes without a tenant comes here.
pub const ANY_ORGANIZATION: &str = "organizations";
/// Forms a person walks through: sign in, consent, and where they lead.
const STEPS_MAX: usize = 20;

/// An application registered at the provider.
#[derive(Debug, Clone, Default, Serialize)]
pub struct OidcClient {
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// PEM: whoever signs with its key is this application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
    /// Where the browser may return to; with one, people can grant access.
    pub redirects: Vec<String>,
    /// Its secret was right until some time ago.
    pub expired: bool,
    /// Nobody granted it anything: its tokens name no permission.
    pub powerless: bool,
}

/// How the provider is set up.
#[derive(Debug, Clone)]
pub struct OidcOptions {
    pub clients: Vec<OidcClient>,
    pub access_token_lifetime: Duration,
    /// Each refresh gives a new refresh token, and the one before is void.
    pub refresh_tokens_rotate: bool,
}

impl Default for OidcOptions {
    fn default() -> Self {
        Self {
            clients: Vec::new(),
            access_token_lifetime: Duration::from_secs(3599),
            refresh_tokens_rotate: true,
        }
    }
}

/// One request for a token, as the provider saw it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct TokenRequest {
    pub grant: String,
    pub client: String,
    pub status: u16,
    pub error: Option<String>,
}

#[derive(Debug, Deserialize)]
struct SigningKey {
    id: String,
    pem: String,
}

/// What a person does with the page that asks for consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    Given,
    Refused,
}

/// A running provider, spoken to by HTTPS. Dropped: stopped.
#[derive(Debug)]
pub struct Oidc {
    _process: OwnedProcess,
    port: u16,
    authority: Authority,
}

impl Oidc {
    /// Starts a provider on a port of its own and waits until it is ready.
    ///
    /// # Errors
    /// When Node.js or its packages are missing, or it does not come up.
    pub async fn start(options: OidcOptions) -> Result<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("oidc");
        ensure!(
            folder.join("node_modules").is_dir(),
            "the packages of {} are not installed; run: scripts/need identity",
            folder.display()
        );
        let node = find_program("node", "nodejs")?;
        let authority = Authority::new()?;
        let certificate = authority.leaf_for(&[MICROSOFT])?;
        let settings = settings(&options, &certificate);
        tokio::task::spawn_blocking(move || spawn(&node, &folder, &settings))
            .await
            .context("start the OpenID provider")?
            .map(|(process, port)| Self { _process: process, port, authority })
    }

    /// What stands before the tenant in every URL.
    #[must_use]
    pub fn base(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    /// Who signed its TLS certificate.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Every request for a token so far.
    ///
    /// # Errors
    /// When the provider does not answer.
    pub async fn ledger(&self) -> Result<Vec<TokenRequest>> {
        let answer = self.browser()?.get(format!("{}/_testbed/ledger", self.base())).send().await?;
        answer.json().await.context("read the ledger")
    }

    /// By what servers recognize the tokens of this provider.
    ///
    /// # Errors
    /// When the provider does not answer.
    pub async fn issuer(&self, user_claim: &str) -> Result<TokenIssuer> {
        let key: SigningKey =
            self.browser()?.get(format!("{}/_testbed/key", self.base())).send().await?.json().await?;
        Ok(TokenIssuer {
            issuer: format!("{}/{TENANT}/v2.0", self.base()),
            key_id: key.id,
            key: key.pem,
            user_claim: user_claim.to_owned(),
        })
    }

    /// The public keys of the tenant, as RFC 7517 writes them.
    ///
    /// # Errors
    /// When the provider does not answer.
    pub async fn keys(&self) -> Result<serde_json::Value> {
        let url = format!("{}/{TENANT}/discovery/v2.0/keys", self.base());
        self.browser()?.get(url).send().await?.json().await.context("read the keys")
    }

    /// Where a POST takes back every grant.
    #[must_use]
    pub fn revoke_url(&self) -> String {
        format!("{}/_testbed/revoke", self.base())
    }

    /// Takes back every grant, as an administrator may.
    ///
    /// # Errors
    /// When the provider does not answer.
    pub async fn revoke_everything(&self) -> Result<()> {
        self.browser()?.post(self.revoke_url()).send().await?.error_for_status()?;
        Ok(())
    }

    /// Walks through the pages behind `url` as a person would, and returns the address the browser is sent back to,
    /// which begins with `redirect`.
    ///
    /// # Errors
    /// When the pages are not those of a sign-in.
    pub async fn sign_in(
        &self,
        url: &str,
        account: &str,
        consent: Consent,
        redirect: &str,
    ) -> Result<String> {
        let browser = self.browser()?;
        let mut answer = browser.get(url).send().await?;
        for _ in 0..STEPS_MAX {
            let here = answer.url().clone();
            if let Some(location) = answer.headers().get("location") {
                let next = here.join(location.to_str()?)?;
                if next.as_str().starts_with(redirect) {
                    return Ok(next.into());
                }
                answer = browser.get(next).send().await?;
                continue;
            }
            let status = answer.status();
            let page = answer.text().await?;
            let action = between(&page, "action=\"", "\"").with_context(|| format!("{status}: {page}"))?;
            let prompt =
                between(&page, "name=\"prompt\" value=\"", "\"").context("a page of another kind")?;
            if prompt == "consent" && consent == Consent::Refused {
                let abort =
                    page.split("href=\"").find(|part| part.contains("/abort")).context("no way out")?;
                let abort = abort.split('"').next().context("no way out")?;
                answer = browser.get(here.join(abort)?).send().await?;
                continue;
            }
            let form = [("prompt", prompt), ("login", account), ("password", "any")];
            answer = browser.post(here.join(action)?).form(&form).send().await?;
        }
        bail!("the sign-in leads nowhere")
    }

    /// A browser without eyes: keeps cookies, follows nothing by itself.
    fn browser(&self) -> Result<reqwest::Client> {
        // Fails when there is one already, which is as well.
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        let certificate = reqwest::Certificate::from_pem(self.authority.certificate_pem().as_bytes())?;
        let client = reqwest::Client::builder()
            .tls_certs_only([certificate])
            .redirect(reqwest::redirect::Policy::none())
            .cookie_store(true)
            .no_proxy();
        client.build().context("make an HTTP client")
    }
}

fn settings(options: &OidcOptions, certificate: &Issued) -> String {
    serde_json::json!({
        "tenants": [TENANT, ANY_ORGANIZATION],
        "tls": {"certificate": certificate.certificate_pem, "key": certificate.key_pem},
        "clients": options.clients,
        "access_token_seconds": options.access_token_lifetime.as_secs(),
        "refresh_tokens_rotate": options.refresh_tokens_rotate,
    })
    .to_string()
}

fn spawn(node: &PathBuf, folder: &Path, settings: &str) -> Result<(OwnedProcess, u16)> {
    let mut command = Command::new(node);
    command.arg("entra.mjs").current_dir(folder).env("SETTINGS", settings);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = OwnedProcess::spawn("the OpenID provider", &mut command)?;
    let stdout = process.take_stdout().context("the provider says nothing")?;
    let (heard, said) = mpsc::channel();
    // Reads on for as long as the provider lives, so that it never waits for a reader.
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(std::result::Result::ok) {
            // Nobody listens any more once the port is known.
            heard.send(line).ok();
        }
    });
    while let Ok(line) = said.recv_timeout(START_DEADLINE) {
        if let Some(port) = line.strip_prefix("listening on ") {
            return Ok((process, port.trim().parse().context("the provider's port")?));
        }
    }
    match process.ended()? {
        Some(status) => bail!("the OpenID provider ended ({status}) before it listened"),
        None => bail!("the OpenID provider did not listen within {} s", START_DEADLINE.as_secs()),
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_once(after).map(|(found, _)| found)
}
