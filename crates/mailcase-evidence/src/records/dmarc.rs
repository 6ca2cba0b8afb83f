//! Aggregate reports of DMARC (RFC 7489 appendix C, RFC 9990 of DMARCbis): who reports what about which domain.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::Record;

/// Elements deeper than this belong to something else.
const DEPTH: usize = 16;
/// Sources kept as facts; a large domain has thousands of them.
const SOURCES: usize = 40;
/// Bytes of one value kept.
const VALUE_BYTES: usize = 500;

/// One row of the report.
#[derive(Debug, Default)]
struct Row {
    source: String,
    count: u64,
    disposition: String,
    dkim: String,
    spf: String,
    header_from: String,
}

#[derive(Debug, Default)]
struct Totals {
    rows: usize,
    messages: u64,
    failed: u64,
    sources: Vec<String>,
}

/// Reads the report; nothing when the document is none.
pub(super) fn read(text: &str, record: &mut Record) -> Option<()> {
    let start = text.get(..text.floor_char_boundary(4_096)).unwrap_or_default();
    start.contains("<feedback").then_some(())?;
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    let mut path: Vec<String> = Vec::new();
    let mut value = String::new();
    let mut row = Row::default();
    let mut totals = Totals::default();
    loop {
        match reader.read_event() {
            Ok(Event::Start(element)) => {
                value.clear();
                if path.len() >= DEPTH {
                    break;
                }
                path.push(String::from_utf8_lossy(element.local_name().as_ref()).into_owned());
            }
            Ok(Event::Text(text)) => {
                let text = String::from_utf8_lossy(&text).into_owned();
                value.push_str(&crate::fields::bounded(&text, VALUE_BYTES.saturating_sub(value.len())));
            }
            Ok(Event::GeneralRef(name)) => {
                crate::html::push_decoded(&mut value, &format!("&{};", String::from_utf8_lossy(&name)))
            }
            Ok(Event::End(_)) => {
                element(&path, value.trim(), &mut row, &mut totals, record);
                path.pop();
                value.clear();
            }
            Ok(Event::Eof) => break,
            Ok(_) => {}
            Err(_) => {
                let defect =
                    crate::Defect::new("damaged", "the report is damaged; what is before that was read");
                record.contents.defects.push(defect);
                break;
            }
        }
    }
    record.fact("rows", &totals.rows.to_string());
    record.fact("messages", &totals.messages.to_string());
    record.fact("messages_failed", &totals.failed.to_string());
    for source in &totals.sources {
        record.fact("source", source);
    }
    Some(())
}

fn element(path: &[String], value: &str, row: &mut Row, totals: &mut Totals, record: &mut Record) {
    let mut tail = path.iter().rev().map(String::as_str);
    let (name, parent) = (tail.next().unwrap_or_default(), tail.next().unwrap_or_default());
    match (parent, name) {
        ("report_metadata", "org_name") => record.fact("reporter", value),
        ("report_metadata", "email") => record.fact("reporter_address", value),
        ("report_metadata", "report_id") => record.fact("report_id", value),
        ("date_range", "begin") => record.fact("begin", &seconds(value)),
        ("date_range", "end") => record.fact("end", &seconds(value)),
        ("policy_published", "domain") => record.fact("domain", value),
        ("policy_published", "p") => record.fact("policy", value),
        ("policy_published", "sp") => record.fact("subdomain_policy", value),
        ("policy_published", "pct") => record.fact("percent", value),
        ("policy_published", "adkim") => record.fact("dkim_alignment", value),
        ("policy_published", "aspf") => record.fact("spf_alignment", value),
        ("row", "source_ip") => row.source = value.to_owned(),
        ("row", "count") => row.count = value.parse().unwrap_or_default(),
        ("policy_evaluated", "disposition") => row.disposition = value.to_owned(),
        ("policy_evaluated", "dkim") => row.dkim = value.to_owned(),
        ("policy_evaluated", "spf") => row.spf = value.to_owned(),
        ("identifiers" | "identities", "header_from") => row.header_from = value.to_owned(),
        (_, "record") => totals.add(std::mem::take(row)),
        _ => {}
    }
}

fn seconds(value: &str) -> String {
    value
        .parse()
        .ok()
        .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok())
        .map_or_else(|| value.to_owned(), |when| when.to_string())
}

impl Totals {
    fn add(&mut self, row: Row) {
        self.rows += 1;
        self.messages = self.messages.saturating_add(row.count);
        let failed = row.dkim != "pass" && row.spf != "pass";
        if failed {
            self.failed = self.failed.saturating_add(row.count);
        }
        if self.sources.len() < SOURCES {
            let Row { source, count, disposition, dkim, spf, header_from } = row;
            let line =
                format!("{source} {count} {header_from} disposition={disposition} dkim={dkim} spf={spf}");
            self.sources.push(line);
        }
    }
}
