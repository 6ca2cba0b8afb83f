//! Indicators held against labels made by hand (`indicators/labels.json`, rules in docs/indicators.md): how many of what an
//! analyst writes down is found, and how much is found that nobody writes down. Reads the folder named by
//! `MAILCASE_CORPUS`, by default `shared/corpus` beside the workspace; says so when it is not there.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests fail as tests do")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use mailcase_evidence::{Evidence, How, Indicator, IndicatorKind, Means, examine};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Least precision and recall of every kind.
const AIM: f64 = 0.97;
/// Kinds with fewer labelled values than this are told, not judged.
const ENOUGH: usize = 50;
const KINDS: [&str; 5] = ["url", "domain", "email", "ip", "hash"];

fn corpus() -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let folder = std::env::var_os("MAILCASE_CORPUS").map_or(default, PathBuf::from);
    let there = folder.is_dir();
    if !there {
        println!("SKIPPED: there is no corpus at {}", folder.display());
    }
    there.then_some(folder)
}

fn digests(folder: &Path, found: &mut HashMap<String, PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            digests(&path, found);
        } else {
            let digest = Sha256::digest(std::fs::read(&path).unwrap());
            found.insert(data_encoding::HEXLOWER.encode(&digest), path);
        }
    }
}

/// One form for values written in several ways: URLs without their scheme and the codes in them.
fn form(kind: &str, value: &str) -> String {
    if kind != "url" {
        return value.trim_matches(['\'', '"']).to_lowercase();
    }
    let written = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
    let url = url::Url::parse(&written).map_or(written, String::from);
    let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest).trim_end_matches('/');
    let bytes: Vec<u8> = decoded(rest.as_bytes());
    String::from_utf8_lossy(&bytes).replace(' ', "")
}

fn decoded(text: &[u8]) -> Vec<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        match (first, tail) {
            (b'%', [high, low, after @ ..]) if digit(high).is_some() && digit(low).is_some() => {
                out.push(digit(high).unwrap() * 16 + digit(low).unwrap());
                rest = after;
            }
            _ => out.push(*first),
        }
    }
    out
}

const fn kind_of(kind: IndicatorKind) -> Option<&'static str> {
    match kind {
        IndicatorKind::Url => Some("url"),
        IndicatorKind::Domain => Some("domain"),
        IndicatorKind::Email => Some("email"),
        IndicatorKind::Ipv4 | IndicatorKind::Ipv6 => Some("ip"),
        IndicatorKind::Md5 | IndicatorKind::Sha1 | IndicatorKind::Sha256 | IndicatorKind::Sha512 => {
            Some("hash")
        }
        _ => None,
    }
}

/// Digests of attachments are computed, not found; what wrapped links lead to is not labelled.
fn is_judged(one: &Indicator) -> bool {
    let unwrapped = !one.sightings.is_empty() && one.sightings.iter().all(|seen| seen.how == How::Unwrapped);
    let computed = kind_of(one.kind) == Some("hash") && one.sightings.is_empty();
    !unwrapped && !computed
}

fn labelled(label: &Value, kind: &str) -> BTreeSet<String> {
    label[kind].as_array().unwrap().iter().map(|value| form(kind, value.as_str().unwrap())).collect()
}

/// Found, too much, missed.
type Counts = BTreeMap<&'static str, (usize, usize, usize)>;

fn compare(label: &Value, evidence: &Evidence, counts: &mut Counts, told: &mut Vec<String>) {
    let unclear: Vec<&str> = label["unclear"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    for kind in KINDS {
        let want = labelled(label, kind);
        let indicators = evidence.indicators.iter().filter(|one| kind_of(one.kind) == Some(kind));
        let got: BTreeSet<String> =
            indicators.filter(|one| is_judged(one)).map(|one| form(kind, &one.value)).collect();
        let extra: Vec<&String> = got
            .difference(&want)
            .filter(|value| !unclear.iter().any(|unclear| value.contains(unclear.trim_start_matches('@'))))
            .collect();
        let missed: Vec<&String> = want.difference(&got).collect();
        let entry = counts.entry(kind).or_default();
        entry.0 += want.intersection(&got).count();
        entry.1 += extra.len();
        entry.2 += missed.len();
        let digest = label["sha256"].as_str().unwrap().get(..12).unwrap();
        told.extend(extra.iter().map(|value| format!("too much: {kind} {value} in {digest}")));
        told.extend(missed.iter().map(|value| format!("missed: {kind} {value} in {digest}")));
    }
}

#[test]
fn what_an_analyst_writes_down() {
    let Some(folder) = corpus() else { return };
    let mut files = HashMap::new();
    digests(&folder, &mut files);
    let labels: Vec<Value> = serde_json::from_str(include_str!("indicators/labels.json")).unwrap();
    let (mut counts, mut told) = (Counts::new(), Vec::new());
    for label in &labels {
        let path =
            files.get(label["sha256"].as_str().unwrap()).expect("a labelled mail is not in the corpus");
        let evidence = examine(&std::fs::read(path).unwrap(), &Means::default());
        compare(label, &evidence, &mut counts, &mut told);
    }
    told.iter().for_each(|line| println!("{line}"));
    let mut low = Vec::new();
    for (kind, (right, extra, missed)) in counts {
        #[expect(clippy::cast_precision_loss, reason = "some hundreds")]
        let share = |others: usize| right as f64 / ((right + others) as f64).max(1.0);
        let (precision, recall) = (share(extra), share(missed));
        println!("{kind}: {} labelled, precision {precision:.3}, recall {recall:.3}", right + missed);
        if right + missed >= ENOUGH && precision.min(recall) < AIM {
            low.push(kind);
        }
    }
    assert!(low.is_empty(), "below {AIM}: {low:?}");
}
