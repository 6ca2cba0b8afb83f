//! What a server knows of a message besides its bytes, and the bytes of a message written as JSON.

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address as BuilderAddress;
use mail_builder::headers::raw::Raw;
use mail_parser::{Address, HeaderValue, Message, MessageParser, MessagePart, MimeHeaders as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// What Exchange cuts a preview to.
const PREVIEW_CHARS: usize = 255;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Attached {
    pub(crate) name: String,
    pub(crate) content_type: String,
    pub(crate) content_id: Option<String>,
    pub(crate) inline: bool,
    pub(crate) message: bool,
    pub(crate) content: Bytes,
}

/// Everything taken from the bytes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Facts {
    pub(crate) subject: Option<String>,
    pub(crate) from: Option<Value>,
    pub(crate) sender: Option<Value>,
    pub(crate) to: Vec<Value>,
    pub(crate) cc: Vec<Value>,
    pub(crate) bcc: Vec<Value>,
    pub(crate) reply_to: Vec<Value>,
    pub(crate) sent: Option<jiff::Timestamp>,
    pub(crate) message_id: String,
    pub(crate) conversation: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    pub(crate) html: bool,
    /// Whether it was written in HTML; `body` may be in HTML all the same.
    pub(crate) rich: bool,
    pub(crate) text: String,
    /// What kind of item Exchange makes of it (MS-OXOMSG, MS-OXCMAIL).
    pub(crate) class: &'static str,
    pub(crate) attachments: Vec<Attached>,
}

impl Facts {
    pub(crate) fn of(raw: &[u8]) -> Self {
        let parsed = MessageParser::default().parse(raw).unwrap_or_default();
        let text = parsed.body_text(0).map(std::borrow::Cow::into_owned).unwrap_or_default();
        let html = parsed.html_body_count() > 0 && parsed.body_html(0).is_some();
        let body = if html { parsed.body_html(0) } else { parsed.body_text(0) };
        let message_id = parsed.message_id().map_or_else(
            || format!("<{}@testbed.example>", data_encoding::HEXLOWER.encode(&Sha256::digest(raw))),
            |id| format!("<{id}>"),
        );
        let root = first_of(parsed.references())
            .or_else(|| first_of(parsed.in_reply_to()))
            .map_or_else(|| message_id.clone(), |id| format!("<{id}>"));
        Self {
            subject: parsed.subject().map(str::to_owned),
            from: recipients(parsed.from()).into_iter().next(),
            sender: recipients(parsed.sender().or(parsed.from())).into_iter().next(),
            to: recipients(parsed.to()),
            cc: recipients(parsed.cc()),
            bcc: recipients(parsed.bcc()),
            reply_to: recipients(parsed.reply_to()),
            sent: parsed.date().and_then(|date| jiff::Timestamp::from_second(date.to_timestamp()).ok()),
            conversation: STANDARD.encode(Sha256::digest(root.as_bytes())),
            message_id,
            headers: parsed
                .headers_raw()
                .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
                .collect(),
            body: body.map(std::borrow::Cow::into_owned).unwrap_or_default(),
            html,
            rich: parsed.html_part(0).is_some_and(|part| matches!(part.body, mail_parser::PartType::Html(_))),
            text,
            class: class(&parsed),
            attachments: parsed.attachments().map(attached).collect(),
        }
    }

    pub(crate) fn preview(&self) -> String {
        let words: Vec<&str> = self.text.split_whitespace().collect();
        words.join(" ").chars().take(PREVIEW_CHARS).collect()
    }

    /// The addresses the message goes to.
    pub(crate) fn addressees(&self) -> impl Iterator<Item = &str> {
        let all = self.to.iter().chain(&self.cc).chain(&self.bcc);
        all.filter_map(|recipient| recipient.pointer("/emailAddress/address")?.as_str())
    }
}

fn class(parsed: &Message<'_>) -> &'static str {
    let is = |part: &MessagePart<'_>, kind: &str, subtype: &str| {
        part.content_type().is_some_and(|found| {
            found.ctype().eq_ignore_ascii_case(kind)
                && found.subtype().is_some_and(|found| found.eq_ignore_ascii_case(subtype))
        })
    };
    let attribute = |part: &MessagePart<'_>, name: &str| {
        let value = part.content_type().and_then(|found| found.attribute(name)).unwrap_or_default();
        value.to_ascii_lowercase()
    };
    let root = parsed.parts.first();
    if let Some(root) = root.filter(|root| is(root, "multipart", "report")) {
        let receipt = attribute(root, "report-type") == "disposition-notification";
        return if receipt { "REPORT.IPM.Note.IPNRN" } else { "REPORT.IPM.Note.NDR" };
    }
    if root.is_some_and(|root| is(root, "multipart", "signed")) {
        return "IPM.Note.SMIME.MultipartSigned";
    }
    if root.is_some_and(|root| is(root, "application", "pkcs7-mime")) {
        return "IPM.Note.SMIME";
    }
    let calendar = parsed.parts.iter().find(|part| is(part, "text", "calendar"));
    match calendar.map(|part| attribute(part, "method")).as_deref() {
        Some("request") => "IPM.Schedule.Meeting.Request",
        Some("cancel") => "IPM.Schedule.Meeting.Canceled",
        Some("reply") => "IPM.Schedule.Meeting.Resp.Pos",
        _ => "IPM.Note",
    }
}

fn first_of<'a>(value: &'a HeaderValue<'_>) -> Option<&'a str> {
    match value {
        HeaderValue::Text(text) => Some(text),
        HeaderValue::TextList(list) => list.first().map(AsRef::as_ref),
        _ => None,
    }
}

fn recipients(address: Option<&Address<'_>>) -> Vec<Value> {
    let Some(address) = address else { return Vec::new() };
    address
        .iter()
        .map(|one| {
            let address = one.address().unwrap_or_default();
            json!({"emailAddress": {"name": one.name().unwrap_or(address), "address": address}})
        })
        .collect()
}

fn attached(part: &mail_parser::MessagePart<'_>) -> Attached {
    let message = part.is_message();
    let content_type = part.content_type().map_or_else(
        || if message { "message/rfc822".to_owned() } else { "application/octet-stream".to_owned() },
        |kind| format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or("octet-stream")),
    );
    Attached {
        name: part.attachment_name().unwrap_or("attachment").to_owned(),
        content_type,
        content_id: part.content_id().map(str::to_owned),
        inline: part.content_disposition().is_some_and(mail_parser::ContentType::is_inline),
        message,
        content: Bytes::copy_from_slice(part.contents()),
    }
}

/// The bytes of a message given as the JSON of `microsoft.graph.message`; `from` is who sends it.
pub(crate) fn write(message: &Value, from: &str, message_id: &str) -> Result<Vec<u8>> {
    let text = |key: &str| message.get(key).and_then(Value::as_str);
    let mut builder = MessageBuilder::new()
        .from(from.to_owned())
        .message_id(message_id.to_owned())
        .subject(text("subject").unwrap_or_default().to_owned());
    for (key, header) in
        [("toRecipients", "To"), ("ccRecipients", "Cc"), ("bccRecipients", "Bcc"), ("replyTo", "Reply-To")]
    {
        let list = addresses(message.get(key));
        if !list.is_empty() {
            builder = builder.header(header, BuilderAddress::new_list(list));
        }
    }
    for header in message.get("internetMessageHeaders").and_then(Value::as_array).into_iter().flatten() {
        let part = |key: &str| header.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        builder = builder.header(part("name"), Raw::new(part("value")));
    }
    let content = message.pointer("/body/content").and_then(Value::as_str).unwrap_or_default().to_owned();
    let kind = message.pointer("/body/contentType").and_then(Value::as_str).unwrap_or("text");
    builder = if kind.eq_ignore_ascii_case("html") {
        builder.html_body(content)
    } else {
        builder.text_body(content)
    };
    for attachment in message.get("attachments").and_then(Value::as_array).into_iter().flatten() {
        let part = |key: &str, default: &str| {
            attachment.get(key).and_then(Value::as_str).unwrap_or(default).to_owned()
        };
        let content = STANDARD.decode(part("contentBytes", "")).context("contentBytes of an attachment")?;
        builder = builder.attachment(
            part("contentType", "application/octet-stream"),
            part("name", "attachment"),
            content,
        );
    }
    builder.write_to_vec().context("write a message")
}

fn addresses(list: Option<&Value>) -> Vec<BuilderAddress<'static>> {
    let list = list.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|recipient| {
        let address = recipient.pointer("/emailAddress/address")?.as_str()?.to_owned();
        let name = recipient.pointer("/emailAddress/name").and_then(Value::as_str).map(str::to_owned);
        Some(BuilderAddress::new_address(name, address))
    })
    .collect()
}
