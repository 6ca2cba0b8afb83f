//! The EWS simulator by itself: that it does what the real server does where clients stumble, and that everything it
//! is asked and answers fits Microsoft's schema.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on shall stop")]

mod changing;
mod clients;
mod discovering;
mod doors;
mod faults;
mod judging;
mod listing;
mod notices;
mod sending;
mod synchronizing;

use mailcase_testbed::ews::{EwsOptions, EwsServer};
use roxmltree::{Document, Node};

pub(crate) const ANN: &str = "ann@example.org";
pub(crate) const PASSWORD: &str = "correct horse";

/// A server with one mailbox, and a client for it. What was asked and answered is judged at the end.
pub(crate) struct Bench {
    pub(crate) server: EwsServer,
    client: reqwest::Client,
    count: std::cell::Cell<i64>,
    /// The test asks on purpose for what does not fit the schema, and looks at the verdicts itself.
    pub(crate) asks_for_trouble: bool,
}

/// An answer, its status and its text.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
}

impl Answer {
    /// The texts of all elements of this name.
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        self.each(name, |node| node.text().unwrap_or_default().to_owned())
    }

    pub(crate) fn one(&self, name: &str) -> String {
        let mut all = self.all(name);
        assert_eq!(all.len(), 1, "one {name} in {}", self.text);
        all.remove(0)
    }

    /// An attribute of all elements of this name.
    pub(crate) fn attributes(&self, name: &str, attribute: &str) -> Vec<String> {
        self.each(name, |node| node.attribute(attribute).unwrap_or_default().to_owned())
    }

    fn each(&self, name: &str, look: impl Fn(Node<'_, '_>) -> String) -> Vec<String> {
        let document = Document::parse(&self.text).unwrap();
        let found = document.descendants().filter(|node| node.tag_name().name() == name);
        found.map(look).collect()
    }

    pub(crate) fn codes(&self) -> Vec<String> {
        self.all("ResponseCode")
    }
}

impl Bench {
    pub(crate) async fn start() -> Self {
        Self::with(EwsOptions::default()).await
    }

    pub(crate) async fn with(options: EwsOptions) -> Self {
        let server = EwsServer::start(options).await.unwrap();
        server.add_user(ANN, PASSWORD);
        Self { server, client: client(), count: std::cell::Cell::new(0), asks_for_trouble: false }
    }

    /// Something arrives in the inbox, one second after what came before.
    pub(crate) fn deliver(&self, subject: &str) -> String {
        self.count.set(self.count.get() + 1);
        let received = jiff::Timestamp::from_second(1_768_003_200 + self.count.get()).unwrap();
        self.server.deliver(ANN, "Inbox", letter(subject).as_bytes(), received).unwrap()
    }

    /// The identities EWS has for what lies in a folder, in the order it came.
    pub(crate) async fn ids(&self, folder: &str) -> Vec<String> {
        let find = format!(
            "<FindItem Traversal=\"Shallow\"><ItemShape>{IDS}</ItemShape><SortOrder><t:FieldOrder \
             Order=\"Ascending\"><t:FieldURI FieldURI=\"item:DateTimeReceived\"/></t:FieldOrder></SortOrder>\
             <ParentFolderIds><t:DistinguishedFolderId Id=\"{folder}\"/></ParentFolderIds></FindItem>"
        );
        self.call(&find).await.attributes("ItemId", "Id")
    }

    pub(crate) async fn call(&self, body: &str) -> Answer {
        self.call_with("", body).await
    }

    /// Calls an operation with something in the header of the envelope.
    pub(crate) async fn call_with(&self, header: &str, body: &str) -> Answer {
        let request = self.client.post(self.server.url()).basic_auth(ANN, Some(PASSWORD));
        let answer = request
            .header("content-type", "text/xml; charset=utf-8")
            .body(envelope(header, body))
            .send()
            .await
            .unwrap();
        Answer { status: answer.status().as_u16(), text: answer.text().await.unwrap() }
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if !std::thread::panicking() && !self.asks_for_trouble {
            assert_eq!(self.server.problems(), Vec::<String>::new());
        }
    }
}

pub(crate) fn envelope(header: &str, body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
         <s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:t=\"http://schemas.microsoft.com/exchange/services/2006/types\" \
         xmlns=\"http://schemas.microsoft.com/exchange/services/2006/messages\">\
         <s:Header><t:RequestServerVersion Version=\"Exchange2013_SP1\"/>{header}</s:Header>\
         <s:Body>{body}</s:Body></s:Envelope>"
    )
}

pub(crate) fn client() -> reqwest::Client {
    // Somebody else may have been first.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// An element that names an item.
pub(crate) fn item(id: &str) -> String {
    format!("<t:ItemId Id=\"{id}\"/>")
}

pub(crate) fn get(shape: &str, ids: &[String]) -> String {
    let ids: String = ids.iter().map(|id| item(id)).collect();
    format!("<GetItem><ItemShape>{shape}</ItemShape><ItemIds>{ids}</ItemIds></GetItem>")
}

/// The shape of an item with nothing but its MIME.
pub(crate) const MIME: &str =
    "<t:BaseShape>IdOnly</t:BaseShape><t:IncludeMimeContent>true</t:IncludeMimeContent>";
pub(crate) const IDS: &str = "<t:BaseShape>IdOnly</t:BaseShape>";

pub(crate) fn set_read(ids: &[String], read: bool) -> String {
    let changes: String = ids
        .iter()
        .map(|id| {
            format!(
                "<t:ItemChange>{}<t:Updates><t:SetItemField><t:FieldURI FieldURI=\"message:IsRead\"/>\
                 <t:Message><t:IsRead>{read}</t:IsRead></t:Message></t:SetItemField></t:Updates></t:ItemChange>",
                item(id)
            )
        })
        .collect();
    format!(
        "<UpdateItem MessageDisposition=\"SaveOnly\" ConflictResolution=\"AlwaysOverwrite\" \
         SuppressReadReceipts=\"true\"><ItemChanges>{changes}</ItemChanges></UpdateItem>"
    )
}

pub(crate) fn sync(state: &str, size: usize) -> String {
    let state = if state.is_empty() { String::new() } else { format!("<SyncState>{state}</SyncState>") };
    format!(
        "<SyncFolderItems><ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties>\
         <t:FieldURI FieldURI=\"item:Subject\"/></t:AdditionalProperties></ItemShape>\
         <SyncFolderId><t:DistinguishedFolderId Id=\"inbox\"/></SyncFolderId>{state}\
         <MaxChangesReturned>{size}</MaxChangesReturned></SyncFolderItems>"
    )
}

pub(crate) fn letter(subject: &str) -> String {
    format!(
        "Message-ID: <{subject}@suite.example>\r\nFrom: Ada <ada@example.org>\r\nTo: {ANN}\r\nSubject: {subject}\r\n\
         Date: Mon, 05 Jan 2026 10:00:00 +0000\r\n\r\nThis is letter {subject}.\r\n"
    )
}
