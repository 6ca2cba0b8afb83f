//! "Test connection": every step with what was found. Changes nothing in the mailbox.

use crate::client::Call;
use crate::folders::Folders;
use crate::glance::first_bytes;
use crate::permissions::read_only;
use crate::source::GraphSource;
use crate::wire::{HeadShape, Page, UserShape, segment};
use mailcase_mail::{CheckReport, FolderPath, RemoteId, SourceError};
use mailcase_transport::{Newest, Steps};

/// The steps there always are, as they are called when they never came.
const PLANNED: [(&str, &str); 6] = [
    ("tls", "Encrypt the connection"),
    ("token", "Get an access token"),
    ("sign_in", "Open the mailbox"),
    ("folder", "Find the folders"),
    ("unread", "Count unread messages"),
    ("newest", "Look at the newest message"),
];

pub(crate) async fn check(source: &mut GraphSource, folders: &[FolderPath]) -> CheckReport {
    let mut steps = Steps::default();
    let inbox = [FolderPath::new(crate::source::DEFAULT_FOLDER)];
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
async fn open(source: &GraphSource, steps: &mut Steps) -> Option<()> {
    let client = &source.client;
    let unusable = || SourceError::Settings { message: "the address of Graph cannot be read".to_owned() };
    let base = client.base().parse().map_err(|_| unusable());
    let base = steps.take(base)?;
    if !client.http().reach(&base, steps).await {
        return None;
    }
    if !client.check_token(steps).await {
        return None;
    }
    steps.begin("sign_in", "Open the mailbox");
    let call = Call::get(format!("{}/mailFolders/inbox?$select=id", source.root));
    let opened: Result<UserShape, SourceError> =
        client.json(&call).await.map_err(|trouble| trouble.into_error("open the mailbox"));
    let opened = steps.take(opened)?;
    if opened.id.is_empty() {
        steps.warned("Graph names no inbox", None);
    } else {
        steps.passed("Graph lets us read the mailbox");
    }
    let permissions = client.permissions().await;
    if !permissions.is_empty() {
        steps.begin("capabilities", "Ask what the application may do");
        let shown = permissions.join(", ");
        if read_only(&permissions) {
            let detail = format!("it may read mail, but neither mark nor move nor delete it: {shown}");
            steps
                .warned(detail, Some("Grant it Mail.ReadWrite, or keep messages as they are on the server."));
        } else {
            steps.passed(shown);
        }
    }
    Some(())
}

/// One folder: found, unread, newest.
async fn folder(source: &GraphSource, steps: &mut Steps, folder: &FolderPath) {
    steps.begin("folder", format!("Find the folder {folder}"));
    let found = Folders::new(&source.client, &source.root).find(&source.resolved(folder)).await;
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

async fn newest(source: &GraphSource, folder: &str) -> Result<Option<Newest>, SourceError> {
    let folder = format!("{}/mailFolders/{}", source.root, segment(folder));
    let path = format!("{folder}/messages?$select=receivedDateTime&$orderby=receivedDateTime%20desc&$top=1");
    let page: Result<Page<HeadShape>, _> = source.client.json(&Call::get(path)).await;
    let page = page.map_err(|trouble| trouble.into_error("show the newest message"))?;
    let Some(head) = page.value.into_iter().next() else { return Ok(None) };
    let glance = first_bytes(&source.client, &source.root, &RemoteId::new(head.id)).await?;
    Ok(Some(Newest { received: head.received_date_time, beginning: glance.map(|glance| glance.bytes) }))
}
