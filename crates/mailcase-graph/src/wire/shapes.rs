//! The answers of Graph, as far as they matter here. Everything not named is ignored; everything may be absent.

use jiff::Timestamp;
use mailcase_mail::{RemoteHead, RemoteId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

/// One page of a collection.
#[derive(Debug, Deserialize)]
pub(crate) struct Page<T> {
    pub(crate) value: Vec<T>,
    #[serde(rename = "@odata.nextLink")]
    pub(crate) next: Option<String>,
    #[serde(rename = "@odata.deltaLink")]
    pub(crate) delta: Option<String>,
}

/// A message without its content.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HeadShape {
    pub(crate) id: String,
    /// What is no date is no reason to see nothing of the folder.
    #[serde(default, deserialize_with = "if_readable")]
    pub(crate) received_date_time: Option<Timestamp>,
    #[serde(default, deserialize_with = "if_readable")]
    pub(crate) is_read: Option<bool>,
}

fn if_readable<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).ok())
}

/// An entry of a delta: a message there, or one that left.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Entry {
    #[serde(flatten)]
    pub(crate) head: HeadShape,
    #[serde(rename = "@removed", default)]
    pub(crate) removed: Option<serde_json::Value>,
}

impl HeadShape {
    /// Graph does not say how large the MIME of a message is.
    pub(crate) fn into_head(self) -> RemoteHead {
        RemoteHead {
            id: RemoteId::new(self.id),
            size: None,
            received: self.received_date_time,
            seen: self.is_read,
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FolderShape {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) display_name: String,
    #[serde(default)]
    pub(crate) child_folder_count: u64,
    #[serde(default)]
    pub(crate) unread_item_count: u64,
    #[serde(default)]
    pub(crate) total_item_count: u64,
}

/// Where a message is.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ParentShape {
    #[serde(default)]
    pub(crate) parent_folder_id: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct UserShape {
    pub(crate) id: String,
}

/// An error as OData writes it.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ErrorBody {
    #[serde(default)]
    pub(crate) error: ErrorShape,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct ErrorShape {
    #[serde(default)]
    pub(crate) code: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_as_far_as_they_matter() {
        let page: Page<Entry> = serde_json::from_str(
            r##"{"@odata.context":"x","value":[
                {"@odata.etag":"W/1","id":"a","receivedDateTime":"2026-01-05T10:00:00Z","isRead":false,"new":[1]},
                {"@odata.type":"#microsoft.graph.message","id":"b","@removed":{"reason":"deleted"}},
                {"id":"c","isRead":true,"receivedDateTime":"yesterday"}
            ],"@odata.deltaLink":"https://x/y"}"##,
        )
        .unwrap();
        assert_eq!((page.next, page.delta.as_deref()), (None, Some("https://x/y")));
        let removed: Vec<bool> = page.value.iter().map(|entry| entry.removed.is_some()).collect();
        assert_eq!(removed, [false, true, false]);
        let heads: Vec<_> = page.value.into_iter().map(|entry| entry.head.into_head()).collect();
        assert_eq!((heads[0].seen, heads[2].seen, heads[2].received), (Some(false), Some(true), None));
        assert!(heads[0].received.is_some());
        let error: ErrorBody = serde_json::from_str(r#"{"error":{"code":"X","message":"y"}}"#).unwrap();
        assert_eq!(error.error.code, "X");
        assert_eq!(serde_json::from_str::<ErrorBody>("{}").unwrap().error.code, "");
    }
}
