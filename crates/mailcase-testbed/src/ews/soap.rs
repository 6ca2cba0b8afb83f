//! SOAP 1.1 as Exchange speaks it: requests taken apart, answers and faults put together.

use super::sheet::Sheet;
use hyper::StatusCode;
use roxmltree::{Document, Node};
use std::time::Duration;

pub(crate) const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
pub(crate) const MESSAGES: &str = "http://schemas.microsoft.com/exchange/services/2006/messages";
pub(crate) const TYPES: &str = "http://schemas.microsoft.com/exchange/services/2006/types";
pub(crate) const ERRORS: &str = "http://schemas.microsoft.com/exchange/services/2006/errors";

/// What a request may say it was written for; those of later servers begin with `V201`.
pub(crate) const VERSIONS: [&str; 8] = [
    "Exchange2007",
    "Exchange2007_SP1",
    "Exchange2010",
    "Exchange2010_SP1",
    "Exchange2010_SP2",
    "Exchange2013",
    "Exchange2013_SP1",
    "Exchange2016",
];

/// What a request asks, and as whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) operation: Node<'a, 'a>,
    /// As in `t:ExchangeImpersonation`: an address, a principal name or a security identifier.
    pub(crate) impersonated: Option<&'a str>,
}

impl<'a> Call<'a> {
    pub(crate) fn name(&self) -> &'a str {
        self.operation.tag_name().name()
    }

    /// Reads an envelope.
    pub(crate) fn read(document: &'a Document<'a>) -> Result<Self, Failure> {
        let envelope = document.root_element();
        if envelope.tag_name().name() != "Envelope" || envelope.tag_name().namespace() != Some(SOAP) {
            return Err(Failure::schema("The root element is no SOAP 1.1 envelope."));
        }
        let body = child(envelope, "Body").ok_or_else(|| Failure::schema("The envelope has no body."))?;
        let operation = elements(body).next().ok_or_else(|| Failure::schema("The body is empty."))?;
        if operation.tag_name().namespace() != Some(MESSAGES) {
            return Err(Failure::schema("The body holds no element of the messages' namespace."));
        }
        let version = child(envelope, "Header").and_then(|header| child(header, "RequestServerVersion"));
        let version = version.and_then(|version| version.attribute("Version"));
        if version.is_some_and(|version| !VERSIONS.contains(&version) && !version.starts_with("V201")) {
            return Err(Failure::of("ErrorInvalidServerVersion"));
        }
        let sid = child(envelope, "Header")
            .and_then(|header| child(header, "ExchangeImpersonation"))
            .and_then(|header| child(header, "ConnectingSID"));
        let impersonated = sid.and_then(|sid| elements(sid).next()).and_then(|who| who.text());
        Ok(Self { operation, impersonated: impersonated.map(str::trim) })
    }
}

pub(crate) fn elements<'a>(node: Node<'a, 'a>) -> impl Iterator<Item = Node<'a, 'a>> {
    node.children().filter(Node::is_element)
}

/// The first child of this local name.
pub(crate) fn child<'a>(node: Node<'a, 'a>, name: &str) -> Option<Node<'a, 'a>> {
    elements(node).find(|child| child.tag_name().name() == name)
}

/// The text of a child, empty when it is absent.
pub(crate) fn text_of<'a>(node: Node<'a, 'a>, name: &str) -> &'a str {
    child(node, name).and_then(|child| child.text()).unwrap_or_default().trim()
}

/// `xs:boolean`.
pub(crate) fn is_true(text: &str) -> bool {
    matches!(text.trim(), "true" | "1")
}

/// Why something is refused: the whole request as a SOAP fault, or one item of it.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) back_off: Option<Duration>,
}

impl Failure {
    pub(crate) fn new(code: &str, message: &str) -> Self {
        Self { code: code.to_owned(), message: message.to_owned(), back_off: None }
    }

    /// In the server's words, as far as they are known.
    pub(crate) fn of(code: &str) -> Self {
        Self::new(code, message_of(code))
    }

    pub(crate) fn schema(problem: &str) -> Self {
        Self::new("ErrorSchemaValidation", &format!("The request failed schema validation: {problem}"))
    }

    fn details(&self, sheet: &mut Sheet) {
        if let Some(back_off) = self.back_off {
            let milliseconds = back_off.as_millis().to_string();
            sheet.leaf_with("t:Value", &[("Name", "BackOffMilliseconds")], &milliseconds);
        }
    }

    /// What stands in a response message after its opening tag.
    pub(crate) fn write(&self, sheet: &mut Sheet) {
        sheet.leaf("m:MessageText", &self.message);
        sheet.leaf("m:ResponseCode", &self.code);
        sheet.leaf("m:DescriptiveLinkKey", "0");
        if self.back_off.is_some() {
            sheet.open("m:MessageXml");
            self.details(sheet);
            sheet.close("m:MessageXml");
        }
    }

    /// The whole answer as a fault.
    pub(crate) fn into_fault(self) -> Reply {
        let mut sheet = Sheet::default();
        sheet.open_with("s:Fault", &[]);
        let code = format!("a:{}", self.code);
        sheet.leaf_with("faultcode", &[("xmlns:a", TYPES)], &code);
        sheet.leaf_with("faultstring", &[("xml:lang", "en-US")], &self.message);
        sheet.open("detail");
        sheet.leaf_with("e:ResponseCode", &[("xmlns:e", ERRORS)], &self.code);
        sheet.leaf_with("e:Message", &[("xmlns:e", ERRORS)], &self.message);
        if self.back_off.is_some() {
            sheet.open_with("t:MessageXml", &[("xmlns:t", TYPES)]);
            self.details(&mut sheet);
            sheet.close("t:MessageXml");
        }
        sheet.close("detail").close("s:Fault");
        Reply { status: StatusCode::INTERNAL_SERVER_ERROR, sheet, code: self.code }
    }
}

/// What Exchange says to a code.
fn message_of(code: &str) -> &'static str {
    match code {
        "ErrorServerBusy" => "The server cannot service this request right now. Try again later.",
        "ErrorInvalidServerVersion" => "The specified server version is invalid.",
        "ErrorItemNotFound" => "The specified object was not found in the store.",
        "ErrorFolderNotFound" => "The specified folder could not be found in the store.",
        "ErrorToFolderNotFound" => "The destination folder was not found.",
        "ErrorInvalidIdMalformed" => "Id is malformed.",
        "ErrorInvalidSyncStateData" => "Synchronization state data is corrupt or otherwise invalid.",
        "ErrorNonExistentMailbox" => "The SMTP address has no mailbox associated with it.",
        "ErrorImpersonateUserDenied" => {
            "The account does not have permission to impersonate the requested user."
        }
        "ErrorAccessDenied" => "Access is denied. Check credentials and try again.",
        "ErrorMessageSizeExceeded" => "The message exceeds the maximum supported size.",
        "ErrorItemCorrupt" => "The item is corrupt.",
        "ErrorContentConversionFailed" => "Content conversion failed.",
        "ErrorExceededConnectionCount" => {
            "You have exceeded the available concurrent connections for your account. Try again once your other \
             requests have completed."
        }
        "ErrorChangeKeyRequired" => "The change key is required for this operation.",
        "ErrorIrresolvableConflict" => {
            "The send or update operation could not be performed because the change key \
             passed in the request does not match the current change key for the item."
        }
        "ErrorInvalidOperation" => "The operation is not supported here.",
        "ErrorSubscriptionNotFound" => "The subscription was not found.",
        "ErrorInvalidSubscription" => "The subscription is invalid.",
        "ErrorInvalidWatermark" => "The watermark is invalid.",
        "ErrorNameResolutionNoResults" => "No results were found.",
        "ErrorItemSave" => "The item was not saved.",
        "ErrorMailRecipientNotFound" => "The mail recipient was not found.",
        "ErrorInvalidRecipients" => "At least one recipient is not valid.",
        "ErrorMimeContentInvalidBase64String" => "Invalid base64 string for MIME content.",
        "ErrorDeleteDistinguishedFolder" => "Distinguished folders cannot be deleted.",
        "ErrorFolderExists" => "A folder with the specified name already exists.",
        _ => "An internal server error occurred. The operation failed.",
    }
}

/// An answer in the making: what stands in the body of its envelope.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) sheet: Sheet,
    /// The first code that is not `NoError`, or that.
    pub(crate) code: String,
}

/// One response message after the other.
#[derive(Debug)]
pub(crate) struct Responses {
    operation: String,
    sheet: Sheet,
    code: String,
}

impl Responses {
    pub(crate) fn new(operation: &str) -> Self {
        Self { operation: operation.to_owned(), sheet: Sheet::default(), code: "NoError".to_owned() }
    }

    /// One more; `within` is what an error has to have behind its code all the same, such as `<m:Items/>`.
    pub(crate) fn push(&mut self, outcome: Result<Sheet, Failure>, within: &str) {
        let name = format!("m:{}ResponseMessage", self.operation);
        let class = if outcome.is_ok() { "Success" } else { "Error" };
        self.sheet.open_with(&name, &[("ResponseClass", class)]);
        match outcome {
            Ok(inner) => {
                self.sheet.leaf("m:ResponseCode", "NoError").append(inner);
            }
            Err(failure) => {
                failure.write(&mut self.sheet);
                self.sheet.raw(within);
                if self.code == "NoError" {
                    self.code = failure.code;
                }
            }
        }
        self.sheet.close(&name);
    }

    pub(crate) fn finish(self) -> Reply {
        let name = format!("m:{}Response", self.operation);
        let mut sheet = Sheet::default();
        sheet.open_with(&name, &[("xmlns:m", MESSAGES), ("xmlns:t", TYPES)]);
        sheet.open("m:ResponseMessages").append(self.sheet).close("m:ResponseMessages").close(&name);
        Reply { status: StatusCode::OK, sheet, code: self.code }
    }
}

/// What an answer to a single question comes to.
pub(crate) fn single(operation: &str, outcome: Result<Sheet, Failure>, within: &str) -> Reply {
    let mut responses = Responses::new(operation);
    responses.push(outcome, within);
    responses.finish()
}
