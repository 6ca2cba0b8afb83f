use proptest::prelude::*;

use super::*;
use crate::contents::{Room, Short};

/// The examples of [MS-OXRTFCP] §3.
const SIMPLE: &[u8] = b"\x2d\0\0\0\x2b\0\0\0LZFu\xf1\xc5\xc7\xa7\x03\0\x0a\0rcpg125\x42\x32\x0a\xf3\x20hel\x09\0\x20bw\x05\xb0ld}\x0a\x80\x0f\xa0";
const CROSSING: &[u8] = b"\x1a\0\0\0\x1c\0\0\0LZFu\xe2\xd4\x4b\x51\x41\0\x04\x20WXYZ\x0d\x6e}\x01\x0e\xb0";

fn room() -> Room {
    Room::new(1 << 20, 0)
}

#[test]
fn examples_of_the_specification_unpack() {
    for (packed, rtf) in [
        (SIMPLE, &b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"[..]),
        (CROSSING, b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"),
    ] {
        let unpacked = unpack(packed, &mut room()).unwrap().unwrap();
        assert_eq!(String::from_utf8(unpacked.rtf).unwrap(), std::str::from_utf8(rtf).unwrap());
        assert!(!unpacked.bad_checksum && !unpacked.truncated);
    }
}

#[test]
fn damage_is_told_and_what_is_there_is_kept() {
    let mut changed = SIMPLE.to_vec();
    changed[12] ^= 1;
    assert!(unpack(&changed, &mut room()).unwrap().unwrap().bad_checksum);
    let cut = unpack(&SIMPLE[..30], &mut room()).unwrap().unwrap();
    assert!(cut.truncated && cut.rtf.starts_with(b"{\\rtf1\\ansi\\ansicpg125"));
    assert!(unpack(b"{\\rtf1 never packed at all}", &mut room()).unwrap().is_none());
    assert!(unpack(b"", &mut room()).unwrap().is_none());
    // A size nobody has costs nothing.
    let mut lying = SIMPLE.to_vec();
    lying[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(unpack(&lying, &mut room()).unwrap().unwrap().rtf.len(), 43);
    assert!(matches!(unpack(SIMPLE, &mut Room::new(10, 0)), Err(Short::Full)));
}

fn check(rtf: &str, source: Source, text: &str) {
    let content = read(rtf.as_bytes());
    assert_eq!((content.source, content.text.as_str()), (source, text), "{rtf}");
}

#[test]
fn html_comes_out_as_it_went_in() {
    check(
        r"{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl {\f0\fswiss Arial;}{\f1\fmodern Courier New;}}
{\colortbl\red0\green0\blue0;}
{\*\htmltag64 <html>}\uc1\pard\plain\deftab360 \f0\fs24
{\*\htmltag243 <!-- a comment \{x\} -->}{\*\htmltag4 \par }{\*\htmltag148 <p class='a' title='\'fcber'>}\htmlrtf {\htmlrtf0 Hello\line
{\*\htmltag84 &lt;}\htmlrtf <\htmlrtf0 b\u233 ?\u8364\'80\htmlrtf\par}\htmlrtf0
{\*\mhtmltag148 <p class=never>}{\pntext\f1 never}\'93q\'94\~\bullet{\*\htmltag72 </p>}}",
        Source::Html,
        "<html><!-- a comment {x} -->\r\n<p class='a' title='über'>Hello\r\n&lt;bé€\u{201c}q\u{201d}&nbsp;&bull;</p>",
    );
}

#[test]
fn text_comes_out_as_it_went_in() {
    check(
        r"{\rtf1\ansi\ansicpg1252\fromtext \fbidi \deff0{\fonttbl{\f0\fswiss\fcharset0 Arial;}{\f1\fmodern\fcharset204 Courier;}}
\uc1\pard\plain\deftab360 \f0\fs20 One \{brace\}\par
\f1 \'cf\'f0\'e8\f0\tab\lquote Gr\'fc\'dfe\rquote\line }",
        Source::Text,
        "One {brace}\r\nПри\t‘Grüße’\r\n",
    );
}

#[test]
fn native_rich_text_gives_what_a_reader_sees() {
    check(
        r"{\rtf1\ansi\ansicpg932\deff0{\fonttbl{\f0\fnil\fcharset128 \'82\'6c;}}{\stylesheet{\s1 heading;}}{\info{\title never}}
{\*\generator never;}\pard\f0\'93\'fa\'96{\b\'7b}\'8c\'ea\par{\v hidden}A\cell B\cell\row
{\pict\wmetafile8 010009}{\object{\*\objdata 0105}{\result shown}}\u-10179?\u-8704?\bin3 {{{end}",
        Source::Native,
        "日本語\r\nA\tB\t\r\nshown😀end",
    );
    let link =
        read(br#"{\rtf1 {\field{\*\fldinst HYPERLINK "http://example.org/a?b=1" \\t}{\fldrslt here}}}"#);
    assert_eq!(link.text, "here");
    assert!(link.instructions.contains("http://example.org/a?b=1"));
}

#[test]
fn nonsense_is_read_to_its_end() {
    check("", Source::Native, "");
    check("plain", Source::Native, "plain");
    check(r"}}}}\", Source::Native, "\\");
    check(r"{\rtf1\u}\'zz\uc99999 \bin99999999 x", Source::Native, "zz");
    let deep = "{".repeat(300_000) + "deep" + &"}".repeat(300_000) + "end";
    check(&deep, Source::Native, "deepend");
    let tables = r"{\fonttbl".to_owned() + &r"{\f1\fcharset204}".repeat(10_000);
    check(&tables, Source::Native, "");
}

proptest! {
    #[test]
    fn any_packed_bytes_are_bounded(bytes in prop::collection::vec(any::<u8>(), 0..600), size: u32) {
        let mut packed = bytes.len().to_le_bytes()[..4].to_vec();
        packed.extend(size.to_le_bytes());
        packed.extend(b"LZFu\0\0\0\0");
        packed.extend(&bytes);
        let unpacked = unpack(&packed, &mut room()).unwrap().unwrap();
        prop_assert!(unpacked.rtf.len() <= bytes.len() * 17);
        read(&unpacked.rtf);
    }

    #[test]
    fn any_rich_text_is_bounded(parts in prop::collection::vec(
        prop::sample::select(vec!["{", "}", r"\*", r"\htmltag", r"\htmlrtf", r"\htmlrtf0 ", r"\fonttbl", r"\f1", r"\fcharset128 ", r"\'82", r"\u-1 ", r"\uc7 ", r"\bin5 ", r"\rtf1\fromhtml1 ", r"\fldinst", "text", "ü", r"\", "\n"]), 0..200)) {
        let rtf = parts.concat();
        let content = read(rtf.as_bytes());
        prop_assert!(content.text.len() <= rtf.len() * 3);
        prop_assert!(content.instructions.len() <= rtf.len() * 3);
    }
}
