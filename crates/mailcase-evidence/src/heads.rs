//! The headers of messages, the outermost and those within, on their way into the tree.

use crate::entity::envelope;
use crate::fields::Block;
use crate::tree::Tree;
use crate::{Defect, Envelope, Header, Hop};

/// Received fields read as hops; chains of honest mail stay below 30.
const HOPS: usize = 100;
/// Bytes of headers kept of all messages within together.
pub(crate) const HEADER_ROOM: usize = 1 << 20;

/// The headers of the outermost message.
#[derive(Debug, Default)]
pub(crate) struct MessageHead {
    pub(crate) headers: Vec<Header>,
    pub(crate) envelope: Envelope,
    pub(crate) received: Vec<Hop>,
    pub(crate) defects: Vec<Defect>,
}

/// The way of a message by its headers.
pub(crate) fn hops(headers: &[Header]) -> Vec<Hop> {
    let received = headers.iter().filter(|one| one.name.eq_ignore_ascii_case("received"));
    let lines = received.take(HOPS).flat_map(|one| [&one.name, ":", one.raw.trim_end(), "\r\n"]);
    Block::cut(lines.collect::<String>().as_bytes()).iter().filter_map(|field| field.hop()).collect()
}

impl Tree<'_> {
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
        let headers = self.shown(block);
        if let Some(node) = self.nodes.get_mut(owner) {
            node.part.envelope = Some(envelope);
            node.part.headers = headers;
            node.part.defects.append(&mut defects);
        }
    }

    /// The headers of a message within, as many as there is still room for.
    fn shown(&mut self, block: &Block<'_>) -> Vec<Header> {
        let limits = &self.means.limits;
        let mut shown = Vec::new();
        for field in block.iter() {
            let header = field.shown(limits.header_bytes);
            let size = header.raw.len() + header.value.len();
            if shown.len() >= limits.headers || size > self.header_room {
                break;
            }
            self.header_room -= size;
            shown.push(header);
        }
        shown
    }

    fn outermost_head(&mut self, block: &Block<'_>, envelope: Envelope, defects: Vec<Defect>) {
        let mut head = MessageHead { envelope, defects, ..MessageHead::default() };
        let mut long = false;
        for field in block.iter().take(self.means.limits.headers) {
            long |= field.value.len() > self.means.limits.header_bytes;
            head.headers.push(field.shown(self.means.limits.header_bytes));
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
        if block.len() > self.means.limits.headers {
            head.defects
                .push(Defect::new("limit_headers", "there are too many headers; only the first were kept"));
        }
        self.head = Some(head);
    }
}
