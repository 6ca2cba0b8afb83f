//! From the mail server's announcement to the screen: delivers mails one after another to a mailbox in IDLE, and says
//! how long after `* n EXISTS` the live event tells of the case, and how long after it the case is in the list.
//!
//! `latency [--mails 100] [--screen PROGRAM]`. The program opens the list of cases in a browser, prints `ready` once it
//! stands, and then `MILLISECONDS TITLE` for every case that appears: `ui/scripts/watch-cases.mjs`.

use anyhow::{Context, Result, bail, ensure};
use mailcase_it::{
    Announced, DEADLINE, Events, PASSWORD, Person, Relay, Server, ServerOptions, Spread, USERNAME, options,
};
use mailcase_testbed::dovecot::{self, Dovecot, DovecotOptions};
use serde_json::{Value, json};
use std::process::Stdio;
use std::time::{Duration, Instant, UNIX_EPOCH};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

const USER: &str = "soc";
/// A browser is slower to look at; fewer say as much.
const SCREEN_PART: usize = 4;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "a command-line program")]
async fn main() -> Result<()> {
    let options = options()?;
    let mails: usize = options.get("mails").map_or(Ok(100), |value| value.parse())?;
    let mut bench = Bench::start().await?;

    let mut served = Vec::new();
    let mut told = Vec::new();
    let mut listed = Vec::new();
    let mut events = bench.person.events().await?;
    for number in 0..mails {
        let once = bench.through_api(&format!("Mail {number} for the list"), &mut events).await?;
        served.push(once.served);
        told.push(once.told);
        listed.push(once.listed);
    }
    println!("{mails} mails");
    print_spread("mail server: delivered to announced", served);
    print_spread("announced to live event of the case", told);
    print_spread("announced to case in GET /cases", listed);

    if let Some(program) = options.get("screen") {
        let mut screen = Screen::open(program, bench.server.url()).await?;
        let mut shown = Vec::new();
        for number in 0..mails.div_ceil(SCREEN_PART) {
            shown.push(bench.on_screen(&format!("Mail {number} for the screen"), &mut screen).await?);
        }
        print_spread("announced to row painted in Chromium", shown);
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a command-line program")]
fn print_spread(what: &str, times: Vec<Duration>) {
    if let Some(spread) = Spread::of(times) {
        println!("{what}: {spread}");
    }
}

struct Bench {
    dovecot: Dovecot,
    relay: Relay,
    server: Server,
    person: Person,
    _data: tempfile::TempDir,
}

/// What one mail took.
struct Once {
    served: Duration,
    told: Duration,
    listed: Duration,
}

impl Bench {
    async fn start() -> Result<Self> {
        let dovecot = Dovecot::start(DovecotOptions::default()).await?;
        let relay = Relay::start(dovecot.ports().imap_address()).await?;
        let data = tempfile::tempdir()?;
        let mut server = Server::start(data.path(), &ServerOptions::default()).await?;
        let person = Person::set_up(&mut server).await?;
        let connector = json!({
            "active": true,
            "secrets": {"password": dovecot::PASSWORD},
            "settings": {
                "name": "Reports", "api_name": "reports", "kind": "imap",
                "connection": {"host": dovecot.host(), "port": relay.port(), "security": "none", "username": USER},
            },
        });
        person.post("/connectors", &connector).await?;
        Ok(Self { dovecot, relay, server, person, _data: data })
    }

    /// Delivers a mail once the mailbox is watched; returns when it was delivered and when it was announced.
    async fn deliver(&mut self, subject: &str) -> Result<(Instant, Announced)> {
        timeout(DEADLINE, self.relay.until_idling()).await.context("no IDLE")??;
        self.relay.forget();
        let mail = format!(
            "From: Reporter <reporter@example.org>\r\nTo: <{USER}@example.test>\r\nSubject: {subject}\r\n\
             Message-ID: <{}@example.org>\r\nDate: Sat, 21 Nov 2026 07:00:00 +0000\r\n\r\n\
             Seen at http://login.example.com/\r\n",
            subject.replace(' ', "-")
        );
        self.dovecot.deliver(USER, mail.as_bytes()).await?;
        let delivered = Instant::now();
        let announced = timeout(DEADLINE, self.relay.next()).await.context("no announcement")?;
        Ok((delivered, announced.context("the relay has ended")?))
    }

    async fn through_api(&mut self, subject: &str, events: &mut Events) -> Result<Once> {
        let (delivered, announced) = self.deliver(subject).await?;
        timeout(DEADLINE, case_made(events)).await.context("no event of a case")??;
        let told = announced.at.elapsed();
        let cases = self.person.get("/cases?limit=50").await?;
        let listed = announced.at.elapsed();
        ensure!(titles(&cases).any(|title| title == subject), "{subject} is not in the list after its event");
        Ok(Once { served: announced.at.saturating_duration_since(delivered), told, listed })
    }

    async fn on_screen(&mut self, subject: &str, screen: &mut Screen) -> Result<Duration> {
        let (_, announced) = self.deliver(subject).await?;
        let shown = timeout(DEADLINE, screen.shown(subject)).await.context("no row")??;
        let clock = announced.clock.duration_since(UNIX_EPOCH)?;
        Ok(shown.saturating_sub(clock))
    }
}

async fn case_made(events: &mut Events) -> Result<()> {
    loop {
        let (name, data) = events.next().await?;
        if name == "message_decided" && data.get("case").is_some_and(Value::is_string) {
            return Ok(());
        }
    }
}

fn titles(cases: &Value) -> impl Iterator<Item = &str> {
    let items = cases.get("items").and_then(Value::as_array).into_iter().flatten();
    items.filter_map(|case| case.get("title")?.as_str())
}

/// A browser that watches the list of cases.
struct Screen {
    lines: Lines<BufReader<ChildStdout>>,
    _browser: Child,
}

impl Screen {
    async fn open(program: &str, url: &str) -> Result<Self> {
        let mut browser = Command::new(program)
            .args([url, USERNAME, PASSWORD])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{program} cannot be started"))?;
        let lines = BufReader::new(browser.stdout.take().context("standard output")?).lines();
        let mut screen = Self { lines, _browser: browser };
        let first = timeout(DEADLINE, screen.line()).await.context("the browser shows nothing")??;
        ensure!(first == "ready", "the browser said {first:?}");
        Ok(screen)
    }

    async fn line(&mut self) -> Result<String> {
        self.lines.next_line().await?.context("the browser has ended")
    }

    /// Since the epoch.
    async fn shown(&mut self, title: &str) -> Result<Duration> {
        loop {
            let line = self.line().await?;
            let Some((millis, shown)) = line.split_once(' ') else { bail!("the browser said {line:?}") };
            if shown == title {
                return Ok(Duration::from_secs_f64(millis.parse::<f64>()? / 1e3));
            }
        }
    }
}
