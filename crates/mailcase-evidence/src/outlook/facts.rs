//! What a message says about itself beyond its head: its class, its times, and what appointments, contacts, tasks and
//! notes are made of.

use super::bytes::Bytes;
use super::named::{APPOINTMENT, COMMON, CONTACT, JOURNAL, MEETING, NOTE, Names, Set, TASK};
use super::properties::{Properties, Reading, kind};
use super::{bounded_text, head, tags};
use crate::Fact;

/// Facts kept of one message.
const FACTS: usize = 100;
/// Length of one fact in bytes.
const FACT_BYTES: usize = 2_000;

/// Of every message.
const GENERAL: [(&str, u16); 9] = [
    ("message_class", tags::MESSAGE_CLASS),
    ("submitted", tags::CLIENT_SUBMIT_TIME),
    ("delivered", tags::DELIVERY_TIME),
    ("created", tags::CREATION_TIME),
    ("modified", tags::LAST_MODIFICATION_TIME),
    ("conversation_topic", tags::CONVERSATION_TOPIC),
    ("last_modifier", 0x3ffa),
    ("creator_address", tags::CREATOR_SMTP_ADDRESS),
    ("last_modifier_address", tags::LAST_MODIFIER_SMTP_ADDRESS),
];

/// Of contacts.
const PERSON: [(&str, u16); 20] = [
    ("name", tags::DISPLAY_NAME),
    ("name_prefix", 0x3a45),
    ("given_name", 0x3a06),
    ("middle_name", 0x3a44),
    ("surname", 0x3a11),
    ("generation", 0x3a05),
    ("company", 0x3a16),
    ("department", 0x3a18),
    ("job_title", 0x3a17),
    ("business_phone", 0x3a08),
    ("home_phone", 0x3a09),
    ("mobile_phone", 0x3a1c),
    ("business_fax", 0x3a24),
    ("home_page", 0x3a51),
    ("postal_address", 0x3a15),
    ("street", 0x3a29),
    ("city", 0x3a27),
    ("state", 0x3a28),
    ("postal_code", 0x3a2a),
    ("country", 0x3a26),
];

/// By name, of everything that has them.
const NAMED: [(&str, Set, u32); 52] = [
    ("start", APPOINTMENT, 0x820d),
    ("end", APPOINTMENT, 0x820e),
    ("location", APPOINTMENT, 0x8208),
    ("all_day", APPOINTMENT, 0x8215),
    ("time_zone", APPOINTMENT, 0x8234),
    ("first_start", APPOINTMENT, 0x8235),
    ("last_end", APPOINTMENT, 0x8236),
    ("recurrence", APPOINTMENT, 0x8232),
    ("attendees", APPOINTMENT, 0x8238),
    ("attendees_required", APPOINTMENT, 0x823b),
    ("attendees_optional", APPOINTMENT, 0x823c),
    ("meeting_url", APPOINTMENT, 0x8248),
    ("meeting_place", MEETING, 0x0002),
    ("meeting_id", MEETING, 0x0003),
    ("reminder", COMMON, 0x8502),
    ("account", COMMON, 0x8580),
    ("vote", COMMON, 0x8524),
    ("flag_request", COMMON, 0x8530),
    ("billing", COMMON, 0x8535),
    ("companies", COMMON, 0x8539),
    ("file_as", CONTACT, 0x8005),
    ("email_1", CONTACT, 0x8083),
    ("email_1_name", CONTACT, 0x8080),
    ("email_1_original", CONTACT, 0x8084),
    ("email_2", CONTACT, 0x8093),
    ("email_2_name", CONTACT, 0x8090),
    ("email_2_original", CONTACT, 0x8094),
    ("email_3", CONTACT, 0x80a3),
    ("email_3_name", CONTACT, 0x80a0),
    ("email_3_original", CONTACT, 0x80a4),
    ("fax_1", CONTACT, 0x80b3),
    ("fax_2", CONTACT, 0x80c3),
    ("fax_3", CONTACT, 0x80d3),
    ("web_page", CONTACT, 0x802b),
    ("messenger", CONTACT, 0x8062),
    ("given_name_phonetic", CONTACT, 0x802c),
    ("surname_phonetic", CONTACT, 0x802d),
    ("company_phonetic", CONTACT, 0x802e),
    ("work_address", CONTACT, 0x801b),
    ("work_street", CONTACT, 0x8045),
    ("work_city", CONTACT, 0x8046),
    ("work_state", CONTACT, 0x8047),
    ("work_postal_code", CONTACT, 0x8048),
    ("work_country", CONTACT, 0x8049),
    ("task_start", TASK, 0x8104),
    ("task_due", TASK, 0x8105),
    ("task_status", TASK, 0x8101),
    ("task_completed", TASK, 0x810f),
    ("task_owner", TASK, 0x811f),
    ("note_color", NOTE, 0x8b00),
    ("journal_type", JOURNAL, 0x8700),
    ("journal_start", JOURNAL, 0x8706),
];

/// Collects facts, within the limits.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) list: Vec<Fact>,
}

impl Facts {
    pub(super) fn add(&mut self, name: &str, value: &str) {
        if self.list.len() < FACTS && !value.is_empty() {
            self.list.push(Fact::new(name, bounded_text(value, FACT_BYTES)));
        }
    }

    fn shown<'a>(
        &mut self,
        name: &str,
        number: u16,
        properties: &Properties<'a>,
        reading: &mut Reading<'_, 'a>,
    ) {
        if let Some(value) = reading.shown(properties, number) {
            self.add(name, &value);
        }
    }
}

/// The facts of a message.
pub(super) fn facts<'a>(properties: &Properties<'a>, names: &Names, reading: &mut Reading<'_, 'a>) -> Facts {
    let mut facts = Facts::default();
    for (name, number) in GENERAL {
        facts.shown(name, number, properties, reading);
    }
    match properties.number(tags::IMPORTANCE) {
        Some(0) => facts.add("importance", "low"),
        Some(2) => facts.add("importance", "high"),
        _ => {}
    }
    // Bit 3: it was never sent ([MS-OXCMSG] §2.2.1.6).
    if properties.number(tags::MESSAGE_FLAGS).is_some_and(|flags| flags & 8 != 0) {
        facts.add("draft", "true");
    }
    let class = properties.line(tags::MESSAGE_CLASS, reading).unwrap_or_default().to_ascii_lowercase();
    if class.starts_with("ipm.contact") || class.starts_with("ipm.distlist") {
        for (name, number) in PERSON {
            facts.shown(name, number, properties, reading);
        }
    }
    for (name, set, number) in NAMED {
        let Some(number) = names.number(set, number) else { continue };
        if set == MEETING && properties.get(number).is_some_and(|property| property.kind == kind::BINARY) {
            let id = properties.bytes(number, reading).unwrap_or_default();
            facts.add(name, &data_encoding::HEXUPPER.encode(id.get(..FACT_BYTES / 2).unwrap_or(&id)));
            continue;
        }
        facts.shown(name, number, properties, reading);
    }
    // The members of a list of recipients, those with an address of their own ([MS-OXOCNTC] §2.2.2.2.1).
    let members = names.number(CONTACT, 0x8054).map(|number| properties.many(number, reading));
    for member in members.unwrap_or_default().iter().filter_map(|entry| head::one_off(entry, properties)) {
        facts.add("member", &head::written(&member));
    }
    let verbs = names.number(COMMON, 0x8520).and_then(|number| properties.bytes(number, reading));
    facts.add("vote_options", &verbs.map(|verbs| vote_options(&verbs)).unwrap_or_default().join(";"));
    facts
}

/// The names of the buttons of a vote ([MS-OXOMSG] §2.2.1.74).
fn vote_options(verbs: &[u8]) -> Vec<String> {
    /// Verbs of one message; Outlook offers 31.
    const VERBS: usize = 64;
    let mut fields = Bytes::new(verbs);
    let mut votes = Vec::new();
    let mut read = || {
        let (_, count) = (fields.u16()?, fields.size()?.min(VERBS));
        for _ in 0..count {
            let kind = fields.u32()?;
            for _ in 0..4 {
                let length = usize::from(fields.u8()?);
                fields.take(length)?;
            }
            fields.take(4 + 1 + 6 * 4)?;
            votes.push(kind == 4);
        }
        fields.u16()?;
        let mut names = Vec::new();
        for _ in 0..count {
            let length = usize::from(fields.u8()?);
            names.push(super::bytes::utf16(fields.take(length * 2)?));
            let length = usize::from(fields.u8()?);
            fields.take(length * 2)?;
        }
        Some(names)
    };
    let names = read().unwrap_or_default();
    names.into_iter().zip(votes).filter(|(_, vote)| *vote).map(|(name, _)| name).collect()
}
