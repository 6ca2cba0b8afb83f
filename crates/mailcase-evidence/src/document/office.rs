//! Office Open XML (ECMA-376) and OpenDocument (OASIS): archives of XML whose parts refer to each other and outside.

mod xml;

use super::Found;
use crate::Defect;
use crate::archive::zip::{Directory, Entry};
use crate::codes;
use crate::contents::{Content, Contents, Item, Room};

/// Parts of one document that are looked at.
const PARTS: usize = 2_000;
/// Pictures that are looked through for codes.
const PICTURES: usize = 50;

/// Whether a ZIP archive is a document.
pub(crate) fn is_office(bytes: &[u8]) -> bool {
    let directory = Directory::read(bytes);
    directory.entries.iter().any(|entry| {
        entry.is_named("[Content_Types].xml")
            || entry.is_named("META-INF/manifest.xml") && directory.has("mimetype")
    })
}

pub(super) fn open(bytes: &[u8], room: &mut Room) -> Contents {
    let mut found = Found::new("office");
    let directory = Directory::read(bytes);
    if directory.entries.len() > PARTS {
        found
            .contents
            .defects
            .push(Defect::new("limit_members", "there are too many parts; the others were passed over"));
    }
    let mut pictures = 0;
    for entry in directory.entries.iter().take(PARTS) {
        let name = directory.names.of(entry);
        if name.ends_with('/') {
            continue;
        }
        let kind = Kind::of(&name);
        if matches!(kind, Kind::Ignored) || (matches!(kind, Kind::Picture) && pictures >= PICTURES) {
            continue;
        }
        let part = Part { name: &name, entry, directory: &directory, bytes };
        match (kind, part.unpack(room)) {
            (Kind::Picture, Some(picture)) => {
                pictures += 1;
                codes::read(&picture, room).iter().for_each(|code| found.code(code));
            }
            (Kind::Embedded(fact), content) => {
                if let Some((name, value)) = fact {
                    found.fact(name, value);
                }
                found.item(part.item(content));
            }
            (Kind::Relations, Some(text)) => xml::relations(&text, &mut found),
            (Kind::Properties, Some(text)) => xml::properties(&text, &mut found),
            (Kind::Text(fact), Some(text)) => {
                if let Some((name, value)) = fact {
                    found.fact(name, value);
                }
                xml::text(&text, &mut found);
            }
            (Kind::Ignored, _) => {}
            (_, None) => {
                let message = format!("the part {} could not be read", crate::fields::bounded(&name, 200));
                found.contents.defects.push(Defect::new("damaged", message));
            }
        }
    }
    found.finish()
}

type NamedFact = (&'static str, &'static str);

/// What a part is, by its name.
enum Kind {
    Relations,
    Properties,
    Text(Option<NamedFact>),
    Picture,
    /// A file of its own.
    Embedded(Option<NamedFact>),
    Ignored,
}

impl Kind {
    fn of(name: &str) -> Self {
        let lower = name.to_ascii_lowercase();
        let ends = |end: &[&str]| end.iter().any(|one| lower.ends_with(one));
        let has = |part: &str| lower.contains(part);
        if lower.ends_with(".rels") {
            return Self::Relations;
        }
        if has("docprops/") && lower.ends_with(".xml") || lower == "meta.xml" || lower.ends_with("/meta.xml")
        {
            return Self::Properties;
        }
        if has("vbaproject.bin") || has("vbadata") && !lower.ends_with(".xml") {
            return Self::Embedded(Some(("macros", "vba")));
        }
        if has("/macrosheets/") {
            return Self::Text(Some(("macros", "excel 4")));
        }
        if lower.starts_with("basic/") || lower.starts_with("scripts/") {
            return Self::Text(Some(("macros", "opendocument")));
        }
        if has("/activex/") && lower.ends_with(".bin") {
            return Self::Embedded(Some(("active_content", "activex")));
        }
        if has("/embeddings/") {
            return Self::Embedded(Some(("embedded", "object")));
        }
        if ends(&[".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp"]) {
            return Self::Picture;
        }
        if ends(&[".xml", ".vml", ".rdf"]) {
            let rules = [
                "/theme/",
                "/styles",
                "settings.xml",
                "styles.xml",
                "fonttable",
                "[content_types]",
                "manifest",
            ];
            // Settings may name a template; that is a relation, and read as such.
            return if rules.iter().any(|rule| has(rule)) { Self::Ignored } else { Self::Text(None) };
        }
        let furniture = [".emf", ".wmf", ".tiff", ".tif", ".svm", ".odttf", ".fntdata", ".ttf"];
        if ends(&furniture)
            || lower == "mimetype"
            || has("thumbnails/")
            || has("printersettings")
            || has("objectreplacements/")
        {
            return Self::Ignored;
        }
        Self::Embedded(None)
    }
}

struct Part<'a> {
    name: &'a str,
    entry: &'a Entry,
    directory: &'a Directory,
    bytes: &'a [u8],
}

impl Part<'_> {
    fn unpack(&self, room: &mut Room) -> Option<Vec<u8>> {
        self.directory.unpack(self.bytes, self.entry, room)
    }

    fn item(&self, content: Option<Vec<u8>>) -> Item {
        let mut item = Item { name: Some(self.name.to_owned()), ..Item::default() };
        match content {
            Some(bytes) => item.content = Content::File(bytes),
            None => item.defects.push(Defect::new("damaged", "it could not be unpacked; only listed")),
        }
        item
    }
}
