//! "Test connection": every step with what was found. Changes nothing on the server.

use crate::heads::HEAD_ITEMS;
use crate::session::{Encryption, Selected, Session};
use crate::settings::{Account, Security};
use crate::wire::command::Command;
use crate::wire::response::Response;
use jiff::{SignedDuration, Timestamp, Unit};
use mailcase_mail::{CheckReport, CheckStep, Deadlines, FolderPath, SourceError, StepStatus};
use mailcase_transport::{connect, resolve};
use std::time::Instant;

/// A certificate that ends sooner is worth a warning: renewing takes people.
const EXPIRY_WARNING: SignedDuration = SignedDuration::from_hours(30 * 24);
/// What makes this source faster or kinder, with what is lost without.
const WISHES: [(&str, &str); 3] = [
    ("IDLE", "new mail is only seen when polling"),
    ("MOVE", "messages are moved by copying and removing"),
    ("UIDPLUS", "moved and deleted messages stay in the folder, marked as deleted"),
];

type Failure = Box<SourceError>;

/// The report so far, and how the steps that never came are called.
struct Steps {
    report: CheckReport,
    started: Instant,
}

pub(crate) async fn check(account: &Account, deadlines: &Deadlines, folders: &[FolderPath]) -> CheckReport {
    let mut steps = Steps { report: CheckReport::default(), started: Instant::now() };
    let inbox = [FolderPath::new("INBOX")];
    let folders = if folders.is_empty() { &inbox } else { folders };
    if let Some(mut session) = connection(&mut steps, account, deadlines).await {
        let mut found = false;
        for folder in folders {
            found |= self::folder(&mut steps, &mut session, folder).await;
        }
        if !found {
            steps.skip("unread", "Count unread messages");
            steps.skip("newest", "Look at the newest message");
        }
        session.leave().await;
    } else {
        for (name, title) in [
            ("dns", "Look up the server's name"),
            ("tcp", "Connect"),
            ("tls", "Encrypt the connection"),
            ("sign_in", "Sign in"),
            ("capabilities", "Ask what the server can do"),
            ("folder", "Find the folders"),
            ("unread", "Count unread messages"),
            ("newest", "Look at the newest message"),
        ] {
            if steps.report.steps.iter().all(|step| step.name != name) {
                steps.skip(name, title);
            }
        }
    }
    steps.report
}

/// Everything up to the sign-in; nothing when a step failed.
async fn connection(steps: &mut Steps, account: &Account, deadlines: &Deadlines) -> Option<Session> {
    let endpoint = &account.endpoint;
    let title = format!("Look up {}", endpoint.host);
    let addresses = steps.take("dns", &title, resolve(endpoint, deadlines.connect).await)?;
    let shown: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
    steps.passed("dns", &title, shown.join(", "));

    let title = format!("Connect to {endpoint}");
    let stream = steps.take("tcp", &title, connect(endpoint, &addresses, deadlines.connect).await)?;
    let peer = stream.peer_addr().map(|peer| peer.to_string()).unwrap_or_default();
    steps.passed("tcp", &title, peer);

    let title = match account.security {
        Security::Tls => "Encrypt the connection (SSL/TLS)",
        Security::Starttls => "Encrypt the connection (STARTTLS)",
        Security::None => "Encrypt the connection",
    };
    let secured = Box::pin(Session::secure(stream, account, deadlines)).await;
    let (mut session, encryption) = steps.take("tls", title, secured)?;
    steps.encryption(title, encryption);

    let title = match &account.mailbox {
        Some(mailbox) => format!("Sign in as {} to the mailbox {mailbox}", account.username),
        None => format!("Sign in as {}", account.username),
    };
    let entered = session.enter(account, deadlines).await;
    steps.take("sign_in", &title, entered)?;
    steps.passed("sign_in", &title, "accepted".to_owned());

    let missing: Vec<String> = WISHES
        .iter()
        .filter(|(capability, _)| !session.has(capability))
        .map(|(capability, loss)| format!("without {capability} {loss}"))
        .collect();
    let known: Vec<&str> = session.capabilities().iter().map(String::as_str).collect();
    let title = "Ask what the server can do";
    if missing.is_empty() {
        steps.passed("capabilities", title, known.join(" "));
    } else {
        steps.add("capabilities", title, StepStatus::Warning, missing.join("; "), None);
    }
    Some(session)
}

/// One folder: found, unread, newest. Says whether it was found.
async fn folder(steps: &mut Steps, session: &mut Session, folder: &FolderPath) -> bool {
    let title = format!("Find the folder {folder}");
    let opened = session.select(folder, false).await;
    let Some(selected) = steps.take("folder", &title, opened) else { return false };
    steps.passed("folder", &title, format!("{} messages", selected.exists));

    let title = format!("Count unread messages in {folder}");
    let unseen = session.search("UNSEEN").await;
    if let Some(unseen) = steps.take("unread", &title, unseen) {
        steps.passed("unread", &title, format!("{} unread", unseen.len()));
    }
    let title = format!("Look at the newest message in {folder}");
    let newest = newest(session, &selected).await;
    if let Some(detail) = steps.take("newest", &title, newest) {
        steps.passed("newest", &title, detail);
    }
    true
}

async fn newest(session: &mut Session, selected: &Selected) -> Result<String, SourceError> {
    if selected.exists == 0 {
        return Ok("the folder is empty".to_owned());
    }
    let mut received = None;
    let answer = session
        .run(&Command::new(format!("UID FETCH * {HEAD_ITEMS}")), &mut |response| {
            if let Response::Fetch(data) = response {
                received = data.received.or(received);
            }
        })
        .await?;
    answer.ok("to describe the newest message")?;
    Ok(match received {
        Some(received) => {
            format!("received {} ({})", received.round(Unit::Second).unwrap_or(received), age(received))
        }
        None => "the server does not say when it was received".to_owned(),
    })
}

fn age(received: Timestamp) -> String {
    let hours = Timestamp::now().duration_since(received).as_hours();
    match hours {
        i64::MIN..=0 => "less than an hour ago".to_owned(),
        1..48 => format!("{hours} hours ago"),
        _ => format!("{} days ago", hours.div_euclid(24)),
    }
}

impl Steps {
    /// The value of a step that worked; a failed one is added to the report.
    fn take<T>(&mut self, name: &str, title: &str, result: Result<T, SourceError>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.failed(name, title, Box::new(error));
                None
            }
        }
    }

    fn passed(&mut self, name: &str, title: &str, detail: String) {
        self.add(name, title, StepStatus::Passed, detail, None);
    }

    fn failed(&mut self, name: &str, title: &str, error: Failure) {
        let hint = error.hint().map(str::to_owned);
        let detail = error.to_string();
        if let SourceError::Tls { untrusted, chain, .. } = *error {
            self.report.untrusted = untrusted;
            self.report.chain = chain;
        }
        self.add(name, title, StepStatus::Failed, detail, hint);
    }

    fn skip(&mut self, name: &str, title: &str) {
        self.add(
            name,
            title,
            StepStatus::Skipped,
            "not tried, because an earlier step failed".to_owned(),
            None,
        );
    }

    fn encryption(&mut self, title: &str, encryption: Encryption) {
        let Some(protocol) = encryption.protocol else {
            let detail = "not encrypted: the password and all mail can be read on the way".to_owned();
            let hint = Some("Choose SSL/TLS or STARTTLS.".to_owned());
            return self.add("tls", title, StepStatus::Warning, detail, hint);
        };
        let mut status = StepStatus::Passed;
        let mut hint = None;
        let mut detail = protocol.replace("TLSv1_", "TLS 1.");
        if let Some(leaf) = encryption.chain.first() {
            if let Some(end) = leaf.not_after {
                detail.push_str(&format!(", certificate valid until {}", end.strftime("%Y-%m-%d")));
                if end.duration_since(Timestamp::now()) < EXPIRY_WARNING {
                    status = StepStatus::Warning;
                    hint = Some("The certificate ends within 30 days: have it renewed.".to_owned());
                }
            }
            detail.push_str(&format!(", SHA-256 {}", leaf.sha256));
        }
        self.report.chain = encryption.chain;
        self.add("tls", title, status, detail, hint);
    }

    fn add(&mut self, name: &str, title: &str, status: StepStatus, detail: String, hint: Option<String>) {
        let millis = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.started = Instant::now();
        let (name, title) = (name.to_owned(), title.to_owned());
        self.report.steps.push(CheckStep { name, title, status, detail, hint, millis });
    }
}
