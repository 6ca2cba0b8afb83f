//! GetStreamingEvents: an answer that goes on, one envelope after the other.

use super::super::service::{Notification, notifications};
use super::super::sheet::{Piece, Sheet};
use super::super::soap::{Call, Failure, SOAP, TYPES, child, elements, single, text_of};
use super::{About, Content, Hall, Outcome};
use hyper::StatusCode;
use roxmltree::Document;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// How many envelopes wait for a client that does not read.
const WAITING: usize = 16;
/// How long a stream is silent before the server shows that it is still there.
const HEARTBEAT_MINUTES: f64 = 0.75;
/// The longest an answer may go on: 30 minutes.
const MINUTES_MAX: u32 = 30;

impl Hall {
    pub(super) fn stream(self: &Arc<Self>, text: &str, about: &About) -> Outcome {
        let (ids, minutes) = match read(text) {
            Ok(read) => read,
            Err(failure) => return self.enveloped(failure.into_fault(), Some("GetStreamingEvents")),
        };
        let (sender, receiver) = mpsc::channel(WAITING);
        let hall = Arc::clone(self);
        let about = About {
            operation: about.operation.clone(),
            acting: about.acting.clone(),
            visitor: about.visitor.clone(),
        };
        let end = Instant::now() + self.minute.saturating_mul(minutes);
        tokio::spawn(async move { hall.tell(ids, &about, &sender, end).await });
        Outcome::of(StatusCode::OK, "text/xml; charset=utf-8", Content::Live(receiver))
    }

    async fn tell(&self, ids: Vec<String>, about: &About, sender: &mpsc::Sender<String>, end: Instant) {
        let mut changes = self.exchange.watch();
        let mut first = true;
        loop {
            changes.mark_unchanged();
            let news = self.at_site(about, &mut Vec::new(), None, |site| notifications(site, &ids));
            let (sheet, ends) = match news {
                Notification::Nothing if first => (Some(status("OK")), false),
                Notification::Nothing => (None, false),
                Notification::Events(events) => {
                    let mut sheet = Sheet::default();
                    sheet.open("m:Notifications").append(events).close("m:Notifications");
                    (Some(Ok(sheet)), false)
                }
                Notification::Unknown(ids) => (Some(Err(ids)), true),
            };
            first = false;
            if let Some(sheet) = sheet
                && sender.send(self.chunk(sheet)).await.is_err()
            {
                return;
            }
            if ends {
                return;
            }
            let beat = Instant::now() + self.minute.mul_f64(HEARTBEAT_MINUTES);
            tokio::select! {
                changed = changes.changed() => if changed.is_err() { return },
                () = sender.closed() => return,
                () = sleep_until(beat), if beat < end => {
                    // Nothing happened, and the client shall know that this is why it hears nothing.
                    if sender.send(self.chunk(status("OK"))).await.is_err() {
                        return;
                    }
                }
                () = sleep_until(end) => {
                    // Whoever is gone by now need not be told.
                    drop(sender.send(self.chunk(status("Closed"))).await);
                    return;
                }
            }
        }
    }

    /// An envelope without a prefix: real clients look for `<Envelope`.
    fn chunk(&self, answer: Result<Sheet, Vec<String>>) -> String {
        let reply = match answer {
            Ok(sheet) => single("GetStreamingEvents", Ok(sheet), ""),
            Err(ids) => {
                let mut within = Sheet::default();
                within.open("m:ErrorSubscriptionIds");
                for id in ids {
                    within.leaf("t:SubscriptionId", &id);
                }
                within.close("m:ErrorSubscriptionIds");
                let within = text(within);
                single("GetStreamingEvents", Err(Failure::of("ErrorInvalidSubscription")), &within)
            }
        };
        let body = text(reply.sheet);
        let version = self.version;
        let chunk = format!(
            "<Envelope xmlns=\"{SOAP}\"><soap11:Header xmlns:soap11=\"{SOAP}\"><ServerVersionInfo {version} \
             xmlns=\"{TYPES}\"/></soap11:Header><soap11:Body xmlns:soap11=\"{SOAP}\">{body}</soap11:Body></Envelope>"
        );
        self.judge.answer("GetStreamingEvents", &[Piece::Text(chunk.clone())]);
        chunk
    }
}

fn text(sheet: Sheet) -> String {
    let pieces = sheet.into_pieces().into_iter();
    pieces.map(|piece| if let Piece::Text(text) = piece { text } else { String::new() }).collect()
}

fn status(word: &str) -> Result<Sheet, Vec<String>> {
    let mut sheet = Sheet::default();
    sheet.leaf("m:ConnectionStatus", word);
    Ok(sheet)
}

/// The subscriptions and for how many minutes.
fn read(text: &str) -> Result<(Vec<String>, u32), Failure> {
    let document = Document::parse(text).map_err(|_| Failure::schema("no XML"))?;
    let call = Call::read(&document)?;
    let ids: Vec<String> = child(call.operation, "SubscriptionIds")
        .into_iter()
        .flat_map(elements)
        .filter_map(|id| id.text())
        .map(|id| id.trim().to_owned())
        .collect();
    let minutes = text_of(call.operation, "ConnectionTimeout").parse().ok();
    let minutes = minutes.filter(|minutes| (1..=MINUTES_MAX).contains(minutes));
    let minutes = minutes.ok_or_else(|| Failure::schema("'ConnectionTimeout' is between 1 and 30."))?;
    if ids.is_empty() {
        return Err(Failure::schema("'SubscriptionIds' is empty."));
    }
    Ok((ids, minutes))
}
