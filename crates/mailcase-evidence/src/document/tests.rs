//! Documents written by hand, so that each says one thing.

mod offices;
mod pages;
mod pdfs;

use proptest::prelude::*;

use super::*;
use crate::Lock;
use crate::contents::Content;

fn room() -> Room {
    Room::new(64 << 20, 5_000_000_000)
}

fn read(format: Format, bytes: &[u8]) -> Contents {
    open(format, bytes, &Passwords::given(&[]), &mut room())
}

fn facts<'a>(contents: &'a Contents, name: &str) -> Vec<&'a str> {
    contents.facts.iter().filter(|fact| fact.name == name).map(|fact| fact.value.as_str()).collect()
}

fn content(item: &Item) -> &[u8] {
    match &item.content {
        Content::File(bytes) | Content::Entity(bytes) => bytes,
        Content::Listed { .. } => b"(listed)",
    }
}

fn codes(defects: &[Defect]) -> Vec<&str> {
    defects.iter().map(|defect| defect.code.as_str()).collect()
}

#[test]
fn data_urls() {
    for (url, bytes, kind) in [
        ("data:text/plain;base64,SGVsbG8=", &b"Hello"[..], "text/plain"),
        ("DATA:Image/PNG;charset=x;BASE64,SGVs\nbG8", b"Hello", "image/png"),
        ("data:,a%20b%zz", b"a b%zz", ""),
    ] {
        assert_eq!(data_url(url), Some((bytes.to_vec(), kind.to_owned())), "{url}");
    }
    assert!(data_url("https://x").is_none() && data_url("data:x").is_none() && data_url("dätä:").is_none());
    assert!(base64(b"====").is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn mutated_documents_are_bounded(
        pick in any::<prop::sample::Index>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..20),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        static SAMPLES: std::sync::LazyLock<Vec<(Format, Vec<u8>)>> = std::sync::LazyLock::new(|| {
            [pdfs::samples(), offices::samples(), pages::samples()].concat()
        });
        let (format, mut bytes) = SAMPLES[pick.index(SAMPLES.len())].clone();
        for (at, value) in flips {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let contents = open(format, &bytes, &Passwords::given(&["a".to_owned()]), &mut Room::new(1 << 20, 100_000_000));
        prop_assert!(contents.facts.len() <= FACTS && contents.words.len() <= WORDS_BYTES + 1);
        let kept: usize = contents.items.iter().map(|item| content(item).len()).sum();
        prop_assert!(kept <= 3 << 20, "{kept}");
    }
}
