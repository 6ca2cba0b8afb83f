//! Files in texts, by the programs of old where they are there, else by hand.

use proptest::prelude::*;

use super::*;

fn read(text: &[u8]) -> Vec<Item> {
    assert!(may_hold(text));
    open(text, &mut Room::new(1 << 20, 0)).items
}

fn bytes(item: &Item) -> &[u8] {
    match &item.content {
        Content::File(bytes) | Content::Entity(bytes) => bytes,
        Content::Listed { .. } => &[],
    }
}

fn codes(item: &Item) -> Vec<&str> {
    item.defects.iter().map(|defect| defect.code.as_str()).collect()
}

/// uuencode as the standard writes it.
fn uuencoded(name: &str, content: &[u8]) -> Vec<u8> {
    let letter = |value: u8| if value == 0 { b'`' } else { value + b' ' };
    let mut out = format!("begin 644 {name}\n").into_bytes();
    for line in content.chunks(45) {
        out.push(letter(line.len() as u8));
        for group in line.chunks(3) {
            let [a, b, c] = [0, 1, 2].map(|at| group.get(at).copied().unwrap_or(0));
            out.extend([a >> 2, (a << 4 | b >> 4) & 63, (b << 2 | c >> 6) & 63, c & 63].map(letter));
        }
        out.push(b'\n');
    }
    out.extend_from_slice(b"`\nend\n");
    out
}

fn yencoded(content: &[u8], head: &str, end: &str) -> Vec<u8> {
    let mut out = format!("=ybegin {head}\r\n").into_bytes();
    for line in content.chunks(128) {
        for byte in line {
            let byte = byte.wrapping_add(42);
            if matches!(byte, 0 | b'\n' | b'\r' | b'=') {
                out.extend([b'=', byte.wrapping_add(64)]);
            } else {
                out.push(byte);
            }
        }
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(format!("=yend {end}\r\n").as_bytes());
    out
}

#[test]
fn several_files_of_one_text() {
    let all: Vec<u8> = (0..=255).collect();
    let mut text = b"Hello,\nbegin with this:\n".to_vec();
    text.extend(uuencoded("my file.bin", &all));
    text.extend_from_slice(b"and\r\n");
    text.extend(uuencoded("cat.txt", b"Cat"));
    text.extend_from_slice(b"begin-base64 644 b64.txt\nQ2F0IGlu\nIGEgaGF0\n====\nbye\n");
    let items = read(&text);
    let names: Vec<_> = items.iter().map(|item| item.name.as_deref().unwrap()).collect();
    assert_eq!(names, ["my file.bin", "cat.txt", "b64.txt"]);
    assert_eq!(bytes(&items[0]), all);
    assert_eq!(bytes(&items[1]), b"Cat");
    assert_eq!(bytes(&items[2]), b"Cat in a hat");
    assert!(items.iter().all(|item| item.defects.is_empty()));
}

#[test]
fn blanks_lost_at_the_end_of_lines_are_zeros() {
    let text = b"begin 644 zeros\r\n#\r\n`\r\nend\r\n";
    assert_eq!(bytes(&read(text)[0]), [0, 0, 0]);
    let spaces = b"begin 600 s\n#    \n \nend\n";
    assert_eq!(bytes(&read(spaces)[0]), [0, 0, 0]);
}

#[test]
fn a_file_without_its_end_is_kept() {
    let whole = uuencoded("a", &[7; 100]);
    let cut = &whole[..whole.len() - 6];
    assert_eq!(bytes(&read(cut)[0]).len(), 100);
    assert_eq!(codes(&read(cut)[0]), ["truncated"]);
    let text = [&whole[..whole.len() - 50], b"\n-- \nthe mailing list said something\n"].concat();
    let items = read(&text);
    assert_eq!(codes(&items[0]), ["damaged"]);
    assert_eq!(bytes(&items[0])[..45], [7; 45]);
}

#[test]
fn sentences_are_no_files() {
    for text in [
        "begin 2026 with us\n",
        "begin\n",
        "let us begin 644 a\n",
        "begin 644 a\nlower case is no such line\n",
    ] {
        assert!(open(text.as_bytes(), &mut Room::new(1 << 20, 0)).items.is_empty(), "{text}");
    }
    assert!(!may_hold(b"to begin with, we begin 644 a") && !may_hold(b""));
}

#[test]
fn yenc_is_verified() {
    let all: Vec<u8> = (0..=255).cycle().take(1_000).collect();
    let crc = format!("{:08x}", crc32fast::hash(&all));
    let good = yencoded(&all, "line=128 size=1000 name=all bytes.bin", &format!("size=1000 crc32={crc}"));
    let items = read(&good);
    assert_eq!((items[0].name.as_deref(), bytes(&items[0])), (Some("all bytes.bin"), &all[..]));
    assert!(items[0].defects.is_empty());
    let bad = yencoded(&all, "line=128 size=1000 name=x", "size=999 crc32=00000000");
    assert_eq!(codes(&read(&bad)[0]), ["bad_size", "bad_checksum"]);
    let mut part =
        b"=ybegin part=2 total=3 line=128 size=3000 name=x\r\n=ypart begin=1001 end=2000\r\n".to_vec();
    part.extend_from_slice(
        &yencoded(&all, "", &format!("size=1000 part=2 pcrc32={crc}"))[b"=ybegin \r\n".len()..],
    );
    let items = read(&part);
    assert!(items[0].defects.is_empty(), "{:?}", items[0].defects);
    let facts: Vec<_> = items[0].facts.iter().map(|fact| fact.value.as_str()).collect();
    assert_eq!(facts, ["2 of 3", "1001-2000"]);
}

#[test]
fn binhex_is_read() {
    let Ok(made) = std::process::Command::new("python3").args(["-c", MAKE_BINHEX]).output() else {
        println!("SKIPPED: python3 is not installed");
        return;
    };
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let items = read(&made.stdout);
    assert_eq!(items[0].name.as_deref(), Some("hi.txt"));
    assert_eq!(bytes(&items[0]), b"Hello, hello!!!!!!!! \x90\x90 end");
    assert!(items[0].defects.is_empty());
}

/// Run length and six-bit encoding as RFC 1741 describes them.
const MAKE_BINHEX: &str = r##"
alphabet = "!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"
data = b"Hello, hello!!!!!!!! \x90\x90 end"
plain = bytes([6]) + b"hi.txt\0TEXTttxt\0\0" + len(data).to_bytes(4, "big") + bytes(4) + bytes(2) + data + bytes(4)
packed, at = b"", 0
while at < len(plain):
    run = 1
    while at + run < len(plain) and plain[at + run] == plain[at] and run < 255:
        run += 1
    one = b"\x90\0" if plain[at] == 0x90 else plain[at:at + 1]
    packed += one + (bytes([0x90, run]) if run > 3 and plain[at] != 0x90 else one * (run - 1))
    at += run
bits = "".join(f"{byte:08b}" for byte in packed)
bits += "0" * (-len(bits) % 6)
text = ":" + "".join(alphabet[int(bits[n:n + 6], 2)] for n in range(0, len(bits), 6)) + ":"
print("(This file must be converted with BinHex 4.0)\n")
print("\n".join(text[n:n + 64] for n in range(0, len(text), 64)))
"##;

#[test]
fn what_is_beyond_the_room_is_listed() {
    let contents = open(&uuencoded("a", &[1; 1_000]), &mut Room::new(999, 0));
    assert_eq!(codes(&contents.items[0]), ["limit_expanded_bytes"]);
    assert!(matches!(contents.items[0].content, Content::Listed { size: Some(1_000) }));
}

proptest! {
    #[test]
    fn mutated_texts_are_bounded(flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..20)) {
        let mut text = uuencoded("a", &[9; 300]);
        text.extend(yencoded(&[7; 300], "line=128 size=300 name=x", "size=300"));
        text.extend_from_slice(b"(This file must be converted with BinHex 4.0)\n:#QKT,R4iG!\"849K8G#!!!!!5!!!!!,m:\n");
        for (at, value) in flips {
            let at = at.index(text.len());
            text[at] = value;
        }
        let contents = open(&text, &mut Room::new(10_000, 0));
        let kept: usize = contents.items.iter().map(|item| bytes(item).len()).sum();
        prop_assert!(kept <= 10_000 && contents.items.len() <= FILES);
    }
}
