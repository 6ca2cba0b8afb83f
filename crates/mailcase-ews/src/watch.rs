//! Waiting for changes: streaming notifications where the server has them, pull notifications otherwise
//! (MS-OXWSNTIF), and where there are neither, a look at what changed. What is told only wakes whoever lists; nothing is believed, and nothing missed matters for long.

use crate::client::Call;
use crate::discover::is_new;
use crate::items::{folder_id, identity};
use crate::refusal::Trouble;
use crate::scan::Scan;
use crate::settings::KIND;
use crate::source::EwsSource;
use crate::wire::{Element, NoMime, escaped};
use mailcase_mail::{FolderPath, Position, SourceError};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Exchange sends a sign of life every 45 seconds or so.
const STREAM_SILENCE: Duration = Duration::from_secs(150);
/// How long one stream is open; 30 is the most there may be.
const STREAM_MINUTES: u32 = 29;
/// A pull subscription that nobody asks about ends after this.
const PULL_MINUTES: u32 = 15;
/// Between two pulls or looks: the first wait, and the longest.
const PULL_FIRST: Duration = Duration::from_secs(1);
const PULL_LAST: Duration = Duration::from_secs(20);
/// Before a stream that ended is asked for again; after each failure in a row, twice as long.
const PAUSE: Duration = Duration::from_secs(5);
const PAUSE_MAX: Duration = Duration::from_secs(120);
/// A server that refused a way of telling is not asked for it before.
const REFUSED_FOR: Duration = Duration::from_secs(3600);
/// Changes looked at before a wait; more of them are a change for certain.
const PEEK_CHANGES: usize = 100;
const PEEK_PAGES: usize = 3;
const EVENTS: [&str; 4] = ["NewMailEvent", "CreatedEvent", "MovedEvent", "CopiedEvent"];

/// How the server tells of changes, from one wait to the next.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    subscription: Option<Subscription>,
    no_stream_until: Option<Instant>,
    no_pull_until: Option<Instant>,
}

#[derive(Debug, Clone)]
struct Subscription {
    /// The folder it is about.
    folder: String,
    id: String,
    /// Up to where a pull subscription was read; a stream has none.
    watermark: Option<String>,
}

fn is_over(moment: Option<Instant>) -> bool {
    moment.is_none_or(|moment| Instant::now() >= moment)
}

impl EwsSource {
    /// Ends when something came into the first of the folders, or may have.
    pub(crate) async fn until_changed(&mut self, folders: &[FolderPath]) {
        let Some(folder) = folders.first() else { return std::future::pending().await };
        let mut pause = PAUSE;
        loop {
            match self.changed_once(folder).await {
                Ok(true) => return,
                Ok(false) => pause = PAUSE,
                Err(error) => {
                    tracing::debug!(%error, "no notifications for now");
                    self.watch.subscription = None;
                }
            }
            sleep(pause).await;
            pause = pause.saturating_mul(2).min(PAUSE_MAX);
        }
    }

    /// One stream, or pulls until there is something; whether there is.
    async fn changed_once(&mut self, folder: &FolderPath) -> Result<bool, SourceError> {
        let id = self.folder_id(folder).await?;
        let subscription = self.subscribed(&id).await?;
        if self.came_meanwhile(folder, &id).await? {
            return Ok(true);
        }
        let told = match subscription {
            None => return self.looked(folder, &id).await,
            Some(subscription) => match subscription.watermark.clone() {
                None => self.streamed(folder, &subscription).await,
                Some(watermark) => self.pulled(&subscription, watermark).await,
            },
        };
        told.map_err(|trouble| trouble.into_error("tell of changes"))
    }

    /// The subscription to the folder; nothing where the server has none for us.
    async fn subscribed(&mut self, folder: &str) -> Result<Option<Subscription>, SourceError> {
        if let Some(subscription) = &self.watch.subscription
            && subscription.folder == folder
        {
            return Ok(Some(subscription.clone()));
        }
        let mut made = None;
        if is_over(self.watch.no_stream_until) {
            made = self.granted(folder, true).await?;
            self.watch.no_stream_until = made.is_none().then(|| Instant::now() + REFUSED_FOR);
        }
        if made.is_none() && is_over(self.watch.no_pull_until) {
            made = self.granted(folder, false).await?;
            self.watch.no_pull_until = made.is_none().then(|| Instant::now() + REFUSED_FOR);
        }
        self.watch.subscription.clone_from(&made);
        Ok(made)
    }

    async fn granted(&self, folder: &str, stream: bool) -> Result<Option<Subscription>, SourceError> {
        match self.subscribe(folder, stream).await {
            Ok(subscription) => Ok(Some(subscription)),
            Err(Trouble::Refused(refusal)) if !refusal.is_passing() => Ok(None),
            Err(trouble) => Err(trouble.into_error("tell of changes")),
        }
    }

    async fn subscribe(&self, folder: &str, stream: bool) -> Result<Subscription, Trouble> {
        let events: String =
            EVENTS.iter().map(|event| format!("<t:EventType>{event}</t:EventType>")).collect();
        let what =
            format!("<t:FolderIds>{}</t:FolderIds><t:EventTypes>{events}</t:EventTypes>", folder_id(folder));
        let request = if stream {
            format!("<m:StreamingSubscriptionRequest>{what}</m:StreamingSubscriptionRequest>")
        } else {
            format!(
                "<m:PullSubscriptionRequest>{what}<t:Timeout>{PULL_MINUTES}</t:Timeout></m:PullSubscriptionRequest>"
            )
        };
        let answer = self.client.one(&Call::new(format!("<m:Subscribe>{request}</m:Subscribe>"))).await?;
        let text = |name: &str| answer.text_at(&[name]).filter(|text| !text.is_empty()).map(str::to_owned);
        let nameless = || SourceError::Protocol {
            message: "Exchange answers with a subscription that has no name".to_owned(),
        };
        let id = text("SubscriptionId").ok_or_else(nameless)?;
        let watermark = if stream { None } else { Some(text("Watermark").ok_or_else(nameless)?) };
        Ok(Subscription { folder: folder.to_owned(), id, watermark })
    }

    /// Whether something came between the last listing and now.
    async fn came_meanwhile(&self, folder: &FolderPath, id: &str) -> Result<bool, SourceError> {
        let position = match &self.listed {
            Some((listed, cursor)) if listed == folder => Position::parse(KIND, cursor).ok(),
            _ => None,
        };
        let Some(position) = position else { return Ok(false) };
        let Some(mut state) = position.mark.clone() else { return Ok(false) };
        for _ in 0..PEEK_PAGES {
            let changes = match Scan::new(&self.client, id).changes(Some(&state), PEEK_CHANGES).await {
                Ok(changes) => changes,
                // The next listing sees what is wrong.
                Err(Trouble::Refused(refusal)) if refusal.is_resync() => return Ok(true),
                Err(trouble) => return Err(trouble.into_error("tell of changes")),
            };
            if changes.items.iter().any(|item| is_new(&position, item)) {
                return Ok(true);
            }
            if !changes.more {
                return Ok(false);
            }
            state = changes.state;
        }
        Ok(true)
    }

    /// Looks again and again, less and less often, where the server tells nothing by itself.
    async fn looked(&self, folder: &FolderPath, id: &str) -> Result<bool, SourceError> {
        let mut pause = PULL_FIRST;
        loop {
            sleep(pause).await;
            pause = pause.saturating_mul(2).min(PULL_LAST);
            if self.came_meanwhile(folder, id).await? {
                return Ok(true);
            }
        }
    }

    /// Listens to one stream to its end.
    async fn streamed(&mut self, folder: &FolderPath, subscription: &Subscription) -> Result<bool, Trouble> {
        let call = Call::new(format!(
            "<m:GetStreamingEvents><m:SubscriptionIds><t:SubscriptionId>{}</t:SubscriptionId></m:SubscriptionIds>\
             <m:ConnectionTimeout>{STREAM_MINUTES}</m:ConnectionTimeout></m:GetStreamingEvents>",
            escaped(&subscription.id)
        ));
        let mut answers = match self.client.patient(STREAM_SILENCE).open(&call).await {
            Ok(answers) => answers,
            Err(Trouble::Refused(refusal)) if !refusal.is_passing() => {
                self.watch.no_stream_until = Some(Instant::now() + REFUSED_FOR);
                return Err(refusal.into());
            }
            Err(trouble) => return Err(trouble),
        };
        // What came while the stream was being opened is perhaps told by nobody.
        if self.came_meanwhile(folder, &subscription.folder).await? {
            return Ok(true);
        }
        loop {
            while let Some(answer) = answers.next(&mut NoMime).await? {
                let message = answer.into_result()?;
                if tells_of_news(&message, &subscription.folder) {
                    return Ok(true);
                }
                if message.text_at(&["ConnectionStatus"]) == Some("Closed") {
                    return Ok(false);
                }
            }
            if !answers.envelope().await? {
                return Ok(false);
            }
        }
    }

    /// Asks again and again, less and less often.
    async fn pulled(&mut self, subscription: &Subscription, mut watermark: String) -> Result<bool, Trouble> {
        let mut pause = PULL_FIRST;
        loop {
            let call = Call::new(format!(
                "<m:GetEvents><m:SubscriptionId>{}</m:SubscriptionId><m:Watermark>{}</m:Watermark></m:GetEvents>",
                escaped(&subscription.id),
                escaped(&watermark)
            ));
            let answer = self.client.one(&call).await?;
            let events = answer.child("Notification").map(|n| n.children.as_slice()).unwrap_or_default();
            let last = events.iter().rev().find_map(|event| event.text_at(&["Watermark"]));
            if let Some(last) = last.filter(|last| !last.is_empty()) {
                watermark = last.to_owned();
                if let Some(kept) = &mut self.watch.subscription {
                    kept.watermark = Some(watermark.clone());
                }
            }
            if tells_of_news(&answer, &subscription.folder) {
                return Ok(true);
            }
            sleep(pause).await;
            pause = pause.saturating_mul(2).min(PULL_LAST);
        }
    }
}

/// Whether something came into the folder. What left it is no news.
fn tells_of_news(element: &Element, folder: &str) -> bool {
    let is_news = EVENTS.contains(&element.name.as_str())
        && identity(element, "OldParentFolderId").is_none_or(|old| old != folder);
    is_news || element.children.iter().any(|child| tells_of_news(child, folder))
}
