//! Office documents: archives whose members have the names that are looked for.

use crate::program::Program;
use crate::zip::{Member, write};

const MEMBERS: usize = 40;
const NAMES: [&[u8]; 24] = [
    b"[Content_Types].xml",
    b"_rels/.rels",
    b"docProps/core.xml",
    b"docProps/app.xml",
    b"docProps/custom.xml",
    b"word/document.xml",
    b"word/_rels/document.xml.rels",
    b"word/settings.xml",
    b"word/_rels/settings.xml.rels",
    b"word/footnotes.xml",
    b"word/vbaProject.bin",
    b"word/media/image1.png",
    b"word/embeddings/oleObject1.bin",
    b"xl/workbook.xml",
    b"xl/_rels/workbook.xml.rels",
    b"xl/sharedStrings.xml",
    b"xl/worksheets/sheet1.xml",
    b"xl/externalLinks/externalLink1.xml",
    b"ppt/presentation.xml",
    b"ppt/slides/slide1.xml",
    b"mimetype",
    b"content.xml",
    b"meta.xml",
    b"META-INF/manifest.xml",
];

/// The document that `steps` describe.
pub(crate) fn document(steps: &[u8]) -> Vec<u8> {
    let mut steps = Program::new(steps);
    let mut members = vec![Member { name: NAMES[0], method: 0, flags: 0, extra: &[], packed: b"<Types/>" }];
    while !steps.is_empty() && members.len() < MEMBERS {
        let name = steps.one_of(&NAMES);
        let content = steps.bytes();
        members.push(Member { name, method: 0, flags: 0, extra: &[], packed: content });
    }
    write(&members)
}
