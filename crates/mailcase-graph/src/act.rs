//! Changes to messages, in batches.
//!
//! An immutable identity finds its message wherever it is, so where it is gets asked first: whoever moved it elsewhere
//! has taken it out of our hands, and a second delete of a deleted message would destroy it.

use crate::client::GraphClient;
use crate::folders::Folders;
use crate::refusal::Refusal;
use crate::wire::{BatchItem, ParentShape, is_identity, segment};
use mailcase_mail::{ActOutcome, FolderPath, RemoteAction, RemoteId, SourceError};
use serde_json::{Value, json};

const TRASH: &str = "deleteditems";
const DOING: &str = "change messages";

/// What an action is to a message.
enum Change {
    Read,
    /// To the folder of this identity or well-known name.
    To(String),
    Destroy,
}

pub(crate) async fn act(
    client: &GraphClient,
    root: &str,
    folder: &str,
    ids: &[RemoteId],
    action: &RemoteAction,
) -> Result<Vec<ActOutcome>, SourceError> {
    let asked: Vec<&RemoteId> = ids.iter().filter(|id| is_identity(id.as_str())).collect();
    let there = whereabouts(client, root, &asked).await?;
    let mut outcomes = Vec::with_capacity(asked.len());
    let mut items = Vec::new();
    let change = if there.iter().any(|place| matches!(place, Ok(place) if place == folder)) {
        Some(change(client, root, folder, action).await?)
    } else {
        None
    };
    for (id, place) in asked.iter().zip(there) {
        let outcome = match (place, &change) {
            (Ok(place), Some(change)) if place == folder => {
                items.push(item(root, id, change));
                None
            }
            (Ok(_), _) => Some(ActOutcome::Gone),
            (Err(refusal), _) => Some(outcome(Err(refusal))?),
        };
        outcomes.push(outcome);
    }
    let mut done = client.batch(&items).await?.into_iter();
    let mut outcomes = outcomes.into_iter();
    ids.iter()
        .map(|id| {
            if !is_identity(id.as_str()) {
                return Ok(ActOutcome::Gone);
            }
            match outcomes.next().flatten() {
                Some(known) => Ok(known),
                None => outcome(done.next().unwrap_or_else(|| Err(Refusal::new(500, "", None)))),
            }
        })
        .collect()
}

/// The folder of each.
async fn whereabouts(
    client: &GraphClient,
    root: &str,
    ids: &[&RemoteId],
) -> Result<Vec<Result<String, Refusal>>, SourceError> {
    let items: Vec<BatchItem> = ids
        .iter()
        .map(|id| {
            let path = format!("{root}/messages/{}?$select=parentFolderId", segment(id.as_str()));
            BatchItem::new("GET", path, None)
        })
        .collect();
    let found = client.batch(&items).await?.into_iter();
    Ok(found.map(|result| result.map(parent)).collect())
}

fn parent(message: Value) -> String {
    serde_json::from_value(message).map(|shape: ParentShape| shape.parent_folder_id).unwrap_or_default()
}

async fn change(
    client: &GraphClient,
    root: &str,
    folder: &str,
    action: &RemoteAction,
) -> Result<Change, SourceError> {
    match action {
        RemoteAction::MarkRead => Ok(Change::Read),
        RemoteAction::Move(to) => Ok(Change::To(Folders::new(client, root).find_or_make(to).await?.id)),
        // As Outlook does; and unlike DELETE, a move repeated is no second step.
        RemoteAction::Delete => {
            let trash = Folders::new(client, root).find(&FolderPath::new(TRASH)).await?;
            Ok(if trash.id == folder { Change::Destroy } else { Change::To(trash.id) })
        }
    }
}

fn item(root: &str, id: &RemoteId, change: &Change) -> BatchItem {
    let message = format!("{root}/messages/{}", segment(id.as_str()));
    match change {
        Change::Read => BatchItem::new("PATCH", message, Some(json!({"isRead": true}))),
        Change::To(folder) => {
            BatchItem::new("POST", format!("{message}/move"), Some(json!({"destinationId": folder})))
        }
        Change::Destroy => BatchItem::new("DELETE", message, None),
    }
}

fn outcome(result: Result<Value, Refusal>) -> Result<ActOutcome, SourceError> {
    match result {
        Ok(_) => Ok(ActOutcome::Done),
        Err(refusal) if refusal.is_absence() => Ok(ActOutcome::Gone),
        // These are no message's fault: the call failed, and may be repeated.
        Err(refusal) if refusal.is_passing() || matches!(refusal.status, 401 | 403) => {
            Err(refusal.into_error(DOING))
        }
        Err(refusal) => {
            Ok(ActOutcome::Refused { reason: refusal.into_error("change the message").to_string() })
        }
    }
}
