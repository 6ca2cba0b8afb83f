//! "Test connection": every step with what was found. Changes nothing in the mailbox.

use crate::client::Call;
use crate::folders::Folders;
use crate::glance::first_bytes;
use crate::scan::Scan;
use crate::server::is_online;
use crate::source::{DEFAULT_FOLDER, EwsSource};
use crate::wire::{NoMime, Version};
use http::Uri;
use mailcase_mail::{CheckReport, FolderPath, SourceError};
use mailcase_transport::{Newest, Steps};

/// Exchange Online under whatever name, such as that of a proxy.
const ONLINE: (u32, u32) = (15, 20);
/// The steps there always are, as they are called when they never came.
const PLANNED: [(&str, &str); 5] = [
    ("tls", "Encrypt the connection"),
    ("sign_in", "Open the mailbox"),
    ("folder", "Find the folders"),
    ("unread", "Count unread messages"),
    ("newest", "Look at the newest message"),
];

pub(crate) async fn check(source: &mut EwsSource, folders: &[FolderPath]) -> CheckReport {
    let mut steps = Steps::default();
    let inbox = [FolderPath::new(DEFAULT_FOLDER)];
    let folders = if folders.is_empty() { &inbox } else { folders };
    if open(source, &mut steps).await.is_some() {
        for folder in folders {
            self::folder(source, &mut steps, folder).await;
        }
    }
    steps.plan(&PLANNED);
    steps.into_report()
}

/// Everything up to the mailbox; nothing when a step failed.
async fn open(source: &EwsSource, steps: &mut Steps) -> Option<()> {
    let client = &source.client;
    if client.is_discovered() {
        steps.begin("autodiscover", "Ask Autodiscover for the server");
    }
    let url = steps.take(client.url().await)?;
    if client.is_discovered() {
        steps.passed(url.to_string());
    }
    if !client.http().reach(&url, steps).await || !client.check_token(steps).await {
        return None;
    }
    steps.begin("sign_in", "Open the mailbox");
    let version = steps.take(opened(source).await)?;
    steps.passed("Exchange lets us read the mailbox");
    steps.begin("capabilities", "Ask which Exchange it is");
    tell_version(steps, &url, version);
    Some(())
}

/// Opens the inbox: that is where every mailbox begins.
async fn opened(source: &EwsSource) -> Result<Option<Version>, SourceError> {
    let doing = "open the mailbox";
    let call = Call::new(format!(
        "<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds>{}</m:FolderIds>\
         </m:GetFolder>",
        source.client.well_known("inbox")
    ));
    let mut answers = source.client.open(&call).await.map_err(|trouble| trouble.into_error(doing))?;
    let version = answers.version();
    let answer = answers.next(&mut NoMime).await?.ok_or_else(|| SourceError::Protocol {
        message: "Exchange answers without saying anything of the mailbox".to_owned(),
    })?;
    match answer.refusal() {
        Some(refusal) => Err(refusal.of_the_mailbox(doing)),
        None => Ok(version),
    }
}

fn tell_version(steps: &mut Steps, url: &Uri, version: Option<Version>) {
    let shown = version.map_or_else(|| "Exchange does not say which one it is".to_owned(), named);
    let online = is_online(url.host().unwrap_or_default())
        || version.is_some_and(|version| (version.major, version.minor) == ONLINE);
    if online {
        steps.warned(
            format!(
                "{shown}: in Exchange Online, EWS is off since 2026-10-01 unless the organization listed this \
                 application, and ends for everybody on 2027-04-01"
            ),
            Some("Change this connector to Microsoft Graph before that day."),
        );
    } else {
        steps.passed(shown);
    }
}

/// The names of <https://learn.microsoft.com/exchange/new-features/build-numbers-and-release-dates>.
fn named(version: Version) -> String {
    let Version { major, minor, build } = version;
    let name = match (major, minor, build) {
        (15, 20, _) => "Exchange Online",
        (15, 2, 2562..) => "Exchange Server Subscription Edition",
        (15, 2, _) => "Exchange 2019",
        (15, 1, _) => "Exchange 2016",
        (15, 0, _) => "Exchange 2013",
        _ => "Exchange",
    };
    format!("{name} ({major}.{minor}.{build})")
}

/// One folder: found, unread, newest.
async fn folder(source: &EwsSource, steps: &mut Steps, folder: &FolderPath) {
    steps.begin("folder", format!("Find the folder {folder}"));
    let found = Folders::new(&source.client).find(&source.resolved(folder)).await;
    let found = found.map_err(|error| match error {
        // Under the name that was chosen, whatever stands for it.
        SourceError::FolderNotFound { .. } => SourceError::FolderNotFound { folder: folder.clone() },
        other => other,
    });
    let Some(found) = steps.take(found) else { return };
    steps.passed(format!("{} messages", found.total));
    steps.begin("unread", format!("Count unread messages in {folder}"));
    steps.passed(format!("{} unread", found.unread));
    steps.begin("newest", format!("Look at the newest message in {folder}"));
    let newest = newest(source, &found.id).await;
    if let Some(newest) = steps.take(newest) {
        steps.passed_with_newest(newest);
    }
}

async fn newest(source: &EwsSource, folder: &str) -> Result<Option<Newest>, SourceError> {
    let newest = Scan::new(&source.client, folder).newest().await;
    let newest = newest.map_err(|trouble| trouble.into_error("show the newest message"))?;
    let Some(item) = newest else { return Ok(None) };
    let glance = first_bytes(&source.client, item.id()).await?;
    Ok(Some(Newest { received: item.head.received, beginning: glance.map(|glance| glance.bytes) }))
}
