//! The connector's pre-filter, applied to messages: to their first bytes before they are fetched, to their evidence
//! before they are kept. The verdict is the same either way, as what the first bytes leave open is left open.

use mailcase_core::prefilter::{CompiledPrefilter, FilteredMessage, Hint, Place, Prefilter, Unmet};
use mailcase_evidence::{Address, Envelope, Evidence, Header, Limits, examine_headers};
use mailcase_mail::{Criterion, Place as RemotePlace};

/// A filter ready to be used on mail.
#[derive(Debug, Default)]
pub(crate) struct Sieve {
    filter: CompiledPrefilter,
    criteria: Vec<Criterion>,
}

impl Sieve {
    pub(crate) fn new(filter: &Prefilter) -> Self {
        let filter = filter.compile();
        let criteria = filter.hints().into_iter().filter_map(criterion).collect();
        Self { filter, criteria }
    }

    /// Whether it lets everything through.
    pub(crate) fn is_open(&self) -> bool {
        self.filter.is_empty()
    }

    /// What to ask a source of messages before they are fetched; nothing when headers do not matter.
    pub(crate) fn criteria(&self) -> &[Criterion] {
        &self.criteria
    }

    /// Whether the headers within the first bytes of a message keep it out for certain.
    pub(crate) fn holds_back(&self, beginning: &[u8], limits: &Limits) -> bool {
        examine_headers(beginning, limits).is_some_and(|known| {
            self.filter.admit_headers(&of_headers(&known.envelope, &known.headers)).is_err()
        })
    }

    /// Whether a message is taken. Nobody knows what stands in one that is encrypted to a key that is not there: its
    /// headers alone decide, so that it can be read once the key comes.
    ///
    /// # Errors
    /// The condition it does not meet.
    pub(crate) fn admit(&self, evidence: &Evidence) -> Result<(), Unmet> {
        if self.is_open() {
            return Ok(());
        }
        if evidence.needs_key() {
            return self.filter.admit_headers(&of_headers(&evidence.envelope, &evidence.headers));
        }
        self.filter.admit(&FilteredMessage {
            text: evidence.text.as_ref().map(|text| text.content.as_str()),
            names: evidence.root.walk().filter_map(|part| part.name.as_deref()).collect(),
            ..of_headers(&evidence.envelope, &evidence.headers)
        })
    }
}

fn of_headers<'a>(envelope: &'a Envelope, headers: &'a [Header]) -> FilteredMessage<'a> {
    let addresses = |of: &'a [Address]| of.iter().filter_map(|address| address.address.as_deref());
    let Envelope { from, to, cc, bcc, subject, .. } = envelope;
    FilteredMessage {
        from: addresses(from).collect(),
        to: addresses(to).chain(addresses(cc)).chain(addresses(bcc)).collect(),
        subject: subject.as_deref(),
        headers: headers.iter().map(|header| (header.name.as_str(), header.value.as_str())).collect(),
        ..FilteredMessage::default()
    }
}

fn criterion(hint: Hint) -> Option<Criterion> {
    let place = match hint.place {
        Place::From => RemotePlace::From,
        Place::Recipients => RemotePlace::Recipients,
        Place::Subject => RemotePlace::Subject,
        Place::Header(name) => RemotePlace::Header(name),
        Place::Body => return None,
    };
    Some(Criterion { place, not: hint.not, terms: hint.terms })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mailcase_evidence::examine;

    fn sieve(value: serde_json::Value) -> Sieve {
        Sieve::new(&serde_json::from_value(value).unwrap())
    }

    #[test]
    fn headers_hold_back_what_the_evidence_does_not_admit() {
        let raw =
            b"From: Ann <ann@example.org>\r\nSubject: =?utf-8?Q?=C3=9Cberweisung?=\r\n\r\nthe invoice\r\n";
        let limits = Limits::default();
        for (filter, admitted, held_back) in [
            (serde_json::json!({}), true, false),
            (serde_json::json!({"subject": "überweisung", "body": "invoice"}), true, false),
            (serde_json::json!({"from": "example.com"}), false, true),
            (serde_json::json!({"not_subject": "überweisung"}), false, true),
            (serde_json::json!({"body": "receipt"}), false, false),
        ] {
            let sieve = sieve(filter.clone());
            assert_eq!(
                sieve.admit(&examine(raw, &mailcase_evidence::Means::from(limits))).is_ok(),
                admitted,
                "{filter}"
            );
            assert_eq!(sieve.holds_back(raw, &limits), held_back, "{filter}");
            assert!(!sieve.holds_back(&raw[..40], &limits), "the headers may go on");
        }
    }

    #[test]
    fn what_cannot_be_read_is_not_left_out_for_its_text() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/keys");
        let file = |name: &str| std::fs::read(folder.join(name)).unwrap();
        let locked = examine(&file("to-alice.eml"), &mailcase_evidence::Means::default());
        let mut keys = mailcase_evidence::Keyring::default();
        keys.add_pkcs12(&file("alice.p12"), "secret").unwrap();
        let means = mailcase_evidence::Means { keys, ..mailcase_evidence::Means::default() };
        let opened = examine(&file("to-alice.eml"), &means);
        for (filter, admits_locked, admits_opened) in [
            (serde_json::json!({"body": "before noon"}), true, true),
            (serde_json::json!({"body": "lunch"}), true, false),
            (serde_json::json!({"not_body": "before noon"}), true, false),
            (serde_json::json!({"body": "accounts.csv"}), true, true),
            (serde_json::json!({"body": "before noon", "subject": "lunch"}), false, false),
        ] {
            let sieve = sieve(filter.clone());
            assert_eq!(sieve.admit(&locked).is_ok(), admits_locked, "{filter}");
            assert_eq!(sieve.admit(&opened).is_ok(), admits_opened, "{filter}");
        }
    }

    #[test]
    fn the_names_of_attachments_are_part_of_the_body() {
        let raw = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhi\r\n--b\r\n\
            Content-Disposition: attachment; filename=\"Invoice.zip\"\r\n\r\nzip\r\n--b--\r\n";
        assert!(
            sieve(serde_json::json!({"body": "invoice.ZIP"}))
                .admit(&examine(raw, &mailcase_evidence::Means::default()))
                .is_ok()
        );
    }
}
