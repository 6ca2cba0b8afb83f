//! Pre-filters against real servers: whatever their search finds, the outcome is that of the filter alone.

#![expect(clippy::indexing_slicing, reason = "a missing piece fails the test")]

mod ews;
mod graph;
mod imap;

use anyhow::{Context as _, Result};
use mailcase_core::connector::ConnectorSettings;
use mailcase_core::message::DeliveryState;
use mailcase_core::prefilter::{FilteredMessage, Prefilter};
use mailcase_engine::{EngineConfig, run_once};
use mailcase_evidence::{Address, Evidence, Means, examine};
use mailcase_mail::SourceFactory;
use mailcase_store::{BlobConfig, DatabaseConfig, KnownRemote, MasterKey, Store, StoreConfig};
use rand::RngExt as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const USER: &str = "soc@example.test";
/// The same mail and filters in every run: a difference can be looked into.
const SEED: u64 = 20_261_121;
const MESSAGES: usize = 120;

/// A server and how it is reached.
trait Server {
    type Factory: SourceFactory;

    fn factory(&self) -> Self::Factory;

    /// `kind`, `connection` and the folder watched by default.
    fn connection(&self) -> (&'static str, Value, &'static str);

    fn secrets(&self) -> BTreeMap<String, SecretString>;

    /// How many bytes the message has: that is how it is recognised.
    fn size_of(&self, remote: &KnownRemote) -> Option<u64>;
}

/// Headers as good and bad programs write them.
const FROM: [&[u8]; 12] = [
    b"From: Ann Lee <ann.lee@example.org>",
    b"From: \"Lee, Ann\" <Ann.Lee@EXAMPLE.ORG>",
    b"FROM:ann.lee@example.org (Ann)",
    b"From: =?utf-8?B?QW5uIEzDqWU=?= <ann.lee@mail.example.org>",
    b"From: \"ann.lee@example.org\" <mallory@evil.example>",
    b"From: Mallory <mallory@notexample.org>",
    b"From: undisclosed:;",
    b"From: b\xC3\xBCro@b\xC3\xBCcher.example",
    b"From: buero@xn--bcher-kva.example",
    b"From: folded\r\n <ann.lee@example.org>",
    b"From: two@example.com, ann.lee@example.org",
    b"X-No-Sender: at all",
];
const SUBJECT: [&[u8]; 14] = [
    b"Subject: Invoice overdue",
    b"Subject: Re: your invoice\r\n 4711 of May",
    b"subject:INVOICE",
    b"Subject: =?utf-8?Q?=C3=9Cberweisung_f=C3=BCr_Sie?=",
    b"Subject: =?iso-8859-1?Q?=DCberweisung?=",
    b"Subject: \xDCberweisung, raw",
    b"Subject: \xC3\x9Cberweisung, raw too",
    b"Subject: =?utf-8?B?5Y+R56Wo?= =?utf-8?B?5piO57uG?=",
    b"Subject: =?utf-8?Q?broken encoded words?= =?utf-8?Q?inv",
    b"Subject: =?utf-8?Q?inv?= =?utf-8?Q?oice?=",
    b"Subject: 100% \"quoted\" \\ back * percent",
    b"Subject:",
    b"Subject: first\r\nSubject: second invoice",
    b"X-No-Subject: at all",
];
const TO: [&[u8]; 8] = [
    b"To: soc@example.net",
    b"To: team@example.net\r\nCc: Ann Lee <ann.lee@example.org>",
    b"Bcc: ann.lee@example.org",
    b"To: undisclosed-recipients:;",
    b"To: a@example.com, b@example.com,\r\n\tsoc@example.net",
    b"To: soc@sub.example.net",
    b"Delivered-To: soc@example.net",
    b"To: \"soc@example.net\" <else@example.com>",
];
const MORE: [&[u8]; 6] = [
    b"X-Spam-Flag: YES",
    b"X-Spam-Flag:",
    b"X-Mailer: Odd\r\n one\r\nX-Mailer: Even two",
    b"this line is no header",
    b"X-Long: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    b"X-Other: 1",
];
const BODY: [&[u8]; 7] = [
    b"Please pay the invoice.",
    b"Content-Type: text/html\r\n\r\n<p>Pay<b>ment</b> of the <i>invoice</i></p>",
    b"Content-Transfer-Encoding: base64\r\n\r\nUGxlYXNlIHBheSB0aGUgaW52b2ljZQ==",
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhi\r\n--b\r\nContent-Disposition: attachment; filename=invoice.zip\r\n\r\nx\r\n--b--",
    b"Content-Type: message/rfc822\r\n\r\nFrom: inner@example.org\r\nSubject: inner invoice\r\n\r\ninner",
    b"nothing of interest",
    b"",
];

/// Each of another size: that is how it is recognised.
fn message(random: &mut StdRng, number: usize) -> Vec<u8> {
    let mut raw = Vec::new();
    // Now and then more headers than a glance gives.
    if random.random_ratio(1, 15) {
        for line in 0..400 {
            raw.extend_from_slice(format!("X-Padding: {line:04} {}\r\n", "p".repeat(60)).as_bytes());
        }
    }
    let mut headers: Vec<&[u8]> = [FROM.choose(random), SUBJECT.choose(random), TO.choose(random)]
        .into_iter()
        .flatten()
        .copied()
        .collect();
    headers.extend(MORE.sample(random, 2));
    for header in headers {
        raw.extend_from_slice(header);
        raw.extend_from_slice(b"\r\n");
    }
    let body = BODY[random.random_range(0..BODY.len())];
    if !body.starts_with(b"Content-") {
        raw.extend_from_slice(b"\r\n");
    }
    raw.extend_from_slice(body);
    raw.extend_from_slice(b"\r\n");
    raw.extend_from_slice("\r\n".repeat(number).as_bytes());
    raw.resize(raw.len() + number * 997, b'.');
    raw.extend_from_slice(b"\r\n");
    raw
}

fn terms(random: &mut StdRng, of: &[&str]) -> String {
    let count = random.random_range(1..=2);
    of.sample(random, count).copied().collect::<Vec<_>>().join(", ")
}

fn filter(random: &mut StdRng) -> Prefilter {
    const ADDRESSES: [&str; 8] = [
        "ann.lee@example.org",
        "EXAMPLE.org",
        "example.net",
        "bücher.example",
        "soc@example.net",
        "evil.example",
        "two@example.com",
        "nowhere.example",
    ];
    const TEXTS: [&str; 14] = [
        "invoice",
        "INV",
        "überweisung",
        "Überweisung für",
        "发票",
        "your invoice 4711",
        "broken encoded words",
        "\"\"\"quoted\"\"\"",
        "100%",
        "\\ back *",
        "payment",
        "second",
        "hi",
        "nowhere to be found",
    ];
    let mut filter = Prefilter::default();
    while filter.is_empty() {
        let mut fields: [(&mut String, &[&str]); 8] = [
            (&mut filter.from, &ADDRESSES),
            (&mut filter.not_from, &ADDRESSES),
            (&mut filter.to, &ADDRESSES),
            (&mut filter.not_to, &ADDRESSES),
            (&mut filter.subject, &TEXTS),
            (&mut filter.not_subject, &TEXTS),
            (&mut filter.body, &TEXTS),
            (&mut filter.not_body, &TEXTS),
        ];
        for (field, of) in &mut fields {
            if random.random_ratio(1, 5) {
                **field = terms(random, of);
            }
        }
        if random.random_ratio(1, 3) {
            let field = ["X-Spam-Flag", "x-mailer", "X-Absent", "X-Long"].choose(random).copied();
            let value = ["", "yes", "odd one", "two", "ü"].choose(random).copied();
            filter.headers.push(mailcase_core::prefilter::HeaderCondition {
                field: field.unwrap_or_default().to_owned(),
                value: value.unwrap_or_default().to_owned(),
                not: random.random(),
            });
        }
    }
    filter
}

/// The verdict of the filter on the whole message.
fn admits(filter: &Prefilter, evidence: &Evidence) -> bool {
    let envelope = &evidence.envelope;
    let addresses = |of: &[&[Address]]| -> Vec<String> {
        of.concat().iter().filter_map(|one| one.address.clone()).collect()
    };
    let (from, to) = (addresses(&[&envelope.from]), addresses(&[&envelope.to, &envelope.cc, &envelope.bcc]));
    let message = FilteredMessage {
        from: from.iter().map(String::as_str).collect(),
        to: to.iter().map(String::as_str).collect(),
        subject: envelope.subject.as_deref(),
        text: evidence.text.as_ref().map(|text| text.content.as_str()),
        names: evidence.root.walk().filter_map(|part| part.name.as_deref()).collect(),
        headers: evidence.headers.iter().map(|one| (one.name.as_str(), one.value.as_str())).collect(),
    };
    filter.compile().admit(&message).is_ok()
}

fn messages(random: &mut StdRng) -> Vec<Vec<u8>> {
    (0..MESSAGES).map(|number| message(random, number)).collect()
}

/// Takes the same mail by one filter after the other; how many fetches the server's search spared.
async fn taken_by_the_filter_alone<S: Server>(
    server: &S,
    random: &mut StdRng,
    messages: &[Vec<u8>],
    filters: usize,
) -> Result<usize> {
    let evidence: BTreeMap<u64, Evidence> =
        messages.iter().map(|raw| (raw.len() as u64, examine(raw, &Means::default()))).collect();
    assert_eq!(evidence.len(), MESSAGES, "sizes tell messages apart");
    let directory = tempfile::tempdir()?;
    let store = Store::open(StoreConfig {
        database: DatabaseConfig::Sqlite { path: directory.path().join("mailcase.db") },
        blobs: BlobConfig::Disk { dir: directory.path().join("blobs") },
        master_key: MasterKey::new([1; 32]),
    })
    .await?;
    let organization = store.create_organization("Example").await?;
    let (kind, connection, folder) = server.connection();
    let (mut spared, mut verdicts) = (0, BTreeSet::new());
    for number in 0..filters {
        let filter = filter(random);
        assert_eq!(filter.validate(), [], "{filter:?}");
        let settings: ConnectorSettings = serde_json::from_value(json!({
            "name": "Filtered", "api_name": format!("filtered-{number}"), "kind": kind,
            "backfill": {"take": "all"}, "disposition": {"action": "keep"}, "prefilter": filter,
            "connection": connection,
        }))?;
        let connector = store.create_connector(organization, &settings, &server.secrets(), false).await?;
        let config = EngineConfig::default();
        let summary = run_once(&store, &server.factory(), &connector, &config, |_| {}).await?;
        spared += MESSAGES - summary.fetched;
        let known = store.known_remote(connector.id, folder, None, MESSAGES + 1).await?;
        assert_eq!(known.len(), MESSAGES);
        for remote in known {
            let taken = match remote.state {
                DeliveryState::Acknowledged => true,
                DeliveryState::FilteredOut => false,
                state => panic!("{state:?} {filter:?}"),
            };
            let size = server.size_of(&remote).context("a message of another size")?;
            assert_eq!(taken, admits(&filter, &evidence[&size]), "{filter:?}\n{:?}", evidence[&size].headers);
            verdicts.insert(taken);
        }
    }
    assert_eq!(verdicts.len(), 2, "some are taken, some are not");
    store.close().await;
    Ok(spared)
}
