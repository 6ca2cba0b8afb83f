use std::io::{Cursor, Read, Write};

use proptest::prelude::*;

use super::write::Draft;
use super::*;

fn room() -> Room {
    Room::new(64 << 20, 0)
}

/// Every stream with its path, sorted.
fn streams(file: &Compound<'_>) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut stack = vec![(Compound::ROOT, String::new())];
    while let Some((storage, path)) = stack.pop() {
        for (id, entry) in file.children(storage) {
            let path = format!("{path}/{}", entry.name);
            match entry.kind {
                Kind::Storage => stack.push((id, path)),
                _ => found.push((path, file.stream(id, &mut room()).unwrap().bytes)),
            }
        }
    }
    found.sort();
    found
}

fn example() -> Vec<(String, Vec<u8>)> {
    let mut list = vec![
        ("/large".to_owned(), (0..100_000_u32).flat_map(u32::to_le_bytes).collect()),
        ("/empty".to_owned(), Vec::new()),
        ("/edge".to_owned(), vec![7; 4096]),
        ("/below/small".to_owned(), vec![1; 65]),
        ("/below/deep/\u{1}CompObj".to_owned(), vec![2; 4095]),
    ];
    list.extend((0..300_usize).map(|number| (format!("/many/Été {number}"), vec![number as u8; number])));
    list.sort();
    list
}

fn by_library(list: &[(String, Vec<u8>)], version: cfb::Version) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create_with_version(version, Cursor::new(Vec::new())).unwrap();
    for (path, content) in list {
        file.create_storage_all(path.rsplit_once('/').unwrap().0.to_owned() + "/").unwrap();
        file.create_stream(path).unwrap().write_all(content).unwrap();
    }
    file.flush().unwrap();
    file.into_inner().into_inner()
}

fn by_us(list: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut draft = Draft::new([9; 16]);
    let mut storages = vec![(String::new(), Draft::ROOT)];
    for (path, content) in list {
        let (folder, name) = path.rsplit_once('/').unwrap();
        let mut parent = Draft::ROOT;
        let mut so_far = String::new();
        for step in folder.split('/').skip(1) {
            so_far = format!("{so_far}/{step}");
            parent = match storages.iter().find(|(known, _)| *known == so_far) {
                Some((_, id)) => *id,
                None => draft.storage(parent, step, [0; 16]),
            };
            storages.push((so_far.clone(), parent));
        }
        draft.stream(parent, name, content.clone());
    }
    draft.finish()
}

#[test]
fn reads_what_the_library_writes() {
    for version in [cfb::Version::V3, cfb::Version::V4] {
        let file = by_library(&example(), version);
        let file = Compound::open(&file).unwrap();
        assert!(!file.damaged);
        assert!(streams(&file) == example());
    }
}

#[test]
fn the_library_reads_strictly_what_is_written() {
    let mut list = example();
    for more in [0_usize, 8 << 20] {
        // Above 7 MiB the list of the FAT does not fit into the header.
        list.push((format!("/more {more}"), vec![3; more]));
        let file = by_us(&list);
        let mut library = cfb::OpenOptions::new().strict().open_with(Cursor::new(&file)).unwrap();
        for (path, content) in &list {
            let mut found = Vec::new();
            library.open_stream(path).unwrap().read_to_end(&mut found).unwrap();
            assert!(found == *content, "{path}");
        }
        assert_eq!(library.walk().filter(|entry| entry.is_stream()).count(), list.len());
        list.sort();
        assert!(streams(&Compound::open(&file).unwrap()) == list);
        assert!(by_us(&list) == by_us(&list));
    }
}

#[test]
fn a_cut_file_gives_what_is_left() {
    let file = by_us(&[("/first".to_owned(), vec![1; 5000]), ("/second".to_owned(), vec![2; 5000])]);
    let cut = Compound::open(&file[..file.len() - 4000]).unwrap();
    let first = cut.stream(cut.child(Compound::ROOT, "FIRST", Kind::Stream).unwrap(), &mut room()).unwrap();
    assert!(!first.truncated && first.bytes == [1; 5000]);
    let second = cut.stream(cut.child(Compound::ROOT, "second", Kind::Stream).unwrap(), &mut room()).unwrap();
    assert!(second.truncated && second.bytes == vec![2; 5120 - 4000]);
}

#[test]
fn streams_that_share_their_sectors_are_paid_for_each() {
    let mut file = by_us(&[("/a".to_owned(), vec![1; 50_000]), ("/b".to_owned(), vec![2; 50_000])]);
    // A chain that goes round, and a size nobody has.
    let size = file.windows(8).rposition(|bytes| bytes == 50_000_u64.to_le_bytes()).unwrap();
    file[size..size + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    let opened = Compound::open(&file).unwrap();
    let mut room = Room::new(160_000, 0);
    let id = opened.child(Compound::ROOT, "b", Kind::Stream).unwrap();
    let stream = opened.stream(id, &mut room).unwrap();
    assert!(stream.truncated && stream.bytes.len() < 60_000);
    assert!(opened.stream(id, &mut room).is_ok());
    assert!(matches!(opened.stream(id, &mut room), Err(Short::Full)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn damage_costs_nothing(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..30), cut: prop::sample::Index) {
        let list: Vec<_> = example().into_iter().filter(|(_, content)| content.len() < 5000).collect();
        let mut file = by_us(&list);
        for (at, byte) in changes {
            let at = at.index(file.len().min(4096));
            file[at] = byte;
        }
        file.truncate(cut.index(file.len() * 4).max(512));
        if let Some(opened) = Compound::open(&file) {
            prop_assert!(streams(&opened).len() <= file.len() / ENTRY_BYTES);
        }
    }
}
