//! Everything asked and answered, to be held against Microsoft's own schema when somebody wants to know.
//!
//! The schema is not part of this repository: `MAILCASE_SCHEMAS` says where it is. It is applied by `xmllint`.

use super::sheet::Piece;
use super::soap::{MESSAGES, SOAP, TYPES, VERSIONS};
use crate::exchange::{locked, schemas_folder};
use anyhow::{Context as _, Result};
use roxmltree::Document;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// Where the schema lies within the folder of schemas.
const FILE: &str = "ews/messages.xsd";
/// How many documents one run of `xmllint` gets.
const BATCH: usize = 500;
/// Requests above this size are kept without the MIME in them.
const KEPT_BYTES: usize = 64 << 10;
/// Folders that came after the schema at hand, and that real clients ask for.
const LATER_FOLDERS: [&str; 23] = [
    "allcategorizeditems",
    "allcontacts",
    "allitems",
    "allpersonmetadata",
    "archive",
    "companycontacts",
    "dlppolicyevaluation",
    "fromfavoritesenders",
    "inference",
    "onenotepagepreviews",
    "peoplecentricconversationbuddies",
    "qedcdefaultretention",
    "qedclongretention",
    "qedcmediumretention",
    "qedcshortretention",
    "quarantinedemail",
    "quarantinedemaildefaultcategory",
    "recoverableitemssubstrateholds",
    "relevantcontacts",
    "sharepointnotifications",
    "shortnotes",
    "temporarysaves",
    "usercuratedcontacts",
];
/// Stands for the base64 of a message.
const MIME: &str = "AAAA";

#[derive(Debug)]
struct Said {
    label: String,
    xml: String,
}

#[derive(Debug, Default)]
struct Record {
    waiting: Vec<Said>,
    problems: Vec<String>,
    seen: usize,
}

/// The record of everything said.
#[derive(Debug, Default)]
pub(crate) struct Judge(Mutex<Record>);

fn schema() -> PathBuf {
    schemas_folder().join(FILE)
}

/// Whether the schema is at hand.
pub(crate) fn is_possible() -> bool {
    schema().is_file()
}

impl Judge {
    fn keep(&self, label: &str, xml: impl FnOnce() -> String) {
        if is_possible() {
            let mut record = locked(&self.0);
            record.seen += 1;
            record.waiting.push(Said { label: label.to_owned(), xml: xml() });
        }
    }

    pub(crate) fn request(&self, operation: &str, xml: &str) {
        self.keep(&format!("request {operation}"), || kept(xml));
    }

    pub(crate) fn answer(&self, operation: &str, pieces: &[Piece]) {
        self.keep(&format!("answer {operation}"), || {
            let text = pieces.iter().map(|piece| match piece {
                Piece::Text(text) => text.as_str(),
                Piece::Mime { .. } => MIME,
            });
            without_bad_references(&text.collect::<String>())
        });
    }

    /// How many documents were recorded.
    pub(crate) fn seen(&self) -> usize {
        locked(&self.0).seen
    }

    /// What does not fit the schema.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut record = locked(&self.0);
        let waiting = std::mem::take(&mut record.waiting);
        for batch in waiting.chunks(BATCH) {
            match judged(batch) {
                Ok(problems) => record.problems.extend(problems),
                Err(error) => record.problems.push(format!("the schema could not be applied: {error:#}")),
            }
        }
        record.problems.clone()
    }
}

/// Exchange writes references to characters that XML does not have. No schema can like them.
fn without_bad_references(xml: &str) -> String {
    let mut clean = String::with_capacity(xml.len());
    let mut rest = xml;
    while let Some((before, after)) = rest.split_once("&#x") {
        clean.push_str(before);
        let Some((digits, behind)) = after.split_once(';') else { break };
        match u32::from_str_radix(digits, 16) {
            Ok(code) if code < 0x20 && ![0x9, 0xa, 0xd].contains(&code) => clean.push('?'),
            _ => clean.push_str(&format!("&#x{digits};")),
        }
        rest = behind;
    }
    clean.push_str(rest);
    clean
}

/// A request as the schema can read it: its version as the last one, no later folders, and no large MIME.
fn kept(xml: &str) -> String {
    let mut cuts: Vec<(std::ops::Range<usize>, &str)> = Vec::new();
    if let Ok(document) = Document::parse(xml) {
        for node in document.descendants() {
            match node.tag_name().name() {
                // The schema knows the last one alone.
                "RequestServerVersion" => {
                    let version = node.attribute_node("Version");
                    let known = version.filter(|version| VERSIONS.contains(&version.value()));
                    cuts.extend(known.map(|version| (version.range_value(), "Exchange2016")));
                }
                "DistinguishedFolderId" => {
                    let name = node.attribute_node("Id");
                    let later = name.filter(|name| LATER_FOLDERS.contains(&name.value()));
                    cuts.extend(later.map(|name| (name.range_value(), "inbox")));
                }
                "MimeContent" if xml.len() > KEPT_BYTES => {
                    cuts.extend(node.first_child().map(|text| (text.range(), MIME)));
                }
                _ => {}
            }
        }
    }
    cuts.sort_by_key(|(range, _)| range.start);
    let mut text = String::new();
    let mut at = 0;
    for (range, instead) in cuts {
        text.push_str(xml.get(at..range.start).unwrap_or_default());
        text.push_str(instead);
        at = range.end;
    }
    text.push_str(xml.get(at..).unwrap_or_default());
    text
}

/// A schema of the envelope around Microsoft's, which describe only what is in it.
fn envelope_schema(messages: &Path) -> String {
    let types = messages.with_file_name("types.xsd");
    format!(
        "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" xmlns:s=\"{SOAP}\" targetNamespace=\"{SOAP}\" \
         elementFormDefault=\"qualified\">\
         <xs:import namespace=\"{MESSAGES}\" schemaLocation=\"{}\"/>\
         <xs:import namespace=\"{TYPES}\" schemaLocation=\"{}\"/>\
         <xs:element name=\"Envelope\"><xs:complexType><xs:sequence>\
         <xs:element name=\"Header\" minOccurs=\"0\"><xs:complexType><xs:sequence>\
         <xs:any namespace=\"{TYPES}\" processContents=\"strict\" minOccurs=\"0\" maxOccurs=\"unbounded\"/>\
         </xs:sequence></xs:complexType></xs:element>\
         <xs:element name=\"Body\"><xs:complexType><xs:choice>\
         <xs:any namespace=\"{MESSAGES}\" processContents=\"strict\"/>\
         <xs:element name=\"Fault\"><xs:complexType><xs:sequence>\
         <xs:element name=\"faultcode\" form=\"unqualified\" type=\"xs:QName\"/>\
         <xs:element name=\"faultstring\" form=\"unqualified\"><xs:complexType><xs:simpleContent>\
         <xs:extension base=\"xs:string\"><xs:anyAttribute processContents=\"skip\"/></xs:extension>\
         </xs:simpleContent></xs:complexType></xs:element>\
         <xs:element name=\"detail\" form=\"unqualified\" minOccurs=\"0\"><xs:complexType><xs:sequence>\
         <xs:any processContents=\"lax\" minOccurs=\"0\" maxOccurs=\"unbounded\"/>\
         </xs:sequence></xs:complexType></xs:element>\
         </xs:sequence></xs:complexType></xs:element>\
         </xs:choice></xs:complexType></xs:element>\
         </xs:sequence></xs:complexType></xs:element></xs:schema>",
        messages.display(),
        types.display(),
    )
}

/// Lets `xmllint` look at some documents.
fn judged(documents: &[Said]) -> Result<Vec<String>> {
    let folder = tempfile::tempdir()?;
    let messages = schema().canonicalize()?;
    std::fs::write(folder.path().join("envelope.xsd"), envelope_schema(&messages))?;
    let mut command = Command::new("xmllint");
    command.current_dir(folder.path()).args(["--noout", "--nonet", "--huge", "--schema", "envelope.xsd"]);
    for (index, document) in documents.iter().enumerate() {
        let name = format!("{index}.xml");
        std::fs::write(folder.path().join(&name), &document.xml)?;
        command.arg(name);
    }
    let output = command
        .output()
        .context("start xmllint (Debian: libxml2-utils; `scripts/need schema` installs it)")?;
    let said = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(!said.contains("failed to compile"), "Microsoft's schema cannot be read: {said}");
    let mut problems = Vec::new();
    for (index, document) in documents.iter().enumerate() {
        let good = format!("{index}.xml validates");
        if said.lines().any(|line| line == good) {
            continue;
        }
        let own = format!("{index}.xml:");
        let mut problem = document.label.clone();
        for line in said.lines().filter(|line| line.starts_with(&own)) {
            write!(
                problem,
                "; {}",
                line.replace(&format!("{{{TYPES}}}"), "t:").replace(&format!("{{{MESSAGES}}}"), "m:")
            )?;
        }
        write!(problem, "\n{}", document.xml)?;
        problems.push(problem);
    }
    Ok(problems)
}
