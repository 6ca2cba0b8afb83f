//! The tree of parts while it grows, and its limits.

use std::collections::HashSet;

use mailcase_sums::Sums;

use crate::containers::Waiting;
use crate::content::{Content, Encoding, Finished, finished};
use crate::contents::{Role, Room};
use crate::entity::{Entity, part_of};
use crate::extract::{Form, Sink};
use crate::fields::Block;
use crate::heads::{HEADER_ROOM, MessageHead};
use crate::open::is_layer;
use crate::signed::Signed;
use crate::{Defect, Fact, Means, Part, PartKind, drawn, names, sniff, text};

/// Defects kept of one part.
const DEFECTS: usize = 20;
/// Texts kept of one message, as a multiple of [`Limits::body_bytes`].
const TEXTS: usize = 4;

/// Messages within messages that are opened when they do not shrink from level to level, as base64 does: the bytes of
/// the innermost are part of all of them and are hashed for each.
const MESSAGES_WITHIN: usize = 10;

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
    pub(crate) level: usize,
    /// Children so far.
    count: usize,
    /// Messages around it and itself that are not base64.
    messages: usize,
    declared: bool,
    /// What the container it comes from says it is.
    pub(crate) role: Option<Role>,
    /// Decoded text of text parts.
    pub(crate) text: Option<text::Text>,
    /// Text in it that is shown nowhere.
    pub(crate) words: String,
}

impl Node {
    fn new(part: Part, parent: Option<usize>, level: usize) -> Self {
        Self {
            part,
            parent,
            level,
            count: 0,
            messages: 0,
            declared: true,
            role: None,
            text: None,
            words: String::new(),
        }
    }

    /// Whether it is the first of its siblings.
    pub(crate) fn is_first(&self) -> bool {
        self.part.path.ends_with("/1")
    }

    /// Something out of a container.
    pub(crate) fn of_role(role: Role, part: Part, parent: Option<usize>, level: usize) -> Self {
        Self { role: Some(role), ..Self::new(part, parent, level) }
    }
}

/// Where parts are written while they are read.
pub(crate) struct Target<'a> {
    /// Only this part; all when none is named.
    pub(crate) path: Option<&'a str>,
    pub(crate) form: Form,
    pub(crate) sink: &'a mut dyn Sink,
    pub(crate) failed: Option<std::io::Error>,
}

impl std::fmt::Debug for Target<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Target<'_> {
    fn wants(&self, path: &str) -> bool {
        self.path.is_none_or(|wanted| wanted == path)
    }
}

#[derive(Debug)]
pub(crate) struct Tree<'a> {
    pub(crate) means: &'a Means,
    pub(crate) nodes: Vec<Node>,
    /// Once the headers of the outermost message have ended.
    pub(crate) head: Option<MessageHead>,
    text_room: usize,
    pub(crate) header_room: usize,
    /// What opening containers may still cost.
    pub(crate) room: Room,
    pub(crate) waiting: Waiting,
    pub(crate) signed: Vec<Signed>,
    /// Containers that hold a body.
    pub(crate) body_below: HashSet<usize>,
    pub(crate) target: Option<Target<'a>>,
}

/// Looks for codes that a body draws by itself.
fn draw(node: &mut Node, room: &mut Room) {
    let Some(text) = node.text.as_ref().filter(|_| node.part.kind == PartKind::Body) else { return };
    let page = is_html(&node.part) || node.part.sniffed_type.as_deref() == Some("text/html");
    for code in drawn::codes(&text.content, page, room) {
        node.words.push_str(&code.text);
        node.words.push('\n');
        node.part.facts.push(Fact::new(code.kind, code.text));
    }
}

impl<'a> Tree<'a> {
    pub(crate) fn new(means: &'a Means) -> Self {
        let limits = &means.limits;
        Self {
            means,
            nodes: Vec::new(),
            head: None,
            text_room: limits.body_bytes.saturating_mul(TEXTS),
            header_room: HEADER_ROOM,
            room: Room::new(limits.expanded_bytes, limits.effort),
            waiting: Waiting::default(),
            signed: Vec::new(),
            body_below: HashSet::new(),
            target: None,
        }
    }

    /// Whether more is wanted than the tree and the content of its parts.
    pub(crate) fn wants_facts(&self) -> bool {
        self.target.is_none() && self.means.scope.is_everything()
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
        self.write(Form::Content, node, bytes);
    }

    /// Hands bytes of an entity as they stand in the message to whoever wants them.
    pub(crate) fn capture_original(&mut self, node: usize, bytes: &[u8]) {
        self.add_signed(node, bytes);
        self.write(Form::Original, node, bytes);
    }

    fn write(&mut self, form: Form, node: usize, bytes: &[u8]) {
        if let (Some(target), Some(node)) = (&mut self.target, self.nodes.get(node))
            && target.form == form
            && target.failed.is_none()
            && target.wants(&node.part.path)
        {
            target.failed = target.sink.write(&node.part.path, bytes).err();
        }
    }

    /// Nothing more is written of the content of a part.
    fn written(&mut self, node: usize) {
        self.tell(node, |sink, path| sink.end(path));
    }

    /// What was written as the content of a part turned out to be none.
    pub(crate) fn withdraw(&mut self, node: usize) {
        self.tell(node, |sink, path| sink.withdraw(path));
    }

    fn tell(&mut self, node: usize, say: impl FnOnce(&mut dyn Sink, &str) -> std::io::Result<()>) {
        if let (Some(target), Some(node)) = (&mut self.target, self.nodes.get(node))
            && target.form == Form::Content
            && target.failed.is_none()
            && target.wants(&node.part.path)
        {
            target.failed = say(target.sink, &node.part.path).err();
        }
    }

    /// Adds the part these headers announce and says how to read its content.
    pub(crate) fn open(&mut self, parent: Option<usize>, block: &Block<'_>, message: bool) -> Plan {
        if self.is_full(parent) {
            return Plan::Skip;
        }
        let node = self.nodes.len();
        let level = self.level_below(parent);
        let path = self.next_path(parent);
        let digest = parent
            .and_then(|parent| self.nodes.get(parent))
            .is_some_and(|parent| !message && parent.part.content_type == "multipart/digest");
        let (part, head) = part_of(block, path, digest);
        let words = head.words.clone();
        self.push(Node { declared: head.declared, words, ..Node::new(part, parent, level) });
        self.keep_signed(node, parent);
        if !message && block.junk_lines > 0 {
            self.defect(node, "junk_in_headers", "lines among the headers are none; they were passed over");
        }
        if !message && block.body_at.is_some() && block.len() > 0 {
            self.defect(node, "missing_separator", "no blank line between the headers and the body");
        }
        self.plan(node, &head, level)
    }

    /// Whether the limit of parts is reached, which is then a defect of `parent`.
    pub(crate) fn is_full(&mut self, parent: Option<usize>) -> bool {
        let full = self.nodes.len() >= self.means.limits.parts;
        if let Some(parent) = parent.filter(|_| full) {
            self.defect(parent, "limit_parts", "there are too many parts; the others were passed over");
        }
        full
    }

    pub(crate) fn level_below(&self, parent: Option<usize>) -> usize {
        parent.and_then(|parent| self.nodes.get(parent)).map_or(0, |parent| parent.level + 1)
    }

    pub(crate) fn push(&mut self, node: Node) -> usize {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    pub(crate) fn next_path(&mut self, parent: Option<usize>) -> String {
        let Some(parent) = parent.and_then(|parent| self.nodes.get_mut(parent)) else {
            return "/".to_owned();
        };
        parent.count += 1;
        format!("{}/{}", parent.part.path.trim_end_matches('/'), parent.count)
    }

    /// The root of a file that is no message.
    pub(crate) fn open_file(&mut self) -> usize {
        let part = Part {
            path: self.next_path(None),
            content_type: "application/octet-stream".to_owned(),
            ..Part::default()
        };
        self.push(Node::of_role(Role::Attachment, part, None, 0))
    }

    fn plan(&mut self, node: usize, head: &Entity, level: usize) -> Plan {
        if head.unknown_encoding {
            self.defect(
                node,
                "unknown_encoding",
                "the transfer encoding is unknown; the content was kept as found",
            );
        }
        let around =
            self.nodes.get(node).and_then(|node| self.nodes.get(node.parent?)).map_or(0, |one| one.messages);
        let messages = around + usize::from(head.is_message && head.encoding != Encoding::Base64);
        if let Some(node) = self.nodes.get_mut(node) {
            node.messages = messages;
        }
        let container = head.is_message || head.main == "multipart";
        if container && (level >= self.means.limits.depth || messages > MESSAGES_WITHIN) {
            self.defect(node, "limit_depth", "nested too deep; what is inside was not taken apart");
            return Plan::Leaf { node, encoding: head.encoding, text_room: None };
        }
        if head.is_message {
            return match head.encoding {
                Encoding::Identity => Plan::Message { node },
                encoding => Plan::EncodedMessage { node, encoding },
            };
        }
        let text_room = self.text_room();
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
        self.written(node);
        let (size, hashes) = finished(sums);
        if let Some(node) = self.nodes.get_mut(node) {
            node.part.kind = PartKind::Message;
            node.part.size = size;
            node.part.hashes = Some(hashes);
        }
    }

    pub(crate) fn end_leaf(&mut self, content: Content) {
        let node = content.node();
        let finished = content.finish(self);
        self.end(node, finished);
    }

    /// Writes down what is known of a leaf, and opens it when it is a container.
    pub(crate) fn end(&mut self, index: usize, finished: Finished) {
        let Finished { size, hashes, prefix, text, nuls, flaw, kept } = finished;
        self.written(index);
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
        if node.parent.is_none()
            && node.role.is_some()
            && let Some(known) = &node.part.sniffed_type
        {
            node.part.content_type.clone_from(known);
        }
        if let Some((bytes, cut)) = text {
            self.keep_text(index, bytes, cut);
        }
        self.read_record(index);
        if let Some((format, bytes)) = kept {
            self.open_or_wait(index, format, bytes);
        }
    }

    fn keep_text(&mut self, index: usize, bytes: Vec<u8>, cut: bool) {
        self.text_room = self.text_room.saturating_sub(bytes.len());
        let Some(node) = self.nodes.get_mut(index) else { return };
        let html = is_html(&node.part);
        let wanted = self.means.charsets.get(&node.part.path).map(String::as_str);
        let (text, defect) = text::decode(bytes, wanted, node.part.charset.as_deref(), html, cut);
        node.part.read_as = Some(text.charset.clone());
        node.text = Some(text);
        if let Some((code, message)) = defect {
            self.defect(index, code, message);
        }
    }

    /// Bytes of text that may be kept of the next part.
    pub(crate) fn text_room(&self) -> usize {
        self.text_room.min(self.means.limits.body_bytes)
    }

    /// The finished tree and the texts by node; gives each part its kind and a safe name.
    pub(crate) fn finish(mut self) -> (Part, Vec<(Part, text::Text)>, MessageHead) {
        for index in 0..self.nodes.len() {
            let kind = self.kind(index);
            if let Some(node) = self.nodes.get_mut(index) {
                node.part.kind = kind;
                let named = kind != PartKind::Multipart || node.part.name.is_some();
                node.part.safe_name = named.then(|| names::safe_name(&node.part));
            }
        }
        let mut texts = Vec::new();
        for node in &mut self.nodes {
            draw(node, &mut self.room);
            let words = std::mem::take(&mut node.words);
            let words = (!words.is_empty()).then(|| text::Text { content: words, ..text::Text::default() });
            for text in node.text.take().into_iter().chain(words) {
                let facts = Part {
                    headers: Vec::new(),
                    children: Vec::new(),
                    defects: Vec::new(),
                    ..node.part.clone()
                };
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
        (root, texts, self.head.unwrap_or_default())
    }

    fn kind(&self, index: usize) -> PartKind {
        let Some(node) = self.nodes.get(index) else { return PartKind::Attachment };
        let part = &node.part;
        if part.hashes.is_none() && node.role.is_none() {
            return PartKind::Multipart;
        }
        if part.envelope.is_some() || (part.path == "/" && part.format.as_deref() == Some("outlook")) {
            return PartKind::Message;
        }
        // A text with an encrypted block that cannot be read is still the body there is.
        let speaks = node.text.is_some() && !self.body_below.contains(&index);
        if part.format.as_deref().is_some_and(is_layer) && !speaks {
            return PartKind::Layer;
        }
        match node.role {
            Some(Role::Body) => return PartKind::Body,
            Some(Role::Inline) => return PartKind::Inline,
            Some(Role::Attachment) => return PartKind::Attachment,
            None => {}
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
