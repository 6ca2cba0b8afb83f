//! A large message passes through without being held. A process of its own: what is measured is all of its memory.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

use bytes::Bytes;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use mailcase_ews::{Credential, EwsAccess, EwsSource, MailboxName, ServerAddress};
use mailcase_mail::{Deadlines, Fetched, FolderPath, MailSource, RemoteId};
use mailcase_transport::http::HttpClient;
use mailcase_transport::{Route, Trust};
use secrecy::SecretString;
use std::convert::Infallible;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

const MESSAGE_BYTES: usize = 150 << 20;
/// Base64 of 48 KiB of `x`.
const PIECE_BYTES: usize = 48 << 10;
/// What the fetch may take on top, on both sides of the connection.
const GROWTH_MAX_KIB: u64 = 48 << 10;

fn answer(request: &str) -> Vec<Bytes> {
    let envelope = |operation: &str, content: &str| {
        format!(
            "<s:Envelope xmlns:s=\"x\"><s:Body><m:{operation}Response><m:ResponseMessages><m:M ResponseClass=\"Success\">\
             {content}</m:M></m:ResponseMessages></m:{operation}Response></s:Body></s:Envelope>"
        )
    };
    let inbox = "<t:Folder><t:FolderId Id=\"AAI=\"/><t:ParentFolderId Id=\"AAR=\"/><t:DisplayName>Inbox</t:DisplayName></t:Folder>";
    if request.contains("<m:GetFolder>") {
        let root = "<m:M ResponseClass=\"Success\"><m:Folders><t:Folder><t:FolderId Id=\"AAR=\"/></t:Folder></m:Folders></m:M>";
        let others = format!("<m:M ResponseClass=\"Success\"><m:Folders>{inbox}</m:Folders></m:M>");
        let count = request.matches("<t:DistinguishedFolderId").count();
        let all = format!("{root}{}", others.repeat(count - 1));
        let text =
            format!("<Envelope><Body><R><ResponseMessages>{all}</ResponseMessages></R></Body></Envelope>");
        return vec![text.into()];
    }
    if request.contains("<m:FindFolder ") {
        let root = format!(
            "<m:RootFolder IncludesLastItemInRange=\"true\"><t:Folders>{inbox}</t:Folders></m:RootFolder>"
        );
        return vec![envelope("FindFolder", &root).into()];
    }
    let whole =
        envelope("GetItem", "<m:Items><t:Message><t:MimeContent>|</t:MimeContent></t:Message></m:Items>");
    let (head, tail) = whole.split_once('|').unwrap();
    let piece = Bytes::from("eHh4".repeat(PIECE_BYTES / 3));
    let mut pieces = vec![Bytes::from(head.to_owned())];
    pieces.extend(std::iter::repeat_n(piece, MESSAGE_BYTES / PIECE_BYTES));
    pieces.push(Bytes::from(tail.to_owned()));
    pieces
}

async fn serve(listener: TcpListener) {
    while let Ok((socket, _)) = listener.accept().await {
        let service = service_fn(|request: hyper::Request<Incoming>| async {
            let text = request.into_body().collect().await.unwrap().to_bytes();
            let pieces = answer(&String::from_utf8_lossy(&text))
                .into_iter()
                .map(|piece| Ok::<_, Infallible>(Frame::data(piece)));
            let body = StreamBody::new(futures::stream::iter(pieces)).boxed_unsync();
            let answer = hyper::Response::builder().header("content-type", "text/xml").body(body);
            Ok::<_, Infallible>(answer.unwrap())
        });
        let http = hyper::server::conn::http1::Builder::new();
        tokio::spawn(http.serve_connection(TokioIo::new(socket), service));
    }
}

/// The most memory this process ever had.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse().unwrap()
}

#[tokio::test]
async fn a_message_of_150_megabytes_takes_little_memory() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/EWS/Exchange.asmx", listener.local_addr().unwrap());
    let server = tokio::spawn(serve(listener));
    let mut source = EwsSource::new(EwsAccess {
        server: ServerAddress::Url(url.parse().unwrap()),
        mailbox: MailboxName::parse("ann@example.org").unwrap(),
        impersonate: false,
        http: HttpClient::new(Route::direct(), Trust::default(), Deadlines::default()),
        credential: Credential::Basic { user: "ann".to_owned(), password: SecretString::from("x") },
    })
    .unwrap();
    source.folders().await.unwrap();
    let before = peak_kib();
    let (out, mut fetched) = mpsc::channel(2);
    let (folder, asked) = (FolderPath::new("Inbox"), [RemoteId::new("AAA=")]);
    let fetching = async {
        let result = source.fetch(&folder, &asked, &out).await;
        drop(out);
        result
    };
    let counting = async {
        let (mut bytes, mut ended) = (0, false);
        while let Some(event) = fetched.recv().await {
            match event {
                Fetched::Chunk(chunk) => bytes += chunk.len(),
                Fetched::End => ended = true,
                _ => {}
            }
        }
        (bytes, ended)
    };
    let (result, counted) = tokio::join!(fetching, counting);
    result.unwrap();
    assert_eq!(counted, (MESSAGE_BYTES, true));
    let grown = peak_kib().checked_sub(before).expect("a peak never falls");
    assert!(grown < GROWTH_MAX_KIB, "{grown} KiB more");
    server.abort();
}
