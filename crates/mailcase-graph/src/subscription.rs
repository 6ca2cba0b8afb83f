//! Change notifications: Graph calls an address of ours when mail arrives. They only wake whoever polls; what they say is
//! not used, and without them mail is found at the next poll.
//!
//! <https://learn.microsoft.com/graph/change-notifications-delivery-webhooks> and
//! <https://learn.microsoft.com/graph/change-notifications-lifecycle-events>

use crate::client::{Call, GraphClient};
use crate::refusal::Trouble;
use crate::wire::segment;
use jiff::{SignedDuration, Timestamp};
use mailcase_mail::{AnnounceTo, Announced, Announcement};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;
use std::time::Duration;
use subtle::ConstantTimeEq as _;
use tokio::time::Instant;

/// How long a subscription lasts; mail allows seven days, and one that nobody renews shall not outlive its connector long.
const LIFE: SignedDuration = SignedDuration::from_hours(24);
/// Renewed this often, which grants it anew as well.
const RENEW_EVERY: Duration = Duration::from_hours(6);
/// After a call of Graph, which may be about the subscription itself, it is renewed unless it just was.
const RENEW_AFTER_CALL: Duration = Duration::from_mins(10);
/// Where Graph will not subscribe, or cannot reach us, it is asked again after this.
const TRY_AGAIN: Duration = Duration::from_hours(1);
/// Folders of one connector that are subscribed to; the others are polled.
const FOLDERS_MAX: usize = 20;
/// Pages of the application's subscriptions looked through for ours.
const PAGES_MAX: usize = 20;
/// The longest token Graph asks us to echo; its own have some hundred characters.
const ECHO_MAX_BYTES: usize = 2_048;
/// Notifications in one call looked at: Graph sends few.
const NOTICES_MAX: usize = 1_000;

/// The subscriptions of one connector.
#[derive(Debug)]
pub(crate) struct Subscriptions {
    target: AnnounceTo,
    /// By identity of the folder.
    held: HashMap<String, Held>,
    not_before: Option<Instant>,
}

#[derive(Debug)]
struct Held {
    id: String,
    renewed: Instant,
}

#[derive(Debug, Deserialize)]
struct Subscription {
    id: String,
    #[serde(default)]
    resource: String,
    #[serde(default, rename = "notificationUrl")]
    notification_url: String,
}

#[derive(Debug, Deserialize)]
struct SubscriptionPage {
    value: Vec<Subscription>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
}

impl Subscriptions {
    pub(crate) fn new(target: AnnounceTo) -> Self {
        Self { target, held: HashMap::new(), not_before: None }
    }

    /// Makes sure, as well as it goes, that changes in these folders are told; returns when to look again. `called`: Graph
    /// did call just now.
    pub(crate) async fn keep(
        &mut self,
        client: &GraphClient,
        root: &str,
        folders: &[String],
        called: bool,
    ) -> Instant {
        let patience = if called { RENEW_AFTER_CALL } else { RENEW_EVERY };
        let now = Instant::now();
        if let Some(moment) = self.not_before.filter(|moment| now < *moment) {
            return moment;
        }
        for folder in folders.iter().take(FOLDERS_MAX) {
            if self.held.get(folder).is_some_and(|held| held.renewed.elapsed() < patience) {
                continue;
            }
            if let Err(trouble) = self.subscribe(client, root, folder).await {
                tracing::debug!(error = ?trouble, "changes are not announced; polling goes on");
                let again = now + TRY_AGAIN;
                self.not_before = Some(again);
                return again;
            }
        }
        let renewals = self.held.values().map(|held| held.renewed + RENEW_EVERY);
        renewals.min().unwrap_or(now + RENEW_EVERY)
    }

    async fn subscribe(&mut self, client: &GraphClient, root: &str, folder: &str) -> Result<(), Trouble> {
        let resource = format!("{}/mailFolders/{}/messages", root.trim_start_matches('/'), segment(folder));
        let known = match self.held.remove(folder) {
            Some(held) => Some(held.id),
            None => self.find(client, &resource).await?,
        };
        let end = expiration();
        if let Some(id) = known {
            let body = json!({"expirationDateTime": end});
            let renewal = Call::patch(format!("/subscriptions/{}", segment(&id)), &body);
            match client.send(&renewal).await {
                Ok(_) => {
                    self.hold(folder, id);
                    return Ok(());
                }
                // Graph gave it up, or somebody removed it.
                Err(Trouble::Refused(refusal)) if refusal.status == 404 => {}
                Err(trouble) => return Err(trouble),
            }
        }
        let AnnounceTo { url, secret } = &self.target;
        let body = json!({
            "changeType": "created",
            "resource": resource,
            "notificationUrl": url,
            "lifecycleNotificationUrl": url,
            "clientState": secret.expose_secret(),
            "expirationDateTime": end,
        });
        let made: Subscription = client.json(&Call::post("/subscriptions", &body)).await?;
        self.hold(folder, made.id);
        Ok(())
    }

    fn hold(&mut self, folder: &str, id: String) {
        self.held.insert(folder.to_owned(), Held { id, renewed: Instant::now() });
    }

    /// A subscription an earlier run made: they are counted, and each would call.
    async fn find(&self, client: &GraphClient, resource: &str) -> Result<Option<String>, Trouble> {
        let mut path = "/subscriptions".to_owned();
        for _ in 0..PAGES_MAX {
            let page: SubscriptionPage = client.json(&Call::get(path)).await?;
            let ours = page.value.into_iter().find(|held| {
                held.notification_url == self.target.url && held.resource.eq_ignore_ascii_case(resource)
            });
            if let Some(ours) = ours {
                return Ok(Some(ours.id));
            }
            let Some(next) = page.next else { return Ok(None) };
            let Some(next) = crate::wire::relative(client.base(), &next) else { return Ok(None) };
            path = next;
        }
        Ok(None)
    }
}

fn expiration() -> String {
    let at = Timestamp::now().checked_add(LIFE).unwrap_or(Timestamp::MAX);
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[derive(Debug, Deserialize)]
struct Notices {
    value: Vec<Notice>,
}

#[derive(Debug, Deserialize)]
struct Notice {
    #[serde(default, rename = "clientState")]
    client_state: Option<String>,
}

/// What is made of a call at the address of a connector: the handshake is answered, and a notification that knows the
/// secret is believed.
#[must_use]
pub fn announced(announcement: &Announcement, secret: &SecretString) -> Announced {
    let Announcement { query, body } = announcement;
    let token = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "validationToken");
    if let Some((_, token)) = token {
        let harmless = token.len() <= ECHO_MAX_BYTES && !token.chars().any(char::is_control);
        return if harmless { Announced::Echo(token.into_owned()) } else { Announced::Nothing };
    }
    let Ok(notices) = serde_json::from_slice::<Notices>(body) else { return Announced::Nothing };
    let secret = secret.expose_secret().as_bytes();
    let believed = notices.value.iter().take(NOTICES_MAX).any(|notice| {
        notice.client_state.as_ref().is_some_and(|state| state.as_bytes().ct_eq(secret).into())
    });
    if believed { Announced::Changed } else { Announced::Nothing }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made_of(query: &str, body: &str) -> Announced {
        let announcement = Announcement { query: query.to_owned(), body: body.to_owned().into() };
        announced(&announcement, &SecretString::from("s3cret"))
    }

    #[test]
    fn the_handshake_is_answered_and_only_who_knows_the_secret_is_believed() {
        let echo = made_of("validationToken=Validation%3A+Testing%20client&x=1", "");
        assert_eq!(echo, Announced::Echo("Validation: Testing client".to_owned()));
        assert_eq!(made_of("validationToken=a%0Ab", ""), Announced::Nothing);
        assert_eq!(made_of(&format!("validationToken={}", "a".repeat(3_000)), ""), Announced::Nothing);
        let notice =
            |state: &str| format!(r#"{{"value": [{{"clientState": "x"}}, {{"clientState": {state}}}]}}"#);
        assert_eq!(made_of("", &notice("\"s3cret\"")), Announced::Changed);
        assert_eq!(made_of("", &notice("\"s3cre\"")), Announced::Nothing);
        assert_eq!(made_of("", &notice("null")), Announced::Nothing);
        assert_eq!(made_of("", "no json"), Announced::Nothing);
        assert_eq!(made_of("", "{\"value\": []}"), Announced::Nothing);
    }
}
