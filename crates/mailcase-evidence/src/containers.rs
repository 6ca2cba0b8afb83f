//! Opens containers and gives each thing they hold a place in the tree.
//!
//! Formats only say what is in a container; how deep to go, what is counted and what a thing is called is decided here,
//! the same for all of them.

use mailcase_sums::Sums;

use crate::content::{Finished, SNIFF_BYTES, finished};
use crate::contents::{Content, Contents, Item, Role};
use crate::heads::MessageHead;
use crate::open::{self, Format, Passwords, is_layer};
use crate::scan::Scanner;
use crate::tree::{Node, Tree};
use crate::{Means, Part, records, sniff};

/// Containers of so many bytes together wait whether they are locked or not, so that what they hold does not use up the
/// limits before the parts behind them.
const WAITING_BYTES: usize = 8 << 20;

/// Containers whose password may stand in a part that is still to come.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    list: Vec<(usize, Format, Vec<u8>)>,
    bytes: usize,
}

impl Tree<'_> {
    /// What the content of `node` can be opened as.
    pub(crate) fn format(&self, node: usize, prefix: &[u8]) -> Option<Format> {
        Format::of(&self.nodes.get(node)?.part, prefix)
    }

    pub(crate) fn open_or_wait(&mut self, node: usize, format: Format, bytes: Vec<u8>) {
        if !format.takes_passwords() {
            self.open_container(node, format, bytes, Known::SoFar);
        } else if self.waiting.bytes + bytes.len() <= WAITING_BYTES {
            self.wait(node, format, bytes);
        } else {
            self.open_container(node, format, bytes, Known::None);
        }
    }

    fn wait(&mut self, node: usize, format: Format, bytes: Vec<u8>) {
        self.waiting.bytes += bytes.len();
        self.waiting.list.push((node, format, bytes));
    }

    /// Opens what waited for the whole message to be read.
    pub(crate) fn open_waiting(&mut self) {
        while !self.waiting.list.is_empty() {
            self.waiting.bytes = 0;
            for (node, format, bytes) in std::mem::take(&mut self.waiting.list) {
                self.open_container(node, format, bytes, Known::SoFar);
            }
        }
    }

    /// Reads a text that a machine wrote for machines.
    pub(crate) fn read_record(&mut self, node: usize) {
        let Some(one) = self.nodes.get_mut(node).filter(|one| records::knows(&one.part.content_type)) else {
            return;
        };
        let Some(text) = one.text.take() else { return };
        let contents = records::open(&one.part.content_type, &text.content, &mut self.room);
        one.text = Some(text);
        if let Some(contents) = contents {
            self.adopt(node, contents);
        }
    }

    fn open_container(&mut self, node: usize, format: Format, bytes: Vec<u8>, known: Known) {
        let Some(level) = self.nodes.get(node).map(|node| node.level) else { return };
        if level >= self.means.limits.depth {
            self.defect(node, "limit_depth", "nested too deep; what is inside was not taken apart");
            return;
        }
        if !self.leads_to_target(node) {
            return;
        }
        if format == Format::Message {
            let mut scanner = Scanner::new(Some(node));
            scanner.feed(self, &bytes);
            scanner.finish(self);
            return;
        }
        let Some(mut contents) = self.contents(format, &bytes, known) else {
            return self.wait(node, format, bytes);
        };
        if let Some(verified) = self.verify(node, format, &bytes).filter(|verified| !verified.is_empty()) {
            contents.signatures = verified;
        }
        drop(bytes);
        self.adopt(node, contents);
    }

    /// What a container holds; nothing when its password may still come and there is room to wait for it.
    fn contents(&mut self, format: Format, bytes: &[u8], known: Known) -> Option<Contents> {
        let left = self.room.bytes();
        if known == Known::None {
            let contents = open::open(format, bytes, self.means, &Passwords::none(), &mut self.room);
            if !contents.is_locked() {
                return Some(contents);
            }
            drop(contents);
            self.room.put_back(left);
            if self.waiting.bytes + bytes.len() <= self.means.limits.container_bytes {
                return None;
            }
        }
        let passwords = passwords(self.means, &self.nodes, self.head.as_ref());
        Some(open::open(format, bytes, self.means, &passwords, &mut self.room))
    }

    /// Whether what is asked for may lie within `node`; everything may, unless one part was asked for.
    fn leads_to_target(&self, node: usize) -> bool {
        let Some(wanted) = self.target.as_ref().and_then(|target| target.path) else { return true };
        let path = self.nodes.get(node).map_or("", |node| node.part.path.trim_end_matches('/'));
        wanted.strip_prefix(path).is_some_and(|rest| rest.len() > 1 && rest.starts_with('/'))
    }

    /// Writes what a container holds below its node.
    fn adopt(&mut self, node: usize, contents: Contents) {
        let Contents { format, head, items, facts, words, lock, signatures, defects } = contents;
        for defect in defects {
            self.defect(node, &defect.code, &defect.message);
        }
        let inside_same = |one: &Node| one.part.format.as_deref() == Some(format);
        let within =
            self.nodes.get(node).and_then(|one| self.nodes.get(one.parent?)).is_some_and(inside_same);
        let Some(owner) = self.nodes.get_mut(node) else { return };
        owner.part.format = Some(format.to_owned());
        if let Some(known) = open::media_type(format) {
            let undeclared = owner.part.content_type == "application/octet-stream"
                || owner.part.sniffed_type.as_ref() == Some(&owner.part.content_type);
            if undeclared {
                known.clone_into(&mut owner.part.content_type);
            }
            owner.part.sniffed_type = Some(known.to_owned());
        }
        owner.part.facts.extend(facts);
        owner.part.signatures.extend(signatures);
        owner.part.lock = lock;
        owner.words.push_str(&words);
        if let Some(head) = head {
            // A layer belongs to the message around it, unless it is what a layer of the same kind attaches.
            if node == 0 && self.head.is_none() {
                self.head = Some(*head);
            } else if !is_layer(format) || within {
                owner.part.envelope = Some(head.envelope);
                owner.part.headers = head.headers;
                for defect in head.defects {
                    self.defect(node, &defect.code, &defect.message);
                }
            }
        }
        for item in items {
            self.add(node, item);
        }
    }

    fn add(&mut self, parent: usize, item: Item) {
        if self.is_full(Some(parent)) {
            return;
        }
        if item.role == Role::Body || matches!(item.content, Content::Entity(_)) {
            self.body_below.insert(parent);
        }
        let Item { role, content, name, content_type, charset, content_id, facts, lock, defects } = item;
        // An empty name is none, as in MIME.
        let name = name.filter(|name| !name.trim().is_empty());
        let (bytes, size) = match content {
            Content::Entity(bytes) => {
                let mut scanner = Scanner::entity(parent);
                scanner.feed(self, &bytes);
                scanner.finish(self);
                return;
            }
            Content::File(bytes) => (Some(bytes), 0),
            Content::Listed { size } => (None, size.unwrap_or_default()),
        };
        let (level, path) = (self.level_below(Some(parent)), self.next_path(Some(parent)));
        let part = Part {
            path,
            content_type: if content_type.is_empty() {
                "application/octet-stream".to_owned()
            } else {
                content_type
            },
            charset,
            content_id,
            name,
            facts,
            lock,
            defects,
            size,
            ..Part::default()
        };
        let node = self.push(Node::of_role(role, part, Some(parent), level));
        if let Some(bytes) = bytes {
            self.read_file(node, bytes, role);
        }
    }

    /// Reads a file that is whole.
    pub(crate) fn read_file(&mut self, node: usize, bytes: Vec<u8>, role: Role) {
        let mut sums = Sums::with_similarity();
        sums.update(&bytes);
        self.capture(node, &bytes);
        self.capture_original(node, &bytes);
        let (size, hashes) = finished(sums);
        let prefix = bytes.get(..bytes.len().min(SNIFF_BYTES)).unwrap_or_default().to_vec();
        let sniffed = sniff::sniff(&prefix);
        if let Some(part) = self.nodes.get_mut(node).map(|node| &mut node.part)
            && part.content_type == "application/octet-stream"
            && let Some(known) = sniffed
        {
            known.clone_into(&mut part.content_type);
        }
        let is_text = role == Role::Body
            || self.nodes.get(node).is_some_and(|node| node.part.content_type.starts_with("text/"));
        let text = is_text.then(|| {
            let kept = bytes.get(..bytes.len().min(self.text_room())).unwrap_or_default().to_vec();
            let cut = kept.len() < bytes.len();
            (kept, cut)
        });
        let format = self.format(node, &prefix);
        let format = format.or_else(|| is_text.then(|| Format::within_text(&bytes)).flatten());
        let nuls = is_text && memchr::memchr(0, &bytes).is_some();
        let kept = format.map(|format| (format, bytes));
        self.end(node, Finished { size, hashes, prefix, text, nuls, flaw: None, kept });
    }
}

/// Which passwords are tried on a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    /// None: what is locked waits for the texts behind it.
    None,
    SoFar,
}

/// Passwords given, and the texts so far in which there may be others.
fn passwords<'a>(means: &'a Means, nodes: &'a [Node], head: Option<&'a MessageHead>) -> Passwords<'a> {
    let subject = head.and_then(|head| head.envelope.subject.as_deref());
    let texts = nodes.iter().filter_map(|node| node.text.as_ref()).map(|text| text.content.as_str());
    Passwords::new(&means.passwords, subject.into_iter().chain(texts))
}
