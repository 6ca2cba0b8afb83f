//! Good files changed at random: nothing panics, nothing grows beyond its bounds, the same bytes give the same.

use proptest::prelude::*;
use proptest::strategy::ValueTree;

use super::*;
use crate::outlook::fixtures::tnef;
use crate::outlook::{ITEMS, open_message, open_tnef};

/// What may be taken out.
const ROOM: u64 = 4 << 20;

fn bounded(contents: &Contents) {
    let mut all = 0;
    for item in &contents.items {
        if let Content::File(bytes) | Content::Entity(bytes) = &item.content {
            all += bytes.len() as u64;
        }
        assert!(item.name.as_ref().is_none_or(|name| name.len() <= 1_004));
    }
    // Text may grow by half when it becomes UTF-8, and a file of its own has sectors of its own.
    assert!(all <= ROOM * 2, "{all}");
    assert!(contents.items.len() <= ITEMS + 3 && contents.facts.len() <= 100);
    assert!(contents.words.len() <= 1 << 20);
}

fn open(file: &[u8], open: fn(&[u8], &mut Room) -> Contents) -> Contents {
    let contents = open(file, &mut Room::new(ROOM, 100_000_000));
    bounded(&contents);
    contents
}

/// Changed bytes, the more of them early in the file, and perhaps a cut.
fn change(file: &mut Vec<u8>, changes: &[(prop::sample::Index, u8, bool)], cut: Option<prop::sample::Index>) {
    for (at, byte, early) in changes {
        let range = if *early { file.len().min(2_048) } else { file.len() };
        let at = at.index(range);
        file[at] = *byte;
    }
    if let Some(cut) = cut {
        file.truncate(cut.index(file.len()));
    }
}

type Change = (Vec<(prop::sample::Index, u8, bool)>, Option<prop::sample::Index>);

fn changes() -> impl Strategy<Value = Change> {
    (
        prop::collection::vec(any::<(prop::sample::Index, u8, bool)>(), 0..20),
        any::<Option<prop::sample::Index>>(),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn damaged_messages_open((changes, cut) in changes()) {
        let mut file = rich().file();
        change(&mut file, &changes, cut);
        let (once, again) = (open(&file, open_message), open(&file, open_message));
        prop_assert_eq!(format!("{once:?}"), format!("{again:?}"));
        for item in &once.items {
            if item.content_type == "application/vnd.ms-outlook" && let Content::File(within) = &item.content {
                open(within, open_message);
            }
        }
    }

    #[test]
    fn damaged_streams_open((changes, cut) in changes()) {
        let mut file = tnef(&super::tnef::rich());
        change(&mut file, &changes, cut);
        let (once, again) = (open(&file, open_tnef), open(&file, open_tnef));
        prop_assert_eq!(format!("{once:?}"), format!("{again:?}"));
    }
}

#[test]
fn damaged_messages_of_the_corpus_open() {
    let Some(folder) = crate::outlook::outcomes::corpus("") else { return };
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = changes();
    let files = [
        (
            "HiraokaHyperTools+msgreader/test/msgInMsgInMsg.msg",
            open_message as fn(&[u8], &mut Room) -> Contents,
        ),
        ("HiraokaHyperTools+msgreader/test/nonUnicodeCP932.msg", open_message),
        ("HiraokaHyperTools+msgreader/test/Friday Lunch.msg", open_message),
        ("jstedfast+MimeKit/UnitTests/TestData/tnef/panic.tnef", open_tnef),
        ("jstedfast+MimeKit/UnitTests/TestData/tnef/winmail.tnef", open_tnef),
    ];
    for (path, format) in files {
        let good = std::fs::read(folder.join(path)).unwrap();
        for _ in 0..40 {
            let (changes, cut) = strategy.new_tree(&mut runner).unwrap().current();
            let mut file = good.clone();
            change(&mut file, &changes, cut);
            open(&file, format);
        }
    }
}
