//! A large message is served without being held. A process of its own: what is measured is all of its memory.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

use mailcase_testbed::ews::{Event, EwsOptions, EwsServer};
use std::io::Write as _;

const ANN: &str = "ann@example.org";
const PASSWORD: &str = "correct horse";
const MESSAGE_BYTES: usize = 150 << 20;
/// What server and client may take on top, much of it the eight megabytes that facts are taken from.
const GROWTH_MAX_KIB: u64 = 64 << 10;

/// The most memory this process ever had.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[tokio::test]
async fn a_message_of_150_megabytes_is_served_and_never_held() {
    let server = EwsServer::start(EwsOptions::default()).await.unwrap();
    server.add_user(ANN, PASSWORD);
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let before = peak_kib();

    let mut file = tempfile::tempfile().unwrap();
    file.write_all(b"From: ada@example.org\r\nSubject: large\r\n\r\n").unwrap();
    let line = [b"x".repeat(998).as_slice(), b"\r\n"].concat();
    let mut size = 41;
    while size < MESSAGE_BYTES {
        file.write_all(&line).unwrap();
        size += line.len();
    }
    server.deliver_file(ANN, "Inbox", file, jiff::Timestamp::now()).unwrap();

    let call = |body: String| {
        let envelope = format!(
            "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" \
             xmlns:t=\"http://schemas.microsoft.com/exchange/services/2006/types\" \
             xmlns=\"http://schemas.microsoft.com/exchange/services/2006/messages\"><s:Body>{body}</s:Body></s:Envelope>"
        );
        let request = client.post(server.url()).basic_auth(ANN, Some(PASSWORD));
        request.header("content-type", "text/xml").body(envelope).send()
    };
    let list = "<FindItem Traversal=\"Shallow\"><ItemShape><t:BaseShape>IdOnly</t:BaseShape></ItemShape>\
                <ParentFolderIds><t:DistinguishedFolderId Id=\"inbox\"/></ParentFolderIds></FindItem>";
    let list = call(list.to_owned()).await.unwrap().text().await.unwrap();
    let (_, rest) = list.split_once("ItemId Id=\"").unwrap();
    let (id, _) = rest.split_once('"').unwrap();
    let get = format!(
        "<GetItem><ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:IncludeMimeContent>true</t:IncludeMimeContent>\
         </ItemShape><ItemIds><t:ItemId Id=\"{id}\"/></ItemIds></GetItem>"
    );
    let mut answer = call(get).await.unwrap();
    let mut received = 0;
    while let Some(chunk) = answer.chunk().await.unwrap() {
        received += chunk.len();
    }
    assert!(received > size / 3 * 4, "{received} bytes of base64");
    assert_eq!(server.ledger().last().unwrap().event, Event::Served { complete: true });
    let growth = peak_kib() - before;
    assert!(growth < GROWTH_MAX_KIB, "{growth} KiB");
    assert_eq!(server.problems(), Vec::<String>::new());
}
