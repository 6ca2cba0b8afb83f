//! What MimeKit (.NET) publishes: where every entity of an mbox begins and ends, and messages put together from pieces.

use crate::corpus::source;
use crate::judge::Tally;
use crate::own::{Own, children};
use mailcase_evidence::{Form, Part};
use serde_json::Value;
use std::path::Path;

const SOURCE: &str = "jstedfast+MimeKit";
const DATA: &str = "UnitTests/TestData";

#[test]
fn entities_lie_where_mimekit_finds_them() {
    let Some(folder) = source(SOURCE) else { return };
    let folder = folder.join(DATA).join("mbox");
    let mut tally = Tally::new("MimeKit, entities of mbox files");
    for name in ["content-length", "issue1189"] {
        let raw = std::fs::read(folder.join(format!("{name}.mbox.txt"))).unwrap();
        let bare: Vec<u8> = raw.iter().copied().filter(|byte| *byte != b'\r').collect();
        let with_cr: Vec<u8> = bare
            .iter()
            .flat_map(|byte| if *byte == b'\n' { vec![b'\r', b'\n'] } else { vec![*byte] })
            .collect();
        for (kind, raw) in [("unix", bare), ("dos", with_cr)] {
            let offsets = std::fs::read(folder.join(format!("{name}.{kind}-offsets.json"))).unwrap();
            let messages: Vec<Value> = serde_json::from_slice(&offsets).unwrap();
            for (number, message) in messages.iter().enumerate() {
                let begin = offset(message, "beginOffset");
                let own = Own::of(raw[begin..offset(message, "endOffset")].to_vec());
                let place = format!("{name} ({kind}) {number}");
                let root = own.evidence.root.clone();
                Comparison { own: &own, raw: &raw, tally: &mut tally }.entity(
                    &place,
                    &root,
                    &message["body"],
                    true,
                );
            }
        }
    }
    tally.finish(300);
}

fn offset(of: &Value, name: &str) -> usize {
    usize::try_from(of[name].as_u64().unwrap()).unwrap()
}

struct Comparison<'a> {
    own: &'a Own,
    raw: &'a [u8],
    tally: &'a mut Tally,
}

impl Comparison<'_> {
    fn entity(&mut self, place: &str, part: &Part, theirs: &Value, is_root: bool) {
        let place = &format!("{place} {}", part.path);
        self.tally.same(
            &format!("{place} type"),
            &part.content_type,
            &theirs["mimeType"].as_str().unwrap().to_ascii_lowercase(),
        );
        if !is_root {
            let expected = &self.raw[offset(theirs, "beginOffset")..offset(theirs, "endOffset")];
            let ours = self.own.given(part, Form::Original);
            self.tally.same(&format!("{place} bytes"), shown(&ours), shown(expected));
        }
        let within = children(part);
        if let Some(message) = theirs.get("message").filter(|message| message.is_object()) {
            self.tally.same(&format!("{place} holds a message"), within.len(), 1);
            if let [root] = within {
                let expected = &self.raw[offset(message, "beginOffset")..offset(message, "endOffset")];
                self.tally.same(&format!("{place} message"), shown(&self.own.content(part)), shown(expected));
                self.entity(place, root, &message["body"], true);
            }
            return;
        }
        let others = theirs.get("children").and_then(Value::as_array).cloned().unwrap_or_default();
        self.tally.same(&format!("{place} parts within"), within.len(), others.len());
        for (part, other) in within.iter().zip(&others) {
            self.entity(place, part, other, false);
        }
        let encoded =
            part.encoding.as_deref().is_some_and(|name| !["7bit", "8bit", "binary"].contains(&name));
        if within.is_empty() && !encoded {
            let octets = theirs["octets"].as_u64().unwrap();
            self.tally.same(&format!("{place} size"), part.size, octets);
        }
    }
}

/// Size, beginning and end, so that a difference can be read.
fn shown(bytes: &[u8]) -> (usize, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (bytes.len(), text(&bytes[..bytes.len().min(60)]), text(&bytes[bytes.len().saturating_sub(60)..]))
}

#[test]
fn pieces_of_a_message_make_it_up() {
    let Some(folder) = source(SOURCE) else { return };
    let folder = folder.join(DATA).join("partial");
    let mut tally = Tally::new("MimeKit, message/partial");
    for (name, count) in [("message-partial", 3), ("rfc2046", 2)] {
        let mut whole = Vec::new();
        for number in 0..count {
            let own = Own::of(read(&folder, &format!("{name}.{number}.eml")));
            let root = &own.evidence.root;
            tally.same(&format!("{name}.{number} type"), root.content_type.as_str(), "message/partial");
            whole.extend(own.content(root));
        }
        let (ours, theirs) = (Own::of(whole), Own::of(read(&folder, &format!("{name}.eml"))));
        let parts = |own: &Own| -> Vec<_> {
            own.evidence
                .root
                .walk()
                .map(|part| (part.path.clone(), part.content_type.clone(), part.hashes.clone()))
                .collect()
        };
        tally.same(&format!("{name} parts"), parts(&ours), parts(&theirs));
    }
    tally.finish(5);
}

fn read(folder: &Path, name: &str) -> Vec<u8> {
    std::fs::read(folder.join(name)).unwrap()
}
