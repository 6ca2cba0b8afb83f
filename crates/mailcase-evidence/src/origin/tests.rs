//! Messages signed with keys made for these tests, good and broken in every documented way; and those of the standards.

mod chains;
mod policies;
mod senders;

use std::collections::BTreeMap;

use data_encoding::BASE64;
use ed25519_dalek::{Signer as _, SigningKey};
use rsa::pkcs8::DecodePrivateKey as _;
use rsa::{Pkcs1v15Sign, RsaPrivateKey};

use super::canonical::Bodies;
use super::reader::Reader;
use super::signature::{Kind, Signature};
use super::*;
use crate::{Evidence, Means, Trust, examine, examine_pieces};

const RSA_PRIVATE: &str = "MIICeAIBADANBgkqhkiG9w0BAQEFAASCAmIwggJeAgEAAoGBALlw5xNE/B/hGaQ/nHqqUyUNTNGIyJZ5hOpsH2cMj0dQeCEYH/Pg\
     5vxR5BRxBKS3o4Lz8IEjUdin2VL68L6iAVkeAz2y0ZYz3X6joikxEgdhFOPRn18gHPIMi/RBIxLVP3GAE5TUWqGhYY4grEV4X6F0\
     euD4t/2G3+SBwdKNzg8DAgMBAAECgYEApswKzKZMMVCDg91DnoH9b2JbKk1iPxbmmwTN6h698WNL6liMxQwSN/pgsJJHnvEevfc0\
     6LMgN0QikiTszkth8YK67Rk3vbqtgYP76KvW6Dowbjv6dLwSbUnNr1BslAjwNwI6T8nGPfoRhGxgqhWIKXqhoEFRA5/nUrBI9//q\
     8iECQQDapqWHgQ6zXNKfzv7TD6SKlagltfq8cujsrM+IQ2N7E0qYtinLLuXTY9UY4nYwXBScwUO0yar/rI47w53zIAj/AkEA2R4G\
     IOfR7V8cH1ojH9/Mtfmlel2sEcehXXUI+Jv8vAp8mlXIi3sn8HU1b15J02z7BC6UaR4FDGPypqpab1fV/QJAMAGItGCUjrLhl67F\
     6ic0FC1ZlrYG0BtWoqgqhJtvGxWYOkE8mdy5Hxl7LxSBqIp/CA+ywt3ISoxjSiHf6wJslwJBANd5XZmwl/3dI1rWKP/MKyz6msjL\
     SCbJGZNXwFSC8ptoSOsecY5D5opUuHhTei8y/BfVZoLAQUBfvQS9Ek1oPb0CQQC0EcAw42b8KO1L44z+5TE3BC2fVspksYhB7JFy\
     wtQyzMXiY+XaRtmJwinpu2OdSwRUk1iDGcXxktcoR2OHbttr";
const RSA_PUBLIC: &str = "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC5cOcTRPwf4RmkP5x6qlMlDUzRiMiWeYTqbB9nDI9HUHghGB/z4Ob8UeQUcQSk\
     t6OC8/CBI1HYp9lS+vC+ogFZHgM9stGWM91+o6IpMRIHYRTj0Z9fIBzyDIv0QSMS1T9xgBOU1FqhoWGOIKxFeF+hdHrg+Lf9ht/k\
     gcHSjc4PAwIDAQAB";
/// The same key as RFC 8017 writes it.
const RSA_BARE: &str = "MIGJAoGBALlw5xNE/B/hGaQ/nHqqUyUNTNGIyJZ5hOpsH2cMj0dQeCEYH/Pg5vxR5BRxBKS3o4Lz8IEjUdin2VL68L6iAVkeAz2y\
     0ZYz3X6joikxEgdhFOPRn18gHPIMi/RBIxLVP3GAE5TUWqGhYY4grEV4X6F0euD4t/2G3+SBwdKNzg8DAgMBAAE=";
/// A key of 512 bits, and what it signed.
const WEAK_PUBLIC: &str = "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAMAPPMLJNXH9u9FL6X824vUDr8jqQUkoaYzD6PSsN0o+GjftM5wZDomzRbQv1XsR4cBI\
     bRrXuIgjZHA1tjHmBKkCAwEAAQ==";
const WEAK_SIGNATURE: &str = "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=a.example; s=weak; h=from; bh=UrA8rmgY3eNBot\
     mDWtzAmHyn5RyZv8Gea45sNGsP0zw=; b=Hatlhy7DeuZu1J9nRoR2Ku8Gvg9ZuupvCO27Tas9/1y+GTrByLf6CLB+f45UGvF2n0\
     acLsSxpdd06bwwnTiFEQ==";
/// RFC 8463 §A.2.
const ED25519_PRIVATE: &str = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
const ED25519_PUBLIC: &str = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

/// A DNS of what is written here, in which nothing else is.
#[derive(Debug, Clone, Default)]
pub(super) struct Zone(BTreeMap<Question, Answer>);

impl Zone {
    pub(super) fn new(txt: &[(&str, &str)]) -> Self {
        let mut zone = Self::default();
        for (name, text) in txt {
            zone = zone.with(name, RecordType::Txt, &[text]);
        }
        zone
    }

    pub(super) fn with(mut self, name: &str, record: RecordType, records: &[&str]) -> Self {
        let question = Question { name: name.to_owned(), record };
        let records = records.iter().map(|one| (*one).to_owned()).collect();
        self.0.insert(question, Answer::Records(records));
        self
    }

    /// There is no such name.
    pub(super) fn without(mut self, name: &str, record: RecordType) -> Self {
        self.0.insert(Question { name: name.to_owned(), record }, Answer::NoSuchName);
        self
    }

    pub(super) fn failing(mut self, name: &str, record: RecordType) -> Self {
        self.0.insert(Question { name: name.to_owned(), record }, Answer::Failed);
        self
    }

    /// Answers until nothing is asked any longer.
    pub(super) fn judged(&self, facts: &OriginFacts) -> (Verification, Answers) {
        let mut answers = Answers::default();
        for _ in 0..100 {
            match judge(facts, &answers) {
                Judgement::Judged(verification) => return (*verification, answers),
                Judgement::NeedMore(questions) => {
                    for question in questions {
                        assert_eq!(answers.get(&question), None, "asked twice");
                        let answer = self.0.get(&question).cloned().unwrap_or(Answer::NotFound);
                        answers.insert(question, answer);
                    }
                }
            }
        }
        panic!("it never has enough")
    }
}

/// Mail in LF, as it stands on the wire.
pub(super) fn wire(raw: &str) -> String {
    raw.replace('\n', "\r\n")
}

pub(super) fn examined(raw: &str) -> Evidence {
    examine(raw.as_bytes(), &Means::default())
}

pub(super) fn of(raw: &str, zone: &Zone, method: CheckMethod) -> Vec<Check> {
    let (verification, _) = zone.judged(&examined(raw).origin);
    verification.checks.into_iter().filter(|check| check.method == method).collect()
}

fn dkim(raw: &str, zone: &Zone) -> Check {
    of(raw, zone, CheckMethod::Dkim).remove(0)
}

fn signatures(raw: &str) -> super::reader::Signatures {
    let mut reader = Reader::default();
    reader.feed(raw.as_bytes());
    reader.finish()
}

fn made(algorithm: super::signature::Algorithm, digest: &[u8]) -> String {
    use super::signature::Algorithm::{Ed25519Sha256, RsaSha1};
    if algorithm == Ed25519Sha256 {
        let key =
            SigningKey::from_bytes(&BASE64.decode(ED25519_PRIVATE.as_bytes()).unwrap().try_into().unwrap());
        return BASE64.encode(&key.sign(digest).to_bytes());
    }
    let key = RsaPrivateKey::from_pkcs8_der(&BASE64.decode(RSA_PRIVATE.as_bytes()).unwrap()).unwrap();
    let padding = if algorithm == RsaSha1 {
        Pkcs1v15Sign::new::<sha1::Sha1>()
    } else {
        Pkcs1v15Sign::new::<sha2::Sha256>()
    };
    BASE64.encode(&key.sign(padding, digest).unwrap())
}

/// The hash of the body of `raw`, as a signature with these tags wants it.
fn body_hash(raw: &str, tags: &str) -> String {
    let signature = Signature::read(&format!("{tags}; bh=AA==; b=AA=="), Kind::Arc).unwrap();
    let mut bodies = Bodies::new([signature.body]);
    bodies.feed(raw.split_once("\r\n\r\n").unwrap().1.as_bytes());
    BASE64.encode(&bodies.finish()[0].1)
}

/// `raw` with a signature of these tags in front.
pub(super) fn signed(raw: &str, tags: &str) -> String {
    let head = format!("DKIM-Signature: {tags}; bh={}; b=", body_hash(raw, tags));
    let half = signatures(&format!("{head}AA==\r\n{raw}")).dkim.remove(0).unwrap();
    format!("{head}{}\r\n{raw}", made(half.signature.by.algorithm, &half.digest))
}

const MAIL: &str = "From: Anna <anna@a.example>\r\nTo: b@b.example\r\nSubject: Hello\r\n\
                    Date: Thu, 1 Jan 2026 12:00:00 +0000\r\n\r\nHello  Bob.\r\n\r\n";
const TAGS: &str = "v=1; a=rsa-sha256; c=relaxed/simple; d=a.example; s=k; h=from:to:subject:date";

fn key() -> String {
    format!("v=DKIM1; k=rsa; p={RSA_PUBLIC}")
}

fn zone(record: &str) -> Zone {
    Zone::new(&[("k._domainkey.a.example", record)])
}

#[test]
fn the_message_of_rfc_8463_passes() {
    let raw = wire(
        "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\n d=football.example.com; \
         i=@football.example.com;\n q=dns/txt; s=brisbane; t=1528637909; h=from : to :\n subject : date : \
         message-id : from : subject : date;\n bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n \
         b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\n Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\n\
         DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\n d=football.example.com; \
         i=@football.example.com;\n q=dns/txt; s=test; t=1528637909; h=from : to : subject :\n date : message-id : \
         from : subject : date;\n bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n \
         b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\n \
         DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\n \
         dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\nFrom: Joe SixPack <joe@football.example.com>\n\
         To: Suzie Q <suzie@shopping.example.net>\nSubject: Is dinner ready?\n\
         Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\n\
         Message-ID: <20030712040037.46341.5F8J@football.example.com>\n\nHi.\n\n\
         We lost the game.  Are you hungry yet?\n\nJoe.\n",
    );
    let rsa = "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdO\
               Kb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2E\
               eC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB";
    let ed25519 = format!("v=DKIM1; k=ed25519; p={ED25519_PUBLIC}");
    let zone = Zone::new(&[
        ("brisbane._domainkey.football.example.com", &ed25519),
        ("test._domainkey.football.example.com", rsa),
        ("_dmarc.football.example.com", "v=DMARC1; p=reject; adkim=s"),
    ]);
    let found = of(&raw, &zone, CheckMethod::Dkim);
    assert_eq!(found.iter().map(|one| one.outcome).collect::<Vec<_>>(), [CheckOutcome::Pass; 2], "{found:?}");
    assert!(found.iter().all(|one| one.notes.is_empty() && one.aligned == Some(true)), "{found:?}");
    assert_eq!(of(&raw, &zone, CheckMethod::Dmarc)[0].outcome, CheckOutcome::Pass);
    let changed = raw.replace("lost", "won");
    assert!(of(&changed, &zone, CheckMethod::Dkim).iter().all(|one| one.outcome == CheckOutcome::Fail));
}

#[test]
fn the_message_of_rfc_6376_passes() {
    let raw = wire(
        "DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;\n      c=simple/simple; q=dns/txt; \
         i=joe@football.example.com;\n      h=Received : From : To : Subject : Date : Message-ID;\n      \
         bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n      \
         b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB\n      \
         4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut\n      \
         KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV\n      4bmp/YzhwvcubU4=;\n\
         Received: from client1.football.example.com  [192.0.2.1]\n      by submitserver.example.com with \
         SUBMISSION;\n      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)\nFrom: Joe SixPack <joe@football.example.com>\n\
         To: Suzie Q <suzie@shopping.example.net>\nSubject: Is dinner ready?\n\
         Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\n\
         Message-ID: <20030712040037.46341.5F8J@football.example.com>\n\nHi.\n\n\
         We lost the game. Are you hungry yet?\n\nJoe.\n",
    );
    let key = "v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCjxOC\
               KG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIM\
               mPSPDdQPNUYckcQ2QIDAQAB";
    let zone = Zone::new(&[("brisbane._domainkey.example.com", key)]);
    let found = dkim(&raw, &zone);
    assert_eq!(found.outcome, CheckOutcome::Pass, "{found:?}");
    // Stored with other line ends, it is the same message.
    assert_eq!(dkim(&raw.replace("\r\n", "\n"), &zone).outcome, CheckOutcome::Pass);
    assert_eq!(dkim(&raw.replace("Subject: Is", "Subject:  Is"), &zone).outcome, CheckOutcome::Fail);
}

#[test]
fn signatures_of_every_kind_pass() {
    let bare = format!("p={RSA_BARE}");
    let (start, end) = RSA_PUBLIC.split_at(50);
    let folded = format!("v=DKIM1; h=sha1:sha256; s=email; t=s; n=x; p={start} {end}");
    let curve = format!("v=DKIM1;k=ed25519;p={ED25519_PUBLIC}");
    let plain = key();
    for (tags, record) in [
        (TAGS.to_owned(), &plain),
        (TAGS.to_owned(), &bare),
        (TAGS.to_owned(), &folded),
        (TAGS.replace("relaxed/simple", "simple/relaxed"), &plain),
        (TAGS.replace("relaxed/simple", "relaxed"), &plain),
        (TAGS.replace("c=relaxed/simple;", ""), &plain),
        (TAGS.replace("rsa-sha256", "ed25519-sha256"), &curve),
        (format!("{TAGS}; t=1767268000; i=anna@a.example; q=dns/txt"), &plain),
        (format!("{TAGS}; l=13"), &plain),
        (TAGS.replace("h=from", "h=from:from:from:x-none"), &plain),
    ] {
        let found = dkim(&signed(MAIL, &tags), &zone(record));
        assert_eq!(found.outcome, CheckOutcome::Pass, "{tags}: {found:?}");
        assert!(found.notes.is_empty(), "{found:?}");
    }
}

#[test]
fn broken_signatures_are_told_from_good_ones() {
    use CheckOutcome::{Fail, PermError, TempError};
    let arrived = "Received: from x ([192.0.2.7]) by mx.b.example; Thu, 1 Jan 2026 12:00:00 +0000\r\n";
    let good = signed(MAIL, TAGS);
    let key = key();
    let with = |tags: &str| format!("{arrived}{}", signed(MAIL, &format!("{TAGS}; {tags}")));
    let curve = format!("v=DKIM1; k=ed25519; p={ED25519_PUBLIC}");
    for (raw, record, outcome, reason) in [
        (good.replace("Bob", "Eve"), key.as_str(), Fail, "the body was changed"),
        (good.replace("Subject: Hello", "Subject: Bye"), &key, Fail, "headers were changed"),
        (good.replace("Subject: Hello\r\n", ""), &key, Fail, "headers were changed"),
        (good.clone(), "v=DKIM1; p=", PermError, "revoked"),
        (good.clone(), "v=DKIM1; k=rsa", PermError, "holds no key"),
        (good.clone(), "v=DKIM2; p=AA==", PermError, "another version"),
        (good.clone(), "v=DKIM1; p=*", PermError, "no base64"),
        (good.clone(), "v=DKIM1; p=AAAA", PermError, "cannot be read"),
        (good.clone(), "nothing", PermError, "no list of tags"),
        (good.clone(), &curve, PermError, "of the kind ed25519"),
        (good.clone(), &format!("{key}; h=sha1"), PermError, "not for sha256"),
        (good.clone(), &format!("{key}; s=web"), PermError, "not for mail"),
        (good.clone(), &format!("v=DKIM1; p={WEAK_PUBLIC}"), Fail, "another key"),
        (with("x=1767000000"), &key, Fail, "expired"),
        (with("i=@mail.a.example"), &format!("{key}; t=s"), PermError, "t=s"),
        (
            signed(MAIL, &format!("{TAGS}; l=14")).replace("Bob.\r\n\r\n", "Bob\r\n"),
            &key,
            Fail,
            "more text than",
        ),
        (good.replace("v=1;", "v=2;"), &key, PermError, "version"),
        (good.replace("h=from:to", "h=to"), &key, PermError, "From"),
        (good.replace("; b=", "; c=x; b="), &key, PermError, "list of tags"),
    ] {
        let found = dkim(&raw, &zone(record));
        assert_eq!(found.outcome, outcome, "{reason}: {found:?}");
        assert!(found.reason.contains(reason), "{reason}: {found:?}");
    }
    let none = dkim(&good, &Zone::default());
    assert!(
        none.outcome == PermError && none.reason.contains("no key at k._domainkey.a.example"),
        "{none:?}"
    );
    let away = dkim(&good, &Zone::default().failing("k._domainkey.a.example", RecordType::Txt));
    assert_eq!(away.outcome, TempError);
    // Of several records the good one counts.
    let several = Zone::default().with("k._domainkey.a.example", RecordType::Txt, &["p=", "p=AAAA", &key]);
    assert_eq!(dkim(&good, &several).outcome, CheckOutcome::Pass);
}

#[test]
fn what_nobody_should_rely_on_is_no_pass() {
    let mail = format!("{WEAK_SIGNATURE}\r\nFrom: anna@a.example\r\n\r\nHi.\r\n");
    let weak = Zone::new(&[("weak._domainkey.a.example", &format!("p={WEAK_PUBLIC}"))]);
    let found = dkim(&mail, &weak);
    assert!(found.outcome == CheckOutcome::Policy && found.reason.contains("512 bits"), "{found:?}");
    assert_eq!(dkim(&mail.replace("anna", "eve"), &weak).outcome, CheckOutcome::Fail);
    let old = dkim(&signed(MAIL, &TAGS.replace("sha256", "sha1")), &zone(&key()));
    assert!(old.outcome == CheckOutcome::Policy && old.reason.contains("rsa-sha1"), "{old:?}");
    let second = signed(MAIL, TAGS).replace("From: Anna", "From: Eve <eve@e.example>\r\nFrom: Anna");
    let second = dkim(&second, &zone(&key()));
    assert!(second.outcome == CheckOutcome::Policy && second.reason.contains("second From"), "{second:?}");
    let kept = signed(MAIL, &TAGS.replace("h=from", "h=from:from"));
    let kept = kept.replace("From: Anna", "From: Eve <eve@e.example>\r\nFrom: Anna");
    assert_eq!(dkim(&kept, &zone(&key())).outcome, CheckOutcome::Fail, "signed as being alone");
}

#[test]
fn what_else_to_know_is_noted() {
    let arrived = "Received: from x ([192.0.2.7]) by mx.b.example; Thu, 1 Jan 2026 12:00:00 +0000\r\n";
    let cut = signed(MAIL, &format!("{TAGS}; l=5"));
    let noted = |raw: &str, record: &str| {
        let found = dkim(raw, &zone(record));
        assert_eq!(found.outcome, CheckOutcome::Pass, "{found:?}");
        found.notes.join("; ")
    };
    assert!(noted(&cut, &key()).contains("8 bytes at the end"), "{}", noted(&cut, &key()));
    assert!(noted(&format!("{}<b>more</b>", cut), &key()).contains("23 bytes at the end"));
    assert!(noted(&signed(MAIL, &TAGS.replace("subject:", "")), &key()).contains("not signed: subject"));
    assert!(noted(&signed(MAIL, TAGS), &format!("{}; t=y:s", key())).contains("t=y"));
    let later = format!("{arrived}{}", signed(MAIL, &format!("{TAGS}; t=1767999999")));
    assert!(noted(&later, &key()).contains("dated after"));
    let in_time = format!("{arrived}{}", signed(MAIL, &format!("{TAGS}; x=1767999999")));
    assert_eq!(noted(&in_time, &key()), "");
    let unknown = signed(MAIL, &format!("{TAGS}; x=1767000000"));
    assert!(noted(&unknown, &key()).contains("is unknown"));
}

#[test]
fn signatures_are_bounded_and_each_stands_for_itself() {
    let mut raw = MAIL.to_owned();
    for form in
        ["relaxed/simple", "relaxed/relaxed", "simple/simple", "simple/relaxed"].iter().cycle().take(12)
    {
        raw = signed(&raw, &TAGS.replace("relaxed/simple", form));
    }
    let found = of(&raw, &zone(&key()), CheckMethod::Dkim);
    assert_eq!(found.len(), 10);
    assert!(found.iter().all(|one| one.outcome == CheckOutcome::Pass), "{found:?}");
    assert!(found[9].notes.iter().any(|note| note.starts_with("2 more")));
    let long = format!("X: {}\r\n{}", "x".repeat(1 << 20), signed(MAIL, TAGS));
    let found = of(&long, &zone(&key()), CheckMethod::Dkim);
    assert!(found.len() == 1 && found[0].reason.contains("too long"), "{found:?}");
}

#[test]
fn without_the_dns_the_body_alone_is_judged() {
    let good = signed(MAIL, TAGS);
    let own = |raw: &str| examined(raw).verdicts.own;
    let found = own(&good).unwrap();
    assert_eq!(found.checks.len(), 1);
    assert_eq!((found.checks[0].outcome, found.asked_at), (CheckOutcome::NotChecked, None));
    assert!(found.checks[0].reason.contains("body is as it was signed"));
    assert_eq!(own(&good.replace("Bob", "Eve")).unwrap().checks[0].outcome, CheckOutcome::Fail);
    assert_eq!(own(MAIL), None);
}

#[test]
fn pieces_and_other_line_ends_give_the_same() {
    let raw = signed(&signed(MAIL, TAGS), &TAGS.replace("relaxed/simple", "simple/relaxed"));
    let whole = examined(&raw).origin;
    for size in [1, 2, 3, 7, 64, 500] {
        let pieces = examine_pieces(raw.as_bytes().chunks(size), &Means::default());
        assert_eq!(pieces.origin, whole, "{size}");
    }
    let unix = examined(&raw.replace("\r\n", "\n")).origin;
    assert_eq!(unix.signatures, whole.signatures);
    let blank = examined(&format!("\r\n\n{raw}")).origin;
    assert_eq!(blank.signatures, whole.signatures);
}

#[test]
fn asking_late_is_told() {
    let arrived = "Received: from x ([192.0.2.7]) by mx.b.example; Thu, 1 Jan 2026 12:00:00 +0000\r\n";
    let noted = |asked: &str| {
        let mut evidence = examined(&format!("{arrived}{MAIL}"));
        let (verification, _) = Zone::default().judged(&evidence.origin);
        evidence.verified(Verification { asked_at: Some(asked.parse().unwrap()), ..verification });
        evidence.verdicts.own.unwrap().dmarc().unwrap().notes.clone()
    };
    assert!(noted("2026-01-01T12:00:05Z").is_empty());
    assert!(noted("2026-02-01T12:00:00Z")[0].contains("31 days after"));
}

#[test]
fn the_answers_it_was_judged_by_judge_it_again() {
    let facts = examined(&signed(MAIL, TAGS)).origin;
    let zone = zone(&key()).failing("_dmarc.a.example", RecordType::Txt);
    let (verification, _) = zone.judged(&facts);
    let json = serde_json::to_string(&verification).unwrap();
    let kept: Verification = serde_json::from_str(&json).unwrap();
    assert_eq!(kept, verification);
    let Judgement::NeedMore(missing) = judge(&facts, &kept.answers()) else {
        panic!("what failed is asked again")
    };
    assert_eq!(missing.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["_dmarc.a.example"]);
    let mut answers = kept.answers();
    answers.insert(missing[0].clone(), Answer::NotFound);
    let Judgement::Judged(again) = judge(&facts, &answers) else { panic!("everything is known") };
    assert_eq!(
        again.checks.iter().find(|one| one.method == CheckMethod::Dkim).unwrap().outcome,
        CheckOutcome::Pass
    );
}
