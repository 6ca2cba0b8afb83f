//! Changes to messages, many at once. The identity of a message ends when it leaves its folder, so what is done is done
//! once: repeated, it finds nothing.

use crate::client::EwsClient;
use crate::items::{folder_id, item_ids};
use crate::refusal::{Refusal, Trouble};
use crate::wire::{Element, escaped, is_identity};
use mailcase_mail::{ActOutcome, RemoteId, SourceError};

/// Changed by one request.
const AT_ONCE: usize = 100;
const DOING: &str = "change messages";

/// What an action is to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    Read,
    /// To the folder of this identity.
    To(String),
    /// To the deleted items.
    Delete,
    /// Out of the deleted items; an administrator can bring it back for a while.
    Destroy,
}

impl Change {
    /// Nobody is told that a message was read, or deleted unread: an analyst looks at it, or nobody does.
    fn operation(&self, ids: &[&RemoteId]) -> String {
        let delete = |kind: &str| {
            format!(
                "<m:DeleteItem DeleteType=\"{kind}\" SendMeetingCancellations=\"SendToNone\" \
                 AffectedTaskOccurrences=\"AllOccurrences\" SuppressReadReceipts=\"true\"><m:ItemIds>{}</m:ItemIds>\
                 </m:DeleteItem>",
                item_ids(ids)
            )
        };
        match self {
            Self::Read => {
                let changes: String = ids
                    .iter()
                    .map(|id| {
                        format!(
                            "<t:ItemChange><t:ItemId Id=\"{}\"/><t:Updates><t:SetItemField>\
                             <t:FieldURI FieldURI=\"message:IsRead\"/><t:Message><t:IsRead>true</t:IsRead></t:Message>\
                             </t:SetItemField></t:Updates></t:ItemChange>",
                            escaped(id.as_str())
                        )
                    })
                    .collect();
                format!(
                    "<m:UpdateItem MessageDisposition=\"SaveOnly\" ConflictResolution=\"AlwaysOverwrite\" \
                     SuppressReadReceipts=\"true\"><m:ItemChanges>{changes}</m:ItemChanges></m:UpdateItem>"
                )
            }
            Self::To(folder) => format!(
                "<m:MoveItem><m:ToFolderId>{}</m:ToFolderId><m:ItemIds>{}</m:ItemIds>\
                 <m:ReturnNewItemIds>false</m:ReturnNewItemIds></m:MoveItem>",
                folder_id(folder),
                item_ids(ids)
            ),
            Self::Delete => delete("MoveToDeletedItems"),
            Self::Destroy => delete("SoftDelete"),
        }
    }
}

/// Nothing when the folder that messages were to move to is no longer there.
pub(crate) async fn act(
    client: &EwsClient,
    ids: &[RemoteId],
    change: &Change,
) -> Result<Option<Vec<ActOutcome>>, SourceError> {
    let asked: Vec<&RemoteId> = ids.iter().filter(|id| is_identity(id.as_str())).collect();
    let results = client.each(&asked, AT_ONCE, |some| {
        let some: Vec<&RemoteId> = some.iter().map(|id| **id).collect();
        change.operation(&some)
    });
    let results = match results.await {
        Ok(results) => results,
        Err(Trouble::Refused(refusal)) if is_missing_target(&refusal) => return Ok(None),
        Err(trouble) => return Err(trouble.into_error(DOING)),
    };
    if results.iter().any(|result| result.as_ref().is_err_and(is_missing_target)) {
        return Ok(None);
    }
    let mut results = results.into_iter();
    let outcomes: Result<Vec<ActOutcome>, SourceError> = ids
        .iter()
        .map(|id| {
            if !is_identity(id.as_str()) {
                return Ok(ActOutcome::Gone);
            }
            outcome(results.next().unwrap_or_else(|| Err(Refusal::of_code("", None))))
        })
        .collect();
    outcomes.map(Some)
}

fn is_missing_target(refusal: &Refusal) -> bool {
    ["ErrorToFolderNotFound", "ErrorFolderNotFound"].contains(&refusal.code.as_str())
}

fn outcome(result: Result<Element, Refusal>) -> Result<ActOutcome, SourceError> {
    match result {
        Ok(_) => Ok(ActOutcome::Done),
        Err(refusal) if refusal.is_absence() => Ok(ActOutcome::Gone),
        Err(refusal) if refusal.is_about_the_message() => {
            Ok(ActOutcome::Refused { reason: refusal.into_error("change the message").to_string() })
        }
        // These are no message's fault: the call failed, and may be repeated.
        Err(refusal) => Err(refusal.into_error(DOING)),
    }
}
