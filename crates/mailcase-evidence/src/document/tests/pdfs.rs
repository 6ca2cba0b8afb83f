use std::io::Write;

use super::*;

/// A file of these objects, with a trailer and no table: readers do without.
fn pdf(objects: &[String], trailer: &str) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n".to_vec();
    for (index, object) in objects.iter().enumerate() {
        out.extend_from_slice(format!("{} 0 obj\n", index + 1).as_bytes());
        out.extend(object.chars().map(|one| one as u8));
        out.extend_from_slice(b"\nendobj\n");
    }
    out.extend_from_slice(format!("trailer << {trailer} >>\n%%EOF\n").as_bytes());
    out
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

fn stream(entries: &str, bytes: &[u8]) -> String {
    format!("<< {entries} /Length {} >>\nstream\n{}\nendstream", bytes.len(), latin1(bytes))
}

fn deflated(entries: &str, bytes: &[u8]) -> String {
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    zlib.write_all(bytes).unwrap();
    stream(&format!("{entries} /Filter /FlateDecode"), &zlib.finish().unwrap())
}

fn sample() -> Vec<u8> {
    let page = "BT /F1 12 Tf 10 20 Td (Please pay at ) Tj (https://te) Tj (xt.example/) Tj 0 -14 Td (By) Tj 12 0 Td (letters) Tj 300 0 Td (far) Tj 0 -14 Td [(Se) -20 (cond) -300 (line)] TJ ET";
    let map = "begincmap 1 begincodespacerange <0000> <FFFF> endcodespacerange 1 beginbfchar <0001> <0048> endbfchar \
               1 beginbfrange <0002> <0004> <0069> endbfrange endcmap";
    pdf(
        &[
            "<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (app.launchURL\\(\"https://js.example/\"\\)) >> \
             /Names << /EmbeddedFiles << /Names [(a) 7 0 R] >> >> >>".to_owned(),
            "<< /Type /Pages /Kids [3 0 R] /Count 1 /Resources << /Font << /F1 9 0 R /F2 10 0 R >> >> >>".to_owned(),
            "<< /Type /Page /Parent 2 0 R /Contents [4 0 R 11 0 R] /Annots [5 0 R << /S /Launch /F (cmd.exe) >>] >>".to_owned(),
            deflated("", page.as_bytes()),
            "<< /Type /Annot /Subtype /Link /A << /S /URI /URI (https://link.example/a\\050b\\051) >> >>".to_owned(),
            "<< /Title <FEFF0052006500630068006E0075006E0067> /Author (Max M\\374ller) /CreationDate (D:20261121093000+01'00') >>".to_owned(),
            "<< /Type /Filespec /F (old.exe) /UF (inv#6fice.exe) /EF << /F 8 0 R >> >>".to_owned(),
            deflated("/Type /EmbeddedFile /Subtype /application#2Fx-msdownload", b"MZ and more"),
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
            "<< /Type /Font /Subtype /Type0 /ToUnicode 12 0 R >>".to_owned(),
            stream("", b"BT /F2 9 Tf <00010002> Tj <00030004> Tj ET"),
            deflated("", map.as_bytes()),
        ],
        "/Root 1 0 R /Info 6 0 R",
    )
}

pub(super) fn samples() -> Vec<(Format, Vec<u8>)> {
    vec![(Format::Pdf, sample()), (Format::Pdf, packed()), (Format::Pdf, coded())]
}

#[test]
fn what_a_file_says_points_to_does_and_carries() {
    let contents = read(Format::Pdf, &sample());
    assert_eq!(facts(&contents, "version"), ["1.7"]);
    assert_eq!(facts(&contents, "title"), ["Rechnung"]);
    assert_eq!(facts(&contents, "author"), ["Max Müller"]);
    assert_eq!(facts(&contents, "created"), ["2026-11-21T09:30:00+01:00"]);
    assert_eq!(facts(&contents, "pages"), ["1"]);
    assert_eq!(facts(&contents, "script"), ["javascript"]);
    assert_eq!(facts(&contents, "action"), ["when opened", "launch cmd.exe"]);
    for words in [
        "https://link.example/a(b)\n",
        "https://js.example/",
        "Please pay at https://text.example/\n",
        "Second line",
        "Hijk",
    ] {
        assert!(contents.words.contains(words), "{words}: {}", contents.words);
    }
    assert_eq!(contents.items.len(), 1);
    assert_eq!(contents.items[0].name.as_deref(), Some("inv#6fice.exe"));
    assert_eq!(contents.items[0].content_type, "application/x-msdownload");
    assert_eq!(content(&contents.items[0]), b"MZ and more");
    assert!(contents.defects.is_empty(), "{:?}", contents.defects);
}

/// Objects packed together, as programs write them from version 1.5 on.
fn packed() -> Vec<u8> {
    let inner = "<< /Type /Page /A << /URI (https://packed.example/) >> >> (text)";
    let head = format!("20 0 21 {} ", inner.len() - 6);
    pdf(
        &[deflated(
            &format!("/Type /ObjStm /N 2 /First {}", head.len()),
            format!("{head}{inner}").as_bytes(),
        )],
        "/Root 20 0 R",
    )
}

#[test]
fn objects_packed_together_are_read() {
    let contents = read(Format::Pdf, &packed());
    assert!(contents.words.contains("https://packed.example/"));
    assert_eq!(facts(&contents, "pages"), ["1"]);
}

#[test]
fn damage_and_lies_are_read_around() {
    let good = sample();
    for (from, to) in
        [(" /Length ", " /Lengxx "), ("endstream", "endstreax"), ("endobj", "endxxx"), ("trailer", "trailxx")]
    {
        let bad = latin1(&good).replace(from, to).chars().map(|one| one as u8).collect::<Vec<_>>();
        assert!(read(Format::Pdf, &bad).words.contains("https://link.example/a(b)"), "{from}");
    }
    let cut = read(Format::Pdf, &good[..good.len() / 2]);
    assert!(cut.words.contains("https://js.example/"));
    assert_eq!(codes(&read(Format::Pdf, b"%PDF-1.4\nnothing").defects), ["damaged"]);
}

#[test]
fn every_filter_is_undone() {
    let text = b"BT (https://filter.example/) Tj ET";
    let hex: String = text.iter().map(|byte| format!("{byte:02x}")).collect();
    let run: Vec<u8> = [&[text.len() as u8 - 1][..], text, &[128]].concat();
    // Made by the encoder of ISO 32000-2 §7.4.4.3's example and by hand.
    for content in [
        stream("/Filter /ASCIIHexDecode", hex.as_bytes()),
        stream("/Filter [/RL]", &run),
        stream(
            "/Filter [/AHx /RL]",
            run.iter().map(|byte| format!("{byte:02X}")).collect::<String>().as_bytes(),
        ),
        stream("/Filter /A85", ascii85(text).as_bytes()),
        stream("/Filter /LZWDecode", &lzw(text)),
    ] {
        let bytes = pdf(&[content, "<< /Type /Page /Contents 1 0 R >>".to_owned()], "");
        assert!(read(Format::Pdf, &bytes).words.contains("https://filter.example/"), "{}", latin1(&bytes));
    }
}

fn ascii85(bytes: &[u8]) -> String {
    let mut out = String::new();
    for group in bytes.chunks(4) {
        let mut word = [0; 4];
        word[..group.len()].copy_from_slice(group);
        let mut value = u32::from_be_bytes(word);
        let mut digits = [0_u8; 5];
        for digit in digits.iter_mut().rev() {
            *digit = (value % 85) as u8 + b'!';
            value /= 85;
        }
        out.extend(digits[..group.len() + 1].iter().map(|digit| char::from(*digit)));
    }
    out + "~>"
}

/// Letters only, the table cleared before it grows: what every reader of LZW understands.
fn lzw(bytes: &[u8]) -> Vec<u8> {
    let codes = [256_u32].into_iter().chain(bytes.iter().map(|byte| u32::from(*byte))).chain([257]);
    let bits: String = codes.map(|code| format!("{code:09b}")).collect();
    bits.as_bytes()
        .chunks(8)
        .map(|byte| byte.iter().fold(0, |value, bit| value << 1 | (bit - b'0')))
        .collect()
}

fn coded() -> Vec<u8> {
    let code = crate::codes::tests::drawn("https://qr.example/", 4);
    let image =
        image::GrayImage::from_raw(code.width as u32, code.height as u32, code.pixels.clone()).unwrap();
    let jpeg =
        crate::codes::tests::written(&image::DynamicImage::ImageLuma8(image), image::ImageFormat::Jpeg);
    let size = format!("/Subtype /Image /Width {} /Height {}", code.width, code.height);
    pdf(
        &[
            deflated(&format!("{size} /BitsPerComponent 8 /ColorSpace /DeviceGray"), &code.pixels),
            stream(&format!("{size} /Filter /DCTDecode"), &jpeg),
        ],
        "",
    )
}

#[test]
fn codes_in_pictures_are_read() {
    let contents = read(Format::Pdf, &coded());
    assert_eq!(facts(&contents, "qr_code"), ["https://qr.example/", "https://qr.example/"]);
    assert!(contents.words.contains("https://qr.example/"));
}

#[test]
fn references_in_circles_and_bombs_end() {
    let circle = pdf(
        &[
            "1 0 R".to_owned(),
            "<< /Type /Page /Parent 2 0 R /Contents 3 0 R /Resources 2 0 R >>".to_owned(),
            "[3 0 R 3 0 R]".to_owned(),
            "<< /EF << /F 1 0 R >> /URI (https://end.example/) >>".to_owned(),
        ],
        "/Info 1 0 R /Encrypt null",
    );
    let contents = open(Format::Pdf, &circle, &Passwords::given(&[]), &mut room());
    assert!(contents.words.contains("https://end.example/"));
    let deep = pdf(&[format!("{}{}", "[".repeat(100_000), "<<".repeat(100_000))], "");
    assert!(read(Format::Pdf, &deep).lock.is_none());
    let many = b"%PDF-1.4\n".iter().copied().chain(b"1 0 obj (".repeat(50_000)).collect::<Vec<_>>();
    assert!(codes(&read(Format::Pdf, &many).defects).contains(&"limit_objects"));
    let bomb = pdf(&[deflated("/Type /ObjStm /N 2 /First 10", &vec![b' '; 80 << 20])], "");
    let mut small = Room::new(1 << 20, 1_000_000);
    open(Format::Pdf, &bomb, &Passwords::given(&[]), &mut small);
}

#[test]
fn encrypted_files_are_opened_or_said_to_be_locked() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("plain.pdf"), sample()).unwrap();
    for (bits, extra) in [("40", &[][..]), ("128", &["--use-aes=n"]), ("128", &["--use-aes=y"]), ("256", &[])]
    {
        for (user, passwords, opened) in
            [("", &[][..], true), ("KD8812", &["x", "KD8812"], true), ("KD8812", &["x"], false)]
        {
            let mut arguments =
                vec!["--warning-exit-0", "--allow-weak-crypto", "--encrypt", user, "owner", bits];
            arguments.extend_from_slice(extra);
            arguments.extend(["--", "plain.pdf", "locked.pdf"]);
            let Ok(output) =
                std::process::Command::new("qpdf").args(&arguments).current_dir(folder.path()).output()
            else {
                println!("SKIPPED: qpdf is not installed (scripts/need archives)");
                return;
            };
            assert!(output.status.success(), "{arguments:?} {}", String::from_utf8_lossy(&output.stderr));
            let bytes = std::fs::read(folder.path().join("locked.pdf")).unwrap();
            let passwords: Vec<String> = passwords.iter().map(|one| (*one).to_owned()).collect();
            let contents = open(Format::Pdf, &bytes, &Passwords::given(&passwords), &mut room());
            if !opened {
                assert_eq!(contents.lock, Some(Lock::Password), "{arguments:?}");
                continue;
            }
            assert_eq!(contents.lock, None, "{arguments:?}");
            assert!(contents.words.contains("https://link.example/a(b)"), "{arguments:?}: {contents:?}");
            assert!(contents.words.contains("https://text.example/"), "{arguments:?}");
            assert_eq!(facts(&contents, "title"), ["Rechnung"], "{arguments:?}");
            assert_eq!(content(&contents.items[0]), b"MZ and more", "{arguments:?}");
            assert_eq!(
                facts(&contents, "password"),
                [user].iter().copied().filter(|one| !one.is_empty()).collect::<Vec<_>>()
            );
        }
    }
}
