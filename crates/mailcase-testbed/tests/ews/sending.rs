//! Mail that leaves.

use crate::{ANN, Bench, IDS, get};
use data_encoding::BASE64;
use mailcase_testbed::ews::Event;

const BOB: &str = "bob@example.org";

fn create(disposition: &str, items: &str) -> String {
    format!("<CreateItem MessageDisposition=\"{disposition}\"><Items>{items}</Items></CreateItem>")
}

fn mime(to: &str) -> String {
    let raw = format!(
        "From: {ANN}\r\nTo: {to}\r\nSubject: out\r\nMessage-ID: <out@suite.example>\r\n\r\nhello\r\n"
    );
    format!(
        "<t:Message><t:MimeContent CharacterSet=\"UTF-8\">{}</t:MimeContent></t:Message>",
        BASE64.encode(raw.as_bytes())
    )
}

#[tokio::test]
async fn mime_is_sent_at_once_or_kept_and_sent_later() {
    let bench = Bench::start().await;
    bench.server.add_mailbox(BOB);
    let sent = bench.call(&create("SendAndSaveCopy", &mime(BOB))).await;
    assert_eq!(sent.codes(), ["NoError"]);
    let held = bench.server.messages(BOB, "Inbox").unwrap();
    assert!(held[0].raw.starts_with(b"From: ann@example.org\r\n"), "to the byte");
    let saved = bench.call(&create("SaveOnly", &mime(BOB))).await;
    let (id, key) =
        (saved.attributes("ItemId", "Id").remove(0), saved.attributes("ItemId", "ChangeKey").remove(0));
    let send = |key: &str| {
        format!(
            "<SendItem SaveItemToFolder=\"true\"><ItemIds><t:ItemId Id=\"{id}\"{key}/></ItemIds></SendItem>"
        )
    };
    assert_eq!(bench.call(&send("")).await.codes(), ["ErrorChangeKeyRequired"]);
    assert_eq!(bench.call(&send(&format!(" ChangeKey=\"{key}\""))).await.codes(), ["NoError"]);
    assert_eq!(bench.server.messages(BOB, "Inbox").unwrap().len(), 2);
    assert_eq!(bench.server.messages(ANN, "Sent Items").unwrap().len(), 2);
    assert_eq!(bench.server.messages(ANN, "Drafts").unwrap().len(), 0);
    let events = bench.server.ledger().into_iter().filter(|entry| entry.event == Event::Sent).count();
    assert_eq!(events, 2);
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_and_the_rest_leaves() {
    let bench = Bench::start().await;
    bench.server.add_mailbox(BOB);
    let broken = "<t:Message><t:MimeContent>???</t:MimeContent></t:Message>";
    let items = format!("{}{broken}{}", mime("undisclosed:;"), mime(BOB));
    let answer = bench.call(&create("SendOnly", &items)).await;
    let codes = ["ErrorInvalidRecipients", "ErrorMimeContentInvalidBase64String", "NoError"];
    assert_eq!(answer.codes(), codes);
    assert_eq!(bench.server.messages(BOB, "Inbox").unwrap().len(), 1);
    assert_eq!(bench.server.messages(ANN, "Sent Items").unwrap().len(), 0, "SendOnly keeps nothing");
}

#[tokio::test]
async fn a_reply_is_in_the_thread() {
    let bench = Bench::start().await;
    bench.server.add_mailbox("ada@example.org");
    bench.deliver("m1");
    let ids = bench.ids("inbox").await;
    let key = bench.call(&get(IDS, &ids)).await.attributes("ItemId", "ChangeKey").remove(0);
    let reply = format!(
        "<t:ReplyToItem><t:ReferenceItemId Id=\"{}\" ChangeKey=\"{key}\"/><t:NewBodyContent BodyType=\"Text\">closed\
         </t:NewBodyContent></t:ReplyToItem>",
        ids[0]
    );
    assert_eq!(bench.call(&create("SendAndSaveCopy", &reply)).await.codes(), ["NoError"]);
    let held = bench.server.messages("ada@example.org", "Inbox").unwrap();
    let text = String::from_utf8_lossy(&held[0].raw);
    for part in ["In-Reply-To: <m1@suite.example>", "Subject: RE: m1", "closed"] {
        assert!(text.contains(part), "{part} in {text}");
    }
}
