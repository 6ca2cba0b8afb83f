//! Mail that came through a list (RFC 2369, RFC 2919): its Reply-To, envelope sender and broken signatures are the list's
//! doing. Mail of a list is mail all the same.

use serde::{Deserialize, Serialize};

use crate::Header;
use crate::fields::bounded;

/// Bytes kept of each value.
const VALUE_BYTES: usize = 300;

/// A list as it describes itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MailingList {
    /// Its lasting id: `list.example.org`.
    pub id: Option<String>,
    /// What it calls itself.
    pub name: Option<String>,
    /// Whether people write to it, as far as it says: newsletters take no answers.
    pub takes_mail: Option<bool>,
    /// What gave it away: `List-Id: …`.
    pub because: String,
}

pub(crate) fn recognise(headers: &[Header]) -> Option<MailingList> {
    let first = |name: &str| headers.iter().find(|one| one.name.eq_ignore_ascii_case(name));
    let names = ["List-Id", "List-Post", "Mailing-List", "List-Unsubscribe"];
    let header = names.into_iter().find_map(first)?;
    let because = format!("{}: {}", header.name, bounded(header.value.trim(), VALUE_BYTES));
    let (name, id) = first("List-Id").map(|one| described(&one.value)).unwrap_or_default();
    let post = first("List-Post").map(|one| one.value.trim().to_ascii_lowercase());
    let takes_mail = post.map(|post| !post.starts_with("no")).or_else(|| first("Mailing-List").map(|_| true));
    Some(MailingList { id, name, takes_mail, because })
}

/// `Phrase <id>`, or the id alone as some write it.
fn described(value: &str) -> (Option<String>, Option<String>) {
    let kept = |text: &str| {
        let text = text.trim_matches(['"', ' ', '\t', '\'']);
        (!text.is_empty()).then(|| bounded(text, VALUE_BYTES))
    };
    match value.split_once('<') {
        Some((phrase, id)) => {
            let id = id.split('>').next().unwrap_or_default();
            (kept(phrase), kept(id).map(|id| id.to_lowercase()))
        }
        None => (None, kept(value).map(|id| id.to_lowercase())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(raw: &str) -> Option<MailingList> {
        crate::examine(raw.as_bytes(), &crate::Means::default()).mailing_list
    }

    #[test]
    fn lists_are_told_by_their_headers() {
        for (raw, id, name, takes_mail) in [
            // RFC 2919 §3.
            (
                "List-Id: List Header Mailing List <list-header.nisto.com>\n\n",
                Some("list-header.nisto.com"),
                Some("List Header Mailing List"),
                None,
            ),
            (
                "List-Id: <Commonspace.example>\nList-Post: NO (closed)\n\n",
                Some("commonspace.example"),
                None,
                Some(false),
            ),
            (
                "List-Id: \"A, B\" <a.example>\nList-Post: <mailto:a@b.example>\n\n",
                Some("a.example"),
                Some("A, B"),
                Some(true),
            ),
            ("List-Unsubscribe: <https://a.example/u>\n\n", None, None, None),
            ("Mailing-List: contact a-help@b.example; run by ezmlm\n\n", None, None, Some(true)),
        ] {
            let found = list(raw).unwrap();
            assert_eq!(
                (found.id.as_deref(), found.name.as_deref(), found.takes_mail),
                (id, name, takes_mail),
                "{raw}"
            );
        }
        assert_eq!(list("Subject: List-Id\n\n"), None);
    }

    #[test]
    fn mail_of_a_list_is_written_by_people() {
        let evidence =
            crate::examine(b"List-Id: <a.example>\nFrom: a@b.example\n\nhello\n", &crate::Means::default());
        assert!(evidence.mailing_list.is_some() && evidence.automatic.is_none());
    }
}
