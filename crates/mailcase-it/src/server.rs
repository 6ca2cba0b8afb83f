//! The real binary, started as an operator would, and killed as no operator should.

use anyhow::{Context, Result, bail, ensure};
use mailcase_testbed::process::free_port;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;

/// Longest wait for anything in a test. Generous: continuous integration has two busy cores.
pub const DEADLINE: Duration = Duration::from_secs(120);
/// Pause between two looks at a condition.
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// How a server is started.
#[derive(Debug, Clone, Default)]
pub struct ServerOptions {
    /// Environment variables beside the data folder and the address.
    pub environment: Vec<(String, String)>,
}

/// A running `mailcase serve`. Killed when dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    url: String,
    setup_link: watch::Receiver<Option<String>>,
}

/// The binary under test, in the target folder this program runs from. `cargo test` builds it.
fn binary() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let found =
        program.ancestors().skip(1).take(2).map(|folder| folder.join("mailcase")).find(|path| path.is_file());
    found.context("the mailcase binary is missing: run `cargo build -p mailcase` first")
}

impl Server {
    /// Starts the server on a free port of the loopback; returns as soon as it answers.
    ///
    /// # Errors
    /// When it ends or does not answer in time; with what it printed.
    pub async fn start(data: &Path, options: &ServerOptions) -> Result<Self> {
        let mut server = Self::launch(data, options)?;
        let healthy = format!("{}/healthz", server.url);
        let started = Instant::now();
        loop {
            if let Some(status) = server.child.try_wait()? {
                bail!("the server ended with {status} before it answered");
            }
            if let Ok(answer) = reqwest::get(&healthy).await
                && answer.status().is_success()
            {
                return Ok(server);
            }
            ensure!(started.elapsed() < DEADLINE, "the server did not answer within {DEADLINE:?}");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Starts the server and returns at once.
    ///
    /// # Errors
    /// When the binary is missing or cannot be started.
    pub fn launch(data: &Path, options: &ServerOptions) -> Result<Self> {
        let listen = format!("127.0.0.1:{}", free_port()?);
        let arguments: [OsString; 5] =
            ["--data".into(), data.into(), "serve".into(), "--listen".into(), listen.clone().into()];
        let mut child = Command::new(binary()?)
            .args(arguments)
            .env_clear()
            .envs(
                ["PATH", "HOME", "SSL_CERT_FILE"]
                    .iter()
                    .filter_map(|name| Some((*name, std::env::var_os(name)?))),
            )
            .envs(options.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let (found, setup_link) = watch::channel(None);
        listen_for_link(child.stdout.take().context("standard output")?, found.clone());
        listen_for_link(child.stderr.take().context("standard error")?, found);
        Ok(Self { child, url: format!("http://{listen}"), setup_link })
    }

    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// # Errors
    /// When it has ended.
    pub fn process(&self) -> Result<u32> {
        self.child.id().context("the server has ended already")
    }

    /// The one-time link printed on the first run.
    ///
    /// # Errors
    /// When none was printed in time.
    pub async fn setup_token(&mut self) -> Result<String> {
        let link = tokio::time::timeout(DEADLINE, self.setup_link.wait_for(Option::is_some))
            .await
            .context("no set-up link was printed")??
            .clone();
        let link = link.context("the set-up link")?;
        let token = link.split("token=").nth(1).context("a token in the set-up link")?;
        Ok(token.to_owned())
    }

    /// `SIGKILL`: nothing is flushed, closed or released.
    ///
    /// # Errors
    /// When the process cannot be killed.
    pub async fn kill(mut self) -> Result<()> {
        self.child.kill().await?;
        Ok(())
    }

    /// `SIGTERM`, and the exit code.
    ///
    /// # Errors
    /// When it does not end in time.
    pub async fn terminate(mut self) -> Result<Option<i32>> {
        let id = self.process()?;
        Command::new("kill").args(["-TERM", &id.to_string()]).status().await?;
        let status = tokio::time::timeout(DEADLINE, self.child.wait())
            .await
            .context("it does not end on SIGTERM")??;
        Ok(status.code())
    }
}

/// Reads a stream to its end, so that the child never blocks on it; shows it when a test fails.
fn listen_for_link(stream: impl AsyncRead + Unpin + Send + 'static, found: watch::Sender<Option<String>>) {
    tokio::spawn(async move {
        let mut lines = BufReader::new(stream).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            if let Some(link) = line.split_whitespace().find(|word| word.contains("/setup?token=")) {
                found.send_replace(Some(link.to_owned()));
            }
            if std::env::var_os("MAILCASE_IT_SHOW").is_some() {
                tracing_line(&line);
            }
        }
    });
}

#[expect(clippy::print_stderr, reason = "asked for with MAILCASE_IT_SHOW")]
fn tracing_line(line: &str) {
    eprintln!("{line}");
}

/// Looks at a condition again and again until it gives a value.
///
/// # Errors
/// When it has not within [`DEADLINE`]; the last error of the condition if there was one.
pub async fn eventually<T, F, Fut>(what: &str, mut condition: F) -> Result<T>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<Option<T>>>,
{
    let started = Instant::now();
    loop {
        let outcome = condition().await;
        if let Ok(Some(value)) = outcome {
            return Ok(value);
        }
        if started.elapsed() >= DEADLINE {
            return match outcome {
                Err(error) => Err(error.context(format!("{what}: not within {DEADLINE:?}"))),
                Ok(_) => bail!("{what}: not within {DEADLINE:?}"),
            };
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
