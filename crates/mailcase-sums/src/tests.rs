use ::md5::{Digest, Md5};
use sha1::Sha1;
use sha2::Sha256;

use super::*;

fn sums(bytes: &[u8]) -> Digests {
    let mut sums = Sums::with_similarity();
    sums.update(bytes);
    sums.finish()
}

fn similarity(bytes: &[u8]) -> String {
    sums(bytes).similarity.unwrap()
}

/// Bytes that look random and are always the same.
fn noise(length: usize, seed: u32) -> Vec<u8> {
    let mut state = seed;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..length).map(next).collect()
}

#[test]
fn the_same_as_the_hashes_of_others() {
    for length in (0..300).chain([1_000, 4_096, 70_001]) {
        let bytes = noise(length, 11);
        let mut plain = Sums::default();
        plain.update(&bytes);
        for found in [plain.finish(), sums(&bytes)] {
            assert_eq!(found.size, length as u64);
            assert_eq!(found.md5[..], Md5::digest(&bytes)[..], "{length}");
            assert_eq!(found.sha1[..], Sha1::digest(&bytes)[..], "{length}");
            assert_eq!(found.sha256[..], Sha256::digest(&bytes)[..], "{length}");
        }
    }
}

#[test]
fn known_hashes() {
    assert_eq!(similarity(b""), "3::");
    // Written by ssdeep 2.14.1.
    assert_eq!(similarity(b"Hello, world!\n"), "3:a6/G:asG");
}

#[test]
fn pieces_of_input_do_not_matter() {
    let bytes = noise(100_000, 3);
    for piece in [1, 7, 63, 64, 65, 77, 1_000] {
        let mut one = Sums::with_similarity();
        bytes.chunks(piece).for_each(|chunk| one.update(chunk));
        assert_eq!(one.finish(), sums(&bytes), "{piece}");
    }
}

#[test]
fn a_small_change_changes_little() {
    let bytes = noise(50_000, 1);
    let mut changed = bytes.clone();
    changed[20_000] ^= 1;
    let (one, two) = (similarity(&bytes), similarity(&changed));
    let differing = one.bytes().zip(two.bytes()).filter(|(one, two)| one != two).count();
    assert!(one != two && differing <= 3, "{one} {two}");
}

#[test]
fn the_same_as_ssdeep() {
    let folder = tempfile::tempdir().unwrap();
    let lengths =
        [0, 1, 2, 6, 7, 8, 50, 192, 193, 384, 385, 1_000, 4_096, 10_000, 99_999, 500_000, 3_000_000];
    let mut contents: Vec<Vec<u8>> = lengths.iter().map(|length| noise(*length, 7)).collect();
    // Long content of few pieces, and of very many small ones.
    contents.push(vec![0; 100_000]);
    contents.push(b"abcdefg".repeat(30_000));
    contents.push([noise(200, 9), vec![b' '; 1_000_000]].concat());
    contents.push([vec![0; 300_000], noise(300_000, 5)].concat());
    contents.extend((0..200).map(|seed| noise(500 + seed as usize * 37, seed)));
    for (index, bytes) in contents.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{index:04}")), bytes).unwrap();
    }
    let Ok(output) =
        std::process::Command::new("ssdeep").args(["-s", "-r", "."]).current_dir(folder.path()).output()
    else {
        println!("SKIPPED: ssdeep is not installed (scripts/need archives)");
        return;
    };
    let text = String::from_utf8(output.stdout).unwrap();
    let mut compared = 0;
    for line in text.lines().skip(1) {
        let (theirs, name) = line.split_once(",\"").unwrap();
        let index: usize = name.trim_end_matches('"').rsplit('/').next().unwrap().parse().unwrap();
        assert_eq!(
            similarity(&contents[index]),
            theirs,
            "content {index} of {} bytes",
            contents[index].len()
        );
        compared += 1;
    }
    assert_eq!(compared, contents.len());
}
