//! Follows headers, boundaries and nested messages through bytes that arrive in any pieces (RFC 2046 §5).
//!
//! One scanner serves both small messages in memory and large ones from disk, so that they cannot disagree. A line
//! ends a part when it is the boundary of any open multipart: a broken part never costs its siblings. The line end
//! before a boundary belongs to the boundary. The result does not depend on how the bytes were cut into pieces.

mod lines;

use lines::{CR_BOUNDARY, LF_BOUNDARY, declares_boundary, held_back, is_end, probe_line_end};

use mailcase_sums::Sums;

use crate::content::{Content, Encoding};
use crate::fields::Block;
use crate::tree::{Plan, Tree};

/// Longest line looked at as a boundary. RFC 2046 allows 70 characters; real ones stay far below this.
const BOUNDARY_LINE: usize = 1 << 10;
/// Bytes of one header block kept; what follows up to the blank line is passed over.
pub(crate) const BLOCK_BYTES: usize = 4 << 20;

/// Takes one message apart, writing what it finds into a [`Tree`].
#[derive(Debug)]
pub(crate) struct Scanner {
    /// The node this message is the content of; none for the outermost.
    owner: Option<usize>,
    line_end: Option<u8>,
    carry: Vec<u8>,
    stack: Vec<Open>,
    state: State,
    at_line_start: bool,
    pending: Pending,
}

#[derive(Debug)]
enum State {
    Head(Head),
    Body,
}

#[derive(Debug)]
struct Head {
    block: Vec<u8>,
    /// The headers of a message (of that node, or the outermost), not those of a part.
    message: bool,
    /// The block is full; what follows is passed over.
    full: bool,
}

/// An entity whose end has not been seen.
#[derive(Debug)]
enum Open {
    Multipart {
        node: usize,
        boundaries: Vec<String>,
        state: Multipart,
        before: Box<Content>,
    },
    Message {
        node: usize,
        sums: Box<Sums>,
    },
    Leaf(Box<Content>),
    /// Beyond the limit of parts.
    Skipped,
}

impl Open {
    fn node(&self) -> Option<usize> {
        match self {
            Self::Multipart { node, .. } | Self::Message { node, .. } => Some(*node),
            Self::Leaf(content) => Some(content.node()),
            Self::Skipped => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Multipart {
    /// No boundary yet: the text before the first part, or all there is.
    Preamble,
    Parts,
    Closed,
    /// Closed, and something other than blanks follows.
    ClosedWithMore,
}

/// A line end that belongs to the content only if no boundary follows.
#[derive(Debug, Default)]
struct Pending {
    bytes: Vec<u8>,
    /// Ends a boundary or the headers: part of the raw bytes of enclosing messages, of no content.
    structural: bool,
    /// How many entities of the stack it lies within.
    levels: usize,
}

enum Step {
    Used(usize),
    NeedMore,
}

enum Line {
    Boundary,
    /// The headers ended here; look at the line again.
    Again,
    Other,
}

impl Scanner {
    pub(crate) fn new(owner: Option<usize>) -> Self {
        Self {
            owner,
            line_end: None,
            carry: Vec::new(),
            stack: Vec::new(),
            state: State::Head(Head { block: Vec::new(), message: true, full: false }),
            at_line_start: true,
            pending: Pending::default(),
        }
    }

    /// Reads one entity that becomes a part of `owner`.
    pub(crate) fn entity(owner: usize) -> Self {
        let head = Head { block: Vec::new(), message: false, full: false };
        Self { state: State::Head(head), ..Self::new(Some(owner)) }
    }

    pub(crate) fn feed(&mut self, tree: &mut Tree<'_>, data: &[u8]) {
        if self.carry.is_empty() {
            let used = self.run(tree, data, false);
            self.carry.extend_from_slice(data.get(used..).unwrap_or_default());
        } else {
            let mut carry = std::mem::take(&mut self.carry);
            carry.extend_from_slice(data);
            let used = self.run(tree, &carry, false);
            carry.drain(..used);
            self.carry = carry;
        }
    }

    /// No more bytes: whatever is open ends here.
    pub(crate) fn finish(&mut self, tree: &mut Tree<'_>) {
        let carry = std::mem::take(&mut self.carry);
        self.run(tree, &carry, true);
        self.flush_pending(tree);
        // The end of one head may begin that of a message within.
        while matches!(self.state, State::Head(_)) {
            self.end_head(tree);
        }
        self.close_above(tree, 0);
    }

    /// Returns how many bytes were used; the others wait for more.
    fn run(&mut self, tree: &mut Tree<'_>, data: &[u8], last: bool) -> usize {
        let Some(line_end) = self.line_end.or_else(|| probe_line_end(data, last)) else { return 0 };
        self.line_end = Some(line_end);
        let mut at = 0;
        loop {
            let rest = data.get(at..).unwrap_or_default();
            if rest.is_empty() {
                return at;
            }
            let step = if self.at_line_start {
                self.line_start(tree, rest, last, line_end)
            } else {
                self.line_rest(tree, rest, last, line_end)
            };
            match step {
                Step::Used(used) => at += used,
                Step::NeedMore => return at,
            }
        }
    }

    /// Decides what the line is that starts here.
    fn line_start(&mut self, tree: &mut Tree<'_>, rest: &[u8], last: bool, line_end: u8) -> Step {
        if matches!(self.state, State::Head(_)) {
            if rest == b"\r" && line_end == b'\n' && !last {
                return Step::NeedMore;
            }
            let blank = match rest {
                [byte, ..] if *byte == line_end => 1,
                [b'\r', b'\n', ..] => 2,
                _ => 0,
            };
            if let Some(end) = rest.get(..blank).filter(|end| !end.is_empty()) {
                self.blank_line_in_head(tree, end);
                return Step::Used(blank);
            }
        }
        if rest == b"-" && !last {
            return Step::NeedMore;
        }
        if rest.starts_with(b"--") {
            let window = rest.get(..BOUNDARY_LINE.min(rest.len())).unwrap_or_default();
            let end = match memchr::memchr(line_end, window) {
                None if window.len() == rest.len() && !last => return Step::NeedMore,
                None if window.len() == rest.len() => Some((rest.len(), rest.len())),
                None => None,
                Some(end) => {
                    let bare =
                        line_end == b'\n' && window.get(..end).is_some_and(|line| line.ends_with(b"\r"));
                    Some((end - usize::from(bare), end + 1))
                }
            };
            if let Some((line, next)) = end {
                let (text, line_end) = rest
                    .get(..next)
                    .and_then(|line_and_end| line_and_end.split_at_checked(line))
                    .unwrap_or_default();
                match self.boundary_line(tree, text, line_end) {
                    Line::Boundary => return Step::Used(next),
                    Line::Again => return Step::Used(0),
                    Line::Other => {}
                }
            }
        }
        self.flush_pending(tree);
        self.at_line_start = false;
        Step::Used(0)
    }

    /// Goes on within a line that is no boundary, in a body over all lines up to the next that may be one.
    fn line_rest(&mut self, tree: &mut Tree<'_>, rest: &[u8], last: bool, line_end: u8) -> Step {
        let found = match &self.state {
            State::Head(_) => memchr::memchr(line_end, rest),
            State::Body if !self.stack.iter().any(|open| matches!(open, Open::Multipart { .. })) => {
                self.deliver(tree, rest);
                return Step::Used(rest.len());
            }
            State::Body if line_end == b'\r' => CR_BOUNDARY.find(rest),
            State::Body => LF_BOUNDARY.find(rest),
        };
        let Some(at) = found else {
            let held = if last { 0 } else { held_back(rest, line_end) };
            let (now, later) = rest.split_at_checked(rest.len() - held).unwrap_or((rest, &[]));
            self.deliver(tree, now);
            return if later.is_empty() || !now.is_empty() { Step::Used(now.len()) } else { Step::NeedMore };
        };
        let line = rest.get(..at).unwrap_or_default();
        let line = if line_end == b'\n' { line.strip_suffix(b"\r").unwrap_or(line) } else { line };
        self.deliver(tree, line);
        let bytes = rest.get(line.len()..=at).unwrap_or_default();
        self.pending.set(bytes, false, self.stack.len());
        self.at_line_start = true;
        Step::Used(at + 1)
    }

    fn blank_line_in_head(&mut self, tree: &mut Tree<'_>, line_end: &[u8]) {
        self.flush_pending(tree);
        let levels = self.stack.len();
        // Blank lines before the headers of a message are left there by careless senders.
        let leading = matches!(&self.state, State::Head(head) if head.message && head.block.is_empty());
        let body_began = !leading && self.end_head(tree);
        if !leading
            && !body_began
            && let Some(node) = self.stack.get(levels).and_then(Open::node)
        {
            tree.capture_original(node, line_end);
        }
        self.pending.set(line_end, !body_began, if body_began { self.stack.len() } else { levels });
    }

    fn boundary_line(&mut self, tree: &mut Tree<'_>, line: &[u8], line_end: &[u8]) -> Line {
        let text = line.trim_ascii_end().get(2..).unwrap_or_default();
        if let State::Head(head) = &self.state {
            let declared_here = declares_boundary(&head.block, text);
            if !declared_here && self.multipart_with(text).is_none() {
                return Line::Other;
            }
            // Headers without a blank line after them.
            self.pending.structural = true;
            self.pending.levels = self.stack.len();
            self.end_head(tree);
            return Line::Again;
        }
        let Some((index, closing)) = self.multipart_with(text) else { return Line::Other };
        self.close_above(tree, index + 1);
        let levels = self.pending.levels.min(index + 1);
        let before = self.pending.take();
        self.raw(tree, levels, &before);
        self.raw(tree, index + 1, line);
        self.pending.set(line_end, true, index + 1);
        if let Some(Open::Multipart { node, state, .. }) = self.stack.last_mut() {
            let after_end = matches!(state, Multipart::Closed | Multipart::ClosedWithMore);
            if *state == Multipart::Preamble {
                tree.withdraw(*node);
            }
            if closing {
                *state = Multipart::Closed;
                self.state = State::Body;
            } else {
                if after_end {
                    tree.defect(
                        *node,
                        "parts_after_end",
                        "parts follow after the closing boundary; they were read",
                    );
                }
                *state = Multipart::Parts;
                self.state = State::Head(Head { block: Vec::new(), message: false, full: false });
            }
        }
        Line::Boundary
    }

    /// The open multipart whose boundary the line is, innermost first, and whether it closes it. One that was
    /// closed gives way to an outer one of the same boundary.
    fn multipart_with(&self, text: &[u8]) -> Option<(usize, bool)> {
        let mut closed = None;
        for (index, open) in self.stack.iter().enumerate().rev() {
            let Open::Multipart { boundaries, state, .. } = open else { continue };
            let rest = boundaries
                .iter()
                .find_map(|name| text.strip_prefix(name.as_bytes()).filter(|rest| is_end(rest)));
            let Some(closing) = rest.map(|rest| !rest.is_empty()) else { continue };
            if matches!(state, Multipart::Preamble | Multipart::Parts) {
                return Some((index, closing));
            }
            closed = closed.or(Some((index, closing)));
        }
        closed
    }

    /// Ends the headers collected and opens what they announce. True when lines of the body were among them.
    fn end_head(&mut self, tree: &mut Tree<'_>) -> bool {
        let State::Head(head) = std::mem::replace(&mut self.state, State::Body) else { return false };
        let converted: Vec<u8>;
        let lines = if self.line_end == Some(b'\r') {
            converted = head.block.iter().map(|byte| if *byte == b'\r' { b'\n' } else { *byte }).collect();
            &converted
        } else {
            &head.block
        };
        let block = Block::cut(lines);
        let body = block.body_at.and_then(|at| head.block.get(at..)).unwrap_or_default();
        let parent = self.stack.iter().rev().find_map(|open| match open {
            Open::Multipart { node, .. } | Open::Message { node, .. } => Some(*node),
            Open::Leaf(_) | Open::Skipped => None,
        });
        let parent = parent.or(self.owner);
        if head.message {
            tree.message_head(parent, &block, head.full);
        }
        let open = match tree.open(parent, &block, head.message) {
            Plan::Skip => Open::Skipped,
            Plan::Leaf { node, encoding, text_room } => {
                Open::Leaf(Box::new(Content::new(node, encoding, text_room)))
            }
            Plan::EncodedMessage { node, encoding } => {
                Open::Leaf(Box::new(Content::new(node, encoding, None).with_message(Self::new(Some(node)))))
            }
            Plan::Message { node } => Open::Message { node, sums: Box::default() },
            Plan::Multipart { node, boundaries, text_room } => Open::Multipart {
                node,
                boundaries,
                state: Multipart::Preamble,
                before: Box::new(Content::new(node, Encoding::Identity, Some(text_room)).unopened()),
            },
        };
        if matches!(open, Open::Message { .. }) {
            self.state = State::Head(Head { block: Vec::new(), message: true, full: false });
        }
        if let Some(node) = open.node() {
            tree.capture_original(node, &head.block);
        }
        self.stack.push(open);
        if let Some(Open::Message { node, sums }) = self.stack.last_mut() {
            sums.update(body);
            tree.capture(*node, body);
        }
        self.consume(tree, body);
        !body.is_empty()
    }

    fn close_above(&mut self, tree: &mut Tree<'_>, keep: usize) {
        while self.stack.len() > keep {
            match self.stack.pop() {
                Some(Open::Leaf(content)) => tree.end_leaf(*content),
                Some(Open::Message { node, sums }) => tree.end_message(node, *sums),
                Some(Open::Multipart { node, state, before, .. }) => match state {
                    Multipart::Preamble => {
                        tree.defect(
                            node,
                            "boundary_never_found",
                            "a multipart without any part; read as text",
                        );
                        tree.end_leaf(*before);
                    }
                    Multipart::Parts => {
                        tree.defect(
                            node,
                            "missing_end_boundary",
                            "the closing boundary is missing; it may be cut off",
                        );
                    }
                    Multipart::ClosedWithMore => {
                        tree.defect(node, "text_after_end", "there is text after the closing boundary");
                    }
                    Multipart::Closed => {}
                },
                Some(Open::Skipped) | None => {}
            }
        }
    }

    fn flush_pending(&mut self, tree: &mut Tree<'_>) {
        let structural = self.pending.structural;
        let levels = self.pending.levels;
        let bytes = self.pending.take();
        if bytes.is_empty() {
            return;
        }
        if structural {
            self.raw(tree, levels, &bytes);
        } else {
            self.deliver(tree, &bytes);
        }
    }

    fn deliver(&mut self, tree: &mut Tree<'_>, bytes: &[u8]) {
        self.raw(tree, self.stack.len(), bytes);
        self.consume(tree, bytes);
    }

    /// Bytes that the entities around contain as they are.
    fn raw(&mut self, tree: &mut Tree<'_>, levels: usize, bytes: &[u8]) {
        for open in self.stack.iter_mut().take(levels) {
            match open {
                Open::Message { node, sums } => {
                    sums.update(bytes);
                    tree.capture(*node, bytes);
                    tree.capture_original(*node, bytes);
                }
                Open::Multipart { node, .. } => tree.capture_original(*node, bytes),
                Open::Leaf(content) => tree.capture_original(content.node(), bytes),
                Open::Skipped => {}
            }
        }
    }

    /// Gives bytes to the headers or the content they belong to.
    fn consume(&mut self, tree: &mut Tree<'_>, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        if let State::Head(head) = &mut self.state {
            let room = (BLOCK_BYTES - head.block.len()).min(bytes.len());
            let (kept, over) = bytes.split_at_checked(room).unwrap_or((bytes, &[]));
            head.block.extend_from_slice(kept);
            if over.is_empty() || head.full {
                return;
            }
            head.full = true;
            // No headers at all but a long text: it is the body.
            if Block::cut(&head.block).body_at.is_some() {
                self.end_head(tree);
                self.consume(tree, over);
            }
            return;
        }
        match self.stack.last_mut() {
            Some(Open::Leaf(content)) => content.push(tree, bytes),
            Some(Open::Multipart { state: Multipart::Preamble, before, .. }) => before.push(tree, bytes),
            Some(Open::Multipart { state, .. })
                if *state == Multipart::Closed && !bytes.trim_ascii_start().is_empty() =>
            {
                *state = Multipart::ClosedWithMore;
            }
            _ => {}
        }
    }
}

impl Pending {
    fn set(&mut self, bytes: &[u8], structural: bool, levels: usize) {
        self.bytes.clear();
        self.bytes.extend_from_slice(bytes);
        self.structural = structural;
        self.levels = levels;
    }

    fn take(&mut self) -> Vec<u8> {
        self.structural = false;
        std::mem::take(&mut self.bytes)
    }
}
