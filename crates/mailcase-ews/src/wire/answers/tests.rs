use super::*;
use bytes::Bytes;

#[derive(Default)]
struct Collected(Vec<u8>);

impl Sink for Collected {
    async fn piece(&mut self, piece: Bytes) -> Result<(), SourceError> {
        self.0.extend_from_slice(&piece);
        Ok(())
    }
}

fn envelope(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><s:Envelope xmlns:s=\"x\"><s:Header><h:ServerVersionInfo MajorVersion=\"15\"/></s:Header>\
         <s:Body>{body}</s:Body></s:Envelope>"
    )
}

fn items(messages: &str) -> String {
    envelope(&format!(
        "<m:GetItemResponse><m:ResponseMessages>{messages}</m:ResponseMessages></m:GetItemResponse>"
    ))
}

const GOOD: &str = "<m:GetItemResponseMessage ResponseClass=\"Success\"><m:ResponseCode>NoError</m:ResponseCode><m:Items>\
    <t:Message><t:MimeContent CharacterSet=\"UTF-8\">aGVsbG8=</t:MimeContent><t:ItemId Id=\"AAA\"/></t:Message></m:Items>\
    </m:GetItemResponseMessage>";
const BAD: &str = "<m:GetItemResponseMessage ResponseClass=\"Error\"><m:MessageText>a@b</m:MessageText>\
    <m:ResponseCode>ErrorItemNotFound</m:ResponseCode><m:Items/></m:GetItemResponseMessage>";

#[tokio::test]
async fn response_messages_come_one_by_one_and_fail_alone() {
    let text = items(&format!("{BAD}\n{GOOD}"));
    let mut answers = Answers::begin(text.as_bytes()).await.unwrap();
    let mut sink = Collected::default();
    let first = answers.next(&mut sink).await.unwrap().unwrap();
    assert_eq!((first.refusal().unwrap().code.as_str(), first.mime), ("ErrorItemNotFound", Mime::Absent));
    let second = answers.next(&mut sink).await.unwrap().unwrap();
    assert_eq!((second.mime, sink.0.as_slice()), (Mime::Whole, b"hello".as_slice()));
    let element = second.into_result().unwrap();
    assert_eq!(element.at(&["Items", "Message", "ItemId"]).unwrap().attribute("Id"), Some("AAA"));
    assert_eq!(answers.next(&mut sink).await.unwrap(), None);
    assert_eq!(answers.next(&mut sink).await.unwrap(), None);
}

#[tokio::test]
async fn an_answer_cut_anywhere_is_never_complete() {
    let text = items(&format!("{GOOD}{BAD}"));
    for end in 0..text.len() {
        let cut = text.as_bytes().split_at(end).0;
        let read = async {
            let answers = Answers::begin(cut).await.map_err(|trouble| trouble.into_error("x"))?;
            answers.all(10).await
        };
        assert!(read.await.is_err(), "cut after {end} bytes");
    }
    let answers = Answers::begin(text.as_bytes()).await.unwrap();
    assert_eq!(answers.all(2).await.unwrap().len(), 2);
    let answers = Answers::begin(text.as_bytes()).await.unwrap();
    assert_eq!(answers.all(1).await.unwrap_err().code(), "protocol");
}

#[tokio::test]
async fn faults_are_refusals_with_their_patience() {
    let fault = "<s:Fault><faultcode xmlns:a=\"x\">a:ErrorServerBusy</faultcode><faultstring>a@b</faultstring><detail>\
        <e:ResponseCode>ErrorServerBusy</e:ResponseCode><t:MessageXml><t:Value Name=\"BackOffMilliseconds\">2500</t:Value>\
        </t:MessageXml></detail></s:Fault>";
    let text = envelope(fault);
    let trouble = Answers::begin(text.as_bytes()).await.unwrap_err();
    let expected = Refusal::of_code("ErrorServerBusy", Some(Duration::from_millis(2500)));
    assert_eq!(trouble, Trouble::Refused(expected));
    let text = envelope("<s:Fault><faultcode>a:ErrorSchemaValidation</faultcode></s:Fault>");
    let trouble = Answers::begin(text.as_bytes()).await.unwrap_err();
    assert_eq!(trouble, Trouble::Refused(Refusal::of_code("ErrorSchemaValidation", None)));
}

#[tokio::test]
async fn what_is_no_soap_is_a_broken_protocol() {
    for text in
        ["", "<html><body>Sign in</body></html>", "<s:Envelope/>", "<s:Envelope><s:Body/></s:Envelope>", "{}"]
    {
        let trouble = Answers::begin(text.as_bytes()).await.unwrap_err();
        assert_eq!(trouble.into_error("x").code(), "protocol", "{text}");
    }
    let twice = GOOD.replace("<t:ItemId Id=\"AAA\"/>", "<t:MimeContent>aGVsbG8=</t:MimeContent>");
    let text = items(&twice);
    let mut answers = Answers::begin(text.as_bytes()).await.unwrap();
    assert_eq!(answers.next(&mut NoMime).await.unwrap_err().code(), "protocol");
}

#[tokio::test]
async fn envelopes_follow_each_other_on_one_stream() {
    let text = format!("{}{}", items(GOOD), items(BAD));
    let mut answers = Answers::begin(text.as_bytes()).await.unwrap();
    assert!(answers.next(&mut NoMime).await.unwrap().is_some());
    assert!(answers.envelope().await.unwrap());
    assert!(answers.next(&mut NoMime).await.unwrap().unwrap().refusal().is_some());
    assert!(!answers.envelope().await.unwrap());
}
