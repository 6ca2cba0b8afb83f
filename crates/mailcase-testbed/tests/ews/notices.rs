//! Notifications, pulled and streamed.

use crate::{ANN, Bench, PASSWORD, envelope, set_read};
use mailcase_testbed::ews::EwsOptions;
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(20);
const EVENTS: &str = "<t:EventTypes><t:EventType>NewMailEvent</t:EventType><t:EventType>ModifiedEvent</t:EventType>\
                      <t:EventType>DeletedEvent</t:EventType></t:EventTypes>";

fn subscribe(kind: &str, rest: &str) -> String {
    format!(
        "<Subscribe><{kind}><t:FolderIds><t:DistinguishedFolderId Id=\"inbox\"/></t:FolderIds>{EVENTS}{rest}</{kind}></Subscribe>"
    )
}

#[tokio::test]
async fn events_are_pulled_from_a_watermark_on() {
    let bench = Bench::start().await;
    bench.deliver("before");
    let subscribed = bench.call(&subscribe("PullSubscriptionRequest", "<t:Timeout>10</t:Timeout>")).await;
    let id = subscribed.one("SubscriptionId");
    let pull = |watermark: &str| {
        format!(
            "<GetEvents><SubscriptionId>{id}</SubscriptionId><Watermark>{watermark}</Watermark></GetEvents>"
        )
    };
    let nothing = bench.call(&pull(&subscribed.one("Watermark"))).await;
    assert_eq!(nothing.all("StatusEvent").len(), 1);
    bench.deliver("m1");
    let ids = bench.ids("inbox").await;
    bench.call(&set_read(&ids[..1], true)).await;
    let told = bench.call(&pull(&subscribed.one("Watermark"))).await;
    assert_eq!([told.all("NewMailEvent").len(), told.all("ModifiedEvent").len()], [1, 1]);
    let last = told.all("Watermark").pop().unwrap();
    assert_eq!(bench.call(&pull(&last)).await.all("StatusEvent").len(), 1);
    assert_eq!(bench.call(&pull("bm9uZQ==")).await.codes(), ["ErrorInvalidWatermark"]);
    let end = format!("<Unsubscribe><SubscriptionId>{id}</SubscriptionId></Unsubscribe>");
    assert_eq!(bench.call(&end).await.codes(), ["NoError"]);
    assert_eq!(bench.call(&end).await.codes(), ["ErrorSubscriptionNotFound"]);
    assert_eq!(bench.call(&pull(&last)).await.codes(), ["ErrorSubscriptionNotFound"]);
}

/// A stream being read.
struct Stream {
    answer: reqwest::Response,
    text: String,
}

impl Stream {
    async fn open(bench: &Bench, id: &str) -> Self {
        let body = format!(
            "<GetStreamingEvents><SubscriptionIds><t:SubscriptionId>{id}</t:SubscriptionId></SubscriptionIds>\
             <ConnectionTimeout>1</ConnectionTimeout></GetStreamingEvents>"
        );
        let request = crate::client().post(bench.server.url()).basic_auth(ANN, Some(PASSWORD));
        let request = request.header("content-type", "text/xml").body(envelope("", &body));
        Self { answer: request.send().await.unwrap(), text: String::new() }
    }

    /// Reads until the text is there; whether it came before the end.
    async fn reads(&mut self, wanted: &str) -> bool {
        let reading = async {
            while !self.text.contains(wanted) {
                let Some(chunk) = self.answer.chunk().await.unwrap() else { return false };
                self.text.push_str(&String::from_utf8_lossy(&chunk));
            }
            true
        };
        tokio::time::timeout(DEADLINE, reading).await.unwrap()
    }
}

#[tokio::test]
async fn events_are_streamed_as_they_happen_until_time_is_up() {
    let bench = Bench::with(EwsOptions { minute: Duration::from_millis(400), ..EwsOptions::default() }).await;
    let id = bench.call(&subscribe("StreamingSubscriptionRequest", "")).await.one("SubscriptionId");
    let mut stream = Stream::open(&bench, &id).await;
    assert!(stream.reads("<m:ConnectionStatus>OK").await);
    bench.deliver("m1");
    assert!(stream.reads("<t:NewMailEvent>").await);
    assert!(stream.reads("<m:ConnectionStatus>Closed").await);
    let (_, later) = stream.text.split_once("<t:NewMailEvent>").unwrap();
    assert!(later.contains("<m:ConnectionStatus>OK"), "it showed that it was there");
    assert!(!stream.reads("never").await, "it ends");
    // What happens while nobody listens is told to whoever listens next.
    bench.deliver("m2");
    assert!(Stream::open(&bench, &id).await.reads("<t:NewMailEvent>").await);
}

#[tokio::test]
async fn a_stream_ends_with_its_subscription_and_with_the_connection() {
    let bench = Bench::start().await;
    let id = bench.call(&subscribe("StreamingSubscriptionRequest", "")).await.one("SubscriptionId");
    let mut stream = Stream::open(&bench, &id).await;
    assert!(stream.reads("<m:ConnectionStatus>OK").await);
    bench.server.forget_subscriptions();
    assert!(stream.reads("ErrorInvalidSubscription").await);
    assert!(stream.reads(&format!("<t:SubscriptionId>{id}")).await);
    let mut unknown = Stream::open(&bench, &id).await;
    assert!(unknown.reads("ErrorInvalidSubscription").await);

    let id = bench.call(&subscribe("StreamingSubscriptionRequest", "")).await.one("SubscriptionId");
    let mut stream = Stream::open(&bench, &id).await;
    assert!(stream.reads("<m:ConnectionStatus>OK").await);
    bench.server.cut_connections();
    assert!(stream.answer.chunk().await.is_err());
}

#[tokio::test]
async fn a_poor_server_tells_nothing() {
    let bench = Bench::with(EwsOptions::poor()).await;
    for (kind, rest) in
        [("StreamingSubscriptionRequest", ""), ("PullSubscriptionRequest", "<t:Timeout>10</t:Timeout>")]
    {
        assert_eq!(bench.call(&subscribe(kind, rest)).await.codes(), ["ErrorInvalidSubscriptionRequest"]);
    }
}
