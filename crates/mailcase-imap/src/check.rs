//! "Test connection": every step with what was found. Changes nothing on the server.

use crate::heads::HEAD_ITEMS;
use crate::session::{Selected, Session};
use crate::settings::{Account, Credential, Security};
use crate::wire::command::Command;
use crate::wire::response::Response;
use mailcase_mail::{CheckReport, Deadlines, FolderPath, SourceError, TlsPeer};
use mailcase_transport::{Newest, Steps};
use std::collections::BTreeSet;

/// What makes this source faster or kinder, with what is lost without.
const WISHES: [(&str, &str); 3] = [
    ("IDLE", "new mail is only seen when polling"),
    ("MOVE", "messages are moved by copying and removing"),
    ("UIDPLUS", "moved and deleted messages stay in the folder, marked as deleted"),
];

/// Capabilities told at most: the most talkative servers have about eighty.
const TOLD_MAX: usize = 100;

/// The last steps there always are, as they are called when they never came.
const PLANNED: [(&str, &str); 5] = [
    ("sign_in", "Sign in"),
    ("capabilities", "Ask what the server can do"),
    ("folder", "Find the folders"),
    ("unread", "Count unread messages"),
    ("newest", "Look at the newest message"),
];

pub(crate) async fn check(account: &Account, deadlines: &Deadlines, folders: &[FolderPath]) -> CheckReport {
    let mut steps = Steps::default();
    let inbox = [FolderPath::new("INBOX")];
    let folders = if folders.is_empty() { &inbox } else { folders };
    if let Some(mut session) = connection(&mut steps, account, deadlines).await {
        for folder in folders {
            self::folder(&mut steps, &mut session, folder).await;
        }
        session.leave().await;
    }
    steps.plan(&[("tls", "Encrypt the connection")]);
    if matches!(account.credential, Credential::Tokens(_)) {
        steps.plan(&[("token", "Get an access token")]);
    }
    steps.plan(&PLANNED);
    steps.into_report()
}

/// Everything up to the sign-in; nothing when a step failed.
async fn connection(steps: &mut Steps, account: &Account, deadlines: &Deadlines) -> Option<Session> {
    let dialled = account.route.dial_in_steps(&account.endpoint, deadlines.connect, steps).await;
    let carrier = steps.take(dialled)?;

    steps.begin(
        "tls",
        match account.security {
            Security::Tls => "Encrypt the connection (SSL/TLS)",
            Security::Starttls => "Encrypt the connection (STARTTLS)",
            Security::None => "Encrypt the connection",
        },
    );
    let secured = Box::pin(Session::secure(carrier, account, deadlines)).await;
    let (mut session, encryption) = steps.take(secured)?;
    match encryption {
        Some(encryption) => steps.encrypted(TlsPeer::Server, encryption),
        None => steps.warned(
            "not encrypted: the password and all mail can be read on the way",
            Some("Choose SSL/TLS or STARTTLS."),
        ),
    }

    if let Credential::Tokens(tokens) = &account.credential {
        tokens.check(steps).await?;
    }
    steps.begin(
        "sign_in",
        match &account.mailbox {
            Some(mailbox) => format!("Sign in as {} to the mailbox {mailbox}", account.username),
            None => format!("Sign in as {}", account.username),
        },
    );
    let entered = session.enter(account, deadlines).await;
    steps.take(entered)?;
    steps.passed("accepted");

    steps.begin("capabilities", "Ask what the server can do");
    let missing: Vec<String> = WISHES
        .iter()
        .filter(|(capability, _)| !session.has(capability))
        .map(|(capability, loss)| format!("without {capability} {loss}"))
        .collect();
    let known = told(session.capabilities());
    if missing.is_empty() {
        steps.passed(known);
    } else {
        steps.warned(format!("{}; it can {known}", missing.join("; ")), None);
    }
    Some(session)
}

/// One folder: found, unread, newest.
async fn folder(steps: &mut Steps, session: &mut Session, folder: &FolderPath) {
    steps.begin("folder", format!("Find the folder {folder}"));
    let opened = session.select(folder, false).await;
    let Some(selected) = steps.take(opened) else { return };
    steps.passed(format!("{} messages", selected.exists));

    steps.begin("unread", format!("Count unread messages in {folder}"));
    let unseen = session.search("UNSEEN").await;
    if let Some(unseen) = steps.take(unseen) {
        steps.passed(format!("{} unread", unseen.len()));
    }
    steps.begin("newest", format!("Look at the newest message in {folder}"));
    let newest = newest(session, &selected).await;
    if let Some(newest) = steps.take(newest) {
        steps.passed_with_newest(newest);
    }
}

async fn newest(session: &mut Session, selected: &Selected) -> Result<Option<Newest>, SourceError> {
    if selected.exists == 0 {
        return Ok(None);
    }
    let (mut received, mut uid) = (None, None);
    let answer = session
        .run(&Command::new(format!("UID FETCH * {HEAD_ITEMS}")), &mut |response| {
            if let Response::Fetch(data) = response {
                received = data.received.or(received);
                uid = data.uid.or(uid);
            }
        })
        .await?;
    answer.ok("to describe the newest message")?;
    let beginning = match uid {
        Some(uid) => session.beginnings(&BTreeSet::from([uid])).await?.remove(&uid),
        None => None,
    };
    Ok(Some(Newest { received, beginning }))
}

/// The capabilities a server names, cut where no person reads on.
fn told(capabilities: &BTreeSet<String>) -> String {
    let known: Vec<&str> = capabilities.iter().take(TOLD_MAX).map(String::as_str).collect();
    let more = if capabilities.len() > TOLD_MAX { " …" } else { "" };
    format!("{}{more}", known.join(" "))
}
