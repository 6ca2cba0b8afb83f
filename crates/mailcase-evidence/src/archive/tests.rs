//! Archives by real programs, and the hostile ones no program makes.

pub(crate) mod made;
mod tools;

use std::io::Write;

use proptest::prelude::*;

use super::*;
use made::{Member, zip};

fn room() -> Room {
    Room::new(64 << 20, 5_000_000_000)
}

fn read(format: Format, bytes: &[u8], passwords: &[&str]) -> Contents {
    let passwords: Vec<String> = passwords.iter().map(|one| (*one).to_owned()).collect();
    open(format, bytes, &Passwords::given(&passwords), &mut room())
}

fn content(item: &Item) -> Option<&[u8]> {
    match &item.content {
        Content::File(bytes) | Content::Entity(bytes) => Some(bytes),
        Content::Listed { .. } => None,
    }
}

fn codes(defects: &[Defect]) -> Vec<&str> {
    defects.iter().map(|defect| defect.code.as_str()).collect()
}

fn value<'a>(facts: &'a [Fact], name: &str) -> Option<&'a str> {
    facts.iter().find(|fact| fact.name == name).map(|fact| fact.value.as_str())
}

fn names(contents: &Contents) -> Vec<&str> {
    contents.items.iter().map(|item| item.name.as_deref().unwrap_or_default()).collect()
}

#[test]
fn members_come_in_order_with_their_facts() {
    let bytes = zip(&[
        Member { comment: "from me", ..Member::stored("a.txt", b"one") },
        Member::stored("folder/", b""),
        Member::deflated("folder/b.txt", b"two two two two two two"),
    ]);
    let contents = read(Format::Zip, &bytes, &[]);
    assert_eq!(names(&contents), ["a.txt", "folder/b.txt"]);
    assert_eq!(content(&contents.items[0]), Some(&b"one"[..]));
    assert_eq!(content(&contents.items[1]), Some(&b"two two two two two two"[..]));
    assert_eq!(value(&contents.items[0].facts, "modified"), Some("2026-11-21T10:20:30"));
    assert_eq!(value(&contents.items[0].facts, "comment"), Some("from me"));
    assert_eq!(value(&contents.facts, "comment"), Some("made by a test"));
    assert!(contents.defects.is_empty() && contents.items.iter().all(|item| item.defects.is_empty()));
}

#[test]
fn names_that_lead_elsewhere_are_kept_and_said() {
    for name in
        ["../../etc/passwd", "/etc/passwd", "C:\\x.exe", "..\\x", "a/../../b", "\\\\host\\share", "a\0.txt"]
    {
        let contents = read(Format::Zip, &zip(&[Member::stored(name, b"x")]), &[]);
        assert_eq!(names(&contents), [name]);
        assert_eq!(codes(&contents.items[0].defects), ["unsafe_name"], "{name}");
    }
    let contents = read(Format::Zip, &zip(&[Member::stored("a..b/c.", b"x")]), &[]);
    assert!(contents.items[0].defects.is_empty());
}

#[test]
fn names_without_a_charset_are_read() {
    for (name, wanted) in [
        (&b"\x81bung.txt"[..], "übung.txt"),
        (
            &b"\x84\xae\xa3\xae\xa2\xae\xe0 \xe1 \xaa\xab\xa8\xa5\xad\xe2\xae\xac.doc"[..],
            "Договор с клиентом.doc",
        ),
        ("größe.txt".as_bytes(), "größe.txt"),
    ] {
        let contents =
            read(Format::Zip, &zip(&[Member { raw_name: Some(name), ..Member::stored("x", b"x") }]), &[]);
        assert_eq!(names(&contents), [wanted]);
    }
}

#[test]
fn the_same_name_twice_is_two_members() {
    let bytes = zip(&[Member::stored("Invoice.pdf", b"shown"), Member::stored("invoice.PDF", b"run")]);
    let contents = read(Format::Zip, &bytes, &[]);
    assert_eq!(content(&contents.items[0]), Some(&b"shown"[..]));
    assert_eq!(content(&contents.items[1]), Some(&b"run"[..]));
    assert_eq!(codes(&contents.items[1].defects), ["duplicate_name"]);
}

#[test]
fn a_damaged_member_costs_only_itself() {
    let long: Vec<u8> = (0..5_000_u32).flat_map(|n| (n * n).to_le_bytes()).collect();
    let mut bytes = zip(&[Member::deflated("a", &long), Member::stored("b", b"fine")]);
    for byte in &mut bytes[4_000..4_040] {
        *byte ^= 0xff;
    }
    let contents = read(Format::Zip, &bytes, &[]);
    let first = &contents.items[0];
    assert!(codes(&first.defects).iter().any(|code| ["damaged", "bad_checksum"].contains(code)));
    assert!(content(first).is_some_and(|kept| kept.starts_with(&long[..1_000])));
    assert_eq!(content(&contents.items[1]), Some(&b"fine"[..]));
    assert!(contents.items[1].defects.is_empty());
}

#[test]
fn without_a_directory_the_members_are_found_by_their_headers() {
    let bytes = zip(&[Member::deflated("a.txt", b"one one one"), Member::stored("b.txt", b"two")]);
    let directory = memchr::memmem::find(&bytes, b"PK\x01\x02").unwrap();
    let contents = read(Format::Zip, &bytes[..directory], &[]);
    assert_eq!(names(&contents), ["a.txt", "b.txt"]);
    assert_eq!(content(&contents.items[0]), Some(&b"one one one"[..]));
    assert_eq!(codes(&contents.defects), ["bad_directory"]);
    // Cut within a member.
    let contents = read(Format::Zip, &bytes[..directory - 1], &[]);
    assert_eq!(content(&contents.items[1]), Some(&b"tw"[..]));
    assert!(codes(&contents.items[1].defects).contains(&"truncated"));
}

#[test]
fn members_the_directory_hides_are_found() {
    let hidden = zip(&[Member::stored("hidden.exe", b"MZ")]);
    let shown = zip(&[Member::stored("shown.txt", b"hello")]);
    // Two archives in one file: programs differ in which they open.
    let contents = read(Format::Zip, &[hidden, shown].concat(), &[]);
    assert_eq!(names(&contents), ["shown.txt", "hidden.exe"]);
    assert_eq!(codes(&contents.defects), ["hidden_members"]);
    assert_eq!(codes(&contents.items[1].defects), ["not_in_directory"]);
}

#[test]
fn bytes_before_the_archive_do_not_hide_it() {
    let bytes = [&b"MZ a program that unpacks itself"[..], &zip(&[Member::stored("a", b"x")])].concat();
    let contents = read(Format::Zip, &bytes, &[]);
    assert_eq!(content(&contents.items[0]), Some(&b"x"[..]));
    assert_eq!(value(&contents.facts, "prepended_bytes"), Some("32"));
}

#[test]
fn directory_and_header_that_differ_are_said() {
    let member = Member { local_name: Some("invoice.exe"), ..Member::stored("invoice.pdf", b"x") };
    let contents = read(Format::Zip, &zip(&[member]), &[]);
    assert_eq!(names(&contents), ["invoice.pdf"]);
    assert_eq!(codes(&contents.items[0].defects), ["bad_local_header"]);
    assert_eq!(contents.items[0].defects[0].message, "its own header says another name than the directory");
}

#[test]
fn overlapping_members_are_unpacked_a_few_times_only() {
    let zeros = vec![0; 1 << 20];
    let member = Member::deflated("0", &zeros);
    let mut entries = vec![member];
    for _ in 0..300 {
        entries.push(Member { at: Some(0), ..entries[0].clone() });
    }
    let mut small = Room::new(64 << 20, 0);
    let bytes = zip(&entries);
    let contents = open(Format::Zip, &bytes, &Passwords::given(&[]), &mut small);
    let unpacked = contents.items.iter().filter(|item| content(item).is_some()).count();
    assert!(unpacked < 70, "{unpacked}");
    assert!(contents.items.iter().skip(1).all(|item| codes(&item.defects).contains(&"overlapping")));
    assert!(
        contents.items.iter().any(|item| codes(&item.defects).iter().any(|code| code.starts_with("limit_")))
    );
}

#[test]
fn bombs_are_not_kept_and_leave_room_for_others() {
    let zeros = vec![0; 40 << 20];
    let bytes = zip(&[Member::deflated("bomb", &zeros), Member::stored("b", b"fine")]);
    let contents = read(Format::Zip, &bytes, &[]);
    assert_eq!(codes(&contents.items[0].defects), ["limit_ratio"]);
    assert_eq!(content(&contents.items[1]), Some(&b"fine"[..]));
    let mut packed = Vec::new();
    let mut gzip = flate2::write::GzEncoder::new(&mut packed, flate2::Compression::best());
    gzip.write_all(&zeros).unwrap();
    gzip.finish().unwrap();
    let contents = read(Format::Gzip, &packed, &[]);
    assert_eq!(codes(&contents.items[0].defects), ["limit_ratio"]);
}

#[test]
fn more_members_than_the_limit_are_passed_over() {
    let names: Vec<String> = (0..MEMBERS + 5).map(|n| n.to_string()).collect();
    let members: Vec<Member<'_>> = names.iter().map(|name| Member::stored(name, b"")).collect();
    let contents = read(Format::Zip, &zip(&members), &[]);
    assert_eq!(contents.items.len(), MEMBERS);
    assert_eq!(codes(&contents.defects), ["limit_members"]);
}

#[test]
fn a_tape_may_claim_any_size() {
    let claiming = |size| {
        let mut header = tar::Header::new_gnu();
        header.set_path("a").unwrap();
        header.set_size(size);
        header.set_cksum();
        read(Format::Tar, &[header.as_bytes(), &b"abc"[..]].concat(), &[])
    };
    for size in [4, 1 << 40, 1 << 57] {
        let contents = claiming(size);
        assert_eq!(content(&contents.items[0]), Some(&b"abc"[..]), "{size}");
        assert_eq!(codes(&contents.items[0].defects), ["truncated"], "{size}");
    }
    assert_eq!(codes(&claiming(u64::MAX).defects), ["damaged"]);
}

#[test]
fn tapes_keep_their_order_and_name_their_links() {
    let mut tape = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(3);
    header.set_mtime(1_763_720_430);
    tape.append_data(&mut header, format!("{}/long", "d".repeat(150)), &b"one"[..]).unwrap();
    let mut link = tar::Header::new_gnu();
    link.set_entry_type(tar::EntryType::Symlink);
    link.set_size(0);
    tape.append_link(&mut link, "link", "/etc/passwd").unwrap();
    let mut header = tar::Header::new_gnu();
    header.set_size(3);
    tape.append_data(&mut header, "last", &b"two"[..]).unwrap();
    let bytes = tape.into_inner().unwrap();
    let contents = read(Format::Tar, &bytes, &[]);
    assert_eq!(names(&contents), [format!("{}/long", "d".repeat(150)).as_str(), "link", "last"]);
    assert_eq!(content(&contents.items[0]), Some(&b"one"[..]));
    assert_eq!(value(&contents.items[0].facts, "modified"), Some("2025-11-21T10:20:30Z"));
    assert_eq!(value(&contents.items[1].facts, "symbolic_link"), Some("/etc/passwd"));
    assert!(content(&contents.items[1]).is_none());
    // A header in the middle is broken.
    let mut broken = bytes.clone();
    let at = memchr::memmem::find(&broken, b"link\0").unwrap();
    broken[at] = b'L';
    let contents = read(Format::Tar, &broken, &[]);
    assert_eq!(content(contents.items.last().unwrap()), Some(&b"two"[..]));
    assert_eq!(codes(&contents.defects), ["damaged"]);
}

#[test]
fn gzip_says_its_name_and_joins_its_streams() {
    let mut bytes = Vec::new();
    for part in [&b"one "[..], b"two"] {
        let mut gzip = flate2::GzBuilder::new()
            .filename("report.xml")
            .mtime(1_763_720_430)
            .write(&mut bytes, flate2::Compression::fast());
        gzip.write_all(part).unwrap();
        gzip.finish().unwrap();
    }
    let whole = read(Format::Gzip, &bytes, &[]);
    assert_eq!(names(&whole), ["report.xml"]);
    assert_eq!(content(&whole.items[0]), Some(&b"one two"[..]));
    bytes.extend_from_slice(b"trailing");
    assert_eq!(codes(&read(Format::Gzip, &bytes, &[]).defects), ["trailing_data"]);
    let cut = read(Format::Gzip, &bytes[..bytes.len() - 14], &[]);
    assert_eq!(codes(&cut.items[0].defects), ["damaged"]);
    assert_eq!(content(&cut.items[0]), Some(&b"one two"[..]));
}

#[test]
fn rar_of_all_versions_with_and_without_password() {
    use rars::{ArchiveVersion, Builder};
    for version in
        [ArchiveVersion::Rar20, ArchiveVersion::Rar30, ArchiveVersion::Rar50, ArchiveVersion::Rar70]
    {
        for (password, hidden, solid) in [
            (None, false, false),
            (None, false, true),
            (Some("infected"), false, false),
            (Some("infected"), true, false),
        ] {
            if hidden && version == ArchiveVersion::Rar20 {
                continue;
            }
            let mut builder = Builder::new(version)
                .password(password.map(|word| word.as_bytes().to_vec()))
                .header_encryption(hidden)
                .solid(solid);
            builder.add_bytes(b"a.txt".to_vec(), b"one one one one".to_vec(), None, None).unwrap();
            builder.add_bytes(b"dir/b.txt".to_vec(), vec![b'x'; 30_000], None, None).unwrap();
            let bytes = builder.to_bytes().unwrap();
            assert_eq!(format(&bytes), Some(Format::Rar));
            let contents = read(Format::Rar, &bytes, &[]);
            let what = format!("{version:?} {password:?} {hidden} {solid}: {contents:?}");
            assert_eq!(names(&contents), ["a.txt", "dir/b.txt"], "{what}");
            assert_eq!(content(&contents.items[0]), Some(&b"one one one one"[..]), "{what}");
            assert_eq!(content(&contents.items[1]).map(<[u8]>::len), Some(30_000), "{what}");
            assert_eq!(value(&contents.facts, "password"), password, "{what}");
        }
        let mut builder = Builder::new(version).password(Some(b"nobody knows".to_vec()));
        builder.add_bytes(b"a.txt".to_vec(), b"one".to_vec(), None, None).unwrap();
        let contents = read(Format::Rar, &builder.to_bytes().unwrap(), &["wrong"]);
        assert_eq!(contents.lock, Some(Lock::Password), "{version:?}");
        assert_eq!(contents.items[0].lock, Some(Lock::Password), "{version:?}");
    }
}

#[test]
fn cabinets_of_stored_and_packed_folders() {
    for compression in [cab::CompressionType::None, cab::CompressionType::MsZip] {
        let mut builder = cab::CabinetBuilder::new();
        let folder = builder.add_folder(compression);
        folder.add_file("a.txt");
        folder.add_file("b.bin");
        let long: Vec<u8> = (0..100_000_u32).flat_map(|n| (n / 3).to_le_bytes()).collect();
        let mut writer = builder.build(std::io::Cursor::new(Vec::new())).unwrap();
        let mut files = [&b"one"[..], &long].into_iter();
        while let Some(mut file) = writer.next_file().unwrap() {
            file.write_all(files.next().unwrap()).unwrap();
        }
        let bytes = writer.finish().unwrap().into_inner();
        assert_eq!(format(&bytes), Some(Format::Cabinet));
        let contents = read(Format::Cabinet, &bytes, &[]);
        assert_eq!(names(&contents), ["a.txt", "b.bin"]);
        assert_eq!(content(&contents.items[0]), Some(&b"one"[..]));
        assert_eq!(content(&contents.items[1]), Some(&long[..]));
        let cut = read(Format::Cabinet, &bytes[..bytes.len() / 2], &[]);
        assert!(cut.items.iter().any(|item| codes(&item.defects) == ["damaged"]));
    }
}

#[test]
fn tries_of_passwords_are_counted() {
    let Some(bytes) = tools::seven_zip(&["-tzip", "-mem=AES256", "-psecret99"], &[("a", b"x")]) else {
        return;
    };
    let contents = open(
        Format::Zip,
        &bytes,
        &Passwords::given(&["secret99".to_owned()]),
        &mut Room::new(1 << 20, 1_000),
    );
    assert_eq!(codes(&contents.items[0].defects), ["limit_effort"]);
    assert_eq!(contents.lock, Some(Lock::Password));
}

/// One good archive of each format.
fn samples() -> Vec<(Format, Vec<u8>)> {
    let mut tape = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(3);
    tape.append_data(&mut header, "one", &b"one"[..]).unwrap();
    let mut gzip = flate2::GzBuilder::new().filename("a").write(Vec::new(), flate2::Compression::fast());
    gzip.write_all(b"content content content").unwrap();
    let mut samples = vec![
        (Format::Zip, zip(&[Member::deflated("a", b"one one one"), Member::stored("b", b"two")])),
        (Format::Tar, tape.into_inner().unwrap()),
        (Format::Gzip, gzip.finish().unwrap()),
    ];
    for version in [rars::ArchiveVersion::Rar30, rars::ArchiveVersion::Rar50] {
        let mut rar = rars::Builder::new(version);
        rar.add_bytes(b"a".to_vec(), b"one one one one one one".repeat(20), None, None).unwrap();
        samples.push((Format::Rar, rar.to_bytes().unwrap()));
    }
    samples.extend(tools::samples());
    samples
}

fn check_mutated(format: Format, bytes: &[u8]) {
    let mut room = Room::new(1 << 20, 20_000_000);
    let contents = open(format, bytes, &Passwords::given(&["a".to_owned()]), &mut room);
    let kept: usize = contents.items.iter().filter_map(content).map(<[u8]>::len).sum();
    assert!(kept <= 1 << 20, "{format:?} kept {kept}");
    assert!(contents.items.len() <= MEMBERS);
    assert!(contents.items.iter().all(|item| item.name.as_ref().is_none_or(|name| name.len() <= NAME_BYTES)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn mutated_archives_are_bounded(
        pick in any::<prop::sample::Index>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        static SAMPLES: std::sync::LazyLock<Vec<(Format, Vec<u8>)>> = std::sync::LazyLock::new(samples);
        let (format, mut bytes) = SAMPLES[pick.index(SAMPLES.len())].clone();
        for (at, value) in flips {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        check_mutated(format, &bytes);
    }

    #[test]
    fn noise_is_no_archive(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        for (format, _) in [Format::Zip, Format::SevenZip, Format::Tar, Format::Gzip, Format::Bzip2, Format::Xz,
            Format::Zstd, Format::Rar, Format::Iso, Format::Cabinet].map(|format| (format, ())) {
            check_mutated(format, &bytes);
        }
    }
}
