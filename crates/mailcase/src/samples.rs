//! The sample mail of the demo, built into the program.

use mailcase_evidence::{Means, examine};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../fixtures/mail"]
struct Files;

/// One message of `fixtures/mail`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sample {
    /// File name without its ending.
    pub(crate) name: String,
    pub(crate) raw: Vec<u8>,
    /// Addressed to the mailbox for phishing reports; the others go to the mailbox of the security team.
    pub(crate) reported: bool,
}

/// All samples in the order they would have arrived, so that answers come after what they answer.
pub(crate) fn all() -> Vec<Sample> {
    let mut samples: Vec<_> = Files::iter()
        .filter_map(|path| {
            let name = path.strip_suffix(".eml")?.to_owned();
            let raw = Files::get(&path)?.data.into_owned();
            let envelope = examine(&raw, &Means::default()).envelope;
            let reported = envelope
                .to
                .iter()
                .filter_map(|to| to.address.as_deref())
                .any(|to| to.starts_with("phishing@"));
            // Those without a date last.
            let order = (envelope.date.is_none(), envelope.date);
            Some((order, Sample { name, raw, reported }))
        })
        .collect();
    samples.sort_by(|a, b| (a.0, &a.1.name).cmp(&(b.0, &b.1.name)));
    samples.into_iter().map(|(_, sample)| sample).collect()
}

/// The same message as somebody else would send it the `round`th time: another Message-ID, so another case.
pub(crate) fn again(sample: &Sample, round: usize) -> Vec<u8> {
    const FIELD: &[u8] = b"\r\nMessage-ID: <";
    let Some(at) = sample.raw.windows(FIELD.len()).position(|window| window == FIELD) else {
        return sample.raw.clone();
    };
    let (before, after) = sample.raw.split_at(at.saturating_add(FIELD.len()));
    [before, format!("{round}.").as_bytes(), after].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_after_what_they_answer() {
        let names: Vec<_> = all().into_iter().map(|sample| sample.name).collect();
        let place = |name: &str| names.iter().position(|other| other == name).unwrap();
        assert!(names.len() >= 40);
        for (first, then) in [
            ("phishing-report-parcel-forwarded-inline", "answer-logistics-to-parcel-report"),
            ("phishing-report-mailbox-quota-attached", "answer-service-desk-to-quota-report"),
            ("phishing-report-invoice-zip-attached", "answer-accounts-to-invoice-report"),
            ("phishing-report-invoice-zip-attached", "out-of-office-in-thread"),
            ("advisory-northwall-vpn", "advisory-northwall-vpn-update"),
            ("payment-fraud-managing-director", "payment-fraud-follow-up"),
        ] {
            assert!(place(first) < place(then), "{first} before {then}");
        }
    }

    #[test]
    fn a_repeated_sample_is_another_message() {
        let sample = all().into_iter().find(|sample| sample.name == "phishing-report-qr-code").unwrap();
        let id = |raw: &[u8]| examine(raw, &Means::default()).envelope.message_id.unwrap();
        assert_eq!(id(&again(&sample, 7)), format!("7.{}", id(&sample.raw)));
    }
}
