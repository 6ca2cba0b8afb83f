//! Servers that are not Exchange, or mean harm: every call ends, with an error that says so, in bounded memory, and the
//! password stays with us.

use crate::support::{ANN, Got, basic, fetch, inbox, ntlm};
use bytes::Bytes;
use futures::StreamExt as _;
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use mailcase_ews::{Credential, EwsAccess, EwsSource, MailboxName, ServerAddress};
use mailcase_mail::{Deadlines, MailSource, RemoteAction, RemoteId, Scope, SourceError};
use mailcase_transport::http::HttpClient;
use mailcase_transport::{Route, Trust};
use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Longer than every call takes here, on a busy machine.
const ENDS_WITHIN: std::time::Duration = std::time::Duration::from_secs(60);

type Body = UnsyncBoxBody<Bytes, Infallible>;
type Answer = hyper::Response<Body>;

fn whole(text: impl Into<Bytes>) -> Body {
    Full::new(text.into()).boxed_unsync()
}

/// First this, then the same piece until nobody listens any more; how much went out.
fn endless(head: String, piece: Vec<u8>, sent: Arc<AtomicU64>) -> Body {
    let head = futures::stream::iter([Bytes::from(head)]);
    let piece = Bytes::from(piece);
    let pieces = head.chain(futures::stream::repeat(piece)).map(move |bytes| {
        sent.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(Frame::data(bytes))
    });
    StreamBody::new(pieces).boxed_unsync()
}

fn xml(body: Body) -> Answer {
    hyper::Response::builder().header("content-type", "text/xml; charset=utf-8").body(body).unwrap()
}

fn envelope(operation: &str, messages: &str) -> String {
    format!(
        "<s:Envelope xmlns:s=\"x\"><s:Body><m:{operation}Response><m:ResponseMessages>{messages}</m:ResponseMessages>\
         </m:{operation}Response></s:Body></s:Envelope>"
    )
}

fn message(operation: &str, content: &str) -> String {
    format!(
        "<m:{operation}ResponseMessage ResponseClass=\"Success\"><m:ResponseCode>NoError</m:ResponseCode>{content}\
         </m:{operation}ResponseMessage>"
    )
}

fn ok(operation: &str, content: &str) -> String {
    envelope(operation, &message(operation, content))
}

/// A mailbox with an inbox.
fn folders(request: &str) -> Option<Answer> {
    let inbox = "<t:Folder><t:FolderId Id=\"AAI=\"/><t:ParentFolderId Id=\"AAR=\"/><t:DisplayName>Inbox</t:DisplayName></t:Folder>";
    if request.contains("<m:GetFolder>") {
        let count = request.matches("<t:DistinguishedFolderId").count();
        let root = "<m:Folders><t:Folder><t:FolderId Id=\"AAR=\"/></t:Folder></m:Folders>";
        let other = format!("<m:Folders>{inbox}</m:Folders>");
        let all: String =
            (0..count).map(|n| message("GetFolder", if n == 0 { root } else { &other })).collect();
        return Some(xml(whole(envelope("GetFolder", &all))));
    }
    request.contains("<m:FindFolder ").then(|| {
        let root = format!(
            "<m:RootFolder IncludesLastItemInRange=\"true\"><t:Folders>{inbox}</t:Folders></m:RootFolder>"
        );
        xml(whole(ok("FindFolder", &root)))
    })
}

/// A server that answers each request as it is told, and remembers what it was asked with.
struct Hostile {
    url: String,
    authorizations: Arc<Mutex<Vec<String>>>,
    server: JoinHandle<()>,
}

impl Hostile {
    async fn start(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/EWS/Exchange.asmx", listener.local_addr().unwrap());
        let (answer, authorizations) = (Arc::new(answer), Arc::new(Mutex::new(Vec::new())));
        let seen = Arc::clone(&authorizations);
        let server = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (answer, seen) = (Arc::clone(&answer), Arc::clone(&seen));
                let service = service_fn(move |request: hyper::Request<Incoming>| {
                    let (answer, seen) = (Arc::clone(&answer), Arc::clone(&seen));
                    async move {
                        if let Some(value) = request.headers().get("authorization") {
                            seen.lock().unwrap().push(value.to_str().unwrap().to_owned());
                        }
                        let text = request.into_body().collect().await.unwrap().to_bytes();
                        Ok::<_, Infallible>(answer(&String::from_utf8_lossy(&text)))
                    }
                });
                let http = hyper::server::conn::http1::Builder::new();
                tokio::spawn(http.serve_connection(TokioIo::new(socket), service));
            }
        });
        Self { url, authorizations, server }
    }

    /// Finds the inbox; the rest is as `rest` says.
    async fn with_inbox(rest: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        Self::start(move |request| folders(request).unwrap_or_else(|| rest(request))).await
    }

    fn source_by(&self, credential: Credential) -> EwsSource {
        EwsSource::new(EwsAccess {
            server: ServerAddress::Url(self.url.parse().unwrap()),
            mailbox: MailboxName::parse(ANN).unwrap(),
            impersonate: false,
            http: HttpClient::new(Route::direct(), Trust::default(), Deadlines::default()),
            credential,
        })
        .unwrap()
    }

    fn source(&self) -> EwsSource {
        self.source_by(basic(ANN, "hunter2"))
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn discover(server: &Hostile) -> SourceError {
    let mut source = server.source();
    let folder = inbox();
    let listing = source.discover(&folder, Scope::NewFromAll, None, 10);
    tokio::time::timeout(ENDS_WITHIN, listing).await.expect("every call ends").unwrap_err()
}

#[tokio::test]
async fn what_is_no_answer_is_an_error_of_every_call() {
    let sync = |content: &str| ok("SyncFolderItems", content);
    let answers = [
        String::new(),
        "{}".to_owned(),
        "<html><body>Please accept the terms of this hotspot</body></html>".to_owned(),
        "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><s:Envelope>&e;</s:Envelope>".to_owned(),
        "<a>".repeat(100_000),
        format!("<s:Envelope>{}</s:Envelope>", "<x/>".repeat(300_000)),
        envelope("SyncFolderItems", ""),
        envelope("SyncFolderItems", &message("SyncFolderItems", "<m:SyncState>x</m:SyncState>").repeat(2)),
        sync(""),
        sync("<m:SyncState></m:SyncState><m:IncludesLastItemInRange>true</m:IncludesLastItemInRange>"),
        sync("<m:SyncState>x</m:SyncState><m:IncludesLastItemInRange>perhaps</m:IncludesLastItemInRange>"),
        sync(
            "<m:SyncState>x</m:SyncState><m:IncludesLastItemInRange>true</m:IncludesLastItemInRange><m:Changes><t:Create>\
             <t:Message><t:ItemId Id=\"../../x\"/></t:Message></t:Create></m:Changes>",
        ),
        sync(&format!(
            "<m:SyncState>x</m:SyncState><m:IncludesLastItemInRange>true</m:IncludesLastItemInRange><m:Changes><t:Create>\
             <t:Message><t:ItemId Id=\"{}\"/></t:Message></t:Create></m:Changes>",
            "A".repeat(2_000)
        )),
    ];
    for answer in answers {
        let shown: String = answer.chars().take(200).collect();
        let server = Hostile::with_inbox(move |_| xml(whole(answer.clone()))).await;
        let error = discover(&server).await;
        let lost = ["protocol", "unreachable"].contains(&error.code());
        assert!(lost, "{shown}: {error}");
        let mut source = server.source();
        assert!(source.inventory(&inbox()).await.is_err(), "{shown}");
        let acted = source.act(&inbox(), &[RemoteId::new("AAA=")], &RemoteAction::Delete).await;
        assert!(acted.is_err() || shown.contains("SyncFolderItemsResponseMessage"), "{shown}: {acted:?}");
        let (result, got) = fetch(&mut source, &[RemoteId::new("AAA="), RemoteId::new("BBB=")]).await;
        assert!(
            result.is_err() || got.values().all(|got| matches!(got, Got::Unreadable(_))),
            "{shown}: {got:?}"
        );
    }
}

#[tokio::test]
async fn documents_without_an_end_come_to_one() {
    let head = "<s:Envelope xmlns:s=\"x\"><s:Body><m:X><m:ResponseMessages><m:M ResponseClass=\"Success\">";
    for (head, piece) in [
        (format!("{head}<t:A>"), "x".repeat(60_000)),
        (format!("{head}<t:A x=\""), "x".repeat(60_000)),
        (format!("{head}<!--"), "x".repeat(60_000)),
        (head.to_owned(), "<t:A/>".repeat(10_000)),
        (head.to_owned(), "text &amp; text ".repeat(4_000)),
        (head.to_owned(), "<t:A>".repeat(10_000)),
        ("<s:Envelope><s:Header>".to_owned(), "<t:A/>".repeat(10_000)),
        (String::new(), " \n".repeat(30_000)),
        (String::new(), "<?x y?>".repeat(10_000)),
    ] {
        let sent = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&sent);
        let shown = head.clone() + piece.split_at(5).0;
        let server = Hostile::with_inbox(move |_| {
            xml(endless(head.clone(), piece.clone().into_bytes(), Arc::clone(&sent)))
        })
        .await;
        let error = discover(&server).await;
        assert_eq!(error.code(), "protocol", "{shown}: {error}");
        assert!(
            count.load(Ordering::Relaxed) < 256 << 20,
            "{shown}: {} bytes",
            count.load(Ordering::Relaxed)
        );
    }
}

#[tokio::test]
async fn pages_without_an_end_come_to_one() {
    // The same page over and over, with and without anything in it.
    for content in ["", "<t:Create><t:Message><t:ItemId Id=\"AAA=\"/></t:Message></t:Create>"] {
        let server = Hostile::with_inbox(move |request| {
            if request.contains("<m:FindItem") {
                let item = "<t:Items><t:Message><t:ItemId Id=\"AAA=\"/></t:Message></t:Items>";
                let root = format!("<m:RootFolder IncludesLastItemInRange=\"false\">{item}</m:RootFolder>");
                return xml(whole(ok("FindItem", &root)));
            }
            let changes = format!(
                "<m:SyncState>AA==</m:SyncState><m:IncludesLastItemInRange>false</m:IncludesLastItemInRange>\
                 <m:Changes>{content}</m:Changes>"
            );
            xml(whole(ok("SyncFolderItems", &changes)))
        })
        .await;
        assert_eq!(discover(&server).await.code(), "protocol");
        let mut source = server.source();
        let folder = inbox();
        let unseen = tokio::time::timeout(ENDS_WITHIN, source.discover(&folder, Scope::Unseen, None, 10));
        assert_eq!(unseen.await.unwrap().unwrap_err().code(), "protocol");
    }
}

#[tokio::test]
async fn a_state_too_long_to_be_kept_costs_time_and_no_message() {
    let count = Arc::new(AtomicU64::new(2));
    let messages = Arc::clone(&count);
    let server = Hostile::with_inbox(move |_| {
        let state = "A".repeat(3 << 20);
        let all: String = (0..messages.load(Ordering::Relaxed))
            .map(|n| format!("<t:Create><t:Message><t:ItemId Id=\"AA{n}=\"/></t:Message></t:Create>"))
            .collect();
        let changes = format!(
            "<m:SyncState>{state}</m:SyncState><m:IncludesLastItemInRange>true</m:IncludesLastItemInRange>\
             <m:Changes>{all}</m:Changes>"
        );
        xml(whole(ok("SyncFolderItems", &changes)))
    })
    .await;
    let mut after = None;
    for expected in [2, 0, 1, 0] {
        if expected == 1 {
            count.fetch_add(1, Ordering::Relaxed);
        }
        // A fresh source each time: what is known is in the cursor.
        let mut source = server.source();
        let page = source.discover(&inbox(), Scope::NewFromAll, after.as_ref(), 10).await.unwrap();
        assert_eq!((page.messages.len(), page.more), (expected, false));
        assert!(page.cursor.as_str().len() < 1_000);
        after = Some(page.cursor);
    }
}

#[tokio::test]
async fn a_mailbox_of_which_only_the_inbox_is_shared_is_watched_there() {
    let denied = "<m:M ResponseClass=\"Error\"><m:ResponseCode>ErrorAccessDenied</m:ResponseCode></m:M>";
    let folder = |id: &str, parent: &str, name: &str| {
        format!(
            "<t:Folder><t:FolderId Id=\"{id}\"/><t:ParentFolderId Id=\"{parent}\"/><t:DisplayName>{name}</t:DisplayName>\
             </t:Folder>"
        )
    };
    let opened =
        message("GetFolder", &format!("<m:Folders>{}</m:Folders>", folder("AAI=", "AAR=", "Posteingang")));
    let below = folder("AAB=", "AAI=", "Reports");
    let server = Hostile::start(move |request| {
        if request.contains("<m:GetFolder>") {
            let asked = request.split("<t:DistinguishedFolderId Id=\"").skip(1);
            let all = asked.map(|name| if name.starts_with("inbox") { opened.as_str() } else { denied });
            return xml(whole(envelope("GetFolder", &all.collect::<String>())));
        }
        assert!(request.contains("<m:FindFolder ") && request.contains("AAI="), "{request}");
        let root = format!(
            "<m:RootFolder IncludesLastItemInRange=\"true\"><t:Folders>{below}</t:Folders></m:RootFolder>"
        );
        xml(whole(ok("FindFolder", &root)))
    })
    .await;
    let folders = server.source().folders().await.unwrap();
    let paths: Vec<&str> = folders.iter().map(|folder| folder.path.as_str()).collect();
    assert_eq!(paths, ["Posteingang", "Posteingang/Reports"]);
    assert_eq!(folders[0].role.as_deref(), Some("inbox"));
    // Where nothing is to be seen, that is said.
    let server = Hostile::start(move |request| {
        let count = request.matches("<t:DistinguishedFolderId").count();
        xml(whole(envelope("GetFolder", &denied.repeat(count))))
    })
    .await;
    let error = server.source().folders().await.unwrap_err();
    assert!(error.code() == "sign_in" && error.hint().unwrap().contains("access"), "{error:?}");
}

#[tokio::test]
async fn one_message_described_badly_does_not_hide_the_others() {
    let server = Hostile::with_inbox(|_| {
        let changes = "<m:SyncState>AA==</m:SyncState><m:IncludesLastItemInRange>true</m:IncludesLastItemInRange>\
            <m:Changes><t:Create><t:Message><t:ItemId Id=\"AAA=\"/><t:Size>-7</t:Size>\
            <t:DateTimeReceived>the day before</t:DateTimeReceived><t:IsRead>maybe</t:IsRead></t:Message></t:Create>\
            <t:Create><t:MeetingRequest><t:ItemId Id=\"BBB=\"/></t:MeetingRequest></t:Create></m:Changes>";
        xml(whole(ok("SyncFolderItems", changes)))
    })
    .await;
    let page = server.source().discover(&inbox(), Scope::NewFromUnread, None, 10).await.unwrap();
    assert_eq!(page.messages.len(), 2);
}

#[tokio::test]
async fn content_that_is_none_fails_alone() {
    let item =
        |content: &str| message("GetItem", &format!("<m:Items><t:Message>{content}</t:Message></m:Items>"));
    let bad = [
        item(""),
        item("<t:MimeContent/>"),
        item("<t:MimeContent>!!!</t:MimeContent>"),
        item("<t:MimeContent>aGVsbG8</t:MimeContent>"),
        item("<t:MimeContent>aGVs<b/>bG8=</t:MimeContent>"),
        item("<t:MimeContent>aGVs<![CDATA[bG8=]]></t:MimeContent>"),
        item("<t:MimeContent>aGVs&amp;bG8=</t:MimeContent>"),
        "<m:GetItemResponseMessage><m:ResponseCode>x</m:ResponseCode></m:GetItemResponseMessage>".to_owned(),
    ];
    for bad in bad {
        let (shown, good) = (bad.clone(), item("<t:MimeContent>aGVsbG8=</t:MimeContent>"));
        let server = Hostile::with_inbox(move |request| {
            if request.contains("item:Size") {
                let sized =
                    message("GetItem", "<m:Items><t:Message><t:Size>10</t:Size></t:Message></m:Items>");
                return xml(whole(envelope("GetItem", &sized.repeat(request.matches("<t:ItemId ").count()))));
            }
            let asked = request.split("<t:ItemId Id=\"").skip(1);
            let asked = asked.map(|id| if id.starts_with("BAD=") { bad.as_str() } else { good.as_str() });
            xml(whole(envelope("GetItem", &asked.collect::<String>())))
        })
        .await;
        let mut asked: Vec<RemoteId> = (0..10).map(|n| RemoteId::new(format!("GOOD{n}="))).collect();
        asked.insert(4, RemoteId::new("BAD="));
        for some in [&asked[..], &asked[4..6]] {
            let (result, got) = fetch(&mut server.source(), some).await;
            result.unwrap();
            assert!(matches!(got[&asked[4]], Got::Unreadable(_)), "{shown}: {got:?}");
            let whole = got.values().filter(|got| **got == Got::Raw(b"hello".to_vec())).count();
            assert_eq!(whole, some.len() - 1, "{shown}");
        }
    }
}

#[tokio::test]
async fn more_or_fewer_messages_than_asked_for_are_noticed() {
    for count in [0, 1, 3] {
        let server = Hostile::with_inbox(move |_| {
            let item = message(
                "GetItem",
                "<m:Items><t:Message><t:MimeContent>aGVsbG8=</t:MimeContent></t:Message></m:Items>",
            );
            xml(whole(envelope("GetItem", &item.repeat(count))))
        })
        .await;
        let mut source = server.source();
        let asked = [RemoteId::new("AAA="), RemoteId::new("BBB=")];
        let (result, _) = fetch(&mut source, &asked).await;
        assert_eq!(result.is_ok(), count == 1, "each is asked for by itself");
        let acted = source.act(&inbox(), &asked, &RemoteAction::MarkRead).await;
        assert_eq!(acted.unwrap_err().code(), "protocol");
    }
}

#[tokio::test]
async fn a_password_goes_to_nobody_else_and_into_no_error() {
    let elsewhere = Hostile::start(|_| xml(whole(""))).await;
    let location = elsewhere.url.clone();
    let server = Hostile::start(move |_| {
        hyper::Response::builder().status(302).header("location", &location).body(whole("")).unwrap()
    })
    .await;
    assert_eq!(server.source().folders().await.unwrap_err().code(), "unsupported");
    assert!(elsewhere.authorizations.lock().unwrap().is_empty(), "no redirect is followed");
    let server = Hostile::start(|_| {
        let fault = "<s:Envelope><s:Body><s:Fault><faultcode>hunter2 ann@example.org</faultcode><faultstring>hunter2\
            </faultstring></s:Fault></s:Body></s:Envelope>";
        let mut answer = xml(whole(fault));
        *answer.status_mut() = hyper::StatusCode::INTERNAL_SERVER_ERROR;
        answer
    })
    .await;
    let error = server.source().folders().await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(!text.contains("hunter2") && !text.contains("ann@"), "{text}");
}

/// Answers Autodiscover with an address, or with a URL when it is asked for `known`.
async fn redirecting(known: &'static str, to: impl Fn(&str) -> String + Send + Sync + 'static) -> Hostile {
    Hostile::start(move |request| {
        if !request.contains("<EMailAddress>") {
            return hyper::Response::builder().status(404).body(whole("")).unwrap();
        }
        let account = if request.contains(&format!("<EMailAddress>{known}<")) {
            "<Protocol><Type>EXPR</Type><EwsUrl>https://127.0.0.1:1/EWS/Exchange.asmx</EwsUrl></Protocol>"
                .to_owned()
        } else {
            format!("<Action>redirectAddr</Action><RedirectAddr>{}</RedirectAddr>", to(request))
        };
        xml(whole(format!("<Autodiscover><Response><Account>{account}</Account></Response></Autodiscover>")))
    })
    .await
}

#[tokio::test]
async fn an_address_that_leads_to_another_is_followed_so_far() {
    let hops = |server: &Hostile| server.authorizations.lock().unwrap().len();
    let check = async |server: &Hostile| {
        let bases = vec![server.url.trim_end_matches("/EWS/Exchange.asmx").to_owned()];
        let mut source = EwsSource::new(EwsAccess {
            server: ServerAddress::Autodiscover(bases),
            mailbox: MailboxName::parse(ANN).unwrap(),
            impersonate: false,
            http: HttpClient::new(Route::direct(), Trust::default(), Deadlines::default()),
            credential: basic(ANN, "hunter2"),
        })
        .unwrap();
        let report = source.check(&[]).await;
        report.steps[0].detail.contains("127.0.0.1:1/")
    };
    let server = redirecting("moved@example.org", |_| "Moved@example.org".to_owned()).await;
    assert!(check(&server).await, "the other address is known");
    assert_eq!(hops(&server), 2);
    // Round and round, on and on, to what is no address, and to a domain of which nobody answers.
    let server = redirecting("nobody", |_| ANN.to_owned()).await;
    assert!(!check(&server).await);
    assert_eq!(hops(&server), 1);
    let count = AtomicU64::new(0);
    let on = move |_: &str| format!("a{}@example.org", count.fetch_add(1, Ordering::Relaxed));
    let server = redirecting("nobody", on).await;
    assert!(!check(&server).await);
    assert_eq!(hops(&server), 4);
    for text in ["nobody", "a@b/c@evil.example", "moved@evil.invalid"] {
        let server = redirecting("moved@evil.invalid", move |_| text.to_owned()).await;
        assert!(!check(&server).await, "{text}");
        assert_eq!(hops(&server), 1, "{text}");
    }
}

#[tokio::test]
async fn a_stranger_who_speaks_ntlm_gets_no_password_and_no_end_of_questions() {
    for challenge in ["NTLM", "NTLM !!!", "NTLM TlRMTVNTUAAC", "NTLM TlRMTVNTUAABAAAA", "Negotiate", ""] {
        let server = Hostile::start(move |_| {
            hyper::Response::builder()
                .status(401)
                .header("www-authenticate", challenge)
                .body(whole("no"))
                .unwrap()
        })
        .await;
        let error = server.source_by(ntlm("EXAMPLE\\ann", "hunter2")).folders().await.unwrap_err();
        assert_eq!(error.code(), "sign_in", "{challenge}: {error}");
        let sent = server.authorizations.lock().unwrap().clone();
        assert!(!sent.is_empty() && sent.len() <= 2, "{sent:?}");
        assert!(
            sent.iter().all(|sent| sent.starts_with("NTLM TlRMTVNTUAAB")),
            "the first message alone: {sent:?}"
        );
    }
}

#[tokio::test]
async fn patience_beyond_all_time_is_handed_on() {
    for value in ["18446744073709551615", "99999999999999999999999", "-1", "x"] {
        let server = Hostile::start(move |_| {
            let fault = format!(
                "<s:Envelope><s:Body><s:Fault><detail><e:ResponseCode>ErrorServerBusy</e:ResponseCode><t:MessageXml>\
                 <t:Value Name=\"BackOffMilliseconds\">{value}</t:Value></t:MessageXml></detail></s:Fault></s:Body>\
                 </s:Envelope>"
            );
            xml(whole(fault))
        })
        .await;
        let mut source = server.source();
        let error = tokio::time::timeout(ENDS_WITHIN, source.folders()).await.unwrap().unwrap_err();
        assert_eq!(error.code(), "throttled", "{value}");
    }
}
