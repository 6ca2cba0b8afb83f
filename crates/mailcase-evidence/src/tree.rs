//! The tree of parts while it grows, and its limits.

use std::io::Write;

use crate::content::{Content, Encoding, Finished, Sums};
use crate::fields::{Block, Field, Parameters};
use crate::{Address, Defect, Envelope, Header, Hop, Limits, Part, PartKind, names, sniff, text};

/// Received fields read as hops; chains of honest mail stay below 30.
const HOPS: usize = 100;
/// Defects kept of one part.
const DEFECTS: usize = 20;
/// Content-Type headers of one part looked at for boundaries.
const CONTENT_TYPES: usize = 4;
/// Texts kept of one message, as a multiple of [`Limits::body_bytes`].
const TEXTS: usize = 4;

/// What to do with the content that follows a header block.
pub(crate) enum Plan {
    Leaf {
        node: usize,
        encoding: Encoding,
        text_room: Option<usize>,
    },
    /// Contradicting headers can name several boundaries; each of them counts.
    Multipart {
        node: usize,
        boundaries: Vec<String>,
        text_room: usize,
    },
    Message {
        node: usize,
    },
    EncodedMessage {
        node: usize,
        encoding: Encoding,
    },
    /// Beyond the limit of parts.
    Skip,
}

#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) part: Part,
    pub(crate) parent: Option<usize>,
    level: usize,
    /// Children so far.
    count: usize,
    declared: bool,
    /// Decoded text of text parts.
    pub(crate) text: Option<text::Text>,
}

/// The headers of the outermost message.
#[derive(Debug, Default)]
pub(crate) struct MessageHead {
    pub(crate) headers: Vec<Header>,
    pub(crate) envelope: Envelope,
    pub(crate) received: Vec<Hop>,
    pub(crate) defects: Vec<Defect>,
}

/// Where the content of one part is written while it is read.
pub(crate) struct Target<'a> {
    pub(crate) path: &'a str,
    pub(crate) writer: &'a mut dyn Write,
    pub(crate) node: Option<usize>,
    pub(crate) failed: Option<std::io::Error>,
}

impl std::fmt::Debug for Target<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target").field("path", &self.path).finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub(crate) struct Tree<'a> {
    limits: &'a Limits,
    pub(crate) nodes: Vec<Node>,
    pub(crate) head: MessageHead,
    text_room: usize,
    pub(crate) target: Option<Target<'a>>,
}

impl<'a> Tree<'a> {
    pub(crate) fn new(limits: &'a Limits) -> Self {
        Self {
            limits,
            nodes: Vec::new(),
            head: MessageHead::default(),
            text_room: limits.body_bytes.saturating_mul(TEXTS),
            target: None,
        }
    }

    pub(crate) fn defect(&mut self, node: usize, code: &str, message: &str) {
        if let Some(node) = self.nodes.get_mut(node)
            && node.part.defects.len() < DEFECTS
            && !node.part.defects.iter().any(|defect| defect.code == code)
        {
            node.part.defects.push(Defect::new(code, message));
        }
    }

    /// Hands decoded content of a part to whoever wants that part.
    pub(crate) fn capture(&mut self, node: usize, bytes: &[u8]) {
        if let Some(target) = self.target.as_mut().filter(|target| target.node == Some(node))
            && target.failed.is_none()
        {
            target.failed = target.writer.write_all(bytes).err();
        }
    }

    /// The headers of a message: the outermost, or that within `owner`.
    pub(crate) fn message_head(&mut self, owner: Option<usize>, block: &Block<'_>, full: bool) {
        let mut defects = Vec::new();
        if block.len() == 0 {
            defects.push(Defect::new("no_headers", "there are no headers; everything was read as the body"));
        }
        if block.junk_lines > 0 {
            defects.push(Defect::new(
                "junk_in_headers",
                "lines among the headers are none; they were passed over",
            ));
        }
        if block.body_at.is_some() && block.len() > 0 {
            defects.push(Defect::new("missing_separator", "no blank line between the headers and the body"));
        }
        if full {
            defects.push(Defect::new(
                "limit_header_block",
                "the headers are too long; only their start was read",
            ));
        }
        let envelope = envelope(block, &mut defects);
        let Some(owner) = owner else {
            self.outermost_head(block, envelope, defects);
            return;
        };
        if let Some(node) = self.nodes.get_mut(owner) {
            node.part.envelope = Some(envelope);
            node.part.defects.append(&mut defects);
        }
    }

    fn outermost_head(&mut self, block: &Block<'_>, envelope: Envelope, defects: Vec<Defect>) {
        let mut head = MessageHead { envelope, defects, ..MessageHead::default() };
        let mut long = false;
        for field in block.iter().take(self.limits.headers) {
            long |= field.value.len() > self.limits.header_bytes;
            head.headers.push(field.shown(self.limits.header_bytes));
        }
        head.received = block
            .iter()
            .filter(|field| field.name.eq_ignore_ascii_case(b"received"))
            .take(HOPS)
            .filter_map(|field| field.hop())
            .collect();
        if long {
            head.defects
                .push(Defect::new("limit_header_bytes", "a header is too long; only its start was kept"));
        }
        if block.len() > self.limits.headers {
            head.defects
                .push(Defect::new("limit_headers", "there are too many headers; only the first were kept"));
        }
        self.head = head;
    }

    /// Adds the part these headers announce and says how to read its content.
    pub(crate) fn open(&mut self, parent: Option<usize>, block: &Block<'_>, message: bool) -> Plan {
        if self.nodes.len() >= self.limits.parts {
            if let Some(parent) = parent {
                self.defect(parent, "limit_parts", "there are too many parts; the others were passed over");
            }
            return Plan::Skip;
        }
        let node = self.nodes.len();
        let level = parent.and_then(|parent| self.nodes.get(parent)).map_or(0, |parent| parent.level + 1);
        let path = self.next_path(parent);
        let digest = parent
            .and_then(|parent| self.nodes.get(parent))
            .is_some_and(|parent| !message && parent.part.content_type == "multipart/digest");
        let (part, head) = part_of(block, path, digest);
        if let Some(target) = self.target.as_mut().filter(|target| target.path == part.path) {
            target.node = Some(node);
        }
        self.nodes.push(Node { part, parent, level, count: 0, declared: head.declared, text: None });
        if !message && block.junk_lines > 0 {
            self.defect(node, "junk_in_headers", "lines among the headers are none; they were passed over");
        }
        if !message && block.body_at.is_some() && block.len() > 0 {
            self.defect(node, "missing_separator", "no blank line between the headers and the body");
        }
        self.plan(node, &head, level)
    }

    fn next_path(&mut self, parent: Option<usize>) -> String {
        let Some(parent) = parent.and_then(|parent| self.nodes.get_mut(parent)) else {
            return "/".to_owned();
        };
        parent.count += 1;
        format!("{}/{}", parent.part.path.trim_end_matches('/'), parent.count)
    }

    fn plan(&mut self, node: usize, head: &Entity, level: usize) -> Plan {
        if head.unknown_encoding {
            self.defect(
                node,
                "unknown_encoding",
                "the transfer encoding is unknown; the content was kept as found",
            );
        }
        let container = head.is_message || head.main == "multipart";
        if container && level >= self.limits.depth {
            self.defect(node, "limit_depth", "nested too deep; what is inside was not taken apart");
            return Plan::Leaf { node, encoding: head.encoding, text_room: None };
        }
        if head.is_message {
            return match head.encoding {
                Encoding::Identity => Plan::Message { node },
                encoding => Plan::EncodedMessage { node, encoding },
            };
        }
        let text_room = self.text_room.min(self.limits.body_bytes);
        if head.main == "multipart" {
            if !head.boundaries.is_empty() {
                if head.boundaries.len() > 1 {
                    self.defect(
                        node,
                        "several_boundaries",
                        "the headers name different boundaries; all were followed",
                    );
                }
                return Plan::Multipart { node, boundaries: head.boundaries.clone(), text_room };
            }
            self.defect(node, "no_boundary", "a multipart that names no boundary; read as text");
            return Plan::Leaf { node, encoding: head.encoding, text_room: Some(text_room) };
        }
        let is_text = head.main == "text" || head.main == "message" || head.main.is_empty();
        Plan::Leaf { node, encoding: head.encoding, text_room: is_text.then_some(text_room) }
    }

    pub(crate) fn end_message(&mut self, node: usize, sums: Sums) {
        let (size, hashes) = sums.finish();
        if let Some(node) = self.nodes.get_mut(node) {
            node.part.kind = PartKind::Message;
            node.part.size = size;
            node.part.hashes = Some(hashes);
        }
    }

    pub(crate) fn end_leaf(&mut self, content: Content) {
        let index = content.node();
        let Finished { size, hashes, prefix, text, nuls, flaw } = content.finish(self);
        if let Some((code, message)) = flaw {
            self.defect(index, code, message);
        }
        if nuls {
            self.defect(index, "nul_bytes", "there are NUL bytes in the text");
        }
        let Some(node) = self.nodes.get_mut(index) else { return };
        node.part.size = size;
        node.part.hashes = Some(hashes);
        node.part.sniffed_type = sniff::sniff(&prefix).map(str::to_owned);
        let Some((bytes, cut)) = text else { return };
        self.text_room = self.text_room.saturating_sub(bytes.len());
        let html = is_html(&node.part);
        let (text, defect) = text::decode(bytes, node.part.charset.as_deref(), html, cut);
        node.text = Some(text);
        if let Some((code, message)) = defect {
            self.defect(index, code, message);
        }
    }

    /// The finished tree and the texts by node; gives each part its kind and a safe name.
    pub(crate) fn finish(mut self) -> (Part, Vec<(Part, text::Text)>, MessageHead) {
        for index in 0..self.nodes.len() {
            let kind = self.kind(index);
            if let Some(node) = self.nodes.get_mut(index) {
                node.part.kind = kind;
                let named = matches!(kind, PartKind::Attachment | PartKind::Inline | PartKind::Message);
                node.part.safe_name =
                    (named || node.part.name.is_some()).then(|| names::safe_name(&node.part));
            }
        }
        let mut texts = Vec::new();
        for node in &mut self.nodes {
            if let Some(text) = node.text.take() {
                let facts = Part { children: Vec::new(), defects: Vec::new(), ..node.part.clone() };
                texts.push((facts, text));
            }
        }
        // Children have higher indexes than their parents: from the last on, each is complete when it is moved.
        let mut root = Part::default();
        while let Some(mut node) = self.nodes.pop() {
            node.part.children.reverse();
            match node.parent.and_then(|parent| self.nodes.get_mut(parent)) {
                Some(parent) => parent.part.children.push(node.part),
                None => root = node.part,
            }
        }
        (root, texts, self.head)
    }

    fn kind(&self, index: usize) -> PartKind {
        let Some(node) = self.nodes.get(index) else { return PartKind::Attachment };
        let part = &node.part;
        if part.hashes.is_none() {
            return PartKind::Multipart;
        }
        if part.envelope.is_some() {
            return PartKind::Message;
        }
        if part.disposition.as_deref() == Some("attachment") {
            return PartKind::Attachment;
        }
        let parent = node.parent.and_then(|parent| self.nodes.get(parent));
        let parent_type = parent.map(|parent| parent.part.content_type.as_str()).unwrap_or_default();
        let is_body_type = is_html(part) || part.content_type == "text/plain" || !node.declared;
        let first = part.path == "/" || part.path.ends_with("/1");
        if (is_body_type && (part.name.is_none() || first || parent_type == "multipart/alternative"))
            || part.content_type.starts_with("multipart/")
        {
            return PartKind::Body;
        }
        let shown = part.content_id.is_some() || part.disposition.as_deref() == Some("inline");
        let picture =
            part.content_type.starts_with("image/") && (shown || parent_type == "multipart/related");
        if picture || (part.content_id.is_some() && parent_type == "multipart/related") {
            return PartKind::Inline;
        }
        PartKind::Attachment
    }
}

pub(crate) fn is_html(part: &Part) -> bool {
    matches!(part.content_type.as_str(), "text/html" | "application/xhtml+xml" | "text/x-amp-html")
}

/// What the headers of an entity say about its content.
struct Entity {
    main: String,
    boundaries: Vec<String>,
    encoding: Encoding,
    unknown_encoding: bool,
    is_message: bool,
    declared: bool,
}

fn part_of(block: &Block<'_>, path: String, in_digest: bool) -> (Part, Entity) {
    let text = |name: &str| block.first(name).map(|field| field.text(1_000)).filter(|text| !text.is_empty());
    let content_type = block.first("content-type").and_then(|field| field.parameters());
    let disposition = block.first("content-disposition").and_then(|field| field.parameters());
    let declared = content_type.is_some();
    let content_type =
        content_type.filter(|found| !found.main.is_empty()).unwrap_or_else(|| default_type(in_digest));
    let name = disposition
        .as_ref()
        .and_then(|found| found.get("filename"))
        .or_else(|| content_type.get("name"))
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty());
    let declared_encoding = text("content-transfer-encoding");
    let word = declared_encoding
        .as_deref()
        .and_then(|word| word.split([';', ' ', '\t', '(']).next())
        .map(str::to_ascii_lowercase)
        .unwrap_or_default();
    let encoding = match word.as_str() {
        "base64" => Encoding::Base64,
        "quoted-printable" => Encoding::QuotedPrintable,
        _ => Encoding::Identity,
    };
    let is_message = is_message(&content_type, name.as_deref());
    let full = if content_type.sub.is_empty() {
        content_type.main.clone()
    } else {
        format!("{}/{}", content_type.main, content_type.sub)
    };
    let boundaries = boundaries(block);
    let part = Part {
        path,
        content_type: full,
        charset: content_type.get("charset").map(|name| name.trim().to_ascii_lowercase()),
        encoding: declared_encoding.as_deref().map(str::to_ascii_lowercase),
        disposition: disposition.map(|found| found.main),
        content_id: text("content-id").map(|id| id.trim_matches(['<', '>', ' ']).to_owned()),
        name,
        ..Part::default()
    };
    let unknown_encoding =
        !matches!(word.as_str(), "" | "7bit" | "8bit" | "binary" | "base64" | "quoted-printable");
    let entity =
        Entity { main: content_type.main, boundaries, encoding, unknown_encoding, is_message, declared };
    (part, entity)
}

/// The boundaries of all Content-Type headers: programs disagree about which of two counts, and senders know.
fn boundaries(block: &Block<'_>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let fields = block.iter().filter(|field| field.name.eq_ignore_ascii_case(b"content-type"));
    for parsed in fields
        .take(CONTENT_TYPES)
        .filter_map(|field| field.parameters())
        .filter(|parsed| parsed.main == "multipart")
    {
        let name = parsed.get("boundary").map(str::trim_end).unwrap_or_default();
        if !name.is_empty() && !found.iter().any(|known| known == name) {
            found.push(name.to_owned());
        }
    }
    found
}

/// RFC 2045 §5.2, RFC 2046 §5.1.5.
fn default_type(in_digest: bool) -> Parameters {
    let (main, sub) = if in_digest { ("message", "rfc822") } else { ("text", "plain") };
    Parameters::bare(main, sub)
}

/// A message within, also one that is sent as a file: `application/octet-stream; name="reported.eml"`.
fn is_message(content_type: &Parameters, name: Option<&str>) -> bool {
    match (content_type.main.as_str(), content_type.sub.as_str()) {
        ("message", "rfc822" | "global") => true,
        ("application", "octet-stream" | "eml") => {
            name.is_some_and(|name| name.to_ascii_lowercase().ends_with(".eml"))
        }
        _ => false,
    }
}

fn envelope(block: &Block<'_>, defects: &mut Vec<Defect>) -> Envelope {
    let mut envelope = Envelope::default();
    let mut seen: Vec<&'static str> = Vec::new();
    for field in block.iter() {
        let Some(name) = envelope_field(field) else { continue };
        if seen.contains(&name) {
            if !defects.iter().any(|defect| defect.code == "duplicate_header") {
                let message = format!("the header {name} is there more than once; the first one counts");
                defects.push(Defect::new("duplicate_header", message));
            }
            continue;
        }
        seen.push(name);
        match name {
            "Subject" => envelope.subject = Some(field.text(64 << 10)),
            "From" => envelope.from = field.addresses(),
            "Sender" => envelope.sender = field.addresses(),
            "Reply-To" => envelope.reply_to = field.addresses(),
            "To" => envelope.to = field.addresses(),
            "Cc" => envelope.cc = field.addresses(),
            "Bcc" => envelope.bcc = field.addresses(),
            "Date" => {
                envelope.date = field.date();
                if envelope.date.is_none() {
                    defects.push(Defect::new("bad_date", "the Date header is no date"));
                }
            }
            "Message-ID" => envelope.message_id = field.ids().into_iter().next(),
            "In-Reply-To" => envelope.in_reply_to = field.ids(),
            _ => envelope.references = field.ids(),
        }
    }
    for (name, list) in
        [("From", &envelope.from), ("Reply-To", &envelope.reply_to), ("Sender", &envelope.sender)]
    {
        let broken = |one: &Address| one.address.as_ref().is_some_and(|address| !address.contains('@'));
        if list.iter().any(broken) {
            defects.push(Defect::new(
                "bad_address",
                format!("the header {name} holds something that is no address"),
            ));
        }
    }
    envelope
}

fn envelope_field(field: Field<'_>) -> Option<&'static str> {
    const NAMES: [&str; 11] = [
        "Subject",
        "From",
        "Sender",
        "Reply-To",
        "To",
        "Cc",
        "Bcc",
        "Date",
        "Message-ID",
        "In-Reply-To",
        "References",
    ];
    NAMES.into_iter().find(|name| field.name.eq_ignore_ascii_case(name.as_bytes()))
}
