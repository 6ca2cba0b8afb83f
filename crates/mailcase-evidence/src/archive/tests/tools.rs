//! Archives made by the programs people use. Without them a test says that it did nothing.

use std::path::Path;
use std::process::Command;

use super::*;

type File<'a> = (&'a str, &'a [u8]);

/// Runs a program in a folder with `files`; the file it makes, or nothing when the program is not there.
fn made(program: &str, arguments: &[&str], files: &[File<'_>], result: &str) -> Option<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    run(folder.path(), program, arguments).then(|| std::fs::read(folder.path().join(result)).unwrap())
}

fn run(folder: &Path, program: &str, arguments: &[&str]) -> bool {
    match Command::new(program).args(arguments).current_dir(folder).output() {
        Ok(output) => {
            assert!(
                output.status.success(),
                "{program} {arguments:?}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            true
        }
        Err(_) => {
            println!("SKIPPED: {program} is not installed (scripts/need archives)");
            false
        }
    }
}

pub(super) fn seven_zip(options: &[&str], files: &[File<'_>]) -> Option<Vec<u8>> {
    let mut arguments = vec!["a", "-bd", "-y"];
    arguments.extend_from_slice(options);
    arguments.push("result");
    arguments.extend(files.iter().map(|(name, _)| *name));
    let extension = if options.contains(&"-tzip") { "result.zip" } else { "result.7z" };
    made("7z", &arguments, files, extension)
}

pub(super) fn samples() -> Vec<(Format, Vec<u8>)> {
    let files: [File<'_>; 2] = [("a.txt", b"one one one one one"), ("b.txt", b"two")];
    let list = [
        seven_zip(&[], &files).map(|bytes| (Format::SevenZip, bytes)),
        seven_zip(&["-mx=0", "-mhc=off"], &files).map(|bytes| (Format::SevenZip, bytes)),
        seven_zip(&["-pa"], &files).map(|bytes| (Format::SevenZip, bytes)),
        seven_zip(&["-tzip", "-pa", "-mem=AES256"], &files).map(|bytes| (Format::Zip, bytes)),
        seven_zip(&["-tzip", "-mm=LZMA"], &files).map(|bytes| (Format::Zip, bytes)),
        made("xz", &["a.txt"], &files, "a.txt.xz").map(|bytes| (Format::Xz, bytes)),
        made("bzip2", &["a.txt"], &files, "a.txt.bz2").map(|bytes| (Format::Bzip2, bytes)),
        made("zstd", &["-q", "a.txt"], &files, "a.txt.zst").map(|bytes| (Format::Zstd, bytes)),
        made("gcab", &["-c", "-z", "r.cab", "a.txt", "b.txt"], &files, "r.cab")
            .map(|bytes| (Format::Cabinet, bytes)),
        iso(&files).map(|bytes| (Format::Iso, bytes)),
    ];
    list.into_iter().flatten().collect()
}

fn iso(files: &[File<'_>]) -> Option<Vec<u8>> {
    let mut arguments = vec!["-quiet", "-J", "-V", "A LABEL", "-graft-points", "-o", "r.iso"];
    let names: Vec<String> = files.iter().map(|(name, _)| format!("{name}={name}")).collect();
    arguments.extend(names.iter().map(String::as_str));
    made("genisoimage", &arguments, files, "r.iso")
}

const LONG: &[u8] = &[b'z'; 100_000];

fn check(format: Format, bytes: Option<Vec<u8>>, password: Option<&str>, what: &str) {
    let Some(bytes) = bytes else { return };
    assert_eq!(super::format(&bytes), Some(format), "{what}");
    let contents = read(format, &bytes, &password.into_iter().collect::<Vec<_>>());
    let mut found: Vec<_> = contents
        .items
        .iter()
        .map(|item| {
            (item.name.clone().unwrap_or_default().replace('\\', "/"), content(item).map(<[u8]>::len))
        })
        .collect();
    found.sort();
    let wanted = [("a.txt".to_owned(), Some(5)), ("folder/größe.bin".to_owned(), Some(LONG.len()))];
    assert_eq!(found, wanted, "{what}: {contents:?}");
    assert_eq!(value(&contents.facts, "password"), password, "{what}");
    assert!(contents.lock.is_none(), "{what}");
    let defects = contents.items.iter().flat_map(|item| &item.defects).chain(&contents.defects);
    assert_eq!(defects.count(), 0, "{what}: {contents:?}");
}

const FILES: [File<'static>; 2] = [("a.txt", b"hello"), ("folder/größe.bin", LONG)];

#[test]
fn seven_zip_of_every_method() {
    for method in ["LZMA2", "LZMA", "PPMd", "BZip2", "Deflate", "Copy"] {
        let option = format!("-m0={method}");
        check(Format::SevenZip, seven_zip(&[&option], &FILES), None, method);
        check(Format::SevenZip, seven_zip(&[&option, "-ms=off", "-pKD8812"], &FILES), Some("KD8812"), method);
    }
    check(Format::SevenZip, seven_zip(&["-mhe=on", "-pKD8812"], &FILES), Some("KD8812"), "encrypted names");
}

#[test]
fn zip_of_every_method() {
    for method in ["Copy", "Deflate", "Deflate64", "BZip2", "LZMA"] {
        let option = format!("-mm={method}");
        check(Format::Zip, seven_zip(&["-tzip", &option], &FILES), None, method);
        for encryption in ["-mem=ZipCrypto", "-mem=AES128", "-mem=AES192", "-mem=AES256"] {
            let bytes = seven_zip(&["-tzip", &option, encryption, "-pKD8812"], &FILES);
            check(Format::Zip, bytes, Some("KD8812"), &format!("{method} {encryption}"));
        }
    }
    let bytes = made("zip", &["-q", "-P", "KD8812", "r.zip", "a.txt", "folder/größe.bin"], &FILES, "r.zip");
    check(Format::Zip, bytes, Some("KD8812"), "Info-ZIP");
}

#[test]
fn locked_archives_are_listed() {
    for options in
        [&["-tzip", "-mem=AES256", "-pnobody"][..], &["-tzip", "-mem=ZipCrypto", "-pnobody"], &["-pnobody"]]
    {
        let Some(bytes) = seven_zip(options, &FILES) else { return };
        let contents = read(super::format(&bytes).unwrap(), &bytes, &["guess"]);
        assert_eq!(contents.lock, Some(Lock::Password), "{options:?}");
        assert_eq!(contents.items.len(), 2, "{options:?}");
        for item in &contents.items {
            assert_eq!(item.lock, Some(Lock::Password), "{options:?}");
            assert!(
                matches!(item.content, Content::Listed { size: Some(5 | 100_000) }),
                "{options:?}: {item:?}"
            );
        }
    }
    let Some(bytes) = seven_zip(&["-mhe=on", "-pnobody"], &FILES) else { return };
    let contents = read(Format::SevenZip, &bytes, &["guess"]);
    assert_eq!((contents.lock, contents.items.len()), (Some(Lock::Password), 0));
}

#[test]
fn streams_of_every_program() {
    for (program, arguments, result, format) in [
        ("gzip", &["a.txt"][..], "a.txt.gz", Format::Gzip),
        ("bzip2", &["a.txt"], "a.txt.bz2", Format::Bzip2),
        ("xz", &["a.txt"], "a.txt.xz", Format::Xz),
        ("zstd", &["-q", "a.txt"], "a.txt.zst", Format::Zstd),
    ] {
        let Some(bytes) = made(program, arguments, &[("a.txt", LONG)], result) else { continue };
        assert_eq!(super::format(&bytes), Some(format));
        let contents = read(format, &bytes, &[]);
        assert_eq!(content(&contents.items[0]), Some(LONG), "{program}");
        assert!(contents.items[0].defects.is_empty(), "{program}");
        let cut = read(format, &bytes[..bytes.len() - 6], &[]);
        assert_eq!(codes(&cut.items[0].defects), ["damaged"], "{program}");
    }
}

#[test]
fn tapes_and_discs_and_cabinets_of_programs() {
    let bytes = made("tar", &["cf", "r.tar", "a.txt", "folder"], &FILES, "r.tar");
    check(Format::Tar, bytes, None, "tar");
    let bytes = made("tar", &["cf", "r.tar", "--format=pax", "a.txt", "folder"], &FILES, "r.tar");
    check(Format::Tar, bytes, None, "pax");
    check(Format::Iso, iso(&FILES), None, "Joliet");
    let bytes = made("gcab", &["-c", "-z", "r.cab", "a.txt", "folder/größe.bin"], &FILES, "r.cab");
    check(Format::Cabinet, bytes, None, "gcab");
}
