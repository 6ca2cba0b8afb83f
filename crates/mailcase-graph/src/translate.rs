//! What Exchange Web Services call the messages Graph knows by immutable identities, and back.
//!
//! `translateExchangeIds` does it by the thousand, but not for applications that sign in as themselves and not in every
//! cloud. Then each message is asked for by the identity we have, with the answer in the other form.

use crate::client::{Call, GraphClient};
use crate::refusal::{Refusal, Trouble};
use crate::wire::{BatchItem, segment};
use mailcase_mail::{RemoteId, SourceError};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;

/// What `translateExchangeIds` takes at once.
const AT_ONCE: usize = 1_000;

/// Which form is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Of Exchange Web Services.
    Ews,
    /// Of this source.
    Immutable,
}

impl Form {
    /// In the words of Microsoft (`exchangeIdFormat`).
    const fn word(self) -> &'static str {
        match self {
            Self::Ews => "ewsId",
            Self::Immutable => "restImmutableEntryId",
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::Ews => Self::Immutable,
            Self::Immutable => Self::Ews,
        }
    }
}

/// One answer per id, in order; nothing for what is not in the mailbox.
pub(crate) async fn translate(
    client: &GraphClient,
    root: &str,
    ids: &[RemoteId],
    into: Form,
) -> Result<Vec<Option<RemoteId>>, SourceError> {
    let mut translated = Vec::with_capacity(ids.len());
    let mut by_the_thousand = true;
    for some in ids.chunks(AT_ONCE) {
        if by_the_thousand {
            match at_once(client, root, some, into).await {
                Ok(found) => {
                    translated.extend(found);
                    continue;
                }
                Err(Trouble::Refused(refusal)) if !refusal.is_passing() => by_the_thousand = false,
                Err(trouble) => return Err(trouble.into_error("translate identities")),
            }
        }
        translated.extend(one_by_one(client, root, some, into).await?);
    }
    Ok(translated)
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    value: Vec<Converted>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Converted {
    source_id: Option<String>,
    target_id: Option<String>,
}

async fn at_once(
    client: &GraphClient,
    root: &str,
    ids: &[RemoteId],
    into: Form,
) -> Result<Vec<Option<RemoteId>>, Trouble> {
    let ids: Vec<&str> = ids.iter().map(RemoteId::as_str).collect();
    let body = json!({"inputIds": ids, "sourceIdType": into.other().word(), "targetIdType": into.word()});
    let call = Call::post(format!("{root}/translateExchangeIds"), &body).repeatable();
    let answer: Answer = client.json(&call).await?;
    let found: HashMap<String, String> = answer
        .value
        .into_iter()
        .filter_map(|converted| Some((converted.source_id?, converted.target_id?)))
        .filter(|(_, target)| !target.is_empty())
        .collect();
    Ok(ids.into_iter().map(|id| found.get(id).map(RemoteId::new)).collect())
}

async fn one_by_one(
    client: &GraphClient,
    root: &str,
    ids: &[RemoteId],
    into: Form,
) -> Result<Vec<Option<RemoteId>>, SourceError> {
    let items: Vec<BatchItem> = ids
        .iter()
        .map(|id| {
            let id = if into == Form::Immutable { rest_of_ews(id.as_str()) } else { id.as_str().to_owned() };
            let path = format!("{root}/messages/{}?$select=id", segment(&id));
            BatchItem { method: "GET", path, body: None, immutable_ids: into == Form::Immutable }
        })
        .collect();
    client.batch(&items).await?.into_iter().map(|answer| named(answer, into)).collect()
}

fn named(answer: Result<Value, Refusal>, into: Form) -> Result<Option<RemoteId>, SourceError> {
    let answer = match answer {
        Ok(answer) => answer,
        Err(refusal) if refusal.is_absence() => return Ok(None),
        Err(refusal) => return Err(refusal.into_error("name a message")),
    };
    let id = answer.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| SourceError::Protocol { message: "Graph named no message".to_owned() })?;
    Ok(Some(RemoteId::new(if into == Form::Ews { ews_of_rest(id) } else { id.to_owned() })))
}

/// The two differ in what stands for two signs of Base64 (Office.js, `Mailbox.convertToRestId`).
fn rest_of_ews(id: &str) -> String {
    id.replace('/', "-").replace('+', "_")
}

fn ews_of_rest(id: &str) -> String {
    id.replace('-', "/").replace('_', "+")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signs_of_base64_are_exchanged() {
        assert_eq!(rest_of_ews("AAMk/x+y/z=="), "AAMk-x_y-z==");
        assert_eq!(ews_of_rest("AAMk-x_y-z=="), "AAMk/x+y/z==");
    }
}
